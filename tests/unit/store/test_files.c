/* tests/unit/store/test_files.c: files come back as they were put, or not at all. */
#include "rig.h"
#include "base/log.h"
#include "crypto/crypto.h"
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
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

/* collecting: what nothing names goes, and nothing else */

enum { KEEP_S = 60 };

/* Contents that somebody names, as rows would. */
struct names {
    struct box *b;
    pthread_mutex_t lock;
    char name[8][FILES_NAME];
    int of[8]; /* rows that name it */
    size_t n;
    int putting;        /* who has begun to put and does not name yet: a file that they count on must not be made old */
    str put_when_asked; /* by somebody else, in that moment */
    int asked;
    bool stop;
};

static err is_named(void *arg, const char (*names)[FILES_NAME], size_t n, bool *out)
{
    struct names *w = arg;
    char unused[FILES_NAME];
    (void)pthread_mutex_lock(&w->lock);
    w->asked++;
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < w->n; k++) out[i] |= w->of[k] > 0 && memcmp(w->name[k], names[i], FILES_NAME) == 0;
    (void)pthread_mutex_unlock(&w->lock);
    return str_absent(w->put_when_asked) ? ERR_OK : files_put(w->b->f, w->put_when_asked, unused);
}

static bool is_stopped(void *arg) { return ((struct names *)arg)->stop; }

static err collect(struct names *w, unsigned *at, int64_t *gone)
{
    return files_collect(w->b->f, &(struct files_collect){ KEEP_S, w, is_named, is_stopped }, at, gone);
}

static void make_old(struct box *b, const char *name)
{
    char path[256];
    struct timespec long_ago[2] = { { .tv_sec = 1000 }, { .tv_sec = 1000 } };
    path_of(b, name, path);
    (void)utimensat(AT_FDCWD, path, long_ago, 0); /* it may be gone */
}

static bool is_there(struct box *b, const char *name)
{
    str out;
    return files_get(b->f, b->r->c.mem, (str){ name, FILES_NAME }, &out) == ERR_OK;
}

#define NAMES(box)                                    \
    {                                                 \
        .b = (box), .lock = PTHREAD_MUTEX_INITIALIZER \
    }

static void test_collect(void **state)
{
    struct box *b = *state;
    struct names w = NAMES(b);
    char old[40][FILES_NAME], young[FILES_NAME];
    unsigned at = 0;
    int64_t gone = 0;
    for (size_t i = 0; i < COUNT_OF(old); i++) {
        str text;
        assert_int_equal(arena_printf(b->r->a, &text, "old %zu", i), ERR_OK);
        assert_int_equal(files_put(b->f, text, old[i]), ERR_OK);
        make_old(b, old[i]);
    }
    assert_int_equal(files_put(b->f, STR("young"), young), ERR_OK);
    memcpy(w.name[0], old[7], FILES_NAME);
    w.of[0] = 1;
    w.n = 1;
    assert_int_equal(collect(&w, &at, &gone), ERR_OK);
    assert_int_equal(gone, COUNT_OF(old) - 1);
    assert_true(is_there(b, young));
    for (size_t i = 0; i < COUNT_OF(old); i++) assert_int_equal(is_there(b, old[i]), i == 7);
    assert_int_equal(collect(&w, &at, &gone), ERR_OK);
    assert_int_equal(gone, COUNT_OF(old) - 1);
}

static void test_put_while_asked(void **state)
{
    struct box *b = *state;
    struct names w = NAMES(b);
    unsigned at = 0;
    int64_t gone = 0;
    assert_trip(b, STR("abc"), of_abc);
    make_old(b, of_abc);
    w.put_when_asked = STR("abc");
    assert_int_equal(collect(&w, &at, &gone), ERR_OK);
    assert_int_equal(w.asked, 1);
    assert_int_equal(gone, 0);
    assert_true(is_there(b, of_abc));
}

static void test_held(void **state)
{
    struct box *b = *state;
    struct names w = NAMES(b);
    char dir[96];
    unsigned at = 0;
    int64_t gone = 0;
    int fd;
    (void)snprintf(dir, sizeof dir, "%s/files", b->r->dir);
    assert_trip(b, STR("abc"), of_abc);
    assert_trip(b, STR("another"), NULL); /* putting does not wait */
    make_old(b, of_abc);
    assert_int_equal(files_hold(dir, &fd), ERR_OK);
    assert_trip(b, STR("a third"), NULL);
    assert_int_equal(collect(&w, &at, &gone), ERR_BUSY);
    assert_int_equal(at, 0xbd);
    assert_true(is_there(b, of_abc));
    (void)close(fd);
    assert_int_equal(collect(&w, &at, &gone), ERR_OK);
    assert_int_equal(gone, 1);
    assert_false(is_there(b, of_abc));
    (void)snprintf(dir, sizeof dir, "%s/nowhere", b->r->dir);
    assert_int_equal(files_hold(dir, &fd), ERR_OK);
    assert_int_equal(fd, -1);
}

struct putter {
    struct box *b;
    atomic_bool done;
};

static void *put_abc(void *arg)
{
    struct putter *p = arg;
    char unused[FILES_NAME];
    err e = files_put(p->b->f, STR("abc"), unused);
    atomic_store(&p->done, true);
    return e ? arg : NULL;
}

/* Else a file could be found whole, and go right after that. */
static void test_put_waits(void **state)
{
    struct box *b = *state;
    struct putter p = { .b = b };
    pthread_t t;
    char path[96];
    void *failed;
    assert_trip(b, STR("abc"), of_abc);
    (void)snprintf(path, sizeof path, "%s/files/lock", b->r->dir);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    assert_int_equal(pthread_create(&t, NULL, put_abc, &p), 0);
    (void)usleep(50000);
    assert_false(atomic_load(&p.done));
    (void)close(fd);
    (void)pthread_join(t, &failed);
    assert_null(failed);
}

static void test_stopped(void **state)
{
    struct box *b = *state;
    struct names w = NAMES(b);
    unsigned at = 0xbd;
    int64_t gone = 0;
    assert_trip(b, STR("abc"), of_abc);
    make_old(b, of_abc);
    w.stop = true;
    assert_int_equal(collect(&w, &at, &gone), ERR_BUSY);
    assert_int_equal(at, 0xbd);
    w.stop = false;
    assert_int_equal(collect(&w, &at, &gone), ERR_OK);
    assert_int_equal(gone, 1);
}

/* Threads put the same few contents, name them, find them, and let them go again, as old as can be. */
enum { RACERS = 4, ROUNDS = 400 };

struct racer {
    struct names *w;
    int lost;
};
static atomic_int racing;

static void begin(struct names *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->putting++;
    (void)pthread_mutex_unlock(&w->lock);
}

static void name(struct names *w, size_t k, const char *as)
{
    (void)pthread_mutex_lock(&w->lock);
    memcpy(w->name[k], as, FILES_NAME);
    w->of[k]++;
    w->putting--;
    (void)pthread_mutex_unlock(&w->lock);
}

static void unname(struct names *w, size_t k)
{
    (void)pthread_mutex_lock(&w->lock);
    w->of[k]--;
    if (!w->putting) make_old(w->b, w->name[k]);
    (void)pthread_mutex_unlock(&w->lock);
}

static void *race(void *arg)
{
    struct racer *r = arg;
    static const str contents[] = { STR("one"), STR("two"), STR("three") };
    for (size_t i = 0; i < ROUNDS; i++) {
        char put[FILES_NAME];
        size_t k = i % COUNT_OF(contents);
        struct arena *mem = arena_new(64 * 1024);
        str out;
        begin(r->w);
        if (!mem || files_put(r->w->b->f, contents[k], put) != ERR_OK) r->lost += 1000;
        name(r->w, k, put);
        r->lost += files_get(r->w->b->f, mem, (str){ put, FILES_NAME }, &out) != ERR_OK;
        unname(r->w, k);
        arena_free(mem);
    }
    (void)atomic_fetch_sub(&racing, 1);
    return NULL;
}

static void test_race(void **state)
{
    struct box *b = *state;
    struct names w = NAMES(b);
    struct racer all[RACERS];
    pthread_t t[RACERS];
    unsigned at = 0;
    int64_t gone = 0;
    w.n = 3;
    atomic_store(&racing, RACERS);
    for (size_t i = 0; i < RACERS; i++) {
        all[i] = (struct racer){ &w, 0 };
        assert_int_equal(pthread_create(&t[i], NULL, race, &all[i]), 0);
    }
    while (atomic_load(&racing)) {
        err e = collect(&w, &at, &gone);
        assert_true(e == ERR_OK || e == ERR_BUSY);
        if (e == ERR_BUSY) at++; /* one whose folder is busy all the time stops nobody */
    }
    for (size_t i = 0; i < RACERS; i++) {
        (void)pthread_join(t[i], NULL);
        assert_int_equal(all[i].lost, 0);
    }
    for (size_t k = 0; k < w.n; k++) make_old(b, w.name[k]);
    at = 0;
    assert_int_equal(collect(&w, &at, &gone), ERR_OK);
    assert_true(gone > 0); /* now at the latest: nothing names them */
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
        { "what nothing names goes when it is old, and nothing else", test_collect, setup, teardown },
        { "what is put while the rows are asked stays", test_put_while_asked, setup, teardown },
        { "nothing goes while somebody holds the files", test_held, setup, teardown },
        { "who puts a file waits while others go", test_put_waits, setup, teardown },
        { "told to stop, it goes on there the next time", test_stopped, setup, teardown },
        { "nothing that is named ever goes", test_race, setup, teardown },
        { "a folder that cannot be made is named", test_no_folder, setup, teardown, NULL },
    };
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    return cmocka_run_group_tests_name("files", tests, NULL, NULL);
}
