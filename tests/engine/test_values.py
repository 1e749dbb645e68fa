"""Values that are not known for sure: every run draws a set, the same in every scenario."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sim
from sim.engine.arrays import as_drawn, sets_drawn
from sim.engine.runs import outcomes_and_rounds_of, outcomes_of, outcomes_under
from sim.scenario import Scenario, ScenarioError

FIELDS = ["problem.conflict", "problem.need_funds", "stakeholders.private.outside_option"]
SETS = [[0.3, 5.0, 0.4], [0.64, 7.8, 0.61], [0.9, 9.0, 0.7]]


def uncertain(name: str, weights: list[float] | None = None) -> Scenario:
    given = {"uncertain": {"fields": FIELDS, "sets": SETS, "weights": weights}}
    return sim.load(name).variant(given)


@pytest.mark.parametrize("name", ["team", "network"])
def test_every_run_is_that_of_a_scenario_with_its_own_values(name: str) -> None:
    asked = uncertain(name)
    many = outcomes_of(asked, seed=3, first=5, count=12)
    assert len(set(sets_drawn(asked, 3, range(5, 17)))) == 3
    for k in range(12):
        plain = as_drawn(asked, 3, 5 + k)
        assert plain.uncertain is None
        alone = outcomes_of(plain, 3, 5 + k, 1)[0]
        assert many[k].tobytes() == alone.tobytes()
        told = sim.run(asked, 3, 5 + k)
        assert told.scenario == plain
        assert np.array_equal(told.outcomes, many[k], equal_nan=True)


def test_a_run_with_agents_has_the_same_values() -> None:
    model = sim.CollaborationModel(uncertain("team"), seed=3, run=7)
    while model.running:
        model.step()
    compiled = sim.run(uncertain("team"), 3, 7).outcomes
    assert np.array_equal(model.result().outcomes, compiled, equal_nan=True)


def test_how_runs_are_cut_up_changes_nothing() -> None:
    asked = uncertain("community")
    whole = outcomes_of(asked, 1, 0, 40)
    parts = [outcomes_of(asked, 1, first, 8) for first in range(0, 40, 8)]
    assert whole.tobytes() == np.concatenate(parts).tobytes()
    assert outcomes_and_rounds_of(asked, 1, 0, 40)[0].tobytes() == whole.tobytes()


def test_values_may_be_given_run_by_run() -> None:
    values = np.array(SETS)
    many = outcomes_under(sim.load("team"), FIELDS, values, seed=1, first=4)
    for k, row in enumerate(SETS):
        own = sim.load("team").variant(dict(zip(FIELDS, row, strict=True)))
        assert many[k].tobytes() == outcomes_of(own, 1, 4 + k, 1)[0].tobytes()


def test_sets_are_drawn_as_often_as_they_weigh() -> None:
    """A chi-square test at 0.1 %: a right program fails with one seed in a thousand."""
    drawn = sets_drawn(uncertain("team", [1, 2, 5]), 11, range(4000))
    assert stats.chisquare(np.bincount(drawn), [500, 1000, 2500]).pvalue > 0.001


def test_pairs_have_the_same_set() -> None:
    team, network = uncertain("team"), uncertain("network")
    assert (sets_drawn(team, 9, range(50)) == sets_drawn(network, 9, range(50))).all()


def test_a_scenario_without_sets_keeps_its_fingerprint() -> None:
    assert "uncertain" not in Scenario().resolved()
    assert uncertain("team").digest() != sim.load("team").digest()
    again = Scenario(**uncertain("team").resolved())
    assert again == uncertain("team")
    assert hash(again) == hash(uncertain("team"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"fields": ["problem.gg"], "sets": [[1.0]]}, 'did you mean "problem.g"'),
        ({"fields": ["cycles"], "sets": [[1.0]]}, "is no real number"),
        ({"fields": ["problem.g"], "sets": [[1.5]]}, "problem.g must be a number (0 to 1)"),
        ({"fields": ["problem.g"], "sets": [[0.1, 0.2]]}, "has 2 values for 1 fields"),
        ({"fields": ["problem.g"] * 2, "sets": [[0.1, 0.2]]}, "is listed twice"),
        ({"fields": ["problem.g"], "sets": [[0.1]], "weights": [0]}, "not all of them 0"),
        ({"fields": ["problem.g"], "sets": [[0.1]], "weights": [1e308]}, "from 0 to 1,000,000,000"),
        ({"fields": ["problem.g"], "sets": [[10**400]]}, "problem.g must be a number (0 to 1)"),
        ({"fields": ["problem.g"], "sets": [[0.1]], "weights": [1, 1]}, "are 2 for 1 sets"),
    ],
)
def test_sets_that_no_run_could_have_are_refused(given: dict[str, object], says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        Scenario(uncertain=given)
    assert says in str(refused.value)


def test_what_is_drawn_is_not_varied_as_well() -> None:
    asked = uncertain("team")
    with pytest.raises(ScenarioError, match=r"draws it from the sets in \[uncertain\]"):
        sim.sweep(asked, vary={"problem.conflict": [0.1, 0.2]}, runs=2)
    found = sim.sweep(asked, vary={"problem.g": [0.1, 0.2]}, runs=2, progress=False)
    assert all(scenario.uncertain for scenario in found.study.scenarios.values())


def test_sets_are_written_to_a_file_and_read_again(tmp_path: Path) -> None:
    from sim.scenario.files import to_toml

    asked = uncertain("team", [1, 2, 5])
    file = tmp_path / "mine.toml"
    file.write_text(to_toml(asked.resolved()))
    assert sim.load(file) == asked
