/* route/moment.h: times as clients of FastAPI services write them (hiring 2.2): ISO 8601 in its common forms, or Unix seconds or milliseconds.
 *
 * A time without a zone is UTC; a date alone is its midnight, UTC. Digits beyond the millisecond are cut. Pure. */
#pragma once
#include "base/str.h"

/* "2023-08-15", "2023-08-15T10:00Z", "2023-08-15 10:00:00.5+02:00", "1692093600". *out: Unix ms. NULL, or why not, as FastAPI words it after "valid datetime
 * or date, ". */
const char *moment_read(str text, int64_t *out);
/* Of a JSON number: beyond 2e10 in either direction it counts milliseconds. NULL, or why not, as FastAPI words it after "valid datetime, ". */
const char *moment_number(double n, int64_t *out);
