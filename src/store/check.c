/* store/check.c: on start, every statement of every room is prepared once and compared with its letters. */
#include "store/store_int.h"

/* The number after a $, 0 if none. */
static size_t dollar(const char *p)
{
    size_t n = 0;
    for (p++; *p >= '0' && *p <= '9' && n < 1000; p++) n = n * 10 + (size_t)(*p - '0');
    return n;
}

/* SQLite counts appearances, PostgreSQL obeys the digit: they agree while first uses stand in order. Returns how many, SIZE_MAX if
 * out of order. Text in quotes is passed over. */
static size_t parameters_in_order(const char *sql)
{
    size_t n = 0;
    char quote = 0;
    for (const char *p = sql; *p; p++) {
        if (quote) {
            if (*p == quote) quote = 0;
        } else if (*p == '\'' || *p == '"') {
            quote = *p;
        } else if (*p == '$') {
            size_t k = dollar(p);
            if (k == 0 || k > n + 1) return SIZE_MAX;
            if (k > n) n = k;
        }
    }
    return n;
}

static const char *text_wrong(const char *sql, size_t want)
{
    size_t n = parameters_in_order(sql);
    if (n == SIZE_MAX) return "first uses of $1, $2 … are not in order";
    return n == want ? NULL : "another number of parameters than its letters say";
}

/* NULL if all is well. */
static const char *letters_wrong(const struct query *q)
{
    size_t in = letters_count(q->in), out = letters_count(q->out);
    if (in > STORE_PARAMS_MAX || out > STORE_COLUMNS_MAX) return "too many parameters or columns";
    const char *wrong = text_wrong(q->sql, in);
    return !wrong && q->sql_pg ? text_wrong(q->sql_pg, in) : wrong;
}

static const char *kinds_wrong(const struct query *q, const struct described *d)
{
    struct letter l;
    size_t i = 0;
    if (d->params != letters_count(q->in)) return "the engine counts another number of parameters";
    /* No letters: rows are dropped (db_run). */
    if (letters_count(q->out) == 0) return NULL;
    if (d->columns != letters_count(q->out)) return "another number of columns than its letters say";
    for (const char *at = q->out; letter_next(&at, &l); i++)
        if (d->kinds[i] && d->kinds[i] != l.kind) return "a column is of another type than its letter says; cast it";
    return NULL;
}

struct checking {
    const struct query *q;
    struct arena *a;
    str *why;
};

static err check_one(struct call *c)
{
    struct checking *k = c->state;
    struct described d;
    str engine_says = STR_NULL;
    const char *wrong = letters_wrong(k->q);
    if (!wrong) {
        err e = c->db->store->e->describe(c->db, k->q, &d, c->mem, &engine_says);
        if (e == ERR_NOMEM || (e != ERR_OK && str_absent(engine_says))) return e;
        wrong = e == ERR_OK ? kinds_wrong(k->q, &d) : engine_says.p;
    }
    if (!wrong) return ERR_OK;
    TRY(arena_printf(k->a, k->why, "statement \"%.100s\": %s", query_text(c->db->store->e, k->q), wrong));
    return ERR_STORE;
}

err store_check(struct store *s, struct arena *a, const struct query *q, size_t n, str *why)
{
    for (size_t i = 0; i < n; i++) {
        if (!q[i].sql) continue; /* a hole in a table by enum */
        struct checking k = { &q[i], a, why };
        struct call c = { .mem = a, .state = &k };
        *why = STR("the store could not be read; the log has the reason");
        TRY(store_do(s, &c, TX_READ, check_one));
    }
    *why = STR_NULL;
    return ERR_OK;
}
