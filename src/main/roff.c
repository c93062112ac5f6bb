/* main/roff.c: escapes for manual pages. */
#include "main/roff.h"

void roff_begin(struct buf *out, const char *name, int section, const char *title)
{
    buf_printf(out, ".\\\" Printed by the program from the tables that it works by.\n.TH %s %d \"\" \"chancery %s\" \"%s\"\n.nh\n.ad l\n", name, section,
               CHANCERY_VERSION, title);
}

static void one(struct buf *out, char c, bool begins)
{
    if (begins && (c == '.' || c == '\'')) buf_z(out, "\\&");
    switch (c) {
    case '\\': buf_z(out, "\\e"); break;
    case '-': buf_z(out, "\\-"); break;
    case '~': buf_z(out, "\\(ti"); break;
    case '^': buf_z(out, "\\(ha"); break;
    case '\'': buf_z(out, "\\(aq"); break;
    case '`': buf_z(out, "\\(ga"); break;
    default: buf_char(out, c);
    }
}

void roff_text(struct buf *out, const char *text)
{
    for (const char *p = text; *p; p++) one(out, *p, p == text || p[-1] == '\n');
}

void roff_marked(struct buf *out, const char *text)
{
    bool bold = false;
    for (const char *p = text; *p; p++) {
        if (*p != '`') {
            one(out, *p, p == text || p[-1] == '\n');
            continue;
        }
        bold = !bold;
        buf_z(out, bold ? "\\fB" : "\\fR");
    }
    if (bold) buf_z(out, "\\fR");
}
