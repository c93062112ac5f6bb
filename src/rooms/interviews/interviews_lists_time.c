/* rooms/interviews/interviews_lists_time.c: local times of lists, by the system's tz database (TZif files, RFC 8536). The C library knows one zone per
 * process; callers have one each. */
#include "rooms/interviews/interviews_int.h"
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { ZONE_FILE_MAX = 128 * 1024, ZONE_NAME_MAX = 64, HEAD = 44, TIMES_MAX = 10000, TYPE = 6 };
#define ZONE_DIR "/usr/share/zoneinfo/"

/* A day of the footer's rule: the w-th (5: last) weekday d of month m, at that many seconds of local time. */
struct day {
    int m, w, d;
    int64_t at;
};
struct zone {
    size_t n;              /* changes */
    const int64_t *when;   /* Unix seconds, ascending */
    const int64_t *offset; /* from when[k] on */
    int64_t first;         /* before all of them */
    bool rule;             /* what holds behind the last of them */
    int64_t winter, summer;
    bool summers; /* there are any */
    struct day begin, end;
};

/* reading */

static int64_t big(const unsigned char *p, size_t n)
{
    uint64_t v = 0;
    for (size_t k = 0; k < n; k++) v = v << 8 | p[k];
    return n == 4 ? (int32_t)(uint32_t)v : (int64_t)v;
}

struct block { /* one of the file's two; n: bytes of all of it behind its head */
    size_t times, types, n, width;
};
static err block_read(str file, size_t at, size_t width, struct block *b)
{
    size_t count[6]; /* UT indicators, standard indicators, leap seconds, changes, types, letters */
    if (at + HEAD > file.n || memcmp(file.p + at, "TZif", 4) != 0) return ERR_INPUT;
    for (size_t k = 0; k < 6; k++) {
        int64_t v = big((const unsigned char *)file.p + at + 20 + 4 * k, 4);
        if (v < 0 || v > TIMES_MAX) return ERR_INPUT;
        count[k] = (size_t)v;
    }
    *b = (struct block){ .times = count[3], .types = count[4], .width = width };
    b->n = count[3] * (width + 1) + count[4] * TYPE + count[5] + count[2] * (width + 4) + count[1] + count[0];
    return b->types > 0 && at + HEAD + b->n <= file.n ? ERR_OK : ERR_INPUT;
}

static err changes_read(struct arena *mem, str file, size_t at, const struct block *b, struct zone *z)
{
    const unsigned char *times = (const unsigned char *)file.p + at + HEAD, *index = times + b->times * b->width, *types = index + b->times;
    int64_t *when = NEW_N(mem, int64_t, b->times), *offset = NEW_N(mem, int64_t, b->times);
    if (!when || !offset) return ERR_NOMEM;
    for (size_t k = 0; k < b->times; k++) {
        if (index[k] >= b->types) return ERR_INPUT;
        when[k] = big(times + k * b->width, b->width);
        offset[k] = big(types + index[k] * TYPE, 4);
        if (k && when[k] <= when[k - 1]) return ERR_INPUT;
    }
    *z = (struct zone){ .n = b->times, .when = when, .offset = offset, .first = big(types, 4) };
    return ERR_OK;
}

/* the footer: "EST5EDT,M3.2.0,M11.1.0" */

static bool take(str *s, char c)
{
    if (s->n == 0 || s->p[0] != c) return false;
    *s = str_from(*s, 1);
    return true;
}

static bool take_number(str *s, int least, int most, int *out)
{
    int v = 0;
    size_t n = 0;
    while (n < s->n && n < 3 && s->p[n] >= '0' && s->p[n] <= '9') v = v * 10 + (s->p[n++] - '0');
    *s = str_from(*s, n);
    *out = v;
    return n > 0 && v >= least && v <= most;
}

/* [+-]h[:m[:s]] in seconds. */
static bool take_time(str *s, int64_t *out)
{
    int h, m = 0, sec = 0;
    bool minus = take(s, '-');
    if (!minus) IGNORE(take(s, '+'));
    if (!take_number(s, 0, 167, &h)) return false;
    if (take(s, ':') && !take_number(s, 0, 59, &m)) return false;
    if (take(s, ':') && !take_number(s, 0, 59, &sec)) return false;
    int64_t v = (int64_t)h * 3600 + m * 60 + sec;
    *out = minus ? -v : v;
    return true;
}

static bool take_name(str *s)
{
    size_t n = 0;
    if (take(s, '<')) {
        n = str_find(*s, '>', 0);
        if (n == s->n) return false;
        *s = str_from(*s, n + 1);
        return true;
    }
    while (n < s->n && ((s->p[n] >= 'A' && s->p[n] <= 'Z') || (s->p[n] >= 'a' && s->p[n] <= 'z'))) n++;
    *s = str_from(*s, n);
    return n > 0;
}

static bool take_day(str *s, struct day *d)
{
    d->at = 7200;
    if (!take(s, ',') || !take(s, 'M') || !take_number(s, 1, 12, &d->m) || !take(s, '.') || !take_number(s, 1, 5, &d->w) || !take(s, '.') ||
        !take_number(s, 0, 6, &d->d))
        return false;
    return !take(s, '/') || take_time(s, &d->at);
}

/* Offsets count westwards there. A rule of another kind is left out: then the last change holds. */
static bool rule_read(str s, struct zone *z)
{
    int64_t west;
    if (!take_name(&s) || !take_time(&s, &west)) return false;
    z->winter = -west;
    if (s.n == 0) return true;
    z->summers = true;
    z->summer = z->winter + 3600;
    if (!take_name(&s)) return false;
    if (s.n && s.p[0] != ',') {
        if (!take_time(&s, &west)) return false;
        z->summer = -west;
    }
    return take_day(&s, &z->begin) && take_day(&s, &z->end) && s.n == 0;
}

err zone_parse(struct arena *mem, str file, const struct zone **out)
{
    struct block b;
    struct zone *z = NEW(mem, struct zone);
    if (!z) return ERR_NOMEM;
    TRY(block_read(file, 0, 4, &b));
    if (file.p[4] < '2') { /* the old form: 32 bits, no footer */
        TRY(changes_read(mem, file, 0, &b, z));
        return *out = z, ERR_OK;
    }
    size_t second = HEAD + b.n;
    TRY(block_read(file, second, 8, &b));
    TRY(changes_read(mem, file, second, &b, z));
    str footer = str_from(file, second + HEAD + b.n), line;
    if (take(&footer, '\n') && str_cut(&footer, '\n', &line)) z->rule = rule_read(line, z);
    *out = z;
    return ERR_OK;
}

static err file_read(struct arena *mem, const char *path, str *out)
{
    char *p = NEW_N(mem, char, ZONE_FILE_MAX);
    int fd = p ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    if (fd < 0) return p ? ERR_NOT_FOUND : ERR_NOMEM;
    size_t n = 0;
    ssize_t got;
    while (n < ZONE_FILE_MAX && (got = read(fd, p + n, ZONE_FILE_MAX - n)) > 0) n += (size_t)got;
    (void)close(fd);
    *out = (str){ p, n };
    return ERR_OK;
}

err zone_load(struct arena *mem, str name, const struct zone **out)
{
    char path[sizeof ZONE_DIR + ZONE_NAME_MAX];
    str file;
    if (name.n == 0 || name.n > ZONE_NAME_MAX) return ERR_NOT_FOUND;
    for (size_t k = 0; k < name.n; k++) { /* no dots: a name leads nowhere else */
        char c = name.p[k];
        bool word = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '+';
        if (!word && !(c == '/' && k > 0)) return ERR_NOT_FOUND;
    }
    (void)snprintf(path, sizeof path, ZONE_DIR STR_FMT, STR_ARG(name));
    TRY(file_read(mem, path, &file));
    err e = zone_parse(mem, file, out);
    return e == ERR_INPUT ? ERR_NOT_FOUND : e;
}

/* asking */

/* Days from 1970-01-01 to the first of a month (Gregorian; year beyond 1970). */
static int64_t days_to(int64_t year, int month)
{
    static const int before[] = { 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    int64_t y = year - 1;
    return year * 365 + y / 4 - y / 100 + y / 400 - 719527 + before[month - 1] + (month > 2 && leap);
}

/* The rule's day in local seconds since 1970. */
static int64_t day_of(const struct day *d, int64_t year)
{
    int64_t first = days_to(year, d->m), next = d->m == 12 ? days_to(year + 1, 1) : days_to(year, d->m + 1);
    int64_t weekday = (first + 4) % 7; /* 1970-01-01 was a Thursday */
    int64_t day = first + (d->d - weekday + 7) % 7 + (int64_t)(d->w - 1) * 7;
    while (day >= next) day -= 7;
    return day * 86400 + d->at;
}

static int64_t by_rule(const struct zone *z, int64_t unix_s)
{
    if (!z->summers) return z->winter;
    struct tm t;
    time_t local = (time_t)(unix_s + z->winter);
    (void)gmtime_r(&local, &t);
    int64_t year = t.tm_year + 1900, begin = day_of(&z->begin, year) - z->winter, end = day_of(&z->end, year) - z->summer;
    bool summer = begin < end ? unix_s >= begin && unix_s < end : unix_s >= begin || unix_s < end; /* southern: over the new year */
    return summer ? z->summer : z->winter;
}

int64_t zone_offset(const struct zone *z, int64_t unix_s)
{
    if (!z) return 0;
    size_t low = 0, high = z->n; /* the changes before low are not later */
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (z->when[mid] <= unix_s)
            low = mid + 1;
        else
            high = mid;
    }
    if (low == z->n && z->rule && unix_s > 0) return by_rule(z, unix_s);
    return low ? z->offset[low - 1] : z->first;
}

size_t local_time(const struct zone *z, int64_t unix_ms, char out[static LOCAL_TIME_MAX])
{
    int64_t s = unix_ms / 1000 - (unix_ms % 1000 < 0);
    time_t local = (time_t)(s + zone_offset(z, s));
    struct tm t;
    if (!gmtime_r(&local, &t)) return 0;
    return strftime(out, LOCAL_TIME_MAX, "%m/%d/%Y %I:%M:%S %p", &t); /* the process stays in the C locale: AM, PM */
}
