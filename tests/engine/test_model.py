"""The Mesa model: steps, readable agents, and behaviours of one's own."""

import pandas as pd
import pytest

import sim
from sim import CollaborationModel, CommunityGroup, Government, PrivateFirm


class StubbornFirm(PrivateFirm):
    def accepts(self) -> bool:
        return False


class Miser(CommunityGroup):
    def pledge(self) -> float:
        return -5.0


class Loyal(Government):
    def reconsider(self) -> bool:
        return True


class Slacker(CommunityGroup):
    def deliver(self) -> bool:
        return False


class Deaf(PrivateFirm):
    def listen(self) -> None:
        pass

    def debate(self) -> None:
        pass


def play(model: CollaborationModel) -> CollaborationModel:
    while model.running:
        model.step()
    return model


def test_a_step_is_a_round() -> None:
    model = CollaborationModel(sim.load("team"))
    assert (model.round, model.phase, model.running) == (0, "", True)
    model.step()
    assert (model.round, model.cycle, model.phase) == (1, 1, "listening")
    play(model)
    assert model.round == len(model.result().rounds)
    before = model.round
    model.step()
    assert (model.round, model.running) == (before, False)


def test_the_collector_holds_the_rounds() -> None:
    model = play(CollaborationModel(sim.load("team")))
    collected = model.datacollector.get_model_vars_dataframe()
    rounds = model.result().rounds
    assert list(collected.columns) == list(rounds.columns)
    assert list(collected["phase"]) == list(rounds["phase"])
    numbers = rounds.drop(columns="phase").astype(float)
    pd.testing.assert_frame_equal(
        collected.drop(columns="phase").astype(float), numbers, check_exact=True
    )


def test_there_is_no_result_before_the_end() -> None:
    with pytest.raises(RuntimeError, match="not over"):
        CollaborationModel(sim.load("team")).result()


def test_a_firm_that_never_accepts_stops_consensus() -> None:
    scenario = sim.load("baseline")
    for run in range(20):  # in a run where some firm takes part
        model = play(CollaborationModel(scenario, run=run, behaviours={"private": StubbornFirm}))
        took_part = model.result().stakeholders.query("sector == 'private'")["took_part"]
        if took_part.any():
            assert model.result().outcomes["agreement"] == 0.0
    ordinary = [sim.run(scenario, run=run).outcomes["agreement"] for run in range(20)]
    assert sum(ordinary) > 10


def test_a_pledge_out_of_range_counts_as_the_nearest_bound() -> None:
    model = play(CollaborationModel(sim.load("baseline"), behaviours={"community": Miser}))
    events = model.result().events.query("event == 'pledged'")
    own = events[events["who"].str.startswith("community")]
    assert len(own) > 0
    assert (own["value"] == 0.0).all()


def test_who_is_loyal_never_leaves() -> None:
    model = play(CollaborationModel(sim.load("low_trust"), behaviours={"government": Loyal}))
    table = model.result().stakeholders.set_index("sector")
    assert table.loc["government", "member"].all()
    assert not table["member"].all()


def test_who_never_delivers_delivers_nothing() -> None:
    for run in range(20):
        model = play(
            CollaborationModel(sim.load("baseline"), run=run, behaviours={"community": Slacker})
        )
        result = model.result()
        if (result.rounds["phase"] == "action").any():
            table = result.stakeholders.query("sector == 'community'")
            assert (table["delivered"].dropna() == 0.0).all()
            return
    pytest.fail("no run of twenty came to action")


def test_who_does_not_listen_learns_nothing_and_does_not_move() -> None:
    model = CollaborationModel(sim.load("baseline"), behaviours={"private": Deaf})
    model.step()
    firms = [agent for agent in model.stakeholders if agent.sector == "private"]
    known = [firm.knowledge for firm in firms]
    for _ in range(20):
        model.step()
    assert [firm.knowledge for firm in firms] == known
    assert all(firm.position == firm.interest for firm in firms)


def test_agents_can_be_read() -> None:
    model = CollaborationModel(sim.load("river_basin"))
    for _ in range(5):
        model.step()
    assert abs(sum(agent.power for agent in model.stakeholders) - 1) < 1e-12
    for agent in model.stakeholders:
        assert agent.name in repr(agent)
        assert agent.is_member or not agent.at_table
        assert 0 <= agent.expectation <= 1
        assert set(agent.endowment) == {"funds", "capacity", "network"}
        assert all(0 <= trust <= 1 for trust in agent.trust.values())
        assert all(1 <= fact <= 48 for fact in agent.knowledge)
        assert agent.norm in ("equal_fraction", "equal_amount", "equal_effect")
    assert len(model.agents) == 22


def test_a_behaviour_for_no_sector_is_refused() -> None:
    with pytest.raises(ValueError, match="by sector"):
        CollaborationModel(sim.load("team"), behaviours={"press": PrivateFirm})
