/* pyhost/host.h: the seam inside chancery-worker between the host (process, sandbox, frames) and the engine (interviews).
 *
 * The host owns main(), the interpreter's life, descriptors, limits and the socket; the engine owns what a call means. The host calls the
 * engine from one thread, holding the interpreter's lock, in the order load (zygote) - start (worker, sandbox still open) - call, call, … */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"
#include "worker/frame.h"

/* offered by the engine */

/* In the zygote, once, after Py_Initialize: puts the library on its way and imports what every worker needs. lib_dir: absolute path of the folder
 * that holds chancery_host/ and docassemble/; it is on sys.path already. An error ends the zygote; a Python exception left behind is printed. */
err engine_load(str lib_dir) MUST_CHECK;

/* In the zygote while it has nothing to do: prepares a little more of what workers often need (some hundredths of a second). False: nothing is left. */
bool engine_preload(void);

/* In the worker, before the sandbox closes: no code of an author runs here. All arguments live as long as the process.
 * folders: package roots, in order. settings_json: TAG_SETTINGS, or absent. */
err engine_start(str package, const str *folders, size_t n_folders, str settings_json) MUST_CHECK;

/* Answers one MSG_CALL that passed frame_check. Always leaves one complete MSG_RESULT frame with the request's id in reply (empty on entry); no
 * Python exception is left behind. mem is emptied after the reply has left. What the engine keeps between calls it owns itself. */
void engine_call(struct arena *mem, const struct frame *request, struct buf *reply);

/* the host's own parts */

enum { HOST_SOCKET = 3, HOST_FOLDERS_MAX = 32 };

/* What a worker may still do once the sandbox is closed. Paths that do not exist are left out. */
struct sandbox_plan {
    str lib_dir;
    const str *folders;
    size_t n_folders;
    uint64_t memory_mb; /* address space; 0: no limit */
};

/* Closes the sandbox around the calling process, for good. notes: one line per protection that this kernel does not have; empty when it has all.
 *   ERR_WORKER  a protection that the kernel has refused to close: the process must end */
err sandbox_close(const struct sandbox_plan *plan, struct buf *notes) MUST_CHECK;

/* Serves forks on HOST_SOCKET until it closes. Returns only in the zygote, with its exit code; workers leave through _exit. */
int zygote_run(str lib_dir);

/* Answers calls on HOST_SOCKET until MSG_STOP or the end of the stream. memory_mb bounds what may stay between calls. */
_Noreturn void serve_run(uint64_t memory_mb);
