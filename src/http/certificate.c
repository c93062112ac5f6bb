/* http/certificate.c: a certificate and its key, read, checked, and given to sessions. The only file that sees GnuTLS, which libmicrohttpd speaks
 * TLS with; without http.h, because both have a tag `params`. */
#include "http/certificate_int.h"

#include "base/fault.h"
#include "crypto/crypto.h"
#include <errno.h>
#include <fcntl.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <unistd.h>

enum { PEM_MAX = 256 * 1024, CHAIN_MAX = 32 };

struct text {
    unsigned char p[PEM_MAX + 1];
    size_t n;
};
struct texts {
    struct text certificate, key;
};

static err refuse(struct arena *a, str *why, const char *setting, const char *path, const char *what)
{
    return arena_printf(a, why, "%s %s: %s", setting, path, what) ? ERR_NOMEM : ERR_INPUT;
}

static err read_text(struct arena *a, struct text *t, const char *setting, const char *path, str *why)
{
    char text[128];
    ssize_t got = 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    while (fd >= 0 && got > 0 && t->n < sizeof t->p) {
        got = read(fd, t->p + t->n, sizeof t->p - t->n);
        if (got > 0) t->n += (size_t)got;
        if (got < 0 && errno == EINTR) got = 1;
    }
    int code = errno;
    if (fd >= 0) (void)close(fd);
    if (fd < 0 || got < 0) return refuse(a, why, setting, path, strerror_r(code, text, sizeof text));
    return t->n > PEM_MAX ? refuse(a, why, setting, path, "larger than 256 KiB") : ERR_OK;
}

static gnutls_datum_t datum(struct text *t) { return (gnutls_datum_t){ t->p, (unsigned)t->n }; }

/* The public half of an Edwards key: GnuTLS compares certificate and key by a test signature, and has none for these (3.7). */
struct edwards {
    unsigned char id[64];
    size_t n; /* 0: a key of another kind */
};
static bool is_edwards(int algorithm) { return algorithm == GNUTLS_PK_EDDSA_ED25519 || algorithm == GNUTLS_PK_EDDSA_ED448; }

/* Each alone, so that the message names the right file. */
static bool is_certificate(struct text *t, struct edwards *out)
{
    gnutls_x509_crt_t chain[CHAIN_MAX];
    unsigned n = CHAIN_MAX;
    gnutls_datum_t d = datum(t);
    int got = gnutls_x509_crt_list_import(chain, &n, &d, GNUTLS_X509_FMT_PEM, GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);
    out->n = sizeof out->id;
    if (got <= 0 || !is_edwards(gnutls_x509_crt_get_pk_algorithm(chain[0], NULL)) ||
        gnutls_x509_crt_get_key_id(chain[0], GNUTLS_KEYID_USE_SHA256, out->id, &out->n) < 0)
        out->n = 0;
    for (int i = 0; i < got; i++) gnutls_x509_crt_deinit(chain[i]);
    return got > 0;
}
static bool is_key(struct text *t, struct edwards *out)
{
    gnutls_x509_privkey_t key;
    gnutls_datum_t d = datum(t);
    if (gnutls_x509_privkey_init(&key) < 0) return false;
    bool good = gnutls_x509_privkey_import2(key, &d, GNUTLS_X509_FMT_PEM, NULL, 0) == 0;
    out->n = sizeof out->id;
    if (!good || !is_edwards(gnutls_x509_privkey_get_pk_algorithm(key)) || gnutls_x509_privkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, out->id, &out->n) < 0)
        out->n = 0;
    gnutls_x509_privkey_deinit(key);
    return good;
}

static err fill(struct arena *a, const char *cert, const char *key, struct texts *t, gnutls_certificate_credentials_t *out, str *why)
{
    TRY(read_text(a, &t->certificate, "tls.cert", cert, why));
    TRY(read_text(a, &t->key, "tls.key", key, why));
    struct edwards ours = { 0 }, theirs = { 0 };
    if (!is_certificate(&t->certificate, &ours)) return refuse(a, why, "tls.cert", cert, "holds no certificate in PEM form, or more than 32");
    if (!is_key(&t->key, &theirs)) return refuse(a, why, "tls.key", key, "holds no private key in PEM form that opens without a password");
    if (fault_here() || gnutls_certificate_allocate_credentials(out) < 0) return ERR_NOMEM;
    gnutls_datum_t c = datum(&t->certificate), k = datum(&t->key);
    int code = gnutls_certificate_set_x509_key_mem(*out, &c, &k, GNUTLS_X509_FMT_PEM);
    bool differs = ours.n != theirs.n || memcmp(ours.id, theirs.id, ours.n) != 0;
    if (code >= 0 && !differs) return ERR_OK;
    if (code < 0 && code != GNUTLS_E_CERTIFICATE_KEY_MISMATCH) return refuse(a, why, "tls.cert", cert, gnutls_strerror(code));
    return arena_printf(a, why, "tls.key %s: does not belong to the certificate in %s", key, cert) ? ERR_NOMEM : ERR_INPUT;
}

err certificate_load(struct arena *a, const char *cert, const char *key, void **out, str *why)
{
    gnutls_certificate_credentials_t made = NULL;
    *why = STR("out of memory");
    struct texts *t = fault_here() ? NULL : calloc(1, sizeof *t);
    if (!t) return ERR_NOMEM;
    err e = fill(a, cert, key, t, &made, why);
    crypto_wipe(t, sizeof *t);
    free(t);
    if (e)
        certificate_free(made);
    else
        *out = made;
    return e;
}

void certificate_free(void *certificate)
{
    if (certificate) gnutls_certificate_free_credentials(certificate);
}

bool certificate_give(void *certificate, void *session) { return gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, certificate) == 0; }

/* Never asked: each session has credentials of its own. Without one of the two the library does not start. */
static int no_certificate(gnutls_session_t session, const gnutls_datum_t *ca, int n_ca, const gnutls_pk_algorithm_t *algos, int n_algos, gnutls_pcert_st **cert,
                          unsigned *n_cert, gnutls_privkey_t *key)
{
    (void)session, (void)ca, (void)n_ca, (void)algos, (void)n_algos, (void)cert, (void)n_cert, (void)key;
    return -1;
}

const struct MHD_OptionItem *certificate_options(bool tls)
{
    static char rule[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE"; /* -RSA: no key exchange without forward secrecy */
    static struct MHD_OptionItem some[] = { { MHD_OPTION_HTTPS_CERT_CALLBACK, 0, (void *)no_certificate },
                                            { MHD_OPTION_HTTPS_PRIORITIES, 0, rule },
                                            { MHD_OPTION_END, 0, NULL } };
    return tls ? some : some + COUNT_OF(some) - 1;
}

void session_say(void *session, str text)
{
    if (gnutls_record_send(session, text.p, text.n) < 0) return; /* the peer is gone or deaf: it is cut either way */
    (void)gnutls_bye(session, GNUTLS_SHUT_WR);
}
