/* rooms/interviews/interviews_lists_item.c: one session as a list shows it (api 13.2). */
#include "rooms/interviews/interviews_int.h"
#include <stdio.h>
#include <time.h>

/* What stands for answers that cannot be read (api 7.2, 13.2). */
static const char fresh_answers[] =
    "{\"_internal\":{\"accesstime\":{},\"answered\":[],\"answers\":{},\"device_local\":{},\"dirty\":{},\"doc_cache\":{},\"docvar\":{},\"event_stack\":{},"
    "\"gather\":[],\"informed\":{},\"livehelp\":{\"availability\":\"unavailable\",\"mode\":\"help\",\"partner_roles\":[],\"roles\":[]},\"misc\":{},"
    "\"modtime\":null,\"objselections\":{},\"progress\":0,\"secret\":null,\"session_local\":{},\"starttime\":null,\"steps\":1,\"steps_offset\":0,"
    "\"tasks\":{},\"tracker\":0,\"user_local\":{}},\"nav\":{\"current\":null,\"hidden\":false,\"past\":[],\"progressive\":true},\"url_args\":{}}";

struct item {
    const struct list_row *row;
    bool asked, readable; /* for the answers; whether there are */
    str dict;
    json_t *facts; /* of the interview; NULL: it does not load */
    json_t *own;   /* what the answers say of title, subtitle, tags; NULL: nothing */
    str started;   /* as the answers say it; absent: unknown */
};

/* the answers */

static void fill_variables(struct visit *v, struct buf *b, void *arg)
{
    (void)arg;
    visit_frame(v, b, OP_VARIABLES, v->s.seq);
}
static err variables_once(struct visit *v) { return visit_call(v, fill_variables, NULL, v->s.seq); }

/* Trouble with one session's answers is no trouble of the list: then there are none. */
static err read_answers(struct call *c, const struct item_setting *set, struct item *i)
{
    static const struct visit_texts texts = { "gone", "sealed" };
    const struct cell *col = i->row->q.col;
    struct visit v = { .c = c, .r = c->room, .i = col[QC_FILENAME].s, .id = col[QC_SESSION].s, .secret = set->scope->p->secret, .texts = &texts };
    if (!i->facts || (col[QC_ENCRYPTED].i && str_absent(v.secret))) return ERR_OK;
    err e = visit_again(&v);
    if (!e) e = visit_until_won(&v, variables_once);
    visit_close(&v);
    if (e == ERR_WORKER && v.why && str_is(str_c(v.why), "stop")) return ERR_BUSY;
    if (e == ERR_INPUT || e == ERR_WORKER) return ERR_OK;
    TRY(e);
    i->readable = v.outcome == OUT_VARIABLES;
    i->dict = i->readable ? frame_get(&v.reply, TAG_JSON) : STR_NULL;
    return ERR_OK;
}

/* From the members of _internal, which need not be there. */
static err read_internal(struct call *c, struct item *i)
{
    static const struct json_rules rules = { .nan = true };
    static const char *const names[] = { "title", "subtitle", "tags" };
    struct json_members top, internal;
    json_t *value;
    int64_t at;
    if (json_scan_members(c->mem, i->dict, &rules, &top, NULL)) return ERR_OK;
    str inner = json_member(&top, "_internal");
    if (str_absent(inner) || json_scan_members(c->mem, inner, &rules, &internal, NULL)) return ERR_OK;
    TRY(json_read(c->mem, STR("{}"), &rules, &i->own, NULL));
    for (size_t k = 0; k < COUNT_OF(names); k++) {
        str slice = json_member(&internal, names[k]);
        if (!str_absent(slice) && json_read(c->mem, slice, &rules, &value, NULL) == ERR_OK && json_object_set(i->own, names[k], value)) return ERR_NOMEM;
    }
    str started = json_member(&internal, "starttime");
    if (started.n > 2 && started.p[0] == '"') started = (str){ started.p + 1, started.n - 2 };
    if (!str_absent(started) && query_time(started, &at) == ERR_OK) i->started = started;
    return ERR_OK;
}

/* writing */

static void write_text(struct jw *w, const char *key, const json_t *v)
{
    jw_kstr(w, key, json_is_string(v) ? (str){ json_string_value(v), json_string_length(v) } : STR_NULL);
}

/* What the answers say, else what the interview says. */
static json_t *part(const struct item *i, const char *key)
{
    json_t *own = json_object_get(i->own, key);
    bool fits = strcmp(key, "tags") == 0 ? json_is_array(own) : json_is_string(own);
    return fits ? own : json_object_get(i->facts, key);
}

static err write_title(struct call *c, struct jw *w, const struct item *i)
{
    json_t *own = part(i, "title");
    str title = json_is_string(own) && json_string_length(own) ? (str){ json_string_value(own), json_string_length(own) } : STR("Untitled");
    if (!i->facts)
        title = STR("Error: interview not found and answers could not be decrypted");
    else if (i->asked && !i->readable)
        TRY(arena_printf(c->mem, &title, STR_FMT " - interview answers cannot be decrypted", STR_ARG(title)));
    jw_kstr(w, "title", title);
    return ERR_OK;
}

/* The merged metadata, tags included. */
static err write_metadata(struct jw *w, const struct item *i)
{
    json_t *metadata = json_object_get(i->facts, "metadata"), *tags = json_object_get(i->facts, "tags");
    jw_key(w, STR("metadata"));
    if (json_is_object(metadata) && json_array_size(tags) > 0 && json_object_set(metadata, "tags", tags)) return ERR_NOMEM;
    if (json_is_object(metadata))
        jw_json(w, metadata, true);
    else
        jw_raw(w, STR("{}"));
    return ERR_OK;
}

static void write_tags(struct jw *w, const struct item *i)
{
    json_t *tags = part(i, "tags");
    jw_key(w, STR("tags"));
    if (json_is_array(tags))
        jw_json(w, tags, true);
    else
        jw_raw(w, STR("[]"));
}

static void write_local(struct jw *w, const char *key, const struct zone *z, int64_t unix_ms)
{
    char text[LOCAL_TIME_MAX];
    size_t n = local_time(z, unix_ms, text);
    jw_kstr(w, key, (str){ text, n });
}

/* ISO, UTC, no offset; six digits behind the second unless they are zeros (api 7.1). */
static void write_utc(struct jw *w, const char *key, int64_t unix_ms)
{
    char text[64];
    struct tm t;
    time_t s = (time_t)(unix_ms / 1000);
    size_t n = gmtime_r(&s, &t) ? strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &t) : 0;
    if (unix_ms % 1000) n += (size_t)snprintf(text + n, sizeof text - n, ".%03d000", (int)(unix_ms % 1000));
    jw_kstr(w, key, (str){ text, n });
}

static void write_started(struct jw *w, const struct zone *z, const struct item *i)
{
    int64_t us;
    if (!str_absent(i->started) && query_time(i->started, &us) == ERR_OK)
        write_local(w, "starttime", z, us / 1000);
    else
        jw_kstr(w, "starttime", STR(""));
}

static void write_owner(struct jw *w, const struct item *i)
{
    const struct list_row *r = i->row;
    if (r->anonymous)
        jw_knull(w, "user_id");
    else
        jw_kint(w, "user_id", r->q.col[QC_USER_ID].i);
}

static err write_members(struct call *c, const struct item_setting *set, struct jw *w, const struct item *i)
{
    const struct list_row *r = i->row;
    const struct cell *col = r->q.col;
    jw_open(w, '{');
    if (i->asked) {
        jw_key(w, STR("dict"));
        jw_raw(w, i->readable ? i->dict : str_c(fresh_answers));
    }
    jw_kstr(w, "email", set->scope->system_wide && !r->active ? STR_NULL : col[QC_EMAIL].s);
    if (i->asked) jw_kbool(w, "encrypted", col[QC_ENCRYPTED].i != 0);
    jw_kstr(w, "filename", col[QC_FILENAME].s);
    TRY(write_metadata(w, i));
    write_local(w, "modtime", set->zone, col[QC_MODTIME].i);
    jw_kstr(w, "session", col[QC_SESSION].s);
    write_started(w, set->zone, i);
    write_text(w, "subtitle", part(i, "subtitle"));
    write_tags(w, i);
    if (r->anonymous)
        jw_kint(w, "temp_user_id", r->temp_user_id);
    else
        jw_knull(w, "temp_user_id");
    TRY(write_title(c, w, i));
    write_owner(w, i);
    write_utc(w, "utc_modtime", col[QC_MODTIME].i);
    jw_kstr(w, "utc_starttime", i->started);
    jw_kbool(w, "valid", i->facts && (i->readable || !i->asked));
    jw_close(w, '}');
    return ERR_OK;
}

err item_write(struct call *c, const struct item_setting *set, const struct list_row *row, struct jw *w)
{
    const struct sessions_params *p = set->scope->p;
    struct item i = { .row = row, .asked = flag_or(p->include_dictionary, false) };
    TRY(facts_get(c, c->room, row->q.col[QC_FILENAME].s, &i.facts));
    if (i.asked) TRY(read_answers(c, set, &i));
    if (i.readable) TRY(read_internal(c, &i));
    return list_tagged(part(&i, "tags"), p->tag) ? write_members(c, set, w, &i) : ERR_OK;
}
