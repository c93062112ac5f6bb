/* rooms/interviews/interviews.h: guided interviews over the docassemble API. Spec: docassemble-api, docassemble-language 8.
 *
 * Invariants: (1) a session's steps are sealed under its own random key; the key is stored only wrapped, under the session's secret and the
 * master key (multi-user: the master key alone); (2) the server unwraps it on every call, so a wrong secret is refused even while a worker is warm;
 * (3) a step is stored by compare-and-set on the session's version: of two racing calls one is evaluated again; (4) author's code runs in workers
 * only, and a worker that fails leaves the stored steps as they were. */
#pragma once
#include "auth/auth.h"
#include "route/route.h"
#include "worker/worker.h"

struct interviews;

struct interviews_dispatch {
    str name, interview, title;
};
struct interviews_options {
    struct store *store;
    struct auth *auth;
    struct workers *workers;
    struct files *files;
    const uint8_t *master_key; /* 32 bytes; a sub-key is derived, the key itself is not kept */
    bool reference;            /* interviews.dialect */
    const char *base_url;      /* NULL: from each request */
    size_t body_max;
    int64_t lock_ms;      /* how long a call waits for another one on its session; then 503 */
    unsigned waiters;     /* most calls that wait so at a time, for all sessions together: each holds a thread of the slow lane */
    const char **folders; /* of packages; a package that is in none of them gets no worker. n_folders 0: not looked at */
    size_t n_folders;
    const struct interviews_dispatch *dispatch;
    size_t n_dispatch;
    const char *timezone; /* local times of lists, for accounts without one; NULL: UTC */
    int64_t page;         /* most items of one page of a list; 0: 100 */
};
err interviews_new(struct arena *a, const struct interviews_options *o, struct interviews **out) MUST_CHECK;
void interviews_free(struct interviews *r);
/* The row for the router; lives as long as the room. */
const struct family *interviews_family(struct interviews *r);
/* The document's family: what `chancery openapi interviews` prints, without a room. */
extern const struct family interviews_document;

extern const struct migration interviews_migrations[];
extern const size_t interviews_migrations_n;
/* What uploads are kept in. */
extern const struct files_column interviews_files;
err interviews_check_queries(struct store *s, struct arena *a, str *why) MUST_CHECK;
