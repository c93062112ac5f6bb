/* base/json_read.c: the JSON scanner; with a target it builds jansson values on the way. */
#include "base/fault.h"
#include "base/json.h"
#include <math.h>
#include <stdlib.h>

enum { DEPTH_DEFAULT = 200, VALUES_DEFAULT = 200000 };

struct scan {
    const char *p;
    size_t at, n;
    struct json_rules rules;
    size_t depth, values;
    struct buf text; /* the last string, decoded; filled only while building */
    bool has_huge;   /* a number beyond double was met, the first at huge_at */
    size_t huge_at;
    struct json_error *bad;
};

/* Fills *bad: offsets are bytes, lines and columns are for people. */
static void locate(str text, size_t at, const char *why, struct json_error *bad)
{
    if (!bad) return;
    *bad = (struct json_error){ .at = at, .line = 1, .column = 1, .why = why };
    for (size_t i = 0; i < at && i < text.n; i++) {
        bool lead = ((unsigned char)text.p[i] & 0xC0) != 0x80;
        bad->chars += lead;
        bad->column += lead;
        if (text.p[i] == '\n') bad->line++, bad->column = 1;
    }
}

static err refuse(struct scan *s, size_t at, const char *why)
{
    locate((str){ s->p, s->n }, at, why, s->bad);
    return ERR_INPUT;
}

static void blanks(struct scan *s)
{
    while (s->at < s->n && (s->p[s->at] == ' ' || s->p[s->at] == '\n' || s->p[s->at] == '\t' || s->p[s->at] == '\r')) s->at++;
}

static bool next_is(const struct scan *s, char c) { return s->at < s->n && s->p[s->at] == c; }

static int hex_value(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Four hex digits at offset at; -1 if they are not there. */
static int32_t hex4(const struct scan *s, size_t at)
{
    int32_t v = 0;
    if (at > s->n || s->n - at < 4) return -1;
    for (size_t i = 0; i < 4; i++) {
        int d = hex_value(s->p[at + i]);
        if (d < 0) return -1;
        v = v << 4 | d;
    }
    return v;
}

/* \uXXXX, or a pair of them; at stands behind the u. */
static err escape_unicode(struct scan *s, bool keep)
{
    int32_t cp = hex4(s, s->at);
    /* At least the closing quote has to follow; Python blames the escape where it does not. */
    if (cp < 0 || s->n - s->at == 4) return refuse(s, s->at - 1, "Invalid \\uXXXX escape");
    s->at += 4;
    if (cp >= 0xD800 && cp <= 0xDBFF && s->n - s->at > 6 && s->p[s->at] == '\\' && s->p[s->at + 1] == 'u') {
        int32_t low = hex4(s, s->at + 2);
        if (low >= 0xDC00 && low <= 0xDFFF) {
            cp = 0x10000 + ((cp - 0xD800) << 10 | (low - 0xDC00));
            s->at += 6;
        }
    }
    if (!keep) return ERR_OK;
    char out[4];
    if (cp >= 0xD800 && cp <= 0xDFFF) cp = 0xFFFD;
    buf_add(&s->text, (str){ out, str_utf8_put(out, (uint32_t)cp) });
    return ERR_OK;
}

/* at stands behind the backslash. */
static err escape(struct scan *s, size_t begin, bool keep)
{
    static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
    if (s->at >= s->n) return refuse(s, begin, "Unterminated string starting at");
    char c = s->p[s->at++];
    if (c == 'u') return escape_unicode(s, keep);
    const char *name = c ? strchr(names, c) : NULL;
    if (!name) return refuse(s, s->at - 2, "Invalid \\escape");
    if (keep) buf_char(&s->text, values[name - names]);
    return ERR_OK;
}

/* A string; at stands on its quote. keep: decoded into s->text. */
static err string(struct scan *s, bool keep)
{
    size_t begin = s->at++;
    if (keep) buf_clear(&s->text);
    for (;;) {
        size_t from = s->at;
        while (s->at < s->n && s->p[s->at] != '"' && s->p[s->at] != '\\' && (unsigned char)s->p[s->at] >= 0x20) s->at++;
        if (keep) buf_add(&s->text, (str){ s->p + from, s->at - from });
        if (s->at >= s->n) return refuse(s, begin, "Unterminated string starting at");
        char c = s->p[s->at++];
        if (c == '"') return keep ? buf_ok(&s->text) : ERR_OK;
        if (c != '\\') return refuse(s, s->at - 1, "Invalid control character at");
        TRY(escape(s, begin, keep));
    }
}

static err built(json_t **out, json_t *v)
{
    *out = v;
    return v ? ERR_OK : ERR_NOMEM;
}

/* Text of a number to a value. */
static err number_build(struct scan *s, size_t begin, bool is_int, json_t **out)
{
    if (fault_here()) return ERR_NOMEM;
    str text = { s->p + begin, s->at - begin };
    int64_t i;
    if (is_int && str_int(text, &i) == ERR_OK) return built(out, json_integer(i));
    /* strtod wants an end; the text has none. */
    buf_clear(&s->text);
    buf_add(&s->text, text);
    buf_char(&s->text, 0);
    TRY(buf_ok(&s->text));
    double d = strtod(s->text.p, NULL);
    if (!isfinite(d)) {
        /* What is wrong with the grammar further on is worse; json_read() refuses this one at the end. */
        if (!s->has_huge) s->huge_at = begin;
        s->has_huge = true;
        d = 0;
    }
    return built(out, json_real(d));
}

static size_t digits(struct scan *s)
{
    size_t from = s->at;
    while (s->at < s->n && s->p[s->at] >= '0' && s->p[s->at] <= '9') s->at++;
    return s->at - from;
}

/* Takes what follows the sign-and-integer part: a fraction or exponent only when complete, as Python does. True if there was one. */
static bool number_tail(struct scan *s)
{
    bool real = false;
    size_t back = s->at;
    if (next_is(s, '.')) {
        s->at++;
        if (digits(s))
            real = true;
        else
            s->at = back;
    }
    back = s->at;
    if (next_is(s, 'e') || next_is(s, 'E')) {
        s->at++;
        if (next_is(s, '+') || next_is(s, '-')) s->at++;
        if (digits(s))
            real = true;
        else
            s->at = back;
    }
    return real;
}

static bool word(struct scan *s, const char *z)
{
    str w = str_c(z);
    if (!str_starts((str){ s->p + s->at, s->n - s->at }, w)) return false;
    s->at += w.n;
    return true;
}

static err number(struct scan *s, json_t **out)
{
    size_t begin = s->at;
    if (s->rules.nan && (word(s, "NaN") || word(s, "Infinity") || word(s, "-Infinity"))) return out ? built(out, json_null()) : ERR_OK;
    if (next_is(s, '-')) s->at++;
    if (next_is(s, '0'))
        s->at++;
    else if (digits(s) == 0)
        return refuse(s, begin, "Expecting value");
    bool real = number_tail(s);
    return out ? number_build(s, begin, !real, out) : ERR_OK;
}

static err value(struct scan *s, json_t **out);

/* A key and its colon, up to the value. keep: the key's text is left in s->text. */
static err key(struct scan *s, bool keep)
{
    if (!next_is(s, '"')) return refuse(s, s->at, "Expecting property name enclosed in double quotes");
    TRY(string(s, keep));
    blanks(s);
    if (!next_is(s, ':')) return refuse(s, s->at, "Expecting ':' delimiter");
    s->at++;
    blanks(s);
    return ERR_OK;
}

/* What contents() does with each element: only check, or build it into a container, or note where it stands. */
typedef err each_fn(struct scan *s, void *into);

static err member_check(struct scan *s, void *into)
{
    (void)into;
    TRY(key(s, false));
    return value(s, NULL);
}

static err member_build(struct scan *s, void *into)
{
    size_t at = s->at;
    TRY(key(s, true));
    /* The value will use the buffer, so take it. */
    CLEANUP(buf_release) struct buf name = s->text;
    s->text = BUF(s->n + 1);
    str k = buf_str(&name);
    if (s->rules.reject_twice && json_object_getn(into, k.p, k.n)) return refuse(s, at, "Duplicate key");
    json_t *v = NULL;
    TRY(value(s, &v));
    if (fault_here()) return json_decref(v), ERR_NOMEM;
    return json_object_setn_new_nocheck(into, k.p, k.n, v) ? ERR_NOMEM : ERR_OK;
}

static err item_check(struct scan *s, void *into)
{
    (void)into;
    return value(s, NULL);
}

static err item_build(struct scan *s, void *into)
{
    json_t *v = NULL;
    TRY(value(s, &v));
    if (fault_here()) return json_decref(v), ERR_NOMEM;
    return json_array_append_new(into, v) ? ERR_NOMEM : ERR_OK;
}

/* What stands between the brackets; at stands behind the opening one. */
static err contents(struct scan *s, char end, each_fn *each, void *into)
{
    blanks(s);
    if (next_is(s, end)) return s->at++, ERR_OK;
    for (;;) {
        TRY(each(s, into));
        blanks(s);
        if (next_is(s, end)) return s->at++, ERR_OK;
        if (!next_is(s, ',')) return refuse(s, s->at, "Expecting ',' delimiter");
        s->at++;
        blanks(s);
    }
}

static err container(struct scan *s, json_t **out)
{
    bool object = s->p[s->at] == '{';
    char end = object ? '}' : ']';
    if (s->depth == s->rules.depth) return refuse(s, s->at, "Nested too deep");
    s->at++;
    s->depth++;
    err e;
    if (out) {
        json_t *v = fault_here() ? NULL : object ? json_object() : json_array();
        e = v ? contents(s, end, object ? member_build : item_build, v) : ERR_NOMEM;
        if (e)
            json_decref(v);
        else
            *out = v;
    } else {
        e = contents(s, end, object ? member_check : item_check, NULL);
    }
    s->depth--;
    return e;
}

static err string_build(struct scan *s, json_t **out)
{
    TRY(string(s, out != NULL));
    if (!out) return ERR_OK;
    return built(out, fault_here() ? NULL : json_stringn_nocheck(s->text.n ? s->text.p : "", s->text.n));
}

/* A value at the current place. out == NULL: only checked. */
static err value(struct scan *s, json_t **out)
{
    if (s->at >= s->n) return refuse(s, s->at, "Expecting value");
    if (out && s->values-- == 0) return refuse(s, s->at, "Too many values");
    char c = s->p[s->at];
    if (c == '{' || c == '[') return container(s, out);
    if (c == '"') return string_build(s, out);
    json_t *constant = NULL;
    if (word(s, "null"))
        constant = json_null();
    else if (word(s, "true"))
        constant = json_true();
    else if (word(s, "false"))
        constant = json_false();
    if (!constant) return number(s, out);
    if (out) *out = constant;
    return ERR_OK;
}

/* Nothing but blanks may follow the value. */
static err finish(struct scan *s)
{
    blanks(s);
    return s->at < s->n ? refuse(s, s->at, "Extra data") : ERR_OK;
}

/* Ready to scan, or ERR_INPUT: ill-formed UTF-8 and a byte order mark are found before anything else. */
static err begin(struct scan *s, str text, const struct json_rules *rules, struct json_error *bad)
{
    *s = (struct scan){ .p = text.n ? text.p : "", .n = text.n, .bad = bad, .text = BUF(text.n + 1) };
    if (rules) s->rules = *rules;
    if (!s->rules.depth) s->rules.depth = DEPTH_DEFAULT;
    s->values = s->rules.values ? s->rules.values : VALUES_DEFAULT;
    size_t good = str_utf8_good(text);
    if (good < text.n) return refuse(s, good, "Invalid UTF-8");
    if (str_starts(text, STR("\xEF\xBB\xBF"))) return refuse(s, 0, "Unexpected UTF-8 BOM (decode using utf-8-sig)");
    blanks(s);
    return ERR_OK;
}

static err scan_whole(struct scan *s, json_t **out)
{
    TRY(value(s, out));
    return finish(s);
}

err json_scan(str text, const struct json_rules *rules, struct json_error *bad)
{
    struct scan s;
    TRY(begin(&s, text, rules, bad));
    json_t *tree = NULL;
    /* A repeated key is only seen by remembering the others. */
    err e = scan_whole(&s, s.rules.reject_twice ? &tree : NULL);
    json_decref(tree);
    buf_release(&s.text);
    return e;
}

struct noted {
    struct arena *a;
    struct json_members m;
    size_t room;
};

static err member_note(struct scan *s, void *into)
{
    struct noted *n = into;
    if (n->m.n == n->room) {
        size_t room = n->room ? 2 * n->room : 16;
        struct json_member *v = NEW_N(n->a, struct json_member, room);
        if (!v) return ERR_NOMEM;
        if (n->m.n) memcpy(v, n->m.v, n->m.n * sizeof *v);
        n->m.v = v;
        n->room = room;
    }
    struct json_member *m = &n->m.v[n->m.n];
    TRY(key(s, true));
    TRY(arena_str(n->a, buf_str(&s->text), &m->key));
    size_t from = s->at;
    TRY(value(s, NULL));
    m->value = (str){ s->p + from, s->at - from };
    n->m.n++;
    return ERR_OK;
}

static err members_scan(struct scan *s, struct noted *n)
{
    if (!next_is(s, '{')) return scan_whole(s, NULL);
    s->at++;
    s->depth++;
    TRY(contents(s, '}', member_note, n));
    return finish(s);
}

err json_scan_members(struct arena *a, str text, const struct json_rules *rules, struct json_members *out, struct json_error *bad)
{
    if (rules && rules->reject_twice) TRY(json_scan(text, rules, bad));
    struct scan s;
    TRY(begin(&s, text, rules, bad));
    struct noted n = { .a = a };
    err e = members_scan(&s, &n);
    buf_release(&s.text);
    if (e == ERR_OK) *out = n.m;
    return e;
}

str json_member(const struct json_members *m, const char *key_text)
{
    for (size_t i = m->n; i > 0; i--)
        if (str_is(m->v[i - 1].key, key_text)) return m->v[i - 1].value;
    return STR_NULL;
}

static void json_drop(void *v) { json_decref(v); }

err json_read(struct arena *a, str text, const struct json_rules *rules, json_t **out, struct json_error *bad)
{
    struct scan s;
    TRY(begin(&s, text, rules, bad));
    json_t *tree = NULL;
    err e = scan_whole(&s, &tree);
    if (!e && s.has_huge) e = refuse(&s, s.huge_at, "Number out of range");
    buf_release(&s.text);
    if (e) return json_decref(tree), e;
    TRY(arena_on_end(a, json_drop, tree));
    *out = tree;
    return ERR_OK;
}

unsigned json_half_pair(str text)
{
    unsigned high = 0; /* one that waits for its other half, which must follow at once */
    for (size_t i = 0; i < text.n; i++) {
        unsigned cp = 0;
        if (text.p[i] == '\\' && text.p[++i] == 'u') {
            char digits[5] = { text.p[i + 1], text.p[i + 2], text.p[i + 3], text.p[i + 4], '\0' }; /* well-formed, as all of it */
            cp = (unsigned)strtoul(digits, NULL, 16);
            i += 4;
        }
        bool low = cp >= 0xDC00 && cp < 0xE000;
        if (high ? !low : low) return high ? high : cp;
        high = cp >= 0xD800 && cp < 0xDC00 ? cp : 0;
    }
    return 0;
}
