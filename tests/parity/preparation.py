"""How alike texts, pictures and sounds are when the models see them: ogam's tokenizers and preprocessing beside the
reference's own, both driven by the files of one checkpoint."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file

from tests.parity.case import Case, Inputs, read_sound

# The class that a folder's processor files name, and what the `preprocess` tool calls its work.
PICTURE_KINDS = {
    "EmbeddingGemma2VideoProcessor": "gemma4", "Gemma4ImageProcessor": "gemma4", "Qwen2VLImageProcessor": "qwen",
    "LlavaOnevisionImageProcessor": "squares", "Qwen2VLVideoProcessor": "qwen", "Qwen3VLVideoProcessor": "qwen",
    "Siglip2ImageProcessor": "naflex",
}
SOUND_KINDS = {
    "ClapFeatureExtractor": "clap", "Gemma4AudioFeatureExtractor": "gemma4_audio", "PeAudioFeatureExtractor": "waveform",
    "WhisperFeatureExtractor": "whisper",
}


@dataclass
class Preparation:
    """Of one checkpoint; None where it takes no such input."""

    equal_texts: int | None = None  # of the texts, those whose tokens are equal
    texts: int = 0
    pictures: float | None = None  # largest difference of a value, as a share of the largest one
    clips: float | None = None
    sounds: float | None = None


def prepare(case: Case, folder: Path, inputs: Inputs, tools: Path) -> Preparation:
    """Compares what goes into the model in `folder`; `tools` holds the programs `tokenize` and `preprocess`."""
    result = Preparation(texts=len(inputs.text))
    if inputs.text:
        result.equal_texts = equal_tokens(case, folder, inputs.text, tools)
    if inputs.image:
        result.pictures = picture_error(folder, inputs.image, tools / "preprocess")
    if inputs.video:
        # Not all references take a video of a single frame.
        moving = [clip.frames for clip in inputs.video if len(clip.frames) > 1]
        result.clips = max(clip_error(folder, frames, tools / "preprocess") for frames in moving)
    if inputs.audio:
        result.sounds = sound_error(folder, inputs.audio, case.sample_rate, tools / "preprocess")
    return result


def equal_tokens(case: Case, folder: Path, texts: list[str], tools: Path) -> int:
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    if case.model_type.startswith("siglip"):  # which reads texts of one length, its tokenizer's file aside
        length = json.loads((folder / "config.json").read_text())["text_config"]["max_position_embeddings"]
        request = {"kind": "siglip_text", "folder": str(folder), "model_type": case.model_type, "texts": texts, "length": length}
        actual = preprocess(tools / "preprocess", request, folder)["ids"].tolist()
        options = {"padding": "max_length", "truncation": True, "max_length": length}
    else:
        lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
        done = subprocess.run([tools / "tokenize", folder], input=lines.encode(), capture_output=True, check=True)
        actual = [json.loads(line)["ids"] for line in done.stdout.splitlines()]
        options = {}
    assert len(actual) == len(texts)
    return sum(ids == tokenizer(text, **options)["input_ids"] for ids, text in zip(actual, texts))


def picture_error(folder: Path, pictures: list[Path], tool: Path) -> float:
    processor = transformers.AutoImageProcessor.from_pretrained(folder)
    kind = PICTURE_KINDS.get(type(processor).__name__.removesuffix("Fast"), "image")
    answer = preprocess(tool, {"kind": kind, "folder": str(folder), "images": [str(path) for path in pictures]}, folder)
    expected = processor([Image.open(path).convert("RGB") for path in pictures], return_tensors="pt")
    return difference(answer["pixel_values"], expected["pixel_values"])


def clip_error(folder: Path, frames: list[Path], tool: Path) -> float:
    """The choice of frames left out."""
    processor = transformers.AutoVideoProcessor.from_pretrained(folder)
    kind = PICTURE_KINDS.get(type(processor).__name__, "image")
    request = {"kind": kind, "video": True, "folder": str(folder), "images": [str(path) for path in frames]}
    pixels = torch.from_numpy(np.stack([np.asarray(Image.open(path).convert("RGB")) for path in frames])).permute(0, 3, 1, 2)
    expected = processor(videos=[pixels], do_sample_frames=False, return_tensors="pt")
    return difference(preprocess(tool, request, folder)["pixel_values"], expected["pixel_values_videos"])


def sound_error(folder: Path, sounds: list[Path], sample_rate: int, tool: Path) -> float:
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    kind = SOUND_KINDS[type(extractor).__name__]
    samples = [read_sound(path, sample_rate) for path in sounds]
    clips = []
    for i, clip in enumerate(samples):
        clips.append(folder / f"clip{i}.f32")
        clip.astype("<f4").tofile(clips[-1])
    answer = preprocess(tool, {"kind": kind, "folder": str(folder), "clips": [str(path) for path in clips]}, folder)
    worst = 0.0
    for i, clip in enumerate(samples):
        prepared = extractor([clip], sampling_rate=sample_rate, return_tensors="pt")
        expected = next(prepared[key] for key in ("input_features", "input_values") if key in prepared)[0]
        if kind == "waveform":
            actual = answer["input_values"][i, :, : expected.shape[-1]]
        else:
            # Of CLAP's views the first alone: the reference draws the place of the others by chance.
            views = expected.shape[0] if kind == "clap" else 0
            actual, expected = (answer[str(i)][0], expected[0]) if views > 1 else (answer[str(i)], expected)
        worst = max(worst, difference(actual, expected))
    return worst


def preprocess(tool: Path, request: dict, folder: Path) -> dict[str, torch.Tensor]:
    out = folder / "prepared.safetensors"
    done = subprocess.run([tool, out], input=(json.dumps(request) + "\n").encode(), capture_output=True, check=True)
    answer = json.loads(done.stdout)
    assert "error" not in answer, answer
    return {name.partition(".")[2]: tensor for name, tensor in load_file(out).items()}


def difference(actual: torch.Tensor, expected: torch.Tensor) -> float:
    assert actual.numel() == expected.numel(), f"{tuple(actual.shape)} where {tuple(expected.shape)} was expected"
    error = (actual.double().flatten() - expected.double().flatten()).abs().max()
    return float(error / expected.double().abs().max())
