/* rooms/accounts/accounts_github_store.c: SQL of OAuth states and connections. */
#include "rooms/accounts/accounts_int.h"

enum { Q_STATE_PUT, Q_STATE, Q_STATE_TAKE, Q_PUT, Q_LIST, Q_DROP, Q_AVATAR, Q__COUNT };
static const struct query q[Q__COUNT] = {
    [Q_STATE_PUT] = { "btti", "", "INSERT INTO accounts_state (hash, redirect_uri, source_url, expires_at_ms) VALUES ($1, $2, $3, $4)", NULL },
    [Q_STATE] = { "b", "tti", "SELECT redirect_uri, source_url, expires_at_ms FROM accounts_state WHERE hash = $1", NULL },
    [Q_STATE_TAKE] = { "b", "i", "DELETE FROM accounts_state WHERE hash = $1 RETURNING expires_at_ms", NULL },
    [Q_PUT] = { "tttttttbttii", "",
                "INSERT INTO accounts_connection (account_id, provider, subject, username, email, avatar_url, name, token_sealed, scopes,"
                " profile_json, connected_at_ms, last_login_at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
                " ON CONFLICT (provider, subject) DO UPDATE SET account_id = excluded.account_id, username = excluded.username, email = excluded.email,"
                " avatar_url = excluded.avatar_url, name = excluded.name, token_sealed = excluded.token_sealed, scopes = excluded.scopes,"
                " profile_json = excluded.profile_json, last_login_at_ms = excluded.last_login_at_ms",
                NULL },
    [Q_LIST] = { "t", "ittttii",
                 "SELECT id, subject, username, email, avatar_url, connected_at_ms, last_login_at_ms FROM accounts_connection"
                 " WHERE account_id = $1 ORDER BY connected_at_ms DESC, id DESC",
                 NULL },
    [Q_DROP] = { "t", "", "DELETE FROM accounts_connection WHERE account_id = $1", NULL },
    [Q_AVATAR] = { "t", "t",
                   "SELECT avatar_url FROM accounts_connection WHERE account_id = $1 AND avatar_url <> '' ORDER BY connected_at_ms DESC, id DESC"
                   " LIMIT 1",
                   NULL },
};

/* A state is a secret on its way: kept as a digest. */
static str hash_of(str state, uint8_t out[static CRYPTO_HASH])
{
    crypto_digest(out, state);
    return (str){ (const char *)out, CRYPTO_HASH };
}

err cfg_state_put(struct call *c, str state, str redirect, str source_url, int64_t expires_at_ms)
{
    uint8_t hash[CRYPTO_HASH];
    return db_run(c, &q[Q_STATE_PUT], hash_of(state, hash), redirect, source_url.n ? source_url : STR(""), expires_at_ms);
}

err cfg_state_take(struct call *c, str state, str redirect, str *source_url, bool *good)
{
    uint8_t hash[CRYPTO_HASH];
    struct cell *row, *taken;
    *good = false;
    *source_url = STR_NULL;
    TRY(db_find(c, &q[Q_STATE], &row, hash_of(state, hash)));
    if (!row) return ERR_OK;
    bool alive = row[2].i > c->now_ms;
    if (alive && !str_eq(row[0].s, redirect)) return ERR_OK; /* kept: it may still be used rightly */
    TRY(db_find(c, &q[Q_STATE_TAKE], &taken, hash_of(state, hash)));
    *good = alive && taken;
    *source_url = row[1].s;
    return ERR_OK;
}

static str or_empty(str s) { return s.n ? s : STR(""); }

err cfg_connection_put(struct call *c, str account_id, const struct connection *x, str token_sealed, str scopes, str profile_json)
{
    return db_run(c, &q[Q_PUT], account_id, STR("github"), x->subject, x->username, x->email, x->avatar_url, or_empty(x->name), token_sealed, or_empty(scopes),
                  profile_json, c->now_ms, c->now_ms);
}

err cfg_connection_list(struct call *c, str account_id, struct connection **out, size_t *n)
{
    struct rows rows;
    TRY(db_list(c, &q[Q_LIST], &rows, account_id));
    struct connection *v = NEW_N(c->mem, struct connection, rows.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < rows.n; i++) {
        const struct cell *row = rows.row[i];
        v[i] = (struct connection){ .id = row[0].i,
                                    .subject = row[1].s,
                                    .username = row[2].s,
                                    .email = row[3].s,
                                    .avatar_url = row[4].s,
                                    .connected_at_ms = row[5].i,
                                    .last_login_at_ms = row[6].i };
    }
    *out = v;
    *n = rows.n;
    return ERR_OK;
}

err cfg_connections_drop(struct call *c, str account_id) { return db_run(c, &q[Q_DROP], account_id); }

err cfg_connection_avatar(struct call *c, str account_id, str *url)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_AVATAR], &row, account_id));
    *url = row ? row[0].s : STR_NULL;
    return ERR_OK;
}

err cfg_github_check_queries(struct store *s, struct arena *a, str *why) { return store_check(s, a, q, Q__COUNT, why); }

/* Bound to the subject, as connect() in accounts_github.c seals it. */
static const struct query sealed = { .in = "bti",
                                     .out = "ttb",
                                     .sql = "SELECT CAST(id AS TEXT), subject, token_sealed FROM accounts_connection WHERE substr(token_sealed, 2, 8) <> $1"
                                            " AND id > CAST($2 AS BIGINT) ORDER BY id LIMIT $3" };
static const struct query reseal = { .in = "btb",
                                     .sql = "UPDATE accounts_connection SET token_sealed = $1 WHERE id = CAST($2 AS BIGINT) AND token_sealed = $3" };
const struct sealed_column accounts_sealed[] = { { .what = "GitHub tokens", .purpose = "github", .list = &sealed, .set = &reseal } };
const size_t accounts_sealed_n = COUNT_OF(accounts_sealed);
