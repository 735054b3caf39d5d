"""Runs the project's preprocessing, for comparison with the reference processors."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import torch
from safetensors.torch import load_file

from conftest import BUILD


def preprocess(requests: list[dict], folder: Path) -> list[dict]:
    """What the project makes of each request: its tensors by name, or {"error": code, "message": text}."""
    out = folder / "out.safetensors"
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([BUILD / "tests/tools/preprocess", out], input=lines.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    answers: list[dict] = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests)
    for name, tensor in load_file(out).items():
        index, _, tensor_name = name.partition(".")
        answers[int(index)][tensor_name] = tensor
    return answers


def assert_close(actual: torch.Tensor, expected: torch.Tensor, tolerance: float) -> None:
    """Same shape, and no value further off than `tolerance`; 0 asks for equal values."""
    assert tuple(actual.shape) == tuple(expected.shape)
    error = (actual.double() - expected.double()).abs()
    worst = error.max().item() if error.numel() else 0.0
    assert worst <= tolerance, f"largest error {worst}, {int((error > tolerance).sum())} of {error.numel()} beyond {tolerance}"
