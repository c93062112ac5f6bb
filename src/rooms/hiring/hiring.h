/* rooms/hiring/hiring.h: interviews of job candidates over LiveKit video rooms. Spec: hiring.
 *
 * Invariants: (1) e-mail, password, active and superuser are the shared account's; only username, full name and keys are ours; (2) an interview is
 * committed before LiveKit hears of it, and the job that makes its room is part of that commit; (3) API keys are stored sealed, for their owner's eyes,
 * and found by keyed hash; their secrets exist as SHA-256 only; (4) each use of a key is counted once, in memory first, in the store within a second;
 * (5) a token that was logged out stays dead over restarts; (6) a status set by its owner to completed or cancelled is not changed by events. */
#pragma once
#include "auth/auth.h"
#include "crypto/ring.h"
#include "jobs/jobs.h"
#include "route/route.h"

struct hiring;

struct hiring_livekit {
    str url;        /* of the server API, without a slash at its end; absent: not configured */
    str public_url; /* for clients; may be absent */
    str api_key, api_secret;
    int64_t token_ttl_s, timeout_ms;
    str agent_name; /* absent: none is dispatched by name */
    bool webhook, require_room, auto_complete;
};
struct hiring_options {
    struct store *store;
    struct auth *auth;
    const struct ring *ring;   /* seals keys and secrets; outlives the room */
    const uint8_t *master_key; /* 32 bytes; a sub-key is derived, the key itself is not kept */
    struct jobs *jobs;         /* with hiring_job_kinds() */
    int64_t keys_max;          /* active API keys of one user */
    int64_t key_per_minute;    /* requests of one API key; 0: no limit */
    bool require_secret, registration, no_common_passwords;
    int64_t token_ttl_s;
    const char *const *origins; /* CORS, exact */
    size_t n_origins;
    bool loopback_origins; /* any port of http://localhost and http://127.0.0.1 as well */
    struct hiring_livekit livekit;
};
/* Runs its own transactions: the signing secret is made where there is none. */
err hiring_new(struct arena *a, const struct hiring_options *o, struct hiring **out) MUST_CHECK;
/* Of struct jobs_options.kinds: rooms are made and removed. where: becomes the room when it is there; outlives the queue. */
enum { HIRING_KINDS = 2 };
size_t hiring_job_kinds(struct hiring **where, struct job_kind out[static HIRING_KINDS]);
/* Starts the thread that writes key counts. */
err hiring_start(struct hiring *h) MUST_CHECK;
/* Writes the last counts; the store is still open. NULL is fine. */
void hiring_free(struct hiring *h);
/* The row for the router; lives as long as the room. */
const struct family *hiring_family(struct hiring *h);
extern const struct family hiring_document;

extern const struct migration hiring_migrations[];
extern const size_t hiring_migrations_n;
/* For the retention job: each removes at most $2 rows from before $1, which is to be that many ms ago. */
extern const struct query hiring_purge[];
extern const int64_t hiring_purge_kept_ms[];
extern const size_t hiring_purge_n;
err hiring_check_queries(struct store *s, struct arena *a, str *why) MUST_CHECK;

/* Counters of this process, and how long the oldest job about a room has waited, as of a few seconds ago. */
struct hiring_numbers {
    int64_t tokens_minted, webhooks_refused, key_uses, outbox_age_s;
};
void hiring_numbers(const struct hiring *h, struct hiring_numbers *out);

/* For commands, beside a running server; inside a transaction. email absent: keys of all users. shown: "pk_" and four characters, for people. */
struct hiring_key {
    str id, email, name, shown;
    bool active;
    int64_t usage_count, created_at_ms, last_used_at_ms /* SHAPE_NO_TIME: never */;
};
err hiring_command_keys(const struct ring *ring, struct call *c, str email, struct hiring_key **out, size_t *n) MUST_CHECK;
/* A new secret signs access tokens from now on; those before verify as long as they are among the newest eight, or with end_tokens no longer. Inside a
 * write. Servers that run heed it within seconds. */
err hiring_command_rotate(const struct ring *ring, struct call *c, bool end_tokens) MUST_CHECK;
err hiring_command_key_off(struct call *c, str id) MUST_CHECK; /* ERR_NOT_FOUND */
/* Name, address and feedback of a candidate go, scores stay (hiring 8). *n: of how many interviews. */
err hiring_command_blank(struct call *c, str email, int64_t *n) MUST_CHECK;
/* Makes and removes a room of its own name; blocking, outside a transaction. *step: what was being done. ERR_INPUT, ERR_WORKER: fail()ed. */
err hiring_command_probe(const struct hiring_livekit *o, struct call *c, const char **step) MUST_CHECK;

/* For the hooks of auth/, inside their transaction. */
err hiring_revoke_keys(struct call *c, str account_id) MUST_CHECK;
err hiring_account_deleted(struct call *c, str account_id) MUST_CHECK;

/* For chancery rekey. */
extern const struct sealed_column hiring_sealed[];
extern const size_t hiring_sealed_n;
