"""Packs: folders that name the model for each lane and task."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from ogam import _ogam
from ogam.inputs import PathInput


@dataclass(frozen=True)
class Space:
    """The identity of a vector space. Vectors meet only inside one space."""

    id: str  #: equal ids, equal spaces: a hash over weights, preprocessing and dimension
    name: str  #: for people: "visual/efficientnet-lite2/posterior"
    lane: str  #: "visual", "sound", "speech", "text" or "fused"
    dimension: int


@dataclass(frozen=True)
class PackModel:
    """One model of a pack and where it comes from."""

    id: str
    model_type: str  #: as in its config.json
    role: str  #: "text", "image", "sound", "speech", "voice-activity", "shots", "screen-text"
    origin: str
    licence: str  #: SPDX identifier, or "unknown"
    training: str


class Pack:
    """A pack of models. Models are loaded when they are first used, and shared from then on."""

    def __init__(self, native: _ogam.Pack) -> None:
        self._native = native

    @staticmethod
    def open(name_or_folder: PathInput = "starter") -> Pack:
        """Opens a pack by its name under `OGAM_HOME/packs`, or by its folder.

        Raises `ogam.Error` (code "unavailable") when it is missing or damaged, naming the command that mends it.
        """
        return Pack(_ogam.Pack.open(os.fspath(name_or_folder)))

    @property
    def name(self) -> str:
        return self._native.name

    @property
    def folder(self) -> Path:
        return self._native.folder

    @property
    def spaces(self) -> list[Space]:
        """The vector spaces of the pack's lanes."""
        return [Space(**fields) for fields in self._native.spaces()]

    @property
    def models(self) -> list[PackModel]:
        return [PackModel(**fields) for fields in self._native.models()]

    def verify(self) -> list[str]:
        """Reads every file and compares its hash; one line for each that is not sound."""
        return self._native.verify()

    def __repr__(self) -> str:
        return f"<ogam.Pack {self.name!r} in {os.fspath(self.folder)!r}>"


#: A pack, its name under `OGAM_HOME/packs`, or its folder.
PackInput: TypeAlias = "Pack | PathInput"


def native_pack(pack: PackInput) -> _ogam.Pack:
    return (pack if isinstance(pack, Pack) else Pack.open(pack))._native
