"""Exceptions that modules of interview packages catch."""
from chancery_host.errors import (  # noqa: F401
    DAAttributeError, DAError, DAErrorMissingVariable, DAErrorNoEndpoint, DAException, DANotAvailable, DASourceError,
    DAValidationError, DAWebError)
