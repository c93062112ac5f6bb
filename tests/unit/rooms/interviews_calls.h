/* tests/unit/rooms/interviews_calls.h: the operations of the interviews room on a real store, with a worker that a test scripts. */
#pragma once
#include "rooms/interviews/interviews_int.h"
#include "../store/rig.h"

/* One answer to a request; the body as text, cut where it is longer. */
struct answer {
    int status;
    char type[64], body[65536];
};
/* target: path and query. json: body, NULL for none. */
struct answer ask(enum method m, const char *target, const char *json);
/* The same with one more header. */
struct answer ask_with(enum method m, const char *target, const char *json, const char *header, const char *value);
/* A form of parts: body is sent as multipart/form-data with the boundary "x". */
struct answer ask_parts(const char *target, const char *body);

/* The worker: a session's snapshot is a text, to which each call adds what was set. It answers {"seen": what it was sent}. */
struct script {
    int calls;                      /* counts */
    bool warm;                      /* it remembers what it answered, and says so */
    bool forget;                    /* it says OUT_NEED to everything that is not sent whole */
    void (*meanwhile)(void);        /* called once, while the caller waits */
    void (*each_time)(void);        /* called every time */
    void (*instead)(struct buf *b); /* writes the members of the answer */
    bool multi_user;
    size_t padding;   /* bytes added to a snapshot, to exercise compression */
    long fault;       /* the point of each request that fails; 0: none */
    bool hit;         /* the last request met it */
    char files[2000]; /* TAG_FILES of the last call */
    char given[2000]; /* TAG_GIVEN of the last call, joined; '/' for NUL */
};
extern struct script script;
/* One more account with an API key, whose permissions are a JSON list, NULL for none. privilege: one that it has, NULL for none. Its number. */
int64_t add_person(const char *email, const char *privilege, const char *key, const char *permissions);
/* One statement in a transaction of its own; the number that it gives, if it gives one. */
int64_t run_sql(const struct query *q, str parameter);
/* A new session: its id in a static buffer, its secret is 0123456789abcdef. */
const char *new_session(void);
#define INTERVIEW "docassemble.t:data/questions/t.yml"
#define SECRET_TEXT "0123456789abcdef"

/* A row that is wrong: told, and the test fails at its end. */
void script_wrong(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Runs all; the number of failures. */
int interviews_calls(void);
