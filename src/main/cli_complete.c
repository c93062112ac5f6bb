/* main/cli_complete.c: completion scripts for bash, zsh and fish, from the tables by which the command line is read. None of them runs the
 * program, so completing is instant and works while no server does. */
#include "main/cli_int.h"
#include "main/config_int.h"

/* What can stand where a value or an argument is asked for. */
enum what { W_NOTHING, W_FILE, W_FOLDER, W_SETTING, W_SHELL, W_FAMILY };
static enum what what_is(const char *value)
{
    static const struct {
        const char *value;
        enum what what;
    } all[] = { { "FILE", W_FILE },         { "[FILE]", W_FILE }, { "PATH...", W_FILE }, { "DIR", W_FOLDER },
                { "KEY=VALUE", W_SETTING }, { "SHELL", W_SHELL }, { "FAMILY", W_FAMILY } };
    for (size_t i = 0; i < COUNT_OF(all); i++)
        if (strcmp(value, all[i].value) == 0) return all[i].what;
    return W_NOTHING;
}

/* In single quotes for the shells; fish alone knows a backslash inside them, so there is none in our texts' way. */
static void quoted(struct buf *b, const char *text)
{
    buf_char(b, '\'');
    for (const char *p = text; *p; p++)
        if (*p == '\'')
            buf_z(b, "'\\''");
        else
            buf_char(b, *p);
    buf_char(b, '\'');
}

static void words_of(struct buf *b, enum what what)
{
    if (what == W_SHELL) buf_z(b, "bash zsh fish");
    if (what == W_SETTING)
        for (const struct setting *s = config_settings; s->key; s++) buf_printf(b, "%s%s=", s == config_settings ? "" : " ", s->key);
    if (what == W_FAMILY) {
        const struct setting *s = config_settings;
        while (s->key && strcmp(s->key, "families") != 0) s++;
        for (const char *const *w = s->words; w && *w; w++) buf_printf(b, "%s%s", w == s->words ? "" : " ", *w);
    }
}

/* The first words of commands, or the second ones behind `first`; each once. Calls say with the first command that has it. */
static void each_word(struct buf *b, const char *first, void (*say)(struct buf *, const char *first, str word, const struct command *))
{
    for (const struct command *cmd = commands; cmd->name; cmd++) {
        str rest = str_c(cmd->name), word, before = STR("");
        bool more = str_cut(&rest, ' ', &word), new = true;
        if (first && (!more || !str_is(word, first))) continue;
        if (first) word = rest;
        for (const struct command *c = commands; !first && c < cmd; c++) {
            str other = str_c(c->name);
            (void)str_cut(&other, ' ', &before);
            new &= !str_eq(before, word);
        }
        if (new) say(b, first, word, more && !first ? NULL : cmd);
    }
}

/* Words that have others behind them, each once. */
static void each_group(struct buf *b, void (*say)(struct buf *, const char *group))
{
    char last[32] = "";
    for (const struct command *cmd = commands; cmd->name; cmd++) {
        str rest = str_c(cmd->name), word;
        if (!str_cut(&rest, ' ', &word) || str_is(word, last) || word.n >= sizeof last) continue;
        memcpy(last, word.p, word.n);
        last[word.n] = '\0';
        say(b, last);
    }
}

static void option_names(struct buf *b, const struct command *cmd)
{
    const char *gap = "";
    for (const struct option *o = cli_options; o->name; o++)
        if (cli_takes(cmd, o)) buf_printf(b, "%s%s", gap, o->name), gap = " ";
}

/* "--config|--data", the options with a value of that kind; any: every option with a value. */
static bool value_options(struct buf *b, enum what what, bool any)
{
    bool some = false;
    for (const struct option *o = cli_options; o->name; o++) {
        if (!o->value || (!any && what_is(o->value) != what)) continue;
        buf_printf(b, "%s%s", some ? "|" : "", o->name);
        some = true;
    }
    return some;
}

/* bash and zsh: one function, told apart where they differ */
struct dialect {
    const char *begin, *files, *folders, *words /* printf, one %s */, *unfinished /* words that go on, likewise */, *commands, *options, *end;
};
static const struct dialect bash = {
    "# bash completion for chancery\n_chancery() {\n    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} command='' word skip='' i\n"
    "    local -a typed=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n    COMPREPLY=()\n",
    "mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); compopt -o filenames",
    "mapfile -t COMPREPLY < <(compgen -d -- \"$cur\"); compopt -o filenames",
    "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")",
    "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\"); compopt -o nospace",
    "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")",
    "mapfile -t COMPREPLY < <(compgen -W '%s' -- \"$cur\")",
    "}\ncomplete -F _chancery chancery\n"
};
static const struct dialect zsh = { "#compdef chancery\n_chancery() {\n    local cur=${words[CURRENT]} prev=${words[CURRENT-1]} command='' word skip=''\n"
                                    "    local -a typed\n    typed=(\"${(@)words[2,CURRENT-1]}\")\n",
                                    "_files",
                                    "_files -/",
                                    "compadd -- %s",
                                    "compadd -S '' -- %s",
                                    "compadd -- %s",
                                    "compadd -- %s",
                                    "}\nif [[ $funcstack[1] == _chancery ]]; then\n    _chancery \"$@\"\nelse\n    compdef _chancery chancery\nfi\n" };
static const struct dialect *d; /* of the script being printed */

static void offer(struct buf *b, const char *how, str words)
{
    const char *at = strstr(how, "%s");
    buf_add(b, at ? str_head(str_c(how), (size_t)(at - how)) : str_c(how));
    if (at) buf_add(b, words), buf_z(b, at + 2);
}

static void offer_what(struct buf *b, enum what what)
{
    CLEANUP(buf_release) struct buf words = BUF(65536);
    words_of(&words, what);
    offer(b, what == W_FILE ? d->files : what == W_FOLDER ? d->folders : what == W_SETTING ? d->unfinished : d->words, buf_str(&words));
}

static void add_word(struct buf *b, const char *first, str word, const struct command *cmd)
{
    (void)first, (void)cmd;
    if (b->n) buf_char(b, ' ');
    buf_add(b, word);
}

static void case_of_group(struct buf *b, const char *group)
{
    CLEANUP(buf_release) struct buf words = BUF(65536);
    each_word(&words, group, add_word);
    buf_printf(b, "        '%s') ", group);
    offer(b, d->commands, buf_str(&words));
    buf_z(b, " ;;\n");
}

static void case_of_command(struct buf *b, const struct command *cmd)
{
    CLEANUP(buf_release) struct buf names = BUF(65536);
    option_names(&names, cmd);
    buf_printf(b, "        '%s '*) if [[ $cur == -* ]]; then ", cmd->name);
    offer(b, d->options, buf_str(&names));
    buf_z(b, "; ");
    if (what_is(cmd->args) != W_NOTHING) {
        buf_z(b, "else ");
        offer_what(b, what_is(cmd->args));
        buf_z(b, "; ");
    }
    buf_z(b, "fi ;;\n");
}

static void script(struct buf *b, const struct dialect *which)
{
    static const enum what kinds[] = { W_FILE, W_FOLDER, W_SETTING, W_SHELL, W_NOTHING };
    CLEANUP(buf_release) struct buf first = BUF(65536);
    CLEANUP(buf_release) struct buf common = BUF(65536);
    d = which;
    buf_z(b, d->begin);
    buf_z(b, "    case $prev in\n");
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        buf_z(b, "        ");
        if (!value_options(b, kinds[i], false)) buf_z(b, "--");
        buf_z(b, ") ");
        if (kinds[i] != W_NOTHING) offer_what(b, kinds[i]), buf_z(b, "; ");
        buf_z(b, "return ;;\n");
    }
    buf_z(b, "    esac\n    for word in \"${typed[@]}\"; do\n        if [[ -n $skip ]]; then skip=''; continue; fi\n        case $word in\n            ");
    (void)value_options(b, W_NOTHING, true);
    buf_z(b, ") skip=1 ;;\n            -*) ;;\n            *) command=\"${command:+$command }$word\" ;;\n        esac\n    done\n    case $command in\n        "
             "'') if [[ $cur == -* ]]; then ");
    option_names(&common, NULL);
    offer(b, d->options, buf_str(&common));
    buf_z(b, "; else ");
    each_word(&first, NULL, add_word);
    offer(b, d->commands, buf_str(&first));
    buf_z(b, "; fi; return ;;\n");
    each_group(b, case_of_group);
    buf_z(b, "    esac\n    case \"$command \" in\n");
    for (const struct command *cmd = commands; cmd->name; cmd++) case_of_command(b, cmd);
    buf_z(b, "    esac\n");
    buf_z(b, d->end);
}

/* fish */
static void fish_word(struct buf *b, const char *first, str word, const struct command *cmd)
{
    buf_printf(b, "complete -c chancery -f -n \"__chancery_is '%s'\" -a " STR_FMT, first ? first : "", STR_ARG(word));
    if (cmd) buf_z(b, " -d "), quoted(b, cmd->summary);
    buf_char(b, '\n');
}
static void fish_group(struct buf *b, const char *group) { each_word(b, group, fish_word); }

static void fish_option(struct buf *b, const char *condition, const char *name, const struct option *o)
{
    bool is_short = o->name[1] != '-';
    buf_z(b, "complete -c chancery");
    if (condition) buf_printf(b, " -n \"%s%s'\"", condition, name);
    buf_printf(b, " -%c %s", is_short ? 's' : 'l', o->name + (is_short ? 1 : 2));
    enum what what = o->value ? what_is(o->value) : W_NOTHING;
    if (o->value) buf_z(b, what == W_FILE || what == W_FOLDER ? " -r" : " -x");
    if (what == W_FOLDER) buf_z(b, " -a '(__fish_complete_directories)'");
    if (what == W_SETTING || what == W_SHELL) buf_z(b, " -a '"), words_of(b, what), buf_char(b, '\'');
    buf_z(b, " -d ");
    quoted(b, o->doc);
    buf_char(b, '\n');
}

static void fish(struct buf *b)
{
    buf_z(b, "# fish completion for chancery\nfunction __chancery_words\n    set -l skip 0\n    for word in (commandline -opc)[2..-1]\n        if test $skip = "
             "1\n            set skip 0\n"
             "            continue\n        end\n        switch $word\n            case ");
    for (const struct option *o = cli_options; o->name; o++)
        if (o->value) buf_printf(b, "%s ", o->name);
    buf_z(b, "\n                set skip 1\n            case '-*'\n            case '*'\n                echo $word\n        end\n    end\nend\n"
             "function __chancery_is\n    set -l words (__chancery_words)\n    test \"$words\" = \"$argv[1]\"\nend\n"
             "function __chancery_in\n    set -l words (__chancery_words)\n    string match -q -- \"$argv[1] *\" \"$words \"\nend\ncomplete -c chancery -f\n");
    each_word(b, NULL, fish_word);
    each_group(b, fish_group);
    for (const struct option *o = cli_options; o->name; o++)
        if (o->common) fish_option(b, NULL, NULL, o);
    for (const struct command *cmd = commands; cmd->name; cmd++) {
        enum what what = what_is(cmd->args);
        for (const struct option *o = cli_options; o->name; o++)
            if (!o->common && cli_takes(cmd, o)) fish_option(b, "__chancery_in '", cmd->name, o);
        if (what == W_FILE) buf_printf(b, "complete -c chancery -F -n \"__chancery_in '%s'\"\n", cmd->name);
        if (what == W_FAMILY) buf_printf(b, "complete -c chancery -f -n \"__chancery_in '%s'\" -a '", cmd->name), words_of(b, what), buf_z(b, "'\n");
    }
}

bool cli_complete(const char *shell, struct buf *out)
{
    if (strcmp(shell, "bash") == 0) return script(out, &bash), true;
    if (strcmp(shell, "zsh") == 0) return script(out, &zsh), true;
    if (strcmp(shell, "fish") == 0) return fish(out), true;
    return false;
}
