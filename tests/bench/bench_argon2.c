/* tests/bench/bench_argon2.c: passwords checked per second at the default cost by as many threads as there are cores: what logins can reach at most. Usage:
 * bench_argon2 [SECONDS] */
#include "base/clock.h"
#include "crypto/crypto.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { THREADS_MAX = 256, MEMORY_KIB = 19456, PASSES = 2 };

struct worker {
    pthread_t thread;
    const char *hash;
    int64_t end, done;
};

static void *work(void *arg)
{
    struct worker *w = arg;
    for (; clock_mono_us() < w->end; w->done++)
        if (!crypto_password_matches(w->hash, STR("correct horse battery"))) exit(1);
    return NULL;
}

int main(int argc, char **argv)
{
    static struct worker w[THREADS_MAX];
    char hash[CRYPTO_PASSWORD_HASH];
    double seconds = argc > 1 ? strtod(argv[1], NULL) : 2;
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    int64_t done = 0;
    if (n < 1 || n > THREADS_MAX) n = n < 1 ? 1 : THREADS_MAX;
    if (crypto_init() != ERR_OK || crypto_password_hash(hash, STR("correct horse battery"), (struct crypto_cost){ MEMORY_KIB, PASSES }) != ERR_OK) return 1;
    int64_t start = clock_mono_us();
    for (long i = 0; i < n; i++) {
        w[i] = (struct worker){ .hash = hash, .end = start + (int64_t)(seconds * 1e6) };
        if (pthread_create(&w[i].thread, NULL, work, &w[i]) != 0) return 1;
    }
    for (long i = 0; i < n; i++) {
        (void)pthread_join(w[i].thread, NULL);
        done += w[i].done;
    }
    (void)printf("argon2id, %ld threads: %.2f/s\n", n, (double)done / ((double)(clock_mono_us() - start) / 1e6));
    return 0;
}
