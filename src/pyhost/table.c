/* pyhost/table.c: table blocks as Markdown. Spec: language 3.14, exact form 2.5. */
#include "pyhost/lazy_int.h"

enum { TABLE_MAX = 16 * 1024 * 1024 };

/* compiling */

static int compile_column(struct block *b, PyObject *item, struct column *out)
{
    PyObject *header = NULL, *cell = NULL;
    if (!PyDict_Check(item)) return block_error(b, "A column of a table is a mapping");
    if (py_get_b(item, "header") && py_get_b(item, "cell")) {
        header = py_get_b(item, "header");
        cell = py_get_b(item, "cell");
    } else {
        Py_ssize_t at = 0;
        if (!PyDict_Next(item, &at, &header, &cell)) return block_error(b, "A column of a table has a header and a cell");
    }
    return text_compile(b->iv, b, header, "table header", &out->header) < 0 ? -1 : expr_compile(b->iv, b, cell, "table cell", &out->cell);
}

static int compile_columns(struct block *b, struct lazy *t)
{
    PyObject *columns = py_get_b(b->source, "columns");
    if (!columns || !PyList_Check(columns)) return block_error(b, "A table needs a list of columns");
    t->n_columns = (size_t)PyList_GET_SIZE(columns);
    t->columns = interview_take(b->iv, t->n_columns, sizeof *t->columns);
    if (!t->columns) return -1;
    for (size_t i = 0; i < t->n_columns; i++)
        if (compile_column(b, PyList_GET_ITEM(columns, (Py_ssize_t)i), &t->columns[i]) < 0) return -1;
    return 0;
}

static int compile_text(struct block *b, const char *key, struct text *out)
{
    PyObject *value = py_get_b(b->source, key);
    return value && value != Py_None ? text_compile(b->iv, b, value, key, out) : 0;
}

static int compile_expr(struct block *b, const char *key, struct expr *out)
{
    PyObject *value = py_get_b(b->source, key);
    return value && value != Py_None ? expr_compile(b->iv, b, value, key, out) : 0;
}

static int compile_edit(struct block *b, struct lazy *t)
{
    PyObject *edit = py_get_b(b->source, "edit"), *read_only = py_get_b(b->source, "read only");
    if (edit && edit != Py_None && edit != Py_False) {
        PYOWN(value) = edit == Py_True || PyList_Check(edit) ? Py_NewRef(edit) : Py_BuildValue("[O]", edit);
        t->edit = interview_keep(b->iv, py_keep(&value));
        if (!t->edit) return -1;
    }
    if (!read_only || !PyUnicode_Check(read_only)) return 0;
    t->read_only = interview_keep(b->iv, Py_NewRef(read_only));
    return t->read_only ? 0 : -1;
}

static int compile_empty(struct block *b, struct lazy *t)
{
    PyObject *empty = py_get_b(b->source, "show if empty");
    t->is_hidden_empty = empty == Py_False;
    return empty && empty != Py_True && empty != Py_False && empty != Py_None ? text_compile(b->iv, b, empty, "show if empty", &t->empty) : 0;
}

int table_compile(struct block *b)
{
    struct lazy *t = b->lazy = interview_take(b->iv, 1, sizeof *t);
    if (!t || compile_columns(b, t) < 0 || compile_edit(b, t) < 0 || compile_empty(b, t) < 0) return -1;
    const struct {
        const char *key;
        struct expr *out;
    } exprs[] = { { "rows", &t->rows },
                  { "show incomplete", &t->show_incomplete },
                  { "require gathered", &t->require_gathered },
                  { "filter", &t->filter },
                  { "sort key", &t->sort_key },
                  { "sort reverse", &t->sort_reverse },
                  { "delete buttons", &t->delete_buttons },
                  { "allow reordering", &t->allow_reordering } };
    for (size_t i = 0; i < COUNT_OF(exprs); i++)
        if (compile_expr(b, exprs[i].key, exprs[i].out) < 0) return -1;
    if (!expr_given(&t->rows)) return block_error(b, "A table needs rows");
    return compile_text(b, "not available label", &t->missing) < 0 || compile_text(b, "edit header", &t->edit_header) < 0 ? -1 : 0;
}

/* rows */

struct table {
    struct eval *e;
    struct lazy *t;
    PyObject *rows;  /* what the expression gave */
    PyObject *items; /* list of (index, item) */
    bool is_dict, shows_incomplete, requires_gathered, is_editable;
    struct buf out;
};

static int truth(struct eval *e, const struct expr *x, int preset)
{
    if (!expr_given(x)) return preset;
    PYOWN(value) = expr_eval(e, x);
    return value ? PyObject_IsTrue(value) : -1;
}

static int bind_row(struct table *t, PyObject *pair)
{
    if (py_set(t->e->answers, "row_index", PyTuple_GET_ITEM(pair, 0)) < 0) return -1;
    return py_set(t->e->answers, "row_item", PyTuple_GET_ITEM(pair, 1));
}

/* The plain collection inside, without gathering. */
static PyObject *elements_of(struct table *t)
{
    if (t->requires_gathered || !PyObject_HasAttrString(t->rows, "elements")) return Py_NewRef(t->rows);
    return py_attr(t->rows, "elements");
}

/* (key, value) pairs; keys in order unless the mapping has an order of its own or a sort key makes one (ties then stay as they were put in). */
static PyObject *dict_pairs(struct table *t, PyObject *rows)
{
    PYOWN(view) = PyObject_CallMethod(rows, "items", NULL);
    PYOWN(pairs) = view ? PySequence_List(view) : NULL;
    if (!pairs) return NULL;
    bool ordered = expr_given(&t->t->sort_key) || strstr(Py_TYPE(rows)->tp_name, "Ordered") != NULL;
    if (!ordered && PyList_Sort(pairs) < 0) { /* keys that cannot be compared stay as they are */
        if (!PyErr_ExceptionMatches(PyExc_TypeError)) return NULL;
        PyErr_Clear();
    }
    return py_keep(&pairs);
}

static PyObject *list_pairs(PyObject *rows)
{
    PYOWN(list) = PySequence_List(rows);
    PYOWN(pairs) = PyList_New(0);
    for (Py_ssize_t i = 0; list && pairs && i < PyList_GET_SIZE(list); i++) {
        PYOWN(pair) = Py_BuildValue("(nO)", i, PyList_GET_ITEM(list, i));
        if (!pair || PyList_Append(pairs, pair) < 0) return NULL;
    }
    return list ? py_keep(&pairs) : NULL;
}

/* A sort key or filter may be a function: of the (key, item) of a dict, of the item of a list. */
static PyObject *applied(struct table *t, PyObject *value, PyObject *pair)
{
    if (!PyFunction_Check(value)) return Py_NewRef(value);
    return PyObject_CallOneArg(value, t->is_dict ? pair : PyTuple_GET_ITEM(pair, 1));
}

/* Values of an expression for each row, as a list. */
static PyObject *row_values(struct table *t, PyObject *pairs, const struct expr *x)
{
    PYOWN(values) = PyList_New(0);
    for (Py_ssize_t i = 0; values && i < PyList_GET_SIZE(pairs); i++) {
        PYOWN(found) = bind_row(t, PyList_GET_ITEM(pairs, i)) == 0 ? expr_eval(t->e, x) : NULL;
        PYOWN(value) = found ? applied(t, found, PyList_GET_ITEM(pairs, i)) : NULL;
        if (!value || PyList_Append(values, value) < 0) return NULL;
    }
    return py_keep(&values);
}

static PyObject *filtered(struct table *t, PyObject *pairs)
{
    if (!expr_given(&t->t->filter)) return Py_NewRef(pairs);
    PYOWN(wanted) = row_values(t, pairs, &t->t->filter);
    PYOWN(left) = PyList_New(0);
    for (Py_ssize_t i = 0; wanted && left && i < PyList_GET_SIZE(pairs); i++) {
        int keep = PyObject_IsTrue(PyList_GET_ITEM(wanted, i));
        if (keep < 0 || (keep && PyList_Append(left, PyList_GET_ITEM(pairs, i)) < 0)) return NULL;
    }
    return wanted ? py_keep(&left) : NULL;
}

static PyObject *sorted(struct table *t, PyObject *pairs)
{
    if (!expr_given(&t->t->sort_key)) return Py_NewRef(pairs);
    int reverse = truth(t->e, &t->t->sort_reverse, 0);
    PYOWN(keys) = reverse < 0 ? NULL : row_values(t, pairs, &t->t->sort_key);
    PYOWN(decorated) = PyList_New(0);
    for (Py_ssize_t i = 0; keys && decorated && i < PyList_GET_SIZE(pairs); i++) {
        PYOWN(entry) = Py_BuildValue("(OnO)", PyList_GET_ITEM(keys, i), reverse ? -i : i, PyList_GET_ITEM(pairs, i));
        if (!entry || PyList_Append(decorated, entry) < 0) return NULL;
    }
    if (!keys || PyList_Sort(decorated) < 0 || (reverse && PyList_Reverse(decorated) < 0)) return NULL;
    PYOWN(left) = PyList_New(0);
    for (Py_ssize_t i = 0; left && i < PyList_GET_SIZE(decorated); i++)
        if (PyList_Append(left, PyTuple_GET_ITEM(PyList_GET_ITEM(decorated, i), 2)) < 0) return NULL;
    return py_keep(&left);
}

static int collect_rows(struct table *t)
{
    PYOWN(elements) = elements_of(t);
    if (!elements) return -1;
    t->is_dict = PyDict_Check(elements) || PyObject_HasAttrString(elements, "items");
    PYOWN(pairs) = t->is_dict ? dict_pairs(t, elements) : list_pairs(elements);
    PYOWN(left) = pairs ? filtered(t, pairs) : NULL;
    t->items = left ? sorted(t, left) : NULL;
    return t->items ? 0 : -1;
}

/* cells */

static void add_cell(struct table *t, str text)
{
    for (size_t i = 0; i < text.n; i++) buf_char(&t->out, text.p[i] == '|' || text.p[i] == '\n' ? ' ' : text.p[i]);
    buf_char(&t->out, '|');
}

static PyObject *missing_label(struct table *t)
{
    return text_given(&t->t->missing) ? text_trimmed(text_render(t->e, &t->t->missing), TRIM_END) : PyUnicode_FromString("n/a");
}

static PyObject *cell_text(struct table *t, const struct column *c)
{
    PYOWN(value) = expr_eval(t->e, &c->cell);
    PYOWN(text) = value ? PyObject_Str(value) : NULL;
    if (text || !t->shows_incomplete || !error_is_missing()) return py_keep(&text);
    PyErr_Clear();
    return missing_label(t);
}

static PyObject *item_name(struct table *t, PyObject *pair)
{
    PyObject *item = PyTuple_GET_ITEM(pair, 1);
    if (PyObject_HasAttrString(item, "instanceName")) return py_attr(item, "instanceName");
    PYOWN(list) = py_attr(t->rows, "instanceName");
    return list ? PyUnicode_FromFormat("%U[%R]", list, PyTuple_GET_ITEM(pair, 0)) : NULL;
}

static PyObject *edited_names(struct table *t, PyObject *name)
{
    if (!PyList_Check(t->t->edit)) return Py_BuildValue("[O]", name);
    PYOWN(names) = PyList_New(0);
    for (Py_ssize_t i = 0; names && i < PyList_GET_SIZE(t->t->edit); i++) {
        PYOWN(full) = PyUnicode_FromFormat("%U.%S", name, PyList_GET_ITEM(t->t->edit, i));
        if (!full || PyList_Append(names, full) < 0) return NULL;
    }
    return py_keep(&names);
}

/* For dicts with a complete attribute: the item counts as incomplete again. */
static int add_undefine(struct table *t, PyObject *items, PyObject *name)
{
    if (!t->is_dict || !PyObject_HasAttrString(t->rows, "complete_attribute")) return 0;
    PYOWN(attribute) = py_attr(t->rows, "complete_attribute");
    if (!attribute || !PyUnicode_Check(attribute)) return attribute ? 0 : -1;
    PYOWN(entry) = Py_BuildValue("{sss{s[N]}}", "action", "_da_undefine", "arguments", "variables", PyUnicode_FromFormat("%U.%U", name, attribute));
    return entry ? PyList_Append(items, entry) : -1;
}

static PyObject *edit_items(struct table *t, PyObject *pair, PyObject *group)
{
    PYOWN(name) = item_name(t, pair);
    PYOWN(names) = name ? edited_names(t, name) : NULL;
    PYOWN(items) = PyList_New(0);
    PYOWN(follow) = names ? Py_BuildValue("{sO}", "follow up", names) : NULL;
    if (!items || !follow || add_undefine(t, items, name) < 0 || PyList_Append(items, follow) < 0) return NULL;
    if (!t->requires_gathered || t->shows_incomplete) return py_keep(&items);
    PYOWN(ensure) = Py_BuildValue("{sss{sO}}", "action", t->is_dict ? "_da_dict_ensure_complete" : "_da_list_ensure_complete", "arguments", "group", group);
    return ensure && PyList_Append(items, ensure) == 0 ? py_keep(&items) : NULL;
}

static PyObject *action_link(const char *action, PyObject *arguments)
{
    PYOWN(make) = py_lib("functions.urls", "url_action");
    PYOWN(name) = Py_BuildValue("(s)", action);
    return make && name && arguments ? PyObject_Call(make, name, arguments) : NULL;
}

static int add_button(struct table *t, PyObject *url, const char *color, const char *icon, const char *word)
{
    PYOWN(label) = translate_word(word);
    if (!url || !label) return -1;
    PYOWN(html) = PyUnicode_FromFormat("<a href=\"%U\" role=\"button\" class=\"btn btn-sm btn-%s btn-darevisit\"><span class=\"text-nowrap\">"
                                       "<i class=\"fa-solid fa-%s\"></i> %U</span></a>",
                                       url, color, icon, label);
    if (html) buf_add(&t->out, py_view(html));
    return html ? 0 : -1;
}

/* May the item go? Not below the minimum that the collection wants. */
static int may_delete(struct table *t)
{
    int wanted = truth(t->e, &t->t->delete_buttons, 1);
    if (wanted <= 0 || !PyObject_HasAttrString(t->rows, "minimum_number")) return wanted;
    PYOWN(minimum) = py_attr(t->rows, "minimum_number");
    if (!minimum || !PyLong_Check(minimum)) return minimum ? wanted : -1;
    return PyLong_AsLong(minimum) < PyList_GET_SIZE(t->items);
}

static int is_read_only(struct table *t, PyObject *item)
{
    if (!t->t->read_only) return 0;
    PYOWN(value) = PyObject_GetAttr(item, t->t->read_only);
    if (value) return PyObject_IsTrue(value);
    if (!PyErr_ExceptionMatches(PyExc_AttributeError)) return -1;
    PyErr_Clear();
    return 0;
}

static int add_edit(struct table *t, PyObject *pair)
{
    int fixed = is_read_only(t, PyTuple_GET_ITEM(pair, 1)), deletes = may_delete(t);
    PYOWN(group) = py_attr(t->rows, "instanceName");
    if (fixed < 0 || deletes < 0 || !group) return -1;
    if (!fixed) {
        PYOWN(items) = edit_items(t, pair, group);
        PYOWN(arguments) = items ? Py_BuildValue("{sO}", "items", items) : NULL;
        PYOWN(url) = action_link(t->is_dict ? "_da_dict_edit" : "_da_list_edit", arguments);
        if (add_button(t, url, "secondary", "pencil-alt", "Edit") < 0) return -1;
        buf_char(&t->out, ' ');
    }
    if (!fixed && deletes) {
        PYOWN(item) = PyObject_Repr(PyTuple_GET_ITEM(pair, 0));
        PYOWN(arguments) = item ? Py_BuildValue("{sOsO}", t->is_dict ? "dict" : "list", group, "item", item) : NULL;
        PYOWN(url) = action_link(t->is_dict ? "_da_dict_remove" : "_da_list_remove", arguments);
        if (add_button(t, url, "danger", "trash", "Delete") < 0) return -1;
    }
    buf_char(&t->out, '|');
    return 0;
}

static int add_row(struct table *t, PyObject *pair)
{
    if (bind_row(t, pair) < 0) return -1;
    buf_char(&t->out, '|');
    for (size_t i = 0; i < t->t->n_columns; i++) {
        PYOWN(text) = cell_text(t, &t->t->columns[i]);
        if (!text) return -1;
        add_cell(t, py_view(text));
    }
    if (t->is_editable && add_edit(t, pair) < 0) return -1;
    buf_char(&t->out, '\n');
    return 0;
}

static int add_headers(struct table *t)
{
    buf_z(&t->out, "\n|");
    for (size_t i = 0; i < t->t->n_columns; i++) {
        PYOWN(text) = text_trimmed(text_render(t->e, &t->t->columns[i].header), TRIM_END);
        if (!text) return -1;
        add_cell(t, py_view(text));
    }
    if (t->is_editable) {
        PYOWN(text) = text_given(&t->t->edit_header) ? text_trimmed(text_render(t->e, &t->t->edit_header), TRIM_END) : translate_word("Actions");
        if (!text) return -1;
        add_cell(t, py_view(text));
    }
    buf_z(&t->out, "\n|");
    for (size_t i = 0; i < t->t->n_columns + t->is_editable; i++) buf_z(&t->out, "---|");
    buf_char(&t->out, '\n');
    return 0;
}

static PyObject *shown_empty(struct table *t)
{
    if (t->t->is_hidden_empty) return PyUnicode_FromString("\n");
    PYOWN(text) = text_render(t->e, &t->t->empty);
    return text ? PyUnicode_FromFormat("%U\n\n", text) : NULL;
}

static PyObject *render(struct table *t)
{
    if (collect_rows(t) < 0) return NULL;
    bool empty = PyList_GET_SIZE(t->items) == 0;
    if (empty && (t->t->is_hidden_empty || text_given(&t->t->empty))) return shown_empty(t);
    if (add_headers(t) < 0) return NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(t->items); i++)
        if (add_row(t, PyList_GET_ITEM(t->items, i)) < 0) return NULL;
    buf_char(&t->out, '\n');
    return buf_ok(&t->out) == ERR_OK ? py_str(buf_str(&t->out)) : PyErr_NoMemory();
}

/* the values behind the cells, for export */

static PyObject *row_cells(struct table *t, PyObject *pair)
{
    PYOWN(cells) = bind_row(t, pair) == 0 ? PyList_New(0) : NULL;
    for (size_t i = 0; cells && i < t->t->n_columns; i++) {
        PYOWN(value) = expr_eval(t->e, &t->t->columns[i].cell);
        if (!value && t->shows_incomplete && error_is_missing()) {
            PyErr_Clear();
            value = missing_label(t);
        }
        if (!value || PyList_Append(cells, value) < 0) return NULL;
    }
    return py_keep(&cells);
}

/* [[headers], [cells of a row], …] */
static PyObject *cells(struct table *t)
{
    if (collect_rows(t) < 0) return NULL;
    PYOWN(all) = PyList_New(0);
    PYOWN(headers) = PyList_New(0);
    for (size_t i = 0; headers && i < t->t->n_columns; i++) {
        PYOWN(text) = text_trimmed(text_render(t->e, &t->t->columns[i].header), TRIM_END);
        if (!text || PyList_Append(headers, text) < 0) return NULL;
    }
    if (!all || !headers || PyList_Append(all, headers) < 0) return NULL;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(t->items); i++) {
        PYOWN(row) = row_cells(t, PyList_GET_ITEM(t->items, i));
        if (!row || PyList_Append(all, row) < 0) return NULL;
    }
    return py_keep(&all);
}

static PyObject *render_rows(struct eval *e, struct lazy *lazy, PyObject *extra, PyObject *(*form)(struct table *t))
{
    struct table t = { .e = e, .t = lazy, .out = BUF(TABLE_MAX) };
    int incomplete = truth(e, &lazy->show_incomplete, 0), gathered = truth(e, &lazy->require_gathered, 1);
    if (incomplete < 0 || gathered < 0) return NULL;
    t.shows_incomplete = incomplete;
    t.requires_gathered = gathered;
    t.is_editable = lazy->edit && py_true(extra, "editable", 1) == 1;
    PYOWN(rows) = t.rows = expr_eval(e, &lazy->rows);
    PYOWN(text) = rows ? form(&t) : NULL;
    Py_CLEAR(t.items);
    buf_release(&t.out);
    return py_keep(&text);
}

static PyObject *in_form(struct eval *e, struct block *b, PyObject *extra, PyObject *(*form)(struct table *t))
{
    PYOWN(own) = extra && PyDict_Check(extra) ? PyDict_Copy(extra) : PyDict_New();
    /* So that they are gone afterwards. */
    if (!own || py_set(own, "row_item", Py_None) < 0 || py_set(own, "row_index", Py_None) < 0) return NULL;
    PyObject *saved = overlay_begin(e, own);
    if (!saved) return NULL;
    PYOWN(text) = render_rows(e, b->lazy, own, form);
    overlay_end(e, saved);
    return PyErr_Occurred() ? NULL : py_keep(&text);
}

PyObject *table_render(struct eval *e, struct block *b, PyObject *extra) { return in_form(e, b, extra, render); }
PyObject *table_cells(struct eval *e, struct block *b, PyObject *extra) { return in_form(e, b, extra, cells); }
