/* main/cmd_work.h: what the commands share that look at or change the rows of a store. They work beside a running server, which heeds them with the next
 * request. */
#pragma once
#include "main/app.h"
#include "main/cli.h"

/* Opens what a command works with; what was opened is closed by work_close(), also after an error. make: a store that is not there is made, and an
 * older one brought up to date. 0, or the exit status after telling. */
int work_open(struct cli *c, bool make, struct app *a, struct call *call);
void work_close(struct app *a, struct call *call);
/* A transaction of the command, fn's call->state being state; 0, or 1 after telling. */
int work_run(const struct cli *c, struct app *a, struct call *call, enum tx tx, err (*fn)(struct call *), void *state);
