"""Every model against its reference implementation, on random tiny checkpoints that the reference wrote."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.parity import Case, all_cases  # noqa: E402
from tests.parity.compare import agreement, encode, make_inputs  # noqa: E402
from tests.parity.preparation import prepare  # noqa: E402
from tests.python.conftest import BUILD  # noqa: E402

TOOLS = BUILD / "tests/tools"
MAX_ERROR = 1e-4  # of the largest element
MAX_SOUND_ERROR = 1e-4  # of features of sounds; the reference takes logarithms in single precision


@pytest.fixture(scope="module", params=all_cases(), ids=lambda case: case.name)
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    case: Case = request.param
    folder = tmp_path_factory.mktemp(case.name)
    case.build(folder / "model", 7)
    return case, folder / "model", make_inputs(folder / "inputs", case, 11), folder


def test_tokens_and_preprocessed_media_equal_the_reference(built):
    case, model, inputs, _ = built
    found = prepare(case, model, inputs, TOOLS)
    assert found.equal_texts in (None, len(inputs.text))
    assert found.pictures in (None, 0) and found.clips in (None, 0), found
    assert found.sounds is None or found.sounds <= MAX_SOUND_ERROR, found


def test_float32_equals_the_reference(built):
    case, model, inputs, folder = built
    for prompt in case.prompts:
        expected = case.reference(model, inputs, prompt)
        actual = encode(TOOLS / case.tool, model, inputs, folder / "run", prompt)
        assert set(actual) == set(expected) == set(case.vectors)
        for vectors in case.vectors:
            close = agreement(vectors, prompt, actual[vectors], expected[vectors])
            assert close.max_error <= (0 if vectors in case.exact else MAX_ERROR), close


def test_reference_tells_the_inputs_apart(built):
    """A tiny random model whose vectors are all alike would agree with anything."""
    case, model, inputs, _ = built
    for vectors, rows in case.reference(model, inputs, case.prompts[0]).items():
        if vectors in case.exact:
            assert len({row.tobytes() for row in rows}) > 1, vectors
            continue
        rows = rows / np.linalg.norm(rows, axis=-1, keepdims=True)
        cosines = rows @ rows.T
        np.fill_diagonal(cosines, -1)
        assert cosines.max() < 0.99999, vectors


def test_bfloat16_stays_near(built):
    case, model, inputs, folder = built
    if case.bf16_cosine is None:
        return  # ogam does not offer it
    exact = encode(TOOLS / case.tool, model, inputs, folder / "run", case.prompts[0])
    rounded = encode(TOOLS / case.tool, model, inputs, folder / "run", case.prompts[0], "bfloat16")
    for vectors in set(case.vectors) - set(case.exact):
        assert agreement(vectors, "", rounded[vectors], exact[vectors]).min_cosine >= case.bf16_cosine


def test_an_item_does_not_depend_on_its_batch(built):
    case, model, inputs, folder = built
    together = encode(TOOLS / case.tool, model, inputs, folder / "run", case.prompts[0])
    for modality in case.modalities:
        items = getattr(inputs, modality)
        for index in (0, len(items) - 1):
            one = inputs.only(modality)
            setattr(one, modality, [items[index]])
            alone = encode(TOOLS / case.tool, model, one, folder / "run", case.prompts[0])
            for vectors, rows in alone.items():
                close = agreement(vectors, "", rows, together[vectors][index : index + 1])
                assert close.max_error <= MAX_ERROR, (index, close)
