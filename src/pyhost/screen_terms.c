/* Terms that texts explain: those of the interview, with those of the question over them. Spec: language 2.4, 3.2, 7.3. */
#include "pyhost/screen_int.h"

/* {term: definition}, a list of such, or of {phrases: […], definition: …}, as one dict with terms in lower case. */
static int add_term(PyObject *term, PyObject *definition, PyObject *into)
{
    PYOWN(text) = PyObject_Str(term);
    PYOWN(key) = text ? PyObject_CallMethod(text, "lower", NULL) : NULL;
    return key ? PyDict_SetItem(into, key, definition) : -1;
}

static int add_phrases(PyObject *phrases, PyObject *definition, PyObject *into)
{
    if (!PyList_Check(phrases)) return add_term(phrases, definition, into);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(phrases); i++)
        if (add_term(PyList_GET_ITEM(phrases, i), definition, into) < 0) return -1;
    return 0;
}

static int add_terms(struct block *b, PyObject *source, PyObject *into)
{
    if (PyList_Check(source)) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(source); i++)
            if (!PyDict_Check(PyList_GET_ITEM(source, i)) || add_terms(b, PyList_GET_ITEM(source, i), into) < 0)
                return PyErr_Occurred() ? -1 : block_error(b, "terms must be mappings of a term to its definition");
        return 0;
    }
    if (!PyDict_Check(source)) return block_error(b, "terms must be a mapping or a list of mappings");
    PyObject *phrases = py_get_b(source, "phrases"), *definition = py_get_b(source, "definition");
    if (phrases && definition) return add_phrases(phrases, definition, into);
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(source, &at, &key, &value))
        if (add_term(key, value, into) < 0) return -1;
    return 0;
}

static int compile_terms(struct block *b, const char *key, struct part **out)
{
    PyObject *source = py_get_b(b->source, key);
    PYOWN(flat) = source ? PyDict_New() : NULL;
    if (!source) return 0;
    if (!flat || add_terms(b, source, flat) < 0) return -1;
    return part_compile(b, flat, HOW_DATA, key, out);
}

int terms_compile(struct block *b, struct screen *s) { return compile_terms(b, "terms", &s->terms) < 0 ? -1 : compile_terms(b, "auto terms", &s->autoterms); }

static int merge(PyObject *found, PyObject *into)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (found && PyDict_Next(found, &at, &key, &value)) {
        PYOWN(text) = PyUnicode_Check(value) ? Py_NewRef(value) : PyObject_Str(value);
        if (!text || add_term(key, text, into) < 0) return -1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* Those of the interview are those of the server's language, whatever language the question is in. */
static int merge_common(PyObject *common, PyObject *into)
{
    PYOWN(language) = server_language();
    if (!language || merge(py_get_b(common, "*"), into) < 0) return -1;
    return merge(PyDict_GetItemWithError(common, language), into);
}

static int show_terms(struct eval *e, PyObject *common, const struct part *own, const char *json, PyObject *out)
{
    PYOWN(terms) = PyDict_New();
    if (!terms || (common && merge_common(common, terms) < 0)) return -1;
    if (own) {
        PYOWN(mine) = part_eval(e, own);
        if (!mine || PyDict_Update(terms, mine) < 0) return -1;
    }
    return PyDict_Size(terms) ? py_set(out, json, terms) : 0;
}

int screen_terms(struct eval *e, struct block *b, PyObject *out)
{
    const struct screen *s = b->screen;
    if (show_terms(e, e->iv->terms, s ? s->terms : NULL, "terms", out) < 0) return -1;
    return show_terms(e, e->iv->autoterms, s ? s->autoterms : NULL, "autoterms", out);
}
