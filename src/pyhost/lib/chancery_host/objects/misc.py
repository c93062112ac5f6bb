"""Smaller objects: texts that depend on the output, links, markers of role changes, the namespace DA."""
import types

from chancery_host.errors import DANotAvailable
from chancery_host.objects.base import DAObject
from chancery_host.objects.dicts import DADict
from chancery_host.state import current


class DAContext(DADict):
    """A text that differs by kind of output: question, document, docx, pdf, pandoc."""
    offered_whole = True    # among choices it is one object, not what it holds

    def init(self, *args, **kwargs):
        self.pargs = list(args)
        self.kwargs = dict(kwargs)
        super().init()
        self.elements.update(kwargs)
        if len(args) == 1:
            self.elements["question"] = self.elements["document"] = args[0]
        elif len(args) >= 2:
            self.elements["question"], self.elements["document"] = args[0], args[1]
        self.gathered = True

    def __str__(self):
        kind = current.inside_of
        if kind in ("standard", "question"):
            wanted = ("question", "document")
        else:
            wanted = (kind, "document", "question")
        for key in wanted:
            if key in self.elements:
                return str(self.elements[key])
        return ""

    def __hash__(self):
        return DAObject.__hash__(self)


class DALink(DAObject):
    """A hyperlink: `url`, `anchor_text`."""

    def show(self):
        return "[%s](%s)" % (self.anchor_text, self.url)

    def __str__(self):
        return str(self.show())


class DABreadCrumbs(DAObject):
    """The trail of pending actions."""

    def get_crumbs(self):
        from chancery_host.functions import stack
        return [entry["breadcrumb"] for entry in reversed(stack.existing()) if entry.get("breadcrumb")]

    def show(self):
        crumbs = self.get_crumbs()
        if not crumbs:
            return ""
        items = "".join('<li class="breadcrumb-item">%s</li>' % crumb for crumb in crumbs)
        return '<nav aria-label="breadcrumb"><ol class="breadcrumb">%s</ol></nav>' % items

    def __str__(self):
        return self.show()


class RoleChangeTracker(DAObject):
    """Remembers the last role; mail is not sent from here yet."""

    def init(self, *args, **kwargs):
        self.last_role = None
        super().init(*args, **kwargs)

    def should_send_email(self):
        return False

    def send_email(self, roles_needed, **kwargs):
        raise DANotAvailable("send_email is not available yet")


class DANamespace(types.ModuleType):
    """Attribute access to the library where its names are hidden by variables; no data, like any module."""

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        import docassemble.base.util as library
        if name not in library.__all__:
            raise AttributeError("the library has no name %s" % name)
        return getattr(library, name)


DA = DANamespace("DA")


