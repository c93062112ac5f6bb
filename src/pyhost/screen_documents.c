/* The documents that a screen offers, as data: what they are called and which formats they are meant for. They are not assembled yet, but what their
 * texts need is asked for as if they were. Spec: language 7.3, 7.5 (attachments), 11. */
#include "pyhost/engine_int.h"
#include "pyhost/screen_int.h"

enum document_key { D_NAME, D_FILENAME, D_DESCRIPTION, D_FORMATS, D_SKIP, D_CONTENT, D_FIELDS, D_FIELD_CODE, D_VARIABLES, D_RAW_VARIABLES, D_CODE, D__COUNT };
static const struct {
    const char *key;
    enum part_how how;
} keys[D__COUNT] = {
    [D_NAME] = { "name", HOW_TEXT },
    [D_FILENAME] = { "filename", HOW_TEXT },
    [D_DESCRIPTION] = { "description", HOW_TEXT },
    [D_FORMATS] = { "valid formats", HOW_DATA },
    [D_SKIP] = { "skip undefined", HOW_EXPR },
    [D_CONTENT] = { "content", HOW_TEXT },
    [D_FIELDS] = { "fields", HOW_DATA },
    [D_FIELD_CODE] = { "field code", HOW_EXPR },
    [D_VARIABLES] = { "field variables", HOW_EXPR },
    [D_RAW_VARIABLES] = { "raw field variables", HOW_EXPR },
    [D_CODE] = { "code", HOW_EXPR },
};
struct document {
    PyObject *variable;  /* str */
    const char *formats; /* where the author names none */
    struct part *part[D__COUNT];
};

/* A file that is not there matters when the document is assembled. */
static int compile_file(struct block *b, PyObject *file, struct document *d)
{
    if (!file || !PyUnicode_Check(file) || d->part[D_CONTENT]) return 0;
    PYOWN(name) = source_reference(file, b->package, "templates");
    int missing = name ? source_missing(py_view(name)) : -1;
    if (missing) return missing < 0 ? -1 : 0;
    PYOWN(text) = lazy_files(b, file);
    return text ? part_compile(b, text, HOW_TEXT, "content file", &d->part[D_CONTENT]) : -1;
}

static int compile_keys(struct block *b, PyObject *source, struct document *d)
{
    for (size_t i = 0; i < D__COUNT; i++) {
        PyObject *value = py_get_b(source, keys[i].key);
        if (value && value != Py_None && part_compile(b, value, keys[i].how, "attachment", &d->part[i]) < 0) return -1;
    }
    if (compile_file(b, py_get_b(source, "content file"), d) < 0) return -1;
    bool docx = py_get_b(source, "docx template file"), pdf = py_get_b(source, "pdf template file"), raw = py_get_b(source, "raw");
    d->formats = docx ? "docx pdf" : pdf ? "pdf" : raw ? "raw" : "*";
    return 0;
}

static int compile_document(struct block *b, PyObject *source, size_t at, struct document *d)
{
    PYOWN(own) = PyDict_Check(source) ? block_lower_keys(source) : Py_BuildValue("{sO}", "content", source);
    PyObject *name = own ? py_get_b(own, "variable name") : NULL;
    if (!own) return -1;
    d->variable = plan_keep(b, name ? PyObject_Str(name) : PyUnicode_FromFormat("_internal['docvar'][%zu]", at));
    if (!d->variable || (name && plan_defines(b, d->variable) < 0)) return -1;
    return compile_keys(b, own, d);
}

int documents_compile(struct block *b, struct screen *s)
{
    PyObject *items = py_get_b(b->source, "attachment");
    if (!items) items = py_get_b(b->source, "attachments");
    if (!items || items == Py_None || (PyDict_Check(items) && PyDict_Size(items) == 1 && py_get_b(items, "code"))) return 0;
    PYOWN(list) = PyList_Check(items) ? Py_NewRef(items) : Py_BuildValue("[O]", items);
    if (!list) return -1;
    s->n_documents = (size_t)PyList_GET_SIZE(list);
    s->documents = PLAN_NEW_N(b, struct document, s->n_documents);
    for (size_t i = 0; s->documents && i < s->n_documents; i++)
        if (compile_document(b, PyList_GET_ITEM(list, (Py_ssize_t)i), i, &s->documents[i]) < 0) return -1;
    return s->documents ? 0 : -1;
}

static PyObject *name_of(struct eval *e, const struct document *d)
{
    return d->part[D_NAME] ? part_text(e, d->part[D_NAME], TRIM_END) : translate_word("Document");
}

static PyObject *filename_of(struct eval *e, const struct document *d, PyObject *name)
{
    if (d->part[D_FILENAME]) return part_text(e, d->part[D_FILENAME], TRIM_END);
    PYOWN(safe) = py_lib("functions.texts", "space_to_underscore");
    return safe ? PyObject_CallFunctionObjArgs(safe, name, NULL) : NULL;
}

static PyObject *formats_of(struct eval *e, const struct document *d)
{
    PYOWN(words) = d->part[D_FORMATS] ? part_eval(e, d->part[D_FORMATS]) : PyUnicode_FromString(d->formats);
    if (!words || PyList_Check(words)) return py_keep(&words);
    return PyUnicode_Check(words) ? PyUnicode_Split(words, NULL, -1) : PySequence_List(words);
}

/* What assembling it would ask for. */
static int need_texts(struct eval *e, const struct document *d)
{
    int skip = part_truth(e, d->part[D_SKIP], 0);
    for (size_t i = D_CONTENT; !skip && i < D__COUNT; i++) {
        PYOWN(value) = d->part[i] ? part_eval(e, d->part[i]) : Py_NewRef(Py_None);
        if (!value) return -1;
    }
    return skip < 0 ? -1 : 0;
}

static PyObject *document_row(struct eval *e, const struct document *d)
{
    PYOWN(name) = name_of(e, d);
    PYOWN(row) = name ? Py_BuildValue("{sOsO}", "variable_name", d->variable, "name", name) : NULL;
    if (!row || py_set_own(row, "filename", filename_of(e, d, name)) < 0 || py_set_own(row, "valid_formats", formats_of(e, d)) < 0) return NULL;
    PYOWN(description) = d->part[D_DESCRIPTION] ? part_text(e, d->part[D_DESCRIPTION], TRIM_NONE) : PyUnicode_FromString("");
    if (!description || (PyUnicode_GET_LENGTH(description) && py_set(row, "description", description) < 0)) return NULL;
    return need_texts(e, d) < 0 ? NULL : py_keep(&row);
}

int documents_show(struct eval *e, const struct screen *s, PyObject *out)
{
    if (!s->n_documents) return 0;
    PYOWN(list) = PyList_New(0);
    for (size_t i = 0; list && i < s->n_documents; i++) {
        PYOWN(row) = document_row(e, &s->documents[i]);
        if (!row || PyList_Append(list, row) < 0) return -1;
    }
    return list ? py_set(out, "attachments", list) : -1;
}
