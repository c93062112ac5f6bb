/* rooms/interviews/interviews_query_text.c: the words of the query language (api 13.6): names, signs, Python's texts and numbers; times. */
#include "rooms/interviews/interviews_query_int.h"
#include <errno.h>
#include <stdlib.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

/* numbers */

/* Digits of a base, with single underscores between them; the digits go to out. */
static bool take_digits(str *s, int base, struct buf *out)
{
    size_t n = 0;
    bool digit = false;
    for (; n < s->n; n++) {
        char c = s->p[n], low = (char)(c | 0x20);
        bool fits = base == 16 ? is_digit(c) || (low >= 'a' && low <= 'f') : c >= '0' && c < '0' + base;
        if (!fits && !(c == '_' && digit)) break;
        digit = fits;
        if (fits) buf_char(out, c);
    }
    bool good = digit;
    *s = str_from(*s, n);
    return good;
}

/* An integer beyond int64 is a real: it compares just as well. */
static err number_value(struct buf *b, bool real, int base, struct value *v)
{
    char *end;
    buf_char(b, '\0');
    if (b->bad) return b->bad == ERR_LIMIT ? ERR_INPUT : b->bad;
    errno = 0;
    long long i = real ? 0 : strtoll(b->p, &end, base);
    if (!real && errno == 0) {
        *v = (struct value){ .kind = VALUE_INT, .i = i };
        return ERR_OK;
    }
    if (base != 10) return ERR_INPUT;
    *v = (struct value){ .kind = VALUE_REAL, .real = strtod(b->p, &end) };
    return ERR_OK;
}

static err take_based(str *s, int base, struct value *v)
{
    CLEANUP(buf_release) struct buf b = BUF(512);
    *s = str_from(*s, 2);
    if (s->n && s->p[0] == '_') *s = str_from(*s, 1);
    return take_digits(s, base, &b) ? number_value(&b, false, base, v) : ERR_INPUT;
}

static err take_decimal(str *s, struct value *v)
{
    CLEANUP(buf_release) struct buf b = BUF(512);
    bool real = false;
    if (s->p[0] != '.' && !take_digits(s, 10, &b)) return ERR_INPUT;
    bool zeros = b.n > 1 && b.p[0] == '0'; /* 007 is no number, 00 and 00.5 are */
    for (size_t k = 0; zeros && k < b.n; k++) zeros = b.p[k] == '0';
    bool octal = b.n > 1 && b.p && b.p[0] == '0' && !zeros;
    if (s->n && s->p[0] == '.') {
        real = true;
        buf_char(&b, '.');
        *s = str_from(*s, 1);
        if (s->n && is_digit(s->p[0]) && !take_digits(s, 10, &b)) return ERR_INPUT;
    }
    if (s->n && (s->p[0] | 0x20) == 'e') {
        real = true;
        buf_char(&b, 'e');
        *s = str_from(*s, 1);
        if (s->n && (s->p[0] == '+' || s->p[0] == '-')) buf_char(&b, s->p[0]), *s = str_from(*s, 1);
        if (!take_digits(s, 10, &b)) return ERR_INPUT;
    }
    return octal && !real ? ERR_INPUT : number_value(&b, real, 10, v);
}

static err take_number(str *s, struct token *t)
{
    char low = s->n > 1 ? (char)(s->p[1] | 0x20) : '\0';
    int base = s->p[0] != '0' ? 10 : low == 'x' ? 16 : low == 'o' ? 8 : low == 'b' ? 2 : 10;
    t->kind = TOK_VALUE;
    TRY(base == 10 ? take_decimal(s, &t->value) : take_based(s, base, &t->value));
    return s->n && (is_letter(s->p[0]) || is_digit(s->p[0])) ? ERR_INPUT : ERR_OK; /* 1j, 1st */
}

/* texts */

static int hex_value(char c)
{
    char low = (char)(c | 0x20);
    return is_digit(c) ? c - '0' : low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

static err put_code(struct buf *b, uint32_t cp)
{
    char utf8[4];
    if (cp == 0 || cp > 0x10FFFF || (cp >= 0xD800 && cp < 0xE000)) return ERR_INPUT; /* no column has such a text */
    size_t n = str_utf8_put(utf8, cp);
    buf_add(b, (str){ utf8, n });
    return ERR_OK;
}

static err take_code(str *s, size_t digits, struct buf *b)
{
    uint32_t cp = 0;
    if (s->n < digits) return ERR_INPUT;
    for (size_t k = 0; k < digits; k++) {
        int h = hex_value(s->p[k]);
        if (h < 0) return ERR_INPUT;
        cp = cp << 4 | (uint32_t)h;
    }
    *s = str_from(*s, digits);
    return put_code(b, cp);
}

/* Behind a backslash. */
static err take_escape(str *s, struct buf *b)
{
    static const char from[] = "abfnrtv\\'\"", to[] = "\a\b\f\n\r\t\v\\'\"";
    if (s->n == 0) return ERR_INPUT;
    char c = s->p[0];
    const char *at = c ? strchr(from, c) : NULL;
    if (c >= '0' && c <= '7') {
        uint32_t cp = 0;
        size_t n = 0;
        while (n < 3 && n < s->n && s->p[n] >= '0' && s->p[n] <= '7') cp = cp << 3 | (uint32_t)(s->p[n++] - '0');
        *s = str_from(*s, n);
        return put_code(b, cp);
    }
    *s = str_from(*s, 1);
    if (at) return buf_char(b, to[at - from]), ERR_OK;
    if (c == 'x') return take_code(s, 2, b);
    if (c == 'u') return take_code(s, 4, b);
    if (c == 'U') return take_code(s, 8, b);
    if (c == 'N') return ERR_INPUT; /* names of characters: not here */
    buf_char(b, '\\');
    buf_char(b, c);
    return ERR_OK;
}

static err take_text(struct arena *mem, str *s, bool raw, struct token *t)
{
    CLEANUP(buf_release) struct buf b = BUF(64 * 1024);
    char quotes[3] = { s->p[0], s->p[0], s->p[0] };
    size_t n = str_starts(*s, (str){ quotes, 3 }) ? 3 : 1;
    str end = { quotes, n };
    *s = str_from(*s, n);
    while (!str_starts(*s, end)) {
        if (s->n == 0) return ERR_INPUT;
        char c = s->p[0];
        *s = str_from(*s, 1);
        if (c != '\\') {
            buf_char(&b, c);
        } else if (!raw) {
            TRY(take_escape(s, &b));
        } else { /* it stays, and so does what it keeps from ending the text */
            if (s->n == 0) return ERR_INPUT;
            buf_char(&b, c);
            buf_char(&b, s->p[0]);
            *s = str_from(*s, 1);
        }
    }
    *s = str_from(*s, n);
    t->kind = TOK_VALUE;
    t->value = (struct value){ .kind = VALUE_TEXT };
    return buf_to_arena(&b, mem, &t->value.text);
}

/* words */

static err take_name(struct arena *mem, str *s, struct token *t)
{
    size_t n = 0;
    while (n < s->n && (is_letter(s->p[n]) || is_digit(s->p[n]))) n++;
    str name = str_head(*s, n);
    *s = str_from(*s, n);
    if (s->n && (s->p[0] == '\'' || s->p[0] == '"')) {
        bool raw = n == 1 && (name.p[0] | 0x20) == 'r', plain = n == 1 && (name.p[0] | 0x20) == 'u';
        return raw || plain ? take_text(mem, s, raw, t) : ERR_INPUT; /* neither bytes nor f-strings */
    }
    *t = (struct token){ .kind = TOK_NAME, .name = name };
    if (str_is(name, "None")) *t = (struct token){ .kind = TOK_VALUE, .value = { .kind = VALUE_NONE } };
    if (str_is(name, "True")) *t = (struct token){ .kind = TOK_VALUE, .value = { .kind = VALUE_BOOL, .i = 1 } };
    if (str_is(name, "False")) *t = (struct token){ .kind = TOK_VALUE, .value = { .kind = VALUE_BOOL } };
    return ERR_OK;
}

static err take_sign(str *s, struct token *t)
{
    static const struct {
        char text[3];
        int sign;
    } signs[] = { { "==", SIGN_EQ }, { "!=", SIGN_NE }, { "<=", SIGN_LE }, { ">=", SIGN_GE } };
    t->kind = TOK_SIGN;
    for (size_t k = 0; k < COUNT_OF(signs); k++)
        if (str_starts(*s, str_c(signs[k].text))) {
            t->sign = signs[k].sign;
            *s = str_from(*s, 2);
            return ERR_OK;
        }
    t->sign = (unsigned char)s->p[0];
    *s = str_from(*s, 1);
    return t->sign > 0 && t->sign < 0x80 && strchr("<>&|~()[]{},.:+-", t->sign) ? ERR_OK : ERR_INPUT;
}

err token_next(struct arena *mem, str *s, struct token *out)
{
    while (s->n && (s->p[0] == ' ' || s->p[0] == '\t' || s->p[0] == '\f')) *s = str_from(*s, 1);
    *out = (struct token){ .kind = TOK_END };
    if (s->n == 0 || s->p[0] == '#') return *s = str_from(*s, s->n), ERR_OK; /* a comment ends the line, and there is but one */
    char c = s->p[0];
    if (is_letter(c)) return take_name(mem, s, out);
    if (is_digit(c) || (c == '.' && s->n > 1 && is_digit(s->p[1]))) return take_number(s, out);
    if (c == '\'' || c == '"') return take_text(mem, s, false, out);
    return take_sign(s, out);
}

/* times */

static bool digits_at(str *s, size_t n, int64_t least, int64_t most, int64_t *out)
{
    int64_t v = 0;
    if (s->n < n) return false;
    for (size_t k = 0; k < n; k++) {
        if (!is_digit(s->p[k])) return false;
        v = v * 10 + (s->p[k] - '0');
    }
    *s = str_from(*s, n);
    *out = v;
    return v >= least && v <= most;
}

static bool skip(str *s, char c)
{
    bool is = s->n && s->p[0] == c;
    if (is) *s = str_from(*s, 1);
    return is;
}

/* Microseconds of at most six digits behind the point; further ones do not count. */
static bool fraction(str *s, int64_t *us)
{
    size_t n = 0;
    int64_t v = 0;
    for (; n < s->n && is_digit(s->p[n]); n++)
        if (n < 6) v = v * 10 + (s->p[n] - '0');
    for (size_t k = n; k < 6; k++) v *= 10;
    *s = str_from(*s, n);
    *us = v;
    return n > 0;
}

static bool time_of_day(str *s, int64_t *us)
{
    int64_t h, m, sec = 0, part = 0;
    if (!digits_at(s, 2, 0, 23, &h) || !skip(s, ':') || !digits_at(s, 2, 0, 59, &m)) return false;
    if (skip(s, ':') && !digits_at(s, 2, 0, 59, &sec)) return false;
    if (skip(s, '.') && !fraction(s, &part)) return false;
    *us = ((h * 60 + m) * 60 + sec) * 1000000 + part;
    return true;
}

static bool zone_offset_text(str *s, int64_t *us)
{
    int64_t h = 0, m = 0;
    *us = 0;
    if (s->n == 0 || skip(s, 'Z')) return s->n == 0;
    bool west = skip(s, '-');
    if (!west && !skip(s, '+')) return false;
    if (!digits_at(s, 2, 0, 23, &h)) return false;
    IGNORE(skip(s, ':'));
    if (s->n && !digits_at(s, 2, 0, 59, &m)) return false;
    *us = (h * 60 + m) * 60000000 * (west ? -1 : 1);
    return s->n == 0;
}

err query_time(str s, int64_t *unix_us)
{
    static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365 };
    int64_t y, m, d, of_day = 0, east = 0;
    if (!digits_at(&s, 4, 1, 9999, &y) || !skip(&s, '-') || !digits_at(&s, 2, 1, 12, &m) || !skip(&s, '-') || !digits_at(&s, 2, 1, 31, &d)) return ERR_INPUT;
    bool leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    if (d > before[m] - before[m - 1] + (m == 2 && leap)) return ERR_INPUT;
    if (s.n && !((skip(&s, 'T') || skip(&s, ' ')) && time_of_day(&s, &of_day) && zone_offset_text(&s, &east))) return ERR_INPUT;
    int64_t p = y - 1, days = y * 365 + p / 4 - p / 100 + p / 400 - 719527 + before[m - 1] + (m > 2 && leap) + d - 1;
    *unix_us = days * 86400000000 + of_day - east;
    return ERR_OK;
}
