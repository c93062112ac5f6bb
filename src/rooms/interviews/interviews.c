/* rooms/interviews/interviews.c: makes and ends the room. */
#include "rooms/interviews/interviews_int.h"
#include <stdlib.h>

static const char *const prefixes[] = { "/api", NULL };

#define SECURITY                                                                                                                                 \
    "{\"ApiKeyHeader\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-API-Key\"},\"BearerAuth\":{\"type\":\"http\",\"scheme\":\"bearer\"}," \
    "\"ApiKeyCookie\":{\"type\":\"apiKey\",\"in\":\"cookie\",\"name\":\"X-API-Key\"}}"

static const struct reply_doc common[] = {
    { 405, "text/html", NULL, "The path has no such method." },
    { 413, "text/html", NULL, "The body is larger than interviews.maximum_content_length." },
    { 500, "text/plain", &shape_error, "Internal server error." },
    { 503, "text/plain", &shape_error, "Busy; try again after Retry-After seconds." },
    { 0 },
};

#define FAMILY                                                                                                                                               \
    {                                                                                                                                                        \
        .name = "interviews", .title = "docassemble API", .version = "1.0", .server = "", .ops = interviews_ops, .prefixes = prefixes, .security = SECURITY, \
        .security_need = "[{\"ApiKeyHeader\":[]},{\"BearerAuth\":[]},{\"ApiKeyCookie\":[]}]", .common = common, .loose = true, .body_before_who = true,      \
        .sort_keys = true, .ascii = true, .newline = true, .json = { .nan = true }, .body_max = 16 << 20, .identify = identify, .permit = permit,            \
        .error = error_reply, .no_path = no_path, .no_method = no_method, .options = options_reply, .finish = finish                                         \
    }
const struct family interviews_document = FAMILY;

err interviews_new(struct arena *a, const struct interviews_options *o, struct interviews **out)
{
    struct interviews *r = NEW(a, struct interviews);
    if (!r) return ERR_NOMEM;
    *r = (struct interviews){ .o = *o, .family = FAMILY, .locks = session_locks_new(o->waiters), .warm = warm_new(), .facts = facts_new() };
    if (!r->locks || !r->warm || !r->facts) {
        session_locks_free(r->locks);
        warm_free(r->warm);
        facts_free(r->facts);
        return ERR_NOMEM;
    }
    r->family.room = r;
    r->family.body_max = o->body_max;
    crypto_keyed_hash(r->key, o->master_key, STR("interviews: session keys"));
    r->o.master_key = NULL;
    *out = r;
    return ERR_OK;
}

void interviews_free(struct interviews *r)
{
    if (!r) return;
    session_locks_free(r->locks);
    warm_free(r->warm);
    facts_free(r->facts);
    crypto_wipe(r->key, sizeof r->key);
}

const struct family *interviews_family(struct interviews *r) { return &r->family; }
