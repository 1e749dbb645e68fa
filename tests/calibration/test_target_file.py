"""Files of targets: what they may say, and what is said of those that are wrong."""

import math
from pathlib import Path

import pytest

from sim import cli
from sim.evidence.target_file import read_task
from sim.scenario import Scenario, ScenarioError
from tests.calibration.conftest import DISTRICT, Written

COMMON = Path(__file__).parents[2] / "sim" / "evidence" / "common.toml"


def test_a_file_in_the_users_own_words(written: Written) -> None:
    task = read_task(Scenario(), written())
    assert task.title == "Our district"
    assert [item[:3] for item in task.free] == [
        ("debate.concession", 0.5, 3.0),
        ("action.surprise", 0.0, 1.0),
    ]
    months, built = task.targets
    assert (months.value, months.low, months.high) == (40, 34, 46)
    assert (built.value, built.low, built.high) == pytest.approx((0.33, 0.23, 0.43))
    assert months.says == "in our district agreement took 40 months"


def test_the_projects_own_file_has_the_targets_of_the_evidence() -> None:
    """All quantities of V1 to V10 and V12, with the values and bands of sim.evidence."""
    from sim.evidence.targets import TARGETS

    task = read_task(Scenario(), COMMON)
    ours = {target.name: target for target in task.targets}
    theirs = {
        item.id if len(item.quantities) == 1 else f"{item.id} {quantity.name}": quantity
        for item in TARGETS
        for quantity in item.quantities
        if item.id != "V11"
    }
    assert set(ours) == set(theirs)
    for name, quantity in theirs.items():
        assert ours[name].value == pytest.approx(quantity.value, abs=1e-9, nan_ok=True), name
        assert (ours[name].low, ours[name].high) == pytest.approx((quantity.low, quantity.high))


WRONG = [
    ('field = "debate.concession"', 'field = "debate.concesion"', 5, 'did you mean "debate.conc'),
    ('field = "debate.concession"', 'field = "cycles"', 5, "is no real number"),
    ("low = 0.5", "low = 0.01", 6, "a number (0.05 to 10)"),
    ("high = 3.0", "high = 0.4", 7, "must be above low"),
    ('field = "surprise"', 'field = "concession"', 9, "is free already"),
    ('"carried_out"', '"carried_ot"', 20, 'did you mean "carried_out"'),
    ('"median"', '"medan"', 15, '"median"'),
    ("sd = 0.05", "", 18, "how exactly is it known"),
    ("sd = 0.05", "sd = 0", 22, "must be a number (1e-09 to"),
    ("sd = 0.05", "sd = inf", 22, "must be a number (1e-09 to"),
    ("value = 40", 'value = "40 months"', 16, "must be a number (-1000000000 to"),
    ("value = 40", f"value = {'9' * 400}", 16, "must be a number (-1000000000 to"),
    ("[34, 46]", '["34", "46"]', 17, 'band[1]: must be a number, not "34"'),
    ("[34, 46]", "[34, 40, 46]", 17, "has 3 entries, and may have 2"),
    ("value = 0.33", "value = 33", 21, "must be from 0 to 1, as it is a share, not 33"),
    ('"median"', '"share"\nat_most = 50\nat_least = 30', 17, "must be above at_most"),
    ("band = [34, 46]", "band = [46, 34]", 17, "from below the value to above it"),
    ("band = [34, 46]", "band = [41, 46]", 17, "from below the value to above it"),
    ('"median"', '"share"', 15, "needs at_most or at_least"),
    ('"median"', '"difference"', 15, "belong together"),
    ("sd = 0.05", "sd = 0.05\nabove = 0.1", 23, "stands alone"),
    ("sd = 0.05", 'sd = 0.05\nscenario = "teem"', 23, 'did you mean "team"'),
    ("sd = 0.05", 'sd = 0.05\nscenario = "../x.toml"', 23, "is not in the folder"),
    ("sd = 0.05", "sdd = 0.05", 22, 'did you mean "sd"'),
]


@pytest.mark.parametrize(("old", "new", "line", "says"), WRONG)
def test_what_is_wrong_is_said_with_its_line(
    old: str, new: str, line: int, says: str, written: Written, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(DISTRICT.replace(old, new, 1))
    with pytest.raises(ScenarioError) as error:
        read_task(Scenario(), file)
    assert f"{file}:{line}: " in str(error.value)
    assert says in str(error.value)
    assert cli.main(["calibrate", "team", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert says in said.err


def test_all_that_is_wrong_is_said_at_once(written: Written) -> None:
    text = DISTRICT.replace("high = 3.0", "high = 0.4").replace("carried_out", "carried_ot")
    with pytest.raises(ScenarioError) as error:
        read_task(Scenario(), written(text))
    assert len(str(error.value).splitlines()) == 2


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"sweep": {"problem.g": [0.1, 0.2]}}, "has a sweep"),
        ({"uncertain": {"fields": ["problem.g"], "sets": [[0.1], [0.2]]}}, "drawn from sets"),
    ],
)
def test_a_scenario_that_is_not_one_is_refused(
    more: dict[str, object], says: str, written: Written
) -> None:
    with pytest.raises(ScenarioError, match=says):
        read_task(Scenario(**more), written())
    from sim.scenario.files import to_toml

    file = written(DISTRICT + 'scenario = "other.toml"\n')
    (file.parent / "other.toml").write_text(to_toml(Scenario(**more).resolved()))
    with pytest.raises(ScenarioError, match=rf"targets.toml:23: .*{says}"):
        read_task(Scenario(), file)


def test_one_side_is_enough(written: Written) -> None:
    text = DISTRICT.replace("value = 0.33\nsd = 0.05", "above = 0.3\nsd = 0.05")
    target = read_task(Scenario(), written(text)).targets[1]
    assert math.isnan(target.value)
    assert (target.low, target.high) == (0.3, math.inf)
