"""HTML pages: templates, Markdown and writing to a file."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

from sim.base.text import _, _n
from sim.base.version import __version__


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


def html_from_markdown(markdown: str, top: int) -> Markup:
    r"""Returns the headings, paragraphs and emphasis of Markdown as HTML; all else stays text.

    Parameters
    ----------
    top
        The level of heading that ``##`` becomes. The page has the title, ``#``.

    Examples
    --------
    >>> print(html_from_markdown("# Title\n\n## One\n\n**A.** \\<b\\> & more", top=4))
    <h4>One</h4>
    <p><strong>A.</strong> &lt;b&gt; &amp; more</p>
    """
    parser = _markdown_parser()
    tokens = parser.parse(markdown)
    if tokens and tokens[0].tag == "h1":
        tokens = tokens[3:]
    for token in tokens:
        if token.type.startswith("heading"):
            token.tag = f"h{int(token.tag[1]) + top - 2}"
    return Markup(parser.renderer.render(tokens, parser.options, {}).rstrip())


@cache
def _markdown_parser() -> MarkdownIt:
    """Returns a parser for headings, paragraphs and emphasis only."""
    parser = MarkdownIt("zero").enable(["heading", "emphasis", "escape"])
    parser.add_render_rule("text", _escaped)
    return parser


def _escaped(_renderer: object, tokens: Sequence[Token], index: int, *_options: object) -> str:
    """Returns a text escaped as in the templates."""
    return escape(tokens[index].content)
