/* rooms/hiring/hiring_commands.c: what operators do from the command line (hiring 8), beside a running server. */
#include "rooms/hiring/hiring_int.h"

enum { SHOWN = 3 + 4 };

err hiring_command_keys(const struct ring *ring, struct call *c, str email, struct hiring_key **out, size_t *n)
{
    struct key_row *rows;
    str *emails, norm = STR_NULL;
    if (email.n) TRY(email_normalise(c->mem, email, &norm));
    TRY(hiring_keys_all(c, norm, &rows, &emails, n));
    *out = NEW_N(c->mem, struct hiring_key, *n);
    if (!*out) return ERR_NOMEM;
    for (size_t i = 0; i < *n; i++) {
        str key;
        TRY(hiring_key_open(ring, c->mem, &rows[i], &key));
        (*out)[i] = (struct hiring_key){ .id = rows[i].id,
                                         .email = emails[i],
                                         .name = rows[i].name,
                                         .shown = str_head(key, SHOWN),
                                         .active = rows[i].active,
                                         .usage_count = rows[i].usage_count,
                                         .created_at_ms = rows[i].created_at_ms,
                                         .last_used_at_ms = rows[i].last_used_at_ms };
    }
    return ERR_OK;
}

err hiring_command_key_off(struct call *c, str id)
{
    bool found;
    str lower;
    TRY(hiring_id_of(c, id, &lower));
    TRY(hiring_key_off_any(c, lower, &found));
    if (!found) return fail(c, ERR_NOT_FOUND, NULL, STR_FMT ": no such API key; `chancery apikey list` names them", STR_ARG(id));
    return hiring_audit(c, "api_key.deactivate", lower);
}

err hiring_command_blank(struct call *c, str email, int64_t *n)
{
    str norm;
    TRY(email_normalise(c->mem, email, &norm));
    if (!norm.n) return *n = 0, ERR_OK; /* those that are blank already */
    TRY(hiring_blank(c, email, norm, n));
    return *n ? hiring_audit(c, "candidate.blank", STR_NULL) : ERR_OK;
}

err hiring_command_probe(const struct hiring_livekit *o, struct call *c, const char **step)
{
    struct hiring h = { .o.livekit = *o };
    char digits[ROOM_DIGITS];
    uint8_t bits[ROOM_DIGITS / 2];
    struct interview probe = { .id = STR("probe"), .scheduled_at = SHAPE_NO_TIME };
    *step = "token";
    if (!o->api_key.n || !o->api_secret.n || !o->url.n)
        return fail(c, ERR_INPUT, NULL, "LiveKit is not configured: set livekit.url, livekit.api_key and livekit.api_secret");
    TRY(jwt_key_hmac_shared(c->mem, o->api_secret, STR_NULL, &h.livekit));
    crypto_random(bits, sizeof bits);
    crypto_hex(digits, bits, sizeof bits);
    TRY(arena_printf(c->mem, &probe.room_name, "probe-%.*s", ROOM_DIGITS, digits));
    *step = "CreateRoom";
    TRY(hiring_room_create(&h, c, &probe));
    *step = "DeleteRoom";
    return hiring_room_delete(&h, c, probe.room_name);
}
