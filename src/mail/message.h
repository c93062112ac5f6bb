/* mail/message.h: one mail as bytes: RFC 5322 with MIME (RFC 2045, 2046, 2047), multipart/alternative with text and HTML.
 *
 * Invariants: (1) no caller can add a header: CR, LF, NUL and other controls in any value that becomes a header are refused; (2) the output is ASCII but for a
 * recipient that is not (RFC 6532), with CRLF, no line is longer than 76 characters but unfoldable header words, which stay under 998; (3) the same input gives
 * the same bytes: identifiers and times come from the caller. Pure: no I/O, no clock, no randomness. */
#pragma once
#include "base/buf.h"

enum { MESSAGE_ADDRESS_MAX = 254, MESSAGE_NAME_MAX = 200, MESSAGE_SUBJECT_MAX = 500, MESSAGE_BODY_MAX = 4 << 20 };

struct message {
    str from;        /* "Name <address>" or "address", as in mail.from */
    str to;          /* one bare address, UTF-8 */
    str subject;     /* UTF-8 */
    str text;        /* UTF-8, lines ended by LF or CRLF */
    str html;        /* absent: text/plain only */
    str id;          /* left part of the Message-ID, [A-Za-z0-9.-]; also makes the boundary */
    int64_t date_ms; /* Unix ms */
};

/* Writes the message. ERR_INPUT with *why (static text): a control character, ill-formed UTF-8, an address that is none, a sender that is not ASCII, too long.
 * ERR_NOMEM, ERR_LIMIT from the buf. On any error what out holds is to be thrown away. */
err message_write(const struct message *m, struct buf *out, const char **why) MUST_CHECK;
/* The address within "Name <address>", and the name (may be empty). ERR_INPUT if it is none, or not ASCII. */
err message_mailbox(str s, str *name, str *address) MUST_CHECK;
