/* tests/unit/store/disk.h: a disk for SQLite that watches and fails on demand. */
#pragma once
#include <stdatomic.h>
#include <stdbool.h>

/* What the disk does with the next operations; any thread. */
extern atomic_bool disk_sync_fails; /* of every file */
extern atomic_bool disk_is_full;    /* writes to the log fail */
/* Bytes have been written to the log that no sync has followed. */
extern atomic_bool disk_log_dirty;
extern atomic_int disk_syncs;
/* Called, if set, before each write to the database file itself. */
extern void (*_Atomic disk_before_move)(void);

/* Becomes the disk of everything that SQLite opens from now on. */
void disk_install(void);
