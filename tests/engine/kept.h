/* tests/engine/kept.h: what the server would keep for interviews, in the memory of the driver: files, numbers, values (worker/frame.h: TAG_WANTS, TAG_PUT). */
#pragma once
#include "base/buf.h"
#include "worker/frame.h"
#include <jansson.h>

/* Files that a test brings along: {"number": "contents"}. */
void kept_bring(const json_t *contents);
/* Appends a TAG_GIVEN for each of TAG_WANTS. */
void kept_give(const struct frame *reply, struct buf *request);
/* Keeps every TAG_PUT. */
void kept_take(const struct frame *reply);
/* How many things were asked for so far. */
unsigned kept_asked(void);
