"""Tensors from CTranslate2's model.bin, version 6.

u32 version, string specification, u32 revision, u32 number of tensors, each {string name, u8 rank,
u32 dimensions, u8 type, u32 bytes, data}, u32 number of aliases, each {string alias, string name}.
A string is a u16 length that counts the closing zero, then the characters; all is little-endian.
"""

import math
import struct

import numpy as np

from .errors import PackError, require

_VERSION = 6
_MAX_RANK = 8
_DTYPES = {
    0: np.dtype("<f4"),
    1: np.dtype("i1"),
    2: np.dtype("<i2"),
    3: np.dtype("<i4"),
    4: np.dtype("<f2"),
}


class _Reader:
    """A cursor that never leaves the file."""

    def __init__(self, content: bytes, name: str):
        self._content = content
        self._position = 0
        self.name = name

    def take(self, count: int) -> bytes:
        end = self._position + count
        require(
            end <= len(self._content),
            f"{self.name} is cut short: {count} bytes wanted at {self._position},"
            f" it ends at {len(self._content)}",
        )
        taken = self._content[self._position : end]
        self._position = end
        return taken

    def integer(self, code: str) -> int:
        return struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]

    def string(self) -> str:
        text = self.take(self.integer("H"))
        require(text.endswith(b"\0"), f"{self.name} holds a string without its closing zero")
        try:
            return text[:-1].decode("utf-8")
        except UnicodeDecodeError as error:
            raise PackError(f"{self.name} holds a name that is not text") from error

    def tensor(self) -> np.ndarray:
        rank = self.integer("B")
        require(rank <= _MAX_RANK, f"{self.name} holds a tensor of rank {rank}")
        shape = [self.integer("I") for _ in range(rank)]
        code = self.integer("B")
        require(code in _DTYPES, f"{self.name} holds a tensor of unknown type {code}")
        size = self.integer("I")
        expected = math.prod(shape) * _DTYPES[code].itemsize
        require(
            size == expected,
            f"{self.name}: a tensor of shape {shape} takes {expected} bytes, not {size}",
        )
        return np.frombuffer(self.take(size), dtype=_DTYPES[code]).reshape(shape)

    def at_end(self) -> bool:
        return self._position == len(self._content)


def load_ctranslate2(content: bytes, specification: str, name: str) -> dict[str, np.ndarray]:
    """The tensors of a model of a specification such as "WhisperSpec"; aliases are left out."""
    reader = _Reader(content, name)
    version = reader.integer("I")
    require(
        version == _VERSION,
        f"{name} is CTranslate2 model version {version}; version {_VERSION} is read",
    )
    seen = reader.string()
    require(seen == specification, f"{name} holds a {seen}, expected a {specification}")
    reader.integer("I")  # the specification's revision
    tensors: dict[str, np.ndarray] = {}
    for _ in range(reader.integer("I")):
        tensor_name = reader.string()
        require(tensor_name not in tensors, f"{name} holds the tensor {tensor_name} twice")
        tensors[tensor_name] = reader.tensor()
    for _ in range(reader.integer("I")):
        reader.string()
        target = reader.string()
        require(target in tensors, f"{name} has an alias of the missing tensor {target}")
    require(reader.at_end(), f"{name} goes on after its last tensor")
    return tensors
