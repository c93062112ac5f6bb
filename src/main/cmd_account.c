/* main/cmd_account.c: commands for what the accounts family needs of its operator (django-cfg 3, 5): a session cookie, accounts for tests, deleted ones
 * forgotten. */
#include "main/cmd_user_int.h"
#include <stdio.h>

enum { COOKIE_DAYS = 14 };

/* user cookie */

static err cookie_tx(struct call *call)
{
    struct user_work *w = call->state;
    str id;
    struct auth_session_new in = { .account_id = w->account->id,
                                   .family = STR("accounts"),
                                   .user_agent = STR("chancery user cookie"),
                                   .ip = STR("local"),
                                   .ttl_ms = (int64_t)COOKIE_DAYS * 24 * 3600 * 1000 };
    struct audit record = { .family = STR("accounts"), .action = STR("session.create"), .subject = w->account->id };
    TRY(accounts_ready(call, w->account));
    err e = auth_session_create(w->app->auth, call, &in, &w->token, &id);
    if (e == ERR_NOT_FOUND) return fail(call, e, NULL, "the account is not active");
    return e ? e : audit_write(call, &record);
}

static int cookie(struct cli *c, struct user_work *w, struct call *call)
{
    char csrf[CRYPTO_TOKEN];
    int status = user_find(c, w, call);
    if (status) return status;
    if (user_run(c, w, TX_WRITE, cookie_tx, call)) return 1;
    crypto_token(csrf);
    /* Shown once: of the session only a keyed hash is kept. */
    printf("Cookie: sessionid=" STR_FMT "; csrftoken=%.*s\nX-CSRFToken: %.*s\n", STR_ARG(w->token), CRYPTO_TOKEN, csrf, CRYPTO_TOKEN, csrf);
    return 0;
}
int cmd_user_cookie(struct cli *c) { return user_with_store(c, false, cookie); }

/* user test */

static err test_tx(struct call *call)
{
    struct user_work *w = call->state;
    return accounts_set_test(call, w->account, !w->cli->off);
}

static int test(struct cli *c, struct user_work *w, struct call *call)
{
    int status = user_find(c, w, call);
    if (status) return status;
    if (user_run(c, w, TX_WRITE, test_tx, call)) return 1;
    if (!c->quiet)
        printf(STR_FMT ": %s\n", STR_ARG(w->account->email),
               c->off ? "an account like others" : "any four digits sign it in at the accounts family, and it gets no mail");
    return 0;
}
int cmd_user_test(struct cli *c) { return user_with_store(c, false, test); }

/* user purge */

static err purge_tx(struct call *call)
{
    struct user_work *w = call->state;
    return accounts_purge_deleted(call, &w->count);
}

static int purge(struct cli *c, struct user_work *w, struct call *call)
{
    if (user_run(c, w, TX_WRITE, purge_tx, call)) return 1;
    if (!c->quiet) printf("%lld deleted accounts forgotten\n", (long long)w->count);
    return 0;
}
int cmd_user_purge(struct cli *c) { return user_with_store(c, false, purge); }
