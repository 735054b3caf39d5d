"""EmbeddingGemma 2 with both towers, with sound between the frames of videos, and its text model alone."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from transformers import AutoModel, AutoTokenizer, Gemma4AudioFeatureExtractor, Gemma4ImageProcessor, GemmaTokenizer
from transformers.models.embedding_gemma2 import (
    EmbeddingGemma2Config,
    EmbeddingGemma2Model,
    EmbeddingGemma2Processor,
    EmbeddingGemma2TextConfig,
    EmbeddingGemma2TextModel,
    EmbeddingGemma2VideoProcessor,
)
from transformers.video_utils import VideoMetadata

from tests.parity.case import Case, Clip, Inputs, normalized, randomize, read_sound

# Written in the tokenizer by these names, which the processor asks for.
MEDIA_TOKENS = {
    "boi_token": "<|image>",
    "eoi_token": "<image|>",
    "image_token": "<|image|>",
    "boa_token": "<|audio>",
    "eoa_token": "<audio|>",
    "audio_token": "<|audio|>",
}
VIDEO_TOKEN = "<|video|>"
PROMPTS = {
    "query": "task: search result | query: ",
    "document": "title: none | text: ",
    "Clustering": "task: clustering | query: ",
}
SAMPLE_RATE = 16000
MEL_BANDS = 16
TEXT = {
    "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 3, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 8, "global_head_dim": 16, "num_global_key_value_heads": 1,
    "sliding_window": 6, "sliding_window_pattern": 2, "hidden_size_per_layer_input": 12, "embedding_dim": 24,
}  # fmt: skip
VISION = {
    "model_type": "gemma4_vision", "hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 1, "head_dim": 8, "patch_size": 4, "pooling_kernel_size": 3,
    "position_embedding_size": 210,
}  # fmt: skip
AUDIO = {
    "model_type": "gemma4_audio", "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2,
    "subsampling_conv_channels": [MEL_BANDS, 4], "output_proj_dims": 20,
}  # fmt: skip


def tokenizer() -> GemmaTokenizer:
    """Byte-pair encoding as Gemma's, trained on a few lines."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *MEDIA_TOKENS.values(), VIDEO_TOKEN]
    trained = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    trained.normalizer = normalizers.Replace(" ", "▁")
    trained.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    lines = ["a red car on the road", "빨간 자동차가 길을 달린다", "the quick brown fox jumps over the lazy dog"]
    lines += [*PROMPTS.values(), "00:01 00:02 00:03 00:04 00:05"]
    trainer = trainers.BpeTrainer(
        vocab_size=420, special_tokens=[*special, *(f"<0x{byte:02X}>" for byte in range(256))], show_progress=False
    )
    trained.train_from_iterator(lines * 3, trainer)
    model = json.loads(trained.to_str())["model"]
    return GemmaTokenizer(
        vocab=model["vocab"], merges=[tuple(merge) for merge in model["merges"]], add_bos_token=True,
        add_eos_token=True, padding_side="right", extra_special_tokens=MEDIA_TOKENS,
    )  # fmt: skip


def randomize_buffers(model: torch.nn.Module, seed: int) -> None:
    """Gives trained buffers values that matter: bounds that are met, scalars other than one."""
    generator = torch.Generator().manual_seed(seed)

    def uniform(shape: torch.Size, low: float, high: float) -> torch.Tensor:
        return low + (high - low) * torch.rand(shape, generator=generator)

    ranges = {
        "layer_scalar": (0.6, 1.4), "std_bias": (-1.0, 1.0), "std_scale": (0.5, 2.0),
        "input_min": (-1.5, -0.8), "input_max": (0.8, 1.5), "output_min": (-0.6, -0.3), "output_max": (0.3, 0.6),
    }  # fmt: skip
    for name, buffer in model.named_buffers():
        if limits := ranges.get(name.rpartition(".")[2]):
            buffer.copy_(uniform(buffer.shape, *limits))


def write_sentence_modules(folder: Path) -> None:
    """What sentence-transformers adds to a model's folder."""
    module = "sentence_transformers.models."
    names = [("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")]
    (folder / "1_Pooling").mkdir()
    files = {
        "modules.json": [
            {"idx": i, "name": str(i), "path": path, "type": module + kind} for i, (path, kind) in enumerate(names)
        ],
        "1_Pooling/config.json": {
            "word_embedding_dimension": TEXT["embedding_dim"], "pooling_mode_cls_token": False,
            "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": False, "include_prompt": True,
        },
        "config_sentence_transformers.json": {
            "model_type": "SentenceTransformer", "prompts": PROMPTS, "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }  # fmt: skip
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, indent=1))


def build(folder: Path, seed: int, interleaved: bool = False, **towers: dict) -> None:
    """@param interleaved: the processor writes times before frames and puts a video's sound between them."""
    words = tokenizer()
    ids = {key.replace("token", "token_id"): words.convert_tokens_to_ids(token) for key, token in MEDIA_TOKENS.items()}
    ids["eoa_token_index"] = ids.pop("eoa_token_id")
    words.add_special_tokens({"additional_special_tokens": [VIDEO_TOKEN]})
    config = EmbeddingGemma2Config(
        text_config=TEXT | {"vocab_size": len(words)},
        video_token_id=words.convert_tokens_to_ids(VIDEO_TOKEN),
        **ids,
        **{f"{name}_config": tower for name, tower in ({"vision": VISION, "audio": AUDIO} | towers).items()},
    )
    model = EmbeddingGemma2Model(config).eval()
    randomize(model, seed, scale=0.15)
    with torch.no_grad():
        randomize_buffers(model, seed + 1)
    model.save_pretrained(folder)
    shape = {"patch_size": VISION["patch_size"], "max_soft_tokens": 70}
    EmbeddingGemma2Processor(
        Gemma4AudioFeatureExtractor(feature_size=MEL_BANDS),
        Gemma4ImageProcessor(**shape),
        words,
        EmbeddingGemma2VideoProcessor(**shape, max_frames=5, add_timestamps=interleaved, load_audio_from_video=interleaved),
    ).save_pretrained(folder)
    write_sentence_modules(folder)


def build_text(folder: Path, seed: int) -> None:
    words = tokenizer()
    model = EmbeddingGemma2TextModel(EmbeddingGemma2TextConfig(**TEXT, vocab_size=len(words))).eval()
    randomize(model, seed, scale=0.15)
    with torch.no_grad():
        randomize_buffers(model, seed + 1)
    model.save_pretrained(folder)
    words.save_pretrained(folder)


def read_picture(file: Path) -> np.ndarray:
    return np.asarray(Image.open(file).convert("RGB"))


def clip_inputs(clip: Clip) -> dict:
    """What the processor takes for a clip whose frames are evenly spaced."""
    # Without a wanted rate every frame is kept, up to the most that are taken.
    inputs: dict = {
        "text": [VIDEO_TOKEN],
        "videos": [np.stack([read_picture(frame) for frame in clip.frames])],
        "fps": None,
    }
    fps = 1 / (clip.times[1] - clip.times[0]) if len(clip.times) > 1 else 1.0
    sound = read_sound(clip.audio, SAMPLE_RATE) if clip.audio else np.zeros(0)
    inputs["video_metadata"] = [
        VideoMetadata(
            total_num_frames=len(clip.frames), fps=fps, duration=len(sound) / SAMPLE_RATE or clip.times[-1] + 1 / fps,
            frames_indices=list(range(len(clip.frames))),
        )
    ]  # fmt: skip
    if clip.audio:
        inputs |= {"audio": [sound], "audio_from_video_indices": [0], "load_audio_from_video": True}
    return inputs


def embed(model: torch.nn.Module, inputs: dict) -> torch.Tensor:
    """The mean of the tokens: what sentence-transformers makes of them."""
    with torch.no_grad():
        states = model(**inputs).last_hidden_state
    mask = inputs["attention_mask"].unsqueeze(-1)
    return ((states * mask).sum(1) / mask.sum(1))[0]


def reference(folder: Path, inputs: Inputs, prompt: str, interleaved: bool = False) -> dict[str, np.ndarray]:
    model = EmbeddingGemma2Model.from_pretrained(folder, dtype=torch.float32).eval()
    processor = EmbeddingGemma2Processor.from_pretrained(folder)
    written = json.loads((folder / "config_sentence_transformers.json").read_text())["prompts"].get(prompt, "")
    calls = {
        "text": [{"text": [written + text]} for text in inputs.text],
        "image": [{"images": [[read_picture(file)]]} for file in inputs.image],
        "audio": [{"audio": [read_sound(file, SAMPLE_RATE)]} for file in inputs.audio],
        "video": [
            clip_inputs(clip) if interleaved else {"videos": clip_inputs(clip)["videos"]} for clip in inputs.video
        ],
    }
    return {
        modality: normalized(torch.stack([embed(model, processor(**call, return_tensors="pt")) for call in items]))
        for modality, items in calls.items()
        if items
    }


def reference_text(folder: Path, inputs: Inputs, prompt: str) -> dict[str, np.ndarray]:
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    words = AutoTokenizer.from_pretrained(folder)
    return {"text": normalized(torch.stack([embed(model, words([text], return_tensors="pt")) for text in inputs.text]))}


CASES = [
    Case(
        name="embedding_gemma2",
        model_type="embedding_gemma2",
        build=partial(build, vision=VISION | {"use_clipped_linears": True, "standardize": True}),
        reference=reference,
        modalities=("text", "image", "audio", "video"),
        prompts=("", "query", "document", "Clustering"),
        sample_rate=SAMPLE_RATE,
        bf16_cosine=0.996,  # the reference's own bfloat16 reaches 0.9961 on sounds
    ),
    Case(
        name="embedding_gemma2_interleaved",
        model_type="embedding_gemma2",
        build=partial(build, interleaved=True, audio=AUDIO | {"use_clipped_linears": False}),
        reference=partial(reference, interleaved=True),
        modalities=("text", "image", "audio", "video"),
        sample_rate=SAMPLE_RATE,
    ),
    Case(
        name="embedding_gemma2_text",
        model_type="embedding_gemma2_text",
        build=build_text,
        reference=reference_text,
        modalities=("text",),
    ),
]
