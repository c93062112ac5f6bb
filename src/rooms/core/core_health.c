/* rooms/core/core_health.c: is the process alive, is the server ready, what has it done so far. */
#include "rooms/core/core_int.h"

err core_healthz(struct call *c) { return reply_text(c, 200, "text/plain; charset=utf-8", STR("ok")); }

err core_readyz(struct call *c)
{
    const struct core_options *o = &core_of(c)->options;
    const char *missing[CORE_MISSING_MAX];
    size_t n = o->missing ? o->missing(o->self, missing) : 0;
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    str json;
    jw_open(&w, '[');
    for (size_t i = 0; i < n; i++) jw_str(&w, str_c(missing[i]));
    jw_close(&w, ']');
    TRY(buf_to_arena(&b, c->mem, &json));
    if (n) reply_header(c->reply, STR("Retry-After"), STR("1"));
    return reply_json(c, n ? 503 : 200, json);
}

/* One line of the table is one number; the same family name in a row shares the head. */
static const struct metric {
    const char *name, *label, *type, *help;
    size_t at;
} metrics[] = {
#define NUMBER(member) offsetof(struct core_numbers, member)
    { "chancery_requests_total", NULL, "counter", "Requests answered.", NUMBER(route.requests) },
    { "chancery_responses_total", "class=\"2xx\"", "counter", "Replies by class of status.", NUMBER(route.by_class[2]) },
    { "chancery_responses_total", "class=\"3xx\"", NULL, NULL, NUMBER(route.by_class[3]) },
    { "chancery_responses_total", "class=\"4xx\"", NULL, NULL, NUMBER(route.by_class[4]) },
    { "chancery_responses_total", "class=\"5xx\"", NULL, NULL, NUMBER(route.by_class[5]) },
    { "chancery_request_milliseconds_total", NULL, "counter", "Time from head to completion, summed.", NUMBER(route.ms_sum) },
    { "chancery_slow_lane_waiting", NULL, "gauge", "Requests waiting for the slow lane.", NUMBER(route.slow_depth) },
    { "chancery_refused_busy_total", NULL, "counter", "Requests refused because a queue was full.", NUMBER(route.slow_refused) },
    { "chancery_connections_total", NULL, "counter", "Connections accepted, those refused for being too many included.", NUMBER(http.accepted) },
    { "chancery_connections", NULL, "gauge", "Connections open.", NUMBER(http.connections) },
    { "chancery_requests_running", NULL, "gauge", "Requests being served.", NUMBER(running_now) },
    { "chancery_heads_refused_total", NULL, "counter", "Requests refused by the gate.", NUMBER(http.refused_head) },
    { "chancery_connections_refused_total", NULL, "counter", "Connections beyond the limit.", NUMBER(http.over_limit) },
    { "chancery_body_bytes", NULL, "gauge", "Bytes of request bodies in memory, the first 16 KiB of each not counted.", NUMBER(http.body_bytes) },
    { "chancery_bodies_refused_total", NULL, "counter", "Request bodies refused because those in memory had reached max_body_memory_mb.",
      NUMBER(http.bodies_refused) },
    { "chancery_timeouts_total", NULL, "counter", "Connections cut because they were slow.", NUMBER(http.timeouts) },
    { "chancery_store_commits_total", NULL, "counter", "Durable commits.", NUMBER(store.commits) },
    { "chancery_store_writes_total", NULL, "counter", "Writes, several of which may share a commit.", NUMBER(store.writes) },
    { "chancery_store_retries_total", NULL, "counter", "Transactions run again.", NUMBER(store.retries) },
    { "chancery_store_busy_total", NULL, "counter", "Writes refused because the queue was full.", NUMBER(store.busy) },
    { "chancery_store_waiting", NULL, "gauge", "Writes waiting.", NUMBER(store.queue_depth) },
    { "chancery_workers", "state=\"alive\"", "gauge", "Interview workers.", NUMBER(workers.alive) },
    { "chancery_workers", "state=\"busy\"", NULL, NULL, NUMBER(workers.busy) },
    { "chancery_workers_started_total", NULL, "counter", "Interview workers started.", NUMBER(workers.started) },
    { "chancery_workers_killed_total", NULL, "counter", "Interview workers killed.", NUMBER(workers.killed) },
    { "chancery_worker_calls_total", NULL, "counter", "Calls made to interview workers.", NUMBER(workers.calls) },
    { "chancery_worker_calls_waiting", NULL, "gauge", "Calls waiting for a worker.", NUMBER(workers.waiting) },
    { "chancery_passwords_waiting", NULL, "gauge", "Passwords waiting to be hashed.", NUMBER(passwords_waiting) },
    { "chancery_hiring_join_tokens_total", NULL, "counter", "Tokens for LiveKit rooms minted.", NUMBER(join_tokens) },
    { "chancery_hiring_webhooks_refused_total", NULL, "counter", "Events of LiveKit whose signature was not good.", NUMBER(webhooks_refused) },
    { "chancery_hiring_api_key_uses_total", NULL, "counter", "Requests by API key of hiring.", NUMBER(api_key_uses) },
    { "chancery_hiring_outbox_age_seconds", NULL, "gauge", "Age of the oldest job about a LiveKit room that is not done.", NUMBER(room_jobs_age_s) },
    { "chancery_start_time_milliseconds", NULL, "gauge", "When the process started, Unix ms.", NUMBER(started_at_ms) },
#undef NUMBER
};

/* Prometheus text exposition format 0.0.4. */
err core_metrics(struct call *c)
{
    const struct core_options *o = &core_of(c)->options;
    struct core_numbers now = { 0 };
    CLEANUP(buf_release) struct buf b = BUF(65536);
    str text;
    if (o->numbers) o->numbers(o->self, &now);
    for (size_t i = 0; i < COUNT_OF(metrics); i++) {
        const struct metric *m = &metrics[i];
        if (m->type) buf_printf(&b, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name, m->type);
        int64_t v;
        memcpy(&v, (const char *)&now + m->at, sizeof v);
        buf_printf(&b, "%s%s%s%s %lld\n", m->name, m->label ? "{" : "", m->label ? m->label : "", m->label ? "}" : "", (long long)v);
    }
    if (o->more_numbers) o->more_numbers(o->self, &b);
    TRY(buf_to_arena(&b, c->mem, &text));
    return reply_text(c, 200, "text/plain; version=0.0.4; charset=utf-8", text);
}
