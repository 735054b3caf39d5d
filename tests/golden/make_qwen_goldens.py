"""Writes qwen3_vl_tiny: a random Qwen3-VL of a few thousand weights with its tokenizer, and what transformers makes of inputs.

    .venv/bin/python tests/golden/make_qwen_goldens.py

Made with torch 2.11.0, transformers 5.23.0 and qwen-vl-utils 0.0.14, seed 5. The weights are rounded to bfloat16 and the
reference computes with the rounded ones in float32.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
import transformers
from PIL import Image

GOLDEN = Path(__file__).resolve().parent
FOLDER = GOLDEN / "qwen3_vl_tiny"
sys.path.insert(0, str(GOLDEN.parents[1]))

from tests.parity.case import Clip, randomize  # noqa: E402
from tests.parity.qwen import (  # noqa: E402
    DEFAULT_INSTRUCTION,
    QUERY_INSTRUCTION,
    Reader,
    save_processor,
    tiny_config,
    train_tokenizer,
)
from tests.python.test_reranker import INSTRUCTION, SYSTEM  # noqa: E402

GRIDS = [[1, 2, 4], [2, 4, 2]]  # of a picture and of a video of two moments: frames, rows, columns of patches
TEXTS = ["a red car", "", "빨간 자동차가 길을 달린다"]
QUERY = "dog"
TIMES = [0.0, 0.5, 1.25]  # of a clip's frames, in seconds
SEED = 5


def config(tokenizer: transformers.Qwen2Tokenizer) -> transformers.Qwen3VLConfig:
    tiny = tiny_config(tokenizer, hidden_size=32, intermediate_size=24, num_hidden_layers=2)
    for name, value in {"depth": 2, "hidden_size": 16, "intermediate_size": 24, "out_hidden_size": 32}.items():
        setattr(tiny.vision_config, name, value)
    tiny.vision_config.num_position_embeddings = 25
    tiny.vision_config.deepstack_visual_indexes = [0, 1]
    return tiny


def of_towers(model: transformers.Qwen3VLForConditionalGeneration) -> dict[str, torch.Tensor]:
    """What the vision tower and the language model make of random inputs, each by itself and together."""
    grid = torch.tensor(GRIDS)
    levels = torch.randint(0, 256, (int(grid.prod(-1).sum()), 3 * 2 * 16 * 16), dtype=torch.uint8)
    patches = levels.float() / 127.5 - 1
    seen = model.model.visual(patches, grid_thw=grid)

    image, video = model.config.image_token_id, model.config.video_token_id
    start, end = model.config.vision_start_token_id, model.config.vision_end_token_id
    moment = [start, video, video, end]
    ids = torch.tensor([[3, start, image, image, end, 7, *moment, 8, *moment, 9, 10]])
    words = torch.tensor([[11, 12, 13, 14]])
    kinds = (ids == image).int() + 2 * (ids == video).int()
    positions, _ = model.model.get_rope_index(ids, kinds, image_grid_thw=grid[:1], video_grid_thw=grid[1:])
    split = int(grid[0].prod())
    with_media = model.model(
        input_ids=ids, mm_token_type_ids=kinds, pixel_values=patches[:split], image_grid_thw=grid[:1],
        pixel_values_videos=patches[split:], video_grid_thw=grid[1:],
    )  # fmt: skip
    soft = torch.randn(1, 9, 32)
    soft_positions = torch.stack([torch.arange(9), torch.arange(9) // 2, torch.arange(9) % 3]).unsqueeze(1)
    return {
        "levels": levels, "visual.tokens": seen.pooler_output,
        "visual.deepstack.0": seen.deepstack_features[0], "visual.deepstack.1": seen.deepstack_features[1],
        "media.ids": ids[0], "media.positions": positions[:, 0], "media.states": with_media.last_hidden_state[0],
        "words.ids": words[0], "words.states": model.model(input_ids=words).last_hidden_state[0],
        "soft.embeddings": soft, "soft.positions": soft_positions,
        "soft.states": model.model.language_model(inputs_embeds=soft, position_ids=soft_positions).last_hidden_state,
    }  # fmt: skip


def of_conversations(model: transformers.Qwen3VLForConditionalGeneration, work: Path) -> dict[str, torch.Tensor]:
    """Vectors of texts, a picture and a clip, and log odds of how well they answer a query."""
    rng = np.random.default_rng(SEED)
    picture = rng.integers(0, 256, (40, 70, 3), dtype=np.uint8)
    frames = rng.integers(0, 256, (len(TIMES), 24, 36, 3), dtype=np.uint8)
    files = [work / f"{name}.png" for name in ("picture", *range(len(TIMES)))]
    for file, pixels in zip(files, [picture, *frames], strict=True):
        Image.fromarray(pixels).save(file)
    media = [files[0], Clip(files[1:], TIMES)]
    reader = Reader(FOLDER)
    vocabulary = reader.processor.tokenizer.get_vocab()

    def vector(item: str | Path | Clip, instruction: str) -> torch.Tensor:
        read = reader.inputs(instruction, reader.content(item) or "NULL")
        return torch.nn.functional.normalize(model.model(**read).last_hidden_state[0, -1], dim=-1)

    def log_odds(item: str | Path | Clip) -> torch.Tensor:
        document = reader.content(item) or "NULL"
        read = reader.inputs(SYSTEM, f"<Instruct>: {INSTRUCTION}<Query>:{QUERY}\n<Document>:{document}")
        logits = model(**read).logits[0, -1]
        return logits[vocabulary["yes"]] - logits[vocabulary["no"]]

    return {
        "picture": torch.from_numpy(picture), "frames": torch.from_numpy(frames),
        "texts.embedding": torch.stack([vector(text, DEFAULT_INSTRUCTION) for text in TEXTS]),
        "queries.embedding": torch.stack([vector(text, QUERY_INSTRUCTION) for text in TEXTS]),
        "picture.embedding": vector(media[0], DEFAULT_INSTRUCTION), "clip.embedding": vector(media[1], DEFAULT_INSTRUCTION),
        "log_odds": torch.stack([log_odds(item) for item in [*TEXTS, *media]]),
    }  # fmt: skip


@torch.no_grad()
def main() -> None:
    torch.manual_seed(SEED)
    tokenizer = train_tokenizer(None, merges=20)
    model = transformers.Qwen3VLForConditionalGeneration(config(tokenizer)).eval()
    randomize(model, SEED, scale=0.2)
    model.to(torch.bfloat16).save_pretrained(FOLDER)
    # Read again: the conversion has rounded the frequencies of the positions too, which no file holds.
    model = transformers.Qwen3VLForConditionalGeneration.from_pretrained(FOLDER, dtype=torch.float32).eval()
    (FOLDER / "generation_config.json").unlink()
    save_processor(FOLDER, tokenizer)
    with tempfile.TemporaryDirectory() as work:
        tensors = of_towers(model) | of_conversations(model, Path(work))
    expected = GOLDEN / "qwen3_vl_tiny.safetensors"
    safetensors.torch.save_file({name: value.contiguous() for name, value in tensors.items()}, expected)
    facts = {"texts": TEXTS, "query": QUERY, "times": TIMES}
    (GOLDEN / "qwen3_vl_tiny.json").write_text(json.dumps(facts, ensure_ascii=False) + "\n")
    for written in [expected, *FOLDER.iterdir()]:
        written.chmod(0o644)


if __name__ == "__main__":
    main()
