/* Fuzz target: a frame that passes its checks is walked inside its bounds and written again byte by byte the same. */
#include "worker/frame.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim) abort();
}

static void write_again(const struct frame *f, str members)
{
    CLEANUP(buf_release) struct buf b = BUF(FRAME_HEAD + FRAME_MAX);
    enum tag t;
    str v;
    frame_begin(&b, f->message, f->id, f->deadline_ms);
    for (size_t at = 0; frame_next(f, &at, &t, &v);) {
        must(t > TAG__NONE && t < TAG__COUNT);
        must(v.p >= members.p && v.p + v.n <= members.p + members.n);
        must(!str_absent(frame_get(f, t)));
        (void)frame_get_u64(f, t, 0);
        frame_str(&b, t, v);
    }
    must(frame_end(&b) == ERR_OK);
    must(str_eq(str_from(buf_str(&b), FRAME_HEAD), members));
    struct frame again;
    size_t rest;
    must(frame_head((str){ b.p, FRAME_HEAD }, &again, &rest) == ERR_OK);
    must(rest == members.n && again.message == f->message && again.id == f->id && again.deadline_ms == f->deadline_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    str bytes = { (const char *)data, size };
    struct frame f;
    size_t rest;
    if (frame_head(str_head(bytes, FRAME_HEAD), &f, &rest) != ERR_OK) return 0;
    must(f.message > MSG__NONE && f.message < MSG__COUNT && rest <= FRAME_MAX);
    /* Whatever the length says: the members are what follows, so that mutated lengths still reach the check. */
    f.members = str_from(bytes, FRAME_HEAD);
    must(frame_from(&f, SIDE_SERVER) + frame_from(&f, SIDE_ZYGOTE) + frame_from(&f, SIDE_WORKER) == 1);
    if (frame_check(&f) == ERR_OK) write_again(&f, f.members);
    return 0;
}
