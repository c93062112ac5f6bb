/* rooms/hiring/hiring_shapes.c: bodies, parameters and replies: tables, no logic. Limits and order of report stand here. */
#include "rooms/hiring/hiring_int.h"

#define TEXT(low, high)                                              \
    {                                                                \
        .kind = K_TEXT, .limited = true, .min = (low), .max = (high) \
    }
static const struct shape title = TEXT(1, 255);
static const struct shape text_null = { .kind = K_TEXT, .nullable = true };
static const struct shape time_null = { .kind = K_TEXT, .format = "date-time", .nullable = true };
static const struct shape name_null = { .kind = K_TEXT, .nullable = true, .limited = true, .max = 255 };
static const struct shape flag_null = { .kind = K_BOOL, .nullable = true };
static const struct shape email = { .kind = K_TEXT, .format = "email", .limited = true, .max = 255, .judge = hiring_judge_email };
static const struct shape username = { .kind = K_TEXT, .limited = true, .min = 1, .max = 150, .judge = hiring_judge_username };
static const struct shape new_password = {
    .kind = K_TEXT, .format = "password", .limited = true, .min = 8, .max = 128, .secret = true, .judge = hiring_judge_password
};
static const struct shape password = { .kind = K_TEXT, .format = "password", .secret = true };
static const struct shape secret = { .kind = K_TEXT, .nullable = true, .secret = true };
static const char *const grant_types[] = { "password", NULL };
static const struct shape grant_type = { .kind = K_TEXT, .pattern = "^password$", .values = grant_types };
static const struct shape status = { .kind = K_TEXT, .values = hiring_statuses };
static const struct shape score = { .kind = K_NUM, .limited = true, .min = 0, .max = 100 };
static const struct shape config = { .kind = K_OBJECT, .open = true, .nullable = true, .judge = hiring_judge_config };
static const struct shape feedback = { .kind = K_TEXT, .nullable = true, .limited = true, .max = FEEDBACK_MAX, .judge = hiring_judge_feedback };
static const char *const room_states[] = { "pending", "created", "failed", "unconfigured", NULL };
static const struct shape room_state = { .kind = K_TEXT, .values = room_states };
static const struct shape skip = { .kind = K_INT, .limited = true, .max = INT64_MAX, .preset = "0" };
static const struct shape limit = { .kind = K_INT, .limited = true, .max = INT64_MAX, .preset = "100" };
static const struct shape include = { .kind = K_TEXT, .example = "details" };
static const struct shape idempotency = TEXT(0, 128);
static const char *const bearer[] = { "bearer", NULL };
static const struct shape token_type = { .kind = K_TEXT, .values = bearer };

/* Bodies */

static const struct field register_fields[] = {
    FIELD(struct register_body, email, "email", &email, .need = true),
    FIELD(struct register_body, username, "username", &username, .need = true),
    FIELD(struct register_body, full_name, "full_name", &name_null),
    FIELD(struct register_body, password, "password", &new_password, .need = true),
};
const struct shape hiring_register_shape = OBJECT(struct register_body, "Register", register_fields);

static const struct field login_fields[] = {
    FIELD(struct login_body, grant_type, "grant_type", &grant_type),
    FIELD(struct login_body, username, "username", &shape_text, .need = true, .doc = "The e-mail address, or else the username."),
    FIELD(struct login_body, password, "password", &password, .need = true),
    FIELD(struct login_body, scope, "scope", &shape_text),
    FIELD(struct login_body, client_id, "client_id", &shape_text),
    FIELD(struct login_body, client_secret, "client_secret", &secret),
};
const struct shape hiring_login_shape = OBJECT(struct login_body, "Login", login_fields);

static const struct field me_fields[] = {
    FIELD(struct me_body, full_name, "full_name", &name_null, .given = offsetof(struct me_body, full_name_given)),
    FIELD(struct me_body, is_active, "is_active", &flag_null, .doc = "Heeded for superusers only."),
};
const struct shape hiring_me_body_shape = OBJECT(struct me_body, "UserUpdate", me_fields);

static const struct field key_name_fields[] = { FIELD(struct key_body, name, "name", &title, .need = true) };
const struct shape hiring_key_name_shape = OBJECT(struct key_body, "ApiKeyName", key_name_fields);

static const struct field create_fields[] = {
    FIELD(struct create_body, title, "title", &title, .need = true),
    FIELD(struct create_body, candidate_name, "candidate_name", &title, .need = true),
    FIELD(struct create_body, candidate_email, "candidate_email", &email, .need = true),
    FIELD(struct create_body, position, "position", &title, .need = true),
    FIELD(struct create_body, interview_config, "interview_config", &config),
    FIELD(struct create_body, scheduled_at, "scheduled_at", &time_null, .given = offsetof(struct create_body, scheduled_given)),
};
const struct shape hiring_create_shape = OBJECT(struct create_body, "InterviewCreate", create_fields);

static const struct field update_fields[] = {
    FIELD(struct update_body, title, "title", &title),
    FIELD(struct update_body, candidate_name, "candidate_name", &title),
    FIELD(struct update_body, candidate_email, "candidate_email", &email),
    FIELD(struct update_body, position, "position", &title),
    FIELD(struct update_body, interview_config, "interview_config", &config),
    FIELD(struct update_body, scheduled_at, "scheduled_at", &time_null, .given = offsetof(struct update_body, scheduled_given)),
    FIELD(struct update_body, status, "status", &status),
    FIELD(struct update_body, technical_score, "technical_score", &score, .given = offsetof(struct update_body, technical_given)),
    FIELD(struct update_body, behavioral_score, "behavioral_score", &score, .given = offsetof(struct update_body, behavioral_given)),
    FIELD(struct update_body, overall_feedback, "overall_feedback", &feedback, .given = offsetof(struct update_body, feedback_given)),
};
const struct shape hiring_update_shape = OBJECT(struct update_body, "InterviewUpdate", update_fields);

static const struct shape participant = { .kind = K_TEXT, .nullable = true, .limited = true, .max = 255 };
static const struct shape role = { .kind = K_TEXT, .values = hiring_roles };
static const struct field token_body_fields[] = {
    FIELD(struct token_body, role, "role", &role, .doc = "Who is to join; without it the candidate."),
    FIELD(struct token_body, participant_name, "participant_name", &participant),
};
const struct shape hiring_token_body_shape = OBJECT(struct token_body, "TokenOptions", token_body_fields);

/* A key makes candidates only, whatever role is asked for. */
static const struct field key_token_body_fields[] = { FIELD(struct token_body, participant_name, "participant_name", &participant) };
const struct shape hiring_key_token_body_shape = OBJECT(struct token_body, "CandidateTokenOptions", key_token_body_fields);

static const struct field event_fields[] = {
    DOC_FIELD("event", &shape_text, .need = true),
    DOC_FIELD("id", &shape_text, .need = true),
    DOC_FIELD("createdAt", &shape_any),
    DOC_FIELD("room", &shape_object),
    DOC_FIELD("participant", &shape_object),
};
const struct shape hiring_event_shape = { .kind = K_OBJECT, .name = "LiveKitEvent", .open = true, .fields = event_fields, .n_fields = COUNT_OF(event_fields) };

/* Parameters */

#define INCLUDE(S) FIELD(S, include, "include", &include, .in = IN_QUERY, .doc = "details: members beyond the basic ones.")
static const struct field include_fields[] = { INCLUDE(struct include_query) };
const struct shape hiring_include_shape = OBJECT(struct include_query, NULL, include_fields);

static const struct field create_query_fields[] = {
    INCLUDE(struct include_query),
    FIELD(struct include_query, idempotency_key, "Idempotency-Key", &idempotency, .in = IN_HEADER,
          .doc = "A repeat with the same body within 24 hours has the first answer."),
};
const struct shape hiring_create_query_shape = OBJECT(struct include_query, NULL, create_query_fields);

static const struct field update_query_fields[] = {
    INCLUDE(struct include_query),
    FIELD(struct include_query, if_match, "If-Match", &shape_text, .in = IN_HEADER, .doc = "The ETag of the interview that is meant."),
};
const struct shape hiring_update_query_shape = OBJECT(struct include_query, NULL, update_query_fields);

static const struct field list_query_fields[] = {
    FIELD(struct list_query, skip, "skip", &skip, .given = offsetof(struct list_query, skip_given), .in = IN_QUERY),
    FIELD(struct list_query, limit, "limit", &limit, .given = offsetof(struct list_query, limit_given), .in = IN_QUERY,
          .doc = "Above 1000 it is read as 1000."),
    FIELD(struct list_query, status, "status", &status, .in = IN_QUERY),
    FIELD(struct list_query, all, "all", &shape_bool, .in = IN_QUERY, .doc = "Those of all users; heeded for superusers only."),
    INCLUDE(struct list_query),
};
const struct shape hiring_list_query_shape = OBJECT(struct list_query, NULL, list_query_fields);

/* Replies */

static const struct field message_fields[] = { FIELD(struct message, message, "message", &shape_text, .need = true) };
const struct shape hiring_message_shape = OBJECT(struct message, "Message", message_fields);

static const struct field access_token_fields[] = {
    FIELD(struct access_reply, access_token, "access_token", &shape_text, .need = true),
    FIELD(struct access_reply, token_type, "token_type", &token_type, .need = true),
};
const struct shape hiring_access_token_shape = OBJECT(struct access_reply, "AccessToken", access_token_fields);

static const struct field user_fields[] = {
    FIELD(struct user_reply, id, "id", &shape_uuid, .need = true),
    FIELD(struct user_reply, email, "email", &shape_text, .need = true),
    FIELD(struct user_reply, username, "username", &shape_text, .need = true),
    FIELD(struct user_reply, full_name, "full_name", &text_null, .need = true),
    FIELD(struct user_reply, is_active, "is_active", &shape_bool, .need = true),
    FIELD(struct user_reply, is_superuser, "is_superuser", &shape_bool, .need = true),
    FIELD(struct user_reply, created_at, "created_at", &shape_datetime, .need = true),
};
const struct shape hiring_user_shape = OBJECT(struct user_reply, "User", user_fields);

static const struct field new_key_fields[] = {
    FIELD(struct key_reply, id, "id", &shape_uuid, .need = true),
    FIELD(struct key_reply, name, "name", &shape_text, .need = true),
    FIELD(struct key_reply, key, "key", &shape_text, .need = true),
    FIELD(struct key_reply, secret, "secret", &shape_text, .need = true, .doc = "Shown here and never again."),
    FIELD(struct key_reply, is_active, "is_active", &shape_bool, .need = true),
    FIELD(struct key_reply, usage_count, "usage_count", &shape_int, .need = true),
    FIELD(struct key_reply, created_at, "created_at", &shape_datetime, .need = true),
    FIELD(struct key_reply, last_used_at, "last_used_at", &time_null, .need = true),
};
const struct shape hiring_new_key_shape = OBJECT(struct key_reply, "NewApiKey", new_key_fields);

static const struct field key_fields[] = {
    FIELD(struct key_reply, id, "id", &shape_uuid, .need = true),
    FIELD(struct key_reply, name, "name", &shape_text, .need = true),
    FIELD(struct key_reply, key, "key", &shape_text, .need = true),
    FIELD(struct key_reply, is_active, "is_active", &shape_bool, .need = true),
    FIELD(struct key_reply, usage_count, "usage_count", &shape_int, .need = true),
    FIELD(struct key_reply, created_at, "created_at", &shape_datetime, .need = true),
    FIELD(struct key_reply, last_used_at, "last_used_at", &time_null, .need = true),
};
const struct shape hiring_key_shape = OBJECT(struct key_reply, "ApiKey", key_fields);
const struct shape hiring_keys_shape = { .kind = K_ARRAY, .of = &hiring_key_shape };

#define BASIC                                                                                                                                       \
    FIELD(struct interview, id, "id", &shape_uuid, .need = true), FIELD(struct interview, title, "title", &shape_text, .need = true),               \
        FIELD(struct interview, candidate_name, "candidate_name", &shape_text, .need = true),                                                       \
        FIELD(struct interview, candidate_email, "candidate_email", &shape_text, .need = true),                                                     \
        FIELD(struct interview, position, "position", &shape_text, .need = true), FIELD(struct interview, status, "status", &status, .need = true), \
        FIELD(struct interview, room_name, "room_name", &shape_text, .need = true),                                                                 \
        FIELD(struct interview, technical_score, "technical_score", &shape_num, .need = true),                                                      \
        FIELD(struct interview, behavioral_score, "behavioral_score", &shape_num, .need = true),                                                    \
        FIELD(struct interview, created_at, "created_at", &shape_datetime, .need = true),                                                           \
        FIELD(struct interview, creator_id, "creator_id", &shape_uuid, .need = true)

static const struct field interview_fields[] = {
    BASIC,
    DOC_FIELD("scheduled_at", &time_null, .doc = "This and what follows: with include=details."),
    DOC_FIELD("interview_config", &config),
    DOC_FIELD("overall_feedback", &text_null),
    DOC_FIELD("started_at", &time_null),
    DOC_FIELD("ended_at", &time_null),
    DOC_FIELD("updated_at", &shape_datetime),
    DOC_FIELD("room_state", &room_state),
};
const struct shape hiring_interview_shape = OBJECT(struct interview, "Interview", interview_fields);
const struct shape hiring_interviews_shape = { .kind = K_ARRAY, .of = &hiring_interview_shape };

/* How it is written with include=details; documented by the one above. */
static const struct field details_fields[] = {
    BASIC,
    FIELD(struct interview, scheduled_at, "scheduled_at", &time_null, .need = true),
    FIELD(struct interview, interview_config, "interview_config", &config, .need = true),
    FIELD(struct interview, overall_feedback, "overall_feedback", &text_null, .need = true),
    FIELD(struct interview, started_at, "started_at", &time_null, .need = true),
    FIELD(struct interview, ended_at, "ended_at", &time_null, .need = true),
    FIELD(struct interview, updated_at, "updated_at", &shape_datetime, .need = true),
    FIELD(struct interview, room_state, "room_state", &room_state, .need = true),
};
const struct shape hiring_interview_details_shape = OBJECT(struct interview, NULL, details_fields);
const struct shape hiring_interviews_details_shape = { .kind = K_ARRAY, .of = &hiring_interview_details_shape };

#define TOKEN                                                                                                                                           \
    FIELD(struct token_reply, token, "token", &shape_text, .need = true), FIELD(struct token_reply, room_name, "room_name", &shape_text, .need = true), \
        FIELD(struct token_reply, participant_name, "participant_name", &shape_text, .need = true)

static const struct field token_fields[] = {
    TOKEN,
    DOC_FIELD("identity", &shape_text, .doc = "This and what follows: with include=details."),
    DOC_FIELD("server_url", &text_null),
    DOC_FIELD("expires_at", &shape_datetime),
};
const struct shape hiring_token_shape = OBJECT(struct token_reply, "RoomToken", token_fields);

static const struct field token_details_fields[] = {
    TOKEN,
    FIELD(struct token_reply, identity, "identity", &shape_text, .need = true),
    FIELD(struct token_reply, server_url, "server_url", &text_null, .need = true),
    FIELD(struct token_reply, expires_at, "expires_at", &shape_datetime, .need = true),
};
const struct shape hiring_token_details_shape = OBJECT(struct token_reply, NULL, token_details_fields);

/* Errors */

static const struct field detail_fields[] = { DOC_FIELD("detail", &shape_text, .need = true) };
const struct shape hiring_detail_shape = { .kind = K_OBJECT, .name = "Detail", .fields = detail_fields, .n_fields = COUNT_OF(detail_fields) };

static const struct shape *const loc_options[] = { &shape_text, &shape_int, NULL };
static const struct shape loc_part = { .kind = K_ONE_OF, .options = loc_options };
static const struct shape loc = { .kind = K_ARRAY, .of = &loc_part };
static const struct field problem_fields[] = {
    DOC_FIELD("type", &shape_text, .need = true),
    DOC_FIELD("loc", &loc, .need = true),
    DOC_FIELD("msg", &shape_text, .need = true),
    DOC_FIELD("input", &shape_any),
    DOC_FIELD("ctx", &shape_object),
};
static const struct shape problem = { .kind = K_OBJECT, .name = "Problem", .fields = problem_fields, .n_fields = COUNT_OF(problem_fields) };
static const struct shape problems = { .kind = K_ARRAY, .of = &problem };
static const struct field problems_fields[] = { DOC_FIELD("detail", &problems, .need = true) };
const struct shape hiring_problems_shape = { .kind = K_OBJECT, .name = "Problems", .fields = problems_fields, .n_fields = COUNT_OF(problems_fields) };
