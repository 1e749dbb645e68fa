"""The stagings: what has to differ from the baseline for a thing to be what was measured.

They are scenario files like any other, beside this module, to be read and run. All share one set of
values, the model's own; what a staging may set is listed here, and a test holds them to it.
"""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sim.evidence.targets import STAGED
from sim.language import N_
from sim.scenario import Scenario, load
from sim.scenario.files import SUFFIX
from sim.scenario.load import read_tables

FOLDER = Path(__file__).parent / "stagings"

# What a staging is about: people, phases, rule, time, the problem of a game. Nothing else.
MAY_SET: Mapping[str, str] = MappingProxyType(
    {
        "cycles": N_("time: how many problems"),
        "horizon": N_("time: how long it is watched"),
        "phases": N_("phases: which of them there are"),
        "decide": N_("rule: whether anything is decided"),
        "listed": N_("people: the players, with their tokens"),
        "stakeholders.government.count": N_("people: how many"),
        "stakeholders.private.count": N_("people: how many"),
        "stakeholders.community.count": N_("people: how many"),
        "stakeholders.civil_society.count": N_("people: how many"),
        "form.ties": N_("people: who sees whom"),
        "form.deadline": N_("time: how many debates"),
        "principles.deliberation": N_("rule: whether people talk, and are heard alike"),
        "leadership.facilitation": N_("people: a professional facilitator"),
        "leadership.mandate": N_("people: whoever is invited comes"),
        "problem.need_funds": N_("the game: its threshold"),
        "problem.need_capacity": N_("the game: one kind of resource"),
        "problem.need_network": N_("the game: one kind of resource"),
        "problem.scale_low": N_("the game: one threshold for all groups"),
        "problem.scale_span": N_("the game: one threshold for all groups"),
        "planning.rounds": N_("time: how many rounds"),
        "planning.stop_when_covered": N_("the game: it goes on when the threshold is met"),
    }
)
NOT_SET = ("title", "description", "extends")


def file_of(name: str) -> Path:
    """The file of a staging."""
    return FOLDER / f"{name}{SUFFIX}"


def stagings() -> dict[str, Scenario]:
    """All stagings by name.

    >>> stagings()["forum"].form.deadline
    3
    """
    return {name: load(file_of(name)) for name in STAGED}


def what_it_sets(name: str) -> dict[str, Any]:
    """What the file of a staging says, by dotted path.

    >>> what_it_sets("partnership")
    {'cycles': 12, 'horizon': 120}
    """
    return dict(_flat(read_tables(file_of(name)).tables))


def _flat(tables: Mapping[str, Any], path: str = "") -> list[tuple[str, Any]]:
    """Tables in tables as dotted paths."""
    found: list[tuple[str, Any]] = []
    for name, value in tables.items():
        if isinstance(value, dict):
            found += _flat(value, f"{path}{name}.")
        elif path or name not in NOT_SET:
            found.append((f"{path}{name}", value))
    return found
