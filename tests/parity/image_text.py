"""CLIP, SigLIP and SigLIP 2 (at a fixed size and NaFlex), and DINOv2."""

from __future__ import annotations

import functools
import io
import json
from pathlib import Path

import numpy as np
import sentencepiece
import torch
import transformers
from PIL import Image
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

from tests.parity.case import Case, Inputs, normalized, randomize

CORPUS = [
    "a red car on the road", "빨간 자동차가 길을 달린다", "the quick brown fox jumps over the lazy dog",
    "한 마리의 강아지와 고양이", "a photo of a dog and a cat, spaced out lines", "강아지가 길에서 잔다",
] * 10
TEXT_LENGTH = 24  # tokens: the longest of the inputs is cut
SIZES = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4}
SCALE = 0.2  # of the random weights: at 0.05 so small a model maps all inputs to nearly one vector


def clip_tokenizer() -> transformers.CLIPTokenizer:
    """Every byte within and at the end of a word, what merges of them the corpus gives, and the two special tokens."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner = Tokenizer(models.BPE(end_of_word_suffix="</w>"))
    learner.normalizer = normalizers.Lowercase()
    learner.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Whitespace(), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    trainer = trainers.BpeTrainer(
        vocab_size=700, initial_alphabet=alphabet, end_of_word_suffix="</w>", show_progress=False
    )
    learner.train_from_iterator(CORPUS, trainer)
    merges = [tuple(pair) for pair in json.loads(learner.to_str())["model"]["merges"]]
    tokens = alphabet + [character + "</w>" for character in alphabet] + [a + b for a, b in merges]
    tokens = list(dict.fromkeys(tokens)) + ["<|startoftext|>", "<|endoftext|>"]
    vocab = {token: i for i, token in enumerate(tokens)}
    return transformers.CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=TEXT_LENGTH)


def siglip_tokenizer(folder: Path) -> transformers.SiglipTokenizer:
    """A SentencePiece model, as SigLIP has one."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=model, vocab_size=150, hard_vocab_limit=False, model_type="unigram",
        pad_id=-1, bos_id=-1, unk_id=2, eos_id=1, user_defined_symbols=["<extra>"], minloglevel=2,
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "spiece.model").write_bytes(model.getvalue())
    return transformers.SiglipTokenizer(str(folder / "spiece.model"), model_max_length=TEXT_LENGTH)


def siglip2_tokenizer(
    tokenizer_class: type = transformers.Siglip2Tokenizer, **options
) -> transformers.Siglip2Tokenizer | transformers.GemmaTokenizer:
    """Byte-pair encoding with fallback to bytes, as Gemma has it."""
    learner = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    learner.normalizer = normalizers.Sequence([normalizers.Lowercase(), normalizers.Replace(" ", "▁")])
    learner.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    specials = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    learner.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=450, special_tokens=specials, show_progress=False))
    model = json.loads(learner.to_str())["model"]
    merges = [tuple(pair) for pair in model["merges"]]
    return tokenizer_class(
        vocab=model["vocab"], merges=merges, add_bos_token=False, add_eos_token=True, **options
    )


def save(folder: Path, model: torch.nn.Module, seed: int, *processors) -> None:
    randomize(model, seed, SCALE)
    for part in (model, *processors):
        part.save_pretrained(folder)


def build_clip(folder: Path, seed: int, *, eos_token_id: int | None = None, hidden_act: str = "quick_gelu") -> None:
    tokenizer = clip_tokenizer()
    text = dict(SIZES, vocab_size=len(tokenizer), max_position_embeddings=TEXT_LENGTH, hidden_act=hidden_act)
    text["eos_token_id"] = tokenizer.eos_token_id if eos_token_id is None else eos_token_id
    vision = dict(SIZES, hidden_size=24, image_size=32, patch_size=8, hidden_act=hidden_act)
    config = transformers.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
    images = transformers.CLIPImageProcessor(size={"shortest_edge": 36}, crop_size={"height": 32, "width": 32})
    save(folder, transformers.CLIPModel(config), seed, transformers.CLIPProcessor(images, tokenizer))


def build_old_clip(folder: Path, seed: int) -> None:
    """As the first published files are: another end-of-text id, positions among the weights, the text's config twice."""
    build_clip(folder, seed, eos_token_id=2, hidden_act="gelu")
    weights = load_file(folder / "model.safetensors")
    for tower in ("text_model", "vision_model"):
        count = weights[f"{tower}.embeddings.position_embedding.weight"].shape[0]
        weights[f"{tower}.embeddings.position_ids"] = torch.arange(count)[None]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text())
    config["text_config_dict"] = dict(config["text_config"])
    config["text_config"] |= {"hidden_act": "relu"}
    config["vision_config"] |= {"is_decoder": False, "tie_word_embeddings": True, "top_k": 50, "pruned_heads": {}}
    (folder / "config.json").write_text(json.dumps(config))


def build_clip_vision(folder: Path, seed: int) -> None:
    config = transformers.CLIPVisionConfig(**SIZES, image_size=32, patch_size=8, projection_dim=24)
    images = transformers.CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    save(folder, transformers.CLIPVisionModelWithProjection(config), seed, images)


def build_siglip(folder: Path, seed: int, *, tokenizer: str) -> None:
    if tokenizer == "sentencepiece":
        words = siglip_tokenizer(folder)
    else:
        words = siglip2_tokenizer(getattr(transformers, tokenizer), model_max_length=TEXT_LENGTH)
    text = dict(SIZES, vocab_size=len(words), max_position_embeddings=TEXT_LENGTH, projection_size=24)
    vision = dict(SIZES, hidden_size=24, image_size=32, patch_size=8)
    config = transformers.SiglipConfig(text_config=text, vision_config=vision)
    images = transformers.SiglipImageProcessor(size={"height": 32, "width": 32}, image_mean=[0.5] * 3, image_std=[0.5] * 3)
    save(folder, transformers.SiglipModel(config), seed, transformers.SiglipProcessor(images, words))


def build_siglip_vision(folder: Path, seed: int) -> None:
    config = transformers.SiglipVisionConfig(**SIZES, image_size=32, patch_size=8)
    images = transformers.SiglipImageProcessor(size={"height": 32, "width": 32})
    save(folder, transformers.SiglipVisionModel(config), seed, images)


def build_siglip2(folder: Path, seed: int) -> None:
    words = siglip2_tokenizer(padding_side="right")
    text = dict(SIZES, vocab_size=len(words), max_position_embeddings=TEXT_LENGTH)
    config = transformers.Siglip2Config(text_config=text, vision_config=dict(SIZES, num_patches=25, patch_size=8))
    images = transformers.Siglip2ImageProcessor(patch_size=8, max_num_patches=30)
    save(folder, transformers.Siglip2Model(config), seed, transformers.Siglip2Processor(images, words))


def build_dinov2(folder: Path, seed: int, *, registers: bool = False, **options) -> None:
    kind = "Dinov2WithRegisters" if registers else "Dinov2"
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "mlp_ratio": 2}
    config = getattr(transformers, f"{kind}Config")(**sizes, patch_size=8, **options)
    images = transformers.BitImageProcessor(size={"shortest_edge": 36}, crop_size={"height": 32, "width": 32})
    save(folder, getattr(transformers, f"{kind}Model")(config), seed, images)


def reference(folder: Path, inputs: Inputs, prompt: str, *, model_class: str, padded: bool = False) -> dict[str, np.ndarray]:
    """Each item by itself. `padded` texts are all of TEXT_LENGTH tokens, and nobody is told which of them are padding."""
    model = getattr(transformers, model_class).from_pretrained(folder).eval()
    vectors: dict[str, list[torch.Tensor]] = {}
    with torch.inference_mode():
        if inputs.text:
            tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
            for text in inputs.text:
                ids = tokenizer(
                    [text], padding="max_length" if padded else True, truncation=True, max_length=TEXT_LENGTH, return_tensors="pt"
                )["input_ids"]
                vectors.setdefault("text", []).append(model.get_text_features(input_ids=ids).pooler_output)
        if inputs.image:
            processor = transformers.AutoImageProcessor.from_pretrained(folder)
            features = getattr(model, "get_image_features", model)
            for path in inputs.image:
                output = features(**processor(images=Image.open(path).convert("RGB"), return_tensors="pt"))
                projected = getattr(output, "image_embeds", None)
                vectors.setdefault("image", []).append(output.pooler_output if projected is None else projected)
    return {modality: normalized(torch.cat(rows)) for modality, rows in vectors.items()}


def case(name: str, model_class: str, build, modalities=("text", "image"), padded: bool = False, **options) -> Case:
    return Case(
        name=name,
        model_type=options.pop("model_type", name),
        build=functools.partial(build, **options),
        reference=functools.partial(reference, model_class=model_class, padded=padded),
        modalities=modalities,
    )


IMAGE = ("image",)
CASES = [
    case("clip", "CLIPModel", build_clip),
    case("clip_old", "CLIPModel", build_old_clip, model_type="clip"),
    case("clip_vision_model", "CLIPVisionModelWithProjection", build_clip_vision, IMAGE),
    case("siglip", "SiglipModel", build_siglip, padded=True, tokenizer="sentencepiece"),
    case("siglip_fixed_siglip2", "SiglipModel", build_siglip, padded=True, model_type="siglip", tokenizer="Siglip2Tokenizer"),
    case("siglip_fixed_gemma", "SiglipModel", build_siglip, padded=True, model_type="siglip", tokenizer="GemmaTokenizer"),
    case("siglip_vision_model", "SiglipVisionModel", build_siglip_vision, IMAGE),
    case("siglip2", "Siglip2Model", build_siglip2, padded=True),
    case("dinov2", "Dinov2Model", build_dinov2, IMAGE, image_size=48),
    case("dinov2_same_size", "Dinov2Model", build_dinov2, IMAGE, model_type="dinov2", image_size=32, use_swiglu_ffn=True),
    case("dinov2_with_registers", "Dinov2WithRegistersModel", build_dinov2, IMAGE, registers=True, image_size=48),
]
