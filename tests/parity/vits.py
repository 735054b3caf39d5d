"""VITS (`vits`): tiny random checkpoints of every kind, and what the reference says with given noise."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import VitsConfig, VitsModel, VitsTokenizer

LETTERS = "k 'abcdefghijlmnopqrstuvwxyz-ăîșţ"  # the first is the pad token, as in MMS-TTS
TEXTS = ["Hello, world!", "kind people KNOW: it's 3 o'clock", "a", "well-known  thing"]
TINY = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "window_size": 2, "ffn_dim": 24, "flow_size": 8,
    "spectrogram_bins": 9, "upsample_initial_channel": 16, "upsample_rates": [4, 2], "upsample_kernel_sizes": [8, 4],
    "resblock_kernel_sizes": [3, 5], "resblock_dilation_sizes": [[1, 3], [1, 2]], "depth_separable_num_layers": 2,
    "duration_predictor_num_flows": 3, "duration_predictor_filter_channels": 12, "prior_encoder_num_flows": 2,
    "prior_encoder_num_wavenet_layers": 2, "posterior_encoder_num_wavenet_layers": 2, "wavenet_dilation_rate": 2,
}  # fmt: skip


@dataclass(frozen=True)
class Voice:
    """A checkpoint and how it is asked to speak."""

    name: str
    config: dict = field(default_factory=dict)
    tokenizer: dict = field(default_factory=dict)
    weight_norm: str = "parametrized"  # or "old" (weight_g, weight_v), or "folded"
    request: dict = field(default_factory=dict)
    noise: bool = True


VOICES = [
    Voice("silent_noise", noise=False),
    Voice("noisy"),
    Voice("no_bias", {"use_bias": False, "hidden_act": "gelu", "ffn_kernel_size": 4}),
    Voice("old_weight_norm", weight_norm="old"),
    Voice("folded_weight_norm", weight_norm="folded"),
    Voice("plain_durations", {"use_stochastic_duration_prediction": False}, request={"rate": 0.5}),
    Voice("speakers", {"num_speakers": 3, "speaker_embedding_size": 5}, request={"speaker": 2}),
    Voice("speakers_plain", {"num_speakers": 2, "speaker_embedding_size": 4, "use_stochastic_duration_prediction": False},
          request={"speaker": 0}),
    Voice("nobody", {"num_speakers": 3, "speaker_embedding_size": 5}),
    Voice("fast", request={"rate": 1.7, "noise_scale": 0.3, "noise_scale_duration": 1.5}),
    Voice("romanian", tokenizer={"language": "ron"}),
    Voice("no_blank", tokenizer={"add_blank": False}),
]  # fmt: skip


def make_model(voice: Voice, seed: int) -> VitsModel:
    """Random, of a scale at which every part matters and the durations differ."""
    model = VitsModel(VitsConfig(**{**TINY, "vocab_size": len(LETTERS) + 1, "sampling_rate": 8000, **voice.config})).eval()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if name.endswith("original0") or ("norm" in name and name.endswith("weight")):
                parameter.copy_(1 + 0.2 * noise)
            else:
                fan = parameter[0].numel() if parameter.dim() > 1 else 16
                parameter.copy_(noise / fan**0.5)
        # Durations of a few frames that differ from token to token.
        for name, parameter in model.duration_predictor.named_parameters():
            if name == "flows.0.log_scale":
                parameter.add_(1.2)
            elif name == "proj.weight":
                parameter.mul_(0.5)
    return model


def normalized_convs(model: VitsModel) -> list[tuple[str, nn.Module]]:
    return [(name, part) for name, part in model.named_modules() if hasattr(part, "parametrizations")]


def save(folder: Path, model: VitsModel, weight_norm: str) -> None:
    model.save_pretrained(folder)
    if weight_norm == "parametrized":
        return
    tensors = load_file(folder / "model.safetensors")
    for name, part in normalized_convs(model):
        length = tensors.pop(f"{name}.parametrizations.weight.original0")
        direction = tensors.pop(f"{name}.parametrizations.weight.original1")
        if weight_norm == "old":
            tensors[f"{name}.weight_g"], tensors[f"{name}.weight_v"] = length, direction
        else:
            tensors[f"{name}.weight"] = part.weight.detach().clone()
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


def build(folder: Path, voice: Voice, seed: int = 7) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save(folder, make_model(voice, seed), voice.weight_norm)
    vocabulary = {letter: i for i, letter in enumerate([*LETTERS, "<unk>"])}
    (folder / "vocab.json").write_text(json.dumps(vocabulary, ensure_ascii=False))
    options = {"pad_token": "k", "language": "eng", "phonemize": False, **voice.tokenizer}
    VitsTokenizer(str(folder / "vocab.json"), **options).save_pretrained(folder)


@contextmanager
def dealt(noise: torch.Tensor):
    """All random numbers come from `noise`, from its beginning."""
    start = 0

    def deal(*shape: int, **_) -> torch.Tensor:
        nonlocal start
        count = torch.Size(shape).numel()
        start += count
        return noise[start - count : start].view(shape)

    real = torch.randn, torch.randn_like
    torch.randn, torch.randn_like = deal, lambda like, **_: deal(*like.shape)
    try:
        yield
    finally:
        torch.randn, torch.randn_like = real


def reference(folder: Path, texts: list[str], request: dict, noise: torch.Tensor) -> list[tuple[list[int], torch.Tensor]]:
    """Ids and waveform of each text, from the checkpoint in `folder` as the reference saved it."""
    model = VitsModel.from_pretrained(folder).eval()
    tokenizer = VitsTokenizer.from_pretrained(folder)
    model.noise_scale = request.get("noise_scale", model.noise_scale)
    model.noise_scale_duration = request.get("noise_scale_duration", model.noise_scale_duration)
    spoken = []
    for text in texts:
        ids = tokenizer(text, return_tensors="pt")["input_ids"]
        with dealt(noise), torch.no_grad():
            waveform = model(ids, speaker_id=request.get("speaker"), speaking_rate=request.get("rate")).waveform[0]
        spoken.append((ids[0].tolist(), waveform))
    return spoken
