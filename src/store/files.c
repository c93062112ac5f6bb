/* store/files.c: files named by their contents, on disk before the row that names them.
 *
 * Layout: DIR/ab/cd/abcd… (64 hex digits) and DIR/tmp/RANDOM while one is being written. What stands under its own name is whole: it was
 * written and synced under the other one. */
#include "base/fault.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include "store/files_int.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(FILES_NAME == 2 * CRYPTO_HASH, "a name is the hash in hex");

enum { TEMP_NAME = 16 };

struct place files_place(const char *name)
{
    struct place p;
    (void)snprintf(p.outer, sizeof p.outer, "%.2s", name);
    (void)snprintf(p.inner, sizeof p.inner, "%.2s/%.2s", name, name + 2);
    (void)snprintf(p.path, sizeof p.path, "%.2s/%.2s/%.*s", name, name + 2, (int)FILES_NAME, name);
    return p;
}

static void name_of(str contents, char out[static FILES_NAME])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[CRYPTO_HASH];
    crypto_digest(hash, contents);
    for (size_t i = 0; i < CRYPTO_HASH; i++) {
        out[2 * i] = digits[hash[i] >> 4];
        out[2 * i + 1] = digits[hash[i] & 15];
    }
}

bool files_is_name(str name)
{
    if (name.n != FILES_NAME) return false;
    for (size_t i = 0; i < name.n; i++)
        if (!((name.p[i] >= '0' && name.p[i] <= '9') || (name.p[i] >= 'a' && name.p[i] <= 'f'))) return false;
    return true;
}

err files_trouble(const char *what, const char *path)
{
    char text[256];
    bool passes = errno == ENOSPC || errno == EDQUOT || errno == EMFILE || errno == ENFILE;
    (void)snprintf(text, sizeof text, "%s: %m", what);
    LOG(LOG_ERROR, "files", LOG_S("path", str_c(path)), LOG_S("why", str_c(text)));
    return passes ? ERR_BUSY : ERR_STORE;
}

/* A failure that a test asked for, with an errno for the log. */
static bool broken_here(void)
{
    if (!fault_here()) return false;
    errno = EIO;
    return true;
}

/* writing */

static err write_all(int fd, str s, const char *path)
{
    while (s.n) {
        ssize_t n = broken_here() ? -1 : write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return files_trouble("write", path);
        s = str_from(s, (size_t)n);
    }
    return broken_here() || fsync(fd) != 0 ? files_trouble("fsync", path) : ERR_OK;
}

static err folder_sync(const struct files *f, const char *path)
{
    int fd = broken_here() ? -1 : openat(f->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return files_trouble("open", path);
    err e = broken_here() || fsync(fd) != 0 ? files_trouble("fsync", path) : ERR_OK;
    (void)close(fd);
    return e;
}

/* All three, always: who made a folder a moment ago may not have synced the one above yet. A clean folder costs next to nothing. */
static err folders_sync(const struct files *f, const struct place *p)
{
    TRY(folder_sync(f, p->inner));
    TRY(folder_sync(f, p->outer));
    return folder_sync(f, ".");
}

static err folders_make(const struct files *f, const struct place *p)
{
    if (mkdirat(f->dir, p->outer, 0700) != 0 && errno != EEXIST) return files_trouble("mkdir", p->outer);
    if (mkdirat(f->dir, p->inner, 0700) != 0 && errno != EEXIST) return files_trouble("mkdir", p->inner);
    return ERR_OK;
}

static err file_write(struct files *f, str contents, const struct place *p)
{
    char tmp[TEMP_NAME + 1] = { 0 };
    crypto_random_text(tmp, TEMP_NAME, CRYPTO_ALNUM);
    int fd = broken_here() ? -1 : openat(f->tmp, tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return files_trouble("create", tmp);
    /* Held while we write: leftovers_drop() of another program spares it. */
    (void)flock(fd, LOCK_EX | LOCK_NB);
    err e = write_all(fd, contents, tmp);
    if (e == ERR_OK) e = folders_make(f, p);
    if (e == ERR_OK && (broken_here() || renameat(f->tmp, tmp, f->dir, p->path) != 0)) e = files_trouble("rename", p->path);
    if (e != ERR_OK) (void)unlinkat(f->tmp, tmp, 0);
    (void)close(fd);
    return e;
}

/* reading */

/* All of fd at out; ERR_STORE if it is shorter. */
static err read_all(int fd, char *out, size_t n, const char *path)
{
    while (n) {
        ssize_t got = broken_here() ? -1 : read(fd, out, n);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return files_trouble("read", path);
        if (got == 0) return ERR_STORE;
        out += got;
        n -= (size_t)got;
    }
    return ERR_OK;
}

static err file_read(int fd, const char *path, struct arena *a, str *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return files_trouble("stat", path);
    char *p = NEW_N(a, char, (size_t)st.st_size + 1);
    if (!p) return ERR_NOMEM;
    TRY(read_all(fd, p, (size_t)st.st_size, path));
    *out = (str){ p, (size_t)st.st_size };
    return ERR_OK;
}

static err file_get(const struct files *f, struct arena *a, const char *name, str *out)
{
    struct place p = files_place(name);
    char hash[FILES_NAME];
    str contents;
    int fd = openat(f->dir, p.path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? ERR_NOT_FOUND : files_trouble("open", p.path);
    err e = file_read(fd, p.path, a, &contents);
    (void)close(fd);
    TRY(e);
    name_of(contents, hash);
    if (memcmp(hash, name, FILES_NAME) != 0) {
        LOG(LOG_ERROR, "files", LOG_S("path", str_c(p.path)), LOG_S("why", STR("the contents do not fit the name")));
        return ERR_STORE;
    }
    *out = contents;
    return ERR_OK;
}

/* Whether the file is there and whole. A damaged one is written anew. */
static bool is_whole(const struct files *f, const struct place *p, str contents)
{
    struct stat st;
    if (fstatat(f->dir, p->path, &st, AT_SYMLINK_NOFOLLOW) != 0 || (size_t)st.st_size != contents.n) return false;
    struct arena *a = arena_new(contents.n + 4096);
    str old;
    bool same = a && file_get(f, a, p->path + 2 * FILES_FOLDER, &old) == ERR_OK;
    arena_free(a);
    return same;
}

/* the door */

static void leftover_drop(const struct files *f, const char *name)
{
    int fd = openat(f->tmp, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) (void)unlinkat(f->tmp, name, 0);
    (void)close(fd);
}

/* What a killed program left: nobody holds it. (Process numbers would not tell: in a container each start has the same one.) */
static void leftovers_drop(const struct files *f)
{
    int fd = openat(f->tmp, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *item;
    if (!d && fd >= 0) (void)close(fd);
    while (d && (item = readdir(d)))
        if (item->d_name[0] != '.') leftover_drop(f, item->d_name);
    if (d) (void)closedir(d);
}

static int folder_open(int at, const char *path)
{
    if (mkdirat(at, path, 0700) != 0 && errno != EEXIST) return -1;
    return openat(at, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

err files_open(struct arena *a, const char *dir, struct files **out, str *why)
{
    struct files *f = NEW(a, struct files);
    if (!f) return ERR_NOMEM;
    f->tmp = -1;
    f->dir = folder_open(AT_FDCWD, dir);
    if (f->dir >= 0) f->tmp = folder_open(f->dir, "tmp");
    if (f->tmp < 0) {
        int failed = errno;
        if (f->dir >= 0) (void)close(f->dir);
        errno = failed;
        TRY(arena_printf(a, why, "cannot open the folder for files, %s: %m", dir));
        return ERR_STORE;
    }
    leftovers_drop(f);
    *out = f;
    return ERR_OK;
}

void files_close(struct files *f)
{
    if (!f) return;
    (void)close(f->tmp);
    (void)close(f->dir);
}

/* What is there already is as young as a new one again: files_collect() leaves it alone until the row that will name it is there. */
static err file_keep(struct files *f, str contents, const struct place *p)
{
    if (is_whole(f, p, contents) && utimensat(f->dir, p->path, NULL, 0) == 0) return ERR_OK;
    return file_write(f, contents, p);
}

err files_put(struct files *f, str contents, char name[static FILES_NAME])
{
    char hash[FILES_NAME];
    int lock;
    name_of(contents, hash);
    struct place p = files_place(hash);
    TRY(files_lock(f->dir, LOCK_SH, &lock));
    err e = file_keep(f, contents, &p);
    (void)close(lock);
    TRY(e);
    TRY(folders_sync(f, &p));
    memcpy(name, hash, FILES_NAME);
    return ERR_OK;
}

err files_get(struct files *f, struct arena *a, str name, str *out) { return files_is_name(name) ? file_get(f, a, name.p, out) : ERR_NOT_FOUND; }

err files_drop(struct files *f, str name)
{
    if (!files_is_name(name)) return ERR_OK;
    struct place p = files_place(name.p);
    return unlinkat(f->dir, p.path, 0) == 0 || errno == ENOENT ? ERR_OK : files_trouble("unlink", p.path);
}
