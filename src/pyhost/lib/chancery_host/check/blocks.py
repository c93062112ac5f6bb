"""One block, key by key: unknown keys, Python and Mako that do not compile, names that it defines and names that it reads."""
from chancery_host.check import code, keys
from chancery_host.check.tree import WORD
from chancery_host.names import is_variable_name, normal_name

COMMANDS = frozenset("restart exit leave logout exit_logout new_session signin register refresh continue interview_exit wait".split())
OBJECT_TYPES = frozenset("object object_radio object_checkboxes object_multiselect".split())
NEED_CHOICES = OBJECT_TYPES | frozenset("checkboxes multiselect radio dropdown pulldown combobox datalist".split())
CHECK_TYPES = frozenset("checkboxes multiselect object_checkboxes object_multiselect".split())
CHOICE_KEYS = ("choices", "buttons", "dropdown", "combobox")
SCREEN_KEYS = ("yesno", "noyes", "yesnomaybe", "noyesmaybe", "fields", "signature", "review") + CHOICE_KEYS


class Walker:
    def __init__(self, reader, reports, block):
        self.reader, self.reports, self.block, self.file = reader, reports, block, block.file

    # Saying

    def error(self, place, text):
        self.block.is_broken = True
        self.reports.error(self.file, place, text)

    def warn(self, place, text):
        self.reports.warn(self.file, place, text)

    # The block

    def walk(self):
        block = self.block
        for node in block.node.scalars():
            if node.is_text:
                block.words.update(WORD.findall(node.value))
        if set(block.keys) == {"comment"}:
            return
        self.keys_of(block.keys)
        block.is_root |= any(key in block.keys and block.keys[key][1].value is not False for key in ("mandatory", "initial"))
        if any(key in block.keys for key in ("event", "generic object", "modules", "imports", "reset", "default role", "require", "on change", "response", "target")):
            block.is_root = True

    def keys_of(self, table):
        """A block's top level, also that of an embedded one."""
        meant = self.no_kind(table) if not any(key in table for key in keys.KINDS + keys.SETTINGS) else None
        is_logic = any(key in table for key in keys.KINDS)
        for name, (key, value) in table.items():
            how = keys.TOP.get(name)
            if how is None:
                if name != meant:
                    self.warn(key.place, keys.unknown(str(key.value), "key", keys.TOP))
            elif name in ("terms", "auto terms") and not is_logic:
                continue
            elif name == "content" and "template" not in table and "question" not in table:
                continue
            elif name == "field" and any(key in table for key in CHOICE_KEYS):
                self.read("var", value)
            elif value.kind != "scalar" or value.value is not None:
                self.read(how, value, table)
        self.question(table)

    def no_kind(self, table):
        """Tells it. The key that was meant to name the kind, if one looks like it."""
        screen = next((key for key in SCREEN_KEYS if key in table), None)
        meant = next((name for name in table if name not in keys.TOP and keys.nearest(name, keys.KINDS + keys.SETTINGS)), None)
        if meant:
            key = table[meant][0]
            self.error(key.place, "%s Nothing else tells what the block is" % keys.unknown(str(key.value), "key", keys.KINDS + keys.SETTINGS))
        elif screen:
            self.error(table[screen][0].place, "'%s' needs a question" % screen)
        else:
            self.error(self.block.place, "no key here tells what the block is")
        return meant

    def question(self, table):
        if "question" in table and "code" in table:
            self.error(table["code"][0].place, "a question and code cannot be combined in one block")
        asking = [name for name in table if name in SCREEN_KEYS]
        if "question" in table and len(asking) > 1:
            self.error(table[asking[1]][0].place, "a question cannot have both '%s' and '%s'" % (asking[0], asking[1]))
        for name in ("field", "fields", "yesno", "noyes"):
            if name in table and "event" in table:
                self.error(table[name][0].place, "an event cannot be combined with '%s'" % name)
        others = [name for name in table if name not in ("metadata", "comment")]
        if "metadata" in table and others:
            self.error(table[others[0]][0].place, "metadata cannot be combined with '%s' in one block" % others[0])

    # Values

    def read(self, how, node, table=None):
        method = getattr(self, "read_" + how.replace(" ", "_"))
        if how in _WITH_TABLE:
            method(node, table)
        else:
            method(node)

    def piece(self, parse, node, define=True):
        """A text of the author through one of code.py's readers."""
        try:
            found = parse(node.value)
        except code.Bad as bad:
            self.block.is_broken = True
            self.error(self.file.place_in(node, bad.line, bad.offset), bad.text)
            return
        for name, (line, offset) in found.reads.items():
            self.use(name, self.file.place_in(node, line, offset, name))
        if define:
            for name in found.binds:
                self.define(name, node.place)
        self.block.constants.update(found.constants)
        for module, how in found.imports:
            self.reader.modules.append((self.full_module(module), how, self.block, node))
        self.reader.has_generators |= found.is_unbounded
        self.reader.has_computed |= found.is_computed

    def use(self, name, place):
        known = self.block.uses.get(name)
        if known is None or place < known:
            self.block.uses[name] = place

    def define(self, name, place):
        self.block.defines.setdefault(name, place)

    def read_plain(self, node):
        pass

    def read_words(self, node):
        for item in node.listed():
            if item.is_text:
                self.block.constants.add(item.value.strip())

    def read_text(self, node):
        if node.kind != "scalar":
            self.read_data(node)
        elif node.is_text and code.is_mako(node.value):
            self.piece(code.template, node)

    def read_expr(self, node):
        if node.kind == "map" and node.keys() == {"code"}:
            self.read_exprs(node.get("code"))
        elif node.is_text:
            self.piece(code.expression, node)

    def read_exprs(self, node):
        """One expression, or a structure of them."""
        if node.kind == "scalar":
            self.read_expr(node)
        for item in node.items:
            self.read_exprs(item[1] if isinstance(item, tuple) else item)

    def read_data(self, node):
        if node.kind == "map" and node.keys() == {"code"}:
            self.read_expr(node)
        elif node.kind == "scalar":
            self.read_text(node)
        else:
            for item in node.items:
                self.read_data(item[1] if isinstance(item, tuple) else item)

    def read_option(self, node):
        if not (node.is_text and node.value.strip() == "objects"):
            self.read_expr(node)

    def read_code(self, node):
        if node.is_text:
            self.piece(code.suite, node)

    def read_block_code(self, node):
        if node.is_text:
            self.piece(code.suite, node)
        elif node.kind == "scalar":
            self.piece(lambda text: code.suite(str(text)), node)
        else:
            self.error(node.place, "code must be text")

    def read_need(self, node):
        for key, value in node.items if node.kind == "map" else ():
            if key.value not in ("pre", "post"):
                self.warn(key.place, keys.unknown(str(key.value), "key of need", ("pre", "post")))
            self.read_exprs(value)
        if node.kind != "map":
            self.read_exprs(node)

    def read_block(self, node):
        if node.kind == "map":
            self.embedded(node)

    def embedded(self, node):
        table = {}
        for key, value in node.items:
            table.setdefault(str(key.value).lower(), (key, value))
        self.keys_of(table)

    # Variables

    def read_var(self, node):
        name = node.value.strip() if node.is_text else None
        if name is None or not is_variable_name(name):
            self.error(node.place, "'%s' is not the name of a variable" % node.value if node.kind == "scalar" else "the name of a variable should stand here")
            return
        self.variable(name, node)

    def variable(self, name, node):
        self.define(normal_name(name) or name, node.place)
        words = WORD.findall(name)
        if words and words[0] != name:
            self.use(words[0], self.file.place_in(node, 1, 0, words[0]))

    def read_uses(self, node):
        self.read_words(node)

    def read_sets(self, node):
        for item in node.listed():
            if item.is_text:
                self.define(item.value.strip(), item.place)

    def read_objects(self, node):
        for item in node.listed():
            if item.kind != "map" and item.value is not None:
                self.error(item.place, "an entry of objects must be a mapping")
            for key, value in item.items if item.kind == "map" else ():
                self.read_var(key)
                self.read_expr(value)

    def read_object_files(self, node):
        for item in node.listed():
            for key, _ in item.items if item.kind == "map" else ():
                self.read_var(key)

    def read_on_change(self, node):
        for _, value in node.items if node.kind == "map" else ():
            self.read_code(value)

    def read_def(self, node, table):
        mako = table.get("mako", (None, None))[1]
        for item in mako.listed() if mako else ():
            if item.is_text and code.is_mako(item.value):
                self.piece(code.template, item)

    # Modules

    def full_module(self, name):
        dots = len(name) - len(name.lstrip("."))
        return name if not dots else ".".join([self.file.package] + [part for part in [name.lstrip(".")] if part])

    def read_modules(self, node, table):
        how = "modules" if table.get("modules", (None, None))[1] is node else "imports"
        for item in node.listed():
            if item.is_text:
                self.reader.modules.append((self.full_module(item.value.strip()), how, self.block, item))

    # Structures

    def mapping(self, node, known, what, labels=0, near=False):
        """Reads the known keys of a mapping. Of the others, `labels` may be there: these are returned, the rest is reported."""
        others = [(key, value) for key, value in node.items if key.value not in known]
        for key, value in node.items:
            if key.value in known and not (value.kind == "scalar" and value.value is None):
                self.read(known[key.value], value, node)
        if len(others) > labels:
            doubtful = sorted(others, key=lambda pair: keys.nearest(str(pair[0].value), known) is None)
            for key, _ in doubtful[:len(others) - labels]:
                if not near or keys.nearest(str(key.value), known):
                    self.warn(key.place, keys.unknown(str(key.value), what, known))
            others = doubtful[len(others) - labels:]
        return others

    def read_help(self, node):
        if node.kind == "map":
            self.mapping(node, keys.HELP, "key of help")
        else:
            self.read_text(node)

    def read_columns(self, node):
        for item in node.listed():
            if item.kind == "map" and {"header", "cell"} <= item.keys():
                self.read_text(item.get("header"))
                self.read_expr(item.get("cell"))
            elif item.kind == "map":
                for key, value in item.items:
                    self.read_text(key)
                    self.read_expr(value)

    def read_buttons(self, node):
        if node.kind == "map" and node.keys() == {"code"}:
            self.read_expr(node)
            return
        for item in node.listed():
            if item.kind == "map":
                self.mapping(item, keys.BUTTON, "key of an action button")

    def read_list_collect(self, node):
        if node.kind != "map" or node.keys() == {"code"}:
            self.read_expr(node)
            return
        known = {"enable": "exprs", "label": "text", "is final": "exprs", "allow append": "exprs", "allow delete": "exprs", "add another label": "text"}
        self.mapping(node, known, "key of list collect")

    def read_attachments(self, node):
        if node.kind == "map" and node.keys() == {"code"}:
            self.read_expr(node)
            return
        for item in node.listed():
            if item.kind == "map":
                lowered = {key.value.lower(): key for key, _ in item.items if key.is_text}
                for name, key in lowered.items():
                    key.value = name
                self.mapping(item, keys.DOCUMENT, "key of an attachment", near=True)
            else:
                self.read_text(item)

    def read_content_file(self, node):
        self.read_expr(node) if node.kind == "map" else self.file_name(node)

    read_document_file = read_content_file

    def file_name(self, node):
        for item in node.listed():
            if item.is_text:
                self.reader.documents.append((self.block, item))

    def read_grid(self, node):
        if node.kind != "map":
            self.read_expr(node)
        for key, value in node.items if node.kind == "map" else ():
            (self.read_text if key.value == "breakpoint" else self.read_exprs)(value)

    def read_autocomplete(self, node):
        (self.read_data if node.kind == "map" else self.read_expr)(node)

    def read_features(self, node):
        for key, _ in node.items if node.kind == "map" else ():
            self.almost(key, keys.FEATURES, "feature")

    def almost(self, node, known, what):
        """A word that nobody knows but that looks like one of these: others may be known where it runs."""
        if node.is_text and node.value not in known and keys.nearest(node.value, known, 0.8):
            self.warn(node.place, keys.unknown(node.value, what, known))

    # Fields

    def read_fields(self, node, table):
        if node.kind == "map" and node.keys() == {"code"}:
            self.generator(node)
            return
        for item in node.listed():
            if item.kind != "map":
                self.error(item.place, "a field must be a mapping")
            elif item.keys() == {"code"}:
                self.generator(item)
            else:
                self.field(item)

    def generator(self, node):
        self.reader.has_generators = self.block.is_root = True
        self.read_expr(node)

    def field(self, node):
        datatype = node.get("datatype")
        is_own = datatype is not None and datatype.value not in keys.DATATYPES
        if is_own and datatype.is_text:
            self.reader.datatypes.append((self.block, datatype))
        if node.get("input type") is not None:
            self.almost(node.get("input type"), keys.INPUT_TYPES, "input type")
        others = [(key, value) for key, value in node.items if not (key.is_text and key.value in keys.FIELD)]
        named, is_display = node.get("field") is not None, any(node.get(key) for key in ("note", "html", "raw html"))
        for key, value in node.items:
            if key.is_text and key.value in keys.FIELD and not (value.kind == "scalar" and value.value is None):
                self.read(keys.FIELD[key.value], value, node)
        label = None
        if not is_own and len(others) > (0 if named and node.get("label") else 1):
            label = self.doubtful(node, others, named)
        elif others and not named:
            label = others[0]
        self.no_labels(node, others if (named or is_display) and len(others) == 1 else [], keys.FIELD, "field modifier")
        if label:
            self.read_text(label[0])
            self.read_var(label[1])
        elif not named and not is_display and not others:
            self.error(node.place, "a field without a variable needs note, html or raw html")
        if datatype is not None and datatype.value in NEED_CHOICES and not (node.get("choices") or node.get("code")):
            self.error(datatype.place, "a field of datatype %s needs choices" % datatype.value)
        if datatype is not None and datatype.value in CHECK_TYPES:
            self.checks(node, label[1] if label else node.get("field"))
        if is_own:
            for key, value in others:
                self.block.words.update(WORD.findall(str(value.value)))

    def doubtful(self, node, others, named):
        """Several keys that are no modifiers: which one is the label? Those that look like a modifier are not."""
        allowed = 0 if named and node.get("label") else 1
        ranked = sorted(others, key=lambda pair: (keys.nearest(str(pair[0].value), keys.FIELD) is not None, not self.is_name(pair[1])))
        for key, _ in ranked[allowed:]:
            text = keys.unknown(str(key.value), "field modifier", keys.FIELD)
            (self.warn if named else self.error)(key.place, text)
        return ranked[0] if allowed and not named else None

    def no_labels(self, node, others, known, what):
        """A key may be a label here, but needs not: one that is almost a known key is none."""
        for key, _ in others:
            if keys.nearest(str(key.value), known, 0.8):
                self.warn(key.place, keys.unknown(str(key.value), what, known))

    @staticmethod
    def is_name(node):
        return node.is_text and is_variable_name(node.value.strip())

    def checks(self, node, variable):
        if variable is not None and self.is_name(variable):
            self.define(variable.value.strip() + ".gathered", variable.place)

    def read_default(self, node, item):
        datatype = item.get("datatype")
        if datatype is not None and datatype.value in OBJECT_TYPES:
            self.read_exprs(node)
        else:
            self.read_data(node)

    def read_condition(self, node):
        if node.kind != "map":
            self.condition_variable(node)
            return
        known = {"variable": "condition variable", "is": "text", "code": "exprs"}
        self.mapping(node, known, "key of a condition")

    def condition_variable(self, node):
        """A field of the screen, or another variable."""
        if node.is_text and is_variable_name(node.value.strip()):
            name = WORD.findall(node.value)[0]
            self.use(name, self.file.place_in(node, 1, 0, name))

    read_condition_variable = condition_variable

    # Choices

    def read_field_choices(self, node, item):
        datatype = item.get("datatype")
        if datatype is not None and datatype.value in OBJECT_TYPES:
            self.read_exprs(node)
        else:
            self.choices(node, False)

    def read_choices(self, node, table):
        self.choices(node, "field" not in table)

    def choices(self, node, may_act):
        if node.kind == "map" and node.keys() == {"code"} and node.get("code").is_text:
            self.read_expr(node)
        elif node.kind == "map":
            for key, value in node.items:
                self.pair(key, value, may_act)
        else:
            for item in node.listed():
                self.choice(item, may_act)

    def choice(self, node, may_act):
        if node.kind == "list":
            for item in node.items:
                self.read_text(item)
        elif node.kind == "scalar":
            self.read_text(node)
        elif node.keys() == {"code"} and node.get("code").is_text:
            self.read_expr(node)
        elif len(node.items) == 1:
            self.pair(*node.items[0], may_act)
        else:
            self.choice_map(node, may_act)

    def choice_map(self, node, may_act):
        value = node.get("value") or node.get("key")
        full = node.get("label") is not None and value is not None
        if full and may_act and value.kind == "map":
            self.embedded(value)
            return
        for key, item in self.mapping(node, keys.CHOICE, "key of a choice", 0 if full else 1, near=True)[:1]:
            self.pair(key, item, may_act)

    def pair(self, label, value, may_act):
        self.read_text(label)
        if value.kind == "map" and may_act:
            self.embedded(value)
            return
        if may_act and value.is_text and value.value not in COMMANDS and keys.nearest(value.value, COMMANDS, 0.75):
            self.warn(value.place, keys.unknown(value.value, "command", COMMANDS))
        self.read_data(value)

    # Review

    def read_review(self, node):
        for item in node.listed():
            if item.kind != "map":
                self.error(item.place, "a review item must be a mapping")
                continue
            others = self.mapping(item, keys.REVIEW, "key of a review item", 0 if item.get("label") else 1)
            self.no_labels(item, others if item.keys() & {"note", "html", "raw html"} else [], keys.REVIEW, "key of a review item")
            for key, value in others:
                self.read_text(key)
                self.read_review_vars(value)

    def read_review_vars(self, node):
        for item in node.listed():
            if item.kind == "map":
                for scalar in item.scalars():
                    if scalar.is_text:
                        self.block.constants.add(scalar.value.strip())
            elif not self.is_name(item):
                self.error(item.place, "'%s' is not the name of a variable" % item.value)
            else:
                name = WORD.findall(item.value)[0]
                self.use(name, self.file.place_in(item, 1, 0, name))


_WITH_TABLE = {"def", "modules", "fields", "default", "field choices", "choices"}
