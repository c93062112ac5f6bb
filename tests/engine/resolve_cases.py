"""Interviews of our own for test_engine.py. A row: a sentence, the interview, and a walk of (what to do, what must be true then).

What to do: "start" (new session and question), a mapping (posted variables; the key `@` holds further members of the request), "back", "question",
("action", name, arguments, persistent). What must be true: paths of the answer, or of the variables where a path begins with `$`.
"""

FIELD = "question: %s?\nfields:\n  - %s: %s\n"


def ask(name):
    return "---\nquestion: What is %s?\nfields:\n  - Value: %s\n" % (name, name)


ORDER = [
    ("only what the last screen refers to is asked, in the order of reference",
     "mandatory: True\nquestion: The end\nsubquestion: ${ one } ${ two }\n" + ask("two") + ask("one") + ask("three"),
     [("start", {"event_list/0": "one"}), ({"one": "a"}, {"event_list/0": "two"}), ({"two": "b"}, {"questionText": "The end", "subquestionText": "a b"})]),
    ("an untaken branch of a text asks for nothing",
     "mandatory: True\nquestion: The end\nsubquestion: |\n  % if defined('one'):\n  ${ one }\n  % else:\n  nothing\n  % endif\n" + ask("one"),
     [("start", {"subquestionText": "nothing"})]),
    ("of two questions for a variable the last one is asked",
     "mandatory: True\ncode: |\n  a\n---\nquestion: First\nfields:\n  - A: a\n---\nquestion: Second\nfields:\n  - A: a\n",
     [("start", {"questionText": "Second"})]),
    ("an earlier question is asked if the condition of the later one is false",
     "mandatory: True\ncode: |\n  b = 1\n  a\n---\nquestion: First\nfields:\n  - A: a\n---\nif: b == 2\nquestion: Second\nfields:\n  - A: a\n",
     [("start", {"questionText": "First"})]),
    ("a condition may ask for what it needs",
     "mandatory: True\ncode: a\n---\nquestion: First\nfields:\n  - A: a\n---\nif: b == '2'\nquestion: Second\nfields:\n  - A: a\n" + ask("b"),
     [("start", {"event_list/0": "b"}), ({"b": "2"}, {"questionText": "Second"})]),
    ("supersedes prefers an earlier block",
     "mandatory: True\ncode: a\n---\nid: early\nsupersedes: late\nquestion: Early\nfields:\n  - A: a\n---\nid: late\nquestion: Late\nfields:\n  - A: a\n",
     [("start", {"questionText": "Early", "questionName": "ID early"})]),
    ("order decides between blocks whatever their places",
     "order:\n  - two\n  - one\n---\nmandatory: True\ncode: a\n---\nid: two\nquestion: Two\nfields:\n  - A: a\n---\nid: one\nquestion: One\nfields:\n  - A: a\n",
     [("start", {"questionText": "Two"})]),
    ("a block of the current language comes first",
     "initial: True\ncode: set_language('es')\n---\nmandatory: True\ncode: a\n---\nlanguage: es\nquestion: Hola\nfields:\n  - A: a\n---\nquestion: Hello\nfields:\n  - A: a\n",
     [("start", {"questionText": "Hola", "language": "es"})]),
    ("a block of another language is never used",
     "mandatory: True\ncode: a\n---\nquestion: Hello\nfields:\n  - A: a\n---\nlanguage: es\nquestion: Hola\nfields:\n  - A: a\n",
     [("start", {"questionText": "Hello"})]),
]

GENERIC = [
    ("a generic question serves an object of the class, also in a list",
     "objects:\n  - people: DAList.using(object_type=Individual, there_are_any=True, there_is_another=False)\n  - boss: Individual\n---\nmandatory: True\n"
     "code: |\n  boss.name.first\n  people[0].name.first\n  done\n---\ngeneric object: Individual\nquestion: Name of ${ x.instanceName }?\nfields:\n"
     "  - First: x.name.first\n" + ask("done"),
     [("start", {"questionText": "Name of boss?", "event_list/0": "boss.name.first", "fields/0/variable_name": "x.name.first"}),
      ({"x.name.first": "A"}, {"questionText": "Name of people[0]?"}), ({"x.name.first": "B"}, {"event_list/0": "done", "$boss/name/first": "A"})]),
    ("a specific question wins over a generic one",
     "objects:\n  - boss: Individual\n---\nmandatory: True\ncode: boss.name.first\n---\nquestion: Special\nfields:\n  - First: boss.name.first\n---\n"
     "generic object: Individual\nquestion: General\nfields:\n  - First: x.name.first\n",
     [("start", {"questionText": "Special"})]),
    ("a subclass finds the block of its base class",
     "objects:\n  - boss: Individual\n---\nmandatory: True\ncode: boss.size\n---\ngeneric object: DAObject\nquestion: Size of ${ x.instanceName }\nfields:\n"
     "  - Size: x.size\n", [("start", {"questionText": "Size of boss"})]),
    ("a block of the class itself comes before one of its base class",
     "objects:\n  - boss: Individual\n---\nmandatory: True\ncode: boss.size\n---\ngeneric object: Individual\nquestion: Individual\nfields:\n  - Size: x.size\n---\n"
     "generic object: DAObject\nquestion: Object\nfields:\n  - Size: x.size\n", [("start", {"questionText": "Individual"})]),
    ("i and j are bound and may be used in texts",
     "objects:\n  - a: DAList.using(object_type=DAObject, auto_gather=False)\n---\nobjects:\n  - a[i].b: DAList.using(auto_gather=False)\n---\nmandatory: True\n"
     "code: |\n  a[1].b[2]\n---\nquestion: Item ${ j } of ${ ordinal(i) }\nfields:\n  - Item: a[i].b[j]\n",
     [("start", {"questionText": "Item 2 of second", "event_list/0": "a[1].b[2]", "fields/0/variable_name": "a[i].b[j]"})]),
]

CODE = [
    ("code that meets a missing name runs again from its start",
     "mandatory: True\ncode: |\n  tries = defined('tries') and tries + 1 or 1\n  a\n  b\n  done\n" + ask("a") + ask("b") + ask("done"),
     [("start", {"event_list/0": "a"}), ({"a": 1}, {"event_list/0": "b"}), ({"b": 1}, {"event_list/0": "done", "$tries": 4})]),
    ("a mandatory code block that ran to its end is not run again",
     "mandatory: True\ncode: num = defined('num') and num + 1 or 1\n---\nmandatory: True\nquestion: ${ num } ${ a }\n" + ask("a"),
     [("start", {"event_list/0": "a"}), ({"a": "x"}, {"questionText": "1 x"})]),
    ("an initial block runs on every pass",
     "mandatory: True\ncode: num = 0\n---\ninitial: True\ncode: num += 1\n---\nmandatory: True\nquestion: ${ num } ${ a }\n" + ask("a"),
     [("start", {}), ({"a": "x"}, {"questionText": "3 x"})]),
    ("code computes a value, which then is not asked",
     "mandatory: True\nquestion: ${ total }\n---\ncode: total = 2 * int(a)\n" + ask("a"),
     [("start", {"event_list/0": "a"}), ({"a": "21"}, {"questionText": "42"})]),
    ("a mandatory question comes until question_name names it",
     "mandatory: True\nquestion: First\nfields:\n  - A: a\n---\nmandatory: True\nquestion: Second\n",
     [("start", {"questionText": "First"}), ({"a": 1}, {"questionText": "First"}), ({"a": 1, "@": {"question_name": "Question_0"}}, {"questionText": "Second"})]),
    ("need asks before the question, and post after it",
     "mandatory: True\nneed:\n  pre: a\n  post: b\nquestion: ${ c }\n" + ask("a") + ask("b") + ask("c"),
     [("start", {"event_list/0": "a"}), ({"a": 1}, {"event_list/0": "c"}), ({"c": 1}, {"event_list/0": "b"}), ({"b": 1}, {"questionText": "1"})]),
    ("re_run_logic starts the pass again",
     "initial: True\ncode: num = defined('num') and num + 1 or 1\n---\nmandatory: True\ncode: |\n  if num < 3:\n    re_run_logic()\n---\nmandatory: True\nquestion: ${ num }\n",
     [("start", {"questionText": "4"})]),
    ("only sets hides what the code assigns",
     "mandatory: True\ncode: b\n---\nonly sets: a\ncode: |\n  a = 1\n  b = 2\n" + ask("b"), [("start", {"event_list/0": "b"})]),
    ("what is required must be true, else the other block is used",
     "require:\n  - a == 1\norelse:\n  question: Sorry\n---\nmandatory: True\nquestion: Fine\n" + ask("a"),
     [("start", {"event_list/0": "a"}), ({"a": 2}, {"questionText": "Sorry"}), ({"a": 1}, {"questionText": "Fine"})]),
    ("objects are read from a file of the package", "objects from file:\n  - things: things.yml\n---\nmandatory: True\nquestion: ${ things[1].size } ${ len(things) }\n",
     [("start", {"questionText": "4 2"})]),
    ("the progress meter moves only when it is asked to",
     "features:\n  progress bar: True\n---\nmandatory: True\nquestion: ${ a } ${ b } ${ c }\n---\nquestion: A\nprogress: 40\nfields:\n  - A: a\n---\nquestion: B\nprogress: 60\n"
     "fields:\n  - B: b\n" + ask("c"),
     [("start", {"progress": 0}), ({"a": 1, "@": {"advance": 1}}, {"progress": 60}), ({"b": 1, "@": {"advance": 1}}, {"progress": 62}), ("question", {"progress": 62})]),
    ("modules of the package are imported, and their classes come back from snapshots",
     "modules:\n  - .own\n---\nobjects:\n  - thing: Own\n---\nmandatory: True\nquestion: ${ thing.twice(4) } ${ a }\n" + ask("a"),
     [("start", {"event_list/0": "a"}), ({"a": 1}, {"questionText": "8 1", "$thing/_class": "docassemble.tests.own.Own"})]),
    ("what a block has assigned before it was interrupted does not make it done",
     "objects:\n  - ann: DAObject\n---\nmandatory: True\nquestion: ${ letter }\n---\ncode: |\n  letter = []\n  letter.append(1)\n  letter.append(ann.size)\n  letter.append(two)\n---\n"
     "code: ann.size = 2\n---\ncode: two = 3\n", [("start", {"questionText": "[1, 2, 3]"})]),
    ("a wait in a with statement, a lambda and a comprehension registers names without harm",
     "mandatory: True\nquestion: ${ total }\n---\ncode: |\n  total = sum(n * n for n in [1, 2])\n  pick = lambda z: z\n", [("start", {"questionText": "5"})]),
]

CHANGES = [
    ("what depends on a changed variable is computed again",
     "mandatory: True\ncode: |\n  b\n  again\n---\ndepends on: a\ncode: b = int(a) * 10\n" + ask("a") + ask("again"),
     [("start", {"event_list/0": "a"}), ({"a": 1}, {"event_list/0": "again", "$b": 10}),
      ({"a": 2, "@": {"question_name": "Question_2"}}, {"$b": 20})]),
    ("without question_name nothing is tracked",
     "mandatory: True\ncode: |\n  b\n  again\n---\ndepends on: a\ncode: b = int(a) * 10\n" + ask("a") + ask("again"),
     [("start", {}), ({"a": 1}, {"$b": 10}), ({"a": 2}, {"$b": 10})]),
    ("a value that did not change leaves its dependants alone",
     "mandatory: True\ncode: |\n  b\n  again\n---\ndepends on: a\ncode: b = int(a) * 10\n" + ask("a") + ask("again"),
     [("start", {}), ({"a": 1}, {}), ({"a": 1, "@": {"question_name": "Question_2"}}, {"$b": 10})]),
    ("on change runs its code",
     "on change:\n  a: |\n    seen = a\n---\nmandatory: True\ncode: |\n  a\n  again\n" + ask("a") + ask("again"),
     [("start", {}), ({"a": 1, "@": {"question_name": "Question_1"}}, {"$seen": 1})]),
    ("reconsider True computes a value anew in each request",
     "mandatory: True\nquestion: ${ b } ${ c }\n---\nreconsider: True\ncode: b = int(a) + 1\n" + ask("a") + ask("c"),
     [("start", {}), ({"a": 1}, {}), ({"c": 1, "a": 5}, {"questionText": "6 1"})]),
    ("undefine deletes before the block runs",
     "mandatory: True\ncode: |\n  a = 1\n---\nmandatory: True\nundefine: a\nquestion: ${ a }\n" + ask("a"), [("start", {"event_list/0": "a"})]),
    ("an invalidated value comes back as the default",
     "mandatory: True\ncode: |\n  a = 'kept'\n  invalidate('a')\n---\nmandatory: True\nquestion: ${ a }\n" + ask("a"),
     [("start", {"event_list/0": "a", "fields/0/default": "kept"})]),
    ("what depends on an attribute of an item follows that item only",
     "objects:\n  - p: DAList.using(object_type=DAObject, auto_gather=False, gathered=True)\n---\nmandatory: True\ncode: |\n  p[0].fee\n  p[1].fee\n  again\n---\n"
     "depends on: p[i].age\ncode: p[i].fee = int(p[i].age) * 2\n---\nquestion: Age\nfields:\n  - Age: p[i].age\n" + ask("again"),
     [("start", {"event_list/0": "p[0].age"}), ({"p[0].age": 1}, {"event_list/0": "p[1].age"}), ({"p[1].age": 2}, {"event_list/0": "again"}),
      ({"p[1].age": 5, "@": {"question_name": "Question_3", "want_question": 0}},
       {"outcome": "done", "$p/elements/0/fee": 2, "$p/elements/1/fee": None, "$_internal/dirty/p[1].fee": 4}),
      ("question", {"$p/elements/1/fee": 10})]),
    ("reset deletes at the start of every request",
     "reset:\n  - a\n---\nmandatory: True\nquestion: ${ a }\n" + ask("a"), [("start", {}), ({"a": 1}, {"event_list/0": "a"})]),
]

STEPS = [
    ("back restores variables and answered blocks, and counts one step less",
     "mandatory: True\nquestion: First\nfields:\n  - A: a\n---\nmandatory: True\nquestion: Second\n",
     [("start", {"steps": 1}), ({"a": "x", "@": {"question_name": "Question_0"}}, {"questionText": "Second", "steps": 2, "$_internal/answered": ["Question_0"]}),
      ("back", {"questionText": "First", "steps": 1, "fields/0/default": "x", "$a": None, "$_internal/answered": []}),
      ("question", {"questionText": "First", "fields/0/default": None})]),
    ("overwrite keeps the number of steps",
     "mandatory: True\nquestion: ${ a } ${ b }\n" + ask("a") + ask("b"),
     [("start", {"steps": 1}), ({"a": 1, "@": {"overwrite": 1}}, {"steps": 1}), ({"b": 1}, {"steps": 2})]),
    ("a chosen command ends the mandatory question without losing the step",
     "mandatory: True\nquestion: End\nbuttons:\n  - Exit: exit\n    url: https://example.com\n  - Restart: restart\n",
     [("start", {"questionName": "Question_2", "fields/0/choices/0/value": 0}),
      ({"_internal[\"answers\"]['Question_2']": 0}, {"questionType": "exit", "questionName": "Question_0", "questionText": "https://example.com", "steps": 2})]),
    ("an embedded code block runs when it is chosen",
     "mandatory: True\nquestion: Choose\nbuttons:\n  - Set:\n      code: a = 5\n  - Ask:\n      question: Inner\n      fields:\n        - A: a\n---\nmandatory: True\n"
     "question: a is ${ a }\n",
     [("start", {"questionName": "Question_2"}), ({"_internal[\"answers\"]['Question_2']": 0}, {"questionText": "a is 5"})]),
    ("an embedded question is asked when it is chosen",
     "mandatory: True\ncode: a\n---\nquestion: Choose\nbuttons:\n  - Set:\n      code: a = 5\n  - Ask:\n      question: Inner\n      fields:\n        - A: a\n",
     [("start", {"questionName": "Question_3", "event_list/0": "a"}),
      ({"_internal[\"answers\"]['Question_3']": 1}, {"questionText": "Inner", "questionName": "Question_2", "event_list/0": "a"})]),
    ("delete_variables deletes",
     "mandatory: True\nquestion: ${ a }\n" + ask("a"), [("start", {}), ({"a": 1}, {"questionText": "1"}), ({"@": {"delete": ["a"]}}, {"event_list/0": "a"})]),
    ("a message screen is named Question_Temp and numbers its buttons itself",
     "mandatory: True\ncode: message('Hello', 'There')\n",
     [("start", {"questionName": "Question_Temp", "questionText": "Hello", "mandatory": None, "event_list": None}),
      ({"_internal[\"answers\"]['Question_Temp']": 1}, {"questionType": "restart", "questionName": "Question_1"})]),
    ("what a user typed does not run in a message",
     "mandatory: True\ncode: message('Hello', a)\n" + ask("a"), [("start", {}), ({"a": "${ 1 / 0 }"}, {"subquestionText": "${ 1 / 0 }"})]),
    ("an interview may spoil its own bookkeeping only for itself", "mandatory: True\ncode: |\n  keep = _internal\n  _internal = 5\n---\nmandatory: True\nquestion: Q\n", [("spoil", {})]),
    ("nothing that defines a variable is an answer of its own",
     "mandatory: True\nquestion: ${ nobody }\n", [("start", {"questionType": "undefined_variable", "variable": "nobody"})]),
    ("objects in JSON go round",
     "mandatory: True\nquestion: ${ p.name.first } ${ e }\n" + ask("e"),
     [("start", {}), ({"p": {"_class": "docassemble.base.util.Individual", "instanceName": "p", "name": {
         "_class": "docassemble.base.util.IndividualName", "instanceName": "p.name", "first": "Ann"}}}, {"event_list/0": "e"}),
      ({"e": "x"}, {"questionText": "Ann x", "$p/name/first": "Ann", "$p/instanceName": "p"})]),
]

FORCING = [
    ("force_ask asks several names one after the other, then goes back to the flow",
     "mandatory: True\ncode: |\n  a = 1\n  b = 2\n---\nmandatory: True\ncode: |\n  if not defined('forced'):\n    forced = True\n    force_ask('a', 'b')\n---\n"
     "mandatory: True\nquestion: ${ a } ${ b } ${ c }\n" + ask("a") + ask("b") + ask("c"),
     [("new-question", {"event_list/0": "c"})]),
    ("forced names wait on the stack from request to request",
     "mandatory: True\ncode: |\n  a = 1\n  b = 2\n---\nmandatory: True\ncode: |\n  go\n  if not defined('forced'):\n    forced = True\n    force_ask('a', 'b')\n---\n"
     "mandatory: True\nquestion: ${ a } ${ b }\n" + ask("a") + ask("b") + ask("go"),
     [("start", {"event_list/0": "go"}), ({"go": 1}, {"event_list/0": "a", "fields/0/default": 1}), ("question", {"event_list/0": "a"}),
      ({"a": 9, "@": {"events": ["a"]}}, {"event_list/0": "b"}), ({"b": 8}, {"questionText": "9 8"})]),
    ("a persistent action stays until its question is answered",
     "mandatory: True\nquestion: ${ a } ${ b }\n" + ask("a") + ask("b"),
     [("start", {}), ({"a": "1"}, {}), ({"b": "2"}, {"questionText": "1 2"}), (("action", "a", {}, True), {"outcome": "done"}),
      ("question", {"event_list/0": "a"}), ({"a": "9", "@": {"events": ["a"]}}, {"questionText": "9 2"})]),
    ("an action without persistence leaves no trace but a step",
     "mandatory: True\nquestion: ${ a }\n" + ask("a"),
     [("start", {}), ({"a": "1"}, {"steps": 2}), (("action", "a", {}, False), {"outcome": "done"}), ("question", {"questionText": "1", "steps": 3})]),
    ("event code runs with its arguments",
     "mandatory: True\ncode: num = 1\n---\nmandatory: True\nquestion: ${ num }\n---\nevent: more\ncode: num += action_argument('by')\n",
     [("start", {"questionText": "1"}), (("action", "more", {"by": 4}, False), {"outcome": "done"}), ("question", {"questionText": "5"})]),
    ("response in an action is the answer",
     "mandatory: True\nquestion: End\n---\nevent: say\ncode: response('Hello')\n",
     [("start", {}), (("action", "say", {}, False), {"outcome": "response", "body": "Hello", "type": "text/plain; charset=utf-8"})]),
    ("json_response has sorted keys and a final newline",
     "mandatory: True\nquestion: End\n---\nevent: say\ncode: |\n  json_response({'b': 1, 'a': [True, None]})\n",
     [("start", {}), (("action", "say", {}, False), {"outcome": "response", "body": '{\n  "a": [\n    true,\n    null\n  ],\n  "b": 1\n}\n', "type": "application/json"})]),
    ("a review screen shown by an action comes next",
     "mandatory: True\nquestion: ${ a }\n---\nevent: look\nquestion: Review\nreview:\n  - Edit: a\n" + ask("a"),
     [("start", {}), ({"a": "1"}, {}), (("action", "look", {}, False), {"outcome": "done"}), ("question", {"questionType": "review", "event_list/0": "look"})]),
]

GATHERING = [
    ("a list without object type asks whether, each item, and whether more",
     "objects:\n  - fruit: DAList\n---\nmandatory: True\nquestion: ${ fruit }\n---\nquestion: Any?\nyesno: fruit.there_are_any\n---\nquestion: Fruit ${ i }\nfields:\n"
     "  - Fruit: fruit[i]\n---\nquestion: So far ${ fruit }, more?\nyesno: fruit.there_is_another\n",
     [("start", {"event_list/0": "fruit.there_are_any"}), ({"fruit.there_are_any": True}, {"event_list/0": "fruit[0]"}),
      ({"fruit[0]": "apple"}, {"event_list/0": "fruit.there_is_another", "questionText": "So far apple, more?"}),
      ({"fruit.there_is_another": True}, {"event_list/0": "fruit[1]"}), ({"fruit[1]": "pear"}, {"event_list/0": "fruit.there_is_another"}),
      ({"fruit.there_is_another": False}, {"questionText": "apple and pear", "$fruit/gathered": True})]),
    ("with a number only the number and the items are asked",
     "objects:\n  - fruit: DAList.using(ask_number=True)\n---\nmandatory: True\nquestion: ${ fruit }\n---\nquestion: How many?\nfields:\n  - N: fruit.target_number\n"
     "    datatype: integer\n---\nquestion: Fruit ${ i }\nfields:\n  - Fruit: fruit[i]\n",
     [("start", {"event_list/0": "fruit.target_number"}), ({"fruit.target_number": 2}, {"event_list/0": "fruit[0]"}),
      ({"fruit[0]": "a"}, {"event_list/0": "fruit[1]"}), ({"fruit[1]": "b"}, {"questionText": "a and b"})]),
    ("items of a class are complete when their complete attribute is there",
     "objects:\n  - box: DAList.using(object_type=DAObject, complete_attribute='size', there_are_any=True)\n---\nmandatory: True\n"
     "question: ${ len(box) }\n---\nquestion: Size of ${ i }\nfields:\n  - Size: box[i].size\n---\nquestion: More?\nyesno: box.there_is_another\n",
     [("start", {"event_list/0": "box[0].size"}), ({"box[0].size": 1}, {"event_list/0": "box.there_is_another"}), ({"box.there_is_another": False}, {"questionText": "1"})]),
]

LAZY = [
    ("a template shows the values of the moment",
     "template: note\ncontent: a is ${ a }\n---\nmandatory: True\nquestion: ${ note }\n" + ask("a"),
     [("start", {"event_list/0": "a"}), ({"a": 1}, {"questionText": "a is 1"})]),
    ("a table is Markdown, and its loop names are gone afterwards",
     "table: t\nrows: things\ncolumns:\n  - Name: row_item['name']\n  - No: row_index\n---\ncode: |\n  things = [{'name': 'a|b'}, {'name': 'c'}]\n---\nmandatory: True\n"
     "question: T\nsubquestion: ${ t }\n",
     [("start", {"subquestionText": "\n|Name|No|\n|---|---|\n|a b|0|\n|c|1|", "$row_item": None})]),
    ("data blocks make what they say",
     "variable name: d\ndata:\n  a: ${ n }\n  b: [1, 2]\n---\nvariable name: c\ndata from code:\n  a: n + 1\n---\nmandatory: True\ncode: n = 3\n---\nmandatory: True\n"
     "question: ${ d['a'] } ${ d['b'][1] } ${ c['a'] }\n", [("start", {"questionText": "3 2 4"})]),
    ("a def is known in the texts that use it",
     "def: greet\nmako: |\n  <%def name=\"hello(who)\">Hello ${ who }</%def>\n---\nmandatory: True\nusedefs: greet\nquestion: ${ hello('you') }\n",
     [("start", {"questionText": "\nHello you"})]),
    ("loops of templates know their place",
     "mandatory: True\nquestion: Q\nsubquestion: |\n  % for x in ['a', 'b']:\n  ${ loop.index } ${ x }\n  % endfor\n", [("start", {"subquestionText": "0 a\n1 b"})]),
]

NUMBERS = [
    ("settings take no number, objects and the items of buttons do",
     "metadata:\n  title: T\n---\nfeatures:\n  progress bar: True\n---\nobjects:\n  - a: DAObject\n---\nmandatory: True\nquestion: Q\nbuttons:\n  - Exit: exit\n  - Go:\n"
     "      code: b = 1\n", [("start", {"questionName": "Question_3"})]),
    ("modules, imports and reset count, terms and default language do not",
     "modules:\n  - datetime\n---\nimports:\n  - math\n---\nreset:\n  - z\n---\nterms:\n  a: b\n---\ndefault language: en\n---\nmandatory: True\nquestion: Q\n",
     [("start", {"questionName": "Question_3"})]),
    ("a block with an id uses up its number", "id: one\ncode: a = 1\n---\nmandatory: True\nquestion: Q\n", [("start", {"questionName": "Question_1"})]),
]

GROUPS = [ORDER, GENERIC, CODE, CHANGES, STEPS, FORCING, GATHERING, LAZY, NUMBERS]

# name: (pattern, what x is, values of i, j … as written)
PATTERNS = {
    "a": [("a", None, "")],
    "client.child[2].name.first": [
        ("client.child[2].name.first", None, ""), ("client.child[i].name.first", None, "2"), ("x.child[2].name.first", "client", ""),
        ("x.child[i].name.first", "client", "2"), ("x[2].name.first", "client.child", ""), ("x[i].name.first", "client.child", "2"),
        ("x.name.first", "client.child[2]", ""), ("x.first", "client.child[2].name", "")],
    "a[0][1]": [
        ("a[0][1]", None, ""), ("a[i][1]", None, "0"), ("a[0][i]", None, "1"), ("a[i][j]", None, "0 1"), ("x[0][1]", "a", ""), ("x[i][1]", "a", "0"),
        ("x[0][i]", "a", "1"), ("x[i][j]", "a", "0 1"), ("x[1]", "a[0]", ""), ("x[i]", "a[0]", "1")],
    "d['a.b[0]'].c": [("d['a.b[0]'].c", None, ""), ("d[i].c", None, "'a.b[0]'"), ("x['a.b[0]'].c", "d", ""), ("x[i].c", "d", "'a.b[0]'"), ("x.c", "d['a.b[0]']", "")],
}

# (sentence, interview, beginning of the error)
FAILURES = [
    ("a key twice is an error that names the line", "mandatory: True\nquestion: A\nquestion: B\n", "DASourceError: "),
    ("a block must be a mapping", "- a\n", "DASourceError: A block must be in the form of a dictionary"),
    ("a block without a kind does not load", "mandatory: True\nid: x\n", "DASourceError: No question type could be determined for this section"),
    ("a syntax error in code names file and line", "metadata:\n  title: T\n---\nmandatory: True\ncode: |\n  a = = 1\n", "DASourceError: code block: SyntaxError"),
    ("a template that is none names the block", "mandatory: True\nquestion: |\n  % if x:\n  a\n", "DASourceError: question: "),
    ("a block that is both mandatory and initial does not load", "mandatory: True\ninitial: True\ncode: a = 1\n", "DASourceError: A block cannot be both"),
    ("the end of the list is an error", "code: a = 1\n", "DAErrorNoEndpoint: "),
    ("an error of the author's code is reported as Python has it", "mandatory: True\ncode: 1 / 0\n", "ZeroDivisionError: division by zero"),
    ("a name that is missing inside a module is a real error", "mandatory: True\ncode: |\n  import json\n  json.loads(1)\n", "TypeError: "),
    ("a block that needs itself is an infinite loop", "mandatory: True\ncode: a\n---\ncode: |\n  if a:\n    a = 1\n", "DASourceError: Infinite loop: a already looked for"),
    ("two blocks that need each other end", "mandatory: True\ncode: a\n---\ncode: a = b\n---\ncode: b = a\n", "DASourceError: There appears to be an infinite loop.  Variables in stack are a, b."),
    ("rerunning for ever ends at the loop limit", "features:\n  loop limit: 20\n---\nmandatory: True\ncode: re_run_logic()\n", "DASourceError: There appears to be a circularity."),
    ("seeking ever deeper ends at the recursion limit",
     "features:\n  recursion limit: 30\n---\nobjects:\n  - a: DAObject\n---\ngeneric object: DAObject\nobjects:\n  - x.next: DAObject\n---\ngeneric object: DAObject\n"
     "code: x.end = x.next.end\n---\nmandatory: True\ncode: a.end\n", "DASourceError: There appears to be an infinite loop."),
    ("a missing name that is none is a missing variable", "objects:\n  - a: DAList.using(auto_gather=False)\n---\nmandatory: True\ncode: raise NameError(\"name 'a[' is not defined\")\n---\n"
     "question: A\nfields:\n  - A: a[i]\n", "(no error)"),
    ("sys.exit is an error like any other", "mandatory: True\ncode: |\n  import sys\n  sys.exit(3)\n", "SystemExit: 3"),
    ("a missing file to include", "include: nowhere.yml\n", "DASourceError: The file docassemble.tests:data/questions/nowhere.yml does not exist"),
    ("a path upwards is refused", "include: ../x.yml\n", "DAInvalidFilename: "),
]
