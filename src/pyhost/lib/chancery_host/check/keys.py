"""Which keys there are and what stands in them: top level, fields, choices, review items, buttons, documents (language specification 3, 4, 11).

The values name how a value is read (blocks.py): "text" may hold Mako, "expr" is Python, "data" a structure of texts, "exprs" one of expressions,
"code" statements, "var" a variable that is defined, "uses" names of variables, "plain" nothing to be read; other words are structures of their own.
"""
import difflib

TEXTS = ("question subquestion under right pre post submit script css breadcrumb section url subject content default response|css class|table css class|"
         "continue button label|continue button color|resume button label|resume button color|back button label|corner back button label|ga id|segment id|"
         "not available label|edit header|email subject|email body|email address default|zip filename|pen color|redirect url|content type")
PLAINS = ("comment progress language role order metadata include sections progressive images translations mako usedefs id supersedes datatype "
          "target command confirm edit indent tabular|auto open|generic object|scan for variables|default language|image sets|machine learning storage|"
          "ml storage|image upload type|default role|default validation messages|attachment options|input type|read only|response code|null response|"
          "all_variables|include_internal|allow users|allow privileges")


def _table(texts, kind):
    first, *rest = texts.split("|")
    return {key.strip(): kind for key in first.split() + rest}


TOP = {**_table(PLAINS, "plain"), **_table(TEXTS, "text")}
TOP.update({
    "features": "features", "code": "block code", "mandatory": "expr", "initial": "expr", "if": "exprs", "need": "need", "require": "exprs", "orelse": "block",
    "depends on": "uses", "reconsider": "uses", "undefine": "uses", "reset": "uses", "sets": "sets", "only sets": "sets", "event": "sets",
    "yesno": "var", "noyes": "var", "yesnomaybe": "var", "noyesmaybe": "var", "signature": "var", "field": "var", "continue button field": "var",
    "choices": "choices", "buttons": "choices", "dropdown": "choices", "combobox": "choices", "fields": "fields", "review": "review",
    "list collect": "list collect", "action buttons": "buttons", "attachment": "attachments", "attachments": "attachments", "attachment code": "exprs",
    "objects": "objects", "objects from file": "object files", "variable name": "var", "data": "data", "data from code": "exprs",
    "use objects": "option", "gathered": "expr", "template": "var", "content file": "content file", "table": "var", "rows": "expr", "columns": "columns",
    "show incomplete": "expr", "require gathered": "expr", "filter": "expr", "sort key": "expr", "sort reverse": "expr", "delete buttons": "expr",
    "allow reordering": "expr", "show if empty": "text", "audio": "data", "video": "data", "decoration": "data", "help": "help", "reload": "data",
    "question metadata": "data", "segment": "data", "validation messages": "data", "shuffle": "expr", "required": "expr", "back button": "expr",
    "prevent going back": "expr", "hide continue button": "expr", "disable continue button": "expr", "skip undefined": "expr",
    "validation code": "code", "on change": "on change", "check in": "words", "allowed to set": "words", "email template": "words", "modules": "modules",
    "imports": "modules", "terms": "data", "auto terms": "data", "default screen parts": "data", "interview help": "help", "def": "def",
    "allow emailing": "expr", "allow downloading": "expr", "always include editable files": "expr", "include attachment notice": "expr",
    "include download tab": "expr", "describe file types": "expr", "manual attachment list": "expr", "binaryresponse": "expr", "backgroundresponse": "expr",
    "persistent": "exprs", "private": "exprs",
})

# What makes a part of a file a block at all.
KINDS = ("question", "code", "objects from file", "objects", "data from code", "data", "template", "table", "attachment", "attachments", "modules", "imports",
         "reset", "require", "command", "default role")
SETTINGS = ("default language", "metadata", "features", "include", "terms", "auto terms", "sections", "image sets", "images", "interview help",
            "default screen parts", "default validation messages", "def", "on change", "order", "translations", "attachment options",
            "machine learning storage", "ml storage", "image upload type")

FIELD = {
    "field": "var", "label": "text", "datatype": "plain", "input type": "plain", "choices": "field choices", "code": "expr", "exclude": "exprs",
    "shuffle": "exprs", "none of the above": "data", "all of the above": "data", "object labeler": "expr", "help generator": "expr",
    "image generator": "expr", "required": "exprs", "default": "default", "hint": "text", "help": "text", "under text": "text", "min": "text", "max": "text",
    "minlength": "text", "maxlength": "text", "step": "text", "scale": "text", "inline": "text", "inline width": "text", "currency symbol": "text",
    "css class": "text", "rows": "exprs", "validate": "expr", "validation messages": "data", "show if": "condition", "hide if": "condition",
    "enable if": "condition", "disable if": "condition", "js show if": "text", "js hide if": "text", "js enable if": "text", "js disable if": "text",
    "disable others": "words", "uncheck others": "words", "check others": "words", "disabled": "exprs", "note": "text", "html": "text", "raw html": "text",
    "label above field": "exprs", "floating label": "exprs", "grid": "grid", "item grid": "grid", "address autocomplete": "autocomplete",
    "field metadata": "data", "accept": "exprs", "maximum image size": "exprs", "image upload type": "text", "persistent": "exprs", "private": "exprs",
    "allow users": "data", "allow privileges": "data", "action": "text", "trigger at": "exprs", "file css class": "text", "group": "text",
    "pen color": "text", "using": "plain", "keep for training": "plain", "comment": "plain",
}
CHOICE = {"help": "text", "image": "text", "color": "text", "css class": "text", "default": "exprs", "group": "text", "show if": "exprs", "url": "text",
          "key": "data", "label": "text", "value": "data"}
REVIEW = {"button": "text", "help": "text", "note": "text", "html": "text", "raw html": "text", "css class": "text", "show if": "exprs", "label": "text",
          "field": "review vars", "fields": "review vars", "action": "words", "arguments": "plain"}
BUTTON = {"action": "text", "label": "text", "color": "data", "icon": "data", "placement": "data", "css class": "text", "new window": "data",
          "arguments": "data", "show if": "exprs", "forget prior": "plain", "show": "exprs"}
DOCUMENT = {
    **_table("name filename description content|template file|rtf template file|docx reference file|initial yaml|additional yaml|password|owner password|"
             "template password", "text"),
    **_table("metadata language usedefs raw|valid formats|pdf/a|tagged pdf|checkbox export value|decimal places|rendering font|hyperlink style|"
             "update references|allow users|allow privileges|valid types", "plain"),
    "skip undefined": "expr", "redact": "expr", "persistent": "expr", "private": "expr", "editable": "expr", "variable name": "var",
    "content file": "content file", "docx template file": "document file", "pdf template file": "document file", "fields": "data", "code": "expr",
    "field variables": "uses", "raw field variables": "uses", "field code": "exprs", "manual": "exprs", "manual code": "expr", "file": "data",
}
FEATURES = _table("debug navigation centered css javascript pdftk pdf/a|use catchall|progress bar|show progress bar percentage|progress bar method|"
                  "progress bar multiplier|progress can go backwards|small screen navigation|question back button|question help button|navigation back button|"
                  "labels above fields|floating labels|suppress autofill|table width|bootstrap theme|inverse navbar|hide navbar|hide standard menu|"
                  "hide corner interface|go full screen|cache documents|tagged pdf|loop limit|recursion limit|maximum image size|image upload type|"
                  "checkin interval|default date min|default date max|popover trigger|review button color|review button icon|wide side by side|"
                  "disable analytics|auto jinja filter|custom datatypes to load|send question data|default icons|numeric inputs", "plain")
HELP = {"label": "text", "heading": "text", "content": "text", "audio": "data", "video": "data"}

# Datatypes of the language; any other is a class of the author's, with modifiers of its own.
DATATYPES = frozenset("""text area password email integer number float currency range date time datetime yesno yesnowide noyes noyeswide yesnoradio noyesradio
    yesnomaybe noyesmaybe boolean threestate checkboxes multiselect object object_radio object_checkboxes object_multiselect radio dropdown pulldown combobox
    datalist ajax hidden file files camera user environment camcorder microphone raw ml mlarea""".split())
INPUT_TYPES = frozenset("area radio dropdown pulldown combobox datalist ajax hidden".split())


def nearest(key, known, cutoff=0.7):
    """The known key that the author may have meant, or None."""
    found = difflib.get_close_matches(key, known, 1, cutoff) or difflib.get_close_matches(key.lower(), known, 1, cutoff)
    return found[0] if found else None


def unknown(key, what, known):
    guess = nearest(key, known)
    return "unknown %s '%s'%s" % (what, key, "; did you mean '%s'?" % guess if guess else "")
