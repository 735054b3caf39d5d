"""Causal language models: logits of texts at once, in pieces and in batches with filling, and what is generated."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import transformers
from tokenizers import decoders, processors

from tests.parity.case import Case, Inputs, randomize
from tests.parity.text import train_byte_bpe

POSITIONS, FURTHER, GENERATED = 48, 4, 16  # as in tests/support/tools/generate_main.cpp
SIZES = {
    "hidden_size": 48, "intermediate_size": 56, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 16, "max_position_embeddings": 512, "rms_norm_eps": 1e-5,
}  # fmt: skip
WINDOWS = ["sliding_attention", "sliding_attention", "full_attention"]
LLAMA3 = {
    "rope_type": "llama3", "rope_theta": 5000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}  # fmt: skip
YARN = {"rope_type": "yarn", "rope_theta": 5000.0, "factor": 8.0, "original_max_position_embeddings": 64}


def make_tokenizer(vocab_size: int) -> transformers.PreTrainedTokenizerFast:
    """Byte-level BPE that puts <s> before every text."""
    tokenizer = train_byte_bpe(vocab_size, ["<pad>", "<s>", "</s>"])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", tokenizer.token_to_id("<s>"))]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", model_max_length=512
    )


def write_model(folder: Path, seed: int, config: transformers.PreTrainedConfig, scale: float = 0.15, vocab_size: int = 300) -> None:
    tokenizer = make_tokenizer(vocab_size)
    config.vocab_size = len(tokenizer)
    config.bos_token_id, config.eos_token_id, config.pad_token_id = 1, 2, 0
    torch.manual_seed(seed)
    model = transformers.AutoModelForCausalLM.from_config(config)
    randomize(model, seed, scale)
    generator = torch.Generator().manual_seed(seed + 1)
    for name, buffer in model.named_buffers():
        if name.endswith("e_score_correction_bias"):  # which decides over experts, and is no parameter
            buffer.copy_(torch.randn(buffer.shape, generator=generator) * 0.2)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def builder(config_class: type, changes: Callable[[dict], None] | None = None, **options) -> Callable[[Path, int], None]:
    """What writes a model; `changes` are made to its config.json, such as keys of earlier files for those of today."""

    def build(folder: Path, seed: int) -> None:
        known = {key: value for key, value in {**SIZES, **options}.items() if hasattr(config_class, key)}
        assert set(options) <= set(known), set(options) - set(known)
        write_model(folder, seed, config_class(**known))
        if changes is not None:
            file = folder / "config.json"
            saved = json.loads(file.read_text())
            changes(saved)
            file.write_text(json.dumps(saved, indent=2))

    return build


def earlier_rope(saved: dict) -> None:
    """The keys of files before transformers 5."""
    rope = saved.pop("rope_parameters")
    saved["rope_theta"] = rope.pop("rope_theta")
    saved["rope_scaling"] = {"type": rope.pop("rope_type"), **rope}


def earlier_gemma(saved: dict) -> None:
    rope = saved.pop("rope_parameters")
    saved["rope_theta"] = rope["full_attention"].pop("rope_theta")
    saved["rope_local_base_freq"] = rope["sliding_attention"]["rope_theta"]
    saved["rope_scaling"] = rope["full_attention"]
    saved.pop("layer_types")
    saved["sliding_window_pattern"] = 3


def padded(logits: torch.Tensor) -> torch.Tensor:
    rows = torch.zeros(POSITIONS, logits.shape[-1])
    rows[: len(logits)] = logits[:POSITIONS]
    return rows.flatten()


@torch.no_grad()
def reference(folder: Path, inputs: Inputs, prompt: str) -> dict[str, np.ndarray]:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()
    rows: dict[str, list[torch.Tensor]] = {name: [] for name in OUTPUTS}
    further = [7919 * (i + 1) % model.config.vocab_size for i in range(FURTHER)]
    for text in inputs.text:
        ids = tokenizer(text)["input_ids"]
        logits = model(torch.tensor([ids])).logits[0]
        continued = model(torch.tensor([ids + further])).logits[0, -1]
        generated = model.generate(torch.tensor([ids]), do_sample=False, max_new_tokens=GENERATED)[0, len(ids) :]
        kept = generated[generated != tokenizer.eos_token_id]
        tokens = torch.full((GENERATED,), -1.0)
        tokens[: len(kept)] = kept.float()
        for name, value in zip(OUTPUTS, [padded(logits), logits[-1], continued, continued, tokens], strict=True):
            rows[name].append(value)
    return {name: torch.stack(values).numpy() for name, values in rows.items()}


OUTPUTS = ("text.logits", "text.pieces", "text.left", "text.right", "text.tokens")
# A token between two experts may take the other one. The reference's own bfloat16 reaches 0.988 to 0.997 over a text of these random
# weights, and 0.993 for its last token; ogam's rounds otherwise, and takes another expert for the last token of one text (0.929).
EXPERTS_COSINE = 0.92
EXPERTS = {"moe_intermediate_size": 24, "num_experts_per_tok": 3}
LATENT = {
    "num_key_value_heads": 4, "q_lora_rank": 20, "kv_lora_rank": 24, "qk_rope_head_dim": 8, "qk_nope_head_dim": 12, "v_head_dim": 10,
}  # fmt: skip


def case(name: str, model_type: str, build: Callable[[Path, int], None], bf16_cosine: float | None = 0.999) -> Case:
    return Case(
        name, model_type, build, reference, ("text",), bf16_cosine=bf16_cosine, outputs=OUTPUTS, exact=("text.tokens",), tool="generate"
    )


t = transformers
CASES = [
    case("llama", "llama", builder(t.LlamaConfig, rope_parameters=LLAMA3)),
    case("llama_biases", "llama", builder(
        t.LlamaConfig, earlier_rope, attention_bias=True, mlp_bias=True, tie_word_embeddings=True,
        rope_parameters={"rope_type": "linear", "rope_theta": 5000.0, "factor": 4.0},
    )),
    case("llama_dynamic", "llama", builder(
        t.LlamaConfig, num_key_value_heads=4, rope_parameters={"rope_type": "dynamic", "rope_theta": 5000.0, "factor": 2.0},
    )),
    case("qwen2", "qwen2", builder(t.Qwen2Config, tie_word_embeddings=True)),
    case("qwen2_windows", "qwen2", builder(t.Qwen2Config, use_sliding_window=True, sliding_window=11, max_window_layers=1)),
    case("qwen3", "qwen3", builder(t.Qwen3Config, earlier_rope, attention_bias=True, rope_parameters=YARN)),
    case("gemma3", "gemma3_text", builder(
        t.Gemma3TextConfig, sliding_window=11, layer_types=WINDOWS, query_pre_attn_scalar=20, final_logit_softcapping=3.0,
    )),
    case("gemma3_earlier", "gemma3_text", builder(
        t.Gemma3TextConfig, earlier_gemma, sliding_window=9, layer_types=WINDOWS, tie_word_embeddings=False,
        rope_parameters={
            "full_attention": {"rope_type": "linear", "rope_theta": 30000.0, "factor": 8.0},
            "sliding_attention": {"rope_type": "default", "rope_theta": 3000.0},
        },
    )),
]  # fmt: skip
CASES += [
    case("hyperclovax", "hyperclovax", builder(
        t.HyperCLOVAXConfig, embedding_multiplier=3.0, logits_scaling=0.25, residual_multiplier=0.7, attention_multiplier=0.3,
    )),
    case("hyperclovax_prenorm", "hyperclovax", builder(t.HyperCLOVAXConfig, use_post_norm=False, attention_bias=True, mlp_bias=True)),
    case("exaone4", "exaone4", builder(t.Exaone4Config, sliding_window=11, layer_types=WINDOWS)),
    case("exaone4_full", "exaone4", builder(
        t.Exaone4Config, tie_word_embeddings=True, sliding_window=None, sliding_window_pattern=None,
        layer_types=["full_attention"] * 3, rope_parameters=LLAMA3,
    )),
    case("exaone_moe", "exaone_moe", builder(
        t.ExaoneMoeConfig, **EXPERTS, sliding_window=11, layer_types=WINDOWS, num_experts=8, num_shared_experts=2, n_group=4, topk_group=2,
    ), EXPERTS_COSINE),
    case("solar_open", "solar_open", builder(
        t.SolarOpenConfig, **EXPERTS, n_routed_experts=6, attention_bias=True, rope_parameters=YARN, norm_topk_prob=False,
    ), EXPERTS_COSINE),
    case("axk1", "axk1", builder(t.AXK1Config, **EXPERTS, **LATENT, n_routed_experts=8, n_group=4, topk_group=2, rope_parameters={
        **YARN, "mscale": 1.0, "mscale_all_dim": 0.7,
    }), EXPERTS_COSINE),
    case("axk1_dense", "axk1", builder(
        t.AXK1Config, **EXPERTS, **LATENT, n_routed_experts=6, n_group=1, topk_group=1, rope_interleave=False, attention_bias=True,
        mlp_layer_types=["sparse", "dense", "sparse"],
    )),
]  # fmt: skip
