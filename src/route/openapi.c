/* route/openapi.c: prints the OpenAPI 3.1 document of a family from the tables that route and check its requests. The order is that of the tables, so
 * the same tables give the same bytes. */
#include "route/route_int.h"

enum { COMPONENTS_MAX = 512 };

struct printer {
    struct jw w;
    const struct family *f;
    const struct shape *named[COMPONENTS_MAX];
    size_t n_named;
    bool clash; /* two shapes share a name, or there are too many */
};

/* Components */

static void collect(struct printer *p, const struct shape *s, unsigned depth);

static bool remember(struct printer *p, const struct shape *s)
{
    for (size_t i = 0; i < p->n_named; i++) {
        if (p->named[i] == s) return false;
        if (strcmp(p->named[i]->name, s->name) == 0) p->clash = true;
    }
    if (p->n_named == COMPONENTS_MAX) p->clash = true;
    if (p->clash) return false;
    p->named[p->n_named++] = s;
    return true;
}

static void collect(struct printer *p, const struct shape *s, unsigned depth)
{
    if (!s || depth > SHAPE_DEPTH || (s->name && !remember(p, s))) return;
    collect(p, s->of, depth + 1);
    for (size_t i = 0; i < s->n_fields; i++) collect(p, s->fields[i].shape, depth + 1);
    for (const struct shape *const *o = s->kind == K_ONE_OF ? s->options : NULL; o && *o; o++) collect(p, *o, depth + 1);
}

static void collect_replies(struct printer *p, const struct reply_doc *d)
{
    for (; d && d->status; d++) collect(p, d->shape, 0);
}

static void collect_op(struct printer *p, const struct op *op)
{
    for (size_t i = 0; op->query && i < op->query->n_fields; i++) collect(p, op->query->fields[i].shape, 0);
    for (const struct body_doc *b = op->body_docs; b && b->type; b++) collect(p, b->shape, 0);
    if (op->body && !op->body_docs) collect(p, op->body, 0);
    collect_replies(p, op->replies);
    collect_replies(p, p->f->common);
}

/* Schemas */

static void schema(struct printer *p, const struct shape *s, const char *doc, bool in_place);

static void kstr(struct printer *p, const char *key, const char *text)
{
    if (text) jw_kstr(&p->w, key, str_c(text));
}

static void schema_type(struct printer *p, const struct shape *s)
{
    static const char *const type[] = { [K_NULL] = "null",   [K_BOOL] = "boolean",  [K_INT] = "integer", [K_NUM] = "number",   [K_TEXT] = "string",
                                        [K_ARRAY] = "array", [K_OBJECT] = "object", [K_MAP] = "object",  [K_BINARY] = "string" };
    if (s->kind == K_ANY || s->kind == K_ONE_OF) return;
    jw_key(&p->w, STR("type"));
    if (s->nullable) {
        jw_open(&p->w, '[');
        jw_str(&p->w, str_c(type[s->kind]));
        jw_str(&p->w, STR("null"));
        jw_close(&p->w, ']');
    } else {
        jw_str(&p->w, str_c(type[s->kind]));
    }
}

static void schema_enum(struct printer *p, const struct shape *s)
{
    if (!s->values) return;
    jw_key(&p->w, STR("enum"));
    jw_open(&p->w, '[');
    for (const char *const *v = s->values; *v; v++)
        if (s->kind == K_TEXT)
            jw_str(&p->w, str_c(*v));
        else
            jw_raw(&p->w, str_c(*v));
    if (s->nullable) jw_null(&p->w);
    jw_close(&p->w, ']');
}

static void schema_limits(struct printer *p, const struct shape *s)
{
    const char *low = "minimum", *high = "maximum";
    if (!s->limited) return;
    if (s->kind == K_TEXT) low = "minLength", high = "maxLength";
    if (s->kind == K_ARRAY) low = "minItems", high = "maxItems";
    if (s->min != INT64_MIN) jw_kint(&p->w, low, s->min);
    if (s->max != INT64_MAX) jw_kint(&p->w, high, s->max);
}

static void schema_object(struct printer *p, const struct shape *s)
{
    bool need = false;
    if (s->n_fields) {
        jw_key(&p->w, STR("properties"));
        jw_open(&p->w, '{');
        for (size_t i = 0; i < s->n_fields; i++) {
            jw_key(&p->w, str_c(s->fields[i].name));
            schema(p, s->fields[i].shape, s->fields[i].doc, false);
            need |= s->fields[i].need;
        }
        jw_close(&p->w, '}');
    }
    if (need) {
        jw_key(&p->w, STR("required"));
        jw_open(&p->w, '[');
        for (size_t i = 0; i < s->n_fields; i++)
            if (s->fields[i].need) jw_str(&p->w, str_c(s->fields[i].name));
        jw_close(&p->w, ']');
    }
    if (!s->open && s->kind != K_MAP) return;
    jw_key(&p->w, STR("additionalProperties"));
    if (s->of)
        schema(p, s->of, NULL, false);
    else
        jw_bool(&p->w, true);
}

static void schema_options(struct printer *p, const struct shape *s)
{
    jw_key(&p->w, STR("anyOf"));
    jw_open(&p->w, '[');
    for (const struct shape *const *o = s->options; *o; o++) schema(p, *o, NULL, false);
    if (s->nullable) jw_raw(&p->w, STR("{\"type\":\"null\"}"));
    jw_close(&p->w, ']');
}

static void schema_ref(struct printer *p, const struct shape *s, const char *doc)
{
    jw_open(&p->w, '{');
    jw_key(&p->w, STR("$ref"));
    CLEANUP(buf_release) struct buf ref = BUF(1024);
    buf_printf(&ref, "#/components/schemas/%s", s->name);
    jw_str(&p->w, buf_str(&ref));
    kstr(p, "description", doc);
    jw_close(&p->w, '}');
}

static void schema_json(struct printer *p, const char *key, const char *json)
{
    const struct json_rules plain = { 0 };
    if (!json) return;
    jw_key(&p->w, str_c(key));
    if (json_scan(str_c(json), &plain, NULL) == ERR_OK)
        jw_raw(&p->w, str_c(json));
    else
        jw_str(&p->w, str_c(json));
}

/* in_place: write out even what has a name. */
static void schema(struct printer *p, const struct shape *s, const char *doc, bool in_place)
{
    if (s->name && !in_place) {
        schema_ref(p, s, doc);
        return;
    }
    jw_open(&p->w, '{');
    schema_type(p, s);
    kstr(p, "description", doc ? doc : s->doc);
    kstr(p, "format", s->kind == K_BINARY && !s->format ? "binary" : s->format);
    kstr(p, "pattern", s->pattern);
    schema_enum(p, s);
    schema_limits(p, s);
    schema_json(p, "default", s->preset);
    if (s->kind == K_OBJECT || s->kind == K_MAP) schema_object(p, s);
    if (s->kind == K_ONE_OF) schema_options(p, s);
    if (s->kind == K_ARRAY && s->of) {
        jw_key(&p->w, STR("items"));
        schema(p, s->of, NULL, false);
    }
    if (s->example) {
        jw_key(&p->w, STR("examples"));
        jw_open(&p->w, '[');
        const struct json_rules plain = { 0 };
        bool json = json_scan(str_c(s->example), &plain, NULL) == ERR_OK;
        json ? jw_raw(&p->w, str_c(s->example)) : jw_str(&p->w, str_c(s->example));
        jw_close(&p->w, ']');
    }
    jw_close(&p->w, '}');
}

/* Operations */

static void parameter(struct printer *p, str name, const char *in, bool need, const char *doc, const struct shape *s)
{
    jw_open(&p->w, '{');
    jw_kstr(&p->w, "name", name);
    jw_kstr(&p->w, "in", str_c(in));
    if (need) jw_kbool(&p->w, "required", true);
    kstr(p, "description", doc);
    jw_key(&p->w, STR("schema"));
    schema(p, s, NULL, false);
    jw_close(&p->w, '}');
}

static void parameters(struct printer *p, const struct op *op)
{
    static const char *const in[] = { [IN_BODY] = "query", [IN_QUERY] = "query", [IN_HEADER] = "header", [IN_PATH] = "path", [IN_COOKIE] = "cookie" };
    size_t at = 0, i = 0;
    str name;
    bool digits;
    if (!strchr(op->path, '{') && !op->query) return;
    jw_key(&p->w, STR("parameters"));
    jw_open(&p->w, '[');
    for (; path_param(op->path, &at, &name, &digits); i++)
        parameter(p, name, "path", true, op->path_docs ? op->path_docs[i] : NULL, digits ? &shape_int : &shape_text);
    for (i = 0; op->query && i < op->query->n_fields; i++) {
        const struct field *f = &op->query->fields[i];
        if (f->in != IN_PATH) parameter(p, str_c(f->name), in[f->in], f->need, f->doc, f->shape);
    }
    jw_close(&p->w, ']');
}

static void media(struct printer *p, const char *type, const struct shape *s)
{
    jw_key(&p->w, str_c(type));
    jw_open(&p->w, '{');
    jw_key(&p->w, STR("schema"));
    schema(p, s ? s : &shape_binary, NULL, false);
    jw_close(&p->w, '}');
}

static void request_body(struct printer *p, const struct op *op)
{
    static const char *const json[] = { "application/json", NULL };
    if (!op->body) return;
    jw_key(&p->w, STR("requestBody"));
    jw_open(&p->w, '{');
    if (op->body_need) jw_kbool(&p->w, "required", true);
    jw_key(&p->w, STR("content"));
    jw_open(&p->w, '{');
    for (const struct body_doc *b = op->body_docs; b && b->type; b++) media(p, b->type, b->shape);
    for (const char *const *t = op->body_types ? op->body_types : json; !op->body_docs && *t; t++) media(p, *t, op->body);
    jw_close(&p->w, '}');
    jw_close(&p->w, '}');
}

static const char *phrase(int status)
{
    static const struct {
        int status;
        const char *text;
    } all[] = { { 200, "Done." },
                { 201, "Created." },
                { 204, "Done; no content." },
                { 302, "Elsewhere." },
                { 303, "See elsewhere." },
                { 304, "Unchanged." },
                { 400, "Bad request." },
                { 401, "Not authenticated." },
                { 403, "Refused." },
                { 404, "Not found." },
                { 409, "Conflict." },
                { 413, "Body too large." },
                { 422, "Not valid." },
                { 429, "Too many." },
                { 500, "Trouble of the server." },
                { 503, "Busy; try again later." } };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (all[i].status == status) return all[i].text;
    return "Answer.";
}

static bool status_in(const struct reply_doc *d, const struct reply_doc *end, int status)
{
    for (; d && d->status && d != end; d++)
        if (d->status == status) return true;
    return false;
}

/* One response with all media types that the list has for its status. */
static void response(struct printer *p, const struct reply_doc *first)
{
    CLEANUP(buf_release) struct buf key = BUF(16);
    buf_printf(&key, "%d", first->status);
    jw_key(&p->w, buf_str(&key));
    jw_open(&p->w, '{');
    jw_kstr(&p->w, "description", str_c(first->doc ? first->doc : phrase(first->status)));
    bool open = false;
    for (const struct reply_doc *d = first; d->status; d++) {
        if (d->status != first->status || !d->type) continue;
        if (!open) jw_key(&p->w, STR("content")), jw_open(&p->w, '{');
        open = true;
        media(p, d->type, d->shape);
    }
    if (open) jw_close(&p->w, '}');
    jw_close(&p->w, '}');
}

static void responses(struct printer *p, const struct op *op)
{
    jw_key(&p->w, STR("responses"));
    jw_open(&p->w, '{');
    for (const struct reply_doc *d = op->replies; d && d->status; d++)
        if (!status_in(op->replies, d, d->status)) response(p, d);
    for (const struct reply_doc *d = p->f->common; d && d->status; d++)
        if (!status_in(op->replies, NULL, d->status) && !status_in(p->f->common, d, d->status)) response(p, d);
    jw_close(&p->w, '}');
}

static void operation(struct printer *p, const struct op *op)
{
    static const char *const verb[METHODS] = { "get", "post", "put", "patch", "delete", "options" };
    jw_key(&p->w, str_c(verb[method_at(op->on)]));
    jw_open(&p->w, '{');
    jw_kstr(&p->w, "operationId", str_c(op->id));
    kstr(p, "summary", op->summary);
    if (op->tag) {
        jw_key(&p->w, STR("tags"));
        jw_open(&p->w, '[');
        jw_str(&p->w, str_c(op->tag));
        jw_close(&p->w, ']');
    }
    kstr(p, "x-spec", op->spec);
    parameters(p, op);
    request_body(p, op);
    responses(p, op);
    jw_key(&p->w, STR("security"));
    const char *need = op->security_need ? op->security_need : op->perm == PERM_PUBLIC ? NULL : p->f->security_need;
    jw_raw(&p->w, need ? str_c(need) : STR("[]"));
    jw_close(&p->w, '}');
}

static bool path_before(const struct family *f, const struct op *upto)
{
    for (const struct op *op = f->ops; op != upto; op++)
        if (strcmp(op->path, upto->path) == 0) return true;
    return false;
}

/* The template without ":int". */
static void path_key(struct printer *p, const char *path)
{
    CLEANUP(buf_release) struct buf b = BUF(8192);
    for (const char *z = path; *z; z++)
        if (strncmp(z, ":int}", 5) == 0)
            z += 3;
        else
            buf_char(&b, *z);
    jw_key(&p->w, buf_str(&b));
}

static void paths(struct printer *p)
{
    jw_key(&p->w, STR("paths"));
    jw_open(&p->w, '{');
    for (const struct op *op = p->f->ops; op->id; op++) {
        if (path_before(p->f, op)) continue;
        path_key(p, op->path);
        jw_open(&p->w, '{');
        for (const struct op *same = op; same->id; same++)
            if (strcmp(same->path, op->path) == 0) operation(p, same);
        jw_close(&p->w, '}');
    }
    jw_close(&p->w, '}');
}

static bool tag_before(const struct family *f, const struct op *upto)
{
    for (const struct op *op = f->ops; op != upto; op++)
        if (op->tag && strcmp(op->tag, upto->tag) == 0) return true;
    return false;
}

static void head(struct printer *p)
{
    jw_kstr(&p->w, "openapi", STR("3.1.0"));
    jw_key(&p->w, STR("info"));
    jw_open(&p->w, '{');
    jw_kstr(&p->w, "title", str_c(p->f->title ? p->f->title : p->f->name));
    jw_kstr(&p->w, "version", str_c(p->f->version ? p->f->version : "0"));
    jw_close(&p->w, '}');
    jw_key(&p->w, STR("servers"));
    jw_open(&p->w, '[');
    jw_open(&p->w, '{');
    jw_kstr(&p->w, "url", str_c(p->f->server && *p->f->server ? p->f->server : "/"));
    jw_close(&p->w, '}');
    jw_close(&p->w, ']');
    jw_key(&p->w, STR("tags"));
    jw_open(&p->w, '[');
    for (const struct op *op = p->f->ops; op->id; op++) {
        if (!op->tag || tag_before(p->f, op)) continue;
        jw_open(&p->w, '{');
        jw_kstr(&p->w, "name", str_c(op->tag));
        jw_close(&p->w, '}');
    }
    jw_close(&p->w, ']');
}

static void components(struct printer *p)
{
    if (!p->n_named && !p->f->security) return;
    jw_key(&p->w, STR("components"));
    jw_open(&p->w, '{');
    if (p->n_named) {
        jw_key(&p->w, STR("schemas"));
        jw_open(&p->w, '{');
        for (size_t i = 0; i < p->n_named; i++) {
            jw_key(&p->w, str_c(p->named[i]->name));
            schema(p, p->named[i], NULL, true);
        }
        jw_close(&p->w, '}');
    }
    if (p->f->security) {
        jw_key(&p->w, STR("securitySchemes"));
        jw_raw(&p->w, str_c(p->f->security));
    }
    jw_close(&p->w, '}');
}

err openapi_print(const struct family *f, struct buf *out)
{
    struct printer p = { .w = JW(out), .f = f };
    for (const struct op *op = f->ops; op->id; op++) collect_op(&p, op);
    if (p.clash) return ERR_CONFLICT;
    jw_open(&p.w, '{');
    head(&p);
    paths(&p);
    components(&p);
    jw_close(&p.w, '}');
    buf_char(out, '\n');
    return buf_ok(out);
}

size_t shapes_named(const struct family *f, const struct shape **out, size_t max)
{
    struct printer p = { .f = f };
    for (const struct op *op = f->ops; op->id; op++) collect_op(&p, op);
    size_t n = p.n_named < max ? p.n_named : max;
    memcpy(out, p.named, n * sizeof *out);
    return n;
}
