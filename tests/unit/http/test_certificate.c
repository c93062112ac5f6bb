/* Certificates as they are read from files: what fits is taken, memory that runs out is an error, whatever allocation it is. The table of wrong files
 * is in tests/http/test_listeners.py. The keys below were made for this test and are used nowhere else. Spec: server 2, tls. */
#include "../base/rows.h"
#include "base/arena.h"
#include "http/http.h"
#include <stdlib.h>
#include <unistd.h>

static const char certificate[] = "-----BEGIN CERTIFICATE-----\n"
                                  "MIIBLjCB4aADAgECAhQuky1tsDrLtu1gup3/5PcXL3qrNzAFBgMrZXAwDDEKMAgG\n"
                                  "A1UEAwwBdDAgFw0yNjExMjQxNDM4MjFaGA8yMTI2MTAzMTE0MzgyMVowDDEKMAgG\n"
                                  "A1UEAwwBdDAqMAUGAytlcAMhABVbSkDuhIzc23myUtgtJpGM9rAJb+HOQFrppyJT\n"
                                  "swigo1MwUTAdBgNVHQ4EFgQULR/4NF7c9/EgDYRetSYQe+5t3o4wHwYDVR0jBBgw\n"
                                  "FoAULR/4NF7c9/EgDYRetSYQe+5t3o4wDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD\n"
                                  "QQCCeVqzm9T7JF4XUxYccXrvWzVYp+lsy3cin9X3UqeBxYTb+k2s3fzbWIZl688W\n"
                                  "WqeRA0dwKYVKLPTM1sduIJMN\n"
                                  "-----END CERTIFICATE-----\n";
static const char key[] = "-----BEGIN PRIVATE KEY-----\n"
                          "MC4CAQAwBQYDK2VwBCIEIOZMJPekSiORuFGqnYR0D1qOQ6aY2kD11sLLevGEmMcW\n"
                          "-----END PRIVATE KEY-----\n";
static const char other_key[] = "-----BEGIN PRIVATE KEY-----\n"
                                "MC4CAQAwBQYDK2VwBCIEIOi4zHoeLfroR/nP2bUAiNhxna/6NtOz5ZX1MfD2/w3y\n"
                                "-----END PRIVATE KEY-----\n";

static char cert_path[] = "/tmp/chancery-cert-XXXXXX", key_path[] = "/tmp/chancery-key-XXXXXX", other_path[] = "/tmp/chancery-key-XXXXXX";

static void write_text(char *path, const char *text)
{
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    assert_int_equal(close(fd), 0);
}

static int make_files(void **state)
{
    (void)state;
    write_text(cert_path, certificate);
    write_text(key_path, key);
    write_text(other_path, other_key);
    return 0;
}
static int remove_files(void **state)
{
    (void)state;
    (void)unlink(cert_path);
    (void)unlink(key_path);
    (void)unlink(other_path);
    return 0;
}

static err check_with(const char *with)
{
    struct arena *a = arena_new(1 << 20);
    if (!a) return ERR_NOMEM;
    str why = STR_NULL;
    err e = http_check_tls(a, cert_path, with, &why);
    if (e) ROW_CHECK("an error has its words", why.n > 0);
    arena_free(a);
    return e;
}
static err check_pair(void) { return check_with(key_path); }

static void test_pairs(void **state)
{
    (void)state;
    ROW_CHECK("a pair", check_with(key_path) == ERR_OK);
    ROW_CHECK("another key", check_with(other_path) == ERR_INPUT);
    ROW_CHECK("no file", check_with("/nowhere/at/all") == ERR_INPUT);
    ROW_CHECK("a file without end", check_with("/dev/zero") == ERR_INPUT);
    ROWS_END();
}

static void test_memory_fails(void **state)
{
    (void)state;
    fault_loop(check_pair);
    ROWS_END();
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_pairs), cmocka_unit_test(test_memory_fails) };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
