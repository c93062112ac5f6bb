/* Fuzz target: the gate over a head in its text form. What is let in must be free of all that two parsers could read differently; the claims are
 * written again here, in another way than the gate does. */
#include "http/gate_int.h"
#include <stdlib.h>

enum { LINES = 40 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim) abort();
}

static size_t count(const struct gate_head *h, str name, str *last)
{
    size_t n = 0;
    for (size_t i = 0; i < h->n_headers; i++)
        if (str_eq_nocase(h->headers[i].name, name)) n++, *last = h->headers[i].value;
    return n;
}

static void check_let_in(const struct gate_head *h, const struct verdict *v)
{
    str host = STR_NULL, length = STR_NULL, coding = STR_NULL;
    size_t hosts = count(h, STR("host"), &host), lengths = count(h, STR("content-length"), &length), codings = count(h, STR("transfer-encoding"), &coding);
    must(hosts == 1 || (hosts == 0 && str_is(h->version, "HTTP/1.0")));
    must(lengths + codings <= 1);
    must(v->chunked == (codings == 1) && (!v->chunked || str_eq_nocase(coding, STR("chunked"))));
    int64_t n = 0;
    if (lengths) must(str_int(length, &n) == ERR_OK && n >= 0 && (uint64_t)n == v->length);
    must(v->path.n > 0 && (v->path.p[0] == '/' || v->path.p[0] == '?' || str_is(v->path, "*")));
    must(str_ends(h->target, v->path) || str_is(v->path, "/"));
    must(h->target.n <= 8192 && v->why == NULL);
    for (size_t i = 0; i < h->n_headers; i++) {
        str line = h->headers[i].value;
        must(str_find(line, '\r', 0) == line.n && str_find(line, '\n', 0) == line.n && str_find(line, '\0', 0) == line.n);
        must(h->headers[i].name.n > 0 && str_find(h->headers[i].name, ' ', 0) == h->headers[i].name.n);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str text = { (const char *)data, size }, line, method, target;
    struct header h[LINES];
    struct gate_head head = { .headers = h, .bytes = size };
    struct verdict v;
    str_cut(&text, '\n', &line);
    str_cut(&line, ' ', &method);
    str_cut(&line, ' ', &target);
    head.method = method, head.target = target, head.version = line;
    for (bool more = true; more && head.n_headers < LINES;) {
        str name;
        more = str_cut(&text, '\n', &line);
        str_cut(&line, ':', &name);
        h[head.n_headers++] = (struct header){ name, str_trim(line) };
    }
    gate_check(&head, &(struct gate_rules){ 32768, 8192, size & 1 }, &v);
    if (v.status == 0)
        check_let_in(&head, &v);
    else
        must(v.close && v.why && v.status >= 400);
    return 0;
}
