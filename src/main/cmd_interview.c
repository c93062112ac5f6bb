/* main/cmd_interview.c: `interview list`: what interviews are installed. */
#include "base/json.h"
#include "main/app.h"
#include "main/cli.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 8 };

struct found {
    struct arena *mem;
    str *v;
    size_t n, room;
};

static err add(struct found *f, const char *package, const char *below)
{
    if (f->n == f->room) {
        size_t room = f->room ? f->room * 2 : 256;
        str *v = NEW_N(f->mem, str, room);
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
    err e = ERR_OK;
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
    err e = ERR_OK;
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
    struct app a = APP;
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
