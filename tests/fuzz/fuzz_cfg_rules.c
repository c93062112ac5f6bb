/* What people send to the accounts family, as one text: whatever it is, each rule decides, and what it gives keeps its promise. */
#include "rooms/accounts/accounts_int.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct arena *a;
    str s = { (const char *)data, n }, out;
    char uuid[UUID], digits[21];
    size_t k;
    if (!a) a = arena_new(4 << 20);
    if (!a) abort();
    if (cfg_uuid_read(s, uuid) && !cfg_uuid_plain((str){ uuid, UUID })) abort();
    if (cfg_phone_reduce(s, digits, &k) && (k < 10 || k > 20)) abort();
    str trimmed = cfg_text_trim(s);
    if (trimmed.n > s.n || cfg_text_trim(trimmed).n != trimmed.n) abort();
    if (cfg_text_collapse(a, s, &out) == ERR_OK && out.n > s.n) abort();
    if (cfg_language_of(s).n > 10 || cfg_source_name(s).n > 253) abort();
    if (cfg_zone_known(s) && n > 64) abort();
    if (!cfg_address_fault(s) && !email_is_valid(s)) abort();
    (void)cfg_url_ok(s);
    if (str_utf8_ok(s)) IGNORE(cfg_initials_of(a, s, s, s, &out));
    if (str_utf8_ok(s)) IGNORE(cfg_display_of(a, s, &out));
    IGNORE(throttle_network(a, s, &out));
    arena_empty(a);
    return 0;
}
