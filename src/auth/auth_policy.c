/* auth/auth_policy.c: which passwords may be chosen; pure. */
#include "auth/auth.h"
#include <utf8proc.h>

/* One per line, lower case, sorted by bytes: common_passwords.txt without its comments. */
static const char common[] =
#include "auth/common_passwords.inc"
    ;

static bool has_control(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < ' ' || s.p[i] == 127) return true;
    return false;
}

static bool is_repeat(str s)
{
    utf8proc_int32_t first = 0, next = 0;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &first);
    for (size_t at = (size_t)n; n > 0 && at < s.n; at += (size_t)n) {
        n = utf8proc_iterate((const utf8proc_uint8_t *)s.p + at, (utf8proc_ssize_t)(s.n - at), &next);
        if (next != first) return false;
    }
    return true;
}

/* Code point by code point, case aside; both are well-formed. */
static bool same_word(str a, str b)
{
    utf8proc_int32_t x = 0, y = 0;
    while (a.n && b.n) {
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)a.p, (utf8proc_ssize_t)a.n, &x);
        utf8proc_ssize_t m = utf8proc_iterate((const utf8proc_uint8_t *)b.p, (utf8proc_ssize_t)b.n, &y);
        if (n <= 0 || m <= 0 || utf8proc_tolower(x) != utf8proc_tolower(y)) return false;
        a = str_from(a, (size_t)n);
        b = str_from(b, (size_t)m);
    }
    return a.n == b.n;
}

static bool is_word(const struct password_policy *p, str password)
{
    for (size_t i = 0; i < p->n_words; i++)
        if (p->words[i].n && str_utf8_ok(p->words[i]) && same_word(password, p->words[i])) return true;
    return false;
}

size_t password_common_count(void)
{
    size_t n = 0;
    for (const char *p = common; (p = strchr(p, '\n')); p++) n++;
    return n;
}

/* The line that holds byte at. */
static str line_at(size_t at)
{
    size_t from = at, to = at;
    while (from > 0 && common[from - 1] != '\n') from--;
    while (common[to] != '\n') to++;
    return (str){ common + from, to - from };
}

bool password_is_common(str password)
{
    char lower[64];
    size_t low = 0, high = sizeof common - 1;
    if (password.n == 0 || password.n > sizeof lower) return false;
    for (size_t i = 0; i < password.n; i++) lower[i] = (char)(password.p[i] >= 'A' && password.p[i] <= 'Z' ? password.p[i] + 32 : password.p[i]);
    str wanted = { lower, password.n };
    while (low < high) {
        str line = line_at(low + (high - low) / 2);
        int order = str_cmp(wanted, line);
        if (order == 0) return true;
        if (order < 0)
            high = (size_t)(line.p - common);
        else
            low = (size_t)(line.p - common) + line.n + 1;
    }
    return false;
}

enum password_fault password_judge(const struct password_policy *p, str password)
{
    if (!str_utf8_ok(password)) return PASSWORD_NO_TEXT;
    size_t n = str_utf8_len(password);
    if (n == 0 || n < p->min) return PASSWORD_SHORT;
    if ((p->max && n > p->max) || (p->max_bytes && password.n > p->max_bytes)) return PASSWORD_LONG;
    if (p->no_controls && has_control(password)) return PASSWORD_CONTROL;
    if (p->no_repeat && is_repeat(password)) return PASSWORD_REPEATED;
    if (is_word(p, password)) return PASSWORD_WORD;
    return p->no_common && password_is_common(password) ? PASSWORD_COMMON : PASSWORD_GOOD;
}
