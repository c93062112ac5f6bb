/* Choices that code computed, and choices that are objects. Spec: language 4.4, 4.5. */
#include "pyhost/screen_int.h"

static const char *const extra_keys[] = { "default", "help", "image", "color", "css class", "group", "show if" };

static bool is_extra(str key)
{
    for (size_t i = 0; i < COUNT_OF(extra_keys); i++)
        if (str_is(key, extra_keys[i])) return true;
    return false;
}

static PyObject *make_row(PyObject *value, PyObject *label)
{
    PYOWN(row) = PyDict_New();
    PYOWN(text) = PyObject_Str(label);
    if (!row || !text || py_set(row, "value", value) < 0) return NULL;
    return py_set_own(row, "label", text_trimmed(py_keep(&text), TRIM_HTML)) < 0 ? NULL : py_keep(&row);
}

static int set_default(PyObject *row, PyObject *value)
{
    int truth = PyObject_IsTrue(value);
    return truth < 0 ? -1 : truth ? py_set(row, "default", Py_True) : 0;
}

/* Copies help, color …; *visible is cleared by a false "show if". */
static int take_extras(PyObject *row, PyObject *from, bool *visible)
{
    for (size_t i = 0; i < COUNT_OF(extra_keys); i++) {
        PyObject *value = py_get_b(from, extra_keys[i]);
        if (!value || value == Py_None) continue;
        int bad;
        if (strcmp(extra_keys[i], "default") == 0) {
            bad = set_default(row, value);
        } else if (strcmp(extra_keys[i], "show if") == 0) {
            int truth = PyObject_IsTrue(value);
            *visible = truth > 0;
            bad = truth < 0;
        } else {
            bad = py_set(row, extra_keys[i], value);
        }
        if (bad) return -1;
    }
    return 0;
}

/* {value: label, extras}, or {"value": …, "label": …, extras}. Py_None: dropped. */
static PyObject *row_of_map(PyObject *item)
{
    PyObject *key, *label = py_get_b(item, "label"), *value = py_get_b(item, "value"), *found = NULL;
    Py_ssize_t at = 0;
    bool visible = true;
    if (!(label && value)) {
        label = value = NULL;
        while (PyDict_Next(item, &at, &key, &found)) {
            if (PyDict_Size(item) > 1 && is_extra(py_view(key))) continue;
            value = key;
            label = found;
        }
        if (!value) return PyErr_Format(PyExc_ValueError, "A choice without a value: %R", item);
        if (PyDict_Size(item) == 1 && label == Py_False) return Py_NewRef(Py_None);
    }
    PYOWN(row) = make_row(value, label);
    if (!row || take_extras(row, item, &visible) < 0) return NULL;
    return visible ? py_keep(&row) : Py_NewRef(Py_None);
}

/* [value], [value, label], [value, label, default], [value, label, default, help]. */
static PyObject *row_of_sequence(PyObject *item)
{
    PYOWN(list) = PySequence_List(item);
    Py_ssize_t n = list ? PyList_GET_SIZE(list) : 0;
    if (list && n == 0) return PyErr_Format(PyExc_ValueError, "A choice without a value");
    PYOWN(row) = list ? make_row(PyList_GET_ITEM(list, 0), PyList_GET_ITEM(list, n > 1 ? 1 : 0)) : NULL;
    if (!row || (n > 2 && set_default(row, PyList_GET_ITEM(list, 2)) < 0)) return NULL;
    if (n > 3 && py_set(row, "help", PyList_GET_ITEM(list, 3)) < 0) return NULL;
    return py_keep(&row);
}

static bool is_scalar(PyObject *value)
{
    return PyUnicode_Check(value) || PyBool_Check(value) || PyLong_Check(value) || PyFloat_Check(value) || value == Py_None;
}

static PyObject *row_of(PyObject *item)
{
    if (PyDict_Check(item)) return row_of_map(item);
    if (PyList_Check(item) || PyTuple_Check(item)) return row_of_sequence(item);
    if (is_scalar(item)) return make_row(item, item);
    PYOWN(text) = PyObject_Str(item);
    return text ? make_row(text, text) : NULL;
}

static int append_row(PyObject *list, PyObject *row /* stolen */)
{
    PYOWN(own) = row;
    return !own ? -1 : own == Py_None ? 0 : PyList_Append(list, own);
}

static bool keeps_order(PyObject *mapping) { return PyODict_Check(mapping) || strstr(Py_TYPE(mapping)->tp_name, "Ordered") != NULL; }

int rows_sort(PyObject *rows, const char *key)
{
    PYOWN(module) = PyImport_ImportModule("operator");
    PYOWN(get) = module ? PyObject_CallMethod(module, "itemgetter", "s", key) : NULL;
    PYOWN(args) = PyTuple_New(0);
    PYOWN(kwargs) = get ? Py_BuildValue("{sO}", "key", get) : NULL;
    PYOWN(sort) = py_attr(rows, "sort");
    PYOWN(done) = args && kwargs && sort ? PyObject_Call(sort, args, kwargs) : NULL;
    return done ? 0 : -1;
}

static PyObject *rows_of_mapping(PyObject *mapping)
{
    PYOWN(pairs) = PyMapping_Items(mapping);
    PYOWN(list) = PyList_New(0);
    for (Py_ssize_t i = 0; pairs && list && i < PyList_GET_SIZE(pairs); i++) {
        PyObject *pair = PyList_GET_ITEM(pairs, i);
        PYOWN(value) = PySequence_GetItem(pair, 0);
        PYOWN(label) = PySequence_GetItem(pair, 1);
        if (!value || !label || append_row(list, make_row(value, label)) < 0) return NULL;
    }
    if (!pairs || !list || (!keeps_order(mapping) && rows_sort(list, "label") < 0)) return NULL;
    return py_keep(&list);
}

static bool is_mapping(PyObject *value) { return PyDict_Check(value) || PyObject_HasAttrString((PyObject *)Py_TYPE(value), "keys"); }

PyObject *choice_items_code(PyObject *value)
{
    if (is_mapping(value)) return rows_of_mapping(value);
    if (PyUnicode_Check(value) || !PyObject_HasAttrString((PyObject *)Py_TYPE(value), "__iter__"))
        return PyErr_Format(PyExc_ValueError, "Choices must be computed as a list or a mapping, not %R", value);
    PYOWN(items) = PySequence_List(value);
    PYOWN(list) = PyList_New(0);
    for (Py_ssize_t i = 0; items && list && i < PyList_GET_SIZE(items); i++)
        if (append_row(list, row_of(PyList_GET_ITEM(items, i))) < 0) return NULL;
    return items ? py_keep(&list) : NULL;
}

/* objects */

static PyObject *object_name(PyObject *object)
{
    PyObject *name = py_attr(object, "instanceName");
    if (name) return name;
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return NULL;
    PyErr_Clear();
    return PyObject_Str(object);
}

static int generated(struct eval *e, const struct part *generator, PyObject *object, const char *key, PyObject *row)
{
    if (!generator) return 0;
    PYOWN(function) = part_eval(e, generator);
    PYOWN(text) = function ? PyObject_CallOneArg(function, object) : NULL;
    if (!text || text == Py_None) return text ? 0 : -1;
    return py_set(row, key, text);
}

static PyObject *object_label(struct eval *e, const struct field *f, PyObject *object)
{
    if (!f->part[F_LABELER]) return PyObject_Str(object);
    PYOWN(function) = part_eval(e, f->part[F_LABELER]);
    PYOWN(label) = function ? PyObject_CallOneArg(function, object) : NULL;
    return label ? PyObject_Str(label) : NULL;
}

static int add_object(struct eval *e, const struct field *f, PyObject *object, PyObject *seen, PyObject *list)
{
    PYOWN(name) = object_name(object);
    int known = name ? PySet_Contains(seen, name) : -1;
    if (known) return known < 0 ? -1 : 0;
    PYOWN(label) = object_label(e, f, object);
    PYOWN(row) = label ? make_row(name, label) : NULL;
    if (!row || PySet_Add(seen, name) < 0 || py_set(row, "object", object) < 0) return -1;
    if (generated(e, f->part[F_HELP_GENERATOR], object, "help", row) < 0 || generated(e, f->part[F_IMAGE_GENERATOR], object, "image", row) < 0) return -1;
    return PyList_Append(list, row);
}

/* Members of a collection; NULL without an exception for a single object. */
static PyObject *members(PyObject *value)
{
    PyObject *type = (PyObject *)Py_TYPE(value);
    if (PyUnicode_Check(value) || !PyObject_HasAttrString(type, "__iter__") || PyObject_HasAttrString(type, "offered_whole")) return NULL;
    if (!is_mapping(value)) return PySequence_List(value);
    PYOWN(values) = PyObject_CallMethod(value, "values", NULL);
    return values ? PySequence_List(values) : NULL;
}

static int add_objects(struct eval *e, const struct field *f, PyObject *value, PyObject *seen, PyObject *list)
{
    PYOWN(items) = members(value);
    if (!items) return PyErr_Occurred() ? -1 : value == Py_None ? 0 : add_object(e, f, value, seen, list);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        if (Py_EnterRecursiveCall(" in object choices")) return -1;
        int bad = add_objects(e, f, PyList_GET_ITEM(items, i), seen, list);
        Py_LeaveRecursiveCall();
        if (bad) return -1;
    }
    return 0;
}

PyObject *choice_objects(struct eval *e, const struct field *f)
{
    PYOWN(value) = part_eval(e, f->choices->objects);
    PYOWN(seen) = PySet_New(NULL);
    PYOWN(list) = PyList_New(0);
    if (!value || !seen || !list || add_objects(e, f, value, seen, list) < 0) return NULL;
    return py_keep(&list);
}
