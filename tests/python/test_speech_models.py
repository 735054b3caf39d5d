"""Speech synthesis models and audio codecs against transformers, on random tiny checkpoints that it wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.parity import codecs, vits  # noqa: E402
from tests.python.conftest import BUILD  # noqa: E402

MAX_ERROR = 1e-4  # of a sample, as a share of the loudest


def speak(model: Path, request: dict, folder: Path) -> subprocess.CompletedProcess:
    folder.mkdir(exist_ok=True)
    (folder / "request.json").write_text(json.dumps(request))
    command = [BUILD / "tests/tools/speak", model, folder / "request.json", folder / "out.safetensors"]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize("voice", vits.VOICES, ids=lambda voice: voice.name)
def test_vits_equals_the_reference(voice: vits.Voice, tmp_path: Path):
    saved = vits.Voice(voice.name, voice.config, voice.tokenizer)  # the reference reads its own form of weight norm
    vits.build(tmp_path / "reference", saved)
    vits.build(tmp_path / "model", voice)
    texts = ["Știți că țin la voi", *vits.TEXTS] if voice.tokenizer.get("language") == "ron" else vits.TEXTS
    noise = torch.randn(1 << 20, generator=torch.Generator().manual_seed(3)) * (1 if voice.noise else 0)
    save_file({"noise": noise}, tmp_path / "noise.safetensors")
    request = {"texts": texts, "noise": str(tmp_path / "noise.safetensors"), **voice.request}
    done = speak(tmp_path / "model", request, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    actual = load_file(tmp_path / "run/out.safetensors")
    spoken = vits.reference(tmp_path / "reference", texts, voice.request, noise)
    assert len({waveform.numel() for _, waveform in spoken}) > 1, "texts that all last as long would agree too easily"
    for i, (ids, waveform) in enumerate(spoken):
        assert actual[f"ids.{i}"].tolist() == ids
        assert actual[f"waveform.{i}"].shape == waveform.shape
        error = (actual[f"waveform.{i}"] - waveform).abs().max() / waveform.abs().max()
        assert error <= MAX_ERROR, (texts[i], error)
        assert waveform.std() > 1e-3


BROKEN = {
    "window_size": None, "hidden_size": 10**9, "num_attention_heads": 3, "vocab_size": -1, "upsample_rates": [4, 3],
    "upsample_kernel_sizes": [8], "resblock_dilation_sizes": [[1]], "resblock": "3", "num_speakers": 4,
    "wavenet_kernel_size": 4, "wavenet_dilation_rate": 300, "depth_separable_channels": 4, "hidden_act": "sparkle",
    "a_new_idea": 1, "speaking_rate": 0, "model_type": "vits2", "duration_predictor_flow_bins": 5000,
}  # fmt: skip


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vits") / "model"
    vits.build(folder, vits.Voice("tiny"))
    return folder


def copy_of(model: Path, to: Path) -> Path:
    to.mkdir()
    for file in model.iterdir():
        (to / file.name).write_bytes(file.read_bytes())
    return to


@pytest.mark.parametrize("key", BROKEN)
def test_a_broken_configuration_is_one_clear_error(key: str, tiny: Path, tmp_path: Path):
    model = copy_of(tiny, tmp_path / "model")
    config = json.loads((model / "config.json").read_text())
    (model / "config.json").write_text(json.dumps(config | {key: BROKEN[key]}))
    done = speak(model, {"texts": ["hello"]}, tmp_path / "run")
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, done
    assert "config.json" in done.stderr or "weights" in done.stderr or "activation" in done.stderr


def test_a_missing_tensor_is_named(tiny: Path, tmp_path: Path):
    model = copy_of(tiny, tmp_path / "model")
    tensors = load_file(model / "model.safetensors")
    del tensors["flow.flows.0.conv_pre.weight"]
    save_file(tensors, model / "model.safetensors")
    done = speak(model, {"texts": ["hello"]}, tmp_path / "run")
    assert done.returncode == 1 and "flow.flows.0.conv_pre.weight" in done.stderr


@pytest.mark.parametrize("value", [1e9, float("nan")])
def test_weights_that_would_speak_for_ever_are_refused(value: float, tiny: Path, tmp_path: Path):
    model = copy_of(tiny, tmp_path / "model")
    tensors = load_file(model / "model.safetensors")
    tensors["duration_predictor.flows.0.translate"] = torch.full((2, 1), -value)
    save_file(tensors, model / "model.safetensors")
    done = speak(model, {"texts": ["hello"]}, tmp_path / "run")
    assert done.returncode == 1 and "frames" in done.stderr


@pytest.mark.parametrize("request_part", [{"ids": [[999]]}, {"ids": [[0] * 10000]}, {"texts": ["a"], "rate": -1}])
def test_what_makes_no_sense_is_refused(request_part: dict, tiny: Path, tmp_path: Path):
    done = speak(tiny, request_part, tmp_path / "run")
    assert done.returncode == 1 and done.stderr.strip()

@pytest.mark.parametrize("codec", codecs.CODECS, ids=lambda codec: codec.name)
def test_codecs_decode_as_the_reference_does(codec: codecs.Codec, tmp_path: Path):
    codecs.build(tmp_path / "model", codec)
    model = codecs.make_reference(codec, tmp_path / "model")
    codes = codecs.make_codes(model)
    save_file(codes, tmp_path / "codes.safetensors")
    done = decode_codes(tmp_path / "model", tmp_path)
    assert done.returncode == 0, done.stderr
    sounds = load_file(tmp_path / "out.safetensors")
    for name, numbers in codes.items():
        expected = codecs.reference(model, numbers)
        assert sounds[name].shape == expected.shape, name
        assert expected.std() > 1e-3
        assert (sounds[name] - expected).abs().max() <= MAX_ERROR * expected.abs().max(), name


def decode_codes(model: Path, folder: Path) -> subprocess.CompletedProcess:
    command = [BUILD / "tests/tools/decode_codes", model, folder / "codes.safetensors", folder / "out.safetensors"]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)


@pytest.mark.parametrize(("codec", "changes"), [
    ("dac", {"downsampling_ratios": [2, 1000]}), ("dac", {"decoder_hidden_size": 1}), ("dac", {"n_codebooks": 10**6}), ("dac", {"a_new_idea": 1}),
    ("mimi", {"num_semantic_quantizers": 4}), ("mimi", {"upsample_groups": 5}), ("mimi", {"frame_rate": 200.0}), ("mimi", {"num_attention_heads": 5}),
    ("mimi", {"codebook_dim": 11}), ("mimi", {"sliding_window": 0}), ("mimi", {"use_causal_conv": False}), ("mimi", {"pad_mode": "replicate"}),
    ("encodec", {"chunk_length_s": 1.0}), ("encodec", {"norm_type": "none"}), ("encodec", {"pad_mode": "replicate"}),
    ("encodec", {"target_bandwidths": []}), ("encodec", {"compress": 100}), ("encodec", {"model_type": "speech_codec"}),
])  # fmt: skip
def test_a_broken_codec_is_one_clear_error(codec: str, changes: dict, tmp_path: Path):
    [case] = [c for c in codecs.CODECS if c.name == codec]
    codecs.build(tmp_path / "model", case)
    save_file({"codes": torch.zeros(1, 4, dtype=torch.int64)}, tmp_path / "codes.safetensors")
    assert decode_codes(tmp_path / "model", tmp_path).returncode == 0
    config = json.loads((tmp_path / "model/config.json").read_text())
    (tmp_path / "model/config.json").write_text(json.dumps(config | changes))
    done = decode_codes(tmp_path / "model", tmp_path)
    assert done.returncode == 1 and "config.json" in done.stderr and len(done.stderr.splitlines()) == 1, done


@pytest.mark.parametrize("codes", [torch.full((1, 3), 16), torch.full((1, 3), -1), torch.zeros(99, 3, dtype=torch.int64), torch.zeros(1, 0, dtype=torch.int64),
                                   torch.zeros(1, 3)])  # fmt: skip
def test_codes_that_make_no_sense_are_refused(codes: torch.Tensor, tmp_path: Path):
    for codec in codecs.CODECS[:3:2]:
        codecs.build(tmp_path / codec.name, codec)
        save_file({"codes": codes}, tmp_path / "codes.safetensors")
        done = decode_codes(tmp_path / codec.name, tmp_path)
        assert done.returncode == 1 and "codes" in done.stderr or "ids" in done.stderr
