"""Tensors from PyTorch's files, without PyTorch and without running what the file says.

Three containers are read: zip files of `torch.save`, zip files of TorchScript, and the pickle
stream that `torch.save` wrote before version 1.6. All three describe tensors with a pickle. A
pickle is a program, so it is given nothing to call but what is listed here: a tensor becomes a
`TensorReference`, a scripted module an inert `Record`; any other name is refused.
"""

import io
import math
import pickle
import struct
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from .archives import Zip, open_zip
from .errors import PackError, require

_LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
_LEGACY_PROTOCOL = 1001
_STORAGE_DTYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}
_MAX_DEPTH = 32


class StorageType(NamedTuple):
    """Stands for `torch.FloatStorage` and its kin."""

    dtype: np.dtype


@dataclass(frozen=True)
class Storage:
    """The run of numbers that tensors are views of."""

    key: str
    dtype: np.dtype
    count: int


@dataclass(frozen=True)
class TensorReference:
    """A tensor as the pickle describes it: offset, shape and strides count numbers, not bytes."""

    storage: Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class Record:
    """The attributes of a scripted module, whose class is not looked at."""

    __slots__ = ("attributes",)

    def __setstate__(self, state: Any) -> None:
        require(
            isinstance(state, dict),
            f"a module's state must be a dictionary, got {type(state).__name__}",
        )
        self.attributes = state


class _RebuildTensor:
    """Stands for `torch._utils._rebuild_tensor_v2`."""

    __slots__ = ()

    def __call__(
        self, storage: Any, offset: Any, shape: Any, strides: Any, *_: Any
    ) -> TensorReference:
        integers = [offset, *shape, *strides]
        require(
            isinstance(storage, Storage)
            and all(isinstance(value, int) and value >= 0 for value in integers)
            and len(shape) == len(strides),
            f"a tensor is described by nonsense: offset {offset}, shape {shape}, strides {strides}",
        )
        return TensorReference(storage, offset, tuple(shape), tuple(strides))


class _BuildIntegers:
    """Stands for `torch.jit._pickle.build_intlist`."""

    __slots__ = ()

    def __call__(self, values: Any) -> list[int]:
        return list(values)


_ALLOWED = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _RebuildTensor(),
    ("torch.jit._pickle", "build_intlist"): _BuildIntegers(),
    **{("torch", name): StorageType(dtype) for name, dtype in _STORAGE_DTYPES.items()},
}


class _TensorUnpickler(pickle.Unpickler):
    """Loads the description of tensors and nothing else."""

    def find_class(self, module: str, name: str) -> Any:
        if module.startswith("__torch__."):
            return Record
        try:
            return _ALLOWED[(module, name)]
        except KeyError:
            raise PackError(
                f"the file asks for {module}.{name}, which no weight file needs; it is refused"
            ) from None

    def persistent_load(self, pid: Any) -> Storage:
        require(
            isinstance(pid, tuple) and len(pid) in (5, 6) and pid[0] == "storage",
            "unknown kind of reference",
        )
        _, kind, key, _, count, *view = pid
        require(
            isinstance(kind, StorageType)
            and isinstance(key, str)
            and isinstance(count, int)
            and count >= 0,
            "a storage is described by nonsense",
        )
        require(view in ([], [None]), "storages that are views of others are not supported")
        return Storage(key, kind.dtype, count)


def _unpickle(stream: io.BytesIO, name: str) -> Any:
    try:
        return _TensorUnpickler(stream, encoding="utf-8").load()
    except PackError as error:
        raise PackError(f"{name}: {error}") from None
    except Exception as error:  # a damaged pickle can raise anything
        raise PackError(f"{name} does not hold together as a pickle: {error!r}") from error


def _resolve(reference: TensorReference, data: dict[str, bytes], name: str) -> np.ndarray:
    """The numbers that `reference` describes, as a contiguous array of their own."""
    storage = reference.storage
    content = data[storage.key]
    require(
        len(content) == storage.count * storage.dtype.itemsize,
        f"{name}: storage {storage.key} has {len(content)} bytes, expected {storage.count} numbers",
    )
    numbers = np.frombuffer(content, dtype=storage.dtype)
    if 0 in reference.shape:
        return np.zeros(reference.shape, dtype=storage.dtype)
    last = reference.offset + sum(
        (n - 1) * step for n, step in zip(reference.shape, reference.strides, strict=True)
    )
    # The second condition stops a small file from asking for a huge tensor by strides of zero.
    require(
        last < numbers.size and math.prod(reference.shape) <= numbers.size,
        f"{name}: a tensor reaches beyond its storage {storage.key}",
    )
    strides = [step * storage.dtype.itemsize for step in reference.strides]
    view = np.lib.stride_tricks.as_strided(
        numbers[reference.offset :], reference.shape, strides, writeable=False
    )
    return np.array(view, order="C")


def _flatten(value: Any, prefix: str, out: dict[str, TensorReference], depth: int = 0) -> None:
    """Collects the tensors under `value` by their dotted path, as a state dictionary names them."""
    require(depth < _MAX_DEPTH, "modules are nested too deeply")
    attributes = value.attributes if isinstance(value, Record) else value
    if isinstance(attributes, TensorReference):
        out[prefix.removesuffix(".")] = attributes
    elif isinstance(attributes, dict):
        for key, item in attributes.items():
            _flatten(item, f"{prefix}{key}.", out, depth + 1)


def _load_zip(archive: Zip) -> dict[str, np.ndarray]:
    description = archive.only_member("/data.pkl")
    root = description.removesuffix("data.pkl")
    references: dict[str, TensorReference] = {}
    _flatten(_unpickle(io.BytesIO(archive.read(description)), archive.name), "", references)
    if root + "byteorder" in archive.members():
        require(
            archive.read(root + "byteorder") == b"little",
            f"{archive.name} is not in little-endian order",
        )
    data = {r.storage.key: archive.read(f"{root}data/{r.storage.key}") for r in references.values()}
    return {path: _resolve(reference, data, archive.name) for path, reference in references.items()}


def _load_legacy(content: bytes, name: str) -> dict[str, np.ndarray]:
    """Magic number, protocol, system, description, storage keys as pickles; then the storages."""
    stream = io.BytesIO(content)
    require(_unpickle(stream, name) == _LEGACY_MAGIC, f"{name} is not a PyTorch weight file")
    require(
        _unpickle(stream, name) == _LEGACY_PROTOCOL,
        f"{name} is in an unknown version of PyTorch's format",
    )
    system = _unpickle(stream, name)
    require(
        isinstance(system, dict) and system.get("little_endian") is True,
        f"{name} is not little-endian",
    )
    references: dict[str, TensorReference] = {}
    _flatten(_unpickle(stream, name), "", references)
    storages = {reference.storage.key: reference.storage for reference in references.values()}
    keys = _unpickle(stream, name)
    require(
        isinstance(keys, list) and set(storages) <= set(keys),
        f"{name}: the list of storages is damaged",
    )
    data: dict[str, bytes] = {}
    for key in keys:
        header = stream.read(8)
        require(
            len(header) == 8 and key in storages,
            f"{name} is cut short or holds an unused storage {key}",
        )
        size = struct.unpack("<q", header)[0] * storages[key].dtype.itemsize
        require(0 <= size <= len(content) - stream.tell(), f"{name} is cut short in storage {key}")
        data[key] = stream.read(size)
    return {path: _resolve(reference, data, name) for path, reference in references.items()}


def load_torch(content: bytes, name: str) -> dict[str, np.ndarray]:
    """The tensors of a PyTorch weight file or TorchScript module by their dotted path.

    Raises PackError naming `name` for anything else, for damage, and for a pickle that asks for
    more than tensors.
    """
    if content.startswith(b"PK"):
        with open_zip(content, name) as archive:
            return _load_zip(archive)
    return _load_legacy(content, name)
