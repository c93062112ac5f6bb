/* rooms/interviews/interviews_query_run.c: does a condition hold for a session; what must it have for that (api 13.6). */
#include "rooms/interviews/interviews_query_int.h"

const struct query_column_def query_columns[QC__COUNT] = {
    [QC_MODTIME] = { "modtime", COL_TIME },
    [QC_FILENAME] = { "filename", COL_TEXT },
    [QC_SESSION] = { "session", COL_TEXT },
    [QC_ENCRYPTED] = { "encrypted", COL_BOOL },
    [QC_USER_ID] = { "user_id", COL_INT },
    [QC_EMAIL] = { "email", COL_TEXT },
    [QC_FIRST_NAME] = { "first_name", COL_TEXT },
    [QC_LAST_NAME] = { "last_name", COL_TEXT },
    [QC_COUNTRY] = { "country", COL_TEXT },
    [QC_SUBDIVISIONFIRST] = { "subdivisionfirst", COL_TEXT },
    [QC_SUBDIVISIONSECOND] = { "subdivisionsecond", COL_TEXT },
    [QC_SUBDIVISIONTHIRD] = { "subdivisionthird", COL_TEXT },
    [QC_ORGANIZATION] = { "organization", COL_TEXT },
    [QC_TIMEZONE] = { "timezone", COL_TEXT },
    [QC_LANGUAGE] = { "language", COL_TEXT },
    [QC_LAST_LOGIN] = { "last_login", COL_TIME },
};

/* SQL's third value: NULL, neither true nor false. */
enum truth { NO, YES, UNKNOWN };

static size_t code_length(str s) /* of the first character; at least one byte */
{
    size_t n = 1;
    while (n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80) n++;
    return n;
}

/* Whether the pattern's first sign fits the text's first character; *p and *t: how far they go. */
static bool one_fits(str text, str pattern, size_t *p, size_t *t)
{
    *t = code_length(text);
    if (pattern.p[0] == '_') return *p = 1, true;
    size_t quoted = pattern.p[0] == '\\' && pattern.n > 1;
    size_t n = code_length(str_from(pattern, quoted));
    *p = n + quoted;
    return n == *t && memcmp(pattern.p + quoted, text.p, n) == 0;
}

bool query_like(str text, str pattern)
{
    str again = STR_NULL, from = STR_NULL; /* pattern and text behind the last %, to be tried one character later */
    bool star = false;
    size_t p, t;
    for (;;) {
        if (pattern.n && pattern.p[0] == '%') {
            star = true;
            pattern = again = str_from(pattern, 1);
            from = text;
        } else if (text.n == 0) {
            return pattern.n == 0;
        } else if (pattern.n && one_fits(text, pattern, &p, &t)) {
            pattern = str_from(pattern, p);
            text = str_from(text, t);
        } else if (star && from.n) {
            text = from = str_from(from, code_length(from));
            pattern = again;
        } else {
            return false;
        }
    }
}

static bool is_null(enum query_column col, const struct cell *c) { return query_columns[col].type == COL_TEXT ? str_absent(c->s) : c->null; }

static int order_of_numbers(double a, double b) { return a < b ? -1 : a > b; }
static int order_of_ints(int64_t a, int64_t b) { return a < b ? -1 : a > b; }

/* Values of a time column are microseconds; the store has milliseconds. */
static int order(enum query_column col, const struct cell *c, const struct value *v)
{
    if (query_columns[col].type == COL_TEXT) return str_cmp(c->s, v->text);
    if (v->kind == VALUE_REAL) return order_of_numbers((double)c->i, v->real);
    return order_of_ints(query_columns[col].type == COL_TIME ? c->i * 1000 : c->i, v->i);
}

static enum truth related(enum relation rel, int o)
{
    switch (rel) {
    case REL_EQ: return o == 0 ? YES : NO;
    case REL_NE: return o != 0 ? YES : NO;
    case REL_LT: return o < 0 ? YES : NO;
    case REL_LE: return o <= 0 ? YES : NO;
    case REL_GT: return o > 0 ? YES : NO;
    case REL_GE: return o >= 0 ? YES : NO;
    }
    return UNKNOWN;
}

static enum truth compare(const struct query_node *n, const struct query_row *row)
{
    const struct cell *c = &row->col[n->col];
    bool null = is_null(n->col, c);
    if (n->value.kind == VALUE_NONE) return null == (n->rel == REL_EQ) ? YES : NO; /* IS NULL, IS NOT NULL */
    return null ? UNKNOWN : related(n->rel, order(n->col, c, &n->value));
}

static enum truth compare_columns(const struct query_node *n, const struct query_row *row)
{
    const struct cell *a = &row->col[n->col], *b = &row->col[n->other];
    if (is_null(n->col, a) || is_null(n->other, b)) return UNKNOWN;
    return related(n->rel, query_columns[n->col].type == COL_TEXT ? str_cmp(a->s, b->s) : order_of_ints(a->i, b->i));
}

static enum truth among(const struct query_node *n, const struct query_row *row)
{
    const struct cell *c = &row->col[n->col];
    enum truth t = NO;
    if (n->value.many && is_null(n->col, c)) return UNKNOWN;
    for (const struct value *v = n->value.many; v && t != YES; v = v->next) t = v->kind == VALUE_NONE ? UNKNOWN : order(n->col, c, v) == 0 ? YES : t;
    return t;
}

static enum truth like(const struct query_node *n, const struct query_row *row)
{
    const struct cell *c = &row->col[n->col];
    if (is_null(n->col, c) || n->value.kind == VALUE_NONE) return UNKNOWN;
    return query_like(c->s, n->value.text) ? YES : NO;
}

static enum truth truth_of(const struct query_node *n, const struct query_row *row);

/* One that decides (NO of an And, YES of an Or) is enough; else an unknown one leaves it open. */
static enum truth combine(const struct query_node *n, const struct query_row *row, enum truth decides)
{
    enum truth all = decides == NO ? YES : NO;
    for (const struct query_node *k = n->kids; k; k = k->next) {
        enum truth t = truth_of(k, row);
        if (t == decides) return t;
        if (t == UNKNOWN) all = UNKNOWN;
    }
    return all;
}

static enum truth not(enum truth t) { return t == UNKNOWN ? UNKNOWN : t == YES ? NO : YES; }

/* As deep as the parser allows. */
static enum truth truth_of(const struct query_node *n, const struct query_row *row)
{
    switch (n->kind) {
    case NODE_CONST: return n->value.i ? YES : NO;
    case NODE_FLAG: return row->col[n->col].null ? UNKNOWN : row->col[n->col].i ? YES : NO;
    case NODE_COMPARE: return compare(n, row);
    case NODE_COLUMNS: return compare_columns(n, row);
    case NODE_LIKE: return like(n, row);
    case NODE_IN: return among(n, row);
    case NODE_AND: return combine(n, row, NO);
    case NODE_OR: return combine(n, row, YES);
    case NODE_NOT: return not(truth_of(n->kids, row));
    }
    return UNKNOWN;
}

bool query_holds(const struct query_node *n, const struct query_row *row) { return truth_of(n, row) == YES; }

static const struct value *pinned(const struct query_node *n, enum query_column col, enum value_kind kind)
{
    const struct value *v = NULL;
    if (n->kind == NODE_COMPARE && n->rel == REL_EQ && n->col == col && n->value.kind == kind) return &n->value;
    if (n->kind != NODE_AND) return NULL;
    for (const struct query_node *k = n->kids; k && !v; k = k->next) v = pinned(k, col, kind);
    return v;
}

str query_pinned_text(const struct query_node *n, enum query_column col)
{
    const struct value *v = pinned(n, col, VALUE_TEXT);
    return v ? v->text : STR_NULL;
}

const int64_t *query_pinned_int(const struct query_node *n, enum query_column col)
{
    const struct value *v = pinned(n, col, VALUE_INT);
    return v ? &v->i : NULL;
}
