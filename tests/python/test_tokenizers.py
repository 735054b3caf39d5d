"""The tokenizers against the libraries that define them: `tokenizers` and `sentencepiece`."""

import json
import os
import random
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import sentencepiece
import tokenizers

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("OGAM_BUILD_DIR", ROOT / "build" / "release"))
HOME = Path(os.environ.get("OGAM_HOME", Path.home() / ".cache" / "ogam"))
MODELS = HOME / "packs" / "starter" / "models"

WRITTEN = [
    "", " ", "  ", "\n", " \n\t ", "a", "Hello, world!", "don't I'll we've he'd", "  two  spaces  ",
    "안녕하세요, 오감입니다.", "빨간 자동차가 지나갑니다", "㈜한국 ㄱㄴㄷ ㅏㅑ 가각힣", "한글과 English 섞어 쓰기 2026년",
    "배가 고프다. 배를 타다. 배 세 개", "😀", "👩‍👩‍👧‍👦 family", "🇰🇷🇺🇸", "👍🏽 좋아요!!", "3.14 1,000,000 ½ ² Ⅷ ٣",
    "café cafe\u0301 Å Å", "\u1112\u1161\u11ab\u1100\u1173\u11af", "日本語のテキスト。", "Привет, мир", "مرحبا بالعالم", "ไทย",
    "\u3000전각 공백\u3000", "a\u00a0b\u2003c\u180ed\u200be\u2028f", "\x00\x01\x7f\x85", "x" * 3000, "가" * 2000, " " * 500 + "z",
    "<|ko|>", "<|startoftranscript|><|ko|><|transcribe|> 안녕 <|0.00|>hi<|30.00|>", "<|ko", "<<|ko|>>", "<|endoftext|> <|endoftext|>",
    "https://example.com/a?b=c&d=%20", "C:\\path\\파일.mp4", "tab\there", "\r\nwindows\r\n", "ﬁ ﬂ ﬀ Ⅳ ①", "ｆｕｌｌ　ｗｉｄｔｈ",
]

# Ranges drawn from often, so that scripts mix within a text.
RANGES = [(0x20, 0x7E), (0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x3130, 0x318F), (0x4E00, 0x9FFF), (0x3040, 0x30FF),
          (0x1F300, 0x1FAFF), (0x00A0, 0x024F), (0x0300, 0x036F), (0x0400, 0x04FF), (0x0590, 0x06FF), (0x0900, 0x0DFF),
          (0x2000, 0x2BFF), (0x0, 0x1F), (0x0, 0x10FFFF)]
SPACES = " \t\n\r\u00a0\u1680\u2003\u2028\u3000\u180e\u200b\x0b\x85"


def random_character(rng: random.Random) -> str:
    """An assigned character: libraries disagree only on what later Unicode versions will assign."""
    while True:
        character = chr(rng.randint(*rng.choice(RANGES)))
        if unicodedata.category(character) not in ("Cn", "Cs"):
            return character


def random_texts(count: int, seed: int) -> list[str]:
    rng = random.Random(seed)
    texts = []
    for _ in range(count):
        pieces = []
        for _ in range(rng.randint(0, 24)):
            kind = rng.random()
            if kind < 0.2:
                pieces.append(rng.choice(SPACES) * rng.randint(1, 3))
            elif kind < 0.25:
                pieces.append(rng.choice(["'s", "'ll", "<|ko|>", "<|0.04|>", "<unk>", "</s>", "▁", "the", " 안녕"]))
            else:
                pieces.append(random_character(rng))
        texts.append("".join(pieces))
    return texts


TEXTS = WRITTEN + random_texts(10_000, seed=20_241)


def run_tokenizer(kind: str, path: Path, texts: list[str]) -> list[dict]:
    """What the project's tokenizer answers, one {"ids", "text"} for each text."""
    tool = BUILD / "tests" / "tools" / "tokenize"
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    done = subprocess.run([tool, kind, path], input=lines.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def require_model(path: Path) -> Path:
    assert path.exists(), f"{path} is missing; build the pack: {sys.executable} scripts/build_pack.py"
    return path


def assert_equal_to_reference(reference: tokenizers.Tokenizer, folder: Path, texts: list[str]) -> None:
    answers = run_tokenizer("bpe", folder, texts)
    assert len(answers) == len(texts)
    for text, answer in zip(texts, answers):
        ids = reference.encode(unicodedata.normalize("NFC", text), add_special_tokens=False).ids
        assert answer["ids"] == ids, repr(text)
        assert answer["text"] == reference.decode(ids, skip_special_tokens=True), repr(text)


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> Path:
    """A small byte-level tokenizer with added tokens of every kind."""
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=2000, special_tokens=["<|endoftext|>"], show_progress=False,
                                             initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(WRITTEN + random_texts(500, seed=7), trainer)
    tokenizer.add_special_tokens(["<|ko|>"])
    tokenizer.add_tokens([tokenizers.AddedToken("<|0.04|>", normalized=True),
                          tokenizers.AddedToken("the", single_word=True, normalized=False),
                          tokenizers.AddedToken("<unk>", lstrip=True, rstrip=True, normalized=False),
                          tokenizers.AddedToken("<unk>></s>", normalized=False),
                          tokenizers.AddedToken("</s>", rstrip=True)])
    folder = tmp_path_factory.mktemp("trained")
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def test_trained_bpe_equals_the_tokenizers_library(trained):
    reference = tokenizers.Tokenizer.from_file(str(trained / "tokenizer.json"))
    extra = ["<unk>></s> x", "bathe the the, thé _the the", " <unk>  <unk> </s> <unk>", "the\u200dx the\u24b6", "<unk></s><unk>"]
    assert_equal_to_reference(reference, trained, TEXTS + extra)


@pytest.mark.parametrize("splitter", [{"add_prefix_space": True, "use_regex": True}, {"add_prefix_space": False, "use_regex": False}])
def test_pre_tokenizer_options_are_honoured(trained, tmp_path, splitter):
    content = json.loads((trained / "tokenizer.json").read_text())
    content["pre_tokenizer"].update(splitter)
    content["model"]["merges"] = [" ".join(merge) for merge in content["model"]["merges"]]  # the older way of writing
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    reference = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    assert_equal_to_reference(reference, tmp_path, TEXTS[:2000])


def test_whisper_bpe_equals_the_tokenizers_library():
    folder = MODELS / "whisper-base"
    require_model(folder / "tokenizer.json")
    reference = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert_equal_to_reference(reference, folder, TEXTS)


def test_sentencepiece_equals_the_library():
    model = require_model(MODELS / "use-multilingual-v3" / "tokenizer.model")
    reference = sentencepiece.SentencePieceProcessor(model_file=str(model))
    answers = run_tokenizer("sentencepiece", model, TEXTS)
    assert len(answers) == len(TEXTS)
    for text, answer in zip(TEXTS, answers):
        assert answer["ids"] == reference.encode(unicodedata.normalize("NFC", text)), repr(text)


@pytest.mark.parametrize("change, named", [
    ({"normalizer": {"type": "Lowercase"}}, "normalizer Lowercase"),
    ({"pre_tokenizer": {"type": "Whitespace"}}, "pre-tokenizer Whitespace"),
    ({"decoder": {"type": "WordPiece"}}, "decoder WordPiece"),
    ({"post_processor": {"type": "BertProcessing"}}, "post-processor BertProcessing"),
    ({"truncation": {"max_length": 5}}, "truncation"),
])
def test_components_that_are_not_implemented_are_named(trained, tmp_path, change, named):
    content = json.loads((trained / "tokenizer.json").read_text())
    content.update(change)
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    tool = BUILD / "tests" / "tools" / "tokenize"
    done = subprocess.run([tool, "bpe", tmp_path], input=b"", capture_output=True, check=False)
    assert done.returncode == 1
    assert named in done.stderr.decode()
