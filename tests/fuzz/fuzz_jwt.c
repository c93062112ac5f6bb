/* Fuzz target: tokens and JWKs of strangers. Nobody without the secret makes a good token; a key that is read can be written and read again. */
#include "crypto/jwt.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim) abort();
}

static void check_key(struct arena *a, str text)
{
    struct jwt_key *k = NULL, *again = NULL;
    const char *why = NULL;
    char one[JWT_THUMBPRINT], two[JWT_THUMBPRINT];
    struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    err e = jwt_key_read(a, text, &k, &why);
    must(e == ERR_OK || e == ERR_NOMEM || (e == ERR_INPUT && why));
    if (e == ERR_OK && jwt_key_write(k, true, &w) == ERR_OK) {
        e = jwt_key_read(a, buf_str(&b), &again, NULL);
        /* Whether a modulus is found to be a bad one is a matter of chance (SP 800-56B 6.4.2.2 tries random bases): refused now, it was lucky before. */
        must(e == ERR_OK || (e == ERR_INPUT && jwt_key_alg(k) == JWT_RS256));
        must(jwt_key_thumbprint(k, one) == ERR_OK && (!again || jwt_key_thumbprint(again, two) == ERR_OK));
        must(!again || memcmp(one, two, sizeof one) == 0);
    }
    buf_release(&b);
}

static void check_token(struct arena *a, str text)
{
    /* Its own JSON: what the token says of itself, under a key that nobody outside this run has. */
    static const struct jwt_rules rules = { .now_ms = 1785542400000, .issuer = { "joe", 3 } };
    struct jwt_key *k;
    struct jwt t;
    enum jwt_fault fault = JWT_FAULT__COUNT;
    if (jwt_key_generate(a, JWT_HS256, STR_NULL, &k) != ERR_OK) return;
    const struct jwt_key *keys[1] = { k };
    err e = jwt_verify(a, text, keys, 1, &rules, &t, &fault);
    must((e == ERR_ANONYMOUS || e == ERR_NOMEM) && fault != JWT_GOOD && fault < JWT_FAULT__COUNT);
    /* And the claims behind a good signature. */
    str token;
    if (jwt_sign(a, k, text, &token) != ERR_OK) return;
    e = jwt_verify(a, token, keys, 1, &rules, &t, &fault);
    must((e == ERR_OK) == (fault == JWT_GOOD) || e == ERR_NOMEM);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 22);
    if (!a) return 0;
    must(crypto_init() == ERR_OK);
    check_token(a, (str){ (const char *)data, size });
    check_key(a, (str){ (const char *)data, size });
    arena_free(a);
    return 0;
}
