"""What a scenario is: frozen, complete, comparable, changed only into another one."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from sim.scenario import (
    FORM_COLUMNS,
    FORMS,
    PHASES,
    PRINCIPLES,
    SECTORS,
    Scenario,
    ScenarioError,
    parameters,
)
from tests.strategies import scenarios, values

THREE: list[dict[str, Any]] = [
    {"name": "City", "sector": "government"},
    {"name": "Mill", "sector": "private"},
    {"name": "Village", "sector": "community"},
]


@given(scenarios())
def test_resolved_tables_make_an_equal_scenario(scenario: Scenario) -> None:
    again = Scenario(**scenario.resolved())
    assert again == scenario
    assert hash(again) == hash(scenario)
    assert again.digest() == scenario.digest()


@given(scenarios())
def test_a_variant_of_nothing_is_the_same(scenario: Scenario) -> None:
    assert scenario.variant({}) == scenario


@given(scenarios(), st.data())
def test_a_variant_differs_in_what_was_asked(scenario: Scenario, data: st.DataObject) -> None:
    fields = [field for field in parameters() if field.path.split(".")[0] not in ("form", "cycles")]
    field = data.draw(st.sampled_from([f for f in fields if "rounds" not in f.name]))
    listed = scenario.problem.options is not None  # and so their number is given
    if field.path == "horizon" or (listed and field.path == "problem.option_count"):
        return
    before = scenario.resolved()
    value = data.draw(values(field))
    variant = scenario.variant({field.path: value})
    assert variant.value(field.path) == value
    assert scenario.resolved() == before
    assert (variant.digest() == scenario.digest()) == (variant == scenario)
    assert variant.variant({field.path: scenario.value(field.path)}) == scenario


@given(scenarios())
def test_no_round_comes_after_the_latest(scenario: Scenario) -> None:
    assert 1 <= scenario.latest_round <= scenario.cycles * 36
    assert all((event.round or 1) <= scenario.latest_round for event in scenario.events)


def test_nothing_can_be_changed_in_place() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Scenario().principles.assets = 1.0
    with pytest.raises(ValidationError, match="frozen"):
        Scenario().cycles = 1


def test_the_digest_is_the_same_everywhere_and_for_equal_numbers() -> None:
    assert Scenario(debate={"mu": 1}).digest() == Scenario(debate={"mu": 1.0}).digest()
    assert Scenario(debate={"mu": 1}).digest() != Scenario().digest()
    assert len(Scenario().digest()) == 64


def test_the_callers_tables_are_not_changed() -> None:
    changes: dict[str, Any] = {"form": {"kind": "team"}, "form.seats": 4}
    assert Scenario().variant(changes).form.seats == 4
    assert changes == {"form": {"kind": "team"}, "form.seats": 4}


def test_a_value_can_be_taken_back() -> None:
    assert Scenario(horizon=12).variant({"horizon": None}) == Scenario()


def test_a_sector_table_may_give_some_values_only() -> None:
    table = Scenario(stakeholders={"private": {"funds": 1}}).stakeholders.private
    assert table == Scenario().stakeholders.private.model_copy(update={"funds": 1.0})


@pytest.mark.parametrize("kind", FORMS)
def test_a_kind_fills_in_its_column(kind: str) -> None:
    form = Scenario(form={"kind": kind}).form
    assert {name: getattr(form, name) for name in FORM_COLUMNS[kind]} == FORM_COLUMNS[kind]


def test_what_is_given_beats_the_column() -> None:
    form = Scenario(form={"kind": "team", "deadline": 60, "membership": "open"}).form
    assert (form.deadline, form.membership, form.seats) == (60, "open", 8)


@pytest.mark.parametrize("before", FORMS)
@pytest.mark.parametrize("after", FORMS)
def test_a_changed_kind_brings_its_whole_column(before: str, after: str) -> None:
    scenario = Scenario(form={"kind": before})
    assert scenario.variant({"form.kind": after}) == Scenario(form={"kind": after})


def test_a_changed_kind_leaves_what_its_parent_has_of_its_own() -> None:
    parent = Scenario(form={"kind": "community", "seats": 9, "invite": "random"})
    form = parent.variant({"form.kind": "team"}).form
    assert (form.seats, form.invite, form.deadline) == (9, "random", 36)
    asked = {"form.deadline": 60, "form.kind": "team"}  # 60 is the community's own deadline
    assert parent.variant(asked).form.deadline == 60


def test_fractions_are_exact() -> None:
    assert Scenario(decision={"quorum": "2/3"}).decision.quorum == 2 / 3
    assert Scenario(decision={"lead_quorum": "11.5/17"}).decision.lead_quorum == 11.5 / 17
    assert Scenario(decision={"quorum": 1}).decision.quorum == 1.0


def test_listed_stakeholders_are_counted() -> None:
    scenario = Scenario(listed=THREE)
    assert [scenario.count(sector) for sector in SECTORS] == [1, 1, 1, 0]
    assert scenario.value("stakeholders.community.count") == 1


def test_the_latest_round_counts_the_phases_there_are() -> None:
    assert Scenario().latest_round == 3 * (12 + 60 + 12 + 36)
    assert Scenario(phases=["planning"], cycles=2).latest_round == 24
    assert Scenario(horizon=5).latest_round == 5


@pytest.mark.parametrize(
    "tables",
    [
        {"stakeholders": {"private": {"count": 0}}},
        {"stakeholders": {"community": {"funds": 0, "capacity": 0, "network": 0, "power": 0}}},
        {"listed": THREE},
        {"problem": {"need_funds": 0, "need_capacity": 0, "need_network": 0}},
        {"problem": {"fact_count": 64}},
        {"problem": {"fact_count": 1, "option_count": 16}},
        {"stakeholders": {"community": {"count": 2_000}}},
        {"phases": ["planning"]},
        {"phases": ["listening", "debate"], "decide": False},
        {"listening": {"rounds": 0}},
        {"events": [{"round": 360, "field": "debate.mu", "scale": 2}]},
        {"events": [{"cycle": 3, "field": "trust_in.private", "set": 0}]},
    ],
)
def test_unusual_scenarios_are_scenarios(tables: dict[str, Any]) -> None:
    assert Scenario(**Scenario(**tables).resolved()) == Scenario(**tables)


def test_a_path_leads_to_a_value_or_to_a_hint() -> None:
    assert Scenario().value("phases") == PHASES
    assert Scenario().value("principles.strategic") == 0.5
    with pytest.raises(ScenarioError, match='did you mean "strategic"'):
        Scenario().value("principles.strategc")
    with pytest.raises(ScenarioError, match="unknown name"):
        Scenario().value("cycles.first")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("principles.deliberaton", "deliberation"),
        ("principle.deliberation", "principles"),
        ("deliberation", "principles.deliberation"),
        ("debate.eta_face", "listening.eta_face"),
        ("stakeholders.goverment.power", "government"),
    ],
)
def test_a_variant_of_an_unknown_path_gets_a_hint(path: str, hint: str) -> None:
    with pytest.raises(ScenarioError) as refusal:
        Scenario().variant({path: 1})
    assert f'did you mean "{hint}"?' in str(refusal.value)


def test_there_are_eight_principles() -> None:
    assert len(PRINCIPLES) == 8
    assert "price" not in PRINCIPLES


@pytest.mark.parametrize("other", ["Cafe  Maju", " Cafe Maju", "Cafe\tMaju"])
def test_names_that_read_alike_are_the_same_name(other: str) -> None:
    people = [{"name": name, "sector": "private"} for name in ("Cafe Maju", other, "Mill")]
    with pytest.raises(ScenarioError, match=r"listed\[2\].name: \"Cafe Maju\" is listed twice"):
        Scenario(listed=people)
    with pytest.raises(ScenarioError, match="is listed twice"):
        Scenario(problem={"options": [{"name": "Cafe Maju"}, {"name": other}]})
    with pytest.raises(ScenarioError, match="is listed twice"):
        Scenario(problem={"options": [{"name": "Caf\u00e9"}, {"name": "Cafe\u0301"}]})
