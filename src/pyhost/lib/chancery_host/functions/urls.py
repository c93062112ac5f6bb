"""Links to actions, interviews and files, byte for byte in the form that clients know."""
import base64
import json
from urllib.parse import quote, urlencode

from chancery_host.errors import DAError, DANotAvailable
from chancery_host.names import is_variable_name
from chancery_host.service import ask, offers
from chancery_host.state import current

PAGES = {
    "root": "/", "login": "/user/sign-in", "signin": "/user/sign-in", "signout": "/user/sign-out", "logout": "/user/sign-out",
    "register": "/user/register", "profile": "/user/profile", "change_password": "/user/change-password",
    "interviews": "/interviews", "dispatch": "/list", "interview_list": "/list", "manage": "/user/manage", "config": "/config",
    "playground": "/playground", "playgroundtemplate": "/playgroundfiles", "users": "/userlist", "exit": "/exit",
    "leave": "/leave", "help": "#", "monitor": "/monitor", "logs": "/logs", "admin": "/updatepackage", "utilities": "/utilities",
    "forgot_password": "/user/forgot-password", "configuration": "/config", "package": "/updatepackage",
}


def _encoded(action, arguments):
    from chancery_host.jsonform import to_plain
    text = json.dumps({"action": action, "arguments": {key: to_plain(value) for key, value in arguments.items()}})
    return base64.b64encode(text.encode()).decode().rstrip("=")


def _checked_action(action):
    if not isinstance(action, str) or not is_variable_name(action):
        raise DAError("%r is not the name of an action" % (action,))
    if action.startswith(("x.", "x[")) or any("[%s]" % index in action for index in "ijklmn"):
        raise DAError("a link must not use x or index variables, as in %s: they mean something else when it is followed" % action)
    return action


def _wrapped(action, arguments):
    arguments = dict(arguments)
    if arguments.pop("_forget_prior", False):
        return "_da_priority_action", {"_action": action, "_arguments": arguments}
    return action, arguments


def url_action(action, **kwargs):
    """Relative link that runs an action with these arguments in this session."""
    action, arguments = _wrapped(_checked_action(action), kwargs)
    return "/interview?action=%s&i=%s" % (_encoded(action, arguments), current.interview)


def url_ask(data):
    """Link that asks for, undefines, recomputes or sets variables."""
    return url_action("_da_force_ask", variables=data if isinstance(data, list) else [data])


def action_menu_item(label, action, **kwargs):
    """Item of the menu that runs an action."""
    arguments = dict(kwargs)
    item = {"label": label}
    for option in ("_screen_size", "_icon"):
        if option in arguments:
            arguments.pop(option)
    return {**item, "url": url_action(action, **arguments)}


def _temporary(url, hours, once):
    """A link that expires: only the server can make one, and a lasting one must not be passed off as such."""
    if not offers("temporary_url"):
        raise DANotAvailable("temporary links are not available yet")
    return ask("temporary_url", url, 24 if hours is True else hours, once)


def _interview_link(arguments, action=None):
    arguments = dict(arguments)
    local = arguments.pop("local", False)
    arguments.pop("style", None)
    once = arguments.pop("once_temporary", None)
    hours = once or arguments.pop("temporary", None)
    if hours:
        return _temporary(_interview_link(arguments, action), hours, bool(once))
    other = arguments.pop("i", None)
    session = arguments.pop("session", None)
    new_session = arguments.pop("new_session", None)
    fixed = [("i", other or current.interview)]
    if other in (None, current.interview) or session is not None:
        if new_session:
            fixed.append(("new_session", "1"))
        elif not arguments.get("reset"):
            fixed.append(("session", session if session is not None else current.session))
    else:
        fixed.append(("new_session", "1") if new_session else ("from_list", "1"))
    if action is not None:
        fixed.insert(0, ("action", action))
        arguments = {}
    given = {key: value for key, value in arguments.items() if value not in (None, False)}
    query = "&".join(part for part in (urlencode(given), "&".join("%s=%s" % pair for pair in fixed)) if part)
    return ("" if local else current.base_url.rstrip("/")) + "/interview?" + query


def interview_url(**kwargs):
    """Link to this session, or with `i=` to another interview; other arguments become url_args."""
    return _interview_link(kwargs)


LINK_WORDS = ("i", "session", "local", "new_session", "reset", "style", "temporary", "once_temporary")


def interview_url_action(action, **kwargs):
    """Absolute link that opens this session and runs an action."""
    link = {key: value for key, value in kwargs.items() if key in LINK_WORDS}
    arguments = {key: value for key, value in kwargs.items() if key not in LINK_WORDS}
    return _interview_link(link, _encoded(*_wrapped(_checked_action(action), arguments)))


def interview_url_as_qr(**kwargs):
    from chancery_host.functions.texts import qr_code
    options = {key: kwargs.pop(key, None) for key in ("alt_text", "width")}
    return qr_code(interview_url(**kwargs), width=options["width"], alt_text=options["alt_text"])


def interview_url_action_as_qr(action, **kwargs):
    from chancery_host.functions.texts import qr_code
    options = {key: kwargs.pop(key, None) for key in ("alt_text", "width")}
    return qr_code(interview_url_action(action, **kwargs), width=options["width"], alt_text=options["alt_text"])


def url_of(file_reference, **kwargs):
    """URL of a page of the site, a file object, or a file of a package."""
    external = kwargs.pop("_external", False)
    front = current.base_url.rstrip("/") if external else ""
    if hasattr(file_reference, "url_for") and not isinstance(file_reference, str):
        return file_reference.url_for(**kwargs)
    reference = str(file_reference)
    if reference.startswith(("http://", "https://", "/")):
        return reference
    if reference in PAGES:
        query = urlencode({key: value for key, value in kwargs.items() if value is not None})
        return front + PAGES[reference] + ("?" + query if query else "")
    if reference in ("interview", "start"):
        return interview_url(local=not external, **kwargs)
    return front + static_url(reference)


def static_url(reference):
    """`hello.pdf` or `PACKAGE:hello.pdf` in a package's static folder; templates and sources likewise by their path."""
    package, _, name = reference.rpartition(":")
    package = package or current.block_package or current.package
    if name.startswith("data/static/"):
        name = name[len("data/static/"):]
    return ask("static_url", package, name) or "/packagestatic/%s/%s?v=%s" % (package, quote(name), current.version)




def icon_html(icon):
    """`pencil` or `fa-brands-github` as an icon of the icon font."""
    if not icon:
        return ""
    name = str(icon)
    for style in ("fa-solid-", "fa-regular-", "fa-brands-"):
        if name.startswith(style):
            return '<i class="%s fa-%s"></i> ' % (style[:-1], name[len(style):])
    return '<i class="fa-solid fa-%s"></i> ' % (name[3:] if name.startswith("fa-") else name)


def action_button_html(url, icon=None, color="success", size="sm", block=False, label="Edit", classname=None,
                       new_window=None, id_tag=None, **kwargs):
    """A link that looks like a button."""
    classes = ["btn"]
    if size in ("sm", "lg"):
        classes.append("btn-" + size)
    if block:
        classes.append("btn-block")
    classes += ["btn-" + color, "btn-darevisit"]
    if classname:
        classes.append(str(classname).strip())
    parts = ['href="%s"' % url]
    if new_window is True:
        parts.append('target="_blank"')
    elif new_window is False:
        parts.append('target="_self"')
    elif new_window:
        parts.append('target="%s"' % new_window)
    if id_tag is not None:
        parts.append('id="%s"' % id_tag)
    parts.append('class="%s"' % " ".join(classes))
    return "<a %s>%s%s</a>" % (" ".join(parts), icon_html(icon), label)
