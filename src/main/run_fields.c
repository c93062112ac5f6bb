/* main/run_fields.c: asks for the fields of a screen, by their datatypes; what cannot be is told and asked for again (language 4, api 20). */
#include "main/run_interview.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LABEL = 1024 };

/* one answer as JSON */

/* A message of the field's own, or ours. */
static void complain(const json_t *field, const char *kind, const char *usual)
{
    const char *own = run_member(json_object_get(field, "validation_messages"), kind);
    run_say(*own ? own : usual);
}

static bool is_any(const char *type, const char *const *of)
{
    for (; *of; of++)
        if (strcmp(type, *of) == 0) return true;
    return false;
}

static bool in_bounds(const json_t *field, double v)
{
    const char *min = run_member(field, "min"), *max = run_member(field, "max");
    return !(*min && v < strtod(min, NULL)) && !(*max && v > strtod(max, NULL));
}

static const char *symbol_of(const json_t *field) { return *run_member(field, "currency symbol") ? run_member(field, "currency symbol") : "$"; }

static json_t *number_of(const json_t *field, const char *line)
{
    char *end, text[LABEL];
    bool whole = strcmp(run_member(field, "datatype"), "integer") == 0;
    if (strcmp(run_member(field, "datatype"), "currency") == 0 && str_starts(str_c(line), str_c(symbol_of(field)))) line += strlen(symbol_of(field));
    double d = strtod(line, &end);
    while (*end == ' ') end++;
    if (end == line || *end || !(d >= -9e15 && d <= 9e15)) return complain(field, "number", "You need to enter a number."), NULL;
    if (whole && d != (double)(json_int_t)d) return complain(field, "step", "Please enter a whole number."), NULL;
    if (!in_bounds(field, d)) {
        (void)snprintf(text, sizeof text, "Please enter a number between %s and %s.", *run_member(field, "min") ? run_member(field, "min") : "…",
                       *run_member(field, "max") ? run_member(field, "max") : "…");
        return complain(field, *run_member(field, "min") && *run_member(field, "max") ? "minmax" : *run_member(field, "min") ? "min" : "max", text), NULL;
    }
    return whole || d == (double)(json_int_t)d ? json_integer((json_int_t)d) : json_real(d);
}

/* Digits of a width, then the sign that follows them; false if something else stands there. */
static bool take_digits(const char **at, int least, int most, int *out)
{
    int n = 0;
    for (*out = 0; n < most && isdigit((unsigned char)**at); n++, (*at)++) *out = *out * 10 + (**at - '0');
    return n >= least;
}
static bool take_sign(const char **at, char sign) { return **at == sign ? (*at)++, true : false; }

static bool take_date(const char **at, int *y, int *m, int *d)
{
    const char *from = *at;
    bool iso = take_digits(at, 4, 4, y) && take_sign(at, '-') && take_digits(at, 1, 2, m) && take_sign(at, '-') && take_digits(at, 1, 2, d);
    if (!iso) *at = from; /* as in the United States */
    if (!iso && !(take_digits(at, 1, 2, m) && take_sign(at, '/') && take_digits(at, 1, 2, d) && take_sign(at, '/') && take_digits(at, 4, 4, y))) return false;
    struct tm t = { .tm_year = *y - 1900, .tm_mon = *m - 1, .tm_mday = *d }, real = t;
    return *y >= 1 && timegm(&real) != -1 && real.tm_mday == t.tm_mday && real.tm_mon == t.tm_mon;
}

static bool take_time(const char **at, int *h, int *min, int *s)
{
    *s = 0;
    bool good = take_digits(at, 1, 2, h) && take_sign(at, ':') && take_digits(at, 2, 2, min) && (!take_sign(at, ':') || take_digits(at, 2, 2, s));
    return good && *h < 24 && *min < 60 && *s < 60;
}

/* As a browser would send it. */
static json_t *moment_of(const json_t *field, const char *line)
{
    static const struct {
        const char *type, *usual;
    } kinds[] = { { "date", "You need to enter a valid date (2026-12-31)." },
                  { "time", "You need to enter a valid time (13:45)." },
                  { "datetime", "You need to enter a valid date and time (2026-12-31 13:45)." } };
    const char *type = run_member(field, "datatype");
    bool date = strcmp(type, "time") != 0, time = strcmp(type, "date") != 0;
    int y = 1, m = 1, d = 1, h = 0, min = 0, s = 0;
    char text[64];
    bool good = !date || take_date(&line, &y, &m, &d);
    if (good && date && time) good = take_sign(&line, ' ') || take_sign(&line, 'T');
    if (good && time) good = take_time(&line, &h, &min, &s);
    size_t k = !date ? 1 : time ? 2 : 0;
    if (!good || *line) return complain(field, kinds[k].type, kinds[k].usual), NULL;
    if (!date)
        (void)snprintf(text, sizeof text, "%02d:%02d:%02d", h, min, s);
    else if (!time)
        (void)snprintf(text, sizeof text, "%04d-%02d-%02d", y, m, d);
    else
        (void)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", y, m, d, h, min, s);
    return json_string(text);
}

static json_t *text_value(const json_t *field, const char *line)
{
    long least = strtol(run_member(field, "minlength"), NULL, 10), most = strtol(run_member(field, "maxlength"), NULL, 10), n = 0;
    for (const char *p = line; *p; p++) n += ((unsigned char)*p & 0xC0) != 0x80;
    const char *at = strchr(line, '@');
    if (strcmp(run_member(field, "datatype"), "email") == 0 && (!at || at == line || !at[1]))
        return complain(field, "email", "You need to enter a complete e-mail address."), NULL;
    if (n < least) return complain(field, "minlength", "That is too short."), NULL;
    if (most > 0 && n > most) return complain(field, "maxlength", "That is too long."), NULL;
    json_t *s = json_string(line);
    return s ? s : (complain(field, "", "That is not UTF-8 text."), NULL);
}

/* NULL: told why not. */
static json_t *value_of(const json_t *field, const char *line)
{
    static const char *const numbers[] = { "integer", "number", "currency", "float", "range", NULL }, *const moments[] = { "date", "time", "datetime", NULL };
    const char *type = run_member(field, "datatype");
    if (is_any(type, numbers)) return number_of(field, line);
    return is_any(type, moments) ? moment_of(field, line) : text_value(field, line);
}

/* prompts */

static const char *label_of(const json_t *field)
{
    const char *label = run_member(field, "label");
    return *label && strcmp(label, "no label") != 0 ? label : "Your answer";
}

static void default_of(const json_t *field, char *out, size_t n)
{
    const json_t *v = json_object_get(field, "default");
    *out = 0;
    if (json_is_string(v)) (void)snprintf(out, n, "%s", json_string_value(v));
    if (json_is_integer(v)) (void)snprintf(out, n, "%lld", (long long)json_integer_value(v));
    if (json_is_real(v)) (void)snprintf(out, n, "%.15g", json_real_value(v));
}

static bool is_required(const json_t *field) { return !json_is_false(json_object_get(field, "required")); }

static void prompt_of(const json_t *field, const char *preset, char *out, size_t n)
{
    bool currency = strcmp(run_member(field, "datatype"), "currency") == 0;
    (void)snprintf(out, n, "%.800s%s%s%.20s%s%.300s%s: ", label_of(field), is_required(field) ? "" : " (optional)", currency ? " " : "",
                   currency ? symbol_of(field) : "", *preset ? " [" : "", preset, *preset ? "]" : "");
}

/* kinds of fields */

static enum said put_value(struct answers *a, const char *variable, json_t *value)
{
    return value && json_object_set_new(a->variables, variable, value) == 0 ? SAID_ANSWER : SAID_END;
}

static enum said ask_line(struct answers *a, const json_t *field)
{
    char line[RUN_LINE], prompt[2 * LABEL], preset[LABEL];
    default_of(field, preset, sizeof preset);
    prompt_of(field, preset, prompt, sizeof prompt);
    for (;;) {
        enum said said = run_read(a->p, a->question, prompt, line);
        if (said != SAID_ANSWER) return said;
        const char *given = *line ? line : preset;
        if (!*given && is_required(field)) {
            complain(field, "required", "You need to fill this in.");
            continue;
        }
        /* Browsers send an empty text for a text that is not filled in. */
        json_t *value = *given ? value_of(field, given) : strcmp(run_member(field, "datatype"), "text") == 0 ? json_string("") : json_null();
        if (value) return put_value(a, run_member(field, "variable_name"), value);
    }
}

/* Several lines, up to an empty one. */
static enum said ask_area(struct answers *a, const json_t *field)
{
    char line[RUN_LINE], whole[8 * RUN_LINE] = "", preset[LABEL];
    default_of(field, preset, sizeof preset);
    printf("%s%s (an empty line ends it)%s%s%s\n", label_of(field), is_required(field) ? "" : " (optional)", *preset ? " [" : "", preset, *preset ? "]" : "");
    for (size_t n = 0;;) {
        enum said said = run_read(a->p, a->question, "| ", line);
        if (said != SAID_ANSWER) return said;
        if (*line && n + strlen(line) + 2 < sizeof whole) n += (size_t)snprintf(whole + n, sizeof whole - n, "%s%s", n ? "\n" : "", line);
        if (*line) continue;
        if (!n && *preset) (void)snprintf(whole, sizeof whole, "%s", preset);
        if (*whole || !is_required(field)) break;
        complain(field, "required", "You need to fill this in.");
    }
    json_t *value = json_string(whole);
    return value ? put_value(a, run_member(field, "variable_name"), value) : SAID_END;
}

/* The word for yes, no or "I don't know" that the line begins. */
static int yes_or_no(const char *line, bool maybe)
{
    int c = tolower((unsigned char)line[0]);
    return c == 'y' || c == '1' ? 1 : c == 'n' || c == '0' ? 0 : maybe && (c == 'm' || c == '?' || c == 'i') ? 2 : -1;
}

static enum said ask_boolean(struct answers *a, const json_t *field)
{
    char line[RUN_LINE], prompt[2 * LABEL];
    bool swapped = json_integer_value(json_object_get(field, "sign")) < 0, maybe = strcmp(run_member(field, "datatype"), "threestate") == 0;
    const json_t *preset = json_object_get(field, "default");
    const char *yes = run_member(field, "true_label"), *no = run_member(field, "false_label");
    bool own = *yes && *no && (strcmp(yes, "Yes") != 0 || strcmp(no, "No") != 0);
    (void)snprintf(prompt, sizeof prompt, "%.800s (%s%.200s%s%.200s%s)%s: ", label_of(field), own ? "y = " : "y", own ? yes : "", own ? ", n = " : "/n",
                   own ? no : "", maybe ? "/m = I don't know" : "",
                   json_is_true(preset)    ? " [y]"
                   : json_is_false(preset) ? " [n]"
                                           : "");
    for (;;) {
        enum said said = run_read(a->p, a->question, prompt, line);
        if (said != SAID_ANSWER) return said;
        int what = *line ? yes_or_no(line, maybe) : json_is_boolean(preset) ? json_is_true(preset) != swapped : is_required(field) ? -1 : 0;
        if (what == 2) return put_value(a, run_member(field, "variable_name"), json_null());
        if (what >= 0) return put_value(a, run_member(field, "variable_name"), json_boolean((what == 1) != swapped));
        printf("Please answer y or n%s.\n", maybe ? ", or m" : "");
    }
}

static bool is_selected(const json_t *choice) { return json_is_true(json_object_get(choice, "selected")) || json_is_true(json_object_get(choice, "default")); }

/* The number of the one that is chosen already, or that is the field's default; 0: none. */
static size_t show_choices(const json_t *field, const json_t *choices)
{
    size_t i, preset = 0;
    json_t *choice;
    char label[LABEL];
    json_array_foreach(choices, i, choice)
    {
        const json_t *value = json_object_get(choice, "value"), *usual = json_object_get(field, "default");
        run_plain(run_member(choice, "label"), label, sizeof label);
        printf("  %zu) ", i + 1);
        run_say(label);
        if (*run_member(choice, "help")) printf("     (%s)\n", run_member(choice, "help"));
        if (is_selected(choice) || (usual && value && json_equal(usual, value))) preset = i + 1;
    }
    return preset;
}

static enum said ask_number(struct answers *a, const json_t *field, size_t most, size_t preset, size_t *out)
{
    char line[RUN_LINE], prompt[64];
    if (preset)
        (void)snprintf(prompt, sizeof prompt, "number [%zu]: ", preset);
    else
        (void)snprintf(prompt, sizeof prompt, "number%s: ", is_required(field) ? "" : " (optional)");
    for (;;) {
        char *end;
        enum said said = run_read(a->p, a->question, prompt, line);
        if (said != SAID_ANSWER) return said;
        unsigned long n = strtoul(line, &end, 10);
        if (!*line && (preset || !is_required(field))) return *out = preset, SAID_ANSWER;
        if (*line && !*end && n >= 1 && n <= most) return *out = n, SAID_ANSWER;
        printf("Please type one of the numbers.\n");
    }
}

/* objects: a choice names a variable; what stands there is sent */

/* The next part of a dotted, indexed name: "a.b[0]['c']". */
static const json_t *step_into(const json_t *o, const char **at)
{
    char key[LABEL];
    size_t n;
    if (**at == '[') {
        const char *from = *at + 1, *end = strchr(from, ']');
        if (!end) return NULL;
        *at = end + 1;
        const json_t *elements = json_object_get(o, "elements");
        if (!elements) elements = o;
        if (json_is_array(elements)) return json_array_get(elements, strtoul(from, NULL, 10));
        bool quoted = *from == '\'' || *from == '"';
        (void)snprintf(key, sizeof key, "%.*s", (int)(end - from) - 2 * quoted, from + quoted);
        return json_object_get(elements, key);
    }
    if (**at == '.') (*at)++;
    n = strcspn(*at, ".[");
    (void)snprintf(key, sizeof key, "%.*s", (int)n, *at);
    *at += n;
    return json_object_get(o, key);
}

/* A copy of the variable's value; NULL if it is not there. */
static json_t *object_named(struct play *p, const char *name)
{
    struct play own = *p;
    struct param q[] = { { STR("i"), str_c(p->interview) }, { STR("session"), str_c(p->session) }, { STR("secret"), str_c(p->secret) } };
    json_t *copy = NULL;
    own.mem = NULL;
    own.reply = NULL;
    if (play_request(&own, M_GET, "/api/session", (struct params){ q, COUNT_OF(q) }, STR_NULL, NULL) == ERR_OK) {
        const json_t *at = own.reply;
        while (at && *name) at = step_into(at, &name);
        copy = at ? json_deep_copy(at) : NULL;
    }
    arena_free(own.mem);
    return copy;
}

static bool is_object(const char *type) { return strncmp(type, "object", 6) == 0; }

static json_t *chosen_value(struct answers *a, const json_t *field, const json_t *choice)
{
    json_t *value = json_object_get(choice, "value");
    json_t *object = is_object(run_member(field, "datatype")) && json_is_string(value) ? object_named(a->p, json_string_value(value)) : NULL;
    return object ? object : value ? json_incref(value) : json_null();
}

static enum said ask_choice(struct answers *a, const json_t *field, const json_t *choices)
{
    size_t n = 0, preset;
    const char *variable = run_member(field, "variable_name");
    if (json_array_size(choices) == 0) return SAID_ANSWER;
    if (*variable && *run_member(field, "label")) run_say(label_of(field));
    preset = show_choices(field, choices);
    enum said said = ask_number(a, field, json_array_size(choices), preset, &n);
    if (said != SAID_ANSWER || n == 0) return said == SAID_ANSWER && *variable ? put_value(a, variable, json_null()) : said;
    const json_t *choice = json_array_get(choices, n - 1);
    return put_value(a, *variable ? variable : run_member(choice, "variable_name"), chosen_value(a, field, choice));
}

/* Marks the numbers of the line; false if something in it is no number of a choice. */
static bool mark_numbers(const char *line, size_t most, bool *marks)
{
    if (strcmp(line, "all") == 0) return memset(marks, 1, most), true;
    while (*line) {
        char *end;
        unsigned long n = strtoul(line, &end, 10);
        if (end == line || n < 1 || n > most) return false;
        marks[n - 1] = true;
        line = end + strspn(end, ", ");
    }
    return true;
}

/* The whole dictionary at once (language 8.4); of objects, a list of them. */
static json_t *checked(struct answers *a, const json_t *field, const json_t *choices, const bool *marks)
{
    bool objects = is_object(run_member(field, "datatype"));
    json_t *elements = objects ? json_array() : json_object(), *choice;
    const char *variable = run_member(field, "variable_name");
    size_t i;
    json_array_foreach(choices, i, choice)
    {
        const char *name = run_member(choice, "variable_name"), *from = name + strlen(variable), *to = strrchr(name, ']');
        if (objects && marks[i] && json_object_get(choice, "value")) (void)json_array_append_new(elements, chosen_value(a, field, choice));
        if (!objects && to && to - from >= 3 && *from == '[') (void)json_object_setn_new(elements, from + 2, (size_t)(to - from - 3), json_boolean(marks[i]));
    }
    return json_pack("{s:s, s:s, s:o, s:b, s:b}", "_class", objects ? "docassemble.base.util.DAList" : "docassemble.base.util.DADict", "instanceName", variable,
                     "elements", elements, "auto_gather", 0, "gathered", 1);
}

static enum said ask_checks(struct answers *a, const json_t *field, const json_t *choices)
{
    enum { MOST = 1000 };
    char line[RUN_LINE];
    bool marks[MOST] = { false };
    size_t n = json_array_size(choices) < MOST ? json_array_size(choices) : MOST, i;
    const json_t *choice;
    run_say(label_of(field));
    (void)show_choices(field, choices);
    for (;;) {
        enum said said = run_read(a->p, a->question, "numbers, or all; Enter for none: ", line);
        if (said != SAID_ANSWER) return said;
        memset(marks, 0, sizeof marks);
        if (mark_numbers(line, n, marks)) break;
        printf("Please type numbers with blanks between them.\n");
    }
    json_array_foreach(choices, i, choice) if (i < n && marks[i] && strcmp(line, "all") != 0 && !json_object_get(choice, "value"))
        memset(marks, 0, sizeof marks); /* none of the above */
    return put_value(a, run_member(field, "variable_name"), checked(a, field, choices, marks));
}

/* files */

static enum said ask_file(struct answers *a, const json_t *field, bool signature)
{
    char line[RUN_LINE], prompt[2 * LABEL];
    if (signature)
        (void)snprintf(prompt, sizeof prompt, "Path of a picture of your signature, or Enter for a blank one: ");
    else
        (void)snprintf(prompt, sizeof prompt, "%.800s, path of a file%s: ", label_of(field), is_required(field) ? "" : " (optional)");
    for (;;) {
        enum said said = run_read(a->p, a->question, prompt, line);
        if (said != SAID_ANSWER) return said;
        FILE *f = *line ? fopen(line, "re") : NULL;
        if (f) (void)fclose(f);
        if (!*line && !signature && !is_required(field)) return put_value(a, run_member(field, "variable_name"), json_null());
        if ((f || (!*line && signature)) && a->n_uploads < RUN_UPLOADS) break;
        if (*line)
            printf("That file cannot be read.\n");
        else
            complain(field, "required", "You must provide a file.");
    }
    struct upload *u = &a->uploads[a->n_uploads++];
    u->variable = run_member(field, "variable_name");
    (void)snprintf(u->path, sizeof u->path, "%s", line);
    return SAID_ANSWER;
}

/* one field, one screen */

/* Is what another field of the screen was answered with what this one wants? (language 4.7) */
static bool is_shown(const struct answers *a, const json_t *field)
{
    const json_t *other = json_object_get(a->variables, run_member(field, "show_if_var")), *sign = json_object_get(field, "show_if_sign");
    char text[LABEL] = "";
    if (json_is_false(json_object_get(field, "active"))) return false;
    if (!other) return true;
    if (json_is_boolean(other)) (void)snprintf(text, sizeof text, "%s", json_is_true(other) ? "True" : "False");
    if (json_is_string(other)) (void)snprintf(text, sizeof text, "%s", json_string_value(other));
    if (json_is_number(other)) (void)snprintf(text, sizeof text, "%.15g", json_number_value(other));
    return (strcmp(text, run_member(field, "show_if_val")) == 0) == (json_integer_value(sign) != 0);
}

static void say_plain(const char *html)
{
    char text[8 * LABEL];
    run_plain(html, text, sizeof text);
    if (text[strspn(text, " ")]) run_say(text);
}

/* What is only to be read. */
static bool show_only(const json_t *field)
{
    const char *type = run_member(field, "datatype");
    if (strcmp(type, "note") == 0)
        run_say(run_member(field, "note"));
    else if (strcmp(type, "html") == 0)
        say_plain(run_member(field, "html"));
    else if (strcmp(type, "button") == 0) {
        printf("- %s\n", run_member(field, "label"));
        if (*run_member(field, "helptext")) run_say(run_member(field, "helptext"));
    } else
        return *run_member(field, "variable_name") == 0 && !json_object_get(field, "choices");
    return true;
}

static enum said ask_field(struct answers *a, const json_t *field)
{
    static const char *const files[] = { "file", "files", "camera", "user", "environment", "camcorder", "microphone", NULL };
    static const char *const checks[] = { "checkboxes", "multiselect", "object_checkboxes", "object_multiselect", NULL };
    const char *type = run_member(field, "datatype"), *screen = run_member(a->question, "questionType");
    const json_t *choices = json_object_get(field, "choices");
    if (!is_shown(a, field) || show_only(field)) return SAID_ANSWER;
    if (*run_member(field, "helptext")) run_say(run_member(field, "helptext"));
    if (*run_member(field, "hint")) printf("(such as %s)\n", run_member(field, "hint"));
    if (choices) return is_any(type, checks) ? ask_checks(a, field, choices) : ask_choice(a, field, choices);
    if (strcmp(screen, "signature") == 0 || is_any(type, files)) return ask_file(a, field, strcmp(screen, "signature") == 0);
    if (strcmp(type, "boolean") == 0 || strcmp(type, "threestate") == 0) return ask_boolean(a, field);
    if (!*type) return put_value(a, run_member(field, "variable_name"), json_true()); /* a screen that only wants to be seen */
    return strcmp(run_member(field, "inputtype"), "area") == 0 ? ask_area(a, field) : ask_line(a, field);
}

enum said run_ask(struct answers *a)
{
    size_t i;
    json_t *field;
    enum said said = SAID_ANSWER;
    char line[RUN_LINE], prompt[LABEL];
    bool asked = false;
    json_array_foreach(json_object_get(a->question, "fields"), i, field)
    {
        size_t before = json_object_size(a->variables) + a->n_uploads;
        if ((said = ask_field(a, field)) != SAID_ANSWER) return said;
        bool silent = !*run_member(field, "datatype") && !json_object_get(field, "choices") && a->n_uploads == 0;
        asked = asked || (json_object_size(a->variables) + a->n_uploads > before && !silent);
    }
    if (asked) return said;
    (void)snprintf(prompt, sizeof prompt, "(Enter: %.200s) ",
                   *run_member(a->question, "continueLabel") ? run_member(a->question, "continueLabel") : "Continue");
    return run_read(a->p, a->question, prompt, line);
}
