/* store/backup_write.c: taking a backup beside a running server.
 *
 * The rows first, then the list of files: what the rows name was on the disk before them, so it is in the list. */
#include "crypto/crypto.h"
#include "store/backup_int.h"
#include "store/sqlite_copy.h"
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LIST_MAX = 1 << 30, COPY_READERS = 1 };

struct kept {
    char name[FILES_NAME];
    int64_t size;
};

struct writing {
    struct arena *a;
    const struct backup_options *o;
    str *why;
    const char *part, *copy; /* the archive and the rows while they are made */
    int fd;
    struct archive *ar;
    struct buf list; /* struct kept, sorted */
    struct buf manifest;
    struct manifest_member rows;
    str sealed;
    struct backup_report done;
};

static struct kept *list_of(const struct writing *w) { return (struct kept *)(void *)w->list.p; }
static size_t list_n(const struct writing *w) { return w->list.n / sizeof(struct kept); }

static err damaged(struct writing *w, const char *what, const char *text) { return backup_fail(w->a, w->why, ERR_STORE, what, text); }

/* rows */

static err hash_file(struct writing *w, const char *path, struct manifest_member *out)
{
    char piece[BACKUP_PIECE];
    struct crypto_digesting d;
    uint8_t hash[CRYPTO_HASH];
    ssize_t n = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    crypto_digest_begin(&d);
    out->size = 0;
    while (fd >= 0 && n > 0 && (n = read(fd, piece, sizeof piece)) > 0) {
        crypto_digest_add(&d, (str){ piece, (size_t)n });
        out->size += n;
    }
    if (fd < 0 || n < 0) return backup_fail_errno(w->a, w->why, path);
    (void)close(fd);
    crypto_digest_end(&d, hash);
    crypto_hex(out->hash, hash, sizeof hash);
    out->hash[MANIFEST_HASH] = '\0';
    return ERR_OK;
}

static int by_name(const void *a, const void *b) { return memcmp(((const struct kept *)a)->name, ((const struct kept *)b)->name, FILES_NAME); }

static bool is_kept(const struct writing *w, str name)
{
    struct kept key = { .size = 0 };
    if (name.n != FILES_NAME) return false;
    memcpy(key.name, name.p, FILES_NAME);
    return list_n(w) && bsearch(&key, w->list.p, list_n(w), sizeof key, by_name);
}

struct looking {
    struct writing *w;
    const struct query *q;
};

static err look_names(struct call *c)
{
    struct looking *l = c->state;
    struct rows rows;
    TRY(db_list(c, l->q, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        str name = rows.row[i][0].s;
        if (is_kept(l->w, name)) continue;
        IGNORE(arena_printf(l->w->a, l->w->why, STR_FMT ": a row names this file, and it is not in %s; bring it back, or the backup would be none",
                            STR_ARG(name), l->w->o->files_dir));
        return ERR_NOT_FOUND;
    }
    return ERR_OK;
}

/* Invariant 2. A store that waits for its migration may lack the tables; then it stays with the order of events above. */
static err names_are_kept(struct writing *w, struct store *s)
{
    for (const struct files_column *const *f = w->o->names; f && *f; f++) {
        struct looking l = { w, &(*f)->all };
        struct call c = { .mem = arena_new((size_t)1 << 30), .state = &l };
        if (!c.mem) return ERR_NOMEM;
        *w->why = STR_NULL;
        err e = store_do(s, &c, TX_READ, look_names);
        arena_free(c.mem);
        if (e && str_absent(*w->why)) return damaged(w, w->copy, "cannot be read; the log has the reason");
        if (e) return e == ERR_NOT_FOUND ? ERR_STORE : e;
    }
    return ERR_OK;
}

/* The ledger's lines: "applied 0001_accounts". */
static void put_schema(struct writing *w, str lines)
{
    str line, word;
    while (lines.n) {
        (void)str_cut(&lines, '\n', &line);
        if (!str_cut(&line, ' ', &word) || !str_is(word, "applied")) continue;
        for (size_t i = 0; i < w->o->n_schema; i++)
            if (str_is(line, w->o->schema[i].name)) manifest_put_schema(&w->manifest, w->o->schema[i].number, line);
    }
}

static err read_copy(struct writing *w)
{
    CLEANUP(buf_release) struct buf lines = BUF(1 << 20);
    str url;
    struct store *s = NULL;
    bool current = false;
    TRY(arena_printf(w->a, &url, "sqlite:%s", w->copy));
    struct store_options o = { .url = url.p, .readers = COPY_READERS, .queue = 1 };
    TRY(store_open(w->a, &o, &s, w->why));
    err e = store_migration_status(s, w->a, w->o->schema, w->o->n_schema, &lines, &current);
    if (e == ERR_CONFLICT)
        e = damaged(w, w->o->store_url, "the store does not fit this program; take the backup with the program that it belongs to");
    else if (e)
        e = damaged(w, w->copy, "cannot be read; the log has the reason");
    if (!e) put_schema(w, buf_str(&lines));
    if (!e && current) e = names_are_kept(w, s);
    store_close(s);
    return e;
}

static err take_rows(struct writing *w)
{
    if (!w->o->store_url) return ERR_OK;
    TRY(backup_beside(w->a, w->o->file, &w->copy));
    TRY(sqlite_copy(w->a, w->o->store_url + strlen("sqlite:"), w->copy, w->why));
    w->done.rows = true;
    return ERR_OK;
}

/* the list */

static void list_folder(struct writing *w, int at, const char *name, int depth)
{
    int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct dirent *item;
    struct stat st;
    if (!d && fd >= 0) (void)close(fd);
    while (d && (item = readdir(d))) {
        size_t n = strlen(item->d_name);
        if (item->d_name[0] == '.') continue;
        if (depth < 2 && n == 2) list_folder(w, dirfd(d), item->d_name, depth + 1);
        if (depth < 2 || n != FILES_NAME || fstatat(dirfd(d), item->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode)) continue;
        struct kept one = { .size = st.st_size };
        memcpy(one.name, item->d_name, FILES_NAME);
        buf_add(&w->list, (str){ (const char *)&one, sizeof one });
    }
    if (d) (void)closedir(d);
}

static err list_files(struct writing *w)
{
    list_folder(w, AT_FDCWD, w->o->files_dir, 0);
    if (list_n(w)) qsort(w->list.p, list_n(w), sizeof(struct kept), by_name);
    return buf_ok(&w->list);
}

static struct manifest_member member_of(const struct kept *k)
{
    struct manifest_member m = { .size = k->size };
    memcpy(m.hash, k->name, FILES_NAME);
    manifest_file_path(k->name, m.path);
    return m;
}

static void put_member(struct writing *w, const struct manifest_member *m)
{
    manifest_put_member(&w->manifest, m);
    w->done.bytes += m->size;
}

static err make_manifest(struct writing *w)
{
    char created[32];
    struct tm tm;
    time_t s = (time_t)(w->o->now_ms / 1000);
    (void)gmtime_r(&s, &tm);
    (void)strftime(created, sizeof created, "%Y-%m-%dT%H:%M:%SZ", &tm);
    manifest_begin(&w->manifest, str_c(w->o->program), str_c(created), w->done.rows);
    if (w->done.rows) {
        TRY(read_copy(w));
        TRY(hash_file(w, w->copy, &w->rows));
        (void)snprintf(w->rows.path, sizeof w->rows.path, MANIFEST_ROWS);
        put_member(w, &w->rows);
    }
    if (!str_absent(w->sealed)) {
        struct manifest_member m = { .size = (int64_t)w->sealed.n, .path = MANIFEST_KEY };
        uint8_t hash[CRYPTO_HASH];
        crypto_digest(hash, w->sealed);
        crypto_hex(m.hash, hash, sizeof hash);
        put_member(w, &m);
        w->done.key = true;
    }
    for (size_t i = 0; i < list_n(w); i++) {
        struct manifest_member m = member_of(&list_of(w)[i]);
        put_member(w, &m);
    }
    w->done.files = (int64_t)list_n(w);
    manifest_end(&w->manifest, w->done.files + w->done.rows + w->done.key);
    return buf_ok(&w->manifest);
}

/* the archive */

static err cannot_write(struct writing *w) { return damaged(w, w->o->file, archive_error_string(w->ar) ? archive_error_string(w->ar) : "cannot be written"); }

static err put_head(struct writing *w, const char *path, int64_t size)
{
    struct archive_entry *e = archive_entry_new2(w->ar);
    if (!e) return ERR_NOMEM;
    archive_entry_set_pathname(e, path);
    archive_entry_set_size(e, size);
    archive_entry_set_filetype(e, AE_IFREG);
    archive_entry_set_perm(e, 0600);
    archive_entry_set_mtime(e, (time_t)(w->o->now_ms / 1000), 0);
    int code = archive_write_header(w->ar, e);
    archive_entry_free(e);
    return code == ARCHIVE_OK ? ERR_OK : cannot_write(w);
}

static err put_bytes(struct writing *w, str bytes) { return archive_write_data(w->ar, bytes.p, bytes.n) == (la_ssize_t)bytes.n ? ERR_OK : cannot_write(w); }

static err put_text(struct writing *w, const char *path, str text)
{
    TRY(put_head(w, path, (int64_t)text.n));
    return put_bytes(w, text);
}

/* The file as it was listed: a byte more, less or other is told. */
static err put_open_file(struct writing *w, int fd, const char *path, const struct manifest_member *m)
{
    char piece[BACKUP_PIECE];
    struct crypto_digesting d;
    uint8_t hash[CRYPTO_HASH];
    char hex[MANIFEST_HASH];
    int64_t left = m->size;
    ssize_t n;
    crypto_digest_begin(&d);
    TRY(put_head(w, m->path, m->size));
    while ((n = read(fd, piece, sizeof piece)) > 0 && n <= left) {
        crypto_digest_add(&d, (str){ piece, (size_t)n });
        TRY(put_bytes(w, (str){ piece, (size_t)n }));
        left -= n;
    }
    if (n < 0) return backup_fail_errno(w->a, w->why, path);
    crypto_digest_end(&d, hash);
    crypto_hex(hex, hash, sizeof hash);
    if (n > 0 || left || memcmp(hex, m->hash, sizeof hex) != 0) return damaged(w, path, "the contents do not fit the name; the file is damaged");
    return ERR_OK;
}

static err put_file(struct writing *w, const char *path, const struct manifest_member *m)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return backup_fail_errno(w->a, w->why, path);
    err e = put_open_file(w, fd, path, m);
    (void)close(fd);
    return e;
}

static err put_files(struct writing *w)
{
    for (size_t i = 0; i < list_n(w); i++) {
        struct manifest_member m = member_of(&list_of(w)[i]);
        char path[4096];
        (void)snprintf(path, sizeof path, "%s/%s", w->o->files_dir, m.path + strlen("files/"));
        TRY(put_file(w, path, &m));
    }
    return ERR_OK;
}

static err archive_begin(struct writing *w)
{
    TRY(backup_beside(w->a, w->o->file, &w->part));
    w->fd = open(w->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (w->fd < 0) return backup_fail_errno(w->a, w->why, w->part);
    w->ar = archive_write_new();
    if (!w->ar) return ERR_NOMEM;
    bool ok = archive_write_set_format_pax_restricted(w->ar) == ARCHIVE_OK && archive_write_add_filter_zstd(w->ar) == ARCHIVE_OK &&
              archive_write_open_fd(w->ar, w->fd) == ARCHIVE_OK;
    return ok ? ERR_OK : cannot_write(w);
}

static err archive_fill(struct writing *w)
{
    TRY(archive_begin(w));
    TRY(put_text(w, MANIFEST_NAME, buf_str(&w->manifest)));
    if (w->done.rows) TRY(put_file(w, w->copy, &w->rows));
    if (w->done.key) TRY(put_text(w, MANIFEST_KEY, w->sealed));
    TRY(put_files(w));
    if (archive_write_close(w->ar) != ARCHIVE_OK) return cannot_write(w);
    return fsync(w->fd) == 0 ? ERR_OK : backup_fail_errno(w->a, w->why, w->part);
}

static err write_all(struct writing *w)
{
    if (access(w->o->file, F_OK) == 0) return backup_fail(w->a, w->why, ERR_CONFLICT, w->o->file, "is there already; nothing is overwritten");
    if (!str_absent(w->o->key)) TRY(backup_seal_key(w->a, w->o->key, w->o->passphrase, &w->sealed));
    TRY(take_rows(w));
    TRY(list_files(w));
    TRY(make_manifest(w));
    TRY(archive_fill(w));
    TRY(backup_name(w->a, w->part, w->o->file, w->why));
    w->part = NULL;
    return ERR_OK;
}

static void drop_copy(struct writing *w)
{
    static const char *const ends[] = { "", "-wal", "-shm", "-journal" };
    char path[4096];
    for (size_t i = 0; w->copy && i < COUNT_OF(ends); i++) {
        (void)snprintf(path, sizeof path, "%s%s", w->copy, ends[i]);
        (void)unlink(path);
    }
}

err backup_write(struct arena *a, const struct backup_options *o, struct backup_report *out, str *why)
{
    struct writing w = { .a = a, .o = o, .why = why, .fd = -1, .list = BUF(LIST_MAX), .manifest = BUF(MANIFEST_MAX) };
    int held = -1;
    *why = STR("the files cannot be held; the log has the reason");
    TRY(files_hold(o->files_dir, &held)); /* what the copied rows name stays until it is in the archive */
    *why = STR("out of memory");
    err e = write_all(&w);
    if (held >= 0) (void)close(held);
    if (w.ar) (void)archive_write_free(w.ar);
    if (w.fd >= 0) (void)close(w.fd);
    if (w.part) (void)unlink(w.part);
    drop_copy(&w);
    buf_release(&w.list);
    buf_release(&w.manifest);
    if (e == ERR_OK) *out = w.done;
    return e;
}
