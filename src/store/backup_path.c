/* store/backup_path.c: names and folders for backup and restore. */
#include "crypto/crypto.h"
#include "store/backup_int.h"
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

err backup_fail(struct arena *a, str *why, err code, const char *what, const char *text)
{
    return arena_printf(a, why, "%s: %s", what, text) == ERR_OK ? code : ERR_NOMEM;
}

err backup_fail_errno(struct arena *a, str *why, const char *what) { return arena_printf(a, why, "%s: %m", what) == ERR_OK ? ERR_STORE : ERR_NOMEM; }

err backup_folder(struct arena *a, const char *path, const char **out)
{
    const char *slash = strrchr(path, '/');
    str head = !slash ? STR(".") : slash == path ? STR("/") : (str){ path, (size_t)(slash - path) };
    *out = arena_z(a, head);
    return *out ? ERR_OK : ERR_NOMEM;
}

bool backup_sync_folder(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (fd >= 0) (void)close(fd);
    return ok;
}

err backup_name(struct arena *a, const char *from, const char *to, str *why)
{
    const char *folder;
    TRY(backup_folder(a, to, &folder));
    int failed = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0 ? 0 : errno;
    /* Some file systems cannot promise it; then a look before must do. */
    if (failed == EINVAL || failed == ENOSYS) failed = access(to, F_OK) == 0 ? EEXIST : rename(from, to) == 0 ? 0 : errno;
    if (failed == EEXIST || failed == ENOTEMPTY) return backup_fail(a, why, ERR_CONFLICT, to, "is there already; nothing is overwritten");
    errno = failed;
    return failed || !backup_sync_folder(folder) ? backup_fail_errno(a, why, to) : ERR_OK;
}

err backup_beside(struct arena *a, const char *path, const char **out)
{
    char chance[9] = { 0 };
    str s;
    crypto_random_text(chance, sizeof chance - 1, CRYPTO_ALNUM);
    TRY(arena_printf(a, &s, "%s.part-%s", path, chance));
    *out = s.p;
    return ERR_OK;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    (void)remove(path);
    return 0;
}

void backup_remove(const char *path) { (void)nftw(path, drop, 16, FTW_DEPTH | FTW_PHYS); }
