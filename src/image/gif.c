/* image/gif.c: GIF in and out, by giflib: every frame's pixels are unpacked and packed again, comments and what applications left are dropped. */
#include "image/image.h"
#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>

enum { FRAMES_MAX = 1000, SIDE_MAX = 4096, AREA_MAX = 20000000 /* pixels, a byte each, of all frames */ };

struct stream {
    struct bytes in;
    uint8_t *out;
    size_t n;
};

static int take(GifFileType *g, GifByteType *to, int n)
{
    struct stream *s = g->UserData;
    if (n < 0 || (size_t)n > s->in.n) return 0; /* giflib takes a short count for the end */
    memcpy(to, s->in.p, (size_t)n);
    s->in.p += n;
    s->in.n -= (size_t)n;
    return n;
}

static int give(GifFileType *g, const GifByteType *from, int n)
{
    struct stream *s = g->UserData;
    if (n < 0 || (size_t)n > IMAGE_OUT_MAX - s->n) return 0;
    memcpy(s->out + s->n, from, (size_t)n);
    s->n += (size_t)n;
    return n;
}

static bool lines(GifFileType *g, SavedImage *f)
{
    static const int from[] = { 0, 4, 2, 1 }, by[] = { 8, 8, 4, 2 };
    int w = f->ImageDesc.Width, h = f->ImageDesc.Height;
    if (!f->ImageDesc.Interlace) return DGifGetLine(g, f->RasterBits, w * h) != GIF_ERROR;
    for (int pass = 0; pass < 4; pass++)
        for (int y = from[pass]; y < h; y += by[pass])
            if (DGifGetLine(g, f->RasterBits + (size_t)y * (size_t)w, w) == GIF_ERROR) return false;
    return true;
}

static bool frame(GifFileType *g, size_t *area)
{
    if (DGifGetImageDesc(g) == GIF_ERROR || g->ImageCount > FRAMES_MAX) return false;
    SavedImage *f = &g->SavedImages[g->ImageCount - 1];
    const GifImageDesc *d = &f->ImageDesc;
    if (d->Width <= 0 || d->Height <= 0 || d->Left < 0 || d->Top < 0 || d->Left + d->Width > g->SWidth || d->Top + d->Height > g->SHeight) return false;
    if (!d->ColorMap && !g->SColorMap) return false;
    size_t n = (size_t)d->Width * (size_t)d->Height;
    *area += n;
    if (*area > AREA_MAX) return false;
    f->RasterBits = malloc(n);
    if (!f->RasterBits || !lines(g, f)) return false;
    if (g->ExtensionBlocks) { /* what stood before the frame belongs to it */
        f->ExtensionBlocks = g->ExtensionBlocks;
        f->ExtensionBlockCount = g->ExtensionBlockCount;
        g->ExtensionBlocks = NULL;
        g->ExtensionBlockCount = 0;
    }
    return true;
}

/* Of extensions the delay and disposal of a frame stay, and how often the animation runs. */
static bool extension(GifFileType *g)
{
    int code;
    GifByteType *block;
    if (DGifGetExtension(g, &code, &block) == GIF_ERROR) return false;
    bool loop = code == APPLICATION_EXT_FUNC_CODE && block && block[0] == 11 && memcmp(block + 1, "NETSCAPE2.0", 11) == 0;
    bool keep = loop || code == GRAPHICS_EXT_FUNC_CODE;
    for (int i = 0; block; i++) {
        int kind = i == 0 ? code : CONTINUE_EXT_FUNC_CODE;
        if (keep && i < 2 && GifAddExtensionBlock(&g->ExtensionBlockCount, &g->ExtensionBlocks, kind, block[0], block + 1) == GIF_ERROR) return false;
        if (DGifGetExtensionNext(g, &block) == GIF_ERROR) return false;
    }
    return true;
}

static bool decode(GifFileType *g)
{
    GifRecordType what;
    size_t area = 0;
    if (g->SWidth <= 0 || g->SHeight <= 0 || g->SWidth > SIDE_MAX || g->SHeight > SIDE_MAX) return false;
    do {
        if (DGifGetRecordType(g, &what) == GIF_ERROR) return false;
        if (what == IMAGE_DESC_RECORD_TYPE && !frame(g, &area)) return false;
        if (what == EXTENSION_RECORD_TYPE && !extension(g)) return false;
    } while (what != TERMINATE_RECORD_TYPE);
    return g->ImageCount > 0;
}

bool remake_gif(struct bytes in, uint8_t *out, size_t *n)
{
    static struct stream s;
    int why;
    s = (struct stream){ .in = in, .out = out };
    GifFileType *from = DGifOpen(&s, take, &why);
    if (!from || !decode(from) || !only_padding(s.in)) return false;
    GifFileType *to = EGifOpen(&s, give, &why);
    if (!to) return false;
    to->SWidth = from->SWidth;
    to->SHeight = from->SHeight;
    to->SColorResolution = from->SColorResolution;
    to->SBackGroundColor = from->SBackGroundColor;
    to->SColorMap = from->SColorMap;
    to->ImageCount = from->ImageCount;
    to->SavedImages = from->SavedImages;
    bool good = EGifSpew(to) != GIF_ERROR;
    *n = s.n;
    return good;
}
