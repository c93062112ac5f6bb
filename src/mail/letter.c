/* mail/letter.c: a mail between template and bytes, and how it is kept sealed in the queue. */
#include "base/json.h"
#include "mail/mail_int.h"

enum { LETTER_MAX = 3 * MESSAGE_BODY_MAX, HEADROOM = 64 << 10, VERSION = 1 };
#define PURPOSE "mail"

static err fill(struct arena *a, const char *text, const struct mail *in, bool html, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(MESSAGE_BODY_MAX);
    *out = STR_NULL;
    if (!text) return ERR_OK;
    TRY(template_fill(&b, text, in->values, in->n_values, html));
    return buf_to_arena(&b, a, out);
}

err letter_make(const struct mailer *m, struct call *c, const struct mail *in, struct letter *out)
{
    const struct template *t = template_find(in->texts, in->n_texts, in->name, in->locale);
    if (!t) return fail(c, ERR_INPUT, NULL, "there is no mail \"%s\"", in->name);
    char *id = NEW_N(c->mem, char, CRYPTO_UUID);
    if (!id) return ERR_NOMEM;
    crypto_uuid7(id);
    *out = (struct letter){ .id = { id, CRYPTO_UUID }, .name = str_c(in->name), .to = in->to, .date_ms = c->now_ms };
    err e = fill(c->mem, t->subject, in, false, &out->subject);
    if (!e) e = fill(c->mem, t->text, in, false, &out->text);
    if (!e) e = fill(c->mem, t->html, in, true, &out->html);
    if (e == ERR_INPUT) return fail(c, e, NULL, "the mail \"%s\" lacks a value", in->name);
    TRY(e);
    str bytes;
    return letter_write(m, c, out, &bytes);
}

err letter_write(const struct mailer *m, struct call *c, const struct letter *l, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(LETTER_MAX * 3 + HEADROOM);
    const char *why = NULL;
    struct message msg = { .from = str_c(m->from), .to = l->to, .subject = l->subject, .text = l->text, .html = l->html, .id = l->id, .date_ms = l->date_ms };
    err e = message_write(&msg, &b, &why);
    if (e == ERR_INPUT) return fail(c, e, NULL, "the mail cannot be sent: %s", why);
    TRY(e);
    return buf_to_arena(&b, c->mem, out);
}

err letter_seal(const struct mailer *m, struct arena *a, const struct letter *l, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(LETTER_MAX * 2);
    struct jw w = JW(&b);
    jw_open(&w, '{');
    jw_kint(&w, "v", VERSION);
    jw_kstr(&w, "id", l->id);
    jw_kstr(&w, "name", l->name);
    jw_kint(&w, "date_ms", l->date_ms);
    jw_kstr(&w, "to", l->to);
    jw_kstr(&w, "subject", l->subject);
    jw_kstr(&w, "text", l->text);
    jw_kstr(&w, "html", l->html);
    jw_close(&w, '}');
    TRY(buf_ok(&b));
    err e = ring_seal(a, m->ring, PURPOSE, buf_str(&b), STR(MAIL_KIND), out);
    crypto_wipe(b.p, b.n);
    return e;
}

static bool take(const json_t *all, const char *key, str *out)
{
    const json_t *v = json_object_get(all, key);
    *out = json_is_string(v) ? (str){ json_string_value(v), json_string_length(v) } : STR_NULL;
    return json_is_string(v);
}

err letter_open(const struct mailer *m, struct call *c, str payload, struct letter *out)
{
    str plain;
    json_t *all;
    err e = ring_open(c->mem, m->ring, PURPOSE, payload, STR(MAIL_KIND), &plain);
    if (e == ERR_NOT_FOUND || e == ERR_INPUT) return fail(c, ERR_INPUT, NULL, "the mail is sealed under another master key");
    TRY(e);
    e = json_read(c->mem, plain, &(struct json_rules){ .reject_twice = true }, &all, NULL);
    if (e == ERR_NOMEM) return e;
    *out = (struct letter){ 0 };
    bool good = !e && json_integer_value(json_object_get(all, "v")) == VERSION && take(all, "id", &out->id) && take(all, "name", &out->name) &&
                take(all, "to", &out->to) && take(all, "subject", &out->subject) && take(all, "text", &out->text);
    if (!good) return fail(c, ERR_INPUT, NULL, "the mail was queued by another version of the program");
    (void)take(all, "html", &out->html);
    out->date_ms = json_integer_value(json_object_get(all, "date_ms"));
    return ERR_OK;
}

/* Letters are payloads of the queue. */
static const struct query list = { .in = "bti",
                                   .out = "ttb",
                                   .sql = "SELECT CAST(id AS TEXT), kind, payload FROM job WHERE kind = '" MAIL_KIND "' AND substr(payload, 2, 8) <> $1"
                                          " AND id > CAST($2 AS BIGINT) ORDER BY id LIMIT $3" };
static const struct query set = { .in = "btb", .sql = "UPDATE job SET payload = $1 WHERE id = CAST($2 AS BIGINT) AND payload = $3" };
const struct sealed_column mail_sealed[] = { { .what = "queued mails", .purpose = PURPOSE, .list = &list, .set = &set } };
const size_t mail_sealed_n = COUNT_OF(mail_sealed);
