/* rooms/accounts/accounts_ops.c: the operation table of the Django CFG API. No logic. */
#include "rooms/accounts/accounts_int.h"

#define JSON "application/json"
#define END                                                                                                                                                    \
    {                                                                                                                                                          \
        0                                                                                                                                                      \
    }
#define REPLIES(...)                                                                                                                                           \
    (const struct reply_doc[]) { __VA_ARGS__, END }
#define DENIED                                                                                                                                                 \
    {                                                                                                                                                          \
        401, JSON, &cfg_shape_detail, "Authentication credentials were not provided."                                                                          \
    }
#define FORGED                                                                                                                                                 \
    {                                                                                                                                                          \
        403, JSON, &cfg_shape_detail, "The session cookie came without its CSRF token."                                                                        \
    }
#define BAD                                                                                                                                                    \
    {                                                                                                                                                          \
        400, JSON, &cfg_shape_bad_input, "Invalid data provided."                                                                                              \
    }
#define NO_TYPE                                                                                                                                                \
    {                                                                                                                                                          \
        415, JSON, &cfg_shape_detail, "Not JSON."                                                                                                              \
    }
#define OTP_LIMIT                                                                                                                                              \
    {                                                                                                                                                          \
        429, JSON, &cfg_shape_otp_error, "Too many requests."                                                                                                  \
    }
/* Bodies are judged at a step of their own (django-cfg 9), by accounts_input.c. */
#define BODY(shape) .body = (shape), .input_late = true

#define CHANGE(method, at, name, shape)                                                                                                                        \
    {                                                                                                                                                          \
        .id = name, .on = method, .path = at, .spec = "django-cfg 9.5", .tag = "cfg_accounts_profile", .summary = "Change the profile", .perm = PERM_CALLER,   \
        .security_need = CFG_GROUP_A, BODY(shape), .tx = TX_WRITE, .run = cfg_profile_change,                                                                  \
        .replies = REPLIES({ 200, JSON, &cfg_shape_user, NULL }, BAD, DENIED, FORGED, NO_TYPE)                                                                 \
    }

const struct op accounts_ops[] = {
    { .id = "cfg_accounts_otp_request_create",
      .on = M_POST,
      .path = "/cfg/accounts/otp/request/",
      .spec = "django-cfg 9.1",
      .tag = "cfg_accounts",
      .summary = "Send a one-time code",
      .perm = PERM_PUBLIC,
      .security_need = CFG_GROUP_C,
      BODY(&cfg_shape_otp_request),
      .body_need = true,
      .tx = TX_WRITE,
      .run = cfg_otp_request,
      .replies = REPLIES({ 200, JSON, &cfg_shape_otp_sent, NULL }, { 400, JSON, &cfg_shape_bad_otp, NULL }, NO_TYPE, OTP_LIMIT,
                         { 500, JSON, &cfg_shape_otp_error, NULL }) },
    { .id = "cfg_accounts_otp_verify_create",
      .on = M_POST,
      .path = "/cfg/accounts/otp/verify/",
      .spec = "django-cfg 9.2",
      .tag = "cfg_accounts",
      .summary = "Sign in with a one-time code",
      .perm = PERM_PUBLIC,
      .security_need = CFG_GROUP_C,
      BODY(&cfg_shape_otp_verify),
      .body_need = true,
      .tx = TX_WRITE,
      .run = cfg_otp_verify,
      .replies = REPLIES({ 200, JSON, &cfg_shape_otp_verified, NULL }, BAD, { 401, JSON, &cfg_shape_otp_error, NULL }, NO_TYPE, OTP_LIMIT) },
    { .id = "cfg_accounts_token_refresh_create",
      .on = M_POST,
      .path = "/cfg/accounts/token/refresh/",
      .spec = "django-cfg 9.3",
      .tag = "cfg_accounts_auth",
      .summary = "A new pair for a refresh token",
      .perm = PERM_PUBLIC,
      BODY(&cfg_shape_refresh),
      .body_need = true,
      .tx = TX_WRITE,
      .run = cfg_token_refresh,
      .replies = REPLIES({ 200, JSON, &cfg_shape_token_pair, NULL }, BAD, { 401, JSON, &cfg_shape_detail, NULL }, NO_TYPE) },

    { .id = "cfg_accounts_profile_retrieve",
      .on = M_GET,
      .path = "/cfg/accounts/profile/",
      .spec = "django-cfg 9.4",
      .tag = "cfg_accounts_profile",
      .summary = "The caller's profile",
      .perm = PERM_CALLER,
      .security_need = CFG_GROUP_A,
      .tx = TX_READ,
      .run = cfg_profile_get,
      .replies = REPLIES({ 200, JSON, &cfg_shape_user, NULL }, DENIED) },
    CHANGE(M_PUT, "/cfg/accounts/profile/update/", "cfg_accounts_profile_update_update", &cfg_shape_profile_put),
    CHANGE(M_PATCH, "/cfg/accounts/profile/update/", "cfg_accounts_profile_update_partial_update", &cfg_shape_profile_patch),
    CHANGE(M_PUT, "/cfg/accounts/profile/partial/", "cfg_accounts_profile_partial_update", &cfg_shape_profile_put),
    CHANGE(M_PATCH, "/cfg/accounts/profile/partial/", "cfg_accounts_profile_partial_partial_update", &cfg_shape_profile_patch),
    { .id = "cfg_accounts_profile_delete_create",
      .on = M_POST,
      .path = "/cfg/accounts/profile/delete/",
      .spec = "django-cfg 9.7",
      .tag = "cfg_accounts_profile",
      .summary = "Delete the account",
      .perm = PERM_CALLER,
      .security_need = CFG_GROUP_A,
      .tx = TX_WRITE,
      .run = cfg_profile_delete,
      .replies = REPLIES({ 200, JSON, &cfg_shape_deleted, NULL }, { 400, JSON, &cfg_shape_detail, "Account is already deleted." }, DENIED, FORGED) },

    { .id = "cfg_accounts_api_key_retrieve",
      .on = M_GET,
      .path = "/cfg/accounts/api-key/",
      .spec = "django-cfg 9.8",
      .tag = "cfg_accounts_api_key",
      .summary = "The caller's API key, masked",
      .perm = PERM_CALLER,
      .security_need = CFG_GROUP_A,
      .tx = TX_READ,
      .run = cfg_key_get,
      .replies = REPLIES({ 200, JSON, &cfg_shape_key, NULL }, DENIED) },
    { .id = "cfg_accounts_api_key_regenerate_create",
      .on = M_POST,
      .path = "/cfg/accounts/api-key/regenerate/",
      .spec = "django-cfg 9.9",
      .tag = "cfg_accounts_api_key",
      .summary = "A new API key, shown once",
      .perm = PERM_CALLER,
      .security_need = CFG_GROUP_A,
      BODY(&cfg_shape_key_body),
      .tx = TX_WRITE,
      .run = cfg_key_regenerate,
      .replies = REPLIES({ 200, JSON, &cfg_shape_key_new, NULL }, DENIED, FORGED) },
    { .id = "cfg_accounts_api_key_test_create",
      .on = M_POST,
      .path = "/cfg/accounts/api-key/test/",
      .spec = "django-cfg 9.10",
      .tag = "cfg_accounts_api_key",
      .summary = "Whose key is that?",
      .perm = PERM_CALLER,
      .security_need = CFG_GROUP_A,
      BODY(&cfg_shape_key_test),
      .body_need = true,
      .tx = TX_READ,
      .run = cfg_key_test,
      .replies = REPLIES({ 200, JSON, &cfg_shape_key_tested, NULL }, BAD, DENIED, FORGED, NO_TYPE) },

    { .id = "cfg_centrifugo_auth_token_retrieve",
      .on = M_GET,
      .path = "/cfg/centrifugo/auth/token/",
      .spec = "django-cfg 9.26",
      .tag = "cfg_centrifugo",
      .summary = "A connection token for Centrifugo",
      .perm = PERM_CALLER,
      .security_need = CFG_GROUP_B,
      .tx = TX_READ,
      .run = cfg_centrifugo_token,
      .replies = REPLIES({ 200, JSON, &cfg_shape_centrifugo, NULL }, DENIED, { 500, JSON, &cfg_shape_otp_error, NULL }) },
    { 0 },
};
