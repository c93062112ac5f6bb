/* Fuzz target: the list of an archive's members. What is read stays inside the text, names only places that may be written, and written again it reads the
 * same. */
#include "store/manifest.h"
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim) abort();
}

static void must_be_harmless(const struct manifest_member *m)
{
    char file[MANIFEST_PATH_MAX];
    manifest_file_path(m->hash, file);
    must(m->size >= 0 && strlen(m->hash) == MANIFEST_HASH && !strstr(m->path, ".."));
    must(strcmp(m->path, MANIFEST_ROWS) == 0 || strcmp(m->path, MANIFEST_KEY) == 0 || strcmp(m->path, file) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = { (const char *)data, size };
    struct manifest m, again;
    struct manifest_member one;
    const char *why;
    int64_t number, n = 0;
    str name;
    if (manifest_read(text, &m, &why) != ERR_OK) {
        must(why != NULL);
        return 0;
    }
    CLEANUP(buf_release) struct buf b = BUF(size + 1000);
    manifest_begin(&b, m.program, m.created, m.rows);
    for (str rest = m.schema; manifest_schema(&rest, &number, &name);) manifest_put_schema(&b, number, name);
    for (str rest = m.members; manifest_member(&rest, &one); n++) {
        must_be_harmless(&one);
        manifest_put_member(&b, &one);
    }
    must(n == m.n_members);
    manifest_end(&b, n);
    must(buf_ok(&b) == ERR_OK);
    must(manifest_read(buf_str(&b), &again, &why) == ERR_OK && again.bytes == m.bytes && again.key == m.key);
    return 0;
}
