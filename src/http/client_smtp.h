/* http/client_smtp.h: hands one message to a mail server (RFC 5321); it stands here because libcurl has one home.
 *
 * The server is the operator's own setting, so private addresses are fine. STARTTLS is used whenever the server offers it, its certificate is verified then.
 * A password is never sent in the clear but to this machine. The time-out covers everything up to the server's word that it has the message; taking leave may
 * cost as much again. Spec: server 2, mail.url. */
#pragma once
#include "base/call.h"

struct smtp_server {
    const char *url;  /* "smtp://host:port" or "smtps://host:port", without user and password */
    const char *user; /* NULL: no authentication */
    const char *password;
    const char *host;    /* for messages */
    bool need_tls;       /* without STARTTLS nothing is sent */
    const char *ca_file; /* PEM; NULL: the system's */
    int64_t timeout_ms;
};
/* "smtp://user:p%40ss@host:port": parts are percent-decoded; need_tls is set where a password would leave this machine. A path is the name
 * that we greet with. ERR_INPUT with *why (static text): not such a URL. */
err smtp_server_read(struct arena *a, const char *url, struct smtp_server *out, const char **why) MUST_CHECK;

struct smtp_mail {
    const char *from, *to; /* bare addresses, checked by the caller */
    str message;           /* with CRLF */
};
/* Blocking. *code: the server's last answer, 0 if there was none. The text of fail() is the server's own line, or what went wrong on the way.
 *   ERR_INPUT  refused for good (5xx): repeating would not help
 *   ERR_LIMIT  refused for now (4xx), or the login was refused, which the operator can mend
 *   ERR_BUSY   unreachable, too slow, cut off, no valid certificate, no STARTTLS where one is needed: perhaps it was taken, perhaps not */
err smtp_send(struct call *c, const struct smtp_server *s, const struct smtp_mail *m, int *code) MUST_CHECK;
