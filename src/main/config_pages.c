/* main/config_pages.c: docs/configuration.md and chancery.yml.5, from the table of settings. */
#include "main/config_int.h"
#include "main/roff.h"

void config_document(struct buf *out)
{
    buf_z(out, "# Configuration\n\nPrinted by `chancery config --document`; the table in `src/main/config.c` is the only source.\n\n"
               "YAML 1.2 file: `--config`, else `$CHANCERY_CONFIG`, else `./chancery.yml` if present, else none. Precedence: built-in default, file,\n"
               "environment (`CHANCERY_` and the key in upper case, dots as underscores), `--set KEY=VALUE`. An unknown key, a wrong type or an impossible "
               "value stops\n"
               "the start with its place.\n\n| key | default | meaning |\n|---|---|---|\n");
    for (const struct setting *s = config_settings; s->key; s++)
        buf_printf(out, "| `%s` | %s%s%s | %s |\n", s->key, s->preset ? "`" : "", s->preset ? s->preset : "none", s->preset ? "`" : "", s->doc);
}

static const char before[] = ".SH NAME\nchancery.yml \\- settings of chancery\n"
                             ".SH DESCRIPTION\n"
                             "A YAML 1.2 file, a mapping of keys to values; a key with dots may also be written as nested mappings. \\fBchancery\\fR(1) reads "
                             "the file of \\fB\\-\\-config\\fR, else of\n"
                             "\\fB$CHANCERY_CONFIG\\fR, else \\fI./chancery.yml\\fR if present. Each setting may also stand in the environment, as "
                             "\\fBCHANCERY_\\fR and the key in upper case, dots as\n"
                             "underscores, or behind \\fB\\-\\-set\\fR. What comes later wins: built\\-in default, file, environment, \\fB\\-\\-set\\fR.\n"
                             ".PP\nAn unknown key, a wrong type or an impossible value stops the start with its place. \\fBchancery check\\fR looks without "
                             "starting anything; \\fBchancery config\\fR\n"
                             "prints what holds, and where each value came from.\n"
                             ".SH SETTINGS\n";
static const char after[] = ".SH EXAMPLE\n.nf\n"
                            "data: /var/lib/chancery\n"
                            "listen: [127.0.0.1:8080, \"unix:/run/chancery/socket\"]\n"
                            "base_url: https://court.example\n"
                            "trusted_proxies: [127.0.0.0/8, unix]\n"
                            "workers:\n"
                            "  max: 8\n"
                            ".fi\n.SH SEE ALSO\n\\fBchancery\\fR(1)\n";

static const char *type_text(const struct setting *s)
{
    switch (s->type) {
    case T_TEXT: return s->words ? "one word" : "text";
    case T_INT: return "whole number";
    case T_BOOL: return "true or false";
    case T_TEXTS: return "text or list of texts";
    case T_DISPATCH: return "list of mappings";
    default: return "";
    }
}

void config_man(struct buf *out)
{
    roff_begin(out, "CHANCERY.YML", 5, "File Formats");
    buf_z(out, before);
    for (const struct setting *s = config_settings; s->key; s++) {
        buf_z(out, ".TP\n\\fB");
        roff_text(out, s->key);
        buf_z(out, "\\fR (");
        buf_z(out, type_text(s));
        if (s->type == T_INT) buf_printf(out, ", %lld to %lld", (long long)s->least, (long long)s->most);
        if (s->preset) buf_z(out, "; default \\fB"), roff_text(out, s->preset), buf_z(out, "\\fR");
        buf_z(out, ")\n");
        roff_marked(out, s->doc);
        buf_z(out, s->secret ? ". Masked where settings are shown.\n" : ".\n");
    }
    buf_z(out, after);
}
