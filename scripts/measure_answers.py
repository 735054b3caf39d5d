#!/usr/bin/env python3
"""Measures `ogam ask`: of questions on the sample media, how many are answered from the right place.

  scripts/measure_answers.py [--media DIR] [--work DIR] [-- OPTIONS OF ogam ask]

A question counts as answered when the first citation is of the right file and overlaps the time at which the answer is said or
shown, or quotes it from a text; one that nothing answers, when that is said. Both halves were written before any tuning; the second is looked at for
reports alone. What follows `--` goes to `ogam ask`, so that methods can be compared on one archive.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
OGAM = ROOT / "build/release/bin/ogam"


class Question(NamedTuple):
    half: str  # tuning or held-out
    language: str
    text: str
    file: str | None  # its name; None where nothing answers it
    start: float = 0.0  # seconds; a recording of one sentence counts as a whole
    end: float = 1e9
    says: str = ""  # what must be quoted, of texts, which have no times


QUESTIONS = [
    Question("tuning", "en", "When does the meeting about the new library start?", "announcements.wav", 2, 5.5),
    Question("tuning", "en", "Why should I take an umbrella with me?", "announcements.wav", 9, 12.5),
    Question("tuning", "en", "Which platform does the train leave from?", "announcements.wav", 16, 19),
    Question("tuning", "en", "How much sun do tomatoes need?", "garden.txt", says="six hours"),
    Question("tuning", "en", "When does the library open?", "안내 방송.mp4", 8, 12),
    Question("tuning", "ko", "다음 역은 어디인가요?", "안내 방송.mp4", 12, 16),
    Question("tuning", "ko", "예산 회의는 몇 년도 것인가요?", "안내 방송.mp4", 4, 8),
    Question("tuning", "ko", "김치찌개는 얼마나 끓이나요?", "김치찌개.txt", says="이십 분"),
    Question("tuning", "ko", "도시의 불빛은 어떻게 보이나요?", "지구의 밤.mp4", 12, 16),
    Question("tuning", "ko", "무슨 공사를 안내하나요?", "안내 방송.mp4", 0, 4),
    Question("tuning", "en", "What is the capital of Mongolia?", None),
    Question("tuning", "ko", "양자역학은 무엇인가요?", None),
    Question("held-out", "en", "What are ill-disposed people like?", "austen-0890.wav"),
    Question("held-out", "en", "What would have made him more respectable?", "austen-0920.wav"),
    Question("held-out", "en", "How should people be judged?", "megamind.avi", 6.2, 7.8),
    Question("held-out", "en", "When should I prune roses?", "garden.txt", says="late winter"),
    Question("held-out", "en", "Was he an ill-disposed young man?", "austen-0880.wav"),
    Question("held-out", "ko", "찌개를 끓일 때 김치보다 먼저 볶는 것은 무엇인가요?", "김치찌개.txt", says="돼지고기"),
    Question("held-out", "ko", "태양은 언제 떠오르기 시작하나요?", "지구의 밤.mp4", 22, 27),
    Question("held-out", "ko", "밤에 본 것은 무엇의 모습인가요?", "지구의 밤.mp4", 3, 7),
    Question("held-out", "ko", "우산을 왜 가져가야 하나요?", "announcements.wav", 9, 12.5),
    Question("held-out", "ko", "도서관 회의는 무슨 요일에 시작하나요?", "announcements.wav", 2, 5.5),
    Question("held-out", "en", "How do I install a graphics card?", None),
    Question("held-out", "ko", "환불 규정은 어떻게 되나요?", None),
]


def is_right(question: Question, answer: dict) -> bool:
    citations = answer["citations"]
    if question.file is None or not citations:
        return question.file is None and not citations
    first = citations[0]
    overlaps = question.says != "" or (first["start"] < question.end and first["end"] > question.start)
    return Path(first["path"]).name == question.file and overlaps and question.says in first["text"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--media", type=Path, default=ROOT / ".cache/sample-media", help="made by scripts/sample_media.py")
    parser.add_argument("--work", type=Path, default=ROOT / ".cache/answers", help="where the archive is kept")
    parser.add_argument("ask", nargs="*", help="options of ogam ask, behind --")
    options = parser.parse_args()
    archive = options.work / "archive"
    subprocess.run([OGAM, "index", options.media, "--archive", archive, "--json"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    right: dict[tuple[str, str], list[bool]] = {}
    for question in QUESTIONS:
        done = subprocess.run(
            [OGAM, "ask", question.text, "--archive", archive, "--json", *options.ask], check=True, capture_output=True, text=True
        )
        answer = json.loads(done.stdout)
        kind = question.language if question.file else f"{question.language}, nothing there"
        right.setdefault((question.half, kind), []).append(is_right(question, answer))
        print(f"{'right' if right[question.half, kind][-1] else 'WRONG'}  {question.text}  ->  {answer['answer'][:120]!r}", flush=True)
    for (half, kind), results in sorted(right.items()):
        print(f"{half:9} {kind:18} {sum(results)} of {len(results)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
