"""Objects whose data belong to a browser session, a device or a user."""
from chancery_host.objects.base import DAObject


class DASessionLocal(DAObject):
    """One per browser session: `session_local`."""


class DADeviceLocal(DAObject):
    """One per device: `device_local`."""


class DAUserLocal(DAObject):
    """One per user: `user_local`."""
