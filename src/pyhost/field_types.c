/* The datatypes of fields: what each is called in JSON and which message a missing or wrong value gets. Spec: language 4.2, 7.6. */
#include "pyhost/screen_int.h"

#define FILE_TYPE(word)                                              \
    {                                                                \
        word, word, NULL, 0, DT_FILE | DT_NO_DEFAULT, REQ_FILE, NULL \
    }
#define YESNO(word, tells, says, how)                \
    {                                                \
        word, tells, word, says, how, REQ_FILL, NULL \
    }

static const struct datatype datatypes[] = {
    { "text", "text", NULL, 0, 0, REQ_FILL, NULL },
    { "area", "text", "area", 0, 0, REQ_FILL, NULL },
    { "password", "password", NULL, 0, 0, REQ_FILL, NULL },
    { "email", "email", NULL, 0, 0, REQ_FILL, "email" },
    { "integer", "integer", NULL, 0, DT_NUMBER, REQ_FILL, "number" },
    { "number", "number", NULL, 0, DT_NUMBER, REQ_FILL, "number" },
    { "float", "float", NULL, 0, DT_NUMBER, REQ_FILL, "number" },
    { "currency", "currency", NULL, 0, DT_NUMBER, REQ_FILL, "number" },
    { "range", "range", NULL, 0, DT_OPTIONAL | DT_NO_BOUNDS, REQ_FILL, NULL },
    { "date", "date", NULL, 0, DT_NO_DEFAULT, REQ_FILL, "date" },
    { "time", "time", NULL, 0, DT_NO_DEFAULT, REQ_FILL, "time" },
    { "datetime", "datetime", NULL, 0, DT_NO_DEFAULT, REQ_FILL, "datetime" },
    YESNO("yesno", "boolean", 1, DT_OPTIONAL),
    YESNO("yesnowide", "boolean", 1, DT_OPTIONAL),
    YESNO("noyes", "boolean", -1, DT_OPTIONAL),
    YESNO("noyeswide", "boolean", -1, DT_OPTIONAL),
    { "yesnoradio", "boolean", "yesnoradio", 1, 0, REQ_SELECT, NULL },
    { "noyesradio", "boolean", "noyesradio", -1, 0, REQ_SELECT, NULL },
    YESNO("yesnomaybe", "threestate", 1, 0),
    YESNO("noyesmaybe", "threestate", -1, 0),
    { "boolean", "boolean", NULL, 1, 0, REQ_FILL, NULL },
    { "threestate", "threestate", NULL, 1, 0, REQ_FILL, NULL },
    { "checkboxes", "checkboxes", NULL, 0, DT_CHOICES | DT_CHECKS | DT_NO_DEFAULT, REQ_NONE, NULL },
    { "multiselect", "multiselect", NULL, 0, DT_CHOICES | DT_CHECKS | DT_NO_DEFAULT | DT_NO_ATLEAST, REQ_NONE, NULL },
    { "object", "object", NULL, 0, DT_CHOICES | DT_OBJECT | DT_NO_DEFAULT, REQ_FILL, NULL },
    { "object_radio", "object_radio", NULL, 0, DT_CHOICES | DT_OBJECT | DT_NO_DEFAULT, REQ_SELECT, NULL },
    { "object_checkboxes", "object_checkboxes", NULL, 0, DT_CHOICES | DT_CHECKS | DT_OBJECT | DT_NO_DEFAULT, REQ_NONE, NULL },
    { "object_multiselect", "object_multiselect", NULL, 0, DT_CHOICES | DT_CHECKS | DT_OBJECT | DT_NO_DEFAULT | DT_NO_ATLEAST, REQ_NONE, NULL },
    { "radio", "text", "radio", 0, DT_CHOICES, REQ_FILL, NULL },
    { "dropdown", "text", "dropdown", 0, DT_CHOICES, REQ_FILL, NULL },
    { "pulldown", "text", "dropdown", 0, DT_CHOICES, REQ_FILL, NULL },
    { "combobox", "text", "combobox", 0, DT_CHOICES, REQ_FILL, NULL },
    { "datalist", "text", "datalist", 0, DT_CHOICES, REQ_FILL, NULL },
    { "ajax", "text", "ajax", 0, 0, REQ_FILL, NULL },
    { "hidden", "text", "hidden", 0, 0, REQ_FILL, NULL },
    FILE_TYPE("file"),
    FILE_TYPE("files"),
    FILE_TYPE("camera"),
    FILE_TYPE("user"),
    FILE_TYPE("environment"),
    FILE_TYPE("camcorder"),
    FILE_TYPE("microphone"),
    { "raw", "raw", NULL, 0, 0, REQ_FILL, NULL },
    { "ml", "ml", NULL, 0, DT_NO_DEFAULT, REQ_FILL, NULL },
    { "mlarea", "ml", "area", 0, DT_NO_DEFAULT, REQ_FILL, NULL },
};

const struct datatype *datatype_find(str name)
{
    for (size_t i = 0; i < COUNT_OF(datatypes); i++)
        if (str_eq(str_c(datatypes[i].name), name)) return &datatypes[i];
    return NULL;
}

/* How a choice is made decides the wording, whatever the datatype. */
enum required_message input_required(str input, enum required_message preset)
{
    static const struct {
        const char *input;
        enum required_message required;
    } rows[] = { { "radio", REQ_SELECT }, { "dropdown", REQ_SELECT }, { "ajax", REQ_SELECT }, { "combobox", REQ_TYPE_IN } };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (str_eq(str_c(rows[i].input), input)) return rows[i].required;
    return preset;
}
