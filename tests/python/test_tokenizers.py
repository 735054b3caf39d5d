"""The tokenizers against the libraries that define them: `tokenizers` and `sentencepiece`."""

import io
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import sentencepiece
import tokenizers
from tokenizers import Regex, decoders, normalizers, pre_tokenizers, processors

from tokenizer_parts import (LLAMA_PATTERN, TOOL, WRITTEN, assert_equal_to_reference, charsmap, json_of, random_texts, random_tokenizer, refusal,
                             save, tokenize, trained_models)

HOME = Path(os.environ.get("OGAM_HOME", Path.home() / ".cache" / "ogam"))
MODELS = HOME / "packs" / "starter" / "models"


def require_model(path: Path) -> Path:
    assert path.exists(), f"{path} is missing; build the pack: {sys.executable} scripts/build_pack.py"
    return path


COMBINATIONS = 104
TEXTS_EACH = 1000


@pytest.mark.parametrize("seed", range(COMBINATIONS))
def test_random_tokenizers_equal_the_library(seed, tmp_path):
    content = random_tokenizer(seed)
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    assert_equal_to_reference(tmp_path, WRITTEN + random_texts(TEXTS_EACH, seed=20_000 + seed))


# Whole tokenizers as models come with them.

def test_bert_like_equals_the_library(tmp_path):
    model = trained_models()["word_piece"]
    size = len(model["vocab"])
    specials = [{"id": size + i, "content": token, "single_word": False, "lstrip": token == "[MASK]", "rstrip": False, "normalized": False, "special": True}
                for i, token in enumerate(["[CLS]", "[SEP]", "[MASK]"])]
    save(tmp_path, model=model, added_tokens=specials, normalizer=json_of(normalizers.BertNormalizer()),
         pre_tokenizer=json_of(pre_tokenizers.BertPreTokenizer()), decoder=json_of(decoders.WordPiece()),
         post_processor=json_of(processors.BertProcessing(("[SEP]", size + 1), ("[CLS]", size))))
    assert_equal_to_reference(tmp_path, WRITTEN + random_texts(2000, seed=1))


def test_clip_like_equals_the_library(tmp_path):
    save(tmp_path, model=trained_models()["clip"],
         normalizer={"type": "Sequence", "normalizers": [json_of(normalizers.NFC()), json_of(normalizers.Replace(Regex(r"\s+"), " ")), json_of(normalizers.Lowercase())]},
         pre_tokenizer={"type": "Sequence", "pretokenizers": [
             json_of(pre_tokenizers.Split(Regex(r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"), "removed", invert=True)),
             json_of(pre_tokenizers.ByteLevel(add_prefix_space=False))]},
         decoder=json_of(decoders.ByteLevel()))
    assert_equal_to_reference(tmp_path, WRITTEN + random_texts(2000, seed=2))


def test_llama_like_equals_the_library(tmp_path):
    save(tmp_path, model=trained_models()["byte_fallback"],
         normalizer={"type": "Sequence", "normalizers": [json_of(normalizers.Prepend("▁")), json_of(normalizers.Replace(" ", "▁"))]},
         decoder={"type": "Sequence", "decoders": [json_of(decoders.Replace("▁", " ")), json_of(decoders.ByteFallback()), json_of(decoders.Fuse()),
                                                  json_of(decoders.Strip(" ", 1, 0))]})
    assert_equal_to_reference(tmp_path, WRITTEN + random_texts(2000, seed=3))


def test_unigram_with_a_character_map_equals_the_library(tmp_path):
    save(tmp_path, model=trained_models()["unigram"],
         normalizer={"type": "Sequence", "normalizers": [{"type": "Precompiled", "precompiled_charsmap": charsmap("nmt_nfkc")},
                                                         json_of(normalizers.Replace(Regex(" {2,}"), " "))]},
         pre_tokenizer={"type": "Metaspace", "replacement": "▁", "add_prefix_space": True}, decoder=json_of(decoders.Metaspace()))
    assert_equal_to_reference(tmp_path, WRITTEN + random_texts(2000, seed=4))


def test_whisper_bpe_equals_the_library():
    folder = MODELS / "whisper-base"
    require_model(folder / "tokenizer.json")
    assert_equal_to_reference(folder, WRITTEN + random_texts(10_000, seed=20_241))


def test_the_files_of_early_whispers_tell_as_much_as_tokenizer_json(tmp_path):
    whole = MODELS / "whisper-base"
    for name in ("vocab.json", "merges.txt", "tokenizer_config.json"):
        shutil.copy(require_model(whole / name), tmp_path)
    added = {token["content"]: token["id"] for token in json.loads((whole / "tokenizer.json").read_text())["added_tokens"]}
    (tmp_path / "added_tokens.json").write_text(json.dumps(added))
    texts = [*WRITTEN, "<|startoftranscript|><|ko|> 안녕", *random_texts(1000, seed=20_242)]
    requests = [{"text": text, "add_special_tokens": i % 3 != 0} | ({"pair": "and"} if i % 5 == 4 else {}) for i, text in enumerate(texts)]
    assert tokenize(tmp_path, requests) == tokenize(whole, requests)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "RobertaTokenizer"}))
    assert "RobertaTokenizer" in refusal(tmp_path)
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "WhisperTokenizer"}))
    (tmp_path / "merges.txt").write_bytes(b"a \xff\n")
    assert "merges" in refusal(tmp_path)


# Regular expressions: Oniguruma's syntax and meaning.

PATTERNS = [
    "a*", "a+?b", "a{2}+", "a{1,2}+", "a{2}?", "a{,2}", "a{2,}?", "^a", "a$", "$", "^", r"\v", "a(?i)b|c", "[]a]", "(?m:a.b)", r"\bab", r"\B", r"\x41", r"\x{AC00}",
    "\\u0041", "{", "a{", "a{b", "(?<name>a)b", "(?#comment)a", r"\p{Han}", r"\p{Hiragana}", r"\p{Katakana}+", r"\p{Hangul}", r"\p{^L}+", r"\P{L}+", r"\p{Letter}",
    r"\p{Lowercase_Letter}", r"\p{Alnum}+", r"\p{Punct}", r"[[:alpha:]]+", r"[[:^alpha:]]+", r"[[:punct:]]", r"[[:space:]]", r"[[:upper:][:digit:]]", r"\R", r"\h+", r"\H",
    r"[\h]", r"\w+", r"\W+", r"[^\W]+", r"[\W_]+", r"[^\W_]+", r"[^\S\r\n]+", r"[\s\S]", r"[^\w\s]", r"[a\-z]", "[--a]", "a|", "(|a)", r"\/", r"\-", "(?i:k)", "(?i:[a-z])+",
    "(?i:'s|'t)", r"\Aa", r"a\Z", r"a\z", "a++a", "(?>a+)b", "(?<=a)b", "(?<!a)b", "(?=b)", "a(?!b)", r"\N+", r"\O", ".", ".+", LLAMA_PATTERN,
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s+(?!\S)|\s+",
    r"[\r\n]", r"\s?[A-Za-zµÀ-ÖØ-öø-ƺ]+", r"\s?[!-/:-~！-／：-～‘-‟　-。]+", r"[一-龥ࠀ-一가-퟿]+", r"[一-龥぀-ゟ゠-ヿ]+", r"\p{P}|\p{S}",
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
]
REGEX_TEXTS = ["aab baaab", "a\nb\nab\n", "AB ab aB", "ſs 'S 'ſ K k", "²b ½ b_c", "]a^-.{a{b", "々、・ー一あア カナ", "\r\n\u2028\x0b\x85 ", "12345 abc6789", "", "a", "\n"]


def test_patterns_mean_what_oniguruma_says(tmp_path):
    # A space before each piece makes the split visible.
    byte_level = dict(trained_models()["byte_level"], merges=[])
    texts = REGEX_TEXTS + [text for text in WRITTEN if len(text) < 500] + random_texts(150, seed=5)
    for pattern in PATTERNS:
        save(tmp_path, model=byte_level, pre_tokenizer={"type": "Sequence", "pretokenizers": [
            json_of(pre_tokenizers.Split(Regex(pattern), "isolated")), json_of(pre_tokenizers.ByteLevel(True, use_regex=False))]})
        reference = tokenizers.Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
        for text, answer in zip(texts, tokenize(tmp_path, [{"text": text} for text in texts])):
            assert answer["ids"] == reference.encode(text).ids, (pattern, text)


@pytest.mark.parametrize("pattern", ["(a)\\1", "[a[bc]]", "[a&&b]", "(?x: a)", "\\Ga", "a\\Kb", "\\X", "a**", "(?<=a+)b", "(?i:ss)", "(?i:é)", "(?i:\\p{Lu})", "a{3,2}",
                                     "\\p{InHangulSyllables}", "\\xE9", "\\k<a>", "(?~a)", "\\y", "*a"])
def test_patterns_that_cannot_be_expressed_are_refused(pattern, tmp_path):
    save(tmp_path, model=trained_models()["word_level"], pre_tokenizer={"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False})
    message = refusal(tmp_path)
    assert "pre-tokenizer Split" in message and "regular expression" in message


def test_patterns_that_take_too_long_are_given_up(tmp_path):
    save(tmp_path, model=trained_models()["word_level"], pre_tokenizer={"type": "Split", "pattern": {"Regex": "(a|a)*b|(a+)+c"}, "behavior": "Isolated", "invert": False})
    done = subprocess.run([TOOL, tmp_path], input=json.dumps({"text": "a" * 5000}).encode(), capture_output=True, check=False)
    assert done.returncode == 1 and b"cannot search" in done.stderr


# Refusals, and what is only passed on.

@pytest.mark.parametrize("change, named", [
    ({"normalizer": {"type": "Unheard"}}, "normalizer Unheard"),
    ({"normalizer": {"type": "Sequence", "normalizers": [{"type": "Unheard"}]}}, "normalizer Unheard"),
    ({"normalizer": {"type": "NFC", "unheard": 1}}, "field 'unheard'"),
    ({"pre_tokenizer": {"type": "UnicodeScripts"}}, "pre-tokenizer UnicodeScripts"),
    ({"decoder": {"type": "CTC", "pad_token": "<pad>"}}, "decoder CTC"),
    ({"post_processor": {"type": "Unheard"}}, "post-processor Unheard"),
    ({"unheard": 1}, "field 'unheard'"),
    ({"version": "2.0"}, "version '2.0'"),
])
def test_components_that_are_not_implemented_are_named(change, named, tmp_path):
    message = refusal(save(tmp_path, model=trained_models()["word_level"], **change))
    assert named in message and "not implemented" in message and "tokenizer.json" in message


def test_truncation_and_padding_are_left_to_the_caller(tmp_path):
    save(tmp_path, model=trained_models()["word_piece"],
         truncation={"direction": "Right", "max_length": 4, "strategy": "LongestFirst", "stride": 0},
         padding={"strategy": {"Fixed": 64}, "direction": "Left", "pad_to_multiple_of": None, "pad_id": 3, "pad_type_id": 0, "pad_token": "[PAD]"})
    assert_equal_to_reference(tmp_path, WRITTEN)


# SentencePiece models.

def test_sentencepiece_equals_the_library():
    model = require_model(MODELS / "use-multilingual-v3" / "tokenizer.model")
    reference = sentencepiece.SentencePieceProcessor(model_file=str(model))
    texts = WRITTEN + random_texts(10_000, seed=20_241)
    for text, answer in zip(texts, tokenize(model.parent, [{"text": text, "add_special_tokens": False} for text in texts])):
        assert answer["ids"] == reference.encode(text), repr(text)
        assert answer["text"] == reference.decode(answer["ids"]), repr(text)


def test_sentencepiece_special_tokens_are_those_of_the_config(tmp_path):
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(sentence_iterator=iter(["a b c d", "e f g"] * 10), model_writer=model, vocab_size=12, minloglevel=2)
    (tmp_path / "spiece.model").write_bytes(model.getvalue())
    request = {"text": "a b"}
    done = subprocess.run([TOOL, tmp_path], input=json.dumps(request).encode(), capture_output=True, check=False)
    assert done.returncode == 1 and b"add_bos_token" in done.stderr
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"add_bos_token": True, "add_eos_token": True}))
    reference = sentencepiece.SentencePieceProcessor(model_proto=model.getvalue())
    assert tokenize(tmp_path, [request])[0]["ids"] == [reference.bos_id(), *reference.encode("a b"), reference.eos_id()]
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"added_tokens_decoder": {"12": {"content": "<extra>"}}}))
    assert "<extra>" in refusal(tmp_path)


def test_an_ambiguous_sentencepiece_model_is_refused(tmp_path):
    (tmp_path / "sentencepiece.bpe.model").write_bytes(b"")
    assert "save the tokenizer as tokenizer.json" in refusal(tmp_path)
