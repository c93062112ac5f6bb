/* rooms/core/core_docs.c: the home page, the OpenAPI documents, and the same tables as pages for people. */
#include "rooms/core/core_int.h"

static const struct document *document_of(const struct core *k, str name)
{
    for (size_t i = 0; i < k->n_documents; i++)
        if (str_is(name, k->documents[i].family->name)) return &k->documents[i];
    return NULL;
}

static const char *title_of(const struct family *f) { return f->title ? f->title : f->name; }

static void cards(struct buf *b, const struct core *k, bool with_core)
{
    buf_z(b, "<ul class=\"cards\">");
    for (size_t i = 0; i + !with_core < k->n_documents; i++) {
        const struct family *f = k->documents[i].family;
        buf_z(b, "<li><strong>");
        html_z(b, title_of(f));
        buf_printf(b, "</strong><br><a href=\"/docs/%s\">Operations</a> · <a href=\"/openapi/%s.json\">OpenAPI</a></li>", f->name, f->name);
    }
    buf_z(b, "</ul>");
}

err core_home(struct call *c)
{
    const struct core *k = core_of(c);
    struct page p;
    TRY(page_begin(c, &p, "Chancery"));
    buf_z(&p.b, "<p>This server answers these APIs:</p>");
    cards(&p.b, k, false);
    buf_printf(&p.b, "<p class=\"soft\">Version %s · <a href=\"/docs\">documentation</a> · <a href=\"/healthz\">alive</a> · <a href=\"/readyz\">ready</a></p>",
               k->options.version ? k->options.version : "?");
    return page_end(c, &p, 200);
}

err core_openapi(struct call *c)
{
    str name = c->path[0];
    if (!str_ends(name, STR(".json"))) return fail(c, ERR_NOT_FOUND, NULL, "There is no such document.");
    name.n -= 5;
    const struct document *d = document_of(core_of(c), name);
    return d ? reply_json(c, 200, d->json) : fail(c, ERR_NOT_FOUND, NULL, "There is no such document.");
}

err core_docs(struct call *c)
{
    struct page p;
    TRY(page_begin(c, &p, "Documentation"));
    cards(&p.b, core_of(c), true);
    return page_end(c, &p, 200);
}

/* A family's page */

static void type(struct buf *b, const struct shape *s)
{
    static const char *const plain[] = {
        [K_ANY] = "anything",   [K_NULL] = "null",     [K_BOOL] = "true or false", [K_INT] = "integer",  [K_NUM] = "number", [K_TEXT] = "text",
        [K_ARRAY] = "list of ", [K_OBJECT] = "object", [K_MAP] = "map to ",        [K_BINARY] = "bytes", [K_ONE_OF] = ""
    };
    if (s->name) {
        buf_printf(b, "<a href=\"#shape-%s\">%s</a>", s->name, s->name);
        return;
    }
    buf_z(b, plain[s->kind]);
    if (s->kind == K_ARRAY || s->kind == K_MAP) type(b, s->of ? s->of : &shape_any);
    for (const struct shape *const *o = s->kind == K_ONE_OF ? s->options : NULL; o && *o; o++) {
        if (o != s->options) buf_z(b, " or ");
        type(b, *o);
    }
    if (s->format) buf_printf(b, " (%s)", s->format);
    for (const char *const *v = s->values; v && *v; v++) {
        buf_z(b, v == s->values ? ": <code>" : ", <code>");
        html_z(b, *v);
        buf_z(b, "</code>");
    }
    if (s->nullable) buf_z(b, " or null");
}

static void field_row(struct buf *b, const char *name, const char *where, bool need, const struct shape *s, const char *doc)
{
    buf_z(b, "<tr><td><code>");
    html_z(b, name);
    buf_z(b, need ? "</code> *</td><td>" : "</code></td><td>");
    type(b, s);
    buf_printf(b, "%s%s</td><td>", where ? ", " : "", where ? where : "");
    html_z(b, doc ? doc : s->doc);
    buf_z(b, "</td></tr>");
}

static void fields(struct buf *b, const char *head, const struct shape *s, bool parameters)
{
    static const char *const where[] = { NULL, "query", "header", "path", "cookie" };
    if (!s || !s->n_fields) return;
    buf_printf(b, "<table><tr><th>%s</th><th>Type</th><th></th></tr>", head);
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        field_row(b, f->name, parameters ? where[f->in ? f->in : IN_QUERY] : NULL, f->need, f->shape, f->doc);
    }
    buf_z(b, "</table>");
}

static void replies(struct buf *b, const struct op *op)
{
    buf_z(b, "<table><tr><th>Status</th><th>Media type</th><th></th></tr>");
    for (const struct reply_doc *d = op->replies; d && d->status; d++) {
        buf_printf(b, "<tr><td>%d</td><td>%s</td><td>", d->status, d->type ? d->type : "no content");
        if (d->type && d->shape) type(b, d->shape);
        if (d->doc) buf_z(b, " "), html_z(b, d->doc);
        buf_z(b, "</td></tr>");
    }
    buf_z(b, "</table>");
}

static void names(struct buf *b, const char *head, const char *const *list)
{
    if (!list || !*list) return;
    buf_printf(b, "%s", head);
    for (const char *const *n = list; *n; n++) buf_printf(b, "%s<code>%s</code>", n == list ? " " : ", ", *n);
    buf_z(b, ". ");
}

static void bodies(struct buf *b, const struct op *op)
{
    if (op->body && !op->body_docs) fields(b, "Body", op->body, false);
    for (const struct body_doc *d = op->body_docs; d && d->type; d++) {
        buf_printf(b, "<p class=\"soft\">As <code>%s</code></p>", d->type);
        fields(b, "Body", d->shape, false);
    }
}

static void operation(struct buf *b, const struct family *f, const struct op *op)
{
    buf_printf(b, "<details id=\"%s\"><summary><b>%s</b> <code>%s%s</code><br><span class=\"soft\">", op->id, method_name(op->on), f->server ? f->server : "",
               op->path);
    html_z(b, op->summary);
    buf_z(b, "</span></summary><p class=\"soft\">");
    buf_z(b, op->perm == PERM_PUBLIC ? "No credentials needed. " : "Needs a known caller. ");
    names(b, "One of the roles", op->roles);
    names(b, "Permission", op->perms);
    if (op->spec) html_z(b, op->spec);
    buf_z(b, "</p>");
    fields(b, "Parameter", op->query, true);
    bodies(b, op);
    replies(b, op);
    buf_z(b, "</details>\n");
}

static bool tag_first(const struct family *f, const struct op *at)
{
    for (const struct op *op = f->ops; op != at; op++)
        if (at->tag && op->tag && strcmp(op->tag, at->tag) == 0) return false;
    return true;
}

static bool same_tag(const struct op *a, const struct op *b) { return a->tag && b->tag ? strcmp(a->tag, b->tag) == 0 : a == b; }

static void shapes(struct buf *b, const struct family *f)
{
    enum { MOST = 256 };
    const struct shape *seen[MOST];
    size_t n = shapes_named(f, seen, MOST);
    if (n) buf_z(b, "<h2>Shapes</h2>");
    for (size_t i = 0; i < n; i++) {
        buf_printf(b, "<details id=\"shape-%s\" open><summary><code>%s</code></summary>", seen[i]->name, seen[i]->name);
        if (seen[i]->doc) buf_z(b, "<p class=\"soft\">"), html_z(b, seen[i]->doc), buf_z(b, "</p>");
        if (seen[i]->kind == K_ARRAY && seen[i]->of) buf_z(b, "<p>list of "), type(b, seen[i]->of), buf_z(b, "</p>");
        fields(b, "Member", seen[i], false);
        buf_z(b, "</details>");
    }
}

err core_docs_family(struct call *c)
{
    const struct document *d = document_of(core_of(c), c->path[0]);
    struct page p;
    if (!d) return fail(c, ERR_NOT_FOUND, NULL, "There is no such family.");
    const struct family *f = d->family;
    TRY(page_begin(c, &p, title_of(f)));
    buf_printf(&p.b, "<p class=\"soft\"><a href=\"/docs\">All families</a> · <a href=\"/openapi/%s.json\">OpenAPI document</a> · * = required</p>", f->name);
    for (const struct op *op = f->ops; op->id; op++) {
        if (!tag_first(f, op)) continue;
        buf_z(&p.b, "<h2>");
        html_z(&p.b, op->tag ? op->tag : op->id);
        buf_z(&p.b, "</h2>");
        for (const struct op *same = op; same->id; same++)
            if (same_tag(same, op)) operation(&p.b, f, same);
    }
    shapes(&p.b, f);
    return page_end(c, &p, 200);
}
