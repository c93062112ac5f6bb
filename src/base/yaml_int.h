/* base/yaml_int.h: what the two halves of the YAML reader share: tree building (yaml.c) and scalars (yaml_scalar.c). */
#pragma once
#include "base/yaml.h"

/* Decides kind and value of a plain scalar from n->text. ERR_INPUT with *why (arena): it looks like something it is not. */
err yaml_resolve(struct arena *a, struct yaml_node *n, str *why) MUST_CHECK;
/* The same for an explicit tag: "!!int", "!", …; ERR_INPUT for tags that are not plain YAML. */
err yaml_resolve_tagged(struct arena *a, struct yaml_node *n, str tag, str *why) MUST_CHECK;
/* Python equality of scalars as keys: 1, 1.0 and true are one key. Total order, 0 for equal. */
int yaml_key_cmp(const struct yaml_node *x, const struct yaml_node *y);
