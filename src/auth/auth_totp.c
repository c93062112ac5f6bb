/* auth/auth_totp.c: authenticators and backup codes, one use each. */
#include "auth/auth_int.h"
#include "crypto/otp.h"

enum { T_ID, T_SEALED, T_LAST };

err totp_enrol(struct auth *a, struct call *c, str account_id, str name, str *id, str *secret)
{
    char *p = NEW_N(c->mem, char, CRYPTO_UUID + OTP_SECRET);
    str sealed;
    if (!p) return ERR_NOMEM;
    crypto_uuid7(p);
    crypto_random(p + CRYPTO_UUID, OTP_SECRET);
    str made_id = { p, CRYPTO_UUID }, made = { p + CRYPTO_UUID, OTP_SECRET };
    TRY(ring_seal(c->mem, &a->ring, "totp", made, made_id, &sealed));
    TRY(db_run(c, &auth_q[AQ_TOTP_INSERT], made_id, account_id, name.n ? name : STR(""), sealed, c->now_ms));
    *id = made_id;
    *secret = made;
    return ERR_OK;
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
    if (!totp_matches(secret, code, c->now_ms, TOTP_WINDOW, row[T_LAST].i, &step)) return ERR_OK;
    TRY(db_find(c, &auth_q[AQ_TOTP_USE], &used, step, c->now_ms, row[T_ID].s));
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

err totp_remove(struct call *c, str account_id)
{
    TRY(db_run(c, &auth_q[AQ_TOTP_DROP], account_id));
    return db_run(c, &auth_q[AQ_BACKUP_DROP], account_id);
}

/* --- backup codes --- */

/* No 0, 1, I, O: what people misread. 50 bits, and their hash is keyed. */
#define CODE_LETTERS STR("23456789ABCDEFGHJKLMNPQRSTUVWXYZ")
enum { CODE_LENGTH = 10, CODE_DASH = 5 };

static void hash_of(const struct auth *a, str account_id, const char code[static CODE_LENGTH], uint8_t out[static CRYPTO_HASH])
{
    char text[64 + CODE_LENGTH] = { 0 };
    str account = str_head(account_id, 64);
    memcpy(text, code, CODE_LENGTH);
    if (account.n) memcpy(text + CODE_LENGTH, account.p, account.n);
    crypto_keyed_hash(out, a->backup_codes, (str){ text, CODE_LENGTH + account.n });
}

err backup_codes_make(struct auth *a, struct call *c, str account_id, str out[static BACKUP_CODES])
{
    TRY(db_run(c, &auth_q[AQ_BACKUP_DROP], account_id));
    for (int i = 0; i < BACKUP_CODES; i++) {
        char code[CODE_LENGTH];
        uint8_t hash[CRYPTO_HASH];
        crypto_random_text(code, sizeof code, CODE_LETTERS);
        hash_of(a, account_id, code, hash);
        TRY(db_run(c, &auth_q[AQ_BACKUP_INSERT], account_id, (str){ (const char *)hash, sizeof hash }, c->now_ms));
        TRY(arena_printf(c->mem, &out[i], "%.*s-%.*s", CODE_DASH, code, CODE_LENGTH - CODE_DASH, code + CODE_DASH));
    }
    return ERR_OK;
}

/* As people type it. */
static bool typed(str code, char out[static CODE_LENGTH])
{
    size_t n = 0;
    for (size_t i = 0; i < code.n; i++) {
        char l = code.p[i];
        if (l == '-' || l == ' ') continue;
        if (n == CODE_LENGTH) return false;
        out[n++] = (char)(l >= 'a' && l <= 'z' ? l - 'a' + 'A' : l);
    }
    return n == CODE_LENGTH;
}

err backup_code_use(struct auth *a, struct call *c, str account_id, str code, bool *good)
{
    char text[CODE_LENGTH];
    uint8_t hash[CRYPTO_HASH];
    struct cell *row;
    *good = false;
    if (!typed(code, text)) return ERR_OK;
    hash_of(a, account_id, text, hash);
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
