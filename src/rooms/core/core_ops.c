/* rooms/core/core_ops.c: the operation table of the core room and its answers to errors. No logic. */
#include "rooms/core/core_int.h"

#define HTML "text/html; charset=utf-8"
#define PLAIN "text/plain; charset=utf-8"

static const struct shape missing_items = { .kind = K_TEXT };
static const struct shape missing = { .kind = K_ARRAY, .name = "Missing", .of = &missing_items, .doc = "Names of what is not there yet; empty when ready." };
static const struct shape document = { .kind = K_OBJECT, .open = true, .doc = "An OpenAPI 3.1 document." };

static const struct field token_query_fields[] = {
    FIELD(struct token_query, token, "token", &shape_text, .need = true, .in = IN_QUERY, .doc = "The one-time token of the link."),
};
static const struct shape token_query = OBJECT(struct token_query, NULL, token_query_fields);

static const struct shape new_password = { .kind = K_TEXT, .format = "password", .limited = true, .min = 8, .max = 128 };
static const struct field password_form_fields[] = {
    FIELD(struct password_form, token, "token", &shape_text, .need = true, .doc = "The one-time token of the link."),
    FIELD(struct password_form, password, "password", &new_password, .need = true),
    FIELD(struct password_form, again, "again", &new_password, .need = true, .doc = "The same once more."),
};
static const struct shape password_form = OBJECT(struct password_form, "PasswordForm", password_form_fields);
static const char *const answers[] = { "yes", "no", NULL };
static const struct shape answer = { .kind = K_TEXT, .values = answers };
static const struct field proof_form_fields[] = {
    FIELD(struct proof_form, token, "token", &shape_text, .need = true, .doc = "The one-time token of the link."),
    FIELD(struct proof_form, answer, "answer", &answer, .need = true, .doc = "Was it you who signed up? no removes the account."),
};
static const struct shape proof_form = OBJECT(struct proof_form, "ProofForm", proof_form_fields);
static const struct field forgot_form_fields[] = {
    FIELD(struct forgot_form, email, "email", &shape_email, .need = true, .doc = "Of the account."),
};
static const struct shape forgot_form = OBJECT(struct forgot_form, "ForgotForm", forgot_form_fields);
static const char *const form_types[] = { "application/x-www-form-urlencoded", NULL };

/* clang-format off */
static const struct reply_doc html[] = { { 200, HTML, &shape_text, NULL }, { 0 } };
static const struct reply_doc plain[] = { { 200, PLAIN, &shape_text, NULL }, { 0 } };
static const struct reply_doc ready[] = { { 200, "application/json", &missing, "Ready; the list is empty." },
                                          { 503, "application/json", &missing, "Not ready; the list says what is missing." },
                                          { 0 } };
static const struct reply_doc metrics[] = { { 200, "text/plain; version=0.0.4; charset=utf-8", &shape_text, "Prometheus text format." }, { 0 } };
static const struct reply_doc documents[] = { { 200, "application/json", &document, NULL },
                                              { 404, PLAIN, &shape_text, NULL },
                                              { 404, HTML, &shape_text, NULL },
                                              { 0 } };
static const struct reply_doc pages[] = { { 200, HTML, &shape_text, NULL }, { 404, PLAIN, &shape_text, NULL }, { 404, HTML, &shape_text, NULL }, { 0 } };
static const struct reply_doc choose[] = { { 200, HTML, &shape_text, "The password is set." },
                                           { 200, PLAIN, &shape_text, NULL },
                                           { 404, HTML, &shape_text, "The link does not work." },
                                           { 404, PLAIN, &shape_text, NULL },
                                           { 422, HTML, &shape_text, "The password cannot be taken; the page says why." },
                                           { 0 } };
static const struct reply_doc proof[] = { { 200, HTML, &shape_text, "The answer is heeded." },
                                          { 200, PLAIN, &shape_text, NULL },
                                          { 404, HTML, &shape_text, "The link does not work." },
                                          { 404, PLAIN, &shape_text, NULL },
                                          { 422, HTML, &shape_text, "Neither yes nor no." },
                                          { 0 } };
static const struct reply_doc forgot[] = { { 200, HTML, &shape_text, "A link is on its way if there is such an account." },
                                           { 200, PLAIN, &shape_text, NULL },
                                           { 422, HTML, &shape_text, "Not an e-mail address." },
                                           { 429, HTML, &shape_text, "Too often from this network address." },
                                           { 429, PLAIN, &shape_text, NULL },
                                           { 0 } };
static const struct reply_doc common[] = { { 413, PLAIN, &shape_text, NULL }, { 413, HTML, &shape_text, NULL }, { 500, PLAIN, &shape_text, NULL },
                                           { 500, HTML, &shape_text, NULL },  { 503, PLAIN, &shape_text, NULL }, { 503, HTML, &shape_text, NULL },
                                           { 0 } };
static const char *const       file_doc[] = { "Name of a family followed by .json" }, *const family_doc[] = { "Name of a family" };

static const struct op ops[] = {
    { .id = "home", .on = M_GET, .path = "/", .spec = "server 3", .summary = "What is served here", .tag = "Pages", .perm = PERM_PUBLIC, .quick = true,
      .run = core_home, .replies = html },
    { .id = "health", .on = M_GET, .path = "/healthz", .spec = "server 3", .summary = "The process lives", .tag = "Operation", .perm = PERM_PUBLIC,
      .quick = true, .run = core_healthz, .replies = plain },
    { .id = "ready", .on = M_GET, .path = "/readyz", .spec = "server 3", .summary = "The server can work", .tag = "Operation", .perm = PERM_PUBLIC,
      .run = core_readyz, .replies = ready },
    { .id = "metrics", .on = M_GET, .path = "/metrics", .spec = "server 3", .summary = "Numbers for Prometheus", .tag = "Operation",
      .perm = PERM_PUBLIC, .run = core_metrics, .replies = metrics },
    { .id = "openapi", .on = M_GET, .path = "/openapi/{file}", .spec = "server 3", .summary = "A family's OpenAPI document", .tag = "Documents",
      .perm = PERM_PUBLIC, .quick = true, .run = core_openapi, .replies = documents, .path_docs = file_doc },
    { .id = "docs", .on = M_GET, .path = "/docs", .spec = "server 3", .summary = "Documentation for browsers", .tag = "Documents", .perm = PERM_PUBLIC,
      .quick = true, .run = core_docs, .replies = html },
    { .id = "docsOfFamily", .on = M_GET, .path = "/docs/{family}", .spec = "server 3", .summary = "A family's operations", .tag = "Documents",
      .perm = PERM_PUBLIC, .run = core_docs_family, .replies = pages, .path_docs = family_doc },
    { .id = "passwordPage", .on = M_GET, .path = "/account/password", .spec = "server 4", .summary = "Form to choose a password", .tag = "Account",
      .perm = PERM_PUBLIC, .query = &token_query, .tx = TX_READ, .run = core_password_page, .replies = pages },
    { .id = "choosePassword", .on = M_POST, .path = "/account/password", .spec = "server 4", .summary = "Choose a password", .tag = "Account",
      .perm = PERM_PUBLIC, .body = &password_form, .body_types = form_types, .body_need = true, .body_max = 16384, .run = core_password_choose,
      .replies = choose },
    { .id = "proofPage", .on = M_GET, .path = "/account/proof", .spec = "server 4", .summary = "Was it you who signed up?", .tag = "Account",
      .perm = PERM_PUBLIC, .query = &token_query, .tx = TX_READ, .run = core_proof_page, .replies = pages },
    { .id = "answerProof", .on = M_POST, .path = "/account/proof", .spec = "server 4", .summary = "Confirm the address, or disown the account", .tag = "Account",
      .perm = PERM_PUBLIC, .body = &proof_form, .body_types = form_types, .body_need = true, .body_max = 16384, .run = core_proof_answer, .replies = proof },
    { .id = "forgotPage", .on = M_GET, .path = "/account/forgot", .spec = "server 4", .summary = "Form to ask for a new password", .tag = "Account",
      .perm = PERM_PUBLIC, .quick = true, .run = core_forgot_page, .replies = html },
    { .id = "forgotPassword", .on = M_POST, .path = "/account/forgot", .spec = "server 4", .summary = "Ask for a link to choose a new password",
      .tag = "Account", .perm = PERM_PUBLIC, .body = &forgot_form, .body_types = form_types, .body_need = true, .body_max = 16384,
      .run = core_forgot_send, .replies = forgot },
    { 0 },
};
/* clang-format on */
static const char *const prefixes[] = { "/openapi", "/docs", "/account", NULL };

static void error(struct call *c, const struct op *op, err e)
{
    (void)op;
    int status = c->why.status ? c->why.status : route_status(e);
    const char *title = status == 404 ? "Not found" : status == 405 ? "Not possible" : status == 503 ? "Busy" : status < 500 ? "Not accepted" : "Trouble";
    str text = c->why.text;
    if (status == 404 && !op) text = STR("There is nothing at this address.");
    if (!text.n) text = STR("Please try again later.");
    err done = page_message(c, status, title, text);
    if (done != ERR_OK) c->reply->status = 0; /* the router has a last word that needs no memory */
}

/* A constant of two letters needs no advice to browsers, and is asked for most. */
static void finish(struct call *c, const struct op *op)
{
    if (op && op->run == core_healthz) return;
    reply_header(c->reply, STR("X-Content-Type-Options"), STR("nosniff"));
}

static err print(struct arena *a, const struct family *f, struct document *out)
{
    CLEANUP(buf_release) struct buf b = BUF(16 << 20);
    out->family = f;
    TRY(openapi_print(f, &b));
    return buf_to_arena(&b, a, &out->json);
}

/* The rows that are /metrics, or all the others. */
static err choose_rows(struct arena *a, bool metrics_only, const struct op **out)
{
    struct op *some = NEW_N(a, struct op, COUNT_OF(ops));
    size_t n = 0;
    if (!some) return ERR_NOMEM;
    for (const struct op *op = ops; op->id; op++)
        if ((op->run == core_metrics) == metrics_only) some[n++] = *op;
    *out = some;
    return ERR_OK;
}

static void fill(struct core *k, const struct core_options *o, const struct op *rows)
{
    k->options = *o;
    k->family = (struct family){ .name = "core",
                                 .title = "Chancery",
                                 .version = o->version,
                                 .server = "",
                                 .ops = rows,
                                 .prefixes = prefixes,
                                 .loose = true,
                                 .body_max = 65536,
                                 .common = common,
                                 .error = error,
                                 .finish = finish,
                                 .room = k };
}

err core_metrics_family(struct arena *a, const struct core_options *o, const struct family **out)
{
    struct core *k = NEW(a, struct core);
    const struct op *rows;
    if (!k) return ERR_NOMEM;
    TRY(choose_rows(a, true, &rows));
    fill(k, o, rows);
    *out = &k->family;
    return ERR_OK;
}

err core_family(struct arena *a, const struct core_options *o, const struct family **out)
{
    struct core *k = NEW(a, struct core);
    const struct op *rows = ops;
    size_t n = 0;
    if (!k) return ERR_NOMEM;
    while (o->families && o->families[n]) n++;
    if (o->metrics_apart) TRY(choose_rows(a, false, &rows));
    fill(k, o, rows);
    k->documents = NEW_N(a, struct document, n + 1);
    if (!k->documents) return ERR_NOMEM;
    for (size_t i = 0; i < n; i++) TRY(print(a, o->families[i], &k->documents[i]));
    TRY(print(a, &k->family, &k->documents[n]));
    k->n_documents = n + 1;
    *out = &k->family;
    return ERR_OK;
}
