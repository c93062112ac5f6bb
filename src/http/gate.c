/* http/gate.c: strict framing. One table of rules, asked in order over the complete head; the first that is broken decides. Pure: no I/O, no state. */
#include "http/gate_int.h"

/* What the rules need to know about the headers, gathered in one pass. */
struct sight {
    const struct gate_head *head;
    const struct gate_rules *limits;
    unsigned hosts, lengths, codings, expects;
    str host, length, coding, expect;
    bool bad_name, bad_value;
    bool http10;
    str authority; /* of an absolute-form target; STR_NULL else */
    str path;      /* empty: no form we know */
    uint64_t n;
};

static const char TOKEN[256] = {
    ['!'] = 1, ['#'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['*'] = 1,         ['+'] = 1,         ['-'] = 1,
    ['.'] = 1, ['^'] = 1, ['_'] = 1, ['`'] = 1, ['|'] = 1, ['~'] = 1,  ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};
/* Host: reg-name, IPv4, bracketed IPv6, port. No comma, though the grammar has it: two merged Host lines look like that. */
static const char HOST[256] = {
    ['!'] = 1, ['$'] = 1, ['%'] = 1, ['&'] = 1, ['\''] = 1, ['('] = 1, [')'] = 1, ['*'] = 1,         ['+'] = 1,         ['-'] = 1,         ['.'] = 1,
    [':'] = 1, [';'] = 1, ['='] = 1, ['['] = 1, [']'] = 1,  ['_'] = 1, ['~'] = 1, ['0' ... '9'] = 1, ['A' ... 'Z'] = 1, ['a' ... 'z'] = 1,
};

static bool all_of(str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (!set[(unsigned char)s.p[i]]) return false;
    return true;
}

/* A name or [an address], and perhaps a colon and a port; or nothing at all. */
bool gate_host_ok(str host)
{
    enum { PORT_DIGITS = 5 };
    if (host.n == 0) return true;
    size_t end = host.p[0] == '[' ? str_find(host, ']', 0) + 1 : str_find(host, ':', 0);
    if (!all_of(host, HOST) || end == 0 || end > host.n) return false;
    str name = str_head(host, end), port = str_from(host, end);
    if (str_find(name, '[', 1) < name.n || (name.p[0] != '[' && str_find(name, ']', 0) < name.n)) return false;
    if (port.n && (port.p[0] != ':' || port.n > 1 + PORT_DIGITS)) return false;
    for (size_t i = 1; i < port.n; i++)
        if (port.p[i] < '0' || port.p[i] > '9') return false;
    return true;
}
static bool is_token(str s) { return s.n > 0 && all_of(s, TOKEN); }

/* Field values: visible characters, blank, tab, and bytes above ASCII. */
static bool has_control(str s, bool tab_too)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if ((c < 0x20 && (c != '\t' || tab_too)) || c == 0x7f) return true;
    }
    return false;
}

static void note(str value, unsigned *count, str *first)
{
    if ((*count)++ == 0) *first = value;
}

static void look_at_header(struct sight *s, const struct header *h)
{
    s->bad_name |= !is_token(h->name);
    s->bad_value |= has_control(h->value, false);
    if (str_eq_nocase(h->name, STR("host")))
        note(h->value, &s->hosts, &s->host);
    else if (str_eq_nocase(h->name, STR("content-length")))
        note(h->value, &s->lengths, &s->length);
    else if (str_eq_nocase(h->name, STR("transfer-encoding")))
        note(h->value, &s->codings, &s->coding);
    else if (str_eq_nocase(h->name, STR("expect")))
        note(h->value, &s->expects, &s->expect);
}

/* Origin, absolute or asterisk form (RFC 9112 3.2). The authority form belongs to CONNECT, which we do not serve. */
static void look_at_target(struct sight *s)
{
    str t = s->head->target, scheme;
    s->path = STR("");
    if (t.n && t.p[0] == '/') {
        s->path = t;
        return;
    }
    if (str_eq(t, STR("*"))) {
        if (str_eq(s->head->method, STR("OPTIONS"))) s->path = t;
        return;
    }
    size_t at = str_search(t, STR("://"));
    if (at == t.n) return;
    scheme = str_head(t, at);
    if (!str_eq_nocase(scheme, STR("http")) && !str_eq_nocase(scheme, STR("https"))) return;
    str rest = str_from(t, at + 3);
    size_t end = 0;
    while (end < rest.n && rest.p[end] != '/' && rest.p[end] != '?') end++;
    s->authority = str_head(rest, end);
    s->path = end == rest.n ? STR("/") : str_from(rest, end);
}

static bool digits(str s, uint64_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        if (__builtin_mul_overflow(n, 10u, &n) || __builtin_add_overflow(n, (uint64_t)(s.p[i] - '0'), &n)) return false;
    }
    *out = n;
    return s.n > 0 && n <= INT64_MAX;
}

/* the rules: true means broken */
static bool head_long(struct sight *s) { return s->head->bytes > s->limits->head_max; }
static bool target_long(struct sight *s) { return s->head->target.n > s->limits->target_max; }
static bool torn(struct sight *s) { return s->head->torn; }
static bool method_odd(struct sight *s) { return !is_token(s->head->method); }
static bool version_odd(struct sight *s)
{
    s->http10 = str_eq(s->head->version, STR("HTTP/1.0"));
    return !s->http10 && !str_eq(s->head->version, STR("HTTP/1.1"));
}
static bool target_odd(struct sight *s)
{
    const str t = s->head->target;
    return t.n == 0 || has_control(t, true) || str_find(t, ' ', 0) < t.n || str_find(t, '#', 0) < t.n;
}
static bool target_formless(struct sight *s) { return s->path.n == 0; }
static bool name_odd(struct sight *s) { return s->bad_name; }
static bool value_odd(struct sight *s) { return s->bad_value; }
static bool host_missing(struct sight *s) { return s->hosts == 0 && !s->http10; }
static bool host_repeated(struct sight *s) { return s->hosts > 1; }
static bool host_odd(struct sight *s) { return !gate_host_ok(s->host); }
static bool host_other(struct sight *s)
{
    return !str_absent(s->authority) && (s->authority.n == 0 || (s->hosts && !str_eq_nocase(s->authority, s->host)) || !all_of(s->authority, HOST));
}
static bool length_repeated(struct sight *s) { return s->lengths > 1; }
static bool length_odd(struct sight *s) { return s->lengths && !digits(s->length, &s->n); }
static bool length_and_coding(struct sight *s) { return s->lengths && s->codings; }
static bool coding_odd(struct sight *s) { return s->codings > 1 || (s->codings && (s->http10 || !str_eq_nocase(s->coding, STR("chunked")))); }
static bool expect_odd(struct sight *s) { return s->expects && (s->expects > 1 || !str_eq_nocase(s->expect, STR("100-continue"))); }

static const struct rule {
    int status;
    const char *why;
    bool (*broken)(struct sight *);
} rules[] = {
    { 431, "the request head is too long", head_long },
    { 414, "the request target is too long", target_long },
    { 400, "a line of the head does not end with CR LF, is folded, or holds a NUL", torn },
    { 400, "the method is not a token", method_odd },
    { 505, "only HTTP/1.0 and HTTP/1.1 are spoken here", version_odd },
    { 400, "the request target holds a blank, a control character or a fragment", target_odd },
    { 400, "the request target has no form this server knows", target_formless },
    { 400, "a header name is not a token", name_odd },
    { 400, "a header value holds a control character", value_odd },
    { 400, "Host is missing", host_missing },
    { 400, "Host is repeated", host_repeated },
    { 400, "Host is not a host", host_odd },
    { 400, "the request target names another host", host_other },
    { 400, "Content-Length is repeated", length_repeated },
    { 400, "Content-Length is not a number", length_odd },
    { 400, "both Content-Length and Transfer-Encoding", length_and_coding },
    { 400, "the only transfer coding known here is chunked, once", coding_odd },
    { 417, "the only expectation known here is 100-continue", expect_odd },
};

void gate_check(const struct gate_head *head, const struct gate_rules *limits, struct verdict *out)
{
    struct sight s = { .head = head, .limits = limits };
    for (size_t i = 0; i < head->n_headers; i++) look_at_header(&s, &head->headers[i]);
    look_at_target(&s);
    *out = (struct verdict){ 0 };
    for (size_t i = 0; i < COUNT_OF(rules); i++)
        if (rules[i].broken(&s)) {
            *out = (struct verdict){ .status = rules[i].status, .why = rules[i].why, .close = true };
            return;
        }
    *out = (struct verdict){
        .chunked = s.codings > 0, .close = s.codings > 0 && limits->old_library, .length = s.n, .host = s.hosts ? s.host : s.authority, .path = s.path
    };
}
