/* main/config_int.h: the table of settings, for the files that print it. */
#pragma once
#include "main/config.h"

enum type { T_TEXT, T_INT, T_BOOL, T_TEXTS, T_DISPATCH };
struct setting {
    const char *key;
    enum type type;
    size_t at;          /* in struct config */
    const char *preset; /* YAML; NULL: none */
    const char *doc;
    bool secret;
    int64_t least, most;      /* T_INT */
    const char *const *words; /* allowed texts */
};
extern const struct setting config_settings[]; /* ended by key NULL */
