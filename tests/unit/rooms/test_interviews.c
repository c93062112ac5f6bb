/* tests/unit/rooms/test_interviews.c: steps at rest, wrapped keys, names, locks (docassemble-api 5.2 and 6). */
#include "rooms/interviews/interviews_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const uint8_t key[CRYPTO_KEY] = "0123456789abcdef0123456789abcde";
static const char hash_bytes[33] = "HHHHHHHHHHHHHHHHHHHHHHHHHHHHHHHH";
#define HASH ((str){ hash_bytes, 32 })
#define SESSION STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef")

static str long_text(struct arena *mem, char change)
{
    char *p = NEW_N(mem, char, 20000);
    assert_non_null(p);
    for (int i = 0; i < 20000; i++) p[i] = (char)('a' + (i * 7 + i / 13) % 26);
    p[10000] = change;
    return (str){ p, 20000 };
}

static void a_step_comes_back_as_it_was(void **state)
{
    (void)state;
    static const size_t sizes[] = { 0, 1, 16, 255, 20000 };
    for (size_t k = 0; k < COUNT_OF(sizes); k++) {
        struct arena *mem = arena_new(8 << 20);
        str text = str_head(long_text(mem, '!'), sizes[k]), blob, back;
        assert_int_equal(step_seal(mem, key, SESSION, 3, HASH, 0, STR_NULL, text, &blob), ERR_OK);
        assert_int_equal(step_open(mem, key, SESSION, 3, STR_NULL, blob, &back), ERR_OK);
        assert_true(str_eq(text, back));
        arena_free(mem);
    }
}

static void a_difference_to_the_keyframe_is_small(void **state)
{
    (void)state;
    struct arena *mem = arena_new(8 << 20);
    str base = long_text(mem, '!'), next = long_text(mem, '?'), blob, back;
    struct step_head head;
    assert_int_equal(step_seal(mem, key, SESSION, 9, HASH, 4, base, next, &blob), ERR_OK);
    assert_true(blob.n < 300);
    assert_int_equal(step_head_read(blob, &head), ERR_OK);
    assert_int_equal(head.base, 4);
    assert_true(str_eq(head.hash, HASH));
    assert_int_equal(step_open(mem, key, SESSION, 9, base, blob, &back), ERR_OK);
    assert_true(str_eq(next, back));
    arena_free(mem);
}

/* What packs is kept by the thread: one step's text must neither help nor harm the next one's. */
static void steps_know_nothing_of_each_other(void **state)
{
    (void)state;
    struct arena *mem = arena_new(32 << 20);
    str base = long_text(mem, '!'), next = long_text(mem, '?'), first, again, alone, back;
    char *many = NEW_N(mem, char, 400000);
    assert_non_null(many);
    for (size_t i = 0; i < 400000; i++) many[i] = base.p[i % base.n]; /* too large for what is kept */
    str large = { many, 400000 };
    assert_int_equal(step_seal(mem, key, SESSION, 9, HASH, 0, STR_NULL, next, &first), ERR_OK);
    for (int round = 0; round < 3; round++) {
        str other = round == 2 ? large : base;
        assert_int_equal(step_seal(mem, key, SESSION, 9, HASH, 4, other, next, &again), ERR_OK);
        assert_int_equal(step_open(mem, key, SESSION, 9, other, again, &back), ERR_OK);
        assert_true(str_eq(next, back));
        assert_int_not_equal(step_open(mem, key, SESSION, 9, STR_NULL, again, &back), ERR_OK); /* and the failure must not stick */
        assert_int_equal(step_seal(mem, key, SESSION, 9, HASH, 0, STR_NULL, next, &alone), ERR_OK);
        assert_int_equal(alone.n, first.n);
        assert_int_equal(step_open(mem, key, SESSION, 9, STR_NULL, alone, &back), ERR_OK);
        assert_true(str_eq(next, back));
    }
    arena_free(mem);
}

static void nothing_else_opens_a_step(void **state)
{
    (void)state;
    struct arena *mem = arena_new(8 << 20);
    str blob, back;
    uint8_t other[CRYPTO_KEY] = "another key, just as long, no!!";
    assert_int_equal(step_seal(mem, key, SESSION, 3, HASH, 0, STR_NULL, STR("answers"), &blob), ERR_OK);
    assert_int_equal(step_open(mem, other, SESSION, 3, STR_NULL, blob, &back), ERR_INPUT);
    assert_int_equal(step_open(mem, key, SESSION, 4, STR_NULL, blob, &back), ERR_INPUT);
    assert_int_equal(step_open(mem, key, STR("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdeX"), 3, STR_NULL, blob, &back), ERR_INPUT);
    /* Every single byte counts, the plain header's too. */
    for (size_t at = 0; at < blob.n; at++) {
        char *copy = arena_z(mem, blob);
        copy[at] = (char)(copy[at] ^ 1);
        assert_int_not_equal(step_open(mem, key, SESSION, 3, STR_NULL, (str){ copy, blob.n }, &back), ERR_OK);
    }
    for (size_t n = 0; n < blob.n; n++) assert_int_not_equal(step_open(mem, key, SESSION, 3, STR_NULL, str_head(blob, n), &back), ERR_OK);
    arena_free(mem);
}

static int hex(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

/* Steps as earlier versions of the program wrote them, one file per format and codec, must always be readable. */
static void samples_of_every_format_are_readable(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        str prefix, text;
    } samples[] = {
        { "step-1-zstd.hex", STR_NULL, STR("a small snapshot") },
        { "step-1-zstd-prefix.hex", STR("the keyframe before: a small snapshot"), STR("the keyframe before: a small snapshot, changed") },
    };
    for (size_t k = 0; k < COUNT_OF(samples); k++) {
        struct arena *mem = arena_new(1 << 20);
        char path[512], line[4096];
        (void)snprintf(path, sizeof path, "%s/%s", SAMPLES, samples[k].file);
        FILE *f = fopen(path, "re");
        assert_non_null(f);
        assert_non_null(fgets(line, sizeof line, f));
        (void)fclose(f);
        size_t n = strcspn(line, "\n") / 2;
        for (size_t i = 0; i < n; i++) line[i] = (char)(hex(line[2 * i]) << 4 | hex(line[2 * i + 1]));
        str back;
        assert_int_equal(step_open(mem, key, SESSION, 2, samples[k].prefix, (str){ line, n }, &back), ERR_OK);
        assert_true(str_eq(back, samples[k].text));
        arena_free(mem);
    }
}

static void a_key_opens_under_its_secret_only(void **state)
{
    (void)state;
    struct arena *mem = arena_new(1 << 20);
    struct interviews r = { 0 };
    crypto_random(r.key, sizeof r.key);
    static const struct {
        const char *name;
        str wrapped_under, tried;
        err want;
    } rows[] = {
        { "the right secret", STR("5f4dcc3b5aa765d6"), STR("5f4dcc3b5aa765d6"), ERR_OK },
        { "another one", STR("5f4dcc3b5aa765d6"), STR("5f4dcc3b5aa765d7"), ERR_INPUT },
        { "none for a sealed session", STR("5f4dcc3b5aa765d6"), STR_NULL, ERR_INPUT },
        { "multi-user needs none", STR_NULL, STR_NULL, ERR_OK },
        { "a secret does not open what none opens", STR_NULL, STR(""), ERR_INPUT },
    };
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        str wrapped;
        uint8_t out[CRYPTO_KEY];
        assert_int_equal(session_key_wrap(mem, &r, SESSION, rows[k].wrapped_under, key, &wrapped), ERR_OK);
        err e = session_key_unwrap(&r, SESSION, rows[k].tried, wrapped, out);
        if (e != rows[k].want) fail_msg("%s: %s", rows[k].name, err_name(e));
        if (!e) assert_memory_equal(out, key, sizeof out);
    }
    arena_free(mem);
}

static void interview_names_stay_in_their_packages(void **state)
{
    (void)state;
    static const struct {
        const char *name, *package; /* NULL: refused */
    } rows[] = {
        { "docassemble.demo:data/questions/a.yml", "docassemble.demo" },
        { "docassemble.demo:a.yml", "docassemble.demo" },
        { "docassemble.demo:data/questions/two words.yml", "docassemble.demo" },
        { "demo:a.yml", NULL },
        { "docassemble.demo", NULL },
        { "docassemble.demo:", NULL },
        { "docassemble.demo:/etc/passwd", NULL },
        { "docassemble.demo:data/../../x.yml", NULL },
        { "docassemble.demo:a\nb.yml", NULL },
        { "docassemble.de/mo:a.yml", NULL },
        { "docassemble.demo:a:b.yml", NULL },
        { "docassemble.demo:na\xC3\xAFve.yml", NULL },
    };
    for (size_t k = 0; k < COUNT_OF(rows); k++) {
        str package = STR_NULL;
        err e = interview_package(str_c(rows[k].name), &package);
        if ((e == ERR_OK) != (rows[k].package != NULL) || (!e && !str_is(package, rows[k].package))) fail_msg("%s: %s", rows[k].name, err_name(e));
    }
}

struct turn {
    struct session_locks *l;
    int *inside, *most;
};
static void *take_turns(void *arg)
{
    struct turn *t = arg;
    for (int k = 0; k < 200; k++) {
        assert_int_equal(session_lock(t->l, SESSION, 60000), ERR_OK);
        if (++*t->inside > *t->most) *t->most = *t->inside;
        --*t->inside;
        session_unlock(t->l, SESSION);
    }
    return NULL;
}

static void one_call_at_a_time_on_a_session(void **state)
{
    (void)state;
    int inside = 0, most = 0;
    struct turn t = { session_locks_new(8), &inside, &most };
    pthread_t threads[8];
    for (size_t k = 0; k < COUNT_OF(threads); k++) assert_int_equal(pthread_create(&threads[k], NULL, take_turns, &t), 0);
    for (size_t k = 0; k < COUNT_OF(threads); k++) assert_int_equal(pthread_join(threads[k], NULL), 0);
    assert_int_equal(most, 1);
    session_locks_free(t.l);
}

static void a_lock_that_stays_held_is_not_waited_for_for_ever(void **state)
{
    (void)state;
    struct session_locks *l = session_locks_new(4);
    assert_int_equal(session_lock(l, SESSION, 0), ERR_OK);
    assert_int_equal(session_lock(l, SESSION, 0), ERR_BUSY);
    assert_int_equal(session_lock(l, STR("another session"), 0), ERR_OK);
    session_unlock(l, SESSION);
    assert_int_equal(session_lock(l, SESSION, 0), ERR_OK);
    session_unlock(l, SESSION);
    session_unlock(l, STR("another session"));
    session_locks_free(l);
}

static void nobody_waits_where_too_many_do(void **state)
{
    (void)state;
    struct session_locks *l = session_locks_new(0);
    assert_int_equal(session_lock(l, SESSION, 0), ERR_OK);
    assert_int_equal(session_lock(l, SESSION, 3600000), ERR_BUSY); /* at once */
    session_unlock(l, SESSION);
    session_locks_free(l);
}

static void warm_is_remembered_by_the_whole_id(void **state)
{
    (void)state;
    struct warm_table *t = warm_new();
    struct warm w;
    assert_false(warm_find(t, SESSION, &w));
    warm_keep(t, SESSION, (struct warm){ 7, 42 });
    assert_true(warm_find(t, SESSION, &w));
    assert_int_equal(w.version, 7);
    assert_int_equal(w.number, 42);
    assert_false(warm_find(t, str_head(SESSION, 31), &w));
    warm_forget(t, SESSION);
    assert_false(warm_find(t, SESSION, &w));
    warm_free(t);
}

int main(void)
{
    if (crypto_init() != ERR_OK) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_comes_back_as_it_was),
        cmocka_unit_test(a_difference_to_the_keyframe_is_small),
        cmocka_unit_test(steps_know_nothing_of_each_other),
        cmocka_unit_test(nothing_else_opens_a_step),
        cmocka_unit_test(samples_of_every_format_are_readable),
        cmocka_unit_test(a_key_opens_under_its_secret_only),
        cmocka_unit_test(interview_names_stay_in_their_packages),
        cmocka_unit_test(one_call_at_a_time_on_a_session),
        cmocka_unit_test(a_lock_that_stays_held_is_not_waited_for_for_ever),
        cmocka_unit_test(nobody_waits_where_too_many_do),
        cmocka_unit_test(warm_is_remembered_by_the_whole_id),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
