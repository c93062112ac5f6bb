/* http/certificate_int.h: certificates and what sessions need of GnuTLS, behind pointers that say nothing; private to this room. */
#pragma once
#include "base/arena.h"
#include <microhttpd.h>

/* Both PEM, the chain's first certificate that of the key. ERR_INPUT: *why names setting and file. The key's text is wiped. */
err certificate_load(struct arena *a, const char *cert, const char *key, void **out, str *why) MUST_CHECK;
void certificate_free(void *certificate); /* NULL: nothing */
/* session is a gnutls_session_t before its handshake; the certificate must outlive it. */
bool certificate_give(void *certificate, void *session);
/* For a daemon whose sessions get their certificates that way; empty without TLS. */
const struct MHD_OptionItem *certificate_options(bool tls);
/* Writes and says that nothing follows; never blocks longer than the socket does. */
void session_say(void *session, str text);
