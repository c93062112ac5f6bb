/* tests/unit/store/test_files.c: files come back as they were put, or not at all. */
#include "rig.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct box {
    struct rig *r;
    struct files *f;
};

static int setup(void **state)
{
    struct box *b = calloc(1, sizeof *b);
    void *r;
    str why;
    char dir[96];
    assert_non_null(b);
    (void)rig_setup_bare(&r);
    b->r = r;
    (void)snprintf(dir, sizeof dir, "%s/files", b->r->dir);
    assert_int_equal(files_open(b->r->a, dir, &b->f, &why), ERR_OK);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct box *b = *state;
    void *r = b->r;
    files_close(b->f);
    free(b);
    return rig_teardown(&r);
}

static void path_of(struct box *b, const char *name, char out[static 256])
{
    (void)snprintf(out, 256, "%s/files/%.2s/%.2s/%.64s", b->r->dir, name, name + 2, name);
}

/* BLAKE2b-256, RFC 7693: of nothing, and of "abc". */
static const char of_nothing[] = "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8";
static const char of_abc[] = "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319";

static void assert_trip(struct box *b, str contents, const char *want_name)
{
    char name[FILES_NAME];
    str out;
    assert_int_equal(files_put(b->f, contents, name), ERR_OK);
    if (want_name) assert_memory_equal(name, want_name, FILES_NAME);
    assert_int_equal(files_get(b->f, b->r->c.mem, (str){ name, FILES_NAME }, &out), ERR_OK);
    assert_true(str_eq(out, contents));
}

static void test_trip(void **state)
{
    struct box *b = *state;
    size_t n = 3 * 1024 * 1024 + 7;
    char *large = NEW_N(b->r->c.mem, char, n);
    assert_non_null(large);
    crypto_random(large, n);
    assert_trip(b, (str){ "", 0 }, of_nothing);
    assert_trip(b, STR("abc"), of_abc);
    assert_trip(b, STR("abc"), of_abc); /* again is fine */
    assert_trip(b, (str){ large, n }, NULL);
}

static void test_missing(void **state)
{
    struct box *b = *state;
    str out;
    assert_int_equal(files_get(b->f, b->r->c.mem, str_c(of_abc), &out), ERR_NOT_FOUND);
    assert_int_equal(files_drop(b->f, str_c(of_abc)), ERR_OK);
    assert_trip(b, STR("abc"), of_abc);
    assert_int_equal(files_drop(b->f, str_c(of_abc)), ERR_OK);
    assert_int_equal(files_get(b->f, b->r->c.mem, str_c(of_abc), &out), ERR_NOT_FOUND);
}

/* Names come from rows, but a path must not. */
static void test_names(void **state)
{
    static const char *const names[] = {
        "",
        "../../../../etc/passwd",
        "..",
        "BDDD813C634239723171EF3FEE98579B94964E3BB1CB3E427262C8C068D52319",
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d5231",
        "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d523199",
        "../d813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319",
    };
    struct box *b = *state;
    str out;
    assert_trip(b, STR("abc"), of_abc);
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_int_equal(files_get(b->f, b->r->c.mem, str_c(names[i]), &out), ERR_NOT_FOUND);
        assert_int_equal(files_drop(b->f, str_c(names[i])), ERR_OK);
    }
    assert_int_equal(files_get(b->f, b->r->c.mem, str_c(of_abc), &out), ERR_OK);
}

static void overwrite(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    (void)fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void test_tampered(void **state)
{
    static const char *const others[] = { "abd", "ab", "abcd", "" };
    struct box *b = *state;
    char path[256];
    str out;
    path_of(b, of_abc, path);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        assert_trip(b, STR("abc"), of_abc); /* putting it again heals it */
        overwrite(path, others[i]);
        assert_int_equal(files_get(b->f, b->r->c.mem, str_c(of_abc), &out), ERR_STORE);
    }
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/passwd", path), 0);
    assert_int_equal(files_get(b->f, b->r->c.mem, str_c(of_abc), &out), ERR_STORE);
}

static int count_temporary(struct box *b)
{
    char path[256];
    int n = 0;
    (void)snprintf(path, sizeof path, "%s/files/tmp", b->r->dir);
    DIR *d = opendir(path);
    assert_non_null(d);
    for (struct dirent *item; (item = readdir(d));) n += item->d_name[0] != '.';
    (void)closedir(d);
    return n;
}

static void test_leftovers(void **state)
{
    struct box *b = *state;
    struct files *again;
    char dead[256], alive[256], dir[96];
    str why;
    assert_trip(b, STR("abc"), of_abc);
    assert_int_equal(count_temporary(b), 0);
    (void)snprintf(dir, sizeof dir, "%s/files", b->r->dir);
    (void)snprintf(dead, sizeof dead, "%s/tmp/dead", dir);
    (void)snprintf(alive, sizeof alive, "%s/tmp/alive", dir);
    overwrite(dead, "half");
    overwrite(alive, "half");
    int fd = open(alive, O_WRONLY | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(files_open(b->r->a, dir, &again, &why), ERR_OK);
    files_close(again);
    assert_int_equal(count_temporary(b), 1);
    assert_int_equal(access(alive, F_OK), 0);
    (void)close(fd);
}

static void test_private(void **state)
{
    struct box *b = *state;
    struct stat st;
    char path[256];
    assert_trip(b, STR("abc"), of_abc);
    path_of(b, of_abc, path);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
}

static void test_no_folder(void **state)
{
    struct box *b = *state;
    struct files *f;
    str why = STR_NULL;
    assert_int_equal(files_open(b->r->a, "/nonexistent/files", &f, &why), ERR_STORE);
    assert_true(str_search(why, STR("/nonexistent/files")) < why.n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        { "contents come back under the name of their hash", test_trip, setup, teardown, NULL },
        { "what is not there is not found, and may be dropped", test_missing, setup, teardown, NULL },
        { "a name that is not a hash leads nowhere", test_names, setup, teardown, NULL },
        { "contents that do not fit the name are refused", test_tampered, setup, teardown, NULL },
        { "what a killed program left is removed, what a living one writes is not", test_leftovers, setup, teardown, NULL },
        { "files are nobody else's to read", test_private, setup, teardown, NULL },
        { "a folder that cannot be made is named", test_no_folder, setup, teardown, NULL },
    };
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
