/* image/png.c: PNG in and out, by libpng. */
#include "image/image.h"
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK_MAX = 8 << 20, CHUNKS_MAX = 128 };

static void leave(png_structp p, png_const_charp text)
{
    (void)text;
    png_longjmp(p, 1);
}
static void silent(png_structp p, png_const_charp text) { (void)p, (void)text; }

/* in */

struct reading {
    struct bytes rest;
    png_structp png;
    png_infop info;
    struct scaler scaler;
    struct picture picture;
    uint8_t *pixels, **rows;
};

static void take(png_structp p, png_bytep to, size_t n)
{
    struct bytes *rest = png_get_io_ptr(p);
    if (n > rest->n) png_error(p, "truncated");
    memcpy(to, rest->p, n);
    rest->p += n;
    rest->n -= n;
}

static bool affordable(struct reading *r, bool *whole)
{
    png_uint_32 w = png_get_image_width(r->png, r->info), h = png_get_image_height(r->png, r->info);
    *whole = png_get_interlace_type(r->png, r->info) != PNG_INTERLACE_NONE;
    if (!w || !h || w > IMAGE_SIDE_MAX || h > IMAGE_SIDE_MAX) return false;
    return (unsigned long long)w * h <= (unsigned long long)(*whole ? IMAGE_WHOLE_MAX : IMAGE_ROWS_MAX);
}

static void to_rgba(struct reading *r)
{
    png_set_expand(r->png);
    png_set_scale_16(r->png);
    png_set_gray_to_rgb(r->png);
    png_set_add_alpha(r->png, 0xFF, PNG_FILLER_AFTER);
    png_read_update_info(r->png, r->info);
}

static bool rows(struct reading *r, bool whole)
{
    unsigned w = png_get_image_width(r->png, r->info), h = png_get_image_height(r->png, r->info);
    size_t row = (size_t)w * 4;
    if (png_get_rowbytes(r->png, r->info) != row || !scaler_begin(&r->scaler, &r->picture, w, h)) return false;
    r->pixels = malloc(whole ? row * h : row);
    r->rows = whole ? malloc(h * sizeof *r->rows) : NULL;
    if (!r->pixels || (whole && !r->rows)) return false;
    if (whole) {
        for (unsigned y = 0; y < h; y++) r->rows[y] = r->pixels + row * y;
        png_read_image(r->png, r->rows);
    }
    for (unsigned y = 0; y < h; y++) {
        if (!whole) png_read_row(r->png, r->pixels, NULL);
        scaler_row(&r->scaler, whole ? r->rows[y] : r->pixels);
    }
    scaler_end(&r->scaler);
    free(r->pixels);
    free(r->rows);
    return true;
}

static bool decode(struct reading *r, struct bytes in)
{
    bool whole;
    r->rest = in;
    r->png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, leave, silent);
    r->info = r->png ? png_create_info_struct(r->png) : NULL;
    if (!r->info || setjmp(png_jmpbuf(r->png))) return false;
    png_set_user_limits(r->png, IMAGE_SIDE_MAX, IMAGE_SIDE_MAX);
    png_set_chunk_malloc_max(r->png, CHUNK_MAX);
    png_set_chunk_cache_max(r->png, CHUNKS_MAX);
    png_set_keep_unknown_chunks(r->png, PNG_HANDLE_CHUNK_NEVER, NULL, 0);
    png_set_read_fn(r->png, &r->rest, take);
    png_read_info(r->png, r->info);
    if (!affordable(r, &whole)) return false;
    to_rgba(r);
    if (!rows(r, whole)) return false;
    png_read_end(r->png, NULL);
    png_destroy_read_struct(&r->png, &r->info, NULL);
    return only_padding(r->rest);
}

/* out */

struct writing {
    uint8_t *out;
    size_t n;
    png_structp png;
    png_infop info;
    uint8_t *row;
};

static void give(png_structp p, png_bytep from, size_t n)
{
    struct writing *w = png_get_io_ptr(p);
    if (n > IMAGE_OUT_MAX - w->n) png_error(p, "too large");
    memcpy(w->out + w->n, from, n);
    w->n += n;
}
static void flush(png_structp p) { (void)p; }

static bool encode(struct writing *w, const struct picture *p)
{
    unsigned bytes = p->opaque ? 3 : 4;
    w->png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, leave, silent);
    w->info = w->png ? png_create_info_struct(w->png) : NULL;
    w->row = malloc((size_t)p->w * 4);
    if (!w->info || !w->row || setjmp(png_jmpbuf(w->png))) return false;
    png_set_write_fn(w->png, w, give, flush);
    png_set_compression_level(w->png, 6);
    png_set_IHDR(w->png, w->info, p->w, p->h, 8, p->opaque ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_RGBA, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(w->png, w->info);
    for (unsigned y = 0; y < p->h; y++) {
        const uint8_t *from = p->rgba + (size_t)y * p->w * 4;
        for (unsigned x = 0; x < p->w; x++) memcpy(w->row + (size_t)x * bytes, from + (size_t)x * 4, bytes);
        png_write_row(w->png, w->row);
    }
    png_write_end(w->png, NULL);
    return true;
}

bool remake_png(struct bytes in, uint8_t *out, size_t *n)
{
    static struct reading r; /* outlive the jumps */
    static struct writing w;
    w.out = out;
    if (!decode(&r, in) || !encode(&w, &r.picture)) return false;
    *n = w.n;
    return true;
}
