"""The state of a run: a few record arrays that every rule takes in the same order.

``people`` one row a stakeholder, ``ties`` one row a directed tie (sorted by who listens, with
``start`` offsets), ``options`` one row an option of the present problem, ``par`` one row with the
scenario's parameters as they stand now, ``run`` one row with everything that belongs to the run,
``log`` the events told so far. A rule for one stakeholder takes its row ``i`` besides.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
from numpy import uint64

from sim.rules.compiling import helper
from sim.rules.draws import Words, philox, words
from sim.scenario import KINDS, NORMS, PHASES, SECTORS, parameters

R = npt.NDArray[Any]  # the rows of a record array; short, because every rule takes seven

LISTENING, DEBATE, PLANNING, ACTION, RENEWAL = range(1, len(PHASES) + 1)
GOVERNMENT, PRIVATE, COMMUNITY, CIVIL_SOCIETY = range(len(SECTORS))
FUNDS, CAPACITY, NETWORK = range(len(KINDS))
NOBODY = -1
PLACES = 2**20  # a stakeholder is drawn for as sector x PLACES + place in the sector

_by_kind = ("f8", (len(KINDS),))
_by_sector = ("f8", (len(SECTORS),))

# In lines: what others ask of somebody stands together, so that asking costs one fetch.
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
        # where it stands at the table
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

# The types of the arrays, as numba names them.
PEOPLE_ROWS, TIES_ROWS, OPTIONS_ROWS, PAR_ROWS, RUN_ROWS, LOG_ROWS = (
    numba.from_dtype(dtype)[::1] for dtype in (PEOPLE, TIES, OPTIONS, PAR, RUN, LOG)
)
START_ROWS = numba.int64[::1]
# What every rule takes, and what a rule for one stakeholder takes.
ALL = (PEOPLE_ROWS, TIES_ROWS, START_ROWS, OPTIONS_ROWS, PAR_ROWS, RUN_ROWS, LOG_ROWS)
ROW = (*ALL, numba.int64)


@helper(numba.boolean(PEOPLE_ROWS, numba.int64), inline=True)
def at_table(people: R, i: int) -> bool:
    """Whether i is a member with a seat."""
    return bool(people[i].seated & people[i].active)


@helper(numba.boolean(PEOPLE_ROWS, RUN_ROWS, numba.int64, numba.int64), inline=True)
def in_touch(people: R, run: R, i: int, j: int) -> bool:
    """Whether a tie between i and j is in use outside the meetings of the table.

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


@helper(numba.float64(PEOPLE_ROWS, TIES_ROWS, START_ROWS, RUN_ROWS, numba.int64), inline=True)
def mean_trust(people: R, ties: R, start: R, run: R, i: int) -> float:
    """Mean trust of i in those it is in touch with; without any, what history left (2.2)."""
    total, count = 0.0, 0
    for t in range(start[i], start[i + 1]):
        trust = ties[t].trust
        counts = in_touch(people, run, i, ties[t].neighbour)
        total += trust if counts else 0.0
        count += 1 if counts else 0
    return total / count if count > 0 else float(run[0].first_trust)


@helper(numba.float64(PEOPLE_ROWS, TIES_ROWS, RUN_ROWS, numba.int64), inline=True)
def trust_at_table(people: R, ties: R, run: R, i: int) -> float:
    """Mean trust of i in its neighbours at the table; without any, what history left (2.2)."""
    total = 0.0
    for k in range(people[i].first_talk, people[i].end_talk):
        total += ties[ties[k].talk].trust
    count = people[i].end_talk - people[i].first_talk
    return total / count if count > 0 else float(run[0].first_trust)


@helper(numba.types.UniTuple(numba.uint64, 4)(RUN_ROWS, *(numba.int64,) * 4), inline=True)
def drawn(run: R, purpose: int, number: int, i: int, j: int) -> Words:
    """The four words of one draw of this run (:func:`sim.rules.draws.words`)."""
    return words(run[0].key_0, run[0].key_1, purpose, number, i, j)


@helper(numba.int64(RUN_ROWS), inline=True)
def moment(run: R) -> int:
    """The number that draws of this round belong to: cycle x 2^16 + round within the phase."""
    return int(run[0].cycle * 65536 + run[0].phase_round)


@helper(numba.void(PEOPLE_ROWS, RUN_ROWS, *(numba.int64,) * 3))
def draw_each(people: R, run: R, purpose: int, first: int, end: int) -> None:
    """Draw for the rows first..end-1, for one round: ``word_1`` and ``word_2``.

    In one go, because the processor then draws for several at a time; it can where it counts
    without a sign.
    """
    key_0, key_1 = run[0].key_0, run[0].key_1
    why, when = uint64(purpose), uint64(moment(run))
    for i in range(uint64(first), uint64(end)):
        who = uint64(people[i].identity)
        w_1, w_2, _w_3, _w_4 = philox(key_0, key_1, why, when, who, uint64(0))
        people[i].word_1, people[i].word_2 = w_1, w_2
