"""Sets of values that fit the evidence: a table, a file, and what it makes of scenarios."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.base.files import write_renamed
from sim.base.text import N_, _
from sim.scenario import Scenario
from sim.scenario.errors import Fault, Place, ScenarioError
from sim.scenario.events import MAX_SETS, MAX_WEIGHT
from sim.scenario.fields import calibratable, not_calibratable, within
from sim.scenario.lists import read_sheet

SHIPPED = "shipped"
SHIPPED_FILE = Path(__file__).parents[1] / "evidence" / "data" / "posterior.csv"
START = 0  # the number of the set that was there before
# name, what it says; then a column for each field
COLUMNS = (
    ("set", N_("number of the set; 0 is what was there before the calibration")),
    ("weight", N_("how often it is drawn, against others")),
    ("distance", N_("how far from all targets in fresh runs: root mean square of standard errors")),
)
NAMES = tuple(name for name, _meaning in COLUMNS)


@dataclass(frozen=True, eq=False)
class Posterior:
    """Sets of values that fit what was measured.

    Attributes
    ----------
    fields
        Dotted paths of the fields.
    start
        Their values before the calibration.
    start_distance
        How far those are from all targets.
    sets
        One row a set, one column a field.
    weights
        How often each is drawn, against others.
    distances
        How far each is from all targets: root mean square, in standard errors.
    """

    fields: tuple[str, ...]
    start: tuple[float, ...]
    start_distance: float
    sets: NDArray[np.float64]
    weights: NDArray[np.float64]
    distances: NDArray[np.float64]

    def __repr__(self) -> str:
        return f"<Posterior of {len(self.sets)} sets of {len(self.fields)} parameters>"

    def __len__(self) -> int:
        return len(self.sets)

    def table(self) -> pd.DataFrame:
        """Return one row a set: number, weight, distance, then a column for each field."""
        columns: dict[str, Any] = {
            "set": np.arange(1, len(self) + 1),
            "weight": self.weights,
            "distance": self.distances,
        }
        return pd.DataFrame(columns | dict(zip(self.fields, self.sets.T, strict=True)))

    def _repr_html_(self) -> str:
        """Return the sets as a table for a notebook."""
        return str(self.table().to_html(index=False))

    def text(self) -> str:
        """Return all sets as CSV; the first row has the values before the calibration."""
        stream = io.StringIO()
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([*NAMES, *self.fields])
        writer.writerow([START, 0, f"{self.start_distance:.6g}", *self.start])
        for row, values in enumerate(self.sets):
            weight, distance = self.weights[row], self.distances[row]
            writer.writerow(
                [row + 1, f"{weight:g}", f"{distance:.6g}", *map(repr, values.tolist())]
            )
        return stream.getvalue()

    def save(self, path: str | Path) -> None:
        """Write the sets as a CSV file, which ``read_posterior`` reads.

        Raises
        ------
        OSError
            It cannot be written.
        """
        write_renamed(Path(path), self.text().encode())

    def held(self, scenarios: Mapping[str, Scenario]) -> tuple[str, ...]:
        """Return the fields that any of some scenarios sets itself: they keep their values in all.

        A scenario sets a field itself if its value is not the one before the calibration.
        """
        return tuple(
            field
            for field, start in zip(self.fields, self.start, strict=True)
            if any(scenario.value(field) != start for scenario in scenarios.values())
        )

    def on(self, scenarios: Mapping[str, Scenario]) -> dict[str, Scenario]:
        """Return the same scenarios, each with these sets, of which every run draws one.

        Under one seed, a run draws the same set in all of them. Fields that are ``held`` are not
        drawn.

        Raises
        ------
        ValueError
            A scenario has sets of its own, or nothing is left to be drawn.

        Examples
        --------
        >>> import sim
        >>> posterior = shipped_posterior()
        >>> scenarios = posterior.on({"team": sim.load("team")})
        >>> len(scenarios["team"].uncertain.sets) == len(posterior)
        True
        """
        held = self.held(scenarios)
        free = [place for place, field in enumerate(self.fields) if field not in held]
        if not free:
            raise ValueError(_("the scenarios set all fields of the parameter sets themselves"))
        for name, scenario in scenarios.items():
            if scenario.uncertain is not None:
                raise ValueError(_("{name} has parameter sets of its own", name=name))
        uncertain = {
            "fields": [self.fields[place] for place in free],
            "sets": self.sets[:, free].tolist(),
            "weights": self.weights.tolist(),
        }
        return {name: own.variant({"uncertain": uncertain}) for name, own in scenarios.items()}


def read_posterior(path: str | Path) -> Posterior:
    """Read parameter sets from a CSV file; ``"shipped"`` are those that come with the program.

    Raises
    ------
    ScenarioError
        The file has errors; each is given with its line.

    Examples
    --------
    >>> read_posterior("shipped").start == shipped_posterior().start
    True
    """
    file = SHIPPED_FILE if str(path) == SHIPPED else Path(path)
    sheet = read_sheet(file, "posterior")
    (line, header), *lines = sheet.rows or [(1, [])]
    fields = tuple(header[len(NAMES) :])
    if tuple(header[: len(NAMES)]) != NAMES or not fields:
        text = _("is no file of parameter sets: its first line names {names}, then the fields")
        at = Place(str(file), line)
        raise ScenarioError([Fault((), text.format(names=", ".join(NAMES)), at)])
    faults = [fault._replace(place=Place(str(file), line)) for fault in _field_faults(fields)]
    rows = []
    for number, cells in lines:
        row = [value for cell in cells if (value := sheet.number(cell)) is not None]
        row_faults = (
            _value_faults(fields, row)
            if len(row) == len(cells) == len(header)
            else [Fault((), _("has to hold {count} numbers", count=len(header)))]
        )
        faults += [fault._replace(place=Place(str(file), number)) for fault in row_faults]
        rows.append(row)
    weights = [row[1] for row in rows[1:]] if not faults else []
    if not faults and (not any(weights) or rows[0][0] != START or len(weights) > MAX_SETS):
        text = _(
            "needs the set 0, what was there before, and below it up to {most:,} sets with a "
            "weight above 0"
        )
        faults.append(Fault((), text.format(most=MAX_SETS), Place(str(file), line + 1)))
    if faults:
        raise ScenarioError(faults)
    numbers, skip = np.array(rows), len(NAMES)
    first, sets = numbers[0], numbers[1:]
    start, distance = tuple(first[skip:].tolist()), float(first[2])
    return Posterior(fields, start, distance, sets[:, skip:], sets[:, 1], sets[:, 2])


def _field_faults(fields: tuple[str, ...]) -> Iterator[Fault]:
    """Yield the faults of the fields."""
    for place, field in enumerate(fields):
        if field not in calibratable(Scenario):
            yield Fault((field,), not_calibratable(Scenario, field))
        elif field in fields[:place]:
            yield Fault((field,), _("is listed twice"))


def _value_faults(fields: tuple[str, ...], row: list[float]) -> Iterator[Fault]:
    """Yield the faults of the numbers of one set."""
    known = calibratable(Scenario)
    _number, weight, distance, *values = row
    for field, value in zip(fields, values, strict=True):
        if field in known and not within(known[field], value):
            text = _("must be {allowed}, not {value}")
            yield Fault((field,), text.format(allowed=known[field].allowed, value=value))
    if not 0 <= weight <= MAX_WEIGHT:
        text = _("must be from 0 to {most:,.0f}", most=MAX_WEIGHT)
        yield Fault(("weight",), text)
    if not distance >= 0:  # NaN too; without any limit, as no distance may be known
        yield Fault(("distance",), _("must be 0 or more"))


def shipped_posterior() -> Posterior:
    """Return the parameter sets that fit the evidence, from the project's own calibration."""
    return read_posterior(SHIPPED)
