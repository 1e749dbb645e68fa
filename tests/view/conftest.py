"""Comparisons that several tests of the report look at."""

import pytest

import sim
from sim.api.studies import Comparison
from sim.scenario import Scenario


@pytest.fixture(scope="session")
def found() -> Comparison:
    return sim.compare(["team", "community", "network"], runs=60)


@pytest.fixture(scope="session")
def never() -> Scenario:
    """A scenario in which no agreement is ever reached."""
    alone = {f"stakeholders.{sector}.outside_option": 0.9 for sector in sim.scenario.SECTORS}
    return sim.load("team").variant(
        {"problem.conflict": 1.0, "stakeholders.incentive": 0.0, **alone}
    )
