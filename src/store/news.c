/* store/news.c: who wants to know of which topic, within this process. */
#include "store/store_int.h"

void news_open(struct store *s) { (void)pthread_mutex_init(&s->news.lock, NULL); }

void news_close(struct store *s) { (void)pthread_mutex_destroy(&s->news.lock); }

void news_tell(struct store *s, const char *topic)
{
    struct news *n = &s->news;
    (void)pthread_mutex_lock(&n->lock);
    for (unsigned i = 0; i < n->n; i++)
        if (!topic || strcmp(n->of[i].topic, topic) == 0) n->of[i].fn(n->of[i].arg);
    (void)pthread_mutex_unlock(&n->lock);
}

err store_on_change(struct store *s, const char *topic, void (*fn)(void *), void *arg)
{
    struct news *n = &s->news;
    (void)pthread_mutex_lock(&n->lock);
    bool room = n->n < STORE_LISTENERS_MAX;
    if (room) n->of[n->n++] = (struct listener){ topic, fn, arg };
    (void)pthread_mutex_unlock(&n->lock);
    if (!room) return ERR_LIMIT;
    err e = s->e->listen ? s->e->listen(s) : ERR_OK;
    if (e != ERR_OK) store_off_change(s, fn, arg);
    return e;
}

void store_off_change(struct store *s, void (*fn)(void *), void *arg)
{
    struct news *n = &s->news;
    (void)pthread_mutex_lock(&n->lock);
    for (unsigned i = 0; i < n->n;) {
        if (n->of[i].fn == fn && n->of[i].arg == arg)
            n->of[i] = n->of[--n->n];
        else
            i++;
    }
    (void)pthread_mutex_unlock(&n->lock);
}

struct note {
    struct store *s;
    const char *topic;
};

static void after_commit(void *arg)
{
    const struct note *note = arg;
    news_tell(note->s, note->topic);
    if (note->s->e->tell) note->s->e->tell(note->s, note->topic);
}

err store_notify(struct call *c, const char *topic)
{
    struct note *note = NEW(c->mem, struct note);
    if (!note) return ERR_NOMEM;
    *note = (struct note){ c->db->store, topic };
    return store_on_commit(c, after_commit, note);
}
