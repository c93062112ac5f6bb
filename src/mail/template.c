/* mail/template.c: finds the template for a locale and fills it. */
#include "mail/template.h"

/* "de_AT.UTF-8" and "DE-at" are the same as "de-AT"; n characters of each. */
static bool same_locale(str a, str b)
{
    if (a.n != b.n) return false;
    for (size_t i = 0; i < a.n; i++) {
        char x[] = { a.p[i] == '_' ? '-' : a.p[i] }, y[] = { b.p[i] == '_' ? '-' : b.p[i] };
        if (!str_eq_nocase((str){ x, 1 }, (str){ y, 1 })) return false;
    }
    return true;
}

static const struct template *find_exactly(const struct template *all, size_t n, const char *name, str locale)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(str_c(name), all[i].name) && same_locale(str_c(all[i].locale), locale)) return &all[i];
    return NULL;
}

const struct template *template_find(const struct template *all, size_t n, const char *name, str locale)
{
    str whole = str_head(locale, str_find(locale, '.', 0));
    str language = str_head(whole, str_find(whole, '_', 0));
    language = str_head(language, str_find(language, '-', 0));
    const struct template *t = find_exactly(all, n, name, whole);
    if (!t) t = find_exactly(all, n, name, language);
    return t ? t : find_exactly(all, n, name, STR(""));
}

static void add_escaped(struct buf *out, str s)
{
    for (size_t i = 0; i < s.n; i++) {
        switch (s.p[i]) {
        case '&': buf_z(out, "&amp;"); break;
        case '<': buf_z(out, "&lt;"); break;
        case '>': buf_z(out, "&gt;"); break;
        case '"': buf_z(out, "&quot;"); break;
        case '\'': buf_z(out, "&#39;"); break;
        default: buf_char(out, s.p[i]);
        }
    }
}

err template_fill(struct buf *out, const char *text, const struct template_value *v, size_t n, bool html)
{
    str rest = str_c(text);
    for (;;) {
        size_t open = str_search(rest, STR("{{"));
        buf_add(out, str_head(rest, open));
        if (open == rest.n) return buf_ok(out);
        rest = str_from(rest, open + 2);
        size_t close = str_search(rest, STR("}}")), i = 0;
        if (close == rest.n) return ERR_INPUT;
        str name = str_head(rest, close);
        while (i < n && !str_is(name, v[i].name)) i++;
        if (i == n) return ERR_INPUT;
        if (html)
            add_escaped(out, v[i].value);
        else
            buf_add(out, v[i].value);
        rest = str_from(rest, close + 2);
    }
}
