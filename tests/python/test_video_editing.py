"""`ogam generate video`: frame-exact cuts, fades, subtitles, vertical videos, and what must not go wrong.

Frames of the clips made here carry their number as bars, and there is a beep at every full second, so that a test can tell
from what is read back which frame is shown and where the sound lies. Files are read back by the project's own reader
(ogam-media-dump) and looked at by ffprobe.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from conftest import BUILD, Ogam
from PIL import Image
from test_hostile import with_files_of_at_most

BITS = 10  # of the frame's number, then two of the clip's
RATE = 25
SIZE = (320, 240)
SOUND_RATE = 48000
BEEP = 0.1  # seconds, from every full second on


def bars(number: int, clip: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A gray picture whose upper half shows a number in white and black bars, twelve of them."""
    width, height = size
    luma = np.full((height, width), 110, np.uint8)
    for bit in range(BITS + 2):
        value = number >> bit & 1 if bit < BITS else clip >> (bit - BITS) & 1
        luma[: height // 2, width * bit // (BITS + 2) : width * (bit + 1) // (BITS + 2)] = 225 if value else 25
    return luma


def read_bars(picture: np.ndarray) -> tuple[int, int]:
    """The number and the clip of a picture that `bars` drew, wherever it was scaled to."""
    height, width = picture.shape
    row = picture[height // 4].astype(int)
    bits = [int(row[int(width * (bit + 0.5) / (BITS + 2))] > 125) for bit in range(BITS + 2)]
    return sum(bit << i for i, bit in enumerate(bits[:BITS])), bits[BITS] | bits[BITS + 1] << 1


def beeps(seconds: float, rate: int = SOUND_RATE) -> np.ndarray:
    at = np.arange(int(seconds * rate)) / rate
    return (0.5 * np.sin(2 * np.pi * 1000 * at) * (at % 1 < BEEP)).astype(np.float32)


def make_clip(path: Path, frames: int, clip: int = 0, *, size=SIZE, rate=RATE, sound=True, pictures=None, codec=(), after=()) -> Path:
    """Frames of `bars`, or those given, with beeps."""
    raw = path.with_suffix(".gray")
    with raw.open("wb") as file:
        for number in range(frames):
            file.write((bars(number, clip, size) if pictures is None else pictures(number)).tobytes())
    command = ["ffmpeg", "-v", "error", "-y", "-threads", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{size[0]}x{size[1]}", "-r", str(rate), "-i", raw]
    if sound:
        samples = path.with_suffix(".f32")
        beeps(frames / rate).tofile(samples)
        command += ["-f", "f32le", "-ar", str(SOUND_RATE), "-ac", "1", "-i", samples]
    h264 = ["-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-bf", "3", "-g", str(RATE), "-pix_fmt", "yuv420p", "-x264-params", "scenecut=0"]
    subprocess.run([*command, *(codec or h264), "-c:a", "aac", "-b:a", "128k", *after, path], check=True)
    return path


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("clips")
    made = {
        "a": make_clip(folder / "a.mp4", 150, 0),
        "b": make_clip(folder / "b.mp4", 150, 1),
        "silent": make_clip(folder / "silent.mp4", 100, 2, sound=False),
        "small": make_clip(folder / "small.mp4", 75, 3, size=(160, 160)),
        "open": make_clip(folder / "open.mkv", 150, 0, after=["-x264-params", "open-gop=1:scenecut=0", "-c:a", "flac"]),
        "mpeg4": make_clip(folder / "other.mkv", 150, 1, codec=["-c:v", "mpeg4", "-q:v", "2", "-g", "25", "-bf", "2"], after=["-c:a", "flac"]),
        "ntsc": make_clip(folder / "ntsc.mp4", 120, 2, rate="30000/1001", sound=False),
    }
    made["sound"] = folder / "only sound.m4a"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", made["a"], "-vn", "-c", "copy", made["sound"]], check=True)
    made["turned"] = folder / "turned.mp4"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", made["a"], "-c", "copy", "-metadata:s:v", "rotate=90", made["turned"]], check=True)
    made["uneven"] = folder / "uneven.mkv"  # every third frame stays for three
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-i", made["a"], "-vf", "select='not(mod(n,3))+not(mod(n,5))'", "-fps_mode", "passthrough",
                    "-c:v", "libx264", "-preset", "veryfast", "-crf", "16", "-an", made["uneven"]], check=True)
    return made


class Video:
    """A video as our own reader gives it, in gray."""

    def __init__(self, path: Path, folder: Path):
        self.path = path
        folder.mkdir(exist_ok=True)
        dump = subprocess.run([BUILD / "tests/core/media/ogam-media-dump", path, "--out", folder], capture_output=True, check=True)
        self.report = json.loads(dump.stdout)
        self.times = [frame[0] / 1e6 for frame in self.report["frames"]]
        info = self.probe()
        stream = next(stream for stream in info["streams"] if stream["codec_type"] == "video")
        self.size = (stream["width"], stream["height"])
        pixels = np.fromfile(folder / "frames.rgb", np.uint8).reshape(-1, self.size[1], self.size[0], 3)
        self.colour = pixels
        self.gray = pixels.mean(axis=3)
        self.sound = np.fromfile(folder / "audio.f32", np.float32)  # 16 kHz mono

    def probe(self) -> dict:
        done = subprocess.run(["ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", self.path], capture_output=True, check=True)
        return json.loads(done.stdout)

    def numbers(self) -> list[tuple[int, int]]:
        return [read_bars(picture) for picture in self.gray]

    def beeps(self) -> list[float]:
        """When beeps begin."""
        loud = np.abs(self.sound) > 0.15
        starts = np.flatnonzero(loud & ~np.concatenate([[False], loud[:-1]]))
        return [float(start) / 16000 for i, start in enumerate(starts) if i == 0 or start - starts[i - 1] > 1600]


@pytest.fixture
def cut(ogam: Ogam, tmp_path: Path):
    """Makes a video of clips and reads it back."""

    def make(clips: list[dict], *options: object, **document) -> tuple[dict, Video]:
        edit = tmp_path / "edit.json"
        edit.write_text(json.dumps({"clips": clips} | document, ensure_ascii=False, default=str))
        out = tmp_path / "out.mp4"
        report = ogam.lines("generate", "video", "--edit", edit, "--out", out, *options)[-1]
        assert sorted(path.name for path in tmp_path.iterdir() if "out.mp4" in path.name) == ["out.mp4"]
        return report, Video(out, tmp_path / "read")

    return make


def check_plays_everywhere(video: Video) -> None:
    """MP4 with its index in front, H.264 4:2:0 8 bits, even sides, AAC, tags for colours, ascending times."""
    data = video.path.read_bytes()
    assert data[4:8] == b"ftyp"
    assert data.index(b"moov") < data.index(b"mdat")
    streams = {stream["codec_type"]: stream for stream in video.probe()["streams"]}
    picture = streams["video"]
    assert (picture["codec_name"], picture["pix_fmt"]) == ("h264", "yuv420p")
    assert picture["width"] % 2 == 0 and picture["height"] % 2 == 0
    if "audio" in streams:
        assert streams["audio"]["codec_name"] == "aac"
    packets = subprocess.run(["ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "packet=pts,dts", "-of", "csv=p=0", video.path],
                             capture_output=True, text=True, check=True).stdout.split()
    stamps = [tuple(map(int, line.strip(",").split(","))) for line in packets]
    assert all(a[1] < b[1] for a, b in zip(stamps, stamps[1:])), "decoding times do not ascend"
    assert all(dts <= pts for pts, dts in stamps)
    steps = np.diff(sorted(pts for pts, _ in stamps))
    assert len(set(steps)) == 1, "frames are not evenly spaced"


@pytest.mark.parametrize("name", ["a", "open"])
def test_a_cut_is_exact_to_the_frame_and_takes_over_whole_groups(clips, cut, name: str):
    report, video = cut([{"path": clips[name], "start": 1.48, "end": 4.2}])
    assert video.numbers() == [(number, 0) for number in range(37, 105)]
    assert report["method"]["copied"] + report["method"]["encoded"] == 68
    if name == "a":
        assert report["method"] == {"copied": 50, "encoded": 18}  # from keyframe 50 to keyframe 100
    assert video.times == pytest.approx([i / RATE for i in range(68)], abs=1e-4)
    assert report["duration"] == pytest.approx(68 / RATE)
    assert video.beeps() == pytest.approx([0.52, 1.52, 2.52], abs=0.006)
    check_plays_everywhere(video)


def test_pictures_that_are_taken_over_are_those_of_the_source(clips, cut, tmp_path):
    report, video = cut([{"path": clips["a"], "start": 2, "end": 4}])
    assert report["method"] == {"copied": 50, "encoded": 0}
    source = Video(clips["a"], tmp_path / "source")
    assert np.array_equal(video.colour, source.colour[50:100])


def test_clips_of_two_files_stand_in_one_stream(clips, cut):
    report, video = cut([{"path": clips["a"], "start": 0.4, "end": 3.4}, {"path": clips["b"], "start": 1.2, "end": 5}])
    assert video.numbers() == [(n, 0) for n in range(10, 85)] + [(n, 1) for n in range(30, 125)]
    assert report["method"] == {"copied": 50 + 75, "encoded": 45}
    assert [clip["at"] for clip in report["clips"]] == pytest.approx([0, 3.0])
    assert video.beeps() == pytest.approx([0.6, 1.6, 2.6, 3.8, 4.8, 5.8], abs=0.006)
    check_plays_everywhere(video)


def test_files_that_are_coded_otherwise_are_coded_again(ogam, clips, cut, tmp_path):
    report, video = cut([{"path": clips["mpeg4"], "start": 0.4, "end": 2.4}, {"path": clips["a"], "start": 0.4, "end": 1.4}])
    assert video.numbers() == [(n, 1) for n in range(10, 60)] + [(n, 0) for n in range(10, 35)]
    check_plays_everywhere(video)
    done = ogam.run("generate", "video", "--edit", tmp_path / "edit.json", "--out", tmp_path / "again.mp4", "--verbose")
    assert b"is coded as mpeg4, not as h264" in done.stderr


def test_a_cross_fade_mixes_pictures_and_sound(clips, cut):
    report, video = cut([{"path": clips["a"], "start": 0, "end": 2, "cross_fade": 0.4}, {"path": clips["b"], "start": 3, "end": 5}])
    assert len(video.gray) == 50 + 50 - 10
    numbers = video.numbers()
    assert numbers[:40] == [(n, 0) for n in range(40)]
    assert numbers[50:] == [(n, 1) for n in range(85, 125)]
    # The bar of the clip's first bit goes from black to white, step by step.
    bar = video.gray[:, 60, int(SIZE[0] * 10.5 / 12)]
    assert np.all(np.diff(bar[39:51]) > 5)
    assert bar[39] < 40 and bar[50] > 210
    assert report["clips"][1]["at"] == pytest.approx(1.6)
    assert report["duration"] == pytest.approx(3.6)
    check_plays_everywhere(video)


def test_what_a_fade_does_not_touch_is_still_taken_over(clips, cut):
    report, _ = cut([{"path": clips["a"], "start": 0, "end": 6, "cross_fade": 0.4}, {"path": clips["b"], "start": 0, "end": 6}])
    assert report["method"]["copied"] == 125 + 125


def test_other_sizes_are_fitted_on_black_and_missing_sound_is_silence(clips, cut):
    report, video = cut([{"path": clips["a"], "start": 0, "end": 1.2}, {"path": clips["small"], "start": 0.4, "end": 1.4}, {"path": clips["silent"], "start": 0, "end": 1}])
    assert video.size == SIZE
    assert video.gray[40, 120, :38].max() < 20 and video.gray[40, 120, 42:270].min() > 60  # 160 x 160 becomes 240 x 240
    assert read_bars(video.gray[40][:, 40:280]) == (20, 3)
    assert video.numbers()[55:] == [(n, 2) for n in range(25)]
    assert np.abs(video.sound[int(2.3 * 16000) :]).max() < 0.01
    assert len(video.sound) == pytest.approx(3.2 * 16000, abs=400)
    check_plays_everywhere(video)


def test_clips_without_any_sound_make_a_video_without_a_stream_of_it(clips, cut):
    _, video = cut([{"path": clips["silent"], "start": 0.2, "end": 1.2}])
    assert [stream["codec_type"] for stream in video.probe()["streams"]] == ["video"]


def test_a_turned_video_is_made_upright(clips, cut):
    _, video = cut([{"path": clips["turned"], "start": 0.4, "end": 1.4}])
    assert video.size == (SIZE[1], SIZE[0])
    upright = [np.rot90(picture, k) for picture in video.gray for k in (1, 3)]
    assert [(n, 0) for n in range(10, 35)] in ([read_bars(p) for p in upright[::2]], [read_bars(p) for p in upright[1::2]])


def test_an_uneven_rate_becomes_an_even_one_with_everything_at_its_time(clips, cut):
    report, video = cut([{"path": clips["uneven"], "start": 1, "end": 4}])
    assert report["method"]["copied"] == 0
    kept = [n for n in range(150) if n % 3 == 0 or n % 5 == 0]
    half = (video.times[1] - video.times[0]) / 2
    for at, (number, _) in zip(video.times, video.numbers(), strict=True):
        assert number == max(n for n in kept if n <= (1 + at + half) * RATE + 0.01), at
    check_plays_everywhere(video)


def test_rates_that_are_no_whole_number_stay_exact(clips, cut):
    _, video = cut([{"path": clips["ntsc"], "start": 30 * 1001 / 30000, "end": 90 * 1001 / 30000}])
    assert video.numbers() == [(n, 2) for n in range(30, 90)]
    assert next(s for s in video.probe()["streams"] if s["codec_type"] == "video")["avg_frame_rate"] == "30000/1001"


def read_text(pictures: list[np.ndarray], folder: Path) -> list[str]:
    """The words in pictures, by Tesseract."""
    paths = []
    for i, picture in enumerate(pictures):
        paths.append(folder / f"text-{i}.png")
        Image.fromarray(picture).save(paths[-1])
    done = subprocess.run([BUILD / "tests/tools/read_text", "--whole-page", *paths], capture_output=True, check=True)
    return [json.loads(line)["page_text"] for line in done.stdout.splitlines()]


@pytest.fixture(scope="module")
def plain(tmp_path_factory) -> Path:
    """A gray video, large enough for text."""
    return make_clip(tmp_path_factory.mktemp("plain") / "plain.mp4", 75, size=(1280, 720), pictures=lambda number: np.full((720, 1280), 60, np.uint8))


def test_burnt_subtitles_can_be_read_in_korean_and_english(plain, cut, tmp_path):
    report, video = cut([{"path": plain, "start": 0, "end": 1, "caption": "열차가 곧 출발합니다"}, {"path": plain, "start": 1, "end": 2, "caption": "Mind {the} gap \\N here"}], "--subtitles", "burnt")
    assert report["method"]["copied"] == 0
    korean, english = read_text([video.colour[12], video.colour[40]], tmp_path)
    assert "열차가 곧 출발합니다" in korean
    assert "Mind {the} gap" in english and "here" in english
    assert video.gray[12][:360].max() < 80, "text stands at the bottom"


def test_soft_subtitles_are_a_stream_with_their_times(plain, cut, tmp_path):
    _, video = cut([{"path": plain, "start": 0, "end": 1}, {"path": plain, "start": 1, "end": 2.4, "caption": "열차가 곧\n출발합니다"}, {"path": plain, "start": 0, "end": 1, "caption": "The end"}],
                   "--subtitles", "soft", "--archive", cut_archive(tmp_path))
    stream = next(stream for stream in video.probe()["streams"] if stream["codec_type"] == "subtitle")
    assert stream["codec_name"] == "mov_text"
    text = subprocess.run(["ffmpeg", "-v", "error", "-i", video.path, "-map", "0:s", "-f", "srt", "-"], capture_output=True, check=True).stdout.decode()
    assert "00:00:01,000 --> 00:00:02,400\n열차가 곧 출발합니다" in text
    assert "00:00:02,400 --> 00:00:03,400\nThe end" in text


def cut_archive(folder: Path) -> Path:
    """An archive that knows nothing of any file here."""
    archive, note = folder / "empty-archive", folder / "note.txt"
    note.write_text("nothing\n")
    Ogam(BUILD / "bin/ogam").lines("index", note, "--archive", archive)
    return archive


def test_titles_stand_on_cards_and_on_sound_without_pictures(clips, cut, tmp_path):
    report, video = cut([{"title": "서울 여행"}, {"path": clips["sound"], "start": 0, "end": 1, "title": "Interview"}])
    assert video.size == (1280, 720)
    card, sound = read_text([video.colour[10], video.colour[-5]], tmp_path)
    assert "서울 여행" in card
    assert "Interview" in sound
    assert report["clips"][0] == {"title": "서울 여행", "start": 0.0, "end": 3.0, "at": 0.0}
    assert video.beeps()[0] == pytest.approx(3, abs=0.006)


def test_a_letter_without_a_font_is_named_with_the_package_that_has_it(ogam, clips, tmp_path):
    (tmp_path / "fonts.conf").write_text("<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig><dir>/usr/share/fonts/truetype/dejavu</dir></fontconfig>")
    edit = tmp_path / "edit.json"
    edit.write_text(json.dumps({"clips": [{"title": "서울"}]}))
    done = ogam.run("generate", "video", "--edit", edit, "--out", tmp_path / "out.mp4", env=os.environ | {"FONTCONFIG_FILE": str(tmp_path / "fonts.conf")})
    assert done.returncode == 4
    assert b"fonts-nanum" in done.stderr
    assert not list(tmp_path.glob("out.mp4*"))


def test_a_vertical_video_keeps_what_moves_inside(cut, tmp_path):
    rng = np.random.default_rng(7)
    ground = rng.integers(60, 100, (180, 320), dtype=np.uint8)
    place = [int(140 + 120 * np.sin(n / 24)) for n in range(150)]

    def picture(number: int) -> np.ndarray:
        frame = ground.copy()
        frame[70:110, place[number] : place[number] + 40] = 235
        return frame

    source = make_clip(tmp_path / "moving.mp4", 150, size=(320, 180), pictures=picture)
    _, video = cut([{"path": source, "start": 0, "end": 6}], "--vertical")
    assert video.size == (102, 180)
    whole = [int((frame[85:95] > 200).sum(axis=1).mean()) for frame in video.gray]
    assert min(whole) >= 36, "the subject is cut off"
    left = np.array([float(np.flatnonzero(frame[90] > 200)[0]) for frame in video.gray])
    window = np.array(place) - left
    assert np.abs(np.diff(window)).max() <= 10, "the window jumps"
    assert np.ptp(window) > 100, "the window does not follow"
    check_plays_everywhere(video)


def test_the_file_says_what_it_is_made_of(clips, cut):
    report, video = cut([{"path": clips["a"], "start": 1, "end": 2}])
    tags = video.probe()["format"]["tags"]
    made = json.loads(tags["comment"])
    assert made["made_by"].startswith("ogam ")
    assert made["clips"] == [{"at": 0.0, "path": str(clips["a"]), "start": 1.0, "end": 2.0}]
    assert report["clips"] == [{"path": str(clips["a"]), "start": 1.0, "end": 2.0, "at": 0.0}]


def test_edit_lists_are_written_beside_the_video(clips, cut, tmp_path):
    cut([{"path": clips["a"], "start": 1, "end": 3, "cross_fade": 0.4}, {"path": clips["b"], "start": 0, "end": 2}], "--edl", tmp_path / "e.edl", "--otio", tmp_path / "e.otio")
    edl = (tmp_path / "e.edl").read_text()
    assert "001  AX       AA/V  C        00:00:01:00 00:00:02:15 00:00:00:00 00:00:01:15" in edl
    assert "002  AX       AA/V  C        00:00:02:15 00:00:02:15 00:00:01:15 00:00:01:15" in edl
    assert "002  AX       AA/V  D    010 00:00:00:00 00:00:02:00 00:00:01:15 00:00:03:15" in edl
    children = json.loads((tmp_path / "e.otio").read_text())["tracks"]["children"][0]["children"]
    assert [child["OTIO_SCHEMA"] for child in children] == ["Clip.1", "Transition.1", "Clip.1"]
    assert children[0]["source_range"]["duration"]["value"] == pytest.approx(1800)


def test_a_video_is_no_longer_than_asked(clips, cut):
    report, _ = cut([{"path": clips["a"], "start": 0, "end": 2}, {"path": clips["b"], "start": 0, "end": 6}], "--max-duration", 3, "--cross-fade", 0.4)
    assert report["duration"] == pytest.approx(3, abs=0.021)


# What must not go wrong: each leaves nothing behind.


def write_edit(folder: Path, *edits: dict) -> Path:
    edit = folder / "edit.json"
    edit.write_text(json.dumps({"clips": edits}, default=str))
    return edit


def left(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith("out")]


def test_a_full_disk_leaves_nothing(ogam, clips, tmp_path):
    edit = write_edit(tmp_path, {"path": clips["a"], "start": 0, "end": 6})
    done = ogam.run("generate", "video", "--edit", edit, "--out", tmp_path / "out.mp4", preexec_fn=with_files_of_at_most(20_000))
    assert done.returncode == 3, done.stderr
    assert b"out.mp4" in done.stderr and b"space" in done.stderr
    assert left(tmp_path) == []


def test_an_old_video_stays_when_the_new_one_fails(ogam, clips, tmp_path):
    (tmp_path / "out.mp4").write_bytes(b"old")
    edit = write_edit(tmp_path, {"path": clips["a"], "start": 0, "end": 6})
    done = ogam.run("generate", "video", "--edit", edit, "--out", tmp_path / "out.mp4", preexec_fn=with_files_of_at_most(20_000))
    assert done.returncode == 3
    assert (tmp_path / "out.mp4").read_bytes() == b"old"
    assert left(tmp_path) == ["out.mp4"]


def test_a_folder_that_cannot_be_written_is_named(ogam, clips, tmp_path):
    edit = write_edit(tmp_path, {"path": clips["a"], "start": 0, "end": 1})
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o555)
    done = ogam.run("generate", "video", "--edit", edit, "--out", folder / "out.mp4", obey_permissions=True)
    assert done.returncode == 2
    assert os.fsencode(folder) in done.stderr


def test_ctrl_c_stops_and_leaves_nothing(ogam, clips, tmp_path):
    edit = write_edit(tmp_path, *[{"path": clips["mpeg4"], "start": 0, "end": 6}] * 200)
    process = subprocess.Popen([ogam.program, "generate", "video", "--edit", edit, "--out", tmp_path / "out.mp4"], stderr=subprocess.PIPE)
    deadline = time.monotonic() + 120
    while not left(tmp_path) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left(tmp_path), "it did not begin to write"
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"nothing was written" in said
    assert left(tmp_path) == []


@pytest.mark.parametrize(("clip", "status", "words"), [
    ({"path": "gone.mp4", "start": 0, "end": 1}, 3, b"gone.mp4"),
    ({"path": "a.mp4", "start": 100, "end": 101}, 2, b"the file ends at 6"),
    ({"path": "a.mp4", "start": 2, "end": 1}, 2, b"ends before it starts"),
    ({"path": "note.txt", "start": 0, "end": 1}, 3, b"note.txt"),
    ({"path": "a.mp4", "start": 0, "end": 1, "speed": 2}, 2, b"'speed'"),
    ({"start": 0, "end": 1}, 2, b"'title'"),
])
def test_an_edit_that_cannot_be_made_is_refused(ogam, clips, tmp_path, clip, status, words):
    shutil.copy(clips["a"], tmp_path / "a.mp4")
    (tmp_path / "note.txt").write_text("no video\n")
    done = ogam.run("generate", "video", "--edit", write_edit(tmp_path, clip), "--out", tmp_path / "out.mp4")
    assert done.returncode == status, done.stderr
    assert words in done.stderr
    assert left(tmp_path) == []


def test_a_video_is_not_written_over_its_source(ogam, clips, tmp_path):
    shutil.copy(clips["a"], tmp_path / "out.mp4")
    before = (tmp_path / "out.mp4").read_bytes()
    edit = write_edit(tmp_path, {"path": "out.mp4", "start": 0, "end": 1})
    done = ogam.run("generate", "video", "--edit", edit, "--out", tmp_path / "out.mp4")
    assert done.returncode == 2
    assert (tmp_path / "out.mp4").read_bytes() == before


@pytest.mark.parametrize(("words", "said"), [
    ([], b"--from-search"),
    (["--from-search", "x", "--edit", "e.json"], b"--from-search"),
    (["--edit", "e.json"], b"--out"),
    (["--edit", "e.json", "--out", "out.avi"], b".mp4"),
    (["--edit", "e.json", "--out", "out.mp4", "--subtitles", "hard"], b"none, soft or burnt"),
])
def test_wrong_command_lines_are_told(ogam, words, said, tmp_path):
    done = ogam.run("generate", "video", *words, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr


@pytest.fixture(scope="module")
def archive(ogam: Ogam, starter_pack, tmp_path_factory) -> Path:
    """A video in which something is said, by its subtitles."""
    folder = tmp_path_factory.mktemp("spoken")
    make_clip(folder / "station.mp4", 500, 1)
    (folder / "station.srt").write_text("1\n00:00:04,000 --> 00:00:07,000\n부산행 열차가 곧 출발합니다.\n\n2\n00:00:12,000 --> 00:00:15,000\nThe library closes at nine today.\n")
    ogam.lines("index", folder / "station.mp4", "--archive", folder / "archive", "--lanes", "speech")
    return folder / "archive"


def test_what_a_search_finds_becomes_a_video_with_what_is_said(ogam, archive, tmp_path):
    out = tmp_path / "out.mp4"
    report = ogam.lines("generate", "video", "--from-search", "열차 출발", "-k", 1, "--pad", 0.5, "--subtitles", "soft", "--archive", archive, "--out", out)[-1]
    (clip,) = report["clips"]
    assert clip["path"].endswith("station.mp4")
    assert clip["start"] <= 4 and clip["end"] >= 5
    video = Video(out, tmp_path / "read")
    assert video.numbers()[0] == (round(clip["start"] * RATE), 1)
    text = subprocess.run(["ffmpeg", "-v", "error", "-i", out, "-map", "0:s", "-f", "srt", "-"], capture_output=True, check=True).stdout.decode()
    assert "부산행 열차가" in text


def test_highlights_become_a_video_in_order_of_time(ogam, tmp_path):
    calm, loud = tmp_path / "calm.mp4", tmp_path / "media" / "match.mp4"
    loud.parent.mkdir()
    make_clip(calm, 500, 1)
    # Twice it is loud for a while.
    volume = "volume='if(between(t,4,6)+between(t,14,16),1,0.02)':eval=frame"
    subprocess.run(["ffmpeg", "-v", "error", "-i", calm, "-f", "lavfi", "-i", "anoisesrc=d=20:a=0.8", "-map", "0:v", "-map", "1:a", "-af", volume, "-c:v", "copy", loud], check=True)
    ogam.lines("index", loud, "--archive", tmp_path / "archive", "--segments", "fixed:2", "--lanes", "visual")
    report = ogam.lines("generate", "video", "--from-highlights", loud, "-k", 2, "--archive", tmp_path / "archive", "--out", tmp_path / "out.mp4")[-1]
    assert [(clip["start"], clip["end"]) for clip in report["clips"]] == [(4, 6), (14, 16)]


def test_a_search_that_finds_nothing_makes_nothing_and_says_so(ogam, archive, tmp_path):
    words = ["generate", "video", "--from-search", "qwxz vvbnt", "--archive", archive, "--out", tmp_path / "out.mp4"]
    done = ogam.run(*words)
    assert done.returncode == 0, done.stderr
    assert b"no video was made" in done.stdout
    assert ogam.lines(*words)[-1] == {"out": None, "duration": 0, "clips": [], "method": {"copied": 0, "encoded": 0}}
    assert left(tmp_path) == []
