/* auth/auth_purge.c: what is over and old goes (server.md 6, retention). */
#include "auth/auth.h"

static const struct query purge_q[AUTH_PURGE__COUNT] = {
    [AUTH_PURGE_EXPIRED_SESSIONS] = STORE_PURGE("session", "id", "expires_at_ms"),
    [AUTH_PURGE_ENDED_SESSIONS] = STORE_PURGE("session", "id", "ended_at_ms"),
    [AUTH_PURGE_LINKS] = STORE_PURGE("link", "hash", "expires_at_ms"),
    [AUTH_PURGE_USED_LINKS] = STORE_PURGE("link", "hash", "used_at_ms"),
    [AUTH_PURGE_THROTTLES] = STORE_PURGE("throttle", "hash", "ends_at_ms"),
    [AUTH_PURGE_AUDIT] = { .in = "ii", .sql = "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at_ms < $1 ORDER BY at_ms LIMIT $2)" },
};

err auth_purge(struct call *c, enum auth_purge what, int64_t before_ms, int64_t most, int64_t *gone)
{
    return db_run_count(c, &purge_q[what], gone, before_ms, most);
}

err auth_check_purge(struct store *s, struct arena *a, str *why) { return store_check(s, a, purge_q, AUTH_PURGE__COUNT, why); }
