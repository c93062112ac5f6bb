/* base/near.h: which of the words that there are did somebody mean who mistyped one? For messages. */
#pragma once
#include "base/str.h"

enum { NEAR_MAX = 64 /* bytes of a word that is looked at; longer ones are near nothing */ };
/* Letters to add, take away, change, or exchange with their neighbour. SIZE_MAX beyond NEAR_MAX. */
size_t near_distance(str a, str b);

struct near {
    str word;
    const char *best;
    size_t distance;
};
#define NEAR(w) ((struct near){ .word = (w), .distance = SIZE_MAX })
/* Of equals the first. */
void near_offer(struct near *n, const char *candidate);
/* NULL: nothing so near that it could be meant (a third of the letters, at least one). */
const char *near_best(const struct near *n);
