/* image/webp.c: WebP in and out, by libwebp; of an animation the first frame. */
#include "image/image.h"
#include <string.h>
#include <webp/decode.h>
#include <webp/demux.h>
#include <webp/encode.h>

enum { QUALITY = 90, SPEED = 2, RIFF = 8, LOSSLESS = 2 };

/* The container says how long it is; more is somebody else's. */
static bool whole(struct bytes in)
{
    if (in.n < RIFF + 4) return false;
    uint64_t n = (in.p[4] | (uint64_t)in.p[5] << 8 | (uint64_t)in.p[6] << 16 | (uint64_t)in.p[7] << 24) + RIFF;
    return n <= in.n && only_padding((struct bytes){ in.p + n, in.n - n });
}

static bool first_frame(struct bytes *in)
{
    WebPData data = { in->p, in->n };
    WebPDemuxer *d = WebPDemux(&data);
    WebPIterator it;
    bool found = d && WebPDemuxGetFrame(d, 1, &it) && it.complete;
    if (found) *in = (struct bytes){ it.fragment.bytes, it.fragment.size }; /* a slice of the input */
    if (d) WebPDemuxDelete(d);
    return found;
}

static bool decode(struct bytes in, struct picture *p)
{
    WebPDecoderConfig c;
    if (!WebPInitDecoderConfig(&c) || WebPGetFeatures(in.p, in.n, &c.input) != VP8_STATUS_OK) return false;
    if (c.input.has_animation && (!first_frame(&in) || WebPGetFeatures(in.p, in.n, &c.input) != VP8_STATUS_OK)) return false;
    if (c.input.width <= 0 || c.input.height <= 0 || c.input.width > IMAGE_SIDE_MAX || c.input.height > IMAGE_SIDE_MAX) return false;
    long long area = (long long)c.input.width * c.input.height;
    if (area > (c.input.format == LOSSLESS ? IMAGE_WHOLE_MAX : IMAGE_ROWS_MAX)) return false;
    struct scaler s;
    if (!scaler_begin(&s, p, (unsigned)c.input.width, (unsigned)c.input.height)) return false; /* for the size and the buffer */
    scaler_end(&s);
    p->opaque = !c.input.has_alpha;
    c.options.use_scaling = p->w != s.w || p->h != s.h;
    c.options.scaled_width = (int)p->w;
    c.options.scaled_height = (int)p->h;
    c.output.colorspace = MODE_RGBA;
    c.output.is_external_memory = 1;
    c.output.u.RGBA = (WebPRGBABuffer){ p->rgba, (int)p->w * 4, (size_t)p->w * p->h * 4 };
    return WebPDecode(in.p, in.n, &c) == VP8_STATUS_OK;
}

struct writing {
    uint8_t *out;
    size_t n;
};

static int give(const uint8_t *from, size_t n, const WebPPicture *p)
{
    struct writing *w = p->custom_ptr;
    if (n > IMAGE_OUT_MAX - w->n) return 0;
    memcpy(w->out + w->n, from, n);
    w->n += n;
    return 1;
}

static bool encode(const struct picture *p, struct writing *w)
{
    WebPConfig c;
    WebPPicture pic;
    if (!WebPConfigPreset(&c, WEBP_PRESET_PICTURE, QUALITY) || !WebPPictureInit(&pic)) return false;
    c.method = SPEED;
    pic.width = (int)p->w;
    pic.height = (int)p->h;
    pic.writer = give;
    pic.custom_ptr = w;
    bool good = p->opaque ? WebPPictureImportRGBX(&pic, p->rgba, (int)p->w * 4) : WebPPictureImportRGBA(&pic, p->rgba, (int)p->w * 4);
    return good && WebPEncode(&c, &pic);
}

bool remake_webp(struct bytes in, uint8_t *out, size_t *n)
{
    struct picture p;
    struct writing w = { .out = out };
    if (!whole(in) || !decode(in, &p) || !encode(&p, &w)) return false;
    *n = w.n;
    return true;
}
