/* rooms/interviews/interviews_store.c: SQL of sessions, and the schema. Tables: interview_session, interview_step, interview_owner, interview_upload,
 * interview_profile. The SQL of lists is in interviews_lists_store.c. */
#include "rooms/interviews/interviews_int.h"

static const char schema_sessions[] = "CREATE TABLE interview_session (\n"
                                      "  id TEXT PRIMARY KEY,\n"
                                      "  interview TEXT NOT NULL,\n"
                                      "  wrapped_key {blob} NOT NULL,\n"
                                      "  multi_user {bigint} NOT NULL DEFAULT 0,\n"
                                      "  seq {bigint} NOT NULL,\n"
                                      "  version {bigint} NOT NULL,\n"
                                      "  key_seq {bigint} NOT NULL,\n"
                                      "  title TEXT,\n"
                                      "  tags TEXT,\n"
                                      "  created_at_ms {bigint} NOT NULL,\n"
                                      "  modified_at_ms {bigint} NOT NULL);\n"
                                      "CREATE INDEX interview_session_by_interview ON interview_session (interview, modified_at_ms);\n"
                                      "CREATE TABLE interview_step (\n"
                                      "  id {serial},\n"
                                      "  session_id TEXT NOT NULL REFERENCES interview_session (id) ON DELETE CASCADE,\n"
                                      "  seq {bigint} NOT NULL,\n"
                                      "  account_id TEXT,\n"
                                      "  modified_at_ms {bigint} NOT NULL,\n"
                                      "  snapshot {blob} NOT NULL,\n"
                                      "  UNIQUE (session_id, seq));\n"
                                      "CREATE TABLE interview_owner (\n"
                                      "  id {serial},\n"
                                      "  session_id TEXT NOT NULL REFERENCES interview_session (id) ON DELETE CASCADE,\n"
                                      "  account_id TEXT REFERENCES account (id),\n"
                                      "  temp_user_id {bigint},\n"
                                      "  UNIQUE (session_id, account_id));\n"
                                      "CREATE INDEX interview_owner_by_account ON interview_owner (account_id);\n"
                                      "CREATE TABLE interview_upload (\n"
                                      "  id {serial},\n"
                                      "  session_id TEXT NOT NULL,\n"
                                      "  interview TEXT NOT NULL,\n"
                                      "  filename TEXT NOT NULL,\n"
                                      "  mimetype TEXT NOT NULL,\n"
                                      "  extension TEXT NOT NULL,\n"
                                      "  content TEXT NOT NULL,\n"
                                      "  created_at_ms {bigint} NOT NULL);\n"
                                      "CREATE INDEX interview_upload_by_session ON interview_upload (session_id);\n"
                                      "CREATE TABLE interview_profile (\n"
                                      "  account_id TEXT PRIMARY KEY REFERENCES account (id),\n"
                                      "  country TEXT,\n"
                                      "  subdivisionfirst TEXT,\n"
                                      "  subdivisionsecond TEXT,\n"
                                      "  subdivisionthird TEXT,\n"
                                      "  organization TEXT,\n"
                                      "  language TEXT);\n";

/* What lists are sorted and chosen by stands in the row of the owner, so that each kind of list has an index that begins where a page begins:
 * position is the id of the session's last step (api 8), interview a copy of the session's. */
static const char schema_lists[] =
    "ALTER TABLE interview_owner ADD COLUMN interview TEXT NOT NULL DEFAULT '';\n"
    "ALTER TABLE interview_owner ADD COLUMN position {bigint} NOT NULL DEFAULT 0;\n"
    "UPDATE interview_owner SET interview = (SELECT s.interview FROM interview_session s WHERE s.id = interview_owner.session_id),"
    " position = coalesce((SELECT max(t.id) FROM interview_step t WHERE t.session_id = interview_owner.session_id), 0);\n"
    "DROP INDEX interview_owner_by_account;\n"
    "CREATE INDEX interview_owner_by_position ON interview_owner (position, id);\n"
    "CREATE INDEX interview_owner_by_account ON interview_owner (account_id, position, id);\n"
    "CREATE INDEX interview_owner_by_interview ON interview_owner (interview, position, id);\n"
    "CREATE INDEX interview_owner_by_both ON interview_owner (account_id, interview, position, id);\n";

/* What interviews keep outside their sessions (interviews_kept.c). scope: "user:ACCOUNT", "interview:NAME", "package:NAME", "session:ID", "all:BASE". */
static const char schema_values[] = "CREATE TABLE interview_value (\n"
                                    "  scope TEXT NOT NULL,\n"
                                    "  key TEXT NOT NULL,\n"
                                    "  value {blob} NOT NULL,\n"
                                    "  modified_at_ms {bigint} NOT NULL,\n"
                                    "  PRIMARY KEY (scope, key));\n";

/* Lists are chosen by interview_owner; this index was moved with every step and read by nobody. */
static const char schema_unread[] = "DROP INDEX interview_session_by_interview;\n";

/* Whoever collects files asks who names one. Uploads go with their session; those of sessions that are gone already go now. */
static const char schema_uploads[] = "DELETE FROM interview_upload WHERE NOT EXISTS (SELECT 1 FROM interview_session s WHERE s.id = session_id);\n"
                                     "CREATE INDEX interview_upload_by_content ON interview_upload (content);\n";

const struct migration interviews_migrations[] = {
    { 100, "0100_interview_sessions", schema_sessions },   { 101, "0101_interview_lists", schema_lists },     { 102, "0102_interview_values", schema_values },
    { 103, "0103_interview_unread_index", schema_unread }, { 104, "0104_interview_uploads", schema_uploads },
};
const size_t interviews_migrations_n = COUNT_OF(interviews_migrations);

enum {
    Q_SESSION,
    Q_STEP,
    Q_INSERT,
    Q_UPDATE,
    Q_REWRAP,
    Q_STEP_PUT,
    Q_STEPS_DROP,
    Q_PLACE,
    Q_OWN,
    Q_DISOWN,
    Q_OWNED,
    Q_SESSION_DROP,
    Q_VALUES_GONE,
    Q_STEPS_GONE,
    Q_UPLOADS_GONE,
    Q_UPLOAD,
    Q_PROFILE,
    Q__COUNT
};
static const struct query q[Q__COUNT] = {
    [Q_SESSION] = { "tt", "tbiiii", "SELECT id, wrapped_key, multi_user, seq, version, key_seq FROM interview_session WHERE id = $1 AND interview = $2", NULL },
    [Q_STEP] = { "ti", "b", "SELECT snapshot FROM interview_step WHERE session_id = $1 AND seq = $2", NULL },
    [Q_INSERT] = { "ttbiiit?t?ii", "",
                   "INSERT INTO interview_session (id, interview, wrapped_key, multi_user, seq, version, key_seq, title, tags, created_at_ms,"
                   " modified_at_ms) VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8, $9, $10)",
                   NULL },
    [Q_UPDATE] = { "iiit?t?iti", "",
                   "UPDATE interview_session SET version = version + 1, multi_user = $1, seq = $2, key_seq = $3, title = coalesce($4, title), tags = "
                   "coalesce($5, tags),"
                   " modified_at_ms = $6 WHERE id = $7 AND version = $8",
                   NULL },
    [Q_REWRAP] = { "bt", "", "UPDATE interview_session SET wrapped_key = $1 WHERE id = $2", NULL },
    [Q_STEP_PUT] = { "tit?ib", "",
                     "INSERT INTO interview_step (session_id, seq, account_id, modified_at_ms, snapshot) VALUES ($1, $2, $3, $4, $5)"
                     " ON CONFLICT (session_id, seq) DO UPDATE SET account_id = excluded.account_id, modified_at_ms = excluded.modified_at_ms,"
                     " snapshot = excluded.snapshot",
                     NULL },
    [Q_STEPS_DROP] = { "ti", "", "DELETE FROM interview_step WHERE session_id = $1 AND seq > $2", NULL },
    [Q_PLACE] = { "ti", "",
                  "UPDATE interview_owner SET position = (SELECT t.id FROM interview_step t WHERE t.session_id = $1 AND t.seq = $2) WHERE session_id = $1",
                  NULL },
    [Q_OWN] = { "tt", "",
                "INSERT INTO interview_owner (account_id, session_id, interview, position)"
                " SELECT $1, s.id, s.interview, coalesce((SELECT t.id FROM interview_step t WHERE t.session_id = s.id AND t.seq = s.seq), 0)"
                " FROM interview_session s WHERE s.id = $2 ON CONFLICT (session_id, account_id) DO NOTHING",
                NULL },
    [Q_DISOWN] = { "ttt", "",
                   "DELETE FROM interview_owner WHERE session_id = $1 AND account_id = $2 AND EXISTS (SELECT 1 FROM interview_session s"
                   " WHERE s.id = session_id AND s.interview = $3)",
                   NULL },
    [Q_OWNED] = { "t", "i", "SELECT count(*) FROM interview_owner WHERE session_id = $1", NULL },
    [Q_VALUES_GONE] = { "t", "", "DELETE FROM interview_value WHERE scope = 'session:' || $1", NULL },
    [Q_SESSION_DROP] = { "t", "", "DELETE FROM interview_session WHERE id = $1", NULL },
    [Q_STEPS_GONE] = { "t", "", "DELETE FROM interview_step WHERE session_id = $1", NULL },
    [Q_UPLOADS_GONE] = { "t", "", "DELETE FROM interview_upload WHERE session_id = $1", NULL },
    [Q_UPLOAD] = { "tttttti", "i",
                   "INSERT INTO interview_upload (session_id, interview, filename, mimetype, extension, content, created_at_ms)"
                   " SELECT $1, $2, $3, $4, $5, $6, $7 WHERE EXISTS (SELECT 1 FROM interview_session WHERE id = $1) RETURNING id",
                   NULL },
    [Q_PROFILE] = { "t", "t?t?t?t?t?t?",
                    "SELECT country, subdivisionfirst, subdivisionsecond, subdivisionthird, organization, language FROM interview_profile"
                    " WHERE account_id = $1",
                    NULL },
};

const struct files_column interviews_files = FILES_COLUMN("interview_upload", "content");

err interviews_check_queries(struct store *s, struct arena *a, str *why)
{
    TRY(store_check(s, a, q, Q__COUNT, why));
    TRY(kept_check_queries(s, a, why));
    return lists_check_queries(s, a, why);
}

err session_find(struct call *c, str id, str interview, struct session *out, bool *found)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_SESSION], &row, id, interview));
    *found = row != NULL;
    if (row)
        *out = (struct session){
            .id = row[0].s, .interview = interview, .wrapped = row[1].s, .multi_user = row[2].i != 0, .seq = row[3].i, .version = row[4].i, .key_seq = row[5].i
        };
    return ERR_OK;
}

err step_read(struct call *c, str id, int64_t seq, struct step *out)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_STEP], &row, id, seq));
    *out = (struct step){ seq, row ? row[0].s : STR_NULL };
    return ERR_OK;
}

err session_store(struct call *c, const struct session_write *w)
{
    int64_t multi = w->multi_user;
    if (w->version == 0) {
        TRY(db_run(c, &q[Q_INSERT], w->id, w->interview, w->wrapped, multi, w->seq, w->key_seq, w->title, w->tags_json, c->now_ms, c->now_ms));
    } else {
        int64_t changed;
        TRY(db_run_count(c, &q[Q_UPDATE], &changed, multi, w->steps, w->key_seq, w->title, w->tags_json, c->now_ms, w->id, w->version));
        if (changed == 0) return ERR_CONFLICT;
        if (w->rewrap) TRY(db_run(c, &q[Q_REWRAP], w->wrapped, w->id));
        if (w->steps < w->was) TRY(db_run(c, &q[Q_STEPS_DROP], w->id, w->steps));
    }
    if (!str_absent(w->blob)) TRY(db_run(c, &q[Q_STEP_PUT], w->id, w->seq, w->account_id, c->now_ms, w->blob));
    /* A step that is written again keeps its id, and its owners' lists their order; a new session has no owner yet. */
    return w->version && w->steps != w->was ? db_run(c, &q[Q_PLACE], w->id, w->steps) : ERR_OK;
}

err session_own(struct call *c, str id, str account_id) { return db_run(c, &q[Q_OWN], account_id, id); }

err session_disown(struct call *c, str id, str interview, str account_id, bool *gone)
{
    *gone = false;
    int64_t dropped;
    struct cell *row;
    TRY(store_lock(c, "interview_session", id));
    TRY(db_run_count(c, &q[Q_DISOWN], &dropped, id, account_id, interview));
    if (dropped == 0) return ERR_OK;
    TRY(db_get(c, &q[Q_OWNED], &row, id));
    if (row[0].i > 0) return ERR_OK;
    *gone = true;
    return session_drop(c, id);
}

err session_drop(struct call *c, str id)
{
    TRY(db_run(c, &q[Q_STEPS_GONE], id));
    TRY(db_run(c, &q[Q_UPLOADS_GONE], id)); /* the contents, which others may share: files_collect() */
    TRY(db_run(c, &q[Q_VALUES_GONE], id));
    return db_run(c, &q[Q_SESSION_DROP], id);
}

err upload_add(struct call *c, struct upload *u)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_UPLOAD], &row, u->session, u->interview, u->filename, u->mimetype, u->extension, u->content, c->now_ms));
    u->number = row ? row[0].i : 0;
    return ERR_OK;
}

err profile_read(struct call *c, str account_id, struct profile *out)
{
    struct cell *row;
    *out = (struct profile){ 0 };
    TRY(db_find(c, &q[Q_PROFILE], &row, account_id));
    if (row) *out = (struct profile){ row[0].s, row[1].s, row[2].s, row[3].s, row[4].s, row[5].s };
    return ERR_OK;
}
