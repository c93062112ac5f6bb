/* route/route_int.h: what the files of route/ share. Private; tests of route/ may look. */
#pragma once
#include "base/lane.h"
#include "base/log.h"
#include "route/route.h"
#include <stdatomic.h>

enum {
    METHODS = 6,       /* that an operation can have: method_at() */
    SEGMENTS_MAX = 32, /* a path with more matches nothing */
    FAMILIES_MAX = 16,
    FIELDS_MAX = 64,        /* of one shape */
    SHAPE_DEPTH = 16,       /* nesting of shapes, in the document and in checks */
    STRAY_BODY_MAX = 65536, /* of a request that no operation takes: read and dropped, so that 404 can be said */
    BODY_INLINE = 65536,    /* larger bodies are parsed on the slow lane */
    PARAMS_MAX = 1000,
};

/* Start-up: says in *why what is wrong with the tables and returns code. */
err refuse(struct arena *a, str *why, err code, const char *fmt, ...) MUST_CHECK __attribute__((format(printf, 4, 5)));

/* match.c: a tree of path segments. */
struct row {
    const struct op *op;
    const struct family *family;
};
struct node {
    str text;                  /* the literal; empty for parameters */
    struct node *first, *next; /* literal children; sibling */
    struct node *digits, *any; /* {name:int} and {name} */
    struct row rows[METHODS];  /* by method_at() */
    unsigned allowed;          /* method bits, HEAD with GET; 0: no operation ends here */
    unsigned owners;           /* bit i: family i has a path or prefix through here */
};
struct tree {
    struct node root;
    const struct family *const *families;
    size_t n_families;
};
struct match {
    const struct node *node;     /* NULL: unknown path */
    const struct family *family; /* never NULL: it answers */
    const struct op *op;         /* NULL: unknown path or method */
    size_t n_path;
    bool redirect; /* node is that of the path with, or without, the slash at its end */
};
/* -1 for methods that no operation can have. HEAD gives GET's. */
int method_at(enum method m);
/* ERR_CONFLICT: two operations for one path and method; ERR_INPUT: a malformed template. *why names them. */
err tree_build(struct arena *a, struct tree *t, const struct family *const *families, str *why) MUST_CHECK;
/* values: at least CALL_PATH_MAX, or NULL; they live in a, or in the path. a NULL: segments are compared undecoded (before the body is read, where only
 * its limit is asked for). ERR_INPUT: a malformed %-sequence; *out then has the family that answers. ERR_NOMEM. */
err tree_match(const struct tree *t, struct arena *a, const struct req *rq, str *values, struct match *out) MUST_CHECK;
/* The next {name} of a template at or after *at: name without braces and ":int". false at the end. */
bool path_param(const char *path, size_t *at, str *name, bool *digits);

/* The visit: one request on its way. */
struct route_visit {
    struct call *c;
    struct call own; /* what c points at, but in router_run() */
    struct router *router;
    struct exchange *x; /* NULL in router_run() */
    struct match at;
    size_t n_headers;            /* of the reply when the operation began: where a second run starts again */
    struct json_members members; /* of a JSON body */
    struct params form;          /* of a form; of a multipart body its parts that are no files */
    struct parts parts;
    str report; /* call_report() */
};
struct router {
    struct tree tree;
    struct store *store;
    struct lane *slow, *brisk;
    struct router_options options;
    atomic_bool stopping, hurried;
    atomic_int deferred;
    atomic_llong requests, by_class[6], slow_refused, ms_sum;
};

/* input.c: fills c->query and c->body. */
err input_read(struct route_visit *v) MUST_CHECK;

/* serve.c */
enum served route_serve(void *self, struct exchange *x);
size_t route_body_max(void *self, const struct req *rq);
void route_done(void *self, struct exchange *x);

/* reply.c. 307 to the same path with or without its last slash. */
void reply_slash(struct route_visit *v);
/* reply.c. Forgets what was replied so far, keeping the first n headers. */
void reply_reset(struct reply *r, size_t n_headers);
/* Turns the outcome of the stations into the reply; last touch by the family. */
void reply_conclude(struct route_visit *v, err e);
/* No operation: unknown path, method or OPTIONS, in the family's words. */
void reply_unmatched(struct route_visit *v);

/* Values and shapes. */

/* shape.c: does every field's kind fit its C type, all the way down? *why names the field. */
err shape_verify(struct arena *a, const struct shape *s, const char *owner, bool loose, str *why) MUST_CHECK;
/* A text that is kept as Unix ms. */
bool shape_is_time(const struct shape *s);
/* Into which C type items of a list go: AS_TEXT, AS_INT, AS_REAL, AS_BOOL, AS_STRUCT or AS_ANY. */
enum as item_as(const struct shape *of);
/* Bytes of one. */
size_t item_size(const struct shape *of);

/* A value on its way into a struct: JSON as a slice that json_scan() has accepted, or the decoded text of a form, query, header or cookie. */
struct value {
    str json; /* absent: text holds */
    str text;
};
enum any_kind json_kind(str json);
/* Behind blanks; behind the string that begins at `at`; behind the value that starts there (at the comma or bracket of what holds it). */
size_t json_blanks(str s, size_t at);
size_t json_string_end(str s, size_t at);
size_t json_value_end(str s, size_t at);
/* Items of a JSON array: *at starts at 0. false at the end. */
bool json_item(str array, size_t *at, str *item);
/* The decoded text of a JSON string. Without escapes it is a slice of the input. */
err json_text(struct arena *a, str json, str *out) MUST_CHECK;
/* A finite number, decimal or JSON; ERR_INPUT if it is not one. */
err text_real(struct arena *a, str text, double *out) MUST_CHECK;
/* The loose text of a value: texts as they are, null absent, the rest as its JSON. */
err value_text(struct arena *a, const struct value *v, str *out) MUST_CHECK;

/* A pointer into the caller's body, kept as a chain on the stack and written only when something is wrong. */
struct place {
    const struct place *up;
    str name; /* absent: index holds */
    size_t index;
    bool param; /* a parameter: its bare name is the place */
};
/* shape_check.c. Strict: fail()s with the place of the first violation. */
err value_check(struct call *c, const struct shape *s, const struct value *v, const struct json_rules *rules, const struct place *at) MUST_CHECK;

/* judge.c: families that report. Reads what the request has into *query and *body (each NULL or zeroed, of its shape's size); what is wrong goes into v->report
 * and fails with 422. */
enum judged { JUDGED_NOTHING, JUDGED_JSON, JUDGED_FORM, JUDGED_OTHER };
err judge_request(struct route_visit *v, void *query, enum judged kind, void *body) MUST_CHECK;

/* shape_read.c: the struct from members that are scanned already. */
err shape_read_members(struct call *c, const struct shape *s, const struct json_members *m, const struct json_rules *rules, bool loose, void *out) MUST_CHECK;
/* Where a row's parameters come from: .in says; body fields of a form count as query. */
err shape_read_request(struct call *c, const struct shape *s, const struct req *rq, bool loose, void *out) MUST_CHECK;
