/* base/fault.c: the countdown behind fault_here(); empty in normal builds. */
#include "base/fault.h"

#ifdef CHANCERY_FAULTS
#include <stdatomic.h>

static atomic_long left;
static atomic_bool fired;

void fault_arm(long n)
{
    atomic_store(&fired, false);
    atomic_store(&left, n);
}

bool fault_hit(void) { return atomic_load(&fired); }

bool fault_here(void)
{
    if (atomic_load(&left) <= 0) return false;
    if (atomic_fetch_sub(&left, 1) != 1) return false;
    atomic_store(&fired, true);
    return true;
}
#endif
