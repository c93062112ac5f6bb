/* main/cmd_store.c: check, config, migrate, openapi. */
#include "base/json.h"
#include "main/app.h"
#include "main/cli.h"
#include <stdio.h>

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
    CLEANUP(buf_release) struct buf names = BUF(1000);
    for (size_t i = 0; app_documents[i]; i++) buf_printf(&names, "%s%s", i ? ", " : "", app_documents[i]->name);
    return (void)cli_fail("openapi: no family %s in this build; there is: " STR_FMT, c->args[0], STR_ARG(buf_str(&names))), 2;
}

static void say_good(str here, str absent)
{
    bool more = absent.n > 0;
    printf("configuration: good\nfamilies: " STR_FMT "%s" STR_FMT "%s\n", STR_ARG(here.n ? here : STR("none")), more ? " (not in this version: " : "",
           STR_ARG(absent), more ? ")" : "");
}

int cmd_check(struct cli *c)
{
    struct app a = APP;
    str why = STR_NULL, here, absent;
    a.look = true;
    if (app_check_families(&c->config, c->mem, &here, &absent, &why) != ERR_OK) return cli_fail(STR_FMT, STR_ARG(why));
    if (c->config.tls_cert && http_check_tls(c->mem, c->config.tls_cert, c->config.tls_key, &why) != ERR_OK) return cli_fail(STR_FMT, STR_ARG(why));
    /* A store that is not there is no mistake, it is made on the first start. */
    if (!app_has_store(&c->config)) {
        if (!c->quiet) say_good(here, absent);
        if (!c->quiet) printf("store: not there yet; `chancery serve` makes it in %s\n", c->config.data);
        return 0;
    }
    err e = app_open(&a, c->mem, &c->config, false, &why);
    if (!e) e = app_check_queries(&a, &why);
    if (!e && !c->quiet) say_good(here, absent);
    if (!e && !c->quiet) printf("store: good (%s)\n", store_engine(a.store));
    if (e) (void)cli_fail(STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why));
    app_close(&a);
    return e ? 1 : 0;
}

/* "applied 0001_accounts" -> {"name":"0001_accounts","state":"applied"}. */
static void lines_to_json(struct buf *lines)
{
    struct buf json = BUF(1 << 20);
    struct jw w = JW(&json);
    str rest = buf_str(lines), line, state;
    jw_open(&w, '[');
    while (rest.n) {
        (void)str_cut(&rest, '\n', &line);
        (void)str_cut(&line, ' ', &state);
        jw_open(&w, '{');
        jw_kstr(&w, "name", line);
        jw_kstr(&w, "state", state);
        jw_close(&w, '}');
    }
    jw_close(&w, ']');
    buf_char(&json, '\n');
    buf_release(lines);
    *lines = json;
}

int cmd_migrate(struct cli *c)
{
    str why = STR_NULL;
    struct store *s = NULL;
    struct buf lines = BUF(1 << 20);
    bool current = false;
    size_t n;
    if (!app_has_store(&c->config)) return cli_fail("%s: no store here yet; `chancery serve` makes it, or name another folder with --data", c->config.data);
    const struct migration *all = app_migrations(c->mem, &n);
    struct store_options o = { .url = c->config.store_url,
                               .readers = 2,
                               .queue = 16,
                               .durable = true,
                               .listen_url = c->config.store_listen_url,
                               .no_prepare = str_is(str_c(c->config.store_prepare), "off") };
    err e = all ? store_open(c->mem, &o, &s, &why) : ERR_NOMEM;
    if (!e && !c->status) e = store_migrate(s, c->mem, all, n, &why);
    if (!e) e = store_migration_status(s, c->mem, all, n, &lines, &current);
    if (s) store_close(s);
    if (e == ERR_CONFLICT && lines.n) why = app_last_line(&lines);
    if (e) {
        (void)cli_fail("migrate: " STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why));
        return buf_release(&lines), 1;
    }
    if (c->quiet) buf_clear(&lines);
    if (c->json) lines_to_json(&lines);
    return print_and_free(&lines) ? 1 : current ? 0 : 1;
}
