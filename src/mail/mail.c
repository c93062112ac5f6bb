/* mail/mail.c: the mailer: where mail goes, queueing it, and the job that sends it. */
#include "base/log.h"
#include "mail/mail_int.h"

enum {
    TRIES = 24,
    PAUSE_MS = 30000,
    PAUSE_MAX_MS = 3600000 /* so the last try is most of a day later */,
    TIMEOUT_MS = 60000,
    LEASE_SPARE_MS = 30000,
    AT_ONCE = 4
};

/* settings */

static err complain(struct mail_complaint *why, const char *key, const char *what)
{
    *why = (struct mail_complaint){ key, what };
    return ERR_INPUT;
}

static err read_url(struct arena *a, const struct mail_options *o, struct mailer *m, struct mail_complaint *why)
{
    str url = str_c(o->url);
    const char *what = "expected smtp://, smtps://, dir:PATH or log:";
    if (str_is(url, "log:")) return m->sink = SINK_LOG, ERR_OK;
    if (str_starts(url, STR("dir:"))) {
        m->sink = SINK_DIR;
        m->dir = str_from(url, 4).p;
        return url.n > 4 ? ERR_OK : complain(why, "mail.url", "dir: needs a folder");
    }
    m->sink = SINK_SMTP;
    if (!str_starts(url, STR("smtp"))) return complain(why, "mail.url", what);
    err e = smtp_server_read(a, o->url, &m->server, &what);
    if (e == ERR_INPUT || e == ERR_NOT_FOUND) return complain(why, "mail.url", what);
    TRY(e);
    m->server.need_tls |= o->need_tls;
    m->server.ca_file = o->ca_file;
    m->server.timeout_ms = o->timeout_ms ? o->timeout_ms : TIMEOUT_MS;
    return ERR_OK;
}

static void end_lock(void *mutex) { (void)pthread_mutex_destroy(mutex); }

err mail_new(struct arena *a, const struct mail_options *o, struct mailer **out, struct mail_complaint *why)
{
    str name;
    struct mailer *m = NEW(a, struct mailer);
    if (!m) return ERR_NOMEM;
    m->from = o->from;
    m->ring = o->ring;
    m->retry_ms = o->retry_ms ? o->retry_ms : PAUSE_MS;
    TRY(read_url(a, o, m, why));
    if (message_mailbox(str_c(o->from), &name, &m->from_address) != ERR_OK) return complain(why, "mail.from", "expected an address, or Name <address>");
    (void)pthread_mutex_init(&m->lock, NULL);
    TRY(arena_on_end(a, end_lock, &m->lock));
    *out = m;
    return ERR_OK;
}

void mail_attach(struct mailer *m, struct jobs *q) { m->queue = q; }

void mail_stats(const struct mailer *m, struct mail_stats *out)
{
    *out = (struct mail_stats){ .sent = atomic_load(&m->sent), .failed = atomic_load(&m->failed), .refused = atomic_load(&m->refused) };
}

/* queueing */

err mail_queue(struct mailer *m, struct call *c, const struct mail *in)
{
    struct letter l;
    str sealed;
    TRY(letter_make(m, c, in, &l));
    TRY(letter_seal(m, c->mem, &l, &sealed));
    return jobs_add(m->queue, c, MAIL_KIND, sealed, 0, NULL);
}

err mail_describe(const struct mailer *m, struct call *c, str payload, struct mail_about *out)
{
    struct letter l;
    TRY(letter_open(m, c, payload, &l));
    *out = (struct mail_about){ .to = l.to, .name = l.name };
    return ERR_OK;
}

/* sending */

static err by_smtp(struct mailer *m, struct call *c, const struct letter *l, str message, str *how)
{
    int code;
    const char *from = arena_z(c->mem, m->from_address), *to = arena_z(c->mem, l->to);
    if (!from || !to) return ERR_NOMEM;
    TRY(smtp_send(c, &m->server, &(struct smtp_mail){ .from = from, .to = to, .message = message }, &code));
    return arena_printf(c->mem, how, "accepted by %s", m->server.host);
}

/* Everything but the subject and the body, either of which may hold a code or a link. */
static err by_log(const struct letter *l, str message, str *how)
{
    LOG(LOG_INFO, "mail", LOG_S("to", l->to), LOG_S("mail", l->name), LOG_S("message_id", l->id), LOG_I("bytes", (int64_t)message.n));
    *how = STR("told to the log, without its text; no mail leaves this machine");
    return ERR_OK;
}

/* again: an earlier try may have been successful without anybody knowing. */
static err deliver(struct mailer *m, struct call *c, const struct letter *l, bool again, str *how)
{
    str message, path = STR_NULL;
    TRY(letter_write(m, c, l, &message));
    switch (m->sink) {
    case SINK_SMTP: return by_smtp(m, c, l, message, how);
    case SINK_LOG: return by_log(l, message, how);
    case SINK_DIR: break;
    }
    TRY(mail_dir_put(m, c, l, message, again, &path));
    return arena_printf(c->mem, how, "written to " STR_FMT, STR_ARG(path));
}

err mail_send_now(struct mailer *m, struct call *c, const struct mail *in, str *how)
{
    struct letter l;
    TRY(letter_make(m, c, in, &l));
    return deliver(m, c, &l, false, how);
}

/* An unreachable server counts as a try, since mails must not wait for ever; a stop of ours does not. */
static err send(struct call *c, const struct job *j, void *arg)
{
    struct mailer *m = arg;
    struct letter l;
    str how = STR_NULL;
    TRY(letter_open(m, c, j->payload, &l));
    err e = deliver(m, c, &l, j->claim > 1, &how);
    atomic_fetch_add(e == ERR_OK ? &m->sent : e == ERR_INPUT ? &m->refused : &m->failed, 1);
    if (e == ERR_OK) LOG(LOG_INFO, "mail sent", LOG_I("job", j->id), LOG_S("mail", l.name), LOG_S("message_id", l.id), LOG_I("attempt", j->attempt));
    return e == ERR_BUSY && !jobs_stopping(j->queue) ? ERR_LIMIT : e;
}

struct job_kind mail_kind(struct mailer *m)
{
    int64_t timeout = m->sink == SINK_SMTP ? 2 * m->server.timeout_ms : 0;
    return (struct job_kind){ .name = MAIL_KIND,
                              .run = send,
                              .arg = m,
                              .tries = TRIES,
                              .backoff_ms = m->retry_ms,
                              .backoff_max_ms = PAUSE_MAX_MS,
                              .lease_ms = timeout + LEASE_SPARE_MS,
                              .at_once = AT_ONCE };
}
