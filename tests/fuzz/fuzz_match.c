/* tests/fuzz/fuzz_match.c: any bytes as a path (behind a first byte for the method), looked up among operations that compete for the same segments. */
#include "route/route_int.h"

#include <assert.h>

/* clang-format off */
#define ROW(m, p) { .id = (p), .on = (m), .path = (p) }
static const struct op     first_ops[] = { ROW(M_GET, "/a/{x}/b"), ROW(M_POST, "/a/c/{x:int}"), ROW(M_GET, "/{x}/{y}/{z}"), { 0 } };
static const struct op     second_ops[] = { ROW(M_GET, "/a/c/b"), ROW(M_PUT, "/a/{x:int}/{y}"), ROW(M_GET, "/"), { 0 } };
/* clang-format on */
static const struct family one = { .name = "one", .ops = first_ops }, two = { .name = "two", .ops = second_ops };
static const struct family *const families[] = { &one, &two, NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(4 << 20);
    struct tree t;
    str why, values[CALL_PATH_MAX] = { 0 };
    struct match m;
    if (!a || size == 0) return arena_free(a), 0;
    const struct req rq = { .method = (enum method)(1U << (data[0] & 7)), .path = { (const char *)data + 1, size - 1 } };
    assert(tree_build(a, &t, families, &why) == ERR_OK);
    err e = tree_match(&t, a, &rq, values, &m);
    assert(m.family == &one || m.family == &two);
    if (e == ERR_OK && m.op) {
        assert(m.node && m.n_path <= CALL_PATH_MAX);
        bool raw = memchr(rq.path.p, 0, rq.path.n) != NULL; /* the gate of http/ lets none in; an escaped one is refused here */
        for (size_t i = 0; i < m.n_path; i++) assert(values[i].n > 0 && (raw || memchr(values[i].p, 0, values[i].n) == NULL));
    }
    arena_free(a);
    return 0;
}
