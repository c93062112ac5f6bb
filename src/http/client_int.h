/* http/client_int.h: what the outgoing protocols share. */
#pragma once
#include "http/client.h"
#include <curl/curl.h>

/* An easy handle that ignores the environment and gives up in time; NULL without memory. Free with curl_easy_cleanup(). */
CURL *client_easy(int64_t timeout_ms, const char *ca_file);
/* PEM file for certificates of authorities, as http_client_init() was told; NULL: the system's. */
const char *client_ca_file(void);
bool client_allows_private(void);
/* Sets an option; every one that we set is known to the library, so only memory can be short. Remembers the first failure in *bad. */
#define CLIENT_SET(handle, bad, option, value)                                                                \
    do {                                                                                                      \
        if (!*(bad)) *(bad) = curl_easy_setopt((handle), (option), (value)) == CURLE_OK ? ERR_OK : ERR_NOMEM; \
    } while (0)
