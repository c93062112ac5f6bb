/* http/parse.c: bounded decoders of what stands in a head: path, query, cookies, media type, method, request id. */
#include "http/gate_int.h"

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}
/* The byte that %XX at s[i] means, or -1. */
static int percent_at(str s, size_t i)
{
    if (s.n - i < 3) return -1;
    int high = hex_digit(s.p[i + 1]), low = hex_digit(s.p[i + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

err http_decode_path(struct arena *a, str segment, str *out)
{
    char *to = NEW_N(a, char, segment.n + 1);
    if (!to) return ERR_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < segment.n; i++) {
        int c = (unsigned char)segment.p[i];
        if (c == '%') {
            c = percent_at(segment, i);
            i += 2;
        }
        if (c <= 0) return ERR_INPUT;
        to[n++] = (char)c;
    }
    *out = (str){ to, n };
    return ERR_OK;
}

/* Forms and queries in the wild hold lone percent signs: they stay what they are. */
static err decode_form(struct arena *a, str s, str *out)
{
    char *to = NEW_N(a, char, s.n + 1);
    if (!to) return ERR_NOMEM;
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        int c = s.p[i] == '%' ? percent_at(s, i) : -1;
        if (c >= 0) {
            to[n++] = (char)c;
            i += 2;
        } else {
            to[n++] = s.p[i] == '+' ? ' ' : s.p[i];
        }
    }
    *out = (str){ to, n };
    return ERR_OK;
}

err http_parse_query(struct arena *a, str text, size_t max, struct params *out)
{
    size_t n = 0;
    str rest = text, pair, name;
    bool more = text.n > 0;
    while (more) {
        more = str_cut(&rest, '&', &pair);
        n += pair.n > 0;
    }
    if (n > max) return ERR_INPUT;
    struct param *v = NEW_N(a, struct param, n);
    if (!v) return ERR_NOMEM;
    rest = text;
    for (size_t i = 0; i < n;) {
        str_cut(&rest, '&', &pair);
        if (pair.n == 0) continue;
        str_cut(&pair, '=', &name); /* without '=' the value is empty */
        TRY(decode_form(a, name, &v[i].name));
        TRY(decode_form(a, pair, &v[i].value));
        i++;
    }
    *out = (struct params){ v, n };
    return ERR_OK;
}

err http_media_type(struct arena *a, str content_type, str *out)
{
    str type;
    str_cut(&content_type, ';', &type);
    type = str_trim(type);
    char *to = NEW_N(a, char, type.n + 1);
    if (!to) return ERR_NOMEM;
    for (size_t i = 0; i < type.n; i++) to[i] = (char)(type.p[i] >= 'A' && type.p[i] <= 'Z' ? type.p[i] + 32 : type.p[i]);
    *out = (str){ to, type.n };
    return ERR_OK;
}

str req_header(const struct req *rq, const char *name)
{
    for (size_t i = 0; i < rq->n_headers; i++)
        if (str_eq_nocase(rq->headers[i].name, str_c(name))) return rq->headers[i].value;
    return STR_NULL;
}

str req_query(const struct req *rq, const char *name)
{
    for (size_t i = 0; i < rq->query.n; i++)
        if (str_is(rq->query.v[i].name, name)) return rq->query.v[i].value;
    return STR_NULL;
}

static str cookie_in(str line, const char *name)
{
    str pair, key;
    bool more = true;
    while (more) {
        more = str_cut(&line, ';', &pair);
        if (str_find(pair, '=', 0) == pair.n) continue;
        str_cut(&pair, '=', &key);
        if (!str_is(str_trim(key), name)) continue;
        str v = str_trim(pair);
        return v.n >= 2 && v.p[0] == '"' && v.p[v.n - 1] == '"' ? (str){ v.p + 1, v.n - 2 } : v;
    }
    return STR_NULL;
}

str req_cookie(const struct req *rq, const char *name)
{
    for (size_t i = 0; i < rq->n_headers; i++) {
        if (!str_eq_nocase(rq->headers[i].name, STR("cookie"))) continue;
        str found = cookie_in(rq->headers[i].value, name);
        if (!str_absent(found)) return found;
    }
    return STR_NULL;
}

static const struct {
    enum method m;
    str text;
} methods[] = {
    { M_GET, { "GET", 3 } },     { M_HEAD, { "HEAD", 4 } },     { M_POST, { "POST", 4 } },       { M_PUT, { "PUT", 3 } },
    { M_PATCH, { "PATCH", 5 } }, { M_DELETE, { "DELETE", 6 } }, { M_OPTIONS, { "OPTIONS", 7 } },
};
enum method method_of(str text)
{
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (str_eq(methods[i].text, text)) return methods[i].m;
    return M_OTHER;
}
const char *method_name(enum method m)
{
    for (size_t i = 0; i < COUNT_OF(methods); i++)
        if (methods[i].m == m) return methods[i].text.p;
    return "OTHER";
}

bool request_id_ok(str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        bool fine = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
        if (!fine) return false;
    }
    return id.n >= 1 && id.n <= REQUEST_ID_MAX;
}
