"""Another name for the functions of the library, as modules of interview packages import them."""
from docassemble.base.util import *  # noqa: F401,F403
from docassemble.base.util import __all__  # noqa: F401
