/* pyhost/seek.c: the main pass and the search for a missing variable, written as language specification 6.1 and 6.4 have them.
 *
 * Nothing is resumed: a block that meets a missing name is abandoned, the name is sought, and the block runs again from its start. What a block
 * does is in use.c; what an exception means is in signal.c; here is only who is asked next. */
#include "pyhost/seek_int.h"

enum { LIMIT_PRESET = 500 };

static long limit_of(struct interview *iv, const char *feature)
{
    PyObject *value = py_get_b(iv->features, feature);
    long limit = value && PyLong_Check(value) ? PyLong_AsLong(value) : LIMIT_PRESET;
    if (PyErr_Occurred()) PyErr_Clear();
    return limit > 0 && limit <= 100000 ? limit : LIMIT_PRESET;
}

/* what was tried: names and the blocks that must not be used for them */

struct tried {
    PyObject *map; /* {name: set of block numbers} */
};

static int tried_add(struct tried *t, PyObject *name, const struct block *b)
{
    PyObject *set = PyDict_GetItemWithError(t->map, name);
    if (!set) {
        PYOWN(made) = PyErr_Occurred() ? NULL : PySet_New(NULL);
        if (!made || PyDict_SetItem(t->map, name, made) < 0) return -1;
        set = made; /* the map holds it */
    }
    PYOWN(number) = PyLong_FromLong(b->number);
    return number ? PySet_Add(set, number) : -1;
}

static int tried_has(struct tried *t, PyObject *pattern, const struct block *b)
{
    PyObject *set = PyDict_GetItemWithError(t->map, pattern);
    if (!set) return PyErr_Occurred() ? -1 : 0;
    PYOWN(number) = PyLong_FromLong(b->number);
    return number ? PySet_Contains(set, number) : -1;
}

/* one search */

struct search {
    struct eval *e;
    struct tried *tried;
    PyObject *stack; /* names being sought, outermost first */
    PyObject *name;
    bool forced;
    bool skipped;
};

static enum end seek(struct eval *e, struct tried *tried, PyObject *stack, PyObject *name, bool forced, PyObject **screen);

static enum end raise_missing(struct search *s)
{
    PYOWN(kind) = py_lib("errors", "DAErrorMissingVariable");
    PYOWN(language) = py_attr(s->e->state, "language");
    PYOWN(text) = language
                      ? PyUnicode_FromFormat("Interview has an error.  There was a reference to a variable '%U' that could not be looked up in the question "
                                             "file (for language '%S') or in any of the files incorporated by reference into the question file.",
                                             s->name, language)
                      : NULL;
    PYOWN(error) = kind && text ? PyObject_CallFunctionObjArgs(kind, text, s->name, NULL) : NULL;
    if (error) PyErr_SetObject(kind, error);
    return END_ERROR;
}

/* Nobody defines it: language 6.4, the end of the loop over the candidates. */
static enum end not_found(struct search *s)
{
    if (s->skipped) {
        engine_error("DASourceError", "Infinite loop: %U already looked for, where stack is %S", s->name, s->stack);
        return END_ERROR;
    }
    if (s->forced) return stack_pop(s->name) < 0 ? END_ERROR : END_AGAIN;
    int catchall = py_true(s->e->iv->features, "use catchall", 0);
    if (catchall < 0) return END_ERROR;
    if (catchall && !str_ends(py_view(s->name), STR(".value"))) return make_catchall(s->e, s->name) < 0 ? END_ERROR : END_AGAIN;
    return raise_missing(s);
}

/* A name that is missing while a candidate is used. What the candidate has assigned until then is no reason to be content with it. */
static enum end seek_inner(struct search *s, const struct candidate *c, PyObject *wanted, PyObject **screen)
{
    bool objects = c->block->type == BLOCK_OBJECTS || c->block->type == BLOCK_OBJECTS_FILE;
    if (!objects && tried_add(s->tried, wanted, c->block) < 0) return END_ERROR;
    int before = eval_is_defined(s->e, s->name);
    enum end end = before < 0 ? END_ERROR : seek(s->e, s->tried, s->stack, wanted, false, screen);
    if (end != END_AGAIN) return end;
    if (before) return END_RETRY;
    int defined = eval_is_defined(s->e, s->name);
    return defined < 0 ? END_ERROR : defined ? END_AGAIN : END_RETRY;
}

/* What the exception of a candidate means for the search. */
static enum end after_exception(struct search *s, const struct candidate *c, PyObject **screen)
{
    struct signal signal;
    signal_take(&signal);
    enum end end = signal.kind == SIG_MISSING ? seek_inner(s, c, signal.name, screen) : settle(s->e, &signal, screen);
    signal_release(&signal);
    return end;
}

/* One candidate. END_NEXT: the next one; END_RETRY: from the first again. */
static enum end try_candidate(struct search *s, const struct candidate *c, PyObject **screen)
{
    struct block *b = c->block;
    int tried = tried_has(s->tried, c->bind.pattern, b);
    if (tried < 0) return END_ERROR;
    if (tried) {
        s->skipped = true;
        return END_NEXT;
    }
    enum end end = use_candidate(s->e, b, &c->bind, s->forced, screen);
    return end == END_EXCEPTION ? after_exception(s, c, screen) : end;
}

static enum end try_all(struct search *s, const struct candidates *all, PyObject **screen)
{
    s->skipped = false;
    for (size_t i = 0; i < all->n; i++) {
        enum end end = try_candidate(s, &all->v[i], screen);
        if (end != END_NEXT) return end;
    }
    return not_found(s);
}

/* Which collections were being gathered when the search began; starting over must not think of more. */
static PyObject *gathering_now(struct search *s)
{
    PYOWN(set) = py_attr(s->e->state, "gathering");
    return set ? PySet_New(set) : NULL;
}

static int restore_gathering(struct eval *e, PyObject *before)
{
    PYOWN(set) = py_attr(e->state, "gathering");
    if (!set || PySet_Clear(set) < 0) return -1;
    PYOWN(done) = PyObject_CallMethod(set, "update", "O", before);
    return done ? 0 : -1;
}

static enum end search_loop(struct search *s, PyObject **screen)
{
    struct candidates all;
    if (candidates_find(s->e, s->name, &all) < 0) return END_ERROR;
    long limit = limit_of(s->e->iv, "loop limit");
    enum end end = END_RETRY;
    PYOWN(gathering) = gathering_now(s);
    if (!gathering) end = END_ERROR;
    for (long loops = 0; end == END_RETRY; loops++) {
        if (loops > limit) {
            engine_error("DASourceError", "There appears to be a circularity.  Variables involved: %S.", s->stack);
            end = END_ERROR;
            break;
        }
        if (loops && restore_gathering(s->e, gathering) < 0)
            end = END_ERROR;
        else
            end = try_all(s, &all, screen);
    }
    candidates_release(&all);
    return end;
}

static PyObject *join_names(PyObject *stack)
{
    PYOWN(set) = PySet_New(stack);
    PYOWN(list) = set ? PySequence_List(set) : NULL;
    PYOWN(comma) = PyUnicode_FromString(", ");
    if (!list || !comma || PyList_Sort(list) < 0) return NULL;
    return PyUnicode_Join(comma, list);
}

static enum end too_deep(PyObject *stack)
{
    PYOWN(names) = join_names(stack);
    if (names) engine_error("DASourceError", "There appears to be an infinite loop.  Variables in stack are %U.", names);
    return END_ERROR;
}

static enum end seek(struct eval *e, struct tried *tried, PyObject *stack, PyObject *name, bool forced, PyObject **screen)
{
    struct search s = { .e = e, .tried = tried, .stack = stack, .name = name, .forced = forced };
    if (PyList_Append(stack, name) < 0) return END_ERROR;
    if (++e->depth > limit_of(e->iv, "recursion limit") || Py_EnterRecursiveCall(" while seeking a variable")) return too_deep(stack);
    enum end end = END_ERROR;
    if (py_set_attr(e->state, "variable", name) == 0) end = search_loop(&s, screen);
    Py_LeaveRecursiveCall();
    e->depth--;
    if (end == END_ERROR) return end;
    return PySequence_DelItem(stack, PyList_GET_SIZE(stack) - 1) < 0 ? END_ERROR : end;
}

enum end seek_top(struct eval *e, PyObject *name, bool forced, PyObject **screen)
{
    struct tried tried = { PyDict_New() };
    PYOWN(stack) = PyList_New(0);
    enum end end = tried.map && stack ? seek(e, &tried, stack, name, forced, screen) : END_ERROR;
    if (end == END_ERROR) Py_XSETREF(e->sought, Py_XNewRef(stack));
    Py_XDECREF(tried.map);
    return end;
}

/* the main pass */

/* Assignments instead of a question that turned out empty (language 4.4): [(name, value)]. */
static int assign_all(struct eval *e, PyObject *assignments)
{
    PYOWN(items) = assignments && PyDict_Check(assignments) ? PyDict_Items(assignments) : assignments ? PySequence_List(assignments) : NULL;
    for (Py_ssize_t i = 0; items && i < PyList_GET_SIZE(items); i++) {
        PyObject *name, *value;
        if (!PyArg_ParseTuple(PyList_GET_ITEM(items, i), "OO", &name, &value) || value_assign(e, name, value) < 0) return -1;
    }
    return items ? 0 : -1;
}

/* The temporary screen's own exception is settled in turn: a text may be missing a name. */
static enum end settle_again(struct eval *e, PyObject **screen)
{
    if (Py_EnterRecursiveCall(" while making a screen")) return END_ERROR;
    struct signal inner;
    signal_take(&inner);
    enum end end = settle(e, &inner, screen);
    signal_release(&inner);
    Py_LeaveRecursiveCall();
    return end;
}

enum end settle(struct eval *e, struct signal *signal, PyObject **screen)
{
    switch (signal->kind) {
    case SIG_ERROR: return END_ERROR;
    case SIG_RERUN: return END_AGAIN;
    case SIG_EMPTY: return assign_all(e, signal->value) < 0 ? END_ERROR : END_AGAIN;
    case SIG_MISSING: return seek_top(e, signal->name, false, screen);
    case SIG_FORCED: return seek_top(e, signal->name, true, screen);
    case SIG_SCREEN: *screen = screen_temporary(e, signal->value); break;
    }
    return *screen ? END_SCREEN : settle_again(e, screen);
}

static enum end begin_pass(struct eval *e)
{
    PYOWN(gathering) = py_attr(e->state, "gathering");
    if (!gathering || !PySet_Check(gathering)) return END_ERROR;
    PySet_Clear(gathering);
    if (e->iv->calls_process_action) return END_NEXT;
    PYOWN(process) = py_lib("functions.actions", "process_action");
    PYOWN(done) = process ? PyObject_CallNoArgs(process) : NULL;
    return done ? END_NEXT : END_EXCEPTION;
}

static enum end one_pass(struct eval *e, PyObject **screen)
{
    enum end end = begin_pass(e);
    for (size_t i = 0; end == END_NEXT && i < e->iv->n_blocks; i++)
        if (!e->iv->blocks[i]->outer) end = pass_block(e, e->iv->blocks[i], screen);
    if (end != END_NEXT) return end;
    e->last = NULL; /* none of them is to blame */
    engine_error("DAErrorNoEndpoint",
                 "Docassemble has finished executing all code blocks marked as initial or mandatory, and finished asking all questions "
                 "marked as mandatory (if any).  It is a best practice to end your interview with a question that says goodbye and offers an "
                 "Exit button.");
    return END_ERROR;
}

static enum end pass_and_settle(struct eval *e, PyObject **screen)
{
    enum end end = one_pass(e, screen);
    if (end != END_EXCEPTION) return end;
    struct signal signal;
    signal_take(&signal);
    end = settle(e, &signal, screen);
    signal_release(&signal);
    return end;
}

PyObject *eval_main_pass(struct eval *e)
{
    PyObject *screen = NULL;
    if (prepare_request(e) < 0) return NULL;
    long limit = limit_of(e->iv, "loop limit");
    for (e->loops = 1; e->loops <= limit; e->loops++) {
        e->depth = 0;
        switch (pass_and_settle(e, &screen)) {
        case END_SCREEN: return screen;
        case END_ERROR: return NULL;
        case END_AGAIN:
        case END_NEXT:
        case END_RETRY:
        case END_EXCEPTION: break;
        }
        if (PyErr_CheckSignals() < 0) return NULL;
    }
    PYOWN(variable) = py_attr(e->state, "variable");
    engine_error("DASourceError", "There appears to be a circularity.  Variables involved: %S.", variable ? variable : Py_None);
    return NULL;
}
