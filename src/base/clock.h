/* base/clock.h: the one place where the time is read, so that tests can turn it. */
#pragma once
#include "base/str.h"

int64_t clock_now_ms(void);  /* Unix time, milliseconds, UTC */
int64_t clock_mono_ms(void); /* for time-outs; never goes back */
int64_t clock_mono_us(void); /* for durations in logs and metrics */

enum { CLOCK_ISO_MAX = 28, CLOCK_HTTP_MAX = 30 };
/* "2026-08-01T19:04:05.123Z" and the length; RFC 3339. */
size_t clock_iso(int64_t unix_ms, char out[static CLOCK_ISO_MAX]);
/* "Sat, 01 Aug 2026 00:00:00 GMT"; RFC 9110 5.6.7. */
size_t clock_http(int64_t unix_ms, char out[static CLOCK_HTTP_MAX]);
