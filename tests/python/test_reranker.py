"""Qwen3-VL as a reranker against its reference, on a random tiny checkpoint that the reference wrote."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy
import torch
import transformers

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.parity import Case, Clip  # noqa: E402
from tests.parity.compare import make_inputs  # noqa: E402
from tests.parity.qwen import CASES, Reader, tiny_config, train_tokenizer, write_checkpoint  # noqa: E402
from tests.python.conftest import BUILD  # noqa: E402

TOOL = BUILD / "tests/tools/encode"
SYSTEM = (
    "Judge whether the Document meets the requirements based on the Query and the Instruct provided. "
    'Note that the answer can only be "yes" or "no".'
)
INSTRUCTION = "Given a search query, retrieve relevant candidates that answer the query."
MAX_LOGIT_ERROR = 1e-4  # of the largest
LONG_TEXT = "The lazy dog sleeps. 강아지가 자고 있다. " * 900  # more tokens than are read


def build(folder: Path, tied: bool) -> None:
    tokenizer = train_tokenizer(None)
    config = tiny_config(tokenizer)
    config.tie_word_embeddings = tied
    torch.manual_seed(3)
    write_checkpoint(folder, 3, transformers.Qwen3VLForConditionalGeneration(config), tokenizer)


@pytest.fixture(scope="module", params=[False, True], ids=["own head", "tied head"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reranker") / "model"
    build(folder, request.param)
    return folder


@pytest.fixture(scope="module")
def candidates(tmp_path_factory: pytest.TempPathFactory) -> list[str | Path | Clip]:
    case: Case = CASES[0]
    inputs = make_inputs(tmp_path_factory.mktemp("media"), case, 4)
    return [*inputs.text, *inputs.image, *inputs.video]


def cut(read: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The last five tokens stay; of those before them, the first 10,240 do."""
    size = read["input_ids"].shape[1]
    kept = torch.tensor([*range(min(size - 5, 10240)), *range(size - 5, size)])
    return {name: value[:, kept] if value.shape == (1, size) else value for name, value in read.items()}


@torch.no_grad()
def reference(folder: Path, query: str, instruction: str, candidates: list[str | Path | Clip]) -> np.ndarray:
    """The logit of "yes" less that of "no"."""
    model = transformers.Qwen3VLForConditionalGeneration.from_pretrained(folder, dtype=torch.float32).eval()
    reader = Reader(folder)
    vocabulary = reader.processor.tokenizer.get_vocab()
    logits = []
    for candidate in candidates:
        document = reader.content(candidate) or "NULL"
        user = f"<Instruct>: {instruction}<Query>:{query or 'NULL'}\n<Document>:{document}"
        read = cut(reader.inputs(SYSTEM, user, max_length=10**6))
        scores = model(**read).logits[0, -1]
        logits.append(scores[vocabulary["yes"]] - scores[vocabulary["no"]])
    return torch.stack(logits).numpy()


def rerank(folder: Path, query: str, candidates: list[str | Path | Clip], out: Path, **more: str) -> np.ndarray:
    """What ogam's reranker says: log odds."""

    def describe(candidate: str | Path | Clip) -> dict:
        if isinstance(candidate, str):
            return {"text": candidate}
        if isinstance(candidate, Path):
            return {"image": str(candidate)}
        return {"video": {"frames": [str(frame) for frame in candidate.frames], "times": candidate.times}}

    request = {"query": query, "candidates": [describe(candidate) for candidate in candidates], **more}
    out.mkdir(parents=True, exist_ok=True)
    (out / "request.json").write_text(json.dumps(request, ensure_ascii=False))
    command = [TOOL, folder, out / "request.json", out / "scores.safetensors"]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-2000:]
    probability = safetensors.numpy.load_file(out / "scores.safetensors")["scores"]
    return np.log(probability) - np.log1p(-probability)


@pytest.mark.parametrize(
    "query, instruction", [("a red car on the road", ""), ("빨간 자동차", "Retrieve pictures of cars."), ("", "")]
)
def test_scores_equal_the_logits_of_the_reference(model, candidates, tmp_path, query, instruction):
    expected = reference(model, query, instruction or INSTRUCTION, candidates)
    actual = rerank(model, query, candidates, tmp_path, instruction=instruction)
    assert np.ptp(expected) > 0.1, "the reference makes no difference between the candidates"
    assert np.abs(actual - expected).max() <= MAX_LOGIT_ERROR * np.abs(expected).max()


def test_long_documents_are_read_up_to_the_same_token(model, tmp_path):
    expected = reference(model, "dog", INSTRUCTION, [LONG_TEXT])
    actual = rerank(model, "dog", [LONG_TEXT], tmp_path)
    assert np.abs(actual - expected).max() <= MAX_LOGIT_ERROR * max(1, np.abs(expected).max())


def test_a_score_does_not_depend_on_the_other_candidates(model, candidates, tmp_path):
    together = rerank(model, "dog", candidates, tmp_path)
    for index in (0, len(candidates) - 1):
        alone = rerank(model, "dog", [candidates[index]], tmp_path)
        assert abs(alone[0] - together[index]) <= MAX_LOGIT_ERROR * np.abs(together).max()


def test_bfloat16_stays_near(model, candidates, tmp_path):
    exact = rerank(model, "dog", candidates, tmp_path)
    rounded = rerank(model, "dog", candidates, tmp_path, precision="bfloat16")
    assert np.abs(exact - rounded).max() <= 0.05 * np.ptp(exact) + 0.02
