/* rooms/accounts/accounts_purge.c: what of this room is over after a time: codes, refresh tokens, logins that waited for their second factor, OAuth states. */
#include "rooms/accounts/accounts.h"

#define OVER(table, key)                                                                                                              \
    {                                                                                                                                 \
        .in = "ii", .sql = "DELETE FROM " table " WHERE " key " IN (SELECT " key " FROM " table " WHERE expires_at_ms < $1 LIMIT $2)" \
    }

const struct query accounts_purge[] = {
    OVER("accounts_otp", "email_norm"),
    OVER("accounts_refresh", "jti"),
    OVER("accounts_second", "id"),
    OVER("accounts_state", "hash"),
};
const size_t accounts_purge_n = COUNT_OF(accounts_purge);
