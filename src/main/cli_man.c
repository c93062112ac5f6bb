/* main/cli_man.c: chancery.1, from the tables by which the command line is read. */
#include "main/cli_int.h"
#include "main/roff.h"

static void option(struct buf *b, const struct option *o)
{
    buf_z(b, ".TP\n\\fB");
    roff_text(b, o->name);
    buf_z(b, "\\fR");
    if (o->value) {
        buf_z(b, " \\fI");
        roff_text(b, o->value);
        buf_z(b, "\\fR");
    }
    buf_char(b, '\n');
    roff_text(b, o->doc);
    buf_z(b, o->kind == REPEATED && !strstr(o->doc, "repeated") ? "; may be repeated\n" : "\n");
}

static void command(struct buf *b, const struct command *cmd)
{
    buf_z(b, ".SS \"");
    roff_text(b, cmd->name);
    if (*cmd->args) buf_char(b, ' '), roff_text(b, cmd->args);
    buf_z(b, "\"\n");
    roff_text(b, cmd->summary);
    buf_z(b, ".\n");
    for (const struct option *o = cli_options; o->name; o++)
        if (!o->common && cli_takes(cmd, o)) option(b, o);
    buf_z(b, ".PP\nExample:\n.PP\n.RS 4\n.nf\n");
    roff_text(b, cmd->example);
    buf_z(b, "\n.fi\n.RE\n");
}

static const char about[] = ".SH NAME\nchancery \\- one server for guided interviews, accounts, tenants, hiring and signatures\n"
                            ".SH SYNOPSIS\n\\fBchancery\\fR \\fICOMMAND\\fR [\\fIARGUMENT\\fR] [\\fIOPTION\\fR ...]\n"
                            ".SH DESCRIPTION\n"
                            "\\fBchancery serve\\fR is the server; the other commands prepare it, look at it and change what it keeps. Those that change "
                            "something work beside a running\n"
                            "server, on its store, and it heeds them with the next request.\n"
                            ".PP\nSettings come from a file, the environment and \\fB\\-\\-set\\fR: see \\fBchancery.yml\\fR(5).\n"
                            ".SH COMMANDS\n";
static const char rest[] = ".SH EXIT STATUS\n"
                           ".TP\n0\ndone\n"
                           ".TP\n1\nrefused or failed; one line on standard error names what, where and what to do\n"
                           ".TP\n2\nthe command line was not understood\n"
                           ".SH SIGNALS\n"
                           "Of \\fBchancery serve\\fR:\n"
                           ".TP\n\\fBSIGTERM\\fR, \\fBSIGINT\\fR\nends it: no new connections, running requests have 10 seconds, then the store is closed\n"
                           ".TP\n\\fBSIGHUP\\fR\nreads the certificate and its key again\n"
                           ".SH ENVIRONMENT\n"
                           ".TP\n\\fBCHANCERY_CONFIG\\fR\nthe configuration file, if \\fB\\-\\-config\\fR names none\n"
                           ".TP\n\\fBCHANCERY_\\fR\\fIKEY\\fR\na setting: its key in upper case, dots as underscores\n"
                           ".TP\n\\fBNO_COLOR\\fR\nheeded: nothing is ever coloured\n"
                           ".TP\n\\fBNOTIFY_SOCKET\\fR, \\fBWATCHDOG_USEC\\fR\nset by the service manager, which is told of start, reload and end\n"
                           ".SH FILES\n"
                           ".TP\n\\fI./chancery.yml\\fR\nthe configuration file, if nothing else names one\n"
                           ".TP\n\\fI./chancery\\-data\\fR\nthe data folder, unless \\fBdata\\fR says otherwise; \\fImaster.key\\fR in it opens everything "
                           "that is sealed, so keep a copy elsewhere\n"
                           ".SH SEE ALSO\n\\fBchancery.yml\\fR(5), \\fBchancery\\-worker\\fR(8)\n";

void cli_man(struct buf *b)
{
    roff_begin(b, "CHANCERY", 1, "User Commands");
    buf_z(b, about);
    for (const struct command *cmd = commands; cmd->name; cmd++) command(b, cmd);
    buf_z(b, ".SH OPTIONS OF EVERY COMMAND\n");
    for (const struct option *o = cli_options; o->name; o++)
        if (o->common) option(b, o);
    buf_z(b, rest);
}
