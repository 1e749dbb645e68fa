"""Sweeps: one study of every variant of a grid, its maps, and where rankings change in it."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.base.text import _
from sim.scenario import Scenario
from sim.scenario.errors import did_you_mean
from sim.scenario.fields import invalid_value as not_this
from sim.scenario.fields import sweepable, value_of
from sim.scenario.grid import Variant, grid, read_vary
from sim.scenario.grid import short_value as in_name
from sim.studies.compare import require_outcome
from sim.studies.statistics import FamilyMember, Numbers, paired, paired_family
from sim.studies.study import StudyData, Wanted, bases, study
from sim.studies.workers import BINARY, LOWER_IS_BETTER, OUTCOME_NAMES

ESTABLISHED, OPEN = "established", "open"
Point = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class SweepData:
    """What the runs of a grid ended with, as data; for its attributes see :class:`sim.Sweep`."""

    study: StudyData
    grid: tuple[Variant, ...]

    def __repr__(self) -> str:
        return f"<Sweep of {len(self.grid)} variants over {', '.join(self.fields)}>"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that are varied."""
        return tuple(dict.fromkeys(path for variant in self.grid for path in variant.values))

    @property
    def bases(self) -> tuple[str, ...]:
        """The scenarios that the variants are made of."""
        return tuple(dict.fromkeys(variant.base for variant in self.grid))

    @cached_property
    def _variants(self) -> pd.DataFrame:
        rows = [
            (variant.name, variant.base, *(variant.values.get(path) for path in self.fields))
            for variant in self.grid
        ]
        return pd.DataFrame(rows, columns=["name", "scenario", *self.fields])

    @property
    def variants(self) -> pd.DataFrame:
        """One row a variant: its name, its scenario, and a column for each field that is varied."""
        return self._variants.copy()

    def summary(self) -> pd.DataFrame:
        """Return mean, 95 % interval, spread and number of runs: one row a variant and outcome.

        The columns are those of :meth:`variants`, then those of :meth:`Study.summary`.
        """
        table = self.study.summary().rename(columns={"scenario": "name"})
        return self._variants.merge(table.astype({"name": object}), on="name", how="inner")

    def means(self, outcome: str, at: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """Return the rows of the summary for one outcome, and for some values of fields.

        Parameters
        ----------
        at
            One value of some of the fields.
        """
        require_outcome(outcome, OUTCOME_NAMES)
        table = self.summary()
        table = table[table["outcome"] == outcome]
        for path, value in (at or {}).items():
            self.require_field(path)
            known = table[path].map(in_name)
            try:
                text = in_name(value_of(Scenario, path, value))
            except ValueError:  # its field would not take it either
                problem = not_this(sweepable(Scenario)[path], value)
                raise ValueError(_("{field} {problem}", field=path, problem=problem)) from None
            if text not in set(known):
                hint = did_you_mean(text, dict.fromkeys(known))
                raise ValueError(
                    _("{field} is never {value}, {hint}", field=path, value=text, hint=hint)
                )
            table = table[known == text]
        return table.reset_index(drop=True)

    def require_field(self, path: str) -> str:
        """Return the name of a field, if it is varied."""
        if path not in self.fields:
            raise ValueError(
                _(
                    '"{name}" is not varied here, {hint}',
                    name=path,
                    hint=did_you_mean(path, self.fields),
                )
            )
        return path

    def flips(self, outcome: str, *, unsure: bool = False) -> pd.DataFrame:
        """Return where the ranking of the scenarios changes along a field.

        Every two scenarios are compared at every point of the grid, by the paired difference of
        their means; its interval is corrected for all points and pairs of scenarios. A row says
        that between two values of a field, all else equal, the scenario with the better mean
        changes (the higher mean, if neither is better). At both values the interval excludes 0; at
        those between them it does not, so the change may be anywhere from one to the other. The
        probability that any such row is wrong is 5 % at most.

        Parameters
        ----------
        unsure
            Add changes that may be due to chance: between neighbouring values, if one of the two
            intervals contains 0. Points where the two are equal are passed over.

        Returns
        -------
        DataFrame
            One row a change: the field; the values of all other fields; ``from`` and ``to``, the
            values it lies between; ``scenario`` and ``reference``, the two; ``leads_before`` and
            ``leads_after``; at both points the difference, scenario minus reference, and the ends
            of its corrected interval; ``pairs_before``, ``pairs_after``; and ``kind``:
            "established", or "open" if it is unsure.

        Raises
        ------
        ValueError
            There is one scenario only, or the scenarios do not vary the same.
        """
        require_outcome(outcome, OUTCOME_NAMES)
        return ranking_reversals(
            self.study.runs, self._variants, self.fields, outcome, unsure=unsure
        )


def sweep(
    scenarios: Wanted,
    vary: Mapping[str, Any] | None = None,
    runs: int = 1000,
    seed: int = 1,
    *,
    executor: Executor | None = None,
    store: str | Path | None = None,
    progress: bool = True,
) -> SweepData:
    """Carry out runs of every combination of values; see :func:`sim.sweep`."""
    variants = grid(bases(scenarios), read_vary(Scenario, vary or {}))
    if not any(variant.values for variant in variants):
        raise ValueError(_("nothing is varied: give vary, or a scenario with a [sweep]"))
    by_name = {variant.name: variant.scenario for variant in variants}
    return SweepData(
        study(by_name, runs, seed, executor=executor, store=store, progress=progress), variants
    )


class Contest(NamedTuple):
    """Two scenarios at every point of the grid: the paired differences, one - other."""

    one: str
    other: str
    member: FamilyMember


def ranking_reversals(
    runs: pd.DataFrame,
    variants: pd.DataFrame,
    fields: Sequence[str],
    outcome: str,
    *,
    unsure: bool = False,
) -> pd.DataFrame:
    """Return one row a change of the ranking; see :meth:`SweepData.flips`.

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
    if any(set(names) != set(points) for names in places.values()):
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
    """Return the name of the variant by scenario and point."""
    places: dict[str, dict[Point, str]] = {}
    points = list(zip(*(variants[path] for path in fields), strict=True))
    for name, base, point in zip(variants["name"], variants["scenario"], points, strict=True):
        places.setdefault(base, {})[point] = name
    return places


def _contests(
    runs: pd.DataFrame, places: dict[str, dict[Point, str]], points: list[Point], outcome: str
) -> list[Contest]:
    """Compare every two scenarios; intervals are corrected for all points of all pairs."""
    table = runs.pivot(index="run", columns="scenario", values=outcome)
    values = {
        base: table.reindex(columns=[names[point] for point in points]).to_numpy(dtype=np.float64)
        for base, names in places.items()
    }
    is_binary = np.full(len(points), outcome in BINARY)
    couples = list(combinations(places, 2))
    family = paired_family(
        [paired(values[other], values[one], is_binary) for one, other in couples]
    )
    return [Contest(*couple, member) for couple, member in zip(couples, family, strict=True)]


def _changes(
    contest: Contest, points: list[Point], fields: Sequence[str], outcome: str, *, unsure: bool
) -> Iterator[dict[str, Any]]:
    """Yield where the sign of the difference changes along each field."""
    member = contest.member
    sign = np.sign(np.nan_to_num(member.differences.difference)) * (
        -1 if outcome in LOWER_IS_BETTER else 1
    )
    sure = (member.low > 0) | (member.high < 0)
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
                        **_leaders(contest, before, after, first_led=bool(sign[before] > 0)),
                        "kind": kind,
                    }


def _between(
    line: list[int], sign: Numbers, sure: NDArray[np.bool_]
) -> Iterator[tuple[int, int, str]]:
    """Yield between which points of a line the lead changes, and whether that is established.

    Changes of the means between two points of an established change are not listed.

    >>> sign = np.array([1.0, 1, -1, 1, -1, 1])
    >>> sure = np.array([True, True, False, False, True, False])
    >>> list(_between([0, 1, 2, 3, 4, 5], sign, sure))
    [(1, 4, 'established'), (4, 5, 'open')]
    """
    settled = list(_turns([place for place in line if sure[place]], sign))
    inside = {
        place for before, after in settled for place in line[line.index(before) : line.index(after)]
    }
    changes = _turns([place for place in line if sign[place]], sign)
    turns = [(*pair, ESTABLISHED) for pair in settled]
    turns += [(*pair, OPEN) for pair in changes if pair[0] not in inside]
    yield from sorted(turns, key=lambda each: line.index(each[0]))


def _turns(places: list[int], sign: Numbers) -> Iterator[tuple[int, int]]:
    """Return the neighbours whose signs differ."""
    return (pair for pair in pairwise(places) if sign[pair[0]] != sign[pair[1]])


def _leaders(contest: Contest, before: int, after: int, *, first_led: bool) -> dict[str, Any]:
    """Return who led before and after a change, and by how much."""
    leaders = (contest.one, contest.other) if first_led else (contest.other, contest.one)
    row: dict[str, Any] = {
        "scenario": contest.one,
        "reference": contest.other,
        "leads_before": leaders[0],
        "leads_after": leaders[1],
    }
    member = contest.member
    for when, place in (("before", before), ("after", after)):
        row |= {
            f"difference_{when}": member.differences.difference[place],
            f"low_{when}": member.low[place],
            f"high_{when}": member.high[place],
            f"pairs_{when}": int(member.differences.pairs[place]),
        }
    return row
