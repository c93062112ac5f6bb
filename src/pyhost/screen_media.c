/* Pictures, sounds and films of a screen, the reload time, and who is credited for pictures. Spec: language 3.2, 7.3 (audio, decoration, attributions, reload).
 */
#include "pyhost/image_size.h"
#include "pyhost/screen_int.h"

/* files of packages */

static PyObject *host_call(const char *function, const char *format, ...)
{
    PYOWN(host) = PyImport_ImportModule("_chancery");
    PYOWN(called) = host ? py_attr(host, function) : NULL;
    if (!called) return NULL;
    va_list args;
    va_start(args, format);
    PYOWN(tuple) = Py_VaBuildValue(format, args);
    va_end(args);
    return tuple ? PyObject_CallObject(called, tuple) : NULL;
}

/* "pkg:data/static/x" or "x" in package; *package and *path are new references. */
static int split_reference(PyObject *reference, PyObject *package, PyObject **out_package, PyObject **path)
{
    str s = py_view(reference), head;
    if (str_cut(&s, ':', &head)) {
        if (str_starts(s, STR("data/static/"))) s = str_from(s, sizeof "data/static/" - 1);
        *out_package = py_str(head);
        *path = py_str(s);
    } else {
        *out_package = Py_NewRef(package);
        *path = Py_NewRef(reference);
    }
    return *out_package && *path ? 0 : -1;
}

static PyObject *static_url(PyObject *package, PyObject *reference)
{
    PYOWN(owner) = NULL;
    PYOWN(path) = NULL;
    if (split_reference(reference, package, &owner, &path) < 0) return NULL;
    PYOWN(whole) = PyUnicode_FromFormat("%U:%U", owner, path);
    PYOWN(function) = whole ? py_lib("functions.urls", "static_url") : NULL;
    return function ? PyObject_CallOneArg(function, whole) : NULL;
}

/* pictures */

int credit_add(struct eval *e, PyObject *text)
{
    if (!text || text == Py_None) return 0;
    PYOWN(credits) = py_attr(e->state, "credits");
    if (credits == Py_None) {
        Py_SETREF(credits, PyList_New(0));
        if (credits && py_set_attr(e->state, "credits", credits) < 0) return -1;
    }
    if (!credits) return -1;
    /* One line, whatever the block scalar looked like. */
    PYOWN(words) = PyObject_CallMethod(text, "split", NULL);
    PYOWN(blank) = PyUnicode_FromString(" ");
    PYOWN(line) = words && blank ? PyUnicode_Join(blank, words) : NULL;
    int known = line ? PySequence_Contains(credits, line) : -1;
    return known ? (known < 0 ? -1 : 0) : PyList_Append(credits, line);
}

/* The name of a picture in an image set, with its credit. */
static PyObject *url_of_icon(struct eval *e, PyObject *row)
{
    if (!PyTuple_Check(row) || PyTuple_GET_SIZE(row) < 2) return Py_NewRef(Py_None);
    if (PyTuple_GET_SIZE(row) > 2 && credit_add(e, PyTuple_GET_ITEM(row, 2)) < 0) return NULL;
    return static_url(PyTuple_GET_ITEM(row, 0), PyTuple_GET_ITEM(row, 1));
}

static bool has_suffix(PyObject *name)
{
    str s = py_view(name);
    return s.p && memchr(s.p, '.', s.n) != NULL;
}

PyObject *image_url(struct eval *e, struct block *b, PyObject *name)
{
    PyObject *class = (PyObject *)Py_TYPE(name);
    if (PyObject_HasAttrString(class, "image_url")) return PyObject_CallMethod(name, "image_url", NULL);
    if (PyObject_HasAttrString(class, "url_for")) return PyObject_CallMethod(name, "url_for", NULL);
    if (!PyUnicode_Check(name)) return Py_NewRef(Py_None);
    PyObject *icon = e->iv->images ? PyDict_GetItemWithError(e->iv->images, name) : NULL;
    if (icon) return url_of_icon(e, icon);
    if (PyErr_Occurred()) return NULL;
    str s = py_view(name);
    if (str_starts(s, STR("/")) || str_starts(s, STR("http://")) || str_starts(s, STR("https://"))) return Py_NewRef(name);
    return has_suffix(name) ? static_url(b->package, name) : Py_NewRef(Py_None);
}

int images_resolve(struct eval *e, struct block *b, PyObject *rows)
{
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(rows); i++) {
        PyObject *row = PyList_GET_ITEM(rows, i), *image = py_get_b(row, "image");
        PYOWN(url) = image ? image_url(e, b, image) : NULL;
        if (image && !url) return -1;
        if (image && (url == Py_None ? PyDict_DelItemString(row, "image") : py_set(row, "image", url)) < 0) return -1;
    }
    return 0;
}

/* how high it is beside its width */

/* Package and path of the picture's file, as for its URL; false if it is no file of a package. */
static bool picture_file(struct eval *e, struct block *b, PyObject *name, PyObject **package, PyObject **path)
{
    PyObject *icon = e->iv->images && PyUnicode_Check(name) ? PyDict_GetItemWithError(e->iv->images, name) : NULL;
    bool known = icon && PyTuple_Check(icon) && PyTuple_GET_SIZE(icon) >= 2;
    if (!known && (!PyUnicode_Check(name) || !has_suffix(name))) return false;
    PyObject *owner = known ? PyTuple_GET_ITEM(icon, 0) : b->package, *reference = known ? PyTuple_GET_ITEM(icon, 1) : name;
    return PyUnicode_Check(reference) && split_reference(reference, owner, package, path) == 0;
}

static PyObject *head_of_file(PyObject *path)
{
    PYOWN(io) = PyImport_ImportModule("io");
    PYOWN(file) = io ? PyObject_CallMethod(io, "open", "Os", path, "rb") : NULL;
    PYOWN(head) = file ? PyObject_CallMethod(file, "read", "i", IMAGE_HEAD) : NULL;
    PYOWN(closed) = file ? PyObject_CallMethod(file, "close", NULL) : NULL;
    return closed ? py_keep(&head) : NULL;
}

/* Height for a width of 2em, "auto" if the file is not there or does not tell. */
static PyObject *picture_height(struct eval *e, struct block *b, PyObject *name)
{
    double width, height;
    PYOWN(package) = NULL;
    PYOWN(path) = NULL;
    PYOWN(file) = picture_file(e, b, name, &package, &path) ? host_call("file_path", "(OsO)", package, "static", path) : NULL;
    PYOWN(head) = file && file != Py_None ? head_of_file(file) : NULL;
    /* A picture that cannot be read is no reason to show no screen. */
    if (!head && PyErr_Occurred() && error_is_forgivable()) PyErr_Clear();
    if (PyErr_Occurred()) return NULL;
    bool bytes = head && PyBytes_Check(head);
    if (!bytes || !image_size((str){ PyBytes_AS_STRING(head), (size_t)PyBytes_GET_SIZE(head) }, &width, &height)) return PyUnicode_FromString("auto");
    PYOWN(number) = PyFloat_FromDouble(2.0 * height / width);
    return number ? PyUnicode_FromFormat("%Sem", number) : NULL;
}

static PyObject *picture(struct eval *e, struct block *b, PyObject *name, PyObject *url)
{
    PYOWN(height) = picture_height(e, b, name);
    return height ? Py_BuildValue("{sOs{sssO}}", "url", url, "size", "width", "2.0em", "height", height) : NULL;
}

/* The first name of a decoration: text, {image: name} or a list of these. */
static PyObject *decoration_name_b(PyObject *value)
{
    if (PyList_Check(value)) value = PyList_GET_SIZE(value) ? PyList_GET_ITEM(value, 0) : NULL;
    if (value && PyDict_Check(value)) value = py_get_b(value, "image");
    return value;
}

int screen_decoration(struct eval *e, struct block *b, PyObject *out)
{
    const struct part *p = b->screen ? b->screen->part[K_DECORATION] : NULL;
    if (!p) return 0;
    PYOWN(value) = part_eval(e, p);
    PyObject *given = value ? decoration_name_b(value) : NULL;
    if (!given) return value ? 0 : -1;
    PYOWN(name) = PyUnicode_Check(given) ? PyObject_CallMethod(given, "strip", NULL) : Py_NewRef(given);
    if (!name) return -1;
    if (PyUnicode_Check(name) && PyUnicode_GET_LENGTH(name) == 0) return 0;
    PYOWN(url) = image_url(e, b, name);
    if (!url) return -1;
    PYOWN(row) = url == Py_None ? Py_BuildValue("{sOss}", "name", name, "size", "2.0em") : picture(e, b, name, url);
    return row ? py_set(out, "decoration", row) : -1;
}

/* sounds and films */

static PyObject *embed(str reference)
{
    static const struct {
        const char *tag, *before, *after;
    } sites[] = {
        { "[YOUTUBE", "https://www.youtube.com/embed/", "?rel=0" },
        { "[VIMEO", "https://player.vimeo.com/video/", "?byline=0&portrait=0" },
    };
    for (size_t i = 0; i < COUNT_OF(sites); i++) {
        if (!str_starts(reference, str_c(sites[i].tag)) || !str_ends(reference, STR("]"))) continue;
        /* The ID is the last word, whatever stands before it (16:9 and the like). */
        size_t from = reference.n - 1;
        while (from > 0 && reference.p[from - 1] != ' ') from--;
        PYOWN(id) = py_str((str){ reference.p + from, reference.n - 1 - from });
        PYOWN(url) = id ? PyUnicode_FromFormat("%s%U%s", sites[i].before, id, sites[i].after) : NULL;
        return url ? Py_BuildValue("{sO}", "url", url) : NULL;
    }
    return Py_NewRef(Py_None);
}

static int add_file(PyObject *list, PyObject *url)
{
    if (url == Py_None) return 0;
    PYOWN(module) = PyImport_ImportModule("mimetypes");
    PYOWN(bare) = PyObject_CallMethod(url, "partition", "s", "?");
    PYOWN(guess) = module && bare ? PyObject_CallMethod(module, "guess_type", "O", PyTuple_GET_ITEM(bare, 0)) : NULL;
    if (!guess) return -1;
    PyObject *type = PyTuple_GET_ITEM(guess, 0);
    PYOWN(row) = type == Py_None ? Py_BuildValue("{sO}", "url", url) : Py_BuildValue("{sOsO}", "url", url, "mime_type", type);
    return row ? PyList_Append(list, row) : -1;
}

static int add_static(struct block *b, PyObject *list, PyObject *reference)
{
    PYOWN(url) = static_url(b->package, reference);
    return url ? add_file(list, url) : -1;
}

/* A sound is offered as OGG and as MP3 if the package has both; the given one counts as there. */
static int add_twins(struct block *b, PyObject *list, PyObject *reference)
{
    static const char *const kinds[] = { ".ogg", ".mp3" };
    str s = py_view(reference);
    if (!str_ends(s, STR(".ogg")) && !str_ends(s, STR(".mp3"))) return add_static(b, list, reference);
    PYOWN(stem) = py_str(str_head(s, s.n - 4));
    for (size_t i = 0; stem && i < COUNT_OF(kinds); i++) {
        PYOWN(twin) = PyUnicode_FromFormat("%U%s", stem, kinds[i]);
        PYOWN(owner) = NULL;
        PYOWN(path) = NULL;
        if (!twin || split_reference(twin, b->package, &owner, &path) < 0) return -1;
        PYOWN(file) = host_call("file_path", "(OsO)", owner, "static", path);
        if (!file) return -1;
        bool given = str_ends(s, str_c(kinds[i]));
        if ((given || file != Py_None) && add_static(b, list, twin) < 0) return -1;
    }
    return stem ? 0 : -1;
}

static int add_medium(struct eval *e, struct block *b, PyObject *list, PyObject *value, bool video)
{
    if (PyDict_Check(value)) value = py_get_b(value, video ? "video" : "audio");
    if (!value) return 0;
    if (!PyUnicode_Check(value)) {
        PYOWN(url) = image_url(e, b, value);
        return url ? add_file(list, url) : -1;
    }
    PYOWN(reference) = PyObject_CallMethod(value, "strip", NULL);
    PYOWN(embedded) = reference ? embed(py_view(reference)) : NULL;
    if (!embedded) return -1;
    if (embedded != Py_None) return PyList_Append(list, embedded);
    str s = py_view(reference);
    if (s.n == 0) return 0;
    if (str_starts(s, STR("http://")) || str_starts(s, STR("https://")) || str_starts(s, STR("/"))) return add_file(list, reference);
    return video ? add_static(b, list, reference) : add_twins(b, list, reference);
}

PyObject *media_list(struct eval *e, struct block *b, const struct part *p, bool video)
{
    PYOWN(value) = part_eval(e, p);
    PYOWN(items) = !value ? NULL : PyList_Check(value) ? Py_NewRef(value) : Py_BuildValue("[O]", value);
    PYOWN(list) = PyList_New(0);
    for (Py_ssize_t i = 0; items && list && i < PyList_GET_SIZE(items); i++)
        if (add_medium(e, b, list, PyList_GET_ITEM(items, i), video) < 0) return NULL;
    return items ? py_keep(&list) : NULL;
}

/* reload */

enum { RELOAD_PRESET = 10, RELOAD_LEAST = 4 };

/* Seconds; 0: off. True is the preset; texts that mean off arrive as text when they were templates. */
static long reload_seconds(PyObject *value)
{
    if (value == Py_True) return RELOAD_PRESET;
    PYOWN(text) = PyObject_Str(value);
    PYOWN(bare) = text ? PyObject_CallMethod(text, "strip", NULL) : NULL;
    if (!bare) return -1;
    str s = py_view(bare);
    if (s.n == 0 || str_is(s, "False") || str_is(s, "None")) return 0;
    if (str_is(s, "True")) return RELOAD_PRESET;
    PYOWN(number) = PyFloat_FromString(bare);
    if (!number) return -1;
    double seconds = PyFloat_AS_DOUBLE(number);
    if (!(seconds < 1e6)) return PyErr_Format(PyExc_ValueError, "reload: %R is too long", value), -1;
    return seconds < RELOAD_LEAST ? RELOAD_LEAST : (long)seconds;
}

static int screen_reload(struct eval *e, struct block *b, PyObject *out)
{
    const struct part *p = b->screen->part[K_RELOAD];
    if (!p) return 0;
    PYOWN(value) = part_eval(e, p);
    long seconds = value ? reload_seconds(value) : -1;
    if (seconds <= 0) return seconds < 0 ? -1 : 0;
    PYOWN(ms) = PyLong_FromLong(seconds * 1000);
    return ms && py_set(out, "reload", ms) == 0 ? py_set(out, "reload_after", ms) : -1;
}

int screen_media(struct eval *e, struct block *b, PyObject *out)
{
    const struct screen *s = b->screen;
    if (!s) return 0;
    if (s->part[K_AUDIO] && py_set_own(out, "audio", media_list(e, b, s->part[K_AUDIO], false)) < 0) return -1;
    if (s->part[K_VIDEO] && py_set_own(out, "video", media_list(e, b, s->part[K_VIDEO], true)) < 0) return -1;
    return screen_decoration(e, b, out) < 0 ? -1 : screen_reload(e, b, out);
}
