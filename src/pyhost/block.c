/* pyhost/block.c: one block of an interview file: its kind, name and number, modifiers, and the names it defines. Spec: language 3, 6.2. */
#include "pyhost/engine_int.h"
#include <stdarg.h>
#include <stdio.h>

static const char *const choice_keys[] = { "choices", "buttons", "dropdown", "combobox" };

int block_error(const struct block *b, const char *fmt, ...)
{
    va_list list;
    va_start(list, fmt);
    PYOWN(text) = PyUnicode_FromFormatV(fmt, list);
    va_end(list);
    if (!text) return -1;
    return engine_error("DASourceError", "%U in file %U in the block on line %u from package %U", text, b->file, b->line, b->package);
}

/* names */

int block_defines(struct block *b, PyObject *name)
{
    str text = py_view(name);
    if (!b->defines && !(b->defines = interview_keep(b->iv, PyList_New(0)))) return -1;
    PYOWN(own) = NULL;
    /* Quotes of an index are written in one way only. */
    if (str_search(text, STR("[\"")) < text.n) {
        PYOWN(normal) = py_lib("names", "normal_name");
        own = normal ? PyObject_CallOneArg(normal, name) : NULL;
        if (!own) return -1;
        if (own == Py_None) Py_CLEAR(own);
    }
    if (!own) own = Py_NewRef(name);
    int known = PySequence_Contains(b->defines, own);
    return known < 0 ? -1 : known ? 0 : PyList_Append(b->defines, own);
}

static int defines_each(struct block *b, PyObject *list)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(list); i++)
        if (block_defines(b, PyList_GET_ITEM(list, i)) < 0) return -1;
    return 0;
}

int block_defines_code(struct block *b, PyObject *source, const char *mode)
{
    if (!b->is_scanned) return 0;
    PYOWN(find) = py_lib("names", "defined_names");
    PYOWN(text) = PyUnicode_Check(source) ? PyObject_CallMethod(source, "strip", NULL) : NULL;
    if (!PyUnicode_Check(source)) return 0;
    PYOWN(names) = find && text ? PyObject_CallFunction(find, "Os", strcmp(mode, "exec") == 0 ? source : text, mode) : NULL;
    if (names) return defines_each(b, names);
    /* What does not parse is reported where it is compiled. */
    if (!PyErr_Occurred() || !PyErr_ExceptionMatches(PyExc_SyntaxError)) return -1;
    PyErr_Clear();
    return 0;
}

/* values that may be one or several */

/* A list of texts from a text or a list; keeps it. */
static PyObject *texts_of(struct block *b, PyObject *value)
{
    PYOWN(list) = PyList_New(0);
    PYOWN(items) = PyList_Check(value) ? Py_NewRef(value) : Py_BuildValue("[O]", value);
    for (Py_ssize_t i = 0; list && items && i < PyList_GET_SIZE(items); i++) {
        PYOWN(text) = PyObject_Str(PyList_GET_ITEM(items, i));
        PYOWN(clean) = text ? PyObject_CallMethod(text, "strip", NULL) : NULL;
        if (!clean || PyList_Append(list, clean) < 0) return NULL;
    }
    return list && items ? interview_keep(b->iv, py_keep(&list)) : NULL;
}

static int texts_key(struct block *b, const char *key, PyObject **out)
{
    PyObject *value = py_get_b(b->source, key);
    if (!value || value == Py_None) return 0;
    *out = texts_of(b, value);
    return *out ? 0 : -1;
}

static int compile_one(struct block *b, PyObject *source, const char *what, struct expr *out)
{
    if (expr_compile(b->iv, b, source, what, out) < 0) return -1;
    return PyUnicode_Check(source) ? block_defines_code(b, source, "eval") : 0;
}

static int compile_list(struct block *b, PyObject *value, const char *what, struct expr **out, size_t *n)
{
    PYOWN(items) = PyList_Check(value) ? Py_NewRef(value) : Py_BuildValue("[O]", value);
    if (!items) return -1;
    *n = (size_t)PyList_GET_SIZE(items);
    *out = interview_take(b->iv, *n, sizeof **out);
    if (!*out) return -1;
    for (size_t i = 0; i < *n; i++)
        if (compile_one(b, PyList_GET_ITEM(items, (Py_ssize_t)i), what, &(*out)[i]) < 0) return -1;
    return 0;
}

/* modifiers (language 3.1) */

static bool is_code(const struct block *b) { return b->type == BLOCK_CODE || b->type == BLOCK_EVENT_CODE; }

static bool may_be_mandatory(const struct block *b)
{
    static const bool may[] = { [BLOCK_CODE] = true,      [BLOCK_EVENT_CODE] = true, [BLOCK_OBJECTS] = true,  [BLOCK_OBJECTS_FILE] = true, [BLOCK_DATA] = true,
                                [BLOCK_DATA_CODE] = true, [BLOCK_ATTACHMENT] = true, [BLOCK_QUESTION] = true, [BLOCK_REQUIRE] = false };
    return may[b->type];
}

static int read_turn(struct block *b, const char *key, struct expr *out, bool *is_set)
{
    PyObject *value = py_get_b(b->source, key);
    if (!value || value == Py_None || value == Py_False) return 0;
    *is_set = true;
    return compile_one(b, value, key, out);
}

static int read_turns(struct block *b)
{
    if (read_turn(b, "mandatory", &b->mandatory, &b->is_mandatory) < 0 || read_turn(b, "initial", &b->initial, &b->is_initial) < 0) return -1;
    if (b->is_mandatory && !may_be_mandatory(b)) return block_error(b, "This block cannot be mandatory");
    if (b->is_initial && !is_code(b)) return block_error(b, "Only a code block can be initial");
    if (b->is_mandatory && b->is_initial) return block_error(b, "A block cannot be both mandatory and initial");
    return 0;
}

static int read_needs(struct block *b)
{
    PyObject *need = py_get_b(b->source, "need");
    if (!need || need == Py_None) return 0;
    if (!PyDict_Check(need)) return compile_list(b, need, "need", &b->need_pre, &b->n_need_pre);
    PyObject *pre = py_get_b(need, "pre"), *post = py_get_b(need, "post");
    if (pre && compile_list(b, pre, "need", &b->need_pre, &b->n_need_pre) < 0) return -1;
    return post ? compile_list(b, post, "need", &b->need_post, &b->n_need_post) : 0;
}

static int read_reconsider(struct block *b)
{
    PyObject *value = py_get_b(b->source, "reconsider");
    if (!value || value == Py_None || value == Py_False) return 0;
    if (value == Py_True) {
        b->reconsider = Py_True;
        return 0;
    }
    return texts_key(b, "reconsider", &b->reconsider);
}

static int read_sets(struct block *b)
{
    PyObject *only = NULL, *more = NULL;
    if (texts_key(b, "sets", &more) < 0 || texts_key(b, "only sets", &only) < 0 || texts_key(b, "event", &b->event) < 0) return -1;
    if (more && defines_each(b, more) < 0) return -1;
    if (only && defines_each(b, only) < 0) return -1;
    return b->event ? defines_each(b, b->event) : 0;
}

static int read_conditions(struct block *b)
{
    PyObject *when = py_get_b(b->source, "if");
    return when && when != Py_None ? compile_list(b, when, "if", &b->conditions, &b->n_conditions) : 0;
}

static int read_generic(struct block *b)
{
    PyObject *class = py_get_b(b->source, "generic object");
    if (!class || class == Py_None) return 0;
    b->generic = interview_keep(b->iv, PyObject_Str(class));
    return b->generic ? 0 : -1;
}

static int read_language(struct block *b)
{
    PyObject *language = py_get_b(b->source, "language");
    if (language && language != Py_None) b->language = interview_keep(b->iv, PyObject_Str(language));
    if (b->language && str_is(py_view(b->language), "*")) b->language = NULL;
    return PyErr_Occurred() ? -1 : 0;
}

/* Before the block's own keys are compiled. */
static int read_modifiers(struct block *b)
{
    int scan = py_true(b->source, "scan for variables", 1);
    if (scan < 0) return -1;
    b->is_scanned = scan && !py_get_b(b->source, "only sets");
    if (read_generic(b) < 0 || read_language(b) < 0 || read_turns(b) < 0 || read_conditions(b) < 0 || read_needs(b) < 0 || read_reconsider(b) < 0) return -1;
    if (texts_key(b, "undefine", &b->undefine) < 0 || texts_key(b, "supersedes", &b->supersedes) < 0) return -1;
    return texts_key(b, "depends on", &b->depends);
}

/* kinds */

static int read_code(struct block *b)
{
    PyObject *source = py_get_b(b->source, "code");
    if (!PyUnicode_Check(source)) return block_error(b, "A code block must be text");
    if (suite_compile(b->iv, b, source, "code block", &b->code) < 0) return -1;
    if (str_search(py_view(source), STR("process_action(")) < py_view(source).n) b->iv->calls_process_action = true;
    return b->type == BLOCK_EVENT_CODE ? 0 : block_defines_code(b, source, "exec");
}

static int define_key(struct block *b, const char *key)
{
    PyObject *name = py_get_b(b->source, key);
    PYOWN(text) = name ? PyObject_Str(name) : NULL;
    if (!name) return 0;
    return text ? block_defines(b, text) : -1;
}

static int read_attachment(struct block *b)
{
    PyObject *items = py_get_b(b->source, "attachment");
    if (!items) items = py_get_b(b->source, "attachments");
    PYOWN(list) = PyList_Check(items) ? Py_NewRef(items) : Py_BuildValue("[O]", items);
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        PyObject *name = py_get_b(PyList_GET_ITEM(list, i), "variable name");
        PYOWN(text) = name ? PyObject_Str(name) : NULL;
        if (name && (!text || block_defines(b, text) < 0)) return -1;
    }
    return list ? 0 : -1;
}

/* What must be true, as conditions; the block `orelse` is read in read_orelse(). */
static int read_require(struct block *b) { return compile_list(b, py_get_b(b->source, "require"), "require", &b->conditions, &b->n_conditions); }

static int read_objects(struct block *b) { return objects_compile(b); }
static int read_template(struct block *b) { return define_key(b, "template") < 0 ? -1 : lazy_compile(b); }
static int read_table(struct block *b) { return define_key(b, "table") < 0 ? -1 : table_compile(b); }
static int read_nothing(struct block *b)
{
    (void)b;
    return 0;
}

static int read_command(struct block *b)
{
    b->command = interview_keep(b->iv, PyObject_Str(py_get_b(b->source, "command")));
    PyObject *url = py_get_b(b->source, "url");
    if (!b->command) return -1;
    return url && url != Py_None ? text_compile(b->iv, b, url, "url", &b->command_url) : 0;
}

/* Items of a choice list without field: embedded blocks and commands are blocks of their own, numbered before the screen around them. */
static int read_choices(struct block *b, struct reading *r);
static int read_orelse(struct block *b, struct reading *r);

static int read_question(struct block *b) { return screen_compile(b); }

static const struct kind {
    const char *key;
    enum block_type type;
    int (*read)(struct block *b);
} kinds[] = {
    { "question", BLOCK_QUESTION, read_question },
    { "code", BLOCK_CODE, read_code },
    { "objects from file", BLOCK_OBJECTS_FILE, read_objects },
    { "objects", BLOCK_OBJECTS, read_objects },
    { "data from code", BLOCK_DATA_CODE, read_objects },
    { "data", BLOCK_DATA, read_objects },
    { "template", BLOCK_TEMPLATE, read_template },
    { "table", BLOCK_TABLE, read_table },
    { "attachment", BLOCK_ATTACHMENT, read_attachment },
    { "attachments", BLOCK_ATTACHMENT, read_attachment },
    { "modules", BLOCK_MODULES, read_nothing },
    { "imports", BLOCK_IMPORTS, read_nothing },
    { "reset", BLOCK_RESET, read_nothing },
    { "require", BLOCK_REQUIRE, read_require },
    { "command", BLOCK_COMMAND, read_command },
};

static const struct kind *kind_of(PyObject *source)
{
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if (py_get_b(source, kinds[i].key)) return &kinds[i];
    return NULL;
}

bool is_command_word(str word)
{
    static const char *const words[] = { "restart", "exit",     "leave",   "logout",   "exit_logout",    "new_session",
                                         "signin",  "register", "refresh", "continue", "interview_exit", "wait" };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (str_is(word, words[i])) return true;
    return false;
}

/* numbers and names */

struct block *block_new(struct reading *r, PyObject *source)
{
    struct block *b = interview_take(r->iv, 1, sizeof *b);
    if (!b) return NULL;
    *b = (struct block){ .iv = r->iv, .number = -1, .file = r->file, .package = r->package, .language = r->language, .line = r->line, .outer = r->outer };
    b->source = interview_keep(r->iv, Py_NewRef(source));
    PyObject *id = py_get_b(source, "id");
    if (!b->source) return NULL;
    if (!id || id == Py_None) return b;
    PYOWN(text) = PyObject_Str(id);
    b->id = text ? interview_keep(r->iv, PyObject_CallMethod(text, "strip", NULL)) : NULL;
    return b->id ? b : NULL;
}

int block_add(struct interview *iv, struct block *b)
{
    size_t room = iv->n_blocks;
    if (room == 0 || (room >= 16 && (room & (room - 1)) == 0)) {
        size_t wanted = room ? room * 2 : 16;
        struct block **more = interview_take(iv, wanted, sizeof *more);
        if (!more) return -1;
        if (room) memcpy(more, iv->blocks, room * sizeof *more);
        iv->blocks = more;
    }
    b->number = (int)iv->n_blocks;
    iv->blocks[iv->n_blocks++] = b;
    return 0;
}

int block_name(struct block *b)
{
    PyObject *name = b->is_temporary ? PyUnicode_FromString("Question_Temp")
                     : b->id         ? PyUnicode_FromFormat("ID %U", b->id)
                                     : PyUnicode_FromFormat("Question_%d", b->number);
    b->name = interview_keep(b->iv, name);
    return b->name ? 0 : -1;
}

/* reading */

static int check_event(struct block *b)
{
    static const char *const bad[] = { "field", "fields", "yesno", "noyes" };
    for (size_t i = 0; i < COUNT_OF(bad); i++)
        if (b->event && py_get_b(b->source, bad[i])) return block_error(b, "An event cannot be combined with %s", bad[i]);
    return 0;
}

/* A screen asks in one way (language 3). */
static int check_inputs(const struct block *b)
{
    static const char *const inputs[] = { "yesno",   "noyes",    "yesnomaybe", "noyesmaybe", "fields", "buttons",
                                          "choices", "dropdown", "combobox",   "signature",  "review" };
    const char *first = NULL;
    for (size_t i = 0; i < COUNT_OF(inputs); i++) {
        if (!py_get_b(b->source, inputs[i])) continue;
        if (first) return block_error(b, "A question cannot have both %s and %s", first, inputs[i]);
        first = inputs[i];
    }
    return 0;
}

static int read_kind(struct block *b, struct reading *r, const struct kind *kind)
{
    if (read_modifiers(b) < 0) return -1;
    if (b->type == BLOCK_QUESTION && (check_inputs(b) < 0 || read_choices(b, r) < 0)) return -1;
    if (b->type == BLOCK_REQUIRE && read_orelse(b, r) < 0) return -1;
    if (block_add(b->iv, b) < 0 || block_name(b) < 0) return -1;
    if (kind && kind->read(b) < 0) return -1;
    return read_sets(b) < 0 ? -1 : check_event(b);
}

static struct block *read_logic(struct reading *r, PyObject *source)
{
    const struct kind *kind = kind_of(source);
    bool role = !kind && py_get_b(source, "default role");
    struct block *b = block_new(r, source);
    if (!b) return NULL;
    if (!kind && !role) {
        block_error(b, "No question type could be determined for this section");
        return NULL;
    }
    b->type = kind ? kind->type : BLOCK_CODE;
    if (b->type == BLOCK_CODE && py_get_b(source, "event")) b->type = BLOCK_EVENT_CODE;
    if (b->type == BLOCK_QUESTION && py_get_b(source, "code")) {
        block_error(b, "A question and code cannot be combined in one block");
        return NULL;
    }
    return read_kind(b, r, kind) < 0 ? NULL : b;
}

/* `default role: r` with code: the code runs on every pass. */
static int read_role(struct reading *r, PyObject *source)
{
    PyObject *role = py_get_b(source, "default role");
    if (!role) return 0;
    PYOWN(list) = PyList_Check(role) ? Py_NewRef(role) : Py_BuildValue("[O]", role);
    if (!list || !(r->iv->default_role = interview_keep(r->iv, py_keep(&list)))) return -1;
    return py_get_b(source, "code") && !py_get_b(source, "mandatory") ? PyDict_SetItemString(source, "initial", Py_True) : 0;
}

/* Metadata stands alone, or beside a comment. */
static int check_metadata(struct reading *r, PyObject *source)
{
    Py_ssize_t alone = py_get_b(source, "comment") ? 2 : 1;
    if (!py_get_b(source, "metadata") || PyDict_Size(source) <= alone) return 0;
    struct block *b = block_new(r, source);
    return b ? block_error(b, "Metadata cannot be combined with anything else in one block") : -1;
}

int block_read(struct reading *r, PyObject *source)
{
    if (PyDict_Size(source) == 1 && py_get_b(source, "comment")) return 0;
    if (check_metadata(r, source) < 0) return -1;
    if (read_role(r, source) < 0) return -1;
    const struct kind *kind = kind_of(source);
    /* Blocks about modules often have an `include` as well. */
    if (!kind || kind->type == BLOCK_MODULES || kind->type == BLOCK_IMPORTS) {
        int settings = settings_read(r, source);
        if (settings < 0) return -1;
        if (settings && !kind) return 0;
    }
    return read_logic(r, source) ? 0 : -1;
}

/* embedded blocks */

static bool is_item_extra(str key)
{
    static const char *const extras[] = { "url", "image", "help", "color", "css class", "default", "group", "show if", "key", "label", "value", "code" };
    for (size_t i = 0; i < COUNT_OF(extras); i++)
        if (str_is(key, extras[i])) return true;
    return false;
}

/* What an item does: the value of the key that is its label, or of `value` beside `label`. */
static PyObject *item_action_b(PyObject *item)
{
    if (!PyDict_Check(item)) return NULL;
    if (py_get_b(item, "label")) {
        PyObject *value = py_get_b(item, "value");
        return value ? value : py_get_b(item, "key");
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    bool alone = PyDict_Size(item) == 1;
    while (PyDict_Next(item, &at, &key, &value))
        if (alone || !PyUnicode_Check(key) || !is_item_extra(py_view(key))) return value;
    return NULL;
}

PyObject *block_lower_keys(PyObject *map)
{
    PYOWN(lower) = PyDict_New();
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (lower && PyDict_Next(map, &at, &key, &value)) {
        PYOWN(name) = PyUnicode_Check(key) ? PyObject_CallMethod(key, "lower", NULL) : PyObject_Str(key);
        if (!name || PyDict_SetItem(lower, name, value) < 0) return NULL;
    }
    return py_keep(&lower);
}

static int read_embedded(struct reading *r, PyObject *item, PyObject *action, struct block **out)
{
    PYOWN(source) = NULL;
    if (PyDict_Check(action)) {
        source = block_lower_keys(action);
    } else if (PyUnicode_Check(action) && is_command_word(py_view(action))) {
        source = PyDict_New();
        PyObject *url = py_get_b(item, "url");
        if (!source || py_set(source, "command", action) < 0 || (url && py_set(source, "url", url) < 0)) return -1;
    } else {
        return 0;
    }
    *out = source ? read_logic(r, source) : NULL;
    return *out ? 0 : -1;
}

static PyObject *choice_items(PyObject *source)
{
    if (py_get_b(source, "field")) return NULL;
    for (size_t i = 0; i < COUNT_OF(choice_keys); i++) {
        PyObject *items = py_get_b(source, choice_keys[i]);
        if (!items) continue;
        if (PyList_Check(items)) return Py_NewRef(items);
        if (!PyDict_Check(items)) return NULL;
        PYOWN(list) = PyList_New(0);
        PyObject *key, *value;
        Py_ssize_t at = 0;
        while (list && PyDict_Next(items, &at, &key, &value)) {
            PYOWN(item) = PyDict_New();
            if (!item || PyDict_SetItem(item, key, value) < 0 || PyList_Append(list, item) < 0) return NULL;
        }
        return py_keep(&list);
    }
    return NULL;
}

static int read_choices(struct block *b, struct reading *r)
{
    PYOWN(items) = choice_items(b->source);
    if (!items) return PyErr_Occurred() ? -1 : 0;
    struct reading inner = *r;
    inner.outer = b->outer ? b->outer : b;
    b->n_choices = (size_t)PyList_GET_SIZE(items);
    b->choices = interview_take(b->iv, b->n_choices, sizeof(struct block *));
    if (!b->choices) return -1;
    for (size_t i = 0; i < b->n_choices; i++) {
        PyObject *item = PyList_GET_ITEM(items, (Py_ssize_t)i), *action = item_action_b(item);
        if (action && read_embedded(&inner, item, action, &b->choices[i]) < 0) return -1;
        struct block *embedded = b->choices[i];
        if (embedded && embedded->defines && defines_each(inner.outer, embedded->defines) < 0) return -1;
    }
    return 0;
}

/* The only choice of a `require` block: what is used when a condition is not true. */
static int read_orelse(struct block *b, struct reading *r)
{
    PyObject *orelse = py_get_b(b->source, "orelse");
    if (!orelse || !PyDict_Check(orelse)) return block_error(b, "A require block needs an orelse block");
    struct reading inner = *r;
    inner.outer = b;
    b->choices = interview_take(b->iv, 1, sizeof *b->choices);
    return b->choices ? read_embedded(&inner, b->source, orelse, &b->choices[0]) : -1;
}

struct block *block_temporary(struct interview *temp, PyObject *source)
{
    struct reading r = { .iv = temp, .file = temp->name, .package = temp->package, .line = 0 };
    PYOWN(own) = block_lower_keys(source);
    const struct kind *kind = own ? kind_of(own) : NULL;
    if (own && (!kind || (kind->type != BLOCK_QUESTION && kind->type != BLOCK_COMMAND))) engine_error("DAError", "A screen needs a question");
    struct block *b = own && kind && !PyErr_Occurred() ? block_new(&r, own) : NULL;
    if (!b) return NULL;
    b->type = kind->type;
    b->is_temporary = true;
    return read_kind(b, &r, kind) < 0 ? NULL : b;
}
