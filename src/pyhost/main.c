/* pyhost/main.c: start here. chancery-worker becomes a zygote: CPython and the library loaded once, then forks on demand. */
#include "pyhost/host.h"
#include "pyhost/py.h"
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* Where the library is installed; in the build tree it stands beside the executable. */
#ifndef CHANCERY_PYTHON_DIR
#define CHANCERY_PYTHON_DIR "/usr/lib/chancery/python"
#endif
#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)
/* Debian's interpreter, whatever other Python stands first on the PATH. Its folder for local additions and .pth files are left out: what is not
 * a Debian package is not part of this program. */
#define STDLIB "/usr/lib/python" TEXT_OF(PY_MAJOR_VERSION) "." TEXT_OF(PY_MINOR_VERSION)

#ifdef CHANCERY_SANITIZED
/* CPython keeps much to the end of the process, and the leak checker needs ptrace. */
const char *__asan_default_options(void);
const char *__asan_default_options(void) { return "detect_leaks=0:allocator_may_return_null=1:quarantine_size_mb=32"; }
#endif

static bool is_folder_of_library(const char *dir)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/chancery_host", dir);
    return n > 0 && (size_t)n < sizeof path && access(path, R_OK | X_OK) == 0;
}

/* "python" beside the executable, else the installed folder. out has PATH_MAX bytes. */
static bool find_library(char *out)
{
    static const char leaf[] = "python";
    ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - sizeof leaf);
    while (n > 0 && out[n - 1] != '/') n--;
    if (n > 0) {
        memcpy(out + n, leaf, sizeof leaf);
        if (is_folder_of_library(out)) return true;
    }
    static const char installed[] = CHANCERY_PYTHON_DIR;
    _Static_assert(sizeof installed <= PATH_MAX, "the installed folder has a path that fits");
    memcpy(out, installed, sizeof installed);
    return is_folder_of_library(out);
}

static PyStatus add_paths(PyConfig *c, const char *lib_dir)
{
    const char *const dirs[] = { lib_dir, STDLIB, STDLIB "/lib-dynload", "/usr/lib/python3/dist-packages" };
    c->module_search_paths_set = 1;
    for (size_t i = 0; i < COUNT_OF(dirs); i++) {
        wchar_t *wide = Py_DecodeLocale(dirs[i], NULL);
        if (!wide) return PyStatus_NoMemory();
        PyStatus s = PyWideStringList_Append(&c->module_search_paths, wide);
        PyMem_RawFree(wide);
        if (PyStatus_Exception(s)) return s;
    }
    return PyStatus_Ok();
}

/* Isolated: no environment, no user folder, no current folder, no command line, no signal handlers, no site module. */
static PyStatus start_python(const char *lib_dir)
{
    PyPreConfig pre;
    PyPreConfig_InitIsolatedConfig(&pre);
    pre.utf8_mode = 1;
    PyStatus s = Py_PreInitialize(&pre);
    if (PyStatus_Exception(s)) return s;
    PyConfig c;
    PyConfig_InitIsolatedConfig(&c);
    c.site_import = 0;
    c.install_signal_handlers = 0;
    c.write_bytecode = 0;
    c.buffered_stdio = 1;
    s = PyConfig_SetBytesString(&c, &c.program_name, "/usr/bin/python3");
    if (!PyStatus_Exception(s)) s = add_paths(&c, lib_dir);
    if (!PyStatus_Exception(s)) s = Py_InitializeFromConfig(&c);
    PyConfig_Clear(&c);
    return s;
}

static bool started_by_server(int argc)
{
    int kind;
    socklen_t n = sizeof kind;
    return argc == 0 || (argc == 1 && getsockopt(HOST_SOCKET, SOL_SOCKET, SO_TYPE, &kind, &n) == 0 && kind == SOCK_SEQPACKET);
}

int main(int argc, char **argv)
{
    (void)argv;
    if (!started_by_server(argc)) {
        (void)fprintf(stderr, "chancery-worker: runs interview code and is started by the server only; see chancery serve --help\n");
        return 2;
    }
    char lib_dir[PATH_MAX];
    if (!find_library(lib_dir)) {
        (void)fprintf(stderr, "chancery-worker: no folder python beside the program and none at " CHANCERY_PYTHON_DIR "; run make, or make install\n");
        return 1;
    }
    (void)setlocale(LC_CTYPE, "C.UTF-8");
    PyStatus s = start_python(lib_dir);
    if (PyStatus_Exception(s)) {
        (void)fprintf(stderr, "chancery-worker: Python does not start: %s (is libpython3-stdlib installed?)\n", s.err_msg ? s.err_msg : "unknown cause");
        return 1;
    }
    if (engine_load(str_c(lib_dir)) != ERR_OK) {
        if (PyErr_Occurred()) PyErr_Print();
        (void)fprintf(stderr, "chancery-worker: the library in %s does not load\n", lib_dir);
        return 1;
    }
    return zygote_run(str_c(lib_dir));
}
