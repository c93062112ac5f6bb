"""DAList: a list that gathers its items by asking (language specification 5.2)."""
from chancery_host.errors import DAError
from chancery_host.objects.base import DAObject, DAObjectPlusParameters, make, split_type
from chancery_host.objects.gathering import Gatherable
from chancery_host.signals import MissingItem
from chancery_host.state import current

MAX_NEW_ITEMS = 10      # an index further out than this is a mistake, not a wish for so many objects


class DAList(Gatherable):
    """`elements` is the Python list; what needs the whole list gathers it first."""

    def init(self, *args, **kwargs):
        self.elements = []
        self._gathering_defaults(kwargs)
        given = kwargs.pop("elements", None)
        super().init(*args, **kwargs)
        if given is not None:
            for element in given:
                self.append(element)
            self._all_given()

    # Items

    def item_name(self, index):
        """The variable name of an item."""
        return "%s[%r]" % (self.instanceName, index)

    def __getitem__(self, index):
        if isinstance(index, slice):
            self._trigger_gather()
            return self._derived(self.elements[index])
        try:
            return self.elements[index]
        except IndexError:
            return self._missing(index)

    def _missing(self, index):
        # A gathered list is finished: reading behind its end is a mistake of the author.
        if current.probing == 0 and self.auto_gather and self.__dict__.get("gathered") \
                and self.instanceName not in current.gathering:
            raise IndexError("list index out of range")
        if self.object_type is not None and not self.ask_object_type and current.probing == 0 and index >= 0:
            self._grow(index)
            return self.elements[index]
        raise MissingItem(self.item_name(index))

    def _grow(self, index):
        if index - len(self.elements) >= MAX_NEW_ITEMS:
            raise IndexError("too many items are missing before index %d of %s" % (index, self.instanceName))
        while len(self.elements) <= index:
            self._new_item(self.object_type, self.object_type_parameters)
        self.there_are_any = True

    def _new_item(self, kind, parameters):
        thing = make(kind, self.item_name(len(self.elements)), parameters)
        self.elements.append(thing)
        return thing

    def __setitem__(self, index, value):
        if isinstance(index, int) and index >= len(self.elements):
            # What a form sets out of order: the gap is filled, with objects if the list is one of objects.
            while len(self.elements) < index:
                if self.object_type is not None:
                    self._new_item(self.object_type, self.object_type_parameters)
                else:
                    self.elements.append(None)
            self.elements.append(value)
        else:
            self.elements[index] = value
        self._name_part(value, "[%r]" % (index,))

    def __delitem__(self, index):
        self._trigger_gather()
        del self.elements[index]
        self._removed()

    def _renumber(self):
        """Items whose names begin with ours are called after their places."""
        for index, element in enumerate(self.elements):
            if isinstance(element, DAObject) and element.instanceName.startswith(self.instanceName + "["):
                wanted = self.item_name(index)
                rest = element.instanceName[len(self.instanceName):]
                if rest.count("[") == 1 and rest.endswith("]") and element.instanceName != wanted:
                    element._set_instance_name_recursively(wanted)

    def _removed(self):
        self._renumber()
        if not self.elements:
            self.there_are_any = False

    def initializeObject(self, *args, **kwargs):
        """Makes an object of the class at the index."""
        index, kind, parameters = self._object_arguments(args, kwargs)
        if isinstance(index, int):
            while len(self.elements) < index:
                self._new_item(kind, parameters)
        self[index] = make(kind, self.item_name(index), parameters)
        return self.elements[index]

    initialize_object = initializeObject

    def appendObject(self, *args, **kwargs):
        """Creates an object (of the class given, else of the list's type) at the end."""
        _, kind, parameters = self._object_arguments((None,) + args, kwargs)
        thing = self._new_item(kind, parameters)
        self.there_are_any = True
        return thing

    append_object = appendObject

    def append(self, *items, set_instance_name=False):
        """Adds the items; a class with parameters is made an object. Nameless objects are named after their place."""
        for item in items:
            if isinstance(item, DAObjectPlusParameters):
                item = make(item, self.item_name(len(self.elements)))
            elif isinstance(item, DAObject):
                place = self.item_name(len(self.elements))
                if set_instance_name or not item.__dict__["has_nonrandom_instance_name"]:
                    item._set_instance_name_recursively(place)
            self.elements.append(item)
        if self.elements:
            self.there_are_any = True

    def extend(self, items):
        self.append(*items)

    def insert(self, index, item):
        self.elements.insert(index, item)
        self._name_part(item, "[%r]" % (index,))
        self.there_are_any = True
        self._renumber()

    def remove(self, *items):
        """Removes the items that are there."""
        for item in items:
            if item in self.elements:
                self.elements.remove(item)
        self._removed()

    discard = remove

    def pop(self, *args):
        self._trigger_gather()
        item = self.elements.pop(*args)
        self._removed()
        return item

    def clear(self):
        self.elements = []

    def sort(self, *args, **kwargs):
        """Sorts in place; items are renamed after their new places."""
        self._trigger_gather()
        self.elements = sorted(self.elements, **kwargs)
        self._rename_all()
        return self

    def sort_elements(self, *args, **kwargs):
        self.elements = sorted(self.elements, **kwargs)
        self._rename_all()
        return self

    def reverse(self):
        self._trigger_gather()
        self.elements.reverse()
        self._rename_all()

    def copy(self):
        """The elements as a plain list."""
        self._trigger_gather()
        return self.elements.copy()

    def _rename_all(self):
        own = [element for element in self.elements
               if isinstance(element, DAObject) and element.instanceName.startswith(self.instanceName + "[")]
        # Two steps: while items swap names, two of them must never share one.
        for element in own:
            element._set_instance_name_recursively(element.instanceName + ".moved")
        for index, element in enumerate(self.elements):
            if any(element is mine for mine in own):
                element._set_instance_name_recursively(self.item_name(index))

    def item(self, index):
        """The item, or an empty object that prints as nothing."""
        from chancery_host.objects.empty import DAEmpty
        self._trigger_gather()
        if isinstance(index, int) and -len(self.elements) <= index < len(self.elements):
            return self.elements[index]
        return DAEmpty()

    def first(self):
        """The first item, looked up if there is none."""
        return self[0]

    def last(self):
        self._trigger_gather()
        return self[len(self.elements) - 1] if self.elements else self[0]

    def index(self, *args):
        self._trigger_gather()
        return self.elements.index(*args)

    def count(self, *args):
        self._trigger_gather()
        return self.elements.count(*args)

    def filter(self, *args, **kwargs):
        """A list of the items whose attributes have these values."""
        self._trigger_gather()
        return self._derived([item for item in self.elements
                              if all(getattr(item, name) == wanted for name, wanted in kwargs.items())])

    def _derived(self, elements, name=None):
        """A finished list of the same kind that keeps its own copy of the references."""
        from chancery_host.objects.naming import random_name
        twin = DAList(name or random_name(), auto_gather=False, gathered=True)
        twin.__dict__["has_nonrandom_instance_name"] = False
        twin.elements = list(elements)
        twin.object_type, twin.object_type_parameters = self.object_type, self.object_type_parameters
        return twin

    # As a Python list

    def __iter__(self):
        self._trigger_gather()
        return iter(self.elements)

    def __reversed__(self):
        self._trigger_gather()
        return reversed(self.elements)

    def __contains__(self, item):
        self._trigger_gather()
        return item in self.elements

    def __add__(self, other):
        self._trigger_gather()
        if isinstance(other, DAList):
            other._trigger_gather()
            return self._derived(self.elements + other.elements)
        return self.elements + list(other)

    def __radd__(self, other):
        self._trigger_gather()
        return self.elements if other == 0 else list(other) + self.elements

    def __iadd__(self, other):
        self.extend(other)
        return self

    def __mul__(self, times):
        self._trigger_gather()
        return self._derived(self.elements * times)

    def _compared(self, other, test):
        self._trigger_gather()
        if isinstance(other, DAList):
            other._trigger_gather()
            other = other.elements
        return test(self.elements, list(other) if isinstance(other, (tuple, set)) else other)

    def __eq__(self, other):
        if self is other:
            return True
        return (isinstance(other, DAList) or not isinstance(other, DAObject)) and self._compared(other, lambda a, b: a == b)

    def __ne__(self, other):
        return not self == other

    __hash__ = DAObject.__hash__

    def __lt__(self, other):
        return self._compared(other, lambda a, b: a < b)

    def __le__(self, other):
        return self._compared(other, lambda a, b: a <= b)

    def __gt__(self, other):
        return self._compared(other, lambda a, b: a > b)

    def __ge__(self, other):
        return self._compared(other, lambda a, b: a >= b)

    def __str__(self):
        self._trigger_gather()
        return self.comma_and_list()

    def __repr__(self):
        self._trigger_gather()
        return repr(self.elements)

    def union(self, other):
        return self._as_set() | set(other)

    def intersection(self, other):
        return self._as_set() & set(other)

    def difference(self, other):
        return self._as_set() - set(other)

    def isdisjoint(self, other):
        return self._as_set().isdisjoint(other)

    def issubset(self, other):
        return self._as_set().issubset(other)

    def issuperset(self, other):
        return self._as_set().issuperset(other)

    def _as_set(self):
        self._trigger_gather()
        return set(self.elements)

    # Gathering

    def current_index(self):
        """Index of the item that is to be added."""
        return len(self.elements)

    def _items(self):
        return list(self.elements)

    def _gather_item(self, kind, parameters):
        """Adds one item, by making it or by asking for it."""
        position = len(self.elements)
        if kind is None and self.ask_object_type:
            kind, parameters = split_type(self.new_object_type)
            self._new_item(kind, parameters)
            self.there_are_any = True
            del self.new_object_type
        elif kind is None:
            self._ask_item(position)
        else:
            self._new_item(kind, parameters)
            self.there_are_any = True
        return self.elements[position]

    def _ask_item(self, position):
        if position >= len(self.elements):
            raise MissingItem(self.item_name(position))

    def _append_for_action(self):
        if self.object_type is not None and not self.ask_object_type:
            self._new_item(self.object_type, self.object_type_parameters)

    def complete_elements(self, complete_attribute=None):
        """A finished list of the items that are complete; never asks."""
        return self._derived([item for item in self.elements if self.is_complete(item, complete_attribute)])

    def _remove_for_action(self, index):
        index = int(index)
        if not 0 <= index < len(self.elements):
            raise DAError("%s has no item %s" % (self.instanceName, index))
        item = self.elements.pop(index)
        self._renumber()
        self.hook_on_remove(item)

    def _item_pairs(self):
        return list(enumerate(self.elements))
