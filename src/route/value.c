/* route/value.c: small readers of JSON slices that json_scan() has accepted, so none of them judges syntax. */
#include "route/route_int.h"
#include <math.h>
#include <stdlib.h>

enum any_kind json_kind(str json)
{
    switch (json.p && json.n ? json.p[0] : 0) {
    case 0: return ANY_ABSENT;
    case '{': return ANY_OBJECT;
    case '[': return ANY_ARRAY;
    case '"': return ANY_TEXT;
    case 't':
    case 'f': return ANY_BOOL;
    case 'n': return ANY_NULL;
    default: return ANY_NUMBER;
    }
}

size_t json_blanks(str s, size_t at)
{
    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\n' || s.p[at] == '\r')) at++;
    return at;
}

size_t json_string_end(str s, size_t at)
{
    for (at++; at < s.n && s.p[at] != '"'; at++)
        if (s.p[at] == '\\') at++;
    return at + 1;
}

/* Behind the value that starts at `at`: at the comma or closing bracket of what holds it. */
size_t json_value_end(str s, size_t at)
{
    for (size_t depth = 0; at < s.n;) {
        char c = s.p[at];
        if (c == '"') {
            at = json_string_end(s, at);
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']' || c == '}')) return at;
        if (c == '{' || c == '[') depth++;
        if (c == '}' || c == ']') depth--;
        at++;
    }
    return s.n;
}

bool json_item(str array, size_t *at, str *item)
{
    size_t start = json_blanks(array, *at + 1); /* past '[' or the comma */
    if (start >= array.n || array.p[start] == ']' || *at + 1 >= array.n) return false;
    size_t end = json_value_end(array, start);
    *item = str_trim((str){ array.p + start, end - start });
    *at = end < array.n && array.p[end] == ',' ? end : array.n;
    return true;
}

err json_text(struct arena *a, str json, str *out)
{
    str inner = { json.p + 1, json.n >= 2 ? json.n - 2 : 0 };
    if (str_find(inner, '\\', 0) == inner.n) return *out = inner, ERR_OK;
    const struct json_rules plain = { 0 };
    json_t *j = NULL;
    TRY(json_read(a, json, &plain, &j, NULL));
    *out = (str){ json_string_value(j), json_string_length(j) };
    return ERR_OK;
}

err text_real(struct arena *a, str text, double *out)
{
    /* strtod knows hexadecimal, "inf" and "nan" too. */
    for (size_t i = 0; i < text.n; i++)
        if (!strchr("0123456789+-.eE", text.p[i]) || text.p[i] == 0) return ERR_INPUT;
    char *z = arena_z(a, text), *end = NULL;
    if (!z) return ERR_NOMEM;
    double d = strtod(z, &end);
    if (text.n == 0 || end != z + text.n || !isfinite(d)) return ERR_INPUT;
    *out = d;
    return ERR_OK;
}

err value_text(struct arena *a, const struct value *v, str *out)
{
    if (str_absent(v->json)) return *out = v->text, ERR_OK;
    enum any_kind k = json_kind(v->json);
    if (k == ANY_TEXT) return json_text(a, v->json, out);
    *out = k == ANY_NULL ? STR_NULL : v->json;
    return ERR_OK;
}
