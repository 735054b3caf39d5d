"""Constant tensors and the order of operators from ONNX files, through the onnx package."""

import math
from dataclasses import dataclass

import numpy as np
import onnx
from google.protobuf.message import DecodeError

from .errors import PackError, require

_DTYPES = {onnx.TensorProto.FLOAT: np.dtype("<f4")}


@dataclass(frozen=True)
class OnnxGraph:
    """The operators in order, as (type, names of inputs), and the float constants by name."""

    nodes: list[tuple[str, list[str]]]
    tensors: dict[str, np.ndarray]


def _content(initializer: onnx.TensorProto, data: bytes, name: str) -> bytes:
    """The bytes of a constant: in the model itself, or a span of the data file."""
    if initializer.data_location != onnx.TensorProto.EXTERNAL:
        return initializer.raw_data
    fields = {entry.key: entry.value for entry in initializer.external_data}
    try:
        offset, length = int(fields.get("offset", "0")), int(fields["length"])
    except (KeyError, ValueError) as error:
        raise PackError(f"{name}: {initializer.name} does not say where it lies") from error
    require(
        offset >= 0 and length >= 0 and offset + length <= len(data),
        f"{name}: {initializer.name} reaches beyond the {len(data)} bytes of the data file",
    )
    return data[offset : offset + length]


def parse_onnx(model: bytes, name: str) -> onnx.ModelProto:
    try:
        return onnx.ModelProto.FromString(model)
    except DecodeError as error:
        raise PackError(f"{name} is not an ONNX model: {error}") from error


def load_onnx(model: bytes, data: bytes, name: str) -> OnnxGraph:
    """Reads a model and its one data file; the name that it gives that file is not followed."""
    graph = parse_onnx(model, name).graph
    tensors: dict[str, np.ndarray] = {}
    for initializer in graph.initializer:
        if initializer.data_type not in _DTYPES:
            continue
        dtype = _DTYPES[initializer.data_type]
        shape = list(initializer.dims)
        content = _content(initializer, data, name)
        require(
            all(n >= 0 for n in shape) and math.prod(shape) * dtype.itemsize == len(content),
            f"{name}: {initializer.name} of shape {shape} does not fit its {len(content)} bytes",
        )
        tensors[initializer.name] = np.frombuffer(content, dtype=dtype).reshape(shape)
    return OnnxGraph([(node.op_type, list(node.input)) for node in graph.node], tensors)
