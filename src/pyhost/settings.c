/* pyhost/settings.c: blocks that are settings of the whole interview, merged into it as they are read. Spec: language 3.16 to 3.20. */
#include "pyhost/engine_int.h"

/* dictionaries by language */

static PyObject *language_of_b(struct reading *r, PyObject *source)
{
    PyObject *own = py_get_b(source, "language");
    if (own && PyUnicode_Check(own)) return own;
    if (r->language) return r->language;
    static PyObject *any;
    if (!any) any = PyUnicode_InternFromString("*");
    return any;
}

/* The member of that name, made by make() when it is missing; borrowed. */
static PyObject *member_b(PyObject *dict, PyObject *key, PyObject *(*make)(void))
{
    if (!dict || !key) return NULL;
    PyObject *found = PyDict_GetItemWithError(dict, key);
    if (found || PyErr_Occurred()) return found;
    PYOWN(made) = make();
    if (!made || PyDict_SetItem(dict, key, made) < 0) return NULL;
    return PyDict_GetItemWithError(dict, key);
}
static PyObject *new_list(void) { return PyList_New(0); }

static PyObject *own_dict_b(struct interview *iv, PyObject **slot)
{
    if (!*slot) *slot = interview_keep(iv, PyDict_New());
    return *slot;
}

static int merge_deep(PyObject *into, PyObject *from)
{
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(from, &at, &key, &value)) {
        PyObject *old = PyDict_GetItemWithError(into, key);
        if (old && PyDict_Check(old) && PyDict_Check(value)) {
            if (merge_deep(old, value) < 0) return -1;
        } else if (PyDict_Check(value)) {
            PYOWN(copy) = PyDict_New();
            if (!copy || merge_deep(copy, value) < 0 || PyDict_SetItem(into, key, copy) < 0) return -1;
        } else if (PyDict_SetItem(into, key, value) < 0) {
            return -1;
        }
    }
    return 0;
}

static int not_a(struct reading *r, const char *key, const char *kind)
{
    return engine_error("DASourceError", "%s must be a %s in file %U in the block on line %u from package %U", key, kind, r->file, r->line, r->package);
}

/* one row per key */

static int read_metadata(struct reading *r, PyObject *value, PyObject *source)
{
    (void)source;
    if (!PyDict_Check(value)) return not_a(r, "metadata", "mapping");
    return merge_deep(r->iv->metadata, value);
}

static int read_features(struct reading *r, PyObject *value, PyObject *source)
{
    (void)source;
    if (!PyDict_Check(value)) return not_a(r, "features", "mapping");
    return PyDict_Update(r->iv->features, value);
}

static int read_include(struct reading *r, PyObject *value, PyObject *source)
{
    (void)source;
    PYOWN(list) = PyList_Check(value) ? Py_NewRef(value) : Py_BuildValue("[O]", value);
    return list ? settings_include(r, list) : -1;
}

static int add_term(PyObject *terms, PyObject *phrase, PyObject *definition)
{
    PYOWN(text) = PyObject_Str(phrase);
    PYOWN(lower) = text ? PyObject_CallMethod(text, "lower", NULL) : NULL;
    PYOWN(words) = lower ? PyObject_CallMethod(lower, "split", NULL) : NULL;
    PYOWN(blank) = PyUnicode_FromString(" ");
    PYOWN(key) = words && blank ? PyUnicode_Join(blank, words) : NULL;
    PYOWN(own) = key ? PyObject_Str(definition) : NULL;
    return own ? PyDict_SetItem(terms, key, own) : -1;
}

static int add_terms(PyObject *terms, PyObject *item)
{
    if (PyList_Check(item)) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(item); i++)
            if (add_terms(terms, PyList_GET_ITEM(item, i)) < 0) return -1;
        return 0;
    }
    if (!PyDict_Check(item)) return 0;
    PyObject *phrases = py_get_b(item, "phrases"), *definition = py_get_b(item, "definition");
    if (phrases && definition && PyList_Check(phrases)) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(phrases); i++)
            if (add_term(terms, PyList_GET_ITEM(phrases, i), definition) < 0) return -1;
        return 0;
    }
    PyObject *key, *value;
    Py_ssize_t at = 0;
    while (PyDict_Next(item, &at, &key, &value))
        if (add_term(terms, key, value) < 0) return -1;
    return 0;
}

static int read_terms(struct reading *r, PyObject *value, PyObject *source)
{
    PyObject *terms = member_b(own_dict_b(r->iv, &r->iv->terms), language_of_b(r, source), PyDict_New);
    return terms ? add_terms(terms, value) : -1;
}

static int read_autoterms(struct reading *r, PyObject *value, PyObject *source)
{
    PyObject *terms = member_b(own_dict_b(r->iv, &r->iv->autoterms), language_of_b(r, source), PyDict_New);
    return terms ? add_terms(terms, value) : -1;
}

static int read_sections(struct reading *r, PyObject *value, PyObject *source)
{
    static const char *const options[] = { "progressive", "auto open" };
    if (!PyList_Check(value)) return not_a(r, "sections", "list");
    r->iv->sections = interview_keep(r->iv, Py_NewRef(value));
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        PyObject *option = py_get_b(source, options[i]);
        if (option && py_set(own_dict_b(r->iv, &r->iv->section_options), options[i], option) < 0) return -1;
    }
    return r->iv->sections ? 0 : -1;
}

static int add_image(struct reading *r, PyObject *name, PyObject *file, PyObject *attribution)
{
    PYOWN(own) = Py_BuildValue("(OOO)", r->package, file, attribution ? attribution : Py_None);
    PYOWN(key) = PyObject_Str(name);
    return own && key && own_dict_b(r->iv, &r->iv->images) ? PyDict_SetItem(r->iv->images, key, own) : -1;
}

/* {name: file} or a list of such mappings. */
static int add_images(struct reading *r, PyObject *value, PyObject *attribution)
{
    if (PyList_Check(value)) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); i++)
            if (add_images(r, PyList_GET_ITEM(value, i), attribution) < 0) return -1;
        return 0;
    }
    if (!PyDict_Check(value)) return not_a(r, "images", "mapping");
    PyObject *key, *file;
    Py_ssize_t at = 0;
    while (PyDict_Next(value, &at, &key, &file))
        if (add_image(r, key, file, attribution) < 0) return -1;
    return 0;
}

static int read_images(struct reading *r, PyObject *value, PyObject *source)
{
    (void)source;
    return add_images(r, value, NULL);
}

static int read_image_sets(struct reading *r, PyObject *value, PyObject *source)
{
    (void)source;
    if (!PyDict_Check(value)) return not_a(r, "image sets", "mapping");
    PyObject *key, *set;
    Py_ssize_t at = 0;
    while (PyDict_Next(value, &at, &key, &set)) {
        PyObject *images = PyDict_Check(set) ? py_get_b(set, "images") : NULL;
        if (images && add_images(r, images, py_get_b(set, "attribution")) < 0) return -1;
    }
    return 0;
}

static int read_help(struct reading *r, PyObject *value, PyObject *source)
{
    PyObject *list = member_b(own_dict_b(r->iv, &r->iv->interview_help), language_of_b(r, source), new_list);
    PYOWN(own) = PyDict_Check(value) ? Py_NewRef(value) : Py_BuildValue("{sO}", "content", value);
    return list && own ? PyList_Append(list, own) : -1;
}

static int add_part(struct reading *r, PyObject *parts, PyObject *key, PyObject *value)
{
    if (value == Py_None) {
        int known = PyDict_Contains(parts, key);
        return known > 0 ? PyDict_DelItem(parts, key) : known;
    }
    struct block place = { .iv = r->iv, .file = r->file, .package = r->package, .line = r->line };
    struct text *text = interview_take(r->iv, 1, sizeof *text);
    if (!text || text_compile(r->iv, &place, value, "default screen parts", text) < 0) return -1;
    PYOWN(capsule) = PyCapsule_New(text, "chancery.text", NULL);
    return capsule ? PyDict_SetItem(parts, key, capsule) : -1;
}

static int read_parts(struct reading *r, PyObject *value, PyObject *source)
{
    if (!PyDict_Check(value)) return not_a(r, "default screen parts", "mapping");
    PyObject *parts = member_b(own_dict_b(r->iv, &r->iv->screen_parts), language_of_b(r, source), PyDict_New);
    PyObject *key, *part;
    Py_ssize_t at = 0;
    while (parts && PyDict_Next(value, &at, &key, &part))
        if (add_part(r, parts, key, part) < 0) return -1;
    return parts ? 0 : -1;
}

static int read_messages(struct reading *r, PyObject *value, PyObject *source)
{
    if (!PyDict_Check(value)) return not_a(r, "default validation messages", "mapping");
    PyObject *messages = member_b(own_dict_b(r->iv, &r->iv->validation_messages), language_of_b(r, source), PyDict_New);
    return messages ? PyDict_Update(messages, value) : -1;
}

static int read_language(struct reading *r, PyObject *value, PyObject *source)
{
    (void)source;
    PYOWN(text) = PyObject_Str(value);
    r->language = text && !str_is(py_view(text), "*") ? interview_keep(r->iv, py_keep(&text)) : NULL;
    return PyErr_Occurred() ? -1 : 0;
}

static int read_def(struct reading *r, PyObject *value, PyObject *source)
{
    PyObject *mako = py_get_b(source, "mako");
    if (!mako) return not_a(r, "def", "name with mako beside it");
    PYOWN(newline) = PyUnicode_FromString("\n");
    PYOWN(text) = PyList_Check(mako) && newline ? PyUnicode_Join(newline, mako) : PyObject_Str(mako);
    return text && own_dict_b(r->iv, &r->iv->defs) ? PyDict_SetItem(r->iv->defs, value, text) : -1;
}

static int read_on_change(struct reading *r, PyObject *value, PyObject *source)
{
    (void)source;
    if (!PyDict_Check(value)) return not_a(r, "on change", "mapping");
    PyObject *key, *code;
    Py_ssize_t at = 0;
    struct block place = { .iv = r->iv, .file = r->file, .package = r->package, .line = r->line };
    while (PyDict_Next(value, &at, &key, &code)) {
        struct expr x;
        PyObject *list = member_b(own_dict_b(r->iv, &r->iv->on_change), key, new_list);
        if (!list || suite_compile(r->iv, &place, code, "on change", &x) < 0 || PyList_Append(list, x.code) < 0) return -1;
    }
    return 0;
}

static int read_order(struct reading *r, PyObject *value, PyObject *source)
{
    (void)source;
    if (!r->iv->orders && !(r->iv->orders = interview_keep(r->iv, PyList_New(0)))) return -1;
    return PyList_Check(value) ? PyList_Append(r->iv->orders, value) : not_a(r, "order", "list");
}

static int add_translation(struct reading *r, PyObject *row)
{
    PyObject *texts = member_b(own_dict_b(r->iv, &r->iv->translations), PyTuple_GET_ITEM(row, 1), PyDict_New);
    return texts ? PyDict_SetItem(texts, PyTuple_GET_ITEM(row, 2), PyTuple_GET_ITEM(row, 3)) : -1;
}

static int read_translation_file(struct reading *r, PyObject *reference)
{
    char *path = NULL;
    PYOWN(name) = source_reference(reference, r->package, "sources");
    int found = name ? source_path(r->iv->mem, py_view(name), &path) : -1;
    if (found)
        return found < 0 ? -1
                         : engine_error("DASourceError", "The translation file %U does not exist in file %U in the block on line %u from package %U", name,
                                        r->file, r->line, r->package);
    PYOWN(read) = py_lib("translations", "read");
    PYOWN(rows) = read ? PyObject_CallFunction(read, "s", path) : NULL;
    for (Py_ssize_t i = 0; rows && i < PyList_GET_SIZE(rows); i++)
        if (add_translation(r, PyList_GET_ITEM(rows, i)) < 0) return -1;
    return rows ? 0 : -1;
}

static int read_translations(struct reading *r, PyObject *value, PyObject *source)
{
    (void)source;
    if (!PyList_Check(value)) return read_translation_file(r, value);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(value); i++)
        if (read_translation_file(r, PyList_GET_ITEM(value, i)) < 0) return -1;
    return 0;
}

static int read_ignored(struct reading *r, PyObject *value, PyObject *source)
{
    (void)r, (void)value, (void)source;
    return 0;
}

static const struct setting {
    const char *key;
    int (*read)(struct reading *r, PyObject *value, PyObject *source);
} settings[] = {
    { "default language", read_language },
    { "metadata", read_metadata },
    { "features", read_features },
    { "include", read_include },
    { "terms", read_terms },
    { "auto terms", read_autoterms },
    { "sections", read_sections },
    { "image sets", read_image_sets },
    { "images", read_images },
    { "interview help", read_help },
    { "default screen parts", read_parts },
    { "default validation messages", read_messages },
    { "def", read_def },
    { "on change", read_on_change },
    { "order", read_order },
    { "translations", read_translations },
    { "attachment options", read_ignored },
    { "machine learning storage", read_ignored },
    { "ml storage", read_ignored },
    { "image upload type", read_ignored },
    { "default role", read_ignored },
};

int settings_read(struct reading *r, PyObject *source)
{
    int found = 0;
    for (size_t i = 0; i < COUNT_OF(settings); i++) {
        PyObject *value = py_get_b(source, settings[i].key);
        if (!value) continue;
        found = 1;
        if (value != Py_None && settings[i].read(r, value, source) < 0) return -1;
    }
    if (found) r->iv->n_settings++;
    return found;
}
