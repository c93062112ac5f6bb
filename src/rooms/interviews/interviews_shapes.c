/* rooms/interviews/interviews_shapes.c: bodies, parameters and replies of the room's operations, as tables. */
#include "rooms/interviews/interviews_int.h"

static const struct shape bit = { .kind = K_INT, .values = (const char *const[]){ "0", "1", NULL } };
static const struct shape whole = { .kind = K_INT };
static const struct shape text = { .kind = K_TEXT };
static const struct shape address = { .kind = K_TEXT, .format = "email" };
static const struct shape json_text = { .kind = K_TEXT, .doc = "JSON text" };
static const struct shape texts = { .kind = K_ARRAY, .of = &text };
static const struct shape text_map = { .kind = K_MAP, .of = &text };
const struct shape shape_object_open = { .kind = K_OBJECT, .open = true };
const struct shape shape_error = { .kind = K_TEXT, .name = "ErrorResponse", .doc = "What is wrong, as plain text." };

static const struct field new_fields[] = {
    FIELD(struct new_params, i, "i", &text, .need = true, .in = IN_QUERY, .doc = "Interview file name"),
    FIELD(struct new_params, secret, "secret", &text, .in = IN_QUERY, .doc = "16, 24 or 32 bytes; made and returned if absent"),
};
const struct shape shape_new_params = OBJECT(struct new_params, NULL, new_fields);

static const struct field session_fields[] = {
    FIELD(struct session_params, i, "i", &text, .need = true, .in = IN_QUERY),
    FIELD(struct session_params, session, "session", &text, .need = true, .in = IN_QUERY),
    FIELD(struct session_params, secret, "secret", &text, .in = IN_QUERY),
};
const struct shape shape_session_params = OBJECT(struct session_params, NULL, session_fields);
static const struct field delete_fields[] = {
    FIELD(struct session_params, i, "i", &text, .need = true, .in = IN_QUERY),
    FIELD(struct session_params, session, "session", &text, .need = true, .in = IN_QUERY),
};
const struct shape shape_delete_params = OBJECT(struct session_params, NULL, delete_fields);

/* POST /api/session: read once for all media types, documented once for each. */
static const struct field set_fields[] = {
    FIELD(struct set_body, i, "i", &text, .need = true),
    FIELD(struct set_body, session, "session", &text, .need = true),
    FIELD(struct set_body, secret, "secret", &text),
    FIELD(struct set_body, variables, "variables", &shape_object_open, .doc = "Name to value"),
    FIELD(struct set_body, raw, "raw", &bit, .doc = "0: no conversion of dates and objects"),
    FIELD(struct set_body, question_name, "question_name", &text, .doc = "Marks that question as answered, if it is mandatory"),
    FIELD(struct set_body, question, "question", &bit, .doc = "0: no evaluation, answer 204"),
    FIELD(struct set_body, advance, "advance_progress_meter", &bit),
    FIELD(struct set_body, overwrite, "overwrite", &bit, .doc = "1: replace the last step"),
    FIELD(struct set_body, delete_variables, "delete_variables", &texts),
    FIELD(struct set_body, file_variables, "file_variables", &text_map, .doc = "Upload field to variable name"),
    FIELD(struct set_body, event_list, "event_list", &texts),
};
const struct shape shape_set_body = OBJECT(struct set_body, "SessionPostBody", set_fields);
static const struct field set_form_fields[] = {
    DOC_FIELD("i", &text, .need = true),
    DOC_FIELD("session", &text, .need = true),
    DOC_FIELD("secret", &text),
    DOC_FIELD("variables", &json_text),
    DOC_FIELD("raw", &bit),
    DOC_FIELD("question_name", &text),
    DOC_FIELD("question", &bit),
    DOC_FIELD("advance_progress_meter", &bit),
    DOC_FIELD("overwrite", &bit),
    DOC_FIELD("delete_variables", &json_text),
    DOC_FIELD("file_variables", &json_text),
    DOC_FIELD("event_list", &json_text),
};
static const struct shape set_form = { .kind = K_OBJECT, .name = "SessionPostBodyForm", .fields = set_form_fields, .n_fields = COUNT_OF(set_form_fields) };
static const struct shape set_multipart = { .kind = K_OBJECT,
                                            .name = "SessionPostBodyMultipart",
                                            .fields = set_form_fields,
                                            .n_fields = COUNT_OF(set_form_fields),
                                            .open = true,
                                            .doc = "Any further part with a file name is an upload." };
const struct body_doc set_bodies[] = {
    { "application/json", &shape_set_body },
    { "application/x-www-form-urlencoded", &set_form },
    { "multipart/form-data", &set_multipart },
    { 0 },
};

static const struct field back_fields[] = {
    FIELD(struct back_body, i, "i", &text, .need = true),
    FIELD(struct back_body, session, "session", &text, .need = true),
    FIELD(struct back_body, secret, "secret", &text),
    FIELD(struct back_body, question, "question", &bit),
};
const struct shape shape_back_body = OBJECT(struct back_body, NULL, back_fields);
static const struct field back_form_fields[] = {
    DOC_FIELD("i", &text, .need = true),
    DOC_FIELD("session", &text, .need = true),
    DOC_FIELD("secret", &text),
    DOC_FIELD("question", &whole),
};
static const struct shape back_form = { .kind = K_OBJECT, .fields = back_form_fields, .n_fields = COUNT_OF(back_form_fields) };
const struct body_doc back_bodies[] = { { "application/json", &shape_back_body }, { "application/x-www-form-urlencoded", &back_form }, { 0 } };

static const struct field action_fields[] = {
    FIELD(struct action_body, i, "i", &text, .need = true),
    FIELD(struct action_body, session, "session", &text, .need = true),
    FIELD(struct action_body, secret, "secret", &text),
    FIELD(struct action_body, action, "action", &text, .need = true),
    FIELD(struct action_body, arguments, "arguments", &shape_object_open),
    FIELD(struct action_body, persistent, "persistent", &bit),
    FIELD(struct action_body, overwrite, "overwrite", &bit),
    FIELD(struct action_body, read_only, "read_only", &bit),
};
const struct shape shape_action_body = OBJECT(struct action_body, NULL, action_fields);
static const struct field action_form_fields[] = {
    DOC_FIELD("i", &text, .need = true), DOC_FIELD("session", &text, .need = true), DOC_FIELD("secret", &text),     DOC_FIELD("action", &text, .need = true),
    DOC_FIELD("arguments", &json_text),  DOC_FIELD("persistent", &whole),           DOC_FIELD("overwrite", &whole), DOC_FIELD("read_only", &whole),
};
static const struct shape action_form = { .kind = K_OBJECT, .fields = action_form_fields, .n_fields = COUNT_OF(action_form_fields) };
const struct body_doc action_bodies[] = { { "application/json", &shape_action_body }, { "application/x-www-form-urlencoded", &action_form }, { 0 } };

static const struct field list_fields[] = {
    FIELD(struct list_params, tag, "tag", &text, .in = IN_QUERY),
    FIELD(struct list_params, absolute_urls, "absolute_urls", &bit, .in = IN_QUERY),
};
const struct shape shape_list_params = OBJECT(struct list_params, NULL, list_fields);
static const struct field data_params_fields[] = {
    FIELD(struct data_params, i, "i", &text, .need = true, .in = IN_QUERY, .doc = "Interview file name"),
};
const struct shape shape_data_params = OBJECT(struct data_params, NULL, data_params_fields);
static const struct field data_fields[] = { DOC_FIELD("names", &shape_object_open, .need = true), DOC_FIELD("vocabulary", &texts, .need = true) };
const struct shape shape_interview_data = { .kind = K_OBJECT, .fields = data_fields, .n_fields = COUNT_OF(data_fields) };
static const struct field secret_fields[] = {
    FIELD(struct secret_params, username, "username", &address, .need = true, .in = IN_QUERY),
    FIELD(struct secret_params, password, "password", &text, .need = true, .in = IN_QUERY),
};
const struct shape shape_secret_params = OBJECT(struct secret_params, NULL, secret_fields);

/* Session lists, api 13.2: one struct for all of them, a table for each that has other parameters. */
#define WHICH                                                                                                                                 \
    FIELD(struct sessions_params, i, "i", &text, .in = IN_QUERY, .doc = "Interview file name"),                                               \
        FIELD(struct sessions_params, session, "session", &text, .in = IN_QUERY),                                                             \
        FIELD(struct sessions_params, query, "query", &text, .in = IN_QUERY, .doc = "Condition, such as DA.Sessions.modtime > '2026-01-01'"), \
        FIELD(struct sessions_params, tag, "tag", &text, .in = IN_QUERY)
#define WHAT                                                                                                                   \
    FIELD(struct sessions_params, secret, "secret", &text, .in = IN_QUERY, .doc = "Opens the answers for include_dictionary"), \
        FIELD(struct sessions_params, include_dictionary, "include_dictionary", &bit, .in = IN_QUERY),                         \
        FIELD(struct sessions_params, next_id, "next_id", &text, .in = IN_QUERY, .doc = "Of the page before")
#define WHOSE FIELD(struct sessions_params, user_id, "user_id", &whole, .in = IN_QUERY)
static const struct field sessions_fields[] = { WHICH, WHAT };
static const struct field users_sessions_fields[] = { WHOSE, WHICH, WHAT };
static const struct field sessions_gone_fields[] = { WHICH };
static const struct field users_sessions_gone_fields[] = { WHOSE, WHICH };
const struct shape shape_sessions_params = OBJECT(struct sessions_params, NULL, sessions_fields);
const struct shape shape_users_sessions_params = OBJECT(struct sessions_params, NULL, users_sessions_fields);
const struct shape shape_sessions_gone_params = OBJECT(struct sessions_params, NULL, sessions_gone_fields);
const struct shape shape_users_sessions_gone_params = OBJECT(struct sessions_params, NULL, users_sessions_gone_fields);

static const struct shape yes_no = { .kind = K_BOOL };
static const struct field started_fields[] = {
    DOC_FIELD("i", &text, .need = true),
    DOC_FIELD("session", &text, .need = true),
    DOC_FIELD("encrypted", &yes_no, .need = true),
    DOC_FIELD("secret", &text, .doc = "only when none was given and the session is encrypted"),
};
const struct shape shape_session_started = { .kind = K_OBJECT, .fields = started_fields, .n_fields = COUNT_OF(started_fields) };

static const struct shape address_or_null = { .kind = K_TEXT, .format = "email", .nullable = true };
static const struct shape text_or_null = { .kind = K_TEXT, .nullable = true };
static const struct field user_fields[] = {
    DOC_FIELD("id", &whole),
    DOC_FIELD("email", &address_or_null),
    DOC_FIELD("first_name", &text),
    DOC_FIELD("last_name", &text),
    DOC_FIELD("country", &text_or_null),
    DOC_FIELD("subdivisionfirst", &text_or_null),
    DOC_FIELD("subdivisionsecond", &text_or_null),
    DOC_FIELD("subdivisionthird", &text_or_null),
    DOC_FIELD("organization", &text_or_null),
    DOC_FIELD("timezone", &text_or_null),
    DOC_FIELD("language", &text_or_null),
    DOC_FIELD("privileges", &texts),
    DOC_FIELD("active", &yes_no),
    DOC_FIELD("account_type", &text),
};
const struct shape shape_user_info = { .kind = K_OBJECT, .name = "UserInfo", .fields = user_fields, .n_fields = COUNT_OF(user_fields) };

static const struct field item_fields[] = {
    DOC_FIELD("filename", &text),
    DOC_FIELD("link", &text),
    DOC_FIELD("metadata", &shape_object_open),
    DOC_FIELD("package", &text_or_null),
    DOC_FIELD("status_class", &text_or_null),
    DOC_FIELD("subtitle", &text_or_null),
    DOC_FIELD("subtitle_class", &text_or_null),
    DOC_FIELD("tags", &texts),
    DOC_FIELD("title", &text),
};
static const struct shape list_item = { .kind = K_OBJECT, .name = "InterviewListItem", .fields = item_fields, .n_fields = COUNT_OF(item_fields) };
const struct shape shape_interview_list = { .kind = K_ARRAY, .of = &list_item };

static const struct shape whole_or_null = { .kind = K_INT, .nullable = true };
static const struct field session_item_fields[] = {
    DOC_FIELD("email", &text_or_null),
    DOC_FIELD("filename", &text),
    DOC_FIELD("metadata", &shape_object_open),
    DOC_FIELD("modtime", &text),
    DOC_FIELD("session", &text),
    DOC_FIELD("starttime", &text),
    DOC_FIELD("subtitle", &text_or_null),
    DOC_FIELD("tags", &texts),
    DOC_FIELD("temp_user_id", &whole_or_null),
    DOC_FIELD("title", &text),
    DOC_FIELD("user_id", &whole_or_null),
    DOC_FIELD("utc_modtime", &text),
    DOC_FIELD("utc_starttime", &text_or_null),
    DOC_FIELD("valid", &yes_no),
    DOC_FIELD("dict", &shape_object_open, .doc = "with include_dictionary only"),
    DOC_FIELD("encrypted", &yes_no, .doc = "with include_dictionary only"),
};
static const struct shape session_item = {
    .kind = K_OBJECT, .name = "InterviewSession", .fields = session_item_fields, .n_fields = COUNT_OF(session_item_fields)
};
static const struct shape session_items = { .kind = K_ARRAY, .of = &session_item };
static const struct field session_list_fields[] = {
    DOC_FIELD("items", &session_items, .need = true),
    DOC_FIELD("next_id", &text_or_null, .need = true, .doc = "null on the last page"),
};
const struct shape shape_session_list = {
    .kind = K_OBJECT, .name = "InterviewSessionList", .fields = session_list_fields, .n_fields = COUNT_OF(session_list_fields)
};
