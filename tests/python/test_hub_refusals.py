"""`ogam models pull` of what is not there, not allowed or hostile, onto full disks, at the same time, and stopped."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest
from hub_pull import DEFAULT, FILES, NAME, WEIGHTS, contents, home, hub, model_folder, nothing_was_downloaded, part_then_cut, pull, pulled, refused  # noqa: F401
from hub_server import Handler, HubServer, git_sha1, sha256

# Refusals


def test_models_and_revisions_that_are_not_there_are_named(ogam, hub, home):
    hub.add(NAME, FILES)
    assert "org/none" in refused(ogam, hub, home, name="org/none")
    assert "no revision 'v9'" in refused(ogam, hub, home, name=f"{NAME}@v9")
    assert "org/none" in refused(ogam, hub, home, name="org/none", env={"HF_TOKEN": "hf_any"})
    assert nothing_was_downloaded(home)


def test_a_private_or_gated_model_says_what_to_do(ogam, home):
    with HubServer(token="hf_secret") as hub:
        hub.add(NAME, FILES)
        assert "set HF_TOKEN" in refused(ogam, hub, home)
        assert "check that the token" in refused(ogam, hub, home, env={"HF_TOKEN": "hf_other"})
    with HubServer() as hub:
        hub.add(NAME, FILES, gated=True)
        for env in ({}, {"HF_TOKEN": "hf_any"}):
            message = refused(ogam, hub, home, env=env)
            assert "gated" in message and f"{hub.url}/{NAME}" in message


def test_no_message_holds_the_token(ogam, hub, home):
    hub.add(NAME, FILES, gated=True)
    for name in (NAME, "org/none"):
        assert "hf_secret" not in refused(ogam, hub, home, "--verbose", name=name, env={"HF_TOKEN": "hf_secret"})


@pytest.mark.parametrize("words", [
    ["../etc"], ["a/b/c"], ["org/name@"], ["org/name", "extra"], [], ["org/name", "--workers", "0"], ["org/name", "--workers", "many"],
    ["org/name", "--require-license", "mit,,"],
])
def test_what_makes_no_sense_is_a_usage_error(ogam, hub, home, words: list[str]):
    done = ogam.run("models", "pull", *words, env=hub.environment(home))
    assert done.returncode == 2, done.stderr.decode()
    assert hub.requests == []


@pytest.mark.parametrize(("name", "value"), [("HF_ENDPOINT", "nowhere"), ("HF_TOKEN", "two words"), ("HF_HUB_DOWNLOAD_TIMEOUT", "soon")])
def test_a_variable_that_makes_no_sense_is_named(ogam, hub, home, name: str, value: str):
    assert name in refused(ogam, hub, home, status=2, env={name: value})


def test_options_of_pull_are_refused_elsewhere(ogam):
    assert ogam.run("models", "list", "--include", "*").returncode == 2


@pytest.mark.parametrize(("licence", "info", "wanted", "fits"), [
    ("apache-2.0", {}, "apache-2.0,mit", True),
    ("apache-2.0", {}, "Apache-2.0", True),
    ("cc-by-nc-4.0", {}, "apache-2.0,mit", False),
    (None, {}, "apache-2.0", False),
    (None, {"tags": ["license:mit"]}, "mit", True),
    (None, {"cardData": {"license": ["mit", "other"]}}, "mit", False),
    ("mit", {"tags": ["license:other"]}, "mit", False),
])
def test_a_licence_that_is_not_allowed_downloads_nothing(ogam, hub, home, licence, info: dict, wanted: str, fits: bool):
    hub.add(NAME, FILES, licence=licence, info=info)
    done = pull(ogam, hub, home, "--require-license", wanted)
    assert done.returncode == (0 if fits else 4)
    if not fits:
        assert nothing_was_downloaded(home)
        assert len(hub.requests) == 1
        assert (licence or "licence") in done.stderr.decode()


# Hostile content


def described(hub: HubServer, change) -> None:
    """The hub describes the model as `change` leaves it."""
    model = hub.models[NAME]["main"]
    info = {"sha": model.commit, "siblings": [model.sibling(path, True) for path in model.files]}
    change(info)
    hub.fault("/api/", lambda answer: answer.reply_json(info) or True, times=99)


@pytest.mark.parametrize("path", ["../../../evil.json", "/tmp/evil.json", "a/../../evil.json", "evil\0.json", "a//evil.json", "./evil.json",
                                  "evil\x1b[2J.json", "x" * 300 + ".json", ""])
def test_a_name_that_could_leave_the_folder_downloads_nothing(ogam, hub, home, path: str):
    hub.add(NAME, FILES)
    described(hub, lambda info: info["siblings"].append({"rfilename": path, "size": 2, "blobId": git_sha1(b"{}")}))
    message = refused(ogam, hub, home)
    assert "\x1b" not in message
    assert nothing_was_downloaded(home)


@pytest.mark.parametrize("change", [
    lambda info: info.update(sha="../../evil"),
    lambda info: info.update(siblings={"a": 1}),
    lambda info: info.pop("siblings"),
    lambda info: info["siblings"].append(info["siblings"][0]),
    lambda info: info["siblings"][1]["lfs"].update(sha256="../evil"),
    lambda info: info["siblings"][1]["lfs"].update(size=-5),
    lambda info: info["siblings"][1]["lfs"].update(size=2**60),
    lambda info: info["siblings"].extend({"rfilename": f"{i}.json"} for i in range(10_000)),
])
def test_a_description_that_makes_no_sense_downloads_nothing(ogam, hub, home, change):
    hub.add(NAME, FILES)
    described(hub, change)
    refused(ogam, hub, home)
    assert nothing_was_downloaded(home)


def test_a_truncated_description_is_an_error(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault("/api/", lambda answer: answer.reply(200, b'{"sha": "12') or True)
    assert "not valid JSON" in refused(ogam, hub, home)


def test_a_file_and_a_folder_of_one_name_do_not_get_mixed_up(ogam, hub, home):
    hub.add(NAME, {"a.json": b"{}", "a.json/b.json": b"[]"})
    assert "in the way" in refused(ogam, hub, home, "--workers", "1")


@pytest.mark.parametrize("content", [WEIGHTS[:-1], WEIGHTS + b"x"])
def test_another_size_than_announced_is_an_error(ogam, hub, home, content: bytes):
    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), lambda answer: answer.reply(200, content) or True, times=99)
    assert f"announced {len(WEIGHTS)} bytes and now sends {len(content)}" in refused(ogam, hub, home)
    assert not list(home.rglob(f"blobs/{sha256(WEIGHTS)}*"))


def test_more_than_announced_without_a_length_is_an_error(ogam, hub, home):
    def endless(answer: Handler) -> bool:
        answer.send_response(200)
        answer.end_headers()
        answer.wfile.write(WEIGHTS + b"more")
        answer.cut()
        return True

    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), endless, times=99)
    assert "more than" in refused(ogam, hub, home)


@pytest.mark.parametrize("path", ["model.safetensors", "config.json"])
def test_other_content_than_its_hash_is_an_error(ogam, hub, home, path: str):
    model = hub.add(NAME, FILES)
    wrong = bytes(reversed(FILES[path]))
    hub.fault(sha256(FILES[path]) if path == "model.safetensors" else f"resolve/[^/]*/{path}",
              lambda answer: answer.reply(200, wrong) or True, times=99)
    assert "does not have the hash" in refused(ogam, hub, home)
    assert not list(home.rglob(f"blobs/{model.etag(path)}*"))
    assert not list(home.rglob(f"snapshots/*/{path}"))


def test_an_answer_of_another_commit_is_an_error(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault("resolve/.*/config.json", lambda answer: answer.reply(200, FILES["config.json"], X_Repo_Commit="0" * 40) or True, times=99)
    assert "commit" in refused(ogam, hub, home)


# Disk, processes, interruption


def test_a_model_that_does_not_fit_the_disk_is_not_begun(ogam, hub, home):
    hub.add(NAME, FILES)
    described(hub, lambda info: info["siblings"][1]["lfs"].update(size=2**50))
    assert "free" in refused(ogam, hub, home)
    assert nothing_was_downloaded(home)


def test_a_full_disk_is_said_so_and_what_came_is_kept(ogam, hub, home):
    hub.add(NAME, FILES)

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # writes then fail instead
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))

    message = refused(ogam, hub, home, preexec_fn=limit)
    assert "free some space" in message
    part = model_folder(home) / "blobs" / f"{sha256(WEIGHTS)}.incomplete"
    assert part.read_bytes() == WEIGHTS[:1_000_000]
    assert contents(pulled(ogam, hub, home)["folder"])["model.safetensors"] == WEIGHTS
    assert hub.asked(sha256(WEIGHTS))[-1].headers["range"] == "bytes=1000000-"


def test_a_folder_that_may_not_be_written_is_named(ogam, hub, home):
    hub.add(NAME, FILES)
    home.mkdir()
    home.chmod(0o500)
    assert str(home) in refused(ogam, hub, home, obey_permissions=True)


def test_a_damaged_blob_is_fetched_again(ogam, hub, home):
    hub.add(NAME, FILES)
    report = pulled(ogam, hub, home)
    (model_folder(home) / "blobs" / sha256(WEIGHTS)).write_bytes(WEIGHTS[:10])
    assert contents(pulled(ogam, hub, home)["folder"])["model.safetensors"] == WEIGHTS
    assert Path(report["folder"], "model.safetensors").stat().st_size == len(WEIGHTS)


def test_two_pulls_at_once_share_the_work(ogam, hub, home):
    hub.add(NAME, FILES)
    entered = threading.Event()

    def slow(answer: Handler) -> bool:
        entered.set()
        time.sleep(1)
        return False

    hub.fault(sha256(WEIGHTS), slow)
    command = [ogam.program, "models", "pull", NAME, "--json"]
    runs = [subprocess.Popen(command, env=hub.environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    reports = []
    for run in runs:
        output, errors = run.communicate(timeout=60)
        assert run.returncode == 0, errors.decode()
        reports.append(json.loads(output))
    assert entered.is_set()
    assert len(hub.asked(sha256(WEIGHTS))) == 1
    assert sum(report["bytes_received"] for report in reports) == sum(len(FILES[path]) for path in DEFAULT)
    assert contents(reports[0]["folder"]) == {path: FILES[path] for path in DEFAULT}


def interrupted(ogam, hub: HubServer, home: Path, started: threading.Event) -> tuple[subprocess.Popen, bytes, float]:
    """A pull that gets Ctrl-C when `started` is set; with the seconds until it ended."""
    run = subprocess.Popen([ogam.program, "models", "pull", NAME], env=hub.environment(home), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert started.wait(30)
    time.sleep(0.3)
    run.send_signal(signal.SIGINT)
    begin = time.monotonic()
    _, errors = run.communicate(timeout=30)
    return run, errors, time.monotonic() - begin


def test_ctrl_c_stops_at_once_and_the_next_pull_goes_on(ogam, hub, home):
    hub.add(NAME, FILES)
    started, leave = threading.Event(), threading.Event()

    def stuck(answer: Handler) -> bool:
        part_then_cut(1_000_000)(answer)
        started.set()
        leave.wait(20)
        return True

    hub.fault(sha256(WEIGHTS), stuck)
    run, errors, seconds = interrupted(ogam, hub, home, started)
    leave.set()
    assert run.returncode == 130
    assert seconds < 3
    assert b"Stopped" in errors
    part = model_folder(home) / "blobs" / f"{sha256(WEIGHTS)}.incomplete"
    assert part.read_bytes() == WEIGHTS[:1_000_000]
    report = pulled(ogam, hub, home)
    assert hub.asked(sha256(WEIGHTS))[-1].headers["range"] == "bytes=1000000-"
    assert contents(report["folder"])["model.safetensors"] == WEIGHTS


def test_ctrl_c_ends_the_wait_for_a_busy_server(ogam, hub, home):
    hub.add(NAME, FILES)
    started = threading.Event()

    def busy(answer: Handler) -> bool:
        answer.reply(503, Retry_After=60)
        started.set()
        return True

    hub.fault("/api/", busy)
    run, errors, seconds = interrupted(ogam, hub, home, started)
    assert run.returncode == 130
    assert seconds < 3
    assert nothing_was_downloaded(home)
