"""Preprocessing driven by a model folder's files, against the processors of transformers."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image

from preprocess_tool import assert_close, preprocess

# Bit for bit: same pixels, same single precision operations in the same order.
EXACT = 0.0


def opened(paths: list[Path]) -> list[Image.Image]:
    return [Image.open(path) for path in paths]


def test_jpeg_pictures_are_decoded_to_the_pixels_of_pillow(sample_media: Path, tmp_path: Path):
    paths = sorted((sample_media / "pictures").glob("*.jpg"))
    answers = preprocess([{"kind": "decode", "image": str(path)} for path in paths], tmp_path)
    for path, answer in zip(paths, answers):
        assert_close(answer["pixels"], torch.from_numpy(np.array(Image.open(path).convert("RGB"))), EXACT)


def random_settings(rng: random.Random, crops: bool) -> dict:
    """Settings of an image processor; all but the class's own defaults are drawn."""
    settings = {
        "resample": rng.choice([0, 2, 3]),
        "rescale_factor": rng.choice([1 / 255, 1 / 127.5, 0.01]),
        "do_rescale": rng.random() < 0.8,
        "do_normalize": rng.random() < 0.8,
        "image_mean": [rng.uniform(0, 1) for _ in range(3)],
        "image_std": [rng.uniform(0.1, 1) for _ in range(3)],
    }
    side = rng.randint(30, 300)
    settings["size"] = rng.choice([side, {"shortest_edge": side}, {"height": side, "width": rng.randint(30, 300)},
                                   {"shortest_edge": side, "longest_edge": side + rng.randint(0, 50)}])
    if crops:
        settings["crop_size"] = rng.choice([side, {"height": rng.randint(20, 320), "width": rng.randint(20, 320)}])
    return settings


IMAGE_PROCESSORS = {
    "CLIPImageProcessor": True,
    "BitImageProcessor": True,
    "SiglipImageProcessor": False,
    "ViTImageProcessor": False,
}


@pytest.mark.parametrize("name", IMAGE_PROCESSORS)
def test_image_processors_equal_the_reference(name: str, pictures: list[Path], tmp_path: Path):
    rng = random.Random(name)
    settings = [{}] + [random_settings(rng, IMAGE_PROCESSORS[name]) for _ in range(25)]
    requests, expected = [], []
    for number, setting in enumerate(settings):
        processor = getattr(transformers, name)(**setting)
        folder = tmp_path / str(number)
        processor.save_pretrained(folder)
        for path in pictures if not setting else rng.sample(pictures, 2):
            requests.append({"kind": "image", "folder": str(folder), "images": [str(path)]})
            expected.append(processor(Image.open(path), return_tensors="pt")["pixel_values"])
    for request, answer, values in zip(requests, preprocess(requests, tmp_path), expected):
        assert "error" not in answer, (request, answer)
        assert_close(answer["pixel_values"], values.float(), EXACT)


def test_a_batch_equals_its_pictures(pictures: list[Path], tmp_path: Path):
    processor = transformers.CLIPImageProcessor()
    processor.save_pretrained(tmp_path)
    [answer] = preprocess([{"kind": "image", "folder": str(tmp_path), "images": [str(path) for path in pictures]}], tmp_path)
    assert_close(answer["pixel_values"], processor(opened(pictures), return_tensors="pt")["pixel_values"], EXACT)


def test_files_of_older_releases_are_read(pictures: list[Path], tmp_path: Path):
    (tmp_path / "preprocessor_config.json").write_text(
        '{"crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true, '
        '"feature_extractor_type": "CLIPFeatureExtractor", "image_mean": [0.48145466, 0.4578275, 0.40821073], '
        '"image_std": [0.26862954, 0.26130258, 0.27577711], "resample": 3, "size": 224}')
    processor = transformers.AutoImageProcessor.from_pretrained(tmp_path)
    assert isinstance(processor, transformers.CLIPImageProcessor)
    [answer] = preprocess([{"kind": "image", "folder": str(tmp_path), "images": [str(pictures[0])]}], tmp_path)
    assert_close(answer["pixel_values"], processor(Image.open(pictures[0]), return_tensors="pt")["pixel_values"], EXACT)


def test_lanczos_equals_the_reference_on_pillow(pictures: list[Path], tmp_path: Path):
    """torchvision has no such filter. The Pillow backend rescales in double precision: values differ in their last bits."""
    setting = {"resample": 1, "size": {"height": 200, "width": 150}}
    transformers.SiglipImageProcessor(**setting).save_pretrained(tmp_path)
    [answer] = preprocess([{"kind": "image", "folder": str(tmp_path), "images": [str(pictures[1])]}], tmp_path)
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
    expected = SiglipImageProcessorPil(**setting)(Image.open(pictures[1]), return_tensors="pt")["pixel_values"]
    assert_close(answer["pixel_values"], expected, 1e-6)
