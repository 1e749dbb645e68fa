"""A validation in a folder: the report, its tables, and the stagings as files to run."""

from pathlib import Path
from typing import TYPE_CHECKING

from sim.evidence.stagings import file_of
from sim.evidence.targets import STAGED
from sim.scenario.files import SUFFIX

if TYPE_CHECKING:
    from sim.evidence.validate import Validation

REPORT = "validation.html"


def save(found: "Validation", folder: Path) -> None:
    """Write all files; each is there whole, or as it was before."""
    stagings = folder / "stagings"
    stagings.mkdir(parents=True, exist_ok=True)
    tables = {
        "verdicts.csv": found.verdicts(),
        "targets.csv": found.targets(),
        "directions.csv": found.directions(),
        "groups.csv": found.groups(),
    }
    for name, table in tables.items():
        text = table.to_csv(index=False, lineterminator="\n")
        _write(folder / name, text.encode())
    for name in STAGED:
        _write(stagings / f"{name}{SUFFIX}", file_of(name).read_bytes())
    found.report(folder / REPORT)


def _write(file: Path, content: bytes) -> None:
    half = file.with_name(f".{file.name}.half")
    try:
        half.write_bytes(content)
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)
