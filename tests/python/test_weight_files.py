"""GGUF and CTranslate2 files as their own libraries write them, read by ogam: equal to the bit."""

from pathlib import Path

import ctranslate2
import gguf
import numpy as np
import pytest
import torch
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file
from test_safetensors import copy

BLOCK_TYPES = [Type.Q8_0, Type.Q4_0, Type.Q5_0, Type.Q4_K, Type.Q5_K, Type.Q6_K]


def read(source: Path) -> dict[str, torch.Tensor]:
    target = source.with_suffix(".safetensors")
    done = copy(source, target)
    assert done.returncode == 0, done.stderr.decode()
    return load_file(target)


def write_gguf(path: Path, tensors: dict[str, tuple[np.ndarray, Type]], alignment: int = 32) -> None:
    writer = gguf.GGUFWriter(path, "test")
    writer.add_custom_alignment(alignment)
    writer.add_array("tokenizer.ggml.tokens", [f"토큰{i}" for i in range(1000)])
    for name, (stored, type_) in tensors.items():
        writer.add_tensor(name, stored, raw_dtype=type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize("type_", BLOCK_TYPES, ids=lambda type_: type_.name)
def test_random_blocks_of_gguf_widen_to_the_same_bits(tmp_path: Path, type_: Type):
    random = np.random.default_rng(int(type_))
    numbers, size = gguf.GGML_QUANT_SIZES[type_]
    tensors = {}
    for i, rows in enumerate([(1,), (7, 5), (2, 3, 4)]):
        shape = (*rows, int(random.integers(1, 4)) * size)
        tensors[f"층.{i}"] = random.integers(0, 256, shape, dtype=np.uint8), type_
    write_gguf(tmp_path / "a.gguf", tensors, alignment=128)
    loaded = read(tmp_path / "a.gguf")
    assert loaded.keys() == tensors.keys()
    for name, (stored, _) in tensors.items():
        with np.errstate(invalid="ignore", over="ignore"):  # scales of random bytes may be infinite
            expected = gguf.quants.dequantize(stored, type_)
        assert loaded[name].shape == expected.shape
        seen = loaded[name].numpy()
        equal = (seen.view(np.uint32) == expected.view(np.uint32)) | (np.isnan(seen) & np.isnan(expected))
        assert equal.all(), name


def test_gguf_files_of_several_types_keep_names_shapes_and_numbers(tmp_path: Path):
    random = np.random.default_rng(1)
    numbers = random.standard_normal((5, 64), dtype=np.float32)
    tensors = {
        "f32": (numbers, Type.F32),
        "f16": (numbers.astype(np.float16), Type.F16),
        "bf16": (gguf.quants.quantize(numbers, Type.BF16), Type.BF16),
        "q8": (gguf.quants.quantize(numbers, Type.Q8_0), Type.Q8_0),
        "vector": (numbers[0, :3].copy(), Type.F32),
    }
    write_gguf(tmp_path / "a.gguf", tensors)
    loaded = read(tmp_path / "a.gguf")
    assert {name: tensor.dtype for name, tensor in loaded.items()} == {
        "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "q8": torch.float32, "vector": torch.float32}
    for name, (stored, type_) in tensors.items():
        assert np.array_equal(loaded[name].float().numpy(), gguf.quants.dequantize(stored, type_)), name


@pytest.mark.parametrize("kept", [3, 20, 100, 10000, -1])
def test_cut_gguf_files_are_refused(tmp_path: Path, kept: int):
    write_gguf(tmp_path / "whole.gguf", {"a": (np.arange(8, dtype=np.float32), Type.F32)})
    content = (tmp_path / "whole.gguf").read_bytes()
    (tmp_path / "cut.gguf").write_bytes(content[: kept if kept > 0 else len(content) - 1])
    done = copy(tmp_path / "cut.gguf", tmp_path / "to.safetensors")
    assert done.returncode == 1
    assert "cut.gguf" in done.stderr.decode()


class Spec(ctranslate2.specs.ModelSpec):
    """A model with a weight of each type, quantised and tied ones."""

    def __init__(self, dtype: np.dtype):
        super().__init__()
        random = np.random.default_rng(1)
        weight = random.standard_normal((16, 8)).astype(dtype)
        self.embeddings = ctranslate2.specs.common_spec.EmbeddingsSpec()
        self.embeddings.weight = weight
        self.projection = ctranslate2.specs.common_spec.LinearSpec()
        self.projection.weight = weight
        self.projection.bias = random.standard_normal(16).astype(dtype)

    @property
    def name(self) -> str:
        return "TestSpec"

    @property
    def revision(self) -> int:
        return 1


@pytest.mark.parametrize("quantization", [None, "int8", "int16", "float16", "bfloat16"])
def test_ctranslate2_models_are_given_as_stored(tmp_path: Path, quantization: str | None):
    spec = Spec(np.float32)
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(tmp_path))
    loaded = read(tmp_path / "model.bin")
    variables = spec.variables(ordered=True)
    stored = {name: value for name, value in variables if not isinstance(value, str)}
    assert len(stored) < len(variables), "the tied weight is an alias"
    assert loaded.keys() == stored.keys()
    for name, value in stored.items():
        assert str(loaded[name].dtype) == f"torch.{value.dtype}", name
        assert list(loaded[name].shape) == list(value.shape), name
        assert loaded[name].contiguous().reshape(-1).view(torch.uint8).numpy().tobytes() == value.to_bytes(), name
