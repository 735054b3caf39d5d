"""CLAP (`clap`): an HTSAT audio tower beside a RoBERTa text tower."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from unittest import mock

import numpy as np
import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import ClapConfig, ClapFeatureExtractor, ClapModel, ClapProcessor, RobertaTokenizer

from tests.parity.case import Case, Inputs, normalized, randomize, read_sound

SAMPLE_RATE = 48000
SENTENCES = ["a red car on the road", "the sound of a dog", "rain falls on a roof", "빨간 자동차가 달린다", "강아지가 짖는다"]


def make_tokenizer() -> RobertaTokenizer:
    """A byte-level BPE of a few hundred tokens with RoBERTa's special ones."""
    trained = ByteLevelBPETokenizer()
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    trained.train_from_iterator(SENTENCES * 20, vocab_size=330, special_tokens=special, show_progress=False)
    model = json.loads(trained.to_str())["model"]
    return RobertaTokenizer(vocab=model["vocab"], merges=[tuple(merge) for merge in model["merges"]], model_max_length=512)


def build(folder: Path, seed: int, max_position_embeddings: int = 514, fused: bool = False) -> None:
    tokenizer = make_tokenizer()
    # The reference shrinks a long sound to 64 bands, whatever the number of bands.
    bands, side = (64, 64) if fused else (8, 32)
    config = ClapConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
            "intermediate_size": 40, "max_position_embeddings": max_position_embeddings,
        },
        audio_config={
            "spec_size": side, "num_mel_bins": bands, "enable_fusion": fused, "window_size": 4, "patch_size": 4, "patch_stride": [4, 4],
            "patch_embeds_hidden_size": 8, "hidden_size": 16, "depths": [2, 2], "num_attention_heads": [2, 4],
        },
        projection_dim=24,
    )
    model = ClapModel(config).eval()
    randomize(model, seed, 0.15)
    with torch.no_grad():  # of decibels
        norm = model.audio_model.audio_encoder.batch_norm
        norm.running_mean.copy_(torch.linspace(-40, -10, bands))
        norm.running_var.copy_(torch.linspace(90, 400, bands))
        for name, buffer in model.named_buffers():  # of the fusion
            if "fusion_model" in name and buffer.is_floating_point():
                buffer.add_(torch.linspace(0.1, 0.6, buffer.numel()))
    model.save_pretrained(folder)
    extractor = ClapFeatureExtractor(
        feature_size=bands, hop_length=800 if fused else 1600, max_length_s=1 if fused else 4, fft_window_size=2048,
        truncation="fusion" if fused else "rand_trunc",
    )
    ClapProcessor(extractor, tokenizer).save_pretrained(folder)


def reference(folder: Path, inputs: Inputs, prompt: str) -> dict[str, np.ndarray]:
    model = ClapModel.from_pretrained(folder).eval()
    processor = ClapProcessor.from_pretrained(folder)
    vectors: dict[str, list[torch.Tensor]] = {"text": [], "audio": []}
    # The extractor draws its cuts by chance; ogam takes the middle one of those among which it draws.
    middle = mock.patch("numpy.random.choice", lambda values: values[len(values) // 2])
    with torch.no_grad(), middle:
        for text in inputs.text:
            tokens = processor.tokenizer(text, return_tensors="pt", truncation=True)
            vectors["text"].append(model.get_text_features(**tokens).pooler_output[0])
        for path in inputs.audio:
            features = processor.feature_extractor(read_sound(path, SAMPLE_RATE), sampling_rate=SAMPLE_RATE, return_tensors="pt")
            # A sound by itself is always marked as longer than a window, which a model with fusion looks at.
            sound, is_longer = features["input_features"].float(), features["is_longer"]
            vectors["audio"].append(model.get_audio_features(sound, is_longer=is_longer).pooler_output[0])
    return {modality: normalized(torch.stack(rows)) for modality, rows in vectors.items() if rows}


CASES = [
    Case(
        name="clap", model_type="clap", build=build, reference=reference, modalities=("text", "audio"),
        sample_rate=SAMPLE_RATE,
    ),
    Case(
        name="clap_fused", model_type="clap", build=partial(build, fused=True), reference=reference,
        modalities=("text", "audio"), sample_rate=SAMPLE_RATE,
    ),
]
