/* tests/unit/mail/test_message.c: messages against expected bytes, and everything that could smuggle a header. */
#include "mail/message.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define HEAD(from, subject)                                                                                                                \
    "Date: Sat, 01 Aug 2026 00:00:00 +0000\r\nFrom: " from "\r\nTo: ann@example.com\r\nMessage-ID: <m-1@example.org>\r\nSubject: " subject \
    "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
#define PART(type) "Content-Type: " type "; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
#define TEN "0123456789"
#define SEVENTY TEN TEN TEN TEN TEN TEN TEN

static struct message plain(void)
{
    return (struct message){
        .from = STR("robot@example.org"), .to = STR("ann@example.com"), .subject = STR("Hello"), .text = STR("Hi\n"), .id = STR("m-1"), .date_ms = 1785542400000
    };
}

static const struct {
    const char *name, *from, *subject, *text, *html, *want;
} written[] = {
    { "a plain text", NULL, NULL, NULL, NULL, HEAD("robot@example.org", "Hello") PART("text/plain") "Hi\r\n" },
    { "text and HTML are alternatives", NULL, NULL, NULL, "<p class=\"x\">Hi</p>",
      HEAD("robot@example.org", "Hello") "Content-Type: multipart/alternative;\r\n boundary=\"=_m-1\"\r\n\r\n--=_m-1\r\n" PART(
          "text/plain") "Hi\r\n--=_m-1\r\n" PART("text/html") "<p class=3D\"x\">Hi</p>\r\n--=_m-1--\r\n" },
    { "a name stands before the address", "Chancery <robot@example.org>", NULL, NULL, NULL,
      HEAD("Chancery <robot@example.org>", "Hello") PART("text/plain") "Hi\r\n" },
    { "a name with a comma or a quote is encoded", "Doe, \"J\" <robot@example.org>", NULL, NULL, NULL,
      HEAD("=?UTF-8?B?RG9lLCAiSiI=?= <robot@example.org>", "Hello") PART("text/plain") "Hi\r\n" },
    { "a subject beyond ASCII is encoded", NULL,
      "Gr\xC3\xBC\xC3\x9F"
      "e",
      NULL, NULL, HEAD("robot@example.org", "=?UTF-8?B?R3LDvMOfZQ==?=") PART("text/plain") "Hi\r\n" },
    { "what looks encoded is encoded", NULL, "=?x", NULL, NULL, HEAD("robot@example.org", "=?UTF-8?B?PT94?=") PART("text/plain") "Hi\r\n" },
    { "a long subject is folded between characters", NULL,
      "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xC3\xBC"
      "b",
      NULL, NULL,
      HEAD("robot@example.org", "=?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=?=\r\n =?UTF-8?B?w7xi?=") PART("text/plain") "Hi\r\n" },
    { "line ends become CRLF, the last one is added", NULL, NULL, "a\r\nb\nc", NULL, HEAD("robot@example.org", "Hello") PART("text/plain") "a\r\nb\r\nc\r\n" },
    { "a lone CR, blanks at a line's end, dots and From in front are encoded", NULL, NULL, "a\rb \n.\nFrom x\n", NULL,
      HEAD("robot@example.org", "Hello") PART("text/plain") "a=0Db=20\r\n=2E\r\n=46rom x\r\n" },
    { "long lines are broken softly at 76", NULL, NULL, SEVENTY "01234567", NULL,
      HEAD("robot@example.org", "Hello") PART("text/plain") SEVENTY "01234=\r\n567\r\n" },
    { "an encoded byte is not cut", NULL, NULL, SEVENTY "012=", NULL, HEAD("robot@example.org", "Hello") PART("text/plain") SEVENTY "012=\r\n=3D\r\n" },
    { "an empty text is an empty body", NULL, NULL, "", NULL, HEAD("robot@example.org", "Hello") PART("text/plain") },
};

static void test_written(void **state)
{
    int failed = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(written); i++) {
        CLEANUP(buf_release) struct buf b = BUF(1 << 20);
        struct message m = plain();
        const char *why = NULL;
        if (written[i].from) m.from = str_c(written[i].from);
        if (written[i].subject) m.subject = str_c(written[i].subject);
        if (written[i].text) m.text = str_c(written[i].text);
        m.html = str_c(written[i].html);
        err e = message_write(&m, &b, &why);
        if (e == ERR_OK && str_is(buf_str(&b), written[i].want)) continue;
        print_error("%s: %s %s\n%.*s\nwanted\n%s\n", written[i].name, err_name(e), why ? why : "", STR_ARG(buf_str(&b)), written[i].want);
        failed++;
    }
    assert_int_equal(failed, 0);
}

/* RFC 6532: as it is, for servers that know SMTPUTF8. */
static void test_recipient_beyond_ascii(void **state)
{
    (void)state;
    CLEANUP(buf_release) struct buf b = BUF(1 << 20);
    struct message m = plain();
    const char *why = NULL;
    m.to = STR("j\xC3\xBCrgen@b\xC3\xBCro.example");
    assert_int_equal(message_write(&m, &b, &why), ERR_OK);
    assert_true(str_search(buf_str(&b), STR("\r\nTo: j\xC3\xBCrgen@b\xC3\xBCro.example\r\n")) < b.n);
}

enum field { FROM, TO, SUBJECT, ID, TEXT };

static const struct {
    const char *name;
    enum field field;
    str value;
} refused[] = {
    { "a line in the subject", SUBJECT, STR("x\r\nBcc: eve@example.net") },
    { "a lone LF in the subject", SUBJECT, STR("x\nBcc: eve@example.net") },
    { "a lone CR in the subject", SUBJECT, STR("x\rBcc: eve@example.net") },
    { "NUL in the subject", SUBJECT, STR("x\0y") },
    { "a folded line in the subject", SUBJECT, STR("x\r\n y") },
    { "an ill-formed subject", SUBJECT, STR("\xC3") },
    { "a line in the recipient", TO, STR("ann@example.com\r\nBcc: eve@example.net") },
    { "a line at the recipient's end", TO, STR("ann@example.com\n") },
    { "NUL in the recipient", TO, STR("ann@example.com\0") },
    { "two recipients", TO, STR("ann@example.com,eve@example.net") },
    { "a recipient in brackets", TO, STR("<ann@example.com>") },
    { "a recipient with a blank", TO, STR("ann @example.com") },
    { "an ill-formed recipient", TO, STR("\xC3@example.com") },
    { "a sender beyond ASCII", FROM, STR("\xC3\xBC@example.org") },
    { "a recipient without a domain", TO, STR("ann@") },
    { "a recipient without an at", TO, STR("ann") },
    { "a recipient with two ats", TO, STR("a@b@example.com") },
    { "a recipient with two dots", TO, STR("a..b@example.com") },
    { "no recipient", TO, STR("") },
    { "a line in the sender's name", FROM, STR("Eve\r\nBcc: x <robot@example.org>") },
    { "NUL in the sender's name", FROM, STR("E\0ve <robot@example.org>") },
    { "a line in the sender's address", FROM, STR("Eve <robot@example.org\r\n>") },
    { "a sender who is not closed", FROM, STR("Eve <robot@example.org") },
    { "a line in the identifier", ID, STR("m\r\n") },
    { "a quote in the identifier", ID, STR("m\"") },
    { "NUL in the identifier", ID, STR("m\0") },
    { "no identifier", ID, STR("") },
    { "an ill-formed text", TEXT, STR("\xFF") },
};

static void test_refused(void **state)
{
    int failed = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        CLEANUP(buf_release) struct buf b = BUF(1 << 20);
        struct message m = plain();
        const char *why = NULL;
        str *fields[] = { [FROM] = &m.from, [TO] = &m.to, [SUBJECT] = &m.subject, [ID] = &m.id, [TEXT] = &m.text };
        *fields[refused[i].field] = refused[i].value;
        if (message_write(&m, &b, &why) == ERR_INPUT && why && b.n == 0) continue;
        print_error("%s: was taken\n", refused[i].name);
        failed++;
    }
    assert_int_equal(failed, 0);
}

static void test_ceiling(void **state)
{
    struct message m = plain();
    const char *why;
    struct buf b = BUF(100);
    (void)state;
    assert_int_equal(message_write(&m, &b, &why), ERR_LIMIT);
    buf_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_recipient_beyond_ascii),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_ceiling),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
