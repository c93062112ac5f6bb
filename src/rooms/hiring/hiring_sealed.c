/* rooms/hiring/hiring_sealed.c: what this room keeps sealed, for chancery rekey. */
#include "rooms/hiring/hiring_int.h"

static const struct query keys = { .in = "bti",
                                   .out = "ttb",
                                   .sql = "SELECT id, id, key_sealed FROM hiring_api_key WHERE substr(key_sealed, 2, 8) <> $1 AND id > $2"
                                          " ORDER BY id LIMIT $3" };
static const struct query key_set = { .in = "btb", .sql = "UPDATE hiring_api_key SET key_sealed = $1 WHERE id = $2 AND key_sealed = $3" };
static const struct query secrets = { .in = "bti",
                                      .out = "ttb",
                                      .sql = "SELECT id, id, sealed FROM hiring_secret WHERE substr(sealed, 2, 8) <> $1 AND id > $2"
                                             " ORDER BY id LIMIT $3" };
static const struct query secret_set = { .in = "btb", .sql = "UPDATE hiring_secret SET sealed = $1 WHERE id = $2 AND sealed = $3" };

const struct sealed_column hiring_sealed[] = {
    { .what = "hiring API keys", .purpose = HIRING_KEY_PURPOSE, .list = &keys, .set = &key_set },
    { .what = "hiring signing secrets", .purpose = HIRING_SECRET_PURPOSE, .list = &secrets, .set = &secret_set },
};
const size_t hiring_sealed_n = COUNT_OF(hiring_sealed);
