"""How far a long call has come, and a bar that shows it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from ogam import _ogam


@dataclass(frozen=True)
class Progress:
    """How far a job has come; times are seconds."""

    path: Path  #: the file at work
    files_done: int
    files_total: int
    time_done: float  #: media time of `path` that was read so far
    time_total: float  #: its duration; 0 when unknown
    realtime: float  #: media seconds for each second of work, over the whole job
    seconds_left: float  #: an estimate for the whole job; 0 when unknown
    message: str  #: what is being done


#: What the long calls take as `progress`: True for a bar on stderr, or a function that is called a few times a
#: second, on the calling thread. What it raises ends the call.
ProgressArgument: TypeAlias = "bool | Callable[[Progress], None] | None"

_WIDTH = 24


class _Bar:
    """One line on stderr, written over in place; on a file or a pipe, a line every ten seconds."""

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._last = 0.0
        self._length = 0

    def show(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last < (0.1 if self._terminal else 10):
            return
        self._last = now
        done = progress.time_done / progress.time_total if progress.time_total > 0 else 0.0
        done = (progress.files_done + min(done, 1.0)) / max(progress.files_total, 1)
        line = f"{done:4.0%} |{'█' * round(done * _WIDTH):<{_WIDTH}}| {progress.files_done}/{progress.files_total}"
        if progress.realtime > 0:
            line += f" {progress.realtime:.1f}x realtime"
        if progress.seconds_left > 0:
            line += f", {progress.seconds_left:.0f} s left"
        name = "".join(letter if letter.isprintable() else "?" for letter in progress.path.name)
        self._write(f"{line}  {name}")

    def close(self) -> None:
        if self._length > 0 and self._terminal:
            self._write("")
            sys.stderr.write("\r")
            sys.stderr.flush()

    def _write(self, line: str) -> None:
        sys.stderr.write(f"\r{line:<{self._length}}" if self._terminal else line + "\n")
        sys.stderr.flush()
        self._length = len(line)


class Reporter:
    """Leads the native part's progress to what the caller gave; to be used in a `with`."""

    def __init__(self, progress: ProgressArgument) -> None:
        self._bar = _Bar() if progress is True else None
        self._show = self._bar.show if self._bar is not None else progress if callable(progress) else None

    @property
    def callback(self) -> Callable[[_ogam.ProgressFields], None] | None:
        show = self._show
        if show is None:
            return None
        return lambda fields: show(Progress(**fields))

    def __enter__(self) -> Reporter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()
