"""What the Python tests share: where the build, the pack and the sample media are."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OGAM_BUILD_DIR", ROOT / "build/release"))


class Ogam:
    """The command, as a person runs it."""

    def __init__(self, program: Path):
        self.program = program

    def run(self, *words: object, timeout: float = 600, **options) -> subprocess.CompletedProcess:
        command = [os.fspath(self.program), *(word if isinstance(word, bytes) else str(word) for word in words)]
        return subprocess.run(command, capture_output=True, timeout=timeout, **options)

    def lines(self, *words: object, **options) -> list[dict]:
        """The JSON lines that a call prints; it must succeed."""
        done = self.run(*words, "--json", **options)
        assert done.returncode == 0, done.stderr.decode(errors="replace")
        return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(scope="session")
def ogam() -> Ogam:
    program = BUILD / "bin/ogam"
    assert program.is_file(), f"{program} is missing; build with: cmake --preset release && cmake --build --preset release"
    return Ogam(program)


@pytest.fixture(scope="session")
def sample_media() -> Path:
    folder = ROOT / ".cache/sample-media"
    subprocess.run([ROOT / ".venv/bin/python", ROOT / "scripts/sample_media.py", folder], check=True, cwd=ROOT)
    return folder
