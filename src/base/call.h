/* base/call.h: one struct per request, job or command. Handlers see this and nothing of HTTP.
 *
 * A call is used by one thread at a time; it may move between threads (I/O, slow lane, writer). Everything it points at
 * lives in call.mem unless said otherwise. */
#pragma once
#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"

struct db;          /* store/store.h: the open transaction, NULL outside store_do() */
struct who;         /* auth/auth.h: the caller */
struct reply;       /* http/http.h */
struct req;         /* http/http.h */
struct route_visit; /* route/'s own, route/route_int.h */

/* First cause of a failure, set by fail(). */
struct trouble {
    err code;
    str where;  /* JSON pointer or parameter name; may be empty */
    str text;   /* what a client may read, UTF-8 */
    int status; /* 0: from the table in route/; else this HTTP status */
};

enum { CALL_PATH_MAX = 4 };

struct call {
    struct arena *mem; /* dies with the call */
    struct db *db;
    const struct who *who;   /* NULL only behind PERM_PUBLIC */
    int64_t now_ms;          /* the call's one clock reading, Unix ms, UTC */
    const void *query;       /* struct filled from the row's query shape; NULL if the row has none */
    const void *body;        /* struct filled from the row's body shape; NULL if the row has none */
    str path[CALL_PATH_MAX]; /* values of {names}, decoded, in path order */
    str request_id;
    const struct req *rq;      /* the head (and body) as received; read only; NULL in jobs and commands */
    struct reply *reply;       /* where reply functions of route/ write */
    void *room;                /* the room's own state (struct interviews * in rooms/interviews, …) */
    void *state;               /* what a handler keeps between its own steps; in mem */
    struct route_visit *visit; /* route/'s own view of the request; NULL in jobs, commands and tests of rooms */
    struct trouble why;
};

/* Records the cause and returns code, hence: return fail(...). The first fail() of a call wins. fmt: what a client may read. */
err fail(struct call *c, err code, const char *where, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The same with an HTTP status of its own, where a spec asks for one that the code does not have. */
err fail_status(struct call *c, err code, int status, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* Forgets the cause, before a step is tried again. */
static inline void call_forget(struct call *c) { c->why = (struct trouble){ 0 }; }
