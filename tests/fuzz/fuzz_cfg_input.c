/* A body of the accounts family against its shapes: every field that comes out is absent or whole text, and what is refused is an answer. */
#include "rooms/accounts/accounts_int.h"
#include <stdlib.h>

static const struct shape *const shapes[] = { &cfg_shape_otp_request,   &cfg_shape_otp_verify, &cfg_shape_refresh,  &cfg_shape_profile_patch,
                                              &cfg_shape_key_test,      &cfg_shape_setup,      &cfg_shape_confirm,  &cfg_shape_code_maybe,
                                              &cfg_shape_verify_backup, &cfg_shape_authorize,  &cfg_shape_callback, &cfg_shape_provider };

static void one(struct arena *a, const struct shape *s, str body)
{
    struct header json = { STR("Content-Type"), STR("application/json") };
    struct req rq = { .method = M_POST, .headers = &json, .n_headers = 1, .body = body };
    struct reply reply = { 0 };
    struct call c = { .mem = a, .rq = &rq, .reply = &reply };
    struct input in;
    char out[256];
    memset(out, 0x5a, sizeof out); /* what is left from before must never be taken for a field */
    if (s->size > sizeof out || cfg_input_read(&c, s, &in, out) != ERR_OK) abort();
    if (in.answered != (reply.status != 0)) abort();
    for (size_t i = 0; i < s->n_fields; i++) {
        str v = *(str *)(void *)(out + s->fields[i].at);
        if (!str_absent(v) && (!str_utf8_ok(v) || (v.n && memchr(v.p, '\0', v.n)))) abort();
    }
    if (!in.answered && in.n_errors && (cfg_input_refuse(&in, NULL) != ERR_OK || reply.status != 400 || json_scan(reply.body, NULL, NULL) != ERR_OK)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct arena *a;
    if (!a) a = arena_new(16 << 20);
    if (!a) abort();
    for (size_t i = 0; i < COUNT_OF(shapes) && n <= 65536; i++) {
        one(a, shapes[i], (str){ (const char *)data, n });
        arena_empty(a);
    }
    return 0;
}
