/* route/match.c: which operation a path and a method mean. One tree of segments for all families: a literal segment wins over {name:int}, that
 * over {name}, whichever family they belong to, and the path is decided before the method is looked at. */
#include "route/route_int.h"

int method_at(enum method m)
{
    switch (m) {
    case M_GET:
    case M_HEAD: return 0;
    case M_POST: return 1;
    case M_PUT: return 2;
    case M_PATCH: return 3;
    case M_DELETE: return 4;
    case M_OPTIONS: return 5;
    case M_OTHER: return -1;
    }
    return -1;
}

/* Building */

static struct node *child_literal(struct arena *a, struct node *at, str text)
{
    struct node **link = &at->first;
    for (; *link; link = &(*link)->next)
        if (str_eq((*link)->text, text)) return *link;
    struct node *new = NEW(a, struct node);
    if (new) new->text = text, *link = new;
    return new;
}

static struct node *child(struct arena *a, struct node *at, str segment)
{
    if (segment.n < 2 || segment.p[0] != '{') return child_literal(a, at, segment);
    struct node **link = str_ends(segment, STR(":int}")) ? &at->digits : &at->any;
    if (!*link) *link = NEW(a, struct node);
    return *link;
}

/* Takes the next segment off a path that begins with '/'. */
static bool segment_next(str *path, str *out)
{
    if (path->n == 0 || path->p[0] != '/') return false;
    size_t end = str_find(*path, '/', 1);
    *out = (str){ path->p + 1, end - 1 };
    *path = str_from(*path, end);
    return true;
}

static bool template_ok(const char *path)
{
    if (path[0] != '/') return false;
    size_t at = 0, n = 0;
    str name, rest = str_c(path), segment;
    bool digits;
    while (path_param(path, &at, &name, &digits)) n++;
    if (n > CALL_PATH_MAX) return false;
    while (segment_next(&rest, &segment))
        if (str_find(segment, '{', 0) < segment.n && (segment.p[0] != '{' || segment.p[segment.n - 1] != '}')) return false;
    return true;
}

static err node_for(struct arena *a, struct tree *t, str path, unsigned owner, struct node **out)
{
    struct node *at = &t->root;
    str segment;
    while (segment_next(&path, &segment)) {
        at = child(a, at, segment);
        if (!at) return ERR_NOMEM;
        at->owners |= 1U << owner;
    }
    *out = at;
    return ERR_OK;
}

static err op_add(struct arena *a, struct tree *t, const struct op *op, unsigned owner, str *why)
{
    const struct family *f = t->families[owner];
    if (!op->path || !template_ok(op->path)) return refuse(a, why, ERR_INPUT, "%s %s: malformed path", f->name, op->id);
    str path;
    TRY(arena_printf(a, &path, "%s%s", f->server ? f->server : "", op->path));
    int m = method_at(op->on);
    struct node *n;
    TRY(node_for(a, t, path, owner, &n));
    if (m < 0 || op->on == M_HEAD) return refuse(a, why, ERR_INPUT, "%s %s: no such method (HEAD comes with GET)", f->name, op->id);
    if (n->rows[m].op)
        return refuse(a, why, ERR_CONFLICT, "%s %s and %s %s: the same method and path", n->rows[m].family->name, n->rows[m].op->id, f->name, op->id);
    n->rows[m] = (struct row){ op, f };
    n->allowed |= op->on | (op->on == M_GET ? M_HEAD : 0U) | M_OPTIONS;
    return ERR_OK;
}

static err prefix_add(struct arena *a, struct tree *t, const char *prefix, unsigned owner)
{
    str path = str_c(prefix);
    struct node *n;
    if (str_ends(path, STR("/"))) path.n--;
    return node_for(a, t, path, owner, &n);
}

err tree_build(struct arena *a, struct tree *t, const struct family *const *families, str *why)
{
    *t = (struct tree){ .families = families };
    while (families[t->n_families]) t->n_families++;
    if (t->n_families == 0 || t->n_families > FAMILIES_MAX)
        return refuse(a, why, ERR_INPUT, "%zu families; between 1 and %d are possible", t->n_families, FAMILIES_MAX);
    for (unsigned i = 0; i < t->n_families; i++) {
        for (const struct op *op = families[i]->ops; op->id; op++) TRY(op_add(a, t, op, i, why));
        for (const char *const *p = families[i]->prefixes; p && *p; p++) TRY(prefix_add(a, t, *p, i));
    }
    return ERR_OK;
}

bool path_param(const char *path, size_t *at, str *name, bool *digits)
{
    const char *open = strchr(path + *at, '{'), *close = open ? strchr(open, '}') : NULL;
    if (!close) return false;
    *name = (str){ open + 1, (size_t)(close - open - 1) };
    *digits = str_ends(*name, STR(":int"));
    if (*digits) name->n -= 4;
    *at = (size_t)(close - path) + 1;
    return true;
}

/* Matching */

struct walk {
    const str *segments;
    size_t n;
    size_t taken[SEGMENTS_MAX]; /* which segments are parameters of the path found */
    size_t n_taken;
    const struct node *deepest; /* of all tried: its owners answer for unknown paths */
    size_t depth;
};

static bool all_digits(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return s.n > 0;
}

/* Templates have few parameters, so going back is cheap: at most three ways per segment, and only where a tree really forks. */
static const struct node *walk(struct walk *w, const struct node *at, size_t i)
{
    if (i > w->depth) w->deepest = at, w->depth = i;
    if (i == w->n) return at->allowed ? at : NULL;
    str s = w->segments[i];
    for (const struct node *n = at->first; n; n = n->next)
        if (str_eq(n->text, s)) {
            const struct node *found = walk(w, n, i + 1);
            if (found) return found;
            break;
        }
    const struct node *const ways[] = { all_digits(s) ? at->digits : NULL, s.n ? at->any : NULL };
    for (size_t k = 0; k < COUNT_OF(ways); k++) {
        if (!ways[k]) continue;
        w->taken[w->n_taken++] = i;
        const struct node *found = walk(w, ways[k], i + 1);
        if (found) return found;
        w->n_taken--;
    }
    return NULL;
}

/* *n > SEGMENTS_MAX: too many to match anything. ERR_INPUT: some cannot be decoded; they are there as they came. */
static err segments_of(struct arena *a, str path, str out[static SEGMENTS_MAX], size_t *n)
{
    err e = ERR_OK;
    str segment;
    for (*n = 0; segment_next(&path, &segment); (*n)++) {
        if (*n == SEGMENTS_MAX) return *n = SEGMENTS_MAX + 1, e;
        out[*n] = segment;
        err bad = a && str_find(segment, '%', 0) < segment.n ? http_decode_path(a, segment, &out[*n]) : ERR_OK;
        if (bad && bad != ERR_INPUT) return bad;
        if (bad) out[*n] = segment, e = bad;
    }
    return e;
}

static const struct family *first_owner(const struct tree *t, unsigned owners)
{
    for (size_t i = 0; i < t->n_families; i++)
        if (owners & 1U << i) return t->families[i];
    return t->families[t->n_families - 1]; /* nobody's: the core's */
}

/* The family whose shape a wrong method or OPTIONS gets: for a preflight the owner of the method it asks about. */
static const struct family *node_family(const struct tree *t, const struct node *n, const struct req *rq)
{
    str asked = rq->method == M_OPTIONS ? req_header(rq, "Access-Control-Request-Method") : STR_NULL;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < t->n_families; i++)
            for (int m = 0; m < METHODS; m++) {
                const struct row *r = &n->rows[m];
                if (r->op && r->family == t->families[i] && (pass || str_is(asked, method_name(r->op->on)))) return r->family;
            }
    return first_owner(t, n->owners);
}

/* The family with .slashes that has an operation on this node. */
static const struct family *slash_family(const struct tree *t, const struct node *n)
{
    for (size_t i = 0; i < t->n_families; i++)
        for (int m = 0; m < METHODS; m++)
            if (t->families[i]->slashes && n->rows[m].op && n->rows[m].family == t->families[i]) return t->families[i];
    return NULL;
}

/* The unknown path with a slash more, or less, at its end. segments has room for one more. */
static void find_slash(const struct tree *t, str *segments, size_t n, struct match *out)
{
    bool has = n > 1 && segments[n - 1].n == 0;
    if (!has) segments[n] = STR("");
    struct walk w = { .segments = segments, .n = has ? n - 1 : n + 1, .deepest = &t->root };
    const struct node *other = n ? walk(&w, &t->root, 0) : NULL;
    const struct family *f = other ? slash_family(t, other) : NULL;
    if (!f) return;
    *out = (struct match){ .node = other, .family = f, .redirect = true };
}

err tree_match(const struct tree *t, struct arena *a, const struct req *rq, str *values, struct match *out)
{
    str segments[SEGMENTS_MAX + 1];
    struct walk w = { .segments = segments, .deepest = &t->root };
    *out = (struct match){ .family = t->families[t->n_families - 1] };
    err e = segments_of(a, rq->path, segments, &w.n);
    if (e && e != ERR_INPUT) return e;
    if (w.n > SEGMENTS_MAX) return e;
    const struct node *n = w.n ? walk(&w, &t->root, 0) : NULL;
    if (e) { /* whose path it would be */
        out->family = n ? node_family(t, n, rq) : first_owner(t, w.deepest->owners);
        return e;
    }
    if (!n) {
        out->family = first_owner(t, w.deepest->owners);
        find_slash(t, segments, w.n, out);
        return ERR_OK;
    }
    int m = method_at(rq->method);
    out->node = n;
    if (m >= 0 && n->rows[m].op) {
        out->op = n->rows[m].op;
        out->family = n->rows[m].family;
    } else {
        out->family = node_family(t, n, rq);
    }
    out->n_path = w.n_taken < CALL_PATH_MAX ? w.n_taken : CALL_PATH_MAX;
    for (size_t i = 0; values && i < out->n_path; i++) values[i] = segments[w.taken[i]];
    return ERR_OK;
}
