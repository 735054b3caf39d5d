"""Packs that `ogam models pack create` makes of models from the hub: tiny random checkpoints, pulled, indexed with, searched with.

A random model knows nothing, but equal things have equal vectors: a picture, a frame, a sound and a clip that are in the
archive come first and score high.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from conftest import HOME, ROOT, Ogam
from hub_server import HubServer
from PIL import Image

sys.path.insert(0, str(ROOT))

SIGHT = "tiny/siglip2"
SPEECH = "tiny/whisper"
OMNI = "tiny/embedding-gemma2"
CLIPS = "tiny/pe-av"
CARDS = {SIGHT: "apache-2.0", SPEECH: "mit", OMNI: "apache-2.0"}  # the other has no card
PICTURES = ("cheetah", "lion", "fruits", "baboon")
IN_VIDEO = ("butterfly", "orange", "messi5")  # three seconds of each
HIGH = 0.9


def build_whisper(folder: Path) -> None:
    """A random Whisper behind the tokenizer of the starter pack's."""
    import torch
    import transformers

    source = HOME / "packs/starter/models/whisper-base"
    sizes = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 2}
    config = transformers.WhisperConfig(
        **sizes, encoder_ffn_dim=16, decoder_ffn_dim=16, num_mel_bins=80, vocab_size=51865, max_target_positions=32
    )
    torch.manual_seed(3)
    transformers.WhisperForConditionalGeneration(config).save_pretrained(folder)
    for name in ("merges.txt", "preprocessor_config.json", "tokenizer.json", "tokenizer_config.json", "vocab.json"):
        shutil.copyfile(source / name, folder / name)
    generation = json.loads((source / "generation_config.json").read_text()) | {"alignment_heads": [[0, 0], [1, 1]], "max_length": 32}
    (folder / "generation_config.json").write_text(json.dumps(generation))


@pytest.fixture(scope="module")
def models(starter_pack: Path, tmp_path_factory) -> dict[str, Path]:
    from tests.parity import gemma, image_text, pe

    folder = tmp_path_factory.mktemp("models")
    builders = {SIGHT: image_text.build_siglip2, OMNI: gemma.build, CLIPS: pe.build_audio_video}
    for name, build in builders.items():
        build(folder / name, 7)
    build_whisper(folder / SPEECH)
    for name, licence in CARDS.items():
        (folder / name / "README.md").write_text(f"---\nlicense: {licence}\n---\n# {name}\n")
    return {name: folder / name for name in (*builders, SPEECH)}


@dataclass
class Desk:
    """A home with the starter pack and pulled models, and the command at work there."""

    ogam: Ogam
    env: dict[str, str]
    home: Path
    media: Path

    def run(self, *words: object, **options) -> subprocess.CompletedProcess:
        return self.ogam.run(*words, env=self.env, **options)

    def done(self, *words: object) -> dict:
        done = self.run(*words, "--json")
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def refused(self, *words: object, status: int) -> str:
        """The message of a pack that is not made; nothing of it stays."""
        before = sorted(os.listdir(self.home / "packs"))
        done = self.run("models", "pack", "create", *words)
        assert done.returncode == status, done.stderr.decode()
        assert sorted(os.listdir(self.home / "packs")) == before
        return done.stderr.decode()

    def index(self, pack: str, *words: object) -> dict[str, dict]:
        done = self.run("index", self.media, "--archive", self.home / pack, "--pack", pack, "--json", *words)
        assert done.returncode == 0, done.stderr.decode()
        reports = [json.loads(line) for line in done.stdout.splitlines()]
        return {Path(report["path"]).name: report for report in reports}

    def search(self, pack: str, *words: object) -> list[dict]:
        return self.done("search", "--archive", self.home / pack, "--pack", pack, *words)["moments"]

    def first(self, pack: str, *words: object) -> dict:
        moments = self.search(pack, *words)
        assert moments, "nothing was found"
        first = moments[0]
        return first | {"name": Path(first["path"]).name}


def make_media(folder: Path, sample_media: Path) -> None:
    folder.mkdir()
    for name in PICTURES:
        Image.open(sample_media / f"pictures/{name}.jpg").convert("RGB").resize((96, 64)).save(folder / f"{name}.png")
    frames = folder.parent / "frames"
    frames.mkdir()
    for name in IN_VIDEO:
        Image.open(sample_media / f"pictures/{name}.jpg").convert("RGB").resize((96, 64)).save(frames / f"{name}.png")

    def ffmpeg(*words: object) -> None:
        subprocess.run(["ffmpeg", "-v", "error", "-y", *map(str, words)], check=True)

    for name in ("sax", "cantina"):
        ffmpeg("-ss", 2, "-t", 4, "-i", sample_media / f"sounds/{name}.wav", "-ac", 1, "-ar", 16000, folder / f"{name}.wav")
    # Stored as RGB without loss, so that each frame is exactly the picture it was made of.
    stills = [word for name in IN_VIDEO for word in ("-loop", 1, "-framerate", 5, "-t", 3, "-i", frames / f"{name}.png")]
    joined = "[0][1][2]concat=n=3:v=1:a=0,format=bgr0[v]"
    ffmpeg(*stills, "-t", 9, "-i", sample_media / "sounds/austen-0920.wav", "-filter_complex", joined, "-map", "[v]", "-map", "3:a",
           "-c:v", "ffv1", "-c:a", "pcm_s16le", "-ar", 48000, "-t", 9, folder / "film.mkv")


@pytest.fixture(scope="module")
def desk(ogam: Ogam, models, sample_media: Path, starter_pack: Path, tmp_path_factory) -> Desk:
    folder = tmp_path_factory.mktemp("desk")
    make_media(folder / "media", sample_media)
    (folder / "home/packs").mkdir(parents=True)
    (folder / "home/packs/starter").symlink_to(starter_pack)
    with HubServer() as hub:
        for name, files in models.items():
            hub.add_folder(name, files)
        env = hub.environment(folder / "hf", OGAM_HOME=str(folder / "home"))
        for name in models:
            done = ogam.run("models", "pull", name, env=env)
            assert done.returncode == 0, done.stderr.decode()
    return Desk(ogam, env, folder / "home", folder / "media")


@pytest.fixture(scope="module")
def sight(desk: Desk) -> dict:
    report = desk.done("models", "pack", "create", "sight", "--visual", SIGHT, "--speech", SPEECH)
    assert desk.index("sight")["film.mkv"]["status"] == "indexed"
    return report


@pytest.fixture(scope="module")
def omni(desk: Desk) -> dict:
    report = desk.done("models", "pack", "create", "omni", "--omni", OMNI)
    reports = desk.index("omni", "--lanes", "visual,sound,fused")
    assert {report["status"] for report in reports.values()} == {"indexed"}
    assert reports["film.mkv"]["vectors"]["fused"] >= 1
    assert reports["sax.wav"]["vectors"] == {"sound": 1, "fused": 1}
    assert reports["lion.png"]["vectors"] == {"visual": 1, "fused": 1}
    return report


@pytest.fixture(scope="module")
def clips(desk: Desk) -> dict:
    report = desk.done("models", "pack", "create", "clips", "--visual", CLIPS, "--fused", CLIPS)
    # Three clips of three seconds each, as they are asked for below.
    reports = desk.index("clips", "--segments", "fixed:3")
    assert reports["film.mkv"]["vectors"] == {"visual": 3, "fused": 3}
    assert reports["lion.png"]["vectors"] == {"visual": 1, "fused": 1}
    return report


# What a pack is made of


def test_a_pack_says_what_it_is_made_of(desk: Desk, sight: dict):
    assert set(sight["lanes"]) == {"visual", "speech"}
    assert sight["lanes"]["visual"] == {
        "model": "siglip2", "spaces": [{"output": "embedding", "dimension": 16, "queries": ["image", "text", "video"]}]
    }
    assert sight["lanes"]["speech"]["model"] == "use-multilingual-v3"
    models = {model["id"]: model for model in sight["models"]}
    assert set(models) == {"siglip2", "whisper", "use-multilingual-v3", "silero-vad", "transnet-v2"}
    assert models["siglip2"]["licence"] == "apache-2.0"
    name, commit = models["siglip2"]["origin"].split("@")
    assert name == SIGHT and len(commit) == 40
    manifest = json.loads((desk.home / "packs/sight/pack.json").read_text())
    routes = manifest["lanes"][0]["spaces"][0]["queries"]
    assert {kind: route["background"] for kind, route in routes.items()} == {"text": "texts", "image": "archive", "video": "archive"}
    assert len(manifest["background"]) == 120
    # The words' encoder is the starter pack's, and so are its curves.
    assert manifest["lanes"][1]["spaces"][0]["queries"]["text"]["calibration"] == {"intercept": -8.79, "slope": 2.251}


def test_files_are_linked_not_copied(desk: Desk, sight: dict):
    weights = desk.home / "packs/sight/models/siglip2/model.safetensors"
    assert not weights.is_symlink()
    assert weights.stat().st_nlink >= 2
    assert (desk.home / "packs/sight/models/siglip2/README.md").is_file()


def test_one_model_of_two_lanes_is_there_once(desk: Desk, omni: dict, clips: dict):
    assert set(omni["lanes"]) == {"visual", "sound", "text", "fused"}
    assert {lane["model"] for lane in omni["lanes"].values()} == {"embedding-gemma2"}
    assert [model["id"] for model in omni["models"]] == ["embedding-gemma2", "tesseract", "transnet-v2"]
    assert omni["models"][0]["role"] == "image, audio, text, video"
    assert omni["lanes"]["fused"]["spaces"][0]["queries"] == ["audio", "image", "text", "video"]
    assert clips["lanes"]["visual"]["spaces"][0]["output"] == "video"
    assert clips["lanes"]["fused"]["spaces"][0]["output"] == "audio_video"
    assert [model["licence"] for model in clips["models"]] == ["unknown", "MIT"]


def test_the_other_verbs_know_a_created_pack(desk: Desk, sight: dict):
    rows = [json.loads(line) for line in desk.run("models", "list", "--json").stdout.splitlines()]
    assert {row["id"] for row in rows if row["pack"] == "sight"} == {model["id"] for model in sight["models"]}
    assert b"apache-2.0" in desk.run("models", "show", "siglip2", "--pack", "sight").stdout
    assert desk.done("models", "verify", "--pack", "sight") == {"pack": "sight", "sound": True, "problems": []}


def test_weights_of_other_formats_come_along(desk: Desk, models, tmp_path: Path):
    """A folder of faster-whisper: CTranslate2's weights and a configuration of its own."""
    command = [Path(sys.executable).parent / "ct2-transformers-converter", "--model", models[SPEECH], "--output_dir", tmp_path / "faster",
               "--copy_files", "tokenizer.json", "preprocessor_config.json"]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    report = desk.done("models", "pack", "create", "faster", "--speech", tmp_path / "faster")
    assert (desk.home / "packs/faster/models/faster/model.bin").is_file()
    assert "speech" in report["lanes"]


def test_a_base_pack_gives_the_lanes_that_are_not_named(desk: Desk):
    report = desk.done("models", "pack", "create", "based", "--visual", SIGHT, "--base", "starter")
    assert list(report["lanes"]) == ["visual", "sound", "speech", "text", "fused"]
    models = {lane: made["model"] for lane, made in report["lanes"].items()}
    assert models == {
        "visual": "siglip2", "sound": "yamnet", "speech": "use-multilingual-v3", "text": "use-multilingual-v3", "fused": ""
    }
    # The mean of the lanes is made anew, of those that are there.
    assert report["lanes"]["fused"]["spaces"] == [{"output": "fused", "dimension": 16 + 521 + 512 + 512, "queries": ["text"]}]
    manifest = json.loads((desk.home / "packs/based/pack.json").read_text())
    starter = json.loads((HOME / "packs/starter/pack.json").read_text())
    assert [lane["spaces"][0]["queries"]["text"]["calibration"] for lane in manifest["lanes"][1:4]] == [
        lane["spaces"][0]["queries"]["text"]["calibration"] for lane in starter["lanes"][1:4]
    ]


# What is found


@pytest.mark.parametrize("pack", ["sight", "omni", "clips"])
def test_a_picture_of_the_archive_comes_first(desk: Desk, sight, omni, clips, pack: str, tmp_path: Path):
    lanes = ["visual"] if pack == "sight" else ["visual", "fused"]
    queries = [{"image": str(desk.media / f"{name}.png"), "lane": lane} for name in PICTURES for lane in lanes]
    file = tmp_path / "queries.jsonl"
    file.write_text("".join(json.dumps(query) + "\n" for query in queries))
    done = desk.run("search", "--archive", desk.home / pack, "--pack", pack, "--queries", file)
    assert done.returncode == 0, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(queries)
    for query, answer in zip(queries, answers):
        first = answer["moments"][0]
        assert Path(first["path"]).name == Path(query["image"]).name, query
        assert first["score"] > HIGH, query


@pytest.mark.parametrize(("name", "start"), [("butterfly", 0), ("orange", 3), ("messi5", 6)])
def test_a_frame_finds_its_moment(desk: Desk, sight, omni, name: str, start: int):
    for pack in ("sight", "omni"):
        first = desk.first(pack, "--image", desk.media.parent / f"frames/{name}.png", "--lane", "visual")
        assert first["name"] == "film.mkv"
        assert first["score"] > HIGH
        assert start - 0.21 <= first["lanes"]["visual"]["time"] < start + 3


@pytest.mark.parametrize("name", ["sax", "cantina"])
def test_a_sound_of_the_archive_comes_first(desk: Desk, omni, name: str):
    for lane in ("sound", "fused"):
        first = desk.first("omni", "--audio", desk.media / f"{name}.wav", "--lane", lane)
        assert first["name"] == f"{name}.wav"
        assert first["score"] > HIGH


@pytest.mark.parametrize("start", [0, 3, 6])
def test_a_clip_finds_itself(desk: Desk, clips, start: int):
    for lane in ("visual", "fused"):
        first = desk.first("clips", "--video", f"{desk.media / 'film.mkv'}@{start}-{start + 3}", "--lane", lane)
        assert first["name"] == "film.mkv"
        assert first["start"] == start
        assert first["score"] > HIGH
        assert first["lanes"][lane]["time"] == pytest.approx(start + 1.5, abs=0.11)  # the film ends with its last frame


def test_a_clip_finds_its_video_by_frames_and_sound(desk: Desk, sight, omni):
    query = ("--video", f"{desk.media / 'film.mkv'}@3.2-5.8")
    assert desk.first("sight", *query)["name"] == "film.mkv"
    assert desk.first("omni", *query, "--lane", "visual")["name"] == "film.mkv"


@pytest.mark.parametrize(("pack", "lanes"), [("sight", ["visual"]), ("omni", ["visual", "sound", "fused"]), ("clips", ["visual", "fused"])])
def test_texts_have_a_way_into_every_lane(desk: Desk, sight, omni, clips, pack: str, lanes: list[str]):
    texts = ("빨간 자동차", "a red car", "rain", "강아지가 짖는다")  # to a random model some are the opposite of everything
    for lane in lanes:  # none of which has words that would be looked for to the letter
        assert any(desk.search(pack, text, "--lane", lane, "--min-score", "0") for text in texts), lane


def test_clips_follow_the_shots(desk: Desk, clips):
    done = desk.run("index", desk.media / "film.mkv", "--archive", desk.home / "shots", "--pack", "clips", "--json")
    report = json.loads(done.stdout)
    assert report["segments"] == 3
    assert report["vectors"] == {"visual": 3, "fused": 3}


def test_a_lane_of_clips_embeds_videos_and_pictures(desk: Desk, clips):
    done = desk.run("embed", "--pack", "clips", "--lane", "visual", desk.media / "film.mkv", desk.media / "lion.png")
    assert done.returncode == 0, done.stderr.decode()
    assert [json.loads(line)["kind"] for line in done.stdout.splitlines()] == ["video", "image"]


# What is refused


def test_models_that_are_not_there_are_named(desk: Desk):
    assert "ogam models pull no/such" in desk.refused("x", "--visual", "no/such", status=4)
    assert "no/such" in desk.refused("x", "--base", "no/such", "--visual", SIGHT, status=4)


def test_a_model_without_the_encoder_says_what_it_can_do(desk: Desk):
    assert "encodes text, image" in desk.refused("x", "--sound", SIGHT, status=2)
    assert "encodes text, image" in desk.refused("x", "--fused", SIGHT, status=2)
    assert "encodes text, image" in desk.refused("x", "--speech", SIGHT, status=2)
    assert "--speech" in desk.refused("x", "--visual", SPEECH, status=2)
    assert "--speech" in desk.refused("x", "--omni", SPEECH, status=2)
    assert "base pack" in desk.refused("x", "--visual", "transnet-v2", status=2)


@pytest.mark.parametrize("damage", ["cut", "shape", "config"])
def test_a_damaged_model_is_refused(desk: Desk, models, tmp_path: Path, damage: str):
    folder = tmp_path / "model"
    shutil.copytree(models[SIGHT], folder)
    weights, config = folder / "model.safetensors", folder / "config.json"
    if damage == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif damage == "shape":
        config.write_text(config.read_text().replace('"hidden_size": 16', '"hidden_size": 24', 1))
    else:
        config.write_text("{")
    assert str(folder) in desk.refused("x", "--visual", folder, status=3)


def test_a_name_is_taken_once(desk: Desk, sight):
    assert "--force" in desk.refused("sight", "--visual", SIGHT, status=2)
    assert "other name" in desk.refused("sight", "--force", "--base", "sight", "--visual", SIGHT, status=2)
    for name in ("../x", ".x", "a b", ""):
        assert "name" in desk.refused(name, "--visual", SIGHT, status=2)
    assert "name one with" in desk.refused("x", status=2)


def test_a_licence_that_is_not_wanted_makes_no_pack(desk: Desk):
    message = desk.refused("x", "--visual", SIGHT, "--require-license", "mit", status=3)
    assert "siglip2 is apache-2.0" in message and "only mit" in message
    assert "unknown" in desk.refused("x", "--visual", CLIPS, "--require-license", "mit,apache-2.0", status=3)
    desk.done("models", "pack", "create", "licensed", "--visual", SIGHT, "--require-license", "MIT,Apache-2.0")


def test_words_that_make_no_sense_give_usage(desk: Desk):
    for words in (("models", "pack"), ("models", "pack", "create"), ("models", "pack", "make", "x"),
                  ("models", "pack", "create", "x", "y"), ("models", "--json", "pack"), ("models", "pack", "create", "x", "--seen", "y")):
        done = desk.run(*words)
        assert done.returncode == 2, words
        assert b"Try 'ogam models" in done.stderr


def test_a_file_that_changed_is_found_and_the_pack_made_again(desk: Desk, models, tmp_path: Path):
    folder = tmp_path / "a model's folder"
    shutil.copytree(models[SIGHT], folder)
    desk.done("models", "pack", "create", "linked", "--visual", folder)
    weights = folder / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    with open(weights, "r+b") as file:  # the same file, under both names
        file.write(content)
    done = desk.run("models", "verify", "--pack", "linked")
    assert done.returncode == 4
    quoted = str(folder).replace("'", "'\\''")
    command = f"ogam models pack create linked --force --visual '{quoted}'"
    assert "model.safetensors is damaged" in done.stderr.decode()
    assert command in done.stderr.decode()
    with open(weights, "ab") as file:
        file.write(b"x")
    done = desk.run("index", desk.media, "--pack", "linked", "--archive", tmp_path / "archive")
    assert done.returncode == 4
    assert command in done.stderr.decode()
    with open(weights, "r+b") as file:
        file.truncate(len(content))
    words = subprocess.run(["bash", "-c", f"printf '%s\\0' {command}"], capture_output=True, check=True).stdout.decode().split("\0")
    assert desk.run(*words[1:-1]).returncode == 0
    assert desk.done("models", "verify", "--pack", "linked")["sound"]


def test_stopping_leaves_nothing_behind(desk: Desk, models, tmp_path: Path):
    folder = tmp_path / "large"
    shutil.copytree(models[SIGHT], folder)
    with open(folder / "large.txt", "wb") as file:
        file.truncate(8 << 30)  # takes no place, and a while to hash
    before = sorted(os.listdir(desk.home / "packs"))
    command = [desk.ogam.program, "models", "pack", "create", "large", "--visual", folder, "--json"]
    process = subprocess.Popen(command, env=desk.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    progress = json.loads(process.stderr.readline())["progress"]
    assert 0 < progress["bytes_done"] < progress["bytes_total"]
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert sorted(os.listdir(desk.home / "packs")) == before
