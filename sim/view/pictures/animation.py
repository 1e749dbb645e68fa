"""A run that moves: positions and ties month by month, and how far the present phase has come."""

import io
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.animation import FuncAnimation
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import PathCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle
from PIL import Image

from sim.engine.result import RunData
from sim.language import _
from sim.scenario import SECTORS
from sim.view.pictures.network import curves, draw_people, frame_ring, pairs, ring, shade
from sim.view.pictures.plane import frame_plane
from sim.view.pictures.style import (
    ALARM,
    GREY,
    INK,
    LARGE,
    LOOKS,
    MANY,
    NORMAL,
    Picture,
    entry,
    in_our_style,
    say,
    sector_handles,
    sectors_of,
    shorten,
)
from sim.view.pictures.support import votes
from sim.view.pictures.timeline import why_nothing
from sim.view.words import PHASE_NAMES

WIDTH, HEIGHT = 8.4, 5.2  # inches
MOST_FRAMES = 120
SHADES = 8  # of each colour, to white: few colours make a small file
Numbers = npt.NDArray[np.float64]


class Bar(NamedTuple):
    """How far the present phase has come: a share, what it takes, and words."""

    share: float
    needed: float
    words: str


class Scene:
    """Everything that moves, and how it looks in a month."""

    def __init__(self, run: RunData) -> None:
        self.run = run
        self.picture = Picture(WIDTH, HEIGHT)
        self.votes = votes(run)
        self.sector = run.stakeholders["sector"].to_numpy()
        self.codes = np.array([SECTORS.index(name) for name in self.sector])
        plane, net, bar = self._axes()
        self.moving: list[Artist] = []
        self._people(plane)
        self._draft(plane)
        self._ties(net)
        self._bar(bar)

    def _axes(self) -> tuple[Axes, Axes, Axes]:
        """The plane, the ring and the bar, with what never moves."""
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

    def _people(self, ax: Axes) -> None:
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
            entry(_("interest"), alpha=0.35, **dot),
            entry(_("position, accepts"), **dot),
            entry(_("position, objects"), markerfacecolor="white", **dot),
            entry(_("draft"), marker="*", color=INK, markersize=9, linestyle="none"),
        ]
        self.picture.legend(
            handles=handles, loc="lower left", bbox_to_anchor=(0.085, 0.055), ncols=2
        )

    def _ties(self, ax: Axes) -> None:
        self.ties = pairs(self.run, "trust")
        self.angles = ring(self.run)
        self.curves = PathCollection(curves(self.angles, self.ties), facecolors="none", zorder=2)
        ax.add_collection(self.curves, autolim=False)
        nobody = np.zeros(len(self.angles), dtype=bool)
        before = set(ax.collections)
        draw_people(ax, self.run, self.angles, nobody, nobody)
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
        """Everything as it was in a month."""
        now = self.run.paths.iloc[(month - 1) * len(self.sector) : month * len(self.sector)]
        row, vote = self.run.rounds.iloc[month - 1], self.votes.iloc[month - 1]
        self._show_people(now, asked=bool(row["phase"] == "debate"))
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

    def _show_people(self, now: pd.DataFrame, asked: bool) -> None:
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
        """A tie is as dark as its two ends trust each other's sector at the time."""
        trusts = now[[f"trust_in_{name}" for name in SECTORS]].to_numpy(dtype=float)
        one, other, _last = self.ties
        both = np.stack([trusts[one, self.codes[other]], trusts[other, self.codes[one]]])
        member = now["member"].to_numpy(dtype=bool)
        alive = member[one] & member[other] & ~np.isnan(both).any(axis=0)
        trust = np.where(alive, both.mean(axis=0), 0.0)
        thin = 0.4 if len(trust) > 8 * MANY else 1.0
        self.curves.set_edgecolor(list(map(tuple, shade(trust))))
        self.curves.set_linewidth(list(np.where(alive, (0.3 + 1.5 * trust) * thin, 0.0)))


def progress(row: pd.Series, vote: pd.Series) -> Bar:
    """What the bar shows in a round: understanding, acceptance, the pool, or delivery."""
    phase = row["phase"]
    if phase == "listening":
        return Bar(row["understanding"], np.nan, _("understood of what anyone knows: {share:.0%}"))
    if phase == "debate":
        if np.isnan(vote["share"]):
            return Bar(np.nan, np.nan, _("nothing is put to a decision"))
        return Bar(
            vote["share"], vote["needed"], _("accept the draft: {share:.0%} (enough: the line)")
        )
    if phase == "planning":
        return Bar(row["coverage"], 1.0, _("pledged of what is needed: {share:.0%}"))
    return Bar(row["step"], 1.0, _("delivered of what is needed: {share:.0%}"))


def frames(months: int, most: int = MOST_FRAMES) -> list[int]:
    """The months to show: all, or every so many, always with the first and the last.

    >>> frames(10, 4)
    [1, 4, 7, 10]
    """
    every = max(1, -(-(months - 1) // max(1, most - 1)))
    shown = list(range(1, months + 1, every))
    return shown if not shown or shown[-1] == months else [*shown, months]


@in_our_style
def animate(
    run: RunData, path: str | Path | None = None, *, per_second: float = 8.0
) -> FuncAnimation | None:
    """Positions, ties and the progress of the phases, month by month.

    Parameters
    ----------
    path
        Where a GIF is written; without, the animation is returned.
    per_second
        Frames a second, more than 0.
    """
    if not per_second > 0:
        raise ValueError(_("per_second is {value}; it must be more than 0", value=per_second))
    scene = Scene(run) if len(run.rounds) else None
    months = frames(len(run.rounds))
    if path is not None:
        pictures = _stills(scene, months) if scene is not None else [_empty(run)]
        _write_gif(pictures, Path(path), per_second)
        return None
    if scene is None:
        picture = Picture(WIDTH, HEIGHT)
        say(picture.add_subplot(), why_nothing(run))
        return FuncAnimation(picture, lambda _frame: [], frames=1)
    return FuncAnimation(scene.picture, scene.show, frames=months, interval=1000 / per_second)


def _stills(scene: Scene, months: Iterable[int]) -> list[Image.Image]:
    """A picture a month; what never moves is drawn once."""
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
    """What was drawn on a canvas."""
    return Image.fromarray(np.asarray(canvas.buffer_rgba())).convert("RGB")


def _empty(run: RunData) -> Image.Image:
    """The one picture of a run without rounds."""
    picture = Picture(WIDTH, HEIGHT)
    say(picture.add_subplot(), why_nothing(run))
    canvas: Any = FigureCanvasAgg(picture)
    canvas.draw()
    return _image(canvas)


def _palette() -> Image.Image:
    """The colours that occur, and what lies between them and white."""
    pure = np.array([to_rgb(c) for c in (*(look.colour for look in LOOKS.values()), INK, ALARM)])
    steps = np.linspace(0.0, 1.0, SHADES)[:, None, None]
    blended = 255 * (pure + steps * (1.0 - pure))
    found = Image.new("P", (1, 1))
    found.putpalette(np.rint(blended).astype(np.uint8).tobytes())
    return found


def _write_gif(pictures: list[Image.Image], path: Path, per_second: float) -> None:
    """Write a GIF that repeats; all frames share a palette."""
    palette = _palette()
    frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE) for picture in pictures]
    last = 2000  # milliseconds: time to read how it ended
    each = [round(1000 / per_second)] * (len(frames) - 1) + [last]
    with io.BytesIO() as stream:
        frames[0].save(
            stream, "GIF", save_all=True, append_images=frames[1:], duration=each, loop=0
        )
        half = path.with_name(f".{path.name}.half")  # a full disk leaves no half of a GIF
        try:
            half.write_bytes(stream.getvalue())
            half.replace(path)
        finally:
            half.unlink(missing_ok=True)
