/* rooms/accounts/accounts_shapes.c: bodies and replies of the room's operations, as tables (the names are those of the API document). */
#include "rooms/accounts/accounts_int.h"

#define TEXT(low, high)                                              \
    {                                                                \
        .kind = K_TEXT, .limited = true, .min = (low), .max = (high) \
    }
#define SHAPE(nm, list)                                                              \
    {                                                                                \
        .kind = K_OBJECT, .name = (nm), .fields = (list), .n_fields = COUNT_OF(list) \
    }

/* texts */
static const struct shape text = { .kind = K_TEXT }, text_null = { .kind = K_TEXT, .nullable = true };
static const struct shape some = { .kind = K_TEXT, .limited = true, .min = 1, .max = INT64_MAX };
static const struct shape upto_10 = TEXT(0, 10), upto_20 = TEXT(0, 20), upto_50 = TEXT(0, 50), upto_64 = TEXT(0, 64), upto_100 = TEXT(0, 100);
static const struct shape otp = TEXT(4, 4);
static const struct shape uri = { .kind = K_TEXT, .format = "uri" }, uri_null = { .kind = K_TEXT, .format = "uri", .nullable = true };
static const struct shape email = { .kind = K_TEXT, .format = "email" };
static const struct shape uuid_null = { .kind = K_TEXT, .format = "uuid", .nullable = true };
static const struct shape time = { .kind = K_TEXT, .format = "date-time" }, time_null = { .kind = K_TEXT, .format = "date-time", .nullable = true };
static const struct shape whole = { .kind = K_INT }, zero = { .kind = K_INT, .preset = "0" };
static const struct shape yes_no = { .kind = K_BOOL };
static const struct shape texts = { .kind = K_ARRAY, .of = &text };

/* bodies */
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

static const struct shape six = TEXT(6, 6), eight = TEXT(8, 8),
                          name_100 = { .kind = K_TEXT, .limited = true, .min = 1, .max = 100, .preset = "\"Authenticator\"" };
static const struct shape redirect = { .kind = K_TEXT, .format = "uri", .limited = true, .max = 500 };
static const struct shape oauth_code = TEXT(10, 500), oauth_state = TEXT(20, 100);
static const struct shape uuid = { .kind = K_TEXT, .format = "uuid" };
static const struct shape provider = { .kind = K_TEXT, .name = "OAuthProviderEnum", .values = (const char *const[]){ "github", NULL } };
static const struct field setup_fields[] = { FIELD(struct setup_body, device_name, "device_name", &name_100) };
const struct shape cfg_shape_setup = OBJECT(struct setup_body, "SetupRequest", setup_fields);
static const struct field confirm_fields[] = { FIELD(struct confirm_body, device_id, "device_id", &uuid, .need = true),
                                               FIELD(struct confirm_body, code, "code", &six, .need = true) };
const struct shape cfg_shape_confirm = OBJECT(struct confirm_body, "ConfirmSetupRequest", confirm_fields);
static const struct field code_fields[] = { FIELD(struct code_body, code, "code", &six, .need = true) };
const struct shape cfg_shape_code = OBJECT(struct code_body, "BackupCodesRegenerateRequest", code_fields);
const struct shape cfg_shape_disable = OBJECT(struct code_body, "DisableRequest", code_fields);
static const struct field code_maybe_fields[] = { FIELD(struct code_body, code, "code", &six, .doc = "Needed for the last active device") };
const struct shape cfg_shape_code_maybe = OBJECT(struct code_body, "DeviceDeleteRequest", code_maybe_fields);
static const struct field verify_fields[] = { FIELD(struct verify_body, session_id, "session_id", &uuid, .need = true),
                                              FIELD(struct verify_body, code, "code", &six, .need = true) };
const struct shape cfg_shape_verify = OBJECT(struct verify_body, "VerifyRequest", verify_fields);
static const struct field backup_fields[] = { FIELD(struct backup_body, session_id, "session_id", &uuid, .need = true),
                                              FIELD(struct backup_body, backup_code, "backup_code", &eight, .need = true) };
const struct shape cfg_shape_verify_backup = OBJECT(struct backup_body, "VerifyBackupRequest", backup_fields);
static const struct field authorize_fields[] = { FIELD(struct authorize_body, redirect_uri, "redirect_uri", &redirect),
                                                 FIELD(struct authorize_body, source_url, "source_url", &uri) };
const struct shape cfg_shape_authorize = OBJECT(struct authorize_body, "OAuthAuthorizeRequestRequest", authorize_fields);
static const struct field callback_fields[] = { FIELD(struct callback_body, code, "code", &oauth_code, .need = true),
                                                FIELD(struct callback_body, state, "state", &oauth_state, .need = true),
                                                FIELD(struct callback_body, redirect_uri, "redirect_uri", &redirect) };
const struct shape cfg_shape_callback = OBJECT(struct callback_body, "OAuthCallbackRequestRequest", callback_fields);
static const struct field provider_fields[] = { FIELD(struct provider_body, provider, "provider", &provider, .need = true) };
const struct shape cfg_shape_provider = OBJECT(struct provider_body, "OAuthDisconnectRequestRequest", provider_fields);

/* refusals */
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

/* the user */
static const struct field centrifugo_fields[] = { DOC_FIELD("token", &text, .need = true), DOC_FIELD("centrifugo_url", &uri, .need = true),
                                                  DOC_FIELD("expires_at", &time, .need = true), DOC_FIELD("channels", &texts, .need = true) };
static const struct shape centrifugo_null = {
    .kind = K_OBJECT, .name = "CentrifugoToken", .nullable = true, .fields = centrifugo_fields, .n_fields = COUNT_OF(centrifugo_fields)
};
const struct shape cfg_shape_centrifugo = SHAPE("ConnectionTokenResponse", centrifugo_fields);
#define USER_HEAD                                                                                                                                      \
    DOC_FIELD("id", &whole, .need = true), DOC_FIELD("email", &email, .need = true), DOC_FIELD("first_name", &upto_50, .need = true),                  \
        DOC_FIELD("last_name", &upto_50, .need = true), DOC_FIELD("full_name", &text, .need = true), DOC_FIELD("initials", &text, .need = true),       \
        DOC_FIELD("display_username", &text, .need = true), DOC_FIELD("company", &upto_100, .need = true), DOC_FIELD("phone", &upto_20, .need = true), \
        DOC_FIELD("position", &upto_100, .need = true), DOC_FIELD("language", &text, .need = true), DOC_FIELD("timezone", &upto_64, .need = true),     \
        DOC_FIELD("avatar", &uri_null, .need = true), DOC_FIELD("is_staff", &yes_no, .need = true), DOC_FIELD("is_superuser", &yes_no, .need = true),  \
        DOC_FIELD("date_joined", &time, .need = true), DOC_FIELD("last_login", &time_null, .need = true),                                              \
        DOC_FIELD("unanswered_messages_count", &zero, .need = true), DOC_FIELD("api_key", &text_null, .need = true)
static const struct field totp_user_fields[] = { USER_HEAD };
const struct shape cfg_shape_totp_user = SHAPE("TotpVerifyUser", totp_user_fields);
static const struct field user_fields[] = { USER_HEAD, DOC_FIELD("centrifugo", &centrifugo_null, .need = true) };
const struct shape cfg_shape_user = SHAPE("User", user_fields);
static const struct shape user_null = { .kind = K_OBJECT, .nullable = true, .fields = user_fields, .n_fields = COUNT_OF(user_fields) };

/* answers */
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

/* avatar */
static const struct shape picture = { .kind = K_BINARY, .doc = "JPEG, PNG, GIF or WebP, at most 5 MiB" };
static const struct field avatar_fields[] = { DOC_FIELD("avatar", &picture, .need = true) };
const struct shape cfg_shape_avatar = SHAPE(NULL, avatar_fields);
static const struct field no_avatar_fields[] = { DOC_FIELD("error", &text, .need = true) };
static const struct shape no_avatar = SHAPE(NULL, no_avatar_fields);
static const struct shape *const bad_avatar[] = { &no_avatar, &cfg_shape_detail, &cfg_shape_field_errors, NULL };
const struct shape cfg_shape_bad_avatar = { .kind = K_ONE_OF, .options = bad_avatar };

/* second factors */
static const struct field coded_error_fields[] = { DOC_FIELD("error", &text, .need = true), DOC_FIELD("code", &text), DOC_FIELD("attempts_remaining", &whole) };
static const struct shape coded_error = SHAPE("TotpError", coded_error_fields);
static const struct shape *const bad_code[] = { &coded_error, &cfg_shape_detail, &cfg_shape_field_errors, NULL };
const struct shape cfg_shape_bad_code = { .kind = K_ONE_OF, .options = bad_code };
static const struct field setup_done_fields[] = { DOC_FIELD("device_id", &uuid, .need = true), DOC_FIELD("secret", &text, .need = true),
                                                  DOC_FIELD("provisioning_uri", &text, .need = true), DOC_FIELD("qr_code_base64", &text, .need = true),
                                                  DOC_FIELD("expires_in", &whole, .need = true) };
const struct shape cfg_shape_setup_done = SHAPE("SetupResponse", setup_done_fields);
static const struct field confirmed_fields[] = { DOC_FIELD("message", &text, .need = true), DOC_FIELD("backup_codes", &texts, .need = true),
                                                 DOC_FIELD("backup_codes_warning", &text, .need = true) };
const struct shape cfg_shape_confirmed = SHAPE("ConfirmSetupResponse", confirmed_fields);
const struct shape cfg_shape_message = SHAPE("Message", sent_fields);
static const struct field codes_fields[] = { DOC_FIELD("backup_codes", &texts, .need = true), DOC_FIELD("warning", &text, .need = true) };
const struct shape cfg_shape_codes = SHAPE("BackupCodesRegenerateResponse", codes_fields);
static const struct field status_fields[] = { DOC_FIELD("remaining_count", &whole, .need = true), DOC_FIELD("total_generated", &whole, .need = true),
                                              DOC_FIELD("warning", &text_null, .need = true) };
const struct shape cfg_shape_codes_status = SHAPE("BackupCodesStatus", status_fields);
static const struct shape device_status = { .kind = K_TEXT,
                                            .name = "DeviceStatusEnum",
                                            .values = (const char *const[]){ "pending", "active", "disabled", NULL } };
static const struct field device_fields[] = { DOC_FIELD("id", &uuid, .need = true),
                                              DOC_FIELD("name", &text, .need = true),
                                              DOC_FIELD("is_primary", &yes_no, .need = true),
                                              DOC_FIELD("status", &device_status, .need = true),
                                              DOC_FIELD("created_at", &time, .need = true),
                                              DOC_FIELD("confirmed_at", &time_null, .need = true),
                                              DOC_FIELD("last_used_at", &time_null, .need = true) };
static const struct shape device = SHAPE("DeviceList", device_fields);
static const struct shape devices = { .kind = K_ARRAY, .of = &device };
static const struct field device_list_fields[] = { DOC_FIELD("devices", &devices, .need = true), DOC_FIELD("has_2fa_enabled", &yes_no, .need = true) };
const struct shape cfg_shape_device_list = SHAPE("DeviceListResponse", device_list_fields);
static const struct field second_done_fields[] = { DOC_FIELD("message", &text, .need = true),       DOC_FIELD("access_token", &text, .need = true),
                                                   DOC_FIELD("refresh_token", &text, .need = true), DOC_FIELD("user", &cfg_shape_totp_user, .need = true),
                                                   DOC_FIELD("remaining_backup_codes", &whole),     DOC_FIELD("warning", &text) };
const struct shape cfg_shape_second_done = SHAPE("VerifyResponse", second_done_fields);

/* GitHub */
static const struct field oauth_error_fields[] = { DOC_FIELD("error", &text, .need = true), DOC_FIELD("error_description", &text) };
const struct shape cfg_shape_oauth_error = {
    .kind = K_OBJECT, .name = "OAuthError", .fields = oauth_error_fields, .n_fields = COUNT_OF(oauth_error_fields), .open = true
};
static const struct shape *const bad_oauth[] = { &cfg_shape_oauth_error, &cfg_shape_detail, NULL };
const struct shape cfg_shape_bad_oauth = { .kind = K_ONE_OF, .options = bad_oauth };
static const struct shape open_map = { .kind = K_OBJECT, .open = true };
static const struct shape open_map_null = { .kind = K_OBJECT, .open = true, .nullable = true };
static const struct shape open_maps = { .kind = K_ARRAY, .of = &open_map };
static const struct field providers_fields[] = { DOC_FIELD("providers", &open_maps, .need = true) };
const struct shape cfg_shape_providers = SHAPE("OAuthProvidersResponse", providers_fields);
static const struct field authorized_fields[] = { DOC_FIELD("authorization_url", &uri, .need = true), DOC_FIELD("state", &text, .need = true) };
const struct shape cfg_shape_authorized = SHAPE("OAuthAuthorizeResponse", authorized_fields);
static const struct field signed_in_fields[] = { DOC_FIELD("requires_2fa", &yes_no, .need = true),      DOC_FIELD("session_id", &uuid_null, .need = true),
                                                 DOC_FIELD("access", &text_null, .need = true),         DOC_FIELD("refresh", &text_null, .need = true),
                                                 DOC_FIELD("user", &open_map_null, .need = true),       DOC_FIELD("is_new_user", &yes_no, .need = true),
                                                 DOC_FIELD("is_new_connection", &yes_no, .need = true), DOC_FIELD("should_prompt_2fa", &yes_no, .need = true) };
const struct shape cfg_shape_signed_in = SHAPE("OAuthTokenResponse", signed_in_fields);
static const struct field connection_fields[] = { DOC_FIELD("id", &whole, .need = true),
                                                  DOC_FIELD("provider", &provider, .need = true),
                                                  DOC_FIELD("provider_display", &text, .need = true),
                                                  DOC_FIELD("provider_username", &text, .need = true),
                                                  DOC_FIELD("provider_email", &email, .need = true),
                                                  DOC_FIELD("provider_avatar_url", &uri, .need = true),
                                                  DOC_FIELD("connected_at", &time, .need = true),
                                                  DOC_FIELD("last_login_at", &time, .need = true) };
static const struct shape connection = SHAPE("OAuthConnection", connection_fields);
const struct shape cfg_shape_connections = { .kind = K_ARRAY, .name = "OAuthConnections", .of = &connection };
