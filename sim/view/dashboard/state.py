"""The state of a tab: the open scenario, its changes, pins and undo; its buttons and its address.

A state is frozen, and each action returns a new one. Tabs therefore do not share state, and undo
returns an earlier state. Anybody can write an address, so everything in it is checked; what is not
valid becomes a note.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from sim.base import __version__
from sim.base.text import N_, _
from sim.rules.compile import source_digest
from sim.scenario import Scenario, ScenarioError
from sim.scenario.errors import Fault, dotted
from sim.scenario.files import SUFFIX, to_toml
from sim.scenario.grid import varied
from sim.view.dashboard.files import Library, Opened, open_files, open_shipped
from sim.view.dashboard.levers import levers, link_value, parse_value

MAX_PINS = 3
MAX_UNDO = 100
LETTERS = "ABC"
SEEDS = 2**64
MAX_RUN = 2**32 - 1
MAX_DIGITS = 20
START, NOW = N_("start"), N_("now")
# The names in an address that are no levers.
SCENARIO, FILE, DIGEST, SEED, VERSION = "scenario", "file", "digest", "seed", "version"
RESERVED = (SCENARIO, FILE, DIGEST, SEED, VERSION)
FIRST = "musrenbang"  # opens if nothing else is named
MAX_LENGTH = 16_000
SOURCES = ("rules/*.py", "engine/loop.py", "engine/arrays.py")  # what decides the numbers


class Pin(NamedTuple):
    """A setting kept for comparison: its letter, and its changes to the scenario `opened`."""

    letter: str
    scenario: Scenario
    changes: str
    opened: str


class RejectedValue(NamedTuple):
    """A value that was not accepted: the path of its lever, and the reason."""

    path: str
    text: str


def _unchanged() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, eq=False)
class State:
    """The scenario that a tab works on, and the settings that it is compared with.

    Attributes
    ----------
    opened
        The scenario that was opened.
    changes
        The changed values, by dotted path.
    seed
        The seed of all runs.
    pins
        The settings kept for comparison, at most three.
    against
        The name of the reference setting.
    rejected
        The last value, if it was not accepted.
    past
        Earlier states, the latest last.
    moving
        The path of the lever that is being dragged: one undo takes back the whole move.
    """

    opened: Opened
    changes: Mapping[str, Any] = field(default_factory=_unchanged)
    seed: int = 1
    pins: tuple[Pin, ...] = ()
    against: str = START
    rejected: RejectedValue | None = None
    past: tuple["State", ...] = field(default=(), repr=False)
    moving: str = ""

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario as it is now."""
        return varied(self.opened.scenario, self.changes)

    @property
    def settings(self) -> dict[str, Scenario]:
        """The settings to compare, by name: start, pins and now; equal settings appear once."""
        named = {START: self.start, **{pin.letter: pin.scenario for pin in self.pins}}
        if all(self.scenario != scenario for scenario in named.values()):
            named[NOW] = self.scenario
        return named

    @cached_property
    def start(self) -> Scenario:
        """The scenario as opened, without its sweep, which is for studies."""
        return varied(self.opened.scenario, {})

    @property
    def question(self) -> tuple[object, ...]:
        """Everything that the answer depends on: equal questions have the same answer."""
        return self.seed, self.reference, self.settings

    @property
    def reference(self) -> str:
        """The name of the setting that the others are compared with."""
        return self.against if self.against in self.settings else START


def with_value(state: State, path: str, given: object, *, live: bool = False) -> State:
    """Return the state with another value of one lever, or with that value as rejected.

    Parameters
    ----------
    given
        The value from the browser or a link, a number or a text.
    live
        Whether the lever is still being dragged.
    """
    lever = levers().get(path)
    if lever is None:
        return replace(state, rejected=RejectedValue(path, _("unknown name")))
    value = parse_value(lever, given)
    try:
        changes = _changes_with(state, path, value)
    except ScenarioError as error:
        return replace(state, rejected=RejectedValue(path, _reason(error, path)))
    if changes == state.changes:
        return replace(state, rejected=None, moving=path if live else "")
    after = replace(state, changes=changes, rejected=None, moving=path if live else "")
    return after if state.moving == path else _with_undo(state, after)


def with_values(
    state: State, given: Mapping[str, object]
) -> tuple[State, tuple[RejectedValue, ...]]:
    """Return the state with several values, and the values that were rejected.

    If the values are not valid together, each is tried by itself, in their order.
    """
    known = {
        path: parse_value(levers()[path], value)
        for path, value in given.items()
        if path in levers()
    }
    if len(known) == len(given):
        try:
            varied(state.opened.scenario, known)
            return replace(state, changes=MappingProxyType(known)), ()
        except ScenarioError:
            pass
    refused = []
    for path, value in given.items():
        state = with_value(state, path, value)
        refused += [state.rejected] if state.rejected else []
    return replace(state, rejected=None, past=()), tuple(refused)


def _changes_with(state: State, path: str, value: Any) -> Mapping[str, Any]:
    """Return the changes with this value, or without it if it changes nothing."""
    others = {name: old for name, old in state.changes.items() if name != path}
    try:
        without = varied(state.opened.scenario, others)
    except ScenarioError:  # the other changes are valid only with this one
        without = None
    if without is not None and _same(without.value(path), value):
        return MappingProxyType(others)
    varied(state.opened.scenario, {**others, path: value})
    return MappingProxyType({**others, path: value})


def _same(one: Any, other: Any) -> bool:
    """Return whether two values are the same; True is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _reason(error: ScenarioError, path: str) -> str:
    """Return the schema's message, with the name of the field if it is another one."""
    fault = error.faults[0]
    where = dotted(fault.path)
    return fault.text if where == path else f"{where}: {fault.text}"


def _with_undo(before: State, after: State) -> State:
    """Return the later state with the earlier one as its undo step."""
    earlier = replace(before, past=(), rejected=None, moving="")
    return replace(after, past=(*before.past, earlier)[-MAX_UNDO:])


def undone(state: State) -> State:
    """Return the state before the last action."""
    if not state.past:
        return state
    return replace(state.past[-1], past=state.past[:-1])


def reset(state: State) -> State:
    """Return the state without changes; pins stay."""
    if not state.changes:
        return replace(state, rejected=None)
    return _with_undo(state, replace(state, changes=_unchanged(), rejected=None, moving=""))


def pinned(state: State) -> State:
    """Return the state with the present setting pinned, if it is new and there is room."""
    if NOW not in state.settings or len(state.pins) >= MAX_PINS:
        return state
    free = next(letter for letter in LETTERS if letter not in {pin.letter for pin in state.pins})
    pins = (*state.pins, Pin(free, state.scenario, changes_text(state), state.opened.name))
    return _with_undo(state, replace(state, pins=tuple(sorted(pins, key=lambda pin: pin.letter))))


def unpinned(state: State, letter: str) -> State:
    """Return the state without one of its pins."""
    pins = tuple(pin for pin in state.pins if pin.letter != letter)
    return state if pins == state.pins else _with_undo(state, replace(state, pins=pins))


def with_reference(state: State, name: str) -> State:
    """Return the state with another reference setting."""
    if name not in state.settings or name == state.reference:
        return state
    return _with_undo(state, replace(state, against=name))


def with_scenario(state: State, opened: Opened) -> State:
    """Return the state with another scenario open; pins stay, for comparison."""
    return _with_undo(
        state, replace(state, opened=opened, changes=_unchanged(), rejected=None, moving="")
    )


def with_seed(state: State, seed: int) -> State:
    """Return the state with another seed."""
    return (
        state if seed == state.seed else _with_undo(state, replace(state, seed=seed, rejected=None))
    )


def changes_text(state: State) -> str:
    """Return the changes in one line, or the name of the scenario if there are none.

    >>> from sim.scenario import load
    >>> changes_text(with_value(State(Opened("team", load("team"), True)), "trust.prehistory", 0.8))
    'prehistory 0.8'
    """
    parts = [
        f"{levers()[path].label} {_value_text(value)}" for path, value in state.changes.items()
    ]
    return ", ".join(parts) or state.opened.name


def _value_text(value: Any) -> str:
    """Return a value as text.

    >>> [_value_text(value) for value in (0.30000000000000004, 12345, "consensus_minus_one", None)]
    ['0.3', '12345', 'consensus minus one', 'none']
    """
    if value is None:
        return _("none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return f"{value:.4g}" if isinstance(value, float) else str(value).replace("_", " ")


def scenario_file(state: State) -> str:
    """Return the present setting as a scenario file that refers to no other file.

    >>> from sim.scenario import load
    >>> 'kind = "team"' in scenario_file(State(Opened("team", load("team"), True)))
    True
    """
    return to_toml(state.scenario.resolved()) + "\n"


@dataclass(frozen=True, eq=False)
class Tab:
    """Everything that one browser tab shows, except the results.

    Attributes
    ----------
    state
        The scenario and the settings.
    notes
        Messages that are shown until they are dismissed.
    file
        A file for the browser to save: its name, text and type.
    heard
        The number of the last lever move that arrived.
    run
        The number of the run in the player.
    reports
        The number of reports requested so far.
    """

    state: State
    notes: tuple[str, ...] = ()
    file: Mapping[str, str] = field(default_factory=dict)
    heard: int = 0
    run: int = 0
    reports: int = 0


def move_lever(tab: Tab, given: object) -> Tab:
    """Return the tab after a lever moved: ``path``, ``value``, ``live`` and ``serial``."""
    if not isinstance(given, dict):
        return tab
    path, live = str(given.get("path")), given.get("live") is True
    serial = given.get("serial")
    state = with_value(tab.state, path, given.get("value"), live=live)
    return replace(tab, state=state, heard=serial if isinstance(serial, int) else tab.heard)


_STATE_BUTTONS: Mapping[str, Callable[[State, Any], State]] = MappingProxyType(
    {
        "undo": lambda state, _value: undone(state),
        "reset": lambda state, _value: reset(state),
        "pin": lambda state, _value: pinned(state),
        "unpin": lambda state, value: unpinned(state, str(value)),
        "against": lambda state, value: with_reference(state, str(value)),
    }
)


def press_button(tab: Tab, given: object, files: Library) -> Tab:
    """Return the tab after a button was pressed: ``what``, and its ``value`` if it has one."""
    if not isinstance(given, dict):
        return tab
    what, value = str(given.get("what")), given.get("value")
    if what in _STATE_BUTTONS:
        return replace(tab, state=_STATE_BUTTONS[what](tab.state, value))
    if what in ("open", "files"):
        return _open(tab, what, value, files)
    if what == "seed":
        return _set_seed(tab, value)
    if what == "run":
        text = str(value)
        number = text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS
        return replace(tab, run=min(int(text), MAX_RUN)) if number else tab
    if what == "save":
        name = tab.state.opened.name.removesuffix(SUFFIX) + (
            "_changed" if tab.state.changes else ""
        )
        text = scenario_file(tab.state)
        return replace(tab, file={"name": name + SUFFIX, "text": text, "type": "application/toml"})
    if what == "report":
        return replace(tab, reports=tab.reports + 1)
    cleared: Mapping[str, dict[str, Any]] = {"dismiss": {"notes": ()}, "kept": {"file": {}}}
    return replace(tab, **cleared.get(what, {}))


def _open(tab: Tab, what: str, value: object, files: Library) -> Tab:
    """Return the tab with another scenario, or with the reason why it cannot be opened."""
    try:
        if what == "open":
            opened = open_shipped(str(value))
        elif isinstance(value, dict):
            opened = open_files({str(name): str(text) for name, text in value.items()})
            files.put(opened)
        else:
            return tab
    except ScenarioError as error:
        text = _("It was not opened, and all is as before. What is wrong:")
        return replace(tab, notes=(text, *str(error).splitlines()))
    return replace(tab, state=with_scenario(tab.state, opened), notes=(), run=0)


def _set_seed(tab: Tab, value: object) -> Tab:
    """Return the tab with another seed, or with a note that it is not one."""
    text = str(value)
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and int(text) < SEEDS:
        return replace(tab, state=with_seed(tab.state, int(text)))
    return replace(tab, notes=(_("A seed is a whole number from 0 to {most}.", most=SEEDS - 1),))


class Arrival(NamedTuple):
    """The state of an address, and notes on what in the address was not valid."""

    state: State
    notes: tuple[str, ...] = ()


def address(state: State) -> str:
    """Return the query of the address of a state: scenario, changes, seed and version.

    >>> state = with_value(State(open_shipped("team"), seed=7), "trust.prehistory", 0.8)
    >>> address(state).partition("&version")[0]
    'scenario=team&trust.prehistory=0.8&seed=7'
    """
    opened = state.opened
    named = {SCENARIO: opened.name}
    if not opened.shipped:
        named = {FILE: opened.name, DIGEST: opened.scenario.digest()[:16]}
    changes = {path: link_value(value) for path, value in state.changes.items()}
    return urlencode({**named, **changes, SEED: state.seed, VERSION: version_mark(opened.scenario)})


def version_mark(opened: Scenario) -> str:
    """Return the version of the package and a digest of the rules and the scenario."""
    text = _rules_digest() + opened.digest()
    return f"{__version__}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@cache
def _rules_digest() -> str:
    """Return the digest of the sources that decide the numbers."""
    return source_digest(SOURCES)


def open_address(query: str | None, files: Library) -> Arrival:
    """Return the state of an address, with notes on what was not valid or may differ.

    Parameters
    ----------
    query
        The part of the address after the question mark, if any.
    files
        The files that are open in this process.
    """
    asked, broken = _parse_query(query or "")
    if broken:
        return Arrival(_initial_state(files), (broken,))
    if not asked:
        return Arrival(_initial_state(files))
    try:
        opened = _find_scenario(asked, files)
    except ScenarioError as error:
        return Arrival(_initial_state(files), (str(error),))
    seed, notes = _parse_seed(asked)
    changes = {path: text for path, text in asked.items() if path not in RESERVED}
    state, refused = with_values(State(opened, seed=seed), changes)
    text = _("{path} in the link was not taken: {reason}")
    notes += [text.format(path=path[:80], reason=reason) for path, reason in refused]
    notes += _version_notes(asked.get(VERSION, ""), opened.scenario)
    return Arrival(state, tuple(notes))


def _initial_state(files: Library) -> State:
    """Return the state of an address that names nothing."""
    return State(files.first or open_shipped(FIRST))


def _parse_query(query: str) -> tuple[dict[str, str], str]:
    """Return the parts of a query, or why it cannot be read."""
    try:
        if len(query) > MAX_LENGTH:
            raise ValueError
        most = len(levers()) + len(RESERVED)
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError:
        return {}, _("The link is damaged, and nothing of it was taken. Copy the whole of it.")
    return dict(pairs), ""


def _find_scenario(asked: Mapping[str, str], files: Library) -> Opened:
    """Return the scenario that the address names."""
    if FILE not in asked:
        return open_shipped(asked.get(SCENARIO, FIRST))
    found = files.get(asked.get(DIGEST, ""))
    if found is None:
        text = _(
            'The link goes to changes in a file of its sender, "{name}", which is not open here. '
            "Ask for the file, open it, and open the link again."
        )
        raise ScenarioError([Fault((), text.format(name=asked[FILE][:80]))])
    return found


def _parse_seed(asked: Mapping[str, str]) -> tuple[int, list[str]]:
    """Return the seed, or 1 with a note."""
    text = asked.get(SEED, "1")
    if text.isascii() and text.isdigit() and len(text) <= len(str(SEEDS)) and int(text) < SEEDS:
        return int(text), []
    return 1, [_('"{text}" in the link is no seed; 1 is taken.', text=text[:40])]


def _version_notes(sent: str, opened: Scenario) -> list[str]:
    """Return a note if the link was made with another version, other rules or another scenario."""
    if sent == version_mark(opened):
        return []
    version = sent.partition("-")[0][:20]
    if not sent:
        text = _(
            "The link does not say which version made it: its sender may have seen other numbers."
        )
    elif version == __version__:
        text = _(
            "The link was made with other rules or another state of this scenario (both are of "
            "version {own}): the numbers here may differ from those that its sender saw."
        )
    else:
        text = _(
            "The link was made with another version of the program ({sent}, where here is {own}): "
            "the numbers here may differ from those that its sender saw."
        )
    return [text.format(sent=version, own=__version__)]
