/* pyhost/engine_int.h: what the files of the engine share beside engine.h: the worker's folders, the parts of an interview file, candidates,
 * signals, and the call that is running. Functions follow pyhost/py.h. */
#pragma once
#include "base/yaml.h"
#include "pyhost/engine.h"
#include "pyhost/host.h"

/* source.c: files of packages. Names: api 5.2; lookups: language 1.3. */
enum { FOLDERS_MAX = 32 };
struct engine {
    str package;
    str folders[FOLDERS_MAX];
    size_t n_folders;
    PyObject *settings; /* dict of TAG_SETTINGS */
};
extern struct engine engine;

/* One file that was read, to notice that it changed. */
struct source_file {
    char *path; /* in the arena; NULL: looked for and not found */
    int64_t mtime_ns, size;
    str text; /* in the arena */
    struct source_file *next;
};
/* Part of a file between two lines "---". */
struct part_text {
    str text;
    unsigned line; /* of its first line */
};
/* The file's name in full, "PACKAGE:data/questions/FILE": a bare reference is looked up beside `beside`, then in the base package. */
PyObject *source_resolve(PyObject *reference, PyObject *beside);
/* "PACKAGE:PATH" of a file for a block's key: bare names get PACKAGE and data/FOLDER/. */
PyObject *source_reference(PyObject *reference, PyObject *package, const char *folder);
/* DAInvalidFilename unless the name may be loaded (api 5.2). */
int source_check(str name);
/* Path of "PACKAGE:PATH" in the first folder that has it; 0 found, 1 not found, -1 exception. */
int source_path(struct arena *a, str name, char **out);
int source_missing(str name); /* 1 if no folder has it, 0, -1 */
/* Its bytes as text with line ends "\n"; remembered in *list. DANotFoundError if there is none. */
int source_read(struct arena *a, str name, struct source_file **list, str *out);
/* Splits where a line is "---" (language 1.1); tabs become two blanks. */
int source_split(struct arena *a, str text, struct part_text **out, size_t *n);
PyObject *source_documents(struct arena *a, str text); /* list of the values of all documents that are not empty */
PyObject *source_value(const struct yaml_node *node);  /* Python objects of a tree */
bool source_changed(const struct source_file *list);
/* Raises an error of chancery_host.errors with that text (format of PyUnicode_FromFormat). Always -1. */
int engine_error(const char *class, const char *fmt, ...);

/* interview.c */
struct interview *interview_get(PyObject *name);                 /* cached while its files stay as they are; NULL: exception */
PyObject *interview_keep(struct interview *iv, PyObject *steal); /* borrowed, lives as long as the interview; NULL: exception */
void *interview_take(struct interview *iv, size_t n, size_t size);
/* block.c */
struct reading { /* one file that is being read */
    struct interview *iv;
    PyObject *file, *package, *language; /* language NULL: '*' */
    unsigned line;
    struct block *outer;
};
int block_read(struct reading *r, PyObject *source /* dict */);
/* A block made at run time, "Question_Temp"; its memory is the temporary interview's. */
struct block *block_temporary(struct interview *temp, PyObject *source);
PyObject *block_lower_keys(PyObject *map);            /* a copy with its keys in lower case */
int block_add(struct interview *iv, struct block *b); /* gives it its number and place */
struct block *block_new(struct reading *r, PyObject *source);
int block_name(struct block *b); /* after block_add */
/* settings.c: 1 if the block was one of settings, 0 not, -1 exception */
int settings_read(struct reading *r, PyObject *source);
int settings_include(struct reading *r, PyObject *list); /* interview.c */

/* use.c */
int block_prepare(struct eval *e, struct block *b);    /* need: pre, undefine, reconsider */
int block_finish(struct eval *e, struct block *b);     /* need: post */
int block_conditions(struct eval *e, struct block *b); /* 1 all true, 0, -1 */

/* candidates.c: language 6.3 */
struct candidate {
    struct block *block;
    struct binding bind; /* owns its references */
};
struct candidates {
    struct candidate *v;
    size_t n, room;
};
int candidates_index(struct interview *iv); /* after loading */
int candidates_find(struct eval *e, PyObject *name, struct candidates *out);
void candidates_release(struct candidates *c);
/* The patterns of a name, best first, as a list of (pattern, x prefix or None, [values' texts]); for change.c and tests. */
PyObject *candidates_patterns(PyObject *name);
int binding_bind(struct eval *e, const struct binding *b);

/* signal.c: what an exception means. */
enum signal_kind { SIG_ERROR, SIG_MISSING, SIG_FORCED, SIG_RERUN, SIG_SCREEN, SIG_EMPTY };
struct signal {
    enum signal_kind kind;
    PyObject *name;  /* SIG_MISSING, SIG_FORCED: the first name */
    PyObject *value; /* SIG_SCREEN: the block; SIG_EMPTY: the assignments */
};
/* Takes the exception that is set; one that is an error (or the interview's own reply) stays set and gives SIG_ERROR. */
void signal_take(struct signal *out);
void signal_release(struct signal *s);
int signal_is_reply(PyObject **value); /* 1 if the exception that is set is a Reply; then it is taken into *value */
PyObject *error_text(void);            /* takes the exception: "Class: text" */

/* variable access (value.c) */
int value_assign(struct eval *e, PyObject *name, PyObject *value);
int value_remove(struct eval *e, PyObject *name);     /* silently if it does not exist */
PyObject *value_find(struct eval *e, PyObject *name); /* without seeking; NULL without exception if it is not defined */
bool name_is_plain(str name);                         /* an identifier and nothing more */

/* objects.c, lazy.c, table.c, change.c, actions.c */
int objects_compile(struct block *b);
int objects_make(struct eval *e, struct block *b, const struct binding *bind); /* bind NULL: all entries */
int data_make(struct eval *e, struct block *b, const struct binding *bind);
int attachment_make(struct eval *e, struct block *b, const struct binding *bind);
int lazy_compile(struct block *b);
int lazy_make(struct eval *e, struct block *b, const struct binding *bind);
PyObject *lazy_render(struct eval *e, long block, PyObject *key, PyObject *extra);
PyObject *lazy_files(struct block *b, PyObject *names); /* the texts of template files, joined */
PyObject *lazy_screen(struct eval *e, struct block *b); /* of a template with a target */
int table_compile(struct block *b);
PyObject *table_render(struct eval *e, struct block *b, PyObject *extra);
PyObject *table_cells(struct eval *e, struct block *b, PyObject *extra); /* values: [[headers], [cells of a row], …] */
int change_index(struct interview *iv);
int change_follow(struct eval *e, PyObject *name, PyObject *old /* NULL: had no value */);
PyObject *block_choice_key(struct eval *e, struct block *b, const struct binding *bind);
/* The block to be used instead, by an earlier choice; itself if there is none (language 6.6). NULL: exception. */
struct block *block_chosen(struct eval *e, struct block *b, const struct binding *bind);
PyObject *screen_of(struct eval *e, struct block *b, const struct binding *bind); /* question or command */
struct interview *interview_temporary(struct eval *e);                            /* its memory goes at the end of the call */
PyObject *screen_temporary(struct eval *e, PyObject *source);
bool is_command_word(str word);

/* builtin.c */
PyObject *builtin_module(void);
extern struct eval *running; /* NULL between calls */
/* Lays extra over the answers; keeps what was there for overlay_end. */
PyObject *overlay_begin(struct eval *e, PyObject *extra);
void overlay_end(struct eval *e, PyObject *saved); /* steals; keeps an exception that is set */

/* warm.c: pickled answers of recent steps. */
uint64_t warm_keep(PyObject *bytes);    /* borrowed; the number it got, 0 if it is too large */
PyObject *warm_find_b(uint64_t number); /* borrowed bytes or NULL */

/* prepare.c: language 6.1, preparation */
/* A dictionary of the library's names with the answers over them, in place of *answers. Without the library nothing changes. */
int namespace_open(const struct interview *iv, PyObject **answers);
/* While a namespace is walked from its start, *at 0: true for what is the library's. It may miss some. */
bool namespace_skips(size_t *at, PyObject *name, PyObject *value);
PyObject *modules_named_b(struct interview *iv); /* full names of the modules of packages that its blocks import */
int prepare_namespace(struct eval *e);
int prepare_request(struct eval *e);
