"""Rows of language 7.1 to 7.5: the question object key by key."""
from spec_rows import ABSENT, END, FILL, block, blocks, code, field, fields, one, question, screen, shows

SELECT = {"required": "You need to select one."}
PEOPLE = ("objects:\n  - friend: DAList.using(object_type=Individual, auto_gather=False, gathered=True)\n---\n" +
          code("if not friend.number():\n  friend.appendObject()\n  friend[0].name.first = 'Ann'") + "---\n")


def second(what, *others, **first):
    """A screen behind a question, so that there is a way back."""
    return blocks(code("a"), what, question("a"), *others)


def then(expected):
    return [("start", {}), ({"a": 1}, expected)]



ROWS = [
    # 7.1
    shows("7.1 questionText, subquestionText, underText, rightText, continueLabel, yesLabel …, helpText[].content, .heading, field note, html, raw html, under_text, default, min …, show_if_js.expression, choice label, attachment name, filename, screen parts, css, script",
          "of a screen: stripped",
          "mandatory: True\nquestion: |\n  Q\nsubquestion: |\n  S\nunder: |\n  U\nright: |\n  R\ncontinue button label: |\n  C\nhelp:\n  heading: |\n    H\n  content: |\n    T\ncss: |\n  c\nscript: |\n  s\n"
          "continue button field: v\n", {"questionText": "Q", "subquestionText": "S", "underText": "U", "rightText": "R", "continueLabel": "C", "helpText": [{"heading": "H", "content": "T"}], "css": "\nc", "script": "\ns"}),
    shows("7.1 questionText, subquestionText, underText, rightText, continueLabel, yesLabel …, helpText[].content, .heading, field note, html, raw html, under_text, default, min …, show_if_js.expression, choice label, attachment name, filename, screen parts, css, script",
          "of fields: stripped or kept",
          fields("label: |\n  L\nfield: a\nhelp: |\n  H\nhint: |\n  I\nunder text: |\n  U\ndefault: |\n  D\nnote: |\n  N\njs show if: |\n  val('b')\n",
                 "label: B\nfield: b\ndatatype: checkboxes\nchoices:\n  - label: |\n      C\n    value: c\n    help: |\n      X\nnone of the above: |\n  Nothing\n"),
          {"fields/0/label": "L\n", "fields/0/helptext": "H\n", "fields/0/hint": "I\n", "fields/0/under_text": "U", "fields/0/default": "D", "fields/0/note": "N", "fields/0/show_if_js/expression": "val('b')",
           "fields/1/choices/0/label": "C", "fields/1/choices/0/help": "X\n", "fields/1/none_of_the_above": "Nothing\n", "fields/1/choices/1/label": "Nothing",
           "fields/1/validation_messages/checkatleast": "Check at least one option, or check “Nothing\n”"}),
    # 7.2
    shows("7.2 questionType", "says what kind it is", screen(), {"questionType": "deadend"}),
    shows("7.2 questionName", "the block's name", screen(), {"questionName": "Question_0"}),
    shows("7.2 questionName", "a screen made at run time", code("message('T')"), {"questionName": "Question_Temp"}),
] + [
    shows("7.2 questionVariety", word, screen("field: v", "%s:" % key, "  - a"), {"questionType": "multiple_choice", "questionVariety": word})
    for key, word in (("choices", "radio"), ("dropdown", "dropdown"), ("combobox", "combobox"), ("buttons", "buttons"))
] + [
    shows("7.2 questionVariety", "only there", field(), {"questionVariety": ABSENT}),
    shows("7.2 language", "of the block", screen("language: en"), {"language": "en"}),
    shows("7.2 language", "a star if it has none", screen(), {"language": "*"}),
    shows("7.2 lang", "the server's where the block has none", screen(), {"lang": "en"}),
    shows("7.2 lang", "the block's", "initial: True\ncode: set_language('es')\n---\n" + screen("language: es"), {"lang": "es"}),
    shows("7.2 title, browser_title, short_title, display_title", "fall back to the title", "metadata:\n  title: T\n---\n" + screen(), {"title": "T", "browser_title": "T", "short_title": "T", "display_title": "T"}),
    shows("7.2 title, browser_title, short_title, display_title", "have words of their own", "metadata:\n  title: T\n  tab title: B\n  short title: S\n  logo: L\n---\n" + screen(),
          {"title": "T", "browser_title": "B", "short_title": "S", "display_title": "L"}),
    shows('7.2 exit_link (leave by default), exit_url (null), exit_label ("Exit")', "presets", screen(), {"exit_link": "leave", "exit_url": None, "exit_label": "Exit"}),
    shows('7.2 exit_link (leave by default), exit_url (null), exit_label ("Exit")', "from the metadata", "metadata:\n  exit link: logout\n  exit url: https://example.com\n  exit label: Bye\n---\n" + screen(),
          {"exit_link": "logout", "exit_url": "https://example.com", "exit_label": "Bye"}),
    shows("7.2 questionText", "always there", code("command('exit')"), {"questionText": ""}),
    shows("7.2 subquestionText", "absent if none", screen(), {"subquestionText": ABSENT}),
    shows("7.2 subquestionText", "empty if it renders to nothing", screen("subquestion: ${ '' }"), {"subquestionText": ""}),
    shows("7.2 continueLabel", "on every type", screen(), {"continueLabel": "Continue"}),
    shows("7.2 continueLabel", "of a review", screen("review:", "  - note: n", "continue button field: v"), {"continueLabel": "Resume"}),
    ("7.2 steps", "a post adds one, back takes one off", second(screen()), [("start", {"steps": 1}), ({"a": 1}, {"steps": 2}), ({"a": 2}, {"steps": 3}), ("back", {"steps": 2}), ("question", {"steps": 2})]),
    ("7.2 steps", "an action adds one", blocks(screen(), "event: e\ncode: b = 1\n"), [("start", {}), (("action", "e", {}, 0), {}), ("question", {"steps": 2})]),
    ("7.2 allow_going_back", "more than one step behind the offset", second(blocks(screen("need: c"), "code: |\n  prevent_going_back()\n  c = 1\n")), [("start", {"allow_going_back": False}), ({"a": 1}, {"allow_going_back": False, "cornerBackButton": "Back"}), ({"b": 1}, {"allow_going_back": True})]),
    ("7.2 backTitle", "if there is a way back", second(screen()), [("start", {"backTitle": ABSENT}), ({"a": 1}, {"backTitle": "Go back to the previous question"})]),
    ("7.2 cornerBackButton", "if there is a step and the block does not prevent it", second(screen("prevent going back: True")), [("start", {"cornerBackButton": ABSENT}), ({"a": 1}, {"cornerBackButton": ABSENT, "allow_going_back": True})]),
    ("7.2 questionBackButton", "if something asks for it", second("features:\n  question back button: True\n---\n" + screen()), [("start", {"questionBackButton": ABSENT}), ({"a": 1}, {"questionBackButton": "Back"})]),
    shows("7.2 progress", "does not move by itself", "features:\n  progress bar: True\n---\n" + screen("progress: 50"), {"progress": 0}),
    shows("7.2 message_log", "what has a priority", blocks("initial: True\ncode: |\n  log('one')\n  log('two', 'success')\n", END), {"message_log": [{"message": "two", "priority": "success"}]}),
    shows("7.2 section, display_section, sections", "set by code", blocks("sections:\n  - a: First\n    subsections:\n      - b: Inner\n", code("nav.set_section('b')"), END),
          {"section": "b", "display_section": "Inner", "sections": [{"a": "First", "subsections": [{"b": "Inner"}]}]}),
    shows("7.2 section, display_section, sections", "none", screen(), {"section": None, "display_section": None, "sections": []}),
    shows("7.2 validation_messages", "of the interview, for the block's language", "default validation messages:\n  max: At most %s\n---\n" + screen(), {"validation_messages": {"max": "At most %s"}}),
    shows("7.2 navbarVariant", "dark", screen(), {"navbarVariant": "dark"}),
    shows("7.2 navbarVariant", "light", "features:\n  inverse navbar: False\n---\n" + screen(), {"navbarVariant": "light"}),
    shows("7.2 interview_options", "some of the features", "features:\n  labels above fields: True\n  default date min: 2024-01-02\n  navigation: True\n---\n" + screen(), {"interview_options/labels above": True, "interview_options/navigation": ABSENT, "interview_options/#": 2}),
    shows("7.2 menu", "the caller's address and the menu items", blocks(code("menu_items = [action_menu_item('Look', 'look', a=1)]"), END), {"menu/top": {"anchor": "ann@example.com"}, "menu/items/0/anchor": "Look", "menu/items/0/href": lambda url: url.startswith("/interview?action=")}),
    shows("7.2 menu", "without log-in the exit", "metadata:\n  show login: False\n---\n" + screen(), {"menu/top/anchor": "Exit", "menu/top/href": lambda url: "action=" in url, "menu/items": []}),
    # 7.3
    shows("7.3 id", "if it has one", screen("id: x"), {"id": "x"}),
    shows("7.3 id", "else not", screen(), {"id": ABSENT}),
    shows("7.3 mandatory", "True or an expression", screen(), {"mandatory": True}),
    shows("7.3 mandatory", "not on a question that is sought", blocks(code("a"), question("a")), {"mandatory": ABSENT}),
    shows("7.3 event_list", "the concrete name", PEOPLE + blocks(code("friend[0].age"), question("friend[i].age")), {"event_list": ["friend[0].age"], "fields/0/variable_name": "friend[i].age"}),
    shows("7.3 event_list", "not on a mandatory question of the main pass", screen(), {"event_list": ABSENT}),
    shows("7.3 event_list", "both, when a seek finds a mandatory question", blocks(code("a"), "mandatory: True\n" + question("a")), {"event_list": ["a"], "mandatory": True}),
    shows("7.3 event_list", "neither on a message", code("message('T')"), {"event_list": ABSENT, "mandatory": ABSENT}),
    shows("7.3 question_variable_name", "of fields", fields("A: a\n", continue_button_field="seen"), {"question_variable_name": "seen"}),
    shows("7.3 question_variable_name", "never of a continue button alone", screen("continue button field: seen"), {"question_variable_name": ABSENT, "fields/0/variable_name": "seen"}),
    shows("7.3 fields", "if it has fields", screen(), {"fields": ABSENT}),
    shows("7.3 fields", "in order", fields("A: a\n", "B: b\n"), {"fields/#": 2, "fields/1/variable_name": "b"}),
    shows("7.3 yesLabel, noLabel, maybeLabel", "yes and no", screen("yesno: v"), {"yesLabel": "Yes", "noLabel": "No", "maybeLabel": ABSENT}),
    shows("7.3 yesLabel, noLabel, maybeLabel", "swapped", screen("noyes: v"), {"yesLabel": "No", "noLabel": "Yes"}),
    shows("7.3 yesLabel, noLabel, maybeLabel", "and maybe", screen("yesnomaybe: v"), {"maybeLabel": "I don't know"}),
    shows("7.3 additional_buttons", "an empty list", screen("action buttons:", "  - action: a", "    label: L"), {"additional_buttons": []}),
    shows('7.3 helpText, helpBackLabel ("Back to question")', "of the question itself", screen("help: H"), {"helpText": [{"content": "H"}], "helpBackLabel": "Back to question"}),
    shows("7.3 interviewHelpText", "on every screen", "interview help:\n  heading: H\n  content: C\n---\n" + screen(), {"interviewHelpText": [{"heading": "H", "content": "C"}], "helpText": ABSENT}),
    shows("7.3 help", "of the question", screen("help:", "  label: L", "  content: C"), {"help": {"specific": True, "label": "L", "title": "Help is available for this question"}}),
    shows("7.3 help", "of the interview", "interview help:\n  content: C\n---\n" + screen(), {"help": {"specific": False, "interviewLabel": "Help", "interviewTitle": "Help is available"}}),
    shows("7.3 terms, autoterms", "lower-case keys, each if there are any", "terms:\n  Big Cat: C\n---\n" + screen(), {"terms": {"big cat": "C"}, "autoterms": ABSENT}),
    shows("7.3 audio, video", "both forms of a static sound", screen("audio: sound.mp3"), {"audio": lambda found: [entry["mime_type"] for entry in found] == ["audio/ogg", "audio/mpeg"] and "/packagestatic/" in found[0]["url"]}),
    shows("7.3 audio, video", "embedded films", screen("video: '[VIMEO 7]'"), {"video": [{"url": "https://player.vimeo.com/video/7?byline=0&portrait=0"}]}),
    shows("7.3 decoration", "a picture with its height", "image sets:\n  s:\n    attribution: A\n    images:\n      w: wide.svg\n---\n" + screen("decoration: w"), {"decoration/size": {"width": "2.0em", "height": "1.0em"}, "decoration/url": lambda url: "wide.svg" in url}),
    shows("7.3 decoration", "an icon of the icon font", screen("decoration: home"), {"decoration": {"name": "home", "size": "2.0em"}}),
    shows("7.3 rightText, underText, cssClass, tableCssClass, css, script", "own", screen("right: R", "css class: k", "css: c"), {"rightText": "R", "underText": ABSENT, "cssClass": "k", "css": "\nc", "script": ABSENT}),
    shows("7.3 rightText, underText, cssClass, tableCssClass, css, script", "from defaults and metadata", "metadata:\n  right: M\n  table css class: t\n---\ndefault screen parts:\n  under: D ${ 1 }\n---\n" + screen(), {"rightText": "M", "underText": "D 1", "tableCssClass": "t"}),
    shows("7.3 question_metadata, segment, ga_id", "as defined", screen("question metadata: ${ 1 }", "segment id: S", "ga id: G"), {"question_metadata": "1", "segment/id": "S", "ga_id": "G"}),
    shows("7.3 menu_items", "if it is a list", blocks(code("menu_items = [{'label': 'L', 'url': '/u'}]"), END), {"menu_items": [{"label": "L", "url": "/u"}]}),
    shows("7.3 menu_items", "else not", blocks(code("menu_items = 'no'"), END), {"menu_items": ABSENT}),
    shows("7.3 reload, reload_after", "milliseconds", screen("reload: True"), {"reload": 10000, "reload_after": 10000}),
    shows("7.3 signaturePhrases", "of a signature", screen("signature: v"), {"signaturePhrases": {"clear": "Clear", "noSignature": "You must sign your name to continue.", "loading": "Loading.  Please wait . . . "}}),
    shows("7.3 attachments", "documents are not assembled yet, and nothing pretends that they are", screen("attachment:", "  content: Hello"), {"attachments": lambda found: found is ABSENT or found == [] or "filename" in found[0]}),
    shows("7.3 listCollect", "words", "objects:\n  - l: DAList.using(object_type=Thing, there_are_any=True)\n---\n" + blocks(code("l.gather()"), "question: L\nfields:\n  - Name: l[i].name.text\nlist collect: True\n"),
          {"listCollect": {"deleteLabel": "Delete", "addAnotherLabel": "Add another", "deletedLabel": "(Deleted)", "undeleteLabel": "Undelete"}}),
    shows("7.3 track_location", "if the variable is true", blocks(code("track_location = True"), END), {"track_location": True}),
    shows("7.3 attributions", "of the pictures used", "image sets:\n  s:\n    attribution: |\n      By *A*\n    images:\n      w: wide.svg\n---\n" + screen("decoration: w"), {"attributions": ["By *A*"]}),
    shows("7.3 source", "only in debug mode", screen(), {"source": ABSENT}),
    # 7.4
    shows("7.4 fields, yesno, noyes, yesnomaybe, noyesmaybe, signature, review, multiple_choice", "fields", field(), {"questionType": "fields"}),
] + [
    shows("7.4 fields, yesno, noyes, yesnomaybe, noyesmaybe, signature, review, multiple_choice", kind, screen("%s: v" % kind), {"questionType": kind})
    for kind in ("yesno", "noyes", "yesnomaybe", "noyesmaybe", "signature")
] + [
    shows("7.4 fields, yesno, noyes, yesnomaybe, noyesmaybe, signature, review, multiple_choice", "review", screen("review:", "  - note: n", "continue button field: v"), {"questionType": "review"}),
    shows("7.4 fields, yesno, noyes, yesnomaybe, noyesmaybe, signature, review, multiple_choice", "choices", screen("field: v", "choices: [a]"), {"questionType": "multiple_choice"}),
    shows("7.4 settrue", "a continue button alone", screen("continue button field: v"), {"questionType": "settrue"}),
    shows("7.4 deadend", "no input, also as an event", blocks(screen("need: e"), "event: e\nquestion: E\n"), {"questionType": "deadend", "questionText": "E"}),
    shows("7.4 exit, leave, logout, exit_logout, restart, new_session, refresh, signin, register, interview_exit, continue, wait", "from code", code("command('leave', url='https://example.com')"),
          {"questionType": "leave", "questionText": "https://example.com", "questionName": "Question_Temp", "subquestionText": "", "fields": ABSENT}),
] + [
    ("7.4 exit, leave, logout, exit_logout, restart, new_session, refresh, signin, register, interview_exit, continue, wait", "the button " + word, screen("buttons:", "  - Go: " + word),
     [("start", {"questionName": "Question_1"}), ({"_internal[\"answers\"]['Question_1']": 0}, {"questionType": word, "questionName": "Question_0", "questionText": "", "fields": ABSENT, "mandatory": ABSENT, "event_list": ABSENT})])
    for word in ("exit", "leave", "logout", "exit_logout", "restart", "new_session", "refresh", "signin", "register")
] + [
    shows("7.4 redirect", "response(url=…)", code("response(url='https://example.com')"), {"questionType": "redirect", "questionText": "https://example.com"}),
    shows("7.4 template", "a template with a target", blocks(screen("need: t"), "template: t\ntarget: place\ncontent: C ${ 1 }\n"), {"questionType": "template", "subquestionText": "C 1", "event_list": ["t"]}),
    ("7.4 backgroundresponse, backgroundresponseaction", "outside of background tasks they are an error, never a screen", code("background_response(1)"), [("fail", {"outcome": "error"})]),
    ("7.4 undefined_variable", "nothing defines it", code("nothing"), [("start", {"outcome": "undefined", "questionType": "undefined_variable", "variable": "nothing", "message_log": []})]),
    ("7.4 (none)", "the interview's own answer", code("response('hello', content_type='text/x')"), [("start", {"outcome": "response", "body": "hello", "type": "text/x"})]),
    # 7.5
    shows("7.5 number", "from 0 in order; generated fields have two", fields("A: a\n", "code: |\n  [{'B': 'b'}, {'C': 'c'}]\n"), {"fields/0/number": 0, "fields/1/number": "1_0", "fields/2/number": "1_1", "fields/2/variable_name": "c"}),
    shows("7.5 variable_name", "as written in the block", PEOPLE + blocks(code("friend[0].age"), question("friend[i].age")), one(variable_name="friend[i].age")),
    shows("7.5 variable_name", "not on display items", fields("note: n\n"), one(variable_name=ABSENT)),
    shows("7.5 datatype", "always there on fields, also with choices", fields("A: a\nchoices: [x]\n", "html: h\n"), {"fields/0/datatype": "text", "fields/1/datatype": "html"}),
    shows("7.5 datatype", "not on a continue button", screen("continue button field: v"), one(datatype=ABSENT)),
    shows("7.5 fieldtype", "of choices questions only", screen("field: v", "choices: [a]"), one(fieldtype="multiple_choice")),
    shows("7.5 fieldtype", "not of fields with choices", field("choices: [a]"), one(fieldtype=ABSENT)),
    shows("7.5 inputtype", "given or implied", fields("A: a\ninput type: radio\nchoices: [x]\n", "B: b\nchoices: [x]\n"), {"fields/0/inputtype": "radio", "fields/1/inputtype": ABSENT}),
    shows("7.5 sign", "of yes and no", fields("A: a\ndatatype: noyesradio\n", "B: b\ndatatype: yesnomaybe\n", "C: c\n"), {"fields/0/sign": -1, "fields/1/sign": 1, "fields/2/sign": ABSENT}),
    shows("7.5 label", "of every active input", fields("A *b*: a\n", "no label: b\n", "label: ${ '' }\nfield: c\n"), {"fields/0/label": "A *b*", "fields/1/label": "no label", "fields/2/label": ""}),
    shows("7.5 label", "not of other screens", screen("yesno: v"), one(label=ABSENT)),
    shows("7.5 required", "also on display items", fields("note: n\n", "A: a\nrequired: 1 == 2\n"), {"fields/0/required": True, "fields/1/required": False}),
    shows("7.5 active", "an inactive field has only a few keys", fields("A: a\nhint: h\nshow if:\n  code: False\n"), {"fields/0": {"active": False, "datatype": "text", "number": 0, "validation_messages": FILL, "variable_name": "a"}}),
    shows("7.5 choices", "of all kinds", fields("A: a\nchoices: [x]\n", "B: b\ndatatype: checkboxes\nchoices: [y]\n"), {"fields/0/choices/#": 1, "fields/1/choices/#": 2}),
    shows("7.5 default", "a literal is text; a list marks choices", fields("A: a\ndefault: 10\n", "B: b\ndatatype: checkboxes\nchoices: [x, y]\ndefault: [y]\n", "C: c\ndefault: ${ '' }\n"),
          {"fields/0/default": "10", "fields/1/choices/1/selected": True, "fields/1/choices/0/selected": ABSENT, "fields/1/default": ABSENT, "fields/2/default": ""}),
    ("7.5 default", "after back the discarded answers appear, once, but not for dates", blocks(code("a\nb"), fields("A: a\n", "B: b\ndatatype: date\n").replace("mandatory: True\n", ""), END),
     [("start", {}), ({"a": 7, "b": "2024-02-03"}, {"questionText": "End"}), ("back", {"fields/0/default": 7, "fields/1/default": ABSENT}), ("question", {"fields/0/default": ABSENT})]),
    shows("7.5 hint, helptext, note, html, raw html, under_text", "strings when defined, notes beside an input too", field("hint: ''\nnote: N\nhelp: H\nunder text: U\n"), one(hint="", note="N", helptext="H", under_text="U", html=ABSENT)),
    shows("7.5 validation_messages", "for every field with a variable, required or not", fields("A: a\nrequired: False\n", "B: b\ndatatype: multiselect\nchoices: [x]\n", "note: n\n"),
          {"fields/0/validation_messages": FILL, "fields/1/validation_messages": {}, "fields/2/validation_messages": ABSENT}),
    shows("7.5 validation_messages", "not on choices without a variable", screen("buttons:", "  - Exit: exit"), one(validation_messages=ABSENT)),
    shows("7.5 min, max, minlength, maxlength, step, scale, inline, inline width, currency symbol, css class, pen color, file css class", "texts; null prints", fields("A: a\ndatatype: number\nmin: 0\nmax: null\n", "B: b\ncss class: k\n"),
          {"fields/0/min": "0", "fields/0/max": "None", "fields/1/css class": "k"}),
    shows("7.5 min, max, minlength, maxlength, step, scale, inline, inline width, currency symbol, css class, pen color, file css class", "the max of files is a number", field("datatype: file"), one(max=16777216)),
    shows("7.5 rows", "number, text and objects", fields("A: a\ninput type: area\nrows: 4\n", "B: b\ndatatype: file\naccept: \"'image/*'\"\ngrid: 2\n"), {"fields/0/rows": 4, "fields/1/accept": "image/*", "fields/1/grid": {"width": 2}}),
    shows("7.5 true_label, false_label, maybe_label", "of yes and no", screen("yesnomaybe: v"), one(true_label="Yes", false_label="No", maybe_label="I don't know")),
    shows("7.5 true_label, false_label, maybe_label", "not of noyes", screen("noyes: v"), one(true_label=ABSENT, false_label=ABSENT)),
    shows("7.5 shuffle, disable_others, uncheck_others, check_others, disabled, embedded", "true when set", fields("A: a\nchoices: [x]\nshuffle: True\n", "B: b\ndisable others: [a]\n", "C: c\ndisabled: True\n", "D: d\n"),
          {"fields/0/shuffle": True, "fields/1/disable_others": True, "fields/1/required": False, "fields/2/disabled": True, "fields/2/required": False, "fields/3/disabled": ABSENT, "fields/3/shuffle": ABSENT}),
    shows("7.5 none_of_the_above, all_of_the_above", "both, always, on check boxes", fields("A: a\ndatatype: checkboxes\nchoices: [x]\n", "B: b\ndatatype: multiselect\nchoices: [x]\nnone of the above: False\n"),
          {"fields/0/none_of_the_above": True, "fields/0/all_of_the_above": False, "fields/1/none_of_the_above": False, "fields/1/all_of_the_above": False}),
    shows("7.5 none_of_the_above, all_of_the_above", "one on object_radio", PEOPLE + field("datatype: object_radio\nchoices: friend"), one(none_of_the_above=False, all_of_the_above=ABSENT)),
    shows('7.5 show_if_sign (1 show/enable, 0 hide/disable), show_if_var, show_if_val (string: "True" for a plain variable, "False", "None", the text of is)', "the field stays active",
          fields("A: a\n", "B: b\nshow if: a\n", "C: c\ndisable if:\n  variable: a\n  is: null\n", "D: d\nshow if:\n  code: True\n"),
          {"fields/1/show_if_sign": 1, "fields/1/show_if_var": "a", "fields/1/show_if_val": "True", "fields/1/active": True, "fields/2/show_if_sign": 0, "fields/2/show_if_val": "None", "fields/3/show_if_sign": ABSENT}),
    shows("7.5 show_if_js", "expression, variables, sign, mode", fields("A: a\n", "B: b\njs enable if: |\n  val('a') + val(\"a\")\n"), {"fields/1/show_if_js": {"expression": "val('a') + val(\"a\")", "vars": ["a"], "sign": True, "mode": 1}}),
    shows("7.5 permissions", "what was given", field("datatype: file\nprivate: True\n"), one(permissions={"private": True})),
    shows("7.5 max_image_size (number), image_type, ml_info, custom parameters", "when defined", field("datatype: file\nmaximum image size: 90\nimage upload type: png\n"), one(max_image_size=90, image_type="png")),
    shows("7.5 multiple_choice with field", "the value keeps its type", screen("field: v", "choices:", "  - Five: 5", "  - label: N", "    value: null", "    help: H", "    color: red", "    css class: k", "    group: G", "    default: True"),
          one(choices=[{"label": "Five", "value": 5}, {"label": "N", "value": None, "help": "H", "color": "red", "css class": "k", "group": "G", "default": True}])),
    shows("7.5 multiple_choice with field", "a default of the question stands on the field", screen("field: v", "choices: [a, b]", "default: b"), one(default="b", choices=[{"label": "a", "value": "a"}, {"label": "b", "value": "b"}])),
    shows("7.5 fields with text-like datatypes, number, date", "selected on the default", field("choices:\n  - A: a\n  - B: 2\ndefault: a\n"), one(choices=[{"label": "A", "value": "a", "selected": True}, {"label": "B", "value": 2}])),
    shows("7.5 checkboxes, multiselect", "a variable each", field("datatype: checkboxes\nchoices:\n  - A: a\n    help: H\n    css class: k\n    color: red\ndefault: [a]\n"),
          one(choices__0={"label": "A", "variable_name": "v['a']", "value": True, "selected": True, "help": "H", "css class": "k", "color": "red"})),
    shows("7.5 object, object_radio", "a default text on every one", PEOPLE + field("datatype: object\nchoices: friend\ndefault: friend[0]"), one(choices=[{"label": "Ann", "value": "friend[0]", "default": "True", "selected": True}])),
    shows("7.5 object_checkboxes, object_multiselect", "no default", PEOPLE + field("datatype: object_checkboxes\nchoices: friend\ndefault: friend[0]\nnone of the above: False\n"), one(choices=[{"label": "Ann", "value": "friend[0]", "selected": True}])),
    shows("7.5 multiple_choice without field", "an index of an internal variable", screen("buttons:", "  - Go: exit", "    color: danger", "    help: H"),
          one(choices=[{"label": "Go", "variable_name": "_internal[\"answers\"]['Question_1']", "value": 0, "color": "danger", "help": "H"}])),
    shows("7.5 none/all of the above (appended last)", "a label and nothing more", field("datatype: checkboxes\nchoices: [x]\n"), {"fields/0/choices/-1": {"label": "None of the above"}}),
]
