/* tests/unit/http/peer.c: see peer.h. */
#include "peer.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REQUEST_MAX = 1 << 20, PATIENCE_MS = 60000 };

struct peer {
    int fd;
    unsigned port;
    pthread_t thread;
    atomic_int count;
    void (*answer)(int fd, const char *request, void *arg);
    void *arg;
};

bool peer_say(int fd, const char *text)
{
    for (size_t n = strlen(text); n;) {
        ssize_t k = send(fd, text, n, MSG_NOSIGNAL);
        if (k <= 0) return false;
        text += k;
        n -= (size_t)k;
    }
    return true;
}

void peer_wait_end(int fd)
{
    struct pollfd p = { .fd = fd, .events = POLLIN };
    char rest[256];
    while (poll(&p, 1, PATIENCE_MS) > 0 && recv(fd, rest, sizeof rest, 0) > 0) continue;
}

/* Content-Length of a complete head; the head's own length in *head, 0 while it is not complete. */
static size_t body_length(const char *at, size_t *head)
{
    const char *end = strstr(at, "\r\n\r\n"), *length = strcasestr(at, "\r\ncontent-length:");
    *head = end ? (size_t)(end - at) + 4 : 0;
    return end && length && length < end ? strtoul(length + 17, NULL, 10) : 0;
}

static void one(struct peer *p, int fd)
{
    char *request = calloc(1, REQUEST_MAX);
    size_t n = 0, head = 0, body = 0;
    struct pollfd w = { .fd = fd, .events = POLLIN };
    while (request && (!head || n < head + body) && n < REQUEST_MAX - 1 && poll(&w, 1, PATIENCE_MS) > 0) {
        ssize_t k = recv(fd, request + n, REQUEST_MAX - 1 - n, 0);
        if (k <= 0) break;
        n += (size_t)k;
        body = body_length(request, &head);
    }
    if (head) p->answer(fd, request, p->arg);
    free(request);
    (void)close(fd);
}

static void *serve(void *arg)
{
    struct peer *p = arg;
    for (;;) {
        int fd = accept(p->fd, NULL, NULL);
        if (fd < 0) return NULL;
        atomic_fetch_add(&p->count, 1);
        one(p, fd);
    }
}

struct peer *peer_new(void (*answer)(int fd, const char *request, void *arg), void *arg)
{
    struct peer *p = calloc(1, sizeof *p);
    struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t n = sizeof at;
    if (!p) abort();
    p->answer = answer;
    p->arg = arg;
    p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (p->fd < 0 || bind(p->fd, (struct sockaddr *)&at, n) || listen(p->fd, 16) || getsockname(p->fd, (struct sockaddr *)&at, &n)) abort();
    p->port = ntohs(at.sin_port);
    if (pthread_create(&p->thread, NULL, serve, p)) abort();
    return p;
}

unsigned peer_port(const struct peer *p) { return p->port; }
int peer_count(struct peer *p) { return atomic_load(&p->count); }

void peer_free(struct peer *p)
{
    (void)shutdown(p->fd, SHUT_RDWR);
    (void)pthread_join(p->thread, NULL);
    (void)close(p->fd);
    free(p);
}
