"""Speech recognition as a person uses it: `ogam transcribe`, on speech that no setting was chosen on."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.parity import whisper  # noqa: E402

CLIPS = Path("/usr/share/pocketsphinx/test/data/librivox")
SENTENCE = "Please remember to close the window before you leave. The meeting starts at nine tomorrow morning."


def word_errors(heard: str, expected: str) -> tuple[int, int]:
    """Edits that turn one text into the other, and the number of expected words."""
    a, b = (re.findall(r"[\w']+", text.lower()) for text in (heard, expected))
    row = list(range(len(b) + 1))
    for i, word in enumerate(a, 1):
        diagonal, row[0] = row[0], i
        for j, other in enumerate(b, 1):
            diagonal, row[j] = row[j], min(diagonal + (word != other), row[j] + 1, row[j - 1] + 1)
    return row[-1], len(b)


@pytest.fixture(scope="module")
def synthetic(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("speech") / "말하기.wav"
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", path, SENTENCE], check=True)
    return path


def test_synthetic_speech_is_understood(ogam, synthetic):
    done = ogam.run("transcribe", synthetic, "--json")
    assert done.returncode == 0, done.stderr.decode()
    transcript = json.loads(done.stdout)
    assert transcript["language"] == "en"
    errors, words = word_errors(" ".join(u["text"] for u in transcript["utterances"]), SENTENCE)
    assert errors <= 0.3 * words
    ends = [0.0]
    for utterance in transcript["utterances"]:
        for word in utterance["words"]:
            assert word["start"] < word["end"] <= transcript["duration"] + 0.1
            assert word["start"] >= ends[-1] - 0.1
            ends.append(word["end"])


def test_subtitles_have_increasing_times_and_short_lines(ogam, tmp_path):
    out = tmp_path / "subtitles.srt"
    clip = CLIPS / "sense_and_sensibility_01_austen_64kb-0870.wav"
    done = ogam.run("transcribe", clip, "--language", "en", "-o", out)
    assert done.returncode == 0, done.stderr.decode()
    blocks = out.read_text().strip().split("\n\n")
    assert len(blocks) >= 2
    for number, block in enumerate(blocks, 1):
        lines = block.splitlines()
        assert lines[0] == str(number)
        assert re.fullmatch(r"\d\d:\d\d:\d\d,\d{3} --> \d\d:\d\d:\d\d,\d{3}", lines[1])
        assert len(lines) <= 4 and all(len(line) <= 42 for line in lines[2:])


def test_a_file_without_speech_gives_an_empty_transcript(ogam, tmp_path):
    path = tmp_path / "tone.wav"
    subprocess.run(["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=frequency=440:duration=10", path],
                   check=True)
    done = ogam.run("transcribe", path, "--json")
    assert done.returncode == 0, done.stderr.decode()
    transcript = json.loads(done.stdout)
    assert transcript["utterances"] == [] and transcript["language"] == ""


def test_an_unknown_language_is_a_usage_error_that_names_some(ogam):
    done = ogam.run("transcribe", CLIPS / "sense_and_sensibility_01_austen_64kb-0930.wav", "--language", "xx")
    assert done.returncode == 2
    assert b"ko" in done.stderr and b"en" in done.stderr


@pytest.fixture(scope="module")
def english_pack(starter_pack, tmp_path_factory) -> Path:
    """The starter pack with a random Whisper of English alone in place of its own."""
    folder = tmp_path_factory.mktemp("english") / "pack"
    shutil.copytree(starter_pack, folder, copy_function=os.symlink, ignore=shutil.ignore_patterns("pack.json", "whisper-base"))
    whisper.build(folder / "models/whisper-base", 7, english=True, seconds=30)
    manifest = json.loads((starter_pack / "pack.json").read_text())
    for model in manifest["models"]:
        if model["id"] == "whisper-base":
            files = sorted((folder / "models/whisper-base").iterdir())
            model["files"] = [
                {
                    "path": str(path.relative_to(folder)), "size": path.stat().st_size,
                    "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
                }
                for path in files
            ]  # fmt: skip
    (folder / "pack.json").write_text(json.dumps(manifest))
    return folder


def test_a_model_of_english_alone_refuses_other_languages(ogam, english_pack, tmp_path):
    clip = CLIPS / "sense_and_sensibility_01_austen_64kb-0930.wav"
    for words in (("transcribe", clip), ("index", clip, "--archive", tmp_path / "archive", "--lanes", "speech")):
        done = ogam.run(*words, "--pack", english_pack, "--language", "ko")
        assert done.returncode == 2, done.stderr.decode()
        assert b'English alone: it neither hears the language "ko"' in done.stderr
    done = ogam.run("transcribe", clip, "--pack", english_pack, "--translate")
    assert done.returncode == 2 and b"English alone" in done.stderr
    for language in ("en", "auto"):
        done = ogam.run("transcribe", clip, "--pack", english_pack, "--language", language, "--json")
        assert done.returncode == 0, done.stderr.decode()
