/* main/cmd_store.c: check, config, migrate, openapi. */
#include "main/app.h"
#include "main/cli.h"
#include <stdio.h>
#include <unistd.h>

enum { PRINT_MAX = 64 << 20 };

static int print_and_free(struct buf *b)
{
    bool ok = buf_ok(b) == ERR_OK && fwrite(b->p ? b->p : "", 1, b->n, stdout) == b->n;
    buf_release(b);
    return ok ? 0 : cli_fail("standard output: cannot be written");
}

int cmd_config(struct cli *c)
{
    struct buf b = BUF(PRINT_MAX);
    if (c->document)
        config_document(&b);
    else
        config_print(&c->config, c->json, &b);
    return print_and_free(&b);
}

int cmd_openapi(struct cli *c)
{
    for (size_t i = 0; app_documents[i]; i++) {
        if (!str_is(str_c(c->args[0]), app_documents[i]->name)) continue;
        struct buf b = BUF(PRINT_MAX);
        if (openapi_print(app_documents[i], &b) != ERR_OK) return buf_release(&b), cli_fail("openapi: out of memory");
        buf_char(&b, '\n');
        return print_and_free(&b);
    }
    (void)cli_fail("openapi: no family %s in this build; there is:", c->args[0]);
    for (size_t i = 0; app_documents[i]; i++) (void)fprintf(stderr, "  %s\n", app_documents[i]->name);
    return 2;
}

int cmd_check(struct cli *c)
{
    struct app a = APP;
    str why = STR_NULL;
    /* Looks without changing: a folder that is not there is no mistake, it is made on the first start. */
    if (access(c->config.data, F_OK) != 0) {
        if (!c->quiet) printf("configuration: good\nstore: %s does not exist yet; `chancery serve` makes it\n", c->config.data);
        return 0;
    }
    err e = app_open(&a, c->mem, &c->config, false, &why);
    if (!e) e = app_check_queries(&a, &why);
    if (!e && !c->quiet) printf("configuration: good\nstore: good (%s)\n", store_engine(a.store));
    if (e) (void)cli_fail(STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why));
    app_close(&a);
    return e ? 1 : 0;
}

int cmd_migrate(struct cli *c)
{
    str why = STR_NULL;
    struct store *s = NULL;
    struct buf lines = BUF(1 << 20);
    bool current = false;
    size_t n;
    if (access(c->config.data, F_OK) != 0 && str_starts(str_c(c->config.store_url), STR("sqlite:")))
        return cli_fail("%s: no such data folder; `chancery serve` makes it, or name it with --data", c->config.data);
    const struct migration *all = app_migrations(c->mem, &n);
    struct store_options o = { .url = c->config.store_url, .readers = 2, .queue = 16, .durable = true };
    err e = all ? store_open(c->mem, &o, &s, &why) : ERR_NOMEM;
    if (!e && !c->status) e = store_migrate(s, c->mem, all, n, &why);
    if (!e) e = store_migration_status(s, c->mem, all, n, &lines, &current);
    if (s) store_close(s);
    if (e) return buf_release(&lines), cli_fail("migrate: " STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why));
    if (c->quiet) buf_clear(&lines);
    return print_and_free(&lines) ? 1 : current ? 0 : 1;
}
