/* Choices of fields and choice screens: evaluated, compared with the value at the start, and put into the field's object. Spec: language 4.4, 4.5, 7.5. */
#include "pyhost/screen_int.h"

/* Texts of a choice that go into its object under their own name. */
static const struct {
    const char *key;
    size_t at;
} shown[] = {
    { "help", offsetof(struct choice, help) },           { "image", offsetof(struct choice, image) }, { "color", offsetof(struct choice, color) },
    { "css class", offsetof(struct choice, css_class) }, { "group", offsetof(struct choice, group) },
};

static const struct part *part_at(const struct choice *c, size_t at) { return *(struct part *const *)(const void *)((const char *)c + at); }

static int add_extras(struct eval *e, const struct choice *c, bool trim_help, PyObject *row)
{
    for (size_t i = 0; i < COUNT_OF(shown); i++) {
        const struct part *p = part_at(c, shown[i].at);
        if (!p) continue;
        PYOWN(text) = part_text(e, p, i > 0 || trim_help ? TRIM_END : TRIM_NONE);
        if (!text || (PyUnicode_GET_LENGTH(text) && py_set(row, shown[i].key, text) < 0)) return -1;
    }
    if (!c->preset) return 0;
    int truth = part_truth(e, c->preset, 0);
    return truth < 0 ? -1 : truth ? py_set(row, "default", Py_True) : 0;
}

static int keep_html(struct block *b, struct choice *c, PyObject *text, PyObject *html)
{
    c->text = plan_keep(b, Py_NewRef(text));
    c->html = c->text ? plan_keep(b, Py_NewRef(html)) : NULL;
    return c->html ? 0 : -1;
}

/* Only the author's own words are kept, never a text with answers in it. */
static PyObject *label_html(struct eval *e, struct block *b, struct choice *c)
{
    PYOWN(text) = part_text(e, c->label, TRIM_NONE);
    if (!text || c->label->kind != PART_TEXT || !c->label->text.literal) return text_trimmed(py_keep(&text), TRIM_HTML);
    if (c->html && str_eq(py_view(c->text), py_view(text))) return Py_NewRef(c->html);
    PYOWN(html) = text_trimmed(Py_NewRef(text), TRIM_HTML);
    return html && !c->html && keep_html(b, c, text, html) < 0 ? NULL : py_keep(&html);
}

static PyObject *choice_row(struct eval *e, struct block *b, struct choice *c, bool trim_help)
{
    PYOWN(row) = PyDict_New();
    if (!row || py_set_own(row, "label", label_html(e, b, c)) < 0) return NULL;
    if (c->value) {
        PYOWN(value) = part_eval(e, c->value);
        bool text = value && PyUnicode_Check(value);
        if (!value || py_set_own(row, "value", text ? text_trimmed(py_keep(&value), TRIM_END) : py_keep(&value)) < 0) return NULL;
    }
    return add_extras(e, c, trim_help, row) < 0 ? NULL : py_keep(&row);
}

static int extend(PyObject *list, PyObject *more) { return more && PyList_SetSlice(list, PY_SSIZE_T_MAX, PY_SSIZE_T_MAX, more) == 0 ? 0 : -1; }

static int add_choice(struct eval *e, struct block *b, struct choice *c, bool trim_help, PyObject *list)
{
    int visible = part_truth(e, c->show_if, 1);
    if (visible <= 0) return visible;
    if (c->splice) {
        PYOWN(value) = part_eval(e, c->splice);
        PYOWN(more) = value ? choice_items_code(value) : NULL;
        return extend(list, more);
    }
    PYOWN(row) = choice_row(e, b, c, trim_help);
    return row ? PyList_Append(list, row) : -1;
}

static int without(PyObject *list, PyObject *excluded)
{
    for (Py_ssize_t i = PyList_GET_SIZE(list) - 1; i >= 0; i--) {
        PyObject *row = PyList_GET_ITEM(list, i), *value = py_get_b(row, "object");
        if (!value) value = py_get_b(row, "value");
        int found = value ? PySequence_Contains(excluded, value) : 0;
        if (found < 0 || (found && PyList_SetSlice(list, i, i + 1, NULL) < 0)) return -1;
    }
    return 0;
}

static int flatten(PyObject *value, PyObject *into)
{
    if (PyUnicode_Check(value) || !PyObject_HasAttrString((PyObject *)Py_TYPE(value), "__iter__")) return PyList_Append(into, value);
    PYOWN(list) = PySequence_List(value);
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        if (Py_EnterRecursiveCall(" in excluded choices")) return -1;
        int bad = flatten(PyList_GET_ITEM(list, i), into);
        Py_LeaveRecursiveCall();
        if (bad) return -1;
    }
    return list ? 0 : -1;
}

static int leave_out(struct eval *e, const struct field *f, PyObject *list)
{
    if (!f->part[F_EXCLUDE]) return 0;
    PYOWN(value) = part_eval(e, f->part[F_EXCLUDE]);
    PYOWN(flat) = PyList_New(0);
    if (!value || !flat || flatten(value, flat) < 0) return -1;
    return without(list, flat);
}

static PyObject *literal_items(struct eval *e, const struct choices *c, bool trim_help)
{
    PYOWN(list) = PyList_New(0);
    for (size_t i = 0; list && i < c->n; i++)
        if (add_choice(e, c->block, &c->v[i], trim_help, list) < 0) return NULL;
    if (!list || (c->is_sorted && rows_sort(list, "value") < 0)) return NULL;
    return py_keep(&list);
}

static PyObject *code_items(struct eval *e, const struct choices *c)
{
    PYOWN(value) = part_eval(e, c->code);
    return value ? choice_items_code(value) : NULL;
}

PyObject *choices_items(struct eval *e, const struct field *f, bool trim_help)
{
    const struct choices *c = f->choices;
    PYOWN(list) = c->objects ? choice_objects(e, f) : c->code ? code_items(e, c) : literal_items(e, c, trim_help);
    if (!list || leave_out(e, f, list) < 0 || images_resolve(e, f->block, list) < 0) return NULL;
    return py_keep(&list);
}

/* the value at the start */

static int same_text(PyObject *a, PyObject *b)
{
    PYOWN(left) = PyObject_Str(a);
    PYOWN(right) = left ? PyObject_Str(b) : NULL;
    return right ? str_eq(py_view(left), py_view(right)) : -1;
}

/* Objects of a discarded step are other objects of the same name. */
static int same_object(PyObject *a, PyObject *b)
{
    if (a == b) return 1;
    PYOWN(left) = py_attr(a, "instanceName");
    PYOWN(right) = left ? py_attr(b, "instanceName") : NULL;
    if (!right && !PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
    if (!right) return PyErr_Clear(), 0;
    return PyObject_RichCompareBool(left, right, Py_EQ);
}

static int in_collection(PyObject *start, PyObject *value, bool objects)
{
    PYOWN(list) = PySequence_List(start);
    if (!list) return -1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++) {
        PyObject *one = PyList_GET_ITEM(list, i);
        int same = objects ? same_object(one, value) : same_text(one, value);
        if (same) return same;
    }
    return 0;
}

static int truth_at(PyObject *mapping, PyObject *key)
{
    int has = PySequence_Contains(mapping, key);
    if (has <= 0) return has;
    PYOWN(value) = PyObject_GetItem(mapping, key);
    return value ? PyObject_IsTrue(value) : -1;
}

/* What a collection holds now: reading it through would begin to gather it. */
static PyObject *contents(PyObject *start)
{
    PYOWN(elements) = PyObject_HasAttrString(start, "instanceName") ? py_attr(start, "elements") : NULL;
    if (elements) return py_keep(&elements);
    PyErr_Clear();
    return Py_NewRef(start);
}

static int is_in(PyObject *start, PyObject *value, bool objects);

int choice_is_start(PyObject *start, PyObject *value, bool objects)
{
    if (!start || !value) return 0;
    if (objects && same_object(start, value)) return 1;
    PYOWN(inner) = contents(start);
    return is_in(inner, value, objects);
}

static int is_in(PyObject *start, PyObject *value, bool objects)
{
    PyObject *type = (PyObject *)Py_TYPE(start);
    if (PyUnicode_Check(start) || !PyObject_HasAttrString(type, "__iter__")) return objects ? 0 : same_text(start, value);
    if (!objects && PyObject_HasAttrString(type, "keys")) return truth_at(start, value);
    return in_collection(start, value, objects);
}

/* into the field's object */

static int copy_keys(PyObject *from, PyObject *to, const char *const *keys)
{
    for (; *keys; keys++) {
        PyObject *value = py_get_b(from, *keys);
        if (value && py_set(to, *keys, value) < 0) return -1;
    }
    return 0;
}

/* VAR['key'] of a check box. */
static int place_check(const struct field *f, PyObject *row, PyObject *out)
{
    PYOWN(name) = PyUnicode_FromFormat("%U[%R]", f->var, py_get_b(row, "value"));
    return name && py_set(out, "variable_name", name) == 0 ? py_set(out, "value", Py_True) : -1;
}

static int place_object(PyObject *row, bool checks, bool chosen, PyObject *out)
{
    if (py_set(out, "value", py_get_b(row, "value")) < 0) return -1;
    return checks ? 0 : py_set_str(out, "default", chosen ? STR("True") : STR("False"));
}

static PyObject *place_row(const struct field *f, PyObject *row, PyObject *start)
{
    /* Plain fields show nothing but label and value (language 7.5). */
    static const char *const plain[] = { "label", "value", NULL };
    static const char *const rich[] = { "label", "help", "image", "color", "css class", "group", NULL };
    static const char *const on_choice_screen[] = { "value", "default", NULL };
    PyObject *object = py_get_b(row, "object");
    bool checks = f->type && f->type->flags & DT_CHECKS;
    PYOWN(out) = PyDict_New();
    if (!out || copy_keys(row, out, object || checks || f->is_choice_screen ? rich : plain) < 0) return NULL;
    if (f->is_choice_screen) return copy_keys(row, out, on_choice_screen) < 0 ? NULL : py_keep(&out);
    int chosen = choice_is_start(start, object ? object : py_get_b(row, "value"), object != NULL);
    if (chosen == 0 && py_get_b(row, "default")) chosen = 1;
    if (chosen < 0 || (object && place_object(row, checks, chosen, out) < 0) || (!object && checks && place_check(f, row, out) < 0)) return NULL;
    return chosen && py_set(out, "selected", Py_True) < 0 ? NULL : py_keep(&out);
}

/* Objects that can be chosen, by variable and value, so that a submission finds them again. */
static int remember_objects(struct eval *e, const struct field *f, PyObject *items)
{
    PYOWN(by_value) = PyDict_New();
    PyObject *all = py_get_b(e->internal, "objselections");
    if (!by_value || !all || !PyDict_Check(all)) return by_value ? 0 : -1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(items); i++) {
        PyObject *row = PyList_GET_ITEM(items, i), *object = py_get_b(row, "object");
        if (object && PyDict_SetItem(by_value, py_get_b(row, "value"), object) < 0) return -1;
    }
    return PyDict_SetItem(all, f->var, by_value);
}

/* None/all of the above: the member keeps what the author said, the last choice shows it. */
static int place_of_the_above(struct eval *e, const struct field *f, enum field_key key, bool preset, const char *word, PyObject *list, PyObject *out)
{
    PYOWN(said) = f->part[key] ? part_eval(e, f->part[key]) : PyBool_FromLong(preset);
    if (!said || py_set(out, field_rows[key].json, said) < 0) return -1;
    int truth = PyObject_IsTrue(said);
    if (truth <= 0) return truth;
    PYOWN(row) = PyDict_New();
    PyObject *label = PyUnicode_Check(said) ? text_trimmed(py_keep(&said), TRIM_HTML) : translate_word(word);
    if (!row || py_set_own(row, "label", label) < 0) return -1;
    return PyList_Append(list, row);
}

static int place_extras(struct eval *e, const struct field *f, PyObject *list, PyObject *out)
{
    bool checks = f->type && f->type->flags & DT_CHECKS, radio = f->type && strcmp(f->type->name, "object_radio") == 0;
    if (checks && place_of_the_above(e, f, F_ALL_OF, false, "All of the above", list, out) < 0) return -1;
    return checks || radio ? place_of_the_above(e, f, F_NONE_OF, checks, "None of the above", list, out) : 0;
}

int choices_place(struct eval *e, const struct field *f, PyObject *items, PyObject *start, PyObject *out)
{
    PYOWN(list) = PyList_New(0);
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(items); i++) {
        PYOWN(row) = place_row(f, PyList_GET_ITEM(items, i), start);
        if (!row || PyList_Append(list, row) < 0) return -1;
    }
    if (!list || place_extras(e, f, list, out) < 0) return -1;
    if (f->choices->objects && remember_objects(e, f, items) < 0) return -1;
    return py_set(out, "choices", list);
}

/* choice screens without a variable */

static int place_action(struct eval *e, struct block *b, struct choice *c, Py_ssize_t index, PyObject *target, PyObject *list)
{
    int visible = part_truth(e, c->show_if, 1);
    if (visible <= 0) return visible;
    PYOWN(row) = choice_row(e, b, c, true);
    if (!row || py_set(row, "variable_name", target) < 0 || py_set_own(row, "value", PyLong_FromSsize_t(index)) < 0) return -1;
    return PyList_Append(list, row);
}

PyObject *choice_actions(struct eval *e, struct block *b, const struct choices *c)
{
    PYOWN(list) = PyList_New(0);
    PYOWN(target) = PyUnicode_FromFormat("_internal[\"answers\"][%R]", b->name);
    for (size_t i = 0; list && target && i < c->n; i++)
        if (place_action(e, c->block, &c->v[i], (Py_ssize_t)i, target, list) < 0) return NULL;
    return target ? py_keep(&list) : NULL;
}
