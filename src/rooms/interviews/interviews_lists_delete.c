/* rooms/interviews/interviews_lists_delete.c: removes the sessions that a list chooses, in small transactions (api 13.3 to 13.5). */
#include "rooms/interviews/interviews_int.h"

enum {
    BATCH = 50, /* ownerships per transaction: other writers wait no longer than for these */
    BATCH_BYTES = 64 << 20,
};

struct batch {
    const struct list_scope *scope;
    bool anonymous;
    struct list_row *rows;
    size_t count;
    struct list_place after;
};

static err remove_tx(struct call *c)
{
    const struct batch *b = c->state;
    for (size_t k = 0; k < b->count; k++) TRY(lists_disown(c, &b->rows[k]));
    return ERR_OK;
}

/* Sessions begun after this call are not meant; without that, a busy server would keep it going. */
static err is_meant(struct call *c, const struct batch *b, const struct list_row *row, bool *out)
{
    json_t *facts;
    *out = row->created_at_ms <= c->now_ms && (b->anonymous || !row->anonymous);
    if (!*out || str_absent(b->scope->p->tag)) return ERR_OK;
    TRY(facts_get(c, c->room, row->q.col[QC_FILENAME].s, &facts));
    *out = list_tagged(json_object_get(facts, "tags"), b->scope->p->tag);
    return ERR_OK;
}

static err one_batch(struct call *c, struct batch *b, bool *more)
{
    struct interviews *r = c->room;
    size_t found, kept = 0;
    TRY(list_take(c, b->scope, b->after, BATCH, &b->rows, &found, more));
    for (size_t k = 0; k < found; k++) {
        bool meant;
        TRY(is_meant(c, b, &b->rows[k], &meant));
        b->after = b->rows[k].at;
        if (meant) b->rows[kept++] = b->rows[k];
    }
    b->count = kept;
    if (kept == 0) return ERR_OK;
    c->state = b;
    TRY(store_do(r->o.store, c, TX_WRITE, remove_tx));
    for (size_t k = 0; k < kept; k++) warm_forget(r->warm, b->rows[k].q.col[QC_SESSION].s);
    return ERR_OK;
}

err list_remove(struct call *c, const struct list_scope *s, bool anonymous)
{
    struct batch b = { .scope = s, .anonymous = anonymous };
    bool more = true;
    err e = ERR_OK;
    while (!e && more) {
        struct call part = *c; /* a batch's memory goes with it */
        part.mem = arena_new(BATCH_BYTES);
        if (!part.mem) return ERR_NOMEM;
        e = one_batch(&part, &b, &more);
        arena_free(part.mem);
    }
    return e;
}
