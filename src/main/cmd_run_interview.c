/* main/cmd_run_interview.c: `interview run`: an interview in the terminal, over the operations that clients use.
 *
 * A server without a listener, in a folder of its own that is removed afterwards. After an error the author may mend the file and go on. */
#include "base/clock.h"
#include "main/cli.h"
#include "main/run_interview.h"
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { UPLOAD_MAX = 16 << 20, BOUNDARY = 24 };

/* requests */

static err as_json(struct arena *mem, str text, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct jw w = JW(&b);
    jw_str(&w, text);
    return buf_to_arena(&b, mem, out);
}

err play_request(struct play *p, enum method m, const char *path, struct params query, str body, const char *type)
{
    struct call c;
    struct reply reply = { 0 };
    struct header head[] = { { STR("X-API-Key"), str_c(p->key) }, { STR("Content-Type"), str_c(type ? type : "application/json") } };
    struct req rq = { .method = m,
                      .method_text = str_c(method_name(m)),
                      .target = str_c(path),
                      .path = str_c(path),
                      .query = query,
                      .headers = head,
                      .n_headers = COUNT_OF(head),
                      .body = body,
                      .host = STR("localhost"),
                      .peer = STR("127.0.0.1"),
                      .scheme = STR("http"),
                      .id = STR("terminal") };
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
    if (reply.status >= 400) TRY(as_json(p->mem, json, &json)); /* a bare text */
    if (json.n && (json.p[0] == '{' || json.p[0] == '[' || json.p[0] == '"') &&
        json_read(p->mem, json, &(struct json_rules){ .nan = true }, &p->reply, NULL) == ERR_NOMEM)
        return ERR_NOMEM;
    if (!p->reply && json.n) printf("%.*s\n", STR_ARG(json)); /* what the interview answers by itself */
    return ERR_OK;
}

static err get_question(struct play *p)
{
    struct param q[] = { { STR("i"), str_c(p->interview) }, { STR("session"), str_c(p->session) }, { STR("secret"), str_c(p->secret) } };
    return play_request(p, M_GET, "/api/session/question", (struct params){ q, COUNT_OF(q) }, STR_NULL, NULL);
}

static err begin(struct play *p)
{
    struct param q[] = { { STR("i"), str_c(p->interview) } };
    TRY(play_request(p, M_GET, "/api/session/new", (struct params){ q, 1 }, STR_NULL, NULL));
    if (p->status != 200 || !p->reply) return ERR_OK;
    (void)snprintf(p->session, sizeof p->session, "%s", run_member(p->reply, "session"));
    (void)snprintf(p->secret, sizeof p->secret, "%s", run_member(p->reply, "secret"));
    return get_question(p);
}

/* The question again; an interview that did not even begin begins anew. */
static err again(struct play *p) { return *p->session ? get_question(p) : begin(p); }

static json_t *body_of(const struct play *p) { return json_pack("{s:s, s:s, s:s}", "i", p->interview, "session", p->session, "secret", p->secret); }

static err go_back(struct play *p)
{
    json_t *body = body_of(p);
    char *text = body ? json_dumps(body, JSON_COMPACT) : NULL;
    json_decref(body);
    if (!text) return ERR_NOMEM;
    err e = play_request(p, M_POST, "/api/session/back", (struct params){ 0 }, str_c(text), NULL);
    free(text);
    if (e || p->status == 200) return e;
    /* The first screen has none before it. */
    run_say(json_is_string(p->reply) ? json_string_value(p->reply) : "Cannot go back.");
    return get_question(p);
}

/* uploads */

/* 1 by 1, transparent. */
static const unsigned char blank_picture[] = {
    0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n', 0,    0,    0, 13, 'I', 'H', 'D', 'R', 0,   0,    0,    1,    0,    0, 0,
    1,    8,   6,   0,   0,    0,    0x1f, 0x15, 0xc4, 0x89, 0, 0,  0,   13,  'I', 'D', 'A', 'T',  0x78, 0x9c, 0x63, 0, 1,
    0,    0,   5,   0,   1,    0x0d, 0x0a, 0x2d, 0xb4, 0,    0, 0,  0,   'I', 'E', 'N', 'D', 0xae, 0x42, 0x60, 0x82,
};

static void add_part(struct buf *b, const char *boundary, const char *name, const char *filename)
{
    buf_printf(b, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, name);
    if (filename) buf_printf(b, "; filename=\"%s\"", filename);
    buf_z(b, "\r\n\r\n");
}

static void add_file(struct buf *b, const char *path)
{
    char piece[65536];
    ssize_t n = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (fd >= 0 && (n = read(fd, piece, sizeof piece)) > 0) buf_add(b, (str){ piece, (size_t)n });
    if (fd < 0 || n < 0) b->bad = ERR_INPUT;
    if (fd >= 0) (void)close(fd);
}

/* The last part of a path, as far as a header can hold it. */
static void name_of(const char *path, char *out, size_t n)
{
    const char *slash = strrchr(path, '/');
    (void)snprintf(out, n, "%.200s", *path ? slash ? slash + 1 : path : "signature.png");
    for (char *c = out; *c; c++)
        if (*c == '"' || *c == '\\') *c = '_';
}

/* The members of body as fields of a form, the uploads behind them. */
static void write_form(struct buf *b, const char *boundary, json_t *body, const struct answers *a)
{
    const char *key;
    json_t *value;
    char name[32], filename[256];
    json_object_foreach(body, key, value)
    {
        char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_COMPACT);
        add_part(b, boundary, key, NULL);
        buf_z(b, text ? text : run_member(body, key));
        buf_z(b, "\r\n");
        free(text);
    }
    for (size_t i = 0; i < a->n_uploads; i++) {
        (void)snprintf(name, sizeof name, "file%zu", i);
        name_of(a->uploads[i].path, filename, sizeof filename);
        add_part(b, boundary, name, filename);
        if (*a->uploads[i].path)
            add_file(b, a->uploads[i].path);
        else
            buf_add(b, (str){ (const char *)blank_picture, sizeof blank_picture });
        buf_z(b, "\r\n");
    }
    buf_printf(b, "--%s--\r\n", boundary);
}

static err send_form(struct play *p, json_t *body, const struct answers *a)
{
    CLEANUP(buf_release) struct buf b = BUF(UPLOAD_MAX);
    char boundary[BOUNDARY + 1] = "", type[128], name[32];
    json_t *files = json_object();
    for (size_t i = 0; files && i < a->n_uploads; i++) {
        (void)snprintf(name, sizeof name, "file%zu", i);
        (void)json_object_set_new(files, name, json_string(a->uploads[i].variable));
    }
    if (!files || json_object_set_new(body, "file_variables", files)) return ERR_NOMEM;
    crypto_random_text(boundary, BOUNDARY, CRYPTO_ALNUM);
    (void)snprintf(type, sizeof type, "multipart/form-data; boundary=%s", boundary);
    write_form(&b, boundary, body, a);
    TRY(b.bad);
    return play_request(p, M_POST, "/api/session", (struct params){ 0 }, buf_str(&b), type);
}

/* one screen */

/* A choice without a variable must not be marked as answered (api 25, no. 3). */
static bool is_bare_choice(json_t *variables)
{
    const char *key;
    json_t *value;
    json_object_foreach(variables, key, value) if (strncmp(key, "_internal", 9) == 0) return true;
    return false;
}

static err submit(struct answers *a)
{
    const json_t *q = a->question;
    json_t *body = body_of(a->p), *events = json_object_get(q, "event_list");
    const char *done = run_member(q, "question_variable_name");
    if (!body) return ERR_NOMEM;
    if (*done && !json_object_get(a->variables, done)) (void)json_object_set_new(a->variables, done, json_true());
    (void)json_object_set(body, "variables", a->variables);
    if (!is_bare_choice(a->variables)) (void)json_object_set(body, "question_name", json_object_get(q, "questionName"));
    if (events) (void)json_object_set(body, "event_list", events);
    char *text = a->n_uploads ? NULL : json_dumps(body, JSON_COMPACT);
    err e = a->n_uploads ? send_form(a->p, body, a) : text ? play_request(a->p, M_POST, "/api/session", (struct params){ 0 }, str_c(text), NULL) : ERR_NOMEM;
    free(text);
    json_decref(body);
    return e;
}

static void show(const json_t *q)
{
    size_t i;
    json_t *part;
    run_heading(run_member(q, "questionText"));
    if (*run_member(q, "subquestionText")) printf("\n"), run_say(run_member(q, "subquestionText"));
    if (*run_member(q, "underText")) printf("\n"), run_say(run_member(q, "underText"));
    json_array_foreach(json_object_get(q, "attachments"), i, part) printf("\n[document: %s]\n", run_member(part, "name"));
    json_array_foreach(json_object_get(q, "message_log"), i, part) if (*run_member(part, "message")) run_say(run_member(part, "message"));
    printf("\n");
}

/* Nothing follows such a screen. */
static bool is_end(const char *type)
{
    static const char *const ends[] = { "deadend", "exit", "leave", "logout", "exit_logout", "restart", "new_session", "signin", "register", "redirect" };
    for (size_t i = 0; i < COUNT_OF(ends); i++)
        if (strcmp(type, ends[i]) == 0) return true;
    return false;
}

static enum said play_screen(struct play *p, err *e)
{
    struct upload *uploads = NEW_N(p->mem, struct upload, RUN_UPLOADS);
    struct answers a = { .p = p, .question = p->reply, .variables = json_object(), .uploads = uploads };
    *e = uploads && a.variables ? ERR_OK : ERR_NOMEM;
    show(p->reply);
    enum said said = *e ? SAID_END : run_ask(&a);
    if (said == SAID_ANSWER) *e = submit(&a);
    json_decref(a.variables);
    return said;
}

/* errors */

static const char *cause(const struct play *p) { return json_is_string(p->reply) ? json_string_value(p->reply) : ""; }

/* The cause, as the server words it. */
static void tell(const struct play *p)
{
    bool undefined = strcmp(run_member(p->reply, "questionType"), "undefined_variable") == 0;
    printf("\n");
    if (undefined)
        printf("Nothing in the interview defines %s, and it is needed here.\n", run_member(p->reply, "variable"));
    else if (*cause(p))
        run_say(cause(p));
    else
        printf("The server answered with status %d.\n", p->status);
}

static enum said after_error(struct play *p)
{
    char line[RUN_LINE];
    tell(p);
    printf("Mend the file and type :again, or type :back, :vars or :quit.\n");
    for (;;) {
        enum said said = run_read(p, NULL, "> ", line);
        if (said != SAID_ANSWER) return said;
        if (!*line) return SAID_AGAIN;
    }
}

static bool is_question(const struct play *p)
{
    return p->status == 200 && json_is_object(p->reply) && strcmp(run_member(p->reply, "questionType"), "undefined_variable") != 0;
}

static int loop(struct play *p)
{
    err e = begin(p);
    bool absent = strncmp(cause(p), "DANotFoundError", 15) == 0 || strncmp(cause(p), "DAInvalidFilename", 17) == 0;
    if (!e && !*p->session && absent) return cli_fail("interview run: %s; interview list tells what there is", cause(p));
    while (!e) {
        bool good = is_question(p);
        if (good && is_end(run_member(p->reply, "questionType"))) return show(p->reply), printf("(The interview ends here.)\n"), 0;
        enum said said = good ? play_screen(p, &e) : after_error(p);
        if (e) break;
        if (said == SAID_QUIT || said == SAID_END) return printf("\n"), !good;
        if (said == SAID_BACK) e = *p->session ? go_back(p) : begin(p);
        if (said == SAID_AGAIN) e = again(p);
    }
    if (e == ERR_LIMIT || e == ERR_INPUT) return cli_fail("interview run: the file cannot be read, or is larger than 16 MB");
    return cli_fail("interview run: %s", err_name(e));
}

/* the house */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

/* Ctrl-C ends the input, not the program: the folder is to be removed. A read that waits ends, and one that comes later finds nothing. */
static volatile sig_atomic_t nothing = -1; /* descriptor of /dev/null */
static void interrupted(int sig)
{
    (void)sig;
    (void)dup2(nothing, STDIN_FILENO);
}

static void end_by_signal(void)
{
    struct sigaction end = { .sa_handler = interrupted }; /* no SA_RESTART */
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; nothing >= 0 && i < COUNT_OF(signals); i++) (void)sigaction(signals[i], &end, NULL);
}

static err set_up(struct cli *c, const char *dir)
{
    str text;
    c->config.data = dir;
    TRY(arena_printf(c->mem, &text, "sqlite:%s/chancery.db", dir));
    c->config.store_url = text.p;
    TRY(arena_printf(c->mem, &text, "%s/master.key", dir));
    c->config.master_key_file = text.p;
    TRY(arena_printf(c->mem, &text, "file:%s/files", dir));
    c->config.files_url = text.p;
    c->config.log_level = c->verbose ? "debug" : "error";
    c->config.dialect = "document"; /* in which errors say where they arose */
    return ERR_OK;
}

static err open_house(struct app *a, struct cli *c, struct play *p, str *why)
{
    TRY(app_open(a, c->mem, &c->config, true, why));
    crypto_random_text(p->key, 32, CRYPTO_ALNUM);
    struct bootstrap admin = { STR("you@localhost.localdomain"), str_c(p->key), str_c(p->key) };
    TRY(app_bootstrap(a, &admin, why));
    return app_start(a, why);
}

int cmd_interview_run(struct cli *c)
{
    char dir[PATH_MAX];
    struct app a = APP;
    struct play p = { .app = &a, .interview = c->args[0] };
    str why = STR_NULL;
    end_by_signal();
    if (!cli_temporary("chancery-run-", dir, sizeof dir)) return cli_fail("interview run: no temporary folder can be made");
    a.migrate = true;
    err e = set_up(c, dir);
    if (!e) e = open_house(&a, c, &p, &why);
    int status = e ? cli_fail("interview run: " STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why)) : loop(&p);
    arena_free(p.mem);
    if (a.router) router_stop(a.router, 0);
    app_close(&a);
    (void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return status;
}
