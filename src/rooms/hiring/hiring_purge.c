/* rooms/hiring/hiring_purge.c: what of this room is over after a time, for the retention job; each is also forgotten where the next of its sort is written. */
#include "rooms/hiring/hiring_int.h"

const struct query hiring_purge[] = {
    STORE_PURGE("hiring_revoked_token", "jti", "expires_at_ms"),
    STORE_PURGE("hiring_livekit_event", "id", "at_ms"),
    /* By all of its key, which both engines take as a row. */
    { .in = "ii",
      .sql = "DELETE FROM hiring_idempotency WHERE (account_id, operation, name) IN (SELECT account_id, operation, name FROM hiring_idempotency"
             " WHERE created_at_ms < $1 LIMIT $2)" },
};
const int64_t hiring_purge_kept_ms[] = { REVOKED_KEPT_MS, EVENTS_KEPT_MS, IDEMPOTENCY_MS };
const size_t hiring_purge_n = COUNT_OF(hiring_purge);
