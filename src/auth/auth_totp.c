/* auth/auth_totp.c: authenticators and backup codes, one use each. */
#include "auth/auth_int.h"
#include "crypto/otp.h"

enum { T_ID, T_SEALED, T_LAST, T_MASK };
enum { STEPS = 2 * TOTP_WINDOW + 1 }; /* that may be used at one moment, and so are remembered */

err totp_enrol(struct auth *a, struct call *c, str account_id, str name, str *id, str *secret)
{
    char *p = NEW_N(c->mem, char, CRYPTO_UUID + OTP_SECRET);
    str sealed;
    if (!p) return ERR_NOMEM;
    crypto_uuid7(p);
    crypto_random(p + CRYPTO_UUID, OTP_SECRET);
    str made_id = { p, CRYPTO_UUID }, made = { p + CRYPTO_UUID, OTP_SECRET };
    TRY(ring_seal(c->mem, &a->ring, "totp", made, made_id, &sealed));
    TRY(db_run(c, &auth_q[AQ_TOTP_INSERT], made_id, account_id, name.n ? name : STR(""), sealed, c->now_ms, c->now_ms));
    *id = made_id;
    *secret = made;
    return ERR_OK;
}

/* Bit n of mask: the step n before last was used. Whether this one is unused yet; then it is noted. */
static bool note_step(int64_t step, int64_t *last, int64_t *mask)
{
    int64_t back = *last - step;
    if (back >= STEPS || (back >= 0 && (*mask >> back & 1))) return false;
    if (back < 0) {
        *mask = back > -STEPS ? *mask << -back : 0;
        *last = step;
        back = 0;
    }
    *mask = (*mask | (int64_t)1 << back) & ((1 << STEPS) - 1);
    return true;
}

/* Whether code is one of that row's, and is used up now. Two callers with one code: the row lets one through. */
static err use(struct auth *a, struct call *c, const struct cell *row, str code, bool *good)
{
    int64_t step;
    str secret;
    struct cell *used;
    err e = ring_open(c->mem, &a->ring, "totp", row[T_SEALED].s, row[T_ID].s, &secret);
    if (e == ERR_INPUT || e == ERR_NOT_FOUND) return ERR_STORE; /* a row that nobody can open is the store's trouble */
    TRY(e);
    *good = false;
    int64_t last = row[T_LAST].i, mask = row[T_MASK].i;
    if (!totp_matches(secret, code, c->now_ms, TOTP_WINDOW, -1, &step) || !note_step(step, &last, &mask)) return ERR_OK;
    TRY(db_find(c, &auth_q[AQ_TOTP_USE], &used, last, mask, c->now_ms, row[T_ID].s, row[T_LAST].i, row[T_MASK].i));
    *good = used != NULL;
    return ERR_OK;
}

err totp_confirm(struct auth *a, struct call *c, str account_id, str id, str code, bool *good)
{
    struct cell *row;
    TRY(db_get(c, &auth_q[AQ_TOTP_PENDING], &row, id, account_id));
    TRY(use(a, c, row, code, good));
    return *good ? db_run(c, &auth_q[AQ_TOTP_CONFIRM], c->now_ms, id) : ERR_OK;
}

err totp_use(struct auth *a, struct call *c, str account_id, str code, bool *good)
{
    struct rows rows;
    *good = false;
    TRY(db_list(c, &auth_q[AQ_TOTP_VERIFIED], &rows, account_id));
    for (size_t i = 0; i < rows.n && !*good; i++) TRY(use(a, c, rows.row[i], code, good));
    return ERR_OK;
}

err totp_enabled(struct call *c, str account_id, bool *out)
{
    struct cell *row;
    TRY(db_find(c, &auth_q[AQ_TOTP_VERIFIED], &row, account_id));
    *out = row != NULL;
    return ERR_OK;
}

/* authenticators as their owner sees them */

err totp_list(struct call *c, str account_id, struct authenticator **out, size_t *n)
{
    struct rows rows;
    TRY(db_list(c, &auth_q[AQ_TOTP_LIST], &rows, account_id));
    struct authenticator *v = NEW_N(c->mem, struct authenticator, rows.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < rows.n; i++) {
        const struct cell *row = rows.row[i];
        v[i] = (struct authenticator){ .id = row[0].s,
                                       .name = row[1].s,
                                       .created_at_ms = row[2].i,
                                       .setup_at_ms = row[3].i,
                                       .verified_at_ms = row[4].i,
                                       .used_at_ms = row[5].i,
                                       .disabled = row[6].i != 0 };
    }
    *out = v;
    *n = rows.n;
    return ERR_OK;
}

err totp_renew(struct auth *a, struct call *c, str id, str name, str *secret)
{
    char *p = NEW_N(c->mem, char, OTP_SECRET);
    str sealed;
    if (!p) return ERR_NOMEM;
    crypto_random(p, OTP_SECRET);
    *secret = (str){ p, OTP_SECRET };
    TRY(ring_seal(c->mem, &a->ring, "totp", *secret, id, &sealed));
    return db_run(c, &auth_q[AQ_TOTP_RENEW], name.n ? name : STR(""), sealed, c->now_ms, id);
}

err totp_disable(struct call *c, str account_id)
{
    TRY(db_run(c, &auth_q[AQ_TOTP_DISABLE], c->now_ms, account_id));
    return db_run(c, &auth_q[AQ_BACKUP_DROP], account_id);
}

err totp_drop(struct call *c, str account_id, str id) { return db_run(c, &auth_q[AQ_TOTP_DROP_ONE], id, account_id); }
err backup_codes_drop(struct call *c, str account_id) { return db_run(c, &auth_q[AQ_BACKUP_DROP], account_id); }

err totp_remove(struct call *c, str account_id)
{
    TRY(db_run(c, &auth_q[AQ_TOTP_DROP], account_id));
    return db_run(c, &auth_q[AQ_BACKUP_DROP], account_id);
}

/* backup codes */

/* No 0, 1, I, O: what people misread. 50 bits, and their hash is keyed. */
#define CODE_LETTERS STR("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")
enum { CODE_LENGTH = 10, CODE_DASH = 5, SHORT_LENGTH = 8 };
/* Short ones, as the Django CFG API shows them (django-cfg 9.18): of small letters and digits. */
#define SHORT_LETTERS STR("abcdefghijklmnopqrstuvwxyz0123456789")

static void hash_of(const struct auth *a, str account_id, str code, uint8_t out[static CRYPTO_HASH])
{
    char text[64 + CODE_LENGTH] = { 0 };
    str account = str_head(account_id, 64);
    memcpy(text, code.p, code.n);
    if (account.n) memcpy(text + code.n, account.p, account.n);
    crypto_keyed_hash(out, a->backup_codes, (str){ text, code.n + account.n });
}

/* As people type it: in capitals, without blanks and dashes. Empty: not a code. */
static str typed(str code, char out[static CODE_LENGTH])
{
    size_t n = 0;
    for (size_t i = 0; i < code.n; i++) {
        char l = code.p[i];
        if (l == '-' || l == ' ') continue;
        if (n == CODE_LENGTH) return STR("");
        out[n++] = (char)(l >= 'a' && l <= 'z' ? l - 'a' + 'A' : l);
    }
    return (str){ out, n == CODE_LENGTH || n == SHORT_LENGTH ? n : 0 };
}

static err code_insert(struct auth *a, struct call *c, str account_id, str shown)
{
    char text[CODE_LENGTH];
    uint8_t hash[CRYPTO_HASH];
    hash_of(a, account_id, typed(shown, text), hash);
    return db_run(c, &auth_q[AQ_BACKUP_INSERT], account_id, (str){ (const char *)hash, sizeof hash }, c->now_ms);
}

err backup_codes_make(struct auth *a, struct call *c, str account_id, str out[static BACKUP_CODES])
{
    TRY(db_run(c, &auth_q[AQ_BACKUP_DROP], account_id));
    for (int i = 0; i < BACKUP_CODES; i++) {
        char code[CODE_LENGTH];
        crypto_random_text(code, sizeof code, CODE_LETTERS);
        TRY(arena_printf(c->mem, &out[i], "%.*s-%.*s", CODE_DASH, code, CODE_LENGTH - CODE_DASH, code + CODE_DASH));
        TRY(code_insert(a, c, account_id, out[i]));
    }
    return ERR_OK;
}

err backup_codes_make_short(struct auth *a, struct call *c, str account_id, str out[static BACKUP_CODES])
{
    TRY(db_run(c, &auth_q[AQ_BACKUP_DROP], account_id));
    for (int i = 0; i < BACKUP_CODES; i++) {
        char code[SHORT_LENGTH];
        crypto_random_text(code, sizeof code, SHORT_LETTERS);
        TRY(arena_str(c->mem, (str){ code, sizeof code }, &out[i]));
        TRY(code_insert(a, c, account_id, out[i]));
    }
    return ERR_OK;
}

err backup_code_use(struct auth *a, struct call *c, str account_id, str code, bool *good)
{
    char text[CODE_LENGTH];
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    str plain = typed(code, text);
    *good = false;
    if (!plain.n) return ERR_OK;
    hash_of(a, account_id, plain, hash);
    TRY(db_find(c, &auth_q[AQ_BACKUP_USE], &row, c->now_ms, account_id, (str){ (const char *)hash, sizeof hash }));
    *good = row != NULL;
    return ERR_OK;
}

err backup_codes_left(struct call *c, str account_id, int64_t *out)
{
    struct cell *row;
    TRY(db_get(c, &auth_q[AQ_BACKUP_LEFT], &row, account_id));
    *out = row[0].i;
    return ERR_OK;
}
