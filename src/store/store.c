/* store/store.c: the door: reads parameters by their letters, hands statements and transactions to the engine. */
#include "store/store_int.h"
#include "base/log.h"
#include <assert.h>

bool letter_next(const char **at, struct letter *out)
{
    const char *p = *at;
    if (!p || !*p) return false;
    assert(*p == 't' || *p == 'b' || *p == 'i');
    *out = (struct letter){ *p, p[1] == '?' };
    *at = p + (out->null_ok ? 2 : 1);
    return true;
}

size_t letters_count(const char *letters)
{
    struct letter l;
    size_t n = 0;
    while (letter_next(&letters, &l)) n++;
    return n;
}

const char *query_text(const struct engine *e, const struct query *q) { return e->sql_pg && q->sql_pg ? q->sql_pg : q->sql; }

struct cell *result_row(struct result *r, struct arena *a, size_t columns)
{
    struct row *row = arena_take(a, 1, sizeof *row + columns * sizeof(struct cell), _Alignof(struct row));
    if (!row) return NULL;
    if (!r->first) r->last = &r->first;
    *r->last = row;
    r->last = &row->next;
    r->n++;
    return row->cells;
}

void store_trouble(const struct store *s, const char *sql, const char *message)
{
    LOG(LOG_ERROR, "store", LOG_S("engine", str_c(s->e->name)), LOG_S("query", str_head(str_c(sql), 80)), LOG_S("why", str_c(message)));
}

void store_break(struct store *s, const char *message)
{
    if (atomic_exchange(&s->broken, true)) return;
    LOG(LOG_ERROR, "store broken: writes are refused until restart", LOG_S("why", str_c(message)));
    if (s->on_break) s->on_break();
}

bool store_is_broken(const struct store *s) { return atomic_load(&s->broken); }

/* transactions */

void db_begin(struct db *db, struct store *s, void *conn, enum tx tx)
{
    *db = (struct db){ .store = s, .conn = conn, .tx = tx };
    db->hooks_end = &db->hooks;
}

err db_fn(struct db *db, struct call *c, store_fn fn)
{
    c->db = db;
    err e = fn(c);
    c->db = NULL;
    return e == ERR_OK ? db->failed : e;
}

void db_run_hooks(struct db *db)
{
    for (struct hook *h = db->hooks; h; h = h->next) h->fn(h->arg);
}

err store_do(struct store *s, struct call *c, enum tx tx, store_fn fn)
{
    if (tx == TX_NONE) return fn(c);
    assert(!c->db);
    if (tx != TX_WRITE) return s->e->read(s, c, tx, fn);
    return atomic_load(&s->broken) ? ERR_BUSY : s->e->write(s, c, fn);
}

err store_write_later(struct store *s, struct call *c, store_fn fn, store_done done, void *arg)
{
    assert(!c->db);
    return atomic_load(&s->broken) ? ERR_BUSY : s->e->write_later(s, c, fn, done, arg);
}

err store_on_commit(struct call *c, void (*fn)(void *), void *arg)
{
    assert(c->db && c->db->tx == TX_WRITE);
    struct hook *h = NEW(c->mem, struct hook);
    if (!h) return ERR_NOMEM;
    *h = (struct hook){ NULL, fn, arg };
    *c->db->hooks_end = h;
    c->db->hooks_end = &h->next;
    return ERR_OK;
}

err store_lock(struct call *c, const char *kind, str id)
{
    assert(c->db && c->db->tx == TX_WRITE);
    str name;
    TRY(arena_printf(c->mem, &name, "%s:" STR_FMT, kind, STR_ARG(id)));
    if (c->db->failed) return c->db->failed;
    return c->db->store->e->lock(c, name);
}

static err trial(struct db *db, struct call *c, bool keep, store_fn fn)
{
    const struct engine *e = db->store->e;
    struct hook **end = db->hooks_end;
    TRY(e->trial_begin(db));
    TRY(fn(c));
    if (db->failed) return db->failed;
    TRY(e->trial_end(db, keep));
    if (!keep) *(db->hooks_end = end) = NULL;
    return ERR_OK;
}

err store_trial(struct call *c, bool keep, store_fn fn)
{
    struct db *db = c->db;
    assert(db && db->tx == TX_WRITE);
    if (db->failed) return db->failed;
    err e = trial(db, c, keep, fn);
    if (e != ERR_OK && !db->failed) db->failed = e; /* what fn has done by then must not be kept */
    return e;
}

/* statements */

static err text_fits(struct call *c, str s)
{
    /* PostgreSQL refuses such text, SQLite would keep it: so that both answer alike, neither sees it. */
    if (str_utf8_ok(s) && (s.n == 0 || !memchr(s.p, '\0', s.n))) return ERR_OK;
    return fail(c, ERR_INPUT, NULL, "text must be well-formed UTF-8 without NUL");
}

static err params_read(struct call *c, const struct query *q, va_list args, struct params *out)
{
    struct letter l;
    out->n = 0;
    for (const char *at = q->in; letter_next(&at, &l);) {
        assert(out->n < STORE_PARAMS_MAX);
        struct param *p = &out->v[out->n++];
        *p = (struct param){ .kind = l.kind };
        if (l.kind != 'i') {
            p->s = va_arg(args, str);
            p->null = str_absent(p->s);
            assert(l.null_ok || !p->null);
            if (l.kind == 't' && !p->null) TRY(text_fits(c, p->s));
        } else if (l.null_ok) {
            const int64_t *i = va_arg(args, const int64_t *);
            p->null = !i;
            if (i) p->i = *i;
        } else {
            p->i = va_arg(args, int64_t);
        }
    }
    return ERR_OK;
}

static err statement(struct call *c, const struct query *q, va_list args, struct result *out)
{
    struct db *db = c->db;
    struct params in;
    assert(db);
    if (db->failed) return db->failed;
    err e = params_read(c, q, args, &in);
    if (e == ERR_OK) e = db->store->e->run(db, c->mem, q, &in, out);
    if (e != ERR_OK) db->failed = e;
    return e;
}

err db_run(struct call *c, const struct query *q, ...)
{
    va_list args;
    struct result r = { .later = true };
    va_start(args, q);
    err e = statement(c, q, args, &r);
    va_end(args);
    return e;
}

err db_run_count(struct call *c, const struct query *q, int64_t *changed, ...)
{
    va_list args;
    struct result r = { .most = 0 };
    va_start(args, changed);
    err e = statement(c, q, args, &r);
    va_end(args);
    if (e == ERR_OK) *changed = r.changed;
    return e;
}

err db_find(struct call *c, const struct query *q, struct cell **out, ...)
{
    va_list args;
    struct result r = { .most = 1 };
    va_start(args, out);
    err e = statement(c, q, args, &r);
    va_end(args);
    if (e == ERR_OK) *out = r.first ? r.first->cells : NULL;
    return e;
}

err db_get(struct call *c, const struct query *q, struct cell **out, ...)
{
    va_list args;
    struct result r = { .most = 1 };
    va_start(args, out);
    err e = statement(c, q, args, &r);
    va_end(args);
    if (e == ERR_OK && !r.first) e = ERR_NOT_FOUND;
    if (e == ERR_OK) *out = r.first->cells;
    return e;
}

err db_list(struct call *c, const struct query *q, struct rows *out, ...)
{
    va_list args;
    struct result r = { .most = SIZE_MAX };
    va_start(args, out);
    err e = statement(c, q, args, &r);
    va_end(args);
    if (e != ERR_OK) return e;
    struct rows all = { NEW_N(c->mem, struct cell *, r.n), r.n };
    if (!all.row) return ERR_NOMEM;
    size_t i = 0;
    for (struct row *row = r.first; row; row = row->next) all.row[i++] = row->cells;
    *out = all;
    return ERR_OK;
}

/* the store as a whole */

err store_open(struct arena *a, const struct store_options *o, struct store **out, str *why)
{
    static const struct {
        const char *scheme;
        const struct engine *engine;
    } engines[] = { { "sqlite:", &store_sqlite }, { "postgresql://", &store_postgresql }, { "postgres://", &store_postgresql } };
    struct store *s = NEW(a, struct store);
    if (!s) return ERR_NOMEM;
    for (size_t i = 0; i < COUNT_OF(engines); i++)
        if (str_starts(str_c(o->url), str_c(engines[i].scheme))) s->e = engines[i].engine;
    if (!s->e) {
        /* Not the URL itself: it may hold a password. */
        *why = STR("store.url must begin with sqlite: or postgresql://");
        return ERR_INPUT;
    }
    s->on_break = o->on_break;
    news_open(s);
    err e = s->e->open(s, a, o, why);
    if (e != ERR_OK) return news_close(s), e;
    *out = s;
    return ERR_OK;
}

void store_close(struct store *s)
{
    if (!s) return;
    s->e->close(s);
    news_close(s);
}

bool store_reads_fast(const struct store *s) { return s->e->reads_fast; }
bool store_reachable(struct store *s) { return !atomic_load(&s->broken) && s->e->reachable(s); }
const char *store_engine(const struct store *s) { return s->e->name; }

void store_stats(struct store *s, struct store_stats *out)
{
    *out = (struct store_stats){
        .commits = atomic_load(&s->commits),
        .writes = atomic_load(&s->writes),
        .retries = atomic_load(&s->retries),
        .queue_depth = atomic_load(&s->queue_depth),
        .busy = atomic_load(&s->busy),
    };
}
