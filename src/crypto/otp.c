/* crypto/otp.c: one-time codes. */
#include "crypto/otp.h"
#include "base/buf.h"
#include <openssl/evp.h>
#include <openssl/hmac.h>

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* codes */

static const EVP_MD *digest_of(enum otp_hash hash)
{
    if (hash == OTP_SHA512) return EVP_sha512();
    return hash == OTP_SHA256 ? EVP_sha256() : EVP_sha1();
}

err hotp(enum otp_hash hash, str secret, uint64_t counter, unsigned digits, char *out)
{
    uint8_t moving[8], mac[EVP_MAX_MD_SIZE];
    unsigned n = sizeof mac;
    if (secret.n == 0 || secret.n > OTP_SECRET_MAX || digits < OTP_DIGITS || digits > OTP_DIGITS_MAX) return ERR_INPUT;
    for (int i = 0; i < 8; i++) moving[i] = (uint8_t)(counter >> (56 - 8 * i));
    if (!HMAC(digest_of(hash), secret.p, (int)secret.n, moving, sizeof moving, mac, &n)) return ERR_NOMEM;
    unsigned at = mac[n - 1] & 15; /* dynamic truncation, RFC 4226 5.3 */
    uint32_t number = (uint32_t)(mac[at] & 0x7F) << 24 | (uint32_t)mac[at + 1] << 16 | (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    for (unsigned i = digits; i-- > 0; number /= 10) out[i] = (char)('0' + number % 10);
    crypto_wipe(mac, sizeof mac);
    return ERR_OK;
}

int64_t totp_step(int64_t now_ms) { return now_ms / (OTP_STEP_S * 1000); }

/* The digits of what somebody typed. False if there are others than blanks between them or another number of them. */
static bool typed(str code, char out[static OTP_DIGITS])
{
    size_t n = 0;
    for (size_t i = 0; i < code.n; i++) {
        if (code.p[i] == ' ') continue;
        if (code.p[i] < '0' || code.p[i] > '9' || n == OTP_DIGITS) return false;
        out[n++] = code.p[i];
    }
    return n == OTP_DIGITS;
}

bool totp_matches(str secret, str code, int64_t now_ms, unsigned window, int64_t last_step, int64_t *step)
{
    char given[OTP_DIGITS], right[OTP_DIGITS];
    int64_t now = totp_step(now_ms);
    bool found = false;
    if (now_ms < 0 || code.n > 32 || !typed(code, given)) return false;
    for (int64_t s = now - (int64_t)window; s <= now + (int64_t)window; s++) {
        if (s < 0 || s <= last_step || hotp(OTP_SHA1, secret, (uint64_t)s, OTP_DIGITS, right) != ERR_OK) continue;
        if (!crypto_equal((str){ given, sizeof given }, (str){ right, sizeof right })) continue;
        if (!found) *step = s;
        found = true;
    }
    crypto_wipe(right, sizeof right);
    return found;
}

/* base32 */

size_t base32_length(size_t n) { return (n * 8 + 4) / 5; }

void base32_encode(char *out, str in)
{
    uint32_t bits = 0;
    unsigned have = 0;
    for (size_t i = 0; i < in.n; i++) {
        bits = (bits << 8 | (unsigned char)in.p[i]) & 0xFFFF;
        for (have += 8; have >= 5; have -= 5) *out++ = letters[bits >> (have - 5) & 31];
    }
    if (have) *out = letters[bits << (5 - have) & 31];
}

static int value_of(char c)
{
    if (c >= 'a' && c <= 'z') return c - 'a';
    if (c >= 'A' && c <= 'Z') return c - 'A';
    return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

err base32_decode(struct arena *a, str text, str *out)
{
    size_t n = 0;
    uint32_t bits = 0;
    unsigned have = 0;
    while (text.n && text.p[text.n - 1] == '=') text.n--;
    char *p = NEW_N(a, char, text.n / 8 * 5 + 5);
    if (!p) return ERR_NOMEM;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == ' ' || text.p[i] == '-') continue;
        int v = value_of(text.p[i]);
        if (v < 0) return ERR_INPUT;
        bits = (bits << 5 | (unsigned)v) & 0xFFFF;
        have += 5;
        if (have < 8) continue;
        have -= 8;
        p[n++] = (char)(bits >> have & 0xFF);
    }
    if (have >= 5 || (bits & ((1U << have) - 1))) return ERR_INPUT;
    *out = (str){ p, n };
    return ERR_OK;
}

/* the URI */

static void add_name(struct buf *b, str name)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < name.n; i++) {
        unsigned char c = name.p[i] == ':' ? ' ' : (unsigned char)name.p[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~';
        if (plain)
            buf_char(b, (char)c);
        else
            buf_char(b, '%'), buf_char(b, hex[c >> 4]), buf_char(b, hex[c & 15]);
    }
}

err otpauth_uri(struct arena *a, str issuer, str account, str secret, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(4096);
    if (secret.n == 0 || secret.n > OTP_SECRET_MAX) return ERR_INPUT;
    buf_z(&b, "otpauth://totp/");
    add_name(&b, issuer);
    buf_char(&b, ':');
    add_name(&b, account);
    buf_z(&b, "?secret=");
    char *p = buf_space(&b, base32_length(secret.n));
    if (p) base32_encode(p, secret);
    buf_z(&b, "&issuer=");
    add_name(&b, issuer);
    buf_z(&b, "&algorithm=SHA1&digits=6&period=30");
    TRY(buf_ok(&b));
    err e = arena_str(a, buf_str(&b), out);
    crypto_wipe(b.p, b.n);
    return e;
}
