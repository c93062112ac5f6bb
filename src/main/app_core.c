/* main/app_core.c: what the core room asks of the whole program: readiness and the numbers of /metrics. */
#include "base/clock.h"
#include "main/app.h"
#include "rooms/core/core.h"

static size_t missing(void *self, const char *out[static CORE_MISSING_MAX])
{
    struct app *a = self;
    size_t      n = 0, count;
    if (!store_reachable(a->store)) return out[n++] = "store", n;
    struct arena *mem = arena_new(1 << 20);
    if (!mem) return out[n++] = "memory", n;
    CLEANUP(buf_release) struct buf lines = BUF(1 << 20);
    bool current = false;
    const struct migration *all = app_migrations(mem, &count);
    if (!all || store_migration_status(a->store, mem, all, count, &lines, &current) != ERR_OK || !current) out[n++] = "schema";
    arena_free(mem);
    return n;
}

static void numbers(void *self, struct core_numbers *out)
{
    struct app *a = self;
    *out = (struct core_numbers){ .started_at_ms = a->started_at_ms };
    if (a->router) router_stats(a->router, &out->route);
    store_stats(a->store, &out->store);
    workers_stats(a->workers, &out->workers);
    out->passwords_waiting = auth_passwords_waiting(a->auth);
    if (!a->http) return;
    http_stats(a->http, &out->http);
    out->running_now = http_running(a->http);
}

err app_core_family(struct app *a, const struct family **out)
{
    struct core_options o = { .metrics_apart = a->config->metrics_listen.n > 0,  .families = a->rooms, .version = CHANCERY_VERSION, .auth = a->auth, .store = a->store, .jobs = a->jobs, .missing = missing,
                              .numbers = numbers, .self = a };
    a->started_at_ms = clock_now_ms();
    return core_family(a->mem, &o, out);
}

err app_start_metrics(struct app *a, str *why)
{
    static const struct family *alone[2];
    struct core_options o = { .version = CHANCERY_VERSION, .numbers = numbers, .self = a };
    TRY(core_metrics_family(a->mem, &o, &alone[0]));
    struct router_options r = { .families = alone };
    return router_new(a->mem, &r, &a->metrics_router, why);
}
