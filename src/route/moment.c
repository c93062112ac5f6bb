/* route/moment.c: reads times. What is wrong with a text is told of its date: so does the framework that clients know, since a date alone is a time too. */
#include "route/moment.h"
#include <math.h>
#include <stdlib.h>

enum { DATE_LEN = 10 /* YYYY-MM-DD */, DAY_S = 86400 };
#define MS_FROM 2e10 /* larger numbers are milliseconds */
#define YEAR_1600 (-11676096000.0)
#define YEAR_9999 253402300799.0
#define YEAR_1_MS (INT64_C(-62135596800) * 1000)
#define YEAR_10000_MS (INT64_C(253402300800) * 1000)

static bool digit(str s, size_t i) { return i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; }

/* n digits at `at`, moving it; false if they are not there. */
static bool digits(str s, size_t *at, int n, int *out)
{
    *out = 0;
    for (int i = 0; i < n; i++, (*at)++) {
        if (!digit(s, *at)) return false;
        *out = *out * 10 + (s.p[*at] - '0');
    }
    return true;
}

/* Days since 1970-01-01 in the Gregorian calendar: years begin in March, so that the leap day is the last. */
static int64_t days_of(int year, int month, int day)
{
    int64_t y = year - (month <= 2), era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int days_in(int year, int month)
{
    static const signed char days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* The date at the beginning of s. */
static const char *date_at(str s, int64_t *days)
{
    size_t at = 0;
    int year, month, day;
    if (s.n < DATE_LEN) return "input is too short";
    if (!digits(s, &at, 4, &year)) return "invalid character in year";
    if (s.p[at++] != '-') return "invalid date separator, expected `-`";
    if (!digits(s, &at, 2, &month)) return "invalid character in month";
    if (s.p[at++] != '-') return "invalid date separator, expected `-`";
    if (!digits(s, &at, 2, &day)) return "invalid character in day";
    if (month < 1 || month > 12) return "month value is outside expected range of 1-12";
    if (year == 0) return "year 0 is out of range";
    if (day < 1 || day > days_in(year, month)) return "day value is outside expected range";
    *days = days_of(year, month, day);
    return NULL;
}

/* "Z", "+02:00", "+0200", "+02" at `at`, to the end of s. */
static bool zone_at(str s, size_t at, int64_t *offset_s)
{
    int hours, minutes = 0;
    *offset_s = 0;
    if (at == s.n) return true;
    if (s.p[at] == 'Z' || s.p[at] == 'z') return at + 1 == s.n;
    bool west = s.p[at] == '-';
    if (!west && s.p[at] != '+') return false;
    at++;
    if (!digits(s, &at, 2, &hours)) return false;
    if (at < s.n && s.p[at] == ':') at++;
    if (at < s.n && !digits(s, &at, 2, &minutes)) return false;
    *offset_s = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
    return at == s.n && s.p[at - 1] != ':' && hours < 24 && minutes < 60;
}

/* ".5", ",123456" at *at. */
static bool fraction_at(str s, size_t *at, int64_t *ms)
{
    int64_t unit = 100;
    *ms = 0;
    if (*at == s.n || (s.p[*at] != '.' && s.p[*at] != ',')) return true;
    (*at)++;
    if (!digit(s, *at)) return false;
    for (; digit(s, *at); (*at)++, unit /= 10) *ms += unit * (s.p[*at] - '0');
    return true;
}

/* What follows the date: separator, time of day, zone. */
static bool time_after_date(str s, int64_t *ms)
{
    size_t at = DATE_LEN + 1;
    int hour, minute, second = 0;
    int64_t fraction = 0, offset_s;
    if (!strchr("Tt_ ", s.p[DATE_LEN]) || !s.p[DATE_LEN]) return false;
    if (!digits(s, &at, 2, &hour) || at >= s.n || s.p[at++] != ':' || !digits(s, &at, 2, &minute)) return false;
    if (at < s.n && s.p[at] == ':') {
        at++;
        if (!digits(s, &at, 2, &second) || !fraction_at(s, &at, &fraction)) return false;
    }
    if (hour > 23 || minute > 59 || second > 59 || !zone_at(s, at, &offset_s)) return false;
    *ms = (hour * 3600 + minute * 60 + second - offset_s) * INT64_C(1000) + fraction;
    return true;
}

/* An optional sign, digits, optionally a point and digits. */
static bool is_number(str s)
{
    size_t at = s.n && (s.p[0] == '-' || s.p[0] == '+'), from = at;
    while (digit(s, at)) at++;
    if (at == from) return false;
    if (at < s.n && s.p[at] == '.') {
        at++;
        if (!digit(s, at)) return false;
        while (digit(s, at)) at++;
    }
    return at == s.n;
}

const char *moment_number(double n, int64_t *out)
{
    double seconds = fabs(n) > MS_FROM ? n / 1000 : n;
    if (isnan(n)) return "NaN values not permitted";
    if (seconds < YEAR_1600) return "dates before 1600 are not supported as unix timestamps";
    if (seconds > YEAR_9999) return "dates after 9999 are not supported as unix timestamps";
    *out = (int64_t)floor(fabs(n) > MS_FROM ? n : n * 1000);
    return NULL;
}

const char *moment_read(str text, int64_t *out)
{
    char number[64];
    int64_t days = 0, ms = 0;
    str s = str_trim(text);
    if (s.n < sizeof number && is_number(s)) {
        memcpy(number, s.p, s.n);
        number[s.n] = 0;
        if (!moment_number(strtod(number, NULL), out)) return NULL;
    }
    const char *why = date_at(s, &days);
    if (why) return why;
    if (s.n > DATE_LEN && !time_after_date(s, &ms)) return "unexpected extra characters at the end of the input";
    ms += days * DAY_S * 1000;
    /* A zone may lead out of the years that can be written. */
    if (ms < YEAR_1_MS) return "year 0 is out of range";
    if (ms >= YEAR_10000_MS) return "year 10000 is out of range";
    *out = ms;
    return NULL;
}
