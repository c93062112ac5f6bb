"""Another name for the object classes; clients may send it in `_class`."""
from docassemble.base.util import *  # noqa: F401,F403
from docassemble.base.util import __all__  # noqa: F401
