"""Interview packages as Python packages: `docassemble.demo` are the folders of that name in the folders of the operator, its own or another's."""
import importlib.util
import os
import sys
from importlib.machinery import ModuleSpec

LIBRARY = "docassemble.base"


class _Finder:
    """Finds `docassemble.NAME`; what is below it, Python finds by its path."""

    def __init__(self, folders):
        self.folders = folders

    def find_spec(self, name, path=None, target=None):
        parts = name.split(".")
        if len(parts) != 2 or parts[0] != "docassemble" or name == LIBRARY:
            return None
        places = [place for place in (os.path.join(folder, name) for folder in self.folders) if os.path.isdir(place)]
        if not places:
            return None
        start = next((file for file in (os.path.join(place, "__init__.py") for place in places) if os.path.isfile(file)), None)
        if start:
            return importlib.util.spec_from_file_location(name, start, submodule_search_locations=places)
        spec = ModuleSpec(name, None, is_package=True)
        spec.submodule_search_locations = places
        return spec


def install(folders):
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)] + [_Finder(list(folders))]


def package_of(module):
    return ".".join(module.split(".")[:2])


def behind(named):
    """The packages whose modules these modules are, and use: they are imported if they are not yet. One that cannot be is told by who needs it."""
    for module in named:
        if module not in sys.modules:
            try:
                __import__(module)
            except Exception:   # the author's own error, met again where the module is imported for the interview
                pass
    found = {package_of(module) for module in (*named, *sys.modules) if module.startswith("docassemble.")}
    return found - {LIBRARY}


def readable(package):
    """The packages whose classes a value may be of that this call reads: the interview's own, and all whose modules it has imported."""
    return behind(()) | ({package} if package else set())
