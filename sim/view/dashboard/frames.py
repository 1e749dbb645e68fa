"""What the run player shows: one run as plain data, a frame for each round.

A run of n rounds has n + 2 frames: before the first meeting, after each round, and at the end,
when those have left who leave after the last round. Whatever is as it was in the frame before is
not said again (:func:`changes`), and numbers are whole: thousandths of the policy plane, hundredths
of trust. The colours, marks and places are those of the pictures.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.colors import to_hex

from sim.engine.replay import trust_over_time
from sim.engine.result import RunData
from sim.language import _
from sim.scenario import KINDS
from sim.view.dashboard.telling import minutes_told, words
from sim.view.pictures.animation import progress
from sim.view.pictures.network import STRAIGHT, Pairs, pairs, ring, shade, weights
from sim.view.pictures.plane import option_words
from sim.view.pictures.style import LOOKS, label_of, sectors_of
from sim.view.pictures.support import votes
from sim.view.pictures.timeline import PHASE_COLOURS, changes_from_outside, spans, why_nothing
from sim.view.words import KIND_NAMES, PHASE_NAMES, person, sector_name

MOST_PEOPLE = 200  # marks that a browser draws ten times a second, and that can be told apart
MOST_TIES = 1_500
MOST_FOLLOWED = 300_000  # stakeholders by months, and ties by months, that are sent to a browser
SHADES = 11  # of trust, from 0 to 1
PLANE, TRUST = 1000, 100
MARKS = {"agreed": "★", "deadlocked": "✕", "unfunded": "◇", "dissolved": "■"}
OUT, MEMBER, SEATED = 0, 1, 2  # in the ring
AWAY, HERE, OBJECTS = 0, 1, 2  # in the plane

Whole = npt.NDArray[np.int64]
Yes = npt.NDArray[np.bool_]


def frames_of(done: RunData) -> dict[str, Any]:
    """One run, round by round, as data that a browser can draw (:mod:`sim.view.dashboard.frames`).

    Of a run that is too large to be drawn, some stakeholders and ties are left out, and
    ``notes`` says so.

    Examples
    --------
    >>> import sim
    >>> done = sim.run(sim.load("team"))
    >>> found = frames_of(done)
    >>> len(found["when"]) == len(done.rounds) + 2
    True
    >>> found["when"][1]
    'month 1, cycle 1: listening'
    """
    shown = _shown(len(done.stakeholders), len(done.rounds))
    people, rounds = _People(done, shown), done.rounds
    ties, trust, tie_notes = _ties(done, shown)
    return {
        "title": " ".join(done.scenario.title.split()),
        "empty": why_nothing(done),
        "listed": done.scenario.listed is not None,
        "when": _when(rounds),
        "people": _who(done, shown),
        "looks": _looks(done),
        "ties": ties,
        "trust": changes(trust),
        "shades": _shades(),
        "straight": STRAIGHT,
        "ring": changes(people.ring()),
        "plane": changes(people.plane()),
        "positions": changes(people.places("position")),
        "interests": changes(people.places("interest")),
        "axes": _axes(done),
        "problems": _problems(rounds),
        "options": _options(done),
        "drafts": _drafts(rounds),
        "meters": _meters(done),
        "spans": _spans(done),
        "marks": _marks(done),
        "minutes": minutes_told(done),
        "notes": [*_people_note(len(done.stakeholders), len(shown)), *tie_notes],
        "words": words(),
    }


def changes(rows: Iterable[Sequence[int]]) -> list[list[int] | None]:
    """Rows of numbers, with nothing in place of a row that is as the one before.

    >>> changes([[1, 2], [1, 2], [1, 3]])
    [[1, 2], None, [1, 3]]
    """
    found: list[list[int] | None] = []
    last: list[int] | None = None
    for row in rows:
        now = [int(value) for value in row]
        found.append(None if now == last else now)
        last = now
    return found


def _shown(people: int, months: int) -> Whole:
    """The rows of the stakeholders that are drawn: all, or every so many."""
    most = max(1, min(MOST_PEOPLE, MOST_FOLLOWED // max(1, months)))
    return np.arange(0, people, -(-people // most))


def _people_note(people: int, drawn: int) -> list[str]:
    text = _("{drawn} of {all} stakeholders are drawn")
    return [text.format(drawn=drawn, all=people)] if drawn < people else []


class _People:
    """Everything that the tables say of some stakeholders, frame by frame."""

    def __init__(self, done: RunData, shown: Whole) -> None:
        self.people = done.stakeholders.iloc[shown]
        self.months, everyone = len(done.rounds), len(done.stakeholders)
        rows = (np.arange(self.months)[:, None] * everyone + shown).ravel()
        self.paths, self.count = done.paths.iloc[rows], len(shown)
        self.asked = (done.rounds["phase"] == "debate").to_numpy()
        self.seats_matter = bool((done.paths["member"] != done.paths["at_table"]).any())

    def _by_month(self, column: str) -> npt.NDArray[Any]:
        return self.paths[column].to_numpy().reshape(self.months, self.count)

    def _seats(self) -> tuple[Yes, Yes]:
        """Who is a member, and who of them has a seat, in every frame."""
        member, seated = self._by_month("member"), self._by_month("at_table")
        took_part = self.people["took_part"].to_numpy()
        at_first = seated[0] & took_part if self.months else took_part
        return (
            np.vstack([took_part, member, self.people["member"]]).astype(bool),
            np.vstack([at_first, seated, self.people["at_table"]]).astype(bool),
        )

    def ring(self) -> Whole:
        """Whether each is out, a member, or a member with a seat where some have none."""
        member, seated = self._seats()
        return np.where(seated & member & self.seats_matter, SEATED, np.where(member, MEMBER, OUT))

    def plane(self) -> Whole:
        """Whether each is at the table, and in debate whether it objects to the draft."""
        _member, seated = self._seats()
        accepts = self.paths["accepts"].fillna(True).astype(bool).to_numpy()
        objects = ~accepts.reshape(self.months, self.count) & self.asked[:, None]
        nobody = np.zeros((1, self.count), dtype=bool)
        objects = np.vstack([nobody, objects, nobody])
        return np.where(seated, np.where(objects, OBJECTS, HERE), AWAY)

    def places(self, kind: str) -> Whole:
        """Where each stands, x and y in turn; at first everyone argues for what it wants."""
        if not self.months:
            return np.zeros((2, 0), dtype=np.int64)
        columns = [f"{kind}_x", f"{kind}_y"]
        after = self.paths[columns].to_numpy().reshape(self.months, -1)
        before = self.paths[["interest_x", "interest_y"]].to_numpy()[: self.count].reshape(1, -1)
        end = self.people[columns].to_numpy().reshape(1, -1)
        return _whole(PLANE * np.vstack([before, after, end]))


def _whole(values: npt.NDArray[np.float64]) -> Whole:
    return np.asarray(np.rint(values), dtype=np.int64)


def _who(done: RunData, shown: Whole) -> list[dict[str, Any]]:
    """What each is called, where it stands in the ring, and how large its mark is."""
    listed = done.scenario.listed is not None
    angles, weight = ring(done), weights(done)
    people = done.stakeholders
    return [
        {
            "name": person(done.scenario, people["name"].iloc[row]),
            "label": str(row + 1) if listed else label_of(done, people["name"].iloc[row]),
            "sector": people["sector"].iloc[row],
            "x": round(float(np.cos(angles[row])), 4),
            "y": round(float(-np.sin(angles[row])), 4),
            "size": round(float(np.sqrt(weight[row])), 3),
        }
        for row in map(int, shown)
    ]


def _looks(done: RunData) -> dict[str, dict[str, str]]:
    return {
        sector: {
            "name": sector_name(sector),
            "colour": LOOKS[sector].colour,
            "marker": LOOKS[sector].marker,
        }
        for sector in sectors_of(done)
    }


def _ties(done: RunData, shown: Whole) -> tuple[list[list[int]], Whole, list[str]]:
    """Ties between those who are drawn; their mean trust of both ways in each frame; a note."""
    frames = len(done.rounds) + 2
    if len(done.ties) * frames > 20 * MOST_FOLLOWED:
        text = _("ties are not drawn: there are too many to be followed month by month")
        return [], np.zeros((frames, 0), dtype=np.int64), [text]
    both = pairs(done, "trust")
    kept = np.flatnonzero(np.isin(both.one, shown) & np.isin(both.other, shown))
    most = max(1, min(MOST_TIES, MOST_FOLLOWED // frames))
    drawn = kept[:: max(1, -(-len(kept) // most))]
    place = {int(row): at for at, row in enumerate(shown)}
    ends = [[place[int(both.one[tie])], place[int(both.other[tie])]] for tie in drawn]
    text = _("{drawn} of {all} ties are drawn", drawn=len(drawn), all=len(both.trust))
    note = [text] if len(drawn) < len(both.trust) else []
    return ends, _trust(done, both)[:, drawn], note


def _trust(done: RunData, both: Pairs) -> Whole:
    """Mean trust of both ways, one row a frame and one column a pair, in hundredths."""
    number = pd.Series(np.arange(len(done.stakeholders)), index=done.stakeholders["name"])
    ends = np.sort(
        number.loc[done.ties[["from", "to"]].to_numpy().ravel()].to_numpy().reshape(-1, 2)
    )
    many = len(number)
    which = np.searchsorted(both.one * many + both.other, ends[:, 0] * many + ends[:, 1])
    ways = np.bincount(which, minlength=len(both.one))
    sums = [np.bincount(which, row, len(both.one)) for row in trust_over_time(done)]
    return _whole(TRUST * np.array(sums) / ways)


def _shades() -> list[list[Any]]:
    """Colour and width of a tie, for trusts from 0 to 1."""
    trusts = np.linspace(0.0, 1.0, SHADES)
    return [
        [to_hex(grey), round(0.3 + 1.5 * trust, 2)]
        for trust, grey in zip(trusts.tolist(), shade(trusts).tolist(), strict=True)
    ]


def _when(rounds: pd.DataFrame) -> list[str]:
    text = _("month {month}, cycle {cycle}: {phase}")
    months = [
        text.format(month=month, cycle=cycle, phase=_(PHASE_NAMES[phase]))
        for month, cycle, phase in rounds[["round", "cycle", "phase"]].itertuples(index=False)
    ]
    return [_("before the first meeting"), *months, _("at the end")]


def _problems(rounds: pd.DataFrame) -> list[int]:
    """The problem that each frame is about; 0 in a run without rounds."""
    found = [int(number) for number in rounds["problem"]] or [0]
    return [found[0], *found[: len(rounds)], found[-1]]


def _axes(done: RunData) -> list[dict[str, str]]:
    """The axes of the plane by name, and what their ends stand for."""
    axes = done.scenario.problem.axes
    if axes is None:
        names = _("first axis"), _("second axis")
        return [{"name": name, "low": "0", "high": "1"} for name in names]
    return [{"name": axis.name, "low": axis.low or "0", "high": axis.high or "1"} for axis in axes]


def _options(done: RunData) -> dict[str, list[list[Any]]]:
    """The options of each problem: number, place, and what the number stands for."""
    found: dict[str, list[list[Any]]] = {}
    for problem, rows in done.options.groupby("problem"):
        places = np.rint(PLANE * rows[["x", "y"]].to_numpy()).astype(int).tolist()
        found[str(problem)] = [
            [int(number), *place, option_words(name, sector)]
            for place, (number, name, sector) in zip(
                places, rows[["option", "name", "sector"]].itertuples(index=False), strict=True
            )
        ]
    return found


def _drafts(rounds: pd.DataFrame) -> list[list[int] | None]:
    """The option on the table and its place, where there is one."""
    found: list[list[int] | None] = [None]
    for option, x, y in rounds[["option", "option_x", "option_y"]].itertuples(index=False):
        place = None if pd.isna(option) else [int(option), round(PLANE * x), round(PLANE * y)]
        found.append(place)
    return [*found, found[-1]]


def _meters(done: RunData) -> list[list[list[Any]]]:
    """How far the phase has come; then the pool against the need, kind by kind."""
    polled = votes(done)
    found: list[list[list[Any]]] = [[]]
    for (_month, row), (_same, vote) in zip(done.rounds.iterrows(), polled.iterrows(), strict=True):
        bar = progress(row, vote)
        words = bar.words.format(share=bar.share)
        meters: list[list[Any]] = [[_hundredths(bar.share), _hundredths(bar.needed), words]]
        if row["phase"] in ("planning", "action"):
            meters += [_pooled(row, kind) for kind in KINDS if row[f"need_{kind}"] > 0]
        found.append(meters)
    return [*found, []]


def _pooled(row: Any, kind: str) -> list[Any]:
    pool, need = float(row[f"pool_{kind}"]), float(row[f"need_{kind}"])
    return [
        _hundredths(pool / need),
        100,
        _("{kind}: {pool:.1f} of {need:.1f}", kind=_(KIND_NAMES[kind]), pool=pool, need=need),
    ]


def _hundredths(share: float) -> int | None:
    return None if np.isnan(share) else round(100 * min(1.0, share))


def _spans(done: RunData) -> list[dict[str, Any]]:
    """The phases that were held."""
    return [
        {
            "cycle": span.cycle,
            "name": _(PHASE_NAMES[span.phase]),
            "colour": PHASE_COLOURS[span.phase],
            "first": span.first,
            "last": span.last,
        }
        for span in spans(done)
    ]


def _marks(done: RunData) -> list[list[Any]]:
    """What decided the course: when, a sign, and words."""
    names = {
        "agreed": _("agreement"),
        "deadlocked": _("deadlock"),
        "unfunded": _("plan unfunded"),
        "dissolved": _("dissolved"),
    }
    events = done.events[done.events["event"].isin(list(MARKS))]
    found = [
        [int(month), MARKS[event], names[event]]
        for month, event in events[["round", "event"]].itertuples(index=False)
    ]
    return found + [[at, "⋮", text] for at, text in changes_from_outside(done).items()]
