"""The data of the run player: one run as plain values, a frame for each round; and its minutes.

A run of n rounds has n + 2 frames: before the first meeting, after each round, and at the end,
after the last departures. A frame that equals the one before is sent as null (:func:`changes`), and
numbers are integers: thousandths of the policy plane, hundredths of trust. Colours, marks and
positions are those of the plots.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.colors import to_hex

from sim.base.text import _
from sim.engine.mesa_model import trust_over_time
from sim.engine.tables import RunData
from sim.scenario import KINDS
from sim.view.minutes import beginning, cycles_of, paragraphs, round_sentences, what_decided
from sim.view.minutes.cycle import Cycle
from sim.view.plots.overview import progress
from sim.view.plots.phases import votes
from sim.view.plots.stakeholders import (
    STRAIGHT,
    Ties,
    describe_option,
    mean_ties,
    relative_power,
    ring_angles,
    trust_grey,
)
from sim.view.plots.style import LOOKS, label_of, sectors_of
from sim.view.plots.timeline import PHASE_COLOURS, changes_from_outside, spans, why_no_rounds
from sim.view.report.words import html_from_markdown
from sim.view.words import KIND_NAMES, PHASE_NAMES, sector_name, stakeholder_name

MAX_PEOPLE = 200  # marks that a browser draws ten times a second
MAX_TIES = 1_500
MAX_FRAME_VALUES = 300_000  # stakeholders by months, and ties by months, for a browser
SHADES = 11  # of trust, from 0 to 1
PLANE, TRUST = 1000, 100
MARKS = {"agreed": "★", "deadlocked": "✕", "unfunded": "◇", "dissolved": "■"}
NO_MEMBER, MEMBER, SEATED = 0, 1, 2  # in the ring
AWAY, AT_TABLE, OBJECTS = 0, 1, 2  # in the plane
HEADING, ROUND, STORY = "heading", "round", "story"  # in the minutes

Whole = npt.NDArray[np.int64]
Yes = npt.NDArray[np.bool_]


def player_frames(done: RunData) -> dict[str, Any]:
    """Return one run, round by round, as data that a browser can draw.

    In a run that is too large to draw, some stakeholders and ties are left out, and ``notes`` says
    so.

    Examples
    --------
    >>> import sim
    >>> done = sim.run(sim.load("team"))
    >>> found = player_frames(done)
    >>> len(found["when"]) == len(done.rounds) + 2
    True
    >>> found["when"][1]
    'month 1, cycle 1: listening'
    """
    shown = _drawn_rows(len(done.stakeholders), len(done.rounds))
    people, rounds = _People(done, shown), done.rounds
    ties, trust, tie_notes = _ties(done, shown)
    return {
        "title": " ".join(done.scenario.title.split()),
        "empty": why_no_rounds(done),
        "listed": done.scenario.listed is not None,
        "when": _when(rounds),
        "people": _person_data(done, shown),
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
        "minutes": timed_minutes(done),
        "notes": [*_people_note(len(done.stakeholders), len(shown)), *tie_notes],
        "words": player_words(),
    }


def changes(rows: Iterable[Sequence[int]]) -> list[list[int] | None]:
    """Return rows of integers, with None for a row that equals the one before.

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


def _drawn_rows(people: int, months: int) -> Whole:
    """Return the rows of the stakeholders that are drawn: all, or every k-th."""
    most = max(1, min(MAX_PEOPLE, MAX_FRAME_VALUES // max(1, months)))
    return np.arange(0, people, -(-people // most))


def _people_note(people: int, drawn: int) -> list[str]:
    text = _("{drawn} of {all} stakeholders are drawn", drawn=drawn, all=people)
    return [text] if drawn < people else []


class _People:
    """The tables of the drawn stakeholders, frame by frame."""

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
        """Return who is a member and who has a seat, in every frame."""
        member, seated = self._by_month("member"), self._by_month("at_table")
        took_part = self.people["took_part"].to_numpy()
        at_first = seated[0] & took_part if self.months else took_part
        return (
            np.vstack([took_part, member, self.people["member"]]).astype(bool),
            np.vstack([at_first, seated, self.people["at_table"]]).astype(bool),
        )

    def ring(self) -> Whole:
        """Return who is no member, a member, or a member with a seat if not all have one."""
        member, seated = self._seats()
        return np.where(
            seated & member & self.seats_matter, SEATED, np.where(member, MEMBER, NO_MEMBER)
        )

    def plane(self) -> Whole:
        """Return who is away, at the table, or objects to the draft in a debate."""
        _member, seated = self._seats()
        accepts = self.paths["accepts"].fillna(True).astype(bool).to_numpy()
        objects = ~accepts.reshape(self.months, self.count) & self.asked[:, None]
        nobody = np.zeros((1, self.count), dtype=bool)
        objects = np.vstack([nobody, objects, nobody])
        return np.where(seated, np.where(objects, OBJECTS, AT_TABLE), AWAY)

    def places(self, kind: str) -> Whole:
        """Return positions or interests, x and y in turn; initial positions are the interests."""
        if not self.months:
            return np.zeros((2, 0), dtype=np.int64)
        columns = [f"{kind}_x", f"{kind}_y"]
        after = self.paths[columns].to_numpy().reshape(self.months, -1)
        before = self.paths[["interest_x", "interest_y"]].to_numpy()[: self.count].reshape(1, -1)
        end = self.people[columns].to_numpy().reshape(1, -1)
        return _rounded(PLANE * np.vstack([before, after, end]))


def _rounded(values: npt.NDArray[np.float64]) -> Whole:
    return np.asarray(np.rint(values), dtype=np.int64)


def _person_data(done: RunData, shown: Whole) -> list[dict[str, Any]]:
    """Return the name, the place in the ring and the size of the mark of each."""
    listed = done.scenario.listed is not None
    angles, weight = ring_angles(done), relative_power(done)
    people = done.stakeholders
    return [
        {
            "name": stakeholder_name(done.scenario, people["name"].iloc[row]),
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
    """Return the drawn ties, their mean trust in both directions in each frame, and a note."""
    frames = len(done.rounds) + 2
    if len(done.ties) * frames > 20 * MAX_FRAME_VALUES:
        text = _("ties are not drawn: there are too many to be followed month by month")
        return [], np.zeros((frames, 0), dtype=np.int64), [text]
    both = mean_ties(done, "trust")
    kept = np.flatnonzero(np.isin(both.one, shown) & np.isin(both.other, shown))
    most = max(1, min(MAX_TIES, MAX_FRAME_VALUES // frames))
    drawn = kept[:: max(1, -(-len(kept) // most))]
    place = {int(row): at for at, row in enumerate(shown)}
    ends = [[place[int(both.one[tie])], place[int(both.other[tie])]] for tie in drawn]
    text = _("{drawn} of {all} ties are drawn", drawn=len(drawn), all=len(both.trust))
    note = [text] if len(drawn) < len(both.trust) else []
    return ends, _trust(done, both)[:, drawn], note


def _trust(done: RunData, both: Ties) -> Whole:
    """Return the mean trust in both directions in hundredths, by frame and pair."""
    number = pd.Series(np.arange(len(done.stakeholders)), index=done.stakeholders["name"])
    ends = np.sort(
        number.loc[done.ties[["from", "to"]].to_numpy().ravel()].to_numpy().reshape(-1, 2)
    )
    many = len(number)
    which = np.searchsorted(both.one * many + both.other, ends[:, 0] * many + ends[:, 1])
    ways = np.bincount(which, minlength=len(both.one))
    sums = [np.bincount(which, row, len(both.one)) for row in trust_over_time(done)]
    return _rounded(TRUST * np.array(sums) / ways)


def _shades() -> list[list[Any]]:
    """Return the colour and width of a tie, for trust from 0 to 1."""
    trusts = np.linspace(0.0, 1.0, SHADES)
    return [
        [to_hex(grey), round(0.3 + 1.5 * trust, 2)]
        for trust, grey in zip(trusts.tolist(), trust_grey(trusts).tolist(), strict=True)
    ]


def _when(rounds: pd.DataFrame) -> list[str]:
    text = _("month {month}, cycle {cycle}: {phase}")
    months = [
        text.format(month=month, cycle=cycle, phase=_(PHASE_NAMES[phase]))
        for month, cycle, phase in rounds[["round", "cycle", "phase"]].itertuples(index=False)
    ]
    return [_("before the first meeting"), *months, _("at the end")]


def _problems(rounds: pd.DataFrame) -> list[int]:
    """Return the number of the problem in each frame; 0 in a run without rounds."""
    found = [int(number) for number in rounds["problem"]] or [0]
    return [found[0], *found[: len(rounds)], found[-1]]


def _axes(done: RunData) -> list[dict[str, str]]:
    """Return the names of the axes of the plane and of their ends."""
    axes = done.scenario.problem.axes
    if axes is None:
        names = _("first axis"), _("second axis")
        return [{"name": name, "low": "0", "high": "1"} for name in names]
    return [{"name": axis.name, "low": axis.low or "0", "high": axis.high or "1"} for axis in axes]


def _options(done: RunData) -> dict[str, list[list[Any]]]:
    """Return the options of each problem: number, position and words."""
    found: dict[str, list[list[Any]]] = {}
    for problem, rows in done.options.groupby("problem"):
        places = np.rint(PLANE * rows[["x", "y"]].to_numpy()).astype(int).tolist()
        found[str(problem)] = [
            [int(number), *place, describe_option(name, sector)]
            for place, (number, name, sector) in zip(
                places, rows[["option", "name", "sector"]].itertuples(index=False), strict=True
            )
        ]
    return found


def _drafts(rounds: pd.DataFrame) -> list[list[int] | None]:
    """Return the option on the table and its position, where there is one."""
    found: list[list[int] | None] = [None]
    for option, x, y in rounds[["option", "option_x", "option_y"]].itertuples(index=False):
        place = None if pd.isna(option) else [int(option), round(PLANE * x), round(PLANE * y)]
        found.append(place)
    return [*found, found[-1]]


def _meters(done: RunData) -> list[list[list[Any]]]:
    """Return the progress of the phase, then the pool against the need of each resource."""
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
    """Return the phases of each cycle."""
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
    """Return the turning points: month, sign and words."""
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


def timed_minutes(done: RunData) -> list[list[Any]]:
    """Return the minutes of a run with all rounds, in order of time.

    Returns
    -------
    Frame, kind (heading, round or story) and HTML of each piece. A piece about a month belongs to
    the frame after its round; what decided the outcome belongs to the last frame.

    Examples
    --------
    >>> import sim
    >>> frame, kind, html = timed_minutes(sim.run(sim.load("team")))[0]
    >>> frame, kind, str(html)
    (0, 'heading', '<h4>Who came, and about what</h4>')
    """
    cycles = cycles_of(done)
    pieces = [
        (0, HEADING, _("## Who came, and about what")),
        (0, STORY, " ".join(beginning(cycles[0]))),
    ]
    for cycle in cycles:
        pieces += sorted(_pieces(cycle), key=lambda piece: piece[0])
    end = len(done.rounds) + 1
    decided = what_decided(cycles)
    pieces += [(end, HEADING, _("## What decided the outcome")), (end, STORY, " ".join(decided))]
    return [[frame, kind, str(html_from_markdown(text, top=4))] for frame, kind, text in pieces]


def _pieces(cycle: Cycle) -> Iterator[tuple[int, str, str]]:
    """Yield the pieces of a cycle: its heading, then the rounds and their results."""
    told = paragraphs(cycle)
    if told or len(cycle.rounds):
        yield cycle.before, HEADING, _("## Cycle {cycle}", cycle=cycle.number)
    for sentence in round_sentences(cycle):
        yield sentence.month, ROUND, sentence.text
    for lead, sentences in told:
        for month, together in groupby(sentences, key=lambda sentence: sentence.month):
            yield month, STORY, lead + " ".join(sentence.text for sentence in together)


def player_words() -> dict[str, str]:
    """Return the labels of the player, which screen readers read too."""
    return {
        "player": _("One run, round by round"),
        "play": _("Play"),
        "pause": _("Pause"),
        "back": _("One round back"),
        "forward": _("One round on"),
        "time": _("Round"),
        "speed": _("rounds a second"),
        "keys": _("Space plays and pauses; arrows step; Home and End lead to the start and end."),
        "plane": _("What people want and argue for"),
        "network": _("Who trusts whom"),
        "minutes": _("Minutes"),
        "names": _("Who is who"),
        "interest": _("interest: what each wants"),
        "position": _("position"),
        "objects": _("objects to the draft"),
        "draft": _("the draft, and its way"),
        "option": _("option"),
        "member": _("member"),
        "seated": _("at the table"),
        "out": _("no member"),
        "trust": _("trust"),
        "power": _("the larger, the more power"),
        "enough": _("what it takes"),
    }
