/* tests/unit/store/rig.c: makes and removes what the store's tests run on. PG_TEMP, from the build, is the path of pg-temp.sh. */
#include "rig.h"
#include "base/fault.h"
#include "crypto/crypto.h"
#include <fcntl.h>
#include <ftw.h>
#include <sys/wait.h>
#include <unistd.h>

bool rig_pg, rig_pooler;

const struct migration rig_schema[] = {
    { 1, "0001_item", "CREATE TABLE item (\n  id {serial},\n  name TEXT NOT NULL UNIQUE,\n  body {blob},\n  n {bigint} CHECK (n <> 13));\n" },
    { 2, "0002_part",
      "CREATE TABLE part (\n  id {serial},\n  item_id {bigint} NOT NULL REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED);\n"
      "CREATE INDEX part_by_item ON part (item_id);\n" },
};
const size_t rig_schema_n = COUNT_OF(rig_schema);

const struct query rig_q[Q__COUNT] = {
    [Q_ADD] = { .in = "tb?i?", .out = "i", .sql = "INSERT INTO item (name, body, n) VALUES ($1, $2, $3) RETURNING id" },
    [Q_BY_NAME] = { .in = "t", .out = "ib?i?", .sql = "SELECT id, body, n FROM item WHERE name = $1" },
    [Q_SET_N] = { .in = "it", .sql = "UPDATE item SET n = $1 WHERE name = $2" },
    [Q_ALL] = { .in = "", .out = "tb?i?", .sql = "SELECT name, body, n FROM item ORDER BY id" },
    [Q_COUNT] = { .in = "", .out = "i", .sql = "SELECT count(*) FROM item" },
    [Q_DROP_ALL] = { .in = "", .sql = "DELETE FROM item" },
    [Q_ADD_PART] = { .in = "i", .sql = "INSERT INTO part (item_id) VALUES ($1)" },
    [Q_BAD_SQL] = { .in = "", .sql = "SELECT nothing FROM nowhere" },
    [Q_BUMP] = { .in = "t", .sql = "UPDATE item SET n = n + 1 WHERE name = $1" },
};

/* a server of our own */

static char server_dir[] = "/tmp/chancery-pg-XXXXXX";
static char server_url[192];
static int leash = -1; /* closed by our end, however that comes */
static pid_t keeper;

/* Outlives us by as long as it takes to stop the server. */
static void keep(int read_end)
{
    char c;
    (void)setsid();
    while (read(read_end, &c, 1) > 0) continue;
    (void)execl("/bin/sh", "sh", PG_TEMP, "stop", server_dir, (char *)NULL);
    _exit(127);
}

bool rig_pg_start(void)
{
    char command[1024];
    int ends[2];
    if (!mkdtemp(server_dir)) return false;
    (void)snprintf(command, sizeof command, "sh '%s' start '%s'", PG_TEMP, server_dir);
    (void)fflush(NULL);
    FILE *f = popen(command, "re");
    bool ok = f && fgets(server_url, sizeof server_url, f);
    if (!f || pclose(f) != 0 || !ok || pipe2(ends, O_CLOEXEC) != 0) {
        (void)rmdir(server_dir);
        (void)fprintf(stderr, "skipped: the store's tests on PostgreSQL\n");
        return false;
    }
    server_url[strcspn(server_url, "\n")] = '\0';
    leash = ends[1];
    keeper = fork();
    if (keeper == 0) {
        (void)close(ends[1]);
        keep(ends[0]);
    }
    (void)close(ends[0]);
    return true;
}

void rig_pg_stop(void)
{
    if (leash < 0) return;
    (void)close(leash);
    (void)waitpid(keeper, NULL, 0);
}

static char pooler_dir[] = "/tmp/chancery-pgb-XXXXXX";
static char pooler_url[192];

static bool pooler_script(const char *verb, const char *host)
{
    char command[1024];
    (void)snprintf(command, sizeof command, "sh '%.*s/pgbouncer-temp.sh' %s '%s' '%s'", (int)(strrchr(PG_TEMP, '/') - PG_TEMP), PG_TEMP, verb, pooler_dir,
                   host);
    return system(command) == 0;
}

bool rig_pooler_start(void)
{
    if (!mkdtemp(pooler_dir) || !pooler_script("start", strstr(server_url, "host=") + 5)) {
        (void)fprintf(stderr, "skipped: the store's tests through a pooler\n");
        return false;
    }
    (void)snprintf(pooler_url, sizeof pooler_url, "postgresql://chancery@/postgres?host=%s", pooler_dir);
    return rig_pooler = true;
}

void rig_pooler_stop(void)
{
    if (rig_pooler) (void)pooler_script("stop", "");
    rig_pooler = false;
}

/* one rig */

struct call rig_call(size_t ceiling)
{
    struct call c = { .mem = arena_new(ceiling) };
    assert_non_null(c.mem);
    return c;
}

void rig_call_end(struct call *c)
{
    arena_free(c->mem);
    c->mem = NULL;
}

err rig_open(struct rig *r, struct arena *a, struct store **out, str *why)
{
    struct store_options o = {
        .url = r->url, .readers = 4, .queue = 256, .durable = true, .keep_reads = true, .no_prepare = rig_pooler, .listen_url = rig_pooler ? "none" : NULL
    };
    return store_open(a, &o, out, why);
}

static err wipe(struct call *c)
{
    static const struct query drop = { .in = "", .sql = "DROP SCHEMA public CASCADE" };
    static const struct query make = { .in = "", .sql = "CREATE SCHEMA public" };
    TRY(db_run(c, &drop));
    return db_run(c, &make);
}

int rig_setup_bare(void **state)
{
    struct rig *r = calloc(1, sizeof *r);
    str why = STR_NULL;
    assert_non_null(r);
    assert_int_equal(crypto_init(), ERR_OK);
    (void)snprintf(r->dir, sizeof r->dir, "/tmp/chancery-store-XXXXXX");
    assert_non_null(mkdtemp(r->dir));
    if (rig_pg)
        (void)snprintf(r->url, sizeof r->url, "%s", rig_pooler ? pooler_url : server_url);
    else
        (void)snprintf(r->url, sizeof r->url, "sqlite:%s/rows.db", r->dir);
    r->a = arena_new(1024 * 1024);
    assert_non_null(r->a);
    r->c = rig_call(64 * 1024 * 1024);
    err e = rig_open(r, r->a, &r->s, &why);
    if (e != ERR_OK) print_error("%.*s\n", STR_ARG(why));
    assert_int_equal(e, ERR_OK);
    if (rig_pg) assert_int_equal(store_do(r->s, &r->c, TX_WRITE, wipe), ERR_OK);
    *state = r;
    return 0;
}

int rig_setup(void **state)
{
    str why = STR_NULL;
    (void)rig_setup_bare(state);
    struct rig *r = *state;
    err e = store_migrate(r->s, r->a, rig_schema, rig_schema_n, &why);
    if (e != ERR_OK) print_error("%.*s\n", STR_ARG(why));
    assert_int_equal(e, ERR_OK);
    return 0;
}

static int drop(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    (void)st, (void)kind, (void)at;
    return remove(path);
}

int rig_teardown(void **state)
{
    struct rig *r = *state;
    store_close(r->s);
    arena_free(r->a);
    rig_call_end(&r->c);
    (void)nftw(r->dir, drop, 16, FTW_DEPTH | FTW_PHYS);
    free(r);
    return 0;
}

/* small things */

err rig_add(struct call *c, const char *name, int64_t n) { return db_run(c, &rig_q[Q_ADD], str_c(name), STR_NULL, &n); }

static err count(struct call *c)
{
    struct cell *row;
    TRY(db_get(c, &rig_q[Q_COUNT], &row));
    *(int64_t *)c->state = row[0].i;
    return ERR_OK;
}

int64_t rig_count(struct rig *r)
{
    int64_t n = -1;
    r->c.state = &n;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, count), ERR_OK);
    return n;
}

struct wanted {
    const char *name;
    int64_t n;
};

static err n_of(struct call *c)
{
    struct wanted *w = c->state;
    struct cell *row;
    TRY(db_get(c, &rig_q[Q_BY_NAME], &row, str_c(w->name)));
    w->n = row[2].i;
    return ERR_OK;
}

int64_t rig_n_of(struct rig *r, const char *name)
{
    struct wanted w = { name, -1 };
    r->c.state = &w;
    assert_int_equal(store_do(r->s, &r->c, TX_READ, n_of), ERR_OK);
    return w.n;
}

void rig_fault_loop(struct rig *r, int64_t now_ms, err (*fn)(struct call *))
{
    err e = ERR_NOMEM;
    for (long n = 1; e != ERR_OK && n < 10000; n++) {
        struct call c = rig_call(1 << 20);
        c.now_ms = now_ms;
#ifdef CHANCERY_FAULTS
        fault_arm(n);
#endif
        e = store_do(r->s, &c, TX_WRITE, fn);
#ifdef CHANCERY_FAULTS
        fault_arm(0);
#endif
        rig_call_end(&c);
        if (e != ERR_OK && e != ERR_NOMEM && e != ERR_STORE) print_error("fault %ld: %s\n", n, err_name(e));
        assert_true(e == ERR_OK || e == ERR_NOMEM || e == ERR_STORE);
    }
    assert_int_equal(e, ERR_OK);
}

err rig_explain(struct call *c, const struct query *of, struct query *out)
{
    str text;
    TRY(arena_printf(c->mem, &text, "EXPLAIN %s", of->sql));
    *out = (struct query){ .in = of->in, .out = "t", .sql = arena_z(c->mem, text) };
    return out->sql ? ERR_OK : ERR_NOMEM;
}
