/* image/main.c: gives up all rights, then looks at the picture. */
#include "image/image.h"
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <linux/seccomp.h>

enum { ADDRESSES = 64 << 20, HEAP = 46 << 20, CPU_S = 1, REFUSED = 1, BROKEN = 2 };

static _Noreturn void leave(int code)
{
#ifdef CHANCERY_SANITIZED
    _exit(code);
#else
    /* Strict mode knows exit, not exit_group. */
    (void)syscall(SYS_exit, code);
#endif
    __builtin_unreachable();
}

static bool limit(__rlimit_resource_t what, rlim_t most)
{
    struct rlimit r = { most, most };
    return setrlimit(what, &r) == 0;
}

#ifndef CHANCERY_SANITIZED
/* The heap is grown to its full size now: later no memory can be asked of the system. */
static bool take_heap(void)
{
    (void)mallopt(M_MMAP_MAX, 0);
    (void)mallopt(M_TRIM_THRESHOLD, ADDRESSES);
    (void)mallopt(M_TOP_PAD, 0);
    char *all = malloc(HEAP);
    if (!all) return false;
    *(volatile char *)all = 0;
    free(all);
    return true;
}
#endif

static bool give_up_rights(void)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return false;
    if (syscall(SYS_close_range, 2U, ~0U, 0U) != 0 || !limit(RLIMIT_CORE, 0) || !limit(RLIMIT_CPU, CPU_S) || !limit(RLIMIT_NPROC, 0)) return false;
#ifdef CHANCERY_SANITIZED
    return true; /* a sanitizer's shadow is larger than any limit, and asks the system for memory */
#else
    return limit(RLIMIT_AS, ADDRESSES) && take_heap() && prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) == 0;
#endif
}

static bool read_all(uint8_t *to, size_t *n)
{
    for (*n = 0;;) {
        ssize_t got = read(0, to + *n, IMAGE_IN_MAX + 1 - *n);
        if (got < 0) return false;
        if (got == 0) return true;
        *n += (size_t)got;
        if (*n > IMAGE_IN_MAX) return false;
    }
}

static bool write_all(const void *from, size_t n)
{
    for (size_t at = 0; at < n;) {
        ssize_t put = write(1, (const char *)from + at, n - at);
        if (put <= 0) return false;
        at += (size_t)put;
    }
    return true;
}

static const struct kind {
    const char *begin;
    size_t n, at; /* at: of more letters, which say what is in a RIFF container */
    const char *more, *type;
    remake *run;
} kinds[] = {
    { "\xFF\xD8\xFF", 3, 0, "", "image/jpeg\n", remake_jpeg }, { "\x89PNG\r\n\x1a\n", 8, 0, "", "image/png\n", remake_png },
    { "RIFF", 4, 8, "WEBP", "image/webp\n", remake_webp },     { "GIF87a", 6, 0, "", "image/gif\n", remake_gif },
    { "GIF89a", 6, 0, "", "image/gif\n", remake_gif },
};

static const struct kind *kind_of(struct bytes in)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct kind *k = &kinds[i];
        size_t more = strlen(k->more);
        if (in.n >= k->n && memcmp(in.p, k->begin, k->n) == 0 && in.n >= k->at + more && memcmp(in.p + k->at, k->more, more) == 0) return k;
    }
    return NULL;
}

int main(void)
{
    if (!give_up_rights()) leave(BROKEN);
    struct bytes in = { 0 };
    uint8_t *bytes = malloc(IMAGE_IN_MAX + 1), *out;
    size_t n = 0;
    if (!bytes || !read_all(bytes, &in.n)) leave(REFUSED);
    in.p = bytes;
    const struct kind *k = kind_of(in);
    if (!k) leave(REFUSED);
    out = malloc(IMAGE_OUT_MAX);
    if (!out || !k->run(in, out, &n)) leave(REFUSED);
    if (!write_all(k->type, strlen(k->type)) || !write_all(out, n)) leave(BROKEN);
    leave(0);
}
