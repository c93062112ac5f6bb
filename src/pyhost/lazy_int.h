/* pyhost/lazy_int.h: compiled templates and tables. */
#pragma once
#include "pyhost/engine_int.h"
#include "pyhost/screen_int.h"

struct column {
    struct text header;
    struct expr cell;
};
struct lazy {
    struct text content, subject, decoration; /* of a template */
    struct expr content_file;                 /* {code: …} */
    /* of a table */
    struct expr rows, show_incomplete, require_gathered, filter, sort_key, sort_reverse, delete_buttons, allow_reordering;
    struct column *columns;
    size_t n_columns;
    struct text empty, missing, edit_header; /* show if empty, not available label */
    bool is_hidden_empty;                    /* show if empty: False */
    PyObject *edit;                          /* True, or list of attribute names; NULL: none */
    PyObject *read_only;                     /* attribute name or NULL */
    int indent;
};

struct block *lazy_block(struct eval *e, long number); /* NULL: exception */
