/* base/yaml.h: YAML 1.2 documents as a tree of nodes, by libyaml's events and a resolver of ours.
 *
 * The resolver follows language specification 1.2: no "yes"/"no" booleans, decimal 010, 0o10, 1_000, dates recognised; duplicate keys are an
 * error; anchors, aliases and << work; custom tags are errors. Used by the configuration and by the worker. Nodes live in the arena;
 * an alias is the same node again, so walk the tree read-only. The budget counts what an alias stands for each time, and so does the
 * depth: walking the tree as if it had no sharing is bounded. */
#pragma once
#include "base/arena.h"
#include "base/str.h"

/* YAML_DATE: the first three. YAML_DATETIME: moved to UTC. */
struct yaml_time {
    int16_t year;
    uint8_t month, day, hour, minute, second;
    int32_t micro;
};

enum yaml_kind { YAML_NULL, YAML_BOOL, YAML_INT, YAML_FLOAT, YAML_STR, YAML_DATE, YAML_DATETIME, YAML_SEQ, YAML_MAP };

struct yaml_node {
    enum yaml_kind kind;
    bool plain;            /* a scalar without quotes or block style */
    unsigned line, column; /* of its first character, from 1 */
    str text;              /* scalars: the text as read (escapes resolved), UTF-8 */
    union {
        bool b;
        int64_t i; /* YAML_INT that fits; otherwise big is set and text holds the decimal digits, with sign */
        double f;
        struct yaml_time t;
    };
    bool big;
    size_t n;                 /* SEQ: items; MAP: pairs */
    struct yaml_node **items; /* SEQ: n values; MAP: 2n, key then value. Merges applied: merged pairs stand first, in their order, with
                                 the values of explicit keys where both have one; then the other pairs in file order */
};

struct yaml_error {
    unsigned line, column; /* from 1 */
    str text;              /* in the arena */
};

/* The text of bad names Python's terms where interview authors know them ("DuplicateKeyError"). */
enum { YAML_NODES_MAX = 1000000, YAML_DEPTH_MAX = 100 };

/* One document. *out is NULL for a text without one (empty, comments only). first_line is the number of the text's first line.
 *   ERR_INPUT  not YAML, more than one document, or against the rules above; *bad says where
 *   ERR_LIMIT  more than a million nodes or deeper than 100
 *   ERR_NOMEM */
err yaml_read(struct arena *a, str text, unsigned first_line, struct yaml_node **out, struct yaml_error *bad) MUST_CHECK;
/* Value of a key with that text (string keys only); NULL if absent or not a map. */
const struct yaml_node *yaml_get(const struct yaml_node *map, const char *key);
