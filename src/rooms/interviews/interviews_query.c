/* rooms/interviews/interviews_query.c: reads the query language of session lists (api 13.6), Python's syntax as far as a condition needs it.
 *
 *   condition  = or [ relation or ]            chained relations are refused
 *   or         = and { "|" and }        and = unary { "&" unary }        unary = [ "~" | "+" | "-" ] unary | term
 *   term       = ( value | name | "(" … ")" | "[" … "]" | "{" … "}" ) { "." name | "(" arguments ")" }
 *
 * What a term is (a condition, a column, a value, DA, a method …) is known as soon as it is read, so each place says what it takes. */
#include "rooms/interviews/interviews_query_int.h"

enum term_kind { TERM_CONDITION, TERM_COLUMN, TERM_VALUE, TERM_DA, TERM_SESSIONS, TERM_AND, TERM_OR, TERM_LIKE, TERM_IN };
struct term {
    enum term_kind kind;
    enum query_column col; /* TERM_COLUMN, TERM_LIKE, TERM_IN */
    struct value value;
    struct query_node *node;
};
struct parser {
    struct arena *mem;
    str rest;
    struct token now;
    int depth, parts;
    str mismatch;
};

static err parse_or(struct parser *p, struct term *out);
static err parse_condition(struct parser *p, struct term *out);

static err advance(struct parser *p)
{
    if (++p->parts > QUERY_PARTS) return ERR_INPUT;
    return token_next(p->mem, &p->rest, &p->now);
}
static bool at_sign(const struct parser *p, int sign) { return p->now.kind == TOK_SIGN && p->now.sign == sign; }
static err take(struct parser *p, int sign) { return at_sign(p, sign) ? advance(p) : ERR_INPUT; }

static err make(struct parser *p, struct query_node node, struct term *out)
{
    struct query_node *n = NEW(p->mem, struct query_node);
    if (!n) return ERR_NOMEM;
    *n = node;
    *out = (struct term){ .kind = TERM_CONDITION, .node = n };
    return ERR_OK;
}

/* Conditions are comparisons and the like, a yes/no column, True and False. */
static err need_condition(struct parser *p, struct term *t)
{
    if (t->kind == TERM_CONDITION) return ERR_OK;
    if (t->kind == TERM_COLUMN && query_columns[t->col].type == COL_BOOL) return make(p, (struct query_node){ .kind = NODE_FLAG, .col = t->col }, t);
    if (t->kind == TERM_VALUE && t->value.kind == VALUE_BOOL) return make(p, (struct query_node){ .kind = NODE_CONST, .value = t->value }, t);
    return ERR_INPUT;
}

/* types: what does not fit is a legal query, of which the database would complain */

static err complain(struct parser *p, enum query_column col, const char *with)
{
    return str_absent(p->mismatch) ? arena_printf(p->mem, &p->mismatch, "%s cannot be compared with %s", query_columns[col].name, with) : ERR_OK;
}

/* A value as the column has it. */
static err fit(struct parser *p, enum query_column col, struct value *v)
{
    static const char *const names[] = { "None", "True or False", "a number", "a number", "text", "a list, tuple or dictionary" };
    enum column_type type = query_columns[col].type;
    bool number = v->kind == VALUE_INT || v->kind == VALUE_REAL;
    if (v->kind == VALUE_NONE || (type == COL_TEXT && v->kind == VALUE_TEXT) || (type == COL_INT && number) || (type == COL_BOOL && v->kind == VALUE_BOOL))
        return ERR_OK;
    if (type != COL_TIME || v->kind != VALUE_TEXT) return complain(p, col, names[v->kind]);
    if (query_time(v->text, &v->i)) return complain(p, col, "text that is not a date or a time in ISO form");
    v->kind = VALUE_INT;
    return ERR_OK;
}

/* values */

static err add_value(struct parser *p, struct value **last, const struct term *t, struct value *first)
{
    struct value *v = NEW(p->mem, struct value);
    if (t->kind != TERM_VALUE) return ERR_INPUT;
    if (!v) return ERR_NOMEM;
    *v = t->value;
    v->next = NULL;
    if (*last)
        (*last)->next = v;
    else
        first->many = v;
    *last = v;
    return ERR_OK;
}

/* The rest of a list or tuple: values parted by commas, up to the closing bracket. */
static err parse_values(struct parser *p, int closing, struct value *last, struct value *out)
{
    while (!at_sign(p, closing)) {
        struct term t;
        TRY(parse_condition(p, &t));
        TRY(add_value(p, &last, &t, out));
        if (!at_sign(p, closing)) TRY(take(p, ','));
    }
    return advance(p);
}

static err parse_list(struct parser *p, struct term *out)
{
    *out = (struct term){ .kind = TERM_VALUE, .value = { .kind = VALUE_MANY } };
    TRY(advance(p));
    return parse_values(p, ']', NULL, &out->value);
}

/* Nothing is compared with a dictionary: it is read, and forgotten. */
static err parse_dictionary(struct parser *p, struct term *out)
{
    *out = (struct term){ .kind = TERM_VALUE, .value = { .kind = VALUE_MANY } };
    TRY(advance(p));
    while (!at_sign(p, '}')) {
        struct term key, value;
        TRY(parse_condition(p, &key));
        TRY(take(p, ':'));
        TRY(parse_condition(p, &value));
        if (key.kind != TERM_VALUE || key.value.kind == VALUE_MANY || value.kind != TERM_VALUE) return ERR_INPUT;
        if (!at_sign(p, '}')) TRY(take(p, ','));
    }
    return advance(p);
}

/* Either what stands between them, or a tuple. */
static err parse_brackets(struct parser *p, struct term *out)
{
    struct value *last = NULL;
    struct term tuple = { .kind = TERM_VALUE, .value = { .kind = VALUE_MANY } };
    TRY(advance(p));
    if (!at_sign(p, ')')) {
        TRY(parse_condition(p, out));
        if (at_sign(p, ')')) return advance(p);
        TRY(add_value(p, &last, out, &tuple.value));
        TRY(take(p, ','));
    }
    *out = tuple;
    return parse_values(p, ')', last, &out->value);
}

/* Texts that stand side by side are one. */
static err parse_value(struct parser *p, struct term *out)
{
    *out = (struct term){ .kind = TERM_VALUE, .value = p->now.value };
    TRY(advance(p));
    while (out->value.kind == VALUE_TEXT && p->now.kind == TOK_VALUE && p->now.value.kind == VALUE_TEXT) {
        TRY(arena_printf(p->mem, &out->value.text, STR_FMT STR_FMT, STR_ARG(out->value.text), STR_ARG(p->now.value.text)));
        TRY(advance(p));
    }
    return ERR_OK;
}

/* calls and attributes */

static err call_combination(struct parser *p, struct term *t)
{
    struct query_node node = { .kind = t->kind == TERM_AND ? NODE_AND : NODE_OR }, *last = NULL;
    while (!at_sign(p, ')')) {
        struct term kid;
        TRY(parse_condition(p, &kid));
        TRY(need_condition(p, &kid));
        if (last)
            last->next = kid.node;
        else
            node.kids = kid.node;
        last = kid.node;
        if (!at_sign(p, ')')) TRY(take(p, ','));
    }
    TRY(advance(p));
    if (!node.kids) node = (struct query_node){ .kind = NODE_CONST, .value = { .kind = VALUE_BOOL, .i = 1 } }; /* of nothing: no condition */
    return make(p, node, t);
}

static err call_in(struct parser *p, struct term *t)
{
    struct query_node node = { .kind = NODE_IN, .col = t->col };
    TRY(parse_values(p, ')', NULL, &node.value));
    struct value *only = node.value.many;
    if (only && !only->next && only->kind == VALUE_MANY) node.value.many = only->many; /* In([1, 2]) */
    for (struct value *v = node.value.many; v; v = v->next) TRY(fit(p, node.col, v));
    return make(p, node, t);
}

static err call_like(struct parser *p, struct term *t)
{
    struct term pattern;
    TRY(parse_condition(p, &pattern));
    if (at_sign(p, ',')) TRY(advance(p));
    TRY(take(p, ')'));
    if (pattern.kind != TERM_VALUE) return ERR_INPUT;
    if (query_columns[t->col].type != COL_TEXT) TRY(complain(p, t->col, "a pattern"));
    TRY(fit(p, t->col, &pattern.value));
    return make(p, (struct query_node){ .kind = NODE_LIKE, .col = t->col, .value = pattern.value }, t);
}

static err parse_call(struct parser *p, struct term *t)
{
    TRY(advance(p));
    switch (t->kind) {
    case TERM_AND:
    case TERM_OR: return call_combination(p, t);
    case TERM_IN: return call_in(p, t);
    case TERM_LIKE: return call_like(p, t);
    case TERM_CONDITION:
    case TERM_COLUMN:
    case TERM_VALUE:
    case TERM_DA:
    case TERM_SESSIONS: break;
    }
    return ERR_INPUT;
}

static err attribute(struct term *t, str name)
{
    static const struct {
        enum term_kind of;
        const char *name;
        enum term_kind is;
    } members[] = { { TERM_DA, "Sessions", TERM_SESSIONS },
                    { TERM_DA, "And", TERM_AND },
                    { TERM_DA, "Or", TERM_OR },
                    { TERM_COLUMN, "Like", TERM_LIKE },
                    { TERM_COLUMN, "In", TERM_IN } };
    for (size_t k = 0; k < COUNT_OF(members); k++)
        if (t->kind == members[k].of && str_is(name, members[k].name)) return t->kind = members[k].is, ERR_OK;
    for (int k = 0; t->kind == TERM_SESSIONS && k < QC__COUNT; k++)
        if (str_is(name, query_columns[k].name)) return *t = (struct term){ .kind = TERM_COLUMN, .col = (enum query_column)k }, ERR_OK;
    return ERR_INPUT;
}

static err parse_first(struct parser *p, struct term *out)
{
    if (p->now.kind == TOK_VALUE) return parse_value(p, out);
    if (p->now.kind == TOK_NAME) {
        *out = (struct term){ .kind = TERM_DA };
        return str_is(p->now.name, "DA") ? advance(p) : ERR_INPUT;
    }
    if (at_sign(p, '(')) return parse_brackets(p, out);
    if (at_sign(p, '[')) return parse_list(p, out);
    return at_sign(p, '{') ? parse_dictionary(p, out) : ERR_INPUT;
}

static err parse_term(struct parser *p, struct term *out)
{
    TRY(parse_first(p, out));
    for (;;) {
        if (at_sign(p, '(')) {
            TRY(parse_call(p, out));
        } else if (at_sign(p, '.')) {
            TRY(advance(p));
            if (p->now.kind != TOK_NAME) return ERR_INPUT;
            TRY(attribute(out, p->now.name));
            TRY(advance(p));
        } else {
            return ERR_OK;
        }
    }
}

/* signs */

static err negate_number(struct term *t)
{
    if (t->kind != TERM_VALUE || t->value.kind < VALUE_INT || t->value.kind > VALUE_REAL) return ERR_INPUT;
    if (t->value.kind == VALUE_REAL)
        t->value.real = -t->value.real;
    else
        t->value.i = -t->value.i; /* never INT64_MIN: digits alone do not reach it */
    return ERR_OK;
}

static err parse_unary(struct parser *p, struct term *out)
{
    if (!at_sign(p, '~') && !at_sign(p, '-') && !at_sign(p, '+')) return parse_term(p, out);
    int sign = p->now.sign;
    if (++p->depth > QUERY_DEPTH) return ERR_INPUT;
    TRY(advance(p));
    TRY(parse_unary(p, out));
    p->depth--;
    if (sign != '~') {
        TRY(negate_number(out));
        return sign == '-' ? ERR_OK : negate_number(out);
    }
    if (out->kind == TERM_VALUE) return ERR_INPUT; /* ~True is a number */
    TRY(need_condition(p, out));
    return make(p, (struct query_node){ .kind = NODE_NOT, .kids = out->node }, out);
}

static err parse_chain(struct parser *p, struct term *out, int sign, enum node_kind kind, err (*operand)(struct parser *, struct term *))
{
    TRY(operand(p, out));
    if (!at_sign(p, sign)) return ERR_OK;
    TRY(need_condition(p, out));
    struct query_node *first = out->node, *last = first;
    while (at_sign(p, sign)) {
        TRY(advance(p));
        TRY(operand(p, out));
        TRY(need_condition(p, out));
        last = last->next = out->node;
    }
    return make(p, (struct query_node){ .kind = kind, .kids = first }, out);
}

static err parse_and(struct parser *p, struct term *out) { return parse_chain(p, out, '&', NODE_AND, parse_unary); }
static err parse_or(struct parser *p, struct term *out) { return parse_chain(p, out, '|', NODE_OR, parse_and); }

static bool relation_at(const struct parser *p, enum relation *out)
{
    static const struct {
        int sign;
        enum relation rel;
    } signs[] = { { SIGN_EQ, REL_EQ }, { SIGN_NE, REL_NE }, { '<', REL_LT }, { SIGN_LE, REL_LE }, { '>', REL_GT }, { SIGN_GE, REL_GE } };
    for (size_t k = 0; k < COUNT_OF(signs); k++)
        if (at_sign(p, signs[k].sign)) return *out = signs[k].rel, true;
    return false;
}

static enum relation turned(enum relation r)
{
    static const enum relation to[] = { [REL_EQ] = REL_EQ, [REL_NE] = REL_NE, [REL_LT] = REL_GT, [REL_LE] = REL_GE, [REL_GT] = REL_LT, [REL_GE] = REL_LE };
    return to[r];
}

static err relate(struct parser *p, struct term *a, enum relation rel, struct term *b, struct term *out)
{
    if (a->kind == TERM_COLUMN && b->kind == TERM_COLUMN) {
        if (query_columns[a->col].type != query_columns[b->col].type) TRY(complain(p, a->col, query_columns[b->col].name));
        return make(p, (struct query_node){ .kind = NODE_COLUMNS, .col = a->col, .rel = rel, .other = b->col }, out);
    }
    if (a->kind == TERM_VALUE && b->kind == TERM_COLUMN) return relate(p, b, turned(rel), a, out);
    if (a->kind != TERM_COLUMN || b->kind != TERM_VALUE) return ERR_INPUT;
    TRY(fit(p, a->col, &b->value));
    if (b->value.kind == VALUE_NONE && rel != REL_EQ && rel != REL_NE) TRY(complain(p, a->col, "None, but for == and !="));
    return make(p, (struct query_node){ .kind = NODE_COMPARE, .col = a->col, .rel = rel, .value = b->value }, out);
}

/* Whatever may stand between brackets and commas. */
static err parse_condition(struct parser *p, struct term *out)
{
    enum relation rel;
    struct term left, right;
    if (++p->depth > QUERY_DEPTH) return ERR_INPUT;
    TRY(parse_or(p, out));
    if (relation_at(p, &rel)) {
        left = *out;
        TRY(advance(p));
        TRY(parse_or(p, &right));
        TRY(relate(p, &left, rel, &right, out));
        if (relation_at(p, &rel)) return ERR_INPUT; /* a < b < c would not combine */
    }
    p->depth--;
    return ERR_OK;
}

err query_parse(struct arena *mem, str text, const struct query_node **out, str *mismatch)
{
    struct parser p = { .mem = mem, .rest = text };
    struct term t;
    if (text.n > QUERY_MAX || !str_utf8_ok(text) || memchr(text.p, '\n', text.n) || memchr(text.p, '\r', text.n)) return ERR_INPUT;
    TRY(advance(&p));
    TRY(parse_condition(&p, &t));
    if (p.now.kind != TOK_END) return ERR_INPUT;
    TRY(need_condition(&p, &t));
    *out = t.node;
    *mismatch = p.mismatch;
    return ERR_OK;
}
