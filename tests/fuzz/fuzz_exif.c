/* Which way up a photograph is: any bytes give 1 to 8. */
#include "image/image.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    int o = exif_orientation((struct bytes){ data, n });
    if (o < 1 || o > 8) abort();
    return 0;
}
