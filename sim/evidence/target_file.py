"""A file of targets: which parameters are free, and what they are calibrated to."""

import math
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from sim.base.text import N_, _
from sim.evidence.measures import DIFFERENCE, SHARE, Statistic, Target
from sim.scenario import Scenario
from sim.scenario.errors import Fault, FieldPath
from sim.scenario.fields import (
    PLAIN,
    VISIBLE,
    Parameter,
    Table,
    calibratable,
    find_field,
    not_calibratable,
    number,
    within,
    word,
)
from sim.studies.input_file import InputFile, error_at, require_outcome
from sim.studies.workers import FROM_0_TO_1

MIN_SD, MAX = 1e-9, 1e9  # of the numbers in a file of targets
Real = Annotated[float, Field(strict=True, ge=-MAX, le=MAX)]
real = partial(number, None, -MAX, MAX, PLAIN, source="")
BASE = "base"  # the name of the scenario that is calibrated, among those of the targets


class WrittenParameter(Table):
    """One ``[[parameters]]`` as it is written."""

    field: str = Field(pattern=VISIBLE, description=N_("the field that is free"))
    low: float | None = real(meaning=N_("its least value; the field's own bound, if not given"))
    high: float | None = real(meaning=N_("its greatest value; the field's own bound, if not given"))
    says: str = word("", N_("why it is free"))


class WrittenTarget(Table):
    """One ``[[targets]]`` as it is written."""

    says: str = Field(pattern=VISIBLE, description=N_("what was measured, in your own words"))
    outcome: str = Field(pattern=VISIBLE, description=N_("the outcome that it is about"))
    id: str = word("", N_("a short name"))
    statistic: Literal["mean", "median", "share", "difference"] = word(
        "mean", N_("what is taken of the runs")
    )
    value: float | None = real(meaning=N_("what was measured"))
    band: tuple[Real, Real] | None = word(
        None, N_("from where to where the model's number may lie")
    )
    sd: float | None = number(
        None, MIN_SD, MAX, PLAIN, N_("how exactly it is known: a standard error"), ""
    )
    above: float | None = real(meaning=N_("what the model's number must be above"))
    below: float | None = real(meaning=N_("what the model's number must be below"))
    at_most: float | None = real(meaning=N_("of a share: runs whose outcome is at most this"))
    at_least: float | None = real(meaning=N_("of a share: runs whose outcome is at least this"))
    scenario: str | None = word(None, N_("the scenario it was measured in, if another one"))
    against: str | None = word(None, N_("of a difference: the scenario that is subtracted"))


class WrittenFile(Table):
    """A file of targets as it is written."""

    title: str = word("", N_("what is calibrated"))
    parameters: tuple[WrittenParameter, ...] = Field(
        min_length=1, description=N_("what is free, each a [[parameters]]")
    )
    targets: tuple[WrittenTarget, ...] = Field(
        min_length=1, description=N_("what is to come out, each a [[targets]]")
    )


class Free(NamedTuple):
    """A free parameter and its bounds."""

    field: str
    low: float
    high: float
    says: str


class Task(NamedTuple):
    """The task of a calibration: free parameters, targets, and the scenarios of these.

    Attributes
    ----------
    title
        Its name.
    free
        The free parameters.
    targets
        The numbers that the model is calibrated to.
    scenarios
        The scenarios that targets are measured in, by name; ``BASE`` is the calibrated one.
    """

    title: str
    free: tuple[Free, ...]
    targets: tuple[Target, ...]
    scenarios: Mapping[str, Scenario]

    @property
    def fields(self) -> tuple[str, ...]:
        """Dotted paths of the free parameters."""
        return tuple(item.field for item in self.free)

    @property
    def measured(self) -> tuple[str, ...]:
        """Names of the scenarios that any target is measured in."""
        pairs = [(target.scenario, target.against) for target in self.targets]
        return tuple(dict.fromkeys(name for pair in pairs for name in pair if name))


def read_task(scenario: Scenario, path: str | Path) -> Task:
    """Read a file of targets for a scenario.

    Raises
    ------
    ScenarioError
        The file has errors; each is given with its line.
    """
    _require_settled(scenario, ("scenario",))
    file = InputFile(path)
    written = file.read(WrittenFile)
    reader = _Reader(scenario, file)
    free, targets = [], []
    for row, item in enumerate(written.parameters):
        with file.collect():
            free.append(reader.free(item, ("parameters", row)))
    for row, wanted in enumerate(written.targets):
        with file.collect():
            targets.append(reader.target(wanted, ("targets", row)))
    names = [target.name for target in targets]
    for row, name in enumerate(names):
        if name in names[:row]:
            text = _("two targets are the same, or have one id")
            file.faults.append(Fault(("targets", row), text))
    file.require_valid()
    title = written.title or file.path.stem
    return Task(title, tuple(free), tuple(targets), reader.scenarios)


class _Reader:
    """Reads one parameter and target after the other."""

    def __init__(self, scenario: Scenario, file: InputFile) -> None:
        self.file = file
        self.scenarios: dict[str, Scenario] = {BASE: scenario}
        self.fields: list[str] = []

    def free(self, item: WrittenParameter, at: FieldPath) -> Free:
        """Return a free parameter and its bounds."""
        known = calibratable(Scenario)
        field = find_field(Scenario, item.field)
        if field is None or field.path not in known:
            text = not_calibratable(Scenario, item.field if field is None else field.path)
            raise error_at((*at, "field"), f"{item.field}: {text}")
        if field.path in self.fields:
            raise error_at((*at, "field"), _("is free already"))
        self.fields.append(field.path)
        ends = {"low": item.low, "high": item.high}
        bounds: dict[str, float] = {}
        for name, value in ends.items():
            own = getattr(field, name)
            bounds[name] = float(own if value is None else value)
            if value is not None and not _within_or_at(field, value):
                text = _("{field} is {allowed}, not {value}")
                text = text.format(field=field.path, allowed=field.allowed, value=value)
                raise error_at((*at, name), text)
        if not bounds["low"] < bounds["high"]:
            raise error_at((*at, "high"), _("must be above low"))
        return Free(field.path, bounds["low"], bounds["high"], item.says)

    def target(self, item: WrittenTarget, at: FieldPath) -> Target:
        """Return a target with its statistic, scenarios and band."""
        require_outcome(item.outcome, (*at, "outcome"))
        statistic = self._statistic(item, at)
        own, against = (
            self._scenario(getattr(item, name), (*at, name)) for name in ("scenario", "against")
        )
        centre = self._centre(item, at)
        _require_share(item, at)
        name = item.id or f"{item.outcome} ({item.statistic})"
        return Target(
            name, item.says, item.outcome, statistic, own,
            against if item.against is not None else None, *centre,
        )  # fmt: skip

    def _statistic(self, item: WrittenTarget, at: FieldPath) -> Statistic:
        ends = {"at_most": item.at_most, "at_least": item.at_least}
        limits = {name: value for name, value in ends.items() if value is not None}
        given = list(limits)
        if item.statistic == SHARE and not given:
            text = _(
                "needs at_most or at_least: the share of runs whose outcome is no more, or less"
            )
            raise error_at((*at, "statistic"), text)
        if given and item.statistic != SHARE:
            raise error_at((*at, given[0]), _('belongs to statistic = "share"'))
        if (item.statistic == DIFFERENCE) != (item.against is not None):
            text = _('statistic = "difference" and against = (a scenario) belong together')
            raise error_at((*at, "statistic" if item.against is None else "against"), text)
        if len(given) == 2 and limits["at_least"] <= limits["at_most"]:
            text = _(
                "must be above at_most: with both, the share is that of the runs at either end, "
                "so that here every run would count"
            )
            raise error_at((*at, "at_least"), text)
        most = math.inf if item.at_least is None else float(item.at_least)
        least = -math.inf if item.at_most is None else float(item.at_most)
        return Statistic(item.statistic, least, most)

    def _centre(self, item: WrittenTarget, at: FieldPath) -> tuple[float, float, float, float]:
        """Return the value, both ends of the band, and the error of a target with one side."""
        sides = [name for name in ("above", "below") if getattr(item, name) is not None]
        if sides:
            if len(sides) == 2 or item.value is not None or item.band is not None:
                text = _("stands alone: a target with two sides has a value and a band")
                raise error_at((*at, sides[-1]), text)
            if item.sd is None:
                text = _("needs sd: how far beyond it would still be likely")
                raise error_at((*at, sides[0]), text)
            low = -math.inf if item.above is None else float(item.above)
            high = math.inf if item.below is None else float(item.below)
            return math.nan, low, high, float(item.sd)
        if (item.band is None) == (item.sd is None):
            text = _(
                "how exactly is it known? Give either a band, such as band = [10, 18], or a "
                "standard error, such as sd = 2"
            )
            raise error_at(at, text)
        if item.band is None:
            if item.value is None:
                raise error_at(at, _("the value is missing"))
            value, sd = float(item.value), float(item.sd or 0.0)
            return value, value - 2 * sd, value + 2 * sd, sd
        low, high = map(float, item.band)
        value = (low + high) / 2 if item.value is None else float(item.value)
        if not low < value < high:
            text = _("must go from below the value to above it, not from {low:g} to {high:g}")
            raise error_at((*at, "band"), text.format(low=low, high=high))
        return value, low, high, math.nan

    def _scenario(self, name: str | None, at: FieldPath) -> str:
        """Read a scenario that a target is measured in, and return its name."""
        if name is None:
            return BASE
        if name not in self.scenarios:
            scenario = self.file.scenario(name, at)
            _require_settled(scenario, at)
            self.scenarios[name] = scenario
        return name


def _require_share(item: WrittenTarget, at: FieldPath) -> None:
    """Refuse a share outside 0 to 1, such as 50 for a half."""
    if item.statistic == DIFFERENCE or (
        item.statistic != SHARE and item.outcome not in FROM_0_TO_1
    ):
        return
    for name in ("value", "above", "below"):
        value = getattr(item, name)
        if value is not None and not 0 <= value <= 1:
            text = _("must be from 0 to 1, as it is a share, not {value:g}: 50 % is 0.5")
            raise error_at((*at, name), text.format(value=value))


def _require_settled(scenario: Scenario, at: FieldPath) -> None:
    """Refuse a scenario with a sweep or with values that are drawn: a set needs one variant."""
    if scenario.sweep:
        raise error_at(at, _("has a sweep: a target is measured in one variant"))
    if scenario.uncertain is not None:
        raise error_at(
            at, _("has values that are drawn from sets: a target is measured in one set")
        )


def _within_or_at(field: Parameter, value: Any) -> bool:
    """Return whether a field may have this number, or has it as an open bound."""
    return within(field, value) or value in (field.low, field.high)
