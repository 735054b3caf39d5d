"""Bad files, each with a name that says what is wrong with it, and what the indexer must say of it."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

# What a file may come to: "failed" with one of these codes, or "indexed" where something of it can be used.
Outcome = set[str]

EMPTY: Outcome = {"corrupt_data"}
REFUSED: Outcome = {"unsupported"}  # recognised, and no kind of media that is read
UNREADABLE: Outcome = {"corrupt_data", "unsupported", "not_found", "resource_exhausted", "invalid_argument"}
SALVAGED: Outcome = UNREADABLE | {"indexed"}
BY_CONTENT: Outcome = {"indexed"}  # what it holds can be used, whatever it is named

Sources = dict[str, bytes]


@dataclass(frozen=True)
class BadFile:
    """One bad file: how its bytes come from the sound files, and what it may come to."""

    make: Callable[[Sources], bytes]
    outcomes: Outcome


def ffmpeg(*words: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)


def make_sources(folder: Path) -> Sources:
    """A sound file of each kind, for cutting and twisting."""
    video = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=3"]
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:duration=3"]
    made = {
        "mp4": [*video, *tone, "-c:v", "libx264", "-g", "12", "-c:a", "aac"],
        "mkv": [*video, *tone, "-c:v", "libx264", "-c:a", "libvorbis"],
        "webm": [*video, "-c:v", "libvpx", "-deadline", "realtime", "-b:v", "300k"],
        "avi": [*video, "-c:v", "mpeg4"],
        "ts": [*video, *tone, "-c:v", "libx264", "-c:a", "aac"],
        "mp3": [*tone, "-c:a", "libmp3lame"],
        "wav": [*tone],
        "flac": [*tone],
        "ogg": [*tone, "-c:a", "libvorbis"],
        "jpg": [*video, "-frames:v", "1", "-update", "1"],
        "png": [*video, "-frames:v", "1", "-update", "1"],
        "gif": [*video, "-frames:v", "5"],
        "webp": [*video, "-frames:v", "1"],
    }
    sources = {}
    for extension, words in made.items():
        path = folder / f"source.{extension}"
        ffmpeg(*words, path)
        sources[extension] = path.read_bytes()
    return sources


def png_with_size(width: int, height: int) -> bytes:
    """A PNG whose header claims a size and whose data is not there."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 64)) + chunk(b"IEND", b"")


def wav_with(rate: int = 16000, channels: int = 1, bits: int = 16, claimed: int = 64, data: bytes = b"\0" * 64) -> bytes:
    header = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * bits // 8 & 0xFFFFFFFF, channels * bits // 8 & 0xFFFF, bits)
    return b"RIFF" + struct.pack("<I", claimed + 36 & 0xFFFFFFFF) + b"WAVEfmt " + struct.pack("<I", 16) + header + b"data" + struct.pack("<I", claimed) + data


def bmp_with_size(width: int, height: int) -> bytes:
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)


def patched(data: bytes, marker: bytes, offset: int, value: bytes) -> bytes:
    """`data` with `value` written `offset` bytes behind the first `marker`."""
    at = data.index(marker) + offset
    return data[:at] + value + data[at + len(value):]


def flipped(data: bytes, seed: int, count: int) -> bytes:
    """`data` with `count` random bytes overwritten, the first hundred left alone."""
    rng = random.Random(seed)
    bytes_ = bytearray(data)
    for _ in range(count):
        bytes_[rng.randrange(100, len(bytes_))] = rng.randrange(256)
    return bytes(bytes_)


def _bad_files() -> dict[str, BadFile]:
    rng = random.Random(7)
    files: dict[str, BadFile] = {}

    def add(name: str, content: bytes | Callable[[Sources], bytes], outcomes: Outcome) -> None:
        assert name not in files, name
        files[name] = BadFile(content if callable(content) else lambda _: content, outcomes)

    def cut(extension: str, percent: int) -> Callable[[Sources], bytes]:
        return lambda sources: sources[extension][: len(sources[extension]) * percent // 100]

    def with_random_bytes(extension: str) -> Callable[[Sources], bytes]:
        return lambda sources: flipped(sources[extension], 3, 200)

    def with_mp4_field(box: bytes, offset: int, value: int) -> Callable[[Sources], bytes]:
        return lambda sources: patched(sources["mp4"], box, offset, struct.pack(">I", value))

    for extension in ("mp4", "jpg", "png", "wav", "mp3", "mkv", "webm", "gif", "txt"):
        add(f"empty.{extension}", b"", EMPTY)
    for extension in ("mp4", "jpg", "wav", "mkv", "avi"):
        add(f"random bytes.{extension}", rng.randbytes(4096), UNREADABLE)
    add("one byte.mp4", b"\0", UNREADABLE)
    add("only zeros.mp4", b"\0" * 100_000, UNREADABLE)
    add("binary.txt", rng.randbytes(2000), UNREADABLE)
    add("utf16.txt", "안녕하세요".encode("utf-16"), BY_CONTENT)
    add("cp949.txt", "도서관은 월요일에 쉽니다.\n".encode("cp949"), BY_CONTENT)
    add("half a character in utf16.txt", b"\xff\xfe\x48", REFUSED)
    add("shift jis.txt", "こんにちは、世界。\n".encode("shift_jis"), REFUSED)
    add("blank.srt", b"", EMPTY)
    add("no cues.srt", b"1\nnot a time --> neither\n\n", SALVAGED)
    add("unfinished tags.srt", b"00:01.000 --> 00:02.000\n" + b"<a{\\" * 200_000, SALVAGED)
    add("too many cues.srt", b"0:0-->0:1\na\n" * 200_001, UNREADABLE)
    add("endless.smi", b"<SAMI><SYNC Start=2147483647>hello</SAMI>", UNREADABLE)
    add("absurd times.srt", b"1\n99999999:00:00,000 --> 99999999:00:01,000\nhello\n\n", SALVAGED)

    for percent in (1, 5, 25, 50, 75, 95, 99):
        add(f"cut at {percent} percent.mp4", cut("mp4", percent), SALVAGED)
    for extension in ("mkv", "webm", "avi", "ts", "mp3", "flac", "ogg", "jpg", "png", "gif", "webp", "wav"):
        add(f"cut in half.{extension}", cut(extension, 50), SALVAGED)
    for extension in ("mp4", "mkv", "avi", "jpg", "png", "webp"):
        add(f"flipped bytes.{extension}", with_random_bytes(extension), SALVAGED)

    add("video named as picture.jpg", lambda sources: sources["mp4"], BY_CONTENT)
    add("picture named as video.mp4", lambda sources: sources["png"], BY_CONTENT)
    add("text named as video.mp4", b"this is no video at all\n" * 50, BY_CONTENT)
    add("html named as video.mp4", b"<!doctype html><html><body>404 not found</body></html>", BY_CONTENT)
    add("playlist of other files.mp4", b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", REFUSED)
    add("playlist of the network.mkv", b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n", REFUSED)
    add("concat script.mp4", b"ffconcat version 1.0\nfile '/etc/passwd'\n", REFUSED)
    add("program.mp4", b"\x7fELF" + rng.randbytes(2000), REFUSED)
    add("archive.mp4", b"PK\x03\x04" + rng.randbytes(2000), REFUSED)
    add("document.jpg", b"%PDF-1.4\n" + rng.randbytes(500), REFUSED)
    add("picture of a telephone.heic", b"\0\0\0\x18ftypheic" + bytes(300), REFUSED)

    add("huge claim.png", png_with_size(2**31 - 1, 2**31 - 1), UNREADABLE)
    add("wide claim.png", png_with_size(1_000_000, 1), UNREADABLE)
    add("large claim without data.png", png_with_size(10_000, 10_000), UNREADABLE)
    add("zero size.png", png_with_size(0, 0), UNREADABLE)
    add("huge claim.bmp", bmp_with_size(2**31 - 1, 2**31 - 1), UNREADABLE)
    add("negative size.bmp", bmp_with_size(-5, -2**31), UNREADABLE)
    add("huge claim.gif", b"GIF89a" + struct.pack("<HH", 65535, 65535) + rng.randbytes(200), UNREADABLE)
    add("countless passes.jpg", lambda sources: sources["jpg"][:-2] + b"\xff\xda\0\2" * 5000 + b"\xff\xd9", UNREADABLE)
    add("zero rate.wav", wav_with(rate=0), UNREADABLE)
    add("huge rate.wav", wav_with(rate=2**31 - 1), SALVAGED)
    add("no channels.wav", wav_with(channels=0), UNREADABLE)
    add("many channels.wav", wav_with(channels=65535), UNREADABLE)
    add("claims four gigabytes.wav", wav_with(claimed=2**32 - 40), SALVAGED)
    add("no samples.wav", wav_with(claimed=0, data=b""), UNREADABLE)
    add("endless duration.mp4", with_mp4_field(b"mvhd", 20, 2**32 - 1), SALVAGED)
    add("zero timescale.mp4", with_mp4_field(b"mdhd", 16, 0), SALVAGED)
    add("huge sample table.mp4", with_mp4_field(b"stsz", 12, 2**32 - 1), SALVAGED)
    add("huge box.mp4", struct.pack(">I", 2**32 - 1) + b"moov" + rng.randbytes(300), UNREADABLE)
    return files


BAD_FILES = _bad_files()


def write_bad_files(folder: Path, sources: Sources) -> None:
    for name, file in BAD_FILES.items():
        (folder / name).write_bytes(file.make(sources))


def write_strange_names(folder: Path, good_picture: bytes) -> list[bytes]:
    """Sound files under names that are hard to print; they must be indexed."""
    names = ["한글 이름 🎬.png".encode(), b"new\nline.png", b"broken \xff\xfe utf8.png", b"-leading dash.png", b"quote ' \" $(id).png", ("긴" * 80).encode() + b".png"]
    for index, name in enumerate(names):
        # Content differs, or all but one would be skipped as the same asset.
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(good_picture + bytes([index]))
    return names
