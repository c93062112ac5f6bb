/* base/json.h: JSON in (a scanner of ours that fills jansson's values) and JSON out (a small streaming writer). RFC 8259.
 *
 * Reading: one scanner checks, words its errors as Python does, bounds what a hostile text can cost (jansson's own reader allows a depth
 * of 2,048 and any number of values), and notes where the members of the top-level object stand, so that what is passed on verbatim stays
 * the bytes it was. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include <jansson.h>

struct json_rules {
    size_t depth;      /* deepest nesting accepted; 0: 200 */
    size_t values;     /* most values json_read() builds (a value costs up to 250 bytes of heap); 0: 200,000 */
    bool nan;          /* NaN, Infinity, -Infinity are numbers, as Python's reader takes them */
    bool reject_twice; /* a repeated key is an error; else the last one wins */
};

/* Where and why a text is not JSON. */
struct json_error {
    size_t at;       /* byte offset */
    size_t line;     /* from 1 */
    size_t column;   /* code points, from 1 */
    size_t chars;    /* code points before it */
    const char *why; /* constant text, e.g. "Expecting ',' delimiter" */
};

struct json_member {
    str key;   /* decoded, in the arena */
    str value; /* byte slice of the input, without surrounding blanks */
};
struct json_members {
    struct json_member *v; /* in order of appearance; a repeated key appears repeatedly */
    size_t n;
};

/* Texts of json_error.why are those of Python's reader ("Expecting value", "Extra data" …); besides: "Invalid UTF-8", "Nested too deep",
 * "Duplicate key", "Too many values", "Number out of range". */

/* Whole-text check without building anything. ERR_INPUT with *bad filled (may be NULL). */
err json_scan(str text, const struct json_rules *rules, struct json_error *bad) MUST_CHECK;
/* The same, and the members of the top-level object (none if it is not an object). */
err json_scan_members(struct arena *a, str text, const struct json_rules *rules, struct json_members *out, struct json_error *bad) MUST_CHECK;
/* Value of the last member of that name; STR_NULL if absent. */
str json_member(const struct json_members *m, const char *key);
/* Scans and reads. *out is released with the arena. ERR_INPUT, ERR_NOMEM. Accepts any value at the top. Strings may hold NUL.
 * What jansson cannot hold: an integer beyond int64 becomes a real; a number beyond double is ERR_INPUT; NaN and infinities (rules.nan)
 * become null; half a surrogate pair becomes U+FFFD. Slices (json_scan_members) keep all of these as they were. */
err json_read(struct arena *a, str text, const struct json_rules *rules, json_t **out, struct json_error *bad) MUST_CHECK;

/* Of a slice that is a text: half a surrogate pair in it, or 0. It cannot be kept as it was sent. */
unsigned json_half_pair(str text);

/* Writer. No check per call: errors stick in the buf. Commas are its own business. Deeper than JW_DEPTH: ERR_LIMIT in the buf. */
enum { JW_DEPTH = 256 };
struct jw {
    struct buf *to;
    unsigned depth;
    bool ascii; /* non-ASCII and DEL as \uXXXX (docassemble, Django) */
    bool comma[JW_DEPTH + 1];
};
#define JW(buffer) ((struct jw){ .to = (buffer) })

void jw_open(struct jw *w, char bracket);  /* '{' or '[' */
void jw_close(struct jw *w, char bracket); /* '}' or ']' */
void jw_key(struct jw *w, str key);
void jw_str(struct jw *w, str s); /* absent: null. Ill-formed UTF-8 becomes U+FFFD */
void jw_int(struct jw *w, int64_t v);
void jw_double(struct jw *w, double v); /* shortest form that reads back the same; NaN and infinities by their names */
void jw_bool(struct jw *w, bool v);
void jw_null(struct jw *w);
void jw_raw(struct jw *w, str json); /* a ready value, verbatim */
void jw_json(struct jw *w, const json_t *v, bool sort_keys);
/* Shortcuts: key and value. */
void jw_kstr(struct jw *w, const char *key, str s);
void jw_kint(struct jw *w, const char *key, int64_t v);
void jw_kbool(struct jw *w, const char *key, bool v);
void jw_knull(struct jw *w, const char *key);
