/* http/http_int.h: what the files of this room share; nobody else includes it (its tests do).
 *
 * Threads: each connection belongs to one I/O thread of the library for life; the keeper thread accepts, refuses and cuts. What both sides
 * touch is atomic (phase, deadline) or behind http.lock (the list of connections). A connection leaves the list before its descriptor is
 * closed, so whoever holds the lock may use the descriptor. */
#pragma once
#include "http/certificate_int.h"
#include "http/forward_int.h"
#include "http/gate_int.h"
#include "http/http.h"

#include "base/buf.h"
#include <microhttpd.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

/* connections */
enum phase {
    PHASE_IDLE,     /* no complete head yet */
    PHASE_BODY,     /* head let in, body not complete */
    PHASE_SERVE,    /* the handler has it, on the I/O thread */
    PHASE_DEFERRED, /* suspended, another thread has it */
    PHASE_ANSWERED, /* to be resumed */
    PHASE_SEND,     /* the reply is on its way */
    PHASE_CUT       /* a deadline passed; the connection is going */
};
enum step { STEP_NONE, STEP_HEAD, STEP_BODY, STEP_SERVED, STEP_REPLIED };

/* Counters, one line of cache per shard so that cores do not fight for them. */
struct tally {
    _Alignas(64) _Atomic int64_t running;
    _Atomic int64_t requests, refused, timeouts;
};
enum { TALLIES = 16 };

struct exchange {
    struct conn *conn;
    struct http *http;
    struct arena *mem; /* NULL between requests */
    struct req rq;
    struct reply reply;
    void *slot;
    struct buf body;
    size_t body_max;
    size_t charged; /* of http.body_bytes, the body's share */
    enum step step;
    bool served; /* serve() was called: done() is owed */
    bool deferred;
    bool refused; /* by the gate */
    bool close;
    const char *target_at; /* where the library keeps the target, and its whole length; only to be compared (head.c) */
    size_t target_n;
};

struct tls_pair; /* tls.c */

struct conn {
    struct http *http;
    struct io *io;
    struct MHD_Connection *mhd;
    struct conn *prev, *next; /* http.lock */
    struct tally *tally;
    struct tls_pair *pair; /* NULL without TLS */
    void *session;         /* gnutls_session_t, the library's; for the I/O thread alone; NULL without TLS */
    int fd;
    bool is_ip;
    _Atomic int phase;           /* enum phase */
    _Atomic int64_t deadline_ms; /* clock_mono_ms; meaning depends on the phase */
    _Atomic unsigned turn;       /* requests completed */
    unsigned seen_turn;          /* the keeper's: turn, bytes and time of the last sight of an idle connection */
    uint64_t seen_bytes;
    unsigned seen_end;  /* the peer had ended: turn + 1 then; 0 not seen */
    unsigned sent_turn; /* the keeper's again, of a connection that is being answered */
    uint64_t sent_bytes;
    int64_t sent_ms;
    int64_t began_ms; /* first bytes of a head after a keep-alive pause; 0 none */
    char peer[INET6_ADDRSTRLEN + 1];
    struct exchange x;
};

enum {
    LISTEN_MAX = 16,
    LINGER_MAX = 256,
    ARENAS_KEPT = 64,
    /* Of a connection's memory, which holds the head, the library's list of its lines, and the reply's head. Not more than needed: the library
     * zeroes all of it after each request, an eighth of what a small request costs. */
    ROOM_BESIDE_HEAD = 4 * 1024
};
struct listener {
    int fd;
    str url;
    char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* to be removed at the end; empty for IP */
};

/* One I/O thread. */
struct io {
    _Alignas(64) struct http *http;
    struct MHD_Daemon *daemon;
    pthread_t thread;
    bool running;
    atomic_bool stop;
    atomic_bool poked; /* by http_alive, until the thread has seen it */
    atomic_bool woken; /* .wake was written to, and the thread has not looked yet */
    int epoll, wake;   /* the library's set; an eventfd: arrivals, resumed connections, stop */
    pthread_mutex_t lock;
    struct arrival *arrivals;
    _Atomic int live; /* connections, those on their way included */
};

struct keeper {
    pthread_t thread;
    bool running;
    int epoll, wake, spare;  /* spare: given up for a moment to refuse when descriptors are used up */
    atomic_bool stop, poked; /* as of struct io */
    pthread_mutex_t lock;    /* linger */
    struct {
        int fd; /* -1 free */
        int64_t until_ms;
    } linger[LINGER_MAX];
    _Atomic unsigned n_linger;
};

struct http {
    struct http_handler handler;
    struct http_options opt;
    struct gate_rules gate;
    struct network *trusted; /* opt.n_trusted of them, in the arena given at start */
    struct io *io;           /* one per I/O thread */
    unsigned n_io;
    struct listener listeners[LISTEN_MAX];
    size_t n_listeners;
    struct keeper keeper;
    pthread_mutex_t lock;
    struct conn *conns;
    struct tls_pair *pair; /* for new connections; NULL without TLS */
    _Atomic int64_t live;  /* accepted and not yet closed */
    _Atomic int64_t over_limit, accepted;
    _Atomic int64_t body_bytes, bodies_refused;
    atomic_bool closing;   /* every reply ends its connection */
    atomic_bool abandoned; /* stopping with unanswered exchanges: they get 503 */
    bool seams;            /* the library is one whose head can be checked for torn lines (head.c) */
    struct tally tally[TALLIES];
    pthread_mutex_t arenas_lock;
    struct arena *arenas[ARENAS_KEPT];
    unsigned n_arenas;
};

/* exchange.c: the library's callbacks */
void *exchange_on_target(void *http, const char *target, struct MHD_Connection *con);
enum MHD_Result exchange_on_request(void *http, struct MHD_Connection *con, const char *url, const char *method, const char *version, const char *upload,
                                    size_t *upload_n, void **exchange);
void exchange_on_completed(void *http, struct MHD_Connection *con, void **exchange, enum MHD_RequestTerminationCode why);

void http_on_library_log(void *cls, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));

/* io.c */
err io_start(struct http *s) MUST_CHECK;
void io_stop(struct http *s); /* with its connections */
/* The connection goes to the thread that has fewest, which closes it in the end. False: no memory, fd is still the caller's. */
bool io_give(struct http *s, int fd, const struct sockaddr_storage *from, socklen_t n);
void io_gone(struct io *io);    /* one connection less */
bool io_poke(struct io *io);    /* whether it has gone round since the last one */
void io_resume(struct conn *c); /* from any thread, the phase being PHASE_ANSWERED */

/* conn.c */
void conn_on_change(void *io, struct MHD_Connection *con, void **conn, enum MHD_ConnectionNotificationCode what);
bool conn_move(struct conn *c, enum phase from, enum phase to); /* false: it was in another phase */
struct arena *http_arena_get(struct http *s);
void http_arena_put(struct http *s, struct arena *a);

/* head.c: the library's view of a head as structs of ours */
err head_read(struct exchange *x, struct MHD_Connection *con, const char *method, const char *version, struct gate_head *out) MUST_CHECK;

/* reply.c */
void reply_refuse(struct reply *r, int status, const char *why);
enum MHD_Result reply_send(struct exchange *x, struct MHD_Connection *con);

/* raw.c */
void raw_answer(const struct http *s, int fd, int status); /* one of its table; never blocks. Without a word where the peer expects TLS */
/* The phase must be PHASE_CUT. status 0: without a word. */
void conn_cut(struct conn *c, int status);    /* with http.lock held: from the keeper, who cannot speak TLS */
void conn_refuse(struct conn *c, int status); /* on the I/O thread */

/* tls.c */
err tls_start(struct arena *a, struct http *s, str *why) MUST_CHECK;
void tls_stop(struct http *s);
bool tls_enter(struct conn *c); /* a new connection gets its certificate; true without TLS */
void tls_leave(struct conn *c);

/* listen.c */
err listen_open(struct arena *a, struct http *s, const char *where, bool only_v6, str *why) MUST_CHECK;
void listen_close(struct listener *l);

/* keeper.c */
void keeper_init(struct http *s);
err keeper_start(struct http *s) MUST_CHECK;
void keeper_stop(struct http *s);
void keeper_release(struct http *s); /* after the library has closed its connections */
void keeper_unlisten(struct http *s);
bool keeper_poke(struct http *s); /* as io_poke */
/* Takes over fd (already shut for writing or about to be): reads what the peer still sends, for a short while, so that it sees our reply instead
 * of a reset. Closes fd in any case. */
void keeper_linger(struct http *s, int fd);
