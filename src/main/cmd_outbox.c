/* main/cmd_outbox.c: outbox list, outbox retry, mail test: what is to be sent and done later; beside a running server. */
#include "base/clock.h"
#include "base/json.h"
#include "http/client.h"
#include "main/cmd_work.h"
#include <stdio.h>

enum { LIST_MOST = 1000, PRINT_MAX = 16 << 20 };

struct outbox {
    struct cli *cli;
    struct app app;
    struct call call;
    struct job_row *rows;
    size_t n;
    int64_t id, retried;
    str payload;
};

static int outbox_do(struct outbox *o, enum tx tx, err (*fn)(struct call *)) { return work_run(o->cli, &o->app, &o->call, tx, fn, o); }

static int with_outbox(struct cli *c, int (*body)(struct outbox *))
{
    struct outbox o = { .cli = c };
    int status = work_open(c, false, &o.app, &o.call);
    if (!status) status = body(&o);
    work_close(&o.app, &o.call);
    return status;
}

/* outbox list */

static err list_tx(struct call *call)
{
    struct outbox *o = call->state;
    return jobs_list(call, o->cli->kind, o->cli->all ? JOBS_ALL : NULL, LIST_MOST + 1, &o->rows, &o->n);
}

static err payload_tx(struct call *call)
{
    struct outbox *o = call->state;
    return jobs_payload(call, o->id, &o->payload);
}

/* Recipient and template of a mail; empty for other kinds, and for mails that cannot be opened or have just been purged. */
static struct mail_about about(struct outbox *o, const struct job_row *r)
{
    struct mail_about a = { 0 };
    o->id = r->id;
    o->call.state = o;
    call_forget(&o->call);
    if (!str_is(r->kind, MAIL_KIND) || store_do(o->app.store, &o->call, TX_READ, payload_tx) != ERR_OK) return a;
    return mail_describe(o->app.mailer, &o->call, o->payload, &a) == ERR_OK ? a : (struct mail_about){ 0 };
}

static void write_time(struct jw *w, const char *key, int64_t ms)
{
    char iso[CLOCK_ISO_MAX];
    jw_kstr(w, key, ms ? (str){ iso, clock_iso(ms, iso) } : STR_NULL);
}

static void write_job(struct jw *w, const struct job_row *r, const struct mail_about *a)
{
    jw_open(w, '{');
    jw_kint(w, "id", r->id);
    jw_kstr(w, "kind", r->kind);
    jw_kstr(w, "state", r->state);
    jw_kint(w, "attempts", r->attempt);
    write_time(w, "created_at", r->created_at_ms);
    write_time(w, "due_at", r->ended_at_ms ? 0 : r->due_at_ms);
    write_time(w, "ended_at", r->ended_at_ms);
    jw_kint(w, "bytes", r->payload_bytes);
    jw_kstr(w, "last_error", r->last_error);
    if (str_is(r->kind, MAIL_KIND)) {
        jw_kstr(w, "to", a->to);
        jw_kstr(w, "mail", a->name);
    }
    jw_close(w, '}');
}

static void print_job(struct buf *b, const struct job_row *r, const struct mail_about *a)
{
    char iso[CLOCK_ISO_MAX];
    str when = { iso, clock_iso(r->ended_at_ms ? r->ended_at_ms : r->due_at_ms, iso) };
    buf_printf(b, "%8lld  %-14.*s %-9.*s %2lld %s  %s " STR_FMT, (long long)r->id, STR_ARG(r->kind), STR_ARG(r->state), (long long)r->attempt,
               r->attempt == 1 ? "try  " : "tries",
               r->ended_at_ms                ? "ended"
               : str_is(r->state, "running") ? "until"
                                             : "due  ",
               STR_ARG(when));
    if (a->to.n) buf_printf(b, "  " STR_FMT " to ", STR_ARG(a->name)), cli_plain(b, a->to);
    if (r->last_error.n) buf_z(b, "  ("), cli_plain(b, r->last_error), buf_char(b, ')');
    buf_char(b, '\n');
}

static int list(struct outbox *o)
{
    if (outbox_do(o, TX_READ, list_tx)) return 1;
    CLEANUP(buf_release) struct buf b = BUF(PRINT_MAX);
    struct jw w = JW(&b);
    size_t n = o->n > LIST_MOST ? LIST_MOST : o->n;
    if (o->cli->json) jw_open(&w, '[');
    for (size_t i = 0; i < n; i++) {
        struct mail_about a = about(o, &o->rows[i]);
        if (o->cli->json)
            write_job(&w, &o->rows[i], &a);
        else
            print_job(&b, &o->rows[i], &a);
    }
    if (o->cli->json) jw_close(&w, ']'), buf_char(&b, '\n');
    if (!o->cli->json && !n && !o->cli->quiet) buf_printf(&b, "nothing is waiting%s\n", o->cli->all ? "" : "; --all shows what is done, too");
    if (buf_ok(&b) || fwrite(b.p ? b.p : "", 1, b.n, stdout) != b.n) return cli_fail("outbox list: cannot be written");
    if (o->n > n) (void)fprintf(stderr, "only the newest %d are shown\n", LIST_MOST);
    return 0;
}
int cmd_outbox_list(struct cli *c) { return with_outbox(c, list); }

/* outbox retry */

static err retry_tx(struct call *call)
{
    struct outbox *o = call->state;
    return jobs_retry(o->app.jobs, call, o->cli->kind, o->id, &o->retried);
}

static int retry(struct outbox *o)
{
    const char *id = o->cli->n_args ? o->cli->args[0] : NULL;
    if (id && (str_int(str_c(id), &o->id) != ERR_OK || o->id <= 0))
        return (void)cli_fail("outbox retry: %s is no job; `chancery outbox list` shows them by number", id), 2;
    if (id && o->cli->kind) return (void)cli_fail("outbox retry: a job by its number, or those of a --kind; not both"), 2;
    if (outbox_do(o, TX_WRITE, retry_tx)) return 1;
    if (id && !o->retried) return cli_fail("outbox retry: there is no dead job %s; `chancery outbox list` shows them", id);
    if (!o->cli->quiet) printf("%lld dead %s due again\n", (long long)o->retried, o->retried == 1 ? "job is" : "jobs are");
    return 0;
}
int cmd_outbox_retry(struct cli *c) { return with_outbox(c, retry); }

/* mail test */

static const struct template test_mail[] = {
    { "test", "", "Test mail", "This mail was sent by `chancery mail test`. It arrived, so mail.url and mail.from are right.\n",
      "<p>This mail was sent by <code>chancery mail test</code>. It arrived, so <code>mail.url</code> and <code>mail.from</code> are right.</p>\n" },
};

/* Without the store: only the settings of mail count. */
int cmd_mail_test(struct cli *c)
{
    const struct config *f = &c->config;
    struct mail_options o = {
        .url = f->mail_url, .from = f->mail_from, .ca_file = f->outgoing_ca_file, .need_tls = f->mail_require_tls, .timeout_ms = f->mail_timeout * 1000
    };
    struct mail_complaint why;
    struct mailer *m;
    struct call call = { .mem = c->mem, .now_ms = clock_now_ms() };
    str how = STR_NULL;
    app_log(f);
    err e = crypto_init();
    if (!e) e = http_client_init(&(struct http_client_options){ .ca_file = f->outgoing_ca_file });
    if (!e) e = mail_new(c->mem, &o, &m, &why);
    if (!e) e = mail_send_now(m, &call, &(struct mail){ .to = str_c(c->args[0]), .name = "test", .texts = test_mail, .n_texts = COUNT_OF(test_mail) }, &how);
    if (e) return cli_fail("mail test: " STR_FMT, STR_ARG(str_absent(call.why.text) ? str_c(err_name(e)) : call.why.text));
    if (!c->quiet) printf("mail to %s: " STR_FMT "\n", c->args[0], STR_ARG(how));
    return 0;
}
