/* rooms/accounts/accounts_rules.c: pure decisions: what is an address, a URL, a phone number, how a user is shown. */
#include "rooms/accounts/accounts_int.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <sys/stat.h>

/* white space as Python sees it */

/* Bytes of the white space character that s begins with; 0: it begins with something else. */
static size_t blank_at(str s)
{
    if (!s.n) return 0;
    unsigned char b = (unsigned char)s.p[0];
    if (b == ' ' || (b >= 9 && b <= 13) || (b >= 0x1c && b <= 0x1f)) return 1;
    if (s.n >= 2 && b == 0xC2 && ((unsigned char)s.p[1] == 0x85 || (unsigned char)s.p[1] == 0xA0)) return 2;
    static const char *const wide[] = { "\u1680", "\u2000", "\u2001", "\u2002", "\u2003", "\u2004", "\u2005", "\u2006", "\u2007",
                                        "\u2008", "\u2009", "\u200a", "\u2028", "\u2029", "\u202f", "\u205f", "\u3000" };
    for (size_t i = 0; i < COUNT_OF(wide); i++)
        if (str_starts(s, str_c(wide[i]))) return 3;
    return 0;
}

str cfg_text_trim(str s)
{
    size_t n, end = 0;
    while ((n = blank_at(s))) s = str_from(s, n);
    for (size_t i = 0; i < s.n;) {
        n = blank_at(str_from(s, i));
        i += n ? n : 1;
        if (!n) end = i;
    }
    return str_head(s, end);
}

err cfg_text_collapse(struct arena *a, str s, str *out)
{
    char *z = NEW_N(a, char, s.n + 1);
    size_t n = 0;
    if (!z) return ERR_NOMEM;
    s = cfg_text_trim(s);
    for (size_t i = 0; i < s.n;) {
        size_t blank = blank_at(str_from(s, i));
        if (blank && z[n - 1] != ' ') z[n++] = ' '; /* trimmed, so something stands before it */
        if (!blank) z[n++] = s.p[i];
        i += blank ? blank : 1;
    }
    *out = (str){ z, n };
    return ERR_OK;
}

/* e-mail (django-cfg 2.1) */

static bool reserved(str domain)
{
    static const char *const names[] = { "arpa", "invalid", "local", "localhost", "onion", "test" };
    size_t dot = domain.n;
    while (dot > 0 && domain.p[dot - 1] != '.') dot--;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (str_eq_nocase(str_from(domain, dot), str_c(names[i]))) return true;
    return false;
}

static bool ends_in_letter(str s)
{
    char c = s.n ? s.p[s.n - 1] : '0';
    return (unsigned char)c >= 0x80 || isalpha((unsigned char)c);
}

const char *cfg_address_fault(str s)
{
    size_t at = str_find(s, '@', 0);
    str local = str_head(s, at), domain = str_from(s, at + 1);
    if (at == s.n) return "An email address must have an @-sign.";
    if (!local.n) return "There must be something before the @-sign.";
    if (!domain.n) return "There must be something after the @-sign.";
    if (str_search(s, STR("..")) < s.n) return "An email address cannot have two periods in a row.";
    if (str_find(domain, '.', 0) == domain.n) return "The part after the @-sign is not valid. It should have a period.";
    if (reserved(domain)) return "The part after the @-sign is a special-use or reserved name that cannot be used with email.";
    if (s.n > 254) return "The email address is too long.";
    if (!email_is_valid(s)) return "The email address contains invalid characters.";
    return ends_in_letter(domain) ? NULL : "The part after the @-sign is not valid. It is not within a valid top-level domain.";
}

/* URLs (django-cfg 2): http, https, ftp, ftps; a dotted host, localhost, IPv4 or [IPv6]; a port */

static bool label_ok(str s)
{
    if (!s.n || s.n > 63 || s.p[0] == '-' || s.p[s.n - 1] == '-') return false;
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x80 && !isalnum((unsigned char)s.p[i]) && s.p[i] != '-') return false;
    return true;
}

static bool name_ok(str host)
{
    str label = STR_NULL;
    size_t n = 0;
    if (str_eq_nocase(host, STR("localhost"))) return true;
    if (str_ends(host, STR("."))) host.n--;
    if (!host.n || host.n > 253) return false;
    for (bool more = true; more; n++) {
        more = str_cut(&host, '.', &label);
        if (!label_ok(label)) return false;
    }
    return n >= 2 && label.n >= 2 && !cfg_digits_only(label);
}

static bool address_ok(int family, str text)
{
    char z[64];
    uint8_t bytes[16];
    if (!text.n || text.n >= sizeof z) return false;
    memcpy(z, text.p, text.n);
    z[text.n] = '\0';
    return inet_pton(family, z, bytes) == 1;
}

static bool port_ok(str s)
{
    int64_t port;
    return s.n >= 1 && s.n <= 5 && cfg_digits_only(s) && str_int(s, &port) == ERR_OK && port <= 65535;
}

static bool host_ok(str s)
{
    if (s.n && s.p[0] == '[') {
        size_t end = str_find(s, ']', 0);
        if (end == s.n || !address_ok(AF_INET6, (str){ s.p + 1, end - 1 })) return false;
        str rest = str_from(s, end + 1);
        return !rest.n || (rest.p[0] == ':' && port_ok(str_from(rest, 1)));
    }
    size_t colon = str_find(s, ':', 0);
    if (colon < s.n && !port_ok(str_from(s, colon + 1))) return false;
    s = str_head(s, colon);
    return address_ok(AF_INET, s) || name_ok(s);
}

static str after_scheme(str url)
{
    static const char *const schemes[] = { "http://", "https://", "ftp://", "ftps://" };
    for (size_t i = 0; i < COUNT_OF(schemes); i++) {
        size_t n = strlen(schemes[i]);
        if (url.n > n && str_eq_nocase(str_head(url, n), str_c(schemes[i]))) return str_from(url, n);
    }
    return STR_NULL;
}

/* Where the authority ends. */
static size_t authority_end(str rest)
{
    size_t i = 0;
    while (i < rest.n && rest.p[i] != '/' && rest.p[i] != '?' && rest.p[i] != '#') i++;
    return i;
}

bool cfg_url_ok(str url)
{
    str rest = after_scheme(url);
    if (!rest.n || url.n > 2048 || !str_utf8_ok(url)) return false;
    for (size_t i = 0; i < url.n; i++)
        if ((unsigned char)url.p[i] < 0x20 || blank_at(str_from(url, i))) return false;
    str authority = str_head(rest, authority_end(rest));
    size_t at = str_find(authority, '@', 0);
    return host_ok(at < authority.n ? str_from(authority, at + 1) : authority);
}

void cfg_url_escape(struct buf *out, str s, bool form)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (isalnum(c) || (c && strchr("-._~", c)))
            buf_char(out, (char)c);
        else if (form && c == ' ')
            buf_char(out, '+');
        else
            buf_printf(out, "%%%02X", c);
    }
}

str cfg_source_name(str url)
{
    str rest = after_scheme(url), host = str_head(rest, authority_end(rest));
    size_t at = str_find(host, '@', 0);
    if (at < host.n) host = str_from(host, at + 1);
    if (host.n > 4 && str_eq_nocase(str_head(host, 4), STR("www."))) host = str_from(host, 4);
    return str_head(host, 253);
}

/* identifiers */

static bool hex_lower(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

bool cfg_uuid_plain(str s)
{
    if (s.n != UUID) return false;
    for (size_t i = 0; i < s.n; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? s.p[i] != '-' : !hex_lower(s.p[i])) return false;
    }
    return true;
}

bool cfg_uuid_read(str s, char out[static UUID])
{
    char hex[32];
    size_t n = 0;
    if (s.n >= 4 && str_eq_nocase(str_head(s, 4), STR("urn:"))) s = str_from(s, 4);
    if (s.n >= 5 && str_eq_nocase(str_head(s, 5), STR("uuid:"))) s = str_from(s, 5);
    while (s.n && (s.p[0] == '{' || s.p[0] == '}')) s = str_from(s, 1);
    while (s.n && (s.p[s.n - 1] == '{' || s.p[s.n - 1] == '}')) s.n--;
    for (size_t i = 0; i < s.n; i++) {
        char c = (char)tolower((unsigned char)s.p[i]);
        if (c == '-') continue;
        if (!hex_lower(c) || n == sizeof hex) return false;
        hex[n++] = c;
    }
    if (n != sizeof hex) return false;
    for (size_t i = 0, k = 0; i < UUID; i++) out[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : hex[k++];
    return true;
}

void cfg_uuid4(char out[static UUID])
{
    uint8_t b[16];
    char hex[32];
    crypto_random(b, sizeof b);
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    crypto_hex(hex, b, sizeof b);
    for (size_t i = 0, k = 0; i < UUID; i++) out[i] = i == 8 || i == 13 || i == 18 || i == 23 ? '-' : hex[k++];
}

bool cfg_digits_only(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return s.n > 0;
}

/* profile (django-cfg 8.1, 8.3, 9.5) */

bool cfg_phone_reduce(str typed, char out[static 21], size_t *n)
{
    size_t plus = 0;
    *n = 0;
    for (size_t i = 0; i < typed.n && *n < 20; i++) {
        char c = typed.p[i];
        plus += c == '+';
        if (c == '+' || (c >= '0' && c <= '9')) out[(*n)++] = c;
    }
    if (plus > 1) {
        size_t k = 1;
        char digits[21];
        digits[0] = '+';
        for (size_t i = 0; i < *n; i++)
            if (out[i] != '+') digits[k++] = out[i];
        memcpy(out, digits, k);
        *n = k;
    }
    size_t lead = *n && out[0] == '+';
    return *n - lead >= 10;
}

static str first_char(str s)
{
    size_t n = s.n ? 1 : 0;
    while (n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80) n++;
    return str_head(s, n);
}

err cfg_initials_of(struct arena *a, str first, str last, str email, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(64);
    if (!first.n && !last.n) first = email;
    text_fold(&b, first_char(first), true);
    text_fold(&b, first_char(last), true);
    return buf_to_arena(&b, a, out);
}

err cfg_display_of(struct arena *a, str username, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(4096);
    size_t at = 0;
    while (at < username.n) {
        size_t end = at;
        while (end < username.n && !strchr("_-. ", username.p[end])) end++;
        str word = { username.p + at, end - at };
        if (word.n) {
            str head = first_char(word);
            if (b.n) buf_char(&b, ' ');
            text_fold(&b, head, true);
            text_fold(&b, str_from(word, head.n), false);
        }
        at = end + 1;
    }
    return buf_to_arena(&b, a, out);
}

str cfg_language_of(str header)
{
    str tag = STR_NULL;
    (void)str_cut(&header, ',', &tag);
    tag = str_trim(str_head(tag, str_find(tag, ';', 0)));
    tag = str_head(tag, str_find(tag, '-', 0));
    tag = str_head(tag, str_find(tag, '_', 0));
    for (size_t i = 0; i < tag.n; i++)
        if (!isalnum((unsigned char)tag.p[i])) return STR_NULL; /* "*" among them */
    return str_head(tag, 10);
}

/* others */

/* An IANA name is that of a file below the folder of zones, and begins with a capital letter: no "posix/…", no "tzdata.zi". */
bool cfg_zone_known(str name)
{
    char path[128];
    if (!name.n || name.n > 64 || !isupper((unsigned char)name.p[0])) return false;
    for (size_t i = 0; i < name.n; i++) {
        char c = name.p[i];
        if (!isalnum((unsigned char)c) && (!c || !strchr("+-_/", c))) return false;
        if (c == '/' && (i + 1 == name.n || name.p[i + 1] == '/')) return false;
    }
    struct stat st;
    int n = snprintf(path, sizeof path, "/usr/share/zoneinfo/%.*s", (int)name.n, name.p);
    return n > 0 && (size_t)n < sizeof path && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

/* Two short words, 12 letters at most together with what makes them unique. */
err cfg_username_make(struct arena *a, unsigned tries, str *out)
{
    static const char *const first[] = { "calm",  "bold",  "wise",  "swift", "brave", "kind", "sunny", "clear", "quick", "lucky", "merry", "noble",
                                         "proud", "quiet", "royal", "solid", "vivid", "warm", "young", "zesty", "amber", "blue",  "crisp", "eager" };
    static const char *const second[] = { "river", "stone", "eagle", "otter", "maple", "cloud", "ember", "field", "grove", "heron", "iris", "jade",
                                          "koala", "lemur", "moon",  "north", "ocean", "pearl", "quill", "raven", "spark", "tiger", "wave", "cedar" };
    uint8_t r[4];
    crypto_random(r, sizeof r);
    const char *x = first[r[0] % COUNT_OF(first)], *y = second[r[1] % COUNT_OF(second)];
    if (tries == 0) return arena_printf(a, out, "%s_%s", x, y);
    if (tries < 8) return arena_printf(a, out, "%.5s%.5s%02u", x, y, (unsigned)((r[2] << 8 | r[3]) % 100));
    char digits[10];
    crypto_random_text(digits, sizeof digits, STR("0123456789"));
    return arena_printf(a, out, "user%.*s", (int)sizeof digits, digits);
}
