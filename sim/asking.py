"""The scenarios that a command line asks for, by the names that their results have."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sim.language import _
from sim.refusal import Refusal

if TYPE_CHECKING:
    from sim.scenario import Scenario


def read_scenario(name_or_path: str) -> "Scenario":
    """A scenario by its name or path."""
    from sim.scenario import ScenarioError, load

    try:
        return load(name_or_path)
    except ScenarioError as error:
        raise Refusal(str(error)) from error


def read_scenarios(names_or_paths: Sequence[str]) -> "dict[str, Scenario]":
    """Scenarios by the names that their results have."""
    names = [name_of(item) for item in names_or_paths]
    asked = {name: read_scenario(item) for name, item in zip(names, names_or_paths, strict=True)}
    if len(asked) < len(names):
        raise Refusal(_("mufakat: two of the scenarios have the same name"))
    return asked


def variants_of(
    scenarios: "Mapping[str, Scenario]", vary: Sequence[str]
) -> "tuple[dict[str, Scenario], str]":
    """Every variant, by its name, that ``--vary`` and the sweeps ask for; what all is called."""
    from sim.scenario import Scenario, ScenarioError
    from sim.scenario.grid import grid, parse_vary, read_vary, study_name

    try:
        fields = read_vary(Scenario, parse_vary(vary))
        variants = grid(scenarios, fields)
    except ScenarioError as error:
        raise Refusal(str(error)) from error
    return {variant.name: variant.scenario for variant in variants}, study_name(scenarios, fields)


def name_of(name_or_path: str) -> str:
    """What the result folder of a scenario is called.

    >>> [name_of(text) for text in ("team", "../mine.toml", "case/dam/", "case/dam/scenario.toml")]
    ['team', 'mine', 'dam', 'dam']
    """
    from sim.scenario.files import CASE, SUFFIX

    path = Path(name_or_path).resolve()
    if path.name == CASE:
        return path.parent.name
    return path.stem if path.suffix == SUFFIX else path.name
