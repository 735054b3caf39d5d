"""The safetensors reader and writer against the `safetensors` library, in both directions."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OGAM_BUILD_DIR", ROOT / "build" / "release"))
DTYPES = [torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.uint16, torch.uint32,
          torch.uint64, torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.float8_e4m3fn, torch.float8_e5m2]


def copy(source: Path, target: Path, *options: str) -> subprocess.CompletedProcess:
    return subprocess.run([BUILD / "tests" / "tools" / "copy_safetensors", source, target, *options], capture_output=True, check=False)


def test_round_trip_keeps_every_tensor(tmp_path):
    generator = torch.Generator().manual_seed(1)
    tensors = {f"층.{i}.{dtype}": (torch.rand(3, i + 1, generator=generator) * 100).to(dtype) for i, dtype in enumerate(DTYPES)}
    tensors["scalar"] = torch.tensor(2.5)
    tensors["empty"] = torch.zeros(0, 3)
    metadata = {"format": "pt", "한": "글\n\"quoted\""}
    save_file(tensors, tmp_path / "from.safetensors", metadata=metadata)
    done = copy(tmp_path / "from.safetensors", tmp_path / "to.safetensors")
    assert done.returncode == 0, done.stderr.decode()
    copied = load_file(tmp_path / "to.safetensors")
    assert copied.keys() == tensors.keys()
    for name, tensor in tensors.items():
        assert copied[name].dtype == tensor.dtype and copied[name].shape == tensor.shape, name
        assert torch.equal(copied[name].reshape(-1).view(torch.uint8), tensor.reshape(-1).view(torch.uint8)), name
    with safe_open(tmp_path / "to.safetensors", "pt") as file:
        assert file.metadata() == metadata


@pytest.mark.parametrize("kept", [0, 7, 8, 40, -1])
def test_cut_files_are_refused_by_both(tmp_path, kept):
    save_file({"a": torch.arange(100.0)}, tmp_path / "whole.safetensors")
    content = (tmp_path / "whole.safetensors").read_bytes()
    (tmp_path / "cut.safetensors").write_bytes(content[:kept])
    with pytest.raises(Exception):  # noqa: B017 - the library has several exceptions
        load_file(tmp_path / "cut.safetensors")
    done = copy(tmp_path / "cut.safetensors", tmp_path / "to.safetensors")
    assert done.returncode == 1
    assert "cut.safetensors" in done.stderr.decode()
    assert not (tmp_path / "to.safetensors").exists()


def test_shards_are_what_the_library_reads_and_are_read_back(tmp_path):
    tensors = {f"layers.{i}.weight": torch.full((10, i + 1), float(i)) for i in range(7)}
    save_file(tensors, tmp_path / "whole.safetensors")
    (tmp_path / "sharded").mkdir()
    done = copy(tmp_path / "whole.safetensors", tmp_path / "sharded", "500")
    assert done.returncode == 0, done.stderr.decode()
    index = json.loads((tmp_path / "sharded" / "model.safetensors.index.json").read_text())
    assert index["metadata"]["total_size"] == sum(tensor.nbytes for tensor in tensors.values())
    assert index["weight_map"].keys() == tensors.keys()
    shards = {file: load_file(tmp_path / "sharded" / file) for file in set(index["weight_map"].values())}
    assert len(shards) > 1
    assert {path.name for path in (tmp_path / "sharded").glob("*.safetensors")} == shards.keys()
    for name, tensor in tensors.items():
        assert torch.equal(shards[index["weight_map"][name]][name], tensor), name
    done = copy(tmp_path / "sharded", tmp_path / "again.safetensors")
    assert done.returncode == 0, done.stderr.decode()
    again = load_file(tmp_path / "again.safetensors")
    assert again.keys() == tensors.keys()
    assert all(torch.equal(again[name], tensor) for name, tensor in tensors.items())
