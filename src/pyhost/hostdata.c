/* pyhost/hostdata.c: what the server keeps and interview code reads or writes: contents of files, new file numbers, values outside the session.
 *
 * Nothing is asked for while a call runs. What was not sent with the call is noted; the call ends as OUT_WANT, and the server sends it again with
 * what was noted (TAG_GIVEN). Interview code is repeatable by nature (language 13), so a call that is cut short costs only its time. What is
 * written is kept here, seen by later reads of the same call, and leaves with the result (TAG_PUT), so that it is stored with the step or not at all. */
#include "pyhost/call_int.h"
#include "pyhost/hostdata.h"

static struct {
    PyObject *given; /* name → bytes or None */
    PyObject *wants; /* list of names */
    PyObject *puts;  /* name → bytes, in order */
} data;

static uint32_t get_u32(const char *at)
{
    uint32_t v = 0;
    for (int i = 3; i >= 0; i--) v = v << 8 | (unsigned char)at[i];
    return v;
}

static int take_given(str member)
{
    size_t n = get_u32(member.p);
    if (n > member.n - 4) return engine_error("DAError", "the server gave what was not wanted");
    PYOWN(name) = py_str((str){ member.p + 4, n });
    str rest = str_from(member, 4 + n);
    PYOWN(value) = rest.n ? PyBytes_FromStringAndSize(rest.p + 1, (Py_ssize_t)rest.n - 1) : Py_NewRef(Py_None);
    return name && value ? PyDict_SetItem(data.given, name, value) : -1;
}

int hostdata_begin(const struct frame *f)
{
    enum tag tag;
    str value;
    Py_XSETREF(data.given, PyDict_New());
    Py_XSETREF(data.wants, PyList_New(0));
    Py_XSETREF(data.puts, PyDict_New());
    if (!data.given || !data.wants || !data.puts) return -1;
    for (size_t at = 0; frame_next(f, &at, &tag, &value);)
        if (tag == TAG_GIVEN && take_given(value) < 0) return -1;
    return 0;
}

void hostdata_end(void)
{
    Py_CLEAR(data.given);
    Py_CLEAR(data.wants);
    Py_CLEAR(data.puts);
}

bool hostdata_wanted(void) { return data.wants && PyList_GET_SIZE(data.wants) > 0; }

int hostdata_write_wants(struct buf *reply)
{
    CLEANUP(buf_release) struct buf json = BUF((size_t)1024 * 1024);
    if (py_to_json(&json, data.wants) < 0) return -1;
    frame_u64(reply, TAG_OUTCOME, OUT_WANT);
    frame_str(reply, TAG_WANTS, buf_str(&json));
    return 0;
}

int hostdata_write_puts(struct buf *reply)
{
    PyObject *name, *bytes;
    Py_ssize_t at = 0;
    while (PyDict_Next(data.puts, &at, &name, &bytes)) {
        str text = py_view(name);
        CLEANUP(buf_release) struct buf b = BUF(FRAME_MAX);
        for (int i = 0; i < 4; i++) buf_char(&b, (char)(unsigned char)(text.n >> 8 * i));
        buf_add(&b, text);
        buf_add(&b, (str){ PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes) });
        if (buf_ok(&b) != ERR_OK) {
            PyErr_NoMemory();
            return -1;
        }
        frame_str(reply, TAG_PUT, buf_str(&b));
    }
    return 0;
}

/* for the library: given(name) and put(name, bytes) of _chancery */

static int is_open(void)
{
    if (data.given) return 0;
    PyErr_SetString(PyExc_RuntimeError, "no interview is running");
    return -1;
}

PyObject *hostdata_given(PyObject *self, PyObject *name)
{
    (void)self;
    if (is_open() < 0) return NULL;
    PyObject *found = PyDict_GetItemWithError(data.given, name);
    if (found || PyErr_Occurred()) return Py_XNewRef(found);
    int noted = PySequence_Contains(data.wants, name);
    if (noted < 0 || (!noted && PyList_Append(data.wants, name) < 0)) return NULL;
    PYOWN(type) = py_lib("signals", "Wanted");
    if (type) PyErr_SetObject(type, name);
    return NULL;
}

PyObject *hostdata_put(PyObject *self, PyObject *arguments)
{
    (void)self;
    PyObject *name, *bytes;
    if (!PyArg_ParseTuple(arguments, "US", &name, &bytes) || is_open() < 0 || PyDict_SetItem(data.puts, name, bytes) < 0) return NULL;
    return Py_NewRef(Py_None);
}
