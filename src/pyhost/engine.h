/* pyhost/engine.h: an interview as the engine sees it, and one evaluation of it. Private to pyhost/.
 *
 * Every evaluation of author's code returns a value or leaves a Python exception; seek.c alone decides what an exception means (missing name, forced
 * names, screen, reply, re-run, error: README.md). No frame survives an exception, because interrupted code is run again from its start.
 * Spec: docassemble-language 3, 4, 6, 7. */
#pragma once
#include "base/arena.h"
#include "pyhost/py.h"

struct interview;
struct block;
struct screen; /* compiled plan of a screen, screen_int.h */

/* A text of the author: literal, or a Mako template compiled once (language 2.1). */
struct text {
    PyObject *literal;  /* str; NULL for a template */
    PyObject *template; /* compiled template */
    PyObject *source;   /* of a template: what translations are looked up by */
};
/* A Python expression compiled once, or a constant (bool, number) where YAML had one. */
struct expr {
    PyObject *code, *constant, *source; /* source: the text, for messages */
};

enum block_type {
    BLOCK_SETTINGS, /* metadata, features, terms, sections …: not part of the logic list, "Block_M" */
    BLOCK_CODE,
    BLOCK_EVENT_CODE,
    BLOCK_OBJECTS,
    BLOCK_OBJECTS_FILE,
    BLOCK_DATA,
    BLOCK_DATA_CODE,
    BLOCK_TEMPLATE,
    BLOCK_TABLE,
    BLOCK_ATTACHMENT,
    BLOCK_MODULES,
    BLOCK_IMPORTS,
    BLOCK_RESET,
    BLOCK_QUESTION,
    BLOCK_COMMAND,
    BLOCK_REQUIRE,
};
/* Of BLOCK_QUESTION: language 7.4. */
enum question_kind {
    Q_NONE,
    Q_FIELDS,
    Q_YESNO,
    Q_NOYES,
    Q_YESNOMAYBE,
    Q_NOYESMAYBE,
    Q_CHOICE,
    Q_SETTRUE,
    Q_SIGNATURE,
    Q_REVIEW,
    Q_DEADEND,
};

struct block {
    struct interview *iv;
    enum block_type type;
    enum question_kind kind;
    int number;                     /* place in iv->blocks */
    PyObject *name;                 /* "Question_3", "ID intro" (str) */
    PyObject *id;                   /* str or NULL */
    PyObject *source;               /* the mapping as parsed, top-level keys in lower case (dict) */
    PyObject *file;                 /* "docassemble.demo:data/questions/x.yml" (str) */
    PyObject *package;              /* "docassemble.demo" (str) */
    PyObject *language;             /* str or NULL for '*' */
    unsigned line;                  /* first line in the file, from 1 */
    bool is_mandatory, is_initial;  /* the key is there and not false */
    struct expr mandatory, initial; /* constant True, or an expression */
    struct expr *conditions;
    size_t n_conditions; /* if */
    struct expr *need_pre, *need_post;
    size_t n_need_pre, n_need_post;
    PyObject *undefine, *reconsider; /* list of str, or NULL; reconsider may be True */
    PyObject *generic;               /* class name (str) of generic object, or NULL */
    PyObject *defines;               /* list of str: every name the block is registered for, in order of appearance (language 6.2) */
    PyObject *event;                 /* list of str or NULL */
    struct expr code;                /* BLOCK_CODE, BLOCK_EVENT_CODE: a suite */
    struct block *outer;             /* of an embedded block; else NULL */
    struct block **choices;
    size_t n_choices;  /* per item of a choice list without field: its block, NULL for a plain item */
    PyObject *command; /* BLOCK_COMMAND: the word */
    struct text command_url;
    struct screen *screen;          /* BLOCK_QUESTION: set by screen_compile */
    PyObject *supersedes, *depends; /* list of str or NULL */
    bool is_scanned;                /* names found in its code count (scan for variables) */
    bool is_temporary;              /* made at run time, "Question_Temp" */
    struct entry *entries;
    size_t n_entries;  /* BLOCK_OBJECTS, BLOCK_OBJECTS_FILE, BLOCK_DATA, BLOCK_DATA_CODE: objects.c */
    struct lazy *lazy; /* BLOCK_TEMPLATE, BLOCK_TABLE */
};

struct interview {
    PyObject *name, *package;
    struct arena *mem; /* dies with the interview */
    uint8_t hash[32];  /* BLAKE2b of every source file, in order of reading */
    struct block **blocks;
    size_t n_blocks;                      /* the logic list, numbered; embedded blocks included */
    PyObject *metadata;                   /* merged dict */
    PyObject *features;                   /* merged dict */
    PyObject *sections, *section_options; /* list or NULL; dict */
    PyObject *terms, *autoterms;          /* {language: {term: text source}} */
    PyObject *interview_help;             /* {language: [struct-like dict]} as parsed, or NULL */
    PyObject *screen_parts;               /* {language: {part: text capsule}} */
    PyObject *validation_messages;        /* {language: {type: text}} */
    PyObject *images;                     /* {name: (package, file, attribution)} */
    PyObject *translations;               /* {language: {source text: text, or what it was compiled to}} or NULL */
    PyObject *index;                      /* {name: {language: [block numbers, last first]}}, see candidates.c */
    PyObject *generic;                    /* {class: {name: {language: [block numbers]}}} */
    PyObject *patterns;                   /* set of the names that any generic block defines */
    PyObject *orders;                     /* list of lists of ids */
    PyObject *depends;                    /* {name: [(name that depends on it)]}, see change.c */
    PyObject *on_change;                  /* {name: [code objects]} */
    PyObject *defs;                       /* {name: Mako source} of def blocks */
    PyObject *default_role;               /* list of str or NULL */
    PyObject *files;                      /* set of the names of the files read */
    PyObject *modules;                    /* list of the modules that it names, once asked for: modules_named_b() */
    struct source_file *sources;
    unsigned n_settings;                 /* counter of "Block_M" */
    bool calls_process_action, has_util; /* has_util: the library is imported into the answers */
};

/* What holds during one call. */
struct eval {
    struct interview *iv;
    PyObject *answers;      /* dict: the namespace */
    PyObject *internal;     /* answers['_internal'] as the call found it, whatever the interview's code makes of the name */
    PyObject *state;        /* chancery_host.state.current */
    PyObject *user;         /* dict of TAG_USER */
    PyObject *uid;          /* str */
    PyObject *old_answers;  /* after back: the discarded ones; else NULL */
    PyObject *base_url;     /* str */
    long steps;             /* as the question object shows it */
    bool is_action;         /* the request carries an action */
    struct interview *temp; /* blocks made during this call: message(), command(); or NULL */
    int depth, loops;
    struct block *last; /* the block that was used last, or NULL */
    PyObject *sought;   /* after an error: list of the names being sought, outermost first; or NULL */
};

/* How a block was found: language 6.3. */
struct binding {
    PyObject *sought;  /* concrete name (str), NULL in the main pass */
    PyObject *pattern; /* as registered */
    PyObject *x;       /* object bound to x, NULL if none; x_name its name */
    PyObject *x_name;
    PyObject *index[6]; /* values of i..n, NULL if not bound */
};

/* text.c */
int text_compile(struct interview *iv, struct block *b, PyObject *source, const char *what, struct text *out); /* non-str sources by str() */
PyObject *text_render(struct eval *e, const struct text *t);                                                   /* new str; nothing stripped */
PyObject *text_render_with(struct eval *e, const struct text *t, PyObject *extra /* dict laid over the answers, or NULL */);
static inline bool text_given(const struct text *t) { return t->literal || t->template; }
int expr_compile(struct interview *iv, struct block *b, PyObject *source, const char *what, struct expr *out);  /* mode eval */
int suite_compile(struct interview *iv, struct block *b, PyObject *source, const char *what, struct expr *out); /* mode exec */
PyObject *expr_eval(struct eval *e, const struct expr *x);
int suite_run(struct eval *e, const struct expr *x);
static inline bool expr_given(const struct expr *x) { return x->code || x->constant; }
int text_uses_mako(str source);
/* chancery_host.markdown.to_html(text, trim) */
PyObject *markdown_html(PyObject *text, bool trim);

/* block.c: adds a name (borrowed) to b->defines unless it is there. */
int block_defines(struct block *b, PyObject *name);
/* The message "… in file F in the block on line N from package P" as DASourceError. */
int block_error(const struct block *b, const char *fmt, ...); /* format of PyUnicode_FromFormat */

/* names: what Python text defines; appended to b->defines. */
int block_defines_code(struct block *b, PyObject *source, const char *mode /* "exec" or "eval" */);

/* seek.c */
PyObject *eval_main_pass(struct eval *e);                /* the screen (dict), or NULL with what ended it */
PyObject *eval_variable(struct eval *e, PyObject *name); /* value of a name as author code would see it; missing: NameError */
int eval_is_defined(struct eval *e, PyObject *name);     /* 1, 0; -1 exception. Neither seeks nor creates */

/* screen.c: compile at load (appends the names the screen defines), build at run time (language 6.8, steps 1 to 6). The result is the question object of
 * language 7 as a dict, complete but for what the caller adds (nothing). A missing name leaves NameError & co. */
int screen_compile(struct block *b);
PyObject *screen_build(struct eval *e, struct block *b, const struct binding *bind);
/* 1 if a server-side condition (show if, hide if with code) hides the field that bind->pattern found; 0, -1 (language 6.4). */
int screen_hides(struct eval *e, struct block *b, const struct binding *bind);
/* Commands (exit, restart …) and undefined_variable. */
PyObject *screen_command(struct eval *e, struct block *b, PyObject *word, PyObject *url);
PyObject *screen_undefined(struct eval *e, PyObject *name);
/* The default screen parts of language 7.2, shared by every screen. */
int screen_common(struct eval *e, struct block *b, const struct binding *bind, PyObject *out);

/* pyjson.c: Python value to JSON text as api 2.6 wants it (sorted keys, ASCII, no blanks). 0, or -1 with an exception. */
struct buf;
int py_to_json(struct buf *out, PyObject *value);
PyObject *py_from_json(str json);
