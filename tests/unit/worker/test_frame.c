/* tests/unit/worker/test_frame.c: what a frame may be, member by member. */
#include "base/fault.h"
#include "worker/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Runs every row; prints those that fail and fails once at the end. */
#define ROWS(table, good_of, row)                                               \
    do {                                                                        \
        int bad_ = 0;                                                           \
        for (size_t i_ = 0; i_ < COUNT_OF(table); i_++) {                       \
            const __typeof__(table[0]) *row = &table[i_];                       \
            if (!(good_of)) bad_++, print_error("row failed: %s\n", row->name); \
        }                                                                       \
        assert_int_equal(bad_, 0);                                              \
    } while (0)

/* heads */

static err head_of(const char *bytes, size_t n)
{
    struct frame f;
    size_t rest;
    return frame_head((str){ bytes, n }, &f, &rest);
}

/* length, version, message, id, deadline, zero. The messages' numbers are part of the protocol. */
static const struct {
    const char *name;
    unsigned char bytes[FRAME_HEAD];
    size_t n;
    err want;
} heads[] = {
    { "an empty stop is a head", { 0, 0, 0, 0, 1, 0, 6 }, 24, ERR_OK },
    { "an empty result is a head", { 0, 0, 0, 0, 1, 0, 5 }, 24, ERR_OK },
    { "23 bytes are none", { 0, 0, 0, 0, 1, 0, 6 }, 23, ERR_INPUT },
    { "another protocol version is refused", { 0, 0, 0, 0, 2, 0, 6 }, 24, ERR_INPUT },
    { "version 0 is refused", { 0, 0, 0, 0, 0, 0, 6 }, 24, ERR_INPUT },
    { "message 0 is refused", { 0, 0, 0, 0, 1, 0, 0 }, 24, ERR_INPUT },
    { "a message beyond the table is refused", { 0, 0, 0, 0, 1, 0, MSG__COUNT }, 24, ERR_INPUT },
    { "the high byte of the message counts", { 0, 0, 0, 0, 1, 0, 6, 1 }, 24, ERR_INPUT },
    { "the last four bytes are zero", { 0, 0, 0, 0, 1, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 }, 24, ERR_INPUT },
    { "a stop holds nothing", { 1, 0, 0, 0, 1, 0, 6 }, 24, ERR_LIMIT },
    { "a fork holds 64 KiB", { 0, 0, 1, 0, 1, 0, 1 }, 24, ERR_OK },
    { "and not a byte more", { 1, 0, 1, 0, 1, 0, 1 }, 24, ERR_LIMIT },
    { "a call holds 96 MiB", { 0, 0, 0, 6, 1, 0, 4 }, 24, ERR_OK },
    { "and not a byte more", { 1, 0, 0, 6, 1, 0, 4 }, 24, ERR_LIMIT },
    { "4 GiB are refused", { 255, 255, 255, 255, 1, 0, 5 }, 24, ERR_LIMIT },
};

static void test_heads(void **state)
{
    (void)state;
    ROWS(heads, head_of((const char *)row->bytes, row->n) == row->want, row);
}

static void test_head_values(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF(1000);
    frame_begin(&b, MSG_CALL, 0x1122334455667788, 60000);
    frame_u64(&b, TAG_OP, OP_SET);
    assert_int_equal(frame_end(&b), ERR_OK);
    struct frame f;
    size_t rest;
    assert_int_equal(frame_head((str){ b.p, FRAME_HEAD }, &f, &rest), ERR_OK);
    assert_int_equal(f.message, MSG_CALL);
    assert_int_equal(f.id, 0x1122334455667788);
    assert_int_equal(f.deadline_ms, 60000);
    assert_int_equal(rest, 16);
    frame_stamp(&b, 7, 8);
    assert_int_equal(frame_head((str){ b.p, FRAME_HEAD }, &f, &rest), ERR_OK);
    assert_int_equal(f.id, 7);
    assert_int_equal(f.deadline_ms, 8);
    assert_int_equal(rest, 16);
}

/* members */

#define BYTES(lit)           \
    {                        \
        lit, sizeof(lit) - 1 \
    }
#define U64(low) BYTES(low "\0\0\0\0\0\0\0")

struct member {
    unsigned tag;
    struct {
        const char *p;
        size_t n;
    } value;
};
static const struct {
    const char *name;
    enum message message;
    err want;
    struct member members[3];
} members[] = {
    { "a call with its operation", MSG_CALL, ERR_OK, { { TAG_OP, U64("\1") } } },
    { "a call without one", MSG_CALL, ERR_INPUT, { { 0 } } },
    { "operation 0", MSG_CALL, ERR_INPUT, { { TAG_OP, U64("\0") } } },
    { "an operation beyond the table", MSG_CALL, ERR_INPUT, { { TAG_OP, U64("\377") } } },
    { "a number of 4 bytes", MSG_CALL, ERR_INPUT, { { TAG_OP, BYTES("\1\0\0\0") } } },
    { "a number of no bytes", MSG_CALL, ERR_INPUT, { { TAG_OP, BYTES("") } } },
    { "the operation twice", MSG_CALL, ERR_INPUT, { { TAG_OP, U64("\1") }, { TAG_OP, U64("\1") } } },
    { "a tag beyond the table", MSG_READY, ERR_INPUT, { { TAG__COUNT, BYTES("") } } },
    { "the largest tag", MSG_READY, ERR_INPUT, { { 0xffff, BYTES("") } } },
    { "a result's tag in a call", MSG_CALL, ERR_INPUT, { { TAG_OP, U64("\1") }, { TAG_OUTCOME, U64("\1") } } },
    { "a result without an outcome", MSG_RESULT, ERR_INPUT, { { TAG_JSON, BYTES("{}") } } },
    { "an outcome beyond the table", MSG_RESULT, ERR_INPUT, { { TAG_OUTCOME, U64("\377") } } },
    { "notes in UTF-8", MSG_READY, ERR_OK, { { TAG_NOTES, BYTES("\303\244") } } },
    { "notes in Latin-1", MSG_READY, ERR_INPUT, { { TAG_NOTES, BYTES("\344") } } },
    { "notes twice", MSG_READY, ERR_INPUT, { { TAG_NOTES, BYTES("a") }, { TAG_NOTES, BYTES("b") } } },
    { "log lines twice", MSG_RESULT, ERR_OK, { { TAG_OUTCOME, U64("\1") }, { TAG_LOG, BYTES("a") }, { TAG_LOG, BYTES("b") } } },
    { "a body of any bytes", MSG_RESULT, ERR_OK, { { TAG_OUTCOME, U64("\1") }, { TAG_BODY, BYTES("\377\0") } } },
    { "a title of any bytes", MSG_RESULT, ERR_INPUT, { { TAG_OUTCOME, U64("\1") }, { TAG_TITLE, BYTES("\377\0") } } },
    { "a hash of 32 bytes", MSG_RESULT, ERR_OK, { { TAG_OUTCOME, U64("\1") }, { TAG_INTERVIEW_HASH, BYTES("0123456789abcdef0123456789abcdef") } } },
    { "a hash of 31", MSG_RESULT, ERR_LIMIT, { { TAG_OUTCOME, U64("\1") }, { TAG_INTERVIEW_HASH, BYTES("0123456789abcdef0123456789abcde") } } },
    { "a package without a name", MSG_FORK, ERR_LIMIT, { { TAG_PACKAGE, { "", 0 } } } },
    { "two folders", MSG_FORK, ERR_OK, { { TAG_PACKAGE, BYTES("p") }, { TAG_FOLDERS, BYTES("/a") }, { TAG_FOLDERS, BYTES("/b") } } },
    { "process 0", MSG_FORKED, ERR_INPUT, { { TAG_PID, U64("\0") } } },
    { "process 1", MSG_FORKED, ERR_OK, { { TAG_PID, U64("\1") } } },
    { "an end without a process", MSG_ENDED, ERR_INPUT, { { 0 } } },
    { "a flag that is 1", MSG_CALL, ERR_OK, { { TAG_OP, U64("\1") }, { TAG_RAW, U64("\1") } } },
    { "a flag that is 2", MSG_CALL, ERR_INPUT, { { TAG_OP, U64("\1") }, { TAG_RAW, U64("\2") } } },
};

static err check_of(enum message m, const char *p, size_t n) { return frame_check(&(struct frame){ .message = m, .members = { p, n } }); }

static err check_members(enum message m, const struct member *v)
{
    CLEANUP(buf_release) struct buf b = BUF(1000);
    frame_begin(&b, m, 1, 0);
    for (size_t i = 0; i < 3 && v[i].tag; i++) frame_str(&b, (enum tag)v[i].tag, (str){ v[i].value.p, v[i].value.n });
    if (frame_end(&b) != ERR_OK) return ERR_NOMEM;
    return check_of(m, b.p + FRAME_HEAD, b.n - FRAME_HEAD);
}

static void test_members(void **state)
{
    (void)state;
    ROWS(members, check_members(row->message, row->members) == row->want, row);
}

/* Behind a head of MSG_READY; # stands for the tag of its notes. */
static const struct {
    const char *name;
    struct {
        const char *p;
        size_t n;
    } bytes;
    err want;
} shapes[] = {
    { "no members", BYTES(""), ERR_OK },
    { "one member", BYTES("#\0\0\0\4\0\0\0abcd"), ERR_OK },
    { "tag 0", BYTES("\0\0\0\0\0\0\0\0"), ERR_INPUT },
    { "two bytes that are not zero", BYTES("#\0\1\0\0\0\0\0"), ERR_INPUT },
    { "half a member's head", BYTES("#\0\0\0\0"), ERR_INPUT },
    { "a length one beyond the frame", BYTES("#\0\0\0\5\0\0\0abcd"), ERR_INPUT },
    { "a length near 4 GiB", BYTES("#\0\0\0\377\377\377\377abcd"), ERR_INPUT },
    { "bytes behind the last member", BYTES("#\0\0\0\4\0\0\0abcdx"), ERR_INPUT },
};

static err check_shape(const char *p, size_t n)
{
    char bytes[64];
    for (size_t i = 0; i < n; i++) bytes[i] = (char)(p[i] == '#' ? TAG_NOTES : p[i]);
    return check_of(MSG_READY, bytes, n);
}

static void test_shapes(void **state)
{
    (void)state;
    ROWS(shapes, check_shape(row->bytes.p, row->bytes.n) == row->want, row);
}

/* whole frames */

static err write_result(struct buf *b)
{
    frame_begin(b, MSG_RESULT, 9, 0);
    frame_u64(b, TAG_OUTCOME, OUT_QUESTION);
    frame_str(b, TAG_JSON, STR("{}"));
    frame_str(b, TAG_TITLE, STR_NULL);
    frame_str(b, TAG_LOG, STR("one"));
    frame_str(b, TAG_LOG, STR(""));
    frame_str(b, TAG_LOG, STR("three"));
    return frame_end(b);
}

static void read_back(const struct buf *b, struct frame *f)
{
    size_t rest;
    assert_int_equal(frame_head((str){ b->p, FRAME_HEAD }, f, &rest), ERR_OK);
    assert_int_equal(rest, b->n - FRAME_HEAD);
    f->members = (str){ b->p + FRAME_HEAD, rest };
    assert_int_equal(frame_check(f), ERR_OK);
}

static void test_what_is_written_is_read(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF(1000);
    struct frame f;
    assert_int_equal(write_result(&b), ERR_OK);
    read_back(&b, &f);
    assert_int_equal(frame_get_u64(&f, TAG_OUTCOME, 99), OUT_QUESTION);
    assert_int_equal(frame_get_u64(&f, TAG_SAVE, 99), 99);
    assert_true(str_is(frame_get(&f, TAG_JSON), "{}"));
    assert_true(str_absent(frame_get(&f, TAG_TITLE)));
    assert_true(str_is(frame_get(&f, TAG_LOG), "one"));
    enum tag t;
    str v = STR_NULL;
    static const char *const lines[] = { "one", "", "three" };
    size_t n = 0;
    for (size_t at = 0; frame_next(&f, &at, &t, &v);)
        if (t == TAG_LOG) assert_true(n < COUNT_OF(lines) && str_is(v, lines[n++]));
    assert_int_equal(n, 3);
}

static void test_a_frame_may_grow_after_its_end(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF(1000);
    struct frame f;
    assert_int_equal(write_result(&b), ERR_OK);
    frame_u64(&b, TAG_LAST, 1);
    assert_int_equal(frame_end(&b), ERR_OK);
    read_back(&b, &f);
    assert_int_equal(frame_get_u64(&f, TAG_LAST, 0), 1);
}

static void test_the_ceiling_sticks(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF(FRAME_HEAD + 20);
    assert_int_equal(write_result(&b), ERR_LIMIT);
}

static void test_no_allocation_may_fail_unnoticed(void **state)
{
    (void)state;
#ifdef CHANCERY_FAULTS
    for (long n = 1;; n++) {
        CLEANUP(buf_release) struct buf b = BUF(1000);
        fault_arm(n);
        err e = write_result(&b);
        bool fired = fault_hit();
        fault_arm(0);
        assert_int_equal(e, fired ? ERR_NOMEM : ERR_OK);
        if (!fired) return;
    }
#endif
}

static const struct {
    const char *name;
    enum message message;
    enum frame_side side;
    bool want;
} sides[] = {
    { "the server forks", MSG_FORK, SIDE_SERVER, true },         { "a worker does not", MSG_FORK, SIDE_WORKER, false },
    { "the zygote has forked", MSG_FORKED, SIDE_ZYGOTE, true },  { "a worker has not", MSG_FORKED, SIDE_WORKER, false },
    { "a worker is ready", MSG_READY, SIDE_WORKER, true },       { "the zygote is not", MSG_READY, SIDE_ZYGOTE, false },
    { "the server calls", MSG_CALL, SIDE_SERVER, true },         { "a worker does not", MSG_CALL, SIDE_WORKER, false },
    { "a worker answers", MSG_RESULT, SIDE_WORKER, true },       { "the server does not", MSG_RESULT, SIDE_SERVER, false },
    { "the server stops", MSG_STOP, SIDE_SERVER, true },         { "a worker does not", MSG_STOP, SIDE_WORKER, false },
    { "the zygote reports ends", MSG_ENDED, SIDE_ZYGOTE, true }, { "a worker does not", MSG_ENDED, SIDE_WORKER, false },
};

static void test_sides(void **state)
{
    (void)state;
    ROWS(sides, frame_from(&(struct frame){ .message = row->message }, row->side) == row->want, row);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_head_values),
        cmocka_unit_test(test_members),
        cmocka_unit_test(test_shapes),
        cmocka_unit_test(test_what_is_written_is_read),
        cmocka_unit_test(test_a_frame_may_grow_after_its_end),
        cmocka_unit_test(test_the_ceiling_sticks),
        cmocka_unit_test(test_no_allocation_may_fail_unnoticed),
        cmocka_unit_test(test_sides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
