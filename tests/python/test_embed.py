"""`ogam embed`: vectors of texts and files, as lines and as matrices."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from conftest import ROOT
from safetensors import safe_open


def lines(done: subprocess.CompletedProcess) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def embed(ogam, *words, **options) -> list[dict]:
    done = ogam.run("embed", *words, **options)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return lines(done)


def test_each_kind_goes_to_its_lane(ogam, starter_pack, sample_media: Path):
    rows = embed(ogam, "빨간 자동차", sample_media / "pictures/cheetah.jpg", sample_media / "sounds/sax.wav", sample_media / "texts/garden.txt")
    spaces = {row["kind"]: row["space"].split("/")[0] for row in rows}
    assert spaces == {"text": "text", "image": "visual", "audio": "sound"}
    assert all(abs(np.linalg.norm(row["vector"]) - 1) < 1e-4 for row in rows)
    sounds = [row for row in rows if row["kind"] == "audio"]
    assert [row["start"] for row in sounds] == pytest.approx([0, 4.8, 9.6, 14.4]) and sounds[-1]["end"] == pytest.approx(16, abs=0.1)


def test_a_text_finds_its_picture_in_the_lane_of_pictures(ogam, starter_pack, sample_media: Path):
    pictures = [sample_media / f"pictures/{name}.jpg" for name in ("lion", "butterfly", "cheetah", "orange")]
    rows = embed(ogam, "나비", *pictures, "--lane", "visual")
    text, *seen = [np.array(row["vector"]) for row in rows]
    assert int(np.argmax([text @ vector for vector in seen])) == 1


def test_a_video_gives_a_vector_a_second(ogam, starter_pack, sample_media: Path):
    rows = embed(ogam, sample_media / "videos/bikes.mp4", "--sample-fps", 2)
    times = [row["start"] for row in rows]
    assert rows[0]["kind"] == "frame" and times[0] == 0
    assert np.diff(times) == pytest.approx([0.5] * (len(times) - 1), abs=0.06)


def test_the_same_text_has_the_same_vector_however_it_comes(ogam, starter_pack, tmp_path: Path):
    alone = embed(ogam, "--text", "고양이")[0]["vector"]
    decomposed = embed(ogam, "-", input="강아지\n고양이\n".encode(), stdin=None)[1]["vector"]
    assert alone == pytest.approx(decomposed, abs=1e-6)


@pytest.mark.parametrize("name", ["vectors.npy", "벡터.safetensors", "vectors.jsonl"])
def test_written_files_hold_the_same_rows(ogam, starter_pack, tmp_path: Path, name: str):
    words = ["고양이", "a dog", "비행기"]
    printed = np.array([row["vector"] for row in embed(ogam, *words)], np.float32)
    target = tmp_path / name
    assert embed(ogam, *words, "--out", target) == []
    if target.suffix == ".npy":
        written = np.load(target)
    elif target.suffix == ".jsonl":
        written = np.array([json.loads(line)["vector"] for line in target.read_text().splitlines()], np.float32)
    else:
        with safe_open(target, "np") as file:
            written = file.get_tensor("vectors")
            assert [row["input"] for row in json.loads(file.metadata()["rows"])] == words
            assert file.metadata()["space"] == "text/use-multilingual-v3/embedding"
    assert written.dtype == np.float32
    np.testing.assert_allclose(written, printed, atol=1e-6)


def test_one_bad_file_does_not_stop_the_others(ogam, starter_pack, sample_media: Path, tmp_path: Path):
    (tmp_path / "깨진.jpg").write_bytes(b"\xff\xd8 no picture")
    done = ogam.run("embed", tmp_path / "깨진.jpg", sample_media / "pictures/lion.jpg", tmp_path / "none.png", "--json")
    assert done.returncode == 1
    rows = lines(done)
    assert [("error" in row, Path(row["input"]).name) for row in rows] == [(True, "깨진.jpg"), (False, "lion.jpg"), (True, "none.png")]


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        ([], 2, "name what to embed"),
        (["x", "--dim", 100], 2, "512 dimensions"),
        (["x", "--dim", -1], 2, "cannot be cut to -1"),
        (["x", "--lane", "smell"], 2, "visual, sound"),
        (["x", "--output", "smell"], 2, "no output 'smell'"),
        (["x", "--out", "vectors.csv"], 2, ".jsonl, .npy or .safetensors"),
        (["x", "--model", "nobody/nothing"], 4, "ogam models pull nobody/nothing"),
        (["x", "--model", "../x y"], 4, "there is no folder ../x y"),
        (["x", "--model", "x y"], 2, "x y"),
        (["x", "--precision", "float16"], 2, "float32 or bfloat16"),
        (["x", "--prompt", "query"], 2, "--model"),
        (["x", "--model", "a/b", "--lane", "text"], 2, "with --model there is none"),
        (["x", "--sample-fps", 0], 2, "frames a second"),
    ],
)
def test_slips_are_explained(ogam, starter_pack, tmp_path: Path, words, status, message):
    done = ogam.run("embed", *words, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert message in done.stderr.decode()


def test_vectors_are_cut_where_the_model_was_trained_for_it(ogam, tmp_path: Path):
    model = tmp_path / "model"
    shutil.copytree(ROOT / "tests/golden/bert_tiny", model)
    config = json.loads((model / "config.json").read_text())
    whole = np.array(embed(ogam, "나비", "--model", model)[0]["vector"])

    def cut(size: int) -> subprocess.CompletedProcess:
        return ogam.run("embed", "나비", "--model", model, "--dim", size)

    refused = cut(8)
    assert refused.returncode == 2 and b"only whole" in refused.stderr
    (model / "config.json").write_text(json.dumps(config | {"matryoshka_dimensions": [len(whole), 8, 4]}))
    for size in (4, 6, 8):
        done = cut(size)
        assert done.returncode == 0, done.stderr
        assert lines(done)[0]["vector"] == pytest.approx(whole[:size] / np.linalg.norm(whole[:size]), abs=1e-5)
    refused = cut(3)
    assert refused.returncode == 2 and b"4 at least" in refused.stderr


def test_a_matrix_takes_one_space(ogam, starter_pack, sample_media: Path, tmp_path: Path):
    done = ogam.run("embed", "text", sample_media / "pictures/lion.jpg", "--out", tmp_path / "v.npy")
    assert done.returncode == 2 and b"--lane" in done.stderr
    assert not (tmp_path / "v.npy").exists()
