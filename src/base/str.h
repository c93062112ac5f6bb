/* base/str.h: borrowed bytes. A str owns nothing, has no NUL, and p == NULL means absent. */
#pragma once
#include "base/err.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct str {
    const char *p;
    size_t n; /* bytes */
} str;

#define STR(lit) ((str){ "" lit, sizeof(lit) - 1 })
#define STR_NULL ((str){ NULL, 0 })
#define STR_FMT "%.*s"
#define STR_ARG(s) (int)(s).n, (s).p ? (s).p : ""

static inline str str_c(const char *z) { return z ? (str){ z, strlen(z) } : STR_NULL; }
static inline bool str_eq(str a, str b) { return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0); }
static inline bool str_is(str a, const char *z) { return str_eq(a, str_c(z)); }
static inline bool str_absent(str s) { return s.p == NULL; }
static inline str str_from(str s, size_t at) { return at < s.n ? (str){ s.p + at, s.n - at } : (str){ s.p ? s.p + s.n : NULL, 0 }; }
static inline str str_head(str s, size_t n) { return (str){ s.p, n < s.n ? n : s.n }; }
static inline bool str_starts(str s, str with) { return s.n >= with.n && (with.n == 0 || memcmp(s.p, with.p, with.n) == 0); }
static inline bool str_ends(str s, str with) { return s.n >= with.n && (with.n == 0 || memcmp(s.p + s.n - with.n, with.p, with.n) == 0); }

/* Byte order, shorter first on a tie; for qsort and bsearch. */
int str_cmp(str a, str b);
/* ASCII case folded equality; for header names, media types and schemes. */
bool str_eq_nocase(str a, str b);
/* Index of the first c at or after from, or s.n. */
size_t str_find(str s, char c, size_t from);
/* Index of the first needle, or s.n. An empty needle is at 0. */
size_t str_search(str s, str needle);
/* Without ASCII blanks (space, tab, CR, LF, VT, FF) at both ends. */
str str_trim(str s);
/* Splits at the first c: *head is what precedes it, *s what follows; false (and *head = all) at the end. */
bool str_cut(str *s, char c, str *head);
/* Decimal integer with optional sign, the whole of s, no blanks. ERR_INPUT if it is not one or does not fit. */
err str_int(str s, int64_t *out) MUST_CHECK;
/* Well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, at most U+10FFFF). */
bool str_utf8_ok(str s);
/* Length of the longest well-formed beginning. */
size_t str_utf8_good(str s);
/* Code points in well-formed UTF-8. */
size_t str_utf8_len(str s);
/* Writes code point cp at out (1 to 4 bytes), returns the count. */
size_t str_utf8_put(char out[static 4], uint32_t cp);
