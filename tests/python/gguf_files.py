"""Writes GGUF files of language models as llama.cpp's converter does: names, permuted rows, norms plus one, keys, tokenizer."""

from __future__ import annotations

import json
from pathlib import Path

import gguf
import numpy as np
import tokenizers
import torch
import transformers
from gguf import GGMLQuantizationType as Type
from tokenizer_parts import WRITTEN
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, trainers

ARCHITECTURES = {
    "qwen2": gguf.MODEL_ARCH.QWEN2,
    "qwen3": gguf.MODEL_ARCH.QWEN3,
    "llama": gguf.MODEL_ARCH.LLAMA,
    "gemma3_text": gguf.MODEL_ARCH.GEMMA3,
}
QWEN2 = r"""(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"""
SIZES = {
    "hidden_size": 64, "intermediate_size": 96, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "max_position_embeddings": 512, "vocab_size": 300,
}  # fmt: skip


def tiny_model(model_type: str, **changes) -> transformers.PreTrainedModel:
    """A model with weights by chance, norms among them."""
    torch.manual_seed(5)
    config = transformers.AutoConfig.for_model(model_type, **(SIZES | changes))
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.3)
    return model


def permuted(tensor: torch.Tensor, heads: int) -> torch.Tensor:
    """The rows of each head as llama.cpp wants them for `llama`: those of the two halves in turns."""
    return tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, -1).swapaxes(1, 2).reshape(tensor.shape)


def rope_theta(config) -> float:
    parameters = config.rope_parameters
    return parameters.get("full_attention", parameters)["rope_theta"]


def add_keys(writer: gguf.GGUFWriter, config) -> None:
    writer.add_context_length(config.max_position_embeddings)
    writer.add_block_count(config.num_hidden_layers)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(rope_theta(config))
    if getattr(config, "head_dim", None) is not None:
        writer.add_key_length(config.head_dim)
        writer.add_value_length(config.head_dim)
    if config.model_type == "gemma3_text":
        writer.add_sliding_window(config.sliding_window)
    if config.model_type == "llama":
        writer.add_rope_dimension_count(config.head_dim)
        writer.add_vocab_size(config.vocab_size)


def write_model(folder: Path, model: transformers.PreTrainedModel, type_: Type = Type.Q8_0, keys=None, extra=()) -> dict[str, torch.Tensor]:
    """Writes FOLDER/model.gguf; the tensors under Hugging Face's names, with the numbers that are left of them."""
    config = model.config
    names = gguf.get_tensor_name_map(ARCHITECTURES[config.model_type], config.num_hidden_layers)
    writer = gguf.GGUFWriter(folder / "model.gguf", gguf.MODEL_ARCH_NAMES[ARCHITECTURES[config.model_type]])
    add_keys(writer, config)
    if keys is not None:
        keys(writer)
    left = {}
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and config.tie_word_embeddings:
            continue
        heads = config.num_attention_heads if "q_proj" in name else config.num_key_value_heads
        turned = config.model_type == "llama" and ("q_proj" in name or "k_proj" in name)
        is_norm = config.model_type == "gemma3_text" and name.endswith("norm.weight")
        values = permuted(tensor, heads) if turned else tensor + 1 if is_norm else tensor
        stem, ending = name.rsplit(".", 1)
        kind = type_ if values.dim() == 2 else Type.F32
        data = gguf.quants.quantize(values.numpy(), kind)
        writer.add_tensor(f"{names.get_name(stem)}.{ending}", data, raw_dtype=kind)
        numbers = torch.from_numpy(gguf.quants.dequantize(data, kind).copy())
        if turned:
            inverse = permuted(torch.arange(tensor.shape[0]).float().unsqueeze(1), heads).squeeze(1).long().argsort()
            numbers = numbers[inverse]
        left[name] = numbers - 1 if is_norm else numbers
    for name, values in extra:
        writer.add_tensor(name, np.asarray(values, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return left


def add_byte_level_tokenizer(writer: gguf.GGUFWriter, tokenizer_json: str, pre: str, special: dict[str, int]) -> None:
    """The keys of a byte-level tokenizer.json."""
    content = json.loads(tokenizer_json)
    vocabulary = dict(content["model"]["vocab"])
    kinds = dict.fromkeys(vocabulary, 1)
    for token in content["added_tokens"]:
        vocabulary[token["content"]] = token["id"]
        kinds[token["content"]] = 3 if token["special"] else 4
    tokens = sorted(vocabulary, key=vocabulary.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(pre)
    writer.add_token_list(tokens)
    writer.add_token_types([kinds[token] for token in tokens])
    writer.add_token_merges([" ".join(pair) for pair in content["model"]["merges"]])
    for name, id_ in special.items():
        writer.add_uint32(f"tokenizer.ggml.{name}_token_id", id_)


def write_keys(path: Path, architecture: str, keys) -> None:
    """A file of keys alone."""
    writer = gguf.GGUFWriter(path, architecture)
    keys(writer)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def byte_level_tokenizer(pattern: str, composes: bool, ignore_merges: bool, texts=tuple(WRITTEN)) -> tokenizers.Tokenizer:
    """One of a few hundred tokens of `texts`, with marks of a conversation."""
    tokenizer = tokenizers.Tokenizer(models.BPE(ignore_merges=ignore_merges))
    if composes:
        tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), behavior="isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=700, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator([*texts] * 3, trainer)
    tokenizer.add_special_tokens(["<|begin|>", "<|im_start|>", "<|im_end|>"])
    tokenizer.add_tokens([tokenizers.AddedToken("<think>", special=False, normalized=False)])
    return tokenizer
