/* pyhost/zygote.c: waits for MSG_FORK, makes workers of itself, and tells the server when one is gone.
 *
 * The zygote never reads a byte that interview code wrote: workers talk to the server over sockets of their own, which it passes on and closes. One
 * thread, one descriptor besides the null device, the server's stderr and its signal queue. When the server is gone its socket closes and the
 * zygote ends; PR_SET_PDEATHSIG then ends the workers. */
#include "pyhost/host.h"
#include "pyhost/py.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REQUEST_MAX = FRAME_HEAD + 64 * 1024, CONTROL_MAX = 64, IDLE_MS = 200 /* after which the zygote prepares for later */ };

/* One MSG_FORK as received; views point into bytes. */
struct order {
    char bytes[REQUEST_MAX];
    struct frame frame;
    str folders[HOST_FOLDERS_MAX];
    size_t n_folders;
    int socket; /* -1: none came along */
};

static void order_folders(struct order *o)
{
    enum tag t;
    str value;
    o->n_folders = 0;
    for (size_t at = 0; frame_next(&o->frame, &at, &t, &value);)
        if (t == TAG_FOLDERS && o->n_folders < HOST_FOLDERS_MAX) o->folders[o->n_folders++] = value;
}

/* false: the server is gone, or speaks nonsense (which ends the zygote as well). */
static bool order_receive(struct order *o)
{
    _Alignas(struct cmsghdr) char control[CONTROL_MAX];
    struct iovec iov = { o->bytes, sizeof o->bytes };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    ssize_t n;
    do n = recvmsg(HOST_SOCKET, &m, MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    o->socket = -1;
    if (n < FRAME_HEAD || m.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) return false;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) memcpy(&o->socket, CMSG_DATA(c), sizeof o->socket);
    size_t rest;
    if (frame_head((str){ o->bytes, FRAME_HEAD }, &o->frame, &rest) != ERR_OK || rest != (size_t)n - FRAME_HEAD) return false;
    o->frame.members = (str){ o->bytes + FRAME_HEAD, rest };
    if (o->frame.message != MSG_FORK || frame_check(&o->frame) != ERR_OK || o->socket < 0) return false;
    order_folders(o);
    return true;
}

/* Sends the frame, and fd with it unless it is -1. */
static bool tell(struct buf *b, int fd)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
    if (frame_end(b) != ERR_OK) return false;
    struct iovec iov = { b->p, b->n };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
    if (fd >= 0) {
        m.msg_control = control;
        m.msg_controllen = sizeof control;
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    ssize_t n;
    do n = sendmsg(HOST_SOCKET, &m, MSG_NOSIGNAL);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)b->n;
}

/* in the child */

/* The worker's socket becomes HOST_SOCKET, the null device 0 to 2, and nothing else stays open. */
static bool keep_only(int socket)
{
    if (dup2(0, 2) < 0 || dup2(socket, HOST_SOCKET) < 0) return false;
    return close_range(HOST_SOCKET + 1, ~0U, 0) == 0;
}

/* The kernel, short of memory, should take a worker and never the server. */
static void offer_to_oom_killer(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return;
    if (write(fd, "600", 3) != 3) { /* not allowed here: the default order then holds */
    }
    close(fd);
}

static bool say_ready(struct buf *notes, str error)
{
    CLEANUP(buf_release) struct buf b = BUF(FRAME_HEAD + 16 * 1024);
    frame_begin(&b, MSG_READY, 0, 0);
    if (notes->n && buf_ok(notes) == ERR_OK) frame_str(&b, TAG_NOTES, buf_str(notes));
    frame_str(&b, TAG_ERROR, error);
    if (frame_end(&b) != ERR_OK) return false;
    return write(HOST_SOCKET, b.p, b.n) == (ssize_t)b.n;
}

_Noreturn static void refuse(const char *why)
{
    struct buf none = BUF(0);
    (void)say_ready(&none, str_c(why));
    _exit(3);
}

_Noreturn static void worker_main(struct order *o, pid_t zygote, str lib_dir)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != zygote) _exit(3);
    sigset_t none;
    sigemptyset(&none);
    if (!keep_only(o->socket) || sigprocmask(SIG_SETMASK, &none, NULL) != 0) _exit(3);
    offer_to_oom_killer();
    PyOS_AfterFork_Child();
    struct sandbox_plan plan = {
        .lib_dir = lib_dir, .folders = o->folders, .n_folders = o->n_folders, .memory_mb = frame_get_u64(&o->frame, TAG_MEMORY_MB, 0)
    };
    if (engine_start(frame_get(&o->frame, TAG_PACKAGE), o->folders, o->n_folders, frame_get(&o->frame, TAG_SETTINGS)) != ERR_OK)
        refuse("the engine does not start for this package");
    CLEANUP(buf_release) struct buf notes = BUF(8 * 1024);
    if (sandbox_close(&plan, &notes) != ERR_OK) refuse("the sandbox does not close");
    if (!say_ready(&notes, STR_NULL)) _exit(3);
    serve_run(plan.memory_mb);
}

/* in the zygote */

static bool fork_one(struct order *o, str lib_dir)
{
    pid_t zygote = getpid();
    PyOS_BeforeFork();
    pid_t pid = fork();
    if (pid == 0) worker_main(o, zygote, lib_dir);
    int cause = errno;
    PyOS_AfterFork_Parent();
    close(o->socket);
    /* Taken before the child can be reaped, so that it never names another process; a bare number could. */
    int pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
    CLEANUP(buf_release) struct buf b = BUF(FRAME_HEAD + 4 * 1024);
    frame_begin(&b, MSG_FORKED, o->frame.id, 0);
    if (pidfd >= 0) {
        frame_u64(&b, TAG_PID, (uint64_t)pid);
    } else {
        char text[128];
        int n = snprintf(text, sizeof text, "no worker could be forked: error %d", cause);
        frame_str(&b, TAG_ERROR, (str){ text, n > 0 ? (size_t)n : 0 });
        if (pid > 0) kill(pid, SIGKILL);
    }
    bool told = tell(&b, pidfd);
    if (pidfd >= 0) close(pidfd);
    return told;
}

/* Collects every child that has ended. */
static bool reap(int signals)
{
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) > 0) { /* one signal may stand for several ends */
    }
    for (;;) {
        int status;
        struct rusage use;
        pid_t pid = wait4(-1, &status, WNOHANG, &use);
        if (pid <= 0) return true;
        CLEANUP(buf_release) struct buf b = BUF(FRAME_HEAD + 4 * 1024);
        frame_begin(&b, MSG_ENDED, 0, 0);
        frame_u64(&b, TAG_PID, (uint64_t)pid);
        frame_u64(&b, TAG_STATUS, (uint32_t)status);
        frame_u64(&b, TAG_MEMORY_KIB, (uint64_t)use.ru_maxrss);
        if (!tell(&b, -1)) return false;
    }
}

/* Collects garbage and moves everything alive out of the collector's sight, so that pages stay shared with the workers. */
static void freeze(void)
{
    PYOWN(gc) = PyImport_ImportModule("gc");
    PYOWN(collected) = gc ? PyObject_CallMethod(gc, "collect", NULL) : NULL;
    PYOWN(frozen) = gc ? PyObject_CallMethod(gc, "freeze", NULL) : NULL;
    if (!collected || !frozen) PyErr_Clear();
}

int zygote_run(str lib_dir)
{
    static struct order order; /* too large for a stack, and a worker keeps pointing into it */
    freeze();
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) != 0) return 1;
    int signals = signalfd(-1, &ends, SFD_NONBLOCK | SFD_CLOEXEC);
    if (signals < 0) return 1;
    struct pollfd on[] = { { .fd = HOST_SOCKET, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
    bool preloads = true;
    for (;;) {
        int n = poll(on, COUNT_OF(on), preloads ? IDLE_MS : -1);
        if (n < 0 && errno != EINTR) return 1;
        if (n == 0) {
            preloads = engine_preload();
            if (!preloads) freeze();
            continue;
        }
        if (on[1].revents && !reap(signals)) return 0;
        if (on[0].revents && (!order_receive(&order) || !fork_one(&order, lib_dir))) return 0;
    }
}
