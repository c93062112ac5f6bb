/* base/err.c: names of the error values, for logs and tests. */
#include "base/err.h"

static const char *const names[ERR__COUNT] = {
    [ERR_OK] = "ok",
    [ERR_INPUT] = "input",
    [ERR_ANONYMOUS] = "anonymous",
    [ERR_FORBIDDEN] = "forbidden",
    [ERR_NOT_FOUND] = "not_found",
    [ERR_CONFLICT] = "conflict",
    [ERR_LIMIT] = "limit",
    [ERR_NOMEM] = "nomem",
    [ERR_STORE] = "store",
    [ERR_WORKER] = "worker",
    [ERR_BUSY] = "busy",
};

const char *err_name(err e) { return (unsigned)e < ERR__COUNT ? names[e] : "unknown"; }
