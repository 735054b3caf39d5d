"""Preprocessing of sound driven by a model folder's files, against the feature extractors of transformers."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
import transformers
from transformers.audio_utils import window_function
from transformers.models.gemma4.feature_extraction_gemma4 import Gemma4AudioFeatureExtractor
from transformers.models.pe_audio.feature_extraction_pe_audio import PeAudioFeatureExtractor

from preprocess_tool import assert_close, preprocess

EXACT = 0.0


def read_wave(path: Path) -> np.ndarray:
    """The first channel's samples."""
    with wave.open(str(path)) as file:
        assert file.getsampwidth() == 2
        samples = np.frombuffer(file.readframes(file.getnframes()), dtype=np.int16)
        return samples[:: file.getnchannels()].astype(np.float32) / 32768


@pytest.fixture(scope="module")
def sounds(sample_media: Path) -> list[np.ndarray]:
    """Speech and music. At which rate they are taken is the extractors' affair: samples are samples."""
    return [read_wave(sample_media / "sounds" / name) for name in ("austen-0880.wav", "austen-0920.wav", "sax.wav")]


def run(kind: str, extractor, clips: list[np.ndarray], folder: Path) -> dict:
    extractor.save_pretrained(folder)
    paths = [folder / f"{number}.f32" for number in range(len(clips))]
    for path, clip in zip(paths, clips):
        clip.astype(np.float32).tofile(path)
    [answer] = preprocess([{"kind": kind, "folder": str(folder), "clips": [str(path) for path in paths]}], folder)
    assert "error" not in answer, answer
    return answer


@pytest.mark.parametrize("setting", [{}, {"feature_size": 128}, {"hop_length": 200, "n_fft": 512, "chunk_length": 12},
                                     {"sampling_rate": 24_000, "feature_size": 64, "chunk_length": 7}])
def test_whisper_equals_the_reference(setting: dict, sounds: list[np.ndarray], tmp_path: Path):
    extractor = transformers.WhisperFeatureExtractor(**setting)
    clips = [clip[: extractor.n_samples] for clip in sounds]
    answer = run("whisper", extractor, clips, tmp_path)
    for number, clip in enumerate(clips):
        expected = extractor(clip, sampling_rate=extractor.sampling_rate, return_tensors="pt")["input_features"][0]
        # Both compute in single precision, whose sums round differently where a band is almost silent.
        assert_close(answer[str(number)], expected, 1e-4)


# A value of -100 to 60 dB in single precision is 8e-6 from its neighbour at most.
DECIBELS = 2e-5


@pytest.mark.parametrize("setting", [
    {"truncation": truncation, "padding": padding}
    for truncation in ("fusion", "rand_trunc") for padding in ("repeatpad", "repeat", "pad")
] + [{"truncation": "rand_trunc", "feature_size": 40, "max_length_s": 3, "frequency_min": 50, "frequency_max": 9000,
      "hop_length": 320, "fft_window_size": 512, "sampling_rate": 24_000}])
def test_clap_equals_the_reference_for_clips_that_fit(setting: dict, sounds: list[np.ndarray], tmp_path: Path):
    extractor = transformers.ClapFeatureExtractor(**setting)
    clips = [clip[: extractor.nb_max_samples] for clip in sounds] + [sounds[0][:12_345], sounds[1][:1000]]
    answer = run("clap", extractor, clips, tmp_path)
    expected = extractor(clips, sampling_rate=extractor.sampling_rate, return_tensors="pt")["input_features"]
    for number in range(len(clips)):
        assert_close(answer[str(number)], expected[number], DECIBELS)
        assert not answer[f"{number}.is_longer"].item()


@pytest.mark.parametrize("truncation", ["fusion", "rand_trunc"])
def test_clap_takes_the_middle_where_the_reference_draws(truncation: str, sounds: list[np.ndarray], tmp_path: Path):
    extractor = transformers.ClapFeatureExtractor(truncation=truncation, max_length_s=1)
    window = extractor.nb_max_samples
    clips = [sounds[2], sounds[1][: window + 1000], sounds[1][: window + 600], sounds[2][: 3 * window]]
    answer = run("clap", extractor, clips, tmp_path)

    def middle(low, high):
        return (high - 1) // 2 if high > 1 else low

    with mock.patch("numpy.random.choice", lambda positions: positions[len(positions) // 2]), mock.patch("numpy.random.randint", middle):
        expected = [extractor(clip, sampling_rate=48_000, return_tensors="pt") for clip in clips]
    for number, features in enumerate(expected):
        assert_close(answer[str(number)], features["input_features"][0], DECIBELS)
        assert answer[f"{number}.is_longer"].item() == features["is_longer"].item()


def test_clap_takes_a_clip_longer_by_less_than_a_frame_whole(sounds: list[np.ndarray], tmp_path: Path):
    extractor = transformers.ClapFeatureExtractor(truncation="fusion", max_length_s=1)
    clip = sounds[2][: extractor.nb_max_samples + 300]
    answer = run("clap", extractor, [clip], tmp_path)
    expected = extractor([clip, clip], sampling_rate=48_000, return_tensors="pt")["input_features"]
    assert_close(answer["0"], expected[0], DECIBELS)
    assert not answer["0.is_longer"].item()


@pytest.mark.parametrize("setting", [{}, {"feature_size": 64, "min_frequency": 100, "max_frequency": 7000, "mel_floor": 0.01},
                                     {"sampling_rate": 24_000}])
def test_gemma4_audio_equals_the_reference(setting: dict, sounds: list[np.ndarray], tmp_path: Path):
    extractor = Gemma4AudioFeatureExtractor(**setting)
    clips = [sounds[0], sounds[1][:16_000], sounds[1][:16_001], sounds[2][:200_000], sounds[0][:129]]
    answer = run("gemma4_audio", extractor, clips, tmp_path)
    for number, clip in enumerate(clips):
        expected = extractor([clip], return_tensors="pt")
        assert_close(answer[f"{number}.mask"], expected["input_features_mask"][0], EXACT)
        # The reference's Fourier transform is in single precision, this one in double.
        assert_close(answer[str(number)], expected["input_features"][0], 2e-4)
        exact, mask = in_double_precision(extractor, clip)
        assert_close(answer[str(number)], torch.from_numpy(exact * mask[:, None]), 1e-6)


def in_double_precision(extractor: Gemma4AudioFeatureExtractor, clip: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What the reference makes of the clip when it computes in double precision throughout."""
    padding = -len(clip) % 128
    mask = np.concatenate([np.ones(len(clip), np.int32), np.zeros(padding, np.int32)])
    extractor.window = window_function(extractor.frame_length)  # it holds the same in single precision
    return extractor._extract_spectrogram(np.pad(clip.astype(np.float64), (0, padding)), mask)


def test_gemma4_audio_counts_tokens_as_documented(sounds: list[np.ndarray], tmp_path: Path):
    extractor = Gemma4AudioFeatureExtractor()
    clips = [np.resize(sounds[2], length) for length in (16_000, 148_800, 480_000)]
    answer = run("gemma4_audio", extractor, clips, tmp_path)
    frames = [int(answer[f"{number}.mask"].sum()) for number in range(3)]
    assert frames == [99, 929, 2999]
    halved = [(count - 1) // 2 + 1 for count in frames]
    assert [(count - 1) // 2 + 1 for count in halved] == [25, 233, 750]


@pytest.mark.parametrize("extractor", [
    transformers.DacFeatureExtractor(), transformers.DacFeatureExtractor(sampling_rate=44_100, hop_length=300, padding_value=0.25),
    PeAudioFeatureExtractor(), PeAudioFeatureExtractor(hop_length=777),
])
def test_waveforms_equal_the_reference(extractor, sounds: list[np.ndarray], tmp_path: Path):
    for number, clips in enumerate([sounds, sounds[:1], [sounds[0][:5], sounds[1][:1], sounds[2][:3840]], [sounds[0][:2]]]):
        answer = run("waveform", extractor, clips, tmp_path / str(number))
        expected = extractor(clips, sampling_rate=extractor.sampling_rate, return_tensors="pt")
        assert_close(answer["input_values"], expected["input_values"], EXACT)
        assert_close(answer["padding_mask"], expected["padding_mask"], EXACT)


@pytest.mark.parametrize(("kind", "extractor", "change", "code", "named"), [
    ("whisper", transformers.WhisperFeatureExtractor(), {"dither": 0.1}, "unsupported", "dither"),
    ("whisper", transformers.WhisperFeatureExtractor(), {"n_fft": 401}, "corrupt_data", "n_fft"),
    ("whisper", transformers.WhisperFeatureExtractor(), {"hop_length": 0}, "corrupt_data", "hop_length"),
    ("whisper", transformers.WhisperFeatureExtractor(), {"chunk_length": 10**9}, "corrupt_data", "chunk_length"),
    ("whisper", transformers.WhisperFeatureExtractor(), {"feature_extractor_type": "X"}, "unsupported", "X"),
    ("clap", transformers.ClapFeatureExtractor(), {"truncation": "other"}, "unsupported", "truncation"),
    ("clap", transformers.ClapFeatureExtractor(), {"feature_size": 80}, "unsupported", "feature_size"),
    ("clap", transformers.ClapFeatureExtractor(), {"frequency_max": 30_000}, "corrupt_data", "frequency_max"),
    ("gemma4_audio", Gemma4AudioFeatureExtractor(), {"preemphasis": 0.97}, "unsupported", "preemphasis"),
    ("gemma4_audio", Gemma4AudioFeatureExtractor(), {"frame_length": 512}, "unsupported", "frame_length"),
    ("gemma4_audio", Gemma4AudioFeatureExtractor(), {"per_bin_mean": [0.0]}, "unsupported", "per_bin_mean"),
    ("gemma4_audio", Gemma4AudioFeatureExtractor(), {"frame_length_ms": 0.0}, "corrupt_data", "frame_length_ms"),
    ("waveform", transformers.DacFeatureExtractor(), {"feature_size": 2}, "unsupported", "feature_size"),
    ("waveform", transformers.DacFeatureExtractor(), {"hop_length": "5"}, "corrupt_data", "hop_length"),
])
def test_settings_that_are_not_implemented_are_named(kind, extractor, change, code, named, tmp_path: Path):
    (tmp_path / "preprocessor_config.json").write_text(json.dumps(json.loads(extractor.to_json_string()) | change))
    np.zeros(16_000, np.float32).tofile(tmp_path / "a.f32")
    [answer] = preprocess([{"kind": kind, "folder": str(tmp_path), "clips": [str(tmp_path / "a.f32")]}], tmp_path)
    assert answer["error"] == code
    assert named in answer["message"]
