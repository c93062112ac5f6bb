/* worker/zygote_link.c: the zygote's life, the orders it gets, and what becomes of its workers. */
#include "base/clock.h"
#include "base/log.h"
#include "worker/worker_int.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ZYGOTE_SOCKET = 3, ZYGOTE_END_MS = 1000, MESSAGE_MAX = FRAME_HEAD + 64 * 1024 };

static void close_fd(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

/* the zygote */

/* Descriptors 0 and 1 are the null device, 2 is ours (for what Python says when it cannot start), 3 the socket; no environment, no signal handlers
 * of ours, a session of its own so that ^C in a terminal reaches the server alone. */
static int spawn(const char *program, int socket, pid_t *out)
{
    static char *const none[] = { NULL };
    char name[] = "chancery-worker", *const argv[] = { name, NULL };
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attr;
    sigset_t all, empty;
    sigfillset(&all);
    sigemptyset(&empty);
    int e = posix_spawn_file_actions_init(&files);
    if (e) return e;
    e = posix_spawnattr_init(&attr);
    if (e) return posix_spawn_file_actions_destroy(&files), e;
    if (!e) e = posix_spawn_file_actions_adddup2(&files, socket, ZYGOTE_SOCKET);
    if (!e) e = posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDWR, 0);
    if (!e) e = posix_spawn_file_actions_adddup2(&files, 0, 1);
    if (!e) e = posix_spawn_file_actions_addclosefrom_np(&files, ZYGOTE_SOCKET + 1);
    if (!e) e = posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (!e) e = posix_spawnattr_setsigdefault(&attr, &all);
    if (!e) e = posix_spawnattr_setsigmask(&attr, &empty);
    if (!e) e = posix_spawn(out, program, &files, &attr, argv, none);
    posix_spawnattr_destroy(&attr);
    posix_spawn_file_actions_destroy(&files);
    return e;
}

static err cannot_start(struct workers *w, int cause, str *why, struct arena *a)
{
    LOG(LOG_ERROR, "zygote does not start", LOG_S("program", str_c(w->program)), LOG_I("errno", cause));
    char text[128];
    const char *said = strerror_r(cause, text, sizeof text);
    if (why && a) {
        err e = arena_printf(a, why, "cannot start %s: %s", w->program, said);
        if (e != ERR_OK) *why = STR("cannot start chancery-worker");
    }
    return ERR_WORKER;
}

err link_start(struct workers *w, str *why, struct arena *a)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) return cannot_start(w, errno, why, a);
    int e = spawn(w->program, pair[1], &w->zygote);
    close(pair[1]);
    if (e) {
        close(pair[0]);
        w->zygote = 0;
        return cannot_start(w, e, why, a);
    }
    w->link = pair[0];
    w->zygote_since_ms = clock_mono_ms();
    w->noted = false;
    LOG(LOG_INFO, "zygote started", LOG_I("pid", w->zygote));
    return ERR_OK;
}

/* Waits for the zygote, which ends when its socket closes; kills it if it does not. */
static int bury_zygote(struct workers *w)
{
    int status = 0;
    int64_t patience = clock_mono_ms() + ZYGOTE_END_MS;
    while (w->zygote) {
        pid_t got = waitpid(w->zygote, &status, WNOHANG);
        if (got == w->zygote || (got < 0 && errno != EINTR)) break;
        if (clock_mono_ms() > patience) kill(w->zygote, SIGKILL);
        (void)poll(NULL, 0, 5);
    }
    w->zygote = 0;
    return status;
}

void link_stop(struct workers *w)
{
    close_fd(&w->link);
    (void)bury_zygote(w);
}

/* workers */

const char *worker_cause(const struct workers *w, struct worker *k)
{
    if (k->why) return k->why;
    bool large = w->memory_mb && k->memory_kib > (uint64_t)w->memory_mb * 1024 * 3 / 4;
    if (!k->ready)
        k->why = "start";
    else if (large || (WIFSIGNALED(k->status) && WTERMSIG(k->status) == SIGKILL))
        k->why = "memory"; /* we did not kill it: the kernel did */
    else
        k->why = "crash";
    return k->why;
}

static void log_end(const struct worker *k)
{
    bool expected = strcmp(k->why, "idle") == 0 || strcmp(k->why, "room") == 0 || strcmp(k->why, "stop") == 0 || strcmp(k->why, "done") == 0;
    LOG(expected ? LOG_INFO : LOG_WARN, "worker ended", LOG_S("package", str_c(k->package->name)), LOG_I("pid", k->pid), LOG_S("why", str_c(k->why)),
        LOG_I("calls", (int64_t)k->calls), LOG_I("signal", WIFSIGNALED(k->status) ? WTERMSIG(k->status) : 0), LOG_I("memory_kib", (int64_t)k->memory_kib));
}

void worker_settle(struct workers *w, struct worker *k)
{
    const char *why = worker_cause(w, k);
    log_end(k);
    struct package *p = k->package;
    close_fd(&k->socket);
    close_fd(&k->pidfd);
    pool_enter(k, W_FREE);
    k->package = NULL;
    if (strcmp(why, "start") == 0) pool_start_failed(w, p, why);
    pthread_cond_broadcast(&w->changed);
}

void worker_kill(struct workers *w, struct worker *k, const char *why)
{
    if (k->ended) return;
    if (!k->why) {
        k->why = why;
        w->stats.killed++;
    }
    if (k->state != W_ENDING) pool_enter(k, W_ENDING);
    /* No number yet: it is killed when MSG_FORKED brings it. */
    if (k->pidfd >= 0) (void)syscall(SYS_pidfd_send_signal, k->pidfd, SIGKILL, NULL, 0);
}

void worker_end(struct workers *w, struct worker *k, const char *why)
{
    char bytes[FRAME_HEAD];
    struct buf b = { .p = bytes, .room = sizeof bytes, .ceiling = sizeof bytes }; /* never grows, so it is never freed */
    frame_begin(&b, MSG_STOP, 0, 0);
    if (frame_end(&b) != ERR_OK || send(k->socket, b.p, b.n, MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)b.n) {
        worker_kill(w, k, why);
        return;
    }
    k->why = why;
    pool_enter(k, W_ENDING);
}

/* Its process is no more. */
static void worker_ended(struct workers *w, struct worker *k, int status, uint64_t memory_kib)
{
    k->ended = true;
    k->status = status;
    k->memory_kib = memory_kib;
    if (k->state != W_ENDING) pool_enter(k, W_ENDING);
    pthread_cond_broadcast(&w->changed);
    if (!k->attached) worker_settle(w, k);
}

void link_lost(struct workers *w)
{
    close_fd(&w->link);
    int64_t now = clock_mono_ms();
    if (now - w->zygote_since_ms > BACKOFF_MAX_MS) w->zygote_backoff_ms = 0;
    w->zygote_backoff_ms = w->zygote_backoff_ms ? 2 * w->zygote_backoff_ms : BACKOFF_MS;
    if (w->zygote_backoff_ms > BACKOFF_MAX_MS) w->zygote_backoff_ms = BACKOFF_MAX_MS;
    w->zygote_not_before_ms = now + w->zygote_backoff_ms;
    int status = bury_zygote(w);
    LOG(LOG_ERROR, "zygote ended", LOG_I("signal", WIFSIGNALED(status) ? WTERMSIG(status) : 0), LOG_I("exit", WIFEXITED(status) ? WEXITSTATUS(status) : 0),
        LOG_I("retry_ms", w->zygote_backoff_ms));
    for (unsigned i = 0; i < w->max; i++) {
        struct worker *k = &w->slots[i];
        if (k->state == W_FREE || k->ended) continue;
        if (!k->why) k->why = "crash"; /* not "start": calls that wait for it go on waiting, for the next zygote */
        worker_ended(w, k, 0, 0);
    }
}

/* orders */

static err write_fork(const struct workers *w, const struct package *p, uint64_t id, struct buf *b)
{
    frame_begin(b, MSG_FORK, id, 0);
    frame_str(b, TAG_PACKAGE, str_c(p->name));
    for (size_t i = 0; i < w->n_folders; i++) frame_str(b, TAG_FOLDERS, str_c(w->folders[i]));
    frame_u64(b, TAG_MEMORY_MB, w->memory_mb);
    frame_str(b, TAG_SETTINGS, (str){ w->settings, w->n_settings });
    return frame_end(b);
}

static bool send_with(int link, const struct buf *b, int fd)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec iov = { b->p, b->n };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(c), &fd, sizeof fd);
    return sendmsg(link, &m, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)b->n;
}

static struct worker *free_slot(struct workers *w)
{
    for (unsigned i = 0; i < w->max; i++)
        if (w->slots[i].state == W_FREE) return &w->slots[i];
    return NULL;
}

bool link_fork(struct workers *w, struct package *p)
{
    int64_t from_us = clock_mono_us();
    struct worker *k = free_slot(w);
    int pair[2];
    if (!k || w->link < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return false;
    CLEANUP(buf_release) struct buf b = BUF(MESSAGE_MAX);
    uint64_t id = ++w->next_id;
    bool sent = write_fork(w, p, id, &b) == ERR_OK && send_with(w->link, &b, pair[1]);
    close(pair[1]);
    if (!sent) return close(pair[0]), false;
    *k = (struct worker){ .package = p, .id = id, .pidfd = -1, .socket = pair[0], .started_us = from_us };
    pool_enter(k, W_STARTING);
    watch_wake(w); /* it now has one more socket to watch */
    return true;
}

/* reports */

static void take_forked(struct workers *w, const struct frame *f, int *pidfd)
{
    for (unsigned i = 0; i < w->max; i++) {
        struct worker *k = &w->slots[i];
        if (k->state == W_FREE || k->id != f->id || k->pid) continue;
        k->pid = (pid_t)frame_get_u64(f, TAG_PID, 0);
        if (!k->pid || *pidfd < 0) {
            str text = frame_get(f, TAG_ERROR);
            LOG(LOG_ERROR, "worker not forked", LOG_S("package", str_c(k->package->name)), LOG_S("error", text));
            worker_ended(w, k, 0, 0);
            return;
        }
        k->pidfd = *pidfd;
        *pidfd = -1;
        w->stats.started++;
        if (k->state == W_ENDING) worker_kill(w, k, "stop");
        return;
    }
}

static void take_ended(struct workers *w, const struct frame *f)
{
    pid_t pid = (pid_t)frame_get_u64(f, TAG_PID, 0);
    for (unsigned i = 0; i < w->max; i++) {
        struct worker *k = &w->slots[i];
        if (k->state == W_FREE || k->pid != pid || k->ended) continue;
        worker_ended(w, k, (int)frame_get_u64(f, TAG_STATUS, 0), frame_get_u64(f, TAG_MEMORY_KIB, 0));
        return;
    }
}

/* One message, if there is one. false: none. The link is closed when the zygote is gone or speaks nonsense. */
static bool read_one(struct workers *w)
{
    char bytes[FRAME_HEAD + 4 * 1024];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
    struct iovec iov = { bytes, sizeof bytes };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    ssize_t n = recvmsg(w->link, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return errno == EINTR;
    int pidfd = -1;
    struct cmsghdr *c = n > 0 ? CMSG_FIRSTHDR(&m) : NULL;
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(&pidfd, CMSG_DATA(c), sizeof pidfd);
    struct frame f;
    size_t rest;
    bool good = n >= FRAME_HEAD && frame_head((str){ bytes, FRAME_HEAD }, &f, &rest) == ERR_OK && rest == (size_t)n - FRAME_HEAD;
    if (good) f.members = (str){ bytes + FRAME_HEAD, rest };
    good = good && frame_from(&f, SIDE_ZYGOTE) && frame_check(&f) == ERR_OK;
    if (good && f.message == MSG_FORKED) take_forked(w, &f, &pidfd);
    if (good && f.message == MSG_ENDED) take_ended(w, &f);
    close_fd(&pidfd);
    if (!good) link_lost(w);
    return good;
}

void link_read(struct workers *w)
{
    while (w->link >= 0 && read_one(w)) { /* all of them */
    }
}
