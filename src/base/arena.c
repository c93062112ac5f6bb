/* base/arena.c: a chain of blocks, each twice the size of the one before; large requests get a block of their own. */
#include "base/arena.h"
#include "base/fault.h"
#include <stdio.h>
#include <stdlib.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 256 * 1024 };

struct block {
    struct block *next;
    size_t size, used; /* of data */
    _Alignas(max_align_t) unsigned char data[];
};
struct undo {
    struct undo *next;
    void (*run)(void *);
    void *what;
};
struct arena {
    struct block *blocks; /* newest first; the oldest is kept by arena_empty */
    struct undo *undos;
    size_t ceiling, used, next_size;
};

static struct block *block_new(size_t size)
{
    struct block *b = fault_here() ? NULL : malloc(sizeof *b + size);
    if (b) *b = (struct block){ .size = size };
    return b;
}

struct arena *arena_new(size_t ceiling)
{
    struct arena *a = fault_here() ? NULL : calloc(1, sizeof *a);
    if (!a) return NULL;
    a->blocks = block_new(FIRST_BLOCK);
    if (!a->blocks) return free(a), NULL;
    a->ceiling = ceiling;
    a->next_size = 2 * FIRST_BLOCK;
    return a;
}

void arena_empty(struct arena *a)
{
    for (struct undo *u = a->undos; u; u = u->next) u->run(u->what);
    a->undos = NULL;
    while (a->blocks->next) {
        struct block *gone = a->blocks;
        a->blocks = gone->next;
        free(gone);
    }
    a->blocks->used = 0;
    a->used = 0;
    a->next_size = 2 * FIRST_BLOCK;
}

void arena_free(struct arena *a)
{
    if (!a) return;
    arena_empty(a);
    free(a->blocks);
    free(a);
}

/* Room for n bytes at the alignment in b, or NULL. */
static void *block_take(struct block *b, size_t n, size_t align)
{
    size_t at = (b->used + align - 1) & ~(align - 1);
    if (at > b->size || b->size - at < n) return NULL;
    b->used = at + n;
    return b->data + at;
}

void *arena_take(struct arena *a, size_t n, size_t size, size_t align)
{
    size_t bytes;
    if (__builtin_mul_overflow(n, size, &bytes) || bytes > a->ceiling - a->used || fault_here()) return NULL;
    void *p = block_take(a->blocks, bytes, align);
    if (!p) {
        bool large = bytes > a->next_size / 2;
        struct block *b = block_new(large ? bytes : a->next_size);
        if (!b) return NULL;
        if (!large && a->next_size < LARGEST_BLOCK) a->next_size *= 2;
        b->next = a->blocks;
        a->blocks = b;
        p = block_take(b, bytes, align);
    }
    a->used += bytes;
    return memset(p, 0, bytes);
}

err arena_on_end(struct arena *a, void (*undo)(void *), void *what)
{
    struct undo *u = NEW(a, struct undo);
    if (!u) return undo(what), ERR_NOMEM;
    *u = (struct undo){ a->undos, undo, what };
    a->undos = u;
    return ERR_OK;
}

size_t arena_used(const struct arena *a) { return a->used; }

char *arena_z(struct arena *a, str s)
{
    char *p = s.n < SIZE_MAX ? NEW_N(a, char, s.n + 1) : NULL;
    if (p && s.n) memcpy(p, s.p, s.n);
    return p;
}

err arena_str(struct arena *a, str s, str *out)
{
    char *p = arena_z(a, s);
    if (!p) return ERR_NOMEM;
    *out = (str){ p, s.n };
    return ERR_OK;
}

err arena_vprintf(struct arena *a, str *out, const char *fmt, va_list args)
{
    va_list again;
    va_copy(again, args);
    int n = vsnprintf(NULL, 0, fmt, again);
    va_end(again);
    char *p = n < 0 ? NULL : NEW_N(a, char, (size_t)n + 1);
    if (!p) return ERR_NOMEM;
    (void)vsnprintf(p, (size_t)n + 1, fmt, args);
    *out = (str){ p, (size_t)n };
    return ERR_OK;
}

err arena_printf(struct arena *a, str *out, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    err e = arena_vprintf(a, out, fmt, args);
    va_end(args);
    return e;
}
