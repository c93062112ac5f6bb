/* tests/unit/rooms/test_interviews_pg.c: the room's calls on a private PostgreSQL server; skipped (77) where none is installed. */
#include "interviews_calls.h"
#include "base/log.h"

int main(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    if (!rig_pg_start()) return 77;
    rig_pg = true;
    int failed = interviews_calls();
    rig_pg_stop();
    return failed;
}
