/* main/run_interview.h: `interview run`: what the terminal shows (run_text.c), how fields are asked for (run_fields.c), and how a session is played over
 * the operations that clients use (cmd_run_interview.c). Private to main/. */
#pragma once
#include "base/json.h"
#include "http/http.h"
#include "main/app.h"

enum { RUN_LINE = 4096, RUN_UPLOADS = 64 };

/* What was typed instead of an answer. */
enum said { SAID_ANSWER, SAID_BACK, SAID_AGAIN, SAID_QUIT, SAID_END /* of input */ };

struct play {
    struct app *app;
    const char *interview;
    char key[33], session[64], secret[64];
    struct arena *mem; /* of the reply at hand */
    json_t *reply;     /* lives in mem; NULL: none, or not JSON */
    int status;
};

/* One request through the router, as if a client had sent it; fills p->reply and p->status. Values of earlier replies go. */
err play_request(struct play *p, enum method m, const char *path, struct params query, str body, const char *type) MUST_CHECK;

/* Answers to one screen. */
struct upload {
    const char *variable; /* lives as long as the reply */
    char path[RUN_LINE];  /* empty: a blank picture */
};
struct answers {
    struct play *p;
    json_t *question, *variables;
    struct upload *uploads;
    size_t n_uploads;
};
/* Asks for everything that the screen asks for. */
enum said run_ask(struct answers *a);

/* Member of an object as text, "" if it is none. */
const char *run_member(const json_t *o, const char *key);

/* run_text.c */
/* A text of the interview: wrapped to the terminal, without control characters. Marks of Markdown stay. */
void run_say(const char *text);
void run_heading(const char *text);
/* The same for labels of choices, which are HTML: tags go, entities are decoded. At most n bytes with the NUL. */
void run_plain(const char *html, char *out, size_t n);
/* Shows the prompt, reads a line. Words that begin with ":" are commands; "::x" is the text ":x". question may be NULL. */
enum said run_read(struct play *p, const json_t *question, const char *prompt, char line[static RUN_LINE]);
