/* rooms/hiring/hiring_interviews.c: interviews: creating, listing, reading, changing (hiring 6.9 to 6.12, 6.14, 7). */
#include "rooms/hiring/hiring_int.h"

enum { ROOM_TRIES = 8, DEFAULT_LIMIT = 100, FIRST_VERSION = 1 };

/* Replies */

static err etag(struct call *c, const struct interview *i)
{
    str tag;
    TRY(arena_printf(c->mem, &tag, "\"%lld\"", (long long)i->version));
    reply_header(c->reply, STR("ETag"), tag);
    return ERR_OK;
}

static err reply_interview(struct call *c, const struct interview *i, str include)
{
    TRY(etag(c, i));
    return reply_shape(c, 200, hiring_wants_details(include) ? &hiring_interview_details_shape : &hiring_interview_shape, i);
}

/* One of them */

err hiring_interview_of(struct call *c, struct interview **out)
{
    const struct user *me = &caller_of(c)->user;
    str id;
    *out = NULL;
    if (hiring_is_uuid(c->path[0])) {
        TRY(hiring_id_of(c, c->path[0], &id));
        TRY(hiring_interview_find(c, id, out));
    }
    bool own = *out && str_eq((*out)->creator_id, me->id);
    /* What belongs to somebody else is nothing to a key, and forbidden to a user. */
    if (!*out || (!own && caller_of(c)->key_id.n)) {
        (void)fail(c, ERR_NOT_FOUND, NULL, "Interview not found");
        return ERR_NOT_FOUND;
    }
    return own || me->superuser ? ERR_OK : fail(c, ERR_FORBIDDEN, NULL, "Not enough permissions");
}

err hiring_interview_get(struct call *c)
{
    const struct include_query *in = c->query;
    struct interview *i;
    TRY(hiring_interview_of(c, &i));
    return reply_interview(c, i, in->include);
}

err hiring_interview_list(struct call *c)
{
    const struct list_query *in = c->query;
    const struct user *me = &caller_of(c)->user;
    struct interview *v;
    int64_t total;
    str count;
    struct interview_filter f = { .creator_id = me->superuser && in->all == FLAG_TRUE ? STR_NULL : me->id,
                                  .status = in->status,
                                  .skip = in->skip,
                                  .limit = in->limit_given ? in->limit : DEFAULT_LIMIT,
                                  .details = hiring_wants_details(in->include) };
    struct list l = { 0 };
    if (f.limit > LIST_MAX) f.limit = LIST_MAX;
    TRY(hiring_interview_page(c, &f, &v, &l.n, &total));
    l.v = v;
    TRY(arena_printf(c->mem, &count, "%lld", (long long)total));
    reply_header(c->reply, STR("X-Total-Count"), count);
    return reply_shape(c, 200, f.details ? &hiring_interviews_details_shape : &hiring_interviews_shape, &l);
}

/* Creating */

/* The hash is of the body as it came: only who repeats himself to the byte means the same. Small, and only of those that ask for it. */
static err repeat_of(struct call *c, struct repeat *r)
{
    const struct include_query *in = c->query;
    uint8_t *hash = NEW_N(c->mem, uint8_t, CRYPTO_HASH);
    if (!hash) return ERR_NOMEM;
    crypto_digest(hash, c->rq->body);
    *r = (struct repeat){ .account_id = caller_of(c)->user.id,
                          .operation = caller_of(c)->key_id.n ? STR("key") : STR("user"),
                          .name = in->idempotency_key,
                          .request_hash = { (const char *)hash, CRYPTO_HASH } };
    return ERR_OK;
}

/* *done: the first answer was given again. */
static err answer_again(struct call *c, const struct repeat *asked, bool *done)
{
    struct repeat before = *asked;
    TRY(store_lock(c, "hiring idempotency", asked->account_id));
    TRY(hiring_repeat_find(c, &before, done));
    if (!*done) return ERR_OK;
    if (!crypto_equal(before.request_hash, asked->request_hash)) return fail(c, ERR_CONFLICT, NULL, "Idempotency-Key was used with another request body");
    TRY(etag(c, &(struct interview){ .version = FIRST_VERSION }));
    return reply_json(c, 200, before.answer);
}

static err fill(struct call *c, struct interview *i)
{
    const struct create_body *b = c->body;
    char *id = NEW_N(c->mem, char, CRYPTO_UUID);
    if (!id) return ERR_NOMEM;
    crypto_uuid7(id);
    bool scheduled = b->scheduled_given && b->scheduled_at != SHAPE_NO_TIME;
    static const struct any none = { .kind = ANY_NUMBER, .json = { "0", 1 } };
    *i = (struct interview){ .id = { id, CRYPTO_UUID },
                             .title = b->title,
                             .candidate_name = b->candidate_name,
                             .candidate_email = b->candidate_email,
                             .position = b->position,
                             .status = scheduled ? STR("scheduled") : STR("pending"),
                             .technical_score = none,
                             .behavioral_score = none,
                             .created_at = c->now_ms,
                             .creator_id = caller_of(c)->user.id,
                             .scheduled_at = scheduled ? b->scheduled_at : SHAPE_NO_TIME,
                             .started_at = SHAPE_NO_TIME,
                             .ended_at = SHAPE_NO_TIME,
                             .updated_at = c->now_ms,
                             .room_state = STR("unconfigured"),
                             .api_key_id = caller_of(c)->key_id,
                             .version = FIRST_VERSION };
    if (b->interview_config.kind != ANY_OBJECT) return ERR_OK;
    i->interview_config.kind = ANY_OBJECT;
    return hiring_json_compact(c->mem, b->interview_config.json, &i->interview_config.json);
}

static err put_with_room(struct call *c, struct interview *i)
{
    bool done = false;
    for (int tries = 0; !done && tries < ROOM_TRIES; tries++) {
        uint8_t bits[ROOM_DIGITS / 2];
        char digits[ROOM_DIGITS];
        crypto_random(bits, sizeof bits);
        crypto_hex(digits, bits, sizeof bits);
        TRY(arena_printf(c->mem, &i->room_name, "interview-%.*s", ROOM_DIGITS, digits));
        TRY(hiring_interview_put(c, i, &done));
    }
    return done ? ERR_OK : ERR_STORE;
}

err hiring_interview_create(struct call *c)
{
    const struct include_query *in = c->query;
    struct interview i;
    struct repeat r = { 0 };
    bool done = false;
    if (in->idempotency_key.n) {
        TRY(repeat_of(c, &r));
        TRY(answer_again(c, &r, &done));
    }
    if (done) return ERR_OK;
    TRY(fill(c, &i));
    if (hiring_livekit_serves(hiring_of(c))) i.room_state = STR("pending");
    TRY(put_with_room(c, &i));
    TRY(hiring_room_wanted(hiring_of(c), c, i.id));
    TRY(hiring_audit(c, "interview.create", i.id));
    TRY(reply_interview(c, &i, in->include));
    r.interview_id = i.id;
    r.answer = c->reply->body;
    return in->idempotency_key.n ? hiring_repeat_put(c, &r) : ERR_OK;
}

/* Changing */

static void take_text(str *to, str from, bool *changed)
{
    if (str_absent(from)) return;
    *to = from;
    *changed = true;
}

static err take_score(struct call *c, struct any *to, bool given, double score, bool *changed)
{
    if (!given) return ERR_OK;
    *changed = true;
    to->kind = ANY_NUMBER;
    return hiring_score_text(c->mem, score, &to->json);
}

static err take_config(struct call *c, struct interview *i, const struct any *config, bool *changed)
{
    if (config->kind == ANY_ABSENT) return ERR_OK;
    *changed = true;
    i->interview_config = (struct any){ 0 };
    if (config->kind == ANY_NULL) return ERR_OK;
    i->interview_config.kind = ANY_OBJECT;
    return hiring_json_compact(c->mem, config->json, &i->interview_config.json);
}

static err merge(struct call *c, struct interview *i, bool *changed)
{
    const struct update_body *b = c->body;
    take_text(&i->title, b->title, changed);
    take_text(&i->candidate_name, b->candidate_name, changed);
    take_text(&i->candidate_email, b->candidate_email, changed);
    take_text(&i->position, b->position, changed);
    TRY(take_config(c, i, &b->interview_config, changed));
    if (b->scheduled_given) {
        i->scheduled_at = b->scheduled_at;
        i->status = hiring_status_after_schedule(i->status, b->scheduled_at != SHAPE_NO_TIME);
        *changed = true;
    }
    take_text(&i->status, b->status, changed);
    TRY(take_score(c, &i->technical_score, b->technical_given, b->technical_score, changed));
    TRY(take_score(c, &i->behavioral_score, b->behavioral_given, b->behavioral_score, changed));
    if (b->feedback_given) i->overall_feedback = b->overall_feedback, *changed = true;
    return ERR_OK;
}

/* Cancelled: everybody is disconnected. Opened again: there is to be a room. */
static err room_follows(struct call *c, const struct interview *i, str before)
{
    bool was = str_is(before, "cancelled"), is = str_is(i->status, "cancelled");
    if (is && !was) return hiring_room_unwanted(hiring_of(c), c, i->room_name);
    return was && !is && !hiring_is_over(i->status) ? hiring_room_wanted(hiring_of(c), c, i->id) : ERR_OK;
}

/* The list of If-Match may come in several lines (RFC 9110 5.3). */
static bool is_meant(const struct req *rq, int64_t version)
{
    bool asked = false;
    for (size_t i = 0; i < rq->n_headers; i++) {
        if (!str_eq_nocase(rq->headers[i].name, STR("If-Match"))) continue;
        if (hiring_if_match(rq->headers[i].value, version)) return true;
        asked = true;
    }
    return !asked;
}

err hiring_interview_update(struct call *c)
{
    const struct include_query *in = c->query;
    struct interview *i;
    bool changed = false;
    TRY(hiring_interview_of(c, &i));
    const str before = i->status;
    if (!is_meant(c->rq, i->version)) return fail_status(c, ERR_CONFLICT, 412, "The interview was changed meanwhile");
    TRY(merge(c, i, &changed));
    if (changed) {
        TRY(hiring_interview_change(c, i));
        TRY(room_follows(c, i, before));
        TRY(hiring_audit(c, "interview.update", i->id));
        i->version++;
        i->updated_at = c->now_ms;
    }
    return reply_interview(c, i, in->include);
}
