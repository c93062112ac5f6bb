/* What happens before a question's texts are evaluated: bindings, need, undefine, reconsider. Spec: language 3.1, 6.4, 6.8 (step 1). */
#include "pyhost/engine_int.h"
#include "pyhost/screen_int.h"

static int call_with_names(const char *function, PyObject *names)
{
    PYOWN(called) = py_lib("functions.logic", function);
    PYOWN(tuple) = called ? PySequence_Tuple(names) : NULL;
    PYOWN(done) = tuple ? PyObject_CallObject(called, tuple) : NULL;
    return done ? 0 : -1;
}

int screen_prepare(struct eval *e, struct block *b, const struct binding *bind)
{
    if (binding_bind(e, bind) < 0) return -1;
    for (size_t i = 0; i < b->n_need_pre; i++) {
        PYOWN(value) = expr_eval(e, &b->need_pre[i]);
        if (!value) return -1;
    }
    if (b->undefine && call_with_names("undefine", b->undefine) < 0) return -1;
    return b->reconsider && PyList_Check(b->reconsider) ? call_with_names("reconsider", b->reconsider) : 0;
}

bool error_is_forgivable(void) { return PyErr_ExceptionMatches(PyExc_Exception) && !PyErr_ExceptionMatches(PyExc_MemoryError); }

int error_is_missing(void)
{
    static const char *const classes[] = { "MissingAttribute", "MissingItem", "MissingName", "ForcedNames" };
    if (PyErr_ExceptionMatches(PyExc_NameError)) return 1;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    int found = 0;
    for (size_t i = 0; !found && i < COUNT_OF(classes); i++) {
        PYOWN(class) = py_lib("signals", classes[i]);
        found = class && PyErr_GivenExceptionMatches(type, class);
        if (!class) PyErr_Clear();
    }
    PyErr_Restore(type, value, trace);
    return found;
}
