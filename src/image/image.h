/* image/image.h: the program chancery-image: one uploaded picture in (standard input), the same picture made anew out (standard output).
 *
 * Started by the server for each upload, so that a hostile file never meets the server's memory. Before the first byte is looked at, the process has
 * given up everything: 64 MiB of address space, one second of CPU, and of all system calls read, write and exit (seccomp's strict mode), which is why the heap
 * is taken beforehand. Whatever goes wrong ends the process, and the server answers that this is no image.
 *
 * Answer: one line, the media type, then the bytes. Exit: 0 good, 1 refused. JPEG stays JPEG (turned as its EXIF says), PNG PNG, WebP WebP (an animation's
 * first frame), GIF GIF with its animation; larger than IMAGE_SIDE is made smaller, GIF excepted. Metadata is dropped. Bytes behind the end of the image, other
 * than zeros, make the file a polyglot: refused. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IMAGE_IN_MAX = 5242880,    /* bytes */
    IMAGE_OUT_MAX = 6 << 20,   /* bytes of the picture made */
    IMAGE_SIDE = 1024,         /* pixels */
    IMAGE_SIDE_MAX = 16384,    /* of what comes in */
    IMAGE_AREA_MAX = 50000000, /* pixels of a JPEG, which is decoded at an eighth of its size where it is large */
    IMAGE_ROWS_MAX = 16000000, /* pixels that are decoded row by row */
    IMAGE_WHOLE_MAX = 8000000, /* pixels where the decoder needs all of them at once */
};

struct bytes {
    const uint8_t *p;
    size_t n;
};

/* Decoded and scaled: 8 bits of red, green, blue, alpha. */
struct picture {
    unsigned w, h;
    uint8_t *rgba;
    bool opaque;
};
/* Rows come in from the top; each pixel of the result is the mean of those it covers. */
struct scaler {
    struct picture *out;
    unsigned w, h, y; /* of what comes in; next row */
    uint32_t *sum;    /* of the row being made: alpha-weighted red, green, blue, then alpha, then the count */
};
bool scaler_begin(struct scaler *s, struct picture *out, unsigned w, unsigned h);
void scaler_row(struct scaler *s, const uint8_t *rgba);
void scaler_end(struct scaler *s);
/* Turned as EXIF's orientation 1 to 8 says. */
bool picture_turn(struct picture *p, int orientation);

/* EXIF (the contents of an APP1 segment): its orientation, 1 if it says none. Bounded; has a fuzz target. */
int exif_orientation(struct bytes app1);
/* Nothing, or zeros. */
bool only_padding(struct bytes rest);

/* Each reads its kind and writes it anew; false: refused. out has IMAGE_OUT_MAX bytes, *n what was used. */
typedef bool remake(struct bytes in, uint8_t *out, size_t *n);
remake remake_jpeg, remake_png, remake_webp, remake_gif;
