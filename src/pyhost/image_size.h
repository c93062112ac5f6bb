/* pyhost/image_size.h: how wide and high a picture is, from the first bytes of its file. PNG, GIF, JPEG, SVG. */
#pragma once
#include "base/str.h"

enum { IMAGE_HEAD = 64 * 1024 }; /* bytes of a file that are enough */

/* Width and height in the picture's own units, both above zero; false if the bytes do not tell. */
bool image_size(str head, double *width, double *height);
