/* main/cmd_user_change.c: commands that change the state of an account, and its sessions. */
#include "base/clock.h"
#include "base/json.h"
#include "main/cmd_user_int.h"
#include <stdio.h>
#include <unistd.h>

/* Finds the account, runs the change, says what is done. */
static int change(struct cli *c, struct user_work *w, struct call *call, err (*fn)(struct call *), const char *done)
{
    int status = user_find(c, w, call);
    if (status) return status;
    if (user_run(c, w, TX_WRITE, fn, call)) return 1;
    if (!c->quiet) printf(STR_FMT ": %s\n", STR_ARG(w->account->email), done);
    return 0;
}

/* The docassemble privilege goes with it, as in the first start (server.md 5). */
static err promote_tx(struct call *call)
{
    const struct user_work *w = call->state;
    TRY(account_set_superuser(call, w->account->id, true));
    return privilege_grant(call, w->account->id, STR("admin"));
}
/* The operator means the owner of the address; whoever signed up with it may be somebody else (server.md 4). */
static int promote(struct cli *c, struct user_work *w, struct call *call)
{
    int status = change(c, w, call, promote_tx, "is an administrator of everything");
    if (!status && w->account->has_password && !w->account->email_verified)
        (void)fprintf(stderr,
                      "chancery: user promote: " STR_FMT ": nobody has shown yet that this address is his, so a stranger may have chosen the password;"
                      " `chancery user set-password` sets another\n",
                      STR_ARG(w->account->email));
    return status;
}
int cmd_user_promote(struct cli *c) { return user_with_store(c, false, promote); }

static err demote_tx(struct call *call)
{
    const struct user_work *w = call->state;
    TRY(account_set_superuser(call, w->account->id, false));
    return privilege_revoke(call, w->account->id, STR("admin"));
}
static int demote(struct cli *c, struct user_work *w, struct call *call) { return change(c, w, call, demote_tx, "is no administrator"); }
int cmd_user_demote(struct cli *c) { return user_with_store(c, false, demote); }

static err activate_tx(struct call *call) { return account_set_active(call, ((const struct user_work *)call->state)->account->id, true); }
static int activate(struct cli *c, struct user_work *w, struct call *call) { return change(c, w, call, activate_tx, "active"); }
int cmd_user_activate(struct cli *c) { return user_with_store(c, false, activate); }

static err deactivate_tx(struct call *call) { return account_set_active(call, ((const struct user_work *)call->state)->account->id, false); }
static int deactivate(struct cli *c, struct user_work *w, struct call *call) { return change(c, w, call, deactivate_tx, "inactive"); }
int cmd_user_deactivate(struct cli *c) { return user_with_store(c, false, deactivate); }

static err revoke_tx(struct call *call)
{
    const struct user_work *w = call->state;
    int64_t ended;
    TRY(auth_session_end_all(call, w->account->id, STR_NULL, STR_NULL, &ended));
    return account_end_sessions(call, w->account->id);
}
static int end_all(struct cli *c, struct user_work *w, struct call *call) { return change(c, w, call, revoke_tx, "signed out everywhere"); }
int cmd_user_revoke(struct cli *c) { return user_with_store(c, false, end_all); }

static err reset_totp_tx(struct call *call)
{
    struct user_work *w = call->state;
    TRY(totp_enabled(call, w->account->id, &w->second));
    return account_reset_totp(call, w->account->id);
}
static int reset_totp(struct cli *c, struct user_work *w, struct call *call)
{
    int status = user_find(c, w, call);
    if (status) return status;
    if (user_run(c, w, TX_WRITE, reset_totp_tx, call)) return 1;
    if (!c->quiet)
        printf(STR_FMT ": %s\n", STR_ARG(w->account->email), w->second ? "the second factor is gone, and its backup codes" : "there was no second factor");
    return 0;
}
int cmd_user_reset_totp(struct cli *c) { return user_with_store(c, false, reset_totp); }

static err delete_tx(struct call *call)
{
    const struct user_work *w = call->state;
    return account_delete(w->app->auth, call, w->account->id);
}

/* Nobody is asked who cannot answer: a script means what it says. */
static bool is_meant(const struct account *who)
{
    char answer[16] = "";
    if (!isatty(0) || !isatty(1)) return true;
    printf("Delete " STR_FMT ", number %lld, with everything that families keep of it? This cannot be undone. [y/N] ", STR_ARG(who->email),
           (long long)who->number);
    (void)fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int delete (struct cli *c, struct user_work *w, struct call *call)
{
    int status = user_find(c, w, call);
    if (status) return status;
    if (!is_meant(w->account)) return cli_fail("user delete: nothing was deleted");
    if (user_run(c, w, TX_WRITE, delete_tx, call)) return 1;
    if (!c->quiet) printf("deleted " STR_FMT "\n", STR_ARG(w->account->email));
    return 0;
}
int cmd_user_delete(struct cli *c) { return user_with_store(c, false, delete); }

static err sessions_tx(struct call *call)
{
    struct user_work *w = call->state;
    return auth_session_list(call, w->account->id, &w->sessions, &w->n);
}

static void write_session(struct jw *w, const struct auth_session *s)
{
    char when[CLOCK_ISO_MAX];
    jw_open(w, '{');
    jw_kstr(w, "id", s->id);
    jw_kstr(w, "family", s->family);
    jw_kstr(w, "ip", s->ip);
    jw_kstr(w, "user_agent", s->user_agent);
    jw_kstr(w, "created_at", (str){ when, clock_iso(s->created_at_ms, when) });
    jw_kstr(w, "seen_at", (str){ when, clock_iso(s->seen_at_ms, when) });
    jw_kstr(w, "expires_at", (str){ when, clock_iso(s->expires_at_ms, when) });
    jw_close(w, '}');
}

static void print_session(struct buf *b, const struct auth_session *s)
{
    char when[CLOCK_ISO_MAX];
    buf_printf(b, "%.*s  %-11.*s %-39.*s ", (int)clock_iso(s->seen_at_ms, when), when, STR_ARG(s->family), STR_ARG(s->ip));
    cli_plain(b, s->user_agent);
    buf_char(b, '\n');
}

static int sessions(struct cli *c, struct user_work *w, struct call *call)
{
    int status = user_find(c, w, call);
    if (status) return status;
    if (user_run(c, w, TX_READ, sessions_tx, call)) return 1;
    CLEANUP(buf_release) struct buf b = BUF(64 << 20);
    struct jw out = JW(&b);
    if (c->json) jw_open(&out, '[');
    for (size_t i = 0; i < w->n; i++) {
        const struct auth_session *s = &w->sessions[i];
        if (c->json)
            write_session(&out, s);
        else
            print_session(&b, s);
    }
    if (c->json) jw_close(&out, ']'), buf_char(&b, '\n');
    if (buf_ok(&b) || fwrite(b.p ? b.p : "", 1, b.n, stdout) != b.n) return cli_fail("user sessions: cannot be written");
    return 0;
}
int cmd_user_sessions(struct cli *c) { return user_with_store(c, false, sessions); }
