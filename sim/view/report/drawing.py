"""How the report draws: looks of scenarios, and pictures as SVG inside the page.

Pictures are narrow, so that a phone shows them at a size that can be read; a wide screen has two
beside each other.
"""

import io
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple
from xml.etree import ElementTree

import matplotlib as mpl
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.view.plots.style import (
    FAINT,
    GREY,
    INK,
    Picture,
    legend_entry,
    our_settings,
    shorten,
    size_of,
)

WIDTH = 4.6  # inches
MARGIN = 0.12  # inches at the left
LONGEST = 52  # letters of a name that have room on a line
LANE = 0.17  # inches that one line of a picture takes
SMALL, NORMAL = 8.0, 9.0  # points: larger than elsewhere, for phones
# Every colour stands out from white, 3 to 1 or more. Marks and dashes, which tell scenarios apart
# in grey as well, repeat in another rhythm, so that no two scenarios of many look alike.
COLOURS = ("#222222", "#C4561C", "#4A94D2", "#6B4FA0", "#8C8C1E", "#C8769A")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.2, 1.4)), (0, (6, 2, 1.2, 2)), (0, (3, 1)))
_SETTINGS: dict[Any, Any] = {
    "font.size": NORMAL,
    "axes.labelsize": SMALL,
    "axes.titlesize": NORMAL,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "legend.fontsize": SMALL,
}
_UNSAID = MappingProxyType(dict.fromkeys(("Date", "Creator", "Format", "Type")))
_POINTED_AT = re.compile(r"(?:^#|url\(#)([\w.-]+)")


class Look(NamedTuple):
    """How a scenario looks, in colour and in grey alike, and what pictures call it."""

    label: str
    colour: str
    marker: str
    dash: Any


class Drawn(NamedTuple):
    """A picture of the report.

    Attributes
    ----------
    title
        What it is.
    svg
        The picture; what it shows is told in it for those who cannot see it.
    caption
        How to read it, if that is not said elsewhere.
    """

    title: str
    svg: Markup
    caption: str = ""


def looks(names: Sequence[str]) -> dict[str, Look]:
    """A look for each scenario, by its place.

    >>> len(set(looks([str(number) for number in range(40)]).values()))
    40
    """
    return {
        name: Look(label, COLOURS[k % 6], MARKERS[k % 7], DASHES[k % 5])
        for k, (name, label) in enumerate(zip(names, _labels(names), strict=True))
    }


def _labels(names: Sequence[str]) -> list[str]:
    """Names without what all of them have in common; no two look alike when cut to a line.

    >>> _labels(["mine, seats=8, veto=none", "mine, seats=9, veto=none"])
    ['seats=8', 'seats=9']
    >>> _labels(["a" * 80, "a" * 90, "b"])[1][:9]
    '2: aaaaaa'
    """
    parts = [name.split(", ") for name in names]
    common = set.intersection(*map(set, parts)) if len(parts) > 1 else set()
    labels = [", ".join(part for part in own if part not in common) for own in parts]
    labels = [label or name for label, name in zip(labels, names, strict=True)]
    if len({label[: LONGEST - 1] for label in labels}) < len(labels):
        labels = [f"{place}: {label}" for place, label in enumerate(labels, start=1)]
    return labels


@contextmanager
def report_style(words: str) -> Iterator[None]:
    """The settings of our pictures, with larger letters, until the block ends."""
    with our_settings(words), mpl.rc_context(_SETTINGS):
        yield


def lanes(count: float, left: float = MARGIN, right: float = 0.62, top: float = 0.34) -> Axes:
    """Axes with so many lines below each other, counted from 0 at the top, on a picture."""
    bottom = 0.42
    height = top + count * LANE + bottom
    box = (
        left / WIDTH, bottom / height, (WIDTH - left - right) / WIDTH, count * LANE / height,
    )  # fmt: skip
    ax = Picture(WIDTH, height).add_axes(box)
    ax.set_ylim(count - 0.5, -0.5)
    ax.set_yticks([])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="x", color=FAINT, linewidth=0.4)
    return ax


def line_label(ax: Axes, y: float, text: str) -> None:
    """What the lines below it are about, across the whole picture."""
    ax.text(
        0, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=SMALL, zorder=6,
        bbox={"facecolor": "white", "linewidth": 0, "pad": 0.8},
    )  # fmt: skip


def at_the_left(ax: Axes, y: float, text: str) -> None:
    """Whose line it is, before it."""
    ax.text(
        -0.03, y, text, transform=ax.get_yaxis_transform(), ha="right", va="center",
        fontsize=SMALL, clip_on=False,
    )  # fmt: skip


def at_the_right(ax: Axes, y: float, text: str, colour: str = INK) -> None:
    """A number beside its line."""
    ax.text(
        1.02, y, text, transform=ax.get_yaxis_transform(), va="center", fontsize=SMALL,
        color=colour, clip_on=False,
    )  # fmt: skip


def scenario_key(ax: Axes, shown: dict[str, Look], lines: bool = False, above: float = 0.0) -> None:
    """A legend of scenarios, so many inches above the axes, from the picture's left on."""
    handles = [
        legend_entry(
            shorten(look.label, LONGEST),
            color=look.colour,
            marker="none" if lines else look.marker,
            linestyle=look.dash if lines else "none",
            markersize=5,
        )
        for look in shown.values()
    ]
    box = ax.get_position()
    ax.legend(
        handles=handles, loc="lower left", ncols=_columns(shown),
        bbox_to_anchor=(
            (MARGIN / WIDTH - box.x0) / box.width, 1 + above * 72 / size_of(ax)[1]
        ),
        borderaxespad=0.4, handlelength=2.4 if lines else 1.0,
    )  # fmt: skip


def key_height(shown: dict[str, Look]) -> float:
    """Inches that the legend of so many scenarios takes above the axes."""
    return 0.12 + 0.17 * -(-len(shown) // _columns(shown))


def _columns(shown: dict[str, Look]) -> int:
    """How many names have room beside each other."""
    longest = max(len(look.label) for look in shown.values())
    return next((3 - k for k, most in enumerate((14, 26)) if longest <= most), 1)


def zero_line(ax: Axes) -> None:
    """A line where there is no difference."""
    ax.axvline(0, color=GREY, linewidth=0.9, zorder=1.5)


def inside(figure: Figure, name: str, title: str, message: str) -> Markup:
    """A picture as SVG that stands in a page among others.

    Parameters
    ----------
    name
        Unlike any other picture's on the page: its ids begin with it.
    title, message
        What it is, and what it shows, for those who cannot see it.
    """
    with io.BytesIO() as stream:
        figure.savefig(stream, format="svg", metadata=_UNSAID)
        root = ElementTree.fromstring(stream.getvalue())
    values = [value for part in root.iter() for value in part.attrib.values()]
    wanted = {found for value in values for found in _POINTED_AT.findall(value)}
    for part in root.iter():
        part.tag = _local(part.tag)
        for empty in [child for child in part if _local(child.tag) in ("metadata", "style")]:
            part.remove(empty)
        for key, value in list(part.attrib.items()):
            del part.attrib[key]
            if key == "id" and value in wanted:
                part.set("id", f"{name}-{value}")
            elif key != "id":
                text = _POINTED_AT.sub(lambda m: m[0].replace("#", f"#{name}-"), value)
                part.set(_local(key), " ".join(text.split()))
    told = [("title", title), ("desc", message)]
    for place, (tag, text) in enumerate(told):
        element = ElementTree.Element(tag, id=f"{name}-{tag}")
        element.text = text
        root.insert(place, element)
    box = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib.update(
        {"viewBox": box, "role": "img", "aria-labelledby": f"{name}-title {name}-desc"}
    )
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def _local(name: str) -> str:
    """A name without its namespace: SVG in a page has none."""
    return name.rpartition("}")[2]
