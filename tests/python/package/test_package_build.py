"""The package as it is installed: imports, types, notebooks, and a real wheel in a fresh environment."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import BUILD, ROOT

HERE = Path(__file__).resolve().parent
ENVIRONMENT = os.environ | {"PYTHONPATH": str(BUILD / "python"), "MPLBACKEND": "agg"}
NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))


def run(*command: object, environment: dict[str, str] | None = None, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, env=environment or ENVIRONMENT, **options)


@pytest.mark.parametrize("imports", ["import ogam, torch", "import torch, ogam", "import numpy, ogam", "import ogam"])
def test_ogam_and_torch_are_imported_in_either_order(imports: str):
    use = "from pathlib import Path; maps = Path('/proc/self/maps').read_text()"
    count = "print(len({line.split()[-1] for line in maps.splitlines() if 'libtorch_cpu' in line or 'libgomp' in line}))"
    done = run(sys.executable, "-c", f"{imports}\n{use}\nprint(ogam.__version__)\n{count}")
    assert done.returncode == 0, done.stderr
    version = re.search(r"project\(ogam VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    assert done.stdout.split() == [version, "2"], "one libtorch_cpu and one OpenMP runtime"


@pytest.mark.parametrize(("metadata", "said"), [("2.10.0", "beside torch 2.10.0"), (None, "there is none")])
def test_another_torch_is_refused_at_import(tmp_path: Path, metadata: str | None, said: str):
    if metadata is not None:
        folder = tmp_path / f"torch-{metadata}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: torch\nVersion: {metadata}\n")
    environment = ENVIRONMENT | {"PYTHONPATH": f"{tmp_path}:{BUILD / 'python'}"}
    alone = ["-S"] if metadata is None else []  # without site-packages
    done = run(sys.executable, *alone, "-c", "import ogam", environment=environment)
    assert done.returncode == 1
    assert said in done.stderr and "pip install torch==2.11.0" in done.stderr


def test_the_package_is_linked_to_the_torch_that_it_asks_for():
    import torch

    import ogam

    assert torch.__version__.split("+")[0] == ogam.TORCH_VERSION
    asked = re.findall(r"torch==([\d.]+)", (ROOT / "pyproject.toml").read_text())
    assert asked and set(asked) == {ogam.TORCH_VERSION}


def test_types_are_sound():
    done = run(sys.executable, "-m", "mypy", "--strict", cwd=ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


def test_mypy_sees_what_is_wrong_in_a_program(tmp_path: Path):
    (tmp_path / "wrong.py").write_text("import ogam\nogam.Archive('x').search(5).total.upper()\n")
    done = run(sys.executable, "-m", "mypy", "--strict", "--config-file", ROOT / "pyproject.toml", tmp_path / "wrong.py", cwd=ROOT)
    assert done.returncode == 1
    assert '"int"; expected "str | None"' in done.stdout and '"int" has no attribute "upper"' in done.stdout


def test_everything_public_is_documented():
    import ogam

    missing = [name for name in ogam.__all__ if not name.startswith("__") and not getattr(ogam, name).__doc__]
    for name in ogam.__all__:
        kind = getattr(ogam, name)
        if isinstance(kind, type) and kind.__module__.startswith("ogam"):
            functions = {key: value for key, value in vars(kind).items() if callable(value) and not key.startswith("_")}
            missing += [f"{name}.{key}" for key, value in functions.items() if not value.__doc__]
    assert missing == []


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(notebook: Path, starter_pack, sample_media: Path):
    done = run(sys.executable, HERE / "notebooks.py", notebook, cwd=notebook.parent)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    assert {"index_and_search": "<img", "compare_models": "recall@1"}[notebook.stem] in done.stdout


def test_notebooks_are_kept_without_outputs():
    assert len(NOTEBOOKS) == 2
    for notebook in NOTEBOOKS:
        cells = json.loads(notebook.read_text())["cells"]
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
        assert len({cell["id"] for cell in cells}) == len(cells)


def test_pip_installs_a_wheel_that_works(starter_pack, sample_media: Path, tmp_path: Path):
    """In an environment of its own that has torch and the build's tools from here, so that nothing is downloaded."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "venv"], check=True)
    python = tmp_path / "venv/bin/python"
    lib = next((tmp_path / "venv/lib").iterdir()) / "site-packages"
    here = next(path for path in sys.path if path.endswith("site-packages"))
    (lib / "here.pth").write_text(here + "\n")
    # The compiler and flags of the release build, so that ccache has every object; the build folder lies where its paths fit.
    environment |= {"CC": "cc", "CXX": "c++", "CMAKE_BUILD_PARALLEL_LEVEL": "2"}
    settings = [f"--config-settings=build-dir={ROOT}/build/wheel", "--config-settings=cmake.define.OGAM_WERROR=ON"]
    done = run(sys.executable, "-m", "pip", "--python", python, "--disable-pip-version-check", "install", "--no-deps",
               "--no-index", "--no-build-isolation", *settings, ROOT, environment=environment)  # fmt: skip
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert (lib / "ogam/__init__.py").is_file() and (lib / "ogam/py.typed").is_file()
    assert {path.name for path in lib.iterdir()} >= {"ogam"} and not list((tmp_path / "venv").rglob("libogam*"))
    metadata = next(lib.glob("ogam-*.dist-info")) / "METADATA"
    assert "Requires-Dist: torch==2.11.0" in metadata.read_text()
    native = next((lib / "ogam").glob("_ogam*.so"))
    assert "[$ORIGIN/../torch/lib]" in run("readelf", "-d", native).stdout
    done = run(python, HERE / "usage.py", tmp_path / "보관소", sample_media / "pictures/butterfly.jpg", environment=environment, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "butterfly.jpg" in done.stdout
    where = run(python, "-c", "import ogam; print(ogam.__file__)", environment=environment, cwd=tmp_path).stdout
    assert where.strip() == str(lib / "ogam/__init__.py")
