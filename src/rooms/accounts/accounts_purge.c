/* rooms/accounts/accounts_purge.c: what of this room is over after a time: codes, refresh tokens, logins that waited for their second factor, OAuth states. */
#include "rooms/accounts/accounts.h"

const struct query accounts_purge[] = {
    STORE_PURGE("accounts_otp", "email_norm", "expires_at_ms"),
    STORE_PURGE("accounts_refresh", "jti", "expires_at_ms"),
    STORE_PURGE("accounts_second", "id", "expires_at_ms"),
    STORE_PURGE("accounts_state", "hash", "expires_at_ms"),
};
const size_t accounts_purge_n = COUNT_OF(accounts_purge);

const struct files_column accounts_files = FILES_COLUMN("accounts_profile", "avatar_content");
