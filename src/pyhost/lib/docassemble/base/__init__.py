"""The interview library under the names that interviews and stored answers use."""
__version__ = "1.10.5"
