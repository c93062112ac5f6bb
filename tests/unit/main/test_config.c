/* tests/unit/main/test_config.c: settings, where they come from, and what is refused with which place (server.md 2). */
#include "main/config.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char home[] = "/tmp/chancery-config-XXXXXX"; /* the current folder of all tests */
static int wrong;

static void write_text(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

/* Loads; the effective settings as config_print() gives them, or what is wrong. */
static void load(const struct config_sources *from, char *out, size_t room, bool *good)
{
    struct arena *a = arena_new(16 << 20);
    struct config c;
    struct buf b = BUF(1 << 20);
    str why = STR_NULL;
    *good = config_load(a, from, &c, &why) == ERR_OK;
    if (*good) config_print(&c, false, &b);
    (void)snprintf(out, room, STR_FMT, STR_ARG(*good ? buf_str(&b) : why));
    buf_release(&b);
    arena_free(a);
}

/* The printed value of a key, without the blanks behind it, and where it came from. */
static void value_of(const char *printed, const char *key, char *value, size_t room)
{
    char head[80];
    (void)snprintf(head, sizeof head, "%-36s ", key);
    const char *at = strstr(printed, head), *end = at ? strchr(at, '\n') : NULL;
    (void)snprintf(value, room, "%.*s", at ? (int)(end - at - 37) : 0, at ? at + 37 : "");
    char *from = NULL;
    for (char *p = value; (p = strstr(p, " # ")); p++) from = p;
    for (; from && from > value && from[-1] == ' '; from--) memmove(from - 1, from, strlen(from) + 1);
}

static const struct {
    const char *name;
    const char *file, *env, *set, *set2; /* NULL: none. env: "NAME=value" */
    const char *key, *want;              /* "value # place"; key NULL: want is the complaint */
} rows[] = {
    /* precedence */
    { "without anything the default holds", NULL, NULL, NULL, NULL, "max_connections", "4096 # default" },
    { "the file beats the default", "max_connections: 7\n", NULL, NULL, NULL, "max_connections", "7 # chancery.yml:1:18" },
    { "the environment beats the file", "max_connections: 7\n", "CHANCERY_MAX_CONNECTIONS=8", NULL, NULL, "max_connections", "8 # CHANCERY_MAX_CONNECTIONS" },
    { "--set beats the environment", NULL, "CHANCERY_MAX_CONNECTIONS=8", "max_connections=9", NULL, "max_connections", "9 # --set max_connections" },
    { "the last --set wins", NULL, NULL, "max_connections=9", "max_connections=10", "max_connections", "10 # --set max_connections" },
    /* keys */
    { "a section holds keys", "interviews:\n  dialect: reference\n", NULL, NULL, NULL, "interviews.dialect", "reference # chancery.yml:2:12" },
    { "a key may be written with its dots", "interviews.dialect: reference\n", NULL, NULL, NULL, "interviews.dialect", "reference # chancery.yml:1:21" },
    { "dots are underscores in the environment", NULL, "CHANCERY_INTERVIEWS_MAXIMUM_CONTENT_LENGTH=2048", NULL, NULL, "interviews.maximum_content_length",
      "2048 # CHANCERY_INTERVIEWS_MAXIMUM_CONTENT_LENGTH" },
    { "a section whose lines are commented out is none", "interviews:\n#  dialect: reference\n", NULL, NULL, NULL, "interviews.dialect", "document # default" },
    { "an unknown key has its place", "data: x\nlissten: y\n", NULL, NULL, NULL, NULL, "chancery.yml:2:1: lissten: unknown key; did you mean listen?" },
    { "an unknown key in a section has its whole name", "interviews:\n  dialekt: x\n", NULL, NULL, NULL, NULL,
      "chancery.yml:2:3: interviews.dialekt: unknown key; did you mean interviews.dialect?" },
    { "one without its section is told the section", NULL, NULL, "dialect=reference", NULL, NULL,
      "--set dialect: dialect: unknown key; did you mean interviews.dialect?" },
    { "a section may be mistyped too", "interview: {dialect: reference}\n", NULL, NULL, NULL, NULL,
      "chancery.yml:1:1: interview: unknown key; did you mean interviews?" },
    { "a mistyped variable is told the variable", NULL, "CHANCERY_INTERVIEWS_DIALEKT=document", NULL, NULL, NULL,
      "environment: unknown key; did you mean CHANCERY_INTERVIEWS_DIALECT?" },
    { "a section is no value", "interviews: document\n", NULL, NULL, NULL, NULL, "chancery.yml:1:1: interviews: expected a mapping of keys to values" },
    { "an unknown variable is told by its name", NULL, "CHANCERY_NONE=1", NULL, NULL, NULL, "CHANCERY_NONE: environment: unknown key" },
    { "an unknown --set is told by its key", NULL, NULL, "nothing=1", NULL, NULL, "--set nothing: nothing: unknown key" },
    { "--set needs a value", NULL, NULL, "threads", NULL, NULL, "--set threads: threads: expected KEY=VALUE" },
    { "a key given twice in the file is refused", "data: a\ndata: b\n", NULL, NULL, NULL, NULL, "chancery.yml:2:1: " },
    { "what is no YAML is told with its place", "data: [\n", NULL, NULL, NULL, NULL, "chancery.yml:" },
    { "a file is a mapping", "- data\n", NULL, NULL, NULL, NULL, "chancery.yml: file: expected a mapping" },
    { "an empty file is fine", "", NULL, NULL, NULL, "threads", "" },
    /* numbers and flags */
    { "a number is no text", NULL, NULL, "max_connections=many", NULL, NULL, "--set max_connections: max_connections: expected a whole number" },
    { "nor half of one", NULL, NULL, "max_connections=1.5", NULL, NULL, "expected a whole number" },
    { "nor one beyond 64 bits", NULL, NULL, "max_connections=99999999999999999999", NULL, NULL, "expected a whole number" },
    { "a number has bounds", NULL, NULL, "max_connections=0", NULL, NULL, "is not between 1 and 1000000" },
    { "negative is out of bounds", NULL, NULL, "threads=-1", NULL, NULL, "is not between 0 and 256" },
    { "a flag is true or false", NULL, NULL, "limits.enabled=false", NULL, "limits.enabled", "false # --set limits.enabled" },
    { "no is no flag in YAML 1.2", NULL, NULL, "limits.enabled=no", NULL, NULL, "expected true or false" },
    { "who sets the most workers need not know the least", NULL, NULL, "workers.max=1", NULL, "workers.min", "1 # default" },
    { "but both must fit", NULL, NULL, "workers.max=1", "workers.min=2", NULL, "--set workers.max: workers.max: is less than workers.min" },
    { "who sets the least gets as many at most", NULL, NULL, "workers.min=1024", NULL, "workers.max", "1024 # default" },
    /* texts */
    { "a text is taken as it stands", NULL, NULL, "interviews.currency=12: 3 #4", NULL, "interviews.currency", "12: 3 #4 # --set interviews.currency" },
    { "quotes are YAML's", NULL, NULL, "interviews.currency=\"a\\tb\"", NULL, "interviews.currency", "a\tb # --set interviews.currency" },
    { "a quote that does not close is a character", NULL, NULL, "interviews.currency=\"a", NULL, "interviews.currency", "\"a # --set interviews.currency" },
    { "a number may be a text", "interviews: {currency: 12}\n", NULL, NULL, NULL, "interviews.currency", "12 # chancery.yml:1:24" },
    { "a list is no text", "data: [a]\n", NULL, NULL, NULL, NULL, "chancery.yml:1:7: data: expected a text" },
    { "an empty variable is none", NULL, "CHANCERY_ADMIN_EMAIL=", NULL, NULL, "admin.email", " # CHANCERY_ADMIN_EMAIL" },
    { "a value that there must be is not empty", NULL, NULL, "data=", NULL, NULL, "--set data: data: needs a value" },
    { "a text holds no NUL", "data: \"a\\0b\"\n", NULL, NULL, NULL, NULL, "data: holds a NUL character" },
    { "a word is one of those allowed", NULL, NULL, "log.level=loud", NULL, NULL, "--set log.level: log.level: is not one of: debug, info, warn, error" },
    { "secrets are masked", NULL, NULL, "admin.password=hunter2hunter2", NULL, "admin.password", "******** # --set admin.password" },
    { "an origin has no slash at its end", NULL, NULL, "base_url=https://example.com/", NULL, "base_url", "https://example.com # --set base_url" },
    { "an origin has a scheme", NULL, NULL, "base_url=example.com", NULL, NULL, "--set base_url: base_url: expected a public origin" },
    { "an origin has no path", NULL, NULL, "base_url=https://example.com/x", NULL, NULL, "expected a public origin" },
    { "an origin has no name in it", NULL, NULL, "base_url=https://me@example.com", NULL, NULL, "expected a public origin" },
    { "a key of the administrator has a length", NULL, NULL, "admin.api_key=short", NULL, NULL,
      "--set admin.api_key: admin.api_key: needs at least 16 characters" },
    { "characters count, not bytes", NULL, NULL, "admin.api_key=\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9", NULL, NULL,
      "needs at least 16 characters" },
    /* lists */
    { "one text is a list of one", NULL, NULL, "listen=127.0.0.1:1", NULL, "listen", "[127.0.0.1:1] # --set listen" },
    { "a list in flow style", NULL, NULL, "listen=[127.0.0.1:1, unix:/tmp/x]", NULL, "listen", "[127.0.0.1:1, unix:/tmp/x] # --set listen" },
    { "an IPv6 address looks like a list and is none", NULL, NULL, "listen=[::]:8080", NULL, "listen", "[[::]:8080] # --set listen" },
    { "nor does one with digits", NULL, NULL, "listen=[::1]:8080", NULL, "listen", "[[::1]:8080] # --set listen" },
    { "in the environment too", NULL, "CHANCERY_LISTEN=[::1]:8080", NULL, NULL, "listen", "[[::1]:8080] # CHANCERY_LISTEN" },
    { "in a list it is quoted", NULL, NULL, "listen=[\"[::1]:8080\", 127.0.0.1:80]", NULL, "listen", "[[::1]:8080, 127.0.0.1:80] # --set listen" },
    { "a list that does not close is refused", NULL, NULL, "families=[hiring", NULL, NULL, "--set families: families: is not a YAML value" },
    { "the file takes block style", "families:\n- hiring\n- iam\n", NULL, NULL, NULL, "families", "[hiring, iam] # chancery.yml:2:1" },
    { "each word of a list is checked", NULL, NULL, "families=[hiring,firing]", NULL, NULL, "is not one of: accounts, iam, hiring, interviews, signatures" },
    { "lists of lists are refused", NULL, NULL, "families=[[hiring]]", NULL, NULL, "expected a text or a list of texts" },
    { "no family at all is fine", NULL, NULL, "families=[]", NULL, "families", "[] # --set families" },
    { "a certificate needs its key", NULL, NULL, "tls.cert=/a", NULL, NULL, "--set tls.cert: tls.cert: tls.cert and tls.key belong together" },
    { "and a key its certificate", "tls:\n  key: /a\n", NULL, NULL, NULL, NULL, "chancery.yml:2:8: tls.key: tls.cert and tls.key belong together" },
    { "both are paths", NULL, NULL, "tls={}", NULL, NULL, "--set tls: tls: is a section: set one of its keys" },
    { "trusted proxies are networks", NULL, NULL, "trusted_proxies=[10.0.0.0/8, \"::1\", unix]", NULL, "trusted_proxies",
      "[10.0.0.0/8, ::1, unix] # --set trusted_proxies" },
    { "and nothing else", NULL, NULL, "trusted_proxies=localhost", NULL, NULL, "--set trusted_proxies: trusted_proxies: expected networks" },
    { "an address to listen on has a port", NULL, NULL, "listen=localhost", NULL, NULL,
      "--set listen: listen: localhost is not ADDRESS:PORT, [ADDRESS]:PORT or unix:PATH" },
    { "that there is", "listen: [127.0.0.1:80, 127.0.0.1:65536]\n", NULL, NULL, NULL, NULL, "chancery.yml:1:9: listen: 127.0.0.1:65536 is not ADDRESS:PORT" },
    { "one for metrics too", NULL, NULL, "metrics.listen=9100", NULL, NULL, "--set metrics.listen: metrics.listen: 9100 is not ADDRESS:PORT" },
    { "an origin that is allowed is one that browsers send", NULL, NULL, "cors.allowed_origins=[https://a.example, 'http://localhost:3000', app://-]", NULL,
      "cors.allowed_origins", "[https://a.example, http://localhost:3000, app://-] # --set cors.allowed_origins" },
    { "not a pattern", NULL, NULL, "cors.allowed_origins=['*']", NULL, NULL,
      "--set cors.allowed_origins: cors.allowed_origins: * is no origin such as https://example.com" },
    { "not an address of a page", NULL, NULL, "cors.allowed_origins=[https://example.com/]", NULL, NULL, "https://example.com/ is no origin" },
    { "not in capitals", NULL, NULL, "cors.allowed_origins=https://Example.com", NULL, NULL, "https://Example.com is no origin" },
    { "not a bare name", NULL, NULL, "cors.allowed_origins=example.com", NULL, NULL, "example.com is no origin" },
    { "none is fine", NULL, NULL, "cors.allowed_origins=[]", NULL, "cors.allowed_origins", "[] # --set cors.allowed_origins" },
    { "an administrator has an address", NULL, NULL, "admin.email=ann", NULL, NULL, "--set admin.email: admin.email: not an e-mail address" },
    { "a store is of one of two kinds", NULL, NULL, "store.url=mysql://x", NULL, NULL, "--set store.url: store.url: must begin with sqlite: or postgresql://" },
    { "files are in a folder", NULL, NULL, "files.url=s3://x", NULL, NULL, "--set files.url: files.url: only file: is known here" },
    { "nowhere to listen is not", NULL, NULL, "listen=[]", NULL, NULL, "--set listen: listen: needs at least one address" },
    { "interviews to advertise", NULL, NULL, "interviews.dispatch=[{name: a, interview: b, title: c}]", NULL, "interviews.dispatch",
      "[{name: a, interview: b}] # --set interviews.dispatch" },
    { "each has a name and an interview", NULL, NULL, "interviews.dispatch=[{name: a}]", NULL, NULL, "each item needs a name and an interview" },
    { "and is a mapping", NULL, NULL, "interviews.dispatch=[a]", NULL, NULL, "each item needs a name and an interview" },
    /* mail */
    { "a sender has a name and an address", NULL, NULL, "mail.from=Court \"of Law\" <court@example.com>", NULL, "mail.from",
      "Court \"of Law\" <court@example.com> # --set mail.from" },
    { "a sender without an address is told", NULL, NULL, "mail.from=Court", NULL, NULL, "--set mail.from: mail.from: expected an address" },
    { "a mail server's password is masked", NULL, NULL, "mail.url=smtp://u:p@mail.example.com:587", NULL, "mail.url", "******** # --set mail.url" },
    { "mail goes to what is known", NULL, NULL, "mail.url=pigeon://x", NULL, NULL, "--set mail.url: mail.url: expected smtp://" },
    { "a scheme alone is the place in the data folder", NULL, NULL, "files.url=file:", NULL, "files.url", "file:./chancery-data/files # --set files.url" },
    { "of mail too", NULL, NULL, "mail.url=dir:", NULL, "mail.url", "******** # --set mail.url" },
    { "a user has a password", NULL, NULL, "mail.url=smtp://u@mail.example.com", NULL, NULL, "mail.url: has a user but no password" },
    { "a mail server has a name", NULL, NULL, "mail.url=smtp://", NULL, NULL, "mail.url: is no smtp:// or smtps:// URL" },
    /* what depends on others */
    { "the store lies in the data folder", NULL, NULL, "data=/x", NULL, "master_key_file", "/x/master.key # default" },
    { "packages too", NULL, NULL, "data=/x", NULL, "interviews.packages", "[/x/packages] # default" },
};

static void settings_come_from_four_places(void **state)
{
    (void)state;
    static char printed[1 << 16], value[2000];
    wrong = 0;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *set[] = { rows[i].set, rows[i].set2 };
        char name[100] = "";
        struct config_sources from = { .set = set, .n_set = rows[i].set2 ? 2 : rows[i].set ? 1 : 0 };
        bool good;
        if (rows[i].file) write_text("chancery.yml", rows[i].file);
        if (rows[i].env) {
            (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(rows[i].env, "="), rows[i].env);
            assert_int_equal(setenv(name, strchr(rows[i].env, '=') + 1, 1), 0);
        }
        load(&from, printed, sizeof printed, &good);
        if (good && rows[i].key)
            value_of(printed, rows[i].key, value, sizeof value);
        else
            (void)snprintf(value, sizeof value, "%.1999s", printed);
        bool right = good == (rows[i].key != NULL) && (rows[i].key ? !*rows[i].want || strcmp(value, rows[i].want) == 0 : strstr(value, rows[i].want) != NULL);
        if (!right) wrong++, print_error("%s: %.300s\n", rows[i].name, value);
        if (*name) assert_int_equal(unsetenv(name), 0);
        (void)unlink("chancery.yml");
    }
    assert_int_equal(wrong, 0);
}

/* Whether the load succeeds, and what threads is or the complaint says. */
static void check(const char *what, const struct config_sources *from, const char *want)
{
    static char printed[1 << 16], value[2000];
    bool good;
    load(from, printed, sizeof printed, &good);
    value_of(good ? printed : "", "max_connections", value, sizeof value);
    if (!strstr(good ? value : printed, want)) wrong++, print_error("%s: %.300s\n", what, good ? value : printed);
}

static void the_file_is_found_in_its_order(void **state)
{
    (void)state;
    wrong = 0;
    write_text("chancery.yml", "max_connections: 1\n");
    write_text("variable.yml", "max_connections: 2\n");
    write_text("option.yml", "max_connections: 3\n");
    check("the current folder's", &(struct config_sources){ 0 }, "1 # chancery.yml");
    assert_int_equal(setenv("CHANCERY_CONFIG", "variable.yml", 1), 0);
    check("the variable's comes first", &(struct config_sources){ 0 }, "2 # variable.yml");
    check("the option's before that", &(struct config_sources){ .file = "option.yml" }, "3 # option.yml");
    assert_int_equal(setenv("CHANCERY_CONFIG", "", 1), 0);
    check("an empty variable is none", &(struct config_sources){ 0 }, "1 # chancery.yml");
    assert_int_equal(unsetenv("CHANCERY_CONFIG"), 0);
    check("one that is named must be there", &(struct config_sources){ .file = "none.yml" }, "none.yml: cannot be read: No such file");
    check("a folder is no file", &(struct config_sources){ .file = "." }, ".: cannot be read: Is a directory");
    (void)unlink("chancery.yml");
    assert_int_equal(mkdir("chancery.yml", 0700), 0);
    check("one that is there and cannot be read is no missing one", &(struct config_sources){ 0 }, "chancery.yml: cannot be read");
    (void)rmdir("chancery.yml");
    assert_int_equal(wrong, 0);
}

static void a_pipe_is_read_to_its_end(void **state)
{
    (void)state;
    int ends[2];
    char path[64];
    wrong = 0;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "max_connections: 5\n", 19), 19);
    assert_int_equal(close(ends[1]), 0);
    (void)snprintf(path, sizeof path, "/dev/fd/%d", ends[0]);
    check("from a pipe", &(struct config_sources){ .file = path }, "5 # /dev/fd/");
    assert_int_equal(close(ends[0]), 0);
    assert_int_equal(wrong, 0);
}

static void a_large_file_is_refused(void **state)
{
    (void)state;
    int fd = open("large.yml", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    wrong = 0;
    assert_int_equal(ftruncate(fd, 2 << 20), 0);
    assert_int_equal(close(fd), 0);
    check("two megabytes", &(struct config_sources){ .file = "large.yml" }, "large.yml: file: is larger than 1 MiB");
    assert_int_equal(wrong, 0);
}

static void options_are_settings_too(void **state)
{
    (void)state;
    static char printed[1 << 16], value[200];
    static const struct {
        const char *name, *data, *listen, *key, *want;
    } options[] = {
        { "--data", "/somewhere", NULL, "data", "/somewhere # --data" },
        { "--listen", NULL, "unix:/run/x", "listen", "[unix:/run/x] # --listen" },
        { "--listen with an IPv6 address", NULL, "[::]:8080", "listen", "[[::]:8080] # --listen" },
    };
    for (size_t i = 0; i < COUNT_OF(options); i++) {
        bool good;
        load(&(struct config_sources){ .data = options[i].data, .listen = options[i].listen }, printed, sizeof printed, &good);
        value_of(printed, options[i].key, value, sizeof value);
        if (!good || strcmp(value, options[i].want) != 0) print_error("%s: %s\n", options[i].name, value);
        assert_true(good && strcmp(value, options[i].want) == 0);
    }
}

/* At any ceiling of the arena: the settings, or an error; never half of them. */
static void without_memory_nothing_is_loaded(void **state)
{
    (void)state;
    write_text("chancery.yml", "interviews:\n  packages: [a, b]\n");
    for (size_t ceiling = 0; ceiling < 1300000; ceiling += ceiling < 5000 ? 61 : 9973) {
        struct arena *a = arena_new(ceiling);
        struct config c = { 0 };
        str why = STR_NULL;
        err e = config_load(a, &(struct config_sources){ 0 }, &c, &why);
        assert_true(e == ERR_OK ? c.packages.n == 2 && c.master_key_file : c.data == NULL && why.n > 0);
        arena_free(a);
    }
    (void)unlink("chancery.yml");
}

static int go_home(void **state)
{
    (void)state;
    extern char **environ;
    /* Settings of whoever runs the tests. */
    for (size_t i = 0; environ[i];) {
        char name[200];
        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(environ[i], "="), environ[i]);
        if (strncmp(name, "CHANCERY_", 9) == 0)
            (void)unsetenv(name);
        else
            i++;
    }
    return mkdtemp(home) && chdir(home) == 0 ? 0 : -1;
}

static int leave(void **state)
{
    static const char *const files[] = { "variable.yml", "option.yml", "large.yml" };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(files); i++) (void)unlink(files[i]);
    return chdir("/") == 0 && rmdir(home) == 0 ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(settings_come_from_four_places), cmocka_unit_test(the_file_is_found_in_its_order), cmocka_unit_test(a_pipe_is_read_to_its_end),
        cmocka_unit_test(a_large_file_is_refused),        cmocka_unit_test(options_are_settings_too),       cmocka_unit_test(without_memory_nothing_is_loaded),
    };
    return cmocka_run_group_tests(tests, go_home, leave);
}
