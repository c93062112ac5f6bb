"""Who is asking, from where and with what server."""

from chancery_host.state import current

USER_KEYS = ("id", "email", "first_name", "last_name", "language", "timezone", "country", "subdivision_first",
             "subdivision_second", "subdivision_third", "organization", "privileges", "permissions", "login_method",
             "phone_number")


class UserInfo:
    """The current user; for a visitor the names are `Anonymous` and `User`."""

    def __init__(self, user):
        for key in USER_KEYS:
            setattr(self, key, user.get(key))
        self.privileges = user_privileges()
        if not user_logged_in():
            self.first_name, self.last_name = "Anonymous", "User"
        self.account_type = "anonymous" if not user_logged_in() else "registered"
        self.session = current.session
        self.filename = current.interview
        self.package = current.package

    def name(self):
        parts = [part for part in (self.first_name, self.last_name) if part]
        return " ".join(parts) or (self.email or "")

    def __str__(self):
        return self.name()


def user_info():
    return UserInfo(current.user)


def user_logged_in():
    return bool(current.user.get("email")) and current.user.get("id") is not None or bool(current.user.get("is_authenticated"))


def user_privileges():
    """The user's privileges; without any, and for a visitor, `user`."""
    return list(current.user.get("privileges") or []) or ["user"]


def user_has_privilege(*args):
    wanted = []
    for arg in args:
        wanted.extend(arg if isinstance(arg, (list, tuple, set)) else [arg])
    mine = user_privileges()
    return any(name in mine for name in wanted)


class Context:
    """Where the interview is and for what kind of output it is evaluated."""

    def __init__(self):
        self.session = current.session
        self.filename = current.interview
        self.package = current.package
        self.question_id = current.question_id
        self.variable = current.variable
        self.current_filename = getattr(current, "block_filename", None) or current.interview
        self.current_package = current.block_package or current.package
        nav = current.answers.get("nav")
        self.current_section = getattr(nav, "current", None)
        self.inside_of = current.inside_of
        self.attachment = getattr(current, "attachment", None)
        self.request_url = getattr(current, "request_url", None)
        self.interface = current.interface
        self.old_values = current.old_answers or {}


def current_context():
    return Context()


def interface():
    return current.interface


MOBILE, TABLET = ("iphone", "ipod", "windows phone", "mobile"), ("ipad", "tablet", "kindle", "silk/")
PC, BOT = ("windows nt", "macintosh", "x11", "cros"), ("bot", "crawl", "spider", "curl", "wget", "python", "http", "java")


class Device:
    """What the User-Agent header tells; a program that tells nothing counts as a bot."""

    def __init__(self, agent):
        self.ua_string = agent
        low = agent.lower()
        android = "android" in low
        self.is_tablet = any(mark in low for mark in TABLET) or (android and "mobile" not in low)
        self.is_mobile = not self.is_tablet and any(mark in low for mark in MOBILE)
        self.is_pc = not self.is_tablet and not self.is_mobile and any(mark in low for mark in PC)
        self.is_touch_capable = self.is_tablet or self.is_mobile
        self.is_bot = not (self.is_touch_capable or self.is_pc) or any(mark in low for mark in BOT[:3])

    def __str__(self):
        return self.ua_string or "Other"


def device(ip=False):
    """The device of the request, or with `ip` its address."""
    if ip:
        return getattr(current, "clientip", None)
    return Device(getattr(current, "user_agent", None) or "")


def get_config(key, none_value=None):
    """A value of the configuration that the server shows to interviews."""
    config = current.config
    if not isinstance(config, dict):
        return none_value
    found = config.get(key, none_value)
    return none_value if found is None else found


def referring_url(default=None, current=False):
    """Where the session was started from."""
    from chancery_host.state import current as call
    found = call.referer if current else call.internal.get("referer")
    if found is None:
        found = default
    return found if found is not None else get_config("exitpage", "https://docassemble.org")


def server_capabilities():
    """What services the server has; those that we do not offer are False."""
    names = ("sms", "fax", "google_login", "facebook_login", "auth0_login", "keycloak_login", "authentik_login", "azure_login",
             "miniorange_login", "phone_login", "voicerss", "s3", "azure", "github", "pypi", "googledrive", "google_maps")
    return {name: False for name in names}


def set_info(**kwargs):
    """Declares facts for the rest of the request, such as `user=` and `role=`."""
    current.info.update(kwargs)


def get_info(att):
    return current.info.get(att)


def location_known():
    return False


def location_returned():
    return False


def user_lat_lon():
    return None, None


LOG_LINES_MAX, LOG_TEXT_MAX = 50, 4000      # of one call


def log(the_message, priority="log"):
    """To the server's log, or with a priority to the user."""
    text = str(the_message)
    if priority == "log":
        if len(current.log_lines) < LOG_LINES_MAX:
            current.log_lines.append(text[:LOG_TEXT_MAX])
        return
    current.message_log.append({"message": text, "priority": str(priority)})


def unavailable(name):
    from chancery_host.errors import DANotAvailable
    raise DANotAvailable("%s is not available yet" % name)


def objects_from_file(file_ref, recursive=True, gathered=True, name=None, use_objects=False, package=None):
    """Objects of a YAML or JSON source file of the interview's package."""
    from chancery_host.objects.fromfile import read_objects
    return read_objects(file_ref, gathered=gathered, name=name, use_objects=use_objects,
                        package=package or current.block_package or current.package)


def path_and_mimetype(file_ref):
    """Path and MIME type of a file object or of a file of a package; (None, None) if there is none."""
    import mimetypes
    if hasattr(file_ref, "path") and not isinstance(file_ref, str):
        path = file_ref.path()
    else:
        from chancery_host.objects.files import package_path
        path = package_path(str(file_ref))
    return (path, mimetypes.guess_type(path)[0]) if path else (None, None)


