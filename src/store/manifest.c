/* store/manifest.c: the list of an archive's members, written and read. */
#include "store/manifest.h"
#include <stdio.h>

enum { WORD_MAX = 100 };

/* writing */

void manifest_begin(struct buf *b, str program, str created, bool rows)
{
    buf_printf(b, "chancery-backup 1\nprogram " STR_FMT "\ncreated " STR_FMT "\nrows %s\n", STR_ARG(program), STR_ARG(created), rows ? "sqlite" : "none");
}

void manifest_put_schema(struct buf *b, int64_t number, str name) { buf_printf(b, "schema %lld " STR_FMT "\n", (long long)number, STR_ARG(name)); }

void manifest_put_member(struct buf *b, const struct manifest_member *m) { buf_printf(b, "member %lld %s %s\n", (long long)m->size, m->hash, m->path); }

void manifest_end(struct buf *b, int64_t n_members) { buf_printf(b, "end %lld\n", (long long)n_members); }

void manifest_file_path(const char *hash, char out[static MANIFEST_PATH_MAX])
{
    (void)snprintf(out, MANIFEST_PATH_MAX, "files/%.2s/%.2s/%.*s", hash, hash + 2, (int)MANIFEST_HASH, hash);
}

/* reading */

/* The rest of the next line if it begins with that word; then *s is behind it. */
static bool line_of(str *s, const char *word, str *rest)
{
    str line, next = *s, head;
    if (!str_cut(&next, '\n', &line)) return false; /* every line is ended */
    if (!str_cut(&line, ' ', &head) || !str_is(head, word)) return false;
    *rest = line;
    *s = next;
    return true;
}

/* Plain characters, so that a listing of it cannot play tricks on a terminal. */
static bool word_ok(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] > '~') return false;
    return s.n > 0 && s.n <= WORD_MAX;
}

static bool count_ok(str s, int64_t *out) { return s.n > 0 && s.n < 17 && s.p[0] >= '0' && s.p[0] <= '9' && str_int(s, out) == ERR_OK; }

static bool hash_ok(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f'))) return false;
    return s.n == MANIFEST_HASH;
}

static bool path_ok(str path, str hash)
{
    char file[MANIFEST_PATH_MAX];
    manifest_file_path(hash.p, file);
    return str_is(path, MANIFEST_ROWS) || str_is(path, MANIFEST_KEY) || str_is(path, file);
}

/* A line that is not good is not taken: it stays where it is, and whoever reads on finds it. */
bool manifest_schema(str *rest, int64_t *number, str *name)
{
    str at = *rest, line, digits;
    if (!line_of(&at, "schema", &line)) return false;
    *name = line;
    if (!str_cut(name, ' ', &digits) || !count_ok(digits, number) || !word_ok(*name)) return false;
    *rest = at;
    return true;
}

bool manifest_member(str *rest, struct manifest_member *out)
{
    str at = *rest, line, size, hash;
    if (!line_of(&at, "member", &line)) return false;
    if (!str_cut(&line, ' ', &size) || !str_cut(&line, ' ', &hash)) return false;
    if (!count_ok(size, &out->size) || !hash_ok(hash) || !path_ok(line, hash)) return false;
    (void)snprintf(out->hash, sizeof out->hash, STR_FMT, STR_ARG(hash));
    (void)snprintf(out->path, sizeof out->path, STR_FMT, STR_ARG(line));
    *rest = at;
    return true;
}

static const char *read_head(str *s, struct manifest *m)
{
    str version, rows;
    int64_t format;
    if (!line_of(s, "chancery-backup", &version) || !count_ok(version, &format) || format < 1) return "it is no backup of this program";
    if (format > 1) return "it was made by a newer program; restore it with that one";
    if (!line_of(s, "program", &m->program) || !word_ok(m->program)) return "its list of contents is damaged (program)";
    if (!line_of(s, "created", &m->created) || !word_ok(m->created)) return "its list of contents is damaged (created)";
    if (!line_of(s, "rows", &rows)) return "its list of contents is damaged (rows)";
    m->rows = str_is(rows, "sqlite");
    return m->rows || str_is(rows, "none") ? NULL : "it holds rows of another kind; restore it with the program that made it";
}

static const char *read_members(str *s, struct manifest *m)
{
    struct manifest_member one;
    str at = *s, count;
    int64_t n;
    bool keys = false, rows = false;
    while (manifest_member(&at, &one)) {
        bool is_rows = str_is(str_c(one.path), MANIFEST_ROWS), is_key = str_is(str_c(one.path), MANIFEST_KEY);
        if (is_rows != (m->rows && m->n_members == 0) || (is_key && keys)) return "its list of contents is damaged (order)";
        if (__builtin_add_overflow(m->bytes, one.size, &m->bytes)) return "its list of contents is damaged (sizes)";
        rows |= is_rows;
        keys |= is_key;
        m->n_members++;
    }
    m->members = str_head(*s, s->n - at.n);
    m->key = keys;
    if (!line_of(&at, "end", &count) || !count_ok(count, &n) || n != m->n_members || at.n) return "its list of contents is damaged (end)";
    return rows == m->rows ? NULL : "its list of contents is damaged (no rows)";
}

err manifest_read(str text, struct manifest *out, const char **why)
{
    struct manifest m = { 0 };
    str s = text, name;
    int64_t number, last = -1;
    *why = read_head(&s, &m);
    if (*why) return ERR_INPUT;
    m.schema = s;
    while (manifest_schema(&s, &number, &name)) {
        if (number <= last) *why = "its list of contents is damaged (schema)";
        last = number;
    }
    m.schema = str_head(m.schema, m.schema.n - s.n);
    if (!*why && m.rows != (m.schema.n > 0)) *why = "its list of contents is damaged (schema)";
    if (!*why) *why = read_members(&s, &m);
    if (*why) return ERR_INPUT;
    *out = m;
    return ERR_OK;
}
