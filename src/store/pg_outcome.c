/* store/pg_outcome.c: what became of a commit that was not answered. The server knows, if it is the same one. */
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

/* A promoted standby may lack the transaction and have given its number to another: then it is on another timeline, and its word is worth nothing. */
static enum pg_outcome read_outcome(const PGresult *r, const char *timeline, bool *ended)
{
    *ended = true;
    if (PQresultStatus(r) != PGRES_TUPLES_OK || PQntuples(r) != 1 || PQgetisnull(r, 0, 1)) return PG_UNKNOWN;
    if (strcmp(PQgetvalue(r, 0, 0), timeline) != 0) return PG_UNKNOWN;
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
    PGresult *r = PQexecParams(k->pq, "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8), pg_xact_status($1::xid8)", 1, NULL, values, NULL, NULL, 0);
    if (!PQenterPipelineMode(k->pq)) k->stale = true;
    return r;
}

enum pg_outcome pg_outcome(struct pg *p, struct pg_conn *k, int64_t xid, const char *timeline)
{
    int64_t until = clock_mono_ms() + PATIENCE_MS;
    enum pg_outcome o = PG_UNKNOWN;
    bool ended = xid == 0 || !*timeline;
    pg_disconnect(k);
    while (!ended && clock_mono_ms() < until) {
        if (pg_connected(p, k) == ERR_OK) {
            PGresult *r = ask(k, xid);
            o = read_outcome(r, timeline, &ended);
            if (!pg_is_open(k)) ended = false;
            PQclear(r);
        }
        if (!ended) pause_a_little();
    }
    static const char *const names[] = { [PG_UNKNOWN] = "unknown", [PG_COMMITTED] = "committed", [PG_ABORTED] = "not committed" };
    LOG(LOG_WARN, "a commit was not answered", LOG_S("outcome", str_c(names[o])));
    return o;
}
