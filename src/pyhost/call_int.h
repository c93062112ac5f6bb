/* pyhost/call_int.h: one call of the server while it is answered: what calls.c (opening, saving), evaluate.c (one evaluation), set.c (POST
 * /api/session) and engine.c (which operation) share. */
#pragma once
#include "pyhost/engine_int.h"

struct engine_call {
    struct arena *mem;
    const struct frame *f;
    struct buf *reply;
    struct interview *iv;
    struct eval e;
    PyObject *answers, *old_answers, *user, *state;
    PyObject *now;    /* naive datetime, UTC */
    enum stage stage; /* of the error that is set, if one is */
    enum outcome_kind outcome;
    PyObject *json;        /* of OUT_QUESTION …: the object */
    PyObject *body, *type; /* OUT_RESPONSE: bytes, str */
    long status;
    enum save save;
    bool is_open;              /* state.begin() was called */
    PyObject *place, *trouble; /* of an error: where it arose (str), name of its class; or NULL */
};

/* call.c: each 0, or -1 with an exception and c->stage set. */
int call_load(struct engine_call *c);                                  /* user, interview */
int call_access(struct engine_call *c, const char *key);               /* required privileges … */
int call_answers(struct engine_call *c);                               /* from TAG_WARM or TAG_SNAPSHOT; 1: OUT_NEED */
int call_fresh(struct engine_call *c);                                 /* of a new session */
int call_begin(struct engine_call *c, PyObject *action, bool checkin); /* state.begin, struct eval */
void call_end(struct engine_call *c);
int call_snapshot(struct engine_call *c, PyObject **bytes);
str call_text(struct engine_call *c, enum tag t);

/* evaluate.c: one main pass; fills outcome, json or body. Missing variable: OUT_UNDEFINED. */
int call_evaluate(struct engine_call *c);
int call_progress(struct engine_call *c); /* advance_progress_meter */

/* set.c: everything of api 12.4 before the evaluation */
int call_set(struct engine_call *c);

/* metadata.c */
PyObject *metadata_title(struct engine_call *c);
PyObject *metadata_tags(struct engine_call *c); /* sorted list */
int metadata_call(struct engine_call *c);

/* trouble.c */
void trouble_note(struct engine_call *c);  /* notes where the exception that is set arose, once; it stays set */
void trouble_write(struct engine_call *c); /* TAG_PLACE and TAG_LOG: what was noted, and what log() said */

/* check.c */
int check_call(struct engine_call *c);
int data_call(struct engine_call *c); /* after call_load */
