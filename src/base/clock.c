/* base/clock.c: reads the clocks and writes dates in the two forms that we send. */
#include "base/clock.h"
#include <stdio.h>
#include <time.h>

static int64_t read_us(clockid_t which)
{
    struct timespec t;
    (void)clock_gettime(which, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t clock_now_ms(void) { return read_us(CLOCK_REALTIME) / 1000; }
int64_t clock_mono_ms(void) { return read_us(CLOCK_MONOTONIC) / 1000; }
int64_t clock_mono_us(void) { return read_us(CLOCK_MONOTONIC); }

static struct tm split(int64_t unix_ms, int *ms)
{
    time_t secs = (time_t)(unix_ms / 1000);
    *ms = (int)(unix_ms % 1000);
    if (*ms < 0) *ms += 1000, secs--;
    struct tm t;
    (void)gmtime_r(&secs, &t);
    return t;
}

size_t clock_iso(int64_t unix_ms, char out[static CLOCK_ISO_MAX])
{
    int ms;
    struct tm t = split(unix_ms, &ms);
    /* Not strftime: its %Y has as many digits as the year needs, RFC 3339 wants four. */
    int n = snprintf(out, CLOCK_ISO_MAX, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, ms);
    return n < CLOCK_ISO_MAX ? (size_t)n : CLOCK_ISO_MAX - 1;
}

size_t clock_http(int64_t unix_ms, char out[static CLOCK_HTTP_MAX])
{
    static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
    static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
    int ms;
    struct tm t = split(unix_ms, &ms);
    int n = snprintf(out, CLOCK_HTTP_MAX, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[t.tm_wday], t.tm_mday, months[t.tm_mon], t.tm_year + 1900, t.tm_hour,
                     t.tm_min, t.tm_sec);
    return n < CLOCK_HTTP_MAX ? (size_t)n : CLOCK_HTTP_MAX - 1;
}
