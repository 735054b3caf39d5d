"""Writes embedding_gemma2_tiny/ and embedding_gemma2_tiny.safetensors: a tiny random EmbeddingGemma 2 with both towers
and what transformers 5.23.0 (torch 2.11.0) makes of inputs to each part and to the whole.

    python tests/golden/make_gemma_goldens.py
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from transformers.models.embedding_gemma2 import EmbeddingGemma2Model

GOLDEN = Path(__file__).resolve().parent
sys.path.insert(0, str(GOLDEN.parents[1]))

from tests.parity.case import Clip, Inputs  # noqa: E402
from tests.parity.compare import make_inputs  # noqa: E402
from tests.parity.gemma import AUDIO, CASES, MEL_BANDS, TEXT, VISION, read_picture, read_sound  # noqa: E402

NAME = "embedding_gemma2_tiny"
CASE = next(case for case in CASES if case.name == "embedding_gemma2")
PADDED_PATCHES = 70 * VISION["pooling_kernel_size"] ** 2


def build(folder: Path) -> EmbeddingGemma2Model:
    """Stored in bfloat16, which halves the files; everything is computed in float32."""
    shutil.rmtree(folder, ignore_errors=True)
    CASE.build(folder, 7)
    EmbeddingGemma2Model.from_pretrained(folder, dtype=torch.bfloat16).save_pretrained(folder)
    return EmbeddingGemma2Model.from_pretrained(folder, dtype=torch.float32).eval()


def vision(model: EmbeddingGemma2Model, random: torch.Generator) -> dict[str, torch.Tensor]:
    """Two pictures of 6 x 9 patches, padded as the processor pads them."""
    rows, columns = 6, 9
    patches = torch.rand(2, rows * columns, 3 * VISION["patch_size"] ** 2, generator=random)
    grid = torch.stack(torch.meshgrid(torch.arange(columns), torch.arange(rows), indexing="xy"), -1).view(1, -1, 2)
    padding = (0, 0, 0, PADDED_PATCHES - rows * columns)
    out = model.vision_tower(
        pixel_values=torch.nn.functional.pad(patches, padding),
        pixel_position_ids=torch.nn.functional.pad(grid, padding, value=-1).expand(2, -1, -1),
    )
    return {"vision.patches": patches, "vision.tokens": out.last_hidden_state.view(2, -1, VISION["hidden_size"])}


def audio(model: EmbeddingGemma2Model, random: torch.Generator) -> dict[str, torch.Tensor]:
    """117 frames, more than two chunks of tokens, padded as in a batch."""
    frames = 117
    features = torch.randn(1, frames, MEL_BANDS, generator=random)
    out = model.audio_tower(
        torch.nn.functional.pad(features, (0, 0, 0, 30)), torch.arange(frames + 30).unsqueeze(0) < frames
    )
    tokens = out.last_hidden_state[out.attention_mask].unsqueeze(0)
    assert tokens.shape[2] == AUDIO["output_proj_dims"]
    return {"audio.features": features, "audio.tokens": tokens}


def text(model: EmbeddingGemma2Model, random: torch.Generator) -> dict[str, torch.Tensor]:
    """Two sequences, one shorter, both longer than a window."""
    embeddings = torch.randn(2, 25, TEXT["hidden_size"], generator=random)
    real = torch.arange(25).unsqueeze(0) < torch.tensor([[25], [17]])
    tokens = model.language_model(inputs_embeds=embeddings, attention_mask=real.long()).last_hidden_state
    tokens = tokens * real.unsqueeze(-1)
    return {
        "text.embeddings": embeddings,
        "text.real": real,
        "text.tokens": tokens,
        "text.pooled": tokens.sum(1) / real.sum(1, keepdim=True),
    }


def whole(folder: Path) -> dict[str, torch.Tensor]:
    """Small inputs of every kind and their vectors."""
    with tempfile.TemporaryDirectory() as scratch:
        inputs = make_inputs(Path(scratch), CASE, 3)
        clip = inputs.video[0]
        inputs = Inputs(
            text=["a red car", "빨간 자동차가 길을 달린다"],
            image=inputs.image[1:3],
            audio=inputs.audio[:2],
            video=[Clip(clip.frames[:2], clip.times[:2])],
        )
        out = {f"{name}.vectors": torch.tensor(rows) for name, rows in CASE.reference(folder, inputs, "query").items()}
        for i, file in enumerate(inputs.image):
            out[f"image.{i}"] = torch.tensor(read_picture(file))
        for i, file in enumerate(inputs.audio):
            out[f"audio.{i}"] = torch.tensor(np.round(read_sound(file) * 32768).astype(np.int16))
        out["video.frames"] = torch.tensor(np.stack([read_picture(frame) for frame in inputs.video[0].frames]))
    return out


def main() -> None:
    folder = GOLDEN / NAME
    model = build(folder)
    random = torch.Generator().manual_seed(5)
    with torch.no_grad():
        tensors = {**vision(model, random), **audio(model, random), **text(model, random), **whole(folder)}
    safetensors.torch.save_file({k: v.contiguous() for k, v in tensors.items()}, GOLDEN / f"{NAME}.safetensors")


if __name__ == "__main__":
    main()
