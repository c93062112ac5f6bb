/* main/cmd_interview.c: what interviews are installed; and one played in the terminal, over the same operations that clients use. */
#include "base/clock.h"
#include "base/json.h"
#include "main/app.h"
#include "main/cli.h"
#include <dirent.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE_MAX_BYTES = 4096, DEPTH = 8 };

/* --- interview list --- */

struct found {
    struct arena *mem;
    str          *v;
    size_t        n, room;
};

static err add(struct found *f, const char *package, const char *below)
{
    if (f->n == f->room) {
        size_t room = f->room ? f->room * 2 : 256;
        str   *v = NEW_N(f->mem, str, room);
        if (!v) return ERR_NOMEM;
        if (f->n) memcpy(v, f->v, f->n * sizeof *v);
        f->v = v;
        f->room = room;
    }
    return arena_printf(f->mem, &f->v[f->n++], "%s:data/questions/%s", package, below);
}

static bool is_yaml(const char *name) { return str_ends(str_c(name), STR(".yml")) || str_ends(str_c(name), STR(".yaml")); }

static err walk(struct found *f, const char *package, const char *dir, const char *below, int depth)
{
    DIR *d = depth < DEPTH ? opendir(dir) : NULL;
    err  e = ERR_OK;
    for (struct dirent *x; d && !e && (x = readdir(d));) {
        str path, name;
        if (x->d_name[0] == '.') continue;
        e = arena_printf(f->mem, &path, "%s/%s", dir, x->d_name);
        if (!e) e = arena_printf(f->mem, &name, "%s%s%s", below, *below ? "/" : "", x->d_name);
        struct stat st;
        if (e || stat(path.p, &st) != 0) continue;
        if (S_ISDIR(st.st_mode))
            e = walk(f, package, path.p, name.p, depth + 1);
        else if (is_yaml(x->d_name))
            e = add(f, package, name.p);
    }
    if (d) closedir(d);
    return e;
}

static err walk_packages(struct found *f, const char *folder)
{
    DIR *d = opendir(folder);
    err  e = ERR_OK;
    for (struct dirent *x; d && !e && (x = readdir(d));) {
        str questions;
        if (!str_starts(str_c(x->d_name), STR("docassemble."))) continue;
        e = arena_printf(f->mem, &questions, "%s/%s/data/questions", folder, x->d_name);
        if (!e) e = walk(f, x->d_name, questions.p, "", 0);
    }
    if (d) closedir(d);
    return e;
}

static int by_text(const void *a, const void *b) { return str_cmp(*(const str *)a, *(const str *)b); }

int cmd_interview_list(struct cli *c)
{
    struct app   a = APP;
    struct found f = { .mem = c->mem };
    a.mem = c->mem;
    a.config = &c->config;
    err e = app_find_folders(&a);
    for (size_t i = 0; i < a.n_folders && !e; i++) e = walk_packages(&f, a.folders[i]);
    if (e) return cli_fail("interview list: %s", err_name(e));
    if (f.n) qsort(f.v, f.n, sizeof *f.v, by_text);
    CLEANUP(buf_release) struct buf b = BUF(64 << 20);
    struct jw w = JW(&b);
    if (c->json) jw_open(&w, '[');
    for (size_t i = 0; i < f.n; i++) {
        if (i && str_eq(f.v[i], f.v[i - 1])) continue; /* an earlier folder has it already */
        if (c->json)
            jw_str(&w, f.v[i]);
        else
            buf_printf(&b, STR_FMT "\n", STR_ARG(f.v[i]));
    }
    if (c->json) jw_close(&w, ']'), buf_char(&b, '\n');
    if (buf_ok(&b) || fwrite(b.p ? b.p : "", 1, b.n, stdout) != b.n) return cli_fail("interview list: cannot be written");
    return 0;
}

/* --- interview run: a server without a listener, in a folder of its own that is removed afterwards --- */

struct play {
    struct app *app;
    const char *interview;
    char        key[33];
    char        session[64], secret[64];
    struct arena *mem; /* of the reply at hand */
    json_t     *reply;
    int         status;
};

/* One request through the router, as if a client had sent it. */
static err request(struct play *p, enum method m, const char *path, struct params query, str body)
{
    struct call   c;
    struct reply  reply = { 0 };
    struct header head[] = { { STR("X-API-Key"), str_c(p->key) }, { STR("Content-Type"), STR("application/json") } };
    struct req    rq = { .method = m, .method_text = str_c(method_name(m)), .target = str_c(path), .path = str_c(path), .query = query, .headers = head,
                         .n_headers = COUNT_OF(head), .body = body, .host = STR("localhost"), .peer = STR("127.0.0.1"), .scheme = STR("http"), .id = STR("terminal") };
    TRY(app_call(p->app, &c));
    arena_free(p->mem);
    p->mem = c.mem;
    c.rq = &rq;
    c.reply = &reply;
    c.request_id = rq.id;
    router_run(p->app->router, &c);
    p->status = reply.status;
    p->reply = NULL;
    str json = str_trim(reply.body);
    if (json.n && (json.p[0] == '{' || json.p[0] == '[' || json.p[0] == '"')) return json_read(p->mem, json, &(struct json_rules){ .nan = true }, &p->reply, NULL);
    if (json.n) printf(STR_FMT "\n", STR_ARG(json));
    return ERR_OK;
}

static const char *text_of(const json_t *o, const char *key)
{
    const char *s = json_string_value(json_object_get(o, key));
    return s ? s : "";
}

static err ask_question(struct play *p)
{
    struct param q[] = { { STR("i"), str_c(p->interview) }, { STR("session"), str_c(p->session) }, { STR("secret"), str_c(p->secret) } };
    return request(p, M_GET, "/api/session/question", (struct params){ q, COUNT_OF(q) }, STR_NULL);
}

static err begin(struct play *p)
{
    struct param q[] = { { STR("i"), str_c(p->interview) } };
    TRY(request(p, M_GET, "/api/session/new", (struct params){ q, 1 }, STR_NULL));
    if (p->status != 200 || !p->reply) return ERR_INPUT;
    (void)snprintf(p->session, sizeof p->session, "%s", text_of(p->reply, "session"));
    (void)snprintf(p->secret, sizeof p->secret, "%s", text_of(p->reply, "secret"));
    return ask_question(p);
}

static bool read_line(char line[static LINE_MAX_BYTES], const char *prompt)
{
    printf("%s", prompt);
    (void)fflush(stdout);
    if (!fgets(line, LINE_MAX_BYTES, stdin)) return false;
    line[strcspn(line, "\r\n")] = 0;
    return true;
}

/* Shows numbered choices and reads one; NULL at the end of input. */
static json_t *pick(const json_t *choices)
{
    char line[LINE_MAX_BYTES];
    for (;;) {
        for (size_t i = 0; i < json_array_size(choices); i++) printf("  %zu) %s\n", i + 1, text_of(json_array_get(choices, i), "label"));
        if (!read_line(line, "number: ")) return NULL;
        char *end;
        unsigned long n = strtoul(line, &end, 10);
        if (end != line && n >= 1 && n <= json_array_size(choices)) return json_array_get(choices, n - 1);
        printf("Please type one of the numbers.\n");
    }
}

static json_t *number_of(const char *line, bool whole)
{
    char  *end;
    double d = strtod(line, &end);
    if (end == line || *end || (whole && !(d >= -9e15 && d <= 9e15))) return NULL;
    return whole ? json_integer((json_int_t)d) : json_real(d);
}

/* One answer as JSON; a new reference, NULL at the end of input. */
static json_t *answer_text(const json_t *field)
{
    char line[LINE_MAX_BYTES], prompt[LINE_MAX_BYTES];
    const char *type = text_of(field, "datatype");
    const char *preset = text_of(field, "default");
    (void)snprintf(prompt, sizeof prompt, "%s%s%s%s: ", text_of(field, "label"), *preset ? " [" : "", preset, *preset ? "]" : "");
    for (;;) {
        if (!read_line(line, prompt)) return NULL;
        const char *value = *line ? line : preset;
        bool        required = !json_is_false(json_object_get(field, "required"));
        if (!*value && required) {
            printf("You need to fill this in.\n");
            continue;
        }
        if (!*value) return json_null();
        if (strcmp(type, "integer") == 0 || strcmp(type, "number") == 0 || strcmp(type, "currency") == 0 || strcmp(type, "float") == 0) {
            json_t *n = number_of(value, strcmp(type, "integer") == 0);
            if (n) return n;
            printf("You need to enter a number.\n");
            continue;
        }
        return json_string(value);
    }
}

static json_t *answer_boolean(const json_t *field, const char *label)
{
    char line[LINE_MAX_BYTES], prompt[LINE_MAX_BYTES];
    bool swapped = json_integer_value(json_object_get(field, "sign")) < 0;
    (void)snprintf(prompt, sizeof prompt, "%s (y/n): ", label);
    for (;;) {
        if (!read_line(line, prompt)) return NULL;
        if (line[0] == 'y' || line[0] == 'Y') return json_boolean(!swapped);
        if (line[0] == 'n' || line[0] == 'N') return json_boolean(swapped);
    }
}

/* Checkboxes: the whole dictionary at once (language 8.4). */
static json_t *answer_checkboxes(const char *variable, const json_t *choices)
{
    json_t *elements = json_object();
    for (size_t i = 0; i < json_array_size(choices); i++) {
        json_t     *choice = json_array_get(choices, i);
        const char *name = text_of(choice, "variable_name"), *from = strchr(name, '['), *to = strrchr(name, ']');
        if (!from || !to || to - from < 4) continue;
        json_t *yes = answer_boolean(choice, text_of(choice, "label"));
        if (!yes) return json_decref(elements), NULL;
        (void)json_object_setn_new(elements, from + 2, (size_t)(to - from - 3), yes);
    }
    return json_pack("{s:s, s:s, s:o, s:b, s:b}", "_class", "docassemble.base.util.DADict", "instanceName", variable, "elements", elements, "auto_gather", 0,
                     "gathered", 1);
}

/* Asks for one field and adds it to variables; false at the end of input. */
static bool ask_field(const json_t *field, json_t *variables)
{
    const char *variable = text_of(field, "variable_name"), *type = text_of(field, "datatype");
    json_t     *choices = json_object_get(field, "choices"), *value;
    if (json_is_false(json_object_get(field, "active"))) return true;
    if (*text_of(field, "note")) printf("%s\n", text_of(field, "note"));
    if (choices && !*variable) {
        json_t *choice = pick(choices);
        if (!choice) return false;
        return json_object_set(variables, text_of(choice, "variable_name"), json_object_get(choice, "value")) == 0;
    }
    if (!*variable) return true;
    if (choices && (strcmp(type, "checkboxes") == 0 || strcmp(type, "multiselect") == 0)) {
        printf("%s\n", text_of(field, "label"));
        value = answer_checkboxes(variable, choices);
    } else if (choices) {
        if (*text_of(field, "label")) printf("%s\n", text_of(field, "label"));
        json_t *choice = pick(choices);
        value = choice ? json_incref(json_object_get(choice, "value")) : NULL;
    } else if (strcmp(type, "boolean") == 0 || strcmp(type, "threestate") == 0) {
        value = answer_boolean(field, *text_of(field, "label") ? text_of(field, "label") : "Your answer");
    } else if (!*type) {
        value = json_true(); /* a screen that only wants to be seen */
    } else {
        value = answer_text(field);
    }
    return value && json_object_set_new(variables, variable, value) == 0;
}

/* Sends what was answered and leaves the next question in p->reply. */
static err submit(struct play *p, const char *path, json_t *variables)
{
    json_t *q = p->reply;
    json_t *body = json_pack("{s:s, s:s, s:s}", "i", p->interview, "session", p->session, "secret", p->secret);
    if (!body) return ERR_NOMEM;
    if (variables) {
        const char *done = text_of(q, "question_variable_name");
        if (*done) (void)json_object_set_new(variables, done, json_true());
        (void)json_object_set(body, "variables", variables);
        /* A choice without a variable must not be marked as answered (api 25, no. 3). */
        bool choice = json_object_size(variables) == 1 && strncmp(json_object_iter_key(json_object_iter(variables)), "_internal", 9) == 0;
        if (json_is_true(json_object_get(q, "mandatory")) && !choice) (void)json_object_set(body, "question_name", json_object_get(q, "questionName"));
        if (json_object_get(q, "event_list")) (void)json_object_set(body, "event_list", json_object_get(q, "event_list"));
    }
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    if (!text) return ERR_NOMEM;
    err e = request(p, M_POST, path, (struct params){ 0 }, str_c(text));
    free(text);
    return e;
}

static bool is_end(const char *type)
{
    static const char *const ends[] = { "deadend", "exit", "leave", "logout", "exit_logout", "restart", "new_session", "signin", "register", "redirect", "undefined_variable" };
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (strcmp(type, ends[i]) == 0) return true;
    return false;
}

static void show(const json_t *q)
{
    printf("\n%s\n", text_of(q, "questionText"));
    if (*text_of(q, "subquestionText")) printf("\n%s\n", text_of(q, "subquestionText"));
}

static int loop(struct play *p)
{
    err e = begin(p);
    while (!e && p->status == 200 && p->reply) {
        const char *type = text_of(p->reply, "questionType");
        show(p->reply);
        if (strcmp(type, "undefined_variable") == 0) return cli_fail("interview run: nothing defines %s", text_of(p->reply, "variable"));
        if (is_end(type)) return 0;
        json_t *variables = json_object(), *fields = json_object_get(p->reply, "fields");
        bool    more = variables != NULL;
        for (size_t i = 0; more && i < json_array_size(fields); i++) more = ask_field(json_array_get(fields, i), variables);
        if (more && json_array_size(fields) == 1 && !*text_of(json_array_get(fields, 0), "datatype") && !json_object_get(json_array_get(fields, 0), "choices")) {
            char line[LINE_MAX_BYTES];
            more = read_line(line, "(Enter to continue) ");
        }
        e = more ? submit(p, "/api/session", variables) : ERR_OK;
        json_decref(variables);
        if (!more) return printf("\n"), 0;
    }
    if (json_is_string(p->reply)) return cli_fail("interview run: %s", json_string_value(p->reply));
    return e ? cli_fail("interview run: %s", err_name(e)) : 1;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static void interrupted(int sig) { (void)sig; }

/* Ctrl-C ends the reading of an answer, not the program: the folder is to be removed. */
static void end_by_signal(void)
{
    struct sigaction end = { .sa_handler = interrupted }; /* no SA_RESTART */
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    for (size_t i = 0; i < COUNT_OF(signals); i++) (void)sigaction(signals[i], &end, NULL);
}

int cmd_interview_run(struct cli *c)
{
    char        dir[] = "/tmp/chancery-run-XXXXXX";
    struct app  a = APP;
    struct play p = { .app = &a, .interview = c->args[0] };
    str         why = STR_NULL, url;
    end_by_signal();
    if (!mkdtemp(dir)) return cli_fail("interview run: no temporary folder can be made");
    c->config.data = dir;
    if (arena_printf(c->mem, &url, "sqlite:%s/chancery.db", dir) != ERR_OK) return cli_fail("out of memory");
    c->config.store_url = url.p;
    if (arena_printf(c->mem, &url, "%s/master.key", dir) != ERR_OK) return cli_fail("out of memory");
    c->config.master_key_file = url.p;
    if (arena_printf(c->mem, &url, "file:%s/files", dir) != ERR_OK) return cli_fail("out of memory");
    c->config.files_url = url.p;
    c->config.log_level = c->verbose ? "debug" : "error";
    c->config.dialect = "reference";
    a.migrate = true;
    err e = app_open(&a, c->mem, &c->config, true, &why);
    if (!e) crypto_random_text(p.key, 32, CRYPTO_ALNUM);
    struct bootstrap admin = { STR("you@localhost.localdomain"), str_c(p.key), str_c(p.key) };
    if (!e) e = app_bootstrap(&a, &admin, &why);
    if (!e) e = app_start(&a, &why);
    int status = e ? cli_fail("interview run: " STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why)) : loop(&p);
    arena_free(p.mem);
    if (a.router) router_stop(a.router, 0);
    app_close(&a);
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return status;
}
