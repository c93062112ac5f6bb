/* main/config.h: the settings, from one table (server.md 2).
 *
 * Precedence: built-in default < file < environment (CHANCERY_STORE_URL) < --set. Unknown keys, wrong types and impossible values stop the
 * start with their place: file:line:column, or the name of the variable or --set key. Everything lives in the arena given to config_load. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"

struct texts {
    const char **v; /* NULL-terminated as well */
    size_t n;
};
struct dispatch {
    str name, interview, title;
};
struct dispatches {
    struct dispatch *v;
    size_t n;
};

struct config {
    const char *data, *base_url, *store_url, *store_prepare, *store_listen_url, *master_key_file, *files_url;
    struct texts listen, metrics_listen, trusted_proxies, families, cors_origins;
    int64_t threads, max_connections, max_body_memory_mb;
    bool store_migrate, limits_enabled;
    bool cors_set; /* cors.allowed_origins was given, if only as [] */
    bool hiring_require_secret, hiring_registration, hiring_no_common, livekit_webhook, livekit_require_room, livekit_auto_complete;
    int64_t hiring_keys_max, hiring_key_per_minute, hiring_token_ttl, livekit_token_ttl, livekit_timeout;
    const char *livekit_url, *livekit_public_url, *livekit_api_key, *livekit_api_secret, *livekit_agent;
    const char *tls_cert, *tls_key;
    const char *admin_email, *admin_password, *admin_api_key;
    const char *mail_url, *mail_from, *outgoing_ca_file;
    int64_t mail_timeout, mail_retry;
    bool mail_require_tls, outgoing_allow_private;
    int64_t retention_every, retention_sessions, retention_links, retention_audit, retention_files, retention_done_jobs, retention_dead_jobs;
    const char *log_format, *log_level;
    int64_t argon2_memory_kib, argon2_passes, argon2_workers, argon2_queue;
    int64_t workers_min, workers_max, workers_memory_mb, workers_cpu_s, workers_wall_s;
    struct texts packages, words;
    const char *dialect, *timezone, *locale, *language, *currency;
    int64_t max_content_length, concurrency_lock_timeout, pagination_limit;
    struct dispatches dispatch;
    const char *accounts_site_url, *accounts_api_url, *accounts_project_name, *accounts_totp_enforcement;
    int64_t accounts_access_lifetime, accounts_refresh_lifetime, centrifugo_ttl;
    bool accounts_totp_enabled, github_enabled, github_account_linking, github_auto_create, centrifugo_enabled;
    const char *github_client_id, *github_client_secret, *github_authorize_url, *github_token_url, *github_user_url, *github_emails_url;
    const char *centrifugo_url, *centrifugo_secret;
};

struct config_sources {
    const char *file;          /* --config; NULL: $CHANCERY_CONFIG, else ./chancery.yml if present, else none */
    const char *data, *listen; /* --data, --listen; NULL: none */
    const char **set;          /* --set KEY=VALUE */
    size_t n_set;
};
/* ERR_INPUT with *why: "chancery.yml:3:5: listen: …". */
err config_load(struct arena *a, const struct config_sources *from, struct config *out, str *why) MUST_CHECK;
/* Effective settings, secrets masked, each with where it came from. */
void config_print(const struct config *c, bool json, struct buf *out);
/* docs/configuration.md. */
void config_document(struct buf *out);
/* chancery.yml.5. */
void config_man(struct buf *out);
