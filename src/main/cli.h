/* main/cli.h: the command line: one table of commands, one of options; help, parsing and shell completion come from them. */
#pragma once
#include "base/buf.h"
#include "main/config.h"

enum { CLI_ARGS_MAX = 4096 /* of a command whose args have "..."; one for the others */, CLI_REPEAT_MAX = 64 };

struct repeated {
    const char *v[CLI_REPEAT_MAX];
    size_t n;
};

struct cli {
    struct arena *mem;
    struct config config; /* loaded for every command that has .config */
    const struct command *command;
    const char *args[CLI_ARGS_MAX];
    size_t n_args;
    const char *config_file, *completion, *data, *kind, *listen, *email, *first_name, *last_name, *locale, *tenant, *count;
    struct repeated set, privilege;
    bool quiet, verbose, all, json, help, version, status, document, man, password_stdin, password_hash_stdin, print_link, send_link, superuser, with_key,
        without_key, passphrase_stdin, off, end_tokens;
};

struct command {
    const char *name; /* "user create" */
    const char *args; /* "EMAIL"; "" for none, "[FAMILY]" optional, "PATH..." one or more */
    const char *summary, *example;
    const char *const *options; /* its own, beside the common ones; NULL-terminated */
    bool config;                /* loads the configuration first */
    int (*run)(struct cli *c);  /* exit status: 0 done, 1 refused or failed, 2 usage */
};
extern const struct command commands[]; /* ended by name NULL; in main.c */

/* Fills c from argv and runs the command; returns the exit status. */
int cli_main(struct cli *c, int argc, char **argv);
/* What came from outside stays on its line, and moves no cursor: '?' for each character that would. */
void cli_plain(struct buf *b, str s);
/* One line on stderr, plain: "chancery: what, where and what to do"; returns 1. */
int cli_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Makes a folder PREFIXxxxxxx in $TMPDIR or /tmp; false: it cannot be made. */
bool cli_temporary(const char *prefix, char *out, size_t n);
/* Address from --email or the first argument; NULL after telling. */
const char *cli_email(struct cli *c);

int cmd_serve(struct cli *c);
int cmd_check(struct cli *c);
int cmd_config(struct cli *c);
int cmd_help(struct cli *c);
int cmd_migrate(struct cli *c);
int cmd_openapi(struct cli *c);
int cmd_backup(struct cli *c);
int cmd_restore(struct cli *c);
int cmd_user_create(struct cli *c);
int cmd_user_list(struct cli *c);
int cmd_user_show(struct cli *c);
int cmd_user_set_password(struct cli *c);
int cmd_outbox_list(struct cli *c);
int cmd_outbox_retry(struct cli *c);
int cmd_mail_test(struct cli *c);
int cmd_user_promote(struct cli *c);
int cmd_user_demote(struct cli *c);
int cmd_user_activate(struct cli *c);
int cmd_user_deactivate(struct cli *c);
int cmd_user_delete(struct cli *c);
int cmd_user_sessions(struct cli *c);
int cmd_user_revoke(struct cli *c);
int cmd_user_reset_totp(struct cli *c);
int cmd_user_cookie(struct cli *c);
int cmd_user_test(struct cli *c);
int cmd_user_purge(struct cli *c);
int cmd_audit_tail(struct cli *c);
int cmd_rekey(struct cli *c);
int cmd_apikey_list(struct cli *c);
int cmd_apikey_deactivate(struct cli *c);
int cmd_hiring_rotate(struct cli *c);
int cmd_candidate_blank(struct cli *c);
int cmd_livekit_check(struct cli *c);
int cmd_interview_check(struct cli *c);
int cmd_interview_list(struct cli *c);
int cmd_interview_run(struct cli *c);
