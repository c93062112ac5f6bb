/* store/backup.h: one archive of everything that a server keeps: a tar file under zstd, its first member the list of the others (store/manifest.h).
 *
 * Invariants:
 *  1. An archive is whole or not there: written under another name, synced, renamed. A file that is there is never overwritten.
 *  2. Every file that the rows of the archive name is in the archive, and fits its name.
 *  3. What is restored is visible only after every hash of the archive fitted; the rows come last.
 *  4. The master key leaves the machine only sealed under a passphrase.
 * Spec: server 1. Texts for the operator go to *why (arena). */
#pragma once
#include "store/store.h"

struct backup_report {
    int64_t files, bytes; /* bytes of all members */
    bool rows, key;
};

struct backup_options {
    const char *file;      /* the archive; must not be there */
    const char *store_url; /* "sqlite:PATH"; NULL: no rows are taken */
    const char *files_dir;
    const struct files_column *const *names; /* which files the rows name; NULL-terminated */
    const struct migration *schema;
    size_t n_schema;
    const char *program; /* version */
    str key;             /* contents of the master key's file; absent: it stays out */
    str passphrase;
    int64_t now_ms;
};
/* Beside a running server. ERR_CONFLICT: the archive is there already; ERR_STORE: disk, a file that does not fit its name or is missing. */
err backup_write(struct arena *a, const struct backup_options *o, struct backup_report *out, str *why) MUST_CHECK;

struct restore_options {
    const char *file;
    const char *data_dir;   /* made, or empty */
    const char *store_path; /* NULL: the store is PostgreSQL, and the archive may hold no rows */
    const char *files_dir, *key_path;
    const struct migration *schema;
    size_t n_schema;
    bool want_key; /* false: a key in the archive stays there */
    /* Asked for once, when the archive holds a key that is wanted. ERR_INPUT with *why: there is none. */
    err (*passphrase)(void *arg, str *out, str *why);
    void *arg;
};
/* ERR_CONFLICT: the data folder is not empty, or something stands where it would write; ERR_INPUT: the archive is damaged, foreign, newer, or the
 * passphrase is wrong; ERR_STORE: disk. After an error nothing of it is left. */
err backup_restore(struct arena *a, const struct restore_options *o, struct backup_report *out, str *why) MUST_CHECK;

/* The sealed master key as a member of the archive, at most BACKUP_KEY_MAX bytes plain. ERR_INPUT: damaged, or another passphrase. */
enum { BACKUP_KEY_MAX = 4096 };
err backup_seal_key(struct arena *a, str key, str passphrase, str *out) MUST_CHECK;
err backup_open_key(struct arena *a, str sealed, str passphrase, str *out) MUST_CHECK;
