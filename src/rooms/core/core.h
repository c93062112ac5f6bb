/* rooms/core/core.h: what the server shows of itself: home page, health, metrics, documents, and the pages of the identity core. Owns "/".
 *
 * Spec: server.md 3 (paths) and 4 (account pages). Invariants: (1) /healthz touches nothing but constants; (2) no page loads anything from another
 * host or needs JavaScript; (3) a page that shows or takes a one-time token is never cached and tells no other site its address. */
#pragma once
#include "auth/auth.h"
#include "jobs/jobs.h"
#include "mail/mail.h"
#include "route/route.h"
#include "worker/worker.h"

enum { CORE_MISSING_MAX = 8 };

/* What /metrics shows; filled by main, which knows everybody. */
struct core_numbers {
    struct router_stats route;
    struct store_stats store;
    struct http_stats http;
    struct workers_stats workers;
    int64_t running_now, passwords_waiting;
    int64_t join_tokens, webhooks_refused, api_key_uses, room_jobs_age_s; /* hiring */
    int64_t started_at_ms;                                                /* Unix ms */
};

struct core_options {
    const struct family *const *families; /* the enabled ones without the core's, NULL-terminated; must live as long as the result */
    const char *version;                  /* of the program */
    struct auth *auth;                    /* NULL: the account pages answer 503 (documents printed without a server) */
    struct store *store;
    struct jobs *jobs;  /* knows core_forgot_kind(); NULL: /account/forgot answers 503 */
    bool metrics_apart; /* the family leaves out /metrics; core_metrics_family() serves it on a listener of its own */
    /* Names what keeps the server from being ready ("store", "schema", "keys"); constant texts, at most CORE_MISSING_MAX. May wait. */
    size_t (*missing)(void *self, const char *out[static CORE_MISSING_MAX]);
    void (*numbers)(void *self, struct core_numbers *out);
    /* Further lines of /metrics, in its format; may wait. NULL: none. */
    void (*more_numbers)(void *self, struct buf *out);
    void *self;
};

/* The family for the last place in router_options.families. Prints the documents of all families once, so it fails as openapi_print() does. */
err core_family(struct arena *a, const struct core_options *o, const struct family **out) MUST_CHECK;
/* A family of /metrics alone. */
err core_metrics_family(struct arena *a, const struct core_options *o, const struct family **out) MUST_CHECK;

/* Whoever forgot a password: looks for the account and mails the link. For struct jobs_options.kinds. */
#define CORE_FORGOT_KIND "account.forgot"
struct job_kind core_forgot_kind(struct auth *a);

/* The mails of the identity core, for struct auth_hooks.mail. Inside a write. An address that cannot be mailed to is logged and no error. */
err core_mail(struct mailer *m, struct call *c, const char *name, const struct account *to, const struct auth_mail_value *v, size_t n) MUST_CHECK;
extern const struct template core_mails[];
extern const size_t core_mails_n;

/* May this be a password? NULL, or what is wrong with it as a sentence for the person who chose it. email: the account's, may be absent. */
const char *password_refusal(str password, str email);
