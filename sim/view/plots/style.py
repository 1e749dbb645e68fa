"""The style of all plots: colours, markers, fonts and matplotlib settings.

Figures are made without pyplot: no window opens, no backend is chosen and no state is kept. The
user's own matplotlib settings are not changed; the settings below are active only while a plot is
drawn, so that the same run gives the same picture everywhere.
"""

import io
import textwrap
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache, wraps
from threading import RLock
from types import MappingProxyType
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from sim.engine.tables import RunData
from sim.scenario import SECTORS
from sim.view.words import sector_name

P = ParamSpec("P")
T = TypeVar("T")


class Look(NamedTuple):
    """Colour, marker and dashes of a sector; they can be told apart in grey, too."""

    colour: str
    marker: str
    dash: str


# The colours differ in lightness, so they also differ in grey and for every colour vision.
LOOKS: Mapping[str, Look] = MappingProxyType(
    {
        "government": Look("#0A3A6B", "s", "-"),
        "private": Look("#F2AE2E", "^", "--"),
        "community": Look("#2BB589", "o", "-."),
        "civil_society": Look("#A63A76", "D", ":"),
    }
)
INK, GREY, FAINT, ALARM = "#222222", "#767676", "#C4C4C4", "#A01818"
SMALL, NORMAL, LARGE = 7.0, 8.0, 9.5  # points
LETTER = 0.56  # width of a letter as a multiple of its height
MANY = 60  # with more stakeholders, their marks are finer and rasterised
MISSING_GLYPH = "\u25a1"
FONT = "DejaVu Sans"  # part of matplotlib, so it is the same everywhere
# Used only if a name has letters that FONT lacks.
OTHER_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Noto Sans SC",
    "Microsoft YaHei",
    "Malgun Gothic",
    "Yu Gothic",
    "Arial Unicode MS",
    "Nirmala UI",
    "Noto Sans Devanagari",
    "Noto Sans Thai",
    "Noto Sans Javanese",
)

# Prefixes of the user's settings that would change a picture.
_SETTINGS = (
    "agg.", "axes.", "errorbar.", "figure.", "font.", "grid.", "image.", "legend.",
    "lines.", "markers.", "mathtext.", "patch.", "path.", "savefig.", "scatter.", "svg.", "text.",
    "xtick.", "ytick.",
)  # fmt: skip
_OURS: Mapping[str, Any] = MappingProxyType(
    {
        "axes.axisbelow": True,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.labelpad": 2.0,
        "axes.labelsize": NORMAL,
        "axes.linewidth": 0.6,
        "axes.spines.right": False,
        "axes.spines.top": False,
        "axes.titlelocation": "left",
        "axes.titlesize": LARGE,
        "axes.titleweight": "bold",
        "figure.dpi": 150,
        # Plots use the first font; the others are for viewers of an SVG who lack it.
        "font.sans-serif": [FONT, "Verdana", "Arial"],
        "font.size": NORMAL,
        "legend.borderaxespad": 0.0,
        "legend.borderpad": 0.0,
        "legend.columnspacing": 1.2,
        "legend.fontsize": SMALL,
        "legend.frameon": False,
        "legend.handlelength": 1.8,
        "legend.handletextpad": 0.5,
        "legend.labelspacing": 0.3,
        "lines.linewidth": 1.2,
        "path.simplify_threshold": 0.3,
        "savefig.dpi": 150,
        "svg.fonttype": "none",
        "svg.hashsalt": "mufakat",
        "text.color": INK,
        "text.parse_math": False,  # a name may hold dollar signs
        "xtick.color": GREY,
        "xtick.labelcolor": INK,
        "xtick.labelsize": SMALL,
        "xtick.major.size": 2.5,
        "ytick.color": GREY,
        "ytick.labelcolor": INK,
        "ytick.labelsize": SMALL,
        "ytick.major.size": 2.5,
    }
)
_ONE_AT_A_TIME = RLock()  # matplotlib has one set of settings for the whole process


class Picture(Figure):
    """A figure that a notebook displays even if pyplot was never imported."""

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height))
        FigureCanvasAgg(self)

    def _repr_png_(self) -> bytes:
        with io.BytesIO() as stream:
            self.savefig(stream, format="png")
            return stream.getvalue()


def in_our_style(
    function: Callable[Concatenate[RunData, P], T],
) -> Callable[Concatenate[RunData, P], T]:
    """Decorator: apply our settings while a function draws a run."""

    @wraps(function)
    def draw(run: RunData, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with our_style(run):
            return function(run, *args, **kwargs)

    return draw


def our_style(run: RunData) -> AbstractContextManager[None]:
    """Context manager: our settings, with fonts for all names in this run."""
    return our_settings(_names(run))


@contextmanager
def our_settings(words: str) -> Iterator[None]:
    """Context manager: our settings, with fonts for these words."""
    with _ONE_AT_A_TIME:
        if mpl.rcParams["svg.hashsalt"] == _OURS["svg.hashsalt"]:  # a plot on a sheet
            yield
            return
        settings: dict[Any, Any] = {
            name: mpl.rcParamsDefault[name]
            for name in mpl.rcParamsDefault
            if name.startswith(_SETTINGS)
        }
        settings |= {**_OURS, "font.family": _fonts(words)}
        with mpl.rc_context(settings):
            yield


def _names(run: RunData) -> str:
    """Return all words in a run that its author wrote."""
    problem = run.scenario.problem
    words = [run.scenario.title]
    words += [who.name for who in run.scenario.listed or ()]
    words += [option.name for option in problem.options or ()]
    words += [word for axis in problem.axes or () for word in (axis.name, axis.low, axis.high)]
    words += [event.title or event.field for event in run.scenario.events]
    return "".join(words)


def _fonts(text: str) -> list[str]:
    """Return the font families that a text needs, as far as they are installed."""
    missing = {ord(letter) for letter in text} - _letters(FONT)
    if not missing:
        return ["sans-serif"]
    installed = set(font_manager.get_font_names())
    others = [name for name in OTHER_FONTS if name in installed and missing & _letters(name)]
    return ["sans-serif", *others]


@lru_cache(maxsize=16)
def _letters(font: str) -> frozenset[int]:
    """Return the letters that a font has in both normal and bold type."""
    faces = [
        font_manager.FontProperties(family=font, weight=weight) for weight in ("normal", "bold")
    ]
    found = [font_manager.get_font(font_manager.findfont(face)).get_charmap() for face in faces]
    return frozenset(found[0]) & frozenset(found[1])


def shorten(text: str, most: int = 28) -> str:
    r"""Return a text on one line, cut to a length, with only letters that the fonts have.

    >>> shorten("Riverside Quarters\nof Port Anselm", 20)
    'Riverside Quarters…'
    """
    fonts = [font for font in mpl.rcParams["font.family"] if font in OTHER_FONTS]
    known = _letters(FONT).union(*map(_letters, fonts))
    line = " ".join(text.split())
    line = line if len(line) <= most else line[: most - 1].rstrip() + "…"
    return "".join(letter if ord(letter) in known else MISSING_GLYPH for letter in line)


def label_of(run: RunData, name: str, most: int = 28) -> str:
    """Return a stakeholder's label: its listed name, or its number in its sector."""
    return shorten(name, most) if run.scenario.listed is not None else name.rpartition(" ")[2]


def sectors_of(run: RunData) -> list[str]:
    """Return the sectors that have stakeholders."""
    return [sector for sector in SECTORS if run.scenario.count(sector) > 0]


def legend_entry(label: str, **look: Any) -> Line2D:
    """Return a legend entry that belongs to no artist on the axes."""
    return Line2D([], [], label=label, **look)


def sector_handles(run: RunData) -> list[Line2D]:
    """Return the legend entries of the sectors."""
    return [
        legend_entry(
            sector_name(name), color=LOOKS[name].colour, marker=LOOKS[name].marker, linestyle="none"
        )
        for name in sectors_of(run)
    ]


class Frame(NamedTuple):
    """Size of the axes of a single plot and the margins around them, in inches."""

    width: float
    height: float
    left: float = 0.6
    right: float = 1.9
    bottom: float = 0.5
    top: float = 0.6

    def axes(self) -> Axes:
        """Return the axes on a new figure."""
        width = self.left + self.width + self.right
        height = self.bottom + self.height + self.top
        box = self.left / width, self.bottom / height, self.width / width, self.height / height
        return Picture(width, height).add_axes(box)


OVER_TIME = Frame(7.0, 2.0)


def size_of(ax: Axes) -> tuple[float, float]:
    """Return width and height of axes in points, before a layout or aspect changes them."""
    box = ax.get_position()
    width, height = ax.figure.figure.get_size_inches()
    return box.width * width * 72, box.height * height * 72


def write_note(ax: Axes, text: str) -> Axes:
    """Write a note in the middle of axes that says why there is nothing to draw."""
    width, _height = size_of(ax)
    lines = textwrap.fill(text, max(16, int(width / (0.6 * NORMAL))))
    ax.text(
        0.5, 0.5, lines, transform=ax.transAxes, ha="center", va="center", color=GREY,
        fontsize=NORMAL, style="italic", gid="missing", zorder=3,
        bbox={"facecolor": "white", "linewidth": 0, "alpha": 0.7, "pad": 2},
    )  # fmt: skip
    return ax
