/* pyhost/sandbox.c: takes from a worker everything that evaluating an interview does not need.
 *
 * Four fences, each of which holds alone against the ordinary ways out: no privileges (capabilities, no_new_privs, not dumpable), limits on what is
 * used up (rlimits), the files that may be read (landlock), the calls that may be made (seccomp). What the list of calls does not name fails with
 * EPERM, which Python reports as OSError; what no interview calls by mistake ends the process. Nothing here can be undone. */
#include "pyhost/host.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <patchlevel.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fd_close(int *fd)
{
    if (*fd >= 0) close(*fd);
}

/* privileges */

static err drop_privileges(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return ERR_WORKER;
    /* Until the kernel says there is no such capability; without the right to drop them there are none worth dropping. */
    for (unsigned long cap = 0; cap < 64; cap++)
        if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) != 0) break;
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = { 0 };
    if (syscall(SYS_capset, &head, none) != 0) return ERR_WORKER;
    return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 ? ERR_OK : ERR_WORKER;
}

/* limits */

enum { MIB = 1024 * 1024, OPEN_FILES = 64, STACK_BYTES = 8 * MIB };

static err set_limits(uint64_t memory_mb)
{
    const struct {
        __rlimit_resource_t what;
        rlim_t most;
    } limits[] = {
        { RLIMIT_CORE, 0 },
        { RLIMIT_FSIZE, 0 },
        { RLIMIT_NPROC, 0 },
        { RLIMIT_NOFILE, OPEN_FILES },
        { RLIMIT_MEMLOCK, 0 },
        { RLIMIT_MSGQUEUE, 0 },
        { RLIMIT_STACK, STACK_BYTES },
#ifndef CHANCERY_SANITIZED /* shadow memory is terabytes of address space */
        { RLIMIT_AS, memory_mb ? (rlim_t)memory_mb * MIB : RLIM_INFINITY },
#endif
    };
    (void)memory_mb;
    for (size_t i = 0; i < COUNT_OF(limits); i++) {
        struct rlimit now;
        if (getrlimit(limits[i].what, &now) != 0) return ERR_WORKER;
        rlim_t most = limits[i].most < now.rlim_max ? limits[i].most : now.rlim_max;
        if (setrlimit(limits[i].what, &(struct rlimit){ most, most }) != 0) return ERR_WORKER;
    }
    return ERR_OK;
}

/* files: landlock */

/* Laid out here because Debian 12's header knows only the first version. */
struct ruleset {
    uint64_t files, net, scoped;
};
struct beneath {
    uint64_t allowed;
    int32_t parent;
} __attribute__((packed));
enum { LANDLOCK_VERSION_FLAG = 1, LANDLOCK_BENEATH = 1 };
static const uint64_t read_file = 1U << 2, read_dir = 1U << 3;

/* What is forbidden unless a rule allows it, by version of the kernel's interface. size: bytes of struct ruleset that it knows. */
static const struct {
    long since;
    uint64_t files, net, scoped;
    size_t size;
} abis[] = {
    { 6, 0xffff, 3, 3, 24 }, /* signals and abstract sockets */
    { 5, 0xffff, 3, 0, 16 }, /* ioctl on devices */
    { 4, 0x7fff, 3, 0, 16 }, /* TCP */
    { 3, 0x7fff, 0, 0, 8 },  /* truncate */
    { 2, 0x3fff, 0, 0, 8 },  /* move between folders */
    { 1, 0x1fff, 0, 0, 8 },
};

#define TEXT_OF_(x) #x
#define TEXT_OF(x) TEXT_OF_(x)
#define STDLIB ("/usr/lib/python" TEXT_OF(PY_MAJOR_VERSION) "." TEXT_OF(PY_MINOR_VERSION))
#if defined(__x86_64__)
#define LIBRARIES "/usr/lib/x86_64-linux-gnu"
#elif defined(__aarch64__)
#define LIBRARIES "/usr/lib/aarch64-linux-gnu"
#else
#define LIBRARIES "/usr/lib"
#endif
/* What Python and its packages read. Folders with everything beneath, or single files. */
static const char *const readable[] = {
    STDLIB,
    "/usr/lib/python3/dist-packages",
    "/usr/share/python-babel-localedata",
    LIBRARIES, /* of extension modules */
    "/etc/ld.so.cache",
    "/usr/lib/locale",
    "/usr/share/locale",
    "/usr/share/i18n",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/mime.types",
    "/usr/share/iso-codes",
    "/dev/null",
    "/dev/urandom",
};

static err allow_path(int ruleset, const char *path)
{
    struct stat is;
    CLEANUP(fd_close) int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &is) != 0) return ERR_OK; /* not there, not readable */
    struct beneath rule = { .allowed = S_ISDIR(is.st_mode) ? read_file | read_dir : read_file, .parent = fd };
    return syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_BENEATH, &rule, 0) == 0 ? ERR_OK : ERR_WORKER;
}

static err allow_str(int ruleset, str path)
{
    char z[4096];
    if (path.n == 0 || path.n >= sizeof z) return ERR_OK;
    memcpy(z, path.p, path.n);
    z[path.n] = '\0';
    return allow_path(ruleset, z);
}

static err allow_all(int ruleset, const struct sandbox_plan *plan)
{
    for (size_t i = 0; i < COUNT_OF(readable); i++) TRY(allow_path(ruleset, readable[i]));
    TRY(allow_str(ruleset, plan->lib_dir));
    for (size_t i = 0; i < plan->n_folders; i++) TRY(allow_str(ruleset, plan->folders[i]));
    return ERR_OK;
}

static err fence_files(const struct sandbox_plan *plan, struct buf *notes)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_VERSION_FLAG);
    if (abi < 1) {
        buf_z(notes, "landlock is not available here: interview code can read every file that the server's user can\n");
        return ERR_OK;
    }
    if (abi < 6) buf_printf(notes, "landlock is version %ld of 6: its fences around signals, sockets or devices are left to seccomp\n", abi);
    size_t v = 0;
    while (abis[v].since > abi) v++;
    struct ruleset wanted = { abis[v].files, abis[v].net, abis[v].scoped };
    CLEANUP(fd_close) int ruleset = (int)syscall(SYS_landlock_create_ruleset, &wanted, abis[v].size, 0);
    if (ruleset < 0) return ERR_WORKER;
    TRY(allow_all(ruleset, plan));
    return syscall(SYS_landlock_restrict_self, ruleset, 0) == 0 ? ERR_OK : ERR_WORKER;
}

/* calls: seccomp */

#define CALL(name) SCMP_SYS(name)

static const int allowed[] = {
    /* its socket and open files */
    CALL(read),
    CALL(readv),
    CALL(pread64),
    CALL(preadv),
    CALL(write),
    CALL(writev),
    CALL(close),
    CALL(close_range),
    CALL(lseek),
    CALL(dup),
    CALL(dup2),
    CALL(dup3),
    CALL(poll),
    CALL(ppoll),
    CALL(select),
    CALL(pselect6),
    CALL(fadvise64),
    /* reading the file system */
    CALL(stat),
    CALL(lstat),
    CALL(fstat),
    CALL(newfstatat),
    CALL(statx),
    CALL(access),
    CALL(faccessat),
    CALL(faccessat2),
    CALL(readlink),
    CALL(readlinkat),
    CALL(getdents64),
    CALL(getcwd),
    CALL(fstatfs),
    CALL(statfs),
    /* memory */
    CALL(brk),
    CALL(mmap),
    CALL(munmap),
    CALL(mremap),
    CALL(mprotect),
    CALL(madvise),
    CALL(mincore),
    /* time and waiting */
    CALL(clock_gettime),
    CALL(clock_getres),
    CALL(gettimeofday),
    CALL(time),
    CALL(times),
    CALL(nanosleep),
    CALL(clock_nanosleep),
    CALL(futex),
    CALL(sched_yield),
    CALL(restart_syscall),
    /* about itself */
    CALL(getpid),
    CALL(gettid),
    CALL(getppid),
    CALL(getuid),
    CALL(geteuid),
    CALL(getgid),
    CALL(getegid),
    CALL(getresuid),
    CALL(getresgid),
    CALL(getgroups),
    CALL(getpgrp),
    CALL(getrusage),
    CALL(getrlimit),
    CALL(uname),
    CALL(sysinfo),
    CALL(sched_getaffinity),
    CALL(getcpu),
    CALL(getrandom),
    CALL(umask),
    CALL(arch_prctl),
    CALL(rseq),
    CALL(set_robust_list),
    CALL(membarrier),
    /* its own signals */
    CALL(rt_sigaction),
    CALL(rt_sigprocmask),
    CALL(rt_sigreturn),
    CALL(rt_sigpending),
    CALL(sigaltstack),
    CALL(exit),
    CALL(exit_group),
};

/* Nobody comes here by mistake. */
static const int deadly[] = {
    CALL(ptrace),
    CALL(process_vm_readv),
    CALL(process_vm_writev),
    CALL(kcmp),
    CALL(pidfd_getfd),
    CALL(mount),
    CALL(umount2),
    CALL(pivot_root),
    CALL(chroot),
    CALL(move_mount),
    CALL(open_tree),
    CALL(fsopen),
    CALL(fsmount),
    CALL(setns),
    CALL(unshare),
    CALL(init_module),
    CALL(finit_module),
    CALL(delete_module),
    CALL(bpf),
    CALL(perf_event_open),
    CALL(keyctl),
    CALL(add_key),
    CALL(request_key),
    CALL(kexec_load),
    CALL(kexec_file_load),
    CALL(reboot),
    CALL(swapon),
    CALL(swapoff),
    CALL(userfaultfd),
    CALL(open_by_handle_at),
    CALL(iopl),
    CALL(ioperm),
    CALL(acct),
    CALL(quotactl),
    CALL(settimeofday),
    CALL(clock_settime),
    CALL(sethostname),
    CALL(setdomainname),
};

/* Callers of these know an older way to ask, which is then judged by its arguments. */
static const int unknown[] = { CALL(clone3), CALL(openat2) };

/* Opening is reading: any of these bits in the flags is for writing or making. */
enum { WRITE_BITS = O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | (O_TMPFILE & ~O_DIRECTORY) };

static int add_opening(scmp_filter_ctx f)
{
    int e = seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(openat), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, WRITE_BITS, 0));
    if (!e) e = seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(open), 1, SCMP_A1(SCMP_CMP_MASKED_EQ, WRITE_BITS, 0));
    return e;
}

/* Not F_SETOWN and its like: they send signals to other processes. */
static int add_descriptor_commands(scmp_filter_ctx f)
{
    static const unsigned fcntls[] = { F_DUPFD, F_DUPFD_CLOEXEC, F_GETFD, F_SETFD, F_GETFL, F_SETFL };
    static const unsigned ioctls[] = { TCGETS, TIOCGWINSZ, FIOCLEX, FIONCLEX, FIONREAD };
    int e = 0;
    for (size_t i = 0; !e && i < COUNT_OF(fcntls); i++) e = seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, fcntls[i]));
    for (size_t i = 0; !e && i < COUNT_OF(ioctls); i++) e = seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, ioctls[i]));
    return e;
}

/* abort() and raise() send a signal to the caller; limits may be read, never set. */
static int add_about_self(scmp_filter_ctx f)
{
    scmp_datum_t me = (scmp_datum_t)getpid();
    int e = seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, me));
    if (!e) e = seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(kill), 1, SCMP_A0(SCMP_CMP_EQ, me));
    if (!e) e = seccomp_rule_add(f, SCMP_ACT_ALLOW, CALL(prlimit64), 2, SCMP_A0(SCMP_CMP_EQ, 0), SCMP_A2(SCMP_CMP_EQ, 0));
    return e;
}

static int add_list(scmp_filter_ctx f, uint32_t action, const int *calls, size_t n)
{
    int e = 0;
    for (size_t i = 0; !e && i < n; i++) e = seccomp_rule_add(f, action, calls[i], 0);
    return e;
}

static err load_filter(scmp_filter_ctx f)
{
    int e = seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (!e) e = seccomp_attr_set(f, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree: few comparisons per call */
    if (!e) e = add_list(f, SCMP_ACT_ALLOW, allowed, COUNT_OF(allowed));
    if (!e) e = add_list(f, SCMP_ACT_KILL_PROCESS, deadly, COUNT_OF(deadly));
    if (!e) e = add_list(f, SCMP_ACT_ERRNO(ENOSYS), unknown, COUNT_OF(unknown));
    if (!e) e = add_opening(f);
    if (!e) e = add_descriptor_commands(f);
    if (!e) e = add_about_self(f);
    if (!e) e = seccomp_load(f);
    return e ? ERR_WORKER : ERR_OK;
}

static err fence_calls(struct buf *notes)
{
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) < 0) {
        buf_z(notes, "seccomp is not available here: interview code can make every system call\n");
        return ERR_OK;
    }
    scmp_filter_ctx f = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!f) return ERR_NOMEM;
    err e = load_filter(f);
    seccomp_release(f);
    return e;
}

err sandbox_close(const struct sandbox_plan *plan, struct buf *notes)
{
    TRY(drop_privileges());
    TRY(fence_files(plan, notes));
    TRY(set_limits(plan->memory_mb));
    TRY(fence_calls(notes)); /* last: it takes the calls that the others need */
    return buf_ok(notes);
}
