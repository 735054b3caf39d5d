"""One module per model; `CONVERTERS` maps a recipe's name for it to what makes its folder."""

from collections.abc import Callable

from ..model_folder import ModelFolder
from ..wheels import Wheels
from .efficientnet_lite import convert_efficientnet_lite
from .piper import convert_piper
from .silero_vad import convert_silero_vad
from .transnet_v2 import convert_transnet_v2
from .use_multilingual import convert_use_multilingual
from .whisper import convert_whisper
from .yamnet import convert_yamnet

CONVERTERS: dict[str, Callable[[Wheels], ModelFolder]] = {
    "efficientnet_lite": convert_efficientnet_lite,
    "piper": convert_piper,
    "silero_vad": convert_silero_vad,
    "transnet_v2": convert_transnet_v2,
    "use_multilingual": convert_use_multilingual,
    "whisper": convert_whisper,
    "yamnet": convert_yamnet,
}
