/* What stands around the question: the menu, the sections, the way back. Spec: language 7.2. */
#include "pyhost/screen_int.h"

/* menu */

static PyObject *exit_url(void)
{
    PYOWN(function) = py_lib("functions.urls", "url_action");
    return function ? PyObject_CallFunction(function, "s", "_da_exit") : NULL;
}

/* {label, url} as authors write it becomes {anchor, href}. */
static PyObject *menu_row(PyObject *item)
{
    static const struct {
        const char *from, *to;
    } names[] = { { "label", "anchor" }, { "url", "href" }, { "anchor", "anchor" }, { "href", "href" }, { "action", "action" }, { "title", "title" } };
    PYOWN(row) = PyDict_New();
    for (size_t i = 0; row && PyDict_Check(item) && i < COUNT_OF(names); i++) {
        PyObject *value = py_get_b(item, names[i].from);
        if (value && py_set(row, names[i].to, value) < 0) return NULL;
    }
    return py_keep(&row);
}

static PyObject *menu_rows(PyObject *items)
{
    PYOWN(rows) = PyList_New(0);
    for (Py_ssize_t i = 0; rows && items && i < PyList_GET_SIZE(items); i++) {
        PYOWN(row) = menu_row(PyList_GET_ITEM(items, i));
        if (!row || PyList_Append(rows, row) < 0) return NULL;
    }
    return py_keep(&rows);
}

static PyObject *menu_top(struct eval *e, bool login, PyObject *out)
{
    if (login) {
        PyObject *email = e->user ? py_get_b(e->user, "email") : NULL;
        return email ? Py_BuildValue("{sO}", "anchor", email) : PyDict_New();
    }
    PYOWN(url) = exit_url();
    return url ? Py_BuildValue("{sOsO}", "anchor", py_get_b(out, "exit_label"), "href", url) : NULL;
}

/* menu_items of the interview: the list, or something with elements. */
static PyObject *own_items(struct eval *e)
{
    PyObject *items = py_get_b(e->answers, "menu_items");
    if (!items || PyList_Check(items)) return items ? Py_NewRef(items) : PyList_New(0);
    if (PyUnicode_Check(items) || !PyObject_HasAttrString((PyObject *)Py_TYPE(items), "__iter__")) return PyList_New(0);
    return PySequence_List(items);
}

int screen_menu(struct eval *e, struct block *b, PyObject *out)
{
    (void)b;
    int login = e->iv->metadata ? py_true(e->iv->metadata, "show login", 1) : 1;
    PYOWN(items) = login < 0 ? NULL : own_items(e);
    PYOWN(rows) = items ? menu_rows(items) : NULL;
    PYOWN(top) = rows ? menu_top(e, login, out) : NULL;
    PYOWN(menu) = top ? Py_BuildValue("{sOsO}", "top", top, "items", rows) : NULL;
    if (!menu || py_set(out, "menu", menu) < 0) return -1;
    return py_get_b(e->answers, "menu_items") && PyList_GET_SIZE(items) ? py_set(out, "menu_items", items) : 0;
}

/* sections */

/* A member of nav, None where there is none. */
static PyObject *nav_says(PyObject *nav, const char *method, PyObject *display)
{
    if (!nav) return Py_NewRef(Py_None);
    PYOWN(function) = py_attr(nav, method);
    if (!function) return NULL;
    return display ? PyObject_CallOneArg(function, display) : PyObject_CallNoArgs(function);
}

static PyObject *section_list(struct eval *e, PyObject *nav)
{
    PYOWN(list) = nav_says(nav, "get_sections", NULL);
    if (!list || PyObject_IsTrue(list) > 0) return py_keep(&list);
    return e->iv->sections ? Py_NewRef(e->iv->sections) : PyList_New(0);
}

int screen_sections(struct eval *e, PyObject *out)
{
    PyObject *nav = py_get_b(e->answers, "nav");
    if (nav && !PyObject_HasAttrString(nav, "get_sections")) nav = NULL;
    if (py_set_own(out, "section", nav_says(nav, "get_section", NULL)) < 0) return -1;
    if (py_set_own(out, "display_section", nav_says(nav, "get_section", Py_True)) < 0) return -1;
    return py_set_own(out, "sections", section_list(e, nav));
}

/* the way back */

static long steps_offset(struct eval *e)
{
    PyObject *offset = e->internal ? py_get_b(e->internal, "steps_offset") : NULL;
    return offset && PyLong_Check(offset) ? PyLong_AsLong(offset) : 0;
}

static PyObject *label_or(struct eval *e, struct block *b, const char *name, enum screen_key key, const char *word)
{
    PyObject *label = screen_part(e, b, name, b->screen ? b->screen->part[key] : NULL, TRIM_HTML);
    return label || PyErr_Occurred() ? label : translate_word(word);
}

/* A button inside the question: the block decides, else the features. */
static int show_inner(struct eval *e, struct block *b, PyObject *out)
{
    int wanted = e->iv->features ? py_true(e->iv->features, "question back button", 0) : 0;
    if (b->screen && b->screen->part[K_BACK_BUTTON]) wanted = part_truth(e, b->screen->part[K_BACK_BUTTON], wanted);
    if (wanted <= 0) return wanted;
    return py_set_own(out, "questionBackButton", label_or(e, b, "back button label", K_BACK_LABEL, "Back"));
}

int screen_back(struct eval *e, struct block *b, PyObject *out)
{
    long offset = steps_offset(e);
    int prevents = b->screen ? part_truth(e, b->screen->part[K_PREVENT_BACK], 0) : 0;
    if (PyErr_Occurred() || prevents < 0) return -1;
    bool back = e->steps - offset > 1;
    if (py_set(out, "allow_going_back", back ? Py_True : Py_False) < 0 || py_set_own(out, "steps", PyLong_FromLong(e->steps)) < 0) return -1;
    if (back && (py_set_own(out, "backTitle", translate_word("Go back to the previous question")) < 0 || show_inner(e, b, out) < 0)) return -1;
    if (e->steps <= 1 || prevents) return 0;
    return py_set_own(out, "cornerBackButton", label_or(e, b, "corner back button label", K_CORNER_BACK_LABEL, "Back"));
}

/* action buttons: the reference shows none of them, but their texts are evaluated (language 7.3, additional_buttons) */

static int compile_button(struct block *b, PyObject *source, struct button *out)
{
    static const char *const keys[] = { "label", "action", "arguments", "css class" };
    if (!PyDict_Check(source)) return plan_error(b, "An action button must be a mapping, not", source);
    if (!py_get_b(source, "label") || !py_get_b(source, "action")) return block_error(b, "An action button needs an action and a label");
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        PyObject *value = py_get_b(source, keys[i]);
        if (value && part_compile(b, value, HOW_DATA, "action buttons", &out->parts[i]) < 0) return -1;
    }
    PyObject *condition = py_get_b(source, "show if");
    return condition ? part_compile(b, condition, HOW_EXPR, "action buttons", &out->show_if) : 0;
}

int buttons_compile(struct block *b, struct screen *s)
{
    PyObject *source = py_get_b(b->source, "action buttons");
    if (!source) return 0;
    s->has_buttons = true;
    PyObject *code = PyDict_Check(source) ? py_get_b(source, "code") : NULL;
    if (code) return part_compile(b, code, HOW_EXPR, "action buttons", &s->buttons_code);
    PYOWN(list) = PyDict_Check(source) ? Py_BuildValue("[O]", source) : PySequence_List(source);
    if (!list) return -1;
    s->n_buttons = (size_t)PyList_GET_SIZE(list);
    s->buttons = PLAN_NEW_N(b, struct button, s->n_buttons);
    for (size_t i = 0; s->buttons && i < s->n_buttons; i++)
        if (compile_button(b, PyList_GET_ITEM(list, (Py_ssize_t)i), &s->buttons[i]) < 0) return -1;
    return s->buttons ? 0 : -1;
}

static int evaluate_button(struct eval *e, const struct button *button)
{
    int shown = part_truth(e, button->show_if, 1);
    for (size_t i = 0; shown > 0 && i < COUNT_OF(button->parts); i++) {
        PYOWN(value) = button->parts[i] ? part_eval(e, button->parts[i]) : Py_NewRef(Py_None);
        if (!value) return -1;
    }
    return shown < 0 ? -1 : 0;
}

int buttons_show(struct eval *e, const struct screen *s, PyObject *out)
{
    if (!s->has_buttons) return 0;
    PYOWN(computed) = s->buttons_code ? part_eval(e, s->buttons_code) : Py_NewRef(Py_None);
    if (!computed) return -1;
    for (size_t i = 0; i < s->n_buttons; i++)
        if (evaluate_button(e, &s->buttons[i]) < 0) return -1;
    return py_set_own(out, "additional_buttons", PyList_New(0));
}
