"""Janus as a painter: tiny random checkpoints, and the pictures that the reference paints."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import torch
import transformers

from tests.parity.case import randomize

BOS, PAD, EOS, BOI = 1, 0, 2, 6


@dataclass(frozen=True)
class Painter:
    name: str
    text: dict = field(default_factory=dict)
    picture: dict = field(default_factory=dict)
    tied: bool = True


PAINTERS = [
    Painter("janus"),
    Painter("janus_wide", {"num_key_value_heads": 4, "attention_bias": True}, {
        "channel_multiplier": [1, 2, 1], "num_res_blocks": 2, "latent_channels": 24, "num_hidden_layers": 3,
    }, tied=False),
]  # fmt: skip


def build(folder: Path, painter: Painter, seed: int = 7) -> None:
    text = {
        "model_type": "llama", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 2,
        "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
    }  # fmt: skip
    picture = {
        "embed_dim": 6, "num_embeddings": 40, "latent_channels": 32, "base_channels": 32, "channel_multiplier": [1, 2],
        "num_res_blocks": 1, "projection_dim": 32, "image_token_embed_dim": 32, "num_hidden_layers": 2,
    }  # fmt: skip
    config = transformers.JanusConfig(
        text_config=text | painter.text, vq_config=picture | painter.picture, image_token_id=5, tie_word_embeddings=painter.tied,
        vision_config={
            "hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 16, "patch_size": 4, "projection_dim": 32,
            "num_image_tokens": 16,
        },
    )  # fmt: skip
    torch.manual_seed(seed)
    model = transformers.JanusForConditionalGeneration(config)
    randomize(model, seed, 0.2)
    with torch.no_grad():  # so that what the decoder makes is about as strong as a picture
        model.model.vqmodel.decoder.conv_out.weight.mul_(0.2)
    settings = model.generation_config
    settings.bos_token_id, settings.pad_token_id, settings.eos_token_id = BOS, PAD, EOS
    settings.generation_kwargs = {"boi_token_id": BOI}
    settings._from_model_config = False  # else they are made anew when the model is loaded
    model.save_pretrained(folder)
    transformers.JanusImageProcessor(image_mean=[0.5, 0.4, 0.6], image_std=[0.5, 0.3, 0.4]).save_pretrained(folder)


@torch.no_grad()
def reference(folder: Path, prompt: list[int], guidance: float) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Greedy codes [N], what the decoder makes of them [3, H, W], and the picture [H, W, 3]."""
    model = transformers.JanusForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    processor = transformers.JanusImageProcessor.from_pretrained(folder)
    ids = torch.tensor([[*prompt, BOI]])
    tokens = model.generate(
        ids, attention_mask=torch.ones_like(ids), generation_mode="image", do_sample=False, guidance_scale=guidance, use_cache=True
    )
    pixels = model.decode_image_tokens(tokens)[0]
    picture = processor.postprocess([pixels.permute(2, 0, 1)], return_tensors="pt")["pixel_values"][0]
    return tokens[0], pixels.permute(2, 0, 1), picture.permute(1, 2, 0)


@torch.no_grad()
def decoded(folder: Path, codes: list[int]) -> torch.Tensor:
    model = transformers.JanusForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    return model.model.vqmodel.decode(torch.tensor([codes]))[0]
