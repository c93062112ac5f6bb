/* pyhost/screen_int.h: what the files of the screen share: the compiled plan of a question, and who renders which part of it.
 *
 * screen_compile() turns the parsed mapping into these structs once; building a screen only evaluates and collects. Everything here lives in
 * iv->mem and drops its Python objects with it. Functions follow pyhost/py.h: new references, NULL or -1 with an exception set.
 * Spec: docassemble-language 3.2 to 3.9, 4, 6.8, 7. */
#pragma once
#include "pyhost/engine.h"

/* part.c: what an author may write where a text, a number, an expression or a structure may stand. */
enum part_kind { PART_CONST, PART_TEXT, PART_EXPR, PART_LIST, PART_MAP };
enum part_how {
    HOW_TEXT, /* one text; anything else by str() */
    HOW_EXPR, /* a text is an expression, any other scalar itself; lists and maps of these */
    HOW_DATA, /* texts in a structure; other scalars themselves */
};
struct part {
    enum part_kind kind;
    PyObject *constant;
    struct text text;
    struct expr expr;
    struct part **items; /* PART_LIST, PART_MAP */
    PyObject **keys;     /* PART_MAP */
    size_t n;
};
/* A mapping {code: E} is the expression E, whatever how says. what names the key in error messages. Names bound by an expression count as defined. */
int part_compile(struct block *b, PyObject *source, enum part_how how, const char *what, struct part **out);
PyObject *part_eval(struct eval *e, const struct part *p);
int part_truth(struct eval *e, const struct part *p, int preset); /* preset when p is NULL; -1 on exception */
enum trim { TRIM_NONE, TRIM_END, TRIM_HTML /* Markdown to HTML, trimmed */ };
PyObject *part_text(struct eval *e, const struct part *p, enum trim trim); /* always str */
PyObject *text_trimmed(PyObject *text /* stolen, may be NULL */, enum trim trim);

/* Keeps a reference alive as long as the interview; returns it borrowed, NULL with an exception. Steals. */
PyObject *plan_keep(struct block *b, PyObject *steal);
void *plan_take_n(struct block *b, size_t n, size_t size);
int plan_error(const struct block *b, const char *what, PyObject *shown); /* block_error "what: repr(shown)" */
int plan_defines(struct block *b, PyObject *name);                        /* block_defines unless the block says scan for variables: False */
#define PLAN_NEW(b, T) ((T *)plan_take_n((b), 1, sizeof(T)))
#define PLAN_NEW_N(b, T, n) ((T *)plan_take_n((b), (n), sizeof(T)))

/* A block like b whose plan is thrown away: for fields that code makes. */
struct temporary {
    struct interview interview;
    struct block block;
};
int temporary_open(struct temporary *t, const struct block *b);
void temporary_close(struct temporary *t);

/* variable.c: names of variables. */
int variable_check(struct block *b, PyObject *name);                     /* a name that can be assigned to, else block_error */
PyObject *variable_holder(PyObject *name);                               /* "a.b" of "a.b.c" and "a" of "a[i]"; None if there is none */
PyObject *variable_concrete(PyObject *name, const struct binding *bind); /* x and [i] replaced */
/* The value a field starts with (language 6.8, last paragraph), NULL without exception if there is none; *from_answers tells that it is not remembered. */
PyObject *variable_before(struct eval *e, PyObject *name, const struct binding *bind);

/* messages.c */
struct field;
struct screen;
PyObject *field_messages(struct eval *e, struct block *b, const struct field *f, PyObject *rendered /* the field's object so far */);

PyObject *messages_common(struct block *b); /* the interview's own, for the language of the block: dict */

/* field_types.c: table 4.2. */
enum required_message { REQ_FILL, REQ_SELECT, REQ_TYPE_IN, REQ_FILE, REQ_NONE };
enum {
    DT_CHOICES = 1, /* needs choices */
    DT_CHECKS = 2,  /* several may be chosen: the variable is a dict or a list */
    DT_OBJECT = 4,  /* the choices are objects */
    DT_FILE = 8,
    DT_OPTIONAL = 16, /* not required unless said */
    DT_NUMBER = 32,
    DT_NO_DEFAULT = 64,  /* an existing value is not shown as default */
    DT_NO_BOUNDS = 128,  /* no message for min, max and step */
    DT_NO_ATLEAST = 256, /* no message for the count of chosen items */
};
struct datatype {
    const char *name, *json, *input; /* input: implied inputtype or NULL */
    int sign;                        /* 0: none */
    unsigned flags;
    enum required_message required;
    const char *check; /* type of the message that the kind of value has: "date", "number" … */
};
const struct datatype *datatype_find(str name); /* NULL: a datatype of the author's */
enum required_message input_required(str input, enum required_message preset);

/* custom_type.c: datatypes that authors define as classes. */
int custom_parameters(struct eval *e, const struct field *f, PyObject *out);
PyObject *custom_start(const struct field *f, PyObject *value /* stolen, may be NULL */); /* default_for() of an existing value */

/* field_compile.c */
enum field_key {
    /* in the order in which they are evaluated (language 6.8, step 3) */
    F_SHOW_IF,
    F_HIDE_IF,
    F_ENABLE_IF,
    F_DISABLE_IF,
    F_JS_SHOW_IF,
    F_JS_HIDE_IF,
    F_JS_ENABLE_IF,
    F_JS_DISABLE_IF,
    F_NONE_OF,
    F_ALL_OF,
    F_PERSISTENT,
    F_PRIVATE,
    F_ALLOW_USERS,
    F_ALLOW_PRIVILEGES,
    F_REQUIRED,
    F_DISABLED,
    F_DISABLE_OTHERS,
    F_UNCHECK_OTHERS,
    F_CHECK_OTHERS,
    F_SHUFFLE,
    F_GRID,
    F_ITEM_GRID,
    F_LABEL_ABOVE,
    F_FLOATING,
    F_AUTOCOMPLETE,
    F_VALIDATE,
    F_LABEL,
    F_MIN,
    F_MAX,
    F_MINLENGTH,
    F_MAXLENGTH,
    F_STEP,
    F_SCALE,
    F_INLINE,
    F_INLINE_WIDTH,
    F_CURRENCY,
    F_CSS_CLASS,
    F_FILE_CSS_CLASS,
    F_PEN_COLOR,
    F_ROWS,
    F_ACCEPT,
    F_METADATA,
    F_IMAGE_SIZE,
    F_IMAGE_TYPE,
    F_DEFAULT,
    F_HINT,
    F_HELP,
    F_UNDER_TEXT,
    F_NOTE,
    F_HTML,
    F_RAW_HTML,
    F_MESSAGES,
    F_EXCLUDE,
    F_LABELER,
    F_HELP_GENERATOR,
    F_IMAGE_GENERATOR,
    F_ACTION,
    F_TRIGGER_AT,
    F_GROUP,
    F__COUNT
};
enum field_render {
    FR_NONE,  /* has a place of its own */
    FR_TEXT,  /* text without trailing white space, dropped when empty */
    FR_KEEP,  /* text as it is, also empty */
    FR_VALUE, /* whatever it evaluates to */
    FR_TRUE,  /* true when it evaluates to something true (a list of names, too) */
    FR_BOOL,  /* truth */
    FR_GRID,
};
struct field_row {
    const char *key, *json;
    enum part_how how;
    enum field_render render;
};
extern const struct field_row field_rows[F__COUNT];

struct condition { /* of show if & co., client side */
    PyObject *var;
    struct part *is;   /* NULL: True */
    struct part *code; /* server side */
};
struct choices;
struct field {
    PyObject *number;            /* int */
    PyObject *var;               /* as written; NULL for display items */
    PyObject *holder;            /* str or NULL */
    const struct datatype *type; /* NULL: the author's own */
    PyObject *datatype, *input;  /* str or NULL: as the JSON has them */
    bool is_display, no_label, on_fields_screen, is_choice_screen;
    enum required_message required;
    struct part *part[F__COUNT];
    struct condition condition[4]; /* F_SHOW_IF … F_DISABLE_IF */
    struct choices *choices;       /* NULL: none */
    PyObject *parameters;          /* dict or NULL: keys that only the author's own datatype can know */
    struct part *generator;        /* {code: …}: makes fields */
    struct block *block;
};
/* at_load: the names that the field defines are registered. */
int field_compile(struct block *b, PyObject *item, PyObject *number, bool at_load, struct field *out);
int fields_compile(struct block *b, PyObject *list, struct field **out, size_t *n);
struct field *field_single(struct block *b, PyObject *var, const char *type); /* the only field of a yesno, settrue … screen */

/* fields.c */
struct fields_state {
    struct eval *e;
    struct block *b;
    const struct binding *bind;
    PyObject *list;    /* rendered so far */
    PyObject *holders; /* names to be sought (step 5) */
    PyObject *empty;   /* assignments for choices that came out empty */
    bool has_input;    /* something besides empty choices */
};
int fields_render(struct fields_state *fs, struct field *fields, size_t n);
int field_render(struct fields_state *fs, struct field *f, PyObject *number);
int fields_finish(struct fields_state *fs, bool may_be_empty); /* EmptyQuestion; seeks the holders */
/* The value the field starts with, NULL without exception for none; *known: an existing one, not the author's default. */
PyObject *field_start(struct eval *e, const struct field *f, const struct binding *bind, bool *known);
int field_default(const struct field *f, PyObject *start, bool known, PyObject *out);
/* 1 if a server-side condition hides it, 0, -1. */
int field_is_hidden(struct eval *e, const struct field *f);
int condition_render(struct eval *e, const struct field *f, PyObject *out);

/* choices_compile.c, choices.c, choice_objects.c */
struct choice {
    struct part *label, *value, *splice; /* splice: {code: …} */
    struct part *help, *image, *color, *css_class, *preset, *group, *show_if;
    PyObject *text, *html; /* a literal label and its HTML, once it was shown: the converter takes longer than the rest of the screen */
};
struct choices {
    struct block *block;
    struct part *code; /* the whole list computed */
    struct choice *v;
    size_t n;
    bool is_sorted;       /* a mapping: by value */
    struct part *objects; /* object types: an expression or a list of them */
};
int choices_compile(struct block *b, PyObject *source, bool objects, struct choices **out);
int choices_datatype(const struct choices *c);                               /* 1 boolean, 2 threestate, 0 neither */
int choices_define(struct block *b, PyObject *var, const struct choices *c); /* V['key'] of literal choices */
/* The choices as a list of dicts: label (HTML), value, and what was given of default, help, image, color, css class, group; for object types also object. */
PyObject *choices_items(struct eval *e, const struct field *f, bool trim_help);
PyObject *choice_items_code(PyObject *value); /* the same from what code computed (language 4.5) */
int rows_sort(PyObject *rows, const char *key);
PyObject *choice_objects(struct eval *e, const struct field *f);
/* What is chosen at the start: 1, 0, -1. start may be NULL. */
int choice_is_start(PyObject *start, PyObject *value, bool objects);
/* Puts choices, none_of_the_above and all_of_the_above into out; keeps objects in _internal['objselections']. */
int choices_place(struct eval *e, const struct field *f, PyObject *items, PyObject *start, PyObject *out);
/* Rows of a choice screen without variable: indices into _internal["answers"]. */
PyObject *choice_actions(struct eval *e, struct block *b, const struct choices *c);

/* screen_keys.c: the keys of a question that are one text or expression each. */
enum screen_key {
    K_SECTION,
    K_QUESTION,
    K_BREADCRUMB,
    K_SUBQUESTION,
    K_METADATA,
    K_UNDER,
    K_RIGHT,
    K_PRE,
    K_POST,
    K_SUBMIT,
    K_CSS_CLASS,
    K_TABLE_CSS_CLASS,
    K_CONTINUE_LABEL,
    K_RESUME_LABEL,
    K_BACK_LABEL,
    K_CORNER_BACK_LABEL,
    K_CSS,
    K_SCRIPT,
    K_GA_ID,
    K_SEGMENT_ID,
    K_SEGMENT,
    K_PREVENT_BACK,
    K_BACK_BUTTON,
    K_RELOAD,
    K_AUDIO,
    K_VIDEO,
    K_DECORATION,
    K_HIDE_CONTINUE,
    K_DISABLE_CONTINUE,
    K_SKIP_UNDEFINED,
    K_TABULAR,
    K__COUNT
};
struct help {
    struct part *label, *heading, *content, *audio, *video;
};
struct button {            /* of action buttons */
    struct part *parts[4]; /* label, action, arguments, icon … : evaluated for their names */
    struct part *show_if;
};
struct review_item;
struct list_collect;
struct screen {
    const char *type, *variety; /* questionType, questionVariety */
    struct part *part[K__COUNT];
    PyObject *continue_field; /* str or NULL */
    struct field *fields;
    size_t n_fields;
    struct choices *actions; /* choice screen without variable */
    struct help *help;
    struct part *terms, *autoterms;
    bool has_buttons; /* action buttons */
    struct part *buttons_code;
    struct button *buttons;
    size_t n_buttons;
    struct review_item *review;
    size_t n_review;
    struct list_collect *collect;
    struct document *documents;
    size_t n_documents;
    PyObject *roles; /* list of str, or NULL */
};
int screen_keys_compile(struct block *b, struct screen *s);
int screen_texts(struct eval *e, struct block *b, PyObject *out); /* question, subquestion, css … */

/* screen_parts.c: title and the other default screen parts. */
int screen_parts(struct eval *e, struct block *b, PyObject *out);
/* One part by the precedence of language 3.19; NULL without exception if nobody set it. */
PyObject *screen_part(struct eval *e, struct block *b, const char *name, const struct part *own, enum trim trim);
/* A default screen part for the block that is being used; NULL without exception if there is none. */
PyObject *screen_default(struct eval *e, const char *name);
/* The entry of {language: …} for the language of the block, the server's where it has none; then that for "*". Borrowed, NULL without exception. */
PyObject *by_language_b(const struct block *b, PyObject *all);
PyObject *server_language(void);            /* of the server, whatever set_language() said */
PyObject *translate_word(const char *word); /* the library's word() */

/* screen_documents.c: `attachment` of a question. */
int documents_compile(struct block *b, struct screen *s);
int documents_show(struct eval *e, const struct screen *s, PyObject *out);

/* screen_help.c, screen_terms.c, screen_media.c, screen_menu.c, screen_back.c */
int help_compile(struct block *b, PyObject *source, struct help **out);
int screen_help(struct eval *e, struct block *b, PyObject *out);
int terms_compile(struct block *b, struct screen *s);
int screen_terms(struct eval *e, struct block *b, PyObject *out);
int screen_media(struct eval *e, struct block *b, PyObject *out);
PyObject *media_list(struct eval *e, struct block *b, const struct part *p, bool video);
int screen_decoration(struct eval *e, struct block *b, PyObject *out);
/* URL of a picture by the name in an image set, file name or file object; None if it is none of them. Credits go into b's screen. */
PyObject *image_url(struct eval *e, struct block *b, PyObject *name);
int images_resolve(struct eval *e, struct block *b, PyObject *rows); /* "image" of each dict becomes a URL */
int credit_add(struct eval *e, PyObject *text);                      /* a line of `attributions` */
int screen_menu(struct eval *e, struct block *b, PyObject *out);
int screen_sections(struct eval *e, PyObject *out);
int screen_back(struct eval *e, struct block *b, PyObject *out);
int buttons_compile(struct block *b, struct screen *s);
int buttons_show(struct eval *e, const struct screen *s, PyObject *out);

/* screen_kinds.c, review.c, list_collect.c */
int kind_compile(struct block *b, struct screen *s);
int kind_render(struct eval *e, struct block *b, const struct binding *bind, PyObject *out);
int review_compile(struct block *b, struct screen *s);
int review_render(struct eval *e, struct block *b, PyObject *out);
int collect_compile(struct block *b, struct screen *s);
int collect_render(struct fields_state *fs, struct screen *s, PyObject *out);

/* screen_prepare.c: step 1 of language 6.8: binds, need (pre), undefine, reconsider. */
int screen_prepare(struct eval *e, struct block *b, const struct binding *bind);
/* Whether the exception that is set may be passed over where a screen can do without: a failure of somebody's code, not of memory. */
bool error_is_forgivable(void);
/* 1 if the exception that is set speaks of a missing name (and only of that); leaves it set. */
int error_is_missing(void);
