/* tests/unit/route/families.h: two small families, one strict and one loose, for the tests of the router. */
#pragma once
#include "route/route_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>
#undef fail /* cmocka's macro hides the function of base/call.h */

struct note {
    str text, key;
    int64_t count;
    bool count_given;
};
static const struct shape note_text = { .kind = K_TEXT, .limited = true, .min = 1, .max = 10 };
static const struct field note_fields[] = {
    FIELD(struct note, text, "text", &note_text, .need = true, .doc = "What to keep"),
    FIELD(struct note, key, "key", &shape_text),
    FIELD(struct note, count, "count", &shape_int, .given = offsetof(struct note, count_given)),
};
static const struct shape note = OBJECT(struct note, "Note", note_fields);
static const char *const note_types[] = { "application/json", "application/x-www-form-urlencoded", "multipart/form-data", NULL };

static const struct reply_doc note_replies[] = { { 200, "application/json", &note, NULL }, { 400, "text/plain", &shape_text, NULL }, { 0 } };
static const struct reply_doc text_replies[] = { { 200, "text/plain", &shape_text, NULL }, { 0 } };
static const struct reply_doc common_replies[] = { { 500, "text/plain", &shape_text, NULL }, { 503, "text/plain", &shape_text, NULL }, { 0 } };

static err echo(struct call *c) { return reply_shape(c, 200, &note, c->body); }
static err echo_path(struct call *c) { return reply_text(c, 200, "text/plain", c->path[0]); }
static err trouble(struct call *c)
{
    (void)c;
    return ERR_STORE;
}
static err silent(struct call *c)
{
    (void)c;
    return ERR_OK;
}
static err body_key(struct call *c) { return reply_text(c, 200, "text/plain", call_body_text(c, "key")); }

/* The key "good" is known, "weak" may not pass gates. */
static err identify(struct call *c, const struct op *op)
{
    (void)op;
    static const struct who *const somebody = (const void *)&note; /* never looked into */
    str key = req_header(c->rq, "X-Key");
    if (str_absent(key)) key = call_body_text(c, "key");
    if (!str_is(key, "good") && !str_is(key, "weak")) return fail(c, ERR_ANONYMOUS, NULL, "who are you?");
    c->who = somebody;
    return ERR_OK;
}
static err permit(struct call *c, const struct op *op)
{
    (void)op;
    return str_is(req_header(c->rq, "X-Key"), "weak") ? fail(c, ERR_FORBIDDEN, NULL, "not you") : ERR_OK;
}
static void error_text(struct call *c, const struct op *op, err e)
{
    (void)op;
    str text;
    if (arena_printf(c->mem, &text, STR_FMT "|" STR_FMT, STR_ARG(c->why.where), STR_ARG(c->why.text)) != ERR_OK) return;
    err ignored = reply_text(c, c->why.status ? c->why.status : route_status(e), "text/plain", text);
    (void)ignored;
}
static void finish(struct call *c, const struct op *op) { reply_header(c->reply, STR("X-Op"), op ? str_c(op->id) : STR("none")); }

/* clang-format off */
static const char *const secret_roles[] = { "admin", NULL };
static const struct op   strict_ops[] = {
    { .id = "note", .on = M_POST, .path = "/s/note", .summary = "Keeps a note", .tag = "Notes", .perm = PERM_PUBLIC, .body = &note, .body_types = note_types,
        .body_need = true, .run = echo, .replies = note_replies },
    { .id = "mine", .on = M_POST, .path = "/s/mine", .tag = "Notes", .perm = PERM_CALLER, .body = &note, .tx = TX_WRITE, .run = echo, .replies = note_replies },
    { .id = "secret", .on = M_GET, .path = "/s/secret/{id:int}", .perm = PERM_GATE, .roles = secret_roles, .tx = TX_READ, .run = echo_path,
        .replies = text_replies },
    { .id = "trouble", .on = M_GET, .path = "/s/trouble", .perm = PERM_PUBLIC, .run = trouble, .replies = text_replies },
    { .id = "silent", .on = M_GET, .path = "/s/silent", .perm = PERM_PUBLIC, .run = silent, .replies = text_replies },
    { 0 },
};
static const struct op loose_ops[] = {
    { .id = "looseNote", .on = M_POST, .path = "/l/note", .perm = PERM_CALLER, .body = &note, .body_types = note_types, .run = echo, .replies = note_replies },
    { .id = "looseKey", .on = M_POST, .path = "/l/key", .perm = PERM_CALLER, .run = body_key, .replies = text_replies },
    { .id = "looseGet", .on = M_GET, .path = "/l/get/{name}", .perm = PERM_PUBLIC, .run = echo_path, .quick = true, .replies = text_replies },
    { 0 },
};
static const struct family strict = { .name = "strict", .title = "Strict ones", .version = "1", .ops = strict_ops, .identify = identify, .permit = permit,
                                      .error = error_text, .finish = finish, .common = common_replies, .body_max = 1000,
                                      .security = "{\"key\":{\"type\":\"apiKey\",\"in\":\"header\",\"name\":\"X-Key\"}}", .security_need = "[{\"key\":[]}]" };
static const struct family loose = { .name = "loose", .ops = loose_ops, .loose = true, .body_before_who = true, .newline = true, .sort_keys = true, .ascii = true,
                                     .identify = identify, .error = error_text, .finish = finish, .security_need = "[{\"key\":[]}]" };
/* clang-format on */
