/* rooms/core/core_mail.c: the mails of the identity core in all their languages. Another language is five more rows. */
#include "base/log.h"
#include "rooms/core/core_int.h"

/* One column, readable on a phone, nothing loaded from anywhere. */
#define MAIL_OPEN(lang)                                                                                                                                       \
    "<!doctype html>\n<html lang=\"" lang "\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"></head>\n" \
    "<body style=\"margin:0;padding:24px 12px;background:#f4f1ec;color:#1c1b19;font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif\">\n"       \
    "<div style=\"max-width:520px;margin:0 auto;padding:24px;background:#ffffff;border:1px solid #dedad2;border-radius:10px\">\n"
#define MAIL_TITLE(text) "<h1 style=\"margin:0 0 16px;font-size:22px;line-height:1.3\">" text "</h1>\n"
#define MAIL_P(text) "<p style=\"margin:0 0 16px\">" text "</p>\n"
#define MAIL_SOFT(text) "<p style=\"margin:0;color:#66625b;font-size:14px\">" text "</p>\n"
#define MAIL_BUTTON(text)                                                                                                                                \
    "<p style=\"margin:24px 0\"><a href=\"{{link}}\" style=\"display:inline-block;padding:12px 20px;background:#0b5d4e;color:#ffffff;border-radius:6px;" \
    "font-weight:600;text-decoration:none\">" text "</a></p>\n"
#define MAIL_CLOSE "</div>\n</body></html>\n"
#define STRONG "<strong>{{email}}</strong>"

const struct template core_mails[] = {
    /* English, for everybody whose language is not here */
    { .name = "proof",
      .locale = "",
      .subject = "Is this your e-mail address?",
      .text = "Somebody signed up with the address {{email}} and chose a password.\n\n"
              "If that was you, please say so on this page. The link works for one week:\n\n{{link}}\n\n"
              "If it was not you, open the same page and say that. The account is then removed, and nobody uses your address.\n",
      .html = MAIL_OPEN("en") MAIL_TITLE("Is this your e-mail address?") MAIL_P("Somebody signed up with the address " STRONG " and chose a password.")
          MAIL_P("If that was you, please say so. The link works for one week.") MAIL_BUTTON("Answer")
              MAIL_SOFT("If it was not you, open the same page and say that. The account is then removed, and nobody uses your address.") MAIL_CLOSE },
    { .name = "reset",
      .locale = "",
      .subject = "Choose a new password",
      .text = "Somebody, probably you, asked for a new password for {{email}}.\n\n"
              "Choose it on this page. The link works once, and for one hour:\n\n{{link}}\n\n"
              "If you did not ask for it, you need not do anything: the old password stays.\n",
      .html = MAIL_OPEN("en") MAIL_TITLE("Choose a new password") MAIL_P("Somebody, probably you, asked for a new password for " STRONG ".")
          MAIL_P("The link works once, and for one hour.") MAIL_BUTTON("Choose a password")
              MAIL_SOFT("If you did not ask for it, you need not do anything: the old password stays.") MAIL_CLOSE },
    { .name = "first_proof",
      .locale = "",
      .subject = "Please choose a password of your own",
      .text = "You have just shown for the first time that {{email}} is your address.\n\n"
              "The account had a password already. Nobody had shown that it was the owner of the address who chose it, so it was removed, and everybody who\n"
              "was signed in with it was signed out.\n\n"
              "Choose a password of your own on this page. The link works once, and for one day:\n\n{{link}}\n",
      .html = MAIL_OPEN("en") MAIL_TITLE("Please choose a password of your own") MAIL_P("You have just shown for the first time that " STRONG
                                                                                        " is your address.")
          MAIL_P("The account had a password already. Nobody had shown that it was the owner of the address who chose it, so it was removed, and everybody who"
                 " was signed in with it was signed out.") MAIL_BUTTON("Choose a password") MAIL_SOFT("The link works once, and for one day.") MAIL_CLOSE },
    { .name = "password_changed",
      .locale = "",
      .subject = "Your password was changed",
      .text = "The password of {{email}} was changed ({{when}}). Everybody who was signed in was signed out.\n\n"
              "If that was you, all is well. If it was not you, ask for a new password at once:\n\n{{link}}\n",
      .html = MAIL_OPEN("en") MAIL_TITLE("Your password was changed")
          MAIL_P("The password of " STRONG " was changed ({{when}}). Everybody who was signed in was signed out.")
              MAIL_P("If that was you, all is well. If it was not you, ask for a new password at once.") MAIL_BUTTON("It was not me") MAIL_CLOSE },
    { .name = "welcome",
      .locale = "",
      .subject = "An account was made for you",
      .text = "An account with the address {{email}} was made for you.\n\n"
              "Choose your password on this page. The link works once, and for one week:\n\n{{link}}\n",
      .html = MAIL_OPEN("en") MAIL_TITLE("An account was made for you") MAIL_P("An account with the address " STRONG " was made for you.") MAIL_P(
          "Choose your password, and you can sign in.") MAIL_BUTTON("Choose a password") MAIL_SOFT("The link works once, and for one week.") MAIL_CLOSE },

    /* German */
    { .name = "proof",
      .locale = "de",
      .subject = "Ist das Ihre E-Mail-Adresse?",
      .text = "Jemand hat sich mit der Adresse {{email}} angemeldet und ein Passwort gewählt.\n\n"
              "Wenn Sie das waren, bestätigen Sie es bitte auf dieser Seite. Der Link gilt eine Woche:\n\n{{link}}\n\n"
              "Wenn Sie es nicht waren, öffnen Sie dieselbe Seite und sagen Sie es dort. Das Konto wird dann entfernt, und niemand benutzt Ihre Adresse.\n",
      .html =
          MAIL_OPEN("de") MAIL_TITLE("Ist das Ihre E-Mail-Adresse?") MAIL_P("Jemand hat sich mit der Adresse " STRONG " angemeldet und ein Passwort gewählt.")
              MAIL_P("Wenn Sie das waren, bestätigen Sie es bitte. Der Link gilt eine Woche.") MAIL_BUTTON("Antworten")
                  MAIL_SOFT("Wenn Sie es nicht waren, öffnen Sie dieselbe Seite und sagen Sie es dort. Das Konto wird dann entfernt, und niemand benutzt Ihre"
                            " Adresse.") MAIL_CLOSE },
    { .name = "reset",
      .locale = "de",
      .subject = "Neues Passwort wählen",
      .text = "Jemand, vermutlich Sie, hat ein neues Passwort für {{email}} verlangt.\n\n"
              "Wählen Sie es auf dieser Seite. Der Link gilt einmal und eine Stunde lang:\n\n{{link}}\n\n"
              "Wenn Sie es nicht verlangt haben, brauchen Sie nichts zu tun: das alte Passwort bleibt.\n",
      .html = MAIL_OPEN("de") MAIL_TITLE("Neues Passwort wählen") MAIL_P("Jemand, vermutlich Sie, hat ein neues Passwort für " STRONG " verlangt.")
          MAIL_P("Der Link gilt einmal und eine Stunde lang.") MAIL_BUTTON("Passwort wählen")
              MAIL_SOFT("Wenn Sie es nicht verlangt haben, brauchen Sie nichts zu tun: das alte Passwort bleibt.") MAIL_CLOSE },
    { .name = "first_proof",
      .locale = "de",
      .subject = "Bitte wählen Sie ein eigenes Passwort",
      .text = "Sie haben soeben zum ersten Mal gezeigt, dass {{email}} Ihre Adresse ist.\n\n"
              "Das Konto hatte schon ein Passwort. Niemand hatte gezeigt, dass es vom Inhaber der Adresse stammt; deshalb wurde es entfernt, und wer damit\n"
              "angemeldet war, wurde abgemeldet.\n\n"
              "Wählen Sie auf dieser Seite ein eigenes Passwort. Der Link gilt einmal und einen Tag lang:\n\n{{link}}\n",
      .html = MAIL_OPEN("de") MAIL_TITLE("Bitte wählen Sie ein eigenes Passwort") MAIL_P("Sie haben soeben zum ersten Mal gezeigt, dass " STRONG
                                                                                         " Ihre Adresse ist.")
          MAIL_P("Das Konto hatte schon ein Passwort. Niemand hatte gezeigt, dass es vom Inhaber der Adresse stammt; deshalb wurde es entfernt, und wer"
                 " damit angemeldet war, wurde abgemeldet.") MAIL_BUTTON("Passwort wählen") MAIL_SOFT("Der Link gilt einmal und einen Tag lang.") MAIL_CLOSE },
    { .name = "password_changed",
      .locale = "de",
      .subject = "Ihr Passwort wurde geändert",
      .text = "Das Passwort von {{email}} wurde geändert ({{when}}). Wer angemeldet war, wurde abgemeldet.\n\n"
              "Wenn Sie das waren, ist alles gut. Wenn Sie es nicht waren, verlangen Sie gleich ein neues Passwort:\n\n{{link}}\n",
      .html = MAIL_OPEN("de") MAIL_TITLE("Ihr Passwort wurde geändert")
          MAIL_P("Das Passwort von " STRONG " wurde geändert ({{when}}). Wer angemeldet war, wurde abgemeldet.")
              MAIL_P("Wenn Sie das waren, ist alles gut. Wenn Sie es nicht waren, verlangen Sie gleich ein neues Passwort.") MAIL_BUTTON("Ich war es nicht")
                  MAIL_CLOSE },
    { .name = "welcome",
      .locale = "de",
      .subject = "Für Sie wurde ein Konto angelegt",
      .text = "Für Sie wurde ein Konto mit der Adresse {{email}} angelegt.\n\n"
              "Wählen Sie Ihr Passwort auf dieser Seite. Der Link gilt einmal und eine Woche lang:\n\n{{link}}\n",
      .html = MAIL_OPEN("de") MAIL_TITLE("Für Sie wurde ein Konto angelegt") MAIL_P("Für Sie wurde ein Konto mit der Adresse " STRONG " angelegt.")
          MAIL_P("Wählen Sie Ihr Passwort, dann können Sie sich anmelden.") MAIL_BUTTON("Passwort wählen")
              MAIL_SOFT("Der Link gilt einmal und eine Woche lang.") MAIL_CLOSE },
};
const size_t core_mails_n = COUNT_OF(core_mails);

/* An address that no mail server takes is no reason to refuse what the mail tells about: the account works, it is just never proven. */
err core_mail(struct mailer *m, struct call *c, const char *name, const struct account *to, const struct auth_mail_value *v, size_t n)
{
    enum { VALUES_MAX = 8 };
    struct template_value values[VALUES_MAX] = { 0 };
    for (size_t i = 0; i < n && i < VALUES_MAX; i++) values[i] = (struct template_value){ v[i].name, v[i].value };
    const struct mail in = {
        .to = to->email, .locale = to->locale, .name = name, .texts = core_mails, .n_texts = core_mails_n, .values = values, .n_values = n
    };
    struct trouble before = c->why;
    err e = mail_queue(m, c, &in);
    if (e != ERR_INPUT) return e;
    LOG(LOG_WARN, "mail not queued", LOG_S("mail", str_c(name)), LOG_S("account", to->id), LOG_S("why", c->why.text));
    c->why = before;
    return ERR_OK;
}
