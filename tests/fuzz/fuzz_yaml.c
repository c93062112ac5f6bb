/* Fuzz target: the YAML reader ends within its bounds, and its tree is sound. */
#include "base/yaml.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim) abort();
}

/* Walks as if nothing were shared: the promise is that this is bounded. */
static size_t walk(const struct yaml_node *n, unsigned depth)
{
    size_t count = 1, children = n->kind == YAML_SEQ ? n->n : n->kind == YAML_MAP ? 2 * n->n : 0;
    must(depth <= YAML_DEPTH_MAX + 1 && n->line >= 7 && n->column >= 1 && str_utf8_ok(n->text));
    if (n->kind == YAML_DATE || n->kind == YAML_DATETIME) must(n->t.month >= 1 && n->t.month <= 12 && n->t.day >= 1 && n->t.day <= 31 && n->t.hour < 24);
    if (n->kind == YAML_INT && n->big) must(n->text.n >= 19);
    for (size_t i = 0; i < children; i++) count += walk(n->items[i], depth + 1);
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_new(1 << 26);
    struct yaml_node *root = NULL;
    struct yaml_error bad = { 0 };
    if (!a) return 0;
    err e = yaml_read(a, (str){ (const char *)data, size }, 7, &root, &bad);
    if (e == ERR_OK && root)
        must(walk(root, 1) <= 2 * YAML_NODES_MAX);
    else if (e)
        must(e == ERR_NOMEM || (bad.line >= 7 && bad.column >= 1 && bad.text.n > 0));
    arena_free(a);
    return 0;
}
