/* worker/frame.h: what the server and its interview workers say to each other. Used by both programs.
 *
 * A frame is a head of 24 bytes, little-endian, then members:
 *   u32 length of what follows the head · u16 protocol version · u16 message · u64 request id · u32 deadline in ms · u32 zero
 * A member is u16 tag · u16 zero · u32 length · bytes. A tag may repeat where frame.c's table says so. Every request has exactly one reply
 * with its id. frame_rules says which message may come when, from whom, and how large; anything else ends the worker. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

enum { FRAME_VERSION = 1, FRAME_HEAD = 24, FRAME_MAX = 96 * 1024 * 1024 };

enum message {
    MSG__NONE,
    MSG_FORK,   /* server -> zygote: make a worker; its socket rides along (SCM_RIGHTS). TAG_PACKAGE, TAG_FOLDERS, TAG_MEMORY_MB, TAG_SETTINGS */
    MSG_FORKED, /* zygote -> server: TAG_PID, or TAG_ERROR */
    MSG_READY,  /* worker -> server, once, id 0: the sandbox is closed. TAG_NOTES: what the kernel lacks */
    MSG_CALL,   /* server -> worker: one operation on one session. TAG_OP and what it needs */
    MSG_RESULT, /* worker -> server: TAG_OUTCOME … */
    MSG_STOP,   /* server -> worker: end */
    MSG_ENDED,  /* zygote -> server, id 0: a worker is gone. TAG_PID, TAG_STATUS (as wait(2) gives it), TAG_MEMORY_KIB (most it ever held) */
    MSG__COUNT
};

/* TAG_OP */
enum worker_op {
    OP_NEW = 1,   /* fresh answers, first evaluation (api 12.1) */
    OP_QUESTION,  /* evaluate, give the question (12.2) */
    OP_VARIABLES, /* all variables as JSON (12.3); nothing is evaluated */
    OP_SET,       /* 12.4 */
    OP_BACK,      /* 12.7: TAG_SNAPSHOT is the step gone back to, TAG_OLD_SNAPSHOT the discarded one */
    OP_ACTION,    /* 12.6 */
    OP_METADATA,  /* title, tags, privileges of an interview, without a session (13.1) */
    OP_CHECK,     /* read only: OUT_METADATA with what is wrong, a list of objects with name, path, line, column, severity, text */
    OP_DATA,      /* names of an interview and what they are (14): OUT_METADATA */
    OP__COUNT
};

enum outcome_kind {
    OUT_ERROR = 0, /* TAG_ERROR: "Class: text" as api 12 wants it behind its prefixes; nothing is to be saved (but see TAG_SNAPSHOT of OP_BACK) */
    OUT_QUESTION,  /* TAG_JSON: the question object */
    OUT_RESPONSE,  /* the interview's own answer: TAG_BODY, TAG_TYPE, TAG_STATUS */
    OUT_DONE,      /* saved or not, nothing to show (204) */
    OUT_UNDEFINED, /* a variable nothing defines: TAG_JSON is the undefined_variable object; nothing is to be saved on OP_QUESTION */
    OUT_NEED,      /* the worker no longer has TAG_WARM: send TAG_SNAPSHOT */
    OUT_VARIABLES, /* TAG_JSON */
    OUT_METADATA,  /* TAG_JSON */
    OUT_WANT,      /* the call cannot go on without things that the server keeps: TAG_WANTS. Send the call again with a TAG_GIVEN for each so far */
    OUT__COUNT
};
/* Where in the order of api 12.4 an OUT_ERROR arose: TAG_STAGE. */
enum stage {
    STAGE_LOAD = 1,   /* the interview file: DANotFoundError, DAInvalidFilename, DASourceError */
    STAGE_ACCESS,     /* required privileges */
    STAGE_LOOP_NAMES, /* no. 9 */
    STAGE_NAME,       /* no. 10: Illegal value as variable name. */
    STAGE_SET,        /* no. 11 */
    STAGE_MARK,       /* no. 12 */
    STAGE_DELETE,     /* no. 13 */
    STAGE_EVENT,      /* Illegal value as event name. */
    STAGE_FILE_NAME,  /* no. 7 */
    STAGE_EVALUATE,   /* no. 14 and the like */
    STAGE_SNAPSHOT,   /* the answers could not be stored or read back */
};

enum tag {
    TAG__NONE,
    /* to the worker */
    TAG_OP,
    TAG_PACKAGE,
    TAG_FOLDERS /* repeats: package roots in order */,
    TAG_MEMORY_MB,
    TAG_SETTINGS /* JSON: timezone, locale, language, currency, debug */,
    TAG_INTERVIEW,
    TAG_SESSION,
    TAG_SNAPSHOT,
    TAG_OLD_SNAPSHOT,
    TAG_WARM /* u64: what the worker called the step in its last reply */,
    TAG_USER /* JSON object of language 9.6, plus "uid" and "is_admin" */,
    TAG_BASE_URL,
    TAG_REFERER,
    TAG_URL_ARGS /* JSON object of texts */,
    TAG_STEPS /* u64: number of stored steps before this call */,
    TAG_VARIABLES /* JSON object, verbatim */,
    TAG_RAW /* u64 flag */,
    TAG_QUESTION_NAME,
    TAG_DELETE /* JSON array */,
    TAG_EVENTS /* JSON array */,
    TAG_FILES /* JSON: [{variable, files:[{number,filename,mimetype,extension}]}] */,
    TAG_WANT_QUESTION /* u64 */,
    TAG_ADVANCE /* u64 */,
    TAG_OVERWRITE /* u64 */,
    TAG_ACTION,
    TAG_ARGUMENTS /* JSON */,
    TAG_PERSISTENT,
    TAG_READ_ONLY,
    TAG_NOW_MS /* u64 */,
    TAG_GIVEN /* repeats: a thing that was wanted: u32 length of its name, the name as TAG_WANTS had it, then, unless there is no such thing, one byte
               * and the contents */
    ,
    /* from the worker */
    TAG_OUTCOME,
    TAG_STAGE,
    TAG_ERROR,
    TAG_JSON,
    TAG_BODY,
    TAG_TYPE,
    TAG_STATUS,
    TAG_SAVE /* u64: SAVE_* */,
    TAG_MULTI_USER /* u64 */,
    TAG_TITLE,
    TAG_TAGS /* JSON array */,
    TAG_INTERVIEW_HASH /* 32 bytes: of all source files */,
    TAG_PID,
    TAG_NOTES,
    TAG_LOG /* repeats: lines for the server's log, already bounded */,
    TAG_WANTS /* JSON array of names, each the text of an array: ["file",number]: contents of a stored file; ["number",k]: the k-th new file number of this
               * call;
               * ["value",base,key], ["keys",base] (JSON array): what interviews keep outside sessions */
    ,
    TAG_PUT /* repeats: a thing to be stored together with the step, or without one: u32 length, its name, then the contents: ["file",number,filename,
             * mimetype,extension], ["value",base,key], ["drop",base,key] (no contents) */
    ,
    TAG_PLACE /* of OUT_ERROR: where in the interview it arose */,
    TAG_LAST /* u64 flag: the worker ends after this reply; set by serve.c */,
    TAG_MEMORY_KIB /* u64 */,
    TAG__COUNT
};
enum save { SAVE_NOTHING, SAVE_NEW_STEP, SAVE_OVER };

struct frame {
    enum message message;
    uint64_t id;
    uint32_t deadline_ms;
    str members; /* borrowed from the buffer it was read from */
};

/* Writing: frame_begin, members, frame_end; errors stick in the buf, which holds this frame alone (empty before frame_begin). More members and
 * another frame_end may follow later. */
void frame_begin(struct buf *b, enum message m, uint64_t id, uint32_t deadline_ms);
void frame_str(struct buf *b, enum tag t, str value); /* absent values are left out */
void frame_u64(struct buf *b, enum tag t, uint64_t value);
err frame_end(struct buf *b) MUST_CHECK; /* fills in the length; ERR_LIMIT: larger than FRAME_MAX, ERR_NOMEM, ERR_INPUT: frame_begin is missing */
/* Changes id and deadline of a frame that is written already. */
void frame_stamp(struct buf *b, uint64_t id, uint32_t deadline_ms);

/* Reading, of bytes that nobody vouches for. */
err frame_head(str head, struct frame *out, size_t *rest) MUST_CHECK; /* 24 bytes; ERR_INPUT: not ours, ERR_LIMIT: larger than its kind may be */
err frame_check(const struct frame *f) MUST_CHECK; /* members well formed, tags known, allowed for the message, repeated only where allowed */
/* Who speaks; may that side send this message? */
enum frame_side { SIDE_SERVER, SIDE_ZYGOTE, SIDE_WORKER };
bool frame_from(const struct frame *f, enum frame_side side);
/* After frame_check. First value of the tag; STR_NULL if absent. */
str frame_get(const struct frame *f, enum tag t);
uint64_t frame_get_u64(const struct frame *f, enum tag t, uint64_t preset);
/* Walks all members: start with *at = 0; false at the end. */
bool frame_next(const struct frame *f, size_t *at, enum tag *t, str *value);
