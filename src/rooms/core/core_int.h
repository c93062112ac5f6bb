/* rooms/core/core_int.h: what the files of this room share. */
#pragma once
#include "rooms/core/core.h"

struct document {
    const struct family *family;
    str json; /* OpenAPI */
};
struct core {
    struct core_options options;
    struct family family;
    struct document *documents; /* of all families, the core's last */
    size_t n_documents;
};
static inline struct core *core_of(const struct call *c) { return c->room; }

/* core_health.c */
err core_healthz(struct call *c);
err core_readyz(struct call *c);
err core_metrics(struct call *c);
/* core_docs.c */
err core_home(struct call *c);
err core_openapi(struct call *c);
err core_docs(struct call *c);
err core_docs_family(struct call *c);
/* core_password.c */
err core_password_page(struct call *c);
err core_password_choose(struct call *c);
/* core_proof.c */
err core_proof_page(struct call *c);
err core_proof_answer(struct call *c);
/* core_forgot.c */
err core_forgot_page(struct call *c);
err core_forgot_send(struct call *c);

struct token_query {
    str token;
};
struct proof_form {
    str token, answer;
};
struct forgot_form {
    str email;
};
struct password_form {
    str token, password, again;
};

/* core_page.c: one plain page. Write the content into page.b between begin and end. */
struct page {
    struct buf b;
    str nonce; /* of the one style element */
};
err page_begin(struct call *c, struct page *p, const char *title) MUST_CHECK;
err page_end(struct call *c, struct page *p, int status) MUST_CHECK; /* replies; releases the buffer in any case */
void html_text(struct buf *b, str text);                             /* escaped */
void html_z(struct buf *b, const char *text);
/* An answer for people and programs alike: a page if the client asks for HTML, else one line of text. */
err page_message(struct call *c, int status, const char *title, str text) MUST_CHECK;
