/* rooms/core/core_page.c: the frame of every page: one small style of its own, no script, nothing from elsewhere. */
#include "rooms/core/core_int.h"

enum { PAGE_MAX = 4 << 20, NONCE = 22 };

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1c1b19;--soft:#66625b;--line:#dedad2;--paper:#fdfcfa;--card:#fff;--accent:#0b5d4e}"
    "@media(prefers-color-scheme:dark){:root{--ink:#ece9e3;--soft:#a29d94;--line:#3a3733;--paper:#191816;--card:#22201d;--accent:#6fd0b8}}"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:46rem;padding:1.5rem 1.1rem 4rem;background:var(--paper);color:var(--ink);"
    "font:1rem/1.55 system-ui,-apple-system,\"Segoe UI\",Roboto,sans-serif;overflow-wrap:anywhere}"
    "h1{font-size:1.55rem;line-height:1.25;margin:.4rem 0 1rem}h2{font-size:1.15rem;margin:2rem 0 .6rem}a{color:var(--accent)}"
    "p.soft,.soft{color:var(--soft)}ul.cards{list-style:none;padding:0;display:grid;gap:.7rem}"
    ".cards li,details,form{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.8rem 1rem}"
    "details{margin:.5rem 0}summary{cursor:pointer}summary b{display:inline-block;min-width:4.2rem;color:var(--accent);font-size:.85rem}"
    "code{font:.92em ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}table{width:100%;border-collapse:collapse;margin:.5rem 0;font-size:.92rem}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line)}th{color:var(--soft);font-weight:600}"
    "label{display:block;margin:.9rem 0 .25rem;font-weight:600}input{width:100%;font:inherit;color:inherit;background:var(--paper);"
    "border:1px solid var(--line);border-radius:.4rem;padding:.6rem .7rem}input:focus-visible,button:focus-visible,a:focus-visible,summary:focus-visible"
    "{outline:3px solid var(--accent);outline-offset:2px}button{margin-top:1.2rem;width:100%;font:inherit;font-weight:600;color:var(--paper);"
    "background:var(--accent);border:0;border-radius:.4rem;padding:.7rem 1rem;cursor:pointer}"
    "button.second{background:transparent;color:var(--ink);border:1px solid var(--line)}.answer{margin:1rem 0}"
    ".answer button{margin-top:.3rem}.answer p{margin:.7rem 0 .2rem}form>p:first-child{margin-top:.3rem}.bad{border-left:4px solid #c2410c;padding:.3rem "
    ".8rem;margin:0 0 "
    "1rem}";

void html_text(struct buf *b, str text)
{
    for (size_t i = 0; i < text.n; i++) switch (text.p[i]) {
        case '&': buf_z(b, "&amp;"); break;
        case '<': buf_z(b, "&lt;"); break;
        case '>': buf_z(b, "&gt;"); break;
        case '"': buf_z(b, "&quot;"); break;
        case '\'': buf_z(b, "&#39;"); break;
        default: buf_char(b, text.p[i]); break;
        }
}

void html_z(struct buf *b, const char *text) { html_text(b, str_c(text)); }

err page_begin(struct call *c, struct page *p, const char *title)
{
    char *nonce = NEW_N(c->mem, char, NONCE);
    if (!nonce) return ERR_NOMEM;
    crypto_random_text(nonce, NONCE, CRYPTO_ALNUM);
    *p = (struct page){ .b = BUF(PAGE_MAX), .nonce = { nonce, NONCE } };
    buf_z(&p->b, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                 "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    html_z(&p->b, title);
    buf_printf(&p->b, "</title><style nonce=\"" STR_FMT "\">%s</style></head><body>\n<main><h1>", STR_ARG(p->nonce), style);
    html_z(&p->b, title);
    buf_z(&p->b, "</h1>\n");
    return ERR_OK;
}

err page_end(struct call *c, struct page *p, int status)
{
    str text, policy;
    buf_z(&p->b, "</main></body></html>\n");
    err e = buf_to_arena(&p->b, c->mem, &text);
    buf_release(&p->b);
    TRY(e);
    TRY(arena_printf(c->mem, &policy, "default-src 'none'; style-src 'nonce-" STR_FMT "'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
                     STR_ARG(p->nonce)));
    reply_header(c->reply, STR("Content-Security-Policy"), policy);
    reply_header(c->reply, STR("X-Frame-Options"), STR("DENY"));
    reply_header(c->reply, STR("Referrer-Policy"), STR("no-referrer"));
    reply_header(c->reply, STR("Cache-Control"), STR("no-store"));
    return reply_text(c, status, "text/html; charset=utf-8", text);
}

err page_message(struct call *c, int status, const char *title, str text)
{
    str accept = c->rq ? req_header(c->rq, "Accept") : STR_NULL;
    reply_header(c->reply, STR("Vary"), STR("Accept"));
    if (str_search(accept, STR("text/html")) == accept.n) {
        str line;
        reply_header(c->reply, STR("Cache-Control"), STR("no-store"));
        reply_header(c->reply, STR("Referrer-Policy"), STR("no-referrer"));
        TRY(arena_printf(c->mem, &line, "%s: " STR_FMT "\n", title, STR_ARG(text)));
        return reply_text(c, status, "text/plain; charset=utf-8", line);
    }
    struct page p;
    TRY(page_begin(c, &p, title));
    buf_z(&p.b, "<p>");
    html_text(&p.b, text);
    buf_z(&p.b, "</p><p><a href=\"/\">To the start page</a></p>");
    return page_end(c, &p, status);
}
