"""Templates and tables that are rendered when they are looked at, never before."""
from chancery_host.errors import DANotAvailable
from chancery_host.objects.base import DAObject


def _engine():
    import _chancery
    return _chancery


class DATemplate(DAObject):
    """Subject and content, both given."""

    def init(self, *args, **kwargs):
        self.content = kwargs.pop("content", "")
        self.subject = kwargs.pop("subject", "")
        super().init(*args, **kwargs)

    def show(self, **kwargs):
        return str(self.content)

    def __str__(self):
        return str(self.content)

    def content_as_html(self, **kwargs):
        from chancery_host.markdown import to_html
        return to_html(self.content)

    def subject_as_html(self, trim=True, **kwargs):
        from chancery_host.markdown import to_html
        return to_html(self.subject, trim)


class DALazy(DAObject):
    """Knows its block and the loop variables with which it was looked up; `seed` makes one."""

    IS_LAZY = True

    def init(self, *args, **kwargs):
        self.__dict__["source_block"] = kwargs.pop("source_block", None)
        self.__dict__["loop_values"] = kwargs.pop("loop_values", None) or {}
        super().init(*args, **kwargs)

    def _extra(self, given):
        return {**self.loop_values, **given}

    def _block(self):
        return _engine().block(self.source_block)


class DALazyTemplate(DALazy):
    """What a `template` block defines."""

    # Not properties: an undefined variable in the text is an AttributeError, and Python would answer one from a
    # property by calling __getattr__, which would hide what is really missing.
    PARTS = ("content", "subject", "decoration")

    def __getattr__(self, name):
        if name not in self.PARTS or "source_block" not in self.__dict__:
            return super().__getattr__(name)
        if name != "content" and self._block().get(name) is None:
            return ""
        return self._render(name)

    def _render(self, key, extra=None):
        return _engine().render((self.source_block, key), self._extra(extra or {})).rstrip()

    def show(self, **kwargs):
        """The content, with the arguments as further variables."""
        return self._render("content", kwargs)

    def content_as_html(self, **kwargs):
        from chancery_host.markdown import to_html
        return to_html(self._render("content", kwargs))

    def subject_as_html(self, trim=True, **kwargs):
        from chancery_host.markdown import to_html
        return to_html(self.subject, trim)

    def __str__(self):
        return self.show()


class DALazyTableTemplate(DALazy):
    """What a `table` block defines."""

    def show(self, **kwargs):
        return _engine().table(self.source_block, self._extra(kwargs))

    def __getattr__(self, name):
        return self.show() if name == "content" and "source_block" in self.__dict__ else super().__getattr__(name)

    def __str__(self):
        return self.show()

    def cells(self, **kwargs):
        """The values behind the cells: headers first, then one list per row."""
        return _engine().cells(self.source_block, self._extra(kwargs))

    def export(self, filename=None, file_format=None, title=None, freeze_panes=True, output_to=None):
        """The table as a file: xlsx, csv or json, as `file_format` or the end of `filename` says."""
        from chancery_host.objects.tables import export
        return export(self.cells(), filename, file_format, title, freeze_panes, output_to)

    def as_df(self):
        raise DANotAvailable("as_df is not available yet")
