/* rooms/interviews/interviews_steps.c: stored steps as texts again, and what the next one is stored as a difference to. */
#include "rooms/interviews/interviews_int.h"
#include "base/log.h"

enum {
    /* A keyframe is whole; every eighth step behind it is a difference to it, the others are differences to the last of those. So no step is
     * further than two differences from a whole one, and a long history of small answers weighs little. */
    KEYFRAME_EVERY = 64,
    MIDFRAME_EVERY = 8,
    SCRATCH_MAX = 6 * STEP_READ_MAX,
};

/* reading, within a transaction: between two of them a step may become another */

static err chain_read(struct call *c, str id, int64_t seq, struct chain *out)
{
    struct step step;
    struct step_head head;
    for (out->n = 0; seq && out->n < CHAIN_MAX; seq = head.base) {
        TRY(step_read(c, id, seq, &step));
        out->damaged = str_absent(step.blob) || step_head_read(step.blob, &head) != ERR_OK;
        if (out->damaged) return ERR_OK;
        out->step[out->n++] = step;
    }
    out->damaged = seq != 0;
    return ERR_OK;
}

struct reading {
    struct visit *v;
    int64_t seq;
    struct chain chain;
};
static err read_tx(struct call *c)
{
    struct reading *r = c->state;
    struct session now;
    bool found;
    TRY(session_find(c, r->v->id, r->v->i, &now, &found));
    if (!found || now.version != r->v->s.version) return ERR_CONFLICT; /* somebody was quicker: the race is lost before it is run */
    return chain_read(c, r->v->id, r->seq, &r->chain);
}

/* opening */

/* ERR_INPUT (without fail()): *bad, a step, is damaged. */
static err chain_open(const struct visit *v, struct arena *mem, const struct chain *chain, str *out, int64_t *bad)
{
    str text = STR_NULL;
    for (size_t k = chain->n; k-- > 0;) {
        *bad = chain->step[k].seq;
        TRY(step_open(mem, v->key, v->id, chain->step[k].seq, text, chain->step[k].blob, &text));
    }
    *out = text;
    return ERR_OK;
}

/* The key is the right one, so it is not the client's secret: the operator wants to know. */
static err damaged(struct visit *v, int64_t seq)
{
    LOG(LOG_ERROR, "a stored step is damaged", LOG_S("interview", v->i), LOG_I("step", seq), LOG_S("request", v->c->request_id));
    return fail(v->c, ERR_INPUT, NULL, "Unable to read the answers of this session: what is stored is damaged, or of another version of the program.");
}

static err read_snapshot(struct visit *v, struct arena *scratch, int64_t seq, str *out)
{
    struct reading r = { .v = v, .seq = seq };
    struct call reading = *v->c;
    str text;
    int64_t bad;
    reading.mem = scratch;
    reading.state = &r;
    TRY(store_do(v->r->o.store, &reading, TX_READ, read_tx));
    if (r.chain.damaged) return damaged(v, seq);
    err e = chain_open(v, scratch, &r.chain, &text, &bad);
    if (e) return e == ERR_INPUT ? damaged(v, bad) : e;
    return arena_str(v->c->mem, text, out);
}

err visit_snapshot(struct visit *v, int64_t seq, str *out)
{
    /* What is sealed, packed and compared with on the way goes at once: only the result is worth the call's memory. */
    struct arena *scratch = arena_new(SCRATCH_MAX);
    if (!scratch) return ERR_NOMEM;
    err e = read_snapshot(v, scratch, seq, out);
    arena_free(scratch);
    return e;
}

/* what the next step refers to */

int64_t base_of(const struct visit *v, int64_t seq)
{
    int64_t key = v->s.key_seq, behind = seq - key;
    if (key == 0 || behind <= 0 || behind >= KEYFRAME_EVERY) return 0;
    return behind % MIDFRAME_EVERY ? seq - behind % MIDFRAME_EVERY : key;
}

err base_read(struct call *c, struct visit *v)
{
    base_drop(v);
    int64_t seq = v->writes == WRITES_NOTHING ? 0 : base_of(v, v->s.seq + (v->writes == WRITES_NEXT));
    if (!seq) return ERR_OK;
    struct call reading = *c;
    reading.mem = v->base.mem = arena_new(SCRATCH_MAX);
    if (!reading.mem) return ERR_NOMEM;
    v->base.seq = seq;
    return chain_read(&reading, v->id, seq, &v->base.chain);
}

void base_open(struct visit *v)
{
    struct base *b = &v->base;
    int64_t bad;
    if (b->seq && !b->chain.damaged && str_absent(b->text) && chain_open(v, b->mem, &b->chain, &b->text, &bad)) b->text = STR_NULL;
}

err base_take(struct visit *v, int64_t seq, str *out)
{
    *out = v->base.text;
    if (seq && seq == v->base.seq && !str_absent(*out)) return ERR_OK;
    *out = STR_NULL;
    return seq ? visit_snapshot(v, seq, out) : ERR_OK;
}

void base_drop(struct visit *v)
{
    if (v->base.mem) arena_free(v->base.mem);
    v->base = (struct base){ 0 };
}
