/* pyhost/serve.c: the worker's loop: one frame in, one call of the engine, one frame out. */
#include "pyhost/host.h"
#include "pyhost/py.h"
#include <errno.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    RECURSION_LIMIT = 1000,
    BUFFER_KEPT = 1024 * 1024, /* a larger frame's memory goes back after the call */
};
static const size_t reply_ceiling = (size_t)FRAME_HEAD + FRAME_MAX;

static bool read_all(char *to, size_t n)
{
    while (n) {
        ssize_t got = read(HOST_SOCKET, to, n);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return false;
        to += got;
        n -= (size_t)got;
    }
    return true;
}

static bool write_all(const char *from, size_t n)
{
    while (n) {
        ssize_t put = write(HOST_SOCKET, from, n);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return false;
        from += put;
        n -= (size_t)put;
    }
    return true;
}

/* The next request into b; false ends the worker: MSG_STOP, the server is gone, or the frame is not one that the server sends. */
static bool next_request(struct buf *b, struct frame *f)
{
    size_t rest;
    buf_clear(b);
    char *head = buf_space(b, FRAME_HEAD);
    if (!head || !read_all(head, FRAME_HEAD) || frame_head((str){ head, FRAME_HEAD }, f, &rest) != ERR_OK) return false;
    if (f->message == MSG_STOP || !frame_from(f, SIDE_SERVER)) return false;
    char *members = buf_space(b, rest);
    if (!members || !read_all(members, rest)) return false;
    f->members = (str){ members, rest };
    return f->message == MSG_CALL && frame_check(f) == ERR_OK;
}

/* What the engine left must be one whole reply to this request; anything else (memory ran out on the way) becomes an error reply. */
static bool is_reply(const struct buf *b, uint64_t id)
{
    struct frame f;
    size_t rest;
    if (buf_ok(b) != ERR_OK || b->n < FRAME_HEAD || frame_head((str){ b->p, FRAME_HEAD }, &f, &rest) != ERR_OK) return false;
    f.members = (str){ b->p + FRAME_HEAD, rest };
    return rest == b->n - FRAME_HEAD && f.message == MSG_RESULT && f.id == id && frame_check(&f) == ERR_OK;
}

static bool replace_reply(struct buf *b, uint64_t id)
{
    str why = b->bad == ERR_LIMIT   ? STR("MemoryError: the reply is larger than a frame may be")
              : b->bad == ERR_NOMEM ? STR("MemoryError: ")
                                    : STR("SystemError: the engine left no reply");
    buf_release(b);
    frame_begin(b, MSG_RESULT, id, 0);
    frame_u64(b, TAG_OUTCOME, OUT_ERROR);
    frame_u64(b, TAG_STAGE, STAGE_EVALUATE);
    frame_str(b, TAG_ERROR, why);
    return frame_end(b) == ERR_OK;
}

/* Half of what the worker may have was in use at some moment. Freed memory rarely goes back, so the next call would start with too little. */
static bool has_grown(uint64_t memory_mb)
{
    struct rusage use;
    return memory_mb && getrusage(RUSAGE_SELF, &use) == 0 && (uint64_t)use.ru_maxrss > memory_mb * 1024 / 2;
}

/* One call; false: the worker ends. */
static bool serve_one(struct arena *mem, struct buf *in, struct buf *out, uint64_t memory_mb)
{
    struct frame request;
    if (!next_request(in, &request)) return false;
    Py_SetRecursionLimit(RECURSION_LIMIT); /* the last call's code may have changed it */
    buf_clear(out);
    engine_call(mem, &request, out);
    PyErr_Clear(); /* no exception, not even SystemExit, outlives its call */
    if (!is_reply(out, request.id) && !replace_reply(out, request.id)) return false;
    bool last = has_grown(memory_mb);
    if (last) {
        frame_u64(out, TAG_LAST, 1);
        last = frame_end(out) == ERR_OK;
    }
    if (!write_all(out->p, out->n) || last) return false;
    arena_empty(mem);
    if (in->room > BUFFER_KEPT) buf_release(in);
    if (out->room > BUFFER_KEPT) buf_release(out);
    return true;
}

_Noreturn void serve_run(uint64_t memory_mb)
{
    struct buf in = BUF(reply_ceiling), out = BUF(reply_ceiling);
    struct arena *mem = arena_new(SIZE_MAX / 2); /* RLIMIT_AS is the real bound */
    if (mem)
        while (serve_one(mem, &in, &out, memory_mb)) { /* until told to stop */
        }
    /* Not exit(): what authors' code left behind is not run, nor is the interpreter taken apart. */
    _exit(0);
}
