"""Choices made of objects."""
from chancery_host.objects.base import DAObject
from chancery_host.objects.gathering import Gatherable


def flattened(items):
    """The objects in nested lists and collections, each once."""
    found = []
    for item in items:
        if isinstance(item, Gatherable) and not hasattr(type(item), "offered_whole"):
            parts = flattened(list(item.values()) if hasattr(item, "values") else list(item))
        elif isinstance(item, (list, tuple, set)):
            parts = flattened(list(item))
        else:
            parts = [item]
        for part in parts:
            if not any(part is known for known in found):
                found.append(part)
    return found


def selections(*args, object_labeler=None, help_generator=None, image_generator=None, exclude=None, default=None, **kwargs):
    """Choices with the names of the objects as values and their texts as labels."""
    left_out = flattened(exclude if isinstance(exclude, (list, tuple, Gatherable)) else [exclude]) if exclude is not None else []
    defaults = flattened(default if isinstance(default, (list, tuple, Gatherable)) else [default]) if default is not None else []
    made = []
    for item in flattened(args):
        if not isinstance(item, DAObject) or any(item is other for other in left_out):
            continue
        choice = {item.instanceName: (object_labeler or str)(item)}
        if any(item is wanted for wanted in defaults):
            choice["default"] = True
        if help_generator is not None:
            choice["help"] = help_generator(item)
        if image_generator is not None:
            choice["image"] = image_generator(item)
        made.append(choice)
    return made
