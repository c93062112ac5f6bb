/* tests/unit/store/test_store_sqlite.c: what holds on both engines, on SQLite; and that readers which keep their transactions do not hold up the log. */
#include "behaviour.h"
#include "rig.h"
#include "base/log.h"
#include <sys/stat.h>

/* the log */

enum { ROUNDS = 40, LARGE = 1 << 20, LOG_MAX = 24 << 20 };

static err add_large(struct call *c)
{
    static char body[LARGE];
    int64_t n = 1;
    str name;
    TRY(arena_printf(c->mem, &name, "large %d", *(int *)c->state));
    return db_run(c, &rig_q[Q_ADD], name, (str){ body, sizeof body }, &n);
}

static off_t log_size(const struct rig *r)
{
    char path[256];
    struct stat st;
    (void)snprintf(path, sizeof path, "%s-wal", r->url + sizeof "sqlite:" - 1);
    return stat(path, &st) == 0 ? st.st_size : -1;
}

/* A reader sees the last commit each time, and the log starts anew though it is idle in its transaction in between. */
static void test_log(void **state)
{
    struct rig *r = *state;
    for (int i = 0; i < ROUNDS; i++) {
        struct call c = rig_call(4 << 20);
        c.state = &i;
        assert_int_equal(store_do(r->s, &c, TX_WRITE, add_large), ERR_OK);
        rig_call_end(&c);
        for (int again = 0; again < 3; again++) assert_int_equal(rig_count(r), i + 1);
    }
    off_t size = log_size(r);
    assert_true(size > 0);
    assert_true(size < LOG_MAX);
}

static int only_sqlite(void)
{
    const struct CMUnitTest tests[] = { { "idle readers do not hold up the log", test_log, rig_setup, rig_teardown, NULL } };
    return cmocka_run_group_tests_name("only sqlite", tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    if (argc == 4 && strcmp(argv[1], "--other") == 0) return behaviour_other_process(argv[2], argv[3]);
    int failed = behaviour_transactions();
    failed += behaviour_values();
    failed += behaviour_migrations();
    failed += behaviour_threads("/proc/self/exe");
    return failed + only_sqlite();
}
