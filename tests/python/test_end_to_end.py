"""Real media, indexed once: questions in two languages find the right moments, and nonsense finds nothing."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from conftest import Ogam

# (query, lane or "" for all, file, second at which it is seen or heard or None)
FOUND = [
    # all at once
    ("butterfly", "fused", "butterfly.jpg", None),
    ("치타", "fused", "cheetah.jpg", None),
    ("김치찌개 끓이는 법", "fused", "김치찌개.txt", None),
    ("도시의 불빛", "fused", "지구의 밤.mp4", 13.0),
    ("saxophone", "fused", "sax.wav", None),
    # what pictures and videos show
    ("cheetah", "", "cheetah.jpg", None),
    ("치타", "", "cheetah.jpg", None),
    ("lion", "visual", "lion.jpg", None),
    ("사자", "visual", "lion.jpg", None),
    ("baboon", "", "baboon.jpg", None),
    ("원숭이", "", "baboon.jpg", None),
    ("squirrel", "", "squirrel.jpg", None),
    ("다람쥐", "", "squirrel.jpg", None),
    ("butterfly", "", "butterfly.jpg", None),
    ("나비", "", "butterfly.jpg", None),
    ("orange", "visual", "orange.jpg", None),
    ("오렌지", "visual", "orange.jpg", None),
    ("soccer ball", "visual", "messi5.jpg", None),
    ("축구공", "visual", "messi5.jpg", None),
    ("taxi", "visual", "bikes.mp4", 2.0),
    ("bicycle", "visual", "bikes.mp4", 6.5),
    ("자전거", "visual", "bikes.mp4", 6.5),
    ("토끼", "visual", "bigbuckbunny.mp4", None),
    ("rabbit", "visual", "bigbuckbunny.mp4", None),
    # what is heard
    ("saxophone", "sound", "sax.wav", None),
    ("색소폰 소리", "sound", "sax.wav", None),
    ("people talking", "sound", "austen-0920.wav", None),
    # what is said
    ("heavy rain and an umbrella", "", "announcements.wav", 10.0),
    ("비가 많이 오니 우산을 가져오세요", "", "announcements.wav", 10.0),
    ("the train leaves from platform seven", "", "announcements.wav", 16.5),
    ("새 도서관에 대한 회의", "speech", "announcements.wav", 2.5),
    ("city lights", "speech", "지구의 밤.mp4", 13.0),
    ("도시의 불빛", "", "지구의 밤.mp4", 13.0),
    ("sunrise", "speech", "지구의 밤.mp4", 23.0),
    ("태양이 떠오른다", "speech", "지구의 밤.mp4", 23.0),
    # what is written
    ("서울역", "", "안내 방송.mp4", 13.0),
    ("Seoul station", "text", "안내 방송.mp4", 13.0),
    ("예산 회의", "", "안내 방송.mp4", 5.0),
    ("budget meeting", "text", "안내 방송.mp4", 5.0),
    ("library opens at nine", "", "안내 방송.mp4", 9.0),
    ("thanks for watching", "text", "thanks.mp4", None),
    ("김치찌개 끓이는 법", "", "김치찌개.txt", None),
    ("how to cook kimchi stew", "text", "김치찌개.txt", None),
    ("pruning roses", "", "garden.txt", None),
    ("토마토 물 주기", "text", "garden.txt", None),
]

NOTHING = [
    "quarterly tax report",
    "양자역학 강의",
    "dental surgery",
    "qwxz vvbnt",
    "헌법재판소 판결문",
    "submarine volcano eruption",
    "바이올린 협주곡 악보",
    "kubernetes deployment",
    "ㅁㄴㅇㄹ",
    "prime minister's resignation",
]


@pytest.fixture(scope="session")
def archive(ogam: Ogam, sample_media: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("end-to-end") / "archive"
    reports = ogam.lines("index", sample_media, "--archive", folder, timeout=900)
    failed = [report for report in reports if report["status"] != "indexed"]
    assert not failed
    return folder


@pytest.fixture(scope="session")
def answers(ogam: Ogam, archive: Path, tmp_path_factory) -> dict[tuple[str, str], dict]:
    """Every text query above, asked in one process."""
    questions = [(query, lane) for query, lane, _, _ in FOUND] + [(query, "") for query in NOTHING]
    lines = [json.dumps({"text": query} | ({"lane": lane} if lane else {}), ensure_ascii=False) for query, lane in questions]
    file = tmp_path_factory.mktemp("queries") / "queries.jsonl"
    file.write_text("\n".join(lines) + "\n")
    return dict(zip(questions, ogam.lines("search", "--archive", archive, "--queries", file)))


@pytest.mark.parametrize(("query", "lane", "file", "second"), FOUND)
def test_the_right_moment_is_among_the_first_three(answers, query: str, lane: str, file: str, second: float | None):
    moments = answers[query, lane]["moments"][:3]
    seen = [(Path(moment["path"]).name, moment["start"], moment["end"], moment["score"]) for moment in moments]
    matching = [m for m in moments if Path(m["path"]).name == file and (second is None or m["start"] - 0.5 <= second <= m["end"] + 0.5)]
    assert matching, seen


@pytest.mark.parametrize("query", NOTHING)
def test_what_is_not_there_is_not_found(answers, query: str):
    assert answers[query, ""]["moments"] == []


def first_file(ogam: Ogam, archive: Path, *words: object) -> str:
    done = ogam.run("search", "--archive", archive, "--json", *words)
    assert done.returncode == 0, done.stderr
    moments = json.loads(done.stdout)["moments"]
    return Path(moments[0]["path"]).name if moments else ""


def test_a_picture_finds_itself_and_a_frame_its_video(ogam, archive, sample_media, tmp_path):
    assert first_file(ogam, archive, "--image", sample_media / "pictures/lion.jpg") == "lion.jpg"
    frame = tmp_path / "frame.png"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", "2", "-i", sample_media / "videos/bigbuckbunny.mp4", "-frames:v", "1", frame], check=True)
    # The captioned video shows the same pictures under its words.
    assert first_file(ogam, archive, "--image", frame) in {"bigbuckbunny.mp4", "안내 방송.mp4"}


def test_a_sound_finds_its_recording(ogam, archive, sample_media, tmp_path):
    clip = tmp_path / "clip.mp3"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-ss", "3", "-t", "6", "-i", sample_media / "sounds/sax.wav", clip], check=True)
    assert first_file(ogam, archive, "--audio", clip) == "sax.wav"


def test_a_clip_finds_its_video(ogam, archive, sample_media):
    assert first_file(ogam, archive, "--video", f"{sample_media}/videos/megamind.avi@0:06-0:10") == "megamind.avi"


def test_evidence_carries_exact_times_and_words(answers):
    moment = answers["서울역", ""]["moments"][0]
    evidence = moment["lanes"]["text"]
    assert moment["start"] <= evidence["time"] <= moment["end"]
    assert "서울역" in evidence["text"]
    assert evidence["words"]


def test_indexing_again_skips_everything_and_a_moved_file_is_recognised(ogam, archive, sample_media, tmp_path):
    copy = tmp_path / "archive"
    shutil.copytree(archive, copy)
    reports = ogam.lines("index", sample_media / "pictures", "--archive", copy)
    assert {report["status"] for report in reports} == {"skipped"}

    media = tmp_path / "media"
    media.mkdir()
    text = media / "처음.txt"
    text.write_text("옮겨질 글입니다. 바다가 보이는 집.\n")
    assert ogam.lines("index", media, "--archive", copy)[0]["status"] == "indexed"
    text.rename(media / "나중.txt")
    report = ogam.lines("index", media, "--archive", copy)[0]
    assert report["status"] == "skipped"
    assert "moved from" in report["notes"][0]
    assert str(media / "나중.txt") in {asset["path"] for asset in ogam.lines("archive", "list", "--archive", copy)}


def test_a_dry_run_says_what_would_be_done_and_leaves_nothing(ogam, sample_media, tmp_path):
    reports = ogam.lines("index", sample_media / "texts", "--archive", tmp_path / "none", "--dry-run")
    assert [report["status"] for report in reports] == ["planned"] * 2
    assert not list(tmp_path.iterdir())


def test_an_archive_may_have_spaces_in_its_name(ogam, sample_media, tmp_path):
    folder = tmp_path / "내 아카이브 1"
    assert ogam.lines("index", sample_media / "texts", "--lanes", "text", "--archive", folder)
    assert first_file(ogam, folder, "김치찌개 끓이는 법") == "김치찌개.txt"


def test_a_dry_run_over_an_empty_folder_leaves_it_empty(ogam, sample_media, tmp_path):
    ogam.lines("index", sample_media / "texts", "--archive", tmp_path, "--dry-run")
    assert not list(tmp_path.iterdir())


def test_removing_an_asset_takes_its_moments_away(ogam, archive, sample_media, tmp_path):
    copy = tmp_path / "archive"
    shutil.copytree(archive, copy)
    assert ogam.run("archive", "remove", sample_media / "pictures/lion.jpg", "--archive", copy).returncode == 0
    assert first_file(ogam, copy, "lion", "--lane", "visual") != "lion.jpg"
    assert ogam.run("archive", "verify", "--archive", copy).returncode == 0


def test_filters_pages_and_groups(ogam, archive):
    def search(*words: object) -> dict:
        done = ogam.run("search", "--archive", archive, "--json", *words)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    everything = search("music", "--lane", "sound", "-k", 100)
    assert {m["kind"] for m in search("music", "--lane", "sound", "--filter", "kind=audio")["moments"]} == {"audio"}
    first = search("music", "--lane", "sound", "-k", 2)
    second = search("music", "--lane", "sound", "-k", 2, "--page", first["next_page"])
    paged = first["moments"] + second["moments"]
    assert [m["rank"] for m in paged] == [1, 2, 3, 4][: len(paged)]
    assert [(m["path"], m["start"]) for m in paged] == [(m["path"], m["start"]) for m in everything["moments"][: len(paged)]]
    grouped = search("music", "--lane", "sound", "--group-by", "asset")["moments"]
    assert len({m["asset"] for m in grouped}) == len(grouped)


@pytest.mark.parametrize(("form", "marker"), [("table", "%"), ("csv", "rank,score"), ("srt", "-->"), ("edl", "TITLE:"), ("otio", "OTIO_SCHEMA"), ("json", '"moments"')])
def test_every_format_is_written(ogam, archive, form: str, marker: str):
    done = ogam.run("search", "자전거", "--archive", archive, "--format", form)
    assert done.returncode == 0, done.stderr
    assert marker in done.stdout.decode()


def test_thumbnails_are_written_for_moments_with_pictures(ogam, archive, tmp_path):
    done = ogam.run("search", "자전거", "--lane", "visual", "--archive", archive, "--thumbnails", tmp_path / "썸네일")
    assert done.returncode == 0, done.stderr
    pictures = list((tmp_path / "썸네일").glob("*.jpg"))
    assert pictures
    assert all(picture.read_bytes()[:2] == b"\xff\xd8" for picture in pictures)


def test_an_archive_refuses_another_packs_vectors_naming_both_spaces(ogam, archive, sample_media, tmp_path):
    home = Path(os.environ.get("OGAM_HOME", Path.home() / ".cache/ogam"))
    pack = tmp_path / "other"
    shutil.copytree(home / "packs/starter", pack, symlinks=True)
    manifest = json.loads((pack / "pack.json").read_text())
    config_name = next(file for model in manifest["models"] if model["id"] == "efficientnet-lite2" for file in model["files"] if file["path"].endswith("config.json"))
    config = pack / config_name["path"]
    config.write_text(config.read_text() + "\n")
    config_name["sha256"] = hashlib.sha256(config.read_bytes()).hexdigest()
    config_name["size"] = config.stat().st_size
    (pack / "pack.json").write_text(json.dumps(manifest))
    for words in (["index", sample_media / "pictures/lion.jpg"], ["search", "lion"]):
        done = ogam.run(*words, "--pack", pack, "--archive", archive)
        assert done.returncode == 2, done.stderr
        assert done.stderr.decode().count("efficientnet-lite2/posterior") >= 1, done.stderr


def test_a_killed_run_keeps_what_was_finished_and_goes_on(ogam, sample_media, tmp_path):
    folder = tmp_path / "archive"
    command = [ogam.program, "index", str(sample_media / "pictures"), "--archive", str(folder), "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        finished = [json.loads(process.stdout.readline()) for _ in range(3)]
        process.send_signal(signal.SIGKILL)
    assert ogam.run("archive", "verify", "--archive", folder).returncode == 0
    kept = {asset["asset"] for asset in ogam.lines("archive", "list", "--archive", folder)}
    assert {report["asset"] for report in finished} <= kept
    reports = ogam.lines("index", sample_media / "pictures", "--archive", folder)
    assert {report["status"] for report in reports if report["asset"] in kept} == {"skipped"}
    assert len(ogam.lines("archive", "list", "--archive", folder)) == len(reports)


def test_interrupting_a_run_stops_cleanly_and_says_what_was_kept(ogam, sample_media, tmp_path):
    command = [ogam.program, "index", str(sample_media), "--archive", str(tmp_path / "a")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        process.stdout.readline()
        start = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"kept" in errors
    assert time.monotonic() - start < 30
    assert ogam.run("archive", "verify", "--archive", tmp_path / "a").returncode == 0


def test_queries_take_what_they_do_not_say_from_the_command_line(ogam, archive, tmp_path):
    queries = tmp_path / "queries"
    queries.write_text('music\r\n{"text": "music", "k": 2}\n\n{"text": "music", "smell": 1}\n')
    done = ogam.run("search", "--archive", archive, "--queries", queries, "--lane", "sound", "-k", 1)
    assert done.returncode == 1, done.stderr
    first, second, empty, unknown = map(json.loads, done.stdout.splitlines())
    assert first["query"] == {"text": "music"}
    assert (len(first["moments"]), len(second["moments"])) == (1, 2)
    assert {lane for moment in first["moments"] for lane in moment["lanes"]} == {"sound"}
    assert empty["error"]["code"] == "invalid_argument"
    assert "smell" in unknown["error"]["message"]


@pytest.mark.parametrize("words", [["archive", "list"], ["archive", "list", "--json"], ["search", "music", "--format", "csv"], ["search", "music", "-k", "1000", "--json"]])
def test_a_full_disk_behind_stdout_is_said_and_nothing_crashes(ogam, archive, words):
    with open("/dev/full", "w") as full:
        done = subprocess.run([ogam.program, *words, "--archive", archive], stdout=full, stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == 3, done.stderr
    assert b"stdout" in done.stderr


def test_a_reader_that_goes_away_ends_the_command_quietly(ogam, archive):
    done = subprocess.run(["bash", "-c", '"$@" | head -n 1; echo "${PIPESTATUS[0]}" >&2', "bash", ogam.program, "archive", "list", "--archive", archive],
                          capture_output=True, timeout=120)
    assert done.stdout.count(b"\n") == 1
    assert done.stderr.split() in ([b"0"], [b"141"]), done.stderr


def test_closed_streams_do_no_harm_to_the_archive(ogam, sample_media, tmp_path):
    command = ["bash", "-c", '"$@" <&- >&- 2>&-', "bash", ogam.program, "index", sample_media / "texts", "--lanes", "text", "--archive", tmp_path / "a"]
    assert subprocess.run(command, timeout=300).returncode == 0
    assert ogam.run("archive", "verify", "--archive", tmp_path / "a").returncode == 0
    assert len(ogam.lines("archive", "list", "--archive", tmp_path / "a")) == 2


def test_progress_with_json_goes_to_stderr_as_lines_of_json(ogam, sample_media, tmp_path):
    done = ogam.run("index", sample_media / "videos/megamind.avi", "--archive", tmp_path / "a", "--json")
    assert done.returncode == 0, done.stderr
    assert [json.loads(line)["status"] for line in done.stdout.splitlines()] == ["indexed"]
    events = [json.loads(line)["progress"] for line in done.stderr.splitlines() if line.startswith(b"{")]
    assert all({"path", "time_done", "time_total", "realtime", "seconds_left"} <= event.keys() for event in events)
    quiet = ogam.run("index", sample_media / "videos/megamind.avi", "--archive", tmp_path / "a", "--quiet")
    assert (quiet.stdout, quiet.stderr) == (b"", b"")


def test_an_archive_too_damaged_to_open_is_not_sound(ogam, tmp_path):
    (tmp_path / "catalog.sqlite").write_bytes(bytes(range(256)) * 64)
    done = ogam.run("archive", "verify", "--archive", tmp_path, "--json")
    assert done.returncode == 5, done.stderr
    assert json.loads(done.stdout)["problems"]


def test_an_asset_is_removed_by_another_way_of_writing_its_path(ogam, sample_media, tmp_path):
    shutil.copy(sample_media / "texts/garden.txt", tmp_path / "garden.txt")
    ogam.lines("index", tmp_path / "garden.txt", "--lanes", "text", "--archive", tmp_path / "a")
    assert ogam.run("archive", "remove", "./garden.txt", "--archive", "a", cwd=tmp_path).returncode == 0
    assert ogam.lines("archive", "list", "--archive", tmp_path / "a") == []


def test_transcribe_writes_what_is_said(ogam, sample_media):
    done = ogam.run("transcribe", sample_media / "sounds/announcements.wav", "--format", "srt")
    assert done.returncode == 0, done.stderr
    text = done.stdout.decode()
    assert "-->" in text
    assert "umbrella" in text


def test_shots_finds_the_cuts_of_a_joined_video(ogam, sample_media):
    done = ogam.run("shots", sample_media / "videos/안내 방송.mp4", "--json")
    starts = [shot["start"] for shot in json.loads(done.stdout)["shots"]]
    for cut in (4.0, 8.0, 12.0):
        assert any(abs(start - cut) < 0.1 for start in starts), starts


@pytest.mark.parametrize(("words", "status", "message"), [
    (["search"], 2, "nothing to look for"),
    (["search", "x", "--lane", "smell"], 2, "visual, sound, speech, text"),
    (["search", "x", "--format", "pdf"], 2, "table, json"),
    (["search", "x", "-k", "0"], 2, "1 to 10000"),
    (["search", "x", "--archive", "/nonexistent/archive"], 3, "ogam index"),
    (["index"], 2, "name the files"),
    (["index", "x", "--segments", "sometimes"], 2, "fixed:SECONDS"),
    (["index", "x", "--sample-fps", "-1"], 2, "frames"),
    (["transcribe", "/nonexistent.wav"], 3, "/nonexistent.wav"),
    (["transcribe", "/etc/hostname", "--language", "xx"], 2, "xx"),
    (["shots", "/etc/hostname"], 3, "/etc/hostname"),
    (["models", "show", "gpt"], 2, "gpt"),
    (["models", "list", "--pack"], 2, "pack"),
    (["serch", "x"], 2, "search"),
    (["doctor", "--device", "cuda"], 3, "CPU"),
    (["idnex", "x"], 2, "Did you mean 'index'?"),
    (["index", "x", "--lans", "text"], 2, "--lanes"),
    (["index", "x", "--language", "klingon"], 2, "klingon"),
    (["index", "x", "--sample-fps", "0.0000000001"], 2, "frames"),
    (["transcribe", "/etc/hostname", "-o", "/nonexistent/talk.srt"], 2, "/nonexistent/talk.srt"),
    (["search", "x", "--queries", "-"], 2, "--queries"),
    (["search", "--queries", "-", "--format", "csv"], 2, "--queries"),
    (["archive", "list", "clips"], 2, "--archive"),
    (["models", "list", "starter"], 2, "--pack"),
])
def test_mistakes_get_a_clear_message_and_their_exit_status(ogam, tmp_path, words, status, message):
    done = ogam.run(*words, cwd=tmp_path)
    assert done.returncode == status, done.stderr
    assert message in done.stderr.decode()


def test_an_unknown_pack_is_named_with_the_command_that_builds_it(ogam, tmp_path):
    done = ogam.run("search", "x", "--pack", "nonexistent", "--archive", tmp_path)
    assert done.returncode in (3, 4)
    done = ogam.run("models", "verify", "--pack", "nonexistent")
    assert done.returncode == 4
    assert b"scripts/setup.sh" in done.stderr


def test_every_verb_tells_its_release_and_explains_itself(ogam):
    release = ogam.run("--version").stdout
    for verb in ("index", "search", "transcribe", "shots", "archive", "models", "doctor"):
        assert ogam.run(verb, "--version").stdout == release
        done = ogam.run(verb, "--help")
        assert done.returncode == 0
        assert f"Usage: ogam {verb}".encode() in done.stdout


def test_doctor_and_models_report_a_sound_machine(ogam):
    done = ogam.run("doctor")
    assert done.returncode == 0, done.stdout
    assert ogam.run("models", "verify").returncode == 0
    assert "Apache-2.0" in ogam.run("models", "show", "use-multilingual-v3").stdout.decode()
