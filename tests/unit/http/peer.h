/* tests/unit/http/peer.h: a small server on 127.0.0.1 that answers as a test wants, well or badly. */
#pragma once
#include "base/str.h"

struct peer;
/* Every connection sends whatever answer() writes to fd after one request was read (its head and body, NUL-terminated); then it is closed. */
struct peer *peer_new(void (*answer)(int fd, const char *request, void *arg), void *arg);
unsigned peer_port(const struct peer *p);
/* Connections accepted so far. */
int peer_count(struct peer *p);
void peer_free(struct peer *p);

/* false: the other side has gone. */
bool peer_say(int fd, const char *text);
/* Returns when the other side has gone, or after five seconds. */
void peer_wait_end(int fd);
