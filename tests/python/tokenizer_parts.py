"""Texts, trained models and components of which tokenizers are put together at random."""

import base64
import functools
import io
import json
import os
import random
import subprocess
import unicodedata
from pathlib import Path

import sentencepiece
import tokenizers
from tokenizers import Regex, decoders, models, normalizers, pre_tokenizers, processors, trainers

ROOT = Path(__file__).resolve().parents[2]
TOOL = Path(os.environ.get("OGAM_BUILD_DIR", ROOT / "build" / "release")) / "tests" / "tools" / "tokenize"

WRITTEN = [
    "", " ", "  ", "\n", " \n\t ", "a", "Hello, world!", "don't I'll we've he'd", "  two  spaces  ",
    "안녕하세요, 오감입니다.", "빨간 자동차가 지나갑니다", "㈜한국 ㄱㄴㄷ ㅏㅑ 가각힣", "한글과 English 섞어 쓰기 2026년",
    "배가 고프다. 배를 타다. 배 세 개", "😀", "👩‍👩‍👧‍👦 family", "🇰🇷🇺🇸", "👍🏽 좋아요!!", "3.14 1,000,000 ½ ² Ⅷ ٣",
    "café cafe\u0301 Å Å", "\u1112\u1161\u11ab\u1100\u1173\u11af", "日本語のテキスト。", "Привет, мир", "مرحبا بالعالم", "ไทย",
    "\u3000전각 공백\u3000", "a\u00a0b\u2003c\u180ed\u200be\u2028f", "\x00\x01\x7f\x85", "x" * 3000, "가" * 2000, " " * 500 + "z",
    "<|ko|>", "<|startoftranscript|><|ko|><|transcribe|> 안녕 <|0.00|>hi<|30.00|>", "<|ko", "<<|ko|>>", "<|endoftext|> <|endoftext|>",
    "https://example.com/a?b=c&d=%20", "C:\\path\\파일.mp4", "tab\there", "\r\nwindows\r\n", "ﬁ ﬂ ﬀ Ⅳ ①", "ｆｕｌｌ　ｗｉｄｔｈ",
    "I am fine . Are n't you ? I do not 's know , it 's ' quoted ' !", "İstanbul ΣΑΣ ẞ ŉ", "½x ½", "▁under▁scores ▁ ▁", "ﬁ\u0301 q\u0301",
    "<unk>></s> x", "bathe the the, thé _the the", " <unk>  <unk> </s> <unk>", "the\u200dx the\u24b6", "<unk></s><unk>", "[CLS] hi [SEP]",
]

# Ranges drawn from often, so that scripts mix within a text.
RANGES = [(0x20, 0x7E), (0x61, 0x7A), (0xAC00, 0xD7A3), (0x1100, 0x11FF), (0x3130, 0x318F), (0x4E00, 0x9FFF), (0x3040, 0x30FF),
          (0x1F300, 0x1FAFF), (0x00A0, 0x024F), (0x0300, 0x036F), (0x0400, 0x04FF), (0x0590, 0x06FF), (0x0900, 0x0DFF),
          (0x2000, 0x2BFF), (0x0, 0x1F), (0x0, 0x10FFFF)]
SPACES = " \t\n\r\u00a0\u1680\u2003\u2028\u3000\u180e\u200b\x0b\x85"
PIECES = ["'s", "'ll", "<|ko|>", "<|0.04|>", "<unk>", "</s>", "▁", "the", " 안녕", "[MASK]", "Wow ", "12", "--", "é", "\r\n", "ab", "ab ab"]


# Where Unicode's versions disagree, so do the libraries' tables: what is removed, and what splits.
REMOVED = [(normalizers.BertNormalizer(False, False, True, False), lambda character, category: category == "Mn"),
           (normalizers.StripAccents(), lambda character, category: category[0] == "M"),
           (normalizers.BertNormalizer(True, False, False, False),
            lambda character, category: character == "\ufffd" or character not in "\t\n\r" and category in ("Cc", "Cf", "Co"))]
RECLASSIFIED = {"\U0001171e", *map(chr, range(0x363, 0x370))}  # became spacing, became alphabetic
COMPATIBILITY = normalizers.NFKD()
PUNCTUATION = pre_tokenizers.Punctuation()


@functools.lru_cache(maxsize=None)
def is_settled(character: str) -> bool:
    """Whether the libraries' tables agree on a character."""
    category = unicodedata.category(character)
    if category in ("Cn", "Cs") or character in RECLASSIFIED:
        return False
    if unicodedata.normalize("NFKD", character) != COMPATIBILITY.normalize_str(character):
        return False
    if unicodedata.normalize("NFD", character) == character and any(
            (normalizer.normalize_str(character) == "") != expected(character, category) for normalizer, expected in REMOVED):
        return False
    punctuation = category[0] == "P" or character in "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
    return (len(PUNCTUATION.pre_tokenize_str(f"a{character}a")) == 3) == punctuation


def random_character(rng: random.Random) -> str:
    while True:
        character = chr(rng.randint(*rng.choice(RANGES)))
        if is_settled(character):
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
            elif kind < 0.3:
                pieces.append(rng.choice(PIECES))
            else:
                pieces.append(random_character(rng))
        texts.append("".join(pieces))
    return texts


def tokenize(folder: Path, requests: list[dict]) -> list[dict]:
    """What the project's tokenizer answers to each request: {"ids", "text", "written"}."""
    lines = "".join(json.dumps(request) + "\n" for request in requests)
    done = subprocess.run([TOOL, folder], input=lines.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(answers) == len(requests)
    return answers


def refusal(folder: Path) -> str:
    """The message with which the project's tokenizer refuses a folder."""
    done = subprocess.run([TOOL, folder], input=b"", capture_output=True, check=False)
    assert done.returncode == 1
    return done.stderr.decode()


def assert_equal_to_reference(folder: Path, texts: list[str], decodes: bool = True) -> None:
    reference = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    reference.no_truncation()
    reference.no_padding()
    requests = []
    for i, text in enumerate(texts):
        request = {"text": text, "add_special_tokens": i % 3 != 0}
        if i % 5 == 4:
            request["pair"] = texts[i - 1]
        requests.append(request)
    for request, answer in zip(requests, tokenize(folder, requests)):
        ids = reference.encode(request["text"], request.get("pair"), add_special_tokens=request["add_special_tokens"]).ids
        assert answer["ids"] == ids, repr(request)
        if ids and decodes:
            assert answer["text"] == reference.decode(ids, skip_special_tokens=True), (repr(request), ids)
            assert answer["written"] == reference.decode(ids, skip_special_tokens=False), (repr(request), ids)


# Trained models.

CORPUS = [text for text in WRITTEN if len(text) < 1000] * 3 + random_texts(60, seed=7) + ["abc ab ab the then there", "안녕 안녕하세요 자동차 자동차가", "Wow 12 1234 12345"] * 20


def train(model, trainer, normalizer=None, pre_tokenizer=None) -> dict:
    """The "model" part of a tokenizer.json."""
    tokenizer = tokenizers.Tokenizer(model)
    if normalizer:
        tokenizer.normalizer = normalizer
    if pre_tokenizer:
        tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator(CORPUS, trainer)
    return json.loads(tokenizer.to_str())["model"]


@functools.lru_cache(maxsize=None)
def trained_models() -> dict[str, dict]:
    quiet = {"show_progress": False}
    bytes_of = [f"<0x{byte:02X}>" for byte in range(256)]
    byte_alphabet = pre_tokenizers.ByteLevel.alphabet()
    metaspace = pre_tokenizers.Metaspace()
    found = {
        "byte_level": train(models.BPE(), trainers.BpeTrainer(vocab_size=2000, initial_alphabet=byte_alphabet, **quiet),
                            pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False)),
        "byte_fallback": train(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True),
                               trainers.BpeTrainer(vocab_size=1500, special_tokens=["<unk>", *bytes_of], limit_alphabet=300, **quiet),
                               pre_tokenizer=metaspace),
        "clip": train(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"),
                      trainers.BpeTrainer(vocab_size=2500, special_tokens=["<unk>"], initial_alphabet=byte_alphabet, end_of_word_suffix="</w>", **quiet),
                      normalizer=normalizers.Lowercase(), pre_tokenizer=pre_tokenizers.ByteLevel(add_prefix_space=False)),
        "subword_prefix": train(models.BPE(unk_token="<unk>", continuing_subword_prefix="##"),
                                trainers.BpeTrainer(vocab_size=1500, special_tokens=["<unk>"], continuing_subword_prefix="##", limit_alphabet=400, **quiet),
                                pre_tokenizer=pre_tokenizers.Whitespace()),
        "word_piece": train(models.WordPiece(unk_token="[UNK]", max_input_chars_per_word=30),
                            trainers.WordPieceTrainer(vocab_size=1500, special_tokens=["[UNK]"], limit_alphabet=400, **quiet),
                            normalizer=normalizers.BertNormalizer(), pre_tokenizer=pre_tokenizers.BertPreTokenizer()),
        "unigram": train(models.Unigram(), trainers.UnigramTrainer(vocab_size=2500, special_tokens=["<unk>", *bytes_of], unk_token="<unk>", **quiet),
                         normalizer=normalizers.NFKC(), pre_tokenizer=metaspace),
        "word_level": train(models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(vocab_size=800, special_tokens=["<unk>"], **quiet),
                            pre_tokenizer=pre_tokenizers.Whitespace()),
    }
    found["byte_fallback_partly"] = json.loads(json.dumps(found["byte_fallback"]))  # bytes above 0xEC are unknown
    for byte in range(0xEC, 0x100):
        vocabulary = found["byte_fallback_partly"]["vocab"]
        vocabulary[f"<b{byte}>"] = vocabulary.pop(f"<0x{byte:02X}>")
    found["ignore_merges"] = dict(found["byte_level"], ignore_merges=True, merges=[" ".join(pair) for pair in found["byte_level"]["merges"]][::3])
    found["fuse_not"] = dict(found["byte_fallback"], byte_fallback=False, fuse_unk=False)
    found["fuse"] = dict(found["byte_fallback"], byte_fallback=False, fuse_unk=True)
    found["no_unknown"] = dict(found["clip"], unk_token=None)
    found["unigram_bytes"] = dict(found["unigram"], byte_fallback=True)
    return found


def wire_fields(message: bytes):
    """The fields of length-delimited kind of a protocol buffer."""
    def varint(at: int) -> tuple[int, int]:
        value = shift = 0
        while True:
            byte = message[at]
            value |= (byte & 0x7F) << shift
            at, shift = at + 1, shift + 7
            if byte < 0x80:
                return value, at

    at = 0
    while at < len(message):
        key, at = varint(at)
        if key & 7 == 2:
            size, at = varint(at)
            yield key >> 3, message[at:at + size]
            at += size
        elif key & 7 == 0:
            _, at = varint(at)
        else:
            at += {1: 8, 5: 4}[key & 7]


@functools.lru_cache(maxsize=None)
def charsmap(rule: str) -> str:
    """SentencePiece's character map of that name, in base64."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["a b c d", "e f g"] * 10), model_writer=model, vocab_size=12,
                                             normalization_rule_name=rule, minloglevel=2)
    spec = next(content for field, content in wire_fields(model.getvalue()) if field == 3)
    return base64.b64encode(next(content for field, content in wire_fields(spec) if field == 2)).decode()


# Components, from which tokenizers are put together at random.

BEHAVIORS = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
LLAMA_PATTERN = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")


def json_of(component) -> dict:
    """A component as tokenizer.json has it."""
    return json.loads(component.__getstate__())


def random_normalizer(rng: random.Random) -> dict:
    flag = lambda: rng.random() < 0.5
    return rng.choice([
        lambda: json_of(normalizers.NFC()), lambda: json_of(normalizers.NFD()), lambda: json_of(normalizers.NFKC()), lambda: json_of(normalizers.NFKD()),
        lambda: json_of(normalizers.Lowercase()), lambda: json_of(normalizers.Strip(flag(), flag())), lambda: json_of(normalizers.StripAccents()),
        lambda: json_of(normalizers.BertNormalizer(flag(), flag(), rng.choice([None, True, False]), flag())),
        lambda: json_of(normalizers.Replace(rng.choice([" ", "a", "``", "가", "ab", "."]), rng.choice(["▁", "xyz"]))),
        lambda: json_of(normalizers.Replace(rng.choice([" ", "x", "가"]), "")),
        lambda: json_of(normalizers.Replace(Regex(rng.choice([r" {2,}", r"\s+", r"[^\w\s]", r"\p{Hangul}", "a+", r"(?<=a)b"])), rng.choice(["_", " ", "ab"]))),
        lambda: json_of(normalizers.Prepend(rng.choice(["▁", "ab", " "]))), lambda: json_of(normalizers.Nmt()), lambda: json_of(normalizers.ByteLevel()),
        lambda: {"type": "Precompiled", "precompiled_charsmap": charsmap(rng.choice(["nmt_nfkc", "nfkc_cf", "nmt_nfkc_cf"]))},
    ])()


def random_pre_tokenizer(rng: random.Random) -> dict:
    flag = lambda: rng.random() < 0.5
    behavior = lambda: rng.choice(BEHAVIORS)
    return rng.choice([
        lambda: json_of(pre_tokenizers.ByteLevel(flag(), use_regex=flag())), lambda: json_of(pre_tokenizers.Whitespace()),
        lambda: json_of(pre_tokenizers.WhitespaceSplit()), lambda: json_of(pre_tokenizers.BertPreTokenizer()),
        lambda: json_of(pre_tokenizers.Metaspace(rng.choice(["▁", "_", "가"]), rng.choice(["always", "first", "never"]), flag())),
        lambda: json_of(pre_tokenizers.Metaspace("▁", "first", flag())),
        lambda: json_of(pre_tokenizers.Split(rng.choice([" ", "ab", "▁", "."]), behavior(), flag())),
        lambda: json_of(pre_tokenizers.Split(Regex(rng.choice([LLAMA_PATTERN, r"\s", r"\d{1,2}", r"[^\s]+", "b*", r"\p{Han}|\p{Hiragana}", r"\b"])), behavior(), flag())),
        lambda: json_of(pre_tokenizers.Punctuation(behavior())), lambda: json_of(pre_tokenizers.Digits(flag())),
        lambda: json_of(pre_tokenizers.CharDelimiterSplit(rng.choice([" ", "a", "▁"]))),
    ])()


def random_decoder(rng: random.Random) -> dict | None:
    flag = lambda: rng.random() < 0.5
    simple = lambda: rng.choice([
        lambda: json_of(decoders.WordPiece(rng.choice(["##", ""]), flag())), lambda: json_of(decoders.Metaspace("▁", rng.choice(["always", "first", "never"]))),
        lambda: json_of(decoders.ByteFallback()), lambda: json_of(decoders.Fuse()), lambda: json_of(decoders.Strip(rng.choice([" ", "a"]), rng.randint(0, 2), 0)),
        lambda: json_of(decoders.Replace(rng.choice(["▁", "</w>", "a"]), rng.choice([" ", ""]))), lambda: json_of(decoders.Replace(Regex(r"\s|\bt"), "-")),
        lambda: json_of(decoders.ByteLevel()), lambda: json_of(decoders.BPEDecoder("</w>")),
    ])()
    kind = rng.random()
    if kind < 0.1:
        return None
    if kind < 0.5:
        return simple()
    return {"type": "Sequence", "decoders": [simple() for _ in range(rng.randint(1, 4))]}


def random_post_processor(rng: random.Random, tokens: dict[str, int]) -> dict | None:
    first, last = ([token, tokens[token]] for token in rng.sample(sorted(tokens), 2))
    byte_level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    template = json_of(processors.TemplateProcessing(
        single=f"{first[0]} $A {last[0]}" if rng.random() < 0.5 else f"$A:0 {last[0]}:1",
        pair=rng.choice([f"{first[0]} $A {last[0]} $B:1 {last[0]}:1", f"$B {first[0]} {first[0]} $A", f"$A $B {last[0]}"]),
        special_tokens=[tuple(first), tuple(last)]))
    return rng.choice([
        None, byte_level, template, {"type": "Sequence", "processors": [byte_level, template]}, {"type": "BertProcessing", "sep": last, "cls": first},
        {"type": "RobertaProcessing", "sep": last, "cls": first, "trim_offsets": True, "add_prefix_space": False},
    ])


def random_added_tokens(rng: random.Random, vocabulary: dict[str, int], size: int) -> list[dict]:
    flag = lambda chance: rng.random() < chance
    tokens = []
    following = size
    for content in rng.sample(["<|ko|>", "[MASK]", "the", "안녕", "é", "Wow ", "</s>", "ab", "<|0.04|>", "--"], 6):
        known = vocabulary.get(content)
        tokens.append({"id": following if known is None else known, "content": content, "single_word": flag(0.3), "lstrip": flag(0.3),
                       "rstrip": flag(0.3), "normalized": flag(0.5), "special": flag(0.5)})
        following += known is None
    return tokens


def some(rng: random.Random, choose, key: str, most: int) -> dict | None:
    """Null, one component, or a sequence of them."""
    count = rng.randint(0, most)
    return None if count == 0 else choose(rng) if count == 1 else {"type": "Sequence", key: [choose(rng) for _ in range(count)]}


def random_tokenizer(seed: int) -> dict:
    rng = random.Random(seed)
    names = sorted(trained_models())
    model = trained_models()[names[seed % len(names)]]
    vocabulary = model["vocab"] if isinstance(model["vocab"], dict) else {token: i for i, (token, _) in enumerate(model["vocab"])}
    added = random_added_tokens(rng, vocabulary, len(model["vocab"]))
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
            "normalizer": some(rng, random_normalizer, "normalizers", 3),
            "pre_tokenizer": some(rng, random_pre_tokenizer, "pretokenizers", 3),
            "post_processor": random_post_processor(rng, {token["content"].strip(): token["id"] for token in added}),
            "decoder": random_decoder(rng), "model": model}


def save(folder: Path, **parts) -> Path:
    content = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None, "pre_tokenizer": None,
               "post_processor": None, "decoder": None} | parts
    (folder / "tokenizer.json").write_text(json.dumps(content))
    return folder
