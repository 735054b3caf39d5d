"""What a search finds."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, overload

from ogam import _ogam
from ogam.errors import Error

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Evidence:
    """Why a moment was found, as one lane saw it."""

    score: float  #: probability of a true match, by this lane alone
    time: float  #: seconds in the asset at which it was seen or heard
    text: str  #: lanes of words: what was said or written
    words: list[str]  #: the query's words that occur in it


@dataclass(frozen=True)
class Moment:
    """A span of an asset that matches a query; times are seconds."""

    rank: int  #: from 1
    score: float  #: probability that this is a true match; means the same in every archive
    asset: str  #: "b3:" and the hash of the content
    path: Path
    kind: str  #: "video", "audio", "image", "text" or "subtitles"
    start: float
    end: float
    lanes: dict[str, Evidence]

    @property
    def best_time(self) -> float:
        """Where it looks best: at what the visual lane found, else in the middle."""
        return self.lanes["visual"].time if "visual" in self.lanes else (self.start + self.end) / 2

    def thumbnail(self, side: int = 240) -> bytes:
        """A JPEG picture of it, the longer side at most `side` pixels.

        Raises NotImplementedError when the asset is no picture or video, FileNotFoundError when it is gone.
        """
        return _ogam.moment_picture(self.path, self.kind, (self.best_time, self.best_time), side)


def _time(seconds: float) -> str:
    tenths = int(seconds * 10)
    return f"{tenths // 36000}:{tenths // 600 % 60:02}:{tenths // 10 % 60:02}.{tenths % 10}"


def _picture(moment: Moment) -> str:
    if moment.kind not in ("video", "image"):
        return ""
    try:
        data = base64.b64encode(moment.thumbnail()).decode()
    except Error as error:  # the file may have moved since it was indexed
        return html.escape(str(error))
    return f'<img src="data:image/jpeg;base64,{data}" style="max-width:none">'


def _evidence(moment: Moment) -> str:
    lines = []
    for lane, evidence in moment.lanes.items():
        line = f"<b>{lane}</b> {evidence.score:.2f}"
        if evidence.text:
            line += f" <i>{html.escape(evidence.text)}</i>"
        lines.append(line)
    return "<br>".join(lines)


class Moments(Sequence[Moment]):
    """One page of what a search found, best first: a list of `Moment`.

    In a notebook it shows itself as a table with pictures.
    """

    def __init__(self, moments: list[Moment], total: int, next_page: str | None) -> None:
        self._moments = moments
        self.total = total  #: over all pages
        self.next_page = next_page  #: to be given to the same search as `page`; None at the end

    @overload
    def __getitem__(self, index: int) -> Moment: ...
    @overload
    def __getitem__(self, index: slice) -> list[Moment]: ...
    def __getitem__(self, index: int | slice) -> Moment | list[Moment]:
        return self._moments[index]

    def __len__(self) -> int:
        return len(self._moments)

    def __iter__(self) -> Iterator[Moment]:
        return iter(self._moments)

    def __repr__(self) -> str:
        lines = [f"{len(self)} of {self.total} moments"]
        for moment in self:
            span = f"{_time(moment.start)}-{_time(moment.end)}  " if moment.end > 0 else ""
            lines.append(f"{moment.rank:>4}  {moment.score:.2f}  {span}{moment.path}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        rows = []
        for moment in self:
            span = f"{_time(moment.start)} – {_time(moment.end)}" if moment.end > 0 else ""
            cells = (
                f"{moment.rank}",
                _picture(moment),
                f"{moment.score:.2f}",
                f"{html.escape(moment.path.name)}<br>{span}",
                _evidence(moment),
            )
            rows.append("<tr>" + "".join(f'<td style="text-align:left">{cell}</td>' for cell in cells) + "</tr>")
        head = "".join(f"<th>{name}</th>" for name in ("", "", "score", "where", "why"))
        return f"<table><tr>{head}</tr>{''.join(rows)}</table><p>{len(self)} of {self.total} moments</p>"

    def to_pandas(self) -> pd.DataFrame:
        """One row for each moment, with a column `LANE_score` for each lane; needs pandas."""
        import pandas as pd

        rows = []
        for moment in self:
            row: dict[str, object] = {
                name: getattr(moment, name) for name in ("rank", "score", "asset", "kind", "start", "end")
            }
            row["path"] = str(moment.path)
            row |= {f"{lane}_score": evidence.score for lane, evidence in moment.lanes.items()}
            rows.append(row)
        return pd.DataFrame(rows)
