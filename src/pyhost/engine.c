/* pyhost/engine.c: the engine's door for the host: load, start, and one call after the other. Which operation does what: api 12, language 8. */
#include "pyhost/call_int.h"
#include "pyhost/hostdata.h"

static const size_t json_max = (size_t)64 * 1024 * 1024;

/* load and start */

err engine_load(str lib_dir)
{
    (void)lib_dir; /* on sys.path already */
    static const char *const modules[] = { "docassemble.base.util",
                                           "chancery_host.jsonform",
                                           "chancery_host.snapshot",
                                           "chancery_host.fresh",
                                           "chancery_host.names",
                                           "chancery_host.markdown",
                                           "chancery_host.mako_text",
                                           "chancery_host.functions.actions",
                                           "chancery_host.functions.stack",
                                           "chancery_host.virtual",
                                           "json" };
    PYOWN(builtin) = builtin_module();
    if (!builtin || PyDict_SetItemString(PyImport_GetModuleDict(), "_chancery", builtin) < 0) return ERR_WORKER;
    for (size_t i = 0; i < COUNT_OF(modules); i++) {
        PYOWN(module) = PyImport_ImportModule(modules[i]);
        if (!module) return ERR_WORKER;
    }
    PYOWN(install) = py_lib("virtual", "install");
    PYOWN(installed) = install ? PyObject_CallNoArgs(install) : NULL;
    return installed ? ERR_OK : ERR_WORKER;
}

bool engine_preload(void)
{
    PYOWN(step) = py_lib("preload", "step");
    PYOWN(more) = step ? PyObject_CallNoArgs(step) : NULL;
    if (!more) PyErr_Clear(); /* it will be told by whom needs it */
    return more == Py_True;
}

/* `docassemble.demo` and the others as Python packages whose modules lie in the folders of that name. */
static int find_packages(void)
{
    PYOWN(folders) = PyList_New(0);
    for (size_t i = 0; folders && i < engine.n_folders; i++) {
        PYOWN(folder) = py_str(engine.folders[i]);
        if (!folder || PyList_Append(folders, folder) < 0) return -1;
    }
    PYOWN(install) = py_lib("packages", "install");
    PYOWN(done) = install && folders ? PyObject_CallOneArg(install, folders) : NULL;
    return done ? 0 : -1;
}

/* Translations of the library's own words. Files of the operator: what one says wrong costs that file and no interview. */
static int load_words(void)
{
    PyObject *files = py_get_b(engine.settings, "words");
    PYOWN(load) = files ? py_lib("functions.language", "load_words") : NULL;
    PYOWN(done) = load ? PyObject_CallOneArg(load, files) : NULL;
    return !files || done ? 0 : -1;
}

err engine_start(str package, const str *folders, size_t n_folders, str settings_json)
{
    engine.package = package;
    engine.n_folders = n_folders < FOLDERS_MAX ? n_folders : FOLDERS_MAX;
    for (size_t i = 0; i < engine.n_folders; i++) engine.folders[i] = folders[i];
    Py_XSETREF(engine.settings, settings_json.n ? py_from_json(settings_json) : PyDict_New());
    if (!engine.settings || !PyDict_Check(engine.settings) || find_packages() < 0 || load_words() < 0) {
        PyErr_Clear();
        return ERR_WORKER;
    }
    return ERR_OK;
}

/* operations: each 0, or -1 with an exception and c->stage set */

static int with_session(struct engine_call *c)
{
    if (call_load(c) < 0) return -1;
    int need = call_answers(c);
    if (need > 0) c->outcome = OUT_NEED;
    return need < 0 ? -1 : 0;
}

static int op_new(struct engine_call *c)
{
    if (call_load(c) < 0 || call_access(c, "required privileges for initiating") < 0 || call_access(c, "required privileges") < 0) return -1;
    c->e.steps = 1;
    if (call_fresh(c) < 0 || call_begin(c, NULL, true) < 0 || call_evaluate(c) < 0) return -1;
    c->outcome = OUT_DONE;
    c->save = SAVE_NEW_STEP;
    return 0;
}

/* Counters of persistent tasks survive Back: those of the discarded step hold. */
static int keep_tasks(struct engine_call *c)
{
    PyObject *before = c->old_answers ? py_get_b(c->old_answers, "_internal") : NULL, *now = py_get_b(c->answers, "_internal");
    PyObject *tasks = before ? py_get_b(before, "persistent tasks") : NULL;
    return tasks && now ? py_set(now, "persistent tasks", tasks) : 0;
}

static int op_question(struct engine_call *c)
{
    if (with_session(c) < 0) return -1;
    if (c->outcome == OUT_NEED) return 0;
    if (keep_tasks(c) < 0) return -1;
    c->e.steps = (long)frame_get_u64(c->f, TAG_STEPS, 1);
    if (call_access(c, "required privileges") < 0) return -1;
    c->stage = STAGE_EVALUATE;
    if (call_begin(c, NULL, false) < 0 || call_evaluate(c) < 0) return -1;
    if (c->outcome != OUT_UNDEFINED) c->save = SAVE_OVER;
    return 0;
}

static int op_variables(struct engine_call *c)
{
    c->user = PyDict_New();
    c->now = Py_NewRef(Py_None);
    int need = call_answers(c);
    if (need) {
        c->outcome = OUT_NEED;
        return need < 0 ? -1 : 0;
    }
    PYOWN(plain) = py_lib("jsonform", "variables_plain");
    c->json = plain ? PyObject_CallOneArg(plain, c->answers) : NULL;
    c->outcome = OUT_VARIABLES;
    return c->json ? 0 : -1;
}

static int op_set(struct engine_call *c)
{
    if (with_session(c) < 0) return -1;
    if (c->outcome == OUT_NEED) return 0;
    bool over = frame_get_u64(c->f, TAG_OVERWRITE, 0) != 0;
    c->e.steps = (long)frame_get_u64(c->f, TAG_STEPS, 1) + !over;
    if (call_set(c) < 0) return -1;
    c->save = over ? SAVE_OVER : SAVE_NEW_STEP;
    c->outcome = OUT_DONE;
    if (!frame_get_u64(c->f, TAG_WANT_QUESTION, 1)) return 0;
    if (call_access(c, "required privileges") < 0 || call_evaluate(c) < 0) return -1;
    if (c->outcome == OUT_UNDEFINED) c->save = SAVE_NOTHING;
    return frame_get_u64(c->f, TAG_ADVANCE, 0) ? call_progress(c) : 0;
}

static PyObject *action_of(struct engine_call *c)
{
    str json = call_text(c, TAG_ARGUMENTS);
    PYOWN(name) = py_str(call_text(c, TAG_ACTION));
    PYOWN(arguments) = json.n ? py_from_json(json) : PyDict_New();
    return name && arguments ? Py_BuildValue("{sOsO}", "action", name, "arguments", arguments) : NULL;
}

/* What the interview chose by set_save_status(), within what the request allows. */
static int action_save(struct engine_call *c)
{
    bool over = frame_get_u64(c->f, TAG_OVERWRITE, 0) != 0;
    c->save = frame_get_u64(c->f, TAG_READ_ONLY, 0) ? SAVE_NOTHING : over ? SAVE_OVER : SAVE_NEW_STEP;
    PYOWN(status) = py_attr(c->state, "save_status");
    if (!status) return -1;
    if (c->save == SAVE_NEW_STEP && str_is(py_view(status), "overwrite")) c->save = SAVE_OVER;
    if (str_is(py_view(status), "ignore")) c->save = SAVE_NOTHING;
    /* The step was counted before the interview spoke. */
    if (c->save == SAVE_OVER && !over) c->e.steps--;
    return 0;
}

static int op_action(struct engine_call *c)
{
    if (with_session(c) < 0) return -1;
    if (c->outcome == OUT_NEED) return 0;
    bool same = frame_get_u64(c->f, TAG_OVERWRITE, 0) || frame_get_u64(c->f, TAG_READ_ONLY, 0);
    c->e.steps = (long)frame_get_u64(c->f, TAG_STEPS, 1) + !same;
    if (call_access(c, "required privileges") < 0) return -1;
    c->stage = STAGE_EVALUATE;
    PYOWN(action) = action_of(c);
    if (!action || call_begin(c, action, !frame_get_u64(c->f, TAG_PERSISTENT, 0)) < 0 || call_evaluate(c) < 0) return -1;
    if (c->outcome != OUT_RESPONSE) c->outcome = OUT_DONE;
    return action_save(c);
}

static int op_metadata(struct engine_call *c) { return call_load(c) < 0 ? -1 : metadata_call(c); }

static int op_check(struct engine_call *c) { return check_call(c); }

static int op_data(struct engine_call *c) { return call_load(c) < 0 ? -1 : data_call(c); }

static int (*const operations[OP__COUNT])(struct engine_call *c) = {
    [OP_NEW] = op_new,       [OP_QUESTION] = op_question, [OP_VARIABLES] = op_variables, [OP_SET] = op_set,   [OP_BACK] = op_question,
    [OP_ACTION] = op_action, [OP_METADATA] = op_metadata, [OP_CHECK] = op_check,         [OP_DATA] = op_data,
};

/* the reply */

/* No more than that many bytes, and whole characters. */
static str bounded(PyObject *text, size_t most)
{
    str view = str_head(py_view(text), most);
    return str_head(view, str_utf8_good(view));
}

static int write_saved(struct engine_call *c)
{
    PYOWN(bytes) = NULL;
    PyObject *made;
    if (c->save == SAVE_NOTHING) return 0;
    if (call_snapshot(c, &made) < 0) return -1;
    bytes = made;
    PYOWN(title) = metadata_title(c);
    PYOWN(tags) = title ? metadata_tags(c) : NULL;
    CLEANUP(buf_release) struct buf tags_json = BUF(1024 * 1024);
    if (!tags || py_to_json(&tags_json, tags) < 0) return -1;
    frame_u64(c->reply, TAG_SAVE, c->save);
    frame_str(c->reply, TAG_SNAPSHOT, (str){ PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes) });
    frame_u64(c->reply, TAG_WARM, warm_keep(bytes));
    frame_u64(c->reply, TAG_MULTI_USER, py_get_b(c->answers, "multi_user") == Py_True);
    frame_u64(c->reply, TAG_STEPS, (uint64_t)(c->e.steps > 0 ? c->e.steps : 1));
    frame_str(c->reply, TAG_TITLE, bounded(title, 16 * 1024));
    frame_str(c->reply, TAG_TAGS, buf_str(&tags_json));
    frame_str(c->reply, TAG_INTERVIEW_HASH, (str){ (const char *)c->iv->hash, sizeof c->iv->hash });
    return 0;
}

static int write_outcome(struct engine_call *c)
{
    CLEANUP(buf_release) struct buf json = BUF(json_max);
    c->stage = c->stage ? c->stage : STAGE_EVALUATE;
    bool has_json = c->outcome == OUT_QUESTION || c->outcome == OUT_UNDEFINED || c->outcome == OUT_VARIABLES || c->outcome == OUT_METADATA;
    if (has_json && py_to_json(&json, c->json) < 0) return -1;
    frame_u64(c->reply, TAG_OUTCOME, c->outcome);
    if (has_json) frame_str(c->reply, TAG_JSON, buf_str(&json));
    if (c->outcome == OUT_RESPONSE) {
        frame_str(c->reply, TAG_BODY, (str){ PyBytes_AS_STRING(c->body), (size_t)PyBytes_GET_SIZE(c->body) });
        frame_str(c->reply, TAG_TYPE, bounded(c->type, 1024));
        frame_u64(c->reply, TAG_STATUS, (uint64_t)(c->status > 0 ? c->status : 200));
    }
    return write_saved(c) < 0 ? -1 : hostdata_write_puts(c->reply); /* storing the answers may add to what is put */
}

/* Only the text where the server's own prefix names the cause; else "Class: text". */
static PyObject *failure_text(enum stage stage)
{
    if (stage != STAGE_SET && stage != STAGE_DELETE) return error_text();
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    PyErr_NormalizeException(&type, &value, &trace);
    PyObject *text = value ? PyObject_Str(value) : NULL;
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return text;
}

static void write_failure(struct engine_call *c)
{
    PYOWN(text) = failure_text(c->stage);
    PyErr_Clear();
    frame_begin(c->reply, MSG_RESULT, c->f->id, 0);
    frame_u64(c->reply, TAG_OUTCOME, OUT_ERROR);
    frame_u64(c->reply, TAG_STAGE, c->stage ? c->stage : STAGE_EVALUATE);
    str message = text ? py_view(text) : STR("MemoryError: ");
    frame_str(c->reply, TAG_ERROR, str_head(message, str_utf8_good(str_head(message, 64 * 1024))));
}

static int write_wants(struct engine_call *c)
{
    PyErr_Clear();
    buf_clear(c->reply);
    frame_begin(c->reply, MSG_RESULT, c->f->id, 0);
    return hostdata_write_wants(c->reply);
}

void engine_call(struct arena *mem, const struct frame *request, struct buf *reply)
{
    struct engine_call c = { .mem = mem, .f = request, .reply = reply };
    uint64_t op = frame_get_u64(request, TAG_OP, 0);
    frame_begin(reply, MSG_RESULT, request->id, 0);
    int bad = hostdata_begin(request);
    if (!bad) bad = op < OP__COUNT && operations[op] ? operations[op](&c) : engine_error("DAError", "there is no such operation");
    if (!bad && !hostdata_wanted()) bad = write_outcome(&c);
    if (hostdata_wanted()) bad = write_wants(&c); /* whatever came of it, it came of not knowing */
    if (bad) {
        trouble_note(&c);
        buf_clear(reply);
        write_failure(&c);
    }
    if (!hostdata_wanted()) trouble_write(&c);
    call_end(&c);
    hostdata_end();
    PyErr_Clear();
    IGNORE(frame_end(reply)); /* an error sticks in the buffer, and the host looks at it */
}
