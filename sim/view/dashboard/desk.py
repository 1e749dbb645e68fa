"""What stands on the desk: an open scenario, what is changed in it, what is pinned, and undo.

A desk is frozen: every step gives another one. So each tab has its own, and undo is an earlier one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

from sim.language import N_, _
from sim.scenario import Scenario, ScenarioError
from sim.scenario.errors import dotted
from sim.scenario.grid import varied
from sim.scenario.toml_text import to_toml
from sim.view.dashboard.levers import levers, read

MOST_PINS = 3
MOST_UNDO = 100
LETTERS = "ABC"
START, NOW = N_("start"), N_("now")


class Opened(NamedTuple):
    """A scenario as it was opened.

    Attributes
    ----------
    name
        What it is called: a shipped scenario's name, or a file's.
    scenario
        Itself.
    shipped
        Whether everybody who has the program has it.
    """

    name: str
    scenario: Scenario
    shipped: bool


class Pin(NamedTuple):
    """A setting that is kept for comparison: its letter, and what it differs in from what."""

    letter: str
    scenario: Scenario
    told: str
    opened: str


class Refused(NamedTuple):
    """A value that was not taken: of which control, and why."""

    path: str
    text: str


def _unchanged() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, eq=False)
class Desk:
    """What a person has before them.

    Attributes
    ----------
    opened
        The scenario that was opened.
    changes
        What was changed since: values by dotted path.
    seed
        Of all runs.
    pins
        Settings that are kept, at most three.
    against
        The name of the setting that the others are held against.
    refused
        The last value, if it was not taken.
    past
        Earlier desks, the latest last.
    moving
        The control that is being dragged: one undo takes the whole way back.
    """

    opened: Opened
    changes: Mapping[str, Any] = field(default_factory=_unchanged)
    seed: int = 1
    pins: tuple[Pin, ...] = ()
    against: str = START
    refused: Refused | None = None
    past: tuple["Desk", ...] = field(default=(), repr=False)
    moving: str = ""

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario as it is now."""
        return varied(self.opened.scenario, self.changes)

    @property
    def settings(self) -> dict[str, Scenario]:
        """What is compared, by name: as opened, the pinned ones, and now, each setting once."""
        named = {START: self.start, **{pin.letter: pin.scenario for pin in self.pins}}
        if all(self.scenario != scenario for scenario in named.values()):
            named[NOW] = self.scenario
        return named

    @cached_property
    def start(self) -> Scenario:
        """The scenario as it was opened; a sweep that it has is for studies, and not played."""
        return varied(self.opened.scenario, {})

    @property
    def question(self) -> tuple[object, ...]:
        """All that the answer depends on: desks that are alike in this have the same answer."""
        return self.seed, self.reference, self.settings

    @property
    def reference(self) -> str:
        """The setting that the others are held against."""
        return self.against if self.against in self.settings else START


def moved(desk: Desk, path: str, given: object, *, live: bool = False) -> Desk:
    """The desk with another value of one control; one that is refused changes nothing else.

    Parameters
    ----------
    given
        What the control gives, a number or a text.
    live
        Whether the control is still being moved.
    """
    lever = levers().get(path)
    if lever is None:
        return replace(desk, refused=Refused(path, _("unknown name")))
    value = read(lever, given)
    try:
        changes = _changed(desk, path, value)
    except ScenarioError as error:
        return replace(desk, refused=Refused(path, _why(error, path)))
    if changes == desk.changes:
        return replace(desk, refused=None, moving=path if live else "")
    after = replace(desk, changes=changes, refused=None, moving=path if live else "")
    return after if desk.moving == path else _kept(desk, after)


def with_all(desk: Desk, given: Mapping[str, object]) -> tuple[Desk, tuple[Refused, ...]]:
    """The desk with several values at once, and those that are refused.

    Values that fit together only all at once are taken so; else each by itself, as far as it fits.
    """
    known = {path: read(levers()[path], value) for path, value in given.items() if path in levers()}
    if len(known) == len(given):
        try:
            varied(desk.opened.scenario, known)
            return replace(desk, changes=MappingProxyType(known)), ()
        except ScenarioError:
            pass
    refused = []
    for path, value in given.items():
        desk = moved(desk, path, value)
        refused += [desk.refused] if desk.refused else []
    return replace(desk, refused=None, past=()), tuple(refused)


def _changed(desk: Desk, path: str, value: Any) -> Mapping[str, Any]:
    """The changes with this value: only what differs from what would be there without it."""
    others = {name: old for name, old in desk.changes.items() if name != path}
    try:
        without = varied(desk.opened.scenario, others)
    except ScenarioError:  # the others need it
        without = None
    if without is not None and _same(without.value(path), value):
        return MappingProxyType(others)
    varied(desk.opened.scenario, {**others, path: value})
    return MappingProxyType({**others, path: value})


def _same(one: Any, other: Any) -> bool:
    """Whether two values are the same: true is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _why(error: ScenarioError, path: str) -> str:
    """The schema's own message; of another field, with its name."""
    fault = error.faults[0]
    where = dotted(fault.path)
    return fault.text if where == path else f"{where}: {fault.text}"


def _kept(before: Desk, after: Desk) -> Desk:
    """The later desk, with the earlier one to go back to."""
    earlier = replace(before, past=(), refused=None, moving="")
    return replace(after, past=(*before.past, earlier)[-MOST_UNDO:])


def undone(desk: Desk) -> Desk:
    """The desk before the last step."""
    if not desk.past:
        return desk
    return replace(desk.past[-1], past=desk.past[:-1])


def reset(desk: Desk) -> Desk:
    """The scenario as it was opened; what is pinned stays."""
    if not desk.changes:
        return replace(desk, refused=None)
    return _kept(desk, replace(desk, changes=_unchanged(), refused=None, moving=""))


def pinned(desk: Desk) -> Desk:
    """The desk with its present setting pinned, if there is room and it is not there yet."""
    if NOW not in desk.settings or len(desk.pins) >= MOST_PINS:
        return desk
    free = next(letter for letter in LETTERS if letter not in {pin.letter for pin in desk.pins})
    pins = (*desk.pins, Pin(free, desk.scenario, told(desk), desk.opened.name))
    return _kept(desk, replace(desk, pins=tuple(sorted(pins, key=lambda pin: pin.letter))))


def unpinned(desk: Desk, letter: str) -> Desk:
    """The desk without one of the pinned settings."""
    pins = tuple(pin for pin in desk.pins if pin.letter != letter)
    return desk if pins == desk.pins else _kept(desk, replace(desk, pins=pins))


def held_against(desk: Desk, name: str) -> Desk:
    """The desk with another reference."""
    if name not in desk.settings or name == desk.reference:
        return desk
    return _kept(desk, replace(desk, against=name))


def opening(desk: Desk, opened: Opened) -> Desk:
    """The desk with another scenario open; what is pinned stays, to be compared."""
    return _kept(desk, replace(desk, opened=opened, changes=_unchanged(), refused=None, moving=""))


def seeded(desk: Desk, seed: int) -> Desk:
    """The desk with another seed."""
    return desk if seed == desk.seed else _kept(desk, replace(desk, seed=seed, refused=None))


def told(desk: Desk) -> str:
    """What is changed, in a line.

    >>> from sim.scenario import load
    >>> told(moved(Desk(Opened("team", load("team"), True)), "trust.prehistory", 0.8))
    'prehistory 0.8'
    """
    parts = [f"{levers()[path].label} {_value(value)}" for path, value in desk.changes.items()]
    return ", ".join(parts) or desk.opened.name


def _value(value: Any) -> str:
    """A value in a line.

    >>> _value(0.30000000000000004), _value(12345), _value("consensus_minus_one"), _value(None)
    ('0.3', '12345', 'consensus minus one', 'none')
    """
    if value is None:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("_", " ")


def file_of(desk: Desk) -> str:
    """The present setting as a scenario file that needs no other.

    >>> from sim.scenario import load
    >>> 'kind = "team"' in file_of(Desk(Opened("team", load("team"), True)))
    True
    """
    return to_toml(desk.scenario.resolved()) + "\n"
