/* The gate: which heads are let in, with which status others are refused, and what comes out of those let in. Spec: server 3. */
#include "../base/rows.h"
#include "base/arena.h"
#include "http/gate_int.h"

enum { LINES = 6 };
struct line {
    const char *name, *value;
};
static const struct gate_rules rules = { .head_max = 1000, .target_max = 20 };

#define H11 "GET", "/a", "HTTP/1.1"
#define POST "POST", "/a", "HTTP/1.1"

static const struct {
    const char *name, *method, *target, *version;
    struct line lines[LINES];
    int status;
    size_t bytes;
    bool torn;
} cases[] = {
    { "a plain head is let in", H11, { { "Host", "a" } }, 0 },
    { "HTTP/1.0 needs no Host", "GET", "/", "HTTP/1.0", { { 0 } }, 0 },
    { "HTTP/1.1 needs one", H11, { { "Hos", "a" } }, 400 },
    { "Host twice", H11, { { "Host", "a" }, { "host", "a" } }, 400 },
    { "Host twice in HTTP/1.0", "GET", "/", "HTTP/1.0", { { "Host", "a" }, { "HOST", "a" } }, 400 },
    { "an empty Host is allowed", H11, { { "Host", "" } }, 0 },
    { "Host with port", H11, { { "Host", "a.b-c:8080" } }, 0 },
    { "Host as IPv6", H11, { { "Host", "[::1]:80" } }, 0 },
    { "Host with a blank", H11, { { "Host", "a b" } }, 400 },
    { "Host with a comma", H11, { { "Host", "a,b" } }, 400 },
    { "Host with a slash", H11, { { "Host", "a/b" } }, 400 },
    { "Host with a user", H11, { { "Host", "u@a" } }, 400 },
    { "a head at the limit", H11, { { "Host", "a" } }, 0, .bytes = 1000 },
    { "a head over it", H11, { { "Host", "a" } }, 431, .bytes = 1001 },
    { "a target at the limit", "GET", "/2345678901234567890", "HTTP/1.1", { { "Host", "a" } }, 0 },
    { "a target over it", "GET", "/23456789012345678901", "HTTP/1.1", { { "Host", "a" } }, 414 },
    { "too long in both: the head is named", "GET", "/23456789012345678901", "HTTP/1.1", { { "Host", "a" } }, 431, .bytes = 1001 },
    { "a torn head", H11, { { "Host", "a" } }, 400, .torn = true },
    { "HTTP/1.2", "GET", "/", "HTTP/1.2", { { "Host", "a" } }, 505 },
    { "HTTP/2.0", "GET", "/", "HTTP/2.0", { { "Host", "a" } }, 505 },
    { "http/1.1", "GET", "/", "http/1.1", { { "Host", "a" } }, 505 },
    { "no version", "GET", "/", "", { { "Host", "a" } }, 505 },
    { "an odd method", "G(T", "/", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "an empty method", "", "/", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "a method of its own", "BREW", "/", "HTTP/1.1", { { "Host", "a" } }, 0 },
    { "an empty target", "GET", "", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "a blank in the target", "GET", "/a b", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "a tab in the target", "GET", "/a\tb", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "DEL in the target", "GET", "/a\x7f", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "a fragment", "GET", "/a#b", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "bytes above ASCII in the target", "GET", "/\xc3\xa4", "HTTP/1.1", { { "Host", "a" } }, 0 },
    { "a word as target", "GET", "a", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "the authority form", "CONNECT", "a:443", "HTTP/1.1", { { "Host", "a:443" } }, 400 },
    { "OPTIONS *", "OPTIONS", "*", "HTTP/1.1", { { "Host", "a" } }, 0 },
    { "GET *", "GET", "*", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "absolute, our host", "GET", "http://A:1/b", "HTTP/1.1", { { "Host", "a:1" } }, 0 },
    { "absolute, https", "GET", "HTTPS://a/b", "HTTP/1.1", { { "Host", "a" } }, 0 },
    { "absolute, another host", "GET", "http://b/b", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "absolute, another port", "GET", "http://a:1/b", "HTTP/1.1", { { "Host", "a:2" } }, 400 },
    { "absolute, a longer host", "GET", "http://a.b/b", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "absolute, with a user", "GET", "http://u@a/b", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "absolute, without host", "GET", "http:///b", "HTTP/1.1", { { "Host", "" } }, 400 },
    { "absolute, another scheme", "GET", "ftp://a/b", "HTTP/1.1", { { "Host", "a" } }, 400 },
    { "absolute in HTTP/1.0 without Host", "GET", "http://a/b", "HTTP/1.0", { { 0 } }, 0 },
    { "absolute in HTTP/1.0, an odd host", "GET", "http://a,b/b", "HTTP/1.0", { { 0 } }, 400 },
    { "a blank before the colon", H11, { { "Host", "a" }, { "A ", "b" } }, 400 },
    { "an empty name", H11, { { "Host", "a" }, { "", "b" } }, 400 },
    { "a name with brackets", H11, { { "Host", "a" }, { "A[0]", "b" } }, 400 },
    { "a tab in a value", H11, { { "Host", "a" }, { "A", "b\tc" } }, 0 },
    { "a bare CR in a value", H11, { { "Host", "a" }, { "A", "b\rc" } }, 400 },
    { "a bare LF in a value", H11, { { "Host", "a" }, { "A", "b\nc" } }, 400 },
    { "DEL in a value", H11, { { "Host", "a" }, { "A", "b\x7f" } }, 400 },
    { "bytes above ASCII in a value", H11, { { "Host", "a" }, { "A", "\xff" } }, 0 },
    { "a length", POST, { { "Host", "a" }, { "Content-Length", "5" } }, 0 },
    { "a length with leading zeroes", POST, { { "Host", "a" }, { "Content-Length", "0005" } }, 0 },
    { "the largest length", POST, { { "Host", "a" }, { "Content-Length", "9223372036854775807" } }, 0 },
    { "one more", POST, { { "Host", "a" }, { "Content-Length", "9223372036854775808" } }, 400 },
    { "a length that would wrap round", POST, { { "Host", "a" }, { "Content-Length", "18446744073709551617" } }, 400 },
    { "an empty length", POST, { { "Host", "a" }, { "Content-Length", "" } }, 400 },
    { "a length with a sign", POST, { { "Host", "a" }, { "Content-Length", "+5" } }, 400 },
    { "a length in hex", POST, { { "Host", "a" }, { "Content-Length", "0x5" } }, 400 },
    { "a length with a blank", POST, { { "Host", "a" }, { "Content-Length", "5 5" } }, 400 },
    { "a list of equal lengths", POST, { { "Host", "a" }, { "Content-Length", "5, 5" } }, 400 },
    { "two equal lengths", POST, { { "Host", "a" }, { "Content-Length", "5" }, { "content-length", "5" } }, 400 },
    { "length and chunked", POST, { { "Host", "a" }, { "Content-Length", "5" }, { "Transfer-Encoding", "chunked" } }, 400 },
    { "chunked", POST, { { "Host", "a" }, { "Transfer-Encoding", "chunked" } }, 0 },
    { "Chunked", POST, { { "Host", "a" }, { "transfer-encoding", "CHUNKED" } }, 0 },
    { "chunked twice in a line", POST, { { "Host", "a" }, { "Transfer-Encoding", "chunked, chunked" } }, 400 },
    { "chunked in two lines", POST, { { "Host", "a" }, { "Transfer-Encoding", "chunked" }, { "Transfer-Encoding", "chunked" } }, 400 },
    { "gzip, chunked", POST, { { "Host", "a" }, { "Transfer-Encoding", "gzip, chunked" } }, 400 },
    { "identity", POST, { { "Host", "a" }, { "Transfer-Encoding", "identity" } }, 400 },
    { "chunked with a parameter", POST, { { "Host", "a" }, { "Transfer-Encoding", "chunked;a=b" } }, 400 },
    { "chunked behind VT", POST, { { "Host", "a" }, { "Transfer-Encoding", "\vchunked" } }, 400 },
    { "chunked in HTTP/1.0", "POST", "/", "HTTP/1.0", { { "Host", "a" }, { "Transfer-Encoding", "chunked" } }, 400 },
    { "Expect: 100-continue", POST, { { "Host", "a" }, { "Expect", "100-Continue" } }, 0 },
    { "another expectation", POST, { { "Host", "a" }, { "Expect", "tea" } }, 417 },
    { "two expectations", POST, { { "Host", "a" }, { "Expect", "100-continue" }, { "Expect", "100-continue" } }, 417 },
};

static void test_gate(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct header h[LINES];
        size_t n = 0;
        for (; n < LINES && cases[i].lines[n].name; n++) h[n] = (struct header){ str_c(cases[i].lines[n].name), str_c(cases[i].lines[n].value) };
        struct gate_head head = { str_c(cases[i].method), str_c(cases[i].version), str_c(cases[i].target), h, n, cases[i].bytes, cases[i].torn };
        struct verdict v;
        gate_check(&head, &rules, &v);
        ROW_CHECK(cases[i].name, v.status == cases[i].status);
        ROW_CHECK(cases[i].name, (v.why != NULL) == (v.status != 0) && v.close == (v.status != 0));
    }
    ROWS_END();
}

static void test_what_comes_out(void **state)
{
    (void)state;
    struct header h[] = { { STR("Host"), STR("a") }, { STR("Transfer-Encoding"), STR("chunked") } };
    struct header l[] = { { STR("Host"), STR("a") }, { STR("Content-Length"), STR("0123") } };
    struct gate_head head = { STR("POST"), STR("HTTP/1.1"), STR("http://A?x=y"), h, 2, 0, false };
    const struct gate_rules old = { .head_max = 1000, .target_max = 20, .old_library = true };
    struct verdict v;
    gate_check(&head, &rules, &v);
    ROW_CHECK("chunked stays open where the library is strict", v.chunked && !v.close && v.length == 0);
    ROW_STR("the Host", v.host, STR("a"));
    ROW_STR("the rest of an absolute target", v.path, STR("?x=y"));
    gate_check(&head, &old, &v);
    ROW_CHECK("chunked closes where it is lax", v.status == 0 && v.chunked && v.close);
    head.headers = l;
    head.target = STR("/p?q");
    gate_check(&head, &old, &v);
    ROW_CHECK("a length", !v.chunked && !v.close && v.length == 123);
    ROW_STR("an origin target", v.path, STR("/p?q"));
    head = (struct gate_head){ .method = STR("GET"), .version = STR("HTTP/1.0"), .target = STR("http://b") };
    gate_check(&head, &old, &v);
    ROW_STR("without Host the target names it", v.host, STR("b"));
    ROW_STR("and its path is", v.path, STR("/"));
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_gate), cmocka_unit_test(test_what_comes_out) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
