"""Optional services of the engine: what it offers is used, what it lacks is told apart from what fails."""
import sys

MODULE = "_chancery"


def _module():
    # A built-in module of the worker; absent when the library runs alone.
    if MODULE not in sys.modules and MODULE in sys.builtin_module_names:
        __import__(MODULE)
    return sys.modules.get(MODULE)


def offers(name):
    """Whether the engine has this function."""
    return hasattr(_module(), name)


def ask(name, *args, **kwargs):
    """The engine's answer, or None if it has no such function."""
    function = getattr(_module(), name, None)
    return None if function is None else function(*args, **kwargs)
