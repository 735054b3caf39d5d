"""Index and search video, images, audio and text; make vectors of them.

    import ogam

    archive = ogam.Archive("my-archive")
    archive.index(["clips/"], progress=True)
    for moment in archive.search("빨간 자동차"):
        print(moment.score, moment.path, moment.start, moment.end)

Times are seconds, pictures RGB. What goes wrong is an `ogam.Error`, and the built-in exception that fits as well.
Long calls release the interpreter's lock and stop on Ctrl-C.
"""

from __future__ import annotations

from importlib import metadata as _metadata

TORCH_VERSION = "2.11.0"  #: whose libraries the native part is linked to


def _check_torch() -> None:
    way_out = f"run: pip install torch=={TORCH_VERSION}"
    try:
        found = _metadata.version("torch").split("+")[0]
    except _metadata.PackageNotFoundError:
        raise ImportError(f"ogam needs torch {TORCH_VERSION}, and there is none; {way_out}") from None
    if found != TORCH_VERSION:
        raise ImportError(f"ogam is linked to torch {TORCH_VERSION} and cannot be loaded beside torch {found}; {way_out}")


_check_torch()

import torch as _torch  # noqa: E402, F401  its libraries must be there before the native part is

from ogam._ogam import __version__  # noqa: E402
from ogam.archive import Archive, Asset, FileReport, IndexReport, search  # noqa: E402
from ogam.errors import Error, InvalidArgumentError, NotFoundError, UnsupportedError  # noqa: E402
from ogam.model import Model, Output, load  # noqa: E402
from ogam.moments import Evidence, Moment, Moments  # noqa: E402
from ogam.pack import Pack, PackModel, Space  # noqa: E402
from ogam.progress import Progress  # noqa: E402
from ogam.reader import Frame, FrameBatch, MediaInfo, VideoReader  # noqa: E402
from ogam.shot_list import Shots, Span, shots  # noqa: E402
from ogam.speech import Transcript, Utterance, Word, transcribe  # noqa: E402

__all__ = [
    "Archive",
    "Asset",
    "Error",
    "Evidence",
    "FileReport",
    "Frame",
    "FrameBatch",
    "IndexReport",
    "InvalidArgumentError",
    "MediaInfo",
    "Model",
    "Moment",
    "Moments",
    "NotFoundError",
    "Output",
    "Pack",
    "PackModel",
    "Progress",
    "Shots",
    "Space",
    "Span",
    "Transcript",
    "UnsupportedError",
    "Utterance",
    "VideoReader",
    "Word",
    "__version__",
    "load",
    "search",
    "shots",
    "transcribe",
]
