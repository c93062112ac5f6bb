/* rooms/accounts/accounts_second_store.c: SQL of logins that wait for a second factor, and of deletion. */
#include "rooms/accounts/accounts_int.h"

enum { Q_PUT, Q_FIND, Q_MISS, Q_USE, Q_REFRESH_DROP, Q_SECOND_DROP, Q__COUNT };
static const struct query q[Q__COUNT] = {
    [Q_PUT] = { "ttittii", "",
                "INSERT INTO accounts_second (id, account_id, epoch, ip, user_agent, created_at_ms, expires_at_ms, tries)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, 0)",
                NULL },
    [Q_FIND] = { "t", "tiiii",
                 "SELECT account_id, epoch, expires_at_ms, tries, CASE WHEN used_at_ms IS NULL THEN 0 ELSE 1 END FROM accounts_second"
                 " WHERE id = $1",
                 NULL },
    [Q_MISS] = { "t", "", "UPDATE accounts_second SET tries = tries + 1 WHERE id = $1", NULL },
    [Q_USE] = { "it", "t", "UPDATE accounts_second SET used_at_ms = $1 WHERE id = $2 AND used_at_ms IS NULL RETURNING id", NULL },
    [Q_REFRESH_DROP] = { "t", "", "DELETE FROM accounts_refresh WHERE account_id = $1", NULL },
    [Q_SECOND_DROP] = { "t", "", "DELETE FROM accounts_second WHERE account_id = $1", NULL },
};

/* What a client calls itself is any bytes: kept as far as it is text. */
static str label(str s, size_t most)
{
    s = str_head(s, most);
    s = str_head(s, str_utf8_good(s));
    return s.n ? str_head(s, str_find(s, '\0', 0)) : STR("");
}

err cfg_second_put(struct call *c, str id, const struct account *who, int64_t expires_at_ms)
{
    return db_run(c, &q[Q_PUT], id, who->id, who->epoch, label(c->rq->peer, 64), label(req_header(c->rq, "User-Agent"), 500), c->now_ms, expires_at_ms);
}

err cfg_second_find(struct call *c, str id, struct second *out, bool *found)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_FIND], &row, id));
    *found = row != NULL;
    if (row) *out = (struct second){ .account_id = row[0].s, .epoch = row[1].i, .expires_at_ms = row[2].i, .tries = row[3].i, .used = row[4].i != 0 };
    return ERR_OK;
}

err cfg_second_miss(struct call *c, str id) { return db_run(c, &q[Q_MISS], id); }

err cfg_second_use(struct call *c, str id, bool *won)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_USE], &row, c->now_ms, id));
    *won = row != NULL;
    return ERR_OK;
}

err cfg_account_rows_drop(struct call *c, str account_id)
{
    TRY(db_run(c, &q[Q_REFRESH_DROP], account_id));
    TRY(db_run(c, &q[Q_SECOND_DROP], account_id));
    return cfg_connections_drop(c, account_id);
}

err cfg_second_check_queries(struct store *s, struct arena *a, str *why) { return store_check(s, a, q, Q__COUNT, why); }
