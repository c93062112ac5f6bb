/* base/buf.c: amortised doubling with a ceiling. */
#include "base/buf.h"
#include "base/fault.h"
#include <stdio.h>
#include <stdlib.h>

static bool reserve(struct buf *b, size_t more)
{
    if (b->bad) return false;
    if (b->n > b->ceiling || more > b->ceiling - b->n) return b->bad = ERR_LIMIT, false;
    if (b->n + more <= b->room) return true;
    size_t room = b->room ? b->room : 256;
    while (room < b->n + more) room = room > b->ceiling / 2 ? b->ceiling : room * 2;
    char *p = fault_here() ? NULL : realloc(b->p, room);
    if (!p) return b->bad = ERR_NOMEM, false;
    b->p = p;
    b->room = room;
    return true;
}

void buf_add(struct buf *b, str s)
{
    if (s.n == 0 || !reserve(b, s.n)) return;
    memcpy(b->p + b->n, s.p, s.n);
    b->n += s.n;
}

void buf_char(struct buf *b, char c)
{
    if (b->n < b->room && !b->bad)
        b->p[b->n++] = c;
    else
        buf_add(b, (str){ &c, 1 });
}

char *buf_space(struct buf *b, size_t n)
{
    if (!reserve(b, n ? n : 1)) return NULL;
    char *at = b->p + b->n;
    b->n += n;
    return at;
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
    va_list args, again;
    va_start(args, fmt);
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    if (n < 0) b->bad = ERR_INPUT;
    /* One byte more than counted, because vsnprintf ends with a NUL. */
    if (n > 0 && reserve(b, (size_t)n + 1)) b->n += (size_t)vsnprintf(b->p + b->n, (size_t)n + 1, fmt, args);
    va_end(args);
}

void buf_release(struct buf *b)
{
    free(b->p);
    *b = (struct buf){ .ceiling = b->ceiling };
}

err buf_to_arena(struct buf *b, struct arena *a, str *out)
{
    err e = b->bad ? b->bad : arena_str(a, buf_str(b), out);
    buf_release(b);
    return e;
}
