/* pyhost/evaluate.c: one evaluation of an interview: a screen, the interview's own answer, a missing variable, or an error. Spec: api 12.2. */
#include "pyhost/call_int.h"
#include "pyhost/screen_int.h"

/* the interview's own answer (language 10.5) */

static PyObject *bytes_of(PyObject *body)
{
    if (PyBytes_Check(body)) return Py_NewRef(body);
    if (body == Py_None) return PyBytes_FromString("");
    PYOWN(text) = PyObject_Str(body);
    return text ? PyUnicode_AsEncodedString(text, "utf-8", "replace") : NULL;
}

static PyObject *file_bytes(PyObject *file)
{
    PYOWN(data) = PyObject_HasAttrString(file, "slurp") ? PyObject_CallMethod(file, "slurp", "O", Py_False) : NULL;
    if (data) return bytes_of(data);
    if (!PyErr_Occurred()) engine_error("DAError", "response() was given something that is no file");
    return NULL;
}

static PyObject *type_of(PyObject *reply, PyObject *body)
{
    PYOWN(type) = py_attr(reply, "content_type");
    if (!type || type != Py_None) return py_keep(&type);
    PYOWN(own) = PyObject_HasAttrString(body, "mimetype") ? py_attr(body, "mimetype") : NULL;
    if (own && PyUnicode_Check(own)) return py_keep(&own);
    PyErr_Clear();
    return PyUnicode_FromString("text/plain; charset=utf-8");
}

static int take_response(struct engine_call *c, PyObject *reply, PyObject *body, bool is_file)
{
    PYOWN(status) = py_attr(reply, "status");
    Py_XSETREF(c->body, is_file ? file_bytes(body) : bytes_of(body));
    Py_XSETREF(c->type, type_of(reply, body));
    c->status = status && PyLong_Check(status) ? PyLong_AsLong(status) : 200;
    c->outcome = OUT_RESPONSE;
    return c->body && c->type && status ? 0 : -1;
}

/* A redirect is a question object whose text is the address. */
static int take_redirect(struct engine_call *c, PyObject *url)
{
    PYOWN(source) = Py_BuildValue("{sssO}", "command", "redirect", "url", url);
    PyObject *screen = source ? screen_temporary(&c->e, source) : NULL;
    Py_XSETREF(c->json, screen);
    c->outcome = OUT_QUESTION;
    return screen ? 0 : -1;
}

static int take_reply(struct engine_call *c, PyObject *reply)
{
    PYOWN(kind) = py_attr(reply, "kind");
    PYOWN(body) = py_attr(reply, "body");
    if (!kind || !body) return -1;
    if (str_is(py_view(kind), "url")) return take_redirect(c, body);
    return take_response(c, reply, body, str_is(py_view(kind), "file"));
}

/* a variable that nothing defines */

static int take_missing(struct engine_call *c)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PYOWN(name) = value ? py_attr(value, "variable") : NULL;
    if (!name || !PyUnicode_Check(name)) {
        PyErr_Clear();
        PyErr_Restore(type, value, trace);
        return -1;
    }
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    Py_XSETREF(c->json, screen_undefined(&c->e, name));
    c->outcome = OUT_UNDEFINED;
    return c->json ? 0 : -1;
}

/* An AttributeError of the author's is reported as one of the source (recorded: `iso-country`). */
static int wrap_attribute_error(void)
{
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PYOWN(text) = value ? PyObject_Str(value) : NULL;
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return text ? engine_error("DASourceError", "Got error %U", text) : -1;
}

static int after_failure(struct engine_call *c)
{
    PyObject *reply;
    if (signal_is_reply(&reply)) {
        int bad = take_reply(c, reply);
        Py_DECREF(reply);
        return bad;
    }
    trouble_note(c);
    PYOWN(missing) = NULL;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    missing = py_lib("errors", "DAErrorMissingVariable");
    int matches = missing ? PyErr_GivenExceptionMatches(type, missing) : 0;
    PyErr_Restore(type, value, trace);
    return matches ? take_missing(c) : wrap_attribute_error();
}

int call_evaluate(struct engine_call *c)
{
    c->stage = STAGE_EVALUATE;
    PYOWN(offset) = Py_XNewRef(py_get_b(c->e.internal, "steps_offset"));
    PyObject *screen = eval_main_pass(&c->e);
    if (!screen && after_failure(c) < 0) return -1;
    if (screen) {
        Py_XSETREF(c->json, screen);
        c->outcome = OUT_QUESTION;
    }
    return offset ? py_set(c->e.internal, "steps_offset", offset) : 0;
}

/* the progress meter (language 8.4, no. 11) */

static struct block *block_named(struct interview *iv, PyObject *name)
{
    for (size_t i = 0; name && i < iv->n_blocks; i++)
        if (iv->blocks[i]->name && PyUnicode_Compare(iv->blocks[i]->name, name) == 0) return iv->blocks[i];
    return NULL;
}

static int set_progress(struct engine_call *c, double value, bool whole)
{
    PYOWN(number) = whole ? PyLong_FromLong((long)value) : PyFloat_FromDouble(value);
    if (!number || py_set(c->e.internal, "progress", number) < 0) return -1;
    return c->json ? py_set(c->json, "progress", number) : 0;
}

/* Towards the next progress value that some block defines. */
static double next_defined(struct interview *iv, double current)
{
    double best = 100;
    for (size_t i = 0; i < iv->n_blocks; i++) {
        PyObject *value = py_get_b(iv->blocks[i]->source, "progress");
        double number = value && PyLong_Check(value) ? PyLong_AsDouble(value) : -1;
        if (number > current && number < best) best = number;
    }
    return best;
}

int call_progress(struct engine_call *c)
{
    struct interview *iv = c->iv;
    if (c->outcome != OUT_QUESTION || py_true(iv->features, "progress bar", 0) <= 0) return 0;
    PyObject *now = py_get_b(c->e.internal, "progress");
    if (!now || !PyNumber_Check(now)) return 0;
    double current = PyFloat_AsDouble(now);
    struct block *b = block_named(iv, py_get_b(c->json, "questionName"));
    PyObject *own = b ? py_get_b(b->source, "progress") : NULL;
    if (own == Py_None) return py_set(c->e.internal, "progress", Py_None);
    if (own && PyLong_Check(own)) {
        double wanted = PyLong_AsDouble(own);
        return wanted > current || py_true(iv->features, "progress can go backwards", 0) == 1 ? set_progress(c, wanted, true) : 0;
    }
    PyObject *multiplier = py_get_b(iv->features, "progress bar multiplier"), *method = py_get_b(iv->features, "progress bar method");
    double step = multiplier && PyFloat_Check(multiplier) ? PyFloat_AsDouble(multiplier) : 0.05;
    double goal = method && str_is(py_view(method), "stepped") ? next_defined(iv, current) : 100;
    if (PyErr_Occurred()) PyErr_Clear();
    return set_progress(c, current + step * (goal - current), false);
}
