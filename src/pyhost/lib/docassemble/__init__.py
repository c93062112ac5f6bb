"""The package authors know; its parts may lie in several folders, one per interview package."""
import os
import sys


def _extend(path):
    """Adds every `docassemble` folder of sys.path, so that interview packages need not share a tree with ours."""
    for entry in sys.path:
        part = os.path.join(entry or ".", "docassemble")
        if part not in path and os.path.isdir(part):
            path.append(part)
    return path


__path__ = _extend(list(__path__))
