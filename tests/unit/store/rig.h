/* tests/unit/store/rig.h: a fresh store on either engine, with one table, for the tests of this folder. */
#pragma once
#include "store/store.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka.h wants those above. */
#include <cmocka.h>
#undef fail /* ours is in base/call.h */

struct rig {
    struct arena *a;
    struct store *s;
    struct call c; /* mem is another arena, so that a call's ceiling can be tested */
    char dir[64];
    char url[192];
};

/* What the tests run on; set by each main() before anything else. */
extern bool rig_pg, rig_pooler;
/* Starts a private PostgreSQL server that ends with this process; false (and a line that says so) where none is installed. */
bool rig_pg_start(void);
void rig_pg_stop(void);
/* The statement that asks PostgreSQL for its plan of that one, a line a row; with the same parameters. */
err rig_explain(struct call *c, const struct query *of, struct query *out) MUST_CHECK;
/* Between them rigs reach that server through a private pgbouncer in transaction mode, as store.prepare=off and store.listen_url=none do; false where none
 * is installed. */
bool rig_pooler_start(void);
void rig_pooler_stop(void);

/* cmocka set-up and tear-down: an empty folder, an open store, the table below; *state is the rig. */
int rig_setup(void **state);
int rig_teardown(void **state);
/* The same without migrations. */
int rig_setup_bare(void **state);
err rig_open(struct rig *r, struct arena *a, struct store **out, str *why) MUST_CHECK;
/* A call with an arena of its own. */
struct call rig_call(size_t ceiling);
void rig_call_end(struct call *c);

/* Runs fn as a write with the 1st, 2nd, … allocation or store call failing until it works; each failure is trouble below us (ERR_NOMEM, ERR_STORE), never a
 * refusal. Without fault points it runs once. */
void rig_fault_loop(struct rig *r, int64_t now_ms, err (*fn)(struct call *));

/* item (id {serial}, name TEXT UNIQUE NOT NULL, body {blob}, n {bigint} CHECK (n <> 13)); part refers to it, checked at the end. */
extern const struct migration rig_schema[];
extern const size_t rig_schema_n;
enum { Q_ADD, Q_BY_NAME, Q_SET_N, Q_ALL, Q_COUNT, Q_DROP_ALL, Q_ADD_PART, Q_BAD_SQL, Q_BUMP, Q__COUNT };
extern const struct query rig_q[Q__COUNT];

err rig_add(struct call *c, const char *name, int64_t n) MUST_CHECK;
/* Rows of item, in a transaction of its own. */
int64_t rig_count(struct rig *r);
int64_t rig_n_of(struct rig *r, const char *name);
