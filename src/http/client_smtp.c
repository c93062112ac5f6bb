/* http/client_smtp.c: SMTP over libcurl; see client_smtp.h. */
#include "http/client_smtp.h"
#include "base/fault.h"
#include "http/client_int.h"
#include <arpa/inet.h>
#include <stdlib.h>

enum { LINE_MAX_KEPT = 300 };

/* the setting */

/* ERR_NOT_FOUND: the URL has no such part. */
static err part(struct arena *a, CURLU *u, CURLUPart what, unsigned flags, const char **out)
{
    char *z = NULL;
    CURLUcode code = fault_here() ? CURLUE_OUT_OF_MEMORY : curl_url_get(u, what, &z, flags);
    *out = NULL;
    if (code == CURLUE_OUT_OF_MEMORY) return ERR_NOMEM;
    if (code == CURLUE_URLDECODE) return ERR_INPUT;
    if (code != CURLUE_OK) return ERR_NOT_FOUND;
    *out = arena_z(a, str_c(z));
    curl_free(z);
    return *out ? ERR_OK : ERR_NOMEM;
}

static err maybe(err e) { return e == ERR_NOT_FOUND ? ERR_OK : e; }

static bool is_this_machine(const char *host)
{
    struct in_addr four;
    return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 || (inet_pton(AF_INET, host, &four) == 1 && (ntohl(four.s_addr) >> 24) == 127);
}

static err strip(struct arena *a, CURLU *u, const char **url)
{
    if (curl_url_set(u, CURLUPART_USER, NULL, 0) != CURLUE_OK || curl_url_set(u, CURLUPART_PASSWORD, NULL, 0) != CURLUE_OK) return ERR_NOMEM;
    return part(a, u, CURLUPART_URL, 0, url);
}

static err read_parts(struct arena *a, CURLU *u, struct smtp_server *out, const char **why)
{
    const char *scheme, *query;
    *why = "is no smtp:// or smtps:// URL";
    TRY(part(a, u, CURLUPART_SCHEME, 0, &scheme));
    if (strcmp(scheme, "smtp") != 0 && strcmp(scheme, "smtps") != 0) return ERR_INPUT;
    TRY(part(a, u, CURLUPART_HOST, 0, &out->host));
    *why = "takes nothing after the host but a port and the name that we greet with";
    err e = part(a, u, CURLUPART_QUERY, 0, &query);
    if (e != ERR_NOT_FOUND) return e == ERR_NOMEM ? e : ERR_INPUT;
    *why = "the user or password is not percent-encoded rightly";
    TRY(maybe(part(a, u, CURLUPART_USER, CURLU_URLDECODE, &out->user)));
    TRY(maybe(part(a, u, CURLUPART_PASSWORD, CURLU_URLDECODE, &out->password)));
    if (out->user && !out->password) return *why = "has a user but no password; write user:password@host", ERR_INPUT;
    out->need_tls = out->password && !is_this_machine(out->host);
    return strip(a, u, &out->url);
}

err smtp_server_read(struct arena *a, const char *url, struct smtp_server *out, const char **why)
{
    *out = (struct smtp_server){ 0 };
    CURLU *u = fault_here() ? NULL : curl_url();
    if (!u) return ERR_NOMEM;
    *why = "is no smtp:// or smtps:// URL";
    CURLUcode code = curl_url_set(u, CURLUPART_URL, url, 0);
    err e = code == CURLUE_OK ? read_parts(a, u, out, why) : code == CURLUE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_INPUT;
    curl_url_cleanup(u);
    return e;
}

/* sending */

struct sending {
    str left; /* of the message */
    char line[LINE_MAX_KEPT];
    int n; /* of line: the server's last refusal */
};

static size_t on_read(char *to, size_t one, size_t n, void *arg)
{
    struct sending *s = arg;
    size_t take = one * n < s->left.n ? one * n : s->left.n;
    memcpy(to, s->left.p, take);
    s->left = str_from(s->left, take);
    return take;
}

/* The server's lines; the last one that refuses is kept. */
static size_t on_line(char *at, size_t one, size_t n, void *arg)
{
    struct sending *s = arg;
    str line = str_trim((str){ at, one * n });
    if (line.n < 3 || (line.p[0] != '4' && line.p[0] != '5')) return one * n;
    line = str_head(line, sizeof s->line);
    line.n = str_utf8_good(line);
    memcpy(s->line, line.p, line.n);
    s->n = (int)line.n;
    for (int i = 0; i < s->n; i++)
        if ((unsigned char)s->line[i] < 0x20 || s->line[i] == 0x7f) s->line[i] = ' ';
    return one * n;
}

static err describe(CURL *h, const struct smtp_server *s, const struct smtp_mail *m, struct curl_slist *to, struct sending *what)
{
    err bad = ERR_OK;
    CLIENT_SET(h, &bad, CURLOPT_URL, s->url);
    CLIENT_SET(h, &bad, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    /* Also for the answer to our QUIT, which the time-out of the whole does not cover. */
    CLIENT_SET(h, &bad, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)((s->timeout_ms + 999) / 1000));
    CLIENT_SET(h, &bad, CURLOPT_USE_SSL, (long)(s->need_tls ? CURLUSESSL_ALL : CURLUSESSL_TRY));
    if (s->user) CLIENT_SET(h, &bad, CURLOPT_USERNAME, s->user);
    if (s->user) CLIENT_SET(h, &bad, CURLOPT_PASSWORD, s->password);
    CLIENT_SET(h, &bad, CURLOPT_MAIL_FROM, m->from);
    CLIENT_SET(h, &bad, CURLOPT_MAIL_RCPT, to);
    CLIENT_SET(h, &bad, CURLOPT_UPLOAD, 1L);
    CLIENT_SET(h, &bad, CURLOPT_INFILESIZE_LARGE, (curl_off_t)m->message.n);
    CLIENT_SET(h, &bad, CURLOPT_READFUNCTION, on_read);
    CLIENT_SET(h, &bad, CURLOPT_READDATA, what);
    CLIENT_SET(h, &bad, CURLOPT_HEADERFUNCTION, on_line);
    CLIENT_SET(h, &bad, CURLOPT_HEADERDATA, what);
    CLIENT_SET(h, &bad, CURLOPT_WRITEFUNCTION, on_line);
    CLIENT_SET(h, &bad, CURLOPT_WRITEDATA, what);
    return bad;
}

/* 530, 534, 535, 538 (RFC 4954): not this message but our login is refused. */
static bool is_about_login(CURLcode code, long answer)
{
    return code == CURLE_LOGIN_DENIED || answer == 530 || answer == 534 || answer == 535 || answer == 538;
}

static err judge(struct call *c, const struct smtp_server *s, const struct sending *what, CURLcode code, long answer)
{
    if (code == CURLE_OK) return ERR_OK;
    if (code == CURLE_OUT_OF_MEMORY) return ERR_NOMEM;
    if (code == CURLE_ABORTED_BY_CALLBACK) return fail(c, ERR_BUSY, NULL, "%s: given up, since the server stops", s->host);
    if (answer >= 400 && answer < 600 && what->n) {
        err e = answer >= 500 && !is_about_login(code, answer) ? ERR_INPUT : ERR_LIMIT;
        return fail(c, e, NULL, "%s: %.*s", s->host, what->n, what->line);
    }
    if (code == CURLE_LOGIN_DENIED) return fail(c, ERR_LIMIT, NULL, "%s: the login was refused", s->host);
    if (code == CURLE_USE_SSL_FAILED) return fail(c, ERR_BUSY, NULL, "%s: offers no STARTTLS, and nothing goes there in the clear", s->host);
    return fail(c, ERR_BUSY, NULL, "%s: %s", s->host, curl_easy_strerror(code));
}

err smtp_send(struct call *c, const struct smtp_server *s, const struct smtp_mail *m, int *code)
{
    struct sending what = { .left = m->message };
    struct curl_slist *to = fault_here() ? NULL : curl_slist_append(NULL, m->to);
    CURL *h = to ? client_easy(s->timeout_ms, s->ca_file) : NULL;
    long answer = 0;
    *code = 0;
    err e = h ? describe(h, s, m, to, &what) : ERR_NOMEM;
    if (!e) {
        CURLcode done = curl_easy_perform(h);
        if (curl_easy_getinfo(h, CURLINFO_RESPONSE_CODE, &answer) != CURLE_OK) answer = 0;
        *code = (int)answer;
        e = judge(c, s, &what, done, answer);
    }
    if (h) curl_easy_cleanup(h);
    curl_slist_free_all(to);
    return e;
}
