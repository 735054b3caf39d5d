"""Silero VAD, the 16 kHz half of the TorchScript module.

The package also ships silero_vad_16k.safetensors, which is another training with other answers:
it is not used.
"""

from ..errors import require
from ..model_folder import ModelFolder
from ..torch_files import load_torch
from ..wheels import Wheels

_PREFIX = "_model."


def convert_silero_vad(wheels: Wheels) -> ModelFolder:
    module = load_torch(
        wheels.read("silero-vad", "silero_vad/data/silero_vad.jit"), "silero_vad.jit"
    )
    tensors = {
        name.removeprefix(_PREFIX): t for name, t in module.items() if name.startswith(_PREFIX)
    }
    require(
        len(tensors) == 15, f"silero_vad.jit holds {len(tensors)} tensors for 16 kHz, expected 15"
    )
    config = {"model_type": "silero_vad", "sample_rate": 16000, "chunk": 512, "context": 64}
    return ModelFolder(config, tensors)
