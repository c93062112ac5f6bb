/* The same on a private PostgreSQL server; skipped (77) where none is installed. */
#include "../store/rig.h"
#include "identity_tests.h"

int main(void)
{
    if (!rig_pg_start()) return 77;
    rig_pg = true;
    int failed = identity_tests();
    rig_pg_stop();
    return failed;
}
