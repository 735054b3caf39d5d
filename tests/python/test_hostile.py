"""Whatever is thrown at the indexer, it names what is wrong, goes on with the rest, and keeps the archive sound."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import socket
from collections import defaultdict
from pathlib import Path

import pytest
from conftest import Ogam
from hostile_media import BAD_FILES, make_sources, write_bad_files, write_strange_names


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> dict[str, bytes]:
    return make_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="module")
def hostile_run(ogam: Ogam, sources, tmp_path_factory):
    """One run over a folder of bad files between good ones: (process, reports by file name, archive)."""
    folder = tmp_path_factory.mktemp("hostile")
    write_bad_files(folder, sources)
    for name in ("aaa good.png", "zzz good.png"):
        (folder / name).write_bytes(sources["png"] + name.encode())
    archive = tmp_path_factory.mktemp("archive") / "a"
    done = ogam.run("index", folder, "--archive", archive, "--json", "--lanes", "visual,sound,text", timeout=1200)
    reports = defaultdict(list)
    for report in map(json.loads, done.stdout.splitlines()):
        reports[Path(report["path"]).name].append(report)
    return done, reports, archive


def test_there_are_at_least_sixty_bad_files():
    assert len(BAD_FILES) >= 60


def test_a_run_over_bad_files_ends_with_status_1(hostile_run):
    done = hostile_run[0]
    assert done.returncode == 1, done.stderr[-2000:]


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_reported_once_and_an_error_names_it_and_says_more(hostile_run, name: str):
    (report,) = hostile_run[1][name]
    message = report.get("error", {}).get("message")
    outcome = report["error"]["code"] if report["status"] == "failed" else report["status"]
    assert outcome in BAD_FILES[name].outcomes, message
    if report["status"] == "failed":
        assert name in message
        assert len(message) > len(report["path"]) + 5, message


@pytest.mark.parametrize("name", ["aaa good.png", "zzz good.png"])
def test_a_good_file_among_bad_ones_is_indexed(hostile_run, name: str):
    assert [report["status"] for report in hostile_run[1][name]] == ["indexed"]


def test_the_archive_is_sound_after_bad_files(ogam: Ogam, hostile_run):
    done = ogam.run("archive", "verify", "--archive", hostile_run[2])
    assert done.returncode == 0, done.stderr


def test_strange_names_are_indexed_and_shown_as_valid_utf8(ogam: Ogam, sources, tmp_path):
    folder = tmp_path / "names"
    folder.mkdir()
    names = write_strange_names(folder, sources["png"])
    reports = ogam.lines("index", folder, "--archive", tmp_path / "a", "--lanes", "visual")
    assert [report["status"] for report in reports] == ["indexed"] * len(names)
    listed = ogam.lines("archive", "list", "--archive", tmp_path / "a")
    shown = {Path(asset["path"]).name for asset in listed}
    assert {"한글 이름 🎬.png", "new\\x0aline.png", "broken \\xff\\xfe utf8.png"} <= shown
    again = ogam.lines("index", folder, "--archive", tmp_path / "a", "--lanes", "visual")
    assert {report["status"] for report in again} == {"skipped"}


def test_link_loops_and_missing_inputs_are_named(ogam: Ogam, sources, tmp_path):
    folder = tmp_path / "media"
    folder.mkdir()
    (folder / "good.png").write_bytes(sources["png"])
    (folder / "self.mp4").symlink_to(folder / "self.mp4")
    (folder / "there.mp4").symlink_to(folder / "back.mp4")
    (folder / "back.mp4").symlink_to(folder / "there.mp4")
    (folder / "again").symlink_to(folder)
    (folder / "dangling.mp4").symlink_to(folder / "nowhere.mp4")
    done = ogam.run("index", folder, tmp_path / "missing.mp4", "--archive", tmp_path / "a", "--lanes", "visual")
    assert done.returncode == 1
    text = done.stderr.decode()
    for name in ("self.mp4", "there.mp4", "back.mp4", "dangling.mp4", "missing.mp4"):
        assert name in text
    assert len(ogam.lines("archive", "list", "--archive", tmp_path / "a")) == 1


def test_a_named_pipe_and_a_device_are_refused_without_waiting(ogam: Ogam, tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    done = ogam.run("index", tmp_path / "pipe.mp4", "/dev/zero", "--archive", tmp_path / "a", "--lanes", "visual", timeout=60)
    assert done.returncode == 1
    assert b"neither a file nor a folder" in done.stderr


def test_what_a_playlist_names_is_not_opened(ogam: Ogam, tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        playlist = tmp_path / "list.mp4"
        playlist.write_text(f"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:{server.getsockname()[1]}/a.ts\n")
        done = ogam.run("index", playlist, "--archive", tmp_path / "a", "--lanes", "visual")
        with pytest.raises(BlockingIOError):
            server.accept()
    assert done.returncode == 1
    assert b"playlist" in done.stderr


@pytest.mark.parametrize("closed", ["closed.png", "closed"])
def test_an_input_that_may_not_be_read_is_named_and_the_rest_goes_on(ogam: Ogam, sources, tmp_path, closed: str):
    folder = tmp_path / "media"
    (folder / "closed").mkdir(parents=True)
    for name in ("good.png", "closed.png", "closed/inside.png"):
        (folder / name).write_bytes(sources["png"] + name.encode())
    locked = folder / closed
    mode = locked.stat().st_mode
    locked.chmod(0)
    try:
        done = ogam.run("index", folder, "--archive", tmp_path / "a", "--lanes", "visual", obey_permissions=True)
    finally:
        locked.chmod(mode)
    assert done.returncode == 1, done.stderr
    assert os.fsencode(locked) in done.stderr
    assert len(ogam.lines("archive", "list", "--archive", tmp_path / "a")) == 2


@pytest.mark.parametrize("parent", ["a file", "a folder that may not be written to"])
def test_an_archive_that_cannot_be_made_is_refused_with_the_name_of_its_place(ogam: Ogam, sources, tmp_path, parent: str):
    (tmp_path / "good.png").write_bytes(sources["png"])
    archive = tmp_path / "parent/archive"
    if parent == "a file":
        archive.parent.write_text("a file, no folder")
    else:
        archive.parent.mkdir(mode=0o555)
    done = ogam.run("index", tmp_path / "good.png", "--archive", archive, "--lanes", "visual", obey_permissions=True)
    assert done.returncode == 3, done.stderr
    assert os.fsencode(archive.parent) in done.stderr


@pytest.fixture(scope="module")
def small_archive(ogam: Ogam, sources, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    (folder / "good.png").write_bytes(sources["png"])
    (folder / "memo.txt").write_text("도서관은 월요일에 쉽니다.\n")
    assert ogam.run("index", folder, "--archive", folder / "a").returncode == 0
    return folder / "a"


def test_an_archive_that_may_only_be_read_is_searched_and_not_added_to(ogam: Ogam, sources, small_archive, tmp_path):
    archive = tmp_path / "a"
    shutil.copytree(small_archive, archive)
    (tmp_path / "second.png").write_bytes(sources["png"] + b"2")
    archive.chmod(0o555)
    try:
        words = ["--archive", archive, "--lane", "text", "--min-score", 0, "--json"]
        found = ogam.run("search", "도서관", *words, obey_permissions=True)
        refused = ogam.run("index", tmp_path / "second.png", "--archive", archive, obey_permissions=True)
    finally:
        archive.chmod(0o755)
    assert found.returncode == 0, found.stderr
    assert b"memo.txt" in found.stdout
    assert refused.returncode == 3, refused.stderr
    assert os.fsencode(archive) in refused.stderr
    assert len(ogam.lines("archive", "list", "--archive", archive)) == 2


def with_files_of_at_most(size: int):
    """For a child process: its files may not grow beyond `size`, which is what a full disk answers, without filling one."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))

    return limit


def test_a_full_disk_loses_nothing_that_was_stored(ogam: Ogam, sources, tmp_path):
    archive = tmp_path / "a"
    (tmp_path / "first.png").write_bytes(sources["png"])
    (tmp_path / "second.png").write_bytes(sources["png"] + b"2")
    assert ogam.run("index", tmp_path / "first.png", "--archive", archive, "--lanes", "visual").returncode == 0

    full = max(path.stat().st_size for path in (archive / "vectors").iterdir())
    done = ogam.run("index", tmp_path / "second.png", "--archive", archive, "--lanes", "visual", preexec_fn=with_files_of_at_most(full))
    assert done.returncode == 3, done.stderr
    assert b"space" in done.stderr or b"large" in done.stderr or b"full" in done.stderr, done.stderr
    assert ogam.run("archive", "verify", "--archive", archive).returncode == 0
    assert ogam.run("index", tmp_path / "second.png", "--archive", archive, "--lanes", "visual").returncode == 0
    assert len(ogam.lines("archive", "list", "--archive", archive)) == 2


def test_a_disk_that_is_full_from_the_start_is_no_obstacle_once_it_has_room(ogam: Ogam, sources, tmp_path):
    archive = tmp_path / "a"
    (tmp_path / "good.png").write_bytes(sources["png"])
    words = ["index", tmp_path / "good.png", "--archive", archive, "--lanes", "visual"]
    done = ogam.run(*words, preexec_fn=with_files_of_at_most(0))
    assert done.returncode == 3, done.stderr
    assert os.fsencode(archive) in done.stderr
    assert ogam.run(*words).returncode == 0
    assert ogam.run("archive", "verify", "--archive", archive).returncode == 0


DAMAGES = {
    "empty": lambda data: b"",
    "random": lambda data: bytes((i * 97 + 13) % 256 for i in range(len(data))),
    "cut": lambda data: data[: len(data) // 2],
    "flipped": lambda data: data[: len(data) // 2] + bytes([data[len(data) // 2] ^ 0xFF]) + data[len(data) // 2 + 1 :],
    "gone": None,
}


def damaged_copies(archive: Path, folder: Path, part: str, damage: str):
    """For every file of `archive` that matches `part`: (a copy of the archive where it is damaged, that file)."""
    files = sorted(path.relative_to(archive) for path in archive.glob(part))
    assert files, f"there is no {part} in {archive}"
    for number, file in enumerate(files):
        copy = folder / str(number)
        shutil.copytree(archive, copy)
        target = copy / file
        if damage == "gone":
            target.unlink()
        else:
            target.write_bytes(DAMAGES[damage](target.read_bytes()))
        yield copy, target


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_vectors_are_found_and_named(ogam: Ogam, small_archive: Path, tmp_path: Path, damage: str):
    for copy, target in damaged_copies(small_archive, tmp_path, "vectors/*", damage):
        done = ogam.run("archive", "verify", "--archive", copy)
        assert done.returncode == 5, (target.name, done.stderr)
        assert target.name.encode() in done.stderr
        for words in (["archive", "list"], ["archive", "info"], ["search", "도서관"]):
            done = ogam.run(*words, "--archive", copy)
            assert done.returncode == 0 or done.stderr, (target.name, words)
            assert done.returncode <= 5, (target.name, words, done.stderr)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_catalog_is_an_error_and_never_a_crash(ogam: Ogam, small_archive: Path, tmp_path: Path, damage: str):
    # One flipped byte may lie where nothing is written; every other damage must be seen.
    bad = (0, 3, 5) if damage == "flipped" else (3, 5)
    for copy, _ in damaged_copies(small_archive, tmp_path, "catalog.sqlite", damage):
        done = ogam.run("archive", "verify", "--archive", copy)
        assert done.returncode in bad, done.stderr
        for words in (["archive", "list"], ["archive", "info"], ["search", "도서관"]):
            done = ogam.run(*words, "--archive", copy)
            assert done.returncode == 0 or done.stderr, words
            assert done.returncode <= 5, (words, done.stderr)


def test_a_strangers_log_beside_the_catalog_does_no_harm(ogam: Ogam, small_archive: Path, tmp_path: Path):
    copy = tmp_path / "a"
    shutil.copytree(small_archive, copy)
    (copy / "catalog.sqlite-wal").write_bytes(DAMAGES["random"](bytes(5000)))
    assert len(ogam.lines("archive", "list", "--archive", copy)) == 2
    assert ogam.run("archive", "verify", "--archive", copy).returncode == 0


class PackCopy:
    """A copy of a pack that may be damaged: links to the real files, which are replaced and never written to."""

    def __init__(self, pack: Path, copy: Path):
        shutil.copytree(pack, copy, copy_function=os.symlink)
        self.folder = copy

    def read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def replace(self, name: str, content: bytes) -> None:
        self.remove(name)
        (self.folder / name).write_bytes(content)

    def remove(self, name: str) -> None:
        (self.folder / name).unlink()

    def change_manifest(self, change) -> None:
        manifest = json.loads(self.read("pack.json"))
        change(manifest)
        self.replace("pack.json", json.dumps(manifest).encode())


CONFIG = "models/efficientnet-lite2/config.json"
WEIGHTS = "models/efficientnet-lite2/model.safetensors"
TOKENIZER = "models/use-multilingual-v3/tokenizer.model"
NAMES = "names/imagenet.json"

# A file of the right size is opened only when its model is loaded; the others are seen before.
PACK_DAMAGES = {
    "no manifest": lambda pack: pack.remove("pack.json"),
    "empty manifest": lambda pack: pack.replace("pack.json", b""),
    "broken manifest": lambda pack: pack.replace("pack.json", b'{"format": "ogam-pack", '),
    "deep manifest": lambda pack: pack.replace("pack.json", b"[" * 100_000),
    "manifest of another kind": lambda pack: pack.replace("pack.json", b"[1, 2, 3]"),
    "manifest of another version": lambda pack: pack.change_manifest(lambda m: m.update(version=99)),
    "file outside the pack": lambda pack: pack.change_manifest(lambda m: m["files"][0].update(path="../../../etc/passwd")),
    "lane without its model": lambda pack: pack.change_manifest(lambda m: m["lanes"][0].update(encoder="no-such-model")),
    "weights cut": lambda pack: pack.replace(WEIGHTS, pack.read(WEIGHTS)[:1000]),
    "weights empty": lambda pack: pack.replace(WEIGHTS, b""),
    "weights random": lambda pack: pack.replace(WEIGHTS, bytes((i * 31) % 256 for i in range(len(pack.read(WEIGHTS))))),
    "weights with an absurd head": lambda pack: pack.replace(WEIGHTS, b"\xff" * 8 + pack.read(WEIGHTS)[8:]),
    "weights gone": lambda pack: pack.remove(WEIGHTS),
    "config broken": lambda pack: pack.replace(CONFIG, b"[]"),
    "config blank": lambda pack: pack.replace(CONFIG, b" " * len(pack.read(CONFIG))),
    "tokenizer gone": lambda pack: pack.remove(TOKENIZER),
    "names blank": lambda pack: pack.replace(NAMES, b" " * len(pack.read(NAMES))),
    "names cut": lambda pack: pack.replace(NAMES, pack.read(NAMES)[:1000]),
    "model gone": lambda pack: shutil.rmtree(pack.folder / "models/efficientnet-lite2"),
}


@pytest.mark.parametrize("damage", PACK_DAMAGES)
def test_a_damaged_pack_is_named_with_the_command_that_mends_it(ogam: Ogam, starter_pack, sources, tmp_path: Path, damage: str):
    pack = PackCopy(starter_pack, tmp_path / "packs/starter")
    PACK_DAMAGES[damage](pack)
    (tmp_path / "good.png").write_bytes(sources["png"])
    done = ogam.run("index", tmp_path / "good.png", "--pack", pack.folder, "--archive", tmp_path / "a")
    assert done.returncode == 4, (done.returncode, done.stderr)
    assert b"scripts/setup.sh" in done.stderr or b"build_pack" in done.stderr, done.stderr


def test_one_flipped_byte_of_a_pack_is_found_by_verifying_it(ogam: Ogam, starter_pack, tmp_path: Path):
    pack = PackCopy(starter_pack, tmp_path / "starter")
    content = bytearray(pack.read(WEIGHTS))
    content[-1] ^= 1
    pack.replace(WEIGHTS, bytes(content))
    done = ogam.run("models", "verify", "--pack", pack.folder)
    assert done.returncode == 4, done.stderr
    assert WEIGHTS.encode() in done.stderr
    assert b"scripts/setup.sh" in done.stderr or b"build_pack" in done.stderr, done.stderr
