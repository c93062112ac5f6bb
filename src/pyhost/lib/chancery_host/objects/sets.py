"""DASet: a set that gathers its members."""
from chancery_host.objects.base import DAObject
from chancery_host.objects.dicts import in_order
from chancery_host.objects.gathering import Gatherable
from chancery_host.objects.naming import random_name


class DASet(Gatherable):
    """`elements` is the Python set; it is shown in sorted order, since the order of a set is an accident."""

    # Members are plain values: a set has no type and nothing to complete.
    object_type = None
    object_type_parameters = {}
    complete_attribute = None
    ask_object_type = False

    def init(self, *args, **kwargs):
        self.elements = set()
        self._preset(("auto_gather", "ask_number", "minimum_number"))
        given = kwargs.pop("elements", None)
        super().init(*args, **kwargs)
        if given is not None:
            self.add(*given)
            self._all_given()

    def add(self, *items):
        for item in items:
            self.elements.add(item)
            self.there_are_any = True

    def update(self, *others):
        for other in others:
            self.add(*other)

    def discard(self, item):
        self.elements.discard(item)

    def remove(self, *items):
        for item in items:
            self.elements.remove(item)

    def pop(self):
        self._trigger_gather()
        return self.elements.pop()

    def clear(self):
        self.elements = set()

    def copy(self):
        self._trigger_gather()
        return self.elements.copy()

    def __iter__(self):
        self._trigger_gather()
        return iter(in_order(self.elements))

    def __contains__(self, item):
        self._trigger_gather()
        return item in self.elements

    def _listed(self):
        return in_order(self.elements)

    def __str__(self):
        self._trigger_gather()
        return self.comma_and_list()

    def __repr__(self):
        self._trigger_gather()
        return repr(self.elements)

    def _result(self, elements):
        twin = DASet(random_name(), auto_gather=False, gathered=True)
        twin.__dict__["has_nonrandom_instance_name"] = False
        twin.elements = set(elements)
        return twin

    def _set(self, other=None):
        if other is None:
            self._trigger_gather()
            return self.elements
        return set(other)

    def union(self, *others):
        return self._result(self._set().union(*map(set, others)))

    def intersection(self, *others):
        return self._result(self._set().intersection(*map(set, others)))

    def difference(self, *others):
        return self._result(self._set().difference(*map(set, others)))

    def symmetric_difference(self, other):
        return self._result(self._set() ^ set(other))

    def isdisjoint(self, other):
        return self._set().isdisjoint(set(other))

    def issubset(self, other):
        return self._set() <= set(other)

    def issuperset(self, other):
        return self._set() >= set(other)

    def __or__(self, other):
        return self.union(other)

    def __and__(self, other):
        return self.intersection(other)

    def __sub__(self, other):
        return self.difference(other)

    def __xor__(self, other):
        return self.symmetric_difference(other)

    def __eq__(self, other):
        if self is other:
            return True
        if isinstance(other, DASet):
            return self._set() == other._set()
        return not isinstance(other, DAObject) and self._set() == other

    def __ne__(self, other):
        return not self == other

    __hash__ = DAObject.__hash__

    def _items(self):
        return list(self.elements)

    def _gather_item(self, kind, parameters):
        item = self.new_item
        self.add(item)
        self.delattr("new_item")
        return item

    def _append_for_action(self):
        self._gather_item(None, {})

    def _remove_for_action(self, item):
        self.elements.discard(item)

    def _item_pairs(self):
        return [(item, item) for item in in_order(self.elements)]
