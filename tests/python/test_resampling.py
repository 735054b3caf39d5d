"""Resizing against the libraries whose arithmetic it follows: Pillow and torchvision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms.v2 import functional as torchvision

from preprocess_tool import preprocess

PILLOW, TORCHVISION = 0, 1
NEAREST, LANCZOS, BILINEAR, BICUBIC, BOX, HAMMING = range(6)
MODES = {
    NEAREST: torchvision.InterpolationMode.NEAREST_EXACT,
    BILINEAR: torchvision.InterpolationMode.BILINEAR,
    BICUBIC: torchvision.InterpolationMode.BICUBIC,
}


def reference(image: Image.Image, request: dict) -> np.ndarray:
    width, height, code = request["width"], request["height"], request["filter"]
    if request["arithmetic"] == PILLOW or code not in MODES:
        return np.asarray(image.resize((width, height), code))
    planes = torch.from_numpy(np.array(image)).permute(2, 0, 1).contiguous()
    return torchvision.resize(planes, [height, width], interpolation=MODES[code], antialias=True).permute(1, 2, 0).numpy()


def compare(images: dict[str, Image.Image], requests: list[dict], folder: Path) -> None:
    for name, image in images.items():
        image.save(folder / name)
    answers = preprocess([request | {"image": str(folder / request["image"])} for request in requests], folder)
    for request, answer in zip(requests, answers):
        expected = reference(images[request["image"]], request)
        assert np.array_equal(answer["pixels"].numpy(), expected), request


def random_side(rng: np.random.Generator, smallest: int) -> int:
    return int(rng.integers(smallest, rng.choice([4, 40, 400])))


@pytest.mark.parametrize("arithmetic", [PILLOW, TORCHVISION])
def test_noise_of_random_sizes_becomes_equal_pixels(arithmetic: int, tmp_path: Path):
    rng = np.random.default_rng(20_250)
    smallest = 1 if arithmetic == PILLOW else 2  # torch stops at an assertion of its own for pictures of one pixel
    images, requests = {}, []
    for number in range(80):
        noise = rng.integers(0, 256, (random_side(rng, smallest), random_side(rng, smallest), 3), dtype=np.uint8)
        if number % 2:
            noise = np.where(noise < 128, 0, 255).astype(np.uint8)  # the filters go beyond black and white
        images[f"{number}.png"] = Image.fromarray(noise)
        requests += [
            {"kind": "resample", "image": f"{number}.png", "width": random_side(rng, smallest),
             "height": random_side(rng, smallest), "filter": code, "arithmetic": arithmetic}
            for code in range(6)
        ]
    compare(images, requests, tmp_path)


def test_real_pictures_become_equal_pixels(sample_media: Path, tmp_path: Path):
    rng = np.random.default_rng(3)
    images, requests = {}, []
    for path in sorted((sample_media / "pictures").iterdir()):
        name = path.stem + ".png"
        images[name] = Image.open(path).convert("RGB")
        for code in range(6):
            for arithmetic in (PILLOW, TORCHVISION):
                width, height = (int(side) for side in rng.integers(50, 900, 2))
                requests.append({"kind": "resample", "image": name, "width": width, "height": height,
                                 "filter": code, "arithmetic": arithmetic})
    compare(images, requests, tmp_path)


def test_torchvision_is_not_pillow(sample_media: Path, tmp_path: Path):
    """The two arithmetics are told apart: they differ, by little, on a real picture."""
    image = Image.open(sample_media / "pictures/baboon.jpg").convert("RGB").resize((500, 400))
    image.save(tmp_path / "a.png")
    request = {"kind": "resample", "image": str(tmp_path / "a.png"), "width": 224, "height": 224, "filter": BICUBIC}
    ours = [answer["pixels"].int() for answer in preprocess([request | {"arithmetic": a} for a in (PILLOW, TORCHVISION)], tmp_path)]
    differences = (ours[0] - ours[1]).abs()
    assert 0 < (differences > 0).float().mean() < 0.02
    assert differences.max() <= 2
