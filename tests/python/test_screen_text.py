"""How well words in pictures are read: character error rates on captions drawn by FFmpeg.

`python -m pytest tests/python/test_screen_text.py -s` prints the table of docs/screen_text.md.
The "tuned" set was looked at while the line finder was fitted; fonts, pictures and sentences of
the "held out" set were not.
"""

import collections
import json
import os
import pathlib
import re
import statistics
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("OGAM_BUILD_DIR", ROOT / "build" / "release"))
PICTURES = pathlib.Path("/usr/share/doc/opencv-doc/examples/data")
NANUM = "/usr/share/fonts/truetype/nanum/"
NOTO = "/usr/share/fonts/opentype/noto/"

KOREAN = {
    "tuned": ["빨간 자동차가 다리를 건너갑니다", "오늘 서울의 날씨는 맑습니다", "안전벨트를 꼭 매 주세요",
              "회의는 내일 오후 3시에 시작합니다", "지금부터 발표를 시작하겠습니다", "할머니께서 김치를 담그신다"],
    "held out": ["주차장이 80면 늘어날 예정입니다", "강원도에 많은 눈이 내렸습니다", "값이 싸고 맛도 좋은 식당",
                 "닭갈비와 볶음밥을 함께 먹었어요", "선생님이 칠판에 글씨를 쓰셨다", "고양이가 창밖을 바라보고 있네"],
}
ENGLISH = {
    "tuned": ["Welcome to the annual meeting", "Thank you for watching"],
    "held out": ["Breaking news from the capital", "Results and discussion"],
}
MIXED = {
    "tuned": ["삼성전자 Q3 실적 발표", "2026년 11월 24일 LIVE"],
    "held out": ["CPU 사용률 95% 초과", "제7회 AI 컨퍼런스"],
}
FONTS = {
    "tuned": [NANUM + "NanumGothic.ttf", NOTO + "NotoSansCJK-Regular.ttc"],
    "held out": [NANUM + "NanumBarunGothic.ttf", NANUM + "NanumSquareB.ttf", NOTO + "NotoSansCJK-Bold.ttc"],
}
GROUNDS = {"tuned": ["fruits.jpg", "home.jpg"], "held out": ["butterfly.jpg", "apple.jpg"]}
STYLES = {
    "white on black": ("black", "fontcolor=white"),
    "black on white": ("white", "fontcolor=black"),
    "yellow on navy": ("navy", "fontcolor=yellow"),
    "white, outlined, on a picture": (None, "fontcolor=white:borderw=4:bordercolor=black"),
}
PLAIN = [style for style, (paper, _) in STYLES.items() if paper]
WITHOUT_TEXT = """aloeL apple baboon butterfly chicky_512 fruits HappyFish leuvenA orange rubberwhale1
    squirrel_cls starry_night smarties left01 right05 gradient Blender_Suzanne1 graf1 aero1 home
    basketball1 building""".split()


def draw(path, text, size, font, style, picture):
    paper, ink = STYLES[style]
    caption = path.with_suffix(".txt")
    caption.write_text(text, encoding="utf-8")
    source = ["-f", "lavfi", "-i", f"color={paper}:s=1920x1080"] if paper else ["-i", str(PICTURES / picture)]
    subprocess.run(
        ["ffmpeg", "-v", "error", "-y", *source, "-vf",
         "scale=1920:1080:force_original_aspect_ratio=increase,crop=1920:1080,"
         f"drawtext=expansion=none:fontfile={font}:textfile={caption}:fontsize={size}:x=90:y=h-text_h-90:{ink}",
         "-frames:v", "1", str(path)], check=True)


def read(paths, *flags):
    output = subprocess.run([BUILD / "tests" / "tools" / "read_text", *flags, *map(str, paths)], check=True,
                            capture_output=True, text=True)
    assert output.stderr == ""
    return [json.loads(line) for line in output.stdout.splitlines()]


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, 1):
        last, row[0] = row[0], i
        for j, y in enumerate(b, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (x != y))
    return row[-1]


def squeeze(text):
    return re.sub(r"\s", "", text)


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Samples (set, language, style, size, wanted, lines, whole page, times) of both sets."""
    folder = tmp_path_factory.mktemp("captions")
    samples = []
    for name in KOREAN:
        for language, texts in (("ko", KOREAN[name]), ("en", ENGLISH[name]), ("mixed", MIXED[name])):
            for s, style in enumerate(STYLES):
                for k, size in enumerate((24, 40, 72, 110)):
                    number = len(samples)
                    fonts, grounds = FONTS[name], GROUNDS[name]
                    path = folder / f"{number}.png"
                    text = texts[(s * 4 + k) % len(texts)]
                    draw(path, text, size, fonts[number % len(fonts)], style, grounds[number % len(grounds)])
                    samples.append({"set": name, "language": language, "style": style, "size": size,
                                    "text": text, "path": path})
    for sample, result in zip(samples, read([s["path"] for s in samples], "--whole-page"), strict=True):
        sample.update(result)
        sample["read"] = " ".join(line["text"] for line in result["lines"])
    return samples


def error_rate(samples, key="read"):
    wanted = sum(len(squeeze(s["text"])) for s in samples)
    return sum(edits(squeeze(s["text"]), squeeze(s[key])) for s in samples) / wanted


def chosen(samples, **conditions):
    return [s for s in samples if all(s[k] in v if isinstance(v, list) else s[k] == v
                                      for k, v in conditions.items())]


@pytest.mark.parametrize("name", ["tuned", "held out"])
def test_korean_captions_are_read_with_few_errors(measured, name):
    assert error_rate(chosen(measured, set=name, language="ko", style=PLAIN)) < 0.08


@pytest.mark.parametrize("name", ["tuned", "held out"])
def test_english_captions_are_read_with_few_errors(measured, name):
    assert error_rate(chosen(measured, set=name, language="en", style=PLAIN)) < 0.08


def test_captions_over_pictures_are_read_mostly(measured):
    assert error_rate([s for s in measured if s["style"] not in PLAIN]) < 0.25


def test_lines_are_read_better_than_whole_pages(measured):
    assert error_rate(measured) < 0.6 * error_rate(measured, "page_text")


def test_pictures_without_writing_give_no_words(tmp_path):
    paths = [p for name in WITHOUT_TEXT for p in PICTURES.glob(f"{name}.*") if p.suffix in (".jpg", ".png")]
    assert len(paths) >= 20
    results = read(paths)
    words = {pathlib.Path(r["path"]).name: [line["text"] for line in r["lines"]] for r in results if r["lines"]}
    print("\nread in pictures without writing:", words, "of", len(paths))
    assert len(words) <= 2


def test_report(measured):
    """The table of docs/screen_text.md."""
    print()
    table = collections.defaultdict(dict)
    for name in KOREAN:
        for language in ("ko", "en", "mixed"):
            for label, styles in (("plain grounds", PLAIN), ("pictures", [s for s in STYLES if s not in PLAIN])):
                part = chosen(measured, set=name, language=language, style=styles)
                table[f"{name}, {language}, {label}"] = (len(part), error_rate(part), error_rate(part, "page_text"))
    for row, (count, lines, page) in table.items():
        print(f"| {row} | {count} | {lines:.3f} | {page:.3f} |")
    for key in ("find_ms", "total_ms", "page_ms"):
        print(f"| {key} | median {statistics.median(s[key] for s in measured):.0f} |")
    assert len(table) == 12
