/* rooms/hiring/hiring_rooms.c: the jobs that make and remove rooms (hiring 5.2): part of the commit of what asks for them, run until LiveKit has heard. */
#include "base/log.h"
#include "rooms/hiring/hiring_int.h"

#define CREATE "hiring.room.create"
#define DELETE "hiring.room.delete"
enum { LEASE_MS = 15 * 60 * 1000, CREATE_TRIES = 2000 /* a quarter of a year */, DELETE_TRIES = 200 };

/* hiring 5.2: then hourly. */
static const int64_t pauses_ms[] = { 5000, 30 * 1000, 2 * 60 * 1000, 10 * 60 * 1000, 60 * 60 * 1000 };

err hiring_room_wanted(struct hiring *h, struct call *c, str interview_id)
{
    return hiring_livekit_serves(h) ? jobs_add(h->o.jobs, c, CREATE, interview_id, 0, NULL) : ERR_OK;
}

err hiring_room_unwanted(struct hiring *h, struct call *c, str room_name)
{
    return hiring_livekit_serves(h) ? jobs_add(h->o.jobs, c, DELETE, room_name, 0, NULL) : ERR_OK;
}

/* What a job works on. */
struct work {
    struct hiring *hiring;
    const struct job *job;
    struct interview *interview;
    const char *state; /* to be written */
};

static err read_interview(struct call *c)
{
    struct work *w = c->state;
    return str_is(str_c(w->job->kind), CREATE) ? hiring_interview_find(c, w->job->payload, &w->interview)
                                               : hiring_interview_by_room(c, w->job->payload, &w->interview);
}

bool hiring_is_over(str status) { return str_is(status, "completed") || str_is(status, "cancelled") || str_is(status, "no_show"); }

err hiring_room_still_wanted(struct hiring *h, struct call *c, str interview_id)
{
    struct interview *now;
    TRY(hiring_interview_find(c, interview_id, &now));
    return now && str_is(now->status, "cancelled") ? hiring_room_unwanted(h, c, now->room_name) : ERR_OK;
}

static err write_state(struct call *c)
{
    struct work *w = c->state;
    TRY(hiring_room_state(c, w->interview->id, str_c(w->state)));
    return hiring_room_still_wanted(w->hiring, c, w->interview->id);
}

static err write(struct call *c, struct work *w, const char *state)
{
    w->state = state;
    c->state = w;
    return store_do(w->job->store, c, TX_WRITE, write_state);
}

/* The room is not here: its family is switched off, or a command runs the queue. */
static struct hiring *room_of(void *arg) { return *(struct hiring **)arg; }

static err create_run(struct call *c, const struct job *j, void *arg)
{
    struct work w = { .hiring = room_of(arg), .job = j };
    if (!w.hiring || jobs_stopping(j->queue)) return ERR_BUSY;
    c->state = &w;
    TRY(store_do(j->store, c, TX_READ, read_interview));
    if (!w.interview || hiring_is_over(w.interview->status)) return ERR_OK;
    if (!hiring_livekit_serves(w.hiring)) return write(c, &w, "unconfigured");
    err e = hiring_room_create(w.hiring, c, w.interview);
    if (e == ERR_OK) return write(c, &w, "created");
    if (e != ERR_INPUT) return e;
    LOG(LOG_ERROR, "room refused for good", LOG_S("interview", w.interview->id), LOG_S("why", c->why.text));
    TRY(write(c, &w, "failed"));
    return e;
}

static err delete_run(struct call *c, const struct job *j, void *arg)
{
    struct work w = { .hiring = room_of(arg), .job = j };
    if (!w.hiring || jobs_stopping(j->queue)) return ERR_BUSY;
    c->state = &w;
    TRY(store_do(j->store, c, TX_READ, read_interview));
    /* Opened again meanwhile: the room is wanted. */
    if (w.interview && !str_is(w.interview->status, "cancelled")) return ERR_OK;
    return hiring_livekit_serves(w.hiring) ? hiring_room_delete(w.hiring, c, j->payload) : ERR_OK;
}

size_t hiring_job_kinds(struct hiring **where, struct job_kind out[static HIRING_KINDS])
{
    const struct job_kind kind = { .arg = (void *)where, .schedule_ms = pauses_ms, .n_schedule = COUNT_OF(pauses_ms), .lease_ms = LEASE_MS };
    out[0] = out[1] = kind;
    out[0].name = CREATE;
    out[0].run = create_run;
    out[0].tries = CREATE_TRIES;
    out[1].name = DELETE;
    out[1].run = delete_run;
    out[1].tries = DELETE_TRIES;
    return HIRING_KINDS;
}

err hiring_outbox_oldest(struct call *c, int64_t *created_at_ms)
{
    int64_t other;
    TRY(jobs_oldest(c, CREATE, created_at_ms));
    TRY(jobs_oldest(c, DELETE, &other));
    if (other < *created_at_ms) *created_at_ms = other;
    return ERR_OK;
}
