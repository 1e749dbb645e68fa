"""What decided the outcome of a run, as numbers and names: the last paragraph of the minutes.

Each is a fact of this run that the rules make decisive: who still asked for more, what closed the
gap between demands and the draft, which resource was short, what the pledges would have achieved if
everybody had delivered. Nothing compares the run with another one.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

import pandas as pd

from sim.scenario import KINDS
from sim.scenario.choices import DECISION_RULES
from sim.view.minutes.cycle import Cycle, in_force
from sim.view.minutes.facts import Facts, extra_need, is_cut_off, reasons, scarcest
from sim.view.words import KIND_NAMES, MIN_SHOWN


def decided(cycles: Sequence[Cycle]) -> Facts:
    """Return what decided the first debate, the first plan and the end of a run."""
    planned = [cycle for cycle in cycles if len(cycle.phase("planning"))]
    return {
        "debate": _debate_decided(cycles[0]),
        "plan": _plan_decided(planned[0]) if planned else {"short": False, "delivered": False},
        "exoduses": [exodus for cycle in cycles for exodus in _exodus(cycle)],
        "end": _ended(cycles[0]),
    }


_NOTHING_DECIDED: Mapping[str, Any] = MappingProxyType(
    {"at_once": False, "won": 0, "last_to_accept": "", "objectors": 0, "rule": None}
)


def _debate_decided(cycle: Cycle) -> Facts:
    """Return what decided the first debate."""
    rounds = cycle.phase("debate")
    if rounds.empty or not cycle.run.scenario.decide:
        return dict(_NOTHING_DECIDED)
    last = int(rounds["round"].iloc[-1])
    agreed = len(cycle.happened("agreed")) > 0
    facts = _accepted(cycle, rounds) if agreed else _in_the_way(cycle, last)
    over = rounds[rounds["accepting"] > 0.5]
    month = last if over.empty else int(over["round"].iloc[0])
    rule = DECISION_RULES[in_force(cycle.run, "decision.rule")(month)]
    asks_for_more = not rule.by_power and rule.needed(1.0, 1.0, 1.0) != 0.5
    return {
        **_NOTHING_DECIDED,
        **facts,
        "rule": rule.label if asks_for_more else None,
        "veto": cycle.run.scenario.decision.veto,
        "majority": 0 if over.empty else month,
        "end": last,
    }


def _accepted(cycle: Cycle, rounds: pd.DataFrame) -> Facts:
    """Return how lower demands and a better draft won over those who objected at first."""
    month, last = int(rounds["round"].iloc[0]), int(rounds["round"].iloc[-1])
    objected = cycle.happened("objected")
    end = int(cycle.happened("agreed")["round"].iloc[0])
    late, still = (set(objected[objected["round"] == at]["who"]) for at in (end - 1, end))
    facts = {"at_once": month == last, "last_to_accept": cycle.list_names(sorted(late - still))}
    before, after = cycle.at(month), cycle.at(last)
    refused = ~before["accepts"].fillna(True).astype(bool)
    won = before.index[refused & after["accepts"].fillna(False).astype(bool)]
    if month == last or won.empty:
        return facts
    return {
        **facts,
        "won": len(won),
        "gap": (before.loc[won, "aspiration"] - before.loc[won, "worth"]).mean(),
        "lower": (before.loc[won, "aspiration"] - after.loc[won, "aspiration"]).mean(),
        "worse": -(after.loc[won, "worth"] - before.loc[won, "worth"]).mean(),
    }


def _in_the_way(cycle: Cycle, last: int) -> Facts:
    """Return who still objected at the end of a debate without agreement, and by how much."""
    objected = cycle.happened("objected")
    at_last = objected[objected["round"] == last]
    if at_last.empty:
        return {}
    gaps = (at_last["bound"] - at_last["value"]).set_axis(at_last["who"]).sort_values(kind="stable")
    return {
        "objectors": len(gaps),
        "objecting": cycle.list_names(map(str, gaps.index)),
        "least": gaps.iloc[0],
        "most": gaps.iloc[-1],
    }


def _plan_decided(cycle: Cycle) -> Facts:
    """Return what decided the fate of the first plan."""
    planned, delivered = cycle.happened("planned"), cycle.happened("delivered")
    if planned.empty:
        return {"short": False, "delivered": False}
    coverage, extra = float(planned["value"].iloc[0]), extra_need(cycle)
    by_reason = reasons(cycle)
    reason = max(by_reason, key=lambda name: len(by_reason[name]), default="")
    acted = len(delivered) > 0 and len(cycle.phase("action")) > 0 and not is_cut_off(cycle)
    return {
        "short": coverage < 1.0 - MIN_SHOWN,
        "cycle": cycle.number,
        "kind": KIND_NAMES[scarcest(cycle)],
        "coverage": coverage,
        "reason": reason,
        "count": len(by_reason.get(reason, ())),
        "delivered": acted,
        "more": extra if extra is not None and extra > MIN_SHOWN else 0.0,
        "full": full_delivery(cycle) if acted else 0.0,
        "delivery": float(delivered["value"].iloc[0]) if acted else 0.0,
    }


def full_delivery(cycle: Cycle) -> float:
    """Return the share of the work that the pledges would have achieved if all had been kept."""
    pooled = cycle.paths.groupby("round")[list(KINDS)].sum()
    ceiling = in_force(cycle.run, "action.administrative_capacity")
    steps: list[float] = []
    for month, row in cycle.phase("action").iterrows():
        most = ceiling(int(str(month)))
        for kind in KINDS:
            if row[f"need_{kind}"] > 0:
                most = min(most, pooled.at[month, kind] / row[f"need_{kind}"])
        steps.append(min(1.0, most))
    return sum(steps) / float(cycle.run.scenario.action.rounds)


def _exodus(cycle: Cycle) -> list[Facts]:
    """Return how many left at the end of a cycle, and after what, if more than one did."""
    left, delivered = cycle.happened("left", phase="renewal"), cycle.happened("delivered")
    if len(left) < 2:
        return []
    events = {"deadlocked": "deadlock", "unfunded": "unfunded", "delivered": "delivery"}
    after = next((name for event, name in events.items() if len(cycle.happened(event))), "")
    delivery = delivered["value"].iloc[0] if len(delivered) else None
    return [{"count": len(left), "cycle": cycle.number, "after": after, "delivery": delivery}]


def _ended(cycle: Cycle) -> Facts:
    """Return why the collaboration dissolved, or who was left at the end."""
    run = cycle.run
    dissolved = run.events[run.events["event"] == "dissolved"]
    members, total = int(run.stakeholders["member"].sum()), len(run.stakeholders)
    if dissolved.empty:
        return {"dissolved": None, "members": members, "total": total}
    row = dissolved.iloc[0]
    before = "before" if run.rounds.empty else "table"
    return {
        "dissolved": "renewal" if row["phase"] == "renewal" else before,
        "month": row["round"],
        "start": int(row["bound"]),
    }
