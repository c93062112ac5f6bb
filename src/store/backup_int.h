/* store/backup_int.h: what writing and restoring share. */
#pragma once
#include "store/backup.h"
#include "store/manifest.h"

enum { BACKUP_PIECE = 64 << 10 }; /* on the stack: thread-local, each thread of the server would pay for it */

/* "WHAT: why" for the operator, errno's text behind it if with_errno; returns code. */
err backup_fail(struct arena *a, str *why, err code, const char *what, const char *text);
err backup_fail_errno(struct arena *a, str *why, const char *what);
/* The folder that path is in. */
err backup_folder(struct arena *a, const char *path, const char **out) MUST_CHECK;
bool backup_sync_folder(const char *path);
/* Gives path its name unless something is there: ERR_CONFLICT. */
err backup_name(struct arena *a, const char *from, const char *to, str *why) MUST_CHECK;
/* PATH with a random end, beside it. */
err backup_beside(struct arena *a, const char *path, const char **out) MUST_CHECK;
/* Removes a folder and what is in it. */
void backup_remove(const char *path);
