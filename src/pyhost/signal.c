/* pyhost/signal.c: what an exception of author's code means: a missing name, a wish of the library, or an error. Spec: language 6.2, 7.7. */
#include "pyhost/engine_int.h"

/* Is the exception of that class of chancery_host.signals? */
static int is_signal(PyObject *value, const char *class)
{
    PYOWN(kind) = py_lib("signals", class);
    return kind ? PyObject_IsInstance(value, kind) : -1;
}

static PyObject *attribute(PyObject *value, const char *name)
{
    PyObject *found = py_attr(value, name);
    if (!found) PyErr_Clear();
    return found;
}

/* A NameError of a module's own code is a mistake there; code of interviews has pseudo names like "<code block, …>". */
static bool is_from_file(PyObject *value)
{
    PYOWN(trace) = PyException_GetTraceback(value);
    if (!trace || !PyTraceBack_Check(trace)) return false;
    PyTracebackObject *last = (PyTracebackObject *)trace;
    while (last->tb_next) last = last->tb_next;
    PyCodeObject *code = PyFrame_GetCode(last->tb_frame);
    bool real = str_ends(py_view(code->co_filename), STR(".py"));
    Py_DECREF(code);
    return real;
}

/* The name between the first quote and the last of the known phrases; NULL without exception if there is none. */
static PyObject *name_in_message(PyObject *value)
{
    static const char *const ends[] = { "' is not defined", "' is undefined", "' referenced before assignment", "' where it is not" };
    PYOWN(text) = PyObject_Str(value);
    str s = py_view(text);
    size_t begin = str_find(s, '\'', 0) + 1;
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        str end = str_c(ends[i]);
        size_t found = s.n;
        for (size_t at = str_search(s, end); at < s.n; at = found + 1 + str_search(str_from(s, found + 1), end)) found = at;
        if (found < s.n && found > begin) return py_str((str){ s.p + begin, found - begin });
    }
    return NULL;
}

static bool is_undefined_of_jinja(PyObject *value) { return strcmp(Py_TYPE(value)->tp_name, "UndefinedError") == 0; }

static bool is_name_error(PyObject *value) { return PyObject_TypeCheck(value, (PyTypeObject *)PyExc_NameError) && !is_from_file(value); }

/* "cannot access local variable 'V' where it is not associated with a value" has the name in quotes as well. */
static PyObject *missing_name(PyObject *value)
{
    PYOWN(missing) = is_signal(value, "MissingName") > 0 || is_signal(value, "MissingAttribute") > 0 || is_signal(value, "MissingItem") > 0
                         ? attribute(value, "missing")
                         : NULL;
    if (missing) return py_keep(&missing);
    if (!is_name_error(value) && !is_undefined_of_jinja(value)) return NULL;
    PYOWN(name) = attribute(value, "name");
    if (name && PyUnicode_Check(name)) return py_keep(&name);
    return name_in_message(value);
}

static bool take_forced(PyObject *value, struct signal *out)
{
    if (is_signal(value, "ForcedNames") <= 0) return false;
    PYOWN(names) = attribute(value, "names");
    PYOWN(forced) = attribute(value, "forced");
    if (!names || !PyList_Check(names) || PyList_GET_SIZE(names) == 0 || !PyUnicode_Check(PyList_GET_ITEM(names, 0))) return false;
    out->name = Py_NewRef(PyList_GET_ITEM(names, 0));
    out->kind = forced && PyObject_IsTrue(forced) == 0 ? SIG_MISSING : SIG_FORCED;
    return true;
}

static bool take_with(PyObject *value, const char *class, const char *member, enum signal_kind kind, struct signal *out)
{
    if (is_signal(value, class) <= 0) return false;
    out->kind = kind;
    if (member) out->value = attribute(value, member);
    return true;
}

static bool take(PyObject *value, struct signal *out)
{
    out->name = missing_name(value);
    if (out->name) {
        out->kind = SIG_MISSING;
        return true;
    }
    return take_forced(value, out) || take_with(value, "ReRun", NULL, SIG_RERUN, out) || take_with(value, "Screen", "block", SIG_SCREEN, out) ||
           take_with(value, "EmptyQuestion", "assignments", SIG_EMPTY, out);
}

void signal_take(struct signal *out)
{
    PyObject *type, *value, *trace;
    *out = (struct signal){ SIG_ERROR, NULL, NULL };
    PyErr_Fetch(&type, &value, &trace);
    if (!type) return;
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace) PyException_SetTraceback(value, trace);
    bool taken = take(value, out);
    if (!taken) {
        out->kind = SIG_ERROR;
        PyErr_Restore(type, value, trace);
        return;
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
}

void signal_release(struct signal *s)
{
    Py_CLEAR(s->name);
    Py_CLEAR(s->value);
}

int signal_is_reply(PyObject **out)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    int reply = value ? is_signal(value, "Reply") : 0;
    if (reply <= 0) {
        PyErr_Clear();
        PyErr_Restore(type, value, trace);
        return 0;
    }
    Py_XDECREF(type);
    Py_XDECREF(trace);
    *out = value;
    return 1;
}

/* What is wrong, on which line of the code, and that line. Python's own text names the file, which helps only where it is one. */
static PyObject *syntax_text(PyObject *error)
{
    PYOWN(what) = py_attr(error, "msg");
    PYOWN(file) = py_attr(error, "filename");
    PYOWN(number) = py_attr(error, "lineno");
    PYOWN(source) = py_attr(error, "text");
    if (!what || !number || !source || !PyLong_Check(number)) return PyObject_Str(error);
    if (!file || !PyUnicode_Check(file) || !str_starts(py_view(file), STR("<"))) return PyObject_Str(error);
    PYOWN(line) = PyUnicode_Check(source) ? PyObject_CallMethod(source, "strip", NULL) : PyUnicode_FromString("");
    if (!line) return NULL;
    return PyUnicode_GET_LENGTH(line) ? PyUnicode_FromFormat("%S, line %S: `%U`", what, number, line) : PyUnicode_FromFormat("%S, line %S", what, number);
}

PyObject *error_text(void)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    if (!type) return PyUnicode_FromString("SystemError: an error without an exception");
    PyErr_NormalizeException(&type, &value, &trace);
    PYOWN(name) = py_attr(type, "__name__");
    bool syntax = value && PyErr_GivenExceptionMatches(value, PyExc_SyntaxError);
    PYOWN(text) = !value ? NULL : syntax ? syntax_text(value) : PyObject_Str(value);
    if (!text) PyErr_Clear(); /* an author's class whose own text fails */
    PyObject *whole = name ? PyUnicode_FromFormat("%U: %V", name, text, "") : NULL;
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return whole;
}
