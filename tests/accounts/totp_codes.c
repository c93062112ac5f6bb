/* tests/accounts/totp_codes.c: prints the codes of N steps from a step on, by the server's own code: totp_codes SECRET STEP N. */
#include "crypto/otp.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    struct arena *a = arena_new(1 << 20);
    str secret;
    char code[OTP_DIGITS_MAX];
    if (argc != 4 || !a || crypto_init() != ERR_OK || base32_decode(a, str_c(argv[1]), &secret) != ERR_OK) return 2;
    unsigned long long step = strtoull(argv[2], NULL, 10), n = strtoull(argv[3], NULL, 10);
    for (unsigned long long i = 0; i < n; i++) {
        if (hotp(OTP_SHA1, secret, step + i, OTP_DIGITS, code) != ERR_OK) return 1;
        printf("%.*s\n", OTP_DIGITS, code);
    }
    arena_free(a);
    return 0;
}
