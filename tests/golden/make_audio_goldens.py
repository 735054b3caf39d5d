"""Writes the references of the encoders of sound, and of sound and video together: CLAP and PE-AV.

Usage: .venv/bin/python tests/golden/make_audio_goldens.py

Outputs, beside this file:
  clap_tiny/             a random ClapModel of two small stages, its processor and tokenizer (tests/parity/clap.py)
  clap_tiny.safetensors  its spectrograms, pooled audio states, and vectors of sounds and texts
  pe_tiny/               a random PeAudioVideoModel, its processor and tokenizer (tests/parity/pe.py)
  pe_tiny.safetensors    the states of each of its parts for a sound and three frames, and its vectors of texts
"""

import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import ClapModel, ClapProcessor, PeAudioVideoModel, PeAudioVideoProcessor

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from tests.parity import clap, pe  # noqa: E402

TEXTS = ["a red car on the road", "빨간 자동차", ""]


def sound(seconds: float, sample_rate: int, seed: int) -> np.ndarray:
    """Tones and noise."""
    rng = np.random.default_rng(seed)
    t = np.arange(int(seconds * sample_rate)) / sample_rate
    tones = sum(np.sin(2 * np.pi * f * t + p) for f, p in rng.uniform([80, 0], [4000, 6], (5, 2)))
    return (0.12 * tones + rng.normal(0, 0.02, t.size)).astype(np.float32)


def make_clap() -> None:
    folder = HERE / "clap_tiny"
    clap.build(folder, 7, max_position_embeddings=66)
    model = ClapModel.from_pretrained(folder).eval()
    processor = ClapProcessor.from_pretrained(folder)
    clip = sound(0.25, clap.SAMPLE_RATE, 3)
    features = processor.feature_extractor(clip, sampling_rate=clap.SAMPLE_RATE, return_tensors="pt")["input_features"]
    features = torch.cat([features.float(), 20 * torch.rand(1, *features.shape[1:]) - 30])
    with torch.no_grad():
        pooled = model.audio_model(features).pooler_output
        vectors = model.get_audio_features(features).pooler_output
        text = [
            model.get_text_features(**processor.tokenizer(text, return_tensors="pt")).pooler_output[0] for text in TEXTS
        ]
    save_file(
        {"clip": torch.from_numpy(clip), "features": features[:, 0].contiguous(), "pooled": pooled, "audio": vectors,
         "text": torch.stack(text)},
        HERE / "clap_tiny.safetensors",
    )


def make_pe() -> None:
    folder = HERE / "pe_tiny"
    pe.build_audio_video(folder, 7, pe.Size(width=16, codec_width=2, ratios=(2, 5), patch_size=4))
    model = PeAudioVideoModel.from_pretrained(folder).eval()
    processor = PeAudioVideoProcessor.from_pretrained(folder)
    clip = sound(0.0025, pe.SAMPLE_RATE, 5)[:117]  # eleven frames of the codec and a part of one
    frames = np.random.default_rng(6).integers(0, 256, (3, 13, 10, 3), np.uint8)
    audio_inputs = processor.feature_extractor([clip], sampling_rate=pe.SAMPLE_RATE, return_tensors="pt")
    video_inputs = processor.video_processor([frames], return_tensors="pt")
    tokens = [processor.tokenizer(text, return_tensors="pt") for text in TEXTS]
    fusion = model.audio_video_encoder
    audio_tower, video_tower = fusion.embedder.audio_encoder, fusion.embedder.video_encoder
    with torch.no_grad():
        outputs = fusion(**audio_inputs, **video_inputs)
        codec = audio_tower.embedder.dac_encoder(audio_inputs["input_values"])
        pictures = video_tower.embedder.vision_model(video_inputs["pixel_values_videos"][0]).logits
        states = torch.cat([model.text_model(**ids).last_hidden_state[:, 0] for ids in tokens])
        vectors = {
            "text.audio": model.audio_model.text_audio_head(states),
            "text.video": model.video_model.text_video_head(states),
            "text.audio_video": model.text_audio_video_head(states),
            "audio.audio": model.audio_model.audio_head(outputs.audio_model_output.pooler_output),
            "video.video": model.video_model.video_head(outputs.video_model_output.pooler_output),
            "video.audio_video": model.audio_video_head(outputs.pooler_output),
        }
    tensors = {
        "clip": torch.from_numpy(clip), "frames": torch.from_numpy(frames),
        "samples": audio_inputs["input_values"].flatten(), "codec": codec[0],
        "pixels": video_inputs["pixel_values_videos"][0], "pictures": pictures,
        "audio_states": outputs.audio_model_output.last_hidden_state,
        "audio_pooled": outputs.audio_model_output.pooler_output,
        "video_states": outputs.video_model_output.last_hidden_state,
        "video_pooled": outputs.video_model_output.pooler_output,
        "fused_states": outputs.last_hidden_state, "fused_pooled": outputs.pooler_output,
        **{name: torch.nn.functional.normalize(rows, dim=-1) for name, rows in vectors.items()},
    }
    save_file({name: tensor.contiguous().clone() for name, tensor in tensors.items()}, HERE / "pe_tiny.safetensors")


def main() -> None:
    torch.manual_seed(7)
    torch.set_num_threads(1)
    make_clap()
    make_pe()


if __name__ == "__main__":
    main()
