/* http/head.c: the library's view of a request head as structs of ours. */
#include "http/http_int.h"

/* Text the library owns until the request is completed: borrowed, not copied. */
struct collect {
    struct header *v;
    size_t n, room;
};

static str without_blanks(str s)
{
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) s = str_from(s, 1);
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) s.n--;
    return s;
}

static enum MHD_Result collect_one(void *cls, enum MHD_ValueKind kind, const char *name, size_t name_n, const char *value, size_t value_n)
{
    (void)kind;
    struct collect *to = cls;
    if (to->n == to->room) return MHD_NO;
    to->v[to->n++] = (struct header){ { name, name_n }, { value ? value : "", value_n } };
    return MHD_YES;
}

/* libmicrohttpd 0.9.75 takes a bare LF for a line's end, cuts values at NUL, glues folded lines to the header's *name*, and takes a line
 * without a name for the end of the head. It hands out pointers into the one buffer that holds the head, so each of these shows as a
 * seam of the wrong width: between value and next name stand CR and LF, nothing else. Only compared, never read. Later libraries refuse
 * all of it themselves. */
static bool is_torn(const struct exchange *x, const struct gate_head *h)
{
    const char *at = h->method.p + h->method.n + 1;
    if (x->target_at != at || h->version.p != at + x->target_n + 1) return true;
    at = h->version.p + h->version.n + 2;
    for (size_t i = 0; i < h->n_headers; i++) {
        if (h->headers[i].name.p != at) return true;
        at = h->headers[i].value.p + h->headers[i].value.n + 2;
    }
    return at + 2 != h->method.p + h->bytes;
}

err head_read(struct exchange *x, struct MHD_Connection *con, const char *method, const char *version, struct gate_head *out)
{
    int count = MHD_get_connection_values_n(con, MHD_HEADER_KIND, NULL, NULL);
    struct collect all = { .room = count > 0 ? (size_t)count : 0 };
    all.v = NEW_N(x->mem, struct header, all.room);
    if (!all.v) return ERR_NOMEM;
    if (all.room) MHD_get_connection_values_n(con, MHD_HEADER_KIND, collect_one, &all);
    const union MHD_ConnectionInfo *size = MHD_get_connection_info(con, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    *out = (struct gate_head){
        .method = str_c(method),
        .version = str_c(version),
        .target = x->rq.target,
        .headers = all.v,
        .n_headers = all.n,
        .bytes = size ? size->header_size : 0,
    };
    out->torn = x->http->seams && is_torn(x, out);
    for (size_t i = 0; i < all.n; i++) all.v[i].value = without_blanks(all.v[i].value);
    x->rq.headers = all.v;
    x->rq.n_headers = all.n;
    return ERR_OK;
}
