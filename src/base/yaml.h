/* base/yaml.h: YAML 1.2 documents as a tree of nodes, by libyaml's events and a resolver of ours.
 *
 * The resolver follows language specification 1.2: no "yes"/"no" booleans, decimal 010, 0o10, 1_000, dates recognised; duplicate keys are an
 * error; anchors, aliases and << work (alias bombs are bounded by the node budget); custom tags are errors. Used by the
 * configuration and by the worker. Nodes live in the arena. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_STR, YAML_DATE, YAML_DATETIME, YAML_SEQ, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    bool           plain;        /* a scalar without quotes or block style */
    unsigned       line, column; /* of its first character, from 1 */
    str            text;         /* scalars: the text as read (escapes resolved), UTF-8 */
    union {
        bool    b;
        int64_t i;               /* YAML_INT that fits; otherwise big is set and text holds the decimal digits */
        double  f;
    };
    bool              big;
    size_t            n;         /* SEQ: items; MAP: pairs */
    struct yaml_node **items;    /* SEQ: n values; MAP: 2n, key then value, in file order, merges applied */
};

struct yaml_error {
    unsigned line, column; /* from 1 */
    str      text;         /* in the arena */
};

/* One document. *out is NULL for a text without one (empty, comments only). first_line is the number of the text's first line.
 *   ERR_INPUT  not YAML, more than one document, or against the rules above; *bad says where
 *   ERR_LIMIT  more than a million nodes or deeper than 100
 *   ERR_NOMEM */
err yaml_read(struct arena *a, str text, unsigned first_line, struct yaml_node **out, struct yaml_error *bad) MUST_CHECK;
/* Value of a key with that text (string keys only); NULL if absent or not a map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
