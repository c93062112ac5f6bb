/* Fuzz target: a decoded path segment is never longer than what it came from, and holds no NUL. */
#include "http/http.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 20);
    str in = { (const char *)data, size }, out = STR_NULL;
    if (!a) return 0;
    err e = http_decode_path(a, in, &out);
    bool wild = e == ERR_OK && (out.n > size || str_find(out, '\0', 0) < out.n);
    bool lost = e == ERR_OK && str_find(in, '%', 0) == in.n && !str_eq(in, out);
    if (wild || lost) abort();
    arena_free(a);
    return 0;
}
