"""Neural audio codecs (`dac`, `encodec`, `mimi`): tiny random checkpoints, and the sound that the reference makes of codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import torch
from transformers import DacConfig, DacModel, EncodecConfig, EncodecModel, MimiConfig, MimiModel, PreTrainedModel

DAC = {
    "encoder_hidden_size": 4, "downsampling_ratios": [2, 4], "decoder_hidden_size": 24, "n_codebooks": 3, "codebook_size": 16,
    "codebook_dim": 5,
}  # fmt: skip
ENCODEC = {
    "hidden_size": 12, "num_filters": 4, "upsampling_ratios": [4, 2], "codebook_size": 16, "num_lstm_layers": 2,
    "target_bandwidths": [12.0, 48.0], "num_residual_layers": 2,
}  # fmt: skip
MIMI = {
    "sampling_rate": 1600, "hidden_size": 24, "num_filters": 4, "upsampling_ratios": [4, 2], "codebook_size": 16, "codebook_dim": 10,
    "vector_quantization_hidden_dimension": 10, "num_quantizers": 4, "upsample_groups": 24, "num_hidden_layers": 2,
    "intermediate_size": 40, "num_attention_heads": 4, "num_key_value_heads": 4, "sliding_window": 9,
}  # fmt: skip


@dataclass(frozen=True)
class Codec:
    name: str
    make: Callable[[dict], PreTrainedModel]
    config: dict = field(default_factory=dict)


def make_dac(config: dict) -> DacModel:
    return DacModel(DacConfig(**DAC | config))


def make_encodec(config: dict) -> EncodecModel:
    return EncodecModel(EncodecConfig(**ENCODEC | config))


def make_mimi(config: dict) -> MimiModel:
    return MimiModel(MimiConfig(**MIMI | config))


CODECS = [
    Codec("dac", make_dac),
    Codec("dac_odd_ratios", make_dac, {"downsampling_ratios": [3, 5, 2]}),
    Codec("encodec", make_encodec),
    Codec("encodec_both_sides", make_encodec, {"use_causal_conv": False, "pad_mode": "constant"}),
    Codec("encodec_group_norm", make_encodec, {"norm_type": "time_group_norm", "audio_channels": 2, "trim_right_ratio": 0.5}),
    Codec("mimi", make_mimi),
    Codec("mimi_shared", make_mimi, {
        "num_key_value_heads": 2, "attention_bias": True, "num_semantic_quantizers": 2, "codebook_dim": 24,
        "vector_quantization_hidden_dimension": 24, "upsample_groups": 6, "use_conv_shortcut": True, "num_residual_layers": 2,
    }),
    Codec("mimi_reflects", make_mimi, {"pad_mode": "reflect", "audio_channels": 2, "frame_rate": 66.0, "trim_right_ratio": 0.5}),
    Codec("encodec_no_shortcut", make_encodec, {"use_conv_shortcut": False, "compress": 4, "num_lstm_layers": 1}),
]  # fmt: skip


def randomize_all(model: PreTrainedModel, seed: int) -> None:
    """Parameters and codebooks; of a scale at which sound keeps its strength."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in [*model.named_parameters(), *model.named_buffers()]:
            noise = torch.randn(tensor.shape, generator=generator)
            if name.endswith(("alpha", "original0", "layer_scale.scale")) or ("norm" in name and name.endswith("weight")):
                tensor.copy_(1 + 0.2 * noise)
            elif name.endswith(("embed", "codebook.weight", "embed_sum")):
                tensor.copy_(noise)
            elif name.endswith("cluster_usage"):
                tensor.copy_(noise.abs() + 0.5)
            elif tensor.is_floating_point() and "quantizer.layers" not in name:
                tensor.copy_(noise / (tensor[0].numel() if tensor.dim() > 1 else 16) ** 0.5)
                if name == "decoder.conv2.weight":  # before a hyperbolic tangent
                    tensor.mul_(0.2)


def build(folder: Path, codec: Codec, seed: int = 7) -> None:
    model = codec.make(codec.config).eval()
    randomize_all(model, seed)
    model.save_pretrained(folder)


def make_reference(codec: Codec, folder: Path) -> PreTrainedModel:
    """The model as it was saved."""
    classes = {make_dac: DacModel, make_encodec: EncodecModel, make_mimi: MimiModel}
    return classes[codec.make].from_pretrained(folder).eval()


def make_codes(model: PreTrainedModel, seed: int = 3) -> dict[str, torch.Tensor]:
    """[Q, T] of all codebooks and of fewer, many frames and one."""
    generator = torch.Generator().manual_seed(seed)
    size = model.config.codebook_size
    most = model.config.n_codebooks if isinstance(model, DacModel) else model.config.num_quantizers
    shapes = {"all": (most, 23), "fewer": (max(most - 1, 1), 9), "one_frame": (most, 1)}
    return {name: torch.randint(0, size, shape, generator=generator) for name, shape in shapes.items()}


def reference(model: PreTrainedModel, codes: torch.Tensor) -> torch.Tensor:
    """[channels, S]."""
    with torch.no_grad():
        if isinstance(model, DacModel):
            return model.decode(audio_codes=codes[None]).audio_values
        if isinstance(model, MimiModel):
            return model.decode(codes[None]).audio_values[0]
        return model.decode(codes[None, None], [None]).audio_values[0]
