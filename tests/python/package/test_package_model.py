"""Vectors from Python: equal to what `ogam embed` writes, in whatever form the inputs come."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import ROOT
from PIL import Image

import ogam

sys.path.insert(0, str(ROOT))

from tests.parity import all_cases  # noqa: E402

SECOND = 16000


@pytest.fixture(scope="module")
def command(request):
    return request.getfixturevalue("ogam")


@pytest.fixture(scope="module")
def visual(starter_pack) -> ogam.Model:
    return ogam.load("starter/visual")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Random tiny checkpoints that the reference writes, by their names in tests/parity."""
    folder = tmp_path_factory.mktemp("models")
    cases = {case.name: case for case in all_cases()}

    def build(name: str) -> Path:
        if not (folder / name).exists():
            cases[name].build(folder / name, 7)
        return folder / name

    return build


def embed(command, *words: object) -> np.ndarray:
    done = command.run("embed", *words)
    assert done.returncode == 0, done.stderr.decode()
    return np.array([json.loads(line)["vector"] for line in done.stdout.splitlines()], np.float32)


def close(actual: torch.Tensor, expected, tolerance: float = 1e-5) -> None:
    np.testing.assert_allclose(actual.numpy(), np.asarray(expected), atol=tolerance)


def assert_rows(vectors: torch.Tensor, count: int, dimension: int) -> None:
    assert vectors.shape == (count, dimension) and vectors.dtype == torch.float32
    close(vectors.norm(dim=1), np.ones(count))


def test_lanes_of_the_pack_give_what_the_command_gives(command, visual, sample_media: Path):
    picture, texts = sample_media / "pictures/cheetah.jpg", ["빨간 자동차", "a dog"]
    assert_rows(visual.encode(image=picture), 1, visual.outputs[0].dimension)
    close(visual.encode(image=picture), embed(command, picture, "--lane", "visual"))
    close(visual.encode(texts), embed(command, *texts, "--lane", "visual"))
    close(ogam.load("text").encode(texts), embed(command, *texts))


def test_a_sound_gives_what_the_command_gives_for_a_window(command, starter_pack, sample_media: Path):
    path = sample_media / "sounds/sax.wav"
    windows = embed(command, path)
    sound = ogam.load("sound")
    first = ogam.VideoReader(path).audio(0, 4.8)
    close(sound.encode(audio=(first, SECOND)), windows[:1], 1e-4)
    assert_rows(sound.encode(audio=[path, (first.numpy(), SECOND)]), 2, windows.shape[1])


def test_a_model_by_itself_gives_what_the_command_gives(command, tiny, sample_media: Path):
    folder = tiny("clip")
    model = ogam.load(folder)
    pictures = sorted((sample_media / "pictures").iterdir())
    assert model.modalities == ("text", "image")
    both = model.encode(["a red car", "강아지"], image=list(pictures))
    close(both["text"], embed(command, "a red car", "강아지", "--model", folder))
    close(both["image"], embed(command, *pictures, "--model", folder))


def test_prompts_and_precision_are_those_of_the_command_and_cutting_is_refused(command, tiny):
    folder = tiny("embedding_gemma2")
    model = ogam.load(folder)
    close(model.encode("a car", prompt="query"), embed(command, "a car", "--model", folder, "--prompt", "query"))
    assert not np.allclose(model.encode("a car"), model.encode("a car", prompt="query"))
    rounded = ogam.load(folder, precision="bfloat16")
    close(rounded.encode("a car"), embed(command, "a car", "--model", folder, "--precision", "bfloat16"))
    whole = model.outputs[0].dimension
    close(model.encode("a car", dim=whole), model.encode("a car"))
    assert model.outputs[0].min_dimension == 0  # what may not be cut
    with pytest.raises(ValueError, match="only whole"):
        model.encode("a car", dim=whole - 1)


def test_a_video_gives_what_the_command_gives(command, tiny, sample_media: Path):
    folder, path = tiny("embedding_gemma2"), sample_media / "videos/bikes.mp4"
    model = ogam.load(folder)
    assert "video" in model.modalities
    close(model.encode(video=path), embed(command, path, "--model", folder), 1e-4)


def test_frames_in_memory_give_what_their_file_gives(tiny, sample_media: Path):
    model = ogam.load(tiny("pe_video"))
    path = sample_media / "videos/bikes.mp4"
    frames = list(ogam.VideoReader(path))
    steps = np.diff([frame.time for frame in frames])
    assert np.allclose(steps, steps[0], atol=1e-5), "this needs a video of constant rate"
    clip = torch.stack([frame.pixels for frame in frames])
    close(model.encode(video=(clip, 1 / steps.mean())), model.encode(video=path), 1e-4)


def test_a_picture_has_the_same_vector_in_every_form(visual, sample_media: Path, tmp_path: Path):
    png = tmp_path / "치타.png"
    Image.open(sample_media / "pictures/cheetah.jpg").convert("RGB").resize((301, 207)).save(png)
    pixels = np.array(Image.open(png))
    wide = np.zeros((207, 400, 3), np.uint8)
    wide[:, :301] = pixels
    read_only = pixels.copy()
    read_only.flags.writeable = False
    forms = [png, str(png), Image.open(png), pixels, wide[:, :301], read_only, pixels[::-1].copy()[::-1],
             torch.from_numpy(pixels).permute(2, 0, 1), torch.from_numpy(pixels).permute(2, 0, 1).contiguous()]  # fmt: skip
    rows = visual.encode(image=forms)
    close(rows, rows[:1].expand(len(forms), -1), 1e-6)


def test_pil_pictures_are_taken_as_their_files_are(visual, tmp_path: Path):
    generator = np.random.default_rng(3)
    turned, clear = tmp_path / "turned.png", tmp_path / "clear.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(generator.integers(0, 256, (64, 96, 3), np.uint8)).save(turned, exif=exif)
    Image.fromarray(generator.integers(0, 256, (64, 96, 4), np.uint8), "RGBA").save(clear)
    for path in (turned, clear):
        close(visual.encode(image=Image.open(path)), visual.encode(image=path), 5e-3)


def test_an_item_does_not_depend_on_its_batch(visual, sample_media: Path):
    pictures = sorted((sample_media / "pictures").iterdir()) * 2
    assert len(pictures) > 8
    together = visual.encode(image=pictures)
    close(together[:1], visual.encode(image=pictures[0]))
    close(together[-1:], visual.encode(image=pictures[-1]))


def test_no_inputs_give_no_rows(visual):
    assert visual.encode([]).shape == (0, visual.outputs[0].dimension)
    assert visual.encode(image=[]).shape == (0, visual.outputs[0].dimension)


def test_results_cross_without_a_copy_and_may_be_trained_on(visual, tiny):
    rows = visual.encode(["한 줄", "두 줄"])
    assert not rows.is_inference() and rows.is_contiguous()
    # torch cannot grow what it did not allocate: the storage is the model's own memory, kept alive.
    assert not rows.untyped_storage().resizable()
    assert rows.numpy().ctypes.data == rows.data_ptr()
    head = torch.nn.Linear(rows.shape[1], 2)
    head(rows).sum().backward()
    assert head.weight.grad is not None
    kept = rows.clone()
    del visual
    visual2 = ogam.load("starter/visual")
    visual2.encode(["또 다른 줄"] * 8)
    assert torch.equal(rows, kept)


def test_spaces_tell_models_apart(visual, tiny):
    clip, siglip = ogam.load(tiny("clip")), ogam.load(tiny("siglip"))
    assert clip.space != siglip.space and clip.space == ogam.load(tiny("clip")).space
    spaces = {space.id: space for space in ogam.Pack.open("starter").spaces}
    assert spaces[visual.space].lane == "visual"
    second = visual.outputs[1].name
    assert spaces[visual.space_of(second)].name.endswith(second)
    assert visual.encode("고양이").shape[1] == spaces[visual.space].dimension


@pytest.mark.parametrize(("call", "kind"), [
    (lambda m: m.encode(), ValueError),
    (lambda m: m.encode(5), (ValueError, TypeError)),
    (lambda m: m.encode([1, 2]), ValueError),
    (lambda m: m.encode("x", output="smell"), ValueError),
    (lambda m: m.encode("x", prompt="query"), ValueError),
    (lambda m: m.encode("x", dim=3), ValueError),
    (lambda m: m.encode("x", dim=-1), ValueError),
    (lambda m: m.encode(image="없는 그림.png"), FileNotFoundError),
    (lambda m: m.encode(image=np.zeros((4, 4), np.uint8)), ValueError),
    (lambda m: m.encode(image=np.zeros((4, 4, 3), np.float32)), ValueError),
    (lambda m: m.encode(image=torch.zeros(4, 4, 3, dtype=torch.uint8)), ValueError),
    (lambda m: m.encode(image=torch.zeros(3, 4, 4)), ValueError),
    (lambda m: m.encode(image=torch.zeros(3, 0, 4, dtype=torch.uint8)), ValueError),
    (lambda m: m.encode(image=Image.new("I;16", (4, 4))), NotImplementedError),
    (lambda m: m.encode(image=5), ValueError),
    (lambda m: m.encode(audio="x.wav"), NotImplementedError),
    (lambda m: m.encode(audio=(np.zeros(4, np.float32), 0)), ValueError),
    (lambda m: m.encode(audio=(np.zeros(4, np.int16), 16000)), ValueError),
    (lambda m: m.encode(audio=(np.zeros((2, 4), np.float32), 16000)), ValueError),
    (lambda m: m.encode(video="x.mp4"), NotImplementedError),
    (lambda m: m.encode(video=torch.zeros(2, 3, 4, 4, dtype=torch.uint8)), ValueError),
])  # fmt: skip
def test_inputs_that_make_no_sense_are_refused(visual, call, kind):
    with pytest.raises(kind) as error:
        call(visual)
    assert str(error.value)


@pytest.mark.parametrize(("call", "kind", "message"), [
    (lambda f: ogam.load("nobody/nothing"), ogam.Error, "ogam models pull nobody/nothing"),
    (lambda f: ogam.load(f), ogam.Error, "not a model folder"),
    (lambda f: ogam.load("no-pack/visual"), ogam.Error, "no-pack"),
    (lambda f: ogam.load("visual", precision="bfloat16"), ValueError, "float32"),
    (lambda f: ogam.load(f, precision="float16"), ValueError, "float32 or bfloat16"),
    (lambda f: ogam.Pack.open(f), ogam.Error, "pack.json"),
])  # fmt: skip
def test_models_that_are_not_there_are_named(starter_pack, tmp_path: Path, call, kind, message):
    with pytest.raises(kind, match=message):
        call(tmp_path)


def test_a_folder_named_like_a_lane_is_a_folder(tiny, monkeypatch, tmp_path: Path):
    (tmp_path / "visual").symlink_to(tiny("clip"))
    monkeypatch.chdir(tmp_path)
    assert ogam.load("visual").outputs == ogam.load(tiny("clip")).outputs


def test_a_pack_says_what_it_is_made_of(starter_pack):
    pack = ogam.Pack.open(starter_pack)
    assert pack.name == "starter" and pack.folder == starter_pack
    assert {"image", "text", "speech"} <= {model.role for model in pack.models}
    assert all(model.licence and model.origin for model in pack.models)
    assert ogam.load(f"{starter_pack}/text").modalities == ("text",)


def test_a_signal_stops_many_batches(python_interrupts, visual):
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        visual.encode([f"{number}번째 글" for number in range(200_000)])
    timer.join()
