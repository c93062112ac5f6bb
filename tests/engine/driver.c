/* tests/engine/driver.c: the engine without server, sandbox and sockets: one JSON request per line on stdin, one JSON answer per line on stdout.
 *
 * engine_driver LIBRARY PACKAGE FOLDER…   sessions live in this process as lists of snapshots, as the server would store them. A request is
 * {"op", "session", "i", …}; its members are the tags of worker/frame.h in lower case. "cold": the snapshot is sent, whatever is warm.
 * ENGINE_SETTINGS (JSON) takes the place of the settings below. */
#include "pyhost/host.h"
#include "pyhost/py.h"
#include "base/fault.h"
#include "base/json.h"
#include "kept.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { SESSIONS = 4096, STEPS = 512 };

struct step {
    char *p;
    size_t n;
};
static struct session {
    char name[64];
    struct step steps[STEPS];
    size_t n;
    uint64_t warm;
} * sessions[SESSIONS];

#define STDLIB_DIR "/usr/lib/python" TEXT_OF(PY_MAJOR_VERSION) "." TEXT_OF(PY_MINOR_VERSION)
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)

#ifdef CHANCERY_SANITIZED
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0:quarantine_size_mb=2:thread_local_quarantine_size_kb=64"; }
#endif

static bool start_python(const char *lib_dir)
{
    PyPreConfig pre;
    PyPreConfig_InitIsolatedConfig(&pre);
    pre.utf8_mode = 1;
#ifdef CHANCERY_SANITIZED
    pre.allocator = PYMEM_ALLOCATOR_MALLOC; /* so that the sanitizer sees each object */
#endif
    if (PyStatus_Exception(Py_PreInitialize(&pre))) return false;
    PyConfig c;
    PyConfig_InitIsolatedConfig(&c);
    c.site_import = 0;
    c.write_bytecode = 0;
    c.module_search_paths_set = 1;
    const char *const dirs[] = { lib_dir, STDLIB_DIR, STDLIB_DIR "/lib-dynload", "/usr/lib/python3/dist-packages" };
    for (size_t i = 0; i < COUNT_OF(dirs); i++) {
        wchar_t *wide = Py_DecodeLocale(dirs[i], NULL);
        if (!wide || PyStatus_Exception(PyWideStringList_Append(&c.module_search_paths, wide))) return false;
        PyMem_RawFree(wide);
    }
    bool fine = !PyStatus_Exception(Py_InitializeFromConfig(&c));
    PyConfig_Clear(&c);
    return fine;
}

static struct session *session_of(const char *name)
{
    for (size_t i = 0; i < SESSIONS; i++) {
        if (sessions[i] && strcmp(sessions[i]->name, name) == 0) return sessions[i];
        if (sessions[i]) continue;
        sessions[i] = calloc(1, sizeof *sessions[i]);
        if (!sessions[i]) abort();
        (void)snprintf(sessions[i]->name, sizeof sessions[i]->name, "%s", name);
        return sessions[i];
    }
    abort();
}

static void drop_last(struct session *s)
{
    if (s->n) free(s->steps[--s->n].p);
    s->warm = 0;
}

static void keep_step(struct session *s, uint64_t save, str bytes, uint64_t warm)
{
    if (save == SAVE_OVER && s->n) drop_last(s);
    if (s->n == STEPS) abort();
    struct step *step = &s->steps[s->n++];
    step->p = malloc(bytes.n + 1);
    if (!step->p) abort();
    memcpy(step->p, bytes.p, bytes.n);
    step->n = bytes.n;
    s->warm = warm;
}

static const char *const ops[OP__COUNT] = {
    [OP_NEW] = "new",       [OP_QUESTION] = "question", [OP_VARIABLES] = "variables", [OP_SET] = "set",  [OP_BACK] = "back",
    [OP_ACTION] = "action", [OP_METADATA] = "metadata", [OP_CHECK] = "check",         [OP_DATA] = "data"
};
static const char *const outcomes[OUT__COUNT] = {
    [OUT_ERROR] = "error", [OUT_QUESTION] = "question",   [OUT_RESPONSE] = "response", [OUT_DONE] = "done", [OUT_UNDEFINED] = "undefined",
    [OUT_NEED] = "need",   [OUT_VARIABLES] = "variables", [OUT_METADATA] = "metadata", [OUT_WANT] = "want"
};

static enum worker_op op_of(const char *name)
{
    for (int i = OP_NEW; i < OP__COUNT; i++)
        if (strcmp(ops[i], name) == 0) return (enum worker_op)i;
    return (enum worker_op)0;
}

static void add_json(struct buf *b, enum tag t, const json_t *value)
{
    if (!value) return;
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text) abort();
    frame_str(b, t, str_c(text));
    free(text);
}

static void add_text(struct buf *b, enum tag t, const json_t *rq, const char *key)
{
    const json_t *value = json_object_get(rq, key);
    if (json_is_string(value)) frame_str(b, t, (str){ json_string_value(value), json_string_length(value) });
}

static void add_number(struct buf *b, enum tag t, const json_t *rq, const char *key, uint64_t preset)
{
    const json_t *value = json_object_get(rq, key);
    frame_u64(b, t, value ? (json_is_integer(value) ? (uint64_t)json_integer_value(value) : json_is_true(value)) : preset);
}

static void add_answers(struct buf *b, const struct session *s, enum worker_op op, const json_t *rq)
{
    if (op == OP_BACK && s->n >= 2) {
        frame_u64(b, TAG_STEPS, s->n - 1);
        frame_str(b, TAG_SNAPSHOT, (str){ s->steps[s->n - 2].p, s->steps[s->n - 2].n });
        frame_str(b, TAG_OLD_SNAPSHOT, (str){ s->steps[s->n - 1].p, s->steps[s->n - 1].n });
        return;
    }
    frame_u64(b, TAG_STEPS, s->n);
    if (!s->n || op == OP_NEW) return;
    if (s->warm && !json_is_true(json_object_get(rq, "cold")))
        frame_u64(b, TAG_WARM, s->warm);
    else
        frame_str(b, TAG_SNAPSHOT, (str){ s->steps[s->n - 1].p, s->steps[s->n - 1].n });
}

static void write_request(struct buf *b, const struct session *s, enum worker_op op, const json_t *rq)
{
    static const char user[] =
        "{\"id\":1,\"email\":\"admin@example.com\",\"uid\":\"admin@example.com\",\"first_name\":\"System\",\"last_name\":\"Administrator\",\"country\":\"\","
        "\"privileges\":[\"admin\"],\"is_admin\":true,\"language\":\"\",\"timezone\":\"America/New_York\"}";
    frame_begin(b, MSG_CALL, 7, 0);
    frame_u64(b, TAG_OP, op);
    add_text(b, TAG_INTERVIEW, rq, "i");
    add_text(b, TAG_SESSION, rq, "session");
    if (json_object_get(rq, "user"))
        add_json(b, TAG_USER, json_object_get(rq, "user"));
    else
        frame_str(b, TAG_USER, str_c(user));
    frame_str(b, TAG_BASE_URL, STR("http://localhost"));
    add_number(b, TAG_NOW_MS, rq, "now_ms", (uint64_t)time(NULL) * 1000);
    add_answers(b, s, op, rq);
    if (op == OP_NEW) add_json(b, TAG_URL_ARGS, json_object_get(rq, "url_args"));
    add_json(b, TAG_VARIABLES, json_object_get(rq, "variables"));
    add_json(b, TAG_DELETE, json_object_get(rq, "delete"));
    add_json(b, TAG_EVENTS, json_object_get(rq, "events"));
    add_json(b, TAG_FILES, json_object_get(rq, "files"));
    add_json(b, TAG_ARGUMENTS, json_object_get(rq, "arguments"));
    add_text(b, TAG_QUESTION_NAME, rq, "question_name");
    add_text(b, TAG_ACTION, rq, "action");
    add_number(b, TAG_RAW, rq, "raw", 0);
    add_number(b, TAG_WANT_QUESTION, rq, "want_question", 1);
    add_number(b, TAG_ADVANCE, rq, "advance", 0);
    add_number(b, TAG_OVERWRITE, rq, "overwrite", 0);
    add_number(b, TAG_PERSISTENT, rq, "persistent", 0);
    add_number(b, TAG_READ_ONLY, rq, "read_only", 0);
}

static uint64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void print_reply(const struct frame *f, const struct session *s, uint64_t us, bool fault)
{
    CLEANUP(buf_release) struct buf b = BUF((size_t)128 << 20);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "outcome", str_c(outcomes[frame_get_u64(f, TAG_OUTCOME, 0)]));
    jw_kint(&w, "stage", (int64_t)frame_get_u64(f, TAG_STAGE, 0));
    jw_kint(&w, "us", (int64_t)us);
    jw_kbool(&w, "fault", fault);
    jw_kint(&w, "asked", kept_asked());
    jw_kint(&w, "save", (int64_t)frame_get_u64(f, TAG_SAVE, 0));
    jw_kint(&w, "status", (int64_t)frame_get_u64(f, TAG_STATUS, 0));
    jw_kint(&w, "steps", (int64_t)s->n);
    jw_kbool(&w, "multi_user", frame_get_u64(f, TAG_MULTI_USER, 0) != 0);
    jw_kstr(&w, "error", frame_get(f, TAG_ERROR));
    jw_kstr(&w, "place", frame_get(f, TAG_PLACE));
    jw_key(&w, STR("log"));
    jw_open(&w, '[');
    enum tag tag;
    str line;
    for (size_t at = 0; frame_next(f, &at, &tag, &line);)
        if (tag == TAG_LOG) jw_str(&w, line);
    jw_close(&w, ']');
    jw_kstr(&w, "type", frame_get(f, TAG_TYPE));
    jw_kstr(&w, "body", frame_get(f, TAG_BODY));
    jw_kstr(&w, "title", frame_get(f, TAG_TITLE));
    str json = frame_get(f, TAG_JSON), tags = frame_get(f, TAG_TAGS);
    jw_key(&w, STR("json"));
    jw_raw(&w, json.p ? json : STR("null"));
    jw_key(&w, STR("tags"));
    jw_raw(&w, tags.p ? tags : STR("null"));
    jw_close(&w, '}');
    buf_char(&b, '\n');
    if (buf_ok(&b) != ERR_OK) abort();
    (void)fwrite(b.p, 1, b.n, stdout);
    (void)fflush(stdout);
}

static void settle(struct session *s, enum worker_op op, const struct frame *f)
{
    uint64_t outcome = frame_get_u64(f, TAG_OUTCOME, 0), save = frame_get_u64(f, TAG_SAVE, 0);
    str snapshot = frame_get(f, TAG_SNAPSHOT);
    if (op == OP_BACK && outcome != OUT_NEED && s->n >= 2) drop_last(s);
    if (save && snapshot.p) keep_step(s, save, snapshot, frame_get_u64(f, TAG_WARM, 0));
}

/* "fault": n makes the n-th allocation of the call fail, in builds that have fault points. */
static void arm(const json_t *rq)
{
#ifdef CHANCERY_FAULTS
    fault_arm((long)json_integer_value(json_object_get(rq, "fault")));
#else
    (void)rq;
#endif
}

static bool fault_fired(void)
{
#ifdef CHANCERY_FAULTS
    bool hit = fault_hit();
    fault_arm(0);
    return hit;
#else
    return false;
#endif
}

/* One exchange; false: the reply could not be made for want of memory (an armed fault). */
static bool exchange(struct arena *mem, struct buf *in, struct buf *out, struct frame *f)
{
    size_t rest;
    if (frame_end(in) != ERR_OK || frame_head((str){ in->p, FRAME_HEAD }, f, &rest) != ERR_OK) abort();
    f->members = (str){ in->p + FRAME_HEAD, rest };
    if (frame_check(f) != ERR_OK) abort();
    engine_call(mem, f, out);
    if (buf_ok(out) != ERR_OK) return false;
    if (PyErr_Occurred() || frame_head((str){ out->p, FRAME_HEAD }, f, &rest) != ERR_OK) abort();
    f->members = (str){ out->p + FRAME_HEAD, rest };
    if (frame_check(f) != ERR_OK) abort();
    return true;
}

static void answer(struct arena *mem, const json_t *rq)
{
    const char *name = json_string_value(json_object_get(rq, "op"));
    enum worker_op op = op_of(name ? name : "");
    const char *session = json_string_value(json_object_get(rq, "session"));
    struct session *s = session_of(session ? session : "");
    CLEANUP(buf_release) struct buf in = BUF((size_t)FRAME_MAX + FRAME_HEAD), out = BUF((size_t)FRAME_MAX + FRAME_HEAD);
    struct frame f;
    if (op == OP_NEW)
        while (s->n) drop_last(s);
    kept_bring(json_object_get(rq, "contents"));
    write_request(&in, s, op, rq);
    uint64_t begun = now_us();
    arm(rq);
    bool whole = exchange(mem, &in, &out, &f);
    while (whole && frame_get_u64(&f, TAG_OUTCOME, 0) == OUT_WANT) {
        kept_give(&f, &in);
        buf_clear(&out);
        whole = exchange(mem, &in, &out, &f);
    }
    bool failed = fault_fired();
    uint64_t took = now_us() - begun;
    if (!whole) {
        if (!failed) abort();
        /* The host would replace such a reply. */
        (void)puts("{\"outcome\": \"error\", \"error\": \"MemoryError: \", \"fault\": true}");
        (void)fflush(stdout);
        return;
    }
    kept_take(&f);
    settle(s, op, &f);
    print_reply(&f, s, took, failed);
}

int main(int argc, char **argv)
{
    str folders[8];
    size_t n = 0;
    if (argc < 4 || !start_python(argv[1])) return 2;
    for (int i = 3; i < argc && n < COUNT_OF(folders); i++) folders[n++] = str_c(argv[i]);
    static const char preset[] = "{\"timezone\":\"America/New_York\",\"locale\":\"en_US.UTF-8\",\"language\":\"en\",\"currency\":\"USD\"}";
    const char *settings = getenv("ENGINE_SETTINGS") ? getenv("ENGINE_SETTINGS") : preset;
    if (engine_load(str_c(argv[1])) != ERR_OK || engine_start(str_c(argv[2]), folders, n, str_c(settings)) != ERR_OK) {
        if (PyErr_Occurred()) PyErr_Print();
        return 1;
    }
    struct arena *mem = arena_new((size_t)1 << 30);
    char *line = NULL;
    size_t room = 0;
    while (mem && getline(&line, &room, stdin) > 0) {
        json_error_t bad;
        json_t *rq = json_loads(line, JSON_ALLOW_NUL, &bad);
        if (!rq) return 3;
        answer(mem, rq);
        json_decref(rq);
        arena_empty(mem);
    }
    free(line);
    arena_free(mem);
    return 0;
}
