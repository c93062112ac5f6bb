/* mail/mail.h: one queue of outgoing mail for all rooms: a mail is queued inside the transaction of the change that it tells about, and sent by a job.
 *
 * Invariants:
 *  1. A mail goes out if and only if that transaction commits; at least once, and with the same Message-ID and bytes each time.
 *  2. What is queued is sealed under the master key: it holds one-time links. Nothing of a body or subject is ever logged.
 *  3. Where it goes is decided when it is sent (mail.url, mail.from), so that a mended setting serves the mails that wait.
 * Spec: server 2 (mail.url, mail.from), 4 (one outgoing mail queue). */
#pragma once
#include "crypto/ring.h"
#include "jobs/jobs.h"
#include "mail/template.h"
#include "store/sealed.h"

#define MAIL_KIND "mail.send"

struct mailer;

struct mail_options {
    const char *url;         /* "smtp://user:pass@host:port", "smtps://…", "dir:PATH", "log:" */
    const char *from;        /* "Name <address>" */
    const char *ca_file;     /* PEM for certificates of the mail server; NULL: the system's */
    bool need_tls;           /* nothing goes out without TLS */
    int64_t timeout_ms;      /* of one sending; 0: a minute */
    int64_t retry_ms;        /* pause after the first try that failed; 0: half a minute */
    const struct ring *ring; /* outlives the mailer */
};
/* What is wrong with a setting: "mail.url" or "mail.from", and a text; static. */
struct mail_complaint {
    const char *key, *what;
};
/* In the arena, which outlives it. ERR_INPUT with *why. No folder is made, no connection opened. */
err mail_new(struct arena *a, const struct mail_options *o, struct mailer **out, struct mail_complaint *why) MUST_CHECK;
/* For struct jobs_options.kinds; the mailer outlives the queue. */
struct job_kind mail_kind(struct mailer *m);
/* The queue that mail_queue() adds to; once, before anything is queued. */
void mail_attach(struct mailer *m, struct jobs *q);

struct mail {
    str to, locale;
    const char *name; /* of the template */
    const struct template *texts;
    size_t n_texts;
    const struct template_value *values;
    size_t n_values;
};
/* Inside a write. All fail()ed:
 *   ERR_INPUT  the address cannot be mailed to; a control character in what becomes the subject; no such template, or one without a value for a name in it
 *   ERR_LIMIT  too long */
err mail_queue(struct mailer *m, struct call *c, const struct mail *in) MUST_CHECK;

/* Sends at once, outside a transaction; for `chancery mail test`. *how: what became of it ("accepted by mail.example.com", "written to …/000001.eml").
 * Errors as smtp_send() (http/client_smtp.h), ERR_STORE for files; fail()ed. */
err mail_send_now(struct mailer *m, struct call *c, const struct mail *in, str *how) MUST_CHECK;

/* What a queued mail is, for lists of operators: recipient and template, no text. ERR_INPUT: it cannot be opened (another master key). */
struct mail_about {
    str to, name;
};
err mail_describe(const struct mailer *m, struct call *c, str payload, struct mail_about *out) MUST_CHECK;

/* Counters of this process. */
struct mail_stats {
    int64_t sent, failed /* to be sent again */, refused /* for good */;
};
void mail_stats(const struct mailer *m, struct mail_stats *out);

/* What is queued, for chancery rekey. */
extern const struct sealed_column mail_sealed[];
extern const size_t mail_sealed_n;
