/* rooms/interviews/interviews_lists.c: lists of interview sessions: who may, which ones, page by page (api 8, 13.2 to 13.6). */
#include "rooms/interviews/interviews_int.h"

enum {
    PAGE = 100,
    CHUNK = 500, /* rows read at a time while a query chooses among them */
    CHUNK_BYTES = 16 << 20,
    PAGE_BYTES = 16 << 20, /* a page that grew beyond ends early: answers may be large */
    TOKEN_MAX = 27,        /* base64 of 20 digits */
};

/* the token of a page (api 8): base64 of a decimal number, without padding */

static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static err token_write(struct call *c, int64_t position, str *out)
{
    str digits;
    char text[TOKEN_MAX + 4];
    size_t n = 0;
    TRY(arena_printf(c->mem, &digits, "%lld", (long long)position));
    for (size_t k = 0; k < digits.n; k += 3) {
        uint32_t v = 0, have = digits.n - k < 3 ? (uint32_t)(digits.n - k) : 3;
        for (uint32_t j = 0; j < 3; j++) v = v << 8 | (j < have ? (unsigned char)digits.p[k + j] : 0u);
        for (uint32_t j = 0; j <= have; j++) text[n++] = base64[v >> (18 - 6 * j) & 63];
    }
    return arena_str(c->mem, (str){ text, n }, out);
}

/* 0, the beginning, for what is no token. */
static int64_t token_read(str token)
{
    char digits[TOKEN_MAX];
    size_t n = 0;
    uint32_t v = 0, bits = 0;
    int64_t position;
    while (token.n && token.p[token.n - 1] == '=') token.n--;
    if (token.n > TOKEN_MAX) return 0;
    for (size_t k = 0; k < token.n; k++) {
        const char *at = memchr(base64, token.p[k], 64);
        if (!at) return 0;
        v = (v << 6 | (uint32_t)(at - base64)) & 0xFFFF;
        bits += 6;
        if (bits < 8) continue;
        bits -= 8;
        digits[n++] = (char)(v >> bits & 0xFF);
    }
    return str_int((str){ digits, n }, &position) || position < 0 ? 0 : position;
}

/* which ones */

static bool chosen(const struct list_scope *s, const struct list_row *row)
{
    const struct cell *col = row->q.col;
    if (!str_absent(s->p->i) && !str_eq(s->p->i, col[QC_FILENAME].s)) return false;
    if (!str_absent(s->p->session) && !str_eq(s->p->session, col[QC_SESSION].s)) return false;
    if (s->user_id && (col[QC_USER_ID].null || col[QC_USER_ID].i != *s->user_id)) return false;
    return !s->query || query_holds(s->query, &row->q);
}

struct chunk {
    const struct list_key *key;
    struct list_place after;
    int64_t n;
    struct list_row *rows;
    size_t count;
};
static err chunk_tx(struct call *c)
{
    struct chunk *k = c->state;
    return lists_read(c, k->key, k->after, k->n, &k->rows, &k->count);
}

struct taking {
    struct list_row *rows;
    size_t count, room, wanted;
    bool more;
};

static err take_row(struct call *c, struct taking *t, const struct list_row *row)
{
    if (t->count == t->room) {
        struct list_row *rows = NEW_N(c->mem, struct list_row, 2 * t->room + 8);
        if (!rows) return ERR_NOMEM;
        if (t->count) memcpy(rows, t->rows, t->count * sizeof *rows);
        t->rows = rows;
        t->room = 2 * t->room + 8;
    }
    struct list_row *to = &t->rows[t->count++];
    *to = *row;
    for (size_t k = 0; k < QC__COUNT; k++)
        if (!str_absent(row->q.col[k].s)) TRY(arena_str(c->mem, row->q.col[k].s, &to->q.col[k].s));
    return ERR_OK;
}

/* Of the rows of a chunk those that are chosen, until there are enough. */
static err take_chunk(struct call *c, const struct list_scope *s, struct chunk *k, struct taking *t)
{
    for (size_t j = 0; j < k->count; j++) {
        const struct list_row *row = &k->rows[j];
        k->after = row->at;
        if (!chosen(s, row)) continue;
        if (t->count >= t->wanted && row->at.position != t->rows[t->count - 1].at.position) return t->more = true, ERR_OK;
        TRY(take_row(c, t, row));
    }
    return ERR_OK;
}

err list_take(struct call *c, const struct list_scope *s, struct list_place after, size_t n, struct list_row **rows, size_t *count, bool *more)
{
    const struct interviews *r = c->room;
    struct chunk k = { .key = &s->key, .after = after };
    struct taking t = { .wanted = n };
    err e = ERR_OK;
    bool end = false;
    while (!e && !end && !t.more) {
        struct call reading = *c;
        reading.mem = arena_new(CHUNK_BYTES);
        if (!reading.mem) return ERR_NOMEM;
        reading.state = &k;
        k.n = s->query ? CHUNK : (int64_t)n + 1;
        e = store_do(r->o.store, &reading, TX_READ, chunk_tx);
        end = (int64_t)k.count < k.n;
        if (!e) e = take_chunk(c, s, &k, &t);
        arena_free(reading.mem);
    }
    *rows = t.rows;
    *count = t.count;
    *more = t.more;
    return e;
}

bool list_tagged(const json_t *tags, str tag)
{
    if (str_absent(tag)) return true;
    size_t k;
    json_t *t;
    json_array_foreach(tags, k, t) if (json_is_string(t) && str_eq(tag, (str){ json_string_value(t), json_string_length(t) })) return true;
    return false;
}

/* No column has a text that is none: then nothing is found, by a name that nothing has. */
static str column_key(str s) { return s.n && (memchr(s.p, '\0', s.n) || !str_utf8_ok(s)) ? STR("") : s; }

/* The index to read by. What the query pins down is as good as a parameter. */
static void choose_key(struct list_scope *s)
{
    const struct sessions_params *p = s->p;
    s->key = (struct list_key){ .user_id = s->user_id, .interview = p->i, .session = p->session };
    if (s->query && !s->key.user_id) s->key.user_id = query_pinned_int(s->query, QC_USER_ID);
    if (s->query && str_absent(p->i)) s->key.interview = query_pinned_text(s->query, QC_FILENAME);
    if (s->query && str_absent(p->session)) s->key.session = query_pinned_text(s->query, QC_SESSION);
    s->key.interview = column_key(s->key.interview);
    s->key.session = column_key(s->key.session);
}

/* trouble: what the operation says before the reason; reason: whether it says one. */
static err read_query(struct call *c, struct list_scope *s, const char *trouble, bool reason)
{
    str mismatch = STR_NULL;
    if (str_absent(s->p->query) || str_trim(s->p->query).n == 0) return ERR_OK;
    err e = query_parse(c->mem, s->p->query, &s->query, &mismatch);
    if (e == ERR_INPUT) return fail(c, ERR_INPUT, NULL, "Invalid query parameter");
    TRY(e);
    if (str_absent(mismatch)) return ERR_OK;
    return fail(c, ERR_INPUT, NULL, "%s" STR_FMT, trouble, STR_ARG(reason ? mismatch : STR("")));
}

/* a page */

static err item_part(struct call *c, const struct item_setting *set, const struct list_row *row, struct jw *w)
{
    struct call part = *c; /* an item's answers, and what they are made of, go before the next one's come */
    part.mem = arena_new(4ul * FRAME_MAX);
    if (!part.mem) return ERR_NOMEM;
    err e = item_write(&part, set, row, w);
    arena_free(part.mem);
    return e;
}

static err find_zone(struct call *c, const struct zone **out)
{
    const struct interviews *r = c->room;
    str own = c->who->account.timezone;
    err e = zone_load(c->mem, own, out);
    if (e == ERR_NOT_FOUND) e = zone_load(c->mem, str_c(r->o.timezone), out);
    if (e == ERR_NOT_FOUND) *out = NULL;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

static err page_write(struct call *c, const struct list_scope *s, struct buf *b)
{
    const struct interviews *r = c->room;
    struct item_setting set = { .scope = s };
    struct list_row *rows;
    size_t count, k = 0;
    bool more;
    TRY(find_zone(c, &set.zone));
    TRY(list_take(c, s, (struct list_place){ token_read(s->p->next_id), INT64_MAX }, r->o.page > 0 ? (size_t)r->o.page : PAGE, &rows, &count, &more));
    struct jw w = JW(b);
    w.ascii = true;
    jw_open(&w, '{');
    jw_key(&w, STR("items"));
    jw_open(&w, '[');
    for (; k < count && (k == 0 || b->n < PAGE_BYTES || rows[k].at.position == rows[k - 1].at.position); k++) TRY(item_part(c, &set, &rows[k], &w));
    jw_close(&w, ']');
    str token = STR_NULL;
    if (more || k < count) TRY(token_write(c, rows[k - 1].at.position, &token));
    jw_kstr(&w, "next_id", token);
    jw_close(&w, '}');
    return ERR_OK;
}

static err page_reply(struct call *c, const struct list_scope *s)
{
    CLEANUP(buf_release) struct buf b = BUF(PAGE_BYTES + FRAME_MAX + (1ul << 20));
    str json;
    TRY(page_write(c, s, &b));
    buf_char(&b, '\n');
    TRY(buf_to_arena(&b, c->mem, &json));
    return answer_json(c, 200, json);
}

/* operations */

#define READING "Error reading interview list."

static err remove_reply(struct call *c, const struct list_scope *s, bool anonymous)
{
    TRY(list_remove(c, s, anonymous));
    return reply_empty(c, 204);
}

err list_all(struct call *c)
{
    struct list_scope s = { .p = c->query, .system_wide = true };
    TRY(read_query(c, &s, "Error reading interview list: ", true));
    choose_key(&s);
    return page_reply(c, &s);
}

err delete_all(struct call *c)
{
    struct list_scope s = { .p = c->query };
    if (!who_may(c->who, "admin advocate", "edit_sessions")) return fail(c, ERR_FORBIDDEN, NULL, "Access denied.");
    TRY(read_query(c, &s, READING, false));
    choose_key(&s);
    return remove_reply(c, &s, true);
}

/* The parameter user_id, as Python's int() takes it. */
static err read_user(struct call *c, struct list_scope *s, int64_t *user, const char *trouble, bool reason)
{
    str given = s->p->user_id;
    if (str_absent(given)) return ERR_OK;
    s->user_id = user;
    if (str_int(str_trim(given), user) == ERR_OK) return ERR_OK;
    if (!reason) return fail(c, ERR_INPUT, NULL, "%s", trouble);
    return fail(c, ERR_INPUT, NULL, "%sinvalid literal for int() with base 10: '" STR_FMT "'", trouble,
                STR_ARG(str_head(given, str_utf8_good(str_head(given, 64)))));
}

#define GETTING "Error getting interview list.  "
err list_users(struct call *c)
{
    struct list_scope s = { .p = c->query, .system_wide = true };
    int64_t user;
    TRY(read_query(c, &s, GETTING, true));
    TRY(read_user(c, &s, &user, GETTING, true));
    choose_key(&s);
    return page_reply(c, &s);
}

err delete_users(struct call *c)
{
    struct list_scope s = { .p = c->query };
    int64_t user;
    TRY(read_query(c, &s, READING, false));
    TRY(read_user(c, &s, &user, READING, false));
    choose_key(&s);
    return remove_reply(c, &s, false);
}

/* One user's sessions. permission: what a limited key needs, also for its owner's own (api 13.5). */
static err of_user(struct call *c, const int64_t *user, const char *permission, bool gone)
{
    struct list_scope s = { .p = c->query, .user_id = user };
    TRY(read_query(c, &s, READING, false));
    if (c->who->limited && !who_can(c->who, permission)) return fail(c, ERR_INPUT, NULL, READING);
    choose_key(&s);
    return gone ? remove_reply(c, &s, false) : page_reply(c, &s);
}

err list_own(struct call *c) { return of_user(c, &c->who->account.number, "access_sessions", false); }
err delete_own(struct call *c) { return of_user(c, &c->who->account.number, "access_sessions", true); }

static err by_id(struct call *c, const char *permission, bool gone)
{
    int64_t user;
    if (str_int(c->path[0], &user)) user = -1; /* more digits than any account has */
    if (user != c->who->account.number && !who_may(c->who, "admin advocate", permission)) return fail(c, ERR_FORBIDDEN, NULL, "Access denied.");
    return of_user(c, &user, permission, gone);
}

err list_by_id(struct call *c) { return by_id(c, "access_sessions", false); }

/* What the key needs is where the document and the reference differ (api 21). */
err delete_by_id(struct call *c)
{
    const struct interviews *r = c->room;
    return by_id(c, r->o.reference ? "access_sessions" : "edit_sessions", true);
}
