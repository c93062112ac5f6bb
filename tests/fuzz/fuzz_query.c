/* Fuzz target: query strings and urlencoded forms, and the cookies of a line. Nothing comes out longer than it went in. */
#include "http/http.h"
#include <stdlib.h>

enum { MOST = 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_query(struct arena *a, str text)
{
    struct params p = { 0 };
    size_t sum = 0;
    if (http_parse_query(a, text, MOST, &p)) return;
    for (size_t i = 0; i < p.n; i++) sum += p.v[i].name.n + p.v[i].value.n;
    if (p.n > MOST || sum > text.n) abort();
}

static void check_words(struct arena *a, str text)
{
    struct header h = { STR("Cookie"), text };
    struct req rq = { .headers = &h, .n_headers = 1 };
    str got = req_cookie(&rq, "a"), type = STR_NULL;
    if (!str_absent(got) && (got.p < text.p || got.p + got.n > text.p + text.n)) abort();
    if (http_media_type(a, text, &type) == ERR_OK && type.n > text.n) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 20);
    if (!a) return 0;
    check_query(a, (str){ (const char *)data, size });
    check_words(a, (str){ (const char *)data, size });
    arena_free(a);
    return 0;
}
