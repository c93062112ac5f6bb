/* auth/auth_audit.c: who did what, in the transaction of what was done. */
#include "auth/auth_int.h"

err audit_write(struct call *c, const struct audit *in)
{
    char id[CRYPTO_UUID];
    str actor = in->actor_id, email = in->actor_email, ip = in->ip, request = in->request_id;
    if (c->who && str_absent(actor)) {
        actor = c->who->account.id;
        email = c->who->account.email;
    }
    if (str_absent(ip)) ip = c->rq ? c->rq->peer : STR("local");
    if (str_absent(request)) request = c->request_id;
    crypto_uuid7(id);
    return db_run(c, &auth_q[AQ_AUDIT_INSERT], (str){ id, sizeof id }, c->now_ms, in->family, in->action, actor, email, in->subject, ip, request,
                  str_absent(in->detail_json) ? STR("{}") : in->detail_json);
}

err audit_tail(struct call *c, int64_t limit, struct audit **out, size_t *n)
{
    struct rows rows;
    TRY(db_list(c, &auth_q[AQ_AUDIT_LIST], &rows, limit));
    struct audit *v = NEW_N(c->mem, struct audit, rows.n);
    if (!v) return ERR_NOMEM;
    for (size_t i = 0; i < rows.n; i++) {
        const struct cell *r = rows.row[i];
        v[i] = (struct audit){ .id = r[0].s,
                               .at_ms = r[1].i,
                               .family = r[2].s,
                               .action = r[3].s,
                               .actor_id = r[4].s,
                               .actor_email = r[5].s,
                               .subject = r[6].s,
                               .ip = r[7].s,
                               .request_id = r[8].s,
                               .detail_json = r[9].s };
    }
    *out = v;
    *n = rows.n;
    return ERR_OK;
}
