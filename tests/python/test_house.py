"""The structure of the project holds: include directions, installation, one OpenMP runtime, light start, whole documents."""

from __future__ import annotations

import json
import re
import shutil
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
    "python": CORE | {"encoders", "fusion", "decoders", "archive", "pipelines", "python"},
}

# Which files alone may see a dependency's headers, directly or through headers of the project.
HOMES = {
    r"libav|libsw": r"core/media/.*",
    r"opencv2/": r"core/media/.*",
    r"ass/|fontconfig/": r"core/media/.*\.cpp",
    r"sentencepiece": r"core/text/.*\.cpp",
    r"pcre2|utf8proc": r"core/text/.*\.cpp",
    r"sqlite3": r"archive/.*\.cpp",
    r"boost/": r"apps/.*",
    r"tesseract/|leptonica/|allheaders\.h": r"decoders/text/.*\.cpp",
    r"espeak-ng/": r"decoders/audio/.*\.cpp",
    r"ATen/|c10/|torch/": r"(core/tensor|core/nn|encoders|decoders|fusion|pipelines|apps|python)/.*",
    r"pybind11/": r"python/bindings/.*",
    r"spdlog/": r"core/base/logging\.cpp",
    r"openssl/": r"core/base/.*\.cpp",
    r"curl/": r"core/hub/.*\.cpp",
    r"zlib\.h": r"decoders/text/.*\.cpp",
    r"immintrin\.h": r"core/nn/block_kernels_.*\.cpp",
    r"fmt/|nlohmann/": r".*",
}
# Headers that have no home: the standard library's, and those of C and the system.
SYSTEM = r"[a-z_0-9]+|sys/[a-z]+\.h|(dlfcn|errno|fcntl|fnmatch|iconv|langinfo|poll|pthread|sched|signal|termios|unistd|malloc)\.h"


def sources(root: Path = ROOT) -> list[Path]:
    return [path for folder in ALLOWED for path in sorted((root / folder).rglob("*")) if path.suffix in (".h", ".cpp")]


def includes(path: Path) -> list[str]:
    """What follows `#include`, with its quotes or brackets."""
    return [include.strip() for include in re.findall(r"^\s*#\s*include(?:_next)?\b(.*)", path.read_text(), re.MULTILINE)]


def own(include: str) -> str | None:
    """The path below the root that an include in quotes names."""
    found = re.match(r'"([^"]+)"', include)
    return found.group(1) if found else None


def foreign(include: str) -> str | None:
    """The header that an include in angle brackets names."""
    found = re.match(r"<([^>]+)>", include)
    return found.group(1) if found else None


def wrong_directions(root: Path) -> list[str]:
    """Includes of what does not lie below, and any written so that the other checks would not see them."""
    wrong = []
    for path in sources(root):
        name = path.relative_to(root)
        for include in includes(path):
            if own(include):
                right = own(include).split("/")[0] in ALLOWED[name.parts[0]]
            else:
                right = foreign(include) is not None and foreign(include).split("/")[0] not in {*ALLOWED, "tests"}
            if not right:
                wrong.append(f"{name}: #include {include}")
    return wrong


def headers_seen(path: Path, root: Path) -> dict[str, Path]:
    """Every foreign header that `path` sees, with the file of the project that includes it."""
    pending, done, seen = [path], set(), {}
    while pending:
        file = pending.pop()
        if file in done or not file.is_file():
            continue
        done.add(file)
        for include in includes(file):
            if own(include):
                pending.append(root / own(include))
            elif foreign(include):
                seen.setdefault(foreign(include), file)
    return seen


def headers_away_from_home(root: Path) -> list[str]:
    wrong = []
    for path in sources(root):
        name = str(path.relative_to(root))
        for header, through in headers_seen(path, root).items():
            homes = [home for pattern, home in HOMES.items() if re.match(pattern, header)]
            known = re.fullmatch(SYSTEM, header) if not homes else any(re.fullmatch(home, name) for home in homes)
            if not known:
                wrong.append(f"{name}: <{header}>, included by {through.relative_to(root)}")
    return wrong


def test_every_folder_includes_only_what_lies_below_it():
    assert len(sources()) > 100
    assert wrong_directions(ROOT) == []


def test_a_dependency_is_seen_only_in_its_home():
    assert headers_away_from_home(ROOT) == []


def written(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text + "\n")
    return root


@pytest.mark.parametrize(("file", "line"), [
    ("encoders/image/a.cpp", '#include "decoders/text/b.h"'),
    ("decoders/a.h", '#include "archive/b.h"'),
    ("archive/a.cpp", '#include "encoders/encoder.h"'),
    ("core/base/a.h", '#  include "pipelines/b.h"'),
    ("pipelines/a.cpp", '#include"apps/ogam/b.h"'),
    ("encoders/a.cpp", '#include "../decoders/b.h"'),
    ("encoders/a.cpp", '#include "b.h"'),
    ("encoders/a.cpp", "#include <decoders/b.h>"),
    ("archive/a.cpp", "#include HEADER"),
    ("core/a.cpp", '#include "tests/support/b.h"'),
    ("apps/a.cpp", '#include "python/bindings/b.h"'),
    ("python/bindings/a.cpp", '#include "apps/ogam/b.h"'),
])
def test_an_include_in_a_wrong_direction_is_found(tmp_path: Path, file: str, line: str):
    assert len(wrong_directions(written(tmp_path, {file: line}))) == 1


@pytest.mark.parametrize("files", [
    {"pipelines/a.cpp": "#include <sqlite3.h>"},
    {"archive/a.h": "#include <sqlite3.h>"},
    {"archive/a.cpp": "#include <ATen/core/Tensor.h>"},
    {"apps/a.cpp": "#include <libavformat/avformat.h>"},
    {"encoders/a.cpp": "#include <opencv2/core.hpp>"},
    {"pipelines/a.cpp": "#include <allheaders.h>"},
    {"pipelines/a.cpp": "#include <pybind11/pybind11.h>"},
    {"core/base/a.cpp": "#include <curl/curl.h>"},
    {"pipelines/a.cpp": '#include "core/media/b.h"', "core/media/b.h": "#include <libavutil/frame.h>"},
    {"ogam/a.h": '#include "pipelines/b.h"', "pipelines/b.h": '#include "core/nn/c.h"', "core/nn/c.h": "#include <torch/all.h>"},
])
def test_a_header_away_from_its_home_is_found(tmp_path: Path, files: dict[str, str]):
    assert len(headers_away_from_home(written(tmp_path, files))) == 1


COMMENT_OR_STRING = re.compile(r'R"([^(\s]*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
SCOPE = re.compile(r"\bnamespace\b\s*([\w:]*)\s*$")
TYPE = re.compile(r"\b(?:class|struct|union|enum(?:\s+class)?)\s+(?:alignas\([^)]*\)\s*|\[\[[^\]]*\]\]\s*)*(\w+)\s*(?:final\s*)?(?::[^:].*)?$", re.DOTALL)


def types_defined(source: str) -> set[str]:
    """Full names of the types that a file defines at namespace level; those of unnamed namespaces are its own and left out."""
    found, scopes, start = set(), [], 0
    source = re.sub(r"^\s*#.*?(?<!\\)$", "", COMMENT_OR_STRING.sub(" ", source), flags=re.MULTILINE | re.DOTALL)
    for mark in re.finditer(r"[{};]", source):
        before, start = source[start : mark.start()], mark.end()
        if mark.group() == "}":
            scopes.pop()
        elif mark.group() == "{":
            scope, kind = SCOPE.search(before), TYPE.search(before)
            if kind and "template" not in before and all(scopes):
                found.add("::".join([*scopes, kind.group(1)]))
            # An empty name stands for every scope that gives no type to other files.
            scopes.append(scope.group(1) if scope else "")
    return found


def types_defined_twice(root: Path) -> list[str]:
    """Types of one name in two files: the linker keeps one of their functions for both, without a word."""
    files: dict[str, list[str]] = {}
    for path in sources(root):
        for name in types_defined(path.read_text()):
            files.setdefault(name, []).append(str(path.relative_to(root)))
    return [f"{name}: {', '.join(paths)}" for name, paths in sorted(files.items()) if len(paths) > 1]


def test_no_two_files_define_a_type_of_one_name():
    assert types_defined_twice(ROOT) == []


@pytest.mark.parametrize(
    ("first", "second", "twice"),
    [
        ("namespace ogam {\nstruct Row { int a; };\n}", "namespace ogam {\nclass Row final : public Base<int> {\n};\n}", ["ogam::Row"]),
        ("namespace ogam::nn {\nenum class Kind { a };\n}", "namespace ogam { namespace nn { struct Kind {}; } }", ["ogam::nn::Kind"]),
        ("namespace ogam {\nnamespace {\nstruct Row {};\n}\n}", "namespace ogam {\nstruct Row {};\n}", []),
        ("namespace ogam {\nstruct A { struct Row {}; };\n}", "namespace ogam {\nstruct Row;\nvoid f(struct Row& row) {}\n}", []),
        ('namespace ogam {\nconst char* s = "struct Row {";  // struct Row {\n}', "namespace ogam {\nstruct Row {};\n}", []),
    ],
)
def test_a_type_defined_twice_is_found(tmp_path: Path, first: str, second: str, twice: list[str]):
    root = written(tmp_path, {"core/nn/first.h": first, "pipelines/second.cpp": second})
    assert types_defined_twice(root) == [f"{name}: core/nn/first.h, pipelines/second.cpp" for name in twice]


def test_formatting_and_linting_are_configured():
    style, lint = (ROOT / ".clang-format").read_text(), (ROOT / ".clang-tidy").read_text()
    assert re.search(r"^BasedOnStyle: Google$", style, re.MULTILINE)
    assert re.search(r"^ColumnLimit: 100$", style, re.MULTILINE)
    assert re.search(r"^WarningsAsErrors: '\*'$", lint, re.MULTILINE)
    presets = {preset["name"]: preset for preset in json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]}
    assert {"release", "dev", "asan", "tidy", "fuzz"} <= set(presets)
    assert presets["release"]["cacheVariables"]["OGAM_WERROR"] == "ON"


def test_sources_are_formatted():
    assert shutil.which("clang-format"), "install it: apt-get install clang-format"
    files = sources() + [path for path in sorted((ROOT / "tests").rglob("*")) if path.suffix in (".h", ".cpp")]
    done = subprocess.run(["clang-format", "--style=file", "--dry-run", "--Werror", *files], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr[:4000]


def test_every_test_program_is_built():
    listed = set(re.search(r"foreach\(folder([^)]*)\)", (ROOT / "tests/CMakeLists.txt").read_text()).group(1).split())
    folders = {str(path.parent.relative_to(ROOT / "tests")) for path in (ROOT / "tests").glob("**/CMakeLists.txt")}
    assert listed == folders - {".", "consumer"}, "tests/CMakeLists.txt lists other folders than there are"
    for path in (ROOT / "tests").rglob("*_test.cpp"):
        assert any(path.is_relative_to(ROOT / "tests" / folder) for folder in listed), f"no program builds {path}"


def test_public_header_shows_no_dependency_but_the_standard_library_and_fmt():
    seen = headers_seen(ROOT / "ogam/ogam.h", ROOT)
    assert [header for header in seen if not re.fullmatch(r"[a-z_0-9]+|fmt/[a-z]+\.h", header)] == []


def test_exactly_the_headers_that_the_public_one_reaches_are_installed():
    reached, pending = set(), ["ogam/ogam.h"]
    while pending:
        name = pending.pop()
        if name not in reached:
            reached.add(name)
            pending += [own(include) for include in includes(ROOT / name) if own(include)]
    headers = re.search(r"foreach\(header([^)]*)\)", (ROOT / "ogam/CMakeLists.txt").read_text()).group(1).split()
    assert sorted(headers) == sorted(reached - {"ogam/ogam.h"})


def test_a_program_builds_and_runs_against_the_installed_package(tmp_path: Path):
    prefix = tmp_path / "prefix"
    subprocess.run(["cmake", "--install", BUILD, "--prefix", prefix], check=True, capture_output=True)
    build = tmp_path / "build"
    configure = ["cmake", "-G", "Ninja", "-S", ROOT / "tests/consumer", "-B", build, f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_BUILD_TYPE=Release"]
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
    assert "libtorch_cpu" in maps, "doctor ended before its libraries were seen"
    runtimes = {line.split()[-1] for line in maps.splitlines() if re.search(r"lib(gomp|iomp|omp)", line)}
    assert len(runtimes) == 1, runtimes


def test_version_is_the_same_everywhere():
    cmake = re.search(r"project\(ogam VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)
    header = re.search(r'kVersion = "([\d.]+)"', (ROOT / "core/base/version.h").read_text()).group(1)
    changelog = re.search(r"^## ([\d.]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE).group(1)
    assert cmake == header == changelog


def documents() -> list[str]:
    """Every document that is checked in, as its path below the root."""
    tops = [path for path in sorted(ROOT.iterdir()) if not path.name.startswith(".") and path.name != "build"]
    files = [file for top in tops for file in ([top] if top.is_file() else sorted(top.rglob("*.md")))]
    return [str(file.relative_to(ROOT)) for file in files if file.suffix == ".md"]


@pytest.mark.parametrize("document", documents())
def test_every_file_that_a_document_names_exists(document: str):
    text = (ROOT / document).read_text()
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:|#", link)]
    missing = [link for link in links if not ((ROOT / document).parent / link).exists()]
    folders = {path.name for path in ROOT.iterdir() if path.is_dir() and path.name != "build"}
    named = [path for path in re.findall(r"`([\w.-]+/[\w./-]*)`", text) if path.split("/")[0] in folders]
    missing += [path for path in named if not (ROOT / path).exists()]
    assert missing == []


@pytest.mark.parametrize("document", documents())
def test_no_document_has_a_gap_to_fill(document: str):
    assert re.findall(r"@@\w*@@|\b(?:TODO|FIXME|TBD|XXX)\b", (ROOT / document).read_text()) == []


def test_every_document_is_reached_from_the_readme():
    reached, pending = set(), ["README.md"]
    while pending:
        name = pending.pop()
        if name in reached or not (ROOT / name).is_file():
            continue
        reached.add(name)
        links = re.findall(r"\]\(([^)\s#:]+\.md)(?:#[^)]*)?\)", (ROOT / name).read_text())
        pending += [str(((ROOT / name).parent / link).resolve().relative_to(ROOT)) for link in links]
    assert set(documents()) - reached - {"CHANGELOG.md"} == set()


def test_every_dependency_has_its_file_and_every_file_is_used():
    listed = re.search(r"foreach\(dependency([^)]*)\)", (ROOT / "CMakeLists.txt").read_text()).group(1).split()
    assert sorted(listed) == sorted(path.stem for path in (ROOT / "third_party").glob("*.cmake"))
