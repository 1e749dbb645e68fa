"""The state of a run: record arrays. A rule takes those that it uses, always in the same order.

``people`` has one row for each stakeholder, ``ties`` one for each directed tie (sorted by listener;
the ties of i are the rows ``start[i]`` to ``start[i + 1] - 1``), ``options`` one for each option of
the present problem. ``par`` is one row with the present values of the scenario's parameters,
``run`` one row with everything else about the run, ``log`` the events so far. A rule for one
stakeholder also takes its row number ``i``.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numpy import uint64

from sim.base.text import N_
from sim.rules.compile import Inputs, Output, compiled
from sim.rules.draws import Words, philox, words
from sim.scenario import KINDS, NORMS, PHASES, SECTORS, parameters

R = npt.NDArray[Any]  # the rows of a record array; short, because rules take several

LISTENING, DEBATE, PLANNING, ACTION, RENEWAL = range(1, len(PHASES) + 1)
GOVERNMENT, PRIVATE, COMMUNITY, CIVIL_SOCIETY = range(len(SECTORS))
FUNDS, CAPACITY, NETWORK = range(len(KINDS))
NOBODY = -1
PLACES = 2**20  # a stakeholder is drawn for as sector x PLACES + place in the sector

_by_kind = ("f8", (len(KINDS),))
_by_sector = ("f8", (len(SECTORS),))

# In cache lines: fields that others read together are side by side, so that one fetch is enough.
PEOPLE = np.dtype(
    [
        # what others see and hear of it in talk
        ("voice", "f8"),  # chance that it is heard at the table
        ("knowledge", "u8"),
        ("argument", "u8"),  # facts that it would bring up in this round of debate
        ("position_x", "f8"),
        ("position_y", "f8"),
        ("sector", "i8"),
        ("delegate", "i8"),  # row of who speaks for it while it is not at the table
        ("seated", "i4"),
        ("active", "i4"),
        # what others compare their own work with
        ("pledge", "f8"),
        ("usable", "f8"),  # its endowment over the kinds that are needed
        ("effort", "f8", (len(NORMS),)),  # its pledge by the share asked; below 0: nothing is
        ("expectation", "f8"),
        ("power", "f8"),
        ("delivers", "i4"),
        ("norm", "i4"),
        # what it wants and takes in
        ("interest_x", "f8"),
        ("interest_y", "f8"),
        ("next_x", "f8"),  # written by a step, made true by its commit; as all that is "next"
        ("next_y", "f8"),
        ("next_knowledge", "u8"),
        ("word_1", "u8"),  # what was drawn for it for this round
        ("word_2", "u8"),
        ("identity", "i4"),  # sector x 2^20 + place: whom a draw is for
        ("immovable", "i4"),  # 1 yes, 0 no; below 0 in a template: to be drawn
        # its role at the table
        ("first_talk", "i4"),  # its ties to others there, and where those end
        ("end_talk", "i4"),
        ("accepts", "i4"),
        ("objected", "i4"),  # last round
        ("weight", "f8"),  # its power among those at the table
        ("draft_weight", "f8"),
        ("best", "f8"),  # worth of the option that is worth most to it
        ("worth", "f8"),  # of the draft
        ("aspiration", "f8"),
        ("outside_option", "f8"),
        # what it does
        ("stays", "i4"),
        ("free_rider", "i4"),
        ("left_cycle", "i4"),
        ("left_round", "i4"),
        ("took_part", "i8"),
        ("utility", "f8"),
        ("commitment", "f8"),
        ("fair", "f8"),
        ("next_pledge", "f8"),
        ("next_expectation", "f8"),
        # what it has
        ("endowment", *_by_kind),
        ("productivity", "f8"),
        ("asked", "f8", (len(NORMS),)),  # the share that each fairness norm asks of it
        ("gap", "f8"),  # scratch of choosing
        # kept for the outcomes
        ("pledged", "f8"),
        ("delivered", "f8"),
        ("knowledge_before", "u8"),
        ("agreed_fit", "f8"),
        ("agreed_utility", "f8"),
        ("first_x", "f8"),  # its interest in problem 1, which a diverse invitation looks at
        ("first_y", "f8"),
        ("lot", "f8"),  # scratch of sorting, like all that follow
        ("order", "i8"),
        ("key", "f8"),
        ("merged_key", "f8"),
        ("merged_order", "i8"),
        ("rest_of_line", "u8", (4,)),
    ],
    align=True,
)

TIES = np.dtype(
    [
        ("neighbour", "u4"),
        ("edge", "u4"),
        ("trust", "f8"),
        ("next_trust", "f8"),
        ("trust_0", "f8"),
        # row k also tells of talk k, one of the ties between two at the table
        ("talk", "u4"),  # which tie it is
        ("hearer", "u4"),  # identities of who listens and of who speaks: whom a draw is for
        ("speaker", "u4"),
        ("word_1", "u4"),  # what was drawn for this round
        ("word_2", "u4"),
        ("word_3", "u4"),
        # scratch of laying ties
        ("other", "u4"),
        ("other_edge", "u4"),
    ],
    align=True,
)

OPTIONS = np.dtype(
    [
        ("x", "f8"),
        ("y", "f8"),
        ("drawn_x", "f8"),  # its place when the problem was taken up; listed options bring it
        ("drawn_y", "f8"),
        ("placed", "i8"),  # 1: its place is listed
        ("dilution", "f8"),
        ("opportunities", "u8"),
        ("obstacles", "u8"),
        ("support", "f8"),  # scratch: draft sum, rank sum
    ],
    align=True,
)

MEASURED = (
    "ranking_before",
    "ranking_agreement",
    "opinion_spread",
    "opinion_change",
    "position_spread",
    "acceptance",
    "support",
    "satisfaction",
    "inequity",
    "worst_off",
    "co_optation",
    "capture",
    "decision_quality",
    "trust",
    "retention",
)
RUN = np.dtype(
    [
        ("key_0", "u8"),
        ("key_1", "u8"),
        ("mood", "f8"),  # Z_run: collaborations of one design start in different moods
        ("first_trust", "f8"),  # prehistory in that mood
        ("listed_ties", "i8"),
        ("listed_seats", "i8"),
        ("listed_interests", "i8"),
        ("listed_options", "i8"),
        ("listed_norms", "i8"),
        ("edges", "i8"),
        ("seat_ties", "i8"),  # ties belong to seats: a complete table
        ("sector_seats", "i8", (len(SECTORS),)),
        # the clock
        ("running", "i8"),
        ("dissolved", "i8"),
        ("cycle", "i8"),
        ("month", "i8"),
        ("phase", "i8"),
        ("phase_round", "i8"),
        # the collaboration
        ("institution", "f8"),
        ("table", "i8"),
        ("table_power", "f8"),
        ("talks", "i8"),  # ties between two at the table
        ("sectors_invited", "i8"),
        ("sector_endowment", "f8", (len(SECTORS), len(KINDS))),
        # the problem
        ("problem", "i8"),
        ("value", "f8"),
        ("scale", "f8"),
        ("need", *_by_kind),
        ("real_need", *_by_kind),
        ("sector_facts", "u8", (len(SECTORS),)),
        ("retry", "i8"),
        # this cycle
        ("understanding", "f8"),
        ("leading", "i8"),
        ("log_elapsed", "f8"),  # of the part of the debate's deadline that has passed
        ("accepting", "f8"),
        ("accepting_power", "f8"),
        ("agreed", "i8"),
        ("deadlocked", "i8"),
        ("setback", "i8"),
        ("planned", "i8"),
        ("required", "f8"),
        ("amount_asked", "f8"),
        ("effect_asked", "f8"),
        ("pool", *_by_kind),
        ("coverage", "f8"),
        ("step", "f8"),
        ("steps", "f8"),
        ("delivery", "f8"),
        ("funds_delivered", "f8"),
        ("funds_used", "f8"),
        ("covered_rounds", "f8"),
        # sums that the outcomes rest on
        ("took_part", "i8"),
        ("first_agreement", "i8"),
        ("agreements", "i8"),
        ("first_cycle", "i8"),
        ("first_deadlock", "i8"),
        ("retried", "i8"),
        ("understandings", "f8"),
        ("listenings", "i8"),
        ("plans", "i8"),
        ("coverages", "f8"),
        ("covered_shares", "f8"),
        ("contributors", "i8"),
        ("contributions", *_by_sector),
        ("deliveries", "i8"),
        ("delivered", "f8"),
        ("carried_out", "i8"),
        ("unspents", "i8"),
        ("unspent", "f8"),
        ("public_value", "f8"),
        ("meetings", "f8"),
        ("first_spread", "f8"),
        ("first_ranking", "f8"),
        ("first_places", "f8"),
        # outcomes measured at their moment; missing (NaN) until then
        *((name, "f8") for name in MEASURED),
        ("sector_satisfaction", *_by_sector),
        # what the scenario asks for
        ("stakeholders", "i8"),
        ("cycles", "i8"),
        ("decides", "i8"),
        ("acts", "i8"),
        ("logged", "i8"),
    ],
    align=True,
)

LOG = np.dtype(
    [
        ("round", "i8"),
        ("cycle", "i8"),
        ("phase", "i8"),
        ("event", "i8"),
        ("who", "i8"),
        ("whom", "i8"),
        ("option", "i8"),
        ("fact", "i8"),
        ("value", "f8"),
        ("bound", "f8"),
    ],
    align=True,
)

EDGES = np.dtype([("a", "i8"), ("b", "i8"), ("trust_ab", "f8"), ("trust_ba", "f8")], align=True)

# The three needs are one array; every other parameter is a field of its own name. A choice is the
# number of its word, a flag 0 or 1, "all" seats and no horizon are 0.
NEEDS = tuple(f"need_{kind}" for kind in KINDS)
SCALARS = tuple(item.name for item in parameters() if item.name not in NEEDS)
PAR = np.dtype(
    [(name, "f8") for name in SCALARS]
    + [
        ("phases", "f8", (len(PHASES),)),
        ("veto", *_by_sector),
        ("need", *_by_kind),
        ("sector_power", *_by_sector),
        ("sector_resource", "f8", (len(SECTORS), len(KINDS))),
        ("sector_outside_option", *_by_sector),
    ]
)

# Of a round: name, unit, meaning. A number is missing where it does not apply to the phase.
SERIES_COLUMNS = (
    ("round", N_("months"), N_("months since the start")),
    ("cycle", N_("number"), N_("the cycle")),
    ("phase", N_("name"), N_("the phase")),
    ("phase_round", N_("months"), N_("the round within the phase")),
    ("problem", N_("number"), N_("the problem's number")),
    ("members", N_("stakeholders"), N_("members")),
    ("table", N_("stakeholders"), N_("members with a seat at the table")),
    ("trust", N_("0 to 1"), N_("mean trust between members")),
    ("understanding", N_("share"), N_("of what anyone at the table knows, what each knows")),
    ("position_spread", N_("plane"), N_("SD of the table's positions")),
    ("expectation", N_("0 to 1"), N_("mean expectation of members")),
    ("institution", N_("0 to 1"), N_("how far cooperation is routine")),
    ("option", N_("number"), N_("the leading option, from 1")),
    ("option_x", N_("plane"), N_("its place, first axis")),
    ("option_y", N_("plane"), N_("its place, second axis")),
    ("dilution", N_("effectiveness"), N_("what compromise has cost it")),
    ("accepting", N_("share"), N_("people at the table who accept the draft")),
    ("accepting_power", N_("share"), N_("power at the table that accepts the draft")),
    ("worth", N_("worth"), N_("mean worth of the draft to the table")),
    ("aspiration", N_("worth"), N_("mean worth that would be enough for the table")),
    ("commitment", N_("0 to 1"), N_("mean commitment of members")),
    ("pledge", N_("share"), N_("mean pledge of members")),
    ("coverage", N_("ratio"), N_("pool / need of the scarcest kind")),
    ("pool_funds", N_("units"), N_("funds in the pool, as the round found it")),
    ("pool_capacity", N_("units"), N_("capacity in the pool, as the round found it")),
    ("pool_network", N_("units"), N_("network in the pool, as the round found it")),
    ("need_funds", N_("units"), N_("funds needed; in action with what surfaced")),
    ("need_capacity", N_("units"), N_("capacity needed; in action with what surfaced")),
    ("need_network", N_("units"), N_("network needed; in action with what surfaced")),
    ("delivering", N_("share"), N_("members who deliver their pledge")),
    ("step", N_("share"), N_("what the round delivered of what was needed")),
)
SERIES = np.dtype([(name, "f8") for name, _unit, _meaning in SERIES_COLUMNS])

YES_OR_NO = N_("yes or no")
# Of a stakeholder in a round. A number is missing where it does not apply to the phase, or to one
# who is not a member.
PATH_COLUMNS = (
    ("member", YES_OR_NO, N_("whether it is a member")),
    ("at_table", YES_OR_NO, N_("whether it is a member with a seat")),
    ("expectation", N_("0 to 1"), N_("what it expects of the collaboration")),
    ("trust", N_("0 to 1"), N_("its mean trust in the members it is in touch with")),
    *(
        (f"trust_in_{name}", N_("0 to 1"), N_("the same, in those of one sector"))
        for name in SECTORS
    ),
    ("facts", N_("number"), N_("facts that it knows")),
    ("interest_x", N_("plane"), N_("what it wants for this problem, first axis")),
    ("interest_y", N_("plane"), N_("what it wants for this problem, second axis")),
    ("position_x", N_("plane"), N_("what it argues for, first axis")),
    ("position_y", N_("plane"), N_("what it argues for, second axis")),
    ("worth", N_("worth"), N_("worth of the draft to it")),
    ("aspiration", N_("worth"), N_("what would be enough for it")),
    ("accepts", YES_OR_NO, N_("whether it accepts the draft")),
    ("utility", N_("worth"), N_("worth of the agreement, by its interest and what it knows")),
    ("ownership", N_("0 to 1"), N_("how far it makes the agreement its own")),
    ("gain", N_("0 to 1"), N_("what the agreement gives it above going alone")),
    ("commitment", N_("0 to 1"), N_("its readiness to contribute")),
    ("fair", N_("share"), N_("what its norm asks of it, of its endowment")),
    ("pledge", N_("share"), N_("what it promises from now on, of its endowment")),
    *((name, N_("units"), N_("what its pledge puts into the pool")) for name in KINDS),
    ("delivers", YES_OR_NO, N_("whether it delivers its pledge")),
)
PATHS = np.dtype(
    [
        *(
            (name, "f8")
            for name, _unit, _meaning in PATH_COLUMNS
            if not name.startswith("trust_in_")
        ),
        ("trust_in", "f8", (len(SECTORS),)),
    ]
)

# An event of the scenario.
SCHEDULE = np.dtype(
    [
        ("month", "i8"),  # 0: at a cycle
        ("cycle", "i8"),  # 0: at a round
        ("what", "i8"),
        ("place", "i8"),  # in ``levels``, or the kind of an endowment
        ("sector", "i8"),
        ("how", "i8"),
        ("value", "f8"),
        ("low", "f8"),
        ("high", "f8"),
        ("done", "i8"),
    ],
    align=True,
)

# How often each at the table is decisive.
POWER_INDEX = np.dtype(
    [
        ("index", "f8"),
        ("error", "f8"),  # its standard error; 0 where all orders are counted
        ("pivots", "i8"),  # orders that it decides
        ("accepted", "i8"),  # what it had said of the draft before it was asked here
    ],
    align=True,
)

# The type of each array, as numba names it, by the name of the parameter that takes it.
ARRAYS: Mapping[str, Any] = MappingProxyType(
    {
        **{
            name: numba.from_dtype(dtype)[::1]
            for name, dtype in {
                "people": PEOPLE,
                "ties": TIES,
                "options": OPTIONS,
                "par": PAR,
                "run": RUN,
                "log": LOG,
                "series": SERIES,
                "paths": PATHS,
                "schedule": SCHEDULE,
                "edges": EDGES,
                "indices": POWER_INDEX,
                # of many runs: what each begins with, ends with, and showed
                "blank_people": PEOPLE,
                "blank_options": OPTIONS,
                "blank_run": RUN,
                "blank_schedule": SCHEDULE,
                "blank_edges": EDGES,
                "ends": RUN,
                "seen": SERIES,
            }.items()
        },
        "start": numba.int64[::1],
        "levels": numba.float64[::1],
        "slots": numba.uint64[::1],
        "blank_levels": numba.float64[:, ::1],
    }
)


def rule(function: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Compile a rule: a function that takes those of the state's arrays that it uses.

    A parameter annotated with ``R`` is an array whose type follows from its name (``ARRAYS``).
    """
    return compiled(function, ARRAYS)


def inner_rule(function: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Compile a rule of the inner loops, above all one for one stakeholder.

    Its code is copied into its callers: handing the arrays over takes longer than its work.
    """
    return compiled(function, ARRAYS, inline=True)


@inner_rule
def at_table(people: R, i: int) -> bool:
    """Return whether i is a member with a seat."""
    return bool(people[i].seated & people[i].active)


@inner_rule
def in_touch(people: R, run: R, i: int, j: int) -> bool:
    """Return whether a tie between i and j is in use outside the meetings of the table.

    Both must be members. Where ties belong to seats (a complete table), a represented
    stakeholder is in touch with its delegate alone (model description 3).
    """
    if run[0].seat_ties == 1 and not (
        (people[i].seated == 1 and people[j].seated == 1)
        or (people[i].seated == 0 and people[i].delegate == j)
        or (people[j].seated == 0 and people[j].delegate == i)
    ):
        return False
    return bool(people[i].active & people[j].active)


@inner_rule
def mean_trust(people: R, ties: R, start: R, run: R, i: int) -> float:
    """Mean trust of i in those it is in touch with; without any, the trust of the start (2.2)."""
    total, count = 0.0, 0
    for t in range(start[i], start[i + 1]):
        trust = ties[t].trust
        counts = in_touch(people, run, i, ties[t].neighbour)
        total += trust if counts else 0.0
        count += 1 if counts else 0
    return total / count if count > 0 else float(run[0].first_trust)


@inner_rule
def trust_at_table(people: R, ties: R, run: R, i: int) -> float:
    """Mean trust of i in its neighbours at the table; without any, the trust of the start (2.2)."""
    total = 0.0
    for k in range(people[i].first_talk, people[i].end_talk):
        total += ties[ties[k].talk].trust
    count = people[i].end_talk - people[i].first_talk
    return total / count if count > 0 else float(run[0].first_trust)


@inner_rule
def drawn(run: R, purpose: int, number: int, i: int, j: int) -> Words:
    """Return the four words of one draw of this run (:func:`sim.rules.draws.words`)."""
    return words(run[0].key_0, run[0].key_1, purpose, number, i, j)


@inner_rule
def moment(run: R) -> int:
    """Return the number of this round in draws: cycle x 2^16 + round within the phase."""
    return int(run[0].cycle * 65536 + run[0].phase_round)


@rule
def draw_each(people: R, run: R, purpose: int, first: int, end: int) -> None:
    """Draw for the rows first..end-1, for one round: ``word_1`` and ``word_2``.

    A single loop, so that the processor draws for several at a time; it needs an unsigned counter
    for that.
    """
    key_0, key_1 = run[0].key_0, run[0].key_1
    why, when = uint64(purpose), uint64(moment(run))
    for i in range(uint64(first), uint64(end)):
        who = uint64(people[i].identity)
        w_1, w_2, _w_3, _w_4 = philox(key_0, key_1, why, when, who, uint64(0))
        people[i].word_1, people[i].word_2 = w_1, w_2


def course_rule(function: Callable[Inputs, Output]) -> Callable[Inputs, Output]:
    """Make a rule that only the compiled loop calls a part of the loop, instead of compiling it."""
    return compiled(function, ARRAYS, merged=True)
