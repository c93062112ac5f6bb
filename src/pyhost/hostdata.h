/* pyhost/hostdata.h: what the server keeps and interview code reads or writes (worker/frame.h: TAG_WANTS, TAG_GIVEN, TAG_PUT). */
#pragma once
#include "pyhost/py.h"
#include "base/buf.h"
#include "worker/frame.h"

int hostdata_begin(const struct frame *f); /* 0, or -1 with an exception */
void hostdata_end(void);
/* Whether something was asked for that had not been given: the call's result then counts for nothing. */
bool hostdata_wanted(void);
int hostdata_write_wants(struct buf *reply);
int hostdata_write_puts(struct buf *reply);

/* _chancery.given(name): bytes, None if there is no such thing, or it raises signals.Wanted. _chancery.put(name, bytes). Names are JSON texts. */
PyObject *hostdata_given(PyObject *self, PyObject *name);
PyObject *hostdata_put(PyObject *self, PyObject *arguments);
