/* auth/auth_account.c: finding, making and changing accounts. */
#include "auth/auth_int.h"

void account_from_row(const struct cell *row, struct account *out)
{
    *out = (struct account){
        .id = row[0].s,
        .number = row[1].i,
        .scope = row[2].s,
        .email = row[3].s,
        .email_norm = row[4].s,
        .display_name = row[5].s,
        .first_name = row[6].s,
        .last_name = row[7].s,
        .locale = row[8].s,
        .timezone = row[9].s,
        .active = row[10].i != 0,
        .superuser = row[11].i != 0,
        .staff = row[12].i != 0,
        .has_password = row[13].i != 0,
        .email_verified = row[14].i != 0,
        .created_at_ms = row[15].i,
        .last_login_at_ms = row[16].i,
        .password_changed_at_ms = row[17].i,
        .epoch = row[18].i,
    };
}

err account_from_found(struct call *c, const struct cell *row, struct account **out)
{
    struct account *a = NULL;
    if (row) {
        a = NEW(c->mem, struct account);
        if (!a) return ERR_NOMEM;
        account_from_row(row, a);
    }
    *out = a;
    return ERR_OK;
}

err account_by_id(struct call *c, str id, struct account **out)
{
    struct cell *row;
    TRY(db_find(c, &auth_q[AQ_ACCOUNT_BY_ID], &row, id));
    return account_from_found(c, row, out);
}

err account_by_email(struct call *c, str scope, str email, struct account **out)
{
    struct cell *row;
    str norm;
    err e = email_normalise(c->mem, email, &norm);
    if (e == ERR_INPUT) return *out = NULL, ERR_OK; /* not a text, hence nobody's address */
    TRY(e);
    TRY(db_find(c, &auth_q[AQ_ACCOUNT_BY_EMAIL], &row, scope, norm));
    return account_from_found(c, row, out);
}

err account_by_number(struct call *c, int64_t number, struct account **out)
{
    struct cell *row;
    TRY(db_find(c, &auth_q[AQ_ACCOUNT_BY_NUMBER], &row, number));
    return account_from_found(c, row, out);
}

err account_list(struct call *c, str scope, struct account **out, size_t *n)
{
    struct rows rows;
    TRY(db_list(c, &auth_q[AQ_ACCOUNT_LIST], &rows, scope));
    struct account *v = NEW_N(c->mem, struct account, rows.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < rows.n; i++) account_from_row(rows.row[i], &v[i]);
    *out = v;
    *n = rows.n;
    return ERR_OK;
}

static str or_empty(str s) { return str_absent(s) ? STR("") : s; }

/* The new row's id in *row, NULL if the address is taken. */
static err insert(struct call *c, const struct account_new *in, str email, str norm, struct cell **row)
{
    struct cell *number;
    const int64_t *verified = in->verified ? &c->now_ms : NULL, *changed = in->password_hash.p ? &c->now_ms : NULL;
    str display = or_empty(in->display_name), first = or_empty(in->first_name), last = or_empty(in->last_name);
    str locale = or_empty(in->locale), zone = or_empty(in->timezone), scope = in->scope.n ? in->scope : AUTH_PLATFORM;
    TRY(db_find(c, &auth_q[AQ_ACCOUNT_CLAIM], row, email, verified, display, first, last, locale, zone, in->password_hash, (int64_t)in->superuser,
                (int64_t)in->staff, changed, scope, norm));
    if (*row) return ERR_OK;
    char *id = NEW_N(c->mem, char, CRYPTO_UUID);
    if (!id) return ERR_NOMEM;
    crypto_uuid7(id);
    TRY(db_get(c, &auth_q[AQ_ACCOUNT_NUMBER], &number));
    return db_find(c, &auth_q[AQ_ACCOUNT_INSERT], row, (str){ id, CRYPTO_UUID }, number[0].i, scope, email, norm, verified, display, first, last, locale, zone,
                   in->password_hash, (int64_t)in->superuser, (int64_t)in->staff, c->now_ms, changed);
}

err account_create(struct call *c, const struct account_new *in, struct account **out)
{
    struct cell *row;
    str norm = STR_NULL, email = str_trim(in->email);
    if (!email_is_valid(email)) return fail(c, ERR_INPUT, "/email", "not an e-mail address");
    TRY(email_normalise(c->mem, email, &norm));
    TRY(insert(c, in, email, norm, &row));
    if (!row) return fail(c, ERR_CONFLICT, "/email", "an account with this e-mail address exists already");
    TRY(account_get(c, row[0].s, out));
    return account_audit(c, "account.create", *out, NULL);
}

err account_password_hash(struct call *c, str id, str *out)
{
    struct cell *row;
    TRY(db_get(c, &auth_q[AQ_ACCOUNT_PASSWORD], &row, id));
    *out = row[0].s;
    return ERR_OK;
}

err privilege_grant(struct call *c, str account_id, str name)
{
    struct cell *row;
    if (str_is(name, "cron")) return fail(c, ERR_INPUT, "/privilege", "the privilege cron cannot be given to a user");
    TRY(db_find(c, &auth_q[AQ_PRIVILEGE_ID], &row, name));
    if (!row) return fail(c, ERR_NOT_FOUND, "/privilege", "no such privilege: " STR_FMT, STR_ARG(name));
    return db_run(c, &auth_q[AQ_PRIVILEGE_GRANT], account_id, row[0].i);
}

err privilege_revoke(struct call *c, str account_id, str name) { return db_run(c, &auth_q[AQ_PRIVILEGE_REVOKE], account_id, name); }

/* A write of its own, outside any request: one arena that it frees when done. */
struct seen {
    struct call call;
    int64_t before_ms;
    str id;
};

static err seen_write(struct call *c)
{
    const struct seen *s = c->state;
    return db_run(c, &auth_q[AQ_ACCOUNT_SEEN], c->now_ms, s->id, s->before_ms);
}

static void seen_done(struct call *c, err e, void *arg)
{
    (void)e; /* a lost moment; the store has logged why */
    (void)c;
    arena_free(arg);
}

/* Whether this account's last write was asked for less than a minute ago by this process; notes that it now is. */
static bool seen_lately(struct auth *a, int64_t number, int64_t now_ms)
{
    _Atomic uint64_t *slot = &a->seen[(uint64_t)number % SEEN_SLOTS];
    uint64_t now = (uint64_t)number << 32 | (uint32_t)(now_ms / 1000), was = atomic_load(slot);
    if (was >> 32 == (uint32_t)number && (uint32_t)now - (uint32_t)was < SEEN_EVERY_S) return true;
    return !atomic_compare_exchange_strong(slot, &was, now); /* another thread has just done it */
}

void account_seen(struct auth *a, const struct account *who, int64_t now_ms)
{
    if (now_ms - who->last_login_at_ms < SEEN_EVERY_S * 1000 || seen_lately(a, who->number, now_ms)) return;
    struct arena *mem = arena_new(16 * 1024);
    struct seen *s = mem ? NEW(mem, struct seen) : NULL;
    if (!s || arena_str(mem, who->id, &s->id) != ERR_OK) {
        arena_free(mem);
        return;
    }
    s->call = (struct call){ .mem = mem, .now_ms = now_ms, .state = s };
    s->before_ms = now_ms - SEEN_EVERY_S * 1000;
    if (store_write_later(a->store, &s->call, seen_write, seen_done, mem) != ERR_OK) arena_free(mem);
}
