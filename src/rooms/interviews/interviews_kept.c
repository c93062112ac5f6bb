/* rooms/interviews/interviews_kept.c: what interview code reads and writes besides its answers: contents of files, values outside the session.
 * Table: interview_value (scope, key → sealed value). A worker asks by TAG_WANTS and stores by TAG_PUT (worker/frame.h). */
#include "rooms/interviews/interviews_int.h"

enum {
    ROUNDS_MAX = 100,          /* calls that one request may cost because of what the worker asks for */
    GIVEN_MAX = FRAME_MAX / 2, /* bytes of all that is given */
    VALUE_MAX = 4 << 20,       /* of one value */
    NAME_BYTES_MAX = 4096,
};

enum { Q_FILE, Q_RESERVE, Q_FILL, Q_VALUE, Q_KEYS, Q_SET, Q_DROP, Q__COUNT };
static const struct query q[Q__COUNT] = {
    /* Files of this session, and of others that belong to the caller. */
    [Q_FILE] = { "itt", "t",
                 "SELECT u.content FROM interview_upload u WHERE u.id = $1 AND u.content <> '' AND (u.session_id = $2 OR EXISTS"
                 " (SELECT 1 FROM interview_owner o WHERE o.session_id = u.session_id AND o.account_id = $3))",
                 NULL },
    [Q_RESERVE] = { "tti", "i",
                    "INSERT INTO interview_upload (session_id, interview, filename, mimetype, extension, content, created_at_ms)"
                    " VALUES ($1, $2, '', '', '', '', $3) RETURNING id",
                    NULL },
    [Q_FILL] = { "ttttit", "", "UPDATE interview_upload SET filename = $1, mimetype = $2, extension = $3, content = $4 WHERE id = $5 AND session_id = $6",
                 NULL },
    [Q_VALUE] = { "tt", "b", "SELECT value FROM interview_value WHERE scope = $1 AND key = $2", NULL },
    [Q_KEYS] = { "t", "t", "SELECT key FROM interview_value WHERE scope = $1 ORDER BY key", NULL },
    [Q_SET] = { "ttbi", "",
                "INSERT INTO interview_value (scope, key, value, modified_at_ms) VALUES ($1, $2, $3, $4)"
                " ON CONFLICT (scope, key) DO UPDATE SET value = excluded.value, modified_at_ms = excluded.modified_at_ms",
                NULL },
    [Q_DROP] = { "tt", "", "DELETE FROM interview_value WHERE scope = $1 AND key = $2", NULL },
};

err kept_check_queries(struct store *s, struct arena *a, str *why) { return store_check(s, a, q, Q__COUNT, why); }

/* A name as the worker gave it: an array of a word and what it needs. */
struct name {
    str text;       /* JSON */
    str kind, v[5]; /* texts */
    size_t n;
    int64_t number;
};

static err read_name(struct arena *mem, str text, struct name *out)
{
    json_t *list;
    *out = (struct name){ .text = text };
    if (text.n > NAME_BYTES_MAX || json_read(mem, text, &(struct json_rules){ .depth = 2, .values = 16 }, &list, NULL)) return ERR_INPUT;
    for (size_t k = 0; k < json_array_size(list); k++) {
        const json_t *item = json_array_get(list, k);
        str s = json_is_string(item) ? (str){ json_string_value(item), json_string_length(item) } : STR_NULL;
        if (json_is_integer(item) && k == 1)
            out->number = json_integer_value(item);
        else if (s.p && !memchr(s.p, '\0', s.n) && k == 0)
            out->kind = s;
        else if (s.p && !memchr(s.p, '\0', s.n) && out->n < COUNT_OF(out->v))
            out->v[out->n++] = s;
        else
            return ERR_INPUT;
    }
    return ERR_OK;
}

/* Whose values a base means. What is no word of ours is a name that all interviews share. */
static err scope_of(struct visit *v, str base, str *out)
{
    struct arena *mem = v->c->mem;
    str package;
    if (str_is(base, "user")) return arena_printf(mem, out, "user:" STR_FMT, STR_ARG(v->c->who->account.id));
    if (str_is(base, "session")) return arena_printf(mem, out, "session:" STR_FMT, STR_ARG(v->id));
    if (str_is(base, "interview")) return arena_printf(mem, out, "interview:" STR_FMT, STR_ARG(v->i));
    if (str_is(base, "package")) {
        TRY(interview_package(v->i, &package));
        return arena_printf(mem, out, "package:" STR_FMT, STR_ARG(package));
    }
    return arena_printf(mem, out, "all:" STR_FMT, STR_ARG(base));
}

/* What a value's seal binds: where it stands. */
static err place_of(struct arena *mem, str scope, str key, str *out)
{
    return arena_printf(mem, out, "value:%zu:" STR_FMT ":" STR_FMT, scope.n, STR_ARG(scope), STR_ARG(key));
}

/* giving */

struct giving {
    struct visit *v;
    json_t *wants;
    struct buf *out;
};

/* value absent: there is no such thing. */
static void put_given(struct giving *g, str name, str value)
{
    CLEANUP(buf_release) struct buf b = BUF(GIVEN_MAX);
    for (int i = 0; i < 4; i++) buf_char(&b, (char)(unsigned char)(name.n >> 8 * i));
    buf_add(&b, name);
    if (!str_absent(value)) buf_char(&b, '=');
    if (!str_absent(value)) buf_add(&b, value);
    if (b.bad && !g->out->bad) g->out->bad = b.bad;
    if (!b.bad) frame_str(g->out, TAG_GIVEN, buf_str(&b));
}

static err give_file(struct call *c, struct giving *g, const struct name *n, str *out)
{
    struct cell *row;
    TRY(db_find(c, &q[Q_FILE], &row, n->number, g->v->id, c->who->account.id));
    if (!row) return ERR_OK;
    err e = files_get(g->v->r->o.files, c->mem, row[0].s, out);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static err give_number(struct call *c, struct giving *g, str *out)
{
    struct cell *row;
    TRY(db_get(c, &q[Q_RESERVE], &row, g->v->id, g->v->i, c->now_ms));
    return arena_printf(c->mem, out, "%lld", (long long)row[0].i);
}

static err give_value(struct call *c, struct giving *g, const struct name *n, str *out)
{
    struct cell *row;
    str scope, place;
    TRY(scope_of(g->v, n->v[0], &scope));
    TRY(db_find(c, &q[Q_VALUE], &row, scope, n->v[1]));
    if (!row || row[0].s.n < CRYPTO_SEAL_EXTRA) return ERR_OK;
    TRY(place_of(c->mem, scope, n->v[1], &place));
    uint8_t *plain = NEW_N(c->mem, uint8_t, row[0].s.n);
    if (!plain) return ERR_NOMEM;
    err e = crypto_open(plain, g->v->r->key, row[0].s, place);
    *out = (str){ (char *)plain, row[0].s.n - CRYPTO_SEAL_EXTRA };
    return e == ERR_INPUT ? ERR_STORE : e;
}

static err give_keys(struct call *c, struct giving *g, const struct name *n, str *out)
{
    struct rows rows;
    str scope;
    CLEANUP(buf_release) struct buf b = BUF(4 << 20);
    struct jw w = JW(&b);
    TRY(scope_of(g->v, n->v[0], &scope));
    TRY(db_list(c, &q[Q_KEYS], &rows, scope));
    jw_open(&w, '[');
    for (size_t k = 0; k < rows.n; k++) jw_str(&w, rows.row[k][0].s);
    jw_close(&w, ']');
    return buf_to_arena(&b, c->mem, out);
}

static err give_one(struct call *c, struct giving *g, str text)
{
    struct name n;
    str value = STR_NULL;
    TRY(read_name(c->mem, text, &n));
    if (str_is(n.kind, "file"))
        TRY(give_file(c, g, &n, &value));
    else if (str_is(n.kind, "number"))
        TRY(give_number(c, g, &value));
    else if (str_is(n.kind, "value") && n.n == 2)
        TRY(give_value(c, g, &n, &value));
    else if (str_is(n.kind, "keys") && n.n == 1)
        TRY(give_keys(c, g, &n, &value));
    else
        return ERR_INPUT;
    put_given(g, text, value);
    return ERR_OK;
}

static err give_tx(struct call *c)
{
    struct giving *g = c->state;
    for (size_t k = 0; k < json_array_size(g->wants); k++) {
        /* The name goes back as the worker wrote it, so that it finds it again. */
        const json_t *item = json_array_get(g->wants, k);
        if (!json_is_string(item)) return ERR_INPUT;
        TRY(give_one(c, g, (str){ json_string_value(item), json_string_length(item) }));
    }
    return ERR_OK;
}

err kept_give(struct visit *v)
{
    struct call *c = v->c;
    struct giving g = { .v = v, .out = &v->given };
    if (++v->rounds > ROUNDS_MAX) return fail(c, ERR_INPUT, NULL, "DAError: the interview reads too many files and values in one step");
    if (json_read(c->mem, frame_get(&v->reply, TAG_WANTS), &(struct json_rules){ .depth = 1, .values = 4096 }, &g.wants, NULL) || json_array_size(g.wants) == 0)
        return v->why = "protocol", ERR_WORKER;
    c->state = &g;
    err e = store_do(v->r->o.store, c, TX_WRITE, give_tx);
    c->state = v;
    if (e == ERR_INPUT) return v->why = "protocol", ERR_WORKER;
    if (!e && v->given.bad == ERR_LIMIT) return fail(c, ERR_INPUT, NULL, "DAError: the interview reads more than 48 MiB of files and values in one step");
    return e ? e : buf_ok(&v->given);
}

/* keeping */

struct put {
    struct name n;
    str contents;
    char stored[FILES_NAME];
};

static err read_put(struct arena *mem, str member, struct put *out)
{
    size_t n = 0;
    for (size_t i = 4; i-- > 0;) n = n << 8 | (unsigned char)member.p[i];
    if (n > member.n - 4) return ERR_INPUT;
    TRY(read_name(mem, (str){ member.p + 4, n }, &out->n));
    out->contents = str_from(member, 4 + n);
    bool file = str_is(out->n.kind, "file") && out->n.n == 3 && out->n.number > 0;
    bool value = (str_is(out->n.kind, "value") || str_is(out->n.kind, "drop")) && out->n.n == 2 && out->contents.n <= VALUE_MAX;
    return file || value ? ERR_OK : ERR_INPUT;
}

err kept_prepare(struct visit *v)
{
    enum tag tag;
    str member;
    size_t n = 0;
    for (size_t at = 0; frame_next(&v->reply, &at, &tag, &member);) n += tag == TAG_PUT;
    v->puts = NULL;
    v->n_puts = 0;
    if (n == 0) return ERR_OK;
    v->puts = NEW_N(v->c->mem, struct put, n);
    if (!v->puts) return ERR_NOMEM;
    for (size_t at = 0; frame_next(&v->reply, &at, &tag, &member);) {
        if (tag != TAG_PUT) continue;
        struct put *p = &v->puts[v->n_puts++];
        err e = read_put(v->c->mem, member, p);
        if (e == ERR_INPUT) return v->why = "protocol", ERR_WORKER;
        if (e) return e;
        if (str_is(p->n.kind, "file")) TRY(files_put(v->r->o.files, p->contents, p->stored));
    }
    return ERR_OK;
}

static err keep_value(struct call *c, struct visit *v, const struct put *p)
{
    str scope, place;
    TRY(scope_of(v, p->n.v[0], &scope));
    if (str_is(p->n.kind, "drop")) return db_run(c, &q[Q_DROP], scope, p->n.v[1]);
    TRY(place_of(c->mem, scope, p->n.v[1], &place));
    uint8_t *sealed = NEW_N(c->mem, uint8_t, p->contents.n + CRYPTO_SEAL_EXTRA);
    if (!sealed) return ERR_NOMEM;
    crypto_seal(sealed, v->r->key, p->contents, place);
    return db_run(c, &q[Q_SET], scope, p->n.v[1], (str){ (char *)sealed, p->contents.n + CRYPTO_SEAL_EXTRA }, c->now_ms);
}

err kept_store(struct call *c, struct visit *v)
{
    for (size_t k = 0; k < v->n_puts; k++) {
        const struct put *p = &v->puts[k];
        const struct name *n = &p->n;
        if (str_is(n->kind, "file"))
            TRY(db_run(c, &q[Q_FILL], n->v[0], n->v[1], n->v[2], (str){ p->stored, FILES_NAME }, n->number, v->id));
        else
            TRY(keep_value(c, v, p));
    }
    return ERR_OK;
}

static err keep_tx(struct call *c) { return kept_store(c, c->state); }

err kept_store_alone(struct visit *v)
{
    if (v->n_puts == 0) return ERR_OK;
    v->c->state = v;
    return store_do(v->r->o.store, v->c, TX_WRITE, keep_tx);
}
