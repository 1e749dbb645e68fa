"""What the pages have in common: templates, words of the language, and being written whole."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sim import __version__
from sim.language import _, _n


def rendered(template: str, parts: Mapping[str, Any]) -> str:
    """A page as HTML: the same parts give the same text."""
    return filled("sim.view.report", template, parts)


def filled(package: str, template: str, parts: Mapping[str, Any]) -> str:
    """A template of a package with these parts, escaped."""
    surroundings = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    surroundings.globals.update(_=_, _n=_n, version=__version__)
    return surroundings.get_template(template).render(parts) + "\n"


def write_whole(content: str, path: str | Path) -> None:
    """Write a page, whole or not at all; folders on the way are made.

    Raises
    ------
    OSError
        It cannot be written.
    """
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.{os.getpid()}.half")
    try:
        half.write_bytes(content.encode())
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)
