/* rooms/accounts/accounts_input.c: bodies as Django REST framework reads and judges them (django-cfg 1 and 2): all faulty fields are told together. */
#include "rooms/accounts/accounts_int.h"

void cfg_input_error(struct input *in, const char *field, str text)
{
    if (in->n_errors == INPUT_ERRORS) return;
    in->errors[in->n_errors].field = field;
    in->errors[in->n_errors++].text = text;
}

bool cfg_input_good(const struct input *in, const char *field, str value)
{
    if (str_absent(value)) return false;
    for (size_t i = 0; i < in->n_errors; i++)
        if (str_is(str_c(in->errors[i].field), field)) return false;
    return true;
}

err cfg_input_refuse(struct input *in, const char *first)
{
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    if (first) jw_raw(&w, str_c(first));
    for (size_t i = 0; i < in->n_errors; i++) {
        const char *field = in->errors[i].field;
        bool open = i > 0 && strcmp(in->errors[i - 1].field, field) == 0, more = i + 1 < in->n_errors && strcmp(in->errors[i + 1].field, field) == 0;
        if (!open) jw_key(&w, str_c(field)), jw_open(&w, '[');
        jw_str(&w, in->errors[i].text);
        if (!more) jw_close(&w, ']');
    }
    jw_close(&w, '}');
    in->answered = true;
    return cfg_json_reply(in->c, 400, &b);
}

/* one field */

static err complain(struct input *in, const char *field, const char *before, int64_t n, const char *behind)
{
    str text;
    TRY(arena_printf(in->c->mem, &text, "%s%lld%s", before, (long long)n, behind));
    cfg_input_error(in, field, text);
    return ERR_OK;
}

/* The text of a JSON value; numbers count as their digits. false: it is none. */
static err text_of(struct input *in, str slice, str *out, bool *is_text)
{
    json_t *v;
    char c = slice.p[0];
    *is_text = c == '"' || c == '-' || (c >= '0' && c <= '9');
    *out = slice;
    if (c != '"') return ERR_OK;
    TRY(json_read(in->c->mem, slice, NULL, &v, NULL));
    *out = (str){ json_string_value(v), json_string_length(v) };
    return ERR_OK;
}

static err refuse_surrogate(struct input *in, const struct field *f, unsigned cp)
{
    str text;
    TRY(arena_printf(in->c->mem, &text, "Surrogate characters are not allowed: U+%X.", cp));
    cfg_input_error(in, f->name, text);
    return ERR_OK;
}

static err check_text(struct input *in, const struct field *f, str text)
{
    const struct shape *s = f->shape;
    size_t n = str_utf8_len(text);
    if (s->limited && n > (uint64_t)s->max) TRY(complain(in, f->name, "Ensure this field has no more than ", s->max, " characters."));
    if (s->limited && n < (uint64_t)s->min) TRY(complain(in, f->name, "Ensure this field has at least ", s->min, " characters."));
    if (text.n && memchr(text.p, '\0', text.n))
        cfg_input_error(in, f->name, STR("Null characters are not allowed."));
    else if (s->format && strcmp(s->format, "uri") == 0 && !cfg_url_ok(text))
        cfg_input_error(in, f->name, STR("Enter a valid URL."));
    return ERR_OK;
}

static err take_choice(struct input *in, const struct field *f, str text, str *out)
{
    for (const char *const *v = f->shape->values; *v; v++)
        if (str_is(text, *v)) return *out = text, ERR_OK;
    str why;
    TRY(arena_printf(in->c->mem, &why, "\"" STR_FMT "\" is not a valid choice.", STR_ARG(text)));
    cfg_input_error(in, f->name, why);
    return ERR_OK;
}

static err take_uuid(struct input *in, const struct field *f, str text, bool is_text, str *out)
{
    char *plain = NEW_N(in->c->mem, char, UUID);
    if (!plain) return ERR_NOMEM;
    if (is_text && cfg_uuid_read(text, plain))
        *out = (str){ plain, UUID };
    else
        cfg_input_error(in, f->name, STR("Must be a valid UUID."));
    return ERR_OK;
}

static err take_field(struct input *in, const struct field *f, str slice, str *out)
{
    const struct shape *s = f->shape;
    str text;
    bool is_text, is_uri = s->format && strcmp(s->format, "uri") == 0;
    if (str_is(slice, "null")) return cfg_input_error(in, f->name, STR("This field may not be null.")), ERR_OK;
    TRY(text_of(in, slice, &text, &is_text));
    if (s->values) return take_choice(in, f, text, out);
    if (s->format && strcmp(s->format, "uuid") == 0) return take_uuid(in, f, text, is_text, out);
    if (!is_text) return cfg_input_error(in, f->name, STR("Not a valid string.")), ERR_OK;
    unsigned half = json_half_pair(slice);
    if (half) return refuse_surrogate(in, f, half);
    text = cfg_text_trim(text);
    if (!text.n) { /* clears, where no length is asked for; an optional URL is absent then */
        if (s->limited && s->min > 0)
            cfg_input_error(in, f->name, STR("This field may not be blank."));
        else if (!is_uri)
            *out = STR("");
        return ERR_OK;
    }
    size_t before = in->n_errors;
    TRY(check_text(in, f, text));
    if (in->n_errors == before) *out = text;
    return ERR_OK;
}

/* the whole */

static err answered(struct input *in, int status, str text)
{
    in->answered = true;
    return cfg_detail_reply(in->c, status, text);
}

static err broken(struct input *in, const struct json_error *bad)
{
    str text;
    TRY(arena_printf(in->c->mem, &text, "JSON parse error - %s: line %zu column %zu (char %zu)", bad->why, bad->line, bad->column, bad->chars));
    return answered(in, 400, text);
}

static err no_type(struct input *in, str type)
{
    str text;
    TRY(arena_printf(in->c->mem, &text, "Unsupported media type \"" STR_FMT "\" in request.", STR_ARG(type)));
    return answered(in, 415, text);
}

static const char *python_type(char first)
{
    switch (first) {
    case '[': return "list";
    case '"': return "str";
    case 't':
    case 'f': return "bool";
    default: return "int";
    }
}

/* A body that is no object, in Python's words. */
static err no_object(struct input *in, str text)
{
    bool real = false;
    str why;
    for (size_t i = 0; i < text.n; i++) real |= text.p[i] == '.' || text.p[i] == 'e' || text.p[i] == 'E';
    bool number = text.p[0] == '-' || (text.p[0] >= '0' && text.p[0] <= '9');
    if (text.p[0] == 'n') return cfg_input_error(in, "non_field_errors", STR("No data provided")), ERR_OK;
    TRY(arena_printf(in->c->mem, &why, "Invalid data. Expected a dictionary, but got %s.", number && real ? "float" : python_type(text.p[0])));
    cfg_input_error(in, "non_field_errors", why);
    return ERR_OK;
}

static err members(struct input *in)
{
    const struct req *rq = in->c->rq;
    str type = STR_NULL, header = req_header(rq, "Content-Type");
    struct json_error bad;
    if (rq->body_too_large) return answered(in, 400, STR("The request body is too large."));
    if (!rq->body.n) return ERR_OK; /* {} whatever its type */
    err e = str_absent(header) ? ERR_OK : http_media_type(in->c->mem, header, &type);
    if (e == ERR_NOMEM) return e;
    if (!str_is(type, "application/json")) return no_type(in, header);
    e = json_scan_members(in->c->mem, rq->body, &accounts_document.json, &in->members, &bad);
    if (e == ERR_INPUT) return broken(in, &bad);
    TRY(e);
    str text = str_trim(rq->body);
    return text.p[0] == '{' ? ERR_OK : no_object(in, text);
}

err cfg_input_read(struct call *c, const struct shape *s, struct input *in, void *out)
{
    *in = (struct input){ .c = c };
    memset(out, 0, s->size); /* what is no object leaves every field absent */
    TRY(members(in));
    if (in->answered || in->n_errors) return ERR_OK;
    for (size_t i = 0; i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        str slice = json_member(&in->members, f->name);
        str *to = (str *)(void *)((char *)out + f->at);
        *to = STR_NULL;
        if (!str_absent(slice))
            TRY(take_field(in, f, slice, to));
        else if (f->need)
            cfg_input_error(in, f->name, STR("This field is required."));
    }
    return ERR_OK;
}
