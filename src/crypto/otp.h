/* crypto/otp.h: one-time codes: HOTP (RFC 4226), TOTP (RFC 6238), base32 (RFC 4648 6) and the otpauth: URI that authenticators scan.
 *
 * Pure: which steps were used already is the caller's business. Every code of ours is HMAC-SHA-1, 30 seconds: what authenticators take for granted. */
#pragma once
#include "crypto/crypto.h"

enum {
    OTP_SECRET = 20, /* bytes of a secret of ours (RFC 4226 4) */
    OTP_SECRET_MAX = 128,
    OTP_DIGITS = 6,
    OTP_DIGITS_MAX = 8,
    OTP_STEP_S = 30
};
enum otp_hash { OTP_SHA1, OTP_SHA256, OTP_SHA512 }; /* the other two for the vectors and imported secrets */

/* Writes the code of that counter: digits (6 to OTP_DIGITS_MAX) decimal digits, no NUL. ERR_INPUT: no secret or too long, other digits. */
err hotp(enum otp_hash hash, str secret, uint64_t counter, unsigned digits, char *out) MUST_CHECK;
/* The step of a time (Unix ms, not before 1970). */
int64_t totp_step(int64_t now_ms);
/* Whether code (OTP_DIGITS digits, blanks as people type them ignored) is that of a step from now - window to now + window and after last_step; gives the
 * step, which the caller must remember. All candidates are compared, in constant time. */
bool totp_matches(str secret, str code, int64_t now_ms, unsigned window, int64_t last_step, int64_t *step);

/* Upper case, without padding. base32_length(n) characters, no NUL. */
size_t base32_length(size_t n);
void base32_encode(char *out, str bytes);
/* Either case; blanks and dashes between the letters and padding at the end are ignored, as people copy secrets. ERR_INPUT: other characters, bits left over.
 */
err base32_decode(struct arena *a, str text, str *out) MUST_CHECK;
/* otpauth://totp/ISSUER:ACCOUNT?secret=…&issuer=…&algorithm=SHA1&digits=6&period=30. A colon in the names becomes a blank. */
err otpauth_uri(struct arena *a, str issuer, str account, str secret, str *out) MUST_CHECK;
