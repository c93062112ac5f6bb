/* rooms/accounts/accounts.h: people's own accounts over the Django CFG API: one-time codes by e-mail, session tokens, profile, second factors, GitHub
 * sign-in, API key, Centrifugo tokens. Spec: django-cfg.
 *
 * Invariants: (1) whatever is used once (code, TOTP step, backup code, refresh token, OAuth state, second-factor session) is used up by one conditional
 * write, so of two racing requests one wins; (2) a session token names the account's epoch, sealed into its jti, and dies when that moves; (3) of an API key
 * only a digest and the masked form are kept; (4) every refusal of a one-time code looks the same and costs the same; (5) bytes of an uploaded image
 * are decoded in another process only. */
#pragma once
#include "auth/auth.h"
#include "jobs/jobs.h"
#include "mail/mail.h"
#include "route/route.h"

struct accounts;

struct accounts_github {
    bool enabled, account_linking, auto_create;
    const char *client_id, *client_secret; /* NULL or empty: not configured */
    const char *authorize_url, *token_url, *user_url, *emails_url;
    bool allow_private; /* the URLs may lead to a private address: the operator has set them himself */
};
struct accounts_centrifugo {
    bool enabled;
    const char *url, *secret;
    int64_t ttl_s;
};
struct accounts_options {
    struct store *store;
    struct auth *auth;
    struct mailer *mailer;
    struct files *files;
    const uint8_t *master_key; /* 32 bytes; sub-keys are derived, the key itself is not kept */
    const struct ring *ring;   /* seals tokens of GitHub */
    const char *base_url;      /* NULL: from each request */
    const char *site_url;      /* of the front end; NULL: none */
    const char *api_url;       /* base of media URLs; NULL: base_url, else the request's host */
    const char *project_name;
    int64_t access_s, refresh_s; /* lives of tokens */
    bool totp_enabled;
    const char *totp_enforcement; /* optional, encouraged, required, admin_only */
    struct accounts_github github;
    struct accounts_centrifugo centrifugo;
    const char **origins; /* exact ones that CORS allows */
    size_t n_origins;
    bool local_origins;        /* and any port of localhost, and those of webviews */
    const char *image_program; /* whole path of chancery-image; NULL: no avatar is taken */
};
err accounts_new(struct arena *a, const struct accounts_options *o, struct accounts **out) MUST_CHECK;
void accounts_free(struct accounts *r);
/* The row for the router; lives as long as the room. */
const struct family *accounts_family(struct accounts *r);
/* The document's family: what `chancery openapi accounts` prints, without a room. */
extern const struct family accounts_document;

/* Inside a write: that account's API key opens nothing any more. For the first proof of an address. */
err accounts_revoke_keys(struct call *c, str account_id) MUST_CHECK;
/* Inside a write: what this room keeps of an account that is deleted now goes (django-cfg 9.7). Its API key stays, to be told from one that nobody ever had:
 * it opens nothing, since its owner is gone (django-cfg 3). */
err accounts_deleted(struct files *f, struct call *c, const struct account *who) MUST_CHECK;

/* For the retention job: each removes at most $2 rows that expired before $1. */
extern const struct query accounts_purge[];
extern const size_t accounts_purge_n;
/* What pictures are kept in. */
extern const struct files_column accounts_files;

/* Inside a write: the account has a profile and an API key here, also if it was made elsewhere and never signed in here. */
err accounts_ready(struct call *c, const struct account *who) MUST_CHECK;
/* Inside a write. A test account signs in by any four digits and gets no mail (django-cfg 9.1, 9.2). */
err accounts_set_test(struct call *c, const struct account *who, bool test) MUST_CHECK;
/* Inside a write: what is left of deleted accounts goes, here and in the core: names, addresses. Their rows stay for what refers to them. *n: how many. */
err accounts_purge_deleted(struct call *c, int64_t *n) MUST_CHECK;

extern const struct migration accounts_migrations[];
extern const size_t accounts_migrations_n;
err accounts_check_queries(struct store *s, struct arena *a, str *why) MUST_CHECK;

/* For chancery rekey. */
extern const struct sealed_column accounts_sealed[];
extern const size_t accounts_sealed_n;
