/* rooms/accounts/accounts_mail.c: the mails of this room (django-cfg 11), as text and HTML. Further languages are further rows. */
#include "rooms/accounts/accounts_int.h"

#define PAGE_HEAD                                                                                                                    \
    "<!doctype html>\n<html><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"></head>\n"          \
    "<body style=\"margin:0;padding:16px;font-family:sans-serif;font-size:16px;line-height:1.5;color:#222;background:#fff\">\n<div " \
    "style=\"max-width:480px\">\n"
#define PAGE_END "</div></body></html>\n"
#define CODE "<p style=\"font-size:32px;letter-spacing:6px;font-family:monospace;margin:16px 0\"><b>{{code}}</b></p>\n"

static const struct template texts[] = {
    { "code", "", "Your OTP code: {{code}}",
      "Your one-time code for {{project}}:\n\n    {{code}}\n\nIt expires in 10 minutes and can be used once.\n\n"
      "If you did not ask for it, ignore this mail: nobody can sign in without the code.\n",
      PAGE_HEAD "<p>Your one-time code for {{project}}:</p>\n" CODE "<p>It expires in 10 minutes and can be used once.</p>\n"
                "<p>If you did not ask for it, ignore this mail: nobody can sign in without the code.</p>\n" PAGE_END },
    { "code_link", "", "Your OTP code: {{code}}",
      "Your one-time code for {{project}}:\n\n    {{code}}\n\nIt expires in 10 minutes and can be used once. Or open:\n\n{{link}}\n\n"
      "If you did not ask for it, ignore this mail: nobody can sign in without the code.\n",
      PAGE_HEAD "<p>Your one-time code for {{project}}:</p>\n" CODE
                "<p>It expires in 10 minutes and can be used once. Or <a href=\"{{link}}\">sign in here</a>.</p>\n"
                "<p>If you did not ask for it, ignore this mail: nobody can sign in without the code.</p>\n" PAGE_END },
    { "code", "de", "Your OTP code: {{code}}",
      "Ihr Einmalcode für {{project}}:\n\n    {{code}}\n\nEr gilt 10 Minuten und nur einmal.\n\n"
      "Wenn Sie ihn nicht angefordert haben, ist nichts zu tun: Ohne den Code kann sich niemand anmelden.\n",
      PAGE_HEAD "<p>Ihr Einmalcode für {{project}}:</p>\n" CODE "<p>Er gilt 10 Minuten und nur einmal.</p>\n"
                "<p>Wenn Sie ihn nicht angefordert haben, ist nichts zu tun: Ohne den Code kann sich niemand anmelden.</p>\n" PAGE_END },
    { "code_link", "de", "Your OTP code: {{code}}",
      "Ihr Einmalcode für {{project}}:\n\n    {{code}}\n\nEr gilt 10 Minuten und nur einmal. Oder öffnen Sie:\n\n{{link}}\n\n"
      "Wenn Sie ihn nicht angefordert haben, ist nichts zu tun: Ohne den Code kann sich niemand anmelden.\n",
      PAGE_HEAD "<p>Ihr Einmalcode für {{project}}:</p>\n" CODE "<p>Er gilt 10 Minuten und nur einmal. Oder <a href=\"{{link}}\">hier anmelden</a>.</p>\n"
                "<p>Wenn Sie ihn nicht angefordert haben, ist nichts zu tun: Ohne den Code kann sich niemand anmelden.</p>\n" PAGE_END },
    { "profile_updated", "", "{{project}}: your profile was updated",
      "The name in your {{project}} profile was changed.\n\nIf that was not you, sign in and look at your account.\n",
      PAGE_HEAD "<p>The name in your {{project}} profile was changed.</p>\n<p>If that was not you, sign in and look at your account.</p>\n" PAGE_END },
    { "profile_updated", "de", "{{project}}: Ihr Profil wurde geändert",
      "Der Name in Ihrem Profil bei {{project}} wurde geändert.\n\nWenn Sie das nicht waren, melden Sie sich an und sehen Sie nach.\n",
      PAGE_HEAD
      "<p>Der Name in Ihrem Profil bei {{project}} wurde geändert.</p>\n<p>Wenn Sie das nicht waren, melden Sie sich an und sehen Sie nach.</p>\n" PAGE_END },
    { "account_deleted", "", "{{project}}: your account was deleted",
      "Your {{project}} account was deleted, and everything that was signed in with it is signed out.\n\nIf that was not you, answer this mail.\n",
      PAGE_HEAD "<p>Your {{project}} account was deleted, and everything that was signed in with it is signed out.</p>\n"
                "<p>If that was not you, answer this mail.</p>\n" PAGE_END },
    { "account_deleted", "de", "{{project}}: Ihr Konto wurde gelöscht",
      "Ihr Konto bei {{project}} wurde gelöscht, und alles, was damit angemeldet war, ist abgemeldet.\n\nWenn Sie das nicht waren, antworten Sie auf diese "
      "Nachricht.\n",
      PAGE_HEAD "<p>Ihr Konto bei {{project}} wurde gelöscht, und alles, was damit angemeldet war, ist abgemeldet.</p>\n"
                "<p>Wenn Sie das nicht waren, antworten Sie auf diese Nachricht.</p>\n" PAGE_END },
};

static err queue(struct call *c, const struct account *who, const char *name, const struct template_value *v, size_t n)
{
    struct mail m = { .to = who->email, .locale = who->locale, .name = name, .texts = texts, .n_texts = COUNT_OF(texts), .values = v, .n_values = n };
    return mail_queue(accounts_of(c)->o.mailer, c, &m);
}

err cfg_mail_code(struct call *c, const struct account *who, str code)
{
    const struct accounts_options *o = &accounts_of(c)->o;
    str site = str_c(o->site_url), link = STR("");
    while (str_ends(site, STR("/"))) site.n--;
    if (site.n) TRY(arena_printf(c->mem, &link, STR_FMT "/auth/?otp=" STR_FMT, STR_ARG(site), STR_ARG(code)));
    const struct template_value v[] = { { "project", str_c(o->project_name) }, { "code", code }, { "link", link } };
    return queue(c, who, site.n ? "code_link" : "code", v, COUNT_OF(v));
}

err cfg_mail_notice(struct call *c, const struct account *who, const char *name)
{
    const struct template_value v[] = { { "project", str_c(accounts_of(c)->o.project_name) } };
    err e = queue(c, who, name, v, COUNT_OF(v));
    if (e != ERR_INPUT && e != ERR_LIMIT) return e;
    call_forget(c);
    return ERR_OK;
}
