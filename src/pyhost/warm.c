/* pyhost/warm.c: the pickled answers of recent steps, so that the server need not send them again. A call always unpickles anew: what an
 * abandoned call did to its objects is gone with them. */
#include "pyhost/engine_int.h"
#include <sys/random.h>

enum { STEPS_KEPT = 1024 };
static const size_t bytes_kept = (size_t)64 * 1024 * 1024;

/* A ring, oldest first. */
static struct {
    uint64_t number;
    PyObject *bytes;
} steps[STEPS_KEPT];
static size_t first, count, total;
static uint64_t last_number; /* counts from a random start, so that no number of another worker is one of ours */

static void drop_oldest(void)
{
    total -= (size_t)PyBytes_GET_SIZE(steps[first].bytes);
    Py_CLEAR(steps[first].bytes);
    first = (first + 1) % STEPS_KEPT;
    count--;
}

uint64_t warm_keep(PyObject *bytes)
{
    size_t n = (size_t)PyBytes_GET_SIZE(bytes);
    if (n > bytes_kept / 4) return 0;
    /* Without randomness nothing is kept: a guessable number could meet another session's. */
    if (last_number == 0 && getrandom(&last_number, sizeof last_number, GRND_NONBLOCK) != (ssize_t)sizeof last_number) return last_number = 0;
    if (last_number >= UINT64_MAX - STEPS_KEPT) last_number /= 2;
    while (count && (count == STEPS_KEPT || total + n > bytes_kept)) drop_oldest();
    size_t at = (first + count++) % STEPS_KEPT;
    steps[at].number = ++last_number;
    steps[at].bytes = Py_NewRef(bytes);
    total += n;
    return last_number;
}

PyObject *warm_find_b(uint64_t number)
{
    if (count == 0 || number < steps[first].number || number > last_number) return NULL;
    size_t at = (size_t)(number - steps[first].number);
    return at < count ? steps[(first + at) % STEPS_KEPT].bytes : NULL;
}
