/* http/io.c: the I/O threads. Each runs a daemon of the library of its own and owns its connections for life.
 *
 * Why not the library's own threads: they (0.9.75, 1.0.1) collect events 128 at a time and wait again, without end, when exactly 128 came, before they
 * look at them. With some hundred busy connections that is a matter of minutes. Here the wait is ours, and the library never blocks. */
#include "http/http_int.h"

#include "base/fault.h"
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* A connection on its way from the keeper to its thread. */
struct arrival {
    struct arrival *next;
    int fd;
    socklen_t n;
    struct sockaddr_storage from;
};

/* What there is to see is in place before. */
static void wake(struct io *io)
{
    uint64_t one = 1;
    if (atomic_exchange(&io->woken, true)) return;     /* many replies of one commit: the first wakes for all that come before it looks */
    if (write(io->wake, &one, sizeof one) < 0) return; /* full means it is awake */
}

bool io_give(struct http *s, int fd, const struct sockaddr_storage *from, socklen_t n)
{
    struct io *to = &s->io[0];
    for (unsigned i = 1; i < s->n_io; i++)
        if (atomic_load(&s->io[i].live) < atomic_load(&to->live)) to = &s->io[i];
    struct arrival *a = fault_here() ? NULL : malloc(sizeof *a);
    if (!a) return false;
    *a = (struct arrival){ .fd = fd, .n = n, .from = *from };
    atomic_fetch_add(&to->live, 1);
    pthread_mutex_lock(&to->lock);
    a->next = to->arrivals;
    to->arrivals = a;
    pthread_mutex_unlock(&to->lock);
    wake(to);
    return true;
}

bool io_poke(struct io *io)
{
    bool stuck = atomic_exchange(&io->poked, true);
    wake(io);
    return !stuck;
}

/* Without threads of its own the library does not wake anybody at a resume. The connection may be gone when it returns. */
void io_resume(struct conn *c)
{
    struct io *io = c->io;
    pthread_mutex_lock(&io->lock); /* so that io_stop, which the last completed exchange lets go on, waits for this wake */
    MHD_resume_connection(c->mhd);
    wake(io);
    pthread_mutex_unlock(&io->lock);
}

void io_gone(struct io *io)
{
    atomic_fetch_sub(&io->live, 1);
    atomic_fetch_sub(&io->http->live, 1);
}

static void take_arrivals(struct io *io)
{
    pthread_mutex_lock(&io->lock);
    struct arrival *all = io->arrivals;
    io->arrivals = NULL;
    pthread_mutex_unlock(&io->lock);
    while (all) {
        struct arrival *a = all;
        all = a->next;
        if (MHD_add_connection(io->daemon, a->fd, (const void *)&a->from, a->n) != MHD_YES) io_gone(io); /* closes fd in any case */
        free(a);
    }
}

/* Milliseconds until the library wants to run without being asked; -1 never. */
static int wait_ms(struct io *io)
{
    MHD_UNSIGNED_LONG_LONG ms;
    if (MHD_get_timeout(io->daemon, &ms) != MHD_YES) return -1;
    return ms > 60000 ? 60000 : (int)ms;
}

static void *run(void *arg)
{
    struct io *io = arg;
    struct pollfd on[2] = { { .fd = io->epoll, .events = POLLIN }, { .fd = io->wake, .events = POLLIN } };
    while (!atomic_load(&io->stop)) {
        int ms = wait_ms(io);
        on[1].revents = 0;
        atomic_store(&io->poked, false);
        if (ms != 0) poll(on, 2, ms);
        if (on[1].revents) {
            uint64_t count;
            if (read(io->wake, &count, sizeof count) > 0) {
                (void)atomic_exchange(&io->woken, false); /* after the read, which would take the next wake with it, and before the look */
                take_arrivals(io);
            }
        }
        MHD_run(io->daemon);
    }
    return NULL;
}

static size_t keep_as_is(void *cls, struct MHD_Connection *con, char *text)
{
    (void)cls, (void)con;
    return strlen(text);
}

static struct MHD_Daemon *daemon_new(struct io *io)
{
    struct http *s = io->http;
    unsigned flags = (s->opt.tls_cert ? (unsigned)MHD_USE_TLS : 0) | MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_NO_LISTEN_SOCKET |
                     MHD_USE_SUPPRESS_DATE_NO_CLOCK | MHD_USE_ERROR_LOG;
    if (fault_here()) return NULL;
    /* The limit of connections is ours (keeper.c); the library's is only kept out of the way. So is its time-out. */
    return MHD_start_daemon(flags, 0, NULL, NULL, exchange_on_request, s, MHD_OPTION_EXTERNAL_LOGGER, http_on_library_log, NULL,
                            MHD_OPTION_CONNECTION_MEMORY_LIMIT, s->opt.head_max + ROOM_BESIDE_HEAD, MHD_OPTION_CONNECTION_LIMIT, s->opt.max_connections + 64,
                            MHD_OPTION_CONNECTION_TIMEOUT, 0u,
                            /* Before 0.9.77 strictness 1 answers a missing Host twice, and does nothing else worth having. */
                            MHD_OPTION_STRICT_FOR_CLIENT, s->gate.old_library ? 0 : 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_as_is, NULL,
                            MHD_OPTION_URI_LOG_CALLBACK, exchange_on_target, s, MHD_OPTION_NOTIFY_COMPLETED, exchange_on_completed, s,
                            MHD_OPTION_NOTIFY_CONNECTION, conn_on_change, io, MHD_OPTION_ARRAY, certificate_options(s->opt.tls_cert), MHD_OPTION_END);
}

static err start_one(struct http *s, struct io *io, unsigned number)
{
    char name[16];
    io->http = s;
    io->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&io->lock, NULL);
    io->daemon = io->wake >= 0 ? daemon_new(io) : NULL;
    const union MHD_DaemonInfo *info = io->daemon ? MHD_get_daemon_info(io->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) return ERR_STORE;
    io->epoll = info->epoll_fd;
    io->running = pthread_create(&io->thread, NULL, run, io) == 0;
    if (!io->running) return ERR_STORE;
    snprintf(name, sizeof name, "http-io-%u", number % 10000);
    pthread_setname_np(io->thread, name);
    return ERR_OK;
}

err io_start(struct http *s)
{
    s->io = fault_here() ? NULL : aligned_alloc(_Alignof(struct io), s->opt.threads * sizeof *s->io);
    if (!s->io) return ERR_NOMEM;
    memset(s->io, 0, s->opt.threads * sizeof *s->io);
    while (s->n_io < s->opt.threads) {
        s->n_io++;
        TRY(start_one(s, &s->io[s->n_io - 1], s->n_io));
    }
    return ERR_OK;
}

static void stop_one(struct io *io)
{
    if (io->running) {
        atomic_store(&io->stop, true);
        wake(io);
        pthread_join(io->thread, NULL);
    }
    pthread_mutex_lock(&io->lock); /* whoever is in io_resume leaves it first */
    pthread_mutex_unlock(&io->lock);
    if (io->daemon) {
        take_arrivals(io);
        MHD_stop_daemon(io->daemon);
    }
    if (io->wake >= 0) close(io->wake);
    pthread_mutex_destroy(&io->lock);
}

void io_stop(struct http *s)
{
    for (unsigned i = 0; i < s->n_io; i++) stop_one(&s->io[i]);
    free(s->io);
    s->io = NULL;
    s->n_io = 0;
}
