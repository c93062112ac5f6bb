/* main/cli.c: reads the command line by the tables, prints help. */
#include "main/cli_int.h"
#include "auth/auth.h"
#include "base/fault.h"
#include "base/near.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const struct option cli_options[] = {
    { "--config", "FILE", VALUE, offsetof(struct cli, config_file), true, "configuration file (YAML)" },
    { "--data", "DIR", VALUE, offsetof(struct cli, data), true, "data folder" },
    { "--listen", "ADDRESS", VALUE, offsetof(struct cli, listen), false, "address:port, [::]:port or unix:/path; port 0 picks one" },
    { "--set", "KEY=VALUE", REPEATED, offsetof(struct cli, set), true, "one setting; may be repeated" },
    { "--quiet", NULL, FLAG, offsetof(struct cli, quiet), true, "say only what went wrong" },
    { "--verbose", NULL, FLAG, offsetof(struct cli, verbose), true, "say more" },
    { "--json", NULL, FLAG, offsetof(struct cli, json), true, "lists as JSON" },
    { "--help", NULL, FLAG, offsetof(struct cli, help), true, "this text" },
    { "--version", NULL, FLAG, offsetof(struct cli, version), true, "the version" },
    { "--status", NULL, FLAG, offsetof(struct cli, status), false, "only tell what is applied and what is pending" },
    { "--all", NULL, FLAG, offsetof(struct cli, all), false, "also what is done or cancelled" },
    { "--kind", "KIND", VALUE, offsetof(struct cli, kind), false, "only jobs of that kind, such as mail.send" },
    { "--document", NULL, FLAG, offsetof(struct cli, document), false, "all settings as a Markdown table" },
    { "--email", "ADDRESS", VALUE, offsetof(struct cli, email), false, "the account, instead of the argument" },
    { "--first-name", "NAME", VALUE, offsetof(struct cli, first_name), false, "first name" },
    { "--last-name", "NAME", VALUE, offsetof(struct cli, last_name), false, "last name" },
    { "--privilege", "NAME", REPEATED, offsetof(struct cli, privilege), false, "privilege to give; may be repeated" },
    { "--superuser", NULL, FLAG, offsetof(struct cli, superuser), false, "make it an administrator of everything" },
    { "--password-stdin", NULL, FLAG, offsetof(struct cli, password_stdin), false, "read the password from standard input" },
    { "--locale", "CODE", VALUE, offsetof(struct cli, locale), false, "language of the account's mails: en, de" },
    { "--tenant", "SLUG", VALUE, offsetof(struct cli, tenant), false, "the account of that tenant, instead of one of the platform" },
    { "-n", "COUNT", VALUE, offsetof(struct cli, count), false, "how many; 20 if it is not said" },
    { "--password-hash-stdin", NULL, FLAG, offsetof(struct cli, password_hash_stdin), false, "read a hash of the password, made by another program" },
    { "--send-link", NULL, FLAG, offsetof(struct cli, send_link), false, "mail a one-time link to choose a password" },
    { "--with-key", NULL, FLAG, offsetof(struct cli, with_key), false, "take the master key along, sealed under a passphrase" },
    { "--without-key", NULL, FLAG, offsetof(struct cli, without_key), false, "leave the master key of the archive where it is" },
    { "--passphrase-stdin", NULL, FLAG, offsetof(struct cli, passphrase_stdin), false, "read the passphrase from standard input" },
    { "--print-link", NULL, FLAG, offsetof(struct cli, print_link), false, "print a one-time link to choose a password" },
    { "--end-tokens", NULL, FLAG, offsetof(struct cli, end_tokens), false, "what was signed before is no longer good: everybody logs in again" },
    { "--off", NULL, FLAG, offsetof(struct cli, off), false, "no longer" },
    { "--man", NULL, FLAG, offsetof(struct cli, man), false, "the manual page chancery, or the one named, in man(7)'s macros" },
    { "--completion", "SHELL", VALUE, offsetof(struct cli, completion), false, "a completion script for bash, zsh or fish" },
    { 0 },
};

void cli_plain(struct buf *b, str s)
{
    for (size_t n; s.n; s = str_from(s, n)) {
        unsigned char first = (unsigned char)s.p[0];
        n = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if (n > s.n || !str_utf8_ok(str_head(s, n))) n = 1;
        str one = str_head(s, n);
        bool shown = first == ' ' || (str_utf8_ok(one) && text_is_plain(one));
        buf_add(b, shown ? one : STR("?"));
    }
}

int cli_fail(const char *fmt, ...)
{
    CLEANUP(buf_release) struct buf plain = BUF(1 << 20);
    char *text = NULL;
    va_list args;
    va_start(args, fmt);
    int n = vasprintf(&text, fmt, args);
    va_end(args);
    if (n >= 0) cli_plain(&plain, (str){ text, (size_t)n });
    (void)fprintf(stderr, "chancery: " STR_FMT "\n", STR_ARG(buf_str(&plain)));
    free(text);
    return 1;
}

bool cli_temporary(const char *prefix, char *out, size_t n)
{
    const char *given = getenv("TMPDIR");
    int used = snprintf(out, n, "%s/%sXXXXXX", given && *given ? given : "/tmp", prefix);
    if (used > 0 && (size_t)used < n && mkdtemp(out)) return true;
    *out = 0;
    return false;
}

const char *cli_email(struct cli *c)
{
    const char *e = c->email ? c->email : c->n_args ? c->args[0] : NULL;
    if (!e) (void)cli_fail("%s: which account? Give its address: chancery %s EMAIL", c->command->name, c->command->name);
    return e;
}

bool cli_takes(const struct command *cmd, const struct option *o)
{
    if (o->common) return true;
    for (const char *const *p = cmd ? cmd->options : NULL; p && *p; p++)
        if (strcmp(*p, o->name) == 0) return true;
    return false;
}

/* Help fits a terminal of that many columns; only examples, which people copy, are as long as they are. */
enum { HELP_WIDTH = 80, HELP_GAP = 2 };

/* The words of text from column at on, and from column indent on in further lines. */
static void print_words(const char *text, size_t at, size_t indent)
{
    for (bool first = true; *text; first = false) {
        size_t n = strcspn(text, " ");
        bool fits = at + !first + n <= HELP_WIDTH;
        if (!first && fits) printf(" ");
        if (!first && !fits) printf("\n%*s", (int)indent, "");
        at = fits ? at + !first + n : indent + n;
        printf("%.*s", (int)n, text);
        text += n;
        text += strspn(text, " ");
    }
    printf("\n");
}

static size_t pair_width(const char *name, const char *value) { return HELP_GAP + strlen(name) + (*value ? 1 + strlen(value) : 0); }

static void print_pair(const char *name, const char *value, const char *text, size_t column)
{
    printf("%*s%s%s%s%*s", HELP_GAP, "", name, *value ? " " : "", value, (int)(column - pair_width(name, value)), "");
    print_words(text, column, column);
}

static const char *value_of(const struct option *o) { return o->value ? o->value : ""; }

static bool is_listed(const struct command *cmd, const struct option *o, bool common) { return o->common == common && cli_takes(cmd, o); }

static size_t options_width(const struct command *cmd)
{
    size_t most = 0;
    for (const struct option *o = cli_options; o->name; o++)
        if (cli_takes(cmd, o) && pair_width(o->name, value_of(o)) > most) most = pair_width(o->name, value_of(o));
    return most;
}

static void print_options(const struct command *cmd, bool common, size_t column)
{
    for (const struct option *o = cli_options; o->name; o++)
        if (is_listed(cmd, o, common)) print_pair(o->name, value_of(o), o->doc, column);
}

void cli_help_command(const struct command *cmd)
{
    size_t column = options_width(cmd) + HELP_GAP;
    int at = printf("chancery %s%s%s - ", cmd->name, *cmd->args ? " " : "", cmd->args);
    print_words(cmd->summary, at > 0 ? (size_t)at : 0, HELP_GAP);
    printf("\nExample:\n  %s\n\nOptions:\n", cmd->example);
    print_options(cmd, false, column);
    print_options(cmd, true, column);
}

void cli_help_all(void)
{
    size_t column = options_width(NULL);
    for (const struct command *cmd = commands; cmd->name; cmd++)
        if (pair_width(cmd->name, cmd->args) > column) column = pair_width(cmd->name, cmd->args);
    column += HELP_GAP;
    printf("chancery - one server for guided interviews, accounts, tenants, hiring and\nsignatures\n\nUsage: chancery COMMAND [OPTIONS]\n\nCommands:\n");
    for (const struct command *cmd = commands; cmd->name; cmd++) print_pair(cmd->name, cmd->args, cmd->summary, column);
    printf("\nOptions of every command:\n");
    print_options(NULL, true, column);
    printf("\nchancery COMMAND --help tells more and gives an example.\n");
}

static int unknown_option(const struct cli *c, const char *word, str name)
{
    struct near n = NEAR(name);
    for (const struct option *o = cli_options; o->name; o++)
        if (cli_takes(c->command, o)) near_offer(&n, o->name);
    const char *meant = near_best(&n), *gap = c->command ? " " : "", *of = c->command ? c->command->name : "";
    if (meant) return (void)cli_fail("unknown option %s; did you mean %s? See chancery%s%s --help", word, meant, gap, of), 2;
    return (void)cli_fail("unknown option %s; see chancery%s%s --help", word, gap, of), 2;
}

/* "usr" alone, "user" without its second word, or both of which one is wrong. */
static int unknown_command(int argc, char **argv, int at)
{
    CLEANUP(buf_release) struct buf two = BUF(4096);
    const char *first = argv[at], *second = at + 1 < argc && argv[at + 1][0] != '-' ? argv[at + 1] : NULL;
    bool group = false;
    buf_z(&two, first);
    struct near one = NEAR(str_c(first));
    for (const struct command *cmd = commands; cmd->name; cmd++) {
        str rest = str_c(cmd->name), word;
        if (!str_cut(&rest, ' ', &word) || !str_is(word, first)) continue;
        group = true;
        if (!second) return (void)cli_fail("%s what? chancery --help lists its commands, such as chancery %s", first, cmd->name), 2;
    }
    for (const struct command *cmd = commands; cmd->name; cmd++) near_offer(&one, cmd->name);
    if (second) buf_printf(&two, " %s", second);
    struct near both = NEAR(buf_str(&two));
    for (const struct command *cmd = commands; cmd->name; cmd++) near_offer(&both, cmd->name);
    const char *meant = near_best(&one) ? near_best(&one) : near_best(&both);
    if (meant)
        return (void)cli_fail("unknown command " STR_FMT "; did you mean chancery %s? chancery --help lists all",
                              STR_ARG(meant == near_best(&one) ? str_c(first) : buf_str(&two)), meant),
               2;
    return (void)cli_fail("unknown command " STR_FMT "; chancery --help lists them", STR_ARG(group ? buf_str(&two) : str_c(first))), 2;
}

/* Stores the option at argv[*i]; 0, or 2 after telling. */
static int take_option(struct cli *c, int argc, char **argv, int *i)
{
    str word = str_c(argv[*i]);
    size_t eq = str_find(word, '=', 0);
    str name = str_head(word, eq);
    for (const struct option *o = cli_options; o->name; o++) {
        if (!str_is(name, o->name) || !cli_takes(c->command, o)) continue;
        char *at = (char *)c + o->at;
        if (o->kind == FLAG && eq < word.n) return (void)cli_fail("%s takes no value", o->name), 2;
        if (o->kind == FLAG) return *(bool *)(void *)at = true, 0;
        const char *value = eq < word.n ? word.p + eq + 1 : *i + 1 < argc ? argv[++*i] : NULL;
        if (!value) return (void)cli_fail("%s needs a value: %s %s", o->name, o->name, o->value), 2;
        if (o->kind == VALUE) return *(const char **)(void *)at = value, 0;
        struct repeated *r = (struct repeated *)(void *)at;
        if (r->n == CLI_REPEAT_MAX) return (void)cli_fail("%s: given too often (at most %d times)", o->name, CLI_REPEAT_MAX), 2;
        return r->v[r->n++] = value, 0;
    }
    return unknown_option(c, argv[*i], name);
}

/* The command whose words stand first in argv; *used counts them. */
static const struct command *find_command(int argc, char **argv, int *used)
{
    for (const struct command *cmd = commands; cmd->name; cmd++) {
        str rest = str_c(cmd->name), word;
        int n = 0;
        bool same = true, more = true;
        while (more && same) {
            more = str_cut(&rest, ' ', &word);
            same = n + 1 < argc && str_is(word, argv[n + 1]);
            n++;
        }
        if (same) return *used = n, cmd;
    }
    return NULL;
}

static int parse(struct cli *c, int argc, char **argv)
{
    int at = 1, used = 0;
    while (at < argc && !c->command) {
        c->command = find_command(argc - at + 1, argv + at - 1, &used);
        if (c->command)
            at += used;
        else if (argv[at][0] != '-')
            return unknown_command(argc, argv, at);
        else if (take_option(c, argc, argv, &at))
            return 2;
        else
            at++;
    }
    for (; at < argc; at++) {
        if (argv[at][0] == '-' && argv[at][1]) {
            if (take_option(c, argc, argv, &at)) return 2;
        } else if (c->command && *c->command->args &&
                   c->n_args < (str_search(str_c(c->command->args), STR("...")) < strlen(c->command->args) ? CLI_ARGS_MAX : 1)) {
            c->args[c->n_args++] = argv[at];
        } else {
            return (void)cli_fail("%s is one word too many; see --help", argv[at]), 2;
        }
    }
    return 0;
}

#ifdef CHANCERY_FAULTS
/* The point whose number is $CHANCERY_FAULT_COMMAND fails; whether it did is told behind everything else. A server heeds signals instead (fault.h). */
static int run_with_fault(struct cli *c)
{
    const char *point = getenv("CHANCERY_FAULT_COMMAND");
    if (point) fault_arm(strtol(point, NULL, 10));
    int status = c->command->run(c);
    if (point) (void)fprintf(stderr, "fault %s\n", fault_hit() ? "fired" : "not reached");
    return status;
}
#else
static int run_with_fault(struct cli *c) { return c->command->run(c); }
#endif

int cli_main(struct cli *c, int argc, char **argv)
{
    if (parse(c, argc, argv)) return 2;
    if (c->version) return printf("chancery %s\n", CHANCERY_VERSION), 0;
    if (!c->command) return cli_help_all(), c->help ? 0 : 2;
    if (c->help) return cli_help_command(c->command), 0;
    if (*c->command->args && c->command->args[0] != '[' && c->n_args == 0 && !c->email)
        return (void)cli_fail("%s needs %s; see chancery %s --help", c->command->name, c->command->args, c->command->name), 2;
    if (c->command->config) {
        str why = STR_NULL;
        struct config_sources from = { c->config_file, c->data, c->listen, c->set.v, c->set.n };
        if (config_load(c->mem, &from, &c->config, &why) != ERR_OK) return cli_fail(STR_FMT, STR_ARG(why));
        if (c->verbose)
            c->config.log_level = "debug";
        else if (c->quiet)
            c->config.log_level = "warn";
    }
    return run_with_fault(c);
}
