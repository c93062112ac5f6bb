/* mail/mail_int.h: what the files of the room share. */
#pragma once
#include "http/client_smtp.h"
#include "mail/mail.h"
#include "mail/message.h"
#include <pthread.h>
#include <stdatomic.h>

enum mail_sink { SINK_SMTP, SINK_DIR, SINK_LOG };

struct mailer {
    enum mail_sink sink;
    struct smtp_server server; /* SINK_SMTP */
    const char *dir;           /* SINK_DIR */
    const char *from;
    str from_address;
    int64_t retry_ms;
    const struct ring *ring;
    struct jobs *queue;
    pthread_mutex_t lock; /* guards next */
    int64_t next;         /* number that the folder's next file probably gets; 0: not looked yet */
    atomic_llong sent, failed, refused;
};

/* A mail whose texts are filled in: what waits in the queue. */
struct letter {
    str id;   /* left part of the Message-ID */
    str name; /* of the template, for logs and lists */
    str to, subject, text, html;
    int64_t date_ms;
};

/* Fills the template, and refuses what message_write() would refuse. */
err letter_make(const struct mailer *m, struct call *c, const struct mail *in, struct letter *out) MUST_CHECK;
/* As bytes, with today's sender. ERR_INPUT (fail()ed). */
err letter_write(const struct mailer *m, struct call *c, const struct letter *l, str *out) MUST_CHECK;
err letter_seal(const struct mailer *m, struct arena *a, const struct letter *l, str *out) MUST_CHECK;
/* ERR_INPUT (fail()ed): sealed under another key, or not ours. */
err letter_open(const struct mailer *m, struct call *c, str payload, struct letter *out) MUST_CHECK;

/* Writes the message as the next NNNNNN.eml of the folder, whole or not at all, synced. again: it may be there already, then nothing is written.
 * *path: the file. ERR_STORE (fail()ed). */
err mail_dir_put(struct mailer *m, struct call *c, const struct letter *l, str message, bool again, str *path) MUST_CHECK;
