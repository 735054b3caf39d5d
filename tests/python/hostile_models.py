"""Model folders that are not what they say, each made from a tiny sound one by one change."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import safetensors.numpy

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class HostileModel:
    name: str
    base: str  # of tests/golden
    spoil: Callable[[Path], None]
    message: str = ""  # that must be in the error
    picture: bool = False  # it shows when a picture is encoded, not a text


def edit(file: str, change: Callable[[dict], None]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        content = json.loads((folder / file).read_text())
        change(content)
        (folder / file).write_text(json.dumps(content))

    return spoil


def config(**values) -> Callable[[Path], None]:
    """Sets keys of config.json; `a__b` is b within a, None removes."""

    def change(content: dict) -> None:
        for path, value in values.items():
            *parents, key = path.split("__")
            target = content
            for parent in parents:
                target = target[parent]
            if value is None:
                target.pop(key, None)
            else:
                target[key] = value

    return edit("config.json", change)


def tensors(change: Callable[[dict], None]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        content = safetensors.numpy.load_file(folder / "model.safetensors")
        change(content)
        safetensors.numpy.save_file(content, folder / "model.safetensors")

    return spoil


def write(file: str, content: bytes | str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / file).write_bytes(content.encode() if isinstance(content, str) else content)

    return spoil


def remove(*files: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        for file in files:
            (folder / file).unlink()

    return spoil


def header(raw: bytes, length: int | None = None) -> Callable[[Path], None]:
    """Weights of nothing but a header, which may lie about its length."""
    return write("model.safetensors", struct.pack("<Q", len(raw) if length is None else length) + raw)


def cut(file: str, keep: float) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        content = (folder / file).read_bytes()
        (folder / file).write_bytes(content[: int(len(content) * keep)])

    return spoil


def shards(index: object) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / "model.safetensors").rename(folder / "model-00001-of-00001.safetensors")
        text = index if isinstance(index, str) else json.dumps(index)
        (folder / "model.safetensors.index.json").write_text(text)

    return spoil


def first(predicate: str) -> Callable[[dict], str]:
    return lambda content: next(name for name in sorted(content) if predicate in name)


def drop(part: str) -> Callable[[Path], None]:
    return tensors(lambda content: content.pop(first(part)(content)))


def poison(part: str, value: float) -> Callable[[Path], None]:
    def change(content: dict) -> None:
        content[first(part)(content)][...] = value

    return tensors(change)


def reshape(part: str) -> Callable[[Path], None]:
    def change(content: dict) -> None:
        name = first(part)(content)
        content[name] = np.ascontiguousarray(content[name].reshape(-1)[:-1])

    return tensors(change)


def link(file: str, target: str) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / file).unlink()
        (folder / file).symlink_to(target)

    return spoil


def spoiled_copy(hostile: HostileModel, folder: Path) -> Path:
    target = folder / hostile.name
    shutil.copytree(ROOT / "tests/golden" / hostile.base, target)
    hostile.spoil(target)
    return target


BERT, CLIP = "bert_tiny", "clip_tiny"
OFFSETS = b'{"a":{"dtype":"F32","shape":[%s],"data_offsets":[%s]}}'

HOSTILE_MODELS = [
    # config.json
    HostileModel("no-config", BERT, remove("config.json"), "config.json"),
    HostileModel("empty-config", BERT, write("config.json", ""), "config.json"),
    HostileModel("config-is-no-json", BERT, write("config.json", "model_type: bert"), "config.json"),
    HostileModel("config-cut", BERT, cut("config.json", 0.5), "config.json"),
    HostileModel("config-is-a-list", BERT, write("config.json", "[1, 2]"), "model_type"),
    HostileModel("config-nests-deeply", BERT, write("config.json", "[" * 100000), "config.json"),
    HostileModel("config-repeats-a-key", BERT, write("config.json", '{"model_type":"bert","model_type":"clip"}'), "model_type"),
    HostileModel("config-in-latin-1", BERT, write("config.json", b'{"model_type": "b\xe9rt"}'), "config.json"),
    HostileModel("no-model-type", BERT, config(model_type=None), "model_type"),
    HostileModel("model-type-is-a-number", BERT, config(model_type=7), "model_type"),
    HostileModel("unknown-model-type", BERT, config(model_type="gpt7"), "gpt7"),
    HostileModel("model-type-of-another", BERT, config(model_type="clip"), ""),
    HostileModel("hidden-size-negative", BERT, config(hidden_size=-32), "hidden_size"),
    HostileModel("hidden-size-zero", BERT, config(hidden_size=0), "hidden_size"),
    HostileModel("hidden-size-huge", BERT, config(hidden_size=2**62), "hidden_size"),
    HostileModel("hidden-size-is-text", BERT, config(hidden_size="32"), "hidden_size"),
    HostileModel("hidden-size-is-a-fraction", BERT, config(hidden_size=32.5), "hidden_size"),
    HostileModel("hidden-size-of-another", BERT, config(hidden_size=64), "64"),
    HostileModel("layers-without-end", BERT, config(num_hidden_layers=10**9), "num_hidden_layers"),
    HostileModel("more-layers-than-weights", BERT, config(num_hidden_layers=40), "missing"),
    HostileModel("fewer-layers-than-weights", BERT, config(num_hidden_layers=1), "unexpected"),
    HostileModel("heads-do-not-divide", BERT, config(num_attention_heads=7), "heads"),
    HostileModel("unknown-activation", BERT, config(hidden_act="mish7"), "mish7"),
    HostileModel("unknown-key", BERT, config(attention_window=128), "attention_window"),
    HostileModel("relative-positions", BERT, config(position_embedding_type="relative_key"), "position_embedding_type"),
    HostileModel("norm-of-no-size", BERT, config(layer_norm_eps=-1), "layer_norm_eps"),
    HostileModel("vocabulary-of-another", BERT, config(vocab_size=7), ""),
    HostileModel("section-is-a-number", CLIP, config(text_config=3), "text_config"),
    HostileModel("patches-larger-than-the-picture", CLIP, config(vision_config__patch_size=4096), "patches of 4096"),
    HostileModel("no-channels", CLIP, config(vision_config__num_channels=0), "num_channels"),
    HostileModel("picture-of-endless-size", CLIP, config(vision_config__image_size=2**40), "image_size"),
    # weights
    HostileModel("no-weights", BERT, remove("model.safetensors"), "model.safetensors"),
    HostileModel("empty-weights", BERT, write("model.safetensors", b""), "model.safetensors"),
    HostileModel("weights-are-text", BERT, write("model.safetensors", "not weights"), "model.safetensors"),
    HostileModel("weights-cut", BERT, cut("model.safetensors", 0.6), "model.safetensors"),
    HostileModel("header-longer-than-the-file", BERT, header(b"{}", 2**40), "model.safetensors"),
    HostileModel("header-of-all-ones", BERT, header(b"{}", 2**64 - 1), "model.safetensors"),
    HostileModel("header-is-a-list", BERT, header(b"[]"), "model.safetensors"),
    HostileModel("offsets-beyond-the-file", BERT, header(OFFSETS % (b"4", b"0,16")), "model.safetensors"),
    HostileModel("offsets-reversed", BERT, header(OFFSETS % (b"4", b"16,0")), "model.safetensors"),
    HostileModel("shape-overflows", BERT, header(OFFSETS % (b"9223372036854775807,9223372036854775807", b"0,16")), "model.safetensors"),
    HostileModel("shape-negative", BERT, header(OFFSETS % (b"-4", b"0,16")), "model.safetensors"),
    HostileModel("tensor-missing", BERT, drop("attention.self.query.weight"), "query.weight"),
    HostileModel("tensor-too-many", BERT, tensors(lambda c: c.update({"encoder.surprise": np.zeros(3, np.float32)})), "surprise"),
    HostileModel("tensor-misshapen", BERT, reshape("attention.self.query.weight"), "query.weight"),
    HostileModel("tensor-of-integers", BERT, tensors(lambda c: c.update({k: v.astype(np.int32) for k, v in c.items()})), "floating point"),
    HostileModel("weights-are-nan", BERT, poison("attention.self.value.weight", float("nan")), "no numbers"),
    HostileModel("weights-are-infinite", CLIP, poison("visual_projection", float("inf")), "no numbers", True),
    HostileModel("text-weights-are-nan", CLIP, poison("text_projection", float("nan")), "no numbers"),
    HostileModel("weights-are-a-folder", BERT, lambda f: ((f / "model.safetensors").unlink(), (f / "model.safetensors").mkdir()), ""),
    HostileModel("weights-link-to-themselves", BERT, link("model.safetensors", "model.safetensors"), "model.safetensors"),
    HostileModel("weights-link-to-nothing", BERT, link("model.safetensors", "/nowhere/at/all"), "model.safetensors"),
    # shards
    HostileModel("index-is-no-json", BERT, shards("{"), "index.json"),
    HostileModel("index-without-map", BERT, shards({}), "weight_map"),
    HostileModel("index-is-a-list", BERT, shards([1]), "index.json"),
    HostileModel("shard-upwards", BERT, shards({"weight_map": {"a": "../model.safetensors"}}), "../model.safetensors"),
    HostileModel("shard-absolute", BERT, shards({"weight_map": {"a": "/etc/passwd"}}), "/etc/passwd"),
    HostileModel("shard-missing", BERT, shards({"weight_map": {"a": "model-00002-of-00002.safetensors"}}), "00002"),
    HostileModel("shard-is-its-own-index", BERT, shards({"weight_map": {"a": "model.safetensors.index.json"}}), "index.json"),
    HostileModel("shard-lacks-the-tensor", BERT, shards({"weight_map": {"a": "model-00001-of-00001.safetensors"}}), ""),
    # tokenizer
    HostileModel("no-tokenizer", BERT, remove("tokenizer.json"), "tokenizer"),
    HostileModel("empty-tokenizer", BERT, write("tokenizer.json", ""), "tokenizer.json"),
    HostileModel("tokenizer-cut", BERT, cut("tokenizer.json", 0.7), "tokenizer.json"),
    HostileModel("tokenizer-of-another-kind", BERT, edit("tokenizer.json", lambda t: t["model"].update(type="Morpheme")), "Morpheme"),
    HostileModel("unknown-normalizer", BERT, edit("tokenizer.json", lambda t: t.update(normalizer={"type": "Romanize"})), "Romanize"),
    HostileModel("unknown-pre-tokenizer", BERT, edit("tokenizer.json", lambda t: t.update(pre_tokenizer={"type": "Mecab"})), "Mecab"),
    HostileModel("ids-beyond-the-table", BERT, edit("tokenizer.json", lambda t: t["model"].update(
        vocab={word: number + 10**6 for word, number in t["model"]["vocab"].items()}, )), ""),
    HostileModel("negative-ids", BERT, edit("tokenizer.json", lambda t: t["model"].update(vocab={"a": -1})), "tokenizer.json"),
    # preprocessing
    HostileModel("no-processor", CLIP, remove("processor_config.json"), "processor", True),
    HostileModel("processor-is-no-json", CLIP, write("processor_config.json", "{"), "processor_config.json", True),
    HostileModel("unknown-processor", CLIP, edit("processor_config.json", lambda p: p["image_processor"].update(
        image_processor_type="MagicImageProcessor")), "MagicImageProcessor", True),
    HostileModel("processor-of-endless-pictures", CLIP, edit("processor_config.json", lambda p: p["image_processor"].update(
        size={"shortest_edge": 10**9}, crop_size={"height": 10**9, "width": 10**9})), "", True),
    HostileModel("unknown-resampling", CLIP, edit("processor_config.json", lambda p: p["image_processor"].update(resample=77)), "resample", True),
    HostileModel("deviation-of-zero", CLIP, edit("processor_config.json", lambda p: p["image_processor"].update(
        image_std=[0.0, 0.0, 0.0])), "image_std", True),
    HostileModel("four-means", CLIP, edit("processor_config.json", lambda p: p["image_processor"].update(
        image_mean=[0.5, 0.5, 0.5, 0.5])), "image_mean", True),
    # sentence-transformers' modules
    HostileModel("modules-upwards", BERT, edit("modules.json", lambda m: m[1].update(path="../1_Pooling")), "../1_Pooling"),
    HostileModel("modules-of-code", BERT, edit("modules.json", lambda m: m[1].update(type="os.system")), "os.system"),
    HostileModel("pooling-of-another-kind", BERT, edit("1_Pooling/config.json", lambda p: p.update(pooling_mode="magic")), ""),
    HostileModel("no-pooling", BERT, lambda f: shutil.rmtree(f / "1_Pooling"), "1_Pooling"),
]
