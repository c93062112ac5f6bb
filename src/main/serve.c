/* main/serve.c: `chancery serve`: start, the ready line, signals, the graceful end (server.md 5 and 6). */
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "http/http.h"
#include "main/app.h"
#include "main/cli.h"
#include "main/notify.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    GRACE_MS = 10000,
    HTTP_ARENA = 160 << 20,
    HEAD_MS = 15000,
    IDLE_MS = 60000,
    HEAD_MAX = 32 << 10,
    TARGET_MAX = 8 << 10,
    METRICS_CONNECTIONS = 64,
    METRICS_ARENA = 1 << 20
};

static err listen_all(struct app *a, str *why)
{
    const struct config *c = a->config;
    struct http_handler h = router_handler(a->router);
    struct http_options o = { .listen = c->listen.v,
                              .n_listen = c->listen.n,
                              .threads = (unsigned)c->threads,
                              .max_connections = (unsigned)c->max_connections,
                              .bodies_max = (size_t)c->max_body_memory_mb << 20,
                              .arena_max = HTTP_ARENA,
                              .head_ms = HEAD_MS,
                              .idle_ms = IDLE_MS,
                              .head_max = HEAD_MAX,
                              .target_max = TARGET_MAX,
                              .trusted = c->trusted_proxies.v,
                              .n_trusted = c->trusted_proxies.n,
                              .tls_cert = c->tls_cert,
                              .tls_key = c->tls_key };
    TRY(http_start(a->mem, &o, &h, &a->http, why));
    if (c->metrics_listen.n == 0) return ERR_OK;
    TRY(app_start_metrics(a, why));
    struct http_handler m = router_handler(a->metrics_router);
    struct http_options few = { .listen = c->metrics_listen.v,
                                .n_listen = c->metrics_listen.n,
                                .threads = 1,
                                .max_connections = METRICS_CONNECTIONS,
                                .arena_max = METRICS_ARENA,
                                .head_ms = HEAD_MS,
                                .idle_ms = IDLE_MS,
                                .head_max = HEAD_MAX,
                                .target_max = TARGET_MAX };
    return http_start(a->mem, &few, &m, &a->metrics_http, why);
}

/* The ready line names the first address only. */
static void log_addresses(const struct app *a)
{
    str url;
    for (size_t i = 0; !str_absent(url = http_url(a->http, i)); i++) LOG(LOG_INFO, "listening", LOG_S("url", url));
    for (size_t i = 0; a->metrics_http && !str_absent(url = http_url(a->metrics_http, i)); i++)
        LOG(LOG_INFO, "listening", LOG_S("url", url), LOG_S("for", STR("metrics")));
}

/* The only time that it is shown. origin: where we listen; a base_url is in the link already. */
static void say_link(const struct app *a, str origin)
{
    if (str_absent(a->link)) return;
    bool whole = a->config->base_url || !str_starts(origin, STR("http"));
    printf("Choose the administrator's password here, once: " STR_FMT STR_FMT "\n", STR_ARG(whole ? STR("") : origin), STR_ARG(a->link));
    (void)fflush(stdout);
}

/* On a terminal, as long as nobody could log in. */
static void say_how_to_begin(struct app *a, const struct cli *c)
{
    struct call call;
    bool has = true;
    if (a->config->admin_email || c->quiet || !isatty(1) || app_call(a, &call) != ERR_OK) return;
    if (auth_has_superuser(a->auth, &call, &has) == ERR_OK && !has)
        printf("There is no administrator yet. Create one with: chancery user create EMAIL --superuser --print-link --data %s\n", a->config->data);
    arena_free(call.mem);
}

static void say_ready(struct app *a, struct cli *c)
{
    log_addresses(a);
    say_link(a, http_url(a->http, 0));
    say_how_to_begin(a, c);
    printf("chancery ready " STR_FMT " pid %ld\n", STR_ARG(http_url(a->http, 0)), (long)getpid());
    (void)fflush(stdout);
    char state[512];
    (void)snprintf(state, sizeof state, "READY=1\nSTATUS=serving on " STR_FMT, STR_ARG(str_head(http_url(a->http, 0), 256)));
    notify(state);
}

/* The administrator may exist by now, and the next start will not make another link. */
static void say_link_all_the_same(struct app *a)
{
    str origin;
    if (app_origin(a->config, a->mem, &origin) == ERR_OK) say_link(a, origin);
}

#ifdef CHANCERY_FAULTS
/* Arms the point whose number stands in the file $CHANCERY_FAULT, and tells whether the one before has fired. */
static void arm_fault(void)
{
    const char *path = getenv("CHANCERY_FAULT");
    FILE *f = path ? fopen(path, "re") : NULL;
    char text[32] = "";
    if (f && !fgets(text, sizeof text, f)) text[0] = 0;
    if (f) (void)fclose(f);
    bool fired = fault_hit();
    long n = strtol(text, NULL, 10);
    fault_arm(0); /* whoever reads the line may count on it */
    LOG(LOG_WARN, "fault armed", LOG_I("point", n), LOG_I("fired", fired));
    fault_arm(n);
}
#endif

/* Certificates may be new; one that does not fit leaves the old one in place. */
static void hang_up(struct app *a)
{
    struct call c;
    str why = STR("out of memory");
    notify_reloading();
    app_log(a->config);
    err e = app_call(a, &c);
    if (!e) e = http_reload_tls(a->http, c.mem, &why);
    if (e) LOG(LOG_ERROR, "certificate not read again", LOG_S("why", why));
    arena_free(c.mem);
    LOG(LOG_INFO, "hang-up heeded", LOG_I("pid", getpid()));
    notify("READY=1");
}

/* The next signal; meanwhile the watchdog is fed as long as every thread that serves goes round. */
static int next_signal(struct app *a, const sigset_t *set)
{
    int64_t ms = notify_watchdog_ms();
    const struct timespec wait = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };
    for (;;) {
        int sig = ms ? sigtimedwait(set, NULL, &wait) : sigwaitinfo(set, NULL);
        if (sig > 0) return sig;
        if (errno != EAGAIN) continue;
        if (http_alive(a->http))
            notify("WATCHDOG=1");
        else
            LOG(LOG_ERROR, "a thread of the server does not go round; the watchdog is not fed");
    }
}

/* Returns when it is time to stop. */
static void wait_for_end(struct app *a, const sigset_t *set)
{
    for (;;) {
        int sig = next_signal(a, set);
        if (sig == SIGHUP) {
            hang_up(a);
            continue;
        }
#ifdef CHANCERY_FAULTS
        if (sig == SIGUSR2) {
            arm_fault();
            continue;
        }
#endif
        LOG(LOG_INFO, "stopping", LOG_I("signal", sig));
        notify("STOPPING=1");
        return;
    }
}

/* First, since it shows numbers of the other. */
static void end_metrics(struct app *a)
{
    if (a->metrics_http) http_stop(a->metrics_http);
    if (a->metrics_router) router_free(a->metrics_router);
    a->metrics_http = NULL;
}

static void stop(struct app *a)
{
    http_stop_listening(a->http);
    jobs_halt(a->jobs);
    router_stop(a->router, GRACE_MS);
    int64_t end = clock_mono_ms() + 1000; /* for the last bytes on their way out */
    while (http_running(a->http) && clock_mono_ms() < end) (void)usleep(2000);
    end_metrics(a);
    http_stop(a->http);
    a->http = NULL;
}

/* Whatever restarts us finds what was acknowledged, and a disk that may be mended. */
static void end_broken(void) { (void)kill(getpid(), SIGTERM); }

int cmd_serve(struct cli *c)
{
    struct app a = APP;
    str why = STR_NULL;
    sigset_t set;
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
#ifdef CHANCERY_FAULTS
    (void)sigaddset(&set, SIGUSR2);
#endif
    notify_begin();
    /* Before the first thread, so that all of them leave the signals to us. */
    (void)pthread_sigmask(SIG_BLOCK, &set, NULL);
    a.migrate = c->config.store_migrate;
    a.serves = true;
    a.store_broke = end_broken;
    struct bootstrap admin = { str_c(c->config.admin_email), str_c(c->config.admin_password), str_c(c->config.admin_api_key) };
    str here, absent;
    if (app_check_families(&c->config, c->mem, &here, &absent, &why) != ERR_OK) return cli_fail(STR_FMT, STR_ARG(why));
    err e = app_open(&a, c->mem, &c->config, true, &why);
    if (!e) e = app_check_queries(&a, &why);
    if (!e && c->config.admin_email) e = app_bootstrap(&a, &admin, &why);
    if (!e) e = app_start(&a, &why);
    if (!e) e = listen_all(&a, &why);
    /* Without base_url links in mails lead where we listen; not to a socket of this machine. */
    if (!e && str_starts(http_url(a.http, 0), STR("http"))) auth_set_origin(a.auth, http_url(a.http, 0).p);
    if (e) {
        if (a.http) stop(&a);
        say_link_all_the_same(&a);
        (void)cli_fail(STR_FMT, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why));
        app_close(&a);
        return 1;
    }
    say_ready(&a, c);
    wait_for_end(&a, &set);
    stop(&a);
    int status = store_is_broken(a.store) ? 1 : 0;
    app_close(&a);
    return status;
}
