/* mail/template.h: texts of mails: {{name}} is replaced, nothing else is special. Pure.
 *
 * In HTML values are escaped (& < > " '); in a subject and a text they stand as they are, and message.h refuses what may not be there. */
#pragma once
#include "base/buf.h"

struct template_value {
    const char *name; /* [a-z_]+ */
    str value;
};
/* One mail in one language; a table of them is static. */
struct template
{
    const char *name;   /* "reset" */
    const char *locale; /* "de", "de-AT"; "" is the one that everybody gets who has none of his own */
    const char *subject, *text, *html;
};

/* The one for a locale ("de_AT.UTF-8", "de-AT", "de"): the whole of it, else its language, else "". NULL: no template of that name. Letters' case is ignored.
 */
const struct template *template_find(const struct template *all, size_t n, const char *name, str locale);
/* Appends text with its values. ERR_INPUT: a name without a value, or "{{" without "}}" (a mistake of ours, so a test fills every template). */
err template_fill(struct buf *out, const char *text, const struct template_value *v, size_t n, bool html) MUST_CHECK;
