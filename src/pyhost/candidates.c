/* pyhost/candidates.c: which blocks may define a name, and in which order they are tried. Spec: language 6.3. */
#include "pyhost/engine_int.h"
#include <stdlib.h>

enum { PARTS_MAX = 32, INDEX_NAMES = 6, PATTERNS_MAX = 1024 };

/* the index, made once per interview */

static PyObject *star(void)
{
    static PyObject *any;
    if (!any) any = PyUnicode_InternFromString("*");
    return any;
}

static PyObject *member_b(PyObject *dict, PyObject *key, bool list)
{
    PyObject *found = dict && key ? PyDict_GetItemWithError(dict, key) : NULL;
    if (found || !dict || !key || PyErr_Occurred()) return found;
    PYOWN(made) = list ? PyList_New(0) : PyDict_New();
    if (!made || PyDict_SetItem(dict, key, made) < 0) return NULL;
    return PyDict_GetItemWithError(dict, key);
}

static int index_name(PyObject *index, const struct block *b, PyObject *name)
{
    PyObject *list = member_b(member_b(index, name, false), b->language ? b->language : star(), true);
    PYOWN(number) = PyLong_FromLong(b->number);
    /* Last defined first. */
    return list && number ? PyList_Insert(list, 0, number) : -1;
}

static int index_block(struct interview *iv, const struct block *b)
{
    PyObject *generic = b->generic ? member_b(iv->generic, b->generic, false) : NULL;
    if (b->generic && !generic) return -1;
    for (Py_ssize_t i = 0; b->defines && i < PyList_GET_SIZE(b->defines); i++) {
        PyObject *name = PyList_GET_ITEM(b->defines, i);
        if (index_name(iv->index, b, name) < 0) return -1;
        if (generic && (index_name(generic, b, name) < 0 || PySet_Add(iv->patterns, name) < 0)) return -1;
    }
    return 0;
}

/* supersedes and order */

static int block_with_id(struct interview *iv, PyObject *id)
{
    str wanted = str_trim(py_view(id));
    for (size_t i = iv->n_blocks; i-- > 0;)
        if (iv->blocks[i]->id && str_eq(py_view(iv->blocks[i]->id), wanted)) return (int)i;
    return -1;
}

struct rules { /* pairs: v[2k] comes before v[2k+1] */
    int *v;
    size_t n, room;
};

static int add_rule(struct interview *iv, struct rules *rules, int first, int second)
{
    if (first < 0 || second < 0 || first == second) return 0;
    if (rules->n == rules->room) {
        size_t room = rules->room ? rules->room * 2 : 16;
        int *more = interview_take(iv, room * 2, sizeof *more);
        if (!more) return -1;
        if (rules->n) memcpy(more, rules->v, rules->n * 2 * sizeof *more);
        rules->v = more;
        rules->room = room;
    }
    rules->v[2 * rules->n] = first;
    rules->v[2 * rules->n + 1] = second;
    rules->n++;
    return 0;
}

static int collect_rules(struct interview *iv, struct rules *rules)
{
    for (size_t i = 0; i < iv->n_blocks; i++) {
        const struct block *b = iv->blocks[i];
        for (Py_ssize_t k = 0; b->supersedes && k < PyList_GET_SIZE(b->supersedes); k++)
            if (add_rule(iv, rules, b->number, block_with_id(iv, PyList_GET_ITEM(b->supersedes, k))) < 0) return -1;
    }
    for (Py_ssize_t i = 0; iv->orders && i < PyList_GET_SIZE(iv->orders); i++) {
        PyObject *ids = PyList_GET_ITEM(iv->orders, i);
        for (Py_ssize_t k = 0; k + 1 < PyList_GET_SIZE(ids); k++)
            for (Py_ssize_t m = k + 1; m < PyList_GET_SIZE(ids); m++)
                if (add_rule(iv, rules, block_with_id(iv, PyList_GET_ITEM(ids, k)), block_with_id(iv, PyList_GET_ITEM(ids, m))) < 0) return -1;
    }
    return 0;
}

/* Does a rule put something still in the list in front of that block? */
static int is_held_back(const struct rules *rules, PyObject *list, PyObject *number)
{
    long me = PyLong_AsLong(number);
    for (size_t r = 0; r < rules->n; r++) {
        if (rules->v[2 * r + 1] != me) continue;
        PYOWN(other) = PyLong_FromLong(rules->v[2 * r]);
        int waiting = other ? PySequence_Contains(list, other) : -1;
        if (waiting) return waiting;
    }
    return 0;
}

/* Takes the first block that nothing holds back, again and again; a circle of rules is broken at its first block. */
static int sort_list(const struct rules *rules, PyObject *list)
{
    PYOWN(left) = PyList_GetSlice(list, 0, PyList_GET_SIZE(list));
    PYOWN(done) = PyList_New(0);
    while (left && done && PyList_GET_SIZE(left)) {
        Py_ssize_t take = 0;
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(left); i++) {
            int held = is_held_back(rules, left, PyList_GET_ITEM(left, i));
            if (held < 0) return -1;
            if (held) continue;
            take = i;
            break;
        }
        if (PyList_Append(done, PyList_GET_ITEM(left, take)) < 0 || PySequence_DelItem(left, take) < 0) return -1;
    }
    return left && done ? PyList_SetSlice(list, 0, PyList_GET_SIZE(list), done) : -1;
}

static int sort_index(const struct rules *rules, PyObject *index)
{
    PyObject *name, *languages;
    Py_ssize_t at = 0;
    while (PyDict_Next(index, &at, &name, &languages)) {
        PyObject *language, *list;
        Py_ssize_t k = 0;
        while (PyDict_Next(languages, &k, &language, &list))
            if (PyList_GET_SIZE(list) > 1 && sort_list(rules, list) < 0) return -1;
    }
    return 0;
}

static int sort_all(struct interview *iv)
{
    struct rules rules = { 0 };
    if (collect_rules(iv, &rules) < 0) return -1;
    if (rules.n == 0) return 0;
    if (sort_index(&rules, iv->index) < 0) return -1;
    PyObject *class, *index;
    Py_ssize_t at = 0;
    while (PyDict_Next(iv->generic, &at, &class, &index))
        if (sort_index(&rules, index) < 0) return -1;
    return 0;
}

int candidates_index(struct interview *iv)
{
    iv->index = interview_keep(iv, PyDict_New());
    iv->generic = interview_keep(iv, PyDict_New());
    iv->patterns = interview_keep(iv, PySet_New(NULL));
    if (!iv->index || !iv->generic || !iv->patterns) return -1;
    for (size_t i = 0; i < iv->n_blocks; i++)
        if (!iv->blocks[i]->outer && index_block(iv, iv->blocks[i]) < 0) return -1;
    return sort_all(iv);
}

/* patterns */

/* A name cut into its head and parts: ".attr" or "[index]". */
struct cut {
    str part[PARTS_MAX]; /* part[0] is the head */
    bool is_index[PARTS_MAX];
    size_t n;
};

static size_t past_bracket(str s, size_t at)
{
    unsigned deep = 0;
    char quote = 0;
    for (; at < s.n; at++) {
        char c = s.p[at];
        if (quote) {
            if (c == '\\')
                at++;
            else if (c == quote)
                quote = 0;
        } else if (c == '"' || c == '\'') {
            quote = c;
        } else if (c == '[') {
            deep++;
        } else if (c == ']' && --deep == 0) {
            return at + 1;
        }
    }
    return s.n;
}

static void cut_name(str name, struct cut *out)
{
    size_t at = 0, begin = 0;
    out->n = 0;
    while (at < name.n && out->n < PARTS_MAX - 1) {
        bool index = name.p[at] == '[';
        size_t end = index ? past_bracket(name, at) : at + (at > 0 || name.p[at] == '.');
        while (!index && end < name.n && name.p[end] != '.' && name.p[end] != '[') end++;
        /* A bracket that nobody closed is no index: names also come from the texts of authors' exceptions. */
        out->is_index[out->n] = index && end - at > 2 && name.p[end - 1] == ']';
        out->part[out->n++] = (str){ name.p + at, end - at };
        begin = at = end;
    }
    if (begin < name.n) { /* more parts than anyone writes: the rest stays in one piece */
        out->is_index[out->n] = false;
        out->part[out->n++] = str_from(name, begin);
    }
}

struct pattern {
    size_t x;      /* how many parts x stands for; 0: no x */
    unsigned mask; /* bit k: the k-th index part behind x is replaced */
    unsigned dots, brackets, replaced;
    unsigned order; /* of generation: the sort is stable */
};

static void add_patterns(const struct cut *c, size_t x, struct pattern *v, size_t *n)
{
    unsigned dots = 0, brackets = 0;
    for (size_t i = x ? x : 1; i < c->n; i++) (*(c->is_index[i] ? &brackets : &dots))++;
    /* Only six names for indices: of more than six index parts the literal form alone is tried beyond that. */
    unsigned masks = 1u << (brackets < INDEX_NAMES ? brackets : INDEX_NAMES);
    for (unsigned mask = 0; mask < masks && *n < PATTERNS_MAX; mask++) {
        v[*n] = (struct pattern){ x, mask, dots, brackets, (unsigned)__builtin_popcount(mask), (unsigned)*n };
        (*n)++;
    }
}

static int by_rank(const void *a, const void *b)
{
    const struct pattern *p = a, *q = b;
    if ((p->x > 0) != (q->x > 0)) return p->x > 0 ? 1 : -1;
    if (p->dots != q->dots) return p->dots < q->dots ? 1 : -1;
    if (p->brackets != q->brackets) return p->brackets < q->brackets ? 1 : -1;
    if (p->replaced != q->replaced) return p->replaced > q->replaced ? 1 : -1;
    return p->order > q->order ? 1 : -1;
}

static size_t make_patterns(const struct cut *c, struct pattern *v)
{
    size_t n = 0;
    for (size_t x = 0; x < c->n; x++) add_patterns(c, x, v, &n);
    qsort(v, n, sizeof *v, by_rank);
    return n;
}

static PyObject *pattern_text(const struct cut *c, const struct pattern *p)
{
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    unsigned index = 0, name = 0;
    if (p->x) buf_char(&b, 'x');
    for (size_t i = p->x; i < c->n; i++) {
        bool replaced = i > 0 && c->is_index[i] && index < INDEX_NAMES && (p->mask >> index & 1);
        if (i > 0 && c->is_index[i]) index++;
        if (replaced)
            buf_printf(&b, "[%c]", (char)('i' + name++));
        else
            buf_add(&b, c->part[i]);
    }
    return buf_ok(&b) == ERR_OK ? py_str(buf_str(&b)) : PyErr_NoMemory();
}

static PyObject *prefix_text(const struct cut *c, const struct pattern *p)
{
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    for (size_t i = 0; i < p->x; i++) buf_add(&b, c->part[i]);
    return buf_ok(&b) == ERR_OK ? py_str(buf_str(&b)) : PyErr_NoMemory();
}

/* Texts of the indices that the pattern replaces, in order. */
static size_t replaced_indices(const struct cut *c, const struct pattern *p, str out[static INDEX_NAMES])
{
    unsigned index = 0;
    size_t n = 0;
    for (size_t i = p->x ? p->x : 1; i < c->n; i++) {
        if (!c->is_index[i]) continue;
        if (index < INDEX_NAMES && (p->mask >> index & 1)) out[n++] = (str){ c->part[i].p + 1, c->part[i].n - 2 };
        index++;
    }
    return n;
}

/* finding */

void candidates_release(struct candidates *c)
{
    for (size_t i = 0; i < c->n; i++) {
        struct binding *b = &c->v[i].bind;
        Py_CLEAR(b->sought);
        Py_CLEAR(b->pattern);
        Py_CLEAR(b->x);
        Py_CLEAR(b->x_name);
        for (size_t k = 0; k < INDEX_NAMES; k++) Py_CLEAR(b->index[k]);
    }
    PyMem_Free(c->v);
    *c = (struct candidates){ 0 };
}

static int add_candidate(struct candidates *out, struct block *b, const struct binding *bind)
{
    if (out->n == out->room) {
        size_t room = out->room ? out->room * 2 : 8;
        struct candidate *more = PyMem_Realloc(out->v, room * sizeof *more);
        if (!more) return PyErr_NoMemory(), -1;
        out->v = more;
        out->room = room;
    }
    struct candidate *c = &out->v[out->n++];
    *c = (struct candidate){ b, *bind };
    Py_XINCREF(c->bind.sought);
    Py_XINCREF(c->bind.pattern);
    Py_XINCREF(c->bind.x);
    Py_XINCREF(c->bind.x_name);
    for (size_t k = 0; k < INDEX_NAMES; k++) Py_XINCREF(c->bind.index[k]);
    return 0;
}

static int add_list(struct eval *e, PyObject *list, const struct binding *bind, struct candidates *out)
{
    for (Py_ssize_t i = 0; list && i < PyList_GET_SIZE(list); i++) {
        long number = PyLong_AsLong(PyList_GET_ITEM(list, i));
        if (add_candidate(out, e->iv->blocks[number], bind) < 0) return -1;
    }
    return 0;
}

/* Blocks of an index for a pattern: the current language's, then those of any language. */
static int add_indexed(struct eval *e, PyObject *index, const struct binding *bind, struct candidates *out)
{
    PyObject *languages = PyDict_GetItemWithError(index, bind->pattern);
    if (!languages) return PyErr_Occurred() ? -1 : 0;
    PYOWN(current) = py_attr(e->state, "language");
    if (!current) return -1;
    PyObject *own = PyUnicode_Check(current) && !str_is(py_view(current), "*") ? PyDict_GetItemWithError(languages, current) : NULL;
    PyObject *any = PyDict_GetItemWithError(languages, star());
    if (PyErr_Occurred() || add_list(e, own, bind, out) < 0) return -1;
    return add_list(e, any, bind, out);
}

/* The class, then its bases depth-first in declaration order. */
static int add_of_class(struct eval *e, PyTypeObject *class, const struct binding *bind, struct candidates *out)
{
    PYOWN(name) = py_attr((PyObject *)class, "__name__");
    if (!name) return -1;
    PyObject *index = PyDict_GetItemWithError(e->iv->generic, name);
    if (index && add_indexed(e, index, bind, out) < 0) return -1;
    PyObject *bases = class->tp_bases;
    for (Py_ssize_t i = 0; bases && i < PyTuple_GET_SIZE(bases); i++) {
        PyObject *base = PyTuple_GET_ITEM(bases, i);
        if (PyType_Check(base) && base != (PyObject *)&PyBaseObject_Type && add_of_class(e, (PyTypeObject *)base, bind, out) < 0) return -1;
    }
    return PyErr_Occurred() ? -1 : 0;
}

/* The value of an index as written; NULL without an exception if it has none now. */
static PyObject *index_value(struct eval *e, str text)
{
    PYOWN(source) = PyBytes_FromStringAndSize(text.p, (Py_ssize_t)text.n);
    PYOWN(code) = source ? Py_CompileString(PyBytes_AS_STRING(source), "<index>", Py_eval_input) : NULL;
    PyObject *value = code ? PyEval_EvalCode(code, e->answers, e->answers) : NULL;
    if (!value && PyErr_ExceptionMatches(PyExc_Exception)) PyErr_Clear();
    return value;
}

/* Small integers, by far the most frequent index, need no compiler. */
static PyObject *index_of(struct eval *e, str text)
{
    int64_t number;
    if (text.n && text.p[0] >= '0' && text.p[0] <= '9' && (text.n == 1 || text.p[0] != '0') && str_int(text, &number) == ERR_OK)
        return PyLong_FromLongLong(number);
    return index_value(e, text);
}

static int bind_indices(struct eval *e, const struct cut *c, const struct pattern *p, struct binding *bind)
{
    str texts[INDEX_NAMES] = { STR_NULL };
    size_t n = replaced_indices(c, p, texts);
    for (size_t i = 0; i < n; i++) {
        bind->index[i] = index_of(e, texts[i]);
        if (!bind->index[i]) return PyErr_Occurred() ? -1 : 0;
    }
    return 1;
}

static int bind_x(struct eval *e, const struct cut *c, const struct pattern *p, struct binding *bind)
{
    PYOWN(prefix) = prefix_text(c, p);
    if (!prefix) return -1;
    bind->x = value_find(e, prefix);
    if (!bind->x) return PyErr_Occurred() ? -1 : 0;
    PyObject *name = PyObject_HasAttrString(bind->x, "instanceName") ? py_attr(bind->x, "instanceName") : Py_NewRef(prefix);
    bind->x_name = name;
    return name ? 1 : -1;
}

static int add_matches(struct eval *e, const struct cut *c, const struct pattern *p, struct binding *bind, struct candidates *out)
{
    int known = p->x ? PySet_Contains(e->iv->patterns, bind->pattern) : PyDict_Contains(e->iv->index, bind->pattern);
    if (known <= 0) return known;
    int bound = bind_indices(e, c, p, bind);
    if (bound > 0 && p->x) bound = bind_x(e, c, p, bind);
    if (bound <= 0) return bound;
    return p->x ? add_of_class(e, Py_TYPE(bind->x), bind, out) : add_indexed(e, e->iv->index, bind, out);
}

static int add_pattern(struct eval *e, PyObject *name, const struct cut *c, const struct pattern *p, struct candidates *out)
{
    struct binding bind = { .sought = name, .pattern = pattern_text(c, p) };
    int bad = bind.pattern ? add_matches(e, c, p, &bind, out) : -1;
    Py_XDECREF(bind.pattern);
    Py_XDECREF(bind.x);
    Py_XDECREF(bind.x_name);
    for (size_t k = 0; k < INDEX_NAMES; k++) Py_XDECREF(bind.index[k]);
    return bad;
}

int candidates_find(struct eval *e, PyObject *name, struct candidates *out)
{
    struct cut c = { .n = 0 };
    *out = (struct candidates){ 0 };
    str text = py_view(name);
    if (!text.p) return 0;
    cut_name(text, &c);
    struct pattern *v = PyMem_Malloc(PATTERNS_MAX * sizeof *v);
    if (!v) return PyErr_NoMemory(), -1;
    size_t n = make_patterns(&c, v);
    int bad = 0;
    for (size_t i = 0; i < n && !bad; i++) bad = add_pattern(e, name, &c, &v[i], out) < 0;
    PyMem_Free(v);
    if (!bad) return 0;
    candidates_release(out);
    return -1;
}

/* (pattern, prefix or None, (texts of the replaced indices)) */
static PyObject *pattern_tuple(const struct cut *c, const struct pattern *p)
{
    str texts[INDEX_NAMES] = { STR_NULL };
    size_t n = replaced_indices(c, p, texts);
    PYOWN(indices) = PyTuple_New((Py_ssize_t)n);
    PYOWN(pattern) = pattern_text(c, p);
    PYOWN(prefix) = p->x ? prefix_text(c, p) : Py_NewRef(Py_None);
    for (size_t i = 0; indices && i < n; i++) {
        PyObject *text = py_str(texts[i]);
        if (!text) return NULL;
        PyTuple_SET_ITEM(indices, (Py_ssize_t)i, text);
    }
    return indices && pattern && prefix ? PyTuple_Pack(3, pattern, prefix, indices) : NULL;
}

PyObject *candidates_patterns(PyObject *name)
{
    struct cut c = { .n = 0 };
    str text = py_view(name);
    if (!text.p) return PyList_New(0);
    cut_name(text, &c);
    struct pattern *v = PyMem_Malloc(PATTERNS_MAX * sizeof *v);
    if (!v) return PyErr_NoMemory();
    size_t n = make_patterns(&c, v);
    PYOWN(list) = PyList_New(0);
    for (size_t i = 0; list && i < n; i++) {
        PYOWN(tuple) = pattern_tuple(&c, &v[i]);
        if (!tuple || PyList_Append(list, tuple) < 0) Py_CLEAR(list);
    }
    PyMem_Free(v);
    return py_keep(&list);
}

int binding_bind(struct eval *e, const struct binding *b)
{
    static const char *const names[INDEX_NAMES] = { "i", "j", "k", "l", "m", "n" };
    if (!b) return 0;
    if (b->x && py_set(e->answers, "x", b->x) < 0) return -1;
    for (size_t i = 0; i < INDEX_NAMES; i++)
        if (b->index[i] && py_set(e->answers, names[i], b->index[i]) < 0) return -1;
    return 0;
}
