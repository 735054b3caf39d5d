"""Writes tiny random checkpoints of CLIP, SigLIP, SigLIP 2 and DINOv2, and what the reference makes of given inputs.

    OMP_NUM_THREADS=1 .venv/bin/python tests/golden/make_image_text_goldens.py

It needs what scripts/requirements/tests.txt names. For each model, beside this file:
  NAME_tiny/             the checkpoint, as tests/parity/image_text.py builds it
  NAME_tiny.safetensors  pixels or patches, ids of texts, and the vectors of both, not normalised; `text_vectors`: those of
                         TEXTS, normalised
  NAME_tiny.json         TEXTS
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.parity import image_text  # noqa: E402
from tests.parity.case import Inputs  # noqa: E402

SEED = 5
TEXTS = ["A red Car!", "빨간 자동차 🐶", "", "the quick brown fox " * 9]
BUILDS = {
    "clip": ("CLIPModel", image_text.build_clip, {}),
    "siglip": ("SiglipModel", image_text.build_siglip, {"tokenizer": "siglip2"}),
    "siglip2": ("Siglip2Model", image_text.build_siglip2, {}),
    "dinov2": ("Dinov2Model", image_text.build_dinov2, {"image_size": 48}),
}


def picture_inputs(name: str) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(SEED)
    if name != "siglip2":
        return {"pixel_values": torch.randn(2, 3, 32, 32, generator=generator)}
    shapes = torch.tensor([[3, 5], [4, 2]])
    mask = (torch.arange(15)[None] < shapes.prod(1)[:, None]).long()
    return {
        "pixel_values": torch.randn(2, 15, 8 * 8 * 3, generator=generator) * mask[..., None],
        "spatial_shapes": shapes,
        "pixel_attention_mask": mask,
    }


def text_inputs(name: str, config) -> torch.Tensor:
    """Ids [2, T]. CLIP reads a text at its first end-of-text token, and is causal: what follows does not matter."""
    if name == "clip":
        first, end = config.vocab_size - 2, config.eos_token_id
        return torch.tensor([[first, 3, 4, 5, end, end, end], [first, 6, 7, 8, 9, 10, end]])
    return torch.arange(2 * image_text.TEXT_LENGTH).view(2, -1) * 7 % config.vocab_size


def make(name: str) -> None:
    model_class, build, options = BUILDS[name]
    folder = HERE / f"{name}_tiny"
    shutil.rmtree(folder, ignore_errors=True)
    build(folder, SEED, **options)
    model = getattr(transformers, model_class).from_pretrained(folder).eval()
    tensors = picture_inputs(name)
    with torch.inference_mode():
        tensors["image_embeds"] = getattr(model, "get_image_features", model)(**tensors).pooler_output
        if hasattr(model, "get_text_features"):
            tensors["ids"] = text_inputs(name, model.config.text_config)
            tensors["text_embeds"] = model.get_text_features(input_ids=tensors["ids"]).pooler_output
            expected = image_text.reference(
                folder, Inputs(text=TEXTS), "", model_class=model_class, padded=name != "clip"
            )
            tensors["text_vectors"] = torch.from_numpy(expected["text"])
            (HERE / f"{name}_tiny.json").write_text(json.dumps({"texts": TEXTS}, ensure_ascii=False) + "\n")
    made_with = f"transformers {transformers.__version__}, torch {torch.__version__}, seed {SEED}"
    path = HERE / f"{name}_tiny.safetensors"
    save_file({key: value.contiguous() for key, value in tensors.items()}, path, {"made_with": made_with})
    for file in (path, folder / "model.safetensors"):
        file.chmod(0o644)


if __name__ == "__main__":
    for name in BUILDS:
        make(name)
