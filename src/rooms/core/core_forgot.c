/* rooms/core/core_forgot.c: asking for a link to choose a new password. Spec: server.md 4.
 *
 * The answer tells nobody whether an account exists, and neither does its time: a request counts and queues, whatever the address; whether there is an
 * account is looked up by the job. */
#include "rooms/core/core_int.h"

enum { HOUR_MS = 3600 * 1000, ADDRESS_MAX = 254 };
/* By the asker's network address, then by the e-mail address: nobody's mailbox is flooded. */
static const struct throttle by_peer = { "core.forgot.peer", 20, HOUR_MS }, by_address = { "core.forgot.address", 3, HOUR_MS };

static err form(struct call *c, int status, str email, const char *refusal)
{
    struct page p;
    TRY(page_begin(c, &p, "Forgot your password?"));
    if (refusal) buf_printf(&p.b, "<p class=\"bad\" role=\"alert\">%s</p>", refusal);
    buf_z(&p.b,
          "<form method=\"post\" action=\"/account/forgot\"><p>Tell us your e-mail address, and we send you a link to choose a new password.</p>"
          "<label for=\"email\">E-mail address</label><input id=\"email\" name=\"email\" type=\"email\" inputmode=\"email\" autocomplete=\"username\" required "
          "maxlength=\"254\" value=\"");
    html_text(&p.b, email);
    buf_z(&p.b, "\"><button>Send me a link</button></form>");
    return page_end(c, &p, status);
}

err core_forgot_page(struct call *c) { return form(c, 200, STR(""), NULL); }

struct wish {
    str email, norm;
    int64_t wait_s, too_often;
};

/* One commit, known address or not. */
static err count_and_queue(struct call *c)
{
    const struct core *k = core_of(c);
    struct wish *w = c->state;
    str payload, network;
    TRY(throttle_network(c->mem, c->rq ? c->rq->peer : STR(""), &network));
    TRY(throttle_hit(k->options.auth, c, &by_peer, network, &w->wait_s));
    if (w->wait_s) return ERR_OK;
    TRY(throttle_hit(k->options.auth, c, &by_address, w->norm, &w->too_often));
    if (w->too_often) return ERR_OK; /* the same answer; the mails of the last hour are there */
    TRY(arena_printf(c->mem, &payload, STR_FMT "\n" STR_FMT, STR_ARG(c->request_id), STR_ARG(w->email)));
    return jobs_add(k->options.jobs, c, CORE_FORGOT_KIND, payload, 0, NULL);
}

err core_forgot_send(struct call *c)
{
    const struct core *k = core_of(c);
    const struct forgot_form *f = c->body;
    struct wish *w = NEW(c->mem, struct wish);
    if (!w) return ERR_NOMEM;
    if (!k->options.auth || !k->options.jobs) return fail(c, ERR_BUSY, NULL, "not available");
    w->email = str_trim(f->email);
    if (w->email.n > ADDRESS_MAX || !email_is_valid(w->email))
        return form(c, 422, str_utf8_ok(w->email) ? str_head(w->email, ADDRESS_MAX) : STR(""), "This is not an e-mail address. Please look at it again.");
    TRY(email_normalise(c->mem, w->email, &w->norm));
    c->state = w;
    TRY(store_do(k->options.store, c, TX_WRITE, count_and_queue));
    if (w->wait_s) {
        str after;
        TRY(arena_printf(c->mem, &after, "%lld", (long long)w->wait_s));
        reply_header(c->reply, STR("Retry-After"), after);
        return page_message(c, 429, "Too often", STR("From here links were asked for very often. Please try again in an hour."));
    }
    return page_message(
        c, 200, "Please look into your mailbox",
        STR("If there is an account with this address, a mail with a link is on its way to it. The link works for one hour. Nothing there after some minutes? "
            "Please look into the folder for unwanted mail too."));
}

/* the job */

struct forgot_job {
    struct auth *auth;
    const struct job *job;
    str email;
};

static err send(struct call *c)
{
    const struct forgot_job *f = c->state;
    TRY(account_forgot(f->auth, c, AUTH_PLATFORM, f->email));
    return job_finish(c, f->job);
}

static err run(struct call *c, const struct job *j, void *arg)
{
    struct forgot_job f = { .auth = arg, .job = j, .email = j->payload };
    (void)str_cut(&f.email, '\n', &c->request_id);
    c->state = &f;
    return store_do(j->store, c, TX_WRITE, send);
}

struct job_kind core_forgot_kind(struct auth *a)
{
    return (struct job_kind){ .name = CORE_FORGOT_KIND, .run = run, .arg = a, .tries = 8, .backoff_ms = 1000, .backoff_max_ms = 60000, .lease_ms = 60000 };
}
