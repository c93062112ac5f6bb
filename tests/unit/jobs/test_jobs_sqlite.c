/* tests/unit/jobs/test_jobs_sqlite.c: the queue on SQLite. */
#include "base/log.h"
#include "behaviour.h"
#include "jobs_rig.h"

int main(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    int failed = behaviour_jobs();
    return failed + behaviour_servers();
}
