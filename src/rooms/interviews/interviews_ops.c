/* rooms/interviews/interviews_ops.c: the operation table of the docassemble API, as far as it is built. No logic. */
#include "rooms/interviews/interviews_int.h"

/* Errors are texts; in the reference's dialect JSON strings. */
#define BAD     { 400, "text/plain", &shape_error, "Bad request." }, { 400, "application/json", &shape_error, NULL }
#define DENIED  { 403, "text/plain", &shape_error, "Access denied." }, { 403, "application/json", &shape_error, NULL }
#define OBJECT_ANSWER(doc) { 200, "application/json", &shape_object_open, doc }
/* What an interview answers by itself (response() and its kin): any type, any bytes. */
#define OWN_ANSWER { 200, "*/*", NULL, "The interview's own response." }
#define END { 0 }
#define REPLIES(...) (const struct reply_doc[]){ __VA_ARGS__, END }

/* Session lists: one way to list, one to remove, over all, all users', the caller's and a user's. */
#define LISTED REPLIES({ 200, "application/json", &shape_session_list, "A page of interview sessions." }, BAD, DENIED)
#define REMOVED REPLIES({ 204, NULL, NULL, "Sessions deleted." }, BAD, DENIED)
static const char *const overseers[] = { "admin", "advocate", NULL };
static const char *const access_sessions[] = { "access_sessions", NULL };

static const struct shape secret_text = { .kind = K_TEXT };

const struct op interviews_ops[] = {
    { .id = "newSession", .on = M_GET, .path = "/api/session/new", .spec = "docassemble-api 12.1", .tag = "Sessions",
      .summary = "Start a new interview session", .perm = PERM_CALLER, .query = &shape_new_params, .tx = TX_NONE, .run = session_new,
      .replies = REPLIES({ 200, "application/json", &shape_session_started, "New session created." }, BAD, DENIED) },
    { .id = "getSessionQuestion", .on = M_GET, .path = "/api/session/question", .spec = "docassemble-api 12.2", .tag = "Sessions",
      .summary = "Get the current question", .perm = PERM_CALLER, .query = &shape_session_params, .tx = TX_NONE, .run = session_question,
      .replies = REPLIES(OBJECT_ANSWER("The question object."), OWN_ANSWER, BAD, DENIED) },
    { .id = "getSessionVariables", .on = M_GET, .path = "/api/session", .spec = "docassemble-api 12.3", .tag = "Sessions",
      .summary = "Get all variables", .perm = PERM_CALLER, .query = &shape_session_params, .tx = TX_NONE, .run = session_variables,
      .replies = REPLIES(OBJECT_ANSWER("Variable names and values."), BAD, DENIED) },
    { .id = "setSessionVariables", .on = M_POST, .path = "/api/session", .spec = "docassemble-api 12.4", .tag = "Sessions",
      .summary = "Set variables", .perm = PERM_CALLER, .body = &shape_set_body, .body_docs = set_bodies, .body_need = true, .tx = TX_NONE,
      .run = session_set,
      .replies = REPLIES(OBJECT_ANSWER("The next question."), OWN_ANSWER, { 204, NULL, NULL, "Variables set, no question wanted." }, BAD, DENIED) },
    { .id = "deleteSession", .on = M_DELETE, .path = "/api/session", .spec = "docassemble-api 12.5", .tag = "Sessions",
      .summary = "Delete an interview session", .perm = PERM_CALLER, .query = &shape_delete_params, .tx = TX_WRITE, .run = session_delete,
      .replies = REPLIES({ 204, NULL, NULL, "Session deleted." }, BAD, DENIED) },
    { .id = "sessionBack", .on = M_POST, .path = "/api/session/back", .spec = "docassemble-api 12.7", .tag = "Sessions",
      .summary = "Go back one step", .perm = PERM_CALLER, .body = &shape_back_body, .body_docs = back_bodies, .body_need = true, .tx = TX_NONE,
      .run = session_back,
      .replies = REPLIES(OBJECT_ANSWER("The question of the step before."), OWN_ANSWER, { 204, NULL, NULL, "Went back." }, BAD, DENIED) },
    { .id = "runSessionAction", .on = M_POST, .path = "/api/session/action", .spec = "docassemble-api 12.6", .tag = "Sessions",
      .summary = "Run an action", .perm = PERM_CALLER, .body = &shape_action_body, .body_docs = action_bodies, .body_need = true, .tx = TX_NONE,
      .run = session_action,
      .replies = REPLIES(OBJECT_ANSWER("The action's response."), OWN_ANSWER, { 204, NULL, NULL, "Done, no response." }, BAD, DENIED) },
    { .id = "listInterviews", .on = M_GET, .path = "/api/list", .spec = "docassemble-api 13.1", .tag = "Interviews",
      .summary = "Advertised interviews", .perm = PERM_CALLER, .query = &shape_list_params, .tx = TX_NONE, .run = list_interviews,
      .replies = REPLIES({ 200, "application/json", &shape_interview_list, "Interviews of the directive dispatch." }, DENIED) },
    { .id = "getSecret", .on = M_GET, .path = "/api/secret", .spec = "docassemble-api 11.1", .tag = "Sessions",
      .summary = "A user's decryption secret", .perm = PERM_CALLER, .query = &shape_secret_params, .tx = TX_NONE, .run = get_secret,
      .replies = REPLIES({ 200, "application/json", &secret_text, "The secret." }, BAD, DENIED) },
    { .id = "getCurrentUser", .on = M_GET, .path = "/api/user", .spec = "docassemble-api 9.5", .tag = "Users",
      .summary = "The owner of the API key", .perm = PERM_CALLER, .tx = TX_READ, .run = get_user,
      .replies = REPLIES({ 200, "application/json", &shape_user_info, "User information." }, BAD, DENIED,
                         { 404, "text/plain", &shape_error, "User not found." }) },
    { .id = "listAllInterviews", .on = M_GET, .path = "/api/interviews", .spec = "docassemble-api 13.3", .tag = "Interviews",
      .summary = "List interview sessions on the system", .perm = PERM_GATE, .roles = overseers, .perms = access_sessions,
      .query = &shape_sessions_params, .tx = TX_NONE, .run = list_all, .replies = LISTED },
    { .id = "deleteAllInterviews", .on = M_DELETE, .path = "/api/interviews", .spec = "docassemble-api 13.3", .tag = "Interviews",
      .summary = "Delete interview sessions on the system", .perm = PERM_GATE, .roles = overseers, .perms = access_sessions,
      .query = &shape_sessions_gone_params, .tx = TX_NONE, .run = delete_all, .replies = REMOVED },
    { .id = "listUsersInterviews", .on = M_GET, .path = "/api/users/interviews", .spec = "docassemble-api 13.4", .tag = "Interviews",
      .summary = "List interview sessions across all users", .perm = PERM_GATE, .roles = overseers, .perms = access_sessions,
      .query = &shape_users_sessions_params, .tx = TX_NONE, .run = list_users, .replies = LISTED },
    { .id = "deleteUsersInterviews", .on = M_DELETE, .path = "/api/users/interviews", .spec = "docassemble-api 13.4", .tag = "Interviews",
      .summary = "Delete interview sessions across all users", .perm = PERM_GATE, .roles = overseers, .perms = access_sessions,
      .query = &shape_users_sessions_gone_params, .tx = TX_NONE, .run = delete_users, .replies = REMOVED },
    { .id = "listCurrentUserInterviews", .on = M_GET, .path = "/api/user/interviews", .spec = "docassemble-api 13.5", .tag = "Interviews",
      .summary = "List the caller's interview sessions", .perm = PERM_CALLER, .query = &shape_sessions_params, .tx = TX_NONE, .run = list_own,
      .replies = LISTED },
    { .id = "deleteCurrentUserInterviews", .on = M_DELETE, .path = "/api/user/interviews", .spec = "docassemble-api 13.5", .tag = "Interviews",
      .summary = "Delete the caller's interview sessions", .perm = PERM_CALLER, .query = &shape_sessions_gone_params, .tx = TX_NONE,
      .run = delete_own, .replies = REMOVED },
    { .id = "listUserInterviewsById", .on = M_GET, .path = "/api/user/{user_id:int}/interviews", .spec = "docassemble-api 13.5",
      .tag = "Interviews", .summary = "List a user's interview sessions", .perm = PERM_CALLER, .query = &shape_sessions_params, .tx = TX_NONE,
      .run = list_by_id, .replies = LISTED },
    { .id = "deleteUserInterviewsById", .on = M_DELETE, .path = "/api/user/{user_id:int}/interviews", .spec = "docassemble-api 13.5",
      .tag = "Interviews", .summary = "Delete a user's interview sessions", .perm = PERM_CALLER, .query = &shape_sessions_gone_params,
      .tx = TX_NONE, .run = delete_by_id, .replies = REMOVED },
    { 0 },
};
