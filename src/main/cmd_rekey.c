/* main/cmd_rekey.c: a new master key. Every step can be repeated: whoever is killed runs the command again, and a server that is started in between works,
 * since the key file holds both keys until nothing is sealed under the old one (docs/keys.md). */
#include "main/cmd_user_int.h"
#include <stdio.h>

enum { BATCH = 100 };

static const struct {
    const struct sealed_column *v;
    const size_t *n;
} columns[] = {
    { auth_sealed, &auth_sealed_n }, { mail_sealed, &mail_sealed_n }, { hiring_sealed, &hiring_sealed_n }, { accounts_sealed, &accounts_sealed_n }
};

err app_check_sealed(struct app *a, str *why)
{
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        for (size_t k = 0; k < *columns[i].n; k++) {
            TRY(store_check(a->store, a->mem, columns[i].v[k].list, 1, why));
            TRY(store_check(a->store, a->mem, columns[i].v[k].set, 1, why));
        }
    return ERR_OK;
}

struct rekey {
    struct app *app;
    const struct sealed_column *column;
    char last[64]; /* id of the last row that was looked at */
    size_t last_n;
    size_t seen; /* rows of this batch */
    int64_t done, lost;
};

static err begin_tx(struct call *c)
{
    const struct rekey *r = c->state;
    return auth_rekey_begin(c, &r->app->ring, r->app->master_key);
}

static err end_tx(struct call *c)
{
    const struct rekey *r = c->state;
    return auth_rekey_end(c, &r->app->ring);
}

/* A transaction that is run again begins from the same row: what it counts is added when it has ended. */
struct batch {
    struct rekey *r;
    str after;
    struct rows rows;
    int64_t done, lost;
};

static err batch_tx(struct call *c)
{
    struct batch *b = c->state;
    const struct sealed_column *k = b->r->column;
    const struct ring *ring = &b->r->app->ring;
    b->done = b->lost = 0;
    TRY(db_list(c, k->list, &b->rows, (str){ (const char *)ring->keys[0].id, RING_KEY_ID }, b->after, (int64_t)BATCH));
    for (size_t i = 0; i < b->rows.n; i++) {
        str id = b->rows.row[i][0].s, old = b->rows.row[i][2].s, bound = b->rows.row[i][1].s, plain, sealed;
        err e = ring_open(c->mem, ring, k->purpose, old, bound, &plain);
        if (e == ERR_INPUT || e == ERR_NOT_FOUND) {
            b->lost++;
            continue;
        }
        TRY(e);
        TRY(ring_seal(c->mem, ring, k->purpose, plain, bound, &sealed));
        TRY(db_run(c, k->set, sealed, id, old));
        b->done++;
    }
    return ERR_OK;
}

static err one_batch(struct rekey *r)
{
    struct call c;
    TRY(app_call(r->app, &c));
    struct batch b = { .r = r, .after = { r->last, r->last_n } };
    c.state = &b;
    err e = store_do(r->app->store, &c, TX_WRITE, batch_tx);
    if (!e) {
        r->seen = b.rows.n;
        r->done += b.done;
        r->lost += b.lost;
        str id = b.rows.n ? str_head(b.rows.row[b.rows.n - 1][0].s, sizeof r->last) : STR_NULL;
        if (id.n) memcpy(r->last, id.p, id.n);
        r->last_n = id.n;
    }
    arena_free(c.mem);
    return e;
}

static err one_column(struct rekey *r, const struct sealed_column *column)
{
    r->column = column;
    r->last[0] = '0';
    r->last_n = 1;
    do TRY(one_batch(r));
    while (r->seen);
    return ERR_OK;
}

static err step(struct rekey *r, err (*fn)(struct call *))
{
    struct call c;
    TRY(app_call(r->app, &c));
    c.state = r;
    err e = store_do(r->app->store, &c, TX_WRITE, fn);
    arena_free(c.mem);
    return e;
}

/* Both keys in the file before anything is sealed under the new one; the old one goes last. */
static err rekey(struct rekey *r, str *why)
{
    struct app *a = r->app;
    const char *path = a->config->master_key_file;
    if (a->ring.n == 1) {
        struct ring both;
        TRY(ring_renew(&a->ring, &both));
        err e = ring_store(a->mem, path, &both, why);
        if (!e) a->ring = both;
        ring_wipe(&both);
        TRY(e);
    }
    *why = STR("the store cannot be written; the log has the reason. Run the command again: nothing is lost");
    TRY(step(r, begin_tx));
    for (size_t i = 0; i < COUNT_OF(columns); i++)
        for (size_t k = 0; k < *columns[i].n; k++) TRY(one_column(r, &columns[i].v[k]));
    TRY(step(r, end_tx));
    struct ring alone = { 0 };
    TRY(ring_add(&alone, a->ring.keys[0].key));
    err e = ring_store(a->mem, path, &alone, why);
    ring_wipe(&alone);
    return e;
}

int cmd_rekey(struct cli *c)
{
    if (!app_has_store(&c->config)) return cli_fail("%s: no store here yet, hence no key; `chancery serve` makes both", c->config.data);
    struct app a = APP;
    struct rekey r = { .app = &a };
    str why = STR_NULL;
    a.migrate = true;
    /* A running server has read the key file already, and could not open what is sealed under a key that it does not know. */
    err e = app_open(&a, c->mem, &c->config, true, &why);
    if (!e) e = rekey(&r, &why);
    if (e) (void)cli_fail("rekey: " STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why));
    if (!e && !c->quiet)
        printf("the master key is a new one; %lld secrets were sealed anew. Keep a copy of %s apart from the store's backups\n", (long long)r.done,
               c->config.master_key_file);
    if (!e && r.lost) (void)cli_fail("rekey: %lld secrets were sealed under a key that is not known, and stay as they were", (long long)r.lost);
    app_close(&a);
    return e ? 1 : 0;
}
