"""What lists, dictionaries and sets share: asking for their items one by one (language specification 5.2)."""
from chancery_host.errors import DAError
from chancery_host.objects.base import DAObject, DAObjectPlusParameters, split_type
from chancery_host.signals import MissingAttribute
from chancery_host.state import current


def attribute(item, path):
    """An attribute of an attribute: `name.first`."""
    for name in path.split("."):
        item = getattr(item, name)
    return item


def has_attribute(item, path):
    """Whether the attribute exists, without a lookup."""
    try:
        attribute(item, path)
        return True
    except AttributeError:
        return False


class Gatherable(DAObject):
    """Base of the collections. The class offers _items, _gather_item and _item_pairs; the order of asking is here.

    An interrupted gathering leaves its name in current.gathering on purpose: the text that is shown
    next may mention the collection and must not start the same gathering again. The engine empties
    that set whenever a pass begins.
    """

    PRESET = {"auto_gather": True, "ask_number": False, "minimum_number": None, "object_type": None, "object_type_parameters": None, "complete_attribute": None,
              "ask_object_type": False}

    def _preset(self, names):
        """What a subclass has in its class, or has set before it calls this, stays."""
        for name in names:
            if name not in self.__dict__:
                setattr(self, name, {} if name == "object_type_parameters" else getattr(type(self), name, self.PRESET[name]))

    def _gathering_defaults(self, kwargs):
        self._preset(self.PRESET)
        # Before the rest: an attribute set later may already create items of this type.
        if "object_type" in kwargs:
            self.object_type = kwargs.pop("object_type")

    def _all_given(self):
        """Elements that an object is made with are all there are, unless it says more about gathering."""
        if not self.__dict__.keys() & {"gathered", "there_is_another", "target_number"}:
            self.gathered = self.revisit = True

    def _preset_type(self, kwargs, kind):
        """The type of the items, unless a subclass or the interview has one."""
        if "object_type" not in self.__dict__ and not hasattr(type(self), "object_type"):
            kwargs.setdefault("object_type", kind)

    def __setattr__(self, name, value):
        if name == "object_type" and isinstance(value, DAObjectPlusParameters):
            value, parameters = split_type(value)
            self.__dict__["object_type_parameters"] = parameters
        elif name == "gathered" and value:
            current.gathering.discard(self.instanceName)
        super().__setattr__(name, value)

    # Gathering

    def _trigger_gather(self):
        if self.__dict__.get("gathered") and (self.elements or not self.__dict__.get("there_are_any")):
            return
        if self.instanceName in current.gathering:
            return
        if self.auto_gather:
            self.gather()
        else:
            self.gathered       # the interview must define it: reading it starts the lookup

    def gather(self, number=None, item_object_type=None, minimum=None, complete_attribute=None):
        """Asks for what is missing, in a fixed order; True when the collection is complete."""
        if self.__dict__.get("gathered"):
            if self.elements or not self.__dict__.get("there_are_any"):
                return True
            del self.gathered       # empty although something was promised: start over
        current.gathering.add(self.instanceName)
        kind, parameters = self.object_type, self.object_type_parameters
        if item_object_type is not None:
            kind, parameters = split_type(item_object_type)
        attributes = self._complete_names(complete_attribute)
        needed, ask_more = self._how_many(number, minimum)
        for item in self._items():
            self._complete(item, kind, attributes)
        while len(self.elements) < needed:
            self._complete(self._gather_item(kind, parameters), kind, attributes)
        if ask_more:
            self._gather_more(kind, parameters, attributes)
        self.hook_on_gather()
        self.gathered = True
        if self.auto_gather:
            self.revisit = True
        current.gathering.discard(self.instanceName)
        self.hook_after_gather()
        return True

    def _how_many(self, number, minimum):
        """(items needed at once, whether there_is_another is to be asked after that)."""
        if number is None and self.ask_number:
            number = 0 if self.__dict__.get("there_are_any") is False else int(self.target_number)
        if number is not None:
            return int(number), False
        minimum = self.minimum_number if minimum is None else minimum
        if minimum:
            return int(minimum), True
        if not self.elements:
            return (1, True) if self.there_are_any else (0, False)
        return 0, True

    def _gather_more(self, kind, parameters, attributes):
        # The answer "yes" is used up at once, so an item that has to be asked for is remembered as owed
        # by its position: asked again in the middle, the collection must still know of it.
        while True:
            owed = self.__dict__.get("there_is_one_other")
            if not owed:
                if not self.there_is_another:
                    return
                owed = self.there_is_one_other = len(self.elements) + 1
                del self.there_is_another
            if owed is True or len(self.elements) < owed:
                self._complete(self._gather_item(kind, parameters), kind, attributes)
            self.delattr("there_is_one_other")

    def _complete_names(self, given=None):
        names = self.complete_attribute if given is None else given
        if names is None:
            return None
        return [names] if isinstance(names, str) else list(names)

    def _complete(self, item, kind, attributes):
        """Reads what makes an item complete, which looks up whatever is missing."""
        if attributes is not None:
            for name in attributes:
                attribute(item, name)
        elif kind is not None or self.ask_object_type:
            str(item)
        self.hook_on_item_complete(item)

    def hook_on_gather(self, *args, **kwargs):
        """For subclasses: runs when all items are there, before `gathered` is set."""

    def hook_after_gather(self, *args, **kwargs):
        """For subclasses: runs after `gathered` is set."""

    def hook_on_item_complete(self, item, *args, **kwargs):
        """For subclasses: runs when an item has been found complete."""

    def hook_on_remove(self, item, *args, **kwargs):
        """For subclasses: runs when an item is removed by an action."""

    def has_been_gathered(self):
        """Whether gathering was finished once; it may have been opened again since."""
        return bool(self.__dict__.get("gathered") or self.__dict__.get("revisit"))

    def reset_gathered(self, recursive=False, only_if_empty=False, mark_incomplete=False):
        """Opens the gathering again."""
        if only_if_empty and self.elements:
            return
        self.delattr("gathered", "there_is_another", "there_is_one_other")
        if not self.elements:
            self.delattr("there_are_any")
        if mark_incomplete:
            for name in self._complete_names() or []:
                for item in self._items():
                    item.delattr(name)
        if recursive:
            for item in self._items():
                if isinstance(item, Gatherable):
                    item.reset_gathered(recursive=True, only_if_empty=only_if_empty, mark_incomplete=mark_incomplete)

    def is_complete(self, item, complete_attribute=None):
        """Whether an item is complete; never asks."""
        names = self._complete_names(complete_attribute)
        if names is not None:
            return all(has_attribute(item, name) for name in names)
        current.probing += 1
        try:
            str(item)
            return True
        except (MissingAttribute, NameError):
            return False
        finally:
            current.probing -= 1

    # Actions (language specification 10.3)

    def add_for_action(self):
        """`_da_list_add`: opens the gathering for one more item."""
        if self.__dict__.get("auto_gather"):
            if self.ask_number:
                self.target_number = len(self.elements) + 1
            else:
                # One item is owed, and nobody is asked for another one after it.
                self.there_is_one_other = len(self.elements) + 1
                self.there_is_another = False
            self.there_are_any = True
            self.delattr("gathered")
        else:
            self._append_for_action()
        current.gathering.discard(self.instanceName)

    def complete_for_action(self):
        """Gathers until everything is complete."""
        if self.auto_gather:
            self.gather()
        else:
            for item in self._items():
                self._complete(item, self.object_type, self._complete_names())

    def ensure_complete(self):
        """Completes the items; a gathered collection stays gathered."""
        for item in self._items():
            self._complete(item, self.object_type, self._complete_names())
        self.complete_for_action()

    def remove_for_action(self, key):
        self._remove_for_action(key)
        if not self.elements:
            self.there_are_any = False
        if self.ask_number and "target_number" in self.__dict__:
            self.target_number = len(self.elements)

    def cancel_add_or_edit(self):
        """Undoes an addition that was not finished: removes items that are not complete."""
        for key, item in reversed(self._item_pairs()):
            if not self.is_complete(item):
                self._remove_for_action(key)
        self.delattr("there_is_another", "there_is_one_other")
        self.gathered = True

    def add_action(self, label=None, message=None, url_only=False, icon="plus-circle", color=None, size="sm",
                   block=None, classname=None, **kwargs):
        """A button that adds an item."""
        from chancery_host.functions.urls import action_button_html, url_action
        url = url_action("_da_%s_add" % self.ACTION_WORD, **{self.ACTION_WORD: self.instanceName})
        if url_only:
            return url
        if label is None:
            label = message
        if label is None:
            from chancery_host.functions.language import word
            label = word("Add another")
        return action_button_html(url, icon=icon, color=color or "secondary", size=size, block=block, label=label,
                                  classname=classname, **kwargs)

    ACTION_WORD = "list"

    # Counting and speaking

    def number(self):
        """Number of items; while a number that was asked for is being filled, that number."""
        self._trigger_gather()
        if self.ask_number and not self.__dict__.get("gathered") and "target_number" in self.__dict__:
            return max(len(self.elements), int(self.target_number))
        return len(self.elements)

    def __len__(self):
        self._trigger_gather()
        return len(self.elements)

    def __bool__(self):
        return len(self) > 0

    def number_gathered(self, if_started=False):
        """Items so far; no gathering, unless it is wanted for one that has begun."""
        if if_started and not self.elements and "there_are_any" not in self.__dict__:
            self._trigger_gather()
        return len(self.elements)

    def number_as_word(self, language=None, capitalize=False):
        from chancery_host.functions.numbers import nice_number
        return nice_number(self.number(), capitalize=capitalize)

    def number_gathered_as_word(self, language=None, capitalize=False):
        from chancery_host.functions.numbers import nice_number
        return nice_number(self.number_gathered(), capitalize=capitalize)

    def comma_and_list(self, *args, **kwargs):
        from chancery_host.functions.numbers import comma_and_list
        self._trigger_gather()
        return comma_and_list(list(self._listed()), **kwargs)

    def _listed(self):
        return self.elements

    def quantity_noun(self, *args, **kwargs):
        from chancery_host.functions.numbers import quantity_noun
        return quantity_noun(self.number(), *args, **kwargs)

    def as_noun(self, *args, plural=None, singular=None, article=False, this=False, capitalize=False, language=None, **kwargs):
        """The noun given, or the last word of the variable name; plural unless there is exactly one item."""
        from chancery_host.functions import grammar
        self._trigger_gather()
        noun = args[0] if args else grammar.last_word(self.instanceName)
        many = bool(plural) or (not singular and len(self.elements) != 1)
        if many and not args and noun.endswith("s"):
            text = noun         # a variable whose name ends in s is taken to be called after its items already
        else:
            text = grammar.noun_plural(noun) if many else grammar.noun_singular(noun)
        if this:
            text = ("these " if many else "this ") + text
        elif article:
            text = "the " + text if many else grammar.indefinite_article(text)
        return self._speak(text, {"capitalize": capitalize})

    def as_singular_noun(self):
        from chancery_host.functions import grammar
        return grammar.noun_singular(grammar.last_word(self.instanceName))

    def does_verb(self, verb, **kwargs):
        from chancery_host.functions.grammar import verb_past, verb_present
        tense = "3sg" if self.number() == 1 else "3pl"
        if kwargs.get("past"):
            return self._speak(verb_past(verb, tense + "p"), kwargs)
        return self._speak(verb_present(verb, tense), kwargs)

    def do_question(self, verb, **kwargs):
        return self._speak("%s %s %s" % ("does" if self.number() == 1 else "do", self, verb), kwargs)

    def were_question(self, target, **kwargs):
        return self._speak("%s %s %s" % ("was" if self.number() == 1 else "were", self, target), kwargs)

    def have_question(self, target, **kwargs):
        return self._speak("%s %s %s" % ("has" if self.number() == 1 else "have", self, target), kwargs)

    def is_are_you(self, **kwargs):
        return self._speak("%s %s" % ("is" if self.number() == 1 else "are", self), kwargs)

    def _one_or_many(self, method, many, args, kwargs):
        if self.number() == 1 and isinstance(self._items()[0], DAObject):
            return getattr(self._items()[0], method)(*args, **kwargs)
        return self._speak(many, kwargs)

    def pronoun(self, **kwargs):
        return self._one_or_many("pronoun", "them", (), kwargs)

    def pronoun_objective(self, **kwargs):
        return self._one_or_many("pronoun_objective", "them", (), kwargs)

    def pronoun_subjective(self, **kwargs):
        return self._one_or_many("pronoun_subjective", "they", (), kwargs)

    def pronoun_possessive(self, target, **kwargs):
        return self._one_or_many("pronoun_possessive", "their " + target, (target,), kwargs)

    def possessive(self, target, **kwargs):
        from chancery_host.functions.grammar import possessify
        return possessify(self.as_noun(), target, plural=self.number() > 1, **kwargs)

    def _object_arguments(self, args, kwargs):
        """(place, class, attributes) of initializeObject and appendObject calls."""
        place = args[0]
        kind = args[1] if len(args) > 1 else None
        kind, parameters = split_type(kind) if kind is not None else (self.object_type, dict(self.object_type_parameters))
        if kind is None:
            kind = DAObject
        if not callable(kind):
            raise DAError("a class was expected, not %r" % (kind,))
        return place, kind, {**parameters, **kwargs}

    def _append_for_action(self):
        raise NotImplementedError
