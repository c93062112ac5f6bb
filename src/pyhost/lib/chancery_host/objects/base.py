"""DAObject, the base of everything an interview stores: a name, attributes, and a lookup for what is missing."""
from sys import intern

from chancery_host.objects.naming import assigned_name, random_name, rename
from chancery_host.signals import MissingAttribute
from chancery_host.state import current

NOT_DATA = {"attrList", "has_nonrandom_instance_name"}      # bookkeeping, never shown


class DAObjectPlusParameters:
    """A class with attributes for its new objects: what Class.using(...) gives."""

    def __init__(self, kind, parameters):
        self.__dict__["kind"] = kind
        self.__dict__["parameters"] = parameters

    @property
    def __name__(self):
        return self.kind.__name__

    def __call__(self, *args, **kwargs):
        return self.kind(*args, **{**self.parameters, **kwargs})

    def using(self, **kwargs):
        return DAObjectPlusParameters(self.kind, {**self.parameters, **kwargs})


def split_type(kind):
    """(class, parameters) of a class, of Class.using(...), or of (None, {}) if there is none."""
    if isinstance(kind, DAObjectPlusParameters):
        return kind.kind, dict(kind.parameters)
    return kind, {}


def make(kind, name, parameters=None):
    """An object of the class (or class with parameters) with that name."""
    kind, own = split_type(kind)
    return kind(name, **{**own, **(parameters or {})})


class _Again:
    """While a property is run again: what was found missing meanwhile."""
    running, missing = False, None


class DAObject:
    """Base class of interview objects (language specification 5.1)."""

    def __init__(self, *args, **kwargs):
        if args and isinstance(args[0], str):
            name, args, named = args[0], args[1:], True
        else:
            name = assigned_name()
            named = name is not None
            args = args[1:] if args and args[0] is None else args
        self.__dict__["has_nonrandom_instance_name"] = named
        self.__dict__["instanceName"] = name if named else random_name()
        self.init(*args, **kwargs)

    @classmethod
    def using(cls, **kwargs):
        """The class together with attributes that each new object gets."""
        return DAObjectPlusParameters(cls, kwargs)

    def init(self, *args, **kwargs):
        """Sets the given attributes; subclasses extend it."""
        for name, value in kwargs.items():
            setattr(self, name, value)

    def __getattr__(self, name):
        if name.startswith("__") or "instanceName" not in self.__dict__:
            raise AttributeError("'%s' object has no attribute '%s'" % (type(self).__name__, name))
        if hasattr(type(self), name):
            return self._of_class(name)
        raise self._missing_attribute(name)

    def _missing_attribute(self, name):
        _Again.missing = self.instanceName + "." + name
        return MissingAttribute(_Again.missing)

    def _of_class(self, name):
        """A property whose code met something missing: that is what is missing, and only running it again tells its name.
        Of properties behind it, which fail again with it, the name is known then."""
        kind = next((kind for kind in type(self).__mro__ if name in kind.__dict__), None)
        if kind is None:
            raise self._missing_attribute(name)
        if _Again.running and _Again.missing:
            raise MissingAttribute(_Again.missing)
        outermost, _Again.running, _Again.missing = not _Again.running, True, None
        try:
            return kind.__dict__[name].__get__(self, type(self))
        finally:
            if outermost:
                _Again.running = False

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        self._name_part(value, "." + name)

    def __setstate__(self, state):
        # What unpickling does by itself, but without asking __getattr__ for this method first. Names are shared, as those of attributes are.
        slots = {}
        if type(state) is tuple and len(state) == 2:
            state, slots = state[0] or {}, state[1]
        if type(state) is not dict or type(slots) is not dict:
            raise TypeError("the state of an object is a dictionary")
        own = self.__dict__
        for name, value in state.items():
            own[intern(name) if type(name) is str else name] = value
        for name, value in slots.items():
            setattr(self, name, value)

    def _name_part(self, value, suffix):
        """A part without a name of its own is called after the place where it is put."""
        if isinstance(value, DAObject) and not value.__dict__.get("has_nonrandom_instance_name", True):
            rename(value, self.instanceName + suffix, DAObject, named=self.__dict__["has_nonrandom_instance_name"])

    def _set_instance_name_recursively(self, new_name):
        rename(self, new_name, DAObject)

    set_instance_name = _set_instance_name_recursively

    def set_random_instance_name(self):
        rename(self, random_name(), DAObject, named=False)

    def fix_instance_name(self, old_name, new_name):
        """Replaces the beginning of the name, here and in the parts."""
        if self.instanceName.startswith(old_name):
            rename(self, new_name + self.instanceName[len(old_name):], DAObject)

    # Attributes

    def initializeAttribute(self, *args, **kwargs):
        """Makes the attribute an object of the class unless it exists; gives the attribute."""
        name, kind = args
        if name not in self.__dict__:
            setattr(self, name, make(kind, self.instanceName + "." + name, kwargs))
        return self.__dict__[name]

    def reInitializeAttribute(self, *args, **kwargs):
        name, kind = args
        setattr(self, name, make(kind, self.instanceName + "." + name, kwargs))
        return self.__dict__[name]

    initialize_attribute = initializeAttribute
    reinitialize_attribute = reInitializeAttribute

    def attribute_defined(self, name):
        return hasattr(self, name)

    def attr(self, name):
        """The attribute, or None; no lookup."""
        return getattr(self, name, None)

    def attr_name(self, name):
        return self.instanceName + "." + name

    def delattr(self, *names):
        for name in names:
            self.__dict__.pop(name, None)

    def invalidate_attr(self, *names):
        from chancery_host.functions.logic import invalidate
        for name in names:
            if hasattr(self, name):
                invalidate(self.attr_name(name))

    def getattr_fresh(self, name):
        """The attribute, computed again."""
        from chancery_host.functions.logic import reconsider
        reconsider(self.attr_name(name))
        return getattr(self, name)

    # Text

    def __str__(self):
        if hasattr(self, "name"):
            return str(self.name)
        return self.object_name()

    def __repr__(self):
        return str(self)

    def __format__(self, spec):
        return format(str(self), spec)

    def __dir__(self):
        return list(self.__dict__) + [name for name in dir(type(self))]

    def object_name(self, **kwargs):
        """A phrase from the variable name: `user.child[1].name` is the `name in the second child in the user`."""
        from chancery_host.functions.grammar import name_phrase
        phrase = name_phrase(self.instanceName)
        return phrase[:1].upper() + phrase[1:] if kwargs.get("capitalize") else phrase

    def object_possessive(self, target, **kwargs):
        from chancery_host.functions.grammar import name_phrase_possessive
        phrase = "your " + target if self.is_user() else name_phrase_possessive(self.instanceName, target)
        return phrase[:1].upper() + phrase[1:] if kwargs.get("capitalize") else phrase

    def __hash__(self):
        return id(self) >> 4

    def __eq__(self, other):
        return self is other

    def __ne__(self, other):
        return self is not other

    def __lt__(self, other):
        return str(self) < str(other)

    def __le__(self, other):
        return str(self) <= str(other)

    def __gt__(self, other):
        return str(self) > str(other)

    def __ge__(self, other):
        return str(self) >= str(other)

    # Copies and plain forms

    def copy_shallow(self, new_name):
        """A new object of that name with the same attributes."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.__dict__["instanceName"] = new_name
        twin.__dict__["has_nonrandom_instance_name"] = True
        return twin

    def copy_deep(self, new_name):
        """A copy of the object and its parts; parts are named after the copy."""
        import copy
        twin = copy.deepcopy(self)
        rename(twin, new_name, DAObject)
        return twin

    def as_serializable(self):
        from chancery_host.jsonform import to_plain
        return to_plain(self)

    def show_as_markdown(self):
        return str(self)

    def is_user(self):
        """True if this is the object that set_info(user=...) declared; a variable called `user` alone says nothing."""
        return current.info.get("user") is self

    # Grammar (English; the words come from functions.grammar)

    def _speak(self, phrase, kwargs):
        return phrase[:1].upper() + phrase[1:] if kwargs.get("capitalize") else phrase

    def possessive(self, target, **kwargs):
        from chancery_host.functions.grammar import possessify
        return possessify(str(self), target, **kwargs)

    def pronoun(self, **kwargs):
        return self._speak("it", kwargs)

    def pronoun_objective(self, **kwargs):
        return self._speak("it", kwargs)

    def pronoun_subjective(self, **kwargs):
        return self._speak("it", kwargs)

    def pronoun_possessive(self, target, **kwargs):
        return self._speak("its " + target, kwargs)

    def itself(self, **kwargs):
        return self._speak("itself", kwargs)

    def itself_or_name(self, **kwargs):
        return self.itself(**kwargs)

    def does_verb(self, verb, **kwargs):
        from chancery_host.functions.grammar import verb_past, verb_present
        tense = "3sgp" if kwargs.get("past") else "3sg"
        return self._speak((verb_past if kwargs.get("past") else verb_present)(verb, tense), kwargs)

    def did_verb(self, verb, **kwargs):
        return self.does_verb(verb, past=True, **kwargs)

    def do_question(self, verb, **kwargs):
        return self._speak("does %s %s" % (self, verb), kwargs)

    def did_question(self, verb, **kwargs):
        return self._speak("did %s %s" % (self, verb), kwargs)

    def were_question(self, target, **kwargs):
        return self._speak("was %s %s" % (self, target), kwargs)

    def have_question(self, target, **kwargs):
        return self._speak("has %s %s" % (self, target), kwargs)

    def is_are_you(self, **kwargs):
        return self._speak("is %s" % self, kwargs)
