"""Speech to text."""

from __future__ import annotations

from dataclasses import dataclass

from ogam import _ogam
from ogam.inputs import PathInput
from ogam.pack import PackInput, native_pack
from ogam.progress import ProgressArgument, Reporter


@dataclass(frozen=True)
class Word:
    """A word with the seconds at which it is spoken."""

    start: float
    end: float
    text: str
    probability: float  #: that it was heard right, as the recogniser sees it


@dataclass(frozen=True)
class Utterance:
    """What is said without a long pause; times are seconds."""

    start: float
    end: float
    text: str
    words: list[Word]


@dataclass(frozen=True)
class Transcript:
    """What is said in a file."""

    segments: list[Utterance]
    language: str  #: ISO 639 code, as asked for or as heard; empty when nothing was said
    duration: float  #: seconds of sound
    damage: str  #: what was damaged or missing in the file, for people; empty when nothing was

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)


def transcribe(
    path: PathInput,
    *,
    language: str = "auto",
    translate: bool = False,
    beam_size: int = 1,
    pack: PackInput = "starter",
    threads: int = 0,
    progress: ProgressArgument = None,
) -> Transcript:
    """Writes down what is said in a media file.

    Args:
        language: an ISO 639-1 code, or "auto" to listen first.
        translate: write English, whatever is spoken.
        beam_size: hypotheses to keep; 1 is fast, 5 a little more exact.
        threads: 0 for one per core.
        progress: True for a bar on stderr, or a function that takes a `Progress`.

    Raises:
        ValueError: for a language that the model does not know.
        FileNotFoundError, ogam.Error: when the file cannot be read.
        NotImplementedError: when it has no sound.
    """
    with Reporter(progress) as reporter:
        heard = _ogam.transcribe(
            path,
            pack=native_pack(pack),
            language=language,
            translate=translate,
            beam_size=beam_size,
            threads=threads,
            on_progress=reporter.callback,
        )
    segments = [
        Utterance(item["start"], item["end"], item["text"], [Word(**word) for word in item["words"]])
        for item in heard["segments"]
    ]
    return Transcript(segments, heard["language"], heard["duration"], heard["damage"])
