"""DADict and DAOrderedDict: dictionaries that gather their entries; also the result of check boxes."""
from chancery_host.errors import DAError
from chancery_host.objects.base import DAObject, DAObjectPlusParameters, make, split_type
from chancery_host.objects.gathering import Gatherable
from chancery_host.objects.lists import DAList
from chancery_host.objects.naming import random_name
from chancery_host.signals import MissingItem
from chancery_host.state import current


def in_order(keys):
    """Sorted; keys that cannot be compared are sorted by their text."""
    try:
        return sorted(keys)
    except TypeError:
        return sorted(keys, key=str)


class DADict(Gatherable):
    """`elements` is the Python dictionary; iteration is in insertion order, keys() and true_values() are sorted."""

    ACTION_WORD = "dict"
    ORDERED = False

    def init(self, *args, **kwargs):
        self.elements = {}
        self._gathering_defaults(kwargs)
        given, keys = kwargs.pop("elements", None), kwargs.pop("keys", None)
        super().init(*args, **kwargs)
        if keys is not None:
            self.new(list(keys))
        if given is not None:
            for key, value in given.items():
                self[key] = value
            self._all_given()

    # Items

    def item_name(self, key):
        return "%s[%r]" % (self.instanceName, key)

    def __getitem__(self, key):
        try:
            return self.elements[key]
        except KeyError:
            pass
        if self.object_type is None or self.ask_object_type or current.probing:
            raise MissingItem(self.item_name(key))
        return self._new_item(key, self.object_type, self.object_type_parameters)

    def _new_item(self, key, kind, parameters):
        self.elements[key] = make(kind, self.item_name(key), parameters)
        return self.elements[key]

    def __setitem__(self, key, value):
        if isinstance(value, DAObjectPlusParameters):
            value = make(value, self.item_name(key))
        self.elements[key] = value
        self._name_part(value, "[%r]" % (key,))

    def __delitem__(self, key):
        self[key]       # a missing item is sought first
        del self.elements[key]

    def __contains__(self, key):
        self._trigger_gather()
        return key in self.elements

    def initializeObject(self, *args, **kwargs):
        """Makes an object of the class at the key."""
        key, kind, parameters = self._object_arguments(args, kwargs)
        self.there_are_any = True
        return self._new_item(key, kind, parameters)

    initialize_object = initializeObject

    def new(self, *keys, **kwargs):
        """Makes an object for each key; lists of keys are taken apart."""
        for key in keys:
            if isinstance(key, (list, tuple, set, DAList)):
                self.new(*key, **kwargs)
            elif key not in self.elements:
                kind = self.object_type if self.object_type is not None else DAObject
                self._new_item(key, kind, {**self.object_type_parameters, **kwargs})
                self.there_are_any = True

    def get(self, *args):
        """The value, else the second argument, else None; without a gathering."""
        if len(args) == 1:
            return self.elements.get(args[0])
        return self.elements.get(args[0], args[1])

    def setdefault(self, key, *args):
        if key not in self.elements:
            self[key] = args[0] if args else None
        return self.elements[key]

    def update(self, *args, **kwargs):
        for key, value in dict(*[_plain(arg) for arg in args], **kwargs).items():
            self[key] = value

    def pop(self, *args):
        self._trigger_gather()
        value = self.elements.pop(*args)
        if not self.elements:
            self.there_are_any = False
        return value

    def popitem(self):
        self._trigger_gather()
        return self.elements.popitem()

    def clear(self):
        self.elements = {}

    def copy(self):
        self._trigger_gather()
        return self.elements.copy()

    def item(self, key):
        """The value, or an empty object that prints as nothing."""
        from chancery_host.objects.empty import DAEmpty
        self._trigger_gather()
        return self[key] if key in self.elements else DAEmpty()

    def _sorted_keys(self):
        return list(self.elements) if self.ORDERED else in_order(self.elements)

    def __iter__(self):
        self._trigger_gather()
        return iter(self.elements)

    def keys(self):
        self._trigger_gather()
        return self._sorted_keys()

    def values(self):
        self._trigger_gather()
        return self.elements.values()

    def items(self):
        self._trigger_gather()
        return self.elements.items()

    iteritems = items
    itervalues = values
    iterkeys = keys

    def __str__(self):
        self._trigger_gather()
        return self.comma_and_list()

    def _listed(self):
        return list(self.elements)

    def __repr__(self):
        self._trigger_gather()
        return repr(self.elements)

    def _compared(self, other):
        self._trigger_gather()
        if isinstance(other, DADict):
            other._trigger_gather()
        return self.elements == _plain(other)

    def __eq__(self, other):
        return self is other or ((isinstance(other, DADict) or not isinstance(other, DAObject)) and self._compared(other))

    def __ne__(self, other):
        return not self == other

    __hash__ = DAObject.__hash__

    # Check boxes

    def _values_at(self, keys):
        self._trigger_gather()
        return [bool(self.elements.get(key)) for key in (keys or self.elements)]

    def _others(self, keys):
        return [bool(value) for key, value in self.elements.items() if key not in keys]

    def any_true(self, *keys, exclusive=False):
        """Whether any (of these) is true; exclusive: and none of the others."""
        return any(self._values_at(keys)) and not (exclusive and keys and any(self._others(keys)))

    def all_true(self, *keys, exclusive=False):
        return all(self._values_at(keys)) and not (exclusive and keys and any(self._others(keys)))

    def any_false(self, *keys, exclusive=False):
        return not all(self._values_at(keys)) and not (exclusive and keys and not all(self._others(keys)))

    def all_false(self, *keys, exclusive=False):
        return not any(self._values_at(keys)) and not (exclusive and keys and not all(self._others(keys)))

    def _keys_with(self, wanted, insertion_order):
        self._trigger_gather()
        keys = list(self.elements) if insertion_order or self.ORDERED else in_order(self.elements)
        found = DAList(random_name(), auto_gather=False, gathered=True)
        found.__dict__["has_nonrandom_instance_name"] = False
        found.elements = [key for key in keys if bool(self.elements[key]) is wanted]
        return found

    def true_values(self, insertion_order=False):
        return self._keys_with(True, insertion_order)

    def false_values(self, insertion_order=False):
        return self._keys_with(False, insertion_order)

    # Gathering

    def current_index(self):
        return len(self.elements)

    def _items(self):
        # A key whose value was asked for and has arrived is no new key any more.
        if self.__dict__.get("new_item_name") in self.elements:
            self.delattr("new_item_name", "new_item_value", "new_object_type")
        return [self.elements[key] for key in self._sorted_keys()]

    def _gather_item(self, kind, parameters):
        """Adds one entry: the key is new_item_name, the value an object, new_item_value or the item itself."""
        key = self.new_item_name
        if kind is None and self.ask_object_type:
            kind, parameters = split_type(self.new_object_type)
        if kind is not None:
            if key not in self.elements:
                self._new_item(key, kind, parameters)
            self.delattr("new_object_type")
        elif "new_item_value" in self.__dict__:
            self[key] = self.new_item_value
            self.delattr("new_item_value")
        elif key not in self.elements:
            self[key]           # not there: looked up as D['key']
        self.delattr("new_item_name")
        if kind is not None:
            self.there_are_any = True
        return self.elements[key]

    def _append_for_action(self):
        self._gather_item(self.object_type, self.object_type_parameters)

    def _remove_for_action(self, key):
        if key not in self.elements:
            raise DAError("%s has no item %r" % (self.instanceName, key))
        item = self.elements.pop(key)
        self.hook_on_remove(item)

    def _item_pairs(self):
        return [(key, self.elements[key]) for key in self._sorted_keys()]

    def complete_elements(self, complete_attribute=None):
        """A finished dictionary of the entries that are complete; never asks."""
        twin = type(self)(random_name(), auto_gather=False, gathered=True)
        twin.__dict__["has_nonrandom_instance_name"] = False
        twin.elements = {key: item for key, item in self.elements.items() if self.is_complete(item, complete_attribute)}
        return twin

    def invert(self, *args):
        """Value to list of keys."""
        found = {}
        for key, value in self.items():
            found.setdefault(value, []).append(key)
        return found


def _plain(value):
    return value.elements if isinstance(value, DADict) else value


class DAOrderedDict(DADict):
    """A DADict whose entries keep the order in which they were added."""

    ORDERED = True
