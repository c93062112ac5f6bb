/* rooms/hiring/hiring_store.c: SQL of users, keys, interviews. That of rooms and events is in hiring_rooms_store.c. */
#include "rooms/hiring/hiring_int.h"

#define USER "a.id, a.email, p.username, p.full_name, a.active, a.superuser, a.created_at_ms, a.epoch"
#define USER_OUT "tt?t?t?iiii"
#define PROFILE " hiring_profile p ON p.account_id = a.id"
#define USERS "account a LEFT JOIN" PROFILE
/* Deleted accounts and those of tenants are nobody here. */
#define LIVING "a.scope = '00000000-0000-0000-0000-000000000000' AND a.deleted_at_ms IS NULL"
#define KEY "k.id, k.account_id, k.name, k.key_sealed, k.key_hash, k.secret_hash, k.active, k.usage_count, k.created_at_ms, k.last_used_at_ms"
#define KEY_OUT "tttbbbiiii?"
#define INTERVIEW_WITH(config, feedback)                                                                                            \
    "i.id, i.title, i.candidate_name, i.candidate_email, i.position, i.status, i.room_name, i.technical_score, i.behavioral_score," \
    " i.created_at_ms, i.creator_id, i.scheduled_at_ms, " config ", " feedback ", i.started_at_ms, i.ended_at_ms,"                  \
    " i.updated_at_ms, i.room_state, i.version, i.api_key_id"
#define INTERVIEW INTERVIEW_WITH("i.interview_config", "i.overall_feedback")
/* The same columns without what may be large. */
#define BRIEF INTERVIEW_WITH("CAST(NULL AS TEXT)", "CAST(NULL AS TEXT)")
#define INTERVIEW_OUT "tttttttttiti?t?t?i?i?itit?"
#define PAGE(types, columns, where, part)                                                                                                                    \
    {                                                                                                                                                        \
        .in = types, .out = INTERVIEW_OUT, .sql = "SELECT " columns " FROM hiring_interview i" where " ORDER BY i.created_at_ms DESC, i.id DESC LIMIT " part \
    }

enum { USER_COLUMNS = 8, KEY_COLUMNS = 10 };
/* So many interviews with details are read at once: a page that is too large is known after twice DETAILS_MAX at most. */
enum { DETAILS_ROWS = DETAILS_MAX / (CONFIG_MAX + FEEDBACK_MAX) };
enum {
    Q_USER,
    Q_USERNAME,
    Q_PROFILE_PUT,
    Q_PROFILE_NAME,
    Q_REVOKE,
    Q_REVOKED_GONE,
    Q_SECRETS,
    Q_SECRETS_DROP,
    Q_SECRET_PUT,
    Q_KEY_PUT,
    Q_KEYS_ACTIVE,
    Q_KEYS,
    Q_KEY_BY_HASH,
    Q_KEY_BY_SECRET,
    Q_KEY_OFF,
    Q_KEYS_OFF,
    Q_KEY_USES,
    Q_PROFILE_DROP,
    Q_INTERVIEW_PUT,
    Q_INTERVIEW,
    Q_INTERVIEW_CHANGE,
    Q_PAGE_ALL,
    Q_PAGE_STATUS,
    Q_PAGE_OWN,
    Q_PAGE_BOTH,
    Q_DETAILS_ALL,
    Q_DETAILS_STATUS,
    Q_DETAILS_OWN,
    Q_DETAILS_BOTH,
    Q_COUNT_ALL,
    Q_COUNT_STATUS,
    Q_COUNT_OWN,
    Q_COUNT_BOTH,
    Q_REPEAT,
    Q_REPEAT_PUT,
    Q_REPEATS_GONE,
    Q_BY_ROOM,
    Q_ROOM_STATE,
    Q_EVENT_PUT,
    Q_EVENTS_GONE,
    Q_EFFECT,
    Q_KEYS_ALL,
    Q_KEY_OFF_ANY,
    Q_BLANK,
    Q_BLANK_REPEATS,
    Q__COUNT
};
static const struct query q[Q__COUNT] = {
    [Q_USER] = { .in = "tt",
                 .out = USER_OUT "i",
                 .sql = "SELECT " USER ", CASE WHEN EXISTS (SELECT 1 FROM hiring_revoked_token r WHERE r.jti = $1) THEN 1"
                        " ELSE 0 END FROM " USERS " WHERE a.id = $2 AND " LIVING },
    [Q_USERNAME] = { .in = "t", .out = "t", .sql = "SELECT account_id FROM hiring_profile WHERE username_norm = $1" },
    /* A profile may be left of an account that counted as absent and was taken over. */
    [Q_PROFILE_PUT] = { .in = "tttt?",
                        .sql = "INSERT INTO hiring_profile (account_id, username, username_norm, full_name) VALUES ($1, $2, $3, $4)"
                               " ON CONFLICT (account_id) DO UPDATE SET username = excluded.username,"
                               " username_norm = excluded.username_norm, full_name = excluded.full_name" },
    [Q_PROFILE_NAME] = { .in = "tttt?",
                         .sql = "INSERT INTO hiring_profile (account_id, username, username_norm, full_name) VALUES ($1, $2, $3, $4)"
                                " ON CONFLICT (account_id) DO UPDATE SET full_name = excluded.full_name" },
    [Q_PROFILE_DROP] = { .in = "t", .sql = "DELETE FROM hiring_profile WHERE account_id = $1" },

    [Q_REVOKE] = { .in = "tti", .sql = "INSERT INTO hiring_revoked_token (jti, account_id, expires_at_ms) VALUES ($1, $2, $3) ON CONFLICT (jti) DO NOTHING" },
    [Q_REVOKED_GONE] = { .in = "i", .sql = "DELETE FROM hiring_revoked_token WHERE expires_at_ms < $1" },
    [Q_SECRETS] = { .in = "", .out = "tb", .sql = "SELECT id, sealed FROM hiring_secret ORDER BY created_at_ms DESC, id DESC LIMIT 8" },
    [Q_SECRETS_DROP] = { .in = "", .sql = "DELETE FROM hiring_secret" },
    [Q_SECRET_PUT] = { .in = "tbi", .sql = "INSERT INTO hiring_secret (id, sealed, created_at_ms) VALUES ($1, $2, $3)" },

    [Q_KEY_PUT] = { .in = "tttbbbi",
                    .sql = "INSERT INTO hiring_api_key (id, account_id, name, key_sealed, key_hash, secret_hash, created_at_ms)"
                           " VALUES ($1, $2, $3, $4, $5, $6, $7)" },
    [Q_KEYS_ACTIVE] = { .in = "t", .out = "i", .sql = "SELECT count(*) FROM hiring_api_key WHERE account_id = $1 AND active = 1" },
    [Q_KEYS] = { .in = "t", .out = KEY_OUT, .sql = "SELECT " KEY " FROM hiring_api_key k WHERE k.account_id = $1 ORDER BY k.created_at_ms, k.id" },
    [Q_KEY_BY_HASH] = { .in = "b",
                        .out = KEY_OUT USER_OUT,
                        .sql = "SELECT " KEY ", " USER " FROM hiring_api_key k JOIN account a ON a.id = k.account_id LEFT JOIN" PROFILE
                               " WHERE k.key_hash = $1 AND k.active = 1 AND a.active = 1 AND " LIVING },
    [Q_KEY_BY_SECRET] = { .in = "b",
                          .out = KEY_OUT USER_OUT,
                          .sql = "SELECT " KEY ", " USER " FROM hiring_api_key k JOIN account a ON a.id = k.account_id LEFT JOIN" PROFILE
                                 " WHERE k.secret_hash = $1 AND k.active = 1 AND a.active = 1 AND " LIVING },
    [Q_KEY_OFF] = { .in = "itt",
                    .sql = "UPDATE hiring_api_key SET active = 0, deactivated_at_ms = COALESCE(deactivated_at_ms, $1)"
                           " WHERE id = $2 AND account_id = $3" },
    [Q_KEYS_OFF] = { .in = "it", .sql = "UPDATE hiring_api_key SET active = 0, deactivated_at_ms = COALESCE(deactivated_at_ms, $1) WHERE account_id = $2" },
    [Q_KEY_USES] = { .in = "iit",
                     .sql = "UPDATE hiring_api_key SET usage_count = usage_count + $1, last_used_at_ms ="
                            " CASE WHEN last_used_at_ms > $2 THEN last_used_at_ms ELSE $2 END WHERE id = $3" },

    /* How many rows came to be says as much as RETURNING, for which SQLite makes a table in memory each time. */
    [Q_INTERVIEW_PUT] = { .in = "tttttttt?i?tttiit?",
                          .sql = "INSERT INTO hiring_interview (id, creator_id, title, candidate_name, candidate_email, position, status, interview_config,"
                                 " scheduled_at_ms, room_name, room_state, technical_score, behavioral_score, created_at_ms, updated_at_ms, api_key_id)"
                                 " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $12, $13, $14, $15) ON CONFLICT (room_name) DO NOTHING" },
    [Q_INTERVIEW] = { .in = "t", .out = INTERVIEW_OUT, .sql = "SELECT " INTERVIEW " FROM hiring_interview i WHERE i.id = $1" },
    [Q_INTERVIEW_CHANGE] = { .in = "tttttttt?i?t?it",
                             .sql = "UPDATE hiring_interview SET title = $1, candidate_name = $2, candidate_email = $3, position = $4, status = $5,"
                                    " technical_score = $6, behavioral_score = $7, interview_config = $8, scheduled_at_ms = $9, overall_feedback = $10,"
                                    " updated_at_ms = $11, version = version + 1 WHERE id = $12" },
    [Q_PAGE_ALL] = PAGE("ii", BRIEF, "", "$1 OFFSET $2"),
    [Q_PAGE_STATUS] = PAGE("tii", BRIEF, " WHERE i.status = $1", "$2 OFFSET $3"),
    [Q_PAGE_OWN] = PAGE("tii", BRIEF, " WHERE i.creator_id = $1", "$2 OFFSET $3"),
    [Q_PAGE_BOTH] = PAGE("ttii", BRIEF, " WHERE i.creator_id = $1 AND i.status = $2", "$3 OFFSET $4"),
    [Q_DETAILS_ALL] = PAGE("ii", INTERVIEW, "", "$1 OFFSET $2"),
    [Q_DETAILS_STATUS] = PAGE("tii", INTERVIEW, " WHERE i.status = $1", "$2 OFFSET $3"),
    [Q_DETAILS_OWN] = PAGE("tii", INTERVIEW, " WHERE i.creator_id = $1", "$2 OFFSET $3"),
    [Q_DETAILS_BOTH] = PAGE("ttii", INTERVIEW, " WHERE i.creator_id = $1 AND i.status = $2", "$3 OFFSET $4"),
    [Q_COUNT_ALL] = { .in = "", .out = "i", .sql = "SELECT count(*) FROM hiring_interview" },
    [Q_COUNT_STATUS] = { .in = "t", .out = "i", .sql = "SELECT count(*) FROM hiring_interview WHERE status = $1" },
    [Q_COUNT_OWN] = { .in = "t", .out = "i", .sql = "SELECT count(*) FROM hiring_interview WHERE creator_id = $1" },
    [Q_COUNT_BOTH] = { .in = "tt", .out = "i", .sql = "SELECT count(*) FROM hiring_interview WHERE creator_id = $1 AND status = $2" },

    [Q_REPEAT] = { .in = "ttti",
                   .out = "bt",
                   .sql = "SELECT request_hash, answer FROM hiring_idempotency WHERE account_id = $1 AND operation = $2 AND name = $3"
                          " AND created_at_ms > $4" },
    [Q_REPEAT_PUT] = { .in = "tttbtti",
                       .sql = "INSERT INTO hiring_idempotency (account_id, operation, name, request_hash, interview_id, answer, created_at_ms)"
                              " VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (account_id, operation, name) DO UPDATE SET"
                              " request_hash = excluded.request_hash, interview_id = excluded.interview_id, answer = excluded.answer,"
                              " created_at_ms = excluded.created_at_ms" },
    [Q_REPEATS_GONE] = { .in = "i", .sql = "DELETE FROM hiring_idempotency WHERE created_at_ms < $1" },

    [Q_BY_ROOM] = { .in = "t", .out = INTERVIEW_OUT, .sql = "SELECT " INTERVIEW " FROM hiring_interview i WHERE i.room_name = $1" },
    [Q_ROOM_STATE] = { .in = "tt", .sql = "UPDATE hiring_interview SET room_state = $1 WHERE id = $2" },
    [Q_EVENT_PUT] = { .in = "tttit",
                      .sql = "INSERT INTO hiring_livekit_event (id, interview_id, type, at_ms, summary) VALUES ($1, $2, $3, $4, $5)"
                             " ON CONFLICT (id) DO NOTHING" },
    [Q_EVENTS_GONE] = { .in = "i", .sql = "DELETE FROM hiring_livekit_event WHERE at_ms < $1" },
    [Q_EFFECT] = { .in = "ti?i?it",
                   .sql = "UPDATE hiring_interview SET status = $1, started_at_ms = $2, ended_at_ms = $3, updated_at_ms = $4,"
                          " version = version + 1 WHERE id = $5" },

    [Q_KEYS_ALL] = { .in = "t",
                     .out = KEY_OUT "t?",
                     .sql = "SELECT " KEY ", a.email FROM hiring_api_key k JOIN account a ON a.id = k.account_id"
                            " WHERE a.email_norm = $1 OR $1 = '' ORDER BY k.created_at_ms, k.id" },
    [Q_KEY_OFF_ANY] = { .in = "it", .sql = "UPDATE hiring_api_key SET active = 0, deactivated_at_ms = COALESCE(deactivated_at_ms, $1) WHERE id = $2" },
    [Q_BLANK_REPEATS] = { .in = "tt",
                          .sql = "DELETE FROM hiring_idempotency WHERE interview_id IN (SELECT id FROM hiring_interview"
                                 " WHERE lower(candidate_email) = lower($1) OR lower(candidate_email) = $2)" },
    [Q_BLANK] = { .in = "itt",
                  .sql = "UPDATE hiring_interview SET candidate_name = '', candidate_email = '', overall_feedback = NULL, updated_at_ms = $1,"
                         " version = version + 1 WHERE lower(candidate_email) = lower($2) OR lower(candidate_email) = $3" },
};

err hiring_check_queries(struct store *s, struct arena *a, str *why)
{
    TRY(store_check(s, a, hiring_purge, hiring_purge_n, why));
    return store_check(s, a, q, Q__COUNT, why);
}

/* Users */

static err user_from(struct call *c, const struct cell *r, struct user **out)
{
    struct user *u = NEW(c->mem, struct user);
    if (!u) return ERR_NOMEM;
    str email = str_absent(r[1].s) ? STR("") : r[1].s;
    *u = (struct user){ .id = r[0].s,
                        .email = email,
                        .username = r[2].null ? email : r[2].s,
                        .full_name = r[3].s,
                        .active = r[4].i != 0,
                        .superuser = r[5].i != 0,
                        .created_at_ms = r[6].i,
                        .epoch = r[7].i };
    *out = u;
    return ERR_OK;
}

err hiring_user_find(struct call *c, str account_id, str jti, struct user **out, bool *revoked)
{
    struct cell *row;
    *out = NULL;
    *revoked = false;
    TRY(db_find(c, &q[Q_USER], &row, jti.p ? jti : STR(""), account_id));
    if (!row) return ERR_OK;
    *revoked = row[USER_COLUMNS].i != 0;
    return user_from(c, row, out);
}

err hiring_user_id_by_username(struct call *c, str username_norm, str *out)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_USERNAME], &row, username_norm));
    *out = row ? row[0].s : STR_NULL;
    return ERR_OK;
}

err hiring_profile_put(struct call *c, str account_id, str username, str username_norm, str full_name, bool *taken)
{
    str owner;
    TRY(hiring_user_id_by_username(c, username_norm, &owner));
    *taken = !str_absent(owner) && !str_eq(owner, account_id);
    return *taken ? ERR_OK : db_run(c, &q[Q_PROFILE_PUT], account_id, username, username_norm, full_name);
}

err hiring_profile_name(struct call *c, const struct user *u, str full_name)
{
    str norm;
    TRY(email_normalise(c->mem, u->username, &norm));
    return db_run(c, &q[Q_PROFILE_NAME], u->id, u->username, norm, full_name);
}

err hiring_token_revoke(struct call *c, str jti, str account_id, int64_t expires_at_ms)
{
    TRY(db_run(c, &q[Q_REVOKE], jti, account_id, expires_at_ms));
    return db_run(c, &q[Q_REVOKED_GONE], c->now_ms - REVOKED_KEPT_MS);
}

err hiring_secret_list(struct call *c, struct secret_row **out, size_t *n)
{
    struct rows r;
    TRY(db_list(c, &q[Q_SECRETS], &r));
    struct secret_row *v = NEW_N(c->mem, struct secret_row, r.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < r.n; i++) v[i] = (struct secret_row){ r.row[i][0].s, r.row[i][1].s };
    *out = v;
    *n = r.n;
    return ERR_OK;
}

err hiring_secrets_drop(struct call *c) { return db_run(c, &q[Q_SECRETS_DROP]); }

err hiring_secret_put(struct call *c, str id, str sealed) { return db_run(c, &q[Q_SECRET_PUT], id, sealed, c->now_ms); }

/* Keys */

static void key_from(const struct cell *r, struct key_row *k)
{
    *k = (struct key_row){ .id = r[0].s,
                           .account_id = r[1].s,
                           .name = r[2].s,
                           .sealed = r[3].s,
                           .key_hash = r[4].s,
                           .secret_hash = r[5].s,
                           .active = r[6].i != 0,
                           .usage_count = r[7].i,
                           .created_at_ms = r[8].i,
                           .last_used_at_ms = r[9].null ? SHAPE_NO_TIME : r[9].i };
}

err hiring_key_put(struct call *c, const struct key_row *k)
{
    return db_run(c, &q[Q_KEY_PUT], k->id, k->account_id, k->name, k->sealed, k->key_hash, k->secret_hash, c->now_ms);
}

err hiring_keys_active(struct call *c, str account_id, int64_t *out)
{
    struct cell *row;
    TRY(db_get(c, &q[Q_KEYS_ACTIVE], &row, account_id));
    *out = row[0].i;
    return ERR_OK;
}

err hiring_keys_of(struct call *c, str account_id, struct key_row **out, size_t *n)
{
    struct rows r;
    TRY(db_list(c, &q[Q_KEYS], &r, account_id));
    struct key_row *v = NEW_N(c->mem, struct key_row, r.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < r.n; i++) key_from(r.row[i], &v[i]);
    *out = v;
    *n = r.n;
    return ERR_OK;
}

err hiring_key_find(struct call *c, str key_hash, str secret_hash, struct key_row **out, struct user **owner)
{
    struct cell *row;
    *out = NULL;
    TRY(str_absent(key_hash) ? db_find(c, &q[Q_KEY_BY_SECRET], &row, secret_hash) : db_find(c, &q[Q_KEY_BY_HASH], &row, key_hash));
    if (!row) return ERR_OK;
    struct key_row *k = NEW(c->mem, struct key_row);
    if (!k) return ERR_NOMEM;
    key_from(row, k);
    *out = k;
    return user_from(c, row + KEY_COLUMNS, owner);
}

err hiring_key_off(struct call *c, str id, str account_id, bool *found)
{
    int64_t n;
    TRY(db_run_count(c, &q[Q_KEY_OFF], &n, c->now_ms, id, account_id));
    *found = n > 0;
    return ERR_OK;
}

err hiring_key_add_uses(struct call *c, str id, int64_t uses, int64_t last_used_at_ms) { return db_run(c, &q[Q_KEY_USES], uses, last_used_at_ms, id); }

err hiring_revoke_keys(struct call *c, str account_id) { return db_run(c, &q[Q_KEYS_OFF], c->now_ms, account_id); }

/* Its interviews stay: they are about somebody else. */
err hiring_account_deleted(struct call *c, str account_id)
{
    TRY(hiring_revoke_keys(c, account_id));
    return db_run(c, &q[Q_PROFILE_DROP], account_id);
}

/* Interviews */

static struct any json_of(struct cell v) { return (struct any){ .kind = v.null ? ANY_ABSENT : ANY_OBJECT, .json = v.s }; }
static int64_t time_of(struct cell v) { return v.null ? SHAPE_NO_TIME : v.i; }
static const int64_t *time_or_null(const int64_t *ms) { return *ms == SHAPE_NO_TIME ? NULL : ms; }

static void interview_from(const struct cell *r, struct interview *i)
{
    *i = (struct interview){ .id = r[0].s,
                             .title = r[1].s,
                             .candidate_name = r[2].s,
                             .candidate_email = r[3].s,
                             .position = r[4].s,
                             .status = r[5].s,
                             .room_name = r[6].s,
                             .technical_score = json_of(r[7]),
                             .behavioral_score = json_of(r[8]),
                             .created_at = r[9].i,
                             .creator_id = r[10].s,
                             .scheduled_at = time_of(r[11]),
                             .interview_config = json_of(r[12]),
                             .overall_feedback = r[13].s,
                             .started_at = time_of(r[14]),
                             .ended_at = time_of(r[15]),
                             .updated_at = r[16].i,
                             .room_state = r[17].s,
                             .version = r[18].i,
                             .api_key_id = r[19].s };
}

err hiring_interview_put(struct call *c, const struct interview *i, bool *done)
{
    int64_t n;
    TRY(db_run_count(c, &q[Q_INTERVIEW_PUT], &n, i->id, i->creator_id, i->title, i->candidate_name, i->candidate_email, i->position, i->status,
                     i->interview_config.json, time_or_null(&i->scheduled_at), i->room_name, i->room_state, STR("0"), i->created_at, i->updated_at,
                     i->api_key_id));
    *done = n > 0;
    return ERR_OK;
}

static err interview_by(struct call *c, const struct query *by, str value, struct interview **out)
{
    struct cell *row;
    *out = NULL;
    TRY(db_find(c, by, &row, value));
    if (!row) return ERR_OK;
    struct interview *i = NEW(c->mem, struct interview);
    if (!i) return ERR_NOMEM;
    interview_from(row, i);
    *out = i;
    return ERR_OK;
}

err hiring_interview_find(struct call *c, str id, struct interview **out) { return interview_by(c, &q[Q_INTERVIEW], id, out); }
err hiring_interview_by_room(struct call *c, str room_name, struct interview **out) { return interview_by(c, &q[Q_BY_ROOM], room_name, out); }

/* Not a change of the interview: its version stays. */
err hiring_room_state(struct call *c, str interview_id, str state) { return db_run(c, &q[Q_ROOM_STATE], state, interview_id); }

err hiring_interview_change(struct call *c, const struct interview *i)
{
    return db_run(c, &q[Q_INTERVIEW_CHANGE], i->title, i->candidate_name, i->candidate_email, i->position, i->status, i->technical_score.json,
                  i->behavioral_score.json, i->interview_config.json, time_or_null(&i->scheduled_at), i->overall_feedback, c->now_ms, i->id);
}

static err page_count(struct call *c, const struct interview_filter *f, int64_t *total)
{
    struct cell *count;
    if (f->creator_id.n && f->status.n)
        TRY(db_get(c, &q[Q_COUNT_BOTH], &count, f->creator_id, f->status));
    else if (f->creator_id.n)
        TRY(db_get(c, &q[Q_COUNT_OWN], &count, f->creator_id));
    else if (f->status.n)
        TRY(db_get(c, &q[Q_COUNT_STATUS], &count, f->status));
    else
        TRY(db_get(c, &q[Q_COUNT_ALL], &count));
    *total = count[0].i;
    return ERR_OK;
}

static err page_rows(struct call *c, const struct interview_filter *f, int64_t skip, int64_t limit, struct rows *r)
{
    if (f->creator_id.n && f->status.n) return db_list(c, &q[f->details ? Q_DETAILS_BOTH : Q_PAGE_BOTH], r, f->creator_id, f->status, limit, skip);
    if (f->creator_id.n) return db_list(c, &q[f->details ? Q_DETAILS_OWN : Q_PAGE_OWN], r, f->creator_id, limit, skip);
    if (f->status.n) return db_list(c, &q[f->details ? Q_DETAILS_STATUS : Q_PAGE_STATUS], r, f->status, limit, skip);
    return db_list(c, &q[f->details ? Q_DETAILS_ALL : Q_PAGE_ALL], r, limit, skip);
}

/* Lengths are not asked for first: SQLite would read the texts to know them. */
err hiring_interview_page(struct call *c, const struct interview_filter *f, struct interview **out, size_t *n, int64_t *total)
{
    size_t bytes = 0;
    *n = 0;
    TRY(page_count(c, f, total));
    int64_t left = f->skip < *total ? *total - f->skip : 0;
    if (left > f->limit) left = f->limit;
    struct interview *v = NEW_N(c->mem, struct interview, (size_t)left);
    if (!v) return ERR_NOMEM;
    *out = v;
    while (left > 0) {
        int64_t part = f->details && left > DETAILS_ROWS ? DETAILS_ROWS : left;
        struct rows r;
        TRY(page_rows(c, f, f->skip + (int64_t)*n, part, &r));
        for (size_t i = 0; i < r.n; i++) {
            interview_from(r.row[i], &v[*n]);
            bytes += v[*n].interview_config.json.n + v[*n].overall_feedback.n;
            ++*n;
        }
        if (bytes > DETAILS_MAX) return fail_status(c, ERR_LIMIT, 400, "This page is too large; ask for fewer with limit");
        left -= part;
    }
    return ERR_OK;
}

err hiring_repeat_find(struct call *c, struct repeat *r, bool *found)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_REPEAT], &row, r->account_id, r->operation, r->name, c->now_ms - IDEMPOTENCY_MS));
    *found = row != NULL;
    if (row) r->request_hash = row[0].s, r->answer = row[1].s;
    return ERR_OK;
}

err hiring_repeat_put(struct call *c, const struct repeat *r)
{
    TRY(db_run(c, &q[Q_REPEATS_GONE], c->now_ms - IDEMPOTENCY_MS));
    return db_run(c, &q[Q_REPEAT_PUT], r->account_id, r->operation, r->name, r->request_hash, r->interview_id, r->answer, c->now_ms);
}

/* Events */

err hiring_event_put(struct call *c, str id, str interview_id, str type, int64_t at_ms, str summary, int64_t drop_before_ms, bool *fresh)
{
    int64_t n;
    TRY(db_run(c, &q[Q_EVENTS_GONE], drop_before_ms));
    TRY(db_run_count(c, &q[Q_EVENT_PUT], &n, id, interview_id, type, at_ms, summary));
    *fresh = n > 0;
    return ERR_OK;
}

err hiring_event_apply(struct call *c, str interview_id, const struct event_effect *e)
{
    return db_run(c, &q[Q_EFFECT], e->status, time_or_null(&e->started_at), time_or_null(&e->ended_at), c->now_ms, interview_id);
}

/* Commands */

err hiring_keys_all(struct call *c, str email_norm, struct key_row **out, str **emails, size_t *n)
{
    struct rows r;
    TRY(db_list(c, &q[Q_KEYS_ALL], &r, email_norm.p ? email_norm : STR("")));
    *out = NEW_N(c->mem, struct key_row, r.n);
    *emails = NEW_N(c->mem, str, r.n);
    if (!*out || !*emails) return ERR_NOMEM;
    for (size_t i = 0; i < r.n; i++) {
        key_from(r.row[i], &(*out)[i]);
        (*emails)[i] = r.row[i][KEY_COLUMNS].s;
    }
    *n = r.n;
    return ERR_OK;
}

err hiring_key_off_any(struct call *c, str id, bool *found)
{
    int64_t n;
    TRY(db_run_count(c, &q[Q_KEY_OFF_ANY], &n, c->now_ms, id));
    *found = n > 0;
    return ERR_OK;
}

/* Also the answers that are kept for those who repeat a creation. */
err hiring_blank(struct call *c, str email, str email_norm, int64_t *n)
{
    TRY(db_run(c, &q[Q_BLANK_REPEATS], email, email_norm));
    return db_run_count(c, &q[Q_BLANK], n, c->now_ms, email, email_norm);
}
