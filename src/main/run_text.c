/* main/run_text.c: texts to the terminal, lines from it. */
#include "main/run_interview.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH = 80, NARROW = 20, WIDE = 100 };

const char *run_member(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static size_t width(void)
{
    struct winsize w;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) != 0 || w.ws_col < NARROW) return WIDTH;
    return w.ws_col < WIDE ? w.ws_col : WIDE;
}

/* Whoever writes interviews does not write to the terminal: no control characters. */
static void put(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if ((unsigned char)p[i] >= 32 && p[i] != 127) (void)putchar(p[i]);
}

/* Characters, not bytes. */
static size_t columns(const char *p, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += ((unsigned char)p[i] & 0xC0) != 0x80;
    return count;
}

static void say_line(const char *line, size_t n, size_t most)
{
    size_t used = 0;
    if (columns(line, n) <= most) return put(line, n), (void)putchar('\n');
    while (n) {
        size_t blanks = strspn(line, " "), word = 0;
        if (blanks > n) blanks = n;
        while (blanks + word < n && line[blanks + word] != ' ') word++;
        size_t wide = columns(line, blanks + word);
        if (used && used + wide > most)
            (void)putchar('\n'), put(line + blanks, word), used = columns(line + blanks, word);
        else
            put(line, blanks + word), used += wide;
        line += blanks + word;
        n -= blanks + word;
    }
    (void)putchar('\n');
}

void run_say(const char *text)
{
    size_t most = width();
    while (*text) {
        size_t n = strcspn(text, "\n");
        say_line(text, n, most);
        text += n + (text[n] == '\n');
    }
}

void run_heading(const char *text)
{
    bool bold = isatty(STDOUT_FILENO) != 0;
    printf("\n%s", bold ? "\033[1m" : "");
    run_say(text);
    if (bold) printf("\033[0m");
}

/* HTML */

static size_t put_code(unsigned long code, char out[static 4])
{
    if (code < 32 || code == 127 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return 0;
    if (code < 0x80) return out[0] = (char)code, 1;
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = n - 1; i > 0; i--, code >>= 6) out[i] = (char)(0x80 | (code & 0x3F));
    out[0] = (char)((n == 2 ? 0xC0 : n == 3 ? 0xE0 : 0xF0) | code);
    return n;
}

/* The entity at s ("&…;"): its character, and how long it was; 0 if it is none that we know. */
static size_t entity(const char *s, char out[static 4], size_t *took)
{
    static const struct {
        const char *name;
        unsigned long code;
    } known[] = { { "amp", '&' },       { "lt", '<' },       { "gt", '>' },       { "quot", '"' },     { "apos", '\'' },    { "nbsp", ' ' },
                  { "rsquo", 0x2019 },  { "lsquo", 0x2018 }, { "rdquo", 0x201D }, { "ldquo", 0x201C }, { "ndash", 0x2013 }, { "mdash", 0x2014 },
                  { "hellip", 0x2026 }, { "euro", 0x20AC },  { "pound", 0xA3 },   { "sect", 0xA7 },    { "copy", 0xA9 },    { "eacute", 0xE9 } };
    size_t n = strcspn(s, ";");
    if (s[n] != ';' || n < 2 || n > 10) return 0;
    *took = n + 1;
    if (s[1] == '#') return put_code(s[2] == 'x' ? strtoul(s + 3, NULL, 16) : strtoul(s + 2, NULL, 10), out);
    for (size_t i = 0; i < COUNT_OF(known); i++)
        if (strlen(known[i].name) == n - 1 && strncmp(known[i].name, s + 1, n - 1) == 0) return put_code(known[i].code, out);
    return 0;
}

void run_plain(const char *html, char *out, size_t n)
{
    size_t at = 0;
    while (*html && at + 5 < n) {
        char one[4];
        size_t took = 0, made = *html == '&' ? entity(html, one, &took) : 0;
        const char *end = *html == '<' && (isalpha((unsigned char)html[1]) || html[1] == '/') ? strchr(html, '>') : NULL;
        if (made) {
            memcpy(out + at, one, made);
            at += made;
            html += took;
        } else if (end) {
            html = end + 1;
        } else {
            out[at++] = *html == '\n' ? ' ' : *html;
            html++;
        }
    }
    out[at] = 0;
}

/* lines */

static const char help[] = ":back   one step back          :again  ask once more (an edited interview is read anew)\n"
                           ":vars   what is known so far   :quit   end\n"
                           ":help   this, and the help of the screen.   A text that begins with a colon: type two.\n";

static void say_help(const json_t *question)
{
    size_t i;
    const json_t *part;
    printf("%s", help);
    json_array_foreach(json_object_get(question, "helpText"), i, part)
    {
        if (*run_member(part, "heading")) run_heading(run_member(part, "heading"));
        run_say(run_member(part, "content"));
    }
}

/* Without what the server keeps for itself. */
static void say_variables(struct play *p)
{
    struct play own = *p;
    struct param q[] = { { STR("i"), str_c(p->interview) }, { STR("session"), str_c(p->session) }, { STR("secret"), str_c(p->secret) } };
    own.mem = NULL;
    own.reply = NULL;
    if (play_request(&own, M_GET, "/api/session", (struct params){ q, COUNT_OF(q) }, STR_NULL, NULL) == ERR_OK && json_is_object(own.reply)) {
        (void)json_object_del(own.reply, "_internal");
        (void)json_object_del(own.reply, "nav");
        char *text = json_dumps(own.reply, JSON_INDENT(2) | JSON_SORT_KEYS);
        if (text) printf("%s\n", text);
        free(text);
    }
    arena_free(own.mem);
}

/* 1: a command that is done; -1: no command at all. */
static int command(struct play *p, const json_t *question, const char *word, enum said *out)
{
    static const struct {
        const char *word;
        enum said said;
    } words[] = { { ":back", SAID_BACK }, { ":again", SAID_AGAIN }, { ":quit", SAID_QUIT }, { ":q", SAID_QUIT } };
    for (size_t i = 0; i < COUNT_OF(words); i++)
        if (strcmp(word, words[i].word) == 0) return *out = words[i].said, 0;
    if (strcmp(word, ":vars") == 0)
        say_variables(p);
    else
        say_help(question);
    return 1;
}

enum said run_read(struct play *p, const json_t *question, const char *prompt, char line[static RUN_LINE])
{
    for (;;) {
        enum said said;
        printf("%s", prompt);
        (void)fflush(stdout);
        if (!fgets(line, RUN_LINE, stdin)) return SAID_END;
        size_t n = strcspn(line, "\r\n");
        bool whole = line[n] || feof(stdin);
        line[n] = 0;
        for (int c = 0; !whole && c != '\n' && c != EOF;) c = getchar();
        if (!whole) {
            printf("That is too long for one line.\n");
            continue;
        }
        if (line[0] != ':' || line[1] == ')' || line[1] == '(') return SAID_ANSWER;
        if (line[1] == ':') return memmove(line, line + 1, n), SAID_ANSWER;
        if (command(p, question, line, &said) == 0) return said;
    }
}
