/* pyhost/set.c: what POST /api/session does to the answers before they are evaluated, in the order of api 12.4. */
#include "pyhost/call_int.h"
#include "pyhost/screen_int.h"

static int is_name(PyObject *name)
{
    PYOWN(test) = py_lib("names", "is_variable_name");
    PYOWN(fine) = test ? PyObject_CallOneArg(test, name) : NULL;
    return fine ? fine == Py_True : -1;
}

static int check_name(struct engine_call *c, PyObject *name, enum stage stage, const char *text)
{
    c->stage = stage;
    int fine = is_name(name);
    if (fine) return fine < 0 ? -1 : 0;
    return engine_error("DAError", "%s", text);
}

static PyObject *parsed(struct engine_call *c, enum tag t, bool object)
{
    str json = call_text(c, t);
    if (!json.n) return object ? PyDict_New() : PyList_New(0);
    PYOWN(value) = py_from_json(json);
    if (!value || (object ? PyDict_Check(value) : PyList_Check(value))) return py_keep(&value);
    PyErr_SetString(PyExc_ValueError, object ? "a JSON object was expected" : "a JSON array was expected");
    return NULL;
}

/* names that mean something only after an evaluation: x, [i] … [n] */

static bool uses_loop_names(PyObject *name)
{
    str s = py_view(name);
    if (s.n > 1 && s.p[0] == 'x' && (s.p[1] == '.' || s.p[1] == '[')) return true;
    for (size_t i = 0; i + 2 < s.n; i++)
        if (s.p[i] == '[' && s.p[i + 1] >= 'i' && s.p[i + 1] <= 'n' && s.p[i + 2] == ']') return true;
    return false;
}

static bool any_loop_names(PyObject *variables, PyObject *files, PyObject *deletes)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(variables, &at, &key, &value))
        if (uses_loop_names(key)) return true;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(files); i++) {
        PyObject *name = py_get_b(PyList_GET_ITEM(files, i), "variable");
        if (name && uses_loop_names(name)) return true;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(deletes); i++)
        if (uses_loop_names(PyList_GET_ITEM(deletes, i))) return true;
    return false;
}

static int evaluate_for_names(struct engine_call *c)
{
    if (call_access(c, "required privileges") < 0 || call_begin(c, NULL, false) < 0) return -1;
    c->stage = STAGE_LOOP_NAMES;
    PyObject *screen = eval_main_pass(&c->e);
    PyObject *reply = NULL;
    if (!screen && !signal_is_reply(&reply)) return -1;
    Py_XDECREF(screen);
    Py_XDECREF(reply);
    return prepare_namespace(&c->e); /* code may have deleted some of it */
}

/* setting */

struct setting {
    PyObject *changed; /* list of (name, old value or None, whether there was one) */
    bool tracks;
};

static int remember(struct engine_call *c, struct setting *s, PyObject *name)
{
    PYOWN(old) = s->tracks ? value_find(&c->e, name) : NULL;
    if (PyErr_Occurred()) return -1;
    PYOWN(entry) = Py_BuildValue("(OOO)", name, old ? old : Py_None, old ? Py_True : Py_False);
    return entry ? PyList_Append(s->changed, entry) : -1;
}

static int set_one(struct engine_call *c, struct setting *s, PyObject *name, PyObject *value)
{
    if (check_name(c, name, STAGE_NAME, "Illegal value as variable name.") < 0) return -1;
    c->stage = STAGE_SET;
    PYOWN(convert) = frame_get_u64(c->f, TAG_RAW, 0) ? NULL : py_lib("jsonform", "from_plain");
    PYOWN(meant) = convert ? PyObject_CallOneArg(convert, value) : Py_NewRef(value);
    if (!meant || remember(c, s, name) < 0) return -1;
    return value_assign(&c->e, name, meant);
}

static int set_variables(struct engine_call *c, struct setting *s, PyObject *variables)
{
    PYOWN(items) = PyDict_Items(variables);
    for (Py_ssize_t i = 0; items && i < PyList_GET_SIZE(items); i++) {
        PyObject *pair = PyList_GET_ITEM(items, i);
        if (set_one(c, s, PyTuple_GET_ITEM(pair, 0), PyTuple_GET_ITEM(pair, 1)) < 0) return -1;
    }
    return items ? 0 : -1;
}

static int set_files(struct engine_call *c, struct setting *s, PyObject *files)
{
    PYOWN(make) = PyList_GET_SIZE(files) ? py_lib("objects.files", "uploaded") : Py_NewRef(Py_None);
    for (Py_ssize_t i = 0; make && i < PyList_GET_SIZE(files); i++) {
        PyObject *entry = PyList_GET_ITEM(files, i), *name = py_get_b(entry, "variable"), *list = py_get_b(entry, "files");
        if (!name || !list) continue;
        if (check_name(c, name, STAGE_FILE_NAME, "Malformed file variable.") < 0) return -1;
        c->stage = STAGE_SET;
        PYOWN(value) = PyObject_CallFunctionObjArgs(make, name, list, NULL);
        if (!value || remember(c, s, name) < 0 || value_assign(&c->e, name, value) < 0) return -1;
    }
    return make ? 0 : -1;
}

/* marking, deleting, the action stack */

static int mark_question(struct engine_call *c)
{
    str wanted = call_text(c, TAG_QUESTION_NAME);
    if (!wanted.p) return 0;
    c->stage = STAGE_MARK;
    for (size_t i = 0; i < c->iv->n_blocks; i++) {
        struct block *b = c->iv->blocks[i];
        if (!b->name || !str_eq(py_view(b->name), wanted)) continue;
        PyObject *answered = py_get_b(c->e.internal, "answered");
        return b->is_mandatory && answered && PySet_Check(answered) ? PySet_Add(answered, b->name) : 0;
    }
    return engine_error("DAError", "there is no question of that name");
}

static int delete_variables(struct engine_call *c, PyObject *names)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(names); i++) {
        PyObject *name = PyList_GET_ITEM(names, i);
        if (check_name(c, name, STAGE_DELETE, "Illegal value as variable name.") < 0) return -1;
        int defined = eval_is_defined(&c->e, name);
        if (defined < 0) return -1;
        if (!defined) return engine_error("DAError", "name '%U' is not defined", name);
        if (value_remove(&c->e, name) < 0) return -1;
    }
    return 0;
}

static PyObject *stack_b(struct engine_call *c)
{
    PyObject *stacks = py_get_b(c->e.internal, "event_stack");
    PyObject *mine = stacks && PyDict_Check(stacks) ? PyDict_GetItemWithError(stacks, c->e.uid) : NULL;
    return mine && PyList_Check(mine) && PyList_GET_SIZE(mine) ? mine : NULL;
}

static int pop(PyObject *name)
{
    PYOWN(called) = py_lib("functions.stack", "pop");
    PYOWN(done) = called ? PyObject_CallOneArg(called, name) : NULL;
    return done ? 0 : -1;
}

static int take_off(struct engine_call *c, struct setting *s, PyObject *events)
{
    if (!stack_b(c)) return PyErr_Occurred() ? -1 : 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(events); i++) {
        PyObject *name = PyList_GET_ITEM(events, i);
        if (check_name(c, name, STAGE_EVENT, "Illegal value as event name.") < 0 || pop(name) < 0) return -1;
    }
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(s->changed); i++)
        if (pop(PyTuple_GET_ITEM(PyList_GET_ITEM(s->changed, i), 0)) < 0) return -1;
    return 0;
}

/* change tracking */

/* The loop variables as they are bound now. */
static int binding_now(struct engine_call *c, struct binding *b)
{
    static const char *const names[] = { "i", "j", "k", "l", "m", "n" };
    *b = (struct binding){ 0 };
    PyObject *x = py_get_b(c->e.answers, "x");
    if (x && PyObject_HasAttrString(x, "instanceName") && !(b->x_name = py_attr(x, "instanceName"))) return -1;
    for (size_t i = 0; i < COUNT_OF(names); i++) b->index[i] = py_get_b(c->e.answers, names[i]); /* borrowed */
    return 0;
}

static int follow_changes(struct engine_call *c, struct setting *s)
{
    struct binding bind;
    if (!s->tracks) return 0;
    if (binding_now(c, &bind) < 0) return -1;
    int bad = 0;
    for (Py_ssize_t i = 0; !bad && i < PyList_GET_SIZE(s->changed); i++) {
        PyObject *entry = PyList_GET_ITEM(s->changed, i);
        PYOWN(name) = variable_concrete(PyTuple_GET_ITEM(entry, 0), &bind);
        bad = name ? change_follow(&c->e, name, PyTuple_GET_ITEM(entry, 2) == Py_True ? PyTuple_GET_ITEM(entry, 1) : NULL) : -1;
    }
    Py_XDECREF(bind.x_name);
    return bad;
}

static int apply(struct engine_call *c, PyObject *variables, PyObject *files, PyObject *deletes, PyObject *events)
{
    PYOWN(changed) = PyList_New(0);
    struct setting s = { changed, !str_absent(call_text(c, TAG_QUESTION_NAME)) };
    if (!changed || set_variables(c, &s, variables) < 0 || set_files(c, &s, files) < 0) return -1;
    if (s.tracks && call_access(c, "required privileges") < 0) return -1;
    if (mark_question(c) < 0 || delete_variables(c, deletes) < 0 || take_off(c, &s, events) < 0) return -1;
    c->stage = STAGE_EVALUATE;
    return follow_changes(c, &s);
}

int call_set(struct engine_call *c)
{
    c->stage = STAGE_SET;
    PYOWN(variables) = parsed(c, TAG_VARIABLES, true);
    PYOWN(files) = variables ? parsed(c, TAG_FILES, false) : NULL;
    PYOWN(deletes) = files ? parsed(c, TAG_DELETE, false) : NULL;
    PYOWN(events) = deletes ? parsed(c, TAG_EVENTS, false) : NULL;
    if (!events) return -1;
    if (any_loop_names(variables, files, deletes) && evaluate_for_names(c) < 0) return -1;
    /* From here on as a request of its own: what the evaluation above noted must not count twice. */
    c->stage = STAGE_EVALUATE;
    return call_begin(c, NULL, false) < 0 ? -1 : apply(c, variables, files, deletes, events);
}
