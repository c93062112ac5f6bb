/* base/buf.h: bytes that grow, up to a ceiling.
 *
 * Errors stick: after the first failed append every further one does nothing, and buf_ok() tells once at the end. So writers
 * need no check per call. The memory is the heap's: release it, or hand it to an arena with buf_to_arena(). */
#pragma once
#include "base/arena.h"
#include "base/str.h"

struct buf {
    char *p;
    size_t n, room, ceiling;
    err bad; /* ERR_OK, ERR_NOMEM or ERR_LIMIT (ceiling) */
};

#define BUF(max) ((struct buf){ .ceiling = (max) })

void buf_add(struct buf *b, str s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* n writable bytes at the end, or NULL; they count as appended. */
char *buf_space(struct buf *b, size_t n);
static inline void buf_z(struct buf *b, const char *z) { buf_add(b, str_c(z)); }
static inline str buf_str(const struct buf *b) { return (str){ b->p ? b->p : "", b->n }; }
static inline err buf_ok(const struct buf *b) { return b->bad; }
/* Forgets the contents, keeps the memory. */
static inline void buf_clear(struct buf *b) { b->n = 0, b->bad = ERR_OK; }
/* Gives the memory back; usable as CLEANUP(buf_release). */
void buf_release(struct buf *b);
/* Moves the contents into the arena (copied) and releases the buffer. */
err buf_to_arena(struct buf *b, struct arena *a, str *out) MUST_CHECK;
