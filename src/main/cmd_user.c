/* main/cmd_user.c: accounts from the command line; works beside a running server, on its store. */
#include "base/clock.h"
#include "base/json.h"
#include "main/cmd_user_int.h"
#include <stdio.h>

enum { LINE_MAX_BYTES = 1024, LINK_TTL_MS = 7 * 24 * 3600 * 1000 };

int user_run(struct cli *c, struct user_work *w, enum tx tx, err (*fn)(struct call *), struct call *call) { return work_run(c, w->app, call, tx, fn, w); }

int user_with_store(struct cli *c, bool make, int (*body)(struct cli *, struct user_work *, struct call *))
{
    if (c->tenant)
        return cli_fail("%s: --tenant %s: this build has no tenants; without --tenant it is about the accounts of the platform", c->command->name, c->tenant);
    struct app a;
    struct call call;
    struct user_work w = { .cli = c, .app = &a };
    int status = work_open(c, make, &a, &call);
    if (!status) status = body(c, &w, &call);
    work_close(&a, &call);
    return status;
}

/* One line of standard input; 0 or the exit status. */
static int read_line(struct cli *c, char line[static LINE_MAX_BYTES + 2], const char *what, str *out)
{
    if (!fgets(line, LINE_MAX_BYTES + 2, stdin)) return cli_fail("%s: no %s on standard input", c->command->name, what);
    str p = str_c(line);
    if (p.n > LINE_MAX_BYTES && p.p[p.n - 1] != '\n') return cli_fail("%s: the %s is longer than %d bytes", c->command->name, what, LINE_MAX_BYTES);
    while (p.n && (p.p[p.n - 1] == '\n' || p.p[p.n - 1] == '\r')) p.n--;
    *out = p;
    return 0;
}

static int hash_password(struct cli *c, struct user_work *w, struct call *call, str password)
{
    const struct password_policy policy = { .min = 8, .max = 128, .words = &w->in.email, .n_words = 1 };
    switch (password_judge(&policy, password)) {
    case PASSWORD_GOOD: break;
    case PASSWORD_SHORT: return cli_fail("%s: the password needs at least 8 characters", c->command->name);
    case PASSWORD_LONG: return cli_fail("%s: the password may have at most 128 characters", c->command->name);
    case PASSWORD_WORD: return cli_fail("%s: the password must not be the e-mail address", c->command->name);
    case PASSWORD_NO_TEXT:
    case PASSWORD_CONTROL:
    case PASSWORD_REPEATED:
    case PASSWORD_COMMON: return cli_fail("%s: the password is not UTF-8 text", c->command->name);
    }
    err e = password_hash(w->app->auth, call->mem, password, &w->hash);
    return e ? cli_fail("%s: the password cannot be hashed (%s)", c->command->name, err_name(e)) : 0;
}

/* By --password-stdin or --password-hash-stdin; w->hash stays absent without either. */
static int read_password(struct cli *c, struct user_work *w, struct call *call)
{
    char line[LINE_MAX_BYTES + 2] = { 0 };
    str text = STR_NULL;
    int status = 0;
    if (c->password_stdin && c->password_hash_stdin) return (void)cli_fail("%s: --password-stdin or --password-hash-stdin, not both", c->command->name), 2;
    if (c->password_stdin) {
        status = read_line(c, line, "password", &text);
        if (!status) status = hash_password(c, w, call, text);
    } else if (c->password_hash_stdin) {
        status = read_line(c, line, "hash", &text);
        if (!status && !crypto_password_kind(text))
            status = cli_fail("%s: not a password hash that is known here: Argon2, bcrypt, PBKDF2 with SHA-256 or SHA-512, scrypt", c->command->name);
        if (!status && arena_str(call->mem, text, &w->hash) != ERR_OK) status = cli_fail("out of memory");
    }
    crypto_wipe(line, sizeof line);
    return status;
}

static err link_tx(struct call *call)
{
    struct user_work *w = call->state;
    return link_new(w->app->auth, call, w->account->id, LINK_PASSWORD, LINK_TTL_MS, &w->token);
}

/* Where links lead: base_url, else where a server on this configuration listens. */
static int origin_of(struct cli *c, struct call *call, str *out)
{
    *out = str_c(c->config.base_url);
    if (str_absent(*out) && app_origin(&c->config, call->mem, out) != ERR_OK) return cli_fail("out of memory");
    return 0;
}

static int print_link(struct cli *c, struct user_work *w, struct call *call)
{
    str origin;
    if (user_run(c, w, TX_WRITE, link_tx, call) || origin_of(c, call, &origin)) return 1;
    printf(STR_FMT "/account/password?token=" STR_FMT "\n", STR_ARG(origin), STR_ARG(w->token));
    return 0;
}

static err mail_tx(struct call *call)
{
    struct user_work *w = call->state;
    return w->fresh ? account_welcome_mail(w->app->auth, call, w->account) : account_reset_mail(w->app->auth, call, w->account);
}

/* Queued; a server that runs on this store sends it, now or when it is started. */
static int send_link(struct cli *c, struct user_work *w, struct call *call)
{
    str origin;
    if (origin_of(c, call, &origin)) return 1;
    if (str_absent(origin)) return cli_fail("%s: --send-link: where does the server run? Set base_url", c->command->name);
    auth_set_origin(w->app->auth, arena_z(c->mem, origin));
    if (user_run(c, w, TX_WRITE, mail_tx, call)) return 1;
    if (!c->quiet) printf("a link for " STR_FMT " is in the queue of outgoing mail\n", STR_ARG(w->account->email));
    return 0;
}

static err create_tx(struct call *call)
{
    struct user_work *w = call->state;
    w->in.password_hash = w->hash;
    TRY(account_create(call, &w->in, &w->account));
    for (size_t i = 0; i < w->cli->privilege.n; i++) TRY(privilege_grant(call, w->account->id, str_c(w->cli->privilege.v[i])));
    if (w->cli->superuser) TRY(privilege_grant(call, w->account->id, STR("admin")));
    return ERR_OK;
}

static int create(struct cli *c, struct user_work *w, struct call *call)
{
    const char *email = cli_email(c);
    if (!email) return 2;
    if (!email_is_valid(str_c(email))) return cli_fail("user create: %s is not an e-mail address", email);
    w->in = (struct account_new){ .email = str_c(email),
                                  .first_name = str_c(c->first_name),
                                  .last_name = str_c(c->last_name),
                                  .locale = str_c(c->locale),
                                  .superuser = c->superuser,
                                  .staff = c->superuser,
                                  .verified = true };
    int status = read_password(c, w, call);
    if (status) return status;
    w->fresh = true;
    if (user_run(c, w, TX_WRITE, create_tx, call)) return 1;
    if (!c->quiet) printf("created %s, number %lld\n", email, (long long)w->account->number);
    if (c->send_link && send_link(c, w, call)) return 1;
    return c->print_link ? print_link(c, w, call) : 0;
}
int cmd_user_create(struct cli *c) { return user_with_store(c, true, create); }

static err list_tx(struct call *call)
{
    struct user_work *w = call->state;
    return account_list(call, AUTH_PLATFORM, &w->all, &w->n);
}

static void account_members(struct jw *w, const struct account *a)
{
    char when[CLOCK_ISO_MAX];
    jw_kstr(w, "id", a->id);
    jw_kint(w, "number", a->number);
    jw_kstr(w, "email", a->email);
    jw_kstr(w, "first_name", a->first_name);
    jw_kstr(w, "last_name", a->last_name);
    jw_kstr(w, "locale", a->locale);
    jw_kbool(w, "active", a->active);
    jw_kbool(w, "superuser", a->superuser);
    jw_kbool(w, "staff", a->staff);
    jw_kbool(w, "email_verified", a->email_verified);
    jw_kbool(w, "has_password", a->has_password);
    jw_kstr(w, "created_at", (str){ when, clock_iso(a->created_at_ms, when) });
    jw_kstr(w, "last_login_at", a->last_login_at_ms ? (str){ when, clock_iso(a->last_login_at_ms, when) } : STR_NULL);
}

static int list(struct cli *c, struct user_work *w, struct call *call)
{
    if (user_run(c, w, TX_READ, list_tx, call)) return 1;
    CLEANUP(buf_release) struct buf b = BUF(256 << 20);
    struct jw out = JW(&b);
    if (c->json) jw_open(&out, '[');
    for (size_t i = 0; i < w->n; i++) {
        const struct account *a = &w->all[i];
        if (c->json)
            jw_open(&out, '{'), account_members(&out, a), jw_close(&out, '}');
        else
            buf_printf(&b, "%6lld  %-40.*s %s%s\n", (long long)a->number, STR_ARG(a->email), a->active ? "active" : "inactive",
                       a->superuser ? ", superuser" : "");
    }
    if (c->json) jw_close(&out, ']'), buf_char(&b, '\n');
    if (buf_ok(&b) || fwrite(b.p ? b.p : "", 1, b.n, stdout) != b.n) return cli_fail("user list: cannot be written");
    return 0;
}
int cmd_user_list(struct cli *c) { return user_with_store(c, false, list); }

static err find_tx(struct call *call)
{
    struct user_work *w = call->state;
    TRY(account_by_email(call, AUTH_PLATFORM, w->in.email, &w->account));
    return w->account ? ERR_OK : fail(call, ERR_NOT_FOUND, NULL, STR_FMT ": no such account", STR_ARG(w->in.email));
}

static int read_user(struct cli *c, struct user_work *w, struct call *call, err (*tx)(struct call *))
{
    const char *email = cli_email(c);
    if (!email) return 2;
    w->in.email = str_c(email);
    return user_run(c, w, TX_READ, tx, call);
}

int user_find(struct cli *c, struct user_work *w, struct call *call) { return read_user(c, w, call, find_tx); }

static err show_tx(struct call *call)
{
    struct user_work *w = call->state;
    TRY(find_tx(call));
    TRY(totp_enabled(call, w->account->id, &w->second));
    TRY(backup_codes_left(call, w->account->id, &w->count));
    return identity_list(call, w->account->id, &w->identities, &w->n);
}

static void write_identities(struct jw *w, const struct user_work *u)
{
    char when[CLOCK_ISO_MAX];
    jw_key(w, STR("identities"));
    jw_open(w, '[');
    for (size_t i = 0; i < u->n; i++) {
        const struct identity *x = &u->identities[i];
        jw_open(w, '{');
        jw_kstr(w, "issuer", x->issuer);
        jw_kstr(w, "subject", x->subject);
        jw_kstr(w, "email", x->email);
        jw_kstr(w, "created_at", (str){ when, clock_iso(x->created_at_ms, when) });
        jw_close(w, '}');
    }
    jw_close(w, ']');
}

static int show(struct cli *c, struct user_work *w, struct call *call)
{
    int status = read_user(c, w, call, show_tx);
    if (status) return status;
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw out = JW(&b);
    jw_open(&out, '{');
    account_members(&out, w->account);
    jw_kbool(&out, "second_factor", w->second);
    jw_kint(&out, "backup_codes_left", w->count);
    write_identities(&out, w);
    jw_close(&out, '}');
    if (buf_ok(&b)) return cli_fail("user show: cannot be written");
    printf(STR_FMT "\n", STR_ARG(buf_str(&b)));
    return 0;
}
int cmd_user_show(struct cli *c) { return user_with_store(c, false, show); }

static err set_password_tx(struct call *call)
{
    struct user_work *w = call->state;
    return account_set_password(w->app->auth, call, w->account->id, w->hash, true);
}

static int set_password(struct cli *c, struct user_work *w, struct call *call)
{
    int status = user_find(c, w, call);
    if (status) return status;
    if (c->print_link) return print_link(c, w, call);
    if (c->send_link) return send_link(c, w, call);
    if (!c->password_stdin && !c->password_hash_stdin)
        return (void)cli_fail("user set-password: how? --password-stdin, --password-hash-stdin, --send-link or --print-link"), 2;
    status = read_password(c, w, call);
    if (status) return status;
    if (user_run(c, w, TX_WRITE, set_password_tx, call)) return 1;
    if (!c->quiet) printf("password set; all sessions of the account have ended\n");
    return 0;
}
int cmd_user_set_password(struct cli *c) { return user_with_store(c, false, set_password); }
