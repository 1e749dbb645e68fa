"""What must be true of what full minutes say of each round."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from sim.scenario import KINDS
from tests.view.sceptic import (
    ITEMS,
    NUMBER,
    SHARE,
    WHO,
    Scene,
    is_listed,
    is_said,
    numbers,
    same,
    told,
    unnamed,
)
from tests.view.sentences_of_work import shirking


@told("**Round by round.**")
def a_list(s: Scene) -> None:
    assert s.full


@told("<told:int> fact(s) told, <understood:int> understood", among=ITEMS)
def facts_told(s: Scene, told: str, understood: str) -> None:
    events = s.happened("explained" if s.phase_now == "listening" else "argued")
    same((int(told), int(understood)), (len(events), int(events["value"].sum())))


@told("learnt: <lessons:lessons>", among=ITEMS)
def lessons(s: Scene, lessons: str) -> None:
    events = s.happened("explained" if s.phase_now == "listening" else "argued")
    events = events[events["value"] == 1]
    there = list(zip(events["whom"], events["who"], strict=True))
    said = [tuple(s.people(pair)) for pair in re.findall(rf"{WHO} from {WHO}", lessons)]
    assert all(said.count(pair) <= there.count(pair) for pair in said)
    same(len(said) + unnamed(lessons), len(there))


@told("understanding <share:share>", among=ITEMS)
def understanding_now(s: Scene, share: str) -> None:
    is_said(share, s.now["understanding"])


@told("on the table <option:option>", among=ITEMS)
def on_the_table(s: Scene, option: str) -> None:
    same(numbers(option), [s.now["option"]])


@told("<share:share> accept", among=ITEMS)
def accepting_now(s: Scene, share: str) -> None:
    is_said(share, s.accepting(s.month).mean())


@told("objecting: <names:objecting>", among=ITEMS)
def objecting_now(s: Scene, names: str) -> None:
    there = s.after(s.month)
    said = s.rows(names, rf"[(]worth ({NUMBER}), asking for ({NUMBER})[)]")
    is_listed([name for name, *_ in said], names, s.objectors(s.month))
    for name, value, bound in said:
        is_said(value, there.at[name, "worth"])
        is_said(bound, there.at[name, "aspiration"])


@told(
    "amended by <way:number>, which so far costs it <price:number> of its effectiveness",
    among=ITEMS,
)
def amended_now(s: Scene, way: str, price: str) -> None:
    is_said(price, s.now["dilution"])
    is_said(way, s.happened("amended")["value"].iloc[0])
    before = s.rounds("debate").query(f"round < {s.month} and option == {s.now['option']}")
    if len(before):
        now, then = s.now, before.iloc[-1]
        is_said(
            way, np.hypot(now["option_x"] - then["option_x"], now["option_y"] - then["option_y"])
        )


@told("agreed", among=ITEMS)
def agreed_now(s: Scene) -> None:
    assert len(s.happened("agreed")) == 1


@told("the deadline passed", among=ITEMS)
def deadline_now(s: Scene) -> None:
    assert len(s.happened("deadlocked")) == 1
    same(s.month, int(s.rounds("debate")["round"].iloc[-1]))


@told("pledges cover <share:share>", among=ITEMS)
def covered_now(s: Scene, share: str) -> None:
    row = s.now
    pools = [row[f"pool_{kind}"] / row[f"need_{kind}"] for kind in KINDS if row[f"need_{kind}"]]
    is_said(share, min(pools, default=1.0))


def changed_pledges(s: Scene) -> "pd.Series[float]":
    """By how much each pledge rose in this round: against the first, or the round before."""
    now = s.after(s.month)["pledge"].dropna()
    first = s.rounds("planning")["round"].iloc[0]
    if s.month == first:
        pledged = replace(s, month=0).happened("pledged").groupby("who")["value"]
        before = pledged.first()
    else:
        before = s.after(s.month - 1)["pledge"].dropna()
    return now - before[now.index]


def promised(s: Scene, names: str, sign: int) -> None:
    said = s.rows(names, rf"[(]({SHARE})[)]")
    changed = sign * changed_pledges(s)
    is_listed([name for name, _ in said], names, changed.index[changed > 0])
    for name, pledge in said:
        is_said(pledge, s.after(s.month).at[name, "pledge"])


@told("promised more: <names:pledging>", among=ITEMS)
def promised_more(s: Scene, names: str) -> None:
    promised(s, names, 1)


@told("promised less: <names:pledging>", among=ITEMS)
def promised_less(s: Scene, names: str) -> None:
    promised(s, names, -1)


@told("<share:share> of what was needed was delivered", among=ITEMS)
def step(s: Scene, share: str) -> None:
    is_said(share, s.now["step"])


@told("not delivering: <names:shirkers>", among=ITEMS)
def not_delivering(s: Scene, names: str) -> None:
    there = shirking(s, s.month)
    saw = s.happened("saw")
    shown = re.findall(rf"({WHO}) [(](unseen|seen by [^()]+)[)]", names)
    is_listed([s.name(mark) for mark, _seers in shown], names, there)
    for mark, seers in shown:
        witnesses = saw["who"][saw["whom"] == s.name(mark)]
        is_listed(s.people(seers), seers, witnesses)
