/* base/lane.h: a bounded queue with threads of its own. The slow lane of route/ is one, the password pool of auth/ another. */
#pragma once
#include "base/err.h"

struct lane;
/* name: at most 15 characters, shown by ps -L. */
err  lane_new(const char *name, unsigned threads, unsigned queue, struct lane **out) MUST_CHECK;
/* ERR_BUSY at the bound or when stopping. run(arg) happens once on some thread of the lane. */
err  lane_submit(struct lane *l, void (*run)(void *), void *arg) MUST_CHECK;
unsigned lane_depth(const struct lane *l);
/* Finishes what is queued, joins the threads, frees. */
void lane_free(struct lane *l);
