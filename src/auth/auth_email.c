/* auth/auth_email.c: when two e-mail addresses are the same, and which texts are addresses at all. */
#include "auth/auth.h"
#include "base/fault.h"
#include <stdlib.h>
#include <utf8proc.h>

static utf8proc_int32_t lower(utf8proc_int32_t cp, void *unused)
{
    (void)unused;
    return utf8proc_tolower(cp);
}

static bool is_ascii(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80) return false;
    return true;
}

err email_normalise(struct arena *a, str email, str *out)
{
    email = str_trim(email);
    if (email.n && memchr(email.p, '\0', email.n)) return ERR_INPUT;
    if (is_ascii(email)) {
        char *z = arena_z(a, email);
        if (!z) return ERR_NOMEM;
        for (size_t i = 0; i < email.n; i++)
            if (z[i] >= 'A' && z[i] <= 'Z') z[i] = (char)(z[i] + 32);
        *out = (str){ z, email.n };
        return ERR_OK;
    }
    if (!str_utf8_ok(email)) return ERR_INPUT;
    utf8proc_uint8_t *text = NULL;
    if (fault_here()) return ERR_NOMEM;
    utf8proc_ssize_t n =
        utf8proc_map_custom((const utf8proc_uint8_t *)email.p, (utf8proc_ssize_t)email.n, &text, UTF8PROC_STABLE | UTF8PROC_COMPOSE, lower, NULL);
    if (n < 0) return n == UTF8PROC_ERROR_NOMEM ? ERR_NOMEM : ERR_INPUT;
    err e = arena_str(a, (str){ (const char *)text, (size_t)n }, out);
    free(text);
    return e;
}

void text_fold(struct buf *out, str s, bool upper)
{
    while (s.n) {
        utf8proc_int32_t cp;
        char bytes[4];
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &cp);
        if (n <= 0) return;
        buf_add(out, (str){ bytes, str_utf8_put(bytes, (uint32_t)(upper ? utf8proc_toupper(cp) : utf8proc_tolower(cp))) });
        s = str_from(s, (size_t)n);
    }
}

/* RFC 5322 atext and what RFC 6531 adds to it. */
static bool is_atom_char(char c)
{
    static const char others[] = "!#$%&'*+-/=?^_`{|}~";
    return (unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && strchr(others, c));
}

static bool is_label(str s)
{
    if (s.n == 0 || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-') return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((unsigned char)c >= 0x80 || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-')) return false;
    }
    return true;
}

/* Labels parted by dots; two at least, but for localhost. */
static bool is_domain(str s)
{
    if (str_eq_nocase(s, STR("localhost"))) return true;
    str label;
    size_t n = 1;
    bool more = str_cut(&s, '.', &label);
    if (!is_label(label)) return false;
    for (; more; n++) {
        more = str_cut(&s, '.', &label);
        if (!is_label(label)) return false;
    }
    return n >= 2;
}

static bool is_local(str s)
{
    if (str_absent(s) || s.n == 0 || s.n > 64 || s.p[0] == '.' || s.p[s.n - 1] == '.') return false;
    for (size_t i = 0; i < s.n; i++)
        if (!is_atom_char(s.p[i]) && !(s.p[i] == '.' && s.p[i - 1] != '.')) return false;
    return true;
}

/* Some letter beyond ASCII is a letter of ASCII when normalised (the Kelvin sign: k): with it somebody could have an address that counts as another's and that
 * no mail of that other one ever proves. s is well-formed. */
static bool poses_as_ascii(str s)
{
    utf8proc_int32_t cp, is[4];
    for (utf8proc_ssize_t n; s.n; s = str_from(s, (size_t)n)) {
        n = utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &cp);
        if (n <= 0) return true;
        if (n == 1) continue;
        int last = 0;
        utf8proc_ssize_t parts = utf8proc_decompose_char(cp, is, (utf8proc_ssize_t)COUNT_OF(is), UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &last);
        if (utf8proc_tolower(cp) < 0x80 || (parts == 1 && is[0] < 0x80)) return true;
    }
    return false;
}

bool text_is_plain(str s)
{
    utf8proc_int32_t cp;
    for (utf8proc_ssize_t n; s.n; s = str_from(s, (size_t)n)) {
        n = utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &cp);
        if (n <= 0) return false;
        utf8proc_category_t c = utf8proc_category(cp);
        if (c >= UTF8PROC_CATEGORY_ZS && c <= UTF8PROC_CATEGORY_CF) return false; /* Zs, Zl, Zp, Cc, Cf */
    }
    return true;
}

/* Of one beyond ASCII: nobody sees it (controls, separators, marks of format, fillers), or it stands for one that was lost. */
static bool is_unseen(utf8proc_int32_t cp)
{
    utf8proc_category_t c = utf8proc_category(cp);
    return c == UTF8PROC_CATEGORY_CN || c >= UTF8PROC_CATEGORY_ZS /* Zs, Zl, Zp, Cc, Cf, Cs, Co, in this order */ || cp == 0xFFFD ||
           utf8proc_get_property(cp)->ignorable;
}

static bool is_mark(utf8proc_int32_t cp)
{
    utf8proc_category_t c = utf8proc_category(cp);
    return c == UTF8PROC_CATEGORY_MN || c == UTF8PROC_CATEGORY_MC || c == UTF8PROC_CATEGORY_ME;
}

/* Two addresses that look the same must not be two: what is not seen, and an accent without its letter, is refused. s is well-formed. */
static bool hides_something(str s)
{
    utf8proc_int32_t cp;
    char before = '@';
    for (utf8proc_ssize_t n; s.n; s = str_from(s, (size_t)n)) {
        n = utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &cp);
        if (n <= 0 || (n > 1 && (is_unseen(cp) || (is_mark(cp) && (before == '@' || before == '.'))))) return true;
        before = s.p[0];
    }
    return false;
}

/* The names of hosts are looked up as IDNA maps them: a wide letter is a narrow one, a full stop of another script is a dot. No label has such a letter itself
 * (RFC 5892 2.2). s is well-formed. */
static bool is_mapped(str s)
{
    enum { LONGEST = 18 }; /* no character becomes more */
    utf8proc_int32_t cp, plain[LONGEST], mapped[LONGEST];
    for (utf8proc_ssize_t n; s.n; s = str_from(s, (size_t)n)) {
        n = utf8proc_iterate((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &cp);
        if (n <= 0 || cp == 0x3002) return true;
        int last = 0;
        utf8proc_ssize_t a = utf8proc_decompose_char(cp, plain, LONGEST, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE, &last);
        utf8proc_ssize_t b = utf8proc_decompose_char(cp, mapped, LONGEST, UTF8PROC_STABLE | UTF8PROC_DECOMPOSE | UTF8PROC_COMPAT, &last);
        if (a != b || a < 1 || a > LONGEST || memcmp(plain, mapped, (size_t)a * sizeof *plain) != 0) return true;
    }
    return false;
}

bool email_is_valid(str email)
{
    if (email.n > 254 || !str_utf8_ok(email) || poses_as_ascii(email) || hides_something(email)) return false;
    size_t at = str_find(email, '@', 0);
    return at < email.n && is_local(str_head(email, at)) && is_domain(str_from(email, at + 1)) && !is_mapped(str_from(email, at));
}
