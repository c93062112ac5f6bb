/* main/app_core.c: what the core room asks of the whole program: readiness and the numbers of /metrics. */
#include "base/clock.h"
#include "main/app.h"
#include "rooms/core/core.h"

static size_t missing(void *self, const char *out[static CORE_MISSING_MAX])
{
    struct app *a = self;
    size_t n = 0, count;
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
    if (a->hiring) {
        struct hiring_numbers n;
        hiring_numbers(a->hiring, &n);
        out->join_tokens = n.tokens_minted, out->webhooks_refused = n.webhooks_refused, out->api_key_uses = n.key_uses, out->room_jobs_age_s = n.outbox_age_s;
    }
    if (!a->http) return;
    http_stats(a->http, &out->http);
    out->running_now = http_running(a->http);
}

/* the queue and its mails */

static void metric(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

struct depths {
    struct jobs_depth *all;
    size_t n;
};

static err depths_tx(struct call *c)
{
    struct depths *d = c->state;
    return jobs_depths(c, &d->all, &d->n);
}

static void write_depths(const struct depths *d, int64_t now_ms, struct buf *out)
{
    metric(out, "chancery_jobs", "gauge", "Jobs to do or dead, by kind and state, on all servers.");
    for (size_t i = 0; i < d->n; i++)
        buf_printf(out, "chancery_jobs{kind=\"" STR_FMT "\",state=\"" STR_FMT "\"} %lld\n", STR_ARG(d->all[i].kind), STR_ARG(d->all[i].state),
                   (long long)d->all[i].n);
    metric(out, "chancery_jobs_oldest_milliseconds", "gauge", "How long the job that waits longest is due already.");
    for (size_t i = 0; i < d->n; i++) {
        if (!str_is(d->all[i].state, "ready")) continue;
        int64_t age = now_ms - d->all[i].oldest_due_at_ms;
        buf_printf(out, "chancery_jobs_oldest_milliseconds{kind=\"" STR_FMT "\"} %lld\n", STR_ARG(d->all[i].kind), (long long)(age > 0 ? age : 0));
    }
}

static void write_counters(const struct app *a, struct buf *out)
{
    struct jobs_stats j;
    struct mail_stats m;
    jobs_stats(a->jobs, &j);
    mail_stats(a->mailer, &m);
    const struct {
        const char *outcome;
        int64_t n;
    } jobs[] = { { "done", j.done }, { "failed", j.failed }, { "dead", j.dead }, { "given_back", j.given_back }, { "lost", j.lost } },
      mails[] = { { "sent", m.sent }, { "failed", m.failed }, { "refused", m.refused } };
    metric(out, "chancery_jobs_running", "gauge", "Jobs that this server runs.");
    buf_printf(out, "chancery_jobs_running %lld\n", (long long)j.running);
    metric(out, "chancery_jobs_ended_total", "counter", "Runs of jobs by this server.");
    for (size_t i = 0; i < COUNT_OF(jobs); i++) buf_printf(out, "chancery_jobs_ended_total{outcome=\"%s\"} %lld\n", jobs[i].outcome, (long long)jobs[i].n);
    metric(out, "chancery_mails_total", "counter", "Mails sent, to be tried again, and refused for good, by this server.");
    for (size_t i = 0; i < COUNT_OF(mails); i++) buf_printf(out, "chancery_mails_total{outcome=\"%s\"} %lld\n", mails[i].outcome, (long long)mails[i].n);
}

/* A store that cannot be asked leaves its lines out; the rest is worth having. */
static void more_numbers(void *self, struct buf *out)
{
    struct app *a = self;
    struct depths d = { 0 };
    struct call c;
    write_counters(a, out);
    if (app_call(a, &c) != ERR_OK) return;
    c.state = &d;
    if (store_do(a->store, &c, TX_READ, depths_tx) == ERR_OK) write_depths(&d, c.now_ms, out);
    arena_free(c.mem);
}

err app_core_family(struct app *a, const struct family **out)
{
    struct core_options o = { .metrics_apart = a->config->metrics_listen.n > 0,
                              .families = a->rooms,
                              .version = CHANCERY_VERSION,
                              .auth = a->auth,
                              .store = a->store,
                              .jobs = a->jobs,
                              .missing = missing,
                              .numbers = numbers,
                              .more_numbers = more_numbers,
                              .self = a };
    a->started_at_ms = clock_now_ms();
    return core_family(a->mem, &o, out);
}

err app_start_metrics(struct app *a, str *why)
{
    static const struct family *alone[2];
    struct core_options o = { .version = CHANCERY_VERSION, .numbers = numbers, .more_numbers = more_numbers, .self = a };
    TRY(core_metrics_family(a->mem, &o, &alone[0]));
    struct router_options r = { .families = alone, .store = a->store, .slow_threads = 1, .slow_queue = 16, .arena_max = 1 << 20 };
    return router_new(a->mem, &r, &a->metrics_router, why);
}
