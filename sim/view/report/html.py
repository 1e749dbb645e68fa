"""HTML pages: templates, Markdown and writing to a file."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from sim import __version__
from sim.language import _, _n


def render_page(template: str, parts: Mapping[str, Any]) -> str:
    """Returns a page of the report as HTML; the same parts give the same text."""
    return render("sim.view.report", template, parts)


def render(package: str, template: str, parts: Mapping[str, Any]) -> str:
    """Returns a template of a package filled in with these parts, escaped."""
    environment = Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(_=_, _n=_n, version=__version__)
    return environment.get_template(template).render(parts) + "\n"


def write_text(content: str, path: str | Path) -> None:
    """Write a page, complete or not at all; missing folders are created.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    file = Path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.{os.getpid()}.half")
    try:
        half.write_bytes(content.encode())
        half.replace(file)
    finally:
        half.unlink(missing_ok=True)


_PIECE = re.compile(r"\\(?P<literal>.)|(?P<mark>\*\*|\*)|(?P<text>[^\\*]+|\\)", re.DOTALL)
_TAGS = {"**": "strong", "*": "em"}


def html_from_markdown(markdown: str, top: int) -> Markup:
    r"""Headings, paragraphs and emphasis; everything else is text, and stays text.

    Parameters
    ----------
    top
        The level of heading that ``##`` becomes; ``#``, the title, is left to the page.

    Examples
    --------
    >>> print(html_from_markdown("# Title\n\n## One\n\n**A.** \\<b\\> & more", top=4))
    <h4>One</h4>
    <p><strong>A.</strong> &lt;b&gt; &amp; more</p>
    """
    parts = []
    for block in markdown.strip().split("\n\n"):
        level = len(block) - len(block.lstrip("#"))
        if level > 1:
            tag, text = f"h{top + level - 2}", block[level:].strip()
        elif level == 0:
            tag, text = "p", block
        else:
            continue
        parts.append(Markup("<{tag}>{inner}</{tag}>").format(tag=Markup(tag), inner=_inline(text)))
    return Markup("\n").join(parts)


def _inline(text: str) -> Markup:
    """Emphasis and escaped letters of one paragraph."""
    said = Markup()
    is_open: list[str] = []
    for piece in _PIECE.finditer(text):
        mark = piece["mark"]
        if mark is None:
            said += escape(piece["literal"] or piece["text"])
        elif mark in is_open:
            said += Markup("</{}>").format(Markup(_TAGS[mark]))
            is_open.remove(mark)
        else:
            said += Markup("<{}>").format(Markup(_TAGS[mark]))
            is_open.append(mark)
    return said + Markup().join(Markup("</{}>").format(Markup(_TAGS[m])) for m in is_open[::-1])
