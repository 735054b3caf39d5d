"""The native part, as the package calls it. Times are seconds, paths are pathlib's."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import TypedDict

import torch

__version__: str

_Path = str | PathLike[str]

class ProgressFields(TypedDict):
    path: Path
    files_done: int
    files_total: int
    time_done: float
    time_total: float
    realtime: float
    seconds_left: float
    message: str

class SpaceFields(TypedDict):
    id: str
    name: str
    lane: str
    dimension: int

class PackModelFields(TypedDict):
    id: str
    model_type: str
    role: str
    origin: str
    licence: str
    training: str

class FileFields(TypedDict):
    path: Path
    status: str
    asset: str
    kind: str
    duration: float
    segments: int
    vectors: dict[str, int]
    words: dict[str, int]
    seconds: float
    notes: list[str]
    error: str | None
    message: str

class IndexFields(TypedDict):
    indexed: int
    skipped: int
    failed: int
    duration: float
    seconds: float
    notes: list[str]

class AssetFields(TypedDict):
    id: str
    path: Path
    kind: str
    duration: float
    segments: int
    indexed_at: str
    tags: dict[str, str]
    vectors: dict[str, int]
    words: dict[str, int]

class EvidenceFields(TypedDict):
    score: float
    time: float
    text: str
    words: list[str]

class MomentFields(TypedDict):
    rank: int
    score: float
    asset: str
    path: Path
    kind: str
    start: float
    end: float
    lanes: dict[str, EvidenceFields]

class SearchFields(TypedDict):
    moments: list[MomentFields]
    total: int
    next_page: str | None

class MediaFields(TypedDict):
    container: str
    duration: float
    width: int
    height: int
    rotation: int
    average_fps: float
    video_codec: str
    audio_codec: str
    sample_rate: int
    channels: int

class WordFields(TypedDict):
    start: float
    end: float
    text: str
    probability: float

class SegmentFields(TypedDict):
    start: float
    end: float
    text: str
    words: list[WordFields]

class TranscriptFields(TypedDict):
    segments: list[SegmentFields]
    language: str
    duration: float
    damage: str

class ShotFields(TypedDict):
    shots: list[tuple[float, float]]
    transitions: list[tuple[float, float]]
    frame_times: torch.Tensor
    probabilities: torch.Tensor
    damage: str

class Pack:
    @staticmethod
    def open(name_or_folder: str) -> Pack: ...
    @property
    def name(self) -> str: ...
    @property
    def folder(self) -> Path: ...
    def spaces(self) -> list[SpaceFields]: ...
    def models(self) -> list[PackModelFields]: ...
    def verify(self) -> list[str]: ...

class Archive:
    def __init__(self, folder: _Path, pack: Pack) -> None: ...
    def index(
        self,
        paths: Sequence[_Path],
        *,
        lanes: Sequence[str],
        language: str,
        segments: str,
        sample_fps: float,
        tags: Mapping[str, str],
        force: bool,
        threads: int,
        on_progress: Callable[[ProgressFields], None] | None,
        on_file: Callable[[FileFields], None] | None,
    ) -> IndexFields: ...
    def search(
        self,
        *,
        text: str,
        image: _Path,
        audio: _Path,
        video: _Path,
        span: tuple[float, float] | None,
        text_not: str,
        lanes: Sequence[str],
        mode: str,
        weights: Mapping[str, float],
        filter: str,
        min_score: float | None,
        limit: int,
        group_by: str,
        page: str,
    ) -> SearchFields: ...
    def assets(self) -> list[AssetFields]: ...
    def remove(self, asset: str) -> str: ...
    def verify(self) -> list[str]: ...
    def close(self) -> None: ...

class Model:
    @staticmethod
    def load(name: str, precision: str) -> Model: ...
    @staticmethod
    def of_lane(pack: Pack, lane: str) -> Model: ...
    def outputs(self) -> list[tuple[str, int, int]]: ...
    def modalities(self) -> list[str]: ...
    def space(self, output: str) -> str: ...
    def encode_text(self, inputs: Sequence[str], *, output: str, prompt: str, dim: int) -> torch.Tensor: ...
    def encode_image(
        self, inputs: Sequence[torch.Tensor | _Path], *, output: str, prompt: str, dim: int
    ) -> torch.Tensor: ...
    def encode_audio(
        self, inputs: Sequence[tuple[torch.Tensor, int] | _Path], *, output: str, prompt: str, dim: int
    ) -> torch.Tensor: ...
    def encode_video(
        self, inputs: Sequence[tuple[torch.Tensor, float] | _Path], *, output: str, prompt: str, dim: int
    ) -> torch.Tensor: ...

class Frames:
    def __init__(self, path: _Path) -> None: ...
    def __iter__(self) -> Iterator[tuple[torch.Tensor, float]]: ...
    def __next__(self) -> tuple[torch.Tensor, float]: ...

def write_image(path: _Path, pixels: torch.Tensor) -> None: ...
def moment_picture(path: _Path, kind: str, span: tuple[float, float], side: int) -> bytes: ...
def media_info(path: _Path) -> MediaFields: ...
def frames_at(path: _Path, times: Sequence[float]) -> tuple[torch.Tensor, torch.Tensor]: ...
def audio(path: _Path, start: float, end: float | None, sample_rate: int) -> torch.Tensor: ...
def transcribe(
    path: _Path,
    *,
    pack: Pack,
    language: str,
    translate: bool,
    beam_size: int,
    threads: int,
    on_progress: Callable[[ProgressFields], None] | None,
) -> TranscriptFields: ...
def shots(
    path: _Path, *, pack: Pack, threads: int, on_progress: Callable[[ProgressFields], None] | None
) -> ShotFields: ...
