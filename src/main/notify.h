/* main/notify.h: tells the service manager how the server is (the datagrams of sd_notify(3), on the socket that $NOTIFY_SOCKET names).
 *
 * Without libsystemd: the protocol is one datagram of "NAME=value" lines, promised to stay as it is. Without the variable nothing is sent. */
#pragma once
#include "base/str.h"

/* Reads the environment, once, before other threads begin; takes the variables away, so that no child speaks for us. */
void notify_begin(void);
/* state: lines such as "READY=1\nSTATUS=serving". */
void notify(const char *state);
/* On SIGHUP; "READY=1" afterwards says that it is done. */
void notify_reloading(void);
/* How often the watchdog wants to hear from us, in ms, already halved; 0: it does not. */
int64_t notify_watchdog_ms(void);
