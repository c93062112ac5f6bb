/* rooms/hiring/hiring_webhook.c: what LiveKit tells us (hiring 5.3). Signed with our shared secret over the raw body; each event has one effect, in any order.
 */
#include "base/log.h"
#include "rooms/hiring/hiring_int.h"

enum { SHA256_BASE64 = 44, LEEWAY_S = 60, TEXT_MAX = 255 };
#define YEAR_10000_S INT64_C(253402300800)

static err refused(struct call *c, const char *why)
{
    atomic_fetch_add(&hiring_of(c)->webhooks_refused, 1);
    LOG(LOG_WARN, "webhook refused", LOG_S("id", c->request_id), LOG_S("why", str_c(why)));
    return fail(c, ERR_ANONYMOUS, NULL, "Could not validate credentials");
}

/* The bare token, as LiveKit sends it, or behind "Bearer ". */
static str token_of(const struct req *rq)
{
    str header = str_trim(req_header(rq, "Authorization"));
    if (header.n > 7 && str_eq_nocase(str_head(header, 7), STR("bearer "))) header = str_trim(str_from(header, 7));
    return header;
}

static err check(struct hiring *h, struct call *c)
{
    const struct jwt_rules rules = { .now_ms = c->now_ms, .leeway_s = LEEWAY_S, .need_exp = true, .issuer = h->o.livekit.api_key };
    const struct jwt_key *keys[] = { h->livekit };
    struct jwt t;
    enum jwt_fault fault = JWT_GOOD;
    uint8_t hash[CRYPTO_HASH];
    char text[SHA256_BASE64];
    if (!hiring_livekit_signs(h)) return refused(c, "LiveKit is not configured");
    err e = jwt_verify(c->mem, token_of(c->rq), keys, COUNT_OF(keys), &rules, &t, &fault);
    if (e == ERR_ANONYMOUS) return refused(c, jwt_fault_name(fault));
    TRY(e);
    crypto_sha256(hash, c->rq->body);
    crypto_base64(text, hash, sizeof hash);
    return crypto_equal(jwt_text(&t, "sha256"), (str){ text, sizeof text }) ? ERR_OK : refused(c, "another body");
}

/* Events */

static str text_at(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    str s = json_is_string(v) ? (str){ json_string_value(v), json_string_length(v) } : STR_NULL;
    return s.n <= TEXT_MAX && !memchr(s.p ? s.p : "", 0, s.n) ? s : STR_NULL;
}

/* 64-bit numbers may come as texts (5.2). Seconds. */
static int64_t seconds_at(const json_t *object, const char *name)
{
    const json_t *v = json_object_get(object, name);
    int64_t n = 0;
    if (json_is_integer(v))
        n = json_integer_value(v);
    else if (str_int(text_at(object, name), &n) != ERR_OK)
        return 0;
    return n > 0 && n < YEAR_10000_S ? n : 0;
}

struct event {
    str id, type, room, sid, participant;
    int64_t at_ms;
};

static err malformed(struct call *c) { return fail_status(c, ERR_INPUT, 400, "Malformed event"); }

static err read_event(struct call *c, struct event *out)
{
    const struct json_rules rules = { .values = 20000 };
    json_t *j;
    err e = json_read(c->mem, c->rq->body, &rules, &j, NULL);
    if (e == ERR_INPUT) return malformed(c);
    TRY(e);
    const json_t *room = json_object_get(j, "room");
    int64_t at_s = seconds_at(j, "createdAt");
    *out = (struct event){ .id = text_at(j, "id"),
                           .type = text_at(j, "event"),
                           .room = text_at(room, "name"),
                           .sid = text_at(room, "sid"),
                           .participant = text_at(json_object_get(j, "participant"), "identity"),
                           .at_ms = at_s ? at_s * 1000 : c->now_ms };
    return out->id.n && out->type.n ? ERR_OK : malformed(c);
}

static err summary(struct call *c, const struct event *v, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(8192);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "sid", v->sid);
    jw_kstr(&w, "participant", v->participant);
    jw_close(&w, '}');
    return buf_to_arena(&b, c->mem, out);
}

bool hiring_event_changes(const struct interview *i, str type, str participant, int64_t at_ms, bool auto_complete, struct event_effect *out)
{
    *out = (struct event_effect){ .status = i->status, .started_at = i->started_at, .ended_at = i->ended_at };
    bool joined = str_is(type, "participant_joined") && str_starts(participant, STR("candidate-"));
    if (joined) {
        bool waits = str_is(i->status, "pending") || str_is(i->status, "scheduled");
        /* The order is not guaranteed: the room may have ended already, and then it was this visit that has. */
        bool over = i->ended_at != SHAPE_NO_TIME && at_ms <= i->ended_at;
        if (waits) out->status = over && auto_complete ? STR("completed") : STR("in_progress");
        if (i->started_at == SHAPE_NO_TIME) out->started_at = at_ms;
    }
    if (str_is(type, "room_finished")) {
        if (i->ended_at == SHAPE_NO_TIME || at_ms > i->ended_at) out->ended_at = at_ms;
        if (auto_complete && str_is(i->status, "in_progress")) out->status = STR("completed");
    }
    return !str_eq(out->status, i->status) || out->started_at != i->started_at || out->ended_at != i->ended_at;
}

static err take(struct call *c)
{
    const struct event *v = c->state;
    struct interview *i;
    struct event_effect effect;
    bool fresh;
    str about;
    TRY(hiring_interview_by_room(c, v->room, &i));
    if (!i) return ERR_OK; /* a room that is not ours */
    TRY(summary(c, v, &about));
    TRY(hiring_event_put(c, v->id, i->id, v->type, v->at_ms, about, c->now_ms - EVENTS_KEPT_MS, &fresh));
    if (!fresh) return ERR_OK;
    if (str_is(v->type, "room_started") && !str_is(i->room_state, "created")) TRY(hiring_room_state(c, i->id, STR("created")));
    if (!hiring_event_changes(i, v->type, v->participant, v->at_ms, hiring_of(c)->o.livekit.auto_complete, &effect)) return ERR_OK;
    return hiring_event_apply(c, i->id, &effect);
}

err hiring_webhook(struct call *c)
{
    struct hiring *h = hiring_of(c);
    struct event v = { 0 };
    if (!h->o.livekit.webhook) return fail(c, ERR_NOT_FOUND, NULL, "Not Found");
    if (c->rq->body_too_large) return fail_status(c, ERR_LIMIT, 413, "Request body too large");
    TRY(check(h, c));
    TRY(read_event(c, &v));
    c->state = &v;
    if (v.room.n) TRY(store_do(h->o.store, c, TX_WRITE, take));
    return reply_json(c, 200, STR("{\"message\":\"ok\"}"));
}
