/* rooms/accounts/accounts_shapes.c: bodies and replies of the room's operations, as tables (the names are those of the API document). */
#include "rooms/accounts/accounts_int.h"

#define TEXT(low, high)                                                                                                                                        \
    {                                                                                                                                                          \
        .kind = K_TEXT, .limited = true, .min = (low), .max = (high)                                                                                           \
    }
#define SHAPE(nm, list)                                                                                                                                        \
    {                                                                                                                                                          \
        .kind = K_OBJECT, .name = (nm), .fields = (list), .n_fields = COUNT_OF(list)                                                                           \
    }

/* --- texts --- */
static const struct shape text = { .kind = K_TEXT }, text_null = { .kind = K_TEXT, .nullable = true };
static const struct shape some = { .kind = K_TEXT, .limited = true, .min = 1 };
static const struct shape upto_10 = TEXT(0, 10), upto_20 = TEXT(0, 20), upto_50 = TEXT(0, 50), upto_64 = TEXT(0, 64), upto_100 = TEXT(0, 100);
static const struct shape otp = TEXT(4, 4);
static const struct shape uri = { .kind = K_TEXT, .format = "uri" }, uri_null = { .kind = K_TEXT, .format = "uri", .nullable = true };
static const struct shape email = { .kind = K_TEXT, .format = "email" };
static const struct shape uuid_null = { .kind = K_TEXT, .format = "uuid", .nullable = true };
static const struct shape time = { .kind = K_TEXT, .format = "date-time" }, time_null = { .kind = K_TEXT, .format = "date-time", .nullable = true };
static const struct shape whole = { .kind = K_INT }, zero = { .kind = K_INT, .preset = "0" };
static const struct shape yes_no = { .kind = K_BOOL };
static const struct shape texts = { .kind = K_ARRAY, .of = &text };

/* --- bodies --- */
static const struct field otp_request_fields[] = {
    FIELD(struct otp_request_body, identifier, "identifier", &some, .need = true, .doc = "E-mail address that the code is sent to"),
    FIELD(struct otp_request_body, source_url, "source_url", &uri, .doc = "Where the person came from"),
};
const struct shape cfg_shape_otp_request = OBJECT(struct otp_request_body, "OTPRequestRequest", otp_request_fields);
static const struct field otp_verify_fields[] = {
    FIELD(struct otp_verify_body, identifier, "identifier", &some, .need = true, .doc = "E-mail address that the code was sent to"),
    FIELD(struct otp_verify_body, otp, "otp", &otp, .need = true),
    FIELD(struct otp_verify_body, source_url, "source_url", &uri, .doc = "Where the person came from"),
};
const struct shape cfg_shape_otp_verify = OBJECT(struct otp_verify_body, "OTPVerifyRequest", otp_verify_fields);
static const struct field refresh_fields[] = { FIELD(struct refresh_body, refresh, "refresh", &some, .need = true) };
const struct shape cfg_shape_refresh = OBJECT(struct refresh_body, "TokenRefreshRequest", refresh_fields);
static const struct field profile_fields[] = {
    FIELD(struct profile_body, first_name, "first_name", &upto_50),
    FIELD(struct profile_body, last_name, "last_name", &upto_50),
    FIELD(struct profile_body, company, "company", &upto_100),
    FIELD(struct profile_body, phone, "phone", &upto_20),
    FIELD(struct profile_body, position, "position", &upto_100),
    FIELD(struct profile_body, language, "language", &upto_10),
    FIELD(struct profile_body, timezone, "timezone", &upto_64, .doc = "IANA name; the header X-Timezone sets it too"),
};
const struct shape cfg_shape_profile_put = OBJECT(struct profile_body, "CfgUserUpdateRequest", profile_fields);
const struct shape cfg_shape_profile_patch = OBJECT(struct profile_body, "PatchedCfgUserUpdateRequest", profile_fields);
static const struct field key_fields[] = { FIELD(struct key_body, key, "key", &some, .need = true, .doc = "API key to test") };
const struct shape cfg_shape_key_test = OBJECT(struct key_body, "APIKeyTestRequest", key_fields);
/* django-cfg 9.9: never read. */
static const struct field key_body_fields[] = { DOC_FIELD("key", &some), DOC_FIELD("reissued_at", &time_null), DOC_FIELD("created_at", &time) };
const struct shape cfg_shape_key_body = SHAPE("APIKeyRequest", key_body_fields);

/* --- refusals --- */
static const struct shape messages_of_field = { .kind = K_ARRAY, .of = &text };
const struct shape cfg_shape_field_errors = {
    .kind = K_MAP, .name = "FieldErrors", .of = &messages_of_field, .doc = "Field to what is wrong with it; non_field_errors for the whole"
};
static const struct field message_fields[] = { DOC_FIELD("token_class", &text), DOC_FIELD("token_type", &text), DOC_FIELD("message", &text) };
static const struct shape token_message = SHAPE(NULL, message_fields);
static const struct shape token_messages = { .kind = K_ARRAY, .of = &token_message };
static const struct field detail_fields[] = { DOC_FIELD("detail", &text, .need = true), DOC_FIELD("code", &text), DOC_FIELD("messages", &token_messages),
                                              DOC_FIELD("request_id", &text) };
const struct shape cfg_shape_detail = SHAPE("Detail", detail_fields);
static const struct shape *const bad_input[] = { &cfg_shape_detail, &cfg_shape_field_errors, NULL };
const struct shape cfg_shape_bad_input = { .kind = K_ONE_OF, .options = bad_input };
static const struct shape retry = { .kind = K_INT, .nullable = true, .doc = "Seconds until the next try" };
static const struct field otp_error_fields[] = { DOC_FIELD("error", &text, .need = true), DOC_FIELD("error_code", &text_null),
                                                 DOC_FIELD("retry_after", &retry) };
const struct shape cfg_shape_otp_error = {
    .kind = K_OBJECT, .name = "OTPErrorResponse", .fields = otp_error_fields, .n_fields = COUNT_OF(otp_error_fields), .open = true
};
static const struct shape *const bad_otp[] = { &cfg_shape_otp_error, &cfg_shape_detail, NULL };
const struct shape cfg_shape_bad_otp = { .kind = K_ONE_OF, .options = bad_otp };

/* --- the user --- */
static const struct field centrifugo_fields[] = { DOC_FIELD("token", &text, .need = true), DOC_FIELD("centrifugo_url", &uri, .need = true),
                                                  DOC_FIELD("expires_at", &time, .need = true), DOC_FIELD("channels", &texts, .need = true) };
static const struct shape centrifugo_null = {
    .kind = K_OBJECT, .name = "CentrifugoToken", .nullable = true, .fields = centrifugo_fields, .n_fields = COUNT_OF(centrifugo_fields)
};
const struct shape cfg_shape_centrifugo = SHAPE("ConnectionTokenResponse", centrifugo_fields);
#define USER_HEAD                                                                                                                                              \
    DOC_FIELD("id", &whole, .need = true), DOC_FIELD("email", &email, .need = true), DOC_FIELD("first_name", &upto_50, .need = true),                          \
        DOC_FIELD("last_name", &upto_50, .need = true), DOC_FIELD("full_name", &text, .need = true), DOC_FIELD("initials", &text, .need = true),               \
        DOC_FIELD("display_username", &text, .need = true), DOC_FIELD("company", &upto_100, .need = true), DOC_FIELD("phone", &upto_20, .need = true),         \
        DOC_FIELD("position", &upto_100, .need = true), DOC_FIELD("language", &text, .need = true), DOC_FIELD("timezone", &upto_64, .need = true),             \
        DOC_FIELD("avatar", &uri_null, .need = true), DOC_FIELD("is_staff", &yes_no, .need = true), DOC_FIELD("is_superuser", &yes_no, .need = true),          \
        DOC_FIELD("date_joined", &time, .need = true), DOC_FIELD("last_login", &time_null, .need = true),                                                      \
        DOC_FIELD("unanswered_messages_count", &zero, .need = true), DOC_FIELD("api_key", &text_null, .need = true)
static const struct field totp_user_fields[] = { USER_HEAD };
const struct shape cfg_shape_totp_user = SHAPE("TotpVerifyUser", totp_user_fields);
static const struct field user_fields[] = { USER_HEAD, DOC_FIELD("centrifugo", &centrifugo_null, .need = true) };
const struct shape cfg_shape_user = SHAPE("User", user_fields);
static const struct shape user_null = { .kind = K_OBJECT, .nullable = true, .fields = user_fields, .n_fields = COUNT_OF(user_fields) };

/* --- answers --- */
static const struct field sent_fields[] = { DOC_FIELD("message", &text, .need = true) };
const struct shape cfg_shape_otp_sent = SHAPE("OTPRequestResponse", sent_fields);
static const struct field verified_fields[] = { DOC_FIELD("requires_2fa", &yes_no, .need = true), DOC_FIELD("session_id", &uuid_null, .need = true),
                                                DOC_FIELD("refresh", &text_null, .need = true),   DOC_FIELD("access", &text_null, .need = true),
                                                DOC_FIELD("user", &user_null, .need = true),      DOC_FIELD("should_prompt_2fa", &yes_no, .need = true) };
const struct shape cfg_shape_otp_verified = SHAPE("OTPVerifyResponse", verified_fields);
static const struct field pair_fields[] = { DOC_FIELD("access", &text, .need = true), DOC_FIELD("refresh", &text, .need = true) };
const struct shape cfg_shape_token_pair = SHAPE("TokenRefresh", pair_fields);
static const struct field deleted_fields[] = { DOC_FIELD("success", &yes_no, .need = true), DOC_FIELD("message", &text, .need = true) };
const struct shape cfg_shape_deleted = SHAPE("AccountDeleteResponse", deleted_fields);
static const struct field masked_fields[] = { DOC_FIELD("key", &text, .need = true), DOC_FIELD("reissued_at", &time_null, .need = true),
                                              DOC_FIELD("created_at", &time, .need = true) };
const struct shape cfg_shape_key = SHAPE("APIKey", masked_fields);
static const struct field new_key_fields[] = { DOC_FIELD("key", &text, .need = true), DOC_FIELD("reissued_at", &time, .need = true) };
const struct shape cfg_shape_key_new = SHAPE("APIKeyRegenerate", new_key_fields);
static const struct field tested_fields[] = { DOC_FIELD("valid", &yes_no, .need = true), DOC_FIELD("user_id", &text_null, .need = true) };
const struct shape cfg_shape_key_tested = SHAPE("APIKeyTestResult", tested_fields);
