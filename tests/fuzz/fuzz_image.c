/* Fuzz target: whatever the bytes, a picture that has a size has one above zero. */
#include "pyhost/image_size.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double w = 0, h = 0;
    if (image_size((str){ (const char *)data, size }, &w, &h) && !(w > 0 && h > 0)) abort();
    return 0;
}
