"""Model folders that are damaged or lie: one clear error each, and no crash. Run it on an ASan build too (CONTRIBUTING)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.python.hostile_models import HOSTILE_MODELS, HostileModel, spoiled_copy


@pytest.fixture(scope="module")
def picture(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("picture") / "picture.png"
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (40, 50, 3), np.uint8)).save(path)
    return path


def test_there_are_enough_of_them():
    assert len({hostile.name for hostile in HOSTILE_MODELS}) == len(HOSTILE_MODELS) >= 50


@pytest.mark.parametrize("base", sorted({hostile.base for hostile in HOSTILE_MODELS}))
def test_the_folders_are_sound_before_they_are_spoilt(ogam, picture: Path, tmp_path: Path, base: str):
    whole = HostileModel("whole", base, lambda folder: None)
    rows = ogam.lines("embed", "--model", spoiled_copy(whole, tmp_path), "--text", "a word")
    assert len(rows) == 1 and np.isfinite(rows[0]["vector"]).all()


@pytest.mark.parametrize("hostile", HOSTILE_MODELS, ids=lambda hostile: hostile.name)
def test_it_is_refused_with_one_clear_error(ogam, picture: Path, tmp_path: Path, hostile: HostileModel):
    folder = spoiled_copy(hostile, tmp_path)
    inputs = [picture] if hostile.picture else ["--text", "a word"]
    done = ogam.run("embed", "--model", folder, *inputs)
    error = done.stderr.decode()
    assert done.returncode in (1, 2, 3, 4), error
    assert done.stdout == b""
    assert hostile.message in error
    assert hostile.name in error or hostile.message == "no numbers", "the error names the model"
    assert len(error.splitlines()) <= 4, error
