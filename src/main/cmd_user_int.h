/* main/cmd_user_int.h: what the commands about accounts share. They work beside a running server, on its store, which heeds them with the next request. */
#pragma once
#include "main/cmd_work.h"

/* What a transaction of these commands works on: its call's state. */
struct user_work {
    struct cli *cli;
    struct app *app;
    struct account_new in;
    struct account *account, *all;
    struct auth_session *sessions;
    struct audit *records;
    size_t n;
    int64_t count;
    bool second; /* the account has a second factor */
    struct identity *identities;
    str hash, token;
    bool fresh; /* made by this command */
};

/* Opens the store, runs body, closes; the exit status. make: as for work_open(). */
int user_with_store(struct cli *c, bool make, int (*body)(struct cli *, struct user_work *, struct call *));
/* A transaction; 0, or 1 after telling. */
int user_run(struct cli *c, struct user_work *w, enum tx tx, err (*fn)(struct call *), struct call *call);
/* The account that the command line names, in w->account; 0, or the exit status after telling. */
int user_find(struct cli *c, struct user_work *w, struct call *call);
