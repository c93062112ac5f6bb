/* rooms/interviews/interviews_lists_facts.c: title, subtitle, metadata and tags of interviews, asked of a worker at most once a second each. */
#include "rooms/interviews/interviews_int.h"
#include "base/fault.h"
#include <stdlib.h>

enum {
    SLOTS = 256,
    KEEP_MS = 1000,
    KEPT_MAX = 64 * 1024, /* bytes; what is larger is asked for every time */
};

struct slot {
    char *text; /* the interview's name, then what it says; nothing behind the name: it does not load */
    size_t n_name, n;
    int64_t until_ms;
};
struct facts_cache {
    pthread_mutex_t mutex;
    struct slot slot[SLOTS]; /* by the name's hash; who comes later takes the place */
};

struct facts_cache *facts_new(void)
{
    struct facts_cache *f = fault_here() ? NULL : calloc(1, sizeof *f);
    if (f) pthread_mutex_init(&f->mutex, NULL);
    return f;
}

void facts_free(struct facts_cache *f)
{
    if (!f) return;
    for (size_t k = 0; k < SLOTS; k++) free(f->slot[k].text);
    pthread_mutex_destroy(&f->mutex);
    free(f);
}

static struct slot *slot_of(struct facts_cache *f, str name)
{
    uint32_t h = 2166136261u; /* FNV-1a */
    for (size_t k = 0; k < name.n; k++) h = (h ^ (unsigned char)name.p[k]) * 16777619u;
    return &f->slot[h % SLOTS];
}

/* *json: what was kept, absent if it does not load. */
static err find(struct call *c, struct facts_cache *f, str name, bool *found, str *json)
{
    err e = ERR_OK;
    *json = STR_NULL;
    pthread_mutex_lock(&f->mutex);
    const struct slot *s = slot_of(f, name);
    *found = s->text && c->now_ms < s->until_ms && s->until_ms - c->now_ms <= KEEP_MS && str_eq((str){ s->text, s->n_name }, name);
    if (*found && s->n > s->n_name) e = arena_str(c->mem, (str){ s->text + s->n_name, s->n - s->n_name }, json);
    pthread_mutex_unlock(&f->mutex);
    return e;
}

/* Without memory it is not kept, and asked for again. */
static void keep(struct facts_cache *f, str name, str json, int64_t until_ms)
{
    char *text = json.n > KEPT_MAX || fault_here() ? NULL : malloc(name.n + json.n + 1);
    if (!text) return;
    memcpy(text, name.p, name.n);
    if (json.n) memcpy(text + name.n, json.p, json.n);
    pthread_mutex_lock(&f->mutex);
    struct slot *s = slot_of(f, name);
    char *before = s->text;
    *s = (struct slot){ text, name.n, name.n + json.n, until_ms };
    pthread_mutex_unlock(&f->mutex);
    free(before);
}

/* Trouble with the interview is no trouble of the list: *json absent. */
static err ask(struct call *c, struct interviews *r, str name, str *json)
{
    struct visit v = { .c = c, .r = r, .i = name };
    uint64_t served;
    str package;
    CLEANUP(buf_release) struct buf b = BUF(FRAME_MAX);
    *json = STR_NULL;
    if (interview_package(name, &package) || !package_installed(r, package)) return ERR_OK;
    visit_frame(&v, &b, OP_METADATA, 0);
    TRY(frame_end(&b));
    err e = worker_call(r->o.workers, c->mem, &(struct worker_ask){ package, 0, &b }, &v.reply, &served, &v.why);
    if (e == ERR_WORKER) return v.why && str_is(str_c(v.why), "stop") ? ERR_BUSY : ERR_OK;
    TRY(e);
    if (frame_get_u64(&v.reply, TAG_OUTCOME, OUT_ERROR) == OUT_METADATA) *json = frame_get(&v.reply, TAG_JSON);
    return ERR_OK;
}

err facts_get(struct call *c, struct interviews *r, str interview, json_t **out)
{
    bool found;
    str json;
    *out = NULL;
    TRY(find(c, r->facts, interview, &found, &json));
    if (!found) {
        TRY(ask(c, r, interview, &json));
        keep(r->facts, interview, json, c->now_ms + KEEP_MS);
    }
    if (str_absent(json)) return ERR_OK;
    err e = json_read(c->mem, json, &(struct json_rules){ .nan = true }, out, NULL);
    if (!e && json_is_object(*out)) return ERR_OK;
    *out = NULL;
    return e == ERR_INPUT ? ERR_OK : e;
}
