/* http/conn.c: one connection's life: the list of them, their phase, and the arenas their requests borrow. */
#include "http/http_int.h"

#include "base/clock.h"
#include "base/fault.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool conn_move(struct conn *c, enum phase from, enum phase to)
{
    int expected = (int)from;
    return atomic_compare_exchange_strong(&c->phase, &expected, (int)to);
}

static void peer_text(struct conn *c, const struct sockaddr *from)
{
    const struct sockaddr_in6 *six = (const void *)from;
    const struct sockaddr_in *four = (const void *)from;
    c->is_ip = from && (from->sa_family == AF_INET || from->sa_family == AF_INET6);
    memcpy(c->peer, "unix", sizeof "unix");
    if (!c->is_ip) return;
    if (from->sa_family == AF_INET)
        inet_ntop(AF_INET, &four->sin_addr, c->peer, sizeof c->peer);
    else if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        inet_ntop(AF_INET, &six->sin6_addr.s6_addr[12], c->peer, sizeof c->peer);
    else
        inet_ntop(AF_INET6, &six->sin6_addr, c->peer, sizeof c->peer);
}

static struct conn *conn_open(struct io *io, struct MHD_Connection *mhd)
{
    struct http *s = io->http;
    struct conn *c = fault_here() ? NULL : calloc(1, sizeof *c);
    if (!c) return NULL;
    /* One answer at a time: later libraries give each in the same place. */
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    c->http = s;
    c->io = io;
    c->mhd = mhd;
    c->fd = info ? info->connect_fd : -1;
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    peer_text(c, info ? info->client_addr : NULL);
    if (!tls_enter(c)) return free(c), NULL;
    c->tally = &s->tally[(unsigned)c->fd % TALLIES];
    c->x.conn = c;
    c->x.http = s;
    atomic_store(&c->deadline_ms, clock_mono_ms() + s->opt.head_ms);
    pthread_mutex_lock(&s->lock);
    c->next = s->conns;
    if (c->next) c->next->prev = c;
    s->conns = c;
    pthread_mutex_unlock(&s->lock);
    return c;
}

/* Closing a socket that holds unread bytes sends a reset, which may destroy our last reply on its way. A second descriptor keeps
 * the socket alive until the peer has read it. */
static void linger_if_unread(struct conn *c)
{
    int waiting = 0;
    if (ioctl(c->fd, FIONREAD, &waiting) || (waiting == 0 && !c->x.close)) return;
    int fd = fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
    if (fd >= 0) keeper_linger(c->http, fd);
}

static void conn_close(struct conn *c)
{
    struct http *s = c->http;
    pthread_mutex_lock(&s->lock);
    if (c->prev)
        c->prev->next = c->next;
    else
        s->conns = c->next;
    if (c->next) c->next->prev = c->prev;
    pthread_mutex_unlock(&s->lock);
    linger_if_unread(c);
    tls_leave(c);
    io_gone(c->io);
    if (c->x.mem) http_arena_put(s, c->x.mem);
    free(c);
}

void conn_on_change(void *io, struct MHD_Connection *con, void **conn, enum MHD_ConnectionNotificationCode what)
{
    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        *conn = conn_open(io, con);
    } else if (*conn) {
        conn_close(*conn);
        *conn = NULL;
    } else {
        io_gone(io);
    }
}

struct arena *http_arena_get(struct http *s)
{
    struct arena *a = NULL;
    pthread_mutex_lock(&s->arenas_lock);
    if (s->n_arenas) a = s->arenas[--s->n_arenas];
    pthread_mutex_unlock(&s->arenas_lock);
    return a ? a : arena_new(s->opt.arena_max);
}

void http_arena_put(struct http *s, struct arena *a)
{
    arena_empty(a);
    pthread_mutex_lock(&s->arenas_lock);
    bool keep = s->n_arenas < ARENAS_KEPT;
    if (keep) s->arenas[s->n_arenas++] = a;
    pthread_mutex_unlock(&s->arenas_lock);
    if (!keep) arena_free(a);
}
