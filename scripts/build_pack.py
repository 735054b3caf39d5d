#!/usr/bin/env python3
"""Builds a pack, by itself the starter pack, from packaged weights; a sound pack is left alone.

The packages are those whose hashes the recipe knows.

Run by scripts/setup.sh. Exit status: 0 the pack is ready, 1 it could not be built, 2 usage,
130 interrupted.
"""

import argparse
import importlib.util
import os
import signal
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


def use_project_python() -> None:
    """Starts again with the project's own Python when this one lacks what conversion needs."""
    if all(importlib.util.find_spec(name) is not None for name in ("numpy", "onnx", "safetensors")):
        return
    python = _ROOT / ".venv" / "bin" / "python"
    if not python.exists() or Path(sys.prefix) == _ROOT / ".venv":
        sys.exit(
            "build_pack: numpy, onnx and safetensors are needed; run scripts/setup.sh to have them"
        )
    os.execv(python, [str(python), *sys.argv])


def default_home() -> Path:
    return Path(os.environ.get("OGAM_HOME") or Path.home() / ".cache" / "ogam")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--force", action="store_true", help="build the pack again even if it is sound"
    )
    parser.add_argument(
        "--from", dest="given", type=Path, metavar="DIR", help="take the packages from DIR"
    )
    parser.add_argument(
        "--home", type=Path, default=default_home(), help="instead of OGAM_HOME (%(default)s)"
    )
    parser.add_argument(
        "--recipe",
        type=Path,
        default=_ROOT / "data" / "packs" / "starter.json",
        help="what to build (%(default)s)",
    )
    arguments = parser.parse_args()
    use_project_python()

    from pack.build import BuildOptions, build_pack
    from pack.errors import PackError

    # A polite request to stop unwinds like an interrupt, so that nothing half-done is left behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = BuildOptions(
        arguments.recipe.resolve(), arguments.home.resolve(), arguments.given, arguments.force
    )
    try:
        build_pack(options, lambda line: print(f"build_pack: {line}", flush=True))
    except PackError as error:
        print(f"build_pack: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        print(
            f"build_pack: {error}; check the space and the permissions there and run again",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("build_pack: stopped; run again to go on", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
