/* worker/exchange.c: one request to a worker and its reply, over a socket whose other end nobody vouches for. */
#include "base/clock.h"
#include "worker/worker_int.h"
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

/* Waits until the socket is ready for what; false at the deadline. The watch thread kills late workers, which ends the wait earlier. */
static bool ready(int socket, short what, int64_t give_up_ms)
{
    for (;;) {
        int64_t left = give_up_ms - clock_mono_ms();
        if (left <= 0) return false;
        struct pollfd on = { .fd = socket, .events = what };
        int n = poll(&on, 1, left < 1000 ? (int)left : 1000);
        if (n > 0) return true;
        if (n < 0 && errno != EINTR) return false;
    }
}

/* A worker speaks only when asked. ERR_BUSY: it is gone. */
static err is_silent(int socket)
{
    char c;
    ssize_t n = recv(socket, &c, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n > 0) return ERR_WORKER;
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? ERR_OK : ERR_BUSY;
}

/* ERR_BUSY: it was gone before it had the whole request, so nothing of it was begun. */
static err send_all(int socket, str bytes, int64_t give_up_ms)
{
    while (bytes.n) {
        ssize_t n = send(socket, bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            bytes = str_from(bytes, (size_t)n);
        } else if (n < 0 && errno == EAGAIN) {
            if (!ready(socket, POLLOUT, give_up_ms)) return ERR_WORKER;
        } else if (!(n < 0 && errno == EINTR)) {
            return n < 0 && (errno == EPIPE || errno == ECONNRESET) ? ERR_BUSY : ERR_WORKER;
        }
    }
    return ERR_OK;
}

static err receive_all(int socket, char *to, size_t n, int64_t give_up_ms)
{
    while (n) {
        ssize_t got = recv(socket, to, n, MSG_DONTWAIT);
        if (got > 0) {
            to += got;
            n -= (size_t)got;
        } else if (got < 0 && errno == EAGAIN) {
            if (!ready(socket, POLLIN, give_up_ms)) return ERR_WORKER;
        } else if (!(got < 0 && errno == EINTR)) {
            return ERR_WORKER;
        }
    }
    return ERR_OK;
}

static err receive_reply(int socket, struct arena *mem, uint64_t id, int64_t give_up_ms, struct frame *reply, const char **why)
{
    char head[FRAME_HEAD];
    size_t rest;
    TRY(receive_all(socket, head, sizeof head, give_up_ms));
    *why = "protocol";
    if (frame_head((str){ head, sizeof head }, reply, &rest) != ERR_OK || reply->message != MSG_RESULT || reply->id != id) return ERR_WORKER;
    char *members = NEW_N(mem, char, rest);
    if (!members) return *why = "size", ERR_NOMEM;
    *why = NULL;
    TRY(receive_all(socket, members, rest, give_up_ms));
    reply->members = (str){ members, rest };
    if (frame_check(reply) == ERR_OK) return ERR_OK;
    *why = "protocol";
    return ERR_WORKER;
}

err exchange(int socket, struct arena *mem, const struct worker_ask *ask, int64_t give_up_ms, struct frame *reply, bool *last, const char **why)
{
    struct frame asked;
    size_t rest;
    *why = NULL;
    TRY(frame_head((str){ ask->request->p, FRAME_HEAD }, &asked, &rest));
    err silent = is_silent(socket);
    if (silent == ERR_WORKER) *why = "protocol";
    TRY(silent);
    TRY(send_all(socket, buf_str(ask->request), give_up_ms));
    if (ask->meanwhile) ask->meanwhile(ask->arg);
    struct frame got;
    TRY(receive_reply(socket, mem, asked.id, give_up_ms, &got, why));
    *reply = got;
    *last = frame_get_u64(&got, TAG_LAST, 0) != 0;
    return ERR_OK;
}
