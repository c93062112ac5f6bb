"""The library together with its classes for courts, cases and filings."""
from docassemble.base.util import *  # noqa: F401,F403
from docassemble.base.util import LEGAL, __all__  # noqa: F401
