/* tests/unit/jobs/test_jobs_pg.c: the queue on PostgreSQL; skipped where none is installed. */
#include "base/log.h"
#include "behaviour.h"
#include "jobs_rig.h"

enum { SKIPPED = 77 };

int main(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    if (!rig_pg_start()) return SKIPPED;
    rig_pg = true;
    int failed = behaviour_jobs();
    failed += behaviour_servers();
    rig_pg_stop();
    return failed;
}
