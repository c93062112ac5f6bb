/* tests/unit/worker/fake_worker.c: a zygote without Python, whose workers do what the text of a call says.
 *
 * Texts: "say X" replies X; "sleep N" replies after N ms; "exit N", "abort", "spin", "hang"; "garbage" writes nonsense; "twice" replies twice; "other"
 * replies to another request; "last" replies and ends; "log X" replies and has X for the log; "zygote" kills the zygote. Packages: "refused" never becomes
 * ready and says so, "stillborn" dies before, "mute" says something else than ready, "late" says nothing; of "sickly" the second worker dies at its start. */
#include "worker/frame.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

enum { SOCKET = 3, REQUEST_MAX = 1024 * 1024 };

static char request_bytes[REQUEST_MAX];

static bool put_frame(struct buf *b) { return frame_end(b) == ERR_OK && write(SOCKET, b->p, b->n) == (ssize_t)b->n; }

static void read_exactly(char *to, size_t n)
{
    while (n) {
        ssize_t got = read(SOCKET, to, n);
        if (got <= 0) _exit(0);
        to += got;
        n -= (size_t)got;
    }
}

static void reply_with_line(uint64_t id, str line)
{
    CLEANUP(buf_release) struct buf b = BUF(REQUEST_MAX);
    frame_begin(&b, MSG_RESULT, id, 0);
    frame_u64(&b, TAG_OUTCOME, OUT_DONE);
    frame_str(&b, TAG_LOG, line);
    if (!put_frame(&b)) _exit(0);
}

static void reply(uint64_t id, str text, bool last)
{
    CLEANUP(buf_release) struct buf b = BUF(REQUEST_MAX);
    frame_begin(&b, MSG_RESULT, id, 0);
    frame_u64(&b, TAG_OUTCOME, OUT_RESPONSE);
    frame_str(&b, TAG_BODY, text);
    if (last) frame_u64(&b, TAG_LAST, 1);
    if (!put_frame(&b) || last) _exit(0);
}

static void obey(const struct frame *f, str package)
{
    str text = frame_get(f, TAG_VARIABLES), word;
    (void)str_cut(&text, ' ', &word);
    int64_t n = 0;
    if (str_int(text, &n) != ERR_OK) n = 0;
    if (str_is(word, "exit")) _exit((int)n);
    if (str_is(word, "abort")) abort();
    if (str_is(word, "zygote")) kill(getppid(), SIGKILL);
    if (str_is(word, "hang") || str_is(word, "zygote")) (void)pause();
    for (volatile bool on = str_is(word, "spin"); on;) {
    }
    if (str_is(word, "sleep")) (void)usleep((useconds_t)n * 1000);
    if (str_is(word, "garbage") && write(SOCKET, "hello, this is nobody you know", 30) < 0) _exit(1);
    if (str_is(word, "other")) reply(f->id + 1, text, false);
    if (str_is(word, "twice")) reply(f->id, text, false);
    if (str_is(word, "log")) {
        reply_with_line(f->id, text);
        return;
    }
    reply(f->id, str_is(word, "package") ? package : text, str_is(word, "last"));
}

_Noreturn static void worker(int socket, str package)
{
    /* A real worker holds on to nothing; here it is enough to be gone with the zygote. */
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || dup2(socket, SOCKET) < 0 || close_range(SOCKET + 1, ~0U, 0) != 0) _exit(1);
    if (str_is(package, "stillborn")) _exit(7);
    if (str_is(package, "late")) (void)pause();
    struct buf b = BUF(1000);
    frame_begin(&b, MSG_READY, 0, 0);
    if (str_is(package, "refused")) frame_str(&b, TAG_ERROR, STR("not today"));
    if (str_is(package, "mute")) frame_begin((buf_clear(&b), &b), MSG_STOP, 0, 0);
    if (!put_frame(&b)) _exit(1);
    for (;;) {
        struct frame f;
        size_t rest;
        read_exactly(request_bytes, FRAME_HEAD);
        if (frame_head((str){ request_bytes, FRAME_HEAD }, &f, &rest) != ERR_OK || f.message != MSG_CALL) _exit(0);
        if (rest > sizeof request_bytes) _exit(1);
        read_exactly(request_bytes, rest);
        f.members = (str){ request_bytes, rest };
        obey(&f, package);
    }
}

static void tell(struct buf *b, int fd)
{
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
    if (frame_end(b) != ERR_OK) _exit(1);
    struct iovec iov = { b->p, b->n };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = fd < 0 ? NULL : control, .msg_controllen = fd < 0 ? 0 : sizeof control };
    struct cmsghdr *c = CMSG_FIRSTHDR(&m);
    if (c) {
        *c = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
        memcpy(CMSG_DATA(c), &fd, sizeof fd);
    }
    if (sendmsg(SOCKET, &m, MSG_NOSIGNAL) < 0) _exit(0);
    buf_release(b);
}

static void fork_one(void)
{
    static char bytes[FRAME_HEAD + 64 * 1024];
    _Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
    struct iovec iov = { bytes, sizeof bytes };
    struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control };
    ssize_t n = recvmsg(SOCKET, &m, MSG_CMSG_CLOEXEC);
    struct frame f;
    size_t rest;
    int socket;
    if (n < FRAME_HEAD || frame_head((str){ bytes, FRAME_HEAD }, &f, &rest) != ERR_OK || !CMSG_FIRSTHDR(&m)) _exit(0);
    f.members = (str){ bytes + FRAME_HEAD, rest };
    memcpy(&socket, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof socket);
    static int sickly;
    bool dies = str_is(frame_get(&f, TAG_PACKAGE), "sickly") && ++sickly == 2;
    pid_t pid = fork();
    if (pid == 0 && dies) _exit(7);
    if (pid == 0) worker(socket, frame_get(&f, TAG_PACKAGE));
    int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    close(socket);
    struct buf b = BUF(1000);
    frame_begin(&b, MSG_FORKED, f.id, 0);
    frame_u64(&b, TAG_PID, (uint64_t)pid);
    tell(&b, pidfd);
    close(pidfd);
}

static void reap(int signals)
{
    struct signalfd_siginfo info;
    if (read(signals, &info, sizeof info) < 0) return;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct buf b = BUF(1000);
        frame_begin(&b, MSG_ENDED, 0, 0);
        frame_u64(&b, TAG_PID, (uint64_t)pid);
        frame_u64(&b, TAG_STATUS, (uint32_t)status);
        tell(&b, -1);
    }
}

int main(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &ends, NULL) != 0) return 1;
    int signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
    struct pollfd on[] = { { .fd = SOCKET, .events = POLLIN }, { .fd = signals, .events = POLLIN } };
    while (poll(on, 2, -1) > 0) {
        if (on[1].revents) reap(signals);
        if (on[0].revents) fork_one();
    }
    return 0;
}
