/* base/call.c: records why a call failed. */
#include "base/call.h"

__attribute__((format(printf, 5, 0))) static err record(struct call *c, err code, int status, const char *where, const char *fmt, va_list args)
{
    if (c->why.code != ERR_OK) return code;
    c->why.code = code;
    c->why.status = status;
    if (where && arena_str(c->mem, str_c(where), &c->why.where) != ERR_OK) c->why.where = STR_NULL;
    /* Out of memory while saying so: the code alone has to do. */
    if (arena_vprintf(c->mem, &c->why.text, fmt, args) != ERR_OK) c->why.text = STR("out of memory");
    return code;
}

err fail(struct call *c, err code, const char *where, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err e = record(c, code, 0, where, fmt, args);
    va_end(args);
    return e;
}

err fail_status(struct call *c, err code, int status, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err e = record(c, code, status, NULL, fmt, args);
    va_end(args);
    return e;
}
