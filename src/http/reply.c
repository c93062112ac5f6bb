/* http/reply.c: struct reply -> the library's response. The body is not copied: it lives in the exchange's arena until completion. */
#include "http/http_int.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"

void reply_header(struct reply *r, str name, str value)
{
    bool odd = memchr(value.n ? value.p : "", '\0', value.n) || str_find(value, '\r', 0) < value.n || str_find(value, '\n', 0) < value.n;
    if (odd || r->n_headers == REPLY_HEADERS_MAX) {
        LOG(LOG_ERROR, "reply header dropped", LOG_S("name", name), LOG_S("why", odd ? STR("line break or NUL") : STR("too many")));
        return;
    }
    r->headers[r->n_headers++] = (struct header){ name, value };
}

void reply_refuse(struct reply *r, int status, const char *why)
{
    r->status = status;
    r->type = STR("text/plain; charset=utf-8");
    r->body = str_c(why);
    r->close = true;
}

/* The library wants C strings and copies them. */
static bool add(struct arena *a, struct MHD_Response *to, str name, str value)
{
    char room[512];
    const char *z_name, *z_value;
    if (name.n + value.n + 2 <= sizeof room) {
        memcpy(room, name.p, name.n);
        room[name.n] = '\0';
        if (value.n) memcpy(room + name.n + 1, value.p, value.n);
        room[name.n + 1 + value.n] = '\0';
        z_name = room;
        z_value = room + name.n + 1;
    } else {
        z_name = arena_z(a, name);
        z_value = arena_z(a, value);
        if (!z_name || !z_value) return false;
    }
    /* An empty value is legal HTTP, but the library has no way to send it. */
    return value.n == 0 || MHD_add_response_header(to, z_name, z_value) == MHD_YES;
}

/* The same text for a whole second: each I/O thread keeps its own. */
static str date_now(void)
{
    static _Thread_local int64_t second = -1;
    static _Thread_local char text[CLOCK_HTTP_MAX];
    static _Thread_local size_t n;
    int64_t now = clock_now_ms();
    if (now / 1000 != second) {
        n = clock_http(now, text);
        second = now / 1000;
    }
    return (str){ text, n };
}

static bool add_all(struct exchange *x, struct MHD_Response *to)
{
    const struct reply *r = &x->reply;
    bool ok = add(x->mem, to, STR("Date"), date_now());
    if (x->rq.id.n) ok &= add(x->mem, to, STR("X-Request-Id"), x->rq.id);
    if (r->type.n) ok &= add(x->mem, to, STR("Content-Type"), r->type);
    for (size_t i = 0; i < r->n_headers; i++) ok &= add(x->mem, to, r->headers[i].name, r->headers[i].value);
    if (x->close) ok &= add(x->mem, to, STR("Connection"), STR("close"));
    return ok;
}

/* 204 and 304 have no body. The library leaves Content-Length out of a 204 by itself; for a 304 only later ones can, and before that it is best the
 * length of what a 200 would carry (RFC 9110 8.6), which the handler may leave in body. */
static struct MHD_Response *response_new(const struct reply *r)
{
    str body = r->body;
    void *bytes;
#if MHD_VERSION >= 0x00097701
    if (r->no_length) body = STR_NULL;
#else
    if (r->no_length && r->status != 304) body = STR_NULL;
#endif
    bytes = (void *)(uintptr_t)body.p; /* not written to; the library's signature is just older than that promise */
    if (fault_here()) return NULL;
    struct MHD_Response *made = MHD_create_response_from_buffer(body.n, body.n ? bytes : NULL, MHD_RESPMEM_PERSISTENT);
#if MHD_VERSION >= 0x00097701
    if (made && r->no_length) MHD_set_response_options(made, MHD_RF_HEAD_ONLY_RESPONSE, MHD_RO_END);
#endif
    return made;
}

enum MHD_Result reply_send(struct exchange *x, struct MHD_Connection *con)
{
    struct http *s = x->http;
    struct reply *r = &x->reply;
    if (r->status < 200 || r->status > 599) {
        LOG(LOG_ERROR, "reply without status", LOG_I("status", r->status), LOG_S("id", x->rq.id));
        reply_refuse(r, 500, "no reply");
    }
    x->close |= r->close || atomic_load_explicit(&s->closing, memory_order_relaxed);
    struct MHD_Response *response = response_new(r);
    enum MHD_Result queued = MHD_NO;
    if (response && add_all(x, response)) {
        x->step = STEP_REPLIED;
        atomic_store_explicit(&x->conn->deadline_ms, clock_mono_ms() + s->opt.idle_ms + (int64_t)r->body.n, memory_order_relaxed);
        atomic_store(&x->conn->phase, PHASE_SEND);
        queued = MHD_queue_response(con, (unsigned)r->status, response);
    }
    if (response) MHD_destroy_response(response);
    return queued;
}
