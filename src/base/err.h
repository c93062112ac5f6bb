/* base/err.h: the one error type, and the macros that carry it upwards.
 *
 * Errors are values. The cause is recorded once, where it is known (fail() in base/call.h); one table in route/ makes
 * them HTTP. Three kinds stay apart: a caller's mistake (fail), trouble below us (ERR_STORE, ERR_NOMEM, ERR_WORKER), and
 * our own bug (assert, never for input). */
#pragma once

typedef enum err {
    ERR_OK,
    ERR_INPUT,     /* the caller's text, body or parameter is wrong */
    ERR_ANONYMOUS, /* no credentials, or wrong ones */
    ERR_FORBIDDEN, /* known caller, not allowed */
    ERR_NOT_FOUND, /* no such thing */
    ERR_CONFLICT,  /* the thing changed, or exists already */
    ERR_LIMIT,     /* too much, too many, too often; retry later */
    ERR_NOMEM,     /* out of memory, or at the arena's ceiling */
    ERR_STORE,     /* database, disk or files */
    ERR_WORKER,    /* the interview process failed or ran out of its limits */
    ERR_BUSY,      /* a bounded queue is full, or we are stopping: 503 */
    ERR__COUNT
} err;

#define MUST_CHECK __attribute__((warn_unused_result))

/* Leaves the function with the error of expr, if it has one. */
#define TRY(expr)                    \
    do {                             \
        err e_ = (expr);             \
        if (e_ != ERR_OK) return e_; \
    } while (0)

/* For a MUST_CHECK call whose failure changes nothing here; say why beside it. */
#define IGNORE(expr) \
    do {             \
        if (expr) {  \
        }            \
    } while (0)

/* Scope-bound clean-up: CLEANUP(fd_close) int fd = -1; */
#define CLEANUP(fn) __attribute__((cleanup(fn)))

#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))

/* The enumerator's name without ERR_, lower case, for logs: "input". Never NULL. */
const char *err_name(err e);
