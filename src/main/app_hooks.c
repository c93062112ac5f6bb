/* main/app_hooks.c: what the identity core asks of the rooms above it: its mails, the keys of an account, the deletion of one. Families are asked whether they
 * are served or not: their tables exist all the same. */
#include "main/app.h"
#include "rooms/core/core.h"

static err mail(void *self, struct call *c, const char *name, const struct account *to, const struct auth_mail_value *v, size_t n)
{
    struct app *a = self;
    return core_mail(a->mailer, c, name, to, v, n);
}

/* A line per family that has keys of its own. */
static err revoke_keys(void *self, struct call *c, str account_id)
{
    (void)self;
    TRY(accounts_revoke_keys(c, account_id));
    return hiring_revoke_keys(c, account_id);
}

/* A line per family that keeps something of an account. */
static err account_deleted(void *self, struct call *c, const struct account *who)
{
    struct app *a = self;
    TRY(accounts_deleted(a->files, c, who));
    return hiring_account_deleted(c, who->id);
}

void app_set_hooks(struct app *a)
{
    const struct auth_hooks hooks = { .self = a, .mail = mail, .revoke_keys = revoke_keys, .account_deleted = account_deleted };
    auth_set_hooks(a->auth, &hooks);
}
