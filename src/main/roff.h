/* main/roff.h: text for manual pages in man(7)'s macros. */
#pragma once
#include "base/buf.h"

/* ".TH NAME SECTION" and what every page begins with. */
void roff_begin(struct buf *out, const char *name, int section, const char *title);
/* Text as it stands: backslashes, hyphens, and dots and quotes at the beginning of lines are no markup. */
void roff_text(struct buf *out, const char *text);
/* The same; what stands between backticks is bold. */
void roff_marked(struct buf *out, const char *text);
