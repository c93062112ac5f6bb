/* http/raw.c: the few answers written past the library, where it would give none: deadlines, too many connections, bodies without end.
 * The connection always ends with them. */
#include "http/http_int.h"

#include "base/clock.h"
#include <stdio.h>

enum { ANSWER_MAX = 384 };

static const struct {
    int status;
    const char *line, *extra, *body;
} answers[] = {
    { 400, "400 Bad Request", "", "too many query parameters" },
    { 408, "408 Request Timeout", "", "the request took too long" },
    { 413, "413 Content Too Large", "", "the request body is too large" },
    { 503, "503 Service Unavailable", "Retry-After: 1\r\n", "too busy" },
};

static str answer_text(int status, char text[static ANSWER_MAX])
{
    char date[CLOCK_HTTP_MAX];
    size_t i = 0, at = clock_http(clock_now_ms(), date);
    while (i < COUNT_OF(answers) - 1 && answers[i].status != status) i++;
    int n = snprintf(text, ANSWER_MAX,
                     "HTTP/1.1 %s\r\nDate: %.*s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n%s",
                     answers[i].line, (int)at, date, strlen(answers[i].body), answers[i].extra, answers[i].body);
    return (str){ text, n > 0 ? (size_t)n : 0 };
}

void raw_answer(const struct http *s, int fd, int status)
{
    char room[ANSWER_MAX];
    str text = answer_text(status, room);
    if (s->opt.tls_cert) return;
    if (send(fd, text.p, text.n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return; /* the peer is gone or deaf: it is cut either way */
}

void conn_cut(struct conn *c, int status)
{
    if (status) raw_answer(c->http, c->fd, status);
    shutdown(c->fd, SHUT_RDWR); /* the library sees the end of the connection and does the rest */
}

void conn_refuse(struct conn *c, int status)
{
    char room[ANSWER_MAX];
    if (c->session) session_say(c->session, answer_text(status, room));
    conn_cut(c, c->session ? 0 : status);
}
