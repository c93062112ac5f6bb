/* main/cmd_audit.c: the audit log on the command line. */
#include "base/clock.h"
#include "base/json.h"
#include "main/cmd_user_int.h"
#include <stdio.h>

enum { COUNT = 20, COUNT_MAX = 100000 };

static err tail_tx(struct call *call)
{
    struct user_work *w = call->state;
    return audit_tail(call, w->count, &w->records, &w->n);
}

static void write_record(struct jw *w, const struct audit *a)
{
    char when[CLOCK_ISO_MAX];
    jw_open(w, '{');
    jw_kstr(w, "id", a->id);
    jw_kstr(w, "at", (str){ when, clock_iso(a->at_ms, when) });
    jw_kstr(w, "family", a->family);
    jw_kstr(w, "action", a->action);
    jw_kstr(w, "actor_id", a->actor_id);
    jw_kstr(w, "actor_email", a->actor_email);
    jw_kstr(w, "subject", a->subject);
    jw_kstr(w, "ip", a->ip);
    jw_kstr(w, "request_id", a->request_id);
    jw_key(w, STR("detail"));
    jw_raw(w, a->detail_json);
    jw_close(w, '}');
}

static str or_dash(str s) { return s.n ? s : STR("-"); }

static void print_record(struct buf *b, const struct audit *a)
{
    char when[CLOCK_ISO_MAX];
    buf_printf(b, "%.*s  %.*s %.*s by ", (int)clock_iso(a->at_ms, when), when, STR_ARG(a->family), STR_ARG(a->action));
    cli_plain(b, or_dash(a->actor_email.n ? a->actor_email : a->actor_id));
    buf_z(b, " on ");
    cli_plain(b, or_dash(a->subject));
    buf_z(b, " from ");
    cli_plain(b, or_dash(a->ip));
    if (!str_is(a->detail_json, "{}")) buf_char(b, ' '), cli_plain(b, a->detail_json);
    buf_char(b, '\n');
}

/* The newest stands last, as in a log. */
static int tail(struct cli *c, struct user_work *w, struct call *call)
{
    w->count = COUNT;
    if (c->count && (str_int(str_c(c->count), &w->count) != ERR_OK || w->count < 1 || w->count > COUNT_MAX))
        return (void)cli_fail("audit tail: -n %s: a number from 1 to %d, please", c->count, COUNT_MAX), 2;
    if (user_run(c, w, TX_READ, tail_tx, call)) return 1;
    CLEANUP(buf_release) struct buf b = BUF(256 << 20);
    struct jw out = JW(&b);
    if (c->json) jw_open(&out, '[');
    for (size_t i = w->n; i-- > 0;) {
        if (c->json)
            write_record(&out, &w->records[i]);
        else
            print_record(&b, &w->records[i]);
    }
    if (c->json) jw_close(&out, ']'), buf_char(&b, '\n');
    if (buf_ok(&b) || fwrite(b.p ? b.p : "", 1, b.n, stdout) != b.n) return cli_fail("audit tail: cannot be written");
    return 0;
}
int cmd_audit_tail(struct cli *c) { return user_with_store(c, false, tail); }
