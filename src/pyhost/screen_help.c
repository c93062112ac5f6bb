/* Help of the question and of the interview. Spec: language 3.2 (help), 3.19 (interview help), 7.3. */
#include "pyhost/screen_int.h"

int help_compile(struct block *b, PyObject *source, struct help **out)
{
    struct help *h = PLAN_NEW(b, struct help);
    if (!h) return -1;
    *out = h;
    if (!PyDict_Check(source)) return part_compile(b, source, HOW_TEXT, "help", &h->content);
    const struct {
        const char *key;
        struct part **to;
        enum part_how how;
    } rows[] = {
        { "label", &h->label, HOW_TEXT }, { "heading", &h->heading, HOW_TEXT }, { "content", &h->content, HOW_TEXT },
        { "audio", &h->audio, HOW_DATA }, { "video", &h->video, HOW_DATA },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        PyObject *value = py_get_b(source, rows[i].key);
        if (value && part_compile(b, value, rows[i].how, "help", rows[i].to) < 0) return -1;
    }
    return 0;
}

static int set_media(struct eval *e, struct block *b, const struct part *p, bool video, PyObject *out)
{
    return p ? py_set_own(out, video ? "video" : "audio", media_list(e, b, p, video)) : 0;
}

static PyObject *help_row(struct eval *e, struct block *b, const struct help *h)
{
    PYOWN(row) = PyDict_New();
    if (!row) return NULL;
    if (h->heading && py_set_own(row, "heading", part_text(e, h->heading, TRIM_END)) < 0) return NULL;
    if (h->content && py_set_own(row, "content", part_text(e, h->content, TRIM_END)) < 0) return NULL;
    if (set_media(e, b, h->audio, false, row) < 0 || set_media(e, b, h->video, true, row) < 0) return NULL;
    return py_keep(&row);
}

/* The label of the question's help: its own, else the screen part, else the word. */
static PyObject *help_label(struct eval *e, struct block *b, const struct help *h)
{
    if (h->label) return part_text(e, h->label, TRIM_NONE);
    PyObject *label = screen_part(e, b, "help label", NULL, TRIM_END);
    return label || PyErr_Occurred() ? label : translate_word("Help");
}

static int show_own(struct eval *e, struct block *b, const struct help *h, PyObject *help, PyObject *out)
{
    PYOWN(row) = help_row(e, b, h);
    PYOWN(list) = row ? PyList_New(0) : NULL;
    if (!list || PyList_Append(list, row) < 0 || py_set(out, "helpText", list) < 0) return -1;
    if (py_set_own(out, "helpBackLabel", translate_word("Back to question")) < 0 || py_set_own(help, "label", help_label(e, b, h)) < 0) return -1;
    return py_set_own(help, "title", translate_word("Help is available for this question"));
}

static int add_interview_help(struct eval *e, struct block *b, PyObject *source, PyObject *list)
{
    struct temporary t;
    struct help *h;
    if (temporary_open(&t, b) < 0) return -1;
    PYOWN(row) = help_compile(&t.block, source, &h) == 0 ? help_row(e, b, h) : NULL;
    temporary_close(&t);
    return row ? PyList_Append(list, row) : -1;
}

/* The first label that an interview help block gave itself. */
static PyObject *interview_label(PyObject *sources)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(sources); i++) {
        PyObject *source = PyList_GET_ITEM(sources, i), *label = PyDict_Check(source) ? py_get_b(source, "label") : NULL;
        if (label) return text_trimmed(PyObject_Str(label), TRIM_END);
    }
    return translate_word("Help");
}

static int show_interview(struct eval *e, struct block *b, PyObject *sources, PyObject *help, PyObject *out)
{
    PYOWN(list) = PyList_New(0);
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(sources); i++)
        if (add_interview_help(e, b, PyList_GET_ITEM(sources, i), list) < 0) return -1;
    if (!list || py_set(out, "interviewHelpText", list) < 0) return -1;
    PYOWN(label) = interview_label(sources);
    if (!label || py_set(help, "interviewLabel", label) < 0) return -1;
    return py_set_own(help, "interviewTitle", translate_word("Help is available"));
}

int screen_help(struct eval *e, struct block *b, PyObject *out)
{
    const struct help *own = b->screen ? b->screen->help : NULL;
    PyObject *sources = by_language_b(b, e->iv->interview_help);
    if (!sources && PyErr_Occurred()) return -1;
    bool general = sources && PyList_Check(sources) && PyList_GET_SIZE(sources);
    if (!own && !general) return 0;
    PYOWN(help) = PyDict_New();
    if (!help || (own && show_own(e, b, own, help, out) < 0) || (general && show_interview(e, b, sources, help, out) < 0)) return -1;
    return py_set(help, "specific", own ? Py_True : Py_False) < 0 ? -1 : py_set(out, "help", help);
}
