/* A question as the JSON object of language 7: compiled at load, built in the order of language 6.8. */
#include "pyhost/engine_int.h"
#include "pyhost/screen_int.h"

/* compiling */

static int compile_roles(struct block *b, struct screen *s)
{
    PyObject *source = py_get_b(b->source, "role");
    if (!source) return 0;
    s->roles = plan_keep(b, PyList_Check(source) ? PySequence_List(source) : Py_BuildValue("[O]", source));
    return s->roles ? 0 : -1;
}

/* What validation code assigns counts as defined by the block, although API submissions never run it (language 6.2). */
static int compile_validation(struct block *b)
{
    PyObject *code = py_get_b(b->source, "validation code");
    return code && PyUnicode_Check(code) ? block_defines_code(b, code, "exec") : 0;
}

/* Labels that the kind of question has no use for (language 3.2). */
static int check_labels(struct block *b, const struct screen *s)
{
    bool yesno = b->kind == Q_YESNO || b->kind == Q_NOYES || b->kind == Q_YESNOMAYBE || b->kind == Q_NOYESMAYBE;
    bool buttons = s->variety && strcmp(s->variety, "buttons") == 0;
    if ((yesno || buttons) && py_get_b(b->source, "continue button label"))
        return block_error(b, "A continue button label does not go with yes and no or with buttons");
    if (b->kind != Q_REVIEW && py_get_b(b->source, "resume button label")) return block_error(b, "A resume button label goes with review only");
    return 0;
}

int screen_compile(struct block *b)
{
    struct screen *s = PLAN_NEW(b, struct screen);
    if (!s) return -1;
    b->screen = s;
    if (screen_keys_compile(b, s) < 0 || buttons_compile(b, s) < 0 || terms_compile(b, s) < 0 || documents_compile(b, s) < 0) return -1;
    PyObject *help = py_get_b(b->source, "help");
    if (help && help_compile(b, help, &s->help) < 0) return -1;
    return kind_compile(b, s) < 0 || check_labels(b, s) < 0 || compile_roles(b, s) < 0 ? -1 : compile_validation(b);
}

/* what every screen has */

/* Of the features, only these are shown (language 7.2). */
static int show_options(struct eval *e, PyObject *out)
{
    static const struct {
        const char *feature, *json;
    } options[] = {
        { "labels above fields", "labels above" },      { "use catchall", "use catchall" },
        { "inverse navbar", "inverse navbar" },         { "review button color", "review button color" },
        { "review button icon", "review button icon" }, { "default date min", "default date min" },
        { "default date max", "default date max" },
    };
    PYOWN(shown) = PyDict_New();
    for (size_t i = 0; shown && e->iv->features && i < COUNT_OF(options); i++) {
        PyObject *value = py_get_b(e->iv->features, options[i].feature);
        if (value && py_set(shown, options[i].json, value) < 0) return -1;
    }
    if (!shown || py_set(out, "interview_options", shown) < 0) return -1;
    int inverse = e->iv->features ? py_true(e->iv->features, "inverse navbar", 1) : 1;
    return inverse < 0 ? -1 : py_set_str(out, "navbarVariant", inverse ? STR("dark") : STR("light"));
}

static int show_language(struct block *b, PyObject *out)
{
    PYOWN(current) = b->language ? Py_NewRef(b->language) : server_language();
    if (!current || py_set(out, "lang", current) < 0) return -1;
    return b->language ? py_set(out, "language", b->language) : py_set_str(out, "language", STR("*"));
}

/* What log() says to the user; scripts and the browser's console get theirs another way. */
static PyObject *messages_shown(struct eval *e)
{
    static const char *const hidden[] = { "log", "console", "javascript" };
    PYOWN(log) = py_attr(e->state, "message_log");
    PYOWN(list) = log ? PySequence_List(log) : NULL;
    for (Py_ssize_t i = list ? PyList_GET_SIZE(list) - 1 : -1; i >= 0; i--) {
        PyObject *row = PyList_GET_ITEM(list, i), *priority = PyDict_Check(row) ? py_get_b(row, "priority") : NULL;
        for (size_t k = 0; priority && k < COUNT_OF(hidden); k++) {
            if (!str_is(py_view(priority), hidden[k])) continue;
            if (PyList_SetSlice(list, i, i + 1, NULL) < 0) return NULL;
            break;
        }
    }
    return py_keep(&list);
}

static int show_state(struct eval *e, PyObject *out)
{
    PYOWN(messages) = messages_shown(e);
    if (!messages || py_set(out, "message_log", messages) < 0) return -1;
    PyObject *progress = e->internal ? py_get_b(e->internal, "progress") : NULL;
    if (py_set(out, "progress", progress ? progress : Py_None) < 0) return -1;
    PyObject *track = py_get_b(e->answers, "track_location");
    return track == Py_True ? py_set(out, "track_location", Py_True) : 0;
}

static int show_credits(struct eval *e, PyObject *out)
{
    PYOWN(credits) = py_attr(e->state, "credits");
    if (!credits || credits == Py_None) return credits ? 0 : -1;
    return py_set_attr(e->state, "credits", Py_None) < 0 ? -1 : py_set(out, "attributions", credits);
}

int screen_common(struct eval *e, struct block *b, const struct binding *bind, PyObject *out)
{
    (void)bind;
    if (show_language(b, out) < 0 || py_set(out, "questionName", b->name) < 0 || screen_parts(e, b, out) < 0) return -1;
    if (py_set_own(out, "validation_messages", messages_common(b)) < 0 || screen_terms(e, b, out) < 0 || screen_help(e, b, out) < 0) return -1;
    if (screen_media(e, b, out) < 0 || screen_back(e, b, out) < 0 || screen_menu(e, b, out) < 0) return -1;
    return screen_sections(e, out) < 0 || show_options(e, out) < 0 ? -1 : show_state(e, out);
}

/* building */

static int show_origin(struct block *b, const struct binding *bind, PyObject *out)
{
    if (b->id && py_set(out, "id", b->id) < 0) return -1;
    if (b->is_mandatory && py_set(out, "mandatory", Py_True) < 0) return -1;
    if (!bind || !bind->sought) return 0;
    return py_set_own(out, "event_list", Py_BuildValue("[O]", bind->sought));
}

static int has_role(PyObject *role, PyObject *roles)
{
    if (!PyList_Check(role)) return PySequence_Contains(roles, role);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(role); i++) {
        int has = PySequence_Contains(roles, PyList_GET_ITEM(role, i));
        if (has) return has;
    }
    return 0;
}

/* Somebody in another role sees the role_event screen instead (language 9.5); that screen itself is for everybody. */
static int check_role(struct eval *e, const struct screen *s, const struct binding *bind)
{
    PyObject *roles = s->roles ? s->roles : e->iv->default_role;
    PyObject *role = roles ? py_get_b(e->answers, "role") : NULL;
    bool is_event = bind && bind->sought && str_is(py_view(bind->sought), "role_event");
    int fine = role && !is_event ? has_role(role, roles) : 1;
    if (fine) return fine < 0 ? -1 : 0;
    if (py_set(e->answers, "role_needed", roles) < 0) return -1;
    PYOWN(name) = PyUnicode_FromString("role_event");
    PYOWN(value) = name ? eval_variable(e, name) : NULL;
    return value ? 0 : -1;
}

static int build(struct eval *e, struct block *b, const struct binding *bind, PyObject *out)
{
    const struct screen *s = b->screen;
    if (py_set_str(out, "questionType", str_c(s->type)) < 0 || show_origin(b, bind, out) < 0) return -1;
    if (screen_texts(e, b, out) < 0 || buttons_show(e, s, out) < 0 || screen_common(e, b, bind, out) < 0) return -1;
    if (kind_render(e, b, bind, out) < 0 || documents_show(e, s, out) < 0 || check_role(e, s, bind) < 0) return -1;
    return block_finish(e, b) < 0 ? -1 : show_credits(e, out);
}

PyObject *screen_build(struct eval *e, struct block *b, const struct binding *bind)
{
    PYOWN(out) = PyDict_New();
    if (!out || screen_prepare(e, b, bind) < 0 || build(e, b, bind, out) < 0) return NULL;
    return py_keep(&out);
}

PyObject *screen_command(struct eval *e, struct block *b, PyObject *word, PyObject *url)
{
    PYOWN(out) = Py_BuildValue("{sOsO}", "questionType", word, "questionText", Py_None);
    bool has_url = url && url != Py_None;
    if (!out || (has_url ? py_set(out, "questionText", url) : py_set_str(out, "questionText", STR(""))) < 0) return NULL;
    if (str_is(py_view(b->name), "Question_Temp") && py_set_str(out, "subquestionText", STR("")) < 0) return NULL;
    return screen_common(e, b, NULL, out) < 0 ? NULL : py_keep(&out);
}

PyObject *screen_undefined(struct eval *e, PyObject *name)
{
    PYOWN(messages) = messages_shown(e);
    return messages ? Py_BuildValue("{sssOsO}", "questionType", "undefined_variable", "variable", name, "message_log", messages) : NULL;
}
