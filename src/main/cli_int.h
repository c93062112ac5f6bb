/* main/cli_int.h: the table of options, for the files that print it. */
#pragma once
#include "base/buf.h"
#include "main/cli.h"

enum option_kind { FLAG, VALUE, REPEATED };
struct option {
    const char *name, *value; /* value: what stands behind it, "FILE"; NULL for a FLAG */
    enum option_kind kind;
    size_t at; /* in struct cli: bool, const char * or struct repeated */
    bool common;
    const char *doc;
};
extern const struct option cli_options[]; /* ended by name NULL */
/* Whether the command (NULL: none yet) takes the option. */
bool cli_takes(const struct command *cmd, const struct option *o);

/* What stands for the command's arguments may be left out: "[FAMILY]". */
static inline bool cli_args_optional(const struct command *cmd) { return cmd->args[0] == '[' || cmd->args[0] == '\0'; }

/* On standard output. */
void cli_help_all(void);
void cli_help_command(const struct command *cmd);

/* cli_man.c: chancery.1 */
void cli_man(struct buf *out);
/* cli_complete.c: false: no such shell */
bool cli_complete(const char *shell, struct buf *out);
