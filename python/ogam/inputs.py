"""What may be given as a picture, a sound or a video, and how it reaches the native part."""

from __future__ import annotations

import os
import struct
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard

import numpy as np
import torch

from ogam import _ogam
from ogam.errors import InvalidArgumentError, UnsupportedError

if TYPE_CHECKING:
    import PIL.Image

PathInput: TypeAlias = "str | os.PathLike[str]"

#: A file, a PIL picture, an array [H, W, 3] or a tensor [3, H, W], both uint8.
ImageInput: TypeAlias = "PathInput | PIL.Image.Image | np.ndarray[Any, Any] | torch.Tensor"

#: A file, or mono samples [N] of floating point with their rate in samples a second.
AudioInput: TypeAlias = "PathInput | tuple[np.ndarray[Any, Any] | torch.Tensor, int]"

#: A file, or frames [T, 3, H, W] uint8 with their rate in frames a second.
VideoInput: TypeAlias = "PathInput | tuple[torch.Tensor, float]"


def is_path(given: object) -> TypeGuard[PathInput]:
    return isinstance(given, str | os.PathLike)


def _from_numpy(array: np.ndarray[Any, Any]) -> torch.Tensor:
    """Shares the array's memory where torch can: not where it is read-only or runs backwards."""
    shareable = array.flags.writeable and all(stride >= 0 for stride in array.strides)
    return torch.from_numpy(array if shareable else array.copy())


def _pil_pixels(image: PIL.Image.Image) -> np.ndarray[Any, Any]:
    """As files are read: turned upright by EXIF, and transparency laid over white."""
    from PIL import Image, ImageOps

    if image.mode[0] in "IF":
        raise UnsupportedError(f"a picture of mode {image.mode} has more than 8 bits a channel; bring it to 8 bits first")
    image = ImageOps.exif_transpose(image)
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    return np.array(image.convert("RGB"))


def image_input(given: ImageInput) -> torch.Tensor | PathInput:
    """A path as it is, anything else as a tensor [3, H, W] uint8 over the memory of what was given."""
    if is_path(given):
        return given
    if isinstance(given, torch.Tensor):
        return given
    pil = sys.modules.get("PIL.Image")
    if pil is not None and isinstance(given, pil.Image):
        given = _pil_pixels(given)
    if not isinstance(given, np.ndarray):
        raise InvalidArgumentError(
            f"a picture is a path, a PIL picture, an array [H, W, 3] or a tensor [3, H, W], not {type(given).__name__}"
        )
    if given.ndim != 3 or given.shape[2] != 3 or given.dtype != np.uint8:
        raise InvalidArgumentError(f"an array of a picture is uint8 [H, W, 3], got {given.dtype} {list(given.shape)}")
    return _from_numpy(given).permute(2, 0, 1)


def audio_input(given: AudioInput) -> tuple[torch.Tensor, int] | PathInput:
    if is_path(given):
        return given
    if not isinstance(given, tuple) or len(given) != 2:
        raise InvalidArgumentError(f"a sound is a path or a pair (samples, sample_rate), not {type(given).__name__}")
    samples, rate = given
    tensor = _from_numpy(samples) if isinstance(samples, np.ndarray) else samples
    if not isinstance(tensor, torch.Tensor) or tensor.dim() != 1 or not tensor.is_floating_point():
        raise InvalidArgumentError("samples of a sound are a mono array or tensor [N] of floating point between -1 and 1")
    if isinstance(rate, bool) or int(rate) != rate or rate <= 0:
        raise InvalidArgumentError(f"a sample rate is a whole number of samples a second, not {rate!r}")
    return tensor, int(rate)


def video_input(given: VideoInput) -> tuple[torch.Tensor, float] | PathInput:
    if is_path(given):
        return given
    if not isinstance(given, tuple) or len(given) != 2 or not isinstance(given[0], torch.Tensor):
        raise InvalidArgumentError("a video is a path or a pair (frames [T, 3, H, W] uint8, frames a second)")
    return given[0], float(given[1])


def image_file(given: ImageInput, folder: Path) -> PathInput:
    """A picture in memory as a file without loss."""
    picture = image_input(given)
    if not isinstance(picture, torch.Tensor):
        return picture
    path = folder / "query.png"
    _ogam.write_image(path, picture)
    return path


def audio_file(given: AudioInput, folder: Path) -> PathInput:
    """A sound in memory as a WAV file of 32-bit floats."""
    sound = audio_input(given)
    if not isinstance(sound, tuple):
        return sound
    samples, rate = sound
    data = samples.detach().to("cpu", torch.float32).contiguous().numpy().astype("<f4").tobytes()
    ieee_float, channels, width = 3, 1, 4
    layout = struct.pack("<4sIHHIIHH", b"fmt ", 16, ieee_float, channels, rate, rate * width, width, 8 * width)
    content = b"WAVE" + layout + struct.pack("<4sI", b"data", len(data)) + data
    path = folder / "query.wav"
    path.write_bytes(struct.pack("<4sI", b"RIFF", len(content)) + content)
    return path
