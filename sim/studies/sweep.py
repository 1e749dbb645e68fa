"""Sweeps: one study of every variant of a grid, its maps, and where rankings change in it."""

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from sim.language import _
from sim.scenario import Scenario
from sim.scenario.errors import did_you_mean
from sim.scenario.grid import (
    Variant,
    grid,
    invalid_value,
    read_vary,
    short_value,
    sweepable,
    value_of,
)
from sim.studies.batches import OUTCOME_NAMES
from sim.studies.compare import require_outcome
from sim.studies.flips import flips
from sim.studies.study import Study, Wanted, bases, study

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class Sweep:
    """What the runs of every variant of a grid ended with.

    Attributes
    ----------
    study
        All runs; each variant is a scenario of it.
    grid
        The variants: what each is called, of which scenario, and its values.
    """

    study: Study
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
        """Mean, 95 % interval, spread and number of runs: one row a variant and outcome.

        The columns of :meth:`variants`, and behind them those of :meth:`Study.summary`.
        """
        told = self.study.summary().rename(columns={"scenario": "name"})
        return self._variants.merge(told.astype({"name": object}), on="name", how="inner")

    def means(self, outcome: str, at: Mapping[str, Any] | None = None) -> pd.DataFrame:
        """The rows of the summary for one outcome, where some fields have some values.

        Parameters
        ----------
        at
            By field, one of the values that it takes.
        """
        require_outcome(outcome, OUTCOME_NAMES)
        table = self.summary()
        table = table[table["outcome"] == outcome]
        for path, value in (at or {}).items():
            self.require_field(path)
            known = table[path].map(short_value)
            try:
                text = short_value(value_of(Scenario, path, value))
            except ValueError:  # its field would not take it either
                problem = invalid_value(sweepable(Scenario)[path], value)
                raise ValueError(_("{field} {problem}", field=path, problem=problem)) from None
            if text not in set(known):
                hint = did_you_mean(text, dict.fromkeys(known))
                raise ValueError(
                    _("{field} is never {value}, {hint}", field=path, value=text, hint=hint)
                )
            table = table[known == text]
        return table.reset_index(drop=True)

    def require_field(self, path: str) -> str:
        """The name, if it is that of a field that is varied."""
        if path not in self.fields:
            raise ValueError(
                _(
                    '"{name}" is not varied here, {hint}',
                    name=path,
                    hint=did_you_mean(path, self.fields),
                )
            )
        return path

    def plot_map(
        self,
        outcome: str,
        x: str | None = None,
        y: str | None = None,
        at: Mapping[str, Any] | None = None,
    ) -> "Figure":
        """Draw the mean of an outcome over one or two of the fields, and how sure it is.

        Over two fields: for each scenario the surface of the means, and beside it that of their
        standard errors; of outcomes that are 0 or 1 these are half the interval (Wilson 1927) by
        1.96, so that they are not 0 where all runs agree; of others they are crossed out where all
        runs have the same number, which says little of how sure it is. Over one: for each scenario
        the means with their 95 % intervals. Scenarios share their draws: what differs between them
        is mostly surer than these say, see :meth:`flips` and :func:`sim.compare`.

        Parameters
        ----------
        x, y
            The fields; if not given, the first ones that are varied.
        at
            A value for each other field that is varied.
        """
        from sim.view.plots.study import draw_map

        free = [path for path in self.fields if path not in (at or {})]
        first = self.require_field(x) if x else next(iter(p for p in free if p != y), None)
        rest = [path for path in free if path != first]
        second = self.require_field(y) if y else (rest[0] if len(rest) == 1 else None)
        open_ = [path for path in rest if path != second]
        if first is None or first == second or open_:
            text = _(
                "varied are {fields}: name two of them, x and y, and in at a value of each other"
            )
            raise ValueError(text.format(fields=", ".join(self.fields)))
        return draw_map(self.means(outcome, at), outcome, first, second)

    def flips(self, outcome: str, *, unsure: bool = False) -> pd.DataFrame:
        """Where the ranking of the scenarios changes along a field.

        Two scenarios at a time are held against each other, at every point of the grid, by the
        paired difference of their means; its interval is corrected for all points and pairs of
        scenarios. A row says that between two values of a field, all else the same, another one of
        the two has the better mean (the higher, where neither is better). At both values the
        interval leaves 0 out; at those between them it does not, so that the change may be anywhere
        from one to the other. That any such row is wrong has a chance of 5 % at most.

        Parameters
        ----------
        unsure
            Add the changes that chance may have made: between neighbouring values, where one of
            the two intervals has 0 inside. Points where the two are equal are passed over.

        Returns
        -------
        DataFrame
            One row a change: the field; the values of all other fields; ``from`` and ``to``, the
            values it lies between; ``scenario`` and ``reference``, the two; ``leads_before`` and
            ``leads_after``; at both points the difference, scenario minus reference, and the ends
            of its interval, corrected for all points and pairs of scenarios;
            ``pairs_before``, ``pairs_after``; and ``kind``: "established", or "open" if it is
            unsure.

        Raises
        ------
        ValueError
            There is one scenario only, or the scenarios do not vary the same.
        """
        require_outcome(outcome, OUTCOME_NAMES)
        return flips(self.study.runs, self._variants, self.fields, outcome, unsure=unsure)


def sweep(
    scenarios: Wanted,
    vary: Mapping[str, Any] | None = None,
    runs: int = 1000,
    seed: int = 1,
    executor: Executor | None = None,
    store: str | Path | None = None,
    progress: bool = True,
) -> Sweep:
    """Carry out runs of every combination of some fields' values, in every scenario.

    Parameters
    ----------
    scenarios
        As :func:`sim.study` takes them.
    vary
        By dotted path, a list of values or ``"a:b:n"``: n even steps from a to b, both included.
        ``power_share.government`` gives the government that share of all power; the others keep
        their proportions. If not given, what the scenarios' own ``[sweep]`` says.
    runs
        How many of each variant.
    seed, executor, store, progress
        As for :func:`sim.study`. Variants share their run numbers, and so their draws.

    Raises
    ------
    ValueError
        Nothing is varied, a field or value is none, or there are more than 10,000 variants.

    Examples
    --------
    >>> import sim
    >>> found = sim.sweep("team", {"principles.deliberation": "0:1:3"}, runs=20)
    >>> found.variants["name"].tolist()
    ['team, deliberation=0', 'team, deliberation=0.5', 'team, deliberation=1']
    """
    variants = grid(bases(scenarios), read_vary(Scenario, vary or {}))
    if not any(variant.values for variant in variants):
        raise ValueError(_("nothing is varied: give vary, or a scenario with a [sweep]"))
    asked = {variant.name: variant.scenario for variant in variants}
    return Sweep(study(asked, runs, seed, executor, store, progress=progress), variants)
