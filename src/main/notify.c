/* main/notify.c: the datagrams to the service manager. */
#include "main/notify.h"
#include "base/clock.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static struct {
    struct sockaddr_un to;
    socklen_t n; /* 0: nobody listens */
    int64_t watchdog_ms;
} manager;

/* A whole decimal number, or 0. */
static int64_t number(const char *text)
{
    int64_t n = 0;
    return text && str_int(str_c(text), &n) == ERR_OK && n > 0 ? n : 0;
}

void notify_begin(void)
{
    str path = str_c(getenv("NOTIFY_SOCKET")), pid = str_c(getenv("WATCHDOG_PID"));
    int64_t usec = number(getenv("WATCHDOG_USEC"));
    /* A path, or a name in the abstract namespace. */
    if (path.n > 1 && path.n < sizeof manager.to.sun_path && (path.p[0] == '/' || path.p[0] == '@')) {
        manager.to.sun_family = AF_UNIX;
        memcpy(manager.to.sun_path, path.p, path.n);
        if (path.p[0] == '@') manager.to.sun_path[0] = '\0';
        manager.n = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + path.n + (path.p[0] == '/'));
        if (str_absent(pid) || number(pid.p) == getpid()) manager.watchdog_ms = usec / 2000;
    }
    (void)unsetenv("NOTIFY_SOCKET");
    (void)unsetenv("WATCHDOG_USEC");
    (void)unsetenv("WATCHDOG_PID");
}

void notify(const char *state)
{
    if (manager.n == 0) return;
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool sent = fd >= 0 && sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const void *)&manager.to, manager.n) >= 0;
    if (fd >= 0) (void)close(fd);
    if (!sent) LOG(LOG_WARN, "the service manager does not hear us", LOG_S("state", str_c(state)));
}

void notify_reloading(void)
{
    char state[80];
    (void)snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_us());
    notify(state);
}

int64_t notify_watchdog_ms(void) { return manager.watchdog_ms; }
