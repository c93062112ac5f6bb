/* store/files_int.h: where a file lives and what keeps it there, shared by those who write files (files.c) and those who remove them (files_collect.c). */
#pragma once
#include "store/store.h"
#include <sys/file.h>

struct files {
    int dir, tmp;
};

enum { FILES_FOLDER = 3, FILES_PATH = 2 * FILES_FOLDER + FILES_NAME + 1 };

/* Where a name lives, and the two folders on the way. */
struct place {
    char path[FILES_PATH];        /* ab/cd/abcd… */
    char outer[FILES_FOLDER];     /* ab */
    char inner[2 * FILES_FOLDER]; /* ab/cd */
};
struct place files_place(const char *name);
bool files_is_name(str name);
/* errno as an error, logged; ERR_BUSY where it passes. */
err files_trouble(const char *what, const char *path);
/* DIR/lock, held until *fd is closed: LOCK_SH by who says that a file is there, LOCK_EX by who removes some. With LOCK_NB: ERR_BUSY while others hold it. */
err files_lock(int dir, int how, int *fd) MUST_CHECK;
