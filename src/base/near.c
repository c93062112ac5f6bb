/* base/near.c: optimal string alignment over three rows. */
#include "base/near.h"

static size_t least(size_t a, size_t b) { return a < b ? a : b; }

size_t near_distance(str a, str b)
{
    size_t rows[3][NEAR_MAX + 1], *before = rows[0], *last = rows[1], *now = rows[2];
    if (a.n > NEAR_MAX || b.n > NEAR_MAX) return SIZE_MAX;
    for (size_t j = 0; j <= b.n; j++) last[j] = before[j] = j;
    for (size_t i = 1; i <= a.n; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b.n; j++) {
            now[j] = least(least(last[j], now[j - 1]) + 1, last[j - 1] + (a.p[i - 1] != b.p[j - 1]));
            if (i > 1 && j > 1 && a.p[i - 1] == b.p[j - 2] && a.p[i - 2] == b.p[j - 1]) now[j] = least(now[j], before[j - 2] + 1);
        }
        size_t *reused = before;
        before = last;
        last = now;
        now = reused;
    }
    return last[b.n];
}

void near_offer(struct near *n, const char *candidate)
{
    size_t distance = near_distance(n->word, str_c(candidate));
    if (distance >= n->distance) return;
    n->distance = distance;
    n->best = candidate;
}

const char *near_best(const struct near *n) { return n->best && n->distance <= least(n->word.n, NEAR_MAX) / 3 + (n->word.n < 3) ? n->best : NULL; }
