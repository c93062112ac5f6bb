"""Errors of the interview program itself; the engine reports their class name and text."""


class DAException(Exception):
    """Base of everything an interview may want to catch."""


class DAError(DAException):
    """Something the interview did wrong."""

    def __init__(self, value="", code=501):
        self.value = value
        self.error_code = code
        super().__init__(value)

    def __str__(self):
        return str(self.value)


class DAErrorNoEndpoint(DAError):
    """The main pass ran off its end without a screen."""


class DAErrorMissingVariable(DAError):
    """No block can define the variable. `variable` names it."""

    def __init__(self, value="", variable=None, code=404):
        super().__init__(value, code)
        self.variable = variable


class DASourceError(DAError):
    """An interview file does not load."""


class DAErrorMessage(DAError):
    """A failure whose text is meant for the user as it is."""


class DAAttributeError(DAError):
    """An object is not of the kind that the operation needs."""


class DANotAvailable(DAError):
    """A library name that exists but cannot work here."""


class DAWebError(DAError):
    """A failed request of DAWeb; the keyword arguments become attributes."""

    def __init__(self, *args, **kwargs):
        super().__init__(args[0] if args else "")
        self.__dict__.update(kwargs)


class DAInvalidFilename(DAError):
    """A file name with characters or path segments that are not allowed."""


class DAValidationError(DAException):
    """Rejects what the user entered; `field` optionally names the variable."""

    def __init__(self, *args, field=None):
        self.field = field
        super().__init__(*args)


class DANotFoundError(DAError):
    """There is no such interview."""
