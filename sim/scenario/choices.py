"""The choices of a scenario: the words that a field accepts, and what each of them means.

A new form or decision rule is one entry here. Plots, minutes, the template of a new case and the
model description take its words from the entry. Its condition is one line in the rules.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, get_args

from sim.base.text import N_

Sector = Literal["government", "private", "community", "civil_society"]
FormKind = Literal["team", "community", "network"]
Rule = Literal["consensus", "consensus_minus_one", "supermajority", "majority", "lead"]
Invitation = Literal["equal", "power", "random", "connected", "diverse"]
Layout = Literal["complete", "small_world", "brokered"]
Membership = Literal["fixed", "voluntary", "open"]
Norm = Literal["equal_fraction", "equal_amount", "equal_effect"]

SECTORS: tuple[Sector, ...] = get_args(Sector)
KINDS = ("funds", "capacity", "network")
FORMS: tuple[FormKind, ...] = get_args(FormKind)
RULES: tuple[Rule, ...] = get_args(Rule)
INVITATIONS: tuple[Invitation, ...] = get_args(Invitation)
LAYOUTS: tuple[Layout, ...] = get_args(Layout)
MEMBERSHIPS: tuple[Membership, ...] = get_args(Membership)
NORMS: tuple[Norm, ...] = get_args(Norm)


class FormOfCollaboration(NamedTuple):
    """A form of collaboration.

    Attributes
    ----------
    description
        One line for who fills in a new case.
    columns
        The values that the form gives to the fields of ``[form]``.
    """

    description: str
    columns: Mapping[str, Any]


FORM_TABLE: Mapping[FormKind, FormOfCollaboration] = MappingProxyType(
    {
        "team": FormOfCollaboration(
            N_("a few delegates sit at the table and all hear each other; they speak for the rest"),
            {
                "seats": 8,
                "ties": "complete",
                "k": 6,
                "reciprocity": 1.2,
                "membership": "fixed",
                "deadline": 36,
            },
        ),
        "community": FormOfCollaboration(
            N_("everybody sits at the table, and hears those close by and a few farther off"),
            {
                "seats": "all",
                "ties": "small_world",
                "k": 6,
                "reciprocity": 1.0,
                "membership": "voluntary",
                "deadline": 60,
            },
        ),
        "network": FormOfCollaboration(
            N_("everybody sits at the table, and hears the own sector; brokers join the sectors"),
            {
                "seats": "all",
                "ties": "brokered",
                "k": 4,
                "reciprocity": 0.6,
                "membership": "open",
                "deadline": 60,
            },
        ),
    }
)
FORM_COLUMNS: Mapping[str, Mapping[str, Any]] = {
    name: form.columns for name, form in FORM_TABLE.items()
}


class DecisionRule(NamedTuple):
    """A rule that says when a draft becomes an agreement.

    Attributes
    ----------
    meaning
        The rule in the model description, in English.
    description
        One line for who fills in a new case.
    label
        The rule in a sentence.
    short_label
        The rule in a plot; ``{share}`` is the share that must accept.
    needed
        The share that must accept, or be exceeded: a function of the size of the table, ``quorum``
        and ``lead_quorum``.
    by_power
        Whether power is counted, not members.
    """

    meaning: str
    description: str
    label: str
    short_label: str
    needed: Callable[[float, float, float], float]
    by_power: bool = False


DECISION_RULES: Mapping[Rule, DecisionRule] = MappingProxyType(
    {
        "consensus": DecisionRule(
            "everyone at the table accepts",
            N_("everybody at the table accepts"),
            N_("consensus of all"),
            N_("consensus (all)"),
            lambda _table, _quorum, _lead_quorum: 1.0,
        ),
        "consensus_minus_one": DecisionRule(
            "everyone at the table accepts, or all but one",
            N_("everybody but one accepts"),
            N_("consensus of all but one"),
            N_("all but one"),
            lambda table, _quorum, _lead_quorum: (table - 1.0) / table,
        ),
        "supermajority": DecisionRule(
            "the share of the people at the table who accept is `quorum` or more",
            N_("at least a given share accepts: quorum, two thirds if not given"),
            N_("supermajority"),
            N_("at least {share:.0%}"),
            lambda _table, quorum, _lead_quorum: quorum,
        ),
        "majority": DecisionRule(
            "more than half of the people at the table accept",
            N_("more than half accept"),
            N_("majority"),
            N_("more than half"),
            lambda _table, _quorum, _lead_quorum: 0.5,
        ),
        "lead": DecisionRule(
            "those who accept hold more than `lead_quorum` of the power at the table",
            N_("those who accept hold more than a given share of the power: lead_quorum, one half"),
            N_("majority of power"),
            N_("more than {share:.0%} of power"),
            lambda _table, _quorum, lead_quorum: lead_quorum,
            by_power=True,
        ),
    }
)

# What each word means in the model description, in English.
INVITATION_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "equal": "every sector with stakeholders gets floor(`seats` / number of such "
        "sectors) seats, its most powerful first; seats left over go by power",
        "power": "the most powerful first",
        "random": "by a lot that each stakeholder draws once a run, the highest first",
        "connected": "the largest endowment of network first",
        "diverse": "first the most powerful; then, one by one, the stakeholder whose "
        "interest is farthest from the nearest interest already at the table",
    }
)
LAYOUT_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "complete": "everyone at the table with everyone at the table",
        "small_world": "a ring of all stakeholders in random order, each tied to `k` "
        "others, half on each side; then the far end of each tie moves, with probability "
        "`rewiring`, to a random stakeholder",
        "brokered": "a ring in random order inside each sector; everyone with the most "
        "powerful of its sector, its broker; the brokers with each other; with "
        "`weak_ties`, each stakeholder with one random other",
    }
)
MEMBERSHIP_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "fixed": "an empty seat stays empty; who left stays away",
        "voluntary": "at the start of a cycle, empty seats are filled by the same "
        "invitation; who left stays away",
        "open": "as voluntary; and who left may return at the renewal of a later cycle",
    }
)
NORM_MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "equal_fraction": "everyone gives the same fraction of what it has",
        "equal_amount": "everyone gives the same amount",
        "equal_effect": "what everyone gives has the same effect on the pool",
    }
)


# Answers on a scale, in files that list stakeholders and ties


MIN_ANSWER, MAX_ANSWER = 1, 5
STEPS = range(MIN_ANSWER, MAX_ANSWER + 1)
_SCALE_SUFFIX = f"_{MIN_ANSWER}to{MAX_ANSWER}"
# Values are rounded: a step equals its literal, and a mean is the same on every machine.
_DIGITS = 12


class Scale(NamedTuple):
    """The meaning of answers from 1 to 5: in words, and as values of a column.

    Attributes
    ----------
    column
        The column whose values the answers become.
    words
        The meaning of each of the five answers.
    formula
        Computes the value of an answer. The mean of a panel may lie between two answers.
    """

    column: str
    words: tuple[str, str, str, str, str]
    formula: Callable[[float], float]

    @property
    def name(self) -> str:
        """The name of a column of answers."""
        return f"{self.column}{_SCALE_SUFFIX}"

    def value(self, answer: float) -> float:
        """Return the value of an answer.

        >>> [SCALES["trust_1to5"].value(answer) for answer in (1, 2, 2.5, 5)]
        [0.1, 0.3, 0.4, 0.9]
        """
        return round(self.formula(answer), _DIGITS)


def _doubling(answer: float) -> float:
    """Double with each step: 1, 2, 4, 8, 16."""
    return float(2 ** (answer - 1))


def _whole_axis(answer: float) -> float:
    """Divide an axis from end to end: 0, .25, .5, .75, 1."""
    return (answer - 1) / 4


def _middles(answer: float) -> float:
    """Return the middle of one of five equal parts of 0 to 1: .1, .3, .5, .7, .9."""
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
