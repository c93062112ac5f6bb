/* tests/unit/store/disk.c: a layer over SQLite's own file access: every call goes through, some are watched, some fail when told. */
#include "disk.h"
#include <sqlite3.h>
#include <stddef.h>

atomic_bool disk_sync_fails, disk_is_full, disk_log_dirty;
atomic_int disk_syncs;
void (*_Atomic disk_before_move)(void);

struct file {
    sqlite3_file base;
    bool is_log, is_rows;
    _Alignas(8) char real[]; /* SQLite promises no more */
};

static sqlite3_vfs *below;

static struct file *file_of(sqlite3_file *f) { return (struct file *)f; }
static sqlite3_file *real(sqlite3_file *f) { return (sqlite3_file *)(void *)file_of(f)->real; }

static int d_close(sqlite3_file *f) { return real(f)->pMethods->xClose(real(f)); }
static int d_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) { return real(f)->pMethods->xRead(real(f), p, n, at); }

static int d_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (file_of(f)->is_log) {
        if (atomic_load(&disk_is_full)) return SQLITE_FULL;
        atomic_store(&disk_log_dirty, true);
    }
    void (*before)(void) = file_of(f)->is_rows ? atomic_load(&disk_before_move) : NULL;
    if (before) before();
    return real(f)->pMethods->xWrite(real(f), p, n, at);
}

static int d_sync(sqlite3_file *f, int flags)
{
    if (atomic_load(&disk_sync_fails)) return SQLITE_IOERR_FSYNC;
    int code = real(f)->pMethods->xSync(real(f), flags);
    atomic_fetch_add(&disk_syncs, 1);
    if (file_of(f)->is_log) atomic_store(&disk_log_dirty, false);
    return code;
}

static int d_truncate(sqlite3_file *f, sqlite3_int64 n) { return real(f)->pMethods->xTruncate(real(f), n); }
static int d_size(sqlite3_file *f, sqlite3_int64 *n) { return real(f)->pMethods->xFileSize(real(f), n); }
static int d_lock(sqlite3_file *f, int kind) { return real(f)->pMethods->xLock(real(f), kind); }
static int d_unlock(sqlite3_file *f, int kind) { return real(f)->pMethods->xUnlock(real(f), kind); }
static int d_reserved(sqlite3_file *f, int *out) { return real(f)->pMethods->xCheckReservedLock(real(f), out); }
static int d_control(sqlite3_file *f, int op, void *arg) { return real(f)->pMethods->xFileControl(real(f), op, arg); }
static int d_sector(sqlite3_file *f) { return real(f)->pMethods->xSectorSize(real(f)); }
static int d_traits(sqlite3_file *f) { return real(f)->pMethods->xDeviceCharacteristics(real(f)); }
static int d_shm_map(sqlite3_file *f, int page, int size, int grow, void volatile **out) { return real(f)->pMethods->xShmMap(real(f), page, size, grow, out); }
static int d_shm_lock(sqlite3_file *f, int at, int n, int flags) { return real(f)->pMethods->xShmLock(real(f), at, n, flags); }
static void d_shm_barrier(sqlite3_file *f) { real(f)->pMethods->xShmBarrier(real(f)); }
static int d_shm_unmap(sqlite3_file *f, int drop) { return real(f)->pMethods->xShmUnmap(real(f), drop); }

static const sqlite3_io_methods methods = { 2,          d_close,   d_read,   d_write,  d_truncate, d_sync,     d_size,        d_lock,     d_unlock,
                                            d_reserved, d_control, d_sector, d_traits, d_shm_map,  d_shm_lock, d_shm_barrier, d_shm_unmap };

static int d_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f, int flags, int *out_flags)
{
    (void)vfs;
    int code = below->xOpen(below, name, real(f), flags, out_flags);
    file_of(f)->is_log = (flags & SQLITE_OPEN_WAL) != 0;
    file_of(f)->is_rows = (flags & SQLITE_OPEN_MAIN_DB) != 0;
    f->pMethods = real(f)->pMethods ? &methods : NULL;
    return code;
}

void disk_install(void)
{
    static sqlite3_vfs above;
    if (below) return;
    below = sqlite3_vfs_find(NULL);
    above = *below;
    above.zName = "disk";
    above.pNext = NULL;
    above.szOsFile = (int)sizeof(struct file) + below->szOsFile;
    above.xOpen = d_open;
    (void)sqlite3_vfs_register(&above, 1);
}
