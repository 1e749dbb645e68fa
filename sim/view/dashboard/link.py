"""The address of a state: its scenario, the changes and the seed.

Anybody can write an address, so everything in it is checked. What is not valid becomes a note.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from sim.base.text import _
from sim.base.version import __version__
from sim.rules.compile import source_digest
from sim.scenario import Scenario, ScenarioError
from sim.scenario.errors import Fault
from sim.view.dashboard.files import Library, Opened, open_shipped
from sim.view.dashboard.levers import levers, link_value
from sim.view.dashboard.state import SEEDS, State, with_values

SCENARIO, FILE, DIGEST, SEED, VERSION = "scenario", "file", "digest", "seed", "version"
RESERVED = (SCENARIO, FILE, DIGEST, SEED, VERSION)
FIRST = "musrenbang"  # opens if nothing else is named
MAX_LENGTH = 16_000
SOURCES = ("rules/*.py", "engine/one_run.py", "engine/arrays.py")  # what decides the numbers


class Arrival(NamedTuple):
    """The state of an address, and notes on what in the address was not valid."""

    state: State
    notes: tuple[str, ...] = ()


def address(state: State) -> str:
    """Returns the query of the address of a state: scenario, changes, seed and version.

    >>> from sim.view.dashboard.state import with_value
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
    """Returns the version of the package and a digest of the rules and the scenario."""
    text = _rules_digest() + opened.digest()
    return f"{__version__}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@cache
def _rules_digest() -> str:
    """Returns the digest of the sources that decide the numbers."""
    return source_digest(SOURCES)


def open_address(query: str | None, files: Library) -> Arrival:
    """Returns the state of an address, with notes on what was not valid or may differ.

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
    """Returns the state of an address that names nothing."""
    return State(files.first or open_shipped(FIRST))


def _parse_query(query: str) -> tuple[dict[str, str], str]:
    """Returns the parts of a query, or why it cannot be read."""
    try:
        if len(query) > MAX_LENGTH:
            raise ValueError
        most = len(levers()) + len(RESERVED)
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError:
        return {}, _("The link is damaged, and nothing of it was taken. Copy the whole of it.")
    return dict(pairs), ""


def _find_scenario(asked: Mapping[str, str], files: Library) -> Opened:
    """Returns the scenario that the address names."""
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
    """Returns the seed, or 1 with a note."""
    text = asked.get(SEED, "1")
    if text.isascii() and text.isdigit() and len(text) <= len(str(SEEDS)) and int(text) < SEEDS:
        return int(text), []
    return 1, [_('"{text}" in the link is no seed; 1 is taken.', text=text[:40])]


def _version_notes(sent: str, opened: Scenario) -> list[str]:
    """Returns a note if the link was made with another version, other rules or another scenario."""
    if sent == version_mark(opened):
        return []
    version = sent.partition("-")[0][:20]
    if not sent:
        text = _(
            "The link does not say which version made it: its sender may have seen other numbers."
        )
        return [text]
    text = _(
        "The link was made with another version of the program ({sent}, where here is {own}): the "
        "numbers here may differ from those that its sender saw."
    )
    if version == __version__:
        text = _(
            "The link was made with other rules or another state of this scenario (both are of "
            "version {own}): the numbers here may differ from those that its sender saw."
        )
    return [text.format(sent=version, own=__version__)]
