"""What `check --resolved` says of power and resources."""

import math
import tomllib
from textwrap import indent

import pytest

from sim import cli
from sim.engine import tables
from sim.rules.power_index import SAMPLED_ORDERS
from sim.scenario import SECTORS, Scenario, load, shipped
from sim.view.console import format_power
from tests.rules.staged import COMPILED

FEWER_ORDERS = 100


@pytest.fixture(autouse=True)
def _fewer_orders_without_compiling(monkeypatch: pytest.MonkeyPatch) -> None:
    if not COMPILED:
        monkeypatch.setattr(tables, "SAMPLED_ORDERS", FEWER_ORDERS)


def listed(*powers: float, **columns: object) -> Scenario:
    rows = [
        {"name": f"party {k}", "sector": SECTORS[k % 4], "power": power, **columns}
        for k, power in enumerate(powers)
    ]
    return Scenario(listed=rows, decision={"rule": "lead", "lead_quorum": "11.5/17"})


def row(text: str, name: str) -> list[str]:
    """The cells of a stakeholder's row behind its name."""
    (line,) = (line for line in text.splitlines() if line.startswith(f"{name} "))
    return line.removeprefix(name).split(maxsplit=2)


def test_exact_indices_of_a_small_table() -> None:
    text = format_power(listed(4, 4, 4, 2, 2, 1))
    assert "all 720 orders" in text
    assert "±" not in text
    assert row(text, "party 0") == ["government", "0.2353", "0.2333"]
    assert row(text, "party 3") == ["civil_society", "0.1176", "0.1500"]
    assert row(text, "party 5") == ["private", "0.0588", "0.0000"]


def test_sampled_indices_of_a_large_table_have_an_error() -> None:
    text = format_power(load("baseline"))
    orders = SAMPLED_ORDERS if COMPILED else FEWER_ORDERS
    assert f"{orders} orders" in text
    index, error = map(float, row(text, "private 1")[2].split(" ± "))
    assert 0 < index < 0.2
    assert error == pytest.approx(math.sqrt(index * (1 - index) / orders), abs=1e-4)


def test_who_is_not_at_the_table_is_represented() -> None:
    text = format_power(load("team"))
    assert "At the table: 8 of 24. Decision rule: consensus; veto: nobody." in text
    assert text.count("0.1250") == 8
    assert row(text, "government 3")[2] == "represented by government 4"


def test_an_empty_table_represents_nobody() -> None:
    text = format_power(listed(1, 1, 1, seated=False))
    assert text.count("not represented") == 3


def test_gini_of_power_and_of_endowments() -> None:
    rows = [
        {"name": name, "sector": "private", "power": 1, "funds": funds, "capacity": 0, "network": 1}
        for name, funds in (("a", 36), ("b", 36), ("c", 12), ("d", 12))
    ]
    text = format_power(Scenario(listed=rows))
    assert "power 0.000, funds 0.250, capacity (nobody has any), network 0.000" in text
    assert "all resources 0.240." in text  # of 37, 37, 13, 13


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_scenario_can_be_described(name: str) -> None:
    scenario = load(name)
    lines = format_power(scenario).splitlines()
    people = sum(scenario.count(sector) for sector in SECTORS)
    assert len(lines[lines.index("") :]) == 2 + people


def test_no_name_breaks_out_of_its_line() -> None:
    names = ("a\nb = 1", "c\x00\x1b[2Jd", "e\u2028f", "g\tå")
    rows = [{"name": name, "sector": "private"} for name in names]
    text = indent(format_power(Scenario(listed=rows)), "# ")
    assert tomllib.loads(text) == {}
    assert [line.partition("  private")[0].rstrip() for line in text.splitlines()[-4:]] == [
        "# a b = 1",
        "# c  [2Jd",
        "# e f",
        "# g å",
    ]


def test_check_prints_it_behind_the_scenario_as_a_comment(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["check", "team", "--resolved"]) == 0
    scenario, power = capsys.readouterr().out.split("\n\n# Power")
    assert Scenario(**tomllib.loads(scenario)) == load("team")
    assert power.rstrip("\n").endswith(indent(format_power(load("team")), "# ")[len("# Power") :])
