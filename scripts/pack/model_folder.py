"""A model on its way into a pack: configuration, tensors and further files."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from safetensors.numpy import save_file

from .errors import require


@dataclass
class ModelFolder:
    """What a converter gives: the content of a folder in Hugging Face layout."""

    config: dict[str, Any]
    tensors: dict[str, np.ndarray]
    files: dict[str, bytes] = field(default_factory=dict)


def json_bytes(value: Any) -> bytes:
    """JSON as people read it, the same bytes each time."""
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def to_half(tensors: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """The tensors in half precision; none may overflow."""
    halves = {name: tensor.astype(np.float16) for name, tensor in tensors.items()}
    for name, half in halves.items():
        require(bool(np.isfinite(half).all()), f"{name} does not fit half precision")
    return halves


def write_model(folder: Path, model: ModelFolder) -> None:
    """Writes config.json, model.safetensors and the other files into the new folder `folder`."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_bytes(json_bytes(model.config))
    for name, content in model.files.items():
        (folder / name).write_bytes(content)
    tensors = {name: np.ascontiguousarray(tensor) for name, tensor in sorted(model.tensors.items())}
    for name, tensor in tensors.items():
        require(bool(np.isfinite(tensor).all()), f"{name} holds numbers that are not finite")
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)  # the library leaves it to its owner alone
