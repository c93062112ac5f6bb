/* When a field is shown: conditions the client checks, and those that hide it here. Spec: language 4.3 (show if …), 7.5. */
#include "pyhost/screen_int.h"

int field_is_hidden(struct eval *e, const struct field *f)
{
    int shown = part_truth(e, f->condition[F_SHOW_IF].code, 1);
    if (shown <= 0) return shown < 0 ? -1 : 1;
    return part_truth(e, f->condition[F_HIDE_IF].code, 0);
}

static int set_plain(struct eval *e, const struct condition *c, int sign, PyObject *out)
{
    PYOWN(is) = c->is ? part_text(e, c->is, TRIM_END) : PyUnicode_FromString("True");
    if (!is || py_set(out, "show_if_val", is) < 0 || py_set(out, "show_if_var", c->var) < 0) return -1;
    return py_set_own(out, "show_if_sign", PyLong_FromLong(sign));
}

/* Code that switches a field off without hiding it. */
static int set_disabled(struct eval *e, const struct condition *c, bool enables, PyObject *out)
{
    int truth = part_truth(e, c->code, enables);
    if (truth < 0 || (truth != 0) == enables) return truth < 0 ? -1 : 0;
    return py_set(out, "disabled", Py_True) < 0 || py_set(out, "required", Py_False) < 0 ? -1 : 0;
}

/* Appends the name in val("…") at at, if there is one. */
static int add_val(str text, size_t at, PyObject *names)
{
    while (at < text.n && (text.p[at] == ' ' || text.p[at] == '\t')) at++;
    if (at >= text.n || (text.p[at] != '"' && text.p[at] != '\'')) return 0;
    const char *end = memchr(text.p + at + 1, text.p[at], text.n - at - 1);
    if (!end) return 0;
    PYOWN(name) = py_str((str){ text.p + at + 1, (size_t)(end - text.p) - at - 1 });
    int known = name ? PySequence_Contains(names, name) : -1;
    return known ? (known < 0 ? -1 : 0) : PyList_Append(names, name);
}

static bool is_word(char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* The variables that JavaScript reads: the names in val("…"). */
static PyObject *names_in(str text)
{
    PYOWN(names) = PyList_New(0);
    for (size_t at = 0; names && at + 4 <= text.n; at++) {
        if (memcmp(text.p + at, "val(", 4) != 0 || (at && is_word(text.p[at - 1]))) continue;
        if (add_val(text, at + 4, names) < 0) return NULL;
    }
    return py_keep(&names);
}

static int set_script(struct eval *e, const struct part *p, bool sign, long mode, PyObject *out)
{
    PYOWN(raw) = part_text(e, p, TRIM_NONE);
    PYOWN(text) = raw ? PyObject_CallMethod(raw, "strip", NULL) : NULL;
    PYOWN(names) = text ? names_in(py_view(text)) : NULL;
    PYOWN(row) = names ? Py_BuildValue("{sOsOsOsl}", "expression", text, "vars", names, "sign", sign ? Py_True : Py_False, "mode", mode) : NULL;
    return row ? py_set(out, "show_if_js", row) : -1;
}

int condition_render(struct eval *e, const struct field *f, PyObject *out)
{
    for (enum field_key key = F_SHOW_IF; key <= F_DISABLE_IF; key++) {
        bool positive = key == F_SHOW_IF || key == F_ENABLE_IF;
        if (f->condition[key].var && set_plain(e, &f->condition[key], positive, out) < 0) return -1;
        if (key >= F_ENABLE_IF && f->condition[key].code && set_disabled(e, &f->condition[key], positive, out) < 0) return -1;
    }
    for (enum field_key key = F_JS_SHOW_IF; key <= F_JS_DISABLE_IF; key++) {
        bool positive = key == F_JS_SHOW_IF || key == F_JS_ENABLE_IF;
        if (f->part[key] && set_script(e, f->part[key], positive, key >= F_JS_ENABLE_IF, out) < 0) return -1;
    }
    return 0;
}

static int is_named(const struct field *f, PyObject *pattern)
{
    PYOWN(normal) = py_lib("names", "normal_name");
    PYOWN(name) = normal ? PyObject_CallOneArg(normal, f->var) : NULL;
    return name ? PyObject_RichCompareBool(name, pattern, Py_EQ) : -1;
}

int screen_hides(struct eval *e, struct block *b, const struct binding *bind)
{
    const struct screen *s = b->screen;
    for (size_t i = 0; s && i < s->n_fields; i++) {
        const struct field *f = &s->fields[i];
        if (!f->var || (!f->condition[F_SHOW_IF].code && !f->condition[F_HIDE_IF].code)) continue;
        int named = is_named(f, bind->pattern);
        if (named) return named < 0 ? -1 : field_is_hidden(e, f);
    }
    return 0;
}
