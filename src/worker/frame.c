/* worker/frame.c: writing and reading frames, and the tables of what may be said by whom. */
#include "worker/frame.h"
#include <assert.h>

/* Messages as bits, for the column "may stand in". */
#define IN(m) (1u << MSG_##m)
#define SIDE(s) (1u << SIDE_##s)

/* What holds for a message. max: bytes behind the head. need: the member without which it means nothing. */
struct message_rule {
    unsigned from;
    uint32_t max;
    enum tag need;
};
static const struct message_rule message_rules[MSG__COUNT] = {
    [MSG_FORK] = { SIDE(SERVER), 64 * 1024, TAG_PACKAGE },   [MSG_FORKED] = { SIDE(ZYGOTE), 4 * 1024, TAG__NONE },
    [MSG_READY] = { SIDE(WORKER), 16 * 1024, TAG__NONE },    [MSG_CALL] = { SIDE(SERVER), FRAME_MAX, TAG_OP },
    [MSG_RESULT] = { SIDE(WORKER), FRAME_MAX, TAG_OUTCOME }, [MSG_STOP] = { SIDE(SERVER), 0, TAG__NONE },
    [MSG_ENDED] = { SIDE(ZYGOTE), 4 * 1024, TAG_PID },
};

enum kind {
    NUMBER, /* u64, least to most */
    TEXT,   /* UTF-8, most bytes */
    BYTES,  /* anything, least to most bytes */
};
/* What holds for a member: where it may stand, what it is, how large, how often. most == 0: whatever the message allows. */
struct tag_rule {
    unsigned in;
    enum kind kind;
    uint64_t least, most;
    bool repeats;
};
enum { SHORT = 4 * 1024, LINE = 8 * 1024 };
static const struct tag_rule tag_rules[TAG__COUNT] = {
    [TAG_OP] = { IN(CALL), NUMBER, OP_NEW, OP__COUNT - 1, false },
    [TAG_PACKAGE] = { IN(FORK) | IN(CALL), TEXT, 1, 255, false },
    [TAG_FOLDERS] = { IN(FORK), TEXT, 1, SHORT, true },
    [TAG_MEMORY_MB] = { IN(FORK), NUMBER, 0, 1 << 20, false },
    [TAG_SETTINGS] = { IN(FORK) | IN(CALL), TEXT, 0, 32 * 1024, false },
    [TAG_INTERVIEW] = { IN(CALL), TEXT, 0, SHORT, false },
    [TAG_SESSION] = { IN(CALL), TEXT, 0, SHORT, false },
    [TAG_SNAPSHOT] = { IN(CALL) | IN(RESULT), BYTES, 0, 0, false },
    [TAG_OLD_SNAPSHOT] = { IN(CALL), BYTES, 0, 0, false },
    [TAG_WARM] = { IN(CALL) | IN(RESULT), NUMBER, 0, UINT64_MAX, false },
    [TAG_USER] = { IN(CALL), TEXT, 0, 1024 * 1024, false },
    [TAG_BASE_URL] = { IN(CALL), TEXT, 0, SHORT, false },
    [TAG_REFERER] = { IN(CALL), TEXT, 0, 64 * 1024, false },
    [TAG_URL_ARGS] = { IN(CALL), TEXT, 0, 0, false },
    [TAG_STEPS] = { IN(CALL) | IN(RESULT), NUMBER, 0, INT64_MAX, false },
    [TAG_VARIABLES] = { IN(CALL), BYTES, 0, 0, false },
    [TAG_RAW] = { IN(CALL), NUMBER, 0, 1, false },
    [TAG_QUESTION_NAME] = { IN(CALL), TEXT, 0, 64 * 1024, false },
    [TAG_DELETE] = { IN(CALL), TEXT, 0, 0, false },
    [TAG_EVENTS] = { IN(CALL), TEXT, 0, 0, false },
    [TAG_FILES] = { IN(CALL), TEXT, 0, 0, false },
    [TAG_WANT_QUESTION] = { IN(CALL), NUMBER, 0, 1, false },
    [TAG_ADVANCE] = { IN(CALL), NUMBER, 0, 1, false },
    [TAG_OVERWRITE] = { IN(CALL), NUMBER, 0, 1, false },
    [TAG_ACTION] = { IN(CALL), TEXT, 0, 64 * 1024, false },
    [TAG_ARGUMENTS] = { IN(CALL), BYTES, 0, 0, false },
    [TAG_PERSISTENT] = { IN(CALL), NUMBER, 0, 1, false },
    [TAG_READ_ONLY] = { IN(CALL), NUMBER, 0, 1, false },
    [TAG_NOW_MS] = { IN(CALL), NUMBER, 0, INT64_MAX, false },
    [TAG_GIVEN] = { IN(CALL), BYTES, 4, 0, true },
    [TAG_OUTCOME] = { IN(RESULT), NUMBER, 0, OUT__COUNT - 1, false },
    [TAG_STAGE] = { IN(RESULT), NUMBER, STAGE_LOAD, STAGE_SNAPSHOT, false },
    [TAG_ERROR] = { IN(FORKED) | IN(READY) | IN(RESULT), TEXT, 0, 1024 * 1024, false },
    [TAG_JSON] = { IN(RESULT), TEXT, 0, 0, false },
    [TAG_BODY] = { IN(RESULT), BYTES, 0, 0, false },
    [TAG_TYPE] = { IN(RESULT), TEXT, 0, SHORT, false },
    [TAG_STATUS] = { IN(RESULT) | IN(ENDED), NUMBER, 0, UINT32_MAX, false },
    [TAG_SAVE] = { IN(RESULT), NUMBER, SAVE_NOTHING, SAVE_OVER, false },
    [TAG_MULTI_USER] = { IN(RESULT), NUMBER, 0, 1, false },
    [TAG_TITLE] = { IN(RESULT), TEXT, 0, 64 * 1024, false },
    [TAG_TAGS] = { IN(RESULT), TEXT, 0, 1024 * 1024, false },
    [TAG_INTERVIEW_HASH] = { IN(CALL) | IN(RESULT), BYTES, 32, 32, false },
    [TAG_PID] = { IN(FORKED) | IN(ENDED), NUMBER, 1, INT32_MAX, false },
    [TAG_NOTES] = { IN(READY), TEXT, 0, LINE, false },
    [TAG_LOG] = { IN(RESULT), TEXT, 0, LINE, true },
    [TAG_WANTS] = { IN(RESULT), TEXT, 0, 1024 * 1024, false },
    [TAG_PUT] = { IN(RESULT), BYTES, 4, 0, true },
    [TAG_PLACE] = { IN(RESULT), TEXT, 0, SHORT, false },
    [TAG_LAST] = { IN(RESULT), NUMBER, 0, 1, false },
    [TAG_MEMORY_KIB] = { IN(ENDED), NUMBER, 0, INT64_MAX, false },
};
_Static_assert(TAG__COUNT <= 64, "frame_check keeps the tags it saw in one word");

enum { MEMBER_HEAD = 8 };

static void put(char *at, uint64_t v, size_t n)
{
    for (size_t i = 0; i < n; i++) at[i] = (char)(unsigned char)(v >> (8 * i));
}

static uint64_t get(const char *at, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v |= (uint64_t)(unsigned char)at[i] << (8 * i);
    return v;
}

void frame_begin(struct buf *b, enum message m, uint64_t id, uint32_t deadline_ms)
{
    assert(b->n == 0);
    char *head = buf_space(b, FRAME_HEAD);
    if (!head) return;
    put(head, 0, 4);
    put(head + 4, FRAME_VERSION, 2);
    put(head + 6, m, 2);
    put(head + 8, id, 8);
    put(head + 16, deadline_ms, 4);
    put(head + 20, 0, 4);
}

void frame_str(struct buf *b, enum tag t, str value)
{
    if (str_absent(value)) return;
    if (value.n > FRAME_MAX) {
        if (!b->bad) b->bad = ERR_LIMIT;
        return;
    }
    char *head = buf_space(b, MEMBER_HEAD);
    if (!head) return;
    put(head, t, 2);
    put(head + 2, 0, 2);
    put(head + 4, value.n, 4);
    buf_add(b, value);
}

void frame_u64(struct buf *b, enum tag t, uint64_t value)
{
    char bytes[8];
    put(bytes, value, sizeof bytes);
    frame_str(b, t, (str){ bytes, sizeof bytes });
}

err frame_end(struct buf *b)
{
    TRY(buf_ok(b));
    if (b->n < FRAME_HEAD) return ERR_INPUT;
    if (b->n - FRAME_HEAD > FRAME_MAX) return ERR_LIMIT;
    put(b->p, b->n - FRAME_HEAD, 4);
    return ERR_OK;
}

void frame_stamp(struct buf *b, uint64_t id, uint32_t deadline_ms)
{
    if (b->bad || b->n < FRAME_HEAD) return;
    put(b->p + 8, id, 8);
    put(b->p + 16, deadline_ms, 4);
}

err frame_head(str head, struct frame *out, size_t *rest)
{
    if (head.n != FRAME_HEAD) return ERR_INPUT;
    uint64_t length = get(head.p, 4), message = get(head.p + 6, 2);
    if (get(head.p + 4, 2) != FRAME_VERSION || get(head.p + 20, 4) != 0) return ERR_INPUT;
    if (message == MSG__NONE || message >= MSG__COUNT) return ERR_INPUT;
    if (length > message_rules[message].max) return ERR_LIMIT;
    *out = (struct frame){ .message = (enum message)message, .id = get(head.p + 8, 8), .deadline_ms = (uint32_t)get(head.p + 16, 4) };
    *rest = (size_t)length;
    return ERR_OK;
}

bool frame_from(const struct frame *f, enum frame_side side) { return message_rules[f->message].from >> side & 1; }

/* The raw member at *at; ERR_INPUT if the bytes do not hold one. */
static err member_read(str bytes, size_t *at, unsigned *tag, str *value)
{
    str rest = str_from(bytes, *at);
    if (rest.n < MEMBER_HEAD || get(rest.p + 2, 2) != 0) return ERR_INPUT;
    uint64_t n = get(rest.p + 4, 4);
    if (n > rest.n - MEMBER_HEAD) return ERR_INPUT;
    *tag = (unsigned)get(rest.p, 2);
    *value = (str){ rest.p + MEMBER_HEAD, (size_t)n };
    *at += MEMBER_HEAD + (size_t)n;
    return ERR_OK;
}

static err value_check(const struct tag_rule *r, str value)
{
    uint64_t size = value.n;
    if (r->kind == NUMBER) {
        if (value.n != 8) return ERR_INPUT;
        size = get(value.p, 8);
    }
    if (size < r->least || (r->most && size > r->most)) return r->kind == NUMBER ? ERR_INPUT : ERR_LIMIT;
    return r->kind != TEXT || str_utf8_ok(value) ? ERR_OK : ERR_INPUT;
}

err frame_check(const struct frame *f)
{
    uint64_t seen = 0;
    for (size_t at = 0; at < f->members.n;) {
        unsigned tag;
        str value;
        TRY(member_read(f->members, &at, &tag, &value));
        if (tag == TAG__NONE || tag >= TAG__COUNT) return ERR_INPUT;
        const struct tag_rule *r = &tag_rules[tag];
        if (!(r->in >> f->message & 1)) return ERR_INPUT;
        if (seen >> tag & 1 && !r->repeats) return ERR_INPUT;
        seen |= UINT64_C(1) << tag;
        TRY(value_check(r, value));
    }
    enum tag need = message_rules[f->message].need;
    return need == TAG__NONE || seen >> need & 1 ? ERR_OK : ERR_INPUT;
}

bool frame_next(const struct frame *f, size_t *at, enum tag *t, str *value)
{
    unsigned tag;
    if (*at >= f->members.n || member_read(f->members, at, &tag, value) != ERR_OK) return false;
    *t = (enum tag)tag;
    return true;
}

str frame_get(const struct frame *f, enum tag t)
{
    enum tag tag;
    str value;
    for (size_t at = 0; frame_next(f, &at, &tag, &value);)
        if (tag == t) return value;
    return STR_NULL;
}

uint64_t frame_get_u64(const struct frame *f, enum tag t, uint64_t preset)
{
    str value = frame_get(f, t);
    return value.n == 8 ? get(value.p, 8) : preset;
}
