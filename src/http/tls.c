/* http/tls.c: which certificate is whose. The library would keep one for life. So each connection's session gets ours as it begins, before its handshake,
 * and holds it until it is closed; an exchange of certificates concerns connections that begin later. */
#include "http/http_int.h"

#include "base/fault.h"
#include <stdlib.h>

struct tls_pair {
    void *certificate; /* with its key */
    unsigned users;    /* http.lock: connections, and http as long as it is the one for new connections */
};

static void pair_free(struct tls_pair *p)
{
    certificate_free(p->certificate);
    free(p);
}

static err pair_new(struct arena *a, const struct http_options *o, struct tls_pair **out, str *why)
{
    *why = STR("out of memory");
    struct tls_pair *p = fault_here() ? NULL : calloc(1, sizeof *p);
    if (!p) return ERR_NOMEM;
    err e = certificate_load(a, o->tls_cert, o->tls_key, &p->certificate, why);
    if (e) return pair_free(p), e;
    p->users = 1;
    *out = p;
    return ERR_OK;
}

/* http.lock is not held. */
static void let_go(struct http *s, struct tls_pair *p)
{
    pthread_mutex_lock(&s->lock);
    bool last = --p->users == 0;
    pthread_mutex_unlock(&s->lock);
    if (last) pair_free(p);
}

err http_check_tls(struct arena *a, const char *cert, const char *key, str *why)
{
    void *certificate = NULL;
    err e = certificate_load(a, cert, key, &certificate, why);
    certificate_free(certificate);
    return e;
}

err tls_start(struct arena *a, struct http *s, str *why) { return s->opt.tls_cert ? pair_new(a, &s->opt, &s->pair, why) : ERR_OK; }

void tls_stop(struct http *s)
{
    if (s->pair) let_go(s, s->pair);
    s->pair = NULL;
}

err http_reload_tls(struct http *s, struct arena *a, str *why)
{
    struct tls_pair *made, *old;
    if (!s->opt.tls_cert) return ERR_OK;
    TRY(pair_new(a, &s->opt, &made, why));
    pthread_mutex_lock(&s->lock);
    old = s->pair;
    s->pair = made;
    pthread_mutex_unlock(&s->lock);
    let_go(s, old);
    return ERR_OK;
}

bool tls_enter(struct conn *c)
{
    struct http *s = c->http;
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(c->mhd, MHD_CONNECTION_INFO_GNUTLS_SESSION);
    if (!s->opt.tls_cert) return true;
    if (!info || !info->tls_session) return false;
    pthread_mutex_lock(&s->lock);
    c->pair = s->pair;
    c->pair->users++;
    pthread_mutex_unlock(&s->lock);
    c->session = info->tls_session;
    if (certificate_give(c->pair->certificate, c->session)) return true;
    tls_leave(c);
    return false;
}

void tls_leave(struct conn *c)
{
    if (c->pair) let_go(c->http, c->pair);
    c->pair = NULL;
    c->session = NULL;
}
