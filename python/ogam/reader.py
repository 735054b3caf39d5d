"""Reading frames and sound of media files."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch

from ogam import _ogam
from ogam.inputs import PathInput


@dataclass(frozen=True)
class MediaInfo:
    """What a file says of itself; numbers are 0 and names empty where it has no such stream."""

    container: str
    duration: float  #: seconds; 0 when unknown
    width: int  #: upright, in pixels
    height: int
    rotation: int  #: clockwise degrees that are applied to stand it upright
    average_fps: float  #: what the container claims; times of frames never come from it
    video_codec: str
    audio_codec: str
    sample_rate: int
    channels: int


class Frame(NamedTuple):
    """One frame."""

    pixels: torch.Tensor  #: [3, H, W] uint8 RGB, upright
    time: float  #: seconds from the start


class FrameBatch(NamedTuple):
    """Frames of one video."""

    pixels: torch.Tensor  #: [N, 3, H, W] uint8 RGB, upright
    times: torch.Tensor  #: [N] float64, the frames' own times in seconds


class VideoReader:
    """Reads a media file. Times are the stream's own, in seconds from the start of the file.

    Going over it (`for frame in reader`) gives every frame in order, as `Frame`.
    """

    def __init__(self, path: PathInput) -> None:
        """Raises FileNotFoundError, NotImplementedError or ogam.Error when the file cannot be read."""
        self.path = Path(path)
        self._info = MediaInfo(**_ogam.media_info(self.path))

    @property
    def info(self) -> MediaInfo:
        return self._info

    def frames_at(self, times: Iterable[float]) -> FrameBatch:
        """The frames that are shown at these times, with their own exact times.

        Args:
            times: seconds, in any order; before the first frame and behind the last one the nearest is meant.

        Returns:
            (pixels [N, 3, H, W] uint8, times [N] float64). The pixels lie as [N, H, W, 3] in memory, each copied there
            once from its decoded picture.

        Raises:
            ValueError: for a time that is negative or no number.
            NotImplementedError: when the file has no video, or frames of different sizes are asked for.
        """
        return FrameBatch(*_ogam.frames_at(self.path, [float(time) for time in times]))

    def __iter__(self) -> Iterator[Frame]:
        for pixels, time in _ogam.Frames(self.path):
            yield Frame(pixels, time)

    def audio(self, start: float = 0.0, end: float | None = None, sample_rate: int = 16000) -> torch.Tensor:
        """Mono samples of a span, [N] float32 between -1 and 1, gaps filled with silence.

        The tensor is the memory that the reader wrote to. Raises ValueError for a span without sound,
        NotImplementedError when the file has none.
        """
        return _ogam.audio(self.path, start, end, sample_rate)

    def __repr__(self) -> str:
        return f"<ogam.VideoReader {os.fspath(self.path)!r}>"
