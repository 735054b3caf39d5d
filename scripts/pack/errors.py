"""The one exception of the pack builder, and the checks that raise it."""


class PackError(Exception):
    """Something a person can mend: the message says what was expected, seen, and to be done."""


def require(condition: bool, message: str) -> None:
    """Raises PackError unless `condition` holds."""
    if not condition:
        raise PackError(message)
