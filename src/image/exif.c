/* image/exif.c: which way up a photograph is (EXIF 2.32, TIFF 6.0). */
#include "image/image.h"
#include <string.h>

enum { HEAD = 6 /* "Exif", two NULs */, TIFF = 8, ENTRY = 12, ORIENTATION = 0x112, SHORT = 3, ENTRIES_MAX = 512 };

static unsigned u16(const uint8_t *p, bool little) { return little ? p[0] | (unsigned)p[1] << 8 : (unsigned)p[0] << 8 | p[1]; }
static uint32_t u32(const uint8_t *p, bool little)
{
    return little ? u16(p, true) | (uint32_t)u16(p + 2, true) << 16 : (uint32_t)u16(p, false) << 16 | u16(p + 2, false);
}

int exif_orientation(struct bytes app1)
{
    if (app1.n < HEAD + TIFF || memcmp(app1.p, "Exif\0", HEAD) != 0) return 1;
    const uint8_t *t = app1.p + HEAD;
    size_t n = app1.n - HEAD;
    bool little = t[0] == 'I' && t[1] == 'I';
    if (!little && !(t[0] == 'M' && t[1] == 'M')) return 1;
    size_t at = u32(t + 4, little);
    if (u16(t + 2, little) != 42 || at > n || n - at < 2) return 1;
    unsigned entries = u16(t + at, little);
    for (at += 2; entries > 0 && n - at >= ENTRY; entries--, at += ENTRY) {
        if (u16(t + at, little) != ORIENTATION) continue;
        unsigned value = u16(t + at + 8, little);
        return u16(t + at + 2, little) == SHORT && value >= 1 && value <= 8 ? (int)value : 1;
    }
    return 1;
}
