/* main/cmd_work.c: opening, transactions and closing for commands that work on a store. */
#include "main/cmd_work.h"

int work_open(struct cli *c, bool make, struct app *a, struct call *call)
{
    str why = STR_NULL;
    *a = (struct app)APP;
    *call = (struct call){ 0 };
    if (!make && !app_has_store(&c->config))
        return cli_fail("%s: no store here yet; `chancery serve` makes it, or name another folder with --data", c->config.data);
    a->migrate = make;
    err e = app_open(a, c->mem, &c->config, false, &why);
    if (!e) e = app_call(a, call);
    return e ? cli_fail(STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why)) : 0;
}

void work_close(struct app *a, struct call *call)
{
    arena_free(call->mem);
    app_close(a);
}

int work_run(const struct cli *c, struct app *a, struct call *call, enum tx tx, err (*fn)(struct call *), void *state)
{
    call->state = state;
    err e = store_do(a->store, call, tx, fn);
    return e ? cli_fail("%s: " STR_FMT, c->command->name, STR_ARG(str_absent(call->why.text) ? str_c(err_name(e)) : call->why.text)) : 0;
}
