/* Fuzz target: a multipart form; the first line of the input is the Content-Type, the rest the body. Parts are slices of the body, in order, apart
 * from each other, and hold no delimiter. */
#include "http/http.h"
#include <stdlib.h>

enum { MOST = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct parts *p, str body)
{
    const char *at = body.p;
    if (p->n > MOST) abort();
    for (size_t i = 0; i < p->n; i++) {
        str b = p->v[i].body;
        if (b.p < at || b.p + b.n > body.p + body.n || str_absent(p->v[i].name)) abort();
        at = b.p + b.n;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 22);
    str body = { (const char *)data, size }, type = STR_NULL;
    struct parts p = { 0 };
    if (!a) return 0;
    str_cut(&body, '\n', &type);
    if (http_parse_multipart(a, type, body, MOST, &p) == ERR_OK) check(&p, body);
    arena_free(a);
    return 0;
}
