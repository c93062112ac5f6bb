/* rooms/hiring/hiring_rules.c: decisions without I/O. */
#include "rooms/hiring/hiring_int.h"

const char *const hiring_statuses[] = { "pending", "scheduled", "in_progress", "completed", "cancelled", "no_show", NULL };
const char *const hiring_roles[] = { "candidate", "interviewer", "observer", NULL };

/* Reasons */

/* The parts of an address as email_is_valid() wants them; the sentences are those that clients of the framework know where there are such. */
const char *hiring_judge_email(struct call *c, const void *record, str text)
{
    (void)c, (void)record;
    size_t at = str_find(text, '@', 0);
    if (at == text.n) return "An email address must have an @-sign.";
    str local = str_head(text, at), domain = str_from(text, at + 1);
    if (local.n == 0) return "There must be something before the @-sign.";
    if (domain.n == 0) return "There must be something after the @-sign.";
    if (str_find(domain, '@', 0) < domain.n) return "The part after the @-sign contains invalid characters: '@'.";
    if (local.p[0] == '.') return "An email address cannot start with a period.";
    if (local.p[local.n - 1] == '.') return "An email address cannot have a period immediately before the @-sign.";
    if (domain.p[0] == '.') return "An email address cannot have a period immediately after the @-sign.";
    if (domain.p[domain.n - 1] == '.') return "An email address cannot end with a period.";
    if (str_search(text, STR("..")) < text.n) return "An email address cannot have two periods in a row.";
    if (text.n > 254) return "The email address is too long.";
    if (email_is_valid(text)) return NULL;
    return str_find(domain, '.', 0) == domain.n ? "The part after the @-sign is not valid. It should have a period."
                                                : "The email address contains invalid characters.";
}

/* Nobody gets a name that is somebody else's address. */
const char *hiring_judge_username(struct call *c, const void *record, str text)
{
    const struct register_body *b = record;
    str name, email;
    if (!text_is_plain(text)) return "the username must not contain spaces or control characters";
    if (str_find(text, '@', 0) == text.n) return NULL;
    bool own =
        !str_absent(b->email) && email_normalise(c->mem, text, &name) == ERR_OK && email_normalise(c->mem, b->email, &email) == ERR_OK && str_eq(name, email);
    return own ? NULL : "a username with an @ must be the e-mail address itself";
}

const char *hiring_judge_password(struct call *c, const void *record, str text)
{
    const struct hiring *h = hiring_of(c);
    (void)record;
    return h && h->o.no_common_passwords && password_is_common(text) ? "this password is on the list of common ones" : NULL;
}

const char *hiring_judge_config(struct call *c, const void *record, str text)
{
    (void)c, (void)record;
    return text.n > CONFIG_MAX ? "interview_config must not be larger than 65536 bytes" : NULL;
}

const char *hiring_judge_feedback(struct call *c, const void *record, str text)
{
    (void)c, (void)record;
    return text.n > FEEDBACK_MAX ? "overall_feedback must not be larger than 65536 bytes" : NULL;
}

/* Values */

err hiring_score_text(struct arena *a, double score, str *out)
{
    CLEANUP(buf_release) struct buf b = BUF(64);
    struct jw w = JW(&b);
    jw_double(&w, score == 0 ? 0 : score); /* no -0 */
    if (str_ends(buf_str(&b), STR(".0"))) b.n -= 2;
    return buf_to_arena(&b, a, out);
}

err hiring_json_compact(struct arena *a, str json, str *out)
{
    char *p = NEW_N(a, char, json.n + 1);
    bool text = false;
    if (!p) return ERR_NOMEM;
    *out = (str){ p, 0 };
    for (size_t i = 0; i < json.n; i++) {
        char ch = json.p[i];
        if (!text && (ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r')) continue;
        p[out->n++] = ch;
        if (text && ch == '\\')
            p[out->n++] = json.p[++i];
        else if (ch == '"')
            text = !text;
    }
    return ERR_OK;
}

bool hiring_is_uuid(str text)
{
    for (size_t i = 0; i < text.n; i++) {
        char ch = text.p[i];
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        bool hex = (ch >= '0' && ch <= '9') || (ch >= 'a' && ch <= 'f') || (ch >= 'A' && ch <= 'F');
        if (dash ? ch != '-' : !hex) return false;
    }
    return text.n == CRYPTO_UUID;
}

err hiring_id_of(struct call *c, str text, str *out) { return email_normalise(c->mem, text, out); }

static bool is_key(str text, str prefix)
{
    if (text.n != KEY_LEN || !str_starts(text, prefix)) return false;
    for (size_t i = prefix.n; i < text.n; i++)
        if (str_find(CRYPTO_ALNUM, text.p[i], 0) == CRYPTO_ALNUM.n) return false;
    return true;
}

err hiring_credentials_read(str token, struct credentials *out)
{
    str rest = token, first;
    *out = (struct credentials){ 0 };
    bool both = str_cut(&rest, ':', &first);
    if (is_key(first, STR("pk_")))
        out->key = first;
    else if (!both && is_key(first, STR("sk_")))
        out->secret = first;
    else
        return ERR_INPUT;
    if (!both) return ERR_OK;
    if (!is_key(rest, STR("sk_"))) return ERR_INPUT;
    out->secret = rest;
    return ERR_OK;
}

str hiring_status_after_schedule(str status, bool scheduled)
{
    if (scheduled && str_is(status, "pending")) return STR("scheduled");
    if (!scheduled && str_is(status, "scheduled")) return STR("pending");
    return status;
}

/* The next strong tag of a list, without its quotes; weak ones are passed over: they are equal to none. */
static bool tag_next(str *rest, str *out)
{
    for (;;) {
        *rest = str_trim(*rest);
        if (rest->n && rest->p[0] == ',') {
            *rest = str_from(*rest, 1);
            continue;
        }
        bool weak = str_starts(*rest, STR("W/"));
        str at = weak ? str_from(*rest, 2) : *rest;
        size_t end = at.n && at.p[0] == '"' ? str_find(at, '"', 1) : at.n;
        if (end == at.n) return false;
        *out = (str){ at.p + 1, end - 1 };
        *rest = str_trim(str_from(at, end + 1));
        if (rest->n && rest->p[0] != ',') return false;
        if (!weak) return true;
    }
}

bool hiring_if_match(str header, int64_t version)
{
    char own[24];
    str rest = str_trim(header), tag;
    int n = snprintf(own, sizeof own, "%lld", (long long)version);
    if (str_absent(header) || str_is(rest, "*")) return true;
    /* "a", W/"b", "c": a comma may be in a tag. Of what is malformed nothing counts from there on. */
    while (tag_next(&rest, &tag))
        if (str_eq(tag, (str){ own, (size_t)n })) return true;
    return false;
}

bool hiring_wants_details(str include)
{
    str one;
    bool more = include.n > 0;
    while (more) {
        more = str_cut(&include, ',', &one);
        if (str_is(str_trim(one), "details")) return true;
    }
    return false;
}

static bool is_port(str rest)
{
    if (rest.n == 0) return true;
    if (rest.p[0] != ':' || rest.n == 1 || rest.n > 6) return false;
    for (size_t i = 1; i < rest.n; i++)
        if (rest.p[i] < '0' || rest.p[i] > '9') return false;
    return true;
}

bool hiring_origin_allowed(const struct hiring_options *o, str origin)
{
    static const str local[] = { { "http://localhost", 16 }, { "http://127.0.0.1", 16 } };
    if (str_absent(origin)) return false;
    for (size_t i = 0; i < o->n_origins; i++)
        if (str_is(origin, o->origins[i])) return true;
    for (size_t i = 0; o->loopback_origins && i < COUNT_OF(local); i++)
        if (str_starts(origin, local[i]) && is_port(str_from(origin, local[i].n))) return true;
    return false;
}
