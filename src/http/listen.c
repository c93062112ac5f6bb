/* http/listen.c: from "127.0.0.1:8080", "[::]:8080" or "unix:/path" to a listening socket. */
#include "http/http_int.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static err refuse(struct arena *a, str *why, const char *where, const char *what)
{
    int code = errno;
    char text[128];
    if (arena_printf(a, why, "listen %s: %s%s%s", where, what, code ? ": " : "", code ? strerror_r(code, text, sizeof text) : "")) return ERR_NOMEM;
    return ERR_STORE;
}

/* A socket file nobody listens on is a leftover of a crash. */
static bool is_leftover(const struct sockaddr_un *at)
{
    struct stat st;
    if (lstat(at->sun_path, &st) || !S_ISSOCK(st.st_mode)) return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool dead = fd >= 0 && connect(fd, (const void *)at, sizeof *at) && errno == ECONNREFUSED;
    if (fd >= 0) close(fd);
    return dead;
}

static err open_unix(struct arena *a, struct listener *l, const char *where, str *why)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    str path = str_from(str_c(where), 5);
    errno = 0;
    if (path.n == 0 || path.n >= sizeof at.sun_path) return refuse(a, why, where, "the path is empty or too long");
    memcpy(at.sun_path, path.p, path.n);
    if (is_leftover(&at)) unlink(at.sun_path);
    l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (l->fd < 0) return refuse(a, why, where, "socket");
    if (bind(l->fd, (const void *)&at, sizeof at)) return refuse(a, why, where, "bind");
    memcpy(l->path, at.sun_path, sizeof l->path);
    if (chmod(at.sun_path, 0660) || listen(l->fd, BACKLOG)) return refuse(a, why, where, "listen");
    return arena_str(a, str_c(where), &l->url);
}

/* host:port or [host]:port, cut in two. */
static bool cut_address(struct arena *a, const char *where, char **host, char **port)
{
    str s = str_c(where);
    size_t colon = s.n;
    while (colon > 0 && s.p[colon - 1] != ':') colon--;
    if (colon < 2 || colon == s.n) return false;
    str name = str_head(s, colon - 1);
    bool bracketed = name.n > 2 && name.p[0] == '[' && name.p[name.n - 1] == ']';
    if (bracketed)
        name = (str){ name.p + 1, name.n - 2 };
    else if (str_find(name, ':', 0) < name.n)
        return false;
    int64_t number;
    if (str_int(str_from(s, colon), &number) || number < 0 || number > 65535) return false;
    *host = arena_z(a, name);
    *port = arena_z(a, str_from(s, colon));
    return *host && *port;
}

bool http_listen_ok(str where)
{
    enum { LONGEST = 1024 };
    struct arena *a = arena_new(4 * LONGEST);
    char *host, *port, *z = a && where.n <= LONGEST ? arena_z(a, where) : NULL;
    bool ok = z && (str_starts(where, STR("unix:")) ? where.n > 5 : cut_address(a, z, &host, &port));
    arena_free(a);
    return ok;
}

static err url_of(struct arena *a, struct listener *l, bool tls)
{
    struct sockaddr_storage at = { 0 };
    socklen_t n = sizeof at;
    char host[INET6_ADDRSTRLEN + 1], port[8];
    if (getsockname(l->fd, (void *)&at, &n)) return ERR_STORE;
    if (getnameinfo((const void *)&at, n, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV)) return ERR_STORE;
    return arena_printf(a, &l->url, at.ss_family == AF_INET6 ? "%s://[%s]:%s" : "%s://%s:%s", tls ? "https" : "http", host, port);
}

static err open_ip(struct arena *a, const struct http *s, struct listener *l, const char *where, bool only_v6, str *why)
{
    char *host, *port;
    struct addrinfo *found = NULL, hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
    const int on = 1, v6 = only_v6;
    errno = 0;
    if (!cut_address(a, where, &host, &port)) return refuse(a, why, where, "not ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH");
    if (getaddrinfo(host, port, &hints, &found)) return refuse(a, why, where, "no such address");
    l->fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = l->fd >= 0;
    if (ok) setsockopt(l->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (ok && found->ai_family == AF_INET6) setsockopt(l->fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6, sizeof v6);
    ok = ok && !bind(l->fd, found->ai_addr, found->ai_addrlen) && !listen(l->fd, BACKLOG);
    err e = ok ? ERR_OK : refuse(a, why, where, "cannot listen");
    freeaddrinfo(found);
    return e ? e : url_of(a, l, s->opt.tls_cert != NULL);
}

err listen_open(struct arena *a, struct http *s, const char *where, bool only_v6, str *why)
{
    struct listener *l = &s->listeners[s->n_listeners++];
    l->fd = -1;
    return str_starts(str_c(where), STR("unix:")) ? open_unix(a, l, where, why) : open_ip(a, s, l, where, only_v6, why);
}

void listen_close(struct listener *l)
{
    if (l->fd >= 0) close(l->fd);
    l->fd = -1;
    if (l->path[0]) unlink(l->path);
    l->path[0] = '\0';
}
