/* main/cmd_hiring.c: apikey, candidate, livekit: hiring from the command line, on the store of a server that may be running. */
#include "base/clock.h"
#include "base/json.h"
#include "main/cmd_work.h"
#include <stdio.h>

enum { PRINT_MAX = 64 << 20 };

struct work {
    struct cli *cli;
    struct app app;
    struct call call;
    struct hiring_key *keys;
    size_t n;
    int64_t blanked;
};

static int run(struct work *w, enum tx tx, err (*fn)(struct call *)) { return work_run(w->cli, &w->app, &w->call, tx, fn, w); }

static int with_store(struct cli *c, int (*body)(struct work *))
{
    struct work w = { .cli = c };
    int status = work_open(c, false, &w.app, &w.call);
    if (!status) status = body(&w);
    work_close(&w.app, &w.call);
    return status;
}

/* apikey */

static err list_tx(struct call *c)
{
    struct work *w = c->state;
    return hiring_command_keys(&w->app.ring, c, w->cli->n_args ? str_c(w->cli->args[0]) : STR_NULL, &w->keys, &w->n);
}

static str when(int64_t ms, char iso[static CLOCK_ISO_MAX]) { return ms == SHAPE_NO_TIME ? STR_NULL : (str){ iso, clock_iso(ms, iso) }; }

static void write_key(struct jw *w, const struct hiring_key *k)
{
    char iso[CLOCK_ISO_MAX];
    jw_open(w, '{');
    jw_kstr(w, "id", k->id);
    jw_kstr(w, "email", k->email);
    jw_kstr(w, "name", k->name);
    jw_kstr(w, "key", k->shown);
    jw_kbool(w, "active", k->active);
    jw_kint(w, "usage_count", k->usage_count);
    jw_kstr(w, "created_at", when(k->created_at_ms, iso));
    jw_kstr(w, "last_used_at", when(k->last_used_at_ms, iso));
    jw_close(w, '}');
}

static void print_key(struct buf *b, const struct hiring_key *k)
{
    char iso[CLOCK_ISO_MAX];
    str used = when(k->last_used_at_ms, iso);
    buf_printf(b, STR_FMT "  " STR_FMT "...  %-8s %8lld uses, last %-24.*s  ", STR_ARG(k->id), STR_ARG(k->shown), k->active ? "active" : "inactive",
               (long long)k->usage_count, STR_ARG(str_absent(used) ? STR("never") : used));
    cli_plain(b, k->email);
    buf_z(b, "  ");
    cli_plain(b, k->name);
    buf_char(b, '\n');
}

static int list(struct work *w)
{
    if (run(w, TX_READ, list_tx)) return 1;
    CLEANUP(buf_release) struct buf b = BUF(PRINT_MAX);
    struct jw out = JW(&b);
    if (w->cli->json) jw_open(&out, '[');
    for (size_t i = 0; i < w->n; i++) {
        const struct hiring_key *k = &w->keys[i];
        if (w->cli->json)
            write_key(&out, k);
        else
            print_key(&b, k);
    }
    if (w->cli->json) jw_close(&out, ']'), buf_char(&b, '\n');
    if (buf_ok(&b) || fwrite(b.p ? b.p : "", 1, b.n, stdout) != b.n) return cli_fail("apikey list: cannot be written");
    return 0;
}
int cmd_apikey_list(struct cli *c) { return with_store(c, list); }

static err deactivate_tx(struct call *c)
{
    const struct work *w = c->state;
    return hiring_command_key_off(c, str_c(w->cli->args[0]));
}

static int deactivate(struct work *w)
{
    if (run(w, TX_WRITE, deactivate_tx)) return 1;
    if (!w->cli->quiet) printf("deactivated; the key is refused from now on\n");
    return 0;
}
int cmd_apikey_deactivate(struct cli *c) { return with_store(c, deactivate); }

/* hiring rotate */

static err rotate_tx(struct call *c)
{
    const struct work *w = c->state;
    return hiring_command_rotate(&w->app.ring, c, w->cli->end_tokens);
}

static int rotate(struct work *w)
{
    if (run(w, TX_WRITE, rotate_tx)) return 1;
    if (w->cli->quiet) return 0;
    printf("a new secret signs access tokens within seconds; %s\n",
           w->cli->end_tokens ? "those from before are good no longer" : "those from before stay good until they end");
    return 0;
}
int cmd_hiring_rotate(struct cli *c) { return with_store(c, rotate); }

/* candidate */

static err blank_tx(struct call *c)
{
    struct work *w = c->state;
    return hiring_command_blank(c, str_c(w->cli->email), &w->blanked);
}

static int blank(struct work *w)
{
    if (run(w, TX_WRITE, blank_tx)) return 1;
    if (w->blanked == 0) return cli_fail("candidate blank: %s: no interview of such a candidate", w->cli->email);
    if (!w->cli->quiet) printf("blanked in %lld interview%s: name, e-mail, feedback; scores are kept\n", (long long)w->blanked, w->blanked == 1 ? "" : "s");
    return 0;
}

int cmd_candidate_blank(struct cli *c)
{
    c->email = cli_email(c);
    return c->email ? with_store(c, blank) : 2;
}

/* livekit */

static int probe(struct work *w)
{
    const struct hiring_livekit o = app_livekit(&w->cli->config);
    const char *step = NULL;
    err e = hiring_command_probe(&o, &w->call, &step);
    if (e) return cli_fail("livekit check: %s: " STR_FMT, step, STR_ARG(str_absent(w->call.why.text) ? str_c(err_name(e)) : w->call.why.text));
    if (!w->cli->quiet) printf("LiveKit at %s: token accepted, a room made and removed\n", w->cli->config.livekit_url);
    return 0;
}

/* Needs no store. */
int cmd_livekit_check(struct cli *c)
{
    struct work w = { .cli = c, .app = APP };
    err e = crypto_init();
    if (!e) e = app_client(&c->config);
    if (!e) e = app_call(&w.app, &w.call);
    int status = e ? cli_fail("livekit check: %s", err_name(e)) : probe(&w);
    arena_free(w.call.mem);
    return status;
}
