"""What a stored study asks: its seed, its scenarios with every value, and a digest of it all."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sim import __version__
from sim.language import _
from sim.scenario import Scenario

MANIFEST = "manifest.json"
MADE_BY = "mufakat study"
FORMAT = 1  # of the files of a store; a later one is not read as if it were this


class StoreError(ValueError):
    """A folder that is no store of this study, or no longer a whole one."""


class Manifest(NamedTuple):
    """What is asked: the seed, and every value of the scenarios by their names."""

    seed: int
    scenarios: Mapping[str, Mapping[str, Any]]


def manifest_text(manifest: Manifest) -> str:
    """The manifest as JSON; no time of day is in it."""
    content: dict[str, Any] = {
        "made_by": MADE_BY,
        "format": FORMAT,
        "version": __version__,
        "seed": manifest.seed,
        "scenarios": manifest.scenarios,
    }
    content["digest"] = _digest(content)
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder, or nothing if it has none that is whole.

    Raises
    ------
    StoreError
        A later version wrote it.
    """
    try:
        content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(content, dict) or content.get("made_by") != MADE_BY:
        return None
    if content.pop("digest", None) != _digest(content):
        return None
    if content["format"] != FORMAT:
        text = _(
            "{folder} holds a study that mufakat {version} wrote, which this version cannot read"
        )
        raise StoreError(text.format(folder=folder, version=content.get("version")))
    return Manifest(content["seed"], content["scenarios"])


def scenarios_in(folder: Path, manifest: Manifest) -> dict[str, Scenario]:
    """The scenarios of a manifest.

    Raises
    ------
    StoreError
        One that this version does not take.
    """
    try:
        return {name: Scenario(**tables) for name, tables in manifest.scenarios.items()}
    except ValueError as error:
        text = _("{folder} holds a study whose scenarios this version does not know: {reason}")
        raise StoreError(text.format(folder=folder, reason=error)) from error


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
