/* crypto/master_key.c: the file that holds the keys over all stored secrets. */
#include "base/fault.h"
#include "crypto/ring.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void close_fd(int *fd)
{
    if (*fd >= 0) (void)close(*fd);
}

/* what: a clause that follows "master key PATH: ". */
static err trouble(struct arena *a, const char *path, const char *what, str *why)
{
    TRY(arena_printf(a, why, "master key %s: %s", path, what));
    return ERR_STORE;
}

static err system_trouble(struct arena *a, const char *path, const char *doing, str *why)
{
    char buffer[128];
    const char *reason = strerror_r(errno, buffer, sizeof buffer);
    TRY(arena_printf(a, why, "master key %s: cannot %s: %s", path, doing, reason));
    return ERR_STORE;
}

static bool write_all(int fd, const uint8_t *p, size_t n)
{
    while (n) {
        ssize_t done = fault_here() ? -1 : write(fd, p, n);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) return false;
        p += done;
        n -= (size_t)done;
    }
    return true;
}

/* Makes the new name durable. */
static bool sync_folder(struct arena *a, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? arena_z(a, (str){ path, slash == path ? 1 : (size_t)(slash - path) }) : NULL;
    if (slash && !folder) return false;
    CLEANUP(close_fd) int fd = open(folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

/* Whole keys, each once. */
static err split(struct arena *a, const char *path, const uint8_t *p, size_t n, struct ring *out, str *why)
{
    *out = (struct ring){ 0 };
    if (n == 0 || n % CRYPTO_KEY || n > RING_KEYS * CRYPTO_KEY)
        return trouble(a, path, "must hold exactly 32 bytes, or a few times that while it is being changed; restore the file from a backup", why);
    for (size_t i = 0; i < n; i += CRYPTO_KEY)
        if (ring_add(out, p + i) != ERR_OK) return trouble(a, path, "holds the same key twice; restore the file from a backup", why);
    return ERR_OK;
}

static err take(struct arena *a, const char *path, int fd, struct ring *out, str *why)
{
    struct stat st;
    uint8_t keys[RING_KEYS * CRYPTO_KEY + 1]; /* one more, to see a longer file */
    size_t n = 0;
    if (fstat(fd, &st) != 0) return system_trouble(a, path, "look at it", why);
    if (!S_ISREG(st.st_mode)) return trouble(a, path, "is not a file", why);
    if (st.st_mode & 077) return trouble(a, path, "others may read or change it; run chmod 600 on it, and think about who has read it", why);
    while (n < sizeof keys) {
        ssize_t got = read(fd, keys + n, sizeof keys - n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_trouble(a, path, "read it", why);
        if (got == 0) break;
        n += (size_t)got;
    }
    err e = split(a, path, keys, n, out, why);
    crypto_wipe(keys, sizeof keys);
    return e;
}

/* Gives the finished file its name, unless somebody else's has it. Some file systems know no links: there two first starts in one moment are not
 * told apart here, and found out by the mark of the key in the store. */
static bool publish(const char *tmp, const char *path)
{
    if (link(tmp, path) == 0 || errno == EEXIST) return true;
    return (errno == EPERM || errno == EOPNOTSUPP) && rename(tmp, path) == 0;
}

/* Written under another name first: who is killed half-way leaves no half key, which every later start would refuse. over: in place of what is there. */
static err put(struct arena *a, const char *path, const struct ring *r, bool over, str *why)
{
    char mark[8];
    str tmp;
    crypto_random_text(mark, sizeof mark, CRYPTO_ALNUM);
    TRY(arena_printf(a, &tmp, "%s.%.*s.tmp", path, (int)sizeof mark, mark));
    CLEANUP(close_fd) int fd = open(tmp.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return system_trouble(a, path, "create it", why);
    bool good = true;
    for (size_t i = 0; i < r->n; i++) good = good && write_all(fd, r->keys[i].key, CRYPTO_KEY);
    good = good && fsync(fd) == 0 && (over ? rename(tmp.p, path) == 0 : publish(tmp.p, path)) && sync_folder(a, path);
    err e = good ? ERR_OK : system_trouble(a, path, "write it", why);
    (void)unlink(tmp.p);
    return e;
}

static err make(struct arena *a, const char *path, str *why)
{
    struct ring none = { 0 }, fresh;
    TRY(ring_renew(&none, &fresh));
    err e = put(a, path, &fresh, false, why);
    ring_wipe(&fresh);
    return e;
}

err ring_load(struct arena *a, const char *path, bool create, struct ring *out, str *why)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && create) {
        TRY(make(a, path, why));
        fd = open(path, O_RDONLY | O_CLOEXEC); /* ours, or that of somebody who was quicker */
    }
    return fd >= 0 ? take(a, path, fd, out, why) : system_trouble(a, path, "open it", why);
}

err ring_store(struct arena *a, const char *path, const struct ring *r, str *why) { return put(a, path, r, true, why); }
