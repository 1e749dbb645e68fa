"""What was measured in the world, and how the model measures the same: V1 to V12.

Values and their sources are what was published. The bands are judgement, and were set before the
model was held against them. A target may have several quantities; it is met if all of them are.
"""

import math
from typing import NamedTuple

from sim.evidence.measures import (
    Measure,
    gain,
    mean,
    median,
    of_network,
    share_in_tails,
    share_without,
)
from sim.language import N_


class Quantity(NamedTuple):
    """A number to be met: what it is, as it was measured, the band, and how the model has it."""

    name: str
    value: float
    low: float
    high: float
    measure: Measure


class Target(NamedTuple):
    """A measured thing that the model is held against.

    Attributes
    ----------
    id, name
        V1 to V12, and what it is.
    quantities
        The numbers.
    source
        A key of ``SOURCES``.
    data
        What was measured, and what these data are not.
    how
        How the model measures the same.
    why
        What in the model decides it, and where model and data differ in kind.
    """

    id: str
    name: str
    quantities: tuple[Quantity, ...]
    source: str
    data: str
    how: str
    why: str


GAMES = "Wang, Hilbe & Zhang 2026"
FORUMS = "R package deliberr"
NETWORK = "R package motifr"
WIDE = 1.5  # a density or clustering is met within this factor

FORUM_DATA = N_(
    "means over 24 forums (8 to 63 people, median 16, 526 in all) of questionnaires before and "
    "after, of citizens or of stakeholders; answers move a little also without talk"
)

TARGETS: tuple[Target, ...] = (
    Target(
        "V1",
        N_("success in a threshold game among equals"),
        (Quantity(N_("success"), 0.900, 0.80, 0.97, mean("game_equal", "covered_rounds")),),
        GAMES,
        N_("38 group-sessions of 4 people and 20 rounds; standard error 0.037"),
        N_("mean covered_rounds of the staging game_equal, one run a group"),
        N_(
            "With equal means all norms ask the same of everyone, so hardly anybody feels "
            "exploited; all begin a fifth above their fair share, and a shortfall is soon topped "
            "up. Without the tremble no round fails. Of the real groups 2 in 38 met the threshold "
            "in one round of twenty, and four more in 11 to 17."
        ),
    ),
    Target(
        "V2",
        N_("the same among unequals, the rich also more productive"),
        (Quantity(N_("success"), 0.480, 0.35, 0.62, mean("game_unequal", "covered_rounds")),),
        GAMES,
        N_("50 group-sessions of 4 people and 20 rounds; standard error 0.055"),
        N_("mean covered_rounds of the staging game_unequal, one run a group"),
        N_(
            "Which norms the two rich players happen to hold decides it. Where both find equal "
            "fractions fair, nine rounds in ten meet the threshold; where one of them finds equal "
            "effects fair, it gives so little that fewer than half do; where both do, none."
        ),
    ),
    Target(
        "V3",
        N_("groups of V2 at either end"),
        (Quantity(N_("share of groups"), 0.60, 0.40, 0.80, share_in_tails("game_unequal")),),
        GAMES,
        N_(
            "of the same 50 groups 34 % succeed in at most a tenth of the rounds and 26 % in at "
            "least nine tenths"
        ),
        N_("share of runs of game_unequal whose covered_rounds is at most 0.1 or at least 0.9"),
        N_(
            "Norms are held for good, and little moves a group that has found its way or lost it, "
            "but the tremble and the thrift of those who have more than enough. Without the "
            "tremble all groups end at either end; with 0.03 three quarters do."
        ),
    ),
    Target(
        "V4",
        N_("spread of opinions after a forum, against before"),
        (Quantity(N_("ratio"), 0.944, 0.88, 0.99, mean("forum", "opinion_spread")),),
        FORUMS,
        FORUM_DATA,
        N_(
            "mean opinion_spread of the staging forum: standard deviation of believed "
            "effectiveness, after against before"
        ),
        N_(
            "An opinion is what follows from the facts one knows. To learn other facts than one's "
            "neighbour drives opinions apart; to hear the same arguments brings them together. So "
            "it hangs on how far a fact moves an opinion (with 0.07 they hardly come closer), on "
            "who hears whom (where each hears six others, as in the community form: 0.94) and for "
            "how long (with twenty rounds of debate: 0.65)."
        ),
    ),
    Target(
        "V5",
        N_("how alike people rank options (Kendall's W)"),
        (
            Quantity(N_("before"), 0.357, 0.28, 0.44, mean("forum", "ranking_before")),
            Quantity(N_("rise"), 0.461 - 0.357, 0.04, 0.18, mean("forum", "ranking_gain")),
        ),
        FORUMS,
        FORUM_DATA,
        N_("means of ranking_before and ranking_gain of the staging forum"),
        N_(
            "What an option is worth to someone is by nearly half its believed effectiveness, so "
            "rankings are alike at first by what all know already, and less by how near interests "
            "lie: with conflict 0.3 the start is at 0.37, with knowledge 0.4 at 0.25. The rise is "
            "what shared facts bring, and the larger, the fewer are known at first (0.27 with "
            "knowledge 0.4)."
        ),
    ),
    Target(
        "V6",
        N_("change of opinions in a forum"),
        (
            Quantity(
                N_("on a scale from 0 to 1"), 0.189, 0.10, 0.25, mean("forum", "opinion_change")
            ),
        ),
        FORUMS,
        FORUM_DATA,
        N_("mean opinion_change of the staging forum: change of believed effectiveness"),
        N_(
            "One fact moves a belief by 0.21, and of the eight facts about an option a person "
            "learns about one. Where less is known at first, people learn and change more: with "
            "knowledge 0.3 more than was measured, but then their rankings are not alike enough "
            "before (V5). Questionnaires spread people over the whole scale, and part of the "
            "change that they show is chance in answering, which the model has not."
        ),
    ),
    Target(
        "V7",
        N_("months to agreement, median"),
        (Quantity(N_("months"), 48, 24, 72, median("partnership", "months_to_agreement")),),
        "Leach, Pelkey & Sabatier 2002",
        N_(
            "44 watershed partnerships in California and Washington: frequently about 48 months to "
            "major milestones, such as formal agreements and projects; a rounded figure, and of "
            "partnerships that existed to be asked"
        ),
        N_("median months_to_agreement of the staging partnership, over runs that agree in time"),
        N_(
            "How long listening lasts, how long a debate may last, and how fast aspirations come "
            "down toward that deadline. Most agree in the first debate, so it hardly counts here "
            "whether a failed one is taken up again."
        ),
    ),
    Target(
        "V8",
        N_("negotiations without an agreement"),
        (Quantity(N_("share"), 0.19, 0.10, 0.35, share_without("negotiated_rule", "agreement")),),
        "Coglianese 1997",
        N_(
            "13 of 67 negotiated rulemakings of federal agencies of the United States were "
            "abandoned; by agencies that had chosen to negotiate"
        ),
        N_("1 - mean agreement of the staging negotiated_rule: one debate, by consensus"),
        N_(
            "Conflict of interest, how far what people know counts against what they want, outside "
            "options and facilitation: whether the draft comes to suit the last who objects before "
            "the deadline."
        ),
    ),
    Target(
        "V9",
        N_("partnerships that last ten years"),
        (Quantity(N_("share"), 0.50, 0.35, 0.65, mean("partnership", "survived_10y")),),
        "Genskow 2009",
        N_(
            "ten years after an agency of Wisconsin had founded partnerships in its river basins, "
            "half had disbanded; one programme of one agency"
        ),
        N_("mean survived_10y of the staging partnership"),
        N_(
            "Failures (a debate without agreement, a plan without means) lower what people expect, "
            "until too many leave: how large such a setback is, how often it comes, and how far "
            "people need each other. That a plan which has its means is delivered in half hardly "
            "counts."
        ),
    ),
    Target(
        "V10",
        N_("agreements that are carried out"),
        (Quantity(N_("share"), 0.40, 0.20, 0.65, mean("neighbourhood", "carried_out")),),
        "Kota Kita 2016",
        N_(
            "4 of 10 projects that citizens of Solo, Indonesia, had selected were implemented; a "
            "figure of one city, without a method beside it"
        ),
        N_("mean carried_out of the staging neighbourhood: delivery of 2/3 or more"),
        N_(
            "What obstacles nobody understood, who holds back, and how steady pledges are: without "
            "the tremble half would be carried out. Smaller needs change little, since people "
            "pledge by what is needed. Citizens' projects are paid for by a city; in the model all "
            "pay."
        ),
    ),
    Target(
        "V11",
        N_("the network form against a real network"),
        (
            Quantity(
                N_("density"), 0.091, 0.091 / WIDE, 0.091 * WIDE, of_network("wetland", "density")
            ),
            Quantity(
                N_("clustering"),
                0.35,
                0.35 / WIDE,
                0.35 * WIDE,
                of_network("wetland", "clustering"),
            ),
        ),
        NETWORK,
        N_(
            "288 ties among 80 actors of one wetland; mean local clustering over all 80, the 7 "
            "without ties and the 7 with one counting 0"
        ),
        N_("ties of the staging wetland, either way, over runs; clustering counted as in the data"),
        N_(
            "The layout alone: rings of four inside each sector, a broker for each, one weak tie. "
            "Everyone has ties there; of the real actors 7 have none."
        ),
    ),
    Target(
        "V12",
        N_("talk before a threshold game among unequals"),
        (
            Quantity(
                N_("success with talk minus without"),
                math.nan,
                0.0,
                math.inf,
                gain("game_unequal", "game_unequal_talk", "covered_rounds"),
            ),
        ),
        "Tavoni et al. 2011",
        N_("groups that could announce what they would give succeeded more often; the direction"),
        N_("covered_rounds of game_unequal_talk minus game_unequal, run by run"),
        N_(
            "In the model talk acts by way of shared norms; in the experiment, by way of pledges "
            "that nobody is held to."
        ),
    ),
)
STAGED: tuple[str, ...] = (
    "game_equal",
    "game_unequal",
    "game_unequal_talk",
    "forum",
    "partnership",
    "negotiated_rule",
    "neighbourhood",
    "wetland",
)
LAID_OUT = ("wetland",)  # the stagings whose ties are looked at, and nothing else

# Groups by the share of rounds in which they cover the need: the game, then in the data the share
# of groups at most a tenth, and at least nine tenths.
GROUPS: tuple[tuple[str, float, float], ...] = (
    ("game_equal", 0.05, 0.84),
    ("game_unequal", 0.34, 0.26),
)
