"""Sentence encoders: towers with a tokenizer, pooling and prompts, as sentence-transformers writes and runs them."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections import Counter
from pathlib import Path

import numpy as np
import tokenizers
import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer import modules
from tokenizers import decoders, normalizers, pre_tokenizers, processors, trainers

from tests.parity.case import Case, Inputs, normalized, randomize

CORPUS = [
    "a red car drives along the road while a dog sleeps", "The quick brown fox jumps over the lazy dog.",
    "How do I find the scene with the blue boat?", "search query: title: passage: document: classification:",
    "two people talk about music, food and the weather in 2026!", "spaced out lines and a cat on the table",
    "빨간 자동차가 길을 달린다", "한 마리의 강아지가 자고 있다", "바다 위의 파란 배를 찾아 주세요", "고양이와 사람이 음악을 듣는다",
    "오늘 날씨가 아주 좋다", "회의에서 예산과 일정을 이야기했다",
]  # fmt: skip

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 40}


def pieces_of(words: list[str], prefix: str, inside: str, size: int) -> list[tuple[str, int]]:
    """Parts of the words and how often they occur, the same every time: all characters, then frequent parts.

    A part at the beginning of a word is written behind `prefix`, another one behind `inside`.
    """
    counts: Counter[str] = Counter()
    for word in words:
        for start in range(len(word)):
            for end in range(start + 1, min(start + 6, len(word)) + 1):
                counts[(inside if start else prefix) + word[start:end]] += 1
    marks = max(len(prefix), len(inside))
    order = sorted(counts, key=lambda piece: (len(piece) > marks + 1, -counts[piece], piece))
    return [(piece, counts[piece]) for piece in order[:size]]


def make_wordpiece(vocab_size: int) -> transformers.PreTrainedTokenizerFast:
    """BERT's tokenizer: lower case, words split at punctuation, pieces of words."""
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    words = re.findall(r"\w+|[^\w\s]", unicodedata.normalize("NFD", " ".join(CORPUS).lower()))  # as the normalizer does
    pieces = [piece for piece, _ in pieces_of(words, "", "##", vocab_size - len(special))]
    vocab = {piece: i for i, piece in enumerate([*special, *pieces])}
    return transformers.BertTokenizer(vocab=vocab, do_lower_case=True, model_max_length=64)


def make_unigram(vocab_size: int) -> transformers.PreTrainedTokenizerFast:
    """XLM-RoBERTa's tokenizer: SentencePiece's unigrams, with the first ids as in fairseq."""
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    pieces = pieces_of(" ".join(CORPUS).split(), "▁", "", vocab_size - len(special) - 2)
    vocab = [(piece, 0.0) for piece in special] + [("▁", -8.0)]
    vocab += [(piece, math.log(count) - 8 + len(piece)) for piece, count in pieces]
    return transformers.XLMRobertaTokenizer(vocab=[*vocab, ("<mask>", 0.0)], model_max_length=64)


def train_byte_bpe(vocab_size: int, special: list[str]) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=special, show_progress=False, initial_alphabet=alphabet
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def make_byte_bpe(vocab_size: int) -> transformers.PreTrainedTokenizerFast:
    """ModernBERT's tokenizer: NFC, byte-level BPE, [CLS] and [SEP] around the text."""
    tokenizer = train_byte_bpe(vocab_size, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.decoder = decoders.ByteLevel()
    ends = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=ends
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=96, model_input_names=["input_ids", "attention_mask"],
    )  # fmt: skip


def make_fairseq_bpe(vocab_size: int) -> transformers.PreTrainedTokenizerFast:
    """RoBERTa's tokenizer: byte-level BPE, with the first ids as in fairseq."""
    trained = train_byte_bpe(vocab_size, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    model = json.loads(trained.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    return transformers.RobertaTokenizer(vocab=model["vocab"], merges=merges, model_max_length=48)


def write_tower(folder: Path, seed: int, model: transformers.PreTrainedModel, tokenizer) -> None:
    """The folder that transformers writes: config.json, weights and the tokenizer's files."""
    torch.manual_seed(seed)
    randomize(model, seed, scale=0.15)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def write_modules(folder: Path, later: list[torch.nn.Module], seed: int, **options) -> None:
    """Adds to a tower's folder what sentence-transformers does with its states."""
    randomize(torch.nn.ModuleList(later), seed + 1, scale=0.3)
    tower = modules.Transformer(str(folder))
    SentenceTransformer(modules=[tower, *later], device="cpu", **options).save(str(folder), create_model_card=False)


def edit_json(path: Path, **changes) -> None:
    content = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in content.items() if value is not None}, indent=2))


def build_bert_mean(folder: Path, seed: int) -> None:
    tokenizer = make_wordpiece(300)
    config = transformers.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **SMALL)
    write_tower(folder, seed, transformers.BertModel(config), tokenizer)
    write_modules(folder, [modules.Pooling(32, "mean"), modules.Normalize()], seed)


def build_bert_cls_dense(folder: Path, seed: int) -> None:
    """A masked language model's checkpoint, pooling in the words of earlier versions, a layer on top."""
    tokenizer = make_wordpiece(300)
    config = transformers.BertConfig(
        vocab_size=len(tokenizer), max_position_embeddings=128, hidden_act="gelu_new", layer_norm_eps=1e-6, **SMALL
    )
    write_tower(folder, seed, transformers.BertForMaskedLM(config), tokenizer)
    write_modules(folder, [modules.Pooling(32, "cls"), modules.Dense(32, 24)], seed)
    write_tower(folder, seed, transformers.BertForMaskedLM(config), tokenizer)
    (folder / "1_Pooling/config.json").write_text(
        json.dumps({"word_embedding_dimension": 32, "pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False})
    )
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 40, "do_lower_case": True}))


def build_bert_alone(folder: Path, seed: int) -> None:
    """No word of sentence-transformers: the mean of the tokens."""
    tokenizer = make_wordpiece(300)
    config = transformers.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=512, type_vocab_size=1, **SMALL)
    write_tower(folder, seed, transformers.BertModel(config), tokenizer)


def build_xlm_roberta(folder: Path, seed: int) -> None:
    tokenizer = make_unigram(300)
    config = transformers.XLMRobertaConfig(
        vocab_size=len(tokenizer), max_position_embeddings=66, type_vocab_size=1, layer_norm_eps=1e-5, **SMALL
    )
    write_tower(folder, seed, transformers.XLMRobertaModel(config), tokenizer)
    prompts = {"query": "query: ", "document": "passage: ", "Classification": "classification: title"}
    later = [modules.Pooling(32, ["weightedmean", "lasttoken"], include_prompt=False), modules.Normalize()]
    write_modules(folder, later, seed, prompts=prompts)
    (folder / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 50, "do_lower_case": True}))


def build_roberta(folder: Path, seed: int) -> None:
    tokenizer = make_fairseq_bpe(340)
    config = transformers.RobertaConfig(vocab_size=len(tokenizer), max_position_embeddings=50, type_vocab_size=1, **SMALL)
    write_tower(folder, seed, transformers.RobertaForMaskedLM(config), tokenizer)
    write_modules(folder, [modules.Pooling(32, "max")], seed)
    write_tower(folder, seed, transformers.RobertaForMaskedLM(config), tokenizer)


def modernbert_config(vocab_size: int) -> transformers.ModernBertConfig:
    return transformers.ModernBertConfig(
        vocab_size=vocab_size, max_position_embeddings=96, local_attention=8, pad_token_id=0, cls_token_id=2, sep_token_id=3,
        bos_token_id=2, eos_token_id=3, **SMALL | {"num_hidden_layers": 3},
    )  # fmt: skip


def build_modernbert(folder: Path, seed: int) -> None:
    tokenizer = make_byte_bpe(340)
    write_tower(folder, seed, transformers.ModernBertModel(modernbert_config(len(tokenizer))), tokenizer)
    prompts = {"query": "search query: ", "document": "document: ", "Clustering": "clustering | "}
    later = [modules.Pooling(32, "mean"), modules.Normalize()]
    write_modules(folder, later, seed, prompts=prompts, default_prompt_name="document", truncate_dim=20)


def build_modernbert_published(folder: Path, seed: int) -> None:
    """A masked language model with the keys of the published checkpoints."""
    tokenizer = make_byte_bpe(340)
    config = modernbert_config(len(tokenizer))
    config.rope_parameters["full_attention"]["rope_theta"] = 5000.0
    config.rope_parameters["sliding_attention"]["rope_theta"] = 300.0
    config.layer_types = ["full_attention", "sliding_attention", "full_attention"]
    write_tower(folder, seed, transformers.ModernBertForMaskedLM(config), tokenizer)
    earlier_keys = {"global_rope_theta": 5000.0, "local_rope_theta": 300.0, "global_attn_every_n_layers": 2}
    edit_json(folder / "config.json", rope_parameters=None, layer_types=None, position_embedding_type="absolute", **earlier_keys)


def reference(folder: Path, inputs: Inputs, prompt: str) -> dict[str, np.ndarray]:
    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    model.eval()
    encoders = {"": model.encode, "query": model.encode_query, "document": model.encode_document}
    options = {} if prompt in encoders else {"prompt_name": prompt}
    encode = encoders.get(prompt, model.encode)
    return {"text": normalized(encode(inputs.text, batch_size=1, convert_to_tensor=True, **options))}


def text_case(name: str, model_type: str, build, prompts: tuple[str, ...] = ("",)) -> Case:
    return Case(name, model_type, build, reference, ("text",), prompts)


CASES = [
    text_case("bert_mean", "bert", build_bert_mean, ("", "query")),
    text_case("bert_cls_dense", "bert", build_bert_cls_dense),
    text_case("bert_alone", "bert", build_bert_alone),
    text_case("xlm_roberta", "xlm-roberta", build_xlm_roberta, ("", "query", "document", "Classification")),
    text_case("roberta", "roberta", build_roberta),
    text_case("modernbert", "modernbert", build_modernbert, ("", "query", "document", "Clustering")),
    text_case("modernbert_published", "modernbert", build_modernbert_published),
]
