/* store/pg_news.c: news between servers on one PostgreSQL: one thread that tells what this server has changed and hears of the others.
 *
 * With a direct connection it is LISTEN and NOTIFY on the channel "chancery", the topic as payload. Behind a transaction pooler LISTEN does not work: then
 * there is a row per topic with a number that counts up, and everybody looks once a second. It happens after the commit and outside of its
 * transaction, so that writes neither wait in NOTIFY's queue nor meet in the row. The thread starts when somebody listens or has something to tell. */
#include "base/clock.h"
#include "base/log.h"
#include "store/pg_int.h"
#include <poll.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { POLL_MS = 1000, AGAIN_MS = 1000, GATHER_MS = 20, MEMORY = 256 << 10 };

struct seen {
    char topic[STORE_TOPIC_MAX + 1];
    int64_t version;
};

struct pg_news {
    struct store *store;
    const char *url;      /* NULL: look each second */
    pthread_mutex_t lock; /* over what follows up to stopping */
    struct lane *lane;    /* NULL: not started */
    const char *dirty[STORE_LISTENERS_MAX];
    unsigned n_dirty;
    bool stopping;
    int wake; /* eventfd */
    /* The thread's own. */
    PGconn *pq;
    bool warned; /* of a pooler */
    struct seen seen[STORE_LISTENERS_MAX];
    unsigned n_seen;
    bool looked; /* once, so that seen is complete */
    int64_t look_at_ms;
};

static void poke(struct pg_news *n)
{
    uint64_t one = 1;
    ssize_t put = write(n->wake, &one, sizeof one);
    (void)put; /* a full counter is awake already */
}

/* What is to be told, taken over. */
static unsigned take_dirty(struct pg_news *n, const char *out[static STORE_LISTENERS_MAX], bool *stopping)
{
    (void)pthread_mutex_lock(&n->lock);
    unsigned k = n->n_dirty;
    memcpy(out, n->dirty, k * sizeof *out);
    n->n_dirty = 0;
    *stopping = n->stopping;
    (void)pthread_mutex_unlock(&n->lock);
    return k;
}

static void put_dirty(struct pg_news *n, const char *topic)
{
    (void)pthread_mutex_lock(&n->lock);
    bool known = false;
    for (unsigned i = 0; i < n->n_dirty; i++) known |= strcmp(n->dirty[i], topic) == 0;
    if (!known && n->n_dirty < STORE_LISTENERS_MAX) n->dirty[n->n_dirty++] = topic;
    (void)pthread_mutex_unlock(&n->lock);
}

/* LISTEN and NOTIFY */

static void silent(void *arg, const char *message) { (void)arg, (void)message; }

static bool command(struct pg_news *n, const char *sql, const char *value)
{
    PGresult *r = PQexecParams(n->pq, sql, value ? 1 : 0, NULL, value ? &value : NULL, NULL, NULL, 0);
    ExecStatusType s = PQresultStatus(r);
    PQclear(r);
    return s == PGRES_COMMAND_OK || s == PGRES_TUPLES_OK;
}

static void hang_up(struct pg_news *n)
{
    PQfinish(n->pq);
    n->pq = NULL;
}

/* True while the line is up. Whoever comes back may have missed something: everybody looks. */
static bool line_up(struct pg_news *n)
{
    static const char *const keys[] = { "connect_timeout", "tcp_user_timeout", "application_name", "dbname", "client_encoding", NULL };
    if (n->pq && PQstatus(n->pq) == CONNECTION_OK) return true;
    hang_up(n);
    const char *const values[] = { "5", "15000", "chancery news", n->url, "UTF8", NULL };
    n->pq = PQconnectdbParams(keys, values, 1);
    if (!n->pq || PQstatus(n->pq) != CONNECTION_OK || !command(n, "LISTEN chancery", NULL)) {
        store_trouble(n->store, "LISTEN", pg_why(n->pq, n->url));
        hang_up(n);
        return false;
    }
    (void)PQsetNoticeProcessor(n->pq, silent, NULL);
    if (!n->warned && pg_is_pooled(n->pq)) {
        LOG(LOG_WARN, "store.listen_url leads through a pooler, which loses notifications: name PostgreSQL itself there, or none");
        n->warned = true;
    }
    news_tell(n->store, NULL);
    return true;
}

static void hear(struct pg_news *n)
{
    PGnotify *heard;
    if (!PQconsumeInput(n->pq)) {
        hang_up(n);
        return;
    }
    while ((heard = PQnotifies(n->pq))) {
        if (heard->be_pid != PQbackendPID(n->pq)) news_tell(n->store, heard->extra);
        PQfreemem(heard);
    }
}

static void say(struct pg_news *n, const char *const *topics, unsigned k)
{
    for (unsigned i = 0; i < k; i++)
        if (!command(n, "SELECT pg_notify('chancery', $1)", topics[i])) put_dirty(n, topics[i]);
}

/* a row per topic */

enum { Q_BUMP, Q_ALL };
static const struct query news_q[] = {
    [Q_BUMP] = { .in = "t",
                 .out = "i",
                 .sql = "INSERT INTO chancery_change (topic, version) VALUES ($1, 1)"
                        " ON CONFLICT (topic) DO UPDATE SET version = chancery_change.version + 1 RETURNING version" },
    [Q_ALL] = { .in = "", .out = "ti", .sql = "SELECT topic, version FROM chancery_change" },
};

static struct seen *seen_of(struct pg_news *n, str topic)
{
    for (unsigned i = 0; i < n->n_seen; i++)
        if (str_is(topic, n->seen[i].topic)) return &n->seen[i];
    if (n->n_seen == STORE_LISTENERS_MAX || topic.n > STORE_TOPIC_MAX) return NULL;
    struct seen *s = &n->seen[n->n_seen++];
    *s = (struct seen){ .version = 0 };
    if (topic.n) memcpy(s->topic, topic.p, topic.n);
    return s;
}

struct visit {
    const char *topic;
    int64_t version;
    struct rows rows;
};

static err bump(struct call *c)
{
    struct visit *v = c->state;
    struct cell *row;
    TRY(db_get(c, &news_q[Q_BUMP], &row, str_c(v->topic)));
    v->version = row[0].i;
    return ERR_OK;
}

static err read_all(struct call *c) { return db_list(c, &news_q[Q_ALL], &((struct visit *)c->state)->rows); }

static void bump_all(struct pg_news *n, struct call *c, const char *const *topics, unsigned k)
{
    for (unsigned i = 0; i < k; i++) {
        struct visit v = { .topic = topics[i] };
        c->state = &v;
        if (store_do(n->store, c, TX_WRITE, bump) != ERR_OK) {
            put_dirty(n, topics[i]);
            continue;
        }
        /* Our own change is no news, unless somebody else's came between. */
        struct seen *s = seen_of(n, str_c(topics[i]));
        if (s && s->version + 1 == v.version) s->version = v.version;
    }
}

static void look(struct pg_news *n, struct call *c)
{
    struct visit v = { 0 };
    c->state = &v;
    if (store_do(n->store, c, TX_READ, read_all) != ERR_OK) return;
    for (size_t i = 0; i < v.rows.n; i++) {
        struct seen *s = seen_of(n, v.rows.row[i][0].s);
        if (!s || s->version == v.rows.row[i][1].i) continue;
        s->version = v.rows.row[i][1].i;
        if (n->looked) news_tell(n->store, s->topic);
    }
    if (!n->looked) news_tell(n->store, NULL); /* what came before our first look is not known */
    n->looked = true;
}

static void by_rows(struct pg_news *n, const char *const *topics, unsigned k)
{
    struct call c = { .mem = arena_new(MEMORY) };
    if (!c.mem) return;
    bump_all(n, &c, topics, k);
    if (clock_mono_ms() >= n->look_at_ms) {
        n->look_at_ms = clock_mono_ms() + POLL_MS;
        look(n, &c);
    }
    arena_free(c.mem);
}

/* the thread */

static void wait_for_news(struct pg_news *n)
{
    struct pollfd on[] = { { .fd = n->wake, .events = POLLIN }, { .fd = n->pq ? PQsocket(n->pq) : -1, .events = POLLIN } };
    int ms = !n->url ? POLL_MS : n->pq ? -1 : AGAIN_MS;
    (void)poll(on, COUNT_OF(on), ms);
    uint64_t count;
    if (!(on[0].revents & POLLIN)) return;
    (void)!read(n->wake, &count, sizeof count);
    (void)poll(NULL, 0, GATHER_MS); /* what follows in a moment goes along */
}

static void tell_and_hear(struct pg_news *n, bool *stopping)
{
    const char *topics[STORE_LISTENERS_MAX];
    unsigned k = take_dirty(n, topics, stopping);
    if (*stopping && k == 0) return;
    if (!n->url) {
        by_rows(n, topics, k);
    } else if (line_up(n)) {
        say(n, topics, k);
        hear(n);
    } else {
        for (unsigned i = 0; i < k; i++) put_dirty(n, topics[i]);
    }
}

static void news_main(void *arg)
{
    struct pg_news *n = arg;
    bool stopping = false;
    while (!stopping) {
        tell_and_hear(n, &stopping);
        if (!stopping) wait_for_news(n);
    }
    hang_up(n);
}

/* the door */

static err start(struct pg_news *n)
{
    (void)pthread_mutex_lock(&n->lock);
    err e = ERR_OK;
    if (!n->lane && !n->stopping) {
        e = lane_new("store news", 1, 1, &n->lane);
        if (e == ERR_OK) e = lane_submit(n->lane, news_main, n);
    }
    (void)pthread_mutex_unlock(&n->lock);
    return e;
}

err pg_news_listen(struct store *s)
{
    struct pg *p = s->impl;
    return start(p->news);
}

void pg_news_tell(struct store *s, const char *topic)
{
    struct pg *p = s->impl;
    put_dirty(p->news, topic);
    IGNORE(start(p->news)); /* a hint that is not given: the others look by themselves */
    poke(p->news);
}

err pg_news_open(struct store *s, struct arena *a, const char *url, struct pg_news **out)
{
    struct pg_news *n = NEW(a, struct pg_news);
    if (!n) return ERR_NOMEM;
    n->store = s;
    n->url = str_is(str_c(url), "none") ? NULL : arena_z(a, str_c(url));
    n->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (n->wake < 0 || (!n->url && !str_is(str_c(url), "none"))) return ERR_NOMEM;
    (void)pthread_mutex_init(&n->lock, NULL);
    *out = n;
    return ERR_OK;
}

void pg_news_close(struct pg_news *n)
{
    if (!n) return;
    (void)pthread_mutex_lock(&n->lock);
    n->stopping = true;
    struct lane *lane = n->lane;
    (void)pthread_mutex_unlock(&n->lock);
    poke(n);
    lane_free(lane); /* tells what is to be told first */
    (void)close(n->wake);
    (void)pthread_mutex_destroy(&n->lock);
}
