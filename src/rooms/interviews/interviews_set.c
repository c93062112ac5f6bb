/* rooms/interviews/interviews_set.c: POST /api/session, api 12.4: parameters in the order of its table, uploads, then one evaluation. */
#include "rooms/interviews/interviews_int.h"

enum { NAME_MAX_BYTES = 255 };

struct set_fill {
    const struct set_body *p;
    str variables, deletes, file_variables, events;
    str files; /* JSON for TAG_FILES; absent without uploads */
    bool raw;
};

/* A parameter that may be native JSON or JSON text. open: '{' or '['. Absent and null: preset. */
static err json_param(struct call *c, const struct any *a, char open, str preset, const char *malformed, const char *wrong, str *out)
{
    static const struct json_rules rules = { .nan = true };
    *out = preset;
    if (a->kind == ANY_ABSENT || a->kind == ANY_NULL) return ERR_OK;
    str json = a->kind == ANY_TEXT ? str_trim(a->text) : a->json;
    bool readable = a->kind == ANY_TEXT || a->kind == ANY_OBJECT || a->kind == ANY_ARRAY;
    if (!readable || json_scan(json, &rules, NULL)) return fail(c, ERR_INPUT, NULL, "%s", malformed);
    if (json.p[0] != open) return fail(c, ERR_INPUT, NULL, "%s", wrong);
    *out = json;
    return ERR_OK;
}

/* All of it is checked for being JSON before any of it is checked for its type (12.4, rows 2 to 6). */
static err read_params(struct call *c, struct set_fill *f)
{
    const struct set_body *p = f->p;
    static const struct {
        const char *malformed, *wrong;
    } t[] = {
        { "Malformed variables.", "Variables data is not a dict." },
        { "Malformed list of file variables.", "File variables data is not a dict." },
        { "Malformed list of delete variables.", "Delete variables data is not a list." },
        { "Malformed event list.", "Malformed event list." },
    };
    const struct any *a[] = { &p->variables, &p->file_variables, &p->delete_variables, &p->event_list };
    str *out[] = { &f->variables, &f->file_variables, &f->deletes, &f->events };
    char open[] = { '{', '{', '[', '[' };
    for (int pass = 0; pass < 2; pass++)
        for (size_t k = 0; k < COUNT_OF(t); k++) {
            /* First pass: any JSON will do, but for the event list, whose two complaints are one. */
            char want = open[k];
            str json = a[k]->kind == ANY_TEXT ? str_trim(a[k]->text) : a[k]->json;
            if (pass == 0 && k < 3 && json.n) want = json.p[0];
            TRY(json_param(c, a[k], want, open[k] == '{' ? STR("{}") : STR("[]"), t[k].malformed, t[k].wrong, out[k]));
        }
    return ERR_OK;
}

/* The name recorded: ASCII letters, digits, "_.-"; blanks and '/' become '_', the rest goes (12.4 Uploads). */
static err clean_name(struct call *c, str name, str *out)
{
    char *p = NEW_N(c->mem, char, NAME_MAX_BYTES + 1);
    size_t n = 0;
    if (!p) return ERR_NOMEM;
    for (size_t k = 0; k < name.n && n < NAME_MAX_BYTES; k++) {
        unsigned char ch = (unsigned char)name.p[k];
        bool word = (ch >= 'A' && ch <= 'Z') || (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '_' || ch == '.' || ch == '-';
        if (word)
            p[n++] = (char)ch;
        else if (ch == ' ' || ch == '/')
            p[n++] = '_';
    }
    size_t dots = 0;
    while (dots < n && p[dots] == '.') dots++;
    *out = dots < n ? (str){ p, n } : STR("file"); /* "." and ".." are folders */
    return ERR_OK;
}

static err extension_of(struct call *c, str name, str *out)
{
    size_t dot = name.n;
    for (size_t k = 0; k < name.n; k++)
        if (name.p[k] == '.') dot = k;
    str ext = str_from(name, dot + 1);
    char *p = NEW_N(c->mem, char, ext.n + 1);
    if (!p) return ERR_NOMEM;
    for (size_t k = 0; k < ext.n; k++) p[k] = (char)(ext.p[k] >= 'A' && ext.p[k] <= 'Z' ? ext.p[k] + 32 : ext.p[k]);
    *out = (str){ p, ext.n };
    if (str_is(*out, "jpeg")) *out = STR("jpg");
    if (str_is(*out, "tiff")) *out = STR("tif");
    return ERR_OK;
}

/* The recorded name ends in the recorded extension. */
static err record_name(struct call *c, str sent, struct upload *up)
{
    str name;
    TRY(clean_name(c, sent, &name));
    TRY(extension_of(c, name, &up->extension));
    if (up->extension.n == 0) return up->filename = name, ERR_OK;
    size_t dot = name.n;
    while (name.p[dot - 1] != '.') dot--;
    return arena_printf(c->mem, &up->filename, STR_FMT STR_FMT, STR_ARG(str_head(name, dot)), STR_ARG(up->extension));
}

static err media_type_of(str ext, str sent, str *out)
{
    static const struct {
        const char *ext, *type;
    } types[] = {
        { "txt", "text/plain" },         { "pdf", "application/pdf" },
        { "png", "image/png" },          { "jpg", "image/jpeg" },
        { "gif", "image/gif" },          { "docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document" },
        { "doc", "application/msword" }, { "rtf", "application/rtf" },
        { "csv", "text/csv" },           { "json", "application/json" },
        { "html", "text/html" },         { "md", "text/markdown" },
        { "zip", "application/zip" },    { "xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" },
        { "svg", "image/svg+xml" },      { "tif", "image/tiff" },
        { "mp3", "audio/mpeg" },         { "ogg", "audio/ogg" },
        { "wav", "audio/x-wav" },        { "mp4", "video/mp4" },
        { "xml", "text/xml" },           { "yml", "text/yaml" },
    };
    *out = sent.n ? sent : STR("application/octet-stream");
    for (size_t k = 0; k < COUNT_OF(types); k++)
        if (str_is(ext, types[k].ext)) *out = str_c(types[k].type);
    return ERR_OK;
}

struct uploads {
    struct upload *v;
    size_t n;
};
static err uploads_tx(struct call *c)
{
    struct uploads *u = c->state;
    for (size_t k = 0; k < u->n; k++) TRY(upload_add(c, &u->v[k]));
    return ERR_OK;
}

/* Contents first, rows after: a row never names a file that is not there. */
static err keep_files(struct visit *v, const struct parts *parts, struct uploads *u)
{
    struct call *c = v->c;
    u->v = NEW_N(c->mem, struct upload, parts->n ? parts->n : 1);
    if (!u->v) return ERR_NOMEM;
    for (size_t k = 0; k < parts->n; k++) {
        const struct part *part = &parts->v[k];
        if (str_absent(part->filename)) continue;
        struct upload *up = &u->v[u->n++];
        char *name = NEW_N(c->mem, char, FILES_NAME);
        if (!name) return ERR_NOMEM;
        *up = (struct upload){ .session = v->id, .interview = v->i, .content = { name, FILES_NAME } };
        TRY(record_name(c, part->filename, up));
        TRY(media_type_of(up->extension, part->type, &up->mimetype));
        TRY(files_put(v->r->o.files, part->body, name));
    }
    if (u->n == 0) return ERR_OK;
    c->state = u;
    err e = store_do(v->r->o.store, c, TX_WRITE, uploads_tx);
    c->state = v;
    return e;
}

/* The variable that file_variables names for the field, if it does. */
static err renamed(struct call *c, const struct json_members *names, str field, str *variable)
{
    for (size_t m = 0; m < names->n; m++) {
        json_t *text;
        if (!str_eq(names->v[m].key, field)) continue;
        err e = json_read(c->mem, names->v[m].value, &(struct json_rules){ 0 }, &text, NULL);
        if (e && e != ERR_INPUT) return e;
        if (!e && json_is_string(text)) *variable = (str){ json_string_value(text), json_string_length(text) };
    }
    return ERR_OK;
}

/* [{variable, files: [{number, filename, mimetype, extension}]}], one entry per field name, in order of first appearance. */
static err describe_files(struct visit *v, struct set_fill *f, const struct parts *parts, const struct uploads *u)
{
    struct json_members names;
    CLEANUP(buf_release) struct buf b = BUF(4 << 20);
    struct jw w = JW(&b);
    TRY(json_scan_members(v->c->mem, f->file_variables, &(struct json_rules){ .nan = true }, &names, NULL));
    jw_open(&w, '[');
    for (size_t k = 0; k < parts->n; k++) {
        str field = parts->v[k].name, variable = field;
        bool first = !str_absent(parts->v[k].filename);
        for (size_t m = 0; m < k && first; m++) first = str_absent(parts->v[m].filename) || !str_eq(parts->v[m].name, field);
        if (!first) continue;
        TRY(renamed(v->c, &names, field, &variable));
        jw_open(&w, '{');
        jw_kstr(&w, "variable", variable);
        jw_key(&w, STR("files"));
        jw_open(&w, '[');
        size_t at = 0;
        for (size_t m = 0; m < parts->n; m++) {
            if (str_absent(parts->v[m].filename)) continue;
            const struct upload *up = &u->v[at++];
            if (!str_eq(parts->v[m].name, field)) continue;
            jw_open(&w, '{');
            jw_kint(&w, "number", up->number);
            jw_kstr(&w, "filename", up->filename);
            jw_kstr(&w, "mimetype", up->mimetype);
            jw_kstr(&w, "extension", up->extension);
            jw_close(&w, '}');
        }
        jw_close(&w, ']');
        jw_close(&w, '}');
    }
    jw_close(&w, ']');
    return buf_to_arena(&b, v->c->mem, &f->files);
}

static void fill_set(struct visit *v, struct buf *b, void *arg)
{
    const struct set_fill *f = arg;
    visit_frame(v, b, OP_SET, v->s.seq);
    frame_str(b, TAG_VARIABLES, f->variables);
    frame_u64(b, TAG_RAW, f->raw);
    frame_str(b, TAG_QUESTION_NAME, f->p->question_name);
    frame_str(b, TAG_DELETE, f->deletes);
    frame_str(b, TAG_EVENTS, f->events);
    frame_str(b, TAG_FILES, f->files);
    frame_u64(b, TAG_WANT_QUESTION, flag_or(f->p->question, true));
    frame_u64(b, TAG_ADVANCE, flag_or(f->p->advance, false));
    frame_u64(b, TAG_OVERWRITE, flag_or(f->p->overwrite, false));
}

#define ASSEMBLE "Problem getting current question:get_question_data: failure to assemble interview: "

static err set_failed(struct visit *v)
{
    str text = visit_error(v);
    static const struct {
        enum stage stage;
        const char *text;
        bool more; /* the worker's text follows */
    } texts[] = {
        { STAGE_LOOP_NAMES, "Error processing session: ", true }, { STAGE_NAME, "Problem setting variables:Illegal value as variable name.", false },
        { STAGE_SET, "Problem setting variables:", true },        { STAGE_MARK, "Problem marking question as completed", false },
        { STAGE_DELETE, "Problem deleting variables: ", true },   { STAGE_EVENT, "Illegal value as event name.", false },
        { STAGE_FILE_NAME, "Malformed file variable.", false },   { STAGE_ACCESS, "Insufficient permissions to run this interview.", false },
    };
    uint64_t stage = frame_get_u64(&v->reply, TAG_STAGE, STAGE_EVALUATE);
    for (size_t k = 0; k < COUNT_OF(texts); k++)
        if (stage == texts[k].stage) return fail(v->c, ERR_INPUT, NULL, "%s" STR_FMT, texts[k].text, texts[k].more ? (int)text.n : 0, text.p ? text.p : "");
    return fail(v->c, ERR_INPUT, NULL, ASSEMBLE STR_FMT, STR_ARG(text));
}

static err set_once(struct visit *v)
{
    struct set_fill *f = v->arg;
    bool question = flag_or(f->p->question, true);
    err e = visit_call(v, fill_set, f, v->s.seq);
    if (e == ERR_WORKER) return visit_worker_failed(v, ASSEMBLE);
    if (e) return e;
    if (v->outcome == OUT_ERROR) return set_failed(v);
    struct json_members set;
    TRY(json_scan_members(v->c->mem, f->variables, &(struct json_rules){ .nan = true }, &set, NULL));
    /* Without a question the mode is looked at only when the request itself set it (api 6). */
    bool keep_mode = !question && str_absent(json_member(&set, "multi_user"));
    TRY(visit_save(v, v->s.seq, keep_mode));
    if (!question) return reply_empty(v->c, 204);
    return visit_show(v);
}

err session_set(struct call *c)
{
    static const struct visit_texts texts = { "Unable to obtain interview dictionary.", "Unable to decrypt interview dictionary.",
                                              "Problem getting current question:" };
    const struct set_body *p = c->body;
    struct interviews *r = c->room;
    struct set_fill f = { .p = p };
    if (str_absent(p->i) || str_absent(p->session)) return fail(c, ERR_INPUT, NULL, "Parameters i and session are required.");
    TRY(read_params(c, &f));
    /* Document and reference read the flag the other way round (api 7.3). */
    f.raw = r->o.reference ? flag_or(p->raw, false) : !flag_or(p->raw, true);
    struct visit *v = NEW(c->mem, struct visit);
    if (!v) return ERR_NOMEM;
    *v = (struct visit){ .c = c, .r = r, .i = p->i, .id = p->session, .secret = p->secret, .arg = &f };
    v->writes = flag_or(p->overwrite, false) ? WRITES_OVER : WRITES_NEXT;
    const struct parts *parts = call_parts(c);
    struct uploads u = { 0 };
    err e = visit_open(v, &texts);
    if (!e && parts && parts->n) {
        e = keep_files(v, parts, &u);
        if (!e && u.n) e = describe_files(v, &f, parts, &u);
    }
    if (!e) e = visit_until_won(v, set_once);
    visit_close(v);
    return e;
}
