/* crypto/jwt.c: making tokens, and reading those that strangers send. */
#include "crypto/jwt_int.h"
#include <math.h>

static const char *const alg_names[] = { [JWT_HS256] = "HS256", [JWT_RS256] = "RS256", [JWT_ES256] = "ES256", [JWT_EDDSA] = "EdDSA" };
_Static_assert(COUNT_OF(alg_names) == JWT_ALG__COUNT, "every algorithm has a name");

const char *jwt_alg_name(enum jwt_alg alg) { return alg_names[alg]; }

bool jwt_alg_find(str name, enum jwt_alg *out)
{
    for (int i = 0; i < JWT_ALG__COUNT; i++)
        if (str_is(name, alg_names[i])) return *out = (enum jwt_alg)i, true;
    return false;
}

static const char *const fault_names[] = {
    [JWT_GOOD] = "good",
    [JWT_MALFORMED] = "malformed",
    [JWT_CRITICAL] = "critical header",
    [JWT_NO_KEY] = "no key for it",
    [JWT_BAD_ALG] = "other algorithm",
    [JWT_BAD_SIGNATURE] = "bad signature",
    [JWT_BAD_TYPE] = "other type",
    [JWT_BAD_CLAIMS] = "bad claims",
    [JWT_EXPIRED] = "expired",
    [JWT_NOT_YET] = "not valid yet",
    [JWT_BAD_ISSUER] = "other issuer",
    [JWT_BAD_AUDIENCE] = "other audience",
};
_Static_assert(COUNT_OF(fault_names) == JWT_FAULT__COUNT, "every fault has a name");

const char *jwt_fault_name(enum jwt_fault f) { return fault_names[f]; }

/* making */

static void add_base64(struct buf *b, str bytes)
{
    char *p = buf_space(b, b64_length(bytes.n));
    if (p) b64_encode(p, bytes);
}

static void write_header(struct buf *out, const struct jwt_key *k, str typ)
{
    struct jw w = JW(out);
    jw_open(&w, '{');
    jw_kstr(&w, "alg", str_c(jwt_alg_name(k->alg)));
    if (!str_absent(typ)) jw_kstr(&w, "typ", typ);
    if (!str_absent(k->kid)) jw_kstr(&w, "kid", k->kid);
    jw_close(&w, '}');
}

err jws_sign(struct arena *a, const struct jwt_key *k, str typ, str payload, str *out)
{
    uint8_t signature[JWT_SIGNATURE_MAX];
    size_t n;
    CLEANUP(buf_release) struct buf header = BUF(4096);
    CLEANUP(buf_release) struct buf token = BUF(JWT_SIGN_MAX);
    write_header(&header, k, typ);
    TRY(buf_ok(&header));
    add_base64(&token, buf_str(&header));
    buf_char(&token, '.');
    add_base64(&token, payload);
    TRY(buf_ok(&token));
    TRY(jwt_signature_make(k, buf_str(&token), signature, &n));
    buf_char(&token, '.');
    add_base64(&token, (str){ (char *)signature, n });
    TRY(buf_ok(&token));
    return buf_to_arena(&token, a, out);
}

err jwt_sign(struct arena *a, const struct jwt_key *k, str claims, str *out) { return jws_sign(a, k, STR("JWT"), claims, out); }

/* reading */

/* Depth and number of values are small: what a stranger's header or claims may cost. */
static const struct json_rules strict = { .depth = 32, .values = 2000, .reject_twice = true };

struct parts {
    str header, payload, signature; /* still base64url */
    str signed_text;
};

static bool split(str token, struct parts *out)
{
    if (token.n == 0 || token.n > JWT_MAX) return false;
    size_t first = str_find(token, '.', 0), second = str_find(token, '.', first + 1);
    if (first >= token.n || second >= token.n || str_find(token, '.', second + 1) < token.n) return false;
    *out = (struct parts){ .header = str_head(token, first),
                           .payload = { token.p + first + 1, second - first - 1 },
                           .signature = str_from(token, second + 1),
                           .signed_text = str_head(token, second) };
    return out->header.n > 0 && out->signature.n > 0; /* an empty signature is that of "none" */
}

/* A member that is absent or a text. */
static bool text_member(const json_t *object, const char *name, str *out)
{
    const json_t *v = json_object_get(object, name);
    *out = v ? (str){ json_string_value(v), json_string_length(v) } : STR_NULL;
    return !v || json_is_string(v);
}

/* ERR_ANONYMOUS for what is no object in JSON. */
static err read_object(struct arena *a, str text, json_t **out)
{
    err e = json_read(a, text, &strict, out, NULL);
    if (e == ERR_INPUT || e == ERR_LIMIT) return ERR_ANONYMOUS;
    TRY(e);
    return json_is_object(*out) ? ERR_OK : ERR_ANONYMOUS;
}

/* Decodes a part; a fault is a refusal. */
static err part(struct arena *a, str base64, str *out)
{
    err e = b64_decode(a, base64, out);
    return e == ERR_INPUT ? ERR_ANONYMOUS : e;
}

static err read_header(struct arena *a, str base64, struct jws *out, enum jwt_fault *fault)
{
    json_t *header;
    TRY(part(a, base64, &out->header));
    TRY(read_object(a, out->header, &header));
    if (!text_member(header, "alg", &out->alg) || !text_member(header, "kid", &out->kid) || !text_member(header, "typ", &out->typ) || !out->alg.n)
        return ERR_ANONYMOUS;
    /* We understand no extension, hence every list of critical ones (RFC 7515 4.1.11). */
    if (json_object_get(header, "crit") || json_object_get(header, "b64")) {
        *fault = JWT_CRITICAL;
        return ERR_ANONYMOUS;
    }
    return ERR_OK;
}

static const struct jwt_key *key_for(const struct jws *t, const struct parts *p, str signature, const struct jwt_key *const *keys, size_t n,
                                     enum jwt_fault *fault)
{
    size_t tried = 0;
    *fault = JWT_NO_KEY;
    for (size_t i = 0; i < n && tried < JWT_KEYS_TRIED; i++) {
        const struct jwt_key *k = keys[i];
        if (!str_absent(t->kid) && !str_absent(k->kid) && !str_eq(t->kid, k->kid)) continue;
        if (!str_is(t->alg, jwt_alg_name(k->alg))) {
            if (*fault == JWT_NO_KEY) *fault = JWT_BAD_ALG;
            continue;
        }
        tried++;
        *fault = JWT_BAD_SIGNATURE;
        if (jwt_signature_fits(k, p->signed_text, signature)) return k;
    }
    return NULL;
}

static err open_token(struct arena *a, str token, const struct jwt_key *const *keys, size_t n, struct jws *out, enum jwt_fault *fault)
{
    struct parts p;
    str payload, signature;
    if (!split(token, &p)) return ERR_ANONYMOUS;
    TRY(read_header(a, p.header, out, fault));
    TRY(part(a, p.payload, &payload));
    TRY(part(a, p.signature, &signature));
    out->key = key_for(out, &p, signature, keys, n, fault);
    if (!out->key) return ERR_ANONYMOUS;
    out->payload = payload;
    return ERR_OK;
}

err jws_open(struct arena *a, str token, const struct jwt_key *const *keys, size_t n, struct jws *out, enum jwt_fault *fault)
{
    enum jwt_fault why = JWT_MALFORMED;
    struct jws found = { 0 };
    err e = open_token(a, token, keys, n, &found, &why);
    if (e == ERR_OK) *out = found;
    if (fault) *fault = e == ERR_OK ? JWT_GOOD : why;
    return e;
}

/* claims */

static bool same_type(str got, str want)
{
    static const size_t prefix = sizeof "application/" - 1;
    if (str_eq_nocase(str_head(got, prefix), STR("application/"))) got = str_from(got, prefix);
    if (str_eq_nocase(str_head(want, prefix), STR("application/"))) want = str_from(want, prefix);
    return !str_absent(got) && str_eq_nocase(got, want);
}

/* NumericDate (RFC 7519 2): seconds, fractions allowed. False if it is there and no number that can be a time. */
static bool date(const json_t *claims, const char *name, bool *there, double *out)
{
    const json_t *v = json_object_get(claims, name);
    *there = v != NULL;
    *out = v ? json_number_value(v) : 0;
    return !v || (json_is_number(v) && isfinite(*out) && fabs(*out) < 1e15);
}

static enum jwt_fault check_times(const json_t *claims, const struct jwt_rules *r)
{
    bool has_exp, has_nbf, has_iat;
    double exp, nbf, iat, now = (double)r->now_ms / 1000, leeway = (double)r->leeway_s;
    if (!date(claims, "exp", &has_exp, &exp) || !date(claims, "nbf", &has_nbf, &nbf) || !date(claims, "iat", &has_iat, &iat)) return JWT_BAD_CLAIMS;
    if (r->need_exp && !has_exp) return JWT_BAD_CLAIMS;
    if (r->ignore_times) return JWT_GOOD;
    if (has_exp && now >= exp + leeway) return JWT_EXPIRED;
    return has_nbf && now < nbf - leeway ? JWT_NOT_YET : JWT_GOOD;
}

static bool text_is(const json_t *v, str want) { return json_is_string(v) && str_eq((str){ json_string_value(v), json_string_length(v) }, want); }

static bool has_audience(const json_t *aud, str want)
{
    if (text_is(aud, want)) return true;
    for (size_t i = 0; i < json_array_size(aud); i++)
        if (text_is(json_array_get(aud, i), want)) return true;
    return false;
}

static enum jwt_fault check_claims(const struct jwt *t, const struct jwt_rules *r)
{
    if (!str_absent(r->typ) && !same_type(t->jws.typ, r->typ)) return JWT_BAD_TYPE;
    enum jwt_fault times = check_times(t->claims, r);
    if (times != JWT_GOOD) return times;
    if (!str_absent(r->issuer) && !text_is(json_object_get(t->claims, "iss"), r->issuer)) return JWT_BAD_ISSUER;
    if (!str_absent(r->audience) && !has_audience(json_object_get(t->claims, "aud"), r->audience)) return JWT_BAD_AUDIENCE;
    return JWT_GOOD;
}

err jwt_verify(struct arena *a, str token, const struct jwt_key *const *keys, size_t n, const struct jwt_rules *rules, struct jwt *out, enum jwt_fault *fault)
{
    enum jwt_fault why = JWT_GOOD;
    struct jwt t = { 0 };
    err e = jws_open(a, token, keys, n, &t.jws, &why);
    if (e == ERR_OK) {
        why = JWT_BAD_CLAIMS;
        e = read_object(a, t.jws.payload, &t.claims);
    }
    if (e == ERR_OK) {
        why = check_claims(&t, rules);
        if (why != JWT_GOOD) e = ERR_ANONYMOUS;
    }
    if (e == ERR_OK) *out = t;
    if (fault) *fault = why;
    return e;
}

str jwt_text(const struct jwt *t, const char *claim)
{
    const json_t *v = json_object_get(t->claims, claim);
    return json_is_string(v) ? (str){ json_string_value(v), json_string_length(v) } : STR_NULL;
}

bool jwt_int(const struct jwt *t, const char *claim, int64_t *out)
{
    const json_t *v = json_object_get(t->claims, claim);
    if (!json_is_integer(v)) return false;
    *out = json_integer_value(v);
    return true;
}
