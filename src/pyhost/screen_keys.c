/* The keys of a question that are one text, expression or structure each: compiled and put under their JSON names. Spec: language 3.2, 7.2, 7.3. */
#include "pyhost/screen_int.h"

enum place {
    P_NONE,      /* used elsewhere */
    P_EVALUATED, /* for its names only */
    P_NOTED,     /* in state.current, under the name of the key */
    P_TEXT,      /* without trailing white space, also empty */
    P_LINE,      /* the same with a line break in front */
    P_VALUE,
};
static const struct {
    const char *key, *json;
    enum part_how how;
    enum place place;
} keys[K__COUNT] = {
    [K_SECTION] = { "section", NULL, HOW_TEXT, P_EVALUATED },
    [K_QUESTION] = { "question", "questionText", HOW_TEXT, P_TEXT },
    [K_BREADCRUMB] = { "breadcrumb", NULL, HOW_TEXT, P_NOTED },
    [K_SUBQUESTION] = { "subquestion", "subquestionText", HOW_TEXT, P_TEXT },
    [K_METADATA] = { "question metadata", "question_metadata", HOW_DATA, P_VALUE },
    [K_UNDER] = { "under" },
    [K_RIGHT] = { "right" },
    [K_PRE] = { "pre" },
    [K_POST] = { "post" },
    [K_SUBMIT] = { "submit" },
    [K_CSS_CLASS] = { "css class" },
    [K_TABLE_CSS_CLASS] = { "table css class" },
    [K_CONTINUE_LABEL] = { "continue button label" },
    [K_RESUME_LABEL] = { "resume button label" },
    [K_BACK_LABEL] = { "back button label" },
    [K_CORNER_BACK_LABEL] = { "corner back button label" },
    [K_CSS] = { "css", "css", HOW_TEXT, P_LINE },
    [K_SCRIPT] = { "script", "script", HOW_TEXT, P_LINE },
    [K_GA_ID] = { "ga id", "ga_id", HOW_TEXT, P_TEXT },
    [K_SEGMENT_ID] = { "segment id" },
    [K_SEGMENT] = { "segment", "segment", HOW_DATA, P_VALUE },
    [K_PREVENT_BACK] = { "prevent going back", NULL, HOW_EXPR },
    [K_BACK_BUTTON] = { "back button", NULL, HOW_EXPR },
    [K_RELOAD] = { "reload", NULL, HOW_DATA },
    [K_AUDIO] = { "audio", NULL, HOW_DATA },
    [K_VIDEO] = { "video", NULL, HOW_DATA },
    [K_DECORATION] = { "decoration", NULL, HOW_DATA },
    [K_HIDE_CONTINUE] = { "hide continue button", NULL, HOW_EXPR, P_EVALUATED },
    [K_DISABLE_CONTINUE] = { "disable continue button", NULL, HOW_EXPR, P_EVALUATED },
    [K_SKIP_UNDEFINED] = { "skip undefined", NULL, HOW_EXPR },
    [K_TABULAR] = { "tabular" },
};

int screen_keys_compile(struct block *b, struct screen *s)
{
    for (int i = 0; i < K__COUNT; i++) {
        PyObject *source = py_get_b(b->source, keys[i].key);
        if (source && part_compile(b, source, keys[i].how, keys[i].key, &s->part[i]) < 0) return -1;
    }
    return 0;
}

static int place_line(PyObject *out, const char *key, PyObject *text /* stolen */)
{
    PYOWN(own) = text;
    return own ? py_set_own(out, key, PyUnicode_FromFormat("\n%U", own)) : -1;
}

static int evaluate(struct eval *e, const struct part *p)
{
    PYOWN(value) = part_eval(e, p);
    return value ? 0 : -1;
}

static int note(struct eval *e, const struct part *p, const char *key)
{
    PYOWN(text) = part_text(e, p, TRIM_END);
    return text ? py_set_attr(e->state, key, text) : -1;
}

static int place_key(struct eval *e, const struct part *p, int key, PyObject *out)
{
    switch (keys[key].place) {
    case P_NONE: return 0;
    case P_EVALUATED: return evaluate(e, p);
    case P_NOTED: return note(e, p, keys[key].key);
    case P_TEXT: return py_set_own(out, keys[key].json, part_text(e, p, TRIM_END));
    case P_LINE: return place_line(out, keys[key].json, part_text(e, p, TRIM_END));
    case P_VALUE: return py_set_own(out, keys[key].json, part_eval(e, p));
    }
    Py_UNREACHABLE();
}

static int place_segment(struct eval *e, const struct part *id, PyObject *out)
{
    if (!id) return 0;
    PYOWN(text) = part_text(e, id, TRIM_END);
    return text ? py_set_own(out, "segment", Py_BuildValue("{sOs{}}", "id", text, "arguments")) : -1;
}

int screen_texts(struct eval *e, struct block *b, PyObject *out)
{
    const struct screen *s = b->screen;
    for (int i = 0; i < K__COUNT; i++)
        if (s->part[i] && place_key(e, s->part[i], i, out) < 0) return -1;
    return s->part[K_SEGMENT] ? 0 : place_segment(e, s->part[K_SEGMENT_ID], out);
}
