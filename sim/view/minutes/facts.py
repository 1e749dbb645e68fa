"""What happened in a cycle, as numbers and names: what the sentences of the minutes are made of.

Each function returns the values of one template in ``sim/view/templates/minutes``. Names are ready
to be shown; numbers are as the run's tables have them.
"""

from typing import Any, NamedTuple

import pandas as pd

from sim.base.text import N_, _
from sim.rules.arithmetic import ROUNDING
from sim.rules.problem import distance, fit
from sim.scenario import KINDS, SECTORS
from sim.view.minutes.cycle import Cycle, in_force, rows_of
from sim.view.words import FEW_NAMES, KIND_NAMES, MIN_SHOWN, axis_name, months, several

Facts = dict[str, Any]
MAX_DRAFTS = 2  # drafts that are described one by one


def invitation(cycle: Cycle) -> Facts:
    """Return who was invited, who stayed away and who has a seat at the table."""
    scenario, stakeholders = cycle.run.scenario, cycle.run.stakeholders
    counts = {sector: scenario.count(sector) for sector in SECTORS}
    away = cycle.happened("stayed_away")
    away = away.assign(gap=away["bound"] - away["value"]).sort_values("gap", ascending=False)
    convener = scenario.leadership.convener
    present = set(stakeholders.loc[stakeholders["took_part"], "name"])
    first = cycle.rounds.iloc[0] if len(cycle.rounds) else None
    seated = []
    if first is not None and first["table"] < first["members"]:
        people = cycle.at(int(first["round"]))
        seated = list(people.index[people["at_table"]])
    return {
        "invited": len(stakeholders),
        "sectors": [{"sector": name, "count": count} for name, count in counts.items() if count],
        "came": len(present),
        "away": away,
        "convener": convener,
        "convener_away": convener is not None and convener not in present,
        "seated": seated,
    }


def agenda(cycle: Cycle) -> Facts:
    """Return the axes, and the options with the sectors that propose them."""
    problem, table = cycle.run.scenario.problem, cycle.run.options
    options = table[table["problem"] == (cycle.problem or 0)]
    own = options[options["sector"].notna()]
    return {
        "axes": [cycle.quoted(axis_name(axis)) for axis in problem.axes or ()],
        "options": [cycle.option(number) for number in options["option"]],
        "listed": problem.options is not None,
        "proposals": [{"number": row.option, "sector": row.sector} for row in rows_of(own)],
    }


def membership(cycle: Cycle, phase: str) -> Facts:
    """Return who left, who returned and who got a seat in one phase."""
    seated = cycle.happened("seated", phase=phase)
    return {
        "left": cycle.happened("left", phase=phase),
        "returned": cycle.happened("returned", phase=phase),
        "seated": list(seated["who"]) if cycle.number > 1 else [],
    }


def outside(cycle: Cycle) -> dict[int, Facts]:
    """Return what events of the scenario changed in this cycle, by the month before."""
    events = cycle.run.scenario.events
    return {
        int(str(month)): {
            "month": int(str(month)) + 1,
            "events": [events[int(number) - 1] for number in rows["option"]],
            "few": cycle.max_names == FEW_NAMES,
        }
        for month, rows in cycle.happened("changed").groupby("round")
    }


def listening(cycle: Cycle) -> Facts | None:
    """Return what was explained and understood in the listening phase, and by whom."""
    rounds = cycle.phase("listening")
    if rounds.empty or cycle.brief:
        return None
    explained = cycle.happened("explained")
    understood = explained[explained["value"] == 1]
    facts: Facts = {
        "meetings": len(rounds),
        "explained": len(explained),
        "understood": len(understood),
        "known": rounds["understanding"].iloc[-1],
    }
    if len(understood):
        facts["teacher"], facts["taught"] = _most_frequent(understood["who"])
        # Two who explain the same fact in one meeting are both understood; it is learnt once.
        learnt = understood.drop_duplicates(["whom", "fact"])["whom"]
        facts["pupil"], facts["learnt"] = _most_frequent(learnt)
    return facts


def _most_frequent(names: pd.Series) -> tuple[str, int]:
    """Return the most frequent name, the first by alphabet among equals, and its count."""
    counts = names.value_counts()
    best = min(counts.index[counts == counts.max()])
    return str(best), int(counts[best])


def by_count(names: pd.Series) -> dict[str, int]:
    """Return how often each name occurs, the most frequent first, then by alphabet."""
    counts = names.value_counts()
    return {name: int(counts[name]) for name in sorted(counts.index, key=lambda n: (-counts[n], n))}


def debate(cycle: Cycle) -> Facts | None:
    """Return who argued for what, which drafts were discussed, who objected, what was amended."""
    rounds = cycle.phase("debate")
    if rounds.empty:
        return None
    amended = cycle.happened("amended")
    return {
        "decides": cycle.run.scenario.decide,
        "meetings": len(rounds),
        **_arguments(cycle),
        **_drafts(cycle, rounds),
        "objectors": _objectors(cycle),
        "amendments": int((amended["value"] > 0).sum()),
        "dilution": rounds["dilution"].iloc[-1],
    }


def _arguments(cycle: Cycle) -> Facts:
    """Return the options for and against which most stakeholders showed facts, and who did."""
    if cycle.brief:
        return {"pro": [], "contra": []}
    argued = cycle.happened("argued")
    sides = {}
    for side, kind in (("pro", "opportunity"), ("contra", "obstacle")):
        spoken = argued[argued["kind"] == kind]
        speakers: dict[int, list[str]] = {
            int(str(option)): list(names.value_counts().index)
            for option, names in spoken.groupby("option")["who"]
        }
        order = sorted(speakers, key=lambda option: (-len(speakers[option]), option))
        sides[side] = [
            {
                "option": cycle.option(option),
                "who": several(map(cycle.who, speakers[option]), cycle.max_names // 2),
            }
            for option in order[: cycle.max_names // 4]
        ]
    return sides


def _drafts(cycle: Cycle, rounds: pd.DataFrame) -> Facts:
    """Return the drafts on the table; of many also the one that led longest."""
    turn = rounds["option"].ne(rounds["option"].shift()).fillna(True).cumsum()
    drafts = [
        {
            "option": cycle.option(period["option"].iloc[0]),
            "span": months(int(period["round"].iloc[0]), int(period["round"].iloc[-1])),
            "meetings": len(period),
            "first": period["accepting"].iloc[0],
            "last": period["accepting"].iloc[-1],
        }
        for _number, period in rounds.groupby(turn)
    ]
    if len(drafts) <= MAX_DRAFTS:
        return {"drafts": drafts, "longest": None}
    counts = rounds["option"].value_counts()
    longest = min(counts.index[counts == counts.max()])
    return {
        "drafts": drafts,
        "options": several(map(cycle.option, sorted(counts.index)), max(cycle.max_names, 6)),
        "longest": cycle.option(longest),
        "led": int(counts[longest]),
    }


def _objectors(cycle: Cycle) -> list[Facts]:
    """Return who objected, how often, and how far the last draft was from being acceptable."""
    objected = cycle.happened("objected")
    latest: Any = objected.groupby("who").last()
    return [
        {
            "name": cycle.who(name),
            "times": count,
            "gap": latest.at[name, "bound"] - latest.at[name, "value"],
        }
        for name, count in by_count(objected["who"]).items()
    ]


def decision(cycle: Cycle) -> Facts:
    """Return how the debate ended: in an agreement, in deadlock or without a vote."""
    agreed, deadlocked = cycle.happened("agreed"), cycle.happened("deadlocked")
    if len(agreed):
        return {"ending": "agreed", **_agreement(cycle, agreed.iloc[0])}
    if len(deadlocked):
        row = deadlocked.iloc[0]
        return {
            "ending": "deadlocked",
            "month": row["round"],
            "accepting": row["value"],
            "sets_back": bool(in_force(cycle.run, "renewal.setback")(int(row["round"]))),
        }
    if cycle.phase("debate").empty:
        return {"ending": "none"}
    return {"ending": "cut off" if cycle.run.scenario.decide else "not asked"}


def _agreement(cycle: Cycle, agreed: Any) -> Facts:
    """Return what was agreed, against whom, and whom it suits."""
    month, outcomes = int(agreed["round"]), cycle.run.outcomes
    table = int(cycle.rounds["table"].loc[month])
    objected = cycle.happened("objected")
    is_first = outcomes["months_to_agreement"] == month
    support, quality = (
        outcomes[name] if is_first and pd.notna(outcomes[name]) else None
        for name in ("support", "decision_quality")
    )
    return {
        "month": month,
        "option": cycle.option(agreed["option"]),
        "accepting": round(agreed["value"] * table),
        "table": table,
        "power": agreed["bound"],
        "against": objected.loc[objected["round"] == month, "who"],
        "support": support,
        "quality": quality,
        **_suits(cycle, month),
    }


def _suits(cycle: Cycle, month: int) -> Facts:
    """Return whom an agreement suits best and worst, and whose positions debate moved most."""
    members = cycle.at(month)
    place: Any = cycle.rounds.loc[month]
    x, y = place["option_x"], place["option_y"]
    fits = pd.Series(
        [fit(row.interest_x, row.interest_y, x, y) for row in rows_of(members)], members.index
    )
    table = members[members["at_table"]]
    moved = pd.Series(
        [
            distance(row.interest_x, row.interest_y, row.position_x, row.position_y)
            for row in rows_of(table)
        ],
        table.index,
    ).sort_values(ascending=False, kind="stable")
    return {
        "best": fits.sort_values(ascending=False, kind="stable").iloc[:2],
        "worst": fits.sort_values(kind="stable").iloc[:2],
        "moved": moved.iloc[:2] if len(moved) and moved.iloc[0] > MIN_SHOWN else moved.iloc[:0],
    }


def planning(cycle: Cycle) -> Facts | None:
    """Return pledges and needs, and who held back and why."""
    rounds, planned = cycle.phase("planning"), cycle.happened("planned")
    if rounds.empty:
        return None
    needed = {kind: rounds[f"need_{kind}"].iloc[0] for kind in KINDS}
    needs = [f"{need:.1f} {_(KIND_NAMES[kind])}" for kind, need in needed.items()]
    facts: Facts = {"needs": needs if any(needed.values()) else [], "planned": len(planned)}
    if not facts["needs"] or planned.empty:
        return facts
    row = planned.iloc[0]
    facts |= {
        "first": rounds["coverage"].iloc[0],
        "last": row["value"],
        "kind": KIND_NAMES[scarcest(cycle)],
        "unfunded": len(cycle.happened("unfunded")),
        "sets_back": bool(in_force(cycle.run, "renewal.setback")(int(row["round"]))),
        "viable": row["bound"],
    }
    return facts if cycle.brief else facts | _held_back(cycle)


def scarcest(cycle: Cycle) -> str:
    """Return the kind of resource that the last pledges covered least."""
    last = cycle.phase("planning").iloc[-1]
    pledged = cycle.at(int(last["round"]))[list(KINDS)].sum()
    ratios = {kind: pledged[kind] / last[f"need_{kind}"] for kind in KINDS if last[f"need_{kind}"]}
    return min(ratios, key=lambda kind: ratios[kind], default=KINDS[0])


# Why a member pledges less than its own norm asks, in the order of the minutes.
FREE_RIDER = N_("riding free")
NO_GAIN = N_("for whom the agreement is worth no more than going alone")
LITTLE_GAIN = N_("with little to gain by it")
NO_SEAT = N_("with little to gain by it and no seat at the table")
LITTLE_TRUST = N_("with little trust in the others")
OTHERS_GIVE_LESS = N_(
    "taking back part of an earlier promise, as others gave less than their share"
)
REASONS = (FREE_RIDER, NO_GAIN, LITTLE_GAIN, NO_SEAT, LITTLE_TRUST, OTHERS_GIVE_LESS)


def reasons(cycle: Cycle) -> dict[str, list[str]]:
    """Return why members finally pledged less than their own norm asks.

    Returns
    -------
    dict
        Names by reason, in the order of ``REASONS``; the member with the smallest part of its
        fair share comes first.
    """
    plan = cycle.last_of("planning")
    plan = plan[plan["fair"].notna() & (plan["pledge"] < plan["fair"] - ROUNDING)]
    plan = plan.assign(part=plan["pledge"] / plan["fair"]).sort_values("part", kind="stable")
    first = cycle.happened("pledged").groupby("who")["value"].first()
    free = set(cycle.run.stakeholders.query("free_rider")["name"])
    groups: dict[str, list[str]] = {reason: [] for reason in REASONS}
    for name, row in plan.iterrows():
        groups[_reason(cycle, row, name in free, float(first[str(name)]))].append(str(name))
    return {reason: names for reason, names in groups.items() if names}


def _reason(cycle: Cycle, row: Any, free_rider: bool, first: float) -> str:
    """Return the main reason, by the rules of commitment and of pledges (4.4)."""
    if free_rider:
        return FREE_RIDER
    if row["commitment"] == 0.0:
        return NO_GAIN
    plan = cycle.run.scenario.planning
    taken_back, missing_at_first = first - row["pledge"], max(ROUNDING, row["fair"] - first)
    if taken_back > missing_at_first and plan.tremble == 0.0 and plan.stop_when_covered:
        return OTHERS_GIVE_LESS
    start = cycle.at(int(cycle.phase("planning")["round"].iloc[0])).loc[row.name]
    own_gain = float(start["ownership"] * start["gain"])  # commitment is this times trust
    if row["commitment"] < own_gain * own_gain:
        return LITTLE_TRUST
    return LITTLE_GAIN if row["at_table"] else NO_SEAT


def _held_back(cycle: Cycle) -> Facts:
    """Return how far apart the fair shares are, and who pledged less than its own."""
    plan = cycle.last_of("planning")
    fair = plan["fair"][plan["fair"] > 0].sort_values()
    apart = len(fair) >= 2 and fair.iloc[-1] - fair.iloc[0] >= MIN_SHOWN
    groups = [
        {
            "reason": reason,
            "count": len(names),
            "members": [
                {"name": cycle.who(name), **plan.loc[name, ["pledge", "fair"]]} for name in names
            ],
        }
        for reason, names in reasons(cycle).items()
    ]
    return {
        "norms": fair if apart else fair.iloc[:0],
        "held_back": groups,
        "giving": int((plan["fair"] > 0).sum()),
        "most": cycle.max_names // 2,
    }


def action(cycle: Cycle) -> Facts | None:
    """Return what was delivered, who did not deliver, and whether others saw that."""
    rounds, delivered = cycle.phase("action"), cycle.happened("delivered")
    if delivered.empty:
        return None
    shirked, saw = cycle.happened("shirked"), cycle.happened("saw")
    seen = set(zip(saw["round"], saw["whom"], strict=True))
    pairs = zip(shirked["round"], shirked["who"], strict=True)
    extra = extra_need(cycle) or 0.0
    return {
        "months": len(rounds),
        "delivery": delivered["value"].iloc[0],
        "more": extra if abs(extra) >= MIN_SHOWN else 0.0,
        "shirked": len(shirked),
        "seen": sum(pair in seen for pair in pairs),
        "shirkers": [
            {"name": cycle.who(name), "times": count}
            for name, count in by_count(shirked["who"]).items()
        ],
        "cut_off": is_cut_off(cycle),
        "planned": cycle.run.scenario.action.rounds,
    }


def is_cut_off(cycle: Cycle) -> bool:
    """Return whether the run ended during the action of this cycle."""
    return 0 < len(cycle.phase("action")) < cycle.run.scenario.action.rounds


def extra_need(cycle: Cycle) -> float | None:
    """Return how much more was needed in action, as a share of the plan; None if not known."""
    planned, real = cycle.phase("planning"), cycle.phase("action")
    if real.empty:
        return None
    for kind in KINDS:
        if planned[f"need_{kind}"].iloc[-1] > 0:
            return float(real[f"need_{kind}"].iloc[0] / planned[f"need_{kind}"].iloc[-1]) - 1.0
    return None


class _Pair(NamedTuple):
    """Mean trust of one sector's members in another sector, in two rounds."""

    who: str
    whom: str
    first: float
    last: float

    @property
    def change(self) -> float:
        """How much it rose."""
        return self.last - self.first


def trust(cycle: Cycle) -> Facts | None:
    """Return how trust changed over the cycle, among all members and between sectors."""
    if len(cycle.rounds) < 2 or cycle.brief:
        return None
    first, last = cycle.rounds.iloc[0], cycle.rounds.iloc[-1]
    if pd.isna(first["trust"]) or pd.isna(last["trust"]):
        return None
    pairs = _between_sectors(cycle, int(first["round"]), int(last["round"]))
    return {
        "first": first["trust"],
        "last": last["trust"],
        "rose": pairs[-1] if pairs and pairs[-1].change >= MIN_SHOWN else None,
        "fell": pairs[0] if pairs and -pairs[0].change >= MIN_SHOWN else None,
    }


def _between_sectors(cycle: Cycle, first: int, last: int) -> list[_Pair]:
    """Return all pairs of sectors with ties in both rounds, the greatest loss of trust first."""
    sectors = dict(cycle.run.stakeholders[["name", "sector"]].to_numpy())
    before, after = cycle.at(first), cycle.at(last)
    pairs = []
    for who in SECTORS:
        names = [name for name in before.index if sectors[name] == who]
        for whom in SECTORS:
            ends = [rows.loc[names, f"trust_in_{whom}"].mean() for rows in (before, after)]
            if not any(map(pd.isna, ends)):
                pairs.append(_Pair(who, whom, *ends))
    return sorted(pairs, key=lambda pair: pair.change)


def one_round(cycle: Cycle, row: Any, events: pd.DataFrame) -> Facts:
    """Return what happened in one round."""
    phase = str(row["phase"])
    here = events[events["phase"] == phase]
    kinds = {kind: here[here["event"] == kind] for kind in ROUND_EVENTS}
    told = kinds["explained" if phase == "listening" else "argued"]
    more, less = _pledges_changed(cycle, row) if phase == "planning" else ((), ())
    return {
        "phase": phase,
        "row": row,
        "decides": pd.notna(row["accepting"]),
        "told": len(told),
        "lessons": [
            {"whom": cycle.who(lesson.whom), "who": cycle.who(lesson.who)}
            for lesson in rows_of(told[told["value"] == 1])
        ],
        "objected": kinds["objected"],
        "amended": list(kinds["amended"][["value", "bound"]].itertuples(index=False)),
        "agreed": len(kinds["agreed"]),
        "deadlocked": len(kinds["deadlocked"]),
        "more": more,
        "less": less,
        "shirked": [
            {"name": cycle.who(who), "seers": kinds["saw"].loc[kinds["saw"]["whom"] == who, "who"]}
            for who in kinds["shirked"]["who"]
        ],
    }


ROUND_EVENTS = (
    "explained", "argued", "objected", "amended", "agreed", "deadlocked", "shirked", "saw",
)  # fmt: skip


def _pledges_changed(cycle: Cycle, row: Any) -> tuple[list[Facts], list[Facts]]:
    """Return who promised more in a round than before, and who promised less."""
    now = cycle.at(int(row["round"]))["pledge"]
    pledged = cycle.happened("pledged")
    before = pledged[pledged["round"] < row["round"]].groupby("who")["value"].last()
    change = (now - before.reindex(now.index)).dropna()
    more, less = (
        [{"name": cycle.who(str(name)), "pledge": now[name]} for name in change.index[moved]]
        for moved in (change > 0, change < 0)
    )
    return more, less
