/* tests/unit/mail/test_mail.c: a mail from the transaction that asks for it to the file that it becomes, whatever fails on the way. */
#include "../store/rig.h"
#include "base/clock.h"
#include "base/fault.h"
#include "base/log.h"
#include "mail/mail_int.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NOW = 1700000000, ARENA = 48 << 20, THREADS = 4, EACH = 12 };

static const struct template texts[] = {
    { "reset", "", "Hello {{name}}", "Open {{link}}\n", "<p>Open {{link}}, {{name}}</p>\n" },
    { "reset", "de", "Hallo {{name}}", "Öffne {{link}}\n", NULL },
};

struct bench {
    struct rig *r;
    struct ring ring;
    struct mailer *m;
    struct job_kind kind;
    struct jobs *q;
    char dir[128];
};

/* set-up */

static struct mailer *mailer(struct bench *b, const char *url)
{
    struct mail_options o = { .url = url, .from = "Court <court@example.org>", .ring = &b->ring };
    struct mail_complaint why;
    struct mailer *m = NULL;
    assert_int_equal(mail_new(b->r->a, &o, &m, &why), ERR_OK);
    return m;
}

static void connect_queue(struct bench *b, const char *url)
{
    jobs_free(b->q);
    b->m = mailer(b, url);
    b->kind = mail_kind(b->m);
    struct jobs_options o = { .store = b->r->s, .kinds = &b->kind, .n_kinds = 1, .arena_max = ARENA };
    assert_int_equal(jobs_new(&o, &b->q), ERR_OK);
    mail_attach(b->m, b->q);
}

static char *dir_url(struct bench *b)
{
    str s;
    assert_int_equal(arena_printf(b->r->a, &s, "dir:%s", b->dir), ERR_OK);
    return arena_z(b->r->a, s);
}

static int setup(void **state)
{
    struct bench *b = calloc(1, sizeof *b);
    const uint8_t key[CRYPTO_KEY] = { 7 };
    void *r;
    str why = STR_NULL;
    assert_non_null(b);
    (void)rig_setup_bare(&r);
    b->r = r;
    assert_int_equal(store_migrate(b->r->s, b->r->a, jobs_migrations, jobs_migrations_n, &why), ERR_OK);
    assert_int_equal(ring_add(&b->ring, key), ERR_OK);
    (void)snprintf(b->dir, sizeof b->dir, "%s/mail", b->r->dir);
    connect_queue(b, dir_url(b));
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    void *r = b->r;
    jobs_free(b->q);
    ring_wipe(&b->ring);
    free(b);
    return rig_teardown(&r);
}

/* steps */

struct asking {
    struct bench *b;
    struct mail mail;
    err then; /* what the transaction returns */
    str why;
};

static err ask_tx(struct call *c)
{
    struct asking *a = c->state;
    TRY(mail_queue(a->b->m, c, &a->mail));
    return a->then;
}

static err ask(struct asking *a)
{
    static char text[200];
    struct call c = { .mem = arena_new(ARENA), .now_ms = NOW, .state = a };
    if (!c.mem) return ERR_NOMEM;
    err e = store_do(a->b->r->s, &c, TX_WRITE, ask_tx);
    (void)snprintf(text, sizeof text, STR_FMT, STR_ARG(c.why.text));
    a->why = str_c(text);
    arena_free(c.mem);
    return e;
}

#define LINK "https://example.org/p?token=0123456789"

static struct asking letter_to(struct bench *b, const char *to)
{
    static const struct template_value v[] = { { "name", STR("Ann <b>") }, { "link", STR(LINK) } };
    return (struct asking){ .b = b,
                            .mail = { .to = str_c(to), .name = "reset", .texts = texts, .n_texts = COUNT_OF(texts), .values = v, .n_values = COUNT_OF(v) } };
}

static size_t run(struct bench *b, int64_t now_ms)
{
    size_t n = 0;
    assert_int_equal(jobs_run_due(b->q, now_ms, &n), ERR_OK);
    return n;
}

/* Mails in the folder; *strange counts other files. */
static size_t mails(const struct bench *b, size_t *strange)
{
    size_t n = 0;
    DIR *d = opendir(b->dir);
    *strange = 0;
    for (const struct dirent *f; d && (f = readdir(d));) {
        if (str_ends(str_c(f->d_name), STR(".eml")))
            n++;
        else if (strcmp(f->d_name, ".") != 0 && strcmp(f->d_name, "..") != 0)
            (*strange)++;
    }
    if (d) (void)closedir(d);
    return n;
}

static void assert_mails(const struct bench *b, size_t n)
{
    size_t strange;
    assert_int_equal(mails(b, &strange), n);
    assert_int_equal(strange, 0);
}

static str contents(struct bench *b, const char *name)
{
    char path[256];
    char *text = NEW_N(b->r->a, char, 10000);
    (void)snprintf(path, sizeof path, "%s/%s", b->dir, name);
    int fd = open(path, O_RDONLY);
    if (fd < 0) return STR_NULL;
    ssize_t n = read(fd, text, 9999);
    (void)close(fd);
    return (str){ text, n > 0 ? (size_t)n : 0 };
}

static bool has(str s, const char *part) { return str_search(s, str_c(part)) < s.n; }

struct counting {
    const char *state;
    int64_t n;
};

static err count_tx(struct call *c)
{
    struct counting *k = c->state;
    return jobs_count(c, MAIL_KIND, k->state, &k->n);
}

static int64_t count(struct bench *b, const char *state)
{
    struct counting k = { state, -1 };
    struct call c = { .mem = arena_new(65536), .state = &k };
    assert_int_equal(store_do(b->r->s, &c, TX_READ, count_tx), ERR_OK);
    arena_free(c.mem);
    return k.n;
}

/* queueing */

static void test_committed(void **state)
{
    struct bench *b = *state;
    struct asking a = letter_to(b, "ann@example.com");
    a.then = ERR_FORBIDDEN;
    assert_int_equal(ask(&a), ERR_FORBIDDEN);
    assert_int_equal(run(b, NOW), 0);
    a.then = ERR_OK;
    assert_int_equal(ask(&a), ERR_OK);
    assert_mails(b, 0);
    assert_int_equal(run(b, NOW), 1);
    assert_mails(b, 1);
    str text = contents(b, "000001.eml");
    assert_true(has(text, "From: Court <court@example.org>\r\nTo: ann@example.com\r\n") && has(text, "Date: Tue, 20 Jan 1970 16:13:20 +0000\r\n"));
    assert_true(has(text, "Subject: Hello Ann <b>\r\n"));
    assert_true(has(text, "Open https://example.org/p?token=3D0123456789") && has(text, "Ann &lt;b&gt;"));
    assert_int_equal(run(b, NOW + 100000000), 0);
    assert_int_equal(count(b, "done"), 1);
    struct mail_stats s;
    mail_stats(b->m, &s);
    assert_int_equal(s.sent, 1);
    assert_int_equal(s.failed + s.refused, 0);
}

static void test_locale(void **state)
{
    struct bench *b = *state;
    struct asking a = letter_to(b, "ann@example.com");
    a.mail.locale = STR("de_AT.UTF-8");
    assert_int_equal(ask(&a), ERR_OK);
    assert_int_equal(run(b, NOW), 1);
    str text = contents(b, "000001.eml");
    assert_true(has(text, "Subject: Hallo Ann <b>\r\n") && has(text, "=C3=96ffne") && !has(text, "multipart"));
}

static const struct {
    const char *name, *to, *value;
    size_t n_values;
    const char *template, *why;
} refusals[] = {
    { "no address", "ann", "Ann", 2, "reset", "the recipient is no address" },
    { "an address with a name", "Ann <ann@example.com>", "Ann", 2, "reset", "the recipient is no address" },
    { "a line break in the address", "ann@example.com\r\nBcc: eve@example.com", "Ann", 2, "reset", "the recipient is no address" },
    { "a line break in a value of the subject", "ann@example.com", "Ann\r\nBcc: eve@example.com", 2, "reset", "control character" },
    { "a bare LF", "ann@example.com", "Ann\nBcc: eve@example.com", 2, "reset", "control character" },
    { "a bare CR", "ann@example.com", "Ann\rBcc: eve@example.com", 2, "reset", "control character" },
    { "ill-formed UTF-8", "ann@example.com", "Ann\xff", 2, "reset", "not UTF-8" },
    { "no such template", "ann@example.com", "Ann", 2, "none", "there is no mail \"none\"" },
    { "a value is missing", "ann@example.com", "Ann", 1, "reset", "lacks a value" },
};

static void test_refused(void **state)
{
    struct bench *b = *state;
    for (size_t i = 0; i < COUNT_OF(refusals); i++) {
        struct template_value v[] = { { "name", str_c(refusals[i].value) }, { "link", STR(LINK) } };
        struct asking a = letter_to(b, refusals[i].to);
        a.mail.values = v;
        a.mail.n_values = refusals[i].n_values;
        a.mail.name = refusals[i].template;
        err e = ask(&a);
        if (e != ERR_INPUT || !has(a.why, refusals[i].why)) print_error("%s: %s " STR_FMT "\n", refusals[i].name, err_name(e), STR_ARG(a.why));
        assert_int_equal(e, ERR_INPUT);
        assert_true(has(a.why, refusals[i].why));
    }
    assert_int_equal(run(b, NOW), 0);
}

static err payload_tx(struct call *c)
{
    str *out = c->state;
    return jobs_payload(c, 1, out);
}

/* Sealed for this key only; who to and which mail can be told without the text. */
static void test_sealed(void **state)
{
    struct bench *b = *state;
    struct asking a = letter_to(b, "ann@example.com");
    struct mail_about about;
    const uint8_t other[CRYPTO_KEY] = { 8 };
    str payload;
    assert_int_equal(ask(&a), ERR_OK);
    b->r->c.state = &payload;
    assert_int_equal(store_do(b->r->s, &b->r->c, TX_READ, payload_tx), ERR_OK);
    assert_false(has(payload, "ann@example.com") || has(payload, "0123456789") || has(payload, "subject"));
    assert_int_equal(mail_describe(b->m, &b->r->c, payload, &about), ERR_OK);
    assert_true(str_is(about.to, "ann@example.com") && str_is(about.name, "reset"));
    ring_wipe(&b->ring);
    assert_int_equal(ring_add(&b->ring, other), ERR_OK);
    assert_int_equal(mail_describe(b->m, &b->r->c, payload, &about), ERR_INPUT);
    assert_int_equal(run(b, NOW), 1);
    assert_int_equal(count(b, "dead"), 1);
    assert_mails(b, 0);
}

/* the folder */

/* The outcome of the first try was never written down. */
static void test_twice(void **state)
{
    struct bench *b = *state;
    struct asking a = letter_to(b, "ann@example.com");
    str payload;
    assert_int_equal(ask(&a), ERR_OK);
    b->r->c.state = &payload;
    assert_int_equal(store_do(b->r->s, &b->r->c, TX_READ, payload_tx), ERR_OK);
    for (int64_t i = 1; i <= 3; i++) {
        struct call c = { .mem = arena_new(ARENA), .now_ms = NOW + i };
        struct job j = { .store = b->r->s, .queue = b->q, .kind = MAIL_KIND, .id = 1, .claim = i, .attempt = 1, .payload = payload };
        connect_queue(b, dir_url(b)); /* another process */
        j.queue = b->q;
        assert_int_equal(b->kind.run(&c, &j, b->kind.arg), ERR_OK);
        arena_free(c.mem);
    }
    assert_mails(b, 1);
}

static void touch(const struct bench *b, const char *name)
{
    char path[256];
    (void)snprintf(path, sizeof path, "%s/%s", b->dir, name);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(fd >= 0);
    (void)close(fd);
}

static void test_numbers(void **state)
{
    static const char *const there[] = { "000007.eml", "8.eml", "note.txt", "00000x.eml", ".000099.eml", "99999999999999999999.eml" };
    struct bench *b = *state;
    struct asking a = letter_to(b, "ann@example.com");
    assert_int_equal(mkdir(b->dir, 0700), 0);
    for (size_t i = 0; i < COUNT_OF(there); i++) touch(b, there[i]);
    assert_int_equal(ask(&a), ERR_OK);
    assert_int_equal(run(b, NOW), 1);
    assert_true(contents(b, "000008.eml").n > 100);
    touch(b, "000009.eml"); /* another process was here */
    assert_int_equal(ask(&a), ERR_OK);
    assert_int_equal(run(b, NOW), 1);
    assert_true(contents(b, "000010.eml").n > 100);
    assert_int_equal(contents(b, "000009.eml").n, 0);
    touch(b, "999999.eml");
    connect_queue(b, dir_url(b));
    assert_int_equal(ask(&a), ERR_OK);
    assert_int_equal(run(b, NOW), 1);
    assert_true(contents(b, "1000000.eml").n > 100);
}

/* Of two files without a name the one goes that nobody can be writing any more. */
static void test_leftovers(void **state)
{
    struct bench *b = *state;
    struct asking a = letter_to(b, "ann@example.com");
    size_t strange;
    const struct timespec old[2] = { { .tv_sec = 1 }, { .tv_sec = 1 } }, fresh[2] = { { .tv_sec = NOW / 1000 }, { .tv_sec = NOW / 1000 } };
    char path[256];
    assert_int_equal(mkdir(b->dir, 0700), 0);
    static const char *const names[] = { ".abcdefghij0123456789.tmp", ".ABCDEFGHIJ0123456789.tmp", ".abc.tmp" };
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        touch(b, names[i]);
        (void)snprintf(path, sizeof path, "%s/%s", b->dir, names[i]);
        assert_int_equal(utimensat(AT_FDCWD, path, i == 1 ? fresh : old, 0), 0);
    }
    assert_int_equal(ask(&a), ERR_OK);
    assert_int_equal(run(b, NOW + 1800000), 1);
    assert_int_equal(mails(b, &strange), 1);
    assert_int_equal(strange, 2);
    assert_int_equal(access(path, F_OK), 0); /* not ours */
}

struct writer {
    struct bench *b;
    struct mailer *m;
    pthread_t thread;
    int failed;
};

static void *write_some(void *arg)
{
    struct writer *w = arg;
    for (int i = 0; i < EACH; i++) {
        struct call c = { .mem = arena_new(ARENA), .now_ms = NOW };
        struct asking a = letter_to(w->b, "ann@example.com");
        str how;
        if (mail_send_now(w->m, &c, &a.mail, &how) != ERR_OK) w->failed++;
        arena_free(c.mem);
    }
    return NULL;
}

/* Two processes and two threads of each: every mail has a number of its own, none is missing, each is whole. */
static void test_race(void **state)
{
    struct bench *b = *state;
    struct mailer *two[] = { mailer(b, dir_url(b)), mailer(b, dir_url(b)) };
    struct writer w[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        w[i] = (struct writer){ .b = b, .m = two[i % 2] };
        assert_int_equal(pthread_create(&w[i].thread, NULL, write_some, &w[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(w[i].thread, NULL);
        assert_int_equal(w[i].failed, 0);
    }
    assert_mails(b, (size_t)THREADS * EACH);
    for (int i = 1; i <= THREADS * EACH; i++) {
        char name[20];
        (void)snprintf(name, sizeof name, "%06d.eml", i);
        str text = contents(b, name);
        assert_true(str_starts(text, STR("Date: ")) && str_ends(text, STR("--\r\n")));
    }
}

static void test_no_folder(void **state)
{
    struct bench *b = *state;
    struct asking a = letter_to(b, "ann@example.com");
    int fd = open(b->dir, O_CREAT | O_WRONLY, 0600); /* a file stands in its place */
    (void)close(fd);
    assert_int_equal(ask(&a), ERR_OK);
    assert_int_equal(run(b, NOW), 1);
    assert_int_equal(count(b, "ready"), 1);
    assert_int_equal(unlink(b->dir), 0);
    assert_int_equal(run(b, NOW + 29999), 0);
    assert_int_equal(run(b, NOW + 30000), 1);
    assert_mails(b, 1);
}

/* log: */

static void test_log(void **state)
{
    struct bench *b = *state;
    struct asking a = letter_to(b, "ann@example.com");
    char path[160], text[4000] = "";
    connect_queue(b, "log:");
    (void)snprintf(path, sizeof path, "%s/log", b->r->dir);
    int fd = open(path, O_CREAT | O_RDWR, 0600), before = dup(2);
    assert_true(fd >= 0 && before >= 0 && dup2(fd, 2) == 2);
    log_setup(LOG_TEXT, LOG_INFO);
    err e = ask(&a);
    size_t n = run(b, NOW);
    log_setup(LOG_TEXT, LOG_ERROR + 1);
    (void)dup2(before, 2);
    (void)close(before);
    assert_int_equal(e, ERR_OK);
    assert_int_equal(n, 1);
    assert_true(pread(fd, text, sizeof text - 1, 0) > 0);
    (void)close(fd);
    assert_true(strstr(text, "ann@example.com") && strstr(text, "reset"));
    assert_false(strstr(text, "token") || strstr(text, "0123456789") || strstr(text, "Hello"));
    assert_int_equal(count(b, "done"), 1);
}

/* everything may fail once */

#ifdef CHANCERY_FAULTS
/* Whatever failed: the mail is there once, or, if it was never accepted, not at all; and no half file. */
static void one_fault(struct bench *b, long n, bool *hit)
{
    struct asking a = letter_to(b, "ann@example.com");
    size_t before, after, strange, ran;
    connect_queue(b, dir_url(b));
    before = mails(b, &strange);
    fault_arm(n);
    err asked = ask(&a);
    err did = asked ? ERR_OK : jobs_run_due(b->q, NOW, &ran);
    *hit = fault_hit();
    fault_arm(0);
    if (!*hit) assert_int_equal(asked, ERR_OK);
    if (!*hit) assert_int_equal(did, ERR_OK);
    for (int64_t later = 1; later <= 3; later++) (void)run(b, NOW + later * 1000000);
    after = mails(b, &strange);
    if (after != before + !asked || strange)
        print_error("fault %ld: %s, %s: %zu mails more, %zu other files\n", n, err_name(asked), err_name(did), after - before, strange);
    assert_int_equal(after, before + !asked);
    assert_int_equal(strange, 0);
}

static void test_faults(void **state)
{
    struct bench *b = *state;
    bool hit = true;
    long n = 0;
    while (hit) one_fault(b, ++n, &hit);
    assert_true(n > 20);
}
#endif

#define ROW(name, fn)                   \
    {                                   \
        name, fn, setup, teardown, NULL \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW("a mail goes out if and only if its transaction commits", test_committed),
        ROW("the account's locale picks the text", test_locale),
        ROW("what cannot be mailed, or would smuggle a header, is refused with the change that asks for it", test_refused),
        ROW("a queued mail is sealed", test_sealed),
        ROW("a second try finds the mail that the first one wrote", test_twice),
        ROW("a mail gets the next number, and replaces nothing", test_numbers),
        ROW("what a killed process left without a name goes", test_leftovers),
        ROW("two processes never take one number", test_race),
        ROW("a folder that cannot be made is tried again", test_no_folder),
        ROW("the log tells of a mail without its subject and text", test_log),
#ifdef CHANCERY_FAULTS
        ROW("every allocation, store call and file operation may fail", test_faults),
#endif
    };
    log_setup(LOG_TEXT, LOG_ERROR + 1); /* the failures are meant */
    if (crypto_init() != ERR_OK) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
