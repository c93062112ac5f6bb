/* How wide and high a picture is, from the first bytes of its file. Bounded: every read is checked against the end of the bytes. */
#include "pyhost/image_size.h"

static unsigned byte_at(str s, size_t at) { return at < s.n ? (unsigned char)s.p[at] : 0; }
static unsigned big16(str s, size_t at) { return byte_at(s, at) << 8 | byte_at(s, at + 1); }

static bool both(double w, double h, double *width, double *height)
{
    if (!(w > 0 && w < 1e9 && h > 0 && h < 1e9)) return false;
    *width = w;
    *height = h;
    return true;
}

static bool png_size(str s, double *width, double *height)
{
    if (s.n < 24) return false;
    double w = (double)big16(s, 16) * 65536 + big16(s, 18), h = (double)big16(s, 20) * 65536 + big16(s, 22);
    return both(w, h, width, height);
}

static bool gif_size(str s, double *width, double *height)
{
    if (s.n < 10) return false;
    return both(byte_at(s, 6) | byte_at(s, 7) << 8, byte_at(s, 8) | byte_at(s, 9) << 8, width, height);
}

/* Segments until one that starts a frame (SOF0 to SOF15 without the tables DHT, JPG, DAC). */
static bool jpeg_size(str s, double *width, double *height)
{
    for (size_t at = 2; at + 9 < s.n && byte_at(s, at) == 0xff;) {
        unsigned kind = byte_at(s, at + 1), length = big16(s, at + 2);
        if (kind >= 0xc0 && kind <= 0xcf && kind != 0xc4 && kind != 0xc8 && kind != 0xcc) return both(big16(s, at + 7), big16(s, at + 5), width, height);
        if (length < 2) return false;
        at += 2 + length;
    }
    return false;
}

/* SVG: width and height, or the view box, of the first <svg …> */

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == ','; }

/* A decimal number at *at; units and exponents are not needed for a proportion. */
static bool number(str s, size_t *at, double *out)
{
    double value = 0, part = 1;
    size_t digits = 0;
    bool fraction = false;
    while (*at < s.n && is_blank(s.p[*at])) (*at)++;
    for (; *at < s.n; (*at)++) {
        char c = s.p[*at];
        if (c == '.' && !fraction) {
            fraction = true;
        } else if (c >= '0' && c <= '9') {
            if (++digits > 30) return false;
            if (fraction)
                value += (c - '0') * (part /= 10);
            else
                value = value * 10 + (c - '0');
        } else {
            break;
        }
    }
    *out = value;
    return digits > 0;
}

/* Value of an attribute inside the tag; absent if it has none. */
static str attribute(str tag, str name)
{
    for (size_t at = 1; at + name.n + 2 < tag.n; at++) {
        if (!is_blank(tag.p[at - 1]) || memcmp(tag.p + at, name.p, name.n) != 0 || tag.p[at + name.n] != '=') continue;
        size_t from = at + name.n + 2;
        const char *end = memchr(tag.p + from, tag.p[from - 1], tag.n - from);
        return end ? (str){ tag.p + from, (size_t)(end - tag.p) - from } : STR_NULL;
    }
    return STR_NULL;
}

static bool plain_number(str s, double *out)
{
    size_t at = 0;
    /* A percentage says nothing about the picture. */
    return s.p && number(s, &at, out) && (at == s.n || s.p[at] != '%');
}

static bool svg_size(str s, double *width, double *height)
{
    const char *begin = memmem(s.p, s.n, "<svg", 4);
    if (!begin) return false;
    str tag = str_from(s, (size_t)(begin - s.p));
    const char *end = memchr(tag.p, '>', tag.n);
    double w, h, skip;
    size_t at = 0;
    if (end) tag.n = (size_t)(end - tag.p);
    if (plain_number(attribute(tag, STR("width")), &w) && plain_number(attribute(tag, STR("height")), &h)) return both(w, h, width, height);
    str box = attribute(tag, STR("viewBox"));
    while (box.n && (is_blank(*box.p) || *box.p == '-')) box = str_from(box, 1);
    if (!box.p || !number(box, &at, &skip)) return false;
    while (at < box.n && (is_blank(box.p[at]) || box.p[at] == '-')) at++;
    return number(box, &at, &skip) && number(box, &at, &w) && number(box, &at, &h) && both(w, h, width, height);
}

bool image_size(str head, double *width, double *height)
{
    if (str_starts(head, STR("\x89PNG\r\n\x1a\n"))) return png_size(head, width, height);
    if (str_starts(head, STR("GIF8"))) return gif_size(head, width, height);
    if (str_starts(head, STR("\xff\xd8"))) return jpeg_size(head, width, height);
    return head.n && svg_size(head, width, height);
}
