/* route/route.h: the operation table, the families, and the way of a request through its stations. The one place where an err becomes
 * an HTTP status.
 *
 * The flow is one function (route/serve.c); no handler can skip a station. The family's row says in which order the checks answer. */
#pragma once
#include "base/call.h"
#include "http/http.h"
#include "route/shape.h"
#include "store/store.h"

/* Who may. 0 is no value: start-up refuses a row that does not say. */
enum perm {
    PERM_PUBLIC = 1, /* nobody is asked; c->who is NULL */
    PERM_CALLER,     /* anybody who is identified */
    PERM_GATE,       /* .roles and .perms, judged by the family's permit() */
};

struct reply_doc {
    int status;
    const char *type;          /* media type; NULL: no content */
    const struct shape *shape; /* NULL with a type: any bytes */
    const char *doc;
};

/* What a body looks like in one media type, where the types differ (JSON has native values, forms have texts). */
struct body_doc {
    const char *type;
    const struct shape *shape;
};

struct op {
    const char *id; /* operationId */
    enum method on;
    const char *path; /* "/api/user/{user_id}"; a name ending in ':int' ("{user_id:int}") matches decimal digits only */
    const char *spec; /* "docassemble-api 12.1" */
    const char *summary, *tag;
    enum perm perm;
    const char *const *roles, *const *perms; /* NULL-terminated */
    const struct shape *query;               /* object shape; its fields' .in say query, header or cookie */
    const struct shape *body;                /* object shape */
    const char *const *body_types;           /* media types accepted, NULL-terminated; default application/json */
    const struct body_doc *body_docs;        /* documented instead of .body, ended by type NULL; NULL: .body for each of body_types */
    bool body_need;
    bool input_late;           /* the operation reads its input itself, by call_input() or from c->rq->body: what it asks first comes before that */
    const char *security_need; /* instead of the family's; of a PERM_PUBLIC row too, where credentials are optional ("{}" among them) */
    size_t body_max;           /* 0: the family's */
    enum tx tx;                /* TX_READ: I/O thread (SQLite). TX_WRITE: writer. TX_NONE: slow lane */
    bool quick;                /* with TX_NONE: never waits for anything, so it runs on the I/O thread */
    bool (*quick_now)(const struct call *c); /* with TX_NONE: whether it waits for nothing but the store this time; NULL: never asked */
    err (*run)(struct call *c);
    err (*record)(struct call *c);   /* with TX_NONE: what a run that went well leaves behind, in a write of its own that is committed before the reply leaves.
                                        The reply is made already; c->state is as run() left it. NULL: nothing */
    const struct reply_doc *replies; /* ended by status 0; those of the family's .common need no mention */
    const char *const *path_docs;    /* one text per {name} */
};

struct family {
    const char *name;                     /* "interviews" */
    const char *title, *version, *server; /* of the document; server: base path of all paths, "" */
    const struct op *ops;                 /* ended by id == NULL */
    const char *const *prefixes;          /* leading path segments it owns, NULL-terminated: "/api" */
    const char *security;                 /* JSON of components.securitySchemes; NULL: none */
    const char *security_need;            /* JSON array for operations that are not public, e.g. [{"key":[]},{"bearer":[]}] */
    const struct reply_doc *common;       /* replies that every operation may give (413, 503, 500 …); ended by status 0; NULL: none */
    bool loose;                           /* bodies and parameters are read, not judged (docassemble) */
    bool body_before_who;                 /* the body is read before the caller is known (docassemble: the key may be in it) */
    bool reports;                         /* strict, and every violation of a request is reported, in the words and order of FastAPI (call_report) */
    bool slashes;                         /* a path of it that is known only with, or only without, a slash at its end answers 307 */
    bool sort_keys, ascii;                /* how its JSON is written */
    bool newline;                         /* one at the end of each JSON body */
    struct json_rules json;
    size_t body_max;
    /* Sets c->who, or fails. Inside TX_READ; inside TX_GLANCE where the row's operation is no TX_READ and .one_look says that one statement is asked. */
    err (*identify)(struct call *c, const struct op *op);
    bool one_look;
    err (*permit)(struct call *c, const struct op *op);
    /* Is the caller still who he was? Asked first in the write of a TX_WRITE operation, since identify() was in a transaction of its own: between the two he
     * may have been signed out, and what he writes then would outlive that. Fails like identify(). NULL: not asked. */
    err (*still)(struct call *c, const struct op *op);
    /* Writes the family's error reply from e and c->why. op may be NULL. */
    void (*error)(struct call *c, const struct op *op, err e);
    void (*no_path)(struct call *c);
    void (*no_method)(struct call *c, unsigned allowed /* enum method bits */);
    bool no_method_asks; /* no_method() asks the store who is calling, so it runs on the slow lane */
    void (*options)(struct call *c, unsigned allowed);
    /* Last touch on every reply of the family (CORS, fixed headers). op NULL: no operation matched. */
    void (*finish)(struct call *c, const struct op *op);
    /* What a request changes beside its answer, in a write of its own that is committed before the reply of a TX_READ operation leaves; the reply is made
     * already and stays. after_wanted() says whether there is anything, mostly not. Other operations do it themselves. NULL: nothing ever. */
    bool (*after_wanted)(struct call *c);
    err (*after)(struct call *c);
    void *room; /* becomes c->room */
};

/* Status of an error without one of its own: ERR_INPUT 400, ERR_ANONYMOUS 401, ERR_FORBIDDEN 403, ERR_NOT_FOUND 404, ERR_CONFLICT 409,
 * ERR_LIMIT 429, ERR_BUSY 503, the rest 500. */
int route_status(err e);

/* Replies. Content goes to c->reply; all return ERR_OK or ERR_NOMEM. A reply replaces the one before, headers added with reply_header() stay. */
err reply_shape(struct call *c, int status, const struct shape *s, const void *from) MUST_CHECK; /* JSON by the family's rules */
err reply_json(struct call *c, int status, str json) MUST_CHECK;                                 /* verbatim, copied? no: must live in c->mem */
err reply_text(struct call *c, int status, const char *type, str text) MUST_CHECK;
err reply_empty(struct call *c, int status) MUST_CHECK;
/* The family whose row serves this call, NULL for none. */
const struct family *call_family(const struct call *c);
/* A top-level member of the body (JSON, form or multipart) as text, by the loose rules of shape.h; STR_NULL if absent. For identify(). */
str call_body_text(struct call *c, const char *name);
/* Fills c->query and c->body: for rows with .input_late, once. */
err call_input(struct call *c) MUST_CHECK;
/* Families that report: the JSON array of what is wrong with the request, absent if nothing was found. For error(). */
str call_report(const struct call *c);
/* The parts of a multipart body, files included; none for other bodies. Slices of the request body. */
const struct parts *call_parts(const struct call *c);

/* The router: built once at start from the enabled families and the core's own operations (health, metrics, documents, account pages). */
struct router;
struct router_options {
    const struct family *const *families; /* NULL-terminated; the last one is the core's, which owns "/". Unknown paths: ties go to the earlier one */
    struct store *store;                  /* NULL: operations run without transactions (tests, commands) */
    unsigned slow_threads, slow_queue;
    unsigned store_threads; /* for operations that wait for a slow store and for nothing else; 0: the slow lane has them */
    size_t arena_max;
    bool request_log;
    void (*hurry)(void *arg); /* may be NULL; called once by router_stop() when its wait is over: cut short what running operations wait for */
    void *hurry_arg;
};
/* Refuses rows without .perm, with clashing paths, with fields whose kind and C type disagree: *why. */
err router_new(struct arena *a, const struct router_options *o, struct router **out, str *why) MUST_CHECK;
/* For http_start. */
struct http_handler router_handler(struct router *r);
/* New requests get 503 from now on. Waits wait_ms for the deferred ones; then those that have not begun get 503, hurry() is called, and those
 * that run are waited for, since what they use cannot be taken from them. Ends the slow lane. All deferred exchanges are answered at return. */
void router_stop(struct router *r, int64_t wait_ms);
void router_free(struct router *r);
struct router_stats {
    int64_t requests, by_class[6] /* [2] = 2xx … */, slow_depth, slow_refused, ms_sum;
};
void router_stats(const struct router *r, struct router_stats *out);

/* Runs a call through match, stations and operation on this thread and leaves the answer in c->reply: for unit tests and commands. The caller
 * sets mem, rq, reply and now_ms. Not for I/O threads: it waits. */
void router_run(struct router *r, struct call *c);

/* The OpenAPI 3.1 document of a family as JSON. */
err openapi_print(const struct family *f, struct buf *out) MUST_CHECK;
/* The named shapes of a family in the order of its document, at most max; returns how many. */
size_t shapes_named(const struct family *f, const struct shape **out, size_t max) MUST_CHECK;
