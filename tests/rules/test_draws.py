"""Random draws: the published generator, pure functions of what they are for, sets of facts."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy import uint64
from scipy import stats

from sim.engine.arrays import Arrays
from sim.rules import draws
from sim.rules.draws import bit, normal, philox, pick, run_key, size, uniform, words
from sim.rules.membership import update_totals
from sim.rules.problem import draw_problem
from sim.rules.state import PLACES, drawn, moment
from sim.scenario import FORMS, SECTORS, Scenario
from tests.rules.staged import COMPILED, founded

WORD = 2**32
words_32 = st.integers(0, WORD - 1)
words_64 = st.integers(0, 2**64 - 1)
COUNTER = (words_32, words_32, words_32, words_32)


def block(key: tuple[int, int], counter: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(int(word) for word in philox(*map(uint64, (*key, *counter))))


# The generator.


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [  # kat_vectors of Random123 (Salmon et al. 2011), philox4x32 10
        (
            (0, 0, 0, 0),
            (0, 0),
            (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8),
        ),
        (
            (0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
            (0xFFFFFFFF, 0xFFFFFFFF),
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_known_answers(
    counter: tuple[int, ...], key: tuple[int, int], expected: tuple[int, ...]
) -> None:
    assert block(key, counter) == expected


def plain_philox(key: tuple[int, int], counter: tuple[int, ...]) -> tuple[int, ...]:
    """The generator in Python's own integers, which never overflow."""
    (k_0, k_1), (c_0, c_1, c_2, c_3) = key, counter
    for _round in range(10):
        high_0, low_0 = divmod(0xD2511F53 * c_0, WORD)
        high_1, low_1 = divmod(0xCD9E8D57 * c_2, WORD)
        c_0, c_1, c_2, c_3 = high_1 ^ c_1 ^ k_0, low_1, high_0 ^ c_3 ^ k_1, low_0
        k_0, k_1 = (k_0 + 0x9E3779B9) % WORD, (k_1 + 0xBB67AE85) % WORD
    return c_0, c_1, c_2, c_3


@given(st.tuples(words_32, words_32), st.tuples(*COUNTER))
def test_no_product_overflows(key: tuple[int, int], counter: tuple[int, ...]) -> None:
    assert block(key, counter) == plain_philox(key, counter)


@given(words_64, words_32)
def test_the_key_of_a_run_is_the_block_of_its_number_under_the_seed(seed: int, run: int) -> None:
    key = tuple(int(word) for word in run_key(uint64(seed), run))
    assert key == plain_philox((seed % WORD, seed // WORD), (run, 0, 0, 0))[:2]


def test_every_seed_and_run_has_a_key_of_its_own() -> None:
    seeds = [0, 1, 2, WORD - 1, WORD, WORD + 1, 2**64 - 1]  # both halves of a seed count
    runs = [*range(1000), WORD - 1]
    keys = {run_key(uint64(seed), run) for seed in seeds for run in runs}
    assert len(keys) == len(seeds) * len(runs)


# From words to numbers.


@given(words_32)
def test_uniform_lies_between_0_and_1(word: int) -> None:
    number = uniform(uint64(word))
    assert 0 < number < 1
    assert number == (word + 0.5) / WORD


@pytest.mark.parametrize("word", [0, WORD - 1])
def test_uniform_never_reaches_its_ends(word: int) -> None:
    assert 0 < uniform(uint64(word)) < 1


@given(words_32)
def test_normal_is_where_the_distribution_reaches_the_uniform(word: int) -> None:
    """To seven digits, as Wichura (1988) says, at the ends too."""
    exact = stats.norm.ppf((word + 0.5) / WORD)
    assert normal(uint64(word)) == pytest.approx(exact, rel=2e-7, abs=1e-9)


@pytest.mark.parametrize("word", [0, WORD // 2 - 1])
def test_normal_is_symmetric(word: int) -> None:
    assert normal(uint64(word)) == -normal(uint64(WORD - 1 - word))


@pytest.mark.parametrize("split", [0.075, 0.5, 0.925])
def test_normal_rises_also_where_its_pieces_meet(split: float) -> None:
    middle = round(split * WORD)
    found = [normal(uint64(word)) for word in range(middle - 500, middle + 500, 5)]
    assert found == sorted(found)


@pytest.mark.parametrize("word", [0, WORD - 1])
def test_normal_is_finite_at_its_ends(word: int) -> None:
    assert abs(normal(uint64(word))) == pytest.approx(6.338, abs=1e-3)


def test_moments_of_uniform_and_normal() -> None:
    """Twelve numbers, each within 4.5 of its standard errors: one seed in 12,000 would fail."""
    count = 50_000 if COMPILED else 2_000
    key = run_key(uint64(2026), 0)
    uniforms, normals = [], []
    for j in range(count // 2):
        w_1, w_2, w_3, w_4 = words(*key, draws.WOBBLE, 65537, 5, j)
        uniforms += [uniform(w_1), uniform(w_3)]
        normals += [normal(w_2), normal(w_4)]
    root = math.sqrt(count)

    def near(value: float, expected: float, deviation: float) -> bool:
        return abs(value - expected) < 4.5 * deviation / root

    u, z = np.array(uniforms), np.array(normals)
    assert near(u.mean(), 1 / 2, math.sqrt(1 / 12))
    assert near((u * u).mean(), 1 / 3, math.sqrt(4 / 45))
    for power, expected in enumerate((0, 1, 0, 3, 0, 15), start=1):
        moments = (1, 3, 15, 105, 945, 10395)  # of order 2, 4, ... 12
        assert near((z**power).mean(), expected, math.sqrt(moments[power - 1] - expected**2))
    for lag in (1, 2):
        assert near((z[lag:] * z[:-lag]).mean(), 0, 1)
        assert near((z[lag:] ** 2 * z[:-lag] ** 2).mean(), 1, math.sqrt(8))


# A draw depends on what it is for, and on nothing else.


@given(st.integers(0, 5), st.data())
def test_a_draw_is_a_pure_function(run: int, data: st.DataObject) -> None:
    state = founded(Scenario(), run=run)
    numbers = st.tuples(*(st.integers(0, 2**31),) * 4)
    asked = data.draw(st.lists(numbers, min_size=2, max_size=10))
    first = [drawn(state.run, *what) for what in asked]
    again = [drawn(state.run, *what) for what in reversed(asked)]
    assert first == again[::-1]
    key = (int(state.run[0].key_0), int(state.run[0].key_1))
    assert [tuple(map(int, found)) for found in first] == [plain_philox(key, it) for it in asked]


@given(st.tuples(*COUNTER), st.tuples(*COUNTER))
def test_what_differs_in_anything_is_drawn_anew(
    one: tuple[int, ...], other: tuple[int, ...]
) -> None:
    key = run_key(uint64(1), 0)
    assert (words(*key, *one) == words(*key, *other)) == (one == other)


def test_purposes_have_numbers_of_their_own() -> None:
    purposes = {
        name: value for name, value in vars(draws).items() if name.isupper() and type(value) is int
    }
    kinds_of_resource = {draws.FUNDS + 1, draws.FUNDS + 2}
    assert len(set(purposes.values()) | kinds_of_resource) == len(purposes) + 2


def test_the_moment_is_cycle_and_round() -> None:
    state = founded(Scenario())
    state.run[0].cycle, state.run[0].phase_round = 3, 17
    assert moment(state.run) == 3 * 2**16 + 17


# Adding a stakeholder changes no draw of the others.

# Without what moves when shares are normalised: an outside option by power.
FREE = {
    "stakeholders.outside_power": 0,
    "stakeholders.immovable_share": 0.3,
    "stakeholders.free_rider_share": 0.3,
    "stakeholders.outside_sd": 0.1,
}
DRAWN = ("outside_option", "expectation", "norm", "immovable", "free_rider")
OF_A_PROBLEM = ("interest_x", "interest_y", "position_x", "position_y", "knowledge")


def with_problem(scenario: Scenario, seed: int) -> Arrays:
    state = founded(scenario, seed)
    update_totals(state.people, state.ties, state.start, state.par, state.run)
    draw_problem(state.people, state.options, state.par, state.run)
    return state


def by_identity(state: Arrays, names: tuple[str, ...]) -> dict[int, tuple[Any, ...]]:
    return {int(row.identity): tuple(row[name] for name in names) for row in state.people}


def trust_by_pair(state: Arrays) -> dict[tuple[int, int], float]:
    identity = state.people["identity"]
    return {
        (int(identity[i]), int(identity[state.ties[t].neighbour])): float(state.ties[t].trust_0)
        for i in range(len(identity))
        for t in range(state.start[i], state.start[i + 1])
    }


def shares(state: Arrays, sector: int, name: str) -> np.ndarray[Any, Any]:
    """What the first of a sector have, by what its very first has: normalisation cancels out."""
    rows = state.people[state.people["sector"] == sector]
    return np.asarray(rows[name] / rows[name][0])


@settings(max_examples=50 if COMPILED else 5)
@given(st.sampled_from(SECTORS), words_64, st.sampled_from(FORMS), st.booleans())
def test_one_more_stakeholder_changes_no_draw_of_the_others(
    sector: str, seed: int, form: str, complete: bool
) -> None:
    scenario = Scenario().variant({**FREE, "form.kind": form})
    if complete:
        scenario = scenario.variant({"form.ties": "complete", "form.seats": "all"})
    more = {f"stakeholders.{sector}.count": scenario.count(sector) + 1}
    before = with_problem(scenario, seed)
    after = with_problem(scenario.variant(more), seed)

    assert len(after.people) == len(before.people) + 1
    names = (*DRAWN, *OF_A_PROBLEM)
    old, new = by_identity(before, names), by_identity(after, names)
    (added,) = set(new) - set(old)
    assert added == SECTORS.index(sector) * PLACES + scenario.count(sector)
    assert all(new[identity] == old[identity] for identity in old)

    trusted, trusted_now = trust_by_pair(before), trust_by_pair(after)
    kept = set(trusted) & set(trusted_now)
    assert kept
    assert not complete or kept == set(trusted)
    assert all(trusted_now[pair] == trusted[pair] for pair in kept)

    assert before.options.tobytes() == after.options.tobytes()
    for name in ("mood", "first_trust", "value", "scale", "sector_facts"):
        assert before.run[name].tobytes() == after.run[name].tobytes()
    for s in range(len(SECTORS)):
        for name in ("power", "endowment"):
            then, now = shares(before, s, name), shares(after, s, name)
            assert np.allclose(now[: len(then)], then, rtol=1e-12)


# Sets of facts.


@given(words_64, words_32, st.integers(0, 63))
def test_sets_of_facts_are_like_sets(members: int, word: int, element: int) -> None:
    inside = [k for k in range(64) if members >> k & 1]
    assert int(bit(element)) == 1 << element
    assert size(uint64(members)) == len(inside) == members.bit_count()
    if inside:
        assert (
            pick(uint64(members), uint64(word))
            == inside[(2 * word + 1) * len(inside) // (2 * WORD)]
        )


def test_every_element_is_picked_alike() -> None:
    """Nine counts, each within 4.5 standard errors: one seed in 16,000 would fail."""
    members, count = 0x8000_0000_1234_5001, 20_000 if COMPILED else 1_000
    inside = [k for k in range(64) if members >> k & 1]
    key = run_key(uint64(9), 0)
    picked = [pick(uint64(members), words(*key, draws.LISTENING, 1, 0, j)[2]) for j in range(count)]
    share = 1 / len(inside)
    error = math.sqrt(share * (1 - share) / count)
    assert set(picked) == set(inside)
    assert all(abs(picked.count(k) / count - share) < 4.5 * error for k in inside)


# Compiled or not, the same bits.


@pytest.mark.skipif(not COMPILED, reason="nothing is compiled")
@given(words_64, words_32)
def test_helpers_give_the_same_bits_compiled_and_as_python(members: int, first: int) -> None:
    def python(function: Any) -> Any:
        return function.py_func

    a = uint64(first)
    assert uniform(a) == python(uniform)(a)
    assert normal(a) == python(normal)(a)
    assert size(uint64(members)) == python(size)(uint64(members))
    assert run_key(uint64(members), first) == python(run_key)(uint64(members), first)
