"""`ogam models pull` against a hub on this machine: the protocol, the cache that it shares with huggingface_hub, and faults."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from email.utils import formatdate
from pathlib import Path

import pytest
from hub_server import Handler, HubServer, git_sha1, sha256

NAME = "org/name"
WEIGHTS = random.Random(7).randbytes(3_000_000)
FILES = {
    "config.json": b'{"model_type": "tiny"}',
    "model.safetensors": WEIGHTS,
    "tokenizer.json": b"{}",
    "README.md": b"# name",
    "pytorch_model.bin": b"pickle" * 1000,
    "model-q4.gguf": b"GGUF" * 1000,
    "onnx/model.onnx": b"onnx",
    "1_Pooling/config.json": b'{"dimension": 3}',
}
DEFAULT = {"config.json", "model.safetensors", "tokenizer.json", "1_Pooling/config.json"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "hf"


@pytest.fixture
def hub():
    with HubServer() as server:
        yield server


def pull(ogam, hub: HubServer, home: Path, *words: object, name: str = NAME, env: dict | None = None, **options):
    return ogam.run("models", "pull", name, *words, env=hub.environment(home, **(env or {})), **options)


def pulled(ogam, hub: HubServer, home: Path, *words: object, **options) -> dict:
    """The report of a pull that must succeed."""
    done = pull(ogam, hub, home, *words, "--json", **options)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def refused(ogam, hub: HubServer, home: Path, *words: object, status: int = 4, **options) -> str:
    """The message of a pull that must fail with this status."""
    done = pull(ogam, hub, home, *words, **options)
    message = done.stderr.decode()
    assert done.returncode == status, message
    return message


def model_folder(home: Path, name: str = NAME) -> Path:
    return home / "hub" / f"models--{name.replace('/', '--')}"


def contents(folder: str | Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in Path(folder).rglob("*") if path.is_file()}


def nothing_was_downloaded(home: Path) -> bool:
    return not list(home.rglob("blobs/*")) and not list(home.rglob("snapshots/*"))


# What is fetched, and where it lies


def test_what_ogam_can_use_is_fetched_and_laid_out_as_huggingface_hub_does(ogam, hub, home):
    model = hub.add(NAME, FILES, licence="apache-2.0")
    done = pull(ogam, hub, home)
    assert done.returncode == 0, done.stderr.decode()
    folder = Path(done.stdout.decode().strip())
    assert folder == model_folder(home) / "snapshots" / model.commit
    assert contents(folder) == {path: FILES[path] for path in DEFAULT}
    assert os.readlink(folder / "model.safetensors") == f"../../blobs/{sha256(WEIGHTS)}"
    assert os.readlink(folder / "1_Pooling/config.json") == f"../../../blobs/{git_sha1(FILES['1_Pooling/config.json'])}"
    assert (model_folder(home) / "refs/main").read_text() == model.commit
    assert not list(home.rglob("*.incomplete"))
    assert "4 files, 3.0 MB, 3.0 MB to fetch; licence: apache-2.0" in done.stderr.decode()


def test_the_report_is_one_json_document(ogam, hub, home):
    model = hub.add(NAME, FILES, licence="mit")
    report = pulled(ogam, hub, home)
    assert report["commit"] == model.commit
    assert report["licences"] == ["mit"]
    assert {file["path"]: (file["size"], file["etag"], file["status"]) for file in report["files"]} == {
        path: (len(FILES[path]), model.etag(path), "downloaded") for path in DEFAULT}
    assert report["bytes_received"] == sum(len(FILES[path]) for path in DEFAULT)
    assert report["missing"] == []


def test_a_second_pull_downloads_nothing(ogam, hub, home):
    hub.add(NAME, FILES)
    pulled(ogam, hub, home)
    hub.requests.clear()
    report = pulled(ogam, hub, home)
    assert report["bytes_received"] == 0
    assert {file["status"] for file in report["files"]} == {"cached"}
    assert [request.path for request in hub.requests] == [f"/api/models/{NAME}/revision/main?blobs=true"]


def test_only_changed_files_of_a_new_commit_are_fetched(ogam, hub, home):
    hub.add(NAME, FILES)
    first = pulled(ogam, hub, home)
    model = hub.add(NAME, FILES | {"config.json": b'{"model_type": "new"}'})
    second = pulled(ogam, hub, home)
    assert second["commit"] == model.commit != first["commit"]
    assert {file["path"] for file in second["files"] if file["status"] == "downloaded"} == {"config.json"}
    assert contents(second["folder"])["model.safetensors"] == WEIGHTS
    assert contents(first["folder"])["config.json"] == FILES["config.json"]


def test_a_revision_is_a_branch_a_tag_or_a_commit(ogam, hub, home):
    old = hub.add(NAME, FILES | {"config.json": b"{}"}, revision="refs/pr/1")
    hub.add(NAME, FILES)
    assert pulled(ogam, hub, home, name=f"{NAME}@refs/pr/1")["commit"] == old.commit
    assert (model_folder(home) / "refs/refs/pr/1").read_text() == old.commit
    assert pulled(ogam, hub, home, name=f"{NAME}@{old.commit}")["commit"] == old.commit
    assert not (model_folder(home) / "refs" / old.commit).exists()


def test_patterns_choose_the_files(ogam, hub, home):
    hub.add(NAME, FILES)
    assert set(contents(pulled(ogam, hub, home, "--include", "*.gguf", "--include", "README*")["folder"])) == {"model-q4.gguf", "README.md"}
    report = pulled(ogam, hub, home, "--exclude", "*/*", "--exclude", "tok*")
    assert {file["path"] for file in report["files"]} == {"config.json", "model.safetensors"}
    assert "wanted" in refused(ogam, hub, home, "--include", "*.h5")


def test_all_shards_that_an_index_names_are_fetched(ogam, hub, home):
    shards = {f"model-0000{i}-of-00003.safetensors": bytes([i]) * 1000 for i in (1, 2, 3)}
    index = {"weight_map": {f"w{i}": shard for i, shard in enumerate(shards)}}
    files = {"config.json": b"{}", "model.safetensors.index.json": json.dumps(index).encode()} | shards
    hub.add(NAME, files)
    report = pulled(ogam, hub, home)
    assert contents(report["folder"]) == files
    assert report["missing"] == []
    hub.add("org/torn", {path: content for path, content in files.items() if "00002" not in path})
    assert pulled(ogam, hub, home, name="org/torn")["missing"] == ["model-00002-of-00003.safetensors"]


def test_files_with_the_same_content_are_fetched_once(ogam, hub, home):
    hub.add(NAME, {"config.json": b"{}", "a.safetensors": WEIGHTS, "b.safetensors": WEIGHTS})
    report = pulled(ogam, hub, home)
    assert report["bytes_received"] == len(WEIGHTS) + 2
    assert contents(report["folder"])["b.safetensors"] == WEIGHTS


def test_names_with_any_letters_are_asked_for_correctly(ogam, hub, home):
    files = {"config.json": b"{}", "한글 모델/50% #1?+&.json": b"[]", "empty.txt": b""}
    hub.add(NAME, files)
    assert contents(pulled(ogam, hub, home)["folder"]) == files


def test_sizes_and_hashes_are_asked_for_where_the_hub_does_not_list_them(ogam, hub, home):
    hub.tells_blobs = False
    model = hub.add(NAME, FILES)
    report = pulled(ogam, hub, home)
    assert {file["path"]: file["etag"] for file in report["files"]} == {path: model.etag(path) for path in DEFAULT}
    assert {request.method for request in hub.asked("resolve/.*/config.json")} == {"HEAD", "GET"}


def test_a_mirror_may_have_a_path(ogam, home):
    with HubServer(prefix="/mirror/hf") as hub:
        hub.add(NAME, FILES)
        assert contents(pulled(ogam, hub, home)["folder"]).keys() == DEFAULT


def test_progress_tells_bytes_rate_and_what_is_left(ogam, hub, home):
    hub.add(NAME, {"config.json": b"{}", "model.safetensors": WEIGHTS})

    def slowly(answer: Handler) -> bool:
        answer.send_response(200)
        answer.send_header("Content-Length", str(len(WEIGHTS)))
        answer.end_headers()
        for begin in range(0, len(WEIGHTS), 100_000):
            answer.wfile.write(WEIGHTS[begin:begin + 100_000])
            time.sleep(0.08)
        return True

    hub.fault(sha256(WEIGHTS), slowly)
    done = pull(ogam, hub, home, "--json")
    assert done.returncode == 0
    events = [json.loads(line)["progress"] for line in done.stderr.splitlines()]
    assert events and events[-1]["bytes_total"] == len(WEIGHTS) + 2
    assert 0 < events[-1]["bytes_done"] < len(WEIGHTS)
    assert events[-1]["bytes_per_second"] > 100_000
    assert events[-1]["seconds_left"] > 0


def test_pulling_does_not_load_libtorch(ogam, hub, home):
    hub.add(NAME, FILES)
    done = pull(ogam, hub, home, env={"LD_DEBUG": "files"})
    assert done.returncode == 0
    assert b"libcurl" in done.stderr
    assert b"libtorch" not in done.stderr


# Cut, slow and failing connections


def part_then_cut(size: int):
    """Sends the headers of the whole and `size` bytes of what was asked for, then closes the connection."""
    def act(answer: Handler) -> bool:
        begin = int(re.sub(r"\D", "", answer.headers.get("Range", "0")) or 0)
        answer.send_response(206 if begin else 200)
        answer.send_header("Content-Length", str(len(WEIGHTS) - begin))
        if begin:
            answer.send_header("Content-Range", f"bytes {begin}-{len(WEIGHTS) - 1}/{len(WEIGHTS)}")
        answer.end_headers()
        answer.wfile.write(WEIGHTS[begin:begin + size])
        answer.cut()
        return True
    return act


def status(code: int, **headers: object):
    def act(answer: Handler) -> bool:
        answer.reply(code, b"later", **headers)
        return True
    return act


def test_a_cut_transfer_goes_on_where_it_was(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), part_then_cut(1_000_000), times=2)
    report = pulled(ogam, hub, home)
    assert contents(report["folder"])["model.safetensors"] == WEIGHTS
    ranges = [request.headers.get("range") for request in hub.asked(sha256(WEIGHTS))]
    assert ranges == [None, "bytes=1000000-", "bytes=2000000-"]
    assert report["bytes_received"] == sum(len(FILES[path]) for path in DEFAULT)


def test_a_transfer_that_is_always_cut_is_given_up_and_its_part_kept(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), part_then_cut(1000), times=99)
    message = refused(ogam, hub, home)
    assert "model.safetensors" in message and "run the same command again" in message
    part = model_folder(home) / "blobs" / f"{sha256(WEIGHTS)}.incomplete"
    assert part.read_bytes() == WEIGHTS[:5000]
    assert not (model_folder(home) / "refs").exists()
    hub.faults.clear()
    report = pulled(ogam, hub, home)
    assert hub.asked(sha256(WEIGHTS))[-1].headers["range"] == "bytes=5000-"
    assert contents(report["folder"])["model.safetensors"] == WEIGHTS


def test_a_damaged_part_is_noticed_and_fetched_again(ogam, hub, home):
    hub.add(NAME, FILES)
    blobs = model_folder(home) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{sha256(WEIGHTS)}.incomplete").write_bytes(b"x" * 1000)
    assert contents(pulled(ogam, hub, home)["folder"])["model.safetensors"] == WEIGHTS
    assert [request.headers.get("range") for request in hub.asked(sha256(WEIGHTS))] == ["bytes=1000-", None]


@pytest.mark.parametrize("size", [len(WEIGHTS), len(WEIGHTS) + 1])
def test_a_part_that_is_whole_or_too_long_is_no_trouble(ogam, hub, home, size: int):
    hub.add(NAME, FILES)
    blobs = model_folder(home) / "blobs"
    blobs.mkdir(parents=True)
    (blobs / f"{sha256(WEIGHTS)}.incomplete").write_bytes((WEIGHTS + b"x")[:size])
    report = pulled(ogam, hub, home)
    assert contents(report["folder"])["model.safetensors"] == WEIGHTS
    assert bool(hub.asked(sha256(WEIGHTS))) == (size > len(WEIGHTS))


def whole(answer: Handler) -> bool:
    answer.reply(200, WEIGHTS)
    return True


def elsewhere(answer: Handler) -> bool:
    answer.reply(206, WEIGHTS[7:], Content_Range=f"bytes 7-{len(WEIGHTS) - 1}/{len(WEIGHTS)}")
    return True


@pytest.mark.parametrize("act", [whole, elsewhere, status(416)])
def test_a_server_that_cannot_go_on_sends_it_again(ogam, hub, home, act):
    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), part_then_cut(1_000_000))
    hub.fault(sha256(WEIGHTS), act)
    assert contents(pulled(ogam, hub, home)["folder"])["model.safetensors"] == WEIGHTS


def test_chunks_without_a_length_are_taken(ogam, hub, home):
    def chunked(answer: Handler) -> bool:
        answer.send_response(200)
        answer.send_header("Transfer-Encoding", "chunked")
        answer.end_headers()
        for begin in range(0, len(WEIGHTS), 700_000):
            piece = WEIGHTS[begin:begin + 700_000]
            answer.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        answer.wfile.write(b"0\r\n\r\n")
        return True

    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), chunked)
    assert contents(pulled(ogam, hub, home)["folder"])["model.safetensors"] == WEIGHTS


@pytest.mark.parametrize("code", [408, 500, 502, 503])
def test_a_failing_server_is_asked_again(ogam, hub, home, code: int):
    hub.add(NAME, FILES)
    hub.fault("/api/", status(code))
    hub.fault("resolve/.*/config.json", status(code))
    hub.fault(sha256(WEIGHTS), status(code))
    done = pull(ogam, hub, home)
    assert done.returncode == 0
    assert f"answered {code}; trying again in 0.5 s" in done.stderr.decode()


def test_a_server_that_stays_down_is_given_up(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault("/api/", status(500), times=99)
    assert "answered 500 (5 times)" in refused(ogam, hub, home)
    assert len(hub.asked("/api/")) == 5


@pytest.mark.parametrize("after", [lambda: "2", lambda: formatdate(time.time() + 3, usegmt=True)])
def test_too_many_requests_are_answered_by_waiting_as_long_as_asked(ogam, hub, home, after):
    hub.add(NAME, FILES)
    hub.fault("/api/", status(429, Retry_After=after()))
    begin = time.monotonic()
    pulled(ogam, hub, home)
    assert time.monotonic() - begin > 1.5


def test_a_server_that_asks_to_come_back_tomorrow_is_not_waited_for(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault("/api/", status(429, Retry_After=86400))
    assert "come back in 86400 s" in refused(ogam, hub, home, timeout=20)


def test_a_silent_server_is_given_up_after_the_timeout(ogam, hub, home):
    def silence(answer: Handler) -> bool:
        time.sleep(2.5)
        answer.cut()
        return True

    hub.add(NAME, FILES)
    hub.fault("/api/", silence)
    begin = time.monotonic()
    done = pull(ogam, hub, home, env={"HF_HUB_DOWNLOAD_TIMEOUT": "1"})
    assert done.returncode == 0
    assert time.monotonic() - begin < 2.5 + 3
    assert b"trying again" in done.stderr


def trickle(answer: Handler) -> bool:
    """One byte at a time, each in time."""
    answer.send_response(200)
    answer.send_header("Content-Length", str(len(WEIGHTS)))
    answer.end_headers()
    for byte in WEIGHTS[:100]:
        answer.wfile.write(bytes([byte]))
        answer.wfile.flush()
        time.sleep(0.3)
    answer.cut()
    return True


def headers_without_end(answer: Handler) -> bool:
    answer.send_response(200)
    answer.flush_headers()
    for _ in range(100):
        answer.wfile.write(b"X-More: and more\r\n")
        answer.wfile.flush()
        time.sleep(0.3)
    answer.cut()
    return True


@pytest.mark.parametrize(("act", "complaint"), [(trickle, b"too slow"), (headers_without_end, b"too slow")])
def test_a_server_that_trickles_is_cut(ogam, hub, home, act, complaint: bytes):
    hub.add(NAME, FILES)
    hub.fault(sha256(WEIGHTS), act)
    done = pull(ogam, hub, home, env={"HF_HUB_DOWNLOAD_TIMEOUT": "1"}, timeout=25)
    assert done.returncode == 0
    assert complaint in done.stderr


def flood(begin: bytes, repeat: bytes):
    def act(answer: Handler) -> bool:
        answer.wfile.write(begin)
        for _ in range(4000):
            answer.wfile.write(repeat * (1_000_000 // len(repeat)))
        return True
    return act


@pytest.mark.parametrize("act", [
    flood(b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
    flood(b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    flood(b"HTTP/1.1 ", b"2"),
    flood(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    flood(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
], ids=["headers", "one header", "status line", "chunk size", "continuations"])
def test_answers_without_end_do_not_fill_the_memory(ogam, hub, home, act):
    hub.add(NAME, FILES)
    hub.fault("/api/", act, times=99)
    message = refused(ogam, hub, home, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30)))
    assert "5 times" in message


def test_a_description_that_is_too_large_is_refused(ogam, hub, home):
    hub.fault("/api/", lambda answer: answer.reply(200, b" " * 40_000_000) or True)
    assert "larger than" in refused(ogam, hub, home)


def test_nobody_at_the_address_is_said_so(ogam, hub, home):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
    assert "connect to 127.0.0.1" in refused(ogam, hub, home, env={"HF_ENDPOINT": address})


# Redirects and the token


def test_the_token_is_sent_to_the_hub_and_to_nobody_else(ogam, home):
    with HubServer(token="hf_secret") as hub:
        hub.add(NAME, FILES)
        pulled(ogam, hub, home, env={"HF_TOKEN": "hf_secret"})
        at_hub = [request for request in hub.requests if request.at == "hub"]
        at_store = [request for request in hub.requests if request.at == "store"]
        assert at_hub and at_store
        assert {request.headers.get("authorization") for request in at_hub} == {"Bearer hf_secret"}
        assert {request.headers.get("authorization") for request in at_store} == {None}
        assert at_store[0].path.endswith("?signature=a%2Bb,c")


def test_the_token_may_lie_in_its_file(ogam, home):
    with HubServer(token="hf_secret") as hub:
        hub.add(NAME, FILES)
        home.mkdir()
        (home / "token").write_text("hf_secret\n")
        pulled(ogam, hub, home)


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_within_the_hub_are_followed_with_the_token(ogam, home, code: int):
    with HubServer(token="hf_secret") as hub:
        hub.add("org/new", FILES)
        hub.fault("/api/models/org/name", lambda answer: answer.reply(code, Location=answer.path.replace("org/name", "org/new")) or True)
        hub.fault("/org/name/resolve", lambda answer: answer.reply(code, Location=answer.path.replace("org/name", "org/new")) or True, times=99)
        assert contents(pulled(ogam, hub, home, env={"HF_TOKEN": "hf_secret"})["folder"]).keys() == DEFAULT


def test_redirects_in_a_circle_end(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.fault("/api/", lambda answer: answer.reply(302, Location=answer.path) or True, times=99)
    assert "redirects more than 10 times" in refused(ogam, hub, home)
    assert len(hub.asked("/api/")) == 11


@pytest.mark.parametrize("location", ["file:///etc/passwd", "http://user:pass@127.0.0.1/", "http://[::1/", ""])
def test_redirects_to_nowhere_are_not_followed(ogam, hub, home, location: str):
    hub.add(NAME, FILES)
    hub.fault("/api/", lambda answer: answer.reply(302, Location=location) or True)
    assert "not followed" in refused(ogam, hub, home)


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


# Together with huggingface_hub


def in_python(hub: HubServer, home: Path, code: str, **env: str) -> str:
    """What Python prints after importing snapshot_download."""
    program = "from huggingface_hub import snapshot_download\n" + code
    done = subprocess.run([sys.executable, "-c", program], env=hub.environment(home, **env), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_what_huggingface_hub_fetched_is_not_fetched_again(ogam, hub, home):
    hub.add(NAME, FILES)
    folder = in_python(hub, home, f"print(snapshot_download({NAME!r}))")
    hub.requests.clear()
    report = pulled(ogam, hub, home)
    assert report["folder"] == folder
    assert report["bytes_received"] == 0
    assert len(hub.requests) == 1


def test_huggingface_hub_finds_what_ogam_pulled(ogam, hub, home):
    hub.add(NAME, FILES)
    hub.add(NAME, FILES | {"config.json": b"[]"}, revision="v2")
    for name, revision in ((NAME, "main"), (f"{NAME}@v2", "v2")):
        report = pulled(ogam, hub, home, name=name)
        assert in_python(hub, home, f"print(snapshot_download({NAME!r}, revision={revision!r}, local_files_only=True))") == report["folder"]
        assert in_python(hub, home, f"print(snapshot_download({NAME!r}, revision={revision!r}))", HF_HUB_OFFLINE="1") == report["folder"]
    hub.requests.clear()
    in_python(hub, home, f"print(snapshot_download({NAME!r}, allow_patterns=['*.json', '*.safetensors']))")
    assert hub.asked(sha256(WEIGHTS)) == []


def test_each_goes_on_in_the_cache_of_the_other(ogam, hub, home):
    hub.add(NAME, FILES)
    in_python(hub, home, f"snapshot_download({NAME!r}, allow_patterns=['*.safetensors'])")
    report = pulled(ogam, hub, home)
    assert {file["path"]: file["status"] for file in report["files"]}["model.safetensors"] == "cached"
    in_python(hub, home, f"snapshot_download({NAME!r})")
    assert contents(report["folder"]) == FILES
    assert len(hub.asked(sha256(WEIGHTS))) == 1


def test_offline_the_cache_is_enough_or_what_is_missing_is_named(ogam, hub, home):
    hub.add(NAME, FILES)
    offline = {"HF_HUB_OFFLINE": "1"}
    assert "HF_HUB_OFFLINE" in refused(ogam, hub, home, env=offline)
    report = pulled(ogam, hub, home)
    hub.requests.clear()
    again = pulled(ogam, hub, home, env=offline)
    assert (again["folder"], again["commit"]) == (report["folder"], report["commit"])
    assert "*.gguf" in refused(ogam, hub, home, "--include", "*.gguf", env=offline)
    assert "licence" in refused(ogam, hub, home, "--require-license", "mit", env=offline)
    (model_folder(home) / "blobs" / sha256(WEIGHTS)).unlink()
    assert "model.safetensors" in refused(ogam, hub, home, env=offline)
    assert hub.requests == []


def test_a_pulled_model_is_shown_and_one_that_is_not_names_the_command(ogam, hub, home):
    hub.add(NAME, FILES)
    done = ogam.run("models", "show", NAME, env=hub.environment(home))
    assert done.returncode == 4
    assert f"ogam models pull {NAME}" in done.stderr.decode()
    report = pulled(ogam, hub, home)
    for name in (NAME, report["folder"]):
        shown = json.loads(ogam.run("models", "show", name, "--json", env=hub.environment(home)).stdout)
        assert shown["model_type"] == "tiny"
        assert shown["folder"] == report["folder"]
        assert {file["path"] for file in shown["files"]} == DEFAULT
    assert b"tiny" in ogam.run("models", "show", NAME, env=hub.environment(home)).stdout


# Proxies and certificates


class Proxy:
    """A proxy on this machine that forwards requests and opens tunnels; `seen` lists the first line of each."""

    def __init__(self, credentials: str = ""):
        self.credentials = credentials
        self.seen: list[str] = []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.socket.getsockname()[1]}"

    def __enter__(self) -> Proxy:
        threading.Thread(target=self.run, daemon=True).start()
        return self

    def __exit__(self, *unused) -> None:
        self.socket.close()

    def run(self) -> None:
        while True:
            try:
                client, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self.forward, args=(client,), daemon=True).start()

    def forward(self, client: socket.socket) -> None:
        head = b""
        while b"\r\n\r\n" not in head:
            head += client.recv(4096)
        line = head.split(b"\r\n")[0].decode()
        self.seen.append(line)
        if self.credentials and f"Proxy-Authorization: Basic {self.credentials}".encode() not in head:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            return client.close()
        method, target, _ = line.split()
        host, port = re.sub(r"^http://|/.*", "", target).split(":")
        with client, socket.create_connection((host, int(port))) as server:
            if method == "CONNECT":
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                server.sendall(head.replace(f"http://{host}:{port}".encode(), b"", 1))
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return None
                    (server if ready is client else client).sendall(data)


def test_requests_go_through_the_proxy_unless_the_host_is_excepted(ogam, hub, home):
    hub.add(NAME, FILES)
    with Proxy() as proxy:
        assert contents(pulled(ogam, hub, home, env={"HTTP_PROXY": proxy.url})["folder"]).keys() == DEFAULT
        assert len(proxy.seen) == len(hub.requests)
        assert proxy.seen[0].startswith(f"GET {hub.url}/api/models/")
        proxy.seen.clear()
        pulled(ogam, hub, home, env={"HTTP_PROXY": proxy.url, "NO_PROXY": "localhost,127.0.0.1"})
        assert proxy.seen == []


def test_a_proxy_gets_its_own_name_and_password(ogam, hub, home):
    hub.add(NAME, FILES)
    with Proxy(credentials="bWU6YTpi") as proxy:  # me:a:b
        address = proxy.url.replace("://", "://me:a%3Ab@")
        pulled(ogam, hub, home, env={"http_proxy": address})
        assert all("authorization" not in request.headers for request in hub.requests)
        assert "proxy wants to know who asks" in refused(ogam, hub, home, "--include", "*.gguf", env={"http_proxy": proxy.url})


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> Path:
    """A certificate of localhost with its key, signed by itself."""
    folder = tmp_path_factory.mktemp("certificate")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                    "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "cert.pem").read_bytes() + (folder / "key.pem").read_bytes())
    return both


def test_the_proxys_password_does_not_go_through_the_tunnel(ogam, home, certificate):
    with HubServer(certificate=certificate) as hub, Proxy(credentials="bWU6YTpi") as proxy:
        hub.add(NAME, FILES)
        env = {"SSL_CERT_FILE": str(certificate), "HTTPS_PROXY": proxy.url.replace("://", "://me:a%3Ab@")}
        pulled(ogam, hub, home, env=env)
        assert {request.headers.get("proxy-authorization", "") for request in hub.requests} == {""}
        assert "proxy wants to know who asks" in refused(ogam, hub, home, "--include", "*.gguf", env=env | {"HTTPS_PROXY": proxy.url})


def test_https_is_spoken_with_who_is_trusted_directly_and_through_a_tunnel(ogam, home, tmp_path, certificate):
    with HubServer(certificate=certificate) as hub, Proxy() as proxy:
        hub.add(NAME, FILES)
        trust = {"SSL_CERT_FILE": str(certificate)}
        assert contents(pulled(ogam, hub, home, env=trust)["folder"])["model.safetensors"] == WEIGHTS
        tunnelled = pulled(ogam, hub, tmp_path / "other", env=trust | {"HTTPS_PROXY": proxy.url})
        assert contents(tunnelled["folder"])["model.safetensors"] == WEIGHTS
        assert proxy.seen and all(line.startswith("CONNECT localhost:") for line in proxy.seen)


def test_a_certificate_that_is_not_trusted_or_of_another_host_is_refused(ogam, home, certificate):
    with HubServer(certificate=certificate) as hub:
        hub.add(NAME, FILES)
        assert "certificate" in refused(ogam, hub, home, env={"HF_TOKEN": "hf_secret"})
        other = {"HF_ENDPOINT": hub.url.replace("localhost", "127.0.0.1"), "SSL_CERT_FILE": str(certificate)}
        assert "certificate" in refused(ogam, hub, home, env=other)
        assert hub.requests == []
