/* Fields become JSON objects: conditions, choices, layout, texts and the value at the start, in the order of language 6.8. Spec: language 7.5. */
#include "pyhost/screen_int.h"

enum { UPLOAD_LIMIT = 16777216 }; /* bytes of one uploaded file, as announced to clients */

static int set_text(struct eval *e, const struct part *p, const char *key, enum trim trim, bool keep_empty, PyObject *out)
{
    PYOWN(text) = part_text(e, p, trim);
    if (!text) return -1;
    return keep_empty || PyUnicode_GET_LENGTH(text) ? py_set(out, key, text) : 0;
}

static int set_grid(struct eval *e, const struct part *p, const char *key, PyObject *out)
{
    PYOWN(value) = part_eval(e, p);
    if (!value) return -1;
    if (PyDict_Check(value)) return py_set(out, key, value);
    return py_set_own(out, key, Py_BuildValue("{sO}", "width", value));
}

static int set_truth(struct eval *e, const struct part *p, const char *key, bool also_false, PyObject *out)
{
    int truth = part_truth(e, p, 0);
    return truth < 0 ? -1 : truth || also_false ? py_set(out, key, truth ? Py_True : Py_False) : 0;
}

static int render_row(struct eval *e, const struct field *f, enum field_key key, PyObject *out)
{
    const struct part *p = f->part[key];
    const struct field_row *row = &field_rows[key];
    switch (p ? row->render : FR_NONE) {
    case FR_NONE: return 0;
    case FR_TEXT: return set_text(e, p, row->json, TRIM_END, false, out);
    case FR_KEEP: return set_text(e, p, row->json, TRIM_NONE, true, out);
    case FR_VALUE: return py_set_own(out, row->json, part_eval(e, p));
    case FR_TRUE: return set_truth(e, p, row->json, false, out);
    case FR_BOOL: return set_truth(e, p, row->json, true, out);
    case FR_GRID: return set_grid(e, p, row->json, out);
    }
    Py_UNREACHABLE();
}

static int render_rows(struct eval *e, const struct field *f, enum field_key first, enum field_key last, PyObject *out)
{
    for (enum field_key key = first; key <= last; key++)
        if (render_row(e, f, key, out) < 0) return -1;
    return 0;
}

/* permissions, required, validate */

static int set_permissions(struct eval *e, const struct field *f, PyObject *out)
{
    static const struct {
        enum field_key key;
        const char *json;
        bool truth;
    } rows[] = { { F_PERSISTENT, "persistent", true },
                 { F_PRIVATE, "private", true },
                 { F_ALLOW_USERS, "allow_users", false },
                 { F_ALLOW_PRIVILEGES, "allow_privileges", false } };
    PYOWN(permissions) = PyDict_New();
    for (size_t i = 0; permissions && i < COUNT_OF(rows); i++) {
        const struct part *p = f->part[rows[i].key];
        if (!p) continue;
        int bad = rows[i].truth ? set_truth(e, p, rows[i].json, true, permissions) : py_set_own(permissions, rows[i].json, part_eval(e, p));
        if (bad) return -1;
    }
    if (!permissions) return -1;
    return PyDict_Size(permissions) ? py_set(out, "permissions", permissions) : 0;
}

static PyObject *required_value(struct eval *e, const struct field *f)
{
    int disabled = part_truth(e, f->part[F_DISABLED], 0);
    if (disabled < 0) return NULL;
    if (disabled || f->part[F_DISABLE_OTHERS]) return Py_NewRef(Py_False);
    if (f->part[F_REQUIRED]) return part_eval(e, f->part[F_REQUIRED]);
    return PyBool_FromLong(!(f->type && f->type->flags & DT_OPTIONAL));
}

/* Called with a dummy so that the names it needs are asked first; what it thinks of the dummy does not matter. */
static int try_validator(struct eval *e, const struct field *f)
{
    if (!f->part[F_VALIDATE]) return 0;
    PYOWN(function) = part_eval(e, f->part[F_VALIDATE]);
    if (!function) return -1;
    bool number = f->type && (f->type->flags & DT_NUMBER);
    PYOWN(dummy) = number ? PyLong_FromLong(0) : PyUnicode_FromString("");
    PYOWN(verdict) = dummy ? PyObject_CallOneArg(function, dummy) : NULL;
    if (verdict) return 0;
    if (error_is_missing() || !error_is_forgivable()) return -1;
    PyErr_Clear();
    return 0;
}

/* the value at the start */

PyObject *field_start(struct eval *e, const struct field *f, const struct binding *bind, bool *known)
{
    *known = false;
    if (!f->var) return NULL;
    PyObject *value = custom_start(f, variable_before(e, f->var, bind));
    if (value) *known = true;
    if (value || PyErr_Occurred() || !f->part[F_DEFAULT]) return value;
    value = part_eval(e, f->part[F_DEFAULT]);
    return value && PyUnicode_Check(value) ? text_trimmed(value, TRIM_END) : value;
}

int field_default(const struct field *f, PyObject *start, bool known, PyObject *out)
{
    if (!start || (known && f->type && f->type->flags & DT_NO_DEFAULT)) return 0;
    bool plain = PyUnicode_Check(start) || PyBool_Check(start) || PyLong_Check(start) || PyFloat_Check(start);
    return plain ? py_set(out, "default", start) : 0;
}

/* one field */

static int set_label(struct eval *e, const struct field *f, PyObject *out)
{
    if (!f->on_fields_screen || f->is_display) return 0;
    if (f->part[F_LABEL]) return set_text(e, f->part[F_LABEL], "label", TRIM_NONE, true, out);
    return py_set_str(out, "label", f->input && str_is(py_view(f->input), "hidden") ? STR("hidden") : STR("no label"));
}

static int set_kind(const struct field *f, PyObject *out)
{
    if (f->datatype && py_set(out, "datatype", f->datatype) < 0) return -1;
    return f->var ? py_set(out, "variable_name", f->var) : 0;
}

static int set_type(const struct field *f, PyObject *out)
{
    if (f->input && py_set(out, "inputtype", f->input) < 0) return -1;
    if (f->type && f->type->sign && !f->choices && py_set_own(out, "sign", PyLong_FromLong(f->type->sign)) < 0) return -1;
    if (f->is_choice_screen && py_set_str(out, "fieldtype", STR("multiple_choice")) < 0) return -1;
    return f->type && f->type->flags & DT_FILE ? py_set_own(out, "max", PyLong_FromLong(UPLOAD_LIMIT)) : 0;
}

static int set_layout(struct fields_state *fs, const struct field *f, PyObject *out)
{
    struct eval *e = fs->e;
    if (set_permissions(e, f, out) < 0 || py_set_own(out, "required", required_value(e, f)) < 0) return -1;
    if (render_rows(e, f, F_DISABLED, F_AUTOCOMPLETE, out) < 0 || try_validator(e, f) < 0) return -1;
    if (set_label(e, f, out) < 0 || render_rows(e, f, F_MIN, F_IMAGE_TYPE, out) < 0) return -1;
    return f->parameters ? custom_parameters(e, f, out) : 0;
}

/* What the variables become when there was nothing to choose from (language 4.4). */
static int note_empty(struct fields_state *fs, const struct field *f)
{
    PYOWN(name) = variable_concrete(f->var, fs->bind);
    PYOWN(value) = Py_NewRef(Py_None);
    if (f->type && f->type->flags & DT_CHECKS) {
        PYOWN(class) = f->type->flags & DT_OBJECT ? py_lib("objects.lists", "DAList") : py_lib("objects.dicts", "DADict");
        PYOWN(args) = Py_BuildValue("(O)", name);
        PYOWN(options) = Py_BuildValue("{sOsO}", "auto_gather", Py_False, "gathered", Py_True);
        Py_SETREF(value, class && args && options ? PyObject_Call(class, args, options) : NULL);
    }
    PYOWN(pair) = name && value ? PyTuple_Pack(2, name, value) : NULL;
    return pair ? PyList_Append(fs->empty, pair) : -1;
}

/* The user may type in what the choices do not offer. */
static bool types_in(const struct field *f) { return f->required == REQ_TYPE_IN || (f->input && str_is(py_view(f->input), "datalist")); }

static int set_choices(struct fields_state *fs, const struct field *f, PyObject *items, PyObject *start, bool known, PyObject *out)
{
    if (!items) {
        fs->has_input = fs->has_input || f->var;
        return 0;
    }
    if (PyList_GET_SIZE(items) == 0 && !types_in(f)) {
        if (note_empty(fs, f) < 0) return -1;
    } else {
        fs->has_input = true;
    }
    /* Check boxes do not show again what was ticked before the user went back. */
    bool hide = known && fs->e->old_answers && f->type && (f->type->flags & (DT_CHECKS | DT_OBJECT)) == DT_CHECKS;
    return choices_place(fs->e, f, items, hide ? NULL : start, out);
}

/* An object_multiselect that has no value yet leaves a name behind, which is seen in the dump (language 9.2). */
static int leave_trace(struct eval *e, const struct field *f, PyObject *start)
{
    const unsigned kind = DT_OBJECT | DT_NO_ATLEAST;
    if (start || !f->type || (f->type->flags & kind) != kind) return 0;
    return py_set(e->answers, "_DAOBJECTDEFAULTDA", Py_None);
}

static int set_active(struct fields_state *fs, const struct field *f, PyObject *items, PyObject *out)
{
    struct eval *e = fs->e;
    bool known;
    if (set_layout(fs, f, out) < 0 || condition_render(e, f, out) < 0 || set_type(f, out) < 0) return -1;
    PYOWN(start) = field_start(e, f, fs->bind, &known);
    if ((!start && PyErr_Occurred()) || leave_trace(e, f, start) < 0) return -1;
    if (set_choices(fs, f, items, start, known, out) < 0 || field_default(f, start, known, out) < 0) return -1;
    if (render_rows(e, f, F_HINT, F_RAW_HTML, out) < 0) return -1;
    return f->holder ? PyList_Append(fs->holders, f->holder) : 0;
}

int field_render(struct fields_state *fs, struct field *f, PyObject *number)
{
    PYOWN(out) = PyDict_New();
    PYOWN(items) = f->choices ? choices_items(fs->e, f, f->is_choice_screen) : NULL;
    if (!out || (f->choices && !items)) return -1;
    if (py_set(out, "number", number) < 0 || set_kind(f, out) < 0) return -1;
    int hidden = field_is_hidden(fs->e, f);
    if (hidden < 0 || py_set(out, "active", hidden ? Py_False : Py_True) < 0) return -1;
    if (!hidden && set_active(fs, f, items, out) < 0) return -1;
    if (f->var && py_set_own(out, "validation_messages", field_messages(fs->e, fs->b, f, out)) < 0) return -1;
    return PyList_Append(fs->list, out);
}

/* all fields */

/* Fields that code computes are compiled each time; their memory goes when they are rendered. */
static int render_generated(struct fields_state *fs, const struct field *maker)
{
    PYOWN(made) = part_eval(fs->e, maker->generator);
    PYOWN(list) = made ? PySequence_List(made) : NULL;
    struct temporary t;
    if (!list || temporary_open(&t, fs->b) < 0) return -1;
    int bad = 0;
    for (Py_ssize_t i = 0; !bad && i < PyList_GET_SIZE(list); i++) {
        struct field f;
        PYOWN(number) = PyUnicode_FromFormat("%S_%zd", maker->number, i);
        bad = !number || field_compile(&t.block, PyList_GET_ITEM(list, i), number, false, &f) < 0 || field_render(fs, &f, number) < 0;
    }
    temporary_close(&t);
    return bad ? -1 : 0;
}

int fields_render(struct fields_state *fs, struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((fields[i].generator ? render_generated(fs, &fields[i]) : field_render(fs, &fields[i], fields[i].number)) < 0) return -1;
    return 0;
}

static int raise_empty(PyObject *assignments)
{
    PYOWN(class) = py_lib("signals", "EmptyQuestion");
    PYOWN(signal) = class ? PyObject_CallOneArg(class, assignments) : NULL;
    if (signal) PyErr_SetObject(class, signal);
    return -1;
}

int fields_finish(struct fields_state *fs, bool may_be_empty)
{
    if (may_be_empty && !fs->has_input && PyList_GET_SIZE(fs->empty)) return raise_empty(fs->empty);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(fs->holders); i++) {
        PYOWN(holder) = eval_variable(fs->e, PyList_GET_ITEM(fs->holders, i));
        if (!holder) return -1;
    }
    return 0;
}
