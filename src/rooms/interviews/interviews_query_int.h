/* rooms/interviews/interviews_query_int.h: what the three files of the query language share. Private to them and their tests. */
#pragma once
#include "rooms/interviews/interviews_int.h"

/* interviews_query_text.c: words */
enum token_kind { TOK_END, TOK_NAME, TOK_VALUE, TOK_SIGN };
enum value_kind { VALUE_NONE, VALUE_BOOL, VALUE_INT, VALUE_REAL, VALUE_TEXT, VALUE_MANY /* list, tuple, dictionary */ };
struct value {
    enum value_kind kind;
    int64_t i; /* VALUE_BOOL, VALUE_INT; microseconds where a time column is compared */
    double real;
    str text;
    struct value *many; /* first of a list or tuple */
    struct value *next;
};
enum sign { SIGN_EQ = 256, SIGN_NE, SIGN_LE, SIGN_GE }; /* others are their character */
struct token {
    enum token_kind kind;
    str name;
    int sign;
    struct value value;
};
/* Takes the next word off s. ERR_INPUT: none of the language. */
err token_next(struct arena *mem, str *s, struct token *out) MUST_CHECK;

/* interviews_query.c */
enum { QUERY_MAX = 16 * 1024, QUERY_DEPTH = 40, QUERY_PARTS = 2000 };

/* interviews_query_run.c: conditions */
enum column_type { COL_TEXT, COL_INT, COL_BOOL, COL_TIME };
extern const struct query_column_def {
    const char *name;
    enum column_type type;
} query_columns[QC__COUNT];

enum node_kind {
    NODE_CONST,
    NODE_FLAG /* a yes/no column */,
    NODE_COMPARE,
    NODE_COLUMNS /* column with column */,
    NODE_LIKE,
    NODE_IN,
    NODE_AND,
    NODE_OR,
    NODE_NOT
};
enum relation { REL_EQ, REL_NE, REL_LT, REL_LE, REL_GT, REL_GE };
struct query_node {
    enum node_kind kind;
    enum relation rel;
    enum query_column col, other;
    struct value value; /* NODE_IN: many */
    struct query_node *kids, *next;
};
/* PostgreSQL's LIKE: case counts, backslash quotes. Bounded by the product of the lengths. */
bool query_like(str text, str pattern);
