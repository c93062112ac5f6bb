/* base/json.h: JSON in (scanned, then read by jansson) and JSON out (a small streaming writer). RFC 8259.
 *
 * Reading: json_scan() bounds what a hostile text can cost before jansson sees it (its own depth limit is 2,048), and notes where the
 * members of the top-level object stand, so that what is passed on verbatim stays the bytes it was. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include <jansson.h>

struct json_rules {
    size_t depth;        /* deepest nesting accepted; 0: 200 */
    bool   nan;          /* NaN, Infinity, -Infinity are numbers, as Python's reader takes them */
    bool   reject_twice; /* a repeated key is an error; else the last one wins */
};

/* Where and why a text is not JSON. */
struct json_error {
    size_t      at;     /* byte offset */
    size_t      line;   /* from 1 */
    size_t      column; /* code points, from 1 */
    const char *why;    /* constant text, e.g. "Expecting ',' delimiter" */
};

struct json_member {
    str key;   /* decoded, in the arena */
    str value; /* byte slice of the input, without surrounding blanks */
};
struct json_members {
    struct json_member *v; /* in order of appearance; a repeated key appears repeatedly */
    size_t              n;
};

/* Whole-text check without building anything. ERR_INPUT with *bad filled (may be NULL). */
err json_scan(str text, const struct json_rules *rules, struct json_error *bad) MUST_CHECK;
/* The same, and the members of the top-level object (none if it is not an object). */
err json_scan_members(struct arena *a, str text, const struct json_rules *rules, struct json_members *out, struct json_error *bad) MUST_CHECK;
/* Value of the last member of that name; STR_NULL if absent. */
str json_member(const struct json_members *m, const char *key);
/* Scans and reads. *out is released with the arena. ERR_INPUT, ERR_NOMEM. Accepts any value at the top. */
err json_read(struct arena *a, str text, const struct json_rules *rules, json_t **out, struct json_error *bad) MUST_CHECK;

/* Writer. No check per call: errors stick in the buf. Commas are its own business. */
enum { JW_DEPTH = 64 };
struct jw {
    struct buf *to;
    unsigned    depth;
    bool        ascii;       /* non-ASCII as \uXXXX (docassemble, Django) */
    bool        comma[JW_DEPTH + 1];
};
#define JW(buffer) ((struct jw){ .to = (buffer) })

void jw_open(struct jw *w, char bracket);  /* '{' or '[' */
void jw_close(struct jw *w, char bracket); /* '}' or ']' */
void jw_key(struct jw *w, str key);
void jw_str(struct jw *w, str s);          /* absent: null. Ill-formed UTF-8 becomes U+FFFD */
void jw_int(struct jw *w, int64_t v);
void jw_double(struct jw *w, double v);    /* shortest form that reads back the same; NaN and infinities by their names */
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_raw(struct jw *w, str json);       /* a ready value, verbatim */
void jw_json(struct jw *w, const json_t *v, bool sort_keys);
/* Shortcuts: key and value. */
void jw_kstr(struct jw *w, const char *key, str s);
void jw_kint(struct jw *w, const char *key, int64_t v);
void jw_kbool(struct jw *w, const char *key, bool v);
void jw_knull(struct jw *w, const char *key);
