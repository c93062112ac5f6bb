/* http/multipart.c: multipart/form-data (RFC 7578, RFC 2046 5.1) as slices of the body; nothing of the body is copied but decoded names.
 *
 * Strict where parsers differ: CR LF at boundaries, one Content-Disposition per part, a closing boundary at the end. What comes before the first boundary
 * and after the last is dropped, as RFC 2046 says. */
#include "http/http.h"

enum { BOUNDARY_MAX = 70, PART_HEAD_MAX = 16 * 1024, PART_LINES_MAX = 32 };

/* parameters of a header value: ; name=token or ; name="quoted" */
static void skip_blanks(str *s)
{
    while (s->n && (s->p[0] == ' ' || s->p[0] == '\t')) *s = str_from(*s, 1);
}

/* *s stands behind the opening quote. A backslash quotes only a quote or a backslash: browsers send file names with lone ones. */
static err quoted(struct arena *a, str *s, str *out)
{
    char *to = NEW_N(a, char, s->n + 1);
    if (!to) return ERR_NOMEM;
    size_t n = 0, i = 0;
    for (; i < s->n && s->p[i] != '"'; i++) {
        if (s->p[i] == '\\' && i + 1 < s->n && (s->p[i + 1] == '"' || s->p[i + 1] == '\\')) i++;
        to[n++] = s->p[i];
    }
    if (i == s->n) return ERR_INPUT;
    *s = str_from(*s, i + 1);
    *out = (str){ to, n };
    return ERR_OK;
}

/* Next parameter; name absent at the end. */
static err next_param(struct arena *a, str *s, str *name, str *value)
{
    *name = *value = STR_NULL;
    skip_blanks(s);
    while (s->n && s->p[0] == ';') {
        *s = str_from(*s, 1);
        skip_blanks(s);
    }
    if (s->n == 0) return ERR_OK;
    size_t at = str_find(*s, '=', 0);
    if (at == s->n) return ERR_INPUT;
    *name = str_trim(str_head(*s, at));
    *s = str_from(*s, at + 1);
    skip_blanks(s);
    if (s->n && s->p[0] == '"') {
        *s = str_from(*s, 1);
        TRY(quoted(a, s, value));
        skip_blanks(s);
        return s->n && s->p[0] != ';' ? ERR_INPUT : ERR_OK;
    }
    at = str_find(*s, ';', 0);
    *value = str_trim(str_head(*s, at));
    *s = str_from(*s, at);
    return ERR_OK;
}

static bool is_boundary_char(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c && strchr("'()+_,-./:=? ", c)); }
static bool boundary_ok(str b)
{
    for (size_t i = 0; i < b.n; i++)
        if (!is_boundary_char(b.p[i])) return false;
    return b.n >= 1 && b.n <= BOUNDARY_MAX && b.p[b.n - 1] != ' ';
}

/* "--" and the boundary; a repeated boundary parameter is an error, since two readers could take different ones. */
static err find_dash_boundary(struct arena *a, str content_type, str *out)
{
    str type, name, value, found = STR_NULL;
    str_cut(&content_type, ';', &type);
    if (!str_eq_nocase(str_trim(type), STR("multipart/form-data"))) return ERR_INPUT;
    do {
        TRY(next_param(a, &content_type, &name, &value));
        if (!str_eq_nocase(name, STR("boundary"))) continue;
        if (!str_absent(found)) return ERR_INPUT;
        found = value;
    } while (!str_absent(name));
    if (!boundary_ok(found)) return ERR_INPUT;
    return arena_printf(a, out, "--" STR_FMT, STR_ARG(found));
}

/* the head of one part */
static err disposition(struct arena *a, str value, struct part *p)
{
    str kind, name, v;
    str_cut(&value, ';', &kind);
    if (!str_eq_nocase(str_trim(kind), STR("form-data"))) return ERR_INPUT;
    for (;;) {
        TRY(next_param(a, &value, &name, &v));
        if (str_absent(name)) return str_absent(p->name) ? ERR_INPUT : ERR_OK;
        str *to = str_eq_nocase(name, STR("name")) ? &p->name : str_eq_nocase(name, STR("filename")) ? &p->filename : NULL;
        if (!to) continue; /* filename* must not be used in form-data (RFC 7578 4.2) */
        if (!str_absent(*to)) return ERR_INPUT;
        *to = v;
    }
}

static err part_line(struct arena *a, str line, struct part *p)
{
    size_t colon = str_find(line, ':', 0);
    if (colon == line.n || str_find(line, '\r', 0) < line.n || str_find(line, '\n', 0) < line.n) return ERR_INPUT;
    str name = str_head(line, colon), value = str_trim(str_from(line, colon + 1));
    if (str_eq_nocase(name, STR("content-disposition"))) return str_absent(p->name) ? disposition(a, value, p) : ERR_INPUT;
    if (str_eq_nocase(name, STR("content-type"))) p->type = value;
    return ERR_OK;
}

/* *s stands at the first line of the part's head; behind it: at the part's body. */
static err part_head(struct arena *a, str *s, struct part *p)
{
    for (int lines = 0; lines <= PART_LINES_MAX; lines++) {
        size_t end = str_search(str_head(*s, PART_HEAD_MAX), STR("\r\n"));
        if (end >= PART_HEAD_MAX || end >= s->n) return ERR_INPUT;
        str line = str_head(*s, end);
        *s = str_from(*s, end + 2);
        if (line.n == 0) return str_absent(p->name) ? ERR_INPUT : ERR_OK;
        TRY(part_line(a, line, p));
    }
    return ERR_INPUT;
}

/* the body */
/* Index of the next CR LF dash-boundary at or after from; s.n if there is none. */
static size_t find_delimiter(str s, str dash, size_t from)
{
    while (from < s.n) {
        size_t at = from + str_search(str_from(s, from), dash);
        if (at >= s.n) return s.n;
        if (at >= from + 2 && s.p[at - 1] == '\n' && s.p[at - 2] == '\r') return at - 2;
        from = at + 1;
    }
    return s.n;
}

/* What follows a dash-boundary: "--" ends all; blanks and CR LF begin a part. */
static err after_boundary(str *s, bool *end)
{
    *end = str_starts(*s, STR("--"));
    if (*end) return ERR_OK;
    skip_blanks(s);
    if (!str_starts(*s, STR("\r\n"))) return ERR_INPUT;
    *s = str_from(*s, 2);
    return ERR_OK;
}

static err first_boundary(str *s, str dash)
{
    if (!str_starts(*s, dash)) {
        size_t at = find_delimiter(*s, dash, 0);
        if (at == s->n) return ERR_INPUT;
        *s = str_from(*s, at + 2);
    }
    *s = str_from(*s, dash.n);
    return ERR_OK;
}

/* Upper bound of the number of parts, to take the space once. */
static size_t count_boundaries(str s, str dash, size_t max)
{
    size_t n = 0;
    while (n <= max) {
        size_t at = str_search(s, dash);
        if (at == s.n) break;
        n++;
        s = str_from(s, at + dash.n);
    }
    return n;
}

err http_parse_multipart(struct arena *a, str content_type, str body, size_t max, struct parts *out)
{
    str dash, s = body;
    bool end = false;
    TRY(find_dash_boundary(a, content_type, &dash));
    TRY(first_boundary(&s, dash));
    size_t room = count_boundaries(s, dash, max);
    struct part *v = NEW_N(a, struct part, room);
    if (!v) return ERR_NOMEM;
    size_t n = 0;
    for (;;) {
        TRY(after_boundary(&s, &end));
        if (end) break;
        if (n == max || n == room) return ERR_INPUT;
        TRY(part_head(a, &s, &v[n]));
        size_t at = str_starts(s, dash) ? 0 : find_delimiter(s, dash, 0);
        if (at == s.n) return ERR_INPUT;
        bool empty_without_break = at == 0 && str_starts(s, dash); /* an empty part whose head's last CR LF is also the delimiter's */
        v[n++].body = str_head(s, at);
        s = str_from(s, at + (empty_without_break ? 0 : 2) + dash.n);
    }
    *out = (struct parts){ v, n };
    return ERR_OK;
}
