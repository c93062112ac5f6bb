/* rooms/interviews/interviews_int.h: what the files of this room share. */
#pragma once
#include "rooms/interviews/interviews.h"
#include <pthread.h>

enum {
    SESSION_ID = 32,          /* alnum */
    SECRET = 16,              /* alpha, of a secret that we make */
    STEP_MAX = 24 << 20,      /* largest snapshot that is stored, bytes: several of them must fit into a call's arena */
    STEP_READ_MAX = 64 << 20, /* largest one that is read */
};

/* interviews_lock.c: calls on one session, one after the other; and which worker has a session warm */
struct session_locks;
/* waiters: most calls that wait at a time, for all sessions together; each holds a thread. */
struct session_locks *session_locks_new(unsigned waiters);
void session_locks_free(struct session_locks *l);
/* Waits up to wait_ms. ERR_BUSY: it is still held, or too many wait already; nobody goes on without it, or a slow session would take all
 * workers. On ERR_OK session_unlock is owed. At most SESSION_ID bytes of id. */
err session_lock(struct session_locks *l, str id, int64_t wait_ms) MUST_CHECK;
void session_unlock(struct session_locks *l, str id);

struct warm {        /* what we remember of a session's last call */
    int64_t version; /* of the stored session */
    uint64_t number; /* TAG_WARM of that worker; 0: none */
};
struct warm_table;
struct warm_table *warm_new(void);
void warm_free(struct warm_table *t);
bool warm_find(struct warm_table *t, str id, struct warm *out);
void warm_keep(struct warm_table *t, str id, struct warm w);
void warm_forget(struct warm_table *t, str id);

/* the room */
struct interviews {
    struct interviews_options o;
    struct family family;
    uint8_t key[CRYPTO_KEY]; /* wraps the sessions' keys */
    struct session_locks *locks;
    struct warm_table *warm;
    struct facts_cache *facts;
};

/* interviews_seal.c: the form of a step at rest */
/* A step is a plain header (40 bytes): "CS", format 1, codec, base step (u32 LE: sequence number of the step that it is a difference to, 0 for none), interview
 * hash (32 bytes); then nonce, ciphertext and tag. The seal binds header, session id and sequence number. */
enum { STEP_HEAD = 40, STEP_FORMAT = 1, CODEC_RAW = 0, CODEC_ZSTD = 1, CODEC_ZSTD_PREFIX = 2 };
struct step_head {
    int format, codec;
    uint32_t base; /* 0: none */
    str hash;      /* 32 bytes */
};
err step_head_read(str blob, struct step_head *out) MUST_CHECK; /* ERR_INPUT: not a step, or a newer format */
/* prefix: the snapshot that this one is stored as a difference to, STR_NULL for none (then it is a keyframe). */
err step_seal(struct arena *mem, const uint8_t key[static CRYPTO_KEY], str session, int64_t seq, str hash, uint32_t base, str prefix, str snapshot,
              str *blob) MUST_CHECK;
err step_open(struct arena *mem, const uint8_t key[static CRYPTO_KEY], str session, int64_t seq, str prefix, str blob, str *snapshot) MUST_CHECK;
/* Wraps a session's key. secret absent: multi-user, the room's key alone. out: CRYPTO_KEY + CRYPTO_SEAL_EXTRA bytes in mem. */
err session_key_wrap(struct arena *mem, const struct interviews *r, str session, str secret, const uint8_t key[static CRYPTO_KEY], str *out) MUST_CHECK;
/* ERR_INPUT: not this secret. */
err session_key_unwrap(const struct interviews *r, str session, str secret, str wrapped, uint8_t key[static CRYPTO_KEY]) MUST_CHECK;
bool secret_usable(str secret); /* 16, 24 or 32 bytes (api 6) */

/* interviews_store.c: all SQL */
struct session {
    str id, interview, wrapped;
    bool multi_user;
    int64_t seq;     /* of the last step = number of steps */
    int64_t version; /* moves with every change */
    int64_t key_seq; /* last keyframe, 0: none */
};
struct step {
    int64_t seq;
    str blob; /* absent: no such step */
};
err session_find(struct call *c, str id, str interview, struct session *out, bool *found) MUST_CHECK;
err step_read(struct call *c, str id, int64_t seq, struct step *out) MUST_CHECK;

struct session_write {
    str id, interview, wrapped;
    bool multi_user, rewrap;
    int64_t version; /* expected; 0: the session is new */
    int64_t seq;     /* the step to write; overwritten if it is there */
    int64_t key_seq;
    int64_t was;   /* sequence number of the last step in that version */
    int64_t steps; /* afterwards; higher ones are deleted */
    str blob;      /* absent: no step is written (back with question 0) */
    str title, tags_json;
    str account_id; /* who wrote */
};
/* ERR_CONFLICT (without fail()): the session's version is not the expected one. */
err session_store(struct call *c, const struct session_write *w) MUST_CHECK;
err session_own(struct call *c, str id, str account_id) MUST_CHECK;
/* Inside a write, with its lock: the session goes, with its steps, its uploads and the values that it keeps. */
err session_drop(struct call *c, str id) MUST_CHECK;
/* Drops the caller's ownership; the rest goes with the last owner (api 12.5). */
err session_disown(struct call *c, str id, str interview, str account_id, bool *gone) MUST_CHECK;
struct upload {
    str session, interview, filename, mimetype, extension, content; /* content: name in files */
    int64_t number;                                                 /* out */
};
err upload_add(struct call *c, struct upload *u) MUST_CHECK;
struct profile {
    str country, subdivisionfirst, subdivisionsecond, subdivisionthird, organization, language;
};
err profile_read(struct call *c, str account_id, struct profile *out) MUST_CHECK;

/* interviews_visit.c: one call on one session */
/* What an operation says (api 12, table of errors). */
struct visit_texts {
    const char *missing; /* no such session */
    const char *sealed;  /* wrong secret */
    const char *keyless; /* begins what is said when the session cannot become private for want of a secret; NULL: the error's class */
};
enum { CHAIN_MAX = 3 }; /* a step and what it is a difference to, in turn */
struct chain {
    struct step step[CHAIN_MAX]; /* the last one is whole */
    size_t n;
    bool damaged;
};
/* What the step that a call will probably write is stored as a difference to. It is read with the session and opened while the worker works. */
struct base {
    struct arena *mem; /* of its own: what is sealed and packed may be large */
    int64_t seq;       /* 0: none */
    struct chain chain;
    str text; /* absent: not opened, or not to be opened */
};
struct visit {
    struct call *c;
    struct interviews *r;
    str i, id, secret;                                        /* as given; absent: missing */
    enum { WRITES_NOTHING, WRITES_OVER, WRITES_NEXT } writes; /* what the call probably does to the last step */
    bool locked;
    struct session s;
    struct base base;
    uint8_t key[CRYPTO_KEY];
    struct profile profile;
    struct session_write write;
    const struct visit_texts *texts;
    void *arg; /* the handler's own */
    /* the worker's answer */
    struct frame reply;
    enum outcome_kind outcome;
    const char *why; /* of ERR_WORKER */
    /* what it asked for so far, as members of the next frame, and what it wants kept (interviews_kept.c) */
    struct buf given;
    unsigned rounds;
    struct put *puts;
    size_t n_puts;
};
/* Loads and unwraps. Failures carry the texts given here (api 12, table of errors). */
err visit_open(struct visit *v, const struct visit_texts *t) MUST_CHECK;
/* Loads again after a lost race. */
err visit_again(struct visit *v) MUST_CHECK;
/* Runs once() until it does not lose the race for the session; ERR_BUSY after a few. */
err visit_until_won(struct visit *v, err (*once)(struct visit *)) MUST_CHECK;
void visit_close(struct visit *v);
/* Begins the call frame with what every operation says: interview, session, user, steps, base URL, time. */
void visit_frame(struct visit *v, struct buf *b, enum worker_op op, int64_t steps);
/* Runs fill() to make the frame, sends it (with the snapshot where the worker is not warm) and leaves the answer in v. */
err visit_call(struct visit *v, void (*fill)(struct visit *v, struct buf *b, void *arg), void *arg, int64_t seq) MUST_CHECK;
/* Saves what the worker gave, as its TAG_SAVE says: over the last step or as a new one; with multi-user switching unless keep_mode.
 * ERR_CONFLICT (without fail()): lost the race. Sets v->s to the state after it. */
err visit_save(struct visit *v, int64_t last, bool keep_mode) MUST_CHECK;
/* Removes the last step and nothing else (back with question 0). ERR_CONFLICT: lost the race. */
err visit_drop_last(struct visit *v) MUST_CHECK;
/* The user object of language 9.6 for TAG_USER. */
err user_json(struct call *c, const struct profile *p, str *out) MUST_CHECK;
/* The worker's error as the client gets it: "Class: text", and in the dialect of the document where it arose. */
str visit_error(struct visit *v);
/* ERR_WORKER of visit_call as the client sees it: prefix, then what happened. */
err visit_worker_failed(struct visit *v, const char *prefix);
/* The worker's answer as the client gets it: question, variables, the interview's own; 204 where there is nothing to show. */
err visit_show(struct visit *v) MUST_CHECK;
/* JSON with the newline of api 2.6 behind it. json lives in c->mem. */
err answer_json(struct call *c, int status, str json) MUST_CHECK;
/* The interview's own answer (api 12.2), status 200 unless it asked for another and asked is true. */
err answer_response(struct visit *v, bool asked) MUST_CHECK;
/* Origin of absolute URLs: base_url of the configuration, else scheme and Host of the request (api 2.9). */
err base_url(struct call *c, str *out) MUST_CHECK;
/* Package part of an interview name; ERR_INPUT if malformed (api 5.2). */
err interview_package(str i, str *package) MUST_CHECK;
/* Whether there can be such a session: an id of ours, a name that session/new takes. What cannot be is not looked for. */
bool session_possible(str id, str i);

/* interviews_steps.c: stored steps as texts, and what the next one is stored as a difference to */
/* Snapshot of a step, read, opened, unpacked. ERR_CONFLICT (without fail()): the session is not what was loaded any more. */
err visit_snapshot(struct visit *v, int64_t seq, str *out) MUST_CHECK;
/* Which step a step is stored as a difference to; 0: none, it is whole. */
int64_t base_of(const struct visit *v, int64_t seq);
/* Reads what v->writes asks for; within the transaction that has read the session. */
err base_read(struct call *c, struct visit *v) MUST_CHECK;
/* Opens what base_read read. If that fails nothing happens: base_take tries again, and says why. */
void base_open(struct visit *v);
/* Text of step seq, which lives as long as the visit; STR_NULL for seq 0. As visit_snapshot where it is not there yet. */
err base_take(struct visit *v, int64_t seq, str *out) MUST_CHECK;
void base_drop(struct visit *v);

/* interviews_kept.c: what interview code reads and writes besides its answers */
/* Answers TAG_WANTS of v->reply into v->given. ERR_INPUT: too much (fail()ed); ERR_WORKER: nonsense. Runs its own transaction. */
err kept_give(struct visit *v) MUST_CHECK;
/* Reads TAG_PUT of v->reply and puts contents of files on disk, before the transaction of kept_store. */
err kept_prepare(struct visit *v) MUST_CHECK;
/* Stores what kept_prepare read, inside a write; or in a write of its own. */
err kept_store(struct call *c, struct visit *v) MUST_CHECK;
err kept_store_alone(struct visit *v) MUST_CHECK;
err kept_check_queries(struct store *s, struct arena *a, str *why) MUST_CHECK;

/* Whether one of the folders has it; a package that none has gets no worker. */
bool package_installed(const struct interviews *r, str package);

/* interviews_query.c: the query language of session lists (api 13.6) */
enum query_column {
    QC_MODTIME,
    QC_FILENAME,
    QC_SESSION,
    QC_ENCRYPTED,
    QC_USER_ID,
    QC_EMAIL,
    QC_FIRST_NAME,
    QC_LAST_NAME,
    QC_COUNTRY,
    QC_SUBDIVISIONFIRST,
    QC_SUBDIVISIONSECOND,
    QC_SUBDIVISIONTHIRD,
    QC_ORGANIZATION,
    QC_TIMEZONE,
    QC_LANGUAGE,
    QC_LAST_LOGIN,
    QC__COUNT
};
/* One session and its owner. Texts in s; encrypted (0, 1), user_id and times (Unix ms, UTC) in i. */
struct query_row {
    struct cell col[QC__COUNT];
};
struct query_node;
/* The condition that text says, in mem. It is bounded in length, depth and number of parts, and never becomes SQL: values stay values.
 *   ERR_INPUT     not in the language; nothing was fail()ed
 * *mismatch: absent, or what is compared with something of another type, for the client; the condition must not be used then. */
err query_parse(struct arena *mem, str text, const struct query_node **out, str *mismatch) MUST_CHECK;
/* By SQL's logic of three values; NULL counts as false. */
bool query_holds(const struct query_node *n, const struct query_row *row);
/* A value that the column must have for the condition to hold; absent (NULL) if there is none. Chooses the index that is read. */
str query_pinned_text(const struct query_node *n, enum query_column col);
const int64_t *query_pinned_int(const struct query_node *n, enum query_column col);

/* "2026-08-01", "2026-08-01 19:04", "2026-08-01T19:04:05.123456", with or without Z or +hh:mm: Unix microseconds. ERR_INPUT. */
err query_time(str s, int64_t *unix_us) MUST_CHECK;

/* interviews_lists_store.c: SQL of lists */
struct list_key {           /* which ownerships, by index; absent: not chosen by that */
    const int64_t *user_id; /* number of an account */
    str interview, session;
};
struct list_place { /* behind which the next ones stand */
    int64_t position, id;
};
struct list_row {
    struct query_row q;
    struct list_place at;
    int64_t temp_user_id, created_at_ms;
    bool anonymous, active; /* active: the owner */
};
/* At most n ownerships behind a place, in order of position. */
err lists_read(struct call *c, const struct list_key *key, struct list_place after, int64_t n, struct list_row **out, size_t *count) MUST_CHECK;
/* The statement that reads by this key; its last parameters are the place and n. For lists_read and the tests of its plan. */
const struct query *lists_query(const struct list_key *k);
/* Removes one ownership, and the session with the last one. Inside TX_WRITE. */
err lists_disown(struct call *c, const struct list_row *row) MUST_CHECK;
err lists_check_queries(struct store *s, struct arena *a, str *why) MUST_CHECK;

/* interviews_lists.c: which sessions, page by page */
struct sessions_params;
struct list_scope { /* what a list is about */
    const struct sessions_params *p;
    const struct query_node *query; /* NULL: none */
    const int64_t *user_id;         /* NULL: of everybody */
    bool system_wide;
    struct list_key key;
};
/* The next ownerships behind a place that the parameters and the query choose (not the tag): n of them, and what shares the last one's position, so
 * that no page begins within a session. *more: there are further ones. *rows live in c->mem. Runs its own transactions. */
err list_take(struct call *c, const struct list_scope *s, struct list_place after, size_t n, struct list_row **rows, size_t *count, bool *more) MUST_CHECK;
/* Whether the array of texts has it; everything has an absent tag. */
bool list_tagged(const json_t *tags, str tag);

/* interviews_lists_item.c: one session as a list shows it */
struct item_setting {
    const struct list_scope *scope;
    const struct zone *zone; /* NULL: UTC */
};
/* Writes it, unless the tag leaves it out. */
err item_write(struct call *c, const struct item_setting *set, const struct list_row *row, struct jw *w) MUST_CHECK;

/* interviews_lists_delete.c */
/* Removes the ownerships that the scope and its tag choose, in small transactions. anonymous: also those of temporary users. */
err list_remove(struct call *c, const struct list_scope *s, bool anonymous) MUST_CHECK;

/* interviews_lists_facts.c: what interviews say of themselves, kept for a second */
struct facts_cache;
struct facts_cache *facts_new(void);
void facts_free(struct facts_cache *f);
/* {title, subtitle, metadata, tags} of OP_METADATA; NULL: the interview does not load, or its package is not there. */
err facts_get(struct call *c, struct interviews *r, str interview, json_t **out) MUST_CHECK;

/* interviews_lists_time.c: local time */
/* "08/01/2026 03:04:05 PM" in a time zone of the system (tz database); an unknown zone counts as UTC. */
enum { LOCAL_TIME_MAX = 32 };
struct zone;
err zone_load(struct arena *mem, str name, const struct zone **out) MUST_CHECK; /* ERR_NOT_FOUND: no such zone, or not readable */
/* Seconds east of Greenwich at that moment; NULL: UTC. */
int64_t zone_offset(const struct zone *z, int64_t unix_s);
/* The contents of a TZif file (RFC 8536). ERR_INPUT: not one. For zone_load and the tests. */
err zone_parse(struct arena *mem, str file, const struct zone **out) MUST_CHECK;
size_t local_time(const struct zone *z, int64_t unix_ms, char out[static LOCAL_TIME_MAX]);

/* handlers */
err list_all(struct call *c);
err list_users(struct call *c);
err list_own(struct call *c);
err list_by_id(struct call *c);
err delete_all(struct call *c);
err delete_users(struct call *c);
err delete_own(struct call *c);
err delete_by_id(struct call *c);
err session_new(struct call *c);
err session_question(struct call *c);
err session_variables(struct call *c);
err session_set(struct call *c);
err session_delete(struct call *c);
err session_back(struct call *c);
err session_action(struct call *c);
err list_interviews(struct call *c);
err get_secret(struct call *c);
err get_user(struct call *c);
err interview_data(struct call *c);

/* The structs that parameters are read into (interviews_shapes.c says how). */
struct new_params {
    str i, secret;
};
struct session_params {
    str i, session, secret;
};
struct set_body {
    str i, session, secret, question_name;
    struct any variables, delete_variables, file_variables, event_list;
    enum flag raw, question, advance, overwrite;
};
struct back_body {
    str i, session, secret;
    enum flag question;
};
struct action_body {
    str i, session, secret, action;
    struct any arguments;
    enum flag persistent, overwrite, read_only;
};
struct list_params {
    str tag;
    enum flag absolute_urls;
};
struct data_params {
    str i;
};
struct secret_params {
    str username, password;
};
struct sessions_params {
    str user_id, i, session, query, tag, secret, next_id;
    enum flag include_dictionary;
};
extern const struct shape shape_sessions_params, shape_users_sessions_params, shape_sessions_gone_params, shape_users_sessions_gone_params, shape_session_list;
extern const struct shape shape_new_params, shape_session_params, shape_delete_params, shape_set_body, shape_back_body, shape_action_body, shape_list_params,
    shape_secret_params, shape_data_params, shape_interview_data, shape_session_started, shape_user_info, shape_interview_list, shape_error, shape_object_open;
extern const struct body_doc set_bodies[], back_bodies[], action_bodies[];

/* interviews_family.c */
err identify(struct call *c, const struct op *op);
err permit(struct call *c, const struct op *op);
void error_reply(struct call *c, const struct op *op, err e);
void no_path(struct call *c);
void no_method(struct call *c, unsigned allowed);
void options_reply(struct call *c, unsigned allowed);
void finish(struct call *c, const struct op *op);
extern const struct op interviews_ops[];
