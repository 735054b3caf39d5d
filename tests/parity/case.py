"""What a model must show to count: the checkpoint it loads and the vectors that the reference gives."""

from __future__ import annotations

import importlib
import pkgutil
import wave
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch


@dataclass
class Clip:
    """A span of video: frames as picture files, their times in seconds, and a sound file or none."""

    frames: list[Path]
    times: list[float]
    audio: Path | None = None


@dataclass
class Inputs:
    """What is encoded. A case takes the modalities that its model knows."""

    text: list[str] = field(default_factory=list)
    image: list[Path] = field(default_factory=list)  # PNG
    audio: list[Path] = field(default_factory=list)  # mono 16-bit WAV at the case's sample rate
    video: list[Clip] = field(default_factory=list)

    def only(self, modality: str) -> Inputs:
        return Inputs(**{modality: getattr(self, modality)})


@dataclass(frozen=True)
class Case:
    """One checkpoint of one `model_type`.

    `build(folder, seed)` writes it with the reference's `save_pretrained`: weights (random, of a scale at which every
    layer matters), config, processor, tokenizer. `reference(folder, inputs, prompt)` gives, per modality, what the reference
    makes of each item by itself (no batch): float32 [N, D], L2-normalised, through the reference's own processors.
    Where a modality has outputs with other names than "embedding", `outputs` lists every "MODALITY.OUTPUT", and those are
    the keys of what `reference` gives; they need not have length 1. Those among `exact` are whole numbers, such as tokens.
    """

    name: str
    model_type: str
    build: Callable[[Path, int], None]
    reference: Callable[[Path, Inputs, str], dict[str, np.ndarray]]
    modalities: tuple[str, ...]
    prompts: tuple[str, ...] = ("",)
    sample_rate: int = 16000  # of the sounds, hertz
    bf16_cosine: float | None = 0.999  # least, in bfloat16; None where ogam runs the model in float32 alone
    outputs: tuple[str, ...] = ()
    exact: tuple[str, ...] = ()
    tool: str = "encode"  # the program among tests/support/tools that runs the model

    @property
    def vectors(self) -> tuple[str, ...]:
        """The keys of what `reference` gives."""
        return self.outputs or self.modalities


def randomize(model: torch.nn.Module, seed: int, scale: float = 0.05) -> None:
    """Gives every parameter a random value, norms and biases too, so that a forgotten one shows."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            noise = torch.randn(parameter.shape, generator=generator) * scale
            is_norm_weight = parameter.dim() == 1 and bool((parameter == 1).all())
            parameter.copy_(1 + noise if is_norm_weight else noise)


def read_sound(path: Path, sample_rate: int) -> np.ndarray:
    """Samples of a mono 16-bit WAV, float32 in [-1, 1)."""
    with wave.open(str(path)) as file:
        assert file.getframerate() == sample_rate and file.getnchannels() == 1
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768


def normalized(vectors: torch.Tensor) -> np.ndarray:
    """Rows at length 1, float32."""
    return torch.nn.functional.normalize(vectors.float(), dim=-1).numpy()


def all_cases() -> list[Case]:
    """The `CASES` of every module of this package, by name."""
    import tests.parity as package

    cases: list[Case] = []
    for module in pkgutil.iter_modules(package.__path__):
        cases += getattr(importlib.import_module(f"tests.parity.{module.name}"), "CASES", [])
    return sorted(cases, key=lambda case: case.name)
