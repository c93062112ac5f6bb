/* vectors FILE...: Project Wycheproof's vectors against our signatures: a valid one fits, an invalid one does not, an acceptable one may. Prints one line for
 * each file and each wrong judgement; exits 1 if there is any, or if a file held nothing that we judge. */
#include "crypto/jwt_int.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { FILE_MAX = 16 << 20, TAG = 32 };

static str text_of(const json_t *o, const char *name)
{
    const json_t *v = json_object_get(o, name);
    return json_is_string(v) ? (str){ json_string_value(v), json_string_length(v) } : STR_NULL;
}

static str unhex(struct arena *a, str hex)
{
    char *p = NEW_N(a, char, hex.n / 2 + 1);
    if (!p) abort();
    for (size_t i = 0; i + 1 < hex.n; i += 2) {
        unsigned v = 0;
        char two[3] = { hex.p[i], hex.p[i + 1], 0 };
        (void)sscanf(two, "%2x", &v);
        p[i / 2] = (char)v;
    }
    return (str){ p, hex.n / 2 };
}

/* The key of a group; HMAC has one for each test. NULL: refused. */
static struct jwt_key *key_of(struct arena *a, const json_t *group, const json_t *test)
{
    struct jwt_key *k = NULL;
    const json_t *jwk = json_object_get(group, "publicKeyJwk");
    if (!jwk) jwk = json_object_get(group, "keyJwk");
    if (!jwk) return jwt_key_hmac_shared(a, unhex(a, text_of(test, "key")), STR_NULL, &k) == ERR_OK ? k : NULL;
    char *text = json_dumps(jwk, JSON_COMPACT);
    const char *why = NULL;
    if (text && jwt_key_read(a, str_c(text), &k, &why) != ERR_OK) printf("  key refused: %s\n", why ? why : "?");
    free(text);
    return k;
}

/* A tag that is cut short is no signature of a token (RFC 7518 3.2), whatever the vector says of it as a MAC. */
static bool is_wrong(str result, bool fits, size_t signature_n, bool mac)
{
    if (mac && signature_n != TAG) return fits;
    return str_is(result, "valid") ? !fits : str_is(result, "invalid") && fits;
}

static int judge(const json_t *group, const json_t *test, const char *file)
{
    struct arena *a = arena_new(4 << 20);
    if (!a) abort();
    struct jwt_key *k = key_of(a, group, test);
    str mac = text_of(test, "tag"), message = unhex(a, text_of(test, "msg")), signature = unhex(a, mac.p ? mac : text_of(test, "sig"));
    bool fits = k && jwt_signature_fits(k, message, signature);
    int wrong = is_wrong(text_of(test, "result"), fits, signature.n, mac.p != NULL);
    str comment = text_of(test, "comment");
    if (wrong)
        printf("%s: test %lld (" STR_FMT "): %s\n", file, (long long)json_integer_value(json_object_get(test, "tcId")), STR_ARG(comment),
               fits ? "fits" : "does not fit");
    arena_free(a);
    return wrong;
}

static int run(const char *path)
{
    json_error_t bad;
    json_t *all = json_load_file(path, 0, &bad), *group, *test;
    size_t g, t;
    int n = 0, wrong = 0;
    const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path;
    json_array_foreach(json_object_get(all, "testGroups"), g, group)
    {
        json_array_foreach(json_object_get(group, "tests"), t, test)
        {
            n++;
            wrong += judge(group, test, file);
        }
    }
    json_decref(all);
    printf("%s: %d judged, %d wrong\n", file, n, wrong);
    return n == 0 || wrong;
}

int main(int argc, char **argv)
{
    int bad = argc < 2 || crypto_init() != ERR_OK;
    for (int i = 1; i < argc; i++) bad |= run(argv[i]);
    return bad;
}
