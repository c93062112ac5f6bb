/* base/lane.h: a bounded queue with threads of its own. The slow lane of route/ is one, the password pool of auth/ another.
 *
 * Tasks start in the order of submission. The threads have all signals blocked. */
#pragma once
#include "base/err.h"

struct lane;
/* name: at most 15 characters, shown by ps -L. queue: most tasks waiting, those being run not counted. ERR_NOMEM. */
err lane_new(const char *name, unsigned threads, unsigned queue, struct lane **out) MUST_CHECK;
/* ERR_BUSY at the bound or when stopping. run(arg) happens once on some thread of the lane. */
err lane_submit(struct lane *l, void (*run)(void *), void *arg) MUST_CHECK;
/* Tasks waiting now. */
unsigned lane_depth(struct lane *l);
/* Finishes what is queued, joins the threads, frees; NULL is fine. Not from a thread of the lane. */
void lane_free(struct lane *l);
