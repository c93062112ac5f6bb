/* pyhost/source.c: finds and reads files of interview packages, splits them into parts, and makes Python objects of YAML. Spec: language 1. */
#include "pyhost/engine_int.h"
#include "base/fault.h"
#include <datetime.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct engine engine;

enum { FILE_NAME_MAX = 268, FILE_BYTES_MAX = 16 * 1024 * 1024 };

int engine_error(const char *class, const char *fmt, ...)
{
    PYOWN(kind) = py_lib("errors", class);
    if (!kind) return -1;
    va_list list;
    va_start(list, fmt);
    PYOWN(text) = PyUnicode_FromFormatV(fmt, list);
    va_end(list);
    if (text) PyErr_SetObject(kind, text);
    return -1;
}

static int name_error(const char *class, const char *fmt, str name)
{
    PYOWN(text) = py_str(name);
    return text ? engine_error(class, fmt, text) : -1;
}

/* names */

static bool is_file_char(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '-' || c == '/' || c == ' ';
}

static bool is_safe_path(str path)
{
    if (path.n == 0 || path.n > FILE_NAME_MAX || path.p[0] == '/') return false;
    for (size_t i = 0; i < path.n; i++)
        if (!is_file_char(path.p[i])) return false;
    str rest = path, segment;
    bool more;
    do {
        more = str_cut(&rest, '/', &segment);
        if (segment.n == 0 || str_is(segment, ".") || str_is(segment, "..")) return false;
    } while (more);
    return true;
}

static bool is_safe_package(str package)
{
    if (package.n == 0 || package.n > 255 || package.p[0] == '.') return false;
    for (size_t i = 0; i < package.n; i++)
        if (!is_file_char(package.p[i]) || package.p[i] == '/' || package.p[i] == ' ') return false;
    return true;
}

int source_check(str name)
{
    str path = name, package;
    if (!str_cut(&path, ':', &package) || !is_safe_package(package) || !str_starts(package, STR("docassemble.")) || !is_safe_path(path))
        return engine_error("DAInvalidFilename", "Invalid filename");
    return 0;
}

static PyObject *with_folder(str package, str path, const char *folder)
{
    bool full = str_starts(path, STR("data/"));
    PYOWN(before) = py_str(package);
    PYOWN(after) = py_str(path);
    return before && after ? PyUnicode_FromFormat("%U:%s%s%s%U", before, full ? "" : "data/", full ? "" : folder, full ? "" : "/", after) : NULL;
}

PyObject *source_reference(PyObject *reference, PyObject *package, const char *folder)
{
    PYOWN(text) = PyObject_Str(reference);
    str path = str_trim(py_view(text)), own = py_view(package);
    if (!text) return NULL;
    if (str_find(path, ':', 0) < path.n) str_cut(&path, ':', &own);
    return with_folder(own, path, folder);
}

int source_missing(str name)
{
    struct arena *a = arena_new(64 * 1024);
    char *path = NULL;
    if (!a) {
        PyErr_NoMemory();
        return -1;
    }
    int found = source_path(a, name, &path);
    arena_free(a);
    return found;
}

PyObject *source_resolve(PyObject *reference, PyObject *beside)
{
    PYOWN(text) = PyObject_Str(reference);
    if (!text) return NULL;
    str path = str_trim(py_view(text)), rest = path, package;
    if (str_cut(&rest, ':', &package)) return with_folder(package, rest, "questions");
    str here = py_view(beside);
    size_t cut = here.n;
    while (cut > 0 && here.p[cut - 1] != '/' && here.p[cut - 1] != ':') cut--;
    PYOWN(folder) = py_str(str_head(here, cut));
    PYOWN(file) = py_str(path);
    PYOWN(near) = folder && file ? PyUnicode_Concat(folder, file) : NULL;
    int missing = near ? source_missing(py_view(near)) : -1;
    if (missing < 0) return NULL;
    if (!missing) return py_keep(&near);
    PYOWN(base) = with_folder(STR("docassemble.base"), path, "questions");
    missing = base ? source_missing(py_view(base)) : -1;
    if (missing < 0) return NULL;
    return missing ? py_keep(&near) : py_keep(&base);
}

/* files */

int source_path(struct arena *a, str name, char **out)
{
    str path = name, package;
    if (!str_cut(&path, ':', &package) || !is_safe_package(package) || !is_safe_path(path)) return 1;
    for (size_t i = 0; i < engine.n_folders; i++) {
        str full;
        struct stat st;
        if (arena_printf(a, &full, STR_FMT "/" STR_FMT "/" STR_FMT, STR_ARG(engine.folders[i]), STR_ARG(package), STR_ARG(path)) != ERR_OK) {
            PyErr_NoMemory();
            return -1;
        }
        char *z = arena_z(a, full);
        if (!z) {
            PyErr_NoMemory();
            return -1;
        }
        if (stat(z, &st) == 0 && S_ISREG(st.st_mode)) {
            *out = z;
            return 0;
        }
    }
    return 1;
}

/* Carriage returns go, alone or before a line feed; in place. */
static size_t normal_lines(char *p, size_t n)
{
    size_t to = 0;
    for (size_t i = 0; i < n; i++) {
        if (p[i] != '\r')
            p[to++] = p[i];
        else if (i + 1 == n || p[i + 1] != '\n')
            p[to++] = '\n';
    }
    return to;
}

static int64_t mtime_of(const struct stat *st) { return (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec; }

static int read_open(struct arena *a, int fd, struct source_file *f, str *out)
{
    struct stat st;
    if (fstat(fd, &st) != 0) return -1;
    if (st.st_size > FILE_BYTES_MAX) return -1;
    f->mtime_ns = mtime_of(&st);
    f->size = st.st_size;
    char *p = NEW_N(a, char, (size_t)st.st_size + 1);
    if (!p) return -1;
    size_t n = 0;
    while (n < (size_t)st.st_size) {
        ssize_t got = read(fd, p + n, (size_t)st.st_size - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
    bool bom = n >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0;
    *out = (str){ p, normal_lines(p, n) };
    if (bom) *out = str_from(*out, 3);
    f->text = *out;
    return 0;
}

int source_read(struct arena *a, str name, struct source_file **list, str *out)
{
    struct source_file *f = NEW(a, struct source_file);
    if (!f) return PyErr_NoMemory(), -1;
    f->next = *list;
    *list = f;
    int found = source_path(a, name, &f->path);
    if (found < 0) return -1;
    if (found > 0) {
        f->path = NULL;
        return name_error("DANotFoundError", "Interview %U not found", name);
    }
    int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    int bad = fd < 0 ? -1 : read_open(a, fd, f, out);
    if (fd >= 0) close(fd);
    if (bad) return name_error("DASourceError", "%U cannot be read", name);
    if (!str_utf8_ok(*out)) return name_error("DASourceError", "%U is not UTF-8", name);
    return 0;
}

bool source_changed(const struct source_file *list)
{
    for (; list; list = list->next) {
        struct stat st;
        if (!list->path || stat(list->path, &st) != 0 || mtime_of(&st) != list->mtime_ns || st.st_size != list->size) return true;
    }
    return false;
}

/* parts */

static bool is_separator(str line)
{
    if (!str_starts(line, STR("---"))) return false;
    for (size_t i = 3; i < line.n; i++)
        if (line.p[i] != ' ') return false;
    return true;
}

/* Without a last line "...", tabs as two blanks. */
static int part_clean(struct arena *a, str text, str *out)
{
    str trimmed = text;
    while (trimmed.n && (trimmed.p[trimmed.n - 1] == '\n' || trimmed.p[trimmed.n - 1] == ' ')) trimmed.n--;
    if (str_ends(trimmed, STR("\n...")) || str_is(trimmed, "...")) text = str_head(trimmed, trimmed.n - 3);
    if (str_find(text, '\t', 0) >= text.n) {
        *out = text;
        return 0;
    }
    char *p = NEW_N(a, char, text.n * 2 + 1);
    if (!p) return PyErr_NoMemory(), -1;
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\t')
            p[n++] = ' ', p[n++] = ' ';
        else
            p[n++] = text.p[i];
    }
    *out = (str){ p, n };
    return 0;
}

static size_t count_separators(str text)
{
    size_t n = 0;
    str line;
    bool more;
    do {
        more = str_cut(&text, '\n', &line);
        n += is_separator(line);
    } while (more);
    return n;
}

int source_split(struct arena *a, str text, struct part_text **out, size_t *n)
{
    struct part_text *v = NEW_N(a, struct part_text, count_separators(text) + 1);
    if (!v) return PyErr_NoMemory(), -1;
    size_t count = 0;
    unsigned number = 1;
    const char *begin = text.p;
    str line;
    v[0].line = 1;
    bool more;
    do {
        more = str_cut(&text, '\n', &line);
        number++;
        if (!is_separator(line)) continue;
        if (part_clean(a, (str){ begin, (size_t)(line.p - begin) }, &v[count].text) < 0) return -1;
        begin = line.p + line.n + (more ? 1 : 0);
        v[++count].line = number;
    } while (more);
    if (part_clean(a, (str){ begin, (size_t)(line.p + line.n - begin) }, &v[count].text) < 0) return -1;
    *out = v;
    *n = count + 1;
    return 0;
}

/* values */

static PyObject *time_value(const struct yaml_node *node)
{
    const struct yaml_time *t = &node->t;
    if (!PyDateTimeAPI) PyDateTime_IMPORT;
    if (!PyDateTimeAPI) return NULL;
    if (node->kind == YAML_DATE) return PyDate_FromDate(t->year, t->month, t->day);
    return PyDateTime_FromDateAndTime(t->year, t->month, t->day, t->hour, t->minute, t->second, t->micro);
}

static PyObject *list_value(const struct yaml_node *node)
{
    PYOWN(list) = PyList_New(0);
    for (size_t i = 0; list && i < node->n; i++) {
        PYOWN(item) = source_value(node->items[i]);
        if (!item || PyList_Append(list, item) < 0) return NULL;
    }
    return py_keep(&list);
}

static PyObject *dict_value(const struct yaml_node *node)
{
    PYOWN(dict) = PyDict_New();
    for (size_t i = 0; dict && i < node->n; i++) {
        PYOWN(key) = source_value(node->items[2 * i]);
        PYOWN(value) = key ? source_value(node->items[2 * i + 1]) : NULL;
        if (!value || PyDict_SetItem(dict, key, value) < 0) return NULL;
    }
    return py_keep(&dict);
}

PyObject *source_value(const struct yaml_node *node)
{
    if (!node) Py_RETURN_NONE;
    switch (node->kind) {
    case YAML_NULL: Py_RETURN_NONE;
    case YAML_BOOL: return PyBool_FromLong(node->b);
    case YAML_INT:
        if (!node->big) return PyLong_FromLongLong(node->i);
        {
            PYOWN(digits) = py_str(node->text);
            return digits ? PyLong_FromUnicodeObject(digits, 10) : NULL;
        }
    case YAML_FLOAT: return PyFloat_FromDouble(node->f);
    case YAML_STR: return py_str(node->text);
    case YAML_DATE:
    case YAML_DATETIME: return time_value(node);
    case YAML_SEQ: return list_value(node);
    case YAML_MAP: return dict_value(node);
    }
    Py_UNREACHABLE();
}

PyObject *source_documents(struct arena *a, str text)
{
    struct part_text *parts;
    size_t n;
    PYOWN(list) = PyList_New(0);
    if (!list || source_split(a, text, &parts, &n) < 0) return NULL;
    for (size_t i = 0; i < n; i++) {
        struct yaml_node *node = NULL;
        struct yaml_error bad = { 0 };
        err e = yaml_read(a, parts[i].text, parts[i].line, &node, &bad);
        if (e == ERR_NOMEM) return PyErr_NoMemory();
        PYOWN(why) = e != ERR_OK ? py_str(bad.text) : NULL;
        if (why) engine_error("DASourceError", "%U on line %u, column %u", why, bad.line, bad.column);
        if (e != ERR_OK) return NULL;
        PYOWN(value) = source_value(node);
        if (!value || (value != Py_None && PyList_Append(list, value) < 0)) return NULL;
    }
    return py_keep(&list);
}
