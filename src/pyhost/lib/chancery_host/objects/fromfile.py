"""Objects and values from YAML or JSON source files."""
import json

from chancery_host.errors import DAError
from chancery_host.objects.base import DAObject
from chancery_host.objects.dicts import DADict
from chancery_host.objects.lists import DAList
from chancery_host.objects.naming import assigned_name, random_name
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
        name = assigned_name() or random_name()
    maker = Maker(package, gathered, objects=True, collections=use_objects)
    if len(documents) == 1:
        return maker.convert(documents[0], name)
    return maker.convert(documents, name)


def _load(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    if path.endswith(".json"):
        return [json.loads(text)]
    import _chancery
    return _chancery.documents(text)


class Maker:
    """Turns plain structures into interview values.

    `objects`: {object: Class, items: [...]} and {object: Class, item: {...}} make objects.
    `collections`: lists and mappings become DAList and DADict, at all levels; without it only a list of
    objects at the top does.
    """

    def __init__(self, package, gathered=True, objects=False, collections=True):
        self.package, self.gathered, self.objects, self.collections = package, gathered, objects, collections

    def convert(self, value, name, top=True):
        if isinstance(value, dict):
            if self.objects and "object" in value and ("items" in value or "item" in value):
                return self._objects(value, name, top)
            return self._mapping(value, name)
        if isinstance(value, list):
            items = [self.convert(item, "%s[%d]" % (name, at), False) for at, item in enumerate(value)]
            return self._finish(DAList(name), items) if self.collections else items
        return value

    def _finish(self, made, items):
        made.elements = items
        if items:
            made.there_are_any = True
        if self.gathered:
            made.gathered = True
            if self.objects:
                made.there_are_any, made.revisit = bool(items), True
        return made

    def _mapping(self, value, name):
        if self.collections and len(value) > 1 and set(value) <= CONTEXT_KEYS:
            from chancery_host.objects.misc import DAContext
            return DAContext(name, **value)
        items = {key: self.convert(item, "%s[%r]" % (name, key), False) for key, item in value.items()}
        return self._finish(DADict(name), items) if self.collections else items

    def _objects(self, value, name, top):
        kind = self._class(value["object"], value.get("module"))
        whole = top or self.collections
        if "item" in value:
            return self._object(kind, value["item"], name if whole else None)
        items = [self._object(kind, item, "%s[%d]" % (name, at) if whole else None) for at, item in enumerate(value["items"])]
        return self._finish(DAList(name), items) if whole else items

    def _object(self, kind, attributes, name):
        made = kind(name or random_name())
        if name is None:        # named after the attribute it is put into, if it is put into one
            made.__dict__["has_nonrandom_instance_name"] = False
        for key, value in attributes.items():
            setattr(made, key, self.convert(value, made.instanceName + "." + key, False))
        return made

    def _class(self, name, module):
        kind = None
        if module:
            import importlib
            full = self.package + module if module.startswith(".") else module
            kind = getattr(importlib.import_module(full), name, None)
        else:
            import docassemble.base.util as library
            kind = current.answers.get(name, getattr(library, name, None))
        if not isinstance(kind, type) or not issubclass(kind, DAObject):
            raise DAError("there is no object class %s" % name)
        return kind
