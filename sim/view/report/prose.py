"""From the Markdown that our minutes are written in to HTML."""

import re

from markupsafe import Markup, escape

_PIECE = re.compile(r"\\(?P<literal>.)|(?P<mark>\*\*|\*)|(?P<text>[^\\*]+|\\)", re.DOTALL)
_TAGS = {"**": "strong", "*": "em"}


def html_of(markdown: str, top: int) -> Markup:
    r"""Headings, paragraphs and emphasis; everything else is text, and stays text.

    Parameters
    ----------
    top
        The level of heading that ``##`` becomes; ``#``, the title, is left to the page.

    Examples
    --------
    >>> print(html_of("# Title\n\n## One\n\n**A.** \\<b\\> & more", top=4))
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
