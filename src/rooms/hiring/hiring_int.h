/* rooms/hiring/hiring_int.h: what the files of the room share. */
#pragma once
#include "base/json.h"
#include "crypto/jwt.h"
#include "rooms/hiring/hiring.h"
#include <stdatomic.h>

#define HIRING "hiring" /* family of throttles and audit records */
/* What is sealed for what (crypto/ring.h). */
#define HIRING_KEY_PURPOSE "hiring: API keys"
#define HIRING_SECRET_PURPOSE "hiring: access tokens"

enum {
    KEY_RANDOM = 32, /* characters behind pk_ and sk_ */
    KEY_LEN = 3 + KEY_RANDOM,
    SHA256 = 32,
    ROOM_DIGITS = 12,
    CONFIG_MAX = 64 << 10,   /* interview_config, bytes of JSON */
    FEEDBACK_MAX = 64 << 10, /* bytes */
    LIST_MAX = 1000,
    /* Of a page with details: bytes of interview_config and overall_feedback. Written as JSON they are six times as many at most, which a reply can hold. */
    DETAILS_MAX = 8 << 20,
    IDEMPOTENCY_MS = 24 * 3600 * 1000,
    /* A revoked token is remembered that much longer than it is good for: to a server whose clock is behind, or was set back, it is good for longer. */
    REVOKED_KEPT_MS = 3600 * 1000
};
#define EVENTS_KEPT_MS (INT64_C(180) * 24 * 3600 * 1000) /* of LiveKit; by then nobody sends one again */

struct secrets; /* hiring_secrets.c */
struct usage;   /* hiring_usage.c */
struct interview;

struct hiring {
    struct hiring_options o;
    struct family family;
    uint8_t key_hash[CRYPTO_KEY]; /* hashes API keys */
    struct secrets *secrets;
    struct usage *usage;
    struct jwt_key *livekit;                                                 /* NULL: not configured */
    atomic_llong tokens_minted, webhooks_refused, key_uses, outbox_since_ms; /* the oldest job that waits, INT64_MAX: none */
};

/* Users */

struct user {
    str id, email, username, full_name; /* full_name may be absent */
    bool active, superuser;
    int64_t created_at_ms, epoch;
};
/* The caller of a request; who is the first member, so that c->who is it. */
struct caller {
    struct who who;
    struct user user;
    str jti;               /* of the token; absent for keys */
    int64_t expires_at_ms; /* of the token */
    str key_id;            /* absent for tokens */
};
static inline const struct caller *caller_of(const struct call *c) { return (const struct caller *)(const void *)c->who; }
static inline struct hiring *hiring_of(const struct call *c) { return c->room; }

/* hiring_family.c */
extern const char *const hiring_by_key[], *const hiring_even_inactive[]; /* .roles of rows: an API key is asked for; an inactive user may */
err hiring_identify(struct call *c, const struct op *op) MUST_CHECK;
err hiring_still(struct call *c, const struct op *op) MUST_CHECK; /* inside a write */
void hiring_error_reply(struct call *c, const struct op *op, err e);
void hiring_no_path(struct call *c);
void hiring_no_method(struct call *c, unsigned allowed);
void hiring_options_reply(struct call *c, unsigned allowed);
void hiring_finish(struct call *c, const struct op *op);
/* 429 with Retry-After. */
err hiring_too_many(struct call *c, int64_t wait_s) MUST_CHECK;
/* One line of the audit log; subject: id of what was changed, may be absent. */
err hiring_audit(struct call *c, const char *action, str subject) MUST_CHECK;

/* hiring_secrets.c: access tokens. Loads the secrets, making the first. */
err hiring_secrets_new(struct hiring *h, struct arena *a) MUST_CHECK;
/* Inside a read: whether there is a new one; asks the store at most once a second. */
err hiring_secrets_again(struct hiring *h, struct call *c) MUST_CHECK;
void hiring_secrets_free(struct secrets *s);
err hiring_access_token(struct hiring *h, struct call *c, const struct user *u, str *out) MUST_CHECK;
struct access {
    str account_id, jti;
    int64_t expires_at_ms, epoch;
};
/* ERR_ANONYMOUS (fail()ed). */
err hiring_access_read(struct hiring *h, struct call *c, str token, struct access *out) MUST_CHECK;

/* hiring_keys.c: the text of a stored key. */
struct key_row;
err hiring_key_open(const struct ring *ring, struct arena *a, const struct key_row *k, str *out) MUST_CHECK;

/* hiring_usage.c: counts of uses, in memory. */
err hiring_usage_new(struct hiring *h) MUST_CHECK;
err hiring_usage_start(struct hiring *h) MUST_CHECK;
void hiring_usage_free(struct hiring *h);
/* One use at now_ms. *wait_s > 0: the key's limit is reached, and it was not counted. */
err hiring_usage_count(struct hiring *h, str key_id, int64_t now_ms, int64_t *wait_s) MUST_CHECK;
/* What was counted before the call is in the store when it returns. Not inside a transaction. */
err hiring_usage_flush(struct hiring *h) MUST_CHECK;

/* Of the path, if the caller may see it: 404, 403 fail()ed. Inside a transaction. */
err hiring_interview_of(struct call *c, struct interview **out) MUST_CHECK;

/* LiveKit (hiring_livekit.c). Blocking, not inside a transaction. ERR_WORKER: it may go well later; ERR_INPUT: it never will; both fail()ed. */
bool hiring_livekit_signs(const struct hiring *h);  /* tokens can be made */
bool hiring_livekit_serves(const struct hiring *h); /* and there is a server to be asked */
err hiring_room_create(struct hiring *h, struct call *c, const struct interview *i) MUST_CHECK;
err hiring_room_delete(struct hiring *h, struct call *c, str room_name) MUST_CHECK; /* one that is not there is gone */
/* Jobs (hiring_rooms.c). Inside a write; nothing where no server is configured. */
err hiring_room_wanted(struct hiring *h, struct call *c, str interview_id) MUST_CHECK;
err hiring_room_unwanted(struct hiring *h, struct call *c, str room_name) MUST_CHECK;
/* After LiveKit was asked for it: whoever cancelled meanwhile wants it gone. */
err hiring_room_still_wanted(struct hiring *h, struct call *c, str interview_id) MUST_CHECK;
/* Inside a read: INT64_MAX if nothing waits. */
err hiring_outbox_oldest(struct call *c, int64_t *created_at_ms) MUST_CHECK;

/* Handlers */
err hiring_user_register(struct call *c) MUST_CHECK;
err hiring_user_login(struct call *c) MUST_CHECK;
err hiring_user_logout(struct call *c) MUST_CHECK;
err hiring_user_me(struct call *c) MUST_CHECK;
err hiring_user_update(struct call *c) MUST_CHECK;
err hiring_key_create(struct call *c) MUST_CHECK;
err hiring_key_list(struct call *c) MUST_CHECK;
err hiring_key_deactivate(struct call *c) MUST_CHECK;
err hiring_interview_create(struct call *c) MUST_CHECK;
err hiring_interview_list(struct call *c) MUST_CHECK;
err hiring_interview_get(struct call *c) MUST_CHECK;
err hiring_interview_update(struct call *c) MUST_CHECK;
err hiring_token_create(struct call *c) MUST_CHECK;
err hiring_token_record(struct call *c) MUST_CHECK;
bool hiring_token_asks_nobody(const struct call *c); /* no LiveKit server is configured */
err hiring_webhook(struct call *c) MUST_CHECK;

/* Bodies and parameters (hiring_shapes.c) */
struct register_body {
    str email, username, full_name, password;
};
struct login_body {
    str grant_type, username, password, scope, client_id, client_secret;
};
struct me_body {
    str full_name;
    enum flag is_active;
    bool full_name_given;
};
struct key_body {
    str name;
};
struct create_body {
    str title, candidate_name, candidate_email, position;
    struct any interview_config;
    int64_t scheduled_at;
    bool scheduled_given;
};
struct update_body {
    str title, candidate_name, candidate_email, position;
    struct any interview_config;
    int64_t scheduled_at;
    str status;
    double technical_score, behavioral_score;
    str overall_feedback;
    bool scheduled_given, technical_given, behavioral_given, feedback_given;
};
struct token_body {
    str role, participant_name;
};
struct include_query {
    str include, idempotency_key, if_match;
};
struct list_query {
    int64_t skip, limit;
    str status, include;
    enum flag all;
    bool skip_given, limit_given;
};
bool hiring_wants_details(str include);

/* Replies */
struct message {
    str message;
};
struct access_reply {
    str access_token, token_type;
};
struct user_reply {
    str id, email, username, full_name;
    bool is_active, is_superuser;
    int64_t created_at;
};
struct key_reply {
    str id, name, key, secret;
    bool is_active;
    int64_t usage_count, created_at, last_used_at;
};
struct token_reply {
    str token, room_name, participant_name, identity, server_url;
    int64_t expires_at;
};
struct interview {
    str id, title, candidate_name, candidate_email, position, status, room_name;
    struct any technical_score, behavioral_score;
    int64_t created_at;
    str creator_id;
    int64_t scheduled_at; /* SHAPE_NO_TIME: none; likewise below */
    struct any interview_config;
    str overall_feedback;
    int64_t started_at, ended_at, updated_at;
    str room_state, api_key_id;
    int64_t version;
};
extern const struct shape hiring_register_shape, hiring_login_shape, hiring_me_body_shape, hiring_key_name_shape, hiring_create_shape, hiring_update_shape,
    hiring_include_shape, hiring_create_query_shape, hiring_update_query_shape, hiring_list_query_shape, hiring_message_shape, hiring_access_token_shape,
    hiring_user_shape, hiring_new_key_shape, hiring_key_shape, hiring_keys_shape, hiring_interview_shape, hiring_interview_details_shape,
    hiring_interviews_shape, hiring_interviews_details_shape, hiring_detail_shape, hiring_problems_shape;
extern const struct shape hiring_token_body_shape, hiring_key_token_body_shape, hiring_token_shape, hiring_token_details_shape, hiring_event_shape;
extern const struct op hiring_ops[];

/* Rules (hiring_rules.c): pure */
extern const char *const hiring_statuses[], *const hiring_roles[];
/* Reasons for value_error, or NULL: see shape.h. */
const char *hiring_judge_email(struct call *c, const void *record, str text);
const char *hiring_judge_username(struct call *c, const void *record, str text);
const char *hiring_judge_password(struct call *c, const void *record, str text);
const char *hiring_judge_config(struct call *c, const void *record, str text);
const char *hiring_judge_feedback(struct call *c, const void *record, str text);
/* Shown scores: whole numbers without a point. */
err hiring_score_text(struct arena *a, double score, str *out) MUST_CHECK;
/* A JSON value that was accepted, without blanks between its parts. */
err hiring_json_compact(struct arena *a, str json, str *out) MUST_CHECK;
/* 36 characters, hex and dashes; any case. */
bool hiring_is_uuid(str text);
/* An id as it is stored: in lower case. */
err hiring_id_of(struct call *c, str text, str *out) MUST_CHECK;
/* What stands in Authorization: Bearer for an API key operation. ERR_INPUT: none of the forms. */
struct credentials {
    str key, secret; /* each absent, or KEY_LEN characters */
};
err hiring_credentials_read(str token, struct credentials *out) MUST_CHECK;
/* Status after a change of scheduled_at without one of status (hiring 7). */
str hiring_status_after_schedule(str status, bool scheduled);
/* completed, cancelled, no_show: nobody waits for a room any more. */
bool hiring_is_over(str status);
/* What an event does (hiring 5.3, hiring_webhook.c). false: nothing. */
struct event_effect {
    str status;
    int64_t started_at, ended_at; /* SHAPE_NO_TIME: none */
};
bool hiring_event_changes(const struct interview *i, str type, str participant, int64_t at_ms, bool auto_complete, struct event_effect *out);
/* How long LiveKit keeps an empty room: until an hour after the time, at least an hour from now, at most 7 days (5.2). */
int64_t hiring_empty_timeout_s(int64_t scheduled_at_ms, int64_t now_ms);
/* What an answer of LiveKit means; code absent: not in the form of Twirp. */
enum livekit_says { LIVEKIT_OK, LIVEKIT_NOT_FOUND, LIVEKIT_LATER, LIVEKIT_NEVER };
enum livekit_says hiring_livekit_says(int status, str code);
/* Whether a line of If-Match lets a change of that version through. */
bool hiring_if_match(str header, int64_t version);
bool hiring_origin_allowed(const struct hiring_options *o, str origin);

/* SQL (hiring_store.c) */
/* *out NULL: none such. revoked: of the token jti. */
err hiring_user_find(struct call *c, str account_id, str jti, struct user **out, bool *revoked) MUST_CHECK;
err hiring_user_id_by_username(struct call *c, str username_norm, str *out) MUST_CHECK; /* absent: none */
err hiring_profile_put(struct call *c, str account_id, str username, str username_norm, str full_name, bool *taken) MUST_CHECK;
err hiring_profile_name(struct call *c, const struct user *u, str full_name) MUST_CHECK;
/* Inside a write. Forgets tokens that have expired REVOKED_KEPT_MS ago. */
err hiring_token_revoke(struct call *c, str jti, str account_id, int64_t expires_at_ms) MUST_CHECK;

struct secret_row {
    str id, sealed;
};
err hiring_secret_list(struct call *c, struct secret_row **out, size_t *n) MUST_CHECK; /* newest first */
err hiring_secrets_drop(struct call *c) MUST_CHECK;
err hiring_secret_put(struct call *c, str id, str sealed) MUST_CHECK;

struct key_row {
    str id, account_id, name, sealed, key_hash, secret_hash;
    bool active;
    int64_t usage_count, created_at_ms, last_used_at_ms /* SHAPE_NO_TIME: never */;
};
err hiring_key_put(struct call *c, const struct key_row *k) MUST_CHECK;
err hiring_keys_active(struct call *c, str account_id, int64_t *out) MUST_CHECK;
err hiring_keys_of(struct call *c, str account_id, struct key_row **out, size_t *n) MUST_CHECK;
/* Of an active user, by one of the hashes (the other absent); *out NULL: none such. */
err hiring_key_find(struct call *c, str key_hash, str secret_hash, struct key_row **out, struct user **owner) MUST_CHECK;
err hiring_key_off(struct call *c, str id, str account_id, bool *found) MUST_CHECK;
err hiring_key_add_uses(struct call *c, str id, int64_t uses, int64_t last_used_at_ms) MUST_CHECK;

err hiring_keys_all(struct call *c, str email_norm, struct key_row **out, str **emails, size_t *n) MUST_CHECK; /* absent: of all users */
err hiring_key_off_any(struct call *c, str id, bool *found) MUST_CHECK;
err hiring_blank(struct call *c, str email, str email_norm, int64_t *n) MUST_CHECK;

/* false: the room's name is taken. */
err hiring_interview_put(struct call *c, const struct interview *i, bool *done) MUST_CHECK;
err hiring_interview_find(struct call *c, str id, struct interview **out) MUST_CHECK; /* *out NULL: none such */
err hiring_interview_by_room(struct call *c, str room_name, struct interview **out) MUST_CHECK;
err hiring_room_state(struct call *c, str interview_id, str state) MUST_CHECK;
err hiring_interview_change(struct call *c, const struct interview *i) MUST_CHECK;
struct interview_filter {
    str creator_id, status; /* absent: any */
    int64_t skip, limit;
    bool details; /* else interview_config and overall_feedback are not read, and absent */
};
/* ERR_LIMIT (fail()ed, 400): the details are more than DETAILS_MAX. */
err hiring_interview_page(struct call *c, const struct interview_filter *f, struct interview **out, size_t *n, int64_t *total) MUST_CHECK;

/* *fresh: false if this event was there already. Older ones are dropped. */
err hiring_event_put(struct call *c, str id, str interview_id, str type, int64_t at_ms, str summary, int64_t drop_before_ms, bool *fresh) MUST_CHECK;
err hiring_event_apply(struct call *c, str interview_id, const struct event_effect *e) MUST_CHECK;

struct repeat {
    str account_id, operation, name, request_hash, interview_id, answer;
};
err hiring_repeat_find(struct call *c, struct repeat *r, bool *found) MUST_CHECK; /* fills request_hash and answer */
err hiring_repeat_put(struct call *c, const struct repeat *r) MUST_CHECK;
