/* rooms/accounts/accounts_image.c: an uploaded picture, made anew by the program chancery-image (image/image.h), which is watched: a second, and what it may
 * write. */
#include "base/clock.h"
#include "rooms/accounts/accounts_int.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WAIT_MS = 1000, ANSWER_MAX = (6 << 20) + 64, AT_ONCE = 4 };

struct helper {
    pid_t pid;
    int fd; /* its standard input and output */
    int64_t end_ms;
};

static void fd_close(int *fd)
{
    if (*fd >= 0) close(*fd);
}

/* The child has no environment, default signals, and of our descriptors its socket. */
static err spawn(struct helper *h, const char *program, int theirs)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    sigset_t none, all;
    char *argv[] = { (char *)(uintptr_t)program, NULL }, *envp[] = { NULL };
    (void)sigemptyset(&none);
    (void)sigfillset(&all);
    if (posix_spawn_file_actions_init(&files) != 0) return ERR_NOMEM;
    if (posix_spawnattr_init(&how) != 0) {
        (void)posix_spawn_file_actions_destroy(&files);
        return ERR_NOMEM;
    }
    bool ready = posix_spawn_file_actions_adddup2(&files, theirs, 0) == 0 && posix_spawn_file_actions_adddup2(&files, theirs, 1) == 0 &&
                 posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0) == 0 && posix_spawnattr_setsigmask(&how, &none) == 0 &&
                 posix_spawnattr_setsigdefault(&how, &all) == 0 && posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0;
    int failed = ready ? posix_spawn(&h->pid, program, &files, &how, argv, envp) : ENOMEM;
    (void)posix_spawnattr_destroy(&how);
    (void)posix_spawn_file_actions_destroy(&files);
    return failed ? ERR_BUSY : ERR_OK;
}

static err start(struct helper *h, const char *program)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) return ERR_BUSY;
    err e = spawn(h, program, pair[1]);
    close(pair[1]);
    h->fd = pair[0];
    h->end_ms = clock_mono_ms() + WAIT_MS;
    if (e) return fd_close(&h->fd), e;
    (void)fcntl(h->fd, F_SETFL, O_NONBLOCK);
    return ERR_OK;
}

/* false: time is up, or the socket broke. */
static bool ready(const struct helper *h, short events)
{
    struct pollfd p = { h->fd, events, 0 };
    for (;;) {
        int64_t left = h->end_ms - clock_mono_ms();
        int n = left > 0 ? poll(&p, 1, (int)left) : 0;
        if (n > 0) return true;
        if (n == 0 || errno != EINTR) return false;
    }
}

/* It reads all before it writes anything, so one direction after the other. */
static bool give(const struct helper *h, str bytes)
{
    while (bytes.n) {
        if (!ready(h, POLLOUT)) return false;
        ssize_t n = send(h->fd, bytes.p, bytes.n, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (n > 0) bytes = str_from(bytes, (size_t)n);
    }
    return shutdown(h->fd, SHUT_WR) == 0;
}

static bool take(const struct helper *h, struct buf *out)
{
    char part[65536];
    for (;;) {
        if (!ready(h, POLLIN)) return false;
        ssize_t n = recv(h->fd, part, sizeof part, 0);
        if (n == 0) return true;
        if (n < 0 && errno != EAGAIN && errno != EINTR) return false;
        if (n > 0) buf_add(out, (str){ part, (size_t)n });
        if (buf_ok(out)) return false;
    }
}

/* Ended by itself with 0? Whoever is not done is done now. */
static bool finish(struct helper *h, bool done)
{
    int status;
    if (!done) (void)kill(h->pid, SIGKILL);
    close(h->fd);
    while (waitpid(h->pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    return done && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static err run(struct accounts *r, str bytes, struct buf *out, bool *good)
{
    struct helper h;
    TRY(start(&h, r->o.image_program));
    bool done = give(&h, bytes) && take(&h, out);
    *good = finish(&h, done);
    return buf_ok(out) == ERR_NOMEM ? ERR_NOMEM : ERR_OK;
}

str cfg_image_extension(str type)
{
    static const char *const all[][2] = { { "image/jpeg", "jpg" }, { "image/png", "png" }, { "image/gif", "gif" }, { "image/webp", "webp" } };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (str_eq_nocase(type, str_c(all[i][0]))) return str_c(all[i][1]);
    return STR_NULL;
}

err cfg_image_remake(struct call *c, str bytes, str *type, str *image)
{
    struct accounts *r = accounts_of(c);
    bool good = false;
    str all;
    *type = STR_NULL;
    if (!r->o.image_program) return fail(c, ERR_STORE, NULL, "the program chancery-image is missing beside the server");
    CLEANUP(buf_release) struct buf out = BUF(ANSWER_MAX);
    if (atomic_fetch_add(&r->images, 1) >= AT_ONCE) {
        atomic_fetch_sub(&r->images, 1);
        return fail(c, ERR_BUSY, NULL, "The server is busy. Try again.");
    }
    err e = run(r, bytes, &out, &good);
    atomic_fetch_sub(&r->images, 1);
    TRY(e);
    if (!good) return ERR_OK;
    TRY(buf_to_arena(&out, c->mem, &all));
    size_t line = str_find(all, '\n', 0);
    *image = str_from(all, line + 1);
    if (!str_absent(cfg_image_extension(str_head(all, line))) && image->n) *type = str_head(all, line);
    return ERR_OK;
}
