"""Whatever is thrown at the indexer, it names what is wrong, goes on with the rest, and keeps the archive sound."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import Ogam
from hostile_media import make_sources, write_hostile_files, write_strange_names


@pytest.fixture(scope="module")
def sources(tmp_path_factory) -> dict[str, bytes]:
    return make_sources(tmp_path_factory.mktemp("sources"))


@pytest.fixture(scope="module")
def hostile_run(ogam: Ogam, sources, tmp_path_factory):
    """One run over a folder of bad files between good ones."""
    folder = tmp_path_factory.mktemp("hostile")
    outcomes = write_hostile_files(folder, sources)
    for name in ("aaa good.png", "zzz good.png"):
        (folder / name).write_bytes(sources["png"] + name.encode())
    archive = tmp_path_factory.mktemp("archive") / "a"
    done = ogam.run("index", folder, "--archive", archive, "--json", "--lanes", "visual,sound,text", timeout=1200)
    reports = {Path(report["path"]).name: report for report in map(json.loads, done.stdout.splitlines())}
    return done, outcomes, reports, archive


def test_there_are_at_least_sixty_bad_files(hostile_run):
    assert len(hostile_run[1]) >= 60


def test_a_run_over_bad_files_ends_with_status_1_and_no_crash(hostile_run):
    done = hostile_run[0]
    assert done.returncode == 1, done.stderr[-2000:]
    assert b"Sanitizer" not in done.stderr


def test_every_bad_file_is_reported_once_with_an_expected_outcome(hostile_run):
    _, outcomes, reports, _ = hostile_run
    wrong = []
    for name, allowed in outcomes.items():
        report = reports.get(name)
        if report is None:
            wrong.append(f"{name}: not reported")
            continue
        outcome = report["error"]["code"] if report["status"] == "failed" else report["status"]
        if outcome not in allowed:
            wrong.append(f"{name}: {outcome}: {report.get('error', {}).get('message')}")
    assert not wrong, "\n".join(wrong)


def test_every_error_names_the_file_and_says_more(hostile_run):
    _, outcomes, reports, _ = hostile_run
    for name in outcomes:
        report = reports[name]
        if report["status"] == "failed":
            message = report["error"]["message"]
            assert name in message, message
            assert len(message) > len(report["path"]) + 5, message


def test_good_files_among_bad_ones_are_indexed(hostile_run):
    reports = hostile_run[2]
    assert reports["aaa good.png"]["status"] == "indexed"
    assert reports["zzz good.png"]["status"] == "indexed"


def test_the_archive_is_sound_after_bad_files(ogam: Ogam, hostile_run):
    done = ogam.run("archive", "verify", "--archive", hostile_run[3])
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
    (folder / "again").symlink_to(folder)
    (folder / "dangling.mp4").symlink_to(folder / "nowhere.mp4")
    done = ogam.run("index", folder, tmp_path / "missing.mp4", "--archive", tmp_path / "a", "--lanes", "visual")
    assert done.returncode == 1
    text = done.stderr.decode()
    for name in ("self.mp4", "dangling.mp4", "missing.mp4"):
        assert name in text
    assert len(ogam.lines("archive", "list", "--archive", tmp_path / "a")) == 1


def test_a_named_pipe_and_a_device_are_refused_without_waiting(ogam: Ogam, tmp_path):
    os.mkfifo(tmp_path / "pipe.mp4")
    done = ogam.run("index", tmp_path / "pipe.mp4", "/dev/zero", "--archive", tmp_path / "a", "--lanes", "visual", timeout=60)
    assert done.returncode == 1
    assert b"neither a file nor a folder" in done.stderr


def test_an_unreadable_folder_is_named_and_the_rest_goes_on(ogam: Ogam, sources, tmp_path):
    folder = tmp_path / "media"
    (folder / "closed").mkdir(parents=True)
    (folder / "good.png").write_bytes(sources["png"])
    (folder / "closed/inside.png").write_bytes(sources["png"])
    (folder / "closed").chmod(0)
    words = ["index", folder, "--archive", tmp_path / "a", "--lanes", "visual"]
    if os.geteuid() == 0:
        # The superuser may look anywhere, so the command runs as nobody, from where nobody may read.
        tmp_path.chmod(0o777)
        for parent in tmp_path.parents:
            if parent != Path("/") and parent != Path("/tmp"):
                parent.chmod(parent.stat().st_mode | 0o005)
        command = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", ogam.program, *map(str, words)]
        done = subprocess.run(command, capture_output=True, timeout=300)
    else:
        done = ogam.run(*words)
    (folder / "closed").chmod(0o755)
    assert done.returncode == 1, done.stderr
    assert b"closed" in done.stderr
    assert len(ogam.lines("archive", "list", "--archive", tmp_path / "a")) == 1


def test_an_unwritable_archive_is_refused_with_its_name(ogam: Ogam, sources, tmp_path):
    (tmp_path / "file").write_text("a file, no folder")
    (tmp_path / "good.png").write_bytes(sources["png"])
    done = ogam.run("index", tmp_path / "good.png", "--archive", tmp_path / "file/archive", "--lanes", "visual")
    assert done.returncode in (3, 4)
    assert b"archive" in done.stderr


def test_a_full_disk_loses_nothing_that_was_stored(ogam: Ogam, sources, tmp_path):
    archive = tmp_path / "a"
    (tmp_path / "first.png").write_bytes(sources["png"])
    (tmp_path / "second.png").write_bytes(sources["png"] + b"2")
    assert ogam.run("index", tmp_path / "first.png", "--archive", archive, "--lanes", "visual").returncode == 0

    full = max(path.stat().st_size for path in (archive / "vectors").iterdir())

    def no_room():
        # Files may not grow: what a full disk answers, without filling one.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (full, full))

    done = ogam.run("index", tmp_path / "second.png", "--archive", archive, "--lanes", "visual", preexec_fn=no_room)
    assert done.returncode in (1, 3, 4), done.stderr
    assert b"space" in done.stderr or b"large" in done.stderr or b"full" in done.stderr, done.stderr
    assert ogam.run("archive", "verify", "--archive", archive).returncode == 0
    assert ogam.run("index", tmp_path / "second.png", "--archive", archive, "--lanes", "visual").returncode == 0
    assert len(ogam.lines("archive", "list", "--archive", archive)) == 2


@pytest.fixture(scope="module")
def small_archive(ogam: Ogam, sources, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    (folder / "good.png").write_bytes(sources["png"])
    (folder / "memo.txt").write_text("도서관은 월요일에 쉽니다.\n")
    assert ogam.run("index", folder, "--archive", folder / "a").returncode == 0
    return folder / "a"


@pytest.mark.parametrize("damage", ["empty", "random", "cut", "flipped", "gone"])
def test_a_damaged_archive_is_named_and_never_crashes(ogam: Ogam, small_archive: Path, tmp_path: Path, damage: str):
    for path in [path for path in small_archive.rglob("*") if path.is_file() and path.stat().st_size > 0]:
        copy = tmp_path / f"{damage}-{path.name}"
        shutil.copytree(small_archive, copy)
        target = copy / path.relative_to(small_archive)
        data = target.read_bytes()
        if damage == "gone":
            target.unlink()
        else:
            middle = len(data) // 2
            target.write_bytes({
                "empty": b"",
                "random": bytes((i * 97 + 13) % 256 for i in range(len(data))),
                "cut": data[:middle],
                "flipped": data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1:],
            }[damage])
        for words in (["archive", "verify"], ["archive", "list"], ["search", "도서관"]):
            done = ogam.run(*words, "--archive", copy)
            assert 0 <= done.returncode <= 5, (path.name, words, done.returncode, done.stderr)


@pytest.mark.parametrize("damage", ["no manifest", "broken manifest", "weights cut", "weights random", "config broken", "model gone"])
def test_a_damaged_pack_is_named_with_the_command_that_mends_it(ogam: Ogam, sources, tmp_path: Path, damage: str):
    home = Path(os.environ.get("OGAM_HOME", Path.home() / ".cache/ogam"))
    pack = tmp_path / "packs/starter"
    shutil.copytree(home / "packs/starter", pack, copy_function=os.link)
    model = pack / "models/efficientnet-lite2"
    weights = model / "model.safetensors"

    def rewrite(path: Path, data: bytes) -> None:
        path.unlink()  # a hard link into the real pack must not be written through
        path.write_bytes(data)

    data = weights.read_bytes()
    {
        "no manifest": lambda: (pack / "pack.json").unlink(),
        "broken manifest": lambda: rewrite(pack / "pack.json", b'{"format": "ogam-pack", '),
        "weights cut": lambda: rewrite(weights, data[:1000]),
        "weights random": lambda: rewrite(weights, bytes((i * 31) % 256 for i in range(len(data)))),
        "config broken": lambda: rewrite(model / "config.json", b"[]"),
        "model gone": lambda: shutil.rmtree(model),
    }[damage]()
    (tmp_path / "good.png").write_bytes(sources["png"])
    done = ogam.run("index", tmp_path / "good.png", "--pack", pack, "--archive", tmp_path / "a")
    assert done.returncode == 4, (done.returncode, done.stderr)
    assert b"scripts/setup.sh" in done.stderr or b"build_pack" in done.stderr, done.stderr
