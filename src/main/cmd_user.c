/* main/cmd_user.c: accounts from the command line; works beside a running server, on its store. */
#include "base/clock.h"
#include "base/json.h"
#include "main/app.h"
#include "main/cli.h"
#include <stdio.h>
#include <string.h>

enum { PASSWORD_MAX = 1024, LINK_TTL_MS = 7 * 24 * 3600 * 1000 };

/* What a transaction of these commands works on. */
struct work {
    struct cli *cli;
    struct app *app;
    struct account_new in;
    struct account *account, *all;
    size_t n;
    str hash, token;
};

static int run(struct cli *c, struct work *w, enum tx tx, err (*fn)(struct call *), struct call *call)
{
    call->state = w;
    err e = store_do(w->app->store, call, tx, fn);
    if (!e) return 0;
    return cli_fail("%s: " STR_FMT, c->command->name, STR_ARG(str_absent(call->why.text) ? str_c(err_name(e)) : call->why.text));
}

/* Opens the store, runs body, closes; the exit status. make: a store that is not there is made. */
static int with_store(struct cli *c, bool make, int (*body)(struct cli *, struct work *, struct call *))
{
    if (!make && !app_has_store(&c->config))
        return cli_fail("%s: no store here yet; `chancery serve` makes it, or name another folder with --data", c->config.data);
    struct app a = APP;
    struct call call = { 0 };
    str why = STR_NULL;
    a.migrate = true;
    struct work w = { .cli = c, .app = &a };
    err e = app_open(&a, c->mem, &c->config, false, &why);
    if (!e) e = app_call(&a, &call);
    int status = e ? cli_fail(STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why)) : body(c, &w, &call);
    arena_free(call.mem);
    app_close(&a);
    return status;
}

/* One line of standard input, hashed. */
static int read_password(struct cli *c, struct work *w, struct call *call)
{
    char line[PASSWORD_MAX + 2];
    if (!fgets(line, sizeof line, stdin)) return cli_fail("%s: no password on standard input", c->command->name);
    str p = str_c(line);
    if (p.n > PASSWORD_MAX && p.p[p.n - 1] != '\n') {
        crypto_wipe(line, sizeof line);
        return cli_fail("%s: the password is longer than %d bytes", c->command->name, PASSWORD_MAX);
    }
    while (p.n && (p.p[p.n - 1] == '\n' || p.p[p.n - 1] == '\r')) p.n--;
    err e = str_utf8_len(p) < 8 ? ERR_INPUT : password_hash(w->app->auth, call->mem, p, &w->hash);
    crypto_wipe(line, sizeof line);
    if (e == ERR_INPUT) return cli_fail("%s: the password needs at least 8 characters", c->command->name);
    return e ? cli_fail("%s: the password cannot be hashed (%s)", c->command->name, err_name(e)) : 0;
}

static err link_tx(struct call *call)
{
    struct work *w = call->state;
    return link_new(w->app->auth, call, w->account->id, "password", LINK_TTL_MS, &w->token);
}

static int print_link(struct cli *c, struct work *w, struct call *call)
{
    if (run(c, w, TX_WRITE, link_tx, call)) return 1;
    str origin = str_c(c->config.base_url);
    if (str_absent(origin) && app_origin(&c->config, call->mem, &origin) != ERR_OK) return cli_fail("out of memory");
    printf(STR_FMT "/account/password?token=" STR_FMT "\n", STR_ARG(origin), STR_ARG(w->token));
    return 0;
}

static err create_tx(struct call *call)
{
    struct work *w = call->state;
    w->in.password_hash = w->hash;
    TRY(account_create(call, &w->in, &w->account));
    for (size_t i = 0; i < w->cli->privilege.n; i++) TRY(privilege_grant(call, w->account->id, str_c(w->cli->privilege.v[i])));
    if (w->cli->superuser) TRY(privilege_grant(call, w->account->id, STR("admin")));
    return ERR_OK;
}

static int create(struct cli *c, struct work *w, struct call *call)
{
    const char *email = cli_email(c);
    if (!email) return 2;
    if (!email_is_valid(str_c(email))) return cli_fail("user create: %s is not an e-mail address", email);
    w->in = (struct account_new){ .email = str_c(email),
                                  .first_name = str_c(c->first_name),
                                  .last_name = str_c(c->last_name),
                                  .superuser = c->superuser,
                                  .staff = c->superuser,
                                  .verified = true };
    if (c->password_stdin && read_password(c, w, call)) return 1;
    if (run(c, w, TX_WRITE, create_tx, call)) return 1;
    if (!c->quiet) printf("created %s, number %lld\n", email, (long long)w->account->number);
    return c->print_link ? print_link(c, w, call) : 0;
}
int cmd_user_create(struct cli *c) { return with_store(c, true, create); }

static err list_tx(struct call *call)
{
    struct work *w = call->state;
    return account_list(call, AUTH_PLATFORM, &w->all, &w->n);
}

static void write_account(struct jw *w, const struct account *a)
{
    char when[CLOCK_ISO_MAX];
    jw_open(w, '{');
    jw_kstr(w, "id", a->id);
    jw_kint(w, "number", a->number);
    jw_kstr(w, "email", a->email);
    jw_kstr(w, "first_name", a->first_name);
    jw_kstr(w, "last_name", a->last_name);
    jw_kbool(w, "active", a->active);
    jw_kbool(w, "superuser", a->superuser);
    jw_kbool(w, "staff", a->staff);
    jw_kbool(w, "email_verified", a->email_verified);
    jw_kbool(w, "has_password", a->has_password);
    jw_kstr(w, "created_at", (str){ when, clock_iso(a->created_at_ms, when) });
    jw_kstr(w, "last_login_at", a->last_login_at_ms ? (str){ when, clock_iso(a->last_login_at_ms, when) } : STR_NULL);
    jw_close(w, '}');
}

static int list(struct cli *c, struct work *w, struct call *call)
{
    if (run(c, w, TX_READ, list_tx, call)) return 1;
    CLEANUP(buf_release) struct buf b = BUF(256 << 20);
    struct jw out = JW(&b);
    if (c->json) jw_open(&out, '[');
    for (size_t i = 0; i < w->n; i++) {
        const struct account *a = &w->all[i];
        if (c->json)
            write_account(&out, a);
        else
            buf_printf(&b, "%6lld  %-40.*s %s%s\n", (long long)a->number, STR_ARG(a->email), a->active ? "active" : "inactive",
                       a->superuser ? ", superuser" : "");
    }
    if (c->json) jw_close(&out, ']'), buf_char(&b, '\n');
    if (buf_ok(&b) || fwrite(b.p ? b.p : "", 1, b.n, stdout) != b.n) return cli_fail("user list: cannot be written");
    return 0;
}
int cmd_user_list(struct cli *c) { return with_store(c, false, list); }

static err find_tx(struct call *call)
{
    struct work *w = call->state;
    TRY(account_by_email(call, AUTH_PLATFORM, w->in.email, &w->account));
    return w->account ? ERR_OK : fail(call, ERR_NOT_FOUND, NULL, STR_FMT ": no such account", STR_ARG(w->in.email));
}

static int find(struct cli *c, struct work *w, struct call *call)
{
    const char *email = cli_email(c);
    if (!email) return 2;
    w->in.email = str_c(email);
    return run(c, w, TX_READ, find_tx, call);
}

static int show(struct cli *c, struct work *w, struct call *call)
{
    int status = find(c, w, call);
    if (status) return status;
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw out = JW(&b);
    write_account(&out, w->account);
    printf(STR_FMT "\n", STR_ARG(buf_str(&b)));
    return 0;
}
int cmd_user_show(struct cli *c) { return with_store(c, false, show); }

static err set_password_tx(struct call *call)
{
    struct work *w = call->state;
    return account_set_password(w->app->auth, call, w->account->id, w->hash, true);
}

static int set_password(struct cli *c, struct work *w, struct call *call)
{
    int status = find(c, w, call);
    if (status) return status;
    if (c->print_link) return print_link(c, w, call);
    if (!c->password_stdin) return (void)cli_fail("user set-password: how? --password-stdin or --print-link"), 2;
    if (read_password(c, w, call) || run(c, w, TX_WRITE, set_password_tx, call)) return 1;
    if (!c->quiet) printf("password set; all sessions of the account have ended\n");
    return 0;
}
int cmd_user_set_password(struct cli *c) { return with_store(c, false, set_password); }
