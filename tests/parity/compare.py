"""Runs ogam beside the reference on one case and says how far apart they are."""

from __future__ import annotations

import json
import math
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy
from PIL import Image

from tests.parity.case import Case, Clip, Inputs

TEXTS = [
    "a red car on the road", "빨간 자동차가 길을 달린다", "", "dog", "한 마리의 강아지 🐶 and a cat, 2026!", "  spaced   out\nlines ",
    "The quick brown fox jumps over the lazy dog. " * 6,
]


@dataclass
class Agreement:
    """How close two sets of vectors are."""

    vectors: str  # the modality, with the output where that has a name of its own
    prompt: str
    items: int
    max_error: float  # of an element, as a share of the largest element of the reference
    min_cosine: float


def make_inputs(folder: Path, case: Case, seed: int) -> Inputs:
    """Pictures, sounds and clips of odd sizes and lengths, and texts of both languages; written under `folder`."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)

    def picture(name: str, width: int, height: int) -> Path:
        path = folder / f"{name}.png"
        x, y = np.meshgrid(np.linspace(0, 7, width), np.linspace(0, 5, height))
        waves = np.stack([np.sin(x * f + p) * np.cos(y * g) for f, g, p in rng.uniform(0.5, 3, (3, 3))], -1)
        noise = rng.integers(0, 60, (height, width, 3))
        Image.fromarray(np.clip(waves * 90 + 110 + noise, 0, 255).astype(np.uint8)).save(path)
        return path

    def sound(name: str, seconds: float) -> Path:
        path = folder / f"{name}.wav"
        t = np.arange(int(seconds * case.sample_rate)) / case.sample_rate
        tones = sum(np.sin(2 * math.pi * f * t + p) for f, p in rng.uniform([80, 0], [4000, 6], (5, 2)))
        samples = np.clip((tones * 0.12 + rng.normal(0, 0.02, t.size)) * 32767, -32768, 32767).astype("<i2")
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(case.sample_rate)
            file.writeframes(samples.tobytes())
        return path

    inputs = Inputs()
    if "text" in case.modalities:
        inputs.text = list(TEXTS)
    if "image" in case.modalities:
        sizes = [(64, 64), (97, 53), (31, 120), (200, 150)]
        inputs.image = [picture(f"image{i}", *size) for i, size in enumerate(sizes)]
    if "audio" in case.modalities:
        inputs.audio = [sound(f"audio{i}", seconds) for i, seconds in enumerate([1.0, 0.37, 3.21])]
    if "video" in case.modalities:
        for i, (count, step, seconds) in enumerate([(4, 0.5, 2.0), (1, 1.0, 0.0), (7, 1.0, 7.0)]):
            frames = [picture(f"clip{i}-{j}", 72, 48) for j in range(count)]
            inputs.video.append(
                Clip(frames, [j * step for j in range(count)], sound(f"clip{i}", seconds) if seconds else None)
            )
    return inputs


def encode(tool: Path, model: Path, inputs: Inputs, folder: Path, prompt: str = "", precision: str = "float32") -> dict:
    """What ogam makes of the inputs: {modality: [N, D]}, or {modality.output: [N, D]} for outputs with other names."""
    request: dict = {"precision": precision, "prompt": prompt}
    for modality in ("text", "image", "audio"):
        if values := getattr(inputs, modality):
            request[modality] = [str(value) for value in values]
    if inputs.video:
        request["video"] = [
            {"frames": [str(f) for f in c.frames], "times": c.times, "audio": c.audio and str(c.audio)} for c in inputs.video
        ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "request.json").write_text(json.dumps(request, ensure_ascii=False))
    command = [tool, model, folder / "request.json", folder / "out.safetensors"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, f"encode of {model.name}: {done.stderr[-2000:]}"
    tensors = safetensors.numpy.load_file(folder / "out.safetensors")
    return {name.removesuffix(".embedding"): values for name, values in tensors.items()}


def agreement(vectors: str, prompt: str, actual: np.ndarray, expected: np.ndarray) -> Agreement:
    assert actual.shape == expected.shape, f"{vectors}: {actual.shape} where {expected.shape} was expected"
    assert np.isfinite(actual).all() and np.isfinite(expected).all(), f"{vectors}: values that are no numbers"
    cosines = (actual * expected).sum(-1) / (np.linalg.norm(actual, axis=-1) * np.linalg.norm(expected, axis=-1))
    error = np.abs(actual - expected).max() / np.abs(expected).max()
    return Agreement(vectors, prompt, len(actual), float(error), float(cosines.min()))
