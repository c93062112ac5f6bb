/* rooms/accounts/accounts_key.c: the caller's API key (django-cfg 9.8 to 9.10). */
#include "rooms/accounts/accounts_int.h"

err cfg_key_get(struct call *c)
{
    const struct profile *p = &caller_of(c)->profile;
    str masked;
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    TRY(cfg_key_masked(c, p, &masked));
    jw_open(&w, '{');
    jw_kstr(&w, "key", masked);
    cfg_jw_time(&w, "reissued_at", p->key_reissued_at_ms);
    cfg_jw_time(&w, "created_at", p->key_created_at_ms);
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}

/* Whatever the body is, it is not read (9.9). */
err cfg_key_regenerate(struct call *c)
{
    struct profile p;
    char key[UUID];
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    TRY(cfg_profile_ensure(c, &c->who->account, &p));
    cfg_uuid4(key);
    TRY(cfg_key_replace(c, c->who->account.id, (str){ key, UUID }));
    TRY(cfg_audit(c, "api_key.create", c->who->account.id));
    jw_open(&w, '{');
    jw_kstr(&w, "key", (str){ key, UUID });
    cfg_jw_time(&w, "reissued_at", c->now_ms);
    jw_close(&w, '}');
    TRY(cfg_json_reply(c, 200, &b));
    return cfg_timezone_here(c);
}

err cfg_key_test(struct call *c)
{
    struct key_body body;
    struct input in;
    char plain[UUID];
    str owner = STR_NULL, number = STR_NULL;
    struct account *who = NULL;
    TRY(cfg_input_read(c, &cfg_shape_key_test, &in, &body));
    if (in.answered) return ERR_OK;
    if (in.n_errors) return cfg_input_refuse(&in, NULL);
    if (cfg_uuid_read(body.key, plain)) TRY(cfg_key_owner(c, (str){ plain, UUID }, &owner));
    if (!str_absent(owner)) TRY(account_by_id(c, owner, &who));
    bool valid = who && who->active;
    if (valid) TRY(arena_printf(c->mem, &number, "%lld", (long long)who->number));
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kbool(&w, "valid", valid);
    jw_kstr(&w, "user_id", number);
    jw_close(&w, '}');
    return cfg_json_reply(c, 200, &b);
}
