/* mail/message.c: writes one mail; see message.h for what it promises. */
#include "mail/message.h"
#include "base/clock.h"

enum { LINE = 76, WORD_BYTES = 39 /* of UTF-8 in an encoded word: with its frame and "Subject: " a line of 73 */ };

static bool has_control(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f) return true;
    return false;
}

static bool is_ascii(str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80) return false;
    return true;
}

static bool is_alnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/* All of s are letters, digits or of more; not empty. */
static bool made_of(str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_alnum(s.p[i]) && (!s.p[i] || !strchr(more, s.p[i]))) return false;
    return s.n > 0;
}

/* The same, and whatever is beyond ASCII (RFC 6531 3.3). */
static bool made_of_utf8(str s, const char *more)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x80 && !made_of((str){ s.p + i, 1 }, more)) return false;
    return s.n > 0 && str_utf8_ok(s);
}

/* dot-atom "@" dot-atom (RFC 5322 3.4.1), which leaves out quoted local parts and address literals on purpose. */
static bool is_address(str s)
{
    str domain = s, local;
    if (s.n > MESSAGE_ADDRESS_MAX || !str_cut(&domain, '@', &local)) return false;
    str both[] = { local, domain };
    for (size_t i = 0; i < COUNT_OF(both); i++)
        if (both[i].n == 0 || both[i].p[0] == '.' || str_ends(both[i], STR(".")) || str_search(both[i], STR("..")) < both[i].n) return false;
    return made_of_utf8(local, "!#$%&'*+-/=?^_`{|}~.") && made_of_utf8(domain, "-.");
}

err message_mailbox(str s, str *name, str *address)
{
    size_t open = str_find(s, '<', 0);
    if (has_control(s) || !str_utf8_ok(s)) return ERR_INPUT;
    *name = STR("");
    *address = str_trim(s);
    if (open < s.n) {
        str tail = str_trim(str_from(s, open + 1));
        if (!str_ends(tail, STR(">"))) return ERR_INPUT;
        *name = str_trim(str_head(s, open));
        *address = str_head(tail, tail.n - 1);
    }
    return name->n <= MESSAGE_NAME_MAX && is_ascii(*address) && is_address(*address) ? ERR_OK : ERR_INPUT;
}

/* encodings */

static void base64(struct buf *b, str s)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < s.n; i += 3) {
        size_t n = s.n - i < 3 ? s.n - i : 3;
        uint32_t v = (uint32_t)(unsigned char)s.p[i] << 16;
        if (n > 1) v |= (uint32_t)(unsigned char)s.p[i + 1] << 8;
        if (n > 2) v |= (unsigned char)s.p[i + 2];
        buf_char(b, digits[v >> 18]);
        buf_char(b, digits[v >> 12 & 63]);
        buf_char(b, n > 1 ? digits[v >> 6 & 63] : '=');
        buf_char(b, n > 2 ? digits[v & 63] : '=');
    }
}

/* A header's value as encoded words, folded; no character is cut in two (RFC 2047 5). */
static void encoded_words(struct buf *b, str s)
{
    for (bool first = true; s.n; first = false) {
        size_t n = s.n < WORD_BYTES ? s.n : WORD_BYTES;
        while (n < s.n && ((unsigned char)s.p[n] & 0xC0) == 0x80) n--;
        if (!first) buf_z(b, "\r\n ");
        buf_z(b, "=?UTF-8?B?");
        base64(b, str_head(s, n));
        buf_z(b, "?=");
        s = str_from(s, n);
    }
}

/* Text of a header. What is plain and short stays readable; everything else is encoded, "=?" too, which would be decoded. */
static void unstructured(struct buf *b, str s, size_t column)
{
    if (is_ascii(s) && column + s.n <= LINE && str_search(s, STR("=?")) == s.n && str_eq(s, str_trim(s)))
        buf_add(b, s);
    else
        encoded_words(b, s);
}

/* A display name: atoms as they are, otherwise encoded, which needs no rules of quoting. */
static void phrase(struct buf *b, str name)
{
    if (made_of(name, " !#$%&'*+-/=?^_`{|}~") && name.n < 60 && str_search(name, STR("=?")) == name.n)
        buf_add(b, name);
    else
        encoded_words(b, name);
}

static void hex(struct buf *b, unsigned char c)
{
    static const char digits[] = "0123456789ABCDEF";
    buf_char(b, '=');
    buf_char(b, digits[c >> 4]);
    buf_char(b, digits[c & 15]);
}

/* Quoted-printable (RFC 2045 6.7). A dot and "From" at a line's beginning are encoded: some relays would change them. */
static void quoted_printable(struct buf *b, str s)
{
    size_t column = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\r' && i + 1 < s.n && s.p[i + 1] == '\n') continue;
        if (c == '\n') {
            buf_z(b, "\r\n");
            column = 0;
            continue;
        }
        bool last = i + 1 == s.n || s.p[i + 1] == '\n' || s.p[i + 1] == '\r';
        bool plain = (c > ' ' && c < 0x7f && c != '=') || ((c == ' ' || c == '\t') && !last);
        if (column + (plain ? 1 : 3) >= LINE) {
            buf_z(b, "=\r\n");
            column = 0;
        }
        if (column == 0 && (c == '.' || str_starts(str_from(s, i), STR("From ")))) plain = false;
        if (plain)
            buf_char(b, (char)c);
        else
            hex(b, c);
        column += plain ? 1 : 3;
    }
    if (column) buf_z(b, "\r\n");
}

/* the whole */

static const char *wrong(const struct message *m, str *name, str *address)
{
    if (message_mailbox(m->from, name, address) != ERR_OK) return "the sender is no address";
    if (!is_address(m->to)) return "the recipient is no address";
    if (has_control(m->subject) || !str_utf8_ok(m->subject)) return "the subject holds a control character or is not UTF-8";
    if (m->subject.n > MESSAGE_SUBJECT_MAX) return "the subject is too long";
    if (!made_of(m->id, ".-") || m->id.n > 60) return "the identifier is not made of letters, digits, dots and dashes";
    if (m->text.n > MESSAGE_BODY_MAX || m->html.n > MESSAGE_BODY_MAX) return "the body is too long";
    if (!str_utf8_ok(m->text) || !str_utf8_ok(m->html)) return "the body is not UTF-8";
    return NULL;
}

static void part(struct buf *b, const char *type, str body)
{
    buf_printf(b, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n", type);
    quoted_printable(b, body);
}

static void headers(struct buf *b, const struct message *m, str name, str address)
{
    char date[CLOCK_HTTP_MAX];
    size_t n = clock_http(m->date_ms, date);
    str domain = str_from(address, str_find(address, '@', 0) + 1);
    /* "GMT" is an obsolete zone in mail. */
    buf_printf(b, "Date: %.*s+0000\r\nFrom: ", (int)(n - 3), date);
    if (name.n) {
        phrase(b, name);
        buf_z(b, name.n + address.n > 50 ? "\r\n <" : " <");
    }
    buf_add(b, address);
    if (name.n) buf_char(b, '>');
    buf_printf(b, "\r\nTo: " STR_FMT "\r\nMessage-ID: <" STR_FMT "@" STR_FMT ">\r\nSubject: ", STR_ARG(m->to), STR_ARG(m->id), STR_ARG(domain));
    unstructured(b, m->subject, sizeof "Subject: " - 1);
    buf_z(b, "\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n");
}

err message_write(const struct message *m, struct buf *out, const char **why)
{
    str name, address;
    *why = wrong(m, &name, &address);
    if (*why) return ERR_INPUT;
    headers(out, m, name, address);
    if (str_absent(m->html)) {
        part(out, "text/plain", m->text);
        return buf_ok(out);
    }
    /* Quoted-printable never writes "=_", so no body can hold the boundary. */
    buf_printf(out, "Content-Type: multipart/alternative;\r\n boundary=\"=_" STR_FMT "\"\r\n\r\n--=_" STR_FMT "\r\n", STR_ARG(m->id), STR_ARG(m->id));
    part(out, "text/plain", m->text);
    buf_printf(out, "--=_" STR_FMT "\r\n", STR_ARG(m->id));
    part(out, "text/html", m->html);
    buf_printf(out, "--=_" STR_FMT "--\r\n", STR_ARG(m->id));
    return buf_ok(out);
}
