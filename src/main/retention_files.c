/* main/retention_files.c: the periodic job that removes files which no row names any more: contents of uploads whose sessions are gone, and what was kept for
 * a row that never came. Contents are shared, so only the rows tell. */
#include "base/clock.h"
#include "base/log.h"
#include "main/app.h"
#include "main/retention.h"

enum { ASK_ARENA = 64 << 10 };

struct round {
    const struct job *j;
    int64_t end_ms;
};

struct asking {
    const char (*names)[FILES_NAME];
    size_t n;
    bool *out;
};

_Static_assert(FILES_ASKED == 16, "as many parameters as the queries have");

static err ask(struct call *c)
{
    const struct asking *a = c->state;
    str v[FILES_ASKED];
    struct rows rows;
    for (size_t i = 0; i < FILES_ASKED; i++) v[i] = (str){ a->names[i < a->n ? i : 0], FILES_NAME };
    for (const struct files_column *const *f = app_files; *f; f++) {
        TRY(db_list(c, &(*f)->some, &rows, v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8], v[9], v[10], v[11], v[12], v[13], v[14], v[15]));
        for (size_t r = 0; r < rows.n; r++)
            for (size_t i = 0; i < a->n; i++) a->out[i] |= str_eq(rows.row[r][0].s, v[i]);
    }
    return ERR_OK;
}

static err named(void *arg, const char (*names)[FILES_NAME], size_t n, bool *out)
{
    const struct round *r = arg;
    struct asking a = { names, n, out };
    struct call c = { .mem = arena_new(ASK_ARENA), .state = &a };
    if (!c.mem) return ERR_NOMEM;
    err e = store_do(r->j->store, &c, TX_READ, ask);
    arena_free(c.mem);
    return e;
}

static bool stop(void *arg)
{
    const struct round *r = arg;
    return retention_round_over(r->j, r->end_ms);
}

/* ERR_BUSY: the time is over, or a backup holds the files; the next round goes on there. */
static err run(struct call *c, const struct job *j, void *arg)
{
    struct files_round *of = arg;
    struct round r = { j, clock_mono_ms() + RETENTION_ROUND_MS };
    int64_t gone = 0;
    (void)c;
    err e = files_collect(of->files, &(struct files_collect){ of->keep_s, &r, named, stop }, &of->at, &gone);
    if (gone) LOG(LOG_INFO, "files that nothing named removed", LOG_I("files", gone));
    return e == ERR_BUSY ? ERR_OK : e;
}

struct job_kind files_kind(struct files_round *of, int64_t every_s) { return retention_job("files", run, of, every_s); }
