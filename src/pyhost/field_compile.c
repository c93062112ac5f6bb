/* A field item of the author becomes a struct field: label and variable, datatype, modifiers, conditions, choices. Spec: language 4.1 to 4.4. */
#include "pyhost/screen_int.h"

const struct field_row field_rows[F__COUNT] = {
    [F_SHOW_IF] = { "show if" },
    [F_HIDE_IF] = { "hide if" },
    [F_ENABLE_IF] = { "enable if" },
    [F_DISABLE_IF] = { "disable if" },
    [F_JS_SHOW_IF] = { "js show if" },
    [F_JS_HIDE_IF] = { "js hide if" },
    [F_JS_ENABLE_IF] = { "js enable if" },
    [F_JS_DISABLE_IF] = { "js disable if" },
    [F_NONE_OF] = { "none of the above", "none_of_the_above", HOW_DATA },
    [F_ALL_OF] = { "all of the above", "all_of_the_above", HOW_DATA },
    [F_PERSISTENT] = { "persistent", NULL, HOW_EXPR },
    [F_PRIVATE] = { "private", NULL, HOW_EXPR },
    [F_ALLOW_USERS] = { "allow users", NULL, HOW_DATA },
    [F_ALLOW_PRIVILEGES] = { "allow privileges", NULL, HOW_DATA },
    [F_REQUIRED] = { "required", NULL, HOW_EXPR },
    [F_DISABLED] = { "disabled", "disabled", HOW_EXPR, FR_TRUE },
    [F_DISABLE_OTHERS] = { "disable others", "disable_others", HOW_DATA, FR_TRUE },
    [F_UNCHECK_OTHERS] = { "uncheck others", "uncheck_others", HOW_DATA, FR_TRUE },
    [F_CHECK_OTHERS] = { "check others", "check_others", HOW_DATA, FR_TRUE },
    [F_SHUFFLE] = { "shuffle", "shuffle", HOW_EXPR, FR_TRUE },
    [F_GRID] = { "grid", "grid", HOW_EXPR, FR_GRID },
    [F_ITEM_GRID] = { "item grid", "item grid", HOW_EXPR, FR_GRID },
    [F_LABEL_ABOVE] = { "label above field", "label_above_field", HOW_EXPR, FR_BOOL },
    [F_FLOATING] = { "floating label", "floating_label", HOW_EXPR, FR_BOOL },
    [F_AUTOCOMPLETE] = { "address autocomplete", "address_autocomplete", HOW_EXPR, FR_VALUE },
    [F_VALIDATE] = { "validate", NULL, HOW_EXPR },
    [F_LABEL] = { "label", NULL, HOW_TEXT },
    [F_MIN] = { "min", "min", HOW_TEXT, FR_TEXT },
    [F_MAX] = { "max", "max", HOW_TEXT, FR_TEXT },
    [F_MINLENGTH] = { "minlength", "minlength", HOW_TEXT, FR_TEXT },
    [F_MAXLENGTH] = { "maxlength", "maxlength", HOW_TEXT, FR_TEXT },
    [F_STEP] = { "step", "step", HOW_TEXT, FR_TEXT },
    [F_SCALE] = { "scale", "scale", HOW_TEXT, FR_TEXT },
    [F_INLINE] = { "inline", "inline", HOW_TEXT, FR_TEXT },
    [F_INLINE_WIDTH] = { "inline width", "inline width", HOW_TEXT, FR_TEXT },
    [F_CURRENCY] = { "currency symbol", "currency symbol", HOW_TEXT, FR_TEXT },
    [F_CSS_CLASS] = { "css class", "css class", HOW_TEXT, FR_TEXT },
    [F_FILE_CSS_CLASS] = { "file css class", "file css class", HOW_TEXT, FR_TEXT },
    [F_PEN_COLOR] = { "pen color", "pen color", HOW_TEXT, FR_TEXT },
    [F_ROWS] = { "rows", "rows", HOW_EXPR, FR_VALUE },
    [F_ACCEPT] = { "accept", "accept", HOW_EXPR, FR_VALUE },
    [F_METADATA] = { "field metadata", "field metadata", HOW_DATA, FR_VALUE },
    [F_IMAGE_SIZE] = { "maximum image size", "max_image_size", HOW_EXPR, FR_VALUE },
    [F_IMAGE_TYPE] = { "image upload type", "image_type", HOW_TEXT, FR_TEXT },
    [F_DEFAULT] = { "default", NULL, HOW_DATA },
    [F_HINT] = { "hint", "hint", HOW_TEXT, FR_KEEP },
    [F_HELP] = { "help", "helptext", HOW_TEXT, FR_KEEP },
    [F_UNDER_TEXT] = { "under text", "under_text", HOW_TEXT, FR_TEXT },
    [F_NOTE] = { "note", "note", HOW_TEXT, FR_TEXT },
    [F_HTML] = { "html", "html", HOW_TEXT, FR_TEXT },
    [F_RAW_HTML] = { "raw html", "raw html", HOW_TEXT, FR_TEXT },
    [F_MESSAGES] = { "validation messages", NULL, HOW_DATA },
    [F_EXCLUDE] = { "exclude", NULL, HOW_EXPR },
    [F_LABELER] = { "object labeler", NULL, HOW_EXPR },
    [F_HELP_GENERATOR] = { "help generator", NULL, HOW_EXPR },
    [F_IMAGE_GENERATOR] = { "image generator", NULL, HOW_EXPR },
    [F_ACTION] = { "action", NULL, HOW_TEXT },
    [F_TRIGGER_AT] = { "trigger at", NULL, HOW_EXPR },
    [F_GROUP] = { "group", NULL, HOW_TEXT },
};

/* Keys with a meaning of their own, beside the rows. */
enum own_key { OWN_FIELD, OWN_DATATYPE, OWN_INPUT, OWN_CHOICES, OWN_CODE, OWN__COUNT };
static const char *const own_keys[OWN__COUNT] = { "field", "datatype", "input type", "choices", "code" };

struct item {
    struct block *b;
    struct field *f;
    PyObject *own[OWN__COUNT]; /* borrowed; NULL: absent */
    PyObject *raw[F__COUNT];
    PyObject *label, *var; /* of the key that is no modifier */
    PyObject *parameters;  /* further such keys, where the datatype is the author's own */
    bool at_load;
};

static int row_of(str key)
{
    for (int i = 0; i < F__COUNT; i++)
        if (str_is(key, field_rows[i].key)) return i;
    return -1;
}

static int take_label(struct item *it, PyObject *key, PyObject *value)
{
    if (it->label && it->parameters) return PyDict_SetItem(it->parameters, key, value);
    if (it->label) return plan_error(it->b, "A field has one label, this is another", key);
    it->label = key;
    it->var = value;
    return 0;
}

static int take_key(struct item *it, PyObject *key, PyObject *value)
{
    str name = py_view(key);
    int row = row_of(name);
    if (row >= 0) {
        it->raw[row] = value;
        return 0;
    }
    for (int i = 0; i < OWN__COUNT; i++) {
        if (!str_is(name, own_keys[i])) continue;
        it->own[i] = value;
        return 0;
    }
    return take_label(it, key, value);
}

/* A datatype that we do not know may have keys that we do not know. */
static int expect_parameters(struct item *it, PyObject *source)
{
    PyObject *given = py_get_b(source, "datatype");
    if (!given || !PyUnicode_Check(given) || datatype_find(py_view(given))) return 0;
    it->f->parameters = it->parameters = plan_keep(it->b, PyDict_New());
    return it->parameters ? 0 : -1;
}

static int read_item(struct item *it, PyObject *source)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(source, &at, &key, &value))
        if (take_key(it, key, value) < 0) return -1;
    return 0;
}

static PyObject *word_b(struct item *it, PyObject *source, const char *what)
{
    if (!source) return NULL;
    if (PyUnicode_Check(source)) return source;
    block_error(it->b, "A field's %s must be a word", what);
    return NULL;
}

/* A literal default tells the kind of value where nobody said it. */
static const char *deduced_type(const struct item *it)
{
    PyObject *preset = it->raw[F_DEFAULT];
    if (!preset || it->own[OWN_CHOICES] || it->own[OWN_CODE] || it->own[OWN_INPUT]) return "text";
    if (PyBool_Check(preset)) return "boolean";
    if (PyLong_Check(preset)) return "integer";
    return PyFloat_Check(preset) ? "float" : "text";
}

static int keep_word(struct block *b, const char *word, PyObject **out)
{
    if (!word) return 0;
    *out = plan_keep(b, PyUnicode_InternFromString(word));
    return *out ? 0 : -1;
}

static int compile_type(struct item *it)
{
    struct field *f = it->f;
    PyObject *given = word_b(it, it->own[OWN_DATATYPE], "datatype"), *input = word_b(it, it->own[OWN_INPUT], "input type");
    if (PyErr_Occurred()) return -1;
    f->type = datatype_find(given ? py_view(given) : str_c(deduced_type(it)));
    f->required = f->type ? f->type->required : REQ_FILL;
    if (!f->type && !(f->datatype = plan_keep(it->b, Py_NewRef(given)))) return -1;
    if (f->type && keep_word(it->b, f->type->json, &f->datatype) < 0) return -1;
    if (f->type && keep_word(it->b, f->type->input, &f->input) < 0) return -1;
    if (input && keep_word(it->b, str_is(py_view(input), "pulldown") ? "dropdown" : PyUnicode_AsUTF8(input), &f->input) < 0) return -1;
    if (f->input) f->required = input_required(py_view(f->input), f->required);
    return 0;
}

static int compile_variable(struct item *it)
{
    struct field *f = it->f;
    PyObject *var = it->own[OWN_FIELD] ? it->own[OWN_FIELD] : it->var;
    if (!var) return 0;
    PYOWN(name) = PyUnicode_Check(var) ? PyObject_CallMethod(var, "strip", NULL) : Py_NewRef(var);
    if (!name || variable_check(it->b, name) < 0) return -1;
    PYOWN(holder) = variable_holder(name);
    f->var = plan_keep(it->b, py_keep(&name));
    if (!f->var || !holder) return -1;
    if (holder != Py_None && !(f->holder = plan_keep(it->b, py_keep(&holder)))) return -1;
    return 0;
}

static int compile_label(struct item *it)
{
    PyObject *label = it->raw[F_LABEL] ? it->raw[F_LABEL] : it->label;
    if (!label || label == Py_None || str_is(py_view(label), "no label")) {
        it->f->no_label = true;
        return 0;
    }
    return part_compile(it->b, label, HOW_TEXT, "label", &it->f->part[F_LABEL]);
}

/* show if & co.: a variable, {variable, is} or {code}. */
static int compile_condition(struct item *it, enum field_key key, struct condition *out)
{
    PyObject *source = it->raw[key];
    if (!source) return 0;
    PyObject *var = source, *is = NULL, *code = NULL;
    if (PyDict_Check(source)) {
        var = py_get_b(source, "variable");
        is = py_get_b(source, "is");
        code = py_get_b(source, "code");
        if (!var && !code) return block_error(it->b, "%s needs a variable or code", field_rows[key].key);
    }
    if (var && !PyUnicode_Check(var)) return block_error(it->b, "%s must name a variable", field_rows[key].key);
    if (var && !(out->var = plan_keep(it->b, PyObject_CallMethod(var, "strip", NULL)))) return -1;
    if (is && part_compile(it->b, is, HOW_TEXT, field_rows[key].key, &out->is) < 0) return -1;
    return code ? part_compile(it->b, code, HOW_EXPR, field_rows[key].key, &out->code) : 0;
}

static enum part_how how_of(const struct item *it, enum field_key key)
{
    if (key == F_AUTOCOMPLETE && PyDict_Check(it->raw[key])) return HOW_DATA; /* options of the service, no expressions */
    if (key != F_DEFAULT) return field_rows[key].how;
    if (it->f->type && it->f->type->flags & DT_OBJECT) return HOW_EXPR;
    PyObject *preset = it->raw[F_DEFAULT];
    /* A literal is a text like any other: 10 becomes "10" (language 7.5). */
    return PyDict_Check(preset) || PyList_Check(preset) ? HOW_DATA : HOW_TEXT;
}

/* Widths and flags of a grid are expressions, the break point is a text. */
static int compile_grid(struct item *it, enum field_key key)
{
    struct part *grid = it->f->part[key];
    PyObject *breakpoint = PyDict_Check(it->raw[key]) ? py_get_b(it->raw[key], "breakpoint") : NULL;
    for (size_t i = 0; breakpoint && i < grid->n; i++)
        if (str_is(py_view(grid->keys[i]), "breakpoint")) return part_compile(it->b, breakpoint, HOW_TEXT, "grid", &grid->items[i]);
    return 0;
}

static int compile_modifiers(struct item *it)
{
    for (enum field_key key = F_JS_SHOW_IF; key < F__COUNT; key++) {
        if (!it->raw[key] || key == F_LABEL) continue;
        enum part_how how = how_of(it, key);
        /* "breakpoint: md" is no expression, so grids are compiled leniently first. */
        if (field_rows[key].render == FR_GRID && PyDict_Check(it->raw[key])) {
            PYOWN(copy) = PyDict_Copy(it->raw[key]);
            if (!copy || (py_get_b(copy, "breakpoint") && py_set(copy, "breakpoint", Py_None) < 0)) return -1;
            if (part_compile(it->b, copy, how, field_rows[key].key, &it->f->part[key]) < 0 || compile_grid(it, key) < 0) return -1;
            continue;
        }
        if (part_compile(it->b, it->raw[key], how, field_rows[key].key, &it->f->part[key]) < 0) return -1;
    }
    for (enum field_key key = F_SHOW_IF; key <= F_DISABLE_IF; key++)
        if (compile_condition(it, key, &it->f->condition[key]) < 0) return -1;
    return 0;
}

static int compile_choices(struct item *it)
{
    struct field *f = it->f;
    bool objects = f->type && f->type->flags & DT_OBJECT;
    if (it->own[OWN_CODE]) {
        PYOWN(code) = Py_BuildValue("{sO}", "code", it->own[OWN_CODE]);
        return code ? choices_compile(it->b, code, objects, &f->choices) : -1;
    }
    if (it->own[OWN_CHOICES]) return choices_compile(it->b, it->own[OWN_CHOICES], objects, &f->choices);
    if (f->type && f->type->flags & DT_CHOICES) return block_error(it->b, "A field of datatype %s needs choices", f->type->name);
    return 0;
}

/* True and False (and None) as the only values make the field one of that kind (language 4.2). */
static int adapt_to_choices(struct item *it)
{
    static const char *const word[] = { NULL, "boolean", "threestate" };
    int kind = it->own[OWN_DATATYPE] ? 0 : choices_datatype(it->f->choices);
    if (kind == 0) return 0;
    it->f->type = datatype_find(str_c(word[kind]));
    return keep_word(it->b, word[kind], &it->f->datatype);
}

static int define_names(struct item *it)
{
    struct field *f = it->f;
    PYOWN(normal) = py_lib("names", "normal_name");
    PYOWN(name) = normal ? PyObject_CallOneArg(normal, f->var) : NULL;
    if (!name) return -1;
    if (name == Py_None) return 0;
    if (plan_defines(it->b, name) < 0) return -1;
    if (!f->type || !(f->type->flags & DT_CHECKS)) return 0;
    PYOWN(gathered) = PyUnicode_FromFormat("%U.gathered", name);
    if (!gathered || plan_defines(it->b, gathered) < 0) return -1;
    return f->type->flags & DT_OBJECT ? 0 : choices_define(it->b, name, f->choices);
}

static int compile_display(struct item *it)
{
    static const enum field_key displays[] = { F_NOTE, F_HTML, F_RAW_HTML };
    it->f->is_display = true;
    for (size_t i = 0; i < COUNT_OF(displays); i++)
        if (it->raw[displays[i]]) return keep_word(it->b, field_rows[displays[i]].key, &it->f->datatype);
    return block_error(it->b, "A field without a variable needs note, html or raw html");
}

static int compile_generator(struct item *it) { return part_compile(it->b, it->own[OWN_CODE], HOW_EXPR, "code", &it->f->generator); }

static int check_range(struct item *it)
{
    bool range = it->f->type && strcmp(it->f->type->name, "range") == 0;
    return range && (!it->raw[F_MIN] || !it->raw[F_MAX]) ? block_error(it->b, "A field of datatype range needs min and max") : 0;
}

static int compile_input(struct item *it)
{
    if (compile_type(it) < 0 || check_range(it) < 0 || compile_label(it) < 0 || compile_choices(it) < 0) return -1;
    if (it->f->choices && adapt_to_choices(it) < 0) return -1;
    return it->at_load ? define_names(it) : 0;
}

int field_compile(struct block *b, PyObject *source, PyObject *number, bool at_load, struct field *out)
{
    struct item it = { .b = b, .f = out, .at_load = at_load };
    *out = (struct field){ .number = number, .block = b, .on_fields_screen = true };
    if (!PyDict_Check(source)) return plan_error(b, "A field must be a mapping, not", source);
    if (expect_parameters(&it, source) < 0 || read_item(&it, source) < 0) return -1;
    if (it.own[OWN_CODE] && PyDict_Size(source) == 1) return compile_generator(&it);
    if (compile_variable(&it) < 0) return -1;
    if ((out->var ? compile_input(&it) : compile_display(&it)) < 0) return -1;
    return compile_modifiers(&it);
}

int fields_compile(struct block *b, PyObject *list, struct field **out, size_t *n)
{
    PYOWN(items) = PyDict_Check(list) ? Py_BuildValue("[O]", list) : PyList_Check(list) ? Py_NewRef(list) : NULL;
    if (!items) return PyErr_Occurred() ? -1 : block_error(b, "fields must be a list of mappings");
    size_t count = (size_t)PyList_GET_SIZE(items);
    struct field *fields = PLAN_NEW_N(b, struct field, count);
    if (!fields) return -1;
    for (size_t i = 0; i < count; i++) {
        PyObject *number = plan_keep(b, PyLong_FromSize_t(i));
        if (!number || field_compile(b, PyList_GET_ITEM(items, (Py_ssize_t)i), number, true, &fields[i]) < 0) return -1;
    }
    *out = fields;
    *n = count;
    return 0;
}

struct field *field_single(struct block *b, PyObject *var, const char *type)
{
    struct field *f = PLAN_NEW(b, struct field);
    if (!f) return NULL;
    struct item it = { .b = b, .f = f, .at_load = true };
    *f = (struct field){ .number = plan_keep(b, PyLong_FromLong(0)), .block = b, .no_label = true };
    it.own[OWN_FIELD] = var;
    if (!f->number || (var && compile_variable(&it) < 0)) return NULL;
    f->type = type ? datatype_find(str_c(type)) : NULL;
    if (f->type && keep_word(b, f->type->json, &f->datatype) < 0) return NULL;
    return var && define_names(&it) < 0 ? NULL : f;
}
