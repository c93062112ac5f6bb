/* pyhost/metadata.c: what lists of interviews and sessions show: titles, tags, who may. Spec: api 13.1, language 3.16. */
#include "pyhost/call_int.h"

/* A text, or one per language. */
static PyObject *text_of(struct engine_call *c, PyObject *value)
{
    if (value && PyDict_Check(value)) {
        PyObject *language = engine.settings ? py_get_b(engine.settings, "language") : NULL;
        PyObject *own = language ? PyDict_GetItemWithError(value, language) : py_get_b(value, "en");
        value = own ? own : py_get_b(value, "*");
    }
    (void)c;
    if (!value || value == Py_None) return NULL;
    PYOWN(text) = PyObject_Str(value);
    return text ? PyObject_CallMethod(text, "strip", NULL) : NULL;
}

static PyObject *part(struct engine_call *c, const char *name)
{
    PyObject *own = c->e.internal ? py_get_b(c->e.internal, name) : NULL;
    return text_of(c, own && own != Py_None ? own : py_get_b(c->iv->metadata, name));
}

PyObject *metadata_title(struct engine_call *c)
{
    PyObject *title = part(c, "title");
    if (title || PyErr_Occurred()) return title;
    title = part(c, "short title");
    return title || PyErr_Occurred() ? title : PyUnicode_FromString("Untitled");
}

PyObject *metadata_tags(struct engine_call *c)
{
    PyObject *tags = c->e.internal ? py_get_b(c->e.internal, "tags") : NULL;
    if (!tags || !PyAnySet_Check(tags)) tags = py_get_b(c->iv->metadata, "tags");
    if (!tags || !(PyAnySet_Check(tags) || PyList_Check(tags))) return PyList_New(0);
    PYOWN(given) = PySequence_List(tags);
    PYOWN(list) = PyList_New(0);
    for (Py_ssize_t i = 0; given && list && i < PyList_GET_SIZE(given); i++) {
        PYOWN(text) = PyObject_Str(PyList_GET_ITEM(given, i));
        if (!text || PyList_Append(list, text) < 0) return NULL;
    }
    return given && list && PyList_Sort(list) == 0 ? py_keep(&list) : NULL;
}

static int is_allowed(struct engine_call *c)
{
    static const char *const keys[] = { "required privileges", "required privileges for listing" };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        if (call_access(c, keys[i]) == 0) continue;
        if (!PyErr_ExceptionMatches(PyExc_Exception)) return -1;
        PyErr_Clear();
        return 0;
    }
    return 1;
}

int metadata_call(struct engine_call *c)
{
    PYOWN(metadata) = PyDict_Copy(c->iv->metadata);
    PYOWN(title) = metadata_title(c);
    PYOWN(tags) = metadata_tags(c);
    if (!metadata || !title || !tags) return -1;
    PYOWN(subtitle) = part(c, "subtitle");
    int unlisted = py_true(metadata, "unlisted", 0), allowed = is_allowed(c);
    if (PyErr_Occurred() || unlisted < 0 || allowed < 0) return -1;
    if (py_get_b(metadata, "tags") && PyDict_DelItemString(metadata, "tags") < 0) return -1;
    c->json = Py_BuildValue("{sOsOsOsOsOsO}", "title", title, "subtitle", subtitle ? subtitle : Py_None, "metadata", metadata, "tags", tags, "unlisted",
                            unlisted ? Py_True : Py_False, "allowed", allowed ? Py_True : Py_False);
    c->outcome = OUT_METADATA;
    return c->json ? 0 : -1;
}
