/* store/sealed.h: which columns hold sealed secrets, told by the rooms that own them, so that a new master key can seal them anew (chancery rekey). */
#pragma once
#include "store/store.h"

struct sealed_column {
    const char *what;    /* for the operator: "authenticators" */
    const char *purpose; /* as in ring_seal() (crypto/ring.h) */
    /* In (key id, id, limit): "bti"; out (id, what it is bound to, sealed): "ttb". The rows that are sealed under another key, by id, from behind that one
     * ("0" at first) on: SELECT id, id, x FROM t WHERE substr(x, 2, 8) <> $1 AND id > $2 ORDER BY id LIMIT $3 */
    const struct query *list;
    /* In (new, id, old): "btb": UPDATE t SET x = $1 WHERE id = $2 AND x = $3 */
    const struct query *set;
};
