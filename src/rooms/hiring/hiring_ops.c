/* rooms/hiring/hiring_ops.c: the operation table of the hiring API, in the order of its document. No logic. */
#include "rooms/hiring/hiring_int.h"

#define JSON "application/json"
#define E(status, doc)                            \
    {                                             \
        (status), JSON, &hiring_detail_shape, doc \
    }
#define BAD(doc) E(400, doc)
#define INVALID                                                                         \
    {                                                                                   \
        422, JSON, &hiring_problems_shape, "The request is not valid: every violation." \
    }
#define USER_ERRORS E(400, "Inactive user"), E(401, "Not authenticated, or the token is not good."), INVALID
#define KEY_ERRORS E(401, "Invalid or inactive API key"), E(429, "Too many requests; try again after Retry-After seconds."), INVALID
#define REPLIES(...)           \
    (const struct reply_doc[]) \
    {                          \
        __VA_ARGS__, { 0 }     \
    }

static const char *const forms[] = { "application/x-www-form-urlencoded", "multipart/form-data", NULL };
static const char *const event_types[] = { "application/webhook+json", NULL };
static const char *const interview_id[] = { "Id of the interview" }, *const key_id[] = { "Id of the key" };

/* clang-format off */
const struct op hiring_ops[] = {
    { .id = "register", .on = M_POST, .path = "/auth/register", .spec = "hiring 6.1", .tag = "Authentication", .summary = "Register a new user",
      .perm = PERM_PUBLIC, .body = &hiring_register_shape, .body_need = true, .input_late = true, .run = hiring_user_register,
      .replies = REPLIES({ 200, JSON, &hiring_user_shape, "Registered." }, BAD("Email already registered, or Username already taken"),
                         E(403, "Registration is disabled"), INVALID, E(429, "Too many requests")) },
    { .id = "login", .on = M_POST, .path = "/auth/login", .spec = "hiring 6.2", .tag = "Authentication", .summary = "Log in and get an access token",
      .perm = PERM_PUBLIC, .body = &hiring_login_shape, .body_types = forms, .body_need = true, .input_late = true, .run = hiring_user_login,
      .replies = REPLIES({ 200, JSON, &hiring_access_token_shape, "The token." }, BAD("Inactive user"), E(401, "Incorrect email or password"), INVALID,
                         E(429, "Too many requests")) },
    { .id = "logout", .on = M_POST, .path = "/auth/logout", .spec = "hiring 6.3", .tag = "Authentication", .summary = "End an access token",
      .perm = PERM_CALLER, .roles = hiring_even_inactive, .tx = TX_WRITE, .run = hiring_user_logout,
      .replies = REPLIES({ 200, JSON, &hiring_message_shape, "The token is dead." }, E(401, "Not authenticated, or the token is not good.")) },
    { .id = "authMe", .on = M_GET, .path = "/auth/me", .spec = "hiring 6.4", .tag = "Users", .summary = "The current user", .perm = PERM_CALLER,
      .quick = true, .run = hiring_user_me, .replies = REPLIES({ 200, JSON, &hiring_user_shape, NULL }, USER_ERRORS) },
    { .id = "usersMe", .on = M_GET, .path = "/users/me", .spec = "hiring 6.4", .tag = "Users", .summary = "The current user", .perm = PERM_CALLER,
      .quick = true, .run = hiring_user_me, .replies = REPLIES({ 200, JSON, &hiring_user_shape, NULL }, USER_ERRORS) },
    { .id = "updateMe", .on = M_PUT, .path = "/users/me", .spec = "hiring 6.5", .tag = "Users", .summary = "Change the current user",
      .perm = PERM_CALLER, .body = &hiring_me_body_shape, .body_need = true, .tx = TX_WRITE, .run = hiring_user_update,
      .replies = REPLIES({ 200, JSON, &hiring_user_shape, NULL }, USER_ERRORS) },
    { .id = "createApiKey", .on = M_POST, .path = "/api-keys/", .spec = "hiring 6.6", .tag = "API keys", .summary = "Create an API key",
      .perm = PERM_CALLER, .body = &hiring_key_name_shape, .body_need = true, .tx = TX_WRITE, .run = hiring_key_create,
      .replies = REPLIES({ 200, JSON, &hiring_new_key_shape, "The key and its secret." }, USER_ERRORS) },
    { .id = "listApiKeys", .on = M_GET, .path = "/api-keys/", .spec = "hiring 6.7", .tag = "API keys", .summary = "List the user's API keys",
      .perm = PERM_CALLER, .tx = TX_NONE, .run = hiring_key_list,
      .replies = REPLIES({ 200, JSON, &hiring_keys_shape, "Oldest first; X-Total-Count says how many there are." }, USER_ERRORS) },
    { .id = "deactivateApiKey", .on = M_DELETE, .path = "/api-keys/{key_id}", .spec = "hiring 6.8", .tag = "API keys",
      .summary = "Deactivate an API key", .perm = PERM_CALLER, .path_docs = key_id, .tx = TX_WRITE, .run = hiring_key_deactivate,
      .replies = REPLIES({ 200, JSON, &hiring_message_shape, "Deactivated." }, USER_ERRORS, E(404, "API key not found")) },
    { .id = "createInterview", .on = M_POST, .path = "/interviews/", .spec = "hiring 6.9", .tag = "Interviews", .summary = "Create an interview",
      .perm = PERM_CALLER, .query = &hiring_create_query_shape, .body = &hiring_create_shape, .body_need = true, .tx = TX_WRITE, .run = hiring_interview_create,
      .replies = REPLIES({ 200, JSON, &hiring_interview_shape, "Created." }, USER_ERRORS, E(409, "The Idempotency-Key was used with another body")) },
    { .id = "listInterviews", .on = M_GET, .path = "/interviews/", .spec = "hiring 6.10", .tag = "Interviews", .summary = "List the user's interviews",
      .perm = PERM_CALLER, .query = &hiring_list_query_shape, .tx = TX_READ, .run = hiring_interview_list,
      .replies = REPLIES({ 200, JSON, &hiring_interviews_shape, "Newest first; X-Total-Count says how many there are." },
                         E(400, "Inactive user, or the page is too large: more than 8 MiB of interview_config and overall_feedback"),
                         E(401, "Not authenticated, or the token is not good."), INVALID) },
    { .id = "getInterview", .on = M_GET, .path = "/interviews/{interview_id}", .spec = "hiring 6.11", .tag = "Interviews", .summary = "Get an interview",
      .perm = PERM_CALLER, .path_docs = interview_id, .query = &hiring_include_shape, .tx = TX_READ, .run = hiring_interview_get,
      .replies = REPLIES({ 200, JSON, &hiring_interview_shape, NULL }, USER_ERRORS, E(403, "Not enough permissions"), E(404, "Interview not found")) },
    { .id = "updateInterview", .on = M_PUT, .path = "/interviews/{interview_id}", .spec = "hiring 6.12", .tag = "Interviews",
      .summary = "Change an interview", .perm = PERM_CALLER, .path_docs = interview_id, .query = &hiring_update_query_shape, .body = &hiring_update_shape,
      .body_need = true, .tx = TX_WRITE, .run = hiring_interview_update,
      .replies = REPLIES({ 200, JSON, &hiring_interview_shape, NULL }, USER_ERRORS, E(403, "Not enough permissions"), E(404, "Interview not found"),
                         E(412, "The interview is not the one that If-Match names")) },
    { .id = "createToken", .on = M_POST, .path = "/interviews/{interview_id}/token", .spec = "hiring 6.13", .tag = "Interviews",
      .summary = "Get a LiveKit token for a participant", .perm = PERM_CALLER, .path_docs = interview_id, .query = &hiring_include_shape,
      .body = &hiring_token_body_shape, .quick_now = hiring_token_asks_nobody, .run = hiring_token_create, .record = hiring_token_record,
      .replies = REPLIES({ 200, JSON, &hiring_token_shape, "The token." }, USER_ERRORS, E(403, "Not enough permissions"), E(404, "Interview not found"),
                         E(409, "Interview is cancelled"), E(503, "LiveKit is not configured")) },
    { .id = "createInterviewByKey", .on = M_POST, .path = "/interviews/api/create", .spec = "hiring 6.14", .tag = "Integrations",
      .summary = "Create an interview by API key", .perm = PERM_CALLER, .roles = hiring_by_key, .query = &hiring_create_query_shape, .body = &hiring_create_shape,
      .body_need = true, .tx = TX_WRITE, .run = hiring_interview_create,
      .replies = REPLIES({ 200, JSON, &hiring_interview_shape, "Created." }, KEY_ERRORS, E(409, "The Idempotency-Key was used with another body")) },
    { .id = "createTokenByKey", .on = M_POST, .path = "/interviews/api/{interview_id}/token", .spec = "hiring 6.15", .tag = "Integrations",
      .summary = "Get a LiveKit token for the candidate by API key", .perm = PERM_CALLER, .roles = hiring_by_key, .path_docs = interview_id,
      .query = &hiring_include_shape, .body = &hiring_key_token_body_shape, .quick_now = hiring_token_asks_nobody, .run = hiring_token_create, .record = hiring_token_record,
      .replies = REPLIES({ 200, JSON, &hiring_token_shape, "The token." }, KEY_ERRORS, E(404, "Interview not found"), E(409, "Interview is cancelled"),
                         E(503, "LiveKit is not configured")) },
    { .id = "livekitWebhook", .on = M_POST, .path = "/livekit/webhook", .spec = "hiring 5.3", .tag = "LiveKit", .summary = "Take an event of LiveKit",
      .perm = PERM_PUBLIC, .body = &hiring_event_shape, .body_types = event_types, .body_need = true, .input_late = true, .run = hiring_webhook,
      .replies = REPLIES({ 200, JSON, &hiring_message_shape, "Taken." }, BAD("Malformed event"), E(401, "The signature is not good."),
                         E(404, "Events are not taken.")) },
    { 0 },
};
/* clang-format on */
