/* main/main.c: start here. The table of commands; everything else is reached from it. */
#include "main/cli.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

enum { COMMAND_ARENA = 256 << 20 };

#define OPTIONS(...) \
    (const char *const[]) { __VA_ARGS__, NULL }
#define ACCOUNT OPTIONS("--email", "--tenant")

const struct command commands[] = {
    { "serve", "", "run the server in the foreground until SIGTERM or SIGINT", "chancery serve --data /var/lib/chancery --listen 127.0.0.1:8080",
      OPTIONS("--listen"), true, cmd_serve },
    { "check", "", "read and check the configuration and the store", "chancery check --config /etc/chancery.yml", NULL, true, cmd_check },
    { "config", "", "print the effective configuration, each line with where it came from", "chancery config --set workers.max=4", OPTIONS("--document"), true,
      cmd_config },
    { "migrate", "", "bring the store's schema up to date", "chancery migrate --status", OPTIONS("--status"), true, cmd_migrate },
    { "openapi", "FAMILY", "print the family's OpenAPI 3.1 document", "chancery openapi interviews", NULL, false, cmd_openapi },
    { "backup", "FILE", "take rows and files into one archive, beside a running server", "chancery backup /mnt/monday.backup --with-key",
      OPTIONS("--with-key", "--passphrase-stdin"), true, cmd_backup },
    { "restore", "FILE", "make a data folder from an archive", "chancery restore /mnt/monday.backup --data /var/lib/chancery",
      OPTIONS("--without-key", "--passphrase-stdin"), true, cmd_restore },
    { "user create", "EMAIL", "create an account", "chancery user create ann@example.com --send-link",
      OPTIONS("--email", "--tenant", "--first-name", "--last-name", "--locale", "--privilege", "--superuser", "--password-stdin", "--password-hash-stdin",
              "--send-link", "--print-link"),
      true, cmd_user_create },
    { "user list", "", "list the accounts", "chancery user list --json", OPTIONS("--tenant"), true, cmd_user_list },
    { "user show", "EMAIL", "show one account", "chancery user show ann@example.com", ACCOUNT, true, cmd_user_show },
    { "user set-password", "EMAIL", "set an account's password", "printf '%s' \"$PASSWORD\" | chancery user set-password ann@example.com --password-stdin",
      OPTIONS("--email", "--tenant", "--password-stdin", "--password-hash-stdin", "--send-link", "--print-link"), true, cmd_user_set_password },
    { "user promote", "EMAIL", "make an account an administrator of everything", "chancery user promote ann@example.com", ACCOUNT, true, cmd_user_promote },
    { "user demote", "EMAIL", "make it an ordinary account again", "chancery user demote ann@example.com", ACCOUNT, true, cmd_user_demote },
    { "user activate", "EMAIL", "let an account sign in again; what it was signed in with stays dead", "chancery user activate ann@example.com", ACCOUNT, true,
      cmd_user_activate },
    { "user deactivate", "EMAIL", "lock an account: nothing of it works until it is activated", "chancery user deactivate ann@example.com", ACCOUNT, true,
      cmd_user_deactivate },
    { "user delete", "EMAIL", "delete an account; asks on a terminal", "chancery user delete ann@example.com", ACCOUNT, true, cmd_user_delete },
    { "user sessions", "EMAIL", "list where an account is signed in", "chancery user sessions ann@example.com --json", ACCOUNT, true, cmd_user_sessions },
    { "user revoke", "EMAIL", "sign an account out everywhere; API keys stay", "chancery user revoke ann@example.com", ACCOUNT, true, cmd_user_revoke },
    { "user reset-totp", "EMAIL", "remove an account's authenticators and backup codes", "chancery user reset-totp ann@example.com", ACCOUNT, true,
      cmd_user_reset_totp },
    { "user cookie", "EMAIL", "make a session cookie for the accounts API, good for two weeks; printed once", "chancery user cookie ann@example.com", ACCOUNT,
      true, cmd_user_cookie },
    { "user test", "EMAIL", "make it an account of tests: any four digits sign it in at the accounts API", "chancery user test robot@example.com",
      OPTIONS("--email", "--tenant", "--off"), true, cmd_user_test },
    { "user purge", "", "forget the addresses and profiles of accounts that were deleted", "chancery user purge", NULL, true, cmd_user_purge },
    { "audit tail", "", "show the last records of the audit log", "chancery audit tail -n 50 --json", OPTIONS("-n"), true, cmd_audit_tail },
    { "rekey", "", "change the master key: seal all secrets anew, while no server runs", "chancery rekey --data /var/lib/chancery", NULL, true, cmd_rekey },
    { "apikey list", "[EMAIL]", "list the API keys of hiring, of one user or all", "chancery apikey list ann@example.com --json", NULL, true, cmd_apikey_list },
    { "apikey deactivate", "ID", "switch an API key of hiring off", "chancery apikey deactivate 01a229a3-1ec2-7674-b603-ce801b309dcf", NULL, true,
      cmd_apikey_deactivate },
    { "hiring rotate", "", "let a new secret sign the access tokens of hiring", "chancery hiring rotate", OPTIONS("--end-tokens"), true, cmd_hiring_rotate },
    { "candidate blank", "EMAIL", "remove a candidate's name, address and feedback from all interviews; scores stay",
      "chancery candidate blank jane@example.com", OPTIONS("--email"), true, cmd_candidate_blank },
    { "livekit check", "", "make and remove a room on the LiveKit server, by the settings of livekit", "chancery livekit check --config /etc/chancery.yml",
      NULL, true, cmd_livekit_check },
    { "interview check", "PATH...", "read interviews (files, folders, names) and tell what is wrong with them",
      "chancery interview check docassemble.court/data/questions", NULL, true, cmd_interview_check },
    { "interview list", "", "list the interviews that are installed", "chancery interview list --json", NULL, true, cmd_interview_list },
    { "interview run", "NAME", "play an interview in the terminal", "chancery interview run docassemble.chancery:data/questions/greeting.yml", NULL, true,
      cmd_interview_run },
    { "outbox list", "", "list mails and other jobs that wait, run or are dead", "chancery outbox list --kind mail.send --json", OPTIONS("--all", "--kind"),
      true, cmd_outbox_list },
    { "outbox retry", "[ID]", "let dead jobs be tried again: one by its number, or all", "chancery outbox retry --kind mail.send", OPTIONS("--kind"), true,
      cmd_outbox_retry },
    { "mail test", "ADDRESS", "send a mail now, by the settings of mail, and tell what became of it", "chancery mail test ann@example.com", NULL, true,
      cmd_mail_test },
    { "help", "[COMMAND...]", "tell what a command does, or all of them; print the manual page and completion scripts", "chancery help user create",
      OPTIONS("--man", "--completion"), false, cmd_help },
    { 0 },
};

/* The lowest free number is what open() gives: without these, lines meant for a standard stream that was closed would go into a file of ours. The wrong way
 * round, so that who uses them fails as before. */
static void fill_standard_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0) (void)!open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
}

int main(int argc, char **argv)
{
    fill_standard_streams();
    /* A peer that hangs up is an error value of write(2), not the end of the program. */
    (void)signal(SIGPIPE, SIG_IGN);
    /* And so is a file that reaches the limit of its size. */
    (void)signal(SIGXFSZ, SIG_IGN);
    struct cli c = { .mem = arena_new(COMMAND_ARENA) };
    if (!c.mem) return cli_fail("out of memory");
    int status = cli_main(&c, argc, argv);
    arena_free(c.mem);
    if (fflush(stdout) != 0) return cli_fail("standard output: cannot be written");
    return status;
}
