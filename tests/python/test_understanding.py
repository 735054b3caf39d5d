"""Understanding without a language model: chapters, summaries, highlights, captions and answers of real media."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from conftest import Ogam

# The parts of one video, end to end: (name, pictures, sound). A still picture or a short clip is repeated.
PARTS = [
    ("street", "videos/bikes.mp4", "sounds/sax.wav"),
    ("earth", "videos/지구의 밤.mp4", "videos/지구의 밤.mp4"),
    ("station", "pictures/fruits.jpg", "sounds/announcements.wav"),
    ("film", "videos/megamind.avi", "videos/megamind.avi"),
]


class WithoutWriter(Ogam):
    """The command, told to do without a language model whether one is installed or not."""

    def run(self, *words: object, **options) -> subprocess.CompletedProcess:
        none = ["--writer", "none"] if words and words[0] in ("ask", "summarize", "chapters", "caption") else []
        return super().run(*words, *none, **options)


@pytest.fixture(scope="module")
def ogam(ogam: Ogam) -> Ogam:
    return WithoutWriter(ogam.program)


def seconds_of(path: Path) -> float:
    probed = subprocess.run(["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", path], check=True, capture_output=True)
    return float(probed.stdout)


def join_parts(media: Path, folder: Path) -> tuple[Path, list[float]]:
    """A video of different real clips, and the seconds at which the second and later ones begin."""
    starts, files, at = [], [], 0.0
    for name, pictures, sound in PARTS:
        length = seconds_of(media / sound)
        still = ["-loop", "1"] if pictures.endswith(".jpg") else ["-stream_loop", "-1"]
        part = folder / f"{name}.mkv"
        subprocess.run(["ffmpeg", "-v", "error", "-y", *still, "-i", media / pictures, "-i", media / sound, "-map", "0:v:0", "-map", "1:a:0",
                        "-vf", "scale=640:360:force_original_aspect_ratio=decrease,pad=640:360:-1:-1,fps=25,format=yuv420p", "-t", str(length),
                        "-c:v", "mpeg4", "-q:v", "3", "-ar", "16000", "-ac", "1", "-c:a", "pcm_s16le", part], check=True)
        files.append(part)
        starts.append(at)
        at += seconds_of(part)
    listing = folder / "parts.txt"
    listing.write_text("".join(f"file '{file}'\n" for file in files))
    whole = folder / "whole.mkv"
    subprocess.run(["ffmpeg", "-v", "error", "-y", "-f", "concat", "-safe", "0", "-i", listing, "-c", "copy", whole], check=True)
    return whole, starts[1:]


@pytest.fixture(scope="module")
def joined(sample_media: Path, tmp_path_factory) -> tuple[Path, list[float]]:
    return join_parts(sample_media, tmp_path_factory.mktemp("joined"))


@pytest.fixture(scope="module")
def archive(ogam: Ogam, joined, sample_media: Path, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("understanding") / "archive"
    media = [joined[0], *(sample_media / name for name in (
        "videos/지구의 밤.mp4", "videos/안내 방송.mp4", "sounds/announcements.wav", "sounds/sax.wav",
        "pictures/butterfly.jpg", "texts/garden.txt", "texts/김치찌개.txt"))]
    reports = ogam.lines("index", *media, "--archive", folder, timeout=900)
    assert {report["status"] for report in reports} == {"indexed"}
    return folder


@pytest.fixture(scope="module")
def durations(ogam: Ogam, archive: Path) -> dict[str, float]:
    return {asset["asset"]: asset["duration"] for asset in ogam.lines("archive", "list", "--archive", archive)}


@pytest.fixture(scope="module")
def call(ogam: Ogam, archive: Path):
    """Runs a verb over the archive and gives its JSON document."""

    def run(*words: object) -> dict:
        documents = ogam.lines(*words, "--archive", archive)
        assert len(documents) == 1
        return documents[0]

    return run


def assert_within(spans: list[dict], duration: float):
    for span in spans:
        assert 0 <= span["start"] <= span["end"] <= duration, span


# Chapters


def test_chapters_begin_within_five_seconds_of_where_the_clips_do(call, joined):
    whole, truth = joined
    document = call("chapters", whole)
    starts = [chapter["start"] for chapter in document["chapters"]]
    assert document["method"] == "extractive"
    assert starts[0] == 0
    for begins in truth:
        assert min(abs(begins - start) for start in starts) <= 5, (truth, starts)
    assert len(starts) <= len(truth) + 2, (truth, starts)
    assert [chapter["end"] for chapter in document["chapters"]] == [*starts[1:], document["duration"]]
    assert all(chapter["title"].strip() and "\n" not in chapter["title"] for chapter in document["chapters"])
    assert all(0 < chapter["why"]["score"] <= 1 for chapter in document["chapters"][1:])


def test_chapters_for_youtube_follow_its_rules(ogam, archive, joined):
    done = ogam.run("chapters", joined[0], "--archive", archive, "--format", "youtube")
    assert done.returncode == 0, done.stderr
    assert b"without a language model" in done.stderr
    lines = done.stdout.decode().splitlines()
    times = []
    for line in lines:
        minutes, seconds = re.match(r"(\d+):(\d\d) \S", line).groups()
        times.append(60 * int(minutes) + int(seconds))
    assert len(times) >= 3
    assert times[0] == 0
    assert all(after - before >= 10 for before, after in zip(times, times[1:]))


def test_chapters_for_ffmpeg_are_read_back_by_it(ogam, archive, joined, call, tmp_path):
    file = tmp_path / "chapters.ffmeta"
    done = ogam.run("chapters", joined[0], "--archive", archive, "--format", "ffmetadata", "--out", file)
    assert (done.returncode, done.stdout) == (0, b""), done.stderr
    probed = subprocess.run(["ffprobe", "-v", "error", "-f", "ffmetadata", "-show_chapters", "-of", "json", file], check=True, capture_output=True)
    read = [(round(float(chapter["start_time"]), 3), chapter["tags"]["title"]) for chapter in json.loads(probed.stdout)["chapters"]]
    assert read == [(round(chapter["start"], 3), chapter["title"]) for chapter in call("chapters", joined[0])["chapters"]]


CUE = re.compile(r"(\d\d):(\d\d):(\d\d)[.,](\d{3}) --> (\d\d):(\d\d):(\d\d)[.,](\d{3})$")


def cues_of(text: str) -> list[tuple[float, float, str]]:
    """The cues of a SubRip or WebVTT document."""
    cues = []
    for block in re.split(r"\n\n+", text.removeprefix("WEBVTT\n").strip()):
        lines = block.splitlines()
        place = next(i for i, line in enumerate(lines) if CUE.match(line))
        numbers = list(map(int, CUE.match(lines[place]).groups()))
        start, end = (sum(a * b for a, b in zip(part, (3600, 60, 1, 0.001))) for part in (numbers[:4], numbers[4:]))
        cues.append((start, end, "\n".join(lines[place + 1:])))
    return cues


def test_chapters_in_webvtt_follow_one_another(ogam, archive, joined):
    done = ogam.run("chapters", joined[0], "--archive", archive, "--format", "vtt")
    assert done.stdout.startswith(b"WEBVTT\n\n")
    cues = cues_of(done.stdout.decode())
    assert len(cues) >= 3
    assert all(before[1] == after[0] for before, after in zip(cues, cues[1:]))


def test_chapters_of_korean_videos_have_korean_titles(call, sample_media):
    for name in ("videos/지구의 밤.mp4", "videos/안내 방송.mp4"):
        for chapter in call("chapters", sample_media / name)["chapters"]:
            assert re.search(r"[가-힣]", chapter["title"]) or chapter["title_from"] in ("labels", "screen"), chapter


def test_lengths_of_chapters_are_kept(call, joined):
    assert all(chapter["end"] - chapter["start"] >= 20 for chapter in call("chapters", joined[0], "--min-length", "20")["chapters"])


# Summaries


def test_a_summary_quotes_with_times(ogam, archive, call, sample_media):
    announcements = sample_media / "sounds/announcements.wav"
    document = call("summarize", announcements)
    spoken = call("caption", announcements)
    said = re.sub(r"\s+", " ", " ".join(utterance["text"] for utterance in spoken["utterances"]))
    assert document["method"] == "extractive"
    assert document["sentences"]
    assert_within(document["sentences"], spoken["duration"])
    for sentence in document["sentences"]:
        assert sentence["text"] in said
    done = ogam.run("summarize", announcements, "--length", 1, "--archive", archive)
    assert re.fullmatch(r".+ \[\d:\d\d:\d\d-\d:\d\d:\d\d\]\n", done.stdout.decode())
    assert b"without a language model" in done.stderr


def test_a_summary_of_several_assets_names_each(ogam, archive, call, sample_media, durations):
    assets = [sample_media / "videos/지구의 밤.mp4", sample_media / "texts/garden.txt"]
    document = call("summarize", *assets, "--length", "long")
    assert {Path(sentence["path"]).name for sentence in document["sentences"]} == {"지구의 밤.mp4", "garden.txt"}
    for sentence in document["sentences"]:
        assert_within([sentence], durations[sentence["asset"]])
    korean = call("summarize", *assets, "--language", "ko")
    assert korean["sentences"]
    assert {sentence["language"] for sentence in korean["sentences"]} == {"ko"}
    printed = ogam.run("summarize", *assets, "--archive", archive).stdout.decode()
    assert "[garden.txt]" in printed
    assert "[지구의 밤.mp4 0:00:" in printed


def test_a_summary_in_another_language_needs_a_language_model(ogam, archive, sample_media):
    done = ogam.run("summarize", sample_media / "videos/지구의 밤.mp4", "--language", "en", "--archive", archive)
    assert done.returncode == 4, done.stderr
    assert b"language model" in done.stderr
    assert done.stdout == b""


def test_verbose_shows_what_was_read(ogam, archive, sample_media):
    done = ogam.run("summarize", sample_media / "sounds/announcements.wav", "--verbose", "--archive", archive)
    assert re.search(r"Read \d+ of \d+ characters", done.stderr.decode())


# Highlights


def test_highlights_of_a_query_are_where_it_is_said(call, sample_media):
    document = call("highlights", sample_media / "sounds/announcements.wav", "--query", "비가 많이 오니 우산을 가져오세요")
    first = document["highlights"][0]
    assert first["start"] <= 12 and first["end"] >= 9, document
    assert first["reasons"][0]["kind"] == "speech"


def test_highlights_without_a_query_have_reasons(call, joined):
    document = call("highlights", joined[0], "-n", 3)
    assert 1 <= len(document["highlights"]) <= 3
    assert_within(document["highlights"], document["duration"])
    for highlight in document["highlights"]:
        assert highlight["reasons"]
        assert 0 < highlight["score"] <= 1
    spans = sorted((highlight["start"], highlight["end"]) for highlight in document["highlights"])
    assert all(before[1] <= after[0] for before, after in zip(spans, spans[1:]))


def test_highlights_keep_to_a_length_and_are_written_in_every_format(ogam, archive, call, joined):
    document = call("highlights", joined[0], "-n", 100, "--duration", 20)
    assert sum(highlight["end"] - highlight["start"] for highlight in document["highlights"]) <= 20
    srt = ogam.run("highlights", joined[0], "--format", "srt", "--archive", archive).stdout.decode()
    cues = cues_of(srt)
    assert cues == sorted(cues)
    edl = ogam.run("highlights", joined[0], "--format", "edl", "--archive", archive).stdout.decode()
    assert edl.startswith("TITLE: ") and edl.count("FROM CLIP NAME: whole.mkv") == len(cues)
    assert "WHY" in ogam.run("highlights", joined[0], "--archive", archive).stdout.decode()


def test_what_does_not_match_has_no_highlights(call, sample_media):
    assert call("highlights", sample_media / "sounds/announcements.wav", "--query", "양자역학 강의")["highlights"] == []


# Captions


@pytest.mark.parametrize("form", ["srt", "vtt"])
def test_subtitles_hold_what_is_said(ogam, archive, sample_media, form):
    done = ogam.run("caption", sample_media / "sounds/announcements.wav", "--format", form, "--archive", archive)
    assert done.returncode == 0, done.stderr
    cues = cues_of(done.stdout.decode())
    assert "umbrella" in " ".join(text for _, _, text in cues)
    assert all(start < end for start, end, _ in cues)


def test_subtitles_of_korean_are_read_back_by_ffmpeg(ogam, archive, sample_media, tmp_path):
    file = tmp_path / "밤.ass"
    done = ogam.run("caption", sample_media / "videos/지구의 밤.mp4", "--out", file, "--archive", archive)
    assert done.returncode == 0, done.stderr
    converted = subprocess.run(["ffmpeg", "-v", "error", "-i", file, "-f", "srt", "-"], check=True, capture_output=True)
    cues = cues_of(re.sub(r"<[^>]*>", "", converted.stdout.decode()))
    assert [text for _, _, text in cues] == ["밤에 본 지구의 모습입니다", "도시의 불빛이 반짝입니다", "태양이 떠오르기 시작합니다"]
    assert cues[1][:2] == (12, 16)


def test_speech_is_translated_into_english_by_the_recogniser(ogam, tmp_path):
    talk = tmp_path / "tren.wav"
    subprocess.run(["espeak-ng", "-v", "es", "-s", "130", "-w", talk, "Buenos días. El tren para Madrid sale a las nueve de la mañana. Muchas gracias."], check=True)
    ogam.lines("index", talk, "--archive", tmp_path / "a", "--language", "es", "--lanes", "speech")
    spoken, = ogam.lines("caption", talk, "--archive", tmp_path / "a")
    assert (spoken["method"], spoken["language"]) == ("extractive", "es")
    translated, = ogam.lines("caption", talk, "--translate", "en", "--archive", tmp_path / "a")
    assert (translated["method"], translated["language"]) == ("translation", "en")
    # Of a synthetic voice the small model gets the greeting and the thanks.
    assert "thank you" in " ".join(utterance["text"] for utterance in translated["utterances"]).lower()
    assert_within(translated["utterances"], translated["duration"])


def test_what_is_in_english_needs_no_translation(call, sample_media):
    announcements = sample_media / "sounds/announcements.wav"
    assert call("caption", announcements, "--translate", "en") == call("caption", announcements)


@pytest.mark.parametrize("words", [["--translate", "ko"], ["--schema", "SCHEMA"]])
def test_what_needs_a_language_model_is_refused(ogam, archive, sample_media, words, tmp_path):
    (tmp_path / "SCHEMA").write_text('{"type": "string"}')
    words = [tmp_path / word if word == "SCHEMA" else word for word in words]
    done = ogam.run("caption", sample_media / "sounds/announcements.wav", *words, "--archive", archive)
    assert done.returncode == 4, done.stderr
    assert b"language model" in done.stderr


def test_a_picture_gets_names_with_probabilities(ogam, archive, call, sample_media):
    document = call("caption", sample_media / "pictures/butterfly.jpg")
    caption, = document["captions"]
    butterflies = {"monarch", "admiral", "ringlet", "lycaenid", "cabbage butterfly", "sulphur butterfly"}
    labels = [picture["label"] for picture in caption["pictures"] if picture["probability"] > 0.2]
    assert labels and set(labels) <= butterflies
    assert caption["text"].startswith(f"Picture: {labels[0]}")
    korean = ogam.run("caption", sample_media / "pictures/butterfly.jpg", "--language", "ko", "--archive", archive)
    assert "나비" in korean.stdout.decode()


def test_segments_of_a_video_get_the_words_that_stand_in_them(call, sample_media):
    captions = call("caption", sample_media / "videos/안내 방송.mp4", "--alt")["captions"]
    assert any("서울역" in word for caption in captions if caption["start"] >= 11 for word in caption["words"])
    span, = call("caption", sample_media / "videos/안내 방송.mp4", "--alt", "--span", "0:08.5-0:11.5")["captions"]
    assert "The library opens at nine" in span["text"]


# Answers

ANSWERS = [
    ("When does the library open?", "안내 방송.mp4", 9, "nine"),
    ("다음 역은 어디인가요?", "안내 방송.mp4", 13, "서울역"),
    ("Which platform does the train to Busan leave from?", "announcements.wav", 17, "platform"),
    ("What should I bring because of the rain?", "announcements.wav", 10, "umbrella"),
    ("도시의 불빛은 언제 보이나요?", "지구의 밤.mp4", 13, "불빛"),
    ("김치찌개는 어떻게 끓이나요?", "김치찌개.txt", 0, "김치찌개"),
    ("When should I prune the roses?", "garden.txt", 0, "winter"),
]


@pytest.mark.parametrize(("question", "file", "second", "word"), ANSWERS)
def test_answers_quote_the_right_place(call, durations, question, file, second, word):
    document = call("ask", question)
    assert document["found"], document
    # The joined video holds the announcements too.
    right = [c for c in document["citations"] if word in c["text"].lower() and (Path(c["path"]).name == "whole.mkv" or
             (Path(c["path"]).name == file and c["start"] - 1 <= second <= c["end"] + 1))]
    assert right, document
    for citation in document["citations"]:
        assert_within([citation], durations[citation["asset"]])
    assert word in document["answer"].lower()


@pytest.mark.parametrize("question", ["Who won the dental surgery prize?", "양자역학 강의는 언제 시작하나요?", "What is the capital of France?", "주가가 왜 떨어졌나요?"])
def test_what_is_not_there_is_said_not_to_be_there(ogam, archive, call, question):
    document = call("ask", question)
    assert (document["found"], document["citations"], document["answer"]) == (False, [], "Not in the archive."), document
    assert ogam.run("ask", question, "--archive", archive).stdout == b"Not in the archive.\n"


def test_a_question_may_be_put_to_one_asset(call, sample_media):
    video = sample_media / "videos/안내 방송.mp4"
    assert call("ask", "When does the library open?", video)["found"]
    assert call("ask", "When should I prune the roses?", video)["answer"] == "Not in the video."


# Hostile input

VERBS = ["chapters", "summarize", "highlights", "caption"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_file_that_is_not_indexed_is_told_how_to_be(ogam, archive, sample_media, verb):
    done = ogam.run(verb, sample_media / "videos/thanks.mp4", "--archive", archive)
    assert done.returncode == 3, done.stderr
    assert b"ogam index" in done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_asset_and_a_missing_archive_are_named(ogam, archive, tmp_path, verb):
    unknown = ogam.run(verb, "no such thing", "--archive", archive)
    assert unknown.returncode == 3 and b"no such thing" in unknown.stderr
    missing = ogam.run(verb, "anything", "--archive", tmp_path / "none")
    assert missing.returncode == 3 and b"ogam index" in missing.stderr
    nothing = ogam.run(verb, "--archive", archive)
    assert nothing.returncode == 2, nothing.stderr


def test_an_empty_archive_has_no_answers(ogam, sample_media, tmp_path):
    garden = sample_media / "texts/garden.txt"
    ogam.lines("index", garden, "--archive", tmp_path / "a")
    ogam.run("archive", "remove", garden, "--archive", tmp_path / "a")
    document, = ogam.lines("ask", "When should I prune the roses?", "--archive", tmp_path / "a")
    assert document["answer"] == "Not in the archive."
    assert ogam.run("summarize", garden, "--archive", tmp_path / "a").returncode == 3


def test_sound_without_speech_has_chapters_but_nothing_to_quote(ogam, archive, call, sample_media):
    sax = sample_media / "sounds/sax.wav"
    assert call("chapters", sax)["chapters"][0]["start"] == 0
    done = ogam.run("summarize", sax, "--archive", archive)
    assert (done.returncode, done.stdout) == (0, b""), done
    assert done.stderr


@pytest.mark.parametrize("verb", ["chapters", "highlights"])
def test_a_picture_and_a_text_have_no_time_to_divide(ogam, archive, sample_media, verb):
    for name in ("pictures/butterfly.jpg", "texts/garden.txt"):
        done = ogam.run(verb, sample_media / name, "--archive", archive, "--json")
        assert done.returncode == 2, done.stderr
        assert json.loads(done.stdout)["error"]["code"] == "invalid_argument"


@pytest.mark.parametrize("words", [
    ["chapters", "ASSET", "--format", "docx"], ["chapters", "ASSET", "--min-length", "0"], ["chapters", "ASSET", "--min-length", "soon"],
    ["chapters", "ASSET", "--min-length", "5", "--format", "youtube"], ["chapters", "ASSET", "--min-length", "60", "--max-length", "30"],
    ["summarize", "ASSET", "--length", "0"], ["summarize", "ASSET", "--length", "much"], ["highlights", "ASSET", "-n", "0"],
    ["highlights", "ASSET", "--query", ""], ["highlights", "ASSET", "--duration", "-3"], ["caption", "ASSET", "--span", "0-1"],
    ["caption", "ASSET", "--alt", "--span", "5-1"], ["caption", "ASSET", "--alt", "--span", "0-100000"], ["caption", "ASSET", "--format", "docx"],
    ["ask", ""], ["ask", "why?", "--min-score", "7"], ["ask", "why?", "-k", "0"], ["ask"],
])
def test_options_that_make_no_sense_are_refused(ogam, archive, sample_media, words):
    asset = sample_media / "videos/지구의 밤.mp4"
    done = ogam.run(*(asset if word == "ASSET" else word for word in words), "--archive", archive)
    assert done.returncode == 2, done.stderr
    assert done.stdout == b""
    assert done.stderr
