/* store/sqlite_copy.c: a consistent copy of a SQLite store that others use, and whether a copy is sound. */
#include "store/sqlite_copy.h"
#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

enum { BUSY_MS = 10000 };

static err trouble(struct arena *a, sqlite3 *db, const char *path, str *why)
{
    err e = arena_printf(a, why, "%s: %s", path, db ? sqlite3_errmsg(db) : "out of memory");
    return e == ERR_OK ? ERR_STORE : e;
}

/* VACUUM INTO: one read transaction, so that it is one moment, and writers go on; what was deleted is not in the copy. */
static err vacuum(struct arena *a, sqlite3 *db, const char *from, const char *to, str *why)
{
    sqlite3_stmt *st = NULL;
    bool ok = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &st, NULL) == SQLITE_OK && sqlite3_bind_text(st, 1, to, -1, SQLITE_STATIC) == SQLITE_OK &&
              sqlite3_step(st) == SQLITE_DONE;
    err e = ok ? ERR_OK : trouble(a, db, from, why);
    (void)sqlite3_finalize(st);
    return e;
}

err sqlite_copy(struct arena *a, const char *from, const char *to, str *why)
{
    sqlite3 *db = NULL;
    /* Ours, so that nobody else can read it; VACUUM INTO takes an empty file. */
    int fd = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return arena_printf(a, why, "%s: %m", to) == ERR_OK ? ERR_STORE : ERR_NOMEM;
    (void)close(fd);
    err e = ERR_OK;
    if (sqlite3_open_v2(from, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) e = trouble(a, db, from, why);
    if (e == ERR_OK) (void)sqlite3_busy_timeout(db, BUSY_MS);
    if (e == ERR_OK) e = vacuum(a, db, from, to, why);
    (void)sqlite3_close(db);
    return e;
}

static int is_fine(void *arg, int n, char **values, char **names)
{
    (void)names;
    *(bool *)arg = n == 1 && values[0] && strcmp(values[0], "ok") == 0;
    return 0;
}

err sqlite_sound(struct arena *a, const char *path, str *why)
{
    sqlite3 *db = NULL;
    bool fine = false;
    err e = ERR_OK;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA trusted_schema = OFF; PRAGMA quick_check(1)", is_fine, &fine, NULL) != SQLITE_OK)
        e = trouble(a, db, path, why);
    else if (!fine)
        e = arena_printf(a, why, "%s: the database is damaged", path) == ERR_OK ? ERR_INPUT : ERR_NOMEM;
    (void)sqlite3_close(db);
    return e;
}
