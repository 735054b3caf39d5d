"""Preprocessors that cut pictures and videos into patches, and the choice of frames, against transformers."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from PIL import Image
from transformers.image_processing_utils import select_best_resolution
from transformers.models.embedding_gemma2.video_processing_embedding_gemma2 import EmbeddingGemma2VideoProcessor
from transformers.models.gemma4 import image_processing_gemma4 as gemma4
from transformers.models.pe_video.video_processing_pe_video import PeVideoVideoProcessor
from transformers.models.qwen2_vl import image_processing_qwen2_vl as qwen2
from transformers.models.qwen3_vl import video_processing_qwen3_vl as qwen3
from transformers.models.siglip2 import image_processing_siglip2 as siglip2
from transformers.video_utils import VideoMetadata

from preprocess_tool import assert_close, preprocess

EXACT = 0.0  # bit for bit
FRAMES = 5


@pytest.fixture(scope="module")
def video(sample_media: Path, tmp_path_factory) -> list[Path]:
    """Frames of one size: cuts of a real picture that move across it."""
    folder = tmp_path_factory.mktemp("video")
    picture = Image.open(sample_media / "pictures/fruits.jpg").convert("RGB")
    paths = [folder / f"{number}.png" for number in range(FRAMES)]
    for number, path in enumerate(paths):
        picture.crop((10 * number, 7 * number, 10 * number + 331, 7 * number + 250)).save(path)
    return paths


def frames_of(paths: list[Path]) -> torch.Tensor:
    return torch.stack([torch.from_numpy(np.array(Image.open(path))).permute(2, 0, 1) for path in paths])


def strings(paths: list[Path]) -> list[str]:
    return [str(path) for path in paths]


def size_or_zero(rule: Callable[..., tuple[int, int]], *arguments: int) -> list[int]:
    try:
        height, width = rule(*arguments)
    except ValueError:
        return [0, 0]
    return [width, height]


@pytest.mark.parametrize(("rule", "budgets", "reference"), [
    ("naflex", [[16, 256], [14, 729], [32, 1]], siglip2.get_image_size_for_max_num_patches),
    ("gemma4", [[16, 3, 280], [16, 3, 70], [14, 2, 1120]],
     lambda h, w, patch, pool, tokens: gemma4.get_aspect_ratio_preserving_size(h, w, patch, tokens * pool**2, pool)),
    ("qwen", [[32, 4096, 1_843_200], [28, 3136, 1_003_520], [28, 500_000, 500_000]], qwen2.smart_resize),
])
def test_sizes_of_pictures_equal_the_reference(rule: str, budgets: list[list[int]], reference, tmp_path: Path):
    rng = random.Random(rule)
    pictures = [[rng.randint(1, top), rng.randint(1, top), 0] for top in (30, 300, 3000, 16_000) for _ in range(500)]
    answers = preprocess([{"kind": "sizes", "rule": rule, "budget": budget, "pictures": pictures} for budget in budgets], tmp_path)
    for budget, answer in zip(budgets, answers):
        expected = [size_or_zero(reference, height, width, *budget) for width, height, _ in pictures]
        assert answer["sizes"].tolist() == expected, budget


def test_sizes_of_videos_equal_the_reference(tmp_path: Path):
    rng = random.Random(9)
    videos = [[rng.randint(1, top), rng.randint(1, top), rng.randint(1, 70)] for top in (30, 300, 3000) for _ in range(500)]
    budgets = [[32, 131_072, 786_432, 2], [32, 4096, 7_864_320, 2], [28, 100, 25_165_824, 4]]
    answers = preprocess([{"kind": "sizes", "rule": "qwen", "budget": budget, "pictures": videos} for budget in budgets], tmp_path)
    for (factor, least, most, pair), answer in zip(budgets, answers):
        expected = [size_or_zero(qwen3.smart_resize, frames, height, width, pair, factor, least, most) for width, height, frames in videos]
        assert answer["sizes"].tolist() == expected


def test_sizes_of_pictures_in_squares_equal_the_reference(tmp_path: Path):
    rng = random.Random(4)
    pictures = [[rng.randint(1, top), rng.randint(1, top), 0] for top in (30, 300, 3000, 16_000) for _ in range(500)]
    grids = [[[384 * rows, 384 * columns] for rows in range(1, 7) for columns in range(1, 7)], [[336, 672], [672, 336], [336, 336]]]
    requests = [{"kind": "sizes", "rule": "squares", "budget": sum(grid, []), "pictures": pictures} for grid in grids]
    for grid, answer in zip(grids, preprocess(requests, tmp_path)):
        best = [select_best_resolution((height, width), grid) for width, height, _ in pictures]
        assert answer["sizes"].tolist() == [[0, 0] if size is None else [size[1], size[0]] for size in best]


def drawn(rng: random.Random, **choices: list) -> dict:
    """One of the choices for some of the keys, and random pixel settings."""
    setting = {key: rng.choice(values) for key, values in choices.items() if rng.random() < 0.7}
    if rng.random() < 0.5:
        setting |= {"do_normalize": True, "image_mean": [rng.random() for _ in range(3)], "image_std": [0.2 + rng.random() for _ in range(3)]}
    return setting


def saved(processors: list, folder: Path) -> list[str]:
    paths = [folder / str(number) for number in range(len(processors))]
    for processor, path in zip(processors, paths):
        processor.save_pretrained(path)
    return strings(paths)


def test_naflex_equals_the_reference(pictures: list[Path], tmp_path: Path):
    rng = random.Random(1)
    processors = [transformers.Siglip2ImageProcessor(
        **drawn(rng, max_num_patches=[100, 256, 400], patch_size=[14, 16], resample=[2, 3])) for _ in range(6)]
    batches = [rng.sample(pictures, 3) for _ in processors]
    requests = [{"kind": "naflex", "folder": folder, "images": strings(batch)}
                for folder, batch in zip(saved(processors, tmp_path), batches)]
    for processor, batch, answer in zip(processors, batches, preprocess(requests, tmp_path)):
        expected = processor([Image.open(path) for path in batch], return_tensors="pt")
        for name in ("pixel_values", "pixel_attention_mask", "spatial_shapes"):
            assert_close(answer[name], expected[name], EXACT)
            assert answer[name].dtype == expected[name].dtype


def test_gemma4_images_equal_the_reference(pictures: list[Path], tmp_path: Path):
    rng = random.Random(2)
    processors = [transformers.Gemma4ImageProcessor(**drawn(rng, max_soft_tokens=[70, 140], resample=[2, 3])) for _ in range(6)]
    batches = [rng.sample(pictures, 2) for _ in processors]
    requests = [{"kind": "gemma4", "folder": folder, "images": strings(batch)}
                for folder, batch in zip(saved(processors, tmp_path), batches)]
    for processor, batch, answer in zip(processors, batches, preprocess(requests, tmp_path)):
        expected = processor([Image.open(path) for path in batch], return_tensors="pt")
        assert_close(answer["pixel_values"], expected["pixel_values"], EXACT)
        assert_close(answer["position_ids"], expected["image_position_ids"], EXACT)
        assert answer["num_soft_tokens"].tolist() == list(expected["num_soft_tokens_per_image"])


@pytest.mark.parametrize("make", [transformers.Gemma4VideoProcessor, EmbeddingGemma2VideoProcessor])
def test_gemma4_frames_equal_the_reference(make, video: list[Path], tmp_path: Path):
    processor = make(max_soft_tokens=140)
    processor.save_pretrained(tmp_path)
    [answer] = preprocess([{"kind": "gemma4", "video": True, "folder": str(tmp_path), "images": strings(video)}], tmp_path)
    expected = processor(videos=[frames_of(video)], do_sample_frames=False, return_tensors="pt")
    assert_close(answer["pixel_values"], expected["pixel_values_videos"].reshape(answer["pixel_values"].shape), EXACT)
    assert_close(answer["position_ids"], expected["video_position_ids"].reshape(answer["position_ids"].shape), EXACT)


def test_qwen_images_equal_the_reference(pictures: list[Path], tmp_path: Path):
    rng = random.Random(3)
    bounds = [{"shortest_edge": 4096, "longest_edge": 200_000}, {"shortest_edge": 100_000, "longest_edge": 150_000}]
    processors = [transformers.Qwen2VLImageProcessor(**drawn(rng, size=bounds, patch_size=[14, 16], merge_size=[1, 2])) for _ in range(6)]
    processors.append(transformers.Qwen2VLImageProcessor(min_pixels=56 * 56, max_pixels=300 * 300))
    batches = [rng.sample(pictures, 2) for _ in processors]
    requests = [{"kind": "qwen", "folder": folder, "images": strings(batch)}
                for folder, batch in zip(saved(processors, tmp_path), batches)]
    for processor, batch, answer in zip(processors, batches, preprocess(requests, tmp_path)):
        expected = processor([Image.open(path) for path in batch], return_tensors="pt")
        assert_close(answer["pixel_values"], expected["pixel_values"], EXACT)
        assert_close(answer["grid_thw"], expected["image_grid_thw"], EXACT)


@pytest.mark.parametrize("setting", [
    {}, {"cap_pixels_per_frame": True, "size": {"shortest_edge": 4096, "longest_edge": 7_864_320}},
    {"cap_pixels_per_frame": True, "max_video_tokens": 40}, {"size": {"shortest_edge": 4096, "longest_edge": 200_000}},
])
def test_qwen_videos_equal_the_reference(setting: dict, video: list[Path], tmp_path: Path):
    processor = transformers.Qwen3VLVideoProcessor(**setting)
    processor.save_pretrained(tmp_path)
    request = {"kind": "qwen", "video": True, "folder": str(tmp_path)}
    lengths = (FRAMES, 2)  # an odd number repeats the last frame
    answers = preprocess([request | {"images": strings(video[:length])} for length in lengths], tmp_path)
    for length, answer in zip(lengths, answers):
        expected = processor(videos=[frames_of(video[:length])], do_sample_frames=False, return_tensors="pt")
        assert_close(answer["pixel_values"], expected["pixel_values_videos"], EXACT)
        assert_close(answer["grid_thw"], expected["video_grid_thw"], EXACT)


def test_pe_video_frames_equal_the_reference(video: list[Path], tmp_path: Path):
    setting = {"size": {"height": 336, "width": 336}, "do_resize": True, "do_rescale": True, "do_normalize": True,
               "image_mean": [0.5] * 3, "image_std": [0.5] * 3}
    processor = PeVideoVideoProcessor(**setting)
    processor.save_pretrained(tmp_path)
    [answer] = preprocess([{"kind": "image", "video": True, "folder": str(tmp_path), "images": strings(video)}], tmp_path)
    expected = processor(videos=[frames_of(video)], do_sample_frames=False, return_tensors="pt")["pixel_values_videos"][0]
    assert_close(answer["pixel_values"], expected, EXACT)


@pytest.mark.parametrize(("make", "settings"), [
    (EmbeddingGemma2VideoProcessor, [{}, {"fps": 2.5, "max_frames": 7}, {"max_frames": 5, "overflow_strategy": "truncate"}]),
    (transformers.Qwen3VLVideoProcessor, [{}, {"fps": 1, "max_frames": 64}, {"fps": 0.3, "min_frames": 2}]),
    (PeVideoVideoProcessor, [{"num_frames": 16}, {"num_frames": 5}, {"fps": 2}, {}]),
    (transformers.Gemma4VideoProcessor, [{}, {"num_frames": 9}]),
])
def test_frames_are_chosen_as_by_the_reference(make, settings: list[dict], tmp_path: Path):
    rng = random.Random(4)
    videos = []
    for _ in range(300):
        frames, fps = rng.randint(32, rng.choice([60, 600, 6000])), rng.choice([10.0, 23.976, 25.0, 29.97, 30.0, 59.94])
        videos.append([frames, fps, frames / fps * rng.choice([1, 1, 0.99, 1.01])])
    processors = [make(**setting) for setting in settings]
    requests = [{"kind": "sampling", "folder": folder, "videos": videos} for folder in saved(processors, tmp_path)]
    for processor, answer in zip(processors, preprocess(requests, tmp_path)):
        assert "error" not in answer, answer
        names = processor.valid_kwargs.__annotations__
        kwargs = {name: getattr(processor, name, None) for name in names}
        for number, (frames, fps, duration) in enumerate(videos):
            metadata = VideoMetadata(total_num_frames=frames, fps=fps, duration=duration)
            assert answer[str(number)].tolist() == list(processor.sample_frames(metadata, **kwargs)), videos[number]
