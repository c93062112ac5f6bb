/* main/app.c: builds the rooms from the ground up and takes them down again. */
#include "main/app.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "http/client.h"
#include "jobs/jobs.h"
#include "mail/mail.h"
#include "rooms/core/core.h"
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REQUEST_ARENA = 160 << 20, SLOW_QUEUE = 1024, SPARE_SLOW_THREADS = 24, STORE_THREADS = 12, SESSION_WAITERS = 16, JOBS_GRACE_MS = 3000 };

static err trouble(struct app *a, str *why, const char *what, const char *where)
{
    if (arena_printf(a->mem, why, "%s: %s", where, what) != ERR_OK) *why = STR("out of memory");
    return ERR_STORE;
}

/* The data folder, and the lock that keeps a second server off it. */
static err open_data(struct app *a, bool exclusive, str *why)
{
    const char *dir = a->config->data;
    if (a->look) return ERR_OK;
    if (mkdir(dir, 0700) != 0 && access(dir, W_OK | X_OK) != 0)
        return trouble(a, why, "the data folder cannot be made or written; choose another with --data", dir);
    if (!exclusive) return ERR_OK;
    str path;
    TRY(arena_printf(a->mem, &path, "%s/lock", dir));
    a->lock_fd = open(path.p, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (a->lock_fd < 0) return trouble(a, why, "cannot be created", path.p);
    if (flock(a->lock_fd, LOCK_EX | LOCK_NB) != 0)
        return trouble(a, why, "another server runs on this data folder; stop it or choose another with --data", dir);
    return ERR_OK;
}

const struct migration *app_migrations(struct arena *mem, size_t *n)
{
    const struct {
        const struct migration *of;
        size_t n;
    } rooms[] = { { auth_migrations, auth_migrations_n },
                  { jobs_migrations, jobs_migrations_n },
                  { interviews_migrations, interviews_migrations_n },
                  { hiring_migrations, hiring_migrations_n },
                  { accounts_migrations, accounts_migrations_n } }; /* ascending */
    *n = 0;
    for (size_t i = 0; i < COUNT_OF(rooms); i++) *n += rooms[i].n;
    struct migration *all = NEW_N(mem, struct migration, *n);
    if (!all) return NULL;
    size_t at = 0;
    for (size_t i = 0; i < COUNT_OF(rooms); at += rooms[i++].n) memcpy(all + at, rooms[i].of, rooms[i].n * sizeof *all);
    return all;
}

str app_last_line(const struct buf *lines)
{
    str all = str_trim(buf_str(lines));
    size_t from = all.n;
    while (from > 0 && all.p[from - 1] != '\n') from--;
    return str_from(all, from);
}

static err open_schema(struct app *a, str *why)
{
    size_t n;
    const struct migration *all = app_migrations(a->mem, &n);
    if (!all) return ERR_NOMEM;
    if (a->migrate) return store_migrate(a->store, a->mem, all, n, why);
    CLEANUP(buf_release) struct buf lines = BUF(1 << 20);
    bool current;
    *why = STR("the store cannot be read; the log has the reason");
    err e = store_migration_status(a->store, a->mem, all, n, &lines, &current);
    if (e == ERR_CONFLICT && arena_str(a->mem, app_last_line(&lines), why) != ERR_OK) return ERR_NOMEM;
    TRY(e);
    return current ? ERR_OK : trouble(a, why, "the schema is not up to date; run `chancery migrate`", "store");
}

static err open_store(struct app *a, str *why)
{
    const struct config *c = a->config;
    struct store_options o = { .url = c->store_url,
                               .readers = (unsigned)c->threads + 16,
                               .queue = 4096,
                               .durable = true,
                               .on_break = a->store_broke,
                               .keep_reads = a->serves,
                               .listen_url = c->store_listen_url,
                               .no_prepare = str_is(str_c(c->store_prepare), "off") };
    TRY(store_open(a->mem, &o, &a->store, why));
    TRY(open_schema(a, why));
    str url = str_c(c->files_url);
    if (!str_starts(url, STR("file:"))) return trouble(a, why, "only file: is known here", "files.url");
    return a->look ? ERR_OK : files_open(a->mem, str_from(url, 5).p, &a->files, why);
}

/* A key is made for a fresh store only: under a new one nothing that is sealed could ever be opened again. */
static err open_key(struct app *a, str *why)
{
    const char *path = a->config->master_key_file;
    bool known;
    *why = STR("the store cannot be read; the log has the reason");
    TRY(auth_key_known(a->store, a->mem, &known));
    bool there = access(path, F_OK) == 0;
    if (known && !there) return trouble(a, why, "the master key is missing, and the store's secrets are sealed under it; restore the file from a backup", path);
    if (!there && a->look) return ERR_OK;
    TRY(ring_load(a->mem, path, true, &a->ring, why));
    *why = STR("the store cannot be written; the log has the reason");
    if (!known && a->look) return ERR_OK;
    /* Two keys: `chancery rekey` was interrupted, and is finished by running it again; until then both serve. */
    bool fits = false;
    for (size_t i = 0; i < a->ring.n && !fits; i++) {
        TRY(auth_key_fits(a->store, a->mem, a->ring.keys[i].key, &fits));
        if (!fits) continue;
        *why = STR("the root key in the store cannot be opened");
        TRY(auth_root_key(a->store, a->mem, &a->ring, a->ring.keys[i].key, a->master_key));
    }
    return fits ? ERR_OK : trouble(a, why, "not the master key that the store's secrets are sealed under; restore that one from a backup", path);
}

void app_log(const struct config *c)
{
    static const struct {
        const char *name;
        enum log_level level;
    } levels[] = { { "debug", LOG_DEBUG }, { "info", LOG_INFO }, { "warn", LOG_WARN }, { "error", LOG_ERROR } };
    for (size_t i = 0; i < COUNT_OF(levels); i++)
        if (str_is(str_c(c->log_level), levels[i].name)) log_setup(str_is(str_c(c->log_format), "json") ? LOG_JSON : LOG_TEXT, levels[i].level);
}

bool app_has_store(const struct config *c)
{
    str path = str_c(c->store_url);
    return !str_starts(path, STR("sqlite:")) || access(str_from(path, 7).p, F_OK) == 0;
}

err app_origin(const struct config *c, struct arena *mem, str *out)
{
    str listen = str_c(c->listen.v[0]);
    *out = STR_NULL;
    if (str_starts(listen, STR("unix:")) || str_ends(listen, STR(":0"))) return ERR_OK;
    return arena_printf(mem, out, "%s://" STR_FMT, c->tls_cert ? "https" : "http", STR_ARG(listen));
}

/* Kinds are fixed before the queue is there; a room that is built later gives the address of its pointer in struct app as arg. */
static err open_jobs(struct app *a)
{
    const struct config *c = a->config;
    struct mail_options m = { .url = c->mail_url,
                              .from = c->mail_from,
                              .ca_file = c->outgoing_ca_file,
                              .need_tls = c->mail_require_tls,
                              .ring = &a->ring,
                              .timeout_ms = c->mail_timeout * 1000,
                              .retry_ms = c->mail_retry * 1000 };
    struct mail_complaint why; /* config_load() has asked before */
    TRY(mail_new(a->mem, &m, &a->mailer, &why));
    size_t n = 0;
    a->kinds[n++] = mail_kind(a->mailer);
    a->kinds[n++] = core_forgot_kind(a->auth);
    a->kinds[n++] = retention_kind(c);
    a->unnamed = (struct files_round){ .files = a->files, .keep_s = c->retention_files < FILES_KEPT_LEAST_S ? FILES_KEPT_LEAST_S : c->retention_files };
    if (c->retention_files) a->kinds[n++] = files_kind(&a->unnamed, c->retention_every);
    n += hiring_job_kinds(&a->hiring, &a->kinds[n]);
    struct jobs_options o = { .store = a->store,
                              .kinds = a->kinds,
                              .n_kinds = n,
                              .alone = str_is(str_c(store_engine(a->store)), "sqlite"),
                              .keep_done_ms = c->retention_done_jobs * 1000,
                              .keep_dead_ms = c->retention_dead_jobs * 1000 };
    TRY(jobs_new(&o, &a->jobs));
    mail_attach(a->mailer, a->jobs);
    app_set_hooks(a);
    return ERR_OK;
}

err app_client(const struct config *c)
{
    return http_client_init(&(struct http_client_options){ .allow_private = c->outgoing_allow_private, .ca_file = c->outgoing_ca_file });
}

err app_open(struct app *a, struct arena *mem, const struct config *c, bool exclusive, str *why)
{
    a->mem = mem;
    a->config = c;
    *why = STR("out of memory");
    app_log(c);
    if (crypto_init() != ERR_OK) return trouble(a, why, "the system gives no randomness", "crypto");
    TRY(app_client(c));
    TRY(open_data(a, exclusive, why));
    TRY(open_store(a, why));
    TRY(open_key(a, why));
    if (a->look) return ERR_OK;
    struct auth_options o = { .store = a->store,
                              .master_key = a->master_key,
                              .ring = &a->ring,
                              .base_url = str_c(c->base_url),
                              .cost = { (uint32_t)c->argon2_memory_kib, (uint32_t)c->argon2_passes },
                              .workers = (unsigned)c->argon2_workers,
                              .queue = (unsigned)c->argon2_queue,
                              .unlimited = !c->limits_enabled };
    *why = STR("out of memory");
    TRY(auth_new(&o, &a->auth));
    return open_jobs(a);
}

/* A path beside our own executable: build/ and PREFIX/bin look alike. */
static err beside(struct app *a, const char *name, str *out)
{
    char own[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", own, sizeof own - 1);
    if (n <= 0) return ERR_STORE;
    while (n > 0 && own[n - 1] != '/') n--;
    return arena_printf(a->mem, out, "%.*s%s", (int)n, own, name);
}

/* Workers and the sandbox want whole paths; one that does not exist yet stays as it is. */
static err add_folder(struct app *a, const char *path)
{
    char whole[PATH_MAX];
    const char *kept = arena_z(a->mem, str_c(realpath(path, whole) ? whole : path));
    if (!kept) return ERR_NOMEM;
    a->folders[a->n_folders++] = kept;
    return ERR_OK;
}

err app_find_folders(struct app *a)
{
    const struct texts *own = &a->config->packages;
    str demo;
    a->folders = NEW_N(a->mem, const char *, own->n + 2);
    if (!a->folders) return ERR_NOMEM;
    for (size_t i = 0; i < own->n; i++) TRY(add_folder(a, own->v[i]));
    static const char *const places[] = { "demo", "../share/chancery/demo" };
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        TRY(beside(a, places[i], &demo));
        if (access(demo.p, R_OK | X_OK) != 0) continue;
        TRY(add_folder(a, demo.p));
        break;
    }
    return ERR_OK;
}

static err worker_settings(struct app *a, str *out)
{
    const struct config *c = a->config;
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "timezone", str_c(c->timezone));
    jw_kstr(&w, "locale", str_c(c->locale));
    jw_kstr(&w, "language", str_c(c->language));
    jw_kstr(&w, "currency", str_c(c->currency));
    jw_key(&w, STR("words"));
    jw_open(&w, '[');
    for (size_t k = 0; k < c->words.n; k++) jw_str(&w, str_c(c->words.v[k]));
    jw_close(&w, ']');
    jw_kbool(&w, "debug", false);
    jw_close(&w, '}');
    return buf_to_arena(&b, a->mem, out);
}

err app_start_workers(struct app *a, str *why)
{
    const struct config *c = a->config;
    str program, settings;
    if (!a->folders) TRY(app_find_folders(a));
    TRY(beside(a, "chancery-worker", &program));
    TRY(worker_settings(a, &settings));
    struct workers_options o = { .program = program.p,
                                 .folders = a->folders,
                                 .n_folders = a->n_folders,
                                 .min = (unsigned)c->workers_min,
                                 .max = (unsigned)c->workers_max,
                                 .memory_mb = (unsigned)c->workers_memory_mb,
                                 .cpu_s = (unsigned)c->workers_cpu_s,
                                 .wall_s = (unsigned)c->workers_wall_s,
                                 .settings_json = settings };
    return workers_start(a->mem, &o, &a->workers, why);
}

/* The demonstration interviews, unless interviews.dispatch names others. */
static const struct interviews_dispatch demos[] = {
    { STR("deposit"), STR("docassemble.chancery:data/questions/deposit.yml"), STR("Get your deposit back") },
    { STR("greeting"), STR("docassemble.chancery:data/questions/greeting.yml"), STR("A first interview") },
    { STR("household"), STR("docassemble.chancery:data/questions/household.yml"), STR("Who lives with you?") },
};

static err start_interviews(struct app *a)
{
    const struct config *c = a->config;
    struct interviews_options o = { .store = a->store,
                                    .auth = a->auth,
                                    .workers = a->workers,
                                    .files = a->files,
                                    .master_key = a->master_key,
                                    .reference = str_is(str_c(c->dialect), "reference"),
                                    .base_url = c->base_url,
                                    .timezone = c->timezone,
                                    .page = c->pagination_limit,
                                    .body_max = (size_t)c->max_content_length,
                                    .lock_ms = 3000 * c->concurrency_lock_timeout,
                                    .waiters = SESSION_WAITERS,
                                    .folders = a->folders,
                                    .n_folders = a->n_folders,
                                    .dispatch = demos,
                                    .n_dispatch = COUNT_OF(demos) };
    if (c->dispatch.v) {
        struct interviews_dispatch *d = NEW_N(a->mem, struct interviews_dispatch, c->dispatch.n ? c->dispatch.n : 1);
        if (!d) return ERR_NOMEM;
        for (size_t i = 0; i < c->dispatch.n; i++)
            d[i] = (struct interviews_dispatch){ c->dispatch.v[i].name, c->dispatch.v[i].interview, c->dispatch.v[i].title };
        o.dispatch = d;
        o.n_dispatch = c->dispatch.n;
    }
    return interviews_new(a->mem, &o, &a->interviews);
}

bool app_is_loopback(const struct config *c)
{
    str host = str_c(c->base_url ? c->base_url : c->listen.v[0]);
    size_t scheme = str_search(host, STR("://"));
    if (scheme < host.n) host = str_from(host, scheme + 3);
    if (str_starts(host, STR("[::1]"))) return true;
    host = str_head(host, str_find(host, ':', 0));
    if (str_is(host, "localhost")) return true;
    if (str_absent(host) || !str_starts(host, STR("127."))) return false;
    for (size_t i = 0; i < host.n; i++)
        if (host.p[i] != '.' && (host.p[i] < '0' || host.p[i] > '9')) return false;
    return true;
}

struct hiring_livekit app_livekit(const struct config *c)
{
    return (struct hiring_livekit){ .url = str_c(c->livekit_url),
                                    .public_url = str_c(c->livekit_public_url),
                                    .api_key = str_c(c->livekit_api_key),
                                    .api_secret = str_c(c->livekit_api_secret),
                                    .token_ttl_s = c->livekit_token_ttl,
                                    .timeout_ms = 1000 * c->livekit_timeout,
                                    .agent_name = str_c(c->livekit_agent),
                                    .webhook = c->livekit_webhook,
                                    .require_room = c->livekit_require_room,
                                    .auto_complete = c->livekit_auto_complete };
}

static err start_hiring(struct app *a)
{
    const struct config *c = a->config;
    struct hiring_options o = { .store = a->store,
                                .auth = a->auth,
                                .ring = &a->ring,
                                .master_key = a->master_key,
                                .jobs = a->jobs,
                                .keys_max = c->hiring_keys_max,
                                .key_per_minute = c->limits_enabled ? c->hiring_key_per_minute : 0,
                                .require_secret = c->hiring_require_secret,
                                .registration = c->hiring_registration,
                                .no_common_passwords = c->hiring_no_common,
                                .token_ttl_s = c->hiring_token_ttl,
                                .origins = c->cors_origins.v,
                                .n_origins = c->cors_origins.n,
                                .loopback_origins = !c->cors_set && app_is_loopback(c) };
    o.livekit = app_livekit(c);
    TRY(hiring_new(a->mem, &o, &a->hiring));
    return hiring_start(a->hiring);
}

const struct files_column *const app_files[] = { &interviews_files, &accounts_files, NULL };

const struct family *const app_documents[] = { &accounts_document, &interviews_document, &hiring_document, NULL };

static err start_accounts(struct app *a)
{
    str program;
    TRY(beside(a, "chancery-image", &program));
    return app_start_accounts(a, access(program.p, X_OK) == 0 ? program.p : NULL);
}

static bool wanted(const struct app *a, const char *family)
{
    for (size_t i = 0; i < a->config->families.n; i++)
        if (str_is(str_c(a->config->families.v[i]), family)) return true;
    return false;
}

static bool in_this_build(const char *family)
{
    for (size_t i = 0; app_documents[i]; i++)
        if (strcmp(app_documents[i]->name, family) == 0) return true;
    return false;
}

err app_check_families(const struct config *c, struct arena *mem, str *here, str *absent, str *why)
{
    CLEANUP(buf_release) struct buf yes = BUF(1000);
    CLEANUP(buf_release) struct buf no = BUF(1000);
    for (size_t i = 0; i < c->families.n; i++) {
        struct buf *to = in_this_build(c->families.v[i]) ? &yes : &no;
        buf_printf(to, "%s%s", to->n ? ", " : "", c->families.v[i]);
    }
    bool none = no.n && !yes.n;
    *why = STR("out of memory");
    TRY(buf_to_arena(&yes, mem, here));
    TRY(buf_to_arena(&no, mem, absent));
    if (!none) return ERR_OK;
    for (size_t i = 0; app_documents[i]; i++) buf_printf(&yes, "%s%s", i ? ", " : "", app_documents[i]->name);
    return arena_printf(mem, why, "families: none of them is in this version; there is: " STR_FMT, STR_ARG(buf_str(&yes))) ? ERR_NOMEM : ERR_INPUT;
}

/* The grace period is over: whatever waits for interview code waits no longer. */
static void hurry(void *arg)
{
    const struct app *a = arg;
    workers_hurry(a->workers);
}

err app_start(struct app *a, str *why)
{
    const struct config *c = a->config;
    size_t n = 0;
    *why = STR("out of memory");
    TRY(app_start_workers(a, why));
    *why = STR("out of memory");
    if (wanted(a, "interviews")) {
        TRY(start_interviews(a));
        a->rooms[n] = a->families[n] = interviews_family(a->interviews);
        n++;
    }
    if (wanted(a, "hiring")) {
        TRY(start_hiring(a));
        a->rooms[n] = a->families[n] = hiring_family(a->hiring);
        n++;
    }
    if (wanted(a, "accounts")) {
        TRY(start_accounts(a));
        a->rooms[n] = a->families[n] = accounts_family(a->accounts);
        n++;
    }
    TRY(app_core_family(a, &a->families[n]));
    struct router_options o = { .families = a->families,
                                .store = a->store,
                                .slow_threads = (unsigned)c->workers_max + SPARE_SLOW_THREADS,
                                .slow_queue = SLOW_QUEUE,
                                .store_threads = store_reads_fast(a->store) ? 0 : STORE_THREADS,
                                .arena_max = REQUEST_ARENA,
                                .request_log = true,
                                .hurry = hurry,
                                .hurry_arg = a };
    TRY(router_new(a->mem, &o, &a->router, why));
    *why = STR("out of memory");
    return jobs_start(a->jobs);
}

/* A mail that is being handed over gets a moment: cut off now, it would perhaps go out twice. */
static void end_jobs(struct app *a)
{
    if (!a->jobs) return;
    jobs_halt(a->jobs);
    struct jobs_stats s;
    for (int64_t end = clock_mono_ms() + JOBS_GRACE_MS;; (void)usleep(5000)) {
        jobs_stats(a->jobs, &s);
        if (!s.running || clock_mono_ms() > end) break;
    }
    http_client_hurry();
    jobs_free(a->jobs);
}

void app_close(struct app *a)
{
    if (a->router) router_free(a->router);
    end_jobs(a);
    interviews_free(a->interviews);
    hiring_free(a->hiring);
    accounts_free(a->accounts);
    if (a->workers) workers_stop(a->workers);
    if (a->auth) auth_free(a->auth);
    if (a->files) files_close(a->files);
    if (a->store) store_close(a->store);
    if (a->lock_fd >= 0) close(a->lock_fd);
    ring_wipe(&a->ring);
    crypto_wipe(a->master_key, sizeof a->master_key);
}

err app_call(struct app *a, struct call *c)
{
    (void)a;
    *c = (struct call){ .mem = arena_new(REQUEST_ARENA), .now_ms = clock_now_ms() };
    return c->mem ? ERR_OK : ERR_NOMEM;
}

err app_bootstrap(struct app *a, const struct bootstrap *in, str *why)
{
    struct call c;
    bool created;
    str link = STR_NULL;
    TRY(app_call(a, &c));
    err e = auth_bootstrap(a->auth, &c, in, &created, &link);
    str text = !str_absent(c.why.text) ? c.why.text
               : e == ERR_CONFLICT     ? STR("admin.api_key: another account has this key")
                                       : STR("admin: cannot be created; the log has the reason");
    if (e && arena_str(a->mem, text, why) != ERR_OK) *why = STR("out of memory");
    if (!e && !str_absent(link)) e = arena_str(a->mem, link, &a->link);
    arena_free(c.mem);
    return e;
}

err app_check_queries(struct app *a, str *why)
{
    for (const struct files_column *const *f = app_files; *f; f++) {
        TRY(store_check(a->store, a->mem, &(*f)->all, 1, why));
        TRY(store_check(a->store, a->mem, &(*f)->some, 1, why));
    }
    TRY(auth_check_queries(a->store, a->mem, why));
    TRY(auth_check_purge(a->store, a->mem, why));
    TRY(jobs_check_queries(a->store, a->mem, why));
    TRY(interviews_check_queries(a->store, a->mem, why));
    TRY(hiring_check_queries(a->store, a->mem, why));
    TRY(app_check_sealed(a, why));
    return accounts_check_queries(a->store, a->mem, why);
}
