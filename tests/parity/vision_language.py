"""Vision-language models: logits of texts that show pictures and clips, at once, in pieces and in batches, and what is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import transformers
from PIL import Image
from tokenizers import decoders
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor

from tests.parity import qwen
from tests.parity.case import Case, Clip, Inputs, randomize
from tests.parity.text import train_byte_bpe

POSITIONS, FURTHER, GENERATED = 12, 4, 12  # as in tests/support/tools/describe_main.cpp
WORDS = " what is it, and where is the car?"
TEXT = {
    "hidden_size": 48, "intermediate_size": 56, "num_hidden_layers": 3, "num_attention_heads": 4, "num_key_value_heads": 2,
    "head_dim": 16, "max_position_embeddings": 8192, "rms_norm_eps": 1e-5,
}  # fmt: skip
SCALE = 0.15


@dataclass(frozen=True)
class Places:
    """What stands in a text for a picture and for a video. Of Qwen3-VL the reference takes the bare token of a video, where
    ogam leaves out what the template wrote around it."""

    picture: str
    video: str



@torch.no_grad()
def outputs_of(model, read: Callable[[str, list, list], dict], once: tuple, twice: tuple) -> list[torch.Tensor]:
    inputs = read(*once)
    ids = inputs["input_ids"]
    logits = model(**inputs).logits[0]
    two = model(**read(*twice)).logits[0, -1]
    further = torch.tensor([[17 * (i + 1) for i in range(FURTHER)]])
    longer = {**inputs, "input_ids": torch.cat([ids, further], 1), "attention_mask": torch.ones(1, ids.shape[1] + FURTHER, dtype=torch.long)}
    if "mm_token_type_ids" in inputs:
        longer["mm_token_type_ids"] = torch.cat([inputs["mm_token_type_ids"], torch.zeros_like(further)], 1)
    continued = model(**longer).logits[0, -1]
    written = model.generate(**inputs, do_sample=False, max_new_tokens=GENERATED)[0, ids.shape[1] :]
    kept = written[written != model.generation_config.eos_token_id]
    tokens = torch.full((GENERATED,), -1.0)
    tokens[: len(kept)] = kept.float()
    return [logits[-POSITIONS:].flatten(), two, logits[-1], continued, tokens]


OUTPUTS = ("logits", "two", "pieces", "batch", "tokens")


def reference(places: Places, load: Callable[[Path], tuple]) -> Callable[[Path, Inputs, str], dict[str, np.ndarray]]:
    def run(folder: Path, inputs: Inputs, prompt: str) -> dict[str, np.ndarray]:
        model, read = load(folder)
        words = prompt + WORDS
        rows: dict[str, list[torch.Tensor]] = {}

        def add(modality: str, once: tuple, twice: tuple) -> None:
            for name, row in zip(OUTPUTS, outputs_of(model, read, once, twice), strict=True):
                rows.setdefault(f"{modality}.{name}", []).append(row)

        for file in inputs.image:
            picture = Image.open(file).convert("RGB")
            twice = (f"{places.picture} and {places.picture}{words}", [picture, picture], [])
            add("image", (f"see {places.picture}{words}", [picture], []), twice)
        for clip in inputs.video:
            mixed = (f"{places.video} and {places.picture}{words}", [Image.open(clip.frames[0]).convert("RGB")], [clip])
            add("video", (f"see {places.video}{words}", [], [clip]), mixed)
        return {name: torch.stack(values).numpy() for name, values in rows.items()}

    return run


def pixels_of(clip: Clip) -> torch.Tensor:
    frames = [np.asarray(Image.open(path).convert("RGB")) for path in clip.frames]
    return torch.from_numpy(np.stack(frames)).permute(0, 3, 1, 2)


# Qwen3-VL ----------------------------------------------------------------------------------------


def build_qwen3_vl(folder: Path, seed: int, *, tied: bool = False, **text) -> None:
    tokenizer = qwen.train_tokenizer(None)
    config = qwen.tiny_config(tokenizer, eos_token_id=tokenizer.eos_token_id, **text)
    config.tie_word_embeddings = tied
    torch.manual_seed(seed)
    model = transformers.Qwen3VLForConditionalGeneration(config)
    randomize(model, seed, SCALE)
    model.save_pretrained(folder)
    small = {"size": {"shortest_edge": 32 * 32 * 2, "longest_edge": 32 * 32 * 12}}
    video = transformers.Qwen3VLVideoProcessor(size={"shortest_edge": 32 * 32 * 4, "longest_edge": 32 * 32 * 24})
    Qwen3VLProcessor(transformers.Qwen2VLImageProcessor(patch_size=16, **small), tokenizer, video).save_pretrained(folder)


def load_qwen3_vl(folder: Path) -> tuple:
    model = transformers.Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    processor = Qwen3VLProcessor.from_pretrained(folder)

    def read(text: str, pictures: list, clips: list) -> dict:
        model.model.rope_deltas = None  # of the text before
        videos, metadata = [], []
        for clip in clips:
            frames, times = pixels_of(clip), [round(1000 * time) for time in clip.times]
            if len(times) == 1:  # which the processor does not take
                frames, times = frames.repeat(2, 1, 1, 1), times * 2
            videos.append(frames)
            metadata.append({"fps": 1000.0, "frames_indices": times, "total_num_frames": len(times)})
        return processor(
            text=[text], images=pictures or None, videos=videos or None, video_metadata=metadata or None, do_sample_frames=False,
            return_tensors="pt",
        )  # fmt: skip

    return model, read


# LLaVA-OneVision ---------------------------------------------------------------------------------


def byte_tokenizer(places: list[str]) -> transformers.PreTrainedTokenizerFast:
    tokenizer = train_byte_bpe(300, ["<pad>", "<s>", "</s>", *places])
    tokenizer.decoder = decoders.ByteLevel()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", pad_token="<pad>", model_max_length=8192
    )


def build_llava(folder: Path, seed: int, *, text_type: str, tied: bool = False, squares: str = "anyres_max_9", layer: int = -1) -> None:
    words = byte_tokenizer(["<image>", "<video>"])
    grids = [[32 * rows, 32 * columns] for rows in (1, 2, 3) for columns in (1, 2, 3)]
    text = {**TEXT, "model_type": text_type, "vocab_size": len(words), "eos_token_id": words.eos_token_id, "bos_token_id": 1}
    if text_type == "qwen2":
        text.pop("head_dim")
    config = transformers.LlavaOnevisionConfig(
        vision_config={
            "model_type": "siglip_vision_model", "hidden_size": 32, "intermediate_size": 40, "num_hidden_layers": 3,
            "num_attention_heads": 2, "image_size": 32, "patch_size": 6, "vision_use_head": False,
        },
        text_config=text, image_token_index=words.convert_tokens_to_ids("<image>"),
        video_token_index=words.convert_tokens_to_ids("<video>"), image_grid_pinpoints=grids, vision_aspect_ratio=squares,
        vision_feature_layer=layer, tie_word_embeddings=tied,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = transformers.LlavaOnevisionForConditionalGeneration(config)
    randomize(model, seed, SCALE)
    model.save_pretrained(folder)
    size = {"size": {"height": 32, "width": 32}}
    transformers.LlavaOnevisionProcessor(
        transformers.LlavaOnevisionImageProcessor(image_grid_pinpoints=grids, **size), words,
        transformers.LlavaOnevisionVideoProcessor(**size), num_image_tokens=25, vision_feature_select_strategy="full",
        vision_aspect_ratio=squares,
    ).save_pretrained(folder)  # fmt: skip


def load_llava(folder: Path) -> tuple:
    model = transformers.LlavaOnevisionForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    processor = transformers.LlavaOnevisionProcessor.from_pretrained(folder)

    def read(text: str, pictures: list, clips: list) -> dict:
        shown = [pictures] if len(pictures) > 1 else pictures
        return processor(
            text=[text], images=shown or None, videos=[pixels_of(clip) for clip in clips] or None, add_special_tokens=False,
            return_tensors="pt",
        )  # fmt: skip

    return model, read


# HyperCLOVA X ------------------------------------------------------------------------------------


def build_hyperclovax(folder: Path, seed: int, *, tied: bool = True, window: int = 56) -> None:
    tokenizer = byte_tokenizer(["<|image_pad|>", "<|video_pad|>"])
    text = {
        **TEXT, "model_type": "hyperclovax", "vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id,
        "embedding_multiplier": 3.0, "logits_scaling": 0.25, "residual_multiplier": 0.7, "attention_multiplier": 0.3,
    }  # fmt: skip
    config = transformers.HyperCLOVAXVisionV2Config(
        text_config=text,
        vision_config={
            "model_type": "qwen2_5_vl_vision", "depth": 3, "hidden_size": 32, "intermediate_size": 40, "num_heads": 2,
            "out_hidden_size": 36, "fullatt_block_indexes": [1], "window_size": window,
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=tokenizer.convert_tokens_to_ids("<|video_pad|>"), tie_word_embeddings=tied,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = transformers.HyperCLOVAXVisionV2ForConditionalGeneration(config)
    randomize(model, seed, SCALE)
    model.save_pretrained(folder)
    small = {"size": {"shortest_edge": 28 * 28 * 4, "longest_edge": 28 * 28 * 30}}
    transformers.HyperCLOVAXVisionV2Processor(
        transformers.Qwen2VLImageProcessor(**small), tokenizer, transformers.Qwen2VLVideoProcessor(**small)
    ).save_pretrained(folder)


def load_hyperclovax(folder: Path) -> tuple:
    model = transformers.HyperCLOVAXVisionV2ForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    processor = transformers.HyperCLOVAXVisionV2Processor.from_pretrained(folder)

    def read(text: str, pictures: list, clips: list) -> dict:
        return processor(
            text=[text], images=pictures or None, videos=[pixels_of(clip) for clip in clips] or None, do_sample_frames=False,
            return_tensors="pt",
        )  # fmt: skip

    return model, read


QWEN_PICTURE = "<|vision_start|><|image_pad|><|vision_end|>"


def case(name: str, model_type: str, build: Callable[..., None], places: Places, load: Callable[[Path], tuple], **options) -> Case:
    return Case(
        name, model_type, lambda folder, seed: build(folder, seed, **options), reference(places, load), ("image", "video"),
        outputs=tuple(f"{modality}.{name}" for modality in ("image", "video") for name in OUTPUTS),
        exact=("image.tokens", "video.tokens"), tool="describe",
    )  # fmt: skip


def qwen3_vl(name: str, **options) -> Case:
    return case(name, "qwen3_vl", build_qwen3_vl, Places(QWEN_PICTURE, "<|video_pad|>"), load_qwen3_vl, **options)


def llava(name: str, **options) -> Case:
    return case(name, "llava_onevision", build_llava, Places("<image>", "<video>"), load_llava, **options)


def hyperclovax(name: str, **options) -> Case:
    places = Places("<|image_pad|>", "<|video_pad|>")
    return case(name, "hyperclovax_vision_v2", build_hyperclovax, places, load_hyperclovax, **options)


CASES = [
    hyperclovax("hyperclovax_vision"),
    hyperclovax("hyperclovax_vision_wide", tied=False, window=112),
    qwen3_vl("qwen3_vl_writes"),
    qwen3_vl("qwen3_vl_writes_tied", tied=True, attention_bias=True),
    llava("llava_onevision", text_type="qwen2"),
    llava("llava_onevision_thinned", text_type="qwen3", tied=True, squares="anyres_max_2", layer=-2),
]
