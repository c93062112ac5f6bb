/* tests/hostile/hostile.c: interviews that mean harm, in real workers, while another package goes about its work.
 *
 * usage: hostile WORKER [interviews]. Each row is one call of the package "hostile": its code as such, for the engine of this folder, or as the
 * mandatory code of an interview of its own, for the real one. Meanwhile a thread keeps calling "calm"; the longest it waited is printed
 * with the row and must stay below three seconds (on an idle machine it stays below 100 ms). After each row calm's worker must be the same as before,
 * know its answers, have an untouched library, and the file that stands for the database must be as it was. */
#include "base/clock.h"
#include "base/log.h"
#include "worker/worker.h"
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    PATIENCE_US = 3000 * 1000,
    GOAL_US = 100 * 1000,
    CPU_S = 1,
    WALL_S = 10 /* so that a busy machine, too, gives a second of its time in it */,
    MEMORY_MB = 512
};

/* In code and want, @D is the data folder, @S the server's process id. want: start of the body, or of "Class: text". why: of ERR_WORKER. */
static const struct row {
    const char *name, *code, *want, *why;
    bool landlock; /* held by it alone; skipped where the kernel has none */
    bool is_text;  /* the text of a question (Mako), for the real engine only */
} rows[] = {
    { "an honest call is answered", "result = 6 * 7", "42", NULL },
    { "an endless loop is ended by its processor time", "while True: pass", NULL, "cpu" },
    { "endless waiting is ended by the clock", "import time; time.sleep(1000)", NULL, "time" },
    { "an endless loop that swallows every exception is ended", "while True:\n  try:\n    while True: pass\n  except BaseException: pass", NULL, "cpu" },
    { "a list of 4 GiB is a MemoryError", "[0] * (1 << 29)", "MemoryError", NULL },
    { "a list that grows is a MemoryError", "x = []\nwhile True: x.append(bytes(1 << 20))", "MemoryError", NULL },
    { "os.system runs nothing", "import os\nos.system('touch @D/made')\nresult = os.path.exists('@D/made')", "False", NULL },
    { "subprocess runs nothing", "import subprocess\nsubprocess.run(['/bin/true'])", "PermissionError", NULL },
    { "exec runs nothing", "import os\nos.execv('/bin/true', ['true'])", "PermissionError", NULL },
    { "posix_spawn runs nothing", "import os\nos.posix_spawn('/bin/true', ['true'], {})", "PermissionError", NULL },
    { "no socket", "import socket\nsocket.socket()", "PermissionError", NULL },
    { "no pair of sockets", "import socket\nsocket.socketpair()", "PermissionError", NULL },
    { "no name is looked up", "import socket\nsocket.getaddrinfo('localhost', 80)", "gaierror", NULL, true },
    { "the database cannot be read", "open('@D/chancery.db', 'rb')", "PermissionError", NULL, true },
    { "nor by way of a descriptor's folder", "import os\nos.open('chancery.db', os.O_RDONLY, dir_fd=os.open('@D', os.O_PATH))", "PermissionError", NULL, true },
    { "nor its folder be listed", "import os\nos.listdir('@D')", "PermissionError", NULL, true },
    { "the database cannot be opened to write", "open('@D/chancery.db', 'ab')", "PermissionError", NULL },
    { "nor be cut", "import os\nos.truncate('@D/chancery.db', 0)", "PermissionError", NULL },
    { "nor be removed", "import os\nos.remove('@D/chancery.db')", "PermissionError", NULL },
    { "nor be renamed", "import os\nos.rename('@D/chancery.db', '@D/other')", "PermissionError", NULL },
    { "nor its mode be changed", "import os\nos.chmod('@D/chancery.db', 0o777)", "PermissionError", NULL },
    { "/etc/passwd cannot be read", "open('/etc/passwd')", "PermissionError", NULL, true },
    { "nothing is written to /tmp", "open('/tmp/chancery-hostile', 'w')", "PermissionError", NULL },
    { "nothing is written to the package folder", "open('@D/packages/x', 'w')", "PermissionError", NULL },
    { "the package folder can be read", "result = open('@D/packages/own').read()", "own", NULL },
    { "a fork bomb makes nothing", "import os\nwhile True: os.fork()", "PermissionError", NULL },
    { "a bomb of threads makes nothing", "import threading\nwhile True: threading.Thread(target=print).start()", "RuntimeError: can't start", NULL },
    { "sys.exit is an error of the call", "import sys\nsys.exit(3)", "SystemExit: 3", NULL },
    { "KeyboardInterrupt too", "raise KeyboardInterrupt('x')", "KeyboardInterrupt: x", NULL },
    { "os._exit ends its own worker", "import os\nos._exit(0)", NULL, "crash" },
    { "os.abort ends its own worker", "import os\nos.abort()", NULL, "crash" },
    { "a crash through ctypes ends its own worker", "import ctypes\nctypes.string_at(0)", NULL, "crash" },
    { "endless recursion is an error of the call", "def f(): f()\nf()", "RecursionError", NULL },
    { "endless recursion in C without a limit ends its own worker",
      "import sys\nsys.setrecursionlimit(10 ** 9)\nclass A:\n  def __repr__(self): return repr(self)\nrepr(A())", NULL, "crash" },
    { "the next call has the usual limit again", "import sys\nresult = sys.getrecursionlimit()", "1000", NULL },
    { "the library is patched for its own worker", "import chancery_host, builtins\nchancery_host.TRUTH = 'broken'\nbuiltins.divmod = None\nresult = 1", "1",
      NULL },
    { "which stays broken", "import chancery_host\nresult = chancery_host.TRUTH, divmod", "('broken', None)", NULL },
    { "until it ends", "import os\nos._exit(0)", NULL, "crash" },
    { "the next worker of the package has it whole", "import chancery_host\nresult = getattr(chancery_host, 'TRUTH', 'whole')", "whole", NULL },
    { "the library's file cannot be written", "import chancery_host\nopen(chancery_host.__file__, 'a')", "PermissionError", NULL },
    { "the zygote cannot be killed", "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", "PermissionError", NULL },
    { "the server cannot be killed", "import os, signal\nos.kill(@S, signal.SIGKILL)", "PermissionError", NULL },
    { "everybody cannot be killed", "import os, signal\nos.kill(-1, signal.SIGKILL)", "PermissionError", NULL },
    { "nor by a signal of a descriptor", "import fcntl\nfcntl.fcntl(3, fcntl.F_SETOWN, @S)", "PermissionError", NULL },
    { "nor by a process descriptor", "import os\nos.pidfd_open(@S)", "PermissionError", NULL },
    { "killing itself ends its own worker", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", NULL, "memory" },
    { "stopping itself is ended by the clock", "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", NULL, "time" },
    { "ptrace ends its own worker", "import ctypes\nctypes.CDLL(None).ptrace(16, @S, 0, 0)", NULL, "crash" },
    { "reading another's memory ends its own worker", "import ctypes\nctypes.CDLL(None).process_vm_readv(@S, 0, 0, 0, 0, 0)", NULL, "crash" },
    { "unshare ends its own worker", "import ctypes\nctypes.CDLL(None).unshare(0x10000000)", NULL, "crash" },
    { "mount ends its own worker", "import ctypes\nctypes.CDLL(None).mount(b'x', b'/', b'tmpfs', 0, None)", NULL, "crash" },
    { "io_uring is refused", "import ctypes\nresult = ctypes.CDLL(None, use_errno=True).syscall(425, 8, 0), ctypes.get_errno()", "(-1, 1)", NULL },
    { "prctl is refused", "import ctypes\nresult = ctypes.CDLL(None, use_errno=True).prctl(1, 0), ctypes.get_errno()", "(-1, 1)", NULL },
    { "another kind of system call ends its own worker", "import ctypes\nctypes.CDLL(None).syscall(0x40000000 + 39)", NULL, "crash" },
#ifdef __x86_64__
    { "a 32-bit system call of its own machine code ends its own worker", /* mov eax, 20 (getpid); int 0x80; ret */
      "import ctypes, mmap\nm = mmap.mmap(-1, 4096, prot=7)\nm.write(b'\\xb8\\x14\\0\\0\\0\\xcd\\x80\\xc3')\n"
      "result = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(m)))()",
      NULL, "crash" },
#endif
    { "a file of memory is refused", "import os\nos.memfd_create('x')", "PermissionError", NULL },
    { "limits cannot be raised", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))", "ValueError: not allowed", NULL },
    { "nor lowered", "import resource\nresource.setrlimit(resource.RLIMIT_AS, (1 << 20, 1 << 20))", "ValueError: not allowed", NULL },
    { "a timer cannot be set", "import signal\nsignal.setitimer(signal.ITIMER_REAL, 1)", "itimer_error", NULL },
    { "the environment is empty", "import os\nresult = dict(os.environ)", "{}", NULL },
    { "/proc/self/environ cannot be read", "open('/proc/self/environ')", "PermissionError", NULL, true },
    { "the server's memory cannot be read", "open('/proc/@S/mem', 'rb')", "PermissionError", NULL },
    { "the zygote's memory cannot be read", "import os\nopen('/proc/%d/mem' % os.getppid(), 'rb')", "PermissionError", NULL },
    { "processes cannot be listed", "import os\nos.listdir('/proc')", "PermissionError", NULL, true },
    { "it holds its socket and the null device",
      "import os\nr = []\nfor fd in range(64):\n  try: r.append((fd, os.fstat(fd).st_rdev))\n  except OSError: pass\nresult = r",
      "[(0, 259), (1, 259), (2, 259), (3, 0)]", NULL },
    { "closing the socket ends its own worker", "import os\nos.close(3)", NULL, "crash" },
    { "another file in its place ends its own worker", "import os\nos.dup2(0, 3)", NULL, "crash" },
    { "garbage on the socket is against the protocol", "import os\nos.write(3, b'x' * 1000)", NULL, "protocol" },
    { "a reply to another request is against the protocol",
      "import os, struct\nos.write(3, struct.pack('<IHHQII', 16, 1, 5, 999999, 0, 0) + struct.pack('<HHIQ', 36, 0, 8, 3))", NULL, "protocol" },
    { "a message that is not a worker's is against the protocol", "import os, struct\nos.write(3, struct.pack('<IHHQII', 0, 1, 6, 1, 0, 0))", NULL,
      "protocol" },
    { "a length beyond every bound is against the protocol", "import os, struct\nos.write(3, struct.pack('<IHHQII', 0xffffffff, 1, 5, 1, 0, 0))", NULL,
      "protocol" },
    { "half a reply and no more is ended by the clock", "import os, struct, time\nos.write(3, b'\\x10\\0\\0\\0')\ntime.sleep(1000)", NULL, "time" },
    { "a huge reply is an error of the call", "result = 'x' * (100 << 20)", "MemoryError", NULL },
    { "a large reply arrives", "result = 'x' * (4 << 20)", "xxxx", NULL },
    { "a worker that grew is replaced", "x = b'x' * (300 << 20)\nresult = len(x)", "314572800", NULL },
    /* pickles */
    { "a pickle that names a system call runs nothing",
      "import os, pickle\nclass X:\n  def __reduce__(self): return os.system, ('touch @D/made',)\n"
      "pickle.loads(pickle.dumps(X(), 0))\nresult = os.path.exists('@D/made')",
      "False", NULL },
    { "an answer whose pickle would run code is not stored as such",
      "import os\nclass X:\n  def __reduce__(self): return os.system, ('touch @D/made',)\nx = X()\n"
      "result = os.path.exists('@D/made')",
      "False", NULL },
    { "an answer that is its own member a thousand times over is an error or an answer", "x = []\nfor i in range(5000): x = [x]\nresult = 'made'", "made",
      NULL },
    /* imports */
    { "nothing is imported from the data folder", "import sys\nsys.path.insert(0, '@D')\nimport chancery", "ModuleNotFoundError", NULL },
    { "the database is no module", "from importlib.machinery import SourceFileLoader\nSourceFileLoader('x', '@D/chancery.db').load_module()", "PermissionError",
      NULL, true },
    { "nor a library", "import ctypes\nctypes.CDLL('@D/chancery.db')", "OSError", NULL },
    { "a finder of one's own ends with its worker",
      "import sys\nclass F:\n  def find_spec(self, *a): raise ImportError('mine')\nsys.meta_path.insert(0, F())\nimport os\nos._exit(0)", NULL, "crash" },
    { "and is not there in the next", "import sys\nresult = [f for f in sys.meta_path if type(f).__name__ == 'F']", "[]", NULL },
    /* the interpreter's inside */
    { "the collector knows no other package's answers",
      "import gc\nresult = sum(1 for o in gc.get_objects() if type(o) is dict and o.get('secret') == 'SENT' + 'INEL')", "0", NULL },
    { "frames lead to nobody else's answers",
      "import sys\nf, found = sys._getframe(), 0\nwhile f:\n  found += 'SENT' + 'INEL' in str(f.f_globals.get('answers', '')) and f.f_back is not None\n  f = "
      "f.f_back\nresult = found",
      "0", NULL },
    { "memory of an object that is not one ends its own worker", "import ctypes\nctypes.memset(id(None), 255, 16)\nresult = str(None)", NULL, "crash" },
    { "byte code that is none ends its own worker", "f = lambda: 0\nf.__code__ = f.__code__.replace(co_code=bytes([255, 255]) * 8)\nf()", NULL, "crash" },
    { "a trace function that raises is an error of the call", "import sys\ndef t(*a): raise ValueError('traced')\nsys.settrace(t)\ndef f(): pass\nf()",
      "ValueError", NULL },
    { "the debugger has nobody to talk to", "breakpoint()", "BdbQuit", NULL },
    { "nor has input()", "input()", "EOFError", NULL },
    { "faults that are asked for end their own worker", "import faulthandler\nfaulthandler._sigsegv()", NULL, "crash" },
    /* things that grow */
    { "an integer beyond all bounds is ended by its processor time", "10 ** (10 ** 9)", NULL, "cpu" },
    { "an integer with too many digits to be read is an error", "int('9' * 100000)", "ValueError", NULL },
    { "a regular expression that never ends is ended", "import re\nre.match('(a|a)*$', 'a' * 64 + 'b')", NULL, "cpu" },
    { "a width beyond all bounds is a MemoryError", "'%*d' % (1 << 30, 1)", "MemoryError", NULL },
    { "a bomb of compressed zeros is a MemoryError", "import zlib\nx = zlib.compress(bytes(1 << 20))\nresult = zlib.decompress(x, bufsize=1 << 30)",
      "MemoryError", NULL },
    { "JSON nested without end is an error", "import json\njson.loads('[' * 1000000)", "RecursionError", NULL },
    { "source nested without end is an error", "compile('(' * 100000, 'x', 'eval')", "SyntaxError", NULL },
    { "a sum over everything is ended", "sum(range(10 ** 15))", NULL, "cpu" },
    { "a text of itself that never ends is ended", "class X:\n  def __str__(self):\n    while True: pass\nresult = X()\nstr(result)", NULL, "cpu" },
    { "a comparison that calls itself is an error", "class X:\n  def __eq__(self, o): return self == o\nX() == 1", "RecursionError", NULL },
    { "a destructor that waits is ended by the clock", "import time\nclass X:\n  def __del__(self): time.sleep(1000)\nx = X()\ndel x", NULL, "time" },
    { "output without end goes nowhere", "for i in range(300): print('x' * (1 << 20))\nresult = 'printed'", "printed", NULL },
    /* processes, signals */
    { "a thread of the lower kind is refused", "import _thread\n_thread.start_new_thread(print, ())", "RuntimeError", NULL },
    { "multiprocessing makes nobody", "import os\nos.forkpty()", "PermissionError", NULL },
    { "a handler for the limit does not lift it", "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass", NULL, "cpu" },
    { "the group cannot be killed", "import os\nos.killpg(os.getpgid(os.getppid()), 9)", "PermissionError", NULL },
    { "priorities cannot be raised", "import os\nos.setpriority(os.PRIO_PROCESS, 0, -20)", "PermissionError", NULL },
    { "another priority is not the server's", "import os\nos.setpriority(os.PRIO_PROCESS, @S, 19)", "PermissionError", NULL },
    /* files and descriptors */
    { "no link leads out", "import os\nos.symlink('@D/chancery.db', '@D/packages/link')", "PermissionError", NULL },
    { "no hard link either", "import os\nos.link('@D/chancery.db', '@D/packages/link')", "PermissionError", NULL },
    { "no pipe with a name", "import os\nos.mkfifo('@D/packages/pipe')", "PermissionError", NULL },
    { "the descriptors of the server cannot be listed", "import os\nos.listdir('/proc/@S/fd')", "PermissionError", NULL, true },
    { "no descriptor is sent to the server",
      "import socket, array\ns = socket.socket(fileno=3)\ns.sendmsg([b'x'], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0]))])",
      "PermissionError", NULL },
    { "the mode of the socket stays", "import os\nos.set_blocking(3, False)", "PermissionError", NULL },
    /* texts */
    { "a text reads no file", "${ open('/etc/passwd').read() }", "PermissionError", NULL, true, true },
    { "an include of a file is refused", "<%include file=\"/etc/passwd\"/>", "", NULL, false, true },
    { "a text that never ends is ended", "<% \n  while True: pass\n  %>", NULL, "cpu", false, true },
    { "a loop over everything ends by memory or time",
      "% for i in range(10 ** 12):\n  xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n  % endfor", NULL, "cpu", false,
      true },
    { "a definition that calls itself is an error", "<%def name=\"f()\">${ f() }</%def>${ f() }", "RecursionError", NULL, false, true },
    { "the last call of all is answered", "result = 6 * 7", "42", NULL },
};

static struct workers *workers;
static const char *folder;
static int failures, passed;
static bool by_interview;

/* calling */

struct outcome {
    err e;
    const char *why;
    str text; /* body or error */
    uint64_t served;
};

/* The code as an interview of its own that shows "result"; its name. Names differ, because workers keep what they have read. */
static str write_interview(struct arena *mem, const char *package, str code, bool is_text)
{
    static atomic_uint count;
    CLEANUP(buf_release) struct buf yaml = BUF(1024 * 1024);
    str path, line, name = STR_NULL;
    buf_printf(&yaml, "mandatory: True\n%s: |\n", is_text ? "question" : "code");
    for (bool more = true; more;) {
        more = str_cut(&code, '\n', &line);
        buf_printf(&yaml, "  " STR_FMT "\n", STR_ARG(line));
    }
    if (!is_text) buf_z(&yaml, "---\nmandatory: True\nquestion: |\n  ${ str(result)[:100] }\n");
    unsigned n = atomic_fetch_add(&count, 1) + 1;
    if (arena_printf(mem, &path, "%s/packages/%s/data/questions/x%u.yml", folder, package, n) != ERR_OK) return STR_NULL;
    if (arena_printf(mem, &name, "%s:data/questions/x%u.yml", package, n) != ERR_OK) return STR_NULL;
    int fd = open(path.p, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, yaml.p, yaml.n) != (ssize_t)yaml.n) name = STR_NULL;
    if (fd >= 0) close(fd);
    return name;
}

static void add_interview(struct buf *b, enum worker_op op, str interview, str snapshot)
{
    frame_u64(b, TAG_OP, op);
    frame_str(b, TAG_INTERVIEW, interview);
    frame_str(b, TAG_SESSION, STR("0123456789abcdef0123456789abcdef"));
    frame_str(b, TAG_SNAPSHOT, snapshot);
    frame_str(b, TAG_USER, STR("{\"id\":1,\"uid\":\"\",\"email\":\"\",\"privileges\":[\"user\"],\"is_admin\":false}"));
    frame_str(b, TAG_BASE_URL, STR("http://localhost"));
    frame_u64(b, TAG_STEPS, 1);
    frame_u64(b, TAG_NOW_MS, (uint64_t)clock_now_ms());
}

static str text_of(const struct frame *reply)
{
    static const enum tag texts[] = { [OUT_ERROR] = TAG_ERROR, [OUT_RESPONSE] = TAG_BODY, [OUT_QUESTION] = TAG_JSON, [OUT__COUNT] = TAG__NONE };
    str text = frame_get(reply, texts[frame_get_u64(reply, TAG_OUTCOME, 0)]);
    return str_absent(text) ? STR("") : text;
}

static struct outcome call(struct arena *mem, const char *package, struct buf *b, struct frame *reply)
{
    struct outcome o = { .why = "", .text = STR("") };
    o.e = frame_end(b);
    if (o.e == ERR_OK) o.e = worker_call(workers, mem, &(struct worker_ask){ str_c(package), 1, b }, reply, &o.served, &o.why);
    if (o.e == ERR_OK) o.text = text_of(reply);
    if (!o.why) o.why = "";
    return o;
}

/* A session of its own: begun, which runs the code, and then asked for its question. */
static struct outcome ask_interview(struct arena *mem, const char *package, str interview)
{
    CLEANUP(buf_release) struct buf b = BUF(64 * 1024 * 1024);
    struct frame reply;
    frame_begin(&b, MSG_CALL, 0, 0);
    add_interview(&b, OP_NEW, interview, STR_NULL);
    struct outcome o = call(mem, package, &b, &reply);
    if (o.e != ERR_OK || frame_get_u64(&reply, TAG_OUTCOME, OUT_ERROR) == OUT_ERROR) return o;
    buf_clear(&b);
    frame_begin(&b, MSG_CALL, 0, 0);
    add_interview(&b, OP_QUESTION, interview, frame_get(&reply, TAG_SNAPSHOT));
    return call(mem, package, &b, &reply);
}

/* interview: absent for the engine that takes code as such. */
static struct outcome ask_for(struct arena *mem, const char *package, str code, str interview)
{
    if (!str_absent(interview)) return ask_interview(mem, package, interview);
    CLEANUP(buf_release) struct buf b = BUF(1024 * 1024);
    struct frame reply;
    frame_begin(&b, MSG_CALL, 0, 0);
    frame_u64(&b, TAG_OP, OP_QUESTION);
    frame_str(&b, TAG_VARIABLES, code);
    return call(mem, package, &b, &reply);
}

static struct outcome ask(struct arena *mem, const char *package, str code, bool is_text)
{
    return ask_for(mem, package, code, by_interview ? write_interview(mem, package, code, is_text) : STR_NULL);
}

/* @D and @S filled in. */
static str fill_in(struct arena *mem, const char *z)
{
    struct buf b = BUF(1024 * 1024);
    str s = str_c(z), out = STR_NULL;
    for (size_t i = 0; i < s.n; i++) {
        bool is_mark = s.p[i] == '@' && i + 1 < s.n;
        if (is_mark && s.p[i + 1] == 'D')
            buf_z(&b, folder), i++;
        else if (is_mark && s.p[i + 1] == 'S')
            buf_printf(&b, "%d", (int)getpid()), i++;
        else
            buf_char(&b, s.p[i]);
    }
    return buf_to_arena(&b, mem, &out) == ERR_OK ? out : STR_NULL;
}

/* the calm package */

static atomic_long worst_us;
static atomic_bool is_over, is_harmed;

/* Its answers, its session or its library being anything else than before is harm. */
static bool is_calm(const struct outcome *o, uint64_t home)
{
    static const char *const wants[] = { "('SENTINEL', 'whole')", "('session', 'whole')" };
    return o->e == ERR_OK && str_search(o->text, str_c(wants[by_interview])) < o->text.n && (!home || o->served == home);
}

static void *live_calmly(void *arg)
{
    (void)arg;
    static const char *const codes[] = { "import chancery_host\nresult = answers.setdefault('secret', 'SENTINEL'), getattr(chancery_host, 'TRUTH', 'whole')",
                                         "import chancery_host\nresult = 'session', getattr(chancery_host, 'TRUTH', 'whole')" };
    struct arena *mem = arena_new(1024 * 1024), *own = arena_new(1024 * 1024);
    str code = str_c(codes[by_interview]), interview = own && by_interview ? write_interview(own, "docassemble.calm", code, false) : STR_NULL;
    uint64_t home = 0;
    while (mem && !atomic_load(&is_over)) {
        int64_t from = clock_mono_us();
        struct outcome o = ask_for(mem, "docassemble.calm", code, interview);
        long took = (long)(clock_mono_us() - from);
        if (!is_calm(&o, home)) atomic_store(&is_harmed, true);
        /* The first call starts the worker. */
        if (home && took > atomic_load(&worst_us)) atomic_store(&worst_us, took);
        home = o.served;
        arena_empty(mem);
        (void)usleep(2000);
    }
    arena_free(mem);
    arena_free(own);
    return NULL;
}

/* rows */

static bool is_data_whole(void)
{
    char path[4096], text[16] = "";
    (void)snprintf(path, sizeof path, "%s/chancery.db", folder);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text);
    if (fd >= 0) close(fd);
    struct stat is;
    return n == 8 && memcmp(text, "database", 8) == 0 && stat(path, &is) == 0 && (is.st_mode & 0777) == 0600;
}

static bool is_as_wanted(const struct row *r, const struct outcome *o)
{
    if (r->why) return o->e == ERR_WORKER && strcmp(o->why, r->why) == 0;
    if (by_interview) return o->e == ERR_OK && str_search(o->text, str_c(r->want)) < o->text.n;
    return o->e == ERR_OK && str_starts(o->text, str_c(r->want));
}

static bool has_landlock(void)
{
    enum { VERSION_FLAG = 1 };
    return syscall(SYS_landlock_create_ruleset, NULL, 0, VERSION_FLAG) > 0;
}

static void run_row(const struct row *r)
{
    if (r->landlock && !has_landlock()) {
        printf("skipped %s: landlock is not available here\n", r->name);
        return;
    }
    if (r->is_text && !by_interview) return;
    struct arena *mem = arena_new((size_t)256 * 1024 * 1024);
    atomic_store(&worst_us, 0);
    int64_t from = clock_mono_ms();
    struct outcome o = ask(mem, "docassemble.hostile", fill_in(mem, r->code), r->is_text);
    int64_t took = clock_mono_ms() - from;
    (void)usleep(10 * 1000); /* at least one calm call ends behind it */
    long worst = atomic_load(&worst_us);
    bool good = is_as_wanted(r, &o) && is_data_whole() && !atomic_exchange(&is_harmed, false) && worst < PATIENCE_US;
    printf("%s %s: %lld ms, the other package waited at most %.1f ms%s\n", good ? "ok" : "FAILED", r->name, (long long)took, (double)worst / 1000,
           worst > GOAL_US ? " (more than 100)" : "");
    if (!good) printf("   %s, why %s, text " STR_FMT "\n", err_name(o.e), o.why, STR_ARG(str_head(o.text, 200)));
    failures += !good;
    passed += good;
    arena_free(mem);
}

/* orphans */

static bool open_house(const char *program, const char *packages);

/* A server of its own that is in the middle of an endless call. */
_Noreturn static void live_dangerously(const char *program, const char *packages, int tell)
{
    struct arena *mem = arena_new(1024 * 1024);
    if (!mem || !open_house(program, packages)) _exit(1);
    struct outcome o = ask(mem, "orphan", STR("import os\nresult = '%d %d' % (os.getppid(), os.getpid())"), false);
    if (o.e != ERR_OK || write(tell, o.text.p, o.text.n) < 0) _exit(1);
    close(tell);
    (void)ask(mem, "orphan", STR("while True: pass"), false);
    _exit(0);
}

/* Dead and waiting to be collected (by whoever is process 1 here) counts as gone. */
static bool is_running(pid_t pid)
{
    char path[64], state = 'Z';
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *f = fopen(path, "re");
    if (f && fscanf(f, "%*d (%*[^)]) %c", &state) != 1) state = 'Z';
    if (f) (void)fclose(f);
    return state != 'Z' && state != 'X';
}

static bool is_gone(pid_t pid)
{
    for (int i = 0; i < 200; i++, usleep(10 * 1000))
        if (!is_running(pid)) return true;
    return false;
}

/* kill -9 of the server takes the zygote and the worker with it. Before any thread is started, because it forks. */
static void run_orphans(const char *program, const char *packages)
{
    int ends[2], zygote = 0, worker = 0;
    char text[64] = "";
    if (pipe2(ends, O_CLOEXEC) != 0) exit(2);
    pid_t server = fork();
    if (server == 0) live_dangerously(program, packages, ends[1]);
    close(ends[1]);
    bool told = read(ends[0], text, sizeof text - 1) > 0 && sscanf(text, "%d %d", &zygote, &worker) == 2;
    close(ends[0]);
    (void)usleep(50 * 1000); /* into the endless loop */
    kill(server, SIGKILL);
    (void)waitpid(server, NULL, 0);
    bool good = told && is_gone(zygote) && is_gone(worker);
    printf("%s no zygote and no worker outlives its server\n", good ? "ok" : "FAILED");
    failures += !good;
    passed += good;
}

/* the house */

static void write_file(const char *dir, const char *name, const char *text)
{
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, strlen(text)) < 0) failures++;
    if (fd >= 0) close(fd);
}

static int remove_one(const char *path, const struct stat *is, int type, struct FTW *at)
{
    (void)is, (void)type, (void)at;
    return remove(path);
}

/* Nothing may have been made beside what we made ourselves: the database, the packages (".", ".." and these two). */
static void remove_all(void)
{
    DIR *d = opendir(folder);
    int n = 0;
    while (d && readdir(d)) n++;
    if (d) (void)closedir(d);
    failures += n != 4;
    failures += nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0;
}

static void make_folders(const char *packages)
{
    static const char *const leaves[] = { "",
                                          "/docassemble.calm",
                                          "/docassemble.calm/data",
                                          "/docassemble.calm/data/questions",
                                          "/docassemble.hostile",
                                          "/docassemble.hostile/data",
                                          "/docassemble.hostile/data/questions" };
    char path[4096];
    for (size_t i = 0; i < COUNT_OF(leaves); i++) {
        (void)snprintf(path, sizeof path, "%s%s", packages, leaves[i]);
        failures += mkdir(path, 0700) != 0;
    }
}

/* Proportional share of a process, KiB; -1 if the kernel does not tell. */
static long pss_kib(long pid)
{
    char path[64], line[128];
    long kib = -1;
    (void)snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", pid);
    FILE *f = fopen(path, "re");
    while (f && fgets(line, sizeof line, f))
        if (sscanf(line, "Pss: %ld kB", &kib) == 1) break;
    if (f) (void)fclose(f);
    return kib;
}

static void print_memory(void)
{
    struct arena *mem = arena_new(1024 * 1024);
    struct outcome o = ask(mem, "docassemble.calm", STR("import os\nresult = 'pids %d %d' % (os.getppid(), os.getpid())"), false);
    str found = str_from(o.text, str_search(o.text, STR("pids ")));
    long zygote = 0, worker = 0;
    char text[64];
    (void)snprintf(text, sizeof text, STR_FMT, STR_ARG(found));
    if (o.e == ERR_OK && sscanf(text, "pids %ld %ld", &zygote, &worker) == 2)
        printf("memory (proportional share): zygote %ld KiB, worker %ld KiB\n", pss_kib(zygote), pss_kib(worker));
    arena_free(mem);
}

static bool open_house(const char *program, const char *packages)
{
    const char *folders[] = { packages };
    struct workers_options o = { .program = program,
                                 .folders = folders,
                                 .n_folders = 1,
                                 .min = 1,
                                 .max = 4,
                                 .memory_mb = MEMORY_MB,
                                 .cpu_s = CPU_S,
                                 .wall_s = WALL_S,
                                 .settings_json = STR("{}") };
    struct arena *mem = arena_new(4096);
    str why = STR_NULL;
    bool is_open = mem && workers_start(mem, &o, &workers, &why) == ERR_OK;
    if (!is_open) printf("FAILED " STR_FMT "\n", STR_ARG(why));
    arena_free(mem);
    return is_open;
}

int main(int argc, char **argv)
{
    static char dir[] = "/tmp/chancery-hostile-XXXXXX", packages[sizeof dir + 16];
#ifdef CHANCERY_SANITIZED
    (void)puts("skipped: the hostile set needs address-space limits and runs on the release build");
    return 77;
#endif
    if (argc < 2 || argc > 3 || !mkdtemp(dir)) return 2;
    by_interview = argc == 3 && strcmp(argv[2], "interviews") == 0;
    folder = dir;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)snprintf(packages, sizeof packages, "%s/packages", dir);
    make_folders(packages);
    write_file(dir, "chancery.db", "database");
    write_file(packages, "own", "own");
    log_setup(LOG_TEXT, LOG_INFO);
    if (!by_interview) run_orphans(argv[1], packages);
    pthread_t calm;
    if (!open_house(argv[1], packages) || pthread_create(&calm, NULL, live_calmly, NULL) != 0) return 1;
    for (size_t i = 0; i < COUNT_OF(rows); i++) run_row(&rows[i]);
    print_memory();
    atomic_store(&is_over, true);
    pthread_join(calm, NULL);
    workers_stop(workers);
    remove_all();
    printf("%d passed, %d failed\n", passed, failures);
    return failures ? 1 : 0;
}
