"""A sweep is read like every field, and its grid is that of the variants by hand."""

from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import sim
from sim.scenario import SECTORS, Scenario, ScenarioError
from sim.scenario.fields import short_name, sweepable
from sim.scenario.files import to_toml
from sim.scenario.grid import MAX_VARIANTS, Varied, grid, parse_vary, read_vary, varied
from tests.strategies import values

TEXT = """\
extends = "team"
title = "Mine"
[sweep]
"principles.deliberation" = "0:1:5"
decision.rule = [
  "consensus",
  "majority",
]
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_says_what_is_varied(tmp_path: Path) -> None:
    scenario = sim.load(written(tmp_path, TEXT))
    assert scenario.sweep == (
        Varied("principles.deliberation", (0.0, 0.25, 0.5, 0.75, 1.0)),
        Varied("decision.rule", ("consensus", "majority")),
    )
    assert Scenario(**scenario.resolved()) == scenario
    assert sim.load(written(tmp_path, to_toml(scenario.resolved()))) == scenario


def test_a_scenario_without_a_sweep_is_what_it_was() -> None:
    assert "sweep" not in sim.load("team").resolved()


def test_a_child_replaces_a_field_of_its_parents_sweep_however_it_is_written(
    tmp_path: Path,
) -> None:
    written(tmp_path, TEXT)
    child = tmp_path / "child.toml"
    child.write_text('extends = "mine.toml"\n[sweep.principles]\ndeliberation = [0.2]\n')
    assert [item.values for item in sim.load(child).sweep] == [(0.2,), ("consensus", "majority")]


def test_the_grid_is_in_the_order_of_the_file_and_its_names_are_short(tmp_path: Path) -> None:
    names = [item.name for item in grid({"mine": sim.load(written(tmp_path, TEXT))})]
    assert names == [
        f"mine, deliberation={level}, rule={rule}"
        for level in ("0", "0.25", "0.5", "0.75", "1")
        for rule in ("consensus", "majority")
    ]


def test_what_is_varied_from_outside_takes_the_place_of_the_files(tmp_path: Path) -> None:
    asked = read_vary(Scenario, {"principles.deliberation": [0.3]})
    found = grid({"mine": sim.load(written(tmp_path, TEXT)), "team": sim.load("team")}, asked)
    assert [item.name for item in found] == [
        "mine, deliberation=0.3, rule=consensus",
        "mine, deliberation=0.3, rule=majority",
        "team, deliberation=0.3",
    ]


def test_short_names_are_unlike_each_other() -> None:
    names = [short_name(Scenario, path) for path in sweepable(Scenario)]
    assert len(set(names)) == len(names)


WRONG = [
    ('"principles.deliberaton" = [0]', 'did you mean "principles.deliberation"? (0 to 1: how far'),
    ("deliberation = [0]", 'did you mean "principles.deliberation"? (0 to 1: how far'),
    ("principles.deliberation = [0, 1.5]", "[2]: must be a number (0 to 1), not 1.5 (how far"),
    ("principles.deliberation = [0, true]", "[2]: must be a number (0 to 1), not true"),
    ("principles.deliberation = [0, 0.0]", "[2]: 0.0 is listed twice"),
    ("principles.deliberation = []", "must be a list of values, or"),
    ("principles.deliberation = 0.5", "must be a list of values, or"),
    ('principles.deliberation = "0:1"', "must be a list of values, or"),
    ('principles.deliberation = "0:1:1"', "must be a list of values, or"),
    ('principles.deliberation = "0:2:3"', "must be a number (0 to 1), not 2"),
    ('principles.deliberation = "0:1:20000"', "20,000 variants are too many: there may be 10,000"),
    ('cycles = "1:4:3"', "must be a whole number (1 to 1000), not 2.5"),
    ('decision.rule = ["majorty"]', 'not "majorty", did you mean "majority"?'),
    ("decision.veto = [1]", "cannot be varied: only numbers, flags and choices can"),
    ("power_share.goverment = [0.5]", 'did you mean "power_share.government"?'),
    ("power_share.government = [1.1]", "must be a number (0 to 1), not 1.1"),
    ("xyzzy = [1]", "unknown name: give a field by its dotted path"),
]


@pytest.mark.parametrize(("line", "said"), WRONG)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        sim.load(written(tmp_path, f'extends = "team"\n\n[sweep]\n{line}\n'))
    told = str(caught.value)
    assert told.count("\n") == 0
    assert told.startswith(f"{tmp_path / 'mine.toml'}:4: sweep.")
    assert said in told


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            '"principles.deliberation" = [1]\nprinciples.deliberation = [0]',
            ":5: sweep.principles.deliberation: is varied twice",
        ),
        (
            "power_share.government = [0.5]\npower_share.private = [0.4, 0.6]",
            ":4: sweep.power_share.government: the shares come to 1.1, more than 1 (in the variant",
        ),
        (
            "".join(f"power_share.{sector} = [0.2]\n" for sector in SECTORS),
            ":4: sweep.power_share.government: the shares come to 0.8, and no other sector is",
        ),
        (
            "".join(f"stakeholders.{sector}.power = [0]\n" for sector in SECTORS),
            ":3: sweep: stakeholders: nobody has any power",
        ),
        ('cycles = "1:2"', 'n even steps from a to b, 2 or more; not "1:2"'),
        ("cycles = []", "2 or more; not an empty list"),
        ('cycles = "1:2:99999999999"', ":4: sweep.cycles: 99,999,999,999 variants are too many"),
    ],
)
def test_what_does_not_fit_together_is_told_with_its_line(
    tmp_path: Path, text: str, said: str
) -> None:
    file = written(tmp_path, f'extends = "team"\ntitle = "Mine"\n[sweep]\n{text}\n')
    with pytest.raises(ScenarioError) as caught:
        sim.load(file)
    assert str(caught.value).startswith(str(file))
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_field_is_varied_once_however_a_table_names_it() -> None:
    twice = {"decision.rule": ["lead"], "decision": {"rule": ["majority"]}}
    with pytest.raises(ScenarioError, match=r"decision\.rule: is varied twice"):
        read_vary(Scenario, twice)


def test_values_come_from_arrays_too() -> None:
    given = {
        "cycles": np.arange(1, 3),
        "decide": np.array([True, False]),
        "principles.price": np.linspace(0, 1, 3),
        "decision.rule": np.array(["lead"]),
    }
    assert [item.values for item in read_vary(Scenario, given)] == [
        (1, 2), (True, False), (0.0, 0.5, 1.0), ("lead",),
    ]  # fmt: skip
    with pytest.raises(ScenarioError, match=r"must be a number \(0 to 1\)"):
        read_vary(Scenario, {"principles.price": np.array([True])})


@pytest.mark.parametrize("text", ["0.1:0.9:3", ".1:.9:3", "1e-1:9e-1:3", " 0.10 : 0.9:3"])
def test_the_ends_of_a_range_are_written_like_any_number(text: str) -> None:
    (found,) = read_vary(Scenario, {"principles.price": text})
    assert found.values == (0.1, 0.5, 0.9)


def test_each_entry_of_a_list_has_its_line(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"mine.toml:7: sweep.decision.rule\[2\]: must be"):
        sim.load(written(tmp_path, TEXT.replace('"majority"', '"most"')))


def test_a_grid_that_is_too_large_is_refused_with_its_number(tmp_path: Path) -> None:
    two = '[sweep]\nprinciples.assets = "0:1:101"\nprinciples.price = "0:1:100"\n'
    with pytest.raises(ScenarioError, match="3: sweep: 10,100 variants are too many"):
        sim.load(written(tmp_path, f'extends = "team"\n\n{two}'))
    half = read_vary(Scenario, {"principles.assets": f"0:1:{MAX_VARIANTS // 2 + 1}"})
    with pytest.raises(ScenarioError, match="10,002 variants are too many: there may be 10,000"):
        grid({"team": sim.load("team"), "network": sim.load("network")}, half)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_every_variant_is_the_scenarios_own(data: st.DataObject) -> None:
    fields = [
        field
        for field in sweepable(Scenario).values()
        if not field.path.startswith(("power_share.", "stakeholders."))
        and field.path not in ("cycles", "horizon")
    ]
    chosen = data.draw(
        st.lists(st.sampled_from(fields), min_size=1, max_size=3, unique_by=lambda item: item.path)
    )
    vary = {
        field.path: data.draw(st.lists(values(field), min_size=1, max_size=3, unique=True))
        for field in chosen
    }
    base = sim.load(data.draw(st.sampled_from(["team", "network", "election"])))
    try:
        expected = [
            base.variant(dict(zip(vary, point, strict=True))) for point in product(*vary.values())
        ]
    except ScenarioError:
        assume(False)
    found = grid({"x": base.variant({"sweep": vary})})
    assert [item.scenario for item in found] == expected
    assert len({item.name for item in found}) == len(found)


@given(
    st.dictionaries(st.sampled_from(SECTORS), st.floats(0, 0.5), min_size=1, max_size=2),
    st.lists(st.integers(1, 1000), min_size=4, max_size=4),
    st.sets(st.sampled_from(SECTORS), max_size=1),
)
def test_power_shares_keep_the_others_proportions_and_the_sum(
    shares: dict[str, float], powers: list[int], without: set[str]
) -> None:
    assume(not without & set(shares))
    before = dict(zip(SECTORS, map(float, powers), strict=True))
    base = Scenario(
        stakeholders={
            name: {"power": before[name], **({"count": 0} if name in without else {})}
            for name in SECTORS
        }
    )
    found = varied(base, {f"power_share.{name}": share for name, share in shares.items()})
    after = {name: found.value(f"stakeholders.{name}.power") for name in SECTORS}
    there = [name for name in SECTORS if name not in without]
    total = sum(before[name] for name in there)
    assert sum(after[name] for name in there) == pytest.approx(total)
    for name, share in shares.items():
        assert after[name] == pytest.approx(share * total)
    others = [name for name in there if name not in shares]
    for one, two in product(others, others):
        assert after[one] * before[two] == pytest.approx(after[two] * before[one])


def test_a_share_of_power_is_what_the_run_has() -> None:
    people = sim.run(varied(sim.load("baseline"), {"power_share.government": 0.7})).stakeholders
    assert people.loc[people["sector"] == "government", "power"].sum() == pytest.approx(0.7)


LISTED = [{"name": name, "sector": "private", "power": 1.0} for name in "abc"]
DRAWN = [{"name": "a", "sector": "government"}, *({"name": n, "sector": "private"} for n in "bc")]


@pytest.mark.parametrize(
    ("scenario", "changes", "said"),
    [
        ({"listed": LISTED}, {"power_share.private": 0.5}, "power is listed stakeholder by"),
        ({"listed": LISTED}, {"stakeholders.private.power": 0.5}, "power is listed stakeholder"),
        ({"listed": DRAWN}, {"stakeholders.private.count": 5}, "lists that the scenario has"),
        ({"listed": DRAWN}, {"power_share.community": 0.5}, "the sector has no stakeholders"),
        ({}, {"power_share.private": 0.7, "power_share.community": 0.5}, "come to 1.2, more than"),
        (
            {"stakeholders": {name: {"power": 0} for name in SECTORS if name != "private"}},
            {"power_share.private": 0.5},
            "the other sectors have no power",
        ),
    ],
)
def test_what_cannot_be_varied_is_refused(
    scenario: dict[str, Any], changes: dict[str, float], said: str
) -> None:
    with pytest.raises(ScenarioError, match=said):
        varied(Scenario(**scenario), changes)
    with pytest.raises(ScenarioError, match=r"\(in the variant mine, .*=") as caught:
        grid({"mine": Scenario(**scenario)}, [Varied(*pair) for pair in tuples(changes)])
    assert said in str(caught.value)


def tuples(changes: dict[str, float]) -> list[tuple[str, tuple[float]]]:
    return [(path, (value,)) for path, value in changes.items()]


def test_listed_stakeholders_without_power_share_their_sectors() -> None:
    found = varied(Scenario(listed=DRAWN), {"power_share.private": 0.9})
    people = sim.run(found).stakeholders
    assert people.loc[people["sector"] == "private", "power"].sum() == pytest.approx(0.9)


@pytest.mark.parametrize("text", ["principles.deliberation", "=1", "cycles=", ""])
def test_words_that_are_no_field_with_values_are_refused(text: str) -> None:
    with pytest.raises(ScenarioError, match="is no field with its values"):
        parse_vary([text])


def test_words_name_a_field_once() -> None:
    with pytest.raises(ScenarioError, match="cycles: is varied twice"):
        parse_vary(["cycles=1", "cycles=2"])
