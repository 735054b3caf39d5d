"""`ogam models pull` against a hub on this machine: what is fetched, where it lies, and the cache shared with huggingface_hub."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from hub_pull import DEFAULT, FILES, NAME, WEIGHTS, contents, home, hub, model_folder, pull, pulled, refused  # noqa: F401
from hub_server import Handler, HubServer, git_sha1, sha256

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
    assert "5 files, 3.0 MB, 3.0 MB to fetch; licence: apache-2.0" in done.stderr.decode()


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
    assert {file["path"] for file in report["files"]} == {"config.json", "model.safetensors", "README.md"}
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
