/* image/jpeg.c: JPEG in and out, by libjpeg. */
#include "image/image.h"
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <jpeglib.h>
#include <jerror.h>

enum { QUALITY = 88, COEFFICIENTS_MAX = 34 << 20 };

struct trap {
    struct jpeg_error_mgr mgr; /* first: what libjpeg knows */
    jmp_buf back;
};

static void leave(j_common_ptr c)
{
    struct trap *t = (struct trap *)(void *)c->err;
    longjmp(t->back, 1);
}

/* What libjpeg mends by guessing is refused, but for what many cameras do. */
static void message(j_common_ptr c, int level)
{
    int code = c->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM) leave(c);
}
static void silent(j_common_ptr c) { (void)c; }

static void trap_set(struct trap *t)
{
    (void)jpeg_std_error(&t->mgr);
    t->mgr.error_exit = leave;
    t->mgr.emit_message = message;
    t->mgr.output_message = silent;
}

/* in */

struct reading {
    struct jpeg_decompress_struct c;
    struct trap trap;
    struct scaler scaler;
    struct picture picture;
    uint8_t *row, *rgba;
    int orientation;
};

/* A progressive file's coefficients are all in memory at once. */
static bool affordable(struct jpeg_decompress_struct *c)
{
    unsigned long long area = (unsigned long long)c->image_width * c->image_height, kept = 0;
    if (c->image_width > IMAGE_SIDE_MAX || c->image_height > IMAGE_SIDE_MAX || area > IMAGE_AREA_MAX) return false;
    if (!jpeg_has_multiple_scans(c)) return true;
    for (int i = 0; i < c->num_components; i++) {
        const jpeg_component_info *k = &c->comp_info[i];
        kept += area * (unsigned)k->h_samp_factor * (unsigned)k->v_samp_factor * 2 / ((unsigned)c->max_h_samp_factor * (unsigned)c->max_v_samp_factor);
    }
    return kept <= COEFFICIENTS_MAX;
}

static bool setup(struct reading *r)
{
    struct jpeg_decompress_struct *c = &r->c;
    unsigned most = c->image_width > c->image_height ? c->image_width : c->image_height;
    for (c->scale_num = c->scale_denom = 1; c->scale_denom < 8 && most / (c->scale_denom * 2) >= IMAGE_SIDE;) c->scale_denom *= 2;
    bool inks = c->jpeg_color_space == JCS_CMYK || c->jpeg_color_space == JCS_YCCK;
    c->out_color_space = inks ? JCS_CMYK : JCS_RGB;
    c->dct_method = JDCT_ISLOW;
    return true;
}

/* Adobe's inks are stored inverted, which is what everybody writes. */
static void to_rgba(const struct reading *r)
{
    const uint8_t *from = r->row;
    for (unsigned x = 0; x < r->c.output_width; x++) {
        uint8_t *to = r->rgba + (size_t)x * 4;
        if (r->c.out_color_space == JCS_CMYK) {
            for (int k = 0; k < 3; k++) to[k] = (uint8_t)(from[k] * from[3] / 255);
            from += 4;
        } else {
            memcpy(to, from, 3);
            from += 3;
        }
        to[3] = 255;
    }
}

static bool rows(struct reading *r)
{
    r->row = malloc((size_t)r->c.output_width * 4);
    r->rgba = malloc((size_t)r->c.output_width * 4);
    if (!r->row || !r->rgba || !scaler_begin(&r->scaler, &r->picture, r->c.output_width, r->c.output_height)) return false;
    while (r->c.output_scanline < r->c.output_height) {
        JSAMPROW one = r->row;
        if (jpeg_read_scanlines(&r->c, &one, 1) != 1) return false;
        to_rgba(r);
        scaler_row(&r->scaler, r->rgba);
    }
    scaler_end(&r->scaler);
    free(r->row);
    free(r->rgba);
    return true;
}

static bool decode(struct reading *r, struct bytes in)
{
    trap_set(&r->trap);
    r->c.err = &r->trap.mgr;
    if (setjmp(r->trap.back)) return false;
    jpeg_create_decompress(&r->c);
    jpeg_mem_src(&r->c, in.p, in.n);
    jpeg_save_markers(&r->c, JPEG_APP0 + 1, 0xFFFF);
    if (jpeg_read_header(&r->c, TRUE) != JPEG_HEADER_OK || !affordable(&r->c) || !setup(r)) return false;
    r->orientation = 1;
    for (const struct jpeg_marker_struct *m = r->c.marker_list; m && r->orientation == 1; m = m->next)
        r->orientation = exif_orientation((struct bytes){ m->data, m->data_length });
    if (!jpeg_start_decompress(&r->c) || !rows(r) || !jpeg_finish_decompress(&r->c)) return false;
    struct bytes rest = { r->c.src->next_input_byte, r->c.src->bytes_in_buffer };
    bool good = only_padding(rest);
    jpeg_destroy_decompress(&r->c);
    return good;
}

/* out */

struct writing {
    struct jpeg_compress_struct c;
    struct trap trap;
    uint8_t *row;
};

static bool encode(struct writing *w, const struct picture *p, uint8_t *out, size_t *n)
{
    unsigned char *to = out;
    unsigned long room = IMAGE_OUT_MAX;
    uint8_t *row = w->row = malloc((size_t)p->w * 3);
    trap_set(&w->trap);
    w->c.err = &w->trap.mgr;
    if (!row || setjmp(w->trap.back)) return false; /* the process ends, and its memory with it */
    jpeg_create_compress(&w->c);
    jpeg_mem_dest(&w->c, &to, &room);
    w->c.image_width = p->w;
    w->c.image_height = p->h;
    w->c.input_components = 3;
    w->c.in_color_space = JCS_RGB;
    jpeg_set_defaults(&w->c);
    jpeg_set_quality(&w->c, QUALITY, TRUE);
    jpeg_start_compress(&w->c, TRUE);
    while (w->c.next_scanline < p->h) {
        const uint8_t *from = p->rgba + (size_t)w->c.next_scanline * p->w * 4;
        for (unsigned x = 0; x < p->w; x++) memcpy(row + (size_t)x * 3, from + (size_t)x * 4, 3);
        JSAMPROW one = row;
        (void)jpeg_write_scanlines(&w->c, &one, 1);
    }
    jpeg_finish_compress(&w->c);
    *n = room;
    return to == out; /* else libjpeg took a larger buffer of its own */
}

bool remake_jpeg(struct bytes in, uint8_t *out, size_t *n)
{
    static struct reading r; /* outlive the jumps */
    static struct writing w;
    return decode(&r, in) && picture_turn(&r.picture, r.orientation) && encode(&w, &r.picture, out, n);
}
