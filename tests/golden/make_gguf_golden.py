"""Writes gguf_types.gguf, a file of every type that is read, and gguf_types.safetensors, its numbers as the `gguf`
package computes them.

    python tests/golden/make_gguf_golden.py

It needs gguf 0.19.0, numpy and safetensors. Numbers and blocks come from a fixed seed: Q8_0, Q4_0 and Q5_0 are
quantised by the package from normal numbers; the other types, which it does not quantise, and a second tensor of these
three, are random bytes whose float16 scales are finite.
"""

import importlib.metadata
import pathlib

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
SEED = 20240229
SHAPE = (3, 512)
# Where the float16 scales of a block lie.
SCALES = {Type.Q8_0: [0], Type.Q4_0: [0], Type.Q5_0: [0], Type.Q4_K: [0, 2], Type.Q5_K: [0, 2], Type.Q6_K: [208]}
QUANTISED = [Type.Q8_0, Type.Q4_0, Type.Q5_0]


def random_blocks(random, type_):
    """Blocks of random bytes with finite scales of every size, subnormal ones among them."""
    numbers, size = gguf.GGML_QUANT_SIZES[type_]
    blocks = random.integers(0, 256, (int(np.prod(SHAPE)) // numbers, size), dtype=np.uint8)
    for position in SCALES[type_]:
        scales = random.integers(0, 0x7C00, len(blocks), dtype=np.uint16) | (random.integers(0, 2, len(blocks), dtype=np.uint16) << 15)
        blocks[:, position : position + 2] = scales.reshape(-1, 1).view(np.uint8)
    return blocks.reshape(SHAPE[0], -1)


def add_metadata(writer):
    """One key of every type."""
    writer.add_uint8("test.u8", 255)
    writer.add_int8("test.i8", -128)
    writer.add_uint16("test.u16", 65535)
    writer.add_int16("test.i16", -32768)
    writer.add_uint32("test.u32", 4294967295)
    writer.add_int32("test.i32", -2147483648)
    writer.add_uint64("test.u64", 2**63 - 1)
    writer.add_int64("test.i64", -(2**63))
    writer.add_float32("test.f32", 1.5)
    writer.add_float64("test.f64", 0.1)
    writer.add_bool("test.bool", True)
    writer.add_string("test.string", "글자 \n text")
    writer.add_array("test.strings", ["<s>", "가", ""])
    writer.add_array("test.integers", [3, -1, 2147483647])
    writer.add_array("test.numbers", [0.5, -0.25])
    writer.add_array("test.booleans", [True, False])


def main():
    random = np.random.default_rng(SEED)
    writer = gguf.GGUFWriter(HERE / "gguf_types.gguf", "test")
    writer.add_custom_alignment(64)
    add_metadata(writer)
    numbers = random.standard_normal(SHAPE, dtype=np.float32)
    expected = {}

    def add(name, stored, type_):
        writer.add_tensor(name, stored, raw_dtype=type_)
        expected[name] = gguf.quants.dequantize(stored, type_)

    add("F32", numbers, Type.F32)
    add("F16", numbers.astype(np.float16), Type.F16)
    add("BF16", gguf.quants.quantize(numbers, Type.BF16), Type.BF16)
    for type_ in QUANTISED:
        add(f"{type_.name}.quantised", gguf.quants.quantize(numbers, type_), type_)
    for type_ in SCALES:
        add(f"{type_.name}.random", random_blocks(random, type_), type_)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    path = HERE / "gguf_types.safetensors"
    save_file(expected, path, {"made_with": f"gguf {importlib.metadata.version('gguf')}, seed {SEED}"})
    path.chmod(0o644)
    for file in (HERE / "gguf_types.gguf", path):
        print(f"{file.name}: {file.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
