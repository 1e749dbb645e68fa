"""One run on one page."""

import io
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.base.version import __version__
from sim.engine.result import RunData
from sim.language import _
from sim.view.pictures.membership import membership
from sim.view.pictures.network import network
from sim.view.pictures.plan import delivery, pool
from sim.view.pictures.plane import policy_plane
from sim.view.pictures.style import (
    GREY,
    NORMAL,
    SMALL,
    Picture,
    in_our_style,
    our_style,
    sector_handles,
    shorten,
)
from sim.view.pictures.support import support
from sim.view.pictures.timeline import phase_handles
from sim.view.pictures.trust import trust_in_sectors

A4 = (11.69, 8.27)  # inches, landscape
# Left, bottom, width and height of each plot, in inches.
PLANE = (0.55, 5.0, 2.35, 2.35)
NETWORK = (4.85, 4.95, 4.4, 2.4)
POOL = (9.6, 5.0, 1.8, 2.35)
COURSE = 0.55, 9.25  # left and width of the plots over time
ROWS = ((3.02, 1.05), (2.14, 0.62), (1.28, 0.62), (0.46, 0.58))  # bottom and height


@in_our_style
def sheet(run: RunData) -> Figure:
    """The telling pictures of a run on one page, with its key numbers.

    Examples
    --------
    >>> import sim
    >>> page = sheet(sim.run(sim.load("team")))
    >>> len(page.axes)
    7
    """
    page = Picture(*A4)
    _head(page, run)
    with mpl.rc_context({"axes.titlesize": NORMAL, "axes.labelsize": SMALL}):
        policy_plane(run, _place(page, *PLANE), sectors=False)
        network(run, _place(page, *NETWORK), sectors=False)
        pool(run, _place(page, *POOL), sectors=False)
        below = [_place(page, COURSE[0], bottom, COURSE[1], height) for bottom, height in ROWS]
        support(run, below[0])
        trust_in_sectors(run, below[1], strip=False, sectors=False)
        membership(run, below[2], strip=False, sectors=False)
        delivery(run, below[3], strip=False)
    for ax in below[:-1]:
        ax.set_xlabel("")
        ax.tick_params(labelbottom=False)
    return page


def _place(page: Figure, left: float, bottom: float, width: float, height: float) -> Axes:
    """Axes on the page, in inches."""
    return page.add_axes((left / A4[0], bottom / A4[1], width / A4[0], height / A4[1]))


def _head(page: Figure, run: RunData) -> None:
    """Title, key numbers, the legends of the whole page and where it comes from."""

    def write(x: float, y: float, text: str, **how: Any) -> None:
        page.text(x / A4[0], y / A4[1], text, va="baseline", **how)

    write(0.25, 7.95, shorten(run.scenario.title or _("Untitled"), 64), fontsize=13, weight="bold")
    write(0.25, 7.7, key_numbers(run), fontsize=NORMAL + 0.5)
    number = _("seed {seed}, run {run}", seed=run.seed, run=run.run)
    write(A4[0] - 0.25, 7.7, number, ha="right", color=GREY)
    said = _("mufakat {version}: a simulation, not a forecast", version=__version__)
    write(0.25, 0.1, said, fontsize=SMALL, color=GREY)
    for handles, y in ((sector_handles(run), 8.02), (phase_handles(run), 0.13)):
        page.legend(
            handles=handles, loc="center right", ncols=4, fontsize=NORMAL if y > 1 else SMALL,
            bbox_to_anchor=(1 - 0.25 / A4[0], y / A4[1]),
        )  # fmt: skip


def key_numbers(run: RunData) -> str:
    """What the run came to, on one line.

    >>> import sim
    >>> key_numbers(sim.run(sim.load("team")))
    'agreement in month 14 · 100% of the table accepted · ... · dissolved in month 26'
    """
    found = run.outcomes
    parts = [_decision(run)]
    several = run.events.loc[run.events["event"] == "planned", "cycle"].nunique() > 1
    for name, text in (
        ("acceptance", _("{value:.0%} of the table accepted")),
        ("satisfaction", _("satisfaction {value:.2f}")),
        (
            "coverage",
            _("on average {value:.0%} of the need pledged")
            if several
            else _("{value:.0%} of the need pledged"),
        ),
        ("delivery", _("{value:.0%} delivered")),
        ("retention", _("{value:.0%} still members")),
    ):
        if found[name] == found[name]:
            parts.append(text.format(value=found[name]))
    over = run.events.loc[run.events["event"] == "dissolved", "round"]
    if len(over) and len(run.rounds):
        parts.append(_("dissolved in month {month}", month=over.iloc[0]))
    return " · ".join(parts)


def _decision(run: RunData) -> str:
    """Whether and when there was an agreement."""
    if not len(run.rounds):
        return _("dissolved before the first meeting")
    month = run.outcomes["months_to_agreement"]
    if month == month:
        return _("agreement in month {month:.0f}", month=month)
    return (
        _("no agreement")
        if run.outcomes["agreement"] == run.outcomes["agreement"]
        else _("no decision asked for")
    )


def sheet_bytes(run: RunData, kind: Literal["png", "svg"]) -> bytes:
    """The sheet as a file's content: the same bytes for the same run.

    Parameters
    ----------
    kind
        ``"png"`` or ``"svg"``.

    Raises
    ------
    ValueError
        Another kind.
    """
    if kind not in ("png", "svg"):
        raise ValueError(_('a sheet is "png" or "svg", not {kind!r}', kind=kind))
    # What matplotlib adds by itself: the time of day, and its version.
    unsaid = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
    with our_style(run), io.BytesIO() as stream:
        sheet(run).savefig(stream, format=kind, metadata=unsaid)
        return stream.getvalue()
