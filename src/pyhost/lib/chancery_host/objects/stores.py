"""Objects and values whose data do not belong to one session: to a browser session, a device, a user, an interview, or to all."""
from chancery_host import kept, snapshot
from chancery_host.errors import DANotAvailable
from chancery_host.objects.base import DAObject
from chancery_host.objects.naming import rename_parts
from chancery_host.packages import readable
from chancery_host.state import current


class DASessionLocal(DAObject):
    """One per browser session: `session_local`."""


class DADeviceLocal(DAObject):
    """One per device: `device_local`."""


class DAUserLocal(DAObject):
    """One per user: `user_local`."""


def _needs_store(what):
    if not kept.available():
        raise DANotAvailable("%s is not available yet" % what)


class DAStore(DAObject):
    """Values outside the session, by key. `base` says whose: `user` (preset), `interview`, `package`, `session`, `global`, or a name of one's own
    that all interviews share. What is set is stored together with the step that set it, and no Back undoes it."""

    def _base(self):
        return str(getattr(self, "base", "user"))

    def get(self, key):
        """The value; None if there is none."""
        _needs_store("DAStore")
        contents = kept.value(self._base(), str(key))
        return None if contents is None else snapshot.load_value(contents, readable(current.package))

    def set(self, key, the_value):
        _needs_store("DAStore")
        kept.keep_value(self._base(), str(key), snapshot.dump_value(the_value))

    def delete(self, key):
        _needs_store("DAStore")
        kept.drop_value(self._base(), str(key))

    def defined(self, key):
        return str(key) in self.keys()

    def keys(self):
        _needs_store("DAStore")
        return kept.keys(self._base())


IDENTITY = ("instanceName", "has_nonrandom_instance_name", "base", "key")


class DAGlobal(DAObject):
    """An object that sessions share: its attributes are kept outside of them, under a base (as of DAStore) and a key."""

    PREFIX = "object:"

    def init(self, *args, **kwargs):
        self.__dict__["base"] = str(kwargs.pop("base", "user"))
        self.__dict__["key"] = str(kwargs.pop("key", args[0] if args else self.instanceName))
        self._read()
        super().init(**kwargs)

    def _read(self):
        contents = kept.value(self.base, self.PREFIX + self.key) if kept.available() else None
        if contents is None:
            return
        _reading[self.base, self.key] = self
        try:
            name, attributes = snapshot.load_value(contents, readable(current.package))
        finally:
            del _reading[self.base, self.key]
        self.__dict__.update(attributes)
        # The parts are called after the variable that holds the object here.
        rename_parts(self.__dict__, name, self.instanceName, DAObject)

    def _write(self):
        attributes = {name: value for name, value in self.__dict__.items() if name not in IDENTITY}
        contents = snapshot.dump_value((self.instanceName, attributes))
        if contents != kept.value(self.base, self.PREFIX + self.key):
            kept.keep_value(self.base, self.PREFIX + self.key, contents)

    def _snapshot_form(self):
        """For snapshot.py: stores the attributes, once although they may refer to the object, and leaves only who it is."""
        key = (self.base, self.key)
        if kept.available() and key not in _writing:
            _writing.add(key)
            try:
                self._write()
            finally:
                _writing.discard(key)
        return restored_global, (self.instanceName, self.base, self.key)

    def delete(self):
        """Forgets what is kept; the attributes go with it."""
        _needs_store("DAGlobal")
        kept.drop_value(self.base, self.PREFIX + self.key)
        for name in [name for name in self.__dict__ if name not in IDENTITY]:
            del self.__dict__[name]

    @classmethod
    def defined(cls, base, key):
        return str(key) in cls.keys(base)

    @classmethod
    def keys(cls, base):
        _needs_store("DAGlobal")
        return [name[len(cls.PREFIX):] for name in kept.keys(str(base)) if name.startswith(cls.PREFIX)]


# Objects may refer to themselves: those that are being stored or read, by base and key.
_writing, _reading = set(), {}


def restored_global(name, base, key):
    """What a snapshot calls in place of a DAGlobal."""
    return _reading[base, key] if (base, key) in _reading else DAGlobal(name, base=base, key=key)


def write_record(key, data):
    """Keeps a value under a key beside others; gives its number."""
    _needs_store("write_record")
    number = kept.next_number()
    kept.keep_value("record:" + str(key), str(number), snapshot.dump_value(data))
    return number


def read_records(key):
    """Everything under the key: number to value."""
    _needs_store("read_records")
    base = "record:" + str(key)
    numbers = sorted(kept.keys(base), key=int)
    found = kept.fetch_all([("value", base, number) for number in numbers])
    return {int(number): snapshot.load_value(contents, readable(current.package)) for number, contents in zip(numbers, found) if contents is not None}


def delete_record(key, the_id):
    _needs_store("delete_record")
    kept.drop_value("record:" + str(key), str(the_id))
