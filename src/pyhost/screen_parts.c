/* Title, labels and the other parts that every screen has: the question's own, set_parts(), default screen parts, metadata. Spec: language 3.19, 7.2. */
#include "pyhost/engine_int.h"
#include "pyhost/screen_int.h"

PyObject *translate_word(const char *word)
{
    PYOWN(function) = py_lib("functions.language", "word");
    PYOWN(text) = py_name(word);
    if (function && text) return PyObject_CallOneArg(function, text);
    PyErr_Clear();
    return py_keep(&text);
}

/* where a part may come from, best first */

static PyObject *from_session(struct eval *e, const char *name, enum trim trim)
{
    PyObject *value = e->internal ? py_get_b(e->internal, name) : NULL;
    if (!value || value == Py_None) return NULL;
    return text_trimmed(PyObject_Str(value), trim);
}

static PyObject *default_in(struct eval *e, PyObject *language, const char *name, enum trim trim)
{
    PyObject *parts = PyDict_GetItemWithError(e->iv->screen_parts, language);
    PyObject *capsule = parts ? py_get_b(parts, name) : NULL;
    if (!capsule || capsule == Py_None) return NULL;
    const struct text *text = PyCapsule_GetPointer(capsule, PyCapsule_GetName(capsule));
    return text ? text_trimmed(text_render(e, text), trim) : NULL;
}

static PyObject *from_defaults(struct eval *e, struct block *b, const char *name, enum trim trim)
{
    if (!e->iv->screen_parts) return NULL;
    PyObject *found = b->language ? default_in(e, b->language, name, trim) : NULL;
    if (found || PyErr_Occurred()) return found;
    PYOWN(any) = PyUnicode_FromString("*");
    return any ? default_in(e, any, name, trim) : NULL;
}

PyObject *screen_default(struct eval *e, const char *name)
{
    static struct block no_language;
    return from_defaults(e, e->last ? e->last : &no_language, name, TRIM_END);
}

PyObject *server_language(void)
{
    PyObject *language = py_get_b(engine.settings, "language");
    return language && PyUnicode_Check(language) && PyUnicode_GET_LENGTH(language) ? Py_NewRef(language) : py_name("en");
}

PyObject *by_language_b(const struct block *b, PyObject *all)
{
    if (!all || !PyDict_Check(all)) return NULL;
    PYOWN(language) = b->language ? Py_NewRef(b->language) : server_language();
    PyObject *found = language ? PyDict_GetItemWithError(all, language) : NULL;
    return found || PyErr_Occurred() ? found : py_get_b(all, "*");
}

/* A text, or one per language; shown as written (language 7.1). The server's language counts here, not the one the interview has set. */
static PyObject *from_metadata(struct eval *e, const char *name)
{
    PyObject *value = e->iv->metadata ? py_get_b(e->iv->metadata, name) : NULL;
    if (value && PyDict_Check(value)) {
        PyObject *all = value;
        PYOWN(language) = server_language();
        if (!language) return NULL;
        value = PyDict_GetItemWithError(all, language);
        if (!value && !PyErr_Occurred()) value = py_get_b(all, "*");
    }
    return value && value != Py_None ? text_trimmed(PyObject_Str(value), TRIM_END) : NULL;
}

PyObject *screen_part(struct eval *e, struct block *b, const char *name, const struct part *own, enum trim trim)
{
    if (own) return part_text(e, own, trim);
    PyObject *found = from_session(e, name, trim);
    if (!found && !PyErr_Occurred()) found = from_defaults(e, b, name, trim);
    if (!found && !PyErr_Occurred()) found = from_metadata(e, name);
    return found;
}

/* the parts of the answer */

struct shown_part {
    const char *name, *json, *preset; /* preset: a word; NULL: absent */
    enum screen_key own;              /* K__COUNT: no key of the question */
    enum trim trim;
};
static const struct shown_part shown[] = {
    { "exit link", "exit_link", "leave", K__COUNT, TRIM_END },
    { "exit label", "exit_label", "Exit", K__COUNT, TRIM_HTML },
    { "under", "underText", NULL, K_UNDER, TRIM_END },
    { "right", "rightText", NULL, K_RIGHT, TRIM_END },
    { "css class", "cssClass", NULL, K_CSS_CLASS, TRIM_END },
    { "table css class", "tableCssClass", NULL, K_TABLE_CSS_CLASS, TRIM_END },
    { "pre", NULL, NULL, K_PRE, TRIM_END },
    { "post", NULL, NULL, K_POST, TRIM_END },
    { "submit", NULL, NULL, K_SUBMIT, TRIM_END },
};

static const struct part *own_part(const struct block *b, enum screen_key key) { return key < K__COUNT && b->screen ? b->screen->part[key] : NULL; }

static int show_part(struct eval *e, struct block *b, const struct shown_part *row, PyObject *out)
{
    PYOWN(text) = screen_part(e, b, row->name, own_part(b, row->own), row->trim);
    if (!text && PyErr_Occurred()) return -1;
    if (!text && row->preset) text = strcmp(row->json, "exit_link") == 0 ? PyUnicode_FromString(row->preset) : translate_word(row->preset);
    if (!text) return row->preset ? -1 : 0;
    return row->json ? py_set(out, row->json, text) : 0;
}

/* A part that falls back to another one that is already there. */
static int show_or(struct eval *e, struct block *b, const char *name, const char *json, PyObject *fallback, PyObject *out)
{
    PYOWN(text) = screen_part(e, b, name, NULL, TRIM_HTML);
    if (!text && PyErr_Occurred()) return -1;
    return py_set(out, json, text ? text : fallback);
}

static int show_titles(struct eval *e, struct block *b, PyObject *out)
{
    PYOWN(title) = screen_part(e, b, "title", NULL, TRIM_HTML);
    if (!title && !PyErr_Occurred()) title = PyUnicode_FromString("docassemble");
    if (!title || py_set(out, "title", title) < 0) return -1;
    if (show_or(e, b, "tab title", "browser_title", title, out) < 0 || show_or(e, b, "short title", "short_title", title, out) < 0) return -1;
    return show_or(e, b, "logo", "display_title", title, out);
}

static int show_continue(struct eval *e, struct block *b, PyObject *out)
{
    bool review = b->kind == Q_REVIEW && b->type == BLOCK_QUESTION;
    const char *name = review ? "resume button label" : "continue button label";
    const struct part *own = own_part(b, review ? K_RESUME_LABEL : K_CONTINUE_LABEL);
    PYOWN(text) = screen_part(e, b, name, own, TRIM_END);
    if (!text && PyErr_Occurred()) return -1;
    if (!text) text = translate_word(review ? "Resume" : "Continue");
    return text ? py_set(out, "continueLabel", text) : -1;
}

int screen_parts(struct eval *e, struct block *b, PyObject *out)
{
    if (show_titles(e, b, out) < 0) return -1;
    for (size_t i = 0; i < COUNT_OF(shown); i++)
        if (show_part(e, b, &shown[i], out) < 0) return -1;
    PYOWN(url) = screen_part(e, b, "exit url", NULL, TRIM_END);
    if (!url && PyErr_Occurred()) return -1;
    if (py_set(out, "exit_url", url ? url : Py_None) < 0) return -1;
    return show_continue(e, b, out);
}
