"""What is drawn is what stands in the tables."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from sim.api.run import Run
from sim.scenario import KINDS, SECTORS
from sim.view import plots
from sim.view.plots import stakeholders as ring
from sim.view.plots.phases import funds_by_month, rules_in_force, unspent_by_cycle
from tests.view.drawn import drawn, every, legend, line, missing, played, words


@pytest.fixture
def river() -> Run:
    return played("river_basin")


@pytest.fixture
def delivering() -> Run:
    """A run with an unfunded plan and one that was carried out."""
    planned_better = {"cycle": 2, "field": "planning.viable", "set": 0.05}
    return played(
        "mandated",
        cycles=2,
        decision__rule="majority",
        planning__viable=1.0,
        events=[planned_better],
    )


def asked(run: Run) -> pd.DataFrame:
    return run.rounds[run.rounds["accepting"].notna()]


def test_support_is_drawn_as_the_rounds_have_it(river: Run) -> None:
    ax, rounds = plots.support(river), asked(river)
    for gid, column in (("share", "accepting"), ("worth", "worth"), ("aspiration", "aspiration")):
        x, y = line(ax, gid)
        assert x.tolist() == rounds["round"].tolist()
        assert y.tolist() == rounds[column].tolist()
    agreed = river.events[river.events["event"] == "agreed"]
    assert drawn(ax, "agreed").get_xdata().tolist() == agreed["round"].tolist()
    assert list(drawn(ax, "agreed").get_ydata()) == agreed["value"].tolist()
    failed = played("network", form__deadline=2, stakeholders__immovable_share=0.5)
    deadlock = failed.events[failed.events["event"] == "deadlocked"]
    mark = drawn(plots.support(failed), "deadlocked")
    assert mark.get_xdata().tolist() == deadlock["round"].tolist()
    assert len(deadlock) > 0


def test_one_cycle_can_be_drawn_alone(river: Run) -> None:
    ax = plots.support(river, cycle=2)
    own = river.rounds[river.rounds["cycle"] == 2]
    assert ax.get_xlim() == (own["round"].min() - 0.5, own["round"].max() + 0.5)
    assert set(line(ax, "share")[0]) <= set(own["round"])


@pytest.mark.parametrize(
    ("changes", "needed", "said"),
    [
        ({}, 1.0, "consensus (all)"),
        ({"decision__rule": "majority"}, 0.5, "more than half"),
        ({"decision__rule": "supermajority", "decision__quorum": 0.75}, 0.75, "at least 75%"),
        ({"decision__rule": "lead", "decision__lead_quorum": 0.7}, 0.7, "more than 70% of power"),
        ({"decision__rule": "majority", "decision__veto": ("private",)}, 0.5, "private sector"),
    ],
)
def test_what_is_needed_follows_the_rule(
    changes: dict[str, object], needed: float, said: str
) -> None:
    run = played(**changes)
    ax = plots.support(run)
    assert set(line(ax, "needed")[1]) == {needed}
    assert said in " ".join(legend(ax)).replace("\n", " ")
    column = "accepting_power" if changes.get("decision__rule") == "lead" else "accepting"
    assert line(ax, "share")[1].tolist() == asked(run)[column].tolist()


def test_all_but_one_depends_on_the_size_of_the_table(river: Run) -> None:
    table = asked(river)["table"].to_numpy(dtype=float)
    np.testing.assert_allclose(line(plots.support(river), "needed")[1], (table - 1) / table)


def test_events_change_what_is_needed() -> None:
    run = played(
        events=(
            {"round": 20, "field": "decision.rule", "set": "supermajority"},
            {"round": 20, "field": "decision.quorum", "set": 0.9},
            {"round": 25, "field": "decision.quorum", "scale": 0.9},
        )
    )
    x, y = line(plots.support(run), "needed")
    expected = [1.0 if month < 20 else 0.9 if month < 25 else 0.9 * 0.9 for month in x]
    assert y.tolist() == expected
    assert "then at least 90%" in " ".join(legend(plots.support(run))).replace("\n", " ")
    assert len(every(plots.support(run), "changed")) == 2


@pytest.mark.parametrize("rule", ["consensus", "consensus_minus_one", "supermajority", "majority"])
def test_runs_agree_when_the_line_is_reached(rule: str) -> None:
    run = played(decision__rule=rule)
    rules, agreed = rules_in_force(run), set(run.events.query("event == 'agreed'")["round"])
    for row in asked(run).itertuples():
        needed = rules[row.round].needed(row.table)
        enough = row.accepting > needed if rule == "majority" else row.accepting >= needed - 1e-9
        assert enough == (row.round in agreed)


def test_trust_is_a_mean_over_the_members_of_a_sector(river: Run) -> None:
    figure = plots.trust(river)
    assert [ax.get_title(loc="left") for ax in figure.axes] == [
        f"trust of {who} in …"
        for who in ("government", "the private sector", "the community", "civil society")
    ]
    paths = river.paths.merge(river.stakeholders[["name", "sector"]], on="name")
    for ax, who in zip(figure.axes, SECTORS, strict=True):
        own = paths[(paths["sector"] == who) & paths["member"]].groupby("round")
        for whom in SECTORS:
            mean = own[f"trust_in_{whom}"].mean().reindex(river.rounds["round"])
            np.testing.assert_allclose(drawn(ax, whom).get_ydata(), mean, rtol=1e-12)


def test_trust_in_a_sector_leaves_out_its_own_members(river: Run) -> None:
    ax = plots.trust_in_sectors(river)
    paths = river.paths.merge(river.stakeholders[["name", "sector"]], on="name")
    for whom in SECTORS:
        others = paths[(paths["sector"] != whom) & paths["member"]]
        mean = others.groupby("round")[f"trust_in_{whom}"].mean()
        np.testing.assert_array_equal(drawn(ax, whom).get_ydata(), mean)
    np.testing.assert_array_equal(drawn(ax, "all").get_ydata(), river.rounds["trust"])


def test_a_sector_without_members_is_left_out() -> None:
    run = played(stakeholders__private__count=0)
    assert len(plots.trust(run).axes) == 3
    for draw in (plots.trust_in_sectors, plots.membership, plots.network, plots.policy_plane):
        assert "private firms" not in legend(draw(run))


@pytest.mark.parametrize("name", ["river_basin", "team", "network"])
@pytest.mark.parametrize("when", ["start", "end"])
def test_every_tie_is_drawn_once(name: str, when: str) -> None:
    run = played(name)
    ax = plots.network(run, when=when)
    column = {"start": "trust_before", "end": "trust"}[when]
    ties = [drawn(ax, gid) for gid in ("ties", "ties of who is no member")]
    assert sum(len(found.get_paths()) for found in ties) == len(run.ties) / 2
    member = run.stakeholders.set_index("name")["took_part" if when == "start" else "member"]
    alive = run.ties[run.ties["from"].map(member) & run.ties["to"].map(member)]
    assert len(ties[0].get_paths()) == len(alive) / 2
    means = ring.mean_ties(run, column)
    assert means.trust.mean() == pytest.approx(run.ties[column].mean())
    assert ring.trust_grey(np.array([0.9]))[0, 0] < ring.trust_grey(np.array([0.1]))[0, 0]


def test_who_left_is_hollow_and_the_powerful_are_large(river: Run) -> None:
    ax, people = plots.network(river), river.stakeholders
    for sector in SECTORS:
        marks, own = drawn(ax, sector), people[people["sector"] == sector]
        faces = [to_hex(face) for face in marks.get_facecolor()]
        assert [face == "#ffffff" for face in faces] == (~own["member"]).tolist()
        order = own["power"].rank(method="dense").to_numpy()
        sizes = marks.get_sizes()
        assert all(
            sizes[i] <= sizes[j]
            for i in range(len(own))
            for j in range(len(own))
            if order[i] < order[j]
        )


def test_everyone_has_a_place_of_its_own_on_the_ring() -> None:
    run = played("network", stakeholders__community__count=120)
    angles = np.sort(ring.ring_angles(run) % (2 * np.pi))
    assert np.diff(angles).min() > 1e-3
    government = ring.ring_angles(run)[run.stakeholders["sector"] == "government"]
    assert np.sin(government).min() > 0.9
    assert not every(plots.network(run), "name")


def test_names_keep_apart(river: Run) -> None:
    ax = plots.network(river)
    ax.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in every(ax, "name")]
    assert len(boxes) == len(river.stakeholders)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_of_very_many_ties_some_are_drawn() -> None:
    run = played(
        form__ties="complete",
        horizon=2,
        **{f"stakeholders__{sector}__count": 30 for sector in SECTORS},
    )
    ax = plots.network(run)
    assert len(run.ties) / 2 > ring.MAX_TIES
    assert (
        0
        < sum(len(c.get_paths()) for c in ax.collections if "ties" in str(c.get_gid()))
        <= ring.MAX_TIES
    )
    assert f"of {len(run.ties) // 2} ties are drawn" in legend(ax)[-1]


@pytest.mark.parametrize("cycle", [None, 2])
def test_the_pool_is_what_was_pledged_at_last(delivering: Run, cycle: int | None) -> None:
    ax = plots.pool(delivering, cycle=cycle)
    month = delivering.rounds.query(f"phase == 'planning' and cycle == {cycle or 1}").iloc[-1]
    pledged = delivering.paths[delivering.paths["round"] == month["round"]]
    bars = {sector: every(ax, sector) for sector in SECTORS}
    tops = [max(bars[s][k].get_y() + bars[s][k].get_height() for s in SECTORS) for k in range(3)]
    np.testing.assert_allclose(tops, pledged[list(KINDS)].sum())
    needs = [segment[0][1] for segment in drawn(ax, "need").get_segments()]
    assert needs == [month[f"need_{kind}"] for kind in KINDS]
    plan = delivering.events.query(f"event == 'planned' and cycle == {cycle or 1}").iloc[0]
    assert min(np.array(tops) / needs) == pytest.approx(plan["value"])
    assert len(every(ax, "real_need")) == (cycle == 2)


def test_delivery_is_drawn_as_the_rounds_have_it(delivering: Run) -> None:
    ax = plots.delivery(delivering)
    action = delivering.rounds[delivering.rounds["phase"] == "action"]
    for gid in ("step", "delivering"):
        x, y = line(ax, gid)
        assert x.tolist() == action["round"].tolist()
        assert y.tolist() == action[gid].tolist()
    unfunded = delivering.events.loc[delivering.events["event"] == "unfunded", "round"]
    assert drawn(ax, "unfunded").get_xdata().tolist() == unfunded.tolist()
    assert f"{action['step'].mean():.0%}" in words(ax)


@pytest.mark.parametrize("name", ["mandated", "river_basin", "facilitated"])
def test_unspent_funds_are_the_outcome(name: str) -> None:
    run = played(name)
    assert unspent_by_cycle(run).mean() == pytest.approx(run.outcomes["unspent"], nan_ok=True)
    table = funds_by_month(run)
    assert (table["used"] <= table["delivered"] + 1e-12).all()
    assert (table["delivered"] <= table["pledged"] + 1e-12).all()


def test_funds_are_stacked_up_to_what_was_pledged(delivering: Run) -> None:
    ax, table = plots.funds(delivering), funds_by_month(delivering)
    for name in ("used", "delivered", "pledged"):
        values, _edges, _baseline = drawn(ax, name).get_data()
        np.testing.assert_allclose(values, table[name])


@pytest.mark.parametrize("name", ["river_basin", "team", "network"])
def test_members_are_stacked_up_to_their_number(name: str) -> None:
    run = played(name)
    ax = plots.membership(run)
    parts = [drawn(ax, sector).get_data() for sector in SECTORS]
    assert parts[-1].values.tolist() == run.rounds["members"].tolist()
    assert drawn(ax, "table").get_data().values.tolist() == run.rounds["table"].tolist()
    for below, above in pairwise(parts):
        assert np.array_equal(below.values, above.baseline)
    left = run.events[run.events["event"] == "left"]
    assert (f"left: {len(left)}" in legend(ax)) == (len(left) > 0)


def test_the_plane_shows_wishes_positions_and_the_draft(river: Run) -> None:
    ax = plots.policy_plane(river)
    agreed = river.rounds[river.rounds["round"] == river.outcomes["months_to_agreement"]].iloc[0]
    end = drawn(ax, "end")
    assert (*end.get_xdata(), *end.get_ydata()) == (agreed["option_x"], agreed["option_y"])
    assert end.get_label() == "where it was agreed"
    options = river.options[river.options["problem"] == 1]
    np.testing.assert_array_equal(drawn(ax, "options").get_xydata(), options[["x", "y"]])
    way = drawn(ax, "draft").get_xydata()
    start = options[options["option"] == agreed["option"]][["x", "y"]].to_numpy()[0]
    assert way[0].tolist() == start.tolist()
    last = river.paths[river.paths["round"] == river.rounds.query("problem == 1")["round"].max()]
    last = last.reset_index(drop=True)
    for sector in SECTORS:
        own = (river.stakeholders["sector"] == sector).to_numpy()
        wants, argues = drawn(ax, f"{sector} wants"), drawn(ax, f"{sector} argues for")
        there = own & last["at_table"].to_numpy(dtype=bool)
        np.testing.assert_array_equal(wants.get_offsets(), last[own][["interest_x", "interest_y"]])
        np.testing.assert_array_equal(
            argues.get_offsets(), last[there][["position_x", "position_y"]]
        )


def test_a_problem_can_be_chosen(river: Run) -> None:
    ax = plots.policy_plane(river, problem=2)
    assert drawn(ax, "end").get_label() == "where it was agreed"
    failed = played("network", form__deadline=2, stakeholders__immovable_share=0.5)
    ax = plots.policy_plane(failed)
    assert drawn(ax, "end").get_label() == "where it ended, not agreed"
    with pytest.raises(ValueError, match="never took up problem 9"):
        plots.policy_plane(river, problem=9)
    with pytest.raises(ValueError, match='"start" or "end"'):
        plots.network(river, when="sometime")  # type: ignore[arg-type]


def test_axes_and_options_have_their_names() -> None:
    run = played(
        problem__axes=(
            {"name": "Whose water", "low": "villages", "high": "industry"},
            {"name": "Dams"},
        ),
        problem__option_count=2,
        problem__options=({"name": "A dam", "x": 0.9, "y": 0.8}, {"name": "No dam " * 20}),
    )  # fmt: skip
    ax = plots.policy_plane(run)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("Whose water", "Dams")
    assert {"villages", "industry"} <= set(words(ax).split("\n"))
    assert "1  A dam" in legend(ax)
    assert legend(ax)[-1].endswith("…")


AGREED = int(played(decision__rule="majority").outcomes["months_to_agreement"])
ABSENT = {"stakeholders__incentive": 0.0, "stakeholders__incentive_sd": 0.0}


@pytest.mark.parametrize(
    ("changes", "name", "said"),
    [
        (ABSENT, "support", "dissolved before its first meeting"),
        (ABSENT, "membership", "24 of 24 stakeholders stayed away"),
        (ABSENT, "policy_plane", "dissolved before its first meeting"),
        (ABSENT, "trust", "dissolved before its first meeting"),
        (ABSENT, "trust_in_sectors", "dissolved before its first meeting"),
        (ABSENT, "pool", "dissolved before its first meeting"),
        (ABSENT, "delivery", "dissolved before its first meeting"),
        (ABSENT, "funds", "dissolved before its first meeting"),
        ({"phases": ("planning",)}, "support", "Debate is not part"),
        ({"phases": ("listening", "debate")}, "pool", "Planning is not part"),
        ({"phases": ("listening", "debate")}, "delivery", "Action is not part"),
        ({"decide": False}, "support", "Nothing was put to a decision"),
        ({"horizon": 5}, "support", "No draft was debated"),
        ({"stakeholders__immovable_share": 0.5}, "pool", "Nothing was agreed"),
        # A horizon cuts the run after it was agreed, and in the middle of planning.
        ({"decision__rule": "majority", "horizon": AGREED}, "pool", "before anything was planned"),
        ({"decision__rule": "majority", "horizon": AGREED}, "funds", "before anything was planned"),
        ({"decision__rule": "majority", "horizon": AGREED + 1}, "delivery", "before the action"),
        ({"decide": False, "horizon": 20}, "pool", "before anything was planned"),
        ({"problem__need_funds": 30.0}, "delivery", "No action: pledges covered"),
        ({"problem__need_funds": 30.0}, "funds", "No action: pledges covered"),
    ],
)  # fmt: skip
def test_what_did_not_happen_is_said(changes: dict[str, object], name: str, said: str) -> None:
    assert said in missing(getattr(plots, name)(played(**changes)))


def test_a_plan_that_nearly_sufficed_is_not_said_to_suffice() -> None:
    short = {"problem__need_funds": 30.0, "cycles": 1}
    plan = played(**short).events.query("event == 'unfunded'").iloc[0]
    run = played(**short, planning__viable=plan["value"] + 0.004)
    said = missing(plots.delivery(run))
    covered, needed = (float(part.split()[-1]) for part in said.split("%")[:2])
    assert covered < needed < covered + 1


def test_an_unfunded_plan_is_held_against_its_own_bound() -> None:
    events = [{"cycle": 2, "field": "planning.viable", "set": 0.3}]
    for sector in SECTORS:
        events += [
            {"cycle": 2, "field": f"stakeholders.{sector}.{kind}", "scale": 0.05} for kind in KINDS
        ]
    hard = {"problem__need_funds": 14.0, "planning__viable": 0.9, "renewal__setback": 0.0}
    run = played("team", **hard, decision__rule="majority", events=events)
    plans = run.events.query("event == 'unfunded'")
    assert plans["value"].max() > plans["bound"].iloc[-1]
    said = missing(plots.delivery(run))
    covered, needed = (float(part.split()[-1]) for part in said.split("%")[:2])
    assert covered < needed


def test_what_the_share_is_of_follows_the_rule() -> None:
    event = {"round": 14, "field": "decision.rule", "set": "lead"}
    ax = plots.support(played("team", events=(event,)))
    assert legend(ax)[0].replace("\n", " ") == "accept, share of the table; later of power"
    event = {"round": 1, "field": "decision.rule", "set": "majority"}
    ax = plots.support(played("team", decision__rule="lead", events=(event,)))
    assert legend(ax)[0] == "accept, share of the table"


def test_plots_go_where_they_are_told(river: Run) -> None:
    from matplotlib.figure import Figure

    above, below = Figure().subplots(2)
    assert plots.support(river, above) is above
    assert plots.network(river, below) is below
    panels = list(Figure().subplots(1, 4))
    assert plots.trust(river, panels) is panels[0].figure


def test_a_cycle_that_never_began_is_refused(river: Run) -> None:
    for plot in (plots.pool, plots.support):
        with pytest.raises(ValueError, match="never began cycle 99"):
            plot(river, cycle=99)
