"""Whisper (`whisper`): every kind of vocabulary and folder there is, down to what is decoded."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import torch
from tokenizers import AddedToken
from tokenizers.pre_tokenizers import ByteLevel
from transformers import (
    GenerationConfig, GenerationMixin, WhisperConfig, WhisperFeatureExtractor, WhisperForConditionalGeneration, WhisperProcessor, WhisperTokenizer,
)
from transformers.generation.logits_process import WhisperTimeStampLogitsProcessor
from transformers.models.whisper.tokenization_whisper import LANGUAGES

from tests.parity.case import Case, Inputs, randomize, read_sound

SAMPLE_RATE = 16000
SECONDS = 4  # of a window, where it is not the published 30: of so small a model, most would be positions
TOKENS = 12  # that are decoded
TIMES = 1501  # tokens of times: 0.00 to 30.00
OUTPUTS = ("audio.features", "audio.states", "audio.logits", "audio.timed", "audio.plain")
MERGES = [("Ġ", "t"), ("h", "e"), ("Ġt", "he"), ("i", "n"), ("ë", "¹"), ("ë¹", "¨"), ("Ġ", "c"), ("a", "r"), ("Ġc", "ar")]


def special_tokens(languages: int) -> list[str]:
    """In the order of their ids, after the text."""
    around = ["translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps"]
    names = ["endoftext", "startoftranscript", *list(LANGUAGES)[:languages], *around]
    return [f"<|{name}|>" for name in names] + [f"<|{i * 0.02:.2f}|>" for i in range(TIMES)]


def make_tokenizer(text_tokens: int, languages: int) -> WhisperTokenizer:
    """Byte-level BPE whose vocabulary has the published size; most words of it never come up."""
    words = [*sorted(ByteLevel.alphabet()), *(left + right for left, right in MERGES)]
    words += [f"filler{i}" for i in range(text_tokens - len(words))]
    tokenizer = WhisperTokenizer(vocab={word: i for i, word in enumerate(words)}, merges=MERGES)
    special = [AddedToken(token, normalized=False, special=True) for token in special_tokens(languages)]
    tokenizer.add_tokens(special, special_tokens=True)
    return tokenizer


def make_generation_config(ids: dict[str, int], languages: int, english: bool) -> GenerationConfig:
    special = [ids[token] for token in special_tokens(languages)]
    no_times = ids["<|notimestamps|>"]
    settings = {
        "decoder_start_token_id": ids["<|startoftranscript|>"], "eos_token_id": special[0], "pad_token_id": special[0],
        "no_timestamps_token_id": no_times, "is_multilingual": not english, "max_initial_timestamp_index": 50,
        "suppress_tokens": [1, 2, 7, 220, *(i for i in special if special[0] < i <= no_times)],
        "begin_suppress_tokens": [5, special[0]], "alignment_heads": [[0, 1], [0, 2]],
    }  # fmt: skip
    if not english:
        settings["lang_to_id"] = {token: ids[token] for token in special_tokens(languages)[2 : 2 + languages]}
        settings["task_to_id"] = {task: ids[f"<|{task}|>"] for task in ("transcribe", "translate")}
    return GenerationConfig(**settings)


def build(
    folder: Path, seed: int, *, mels: int = 80, languages: int = 99, english: bool = False, layers: tuple[int, int] = (2, 2),
    old: bool = False, seconds: int = SECONDS,
) -> None:  # fmt: skip
    """`layers` are the encoder's and the decoder's. An `old` folder is as in 2022: without generation_config.json and
    tokenizer.json, with ids in config.json."""
    tokenizer = make_tokenizer(50256 if english else 50257, languages)
    ids = tokenizer.get_vocab()
    generation = make_generation_config(ids, languages, english)
    config = WhisperConfig(
        vocab_size=len(tokenizer), num_mel_bins=mels, d_model=32, encoder_layers=layers[0], decoder_layers=layers[1],
        encoder_attention_heads=2, decoder_attention_heads=4, encoder_ffn_dim=48, decoder_ffn_dim=40,
        max_source_positions=seconds * 50, max_target_positions=64, suppress_tokens=None, begin_suppress_tokens=None,
        **{key: getattr(generation, key) for key in ("decoder_start_token_id", "eos_token_id", "pad_token_id")},
        bos_token_id=generation.eos_token_id,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config).eval()
    randomize(model, seed, 0.4)
    model.generation_config = generation
    model.save_pretrained(folder)
    extractor = WhisperFeatureExtractor(feature_size=mels, chunk_length=seconds)
    WhisperProcessor(extractor, tokenizer).save_pretrained(folder)
    if old:
        make_old(folder)


def make_old(folder: Path) -> None:
    """The reference's own way to decode moves into a folder below, for `reference` to find it."""
    (folder / "today").mkdir()
    (folder / "generation_config.json").rename(folder / "today/generation_config.json")
    generation = json.loads((folder / "today/generation_config.json").read_text())
    config = json.loads((folder / "config.json").read_text())
    config |= {key: generation[key] for key in ("suppress_tokens", "begin_suppress_tokens")}
    config["forced_decoder_ids"] = [[1, 50259], [2, 50359], [3, 50363]]
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").unlink()
    (folder / "processor_config.json").unlink(missing_ok=True)
    WhisperFeatureExtractor(chunk_length=SECONDS).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(tokenizer["model"]["vocab"], ensure_ascii=False))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *(f"{a} {b}" for a, b in MERGES), ""]))
    (folder / "added_tokens.json").write_text(json.dumps({t["content"]: t["id"] for t in tokenizer["added_tokens"]}))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "WhisperTokenizer"}))


def decode(model: WhisperForConditionalGeneration, features: torch.Tensor, prompt: str, times: bool) -> torch.Tensor:
    """The first tokens, greedily, -1 after the end.

    Whisper's own `generate` takes away what follows the last whole segment and may go on from there; the one beneath it,
    given the same start and rules, does not.
    """
    generation = model.generation_config
    words = (prompt or "en").split()
    task = words[1] if len(words) > 1 else "transcribe"
    start, options = [generation.decoder_start_token_id], {}
    if generation.is_multilingual:
        start += [generation.lang_to_id[f"<|{words[0]}|>"], generation.task_to_id[task]]
        options = {"language": words[0], "task": task}
    common = {"max_new_tokens": TOKENS, "num_beams": 1, "do_sample": False}
    whole = model.generate(features, return_timestamps=times, **common, **options)[0].tolist()
    whole = [t for t in whole if t < generation.eos_token_id or t > generation.no_timestamps_token_id]
    if times:
        common["logits_processor"] = [WhisperTimeStampLogitsProcessor(generation, begin_index=len(start))]
    else:
        start.append(generation.no_timestamps_token_id)
    tokens = GenerationMixin.generate(model, features, decoder_input_ids=torch.tensor([start]), **common)[0].tolist()
    tokens = [t for t in tokens[len(start):] if t != generation.eos_token_id]
    assert len(whole) > 2 and tokens[:3] == whole[:3], "two ways to decode with the reference"
    return torch.tensor(tokens + [-1] * (TOKENS - len(tokens))).float()


def reference_of(model: WhisperForConditionalGeneration, extractor: WhisperFeatureExtractor, inputs: Inputs, prompt: str) -> dict:
    fed = torch.tensor([[7919 * (i + 1) % model.config.vocab_size for i in range(TOKENS)]])
    rows: dict[str, list[torch.Tensor]] = {name: [] for name in OUTPUTS}
    with torch.no_grad():
        for path in inputs.audio:
            features = extractor(read_sound(path, SAMPLE_RATE), sampling_rate=SAMPLE_RATE, return_tensors="pt").input_features
            states = model.model.encoder(features).last_hidden_state
            made = {
                "features": features, "states": states,
                "logits": model(encoder_outputs=(states,), decoder_input_ids=fed).logits,
                "timed": decode(model, features, prompt, times=True), "plain": decode(model, features, prompt, times=False),
            }  # fmt: skip
            for name, values in made.items():
                rows[f"audio.{name}"].append(values.flatten())
    return {name: torch.stack(values).numpy() for name, values in rows.items()}


def reference(folder: Path, inputs: Inputs, prompt: str) -> dict[str, np.ndarray]:
    model = WhisperForConditionalGeneration.from_pretrained(folder).eval()
    if (folder / "today").exists():
        model.generation_config = GenerationConfig.from_pretrained(folder / "today")
    extractor = WhisperProcessor.from_pretrained(folder).feature_extractor if (folder / "tokenizer.json").exists() else (
        WhisperFeatureExtractor.from_pretrained(folder)
    )
    return reference_of(model, extractor, inputs, prompt)


def whisper_case(name: str, prompts: tuple[str, ...], **options) -> Case:
    return Case(
        name, "whisper", partial(build, **options), reference, ("audio",), prompts, bf16_cosine=None, outputs=OUTPUTS,
        exact=OUTPUTS[-2:], tool="hear",
    )  # fmt: skip


CASES = [
    whisper_case("whisper", ("", "ko", "ko translate")),
    whisper_case("whisper_distil", ("", "ko"), layers=(4, 2)),
    whisper_case("whisper_en", ("",), english=True),
    whisper_case("whisper_old", ("ko",), old=True),
    whisper_case("whisper_v3", ("", "yue"), mels=128, languages=100),
    whisper_case("whisper_v3_turbo", ("ko",), mels=128, languages=100, layers=(4, 1)),
]
