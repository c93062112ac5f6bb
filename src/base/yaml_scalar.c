/* base/yaml_scalar.c: what a plain scalar means (language specification 1.2), and when two keys are the same. */
#include "base/yaml_int.h"
#include <limits.h>
#include <math.h>
#include <stdlib.h>

enum { BIG_DIGITS = 4300 /* as many as Python reads */ };

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static bool one_of(str s, const char *const *words)
{
    for (; *words; words++)
        if (str_is(s, *words)) return true;
    return false;
}

static err complain(struct arena *a, str *why, const char *text, str about)
{
    if (about.n > 100) about.n = 100;
    TRY(arena_printf(a, why, "%s '" STR_FMT "'", text, STR_ARG(about)));
    return ERR_INPUT;
}

static int digit_value(char c)
{
    if (is_digit(c)) return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* Sign, then 0b, 0o, 0x or nothing: strips them from *s. */
static int int_base(str *s, bool *negative)
{
    *negative = s->n && s->p[0] == '-';
    if (s->n && (s->p[0] == '-' || s->p[0] == '+')) *s = str_from(*s, 1);
    if (s->n < 3 || s->p[0] != '0') return 10;
    int base = s->p[1] == 'b' ? 2 : s->p[1] == 'o' ? 8 : s->p[1] == 'x' ? 16 : 10;
    if (base != 10) *s = str_from(*s, 2);
    return base;
}

/* Digits of the base and underscores; a decimal one starts with a digit. */
static bool is_int(str s)
{
    bool negative, any = false;
    int base = int_base(&s, &negative);
    if (base == 10 && s.n && s.p[0] == '_') return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '_') continue;
        if (digit_value(s.p[i]) >= base) return false;
        any = true;
    }
    return any;
}

/* Decimal digits of an integer of any size: schoolbook, in limbs of nine digits. */
static err big_int(struct arena *a, struct yaml_node *n, str s, int base, bool negative, str *why)
{
    if (s.n > BIG_DIGITS) {
        *why = STR("Exceeds the limit (4300 digits) for integer string conversion");
        return ERR_INPUT;
    }
    uint32_t *limb = NEW_N(a, uint32_t, BIG_DIGITS / 7 + 1);
    size_t used = 1;
    char *text = NEW_N(a, char, 9 * (BIG_DIGITS / 7 + 1) + 2);
    if (!limb || !text) return ERR_NOMEM;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '_') continue;
        uint64_t carry = (uint64_t)digit_value(s.p[i]);
        for (size_t k = 0; k < used; k++) {
            carry += (uint64_t)limb[k] * (uint64_t)base;
            limb[k] = (uint32_t)(carry % 1000000000);
            carry /= 1000000000;
        }
        if (carry) limb[used++] = (uint32_t)carry;
    }
    char *to = text;
    if (negative) *to++ = '-';
    char *first = to;
    for (size_t k = used; k > 0; k--)
        for (uint32_t unit = 100000000; unit; unit /= 10) {
            char c = (char)('0' + limb[k - 1] / unit % 10);
            if (c != '0' || to > first) *to++ = c;
        }
    n->text = (str){ text, (size_t)(to - text) };
    n->big = true;
    return ERR_OK;
}

static err take_int(struct arena *a, struct yaml_node *n, str *why)
{
    str s = n->text;
    bool negative;
    int base = int_base(&s, &negative);
    int64_t v = 0;
    n->kind = YAML_INT;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '_') continue;
        /* Counted downwards, because the most negative value has no positive twin. */
        if (__builtin_mul_overflow(v, base, &v) || __builtin_sub_overflow(v, digit_value(s.p[i]), &v)) return big_int(a, n, s, base, negative, why);
    }
    if (!negative && __builtin_sub_overflow((int64_t)0, v, &v)) return big_int(a, n, s, base, negative, why);
    n->i = v;
    return ERR_OK;
}

static size_t digits(str s, size_t at)
{
    while (at < s.n && (is_digit(s.p[at]) || s.p[at] == '_')) at++;
    return at;
}

/* 1. 1.5 .5 1e3 1.5e-3, underscores between digits. */
static bool is_float(str s)
{
    if (s.n && (s.p[0] == '-' || s.p[0] == '+')) s = str_from(s, 1);
    if (s.n == 0 || s.p[0] == '_') return false;
    size_t whole = digits(s, 0), at = whole;
    bool dot = at < s.n && s.p[at] == '.', exponent = false;
    if (dot) {
        if (whole == 0 && (at + 1 >= s.n || !is_digit(s.p[at + 1]))) return false;
        at = digits(s, at + 1);
    } else if (whole == 0) {
        return false;
    }
    if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
        at++;
        if (at < s.n && (s.p[at] == '-' || s.p[at] == '+')) at++;
        if (at >= s.n) return false;
        exponent = true;
        while (at < s.n && is_digit(s.p[at])) at++;
        if (!is_digit(s.p[at - 1])) return false;
    }
    return at == s.n && (dot || exponent);
}

static err take_float(struct arena *a, struct yaml_node *n)
{
    char *z = arena_z(a, n->text), *to = z;
    if (!z) return ERR_NOMEM;
    for (const char *p = z; *p; p++)
        if (*p != '_') *to++ = *p;
    *to = 0;
    n->kind = YAML_FLOAT;
    n->f = strtod(z, NULL);
    return ERR_OK;
}

/* .inf and .nan; only infinity has a sign. */
static bool take_special(struct yaml_node *n)
{
    static const char *const infinite[] = { ".inf", ".Inf", ".INF", NULL }, *const nan_words[] = { ".nan", ".NaN", ".NAN", NULL };
    str s = n->text;
    bool negative = s.n && s.p[0] == '-';
    if (one_of(s, nan_words)) {
        n->f = (double)NAN;
    } else {
        if (s.n && (s.p[0] == '-' || s.p[0] == '+')) s = str_from(s, 1);
        if (!one_of(s, infinite)) return false;
        n->f = negative ? -HUGE_VAL : HUGE_VAL;
    }
    n->kind = YAML_FLOAT;
    return true;
}

/* Reads from least to most digits at *s into *out. */
static bool take_digits(str *s, unsigned least, unsigned most, int *out)
{
    int v = 0;
    unsigned n = 0;
    for (; n < most && n < s->n && is_digit(s->p[n]); n++) v = 10 * v + (s->p[n] - '0');
    *s = str_from(*s, n);
    *out = v;
    return n >= least;
}

static bool take_char(str *s, char c)
{
    if (!s->n || s->p[0] != c) return false;
    *s = str_from(*s, 1);
    return true;
}

static bool take_blanks(str *s)
{
    bool any = false;
    while (take_char(s, ' ') || take_char(s, '\t')) any = true;
    return any;
}

struct moment {
    int year, month, day, hour, minute, second, micro, offset_min;
    bool has_time;
};

/* .5 is 500,000 microseconds; digits beyond six are dropped. */
static void take_fraction(str *s, int *micro)
{
    int unit = 100000;
    if (!take_char(s, '.')) return;
    for (; s->n && is_digit(s->p[0]); *s = str_from(*s, 1), unit /= 10) *micro += unit * (s->p[0] - '0');
}

/* Nothing, Z, +H, +HH or +HH:MM, after blanks. */
static bool take_zone(str *s, int *offset_min)
{
    (void)take_blanks(s);
    if (take_char(s, 'Z')) return true;
    bool negative = take_char(s, '-');
    if (!negative && !take_char(s, '+')) return true;
    int hours, minutes = 0;
    if (!take_digits(s, 1, 2, &hours)) return false;
    if (take_char(s, ':') && !take_digits(s, 2, 2, &minutes)) return false;
    *offset_min = (negative ? -1 : 1) * (60 * hours + minutes);
    return true;
}

/* 2020-01-02; 2020-1-2T3:04:05.6 -07:00 and the like. */
static bool parse_moment(str s, struct moment *m)
{
    *m = (struct moment){ 0 };
    str date = s;
    if (!take_digits(&s, 4, 4, &m->year) || !take_char(&s, '-') || !take_digits(&s, 1, 2, &m->month) || !take_char(&s, '-') || !take_digits(&s, 1, 2, &m->day))
        return false;
    if (s.n == 0) return date.n == 10; /* a bare date has two digits each */
    if (!take_char(&s, 'T') && !take_char(&s, 't') && !take_blanks(&s)) return false;
    m->has_time = true;
    if (!take_digits(&s, 1, 2, &m->hour) || !take_char(&s, ':') || !take_digits(&s, 2, 2, &m->minute) || !take_char(&s, ':') ||
        !take_digits(&s, 2, 2, &m->second))
        return false;
    take_fraction(&s, &m->micro);
    return take_zone(&s, &m->offset_min) && s.n == 0;
}

static int month_days(int year, int month)
{
    static const int8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static const char *moment_trouble(const struct moment *m)
{
    if (m->year < 1) return "year 0 is out of range";
    if (m->month < 1 || m->month > 12) return "month must be in 1..12";
    if (m->day < 1 || m->day > month_days(m->year, m->month)) return "day is out of range for month";
    if (m->hour > 23) return "hour must be in 0..23";
    if (m->minute > 59) return "minute must be in 0..59";
    if (m->second > 59) return "second must be in 0..59";
    if (abs(m->offset_min) >= 24 * 60) return "offset must be less than a day";
    return NULL;
}

/* Moves to UTC; at most one day over a border. False before year 1 or after 9999. */
static bool to_utc(struct moment *m)
{
    int minutes = m->hour * 60 + m->minute - m->offset_min, shift = 0;
    if (minutes < 0)
        minutes += 24 * 60, shift = -1;
    else if (minutes >= 24 * 60)
        minutes -= 24 * 60, shift = 1;
    m->hour = minutes / 60, m->minute = minutes % 60;
    m->day += shift;
    if (m->day < 1) {
        if (--m->month < 1) m->month = 12, m->year--;
        m->day = m->year >= 1 ? month_days(m->year, m->month) : 1;
    } else if (m->day > month_days(m->year, m->month)) {
        m->day = 1;
        if (++m->month > 12) m->month = 1, m->year++;
    }
    return m->year >= 1 && m->year <= 9999;
}

static err take_moment(struct arena *a, struct yaml_node *n, struct moment *m, str *why)
{
    const char *trouble = moment_trouble(m);
    if (!trouble && !to_utc(m)) trouble = "date value out of range";
    if (trouble) return complain(a, why, trouble, n->text);
    n->kind = m->has_time ? YAML_DATETIME : YAML_DATE;
    n->t = (struct yaml_time){ .year = (int16_t)m->year,
                               .month = (uint8_t)m->month,
                               .day = (uint8_t)m->day,
                               .hour = (uint8_t)m->hour,
                               .minute = (uint8_t)m->minute,
                               .second = (uint8_t)m->second,
                               .micro = m->micro };
    return ERR_OK;
}

static bool take_bool(struct yaml_node *n)
{
    static const char *const yes[] = { "true", "True", "TRUE", NULL }, *const no[] = { "false", "False", "FALSE", NULL };
    n->b = one_of(n->text, yes);
    if (!n->b && !one_of(n->text, no)) return false;
    n->kind = YAML_BOOL;
    return true;
}

static bool is_null(str s)
{
    static const char *const words[] = { "null", "Null", "NULL", "~", "", NULL };
    return one_of(s, words);
}

err yaml_resolve(struct arena *a, struct yaml_node *n, str *why)
{
    n->kind = YAML_STR;
    struct moment m;
    if (is_null(n->text)) {
        n->kind = YAML_NULL;
        return ERR_OK;
    }
    /* Most scalars are words: only these characters begin anything else. */
    if (!memchr("tTfF.+-0123456789=", n->text.p[0], 18) || take_bool(n)) return ERR_OK;
    if (str_is(n->text, "=")) {
        *why = STR("could not determine a constructor for the tag 'tag:yaml.org,2002:value'");
        return ERR_INPUT;
    }
    if (is_int(n->text)) return take_int(a, n, why);
    if (is_float(n->text)) return take_float(a, n);
    if (take_special(n)) return ERR_OK;
    return parse_moment(n->text, &m) ? take_moment(a, n, &m, why) : ERR_OK;
}

err yaml_resolve_tagged(struct arena *a, struct yaml_node *n, str tag, str *why)
{
    static const struct {
        const char *tag;
        enum yaml_kind first, second; /* what the text must resolve to */
    } known[] = {
        { "tag:yaml.org,2002:null", YAML_NULL, YAML_NULL },
        { "tag:yaml.org,2002:bool", YAML_BOOL, YAML_BOOL },
        { "tag:yaml.org,2002:int", YAML_INT, YAML_INT },
        { "tag:yaml.org,2002:float", YAML_FLOAT, YAML_INT },
        { "tag:yaml.org,2002:timestamp", YAML_DATE, YAML_DATETIME },
    };
    n->kind = YAML_STR;
    if (str_is(tag, "!") || str_is(tag, "tag:yaml.org,2002:str")) return ERR_OK;
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        if (!str_is(tag, known[i].tag)) continue;
        TRY(yaml_resolve(a, n, why));
        if (n->kind != known[i].first && n->kind != known[i].second) return complain(a, why, "the value does not fit its tag:", n->text);
        if (known[i].first == YAML_FLOAT && n->kind == YAML_INT) {
            n->kind = YAML_FLOAT;
            n->f = n->big ? strtod(n->text.p, NULL) : (double)n->i;
            n->big = false;
        }
        return ERR_OK;
    }
    return complain(a, why, "could not determine a constructor for the tag", tag);
}

static int rank(const struct yaml_node *n)
{
    switch (n->kind) {
    case YAML_NULL: return 0;
    case YAML_BOOL:
    case YAML_FLOAT: return 1;
    case YAML_INT: return n->big ? 2 : 1;
    case YAML_STR: return 3;
    case YAML_DATE: return 4;
    case YAML_DATETIME: return 5;
    case YAML_SEQ:
    case YAML_MAP: break;
    }
    return 6;
}

/* long double holds every int64 and every double. */
static long double number(const struct yaml_node *n)
{
    return n->kind == YAML_BOOL ? (long double)n->b : n->kind == YAML_INT ? (long double)n->i : (long double)n->f;
}

static int number_cmp(long double x, long double y)
{
    if (isnan(x) || isnan(y)) return !!isnan(x) - !!isnan(y);
    return (x > y) - (x < y);
}

static int time_cmp(const struct yaml_time *x, const struct yaml_time *y)
{
    int xs[] = { x->year, x->month, x->day, x->hour, x->minute, x->second, x->micro };
    int ys[] = { y->year, y->month, y->day, y->hour, y->minute, y->second, y->micro };
    for (size_t i = 0; i < COUNT_OF(xs); i++)
        if (xs[i] != ys[i]) return xs[i] - ys[i];
    return 0;
}

int yaml_key_cmp(const struct yaml_node *x, const struct yaml_node *y)
{
    int d = rank(x) - rank(y);
    if (d) return d;
    switch (rank(x)) {
    case 1: return number_cmp(number(x), number(y));
    case 2:
    case 3: return str_cmp(x->text, y->text);
    case 4:
    case 5: return time_cmp(&x->t, &y->t);
    default: return 0;
    }
}
