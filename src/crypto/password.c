/* crypto/password.c: password hashes: ours, and those that other programs made (server.md 4: upgraded at the next login). */
#include "base/fault.h"
#include "crypto/crypto.h"
#include <crypt.h>
#include <openssl/evp.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

_Static_assert(CRYPTO_PASSWORD_HASH == crypto_pwhash_argon2id_STRBYTES, "password hash length");

/* What an imported hash may cost at most: it is checked whenever somebody tries to log in. */
enum {
    ARGON2_KIB_MAX = 1 << 20,
    ARGON2_PASSES_MAX = 100,
    ARGON2_LANES_MAX = 32,
    BCRYPT_COST_MIN = 4,
    BCRYPT_COST_MAX = 15,
    PBKDF2_ROUNDS_MAX = 10000000,
    SCRYPT_MEMORY_MAX = 256 << 20,
    SCRYPT_WORK_MAX = 16
};
enum { SALT_MAX = 128, DIGEST_MAX = 64, DIGEST_MIN = 16 };

/* A hash taken apart. */
struct parsed {
    const char *kind;
    const char *text; /* argon2, bcrypt: the string itself, without another program's prefix */
    const EVP_MD *md; /* pbkdf2 */
    int64_t rounds, n, r, p;
    uint8_t salt[SALT_MAX], digest[DIGEST_MAX];
    size_t salt_n, digest_n;
};

static const char *z(str s) { return s.p ? s.p : ""; }

static bool number(str s, int64_t most, int64_t *out) { return s.n && s.p[0] >= '0' && s.p[0] <= '9' && str_int(s, out) == ERR_OK && *out > 0 && *out <= most; }

/* Standard base64, padded or not; passlib writes '.' for '+'. */
static bool base64(str s, uint8_t *out, size_t most, size_t *n)
{
    char text[2 * SALT_MAX];
    while (s.n && s.p[s.n - 1] == '=') s.n--;
    if (!s.n || s.n > sizeof text) return false;
    for (size_t i = 0; i < s.n; i++) text[i] = s.p[i] == '.' ? '+' : s.p[i];
    return sodium_base642bin(out, most, text, s.n, NULL, n, NULL, sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0;
}

static bool hex(str s, uint8_t *out, size_t most, size_t *n)
{
    const char *end = NULL;
    return s.n && sodium_hex2bin(out, most, s.p, s.n, NULL, n, &end) == 0 && end == s.p + s.n;
}

static bool raw_salt(struct parsed *o, str s)
{
    if (!s.n || s.n > SALT_MAX) return false;
    memcpy(o->salt, s.p, s.n);
    o->salt_n = s.n;
    return true;
}

static bool digest_of(struct parsed *o, str name)
{
    o->md = str_is(name, "sha256") ? EVP_sha256() : str_is(name, "sha512") ? EVP_sha512() : NULL;
    return o->md != NULL;
}

/* "$argon2id$v=19$m=…,t=…,p=…$SALT$HASH" */
static bool argon2(const char *text, struct parsed *o)
{
    long long m, t, p;
    int used = 0;
    str s = str_c(text);
    bool id = str_starts(s, STR("$argon2id$"));
    if (!id && !str_starts(s, STR("$argon2i$"))) return false;
    if (sscanf(text + (id ? 10 : 9), "v=19$m=%7lld,t=%3lld,p=%3lld$%n", &m, &t, &p, &used) != 3 || !used) return false;
    if (m < 8 || m > ARGON2_KIB_MAX || t < 1 || t > ARGON2_PASSES_MAX || p < 1 || p > ARGON2_LANES_MAX) return false;
    o->kind = id ? "argon2id" : "argon2i";
    o->text = text;
    return true;
}

static bool bcrypt(const char *text, struct parsed *o)
{
    int64_t cost;
    str s = str_c(text);
    if (s.n != 60 || (!str_starts(s, STR("$2a$")) && !str_starts(s, STR("$2b$")) && !str_starts(s, STR("$2y$"))) || s.p[6] != '$') return false;
    str digits = { s.p + (s.p[4] == '0' ? 5 : 4), s.p[4] == '0' ? 1 : 2 };
    if (!number(digits, BCRYPT_COST_MAX, &cost) || cost < BCRYPT_COST_MIN) return false;
    o->kind = "bcrypt";
    o->text = text;
    return true;
}

/* The forms of PBKDF2; what stands between dollars differs. */
static bool pbkdf2(str s, struct parsed *o)
{
    str head, rounds, salt;
    bool modular = str_starts(s, STR("$pbkdf2-")), django = str_starts(s, STR("pbkdf2_")), werkzeug = str_starts(s, STR("pbkdf2:"));
    if (!modular && !django && !werkzeug) return false;
    s = str_from(s, modular ? 8 : 7);
    if (!str_cut(&s, '$', &head)) return false;
    if (werkzeug) {
        rounds = head;
        if (!str_cut(&rounds, ':', &head)) return false;
    } else if (!str_cut(&s, '$', &rounds)) {
        return false;
    }
    if (modular && str_starts(rounds, STR("i="))) {
        str rest = str_from(rounds, 2);
        (void)str_cut(&rest, ',', &rounds);
    }
    if (!digest_of(o, head) || !number(rounds, PBKDF2_ROUNDS_MAX, &o->rounds) || !str_cut(&s, '$', &salt)) return false;
    bool good = modular ? base64(salt, o->salt, SALT_MAX, &o->salt_n) : raw_salt(o, salt);
    good = good && (werkzeug ? hex(s, o->digest, DIGEST_MAX, &o->digest_n) : base64(s, o->digest, DIGEST_MAX, &o->digest_n));
    o->kind = "pbkdf2";
    return good && o->digest_n >= DIGEST_MIN;
}

/* "scrypt:N:r:p$SALT$HEX" */
static bool scrypt(str s, struct parsed *o)
{
    str head, part, salt;
    if (!str_starts(s, STR("scrypt:"))) return false;
    s = str_from(s, 7);
    if (!str_cut(&s, '$', &head) || !str_cut(&s, '$', &salt)) return false;
    if (!str_cut(&head, ':', &part) || !number(part, 1 << 20, &o->n) || (o->n & (o->n - 1))) return false;
    if (!str_cut(&head, ':', &part) || !number(part, 64, &o->r) || !number(head, SCRYPT_WORK_MAX, &o->p)) return false;
    if (128 * o->n * o->r > SCRYPT_MEMORY_MAX) return false;
    o->kind = "scrypt";
    return raw_salt(o, salt) && hex(s, o->digest, DIGEST_MAX, &o->digest_n) && o->digest_n >= DIGEST_MIN;
}

static bool parse(const char *hash, struct parsed *o)
{
    str s = str_c(hash);
    *o = (struct parsed){ 0 };
    if (s.n >= CRYPTO_PASSWORD_STORED) return false;
    if (str_starts(s, STR("argon2$"))) return argon2(hash + 6, o);
    if (str_starts(s, STR("bcrypt$$"))) return bcrypt(hash + 7, o);
    return argon2(hash, o) || bcrypt(hash, o) || pbkdf2(s, o) || scrypt(s, o);
}

static bool bcrypt_matches(const char *hash, str password)
{
    struct crypt_data data = { 0 };
    char *text = password.n < CRYPT_MAX_PASSPHRASE_SIZE ? strndup(z(password), password.n) : NULL;
    bool good = false;
    /* A NUL would end the password early for this function, and any tail would fit. */
    if (text && strlen(text) == password.n) {
        const char *made = crypt_rn(text, hash, &data, sizeof data);
        good = made && crypto_equal(str_c(made), str_c(hash));
    }
    if (text) {
        sodium_memzero(text, password.n);
        free(text);
    }
    sodium_memzero(&data, sizeof data);
    return good;
}

static bool derived_matches(const struct parsed *o, str password)
{
    uint8_t made[DIGEST_MAX] = { 0 };
    int good;
    if (o->md)
        good = PKCS5_PBKDF2_HMAC(z(password), (int)password.n, o->salt, (int)o->salt_n, (int)o->rounds, o->md, (int)o->digest_n, made);
    else
        good = EVP_PBE_scrypt(z(password), password.n, o->salt, o->salt_n, (uint64_t)o->n, (uint64_t)o->r, (uint64_t)o->p, SCRYPT_MEMORY_MAX + (64 << 20), made,
                              o->digest_n);
    bool same = good == 1 && sodium_memcmp(made, o->digest, o->digest_n) == 0;
    sodium_memzero(made, sizeof made);
    return same;
}

bool crypto_password_matches(const char *hash, str password)
{
    struct parsed o;
    if (!parse(hash, &o) || password.n > INT32_MAX) return false;
    if (strcmp(o.kind, "argon2id") == 0) return crypto_pwhash_argon2id_str_verify(o.text, z(password), password.n) == 0;
    if (strcmp(o.kind, "argon2i") == 0) return crypto_pwhash_argon2i_str_verify(o.text, z(password), password.n) == 0;
    return o.text ? bcrypt_matches(o.text, password) : derived_matches(&o, password);
}

const char *crypto_password_kind(str hash)
{
    char text[CRYPTO_PASSWORD_STORED] = { 0 };
    struct parsed o;
    if (hash.n >= sizeof text || (hash.n && memchr(hash.p, '\0', hash.n))) return NULL;
    if (hash.n) memcpy(text, hash.p, hash.n);
    return parse(text, &o) ? o.kind : NULL;
}

err crypto_password_hash(char out[static CRYPTO_PASSWORD_HASH], str password, struct crypto_cost cost)
{
    bool bad = fault_here() || crypto_pwhash_argon2id_str(out, z(password), password.n, cost.passes, (size_t)cost.memory_kib * 1024);
    return bad ? ERR_NOMEM : ERR_OK;
}

/* Everything up to the salt. */
static void head_of(char out[static CRYPTO_PASSWORD_HASH], struct crypto_cost cost)
{
    (void)snprintf(out, CRYPTO_PASSWORD_HASH, "$argon2id$v=19$m=%u,t=%u,p=1$", cost.memory_kib, cost.passes);
}

void crypto_password_nobody(char out[static CRYPTO_PASSWORD_HASH], struct crypto_cost cost)
{
    uint8_t bits[16 + 32];
    char salt[23], tag[44];
    randombytes_buf(bits, sizeof bits);
    (void)sodium_bin2base64(salt, sizeof salt, bits, 16, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    (void)sodium_bin2base64(tag, sizeof tag, bits + 16, 32, sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
    head_of(out, cost);
    size_t n = strlen(out);
    (void)snprintf(out + n, CRYPTO_PASSWORD_HASH - n, "%s$%s", salt, tag);
}

bool crypto_password_is_fresh(str hash, struct crypto_cost cost)
{
    char head[CRYPTO_PASSWORD_HASH];
    head_of(head, cost);
    return str_starts(hash, str_c(head));
}
