"""Writes language_models.safetensors and .json: what transformers makes of tokens with three tiny random language models, what it
generates, and what its processors leave of logits. The models lie beside: gemma3_text_tiny (with a tokenizer), exaone_moe_tiny, axk1_tiny.

    .venv/bin/python tests/golden/make_language_model_goldens.py

Made with torch 2.11.0 and transformers 5.23.0, seed 3. The weights are rounded to bfloat16 and the reference computes with the
rounded ones in float32.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import safetensors.torch
import torch
import transformers
from transformers.generation import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

GOLDEN = Path(__file__).resolve().parent
sys.path.insert(0, str(GOLDEN.parents[1]))

from tests.parity.language_models import WINDOWS, write_model  # noqa: E402

SEED = 3
VOCABULARY = 280
PROMPT = "a red car 빨간"
SMALL = {
    "hidden_size": 32, "intermediate_size": 24, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 8, "max_position_embeddings": 64,
}  # fmt: skip
MIXTURE = {"moe_intermediate_size": 12, "num_experts_per_tok": 2}
MODELS = {
    "gemma3_text_tiny": transformers.Gemma3TextConfig(
        **SMALL, sliding_window=5, layer_types=WINDOWS, query_pre_attn_scalar=10, final_logit_softcapping=5.0
    ),
    "exaone_moe_tiny": transformers.ExaoneMoeConfig(**SMALL, **MIXTURE, sliding_window=5, layer_types=WINDOWS, num_experts=6),
    "axk1_tiny": transformers.AXK1Config(
        **{key: value for key, value in SMALL.items() if key != "head_dim"} | {"num_key_value_heads": 4}, **MIXTURE, q_lora_rank=20, kv_lora_rank=12, qk_rope_head_dim=6,
        qk_nope_head_dim=10, v_head_dim=9, n_routed_experts=8, n_group=4, topk_group=2,
        rope_parameters={
            "rope_type": "yarn", "rope_theta": 5000.0, "factor": 4.0, "original_max_position_embeddings": 16, "mscale": 1.0,
            "mscale_all_dim": 0.7,
        },
    ),
}  # fmt: skip
SAMPLINGS = [
    {}, {"temperature": 0.7}, {"top_k": 5}, {"top_p": 0.8}, {"min_p": 0.1}, {"repetition_penalty": 1.5}, {"top_p": 1e-6},
    {"temperature": 1.4, "top_k": 20, "top_p": 0.9, "min_p": 0.02, "repetition_penalty": 0.8},
]  # fmt: skip
TOKENS = 50  # of the logits that are sampled from


def rounded_model(name: str) -> transformers.PreTrainedModel:
    """Writes the model, and reads it again in float32."""
    folder = GOLDEN / name
    with tempfile.TemporaryDirectory() as work:
        write_model(Path(work), SEED, MODELS[name], scale=0.3, vocab_size=VOCABULARY)
        model = transformers.AutoModelForCausalLM.from_pretrained(work, dtype=torch.bfloat16)
        model.save_pretrained(folder)
        if name.startswith("gemma3"):
            transformers.AutoTokenizer.from_pretrained(work).save_pretrained(folder)
    for written in folder.iterdir():
        written.chmod(0o644)
    return transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32).eval()


def probabilities(logits: torch.Tensor, before: torch.Tensor, sampling: dict) -> torch.Tensor:
    classes = [
        ("repetition_penalty", RepetitionPenaltyLogitsProcessor), ("temperature", TemperatureLogitsWarper),
        ("top_k", TopKLogitsWarper), ("top_p", TopPLogitsWarper), ("min_p", MinPLogitsWarper),
    ]  # fmt: skip
    processors = LogitsProcessorList([make(sampling[key]) for key, make in classes if key in sampling])
    return processors(before.unsqueeze(0), logits.unsqueeze(0).clone())[0].softmax(-1)


@torch.no_grad()
def main() -> None:
    tensors = {}
    for name in MODELS:
        model = rounded_model(name)
        ids = torch.randint(0, model.config.vocab_size, (2, 21), generator=torch.Generator().manual_seed(SEED))
        tensors |= {f"{name}.ids": ids, f"{name}.logits": model(ids).logits}
        if name.startswith("gemma3"):
            tokenizer = transformers.AutoTokenizer.from_pretrained(GOLDEN / name)
            prompt = torch.tensor([tokenizer(PROMPT)["input_ids"]])
            made = model.generate(prompt, do_sample=False, max_new_tokens=24, repetition_penalty=1.3)[0, prompt.shape[1] :]
            facts = {"prompt": PROMPT, "generated": made.tolist(), "text": tokenizer.decode(made, skip_special_tokens=True)}
    generator = torch.Generator().manual_seed(SEED)
    logits = torch.randn(TOKENS, generator=generator) * 3
    logits[7] = logits[11]  # two that are alike
    before = torch.tensor([3, 11, 3, 40, 2])
    tensors |= {"sampling.logits": logits, "sampling.before": before}
    tensors["sampling.probabilities"] = torch.stack([probabilities(logits, before, sampling) for sampling in SAMPLINGS])
    safetensors.torch.save_file({key: value.contiguous() for key, value in tensors.items()}, GOLDEN / "language_models.safetensors")
    facts["samplings"] = SAMPLINGS
    (GOLDEN / "language_models.json").write_text(json.dumps(facts, ensure_ascii=False) + "\n")
    for written in GOLDEN.glob("language_models.*"):
        written.chmod(0o644)


if __name__ == "__main__":
    main()
