"""The address of a desk: what was changed from which scenario, under which seed.

What stands in an address is data that anybody may have written: it is read with care, and whatever
cannot be had is said in plain words.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode

from sim.base.version import __version__
from sim.language import _
from sim.rules.compiling import source_digest
from sim.scenario import Scenario, ScenarioError
from sim.scenario.faults import Fault
from sim.view.dashboard.desk import Desk, Opened, with_all
from sim.view.dashboard.levers import levers, written
from sim.view.dashboard.library import Library, open_shipped

SCENARIO, FILE, DIGEST, SEED, VERSION = "scenario", "file", "digest", "seed", "version"
OWN = (SCENARIO, FILE, DIGEST, SEED, VERSION)
FIRST = "musrenbang"  # what is open where nothing is asked for
SEEDS = 2**64
MOST_LETTERS = 16_000
SOURCES = ("rules/*.py", "engine/one_run.py", "engine/arrays.py")  # what decides the numbers


class Arrived(NamedTuple):
    """A desk as an address asks for it, and what has to be said about it."""

    desk: Desk
    notes: tuple[str, ...] = ()


def address(desk: Desk) -> str:
    """The query of an address that gives this setting back: what differs, the seed, the version.

    >>> from sim.view.dashboard.desk import moved
    >>> desk = moved(Desk(open_shipped("team"), seed=7), "trust.prehistory", 0.8)
    >>> address(desk).partition("&version")[0]
    'scenario=team&trust.prehistory=0.8&seed=7'
    """
    opened = desk.opened
    named = {SCENARIO: opened.name}
    if not opened.shipped:
        named = {FILE: opened.name, DIGEST: opened.scenario.digest()[:16]}
    changes = {path: written(value) for path, value in desk.changes.items()}
    return urlencode({**named, **changes, SEED: desk.seed, VERSION: mark(opened.scenario)})


def mark(opened: Scenario) -> str:
    """The version of the program, and of what decides the numbers: rules and scenario."""
    text = _rules() + opened.digest()
    return f"{__version__}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@cache
def _rules() -> str:
    return source_digest(SOURCES)


def arrived(query: str | None, files: Library) -> Arrived:
    """The desk that an address asks for; with notes, where it is not what was sent.

    Parameters
    ----------
    query
        What stands behind the question mark, if anything.
    files
        The files that this program has open.
    """
    asked, broken = _asked(query or "")
    if broken:
        return Arrived(_first(files), (broken,))
    if not asked:
        return Arrived(_first(files))
    try:
        opened = _opened(asked, files)
    except ScenarioError as error:
        return Arrived(_first(files), (str(error),))
    seed, notes = _seed(asked)
    changes = {path: text for path, text in asked.items() if path not in OWN}
    desk, refused = with_all(Desk(opened, seed=seed), changes)
    text = _("{path} in the link was not taken: {reason}")
    notes += [text.format(path=path[:80], reason=reason) for path, reason in refused]
    notes += _other_version(asked.get(VERSION, ""), opened.scenario)
    return Arrived(desk, tuple(notes))


def _first(files: Library) -> Desk:
    """What is open where nothing else is asked for."""
    return Desk(files.first or open_shipped(FIRST))


def _asked(query: str) -> tuple[dict[str, str], str]:
    """The parts of a query; or why it is none."""
    try:
        if len(query) > MOST_LETTERS:
            raise ValueError
        most = len(levers()) + len(OWN)
        pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=most, errors="strict")
    except ValueError:
        return {}, _("The link is damaged, and nothing of it was taken. Copy the whole of it.")
    return dict(pairs), ""


def _opened(asked: Mapping[str, str], files: Library) -> Opened:
    """The scenario that is asked for."""
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


def _seed(asked: Mapping[str, str]) -> tuple[int, list[str]]:
    """The seed, or 1 with a note."""
    text = asked.get(SEED, "1")
    if text.isascii() and text.isdigit() and len(text) <= len(str(SEEDS)) and int(text) < SEEDS:
        return int(text), []
    return 1, [_('"{text}" in the link is no seed; 1 is taken.', text=text[:40])]


def _other_version(sent: str, opened: Scenario) -> list[str]:
    """What is said if the link was made elsewhere, with other rules or another scenario."""
    if sent == mark(opened):
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
