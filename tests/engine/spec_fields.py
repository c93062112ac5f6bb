"""Rows of language 4.2 (datatypes) and 4.3 (modifiers of a field)."""
from spec_rows import ABSENT, END, FILL, blocks, code, field, fields, one, question, screen, shows

PROVIDE = {"required": "You must provide a file.", "max": "Your file upload is larger than the server can accept. Please reduce the size of your file upload."}
SELECT = {"required": "You need to select one."}
NUMBER = dict(FILL, number="You need to enter a number.")
LETTERS = "choices:\n  - A: a\n  - B: b\n"
PEOPLE = ("objects:\n  - friend: DAList.using(object_type=Individual, auto_gather=False, gathered=True)\n---\n" +
          code("if not friend.number():\n  friend.appendObject()\n  friend[0].name.first = 'Ann'\n  friend.appendObject()\n  friend[1].name.first = 'Bo'") + "---\n")


def typed(name, more="", **expected):
    """The first field of that datatype: JSON datatype, inputtype, sign, required and whatever else."""
    return field("datatype: %s\n%s" % (name, more)), one(**dict({"inputtype": ABSENT, "sign": ABSENT, "required": True, "active": True}, **expected))


def type_row(row, name, sentence="as it stands in the JSON", more="", **expected):
    interview, paths = typed(name, more, **expected)
    return shows(row, "%s %s" % (name, sentence), interview, paths)


ROWS = [
    # 4.2
    shows("4.2 absent, text", "nothing said is text", field(), one(datatype="text", inputtype=ABSENT, validation_messages=FILL)),
    type_row("4.2 absent, text", "text", datatype="text", validation_messages=FILL),
    type_row("4.2 area", "area", datatype="text", inputtype="area"),
    type_row("4.2 password", "password", datatype="password"),
    type_row("4.2 email", "email", datatype="email", validation_messages=dict(FILL, email="You need to enter a complete e-mail address.")),
    type_row("4.2 integer", "integer", datatype="integer", validation_messages=dict(NUMBER, step="Please enter a whole number.")),
    type_row("4.2 number, float", "number", datatype="number", validation_messages=NUMBER),
    type_row("4.2 number, float", "float", datatype="float", validation_messages=NUMBER),
    type_row("4.2 currency", "currency", datatype="currency", validation_messages=NUMBER),
    type_row("4.2 range", "range", "is not required", "min: 1\nmax: 9\n", datatype="range", required=False, min="1", max="9", validation_messages=FILL),
    ("4.2 range", "range needs its ends", field("datatype: range"), [("fail", {"error": "DASourceError"})]),
    type_row("4.2 date", "date", datatype="date", validation_messages=dict(FILL, date="You need to enter a valid date.")),
    ("4.2 date", "a date that is posted is one", blocks(screen("subquestion: ${ v } ${ v.year }"), question("v") + "    datatype: date\n"), [("start", {}), ({"v": "2024-02-29"}, {"subquestionText": "February 29, 2024 2024"})]),
    type_row("4.2 time", "time", datatype="time", validation_messages=dict(FILL, time="You need to enter a valid time.")),
    ("4.2 time", "a time that is posted is one", blocks(screen("subquestion: ${ v.hour } ${ type(v).__name__ }"), question("v") + "    datatype: time\n"), [("start", {}), ({"v": "14:05:00"}, {"subquestionText": "14 time"})]),
    type_row("4.2 datetime", "datetime", datatype="datetime", validation_messages=dict(FILL, datetime="You need to enter a valid date and time.")),
    type_row("4.2 yesno, yesnowide", "yesno", datatype="boolean", inputtype="yesno", sign=1, required=False, validation_messages=FILL),
    type_row("4.2 yesno, yesnowide", "yesnowide", datatype="boolean", inputtype="yesnowide", sign=1, required=False),
    type_row("4.2 noyes, noyeswide", "noyes", datatype="boolean", inputtype="noyes", sign=-1, required=False),
    type_row("4.2 noyes, noyeswide", "noyeswide", datatype="boolean", inputtype="noyeswide", sign=-1, required=False),
    type_row("4.2 yesnoradio, noyesradio", "yesnoradio", datatype="boolean", inputtype="yesnoradio", sign=1, validation_messages=SELECT),
    type_row("4.2 yesnoradio, noyesradio", "noyesradio", datatype="boolean", inputtype="noyesradio", sign=-1, validation_messages=SELECT),
    type_row("4.2 yesnomaybe, noyesmaybe", "yesnomaybe", datatype="threestate", inputtype="yesnomaybe", sign=1),
    type_row("4.2 yesnomaybe, noyesmaybe", "noyesmaybe", datatype="threestate", inputtype="noyesmaybe", sign=-1),
    type_row("4.2 boolean, threestate", "boolean", datatype="boolean", sign=1),
    type_row("4.2 boolean, threestate", "threestate", datatype="threestate", sign=1),
    type_row("4.2 checkboxes, multiselect", "checkboxes", "has a variable per choice", LETTERS, datatype="checkboxes", choices__0__variable_name="v['a']", choices__2__label="None of the above"),
    type_row("4.2 checkboxes, multiselect", "multiselect", "has a variable per choice", LETTERS, datatype="multiselect", choices__1__variable_name="v['b']", validation_messages={}),
    ("4.2 checkboxes, multiselect", "they need choices", field("datatype: checkboxes"), [("fail", {"error": "DASourceError"})]),
    ("4.2 checkboxes, multiselect", "what is posted as a DADict is one", blocks(screen("subquestion: ${ v.true_values() } ${ v.any_false() }"), question("v") + "    datatype: checkboxes\n    choices:\n      - a\n      - b\n"),
     [("start", {}), ({"v": {"_class": "docassemble.base.util.DADict", "instanceName": "v", "elements": {"a": True, "b": False}, "auto_gather": False, "gathered": True}}, {"subquestionText": "a True"})]),
    shows("4.2 object", "offers the objects by name", PEOPLE + field("datatype: object\nchoices: friend"),
          one(datatype="object", choices=[{"label": "Ann", "value": "friend[0]", "default": "False"}, {"label": "Bo", "value": "friend[1]", "default": "False"}], validation_messages=FILL)),
    shows("4.2 object", "offers a text that differs by kind of output as one object",
          "variable name: fruit\nuse objects: True\ndata:\n  - question: Apple\n    document: a red fruit\n---\n" + field("datatype: object\nchoices: fruit"),
          one(datatype="object", choices=[{"label": "Apple", "value": "fruit[0]", "default": "False"}])),
    shows("4.2 object_radio", "says select", PEOPLE + field("datatype: object_radio\nchoices: friend"), one(datatype="object_radio", validation_messages=SELECT, none_of_the_above=False)),
    shows("4.2 object_checkboxes, object_multiselect", "has names as values", PEOPLE + field("datatype: object_checkboxes\nchoices: friend"),
          one(datatype="object_checkboxes", choices__0={"label": "Ann", "value": "friend[0]"}, none_of_the_above=True, all_of_the_above=False)),
    shows("4.2 object_checkboxes, object_multiselect", "object_multiselect has no messages", PEOPLE + field("datatype: object_multiselect\nchoices: friend"),
          one(datatype="object_multiselect", choices__1={"label": "Bo", "value": "friend[1]"}, validation_messages={})),
] + [
    type_row("4.2 radio,dropdown,pulldown,combobox,datalist,ajax", name, "is text with that input type", LETTERS, datatype="text", inputtype=kind)
    for name, kind in (("radio", "radio"), ("dropdown", "dropdown"), ("pulldown", "dropdown"), ("combobox", "combobox"), ("datalist", "datalist"))
] + [
    shows("4.2 radio,dropdown,pulldown,combobox,datalist,ajax", "ajax has an action", field("input type: ajax\naction: look\n"), one(datatype="text", inputtype="ajax")),
    type_row("4.2 hidden", "hidden", datatype="text", inputtype="hidden"),
] + [
    type_row("4.2 file, files, camera, user, environment, camcorder, microphone", name, datatype=name, max=16777216, validation_messages=PROVIDE)
    for name in ("file", "files", "camera", "user", "environment", "camcorder", "microphone")
] + [
    ("4.2 file, files, camera, user, environment, camcorder, microphone", "what is sent is a list of files", blocks(screen("subquestion: ${ v.number() } ${ v[0].filename } ${ type(v).__name__ }"), question("v") + "    datatype: file\n"),
     [("start", {}), ({"@": {"files": [{"variable": "v", "files": [{"number": 3, "filename": "a.png", "mimetype": "image/png", "extension": "png"}]}]}}, {"subquestionText": "1 a.png DAFileList"})]),
    type_row("4.2 raw", "raw", datatype="raw"),
    type_row("4.2 ml, mlarea", "ml", datatype="ml"),
    type_row("4.2 ml, mlarea", "mlarea", datatype="ml", inputtype="area"),
    shows("4.2 custom", "the name of a class of the interview's module, with its own parameters", "modules:\n  - .own\n---\n" + field("datatype: plate\nregion: ${ 1 }\nlegend: north ${ 1 }\nsize: 1 + 1\n"), one(datatype="plate", region="${ 1 }", legend="north 1", size=2)),
    # 4.3
    shows("4.3 required", "is the preset, False and expressions are told", fields("A: a\n", "B: b\nrequired: False\n", "C: c\nrequired: 1 == 2\n", "D: d\ndatatype: yesno\n", "E: e\ndisable others: True\n"),
          {"fields/0/required": True, "fields/1/required": False, "fields/2/required": False, "fields/3/required": False, "fields/4/required": False}),
    shows("4.3 default", "a literal is text, code keeps its type", fields("A: a\ndefault: 10\n", "B: b\ndefault: ${ 1 + 1 }\n", "C: c\ndatatype: integer\ndefault:\n  code: 1 + 1\n"),
          {"fields/0/default": "10", "fields/1/default": "2", "fields/2/default": 2}),
    ("4.3 default", "a value that is there wins", blocks(code("a"), question("a") + "    default: preset\n", END), [("start", {"fields/0/default": "preset"}), ({"a": 3.5}, {"questionText": "End"}), (("action", "a", {}, 1), {}), ("question", {"fields/0/default": 3.5})]),
    shows("4.3 default", "of objects it is an expression", PEOPLE + field("datatype: object\nchoices: friend\ndefault: friend[1]"), one(choices__0__selected=ABSENT, choices__1__selected=True, choices__1__default="True")),
    shows("4.3 hint", "plain text", field("hint: H ${ 1 }"), one(hint="H 1")),
    shows("4.3 help", "a text", field("help: H ${ 1 }"), one(helptext="H 1")),
    shows("4.3 under text", "a text", field("under text: U ${ 1 }"), one(under_text="U 1")),
    shows("4.3 choices, code, exclude, shuffle, none of the above, all of the above, object labeler, help generator, image generator", "code, without what is excluded",
          field("code: |\n  ['a', 'b', 'c']\nexclude:\n  - |\n    ['b']\n"), one(choices=[{"label": "a", "value": "a"}, {"label": "c", "value": "c"}])),
    shows("4.3 choices, code, exclude, shuffle, none of the above, all of the above, object labeler, help generator, image generator", "none and all of the above",
          field("datatype: checkboxes\nchoices:\n  - a\nnone of the above: Nothing\nall of the above: True\n"), one(none_of_the_above="Nothing", all_of_the_above=True, choices__1={"label": "All of the above"}, choices__2={"label": "Nothing"})),
    shows("4.3 choices, code, exclude, shuffle, none of the above, all of the above, object labeler, help generator, image generator", "functions for objects",
          PEOPLE + field("datatype: object\nchoices: friend\nobject labeler: |\n  lambda y: y.name.first.upper()\nhelp generator: |\n  lambda y: 'about ' + y.name.first\n"),
          one(choices__0__label="ANN", choices__0__help="about Ann")),
    shows("4.3 choices, code, exclude, shuffle, none of the above, all of the above, object labeler, help generator, image generator", "shuffle is told", field("choices:\n  - a\n  - b\nshuffle: True\n"), one(shuffle=True, choices__1__value=lambda found: found in "ab")),
    shows("4.3 min, max, minlength, maxlength, step, scale, inline, inline width, currency symbol, css class", "become texts, empty ones go",
          fields("A: a\ndatatype: number\nmin: 0\nmax: ${ 4 + 5 }\nstep: 0.001\n", "B: b\nminlength: 2\nmaxlength: 3\ncss class: k\n", "C: c\ndatatype: currency\ncurrency symbol: €\nmin: ${ '' }\n"),
          {"fields/0/min": "0", "fields/0/max": "9", "fields/0/step": "0.001", "fields/1/minlength": "2", "fields/1/maxlength": "3", "fields/1/css class": "k", "fields/2/currency symbol": "€", "fields/2/min": ABSENT}),
    shows("4.3 rows", "lines of an area, as a number", field("input type: area\nrows: 2 + 3"), one(rows=5)),
    ("4.3 validate", "is called with a value once, so that what it needs is sought", blocks(screen("subquestion: ${ v }"), question("v") + "    validate: |\n      lambda y: y == limit\n", question("limit")), [("start", {"event_list": ["limit"]}), ({"limit": 3}, {"event_list": ["v"]})]),
    shows("4.3 validation messages", "by type", field("validation messages:\n  required: Please ${ 1 }\n"), one(validation_messages={"required": "Please 1"})),
    shows("4.3 show if, hide if", "a variable, a mapping", fields("A: a\ndatatype: yesno\n", "B: b\nshow if: a\n", "C: c\nhide if:\n  variable: a\n  is: False\n"),
          {"fields/1/show_if_var": "a", "fields/1/show_if_val": "True", "fields/1/show_if_sign": 1, "fields/1/active": True, "fields/2/show_if_val": "False", "fields/2/show_if_sign": 0}),
    shows("4.3 show if, hide if", "code decides here", fields("A: a\n", "B: b\nshow if:\n  code: 1 == 2\n", "C: c\nhide if:\n  code: 1 == 2\n"),
          {"fields/1/active": False, "fields/1/label": ABSENT, "fields/1/required": ABSENT, "fields/2/active": True, "fields/2/show_if_var": ABSENT}),
    shows("4.3 show if, hide if", "code beside a variable", fields("A: a\n", "B: b\nshow if:\n  variable: a\n  is: x\n  code: 1 == 1\n"), {"fields/1/active": True, "fields/1/show_if_var": "a", "fields/1/show_if_val": "x"}),
    shows("4.3 enable if, disable if", "the same signs", fields("A: a\n", "B: b\nenable if: a\n", "C: c\ndisable if:\n  variable: a\n  is: x\n"), {"fields/1/show_if_sign": 1, "fields/1/show_if_var": "a", "fields/2/show_if_sign": 0, "fields/2/show_if_val": "x"}),
    shows("4.3 js show if, js hide if, js enable if, js disable if", "the expression with its variables", fields("A: a\n", "B: b\njs show if: |\n  val(\"a\") == 'x'\n", "C: c\njs disable if: val('a')\n"),
          {"fields/1/show_if_js": {"expression": "val(\"a\") == 'x'", "vars": ["a"], "sign": True, "mode": 0}, "fields/2/show_if_js": {"expression": "val('a')", "vars": ["a"], "sign": False, "mode": 1}}),
    shows("4.3 disable others", "True or names, then not required", fields("A: a\ndisable others: True\n", "B: b\ndisable others:\n  - a\n"), {"fields/0/disable_others": True, "fields/0/required": False, "fields/1/disable_others": True, "fields/1/required": False}),
    shows("4.3 uncheck others, check others", "of yes and no", fields("A: a\ndatatype: yesno\nuncheck others: True\n", "B: b\ndatatype: yesno\ncheck others:\n  - a\n"),
          {"fields/0/uncheck_others": True, "fields/0/validation_messages/uncheckothers": "Check at least one option, or check “A”", "fields/1/check_others": True}),
    shows("4.3 disabled", "read only, and not required", fields("A: a\ndisabled: True\n", "B: b\ndisabled: 1 == 2\n"), {"fields/0/disabled": True, "fields/0/required": False, "fields/1/disabled": ABSENT, "fields/1/required": True}),
    shows("4.3 note, html, raw html", "display items", fields("note: N ${ 1 }\n", "html: <b>H</b>\n", "raw html: <hr>\n"),
          {"fields/0/note": "N 1", "fields/0/datatype": "note", "fields/1/html": "<b>H</b>", "fields/1/datatype": "html", "fields/2/raw html": "<hr>", "fields/2/datatype": "raw html"}),
    shows("4.3 label above field, floating label, grid, item grid, address autocomplete", "are returned",
          fields("A: a\nlabel above field: True\ngrid: 4\n", "B: b\nfloating label: True\naddress autocomplete: True\n", "C: c\ndatatype: checkboxes\nchoices: [x]\nitem grid:\n  width: 2 + 1\n"),
          {"fields/0/label_above_field": True, "fields/0/grid": {"width": 4}, "fields/1/floating_label": True, "fields/1/address_autocomplete": True, "fields/2/item grid": {"width": 3}}),
    shows("4.3 field metadata", "any structure, strings rendered", field("field metadata:\n  a: ${ 1 + 1 }\n  b: [1]\n"), {"fields/0/field metadata": {"a": "2", "b": [1]}}),
    shows("4.3 accept", "an expression", field("datatype: file\naccept: |\n  'image/' + 'png'\n"), one(accept="image/png", validation_messages__accept="Please upload a file with a valid file format.")),
    shows("4.3 maximum image size, image upload type", "of a file", field("datatype: file\nmaximum image size: 50 + 50\nimage upload type: jpeg\n"), one(max_image_size=100, image_type="jpeg")),
    shows("4.3 persistent, private, allow users, allow privileges", "permissions of the file", field("datatype: file\npersistent: True\nprivate: False\nallow users:\n  - ann@example.com\nallow privileges:\n  code: |\n    ['advocate']\n"),
          one(permissions={"persistent": True, "private": False, "allow_users": ["ann@example.com"], "allow_privileges": ["advocate"]})),
    shows("4.3 action, trigger at", "of an ajax input", field("input type: ajax\naction: look ${ 1 }\ntrigger at: 3\n"), one(action=lambda found: "look" in str(found) or found is ABSENT, inputtype="ajax")),
    shows("4.3 file css class, group", "texts", field("datatype: file\nfile css class: k ${ 1 }\n"), {"fields/0/file css class": "k 1"}),
]
