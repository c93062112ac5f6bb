/* http/client.c: one request and its redirects over libcurl; see client.h for what it promises. */
#include "http/client_int.h"
#include "base/buf.h"
#include "base/clock.h"
#include "base/fault.h"
#include <stdatomic.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_MS = 5000, URL_MAX = 16 << 10 };

static struct http_client_options setup;
static atomic_bool hurried;

err http_client_init(const struct http_client_options *o)
{
    setup = *o;
    return !fault_here() && curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? ERR_OK : ERR_NOMEM;
}

void http_client_hurry(void) { atomic_store(&hurried, true); }

const char *client_ca_file(void) { return setup.ca_file; }
bool client_allows_private(void) { return setup.allow_private; }

static int on_progress(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
    (void)arg, (void)a, (void)b, (void)c, (void)d;
    return atomic_load(&hurried);
}

CURL *client_easy(int64_t timeout_ms, const char *ca_file)
{
    CURL *h = fault_here() ? NULL : curl_easy_init();
    err bad = ERR_OK;
    if (!h) return NULL;
    CLIENT_SET(h, &bad, CURLOPT_NOSIGNAL, 1L);
    CLIENT_SET(h, &bad, CURLOPT_PROXY, "");
    CLIENT_SET(h, &bad, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
    CLIENT_SET(h, &bad, CURLOPT_CONNECTTIMEOUT_MS, (long)(timeout_ms < CONNECT_MS ? timeout_ms : CONNECT_MS));
    CLIENT_SET(h, &bad, CURLOPT_NOPROGRESS, 0L);
    CLIENT_SET(h, &bad, CURLOPT_XFERINFOFUNCTION, on_progress);
    CLIENT_SET(h, &bad, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    /* A name that takes its time must not hold the caller beyond the time-out. */
    CLIENT_SET(h, &bad, CURLOPT_QUICK_EXIT, 1L);
    /* Kept for a next call, a connection would take leave of the peer when the handle is freed, without any time-out of ours. */
    CLIENT_SET(h, &bad, CURLOPT_FORBID_REUSE, 1L);
    if (ca_file) CLIENT_SET(h, &bad, CURLOPT_CAINFO, ca_file);
    if (!bad && !fault_here()) return h;
    curl_easy_cleanup(h);
    return NULL;
}

/* one exchange */

struct hop {
    struct call *c;
    const struct client_request *in;
    enum method method;
    const char *url;
    str body;
    bool same_origin; /* as the first hop's: all headers may go there */
    /* What comes of it. */
    str host;                      /* "example.com", for messages */
    bool refused, too_large, deaf; /* deaf: out of memory */
    bool head_done;
    size_t head_bytes, max;
    struct header *headers;
    size_t n_headers;
    struct buf got;
};

static curl_socket_t on_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct hop *p = arg;
    (void)purpose;
    if (!p->in->allow_private && !setup.allow_private && !http_address_is_public(&a->addr)) {
        p->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static bool keep_header(struct hop *p, str line)
{
    str name, value = line;
    if (!str_cut(&value, ':', &name)) return true;
    if (p->n_headers == CLIENT_HEADERS_MAX) return p->too_large = true, false;
    struct header *h = &p->headers[p->n_headers];
    if (arena_str(p->c->mem, name, &h->name) != ERR_OK || arena_str(p->c->mem, str_trim(value), &h->value) != ERR_OK) return p->deaf = true, false;
    p->n_headers++;
    return true;
}

/* A line of a head; of 1xx replies and trailers nothing is kept. */
static size_t on_header(char *at, size_t one, size_t n, void *arg)
{
    struct hop *p = arg;
    str line = { at, one * n };
    p->head_bytes += line.n;
    if (p->head_bytes > CLIENT_HEAD_MAX) return p->too_large = true, 0;
    if (str_starts(line, STR("HTTP/"))) {
        p->n_headers = 0;
        p->head_done = false;
    } else if (str_trim(line).n == 0) {
        p->head_done = true;
    } else if (!p->head_done && !keep_header(p, line)) {
        return 0;
    }
    return line.n;
}

static size_t on_body(char *at, size_t one, size_t n, void *arg)
{
    struct hop *p = arg;
    str bytes = { at, one * n };
    if (bytes.n > p->max - p->got.n) return p->too_large = true, 0;
    buf_add(&p->got, bytes);
    if (buf_ok(&p->got) != ERR_OK) return p->deaf = true, 0;
    return bytes.n;
}

static bool has_break(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 ? s.p[i] != '\t' : s.p[i] == 0x7f) return true;
    return false;
}

/* token of RFC 9110 5.6.2. */
static bool is_token(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f || strchr("\"(),/:;<=>?@[\\]{}", s.p[i])) return false;
    return s.n > 0;
}

static bool goes_anywhere(str name)
{
    static const char *const names[] = { "accept", "accept-language", "content-type", "user-agent" };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq_nocase(name, str_c(names[i]))) return true;
    return false;
}

static err add_line(struct curl_slist **list, const char *line)
{
    struct curl_slist *longer = fault_here() ? NULL : curl_slist_append(*list, line);
    if (!longer) return ERR_NOMEM;
    *list = longer;
    return ERR_OK;
}

/* The caller's headers as the library wants them; ";" says that an empty one is meant. */
static err header_lines(struct hop *p, struct curl_slist **out)
{
    bool typed = false;
    TRY(add_line(out, "Expect:")); /* would cost a second with servers that do not know it */
    for (size_t i = 0; i < p->in->n_headers; i++) {
        const struct header *h = &p->in->headers[i];
        str line;
        if (!is_token(h->name) || has_break(h->value)) return fail(p->c, ERR_INPUT, NULL, "a header of the request cannot be sent");
        if (!p->same_origin && !goes_anywhere(h->name)) continue;
        typed |= str_eq_nocase(h->name, STR("content-type"));
        TRY(arena_printf(p->c->mem, &line, h->value.n ? STR_FMT ": " STR_FMT : STR_FMT ";" STR_FMT, STR_ARG(h->name), STR_ARG(h->value)));
        TRY(add_line(out, line.p));
    }
    /* Not the library's guess. */
    return typed ? ERR_OK : add_line(out, "Content-Type:");
}

static err describe(CURL *h, struct hop *p, const struct curl_slist *lines)
{
    err bad = ERR_OK;
    CLIENT_SET(h, &bad, CURLOPT_URL, p->url);
    CLIENT_SET(h, &bad, CURLOPT_PROTOCOLS_STR, "http,https");
    CLIENT_SET(h, &bad, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    CLIENT_SET(h, &bad, CURLOPT_HTTPHEADER, lines);
    CLIENT_SET(h, &bad, CURLOPT_OPENSOCKETFUNCTION, on_socket);
    CLIENT_SET(h, &bad, CURLOPT_OPENSOCKETDATA, p);
    CLIENT_SET(h, &bad, CURLOPT_HEADERFUNCTION, on_header);
    CLIENT_SET(h, &bad, CURLOPT_HEADERDATA, p);
    CLIENT_SET(h, &bad, CURLOPT_WRITEFUNCTION, on_body);
    CLIENT_SET(h, &bad, CURLOPT_WRITEDATA, p);
    if (p->method == M_HEAD) {
        CLIENT_SET(h, &bad, CURLOPT_NOBODY, 1L);
        return bad;
    }
    /* A body that is announced as too large is not fetched at all. */
    CLIENT_SET(h, &bad, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)p->max);
    if (!str_absent(p->body) || p->method == M_POST) {
        CLIENT_SET(h, &bad, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->body.n);
        CLIENT_SET(h, &bad, CURLOPT_POSTFIELDS, p->body.n ? p->body.p : "");
    }
    CLIENT_SET(h, &bad, CURLOPT_CUSTOMREQUEST, method_name(p->method));
    return bad;
}

static err judge(const struct hop *p, CURLcode code)
{
    struct call *c = p->c;
    if (p->deaf || code == CURLE_OUT_OF_MEMORY) return ERR_NOMEM;
    if (p->too_large || code == CURLE_FILESIZE_EXCEEDED) return fail(c, ERR_LIMIT, NULL, STR_FMT ": the answer is too large", STR_ARG(p->host));
    /* The library takes a connection that ends within the head for the end of the head. */
    if (code == CURLE_OK) return p->head_done ? ERR_OK : fail(c, ERR_BUSY, NULL, STR_FMT ": the answer was cut off", STR_ARG(p->host));
    /* Another address of the same name may have answered; only if none did is it refused. */
    if (p->refused) return fail(c, ERR_FORBIDDEN, NULL, STR_FMT ": not a public address", STR_ARG(p->host));
    if (code == CURLE_ABORTED_BY_CALLBACK) return fail(c, ERR_BUSY, NULL, STR_FMT ": given up, since the server stops", STR_ARG(p->host));
    return fail(c, ERR_BUSY, NULL, STR_FMT ": %s", STR_ARG(p->host), curl_easy_strerror(code));
}

/* *next: where a redirect leads, NULL if nowhere. */
static err take_reply(CURL *h, struct hop *p, struct client_reply *out, const char **next)
{
    struct call *c = p->c;
    long status = 0;
    char *url = NULL;
    if (curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK || curl_easy_getinfo(h, CURLINFO_REDIRECT_URL, &url) != CURLE_OK) return ERR_NOMEM;
    *next = url ? arena_z(c->mem, str_c(url)) : NULL;
    if (url && !*next) return ERR_NOMEM;
    *out = (struct client_reply){ .status = (int)status, .headers = p->headers, .n_headers = p->n_headers };
    out->type = client_header(out, "content-type");
    return buf_to_arena(&p->got, c->mem, &out->body);
}

static err exchange(struct hop *p, int64_t timeout_ms, struct client_reply *out, const char **next)
{
    struct curl_slist *lines = NULL;
    p->headers = NEW_N(p->c->mem, struct header, CLIENT_HEADERS_MAX);
    if (!p->headers) return ERR_NOMEM;
    if (timeout_ms <= 0 || atomic_load(&hurried)) return fail(p->c, ERR_BUSY, NULL, STR_FMT ": the time is over", STR_ARG(p->host));
    CURL *h = client_easy(timeout_ms, setup.ca_file);
    p->got = BUF(p->max);
    err e = h ? header_lines(p, &lines) : ERR_NOMEM;
    if (!e) e = describe(h, p, lines);
    if (!e) e = judge(p, curl_easy_perform(h));
    if (!e) e = take_reply(h, p, out, next);
    buf_release(&p->got);
    curl_slist_free_all(lines);
    if (h) curl_easy_cleanup(h);
    return e;
}

/* where it goes */

struct origin {
    str scheme, host, port;
};

static err url_part(struct arena *a, CURLU *u, CURLUPart what, unsigned flags, str *out)
{
    char *z = NULL;
    if (curl_url_get(u, what, &z, flags) != CURLUE_OK) return ERR_NOMEM;
    err e = arena_str(a, str_c(z), out);
    curl_free(z);
    return e;
}

/* ERR_INPUT: not http or https, a user or password in it, or no URL at all. */
static err origin_of(struct arena *a, const char *url, struct origin *out)
{
    CURLU *u = fault_here() ? NULL : curl_url();
    if (!u) return ERR_NOMEM;
    CURLUcode code = curl_url_set(u, CURLUPART_URL, url, CURLU_DISALLOW_USER | CURLU_NON_SUPPORT_SCHEME);
    err e = code == CURLUE_OK ? ERR_OK : code == CURLUE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_INPUT;
    if (!e) e = url_part(a, u, CURLUPART_SCHEME, 0, &out->scheme);
    if (!e && !str_is(out->scheme, "http") && !str_is(out->scheme, "https")) e = ERR_INPUT;
    if (!e) e = url_part(a, u, CURLUPART_HOST, 0, &out->host);
    if (!e) e = url_part(a, u, CURLUPART_PORT, CURLU_DEFAULT_PORT, &out->port);
    curl_url_cleanup(u);
    return e;
}

static bool same_origin(const struct origin *a, const struct origin *b)
{
    return str_eq(a->scheme, b->scheme) && str_eq_nocase(a->host, b->host) && str_eq(a->port, b->port);
}

static bool is_redirect(int status) { return status == 301 || status == 302 || status == 303 || status == 307 || status == 308; }

/* Turns p into the next hop; *go says whether there is one. */
static err turn(struct hop *p, int status, const char *next, const struct origin *first, struct origin *now, bool *go)
{
    struct origin to;
    *go = false;
    if (!p->in->follow || !next || !is_redirect(status)) return ERR_OK;
    err e = origin_of(p->c->mem, next, &to);
    if (e == ERR_INPUT) return fail(p->c, ERR_FORBIDDEN, NULL, STR_FMT ": redirects to something that is no http or https URL", STR_ARG(p->host));
    TRY(e);
    if (str_is(now->scheme, "https") && !str_is(to.scheme, "https"))
        return fail(p->c, ERR_FORBIDDEN, NULL, STR_FMT ": redirects from https to http", STR_ARG(p->host));
    bool becomes_get = (status == 303 && p->method != M_HEAD) || (status < 303 && p->method == M_POST);
    if (becomes_get) {
        p->method = M_GET;
        p->body = STR_NULL;
    }
    p->same_origin = p->same_origin && same_origin(first, &to);
    if (!p->same_origin && !str_absent(p->body)) return ERR_OK;
    *now = to;
    p->url = next;
    *go = true;
    return ERR_OK;
}

err http_client_do(struct call *c, const struct client_request *in, struct client_reply *out)
{
    int64_t end = clock_mono_ms() + (in->timeout_ms > 0 ? in->timeout_ms : CLIENT_TIMEOUT_MS);
    struct hop p = { .c = c, .in = in, .method = in->method, .body = in->body, .same_origin = true, .max = in->max_bytes ? in->max_bytes : CLIENT_MAX_BYTES };
    struct origin first, now;
    *out = (struct client_reply){ 0 };
    if (in->url.n > URL_MAX || has_break(in->url) || str_find(in->url, ' ', 0) < in->url.n) return fail(c, ERR_INPUT, NULL, "not an http or https URL");
    p.url = arena_z(c->mem, in->url);
    if (!p.url) return ERR_NOMEM;
    err e = origin_of(c->mem, p.url, &first);
    if (e == ERR_INPUT) return fail(c, e, NULL, "not an http or https URL");
    TRY(e);
    now = first;
    for (int hops = 0;; hops++) {
        struct client_reply r = { 0 };
        const char *next = NULL;
        bool go;
        p.host = now.host;
        p.head_bytes = 0;
        TRY(exchange(&p, end - clock_mono_ms(), &r, &next));
        TRY(turn(&p, r.status, next, &first, &now, &go));
        if (!go) return *out = r, ERR_OK;
        if (hops == CLIENT_REDIRECTS) return fail(c, ERR_LIMIT, NULL, STR_FMT ": redirects too often", STR_ARG(p.host));
    }
}

str client_header(const struct client_reply *r, const char *name)
{
    for (size_t i = 0; i < r->n_headers; i++)
        if (str_eq_nocase(r->headers[i].name, str_c(name))) return r->headers[i].value;
    return STR_NULL;
}
