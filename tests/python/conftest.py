"""What the Python tests share: where the build, the pack and the sample media are."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("OGAM_BUILD_DIR", "build/release")
sys.path.insert(0, str(BUILD / "python"))  # where the build leaves the Python package
HOME = Path(os.environ.get("OGAM_HOME") or Path.home() / ".cache/ogam").resolve()

# The superuser may read and write whatever a file's permissions say. With this in front of a command he
# stays who he is, and the permissions count.
OBEYING_PERMISSIONS = (
    ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
    if os.geteuid() == 0
    else []
)


class Ogam:
    """The command, as a person runs it. No call of it may crash, whatever it is given."""

    def __init__(self, program: Path):
        self.program = program

    def run(
        self, *words: object, timeout: float = 600, obey_permissions: bool = False, **options
    ) -> subprocess.CompletedProcess:
        """Runs `ogam WORDS...`; with `obey_permissions`, as one whom the permissions of files bind."""
        command = [os.fspath(self.program), *(word if isinstance(word, bytes) else str(word) for word in words)]
        if obey_permissions:
            command = OBEYING_PERMISSIONS + command
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | options
        done = subprocess.run(command, timeout=timeout, **pipes)
        assert done.returncode >= 0, f"{command} was ended by signal {-done.returncode}: {done.stderr[-4000:]}"
        for complaint in (b"Sanitizer", b"runtime error:", b"terminate called"):
            assert complaint not in (done.stderr or b""), done.stderr[-4000:]
        return done

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
def starter_pack() -> Path:
    folder = HOME / "packs/starter"
    assert (folder / "pack.json").is_file(), f"{folder} is missing; build it with: scripts/setup.sh"
    return folder


@pytest.fixture(scope="session")
def sample_media() -> Path:
    folder = ROOT / ".cache/sample-media"
    subprocess.run([ROOT / ".venv/bin/python", ROOT / "scripts/sample_media.py", folder], check=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="session")
def pictures(sample_media: Path, tmp_path_factory) -> list[Path]:
    """Real pictures as PNG, so that nothing hangs on the decoder of JPEG, and one odd strip."""
    folder = tmp_path_factory.mktemp("pictures")
    paths = []
    for number, path in enumerate(sorted((sample_media / "pictures").iterdir())):
        paths.append(folder / f"{number}.png")
        Image.open(path).convert("RGB").save(paths[-1])
    paths.append(folder / "strip.png")
    noise = np.random.default_rng(5).integers(0, 256, (40, 173, 3), dtype=np.uint8)
    Image.fromarray(noise).save(paths[-1])
    return paths


@pytest.fixture
def python_interrupts():
    """Ctrl-C as Python has it by default: what runs in the background begins with the signal ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
