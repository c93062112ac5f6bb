/* store/manifest.h: what an archive holds, said in its first member; read as bytes from outside.
 *
 * Text, a line each, in this order, nothing else:
 *   chancery-backup 1
 *   program VERSION
 *   created YYYY-MM-DDThh:mm:ssZ
 *   rows sqlite            (or: rows none)
 *   schema NUMBER NAME     (as often as there are migrations; none without rows)
 *   member SIZE HASH PATH  (BLAKE2b-256 in hex; the members that follow in the archive, in their order)
 *   end COUNT              (of members)
 * PATH is store.db (with rows, first), master.key.sealed, or files/ab/cd/HASH: nothing else can be said, so nothing else can be written. */
#pragma once
#include "base/buf.h"
#include "base/call.h"

#define MANIFEST_NAME "manifest"
#define MANIFEST_ROWS "store.db"
#define MANIFEST_KEY "master.key.sealed"
enum { MANIFEST_MAX = 200 << 20, MANIFEST_HASH = 64, MANIFEST_PATH_MAX = 80 };

struct manifest {
    str program, created;
    bool rows, key;
    str schema;               /* its lines, for manifest_schema() */
    str members;              /* its lines, for manifest_member() */
    int64_t n_members, bytes; /* over all members */
};
struct manifest_member {
    int64_t size;
    char hash[MANIFEST_HASH + 1];
    char path[MANIFEST_PATH_MAX];
};

/* Views into text. ERR_INPUT with *why (static): not a manifest, a newer format, anything against the rules above. */
err manifest_read(str text, struct manifest *out, const char **why) MUST_CHECK;
/* Walks what manifest_read() has found good; *rest begins as .schema or .members. False at the end. */
bool manifest_schema(str *rest, int64_t *number, str *name);
bool manifest_member(str *rest, struct manifest_member *out);
/* Writing: lines appended in order. */
void manifest_begin(struct buf *b, str program, str created, bool rows);
void manifest_put_schema(struct buf *b, int64_t number, str name);
void manifest_put_member(struct buf *b, const struct manifest_member *m);
void manifest_end(struct buf *b, int64_t n_members);
/* "files/ab/cd/HASH" of a hash in hex. */
void manifest_file_path(const char *hash, char out[static MANIFEST_PATH_MAX]);
