/* route/router.c: builds the router from the families' tables, refusing what is not consistent, and stops it without leaving anybody waiting. */
#include "route/route_int.h"
#include "base/clock.h"
#include <time.h>

/* Refusals */

static bool id_known(const struct family *f, const struct op *upto)
{
    for (const struct op *op = f->ops; op != upto; op++)
        if (strcmp(op->id, upto->id) == 0) return true;
    return false;
}

/* What a row lacks, or NULL. */
static const char *op_lacks(const struct family *f, const struct op *op)
{
    if (id_known(f, op)) return "the operation id is taken";
    if (op->perm < PERM_PUBLIC || op->perm > PERM_GATE) return "no .perm";
    if (op->perm != PERM_PUBLIC && !f->identify) return "asks for a caller, but the family has no identify()";
    if (op->perm == PERM_GATE && !f->permit) return "has a gate, but the family has no permit()";
    if (!op->run) return "no .run";
    if (op->quick && op->tx != TX_NONE) return ".quick is for TX_NONE";
    if ((op->quick_now || op->record) && op->tx != TX_NONE) return ".quick_now and .record are for TX_NONE";
    if (!op->replies || !op->replies[0].status) return "no .replies";
    if (op->query && op->query->kind != K_OBJECT) return ".query is no object";
    if (op->body && op->body->kind != K_OBJECT) return ".body is no object";
    if ((op->body_types || op->body_docs || op->body_need) && !op->body) return "body details without .body";
    if (op->perm != PERM_PUBLIC && !f->security_need && !op->security_need) return "asks for a caller, but the family documents no .security_need";
    return NULL;
}

static err op_verify(struct arena *a, const struct family *f, const struct op *op, str *why)
{
    str owner;
    const char *lacks = op_lacks(f, op);
    if (lacks) return refuse(a, why, ERR_INPUT, "%s %s: %s", f->name, op->id, lacks);
    TRY(arena_printf(a, &owner, "%s %s", f->name, op->id));
    if (op->query) TRY(shape_verify(a, op->query, owner.p, f->loose, why));
    if (op->body) TRY(shape_verify(a, op->body, owner.p, f->loose, why));
    for (const struct reply_doc *d = op->replies; d->status; d++)
        if (d->shape) TRY(shape_verify(a, d->shape, owner.p, f->loose, why));
    return ERR_OK;
}

static err family_verify(struct arena *a, const struct family *f, str *why)
{
    const struct json_rules plain = { 0 };
    if (!f->name || !f->ops) return refuse(a, why, ERR_INPUT, "a family without name or operations");
    for (const struct op *op = f->ops; op->id; op++) TRY(op_verify(a, f, op, why));
    const char *const texts[] = { f->security, f->security_need };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (texts[i] && json_scan(str_c(texts[i]), &plain, NULL) != ERR_OK)
            return refuse(a, why, ERR_INPUT, "%s: .security and .security_need are JSON", f->name);
    CLEANUP(buf_release) struct buf document = BUF(16 << 20);
    err e = openapi_print(f, &document);
    return e == ERR_CONFLICT ? refuse(a, why, e, "%s: two shapes have the same component name", f->name) : e;
}

/* Life */

err router_new(struct arena *a, const struct router_options *o, struct router **out, str *why)
{
    struct router *r = NEW(a, struct router);
    if (!r) return ERR_NOMEM;
    r->options = *o;
    r->store = o->store;
    TRY(tree_build(a, &r->tree, o->families, why));
    for (size_t i = 0; i < r->tree.n_families; i++) TRY(family_verify(a, o->families[i], why));
    err e = o->slow_threads ? lane_new("slow", o->slow_threads, o->slow_queue, &r->slow) : ERR_OK;
    if (e == ERR_OK && o->store_threads) e = lane_new("store", o->store_threads, o->slow_queue, &r->brisk);
    if (e != ERR_OK) {
        lane_free(r->slow);
        return refuse(a, why, e, "the slow lane's threads could not be started");
    }
    *out = r;
    return ERR_OK;
}

struct http_handler router_handler(struct router *r)
{
    return (struct http_handler){ .body_max = route_body_max, .serve = route_serve, .done = route_done, .self = r };
}

static void nap(void)
{
    const struct timespec ms = { .tv_nsec = 2000000 };
    nanosleep(&ms, NULL);
}

void router_stop(struct router *r, int64_t wait_ms)
{
    int64_t end = clock_mono_ms() + wait_ms;
    atomic_store(&r->stopping, true);
    while (atomic_load(&r->deferred) > 0 && clock_mono_ms() < end) nap();
    atomic_store(&r->hurried, true);
    if (atomic_load(&r->deferred) > 0 && r->options.hurry) r->options.hurry(r->options.hurry_arg);
    while (atomic_load(&r->deferred) > 0) nap();
    lane_free(r->slow);
    lane_free(r->brisk);
    r->slow = r->brisk = NULL;
}

void router_free(struct router *r)
{
    if (r && r->slow) router_stop(r, 0);
}

void router_stats(const struct router *r, struct router_stats *out)
{
    *out = (struct router_stats){ .requests = atomic_load(&r->requests), .slow_refused = atomic_load(&r->slow_refused), .ms_sum = atomic_load(&r->ms_sum) };
    for (int i = 0; i < 6; i++) out->by_class[i] = atomic_load(&r->by_class[i]);
    if (atomic_load(&r->stopping)) return;
    out->slow_depth = (r->slow ? (int64_t)lane_depth(r->slow) : 0) + (r->brisk ? (int64_t)lane_depth(r->brisk) : 0);
}
