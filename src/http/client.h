/* http/client.h: outgoing HTTP: one request, one reply, bounded in time, size and in whom it talks to. libcurl behind; its header stays in this room.
 *
 * Invariants:
 *  1. Unless a call or the whole program allows it, nothing is ever sent to an address of a special range (RFC 6890: private, loopback, link-local, …; IPv4
 *     inside IPv6 is judged as IPv4). What is judged is the very address that is about to be connected to, after the name was resolved, so an answer
 *     of the DNS that changes meanwhile gains nothing; a redirect's address is judged like the first.
 *  2. Only http and https; certificates are verified; no proxy, no .netrc, no cookies, no decompression, whatever the environment says.
 *  3. The time given covers everything: name, connection, redirects, last byte.
 * Spec: server 3 and 4 (outgoing calls of the families). */
#pragma once
#include "http/http.h"

struct http_client_options {
    bool allow_private;  /* of every call */
    const char *ca_file; /* PEM; NULL: the system's certificate authorities */
};
/* Once, before any other thread is there; what o points at lives on. ERR_NOMEM. */
err http_client_init(const struct http_client_options *o) MUST_CHECK;
/* The program stops: calls that run end within a second as if the peer could not be reached, later ones at once. Any thread. */
void http_client_hurry(void);

enum {
    CLIENT_TIMEOUT_MS = 10000, /* of a request that says 0 */
    CLIENT_MAX_BYTES = 1 << 20,
    CLIENT_HEAD_MAX = 64 << 10, /* of a reply's headers, bytes */
    CLIENT_HEADERS_MAX = 200,
    CLIENT_REDIRECTS = 5
};
struct client_request {
    enum method method;
    str url;                      /* absolute, without user or password */
    const struct header *headers; /* CR, LF or NUL in one: ERR_INPUT */
    size_t n_headers;
    str body;           /* absent: none; sent with whatever Content-Type the headers say */
    int64_t timeout_ms; /* 0: CLIENT_TIMEOUT_MS */
    size_t max_bytes;   /* of the reply's body; 0: CLIENT_MAX_BYTES */
    bool allow_private; /* for this call: the URL is the operator's own */
    /* Redirects (301, 302, 303, 307, 308) are followed, at most CLIENT_REDIRECTS, never from https to http. Another origin gets none of the headers but
     * Accept, Accept-Language, Content-Type and User-Agent, and never a body: a 307 or 308 that would send one is returned as it is. */
    bool follow;
};
/* In c->mem. */
struct client_reply {
    int status;
    str type; /* Content-Type; absent: none */
    str body;
    struct header *headers; /* of the last hop */
    size_t n_headers;
};
/* Blocking: slow lane, jobs, commands; never inside a transaction. Any status is ERR_OK. Errors are fail()ed, the text names the host only:
 *   ERR_BUSY       time-out, unreachable, no valid certificate, not HTTP
 *   ERR_LIMIT      the reply is larger than max_bytes, has too many headers, or redirects too often
 *   ERR_INPUT      no http or https URL; a header that cannot be sent
 *   ERR_FORBIDDEN  an address of a special range, or a redirect to something that is no http or https URL or leaves https */
err http_client_do(struct call *c, const struct client_request *in, struct client_reply *out) MUST_CHECK;
/* First header of that name; STR_NULL if absent. */
str client_header(const struct client_reply *r, const char *name);

struct sockaddr;
/* Whether an IPv4 or IPv6 address is a host of the public Internet. Pure. */
bool http_address_is_public(const struct sockaddr *a);
