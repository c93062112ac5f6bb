/* store/files_collect.c: removes the files that no row names.
 *
 * Nothing that is named, or will be in a moment, ever goes:
 *  1. Whoever will name a file puts it first (files_put), which makes it young, under the shared lock.
 *  2. A file goes only if it was not named when the rows were asked, and is old under the exclusive lock, asked after them. So it was put before a row could
 *     have been added unseen, by the whole grace time.
 *  3. Who needs the files that rows name by now (a backup) holds the shared lock all the while, and nothing goes.
 * Old means by the file system's own clock, which servers that share it have in common. Killed at any place it leaves whole files only. */
#include "store/files_int.h"
#include "base/log.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { OUTER = 256 };

err files_lock(int dir, int how, int *fd)
{
    *fd = openat(dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (*fd < 0) return files_trouble("open", "lock");
    while (flock(*fd, how) != 0) {
        if (errno == EINTR) continue;
        err e = errno == EWOULDBLOCK ? ERR_BUSY : files_trouble("lock", "lock");
        (void)close(*fd);
        return e;
    }
    return ERR_OK;
}

err files_hold(const char *dir, int *fd)
{
    int folder = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    *fd = -1;
    if (folder < 0) return errno == ENOENT ? ERR_OK : files_trouble("open", dir); /* no files, none that could go */
    err e = files_lock(folder, LOCK_SH, fd);
    (void)close(folder);
    return e;
}

/* What is looked at together. */
struct batch {
    char names[FILES_ASKED][FILES_NAME];
    size_t n;
};

struct collecting {
    struct files *f;
    const struct files_collect *o;
    int64_t *gone;
    struct batch batch;
};

/* The file system's clock: what a file gets that is touched now. */
static err time_there(int lock, struct timespec *now)
{
    struct stat st;
    if (futimens(lock, NULL) != 0 || fstat(lock, &st) != 0) return files_trouble("touch", "lock");
    *now = st.st_mtim;
    return ERR_OK;
}

static bool is_old(const struct collecting *c, const char *path, const struct timespec *now)
{
    struct stat st;
    return fstatat(c->f->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) && st.st_mtim.tv_sec < now->tv_sec - c->o->keep_s;
}

static err drop_unnamed(struct collecting *c, const bool *named, int lock)
{
    struct timespec now = { 0 };
    TRY(time_there(lock, &now));
    for (size_t i = 0; i < c->batch.n; i++) {
        struct place p = files_place(c->batch.names[i]);
        if (named[i] || !is_old(c, p.path, &now)) continue;
        if (unlinkat(c->f->dir, p.path, 0) != 0 && errno != ENOENT) return files_trouble("unlink", p.path);
        ++*c->gone;
    }
    return ERR_OK;
}

static err batch_end(struct collecting *c)
{
    bool named[FILES_ASKED] = { false };
    int lock;
    if (!c->batch.n) return ERR_OK;
    TRY(c->o->named(c->o->arg, (const char(*)[FILES_NAME])c->batch.names, c->batch.n, named));
    bool some = false;
    for (size_t i = 0; i < c->batch.n; i++) some |= !named[i];
    if (some) {
        TRY(files_lock(c->f->dir, LOCK_EX | LOCK_NB, &lock));
        err e = drop_unnamed(c, named, lock);
        (void)close(lock);
        TRY(e);
    }
    c->batch.n = 0;
    return ERR_OK;
}

/* The folder of that name in at, for reading; NULL: there is none. */
static err folder(int at, const char *name, DIR **out)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    *out = NULL;
    if (fd < 0) return errno == ENOENT || errno == ENOTDIR ? ERR_OK : files_trouble("open", name);
    *out = fdopendir(fd);
    if (!*out) (void)close(fd);
    return *out ? ERR_OK : ERR_NOMEM;
}

/* The age now is only a first guess that spares a question. */
static err inner(struct collecting *c, const char *path, const struct timespec *now)
{
    DIR *d;
    struct dirent *item;
    err e = folder(c->f->dir, path, &d);
    while (!e && d && (item = readdir(d))) {
        str name = str_c(item->d_name);
        if (!files_is_name(name) || !is_old(c, files_place(name.p).path, now)) continue;
        memcpy(c->batch.names[c->batch.n++], name.p, FILES_NAME);
        if (c->batch.n == FILES_ASKED) e = batch_end(c);
    }
    if (d) (void)closedir(d);
    return e;
}

static err outer(struct collecting *c, unsigned k)
{
    char path[2 * FILES_FOLDER], top[FILES_FOLDER];
    struct timespec now = { 0 };
    struct dirent *item;
    DIR *d;
    int lock;
    (void)snprintf(top, sizeof top, "%02x", k);
    TRY(files_lock(c->f->dir, LOCK_SH, &lock));
    err e = time_there(lock, &now);
    (void)close(lock);
    if (!e) e = folder(c->f->dir, top, &d);
    if (e) return e;
    while (!e && d && (item = readdir(d))) {
        if (strlen(item->d_name) != 2 || item->d_name[0] == '.') continue;
        (void)snprintf(path, sizeof path, "%.2s/%.2s", top, item->d_name);
        e = c->o->stop(c->o->arg) ? ERR_BUSY : inner(c, path, &now);
    }
    if (d) (void)closedir(d);
    return e ? e : batch_end(c);
}

err files_collect(struct files *f, const struct files_collect *o, unsigned *at, int64_t *gone)
{
    struct collecting c = { .f = f, .o = o, .gone = gone };
    for (unsigned done = 0; done < OUTER; done++, *at = (*at + 1) % OUTER) TRY(outer(&c, *at % OUTER));
    return ERR_OK;
}
