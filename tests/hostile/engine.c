/* tests/hostile/engine.c: an engine that runs the Python text it is sent, so that the host's fences meet the worst that an interview may hold.
 *
 * TAG_VARIABLES is the text; str() of the name "result" that it leaves is the reply's body, an exception becomes "Class: text". The dict "answers"
 * lives as long as the worker, as a warm session would. */
#include "pyhost/host.h"
#include "pyhost/py.h"

static PyObject *answers;

err engine_load(str lib_dir)
{
    (void)lib_dir;
    PYOWN(library) = PyImport_ImportModule("chancery_host");
    return library ? ERR_OK : ERR_WORKER;
}

bool engine_preload(void) { return false; }

err engine_start(str package, const str *folders, size_t n_folders, str settings_json)
{
    (void)folders, (void)n_folders, (void)settings_json;
    answers = PyDict_New();
    if (!answers || str_is(package, "refused")) return ERR_WORKER;
    return ERR_OK;
}

/* What the text left as "result", as text; NULL with an exception. */
static PyObject *run(struct arena *mem, str text)
{
    char *source = arena_z(mem, text);
    if (!source) return PyErr_NoMemory();
    PYOWN(names) = PyDict_New();
    if (!names || PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) != 0) return NULL;
    if (PyDict_SetItemString(names, "answers", answers) != 0) return NULL;
    PYOWN(done) = PyRun_String(source, Py_file_input, names, names);
    if (!done) return NULL;
    PyObject *result = PyDict_GetItemString(names, "result");
    return result ? PyObject_Str(result) : PyUnicode_FromString("");
}

static void add_text(struct buf *b, PyObject *o)
{
    PYOWN(text) = o ? PyObject_Str(o) : NULL;
    Py_ssize_t n = 0;
    const char *p = text ? PyUnicode_AsUTF8AndSize(text, &n) : NULL;
    if (p) buf_add(b, (str){ p, (size_t)n });
    PyErr_Clear();
}

static void add_exception(struct buf *reply)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    CLEANUP(buf_release) struct buf text = BUF(64 * 1024);
    buf_z(&text, type ? ((PyTypeObject *)type)->tp_name : "nothing");
    buf_z(&text, ": ");
    add_text(&text, value);
    frame_u64(reply, TAG_OUTCOME, OUT_ERROR);
    frame_str(reply, TAG_ERROR, buf_str(&text));
    Py_XDECREF(type), Py_XDECREF(value), Py_XDECREF(trace);
}

void engine_call(struct arena *mem, const struct frame *request, struct buf *reply)
{
    frame_begin(reply, MSG_RESULT, request->id, 0);
    PYOWN(result) = run(mem, frame_get(request, TAG_VARIABLES));
    Py_ssize_t n = 0;
    const char *p = result ? PyUnicode_AsUTF8AndSize(result, &n) : NULL;
    if (p) {
        frame_u64(reply, TAG_OUTCOME, OUT_RESPONSE);
        frame_str(reply, TAG_BODY, (str){ p, (size_t)n });
    } else {
        add_exception(reply);
    }
    if (frame_end(reply) != ERR_OK) return; /* serve.c answers for us */
}
