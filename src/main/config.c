/* main/config.c: the table of settings and the four places that they come from. */
#include "main/config_int.h"
#include "auth/auth.h"
#include "base/json.h"
#include "base/near.h"
#include "base/yaml.h"
#include "http/http.h"
#include "mail/mail.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SETTINGS_MAX = 256, FILE_MAX = 1 << 20, API_KEY_LEAST = 16 };

#define S(m) offsetof(struct config, m)
#define WORDS(...) \
    (const char *const[]) { __VA_ARGS__, NULL }
const struct setting config_settings[] = {
    { "data", T_TEXT, S(data), "./chancery-data", "folder for SQLite, files, keys; created 0700; locked, so a second server on it refuses to start" },
    { "listen", T_TEXTS, S(listen), "127.0.0.1:8080",
      "`address:port`, `[::]:8080` or `unix:/path`; a list is allowed. Port 0 picks one; the ready line prints it" },
    { "base_url", T_TEXT, S(base_url), NULL, "public origin, for links and cookies; from `listen` if absent" },
    { "tls.cert", T_TEXT, S(tls_cert), NULL,
      "PEM file with the certificate and those between it and the root: serve HTTPS, TLS 1.2 and up, on every address of `listen`; read again on SIGHUP" },
    { "tls.key", T_TEXT, S(tls_key), NULL, "PEM file with its private key, without a password" },
    { "trusted_proxies", T_TEXTS, S(trusted_proxies), "[]",
      "networks of reverse proxies, such as `[10.0.0.0/8, \"2001:db8::/32\"]`, whose `X-Forwarded-For`, `-Proto` and `-Host` are believed; `unix`: whoever "
      "connects to a unix socket" },
    { "families", T_TEXTS, S(families), "[accounts, iam, hiring, interviews, signatures]",
      "families to serve; one left out answers 404, its tables exist all the same", .words = WORDS("accounts", "iam", "hiring", "interviews", "signatures") },
    { "threads", T_INT, S(threads), "0", "I/O threads; 0: one per core", .least = 0, .most = 256 },
    { "max_connections", T_INT, S(max_connections), "4096", "beyond it new connections get 503", .least = 1, .most = 1000000 },
    { "max_body_memory_mb", T_INT, S(max_body_memory_mb), "256",
      "MiB that the request bodies being received may hold together, the first 16 KiB of each not counted; beyond it 503", .least = 64, .most = 1048576 },
    { "store.url", T_TEXT, S(store_url), NULL, "`sqlite:PATH` (default: `chancery.db` in `data`) or a `postgresql://` URL", .secret = true },
    { "store.migrate", T_BOOL, S(store_migrate), "true", "`serve` brings the schema up to date itself" },
    { "store.prepare", T_TEXT, S(store_prepare), "auto", "PostgreSQL: `auto` prepares statements unless a pooler stands between; `off` never does",
      .words = WORDS("auto", "off") },
    { "store.listen_url", T_TEXT, S(store_listen_url), NULL,
      "PostgreSQL: a direct connection for notifications (default: `store.url`); `none` behind a transaction pooler: a change row is looked at each second. "
      "The same on every server of one database",
      .secret = true },
    { "master_key_file", T_TEXT, S(master_key_file), NULL,
      "32 random bytes, created 0600 on first start (default: `master.key` in `data`); all stored secrets are encrypted under it; `chancery rekey` changes it "
      "(`docs/keys.md`)" },
    { "files.url", T_TEXT, S(files_url), NULL, "`file:PATH` where uploads and produced documents live (default: `files` in `data`)" },
    { "admin.email", T_TEXT, S(admin_email), NULL, "first start creates this administrator" },
    { "admin.password", T_TEXT, S(admin_password), NULL, "its password; without it a one-time link to choose one is printed once", .secret = true },
    { "admin.api_key", T_TEXT, S(admin_api_key), NULL, "its docassemble API key, at least 16 characters", .secret = true },
    { "mail.url", T_TEXT, S(mail_url), NULL,
      "where mail goes: `smtp://user:password@host:port` (STARTTLS when the server offers it, and always before a password leaves this machine), `smtps://…`, "
      "`dir:PATH` (one file `NNNNNN.eml` a mail) or `log:` (default: `dir:` and `mail` in `data`)",
      .secret = true },
    { "mail.from", T_TEXT, S(mail_from), "Chancery <chancery@localhost>", "sender of mail" },
    { "mail.timeout", T_INT, S(mail_timeout), "60", "seconds that handing one mail to the server may take", .least = 1, .most = 3600 },
    { "mail.retry", T_INT, S(mail_retry), "30",
      "seconds until a mail that the server did not take for now is tried again; doubled after each further try, at most an hour, 24 tries", .least = 1,
      .most = 3600 },
    { "mail.require_tls", T_BOOL, S(mail_require_tls), "false", "never send mail in the clear, also where no password is needed" },
    { "outgoing.ca_file", T_TEXT, S(outgoing_ca_file), NULL,
      "PEM file of the authorities whose certificates are believed when the server calls others (HTTPS, mail); the system's if absent" },
    { "outgoing.allow_private", T_BOOL, S(outgoing_allow_private), "false",
      "calls to URLs that users choose may go to private, loopback and other special addresses, too" },
    { "retention.every", T_INT, S(retention_every), "3600",
      "seconds between two rounds that remove what is older than the ages below; throttles go when they are over", .least = 1, .most = 31536000 },
    { "retention.sessions", T_INT, S(retention_sessions), "2592000", "seconds that ended and expired sessions are kept; 0: for ever", .least = 0,
      .most = 3153600000 },
    { "retention.links", T_INT, S(retention_links), "604800", "seconds that used and expired one-time links, codes and refresh tokens are kept; 0: for ever",
      .least = 0, .most = 3153600000 },
    { "retention.audit", T_INT, S(retention_audit), "63072000", "seconds that audit records are kept; 0: for ever", .least = 0, .most = 3153600000 },
    { "retention.files", T_INT, S(retention_files), "604800",
      "seconds that files are kept which nothing names any more: uploads of sessions that were deleted; less than an hour counts as one; 0: for ever",
      .least = 0, .most = 3153600000 },
    { "retention.done_jobs", T_INT, S(retention_done_jobs), "604800", "seconds that delivered mail and other finished jobs are kept", .least = 1,
      .most = 3153600000 },
    { "retention.dead_jobs", T_INT, S(retention_dead_jobs), "7776000", "seconds that mail and other jobs are kept that failed for good", .least = 1,
      .most = 3153600000 },
    { "limits.enabled", T_BOOL, S(limits_enabled), "true", "false switches every throttle, cooldown and lockout off, never body sizes" },
    { "cors.allowed_origins", T_TEXTS, S(cors_origins), "[]",
      "exact origins, for the families that do not answer every origin; as long as it is not set and `base_url` is a loopback address, any port of "
      "`http://localhost` and `http://127.0.0.1`" },
    { "log.format", T_TEXT, S(log_format), NULL, "`text` or `json`; text on a terminal, else json", .words = WORDS("text", "json") },
    { "log.level", T_TEXT, S(log_level), "info", "`debug`, `info`, `warn`, `error`", .words = WORDS("debug", "info", "warn", "error") },
    { "metrics.listen", T_TEXTS, S(metrics_listen), NULL,
      "serve `/metrics` on this address instead of those of `listen`; a list is allowed; plain HTTP, for a network of your own" },
    { "argon2.memory_kib", T_INT, S(argon2_memory_kib), "19456", "memory of one password hash, KiB", .least = 8192, .most = 4194304 },
    { "argon2.passes", T_INT, S(argon2_passes), "2", "passes of one password hash", .least = 1, .most = 100 },
    { "argon2.workers", T_INT, S(argon2_workers), "0", "threads of the password pool; 0: one per core", .least = 0, .most = 256 },
    { "argon2.queue", T_INT, S(argon2_queue), "64", "most passwords waiting; beyond it 503", .least = 1, .most = 100000 },
    { "workers.min", T_INT, S(workers_min), "0", "interview workers kept ready; 0: one per core", .least = 0, .most = 1024 },
    { "workers.max", T_INT, S(workers_max), "0", "most interview workers while calls wait; 0: eight per core", .least = 0, .most = 1024 },
    { "workers.memory_mb", T_INT, S(workers_memory_mb), "512", "address space of one worker, MiB", .least = 64, .most = 1048576 },
    { "workers.cpu_s", T_INT, S(workers_cpu_s), "30", "CPU seconds of one call", .least = 1, .most = 86400 },
    { "workers.wall_s", T_INT, S(workers_wall_s), "60", "seconds of one call", .least = 1, .most = 86400 },
    { "interviews.packages", T_TEXTS, S(packages), NULL,
      "folders of interview packages, `NAME/data/{questions,templates,static,sources}` (default: `packages` in `data`); of several the first that has the file "
      "wins" },
    { "interviews.dialect", T_TEXT, S(dialect), "document", "`document` or `reference`: which one holds where the API document and the reference differ",
      .words = WORDS("document", "reference") },
    { "interviews.timezone", T_TEXT, S(timezone), "America/New_York", "time zone that an interview sees" },
    { "interviews.locale", T_TEXT, S(locale), "en_US.UTF-8", "locale that an interview sees" },
    { "interviews.language", T_TEXT, S(language), "en", "language that an interview starts in" },
    { "interviews.currency", T_TEXT, S(currency), "USD", "currency that an interview sees" },
    { "interviews.words", T_TEXTS, S(words), NULL,
      "YAML files with translations of the program's own words, `PACKAGE:data/sources/FILE`; each maps languages to phrases and what they are there; later "
      "ones win" },
    { "interviews.maximum_content_length", T_INT, S(max_content_length), "16777216", "largest request body, bytes; beyond it 413", .least = 1024,
      .most = 67108864 },
    { "interviews.concurrency_lock_timeout", T_INT, S(concurrency_lock_timeout), "4",
      "a call waits three times this, in seconds, for another call on its session, then gets 503", .least = 1, .most = 3600 },
    { "interviews.pagination_limit", T_INT, S(pagination_limit), "100", "most items on a page of a list", .least = 1, .most = 1000 },
    { "interviews.dispatch", T_DISPATCH, S(dispatch), NULL, "list of `{name, interview, title}` for `GET /api/list`; the demonstration interviews if absent" },
    { "hiring.api_keys.max_active", T_INT, S(hiring_keys_max), "10", "active API keys of one user", .least = 0, .most = 100000 },
    { "hiring.api_keys.require_secret", T_BOOL, S(hiring_require_secret), "false", "true refuses an API key without its secret" },
    { "hiring.api_keys.per_minute", T_INT, S(hiring_key_per_minute), "600", "requests of one API key in a minute, on each server; 0: no limit", .least = 0,
      .most = 1000000000 },
    { "hiring.registration.enabled", T_BOOL, S(hiring_registration), "true", "whether users may register themselves" },
    { "hiring.refuse_common_passwords", T_BOOL, S(hiring_no_common), "false",
      "true refuses passwords that everybody chooses, where users register themselves" },
    { "hiring.access_token_ttl", T_INT, S(hiring_token_ttl), "28800", "seconds that an access token is good for", .least = 1, .most = 315360000 },
    { "livekit.url", T_TEXT, S(livekit_url), NULL, "http(s) base of the LiveKit server API" },
    { "livekit.public_url", T_TEXT, S(livekit_public_url), NULL, "ws(s) address that participants connect to" },
    { "livekit.api_key", T_TEXT, S(livekit_api_key), NULL, "key of the LiveKit server; without key and secret there are no rooms and no tokens" },
    { "livekit.api_secret", T_TEXT, S(livekit_api_secret), NULL, "its secret", .secret = true },
    { "livekit.token_ttl", T_INT, S(livekit_token_ttl), "21600", "seconds that a room can be entered with a token", .least = 1, .most = 31536000 },
    { "livekit.timeout", T_INT, S(livekit_timeout), "2", "seconds that LiveKit has for an answer", .least = 1, .most = 600 },
    { "livekit.agent_name", T_TEXT, S(livekit_agent), NULL, "interviewing agent that is dispatched into each room" },
    { "livekit.webhook", T_BOOL, S(livekit_webhook), "true", "whether events of LiveKit are taken" },
    { "livekit.require_room", T_BOOL, S(livekit_require_room), "false", "true refuses a token as long as the room cannot be made" },
    { "livekit.auto_complete", T_BOOL, S(livekit_auto_complete), "true", "an interview in progress is completed when its room ends" },
    { "accounts.site_url", T_TEXT, S(accounts_site_url), NULL,
      "origin of the front end: the link in a one-time code's mail and the default OAuth redirect lead there" },
    { "accounts.api_url", T_TEXT, S(accounts_api_url), NULL, "base of URLs of avatars; `base_url`, else the request's host, if absent" },
    { "accounts.project_name", T_TEXT, S(accounts_project_name), "Django CFG", "issuer that authenticators show; stands in mails" },
    { "accounts.access_lifetime", T_INT, S(accounts_access_lifetime), "1800", "seconds that an access token is good", .least = 1, .most = 31622400 },
    { "accounts.refresh_lifetime", T_INT, S(accounts_refresh_lifetime), "7776000", "seconds that a refresh token is good; each use begins them anew",
      .least = 1, .most = 316224000 },
    { "accounts.totp.enabled", T_BOOL, S(accounts_totp_enabled), "true", "false: a second factor never interrupts a login" },
    { "accounts.totp.enforcement", T_TEXT, S(accounts_totp_enforcement), "optional", "whom a login tells to set up a second factor",
      .words = WORDS("optional", "encouraged", "required", "admin_only") },
    { "accounts.github.enabled", T_BOOL, S(github_enabled), "false", "sign in with GitHub; needs client_id and client_secret, too" },
    { "accounts.github.client_id", T_TEXT, S(github_client_id), NULL, "of the OAuth app" },
    { "accounts.github.client_secret", T_TEXT, S(github_client_secret), NULL, "of the OAuth app", .secret = true },
    { "accounts.github.authorize_url", T_TEXT, S(github_authorize_url), "https://github.com/login/oauth/authorize", "where people are sent" },
    { "accounts.github.token_url", T_TEXT, S(github_token_url), "https://github.com/login/oauth/access_token", "where a code becomes a token" },
    { "accounts.github.user_url", T_TEXT, S(github_user_url), "https://api.github.com/user", "who it is" },
    { "accounts.github.emails_url", T_TEXT, S(github_emails_url), "https://api.github.com/user/emails", "which addresses are verified" },
    { "accounts.github.account_linking", T_BOOL, S(github_account_linking), "true", "a verified address of GitHub finds the account of that address" },
    { "accounts.github.auto_create", T_BOOL, S(github_auto_create), "true", "who has no account gets one" },
    { "accounts.centrifugo.enabled", T_BOOL, S(centrifugo_enabled), "false", "issue connection tokens for Centrifugo" },
    { "accounts.centrifugo.url", T_TEXT, S(centrifugo_url), "ws://localhost:8002/connection/websocket", "its WebSocket URL, told to clients as it stands" },
    { "accounts.centrifugo.secret", T_TEXT, S(centrifugo_secret), NULL, "its HMAC secret", .secret = true },
    { "accounts.centrifugo.ttl", T_INT, S(centrifugo_ttl), "2592000", "seconds that a connection token is good", .least = 60, .most = 2592000 },
    { 0 },
};
#define N_SETTINGS (COUNT_OF(config_settings) - 1)
_Static_assert(N_SETTINGS <= SETTINGS_MAX, "raise SETTINGS_MAX");

/* Where each setting of the last load came from. One process loads one configuration. */
static const char *origin[SETTINGS_MAX];

struct loader {
    struct arena *a;
    struct config *out;
    str *why;
};

static err complain(struct loader *l, const char *place, const char *key, const char *what)
{
    if (arena_printf(l->a, l->why, "%s: %s: %s", place, key, what) != ERR_OK) *l->why = STR("out of memory");
    return ERR_INPUT;
}

static const struct setting *find(str key)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (str_is(key, config_settings[i].key)) return &config_settings[i];
    return NULL;
}

static err complain_of(struct loader *l, const char *key, const char *what)
{
    const char *from = origin[find(str_c(key)) - config_settings];
    return complain(l, from ? from : "configuration", key, what);
}

static bool has_below(str prefix)
{
    for (size_t i = 0; i < N_SETTINGS; i++) {
        str k = str_c(config_settings[i].key);
        if (k.n > prefix.n && str_starts(k, prefix) && k.p[prefix.n] == '.') return true;
    }
    return false;
}

/* Every key and section name, and the key whose last part it is: "dialect" for "interviews.dialect". */
static const char *nearest(struct loader *l, str key)
{
    struct near n = NEAR(key);
    for (size_t i = 0; i < N_SETTINGS; i++) {
        str k = str_c(config_settings[i].key);
        if (k.n > key.n && str_ends(k, key) && k.p[k.n - key.n - 1] == '.') return config_settings[i].key;
        near_offer(&n, config_settings[i].key);
        const char *section = arena_z(l->a, str_head(k, str_find(k, '.', 0)));
        if (section) near_offer(&n, section);
    }
    return near_best(&n);
}

static err complain_unknown(struct loader *l, const char *place, const char *key)
{
    str what;
    if (has_below(str_c(key))) return complain(l, place, key, "is a section: set one of its keys");
    const char *meant = nearest(l, str_c(key));
    if (meant && arena_printf(l->a, &what, "unknown key; did you mean %s?", meant) == ERR_OK) return complain(l, place, key, what.p);
    return complain(l, place, key, "unknown key; chancery config lists all");
}

/* "is not one of: debug, info, warn, error" */
static err complain_word(struct loader *l, const struct setting *s, const char *place)
{
    CLEANUP(buf_release) struct buf b = BUF(1000);
    str what;
    for (const char *const *p = s->words; *p; p++) buf_printf(&b, "%s%s", p == s->words ? "is not one of: " : ", ", *p);
    return buf_to_arena(&b, l->a, &what) == ERR_OK ? complain(l, place, s->key, arena_z(l->a, what))
                                                   : complain(l, place, s->key, "is not one of the words allowed here");
}

static err complain_range(struct loader *l, const struct setting *s, const char *place)
{
    str what;
    if (arena_printf(l->a, &what, "is not between %lld and %lld", (long long)s->least, (long long)s->most) != ERR_OK) what = STR("is out of range");
    return complain(l, place, s->key, what.p);
}

static bool word_ok(const struct setting *s, str w)
{
    if (!s->words) return true;
    for (const char *const *p = s->words; *p; p++)
        if (str_is(w, *p)) return true;
    return false;
}

static bool is_scalar(const struct yaml_node *v) { return v->kind != YAML_SEQ && v->kind != YAML_MAP && v->kind != YAML_NULL; }

/* For a C string. */
static bool has_nul(str s) { return s.n && memchr(s.p, '\0', s.n); }

/* Nothing (an empty variable of a container, "email:" without a value) is none where none is possible. */
static err take_one_text(struct loader *l, const struct setting *s, const struct yaml_node *v, const char *place)
{
    const char *z = NULL;
    bool nothing = v->kind == YAML_NULL || (is_scalar(v) && v->text.n == 0);
    if (nothing && s->preset) return complain(l, place, s->key, "needs a value");
    if (!nothing) {
        if (!is_scalar(v)) return complain(l, place, s->key, "expected a text");
        if (has_nul(v->text)) return complain(l, place, s->key, "holds a NUL character");
        if (!word_ok(s, v->text)) return complain_word(l, s, place);
        z = arena_z(l->a, v->text);
        if (!z) return ERR_NOMEM;
    }
    memcpy((char *)l->out + s->at, &z, sizeof z);
    return ERR_OK;
}

static err take_texts(struct loader *l, const struct setting *s, const struct yaml_node *v, const char *place)
{
    const struct yaml_node *one = v;
    const struct yaml_node *const *items = v->kind == YAML_SEQ ? (const struct yaml_node *const *)v->items : &one;
    size_t n = v->kind == YAML_SEQ ? v->n : 1;
    struct texts t = { NEW_N(l->a, const char *, n + 1), n };
    if (!t.v) return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) {
        if (!is_scalar(items[i]) || items[i]->text.n == 0 || has_nul(items[i]->text)) return complain(l, place, s->key, "expected a text or a list of texts");
        if (!word_ok(s, items[i]->text)) return complain_word(l, s, place);
        if (!(t.v[i] = arena_z(l->a, items[i]->text))) return ERR_NOMEM;
    }
    memcpy((char *)l->out + s->at, &t, sizeof t);
    return ERR_OK;
}

static str member_text(const struct yaml_node *map, const char *key)
{
    const struct yaml_node *v = yaml_get(map, key);
    return v && is_scalar(v) ? v->text : STR_NULL;
}

static err take_dispatch(struct loader *l, const struct setting *s, const struct yaml_node *v, const char *place)
{
    if (v->kind != YAML_SEQ) return complain(l, place, s->key, "expected a list of {name, interview, title}");
    struct dispatches d = { NEW_N(l->a, struct dispatch, v->n ? v->n : 1), v->n };
    if (!d.v) return ERR_NOMEM;
    for (size_t i = 0; i < v->n; i++) {
        d.v[i] = (struct dispatch){ member_text(v->items[i], "name"), member_text(v->items[i], "interview"), member_text(v->items[i], "title") };
        if (str_absent(d.v[i].name) || str_absent(d.v[i].interview)) return complain(l, place, s->key, "each item needs a name and an interview");
    }
    memcpy((char *)l->out + s->at, &d, sizeof d);
    return ERR_OK;
}

static err take(struct loader *l, const struct setting *s, const struct yaml_node *v, const char *place)
{
    char *at = (char *)l->out + s->at;
    switch (s->type) {
    case T_TEXT: TRY(take_one_text(l, s, v, place)); break;
    case T_INT:
        if (v->kind != YAML_INT || v->big) return complain(l, place, s->key, "expected a whole number");
        if (v->i < s->least || v->i > s->most) return complain_range(l, s, place);
        memcpy(at, &v->i, sizeof v->i);
        break;
    case T_BOOL:
        if (v->kind != YAML_BOOL) return complain(l, place, s->key, "expected true or false");
        memcpy(at, &v->b, sizeof v->b);
        break;
    case T_TEXTS: TRY(take_texts(l, s, v, place)); break;
    case T_DISPATCH: TRY(take_dispatch(l, s, v, place)); break;
    }
    origin[s - config_settings] = place;
    return ERR_OK;
}

/* A map of the file, its keys prefixed. */
static err walk(struct loader *l, const struct yaml_node *map, str prefix, const char *file)
{
    for (size_t i = 0; i < map->n; i++) {
        const struct yaml_node *k = map->items[2 * i], *v = map->items[2 * i + 1];
        str key, place;
        TRY(prefix.n ? arena_printf(l->a, &key, STR_FMT "." STR_FMT, STR_ARG(prefix), STR_ARG(k->text)) : arena_str(l->a, k->text, &key));
        TRY(arena_printf(l->a, &place, "%s:%u:%u", file, v->line, v->column));
        const struct setting *s = find(key);
        if (s)
            TRY(take(l, s, v, place.p));
        else if (v->kind == YAML_MAP && has_below(key))
            TRY(walk(l, v, key, file));
        else if (v->kind != YAML_NULL || !has_below(key)) /* a section whose lines are all commented out is none */
            return arena_printf(l->a, &place, "%s:%u:%u", file, k->line, k->column) ? ERR_NOMEM
                   : has_below(key)                                                 ? complain(l, place.p, key.p, "expected a mapping of keys to values")
                                                                                    : complain_unknown(l, place.p, key.p);
    }
    return ERR_OK;
}

/* To its end, since pipes have no size: --config <(…). */
static err read_file(struct loader *l, const char *path, str *out)
{
    char *p = NEW_N(l->a, char, FILE_MAX + 1);
    size_t n = 0;
    ssize_t got = 1;
    if (!p) return ERR_NOMEM;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && got > 0 && n <= FILE_MAX) {
        got = read(fd, p + n, FILE_MAX + 1 - n);
        if (got < 0 && errno == EINTR)
            got = 1;
        else if (got > 0)
            n += (size_t)got;
    }
    if (fd < 0 || got < 0) IGNORE(arena_printf(l->a, l->why, "%s: cannot be read: %m", path)); /* a message without memory is the one before */
    if (fd >= 0) (void)close(fd);
    if (fd < 0 || got < 0) return ERR_INPUT;
    if (n > FILE_MAX) return complain(l, path, "file", "is larger than 1 MiB");
    *out = (str){ p, n };
    return ERR_OK;
}

static err load_file(struct loader *l, const char *path)
{
    str text;
    TRY(read_file(l, path, &text));
    struct yaml_node *root;
    struct yaml_error bad = { 0 };
    err e = yaml_read(l->a, text, 1, &root, &bad);
    if (e) {
        IGNORE(arena_printf(l->a, l->why, "%s:%u:%u: " STR_FMT, path, bad.line, bad.column, STR_ARG(bad.text)));
        return e;
    }
    if (!root) return ERR_OK;
    if (root->kind != YAML_MAP) return complain(l, path, "file", "expected a mapping of keys to values");
    return walk(l, root, STR_NULL, path);
}

static bool is_quoted(str t) { return t.n >= 2 && (t.p[0] == '"' || t.p[0] == '\'') && t.p[t.n - 1] == t.p[0]; }

/* "[::]:8080" looks like the beginning of a list. */
static bool is_address(str t) { return t.n && t.p[0] == '[' && str_search(t, STR("]:")) < t.n; }

/* A value of --set or the environment: a YAML scalar or flow collection. A text setting without quotes is taken as it stands: a password
 * "12: 3" is no mapping, and " #1" no comment. */
static err take_text(struct loader *l, const struct setting *s, str text, const char *place)
{
    struct yaml_node *v = NULL;
    struct yaml_error bad = { 0 };
    struct yaml_node plain = { .kind = YAML_STR, .text = text };
    if (s->type == T_TEXT && !is_quoted(text)) return take(l, s, &plain, place);
    err e = yaml_read(l->a, text, 1, &v, &bad);
    if (e == ERR_NOMEM) return e;
    if (e || !v)
        return s->type == T_TEXT || (s->type == T_TEXTS && is_address(text)) ? take(l, s, &plain, place) : complain(l, place, s->key, "is not a YAML value");
    return take(l, s, v, place);
}

/* interviews.dialect -> CHANCERY_INTERVIEWS_DIALECT */
static const char *variable_of(struct arena *a, const char *key)
{
    str name;
    if (arena_printf(a, &name, "CHANCERY_%s", key) != ERR_OK) return NULL;
    char *p = arena_z(a, name);
    for (char *c = p; c && *c; c++) *c = (char)(*c == '.' ? '_' : *c >= 'a' && *c <= 'z' ? *c - 32 : *c);
    return p;
}

static err complain_variable(struct loader *l, const char *variable)
{
    struct near n = NEAR(str_c(variable));
    str what;
    for (size_t i = 0; i < N_SETTINGS; i++) {
        const char *name = variable_of(l->a, config_settings[i].key);
        if (name) near_offer(&n, name);
    }
    /* All have nine letters in common: those do not make them near. */
    if (n.best && n.distance <= (strlen(variable) - 9) / 3 && arena_printf(l->a, &what, "unknown key; did you mean %s?", n.best) == ERR_OK)
        return complain(l, variable, "environment", what.p);
    return complain(l, variable, "environment", "unknown key");
}

extern char **environ;

static err load_environment(struct loader *l)
{
    for (char **e = environ; *e; e++) {
        str line = str_c(*e), name;
        if (!str_starts(line, STR("CHANCERY_")) || !str_cut(&line, '=', &name)) continue;
        if (str_is(name, "CHANCERY_CONFIG") || str_starts(name, STR("CHANCERY_FAULT")) || str_starts(name, STR("CHANCERY_TEST"))) continue;
        const struct setting *hit = NULL;
        for (size_t i = 0; i < N_SETTINGS && !hit; i++) {
            str k = str_c(config_settings[i].key);
            bool same = k.n == name.n - 9;
            for (size_t j = 0; same && j < k.n; j++) {
                char want = k.p[j] == '.' ? '_' : k.p[j];
                same = name.p[9 + j] == (want >= 'a' && want <= 'z' ? want - 32 : want);
            }
            if (same) hit = &config_settings[i];
        }
        const char *place = arena_z(l->a, name);
        if (!place) return ERR_NOMEM;
        if (!hit) return complain_variable(l, place);
        TRY(take_text(l, hit, line, place));
    }
    return ERR_OK;
}

static err load_set(struct loader *l, const char *pair)
{
    str rest = str_c(pair), key;
    bool has = str_cut(&rest, '=', &key);
    str place;
    TRY(arena_printf(l->a, &place, "--set " STR_FMT, STR_ARG(key)));
    const struct setting *s = find(key);
    if (!has) return complain(l, place.p, pair, "expected KEY=VALUE");
    if (!s) {
        const char *whole = arena_z(l->a, key);
        return whole ? complain_unknown(l, place.p, whole) : ERR_NOMEM;
    }
    return take_text(l, s, rest, place.p);
}

static err load_defaults(struct loader *l)
{
    for (size_t i = 0; i < N_SETTINGS; i++)
        if (config_settings[i].preset) TRY(take_text(l, &config_settings[i], str_c(config_settings[i].preset), "default"));
    return ERR_OK;
}

/* Gives an absent setting, or a scheme alone, its place in the data folder: scheme, folder, name. */
static err below_data(struct loader *l, const char **at, const char *scheme, const char *name)
{
    if (*at && strcmp(*at, scheme) != 0) return ERR_OK;
    str s;
    TRY(arena_printf(l->a, &s, "%s%s/%s", scheme, l->out->data, name));
    *at = s.p;
    return ERR_OK;
}

/* scheme://host[:port], without the slash that links begin with. */
static err derive_base_url(struct loader *l)
{
    struct config *c = l->out;
    if (!c->base_url) return ERR_OK;
    str url = str_c(c->base_url), host = STR_NULL;
    if (str_starts(url, STR("http://"))) host = str_from(url, 7);
    if (str_starts(url, STR("https://"))) host = str_from(url, 8);
    while (host.n && host.p[host.n - 1] == '/') host.n--, url.n--;
    bool good = host.n > 0;
    for (size_t i = 0; i < host.n; i++) good &= host.p[i] > ' ' && host.p[i] < 0x7F && !strchr("/?#@\\", host.p[i]);
    if (!good) return complain_of(l, "base_url", "expected a public origin such as https://example.com");
    c->base_url = arena_z(l->a, url);
    return c->base_url ? ERR_OK : ERR_NOMEM;
}

static err derive_counts(struct loader *l)
{
    struct config *c = l->out;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1) cores = 1;
    if (!c->threads) c->threads = cores;
    if (!c->argon2_workers) c->argon2_workers = cores;
    if (!c->workers_max) c->workers_max = c->workers_min > 8 * cores ? c->workers_min : 8 * cores;
    if (!c->workers_min) c->workers_min = c->workers_max < cores ? c->workers_max : cores; /* who sets only the most need not know the least */
    return c->workers_max < c->workers_min ? complain_of(l, "workers.max", "is less than workers.min") : ERR_OK;
}

static err complain_item(struct loader *l, const char *key, const char *item, const char *what)
{
    str text;
    TRY(arena_printf(l->a, &text, "%s %s", item, what));
    return complain_of(l, key, text.p);
}

/* As browsers write it: scheme://host[:port] in small letters, and nothing behind it. */
static bool is_origin(str s)
{
    size_t colon = str_search(s, STR("://"));
    for (size_t i = 0; i < s.n; i++) {
        bool scheme = i < colon, letter = s.p[i] >= 'a' && s.p[i] <= 'z', digit = s.p[i] >= '0' && s.p[i] <= '9';
        if (letter || (digit && i) || (i >= colon && i < colon + 3)) continue;
        if (!s.p[i] || !strchr(scheme ? "+-." : "-._:[]", s.p[i])) return false;
    }
    return colon > 0 && colon + 3 < s.n;
}

static err check_listen(struct loader *l, const char *key, const struct texts *at)
{
    for (size_t i = 0; i < at->n; i++)
        if (!http_listen_ok(str_c(at->v[i]))) return complain_item(l, key, at->v[i], "is not ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH");
    return ERR_OK;
}

static err check_lists(struct loader *l)
{
    const struct config *c = l->out;
    if (c->listen.n == 0) return complain_of(l, "listen", "needs at least one address");
    TRY(check_listen(l, "listen", &c->listen));
    TRY(check_listen(l, "metrics.listen", &c->metrics_listen));
    for (size_t i = 0; i < c->cors_origins.n; i++)
        if (!is_origin(str_c(c->cors_origins.v[i])))
            return complain_item(l, "cors.allowed_origins", c->cors_origins.v[i], "is no origin such as https://example.com");
    for (size_t i = 0; i < c->trusted_proxies.n; i++)
        if (!http_network_ok(str_c(c->trusted_proxies.v[i])))
            return complain_of(l, "trusted_proxies", "expected networks such as 10.0.0.0/8 or 2001:db8::/32, nothing set behind the prefix, or unix");
    return ERR_OK;
}

static err check_places(struct loader *l)
{
    const struct config *c = l->out;
    str store = str_c(c->store_url);
    if (!str_starts(store, STR("sqlite:")) && !str_starts(store, STR("postgresql://")) && !str_starts(store, STR("postgres://")))
        return complain_of(l, "store.url", "must begin with sqlite: or postgresql://");
    return str_starts(str_c(c->files_url), STR("file:")) ? ERR_OK : complain_of(l, "files.url", "only file: is known here");
}

static err check_admin(struct loader *l)
{
    const struct config *c = l->out;
    if (c->admin_email && !email_is_valid(str_trim(str_c(c->admin_email)))) return complain_of(l, "admin.email", "not an e-mail address");
    if (c->admin_api_key && str_utf8_len(str_c(c->admin_api_key)) < API_KEY_LEAST) return complain_of(l, "admin.api_key", "needs at least 16 characters");
    return ERR_OK;
}

static err check_mail(struct loader *l)
{
    const struct config *c = l->out;
    struct mail_options o = { .url = c->mail_url, .from = c->mail_from };
    struct mailer *m;
    struct mail_complaint why;
    err e = mail_new(l->a, &o, &m, &why);
    return e == ERR_INPUT ? complain_of(l, why.key, why.what) : e;
}

/* scheme://host…, without the slash that paths begin with. */
static err check_livekit(struct loader *l)
{
    struct config *c = l->out;
    str url = str_c(c->livekit_url), open = str_c(c->livekit_public_url);
    if (url.n && !str_starts(url, STR("http://")) && !str_starts(url, STR("https://"))) return complain_of(l, "livekit.url", "expected http:// or https://");
    if (open.n && !str_starts(open, STR("ws://")) && !str_starts(open, STR("wss://"))) return complain_of(l, "livekit.public_url", "expected ws:// or wss://");
    if (!c->livekit_api_key != !c->livekit_api_secret)
        return complain_of(l, c->livekit_api_key ? "livekit.api_key" : "livekit.api_secret", "livekit.api_key and livekit.api_secret belong together");
    while (url.n && url.p[url.n - 1] == '/') url.n--;
    if (url.n) c->livekit_url = arena_z(l->a, url);
    return url.n && !c->livekit_url ? ERR_NOMEM : ERR_OK;
}

/* What depends on other settings. */
static err derive(struct loader *l)
{
    struct config *c = l->out;
    c->cors_set = strcmp(origin[find(STR("cors.allowed_origins")) - config_settings], "default") != 0;
    TRY(check_livekit(l));
    TRY(derive_counts(l));
    TRY(derive_base_url(l));
    TRY(check_lists(l));
    if (!c->tls_cert != !c->tls_key) return complain_of(l, c->tls_cert ? "tls.cert" : "tls.key", "tls.cert and tls.key belong together");
    TRY(below_data(l, &c->store_url, "sqlite:", "chancery.db"));
    TRY(below_data(l, &c->files_url, "file:", "files"));
    TRY(below_data(l, &c->master_key_file, "", "master.key"));
    TRY(below_data(l, &c->mail_url, "dir:", "mail"));
    TRY(check_places(l));
    TRY(check_mail(l));
    if (c->packages.n == 0) {
        const char *own = NULL;
        TRY(below_data(l, &own, "", "packages"));
        c->packages = (struct texts){ NEW_N(l->a, const char *, 2), 1 };
        if (!c->packages.v) return ERR_NOMEM;
        c->packages.v[0] = own;
    }
    if (!c->log_format) c->log_format = isatty(2) ? "text" : "json";
    return check_admin(l);
}

err config_load(struct arena *a, const struct config_sources *from, struct config *out, str *why)
{
    struct config c = { 0 };
    struct loader l = { a, &c, why };
    *why = STR("out of memory");
    memset(origin, 0, sizeof origin);
    TRY(load_defaults(&l));
    const char *file = from->file ? from->file : getenv("CHANCERY_CONFIG");
    if (!from->file && file && !*file) file = NULL;
    if (!file && access("chancery.yml", F_OK) == 0) file = "chancery.yml"; /* one that cannot be read is no missing one */
    if (file) TRY(load_file(&l, file));
    TRY(load_environment(&l));
    if (from->data) TRY(take_text(&l, find(STR("data")), str_c(from->data), "--data"));
    if (from->listen) TRY(take_text(&l, find(STR("listen")), str_c(from->listen), "--listen"));
    for (size_t i = 0; i < from->n_set; i++) TRY(load_set(&l, from->set[i]));
    TRY(derive(&l));
    *out = c;
    return ERR_OK;
}

static void value_text(const struct config *c, const struct setting *s, struct buf *out)
{
    const char *at = (const char *)c + s->at;
    switch (s->type) {
    case T_TEXT: {
        const char *z;
        memcpy(&z, at, sizeof z);
        buf_z(out, !z ? "" : s->secret ? "********" : z);
        break;
    }
    case T_INT: {
        int64_t v;
        memcpy(&v, at, sizeof v);
        buf_printf(out, "%lld", (long long)v);
        break;
    }
    case T_BOOL: {
        bool v;
        memcpy(&v, at, sizeof v);
        buf_z(out, v ? "true" : "false");
        break;
    }
    case T_TEXTS: {
        struct texts t;
        memcpy(&t, at, sizeof t);
        buf_char(out, '[');
        for (size_t i = 0; i < t.n; i++) buf_printf(out, "%s%s", i ? ", " : "", t.v[i]);
        buf_char(out, ']');
        break;
    }
    case T_DISPATCH: {
        struct dispatches d;
        memcpy(&d, at, sizeof d);
        buf_char(out, '[');
        for (size_t i = 0; i < d.n; i++)
            buf_printf(out, "%s{name: " STR_FMT ", interview: " STR_FMT "}", i ? ", " : "", STR_ARG(d.v[i].name), STR_ARG(d.v[i].interview));
        buf_char(out, ']');
        break;
    }
    }
}

void config_print(const struct config *c, bool json, struct buf *out)
{
    struct jw w = JW(out);
    if (json) jw_open(&w, '[');
    for (size_t i = 0; i < N_SETTINGS; i++) {
        CLEANUP(buf_release) struct buf v = BUF(65536);
        value_text(c, &config_settings[i], &v);
        const char *from = origin[i] ? origin[i] : "default";
        if (!json) {
            buf_printf(out, "%-36s %-40.*s # %s\n", config_settings[i].key, STR_ARG(buf_str(&v)), from);
            continue;
        }
        jw_open(&w, '{');
        jw_kstr(&w, "key", str_c(config_settings[i].key));
        jw_kstr(&w, "value", buf_str(&v));
        jw_kstr(&w, "from", str_c(from));
        jw_close(&w, '}');
    }
    if (json) jw_close(&w, ']'), buf_char(out, '\n');
}
