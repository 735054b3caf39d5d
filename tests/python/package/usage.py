"""How a typed program uses the package; checked by mypy, and run by test_package_build.py."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

import ogam


def find(archive: ogam.Archive, text: str) -> list[tuple[Path, float]]:
    return [(moment.path, moment.score) for moment in archive.search(text, limit=3)]


def similarity(model: ogam.Model, text: str, picture: Path) -> float:
    texts: torch.Tensor = model.encode(text)
    pictures: torch.Tensor = model.encode(image=picture)
    return float((texts @ pictures.T).item())


def main(folder: Path, picture: Path) -> int:
    with ogam.Archive(folder, pack=ogam.Pack.open("starter")) as archive:
        report = archive.index(picture, lanes=["visual"], progress=lambda progress: print(progress.message))
        if report.failed:
            return 1
        for path, score in find(archive, "나비"):
            print(f"{score:.2f} {path}")
    try:
        ogam.VideoReader(folder / "missing.mp4")
    except FileNotFoundError as error:
        print(error)
    print(similarity(ogam.load("visual"), "나비", picture))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
