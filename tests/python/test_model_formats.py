"""Models whose weights are GGUF or CTranslate2 files: the same vectors and words as from safetensors of the same numbers."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import gguf
import numpy as np
import pytest
import torch
import transformers
from gguf import GGMLQuantizationType as Type
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.parity import all_cases  # noqa: E402
from tests.parity import text as text_cases  # noqa: E402
from tests.parity import whisper  # noqa: E402
from tests.parity.case import Inputs  # noqa: E402
from tests.parity.compare import agreement, encode, make_inputs  # noqa: E402
from tests.python.conftest import BUILD  # noqa: E402
from tests.python.test_weight_files import Spec  # noqa: E402

CASES = {case.name: case for case in all_cases()}
MAX_ERROR = 1e-4  # of the largest element
CONVERTER = Path(sys.executable).parent / "ct2-transformers-converter"


def run(tool: str, folder: Path) -> subprocess.CompletedProcess:
    """A call that is not expected to work."""
    request = {"text": ["a"]} if tool == "encode" else {"audio": []}
    (folder.parent / "request.json").write_text(json.dumps(request))
    command = [BUILD / "tests/tools" / tool, folder, folder.parent / "request.json", folder.parent / "out.safetensors"]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


# CTranslate2


def convert(model: Path, out: Path, quantization: str, *copied: str) -> None:
    command = [CONVERTER, "--model", model, "--output_dir", out, "--quantization", quantization, "--copy_files", *copied]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr[-2000:]


def rounded(tensor: torch.Tensor, quantization: str) -> torch.Tensor:
    """What is left of a weight: halves, or rows of whole numbers up to 127."""
    if quantization == "float16":
        return tensor.half().float()
    if quantization == "int8" and tensor.dim() > 1:
        rows = tensor.flatten(1)
        largest = rows.abs().amax(1, keepdim=True)
        scale = torch.div(127.0 * torch.ones_like(largest), torch.where(largest == 0, 127, largest))  # as NumPy divides
        return ((rows * scale).round() / scale).view_as(tensor)
    return tensor


def hear_converted(tmp_path: Path, quantization: str, keep_config: bool, prompt: str, **options) -> None:
    whisper.build(tmp_path / "model", 7, **options)
    extractor = whisper.WhisperProcessor.from_pretrained(tmp_path / "model").feature_extractor
    copied = ["tokenizer.json"]
    if options.get("seconds") != 30:  # what a folder of faster-whisper may lack is as published
        extractor.save_pretrained(tmp_path / "model")
        copied.append("preprocessor_config.json")
    convert(tmp_path / "model", tmp_path / "converted", quantization, *copied)
    if keep_config:
        for name in ("config.json", "generation_config.json"):
            shutil.copy(tmp_path / "model" / name, tmp_path / "converted")
    model = whisper.WhisperForConditionalGeneration.from_pretrained(tmp_path / "model").eval()
    exact = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with torch.no_grad():
        for name, tensor in model.named_parameters():
            if "embed_positions" not in name or quantization == "float16":
                tensor.copy_(rounded(tensor, quantization))
    changed = any(not torch.equal(exact[name], tensor) for name, tensor in model.state_dict().items())
    assert changed == (quantization != "float32")
    inputs = make_inputs(tmp_path / "inputs", CASES["whisper"], 11)
    expected = whisper.reference_of(model, extractor, inputs, prompt)
    actual = encode(BUILD / "tests/tools/hear", tmp_path / "converted", inputs, tmp_path / "run", prompt)
    assert set(actual) == set(expected)
    for name in expected:
        close = agreement(name, prompt, actual[name], expected[name])
        assert close.max_error <= (0 if name in CASES["whisper"].exact else MAX_ERROR), close


@pytest.mark.parametrize("quantization", ["float32", "float16", "int8"])
def test_whisper_of_faster_whisper_hears_as_the_reference(tmp_path: Path, quantization: str):
    hear_converted(tmp_path, quantization, keep_config=False, prompt="ko")


def test_english_whisper_of_faster_whisper_needs_no_description_of_its_features(tmp_path: Path):
    hear_converted(tmp_path, "int8", keep_config=False, prompt="", english=True, seconds=30)


def test_converted_whisper_beside_its_own_configuration(tmp_path: Path):
    hear_converted(tmp_path, "float16", keep_config=True, prompt="ko translate", mels=128, languages=100, layers=(3, 1))


def test_a_converted_model_that_is_no_whisper_is_refused(tmp_path: Path):
    spec = Spec(np.float32)
    spec.validate()
    (tmp_path / "model").mkdir()
    spec.save(str(tmp_path / "model"))
    (tmp_path / "model/config.json").write_text("{}")
    done = run("hear", tmp_path / "model")
    assert done.returncode == 1
    assert "TestSpec" in done.stderr and "WhisperSpec" in done.stderr


def test_a_model_whose_output_is_not_tied_is_refused(tmp_path: Path):
    whisper.build(tmp_path / "model", 7)
    convert(tmp_path / "model", tmp_path / "converted", "float32", "tokenizer.json")
    path = tmp_path / "converted/model.bin"
    content = path.read_bytes()
    assert content.count(b"decoder/projection/weight\0") == 1
    path.write_bytes(content.replace(b"decoder/projection/weight\0", b"decoder/projection/matrix\0"))
    done = run("hear", tmp_path / "converted")
    assert done.returncode == 1 and "not tied" in done.stderr


# GGUF


def stored(tensor: torch.Tensor, type_: Type, random: np.random.Generator) -> tuple[np.ndarray, Type]:
    """A tensor as llama.cpp stores it: vectors and what does not fit a row of blocks stay floating point numbers."""
    values = tensor.float().numpy()
    if values.ndim == 1 or type_ == Type.F32:
        return values, Type.F32
    numbers, size = gguf.GGML_QUANT_SIZES[type_]
    if type_ == Type.F16 or values.shape[-1] % numbers:
        return values.astype(np.float16), Type.F16
    if type_ not in (Type.Q4_K, Type.Q5_K, Type.Q6_K):
        return gguf.quants.quantize(values, type_), type_
    # The package reads these and does not write them: blocks by chance, of scales that make numbers like those of a model.
    blocks = random.integers(0, 256, (values.size // numbers, size), dtype=np.uint8)
    scales = np.full(len(blocks), 2e-4 if type_ == Type.Q6_K else 6e-5, np.float16).view(np.uint8).reshape(-1, 2)
    if type_ == Type.Q6_K:
        blocks[:, -2:] = scales
    else:
        blocks[:, 0:2], blocks[:, 2:4] = scales, scales
    return blocks.reshape(*values.shape[:-1], -1), type_


def to_gguf(model: Path, out: Path, arch: gguf.MODEL_ARCH, type_: Type, *, fused=False, split=0, extra=()) -> None:
    """Moves the weights of a folder into a GGUF file under llama.cpp's names, and gives the folder's own the numbers that
    are left of them."""
    shutil.copytree(model, out)
    (out / "model.safetensors").unlink()
    config = json.loads((model / "config.json").read_text())
    weights = load_file(model / "model.safetensors")
    names = gguf.get_tensor_name_map(arch, config["num_hidden_layers"])
    writer = gguf.GGUFWriter(out / "weights.gguf", gguf.MODEL_ARCH_NAMES[arch], split_max_tensors=split)
    random = np.random.default_rng(3)
    parts: dict[str, torch.Tensor] = {}
    for name, tensor in weights.items():
        plain = name.removeprefix("bert.").removeprefix("roberta.").removeprefix("model.")
        if plain.startswith(("pooler.", "cls.", "lm_head.", "head.", "decoder.")):
            continue
        stem, ending = plain.rsplit(".", 1)
        skipped = 0
        if stem == "embeddings.position_embeddings" and config["model_type"] != "bert":
            skipped = config["pad_token_id"] + 1  # llama.cpp counts positions from 0
        if fused and ".attention.self." in stem:
            parts[plain] = tensor
            continue
        data, kind = stored(tensor[skipped:], type_, random)
        writer.add_tensor(f"{names.get_name(stem)}.{ending}", data, raw_dtype=kind)
        weights[name] = torch.cat([tensor[:skipped], torch.from_numpy(gguf.quants.dequantize(data, kind).copy())])
    for layer in range(config["num_hidden_layers"] if fused else 0):
        for ending in ("weight", "bias"):
            stems = [f"encoder.layer.{layer}.attention.self.{which}.{ending}" for which in ("query", "key", "value")]
            data, kind = stored(torch.cat([parts[stem] for stem in stems]), Type.F32, random)
            writer.add_tensor(f"blk.{layer}.attn_qkv.{ending}", data, raw_dtype=kind)
    for name in extra:
        writer.add_tensor(name, np.zeros(4, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    save_file(weights, model / "model.safetensors", {"format": "pt"})


def agrees(tmp_path: Path, case_name: str) -> None:
    case = CASES[case_name]
    inputs = make_inputs(tmp_path / "inputs", case, 11)
    expected = case.reference(tmp_path / "model", inputs, case.prompts[0])
    actual = encode(BUILD / "tests/tools/encode", tmp_path / "gguf", inputs, tmp_path / "run", case.prompts[0])
    close = agreement("text", "", actual["text"], expected["text"])
    assert close.max_error <= MAX_ERROR, close


TYPES = [Type.F32, Type.F16, Type.BF16, Type.Q8_0, Type.Q4_0, Type.Q5_0]
ARCHITECTURES = {
    "bert_mean": gguf.MODEL_ARCH.BERT, "bert_cls_dense": gguf.MODEL_ARCH.BERT, "xlm_roberta": gguf.MODEL_ARCH.BERT,
    "roberta": gguf.MODEL_ARCH.BERT, "modernbert": gguf.MODEL_ARCH.MODERN_BERT,
}  # fmt: skip


@pytest.mark.parametrize("type_", TYPES, ids=lambda type_: type_.name)
@pytest.mark.parametrize("name", ["bert_mean", "modernbert"])
def test_vectors_of_every_type_equal_the_reference(tmp_path: Path, name: str, type_: Type):
    CASES[name].build(tmp_path / "model", 7)
    before = load_file(tmp_path / "model/model.safetensors")
    to_gguf(tmp_path / "model", tmp_path / "gguf", ARCHITECTURES[name], type_)
    after = load_file(tmp_path / "model/model.safetensors")
    assert (type_ == Type.F32) == all(torch.equal(before[key], after[key]) for key in before)
    agrees(tmp_path, name)


@pytest.mark.parametrize("name", ["bert_cls_dense", "xlm_roberta", "roberta"])
def test_vectors_of_every_model_equal_the_reference(tmp_path: Path, name: str):
    CASES[name].build(tmp_path / "model", 7)
    to_gguf(tmp_path / "model", tmp_path / "gguf", ARCHITECTURES[name], Type.Q8_0)
    agrees(tmp_path, name)


@pytest.mark.parametrize("type_", [Type.Q4_K, Type.Q5_K, Type.Q6_K], ids=lambda type_: type_.name)
def test_vectors_of_large_blocks_equal_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, type_: Type):
    monkeypatch.setitem(text_cases.SMALL, "hidden_size", 256)
    monkeypatch.setitem(text_cases.SMALL, "intermediate_size", 512)
    text_cases.build_bert_alone(tmp_path / "model", 7)
    to_gguf(tmp_path / "model", tmp_path / "gguf", gguf.MODEL_ARCH.BERT, type_)
    agrees(tmp_path, "bert_alone")


def test_stacked_projections_are_taken_apart(tmp_path: Path):
    CASES["bert_mean"].build(tmp_path / "model", 7)
    to_gguf(tmp_path / "model", tmp_path / "gguf", gguf.MODEL_ARCH.BERT, Type.F16, fused=True)
    agrees(tmp_path, "bert_mean")


def test_the_parts_of_a_split_file_are_joined(tmp_path: Path):
    CASES["bert_mean"].build(tmp_path / "model", 7)
    to_gguf(tmp_path / "model", tmp_path / "gguf", gguf.MODEL_ARCH.BERT, Type.F16, split=10)
    parts = sorted((tmp_path / "gguf").glob("*.gguf"))
    assert len(parts) > 2
    agrees(tmp_path, "bert_mean")
    parts[1].unlink()
    done = run("encode", tmp_path / "gguf")
    assert done.returncode == 1 and "parts are missing" in done.stderr


def test_safetensors_come_before_other_formats(tmp_path: Path):
    CASES["bert_mean"].build(tmp_path / "model", 7)
    (tmp_path / "model/model.gguf").write_bytes(b"no GGUF at all")
    assert run("encode", tmp_path / "model").returncode == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: shutil.copy(folder / "weights.gguf", folder / "again.gguf"), ["again.gguf", "weights.gguf", "keep"]),
        (lambda folder: (folder / "config.json").unlink(), ["config.json", "made from"]),
        (lambda folder: (folder / "weights.gguf").write_bytes(b""), ["weights.gguf"]),
        (
            lambda folder: text_cases.edit_json(folder / "config.json", model_type="modernbert"),
            ["'bert'", "'modernbert'", "modern-bert (modernbert)"],
        ),
    ],
    ids=["several files", "no config", "empty file", "another model"],
)
def test_folders_that_do_not_fit_are_refused(tmp_path: Path, change, words: list[str]):
    CASES["bert_mean"].build(tmp_path / "model", 7)
    to_gguf(tmp_path / "model", tmp_path / "gguf", gguf.MODEL_ARCH.BERT, Type.F16)
    change(tmp_path / "gguf")
    done = run("encode", tmp_path / "gguf")
    assert done.returncode == 1
    assert all(word in done.stderr for word in words), done.stderr


def test_tensors_without_a_name_are_listed(tmp_path: Path):
    CASES["bert_mean"].build(tmp_path / "model", 7)
    to_gguf(tmp_path / "model", tmp_path / "gguf", gguf.MODEL_ARCH.BERT, Type.F16, extra=("cls.weight", "blk.x.attn_q.weight"))
    done = run("encode", tmp_path / "gguf")
    assert done.returncode == 1
    assert "cls.weight" in done.stderr and "blk.x.attn_q.weight" in done.stderr
    assert "2 tensors" in done.stderr
