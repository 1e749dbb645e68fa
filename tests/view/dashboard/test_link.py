"""Addresses: what they hold, and what is said of those that cannot be had."""

from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.scenario import Scenario
from sim.view.dashboard.files import Library, Opened, open_shipped
from sim.view.dashboard.state import (
    FIRST,
    MAX_LENGTH,
    State,
    address,
    open_address,
    pinned,
    version_mark,
    with_seed,
    with_value,
)

TEAM = State(open_shipped("team"))


def notes(query: str) -> str:
    found = open_address(query, Library())
    assert found.state.scenario.people >= 3  # whatever is asked for, there is a state
    return "\n".join(found.notes)


def test_an_address_holds_what_was_changed_the_seed_and_the_version_only() -> None:
    state = pinned(with_seed(with_value(TEAM, "trust.prehistory", 0.25), 2**64 - 1))
    assert dict(parse_qsl(address(state))) == {
        "scenario": "team",
        "trust.prehistory": "0.25",
        "seed": str(2**64 - 1),
        "version": version_mark(TEAM.opened.scenario),
    }
    again = open_address(address(state), Library())
    assert again.notes == ()
    assert (again.state.seed, again.state.pins) == (2**64 - 1, ())
    assert again.state.past == ()


def test_without_an_address_the_first_scenario_is_open() -> None:
    assert open_address("", Library()).state.opened.name == FIRST
    files = Library()
    files.begin_with(Opened("mine.toml", Scenario(title="Mine"), shipped=False))
    assert open_address(None, files).state.opened.name == "mine.toml"


def test_a_link_into_a_file_opens_where_the_file_is_open_and_says_so_where_not() -> None:
    opened = Opened("mine.toml", Scenario(title="Mine", cycles=2), shipped=False)
    query = address(with_value(State(opened), "trust.prehistory", 0.3))
    assert 'a file of its sender, "mine.toml"' in notes(query)
    files = Library()
    files.put(opened)
    found = open_address(query, files)
    assert found.notes == ()
    assert found.state.scenario == opened.scenario.variant({"trust.prehistory": 0.3})


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("scenario=nowhere", 'no shipped scenario is called "nowhere"'),
        ("scenario=../../etc/passwd", "no shipped scenario"),
        ("scenario=team&trust.prehistory=7", "trust.prehistory in the link was not taken"),
        ("scenario=team&trust.prehistory=", "trust.prehistory in the link was not taken"),
        ("scenario=team&nonsense=7", "nonsense in the link was not taken: unknown name"),
        ("scenario=team&listed=7", "listed in the link was not taken: unknown name"),
        ("scenario=team&seed=-1", "is no seed"),
        ("scenario=team&seed=" + "9" * 5000, "is no seed"),
        ("scenario=team&seed=1", "does not say which version"),
        ("scenario=team&seed=1&version=0.0.1-abc", "another version of the program (0.0.1"),
        ("a=1&" * 400, "The link is damaged"),
        ("x" * (MAX_LENGTH + 1), "The link is damaged"),
        ("scenario=%ff", "The link is damaged"),
    ],
)
def test_what_cannot_be_had_is_said_in_plain_words(query: str, said: str) -> None:
    assert said in notes(query)


def test_what_can_be_had_of_a_bad_link_is_taken() -> None:
    found = open_address("scenario=team&trust.prehistory=0.9&problem.conflict=x&seed=3", Library())
    assert dict(found.state.changes) == {"trust.prehistory": 0.9}
    assert found.state.seed == 3


def test_the_same_version_with_another_state_of_the_scenario_is_told_apart() -> None:
    other = version_mark(open_shipped("network").scenario)
    query = urlencode({"scenario": "team", "seed": 1, "version": other})
    assert "another state of this scenario" in notes(query)


@given(st.text(max_size=200))
def test_no_address_breaks_the_page(query: str) -> None:
    found = open_address(query, Library())
    assert found.state.scenario.people >= 3


@given(
    st.dictionaries(st.sampled_from(["scenario", "seed", "version", "cycles", "file"]), st.text())
)
def test_no_value_in_an_address_breaks_the_page(parts: dict[str, str]) -> None:
    found = open_address(urlencode(parts), Library())
    assert found.state.scenario.people >= 3
