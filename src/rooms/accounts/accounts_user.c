/* rooms/accounts/accounts_user.c: the user object (django-cfg 8), and what a login gives. */
#include "rooms/accounts/accounts_int.h"

enum { SECOND_MS = 5 * 60 * 1000, USERNAME_TRIES = 12 };

static str or_empty(str s) { return str_absent(s) ? STR("") : s; }

static err full_name(struct arena *a, const struct account *who, str *out)
{
    str first = or_empty(who->first_name), last = or_empty(who->last_name);
    if (first.n && last.n) return arena_printf(a, out, STR_FMT " " STR_FMT, STR_ARG(first), STR_ARG(last));
    *out = first.n ? first : last.n ? last : who->email_norm;
    return ERR_OK;
}

/* base of absolute URLs: the setting, or where this request came in. */
static err api_base(struct call *c, str *out)
{
    const struct accounts_options *o = &accounts_of(c)->o;
    const char *url = o->api_url ? o->api_url : o->base_url;
    if (!url) return arena_printf(c->mem, out, STR_FMT "://" STR_FMT, STR_ARG(c->rq->scheme), STR_ARG(c->rq->host));
    *out = str_c(url);
    if (str_ends(*out, STR("/"))) out->n--;
    return ERR_OK;
}

static err avatar_url(struct call *c, const struct account *who, const struct profile *p, str *out)
{
    str base;
    *out = STR_NULL;
    if (str_absent(p->avatar_file)) return cfg_connection_avatar(c, who->id, out);
    TRY(api_base(c, &base));
    return arena_printf(c->mem, out, STR_FMT "/media/avatars/%lld/" STR_FMT, STR_ARG(base), (long long)who->number, STR_ARG(p->avatar_file));
}

static err masked_key(struct arena *a, const struct profile *p, str *out)
{
#define BULLETS_4 "\u2022\u2022\u2022\u2022"
    *out = STR_NULL;
    if (str_absent(p->key_head)) return ERR_OK;
    return arena_printf(a, out, STR_FMT BULLETS_4 BULLETS_4 BULLETS_4 BULLETS_4 BULLETS_4 BULLETS_4 STR_FMT, STR_ARG(p->key_head), STR_ARG(p->key_tail));
}

err cfg_key_masked(struct call *c, const struct profile *p, str *out) { return masked_key(c->mem, p, out); }

/* A failure here never breaks the answer (django-cfg 8.2), but for want of memory. */
static err centrifugo_member(struct call *c, struct jw *w, const struct account *who)
{
    jw_key(w, STR("centrifugo"));
    if (cfg_centrifugo_on(accounts_of(c))) return cfg_centrifugo_write(c, w, who);
    jw_null(w);
    return ERR_OK;
}

static void short_form(struct jw *w, const struct account *who, const struct profile *p)
{
    jw_open(w, '{');
    jw_kint(w, "id", who->number);
    jw_kstr(w, "email", who->email_norm);
    jw_kstr(w, "username", or_empty(p->username));
    jw_kstr(w, "first_name", or_empty(who->first_name));
    jw_kstr(w, "last_name", or_empty(who->last_name));
    jw_close(w, '}');
}

err cfg_user_write(struct call *c, struct jw *w, const struct account *who, const struct profile *p, enum user_form form)
{
    str full, initials, display, avatar, key;
    if (form == USER_OF_GITHUB) return short_form(w, who, p), ERR_OK;
    TRY(full_name(c->mem, who, &full));
    TRY(cfg_initials_of(c->mem, who->first_name, who->last_name, who->email_norm, &initials));
    TRY(cfg_display_of(c->mem, or_empty(p->username), &display));
    TRY(avatar_url(c, who, p, &avatar));
    TRY(masked_key(c->mem, p, &key));
    jw_open(w, '{');
    jw_kint(w, "id", who->number);
    jw_kstr(w, "email", who->email_norm);
    jw_kstr(w, "first_name", or_empty(who->first_name));
    jw_kstr(w, "last_name", or_empty(who->last_name));
    jw_kstr(w, "full_name", full);
    jw_kstr(w, "initials", initials);
    jw_kstr(w, "display_username", display.n ? display : full);
    jw_kstr(w, "company", or_empty(p->company));
    jw_kstr(w, "phone", or_empty(p->phone));
    jw_kstr(w, "position", or_empty(p->position));
    jw_kstr(w, "language", or_empty(who->locale));
    jw_kstr(w, "timezone", or_empty(who->timezone));
    jw_kstr(w, "avatar", avatar);
    jw_kbool(w, "is_staff", who->staff);
    jw_kbool(w, "is_superuser", who->superuser);
    cfg_jw_time(w, "date_joined", who->created_at_ms);
    cfg_jw_time(w, "last_login", who->last_login_at_ms);
    jw_kint(w, "unanswered_messages_count", 0);
    if (form == USER_WHOLE) TRY(centrifugo_member(c, w, who));
    jw_kstr(w, "api_key", key);
    jw_close(w, '}');
    return ERR_OK;
}

err cfg_profile_ensure(struct call *c, const struct account *who, struct profile *out)
{
    bool found = false, made;
    char key[UUID];
    str username;
    TRY(cfg_profile_find(c, who->id, out, &found));
    for (unsigned i = 0; !found && i < USERNAME_TRIES; i++) {
        cfg_uuid4(key);
        TRY(cfg_username_make(c->mem, i, &username));
        TRY(cfg_profile_insert(c, who->id, username, (str){ key, UUID }, &made));
        if (made) TRY(cfg_profile_find(c, who->id, out, &found));
    }
    return found ? ERR_OK : fail(c, ERR_STORE, NULL, "no user name is left");
}

err accounts_ready(struct call *c, const struct account *who)
{
    struct profile p;
    return cfg_profile_ensure(c, who, &p);
}

/* after the first factor (django-cfg 9.2) */

static bool prompts(const struct accounts *r, const struct account *who)
{
    const char *e = r->o.totp_enforcement;
    if (!r->o.totp_enabled || !e || strcmp(e, "optional") == 0) return false;
    return strcmp(e, "admin_only") != 0 || who->staff || who->superuser;
}

err cfg_login_begin(struct call *c, const struct account *who, const char *method, struct login *out)
{
    const struct accounts *r = accounts_of(c);
    bool device;
    *out = (struct login){ 0 };
    TRY(cfg_profile_ensure(c, who, &out->profile));
    TRY(totp_enabled(c, who->id, &device));
    out->second = r->o.totp_enabled && device;
    TRY(cfg_audit_login(c, out->second ? "login.first_factor" : "login", who, method));
    if (out->second) {
        cfg_uuid4(out->session);
        return cfg_second_put(c, (str){ out->session, UUID }, who, c->now_ms + SECOND_MS);
    }
    out->prompt = !device && prompts(r, who);
    return cfg_tokens_make(c, who, &out->tokens);
}

err cfg_login_members(struct call *c, struct jw *w, const struct account *who, const struct login *l, enum user_form form)
{
    jw_kbool(w, "requires_2fa", l->second);
    jw_kstr(w, "session_id", l->second ? (str){ l->session, UUID } : STR_NULL);
    jw_kstr(w, "refresh", l->second ? STR_NULL : l->tokens.refresh);
    jw_kstr(w, "access", l->second ? STR_NULL : l->tokens.access);
    jw_kbool(w, "should_prompt_2fa", l->prompt);
    jw_key(w, STR("user"));
    if (!l->second) return cfg_user_write(c, w, who, &l->profile, form);
    jw_null(w);
    return ERR_OK;
}
