/* main/app.h: the wiring: what lives as long as the process, in the order in which it is built.
 *
 * app_open() gives the store and the identity core, enough for commands beside a running server; app_start() adds workers, rooms and the router, which
 * commands that play requests need; the listener is cmd_serve's own. */
#pragma once
#include "auth/auth.h"
#include "jobs/jobs.h"
#include "mail/mail.h"
#include "main/config.h"
#include "main/retention.h"
#include "rooms/hiring/hiring.h"
#include "rooms/accounts/accounts.h"
#include "rooms/interviews/interviews.h"
#include "route/route.h"
#include "store/store.h"
#include "worker/worker.h"

struct app {
    const struct config *config;
    struct arena *mem;
    int lock_fd;                    /* data folder's lock, -1: not held */
    bool migrate;                   /* bring the schema up to date when opening */
    bool serves;                    /* this is the server, and no command beside one */
    void (*store_broke)(void);      /* nothing can be acknowledged any more; NULL: nobody minds */
    bool look;                      /* change nothing: neither folders nor keys are made, files and accounts are not opened */
    uint8_t master_key[CRYPTO_KEY]; /* the root key: what hashes are derived from; stays when the master key changes */
    struct ring ring;               /* the master key, and what signs and seals under it; earlier ones while a rekey is unfinished */
    struct store *store;
    struct files *files;
    struct auth *auth;
    struct mailer *mailer;
    struct job_kind kinds[16]; /* of every room; the queue's own table */
    struct files_round unnamed;
    struct jobs *jobs; /* its threads run from app_start() to app_close() */
    struct workers *workers;
    struct interviews *interviews;
    struct hiring *hiring;
    struct accounts *accounts;
    const struct family *rooms[8];    /* the enabled ones, NULL-terminated */
    const struct family *families[9]; /* the same and the core's, NULL-terminated */
    int64_t started_at_ms;
    struct router *router;
    const char **folders; /* interview packages, the demonstration ones last */
    size_t n_folders;
    struct http *http;             /* set by cmd_serve; for /metrics */
    struct router *metrics_router; /* of metrics.listen, app_start_metrics; NULL without */
    struct http *metrics_http;
    str link; /* to choose the administrator's password, if app_bootstrap made one; "/account/…" without a base_url */
};
#define APP           \
    {                 \
        .lock_fd = -1 \
    }

/* Data folder (made 0700), master key, store, schema, identity core. ERR_* with *why for the operator. exclusive: take the folder's lock. */
err app_open(struct app *a, struct arena *mem, const struct config *c, bool exclusive, str *why) MUST_CHECK;
/* Whether people reach us at this machine only, so that any port of it may be a front end in the making (server.md 2, cors.allowed_origins).
 * localhost.example.com is another one. */
bool app_is_loopback(const struct config *c);
/* app_accounts.c. image_program: whole path of chancery-image, NULL if it is not there. */
err app_start_accounts(struct app *a, const char *image_program) MUST_CHECK;
/* Workers, rooms, router. */
err app_start(struct app *a, str *why) MUST_CHECK;
/* The first part of app_start, which needs no store: enough for `interview check`. Folders that are set already stay. */
err app_start_workers(struct app *a, str *why) MUST_CHECK;
/* Fills folders; part of app_start, and enough for `interview list`. */
err app_find_folders(struct app *a) MUST_CHECK;
/* Ends what was built, in reverse. */
void app_close(struct app *a);
/* Outgoing HTTP; part of app_open, and enough for `livekit check`. */
err app_client(const struct config *c) MUST_CHECK;
struct hiring_livekit app_livekit(const struct config *c);
/* What the configuration says about the log; also on SIGHUP. */
void app_log(const struct config *c);
/* Whether there is a store at all; of PostgreSQL that is taken for granted. */
bool app_has_store(const struct config *c);
/* What store_migration_status() says at the end of its lines when the store does not fit the program. */
str app_last_line(const struct buf *lines);
/* "http://host:port" of the first listener as configured; absent for sockets and for port 0, which nobody knows yet. */
err app_origin(const struct config *c, struct arena *mem, str *out) MUST_CHECK;
/* server.md 5; leaves the link in a->link, if one was made. */
err app_bootstrap(struct app *a, const struct bootstrap *in, str *why) MUST_CHECK;
/* A call for commands: its own arena, the clock read. Free with arena_free(c->mem). */
err app_call(struct app *a, struct call *c) MUST_CHECK;
/* Every migration of the program, in order. */
const struct migration *app_migrations(struct arena *mem, size_t *n);
/* What the identity core asks of the rooms above it (app_hooks.c). */
void app_set_hooks(struct app *a);
/* The core's family; the rooms must be there. */
err app_core_family(struct app *a, const struct family **out) MUST_CHECK;
/* A router of /metrics alone, for metrics.listen. */
err app_start_metrics(struct app *a, str *why) MUST_CHECK;
/* Of the families that the settings name, those in this build and the others, each as "a, b". ERR_INPUT with *why: some are named, and none is here. */
err app_check_families(const struct config *c, struct arena *mem, str *here, str *absent, str *why) MUST_CHECK;
/* All queries of all rooms against the live store. */
err app_check_queries(struct app *a, str *why) MUST_CHECK;
/* The columns of all rooms that name files; NULL-terminated. For backup, and for the job that removes files. */
extern const struct files_column *const app_files[];
/* The queries of chancery rekey. */
err app_check_sealed(struct app *a, str *why) MUST_CHECK;
/* The documents: every family in this build, NULL-terminated. */
extern const struct family *const app_documents[];
