"""Models that make vectors."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, overload

import torch

from ogam import _ogam
from ogam.errors import InvalidArgumentError
from ogam.inputs import AudioInput, ImageInput, PathInput, VideoInput, audio_input, image_input, video_input
from ogam.pack import Pack

_LANES = ("visual", "sound", "speech", "text", "fused")


@dataclass(frozen=True)
class Output:
    """One way in which a model describes its input."""

    name: str
    dimension: int
    min_dimension: int  #: to which vectors may be cut to their first values; 0: they may not be


class Model:
    """A model, or a lane of a pack, that turns texts, pictures, sounds and videos into vectors of one space."""

    def __init__(self, native: _ogam.Model, name: str) -> None:
        self._native = native
        self._name = name

    @property
    def outputs(self) -> tuple[Output, ...]:
        """What the model can give; `encode` gives the first unless it is asked for another."""
        return tuple(Output(*fields) for fields in self._native.outputs())

    @property
    def modalities(self) -> tuple[str, ...]:
        """Which of "text", "image", "audio" and "video" `encode` takes."""
        return tuple(self._native.modalities())

    @property
    def space(self) -> str:
        """The identity of the first output's space. Reads every file of the model, to hash them."""
        return self.space_of("")

    def space_of(self, output: str) -> str:
        """The identity of an output's space: vectors of equal ids may be compared."""
        return self._native.space(output)

    # fmt: off
    @overload
    def encode(self, text: str | Sequence[str], *, output: str = ..., prompt: str = ..., dim: int = ...) -> torch.Tensor: ...
    @overload
    def encode(self, *, image: ImageInput | list[Any], output: str = ..., dim: int = ...) -> torch.Tensor: ...
    @overload
    def encode(self, *, audio: AudioInput | list[Any], output: str = ..., dim: int = ...) -> torch.Tensor: ...
    @overload
    def encode(self, *, video: VideoInput | list[Any], output: str = ..., dim: int = ...) -> torch.Tensor: ...
    @overload
    def encode(self, text: str | Sequence[str] | None = ..., *, image: ImageInput | list[Any] | None = ...,
               audio: AudioInput | list[Any] | None = ..., video: VideoInput | list[Any] | None = ...,
               output: str = ..., prompt: str = ..., dim: int = ...) -> Any: ...
    # fmt: on
    def encode(
        self,
        text: str | Sequence[str] | None = None,
        *,
        image: ImageInput | list[Any] | None = None,
        audio: AudioInput | list[Any] | None = None,
        video: VideoInput | list[Any] | None = None,
        output: str = "",
        prompt: str = "",
        dim: int = 0,
    ) -> torch.Tensor | dict[str, torch.Tensor]:
        """Vectors of one input, or of a list of them.

        Args:
            text: texts; they are brought to Unicode NFC.
            image: paths, PIL pictures, arrays [H, W, 3] or tensors [3, H, W], uint8.
            audio: paths or pairs (samples [N], samples a second); resampled as the model wants it. A sound gives
                one vector, however long it is.
            video: paths or pairs (frames [T, 3, H, W] uint8, frames a second). For models that see videos as a
                whole; such a pair has no sound.
            output: one of `outputs`; the first by default.
            prompt: what a model by itself writes before texts: "query", "document" or a name of its own.
            dim: cuts vectors to their first values and brings them to length 1 again.

        Returns:
            [N, D] float32, rows of length 1, on the CPU; for inputs of several modalities a dict of these.
            It is the memory that the model wrote to when all went through in one batch (32 texts, 8 pictures,
            1 sound or video); several batches are copied together.

        Raises:
            ValueError: for inputs of a wrong shape or type, an unknown output or prompt, or a `dim` for which
                the model was not made.
            FileNotFoundError, ogam.Error: for files that cannot be read.
            NotImplementedError: when the model does not take such inputs.
        """
        vectors: dict[str, torch.Tensor] = {}
        if text is not None:
            texts = [text] if isinstance(text, str) else list(text)
            if not all(isinstance(item, str) for item in texts):
                raise InvalidArgumentError("text is a str or a list of them")
            vectors["text"] = self._native.encode_text(texts, output=output, prompt=prompt, dim=dim)
        if image is not None:
            images: list[Any] = image if isinstance(image, list) else [image]
            ready_images = [image_input(item) for item in images]
            vectors["image"] = self._native.encode_image(ready_images, output=output, prompt=prompt, dim=dim)
        if audio is not None:
            sounds: list[Any] = audio if isinstance(audio, list) else [audio]
            ready_sounds = [audio_input(item) for item in sounds]
            vectors["audio"] = self._native.encode_audio(ready_sounds, output=output, prompt=prompt, dim=dim)
        if video is not None:
            clips: list[Any] = video if isinstance(video, list) else [video]
            ready_clips = [video_input(item) for item in clips]
            vectors["video"] = self._native.encode_video(ready_clips, output=output, prompt=prompt, dim=dim)
        if not vectors:
            raise InvalidArgumentError("there is nothing to encode: give text, image, audio or video")
        return vectors if len(vectors) > 1 else next(iter(vectors.values()))

    def __repr__(self) -> str:
        return f"<ogam.Model {self._name!r}: {', '.join(self.modalities)}>"


def _pack_and_lane(name: str) -> tuple[str, str] | None:
    """What "starter/visual" and "visual" mean, unless a folder has that name."""
    pack, _, lane = name.rpartition("/")
    return (pack or "starter", lane) if lane in _LANES and not os.path.isdir(name) else None


def load(model: PathInput, precision: str = "float32") -> Model:
    """Loads a model that makes vectors.

    Args:
        model: a folder in Hugging Face layout, the id of a model that was pulled ("google/siglip2-base-patch16-256"),
            or a lane of a pack: "starter/visual", "FOLDER/visual", or "visual" for the starter pack's. Texts reach a
            lane as queries do: through the model that the pack names for it.
        precision: "float32" or "bfloat16"; a pack's lanes compute in float32.

    Raises:
        ogam.Error: code "unavailable" when it is not there, naming the command that fetches it; "corrupt_data" when it
            is damaged.
        NotImplementedError: when it is of a kind that ogam cannot run.
        ValueError: for another precision.
    """
    name = os.fspath(model)
    of_pack = _pack_and_lane(name)
    if of_pack is None:
        return Model(_ogam.Model.load(name, precision), name)
    if precision != "float32":
        raise InvalidArgumentError(f"a pack's lanes compute in float32, not in {precision!r}")
    pack, lane = of_pack
    return Model(_ogam.Model.of_lane(Pack.open(pack)._native, lane), name)
