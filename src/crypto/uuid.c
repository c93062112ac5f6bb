/* crypto/uuid.c: UUIDv7 (RFC 9562 5.7 and 6.2, method 1): 48 bits of milliseconds, a 12 bit counter, 62 random bits. */
#include "base/clock.h"
#include "crypto/crypto.h"
#include <stdatomic.h>

/* Time and counter of the last one, as one number: ms << 12 | counter. Starting a millisecond in the lower half leaves room to count. */
static _Atomic uint64_t last;

/* Identifiers are made for every request and are no secrets: they take their bits from a small store per thread instead of two system
 * calls each. Each bit is used once. */
static void random_bits(void *out, size_t n)
{
    static _Thread_local uint8_t store[1024];
    static _Thread_local size_t left;
    if (left < n) {
        crypto_random(store, sizeof store);
        left = sizeof store;
    }
    left -= n;
    memcpy(out, store + left, n);
}

/* The next stamp: by the clock, or one more than the last where the clock stands or went back. A full counter runs into the next ms. */
static uint64_t next_stamp(void)
{
    uint16_t start;
    random_bits(&start, sizeof start);
    uint64_t now = (uint64_t)clock_now_ms() << 12 | (start & 0x7FF), before = atomic_load(&last), next;
    do next = now > before ? now : before + 1;
    while (!atomic_compare_exchange_weak(&last, &before, next));
    return next;
}

void crypto_uuid7(char out[static CRYPTO_UUID])
{
    uint64_t stamp = next_stamp(), ms = stamp >> 12;
    uint8_t b[16];
    random_bits(b + 8, 8);
    for (int i = 0; i < 6; i++) b[i] = (uint8_t)(ms >> (40 - 8 * i));
    b[6] = (uint8_t)(0x70 | (stamp >> 8 & 0x0F));
    b[7] = (uint8_t)stamp;
    b[8] = (uint8_t)(0x80 | (b[8] & 0x3F));
    for (size_t i = 0, at = 0; i < 16; i++, at += 2) {
        if (i == 4 || i == 6 || i == 8 || i == 10) out[at++] = '-';
        crypto_hex(out + at, b + i, 1);
    }
}
