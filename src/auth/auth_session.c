/* auth/auth_session.c: sessions as rows, so that they can be listed and ended, and die with the account's epoch. */
#include "auth/auth_int.h"

static void from_row(const struct cell *row, struct auth_session *out)
{
    *out = (struct auth_session){ .id = row[0].s,
                                  .account_id = row[1].s,
                                  .family = row[2].s,
                                  .user_agent = row[3].s,
                                  .ip = row[4].s,
                                  .created_at_ms = row[5].i,
                                  .seen_at_ms = row[6].i,
                                  .expires_at_ms = row[7].i };
}

/* What a client calls itself is any bytes: kept as far as it is text. */
static str label(str s, size_t most)
{
    s = str_head(s, most);
    s = str_head(s, str_utf8_good(s));
    return s.n ? str_head(s, str_find(s, '\0', 0)) : STR("");
}

err auth_session_create(struct auth *a, struct call *c, const struct auth_session_new *in, str *token, str *id)
{
    uint8_t hash[CRYPTO_HASH];
    int64_t made;
    char *text = NEW_N(c->mem, char, CRYPTO_TOKEN + CRYPTO_UUID);
    if (!text) return ERR_NOMEM;
    crypto_token(text);
    crypto_uuid7(text + CRYPTO_TOKEN);
    str made_token = { text, CRYPTO_TOKEN }, made_id = { text + CRYPTO_TOKEN, CRYPTO_UUID };
    crypto_keyed_hash(hash, a->sessions, made_token);
    TRY(db_run_count(c, &auth_q[AQ_SESSION_INSERT], &made, made_id, in->family, (str){ (const char *)hash, sizeof hash }, label(in->user_agent, 255),
                     label(in->ip, 64), c->now_ms, c->now_ms, c->now_ms + in->ttl_ms, in->account_id, in->epoch));
    if (!made) return ERR_NOT_FOUND;
    *token = made_token;
    *id = made_id;
    return ERR_OK;
}

err auth_session_find(struct auth *a, struct call *c, str family, str token, struct auth_session **out, struct account **account)
{
    struct found {
        struct auth_session s;
        struct account a;
    };
    uint8_t hash[CRYPTO_HASH];
    struct cell *row = NULL;
    crypto_keyed_hash(hash, a->sessions, token);
    if (token.n == CRYPTO_TOKEN) TRY(db_find(c, &auth_q[AQ_SESSION_FIND], &row, (str){ (const char *)hash, sizeof hash }, family, c->now_ms));
    *out = NULL;
    if (account) *account = NULL;
    if (!row) return ERR_OK;
    struct found *f = NEW(c->mem, struct found);
    if (!f) return ERR_NOMEM;
    account_from_row(row, &f->a);
    from_row(row + ACCOUNT_COLUMNS, &f->s);
    *out = &f->s;
    if (account) *account = &f->a;
    return ERR_OK;
}

err auth_session_list(struct call *c, str account_id, struct auth_session **out, size_t *n)
{
    struct rows rows;
    TRY(db_list(c, &auth_q[AQ_SESSION_LIST], &rows, account_id, c->now_ms));
    struct auth_session *v = NEW_N(c->mem, struct auth_session, rows.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < rows.n; i++) from_row(rows.row[i], &v[i]);
    *out = v;
    *n = rows.n;
    return ERR_OK;
}

err auth_session_touch(struct call *c, str id, int64_t expires_at_ms) { return db_run(c, &auth_q[AQ_SESSION_TOUCH], c->now_ms, expires_at_ms, id); }

err auth_session_end(struct call *c, str account_id, str id, bool *ended)
{
    int64_t n;
    TRY(db_run_count(c, &auth_q[AQ_SESSION_END], &n, c->now_ms, id, account_id));
    *ended = n > 0;
    return ERR_OK;
}

err auth_session_end_all(struct call *c, str account_id, str family, str except_id, int64_t *ended)
{
    return db_run_count(c, &auth_q[AQ_SESSION_END_ALL], ended, c->now_ms, account_id, family.n ? family : STR(""), except_id.n ? except_id : STR(""));
}
