/* main/cmd_help.c: help: of one command, of all, as a manual page, as completion scripts, as JSON. */
#include "base/json.h"
#include "main/cli_int.h"
#include <stdio.h>

enum { PAGE_MAX = 1 << 20 };

static void json_options(struct jw *w, const struct command *cmd)
{
    jw_key(w, STR("options"));
    jw_open(w, '[');
    for (const struct option *o = cli_options; o->name; o++)
        if (cli_takes(cmd, o)) jw_str(w, str_c(o->name));
    jw_close(w, ']');
}

static void json_commands(struct buf *b)
{
    struct jw w = JW(b);
    jw_open(&w, '[');
    for (const struct command *cmd = commands; cmd->name; cmd++) {
        jw_open(&w, '{');
        jw_kstr(&w, "name", str_c(cmd->name));
        jw_kstr(&w, "args", str_c(cmd->args));
        jw_kstr(&w, "summary", str_c(cmd->summary));
        jw_kstr(&w, "example", str_c(cmd->example));
        json_options(&w, cmd);
        jw_close(&w, '}');
    }
    jw_close(&w, ']');
    buf_char(b, '\n');
}

static int say(struct buf *b)
{
    bool good = buf_ok(b) == ERR_OK && fwrite(b->p ? b->p : "", 1, b->n, stdout) == b->n;
    buf_release(b);
    return good ? 0 : cli_fail("standard output: cannot be written");
}

/* By the name of the page: "chancery" or "chancery.yml". */
static bool man(struct cli *c, struct buf *b)
{
    const char *page = c->n_args ? c->args[0] : "chancery";
    bool program = strcmp(page, "chancery") == 0, file = strcmp(page, "chancery.yml") == 0;
    if (program) cli_man(b);
    if (file) config_man(b);
    if (!program && !file) (void)cli_fail("help: no manual page %s; there is: chancery, chancery.yml", page);
    return program || file;
}

/* "user create" given as one word or as two. */
static const struct command *named(struct cli *c)
{
    CLEANUP(buf_release) struct buf name = BUF(4096);
    for (size_t i = 0; i < c->n_args; i++) buf_printf(&name, "%s%s", i ? " " : "", c->args[i]);
    for (const struct command *cmd = commands; cmd->name; cmd++)
        if (str_is(buf_str(&name), cmd->name)) return cmd;
    (void)cli_fail("help: no command " STR_FMT "; chancery help lists them", STR_ARG(buf_str(&name)));
    return NULL;
}

int cmd_help(struct cli *c)
{
    struct buf b = BUF(PAGE_MAX);
    if (c->completion && !cli_complete(c->completion, &b)) return (void)cli_fail("help: no completion for %s; there is: bash, zsh, fish", c->completion), 2;
    if (c->man && !man(c, &b)) return 2;
    if (c->man || c->completion) return say(&b);
    if (c->json) return json_commands(&b), say(&b);
    if (c->n_args == 0) return cli_help_all(), 0;
    const struct command *cmd = named(c);
    if (!cmd) return 2;
    cli_help_command(cmd);
    return 0;
}
