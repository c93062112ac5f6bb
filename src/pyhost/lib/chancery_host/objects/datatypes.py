"""Data types that interview packages define for themselves (language specification 4.2)."""

REGISTRY = {}       # name -> class; filled as the classes are defined


class CustomDataType:
    """Base of custom data types; a subclass with a `name` is known under it at once."""

    name = None
    container_class = None
    input_class = None
    input_type = "text"
    javascript = ""
    jq_rule = None
    jq_message = None
    parameters = []
    code_parameters = []
    mako_parameters = []
    skip_if_empty = True
    is_object = False

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if cls.name:
            REGISTRY[cls.name] = cls

    @classmethod
    def validate(cls, item):
        return True

    @classmethod
    def transform(cls, item):
        return item

    @classmethod
    def default_for(cls, item):
        return str(item)

    @classmethod
    def empty(cls):
        return None
