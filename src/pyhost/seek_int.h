/* pyhost/seek_int.h: between seek.c (who is asked next) and use.c (what using a block means). */
#pragma once
#include "pyhost/engine_int.h"

/* How a step of the resolution ended. */
enum end {
    END_SCREEN,    /* *screen is to be shown */
    END_AGAIN,     /* the pass starts again from the top */
    END_NEXT,      /* the next block, or the next candidate */
    END_RETRY,     /* the search starts again with its first candidate */
    END_EXCEPTION, /* an exception is set; settle() says what it means */
    END_ERROR,     /* an exception is set, and it ends the request */
};

enum end seek_top(struct eval *e, PyObject *name, bool forced, PyObject **screen);
/* What a signal of the main pass leads to. */
enum end settle(struct eval *e, struct signal *signal, PyObject **screen);

/* One block's turn in the main pass. */
enum end pass_block(struct eval *e, struct block *b, PyObject **screen);
/* One candidate for bind->sought. */
enum end use_candidate(struct eval *e, struct block *b, const struct binding *bind, bool forced, PyObject **screen);

int stack_pop(PyObject *name); /* functions.stack.pop: 1 if it was on top */
int make_catchall(struct eval *e, PyObject *name);
