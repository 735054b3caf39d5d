"""Members of zip archives (wheels, weight files), read with a limit on their size."""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import PackError, require

MAX_MEMBER_BYTES = 1 << 30
# What the library raises for damage, and for what it does not read (encryption, other methods).
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    OSError,
    EOFError,
    RuntimeError,
    ValueError,
)


@contextmanager
def open_zip(source: Path | bytes, name: str) -> Iterator["Zip"]:
    """Opens a zip file, or the bytes of one; `name` is what errors call it."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(source) if isinstance(source, bytes) else source)
    except _DAMAGE as error:
        raise PackError(f"{name} is not a readable zip archive: {error}") from error
    with archive:
        yield Zip(archive, name)


class Zip:
    """An open zip archive."""

    def __init__(self, archive: zipfile.ZipFile, name: str):
        self.name = name
        self._archive = archive

    def members(self) -> list[str]:
        return self._archive.namelist()

    def read(self, member: str) -> bytes:
        """The content of one member."""
        try:
            info = self._archive.getinfo(member)
        except KeyError as error:
            raise PackError(f"{self.name} has no member {member}") from error
        require(
            info.file_size <= MAX_MEMBER_BYTES,
            f"{member} in {self.name} claims {info.file_size} bytes, over {MAX_MEMBER_BYTES}",
        )
        try:
            content = self._archive.read(info)
        except _DAMAGE as error:
            raise PackError(f"{member} in {self.name} cannot be unpacked: {error}") from error
        return content

    def only_member(self, suffix: str) -> str:
        """The one member whose path ends in `suffix`."""
        found = [member for member in self.members() if member.endswith(suffix)]
        require(
            len(found) == 1,
            f"{self.name} must hold one member ending in {suffix}, found {len(found)}",
        )
        return found[0]
