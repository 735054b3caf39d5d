"""Where the shots of a video begin and end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import torch

from ogam import _ogam
from ogam.inputs import PathInput
from ogam.pack import PackInput, native_pack
from ogam.progress import ProgressArgument, Reporter


class Span(NamedTuple):
    """From `start` to before `end`, in seconds."""

    start: float
    end: float


@dataclass(frozen=True)
class Shots:
    """The shots of a video, and what they were found by."""

    shots: list[Span]  #: one after the other, without gaps
    transitions: list[Span]  #: between two shots each; one frame long for a cut
    frame_times: torch.Tensor = field(repr=False)  #: [T] float64, seconds
    probabilities: torch.Tensor = field(repr=False)  #: [T] float32, that the frame is in a transition
    damage: str  #: what was damaged or missing in the file, for people; empty when nothing was


def shots(
    path: PathInput, *, pack: PackInput = "starter", threads: int = 0, progress: ProgressArgument = None
) -> Shots:
    """Finds the shots of a video file.

    Args:
        threads: 0 for one per core.
        progress: True for a bar on stderr, or a function that takes a `Progress`.

    Raises:
        FileNotFoundError, ogam.Error: when the file cannot be read.
        NotImplementedError: when it has no video.
    """
    with Reporter(progress) as reporter:
        found = _ogam.shots(path, pack=native_pack(pack), threads=threads, on_progress=reporter.callback)
    return Shots(
        [Span(*span) for span in found["shots"]],
        [Span(*span) for span in found["transitions"]],
        found["frame_times"],
        found["probabilities"],
        found["damage"],
    )
