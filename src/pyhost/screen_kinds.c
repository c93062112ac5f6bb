/* The kinds of question: which key makes which, and what each adds to the answer. Spec: language 3.3 to 3.8, 7.4, 7.8. */
#include "pyhost/screen_int.h"

/* yes/no */

struct yesno {
    enum question_kind kind;
    const char *key, *datatype;
    bool inverted, maybe;
};
static const struct yesno yesnos[] = {
    { Q_YESNO, "yesno", "boolean", false, false },
    { Q_NOYES, "noyes", "boolean", true, false },
    { Q_YESNOMAYBE, "yesnomaybe", "threestate", false, true },
    { Q_NOYESMAYBE, "noyesmaybe", "threestate", true, true },
};

static const struct yesno *yesno_of(enum question_kind kind)
{
    for (size_t i = 0; i < COUNT_OF(yesnos); i++)
        if (yesnos[i].kind == kind) return &yesnos[i];
    return NULL;
}

/* The field itself says true_label … only where true means Yes. */
static int yesno_labels(const struct yesno *row, PyObject *field, PyObject *out)
{
    static const struct {
        const char *screen, *field, *word, *inverted;
    } labels[] = { { "yesLabel", "true_label", "Yes", "No" },
                   { "noLabel", "false_label", "No", "Yes" },
                   { "maybeLabel", "maybe_label", "I don't know", "I don't know" } };
    for (size_t i = 0; i < (row->maybe ? 3 : 2); i++) {
        PYOWN(word) = translate_word(row->inverted ? labels[i].inverted : labels[i].word);
        if (!word || py_set(out, labels[i].screen, word) < 0) return -1;
        if (!row->inverted && py_set(field, labels[i].field, word) < 0) return -1;
    }
    return py_set_own(field, "sign", PyLong_FromLong(row->inverted ? -1 : 1));
}

/* compiling */

static int single(struct block *b, struct screen *s, PyObject *var, const char *datatype)
{
    s->fields = field_single(b, var, datatype);
    s->n_fields = 1;
    return s->fields ? 0 : -1;
}

static const struct {
    const char *key, *variety;
    enum required_message required;
} varieties[] = {
    { "choices", "radio", REQ_SELECT },
    { "buttons", "buttons", REQ_FILL },
    { "dropdown", "dropdown", REQ_SELECT },
    { "combobox", "combobox", REQ_TYPE_IN },
};

/* Keys of the question that are modifiers of its only field. */
static int single_modifiers(struct block *b, struct field *f)
{
    static const struct {
        enum field_key key;
        enum part_how how;
    } rows[] = {
        { F_DEFAULT, HOW_TEXT },    { F_SHUFFLE, HOW_EXPR }, { F_MESSAGES, HOW_DATA },    { F_PEN_COLOR, HOW_TEXT },        { F_REQUIRED, HOW_EXPR },
        { F_PERSISTENT, HOW_EXPR }, { F_PRIVATE, HOW_EXPR }, { F_ALLOW_USERS, HOW_DATA }, { F_ALLOW_PRIVILEGES, HOW_DATA },
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        PyObject *source = py_get_b(b->source, field_rows[rows[i].key].key);
        enum part_how how = rows[i].key == F_DEFAULT && source && PyDict_Check(source) ? HOW_DATA : rows[i].how;
        if (source && part_compile(b, source, how, field_rows[rows[i].key].key, &f->part[rows[i].key]) < 0) return -1;
    }
    return 0;
}

static int compile_choice_field(struct block *b, struct screen *s, PyObject *var, enum required_message required)
{
    static const char *const word[] = { NULL, "boolean", "threestate" };
    struct choices *c = s->actions;
    PyObject *datatype = py_get_b(b->source, "datatype");
    int kind = choices_datatype(c);
    s->actions = NULL;
    if (single(b, s, var, datatype && PyUnicode_Check(datatype) ? PyUnicode_AsUTF8(datatype) : word[kind]) < 0) return -1;
    struct field *f = s->fields;
    f->choices = c;
    f->is_choice_screen = true;
    f->required = required;
    return single_modifiers(b, f);
}

static int compile_choice(struct block *b, struct screen *s)
{
    for (size_t i = 0; i < COUNT_OF(varieties); i++) {
        PyObject *source = py_get_b(b->source, varieties[i].key), *var = py_get_b(b->source, "field");
        if (!source) continue;
        s->type = "multiple_choice";
        s->variety = varieties[i].variety;
        if (choices_compile(b, source, false, &s->actions) < 0) return -1;
        return var ? compile_choice_field(b, s, var, varieties[i].required) : 0;
    }
    return block_error(b, "A choice question without choices");
}

static int compile_fields(struct block *b, struct screen *s)
{
    s->type = "fields";
    if (fields_compile(b, py_get_b(b->source, "fields"), &s->fields, &s->n_fields) < 0) return -1;
    return collect_compile(b, s);
}

static int compile_signature(struct block *b, struct screen *s)
{
    s->type = "signature";
    return single(b, s, py_get_b(b->source, "signature"), NULL) < 0 ? -1 : single_modifiers(b, s->fields);
}

/* A continue variable beside other input; "field" is its old spelling. */
static int compile_continue(struct block *b, struct screen *s)
{
    PyObject *name = py_get_b(b->source, "continue button field");
    if (!name && b->kind != Q_CHOICE) name = py_get_b(b->source, "field");
    if (!name || b->kind == Q_SETTRUE) return 0;
    if (variable_check(b, name) < 0) return -1;
    PYOWN(normal) = py_lib("names", "normal_name");
    PYOWN(known) = normal ? PyObject_CallOneArg(normal, name) : NULL;
    s->continue_field = plan_keep(b, Py_NewRef(name));
    if (!known || !s->continue_field) return -1;
    return known == Py_None ? 0 : plan_defines(b, known);
}

static int compile_settrue(struct block *b, struct screen *s)
{
    PyObject *name = py_get_b(b->source, "continue button field");
    s->type = "settrue";
    return single(b, s, name ? name : py_get_b(b->source, "field"), NULL);
}

/* What block.c found, or what the keys say if it left that to us. */
static enum question_kind kind_of(const struct block *b)
{
    static const struct {
        const char *key;
        enum question_kind kind;
    } by_key[] = {
        { "yesno", Q_YESNO },     { "noyes", Q_NOYES },         { "yesnomaybe", Q_YESNOMAYBE }, { "noyesmaybe", Q_NOYESMAYBE },
        { "fields", Q_FIELDS },   { "buttons", Q_CHOICE },      { "choices", Q_CHOICE },        { "dropdown", Q_CHOICE },
        { "combobox", Q_CHOICE }, { "signature", Q_SIGNATURE }, { "review", Q_REVIEW },         { "continue button field", Q_SETTRUE },
        { "field", Q_SETTRUE },
    };
    if (b->kind != Q_NONE) return b->kind;
    for (size_t i = 0; i < COUNT_OF(by_key); i++)
        if (py_get_b(b->source, by_key[i].key)) return by_key[i].kind;
    return Q_DEADEND;
}

int kind_compile(struct block *b, struct screen *s)
{
    b->kind = kind_of(b);
    const struct yesno *row = yesno_of(b->kind);
    s->type = row ? row->key : "deadend";
    if (row && single(b, s, py_get_b(b->source, row->key), row->datatype) < 0) return -1;
    if (b->kind == Q_FIELDS && compile_fields(b, s) < 0) return -1;
    if (b->kind == Q_CHOICE && compile_choice(b, s) < 0) return -1;
    if (b->kind == Q_SETTRUE && compile_settrue(b, s) < 0) return -1;
    if (b->kind == Q_SIGNATURE && compile_signature(b, s) < 0) return -1;
    if (b->kind == Q_REVIEW && review_compile(b, s) < 0) return -1;
    return compile_continue(b, s);
}

/* rendering */

static int show_actions(struct eval *e, struct block *b, PyObject *list)
{
    PYOWN(rows) = choice_actions(e, b, b->screen->actions);
    if (!rows || images_resolve(e, b, rows) < 0) return -1;
    PYOWN(field) = Py_BuildValue("{sisssOsOsO}", "number", 0, "fieldtype", "multiple_choice", "choices", rows, "active", Py_True, "required", Py_True);
    return field ? PyList_Append(list, field) : -1;
}

static int show_signature(PyObject *out)
{
    static const struct {
        const char *key, *word;
    } phrases[] = { { "clear", "Clear" }, { "noSignature", "You must sign your name to continue." }, { "loading", "Loading.  Please wait . . . " } };
    PYOWN(words) = PyDict_New();
    for (size_t i = 0; words && i < COUNT_OF(phrases); i++)
        if (py_set_own(words, phrases[i].key, translate_word(phrases[i].word)) < 0) return -1;
    return words ? py_set(out, "signaturePhrases", words) : -1;
}

static int show_kind(struct fields_state *fs, PyObject *out)
{
    struct screen *s = fs->b->screen;
    const struct yesno *row = yesno_of(fs->b->kind);
    if (s->variety && py_set_str(out, "questionVariety", str_c(s->variety)) < 0) return -1;
    if (s->actions) return show_actions(fs->e, fs->b, fs->list);
    if (s->collect) return collect_render(fs, s, out);
    if (fields_render(fs, s->fields, s->n_fields) < 0) return -1;
    if (row && yesno_labels(row, PyList_GET_ITEM(fs->list, 0), out) < 0) return -1;
    return fs->b->kind == Q_SIGNATURE ? show_signature(out) : 0;
}

static bool shows_continue_field(enum question_kind kind) { return kind == Q_FIELDS || kind == Q_REVIEW; }

int kind_render(struct eval *e, struct block *b, const struct binding *bind, PyObject *out)
{
    struct screen *s = b->screen;
    if (s->continue_field && shows_continue_field(b->kind) && py_set(out, "question_variable_name", s->continue_field) < 0) return -1;
    if (b->kind == Q_DEADEND) return 0;
    if (b->kind == Q_REVIEW) return review_render(e, b, out);
    PYOWN(list) = PyList_New(0);
    PYOWN(holders) = PyList_New(0);
    PYOWN(empty) = PyList_New(0);
    if (!list || !holders || !empty) return -1;
    struct fields_state fs = { .e = e, .b = b, .bind = bind, .list = list, .holders = holders, .empty = empty };
    if (show_kind(&fs, out) < 0 || py_set(out, "fields", list) < 0) return -1;
    return fields_finish(&fs, !s->continue_field);
}
