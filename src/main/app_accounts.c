/* main/app_accounts.c: the accounts family's part of the wiring: its settings, and what auth asks of it. */
#include "main/app.h"

err app_start_accounts(struct app *a, const char *image_program)
{
    const struct config *c = a->config;
    struct accounts_options o = {
        .store = a->store,
        .auth = a->auth,
        .mailer = a->mailer,
        .files = a->files,
        .master_key = a->ring.keys[0].key, /* signs, and keeps nothing long: a new master key ends its sessions */
        .ring = &a->ring,
        .base_url = c->base_url,
        .site_url = c->accounts_site_url,
        .api_url = c->accounts_api_url,
        .project_name = c->accounts_project_name,
        .access_s = c->accounts_access_lifetime,
        .refresh_s = c->accounts_refresh_lifetime,
        .totp_enabled = c->accounts_totp_enabled,
        .totp_enforcement = c->accounts_totp_enforcement,
        .image_program = image_program,
        .github = { c->github_enabled, c->github_account_linking, c->github_auto_create, c->github_client_id, c->github_client_secret, c->github_authorize_url,
                    c->github_token_url, c->github_user_url, c->github_emails_url, true },
        .centrifugo = { c->centrifugo_enabled, c->centrifugo_url, c->centrifugo_secret, c->centrifugo_ttl },
        .origins = c->cors_origins.v,
        .n_origins = c->cors_origins.n,
        .local_origins = !c->cors_set && app_is_loopback(c),
    };
    return accounts_new(a->mem, &o, &a->accounts);
}
