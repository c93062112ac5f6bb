/* mail/dir.c: mail as files: dir:PATH. */
#include "base/fault.h"
#include "mail/mail_int.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SPACE = 40, HEAD_READ = 4096, TEMPORARY = 25 /* ".", 20 letters, ".tmp" */, LEFTOVER_MS = 3600000, TRIES = 10000 };

static err trouble(const struct mailer *m, struct call *c, const char *what) { return fail(c, ERR_STORE, NULL, "%s: %s: %m", m->dir, what); }

static void close_fd(int *fd)
{
    if (*fd >= 0) (void)close(*fd);
}
static void close_dir(DIR **d)
{
    if (*d) (void)closedir(*d);
}

/* "000042.eml" -> 42; 0: it is none of ours. */
static int64_t number_of(const char *name)
{
    str s = str_c(name);
    int64_t n = 0;
    if (!str_ends(s, STR(".eml")) || s.n < sizeof "000000.eml" - 1 || s.n > 18 + 4) return 0;
    s.n -= 4;
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return 0;
    return str_int(s, &n) == ERR_OK ? n : 0;
}

/* Whether the file is this mail: its Message-ID stands in the head, which is far shorter than what is read. */
static bool is_letter(int folder, const char *name, const struct letter *l)
{
    char head[HEAD_READ];
    CLEANUP(close_fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof head);
    if (n <= 0) return false;
    str all = { head, (size_t)n };
    size_t at = str_search(all, STR("\r\nMessage-ID: <"));
    return str_starts(str_from(all, at + sizeof "\r\nMessage-ID: <" - 1), l->id);
}

/* What a process left that died while it wrote. One that is written now is younger than any sending takes. */
static void drop_leftover(int folder, const char *name, int64_t now_ms)
{
    struct stat st;
    str s = str_c(name);
    if (s.n != TEMPORARY || s.p[0] != '.' || !str_ends(s, STR(".tmp")) || fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) return;
    if (now_ms - (int64_t)st.st_mtime * 1000 > LEFTOVER_MS) (void)unlinkat(folder, name, 0);
}

struct seen {
    int64_t last;          /* highest number */
    char same[NAME_SPACE]; /* file that is this mail already; "" if none is */
};

/* again: look for the mail itself, too. */
static err look(const struct mailer *m, struct call *c, int folder, const struct letter *l, bool again, struct seen *out)
{
    *out = (struct seen){ 0 };
    int own = fault_here() ? -1 : openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    CLEANUP(close_dir) DIR *d = own < 0 ? NULL : fdopendir(own);
    if (!d) {
        if (own >= 0) (void)close(own);
        return trouble(m, c, "cannot be read");
    }
    for (;;) {
        errno = 0;
        const struct dirent *f = readdir(d);
        if (!f && errno) return trouble(m, c, "cannot be read");
        if (!f) return ERR_OK;
        drop_leftover(folder, f->d_name, c->now_ms);
        int64_t n = number_of(f->d_name);
        if (n > out->last) out->last = n;
        if (n && again && is_letter(folder, f->d_name, l)) memcpy(out->same, f->d_name, strlen(f->d_name) + 1); /* number_of() bounds it */
    }
}

static err write_whole(int fd, str s)
{
    while (s.n) {
        ssize_t n = fault_here() ? (errno = ENOSPC, -1) : write(fd, s.p, s.n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return ERR_STORE;
        s = str_from(s, (size_t)n);
    }
    return fault_here() ? (errno = EIO, ERR_STORE) : fsync(fd) == 0 ? ERR_OK : ERR_STORE;
}

/* A name that is taken is never replaced: another process may write there, too. Where the file system cannot rename so, a second name can be made only once. */
static int take_name(int folder, const char *from, const char *to)
{
    if (fault_here()) return errno = EIO, -1;
    if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0) return 0;
    if (errno != EINVAL && errno != ENOSYS) return -1;
    if (linkat(folder, from, folder, to, 0) != 0) return -1;
    (void)unlinkat(folder, from, 0);
    return 0;
}

/* Gives the written file the next free number. */
static err number_it(struct mailer *m, struct call *c, int folder, const char *from, int64_t last, char name[static NAME_SPACE])
{
    (void)pthread_mutex_lock(&m->lock);
    int64_t n = m->next > last ? m->next : last + 1;
    (void)pthread_mutex_unlock(&m->lock);
    for (int i = 0; i < TRIES; i++, n++) {
        (void)snprintf(name, NAME_SPACE, "%06lld.eml", (long long)n);
        if (take_name(folder, from, name) == 0) {
            (void)pthread_mutex_lock(&m->lock);
            if (m->next <= n) m->next = n + 1;
            (void)pthread_mutex_unlock(&m->lock);
            return ERR_OK;
        }
        if (errno != EEXIST) break;
    }
    return trouble(m, c, "the mail cannot be given its number");
}

static err put(struct mailer *m, struct call *c, int folder, str message, int64_t last, char name[static NAME_SPACE])
{
    char temporary[NAME_SPACE] = ".";
    crypto_random_text(temporary + 1, TEMPORARY - 5, CRYPTO_ALNUM);
    (void)snprintf(temporary + TEMPORARY - 4, 5, ".tmp");
    CLEANUP(close_fd) int fd = fault_here() ? (errno = ENOSPC, -1) : openat(folder, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return trouble(m, c, "no file can be made");
    err e = write_whole(fd, message) ? trouble(m, c, "the mail cannot be written") : number_it(m, c, folder, temporary, last, name);
    if (e) (void)unlinkat(folder, temporary, 0);
    return e;
}

err mail_dir_put(struct mailer *m, struct call *c, const struct letter *l, str message, bool again, str *path)
{
    struct seen seen = { 0 };
    char name[NAME_SPACE];
    if (mkdir(m->dir, 0700) != 0 && errno != EEXIST) return trouble(m, c, "the folder cannot be made");
    CLEANUP(close_fd) int folder = fault_here() ? (errno = EMFILE, -1) : open(m->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return trouble(m, c, "cannot be opened");
    (void)pthread_mutex_lock(&m->lock);
    bool first = m->next == 0;
    (void)pthread_mutex_unlock(&m->lock);
    if (again || first) TRY(look(m, c, folder, l, again, &seen));
    if (*seen.same)
        memcpy(name, seen.same, sizeof name);
    else
        TRY(put(m, c, folder, message, seen.last, name));
    /* Also when it was there: the process that wrote it may have died before this. */
    if (fault_here() || fsync(folder) != 0) return trouble(m, c, "cannot be synced");
    return arena_printf(c->mem, path, "%s/%s", m->dir, name);
}
