"""The frames of the run player say what the run's tables say, and tell each sentence once."""

import json
import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

import sim
from sim.api.run import Run
from sim.engine.mesa_model import trust_over_time
from sim.scenario import Scenario
from sim.view.dashboard import player_data
from sim.view.dashboard.player_data import MARKS, player_frames
from sim.view.plots.phases import votes
from sim.view.plots.stakeholders import mean_ties
from tests.strategies import scenarios
from tests.view.drawn import NON_LATIN, played

NOBODY_COMES = {"stakeholders__incentive": 0.0, "stakeholders__incentive_sd": 0.0}
GAME = {"phases": ["planning", "action"]}
FORUM = {"phases": ["listening", "debate"]}


def every_kind(never: Scenario) -> dict[str, Run]:
    return {
        "usual": played("team"),
        "long": played("river_basin"),
        "never agrees": sim.run(never),
        "dissolved at once": played("baseline", **NOBODY_COMES),
        "game only": played("team", **GAME),
        "forum only": played("team", **FORUM),
        "no debate": played("team", phases=["listening"]),
    }


@pytest.fixture(scope="module")
def kinds() -> dict[str, Run]:
    alone = {f"stakeholders.{sector}.outside_option": 0.9 for sector in sim.scenario.SECTORS}
    never = sim.load("team").variant(
        {"problem.conflict": 1.0, "stakeholders.incentive": 0.0, **alone}
    )
    return every_kind(never)


KINDS = (
    "usual", "long", "never agrees", "dissolved at once", "game only", "forum only", "no debate",
)  # fmt: skip


def unfolded(rows: list[Any]) -> list[list[int]]:
    """Every row in full, as the browser makes it."""
    found: list[list[int]] = []
    for row in rows:
        found.append(found[-1] if row is None else row)
    return found


def plain(html: str) -> str:
    """What a reader sees of a piece of HTML."""
    text = re.sub("<[^>]*>", "", html)
    for name, letter in (("lt", "<"), ("gt", ">"), ("#34", '"'), ("#39", "'"), ("amp", "&")):
        text = text.replace(f"&{name};", letter)
    return text


def unmarked(markdown: str) -> str:
    """What a reader sees of Markdown."""
    return re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)\*\*", "", markdown))


@pytest.mark.parametrize("kind", KINDS)
def test_there_is_a_frame_before_one_a_round_and_one_after(
    kinds: dict[str, Run], kind: str
) -> None:
    run = kinds[kind]
    found = player_frames(run)
    lengths = {
        name: len(found[name])
        for name in (
            "when", "trust", "ring", "plane", "positions", "interests", "problems", "drafts",
            "meters",
        )
    }  # fmt: skip
    assert set(lengths.values()) == {len(run.rounds) + 2}, lengths
    assert json.loads(json.dumps(found, allow_nan=False)) == found


@pytest.mark.parametrize("kind", KINDS)
def test_people_stand_where_the_tables_say(kinds: dict[str, Run], kind: str) -> None:
    run = kinds[kind]
    found = player_frames(run)
    positions, interests = unfolded(found["positions"]), unfolded(found["interests"])
    if not len(run.rounds):
        assert positions == [[], []]
        assert found["empty"]
        return
    for month, there in run.paths.groupby("round"):
        for rows, kind_of_place in ((positions, "position"), (interests, "interest")):
            places = there[[f"{kind_of_place}_x", f"{kind_of_place}_y"]].to_numpy().ravel()
            np.testing.assert_allclose(np.array(rows[int(str(month))]) / 1000, places, atol=0.00051)
    assert positions[0] == interests[1]
    at_last = run.stakeholders[["position_x", "position_y"]].to_numpy().ravel()
    np.testing.assert_allclose(np.array(positions[-1]) / 1000, at_last, atol=0.00051)


@pytest.mark.parametrize("kind", KINDS)
def test_members_seats_and_objectors_are_those_of_the_tables(
    kinds: dict[str, Run], kind: str
) -> None:
    run = kinds[kind]
    found = player_frames(run)
    ring, plane = np.array(unfolded(found["ring"])), np.array(unfolded(found["plane"]))
    people = run.stakeholders
    assert ((ring[0] > 0) == people["took_part"]).all()
    assert ((ring[-1] > 0) == people["member"]).all()
    assert ((plane[-1] > 0) == people["at_table"]).all()
    objected = run.events[run.events["event"] == "objected"]
    for month, there in run.paths.groupby("round"):
        now = int(str(month))
        assert ((ring[now] > 0) == there["member"].to_numpy()).all()
        assert ((plane[now] > 0) == there["at_table"].to_numpy()).all()
        names = set(objected.loc[objected["round"] == month, "who"])
        assert set(people["name"][plane[now] == 2]) == names
    if "debate" in run.scenario.phases and run.scenario.decide and len(objected):
        assert (plane == 2).any()


@pytest.mark.parametrize("kind", KINDS)
def test_trust_is_that_of_the_ties_at_first_and_at_last(kinds: dict[str, Run], kind: str) -> None:
    run = kinds[kind]
    found = player_frames(run)
    trust, ends = unfolded(found["trust"]), [tuple(pair) for pair in found["ties"]]
    for frame, column in ((0, "trust_before"), (-1, "trust")):
        both = mean_ties(run, column)
        assert ends == list(zip(both.one.tolist(), both.other.tolist(), strict=True))
        np.testing.assert_allclose(np.array(trust[frame]) / 100, both.trust, atol=0.00501)


def test_trust_between_is_that_which_people_have_in_each_month() -> None:
    run = played("river_basin")
    trust = trust_over_time(run)
    member = run.paths["member"].to_numpy().reshape(len(run.rounds), -1)
    row = {name: k for k, name in enumerate(run.stakeholders["name"])}
    one, other = run.ties["from"].map(row).to_numpy(), run.ties["to"].map(row).to_numpy()
    for month in (1, 30, 150, len(run.rounds)):
        now = member[month - 1]
        alive = now[one] & now[other]
        means = pd.Series(trust[month][alive]).groupby(one[alive]).mean()
        there = run.paths[run.paths["round"] == month]["trust"].to_numpy()
        np.testing.assert_allclose(means, there[means.index.to_numpy()], atol=1e-12)


def test_a_run_that_cannot_be_played_again_is_refused() -> None:
    class Stubborn(sim.PrivateFirm):
        def accepts(self) -> bool:
            return False

    model = sim.CollaborationModel(sim.load("mandated"), behaviours={"private": Stubborn})
    while model.running:
        model.step()
    with pytest.raises(ValueError, match="goes another way"):
        player_frames(model.result())


@pytest.mark.parametrize("kind", KINDS)
def test_every_sentence_of_the_minutes_is_told_once_and_when_it_has_happened(
    kinds: dict[str, Run], kind: str
) -> None:
    run = kinds[kind]
    told = player_frames(run)["minutes"]
    frames = [frame for frame, _kind, _html in told]
    assert frames == sorted(frames)
    assert {kind for _frame, kind, _html in told} <= {"heading", "story", "round"}
    rounds = [(frame, plain(html)) for frame, kind, html in told if kind == "round"]
    assert [frame for frame, _text in rounds] == list(run.rounds["round"])
    for frame, text in rounds:
        assert text.startswith(f"Month {frame}, ")
    if run.scenario.cycles == 1:  # minutes tell the first cycle with the same names
        written = [unmarked(block) for block in run.minutes().split("\n\n")[3:]]
        story = [plain(html) for _frame, kind, html in told if kind == "story"]
        assert story == [block.strip() for block in written if not block.startswith("#")]
    full = unmarked(run.minutes(full=True))
    for month, text in rounds:
        assert text.split(";")[0] in full, month
    for row in run.events[run.events["event"].isin(["agreed", "deadlocked"])].itertuples():
        name = {"agreed": "Agreement", "deadlocked": "Deadlock"}[row.event]
        found = [frame for frame, _k, html in told if f"<strong>{name}</strong> in month" in html]
        assert row.round in found


def test_nobody_is_told_of_leaving_before_it_left() -> None:
    run = played("river_basin")
    left = run.events[(run.events["event"] == "left") & (run.events["phase"] == "renewal")]
    told = player_frames(run)["minutes"]
    for month, rows in left.groupby("round"):
        start = f"{len(rows)} left, expecting too little: "
        assert [frame for frame, _k, html in told if start in html and frame == month] == [month]


@pytest.mark.parametrize("kind", KINDS)
def test_meters_and_drafts_are_those_of_the_rounds(kinds: dict[str, Run], kind: str) -> None:
    run = kinds[kind]
    found = player_frames(run)
    assert found["meters"][0] == found["meters"][-1] == []
    polled = votes(run)
    for row, vote in zip(run.rounds.itertuples(), polled.itertuples(), strict=True):
        meters, draft = found["meters"][row.round], found["drafts"][row.round]
        if pd.isna(row.option):
            assert draft is None
        else:
            assert draft == [row.option, round(1000 * row.option_x), round(1000 * row.option_y)]
        if row.phase == "debate" and not np.isnan(vote.share):
            assert meters[0][:2] == [round(100 * vote.share), round(100 * vote.needed)]
        if row.phase in ("planning", "action"):
            needs = {k: getattr(row, f"need_{k}") for k in ("funds", "capacity", "network")}
            pools = [getattr(row, f"pool_{k}") / need for k, need in needs.items() if need > 0]
            assert [m[0] for m in meters[1:]] == [round(100 * min(1, share)) for share in pools]
        else:
            assert len(meters) == 1


@pytest.mark.parametrize("kind", KINDS)
def test_the_ribbon_has_every_round_and_what_decided(kinds: dict[str, Run], kind: str) -> None:
    run = kinds[kind]
    found = player_frames(run)
    covered = [month for s in found["spans"] for month in range(s["first"], s["last"] + 1)]
    assert covered == list(run.rounds["round"])
    events = run.events[run.events["event"].isin(list(MARKS))]
    signs = [(month, MARKS[event]) for month, event in events[["round", "event"]].to_numpy()]
    assert [(at, sign) for at, sign, _words in found["marks"] if sign in MARKS.values()] == signs


def test_a_village_of_a_few_dozen_is_small(kinds: dict[str, Run]) -> None:
    run = kinds["long"]
    size = len(json.dumps(player_frames(run), separators=(",", ":")))
    assert size < 1_500 * len(run.rounds)


def test_of_a_large_run_some_are_left_out_and_that_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = played("baseline")
    everyone, every_tie = len(run.stakeholders), len(player_frames(run)["ties"])
    monkeypatch.setattr(player_data, "MAX_PEOPLE", 10)
    found = player_frames(run)
    drawn = len(found["people"])
    assert drawn == len(unfolded(found["ring"])[3]) == len(unfolded(found["positions"])[3]) / 2
    assert 5 < drawn <= 10
    assert max(max(pair) for pair in found["ties"]) < drawn
    assert found["notes"][0] == f"{drawn} of {everyone} stakeholders are drawn"
    monkeypatch.setattr(player_data, "MAX_PEOPLE", 200)
    monkeypatch.setattr(player_data, "MAX_TIES", 20)
    found = player_frames(run)
    assert found["notes"] == [f"{len(found['ties'])} of {every_tie} ties are drawn"]
    assert len(found["ties"]) == len(unfolded(found["trust"])[0]) <= 20
    monkeypatch.setattr(player_data, "MAX_FRAME_VALUES", 100)
    found = player_frames(run)
    assert found["ties"] == []
    assert "ties are not drawn" in found["notes"][-1]


def test_names_of_any_script_reach_the_browser_as_they_are() -> None:
    listed = [
        {"name": name, "sector": sector}
        for name, sector in zip(NON_LATIN, 3 * ["government", "community", "private"], strict=False)
    ]
    run = sim.run(sim.load("team").variant({"listed": listed, "horizon": 3}))
    found = player_frames(run)
    assert {p["name"] for p in found["people"]} == {" ".join(name.split()) for name in NON_LATIN}
    assert found["listed"]
    assert "<co>" not in "".join(html for _frame, _kind, html in found["minutes"])


@settings(max_examples=15, deadline=None)
@given(scenarios())
def test_any_run_has_frames(scenario: Scenario) -> None:
    run = sim.run(scenario)
    found = player_frames(run)
    assert len(found["when"]) == len(run.rounds) + 2
    json.dumps(found, allow_nan=False)
    assert [m[0] for m in found["minutes"]] == sorted(m[0] for m in found["minutes"])
