"""The acceptance checklist of the language specification (12): each item by interviews of its own. ITEMS: name of the test → [(sentence, interview, walk)]."""
from spec_rows import ABSENT, END, FILL, block, blocks, code, field, fields, question, screen

EXIT = "_internal[\"answers\"]['%s']"


def gather(objects, end, *questions):
    return blocks("objects:\n  - %s\n" % objects, "mandatory: True\nquestion: ${ %s }\n" % end, *questions)


NEW = "question: Any?\nyesno: items.there_are_any\n"
MORE = "question: More?\nyesno: items.there_is_another\n"
TOP = "$_internal/event_stack/ann@example.com"
REVIEWED = blocks(code("name = 'A'"), screen("need: look"), "event: look\nquestion: Look\nreview:\n  - Name: name\n  - Age: age\n    button: ${ age }\n  - note: N\n", code("pass"))

ITEMS = {
    "01_only_what_is_referred_to_is_asked": [
        ("in the order of reference", blocks("mandatory: True\nquestion: End\nsubquestion: ${ b } ${ a }\n", question("a"), question("b"), question("c")),
         [("start", {"event_list": ["b"]}), ({"b": 1}, {"event_list": ["a"]}), ({"a": 2}, {"questionText": "End", "subquestionText": "1 2"})]),
    ],
    "02_of_two_questions_the_last_one": [
        ("position", blocks(code("a"), question("a", "First"), question("a", "Second")), [("start", {"questionText": "Second"})]),
        ("supersedes", blocks(code("a"), "id: f\nsupersedes: s\n" + question("a", "First"), "id: s\n" + question("a", "Second")), [("start", {"questionText": "First"})]),
        ("order", blocks("order: [f, s]\n", code("a"), "id: f\n" + question("a", "First"), "id: s\n" + question("a", "Second")), [("start", {"questionText": "First"})]),
        ("if, and back to the earlier one", blocks(code("a"), "code: b = 1\n", question("a", "First"), "if: b == 2\n" + question("a", "Second")), [("start", {"questionText": "First"}), ({"b": 2}, {"questionText": "Second"})]),
        ("language", blocks("initial: True\ncode: set_language('es')\n", code("a"), "language: es\n" + question("a", "Hola"), question("a", "Hello")), [("start", {"questionText": "Hola"})]),
    ],
    "03_generic_questions": [
        ("any Individual, also in a list", blocks("objects:\n  - boss: Individual\n  - items: DAList.using(object_type=Individual, there_are_any=True, there_is_another=False)\n", code("boss.name.first\nitems[0].name.first\ndone = True"),
                                                "generic object: Individual\nquestion: ${ x.instanceName }\nfields:\n  - First: x.name.first\n", END),
         [("start", {"questionText": "boss", "event_list": ["boss.name.first"]}), ({"x.name.first": "A"}, {"questionText": "items[0]"}), ({"x.name.first": "B"}, {"questionText": "End", "$boss/name/first": "A", "$items/elements/0/name/first": "B"})]),
        ("a specific question wins", blocks("objects:\n  - boss: Individual\n", code("boss.name.first"), question("boss.name.first", "Special"), "generic object: Individual\nquestion: General\nfields:\n  - First: x.name.first\n"),
         [("start", {"questionText": "Special"})]),
        ("a subclass finds the block of its base class", blocks("modules:\n  - .own\n", "objects:\n  - boss: Own\n", code("boss.size"), "generic object: Individual\nquestion: Base\nfields:\n  - Size: x.size\n"), [("start", {"questionText": "Base"})]),
    ],
    "04_index_variables": [
        ("i and j", blocks("objects:\n  - child: DAList.using(object_type=Individual, auto_gather=False)\n  - child[i].toy: DAList.using(object_type=Thing, auto_gather=False)\n", code("child[1].toy[2].name.text"),
                           "question: ${ ordinal(i) } ${ ordinal(j) }\nfields:\n  - Name: child[i].toy[j].name.text\n", END),
         [("start", {"questionText": "second third", "event_list": ["child[1].toy[2].name.text"], "fields/0/variable_name": "child[i].toy[j].name.text"}), ({"child[i].toy[j].name.text": "ball"}, {"$child/elements/1/toy/elements/2/name/text": "ball"})]),
    ],
    "05_code_is_run_again_from_its_start": [
        ("interrupted, initial, mandatory", blocks("initial: True\ncode: |\n  each = each + 1 if defined('each') else 1\n", code("once = once + 1 if defined('once') else 1"),
                                                  code("again = again + 1 if defined('again') else 1\na\nafter = True"), question("a"), END),
         [("start", {"$again": 2, "$after": ABSENT, "$once": 1}), ({"a": 1}, {"questionText": "End", "$again": 3, "$after": True, "$once": 1, "$each": lambda n: n >= 3}), ("question", {"$again": 3, "$once": 1})]),
    ],
    "06_gathering": [
        ("a list of texts", gather("items: DAList", "items", NEW, question("items[i]"), MORE),
         [("start", {"event_list": ["items.there_are_any"]}), ({"items.there_are_any": True}, {"event_list": ["items[0]"]}), ({"items[i]": "a"}, {"event_list": ["items.there_is_another"]}), ({"items.there_is_another": True}, {"event_list": ["items[1]"]}),
          ({"items[i]": "b"}, {"event_list": ["items.there_is_another"]}), ({"items.there_is_another": False}, {"questionText": "a and b", "$items/gathered": True, "$items/there_is_another": False})]),
        ("none at all", gather("items: DAList", "items.number()", NEW), [("start", {}), ({"items.there_are_any": False}, {"questionText": "0"})]),
        ("with an object type", gather("items: DAList.using(object_type=Thing)", "items", NEW, question("items[i].name.text"), MORE),
         [("start", {}), ({"items.there_are_any": True}, {"event_list": ["items[0].name.text"]}), ({"items[i].name.text": "a"}, {"event_list": ["items.there_is_another"]}), ({"items.there_is_another": False}, {"questionText": "a"})]),
        ("by number", gather("items: DAList.using(ask_number=True)", "items", question("items.target_number"), question("items[i]")),
         [("start", {"event_list": ["items.target_number"]}), ({"items.target_number": 2}, {"event_list": ["items[0]"]}), ({"items[i]": "a"}, {"event_list": ["items[1]"]}), ({"items[i]": "b"}, {"questionText": "a and b"})]),
        ("a minimum", gather("items: DAList.using(minimum_number=2)", "items", question("items[i]"), MORE),
         [("start", {"event_list": ["items[0]"]}), ({"items[i]": "a"}, {"event_list": ["items[1]"]}), ({"items[i]": "b"}, {"event_list": ["items.there_is_another"]}), ({"items.there_is_another": False}, {"questionText": "a and b"})]),
        ("a complete attribute", gather("items: DAList.using(object_type=Thing, there_are_any=True, complete_attribute='complete')", "items.number()", question("items[i].name.text"), question("items[i].size"),
                                        "code: |\n  items[i].name.text\n  items[i].size\n  items[i].complete = True\n", MORE),
         [("start", {"event_list": ["items[0].name.text"]}), ({"items[i].name.text": "a"}, {"event_list": ["items[0].size"]}), ({"items[i].size": 1}, {"event_list": ["items.there_is_another"]}), ({"items.there_is_another": False}, {"questionText": "1"})]),
        ("a dictionary", gather("d: DADict", "d", "question: Any?\nyesno: d.there_are_any\n", question("d.new_item_name"), question("d[i]"), "question: More?\nyesno: d.there_is_another\n"),
         [("start", {"event_list": ["d.there_are_any"]}), ({"d.there_are_any": True}, {"event_list": ["d.new_item_name"]}), ({"d.new_item_name": "k"}, {"event_list": ["d['k']"]}), ({"d[i]": 1}, {"event_list": ["d.there_is_another"]}),
          ({"d.there_is_another": False}, {"questionText": "k", "$d/elements": {"k": 1}})]),
        ("a set", gather("s: DASet", "s", "question: Any?\nyesno: s.there_are_any\n", question("s.new_item"), "question: More?\nyesno: s.there_is_another\n"),
         [("start", {"event_list": ["s.there_are_any"]}), ({"s.there_are_any": True}, {"event_list": ["s.new_item"]}), ({"s.new_item": "a"}, {"event_list": ["s.there_is_another"]}), ({"s.there_is_another": False}, {"questionText": "a"})]),
    ],
    "07_changes": [
        ("depends on: invalidated answers come back as defaults", blocks(screen("subquestion: ${ b } ${ total }"), question("a"), "depends on: a\n" + question("b"), "depends on: a\ncode: total = a + 1\n"),
         [("start", {"event_list": ["b"]}), ({"b": "x", "a": 1}, {"subquestionText": "x 2"}), ({"a": 2, "@": {"question_name": "Question_1"}}, {"event_list": ["b"], "fields/0/default": "x"}), ({"b": "y"}, {"subquestionText": "y 3"})]),
        ("on change runs", blocks("on change:\n  a: |\n    seen = a\n", code("a"), question("a"), END), [("start", {}), ({"a": 5, "@": {"question_name": "Question_1"}}, {"questionText": "End", "$seen": 5})]),
        ("reconsider as a modifier and as a function", blocks(screen("subquestion: ${ total } ${ again }"), "reconsider: True\ncode: total = base + 1\n", "code: |\n  reconsider('other')\n  again = other\n", "code: other = base * 2\n", "code: base = 1\n"),
         [("start", {"subquestionText": "2 2"}), ({"base": 4, "@": {"delete": ["again"]}}, {"subquestionText": "5 8"})]),
        ("undefine and invalidate", blocks(question("a"), question("b"), "event: drop\ncode: |\n  undefine('a')\n  invalidate('b')\n", "mandatory: True\nquestion: End\nsubquestion: ${ a } ${ b }\n"),
         [("start", {}), ({"a": 1, "b": 2}, {"questionText": "End"}), (("action", "drop", {}, 0), {}), ("question", {"event_list": ["a"], "fields/0/default": ABSENT, "$_internal/dirty/b": 2})]),
    ],
    "08_going_back": [
        ("variables, answered blocks and the count of steps", blocks(screen("continue button field: seen"), "mandatory: True\nquestion: Second\nsubquestion: ${ a }\n", question("a")),
         [("start", {"questionText": "Q"}), ({"seen": True, "@": {"question_name": "Question_0"}}, {"event_list": ["a"], "steps": 2, "$_internal/answered": ["Question_0"]}), ({"a": 1}, {"questionText": "Second", "steps": 3}),
          ("back", {"event_list": ["a"], "steps": 2, "$a": ABSENT}), ("back", {"questionText": "Q", "steps": 1, "$_internal/answered": []})]),
    ],
    "09_force_ask": [
        ("one after the other over several requests, then on", blocks(code("c"), question("a"), question("b"), question("c"), "event: again\ncode: force_ask('a', 'b')\n", code("a = 0\nb = 0", mandatory=False), END),
         [("start", {"event_list": ["c"]}), (("action", "again", {}, 1), {"outcome": "done"}), ("question", {"event_list": ["a"], TOP + "/#": 2}), ({"a": 1}, {"event_list": ["b"], TOP + "/#": 1}),
          ({"b": 2}, {"event_list": ["c"], TOP + "/#": 0}), ({"c": 3}, {"questionText": "End"})]),
    ],
    "10_limits": [
        ("a circle of the main pass", blocks("features:\n  loop limit: 20\n", code("re_run_logic()")), [("fail", {"error": "DASourceError: There appears to be a circularity."})]),
        ("a circle of searches", blocks("features:\n  recursion limit: 20\n", code("a"), "code: a = b\n", "code: b = a\n"), [("fail", {"error": "DASourceError: There appears to be an infinite loop."})]),
        ("a block that needs itself", blocks(code("a"), "code: a = a + 1\n"), [("fail", {"error": "DASourceError: Infinite loop: a already looked for"})]),
    ],
    "11_defined_neither_creates_nor_asks": [
        ("attribute and index steps", blocks("objects:\n  - a: DAObject\n", code("a.b = DAList('a.b', object_type=Thing, auto_gather=False)\nknown = defined('a.b[0].c')\nnone = defined('nothing.b')"), END),
         [("start", {"questionText": "End", "$known": False, "$none": False, "$a/b/elements": []})]),
    ],
    "12_the_question_object": [
        ("kinds of strings", blocks("mandatory: True\nquestion: |\n  **Q** ${ 1 }\nsubquestion: |\n  S {t}\nfield: v\nchoices:\n  - I'm *here*: a\n"),
         [("start", {"questionText": "**Q** 1", "subquestionText": "S {t}", "fields/0/choices/0/label": "I&rsquo;m <em>here</em>", "questionType": "multiple_choice", "continueLabel": "Continue"})]),
        ("keys of every answer", screen(), [("start", {key: (lambda found: found is not ABSENT) for key in (
            "questionType questionName language lang title browser_title short_title display_title exit_link exit_url exit_label questionText continueLabel steps allow_going_back progress message_log section "
            "display_section sections validation_messages navbarVariant interview_options menu").split()})]),
    ],
    "13_responses_of_actions": [
        ("with and without", blocks(screen(), "event: say\ncode: response('hello')\n", "event: quiet\ncode: a = 1\n"),
         [("start", {}), (("action", "say", {}, 0), {"outcome": "response", "body": "hello", "type": "text/plain; charset=utf-8"}), (("action", "quiet", {}, 0), {"outcome": "done"})]),
    ],
    "14_variables_round_trip": [
        ("an object with a date and a list", blocks(screen("subquestion: ${ o.when } ${ o.items[1] } ${ type(o).__name__ } ${ o.instanceName }"), question("o")),
         [("start", {}), ({"o": {"_class": "docassemble.base.util.Thing", "instanceName": "o", "when": "2024-02-29T00:00:00-05:00", "items": {"_class": "docassemble.base.util.DAList", "instanceName": "o.l", "elements": [1, 2], "gathered": True, "auto_gather": False}}},
                          {"subquestionText": "February 29, 2024 2 Thing o", "$o/_class": "docassemble.base.util.Thing", "$o/when": "2024-02-29T00:00:00-05:00", "$o/items/elements": [1, 2]})]),
        ("the other module's name is accepted", blocks(screen("subquestion: ${ type(o).__name__ }"), question("o")), [("start", {}), ({"o": {"_class": "docassemble.base.core.DADict", "instanceName": "o", "elements": {}}}, {"subquestionText": "DADict"})]),
    ],
    "15_block_numbers": [
        ("command words, objects, features, metadata, include", blocks("metadata:\n  title: T\n", "features:\n  navigation: True\n", "objects:\n  - o: DAObject\n", "terms:\n  a: b\n", "mandatory: True\nquestion: Q\nbuttons:\n  - Exit: exit\n  - Restart: restart\n"),
         [("start", {"questionName": "Question_3"})]),
    ],
    "16_the_default_message": [("also for optional fields", fields("A: a\nrequired: False\n"), [("start", {"fields/0/validation_messages": FILL})])],
    "17_steps_and_commands": [
        ("a button that only exits", screen("buttons:", "  - Exit: exit"), [("start", {"steps": 1}), ({EXIT % "Question_1": 0}, {"steps": 2, "questionType": "exit", "mandatory": ABSENT, "event_list": ABSENT})]),
        ("a message", code("message('T')"), [("start", {"mandatory": ABSENT, "event_list": ABSENT, "questionName": "Question_Temp"})]),
    ],
    "18_concrete_and_written_names": [
        ("of a list", gather("items: DAList.using(there_are_any=True)", "items", question("items[i]")), [("start", {"event_list": ["items[0]"], "fields/0/variable_name": "items[i]"})]),
    ],
    "19_trailing_line_breaks": [
        ("stripped and kept", blocks("terms:\n  t: |\n    D\n", "mandatory: True\nquestion: |\n  Q\nfields:\n  - note: |\n      N\n  - label: |\n      L\n    field: a\n    help: |\n      H\n    hint: |\n      I\n"),
         [("start", {"questionText": "Q", "fields/0/note": "N", "fields/1/label": "L\n", "fields/1/helptext": "H\n", "fields/1/hint": "I\n", "terms/t": "D\n"})]),
    ],
    "20_defaults": [
        ("literals, values, dates; after back once", blocks(code("a\nd\nz"), fields("A: a\ndefault: 5\n", "D: d\ndatatype: date\n").replace("mandatory: True\n", ""), question("z"), END),
         [("start", {"fields/0/default": "5"}), ({"a": 3, "d": "2024-02-03"}, {"event_list": ["z"]}), ("back", {"fields/0/default": 3, "fields/1/default": ABSENT}), ("question", {"fields/0/default": "5"})]),
    ],
    "21_labels": [("choices are HTML, fields are Markdown", fields("It's *A*: a\nchoices:\n  - It's *B*: b\n"), [("start", {"fields/0/label": "It's *A*", "fields/0/choices/0/label": "It&rsquo;s <em>B</em>"})])],
    "22_ways_back_and_progress": [
        ("the corner and the flag", blocks("features:\n  progress bar: True\n", code("a"), screen("prevent going back: True", "progress: 50", "section: s"), question("a")),
         [("start", {"allow_going_back": False, "cornerBackButton": ABSENT}), ({"a": 1}, {"allow_going_back": True, "cornerBackButton": ABSENT, "progress": 0, "section": None})]),
    ],
    "23_review_and_list_collect": [
        ("items without a button have no datatype", REVIEWED, [("start", {"fields/0": {"number": 0, "label": "Name", "active": True}, "fields/1": {"number": 1, "datatype": "button", "active": False}, "fields/2/datatype": "note"})]),
        ("rows framed by html entries", blocks("objects:\n  - items: DAList.using(object_type=Thing, there_are_any=True)\n", code("items.gather()"), "question: L\nfields:\n  - Name: items[i].name.text\nlist collect: True\n"),
         [("start", {"fields/#": 16 * 3, "fields/0": {"datatype": "html", "number": "0", "required": False, "active": True}, "fields/1/number": "0_0", "fields/1/variable_name": "items[0].name.text", "fields/2/number": "0", "fields/47/number": "15"})]),
    ],
    "24_links": [
        ("byte for byte", screen("subquestion: |", "  ${ url_action('look', b=1, a='x y') }"),
         [("start", {"subquestionText": lambda text: text.startswith("/interview?action=eyJhY3Rpb24iOiAibG9vayIsICJhcmd1bWVudHMiOiB7ImIiOiAxLCAiYSI6ICJ4IHkifX0&i=docassemble.tests:data/questions/")})]),
    ],
}
