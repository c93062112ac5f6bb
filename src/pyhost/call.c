/* pyhost/call.c: opens a call (user, interview, answers, the library's state) and closes it again. Spec: api 12, language 8. */
#include "pyhost/call_int.h"
#include <datetime.h>
#include <time.h>

str call_text(struct engine_call *c, enum tag t) { return frame_get(c->f, t); }

/* user and interview */

static PyObject *json_object(str json)
{
    PYOWN(value) = json.n ? py_from_json(json) : PyDict_New();
    if (!value || PyDict_Check(value)) return py_keep(&value);
    PyErr_SetString(PyExc_ValueError, "a JSON object was expected");
    return NULL;
}

static PyObject *utc_now(struct engine_call *c)
{
    int64_t ms = (int64_t)frame_get_u64(c->f, TAG_NOW_MS, 0);
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;
    if (!PyDateTimeAPI) PyDateTime_IMPORT;
    if (!PyDateTimeAPI || !gmtime_r(&seconds, &t)) return NULL;
    return PyDateTime_FromDateAndTime(t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, (int)(ms % 1000) * 1000);
}

int call_load(struct engine_call *c)
{
    c->stage = STAGE_LOAD;
    c->user = json_object(call_text(c, TAG_USER));
    c->now = utc_now(c);
    PYOWN(name) = py_str(call_text(c, TAG_INTERVIEW));
    if (!c->user || !c->now || !name) return -1;
    c->iv = interview_get(name);
    return c->iv ? 0 : -1;
}

/* access (api 12, "Interview access rule") */

static int shares(PyObject *wanted, PyObject *mine)
{
    if (!PyList_Check(wanted)) return PySequence_Contains(mine, wanted);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(wanted); i++) {
        int has = PySequence_Contains(mine, PyList_GET_ITEM(wanted, i));
        if (has) return has;
    }
    return 0;
}

static PyObject *privileges(struct engine_call *c)
{
    PyObject *own = py_get_b(c->user, "privileges");
    if (own && PyList_Check(own) && PyList_GET_SIZE(own)) return Py_NewRef(own);
    return Py_BuildValue("[s]", "user");
}

int call_access(struct engine_call *c, const char *key)
{
    c->stage = STAGE_ACCESS;
    PyObject *wanted = py_get_b(c->iv->metadata, key);
    bool starting = strcmp(key, "required privileges for initiating") == 0;
    if (!wanted) return 0;
    if (starting && py_true(c->user, "is_admin", 0) == 1) return 0;
    int given = PyObject_IsTrue(wanted);
    if (given < 0) return -1;
    if (!given && !starting) return 0;
    PYOWN(mine) = privileges(c);
    int fine = !mine ? -1 : given ? shares(wanted, mine) : 0;
    if (fine) return fine < 0 ? -1 : 0;
    return engine_error("DAError", "Insufficient permissions to run this interview.");
}

/* answers */

static PyObject *load_with(PyObject *bytes, PyObject *modules)
{
    PYOWN(load) = py_lib("snapshot", "load");
    PYOWN(package) = py_str(engine.package);
    PYOWN(allowed) = package ? Py_BuildValue("[O]", package) : NULL;
    return load && allowed ? PyObject_CallFunctionObjArgs(load, bytes, allowed, modules, NULL) : NULL;
}

/* Classes may be those of the package and of the modules that the interview names: it is read for that alone where the call has no need of it. */
static PyObject *load_snapshot(struct engine_call *c, PyObject *bytes)
{
    PYOWN(none) = PyTuple_New(0);
    PyObject *named = c->iv ? modules_named_b(c->iv) : none;
    PyObject *answers = named ? load_with(bytes, named) : NULL;
    if (answers || c->iv || !none) return answers;
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PYOWN(name) = py_str(call_text(c, TAG_INTERVIEW));
    struct interview *iv = name ? interview_get(name) : NULL;
    named = iv ? modules_named_b(iv) : NULL;
    if (named && PyList_GET_SIZE(named)) answers = load_with(bytes, named);
    if (answers) {
        Py_XDECREF(type);
        Py_XDECREF(value);
        Py_XDECREF(trace);
    } else {
        PyErr_Restore(type, value, trace);
    }
    return answers;
}

static PyObject *snapshot_bytes(struct engine_call *c)
{
    uint64_t warm = frame_get_u64(c->f, TAG_WARM, 0);
    PyObject *found = warm ? warm_find_b(warm) : NULL;
    if (found) return Py_NewRef(found);
    str given = call_text(c, TAG_SNAPSHOT);
    return given.p ? PyBytes_FromStringAndSize(given.p, (Py_ssize_t)given.n) : NULL;
}

/* Answers of another text of the interview are made to fit this one. */
static int renew(struct engine_call *c, PyObject *answers)
{
    PYOWN(made_with) = Py_XNewRef(py_get_b(answers, "__interview__"));
    if (!made_with) return PyErr_Occurred() ? -1 : 0;
    if (PyDict_DelItemString(answers, "__interview__") < 0) return -1;
    if (!c->iv || !PyBytes_Check(made_with)) return 0;
    str hash = { (const char *)c->iv->hash, sizeof c->iv->hash };
    if (str_eq((str){ PyBytes_AS_STRING(made_with), (size_t)PyBytes_GET_SIZE(made_with) }, hash)) return 0;
    PYOWN(called) = py_lib("snapshot", "renew");
    PYOWN(done) = called ? PyObject_CallOneArg(called, answers) : NULL;
    return done ? 0 : -1;
}

int call_answers(struct engine_call *c)
{
    c->stage = STAGE_SNAPSHOT;
    PYOWN(bytes) = snapshot_bytes(c);
    if (!bytes) return PyErr_Occurred() ? -1 : 1;
    c->answers = load_snapshot(c, bytes);
    if (!c->answers || renew(c, c->answers) < 0 || namespace_open(c->iv, &c->answers) < 0) return -1;
    str old = call_text(c, TAG_OLD_SNAPSHOT);
    if (!old.p) return 0;
    PYOWN(discarded) = PyBytes_FromStringAndSize(old.p, (Py_ssize_t)old.n);
    c->old_answers = discarded ? load_snapshot(c, discarded) : NULL;
    return c->old_answers ? renew(c, c->old_answers) : -1;
}

int call_fresh(struct engine_call *c)
{
    c->stage = STAGE_EVALUATE;
    PYOWN(make) = py_lib("fresh", "fresh_answers");
    PYOWN(arguments) = json_object(call_text(c, TAG_URL_ARGS));
    str given = call_text(c, TAG_REFERER);
    PYOWN(referer) = given.p ? py_str(given) : Py_NewRef(Py_None);
    PyObject *id = py_get_b(c->user, "id"), *uid = py_get_b(c->user, "uid");
    if (!make || !arguments || !referer) return -1;
    c->answers = PyObject_CallFunctionObjArgs(make, id ? id : Py_None, uid ? uid : Py_None, arguments, referer, c->now, NULL);
    return c->answers ? namespace_open(c->iv, &c->answers) : -1;
}

/* the library's state */

static int add_settings(PyObject *request)
{
    static const char *const keys[] = { "language", "locale", "timezone", "currency" };
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        PyObject *value = engine.settings ? py_get_b(engine.settings, keys[i]) : NULL;
        if (value && PyObject_IsTrue(value) > 0 && py_set(request, keys[i], value) < 0) return -1;
    }
    return 0;
}

static PyObject *make_request(struct engine_call *c, PyObject *action, bool checkin)
{
    PYOWN(request) = PyDict_New();
    str referer = call_text(c, TAG_REFERER);
    if (!request || add_settings(request) < 0) return NULL;
    if (py_set_str(request, "interview", call_text(c, TAG_INTERVIEW)) < 0 || py_set_str(request, "package", engine.package) < 0 ||
        py_set_str(request, "session", call_text(c, TAG_SESSION)) < 0 || py_set_str(request, "base_url", call_text(c, TAG_BASE_URL)) < 0 ||
        py_set_str(request, "interface", STR("web")) < 0 || py_set(request, "user", c->user) < 0 || py_set(request, "action", action ? action : Py_None) < 0 ||
        py_set(request, "checkin", checkin ? Py_True : Py_False) < 0 || py_set_own(request, "steps", PyLong_FromLong(c->e.steps)) < 0 ||
        py_set(request, "old_answers", c->old_answers ? c->old_answers : Py_None) < 0 || py_set(request, "now", c->now) < 0)
        return NULL;
    if (referer.p && py_set_str(request, "referer", referer) < 0) return NULL;
    if (c->iv && py_set(request, "metadata", c->iv->metadata) < 0) return NULL;
    return py_keep(&request);
}

static int begin_eval(struct engine_call *c, bool is_action)
{
    struct eval *e = &c->e;
    e->iv = c->iv;
    e->answers = c->answers;
    Py_XSETREF(e->internal, Py_XNewRef(py_get_b(c->answers, "_internal")));
    e->state = c->state;
    e->user = c->user;
    e->old_answers = c->old_answers;
    e->is_action = is_action;
    e->depth = e->loops = 0;
    if (!e->internal || !PyDict_Check(e->internal)) return engine_error("DAError", "the answers have no _internal");
    Py_XSETREF(e->uid, py_attr(c->state, "uid"));
    Py_XSETREF(e->base_url, py_str(call_text(c, TAG_BASE_URL)));
    return e->uid && e->base_url ? 0 : -1;
}

int call_begin(struct engine_call *c, PyObject *action, bool checkin)
{
    PYOWN(begin) = py_lib("state", "begin");
    PYOWN(request) = make_request(c, action, checkin);
    PYOWN(done) = begin && request ? PyObject_CallFunctionObjArgs(begin, request, c->answers, NULL) : NULL;
    if (!done) return -1;
    c->is_open = true;
    running = &c->e;
    if (!c->state && !(c->state = py_lib("state", "current"))) return -1;
    return begin_eval(c, action != NULL);
}

static void drop_temporary(struct eval *e)
{
    if (!e->temp) return;
    arena_free(e->temp->mem); /* the interview itself lives in it */
    e->temp = NULL;
}

void call_end(struct engine_call *c)
{
    if (c->is_open) {
        PYOWN(end) = py_lib("state", "end");
        PYOWN(done) = end ? PyObject_CallNoArgs(end) : NULL;
        if (!done) PyErr_Clear();
    }
    running = NULL;
    PyObject **const owned[] = { &c->e.internal,  &c->e.uid, &c->e.base_url, &c->json, &c->body,  &c->type,    &c->answers,
                                 &c->old_answers, &c->user,  &c->state,      &c->now,  &c->place, &c->trouble, &c->e.sought };
    for (size_t i = 0; i < COUNT_OF(owned); i++) Py_CLEAR(*owned[i]);
    drop_temporary(&c->e);
}

/* what is stored */

static int note_access(struct engine_call *c)
{
    PyObject *internal = c->e.internal, *times = py_get_b(internal, "accesstime"), *id = py_get_b(c->user, "id");
    PYOWN(none) = PyLong_FromLong(-1);
    if (py_set_own(internal, "steps", PyLong_FromLong(c->e.steps)) < 0 || py_set(internal, "modtime", c->now) < 0) return -1;
    if (!times || !PyDict_Check(times) || !none) return none ? 0 : -1;
    return PyDict_SetItem(times, id && id != Py_None ? id : none, c->now);
}

int call_snapshot(struct engine_call *c, PyObject **bytes)
{
    c->stage = STAGE_SNAPSHOT;
    PYOWN(dump) = py_lib("snapshot", "dump");
    if (!dump || note_access(c) < 0) return -1;
    PYOWN(hash) = PyBytes_FromStringAndSize((const char *)c->iv->hash, sizeof c->iv->hash);
    *bytes = hash ? PyObject_CallFunctionObjArgs(dump, c->answers, hash, NULL) : NULL;
    return *bytes ? 0 : -1;
}
