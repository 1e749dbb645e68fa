"""Answers from 1 to 5 become values of a column."""

from hypothesis import given
from hypothesis import strategies as st

from sim.scenario.choices import MAX_ANSWER, MIN_ANSWER, SCALES, STEPS
from sim.scenario.tables import ListedStakeholder, ListedTie

WHOLE = {
    "power_1to5": [1, 2, 4, 8, 16],
    "interest_x_1to5": [0, 0.25, 0.5, 0.75, 1],
    "interest_y_1to5": [0, 0.25, 0.5, 0.75, 1],
    "trust_1to5": [0.1, 0.3, 0.5, 0.7, 0.9],
}


def test_whole_answers_are_exactly_the_values_that_are_written() -> None:
    assert {name: [scale.value(step) for step in STEPS] for name, scale in SCALES.items()} == WHOLE


def test_every_step_is_said_in_words() -> None:
    for name, scale in SCALES.items():
        assert name == scale.name
        assert len(set(scale.words)) == len(scale.words) == len(STEPS)
        assert scale.column in {**ListedStakeholder.model_fields, **ListedTie.model_fields}


def test_a_mean_lies_between() -> None:
    values = {name: scale.value(2.5) for name, scale in SCALES.items()}
    assert values.pop("power_1to5") == round(2**1.5, 12)
    assert values == {"interest_x_1to5": 0.375, "interest_y_1to5": 0.375, "trust_1to5": 0.4}


@given(
    st.sampled_from(list(SCALES)),
    st.floats(MIN_ANSWER, MAX_ANSWER),
    st.floats(MIN_ANSWER, MAX_ANSWER),
)
def test_more_is_never_less(name: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert SCALES[name].value(low) <= SCALES[name].value(high)
