/* What a browser says about a missing or wrong value: `validation_messages` of a field. Spec: language 7.6. */
#include "pyhost/screen_int.h"
#include "base/buf.h"

enum message {
    M_REQUIRED,
    M_SELECT,
    M_TYPE_IN,
    M_FILE,
    M_DATE,
    M_TIME,
    M_DATETIME,
    M_EMAIL,
    M_NUMBER,
    M_WHOLE,
    M_STEP,
    M_MIN,
    M_MAX,
    M_DATE_MIN,
    M_DATE_MAX,
    M_DATE_MINMAX,
    M_TIME_MIN,
    M_TIME_MAX,
    M_TIME_MINMAX,
    M_DATETIME_MIN,
    M_DATETIME_MAX,
    M_DATETIME_MINMAX,
    M_MINLENGTH,
    M_MAXLENGTH,
    M_OR_CHECK,
    M_AT_LEAST,
    M_AT_MOST,
    M_EXACTLY,
    M_EXACTLY_ONE,
    M_SELECT_EXACTLY,
    M_SELECT_ONE,
    M_UNCHECK,
    M_ACCEPT,
    M_TOO_LARGE,
    M__COUNT
};
/* type: what authors override, whole or by its last word; key: the member of the object. */
static const struct {
    const char *type, *key, *text;
} messages[M__COUNT] = {
    [M_REQUIRED] = { "required", "required", "You need to fill this in." },
    [M_SELECT] = { "multiple choice required", "required", "You need to select one." },
    [M_TYPE_IN] = { "combobox required", "required", "You need to select one or type in a new value." },
    [M_FILE] = { "file required", "required", "You must provide a file." },
    [M_DATE] = { "date", "date", "You need to enter a valid date." },
    [M_TIME] = { "time", "time", "You need to enter a valid time." },
    [M_DATETIME] = { "datetime", "datetime", "You need to enter a valid date and time." },
    [M_EMAIL] = { "email", "email", "You need to enter a complete e-mail address." },
    [M_NUMBER] = { "number", "number", "You need to enter a number." },
    [M_WHOLE] = { "integer step", "step", "Please enter a whole number." },
    [M_STEP] = { "step", "step", "Please enter a multiple of {0}." },
    [M_MIN] = { "min", "min", "You need to enter a number that is at least %s." },
    [M_MAX] = { "max", "max", "You need to enter a number that is at most %s." },
    [M_DATE_MIN] = { "date min", "min", "You need to enter a date on or after %s." },
    [M_DATE_MAX] = { "date max", "max", "You need to enter a date on or before %s." },
    [M_DATE_MINMAX] = { "date minmax", "minmax", "You need to enter a date between %s and %s." },
    [M_TIME_MIN] = { "time min", "min", "You need to enter a time on or after %s." },
    [M_TIME_MAX] = { "time max", "max", "You need to enter a time on or before %s." },
    [M_TIME_MINMAX] = { "time minmax", "minmax", "You need to enter a time between %s and %s." },
    [M_DATETIME_MIN] = { "datetime min", "min", "You need to enter a date and time on or after %s." },
    [M_DATETIME_MAX] = { "datetime max", "max", "You need to enter a date and time on or before %s." },
    [M_DATETIME_MINMAX] = { "datetime minmax", "minmax", "You need to enter a date and time between %s and %s." },
    [M_MINLENGTH] = { "minlength", "minlength", "You must type at least %s characters." },
    [M_MAXLENGTH] = { "maxlength", "maxlength", "You cannot type more than %s characters." },
    [M_OR_CHECK] = { "checkboxes required", "checkatleast", "Check at least one option, or check “%s”" },
    [M_AT_LEAST] = { "checkbox minlength", "checkatleast", "Please select at least %s." },
    [M_AT_MOST] = { "checkbox maxlength", "checkatmost", "Please select no more than %s." },
    [M_EXACTLY] = { "checkbox minmaxlength", "checkexactly", "Please select exactly %s." },
    [M_EXACTLY_ONE] = { "checkbox minmaxlength", "checkexactly", "Please select one." },
    [M_SELECT_EXACTLY] = { "multiselect minmaxlength", "selectexactly", "Please select exactly %s." },
    [M_SELECT_ONE] = { "multiselect minmaxlength", "selectexactly", "Please select one." },
    [M_UNCHECK] = { "checkboxes required", "uncheckothers", "Check at least one option, or check “%s”" },
    [M_ACCEPT] = { "accept", "accept", "Please upload a file with a valid file format." },
    [M_TOO_LARGE] = { "maxuploadsize", "max", "Your file upload is larger than the server can accept. Please reduce the size of your file upload." },
};
static const enum message required_message[] = { [REQ_FILL] = M_REQUIRED, [REQ_SELECT] = M_SELECT, [REQ_TYPE_IN] = M_TYPE_IN, [REQ_FILE] = M_FILE };
static const struct {
    const char *check;
    enum message wrong, min, max, minmax;
} bounded[] = {
    { "date", M_DATE, M_DATE_MIN, M_DATE_MAX, M_DATE_MINMAX },
    { "time", M_TIME, M_TIME_MIN, M_TIME_MAX, M_TIME_MINMAX },
    { "datetime", M_DATETIME, M_DATETIME_MIN, M_DATETIME_MAX, M_DATETIME_MINMAX },
};

struct messages {
    PyObject *own, *common; /* the field's and the interview's overrides: dicts or NULL, borrowed */
    PyObject *out;
};

static PyObject *overridden_b(PyObject *by, const char *type)
{
    if (!by || !PyDict_Check(by)) return NULL;
    PyObject *text = py_get_b(by, type);
    const char *last = strrchr(type, ' ');
    if (!text && last) text = py_get_b(by, last + 1);
    return text && PyUnicode_Check(text) ? text : NULL;
}

/* Every %s takes the next value; a text without one stays as it is. */
static PyObject *filled(str text, PyObject *first, PyObject *second)
{
    CLEANUP(buf_release) struct buf out = BUF(1 << 20);
    PyObject *next = first;
    for (size_t i = 0; i < text.n; i++) {
        if (next && text.p[i] == '%' && i + 1 < text.n && text.p[i + 1] == 's') {
            buf_add(&out, py_view(next));
            next = next == first ? second : NULL;
            i++;
        } else {
            buf_char(&out, text.p[i]);
        }
    }
    return buf_ok(&out) == ERR_OK ? py_str(buf_str(&out)) : PyErr_NoMemory();
}

static int say(struct messages *m, enum message which, PyObject *first, PyObject *second)
{
    PyObject *text = overridden_b(m->own, messages[which].type);
    if (!text) text = overridden_b(m->common, messages[which].type);
    PYOWN(word) = text ? Py_NewRef(text) : translate_word(messages[which].text);
    PYOWN(trimmed) = text_trimmed(py_keep(&word), TRIM_END);
    return trimmed ? py_set_own(m->out, messages[which].key, filled(py_view(trimmed), first, second)) : -1;
}

/* Dates in messages are written out. */
static PyObject *shown_bound(PyObject *bound, const char *check)
{
    if (!bound || !check || strncmp(check, "date", 4) != 0) return Py_XNewRef(bound);
    PYOWN(format) = py_lib("functions.dates", "format_date");
    PyObject *text = format ? PyObject_CallOneArg(format, bound) : NULL;
    if (text && PyUnicode_Check(text)) return text;
    Py_XDECREF(text);
    if (PyErr_Occurred() && !error_is_forgivable()) return NULL;
    PyErr_Clear();
    return Py_NewRef(bound);
}

static int say_bounds(struct messages *m, const struct datatype *t, PyObject *field)
{
    PyObject *low = py_get_b(field, "min"), *high = py_get_b(field, "max");
    if (t->flags & DT_NUMBER) {
        if (low && say(m, M_MIN, low, NULL) < 0) return -1;
        return high ? say(m, M_MAX, high, NULL) : 0;
    }
    for (size_t i = 0; t->check && i < COUNT_OF(bounded); i++) {
        if (strcmp(bounded[i].check, t->check) != 0) continue;
        if (say(m, bounded[i].wrong, NULL, NULL) < 0) return -1;
        PYOWN(first) = shown_bound(low, t->check);
        PYOWN(last) = shown_bound(high, t->check);
        if (PyErr_Occurred()) return -1;
        if (low && high) return say(m, bounded[i].minmax, first, last);
        if (low) return say(m, bounded[i].min, first, NULL);
        return high ? say(m, bounded[i].max, last, NULL) : 0;
    }
    return 0;
}

static int say_number(struct messages *m, const struct datatype *t, PyObject *field)
{
    if (t->flags & DT_NUMBER) {
        if (say(m, M_NUMBER, NULL, NULL) < 0) return -1;
        if (py_get_b(field, "step")) return say(m, M_STEP, NULL, NULL);
        return strcmp(t->name, "integer") == 0 ? say(m, M_WHOLE, NULL, NULL) : 0;
    }
    return t->check && strcmp(t->check, "email") == 0 ? say(m, M_EMAIL, NULL, NULL) : 0;
}

static int say_lengths(struct messages *m, PyObject *field)
{
    PyObject *least = py_get_b(field, "minlength"), *most = py_get_b(field, "maxlength");
    if (least && say(m, M_MINLENGTH, least, NULL) < 0) return -1;
    return most ? say(m, M_MAXLENGTH, most, NULL) : 0;
}

static int say_counts(struct messages *m, const struct datatype *t, PyObject *field)
{
    PyObject *least = py_get_b(field, "minlength"), *most = py_get_b(field, "maxlength"), *none = py_get_b(field, "none_of_the_above");
    bool select = t->flags & DT_NO_ATLEAST;
    if (least && most && str_eq(py_view(least), py_view(most))) {
        if (str_is(py_view(least), "1")) return say(m, select ? M_SELECT_ONE : M_EXACTLY_ONE, NULL, NULL);
        return say(m, select ? M_SELECT_EXACTLY : M_EXACTLY, least, NULL);
    }
    if (select) return say_lengths(m, field);
    if (most && say(m, M_AT_MOST, most, NULL) < 0) return -1;
    if (least) return say(m, M_AT_LEAST, least, NULL);
    if (!none || PyObject_IsTrue(none) != 1) return 0;
    PYOWN(shown) = PyObject_Str(none);
    return shown ? say(m, M_OR_CHECK, shown, NULL) : -1;
}

static int say_file(struct messages *m, PyObject *field)
{
    if (py_get_b(field, "accept") && say(m, M_ACCEPT, NULL, NULL) < 0) return -1;
    return say(m, M_TOO_LARGE, NULL, NULL);
}

static bool unchecks_all(const struct field *f)
{
    const struct part *p = f->part[F_UNCHECK_OTHERS];
    return p && p->kind == PART_CONST && p->constant == Py_True;
}

static int say_all(struct messages *m, const struct field *f, PyObject *field)
{
    const struct datatype *t = f->type;
    if (f->required != REQ_NONE && say(m, required_message[f->required], NULL, NULL) < 0) return -1;
    if (unchecks_all(f) && py_get_b(field, "label") && say(m, M_UNCHECK, py_get_b(field, "label"), NULL) < 0) return -1;
    if (!t) return say_lengths(m, field);
    if (t->flags & DT_FILE) return say_file(m, field);
    if (t->flags & DT_CHECKS) return say_counts(m, t, field);
    if (t->flags & DT_NO_BOUNDS) return 0;
    if (say_number(m, t, field) < 0 || say_bounds(m, t, field) < 0) return -1;
    return say_lengths(m, field);
}

PyObject *field_messages(struct eval *e, struct block *b, const struct field *f, PyObject *rendered)
{
    PYOWN(out) = PyDict_New();
    PYOWN(own) = NULL;
    if (f->part[F_MESSAGES] && !(own = part_eval(e, f->part[F_MESSAGES]))) return NULL;
    struct messages m = { .own = own, .common = by_language_b(b, b->iv->validation_messages), .out = out };
    if (!out || say_all(&m, f, rendered) < 0) return NULL;
    return py_keep(&out);
}

PyObject *messages_common(struct block *b)
{
    PyObject *common = by_language_b(b, b->iv->validation_messages), *key, *value;
    Py_ssize_t at = 0;
    PYOWN(out) = PyErr_Occurred() ? NULL : PyDict_New();
    while (out && common && PyDict_Next(common, &at, &key, &value)) {
        PYOWN(text) = text_trimmed(PyObject_Str(value), TRIM_END);
        if (!text || PyDict_SetItem(out, key, text) < 0) return NULL;
    }
    return py_keep(&out);
}
