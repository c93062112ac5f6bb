/* store/pg_outcome.c: what became of a commit that was not answered. The server knows, as long as it has not stopped in between.
 *
 * Numbers of transactions are not on the disk before their commits: after a crash the number of one that was lost is given to another, which may commit. A
 * promoted standby does the same. So the number says something only within one run of one server. Which run it is: the timeline of its log, the start of the
 * postmaster, and the process of the checkpointer (the lowest without a database), which is a new one after a backend's crash, when the postmaster lives on. */
#include "store/pg_int.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdio.h>
#include <time.h>

enum { PATIENCE_MS = 4000, PAUSE_MS = 50 };

static void pause_a_little(void)
{
    struct timespec t = { .tv_nsec = PAUSE_MS * 1000000L };
    (void)nanosleep(&t, NULL);
}

static enum pg_outcome read_outcome(const PGresult *r, const char *server, bool *ended)
{
    *ended = true;
    if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1 || PQgetisnull(r, 0, 1)) return PG_UNKNOWN;
    if (strcmp(PQgetvalue(r, 0, 0), server) != 0) return PG_UNKNOWN;
    const char *status = PQgetvalue(r, 0, 1);
    if (strcmp(status, "committed") == 0) return PG_COMMITTED;
    if (strcmp(status, "aborted") == 0) return PG_ABORTED;
    *ended = false; /* in progress: its process has not noticed yet that we are gone */
    return PG_UNKNOWN;
}

static PGresult *ask(struct pg_conn *k, int64_t xid)
{
    char number[24];
    const char *values[] = { number };
    (void)snprintf(number, sizeof number, "%lld", (long long)xid);
    if (!PQexitPipelineMode(k->pq)) return NULL;
    PGresult *r = PQexecParams(k->pq, "SELECT " PG_WHICH_SERVER ", pg_xact_status($1::xid8)", 1, NULL, values, NULL, NULL, 0);
    if (!PQenterPipelineMode(k->pq)) k->stale = true;
    return r;
}

enum pg_outcome pg_outcome(struct pg *p, struct pg_conn *k, int64_t xid, const char *server)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    enum pg_outcome o = PG_UNKNOWN;
    bool ended = xid == 0 || !*server;
    pg_disconnect(k);
    while (!ended && clock_mono_ms() < until) {
        if (pg_connected(p, k) == ERR_OK) {
            PGresult *r = ask(k, xid);
            o = read_outcome(r, server, &ended);
            if (!pg_is_open(k)) ended = false;
            PQclear(r);
        }
        if (!ended) pause_a_little();
    }
    static const char *const names[] = { [PG_UNKNOWN] = "unknown", [PG_COMMITTED] = "committed", [PG_ABORTED] = "not committed" };
    LOG(LOG_WARN, "a commit was not answered", LOG_S("outcome", str_c(names[o])));
    return o;
}
