/* rooms/core/core_password.c: the page where the holder of a one-time link chooses a password. Plain form, no script. Spec: server.md 4. */
#include "rooms/core/core_int.h"

/* What all pages of ours ask; families' own operations ask what their specifications say. */
enum { PASSWORD_MIN = 8, PASSWORD_MAX = 128 };

const char *password_refusal(str password, str email)
{
    static const char *const texts[] = {
        [PASSWORD_GOOD] = NULL,
        [PASSWORD_NO_TEXT] = "This password holds characters that cannot be read. Please choose another.",
        [PASSWORD_SHORT] = "The password is too short: at least 8 characters, please.",
        [PASSWORD_LONG] = "The password is too long: at most 128 characters, please.",
        [PASSWORD_CONTROL] = "The password holds a control character (such as a tab).",
        [PASSWORD_REPEATED] = "The password is one character repeated. Please choose another.",
        [PASSWORD_WORD] = "The password must not be the e-mail address.",
        [PASSWORD_COMMON] = "This is one of the passwords that are tried first, because many people use it. Please choose another.",
    };
    const struct password_policy policy = {
        .min = PASSWORD_MIN, .max = PASSWORD_MAX, .no_controls = true, .no_repeat = true, .no_common = true, .words = &email, .n_words = 1
    };
    return texts[password_judge(&policy, password)];
}

static err gone(struct call *c)
{
    return page_message(c, 404, "This link does not work", STR("It was used already, is too old, or is not complete. Please ask for a new one."));
}

static void input(struct buf *b, const char *name, const char *label)
{
    buf_printf(b,
               "<label for=\"%s\">%s</label><input id=\"%s\" name=\"%s\" type=\"password\" autocomplete=\"new-password\" required minlength=\"8\" "
               "maxlength=\"128\">",
               name, label, name, name);
}

static err form(struct call *c, int status, str token, str email, const char *refusal)
{
    struct page p;
    TRY(page_begin(c, &p, "Choose a password"));
    if (refusal) {
        buf_z(&p.b, "<p class=\"bad\" role=\"alert\">");
        html_z(&p.b, refusal);
        buf_z(&p.b, "</p>");
    }
    buf_z(&p.b, "<form method=\"post\" action=\"/account/password\"><p>For the account <strong>");
    html_text(&p.b, email);
    buf_z(&p.b, "</strong>. At least 8 characters; a few unrelated words make a good one.</p><input type=\"hidden\" name=\"token\" value=\"");
    html_text(&p.b, token);
    buf_z(&p.b, "\"><input type=\"text\" name=\"username\" autocomplete=\"username\" hidden value=\"");
    html_text(&p.b, email);
    buf_z(&p.b, "\">");
    input(&p.b, "password", "New password");
    input(&p.b, "again", "The same once more");
    buf_z(&p.b, "<button>Set the password</button></form>");
    return page_end(c, &p, status);
}

/* In a read transaction: c->state becomes the account, NULL when the link does not work. */
static err find(struct call *c)
{
    const struct password_form *f = c->body;
    struct account *who;
    TRY(link_find(core_of(c)->options.auth, c, f->token, LINK_PASSWORD, &who));
    c->state = who;
    return ERR_OK;
}

struct choice {
    str token, hash;
};

static err store_choice(struct call *c)
{
    const struct choice *choice = c->state;
    struct account *who;
    TRY(link_use(core_of(c)->options.auth, c, choice->token, LINK_PASSWORD, &who));
    if (!who) return ERR_NOT_FOUND; /* somebody was faster */
    /* Whoever holds the link has read the mailbox, or was handed it by the administrator: both prove the address. */
    return account_set_password(core_of(c)->options.auth, c, who->id, choice->hash, true);
}

err core_password_page(struct call *c)
{
    const struct core *k = core_of(c);
    const struct token_query *q = c->query;
    struct account *who;
    if (!k->options.auth) return fail(c, ERR_BUSY, NULL, "not available");
    if (!q->token.n) return gone(c);
    TRY(link_find(k->options.auth, c, q->token, LINK_PASSWORD, &who));
    return who ? form(c, 200, q->token, who->email, NULL) : gone(c);
}

static void wipe(str s) { crypto_wipe((void *)(uintptr_t)s.p, s.n); }

static err choose(struct call *c, const struct password_form *f)
{
    const struct core *k = core_of(c);
    struct choice *choice = NEW(c->mem, struct choice);
    if (!choice) return ERR_NOMEM;
    choice->token = f->token;
    TRY(password_hash(k->options.auth, c->mem, f->password, &choice->hash));
    c->state = choice;
    return store_do(k->options.store, c, TX_WRITE, store_choice);
}

/* Slow lane: hashing takes its time, so rows are read before and written after it. */
err core_password_choose(struct call *c)
{
    const struct core *k = core_of(c);
    const struct password_form *f = c->body;
    if (!k->options.auth) return fail(c, ERR_BUSY, NULL, "not available");
    if (!f->token.n) return gone(c);
    TRY(store_do(k->options.store, c, TX_READ, find));
    const struct account *who = c->state;
    if (!who) return gone(c);
    const char *refusal = password_refusal(f->password, who->email);
    if (!refusal && !str_eq(f->password, f->again)) refusal = "The two entries differ. Please type the same password twice.";
    err e = refusal ? ERR_OK : choose(c, f);
    if (f->password.n) wipe(f->password);
    if (f->again.n) wipe(f->again);
    if (refusal) return form(c, 422, f->token, who->email, refusal);
    if (e == ERR_NOT_FOUND) return gone(c);
    TRY(e);
    return page_message(c, 200, "The password is set", STR("You can sign in with it from now on. The link that brought you here works no longer."));
}
