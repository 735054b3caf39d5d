"""Vision-language models whose folders lie or do not fit: one clear error each."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.torch import load_file, save_file

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.parity.vision_language import CASES  # noqa: E402
from tests.python.conftest import BUILD  # noqa: E402

MODELS = ["qwen3_vl_writes", "llava_onevision", "hyperclovax_vision"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    built = {}
    for case in CASES:
        if case.name in MODELS:
            built[case.name] = tmp_path_factory.mktemp(case.name) / "model"
            case.build(built[case.name], 7)
    assert set(built) == set(MODELS)
    return built


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("picture") / "picture.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 50, 3), np.uint8)).save(file)
    return file


def describe(model: Path, pictures: list[Path], folder: Path) -> subprocess.CompletedProcess:
    (folder / "request.json").write_text(json.dumps({"image": [str(file) for file in pictures]}))
    command = [BUILD / "tests/tools/describe", model, folder / "request.json", folder / "out.safetensors"]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)


def changed(content: dict, path: str, value) -> dict:
    """`a.b` is b within a."""
    *parents, key = path.split(".")
    target = content
    for parent in parents:
        target = target[parent]
    target[key] = value
    return content


@pytest.mark.parametrize("name", MODELS)
def test_the_folders_are_sound_before_they_are_spoilt(name: str, folders, picture, tmp_path):
    done = describe(folders[name], [picture], tmp_path)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(("name", "file", "key", "value"), [
    ("qwen3_vl_writes", "config.json", "model_type", "qwen9_vl"),
    ("qwen3_vl_writes", "config.json", "text_config.rope_parameters.mrope_section", [1, 1, 1]),
    ("qwen3_vl_writes", "config.json", "text_config.vocab_size", 10),
    ("qwen3_vl_writes", "config.json", "video_token_id", 3),
    ("qwen3_vl_writes", "config.json", "image_token_id", 10**6),
    ("qwen3_vl_writes", "config.json", "text_config.num_hidden_layers", 400),
    ("qwen3_vl_writes", "config.json", "vision_config.out_hidden_size", 32),
    ("qwen3_vl_writes", "config.json", "a_new_idea", 1),
    ("qwen3_vl_writes", "processor_config.json", "image_processor.patch_size", 14),
    ("qwen3_vl_writes", "processor_config.json", "video_processor.temporal_patch_size", 1),
    ("llava_onevision", "config.json", "text_config.model_type", "gemma3_text"),
    ("llava_onevision", "config.json", "vision_config.model_type", "clip_vision_model"),
    ("llava_onevision", "config.json", "vision_config.image_size", 10**6),
    ("llava_onevision", "config.json", "vision_config.patch_size", 33),
    ("llava_onevision", "config.json", "vision_feature_layer", -9),
    ("llava_onevision", "config.json", "vision_feature_layer", [-2, -1]),
    ("llava_onevision", "config.json", "vision_feature_select_strategy", "default"),
    ("llava_onevision", "config.json", "vision_aspect_ratio", "anyres_max_0"),
    ("llava_onevision", "config.json", "vision_aspect_ratio", "square"),
    ("llava_onevision", "config.json", "image_grid_pinpoints", []),
    ("llava_onevision", "config.json", "image_grid_pinpoints", [[32]]),
    ("llava_onevision", "config.json", "image_grid_pinpoints", [[10**9, 10**9]]),
    ("llava_onevision", "config.json", "image_grid_pinpoints", [[33, 32]]),
    ("llava_onevision", "config.json", "projector_hidden_act", "sparkle"),
    ("llava_onevision", "config.json", "text_config.hidden_size", -1),
    ("llava_onevision", "processor_config.json", "image_processor.size", {"height": 64, "width": 64}),
    ("llava_onevision", "processor_config.json", "image_processor.do_center_crop", True),
    ("hyperclovax_vision", "config.json", "vision_config.window_size", 8),
    ("hyperclovax_vision", "config.json", "vision_config.fullatt_block_indexes", [99]),
    ("hyperclovax_vision", "config.json", "vision_config.num_heads", 3),
    ("hyperclovax_vision", "config.json", "vision_config.spatial_merge_size", 0),
    ("hyperclovax_vision", "config.json", "text_config.model_type", "llama"),
    ("hyperclovax_vision", "config.json", "text_config", None),
    ("hyperclovax_vision", "config.json", "another_tower", {"a": 1}),
    ("hyperclovax_vision", "processor_config.json", "video_processor.merge_size", 4),
])  # fmt: skip
def test_a_broken_configuration_is_one_clear_error(name, file, key, value, folders, picture, tmp_path):
    model = shutil.copytree(folders[name], tmp_path / "model")
    content = changed(json.loads((model / file).read_text()), key, value)
    (model / file).write_text(json.dumps(content))
    done = describe(model, [picture], tmp_path)
    assert done.returncode == 1 and len(done.stderr.strip().splitlines()) <= 4, done
    assert file in done.stderr or "weights" in done.stderr or "tokenizer" in done.stderr, done.stderr


@pytest.mark.parametrize(("name", "tensor"), [
    ("qwen3_vl_writes", "model.visual.merger.norm.weight"), ("qwen3_vl_writes", "lm_head.weight"),
    ("llava_onevision", "image_newline"), ("llava_onevision", "multi_modal_projector.linear_2.bias"),
    ("hyperclovax_vision", "model.vision_projector.weight"), ("hyperclovax_vision", "model.vision_model.merger.ln_q.weight"),
])  # fmt: skip
def test_a_missing_tensor_is_named(name, tensor, folders, picture, tmp_path):
    model = shutil.copytree(folders[name], tmp_path / "model")
    tensors = load_file(model / "model.safetensors")
    del tensors[tensor]
    save_file(tensors, model / "model.safetensors", {"format": "pt"})
    done = describe(model, [picture], tmp_path)
    assert done.returncode == 1 and tensor.removeprefix("model.vision_projector") in done.stderr, done.stderr


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("size", [(1, 4000), (4000, 1), (1, 1)])
def test_pictures_of_any_shape_are_read_or_refused(name, size, folders, tmp_path):
    file = tmp_path / "thin.png"
    Image.new("RGB", size, (200, 30, 90)).save(file)
    done = describe(folders[name], [file], tmp_path)
    assert done.returncode in (0, 1), done
    assert done.returncode == 0 or ("narrow" in done.stderr and len(done.stderr.strip().splitlines()) == 1), done.stderr
