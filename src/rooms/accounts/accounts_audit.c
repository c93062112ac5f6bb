/* rooms/accounts/accounts_audit.c: this room's records in the audit log (server.md 4), each inside the write of what it tells about. What the identity core
 * changes (accounts made and deleted, first proofs, GitHub identities linked) it records itself. */
#include "rooms/accounts/accounts_int.h"

static err record(struct call *c, const char *action, const struct account *who, str subject, str detail)
{
    return audit_write(
        c, &(struct audit){
               .family = STR("accounts"), .action = str_c(action), .actor_id = who->id, .actor_email = who->email, .subject = subject, .detail_json = detail });
}

err cfg_audit(struct call *c, const char *action, str subject) { return record(c, action, &c->who->account, subject, STR_NULL); }

/* The caller of a login may have sent the credentials of somebody else, too: whose login it is counts. */
err cfg_audit_login(struct call *c, const char *action, const struct account *who, const char *method)
{
    str detail;
    TRY(arena_printf(c->mem, &detail, "{\"method\":\"%s\"}", method));
    return record(c, action, who, who->id, detail);
}

err cfg_audit_fields(struct call *c, const char *action, const char *const *names, size_t n)
{
    CLEANUP(buf_release) struct buf b = BUF(4096);
    struct jw w = JW(&b);
    str detail;
    jw_open(&w, '{');
    jw_key(&w, STR("fields"));
    jw_open(&w, '[');
    for (size_t i = 0; i < n; i++) jw_str(&w, str_c(names[i]));
    jw_close(&w, ']');
    jw_close(&w, '}');
    TRY(buf_to_arena(&b, c->mem, &detail));
    return record(c, action, &c->who->account, c->who->account.id, detail);
}
