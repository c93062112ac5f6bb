/* rooms/accounts/accounts_avatar.c: a picture of the caller (django-cfg 9.6): taken, kept, shown. */
#include "base/log.h"
#include "rooms/accounts/accounts_int.h"

struct gone {
    struct files *files;
    str name;
};

static void drop(void *arg)
{
    const struct gone *g = arg;
    if (files_drop(g->files, g->name) != ERR_OK) LOG(LOG_WARN, "an avatar's file was not removed", LOG_S("file", g->name));
}

err cfg_avatar_forget(struct files *f, struct call *c, const struct profile *p)
{
    struct gone *g = NEW(c->mem, struct gone);
    if (!g) return ERR_NOMEM;
    if (str_absent(p->avatar_content)) return ERR_OK;
    *g = (struct gone){ f, p->avatar_content };
    return store_on_commit(c, drop, g);
}
