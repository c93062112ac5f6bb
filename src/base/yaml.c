/* base/yaml.c: turns libyaml's events into a tree of nodes. */
#include "base/fault.h"
#include "base/yaml_int.h"
#include <stdlib.h>
#include <yaml.h>

enum { BUCKETS = 512 };

/* What an alias may stand for. */
struct anchor {
    struct anchor *next;
    str name;
    struct yaml_node *node;
    size_t weight;   /* nodes in it, aliases counted in full; 0: not complete yet */
    unsigned height; /* levels in it; a scalar has 1 */
};
struct reader {
    struct arena *a;
    yaml_parser_t parser;
    yaml_event_t event; /* the current one, if has_event */
    bool has_event;
    unsigned first_line, depth;
    size_t nodes;
    struct anchor *anchors[BUCKETS];
    struct yaml_error *bad;
};

static err refuse(struct reader *r, err code, yaml_mark_t at, str text)
{
    *r->bad = (struct yaml_error){ .line = (unsigned)at.line + r->first_line, .column = (unsigned)at.column + 1, .text = text };
    return code;
}

static err refuse_node(struct reader *r, const struct yaml_node *at, str text)
{
    *r->bad = (struct yaml_error){ .line = at->line, .column = at->column, .text = text };
    return ERR_INPUT;
}

/* libyaml's own complaint. */
static err parser_trouble(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR) return ERR_NOMEM;
    const char *problem = p->problem ? p->problem : "not YAML";
    str text;
    if (p->context)
        TRY(arena_printf(r->a, &text, "%s %s", p->context, problem));
    else
        TRY(arena_printf(r->a, &text, "%s", problem));
    /* Its reader (characters that YAML forbids) knows an offset but no line; the parser's place is the nearest. */
    return refuse(r, ERR_INPUT, p->error == YAML_READER_ERROR ? p->mark : p->problem_mark, text);
}

static err next(struct reader *r)
{
    if (r->has_event) yaml_event_delete(&r->event);
    r->has_event = false;
    if (fault_here()) return ERR_NOMEM;
    if (!yaml_parser_parse(&r->parser, &r->event)) return parser_trouble(r);
    r->has_event = true;
    return ERR_OK;
}

static str text_of(const yaml_char_t *p) { return str_c((const char *)p); }

static unsigned bucket(str name)
{
    unsigned h = 5381;
    for (size_t i = 0; i < name.n; i++) h = h * 33 + (unsigned char)name.p[i];
    return h % BUCKETS;
}

/* The last definition wins, as YAML says. */
static struct anchor *anchor_find(struct reader *r, str name)
{
    for (struct anchor *x = r->anchors[bucket(name)]; x; x = x->next)
        if (str_eq(x->name, name)) return x;
    return NULL;
}

/* Notes the anchor, if there is one; it is complete when its node is. Redefined names reuse their entry, so chains stay short. */
static err anchor_add(struct reader *r, const yaml_char_t *name, struct anchor **out)
{
    *out = NULL;
    if (!name) return ERR_OK;
    struct anchor *x = anchor_find(r, text_of(name));
    if (!x) {
        x = NEW(r->a, struct anchor);
        if (!x) return ERR_NOMEM;
        TRY(arena_str(r->a, text_of(name), &x->name));
        x->next = r->anchors[bucket(x->name)];
        r->anchors[bucket(x->name)] = x;
    }
    x->weight = 0;
    *out = x;
    return ERR_OK;
}

static err node_new(struct reader *r, enum yaml_kind kind, struct yaml_node **out)
{
    yaml_mark_t at = r->event.start_mark;
    if (++r->nodes > YAML_NODES_MAX) return refuse(r, ERR_LIMIT, at, STR("too many values"));
    struct yaml_node *n = NEW(r->a, struct yaml_node);
    if (!n) return ERR_NOMEM;
    n->kind = kind;
    n->line = (unsigned)at.line + r->first_line;
    n->column = (unsigned)at.column + 1;
    *out = n;
    return ERR_OK;
}

static err scalar(struct reader *r, struct yaml_node **out)
{
    struct yaml_node *n;
    TRY(node_new(r, YAML_STR, &n));
    TRY(arena_str(r->a, (str){ (const char *)r->event.data.scalar.value, r->event.data.scalar.length }, &n->text));
    n->plain = r->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
    *out = n;
    str why = STR_NULL;
    err e = ERR_OK;
    if (r->event.data.scalar.tag)
        e = yaml_resolve_tagged(r->a, n, text_of(r->event.data.scalar.tag), &why);
    else if (n->plain)
        e = yaml_resolve(r->a, n, &why);
    return e == ERR_INPUT ? refuse_node(r, n, why) : e;
}

static err alias(struct reader *r, struct yaml_node **out, unsigned *height)
{
    yaml_mark_t at = r->event.start_mark;
    struct anchor *x = anchor_find(r, text_of(r->event.data.alias.anchor));
    if (!x || !x->weight) return refuse(r, ERR_INPUT, at, x ? STR("an alias inside its own anchor") : STR("found undefined alias"));
    r->nodes += x->weight;
    if (r->nodes > YAML_NODES_MAX) return refuse(r, ERR_LIMIT, at, STR("too many values"));
    if (r->depth + x->height > YAML_DEPTH_MAX) return refuse(r, ERR_LIMIT, at, STR("nested too deep"));
    *out = x->node;
    *height = x->height;
    return ERR_OK;
}

static err node(struct reader *r, struct yaml_node **out, unsigned *height);

struct list {
    struct yaml_node **v;
    size_t n, room;
};

static err list_add(struct reader *r, struct list *l, struct yaml_node *n)
{
    if (l->n == l->room) {
        size_t room = l->room ? 2 * l->room : 8;
        struct yaml_node **v = NEW_N(r->a, struct yaml_node *, room);
        if (!v) return ERR_NOMEM;
        if (l->n) memcpy(v, l->v, l->n * sizeof *v);
        l->v = v;
        l->room = room;
    }
    l->v[l->n++] = n;
    return ERR_OK;
}

static bool is_merge(const struct yaml_node *key) { return key->kind == YAML_STR && key->plain && str_is(key->text, "<<"); }

struct place {
    struct yaml_node *key;
    size_t at;
};

static int place_cmp(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int d = yaml_key_cmp(x->key, y->key);
    return d ? d : (x->at > y->at) - (x->at < y->at);
}

/* Keys of l (pairs) in key order, equal ones in order of appearance; heap, since it is short-lived. */
static struct place *sorted_keys(const struct list *l)
{
    struct place *v = fault_here() ? NULL : calloc(l->n / 2 + 1, sizeof *v);
    if (!v) return NULL;
    for (size_t i = 0; i < l->n / 2; i++) v[i] = (struct place){ l->v[2 * i], i };
    qsort(v, l->n / 2, sizeof *v, place_cmp);
    return v;
}

static bool is_nan_key(const struct yaml_node *n) { return n->kind == YAML_FLOAT && n->f != n->f; }

/* The first pair in file order whose key stands before it already. */
static err refuse_twice(struct reader *r, const struct list *l)
{
    for (size_t i = 0; i < l->n; i += 2)
        if (l->v[i]->kind == YAML_SEQ || l->v[i]->kind == YAML_MAP) return refuse_node(r, l->v[i], STR("found unhashable key"));
    struct place *keys = sorted_keys(l);
    if (!keys) return ERR_NOMEM;
    size_t first = SIZE_MAX;
    for (size_t i = 1; i < l->n / 2; i++)
        if (yaml_key_cmp(keys[i - 1].key, keys[i].key) == 0 && !is_nan_key(keys[i].key) && keys[i].at < first) first = keys[i].at;
    free(keys);
    if (first == SIZE_MAX) return ERR_OK;
    struct yaml_node *key = l->v[2 * first];
    str text, name = str_head(key->text, 100);
    TRY(arena_printf(r->a, &text, "DuplicateKeyError: found duplicate key \"" STR_FMT "\"", STR_ARG(name)));
    return refuse_node(r, key, text);
}

/* Index into keys (sorted) of a key equal to this one, or n. */
static size_t find_key(const struct place *keys, size_t n, const struct yaml_node *key)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (yaml_key_cmp(keys[mid].key, key) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && yaml_key_cmp(keys[low].key, key) == 0 ? low : n;
}

/* Appends the pairs of a merged map; they count against the budget, since they are copied. */
static err merge_one(struct reader *r, struct list *into, const struct yaml_node *from, const struct yaml_node *at)
{
    if (from->kind != YAML_MAP) return refuse_node(r, at, STR("expected a mapping or list of mappings for merging"));
    r->nodes += 2 * from->n;
    if (r->nodes > YAML_NODES_MAX) return refuse(r, ERR_LIMIT, r->event.start_mark, STR("too many values"));
    for (size_t i = 0; i < 2 * from->n; i++) TRY(list_add(r, into, from->items[i]));
    return ERR_OK;
}

static err merge_sources(struct reader *r, struct list *into, const struct yaml_node *key, const struct yaml_node *value)
{
    if (value->kind != YAML_SEQ) return merge_one(r, into, value, key);
    for (size_t i = 0; i < value->n; i++) TRY(merge_one(r, into, value->items[i], key));
    return ERR_OK;
}

/* own: the map's pairs without <<; merged: those of its sources, the stronger first. The result replaces *own. */
static err merge(struct reader *r, struct list *own, const struct list *merged)
{
    struct list all = { 0 };
    struct place *keys = sorted_keys(own), *sources = sorted_keys(merged);
    bool *used = fault_here() ? NULL : calloc(own->n / 2 + 1, sizeof *used);
    err e = keys && sources && used ? ERR_OK : ERR_NOMEM;
    for (size_t i = 0; !e && i < merged->n / 2; i++) {
        struct yaml_node *key = merged->v[2 * i], *value = merged->v[2 * i + 1];
        /* Equal keys stand in order of appearance: only the first of them counts. */
        if (sources[find_key(sources, merged->n / 2, key)].at != i) continue;
        size_t k = find_key(keys, own->n / 2, key);
        if (k < own->n / 2) {
            used[keys[k].at] = true;
            value = own->v[2 * keys[k].at + 1];
        }
        e = list_add(r, &all, key);
        if (!e) e = list_add(r, &all, value);
    }
    for (size_t i = 0; !e && i < own->n / 2; i++) {
        if (used[i]) continue;
        e = list_add(r, &all, own->v[2 * i]);
        if (!e) e = list_add(r, &all, own->v[2 * i + 1]);
    }
    free(keys);
    free(sources);
    free(used);
    if (!e) *own = all;
    return e;
}

/* Reads values up to the end event; *height: of the highest. */
static err children(struct reader *r, yaml_event_type_t end, struct list *l, unsigned *height)
{
    if (r->depth == YAML_DEPTH_MAX) return refuse(r, ERR_LIMIT, r->event.start_mark, STR("nested too deep"));
    r->depth++;
    for (;;) {
        struct yaml_node *n;
        unsigned h = 0;
        TRY(next(r));
        if (r->event.type == end) break;
        TRY(node(r, &n, &h));
        if (h > *height) *height = h;
        TRY(list_add(r, l, n));
    }
    r->depth--;
    return ERR_OK;
}

static err check_tag(struct reader *r, const yaml_char_t *tag, const char *plain)
{
    str text;
    if (!tag || str_is(text_of(tag), "!") || str_is(text_of(tag), plain)) return ERR_OK;
    TRY(arena_printf(r->a, &text, "could not determine a constructor for the tag '%.100s'", (const char *)tag));
    return refuse(r, ERR_INPUT, r->event.start_mark, text);
}

static err sequence(struct reader *r, struct yaml_node *n, unsigned *height)
{
    struct list l = { 0 };
    TRY(check_tag(r, r->event.data.sequence_start.tag, "tag:yaml.org,2002:seq"));
    TRY(children(r, YAML_SEQUENCE_END_EVENT, &l, height));
    n->items = l.v;
    n->n = l.n;
    return ERR_OK;
}

static err mapping(struct reader *r, struct yaml_node *n, unsigned *height)
{
    struct list all = { 0 }, own = { 0 }, merged = { 0 };
    TRY(check_tag(r, r->event.data.mapping_start.tag, "tag:yaml.org,2002:map"));
    TRY(children(r, YAML_MAPPING_END_EVENT, &all, height));
    TRY(refuse_twice(r, &all)); /* also a second << */
    for (size_t i = 0; i < all.n; i += 2) {
        if (is_merge(all.v[i])) {
            TRY(merge_sources(r, &merged, all.v[i], all.v[i + 1]));
            continue;
        }
        TRY(list_add(r, &own, all.v[i]));
        TRY(list_add(r, &own, all.v[i + 1]));
    }
    if (merged.n) TRY(merge(r, &own, &merged));
    n->items = own.v;
    n->n = own.n / 2;
    return ERR_OK;
}

/* The value that starts with the current event. Recursive, at most YAML_DEPTH_MAX deep. */
static err node(struct reader *r, struct yaml_node **out, unsigned *height)
{
    yaml_event_type_t type = r->event.type;
    struct anchor *x = NULL;
    size_t before = r->nodes;
    if (type == YAML_ALIAS_EVENT) return alias(r, out, height);
    bool seq = type == YAML_SEQUENCE_START_EVENT, map = type == YAML_MAPPING_START_EVENT;
    TRY(anchor_add(r, seq ? r->event.data.sequence_start.anchor : map ? r->event.data.mapping_start.anchor : r->event.data.scalar.anchor, &x));
    if (seq || map) {
        TRY(node_new(r, seq ? YAML_SEQ : YAML_MAP, out));
        TRY(seq ? sequence(r, *out, height) : mapping(r, *out, height));
    } else {
        TRY(scalar(r, out));
    }
    ++*height;
    if (x) {
        x->node = *out;
        x->weight = r->nodes - before;
        x->height = *height;
    }
    return ERR_OK;
}

/* Stream start, one document at most, stream end. */
static err document(struct reader *r, struct yaml_node **out)
{
    unsigned height = 0;
    *out = NULL;
    TRY(next(r)); /* stream start */
    TRY(next(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return ERR_OK;
    TRY(next(r)); /* past document start */
    bool bare = r->event.type == YAML_SCALAR_EVENT && r->event.data.scalar.plain_implicit && r->event.data.scalar.length == 0 && !r->event.data.scalar.anchor &&
                !r->event.data.scalar.tag;
    TRY(node(r, out, &height));
    if (bare) *out = NULL;
    TRY(next(r)); /* document end */
    TRY(next(r));
    if (r->event.type == YAML_STREAM_END_EVENT) return ERR_OK;
    return refuse(r, ERR_INPUT, r->event.start_mark, STR("expected a single document"));
}

/* Place of the first byte that is not UTF-8. */
static err refuse_utf8(str text, size_t at, unsigned first_line, struct yaml_error *bad)
{
    *bad = (struct yaml_error){ .line = first_line, .column = 1, .text = STR("invalid UTF-8") };
    for (size_t i = 0; i < at; i++) {
        bad->column += ((unsigned char)text.p[i] & 0xC0) != 0x80;
        if (text.p[i] == '\n') bad->line++, bad->column = 1;
    }
    return ERR_INPUT;
}

err yaml_read(struct arena *a, str text, unsigned first_line, struct yaml_node **out, struct yaml_error *bad)
{
    struct yaml_error none;
    if (!bad) bad = &none;
    *bad = (struct yaml_error){ .line = first_line, .column = 1 };
    size_t good = str_utf8_good(text);
    if (good < text.n) return refuse_utf8(text, good, first_line, bad);
    struct reader *r = NEW(a, struct reader);
    if (!r) return ERR_NOMEM;
    r->a = a;
    r->first_line = first_line;
    r->bad = bad;
    if (fault_here() || !yaml_parser_initialize(&r->parser)) return ERR_NOMEM;
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)(text.n ? text.p : ""), text.n);
    struct yaml_node *root = NULL;
    err e = document(r, &root);
    if (r->has_event) yaml_event_delete(&r->event);
    yaml_parser_delete(&r->parser);
    if (!e) *out = root;
    return e;
}

const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key)
{
    if (!map || map->kind != YAML_MAP) return NULL;
    for (size_t i = 0; i < map->n; i++)
        if (map->items[2 * i]->kind == YAML_STR && str_is(map->items[2 * i]->text, key)) return map->items[2 * i + 1];
    return NULL;
}
