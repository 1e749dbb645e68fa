"""Where the ranking of scenarios changes along the fields of a grid."""

from collections.abc import Iterator, Sequence
from itertools import combinations, pairwise
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.language import _
from sim.rules.outcomes import LOWER, OUTCOMES, YES
from sim.studies.paired import Numbers, Paired, holm, p_values, paired, simultaneous

ESTABLISHED, OPEN = "established", "open"
Point = tuple[Any, ...]


class Contest(NamedTuple):
    """Two scenarios at every point of the grid: the paired differences, one - other."""

    one: str
    other: str
    found: Paired
    low: Numbers
    high: Numbers


def flips(
    runs: pd.DataFrame,
    variants: pd.DataFrame,
    fields: Sequence[str],
    outcome: str,
    *,
    unsure: bool = False,
) -> pd.DataFrame:
    """One row a change of the ranking; see :meth:`sim.studies.sweep.Sweep.flips`.

    Parameters
    ----------
    runs
        Of the study.
    variants
        Of the sweep: name, scenario and one column a field.
    """
    places = _places(variants, fields)
    if len(places) < 2:
        raise ValueError(_("a ranking takes two scenarios or more"))
    points = list(next(iter(places.values())))
    if any(set(own) != set(points) for own in places.values()):
        raise ValueError(_("the scenarios do not vary the same fields by the same values"))
    rows = [
        row
        for contest in _contests(runs, places, points, outcome)
        for row in _changes(contest, points, fields, outcome, unsure=unsure)
    ]
    at_both = [
        f"{name}_{when}"
        for when in ("before", "after")
        for name in ("difference", "low", "high", "pairs")
    ]
    columns = ["field", *fields, "from", "to", "scenario", "reference"]
    columns += ["leads_before", "leads_after", *at_both, "kind"]
    return pd.DataFrame(rows, columns=columns)


def _places(variants: pd.DataFrame, fields: Sequence[str]) -> dict[str, dict[Point, str]]:
    """By scenario and point, the name of the variant."""
    places: dict[str, dict[Point, str]] = {}
    points = list(zip(*(variants[path] for path in fields), strict=True))
    for name, base, point in zip(variants["name"], variants["scenario"], points, strict=True):
        places.setdefault(base, {})[point] = name
    return places


def _contests(
    runs: pd.DataFrame, places: dict[str, dict[Point, str]], points: list[Point], outcome: str
) -> list[Contest]:
    """Every two scenarios against each other; intervals are corrected for all points of all."""
    table = runs.pivot(index="run", columns="scenario", values=outcome)
    values = {
        base: table.reindex(columns=[own[point] for point in points]).to_numpy(dtype=np.float64)
        for base, own in places.items()
    }
    asked = any(item.name == outcome and item.unit == YES for item in OUTCOMES)
    yes_or_no = np.full(len(points), asked)
    couples = list(combinations(places, 2))
    found = [paired(values[other], values[one], yes_or_no) for one, other in couples]
    p = np.array([p_values(each) for each in found])
    corrected = holm(p)
    ends = [simultaneous(each, p[k], corrected.of(k)) for k, each in enumerate(found)]
    return [
        Contest(*couple, each, *end) for couple, each, end in zip(couples, found, ends, strict=True)
    ]


def _changes(
    contest: Contest, points: list[Point], fields: Sequence[str], outcome: str, *, unsure: bool
) -> Iterator[dict[str, Any]]:
    """Along each field, where the sign of the difference changes."""
    lower = any(item.name == outcome and item.direction == LOWER for item in OUTCOMES)
    sign = np.sign(np.nan_to_num(contest.found.difference)) * (-1 if lower else 1)
    sure = (contest.low > 0) | (contest.high < 0)
    for axis, path in enumerate(fields):
        lines: dict[Point, list[int]] = {}
        for place, point in enumerate(points):
            lines.setdefault((*point[:axis], *point[axis + 1 :]), []).append(place)
        for line in lines.values():
            for before, after, kind in _between(line, sign, sure):
                if kind == ESTABLISHED or unsure:
                    yield {
                        **dict(zip(fields, points[before], strict=True)),
                        "field": path,
                        path: None,
                        "from": points[before][axis],
                        "to": points[after][axis],
                        **_told(contest, before, after, first_led=bool(sign[before] > 0)),
                        "kind": kind,
                    }


def _between(
    line: list[int], sign: Numbers, sure: NDArray[np.bool_]
) -> Iterator[tuple[int, int, str]]:
    """Between which points of a line the lead changes: surely, or only by what was seen.

    Where it surely changes from one point to another, what was seen between these says no more.

    >>> sign = np.array([1.0, 1, -1, 1, -1, 1])
    >>> sure = np.array([True, True, False, False, True, False])
    >>> list(_between([0, 1, 2, 3, 4, 5], sign, sure))
    [(1, 4, 'established'), (4, 5, 'open')]
    """
    settled = list(_turns([place for place in line if sure[place]], sign))
    inside = {
        place for before, after in settled for place in line[line.index(before) : line.index(after)]
    }
    seen = _turns([place for place in line if sign[place]], sign)
    found = [(*pair, ESTABLISHED) for pair in settled]
    found += [(*pair, OPEN) for pair in seen if pair[0] not in inside]
    yield from sorted(found, key=lambda each: line.index(each[0]))


def _turns(places: list[int], sign: Numbers) -> Iterator[tuple[int, int]]:
    """The neighbours of other signs."""
    return (pair for pair in pairwise(places) if sign[pair[0]] != sign[pair[1]])


def _told(contest: Contest, before: int, after: int, *, first_led: bool) -> dict[str, Any]:
    """Who led before and after a change, and by how much."""
    leaders = (contest.one, contest.other) if first_led else (contest.other, contest.one)
    told: dict[str, Any] = {
        "scenario": contest.one,
        "reference": contest.other,
        "leads_before": leaders[0],
        "leads_after": leaders[1],
    }
    for when, place in (("before", before), ("after", after)):
        told |= {
            f"difference_{when}": contest.found.difference[place],
            f"low_{when}": contest.low[place],
            f"high_{when}": contest.high[place],
            f"pairs_{when}": int(contest.found.pairs[place]),
        }
    return told
