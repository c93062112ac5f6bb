/* rooms/core/core_proof.c: the page of a proof link: was it you who signed up? Two buttons, since mail scanners open links. Spec: server.md 4. */
#include "base/clock.h"
#include "rooms/core/core_int.h"

static err gone(struct call *c)
{
    return page_message(
        c, 404, "This link does not work",
        STR("It was used already, is too old, or is not complete. Signing in works all the same; a new password can be asked for at /account/forgot."));
}

static void answer(struct buf *b, str token, const char *value, const char *button, const char *effect)
{
    buf_z(b, "<form class=\"answer\" method=\"post\" action=\"/account/proof\"><input type=\"hidden\" name=\"token\" value=\"");
    html_text(b, token);
    buf_printf(b, "\"><button name=\"answer\" value=\"%s\"%s>%s</button><p class=\"soft\">%s</p></form>", value,
               strcmp(value, "no") == 0 ? " class=\"second\"" : "", button, effect);
}

/* What tells the owner's own sign-up from a stranger's: when it was. */
static err ask(struct call *c, int status, str token, const struct account *who)
{
    struct page p;
    char when[CLOCK_ISO_MAX];
    str at = { when, clock_iso(who->created_at_ms, when) };
    TRY(page_begin(c, &p, "Was it you?"));
    buf_z(&p.b, "<p>Somebody signed up here with the address <strong>");
    html_text(&p.b, who->email);
    buf_printf(&p.b, "</strong> and chose a password, on %.10s at %.5s (UTC).</p>", at.p, at.p + 11);
    answer(&p.b, token, "yes", "Yes, that was me", "Your address is then confirmed, and your password stays.");
    answer(&p.b, token, "no", "No, I did not sign up",
           "The account is then removed with everything in it, and whoever uses it is signed out. Say no if you are not sure: you can sign up yourself "
           "afterwards.");
    return page_end(c, &p, status);
}

err core_proof_page(struct call *c)
{
    const struct core *k = core_of(c);
    const struct token_query *q = c->query;
    struct account *who;
    if (!k->options.auth) return fail(c, ERR_BUSY, NULL, "not available");
    if (!q->token.n) return gone(c);
    TRY(link_find(k->options.auth, c, q->token, LINK_PROOF, &who));
    return who ? ask(c, 200, q->token, who) : gone(c);
}

struct proof {
    str token;
    bool yes, no;
    struct account *who;
};

static err look_or_answer(struct call *c)
{
    struct proof *p = c->state;
    struct auth *a = core_of(c)->options.auth;
    if (p->yes) return account_confirm(a, c, p->token, &p->who);
    if (p->no) return account_disown(a, c, p->token, &p->who);
    return link_find(a, c, p->token, LINK_PROOF, &p->who);
}

err core_proof_answer(struct call *c)
{
    const struct core *k = core_of(c);
    const struct proof_form *f = c->body;
    struct proof *p = NEW(c->mem, struct proof);
    if (!p) return ERR_NOMEM;
    if (!k->options.auth) return fail(c, ERR_BUSY, NULL, "not available");
    if (!f->token.n) return gone(c);
    *p = (struct proof){ .token = f->token, .yes = str_is(f->answer, "yes"), .no = str_is(f->answer, "no") };
    c->state = p;
    TRY(store_do(k->options.store, c, TX_WRITE, look_or_answer));
    if (!p->who) return gone(c);
    if (p->yes) return page_message(c, 200, "Thank you", STR("Your address is confirmed. There is nothing more to do here."));
    if (p->no)
        return page_message(c, 200, "The account is removed", STR("Nobody uses your address here any more. If you want an account of your own, just sign up."));
    return ask(c, 422, p->token, p->who);
}
