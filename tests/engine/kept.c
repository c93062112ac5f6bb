/* The server's part of OUT_WANT, as rooms/interviews/interviews_kept.c plays it. Aborts on anything that the worker must not send. */
#include "kept.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THINGS = 1024, FIRST_NUMBER = 1000 };

static struct thing {
    char *name; /* ["file",12] or ["value","base","key"], compact */
    char *p;
    size_t n;
} things[THINGS];
static size_t n_things;
static long long next_number = FIRST_NUMBER;
static unsigned asked;

static struct thing *find(const char *name)
{
    for (size_t i = 0; i < n_things; i++)
        if (strcmp(things[i].name, name) == 0) return &things[i];
    return NULL;
}

static void keep(const char *name, const char *p, size_t n)
{
    struct thing *t = find(name);
    if (!t && n_things == THINGS) abort();
    if (!t) {
        t = &things[n_things++];
        t->name = strdup(name);
    }
    free(t->p);
    t->p = malloc(n + 1);
    t->n = n;
    if (!t->name || !t->p) abort();
    if (n) memcpy(t->p, p, n);
}

static void drop(const char *name)
{
    struct thing *t = find(name);
    if (!t) return;
    free(t->name);
    free(t->p);
    *t = things[--n_things];
    things[n_things] = (struct thing){ 0 };
}

/* The first n items, compact, as text. */
static char *head_text(const json_t *list, size_t n)
{
    json_t *head = json_array();
    for (size_t i = 0; i < n; i++) json_array_append(head, json_array_get(list, i));
    char *text = json_dumps(head, JSON_COMPACT | JSON_ENSURE_ASCII);
    json_decref(head);
    if (!text) abort();
    return text;
}

void kept_bring(const json_t *contents)
{
    const char *number;
    json_t *text;
    char name[64];
    json_object_foreach((json_t *)(uintptr_t)contents, number, text)
    {
        (void)snprintf(name, sizeof name, "[\"file\",%s]", number);
        keep(name, json_string_value(text), json_string_length(text));
    }
}

static void give(struct buf *request, str name, const char *p, size_t n)
{
    CLEANUP(buf_release) struct buf b = BUF(FRAME_MAX);
    for (int i = 0; i < 4; i++) buf_char(&b, (char)(unsigned char)(name.n >> 8 * i));
    buf_add(&b, name);
    if (p) buf_char(&b, '=');
    if (p) buf_add(&b, (str){ p, n });
    frame_str(request, TAG_GIVEN, buf_str(&b));
}

static char *keys_of(const json_t *want)
{
    const char *base = json_string_value(json_array_get(want, 1));
    json_t *keys = json_array();
    for (size_t i = 0; i < n_things; i++) {
        json_t *name = json_loads(things[i].name, 0, NULL);
        const char *own = json_string_value(json_array_get(name, 1));
        if (own && base && strcmp(own, base) == 0) json_array_append(keys, json_array_get(name, 2));
        json_decref(name);
    }
    char *text = json_dumps(keys, JSON_COMPACT);
    json_decref(keys);
    return text;
}

static void give_one(struct buf *request, const char *text)
{
    json_t *want = json_loads(text, 0, NULL);
    const char *kind = json_string_value(json_array_get(want, 0));
    char *made = NULL;
    if (!kind) abort();
    if (strcmp(kind, "number") == 0) {
        char number[32];
        int n = snprintf(number, sizeof number, "%lld", next_number++);
        give(request, str_c(text), number, (size_t)n);
    } else if (strcmp(kind, "keys") == 0) {
        made = keys_of(want);
        give(request, str_c(text), made, strlen(made));
    } else {
        made = head_text(want, json_array_size(want));
        struct thing *t = find(made);
        give(request, str_c(text), t ? t->p : NULL, t ? t->n : 0);
    }
    free(made);
    json_decref(want);
}

void kept_give(const struct frame *reply, struct buf *request)
{
    str text = frame_get(reply, TAG_WANTS);
    json_t *wants = json_loadb(text.p, text.n, 0, NULL);
    if (!json_array_size(wants)) abort();
    for (size_t i = 0; i < json_array_size(wants); i++) give_one(request, json_string_value(json_array_get(wants, i)));
    asked += (unsigned)json_array_size(wants);
    json_decref(wants);
}

void kept_take(const struct frame *reply)
{
    enum tag tag;
    str member;
    for (size_t at = 0; frame_next(reply, &at, &tag, &member);) {
        if (tag != TAG_PUT) continue;
        size_t n = 0;
        for (size_t i = 4; i-- > 0;) n = n << 8 | (unsigned char)member.p[i];
        json_t *name = json_loadb(member.p + 4, n, 0, NULL);
        const char *kind = json_string_value(json_array_get(name, 0));
        if (!kind) abort();
        bool drops = strcmp(kind, "drop") == 0;
        size_t parts = strcmp(kind, "file") == 0 ? 2 : 3;
        if (drops) json_array_set_new(name, 0, json_string("value"));
        char *key = head_text(name, parts);
        if (drops)
            drop(key);
        else
            keep(key, member.p + 4 + n, member.n - 4 - n);
        free(key);
        json_decref(name);
    }
}

unsigned kept_asked(void) { return asked; }
