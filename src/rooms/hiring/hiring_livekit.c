/* rooms/hiring/hiring_livekit.c: the server API of LiveKit (hiring 5.2): calls of its RoomService, and the tokens that they need.
 *
 * What LiveKit answers to a bad token is plain text that repeats the token (5.4): a body that is no JSON is neither read nor kept. */
#include "http/client.h"
#include "rooms/hiring/hiring_int.h"

enum { CALL_TTL_S = 60, REPLY_MAX = 64 << 10, HOUR_S = 3600, EMPTY_MAX_S = 7 * 24 * 3600, DEPARTURE_S = 60, PARTICIPANTS_MAX = 10 };

bool hiring_livekit_signs(const struct hiring *h) { return h->livekit != NULL; }
bool hiring_livekit_serves(const struct hiring *h) { return h->livekit && h->o.livekit.url.n; }

/* A token for us: rooms may be made and removed with it, for a minute. */
static err call_token(struct hiring *h, struct call *c, str *out)
{
    str claims;
    long long now_s = c->now_ms / 1000;
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "iss", h->o.livekit.api_key);
    jw_kint(&w, "nbf", now_s - 10);
    jw_kint(&w, "exp", now_s + CALL_TTL_S);
    jw_key(&w, STR("video"));
    jw_raw(&w, STR("{\"roomCreate\":true}"));
    jw_close(&w, '}');
    TRY(buf_to_arena(&b, c->mem, &claims));
    return jwt_sign(c->mem, h->livekit, claims, out);
}

/* The code of a Twirp error; absent if the body is none. */
static str twirp_code(struct call *c, const struct client_reply *r)
{
    const struct json_rules rules = { .depth = 16, .values = 1000 };
    json_t *j;
    if (!str_starts(r->type, STR("application/json")) || json_read(c->mem, r->body, &rules, &j, NULL) != ERR_OK) return STR_NULL;
    const json_t *code = json_object_get(j, "code");
    return json_is_string(code) ? (str){ json_string_value(code), json_string_length(code) } : STR_NULL;
}

enum livekit_says hiring_livekit_says(int status, str code)
{
    static const char *const passing[] = {
        "unavailable", "deadline_exceeded", "resource_exhausted", "aborted", "canceled", "internal", "unknown", "data_loss"
    };
    if (status == 200) return LIVEKIT_OK;
    if (str_is(code, "not_found")) return LIVEKIT_NOT_FOUND;
    for (size_t i = 0; i < COUNT_OF(passing); i++)
        if (str_is(code, passing[i])) return LIVEKIT_LATER;
    return status >= 500 || status == 408 || status == 429 ? LIVEKIT_LATER : LIVEKIT_NEVER;
}

/* A code is a word; anything longer was made up. */
static str word(str code, const char *otherwise) { return code.n && code.n <= 40 ? code : str_c(otherwise); }

static err judge(struct call *c, const char *method, const struct client_reply *r)
{
    str code = twirp_code(c, r);
    switch (hiring_livekit_says(r->status, code)) {
    case LIVEKIT_OK: return ERR_OK;
    case LIVEKIT_NOT_FOUND: return ERR_NOT_FOUND;
    case LIVEKIT_LATER: return fail(c, ERR_WORKER, NULL, "LiveKit %s: status %d, " STR_FMT, method, r->status, STR_ARG(word(code, "no code")));
    case LIVEKIT_NEVER: break;
    }
    return fail(c, ERR_INPUT, NULL, "LiveKit %s is refused: status %d, " STR_FMT, method, r->status, STR_ARG(word(code, "no code")));
}

/* ERR_WORKER: it may go well later; ERR_INPUT: it never will; ERR_NOT_FOUND (not fail()ed): no such room. */
static err livekit_call(struct hiring *h, struct call *c, const char *method, str body)
{
    struct client_reply reply;
    str url, token, bearer;
    TRY(arena_printf(c->mem, &url, STR_FMT "/twirp/livekit.RoomService/%s", STR_ARG(h->o.livekit.url), method));
    TRY(call_token(h, c, &token));
    TRY(arena_printf(c->mem, &bearer, "Bearer " STR_FMT, STR_ARG(token)));
    const struct header headers[] = { { STR("Content-Type"), STR("application/json") }, { STR("Authorization"), bearer } };
    const struct client_request rq = { .method = M_POST,
                                       .url = url,
                                       .headers = headers,
                                       .n_headers = COUNT_OF(headers),
                                       .body = body,
                                       .timeout_ms = h->o.livekit.timeout_ms,
                                       .max_bytes = REPLY_MAX,
                                       .allow_private = true /* the operator's own */ };
    err e = http_client_do(c, &rq, &reply);
    if (e == ERR_BUSY || e == ERR_LIMIT) return ERR_WORKER;
    if (e != ERR_OK) return e == ERR_NOMEM ? e : ERR_INPUT;
    return judge(c, method, &reply);
}

int64_t hiring_empty_timeout_s(int64_t scheduled_at_ms, int64_t now_ms)
{
    int64_t s = scheduled_at_ms == SHAPE_NO_TIME ? 0 : (scheduled_at_ms - now_ms) / 1000 + HOUR_S;
    if (s < HOUR_S) s = HOUR_S;
    return s < EMPTY_MAX_S ? s : EMPTY_MAX_S;
}

err hiring_room_create(struct hiring *h, struct call *c, const struct interview *i)
{
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    str body, metadata;
    TRY(arena_printf(c->mem, &metadata, "{\"interview_id\":\"" STR_FMT "\"}", STR_ARG(i->id)));
    jw_open(&w, '{');
    jw_kstr(&w, "name", i->room_name);
    jw_kint(&w, "empty_timeout", hiring_empty_timeout_s(i->scheduled_at, c->now_ms));
    jw_kint(&w, "departure_timeout", DEPARTURE_S);
    jw_kint(&w, "max_participants", PARTICIPANTS_MAX);
    jw_kstr(&w, "metadata", metadata);
    jw_close(&w, '}');
    TRY(buf_to_arena(&b, c->mem, &body));
    err e = livekit_call(h, c, "CreateRoom", body);
    return e == ERR_NOT_FOUND ? fail(c, ERR_INPUT, NULL, "LiveKit CreateRoom: nothing at livekit.url") : e;
}

err hiring_room_delete(struct hiring *h, struct call *c, str room_name)
{
    str body;
    TRY(arena_printf(c->mem, &body, "{\"room\":\"" STR_FMT "\"}", STR_ARG(room_name)));
    err e = livekit_call(h, c, "DeleteRoom", body);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}
