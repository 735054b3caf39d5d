"""Writes corpus/gguf_language_model: the smallest files from which a configuration and a tokenizer are made.

    python tests/fuzz/make_gguf_language_models.py

It needs gguf 0.19.0 and numpy. Weights are zeros.
"""

import pathlib

import gguf
import numpy as np

OUT = pathlib.Path(__file__).parent / "corpus" / "gguf_language_model"
SIZE = 4


def add_shape(writer: gguf.GGUFWriter, tokens: list[str]) -> None:
    writer.add_context_length(8)
    writer.add_block_count(1)
    writer.add_embedding_length(SIZE)
    writer.add_feed_forward_length(SIZE)
    writer.add_head_count(2)
    writer.add_head_count_kv(1)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_tensor("token_embd.weight", np.zeros((len(tokens), SIZE), np.float32))


def add_tokens(writer: gguf.GGUFWriter, model: str, tokens: list[str], kinds: list[int]) -> None:
    writer.add_tokenizer_model(model)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(len(tokens) - 1)


def byte_level(writer: gguf.GGUFWriter) -> None:
    tokens = ["a", "b", "ab", "Ġ", "<think>", "<|im_end|>"]
    add_shape(writer, tokens)
    add_tokens(writer, "gpt2", tokens, [1, 1, 1, 1, 4, 3])
    writer.add_tokenizer_pre("llama-bpe" if writer.arch == "llama" else "qwen2")
    writer.add_token_merges(["a b"])
    writer.add_chat_template("{{ messages }}")
    if writer.arch == "llama":
        writer.add_tensor("rope_freqs.weight", np.ones(1, np.float32))


def pieces(writer: gguf.GGUFWriter) -> None:
    tokens = ["<unk>", "<bos>", *(f"<0x{byte:02X}>" for byte in range(256)), "▁", "a", "▁a", "  ", "<end_of_turn>"]
    add_shape(writer, tokens)
    add_tokens(writer, "llama", tokens, [2, 3, *[6] * 256, 1, 1, 1, 4, 3])
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_unk_token_id(0)
    if writer.arch == "gemma3":
        writer.add_sliding_window(4)
        writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
        writer.add_rope_scaling_factor(8.0)


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for name, architecture, add in (
        ("qwen2", "qwen2", byte_level),
        ("llama3", "llama", byte_level),
        ("llama2", "llama", pieces),
        ("gemma3", "gemma3", pieces),
    ):
        writer = gguf.GGUFWriter(OUT / f"{name}.gguf", architecture)
        add(writer)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()


if __name__ == "__main__":
    main()
