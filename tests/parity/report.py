"""Writes docs/parity.md: how far ogam is from the references, model by model. Run by scripts/parity.sh."""

from __future__ import annotations

import argparse
import importlib.metadata
import os
import platform
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import safetensors

from tests.parity import Case, Inputs, all_cases
from tests.parity.compare import agreement, encode, make_inputs
from tests.parity.preparation import Preparation, prepare

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = ("transformers", "tokenizers", "sentence-transformers", "torch", "torchvision", "pillow", "timm")

HEAD = """# Parity

Each row is a random tiny checkpoint that the reference wrote with its own `save_pretrained` (weights, configuration, processor,
tokenizer) and that ogam loads by the path that a real one takes. Texts, pictures, sounds and clips go through either side's own
tokenizer and preprocessing, so a difference in these shows in the vectors; the second table compares them by themselves. The
reference encodes item by item, ogam in batches.

- **error**: the largest difference of an element, as a share of the largest element of the reference, in float32 (1e-4 is the limit
  that the tests hold).
- **bf16**: the least cosine between ogam in bfloat16 and ogam in float32. The tests hold 0.999, with the default prompt, but for: language models with experts (0.92,
  where a token takes another expert in bfloat16; the reference's own reaches 0.988 on these random weights), EmbeddingGemma 2 with
  clipped layers on sounds (0.996; the reference's own bfloat16 reaches 0.9961 on its random weights) and PE-AV's fused video
  (0.998; the reference's own bfloat16 reaches 0.9983). Speech is recognised in float32 alone.

Of `whisper`, the "vectors" are the log-mel frames, the encoder's states, the logits while tokens of no meaning are fed one by one
to the cached decoder (the reference sees them all at once), and the first twelve tokens that are decoded with times (`timed`)
and without (`plain`), which must be the same. The prompt is language and task.

Of language models, the "vectors" are logits: of the first 48 tokens read at once (`logits`), after the last token read in pieces
through a cache (`pieces`), and after four further tokens in one batch that is filled up at its beginnings (`left`) or ends (`right`);
the 16 tokens that are generated greedily (`tokens`) must be the same.

Of vision-language models, the "vectors" are logits after texts that show a picture or a clip: of the last 12 tokens read at once (`logits`),
after the last one read in pieces through a cache (`pieces`), after four further tokens in one batch (`batch`), and after a text that
shows the picture twice, or a picture after the clip (`two`); the 12 tokens that are generated greedily (`tokens`) must be the same.

`scripts/parity.sh` writes this page; with `--times`, and on a machine that does nothing else, also how long either side takes.

"""

TIMES = """**time**: what the reference takes for these items, loading left out, as a multiple of what ogam takes, both on one thread. On
models this small it measures overhead, not arithmetic: it says nothing of the speed of real sizes.

"""


PREPARED = """
## What goes into the models

The same texts, pictures, clips and sounds by themselves, as each side's tokenizer and preprocessing hand them to the model: texts
whose tokens are all equal, and the largest difference of a value as a share of the largest one. Clips are compared frame by frame,
those of one frame left out; of CLAP with fusion the whole sound alone, because the reference draws its cuts by chance.

| checkpoint | equal texts | pictures | clips | sounds |
|---|---|---|---|---|
"""


def prepared_row(case: Case, found: Preparation) -> str:
    texts = "-" if found.equal_texts is None else f"{found.equal_texts} of {found.texts}"
    differences = ["-" if value is None else f"{value:.1e}" for value in (found.pictures, found.clips, found.sounds)]
    return f"| {case.name} | {texts} | {' | '.join(differences)} |"


def seconds_of(folder: Path) -> dict[str, float]:
    with safetensors.safe_open(folder / "out.safetensors", "np") as file:
        metadata = file.metadata() or {}
        return {key.removeprefix("seconds."): float(value) for key, value in metadata.items() if key.startswith("seconds.")}


def encoding_seconds(case: Case, model: Path, inputs: Inputs, prompt: str, modality: str) -> float:
    """What the reference takes for the items of one modality: three times as many of them, less once, halved, so that
    loading the checkpoint does not count."""
    seconds = []
    for times in (1, 3):
        repeated = replace(inputs, **{modality: getattr(inputs, modality) * times})
        start = time.perf_counter()
        case.reference(model, repeated, prompt)
        seconds.append(time.perf_counter() - start)
    return max(seconds[1] - seconds[0], 0) / 2


def rows_of(case: Case, tools: Path, folder: Path, inputs: Inputs, times: bool) -> list[str]:
    tool = tools / case.tool
    rows = []
    for prompt in case.prompts:
        expected = case.reference(folder / "model", inputs, prompt)
        taken = {}
        if times:
            taken = {kind: encoding_seconds(case, folder / "model", inputs, prompt, kind) for kind in case.modalities}
        actual = encode(tool, folder / "model", inputs, folder / "run", prompt)
        seconds = seconds_of(folder / "run")
        rounded = {}
        if case.bf16_cosine is not None:
            rounded = encode(tool, folder / "model", inputs, folder / "run", prompt, "bfloat16")
        for vectors in sorted(expected):
            close = agreement(vectors, prompt, actual[vectors], expected[vectors])
            bf16 = "-"
            if rounded and vectors not in case.exact:
                bf16 = f"{agreement(vectors, prompt, rounded[vectors], actual[vectors]).min_cosine:.5f}"
            modality = vectors.split(".")[0]
            ratio = ""
            if times:  # of speech, nothing by itself is timed
                ratio = f" {taken[modality] / seconds[modality]:.1f} |" if modality in seconds else " - |"
            rows.append(
                f"| {case.name} | `{case.model_type}` | {vectors} | {prompt or '-'} | {close.items} | {close.max_error:.1e} "
                f"| {close.min_cosine:.7f} | {bf16} |{ratio}"
            )
    return rows


def processor_name() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", type=Path, default=ROOT / "build/release/tests/tools")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/parity.md")
    parser.add_argument("--times", action="store_true", help="on a machine that does nothing else")
    arguments = parser.parse_args()
    rows, prepared, types = [], [], set()
    for case in all_cases():
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            case.build(folder / "model", 7)
            inputs = make_inputs(folder / "inputs", case, 11)
            found = rows_of(case, arguments.tools, folder, inputs, arguments.times)
            prepared.append(prepared_row(case, prepare(case, folder / "model", inputs, arguments.tools)))
        print("\n".join([*found, prepared[-1]]), flush=True)
        rows += found
        types.add(case.model_type)
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in VERSIONS)
    columns = ["checkpoint", "model type", "vectors", "prompt", "items", "error", "least cosine", "bf16"]
    columns += ["time"] if arguments.times else []
    text = HEAD + (TIMES if arguments.times else "")
    text += f"{len(types)} model types. {versions}; {os.cpu_count()} cores of {processor_name()}.\n\n"
    text += f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}\n"
    text += "\n".join(rows) + "\n" + PREPARED + "\n".join(prepared) + "\n"
    arguments.out.write_text(text)
    print(f"written: {arguments.out}")


if __name__ == "__main__":
    main()
