"""What the pages have in common: templates and words of the language."""

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from sim.base.version import __version__
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
