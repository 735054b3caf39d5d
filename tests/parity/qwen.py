"""Qwen3-VL as an embedder and as a reranker, with the pictures and videos cut up by its authors' own package."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import tokenizers
import torch
import transformers
from PIL import Image
from qwen_vl_utils import vision_process
from transformers.models.qwen3_vl.processing_qwen3_vl import Qwen3VLProcessor

from tests.parity.case import Case, Clip, Inputs, normalized, randomize

CORPUS = [
    "a red car drives along the road while a dog sleeps on the grass", "The quick brown fox jumps over the lazy dog",
    "yes no yes no the answer can only be one of them", "system user assistant instruct query document seconds",
    "Represent the user's input.", "Retrieve images or text relevant to the user's query.",
    "빨간 자동차가 길을 달린다", "한 마리의 강아지가 자고 있다", "바다 위의 파란 배를 찾아 주세요",
]  # fmt: skip
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
DEFAULT_INSTRUCTION = "Represent the user's input."
QUERY_INSTRUCTION = "Retrieve images or text relevant to the user's query."
OWN_PROMPTS = {"query": "Find what the words describe", "document": "Describe what is there.", "Clustering": "  Name the topic  "}
MAX_TOTAL_PIXELS = 7_864_320  # of a video's frames; `fetch_video` doubles it


def train_tokenizer(ends_with: str | None, merges: int = 60) -> transformers.Qwen2Tokenizer:
    """Qwen's tokenizer with a small vocabulary; `ends_with` is a token that it puts after every text."""
    model = transformers.Qwen2Tokenizer()._tokenizer
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=256 + merges, initial_alphabet=tokenizers.pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    fresh = tokenizers.Tokenizer(tokenizers.models.BPE())
    fresh.normalizer, fresh.pre_tokenizer = model.normalizer, model.pre_tokenizer
    fresh.train_from_iterator(CORPUS * 3 + ["yes no"] * 99, trainer)
    trained = json.loads(fresh.to_str())["model"]
    tokenizer = transformers.Qwen2Tokenizer(
        vocab=trained["vocab"], merges=[tuple(pair) for pair in trained["merges"]], eos_token="<|im_end|>",
        additional_special_tokens=SPECIAL[1:], model_max_length=262144,
    )  # fmt: skip
    if ends_with is not None:
        tokenizer._tokenizer.post_processor = tokenizers.processors.TemplateProcessing(
            single=f"$A {ends_with}", pair=f"$A $B {ends_with}",
            special_tokens=[(ends_with, tokenizer.convert_tokens_to_ids(ends_with))],
        )  # fmt: skip
    return tokenizer


def tiny_config(tokenizer: transformers.Qwen2Tokenizer, **text) -> transformers.Qwen3VLConfig:
    ids = {name: tokenizer.convert_tokens_to_ids(f"<|{token}|>") for name, token in [
        ("image_token_id", "image_pad"), ("video_token_id", "video_pad"),
        ("vision_start_token_id", "vision_start"), ("vision_end_token_id", "vision_end"),
    ]}  # fmt: skip
    return transformers.Qwen3VLConfig(
        text_config={
            "vocab_size": len(tokenizer), "hidden_size": 96, "intermediate_size": 80, "num_hidden_layers": 3,
            "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16, "max_position_embeddings": 32768,
            "rope_parameters": {"rope_type": "default", "rope_theta": 5000.0, "mrope_section": [4, 2, 2], "mrope_interleaved": True},
            **text,
        },
        vision_config={
            "depth": 3, "hidden_size": 32, "intermediate_size": 48, "num_heads": 2, "out_hidden_size": 96,
            "num_position_embeddings": 36, "deepstack_visual_indexes": [0, 2],
        },
        **ids,
    )  # fmt: skip


def save_processor(folder: Path, tokenizer: transformers.Qwen2Tokenizer) -> None:
    Qwen3VLProcessor(
        transformers.Qwen2VLImageProcessor(patch_size=16), tokenizer, transformers.Qwen3VLVideoProcessor()
    ).save_pretrained(folder)


def write_checkpoint(folder: Path, seed: int, model: transformers.PreTrainedModel, tokenizer) -> None:
    randomize(model, seed, scale=0.15)
    model.save_pretrained(folder)
    save_processor(folder, tokenizer)


def build_embedder(folder: Path, seed: int) -> None:
    """The base model alone, whose tokenizer ends every text."""
    tokenizer = train_tokenizer("<|endoftext|>")
    torch.manual_seed(seed)
    write_checkpoint(folder, seed, transformers.Qwen3VLModel(tiny_config(tokenizer)), tokenizer)


def build_with_prompts(folder: Path, seed: int) -> None:
    """With a tied head, biases, the keys of earlier files, and what sentence-transformers adds."""
    tokenizer = train_tokenizer(None)
    config = tiny_config(tokenizer, attention_bias=True, num_key_value_heads=4)
    config.tie_word_embeddings = True
    torch.manual_seed(seed)
    write_checkpoint(folder, seed, transformers.Qwen3VLForConditionalGeneration(config), tokenizer)
    saved = json.loads((folder / "config.json").read_text())
    rope = saved["text_config"].pop("rope_parameters")
    saved["text_config"]["rope_theta"] = rope.pop("rope_theta")
    saved["text_config"]["rope_scaling"] = rope
    saved["vision_config"]["model_type"] = "qwen3_vl"
    saved["vision_config"].pop("rope_parameters", None)
    (folder / "config.json").write_text(json.dumps(saved, indent=2))
    (folder / "config_sentence_transformers.json").write_text(
        json.dumps({"prompts": OWN_PROMPTS, "default_prompt_name": "document", "similarity_fn_name": "cosine", "truncate_dim": 64})
    )


def frames_of(clip: Clip) -> tuple[torch.Tensor, dict]:
    """The clip's frames as the authors' package resizes those of a file, and when they were seen."""
    frames = torch.stack([torch.from_numpy(np.array(Image.open(file).convert("RGB"))).permute(2, 0, 1) for file in clip.frames])
    milliseconds = [round(time * 1000) for time in clip.times]
    metadata = {"fps": 1000.0, "frames_indices": milliseconds, "total_num_frames": len(milliseconds)}
    backends = dict(vision_process.VIDEO_READER_BACKENDS)
    backend = vision_process.get_video_reader_backend()
    vision_process.VIDEO_READER_BACKENDS[backend] = lambda _: (frames, metadata, 1.0)
    try:
        asked = {"video": "frames", "total_pixels": MAX_TOTAL_PIXELS}
        return vision_process.fetch_video(asked, image_patch_size=16, return_video_metadata=True)
    finally:
        vision_process.VIDEO_READER_BACKENDS.update(backends)


def picture_of(file: Path) -> Image.Image:
    budget = {"min_pixels": 4 * 32 * 32, "max_pixels": 1800 * 32 * 32}
    return vision_process.fetch_image({"image": str(file), **budget}, image_patch_size=16)


class Reader:
    """Turns a conversation into the model's inputs."""

    def __init__(self, folder: Path) -> None:
        self.processor = Qwen3VLProcessor.from_pretrained(folder)
        self.pictures: list = []
        self.videos: list = []

    def content(self, item: str | Path | Clip) -> str:
        """What stands in the text for an item."""
        if isinstance(item, str):
            return item
        if isinstance(item, Path):
            self.pictures.append(picture_of(item))
            return "<|vision_start|><|image_pad|><|vision_end|>"
        self.videos.append(frames_of(item))
        # The processor puts start and end around every moment of a video; none go around the whole.
        return "<|video_pad|>"

    def inputs(self, system: str, user: str, max_length: int = 8192) -> dict[str, torch.Tensor]:
        text = f"<|im_start|>system\n{system}<|im_end|>\n<|im_start|>user\n{user}<|im_end|>\n<|im_start|>assistant\n"
        videos, metadata = zip(*self.videos) if self.videos else (None, None)
        inputs = self.processor(
            text=[text], images=self.pictures or None, videos=videos and list(videos), video_metadata=metadata and list(metadata),
            do_resize=False, do_sample_frames=False, truncation=True, max_length=max_length, return_tensors="pt",
        )  # fmt: skip
        self.pictures, self.videos = [], []
        return inputs


def closed(instruction: str) -> str:
    """An instruction ends with punctuation."""
    instruction = instruction.strip()
    return instruction if instruction.endswith((".", "?", "!")) else instruction + "."


@torch.no_grad()
def reference(folder: Path, inputs: Inputs, prompt: str) -> dict[str, np.ndarray]:
    reader = Reader(folder)
    model = transformers.Qwen3VLModel.from_pretrained(folder, dtype=torch.float32).eval()
    settings = folder / "config_sentence_transformers.json"
    dimension = model.config.text_config.hidden_size
    if settings.exists():
        dimension = json.loads(settings.read_text())["truncate_dim"]
        instruction, of_media = closed(OWN_PROMPTS[prompt or "document"]), closed(OWN_PROMPTS["document"])
    else:
        instruction, of_media = QUERY_INSTRUCTION if prompt == "query" else DEFAULT_INSTRUCTION, DEFAULT_INSTRUCTION

    def vector(item: str | Path | Clip) -> torch.Tensor:
        # A prompt is of a text; media always come with the default.
        read = reader.inputs(instruction if isinstance(item, str) else of_media, reader.content(item) or "NULL")
        return model(**read).last_hidden_state[0, -1, :dimension]

    known = {"text": inputs.text, "image": inputs.image, "video": inputs.video}
    return {kind: normalized(torch.stack([vector(item) for item in items])) for kind, items in known.items() if items}


MODALITIES = ("text", "image", "video")
CASES = [
    Case("qwen3_vl", "qwen3_vl", build_embedder, reference, MODALITIES, ("", "query", "document")),
    Case("qwen3_vl_prompts", "qwen3_vl", build_with_prompts, reference, MODALITIES, ("", "query", "document", "Clustering")),
]
