"""What a run ends with: one entry an outcome, with its label, unit and direction (7).

A run leaves one record of type ``RUN``. An outcome is a function of such records, one a run; most
only read the field of their own name, which a rule in ``measuring.py`` wrote at its moment. What is
missing is NaN. A new outcome is one entry here; tables, plots, report and the model description
find it in ``OUTCOMES``.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sim.base.text import N_
from sim.rules.state import R
from sim.scenario import SECTORS

HIGHER, LOWER, NEITHER = "higher", "lower", ""
TEN_YEARS = 120
Numbers = npt.NDArray[np.float64]
SHARE, YES, W, FIT = N_("share"), N_("0 or 1"), N_("Kendall's W"), N_("fit, 0 to 1")
RATIO, MONTHS = N_("ratio"), N_("months")


class Outcome(NamedTuple):
    """One number that a run ends with.

    Attributes
    ----------
    name
        Its column in tables.
    label, unit, meaning
        In English, marked for translation.
    more, less
        What a scenario does that has more of it, or less, as in "community ... than team".
    direction
        Which way is better: ``"higher"``, ``"lower"``, or ``""`` where neither is.
    measure
        The values of many runs from their ``RUN`` records.
    """

    name: str
    label: str
    unit: str
    direction: str
    more: str
    less: str
    meaning: str
    measure: Callable[[R], Numbers]


def _field(name: str, sector: int | None = None) -> Callable[[R], Numbers]:
    """Read a field that was measured during the run."""

    def read(ends: R) -> Numbers:
        values = ends[name] if sector is None else ends[name][:, sector]
        return np.asarray(values, dtype=np.float64)

    return read


def _ratio(part: Any, whole: Any) -> Numbers:
    """Return a mean or share, missing where there is nothing to divide by."""
    whole = np.asarray(whole, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(whole > 0, np.asarray(part, dtype=np.float64) / whole, np.nan)


def _mean(total: str, count: str) -> Callable[[R], Numbers]:
    """Mean of a sum that a run kept."""
    return lambda ends: _ratio(ends[total], ends[count])


def _only(values: Any, known: Any) -> Numbers:
    """Return the values where something is known, else missing."""
    return np.where(known, values, np.nan)


def _contribution(sector: int) -> Callable[[R], Numbers]:
    return lambda ends: _ratio(ends["contributions"][:, sector], ends["contributors"])


def agreement(ends: R) -> Numbers:
    """Return whether the first debate ended in agreement; missing where none is asked for."""
    return _only((ends["first_cycle"] == 1).astype(np.float64), ends["decides"] == 1)


def agreements(ends: R) -> Numbers:
    """Agreements by planned cycles; missing where none is asked for."""
    return _only(_ratio(ends["agreements"], ends["cycles"]), ends["decides"] == 1)


def months_to_agreement(ends: R) -> Numbers:
    """Rounds to the first agreement; missing without one."""
    return _only(ends["first_agreement"].astype(np.float64), ends["agreements"] > 0)


def retried(ends: R) -> Numbers:
    """Return whether a first-cycle deadlock was debated again; missing without such a deadlock."""
    return _only(ends["retried"].astype(np.float64), ends["first_deadlock"] == 1)


def public_value(ends: R) -> Numbers:
    """Value brought about; missing where no action is part of the scenario."""
    return _only(ends["public_value"], ends["acts"] == 1)


def effort(ends: R) -> Numbers:
    """Person-meetings per stakeholder."""
    return _ratio(ends["meetings"], ends["stakeholders"])


def effort_per_month(ends: R) -> Numbers:
    """Return the same per month of the run."""
    return _ratio(effort(ends), ends["month"])


def survived_10y(ends: R) -> Numbers:
    """1 from round 120 on, 0 if dissolved before it, else missing."""
    lasted = ends["month"] >= TEN_YEARS
    return _only(lasted.astype(np.float64), lasted | (ends["dissolved"] == 1))


# of each sector's satisfaction and contribution: label, more, less
# fmt: off
SATISFACTION = (
    (N_("satisfaction of the government"), N_("suits the government better"),
     N_("suits the government less well")),
    (N_("satisfaction of private firms"), N_("suits private firms better"),
     N_("suits private firms less well")),
    (N_("satisfaction of the community"), N_("suits the community better"),
     N_("suits the community less well")),
    (N_("satisfaction of civil society"), N_("suits civil society better"),
     N_("suits civil society less well")),
)
CONTRIBUTION = (
    (N_("contribution of the government"), N_("has more of its pool from the government"),
     N_("has less of its pool from the government")),
    (N_("contribution of private firms"), N_("has more of its pool from private firms"),
     N_("has less of its pool from private firms")),
    (N_("contribution of the community"), N_("has more of its pool from the community"),
     N_("has less of its pool from the community")),
    (N_("contribution of civil society"), N_("has more of its pool from civil society"),
     N_("has less of its pool from civil society")),
)
OUTCOMES: tuple[Outcome, ...] = (
    Outcome("participation", N_("participation"), SHARE, HIGHER,
            N_("draws in more stakeholders"), N_("draws in fewer stakeholders"),
            N_("stakeholders who at the start expect enough of it to take part"),
            lambda ends: _ratio(ends["took_part"], ends["stakeholders"])),
    Outcome("agreement", N_("agreement"), YES, HIGHER,
            N_("reaches agreement more often"), N_("reaches agreement less often"),
            N_("1 if the first debate ended in agreement; 0 also if the run dissolved before it"),
            agreement),
    Outcome("agreements", N_("agreements"), SHARE, HIGHER,
            N_("reaches agreement in more of its cycles"),
            N_("reaches agreement in fewer of its cycles"),
            N_("agreements / planned cycles"),
            agreements),
    Outcome("months_to_agreement", N_("months to agreement"), MONTHS, LOWER,
            N_("takes longer to agree"), N_("agrees sooner"),
            N_("rounds from the start to the first agreement, failed debates included"),
            months_to_agreement),
    Outcome("acceptance", N_("acceptance"), SHARE, HIGHER,
            N_("is accepted by more at the table"), N_("is accepted by fewer at the table"),
            N_("people at the table who accepted the first agreement"),
            _field("acceptance")),
    Outcome("support", N_("support"), SHARE, HIGHER,
            N_("serves more stakeholders"), N_("serves fewer stakeholders"),
            N_("stakeholders who are as well off with the first agreement as alone, or better"),
            _field("support")),
    Outcome("understanding", N_("understanding"), SHARE, HIGHER,
            N_("shares more of what is known"), N_("shares less of what is known"),
            N_("of what anyone at the table knows, what each knows at the end of listening"),
            _mean("understandings", "listenings")),
    Outcome("retried", N_("retried"), YES, NEITHER,
            N_("debates a deadlocked problem again more often"),
            N_("debates a deadlocked problem again less often"),
            N_("1 if a first-cycle deadlock was followed by another debate of the same problem"),
            retried),
    Outcome("ranking_before", N_("agreement on rankings before"), W, NEITHER,
            N_("begins with more similar rankings"), N_("begins with less similar rankings"),
            N_("how alike the table ranks the options before listening (tie-corrected)"),
            _field("ranking_before")),
    Outcome("ranking_agreement", N_("agreement on rankings after"), W, HIGHER,
            N_("ends its debate with more similar rankings"),
            N_("ends its debate with less similar rankings"),
            N_("how alike the table ranks the options after the first debate"),
            _field("ranking_agreement")),
    Outcome("ranking_gain", N_("gain in agreement on rankings"), W, HIGHER,
            N_("brings rankings closer together"), N_("brings rankings less close together"),
            N_("ranking_agreement minus ranking_before"),
            lambda ends: ends["ranking_agreement"] - ends["ranking_before"]),
    Outcome("opinion_spread", N_("spread of opinions kept"), RATIO, NEITHER,
            N_("keeps more of the spread of opinions"), N_("keeps less of the spread of opinions"),
            N_("SD of believed effectiveness after the debate / before listening"),
            _field("opinion_spread")),
    Outcome("opinion_change", N_("change of opinions"), N_("effectiveness, 0 to 1"), NEITHER,
            N_("changes opinions more"), N_("changes opinions less"),
            N_("mean absolute change of believed effectiveness, before listening to after debate"),
            _field("opinion_change")),
    Outcome("position_spread", N_("spread of positions kept"), RATIO, NEITHER,
            N_("keeps more of the spread of positions"),
            N_("keeps less of the spread of positions"),
            N_("SD of the table's positions after / before the first debate"),
            _field("position_spread")),
    Outcome("satisfaction", N_("satisfaction"), FIT, HIGHER,
            N_("suits interests better"), N_("suits interests less well"),
            N_("mean fit of the first agreement to interests"),
            _field("satisfaction")),
    *(
        Outcome(f"satisfaction_{sector}", SATISFACTION[s][0], FIT, HIGHER, *SATISFACTION[s][1:],
                N_("mean fit of the first agreement to the sector's interests"),
                _field("sector_satisfaction", s))
        for s, sector in enumerate(SECTORS)
    ),
    Outcome("inequity", N_("inequity"), FIT, LOWER,
            N_("suits people less evenly"), N_("suits people more evenly"),
            N_("how unevenly the first agreement fits interests: the SD (Choi & Robertson 2014)"),
            _field("inequity")),
    Outcome("worst_off", N_("worst off"), FIT, HIGHER,
            N_("suits the worst off better"), N_("suits the worst off less well"),
            N_("mean fit of the first agreement over the tenth whom it fits least"),
            _field("worst_off")),
    Outcome("co_optation", N_("co-optation"), FIT, LOWER,
            N_("wins consent more by moving people"), N_("wins consent less by moving people"),
            N_("fit by position minus by interest, at the table: consent won by moving people"),
            _field("co_optation")),
    Outcome("capture", N_("capture"), FIT, LOWER,
            N_("favours the powerful more"), N_("favours the powerful less"),
            N_("power-weighted fit of the first agreement minus mean fit"),
            _field("capture")),
    Outcome("decision_quality", N_("decision quality"), RATIO, HIGHER,
            N_("makes better decisions"), N_("makes worse decisions"),
            N_("true effectiveness of the first agreement / of the best option, undiluted"),
            _field("decision_quality")),
    Outcome("covered_rounds", N_("covered rounds"), SHARE, HIGHER,
            N_("covers its needs in more rounds"), N_("covers its needs in fewer rounds"),
            N_("planning rounds with coverage of 1 or more, mean over agreements"),
            _mean("covered_shares", "plans")),
    Outcome("coverage", N_("coverage"), RATIO, HIGHER,
            N_("pools more of what is needed"), N_("pools less of what is needed"),
            N_("pool / need of the scarcest kind at the end of planning, mean over agreements"),
            _mean("coverages", "plans")),
    Outcome("delivery", N_("delivery"), SHARE, HIGHER,
            N_("delivers more of what was needed"), N_("delivers less of what was needed"),
            N_("of what was needed, what was delivered, mean over agreements; 0 when unfunded"),
            _mean("delivered", "deliveries")),
    Outcome("unspent", N_("unspent"), SHARE, LOWER,
            N_("leaves more funds unspent"), N_("leaves fewer funds unspent"),
            N_("of delivered funds, what could not be used, mean over agreements"),
            _mean("unspent", "unspents")),
    *(
        Outcome(f"contribution_{sector}", CONTRIBUTION[s][0], SHARE, NEITHER, *CONTRIBUTION[s][1:],
                N_("the sector's share of the pool, mean over agreements"), _contribution(s))
        for s, sector in enumerate(SECTORS)
    ),
    Outcome("carried_out", N_("carried out"), SHARE, HIGHER,
            N_("carries out more of its agreements"), N_("carries out fewer of its agreements"),
            N_("agreements with a delivery of 2/3 or more"),
            _mean("carried_out", "deliveries")),
    Outcome("public_value", N_("public value"), N_("worth"), HIGHER,
            N_("brings about more public value"), N_("brings about less public value"),
            N_("sum over cycles of delivery x true effectiveness x value of the problem"),
            public_value),
    Outcome("effort", N_("effort"), N_("meetings per stakeholder"), LOWER,
            N_("costs more meetings"), N_("costs fewer meetings"),
            N_("person-meetings per stakeholder; routines save some"),
            effort),
    Outcome("effort_per_month", N_("effort per month"), N_("meetings per stakeholder and month"),
            LOWER, N_("costs more meetings a month"), N_("costs fewer meetings a month"),
            N_("effort / months of the run (action has months but no meetings)"),
            effort_per_month),
    Outcome("trust", N_("trust"), N_("0 to 1"), HIGHER,
            N_("ends with more trust"), N_("ends with less trust"),
            N_("mean trust between members at the end"),
            _field("trust")),
    Outcome("retention", N_("retention"), SHARE, HIGHER,
            N_("keeps more members"), N_("keeps fewer members"),
            N_("stakeholders who are members at the end"),
            _field("retention")),
    Outcome("months_survived", N_("months survived"), MONTHS, HIGHER,
            N_("lasts longer"), N_("lasts less long"),
            N_("rounds until the run ended or the collaboration dissolved"),
            _field("month")),
    Outcome("survived_10y", N_("survived ten years"), YES, HIGHER,
            N_("lasts ten years more often"), N_("lasts ten years less often"),
            N_("0 if dissolved before round 120; missing if the run ended undissolved before it"),
            survived_10y),
)
# fmt: on


def outcomes(ends: R) -> Numbers:
    """Return all outcomes of many runs.

    Parameters
    ----------
    ends
        ``RUN`` records as the runs left them.

    Returns
    -------
    Array of shape (runs, outcomes), in the order of ``OUTCOMES``.
    """
    return np.column_stack([outcome.measure(ends) for outcome in OUTCOMES])
