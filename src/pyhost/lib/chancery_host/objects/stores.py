"""Objects whose data belong to a browser session, a device or a user."""
from chancery_host.errors import DANotAvailable
from chancery_host.objects.base import DAObject
from chancery_host.service import ask, offers


class DASessionLocal(DAObject):
    """One per browser session: `session_local`."""


class DADeviceLocal(DAObject):
    """One per device: `device_local`."""


class DAUserLocal(DAObject):
    """One per user: `user_local`."""


class DAStore(DAObject):
    """Values outside the session, by key; the engine keeps them."""

    def _service(self, name, *args):
        if not offers(name):
            raise DANotAvailable("DAStore is not available yet")
        return ask(name, getattr(self, "base", "user"), *args)

    def get(self, key):
        return self._service("store_get", key)

    def set(self, key, the_value):
        return self._service("store_set", key, the_value)

    def delete(self, key):
        return self._service("store_delete", key)

    def defined(self, key):
        return key in self.keys()

    def keys(self):
        return self._service("store_keys") or []


class DAGlobal(DAObject):
    """An object shared between sessions; here its attributes live with the session that has it."""

    def init(self, *args, **kwargs):
        self.base = "user"
        self.key = args[0] if args else self.instanceName
        super().init(**kwargs)

    @classmethod
    def defined(cls, base, key):
        return False

    @classmethod
    def keys(cls, base):
        return []
