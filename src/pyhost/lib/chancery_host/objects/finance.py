"""Money: values that may exist, periodic ones, and named collections of them."""
from chancery_host.objects.base import DAObject
from chancery_host.objects.dicts import DADict
from chancery_host.objects.lists import DAList
from chancery_host.objects.people import Individual, Person


class Value(DAObject):
    """`exists` and `value`."""

    def amount(self):
        """The value, or zero if it does not exist."""
        if not self.exists:
            return 0
        return _decimal(self.value)

    def __str__(self):
        from chancery_host.functions.numbers import currency
        return currency(self.amount())

    def __float__(self):
        return float(self.amount())

    def __int__(self):
        return int(self.amount())

    def _of(self, other):
        return other.amount() if isinstance(other, Value) else _decimal(other)

    def __add__(self, other):
        return self.amount() + self._of(other)

    __radd__ = __add__

    def __sub__(self, other):
        return self.amount() - self._of(other)

    def __rsub__(self, other):
        return self._of(other) - self.amount()

    def __mul__(self, other):
        return self.amount() * self._of(other)

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self.amount() / self._of(other)

    def __lt__(self, other):
        return self.amount() < self._of(other)

    def __le__(self, other):
        return self.amount() <= self._of(other)

    def __gt__(self, other):
        return self.amount() > self._of(other)

    def __ge__(self, other):
        return self.amount() >= self._of(other)


class PeriodicValue(Value):
    """A value that comes `period` times a year."""

    def amount(self, period_to_use=1):
        if not self.exists:
            return 0
        return _decimal(self.value) * _decimal(self.period) / _decimal(period_to_use)


def _decimal(number):
    from decimal import Decimal, InvalidOperation
    try:
        return Decimal(str(number))
    except InvalidOperation:
        return Decimal(0)


class FinancialList(DADict):
    """Named values."""

    ITEM = Value

    def init(self, *args, **kwargs):
        self._preset_type(kwargs, self.ITEM)
        super().init(*args, **kwargs)

    def total(self):
        """Sum of the values."""
        self._trigger_gather()
        return sum((item.amount() for item in self.elements.values() if item.exists), _decimal(0))

    def existing_items(self):
        return [key for key in self._sorted_keys() if self.elements[key].exists]

    def _gather_item(self, kind, parameters):
        # An entry that is asked for by name exists; only its value is unknown.
        item = super()._gather_item(kind, parameters)
        if isinstance(item, Value) and not hasattr(item, "exists"):
            item.exists = True
        return item

    def __str__(self):
        from chancery_host.functions.numbers import currency
        return currency(self.total())


class PeriodicFinancialList(FinancialList):
    """Named periodic values."""

    ITEM = PeriodicValue

    def total(self, period_to_use=1):
        """Sum of the values per period, by default per year."""
        self._trigger_gather()
        if period_to_use == 0:
            return _decimal(0)
        return sum((item.amount(period_to_use) for item in self.elements.values() if item.exists), _decimal(0))


class Asset(FinancialList):
    """Things of value."""


class Expense(PeriodicFinancialList):
    """What is paid again and again."""


class Income(PeriodicFinancialList):
    """What is earned again and again."""


class ChildList(DAList):
    """Children of a person."""

    def init(self, *args, **kwargs):
        self._preset_type(kwargs, Individual)
        super().init(*args, **kwargs)


class OfficeList(DAList):
    """Offices of an organisation."""

    def init(self, *args, **kwargs):
        self._preset_type(kwargs, Person)
        super().init(*args, **kwargs)


class DAEmailRecipient(DAObject):
    """Name and address of somebody who gets mail."""

    def email_address(self, include_name=None):
        if include_name is False or not hasattr(self, "name"):
            return str(self.address)
        return '"%s" <%s>' % (str(self.name).replace('"', ""), self.address)

    def exists(self):
        return hasattr(self, "address")

    def __str__(self):
        address = str(self.address)
        if hasattr(self, "name") and str(self.name):
            return "[%s](mailto:%s)" % (self.name, address)
        return "[%s](mailto:%s)" % (address, address)


class DAEmailRecipientList(DAList):
    """Recipients of a mail."""

    def init(self, *args, **kwargs):
        self._preset_type(kwargs, DAEmailRecipient)
        super().init(*args, **kwargs)


