/* `list collect`: the fields of all items of a list on one screen, with rows to spare. Spec: language 4.6. */
#include "pyhost/screen_int.h"

enum { SPARE_ROWS = 15 };

struct list_collect {
    struct part *enable, *add_label; /* NULL: True; the usual word */
    PyObject *list;                  /* "fruit" of fruit[i].name */
    PyObject *letter;                /* "i" */
};

/* Offset of the last "[i]" … "[n]" of a name; s.n if there is none. */
static size_t last_index(str s)
{
    size_t found = s.n;
    for (size_t at = 0; at + 2 < s.n; at++)
        if (s.p[at] == '[' && s.p[at + 1] >= 'i' && s.p[at + 1] <= 'n' && s.p[at + 2] == ']') found = at;
    return found;
}

/* Every variable of the screen belongs to an item of the same list. */
static int find_list(struct block *b, const struct screen *s, struct list_collect *c)
{
    str prefix = STR_NULL;
    for (size_t i = 0; i < s->n_fields; i++) {
        if (!s->fields[i].var) continue;
        str name = py_view(s->fields[i].var);
        size_t at = last_index(name);
        if (!prefix.p && at < name.n) prefix = str_head(name, at + 3);
        if (!prefix.p || !str_starts(name, prefix)) return plan_error(b, "list collect needs variables of items like LIST[i], not", s->fields[i].var);
    }
    if (!prefix.p) return block_error(b, "list collect needs fields with variables of an item like LIST[i]");
    c->list = plan_keep(b, py_str(str_head(prefix, prefix.n - 3)));
    c->letter = plan_keep(b, py_str((str){ prefix.p + prefix.n - 2, 1 }));
    return c->list && c->letter ? 0 : -1;
}

static int compile_options(struct block *b, PyObject *source, struct list_collect *c)
{
    if (!PyDict_Check(source) || py_get_b(source, "code")) return part_compile(b, source, HOW_EXPR, "list collect", &c->enable);
    PyObject *enable = py_get_b(source, "enable"), *label = py_get_b(source, "add another label");
    if (enable && part_compile(b, enable, HOW_EXPR, "list collect", &c->enable) < 0) return -1;
    return label ? part_compile(b, label, HOW_TEXT, "list collect", &c->add_label) : 0;
}

int collect_compile(struct block *b, struct screen *s)
{
    PyObject *source = py_get_b(b->source, "list collect");
    if (!source || source == Py_False) return 0;
    struct list_collect *c = PLAN_NEW(b, struct list_collect);
    if (!c || compile_options(b, source, c) < 0) return -1;
    s->collect = c;
    return find_list(b, s, c);
}

/* rendering */

static int add_frame(struct fields_state *fs, PyObject *number)
{
    PYOWN(row) = Py_BuildValue("{sssOsOsO}", "datatype", "html", "number", number, "required", Py_False, "active", Py_True);
    return row ? PyList_Append(fs->list, row) : -1;
}

static int concrete_condition(struct condition *c, const struct binding *bind, PyObject *keep)
{
    if (!c->var) return 0;
    PYOWN(name) = variable_concrete(c->var, bind);
    if (!name || PyList_Append(keep, name) < 0) return -1;
    c->var = name;
    return 0;
}

/* The field for one row: a copy with concrete names, which live as long as keep. */
static int render_in_row(struct fields_state *fs, const struct field *f, PyObject *row, size_t index)
{
    struct field copy = *f;
    PYOWN(keep) = PyList_New(0);
    PYOWN(number) = PyUnicode_FromFormat("%S_%zu", row, index);
    PYOWN(name) = f->var ? variable_concrete(f->var, fs->bind) : NULL;
    if (!keep || !number || (f->var && !name)) return -1;
    copy.var = name;
    copy.holder = NULL;
    for (size_t i = 0; i < COUNT_OF(copy.condition); i++)
        if (concrete_condition(&copy.condition[i], fs->bind, keep) < 0) return -1;
    return field_render(fs, &copy, number);
}

static int render_row(struct fields_state *fs, struct screen *s, PyObject *row)
{
    PYOWN(number) = PyObject_Str(row);
    if (!number || PyDict_SetItem(fs->e->answers, s->collect->letter, row) < 0 || add_frame(fs, number) < 0) return -1;
    for (size_t i = 0; i < s->n_fields; i++)
        if (!s->fields[i].generator && render_in_row(fs, &s->fields[i], row, i) < 0) return -1;
    return add_frame(fs, number);
}

static int render_rows(struct fields_state *fs, struct screen *s, Py_ssize_t n)
{
    struct binding bind = fs->bind ? *fs->bind : (struct binding){ 0 };
    const struct binding *outer = fs->bind;
    int letter = py_view(s->collect->letter).p[0] - 'i', bad = 0;
    PYOWN(before) = Py_XNewRef(PyDict_GetItemWithError(fs->e->answers, s->collect->letter));
    fs->bind = &bind;
    for (Py_ssize_t i = 0; !bad && i < n; i++) {
        PYOWN(row) = PyLong_FromSsize_t(i);
        bind.index[letter] = row;
        bad = !row || render_row(fs, s, row) < 0;
    }
    fs->bind = outer;
    if (bad) return -1;
    return before ? PyDict_SetItem(fs->e->answers, s->collect->letter, before) : PyDict_DelItem(fs->e->answers, s->collect->letter);
}

/* Texts of spare rows may mention the item, so there are items while the rows are rendered; they are taken away again. */
static int add_spares(PyObject *list, PyObject *elements, Py_ssize_t n)
{
    PYOWN(type) = py_attr(list, "object_type");
    PYOWN(name) = py_attr(list, "instanceName");
    if (!type || type == Py_None || !name) {
        if (PyErr_Occurred() && !error_is_forgivable()) return -1;
        PyErr_Clear();
        return 0;
    }
    for (Py_ssize_t i = PyList_GET_SIZE(elements); i < n; i++) {
        PYOWN(item_name) = PyUnicode_FromFormat("%U[%zd]", name, i);
        PYOWN(item) = item_name ? PyObject_CallOneArg(type, item_name) : NULL;
        if (!item || PyList_Append(elements, item) < 0) return -1;
    }
    return 0;
}

static int render_list(struct fields_state *fs, struct screen *s, PyObject *list)
{
    PYOWN(elements) = py_attr(list, "elements");
    if (!elements || !PyList_Check(elements)) return PyErr_Occurred() ? -1 : (PyErr_SetString(PyExc_TypeError, "list collect needs a DAList"), -1);
    Py_ssize_t had = PyList_GET_SIZE(elements), n = (had > 1 ? had : 1) + SPARE_ROWS;
    int bad = add_spares(list, elements, n) < 0 || render_rows(fs, s, n) < 0;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    if (PyList_SetSlice(elements, had, PY_SSIZE_T_MAX, NULL) < 0) PyErr_Clear();
    PyErr_Restore(type, value, trace);
    return bad ? -1 : 0;
}

static int add_labels(struct eval *e, const struct list_collect *c, PyObject *out)
{
    static const struct {
        const char *key, *word;
    } labels[] = { { "deleteLabel", "Delete" }, { "addAnotherLabel", "Add another" }, { "deletedLabel", "(Deleted)" }, { "undeleteLabel", "Undelete" } };
    PYOWN(row) = PyDict_New();
    for (size_t i = 0; row && i < COUNT_OF(labels); i++)
        if (py_set_own(row, labels[i].key, translate_word(labels[i].word)) < 0) return -1;
    if (!row || (c->add_label && py_set_own(row, "addAnotherLabel", part_text(e, c->add_label, TRIM_END)) < 0)) return -1;
    return py_set(out, "listCollect", row);
}

int collect_render(struct fields_state *fs, struct screen *s, PyObject *out)
{
    int enabled = part_truth(fs->e, s->collect->enable, 1);
    if (enabled <= 0) return enabled < 0 ? -1 : fields_render(fs, s->fields, s->n_fields);
    PYOWN(list) = eval_variable(fs->e, s->collect->list);
    return list && render_list(fs, s, list) == 0 ? add_labels(fs->e, s->collect, out) : -1;
}
