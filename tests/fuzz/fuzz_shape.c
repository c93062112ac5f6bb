/* tests/fuzz/fuzz_shape.c: any bytes as a request body, read strictly and loosely into a struct, as JSON and as a form. First byte: how.
 *
 * Held: what strict reading accepts, loose reading reads to the same; what is written is JSON; reading that again and writing it gives the same bytes;
 * a refusal has a text, and its place is a JSON pointer. */
#include "route/route_int.h"

#include <assert.h>

struct leaf {
    str word;
    int64_t count;
    double share;
    bool count_given, share_given;
};
struct body {
    str text;
    int64_t number;
    bool yes, number_given, yes_given, leaf_given;
    enum flag flag;
    struct any any;
    struct leaf leaf;
    struct list words, numbers, leaves, things;
};
static const struct shape word = { .kind = K_TEXT, .limited = true, .min = 1, .max = 5 }, small = { .kind = K_INT, .limited = true, .min = -9, .max = 9 };
static const struct field leaf_fields[] = {
    FIELD(struct leaf, word, "word", &word, .need = true),
    FIELD(struct leaf, count, "count", &small, .given = offsetof(struct leaf, count_given)),
    FIELD(struct leaf, share, "sh/a~re", &shape_num, .given = offsetof(struct leaf, share_given)),
};
static const struct shape leaf = OBJECT(struct leaf, "Leaf", leaf_fields);
static const char *const colours[] = { "red", "green", NULL };
static const struct shape colour = { .kind = K_TEXT, .values = colours, .nullable = true };
static const struct shape words = { .kind = K_ARRAY, .of = &word, .limited = true, .max = 4 }, numbers = { .kind = K_ARRAY, .of = &shape_num },
                          leaves = { .kind = K_ARRAY, .of = &leaf }, things = { .kind = K_ARRAY, .of = &shape_any }, map = { .kind = K_MAP, .of = &leaf };
static const struct shape *const ways[] = { &small, &words, &leaf, NULL };
static const struct shape either = { .kind = K_ONE_OF, .options = ways };
static const struct field body_fields[] = {
    FIELD(struct body, text, "text", &shape_text, .also = "t"),
    FIELD(struct body, number, "number", &small, .given = offsetof(struct body, number_given)),
    FIELD(struct body, yes, "yes", &shape_bool, .given = offsetof(struct body, yes_given)),
    FIELD(struct body, flag, "flag", &shape_bool),
    FIELD(struct body, any, "any", &shape_any),
    FIELD(struct body, leaf, "leaf", &leaf, .given = offsetof(struct body, leaf_given)),
    FIELD(struct body, words, "words", &words),
    FIELD(struct body, numbers, "numbers", &numbers),
    FIELD(struct body, leaves, "leaves", &leaves),
    FIELD(struct body, things, "things", &things),
    DOC_FIELD("colour", &colour),
    DOC_FIELD("map", &map),
    DOC_FIELD("either", &either),
};
static const struct shape body = OBJECT(struct body, "Body", body_fields);
static const struct json_rules rules = { .depth = 40 };

static str written(struct arena *a, const struct body *from)
{
    struct buf b = BUF(64 << 20);
    struct jw w = JW(&b);
    str out = STR_NULL;
    shape_write(&w, &body, from, true);
    if (buf_to_arena(&b, a, &out) != ERR_OK) out = STR_NULL;
    return out;
}

static void refusal_is_told(const struct call *c, err e)
{
    if (e != ERR_INPUT) return;
    assert(c->why.code == ERR_INPUT && c->why.text.n > 0);
    assert(c->why.where.n == 0 || c->why.where.p[0] == '/');
}

/* Once written, nothing changes any more: only texts that are no UTF-8 (possible in forms) are replaced on the way. */
static void writing_is_stable(struct call *c, const struct body *from)
{
    str first = written(c->mem, from);
    struct body again = { 0 };
    if (str_absent(first)) return; /* the arena's ceiling */
    assert(json_scan(first, &rules, NULL) == ERR_OK);
    if (shape_read(c, &body, first, &rules, true, &again) != ERR_OK) return;
    str second = written(c->mem, &again);
    assert(str_absent(second) || str_eq(first, second));
}

static void as_json(struct call *c, str text)
{
    struct body judged = { 0 }, loose = { 0 };
    err e = shape_read(c, &body, text, &rules, false, &judged);
    refusal_is_told(c, e);
    call_forget(c);
    err l = shape_read(c, &body, text, &rules, true, &loose);
    if (e == ERR_OK && l == ERR_OK) {
        str a = written(c->mem, &judged), b = written(c->mem, &loose);
        assert(str_absent(a) || str_absent(b) || str_eq(a, b));
    }
    if (l == ERR_OK) writing_is_stable(c, &loose);
}

static void as_form(struct call *c, str text)
{
    struct params p;
    struct body judged = { 0 }, loose = { 0 };
    if (http_parse_query(c->mem, text, 100, &p) != ERR_OK) return;
    err e = shape_read_params(c, body_fields, COUNT_OF(body_fields), &p, false, &judged);
    assert(e != ERR_INPUT || c->why.text.n > 0);
    call_forget(c);
    if (shape_read_params(c, body_fields, COUNT_OF(body_fields), &p, true, &loose) == ERR_OK) {
        str out = written(c->mem, &loose);
        assert(str_absent(out) || json_scan(out, &rules, NULL) == ERR_OK);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct call c = { .mem = arena_new(8 << 20) };
    if (!c.mem) return 0;
    str text = { (const char *)data + 1, size - 1 };
    if (data[0] & 1)
        as_form(&c, text);
    else
        as_json(&c, text);
    arena_free(c.mem);
    return 0;
}
