/* rows.h: for tests that are tables: a failing row names itself and does not stop the next. Include before anything of cmocka's. */
#pragma once
#include "base/fault.h"
#include "base/str.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#undef fail /* base/call.h has a function of that name */

static int rows_failed;

#define ROW_CHECK(name, claim)                                                                     \
    do {                                                                                           \
        if (!(claim)) {                                                                            \
            print_error("row \"%s\": not true: %s (%s:%d)\n", (name), #claim, __FILE__, __LINE__); \
            rows_failed++;                                                                         \
        }                                                                                          \
    } while (0)
#define ROW_STR(name, got, want)                                                                                                           \
    do {                                                                                                                                   \
        str got_ = (got), want_ = (want);                                                                                                  \
        if (!str_eq(got_, want_)) {                                                                                                        \
            print_error("row \"%s\": got \"%.*s\", wanted \"%.*s\" (%s:%d)\n", (name), STR_ARG(got_), STR_ARG(want_), __FILE__, __LINE__); \
            rows_failed++;                                                                                                                 \
        }                                                                                                                                  \
    } while (0)
#define ROWS_END()                    \
    do {                              \
        int failed_ = rows_failed;    \
        rows_failed = 0;              \
        assert_int_equal(failed_, 0); \
    } while (0)

/* Runs step with the 1st, 2nd, … allocation failing until none is left to fail; each failure must be ERR_NOMEM. Without fault points the
 * step runs once. */
static inline void fault_loop(err (*step)(void))
{
#ifdef CHANCERY_FAULTS
    for (long n = 1;; n++) {
        fault_arm(n);
        err e = step();
        bool hit = fault_hit();
        fault_arm(0);
        assert_int_equal(e, hit ? ERR_NOMEM : ERR_OK);
        if (!hit) return;
        assert_true(n < 100000);
    }
#else
    assert_int_equal(step(), ERR_OK);
#endif
}
