/* rooms/interviews/interviews_lists_store.c: all SQL of session lists: ownerships behind a place, by the index that fits what is chosen. */
#include "rooms/interviews/interviews_int.h"

/* One text per index: each begins to read where the page before ended. CROSS JOIN has SQLite keep the order of the tables; PostgreSQL takes it
 * for what it is. */
#define COLUMNS                                                                                                                                     \
    "SELECT o.position, o.id, o.temp_user_id, s.created_at_ms, a.active, s.modified_at_ms, s.interview, s.id, 1 - s.multi_user, a.number, a.email," \
    " a.first_name, a.last_name, p.country, p.subdivisionfirst, p.subdivisionsecond, p.subdivisionthird, p.organization, a.timezone, p.language,"   \
    " a.last_login_at_ms FROM interview_owner o CROSS JOIN interview_session s LEFT JOIN account a ON a.id = o.account_id"                          \
    " LEFT JOIN interview_profile p ON p.account_id = o.account_id WHERE s.id = o.session_id"
#define ACCOUNT(n) " AND o.account_id = (SELECT u.id FROM account u WHERE u.number = $" n ")"
#define BEHIND(p, i, n) " AND (o.position, o.id) > ($" p ", $" i ") ORDER BY o.position, o.id LIMIT $" n
#define OUT "iii?ii?ittii?t?t?t?t?t?t?t?t?t?t?i?"
enum { C_POSITION, C_ID, C_TEMP, C_CREATED, C_ACTIVE, C_FIRST /* those of enum query_column, in its order */ };

enum { Q_ALL, Q_ACCOUNT, Q_INTERVIEW, Q_BOTH, Q_SESSION, Q_DISOWN, Q_OWNED, Q__COUNT };
static const struct query q[Q__COUNT] = {
    [Q_ALL] = { "iii", OUT, COLUMNS BEHIND("1", "2", "3"), NULL },
    [Q_ACCOUNT] = { "iiii", OUT, COLUMNS ACCOUNT("1") BEHIND("2", "3", "4"), NULL },
    [Q_INTERVIEW] = { "tiii", OUT, COLUMNS " AND o.interview = $1" BEHIND("2", "3", "4"), NULL },
    [Q_BOTH] = { "itiii", OUT, COLUMNS ACCOUNT("1") " AND o.interview = $2" BEHIND("3", "4", "5"), NULL },
    [Q_SESSION] = { "tiii", OUT, COLUMNS " AND o.session_id = $1" BEHIND("2", "3", "4"), NULL },
    [Q_DISOWN] = { "it", "", "DELETE FROM interview_owner WHERE id = $1 AND session_id = $2", NULL },
    [Q_OWNED] = { "t", "i", "SELECT count(*) FROM interview_owner WHERE session_id = $1", NULL },
};

err lists_check_queries(struct store *s, struct arena *a, str *why) { return store_check(s, a, q, Q__COUNT, why); }

const struct query *lists_query(const struct list_key *k)
{
    bool named = !str_absent(k->interview);
    if (!str_absent(k->session)) return &q[Q_SESSION];
    if (k->user_id) return named ? &q[Q_BOTH] : &q[Q_ACCOUNT];
    return named ? &q[Q_INTERVIEW] : &q[Q_ALL];
}

static err read_rows(struct call *c, const struct list_key *k, struct list_place after, int64_t n, struct rows *out)
{
    const struct query *by = lists_query(k);
    if (by == &q[Q_SESSION]) return db_list(c, by, out, k->session, after.position, after.id, n);
    if (by == &q[Q_BOTH]) return db_list(c, by, out, *k->user_id, k->interview, after.position, after.id, n);
    if (by == &q[Q_ACCOUNT]) return db_list(c, by, out, *k->user_id, after.position, after.id, n);
    if (by == &q[Q_INTERVIEW]) return db_list(c, by, out, k->interview, after.position, after.id, n);
    return db_list(c, by, out, after.position, after.id, n);
}

err lists_read(struct call *c, const struct list_key *key, struct list_place after, int64_t n, struct list_row **out, size_t *count)
{
    struct rows rows;
    TRY(read_rows(c, key, after, n, &rows));
    struct list_row *list = NEW_N(c->mem, struct list_row, rows.n);
    if (!list) return ERR_NOMEM;
    for (size_t k = 0; k < rows.n; k++) {
        const struct cell *r = rows.row[k];
        list[k] = (struct list_row){ .at = { r[C_POSITION].i, r[C_ID].i },
                                     .temp_user_id = r[C_TEMP].i,
                                     .created_at_ms = r[C_CREATED].i,
                                     .anonymous = r[C_FIRST + QC_USER_ID].null,
                                     .active = r[C_ACTIVE].i != 0 };
        memcpy(list[k].q.col, r + C_FIRST, sizeof list[k].q.col);
    }
    *out = list;
    *count = rows.n;
    return ERR_OK;
}

err lists_disown(struct call *c, const struct list_row *row)
{
    str session = row->q.col[QC_SESSION].s;
    int64_t dropped;
    struct cell *owners;
    TRY(store_lock(c, "interview_session", session));
    TRY(db_run_count(c, &q[Q_DISOWN], &dropped, row->at.id, session));
    if (dropped == 0) return ERR_OK; /* somebody was quicker */
    TRY(db_get(c, &q[Q_OWNED], &owners, session));
    if (owners[0].i > 0) return ERR_OK;
    return session_drop(c, session);
}
