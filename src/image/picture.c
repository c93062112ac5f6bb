/* image/picture.c: pixels: made smaller, turned. */
#include "image/image.h"
#include <stdlib.h>
#include <string.h>

bool scaler_begin(struct scaler *s, struct picture *out, unsigned w, unsigned h)
{
    unsigned long long most = w > h ? w : h;
    if (!w || !h || w > IMAGE_SIDE_MAX || h > IMAGE_SIDE_MAX) return false;
    *out = (struct picture){ .w = w, .h = h, .opaque = true };
    if (most > IMAGE_SIDE) {
        out->w = (unsigned)(w * (unsigned long long)IMAGE_SIDE / most);
        out->h = (unsigned)(h * (unsigned long long)IMAGE_SIDE / most);
        if (!out->w) out->w = 1;
        if (!out->h) out->h = 1;
    }
    *s = (struct scaler){ .out = out, .w = w, .h = h };
    s->sum = calloc((size_t)out->w * 5, sizeof *s->sum);
    out->rgba = malloc((size_t)out->w * out->h * 4);
    return s->sum && out->rgba;
}

static void put(struct scaler *s, unsigned row)
{
    uint8_t *to = s->out->rgba + (size_t)row * s->out->w * 4;
    for (unsigned x = 0; x < s->out->w; x++, to += 4) {
        uint32_t *sum = s->sum + (size_t)x * 5, alpha = sum[3], count = sum[4] ? sum[4] : 1;
        for (int k = 0; k < 3; k++) to[k] = (uint8_t)(alpha ? (sum[k] + alpha / 2) / alpha : 0);
        to[3] = (uint8_t)((alpha + count / 2) / count);
        if (to[3] != 255) s->out->opaque = false;
    }
    memset(s->sum, 0, (size_t)s->out->w * 5 * sizeof *s->sum);
}

void scaler_row(struct scaler *s, const uint8_t *rgba)
{
    if (s->y >= s->h) return;
    for (unsigned x = 0; x < s->w; x++, rgba += 4) {
        uint32_t *sum = s->sum + (size_t)((unsigned long long)x * s->out->w / s->w) * 5, alpha = rgba[3];
        for (int k = 0; k < 3; k++) sum[k] += rgba[k] * alpha;
        sum[3] += alpha;
        sum[4]++;
    }
    unsigned row = (unsigned)((unsigned long long)s->y * s->out->h / s->h);
    s->y++;
    if (s->y == s->h || (unsigned)((unsigned long long)s->y * s->out->h / s->h) != row) put(s, row);
}

void scaler_end(struct scaler *s)
{
    free(s->sum);
    s->sum = NULL;
}

bool picture_turn(struct picture *p, int o)
{
    if (o < 2 || o > 8) return true;
    bool swap = o >= 5;
    unsigned w = swap ? p->h : p->w, h = swap ? p->w : p->h;
    uint8_t *to = malloc((size_t)w * h * 4);
    if (!to) return false;
    for (unsigned y = 0; y < h; y++)
        for (unsigned x = 0; x < w; x++) {
            unsigned sx = swap ? y : x, sy = swap ? x : y;
            if (o == 2 || o == 3 || o == 7 || o == 8) sx = p->w - 1 - sx;
            if (o == 3 || o == 4 || o == 6 || o == 7) sy = p->h - 1 - sy;
            memcpy(to + ((size_t)y * w + x) * 4, p->rgba + ((size_t)sy * p->w + sx) * 4, 4);
        }
    free(p->rgba);
    *p = (struct picture){ .w = w, .h = h, .rgba = to, .opaque = p->opaque };
    return true;
}

bool only_padding(struct bytes rest)
{
    for (size_t i = 0; i < rest.n; i++)
        if (rest.p[i]) return false;
    return true;
}
