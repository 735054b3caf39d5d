"""Archives: index media, search them, look after them."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ogam import _ogam
from ogam.errors import InvalidArgumentError, UnsupportedError
from ogam.inputs import AudioInput, ImageInput, PathInput, audio_file, image_file, is_path
from ogam.moments import Evidence, Moment, Moments
from ogam.pack import PackInput, native_pack
from ogam.progress import ProgressArgument, Reporter

if TYPE_CHECKING:
    from ogam._ogam import FileFields


@dataclass(frozen=True)
class FileReport:
    """What became of one file."""

    path: Path
    status: str  #: "indexed", "skipped" (it was there already) or "failed"
    asset: str
    kind: str
    duration: float  #: seconds
    segments: int
    vectors: dict[str, int]  #: by lane
    words: dict[str, int]  #: by lane: "speech", "text"
    seconds: float  #: of work
    notes: list[str]  #: damaged parts, lanes left out, a file that moved
    error: str | None  #: the code of what went wrong, see `ogam.Error`
    message: str


@dataclass(frozen=True)
class IndexReport:
    """What became of all files of one call of `Archive.index`."""

    indexed: int
    skipped: int
    failed: int
    duration: float  #: seconds of media that were indexed
    seconds: float  #: of work
    notes: list[str]
    files: list[FileReport]


@dataclass(frozen=True)
class Asset:
    """What an archive knows of one file; `duration` is in seconds and 0 for pictures and texts."""

    id: str
    path: Path
    kind: str
    duration: float
    segments: int
    indexed_at: str  #: UTC, "2026-01-31T12:00:00Z"
    tags: dict[str, str]
    vectors: dict[str, int]
    words: dict[str, int]


def _names(names: str | Sequence[str] | None) -> list[str]:
    if names is None:
        return []
    return names.split(",") if isinstance(names, str) else list(names)


class Archive:
    """An index on disk. The first `index` makes the folder; until then there is nothing to search.

    Any number of processes may search an archive, and one at a time may write to it. May be used in a `with`, which
    closes its files at the end. Safe to share between threads.

    Args:
        path: the archive's folder.
        pack: the models it is indexed and searched with: a `Pack`, a name under `OGAM_HOME/packs`, or a folder.
    """

    def __init__(self, path: PathInput, pack: PackInput = "starter") -> None:
        self.path = Path(path)
        self._native: _ogam.Archive | None = _ogam.Archive(self.path, native_pack(pack))

    def index(
        self,
        paths: PathInput | Sequence[PathInput],
        *,
        lanes: str | Sequence[str] | None = None,
        language: str = "auto",
        segments: str = "shots",
        sample_fps: float = 1.0,
        tags: Mapping[str, str] | None = None,
        force: bool = False,
        threads: int = 0,
        progress: ProgressArgument = None,
        on_file: Callable[[FileReport], None] | None = None,
    ) -> IndexReport:
        """Adds files, and folders with what is in them. What is indexed already is skipped.

        A file that fails is reported, and the others go on. When the call is interrupted (Ctrl-C, or an exception of
        `progress` or `on_file`), what was finished before is kept, and the same call goes on from there.

        Args:
            lanes: what to look at: "visual", "sound", "speech", "text", "fused"; all that the pack has by default.
            language: of the speech: an ISO 639-1 code, or "auto".
            segments: how videos are cut into moments: "shots", or "fixed:SECONDS".
            sample_fps: frames a second that are looked at.
            tags: marks of the files, for the filter of `search`.
            force: index again what is there already.
            threads: 0 for one per core.
            progress: True for a bar on stderr, or a function that takes a `Progress`.
            on_file: is called with each file's report as soon as it is done.

        Raises:
            ValueError: for options that make no sense.
            ogam.Error: for what would fail every file: a full disk, a missing model, another process that writes.
        """
        files: list[FileReport] = []

        def keep(fields: FileFields) -> None:
            files.append(FileReport(**fields))
            if on_file is not None:
                on_file(files[-1])

        inputs = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        with Reporter(progress) as reporter:
            report = self._open().index(
                inputs,
                lanes=_names(lanes),
                language=language,
                segments=segments,
                sample_fps=sample_fps,
                tags=dict(tags or {}),
                force=force,
                threads=threads,
                on_progress=reporter.callback,
                on_file=keep,
            )
        return IndexReport(**report, files=files)

    def search(
        self,
        text: str | None = None,
        *,
        image: ImageInput | None = None,
        audio: AudioInput | None = None,
        video: PathInput | None = None,
        span: tuple[float, float] | None = None,
        not_: str | None = None,
        lanes: str | Sequence[str] | None = None,
        mode: str = "any",
        weights: Mapping[str, float] | None = None,
        filter: str | None = None,
        min_score: float | None = None,
        limit: int = 10,
        group_by: str = "moment",
        page: str | None = None,
    ) -> Moments:
        """Finds moments by a text, a picture, a sound, a clip, or several of them together.

        Args:
            text: in Korean, English or another language.
            image: a path, a PIL picture, an array [H, W, 3] or a tensor [3, H, W], uint8. What is no path goes through
                a temporary file without loss.
            audio: a path, or a pair (samples, sample_rate); likewise.
            video: a path.
            span: (start, end) in seconds of the video, or of the audio when there is no video.
            not_: moments that match this text are held back.
            lanes: only what these lanes see.
            mode: "any": a match in one lane is enough; "all": every lane must agree.
            weights: how much lanes count, 0 to 100; 1 where nothing is said.
            filter: such as "kind=video and duration>60 and tag.series=news".
            min_score: nothing less likely than this; 0.15 by default.
            limit: moments on a page.
            group_by: "moment", or "asset" for the best moment of each file.
            page: `Moments.next_page` of the same search.

        Raises:
            ValueError: for an empty or contradictory query.
            FileNotFoundError: when there is no archive, or the query's file is missing.
        """
        if video is not None and not is_path(video):
            raise UnsupportedError("a clip to search with must be a file; write it to one, or search with its pictures")
        with tempfile.TemporaryDirectory(prefix="ogam-") as folder:
            found = self._open().search(
                text=text or "",
                image="" if image is None else image_file(image, Path(folder)),
                audio="" if audio is None else audio_file(audio, Path(folder)),
                video="" if video is None else video,
                span=span,
                text_not=not_ or "",
                lanes=_names(lanes),
                mode=mode,
                weights=dict(weights or {}),
                filter=filter or "",
                min_score=min_score,
                limit=limit,
                group_by=group_by,
                page=page or "",
            )
        moments = []
        for fields in found["moments"]:
            lanes_found = {lane: Evidence(**evidence) for lane, evidence in fields["lanes"].items()}
            moments.append(Moment(**{**fields, "lanes": lanes_found}))  # type: ignore[arg-type]
        return Moments(moments, found["total"], found["next_page"])

    def assets(self) -> list[Asset]:
        """Everything that is indexed."""
        return [Asset(**fields) for fields in self._open().assets()]

    def remove(self, asset: PathInput) -> str:
        """Removes an asset that is named by its path, its id, or the beginning of its id.

        Returns its id. Raises FileNotFoundError when there is none, ValueError when several have this name.
        """
        return self._open().remove(os.fspath(asset))

    def verify(self) -> list[str]:
        """Reads everything and checks every checksum and reference; one line for each thing that is not sound."""
        return self._open().verify()

    def close(self) -> None:
        """Closes the files. The archive cannot be used afterwards."""
        if self._native is not None:
            self._native.close()
            self._native = None

    def _open(self) -> _ogam.Archive:
        if self._native is None:
            raise InvalidArgumentError(f"the archive {self.path} was closed; open it again with ogam.Archive")
        return self._native

    def __enter__(self) -> Archive:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<ogam.Archive {os.fspath(self.path)!r}>"


def search(archive: PathInput, text: str | None = None, *, pack: PackInput = "starter", **query: object) -> Moments:
    """One search in the archive of a folder; for several, `Archive` keeps the models loaded.

    `query` is what `Archive.search` takes.
    """
    with Archive(archive, pack) as opened:
        return opened.search(text, **query)  # type: ignore[arg-type]
