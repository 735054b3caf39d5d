"""What the tests of `ogam models pull` share: a hub with a model, and a pull from it."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path

import pytest
from hub_server import Handler, HubServer

NAME = "org/name"
WEIGHTS = random.Random(7).randbytes(3_000_000)
FILES = {
    "config.json": b'{"model_type": "tiny"}',
    "model.safetensors": WEIGHTS,
    "tokenizer.json": b"{}",
    "README.md": b"# name",
    "pytorch_model.bin": b"pickle" * 1000,
    "model-q4.gguf": b"GGUF" * 1000,
    "onnx/model.onnx": b"onnx",
    "1_Pooling/config.json": b'{"dimension": 3}',
}
DEFAULT = {"config.json", "model.safetensors", "tokenizer.json", "README.md", "1_Pooling/config.json"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "hf"


@pytest.fixture
def hub():
    with HubServer() as server:
        yield server


def pull(ogam, hub: HubServer, home: Path, *words: object, name: str = NAME, env: dict | None = None, **options):
    return ogam.run("models", "pull", name, *words, env=hub.environment(home, **(env or {})), **options)


def pulled(ogam, hub: HubServer, home: Path, *words: object, **options) -> dict:
    """The report of a pull that must succeed."""
    done = pull(ogam, hub, home, *words, "--json", **options)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def refused(ogam, hub: HubServer, home: Path, *words: object, status: int = 4, **options) -> str:
    """The message of a pull that must fail with this status."""
    done = pull(ogam, hub, home, *words, **options)
    message = done.stderr.decode()
    assert done.returncode == status, message
    return message


def model_folder(home: Path, name: str = NAME) -> Path:
    return home / "hub" / f"models--{name.replace('/', '--')}"


def contents(folder: str | Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def nothing_was_downloaded(home: Path) -> bool:
    return not list(home.rglob("blobs/*")) and not list(home.rglob("snapshots/*"))


def part_then_cut(size: int):
    """Sends the headers of the whole and `size` bytes of what was asked for, then closes the connection."""
    def act(answer: Handler) -> bool:
        begin = int(re.sub(r"\D", "", answer.headers.get("Range", "0")) or 0)
        answer.send_response(206 if begin else 200)
        answer.send_header("Content-Length", str(len(WEIGHTS) - begin))
        if begin:
            answer.send_header("Content-Range", f"bytes {begin}-{len(WEIGHTS) - 1}/{len(WEIGHTS)}")
        answer.end_headers()
        answer.wfile.write(WEIGHTS[begin:begin + size])
        answer.cut()
        return True
    return act
