"""Bad files, each with a name that says what is wrong with it, and what the indexer must say of it."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import zlib
from pathlib import Path

# What a file may come to: "failed" with one of these codes, or "indexed" where something of it can be used.
Outcome = set[str]

UNREADABLE: Outcome = {"corrupt_data", "unsupported", "not_found", "resource_exhausted", "invalid_argument"}
SALVAGED: Outcome = UNREADABLE | {"indexed"}


def ffmpeg(*words: str | Path) -> None:
    subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)


def make_sources(folder: Path) -> dict[str, bytes]:
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


def write_hostile_files(folder: Path, sources: dict[str, bytes]) -> dict[str, Outcome]:
    """Writes every bad file into `folder`; what each may come to, by file name."""
    rng = random.Random(7)
    cases: dict[str, tuple[bytes, Outcome]] = {}

    for extension in ("mp4", "jpg", "png", "wav", "mp3", "mkv", "webm", "gif"):
        cases[f"empty.{extension}"] = (b"", UNREADABLE)
    for extension in ("mp4", "jpg", "wav", "mkv", "avi"):
        cases[f"random bytes.{extension}"] = (rng.randbytes(4096), UNREADABLE)
    cases["one byte.mp4"] = (b"\0", UNREADABLE)
    cases["only zeros.mp4"] = (b"\0" * 100_000, UNREADABLE)
    cases["binary.txt"] = (rng.randbytes(2000), UNREADABLE)
    cases["utf16.txt"] = ("안녕하세요".encode("utf-16"), UNREADABLE)
    cases["empty.txt"] = (b"", UNREADABLE)
    cases["blank.srt"] = (b"", UNREADABLE)
    cases["no cues.srt"] = (b"1\nnot a time --> neither\n\n", SALVAGED)
    cases["absurd times.srt"] = (b"1\n99999999:00:00,000 --> 99999999:00:01,000\nhello\n\n", SALVAGED)

    mp4 = sources["mp4"]
    for percent in (1, 5, 25, 50, 75, 95, 99):
        cases[f"cut at {percent} percent.mp4"] = (mp4[: len(mp4) * percent // 100], SALVAGED)
    for extension in ("mkv", "webm", "avi", "ts", "mp3", "flac", "ogg", "jpg", "png", "gif", "webp", "wav"):
        data = sources[extension]
        cases[f"cut in half.{extension}"] = (data[: len(data) // 2], SALVAGED)
    for extension in ("mp4", "mkv", "avi", "jpg", "png", "webp"):
        cases[f"flipped bytes.{extension}"] = (flipped(sources[extension], 3, 200), SALVAGED)

    cases["video named as picture.jpg"] = (mp4, SALVAGED)
    cases["picture named as video.mp4"] = (sources["png"], SALVAGED)
    cases["text named as video.mp4"] = (b"this is no video at all\n" * 50, SALVAGED)
    cases["html named as video.mp4"] = (b"<!doctype html><html><body>404 not found</body></html>", SALVAGED)
    cases["playlist of other files.mp4"] = (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n", SALVAGED)
    cases["playlist of the network.mkv"] = (b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n", SALVAGED)
    cases["concat script.mp4"] = (b"ffconcat version 1.0\nfile '/etc/passwd'\n", SALVAGED)
    cases["program.mp4"] = (b"\x7fELF" + rng.randbytes(2000), UNREADABLE)
    cases["archive.mp4"] = (b"PK\x03\x04" + rng.randbytes(2000), UNREADABLE)
    cases["document.jpg"] = (b"%PDF-1.4\n" + rng.randbytes(500), UNREADABLE)

    cases["huge claim.png"] = (png_with_size(2**31 - 1, 2**31 - 1), UNREADABLE)
    cases["wide claim.png"] = (png_with_size(1_000_000, 1), UNREADABLE)
    cases["large claim without data.png"] = (png_with_size(10_000, 10_000), UNREADABLE)
    cases["zero size.png"] = (png_with_size(0, 0), UNREADABLE)
    cases["huge claim.bmp"] = (bmp_with_size(2**31 - 1, 2**31 - 1), UNREADABLE)
    cases["negative size.bmp"] = (bmp_with_size(-5, -2**31), UNREADABLE)
    cases["huge claim.gif"] = (b"GIF89a" + struct.pack("<HH", 65535, 65535) + rng.randbytes(200), UNREADABLE)
    cases["zero rate.wav"] = (wav_with(rate=0), UNREADABLE)
    cases["huge rate.wav"] = (wav_with(rate=2**31 - 1), SALVAGED)
    cases["no channels.wav"] = (wav_with(channels=0), UNREADABLE)
    cases["many channels.wav"] = (wav_with(channels=65535), UNREADABLE)
    cases["claims four gigabytes.wav"] = (wav_with(claimed=2**32 - 40), SALVAGED)
    cases["no samples.wav"] = (wav_with(claimed=0, data=b""), UNREADABLE)
    cases["endless duration.mp4"] = (patched(mp4, b"mvhd", 20, struct.pack(">I", 2**32 - 1)), SALVAGED)
    cases["zero timescale.mp4"] = (patched(mp4, b"mdhd", 16, struct.pack(">I", 0)), SALVAGED)
    cases["huge sample table.mp4"] = (patched(mp4, b"stsz", 12, struct.pack(">I", 2**32 - 1)), SALVAGED)
    cases["huge box.mp4"] = (struct.pack(">I", 2**32 - 1) + b"moov" + rng.randbytes(300), UNREADABLE)

    outcomes = {}
    for name, (data, outcome) in cases.items():
        (folder / name).write_bytes(data)
        outcomes[name] = outcome
    return outcomes


def write_strange_names(folder: Path, good_picture: bytes) -> list[bytes]:
    """Sound files under names that are hard to print; they must be indexed."""
    names = ["한글 이름 🎬.png".encode(), b"new\nline.png", b"broken \xff\xfe utf8.png", b"-leading dash.png", b"quote ' \" $(id).png", ("긴" * 80).encode() + b".png"]
    for index, name in enumerate(names):
        # Content differs, or all but one would be skipped as the same asset.
        with open(os.path.join(os.fsencode(folder), name), "wb") as file:
            file.write(good_picture + bytes([index]))
    return names
