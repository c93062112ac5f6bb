/* auth/auth_password.c: the pool that hashes passwords, so that their cost in memory and time has a bound. */
#include "auth/auth_int.h"
#include <pthread.h>

/* One wish to the pool; it lives on the stack of the thread that waits. */
struct job {
    const struct auth *auth;
    str password;
    const char *hash; /* NULL: make one */
    char made[CRYPTO_PASSWORD_HASH];
    bool matches, done;
    err result;
    pthread_mutex_t lock;
    pthread_cond_t ready;
};

static void work(void *arg)
{
    struct job *j = arg;
    if (j->hash)
        j->matches = crypto_password_matches(j->hash, j->password);
    else
        j->result = crypto_password_hash(j->made, j->password, j->auth->cost);
    (void)pthread_mutex_lock(&j->lock);
    j->done = true;
    /* Signalled under the lock: the job ends with its owner's stack frame as soon as the lock is free. */
    (void)pthread_cond_signal(&j->ready);
    (void)pthread_mutex_unlock(&j->lock);
}

static err run(struct auth *a, struct job *j)
{
    j->auth = a;
    (void)pthread_mutex_init(&j->lock, NULL);
    (void)pthread_cond_init(&j->ready, NULL);
    err e = lane_submit(a->passwords, work, j);
    if (!e) {
        (void)pthread_mutex_lock(&j->lock);
        while (!j->done) (void)pthread_cond_wait(&j->ready, &j->lock);
        (void)pthread_mutex_unlock(&j->lock);
        e = j->result;
    }
    (void)pthread_cond_destroy(&j->ready);
    (void)pthread_mutex_destroy(&j->lock);
    return e;
}

err password_hash(struct auth *a, struct arena *mem, str password, str *out)
{
    struct job j = { .password = password };
    TRY(run(a, &j));
    return arena_str(mem, str_c(j.made), out);
}

err password_check(struct auth *a, str hash, str password, bool *out)
{
    char text[CRYPTO_PASSWORD_STORED] = { 0 };
    struct job j = { .password = password, .hash = a->nobody };
    /* Who has no password takes as long to refuse: a hash that nothing fits is checked. */
    bool some = hash.n && hash.n < sizeof text;
    if (some) {
        memcpy(text, hash.p, hash.n);
        j.hash = text;
    }
    TRY(run(a, &j));
    *out = some && j.matches;
    return ERR_OK;
}

unsigned auth_passwords_waiting(const struct auth *a) { return lane_depth(a->passwords); }

bool password_is_fresh(const struct auth *a, str hash) { return crypto_password_is_fresh(hash, a->cost); }
