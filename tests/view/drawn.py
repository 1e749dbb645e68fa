"""What tests of pictures read off them, and the runs that they draw."""

import json
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text

import sim
from sim.api.run import Run

NON_LATIN = (
    "水利部",
    "وزارة المياه",
    "Ås\nvillage & <co>",
    "$x_{1}$ costs $ 2",
    "कृषि मंत्रालय",
    "Кооператив",
    "กระทรวงเกษตร 👩‍🌾",
    "_private",
    "A" * 90,
)


def played(name: str = "baseline", **changes: Any) -> Run:
    """A run of a shipped scenario; in changes, two underscores stand for a dot."""
    paths = {path.replace("__", "."): value for path, value in changes.items()}
    return _played(name, json.dumps(paths))


@cache
def _played(name: str, changes: str) -> Run:
    return sim.run(sim.load(name).variant(json.loads(changes)))


def drawn(ax: Axes | Figure, gid: str) -> Any:
    """The one artist of that name."""
    (found,) = every(ax, gid)
    return found


def every(ax: Axes | Figure, gid: str) -> list[Any]:
    """All artists of that name."""

    def named(artist: Artist) -> bool:
        return artist.get_gid() == gid

    return ax.findobj(named)


def line(ax: Axes, gid: str) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The points of a line, without its gaps."""
    x, y = drawn(ax, gid).get_data()
    known = ~np.isnan(y)
    return np.asarray(x)[known], np.asarray(y)[known]


def words(ax: Axes | Figure) -> str:
    """Everything that is written there."""
    return "\n".join(text.get_text() for text in ax.findobj(Text))


def legend(ax: Axes) -> list[str]:
    """The entries of the legend of axes."""
    found = ax.get_legend()
    return [] if found is None else [text.get_text() for text in found.get_texts()]


def missing(ax: Axes | Figure) -> str:
    """What a plot says of what did not happen."""
    return " ".join(text.get_text().replace("\n", " ") for text in every(ax, "missing"))
