/* base/arena.h: memory that is given back as a whole.
 *
 * Invariants: (1) what arena_take gives is zeroed and aligned and stays put until the arena is emptied; (2) the sum of what
 * was taken never exceeds the ceiling, so that no client can grow us; (3) undo functions run in reverse order of
 * registration, before any memory goes. One thread at a time. */
#pragma once
#include "base/err.h"
#include "base/str.h"
#include <stdarg.h>

struct arena;

/* A new arena that gives at most ceiling bytes. NULL when out of memory. */
struct arena *arena_new(size_t ceiling);
/* Runs the undo functions and gives everything back but the arena itself and its first block. */
void arena_empty(struct arena *a);
/* The same, and the arena too; NULL is fine. */
void arena_free(struct arena *a);

/* Zeroed space for n things; NULL at the ceiling, on overflow and when out of memory. n == 0 gives a valid pointer. */
void *arena_take(struct arena *a, size_t n, size_t size, size_t align) MUST_CHECK;
#define NEW_N(a, T, n) ((T *)arena_take((a), (n), sizeof(T), _Alignof(T)))
#define NEW(a, T) NEW_N(a, T, 1)

/* Calls undo(what) when the arena is emptied: for what is not memory. On error undo has been called already. */
err arena_on_end(struct arena *a, void (*undo)(void *), void *what) MUST_CHECK;

/* Bytes taken so far, for budgets in tests. */
size_t arena_used(const struct arena *a);

/* Copies into the arena; out->p is NUL-terminated (the NUL is not counted). */
err arena_str(struct arena *a, str s, str *out) MUST_CHECK;
/* The same as a C string; NULL when there is no room. */
char *arena_z(struct arena *a, str s) MUST_CHECK;
err arena_printf(struct arena *a, str *out, const char *fmt, ...) MUST_CHECK __attribute__((format(printf, 3, 4)));
err arena_vprintf(struct arena *a, str *out, const char *fmt, va_list args) MUST_CHECK __attribute__((format(printf, 3, 0)));
