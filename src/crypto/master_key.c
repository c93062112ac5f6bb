/* crypto/master_key.c: the file that holds the key over all stored secrets. */
#include "base/fault.h"
#include "crypto/crypto.h"
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
    char        buffer[128];
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
    char       *folder = slash ? arena_z(a, (str){ path, slash == path ? 1 : (size_t)(slash - path) }) : NULL;
    if (slash && !folder) return false;
    CLEANUP(close_fd) int fd = open(folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0;
}

static err take(struct arena *a, const char *path, int fd, uint8_t out[static CRYPTO_KEY], str *why)
{
    struct stat st;
    uint8_t     key[CRYPTO_KEY + 1]; /* one more, to see a longer file */
    size_t      n = 0;
    if (fstat(fd, &st) != 0) return system_trouble(a, path, "look at it", why);
    if (!S_ISREG(st.st_mode)) return trouble(a, path, "is not a file", why);
    if (st.st_mode & 077) return trouble(a, path, "others may read or change it; run chmod 600 on it, and think about who has read it", why);
    while (n < sizeof key) {
        ssize_t got = read(fd, key + n, sizeof key - n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return system_trouble(a, path, "read it", why);
        if (got == 0) break;
        n += (size_t)got;
    }
    if (n == CRYPTO_KEY) memcpy(out, key, CRYPTO_KEY);
    crypto_wipe(key, sizeof key);
    return n == CRYPTO_KEY ? ERR_OK : trouble(a, path, "must hold exactly 32 bytes; restore the file from a backup", why);
}

/* Gives the finished file its name, unless somebody else's has it. Some file systems know no links: there two first starts in one moment are not
 * told apart here, and found out by the mark of the key in the store. */
static bool publish(const char *tmp, const char *path)
{
    if (link(tmp, path) == 0 || errno == EEXIST) return true;
    return (errno == EPERM || errno == EOPNOTSUPP) && rename(tmp, path) == 0;
}

/* Written under another name first: who is killed half-way leaves no half key, which every later start would refuse. */
static err make(struct arena *a, const char *path, str *why)
{
    char    mark[8];
    uint8_t key[CRYPTO_KEY];
    str     tmp;
    crypto_random_text(mark, sizeof mark, CRYPTO_ALNUM);
    TRY(arena_printf(a, &tmp, "%s.%.*s.tmp", path, (int)sizeof mark, mark));
    CLEANUP(close_fd) int fd = open(tmp.p, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return system_trouble(a, path, "create it", why);
    crypto_random(key, sizeof key);
    bool good = write_all(fd, key, sizeof key) && fsync(fd) == 0 && publish(tmp.p, path) && sync_folder(a, path);
    err  e = good ? ERR_OK : system_trouble(a, path, "write it", why);
    crypto_wipe(key, sizeof key);
    (void)unlink(tmp.p);
    return e;
}

err crypto_master_key(struct arena *a, const char *path, bool create, uint8_t out[static CRYPTO_KEY], str *why)
{
    CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT && create) {
        TRY(make(a, path, why));
        fd = open(path, O_RDONLY | O_CLOEXEC); /* ours, or that of somebody who was quicker */
    }
    return fd >= 0 ? take(a, path, fd, out, why) : system_trouble(a, path, "open it", why);
}
