/* rooms/interviews/interviews_data.c: the names of an interview, for completion in editors (api 14). */
#include "rooms/interviews/interviews_int.h"

static err missing(struct call *c, str why) { return fail(c, ERR_INPUT, NULL, "Error finding interview: " STR_FMT, STR_ARG(why)); }

/* A worker that took too much or broke is the interview's trouble; one that was stopped, the server's. */
static err ask(struct call *c, str interview, str package, str *out)
{
    struct interviews *r = c->room;
    struct visit v = { .c = c, .r = r, .i = interview };
    uint64_t served;
    str why;
    CLEANUP(buf_release) struct buf b = BUF(FRAME_MAX);
    visit_frame(&v, &b, OP_DATA, 0);
    TRY(frame_end(&b));
    err e = worker_call(r->o.workers, c->mem, &(struct worker_ask){ package, 0, &b }, &v.reply, &served, &v.why);
    if (e == ERR_WORKER && v.why && str_is(str_c(v.why), "stop")) return ERR_BUSY;
    if (e == ERR_WORKER) {
        TRY(arena_printf(c->mem, &why, "the interview process was ended (%s)", v.why ? v.why : "crash"));
        return missing(c, why);
    }
    TRY(e);
    if (frame_get_u64(&v.reply, TAG_OUTCOME, OUT_ERROR) != OUT_METADATA) return missing(c, frame_get(&v.reply, TAG_ERROR));
    *out = frame_get(&v.reply, TAG_JSON);
    return str_absent(*out) ? ERR_WORKER : ERR_OK;
}

err interview_data(struct call *c)
{
    const struct data_params *p = c->query;
    str package = STR_NULL, json = STR_NULL, line;
    if (str_absent(p->i)) return fail(c, ERR_INPUT, NULL, "No filename supplied.");
    if (interview_package(p->i, &package)) return missing(c, STR("Invalid filename"));
    if (!package_installed(c->room, package)) {
        TRY(arena_printf(c->mem, &line, "Interview " STR_FMT " not found", STR_ARG(p->i)));
        return missing(c, line);
    }
    TRY(ask(c, p->i, package, &json));
    return answer_json(c, 200, json);
}
