/* Fuzz target: the JSON reader agrees with itself, and what the writer writes is read back the same. */
#include "base/json.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim) abort();
}

/* Slices are inside the text and are JSON themselves. */
static void check_members(struct arena *a, str text, const struct json_rules *rules)
{
    struct json_members m;
    if (json_scan_members(a, text, rules, &m, NULL) != ERR_OK) return;
    for (size_t i = 0; i < m.n; i++) {
        must(m.v[i].value.p >= text.p && m.v[i].value.p + m.v[i].value.n <= text.p + text.n);
        must(json_scan(m.v[i].value, rules, NULL) == ERR_OK);
        must(str_utf8_ok(m.v[i].key));
    }
}

static struct buf written(const json_t *tree, bool ascii)
{
    struct buf b = BUF(1 << 22);
    struct jw w = JW(&b);
    w.ascii = ascii;
    jw_json(&w, tree, ascii);
    must(buf_ok(&b) == ERR_OK);
    return b;
}

/* Compared as texts: json_equal() stops at a NUL in a key. */
static void check_round_trip(struct arena *a, const json_t *tree, bool ascii)
{
    struct buf once = written(tree, ascii);
    json_t *again = NULL;
    must(json_read(a, buf_str(&once), NULL, &again, NULL) == ERR_OK);
    struct buf twice = written(again, ascii);
    must(str_eq(buf_str(&once), buf_str(&twice)));
    buf_release(&once);
    buf_release(&twice);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = { (const char *)data, size };
    struct json_rules rules = { .nan = size & 1, .reject_twice = size & 2 };
    struct json_error bad = { 0 }, same = { 0 };
    struct arena *a = arena_new(1 << 24);
    json_t *tree = NULL;
    if (!a) return 0;
    err scanned = json_scan(text, &rules, &bad), read = json_read(a, text, &rules, &tree, &same);
    if (scanned)
        must(read == scanned && bad.at == same.at && bad.why == same.why && bad.at <= size && bad.chars <= bad.at && bad.column >= 1);
    else
        must(read == ERR_OK || str_is(str_c(same.why), "Number out of range"));
    check_members(a, text, &rules);
    if (!read) {
        check_round_trip(a, tree, true);
        check_round_trip(a, tree, false);
    }
    arena_free(a);
    return 0;
}
