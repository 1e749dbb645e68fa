"""A whole run at a glance: the sheet, on one page, and the animation."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal, NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.animation import FuncAnimation
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image

from sim.base import __version__
from sim.base.text import _
from sim.engine.tables import RunData
from sim.scenario import SECTORS
from sim.view.plots.phases import delivery, pool, support, votes
from sim.view.plots.stakeholders import (
    draw_stakeholders,
    frame_plane,
    frame_ring,
    mean_ties,
    network,
    policy_plane,
    ring_angles,
    tie_curves,
    trust_grey,
)
from sim.view.plots.style import (
    ALARM,
    GREY,
    INK,
    LARGE,
    LOOKS,
    MANY,
    NORMAL,
    SMALL,
    Picture,
    in_our_style,
    legend_entry,
    our_style,
    sector_handles,
    sectors_of,
    shorten,
    write_note,
)
from sim.view.plots.timeline import (
    events_of,
    membership,
    phase_handles,
    trust_in_sectors,
    why_no_rounds,
)
from sim.view.words import PHASE_NAMES

A4 = (11.69, 8.27)  # inches, landscape
# Left, bottom, width and height of each plot on the sheet, in inches.
PLANE = (0.55, 5.0, 2.35, 2.35)
NETWORK = (4.85, 4.95, 4.4, 2.4)
POOL = (9.6, 5.0, 1.8, 2.35)
COURSE = 0.55, 9.25  # left and width of the plots over time
ROWS = ((3.02, 1.05), (2.14, 0.62), (1.28, 0.62), (0.46, 0.58))  # bottom and height


@in_our_style
def sheet(run: RunData) -> Figure:
    """Return the main plots of a run on one page, with its key numbers.

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
    """Return axes on the page, placed in inches."""
    return page.add_axes((left / A4[0], bottom / A4[1], width / A4[0], height / A4[1]))


def _head(page: Figure, run: RunData) -> None:
    """Write title, key numbers, source and the legends of the whole page."""

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
    """Return the main outcomes of a run on one line.

    >>> import sim
    >>> key_numbers(sim.run(sim.load("team")))
    'agreement in month 14 · 100% of the table accepted · ... · dissolved in month 26'
    """
    parts = [_agreement_words(run)]
    several = events_of(run, "planned")["cycle"].nunique() > 1
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
        value = run.outcomes[name]
        if pd.notna(value):
            parts.append(text.format(value=value))
    over = events_of(run, "dissolved")["round"]
    if len(over) and len(run.rounds):
        parts.append(_("dissolved in month {month}", month=over.iloc[0]))
    return " · ".join(parts)


def _agreement_words(run: RunData) -> str:
    """Return whether and when there was an agreement."""
    if not len(run.rounds):
        return _("dissolved before the first meeting")
    month = run.outcomes["months_to_agreement"]
    if pd.notna(month):
        return _("agreement in month {month:.0f}", month=month)
    decided = pd.notna(run.outcomes["agreement"])
    return _("no agreement") if decided else _("no decision asked for")


def sheet_bytes(run: RunData, kind: Literal["png", "svg"]) -> bytes:
    """Return the sheet as the content of a file; the same run gives the same bytes.

    Parameters
    ----------
    kind
        ``"png"`` or ``"svg"``.

    Raises
    ------
    ValueError
        ``kind`` has another value.
    """
    if kind not in ("png", "svg"):
        raise ValueError(_('a sheet is "png" or "svg", not {kind!r}', kind=kind))
    # Leave out what matplotlib adds by default: its version and the time of day.
    metadata = {"Software": None} if kind == "png" else {"Date": None, "Creator": None}
    with our_style(run), io.BytesIO() as stream:
        sheet(run).savefig(stream, format=kind, metadata=metadata)
        return stream.getvalue()


WIDTH, HEIGHT = 8.4, 5.2  # inches
MAX_FRAMES = 120
SHADES = 8  # of each colour, up to white: few colours make a small file
Numbers = npt.NDArray[np.float64]


class Progress(NamedTuple):
    """Progress of the present phase: a share, the share that is needed, and a label."""

    share: float
    needed: float
    words: str


class Scene:
    """The figure of an animation; ``show`` moves it to a month."""

    def __init__(self, run: RunData) -> None:
        self.run = run
        self.picture = Picture(WIDTH, HEIGHT)
        self.votes = votes(run)
        self.sector = run.stakeholders["sector"].to_numpy()
        self.codes = np.array([SECTORS.index(name) for name in self.sector])
        plane, net, bar = self._axes()
        self.moving: list[Artist] = []
        self._stakeholders(plane)
        self._draft(plane)
        self._ties(net)
        self._bar(bar)

    def _axes(self) -> tuple[Axes, Axes, Axes]:
        """Create the axes of plane, ring and bar, with everything that does not move."""
        page, run = self.picture, self.run
        plane = page.add_axes((0.085, 0.27, 0.36, 0.36 * WIDTH / HEIGHT))
        net = page.add_axes((0.53, 0.2, 0.42, 0.42 * WIDTH / HEIGHT))
        bar = page.add_axes((0.53, 0.07, 0.42, 0.035))
        frame_plane(plane, run)
        frame_ring(net, None)
        bar.set(xlim=(0, 1), ylim=(0, 1), yticks=[], xticks=[0, 0.5, 1])
        bar.set_xticks([0, 0.5, 1], ["0", "", "1"])
        title = shorten(run.scenario.title, 44)
        page.text(0.02, 0.95, title, fontsize=LARGE + 1, weight="bold")
        page.legend(
            handles=sector_handles(run), loc="upper right", ncols=4, bbox_to_anchor=(0.985, 0.98)
        )
        return plane, net, bar

    def _stakeholders(self, ax: Axes) -> None:
        many = len(self.sector) > MANY
        self.people: dict[str, tuple[npt.NDArray[np.intp], PathCollection, PathCollection]] = {}
        for name in sectors_of(self.run):
            look, rows = LOOKS[name], np.flatnonzero(self.sector == name)
            wants, argues = (
                ax.scatter(
                    np.zeros(len(rows)), np.zeros(len(rows)), 8 if many else size, look.colour,
                    marker=look.marker, edgecolor=look.colour, alpha=alpha, clip_on=False,
                    linewidth=1.0, zorder=zorder,
                )
                for size, alpha, zorder in ((10, 0.3, 2), (34, 1.0, 4))
            )  # fmt: skip
            self.people[name] = rows, wants, argues
            self.moving += [wants, argues]

    def _draft(self, ax: Axes) -> None:
        (self.draft,) = ax.plot(
            [], [], "*", color=INK, markersize=13, markeredgecolor="white", zorder=6
        )
        (self.way,) = ax.plot([], [], color=INK, linewidth=1.2, zorder=5)
        self.when = self.picture.text(0.02, 0.9, "", fontsize=LARGE)
        self.moving += [self.way, self.draft, self.when]
        dot: dict[str, Any] = {"marker": "o", "color": GREY, "linestyle": "none"}
        handles = [
            legend_entry(_("interest"), alpha=0.35, **dot),
            legend_entry(_("position, accepts"), **dot),
            legend_entry(_("position, objects"), markerfacecolor="white", **dot),
            legend_entry(_("draft"), marker="*", color=INK, markersize=9, linestyle="none"),
        ]
        self.picture.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0.085, 0.055), ncols=2
        )

    def _ties(self, ax: Axes) -> None:
        self.ties = mean_ties(self.run, "trust")
        self.angles = ring_angles(self.run)
        self.curves = PathCollection(
            tie_curves(self.angles, self.ties), facecolors="none", zorder=2
        )
        ax.add_collection(self.curves, autolim=False)
        nobody = np.zeros(len(self.angles), dtype=bool)
        before = set(ax.collections)
        draw_stakeholders(ax, self.run, self.angles, nobody, nobody)
        marks = [mark for mark in ax.collections if mark not in before]
        self.marks = dict(zip(sectors_of(self.run), marks, strict=True))
        self.moving += [self.curves, *marks]

    def _bar(self, ax: Axes) -> None:
        self.filled = Rectangle((0, 0), 0, 1, color=GREY, linewidth=0)
        ax.add_patch(self.filled)
        self.needed = ax.axvline(0, color=ALARM, linewidth=2)
        self.words = self.picture.text(0.53, 0.125, "", fontsize=NORMAL)
        self.moving += [self.filled, self.needed, self.words]

    def show(self, month: int) -> list[Artist]:
        """Show the state after a month, and return the artists that move."""
        now = self.run.paths.iloc[(month - 1) * len(self.sector) : month * len(self.sector)]
        row, vote = self.run.rounds.iloc[month - 1], self.votes.iloc[month - 1]
        self._show_stakeholders(now, asked=bool(row["phase"] == "debate"))
        self._show_draft(month)
        self._show_ties(now)
        bar = progress(row, vote)
        self.filled.set_width(0.0 if np.isnan(bar.share) else min(1.0, bar.share))
        self.needed.set_xdata([bar.needed, bar.needed])
        self.needed.set_visible(not np.isnan(bar.needed))
        self.words.set_text(bar.words.format(share=bar.share))
        self.when.set_text(
            _(
                "month {month}, cycle {cycle}: {phase}",
                month=month,
                cycle=row["cycle"],
                phase=_(PHASE_NAMES[str(row["phase"])]),
            )
        )
        return self.moving

    def _show_stakeholders(self, now: pd.DataFrame, asked: bool) -> None:
        there = now["at_table"].to_numpy(dtype=bool)
        objects = asked & there & ~now["accepts"].fillna(True).to_numpy(dtype=bool)
        positions = now[["position_x", "position_y"]].to_numpy(dtype=float, copy=True)
        positions[~there] = np.nan
        interests = now[["interest_x", "interest_y"]].to_numpy(dtype=float)
        member = now["member"].to_numpy(dtype=bool)
        for name, (rows, wants, argues) in self.people.items():
            wants.set_offsets(interests[rows])
            argues.set_offsets(positions[rows])
            argues.set_facecolor(["white" if no else LOOKS[name].colour for no in objects[rows]])
            self.marks[name].set_facecolor(
                [LOOKS[name].colour if is_in else "white" for is_in in member[rows]]
            )

    def _show_draft(self, month: int) -> None:
        so_far = self.run.rounds.iloc[:month]
        now = so_far.iloc[-1]
        same = so_far[(so_far["problem"] == now["problem"]) & so_far["option"].notna()]
        if same.empty or pd.isna(now["option"]):
            self.draft.set_data([], [])
            self.way.set_data([], [])
            return
        way = same.loc[same["option"] == now["option"], ["option_x", "option_y"]].to_numpy()
        self.draft.set_data(way[-1:, 0], way[-1:, 1])
        self.way.set_data(way[:, 0], way[:, 1])

    def _show_ties(self, now: pd.DataFrame) -> None:
        """Shade each tie by how far its two ends trust each other's sector."""
        trusts = now[[f"trust_in_{name}" for name in SECTORS]].to_numpy(dtype=float)
        one, other, _last = self.ties
        both = np.stack([trusts[one, self.codes[other]], trusts[other, self.codes[one]]])
        member = now["member"].to_numpy(dtype=bool)
        alive = member[one] & member[other] & ~np.isnan(both).any(axis=0)
        trust = np.where(alive, both.mean(axis=0), 0.0)
        thin = 0.4 if len(trust) > 8 * MANY else 1.0
        self.curves.set_edgecolor(list(map(tuple, trust_grey(trust))))
        self.curves.set_linewidth(list(np.where(alive, (0.3 + 1.5 * trust) * thin, 0.0)))


def progress(row: pd.Series, vote: pd.Series) -> Progress:
    """Return what the bar shows in a round: understanding, acceptance, coverage or delivery."""
    phase = row["phase"]
    if phase == "listening":
        return Progress(
            row["understanding"], np.nan, _("understood of what anyone knows: {share:.0%}")
        )
    if phase == "debate":
        if np.isnan(vote["share"]):
            return Progress(np.nan, np.nan, _("nothing is put to a decision"))
        return Progress(
            vote["share"], vote["needed"], _("accept the draft: {share:.0%} (enough: the line)")
        )
    if phase == "planning":
        return Progress(row["coverage"], 1.0, _("pledged of what is needed: {share:.0%}"))
    return Progress(row["step"], 1.0, _("delivered of what is needed: {share:.0%}"))


def frame_months(months: int, most: int = MAX_FRAMES) -> list[int]:
    """Return the months to show: all, or one in so many, with the first and the last.

    >>> frame_months(10, 4)
    [1, 4, 7, 10]
    """
    every = max(1, -(-(months - 1) // max(1, most - 1)))
    shown = list(range(1, months + 1, every))
    return shown if not shown or shown[-1] == months else [*shown, months]


@in_our_style
def animate(
    run: RunData, path: str | Path | None = None, *, per_second: float = 8.0
) -> FuncAnimation | None:
    """Animate positions, ties and the progress of phases, month by month.

    Parameters
    ----------
    path
        File for a GIF. By default the animation is returned, and no file is written.
    per_second
        Frames per second, more than 0.
    """
    if not per_second > 0:
        raise ValueError(_("per_second is {value}; it must be more than 0", value=per_second))
    scene = Scene(run) if len(run.rounds) else None
    months = frame_months(len(run.rounds))
    if path is not None:
        pictures = _draw_frames(scene, months) if scene is not None else [_note_frame(run)]
        _write_gif(pictures, Path(path), per_second)
        return None
    if scene is None:
        picture = Picture(WIDTH, HEIGHT)
        write_note(picture.add_subplot(), why_no_rounds(run))
        return FuncAnimation(picture, lambda _frame: [], frames=1)
    return FuncAnimation(scene.picture, scene.show, frames=months, interval=1000 / per_second)


def _draw_frames(scene: Scene, months: Iterable[int]) -> list[Image.Image]:
    """Return an image for each month; everything that does not move is drawn only once."""
    canvas: Any = FigureCanvasAgg(scene.picture)
    for artist in scene.moving:
        artist.set_animated(True)
    canvas.draw()
    still = canvas.copy_from_bbox(scene.picture.bbox)
    found = []
    for month in months:
        canvas.restore_region(still)
        for artist in scene.show(month):
            scene.picture.draw_artist(artist)
        found.append(_image(canvas))
    return found


def _image(canvas: Any) -> Image.Image:
    """Return what is drawn on a canvas."""
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _note_frame(run: RunData) -> Image.Image:
    """Return the only image of a run without rounds: a note."""
    picture = Picture(WIDTH, HEIGHT)
    write_note(picture.add_subplot(), why_no_rounds(run))
    canvas: Any = FigureCanvasAgg(picture)
    canvas.draw()
    return _image(canvas)


def _palette() -> Image.Image:
    """Return an image whose palette has the colours in use and their shades up to white."""
    pure = np.array([to_rgb(c) for c in (*(look.colour for look in LOOKS.values()), INK, ALARM)])
    steps = np.linspace(0.0, 1.0, SHADES)[:, None, None]
    blended = 255 * (pure + steps * (1.0 - pure))
    found = Image.new("P", (1, 1))
    found.putpalette(np.rint(blended).astype(np.uint8).tobytes())
    return found


def _write_gif(pictures: list[Image.Image], path: Path, per_second: float) -> None:
    """Write a GIF that repeats; all frames share one palette, which keeps the file small."""
    palette = _palette()
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    last = 2000  # milliseconds, to read how the run ended
    each = [round(1000 / per_second)] * (len(frames) - 1) + [last]
    with io.BytesIO() as stream:
        frames[0].save(
            stream, "GIF", save_all=True, append_images=frames[1:], duration=each, loop=0
        )
        half = path.with_name(f".{path.name}.half")  # a full disk leaves no incomplete GIF
        try:
            half.write_bytes(stream.getvalue())
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
