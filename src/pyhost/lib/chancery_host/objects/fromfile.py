"""Objects and values from YAML or JSON source files."""
import json

from chancery_host.errors import DAError
from chancery_host.objects.base import DAObject
from chancery_host.objects.dicts import DADict
from chancery_host.objects.lists import DAList
from chancery_host.state import current

CONTEXT_KEYS = {"question", "document", "docx", "pdf", "pandoc"}


def read_objects(reference, gathered=True, name=None, use_objects=False, package=None):
    """The contents of a file in `data/sources` of the package; `name` becomes the name of what is made."""
    from chancery_host.objects.files import package_path
    reference = str(reference)
    if ":" not in reference:
        reference = "%s:%s" % (package, reference if reference.startswith("data/") else "data/sources/" + reference)
    path = package_path(reference)
    if path is None:
        raise DAError("objects_from_file: there is no file %s" % reference)
    documents = _load(path)
    if name is None:
        from chancery_host.objects.naming import assigned_name, random_name
        name = assigned_name() or random_name()
    maker = Maker(package, gathered, use_objects)
    if len(documents) == 1:
        return maker.convert(documents[0], name)
    return maker.collect([maker.convert(document, "%s[%d]" % (name, at)) for at, document in enumerate(documents)], name)


def _load(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".json"):
        return [json.loads(text)]
    import yaml
    return [document for document in yaml.safe_load_all(text) if document is not None]


class Maker:
    """Turns plain structures into objects: {object: Class, items: [...]} and, if wanted, lists and mappings."""

    def __init__(self, package, gathered=True, use_objects=True):
        self.package, self.gathered, self.use_objects = package, gathered, use_objects

    def convert(self, value, name):
        if isinstance(value, dict):
            if "object" in value and ("items" in value or "item" in value):
                return self._objects(value, name)
            return self._mapping(value, name)
        if isinstance(value, list):
            return self.collect([self.convert(item, "%s[%d]" % (name, at)) for at, item in enumerate(value)], name)
        return value

    def collect(self, items, name):
        if not self.use_objects:
            return items
        made = DAList(name)
        made.elements = items
        return self._finish(made, items)

    def _finish(self, made, items):
        if self.gathered:
            made.gathered = True
            made.revisit = True
            made.there_are_any = bool(items)
        return made

    def _mapping(self, value, name):
        if self.use_objects and len(value) > 1 and set(value) <= CONTEXT_KEYS:
            from chancery_host.objects.misc import DAContext
            return DAContext(name, **value)
        items = {key: self.convert(item, "%s[%r]" % (name, key)) for key, item in value.items()}
        if not self.use_objects:
            return items
        made = DADict(name)
        made.elements = items
        return self._finish(made, items)

    def _objects(self, value, name):
        kind = self._class(value["object"], value.get("module"))
        if "item" in value:
            return self._object(kind, value["item"], name)
        made = DAList(name, object_type=kind)
        made.elements = [self._object(kind, item, "%s[%d]" % (name, at)) for at, item in enumerate(value["items"])]
        return self._finish(made, made.elements)

    def _object(self, kind, attributes, name):
        made = kind(name)
        for key, value in attributes.items():
            setattr(made, key, self.convert(value, name + "." + key))
        return made

    def _class(self, name, module):
        kind = current.answers.get(name)
        if module:
            import importlib
            full = self.package + module if module.startswith(".") else module
            kind = getattr(importlib.import_module(full), name, None)
        elif kind is None:
            import docassemble.base.util as library
            kind = getattr(library, name, None)
        if not isinstance(kind, type) or not issubclass(kind, DAObject):
            raise DAError("there is no object class %s" % name)
        return kind
