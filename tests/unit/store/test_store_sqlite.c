/* tests/unit/store/test_store_sqlite.c: what holds on both engines, on SQLite. */
#include "behaviour.h"
#include "rig.h"
#include "base/log.h"

int main(int argc, char **argv)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    if (argc == 4 && strcmp(argv[1], "--other") == 0) return behaviour_other_process(argv[2], argv[3]);
    int failed = behaviour_transactions();
    failed += behaviour_values();
    failed += behaviour_migrations();
    return failed + behaviour_threads("/proc/self/exe");
}
