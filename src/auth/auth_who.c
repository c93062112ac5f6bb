/* auth/auth_who.c: the checks of api 4.3; pure. */
#include "auth/auth.h"

static bool among(const str *v, size_t n, str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(v[i], name)) return true;
    return false;
}

static bool has_name(const struct who *w, str name)
{
    /* No rows at all count as "user" (api 4.1). */
    return w->n_privileges ? among(w->privileges, w->n_privileges, name) : str_eq(name, STR("user"));
}

/* Without a limited key it needs the directive "permissions", which the configuration does not have: nobody has any. */
static bool can_name(const struct who *w, str name) { return w->limited && among(w->permissions, w->n_permissions, name); }

static bool any(const struct who *w, const char *names, bool (*check)(const struct who *, str))
{
    str rest = str_c(names), name;
    while (rest.n) {
        (void)str_cut(&rest, ' ', &name);
        if (check(w, name)) return true;
    }
    return false;
}

bool who_has(const struct who *w, const char *privilege) { return has_name(w, str_c(privilege)); }
bool who_can(const struct who *w, const char *permission) { return can_name(w, str_c(permission)); }
bool who_any_role(const struct who *w, const char *roles) { return any(w, roles, has_name); }
bool who_is(const struct who *w, int64_t number) { return !w->limited && w->account.number == number; }

bool who_may(const struct who *w, const char *roles, const char *perms) { return any(w, perms, can_name) || (!w->limited && who_any_role(w, roles)); }

bool who_passes(const struct who *w, const char *roles, const char *perms)
{
    if (any(w, perms, can_name)) return true;
    if (w->limited && str_c(perms).n) return false;
    return !str_c(roles).n || who_any_role(w, roles);
}
