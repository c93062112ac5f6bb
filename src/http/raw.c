/* http/raw.c: the few answers written past the library, where it would give none: deadlines, too many connections, bodies without end.
 * The connection always ends with them. */
#include "http/http_int.h"

#include "base/clock.h"
#include <stdio.h>

static const struct {
    int status;
    const char *line, *extra, *body;
} answers[] = {
    { 400, "400 Bad Request", "", "too many query parameters" },
    { 408, "408 Request Timeout", "", "the request took too long" },
    { 413, "413 Content Too Large", "", "the request body is too large" },
    { 503, "503 Service Unavailable", "Retry-After: 1\r\n", "too busy" },
};

void raw_answer(int fd, int status)
{
    char text[384], date[CLOCK_HTTP_MAX];
    size_t i = 0, at = clock_http(clock_now_ms(), date);
    while (i < COUNT_OF(answers) - 1 && answers[i].status != status) i++;
    int n = snprintf(text, sizeof text,
                     "HTTP/1.1 %s\r\nDate: %.*s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %zu\r\n%sConnection: close\r\n\r\n%s",
                     answers[i].line, (int)at, date, strlen(answers[i].body), answers[i].extra, answers[i].body);
    if (n > 0 && send(fd, text, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) return; /* the peer is gone or deaf: it is cut either way */
}

void conn_cut(struct conn *c, int status)
{
    if (status) raw_answer(c->fd, status);
    shutdown(c->fd, SHUT_RDWR); /* the library sees the end of the connection and does the rest */
}
