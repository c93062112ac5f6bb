/* rooms/hiring/hiring_tokens.c: join tokens (hiring 5.1, 6.13, 6.15). They are made here, without LiveKit; that the room is there is asked before. */
#include "rooms/hiring/hiring_int.h"

enum { NOT_BEFORE_S = 10 };

enum role { CANDIDATE, INTERVIEWER, OBSERVER };
static const char *const grants[] = {
    [CANDIDATE] = "\"canPublish\":true,\"canSubscribe\":true,\"canPublishData\":true",
    [INTERVIEWER] = "\"canPublish\":true,\"canSubscribe\":true,\"canPublishData\":true,\"roomAdmin\":true",
    [OBSERVER] = "\"canPublish\":false,\"canSubscribe\":true,\"canPublishData\":false,\"hidden\":true",
};

struct minting {
    const struct interview *interview;
    enum role role;
    str identity, name;
    char jti[CRYPTO_UUID];
    int64_t expires_at_s;
    bool room_made; /* LiveKit has just said that it is there */
};

static enum role role_of(str text)
{
    for (int r = INTERVIEWER; r <= OBSERVER; r++)
        if (str_is(text, hiring_roles[r])) return (enum role)r;
    return CANDIDATE;
}

/* Stable, so that whoever comes again replaces himself (5.1). */
static err identity(struct call *c, struct minting *m)
{
    str who = m->role == CANDIDATE ? m->interview->id : caller_of(c)->user.id;
    return arena_printf(c->mem, &m->identity, "%s-" STR_FMT, hiring_roles[m->role], STR_ARG(who));
}

static str own_name(const struct user *u) { return u->full_name.n ? u->full_name : u->username; }

static err metadata(struct call *c, const struct minting *m, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(65536);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kstr(&w, "interview_id", m->interview->id);
    jw_kstr(&w, "role", str_c(hiring_roles[m->role]));
    jw_kstr(&w, "position", m->interview->position);
    jw_close(&w, '}');
    return buf_to_arena(&b, c->mem, out);
}

/* The interviewing agent is told what the interview is set to. */
static void room_config(struct jw *w, str agent, const struct interview *i)
{
    jw_key(w, STR("roomConfig"));
    jw_open(w, '{');
    jw_key(w, STR("agents"));
    jw_open(w, '[');
    jw_open(w, '{');
    jw_kstr(w, "agentName", agent);
    jw_kstr(w, "metadata", i->interview_config.kind == ANY_OBJECT ? i->interview_config.json : STR("{}"));
    jw_close(w, '}');
    jw_close(w, ']');
    jw_close(w, '}');
}

static err video(struct call *c, const struct minting *m, str *out)
{
    return arena_printf(c->mem, out, "{\"room\":\"" STR_FMT "\",\"roomJoin\":true,%s}", STR_ARG(m->interview->room_name), grants[m->role]);
}

static err sign(struct hiring *h, struct call *c, struct minting *m, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(JWT_SIGN_MAX);
    struct jw w = JW(&b);
    int64_t now_s = c->now_ms / 1000;
    str about, grant;
    TRY(metadata(c, m, &about));
    TRY(video(c, m, &grant));
    m->expires_at_s = now_s + h->o.livekit.token_ttl_s;
    jw_open(&w, '{');
    jw_kstr(&w, "iss", h->o.livekit.api_key);
    jw_kstr(&w, "sub", m->identity);
    jw_kstr(&w, "name", m->name);
    jw_kint(&w, "iat", now_s);
    jw_kint(&w, "nbf", now_s - NOT_BEFORE_S);
    jw_kint(&w, "exp", m->expires_at_s);
    jw_kstr(&w, "jti", (str){ m->jti, sizeof m->jti });
    jw_key(&w, STR("video"));
    jw_raw(&w, grant);
    jw_kstr(&w, "metadata", about);
    if (h->o.livekit.agent_name.n) room_config(&w, h->o.livekit.agent_name, m->interview);
    jw_close(&w, '}');
    TRY(buf_ok(&b));
    return jwt_sign(c->mem, h->livekit, buf_str(&b), out);
}

/* Steps */

static err find(struct call *c)
{
    struct minting *m = c->state;
    struct interview *i;
    TRY(hiring_interview_of(c, &i));
    m->interview = i;
    if (str_is(i->status, "cancelled")) return fail(c, ERR_CONFLICT, NULL, "Interview is cancelled");
    return hiring_livekit_signs(hiring_of(c)) ? ERR_OK : fail_status(c, ERR_BUSY, 503, "LiveKit is not configured");
}

static void count(void *arg) { atomic_fetch_add(&((struct hiring *)arg)->tokens_minted, 1); }

err hiring_token_record(struct call *c)
{
    const struct minting *m = c->state;
    if (m->room_made && !str_is(m->interview->room_state, "created")) TRY(hiring_room_state(c, m->interview->id, STR("created")));
    if (m->room_made) TRY(hiring_room_still_wanted(hiring_of(c), c, m->interview->id));
    TRY(store_on_commit(c, count, hiring_of(c)));
    return hiring_audit(c, "interview.token", m->interview->id);
}

bool hiring_token_asks_nobody(const struct call *c) { return !hiring_livekit_serves(hiring_of(c)); }

/* An empty room is dropped after a while, so it is made again, and before the answer: who joins at once finds it as it should be. */
static err ensure_room(struct hiring *h, struct call *c, struct minting *m)
{
    if (!hiring_livekit_serves(h)) return h->o.livekit.require_room ? fail_status(c, ERR_BUSY, 503, "LiveKit is not configured") : ERR_OK;
    err e = hiring_room_create(h, c, m->interview);
    call_forget(c);
    m->room_made = e == ERR_OK;
    if (e == ERR_OK || e == ERR_NOMEM || !h->o.livekit.require_room) return e == ERR_NOMEM ? e : ERR_OK;
    return fail_status(c, ERR_BUSY, 503, "LiveKit is not available");
}

static err reply_token(struct hiring *h, struct call *c, const struct minting *m, str token)
{
    const struct include_query *in = c->query;
    const struct token_reply r = { .token = token,
                                   .room_name = m->interview->room_name,
                                   .participant_name = m->name,
                                   .identity = m->identity,
                                   .server_url = h->o.livekit.public_url,
                                   .expires_at = m->expires_at_s * 1000 };
    reply_header(c->reply, STR("Cache-Control"), STR("no-store"));
    return reply_shape(c, 200, hiring_wants_details(in->include) ? &hiring_token_details_shape : &hiring_token_shape, &r);
}

err hiring_token_create(struct call *c)
{
    struct hiring *h = hiring_of(c);
    const struct token_body *b = c->body;
    struct minting *m = NEW(c->mem, struct minting);
    str token;
    if (!m) return ERR_NOMEM;
    m->role = role_of(b->role);
    crypto_uuid7(m->jti);
    c->state = m;
    TRY(store_do(h->o.store, c, TX_GLANCE, find)); /* one statement */
    m->name = b->participant_name.n ? b->participant_name : m->role == CANDIDATE ? m->interview->candidate_name : own_name(&caller_of(c)->user);
    TRY(identity(c, m));
    TRY(ensure_room(h, c, m));
    TRY(sign(h, c, m, &token));
    c->state = m;
    return reply_token(h, c, m, token);
}
