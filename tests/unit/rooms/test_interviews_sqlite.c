/* tests/unit/rooms/test_interviews_sqlite.c: the room's calls on SQLite. */
#include "interviews_calls.h"
#include "base/log.h"

int main(void)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    return interviews_calls();
}
