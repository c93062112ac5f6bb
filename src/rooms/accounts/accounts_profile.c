/* rooms/accounts/accounts_profile.c: the caller's profile: shown, changed, deleted (django-cfg 9.4, 9.5, 9.7). */
#include "rooms/accounts/accounts_int.h"

static err user_reply(struct call *c, const struct account *who, const struct profile *p)
{
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    TRY(cfg_user_write(c, &w, who, p, USER_WHOLE));
    return cfg_json_reply(c, 200, &b);
}

err cfg_profile_get(struct call *c) { return user_reply(c, &c->who->account, &caller_of(c)->profile); }

err cfg_caller_reply(struct call *c)
{
    struct account *who;
    struct profile p;
    TRY(account_by_id(c, c->who->account.id, &who));
    if (!who) return fail(c, ERR_ANONYMOUS, "user_not_found", "User not found"); /* deleted a moment ago */
    TRY(cfg_profile_ensure(c, who, &p));
    return user_reply(c, who, &p);
}

/* change */

static err phone_check(struct input *in, str *phone)
{
    char digits[21];
    size_t n;
    if (!cfg_input_good(in, "phone", *phone) || !phone->n) return ERR_OK;
    if (!cfg_phone_reduce(*phone, digits, &n))
        cfg_input_error(in, "phone", STR("Please enter a valid phone number."));
    else
        return arena_str(in->c->mem, (str){ digits, n }, phone);
    return ERR_OK;
}

static err collapse(struct call *c, str *s) { return str_absent(*s) ? ERR_OK : cfg_text_collapse(c->mem, *s, s); }

static bool differs(str wish, str have) { return !str_absent(wish) && !str_eq(wish, have); }

/* The header was seen, so that it does not undo later what the body says now (1.3). */
static err zone_seen(struct call *c, const struct profile_body *in)
{
    if (!cfg_timezone_wanted(c)) return ERR_OK;
    return str_absent(in->timezone) ? cfg_timezone_save(c) : cfg_profile_zone(c, c->who->account.id, caller_of(c)->timezone);
}

/* Only what is another now. */
static err change_audit(struct call *c, const struct profile_body *in, const struct profile *before)
{
    const struct account *who = &c->who->account;
    const struct {
        const char *name;
        str wish, have;
    } all[] = { { "first_name", in->first_name, who->first_name }, { "last_name", in->last_name, who->last_name },
                { "company", in->company, before->company },       { "phone", in->phone, before->phone },
                { "position", in->position, before->position },    { "language", in->language, who->locale },
                { "timezone", in->timezone, who->timezone } };
    const char *names[COUNT_OF(all)];
    size_t n = 0;
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (differs(all[i].wish, all[i].have)) names[n++] = all[i].name;
    return n ? cfg_audit_fields(c, "profile.update", names, n) : ERR_OK;
}

static err store_change(struct call *c, const struct profile_body *in)
{
    const struct account *who = &c->who->account;
    struct profile p;
    struct account_change change = { .first_name = in->first_name, .last_name = in->last_name, .locale = in->language, .timezone = in->timezone };
    TRY(cfg_profile_ensure(c, who, &p));
    TRY(change_audit(c, in, &p));
    if (!str_absent(in->company)) p.company = in->company;
    if (!str_absent(in->position)) p.position = in->position;
    if (!str_absent(in->phone)) p.phone = in->phone;
    TRY(cfg_profile_update(c, who->id, &p));
    TRY(account_update(c, who->id, &change));
    if ((differs(in->first_name, who->first_name) || differs(in->last_name, who->last_name)) && !p.test) TRY(cfg_mail_notice(c, who, "profile_updated"));
    return ERR_OK;
}

err cfg_profile_change(struct call *c)
{
    struct profile_body body;
    struct input in;
    TRY(cfg_input_read(c, &cfg_shape_profile_patch, &in, &body));
    if (in.answered) return ERR_OK;
    TRY(phone_check(&in, &body.phone));
    if (in.n_errors) return cfg_input_refuse(&in, NULL);
    TRY(collapse(c, &body.company));
    TRY(collapse(c, &body.position));
    TRY(store_change(c, &body));
    TRY(cfg_caller_reply(c));
    return zone_seen(c, &body);
}

/* delete */

err accounts_revoke_keys(struct call *c, str account_id) { return cfg_key_revoke(c, account_id); }

err accounts_deleted(struct files *f, struct call *c, const struct account *who)
{
    struct profile p;
    bool found;
    TRY(cfg_profile_find(c, who->id, &p, &found));
    if (found) TRY(cfg_avatar_forget(f, c, &p));
    TRY(cfg_profile_clear(c, who->id));
    TRY(cfg_otp_drop(c, who->email_norm));
    return cfg_account_rows_drop(c, who->id);
}

err cfg_profile_delete(struct call *c)
{
    struct accounts *r = accounts_of(c);
    const struct account *who = &c->who->account;
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    if (!caller_of(c)->profile.test) TRY(cfg_mail_notice(c, who, "account_deleted"));
    TRY(account_delete(r->o.auth, c, who->id));
    jw_open(&w, '{');
    jw_kbool(&w, "success", true);
    jw_kstr(&w, "message", STR("Your account has been successfully deleted."));
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}
