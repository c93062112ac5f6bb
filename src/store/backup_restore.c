/* store/backup_restore.c: from an archive, which may be damaged or meant to harm, to a data folder.
 *
 * Everything goes beside the place where it shall be, under another name; only when the last member fitted do the files, the key and, last, the rows get
 * their names. The list at the beginning says which members come, in which order, how long and with which hash; what differs ends it. */
#include "crypto/crypto.h"
#include "store/backup_int.h"
#include "store/sqlite_copy.h"
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

struct restoring {
    struct arena *a;
    const struct restore_options *o;
    str *why;
    struct archive *ar;
    struct buf text; /* the manifest */
    struct manifest m;
    bool made_data;                 /* the folder was not there */
    const char *files, *rows, *key; /* under their other names */
    str sealed;
    bool files_named, key_named;
};

static err refuse(struct restoring *r, const char *text) { return backup_fail(r->a, r->why, ERR_INPUT, r->o->file, text); }

/* What libarchive says comes from its own texts; an archive cannot put words into it. */
static err unreadable(struct restoring *r)
{
    const char *text = archive_error_string(r->ar);
    return refuse(r, text ? text : "cannot be read as an archive");
}

/* members */

static err next_member(struct restoring *r, const char *path, struct archive_entry **out)
{
    int code = archive_read_next_header(r->ar, out);
    if (code == ARCHIVE_EOF) return refuse(r, "ends too early");
    if (code != ARCHIVE_OK) return unreadable(r);
    const char *name = archive_entry_pathname(*out);
    bool plain = archive_entry_filetype(*out) == AE_IFREG && !archive_entry_hardlink(*out) && !archive_entry_symlink(*out) && archive_entry_size_is_set(*out);
    if (!name || strcmp(name, path) != 0 || !plain) return refuse(r, "holds something else than its list of contents says");
    return ERR_OK;
}

/* size bytes and not one more, each piece to take(). */
static err read_member(struct restoring *r, int64_t size, const char *hash, err (*take)(void *, str), void *arg)
{
    char piece[BACKUP_PIECE];
    struct crypto_digesting d;
    uint8_t got[CRYPTO_HASH];
    char hex[MANIFEST_HASH];
    la_ssize_t n;
    crypto_digest_begin(&d);
    while ((n = archive_read_data(r->ar, piece, sizeof piece)) > 0) {
        if (n > size) return refuse(r, "a member is longer than its list of contents says");
        crypto_digest_add(&d, (str){ piece, (size_t)n });
        TRY(take(arg, (str){ piece, (size_t)n }));
        size -= n;
    }
    if (n < 0) return unreadable(r);
    if (size) return refuse(r, "a member is shorter than its list of contents says");
    crypto_digest_end(&d, got);
    crypto_hex(hex, got, sizeof got);
    if (hash && memcmp(hex, hash, sizeof hex) != 0) return refuse(r, "a member is damaged: it does not fit its hash");
    return ERR_OK;
}

static err into_buf(void *arg, str piece)
{
    buf_add(arg, piece);
    return buf_ok(arg);
}

struct file_out {
    struct restoring *r;
    int fd;
    const char *path;
};

static err into_file(void *arg, str piece)
{
    struct file_out *f = arg;
    while (piece.n) {
        ssize_t n = write(f->fd, piece.p, piece.n);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return backup_fail_errno(f->r->a, f->r->why, f->path);
        piece = str_from(piece, (size_t)n);
    }
    return ERR_OK;
}

/* sync: now; the many are synced together at the end. */
static err member_to_file(struct restoring *r, const struct manifest_member *m, const char *path, bool sync)
{
    struct file_out f = { r, open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), path };
    if (f.fd < 0) return backup_fail_errno(r->a, r->why, path);
    err e = read_member(r, m->size, m->hash, into_file, &f);
    if (e == ERR_OK && sync && fsync(f.fd) != 0) e = backup_fail_errno(r->a, r->why, path);
    (void)close(f.fd);
    return e;
}

/* "files/ab/cd/HASH", which manifest_member() has looked at. */
static err file_member(struct restoring *r, const struct manifest_member *m)
{
    char path[4096];
    const char *below = m->path + strlen("files/");
    (void)snprintf(path, sizeof path, "%s/%.2s", r->files, below);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return backup_fail_errno(r->a, r->why, path);
    (void)snprintf(path, sizeof path, "%s/%.5s", r->files, below);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) return backup_fail_errno(r->a, r->why, path);
    (void)snprintf(path, sizeof path, "%s/%s", r->files, below);
    return member_to_file(r, m, path, false);
}

static err key_member(struct restoring *r, const struct manifest_member *m)
{
    CLEANUP(buf_release) struct buf b = BUF(BACKUP_KEY_MAX + 1024);
    err e = read_member(r, m->size, m->hash, into_buf, &b);
    if (e == ERR_LIMIT) return refuse(r, "its master key is too long");
    TRY(e);
    return arena_str(r->a, buf_str(&b), &r->sealed);
}

static err take_members(struct restoring *r)
{
    struct manifest_member m;
    struct archive_entry *entry;
    for (str rest = r->m.members; manifest_member(&rest, &m);) {
        TRY(next_member(r, m.path, &entry));
        if (strcmp(m.path, MANIFEST_ROWS) == 0)
            TRY(member_to_file(r, &m, r->rows, true));
        else if (strcmp(m.path, MANIFEST_KEY) == 0)
            TRY(key_member(r, &m));
        else
            TRY(file_member(r, &m));
    }
    int code = archive_read_next_header(r->ar, &entry);
    return code == ARCHIVE_EOF ? ERR_OK : code == ARCHIVE_OK ? refuse(r, "holds more than its list of contents says") : unreadable(r);
}

/* before anything is written */

static err read_list(struct restoring *r)
{
    struct archive_entry *entry;
    const char *wrong;
    TRY(next_member(r, MANIFEST_NAME, &entry));
    int64_t size = archive_entry_size(entry);
    if (size < 0 || size > MANIFEST_MAX) return refuse(r, "its list of contents is too long");
    TRY(read_member(r, size, NULL, into_buf, &r->text));
    err e = manifest_read(buf_str(&r->text), &r->m, &wrong);
    return e ? refuse(r, wrong) : ERR_OK;
}

static err schema_fits(struct restoring *r)
{
    int64_t number;
    str name;
    for (str rest = r->m.schema; manifest_schema(&rest, &number, &name);) {
        bool known = false;
        for (size_t i = 0; i < r->o->n_schema; i++) known |= r->o->schema[i].number == number && str_is(name, r->o->schema[i].name);
        if (!known) return refuse(r, "its rows belong to a newer program; restore it with that one");
    }
    return ERR_OK;
}

static err kind_fits(struct restoring *r)
{
    if (r->m.rows && !r->o->store_path) return refuse(r, "holds SQLite rows, and store.url is PostgreSQL; restore it with store.url=sqlite:");
    if (!r->m.rows && r->o->store_path)
        return refuse(r, "holds no rows, it was taken beside PostgreSQL; restore that with its own tools, and name it in store.url");
    return schema_fits(r);
}

static err room_for(struct restoring *r)
{
    struct statvfs fs;
    if (statvfs(r->o->data_dir, &fs) != 0) return backup_fail_errno(r->a, r->why, r->o->data_dir);
    if ((uint64_t)r->m.bytes / fs.f_frsize < fs.f_bavail) return ERR_OK;
    return backup_fail(r->a, r->why, ERR_STORE, r->o->data_dir, "has not enough room for the archive's contents");
}

static err data_folder(struct restoring *r)
{
    const char *path = r->o->data_dir;
    r->made_data = mkdir(path, 0700) == 0;
    if (!r->made_data && errno != EEXIST) return backup_fail_errno(r->a, r->why, path);
    DIR *d = opendir(path);
    struct dirent *item;
    bool empty = true;
    if (!d) return backup_fail_errno(r->a, r->why, path);
    while ((item = readdir(d))) empty &= strcmp(item->d_name, ".") == 0 || strcmp(item->d_name, "..") == 0;
    (void)closedir(d);
    return empty ? ERR_OK : backup_fail(r->a, r->why, ERR_CONFLICT, path, "is not empty; name a new folder with --data, nothing is overwritten");
}

static err nothing_at(struct restoring *r, const char *path)
{
    if (!path || access(path, F_OK) != 0) return ERR_OK;
    return backup_fail(r->a, r->why, ERR_CONFLICT, path, "is there already; nothing is overwritten");
}

static err places(struct restoring *r)
{
    TRY(nothing_at(r, r->o->files_dir));
    TRY(nothing_at(r, r->o->store_path));
    if (r->m.key && r->o->want_key) TRY(nothing_at(r, r->o->key_path));
    const char *files;
    TRY(backup_beside(r->a, r->o->files_dir, &files));
    if (r->o->store_path) TRY(backup_beside(r->a, r->o->store_path, &r->rows));
    if (mkdir(files, 0700) != 0) return backup_fail_errno(r->a, r->why, files);
    r->files = files;
    return ERR_OK;
}

/* afterwards */

static err rows_fit(struct restoring *r)
{
    CLEANUP(buf_release) struct buf lines = BUF(1 << 20);
    struct store *s = NULL;
    str url;
    bool current;
    if (!r->m.rows) return ERR_OK;
    TRY(sqlite_sound(r->a, r->rows, r->why));
    TRY(arena_printf(r->a, &url, "sqlite:%s", r->rows));
    struct store_options o = { .url = url.p, .readers = 1, .queue = 1, .durable = true };
    TRY(store_open(r->a, &o, &s, r->why));
    err e = store_migration_status(s, r->a, r->o->schema, r->o->n_schema, &lines, &current);
    store_close(s);
    return e ? refuse(r, "its rows do not fit this program; restore it with the program that made it") : ERR_OK;
}

static err open_key(struct restoring *r)
{
    str passphrase, key;
    if (!r->m.key || !r->o->want_key) return ERR_OK;
    *r->why = STR("out of memory");
    TRY(r->o->passphrase(r->o->arg, &passphrase, r->why));
    err e = backup_open_key(r->a, r->sealed, passphrase, &key);
    if (e == ERR_INPUT) return refuse(r, "its master key does not open: another passphrase, or damaged");
    TRY(e);
    const char *path;
    TRY(backup_beside(r->a, r->o->key_path, &path));
    struct file_out f = { r, open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600), path };
    if (f.fd < 0) return backup_fail_errno(r->a, r->why, path);
    r->key = path;
    e = into_file(&f, key);
    if (e == ERR_OK && fsync(f.fd) != 0) e = backup_fail_errno(r->a, r->why, path);
    (void)close(f.fd);
    crypto_wipe((void *)(uintptr_t)key.p, key.n);
    return e;
}

/* Folders hold names only; those of the files are many, so the whole file system is told at once. */
static err sync_all(struct restoring *r)
{
    int fd = open(r->files, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && syncfs(fd) == 0;
    if (fd >= 0) (void)close(fd);
    return ok ? ERR_OK : backup_fail_errno(r->a, r->why, r->files);
}

/* Invariant 3: the rows last. */
static err give_names(struct restoring *r)
{
    TRY(backup_name(r->a, r->files, r->o->files_dir, r->why));
    r->files_named = true;
    if (r->key) TRY(backup_name(r->a, r->key, r->o->key_path, r->why));
    r->key_named = r->key != NULL;
    return r->m.rows ? backup_name(r->a, r->rows, r->o->store_path, r->why) : ERR_OK;
}

static err restore_all(struct restoring *r)
{
    r->ar = archive_read_new();
    if (!r->ar) return ERR_NOMEM;
    if (archive_read_support_filter_zstd(r->ar) != ARCHIVE_OK || archive_read_support_format_tar(r->ar) != ARCHIVE_OK) return unreadable(r);
    if (archive_read_open_filename(r->ar, r->o->file, BACKUP_PIECE) != ARCHIVE_OK) return unreadable(r);
    TRY(read_list(r));
    TRY(kind_fits(r));
    TRY(data_folder(r));
    TRY(room_for(r));
    TRY(places(r));
    TRY(take_members(r));
    TRY(rows_fit(r));
    TRY(open_key(r));
    TRY(sync_all(r));
    return give_names(r);
}

static void drop_all(struct restoring *r)
{
    char path[4096];
    if (r->files) backup_remove(r->files_named ? r->o->files_dir : r->files);
    if (r->key) (void)unlink(r->key_named ? r->o->key_path : r->key);
    for (size_t i = 0; r->rows && i < 3; i++) {
        static const char *const ends[] = { "", "-wal", "-shm" };
        (void)snprintf(path, sizeof path, "%s%s", r->rows, ends[i]);
        (void)unlink(path);
    }
    if (r->made_data) (void)rmdir(r->o->data_dir);
}

err backup_restore(struct arena *a, const struct restore_options *o, struct backup_report *out, str *why)
{
    struct restoring r = { .a = a, .o = o, .why = why, .text = BUF(MANIFEST_MAX) };
    *why = STR("out of memory");
    err e = restore_all(&r);
    if (r.ar) (void)archive_read_free(r.ar);
    if (e != ERR_OK) drop_all(&r);
    if (e == ERR_OK) *out = (struct backup_report){ r.m.n_members - r.m.rows - r.m.key, r.m.bytes, r.m.rows, r.key != NULL };
    buf_release(&r.text);
    return e;
}
