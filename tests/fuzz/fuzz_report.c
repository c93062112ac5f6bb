/* tests/fuzz/fuzz_report.c: any bytes as a request to a family that reports. First byte: which media type; up to a NUL the query, then the body.
 *
 * Held: what is refused has a report, which is a JSON array of objects with type, loc, msg and input, and in it a member
 * "password" reads stars; what is accepted
 * keeps to the table. A time is read or has a reason. */
#include "route/moment.h"
#include "route/route_int.h"

#include <assert.h>

struct body {
    str name, password;
    int64_t at, count;
    double share;
    bool yes, at_given, count_given;
    enum flag flag;
    struct any any;
    struct list words;
};
static const struct shape name = { .kind = K_TEXT, .limited = true, .min = 1, .max = 5 },
                          secret = { .kind = K_TEXT, .limited = true, .min = 2, .max = 8, .secret = true },
                          at = { .kind = K_TEXT, .format = "date-time", .nullable = true }, count = { .kind = K_INT, .limited = true, .min = -9, .max = 9 },
                          share = { .kind = K_NUM, .limited = true, .min = 0, .max = 1 }, words = { .kind = K_ARRAY, .of = &name };
static const struct field fields[] = {
    FIELD(struct body, name, "name", &name, .need = true),
    FIELD(struct body, password, "password", &secret, .need = true),
    FIELD(struct body, at, "at", &at, .given = offsetof(struct body, at_given)),
    FIELD(struct body, count, "count", &count, .given = offsetof(struct body, count_given)),
    FIELD(struct body, share, "share", &share),
    FIELD(struct body, yes, "yes", &shape_bool),
    FIELD(struct body, flag, "flag", &shape_bool),
    FIELD(struct body, any, "any", &shape_object),
    FIELD(struct body, words, "words", &words),
};
static const struct shape body = OBJECT(struct body, "Body", fields);
static const struct family family = { .name = "fuzz", .reports = true };
static const char *const forms[] = { "application/x-www-form-urlencoded", "multipart/form-data", NULL };
static const char *const types[] = { "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", NULL };

/* Wherever a member of that name stands. */
static void check_stars(const json_t *j)
{
    const char *key;
    json_t *v;
    size_t i;
    if (json_is_array(j)) json_array_foreach(j, i, v) check_stars(v);
    if (!json_is_object(j)) return;
    json_t *members = json_incref((json_t *)(uintptr_t)j);
    json_object_foreach(members, key, v)
    {
        if (strcmp(key, "password") == 0)
            assert(json_is_string(v) && strcmp(json_string_value(v), "**********") == 0);
        else
            check_stars(v);
    }
    json_decref(members);
}

static void check_report(struct arena *a, str report)
{
    const struct json_rules rules = { 0 };
    json_t *j;
    assert(json_scan(report, &rules, NULL) == ERR_OK);
    if (json_read(a, report, &rules, &j, NULL) != ERR_OK) return; /* a number beyond what a double holds, repeated as it came */
    assert(json_is_array(j) && json_array_size(j) > 0);
    for (size_t i = 0; i < json_array_size(j); i++) {
        const json_t *one = json_array_get(j, i);
        assert(json_is_string(json_object_get(one, "type")) && json_is_array(json_object_get(one, "loc")) && json_is_string(json_object_get(one, "msg")));
        assert(json_object_get(one, "input"));
        check_stars(json_object_get(one, "input"));
    }
}

static void check_body(const struct body *b)
{
    assert(str_utf8_len(b->name) >= 1 && str_utf8_len(b->name) <= 5 && str_utf8_ok(b->name));
    assert(str_utf8_len(b->password) >= 2 && str_utf8_len(b->password) <= 8);
    assert(b->count >= -9 && b->count <= 9 && b->share >= 0 && b->share <= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1 || size > 65536) return 0;
    int64_t ms;
    const char *why = moment_read((str){ (const char *)data, size }, &ms);
    assert(!why || *why);
    struct arena *a = arena_new(64 << 20);
    str text = { (const char *)data + 1, size - 1 };
    struct header type = { STR("Content-Type"), str_c(types[data[0] % 5]) };
    struct req rq = { .method = M_POST, .headers = &type, .n_headers = type.value.p ? 1 : 0, .body = text };
    const struct op op = { .id = "op", .body = &body, .body_need = true, .body_types = data[0] & 0x40 ? forms : NULL };
    struct reply reply = { 0 };
    struct route_visit v = { .at = { .family = &family, .op = &op } };
    v.c = &v.own;
    v.own = (struct call){ .mem = a, .rq = &rq, .reply = &reply, .visit = &v };
    err e = input_read(&v);
    if (e == ERR_OK)
        check_body(v.own.body);
    else if (e == ERR_INPUT && v.own.why.status == 422)
        check_report(a, v.report);
    arena_free(a);
    return 0;
}
