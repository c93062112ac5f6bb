/* base/log.h: one line per event on standard error, as text or JSON.
 *
 * Never pass a secret: passwords, keys, tokens, cookies, bodies. Safe from every thread; a line has at most 8 KiB, no
 * control or non-ASCII characters (they are escaped), needs no heap, and leaves errno alone. It waits for nobody: while standard error is a pipe that is full,
 * lines are lost, and told when there is room again. A value keeps its first 1,000 bytes; members that do not fit are left out and "cut" says so. */
#pragma once
#include "base/str.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_TEXT, LOG_JSON };

/* Also callable again (SIGHUP); before the first call: text, info. */
void log_setup(enum log_format format, enum log_level least);
bool log_wants(enum log_level level);

/* One member of a line. */
struct log_kv {
    const char *key;
    str text; /* absent: null in JSON, - in text */
    int64_t number;
    bool is_number;
};
#define LOG_S(k, s)             \
    {                           \
        .key = (k), .text = (s) \
    }
#define LOG_I(k, i)                                  \
    {                                                \
        .key = (k), .number = (i), .is_number = true \
    }

/* event: a few words, constant ("request", "worker ended"). */
void log_line(enum log_level level, const char *event, const struct log_kv *kv, size_t n);
#define LOG(level, event, ...) \
    log_line((level), (event), (const struct log_kv[]){ __VA_ARGS__ }, sizeof((const struct log_kv[]){ __VA_ARGS__ }) / sizeof(struct log_kv))
