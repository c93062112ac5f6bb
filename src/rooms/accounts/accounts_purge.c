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
const struct query accounts_files_named = { .in = "tttttttttttttttt",
                                            .out = "t",
                                            .sql = "SELECT DISTINCT avatar_content FROM accounts_profile WHERE avatar_content IN"
                                                   " ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)" };
const size_t accounts_purge_n = COUNT_OF(accounts_purge);
