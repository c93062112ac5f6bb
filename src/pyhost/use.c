/* pyhost/use.c: what using a block means: in the main pass, and as candidate for a name. Spec: language 6.1, 6.4, 6.6. */
#include "pyhost/seek_int.h"
#include "pyhost/screen_int.h"

/* parts that both have in common */

static int evaluate_all(struct eval *e, const struct expr *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        PYOWN(value) = expr_eval(e, &v[i]);
        if (!value) return -1;
    }
    return 0;
}

int block_finish(struct eval *e, struct block *b) { return evaluate_all(e, b->need_post, b->n_need_post); }

int block_conditions(struct eval *e, struct block *b)
{
    for (size_t i = 0; i < b->n_conditions; i++) {
        PYOWN(value) = expr_eval(e, &b->conditions[i]);
        int fine = value ? PyObject_IsTrue(value) : -1;
        if (fine <= 0) return fine;
    }
    return 1;
}

static int note_block(struct eval *e, struct block *b)
{
    e->last = b;
    if (py_set_attr(e->state, "question_id", b->id ? b->id : b->name) < 0) return -1;
    return py_set_attr(e->state, "block_package", b->package);
}

/* need, undefine, reconsider, the code, need: post */
static int run_code(struct eval *e, struct block *b, const struct binding *bind)
{
    if (note_block(e, b) < 0 || screen_prepare(e, b, bind) < 0 || suite_run(e, &b->code) < 0) return -1;
    return block_finish(e, b);
}

static int mark_answered(struct eval *e, struct block *b)
{
    PyObject *answered = py_get_b(e->internal, "answered");
    if (answered && PySet_Check(answered)) return PySet_Add(answered, b->name);
    PYOWN(made) = PySet_New(NULL);
    return made && PySet_Add(made, b->name) == 0 ? py_set(e->internal, "answered", made) : -1;
}

static int is_answered(struct eval *e, struct block *b)
{
    PyObject *answered = py_get_b(e->internal, "answered");
    return answered && PyAnySet_Check(answered) ? PySet_Contains(answered, b->name) : 0;
}

static int is_true(struct eval *e, const struct expr *x)
{
    if (x->constant) return PyObject_IsTrue(x->constant);
    PYOWN(value) = expr_eval(e, x);
    return value ? PyObject_IsTrue(value) : -1;
}

/* choices of embedded blocks */

static bool uses_names(struct block *b, char letter)
{
    char bracket[4] = { '[', letter, ']', 0 };
    for (Py_ssize_t i = 0; b->defines && i < PyList_GET_SIZE(b->defines); i++) {
        str name = py_view(PyList_GET_ITEM(b->defines, i));
        if (letter == 'x' ? name.n > 1 && name.p[0] == 'x' && (name.p[1] == '.' || name.p[1] == '[') : str_search(name, str_c(bracket)) < name.n) return true;
    }
    return false;
}

/* Whether a screen's variables use x or an index, is known when it was found by such a pattern. */
PyObject *block_choice_key(struct eval *e, struct block *b, const struct binding *bind)
{
    static const char letters[] = "ijklmn";
    PYOWN(key) = Py_NewRef(b->name);
    bool first = true;
    if (uses_names(b, 'x') && bind && bind->x_name) {
        Py_SETREF(key, PyUnicode_FromFormat("%U|WITH|%S", key, bind->x_name));
        first = false;
    }
    for (size_t i = 0; key && i + 1 < sizeof letters; i++) {
        char name[2] = { letters[i], 0 };
        PyObject *value = uses_names(b, letters[i]) ? py_get_b(e->answers, name) : NULL;
        if (!value) continue;
        Py_SETREF(key, PyUnicode_FromFormat("%U|%s%S", key, first ? "WITH|" : "", value));
        first = false;
    }
    return py_keep(&key);
}

struct block *block_chosen(struct eval *e, struct block *b, const struct binding *bind)
{
    for (unsigned deep = 0; b->n_choices && deep < 100; deep++) {
        PyObject *answers = py_get_b(e->internal, "answers");
        if (!answers || !PyDict_Check(answers)) return b;
        PYOWN(key) = block_choice_key(e, b, bind);
        PyObject *chosen = key ? PyDict_GetItemWithError(answers, key) : NULL;
        if (!chosen) return PyErr_Occurred() ? NULL : b;
        long at = PyLong_Check(chosen) ? PyLong_AsLong(chosen) : -1;
        if (PyErr_Occurred()) PyErr_Clear();
        if (at < 0 || (size_t)at >= b->n_choices || !b->choices[at]) return b;
        b = b->choices[at];
    }
    return b;
}

/* screens */

static PyObject *command_of(struct eval *e, struct block *b)
{
    PYOWN(url) = text_given(&b->command_url) ? text_trimmed(text_render(e, &b->command_url), TRIM_END) : Py_NewRef(Py_None);
    return url ? screen_command(e, b, b->command, url) : NULL;
}

PyObject *screen_of(struct eval *e, struct block *b, const struct binding *bind)
{
    if (note_block(e, b) < 0) return NULL;
    if (b->type != BLOCK_COMMAND) return screen_build(e, b, bind);
    PYOWN(screen) = command_of(e, b);
    if (!screen || !bind || !bind->sought) return py_keep(&screen);
    return py_set_own(screen, "event_list", Py_BuildValue("[O]", bind->sought)) < 0 ? NULL : py_keep(&screen);
}

struct interview *interview_temporary(struct eval *e)
{
    if (e->temp) return e->temp;
    struct arena *mem = arena_new((size_t)64 * 1024 * 1024);
    struct interview *temp = mem ? NEW(mem, struct interview) : NULL;
    if (!temp) {
        arena_free(mem);
        PyErr_NoMemory();
        return NULL;
    }
    *temp = *e->iv;
    temp->mem = mem;
    temp->blocks = NULL;
    temp->n_blocks = 0;
    return e->temp = temp;
}

PyObject *screen_temporary(struct eval *e, PyObject *source)
{
    struct interview *temp = interview_temporary(e);
    if (!temp) return NULL;
    temp->n_blocks = 0; /* the buttons of each such screen are numbered from 0 */
    temp->blocks = NULL;
    struct block *b = PyDict_Check(source) ? block_temporary(temp, source) : NULL;
    struct block *chosen = b ? block_chosen(e, b, NULL) : NULL;
    if (!chosen && !PyErr_Occurred()) engine_error("DAError", "A screen is made of a mapping");
    return chosen ? screen_of(e, chosen, NULL) : NULL;
}

static bool is_continue(const struct block *b) { return b->type == BLOCK_COMMAND && str_is(py_view(b->command), "continue"); }

/* A review screen that an action shows stays on the action stack, so that the user comes back to it after each edit. */
static int keep_review(struct eval *e, struct block *b, const struct binding *bind)
{
    if (b->kind != Q_REVIEW || !bind || !b->event || !e->is_action) return 0;
    int is_event = PySequence_Contains(b->event, bind->pattern);
    if (is_event <= 0) return is_event;
    PYOWN(entry) = py_lib("functions.stack", "entry");
    PYOWN(push) = py_lib("functions.stack", "push_all");
    PYOWN(made) = entry ? PyObject_CallFunction(entry, "O{}{}", bind->sought) : NULL;
    PYOWN(list) = made ? Py_BuildValue("[O]", made) : NULL;
    PYOWN(done) = push && list ? PyObject_CallOneArg(push, list) : NULL;
    return done ? 0 : -1;
}

/* After prevent_going_back() the screen that follows offers no way back. call_evaluate() takes it out again: the next screen does (recorded). */
static int bar_way_back(struct eval *e)
{
    PYOWN(prevents) = py_attr(e->state, "prevent_back");
    int wanted = prevents ? PyObject_IsTrue(prevents) : -1;
    return wanted > 0 ? py_set_own(e->internal, "steps_offset", PyLong_FromLong(e->steps)) : wanted;
}

/* The action on top of the stack is known by the text of the screen that it led to. */
static int note_breadcrumb(const struct binding *bind, PyObject *screen)
{
    if (!bind || !bind->sought) return 0;
    PYOWN(called) = py_lib("functions.stack", "note_breadcrumb");
    PyObject *text = py_get_b(screen, "questionText");
    PYOWN(done) = called ? PyObject_CallFunctionObjArgs(called, bind->sought, text ? text : Py_None, NULL) : NULL;
    return done ? 0 : -1;
}

static enum end show(struct eval *e, struct block *b, const struct binding *bind, PyObject **screen)
{
    if (bar_way_back(e) < 0 || py_set_attr(e->state, "breadcrumb", Py_None) < 0) return END_ERROR;
    *screen = screen_of(e, b, bind);
    if (!*screen) return END_EXCEPTION;
    if (keep_review(e, b, bind) == 0 && note_breadcrumb(bind, *screen) == 0) return END_SCREEN;
    Py_CLEAR(*screen);
    return END_ERROR;
}

/* the main pass */

static enum end pass_question(struct eval *e, struct block *b, PyObject **screen)
{
    struct block *chosen = block_chosen(e, b, NULL);
    if (!chosen) return END_ERROR;
    if (chosen->type == BLOCK_QUESTION) return show(e, chosen, NULL, screen);
    if (chosen->type == BLOCK_COMMAND && !is_continue(chosen)) return mark_answered(e, b) < 0 ? END_ERROR : show(e, chosen, NULL, screen);
    if (chosen->type != BLOCK_COMMAND && run_code(e, chosen, NULL) < 0) return END_EXCEPTION;
    return mark_answered(e, b) < 0 ? END_ERROR : END_NEXT;
}

static enum end pass_mandatory(struct eval *e, struct block *b, PyObject **screen)
{
    int bad = 0;
    switch (b->type) {
    case BLOCK_QUESTION: return pass_question(e, b, screen);
    case BLOCK_CODE:
    case BLOCK_EVENT_CODE: bad = run_code(e, b, NULL); break;
    case BLOCK_OBJECTS:
    case BLOCK_OBJECTS_FILE: bad = objects_make(e, b, NULL); break;
    case BLOCK_DATA:
    case BLOCK_DATA_CODE: bad = data_make(e, b, NULL); break;
    case BLOCK_ATTACHMENT: bad = attachment_make(e, b, NULL); break;
    case BLOCK_SETTINGS:
    case BLOCK_TEMPLATE:
    case BLOCK_TABLE:
    case BLOCK_MODULES:
    case BLOCK_IMPORTS:
    case BLOCK_RESET:
    case BLOCK_REQUIRE:
    case BLOCK_COMMAND: break;
    }
    if (bad < 0) return END_EXCEPTION;
    return mark_answered(e, b) < 0 ? END_ERROR : END_NEXT;
}

/* Each expression must be true, else the block `orelse` is used (language 3.18). */
static enum end pass_require(struct eval *e, struct block *b, PyObject **screen)
{
    int fine = block_conditions(e, b);
    if (fine) return fine < 0 ? END_EXCEPTION : END_NEXT;
    struct block *other = b->choices[0];
    if (other->type == BLOCK_QUESTION || other->type == BLOCK_COMMAND) return show(e, other, NULL, screen);
    return run_code(e, other, NULL) < 0 ? END_EXCEPTION : END_NEXT;
}

enum end pass_block(struct eval *e, struct block *b, PyObject **screen)
{
    if (b->type == BLOCK_REQUIRE) return pass_require(e, b, screen);
    if (b->is_initial) {
        int now = is_true(e, &b->initial);
        if (now < 0) return END_EXCEPTION;
        return now && run_code(e, b, NULL) < 0 ? END_EXCEPTION : END_NEXT;
    }
    if (!b->is_mandatory) return END_NEXT;
    int done = is_answered(e, b);
    if (done) return done < 0 ? END_ERROR : END_NEXT;
    if (note_block(e, b) < 0) return END_ERROR;
    int now = is_true(e, &b->mandatory);
    if (now <= 0) return now < 0 ? END_EXCEPTION : END_NEXT;
    return pass_mandatory(e, b, screen);
}

/* candidates */

static int call_stack(const char *function, PyObject *name)
{
    PYOWN(called) = py_lib("functions.stack", function);
    PYOWN(done) = called ? PyObject_CallOneArg(called, name) : NULL;
    return done ? PyObject_IsTrue(done) : -1;
}
int stack_pop(PyObject *name) { return call_stack("pop", name); }

int make_catchall(struct eval *e, PyObject *name)
{
    PYOWN(class) = py_lib("objects.empty", "DACatchAll");
    PYOWN(made) = class ? PyObject_CallOneArg(class, name) : NULL;
    return made ? value_assign(e, name, made) : -1;
}

static enum end defined_or_next(struct eval *e, PyObject *name)
{
    int defined = eval_is_defined(e, name);
    return defined < 0 ? END_ERROR : defined ? END_AGAIN : END_NEXT;
}

/* Runs code for a name: its old value goes first and comes back if the code does not set it. */
static enum end use_code(struct eval *e, struct block *b, const struct binding *bind, bool forced)
{
    PYOWN(old) = value_find(e, bind->sought);
    if (!old && PyErr_Occurred()) return END_ERROR;
    if (old && value_remove(e, bind->sought) < 0) return END_ERROR;
    if (run_code(e, b, bind) < 0) return END_EXCEPTION;
    int defined = eval_is_defined(e, bind->sought);
    if (defined < 0) return END_ERROR;
    if (defined && change_follow(e, bind->sought, old) < 0) return END_EXCEPTION;
    if (defined) return forced ? END_NEXT : END_AGAIN;
    return old && value_assign(e, bind->sought, old) < 0 ? END_ERROR : END_NEXT;
}

static enum end use_event(struct eval *e, struct block *b, const struct binding *bind)
{
    if (run_code(e, b, bind) < 0) return END_EXCEPTION;
    return stack_pop(bind->sought) < 0 ? END_ERROR : END_AGAIN;
}

/* An embedded command `continue` sets the screen's own field, if it has one. */
static enum end use_continue(struct eval *e, struct block *outer, const struct binding *bind)
{
    PyObject *field = py_get_b(outer->source, "continue button field");
    if (field && PyUnicode_Check(field)) {
        PYOWN(name) = variable_concrete(field, bind);
        if (!name || value_assign(e, name, Py_True) < 0) return END_EXCEPTION;
    }
    return defined_or_next(e, bind->sought);
}

static enum end use_question(struct eval *e, struct block *b, const struct binding *bind, bool forced, PyObject **screen)
{
    struct block *chosen = forced ? b : block_chosen(e, b, bind);
    if (!chosen) return END_ERROR;
    if (chosen != b) {
        int fine = block_conditions(e, chosen);
        if (fine <= 0) return fine < 0 ? END_EXCEPTION : END_NEXT;
    }
    if (is_continue(chosen)) return use_continue(e, b, bind);
    if (chosen->type == BLOCK_CODE || chosen->type == BLOCK_EVENT_CODE) return use_code(e, chosen, bind, forced);
    int hidden = screen_hides(e, chosen, bind);
    if (hidden) return hidden < 0 ? END_EXCEPTION : END_NEXT;
    return show(e, chosen, bind, screen);
}

static enum end use_made(struct eval *e, const struct binding *bind, int bad, bool surely)
{
    if (bad < 0) return END_EXCEPTION;
    return surely ? END_AGAIN : defined_or_next(e, bind->sought);
}

static enum end use_target(struct eval *e, struct block *b, const struct binding *bind, PyObject **screen)
{
    *screen = lazy_screen(e, b);
    if (!*screen) return END_EXCEPTION;
    return py_set_own(*screen, "event_list", Py_BuildValue("[O]", bind->sought)) < 0 ? END_ERROR : END_SCREEN;
}

enum end use_candidate(struct eval *e, struct block *b, const struct binding *bind, bool forced, PyObject **screen)
{
    if (binding_bind(e, bind) < 0) return END_ERROR;
    int fine = block_conditions(e, b);
    if (fine <= 0) return fine < 0 ? END_EXCEPTION : END_NEXT;
    switch (b->type) {
    case BLOCK_DATA:
    case BLOCK_DATA_CODE: return use_made(e, bind, data_make(e, b, bind), true);
    case BLOCK_OBJECTS:
    case BLOCK_OBJECTS_FILE: return use_made(e, bind, objects_make(e, b, bind), false);
    case BLOCK_TEMPLATE:
        if (py_get_b(b->source, "target")) return use_target(e, b, bind, screen);
        return use_made(e, bind, lazy_make(e, b, bind), true);
    case BLOCK_TABLE: return use_made(e, bind, lazy_make(e, b, bind), true);
    case BLOCK_ATTACHMENT: return use_made(e, bind, attachment_make(e, b, bind), false);
    case BLOCK_CODE: return use_code(e, b, bind, forced);
    case BLOCK_EVENT_CODE: return use_event(e, b, bind);
    case BLOCK_QUESTION: return use_question(e, b, bind, forced, screen);
    case BLOCK_SETTINGS:
    case BLOCK_MODULES:
    case BLOCK_IMPORTS:
    case BLOCK_RESET:
    case BLOCK_REQUIRE:
    case BLOCK_COMMAND: break;
    }
    return END_NEXT;
}
