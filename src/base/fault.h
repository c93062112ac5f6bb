/* base/fault.h: lets a test fail the n-th allocation or store call.
 *
 * In a normal build every fault_here() is the constant false. With -DCHANCERY_FAULTS the first call after fault_arm(n) that
 * counts n down to zero answers true, once; fault_hit() then tells the loop that the fault happened. On SIGUSR2 the server
 * arms the point whose number stands in the file $CHANCERY_FAULT, so that the loops drive the real binary too; a command takes the
 * number itself from $CHANCERY_FAULT_COMMAND. */
#pragma once
#include <stdbool.h>

#ifdef CHANCERY_FAULTS
void fault_arm(long n); /* n-th point from now fails; 0 disarms */
bool fault_hit(void);   /* did it fire since the last arm? */
bool fault_here(void);
#else
static inline bool fault_here(void) { return false; }
#endif
