"""Answers on a scale from 1 to 5, which a listing may give in place of a column's own values."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sim.language import N_

LEAST, MOST = 1, 5
STEPS = range(LEAST, MOST + 1)
SUFFIX = f"_{LEAST}to{MOST}"
# Rounded, so that a step is exactly the literal of its value, and a mean the same on every machine.
DIGITS = 12


class Scale(NamedTuple):
    """What an answer stands for: in words, and as a value of the column.

    Attributes
    ----------
    column
        The column whose values the answers become.
    words
        What each of the five answers stands for.
    formula
        The value of an answer, also of one between the steps: the mean of a panel.
    """

    column: str
    words: tuple[str, str, str, str, str]
    formula: Callable[[float], float]

    @property
    def name(self) -> str:
        """What a column of answers is called."""
        return f"{self.column}{SUFFIX}"

    def value(self, answer: float) -> float:
        """What an answer comes to.

        >>> [SCALES["trust_1to5"].value(answer) for answer in (1, 2, 2.5, 5)]
        [0.1, 0.3, 0.4, 0.9]
        """
        return round(self.formula(answer), DIGITS)


def _doubling(answer: float) -> float:
    """A step up counts double: 1, 2, 4, 8, 16."""
    return float(2 ** (answer - 1))


def _whole_axis(answer: float) -> float:
    """From one end of an axis to the other: 0, .25, .5, .75, 1."""
    return (answer - 1) / 4


def _middles(answer: float) -> float:
    """The middles of five equal parts of 0 to 1: .1, .3, .5, .7, .9."""
    return (2 * answer - 1) / 10


_ON_THE_AXIS = (
    N_("wholly what the axis calls low"),
    N_("rather low than high"),
    N_("halfway between them, or no preference"),
    N_("rather high than low"),
    N_("wholly what the axis calls high"),
)

SCALES: Mapping[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale(
            "power",
            (
                N_("is informed at most"),
                N_("is asked, and need not be followed"),
                N_("decides on some of it, or can delay it"),
                N_("decides on much of it, or can stop it"),
                N_("has the last word on nearly all of it"),
            ),
            _doubling,
        ),
        Scale("interest_x", _ON_THE_AXIS, _whole_axis),
        Scale("interest_y", _ON_THE_AXIS, _whole_axis),
        Scale(
            "trust",
            (
                N_("expects to be let down"),
                N_("doubts it more than not"),
                N_("neither trusts nor distrusts"),
                N_("mostly relies on it"),
                N_("relies on it without asking"),
            ),
            _middles,
        ),
    )
}
