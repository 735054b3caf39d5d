"""Language models from a GGUF file alone: tensors, configuration and tokenizer as from the model that it was made of."""

from __future__ import annotations

import io
import json
import subprocess
import unicodedata
from pathlib import Path

import pytest
import sentencepiece
import torch
import transformers
from conftest import BUILD, HOME
from gguf import GGMLQuantizationType as Type
from gguf import RopeScalingType
from gguf_files import QWEN2, add_byte_level_tokenizer, byte_level_tokenizer, tiny_model, write_keys, write_model
from safetensors.torch import load_file
from tokenizer_parts import TOOL, WRITTEN
from tokenizers import processors
from transformers.modeling_gguf_pytorch_utils import load_gguf_checkpoint
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.llama.configuration_llama import LlamaConfig

DUMP = BUILD / "tests/tools/dump_model"
LLAMA3 = QWEN2.replace(r"\p{N}| ?", r"\p{N}{1,3}| ?")
CHANGES = {
    "qwen2": {"tie_word_embeddings": False},
    "qwen3": {"head_dim": 32, "tie_word_embeddings": True},
    "llama": {"rms_norm_eps": 1e-5},
    "gemma3_text": {"head_dim": 32, "sliding_window": 64, "query_pre_attn_scalar": 32},
}


def dump(folder: Path, *out: Path) -> subprocess.CompletedProcess:
    return subprocess.run([DUMP, folder, *out], capture_output=True, text=True, timeout=300, check=False)


def dumped(folder: Path) -> tuple[dict, dict[str, torch.Tensor]]:
    done = dump(folder, folder / "out.safetensors")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout), load_file(folder / "out.safetensors")


# Tensors


@pytest.mark.parametrize("type_", [Type.Q8_0, Type.Q4_0], ids=lambda type_: type_.name)
@pytest.mark.parametrize("model_type", CHANGES)
def test_tensors_have_the_numbers_and_names_of_the_model(tmp_path: Path, model_type: str, type_: Type):
    model = tiny_model(model_type, **CHANGES[model_type])
    expected = write_model(tmp_path, model, type_)
    _, actual = dumped(tmp_path)
    packed = {name for name, tensor in expected.items() if tensor.dim() == 2}
    assert set(actual) == set(expected) | {f"blocks of {name}" for name in packed}
    for name, tensor in expected.items():
        assert torch.equal(actual[name], tensor), name
        assert name not in packed or torch.equal(actual[f"blocks of {name}"], tensor), name


@pytest.mark.parametrize("model_type", CHANGES)
def test_tensors_equal_those_that_transformers_reads(tmp_path: Path, model_type: str):
    model = tiny_model(model_type, **CHANGES[model_type])
    write_model(tmp_path, model)
    _, actual = dumped(tmp_path)
    expected = load_gguf_checkpoint(tmp_path / "model.gguf", return_tensors=True, model_to_load=model)["tensors"]
    assert set(expected) <= set(actual)
    assert len(expected) == sum(not name.startswith("blocks") for name in actual)
    for name, tensor in expected.items():
        assert torch.equal(actual[name], tensor), name


# Configuration


@pytest.mark.parametrize("model_type", CHANGES)
def test_the_configuration_is_that_of_the_model(tmp_path: Path, model_type: str):
    model = tiny_model(model_type, **CHANGES[model_type])
    write_model(tmp_path, model)
    config, _ = dumped(tmp_path)
    assert config["model_type"] == model_type
    assert config["architectures"] == [type(model).__name__]
    again = transformers.AutoConfig.for_model(**config).to_dict()
    for key, value in model.config.to_dict().items():
        if key not in ("architectures", "dtype", "bos_token_id", "eos_token_id", "pad_token_id"):
            assert again[key] == value or again[key] == pytest.approx(value, rel=1e-6), key


def test_biases_of_a_llama_are_told_from_its_tensors(tmp_path: Path):
    write_model(tmp_path, tiny_model("llama", attention_bias=True))
    assert dumped(tmp_path)[0]["attention_bias"] is True


def llama3_divisors(config: LlamaConfig) -> torch.Tensor:
    stretched, _ = ROPE_INIT_FUNCTIONS["llama3"](config, "cpu")
    plain = config.rope_parameters["rope_theta"] ** -(torch.arange(0, config.head_dim, 2) / config.head_dim)
    return plain / stretched


def test_positions_of_llama3_are_told_from_their_divisors(tmp_path: Path):
    parameters = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                  "original_max_position_embeddings": 8192}  # fmt: skip
    model = tiny_model("llama", head_dim=64, rope_parameters=parameters)
    divisors = llama3_divisors(model.config)
    write_model(tmp_path, model, extra=[("rope_freqs.weight", divisors)])
    config, _ = dumped(tmp_path)
    assert config["rope_theta"] == 500000
    assert config["rope_scaling"].pop("factor") == pytest.approx(parameters["factor"])
    assert config["rope_scaling"] == {key: value for key, value in parameters.items() if key not in ("rope_theta", "factor")}
    write_model(tmp_path, model, extra=[("rope_freqs.weight", divisors**1.5)])
    done = dump(tmp_path)
    assert done.returncode == 1 and "rope_freqs" in done.stderr


def test_positions_may_be_stretched_evenly(tmp_path: Path):
    def keys(writer):
        writer.add_rope_scaling_type(RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(8.0)

    write_model(tmp_path, tiny_model("gemma3_text", **CHANGES["gemma3_text"]), keys=keys)
    assert dumped(tmp_path)[0]["rope_scaling"] == {"rope_type": "linear", "factor": 8.0}


def test_a_configuration_beside_the_file_comes_first(tmp_path: Path):
    model = tiny_model("qwen2", **CHANGES["qwen2"])
    write_model(tmp_path, model)
    model.config.save_pretrained(tmp_path)
    config, _ = dumped(tmp_path)
    assert config["transformers_version"] == transformers.__version__


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (lambda writer: writer.add_uint32("qwen2.expert_count", 8), ["qwen2.expert_count", "config.json"]),
        (lambda writer: writer.add_rope_scaling_type(RopeScalingType.LONGROPE), ["longrope"]),
        (lambda writer: writer.add_rope_dimension_count(8), ["8 of the 16 channels"]),
        (lambda writer: writer.add_value_length(8), ["values"]),
    ],
    ids=["unknown key", "longrope", "partly turned", "small values"],
)
def test_what_is_not_implemented_is_named(tmp_path: Path, keys, words: list[str]):
    write_model(tmp_path, tiny_model("qwen2"), keys=keys)
    done = dump(tmp_path)
    assert done.returncode == 1
    assert all(word in done.stderr for word in words), done.stderr


def test_heads_that_do_not_divide_the_rows_are_refused(tmp_path: Path):
    write_model(tmp_path, tiny_model("llama"))
    config, _ = dumped(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps(config | {"num_attention_heads": 3}))
    done = dump(tmp_path)
    assert done.returncode == 1 and "attn_q" in done.stderr and "3 heads" in done.stderr


# Tokenizers


def ours(folder: Path, texts: list[str]) -> list[dict]:
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    done = subprocess.run([TOOL, folder], input=lines.encode(), capture_output=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


TEXTS = [*WRITTEN, "<|im_start|>user\n안녕 2024년<|im_end|>\n", "<think> 12345 <think>", "ab  cd\r\n\n e"]


@pytest.mark.parametrize(
    ("pre", "pattern", "composes", "starts"), [("qwen2", QWEN2, True, False), ("llama-bpe", LLAMA3, False, True)]
)
def test_byte_level_tokenizers_equal_the_one_they_were_made_of(tmp_path: Path, pre, pattern, composes, starts):
    tokenizer = byte_level_tokenizer(pattern, composes, ignore_merges=starts)
    special = {"bos": tokenizer.token_to_id("<|begin|>"), "eos": tokenizer.token_to_id("<|im_end|>")}
    write_keys(tmp_path / "model.gguf", "llama", lambda writer: add_byte_level_tokenizer(writer, tokenizer.to_str(), pre, special))
    if starts:
        tokenizer.post_processor = processors.TemplateProcessing(
            single="<|begin|> $A", pair="<|begin|> $A <|begin|> $B", special_tokens=[("<|begin|>", special["bos"])]
        )
    for text, answer in zip(TEXTS, ours(tmp_path, TEXTS), strict=True):
        expected = tokenizer.encode(text)
        assert answer["ids"] == expected.ids, text
        assert answer["text"] == tokenizer.decode(expected.ids), text


def trained_pieces(**options) -> sentencepiece.SentencePieceProcessor:
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(WRITTEN * 20), model_writer=out, model_type="bpe", vocab_size=700, byte_fallback=True,
        character_coverage=0.98, normalization_rule_name="identity", remove_extra_whitespaces=False, split_digits=True,
        minloglevel=2, **options,
    )  # fmt: skip
    return sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())


def add_pieces(writer, pieces: sentencepiece.SentencePieceProcessor) -> None:
    def kind(id_: int) -> int:
        return 2 if pieces.is_unknown(id_) else 3 if pieces.is_control(id_) else 6 if pieces.is_byte(id_) else 1

    count = pieces.get_piece_size()
    writer.add_tokenizer_model("llama")
    writer.add_token_list([pieces.id_to_piece(id_) for id_ in range(count)])
    writer.add_token_scores([pieces.get_score(id_) for id_ in range(count)])
    writer.add_token_types([kind(id_) for id_ in range(count)])
    writer.add_bos_token_id(pieces.bos_id())
    writer.add_eos_token_id(pieces.eos_id())
    writer.add_unk_token_id(pieces.unk_id())


@pytest.mark.parametrize(("architecture", "prefix"), [("llama", True), ("gemma3", False)])
def test_sentencepiece_tokenizers_equal_the_library(tmp_path: Path, architecture: str, prefix: bool):
    pieces = trained_pieces(add_dummy_prefix=prefix)
    write_keys(tmp_path / "model.gguf", architecture, lambda writer: add_pieces(writer, pieces))
    texts = [text for text in WRITTEN if text and "<" not in text and "\0" not in text and "\ufffd" not in text]
    assert len(texts) > 20
    for text, answer in zip(texts, ours(tmp_path, texts), strict=True):
        assert answer["ids"] == [pieces.bos_id(), *pieces.encode(text)], text
        assert answer["text"] == pieces.decode(pieces.encode(text)) or text.startswith(" "), text


def test_tokenizers_equal_those_that_transformers_makes(tmp_path: Path):
    pieces = trained_pieces(add_dummy_prefix=False)
    write_keys(tmp_path / "model.gguf", "gemma3", lambda writer: add_pieces(writer, pieces))
    theirs = transformers.AutoTokenizer.from_pretrained(tmp_path, gguf_file="model.gguf")
    texts = [text for text in TEXTS if text and not text.startswith(" ")]
    for text, answer in zip(texts, ours(tmp_path, texts), strict=True):
        assert answer["ids"] == theirs.encode(text), text


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (lambda writer: None, ["tokenizer.json"]),
        (lambda writer: writer.add_tokenizer_model("bert"), ["bert", "gpt2"]),
        (lambda writer: (writer.add_tokenizer_model("gpt2"), writer.add_tokenizer_pre("starcoder")), ["starcoder", "qwen2"]),
        (lambda writer: (writer.add_tokenizer_model("gpt2"), writer.add_tokenizer_pre("qwen2")), ["tokenizer.ggml.tokens"]),
    ],
    ids=["no tokenizer", "another kind", "another splitting", "no tokens"],
)
def test_tokenizers_that_cannot_be_made_are_refused(tmp_path: Path, keys, words: list[str]):
    write_keys(tmp_path / "model.gguf", "qwen2", keys)
    done = subprocess.run([TOOL, tmp_path], input=b"", capture_output=True, text=False, timeout=60, check=False)
    assert done.returncode == 1
    assert all(word in done.stderr.decode() for word in words), done.stderr.decode()


# The real thing


@pytest.fixture(scope="module")
def writer_small() -> Path:
    folder = HOME / "packs/writer-small/models/qwen2-5-coder-0-5b-instruct"
    assert folder.is_dir(), f"{folder} is missing; build the pack: scripts/setup.sh --packs writer-small"
    return folder


def test_the_pack_writer_small_has_the_tokenizer_of_its_model(writer_small: Path):
    theirs = transformers.AutoTokenizer.from_pretrained(writer_small, gguf_file="model.gguf")
    # transformers leaves out that this tokenizer composes characters, as the model's own does.
    texts = [text for text in TEXTS if text and text == unicodedata.normalize("NFC", text)]
    for text, answer in zip(texts, ours(writer_small, texts), strict=True):
        assert answer["ids"] == theirs.encode(text), text
    assert ours(writer_small, ["<|im_start|>"])[0]["ids"] == [151644]


def test_the_pack_writer_small_has_the_configuration_of_its_model(writer_small: Path):
    done = dump(writer_small)
    assert done.returncode == 0, done.stderr
    config = json.loads(done.stdout)
    assert config["eos_token_id"] == [151645, 151643]
    sizes = {"hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24, "vocab_size": 151936, "head_dim": 64}
    assert {key: config[key] for key in sizes} == sizes
