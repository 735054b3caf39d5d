"""The media reader against torchcodec: the same frames, at the same times, with the same pixels."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from torchcodec._core import get_next_frame
from torchcodec._core._ffmpeg_ops import add_video_stream, create_from_file
from torchcodec.decoders import AudioDecoder

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "media"))

import make_media  # noqa: E402

BUILD = Path(os.environ.get("OGAM_BUILD_DIR", ROOT / "build" / "release"))
OPENCV_DATA = Path("/usr/share/doc/opencv-doc/examples/data")

GENERATED = [
    "plain.mp4", "closed.mp4", "open_gop.mkv", "long_gop.mp4", "colour.mp4", "full_range.mp4", "vfr.mkv",
    "rotated_90.mp4", "rotated_180.mp4", "rotated_270.mp4", "offset.ts", "edit_list.mp4", "ten_bit.mkv", "hdr.mkv",
    "hevc.mp4", "odd.webm", "mpeg2.mpg", "flash.flv", "windows.wmv", "one_frame.mp4", "moving.gif",
]
SOUND = ["plain.mp4", "tone.wav", "tone.flac", "tone.mp3", "tone.ogg", "tone.m4a", "click.m4a", "surround.mka"]

# Of 255. Both sides convert with libswscale; the paths it takes for one size or another differ by rounding.
MEAN_DIFFERENCE = 1.0


@pytest.fixture(scope="session")
def media(tmp_path_factory):
    folder = tmp_path_factory.mktemp("media")
    make_media.make_all(folder)
    return folder


def dump_tool():
    tools = sorted(BUILD.glob("**/ogam-media-dump"))
    assert tools, f"ogam-media-dump is not built in {BUILD}; set OGAM_BUILD_DIR to the build folder"
    return tools[0]


class Dump:
    """What ogam-media-dump says of a file."""

    def __init__(self, path, folder, *arguments):
        folder.mkdir(parents=True, exist_ok=True)
        command = [dump_tool(), path, "--out", folder, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        self.__dict__.update(json.loads(done.stdout))
        self.times = [frame[0] for frame in self.frames]
        self.folder = folder

    def pictures(self):
        """Arrays [H, W, 3] in order."""
        pixels = np.fromfile(self.folder / "frames.rgb", dtype=np.uint8)
        at = 0
        for _, _, width, height in self.frames:
            yield pixels[at: at + width * height * 3].reshape(height, width, 3)
            at += width * height * 3
        assert at == len(pixels)

    def sound(self):
        return np.fromfile(self.folder / "audio.f32", dtype=np.float32)


def reference_frames(path):
    """Frames in order, decoded from the start: torchcodec's seeks in MPEG streams skip the first group of pictures."""
    decoder = create_from_file(str(path), "approximate")
    add_video_stream(decoder, num_threads=1)
    while True:
        try:
            data, seconds, _ = get_next_frame(decoder)
        except IndexError:  # the end
            return
        yield round(float(seconds) * 1e6), data.permute(1, 2, 0).numpy()


def compare(path, tmp_path):
    ours = Dump(path, tmp_path, "--no-audio")
    count = 0
    pairs = zip(ours.times, ours.pictures(), reference_frames(path), strict=True)
    for time, picture, (expected_time, expected) in pairs:
        assert abs(time + ours.start - expected_time) <= 1, f"frame {count}"  # a microsecond of rounding
        assert picture.shape == expected.shape, f"frame {count}"
        difference = np.abs(picture.astype(np.int16) - expected.astype(np.int16))
        assert difference.mean() <= MEAN_DIFFERENCE, f"frame {count}: {difference.mean()}, most {difference.max()}"
        count += 1
    assert count > 0
    return ours


@pytest.mark.parametrize("name", GENERATED)
def test_frames_equal_torchcodec_on_generated_clip(media, tmp_path, name):
    compare(media / name, tmp_path)


@pytest.mark.parametrize("name", ["bikes.mp4", "bigbuckbunny.mp4", "carphone.mp4", "지구의 밤.mp4", "thanks.mp4"])
def test_frames_equal_torchcodec_on_real_clip(sample_media, tmp_path, name):
    report = compare(sample_media / "videos" / name, tmp_path)
    assert report.corrupt == 0 and report.missing_times == 0


@pytest.mark.parametrize("name", ["vtest.avi", "tree.avi"])
def test_frames_equal_torchcodec_on_clips_of_opencv(tmp_path, name):
    compare(OPENCV_DATA / name, tmp_path)


@pytest.mark.parametrize("threads", ["1", "3"])
@pytest.mark.parametrize("name", ["plain.mp4", "open_gop.mkv", "vfr.mkv", "edit_list.mp4", "offset.ts", "hevc.mp4",
                                  "odd.webm", "mpeg2.mpg", "dts_only.avi"])
def test_sparse_times_give_the_frames_that_a_full_read_shows(media, tmp_path, name, threads):
    every = Dump(media / name, tmp_path / "all", "--no-audio")
    pictures = dict(zip(every.times, every.pictures()))
    end = every.times[-1]
    for seed in range(6):
        random = np.random.default_rng(seed)
        wanted = np.sort(random.uniform(0, end * 1.1, size=[1, 3, 9, 30, 2, 5][seed]))
        shown = [max((t for t in every.times if t <= w * 1e6), default=every.times[0]) for w in wanted]
        times = ",".join(f"{w:.6f}" for w in wanted)
        sparse = Dump(media / name, tmp_path / str(seed), "--no-audio", "--threads", threads, "--times", times)
        assert sparse.times == sorted(set(shown)), f"wanted {wanted}"
        for time, picture in zip(sparse.times, sparse.pictures()):
            assert np.array_equal(picture, pictures[time]), f"frame at {time}"


def test_keyframes_within_the_tolerance_spare_decoding(media, tmp_path):
    every = Dump(media / "plain.mp4", tmp_path / "all", "--no-audio")
    keys = [time for time, key, _, _ in every.frames if key]
    assert len(keys) >= 4
    wanted = ",".join(f"{(key + 90_000) / 1e6}" for key in keys)
    near = Dump(media / "plain.mp4", tmp_path / "near", "--no-audio", "--times", wanted, "--tolerance", "0.1")
    assert near.times == keys
    assert near.decoded == len(keys)
    exact = Dump(media / "plain.mp4", tmp_path / "exact", "--no-audio", "--times", wanted, "--tolerance", "0.05")
    assert exact.times == [key + 80_000 for key in keys]
    assert near.decoded < exact.decoded < every.decoded


@pytest.mark.parametrize("name", SOUND)
def test_sound_equals_torchcodec(media, tmp_path, name):
    ours = Dump(media / name, tmp_path, "--no-frames").sound()
    decoder = AudioDecoder(str(media / name), sample_rate=16000, num_channels=1)
    samples = decoder.get_all_samples()
    expected = samples.data[0].numpy()
    count = min(len(ours), len(expected))
    assert abs(len(ours) - len(expected)) <= 32
    assert np.abs(ours[:count] - expected[:count]).max() <= 2e-3


@pytest.mark.parametrize("name", ["click.wav", "click.m4a", "click.ts", "click.mkv"])
def test_sound_lies_at_its_time(media, tmp_path, name):
    ours = Dump(media / name, tmp_path)
    # Encoders put their priming before the picture where the container cannot say that it is to be dropped.
    picture = ours.times[0] / 1e6 if ours.times else 0
    onset = np.argmax(np.abs(ours.sound()) > 0.2) / 16000
    assert abs(onset - picture - 1.5) <= 0.003
