"""Painters against transformers, on random tiny checkpoints that it wrote."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.parity import janus  # noqa: E402
from tests.python.conftest import BUILD  # noqa: E402

MAX_ERROR = 1e-4  # of a pixel, as a share of the strongest
PROMPTS = [[1, 10, 11, 12], [1, 33, 20], [40, 41, 42, 43, 44, 45, 46]]
CODES = {"rising": list(range(16)), "one": [7] * 16, "mixed": [39, 0, 5, 5, 21, 8, 13, 34, 3, 2, 1, 30, 17, 0, 39, 11]}


def paint(model: Path, request: dict, folder: Path) -> subprocess.CompletedProcess:
    folder.mkdir(exist_ok=True)
    (folder / "request.json").write_text(json.dumps(request))
    command = [BUILD / "tests/tools/paint", model, folder / "request.json", folder / "out.safetensors"]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)


@pytest.fixture(scope="module", params=janus.PAINTERS, ids=lambda painter: painter.name)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = tmp_path_factory.mktemp(request.param.name) / "model"
    janus.build(built, request.param)
    return built


def close(actual: torch.Tensor, expected: torch.Tensor) -> bool:
    assert actual.shape == expected.shape
    return bool((actual - expected).abs().max() <= MAX_ERROR * expected.abs().max())


@pytest.mark.parametrize("guidance", [5.0, 1.5])
def test_the_same_pictures_are_painted(folder: Path, guidance: float, tmp_path: Path):
    done = paint(folder, {"prompts": PROMPTS, "guidance": guidance}, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    made = load_file(tmp_path / "run/out.safetensors")
    painted = set()
    for i, prompt in enumerate(PROMPTS):
        tokens, pixels, picture = janus.reference(folder, prompt, guidance)
        assert made[f"tokens.{i}"].tolist() == tokens.tolist()
        assert close(made[f"pixels.{i}"], pixels)
        assert (made[f"image.{i}"].int() - picture.int()).abs().max() <= 1
        assert len(set(picture.flatten().tolist())) > 20, "a picture of hardly any colour would agree too easily"
        painted.add(tuple(tokens.tolist()))
    assert len(painted) > 1, "prompts that all give one picture would agree too easily"


def test_codes_become_the_same_pixels(folder: Path, tmp_path: Path):
    done = paint(folder, {"prompts": [], "codes": CODES}, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    made = load_file(tmp_path / "run/out.safetensors")
    for name, codes in CODES.items():
        assert close(made[f"decoded.{name}"], janus.decoded(folder, codes)), name


def test_bfloat16_stays_near(folder: Path, tmp_path: Path):
    pixels = {}
    for precision in ("float32", "bfloat16"):
        done = paint(folder, {"prompts": [], "codes": CODES, "precision": precision}, tmp_path / precision)
        assert done.returncode == 0, done.stderr
        pixels[precision] = load_file(tmp_path / precision / "out.safetensors")
    for name in CODES:
        pair = [pixels[precision][f"decoded.{name}"].flatten() for precision in pixels]
        assert torch.nn.functional.cosine_similarity(*pair, dim=0) >= 0.999, name


def test_no_guidance_is_the_prompt_alone(folder: Path, tmp_path: Path):
    done = paint(folder, {"prompts": PROMPTS[:1], "guidance": 1.0}, tmp_path / "run")
    assert done.returncode == 0, done.stderr
    # Next to none: the scores without the prompt count for a millionth.
    tokens, *_ = janus.reference(folder, PROMPTS[0], 1 + 1e-6)
    assert load_file(tmp_path / "run/out.safetensors")["tokens.0"].tolist() == tokens.tolist()


@pytest.mark.parametrize(("file", "path", "value"), [
    ("config.json", "text_config.model_type", "qwen2"), ("config.json", "text_config.hidden_size", 64),
    ("config.json", "vq_config.channel_multiplier", []), ("config.json", "vq_config.channel_multiplier", [1] * 30),
    ("config.json", "vq_config.base_channels", 33), ("config.json", "vq_config.num_embeddings", 10**9),
    ("config.json", "vq_config.num_res_blocks", -1), ("config.json", "vq_config.a_new_idea", 1),
    ("config.json", "vq_config.projection_dim", 16), ("config.json", "vision_config.num_image_tokens", 576),
    ("config.json", "vision_config.patch_size", 0), ("config.json", "model_type", "janus9"),
    ("generation_config.json", "generation_kwargs", {}), ("generation_config.json", "bos_token_id", 10**6),
    ("preprocessor_config.json", "image_mean", [0.5]),
])  # fmt: skip
def test_a_broken_configuration_is_one_clear_error(folder: Path, file: str, path: str, value, tmp_path: Path):
    model = shutil.copytree(folder, tmp_path / "model")
    content = json.loads((model / file).read_text())
    *parents, key = path.split(".")
    target = content
    for parent in parents:
        target = target[parent]
    target[key] = value
    (model / file).write_text(json.dumps(content))
    done = paint(model, {"prompts": PROMPTS}, tmp_path / "run")
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) <= 4, done
    assert file in done.stderr or "weights" in done.stderr, done.stderr


@pytest.mark.parametrize("part", [
    {"prompts": [[]]}, {"prompts": [[1, 64]]}, {"prompts": [[1, -2]]}, {"prompts": [[1] * 60]}, {"prompts": PROMPTS, "guidance": 0.5},
    {"prompts": PROMPTS, "guidance": float("1e9")}, {"prompts": [], "codes": {"a": [1, 2]}}, {"prompts": [], "codes": {"a": [40] * 16}},
])  # fmt: skip
def test_what_makes_no_sense_is_refused(folder: Path, part: dict, tmp_path: Path):
    done = paint(folder, part, tmp_path / "run")
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) == 1, done


def test_a_missing_tensor_is_named(folder: Path, tmp_path: Path):
    model = shutil.copytree(folder, tmp_path / "model")
    tensors = load_file(model / "model.safetensors")
    del tensors["model.vqmodel.decoder.mid.attn_1.q.weight"]
    save_file(tensors, model / "model.safetensors", {"format": "pt"})
    done = paint(model, {"prompts": PROMPTS}, tmp_path / "run")
    assert done.returncode == 1 and "model.vqmodel.decoder.mid.attn_1.q.weight" in done.stderr


def test_scores_that_are_no_numbers_are_refused(folder: Path, tmp_path: Path):
    model = shutil.copytree(folder, tmp_path / "model")
    tensors = load_file(model / "model.safetensors")
    tensors["model.generation_head.vision_head.bias"].fill_(float("nan"))
    save_file(tensors, model / "model.safetensors", {"format": "pt"})
    done = paint(model, {"prompts": PROMPTS}, tmp_path / "run")
    assert done.returncode == 1 and "is nan" in done.stderr, done
