/* rooms/accounts/accounts_avatar.c: a picture of the caller (django-cfg 9.6): judged, made anew, kept, shown.
 *
 * Files are named by their contents. A line of type and random letters stands before the picture, so that no other file of the store is ever the same and
 * dropping this one takes nobody else's away. */
#include "base/log.h"
#include "rooms/accounts/accounts_int.h"

enum { AVATAR_MAX = 5242880, PARTS_MAX = 64, FILENAME_MAX_CHARS = 100, NAME = 22 };

/* files that go */

struct gone {
    struct files *files;
    str name;
};

static void drop(void *arg)
{
    const struct gone *g = arg;
    if (files_drop(g->files, g->name) != ERR_OK) LOG(LOG_WARN, "an avatar's file was not removed", LOG_S("file", g->name));
}

err cfg_avatar_forget(struct files *f, struct call *c, const struct profile *p)
{
    struct gone *g = NEW(c->mem, struct gone);
    if (!g) return ERR_NOMEM;
    if (str_absent(p->avatar_content)) return ERR_OK;
    *g = (struct gone){ f, p->avatar_content };
    return store_on_commit(c, drop, g);
}

/* taking one */

struct upload {
    const struct part *part;
    str type, image; /* as made anew */
    char file[NAME + 8], content[FILES_NAME];
    size_t file_n;
};

static const struct part *file_part(const struct parts *all)
{
    for (size_t i = 0; i < all->n; i++)
        if (str_is(all->v[i].name, "avatar") && !str_absent(all->v[i].filename)) return &all->v[i];
    return NULL;
}

static err no_file(struct call *c) { return cfg_refuse_reply(c, &(struct refusal){ 400, "No avatar file provided", NULL, NULL, 0 }); }

static err bad_file(struct call *c, str why)
{
    struct input in = { .c = c };
    cfg_input_error(&in, "avatar", why);
    return cfg_input_refuse(&in, NULL);
}

/* *part NULL: answered. */
static err part_read(struct call *c, const struct part **part)
{
    str type, header = req_header(c->rq, "Content-Type"), text;
    struct parts all = { 0 };
    *part = NULL;
    if (c->rq->body_too_large) return fail_status(c, ERR_LIMIT, 413, "The request body is too large.");
    if (!c->rq->body.n) return no_file(c);
    err e = str_absent(header) ? ERR_INPUT : http_media_type(c->mem, header, &type);
    if (e == ERR_NOMEM) return e;
    if (e || !str_is(type, "multipart/form-data")) {
        TRY(arena_printf(c->mem, &text, "Unsupported media type \"" STR_FMT "\" in request.", STR_ARG(header)));
        return cfg_detail_reply(c, 415, text);
    }
    e = http_parse_multipart(c->mem, header, c->rq->body, PARTS_MAX, &all);
    if (e == ERR_NOMEM) return e;
    if (e) return cfg_detail_reply(c, 400, STR("Multipart form parse error - Invalid boundary or part in multipart"));
    *part = file_part(&all);
    return *part ? ERR_OK : no_file(c);
}

static bool type_known(str type) { return !str_absent(cfg_image_extension(str_trim(str_head(type, str_find(type, ';', 0))))); }

/* Absent: nothing is wrong with what surrounds the picture. */
static err part_fault(struct call *c, const struct part *p, str *why)
{
    size_t chars = str_utf8_len(p->filename);
    *why = STR_NULL;
    if (!p->body.n)
        *why = STR("The submitted file is empty.");
    else if (p->body.n > AVATAR_MAX)
        *why = STR("Avatar file size must be less than 5MB.");
    else if (!type_known(p->type))
        *why = STR("Avatar must be a valid image file (JPEG, PNG, GIF, or WebP).");
    else if (chars > FILENAME_MAX_CHARS)
        return arena_printf(c->mem, why, "Ensure this filename has at most 100 characters (it has %zu).", chars);
    return ERR_OK;
}

static void name_make(struct upload *u)
{
    str extension = cfg_image_extension(u->type);
    crypto_random_text(u->file, NAME, CRYPTO_ALNUM);
    u->file[NAME] = '.';
    for (size_t i = 0; i < extension.n; i++) u->file[NAME + 1 + i] = extension.p[i];
    u->file_n = NAME + 1 + extension.n;
}

static err keep(struct call *c, struct upload *u)
{
    char random[NAME];
    str whole;
    crypto_random_text(random, sizeof random, CRYPTO_ALNUM);
    CLEANUP(buf_release) struct buf b = BUF(8 << 20);
    buf_add(&b, u->type);
    buf_char(&b, ' ');
    buf_add(&b, (str){ random, sizeof random });
    buf_char(&b, '\n');
    buf_add(&b, u->image);
    TRY(buf_to_arena(&b, c->mem, &whole));
    return files_put(accounts_of(c)->o.files, whole, u->content);
}

static err record(struct call *c)
{
    struct upload *u = c->state;
    struct profile p;
    TRY(cfg_still(c, NULL));
    TRY(cfg_profile_ensure(c, &c->who->account, &p));
    TRY(cfg_avatar_forget(accounts_of(c)->o.files, c, &p));
    TRY(cfg_profile_avatar(c, c->who->account.id, (str){ u->file, u->file_n }, (str){ u->content, FILES_NAME }));
    TRY(cfg_audit(c, "avatar.update", c->who->account.id));
    TRY(cfg_caller_reply(c));
    return cfg_timezone_here(c);
}

err cfg_avatar_put(struct call *c)
{
    struct accounts *r = accounts_of(c);
    struct upload u = { 0 };
    str why;
    TRY(part_read(c, &u.part));
    if (!u.part) return ERR_OK;
    TRY(part_fault(c, u.part, &why));
    if (!str_absent(why)) return bad_file(c, why);
    TRY(cfg_image_remake(c, u.part->body, &u.type, &u.image));
    if (str_absent(u.type)) return bad_file(c, STR("Upload a valid image. The file you uploaded was either not an image or a corrupted image."));
    name_make(&u);
    TRY(keep(c, &u));
    c->state = &u;
    err e = store_do(r->o.store, c, TX_WRITE, record);
    if (e) IGNORE(files_drop(r->o.files, (str){ u.content, FILES_NAME })); /* what stays behind is only space */
    return e;
}

/* showing one */

struct show {
    int64_t number;
    str content;
};

static err find(struct call *c)
{
    struct show *s = c->state;
    return cfg_avatar_find(c, s->number, c->path[1], &s->content);
}

err cfg_avatar_get(struct call *c)
{
    struct accounts *r = accounts_of(c);
    struct show s = { 0 };
    str whole;
    if (str_int(c->path[0], &s.number) != ERR_OK) return fail(c, ERR_NOT_FOUND, NULL, "Not found.");
    c->state = &s;
    TRY(store_do(r->o.store, c, TX_READ, find));
    err e = str_absent(s.content) ? ERR_NOT_FOUND : files_get(r->o.files, c->mem, s.content, &whole);
    if (e == ERR_NOT_FOUND) return fail(c, e, NULL, "Not found.");
    TRY(e);
    size_t line = str_find(whole, '\n', 0);
    str head = str_head(whole, line), type = str_head(head, str_find(head, ' ', 0));
    reply_header(c->reply, STR("Cache-Control"), STR("public, max-age=86400"));
    reply_header(c->reply, STR("Content-Security-Policy"), STR("default-src 'none'; sandbox"));
    reply_header(c->reply, STR("Cross-Origin-Resource-Policy"), STR("cross-origin"));
    return reply_text(c, 200, arena_z(c->mem, type), str_from(whole, line + 1));
}
