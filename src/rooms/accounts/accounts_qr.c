/* rooms/accounts/accounts_qr.c: a text as a QR code: black on white, a PNG of one bit per pixel, as a data URI (django-cfg 9.16).
 *
 * The PNG is written here (five fixed parts around zlib's stream), so that the server links no image library, which would bring decoders along. */
#include "rooms/accounts/accounts_int.h"
#include <errno.h>
#include <qrencode.h>
#include <zlib.h>

enum { PIXELS = 10, QUIET = 4, SIDE_MAX = (177 + 2 * QUIET) * PIXELS };

static void big_endian(uint8_t out[static 4], uint32_t v)
{
    for (int i = 0; i < 4; i++) out[i] = (uint8_t)(v >> (24 - 8 * i));
}

static void chunk(struct buf *png, const char *type, str data)
{
    uint8_t n[4];
    size_t at = png->n + 4;
    big_endian(n, (uint32_t)data.n);
    buf_add(png, (str){ (const char *)n, sizeof n });
    buf_z(png, type);
    buf_add(png, data);
    if (buf_ok(png)) return;
    big_endian(n, (uint32_t)crc32(0, (const Bytef *)png->p + at, (uInt)(png->n - at)));
    buf_add(png, (str){ (const char *)n, sizeof n });
}

/* Rows of bits, each behind a zero byte (no filter); a set bit is white. */
static uint8_t *pixels(struct arena *a, const QRcode *code, size_t side, size_t *n)
{
    size_t row = 1 + (side + 7) / 8;
    uint8_t *out = NEW_N(a, uint8_t, row * side);
    if (!out) return NULL;
    *n = row * side;
    for (size_t y = 0; y < side; y++)
        for (size_t x = 0; x < side; x++) {
            size_t my = y / PIXELS, mx = x / PIXELS, w = (size_t)code->width;
            bool inside = my >= QUIET && mx >= QUIET && my < w + QUIET && mx < w + QUIET;
            bool black = inside && (code->data[(my - QUIET) * w + mx - QUIET] & 1);
            if (!black) out[y * row + 1 + x / 8] |= (uint8_t)(0x80 >> x % 8);
        }
    return out;
}

static err png_of(struct arena *a, const QRcode *code, struct buf *png)
{
    size_t side = ((size_t)code->width + 2 * QUIET) * PIXELS, n;
    uint8_t *rows = side <= SIDE_MAX ? pixels(a, code, side, &n) : NULL;
    if (!rows) return ERR_NOMEM;
    uLongf packed_n = compressBound((uLong)n);
    uint8_t *packed = NEW_N(a, uint8_t, packed_n);
    if (!packed || compress2(packed, &packed_n, rows, (uLong)n, Z_BEST_COMPRESSION) != Z_OK) return ERR_NOMEM;
    uint8_t head[13] = { [8] = 1 /* bit per pixel, grey */ };
    big_endian(head, (uint32_t)side);
    big_endian(head + 4, (uint32_t)side);
    buf_add(png, (str){ "\x89PNG\r\n\x1a\n", 8 });
    chunk(png, "IHDR", (str){ (const char *)head, sizeof head });
    chunk(png, "IDAT", (str){ (const char *)packed, packed_n });
    chunk(png, "IEND", STR(""));
    return buf_ok(png);
}

static void base64(struct buf *out, str in)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < in.n; i += 3) {
        uint32_t v = 0;
        size_t left = in.n - i < 3 ? in.n - i : 3;
        for (size_t k = 0; k < 3; k++) v = v << 8 | (k < left ? (uint8_t)in.p[i + k] : 0);
        for (size_t k = 0; k < 4; k++) buf_char(out, k <= left ? letters[v >> (18 - 6 * k) & 63] : '=');
    }
}

err cfg_qr_data_uri(struct arena *a, str text, str *out)
{
    const char *z = arena_z(a, text);
    if (!z) return ERR_NOMEM;
    QRcode *code = QRcode_encodeString8bit(z, 0, QR_ECLEVEL_L);
    if (!code) return errno == ERANGE ? ERR_LIMIT : ERR_NOMEM;
    CLEANUP(buf_release) struct buf png = BUF(1 << 20);
    CLEANUP(buf_release) struct buf uri = BUF(1 << 20);
    err e = png_of(a, code, &png);
    QRcode_free(code);
    TRY(e);
    buf_z(&uri, "data:image/png;base64,");
    base64(&uri, buf_str(&png));
    return buf_to_arena(&uri, a, out);
}
