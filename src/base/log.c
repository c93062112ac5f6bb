/* base/log.c: puts an event into one line and writes it at once. */
#include "base/log.h"
#include "base/clock.h"
#include "base/json.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 8192,
    VALUE_MAX = 1000,
    RESERVE = 32,       /* for "cut" and the end */
    PIECE = 4096,       /* what a pipe takes without waiting when it says that there is room (PIPE_BUF) */
    PATIENCE_MS = 1000, /* for whoever reads slowly, */
    PATIENT_MS = 60000  /* once in a minute */
};

static atomic_int the_format = LOG_TEXT, the_least = LOG_INFO;

void log_setup(enum log_format format, enum log_level least)
{
    atomic_store(&the_format, (int)format);
    atomic_store(&the_least, (int)least);
}

bool log_wants(enum log_level level) { return (int)level >= atomic_load(&the_least); }

/* At most VALUE_MAX bytes, not ending inside a character. */
static str shorten(str s)
{
    if (s.n <= VALUE_MAX) return s;
    size_t n = VALUE_MAX;
    while (n > VALUE_MAX - 4 && ((unsigned char)s.p[n] & 0xC0) == 0x80) n--;
    return str_head(s, n);
}

/* Text that needs no quotes on a text line. */
static bool is_bare(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] >= 0x7F || s.p[i] == '"' || s.p[i] == '=' || s.p[i] == '\\') return false;
    return s.n > 0;
}

static void member_text(struct buf *b, const struct log_kv *m)
{
    buf_char(b, ' ');
    buf_z(b, m->key);
    buf_char(b, '=');
    if (m->is_number) {
        buf_printf(b, "%" PRId64, m->number);
    } else if (str_absent(m->text)) {
        buf_char(b, '-');
    } else if (is_bare(m->text)) {
        buf_add(b, shorten(m->text));
    } else {
        struct jw w = JW(b);
        w.ascii = true;
        jw_str(&w, shorten(m->text));
    }
}

static void member_json(struct jw *w, const struct log_kv *m)
{
    if (m->is_number)
        jw_kint(w, m->key, m->number);
    else
        jw_kstr(w, m->key, shorten(m->text));
}

/* The members, each whole or not at all. */
static void members(struct jw *w, bool json, const struct log_kv *kv, size_t n)
{
    struct buf *b = w->to;
    bool cut = false;
    b->ceiling -= RESERVE;
    b->room -= RESERVE;
    for (size_t i = 0; i < n; i++) {
        size_t before = b->n;
        if (json)
            member_json(w, &kv[i]);
        else
            member_text(b, &kv[i]);
        if (!b->bad) continue;
        b->n = before;
        b->bad = ERR_OK;
        cut = true;
    }
    b->ceiling += RESERVE;
    b->room += RESERVE;
    if (cut && json)
        jw_kbool(w, "cut", true);
    else if (cut)
        buf_z(b, " cut=true");
}

/* Standard error may be a pipe that nobody reads any more. Whoever writes to it then would wait for ever, and nobody were served: lines without room are lost,
 * and when there is room again that is told. */
static struct {
    pthread_mutex_t lock;
    int64_t stalled_at_ms, lost;
    bool torn; /* the last line has no end */
} out = { .lock = PTHREAD_MUTEX_INITIALIZER, .stalled_at_ms = -PATIENT_MS };

static bool has_room(void)
{
    struct pollfd p = { .fd = STDERR_FILENO, .events = POLLOUT };
    int64_t now_ms = clock_mono_ms();
    if (poll(&p, 1, now_ms - out.stalled_at_ms >= PATIENT_MS ? PATIENCE_MS : 0) != 0) return true; /* or an error, which the write tells */
    out.stalled_at_ms = now_ms;
    return false;
}

static bool write_all(str s)
{
    while (s.n) {
        if (!has_room()) return false;
        ssize_t n = write(STDERR_FILENO, s.p, s.n < PIECE ? s.n : PIECE);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return true; /* nowhere to complain */
        s = str_from(s, (size_t)n);
        out.torn = s.n > 0;
    }
    return true;
}

/* How many lines were lost before this one, if it was written. */
static int64_t write_line(str line)
{
    (void)pthread_mutex_lock(&out.lock);
    int64_t lost = out.lost;
    bool written = (!out.torn || write_all(STR("\n"))) && write_all(line);
    out.lost = written ? 0 : lost + 1;
    (void)pthread_mutex_unlock(&out.lock);
    return written ? lost : 0;
}

void log_line(enum log_level level, const char *event, const struct log_kv *kv, size_t n)
{
    static const char *const names[] = { "debug", "info", "warn", "error" };
    if (!log_wants(level)) return;
    int saved = errno;
    char line[LINE_MAX_BYTES], time[CLOCK_ISO_MAX];
    /* A buffer whose ceiling is its room never asks the heap. */
    struct buf b = { .p = line, .room = sizeof line, .ceiling = sizeof line };
    struct jw w = JW(&b);
    w.ascii = true;
    str when = { time, clock_iso(clock_now_ms(), time) };
    bool json = atomic_load(&the_format) == LOG_JSON;
    if (json) {
        jw_open(&w, '{');
        jw_kstr(&w, "time", when);
        jw_kstr(&w, "level", str_c(names[level]));
        jw_kstr(&w, "event", str_c(event));
    } else {
        buf_add(&b, when);
        buf_printf(&b, " %-5s %s", names[level], event);
    }
    members(&w, json, kv, n);
    if (json) jw_close(&w, '}');
    buf_char(&b, '\n');
    int64_t lost = write_line(buf_str(&b));
    if (lost) LOG(LOG_WARN, "log lines lost: standard error had no room", LOG_I("lines", lost));
    errno = saved;
}
