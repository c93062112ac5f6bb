/* auth/auth_key.c: API keys of docassemble (api 3): where a key is found, what limits it, whose it is. */
#include "auth/auth_int.h"
#include "base/json.h"
#include <stdlib.h>

static bool is_blank(char c) { return c == ' ' || c == '\t'; }

/* The token of "Bearer TOKEN"; absent if the header says something else. */
static str bearer(str header)
{
    static const size_t scheme = sizeof "Bearer" - 1;
    if (header.n <= scheme || !str_eq_nocase(str_head(header, scheme), STR("bearer")) || !is_blank(header.p[scheme])) return STR_NULL;
    return str_trim(str_from(header, scheme));
}

str key_in_request(const struct req *rq, str body_key)
{
    /* The first place with a value decides; in the first two an empty one is a value. */
    const str places[] = { req_query(rq, "key"), body_key, req_cookie(rq, "X-API-Key"), req_header(rq, "X-API-Key"), bearer(req_header(rq, "Authorization")) };
    for (size_t i = 0; i < COUNT_OF(places); i++)
        if (!str_absent(places[i]) && (i < 2 || places[i].n)) return places[i];
    return STR_NULL;
}

bool constraint_ip(str peer, const str *items, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(peer, items[i])) return true;
    return false;
}

/* https://HOST/rest?query -> HOSTrest; without a slash behind the host the scheme stays. */
static err referer_normal(struct arena *a, str value, str *out)
{
    value = str_head(value, str_find(value, '?', 0));
    str host = STR_NULL;
    if (str_starts(value, STR("http://"))) host = str_from(value, 7);
    if (str_starts(value, STR("https://"))) host = str_from(value, 8);
    size_t slash = str_find(host, '/', 0);
    if (slash == 0 || slash == host.n) {
        *out = value;
        return ERR_OK;
    }
    str path = str_from(host, slash + 1);
    host = str_head(host, slash);
    return arena_printf(a, out, STR_FMT STR_FMT, STR_ARG(host), STR_ARG(path));
}

/* Whether the pieces of item between its asterisks occur in value one after the other. */
static bool occurs(str value, str item)
{
    str piece;
    while (item.n) {
        (void)str_cut(&item, '*', &piece);
        size_t at = str_search(value, piece);
        if (piece.n && at == value.n) return false;
        value = str_from(value, at + piece.n);
    }
    return true;
}

bool constraint_referer(struct arena *a, str referer, str origin, const str *items, size_t n, err *e)
{
    str value = referer.n ? referer : origin, normal;
    *e = ERR_OK;
    if (!value.n) return false;
    *e = referer_normal(a, value, &normal);
    for (size_t i = 0; *e == ERR_OK && i < n; i++)
        if (occurs(normal, items[i])) return true;
    return false;
}

/* A JSON array of texts, as we wrote it. */
static err texts(struct call *c, str json, str **out, size_t *n)
{
    json_t *list;
    TRY(json_read(c->mem, json, NULL, &list, NULL));
    *n = json_array_size(list);
    *out = NEW_N(c->mem, str, *n);
    if (!*out) return ERR_NOMEM;
    for (size_t i = 0; i < *n; i++) {
        const json_t *item = json_array_get(list, i);
        (*out)[i] = (str){ json_string_value(item), json_string_length(item) };
    }
    return ERR_OK;
}

static err refuse(struct call *c) { return fail(c, ERR_FORBIDDEN, NULL, "Access denied."); }

/* api 3.4. An empty list or "none" allows everybody. */
static err check_constraint(struct call *c, str method, str constraints_json)
{
    str *items;
    size_t n;
    err e = ERR_OK;
    if (str_is(method, "none") || str_is(constraints_json, "[]")) return ERR_OK;
    TRY(texts(c, constraints_json, &items, &n));
    bool good = n == 0;
    if (!good && str_is(method, "ip"))
        good = constraint_ip(c->rq->peer, items, n);
    else if (!good)
        good = constraint_referer(c->mem, req_header(c->rq, "Referer"), req_header(c->rq, "Origin"), items, n, &e);
    TRY(e);
    return good ? ERR_OK : refuse(c);
}

static int by_name(const void *a, const void *b) { return str_cmp(*(const str *)a, *(const str *)b); }

/* Names sorted here: engines disagree on order. */
static err privileges(struct call *c, struct who *w)
{
    static const str user = { "user", 4 };
    struct rows rows;
    TRY(db_list(c, &auth_q[AQ_PRIVILEGES], &rows, w->account.id));
    w->privileges = &user;
    w->n_privileges = 1;
    if (rows.n == 0) return ERR_OK;
    str *v = NEW_N(c->mem, str, rows.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < rows.n; i++) v[i] = rows.row[i][0].s;
    qsort(v, rows.n, sizeof *v, by_name);
    w->privileges = v;
    w->n_privileges = rows.n;
    return ERR_OK;
}

err api_key_identify(struct auth *a, struct call *c, str body_key, struct who **out)
{
    enum { K_ID = ACCOUNT_COLUMNS, K_METHOD, K_CONSTRAINTS, K_PERMISSIONS };
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    str *permissions;
    str key = key_in_request(c->rq, body_key);
    if (!key.n) return refuse(c);
    crypto_keyed_hash(hash, a->api_keys, key);
    TRY(db_find(c, &auth_q[AQ_KEY_BY_HASH], &row, (str){ (const char *)hash, sizeof hash }));
    if (!row) return refuse(c);
    TRY(check_constraint(c, row[K_METHOD].s, row[K_CONSTRAINTS].s));
    struct who *w = NEW(c->mem, struct who);
    if (!w) return ERR_NOMEM;
    account_from_row(row, &w->account);
    w->key_id = row[K_ID].s;
    TRY(privileges(c, w));
    TRY(texts(c, row[K_PERMISSIONS].s, &permissions, &w->n_permissions));
    w->permissions = permissions;
    w->limited = w->n_permissions > 0 && who_has(w, "admin");
    *out = w;
    return ERR_OK;
}

/* The last four characters, shown in lists so that people know which key it is. */
static str last_four(str key)
{
    size_t at = key.n, count = 0;
    while (at > 0 && count < 4) count += ((unsigned char)key.p[--at] & 0xC0) != 0x80;
    return str_from(key, at);
}

err api_key_store(struct auth *a, struct call *c, str key, const struct api_key_new *in)
{
    uint8_t hash[CRYPTO_HASH];
    char id[CRYPTO_UUID];
    crypto_keyed_hash(hash, a->api_keys, key);
    crypto_uuid7(id);
    return db_run(c, &auth_q[AQ_KEY_STORE], (str){ id, sizeof id }, (str){ (const char *)hash, sizeof hash }, in->account_id, in->name,
                  str_absent(in->method) ? STR("none") : in->method, str_absent(in->constraints_json) ? STR("[]") : in->constraints_json,
                  str_absent(in->permissions_json) ? STR("[]") : in->permissions_json, last_four(key), c->now_ms);
}
