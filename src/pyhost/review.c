/* Review screens: what the user may look at again, as far as it is known; looking never asks. Spec: language 3.8, 7.5 (review items). */
#include "pyhost/screen_int.h"

struct review_item {
    PyObject *number;
    PyObject **vars; /* plain variables */
    size_t n_vars;
    bool is_display;
    struct part **show_if;
    size_t n_show_if;
    struct part *label, *button, *help, *note, *html, *raw_html, *css_class;
};

static const struct {
    const char *key;
    size_t at;
} texts[] = {
    { "button", offsetof(struct review_item, button) },     { "help", offsetof(struct review_item, help) },
    { "note", offsetof(struct review_item, note) },         { "html", offsetof(struct review_item, html) },
    { "raw html", offsetof(struct review_item, raw_html) }, { "css class", offsetof(struct review_item, css_class) },
};

static struct part **text_slot(struct review_item *it, str key)
{
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (str_is(key, texts[i].key)) return (struct part **)(void *)((char *)it + texts[i].at);
    return NULL;
}

/* compiling */

static int add_var(struct block *b, struct review_item *it, PyObject *entry)
{
    if (PyDict_Check(entry)) return 0; /* a command: undefine, recompute … */
    if (variable_check(b, entry) < 0) return -1;
    it->vars[it->n_vars] = plan_keep(b, Py_NewRef(entry));
    return it->vars[it->n_vars++] ? 0 : -1;
}

static int compile_vars(struct block *b, struct review_item *it, PyObject *source)
{
    Py_ssize_t n = PyList_Check(source) ? PyList_GET_SIZE(source) : 1;
    it->vars = PLAN_NEW_N(b, PyObject *, (size_t)n);
    if (!it->vars) return -1;
    if (!PyList_Check(source)) return add_var(b, it, source);
    for (Py_ssize_t i = 0; i < n; i++)
        if (add_var(b, it, PyList_GET_ITEM(source, i)) < 0) return -1;
    return 0;
}

static int compile_conditions(struct block *b, struct review_item *it, PyObject *source)
{
    PYOWN(list) = PyList_Check(source) ? Py_NewRef(source) : Py_BuildValue("[O]", source);
    if (!list) return -1;
    it->n_show_if = (size_t)PyList_GET_SIZE(list);
    it->show_if = PLAN_NEW_N(b, struct part *, it->n_show_if);
    for (size_t i = 0; it->show_if && i < it->n_show_if; i++)
        if (part_compile(b, PyList_GET_ITEM(list, (Py_ssize_t)i), HOW_EXPR, "show if", &it->show_if[i]) < 0) return -1;
    return it->show_if ? 0 : -1;
}

static int compile_key(struct block *b, struct review_item *it, PyObject *key, PyObject *value)
{
    str name = py_view(key);
    struct part **slot = text_slot(it, name);
    if (slot) return part_compile(b, value, HOW_TEXT, "review", slot);
    if (str_is(name, "show if")) return compile_conditions(b, it, value);
    if (str_is(name, "label")) return part_compile(b, value, HOW_TEXT, "label", &it->label);
    if (str_is(name, "field") || str_is(name, "fields")) return compile_vars(b, it, value);
    if (str_is(name, "action") || str_is(name, "arguments")) return 0;
    if (it->label) return plan_error(b, "A review item has one label, this is another", key);
    return part_compile(b, key, HOW_TEXT, "label", &it->label) < 0 ? -1 : compile_vars(b, it, value);
}

static int compile_item(struct block *b, PyObject *source, size_t number, struct review_item *it)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    if (!PyDict_Check(source)) return plan_error(b, "A review item must be a mapping, not", source);
    it->number = plan_keep(b, PyLong_FromSize_t(number));
    if (!it->number) return -1;
    while (PyDict_Next(source, &at, &key, &value))
        if (compile_key(b, it, key, value) < 0) return -1;
    it->is_display = !it->vars && !it->label;
    if (it->is_display && !it->note && !it->html && !it->raw_html) return block_error(b, "A review item needs a variable or a text");
    return 0;
}

int review_compile(struct block *b, struct screen *s)
{
    PyObject *source = py_get_b(b->source, "review");
    PYOWN(list) = PyDict_Check(source) ? Py_BuildValue("[O]", source) : PyList_Check(source) ? Py_NewRef(source) : NULL;
    if (!list) return PyErr_Occurred() ? -1 : block_error(b, "review must be a list of mappings");
    s->type = "review";
    s->n_review = (size_t)PyList_GET_SIZE(list);
    s->review = PLAN_NEW_N(b, struct review_item, s->n_review);
    for (size_t i = 0; s->review && i < s->n_review; i++)
        if (compile_item(b, PyList_GET_ITEM(list, (Py_ssize_t)i), i, &s->review[i]) < 0) return -1;
    return s->review ? 0 : -1;
}

/* rendering */

static int is_visible(struct eval *e, const struct review_item *it, bool seek)
{
    for (size_t i = 0; i < it->n_vars; i++) {
        int defined = eval_is_defined(e, it->vars[i]);
        if (defined == 0 && seek) {
            PYOWN(value) = eval_variable(e, it->vars[i]);
            if (!value) return -1;
        } else if (defined <= 0) {
            return defined;
        }
    }
    for (size_t i = 0; i < it->n_show_if; i++) {
        int truth = part_truth(e, it->show_if[i], 1);
        if (truth <= 0) return truth;
    }
    return 1;
}

static int set_if(struct eval *e, const struct part *p, const char *key, enum trim trim, PyObject *out)
{
    return p ? py_set_own(out, key, part_text(e, p, trim)) : 0;
}

static int set_input(struct eval *e, const struct review_item *it, PyObject *out)
{
    if (set_if(e, it->label, "label", TRIM_NONE, out) < 0) return -1;
    if (it->button && py_set_str(out, "datatype", STR("button")) < 0) return -1;
    return set_if(e, it->button ? it->button : it->help, "helptext", TRIM_NONE, out);
}

static int set_texts(struct eval *e, const struct review_item *it, PyObject *out)
{
    if (it->is_display) {
        const char *type = it->note ? "note" : it->html ? "html" : "raw html";
        if (py_set_str(out, "datatype", str_c(type)) < 0) return -1;
    } else if (set_input(e, it, out) < 0) {
        return -1;
    }
    if (set_if(e, it->note, "note", TRIM_END, out) < 0 || set_if(e, it->html, "html", TRIM_END, out) < 0) return -1;
    return set_if(e, it->raw_html, "raw html", TRIM_END, out) < 0 ? -1 : set_if(e, it->css_class, "css class", TRIM_END, out);
}

/* The item as shown, or NULL: an exception, or none if it is not to be seen. */
static PyObject *visible_item(struct eval *e, const struct review_item *it, bool seek)
{
    int visible = is_visible(e, it, seek);
    PYOWN(out) = visible > 0 ? Py_BuildValue("{sOsO}", "number", it->number, "active", Py_True) : NULL;
    if (visible > 0 && out && set_texts(e, it, out) == 0) return py_keep(&out);
    if (PyErr_Occurred() && !seek && error_is_forgivable()) PyErr_Clear();
    return NULL;
}

static PyObject *hidden_item(const struct review_item *it)
{
    PYOWN(out) = Py_BuildValue("{sOsO}", "number", it->number, "active", Py_False);
    if (!out || (it->button && py_set_str(out, "datatype", STR("button")) < 0)) return NULL;
    return py_keep(&out);
}

int review_render(struct eval *e, struct block *b, PyObject *out)
{
    const struct screen *s = b->screen;
    int skips = part_truth(e, s->part[K_SKIP_UNDEFINED], 1);
    PYOWN(list) = PyList_New(0);
    if (!list || skips < 0) return -1;
    for (size_t i = 0; i < s->n_review; i++) {
        const struct review_item *it = &s->review[i];
        PYOWN(row) = visible_item(e, it, !skips);
        if (!row && PyErr_Occurred()) return -1;
        if (!row && it->is_display) continue;
        if (!row && !(row = hidden_item(it))) return -1;
        if (PyList_Append(list, row) < 0) return -1;
    }
    return py_set(out, "fields", list);
}
