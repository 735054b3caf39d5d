"""Archives from Python: indexing, searching, looking after them, stopping in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from conftest import BUILD
from PIL import Image

import ogam

NAMES = (
    "pictures/cheetah.jpg", "pictures/butterfly.jpg", "pictures/집.jpg", "pictures/fruits.jpg",
    "sounds/austen-0880.wav", "sounds/sax.wav", "texts/김치찌개.txt", "videos/안내 방송.mp4", "videos/bikes.mp4",
)  # fmt: skip


@pytest.fixture(scope="module")
def indexed(starter_pack, sample_media: Path, tmp_path_factory) -> tuple[ogam.Archive, ogam.IndexReport]:
    archive = ogam.Archive(tmp_path_factory.mktemp("보관소") / "archive")
    report = archive.index([sample_media / name for name in NAMES], tags={"모음": "시험"})
    return archive, report


@pytest.fixture(scope="module")
def archive(indexed) -> ogam.Archive:
    return indexed[0]


def test_index_reports_every_file(indexed, sample_media: Path):
    _, report = indexed
    assert (report.indexed, report.skipped, report.failed) == (len(NAMES), 0, 0)
    files = {file.path: file for file in report.files}
    assert set(files) == {sample_media / name for name in NAMES}
    video = files[sample_media / "videos/bikes.mp4"]
    assert video.status == "indexed" and video.kind == "video" and video.error is None
    assert video.duration > 1 and video.segments >= 1 and video.vectors["visual"] >= 1 and video.seconds > 0
    assert files[sample_media / "sounds/austen-0880.wav"].words["speech"] > 5


def test_what_is_indexed_already_is_skipped(archive, sample_media: Path):
    report = archive.index(sample_media / NAMES[0], tags={"모음": "시험"})
    assert (report.indexed, report.skipped) == (0, 1)


def test_a_file_that_fails_is_reported_and_the_others_go_on(starter_pack, sample_media: Path, tmp_path: Path):
    broken = tmp_path / "깨진.jpg"
    broken.write_bytes(b"\xff\xd8 no picture")
    with ogam.Archive(tmp_path / "archive") as archive:
        report = archive.index([broken, sample_media / "texts/김치찌개.txt"])
        assert (report.indexed, report.failed) == (1, 1)
        failed = next(file for file in report.files if file.status == "failed")
        assert failed.path == broken and failed.error == "unsupported" and "깨진.jpg" in failed.message


def test_korean_text_finds_its_picture(archive, sample_media: Path):
    found = archive.search("나비", limit=3)
    assert found[0].path == sample_media / "pictures/butterfly.jpg"
    assert found[0].kind == "image" and 0.15 <= found[0].score <= 1 and "visual" in found[0].lanes
    assert found.total >= len(found) and [moment.rank for moment in found] == list(range(1, len(found) + 1))


def test_words_are_evidence(archive, sample_media: Path):
    found = archive.search("김치찌개", lanes=["text"])
    assert found[0].path == sample_media / "texts/김치찌개.txt"
    assert "김치찌개" in found[0].lanes["text"].text


def test_a_picture_is_searched_with_in_every_form(archive, sample_media: Path, tmp_path: Path):
    png = tmp_path / "치타.png"
    Image.open(sample_media / "pictures/cheetah.jpg").convert("RGB").save(png)
    pixels = np.array(Image.open(png))
    forms = [png, str(png), Image.open(png), pixels, torch.from_numpy(pixels).permute(2, 0, 1)]
    answers = [[(m.path.name, m.score) for m in archive.search(image=form, limit=3)] for form in forms]
    assert answers[0][0][0] == "cheetah.jpg"
    assert all(answer == answers[0] for answer in answers)


def test_a_sound_is_searched_with_in_every_form(archive, sample_media: Path):
    path = sample_media / "sounds/sax.wav"
    rate = ogam.VideoReader(path).info.sample_rate
    samples = ogam.VideoReader(path).audio(sample_rate=rate)
    answers = [archive.search(audio=form, limit=2) for form in (path, (samples, rate), (samples.numpy(), rate))]
    assert all(answer[0].path == path for answer in answers)
    assert answers[1][0].score == answers[2][0].score == pytest.approx(answers[0][0].score, abs=0.02)


def test_a_clip_and_a_span_of_it_are_searched_with(archive, sample_media: Path):
    video = sample_media / "videos/bikes.mp4"
    found = archive.search(video=video, span=(0, 2), lanes="visual", limit=1)
    assert found[0].path == video


@pytest.mark.parametrize(("query", "kind"), [
    ({}, ValueError),
    ({"text": "  "}, ValueError),
    ({"text": "x", "limit": 0}, ValueError),
    ({"text": "x", "min_score": 2}, ValueError),
    ({"text": "x", "lanes": "smell"}, ValueError),
    ({"text": "x", "mode": "some"}, ValueError),
    ({"text": "x", "group_by": "colour"}, ValueError),
    ({"text": "x", "weights": {"visual": -1}}, ValueError),
    ({"text": "x", "filter": "kind="}, ValueError),
    ({"video": "x.mp4", "span": (3, 1)}, ValueError),
    ({"image": "없는.png"}, FileNotFoundError),
    ({"image": 5}, ValueError),
    ({"video": torch.zeros(2, 3, 8, 8, dtype=torch.uint8)}, NotImplementedError),
])  # fmt: skip
def test_queries_that_make_no_sense_are_refused(archive, query, kind):
    with pytest.raises(kind) as error:
        archive.search(**query)
    assert isinstance(error.value, ogam.Error) and str(error.value)


def test_errors_carry_their_code(archive, tmp_path: Path):
    with pytest.raises(ogam.NotFoundError) as error:
        ogam.Archive(tmp_path / "nothing").search("x")
    assert error.value.code == "not_found" and "nothing" in str(error.value)
    with pytest.raises(ogam.Error) as error:
        ogam.Archive(tmp_path / "x", pack="no-such-pack")
    assert error.value.code == "unavailable" and type(error.value) is ogam.Error


def test_pages_follow_each_other(archive):
    everything = archive.search("사람", min_score=0, limit=6)
    first = archive.search("사람", min_score=0, limit=3)
    assert first.next_page is not None
    second = archive.search("사람", min_score=0, limit=3, page=first.next_page)
    assert [m.asset for m in [*first, *second]] == [m.asset for m in everything]
    assert [m.rank for m in second] == [4, 5, 6]


def test_a_filter_keeps_what_it_says(archive):
    found = archive.search("사람", min_score=0, filter="kind=video and tag.모음=시험")
    assert found and {moment.kind for moment in found} == {"video"}


def test_moments_become_a_table(archive):
    found = archive.search("나비", min_score=0, limit=4)
    table = found.to_pandas()
    assert list(table["score"]) == [moment.score for moment in found]
    assert table["visual_score"][0] == found[0].lanes["visual"].score
    assert found[1:3] == [found[1], found[2]] and "butterfly.jpg" in repr(found)


def test_moments_show_pictures_in_a_notebook(archive):
    found = archive.search("butterfly", limit=2)
    page = found._repr_html_()
    assert page.count("<img") == len([m for m in found if m.kind in ("image", "video")]) >= 1
    assert "butterfly.jpg" in page


def test_a_moments_picture_is_small_and_real(archive, tmp_path: Path):
    found = archive.search(image=ogam.VideoReader(archive_file(archive, "bikes.mp4")).frames_at([1.0]).pixels[0], filter="kind=video")
    (tmp_path / "m.jpg").write_bytes(found[0].thumbnail(side=100))
    assert max(Image.open(tmp_path / "m.jpg").size) == 100
    sound = ogam.Moment(1, 1.0, "b3:0", Path("x.wav"), "audio", 0.0, 1.0, {})
    with pytest.raises(NotImplementedError):
        sound.thumbnail()


def archive_file(archive: ogam.Archive, name: str) -> Path:
    return next(asset.path for asset in archive.assets() if asset.path.name == name)


def test_assets_are_listed_removed_and_verified(starter_pack, sample_media: Path, tmp_path: Path):
    archive = ogam.Archive(tmp_path / "archive")
    archive.index([sample_media / "pictures/집.jpg", sample_media / "texts/김치찌개.txt"], tags={"a": "b"}, lanes=["visual", "text"])
    assets = {asset.path.name: asset for asset in archive.assets()}
    assert set(assets) == {"집.jpg", "김치찌개.txt"}
    assert assets["집.jpg"].kind == "image" and assets["집.jpg"].tags == {"a": "b"} and assets["집.jpg"].duration == 0
    assert archive.verify() == []
    assert archive.remove(sample_media / "pictures/집.jpg") == assets["집.jpg"].id
    assert [asset.path.name for asset in archive.assets()] == ["김치찌개.txt"]
    with pytest.raises(FileNotFoundError):
        archive.remove("집.jpg")
    archive.close()
    with pytest.raises(ValueError, match="was closed"):
        archive.assets()


def test_damage_is_found(starter_pack, sample_media: Path, tmp_path: Path):
    with ogam.Archive(tmp_path / "archive") as archive:
        archive.index(sample_media / "pictures/집.jpg", lanes="visual")
    vectors = next(path for path in (tmp_path / "archive/vectors").iterdir())
    content = bytearray(vectors.read_bytes())
    content[-1] ^= 1
    vectors.write_bytes(content)
    assert len(ogam.Archive(tmp_path / "archive").verify()) >= 1


def test_one_search_needs_no_archive_object(archive, sample_media: Path):
    assert ogam.search(archive.path, "나비", limit=1)[0].path == sample_media / "pictures/butterfly.jpg"


def test_threads_search_at_the_same_time(archive):
    words = ["나비", "치타", "과일", "집"] * 3
    alone = [archive.search(word, min_score=0, limit=1)[0].asset for word in words]
    together = [None] * len(words)

    def ask(number: int) -> None:
        together[number] = archive.search(words[number], min_score=0, limit=1)[0].asset

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(len(words))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_progress_comes_on_the_calling_thread(starter_pack, sample_media: Path, tmp_path: Path):
    seen: list[tuple[int, ogam.Progress]] = []
    with ogam.Archive(tmp_path / "archive") as archive:
        archive.index(sample_media / "videos/안내 방송.mp4", progress=lambda p: seen.append((threading.get_ident(), p)))
    assert {thread for thread, _ in seen} == {threading.get_ident()}
    assert all(p.path.name == "안내 방송.mp4" and p.files_total == 1 for _, p in seen)
    assert max(p.time_done for _, p in seen) > 1


def test_a_bar_is_drawn_on_stderr(starter_pack, sample_media: Path, tmp_path: Path, capfd):
    with ogam.Archive(tmp_path / "archive") as archive:
        archive.index(sample_media / "texts", progress=True)
    assert "0/2" in capfd.readouterr().err


def test_the_interpreter_runs_while_indexing(starter_pack, sample_media: Path, tmp_path: Path):
    steps: list[int] = []
    stop = threading.Event()

    def count() -> None:
        while not stop.wait(0.001):
            steps.append(1)

    before_first_report: list[int] = []
    counter = threading.Thread(target=count)
    counter.start()
    with ogam.Archive(tmp_path / "archive") as archive:
        start = len(steps)
        archive.index(sample_media / "pictures/집.jpg", on_file=lambda _: before_first_report.append(len(steps) - start))
    stop.set()
    counter.join()
    assert before_first_report[0] >= 3, "no other thread ran while a picture was worked on"


def test_what_a_callback_raises_ends_the_run_and_keeps_what_was_done(starter_pack, sample_media: Path, tmp_path: Path):
    class Enough(Exception):
        pass

    def stop(file: ogam.FileReport) -> None:
        raise Enough(file.path.name)

    archive = ogam.Archive(tmp_path / "archive")
    files = [sample_media / name for name in NAMES[:3]]
    with pytest.raises(Enough, match=r"\.jpg"):
        archive.index(files, on_file=stop)
    assert archive.verify() == [] and len(archive.assets()) == 1
    assert archive.index(files).indexed == 2


def test_the_callers_number_of_threads_is_kept(starter_pack, sample_media: Path, tmp_path: Path):
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(3)
        with ogam.Archive(tmp_path / "archive") as archive:
            archive.index(sample_media / "pictures/집.jpg")
        assert torch.get_num_threads() == 3
        from_another = []
        thread = threading.Thread(target=lambda: from_another.append(torch.get_num_threads()))
        thread.start()
        thread.join()
        assert from_another == [3]
    finally:
        torch.set_num_threads(before)


CTRL_C = """
import signal
import sys
import ogam

signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started this may have it ignored
archive = ogam.Archive(sys.argv[1])
try:
    archive.index(sys.argv[2:], on_file=lambda file: print(file.path.name, flush=True))
    print("finished")
except KeyboardInterrupt:
    print("interrupted", archive.verify(), len(archive.assets()))
"""


def test_ctrl_c_stops_cleanly_and_the_archive_stays_sound(starter_pack, sample_media: Path, tmp_path: Path):
    files = [sample_media / "pictures/집.jpg", sample_media / "videos/bigbuckbunny.mp4", sample_media / "videos/megamind.avi"]
    command = [sys.executable, "-c", CTRL_C, tmp_path / "archive", *files]
    environment = os.environ | {"PYTHONPATH": str(BUILD / "python")}
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    assert child.stdout.readline() == "집.jpg\n", child.communicate()[1]
    child.send_signal(signal.SIGINT)  # while the video is at work
    output, complaints = child.communicate(timeout=300)
    assert child.returncode == 0, complaints
    assert output == "interrupted [] 1\n"


def test_a_signal_is_heard_without_any_callback(python_interrupts, starter_pack, sample_media: Path, tmp_path: Path):
    archive = ogam.Archive(tmp_path / "archive")
    timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        archive.index([sample_media / "videos/bigbuckbunny.mp4", sample_media / "videos/megamind.avi"])
    timer.join()
    if (tmp_path / "archive").exists():
        assert archive.verify() == []
