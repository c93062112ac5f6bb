/* main/cmd_check_interview.c: `interview check`: which files are interviews, a worker that reads each, and what it found, as compilers tell it.
 *
 * A worker knows files as PACKAGE:PATH below a folder of packages. Files that lie elsewhere (the source tree of a package, a single file) get such a
 * folder for the time of the check: a temporary one with a symbolic link in it. */
#include "base/json.h"
#include "main/app.h"
#include "main/cli.h"
#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 16 };
#define QUESTIONS STR("/data/questions/")

/* A folder of packages. */
struct root {
    str folder;   /* absent: those of the configuration */
    str package;  /* absent: any in the folder */
    str from, to; /* of a temporary one: what paths of reports begin with, and what is written instead */
};
struct target {
    str name;        /* PACKAGE:PATH */
    str shown, real; /* its file as the user named it, and in full; absent for a name */
    size_t root;
};
struct report {
    str path, severity, text;
    long line, column;
};
struct check {
    struct cli *cli;
    struct arena *mem;
    struct app app;
    struct root *roots;
    struct target *targets;
    struct report *reports;
    size_t n_roots, n_targets, n_reports;
    char temporary[PATH_MAX]; /* folder; empty: none was needed */
    char here[PATH_MAX];
};

/* Room for one more of *v; powers of two. */
static void *grow(struct arena *mem, void *v, size_t n, size_t size)
{
    if (n && (n & (n - 1))) return v;
    char *more = arena_take(mem, n ? 2 * n : 1, size, _Alignof(max_align_t));
    if (more && n) memcpy(more, v, n * size);
    return more;
}

/* where a file lies */

static size_t last_of(str path, str part)
{
    size_t found = path.n, at = 0;
    while ((at = str_search(str_from(path, at), part) + at) < path.n) found = at++;
    return found;
}

static str dir_of(str path)
{
    while (path.n && path.p[path.n - 1] != '/') path.n--;
    return path.n > 1 ? str_head(path, path.n - 1) : path;
}

static str base_of(str path) { return str_from(path, dir_of(path).n + (dir_of(path).n > 1)); }

static bool make_link(struct check *k, str from, str to)
{
    const char *link = arena_z(k->mem, from), *target = arena_z(k->mem, to);
    return link && target && symlink(target, link) == 0;
}

/* A temporary folder of packages whose PACKAGE[/data/questions] is the folder `real`. */
static err make_root(struct check *k, str package, bool is_questions, str real, struct root *out)
{
    if (!*k->temporary && !cli_temporary("chancery-check-", k->temporary, sizeof k->temporary)) return ERR_STORE;
    *out = (struct root){ .package = package, .to = real };
    TRY(arena_printf(k->mem, &out->folder, "%s/%zu", k->temporary, k->n_roots));
    if (mkdir(out->folder.p, 0700) != 0) return ERR_STORE;
    TRY(arena_printf(k->mem, &out->from, STR_FMT "/" STR_FMT, STR_ARG(out->folder), STR_ARG(package)));
    if (is_questions) {
        str data;
        if (mkdir(out->from.p, 0700) != 0) return ERR_STORE;
        TRY(arena_printf(k->mem, &data, STR_FMT "/data", STR_ARG(out->from)));
        if (mkdir(data.p, 0700) != 0) return ERR_STORE;
        TRY(arena_printf(k->mem, &out->from, STR_FMT "/questions", STR_ARG(data)));
    }
    return make_link(k, out->from, real) ? ERR_OK : ERR_STORE;
}

static err add_root(struct check *k, const struct root *r, size_t *out)
{
    k->roots = grow(k->mem, k->roots, k->n_roots, sizeof *k->roots);
    if (!k->roots) return ERR_NOMEM;
    k->roots[ *out = k->n_roots++] = *r;
    return ERR_OK;
}

/* The root for files below `real`, which is a folder of packages, or stands for a package or its questions. */
static err root_of(struct check *k, str package, bool is_linked, bool is_questions, str real, size_t *out)
{
    struct root r = { .folder = real };
    for (size_t i = 0; i < k->n_roots; i++)
        if (str_eq(is_linked ? k->roots[i].to : k->roots[i].folder, real)) return *out = i, ERR_OK;
    if (is_linked) TRY(make_root(k, package, is_questions, real, &r));
    return add_root(k, &r, out);
}

/* Finds root and name of a file by its place: PACKAGE/data/questions/…, docassemble/NAME/data/questions/…, or anywhere. */
static err place(struct check *k, struct target *t)
{
    size_t at = last_of(t->real, QUESTIONS);
    str whole = str_head(t->real, at), last = base_of(whole), rest = str_from(t->real, at + 1), package = STR("docassemble.checked");
    if (at == t->real.n) {
        TRY(root_of(k, package, true, true, dir_of(t->real), &t->root));
        return arena_printf(k->mem, &t->name, STR_FMT ":data/questions/" STR_FMT, STR_ARG(package), STR_ARG(base_of(t->real)));
    }
    bool is_named = str_starts(last, STR("docassemble.")), is_source = !is_named && str_is(base_of(dir_of(whole)), "docassemble");
    if (is_named) package = last;
    if (is_source) TRY(arena_printf(k->mem, &package, "docassemble." STR_FMT, STR_ARG(last)));
    TRY(root_of(k, package, !is_named, false, is_named ? dir_of(whole) : whole, &t->root));
    return arena_printf(k->mem, &t->name, STR_FMT ":" STR_FMT, STR_ARG(package), STR_ARG(rest));
}

/* which files */

static err add_target(struct check *k, const struct target *t)
{
    k->targets = grow(k->mem, k->targets, k->n_targets, sizeof *k->targets);
    if (!k->targets) return ERR_NOMEM;
    k->targets[k->n_targets++] = *t;
    return ERR_OK;
}

static err add_file(struct check *k, str shown)
{
    char whole[PATH_MAX];
    struct target t = { 0 };
    if (!realpath(shown.p, whole)) return ERR_NOT_FOUND;
    TRY(arena_str(k->mem, shown, &t.shown));
    TRY(arena_str(k->mem, str_c(whole), &t.real));
    TRY(place(k, &t));
    return add_target(k, &t);
}

static bool is_yaml(str name) { return str_ends(name, STR(".yml")) || str_ends(name, STR(".yaml")); }

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* Names in a folder, sorted, without hidden ones. */
static err names_in(struct check *k, const char *folder, char ***out, size_t *n)
{
    DIR *d = opendir(folder);
    err e = ERR_OK;
    char **v = NULL;
    *n = 0;
    for (struct dirent *x; d && !e && (x = readdir(d));) {
        if (x->d_name[0] == '.') continue;
        v = grow(k->mem, v, *n, sizeof *v);
        char *name = v ? arena_z(k->mem, str_c(x->d_name)) : NULL;
        if (name)
            v[(*n)++] = name;
        else
            e = ERR_NOMEM;
    }
    if (d) closedir(d);
    if (!e && *n) qsort(v, *n, sizeof *v, by_name);
    *out = v;
    return e;
}

/* all: every YAML file; else only those in a folder data/questions. */
static err walk(struct check *k, str folder, bool all, int depth)
{
    char **names, whole[PATH_MAX];
    size_t n;
    if (depth > DEPTH) return ERR_OK;
    TRY(names_in(k, folder.p, &names, &n));
    for (size_t i = 0; i < n; i++) {
        struct stat st;
        str path;
        bool slash = folder.n && folder.p[folder.n - 1] == '/';
        TRY(arena_printf(k->mem, &path, STR_FMT "%s%s", STR_ARG(folder), slash ? "" : "/", names[i]));
        if (lstat(path.p, &st) != 0) continue;
        if (S_ISDIR(st.st_mode))
            TRY(walk(k, path, all, depth + 1));
        else if (is_yaml(path) && realpath(path.p, whole) && (all || str_search(str_c(whole), QUESTIONS) < strlen(whole)))
            TRY(add_file(k, path));
    }
    return ERR_OK;
}

static err add_folder(struct check *k, str folder)
{
    size_t before = k->n_targets;
    TRY(walk(k, folder, false, 0));
    return k->n_targets == before ? walk(k, folder, true, 0) : ERR_OK;
}

static err add_path(struct check *k, str path)
{
    struct stat st;
    struct root configured = { 0 };
    if (str_absent(path)) return ERR_NOT_FOUND;
    if (stat(path.p, &st) == 0) return S_ISDIR(st.st_mode) ? add_folder(k, path) : add_file(k, path);
    if (str_find(path, ':', 0) == path.n) return ERR_NOT_FOUND;
    struct target t = { .name = path };
    while (t.root < k->n_roots && !str_absent(k->roots[t.root].folder)) t.root++;
    if (t.root == k->n_roots) TRY(add_root(k, &configured, &t.root));
    return add_target(k, &t);
}

/* asking */

static err add_report(struct check *k, const struct report *r)
{
    k->reports = grow(k->mem, k->reports, k->n_reports, sizeof *k->reports);
    if (!k->reports) return ERR_NOMEM;
    k->reports[k->n_reports++] = *r;
    return ERR_OK;
}

static str member(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? (str){ json_string_value(v), json_string_length(v) } : STR_NULL;
}

/* The path of a report as the user would write it. */
static err shown_path(struct check *k, const struct target *t, const json_t *row, str *out)
{
    const struct root *r = &k->roots[t->root];
    str path = member(row, "path"), here = str_c(k->here);
    if (str_absent(path)) return arena_str(k->mem, str_absent(t->shown) ? member(row, "name") : t->shown, out);
    if (!str_absent(r->from) && str_starts(path, r->from))
        TRY(arena_printf(k->mem, &path, STR_FMT STR_FMT, STR_ARG(r->to), STR_ARG(str_from(path, r->from.n))));
    if (str_eq(path, t->real)) return arena_str(k->mem, t->shown, out);
    if (here.n > 1 && str_starts(path, here) && path.p[here.n] == '/') path = str_from(path, here.n + 1);
    return arena_str(k->mem, path, out);
}

static err take_row(struct check *k, const struct target *t, const json_t *row)
{
    struct report r = { .line = (long)json_integer_value(json_object_get(row, "line")), .column = (long)json_integer_value(json_object_get(row, "column")) };
    TRY(shown_path(k, t, row, &r.path));
    TRY(arena_str(k->mem, member(row, "severity"), &r.severity));
    TRY(arena_str(k->mem, member(row, "text"), &r.text));
    return add_report(k, &r);
}

static err take_reply(struct check *k, const struct target *t, struct arena *mem, const struct frame *reply)
{
    json_t *rows;
    if (frame_get_u64(reply, TAG_OUTCOME, OUT_ERROR) != OUT_METADATA) {
        struct report r = { .path = str_absent(t->shown) ? t->name : t->shown, .severity = STR("error"), .line = 1, .column = 1 };
        TRY(arena_str(k->mem, frame_get(reply, TAG_ERROR), &r.text));
        return add_report(k, &r);
    }
    TRY(json_read(mem, frame_get(reply, TAG_JSON), &(struct json_rules){ 0 }, &rows, NULL));
    for (size_t i = 0; i < json_array_size(rows); i++) TRY(take_row(k, t, json_array_get(rows, i)));
    return ERR_OK;
}

static err ask(struct check *k, const struct target *t, struct arena *mem)
{
    CLEANUP(buf_release) struct buf request = BUF(64 * 1024);
    struct frame reply;
    uint64_t served;
    const char *why = "";
    frame_begin(&request, MSG_CALL, 0, 0);
    frame_u64(&request, TAG_OP, OP_CHECK);
    frame_str(&request, TAG_INTERVIEW, t->name);
    TRY(frame_end(&request));
    err e = worker_call(k->app.workers, mem, &(struct worker_ask){ str_head(t->name, str_find(t->name, ':', 0)), 0, &request }, &reply, &served, &why);
    if (!e) return take_reply(k, t, mem, &reply);
    if (e != ERR_WORKER && e != ERR_INPUT) return e;
    struct report r = {
        .path = str_absent(t->shown) ? t->name : t->shown, .severity = STR("error"), .line = 1, .column = 1, .text = STR("not the name of a file of a package")
    };
    if (e == ERR_WORKER) TRY(arena_printf(k->mem, &r.text, "reading it took too much: %s", why));
    return add_report(k, &r);
}

static err ask_all(struct check *k, size_t root)
{
    for (size_t i = 0; i < k->n_targets; i++) {
        if (k->targets[i].root != root) continue;
        struct arena *mem = arena_new((size_t)128 << 20);
        err e = mem ? ask(k, &k->targets[i], mem) : ERR_NOMEM;
        arena_free(mem);
        TRY(e);
    }
    return ERR_OK;
}

/* The root's own folders stand before the configured ones; what a link leads to must be readable as well. */
static err set_folders(struct check *k, const struct root *r)
{
    k->app.folders = NULL;
    TRY(app_find_folders(&k->app));
    if (str_absent(r->folder)) return ERR_OK;
    const char **all = NEW_N(k->mem, const char *, k->app.n_folders + 2);
    size_t n = 0;
    if (!all) return ERR_NOMEM;
    all[n++] = arena_z(k->mem, r->folder);
    if (!str_absent(r->to)) all[n++] = arena_z(k->mem, r->to);
    for (size_t i = 0; i < k->app.n_folders; i++) all[n + i] = k->app.folders[i];
    k->app.folders = all;
    k->app.n_folders += n;
    return all[0] && all[n - 1] ? ERR_OK : ERR_NOMEM;
}

static err check_root(struct check *k, size_t root, str *why)
{
    k->app.n_folders = 0;
    TRY(set_folders(k, &k->roots[root]));
    TRY(app_start_workers(&k->app, why));
    err e = ask_all(k, root);
    workers_stop(k->app.workers);
    k->app.workers = NULL;
    return e;
}

/* telling */

static int by_place(const void *a, const void *b)
{
    const struct report *x = a, *y = b;
    int order = str_cmp(x->path, y->path);
    if (!order) order = (x->line > y->line) - (x->line < y->line);
    if (!order) order = (x->column > y->column) - (x->column < y->column);
    return order ? order : str_cmp(x->text, y->text);
}

static void write_json(struct jw *w, const struct report *r)
{
    jw_open(w, '{');
    jw_kstr(w, "file", r->path);
    jw_kint(w, "line", r->line);
    jw_kint(w, "column", r->column);
    jw_kstr(w, "severity", r->severity);
    jw_kstr(w, "text", r->text);
    jw_close(w, '}');
}

static void write_line(struct buf *b, const struct report *r)
{
    buf_printf(b, STR_FMT ":%ld:%ld: " STR_FMT ": ", STR_ARG(r->path), r->line, r->column, STR_ARG(r->severity));
    for (size_t i = 0; i < r->text.n; i++) buf_char(b, r->text.p[i] == '\n' ? ' ' : r->text.p[i]);
    buf_char(b, '\n');
}

static int tell(struct check *k)
{
    CLEANUP(buf_release) struct buf b = BUF(256 << 20);
    struct jw w = JW(&b);
    size_t errors = 0, warnings = 0;
    if (k->n_reports) qsort(k->reports, k->n_reports, sizeof *k->reports, by_place);
    if (k->cli->json) jw_open(&w, '[');
    for (size_t i = 0; i < k->n_reports; i++) {
        const struct report *r = &k->reports[i];
        if (i && by_place(r, r - 1) == 0) continue; /* a file that several include */
        bool is_error = str_is(r->severity, "error");
        errors += is_error;
        warnings += !is_error;
        if (k->cli->quiet && !is_error) continue;
        if (k->cli->json)
            write_json(&w, r);
        else
            write_line(&b, r);
    }
    if (k->cli->json) jw_close(&w, ']'), buf_char(&b, '\n');
    if (buf_ok(&b) || fwrite(b.p ? b.p : "", 1, b.n, stdout) != b.n) return cli_fail("interview check: cannot be written");
    if (k->cli->verbose) (void)fprintf(stderr, "%zu interviews, %zu errors, %zu warnings\n", k->n_targets, errors, warnings);
    return errors > 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

/* Status of the command, or -1: go on. */
static int collect(struct check *k)
{
    for (size_t i = 0; i < k->cli->n_args; i++) {
        size_t before = k->n_targets;
        err e = add_path(k, str_c(k->cli->args[i]));
        if (e == ERR_NOT_FOUND) return cli_fail("interview check: %s: there is no such file or folder", k->cli->args[i]);
        if (e) return cli_fail("interview check: %s: %s", k->cli->args[i], err_name(e));
        if (k->n_targets == before) return cli_fail("interview check: %s: no interviews in it (*.yml)", k->cli->args[i]);
    }
    return -1;
}

int cmd_interview_check(struct cli *c)
{
    struct check k = { .cli = c, .mem = c->mem, .app = APP };
    str why = STR_NULL;
    k.app.mem = c->mem;
    k.app.config = &c->config;
    c->config.workers_min = 1;
    c->config.log_level = c->verbose ? "debug" : "error";
    app_log(&c->config);
    if (!getcwd(k.here, sizeof k.here)) *k.here = 0;
    int status = collect(&k);
    for (size_t i = 0; i < k.n_roots && status < 0; i++) {
        err e = check_root(&k, i, &why);
        if (e) status = cli_fail("interview check: " STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why));
    }
    if (status < 0) status = tell(&k);
    if (*k.temporary) (void)nftw(k.temporary, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return status;
}
