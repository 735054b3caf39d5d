"""Transcripts and shots from Python: those of the command."""

from __future__ import annotations

import json
import os
import signal
import threading
from pathlib import Path

import pytest
import torch

import ogam


@pytest.fixture(scope="module")
def command(request):
    return request.getfixturevalue("ogam")


def test_a_transcript_is_that_of_the_command(command, starter_pack, sample_media: Path):
    path = sample_media / "sounds/austen-0880.wav"
    heard = ogam.transcribe(path, language="en")
    done = command.run("transcribe", path, "--language", "en", "--json")
    written = json.loads(done.stdout)
    assert heard.language == written["language"] == "en" and heard.damage == ""
    utterances = written.get("segments") or written["utterances"]
    assert [segment.text for segment in heard.segments] == [utterance["text"] for utterance in utterances]
    assert heard.segments[0].start == pytest.approx(utterances[0]["start"], abs=1e-3)
    words = [word for segment in heard.segments for word in segment.words]
    assert words and all(0 <= word.start <= word.end <= heard.duration + 0.1 and 0 <= word.probability <= 1 for word in words)
    assert heard.text and heard.text.split()[0] == words[0].text


def test_shots_are_those_of_the_command(command, starter_pack, sample_media: Path):
    path = sample_media / "videos/megamind.avi"
    seen: list[ogam.Progress] = []
    found = ogam.shots(path, progress=seen.append)
    listed = json.loads(command.run("shots", path, "--json").stdout)["shots"]
    assert len(found.shots) > 1
    assert [list(span) for span in found.shots] == [[pytest.approx(shot["start"]), pytest.approx(shot["end"])] for shot in listed]
    assert len(found.transitions) == len(found.shots) - 1
    assert found.frame_times.dtype == torch.float64 and found.probabilities.dtype == torch.float32
    assert len(found.frame_times) == len(found.probabilities) > 100
    assert not found.probabilities.untyped_storage().resizable()  # the detector's own memory
    assert seen and all(progress.path == path for progress in seen)


@pytest.mark.parametrize(("call", "kind"), [
    (lambda media: ogam.transcribe(media / "없다.wav"), FileNotFoundError),
    (lambda media: ogam.transcribe(media / "sounds/sax.wav", language="클링온"), ValueError),
    (lambda media: ogam.transcribe(media / "sounds/sax.wav", beam_size=0), ValueError),
    (lambda media: ogam.shots(media / "videos/bikes.mp4", threads=-1), ValueError),
    (lambda media: ogam.shots(media / "sounds/sax.wav"), NotImplementedError),
    (lambda media: ogam.shots(media / "texts/garden.txt"), ogam.Error),
    (lambda media: ogam.shots(media / "videos/bikes.mp4", pack="no-pack"), ogam.Error),
])  # fmt: skip
def test_what_cannot_be_done_is_refused(starter_pack, sample_media: Path, call, kind):
    with pytest.raises(kind) as error:
        call(sample_media)
    assert isinstance(error.value, ogam.Error)


def test_an_exception_of_the_progress_function_comes_through(starter_pack, sample_media: Path):
    def stop(progress: ogam.Progress) -> None:
        raise LookupError(progress.path.name)

    with pytest.raises(LookupError, match="sax.wav"):
        ogam.transcribe(sample_media / "sounds/sax.wav", language="en", progress=stop)


def test_a_signal_stops_a_transcription(python_interrupts, starter_pack, sample_media: Path):
    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        for _ in range(100):
            ogam.transcribe(sample_media / "sounds/announcements.wav", beam_size=5)
    timer.join()
