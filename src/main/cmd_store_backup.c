/* main/cmd_store_backup.c: backup and restore (server.md 1). */
#include "base/clock.h"
#include "main/app.h"
#include "main/cli.h"
#include "store/backup.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

enum { PASSPHRASE_LEAST = 8, PASSPHRASE_MAX = 1024 };

/* passphrases */

/* One line without its end; false at the end of input, or when it is too long. */
static bool read_line(FILE *f, char line[static PASSPHRASE_MAX + 2])
{
    if (!fgets(line, PASSPHRASE_MAX + 2, f)) return false;
    size_t n = strcspn(line, "\r\n");
    bool whole = line[n] || n <= PASSPHRASE_MAX;
    line[n] = '\0';
    return whole && n <= PASSPHRASE_MAX;
}

static bool ask_hidden(FILE *tty, const char *question, char line[static PASSPHRASE_MAX + 2])
{
    struct termios before, hidden;
    if (tcgetattr(fileno(tty), &before) != 0) return false;
    hidden = before;
    hidden.c_lflag &= ~(tcflag_t)ECHO;
    (void)fputs(question, tty);
    (void)fflush(tty);
    (void)tcsetattr(fileno(tty), TCSAFLUSH, &hidden);
    bool ok = read_line(tty, line);
    (void)tcsetattr(fileno(tty), TCSAFLUSH, &before);
    (void)fputc('\n', tty);
    return ok;
}

static const char *ask_on(FILE *tty, bool twice, char line[static PASSPHRASE_MAX + 2])
{
    char again[PASSPHRASE_MAX + 2] = "";
    if (!ask_hidden(tty, "Passphrase for the master key: ", line)) return "the passphrase cannot be read";
    if (!twice) return NULL;
    bool same = ask_hidden(tty, "The same once more: ", again) && strcmp(line, again) == 0;
    crypto_wipe(again, sizeof again);
    return same ? NULL : "the two passphrases differ";
}

/* From --passphrase-stdin or the terminal. */
static err take_passphrase(struct cli *c, bool twice, str *out, str *why)
{
    char line[PASSPHRASE_MAX + 2] = "";
    const char *wrong = NULL;
    FILE *tty = c->passphrase_stdin ? NULL : fopen("/dev/tty", "r+e");
    if (c->passphrase_stdin)
        wrong = read_line(stdin, line) ? NULL : "no passphrase on standard input";
    else
        wrong = tty ? ask_on(tty, twice, line) : "no terminal to ask for the passphrase; give it with --passphrase-stdin";
    if (tty) (void)fclose(tty);
    if (!wrong && twice && str_utf8_len(str_c(line)) < PASSPHRASE_LEAST) wrong = "the passphrase needs at least 8 characters";
    err e = wrong ? ERR_INPUT : arena_str(c->mem, str_c(line), out);
    crypto_wipe(line, sizeof line);
    if (wrong) *why = str_c(wrong);
    return e;
}

/* backup */

static err read_key(struct cli *c, str *out, str *why)
{
    const char *path = c->config.master_key_file;
    char *p = NEW_N(c->mem, char, BACKUP_KEY_MAX + 1);
    if (!p) return ERR_NOMEM;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, p, BACKUP_KEY_MAX + 1) : -1;
    if (n <= 0 || n > BACKUP_KEY_MAX) IGNORE(arena_printf(c->mem, why, "%s: cannot be read as a master key: %m", path));
    if (fd >= 0) (void)close(fd);
    if (n <= 0 || n > BACKUP_KEY_MAX) return ERR_STORE;
    *out = (str){ p, (size_t)n };
    return ERR_OK;
}

static const char *path_of(const char *url, const char *scheme) { return str_starts(str_c(url), str_c(scheme)) ? url + strlen(scheme) : NULL; }

static err backup(struct cli *c, struct backup_report *done, str *why)
{
    const char *sqlite = path_of(c->config.store_url, "sqlite:");
    struct backup_options o = { .file = c->args[0], .files_dir = path_of(c->config.files_url, "file:"), .names = app_files, .program = CHANCERY_VERSION };
    o.store_url = sqlite ? c->config.store_url : NULL;
    o.now_ms = clock_now_ms();
    o.schema = app_migrations(c->mem, &o.n_schema);
    if (!o.schema) return ERR_NOMEM;
    if (!o.files_dir) return *why = STR("files.url: only file: is known here"), ERR_INPUT;
    if (crypto_init() != ERR_OK) return *why = STR("the system gives no randomness"), ERR_STORE;
    if (c->with_key) {
        TRY(read_key(c, &o.key, why));
        TRY(take_passphrase(c, true, &o.passphrase, why));
    }
    return backup_write(c->mem, &o, done, why);
}

static int said(const char *name, err e, str why) { return cli_fail("%s: " STR_FMT, name, STR_ARG(str_absent(why) ? str_c(err_name(e)) : why)); }

int cmd_backup(struct cli *c)
{
    struct backup_report done;
    str why = STR_NULL;
    app_log(&c->config);
    (void)umask(077);
    if (!app_has_store(&c->config)) return cli_fail("backup: %s: no store here yet; name another folder with --data", c->config.data);
    err e = backup(c, &done, &why);
    if (e) return said("backup", e, why);
    if (!done.rows)
        (void)fprintf(
            stderr,
            "chancery: backup: files only; the rows are in PostgreSQL: back them up with its own tools (pg_dump, or base backups and WAL), before the files\n");
    if (!c->quiet)
        printf("%s: %s%lld files%s, %lld bytes\n", c->args[0], done.rows ? "rows, " : "", (long long)done.files, done.key ? ", master key" : "",
               (long long)done.bytes);
    if (!c->quiet && !done.key)
        printf("The master key is not in it. Keep %s apart: without it nothing that is sealed can be opened.\n", c->config.master_key_file);
    return 0;
}

/* restore */

static err ask_passphrase(void *arg, str *out, str *why) { return take_passphrase(arg, false, out, why); }

int cmd_restore(struct cli *c)
{
    struct backup_report done;
    str why = STR_NULL;
    struct restore_options o = { .file = c->args[0],
                                 .data_dir = c->config.data,
                                 .store_path = path_of(c->config.store_url, "sqlite:"),
                                 .files_dir = path_of(c->config.files_url, "file:"),
                                 .key_path = c->config.master_key_file,
                                 .want_key = !c->without_key,
                                 .passphrase = ask_passphrase,
                                 .arg = c };
    app_log(&c->config);
    (void)umask(077);
    if (!o.files_dir) return cli_fail("restore: files.url: only file: is known here");
    if (crypto_init() != ERR_OK) return cli_fail("restore: the system gives no randomness");
    o.schema = app_migrations(c->mem, &o.n_schema);
    err e = o.schema ? backup_restore(c->mem, &o, &done, &why) : ERR_NOMEM;
    if (e) return said("restore", e, why);
    if (!done.rows) (void)fprintf(stderr, "chancery: restore: files only; restore the rows with PostgreSQL's own tools\n");
    if (!c->quiet)
        printf("%s: %s%lld files%s restored to %s\n", c->args[0], done.rows ? "rows, " : "", (long long)done.files, done.key ? ", master key" : "",
               c->config.data);
    if (!c->quiet && !done.key) printf("The master key was not restored: put it at %s (mode 0600) before the first start.\n", c->config.master_key_file);
    return 0;
}
