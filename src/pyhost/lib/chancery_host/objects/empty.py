"""DAEmpty and DACatchAll: stand-ins for what is not there."""
from chancery_host.objects.base import DAObject


class DAEmpty:
    """Whatever is done with it gives an empty object; it prints as nothing (or as `str`)."""

    def __init__(self, *args, **kwargs):
        self.__dict__["str"] = str(kwargs.get("str", ""))

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return DAEmpty()

    def __setattr__(self, name, value):
        if name == "str":
            self.__dict__["str"] = value

    def __str__(self):
        return self.__dict__.get("str", "")

    __repr__ = __str__

    def __format__(self, spec):
        return format(str(self), spec)

    def __dir__(self):
        return ["str"]

    def __bool__(self):
        return False

    def __len__(self):
        return 0

    def __iter__(self):
        return iter(())

    def __reversed__(self):
        return iter(())

    def __contains__(self, item):
        return False

    def _empty(self, *args, **kwargs):
        return DAEmpty()

    __call__ = __getitem__ = _empty
    __neg__ = __pos__ = __abs__ = __invert__ = _empty

    def _nothing(self, *args):
        return None

    __setitem__ = __delitem__ = __delattr__ = _nothing

    def _other(self, other):
        return other

    __add__ = __radd__ = __or__ = __ror__ = _other
    __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __floordiv__ = __mod__ = _empty

    def __int__(self):
        return 0

    def __float__(self):
        return 0.0

    def __eq__(self, other):
        return isinstance(other, DAEmpty) or other is None or (isinstance(other, str) and other == str(self))

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(str(self))

    def __lt__(self, other):
        return not isinstance(other, DAEmpty)

    def __le__(self, other):
        return True

    def __gt__(self, other):
        return False

    def __ge__(self, other):
        return isinstance(other, DAEmpty)


class DACatchAll(DAObject):
    """What an undefined variable becomes with `features: use catchall`; `value` is asked when it is printed.

    `context` tells what the variable was used as, so that a question can choose a data type.
    """

    def init(self, *args, **kwargs):
        self.context = "str"
        super().init(*args, **kwargs)

    def data_type_guess(self):
        kinds = {"bool": "boolean", "int": "integer", "float": "float"}
        return kinds.get(self.context, "text")

    def _as(self, context):
        self.context = context
        return self.value

    def __str__(self):
        return str(self._as("str"))

    def __bool__(self):
        return bool(self._as("bool"))

    def __int__(self):
        return int(self._as("int"))

    def __float__(self):
        return float(self._as("float"))

    def __index__(self):
        return int(self._as("int"))

    def __len__(self):
        return len(self._as("str"))

    def _number(self, other):
        self.context = "float" if isinstance(other, float) else "int" if isinstance(other, int) else "str"
        return self.value

    def __eq__(self, other):
        self.context = "bool" if isinstance(other, bool) else "str"
        return self.value == other if not isinstance(other, (int, float)) else self._number(other) == other

    def __ne__(self, other):
        return not self == other

    __hash__ = DAObject.__hash__

    def __add__(self, other):
        return self._number(other) + other

    def __radd__(self, other):
        return other + self._number(other)

    def __sub__(self, other):
        return self._number(other) - other

    def __rsub__(self, other):
        return other - self._number(other)

    def __mul__(self, other):
        return self._number(other) * other

    __rmul__ = __mul__

    def __truediv__(self, other):
        return self._number(other) / other

    def __rtruediv__(self, other):
        return other / self._number(other)

    def __lt__(self, other):
        return self._number(other) < other

    def __le__(self, other):
        return self._number(other) <= other

    def __gt__(self, other):
        return self._number(other) > other

    def __ge__(self, other):
        return self._number(other) >= other
