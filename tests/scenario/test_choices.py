"""What every form, decision rule and other choice must have: a new word inherits these tests."""

from collections.abc import Mapping
from typing import Any, get_args

import matplotlib.pyplot as plt
import pytest

import sim
from sim.rules import decision
from sim.scenario import FORMS, INVITATIONS, LAYOUTS, MEMBERSHIPS, RULES, choices
from sim.scenario.new_case import scenario_text
from sim.view.plots import support

SMALL = {"horizon": 40, "form.deadline": 12, "cycles": 1}


@pytest.mark.parametrize(
    ("words", "table"),
    [
        (get_args(choices.FormKind), choices.FORM_TABLE),
        (get_args(choices.Rule), choices.DECISION_RULES),
        (get_args(choices.Invitation), choices.INVITATION_MEANINGS),
        (get_args(choices.Layout), choices.LAYOUT_MEANINGS),
        (get_args(choices.Membership), choices.MEMBERSHIP_MEANINGS),
        (get_args(choices.Norm), choices.NORM_MEANINGS),
    ],
)
def test_every_word_has_its_entry(words: tuple[str, ...], table: Mapping[str, Any]) -> None:
    assert list(table) == list(words)


@pytest.mark.parametrize("rule", RULES)
def test_a_decision_rule_is_run_plotted_and_told(rule: str) -> None:
    run = sim.run(sim.load("team").variant({**SMALL, "decision.rule": rule}))
    assert run.outcomes.notna().any()
    ax = support(run)
    assert ax.get_title(loc="left")
    plt.close(ax.figure)
    assert run.minutes()
    assert rule in scenario_text("team", ".csv")


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("accepting", range(9))
def test_the_share_that_plots_show_is_the_one_that_decides(rule: str, accepting: int) -> None:
    """At a table of eight with equal power: fewer do not decide, as many as needed do."""
    table, quorum, lead = 8, 0.75, 0.5
    needed = choices.DECISION_RULES[rule].needed(table, quorum, lead)
    share = accepting / table
    assert bool(decides(rule, accepting, table, quorum, lead)) == (
        share > needed if needed in (0.5, lead) else share >= needed - 1e-9
    )


def decides(rule: str, accepting: int, table: int, quorum: float, lead: float) -> bool:
    """Ask the compiled rule."""
    scenario = sim.load("team").variant(
        {"decision.rule": rule, "decision.quorum": quorum, "decision.lead_quorum": lead}
    )
    model = sim.CollaborationModel(scenario)
    a = model.arrays
    people = a.people
    people["active"] = people["seated"]
    seated = [i for i in range(len(people)) if people[i].seated == 1][:table]
    assert len(seated) == table
    people["weight"] = 0.0
    for k, i in enumerate(seated):
        people[i].weight = 1.0 / table
        people[i].accepts = 1 if k < accepting else 0
    a.run[0].table = table
    return bool(decision.decided(people, a.par, a.run))


@pytest.mark.parametrize("form", FORMS)
def test_a_form_is_run_and_offered(form: str) -> None:
    scenario = sim.Scenario(form={"kind": form}, horizon=24)
    assert {name: getattr(scenario.form, name) for name in choices.FORM_COLUMNS[form]} == dict(
        choices.FORM_COLUMNS[form]
    )
    assert sim.run(scenario).minutes()
    assert form in scenario_text(form, ".csv")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "word"),
    [
        *(("form.invite", word) for word in INVITATIONS),
        *(("form.ties", word) for word in LAYOUTS),
        *(("form.membership", word) for word in MEMBERSHIPS),
    ],
)
def test_every_other_word_is_run(field: str, word: str) -> None:
    run = sim.run(sim.load("community").variant({**SMALL, "form.seats": 6, field: word}))
    assert len(run.stakeholders)
    assert run.plot() is not None
    plt.close("all")
