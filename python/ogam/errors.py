"""What ogam raises. Each kind of error is also the built-in exception that Python programs expect."""

from __future__ import annotations


class Error(Exception):
    """Anything that went wrong in ogam; the message says what was expected, what was seen and what to do.

    `code` is the name of its kind: "invalid_argument", "not_found", "unsupported", "corrupt_data",
    "resource_exhausted", "inaccessible", "unavailable" or "internal".
    """

    code: str = "internal"


class InvalidArgumentError(Error, ValueError):
    """Something was asked for that makes no sense."""

    code = "invalid_argument"


class NotFoundError(Error, FileNotFoundError):
    """A file, an asset or an archive does not exist."""

    code = "not_found"


class UnsupportedError(Error, NotImplementedError):
    """Well-formed, but of a kind that this release or this model cannot handle."""

    code = "unsupported"


_CLASSES: dict[str, type[Error]] = {
    kind.code: kind for kind in (InvalidArgumentError, NotFoundError, UnsupportedError)
}


def make_error(code: str, message: str) -> Error:
    """The exception for a code of the native part."""
    error = _CLASSES.get(code, Error)(message)
    error.code = code
    return error
