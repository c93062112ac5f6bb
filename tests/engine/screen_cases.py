"""Rows of test_screens.py: what a question of the author becomes in JSON, one row per statement of language specification 3, 4 and 7.

A row is (sentence, spec section, interview, variables posted one after the other, {path: expected}). A path walks the answer:
"fields/0/min"; ABSENT means that the key is missing. In every interview the title is "Demo".
"""
ABSENT = object()
FILL = {"required": "You need to fill this in."}
SELECT = {"required": "You need to select one."}


def ask(fields, more=""):
    """An interview of one question with these fields."""
    return "mandatory: True\nquestion: Q\nfields:\n" + "\n".join("  " + line for line in fields.strip("\n").split("\n")) + "\n" + more


def field(text):
    return ask("- Label: v\n" + "\n".join("  " + line for line in text.split("\n") if line))


def datatype(name, more=""):
    return field("datatype: %s\n%s" % (name, more))


PEOPLE = """\
objects:
  - friend: DAList.using(object_type=Individual, auto_gather=False, gathered=True)
---
mandatory: True
code: |
  friend.clear()
  friend.appendObject()
  friend[0].name.first = 'Ann'
  friend[0].name.last = 'Lee'
  friend.appendObject()
  friend[1].name.first = 'Bo'
  friend[1].name.last = 'Ray'
---
"""

TEXTS = [
    ("a question keeps its leading and loses its trailing white space", "7.1",
     "mandatory: True\nquestion: |\n  One\n\nsubquestion: |2\n    two\n  three\n", [],
     {"questionText": "One", "subquestionText": "  two\nthree"}),
    ("a subquestion that renders to nothing is there and empty", "7.1",
     "mandatory: True\nquestion: Q\nsubquestion: |\n  % if False:\n  no\n  % endif\n", [], {"subquestionText": ""}),
    ("without a subquestion there is no key", "7.2", "mandatory: True\nquestion: Q\n", [], {"subquestionText": ABSENT}),
    ("field labels, help and hints keep their newline, notes and under texts lose it", "7.1",
     ask("- label: |\n    Name\n  field: v\n  help: |\n    Help\n  hint: |\n    Hint\n  note: |\n    Note\n  under text: |\n    Under\n"), [],
     {"fields/0/label": "Name\n", "fields/0/helptext": "Help\n", "fields/0/hint": "Hint\n", "fields/0/note": "Note", "fields/0/under_text": "Under"}),
    ("an empty hint stays", "7.1", field("hint: ''"), [], {"fields/0/hint": ""}),
    ("css and script begin with a line break", "7.1",
     "mandatory: True\nquestion: Q\ncss: |\n  <style>a</style>\nscript: |\n  <script>b</script>\n", [],
     {"css": "\n<style>a</style>", "script": "\n<script>b</script>"}),
    ("choice labels are HTML with named entities", "7.1",
     "mandatory: True\nquestion: Q\nfield: v\nchoices:\n  - I'm *not* sure: a\n", [],
     {"fields/0/choices/0/label": "I&rsquo;m <em>not</em> sure"}),
    ("question texts stay Markdown", "7.1", "mandatory: True\nquestion: I'm **here** {term}\n", [], {"questionText": "I'm **here** {term}"}),
]

COMMON = [
    ("the first screen has no way back", "7.2", "mandatory: True\nquestion: Q\n", [],
     {"steps": 1, "allow_going_back": False, "backTitle": ABSENT, "cornerBackButton": ABSENT, "questionBackButton": ABSENT}),
    ("from the second step on it has", "7.2", "mandatory: True\nquestion: ${ v }\n---\nquestion: V\nfields:\n  - V: v\n", [{"v": 1}],
     {"steps": 2, "allow_going_back": True, "backTitle": "Go back to the previous question", "cornerBackButton": "Back", "questionText": "1"}),
    ("prevent going back takes the corner button away only", "7.2",
     "mandatory: True\nquestion: ${ v }\nprevent going back: True\n---\nquestion: V\nfields:\n  - V: v\n", [{"v": 1}],
     {"allow_going_back": True, "backTitle": "Go back to the previous question", "cornerBackButton": ABSENT}),
    ("back button shows one inside the question", "7.2",
     "mandatory: True\nquestion: ${ v }\nback button: True\nback button label: Wait\n---\nquestion: V\nfields:\n  - V: v\n", [{"v": 1}],
     {"questionBackButton": "Wait"}),
    ("a feature asks for it, the block may refuse", "7.2",
     "features:\n  question back button: True\n---\nmandatory: True\nquestion: ${ v }\nback button: False\n---\nquestion: V\nfields:\n  - V: v\n", [{"v": 1}],
     {"questionBackButton": ABSENT}),
    ("titles fall back to the title", "7.2", "mandatory: True\nquestion: Q\n", [],
     {"title": "Demo", "short_title": "Demo", "browser_title": "Demo", "display_title": "Demo"}),
    ("each title can be its own", "7.2",
     "metadata:\n  short title: Short\n  tab title: Tab\n  logo: <b>L</b>\n---\nmandatory: True\nquestion: Q\n", [],
     {"title": "Demo", "short_title": "Short", "browser_title": "Tab", "display_title": "<b>L</b>"}),
    ("formats of dates and times come from default screen parts, then from the metadata", "3.19",
     "metadata:\n  time format: HH\n  date format: short\n---\ndefault screen parts:\n  date format: yyyy/${ 'MM' }\n  datetime format: yyyy HH\n---\n"
     "mandatory: True\nquestion: ${ as_datetime('2024-03-04') } ${ format_time('10:05') } ${ format_datetime('2024-03-04 11:05') }\n", [],
     {"questionText": "2024/03 10 2024 11"}),
    ("titles that code asks for come from default screen parts too", "3.19",
     "metadata:\n  title: M\n  subtitle: S\n---\ndefault screen parts:\n  title: D ${ 1 }\n---\nmandatory: True\nquestion: ${ all_variables(special='titles') }\n", [],
     {"questionText": "{'title': 'D 1', 'subtitle': 'S'}"}),
    ("a title from the metadata comes as written, from default screen parts as HTML", "7.1",
     "metadata:\n  short title: It's *it*\n---\ndefault screen parts:\n  tab title: It's *it*\n---\nmandatory: True\nquestion: Q\n", [],
     {"short_title": "It's *it*", "browser_title": "It&rsquo;s <em>it</em>"}),
    ("exit parts have their defaults", "7.2", "mandatory: True\nquestion: Q\n", [], {"exit_link": "leave", "exit_url": None, "exit_label": "Exit"}),
    ("the question's own part wins over defaults and metadata", "3.19",
     "metadata:\n  right: M\n  under: M\n  css class: M\n---\ndefault screen parts:\n  right: D\n  under: D\n---\nmandatory: True\nquestion: Q\nunder: Q ${ 1 + 1 }\n", [],
     {"underText": "Q 2", "rightText": "D", "cssClass": "M", "tableCssClass": ABSENT}),
    ("labels of the continue button", "7.2", "mandatory: True\nquestion: Q\ncontinue button label: |\n  Go on\n", [], {"continueLabel": "Go on"}),
    ("show login False makes the top of the menu an exit", "7.2", "metadata:\n  show login: False\n---\nmandatory: True\nquestion: Q\n", [],
     {"menu/top/anchor": "Exit", "menu/items": []}),
    ("menu items appear twice", "7.2",
     "mandatory: True\ncode: |\n  menu_items = [{'label': 'L', 'url': 'U'}]\n---\nmandatory: True\nquestion: Q\n", [],
     {"menu_items": [{"label": "L", "url": "U"}], "menu/items": [{"anchor": "L", "href": "U"}]}),
    ("only some features are interview options", "7.2",
     "features:\n  labels above fields: True\n  navigation: True\n  inverse navbar: False\n  centered: False\n---\nmandatory: True\nquestion: Q\n", [],
     {"interview_options": {"labels above": True, "inverse navbar": False}, "navbarVariant": "light"}),
    ("sections as defined, none current", "7.2", "sections:\n  - a: A\n  - B\n---\nmandatory: True\nsection: a\nquestion: Q\n", [],
     {"sections": [{"a": "A"}, "B"], "section": None, "display_section": None}),
    ("code sets the section", "7.2", "sections:\n  - a: A\n---\nmandatory: True\ncode: nav.set_section('a')\n---\nmandatory: True\nquestion: Q\n", [],
     {"section": "a", "display_section": "A"}),
    ("language of the block", "7.2", "mandatory: True\nlanguage: en\nquestion: Q\n", [], {"language": "en", "lang": "en"}),
    ("any language", "7.2", "mandatory: True\nquestion: Q\n", [], {"language": "*", "lang": "en"}),
    ("messages for the user, not those of the log", "7.2",
     "initial: True\ncode: |\n  log('quiet')\n  log('loud', 'info')\n---\nmandatory: True\nquestion: Q\n", [], {"message_log": [{"message": "loud", "priority": "info"}]}),
]

SOMETIMES = [
    ("a mandatory question says so and names no event", "7.3", "mandatory: True\nquestion: Q\n", [], {"mandatory": True, "event_list": ABSENT, "id": ABSENT}),
    ("an expression counts as mandatory", "7.3", "mandatory: 1 == 1\nquestion: Q\n", [], {"mandatory": True}),
    ("a sought question names the variable", "7.3", "mandatory: True\nquestion: ${ v }\n---\nid: x\nquestion: V\nfields:\n  - V: v\n", [],
     {"mandatory": ABSENT, "event_list": ["v"], "id": "x", "questionName": "ID x"}),
    ("event_list is concrete, variable_name as written", "7.3",
     "objects:\n  - friend: DAList.using(object_type=Individual)\n---\nmandatory: True\nquestion: ${ friend[0].age }\n---\nquestion: Age\nfields:\n  - Age: friend[i].age\n", [],
     {"event_list": ["friend[0].age"], "fields/0/variable_name": "friend[i].age"}),
    ("action buttons leave an empty list", "7.3",
     "mandatory: True\nquestion: Q\naction buttons:\n  - label: L ${ 1 }\n    action: a\n", [], {"additional_buttons": []}),
    ("help of the question", "7.3", "mandatory: True\nquestion: Q\nhelp: |\n  Do this.\n", [],
     {"helpText": [{"content": "Do this."}], "helpBackLabel": "Back to question",
      "help": {"specific": True, "label": "Help", "title": "Help is available for this question"}, "interviewHelpText": ABSENT}),
    ("help with heading and label", "7.3", "mandatory: True\nquestion: Q\nhelp:\n  label: |\n    More\n  heading: |\n    H\n  content: C\n", [],
     {"helpText": [{"heading": "H", "content": "C"}], "help/label": "More\n"}),
    ("help of the interview", "7.3", "interview help:\n  heading: H\n  content: C ${ 1 + 1 }\n---\nmandatory: True\nquestion: Q\n", [],
     {"interviewHelpText": [{"heading": "H", "content": "C 2"}], "helpText": ABSENT, "helpBackLabel": ABSENT,
      "help": {"specific": False, "interviewLabel": "Help", "interviewTitle": "Help is available"}}),
    ("terms of the question lie over those of the interview", "7.3",
     "terms:\n  Cat: old\n  dog: |\n    D\n---\nmandatory: True\nquestion: '{cat}'\nterms:\n  - phrases:\n      - Cat\n      - kitten\n    definition: New ${ 1 }\n", [],
     {"terms": {"cat": "New 1", "kitten": "New 1", "dog": "D\n"}, "autoterms": ABSENT}),
    ("auto terms have a key of their own", "7.3", "auto terms:\n  Cat: C\n---\nmandatory: True\nquestion: Q\n", [], {"autoterms": {"cat": "C"}, "terms": ABSENT}),
    ("films of other sites are embedded", "7.3", "mandatory: True\nquestion: Q\nvideo: |\n  [YOUTUBE abc]\n", [], {"video": [{"url": "https://www.youtube.com/embed/abc?rel=0"}]}),
    ("several films", "7.3", "mandatory: True\nquestion: Q\nvideo:\n  - '[VIMEO 12]'\n  - https://example.com/a.mp4\n", [],
     {"video": [{"url": "https://player.vimeo.com/video/12?byline=0&portrait=0"}, {"url": "https://example.com/a.mp4", "mime_type": "video/mp4"}]}),
    ("an icon", "7.3", "mandatory: True\nquestion: Q\ndecoration: portrait\n", [], {"decoration": {"name": "portrait", "size": "2.0em"}}),
    ("a picture of a set brings its credit", "7.3",
     "image sets:\n  s:\n    attribution: |\n      By\n      *A*\n    images:\n      star: star.svg\n---\nmandatory: True\nquestion: Q\ndecoration: star\n", [],
     {"decoration/size": {"width": "2.0em", "height": "auto"}, "attributions": ["By *A*"]}),
    ("reload True is ten seconds", "3.2", "mandatory: True\nquestion: Q\nreload: True\n", [], {"reload": 10000, "reload_after": 10000}),
    ("reload has a minimum of four seconds", "3.2", "mandatory: True\nquestion: Q\nreload: ${ 1 + 1 }\n", [], {"reload": 4000}),
    ("reload can be switched off", "3.2", "mandatory: True\nquestion: Q\nreload: ${ None }\n", [], {"reload": ABSENT}),
    ("question metadata keeps its structure, strings are templates", "3.2",
     "mandatory: True\nquestion: Q\nquestion metadata:\n  a: x ${ 1 }\n  b: [2, True]\n", [], {"question_metadata": {"a": "x 1", "b": [2, True]}}),
    ("analytics labels", "3.1", "mandatory: True\nquestion: Q\nga id: G\nsegment:\n  id: S\n  arguments:\n    k: ${ 1 }\n", [],
     {"ga_id": "G", "segment": {"id": "S", "arguments": {"k": "1"}}}),
    ("track_location is passed on", "7.3", "mandatory: True\ncode: track_location = True\n---\nmandatory: True\nquestion: Q\n", [], {"track_location": True}),
]

# (datatype, what it needs besides, JSON datatype, inputtype or ABSENT, sign or ABSENT, required): table 4.2.
CHOICES = "choices:\n  - A: a\n"
DATATYPES = [
    ("text", "", "text", ABSENT, ABSENT, True), ("area", "", "text", "area", ABSENT, True), ("password", "", "password", ABSENT, ABSENT, True),
    ("email", "", "email", ABSENT, ABSENT, True), ("integer", "", "integer", ABSENT, ABSENT, True), ("number", "", "number", ABSENT, ABSENT, True),
    ("float", "", "float", ABSENT, ABSENT, True), ("currency", "", "currency", ABSENT, ABSENT, True),
    ("range", "min: 1\nmax: 9\n", "range", ABSENT, ABSENT, False), ("date", "", "date", ABSENT, ABSENT, True), ("time", "", "time", ABSENT, ABSENT, True),
    ("datetime", "", "datetime", ABSENT, ABSENT, True), ("yesno", "", "boolean", "yesno", 1, False), ("yesnowide", "", "boolean", "yesnowide", 1, False),
    ("noyes", "", "boolean", "noyes", -1, False), ("noyeswide", "", "boolean", "noyeswide", -1, False), ("yesnoradio", "", "boolean", "yesnoradio", 1, True),
    ("noyesradio", "", "boolean", "noyesradio", -1, True), ("yesnomaybe", "", "threestate", "yesnomaybe", 1, True),
    ("noyesmaybe", "", "threestate", "noyesmaybe", -1, True), ("checkboxes", CHOICES, "checkboxes", ABSENT, ABSENT, True),
    ("multiselect", CHOICES, "multiselect", ABSENT, ABSENT, True), ("radio", CHOICES, "text", "radio", ABSENT, True),
    ("dropdown", CHOICES, "text", "dropdown", ABSENT, True), ("pulldown", CHOICES, "text", "dropdown", ABSENT, True),
    ("combobox", CHOICES, "text", "combobox", ABSENT, True), ("datalist", CHOICES, "text", "datalist", ABSENT, True),
    ("hidden", "", "text", "hidden", ABSENT, True), ("file", "", "file", ABSENT, ABSENT, True), ("files", "", "files", ABSENT, ABSENT, True),
    ("camera", "", "camera", ABSENT, ABSENT, True), ("microphone", "", "microphone", ABSENT, ABSENT, True), ("raw", "", "raw", ABSENT, ABSENT, True),
    ("ml", "", "ml", ABSENT, ABSENT, True), ("mlarea", "", "ml", "area", ABSENT, True), ("plate", "", "plate", ABSENT, ABSENT, True),
]

FIELDS = [
    ("the datatype is text if nobody says otherwise", "4.2", field(""), [], {"fields/0/datatype": "text", "fields/0/inputtype": ABSENT}),
    ("a literal default tells the type", "4.2", ask("- A: a\n  default: 4\n- B: b\n  default: 1.5\n- C: c\n  default: True\n"), [],
     {"fields/0/datatype": "integer", "fields/1/datatype": "float", "fields/2/datatype": "boolean"}),
    ("with choices it does not", "4.2", field("default: 4\nchoices:\n  - Four: 4\n"), [], {"fields/0/datatype": "text", "fields/0/default": "4"}),
    ("input type beside the datatype", "4.2", field("datatype: number\ninput type: hidden"), [], {"fields/0/datatype": "number", "fields/0/inputtype": "hidden"}),
    ("a suppressed label is called that", "7.5", ask("- no label: v\n- field: w\n- field: h\n  input type: hidden\n"), [],
     {"fields/0/label": "no label", "fields/1/label": "no label", "fields/2/label": "hidden"}),
    ("a label that renders to nothing is empty", "7.5", ask("- label: ${ '' }\n  field: v\n"), [], {"fields/0/label": ""}),
    ("a display item has no label and is required", "7.5", ask("- note: |\n    N\n- html: |\n    <b>H</b>\n- raw html: <hr>\n"), [],
     {"fields": [{"number": 0, "datatype": "note", "note": "N", "active": True, "required": True},
                 {"number": 1, "datatype": "html", "html": "<b>H</b>", "active": True, "required": True},
                 {"number": 2, "datatype": "raw html", "raw html": "<hr>", "active": True, "required": True}]}),
    ("fields may be a single mapping", "3.6", "mandatory: True\nquestion: Q\nfields:\n  Label: v\n", [], {"fields/0/variable_name": "v", "fields/1": ABSENT}),
    ("numbers of the author are texts", "7.5", datatype("number", "min: 0\nmax: 9.5\nstep: 0.001\n"), [],
     {"fields/0/min": "0", "fields/0/max": "9.5", "fields/0/step": "0.001"}),
    ("a text that comes out empty is dropped", "4.3", datatype("number", "min: ${ '' }\n"), [], {"fields/0/min": ABSENT}),
    ("a literal null prints as None", "7.5", field("inline width: null"), [], {"fields/0/inline width": "None"}),
    ("rows is a number, accept a string", "7.5", ask("- A: a\n  datatype: area\n  rows: 1 + 4\n- B: b\n  datatype: file\n  accept: '\"image/png\"'\n"), [],
     {"fields/0/rows": 5, "fields/1/accept": "image/png", "fields/1/max": 16777216}),
    ("a width alone makes a grid", "7.5", ask("- A: a\n  grid: 2\n- B: b\n  grid:\n    width: 1 + 2\n    breakpoint: ${ 's' }m\n    end: True\n- C: c\n  item grid: 6\n  grid:\n    width: 1\n    breakpoint: md\n"), [],
     {"fields/0/grid": {"width": 2}, "fields/1/grid": {"width": 3, "breakpoint": "sm", "end": True}, "fields/2/item grid": {"width": 6},
      "fields/2/grid": {"width": 1, "breakpoint": "md"}}),
    ("layout hints are booleans", "7.5", ask("- A: a\n  label above field: True\n  floating label: False\n  address autocomplete: True\n"), [],
     {"fields/0/label_above_field": True, "fields/0/floating_label": False, "fields/0/address_autocomplete": True}),
    ("field metadata keeps its structure", "4.3", field("field metadata:\n  a: [1, '${ 2 }']\n"), [], {"fields/0/field metadata": {"a": [1, "2"]}}),
    ("required may be an expression", "4.3", ask("- A: a\n  required: 1 > 2\n- B: b\n  required: False\n"), [], {"fields/0/required": False, "fields/1/required": False}),
    ("a disabled field is not required", "4.3", ask("- A: a\n  disabled: True\n- B: b\n  disable others: True\n- C: c\n  disable others:\n    - a\n"), [],
     {"fields/0/disabled": True, "fields/0/required": False, "fields/1/disable_others": True, "fields/1/required": False, "fields/2/disable_others": True}),
    ("unchecking others brings a message only for all of them", "7.6",
     ask("- A: a\n  datatype: yesno\n- None: b\n  datatype: yesno\n  uncheck others: True\n- Some: c\n  datatype: yesno\n  uncheck others:\n    - a\n- All: d\n  datatype: yesno\n  check others: True\n"), [],
     {"fields/1/validation_messages": {"required": "You need to fill this in.", "uncheckothers": "Check at least one option, or check “None”"},
      "fields/1/uncheck_others": True, "fields/2/uncheck_others": True, "fields/2/validation_messages": FILL, "fields/3/check_others": True}),
    ("permissions of an uploaded file", "7.5", datatype("file", "private: False\npersistent: True\nallow users:\n  - a@example.com\n"), [],
     {"fields/0/permissions": {"private": False, "persistent": True, "allow_users": ["a@example.com"]}}),
    ("image down-scaling", "7.5", datatype("file", "maximum image size: 100\nimage upload type: jpeg\n"), [], {"fields/0/max_image_size": 100, "fields/0/image_type": "jpeg"}),
    ("a validator is tried so that its names are asked first", "4.3",
     "mandatory: True\nquestion: Q\nfields:\n  - V: v\n    validate: |\n      lambda y: y > limit\n---\nquestion: L\nfields:\n  - L: limit\n", [], {"event_list": ["limit"]}),
    ("what a validator thinks of the dummy does not matter", "4.3", field("validate: |\n  lambda y: 1 / 0"), [], {"fields/0/variable_name": "v"}),
    ("the object that holds the variable is sought", "4.1",
     "objects:\n  - friend: DAObject\n---\nmandatory: True\nquestion: Q\nfields:\n  - A: friend.car.colour\n---\nquestion: Car\nfields:\n  - C: friend.car\n", [], {"event_list": ["friend.car"]}),
    ("fields that code makes have numbers of two parts", "4.1",
     ask("- code: |\n    [{'label': 'L' + str(n), 'field': 'v' + str(n), 'datatype': 'integer', 'min': n} for n in range(2)]\n- Other: w\n"), [],
     {"fields/0/number": "0_0", "fields/1/number": "0_1", "fields/1/variable_name": "v1", "fields/1/label": "L1", "fields/1/min": "1", "fields/2/number": 1}),
]

CONDITIONS = [
    ("show if a variable", "4.3", field("show if: w"), [], {"fields/0/show_if_sign": 1, "fields/0/show_if_var": "w", "fields/0/show_if_val": "True", "fields/0/active": True}),
    ("hide if a value", "4.3", field("hide if:\n  variable: w\n  is: ${ 1 }2"), [], {"fields/0/show_if_sign": 0, "fields/0/show_if_var": "w", "fields/0/show_if_val": "12"}),
    ("values are texts", "7.5", ask("- A: a\n  show if:\n    variable: w\n    is: False\n- B: b\n  show if:\n    variable: w\n    is: null\n"), [],
     {"fields/0/show_if_val": "False", "fields/1/show_if_val": "None"}),
    ("enable if looks the same", "4.3", field("enable if: w"), [], {"fields/0/show_if_sign": 1, "fields/0/show_if_var": "w"}),
    ("disable if as well", "4.3", field("disable if: w"), [], {"fields/0/show_if_sign": 0}),
    ("code hides here and leaves little", "7.5", ask("- A: v\n  datatype: email\n  show if:\n    code: 1 > 2\n  default: x\n  hint: h\n- B: b\n"), [],
     {"fields/0": {"number": 0, "variable_name": "v", "datatype": "email", "active": False,
                   "validation_messages": {"required": "You need to fill this in.", "email": "You need to enter a complete e-mail address."}}}),
    ("code that is true leaves no trace", "7.5", field("hide if:\n  code: 1 > 2"), [], {"fields/0/active": True, "fields/0/show_if_sign": ABSENT}),
    ("JavaScript is passed on with the variables it reads", "7.5", field("js show if: |\n  val(\"a.b\") && xval('c') || val( 'd' )\n"), [],
     {"fields/0/show_if_js": {"expression": "val(\"a.b\") && xval('c') || val( 'd' )", "vars": ["a.b", "d"], "sign": True, "mode": 0}}),
    ("disabling by JavaScript", "7.5", field("js disable if: val('a')"), [], {"fields/0/show_if_js/sign": False, "fields/0/show_if_js/mode": 1}),
    ("the object of a hidden field is not sought", "6.8",
     "objects:\n  - friend: DAObject\n---\nmandatory: True\nquestion: Q\nfields:\n  - A: friend.car.colour\n    show if:\n      code: 1 > 2\n  - B: b\n", [], {"mandatory": True, "fields/0/active": False}),
]

SECOND = "mandatory: True\nquestion: Q\nfields:\n  - V: v\n%s---\nmandatory: True\nquestion: E\n"
DEFAULTS = [
    ("a literal is text", "7.5", ask("- A: a\n  datatype: integer\n  default: 10\n- B: b\n  default: |\n    x ${ 1 }\n- C: c\n  datatype: date\n  default: ${ 2 }\n"), [],
     {"fields/0/default": "10", "fields/1/default": "x 1", "fields/2/default": "2"}),
    ("code keeps the type", "4.3", ask("- A: a\n  datatype: number\n  default:\n    code: 1.5 * 2\n"), [], {"fields/0/default": 3.0}),
    ("one that renders to nothing is empty", "7.5", field("default: ${ '' }"), [], {"fields/0/default": ""}),
    ("what is no string, number or bool is absent", "7.5", field("default:\n  code: '[1]'\n"), [], {"fields/0/default": ABSENT}),
    ("an existing value keeps its type", "7.5", "mandatory: True\ncode: v = 3.5\n---\n" + datatype("number", "default: 7\n"), [], {"fields/0/default": 3.5}),
    ("a remembered value comes before the author's", "6.8", "mandatory: True\ncode: |\n  v = 8\n  invalidate('v')\n---\n" + datatype("integer", "default: 7\n"), [], {"fields/0/default": 8}),
    ("existing dates are not shown", "7.5", "mandatory: True\ncode: v = as_datetime('2024-02-03')\n---\n" + datatype("date"), [], {"fields/0/default": ABSENT}),
    ("check boxes have selected choices", "7.5", datatype("checkboxes", "default: [b, '${ 1 }']\nchoices: [a, b, 1]\n"), [],
     {"fields/0/default": ABSENT, "fields/0/choices/0/selected": ABSENT, "fields/0/choices/1/selected": True, "fields/0/choices/2/selected": True}),
    ("a mapping selects what is true in it", "4.3", datatype("checkboxes", "default:\n  a: True\n  b: False\nchoices: [a, b]\n"), [],
     {"fields/0/choices/0/selected": True, "fields/0/choices/1/selected": ABSENT}),
    ("a single word is shown and selected", "7.5", datatype("checkboxes", "default: a\nchoices: [a, b]\n"), [], {"fields/0/default": "a", "fields/0/choices/0/selected": True}),
]

CHOICE = [
    ("scalars are label and value, as texts", "4.4", field("choices: [A, 5]"), [], {"fields/0/choices": [{"label": "A", "value": "A"}, {"label": "5", "value": "5"}]}),
    ("values keep their type", "4.4", field("choices:\n  - A: 1\n  - label: B\n    value: 2\n  - label: C\n    key: 3\n  - [4, D]\n  - E: 5\n    help: h\n"), [],
     {"fields/0/choices": [{"label": "A", "value": 1}, {"label": "B", "value": 2}, {"label": "C", "value": 3}, {"label": "D", "value": 4}, {"label": "E", "value": 5}]}),
    ("a mapping is sorted by value", "4.4", field("choices:\n  Male: m\n  Female: f\n"), [], {"fields/0/choices": [{"label": "Female", "value": "f"}, {"label": "Male", "value": "m"}]}),
    ("a value may be a template", "4.4", field("choices:\n  - A: x${ 1 }\n"), [], {"fields/0/choices/0/value": "x1"}),
    ("show if leaves a choice out", "4.4", field("choices:\n  - A: a\n    show if: 1 > 2\n  - B: b\n    show if: 1 < 2\n"), [], {"fields/0/choices": [{"label": "B", "value": "b"}]}),
    ("a choice marked as default is selected", "4.4", field("choices:\n  - A: a\n  - B: b\n    default: True\n"), [], {"fields/0/choices/1": {"label": "B", "value": "b", "selected": True}, "fields/0/default": ABSENT}),
    ("exclude takes values away, also in lists", "4.4", field("choices: [a, b, c]\nexclude:\n  - \"'a'\"\n  - \"['b']\"\n"), [], {"fields/0/choices": [{"label": "c", "value": "c"}]}),
    ("computed choices can be spliced in", "4.4", field("choices:\n  - A: a\n  - code: \"[{'b': 'B'}]\"\n"), [], {"fields/0/choices/1": {"label": "B", "value": "b"}}),
    ("in code the key is the value", "4.5", field("code: |\n  [{'v': 'L'}, {'value': 1, 'label': 'M'}, ['w', 'N'], ['y'], 'z', 7, {'no': False}]"), [],
     {"fields/0/choices": [{"label": "L", "value": "v"}, {"label": "M", "value": 1}, {"label": "N", "value": "w"}, {"label": "y", "value": "y"},
                           {"label": "z", "value": "z"}, {"label": "7", "value": 7}]}),
    ("a third item is the default, a fourth the help", "4.5", datatype("checkboxes", "code: |\n  [['a', 'A', True, 'H'], ['b', 'B']]"), [],
     {"fields/0/choices/0": {"label": "A", "value": True, "variable_name": "v['a']", "selected": True, "help": "H"}, "fields/0/choices/1/selected": ABSENT}),
    ("a dict is sorted by label", "4.5", field("code: |\n  {'x': 'B', 'y': 'A'}"), [], {"fields/0/choices": [{"label": "A", "value": "y"}, {"label": "B", "value": "x"}]}),
    ("objects in code are their text", "4.5", PEOPLE + field("code: friend"), [], {"fields/0/choices/0": {"label": "Ann Lee", "value": "Ann Lee"}}),
    ("check boxes: help and colour, then none of the above", "7.5", datatype("checkboxes", "choices:\n  - A: a\n    help: |\n      H\n    color: danger\n    css class: k\n"), [],
     {"fields/0/choices": [{"label": "A", "variable_name": "v['a']", "value": True, "help": "H\n", "color": "danger", "css class": "k"}, {"label": "None of the above"}],
      "fields/0/none_of_the_above": True, "fields/0/all_of_the_above": False}),
    ("own words for none and all", "7.5", datatype("checkboxes", "none of the above: |\n  No ${ 1 }\nall of the above: True\nchoices: [a]\n"), [],
     {"fields/0/none_of_the_above": "No 1\n", "fields/0/all_of_the_above": True, "fields/0/choices/1": {"label": "All of the above"}, "fields/0/choices/2": {"label": "No 1"},
      "fields/0/validation_messages/checkatleast": "Check at least one option, or check “No 1\n”"}),
    ("none of the above can be switched off", "7.5", datatype("checkboxes", "none of the above: False\nchoices: [a]\n"), [],
     {"fields/0/choices/1": ABSENT, "fields/0/none_of_the_above": False, "fields/0/validation_messages": {}}),
    ("true and false make a boolean", "4.2", field("choices:\n  - Yes: True\n  - No: False\n"), [], {"fields/0/datatype": "boolean", "fields/0/choices/0/value": True}),
    ("objects: value is the variable", "7.5", PEOPLE + datatype("object", "choices: friend\n"), [],
     {"fields/0/choices": [{"label": "Ann Lee", "value": "friend[0]", "default": "False"}, {"label": "Bo Ray", "value": "friend[1]", "default": "False"}],
      "fields/0/none_of_the_above": ABSENT}),
    ("each object is offered once", "4.4", PEOPLE + datatype("object_radio", "choices:\n  - friend[1]\n  - friend\nexclude: friend[0]\nobject labeler: |\n  lambda y: y.name.first\nhelp generator: |\n  lambda y: 'H'\ndefault: friend[1]\n"), [],
     {"fields/0/choices": [{"label": "Bo", "value": "friend[1]", "default": "True", "selected": True, "help": "H"}], "fields/0/none_of_the_above": False,
      "fields/0/default": ABSENT}),
    ("several objects", "7.5", PEOPLE + datatype("object_checkboxes", "choices: friend\ndefault:\n  - friend[0]\n"), [],
     {"fields/0/choices": [{"label": "Ann Lee", "value": "friend[0]", "selected": True}, {"label": "Bo Ray", "value": "friend[1]"}, {"label": "None of the above"}]}),
]
EMPTY = [
    ("without any choice the question is not asked", "4.4", "mandatory: True\nquestion: ${ repr(v) }\n---\nquestion: V\nfields:\n  - V: v\n    code: '[]'\n", [], {"questionText": "None"}),
    ("check boxes become an empty dict", "4.4", "mandatory: True\nquestion: ${ len(v) } ${ v.gathered }\n---\nquestion: V\nfields:\n  - V: v\n    datatype: checkboxes\n    code: '[]'\n", [], {"questionText": "0 True"}),
    ("another field keeps the question", "4.4", "mandatory: True\nquestion: ${ v }\n---\nquestion: V\nfields:\n  - V: v\n    code: '[]'\n  - W: w\n", [], {"questionText": "V", "fields/0/choices": []}),
    ("a continue button field too", "4.4", "mandatory: True\nquestion: ${ v }\n---\nquestion: V\nfields:\n  - V: v\n    code: '[]'\ncontinue button field: c\n", [], {"questionText": "V"}),
    ("a combobox too", "4.4", "mandatory: True\nquestion: ${ v }\n---\nquestion: V\nfields:\n  - V: v\n    code: '[]'\n    input type: combobox\n", [], {"questionText": "V"}),
]

WAIT = "---\nevent: role_event\nquestion: Wait for ${ comma_and_list(role_needed) }\n"
ROLES = [
    ("somebody in another role sees the role event", "9.5", "initial: True\ncode: role = 'b'\n---\nmandatory: True\nrole:\n  - a\n  - c\nquestion: Q\n" + WAIT, [],
     {"questionText": "Wait for a and c", "event_list": ["role_event"]}),
    ("the default role holds where a question has none", "9.5", "default role: a\ncode: role = 'b'\n---\nmandatory: True\nquestion: Q\n" + WAIT, [],
     {"questionText": "Wait for a"}),
    ("the right role sees the question", "9.5", "initial: True\ncode: role = ['b', 'a']\n---\nmandatory: True\nrole: a\nquestion: Q\n" + WAIT, [], {"questionText": "Q"}),
    ("without a role everybody does", "9.5", "mandatory: True\nrole: a\nquestion: Q\n" + WAIT, [], {"questionText": "Q"}),
]

NUMBER = {"required": "You need to fill this in.", "number": "You need to enter a number."}
MESSAGES = [
    ("text", field(""), FILL),
    ("optional text has them too", field("required: False"), FILL),
    ("number", datatype("number"), NUMBER),
    ("currency with a minimum", datatype("currency", "min: 0\n"), dict(NUMBER, min="You need to enter a number that is at least 0.")),
    ("integer", datatype("integer"), dict(NUMBER, step="Please enter a whole number.")),
    ("integer with a step", datatype("integer", "step: 2\n"), dict(NUMBER, step="Please enter a multiple of {0}.")),
    ("number with a maximum", datatype("number", "max: 5\n"), dict(NUMBER, max="You need to enter a number that is at most 5.")),
    ("range has no bounds", datatype("range", "min: 1\nmax: 2\nstep: 0.5\n"), FILL),
    ("date", datatype("date"), dict(FILL, date="You need to enter a valid date.")),
    ("time", datatype("time"), dict(FILL, time="You need to enter a valid time.")),
    ("datetime", datatype("datetime"), dict(FILL, datetime="You need to enter a valid date and time.")),
    ("date from", datatype("date", "min: 2024-02-03\n"), dict(FILL, date="You need to enter a valid date.", min="You need to enter a date on or after February 3, 2024.")),
    ("date from and to", datatype("date", "min: 2024-02-03\nmax: 2024-03-01\n"),
     dict(FILL, date="You need to enter a valid date.", minmax="You need to enter a date between February 3, 2024 and March 1, 2024.")),
    ("email", datatype("email"), dict(FILL, email="You need to enter a complete e-mail address.")),
    ("lengths", field("minlength: 2\nmaxlength: 4"), dict(FILL, minlength="You must type at least 2 characters.", maxlength="You cannot type more than 4 characters.")),
    ("file", datatype("file"), {"required": "You must provide a file.",
                                "max": "Your file upload is larger than the server can accept. Please reduce the size of your file upload."}),
    ("file of some kinds", datatype("file", "accept: '\"image/png\"'\n"), {
        "required": "You must provide a file.", "accept": "Please upload a file with a valid file format.",
        "max": "Your file upload is larger than the server can accept. Please reduce the size of your file upload."}),
    ("radio", datatype("radio", CHOICES), SELECT), ("dropdown", datatype("dropdown", CHOICES), SELECT), ("ajax", field("input type: ajax\naction: a"), SELECT),
    ("yesnoradio", datatype("yesnoradio"), SELECT), ("yesnomaybe", datatype("yesnomaybe"), FILL), ("plain choices", field(CHOICES), FILL),
    ("datalist", datatype("datalist", CHOICES), FILL),
    ("combobox", datatype("combobox", CHOICES), {"required": "You need to select one or type in a new value."}),
    ("checkboxes print the flag", datatype("checkboxes", CHOICES), {"checkatleast": "Check at least one option, or check “True”"}),
    ("checkboxes with a minimum", datatype("checkboxes", CHOICES + "minlength: 1\nnone of the above: False\n"), {"checkatleast": "Please select at least 1."}),
    ("checkboxes with a maximum", datatype("checkboxes", CHOICES + "maxlength: 2\nnone of the above: False\n"), {"checkatmost": "Please select no more than 2."}),
    ("checkboxes exactly", datatype("checkboxes", CHOICES + "minlength: 2\nmaxlength: 2\n"), {"checkexactly": "Please select exactly 2."}),
    ("checkboxes exactly one", datatype("checkboxes", CHOICES + "minlength: 1\nmaxlength: 1\n"), {"checkexactly": "Please select one."}),
    ("multiselect", datatype("multiselect", CHOICES), {}),
    ("own words by the last word of the type", datatype("date", "min: 2024-02-03\nvalidation messages:\n  min: After %s!\n  required: Please ${ 1 }\n"),
     {"required": "Please 1", "date": "You need to enter a valid date.", "min": "After February 3, 2024!"}),
    ("own words by the full type", datatype("radio", CHOICES + "validation messages:\n  multiple choice required: Choose\n"), {"required": "Choose"}),
    ("the interview's words", "default validation messages:\n  required: |\n    Please!\n  max: No more than %s\n---\n" + datatype("number", "max: 3\n"),
     {"required": "Please!", "number": "You need to enter a number.", "max": "No more than 3"}),
]

# Whole answers of language 7.8: (sentence, interview, posted, the answer without what is the same everywhere).
ONE = {"active": True, "required": True, "number": 0}
ASKED = "mandatory: True\nquestion: ${ v }\n---\n"
WHOLE = [
    ("yesno", ASKED + "question: Sure?\nyesno: v\n", [],
     {"questionType": "yesno", "questionName": "Question_1", "event_list": ["v"], "questionText": "Sure?", "continueLabel": "Continue", "yesLabel": "Yes", "noLabel": "No",
      "fields": [dict(ONE, variable_name="v", datatype="boolean", sign=1, validation_messages=FILL, true_label="Yes", false_label="No")]}),
    ("noyes swaps the labels and has none in the field", ASKED + "question: Sure?\nnoyes: v\n", [],
     {"questionType": "noyes", "questionName": "Question_1", "event_list": ["v"], "questionText": "Sure?", "continueLabel": "Continue", "yesLabel": "No", "noLabel": "Yes",
      "fields": [dict(ONE, variable_name="v", datatype="boolean", sign=-1, validation_messages=FILL)]}),
    ("yesnomaybe has a third label", ASKED + "question: Sure?\nyesnomaybe: v\n", [],
     {"questionType": "yesnomaybe", "questionName": "Question_1", "event_list": ["v"], "questionText": "Sure?", "continueLabel": "Continue",
      "yesLabel": "Yes", "noLabel": "No", "maybeLabel": "I don't know",
      "fields": [dict(ONE, variable_name="v", datatype="threestate", sign=1, validation_messages=FILL, true_label="Yes", false_label="No", maybe_label="I don't know")]}),
    ("choices with a variable", ASKED + "id: colour\nquestion: Which?\nfield: v\nchoices:\n  - Red: red\n    help: |\n      Like blood\n  - Five: 5\n    default: True\n", [],
     {"questionType": "multiple_choice", "questionVariety": "radio", "questionName": "ID colour", "id": "colour", "event_list": ["v"], "questionText": "Which?",
      "continueLabel": "Continue", "fields": [dict(ONE, variable_name="v", fieldtype="multiple_choice", validation_messages=SELECT,
                                                   choices=[{"label": "Red", "value": "red", "help": "Like blood"}, {"label": "Five", "value": 5, "default": True}])]}),
    ("the default of the question stands on the field", ASKED + "question: Which?\nfield: v\ndropdown:\n  - a\n  - b\ndefault: b\n", [],
     {"questionType": "multiple_choice", "questionVariety": "dropdown", "questionName": "Question_1", "event_list": ["v"], "questionText": "Which?",
      "continueLabel": "Continue", "fields": [dict(ONE, variable_name="v", fieldtype="multiple_choice", validation_messages=SELECT, default="b",
                                                   choices=[{"label": "a", "value": "a"}, {"label": "b", "value": "b"}])]}),
    ("buttons of true and false", ASKED + "question: Which?\nfield: v\nbuttons:\n  - Y: True\n  - N: False\n", [],
     {"questionType": "multiple_choice", "questionVariety": "buttons", "questionName": "Question_1", "event_list": ["v"], "questionText": "Which?",
      "continueLabel": "Continue", "fields": [dict(ONE, variable_name="v", datatype="boolean", fieldtype="multiple_choice", validation_messages=FILL,
                                                   choices=[{"label": "Y", "value": True}, {"label": "N", "value": False}])]}),
    ("combobox", ASKED + "question: Which?\nfield: v\ncombobox:\n  code: |\n    [{'a': 'A', 'color': 'danger'}]\n", [],
     {"questionType": "multiple_choice", "questionVariety": "combobox", "questionName": "Question_1", "event_list": ["v"], "questionText": "Which?",
      "continueLabel": "Continue", "fields": [dict(ONE, variable_name="v", fieldtype="multiple_choice",
                                                   validation_messages={"required": "You need to select one or type in a new value."},
                                                   choices=[{"label": "A", "value": "a", "color": "danger"}])]}),
    ("buttons that do something have indices", "mandatory: True\nquestion: Done\nbuttons:\n  - Restart: restart\n  - Exit: exit\n    color: danger\n", [],
     {"questionType": "multiple_choice", "questionVariety": "buttons", "questionName": "Question_2", "mandatory": True, "questionText": "Done", "continueLabel": "Continue",
      "fields": [dict(ONE, fieldtype="multiple_choice",
                      choices=[{"label": "Restart", "variable_name": "_internal[\"answers\"]['Question_2']", "value": 0},
                               {"label": "Exit", "variable_name": "_internal[\"answers\"]['Question_2']", "value": 1, "color": "danger"}])]}),
    ("a command that was chosen", "mandatory: True\nquestion: Done\nbuttons:\n  - Restart: restart\n  - Exit: exit\n    url: https://example.com\n",
     [{"_internal[\"answers\"]['Question_2']": 1}],
     {"questionType": "exit", "questionName": "Question_1", "questionText": "https://example.com", "continueLabel": "Continue"}),
    ("a continue button", ASKED + "question: Welcome\nsubquestion: Read this.\ncontinue button field: v\n", [],
     {"questionType": "settrue", "questionName": "Question_1", "event_list": ["v"], "questionText": "Welcome", "subquestionText": "Read this.", "continueLabel": "Continue",
      "fields": [dict(ONE, variable_name="v", validation_messages=FILL)]}),
    ("field is the old spelling", ASKED + "question: Welcome\nfield: v\n", [],
     {"questionType": "settrue", "questionName": "Question_1", "event_list": ["v"], "questionText": "Welcome", "continueLabel": "Continue",
      "fields": [dict(ONE, variable_name="v", validation_messages=FILL)]}),
    ("signature", ASKED + "question: Sign\nsignature: v\nunder: |\n  Ann\npen color: blue\n", [],
     {"questionType": "signature", "questionName": "Question_1", "event_list": ["v"], "questionText": "Sign", "underText": "Ann", "continueLabel": "Continue",
      "signaturePhrases": {"clear": "Clear", "noSignature": "You must sign your name to continue.", "loading": "Loading.  Please wait . . . "},
      "fields": [dict(ONE, variable_name="v", validation_messages=FILL, **{"pen color": "blue"})]}),
    ("the end", "mandatory: True\nquestion: Thank you\n", [],
     {"questionType": "deadend", "questionName": "Question_0", "mandatory": True, "questionText": "Thank you", "continueLabel": "Continue"}),
]

REVIEW = """\
mandatory: True
code: |
  name = 'Ann'
---
question: Check
event: check
review:
  - Edit name: name
    button: |
      You are ${ name }.
  - Edit age: age
    button: ${ age }
  - note: |
      Only what was answered.
  - note: hidden
    show if: age
  - label: Both
    fields:
      - name
      - recompute:
          - age
    help: |
      H ${ name }
    note: N
  - Name: name
    css class: k
  - Text: name
    button: ${ age }
  - Age: age
---
mandatory: True
need: check
question: End
"""
WHOLE.append(
    ("review shows what is known and asks nothing", REVIEW, [],
     {"questionType": "review", "questionName": "Question_1", "event_list": ["check"], "questionText": "Check", "continueLabel": "Resume", "fields": [
         {"number": 0, "label": "Edit name", "helptext": "You are Ann.\n", "datatype": "button", "active": True},
         {"number": 1, "datatype": "button", "active": False},
         {"number": 2, "datatype": "note", "note": "Only what was answered.", "active": True},
         {"number": 4, "label": "Both", "helptext": "H Ann\n", "note": "N", "active": True},
         {"number": 5, "label": "Name", "css class": "k", "active": True},
         {"number": 6, "datatype": "button", "active": False},
         {"number": 7, "active": False}]}))

# The large example of 7.8.
PET = """\
objects:
  - friend: DAList.using(object_type=Individual, auto_gather=False, gathered=True)
---
mandatory: True
code: |
  pet = 'Fido'
  if friend.number() == 0:
    friend.appendObject()
    friend[0].name.first = 'Ann'
    friend[0].name.last = 'Lee'
---
mandatory: True
question: ${ pet_name } ${ pet_screen_seen }
---
question: Unused
yesno: unused
---
question: |
  About ${ pet }
subquestion: |
  Tell us *more*.
fields:
  - Name: pet_name
    hint: Rex
  - Legs: pet_legs
    datatype: integer
    min: 0
    default: 4
  - Price: pet_price
    datatype: currency
    required: False
  - Born: pet_birth
    datatype: date
  - Vaccinated: pet_vaccinated
    datatype: yesno
  - Tame: pet_tame
    datatype: yesnoradio
  - Story: pet_story
    input type: area
    rows: 5
    show if: pet_vaccinated
  - Colour: pet_colour
    choices:
      - Brown: br
      - White: wh
    default: wh
  - Tricks: pet_tricks
    datatype: checkboxes
    choices:
      - Sit
      - Roll over: roll
  - Keeper: pet_keeper
    datatype: object
    choices: friend
  - Photo: pet_photo
    datatype: file
    required: False
  - note: |
      Nearly **done**.
continue button field: pet_screen_seen
"""
SHOWN = {"active": True, "required": True}
WHOLE.append(
    ("fields", PET, [],
     {"questionType": "fields", "questionName": "Question_4", "event_list": ["pet_name"], "question_variable_name": "pet_screen_seen",
      "questionText": "About Fido", "subquestionText": "Tell us *more*.", "continueLabel": "Continue", "fields": [
          dict(SHOWN, number=0, variable_name="pet_name", datatype="text", label="Name", hint="Rex", validation_messages=FILL),
          dict(SHOWN, number=1, variable_name="pet_legs", datatype="integer", label="Legs", min="0", default="4",
               validation_messages=dict(NUMBER, step="Please enter a whole number.", min="You need to enter a number that is at least 0.")),
          dict(SHOWN, number=2, variable_name="pet_price", datatype="currency", label="Price", required=False, validation_messages=NUMBER),
          dict(SHOWN, number=3, variable_name="pet_birth", datatype="date", label="Born", validation_messages=dict(FILL, date="You need to enter a valid date.")),
          dict(SHOWN, number=4, variable_name="pet_vaccinated", datatype="boolean", inputtype="yesno", sign=1, label="Vaccinated", required=False, validation_messages=FILL),
          dict(SHOWN, number=5, variable_name="pet_tame", datatype="boolean", inputtype="yesnoradio", sign=1, label="Tame", validation_messages=SELECT),
          dict(SHOWN, number=6, variable_name="pet_story", datatype="text", inputtype="area", rows=5, label="Story", show_if_sign=1, show_if_var="pet_vaccinated",
               show_if_val="True", validation_messages=FILL),
          dict(SHOWN, number=7, variable_name="pet_colour", datatype="text", label="Colour", default="wh", validation_messages=FILL,
               choices=[{"label": "Brown", "value": "br"}, {"label": "White", "value": "wh", "selected": True}]),
          dict(SHOWN, number=8, variable_name="pet_tricks", datatype="checkboxes", label="Tricks", none_of_the_above=True, all_of_the_above=False,
               choices=[{"label": "Sit", "variable_name": "pet_tricks['Sit']", "value": True}, {"label": "Roll over", "variable_name": "pet_tricks['roll']", "value": True},
                        {"label": "None of the above"}], validation_messages={"checkatleast": "Check at least one option, or check “True”"}),
          dict(SHOWN, number=9, variable_name="pet_keeper", datatype="object", label="Keeper", validation_messages=FILL,
               choices=[{"label": "Ann Lee", "value": "friend[0]", "default": "False"}]),
          # The upload limit is always there (7.5), also where the printed example leaves it out.
          dict(SHOWN, number=10, variable_name="pet_photo", datatype="file", label="Photo", required=False, max=16777216,
               validation_messages={"required": "You must provide a file.",
                                    "max": "Your file upload is larger than the server can accept. Please reduce the size of your file upload."}),
          dict(SHOWN, number=11, datatype="note", note="Nearly **done**.")]}))

# What is the same in every answer of 7.8 (7.2).
SAME = {
    "title": "Demo", "browser_title": "Demo", "short_title": "Demo", "display_title": "Demo", "exit_link": "leave", "exit_url": None, "exit_label": "Exit",
    "lang": "en", "language": "*", "steps": 1, "allow_going_back": False, "progress": 0, "message_log": [], "section": None, "display_section": None,
    "sections": [], "validation_messages": {}, "navbarVariant": "dark", "interview_options": {}, "menu": {"top": {"anchor": "ann@example.com"}, "items": []},
}

LIST = """\
objects:
  - fruit: DAList.using(%s)
---
mandatory: True
code: |
  %s
---
question: Fruit
fields:
  - Name: fruit[i]%s
list collect: True
---
mandatory: True
question: ${ fruit }
"""

# Files that do not load: (sentence, interview, part of the message).
BROKEN = [
    ("a field is a mapping", "question: Q\nfields:\n  - v\n", "A field must be a mapping"),
    ("a field has one label", "question: Q\nfields:\n  - A: a\n    B: b\n", "A field has one label"),
    ("a field without variable needs a text", "question: Q\nfields:\n  - hint: h\n", "needs note, html or raw html"),
    ("calls are no variables", "question: Q\nfields:\n  - A: f(x)\n", "not the name of a variable"),
    ("check boxes need choices", "question: Q\nfields:\n  - A: a\n    datatype: checkboxes\n", "needs choices"),
    ("choices are a list", "question: Q\nfield: a\nchoices: many\n", "Choices must be a list"),
    ("a choice has one label", "question: Q\nfield: a\nchoices:\n  - A: a\n    B: b\n", "A choice has one label"),
    ("an action button has a label", "question: Q\naction buttons:\n  - action: a\n", "needs an action and a label"),
    ("an expression must be one", "question: Q\nfields:\n  - A: a\n    required: 1 +\n", "required"),
    ("a screen asks in one way", "question: Q\nyesno: a\nfields:\n  - B: b\n", "A question cannot have both yesno and fields"),
    ("one list of choices", "question: Q\nchoices:\n  - A\nbuttons:\n  - B\n", "A question cannot have both buttons and choices"),
    ("an event is no field", "question: Q\nevent: e\nfield: a\n", "An event cannot be combined with field"),
    ("metadata stands alone", "metadata:\n  title: T\nmandatory: True\nquestion: Q\n", "Metadata cannot be combined"),
    ("objects are mappings", "objects:\n  - a: DAObject\n  - b\n", "An entry of objects must be a mapping, not: 'b'"),
    ("the value of a choice is no list", "question: Q\nfields:\n  - A: a\n    choices:\n      - code: [1, 2]\n", "The value of a choice must not be a list"),
    ("the place is named", "question: Ok\nyesno: ok\n---\nquestion: Q\nfields:\n  - A: f(x)\n", "line 4"),
]
