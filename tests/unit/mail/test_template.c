/* tests/unit/mail/test_template.c: which template a locale gets, and what filling one gives. */
#include "mail/template.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const struct template all[] = {
    { "reset", "", "Reset", "", "" },
    { "reset", "de", "Zuruecksetzen", "", "" },
    { "reset", "de-AT", "Servus", "", "" },
    { "proof", "de", "Beweis", "", "" },
};

static const struct {
    const char *name, *template, *locale, *want;
} found[] = {
    { "a region of its own", "reset", "de-AT", "Servus" },
    { "a region as systems write it", "reset", "de_AT.UTF-8", "Servus" },
    { "case is ignored", "reset", "DE-at", "Servus" },
    { "an unknown region falls back to its language", "reset", "de-CH", "Zuruecksetzen" },
    { "an unknown language falls back to the default", "reset", "fr", "Reset" },
    { "a longer language is another language", "reset", "deu", "Reset" },
    { "no locale is the default", "reset", "", "Reset" },
    { "without a default there may be none", "proof", "fr", NULL },
    { "an unknown name has none", "welcome", "de", NULL },
};

static void test_found(void **state)
{
    int failed = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(found); i++) {
        const struct template *t = template_find(all, COUNT_OF(all), found[i].template, str_c(found[i].locale));
        if (found[i].want ? t && str_is(str_c(t->subject), found[i].want) : !t) continue;
        print_error("%s: %s\n", found[i].name, t ? t->subject : "none");
        failed++;
    }
    assert_int_equal(failed, 0);
}

static const struct {
    const char *name, *text;
    bool html;
    err answer;
    const char *want;
} filled[] = {
    { "a text without names stays", "Hi { there }", false, ERR_OK, "Hi { there }" },
    { "an empty text stays empty", "", true, ERR_OK, "" },
    { "names are replaced, repeatedly", "{{who}}, {{who}}!", false, ERR_OK, "<b>Ann</b> & 'Co', <b>Ann</b> & 'Co'!" },
    { "values are escaped in HTML, the template is not", "<p>{{who}}</p>", true, ERR_OK, "<p>&lt;b&gt;Ann&lt;/b&gt; &amp; &#39;Co&#39;</p>" },
    { "quotes cannot leave an attribute", "<a href=\"{{link}}\">", true, ERR_OK, "<a href=\"x&quot; y\">" },
    { "a value is not filled again", "{{braces}}", false, ERR_OK, "{{who}}" },
    { "a name without a value is refused", "{{nobody}}", false, ERR_INPUT, NULL },
    { "blanks are part of a name", "{{ who }}", false, ERR_INPUT, NULL },
    { "braces that stay open are refused", "{{who", false, ERR_INPUT, NULL },
};

static void test_filled(void **state)
{
    static const struct template_value values[] = { { "who", STR("<b>Ann</b> & 'Co'") }, { "link", STR("x\" y") }, { "braces", STR("{{who}}") } };
    int failed = 0;
    (void)state;
    for (size_t i = 0; i < COUNT_OF(filled); i++) {
        CLEANUP(buf_release) struct buf b = BUF(10000);
        err e = template_fill(&b, filled[i].text, values, COUNT_OF(values), filled[i].html);
        if (e == filled[i].answer && (e || str_is(buf_str(&b), filled[i].want))) continue;
        print_error("%s: %s \"%.*s\"\n", filled[i].name, err_name(e), STR_ARG(buf_str(&b)));
        failed++;
    }
    assert_int_equal(failed, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(test_found), cmocka_unit_test(test_filled) };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
