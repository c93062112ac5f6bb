/* pyhost/pyjson.c: Python values to JSON text and back: sorted keys, ASCII, numbers as Python prints them. Spec: api 2.6. */
#include "pyhost/engine_int.h"
#include "base/buf.h"

enum { DEEPEST = 256 };

static int write_value(struct buf *b, PyObject *value, unsigned deep);

static void write_escaped(struct buf *b, Py_UCS4 c)
{
    static const char names[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    for (size_t i = 0; i + 1 < sizeof names; i += 2)
        if ((Py_UCS4)names[i] == c) {
            buf_char(b, '\\');
            buf_char(b, names[i + 1]);
            return;
        }
    if (c < 0x10000) {
        buf_printf(b, "\\u%04x", (unsigned)c);
        return;
    }
    c -= 0x10000;
    buf_printf(b, "\\u%04x\\u%04x", (unsigned)(0xD800 + (c >> 10)), (unsigned)(0xDC00 + (c & 0x3FF)));
}

static bool is_simple(Py_UCS4 c) { return c >= 0x20 && c < 0x7F && c != '"' && c != '\\'; }

static void write_text(struct buf *b, PyObject *text)
{
    Py_ssize_t n = PyUnicode_GET_LENGTH(text), at = 0;
    int kind = PyUnicode_KIND(text);
    const void *data = PyUnicode_DATA(text);
    bool ascii = PyUnicode_IS_ASCII(text);
    buf_char(b, '"');
    while (at < n) {
        Py_ssize_t begin = at;
        if (ascii)
            while (at < n && is_simple(((const unsigned char *)data)[at])) at++;
        if (at > begin) buf_add(b, (str){ (const char *)data + begin, (size_t)(at - begin) });
        if (at == n) break;
        Py_UCS4 c = PyUnicode_READ(kind, data, at++);
        if (is_simple(c) || c == 0x7F)
            buf_char(b, (char)c);
        else
            write_escaped(b, c);
    }
    buf_char(b, '"');
}

static int write_repr(struct buf *b, PyObject *number, reprfunc repr)
{
    PYOWN(text) = repr(number);
    if (!text) return -1;
    str s = py_view(text);
    if (str_is(s, "nan")) s = STR("NaN");
    if (str_is(s, "inf")) s = STR("Infinity");
    if (str_is(s, "-inf")) s = STR("-Infinity");
    buf_add(b, s);
    return 0;
}

static int write_int(struct buf *b, PyObject *number)
{
    int overflow;
    long long small = PyLong_AsLongLongAndOverflow(number, &overflow);
    if (overflow) return write_repr(b, number, PyLong_Type.tp_repr);
    buf_printf(b, "%lld", small);
    return 0;
}

static int write_list(struct buf *b, PyObject *list, unsigned deep)
{
    PYOWN(items) = PySequence_Fast(list, "a list");
    if (!items) return -1;
    buf_char(b, '[');
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(items); i++) {
        if (i) buf_char(b, ',');
        if (write_value(b, PySequence_Fast_GET_ITEM(items, i), deep + 1) < 0) return -1;
    }
    buf_char(b, ']');
    return 0;
}

/* Keys that are no texts become what JSON writes for them. */
static PyObject *key_text(PyObject *key)
{
    if (PyUnicode_Check(key)) return Py_NewRef(key);
    if (key == Py_None) return PyUnicode_FromString("null");
    if (key == Py_True) return PyUnicode_FromString("true");
    if (key == Py_False) return PyUnicode_FromString("false");
    return PyObject_Str(key);
}

static PyObject *text_keys(PyObject *dict)
{
    PYOWN(plain) = PyDict_New();
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (plain && PyDict_Next(dict, &at, &key, &value)) {
        PYOWN(text) = key_text(key);
        if (!text || PyDict_SetItem(plain, text, value) < 0) return NULL;
    }
    return py_keep(&plain);
}

static int write_sorted(struct buf *b, PyObject *dict, PyObject *keys, unsigned deep)
{
    buf_char(b, '{');
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(keys); i++) {
        PyObject *key = PyList_GET_ITEM(keys, i), *value = PyDict_GetItemWithError(dict, key);
        if (!value) return -1;
        if (i) buf_char(b, ',');
        write_text(b, key);
        buf_char(b, ':');
        if (write_value(b, value, deep + 1) < 0) return -1;
    }
    buf_char(b, '}');
    return 0;
}

static bool has_text_keys(PyObject *keys)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(keys); i++)
        if (!PyUnicode_CheckExact(PyList_GET_ITEM(keys, i))) return false;
    return true;
}

static int write_dict(struct buf *b, PyObject *dict, unsigned deep)
{
    PYOWN(keys) = PyDict_Keys(dict);
    PYOWN(own) = NULL;
    if (!keys) return -1;
    if (!has_text_keys(keys)) {
        own = text_keys(dict);
        Py_SETREF(keys, own ? PyDict_Keys(own) : NULL);
        dict = own;
    }
    return keys && PyList_Sort(keys) == 0 ? write_sorted(b, dict, keys, deep) : -1;
}

static int write_value(struct buf *b, PyObject *value, unsigned deep)
{
    if (deep > DEEPEST) {
        PyErr_SetString(PyExc_ValueError, "the value is nested too deep for JSON");
        return -1;
    }
    if (value == Py_None) return buf_z(b, "null"), 0;
    if (value == Py_True) return buf_z(b, "true"), 0;
    if (value == Py_False) return buf_z(b, "false"), 0;
    if (PyUnicode_Check(value)) return write_text(b, value), 0;
    if (PyLong_Check(value)) return write_int(b, value);
    if (PyFloat_Check(value)) return write_repr(b, value, PyFloat_Type.tp_repr);
    if (PyDict_Check(value)) return write_dict(b, value, deep);
    if (PyList_Check(value) || PyTuple_Check(value)) return write_list(b, value, deep);
    /* What is left has no form of its own in JSON. */
    PYOWN(plain) = py_lib("jsonform", "to_plain");
    PYOWN(made) = plain ? PyObject_CallOneArg(plain, value) : NULL;
    if (!made) return -1;
    if (Py_TYPE(made) == Py_TYPE(value)) return buf_z(b, "null"), 0;
    return write_value(b, made, deep + 1);
}

int py_to_json(struct buf *out, PyObject *value)
{
    if (write_value(out, value, 0) < 0) return -1;
    if (buf_ok(out) == ERR_OK) return 0;
    PyErr_NoMemory();
    return -1;
}

/* What json.loads calls in the end, without the layers above it: they weigh more than a short text does. */
static PyObject *make_scanner(PyObject *module)
{
    PYOWN(class) = py_attr(module, "JSONDecoder");
    PYOWN(decoder) = class ? PyObject_CallNoArgs(class) : NULL;
    return decoder ? py_attr(decoder, "scan_once") : NULL;
}

/* The value, if the text is one from its first character to its last; else NULL, and json.loads knows what to say. */
static PyObject *scan_whole(PyObject *scanner, PyObject *text)
{
    PYOWN(begin) = PyLong_FromLong(0);
    PYOWN(pair) = begin ? PyObject_CallFunctionObjArgs(scanner, text, begin, NULL) : NULL;
    bool whole = pair && PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2 && PyLong_AsSsize_t(PyTuple_GET_ITEM(pair, 1)) == PyUnicode_GET_LENGTH(text);
    if (PyErr_Occurred()) PyErr_Clear();
    return whole ? Py_NewRef(PyTuple_GET_ITEM(pair, 0)) : NULL;
}

PyObject *py_from_json(str json)
{
    static PyObject *loads, *scanner;
    if (!scanner) {
        PYOWN(module) = PyImport_ImportModule("json");
        if (module && !loads) loads = py_attr(module, "loads");
        if (loads) scanner = make_scanner(module);
    }
    PYOWN(text) = scanner ? py_str(json) : NULL;
    if (!text) return NULL;
    PyObject *value = scan_whole(scanner, text);
    return value ? value : PyObject_CallOneArg(loads, text);
}
