/* http/gate_int.h: the gate in front of routing and the small decisions about a head; pure functions, private to this room and its tests.
 * Spec: server 3; the cases one by one: docs/http.md. */
#pragma once
#include "http/http.h"

/* gate.c: what two parsers could read differently is refused */
struct gate_head {
    str method, version, target;
    const struct header *headers;
    size_t n_headers;
    size_t bytes; /* of the whole head, as far as the library says; 0 unknown */
    bool torn;    /* the head had a bare CR or LF, a NUL or a folded line */
};
struct gate_rules {
    size_t head_max, target_max;
    bool old_library; /* its chunk framing is lax: close after every chunked request */
};
struct verdict {
    int status;      /* 0: let in */
    const char *why; /* constant text for the client; NULL when let in */
    bool close;      /* Connection: close after the reply; always with a status */
    bool chunked;
    uint64_t length; /* Content-Length; 0 without */
    str host;        /* the Host header; STR_NULL without */
    str path;        /* the target without scheme and host; begins with "/" or "?", or is "*" */
};
/* No character in it that does not belong into a Host. */
bool gate_host_ok(str host);
void gate_check(const struct gate_head *head, const struct gate_rules *rules, struct verdict *out);

/* parse.c */
enum { QUERY_PARAMS_MAX = 500, REQUEST_ID_MAX = 64 };
enum method method_of(str text);
bool request_id_ok(str id);
