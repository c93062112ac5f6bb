/* http/http.h: bytes in -> struct req, struct reply -> bytes out. Knows no URL of ours; the only home of microhttpd.h.
 *
 * One epoll loop per I/O thread. For each complete request http calls handler.serve() on the I/O thread; that either fills the reply and returns
 * SERVE_NOW, or calls http_defer() first, hands the exchange to another thread and returns SERVE_LATER; somebody then calls http_answer() exactly
 * once. Between http_defer and http_answer nothing of the connection is touched but through these two functions. The arena is emptied
 * when the library reports the request completed. Protocol strictness (server.md 3) is one gate, http/gate.c; docs/http.md lists the cases. */
#pragma once
#include "base/call.h"
#include "base/str.h"

enum method { M_GET = 1, M_HEAD = 2, M_POST = 4, M_PUT = 8, M_PATCH = 16, M_DELETE = 32, M_OPTIONS = 64, M_OTHER = 128 };
const char *method_name(enum method m);

struct header {
    str name, value; /* as received, value trimmed */
};
struct param {
    str name, value; /* percent- and plus-decoded, UTF-8 not guaranteed */
};
struct params {
    struct param *v;
    size_t n;
};

/* A request; everything lives in the exchange's arena. */
struct req {
    enum method method;
    str method_text;
    str target;          /* as received */
    str path;            /* before '?', not decoded */
    str query_text;      /* after '?', not decoded; STR_NULL without '?' */
    struct params query; /* in order; a repeated name appears repeatedly */
    struct header *headers;
    size_t n_headers;
    str body;            /* whole, de-chunked; at most body_max of the handler's head answer */
    bool body_too_large; /* the body exceeds the limit and is empty here: answer 413. By Content-Length nothing was read, and the
                          * connection ends with the reply; of a chunked one a bounded rest was read and dropped */
    str host;            /* the Host header; of a trusted proxy's request X-Forwarded-Host */
    str peer;            /* client address as text, that of a trusted proxy's client if it says one; "unix" for unix sockets */
    str scheme;          /* "http" or "https" as the client sees it */
    str id;              /* X-Request-Id: taken or made */
    int64_t start_us;    /* clock_mono_us at the head */
};
/* First header of that name; STR_NULL if absent. */
str req_header(const struct req *rq, const char *name);
/* First query parameter of that name; STR_NULL if absent. */
str req_query(const struct req *rq, const char *name);
/* Value of a cookie; STR_NULL if absent. */
str req_cookie(const struct req *rq, const char *name);

/* Decoders of outside bytes, each bounded and with a fuzz target. */
err http_decode_path(struct arena *a, str segment, str *out) MUST_CHECK;                    /* %XX; ERR_INPUT if malformed or with NUL */
err http_parse_query(struct arena *a, str text, size_t max, struct params *out) MUST_CHECK; /* also urlencoded forms */
struct part {
    str name, filename, type; /* filename.p == NULL: not a file */
    str body;                 /* slice of the request body */
};
struct parts {
    struct part *v;
    size_t n;
};
/* multipart/form-data (RFC 7578). ERR_INPUT when malformed or more than max parts. */
err http_parse_multipart(struct arena *a, str content_type, str body, size_t max, struct parts *out) MUST_CHECK;
/* "application/json; charset=x" -> "application/json" in lower case (arena). */
err http_media_type(struct arena *a, str content_type, str *out) MUST_CHECK;

enum { REPLY_HEADERS_MAX = 24 };
struct reply {
    int status;
    str type; /* Content-Type; absent: none */
    str body; /* in the arena or constant */
    struct header headers[REPLY_HEADERS_MAX];
    size_t n_headers;
    bool close;     /* Connection: close afterwards */
    bool no_length; /* 204 and 304: no Content-Length, no body. A 304 may leave the body of its 200 in place: see docs/http.md */
};
/* Adds a header; name and value must live as long as the reply. Too many: dropped and logged (a bug of ours). CR, LF and NUL in value: dropped. */
void reply_header(struct reply *r, str name, str value);

enum served { SERVE_NOW, SERVE_LATER };
struct exchange; /* one request and its connection */

struct http_handler {
    /* The head is complete, no body byte read: how many body bytes are accepted for this request. 0 refuses any body with 413. */
    size_t (*body_max)(void *self, const struct req *rq);
    enum served (*serve)(void *self, struct exchange *x);
    /* After the reply has been sent or the connection lost, before the arena is emptied: the request log line. Once for each serve(), on
     * the I/O thread; never for what the gate refused (http logs those itself, as "refused"). May be NULL. */
    void (*done)(void *self, struct exchange *x);
    void *self;
};

struct arena *exchange_arena(struct exchange *x);
struct req *exchange_req(struct exchange *x);
struct reply *exchange_reply(struct exchange *x);
void **exchange_slot(struct exchange *x); /* one pointer for the handler */
/* Must be called on the I/O thread, inside serve(), once, before the exchange is given away. After that the exchange, its request and its
 * arena belong to whoever got it, until http_answer(); serve() must not touch them and returns SERVE_LATER. */
void http_defer(struct exchange *x);
/* From any thread: the reply is complete, send it. */
void http_answer(struct exchange *x);

struct http_options {
    const char **listen; /* "127.0.0.1:8080", "[::]:8080", "unix:/path"; port 0 picks one */
    size_t n_listen;
    unsigned threads;
    unsigned max_connections;
    size_t arena_max;            /* ceiling of one request's arena, bytes; body included */
    unsigned head_ms, idle_ms;   /* 15000, 60000 */
    unsigned body_ms;            /* 1800000: the longest a body may take on the whole, however fast it comes */
    size_t bodies_max;           /* 256 MiB: what all bodies in memory may hold together; beyond it 503. The first 16 KiB of each are not counted */
    size_t head_max, target_max; /* 32 KiB, 8 KiB */
    const char **trusted;        /* networks whose X-Forwarded-For, -Proto, -Host are believed; each http_network_ok() */
    size_t n_trusted;
    const char *tls_cert, *tls_key; /* PEM files; NULL: plain HTTP. With them every listener speaks TLS, and nothing else */
};
/* "10.0.0.0/8", "2001:db8::/32", one address, or "unix": whoever connects to a unix socket. */
bool http_network_ok(str text);
/* ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH, as far as that can be told without asking for the address. */
bool http_listen_ok(str where);
struct http;
err http_start(struct arena *a, const struct http_options *o, const struct http_handler *h, struct http **out, str *why) MUST_CHECK;
/* "http://127.0.0.1:8080" of listener i, with the real port. In the arena given at start. */
str http_url(const struct http *s, size_t i);
/* No new connections; each further reply ends its connection. */
void http_stop_listening(struct http *s);
/* Reads certificate and key again, for connections from now on. ERR_INPUT with *why, naming the file: those before stay. Nothing without TLS. */
err http_reload_tls(struct http *s, struct arena *a, str *why) MUST_CHECK;
/* What http_start would say of these files. */
err http_check_tls(struct arena *a, const char *cert, const char *key, str *why) MUST_CHECK;
/* Requests being served now, deferred ones included. */
unsigned http_running(const struct http *s);
/* Ends all connections, joins the threads, frees. Every deferred exchange must have been answered before (route/lanes does): http_stop waits 10 s
 * for that, then answers 503 for them, and a later http_answer() would touch freed memory. */
void http_stop(struct http *s);
/* Whether each thread has gone round since the last call, which woke it. For a watchdog: call it at intervals of a second or more. */
bool http_alive(struct http *s);
struct http_stats {
    int64_t connections;                                            /* open now */
    int64_t accepted, requests, refused_head, over_limit, timeouts; /* since the start */
    int64_t body_bytes;                                             /* of bodies in memory now, counted towards bodies_max */
    int64_t bodies_refused;                                         /* since the start, because of it */
};
void http_stats(const struct http *s, struct http_stats *out);
