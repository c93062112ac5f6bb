/* store/sqlite_copy.h: copies of a SQLite store, for backup and restore. Texts for the operator go to *why (arena). */
#pragma once
#include "base/arena.h"
#include "base/str.h"

/* Makes the file to (0600), which must not be there: the store at from as it is at one moment, while others write. ERR_STORE. */
err sqlite_copy(struct arena *a, const char *from, const char *to, str *why) MUST_CHECK;
/* ERR_INPUT: damaged; ERR_STORE: cannot be read. */
err sqlite_sound(struct arena *a, const char *path, str *why) MUST_CHECK;
