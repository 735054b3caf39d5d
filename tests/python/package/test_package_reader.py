"""Frames and sound of media files, as tensors."""

from __future__ import annotations

import gc
import subprocess
from pathlib import Path

import numpy as np
import pytest
import torch
from torchcodec.decoders import VideoDecoder

import ogam


@pytest.fixture(scope="module")
def bikes(sample_media: Path) -> Path:
    return sample_media / "videos/bikes.mp4"


@pytest.fixture(scope="module")
def frames(bikes: Path) -> list[ogam.Frame]:
    return list(ogam.VideoReader(bikes))


def test_info_says_what_the_file_is(sample_media: Path, bikes: Path):
    info = ogam.VideoReader(str(bikes)).info
    assert (info.width, info.height) == tuple(ogam.VideoReader(bikes).frames_at([0]).pixels.shape[:1:-1])
    assert info.duration > 1 and info.average_fps > 1 and info.video_codec
    sound = ogam.VideoReader(sample_media / "sounds/sax.wav").info
    assert (sound.width, sound.video_codec) == (0, "") and sound.sample_rate > 0 and sound.channels >= 1


def test_every_frame_comes_in_order_with_its_time(bikes: Path, frames):
    assert [frame.time for frame in frames] == sorted({frame.time for frame in frames})
    assert len(frames) == VideoDecoder(bikes).metadata.num_frames
    assert all(frame.pixels.dtype == torch.uint8 and frame.pixels.shape == frames[0].pixels.shape for frame in frames)


def test_frames_at_times_are_those_that_are_shown_then(bikes: Path, frames):
    times = [frame.time for frame in frames]
    wanted = [times[7], (times[3] + times[4]) / 2, 0.0, times[7], 1e6]
    batch = ogam.VideoReader(bikes).frames_at(wanted)
    shown = [7, 3, 0, 7, len(frames) - 1]
    assert batch.times.dtype == torch.float64 and batch.times.tolist() == [times[i] for i in shown]
    for row, i in zip(batch.pixels, shown, strict=True):
        assert torch.equal(row, frames[i].pixels)


def test_pixels_are_the_pictures_that_another_decoder_sees(bikes: Path):
    batch = ogam.VideoReader(bikes).frames_at([0.5, 2.0])
    other = VideoDecoder(bikes).get_frames_played_at(batch.times.tolist())
    assert batch.times.numpy() == pytest.approx(other.pts_seconds.numpy(), abs=1e-5)
    difference = (batch.pixels.float() - other.data.float()).abs()
    assert difference.mean() < 2  # levels: the two convert colours with other roundings


def test_no_times_give_no_frames(bikes: Path):
    batch = ogam.VideoReader(bikes).frames_at([])
    info = ogam.VideoReader(bikes).info
    assert batch.pixels.shape == (0, 3, info.height, info.width) and batch.times.shape == (0,)


def test_frames_and_sounds_cross_without_a_copy_and_outlive_the_reader(sample_media: Path, bikes: Path):
    reader = ogam.VideoReader(bikes)
    iterator = iter(reader)
    frame = next(iterator)
    sound = ogam.VideoReader(sample_media / "sounds/sax.wav").audio(0, 1)
    batch = reader.frames_at([0.0, 1.0])
    # torch cannot grow what it did not allocate: these are the decoder's own memory, kept alive.
    assert not frame.pixels.untyped_storage().resizable() and not sound.untyped_storage().resizable()
    assert frame.pixels.permute(1, 2, 0).is_contiguous()  # a view of [H, W, 3]
    assert batch.pixels.permute(0, 2, 3, 1).is_contiguous() and torch.equal(batch.pixels[0], frame.pixels)
    assert batch.pixels.permute(0, 2, 3, 1).numpy().ctypes.data == batch.pixels.data_ptr()
    kept = frame.pixels.clone(), sound.clone()
    del reader, iterator
    gc.collect()
    ogam.VideoReader(bikes).frames_at([0.5, 1.5])
    assert torch.equal(frame.pixels, kept[0]) and torch.equal(sound, kept[1])


def test_sound_is_mono_at_the_wanted_rate(sample_media: Path, tmp_path: Path):
    path = sample_media / "sounds/sax.wav"
    command = ["ffmpeg", "-v", "error", "-i", path, "-ac", "1", "-ar", "16000", "-f", "f32le", "-"]
    expected = np.frombuffer(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout, np.float32)
    whole = ogam.VideoReader(path).audio()
    assert whole.dtype == torch.float32 and whole.dim() == 1 and abs(len(whole) - len(expected)) <= 32
    count = min(len(whole), len(expected))
    assert np.abs(whole.numpy()[:count] - expected[:count]).mean() < 1e-3
    part = ogam.VideoReader(path).audio(1.5, 2.25)
    assert torch.equal(part, whole[24000:36000])
    assert len(ogam.VideoReader(path).audio(0, 1, sample_rate=8000)) == 8000


@pytest.mark.parametrize(("call", "kind"), [
    (lambda media: ogam.VideoReader(media / "없다.mp4"), FileNotFoundError),
    (lambda media: ogam.VideoReader(media / "texts/garden.txt"), ogam.Error),
    (lambda media: ogam.VideoReader(media / "sounds/sax.wav").frames_at([0]), NotImplementedError),
    (lambda media: next(iter(ogam.VideoReader(media / "sounds/sax.wav"))), NotImplementedError),
    (lambda media: ogam.VideoReader(media / "videos/bikes.mp4").frames_at([-1]), ValueError),
    (lambda media: ogam.VideoReader(media / "videos/bikes.mp4").frames_at([float("nan")]), ValueError),
    (lambda media: ogam.VideoReader(media / "sounds/sax.wav").audio(3, 2), ValueError),
    (lambda media: ogam.VideoReader(media / "sounds/sax.wav").audio(1e6), ValueError),
    (lambda media: ogam.VideoReader(media / "sounds/sax.wav").audio(sample_rate=0), ValueError),
])  # fmt: skip
def test_what_cannot_be_read_is_refused(sample_media: Path, call, kind):
    with pytest.raises(kind) as error:
        call(sample_media)
    assert isinstance(error.value, ogam.Error)


def test_a_name_that_is_no_unicode_is_read(bikes: Path, tmp_path: Path):
    name = tmp_path / "video-\udcff.mp4"
    name.symlink_to(bikes)
    assert ogam.VideoReader(name).info == ogam.VideoReader(bikes).info
