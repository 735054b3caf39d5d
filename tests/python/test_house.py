"""The structure of the project holds: include directions, installation, one OpenMP runtime, light start."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from conftest import BUILD, ROOT

# Which folders a folder may include; siblings never include each other.
CORE = {"core"}
ALLOWED = {
    "core": CORE,
    "encoders": CORE | {"encoders"},
    "fusion": CORE | {"fusion"},
    "decoders": CORE | {"decoders"},
    "archive": CORE | {"archive"},
    "pipelines": CORE | {"encoders", "fusion", "decoders", "archive", "pipelines"},
    "ogam": CORE | {"archive", "pipelines", "ogam"},
    "apps": CORE | {"encoders", "fusion", "decoders", "archive", "pipelines", "ogam", "apps"},
}

# Which files alone may include a dependency's headers.
HOMES = {
    r"<libav|<libsw": r"core/media/.*",
    r"<opencv2/": r"core/media/(.*\.cpp|opencv_view\.h)",
    r"<sentencepiece": r"core/text/.*\.cpp",
    r"<pcre2|<utf8proc": r"core/text/.*\.cpp",
    r"<sqlite3": r"archive/.*",
    r"<boost/": r"apps/.*",
    r"<tesseract/|<leptonica": r"decoders/text/.*\.cpp",
    r"<ATen|<c10|<torch": r"(core/tensor|core/nn|encoders|decoders|fusion|pipelines|apps)/.*",
    r"<spdlog": r"core/base/logging\.cpp",
}


def sources() -> list[Path]:
    return [path for folder in ALLOWED for path in sorted((ROOT / folder).rglob("*")) if path.suffix in (".h", ".cpp")]


def includes(path: Path) -> list[str]:
    return re.findall(r'^\s*#\s*include\s+([<"][^>"]+[>"])', path.read_text(), re.MULTILINE)


def test_every_folder_includes_only_what_lies_below_it():
    wrong = []
    for path in sources():
        name = path.relative_to(ROOT)
        for include in includes(path):
            target = include.strip('"').split("/")[0]
            if include.startswith('"') and target not in ALLOWED[name.parts[0]]:
                wrong.append(f"{name}: {include}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("pattern", HOMES)
def test_a_dependency_is_included_only_in_its_home(pattern: str):
    wrong = [
        f"{path.relative_to(ROOT)}: {include}"
        for path in sources()
        for include in includes(path)
        if re.match(pattern, include) and not re.fullmatch(HOMES[pattern], str(path.relative_to(ROOT)))
    ]
    assert not wrong, "\n".join(wrong)


def test_sources_are_formatted():
    files = sources() + [path for path in sorted((ROOT / "tests").rglob("*")) if path.suffix in (".h", ".cpp")]
    done = subprocess.run(["clang-format", "--dry-run", "--Werror", *files], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[:4000]


def test_public_header_shows_no_dependency_but_the_standard_library_and_fmt():
    seen: set[Path] = set()
    pending = [ROOT / "ogam/ogam.h"]
    foreign = set()
    while pending:
        path = pending.pop()
        if path in seen:
            continue
        seen.add(path)
        for include in includes(path):
            if include.startswith('"'):
                pending.append(ROOT / include.strip('"'))
            elif "/" in include and not include.startswith(("<fmt/", "<sys/")):
                foreign.add(include)
    assert not foreign
    installed = (ROOT / "ogam/CMakeLists.txt").read_text()
    missing = [str(path.relative_to(ROOT)) for path in seen if path.name != "ogam.h" and str(path.relative_to(ROOT)) not in installed]
    assert not missing, f"reached from ogam.h but not installed: {missing}"


def test_a_program_builds_and_runs_against_the_installed_package(tmp_path: Path):
    prefix = tmp_path / "prefix"
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
    build = tmp_path / "build"
    configure = ["cmake", "-S", ROOT / "tests/consumer", "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release"]
    for command in (configure, ["cmake", "--build", build]):
        done = subprocess.run(command, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    text = tmp_path / "메모.txt"
    text.write_text("도서관은 월요일에 쉽니다.\n")
    done = subprocess.run([build / "consumer", tmp_path / "archive", text, "도서관"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert str(text) in done.stdout
    listed = subprocess.run([prefix / "bin/ogam", "archive", "list", "--archive", tmp_path / "archive"], capture_output=True, text=True)
    assert "메모.txt" in listed.stdout


def libraries_mapped_by(command: list[str | Path]) -> str:
    script = 'exec 3<&0; "$@" >/dev/null 2>&1 & pid=$!; for i in $(seq 400); do cat /proc/$pid/maps 2>/dev/null; sleep 0.02; kill -0 $pid 2>/dev/null || break; done; wait $pid'
    return subprocess.run(["bash", "-c", script, "bash", *command], capture_output=True, text=True).stdout


def test_commands_without_models_do_not_map_libtorch(tmp_path: Path):
    linked = subprocess.run(["ldd", BUILD / "bin/ogam"], capture_output=True, text=True).stdout
    assert "libsqlite3" in linked
    assert "libtorch" not in linked
    traced = subprocess.run([BUILD / "bin/ogam", "archive", "list", "--archive", tmp_path], capture_output=True,
                            text=True, env={"LD_DEBUG": "files", "PATH": "/usr/bin"})
    assert "libsqlite3" in traced.stderr
    assert "libtorch" not in traced.stderr


def test_one_openmp_runtime_is_mapped():
    maps = libraries_mapped_by([BUILD / "bin/ogam", "doctor"])
    assert "libtorch_cpu" in maps
    runtimes = {line.split()[-1] for line in maps.splitlines() if re.search(r"lib(gomp|iomp|omp)", line)}
    assert len(runtimes) == 1, runtimes


def test_version_is_the_same_everywhere():
    cmake = re.search(r"project\(ogam VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    header = re.search(r'kVersion = "([\d.]+)"', (ROOT / "core/base/version.h").read_text()).group(1)
    changelog = re.search(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE).group(1)
    assert cmake == header == changelog
