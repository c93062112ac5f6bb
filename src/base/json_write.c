/* base/json_write.c: the streaming JSON writer; forms of numbers and escapes are those of Python's writer. */
#include "base/fault.h"
#include "base/json.h"
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Before each value: the comma, unless it is the first or follows its key. */
static void separate(struct jw *w)
{
    if (w->comma[w->depth]) buf_char(w->to, ',');
    w->comma[w->depth] = true;
}

void jw_open(struct jw *w, char bracket)
{
    separate(w);
    buf_char(w->to, bracket);
    if (w->depth == JW_DEPTH) {
        if (!w->to->bad) w->to->bad = ERR_LIMIT;
        return;
    }
    w->comma[++w->depth] = false;
}

void jw_close(struct jw *w, char bracket)
{
    if (w->depth && !w->to->bad) w->depth--;
    buf_char(w->to, bracket);
}

static void unicode_escape(struct buf *b, uint32_t cp)
{
    if (cp > 0xFFFF) {
        unicode_escape(b, 0xD800 + ((cp - 0x10000) >> 10));
        cp = 0xDC00 + ((cp - 0x10000) & 0x3FF);
    }
    static const char hex[] = "0123456789abcdef";
    char out[6] = { '\\', 'u', hex[cp >> 12], hex[cp >> 8 & 15], hex[cp >> 4 & 15], hex[cp & 15] };
    buf_add(b, (str){ out, sizeof out });
}

/* Writes what needs an escape; c is ASCII. */
static void ascii_escape(struct buf *b, char c)
{
    static const char values[] = "\"\\\b\f\n\r\t", names[] = "\"\\bfnrt";
    const char *at = c ? strchr(values, c) : NULL;
    if (!at) {
        unicode_escape(b, (unsigned char)c);
        return;
    }
    buf_char(b, '\\');
    buf_char(b, names[at - values]);
}

static uint32_t decode(const unsigned char *p, size_t n)
{
    static const unsigned char lead[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    uint32_t cp = p[0] & lead[n];
    for (size_t i = 1; i < n; i++) cp = cp << 6 | (p[i] & 0x3F);
    return cp;
}

static size_t sequence_length(unsigned char lead) { return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4; }

/* A run of non-ASCII text at s; returns the bytes taken. */
static size_t wide(struct jw *w, str s)
{
    size_t n = sequence_length((unsigned char)s.p[0]);
    bool ok = n <= s.n && str_utf8_ok(str_head(s, n));
    if (!ok) n = 1;
    if (w->ascii)
        unicode_escape(w->to, ok ? decode((const unsigned char *)s.p, n) : 0xFFFD);
    else
        buf_add(w->to, ok ? str_head(s, n) : STR("\xEF\xBF\xBD"));
    return n;
}

static bool is_plain(const struct jw *w, unsigned char c) { return c >= 0x20 && c < 0x80 && c != '"' && c != '\\' && !(w->ascii && c == 0x7F); }

static void quoted(struct jw *w, str s)
{
    buf_char(w->to, '"');
    while (s.n) {
        size_t n = 0;
        while (n < s.n && is_plain(w, (unsigned char)s.p[n])) n++;
        buf_add(w->to, str_head(s, n));
        if (n < s.n && (unsigned char)s.p[n] >= 0x80) {
            n += wide(w, str_from(s, n));
        } else if (n < s.n) {
            ascii_escape(w->to, s.p[n]);
            n++;
        }
        s = str_from(s, n);
    }
    buf_char(w->to, '"');
}

void jw_key(struct jw *w, str key)
{
    separate(w);
    quoted(w, key);
    buf_char(w->to, ':');
    w->comma[w->depth] = false;
}

void jw_str(struct jw *w, str s)
{
    if (str_absent(s)) {
        jw_null(w);
        return;
    }
    separate(w);
    quoted(w, s);
}

void jw_raw(struct jw *w, str json)
{
    separate(w);
    buf_add(w->to, json);
}

void jw_int(struct jw *w, int64_t v)
{
    char out[24];
    int n = snprintf(out, sizeof out, "%" PRId64, v);
    jw_raw(w, (str){ out, (size_t)n });
}

void jw_bool(struct jw *w, bool v) { jw_raw(w, v ? STR("true") : STR("false")); }
void jw_null(struct jw *w) { jw_raw(w, STR("null")); }

enum { DIGITS_MAX = 17 };

/* v > 0 as d.ddd…e±x with that many digits; whether it reads back as v. */
static bool try_digits(double v, int count, char text[static 32])
{
    (void)snprintf(text, 32, "%.*e", count - 1, v);
    return strtod(text, NULL) == v;
}

/* Below a power of two the neighbours stand closer than above it, so the nearest 16 digits may miss where the next ones up hit. */
static bool try_next_up(double v, char text[static 32])
{
    int x;
    if (frexp(v, &x) != 0.5) return false;
    (void)try_digits(v, 16, text);
    char *last = text + 16; /* d . ddddddddddddddd: 17 characters */
    if (*last == '9') return false;
    ++*last;
    return strtod(text, NULL) == v;
}

/* The fewest digits that read back as v > 0, without trailing zeros; the value is 0.DIGITS * 10^point. */
static int shortest(double v, char digits[static DIGITS_MAX], int *point)
{
    char text[32];
    int count = v < DBL_MIN ? 1 : 15; /* up to 15 digits always survive, except where doubles lose theirs */
    while (count < DIGITS_MAX && !try_digits(v, count, text)) {
        if (count == 16 && try_next_up(v, text)) break;
        count++;
    }
    if (count == DIGITS_MAX) (void)try_digits(v, count, text);
    const char *e = strchr(text, 'e');
    *point = (int)strtol(e + 1, NULL, 10) + 1;
    int n = 0;
    for (const char *p = text; p < e; p++)
        if (*p != '.') digits[n++] = *p;
    while (n > 1 && digits[n - 1] == '0') n--;
    return n;
}

/* Python's repr(): plain from 1e-4 to below 1e16, else with an exponent of two digits or more. */
static void finite_text(struct buf *b, double v)
{
    if (signbit(v)) buf_char(b, '-');
    v = fabs(v);
    char digits[DIGITS_MAX] = "0";
    int point = 1, n = 1;
    if (v > 0) n = shortest(v, digits, &point);
    if (point > 16 || point < -3) {
        buf_char(b, digits[0]);
        if (n > 1) buf_char(b, '.');
        buf_add(b, (str){ digits + 1, (size_t)n - 1 });
        buf_printf(b, "e%c%02d", point > 0 ? '+' : '-', abs(point - 1));
        return;
    }
    if (point <= 0) buf_add(b, STR("0."));
    for (int i = point; i < 0; i++) buf_char(b, '0');
    for (int i = 0; i < n; i++) {
        if (i == point && i > 0) buf_char(b, '.');
        buf_char(b, digits[i]);
    }
    for (int i = n; i < point; i++) buf_char(b, '0');
    if (n <= point) buf_add(b, STR(".0"));
}

void jw_double(struct jw *w, double v)
{
    if (isnan(v)) {
        jw_raw(w, STR("NaN"));
    } else if (isinf(v)) {
        jw_raw(w, v > 0 ? STR("Infinity") : STR("-Infinity"));
    } else {
        separate(w);
        finite_text(w->to, v);
    }
}

static int key_order(const void *a, const void *b)
{
    const str *x = a, *y = b;
    return str_cmp(*x, *y); /* byte order of UTF-8 is code point order */
}

static void object_sorted(struct jw *w, json_t *v)
{
    size_t n = json_object_size(v), i = 0;
    str *keys = fault_here() ? NULL : calloc(n ? n : 1, sizeof *keys);
    if (!keys) {
        if (!w->to->bad) w->to->bad = ERR_NOMEM;
        return;
    }
    for (void *at = json_object_iter(v); at && i < n; at = json_object_iter_next(v, at))
        keys[i++] = (str){ json_object_iter_key(at), json_object_iter_key_len(at) };
    qsort(keys, i, sizeof *keys, key_order);
    for (size_t k = 0; k < i; k++) {
        jw_key(w, keys[k]);
        jw_json(w, json_object_getn(v, keys[k].p, keys[k].n), true);
    }
    free(keys);
}

static void object(struct jw *w, json_t *v, bool sort_keys)
{
    jw_open(w, '{');
    if (sort_keys) {
        object_sorted(w, v);
    } else {
        for (void *at = json_object_iter(v); at; at = json_object_iter_next(v, at)) {
            jw_key(w, (str){ json_object_iter_key(at), json_object_iter_key_len(at) });
            jw_json(w, json_object_iter_value(at), false);
        }
    }
    jw_close(w, '}');
}

static void array(struct jw *w, const json_t *v, bool sort_keys)
{
    jw_open(w, '[');
    for (size_t i = 0; i < json_array_size(v); i++) jw_json(w, json_array_get(v, i), sort_keys);
    jw_close(w, ']');
}

void jw_json(struct jw *w, const json_t *v, bool sort_keys)
{
    if (w->to->bad) return; /* also what ends the way down at JW_DEPTH */
    switch (v ? json_typeof(v) : JSON_NULL) {
    case JSON_OBJECT: object(w, (json_t *)(uintptr_t)v, sort_keys); return; /* the iterators want it writable */
    case JSON_ARRAY: array(w, v, sort_keys); return;
    case JSON_STRING: jw_str(w, (str){ json_string_value(v), json_string_length(v) }); return;
    case JSON_INTEGER: jw_int(w, json_integer_value(v)); return;
    case JSON_REAL: jw_double(w, json_real_value(v)); return;
    case JSON_TRUE: jw_bool(w, true); return;
    case JSON_FALSE: jw_bool(w, false); return;
    case JSON_NULL: jw_null(w); return;
    }
}

void jw_kstr(struct jw *w, const char *key, str s)
{
    jw_key(w, str_c(key));
    jw_str(w, s);
}

void jw_kint(struct jw *w, const char *key, int64_t v)
{
    jw_key(w, str_c(key));
    jw_int(w, v);
}

void jw_kbool(struct jw *w, const char *key, bool v)
{
    jw_key(w, str_c(key));
    jw_bool(w, v);
}

void jw_knull(struct jw *w, const char *key)
{
    jw_key(w, str_c(key));
    jw_null(w);
}
